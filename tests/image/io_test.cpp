#include "lienzo/image/io.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "pictures.h"

namespace lienzo::image {
namespace {

using namespace std::string_view_literals;
using Bytes = std::vector<std::byte>;

void write_bytes(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::ofstream(path, std::ios::binary) << as_text(bytes);
}

Bytes png_header(uint32_t width, uint32_t height) {
  Bytes out, header;
  append(out, "\x89PNG\r\n\x1a\n"sv);
  append_be(header, width, 4);
  append_be(header, height, 4);
  append(header, "\x08\x02\x00\x00\x00"sv);  // 8 bits, RGB
  append_png_chunk(out, "IHDR", as_text(header));
  append_png_chunk(out, "IDAT", "\x78\x9c\x03\x00\x00\x00\x00\x01"sv);
  append_png_chunk(out, "IEND", "");
  return out;
}

TEST(ImageIo, PngKeepsEveryPixelOfEveryKind) {
  ScratchFolder folder;
  for (int channels : {1, 3, 4}) {
    const Image image = make_picture(37, 23, channels);
    write_image(folder / "a.png", image);
    const Image back = read_image(folder / "a.png", {.keep_alpha = true});
    if (channels == 1) {
      ASSERT_EQ(back.channels, 3);
      for (int c = 0; c < 3; ++c) EXPECT_EQ(back.at(20, 11)[c], *image.at(20, 11));
    } else {
      EXPECT_EQ(back, image);
    }
  }
  EXPECT_EQ(folder.count(), 1u);
}

TEST(ImageIo, LossyFormatsStayClose) {
  ScratchFolder folder;
  const Image image = make_picture(64, 48, 3);
  for (const char* name : {"a.jpg", "a.jpeg", "a.webp", "a.JPG"}) {
    write_image(folder / name, image, {.quality = 95});
    const Image back = read_image(folder / name);
    ASSERT_EQ(back.width, 64);
    ASSERT_EQ(back.height, 48);
    EXPECT_LT(mean_difference(image, back), 2.5) << name;
  }
}

TEST(ImageIo, QualityMatters) {
  Image noisy = make_picture(64, 64, 3);
  for (size_t i = 0; i < noisy.pixels.size(); ++i)
    noisy.pixels[i] ^= static_cast<uint8_t>(i * 2654435761u >> 27);
  for (const char* format : {"jpg", "webp"}) {
    EXPECT_LT(encode_image(noisy, format, {.quality = 30}).size(),
              encode_image(noisy, format, {.quality = 95}).size());
  }
}

TEST(ImageIo, EncodingIsDeterministicAcrossThreads) {
  const Image image = make_picture(128, 96, 3);
  for (const char* format : {"png", "jpg", "webp"}) {
    const Bytes expected = encode_image(image, format);
    std::vector<Bytes> results(4);
    std::vector<std::thread> threads;
    for (Bytes& result : results)
      threads.emplace_back([&] { result = encode_image(image, format); });
    for (std::thread& thread : threads) thread.join();
    for (const Bytes& result : results) EXPECT_EQ(result, expected) << format;
  }
}

TEST(ImageIo, TransparencyIsLaidOnWhiteUnlessKept) {
  Image image(8, 8, 4);  // fully transparent black
  for (int y = 2; y < 6; ++y) {
    for (int x = 2; x < 6; ++x)
      std::copy_n("\xff\x00\x00\xff", 4, reinterpret_cast<char*>(image.at(x, y)));
  }
  for (const char* format : {"png", "webp"}) {
    const Bytes bytes = encode_image(image, format, {.quality = 100});
    const Image flat = decode_image(bytes);
    ASSERT_EQ(flat.channels, 3);
    for (int c = 0; c < 3; ++c) EXPECT_GT(flat.at(0, 0)[c], 250) << format;
    EXPECT_GT(flat.at(3, 3)[0], 200);
    EXPECT_LT(flat.at(3, 3)[1], 60);
    EXPECT_EQ(decode_image(bytes, {.keep_alpha = true}).channels, 4);
  }
  const Image jpeg = decode_image(encode_image(image, "jpg"));
  EXPECT_GT(jpeg.at(0, 7)[1], 240);
}

TEST(ImageIo, SixteenBitsWithTransparencyBecomeEight) {
  Bytes out, header, rows;
  append(out, "\x89PNG\r\n\x1a\n"sv);
  append_be(header, 1, 4);
  append_be(header, 1, 4);
  append(header, "\x10\x06\x00\x00\x00"sv);  // 16 bits, RGBA
  append_png_chunk(out, "IHDR", as_text(header));
  append(rows,
         "\x00\x80\x00\x40\x00\x20\x00\xff\xff"sv);  // filter 0, then 0x8000 0x4000 0x2000 opaque
  std::string packed(64, '\0');
  uLongf size = packed.size();
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()),
                     &size,
                     reinterpret_cast<const Bytef*>(rows.data()),
                     rows.size()),
            Z_OK);
  append_png_chunk(out, "IDAT", std::string_view(packed).substr(0, size));
  append_png_chunk(out, "IEND", "");
  const Image kept = decode_image(out, {.keep_alpha = true});
  ASSERT_EQ(kept.pixels, (std::vector<uint8_t>{0x80, 0x40, 0x20, 0xff}));
  EXPECT_EQ(decode_image(out).pixels, (std::vector<uint8_t>{0x80, 0x40, 0x20}));
}

TEST(ImageIo, ExifRotationIsApplied) {
  const Bytes upright = encode_image(make_picture(40, 20, 3), "jpg");
  Bytes exif;
  append(
      exif,
      "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"sv);  // Orientation
                                                                                     // 6
  Bytes rotated(upright.begin(), upright.begin() + 2);
  append_be(rotated, 0xFFE1, 2);
  append_be(rotated, static_cast<uint32_t>(exif.size() + 2), 2);
  append(rotated, exif);
  append(rotated, std::span(upright).subspan(2));
  const Image image = decode_image(rotated);
  EXPECT_EQ(image.width, 20);
  EXPECT_EQ(image.height, 40);
  EXPECT_LT(image.at(10, 2)[0], image.at(10, 37)[0]);  // left became top
}

TEST(ImageIo, TheContentDecidesAndNotTheName) {
  ScratchFolder folder;
  write_bytes(folder / "really.png", encode_image(make_picture(8, 8, 3), "jpg"));
  EXPECT_EQ(read_image(folder / "really.png").width, 8);
}

TEST(ImageIo, TruncatedFilesAreRefused) {
  Image noisy = make_picture(96, 96, 3);
  for (size_t i = 0; i < noisy.pixels.size(); ++i)
    noisy.pixels[i] ^= static_cast<uint8_t>(i * 2654435761u >> 27);
  for (const char* format : {"png", "jpg", "webp"}) {
    const Bytes whole = encode_image(noisy, format);
    for (double part : {0.03, 0.3, 0.6, 0.95}) {
      const auto kept = static_cast<size_t>(part * static_cast<double>(whole.size()));
      expect_error(ErrorKind::kCorrupt, "damaged or truncated", [&] {
        decode_image(std::span(whole).first(kept), {}, "cut");
      });
    }
    for (size_t kept = 0; kept < 40; ++kept)
      EXPECT_THROW(decode_image(std::span(whole).first(kept)), Error) << kept;
  }
}

TEST(ImageIo, ChangedBytesNeverDoMoreThanThrow) {
  for (const char* format : {"png", "jpg", "webp"}) {
    const Bytes whole = encode_image(
        make_picture(24, 24, 3), format, {.text = {{"parameters", "ñ"}, {"other", "é"}}});
    uint32_t state = 1;
    for (int i = 0; i < 300; ++i) {
      Bytes changed = whole;
      for (int k = 0; k < 3; ++k) {
        state = state * 1664525u + 1013904223u;
        changed[(state >> 8) % changed.size()] = static_cast<std::byte>(state >> 3);
      }
      try {
        const Image image = decode_image(changed);
        EXPECT_EQ(image.pixels.size(),
                  static_cast<size_t>(image.width) * image.height * image.channels);
      } catch (const Error&) {
      }
    }
  }
}

TEST(ImageIo, EnormousHeadersAreRefusedBeforeDecoding) {
  expect_error(ErrorKind::kUnsupported, "100000x100000 pixels", [] {
    decode_image(png_header(100000, 100000));
  });
  expect_error(ErrorKind::kUnsupported, "at most 268435456", [] {
    decode_image(png_header(1 << 15, (1 << 13) + 1));
  });
  expect_error(
      ErrorKind::kCorrupt, "damaged", [] { decode_image(png_header(0xFFFFFFFF, 0xFFFFFFFF)); });
  expect_error(ErrorKind::kCorrupt, "damaged", [] { decode_image(png_header(0, 5)); });
  Bytes wrong_checksum = png_header(16384, 16384);
  wrong_checksum[29] ^= std::byte{1};
  expect_error(ErrorKind::kCorrupt, "checksum in IHDR", [&] { decode_image(wrong_checksum); });

  Bytes jpeg = encode_image(make_picture(16, 16, 3), "jpg");
  for (size_t i = 0; i + 9 < jpeg.size(); ++i) {
    if (read_be(jpeg, i, 2) == 0xFFC0 || read_be(jpeg, i, 2) == 0xFFC2) {
      std::fill_n(jpeg.begin() + static_cast<long>(i) + 5, 4, std::byte{0xF0});
      break;
    }
  }
  expect_error(ErrorKind::kUnsupported, "61680x61680", [&] { decode_image(jpeg); });
}

TEST(ImageIo, WhatIsNoPictureIsSaidSo) {
  ScratchFolder folder;
  expect_error(ErrorKind::kNotFound, "missing.png", [&] { read_image(folder / "missing.png"); });
  expect_error(ErrorKind::kIo, folder.path().string(), [&] { read_image(folder.path()); });
  write_bytes(folder / "empty.png", {});
  expect_error(ErrorKind::kCorrupt, "is empty", [&] { read_image(folder / "empty.png"); });
  write_bytes(folder / "text.png", std::as_bytes(std::span("hola, soy un texto"sv)));
  expect_error(ErrorKind::kUnsupported, "not a picture", [&] { read_image(folder / "text.png"); });
  // libvips could read these two, through code that was never meant for strangers' files.
  write_bytes(folder / "a.svg",
              std::as_bytes(std::span("<svg xmlns='http://www.w3.org/2000/svg'/>"sv)));
  expect_error(ErrorKind::kUnsupported, "not a picture", [&] { read_image(folder / "a.svg"); });
  write_bytes(folder / "a.gif", std::as_bytes(std::span("GIF89a\x01\0\x01\0\0\0\0;"sv)));
  expect_error(
      ErrorKind::kUnsupported, "not a picture", [&] { read_image_text(folder / "a.gif"); });
}

TEST(ImageIo, ImpossibleRequestsAreSaidSo) {
  ScratchFolder folder;
  const Image image = make_picture(8, 8, 3);
  expect_error(ErrorKind::kInvalidInput, "'gif'", [&] { write_image(folder / "a.gif", image); });
  expect_error(
      ErrorKind::kInvalidInput, "no extension", [&] { write_image(folder / "picture", image); });
  expect_error(ErrorKind::kInvalidInput, "quality is 0", [&] {
    encode_image(image, "jpg", {.quality = 0});
  });
  expect_error(ErrorKind::kInvalidInput, "0x0", [&] { encode_image(Image(), "png"); });
  expect_error(ErrorKind::kUnsupported, "16383", [] { encode_image(Image(16384, 1, 1), "webp"); });
  Image wrong = image;
  wrong.pixels.pop_back();
  expect_error(ErrorKind::kInvalidInput, "191 bytes", [&] { encode_image(wrong, "png"); });
  wrong.channels = 2;
  expect_error(ErrorKind::kInvalidInput, "2 channels", [&] { encode_image(wrong, "png"); });
  expect_error(
      ErrorKind::kNotFound, "nowhere", [&] { write_image(folder / "nowhere/a.png", image); });
  EXPECT_EQ(folder.count(), 0u);
}

TEST(ImageIo, AFolderWithoutPermissionIsSaidSo) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  ScratchFolder folder;
  std::filesystem::permissions(
      folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  expect_error(
      ErrorKind::kIo, "a.png", [&] { write_image(folder / "a.png", make_picture(8, 8, 3)); });
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

TEST(ImageIo, AFullDiskLeavesNothingAndKeepsTheOldFile) {
  ScratchFolder folder;
  const Image old = make_picture(8, 8, 3);
  write_image(folder / "old.png", old);
  Image noisy = make_picture(256, 256, 3);
  for (size_t i = 0; i < noisy.pixels.size(); ++i)
    noisy.pixels[i] ^= static_cast<uint8_t>(i * 2654435761u >> 24);
  // A limit on the size of files stands in for a full disk: write() fails half-way in the same
  // manner.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{4096, before.rlim_max};
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  expect_error(ErrorKind::kIo, "new.png", [&] { write_image(folder / "new.png", noisy); });
  expect_error(ErrorKind::kIo, "old.png", [&] { write_image(folder / "old.png", noisy); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, previous);
  EXPECT_EQ(folder.count(), 1u);
  EXPECT_EQ(read_image(folder / "old.png"), old);
}

}  // namespace
}  // namespace lienzo::image
