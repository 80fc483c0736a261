#include "lienzo/hub/pull.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/json.h"
#include "lienzo/hub/choose_files.h"

namespace lienzo::hub {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostIndexBytes = size_t{1} << 20;  // of model_index.json, which has a few hundred

bool has_size(const fs::path& path, uint64_t size) {
  std::error_code problem;
  return fs::is_regular_file(path, problem) && fs::file_size(path, problem) == size && !problem;
}

HubRepo without_files(HubRepo repo) {
  repo.files.clear();
  return repo;
}

void add_items(PullPlan& plan,
               const HubRepo& repo,
               const std::vector<HubFile>& files,
               const fs::path& folder) {
  const HubRepo origin = without_files(repo);
  for (const HubFile& file : files) {
    PullItem item{.repo = origin, .file = file, .target = folder / fs::path(file.path)};
    item.is_there = has_size(item.target, file.size);
    plan.items.push_back(std::move(item));
  }
}

std::vector<HubFile> vocabulary_files(const HubRepo& repo) {
  std::vector<HubFile> files;
  for (const std::string_view name : kVocabularyFiles) {
    const HubFile* file = find_file(repo.files, name);
    if (!file) {
      throw Error(
          ErrorKind::kNotFound,
          fmt::format(
              "[pull] {} has no {}, expected the vocabulary of CLIP there", repo.name, name));
    }
    files.push_back(*file);
  }
  return files;
}

bool has_vocabulary(const fs::path& folder) {
  return std::all_of(
      std::begin(kVocabularyFiles), std::end(kVocabularyFiles), [&](std::string_view name) {
        std::error_code ignored;
        return fs::is_regular_file(folder / kVocabularyFolder / name, ignored);
      });
}

void add_vocabulary(PullPlan& plan,
                    HubClient& client,
                    const fs::path& folder,
                    const Cancelled& cancelled) {
  const CatalogEntry& entry = *find_in_catalog(kClipVocabulary);
  const HubRepo repo = client.open(std::string(entry.repo), "main", cancelled);
  add_items(plan, repo, vocabulary_files(repo), folder / kVocabularyFolder);
}

FileChoice choose(HubClient& client,
                  const HubRepo& repo,
                  const ModelReference& reference,
                  const std::string& variant,
                  const Cancelled& cancelled) {
  if (!reference.file.empty()) {
    if (!variant.empty()) {
      throw Error(ErrorKind::kInvalidInput,
                  "[--variant] a file has no variants; name the file of the variant instead");
    }
    return choose_file(repo.files, reference.file, repo.name);
  }
  std::string index_text;
  if (const HubFile* index = find_file(repo.files, "model_index.json"))
    index_text = client.read_text(repo, *index, kMostIndexBytes, cancelled);
  return choose_files(repo.files, index_text, variant, repo.name);
}

std::string revision_of(const PullRequest& request, const ModelReference& reference) {
  if (!request.revision.empty() && !reference.revision.empty() &&
      request.revision != reference.revision) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "[--revision] is '{}', but '{}' names another", request.revision, request.what));
  }
  if (!request.revision.empty()) return request.revision;
  return reference.revision.empty() ? "main" : reference.revision;
}

void write_mark(const PullPlan& plan) {
  fs::create_directories(plan.path);
  const Json note = {{"command", plan.command}};
  write_file_atomic(plan.path / kUnfinishedMark, note.dump(2) + "\n");
}

// Of what is missing, less what was begun.
uint64_t bytes_to_come(const PullPlan& plan) {
  uint64_t sum = 0;
  for (const PullItem& item : plan.items) {
    if (item.is_there) continue;
    fs::path part = item.target;
    part += ".part";
    std::error_code problem;
    const uint64_t begun = fs::file_size(part, problem);
    sum += item.file.size - (problem ? 0 : std::min(begun, item.file.size));
  }
  return sum;
}

}  // namespace

uint64_t PullPlan::bytes() const {
  uint64_t sum = 0;
  for (const PullItem& item : items) sum += item.file.size;
  return sum;
}

uint64_t PullPlan::missing_bytes() const {
  uint64_t sum = 0;
  for (const PullItem& item : items) sum += item.is_there ? 0 : item.file.size;
  return sum;
}

PullPlan plan_pull(HubClient& client, const PullRequest& request, const Cancelled& cancelled) {
  const ModelReference reference = parse_model_reference(request.what);
  const CatalogEntry* entry = find_in_catalog(reference.name);
  const HubRepo repo = client.open(reference.repo, revision_of(request, reference), cancelled);
  PullPlan plan{.name = reference.name,
                .path = request.folder / fs::path(reference.name),
                .is_folder = true,
                .command = request.command,
                .repo = without_files(repo),
                .licence = repo.info.licence,
                .page = client.page(repo.name),
                .items = {}};
  if (plan.licence.empty() && entry) plan.licence = entry->licence;

  if (reference.name == kClipVocabulary) {
    plan.path = request.folder / kVocabularyFolder;
    plan.is_folder = false;
    add_items(plan, repo, vocabulary_files(repo), plan.path);
  } else {
    const FileChoice choice = choose(client, repo, reference, request.variant, cancelled);
    add_items(plan, repo, choice.files, plan.path);
    if (choice.is_single_file || !reference.file.empty()) {
      const std::string& file = choice.files.back().path;
      plan.name += "/" + file;
      plan.path /= fs::path(file);
      plan.is_folder = false;
    }
    if (choice.is_single_file && !has_vocabulary(request.folder))
      add_vocabulary(plan, client, request.folder, cancelled);
  }
  // Small ones first: what forbids the download is noticed before the gigabytes.
  std::stable_sort(plan.items.begin(), plan.items.end(), [](const PullItem& a, const PullItem& b) {
    return a.file.size < b.file.size;
  });
  return plan;
}

PullSummary carry_out(HubClient& client, const PullPlan& plan, const TransferHooks& hooks) {
  require_space(plan.path.parent_path(), bytes_to_come(plan));
  if (plan.is_folder && plan.missing_bytes() > 0) write_mark(plan);

  PullSummary summary;
  uint64_t finished = 0;
  for (const PullItem& item : plan.items) {
    TransferHooks each{.progress = {}, .cancelled = hooks.cancelled};
    if (hooks.progress) {
      each.progress = [&](Progress progress) {
        progress.note = item.file.path;
        if (progress.stage == "download") {
          progress.done += static_cast<int64_t>(finished);
          progress.total = static_cast<int64_t>(plan.bytes());
        }
        hooks.progress(progress);
      };
    }
    const DownloadEnd end = client.download(item.repo, item.file, item.target, each);
    if (end == DownloadEnd::kDownloaded) {
      ++summary.downloaded;
      summary.bytes += item.file.size;
    } else {
      ++summary.already_there;
    }
    finished += item.file.size;
  }
  if (plan.is_folder) {
    std::error_code ignored;
    fs::remove(plan.path / kUnfinishedMark, ignored);
  }
  return summary;
}

}  // namespace lienzo::hub
