#include "lienzo/training/tensorboard.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lienzo/base/file.h"
#include "toy_task.h"

namespace lienzo::training {
namespace {

std::string hex(std::string_view bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// Made by the Python package tensorboard 2.21.0:
//   Event(wall_time=1234.5, step=300, summary=Summary(value=[Summary.Value(tag="train/loss",
//   simple_value=0.25)]))
// serialised, and written by RecordWriter.
constexpr const char* kEvent = "0900000000004a934010ac022a130a110a0a747261696e2f6c6f7373150000803e";

TEST(TensorBoard, ScalarEventAsTheirs) {
  EXPECT_EQ(hex(scalar_event(1234.5, 300, "train/loss", 0.25f)), kEvent);
}

TEST(TensorBoard, RecordAsTheirs) {
  EXPECT_EQ(hex(tfrecord(scalar_event(1234.5, 300, "train/loss", 0.25f))),
            fmt::format("2100000000000000017becf6{}f9b422eb", kEvent));
}

TEST(TensorBoard, FileBeginsWithItsVersion) {
  TemporaryFolder folder;
  EventWriter first(folder.path(), 0),
      second(folder.path(), 5);  // two within a second are two files
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_NE(read_text_file(entry.path()).find("brain.Event:2"), std::string::npos);
    ++files;
  }
  EXPECT_EQ(files, 2);
}

}  // namespace
}  // namespace lienzo::training
