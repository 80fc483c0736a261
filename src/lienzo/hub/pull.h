#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lienzo/hub/hub_client.h"
#include "lienzo/hub/model_catalog.h"
#include "lienzo/hub/transfer_hooks.h"

namespace lienzo::hub {

struct PullRequest {
  std::string what;              // see ModelReference
  std::string revision = {};     // a branch, tag or commit; "" for the one in `what`, or "main"
  std::string variant = {};      // "fp16"; "" for none, see choose_files
  std::filesystem::path folder;  // the model folder, below which the model gets a place of its own
  std::string command = {};      // how a person goes on with it, for kUnfinishedMark
};

/// One file to bring.
struct PullItem {
  HubRepo repo;  // without its list of files
  HubFile file;
  std::filesystem::path target;  // where it goes
  bool is_there = false;         // a file of that length stands there already
};

/// What will be brought, and where to.
struct PullPlan {
  std::string name;            // under which find_model finds it
  std::filesystem::path path;  // the model's folder, or its file
  bool is_folder = false;
  std::string command;          // of the request
  HubRepo repo;                 // without its list of files
  std::string licence;          // "" when neither model card nor catalogue name one
  std::string page;             // where it can be read
  std::vector<PullItem> items;  // in the order to bring them

  uint64_t bytes() const;          // of all items
  uint64_t missing_bytes() const;  // of those that are not there
};

/// Asks the hub what a model consists of. A checkpoint in a single file brings the vocabulary of
/// CLIP along, unless the model folder has it. Throws Error: as parse_model_reference, HubClient
/// and choose_files do.
PullPlan plan_pull(HubClient& client, const PullRequest& request, const Cancelled& cancelled);

struct PullSummary {
  int downloaded = 0;     // files
  int already_there = 0;  // files that were right
  uint64_t bytes = 0;     // of the downloaded files
};

/// Brings what is missing and checks the rest, file by file. Until all is there, the model's folder
/// holds kUnfinishedMark. Progress counts the bytes of the whole plan, its note is the file. Throws
/// Error as download() does, kIo when the disk has not enough space.
PullSummary carry_out(HubClient& client, const PullPlan& plan, const TransferHooks& hooks);

/// A JSON file in the folder of a model that is not wholly there: {"command": how to go on}.
inline constexpr const char* kUnfinishedMark = "unfinished-pull.json";

}  // namespace lienzo::hub
