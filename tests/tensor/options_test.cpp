#include <gtest/gtest.h>
#include <torch/types.h>

#include <fstream>
#include <string>

#include "../base/expect_error.h"
#include "lienzo/tensor/device.h"
#include "lienzo/tensor/dtype.h"
#include "lienzo/tensor/shape.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::tensor {
namespace {

std::string quoted(std::string_view text) { return std::string("'").append(text).append("'"); }

TEST(DType, ReadsTheNamesItWrites) {
  for (const torch::ScalarType type : {torch::kFloat32, torch::kFloat16, torch::kBFloat16}) {
    EXPECT_EQ(parse_dtype(dtype_name(type)), type);
  }
  EXPECT_EQ(parse_dtype("bfloat16"), torch::kBFloat16);
  EXPECT_EQ(dtype_name(torch::kInt64), "int64");
  for (const char* wrong : {"", "FP32", "fp64", "fp32 "}) {
    expect_error(
        ErrorKind::kInvalidInput, [&] { parse_dtype(wrong); }, quoted(wrong), "fp32, fp16 or bf16");
  }
}

TEST(DType, AgreesWithTheKernelAboutTheProcessor) {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line) && !line.starts_with("flags")) {
  }
  if (line.empty()) GTEST_SKIP() << "the kernel does not list the processor's abilities";
  const bool listed = (line + " ").find(" avx512_bf16 ") != std::string::npos ||
                      (line + " ").find(" amx_bf16 ") != std::string::npos;
  EXPECT_EQ(processor_has_bf16(), listed);
  EXPECT_EQ(fast_dtype(torch::kCPU), listed ? torch::kBFloat16 : torch::kFloat32);
}

TEST(Device, ReadsNames) {
  EXPECT_EQ(parse_device("cpu"), torch::Device(torch::kCPU));
  EXPECT_EQ(parse_device("auto").is_cuda(), gpu_count() > 0);
  if (gpu_count() > 0) {
    EXPECT_EQ(parse_device("cuda").index(), 0);
  }
  for (const char* wrong :
       {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:999", "cpu:0"}) {
    expect_error(
        ErrorKind::kInvalidInput, [&] { parse_device(wrong); }, quoted(wrong));
  }
  expect_error(
      ErrorKind::kUnsupported, [] { parse_device("cuda:127"); }, "'cuda:127'", "use cpu");
}

TEST(Shape, AcceptsOnlyWhatWasAskedFor) {
  const torch::Tensor x = torch::zeros({2, 3, 8});
  EXPECT_NO_THROW(check_shape(x, {2, -1, 8}, "door"));
  EXPECT_NO_THROW(check_shape(torch::zeros({}), {}, "door"));
  expect_error(
      ErrorKind::kInvalidInput,
      [&] {
        check_shape(x, {2, -1, 9}, "unet.x");
      },
      "[unet.x] shape, got (2, 3, 8), expected (2, *, 9)");
  EXPECT_THROW(check_shape(x, {2, 3}, "door"), Error);
  EXPECT_THROW(check_shape(x, {2, 3, 8, -1}, "door"), Error);
  expect_error(
      ErrorKind::kInvalidInput,
      [] { check_shape(torch::Tensor(), {-1}, "door"); },
      "got no tensor");
}

TEST(Threads, AreAsManyAsAsked) {
  const int before = thread_count();
  set_threads(1);
  EXPECT_EQ(thread_count(), 1);
  set_threads(3);
  EXPECT_EQ(thread_count(), 3);
  set_reproducible_threads(2);
  EXPECT_EQ(thread_count(), 2);
  set_threads(0);
  EXPECT_GE(thread_count(), 1);
  set_threads(before);
  expect_error(
      ErrorKind::kInvalidInput, [] { set_threads(-1); }, "-1");
  expect_error(
      ErrorKind::kInvalidInput, [] { set_reproducible_threads(-1); }, "-1");
}

}  // namespace
}  // namespace lienzo::tensor
