#include "lienzo/weights/safetensors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <torch/types.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "../base/expect_error.h"
#include "temporary_folder.h"

namespace lienzo::weights {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = LIENZO_TEST_DATA "/golden/weights/types.safetensors";

struct TypeCase {
  const char* name;
  torch::ScalarType type;
};

// What tools/golden/safetensors_files.py wrote with the reference library.
const TypeCase kSigned[] = {{"float64", torch::kFloat64},
                            {"float32", torch::kFloat32},
                            {"float16", torch::kFloat16},
                            {"bfloat16", torch::kBFloat16},
                            {"int64", torch::kInt64},
                            {"int32", torch::kInt32},
                            {"int16", torch::kInt16},
                            {"int8", torch::kInt8}};

std::string content_of(const fs::path& path) { return read_text_file(path); }

void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

bool same(const torch::Tensor& a, const torch::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.equal(b);
}

TEST(Safetensors, ReadsTheReferenceLibrarysFile) {
  const SafetensorsFile file = SafetensorsFile::open(kGolden);
  const torch::Tensor numbers = torch::arange(-2, 4).reshape({2, 3});
  for (const auto& [name, type] : kSigned)
    EXPECT_TRUE(same(file.read(name), numbers.to(type))) << name;
  EXPECT_TRUE(same(file.read("uint8"), torch::arange(6).reshape({2, 3}).to(torch::kUInt8)));
  EXPECT_TRUE(same(file.read("bool"), torch::arange(6).reshape({2, 3}).remainder(2).eq(1)));
  EXPECT_TRUE(same(file.read("single"), torch::tensor(0.1F)));
  EXPECT_TRUE(same(file.read("empty"), torch::zeros({0, 3})));
  EXPECT_TRUE(same(file.read("números.日"), torch::tensor({1.5F})));
  EXPECT_EQ(file.index().metadata().at("title"), "cubo ámbar");
  EXPECT_EQ(file.index().size(), 14u);
}

TEST(Safetensors, ListsTypesItCannotRead) {
  const SafetensorsFile file = SafetensorsFile::open(kGolden);
  ASSERT_NE(file.index().find("unreadable"), nullptr);
  EXPECT_EQ(file.index().find("unreadable")->dtype, DType::kU16);
  expect_error(
      ErrorKind::kUnsupported, [&] { file.read("unreadable"); }, "U16");
  expect_error(
      ErrorKind::kNotFound, [&] { file.read("absent"); }, "types.safetensors", "'absent'");
}

TEST(Safetensors, TensorsOutliveTheFileObjectAndItsName) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", {{"a", torch::arange(1000, torch::kFloat32)}});
  torch::Tensor a;
  {
    const SafetensorsFile file = SafetensorsFile::open(folder / "a.safetensors");
    a = file.read("a");
    EXPECT_EQ(a.data_ptr(), file.read("a").data_ptr());  // not copied
  }
  fs::remove(folder / "a.safetensors");
  EXPECT_TRUE(same(a, torch::arange(1000, torch::kFloat32)));
}

TEST(Safetensors, ReadsUnalignedNumbers) {
  // The reference does not promise alignment: here a single byte comes first.
  std::string header = R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                       R"("a":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}})";
  while (header.size() % 4 != 0) header += ' ';
  const float numbers[] = {1.25F, -3.0F};
  const uint64_t length = header.size();
  const TemporaryFolder folder;
  write_bytes(folder / "a",
              std::string(reinterpret_cast<const char*>(&length), 8) + header + '\x07' +
                  std::string(reinterpret_cast<const char*>(numbers), 8));
  EXPECT_TRUE(same(SafetensorsFile::open(folder / "a").read("a"), torch::tensor({1.25F, -3.0F})));
}

TEST(Safetensors, AnyByteButZeroIsTrue) {
  const std::string header = R"({"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})";
  const uint64_t length = header.size();
  const TemporaryFolder folder;
  write_bytes(folder / "a",
              std::string(reinterpret_cast<const char*>(&length), 8) + header +
                  std::string("\x00\xff\x01", 3));
  const torch::Tensor a = SafetensorsFile::open(folder / "a").read("a");
  EXPECT_TRUE(same(a, torch::tensor({false, true, true})));
  EXPECT_EQ(a.to(torch::kUInt8).sum().item<int64_t>(), 2);
}

TEST(Safetensors, WritesWhatItReads) {
  const TemporaryFolder folder;
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::string> metadata;
  {
    const SafetensorsFile file = SafetensorsFile::open(kGolden);
    for (const TensorInfo& info : file.index().tensors()) {
      if (info.name != "unreadable") tensors.emplace_back(info.name, file.read(info.name));
    }
    metadata = file.index().metadata();
  }
  write_safetensors(folder / "copy.safetensors", tensors, metadata);
  std::map<std::string, std::string> read_metadata;
  const auto read = read_safetensors(folder / "copy.safetensors", &read_metadata);
  EXPECT_EQ(read_metadata, metadata);
  ASSERT_EQ(read.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(same(read.at(name), tensor)) << name;
  // For the reference library: tools/golden/safetensors_files.py --check
  if (const char* keep = std::getenv("LIENZO_KEEP_SAFETENSORS")) {
    fs::copy_file(folder / "copy.safetensors", keep, fs::copy_options::overwrite_existing);
  }
}

TEST(Safetensors, WritesTheSameBytesWhateverTheOrder) {
  const torch::Tensor x = torch::arange(6, torch::kFloat32), y = x.to(torch::kBFloat16),
                      z = x.to(torch::kFloat64);
  const TemporaryFolder folder;
  write_safetensors(folder / "1", {{"x", x}, {"y", y}, {"z", z}}, {{"k", "1"}, {"a", "2"}});
  write_safetensors(folder / "2", {{"z", z}, {"y", y}, {"x", x}}, {{"a", "2"}, {"k", "1"}});
  EXPECT_EQ(content_of(folder / "1"), content_of(folder / "2"));
  const SafetensorsFile file = SafetensorsFile::open(folder / "1");
  EXPECT_EQ(file.index().tensors()[0].name, "z");
  for (const TensorInfo& info : file.index().tensors()) {
    EXPECT_EQ(info.offset % (static_cast<uint64_t>(bits(info.dtype)) / 8), 0u) << info.name;
  }
  EXPECT_EQ(file.index().tensors()[0].offset % 8, 0u);
}

TEST(Safetensors, WritesTensorsThatAreNotContiguousOrNeedGradients) {
  const TemporaryFolder folder;
  const torch::Tensor x = torch::arange(6, torch::kFloat32).reshape({2, 3});
  write_safetensors(folder / "a", {{"t", x.t()}, {"g", torch::ones({2}).requires_grad_()}});
  const SafetensorsFile file = SafetensorsFile::open(folder / "a");
  EXPECT_TRUE(same(file.read("t"), x.t().contiguous()));
  EXPECT_FALSE(file.read("g").requires_grad());
}

TEST(Safetensors, WritesAnotherFilesTensors) {
  const TemporaryFolder folder;
  const torch::Tensor x = torch::arange(6, torch::kFloat32).reshape({2, 3});
  const TensorList file({{"h", x.to(torch::kHalf)}, {"x", x.t()}, {"n", torch::tensor({1, 2})}});
  write_safetensors(folder / "same", file, std::nullopt, {{"k", "v"}});
  write_safetensors(folder / "list",
                    {{"h", x.to(torch::kHalf)}, {"x", x.t()}, {"n", torch::tensor({1, 2})}},
                    {{"k", "v"}});
  EXPECT_EQ(content_of(folder / "same"), content_of(folder / "list"));

  write_safetensors(folder / "bf16", file, torch::kBFloat16);
  const auto tensors = read_safetensors(folder / "bf16");
  EXPECT_TRUE(same(tensors.at("h"), x.to(torch::kBFloat16)));
  EXPECT_TRUE(same(tensors.at("x"), x.t().to(torch::kBFloat16)));
  EXPECT_TRUE(same(tensors.at("n"), torch::tensor({1, 2})));
}

TEST(Safetensors, RefusesNumbersTooLargeForHalfPrecision) {
  const TemporaryFolder folder;
  const float inf = std::numeric_limits<float>::infinity();
  write_safetensors(
      folder / "a", TensorList({{"fits", torch::tensor({65504.0F, inf})}}), torch::kHalf);
  expect_error(
      ErrorKind::kInvalidInput,
      [&] {
        write_safetensors(
            folder / "b", TensorList({{"large", torch::tensor({70000.0F})}}), torch::kHalf);
      },
      "'large'",
      "bf16");
  EXPECT_FALSE(fs::exists(folder / "b"));
}

TEST(Safetensors, RefusesToWriteWhatCannotBeRead) {
  const TemporaryFolder folder;
  const fs::path path = folder / "a";
  const torch::Tensor x = torch::ones({1});
  expect_error(
      ErrorKind::kInvalidInput,
      [&] {
        write_safetensors(path, {{"x", x}, {"x", x}});
      },
      "two tensors",
      "'x'");
  expect_error(
      ErrorKind::kInvalidInput,
      [&] {
        write_safetensors(path, {{"__metadata__", x}});
      },
      "__metadata__");
  expect_error(
      ErrorKind::kInvalidInput,
      [&] {
        write_safetensors(path, {{"\xff", x}});
      },
      "UTF-8");
  expect_error(
      ErrorKind::kInvalidInput,
      [&] {
        write_safetensors(path, {{"x", x}}, {{"k", "\xff"}});
      },
      "UTF-8");
  expect_error(
      ErrorKind::kInvalidInput,
      [&] {
        write_safetensors(path, {{"x", torch::Tensor()}});
      },
      "'x'");
  expect_error(
      ErrorKind::kUnsupported,
      [&] {
        write_safetensors(path, {{"x", x.to(torch::kComplexFloat)}});
      },
      "ComplexFloat");
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Safetensors, SaysWhatIsWrongWithAPath) {
  const TemporaryFolder folder;
  write_bytes(folder / "empty", "");
  write_bytes(folder / "text", "This is not a weight file, but long enough for one.");
  expect_error(
      ErrorKind::kNotFound, [&] { SafetensorsFile::open(folder / "absent"); }, "absent");
  expect_error(
      ErrorKind::kIo, [&] { SafetensorsFile::open(folder.path()); }, folder.path().string());
  expect_error(
      ErrorKind::kCorrupt,
      [&] { SafetensorsFile::open(folder / "empty"); },
      "empty",
      "got 0 bytes");
  expect_error(
      ErrorKind::kCorrupt,
      [&] { SafetensorsFile::open(folder / "text"); },
      "not a safetensors file");
  expect_error(
      ErrorKind::kNotFound, [&] { write_safetensors(folder / "absent" / "a", {}); }, "absent");
  expect_error(
      ErrorKind::kIo, [&] { write_safetensors(folder.path(), {}); }, folder.path().string());
}

TEST(Safetensors, ReportsAFileWithoutPermission) {
  if (geteuid() == 0) GTEST_SKIP() << "the super-user may read everything";
  const TemporaryFolder folder;
  write_safetensors(folder / "a", {{"x", torch::ones({1})}});
  fs::permissions(folder / "a", fs::perms::none);
  expect_error(
      ErrorKind::kIo, [&] { SafetensorsFile::open(folder / "a"); }, "permission");
}

TEST(Safetensors, AFullDiskLeavesTheOldFile) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", {{"x", torch::ones({1})}});
  const std::string before = content_of(folder / "a");
  // A limit on the size of a file stands in for the full disk.
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit small{4096, old_limit.rlim_max};
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  expect_error(
      ErrorKind::kIo,
      [&] {
        write_safetensors(folder / "a", {{"x", torch::ones({10000})}});
      },
      folder.path().string());
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(content_of(folder / "a"), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(Safetensors, AHollowFileHasTheNamesAndTakesNoRoom) {
  const TemporaryFolder folder;
  constexpr int64_t kRows = 50'000'000;
  write_hollow_safetensors(
      folder / "hollow",
      TensorIndex({{.name = "b", .dtype = DType::kF16, .shape = {kRows}, .bytes = 2 * kRows},
                   {.name = "a", .dtype = DType::kF32, .shape = {2, 3}, .bytes = 24}},
                  {},
                  "test"));
  const SafetensorsFile file = SafetensorsFile::open(folder / "hollow");
  EXPECT_EQ(file.index().size(), 2);
  EXPECT_TRUE(same(file.read("a"), torch::zeros({2, 3})));
  EXPECT_EQ(file.read("b").sizes(), (torch::IntArrayRef{kRows}));
  EXPECT_EQ(file.read("b")[kRows - 1].item<float>(), 0);
  struct stat info {};
  ASSERT_EQ(::stat((folder / "hollow").c_str(), &info), 0);
  EXPECT_LT(info.st_blocks * 512, 1'000'000);
}

}  // namespace
}  // namespace lienzo::weights
