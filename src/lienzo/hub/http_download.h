#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lienzo/hub/checksum.h"
#include "lienzo/hub/http_session.h"
#include "lienzo/hub/retry.h"
#include "lienzo/hub/transfer_hooks.h"

namespace lienzo::hub {

/// The largest file that is downloaded unless the caller says otherwise, bytes.
inline constexpr uint64_t kLargestDownload = uint64_t{256} << 30;

struct DownloadRequest {
  std::string url;
  std::filesystem::path target;
  std::string token = {};             // see HttpRequest
  std::string page = {};              // where its licence can be accepted, for messages
  std::optional<uint64_t> size = {};  // bytes, where known
  Checksum checksum = {};             // the git kind needs `size`
  uint64_t max_bytes = kLargestDownload;
};

enum class DownloadEnd { kDownloaded, kAlreadyThere };

/// Downloads to `target` by way of a PartFile, which a later call with the same request goes on
/// with, and which replaces `target` once its length and checksum are right. A target that is right
/// already is left alone. Throws Error:
///   kIo         no connection, no permission, no space, or broken off more often than `policy`
///               allows; what arrived stays for the next call
///   kNotFound   there is no such file
///   kCorrupt    another length or checksum than expected; what arrived is deleted
///   kCancelled  hooks.cancelled() said so; what arrived stays
DownloadEnd download(HttpSession& session,
                     const DownloadRequest& request,
                     const TransferHooks& hooks = {},
                     const RetryPolicy& policy = {});

/// Whether `path` is a file of that length and checksum, where these are known; false when neither
/// is. Reads the whole file where there is a checksum.
bool is_complete(const std::filesystem::path& path,
                 std::optional<uint64_t> size,
                 const Checksum& checksum,
                 const TransferHooks& hooks = {});

/// Throws Error(kIo) when the disk that holds `folder`, or will hold it, has less than `bytes`
/// free.
void require_space(const std::filesystem::path& folder, uint64_t bytes);

}  // namespace lienzo::hub
