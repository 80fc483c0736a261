#include "lienzo/models/checker.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/nn/layers.h"
#include "lienzo/nn/rms_norm.h"

namespace lienzo::models {
namespace {

constexpr int64_t kStemChannels = 32;
constexpr int64_t kPlaceHidden = 160;

torch::nn::Conv2d halving(int64_t in_channels, int64_t out_channels) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in_channels, out_channels, 3).stride(2).padding(1));
}

void add_blocks(torch::nn::ModuleList& list, int64_t blocks, int64_t width) {
  for (int64_t i = 0; i < blocks; ++i) {
    list->push_back(nn::conv3x3(width, width));
    list->push_back(nn::zeroed(nn::conv3x3(width, width)));
  }
}

/// Intersection over union.
double overlap(const CheckerPeak& a, const CheckerPeak& b) {
  const auto shared = [](double ca, double wa, double cb, double wb) {
    return std::max(0.0, std::min(ca + wa / 2, cb + wb / 2) - std::max(ca - wa / 2, cb - wb / 2));
  };
  const double both = shared(a.centre_x, a.width, b.centre_x, b.width) *
                      shared(a.centre_y, a.height, b.centre_y, b.height);
  const double either = a.width * a.height + b.width * b.height - both;
  return either > 0 ? both / either : 0;
}

}  // namespace

CheckerConfig CheckerConfig::from_json(const Json& json, std::string_view where) {
  CheckerConfig config;
  ConfigReader reader(json, std::string(where));
  const auto read = [&](std::string_view key, int64_t& value, int64_t most) {
    reader.optional(key, value);
    if (value < 1 || value > most)
      reader.reject(key, fmt::format("is {}, expected 1 to {}", value, most));
  };
  read("picture", config.picture, 1024);
  read("width", config.width, 1024);
  read("deep_width", config.deep_width, 1024);
  read("blocks", config.blocks, 64);
  read("deep_blocks", config.deep_blocks, 64);
  read("groups", config.groups, 1024);
  read("colours", config.colours, 1024);
  read("materials", config.materials, 1024);
  reader.finish();
  if (config.picture % 8 != 0) reader.reject("picture", "expected a multiple of 8");
  return config;
}

Json CheckerConfig::to_json() const {
  return {{"picture", picture},
          {"width", width},
          {"deep_width", deep_width},
          {"blocks", blocks},
          {"deep_blocks", deep_blocks},
          {"groups", groups},
          {"colours", colours},
          {"materials", materials}};
}

CheckerImpl::CheckerImpl(const CheckerConfig& config) : config_(config) { reset(); }

void CheckerImpl::reset() {
  const int64_t width = config_.width;
  stem_ = register_module("stem", nn::conv3x3(12, kStemChannels));
  down_ = register_module("down", halving(kStemChannels, width));
  first_ = register_module("first", torch::nn::ModuleList());
  add_blocks(first_, config_.blocks, width);
  deeper_ = register_module("deeper", halving(width, config_.deep_width));
  deep_ = register_module("deep", torch::nn::ModuleList());
  add_blocks(deep_, config_.deep_blocks, config_.deep_width);
  up_ = register_module("up", nn::conv1x1(config_.deep_width, width));
  last_ = register_module("last", torch::nn::ModuleList());
  add_blocks(last_, config_.blocks, width);
  neck_ = register_module("neck", nn::conv3x3(width, width));
  heat_in_ = register_module("heat_in", nn::conv1x1(width, width));
  heat_ = register_module("heat", nn::conv1x1(width, config_.groups));
  place_in_ = register_module("place_in", torch::nn::Linear(width, kPlaceHidden));
  place_out_ = register_module(
      "place_out", torch::nn::Linear(kPlaceHidden, config_.groups * config_.attributes()));
  // Nearly every place is empty: start by saying so (the prior of Lin et al. 2017,
  // arXiv:1708.02002, section 3.3).
  torch::NoGradGuard no_grad;
  heat_->bias.fill_(-std::log(99.0));
}

torch::Tensor CheckerImpl::residual(torch::nn::ModuleList& list,
                                    int64_t at,
                                    const torch::Tensor& x) {
  const auto index = static_cast<size_t>(2 * at);
  const torch::Tensor inner =
      torch::relu(list[index]->as<torch::nn::Conv2dImpl>()->forward(torch::relu(x)));
  return x + list[index + 1]->as<torch::nn::Conv2dImpl>()->forward(inner);
}

CheckerOutput CheckerImpl::forward(const torch::Tensor& pictures) {
  torch::Tensor h = torch::relu(stem_(nn::fold_pixels(pictures, 2)));  // (B, 32, 2 n, 2 n)
  h = down_(h);                                                        // (B, C, n, n)
  for (int64_t i = 0; i < config_.blocks; ++i) h = residual(first_, i, h);
  torch::Tensor deep = deeper_(torch::relu(h));  // (B, D, n / 2, n / 2)
  for (int64_t i = 0; i < config_.deep_blocks; ++i) deep = residual(deep_, i, deep);
  deep = torch::relu(deep);
  h = h + torch::upsample_nearest2d(up_(deep), {h.size(2), h.size(3)});
  for (int64_t i = 0; i < config_.blocks; ++i) h = residual(last_, i, h);
  CheckerOutput output;
  output.features = torch::relu(neck_(nn::rms_norm(torch::relu(h), 1)));
  output.heat = heat_(torch::relu(heat_in_(output.features))).to(torch::kFloat);
  return output;
}

torch::Tensor CheckerImpl::attributes(const torch::Tensor& features, const torch::Tensor& places) {
  const torch::Tensor picture = places.select(1, 0), group = places.select(1, 1),
                      row = places.select(1, 2), column = places.select(1, 3);
  const torch::Tensor there =
      features.permute({0, 2, 3, 1}).index({picture, row, column});  // (N, C)
  const torch::Tensor all =
      place_out_(torch::relu(place_in_(there))).view({-1, config_.groups, config_.attributes()});
  return all.index({torch::arange(group.size(0), group.options()), group})
      .to(torch::kFloat);  // (N, attributes)
}

std::vector<CheckerReading> CheckerImpl::read(const torch::Tensor& pictures,
                                              double threshold,
                                              int most,
                                              double same) {
  torch::NoGradGuard no_grad;
  const CheckerOutput output = forward(pictures);
  const torch::Tensor score = torch::sigmoid(output.heat);
  const torch::Tensor highest = torch::max_pool2d(score, 3, 1, 1);
  const torch::Tensor places =
      torch::nonzero((score == highest).logical_and(score >= threshold));  // (N, 4)
  std::vector<CheckerReading> readings(static_cast<size_t>(pictures.size(0)));
  if (places.size(0) == 0) return readings;

  const torch::Tensor values = attributes(output.features, places).cpu();
  const torch::Tensor colours = values.slice(1, 0, config_.colours).argmax(1);
  const torch::Tensor materials =
      values.slice(1, config_.colours, config_.colours + config_.materials).argmax(1);
  const torch::Tensor numbers = values.slice(1, config_.colours + config_.materials).contiguous();
  const torch::Tensor scores =
      score
          .index(
              {places.select(1, 0), places.select(1, 1), places.select(1, 2), places.select(1, 3)})
          .cpu();
  const torch::Tensor where =
      places.cpu().contiguous();  // nonzero lays its result out column by column
  const auto cells = static_cast<double>(config_.cells());
  for (int64_t i = 0; i < where.size(0); ++i) {
    const auto* place = where.data_ptr<int64_t>() + 4 * i;
    const auto* number = numbers.data_ptr<float>() + kPlaceNumbers * i;
    CheckerPeak peak;
    peak.group = static_cast<int>(place[1]);
    peak.colour = static_cast<int>(colours[i].item<int64_t>());
    peak.material = static_cast<int>(materials[i].item<int64_t>());
    peak.score = scores[i].item<double>();
    peak.centre_x = (static_cast<double>(place[3]) + 0.5 + number[0]) / cells;
    peak.centre_y = (static_cast<double>(place[2]) + 0.5 + number[1]) / cells;
    peak.width = std::max(0.0f, number[2]) / cells;
    peak.height = std::max(0.0f, number[3]) / cells;
    peak.elevation = number[4];
    readings[static_cast<size_t>(place[0])].peaks.push_back(peak);
  }
  for (CheckerReading& reading : readings) {
    std::stable_sort(reading.peaks.begin(),
                     reading.peaks.end(),
                     [](const CheckerPeak& a, const CheckerPeak& b) { return a.score > b.score; });
    std::vector<CheckerPeak> kept;
    for (const CheckerPeak& peak : reading.peaks) {
      const auto known = std::find_if(kept.begin(), kept.end(), [&](const CheckerPeak& other) {
        return overlap(peak, other) >= same;
      });
      if (known != kept.end()) {
        known->rivals.push_back(peak);
      } else if (static_cast<int>(kept.size()) < most) {
        kept.push_back(peak);
      }
    }
    reading.peaks = std::move(kept);
  }
  return readings;
}

}  // namespace lienzo::models
