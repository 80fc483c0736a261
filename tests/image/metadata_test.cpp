#include "lienzo/image/metadata.h"

#include "lienzo/image/exif.h"
#include "lienzo/image/io.h"
#include "lienzo/image/xmp.h"
#include "pictures.h"

namespace lienzo::image {
namespace {

using namespace std::string_view_literals;
using Bytes = std::vector<std::byte>;

const TextEntries kTexts = {
    {"parameters",
     "un cañón sobre una esfera, año 2\nNegative prompt: niebla <&> \"x\"\nSteps: 20 \U0001F3A8"},
    {"lienzo", R"({"prompt":"un cañón <rojo> & \"azul\" ]]>","seed":42})"},
    {"other-key_2", "plain"},
    {"blank", ""},
};

Bytes bytes_of(std::string_view text) {
  Bytes out;
  append(out, text);
  return out;
}

class Metadata : public testing::TestWithParam<const char*> {};

TEST_P(Metadata, TextsComeBackAndPixelsStay) {
  for (int channels : {1, 3, 4}) {
    const Image image = make_picture(33, 17, channels);
    const Bytes with = encode_image(image, GetParam(), {.text = kTexts});
    EXPECT_EQ(decode_image_text(with), TextMap(kTexts.begin(), kTexts.end()));
    const ReadOptions options{.keep_alpha = true};
    EXPECT_EQ(decode_image(with, options), decode_image(encode_image(image, GetParam()), options));
  }
  EXPECT_TRUE(decode_image_text(encode_image(make_picture(8, 8, 3), GetParam())).empty());
}

TEST_P(Metadata, CarryASingleTextOfEitherKind) {
  const Image image = make_picture(9, 9, 3);
  for (const auto& [key, text] : kTexts) {
    const Bytes bytes = encode_image(image, GetParam(), {.text = {{key, text}}});
    EXPECT_EQ(decode_image_text(bytes), (TextMap{{key, text}}));
    EXPECT_NO_THROW(decode_image(bytes));
  }
}

TEST_P(Metadata, HoldControlCharactersThatXmlAllows) {
  const TextEntries texts = {{"parameters", "a\r\n\tb"}, {"lienzo", "a\r\n\tb"}};
  EXPECT_EQ(decode_image_text(encode_image(make_picture(4, 4, 3), GetParam(), {.text = texts})),
            TextMap(texts.begin(), texts.end()));
}

TEST_P(Metadata, DamagedFilesNeverDoMoreThanLoseText) {
  const Bytes whole = encode_image(make_picture(16, 16, 3), GetParam(), {.text = kTexts});
  for (size_t kept = 12; kept < whole.size(); ++kept)
    decode_image_text(std::span(whole).first(kept));
  uint32_t state = 7;
  for (int i = 0; i < 5000; ++i) {
    Bytes changed = whole;
    for (int k = 0; k < 2; ++k) {
      state = state * 1664525u + 1013904223u;
      changed[12 + (state >> 8) % (changed.size() - 12)] = static_cast<std::byte>(state >> 3);
    }
    decode_image_text(changed);
  }
}

TEST_P(Metadata, ImpossibleTextsAreRefused) {
  const auto encode = [&](const std::string& key, const std::string& text) {
    encode_image(make_picture(4, 4, 3), GetParam(), {.text = {{key, text}}});
  };
  for (const std::string key : {"", "1a", "two words", "ñ", "a<b", "a/b"}) {
    expect_error(ErrorKind::kInvalidInput, "keyword", [&] { encode(key, "x"); });
  }
  expect_error(ErrorKind::kInvalidInput, "keyword", [&] { encode(std::string(80, 'k'), "x"); });
  EXPECT_NO_THROW(encode(std::string(79, 'k'), "x"));
  expect_error(ErrorKind::kInvalidInput, "UTF-8", [&] { encode("parameters", "caf\xe9"); });
  expect_error(
      ErrorKind::kInvalidInput, "NUL", [&] { encode("parameters", std::string("a\0b", 3)); });
}

TEST_P(Metadata, LongTextsFitOrAreRefusedWithAWayOut) {
  const std::string text(100000, 'a');
  for (const char* key : {"parameters", "lienzo"}) {
    const WriteOptions options{.text = {{key, text}}};
    if (GetParam() == "jpg"sv) {
      expect_error(ErrorKind::kUnsupported, "write PNG or WebP", [&] {
        encode_image(make_picture(4, 4, 3), GetParam(), options);
      });
    } else {
      EXPECT_EQ(decode_image_text(encode_image(make_picture(4, 4, 3), GetParam(), options)).at(key),
                text);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats,
                         Metadata,
                         testing::Values("png", "jpg", "webp"),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST(MetadataPng, AsciiTakesTheOldChunkAndAccentsTheNew) {
  const Bytes bytes =
      encode_image(make_picture(4, 4, 3), "png", {.text = {{"plain", "abc"}, {"accents", "año"}}});
  EXPECT_NE(as_text(bytes).find("tEXtplain\0abc"sv), std::string_view::npos);
  EXPECT_NE(as_text(bytes).find("iTXtaccents\0\0\0\0\0a\xc3\xb1o"sv), std::string_view::npos);
}

TEST(MetadataPng, ReadsWhatOtherProgramsWrite) {
  const std::string latin1 = "a\xf1o";
  std::string packed(64, '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()),
           &size,
           reinterpret_cast<const Bytef*>("a\xc3\xb1o"),
           4);
  packed.resize(size);
  Bytes file = bytes_of("\x89PNG\r\n\x1a\n");
  append_png_chunk(file, "tEXt", "latin" + std::string(1, '\0') + latin1);
  append_png_chunk(file, "zTXt", "packed" + std::string("\0\0"sv) + packed);
  append_png_chunk(file, "iTXt", "tagged" + std::string("\0\1\0es\0clave\0"sv) + packed);
  append_png_chunk(file, "tEXt", "no separator");
  append_png_chunk(file, "tEXt", "\0no key"sv);
  append_png_chunk(file, "zTXt", "cut" + std::string("\0\0"sv) + packed.substr(0, 5));
  append_png_chunk(file, "iTXt", "short" + std::string("\0\0"sv));
  EXPECT_EQ(decode_image_text(file),
            (TextMap{{"latin", "año"}, {"packed", "año"}, {"tagged", "año"}}));
}

TEST(MetadataPng, DoesNotUnpackWithoutLimit) {
  const std::vector<Bytef> zeros(40 << 20);
  std::string packed(1 << 20, '\0');
  uLongf size = packed.size();
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &size, zeros.data(), zeros.size()),
            Z_OK);
  Bytes file = bytes_of("\x89PNG\r\n\x1a\n");
  append_png_chunk(file, "zTXt", "bomb" + std::string("\0\0"sv) + packed.substr(0, size));
  EXPECT_TRUE(decode_image_text(file).empty());
}

TEST(MetadataWebp, HasEachChunkOnceAndTheRightLengths) {
  const Bytes bytes = encode_image(make_picture(7, 5, 4), "webp", {.text = kTexts});
  const auto text = as_text(bytes);
  EXPECT_EQ(read_le(bytes, 4, 4), bytes.size() - 8);
  for (const std::string_view name : {"VP8X"sv, "EXIF"sv, "XMP "sv}) {
    EXPECT_NE(text.find(name), std::string_view::npos) << name;
    EXPECT_EQ(text.find(name), text.rfind(name)) << name;
  }
  EXPECT_EQ(as_text(encode_image(make_picture(7, 5, 3), "webp")).find("EXIF"),
            std::string_view::npos);
}

TEST(MetadataJpeg, HasOneExifSegmentAndItComesFirst) {
  const Bytes bytes = encode_image(make_picture(7, 5, 3), "jpg", {.text = kTexts});
  const auto text = as_text(bytes);
  EXPECT_EQ(text.find("Exif\0\0"sv), 6u);
  EXPECT_EQ(text.rfind("Exif\0\0"sv), 6u);
  EXPECT_EQ(as_text(encode_image(make_picture(7, 5, 3), "jpg")).find("Exif"),
            std::string_view::npos);
}

TEST(Exif, CommentIsWhatAutomatic1111Writes) {
  // piexif.helper.UserComment.dump("ñ", encoding="unicode"): the code and big-endian UTF-16.
  EXPECT_NE(as_text(make_exif("\xc3\xb1")).find("UNICODE\0\0\xf1"sv), std::string_view::npos);
}

TEST(Exif, ReadsEveryEncodingOfComment) {
  const auto with_comment = [](std::string_view value, bool big) {
    Bytes out = bytes_of(big ? "MM\0*"sv : "II*\0"sv);
    const auto number = [&](uint32_t v, int width) {
      big ? append_be(out, v, width) : append_le(out, v, width);
    };
    number(8, 4);
    for (const auto& [tag, type, count, offset] : std::vector<std::array<uint32_t, 4>>{
             {0x8769, 4, 1, 26}, {0x9286, 7, static_cast<uint32_t>(value.size()), 44}}) {
      number(1, 2);
      number(tag, 2);
      number(type, 2);
      number(count, 4);
      number(offset, 4);
      number(0, 4);
    }
    append(out, value);
    return out;
  };
  EXPECT_EQ(read_exif_comment(with_comment("UNICODE\0\0a\0\xf1"sv, true)), "añ");
  EXPECT_EQ(read_exif_comment(with_comment("UNICODE\0\0a\0\xf1"sv, false)), "añ");
  EXPECT_EQ(read_exif_comment(with_comment("UNICODE\0a\0\xf1\0"sv, false)), "añ");
  EXPECT_EQ(read_exif_comment(with_comment("UNICODE\0\xff\xfe\x0d\x05"sv, true)), "\u050d");
  EXPECT_EQ(read_exif_comment(with_comment("UNICODE\0\xd8\x3c\xdf\xa8\xd8\x3c"sv, true)),
            "\U0001F3A8\uFFFD");
  EXPECT_EQ(read_exif_comment(with_comment("ASCII\0\0\0plain  \0"sv, true)), "plain");
  EXPECT_EQ(read_exif_comment(with_comment("\0\0\0\0\0\0\0\0a\xc3\xb1"sv, true)), "añ");
  EXPECT_EQ(read_exif_comment(with_comment("JIS\0\0\0\0\0abc"sv, true)), std::nullopt);
  EXPECT_EQ(read_exif_comment(with_comment("ASCII\0\0\0"sv, true)), std::nullopt);
}

TEST(Exif, DamagedBlocksHaveNoComment) {
  const Bytes whole = make_exif("hola");
  for (size_t kept = 0; kept < whole.size(); ++kept) {
    EXPECT_EQ(read_exif_comment(std::span(whole).first(kept)), std::nullopt);
  }
  EXPECT_EQ(read_exif_comment(whole), "hola");
  EXPECT_EQ(read_exif_comment(bytes_of("MM\0*\xff\xff\xff\xff"sv)), std::nullopt);
}

TEST(Xmp, EscapesAndUnescapes) {
  EXPECT_EQ(read_xmp("<lienzo:a>&#241;&#xF1;&quot;&apos;&unknown;&#0;&#xD800;&</lienzo:a>"),
            (TextMap{{"a", "ññ\"'&unknown;&#0;&#xD800;&"}}));
  EXPECT_EQ(read_xmp(make_xmp({{"a", "\x01"}})), (TextMap{{"a", "\uFFFD"}}));
  EXPECT_TRUE(read_xmp("<lienzo:a>never closed").empty());
}

}  // namespace
}  // namespace lienzo::image
