#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lienzo/base/json.h"
#include "lienzo/pipelines/captioned_model.h"
#include "lienzo/pipelines/embedded_model.h"

namespace lienzo::pipelines {

/// A model's folder of any kind, told by "kind" in its model.json, behind what `lienzo imagine`
/// needs.
class AnyModel {
 public:
  /// Throws what the loaders throw, and kUnsupported for an unknown kind.
  static AnyModel load(const std::filesystem::path& folder);

  /// Whether it draws from scenes, as the embedded model does.
  bool has_scenes() const { return std::holds_alternative<EmbeddedModel>(model_); }
  /// Side of the pictures it draws unless told otherwise, pixels; 0: the request's own default.
  int own_size() const;
  /// The guidance it uses unless told otherwise.
  double own_guidance() const;
  const std::string& name() const;
  const std::string& hash() const;
  /// Words that the model never learned, where it can tell.
  std::vector<std::string> unknown_words(std::string_view prompt) const;
  /// As EmbeddedModel::imagine; a model without scenes refuses a request with one (kUnsupported).
  std::vector<Picture> imagine(const ImagineRequest& request, const ImagineHooks& hooks);
  /// As EmbeddedModel::imagine_scenes; kUnsupported for a model without scenes.
  std::vector<datasets::world::Scene> imagine_scenes(const ImagineRequest& request);

 private:
  explicit AnyModel(EmbeddedModel model) : model_(std::move(model)) {}
  explicit AnyModel(CaptionedModel model) : model_(std::move(model)) {}

  std::variant<EmbeddedModel, CaptionedModel> model_;
  Json settings_ = Json::object();  // model.json of a captioned model
};

}  // namespace lienzo::pipelines
