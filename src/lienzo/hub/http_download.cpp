#include "lienzo/hub/http_download.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <system_error>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/log.h"
#include "lienzo/hub/http_status.h"
#include "lienzo/hub/part_file.h"
#include "lienzo/hub/url.h"

namespace lienzo::hub {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// How often a file may change on the server while it is downloaded.
constexpr int kMostChanges = 3;

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "bytes 5-9/10" (RFC 9110, 14.4).
struct ContentRange {
  uint64_t first = 0;
  std::optional<uint64_t> total;
};

std::optional<ContentRange> parse_content_range(std::string_view text) {
  const size_t dash = text.find('-'), slash = text.find('/');
  if (!text.starts_with("bytes ") || slash == std::string_view::npos || dash > slash) return {};
  const auto first = parse_number(text.substr(6, dash - 6));
  if (!first) return {};
  return ContentRange{*first, parse_number(text.substr(slash + 1))};
}

// If-Range takes strong ETags only (RFC 9110, 13.1.5).
std::string strong_etag(const HttpResponse& response) {
  std::string etag = response.header("etag");
  return etag.starts_with('"') ? etag : std::string();
}

/// Reports at most ten times a second, and the end.
class Reporter {
 public:
  Reporter(const ProgressSink& sink, const char* stage, uint64_t total)
      : sink_(sink), stage_(stage), total_(total) {}

  void report(uint64_t done) {
    if (!sink_) return;
    const auto now = Clock::now();
    if (start_ == Clock::time_point()) start_ = now;
    if (now - last_ < std::chrono::milliseconds(100) && done != total_) return;
    last_ = now;
    sink_({.stage = stage_,
           .done = static_cast<int64_t>(done),
           .total = static_cast<int64_t>(total_),
           .seconds = std::chrono::duration<double>(now - start_).count(),
           .note = {}});
  }

  void set_total(uint64_t total) { total_ = total; }

 private:
  const ProgressSink& sink_;
  const char* stage_;
  uint64_t total_;  // 0 when unknown
  Clock::time_point start_ = {}, last_ = {};
};

void add_file(ChecksumBuilder& builder, const fs::path& path, const TransferHooks& hooks) {
  constexpr size_t kPiece = size_t{4} << 20;
  const MappedFile file(path);
  Reporter reporter(hooks.progress, "check", file.bytes().size());
  for (size_t at = 0; at < file.bytes().size(); at += kPiece) {
    if (hooks.cancelled && hooks.cancelled()) throw Error(ErrorKind::kCancelled, "[hub] stopped");
    const size_t count = std::min(kPiece, file.bytes().size() - at);
    builder.add(file.bytes().subspan(at, count));
    reporter.report(at + count);
  }
}

/// One file on its way.
class Download {
 public:
  Download(HttpSession& session,
           const DownloadRequest& request,
           const TransferHooks& hooks,
           const RetryPolicy& policy)
      : session_(session),
        request_(request),
        hooks_(hooks),
        policy_(policy),
        part_(request.target, {.url = request.url, .checksum = to_string(request.checksum)}),
        total_(request.size),
        checksum_(new_checksum()),
        reporter_(hooks.progress, "download", request.size.value_or(0)) {}

  void run() {
    if (total_ && part_.size() > *total_) start_anew("");
    if (part_.size() > 0 && request_.checksum.kind != ChecksumKind::kNone)
      add_file(checksum_, part_.path(), hooks_);
    if (!total_ || part_.size() < *total_) transfer();
    check_length();
    check_checksum();
    part_.commit();
  }

 private:
  ChecksumBuilder new_checksum() const {
    return {request_.checksum.kind, request_.size.value_or(0)};
  }

  void start_anew(const std::string& etag) {
    part_.restart(etag);
    checksum_ = new_checksum();
  }

  void transfer() {
    for (int changes = 0;; ++changes) {
      const HttpResult result = with_retries(
          session_,
          policy_,
          hooks_.cancelled,
          [&] { return furthest_; },
          [&] { return attempt(); });
      const int status = result.response.status;
      const bool unusable = result.end == HttpEnd::kStopped || status == 416;
      if (unusable && part_.size() > 0 && changes < kMostChanges) {
        log(LogLevel::kInfo,
            fmt::format("{} has changed since it was begun; starting again", request_.url));
        start_anew("");
        continue;
      }
      if (unusable) {
        throw Error(ErrorKind::kCorrupt,
                    fmt::format("[hub] {} answers with another piece of the file than was asked "
                                "for (status {})",
                                without_query(result.response.url),
                                status));
      }
      if (status < 200 || status > 299)
        throw_status(result.response, request_.page, !request_.token.empty());
      return;
    }
  }

  HttpResult attempt() {
    HttpRequest request{.url = request_.url, .token = request_.token};
    if (part_.size() > 0) {
      request.headers.push_back(fmt::format("Range: bytes={}-", part_.size()));
      if (!part_.etag().empty()) request.headers.push_back("If-Range: " + part_.etag());
    }
    return session_.get(request,
                        {.on_response = [&](const HttpResponse& r) { return begin(r); },
                         .on_body = [&](std::span<const std::byte> bytes) { take(bytes); }},
                        hooks_.cancelled);
  }

  // False when the answer does not continue the part.
  bool begin(const HttpResponse& response) {
    const std::string etag = strong_etag(response);
    if (response.status == 206) {
      const auto range = parse_content_range(response.header("content-range"));
      const bool continues = range && range->first == part_.size() && part_.size() > 0;
      const bool same = etag.empty() || part_.etag().empty() || etag == part_.etag();
      if (!continues || !same) return false;
      if (range->total) accept_total(*range->total, response);
      return true;
    }
    if (response.status != 200) return false;
    const auto length = parse_number(response.header("content-length"));
    if (length) accept_total(*length, response);
    if (part_.size() > 0) {
      log(LogLevel::kInfo,
          fmt::format("{} cannot go on where it stopped; starting again",
                      without_query(response.url)));
    }
    start_anew(etag);
    return true;
  }

  void accept_total(uint64_t total, const HttpResponse& response) {
    if (request_.size && total != *request_.size) {
      part_.discard();
      throw Error(ErrorKind::kCorrupt,
                  fmt::format("[hub] {} offers {} bytes, expected {}; if the model was changed "
                              "just now, run the command again",
                              without_query(response.url),
                              total,
                              *request_.size));
    }
    require_allowed(total);
    require_space(request_.target.parent_path(), total - std::min(total, part_.size()));
    total_ = total;
    reporter_.set_total(total);
  }

  void require_allowed(uint64_t bytes) {
    if (bytes <= request_.max_bytes) return;
    part_.discard();
    throw Error(ErrorKind::kCorrupt,
                fmt::format("[hub] {} is larger than {} bytes, the most that is accepted",
                            request_.url,
                            request_.max_bytes));
  }

  void take(std::span<const std::byte> bytes) {
    require_allowed(part_.size() + bytes.size());
    if (total_ && part_.size() + bytes.size() > *total_) reject_length(part_.size() + bytes.size());
    part_.append(bytes);
    checksum_.add(bytes);
    furthest_ = std::max(furthest_, part_.size());
    reporter_.report(part_.size());
  }

  void check_length() {
    if (total_ && part_.size() != *total_) reject_length(part_.size());
  }

  [[noreturn]] void reject_length(uint64_t got) {
    part_.discard();
    throw Error(ErrorKind::kCorrupt,
                fmt::format("[hub] {} came as {} bytes or more, expected {}; what arrived was "
                            "deleted",
                            request_.url,
                            got,
                            *total_));
  }

  void check_checksum() {
    const Checksum got = checksum_.finish();
    if (got == request_.checksum) return;
    part_.discard();
    throw Error(
        ErrorKind::kCorrupt,
        fmt::format("[hub] {} arrived damaged, got {}, expected {}; it was deleted, run the "
                    "command again",
                    request_.url,
                    to_string(got),
                    to_string(request_.checksum)));
  }

  HttpSession& session_;
  const DownloadRequest& request_;
  const TransferHooks& hooks_;
  const RetryPolicy& policy_;
  PartFile part_;
  std::optional<uint64_t> total_;
  ChecksumBuilder checksum_;
  Reporter reporter_;
  uint64_t furthest_ = 0;  // the largest size of the part: bytes that come again are no progress
};

}  // namespace

DownloadEnd download(HttpSession& session,
                     const DownloadRequest& request,
                     const TransferHooks& hooks,
                     const RetryPolicy& policy) {
  if (request.checksum.kind == ChecksumKind::kGitBlob && !request.size)
    throw Error(ErrorKind::kInternal, "[hub] a git checksum needs the size of the file");
  if (request.size.value_or(0) > request.max_bytes) {
    throw Error(ErrorKind::kCorrupt,
                fmt::format("[hub] {} has {} bytes, expected at most {}",
                            request.url,
                            *request.size,
                            request.max_bytes));
  }
  if (is_complete(request.target, request.size, request.checksum, hooks))
    return DownloadEnd::kAlreadyThere;
  Download(session, request, hooks, policy).run();
  return DownloadEnd::kDownloaded;
}

bool is_complete(const fs::path& path,
                 std::optional<uint64_t> size,
                 const Checksum& checksum,
                 const TransferHooks& hooks) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;
  const uint64_t there = fs::file_size(path, ignored);
  if (ignored || (size && there != *size)) return false;
  if (checksum.kind == ChecksumKind::kNone) return size.has_value();
  ChecksumBuilder builder(checksum.kind, there);
  add_file(builder, path, hooks);
  return builder.finish() == checksum;
}

void require_space(const fs::path& folder, uint64_t bytes) {
  std::error_code problem;
  fs::path there = fs::absolute(folder.empty() ? "." : folder, problem);
  while (!fs::exists(there, problem) && there.has_relative_path()) there = there.parent_path();
  const fs::space_info space = fs::space(there, problem);
  if (problem || space.available >= bytes) return;
  throw Error(ErrorKind::kIo,
              fmt::format("[hub] {} needs {:.2f} GB more, only {:.2f} GB are free; free some space "
                          "or choose another folder",
                          folder.string(),
                          static_cast<double>(bytes) / 1e9,
                          static_cast<double>(space.available) / 1e9));
}

}  // namespace lienzo::hub
