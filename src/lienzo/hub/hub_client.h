#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "lienzo/hub/http_download.h"
#include "lienzo/hub/http_session.h"
#include "lienzo/hub/http_text.h"
#include "lienzo/hub/hub_listing.h"
#include "lienzo/hub/retry.h"

namespace lienzo::hub {

/// Which hub, and as whom.
struct HubAccess {
  std::string endpoint = "https://huggingface.co";  // without a slash at the end
  std::string token = {};                           // "" for nobody
};

/// A repository at one commit, so that all its files are of one version.
struct HubRepo {
  std::string name;      // "owner/repo"
  std::string revision;  // as asked for: a branch, tag or commit
  HubModelInfo info;
  std::vector<HubFile> files;  // by path
};

/// Asks the Hugging Face hub, or a mirror that speaks like it.
class HubClient {
 public:
  explicit HubClient(HubAccess access, RetryPolicy policy = {}, HttpTimeouts timeouts = {});

  /// What there is under "owner/repo" at `revision`. Two or more requests. Throws Error:
  /// kInvalidInput for a name or revision that none can have; as get_text; kCorrupt.
  HubRepo open(const std::string& name, const std::string& revision, const Cancelled& cancelled);

  /// A small file of a repository, at most `max_bytes`, with its checksum right. Throws as
  /// get_text.
  std::string read_text(const HubRepo& repo,
                        const HubFile& file,
                        size_t max_bytes,
                        const Cancelled& cancelled);

  /// Brings a file to `target`, as download() does.
  DownloadEnd download(const HubRepo& repo,
                       const HubFile& file,
                       const std::filesystem::path& target,
                       const TransferHooks& hooks);

  /// Where a person reads about a repository and accepts its licence.
  std::string page(const std::string& name) const;

 private:
  std::string resolve_url(const HubRepo& repo, const HubFile& file) const;
  HttpText get(const std::string& url,
               size_t max_bytes,
               const std::string& name,
               const Cancelled& cancelled);

  HubAccess access_;
  RetryPolicy policy_;
  HttpSession session_;
};

/// Throws Error(kInvalidInput) unless `name` reads "owner/repo" in the letters that the hub allows.
void check_repo_name(const std::string& name);

}  // namespace lienzo::hub
