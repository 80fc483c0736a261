#include "lienzo/hub/hub_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/hub/url.h"

namespace lienzo::hub {
namespace {

constexpr size_t kMostListingBytes = size_t{16} << 20;  // a page
constexpr int kMostPages = 50;                          // of a thousand files each

// Letters of repository names (huggingface_hub, utils/_validators.py) and of branches and tags.
bool is_plain(std::string_view text, std::string_view also) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           also.find(c) != std::string_view::npos;
  });
}

bool is_name_part(std::string_view text) {
  return text.size() <= 96 && is_plain(text, "-_.") && text.find("..") == std::string_view::npos &&
         text.find("--") == std::string_view::npos && text.front() != '-' && text.front() != '.' &&
         text.back() != '-' && text.back() != '.';
}

void check_revision(const std::string& revision) {
  if (revision.size() <= 200 && is_plain(revision, "-_./+") &&
      revision.find("..") == std::string::npos)
    return;
  throw Error(
      ErrorKind::kInvalidInput,
      fmt::format("[hub] '{}' is no revision, expected a branch, a tag or a commit", revision));
}

void sort_and_check(std::vector<HubFile>& files, const std::string& where) {
  std::sort(files.begin(), files.end(), [](const HubFile& a, const HubFile& b) {
    return a.path < b.path;
  });
  const auto twin =
      std::adjacent_find(files.begin(), files.end(), [](const HubFile& a, const HubFile& b) {
        return a.path == b.path;
      });
  if (twin != files.end()) {
    throw Error(ErrorKind::kCorrupt, fmt::format("[hub] {} lists '{}' twice", where, twin->path));
  }
}

}  // namespace

void check_repo_name(const std::string& name) {
  const size_t slash = name.find('/');
  if (slash != std::string::npos && is_name_part(name.substr(0, slash)) &&
      is_name_part(name.substr(slash + 1)))
    return;
  throw Error(ErrorKind::kInvalidInput,
              fmt::format("[hub] '{}' is no name of a repository, expected OWNER/REPO, such as "
                          "stabilityai/sd-turbo",
                          name));
}

HubClient::HubClient(HubAccess access, RetryPolicy policy, HttpTimeouts timeouts)
    : access_(std::move(access)), policy_(policy), session_(timeouts) {
  while (access_.endpoint.ends_with('/')) access_.endpoint.pop_back();
  origin_of(access_.endpoint);  // throws for what is no URL
}

std::string HubClient::page(const std::string& name) const { return access_.endpoint + "/" + name; }

HttpText HubClient::get(const std::string& url,
                        size_t max_bytes,
                        const std::string& name,
                        const Cancelled& cancelled) {
  return get_text(
      session_, {.url = url, .token = access_.token}, max_bytes, page(name), policy_, cancelled);
}

HubRepo HubClient::open(const std::string& name,
                        const std::string& revision,
                        const Cancelled& cancelled) {
  check_repo_name(name);
  check_revision(revision);
  HubRepo repo{.name = name, .revision = revision, .info = {}, .files = {}};
  const std::string api = access_.endpoint + "/api/models/" + encode_path(name);
  const std::string info_url = api + "/revision/" + encode_segment(revision);
  repo.info = parse_model_info(get(info_url, kMostListingBytes, name, cancelled).body, info_url);

  std::string url = api + "/tree/" + repo.info.commit + "?recursive=true";
  for (int page_number = 0; !url.empty(); ++page_number) {
    if (page_number == kMostPages) {
      throw Error(ErrorKind::kUnsupported,
                  fmt::format("[hub] {} has more than {} thousand files", name, kMostPages));
    }
    const HttpText answer = get(url, kMostListingBytes, name, cancelled);
    const std::vector<HubFile> files = parse_file_list(answer.body, url);
    repo.files.insert(repo.files.end(), files.begin(), files.end());
    const std::string next = next_page(answer.response.header("link"));
    if (!next.empty() && origin_of(next) != origin_of(access_.endpoint)) {
      throw Error(ErrorKind::kCorrupt,
                  fmt::format("[hub] {} goes on at another server, {}", url, server_of(next)));
    }
    url = next;
  }
  sort_and_check(repo.files, name);
  return repo;
}

std::string HubClient::resolve_url(const HubRepo& repo, const HubFile& file) const {
  return fmt::format("{}/{}/resolve/{}/{}",
                     access_.endpoint,
                     encode_path(repo.name),
                     repo.info.commit,
                     encode_path(file.path));
}

std::string HubClient::read_text(const HubRepo& repo,
                                 const HubFile& file,
                                 size_t max_bytes,
                                 const Cancelled& cancelled) {
  std::string text = get(resolve_url(repo, file), max_bytes, repo.name, cancelled).body;
  ChecksumBuilder builder(file.checksum.kind, text.size());
  builder.add(std::as_bytes(std::span(text)));
  if (builder.finish() != file.checksum) {
    throw Error(
        ErrorKind::kCorrupt,
        fmt::format("[hub] {} of {} arrived damaged; run the command again", file.path, repo.name));
  }
  return text;
}

DownloadEnd HubClient::download(const HubRepo& repo,
                                const HubFile& file,
                                const std::filesystem::path& target,
                                const TransferHooks& hooks) {
  return hub::download(session_,
                       {.url = resolve_url(repo, file),
                        .target = target,
                        .token = access_.token,
                        .page = page(repo.name),
                        .size = file.size,
                        .checksum = file.checksum},
                       hooks,
                       policy_);
}

}  // namespace lienzo::hub
