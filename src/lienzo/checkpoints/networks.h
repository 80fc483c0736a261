#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lienzo/checkpoints/checkpoint.h"

/// From a part of a file to a Network: its configuration, and its tensors under our names.
namespace lienzo::checkpoints {

/// One part of an open file, and what else is known of it.
struct PartSource {
  std::shared_ptr<const weights::TensorFile> file;
  FoundPart part;
  Json config;                       // config.json; null where shapes must do
  std::string config_where;          // how messages call that config.json
  Family family = Family::kUnknown;  // of the whole model
  /// Every part of the file: what lies below the prefix of another is not this one's.
  std::vector<FoundPart> all = {};
};

/// Each fills its place in `model`. Throws as from_json of the configuration does.
void add_network(Checkpoint& model, const PartSource& source);

}  // namespace lienzo::checkpoints
