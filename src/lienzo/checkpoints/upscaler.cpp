#include "lienzo/checkpoints/upscaler.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/checkpoints/layouts/layout_table.h"
#include "lienzo/checkpoints/recognise.h"
#include "lienzo/weights/open_tensor_file.h"
#include "lienzo/weights/tensor_view.h"

namespace lienzo::checkpoints {
namespace {

using weights::TensorIndex;

constexpr int64_t kMostBlocks = 64, kMostLayers = 2 * kMostBlocks + 3, kMostWidth = 1024,
                  kMostFactor = 16;

int64_t length_of(const TensorIndex& index, const std::string& name, size_t dimension) {
  const weights::TensorInfo* info = index.find(name);
  return info && dimension < info->shape.size() ? info->shape[dimension] : 0;
}

template <class NameOf>
int64_t count_scopes(const TensorIndex& index, int64_t most, const NameOf& name_of) {
  int64_t count = 0;
  while (count <= most && index.has_scope(name_of(count))) ++count;
  return count;
}

[[noreturn]] void strange(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::kUnsupported,
              fmt::format("[upscaler] {} {}; expected ESRGAN's RRDBNet or SRVGGNetCompact, as "
                          "Real-ESRGAN publishes them",
                          where,
                          what));
}

void expect_within(int64_t value, int64_t most, const char* what, const std::string& where) {
  if (value < 1 || value > most)
    strange(where, fmt::format("has {} {}, which is not 1 to {}", value, what, most));
}

// Names of the first ESRGAN, numbered by its layers: a convolution, the trunk (1) with its last
// convolution behind the blocks, for every doubling an enlargement, a convolution and a slope, two
// convolutions with a slope between (xinntao/ESRGAN, transer_RRDB_models.py).
std::vector<LayoutEntry> old_names(int64_t blocks, int64_t doublings) {
  std::vector<LayoutEntry> entries = {{"model.0", "conv_first"},
                                      {fmt::format("model.1.sub.{}", blocks), "conv_body"}};
  for (int64_t n = 0; n < blocks; ++n) {
    for (int dense = 1; dense <= 3; ++dense) {
      for (int conv = 1; conv <= 5; ++conv) {
        entries.push_back({fmt::format("model.1.sub.{}.RDB{}.conv{}.0", n, dense, conv),
                           fmt::format("body.{}.rdb{}.conv{}", n, dense, conv)});
      }
    }
  }
  for (int64_t i = 1; i <= doublings; ++i)
    entries.push_back({fmt::format("model.{}", 3 * i), fmt::format("conv_up{}", i)});
  entries.push_back({fmt::format("model.{}", 3 * doublings + 2), "conv_hr"});
  entries.push_back({fmt::format("model.{}", 3 * doublings + 4), "conv_last"});
  return entries;
}

// The names in the file of what a configuration is read from.
struct RrdbNames {
  std::string first, growth, last;
  std::function<std::string(int64_t)> block;
};

std::optional<int64_t> doublings_of_old_names(const TensorIndex& index) {
  for (int64_t doublings = 0; doublings <= 4; ++doublings) {
    if (index.contains(fmt::format("model.{}.weight", 3 * doublings + 4)) &&
        !index.contains(fmt::format("model.{}.weight", 3 * doublings + 5)) &&
        !index.contains(fmt::format("model.{}.weight", 3 * doublings + 6)))
      return doublings;
  }
  return std::nullopt;
}

models::RrdbNetConfig rrdb_config(const TensorIndex& index,
                                  const RrdbNames& names,
                                  int64_t doublings,
                                  const std::string& where) {
  models::RrdbNetConfig config;
  config.channels = length_of(index, names.last, 0);
  config.width = length_of(index, names.first, 0);
  config.growth = length_of(index, names.growth, 0);
  config.blocks = count_scopes(index, kMostBlocks, names.block);
  config.doublings = doublings;
  expect_within(config.width, kMostWidth, "channels", where);
  expect_within(config.growth, kMostWidth, "channels in its dense blocks", where);
  expect_within(config.blocks, kMostBlocks, "blocks", where);
  const int64_t in = length_of(index, names.first, 1);
  for (const int64_t folding : {1, 2, 4}) {
    if (in == config.channels * folding * folding) config.folding = folding;
  }
  if (config.channels != 3 || in != 3 * config.folding * config.folding) {
    strange(where, fmt::format("takes {} channels and gives {}, not colours", in, config.channels));
  }
  if (config.factor() < 1) strange(where, "makes pictures smaller");
  return config;
}

models::SrvggNetConfig srvgg_config(const TensorIndex& index, const std::string& where) {
  models::SrvggNetConfig config;
  const int64_t layers =
      count_scopes(index, kMostLayers, [](int64_t n) { return fmt::format("body.{}", n); });
  config.width = length_of(index, "body.0.weight", 0);
  config.convolutions = (layers - 3) / 2;
  const int64_t out = length_of(index, fmt::format("body.{}.weight", layers - 1), 0);
  expect_within(config.width, kMostWidth, "channels", where);
  if (layers < 3 || layers > kMostLayers || layers % 2 == 0)
    strange(where, fmt::format("has {} layers", layers));
  config.factor = 0;
  for (int64_t factor = 1; factor <= kMostFactor; ++factor) {
    if (out == config.channels * factor * factor) config.factor = factor;
  }
  if (config.factor == 0 || length_of(index, "body.0.weight", 1) != config.channels)
    strange(where, fmt::format("gives {} channels, not the colours of larger pixels", out));
  return config;
}

}  // namespace

std::string Upscaler::architecture() const {
  return std::holds_alternative<models::RrdbNetConfig>(config) ? "ESRGAN" : "SRVGGNetCompact";
}

int64_t Upscaler::factor() const {
  if (const auto* rrdb = std::get_if<models::RrdbNetConfig>(&config)) return rrdb->factor();
  return std::get<models::SrvggNetConfig>(config).factor;
}

bool is_upscaler(const std::filesystem::path& path) {
  return recognise(weights::open_tensor_file(path)->index()).family == Family::kUpscaler;
}

Upscaler open_upscaler(const std::filesystem::path& path) {
  std::shared_ptr<const weights::TensorFile> file = weights::open_tensor_file(path);
  const TensorIndex& index = file->index();
  const std::string where = path.filename().string();
  if (const Family family = recognise(index).family; family != Family::kUpscaler) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[upscaler] {} is no upscaler of pictures: {}", where, name(family)));
  }
  const auto renamed = [&](std::vector<LayoutEntry> entries) {
    return std::make_shared<weights::TensorView>(
        file, LayoutTable(std::move(entries)).view_of(index, ""));
  };
  if (index.contains("body.0.rdb1.conv1.weight")) {
    const RrdbNames names = {
        "conv_first.weight", "body.0.rdb1.conv1.weight", "conv_last.weight", [](int64_t n) {
          return fmt::format("body.{}.rdb1", n);
        }};
    return {rrdb_config(index, names, /*doublings=*/2, where), file, path};
  }
  if (index.has_scope("model.1.sub")) {
    const std::optional<int64_t> doublings = doublings_of_old_names(index);
    if (!doublings) strange(where, "ends in another way than ESRGAN");
    const RrdbNames names = {"model.0.weight",
                             "model.1.sub.0.RDB1.conv1.0.weight",
                             fmt::format("model.{}.weight", 3 * *doublings + 4),
                             [](int64_t n) { return fmt::format("model.1.sub.{}.RDB1", n); }};
    const models::RrdbNetConfig config = rrdb_config(index, names, *doublings, where);
    return {config, renamed(old_names(config.blocks, config.doublings)), path};
  }
  if (length_of(index, "body.0.weight", 3) == 3 && index.contains("body.1.weight"))
    return {srvgg_config(index, where), file, path};
  strange(where, "is an upscaler of another architecture");
}

}  // namespace lienzo::checkpoints
