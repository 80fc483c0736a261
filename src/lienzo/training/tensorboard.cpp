#include "lienzo/training/tensorboard.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstring>

#include "lienzo/base/error.h"

namespace lienzo::training {
namespace {

static_assert(std::endian::native == std::endian::little, "event files are little-endian");

template <typename T>
void put_bytes(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

// Protocol buffer wire format: a key is (field number << 3) | wire type.
void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}
void put_integer(std::string& out, int field, int64_t value) {
  put_varint(out, static_cast<uint64_t>(field) << 3);
  put_varint(out, static_cast<uint64_t>(value));
}
void put_double(std::string& out, int field, double value) {
  put_varint(out, static_cast<uint64_t>(field) << 3 | 1);
  put_bytes(out, value);
}
void put_float(std::string& out, int field, float value) {
  put_varint(out, static_cast<uint64_t>(field) << 3 | 5);
  put_bytes(out, value);
}
void put_message(std::string& out, int field, std::string_view bytes) {
  put_varint(out, static_cast<uint64_t>(field) << 3 | 2);
  put_varint(out, bytes.size());
  out.append(bytes);
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Event { wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7 }
std::string event(double time, int64_t step) {
  std::string bytes;
  put_double(bytes, 1, time);
  if (step != 0) put_integer(bytes, 2, step);
  return bytes;
}

// Summary { repeated Value { tag = 1, simple_value = 2, image = 4 } value = 1 }
std::string summary_event(double time, int64_t step, std::string_view value) {
  std::string summary;
  put_message(summary, 1, value);
  std::string bytes = event(time, step);
  put_message(bytes, 5, summary);
  return bytes;
}

constexpr std::array<uint32_t, 256> kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
    table[i] = crc;
  }
  return table;
}();

}  // namespace

uint32_t masked_crc32c(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFFu;
  for (unsigned char byte : bytes) crc = kCrcTable[(crc ^ byte) & 0xFF] ^ crc >> 8;
  return std::rotr(crc ^ 0xFFFFFFFFu, 15) + 0xA282EAD8u;
}

std::string tfrecord(std::string_view data) {
  std::string out;
  put_bytes<uint64_t>(out, data.size());
  put_bytes(out, masked_crc32c(out));
  out.append(data);
  put_bytes(out, masked_crc32c(data));
  return out;
}

std::string scalar_event(double time, int64_t step, std::string_view tag, float value) {
  std::string bytes;
  put_message(bytes, 1, tag);
  put_float(bytes, 2, value);
  return summary_event(time, step, bytes);
}

EventWriter::EventWriter(const std::filesystem::path& folder, int64_t first_step) {
  std::filesystem::create_directories(folder);
  // TensorBoard reads the files of a folder in order of name. The time, then a counter for runs
  // within a second.
  const auto seconds = static_cast<int64_t>(now());
  for (int i = 0; path_.empty() || std::filesystem::exists(path_); ++i) {
    path_ = folder / fmt::format("events.out.tfevents.{:010}.lienzo.{:03}", seconds, i);
  }
  file_.open(path_, std::ios::binary);
  std::string version = event(now(), 0);
  put_message(version, 3, "brain.Event:2");
  write(version);
  if (first_step > 0) {
    std::string start = event(now(), first_step);
    std::string session_log;
    put_integer(session_log, 1, 1);  // SessionLog { status = START }
    put_message(start, 7, session_log);
    write(start);
  }
  flush();
}

void EventWriter::scalar(int64_t step, std::string_view tag, double value) {
  write(scalar_event(now(), step, tag, static_cast<float>(value)));
}

void EventWriter::image(
    int64_t step, std::string_view tag, int width, int height, std::string_view png) {
  std::string picture;  // Image { height = 1, width = 2, colorspace = 3, encoded_image_string = 4 }
  put_integer(picture, 1, height);
  put_integer(picture, 2, width);
  put_integer(picture, 3, 3);
  put_message(picture, 4, png);
  std::string value;
  put_message(value, 1, tag);
  put_message(value, 4, picture);
  write(summary_event(now(), step, value));
}

void EventWriter::write(std::string_view event_bytes) { file_ << tfrecord(event_bytes); }

void EventWriter::flush() {
  if (!file_.flush())
    throw Error(ErrorKind::kIo, fmt::format("[tensorboard] cannot write {}", path_.string()));
}

}  // namespace lienzo::training
