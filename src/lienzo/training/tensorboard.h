#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace lienzo::training {

/// Writes a TensorBoard event file: records framed as in tensorflow/core/lib/io/record_writer.h
/// (length, masked CRC-32C of it, data, masked CRC-32C of that), each an `Event` of
/// tensorflow/core/util/event.proto.
class EventWriter {
 public:
  /// A new file in `folder`. `first_step` > 0 tells readers to forget what earlier files say of
  /// that step and later ones, as after resuming from an older checkpoint. Throws kIo.
  EventWriter(const std::filesystem::path& folder, int64_t first_step);

  void scalar(int64_t step, std::string_view tag, double value);
  /// `png` is a whole PNG file.
  void image(int64_t step, std::string_view tag, int width, int height, std::string_view png);
  /// Throws kIo when the disk refuses.
  void flush();

 private:
  void write(std::string_view event);

  std::filesystem::path path_;
  std::ofstream file_;
};

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), rotated and offset as TFRecord wants it.
uint32_t masked_crc32c(std::string_view bytes);

/// The framed record of one event; `time` in seconds since 1970.
std::string tfrecord(std::string_view data);
std::string scalar_event(double time, int64_t step, std::string_view tag, float value);

}  // namespace lienzo::training
