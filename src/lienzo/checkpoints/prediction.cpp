#include "lienzo/checkpoints/prediction.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <array>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"

namespace lienzo::checkpoints {
namespace {

std::optional<Prediction> prediction_of_metadata(const weights::TensorIndex& index) {
  const auto found = index.metadata().find("modelspec.prediction_type");
  if (found == index.metadata().end()) return std::nullopt;
  return prediction_from_name(found->second);
}

// The first word after "parameterization:", which LDM's configurations write as "v" with quotes.
std::optional<Prediction> prediction_of_yaml(std::filesystem::path path) {
  path.replace_extension(".yaml");
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  const std::string text = read_text_file(path, size_t{1} << 20);
  constexpr std::string_view kKey = "parameterization:";
  const size_t key = text.find(kKey);
  if (key == std::string::npos) return std::nullopt;
  const size_t begin = text.find_first_not_of(" \t\"'", key + kKey.size());
  if (begin == std::string::npos) return std::nullopt;
  const size_t end = text.find_first_of(" \t\"'\r\n#", begin);
  return prediction_from_name(text.substr(begin, end - begin));
}

}  // namespace

std::string_view name(Prediction prediction) {
  return prediction == Prediction::kV ? "v_prediction" : "epsilon";
}

std::optional<Prediction> prediction_from_name(std::string_view name) {
  if (name == "epsilon" || name == "eps") return Prediction::kEpsilon;
  if (name == "v_prediction" || name == "v") return Prediction::kV;
  return std::nullopt;
}

std::optional<Prediction> prediction_of_scheduler(const Json& scheduler, std::string_view where) {
  if (!scheduler.is_object() || !scheduler.contains("prediction_type")) return std::nullopt;
  const Json& value = scheduler["prediction_type"];
  const auto found = value.is_string() ? prediction_from_name(value.get<std::string>())
                                       : std::optional<Prediction>();
  if (!found) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("{}: 'prediction_type' is {}, only \"epsilon\" and \"v_prediction\" "
                            "are known",
                            where,
                            value.dump(-1, ' ', true, Json::error_handler_t::replace)));
  }
  return found;
}

std::optional<Prediction> stated_prediction(Family family,
                                            const weights::TensorIndex& index,
                                            const std::filesystem::path& path) {
  if (index.contains("v_pred")) return Prediction::kV;
  if (const auto said = prediction_of_metadata(index)) return said;
  if (const auto said = prediction_of_yaml(path)) return said;
  if (family != Family::kSd2) return Prediction::kEpsilon;
  const auto step = index.metadata().find("global_step");
  if (step == index.metadata().end()) return std::nullopt;
  return step->second == "875000" ? Prediction::kEpsilon : Prediction::kV;
}

std::optional<Prediction> prediction_of_weights(const weights::TensorFile& unet) {
  constexpr std::string_view kLastNorm = "up_blocks.3.attentions.2.transformer_blocks.0.norm1.bias";
  constexpr double kOfThoseWithV = 0.09;
  if (!unet.index().contains(kLastNorm)) return std::nullopt;
  const double deviation =
      unet.read(kLastNorm).to(torch::kDouble).std(/*unbiased=*/false).item<double>();
  return deviation > kOfThoseWithV ? Prediction::kV : Prediction::kEpsilon;
}

}  // namespace lienzo::checkpoints
