#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "lienzo/http/remote_images.h"
#include "lienzo/image/image.h"
#include "lienzo/jobs/blob_store.h"
#include "lienzo/jobs/job_store.h"
#include "lienzo/service/engine.h"
#include "lienzo/service/request.h"

namespace lienzo::http {

class JobFeed;
struct Caller;

/// The limits of a server; a key may have its own.
struct ServerLimits {
  size_t largest_body = size_t{64} << 20;  // bytes
  int64_t largest_picture = 64'000'000;    // pixels of an upload
  int requests_per_minute = 0;             // of a key; 0: no limit
  int queued = 1000;                       // jobs waiting, of everybody
  int queued_per_owner = 100;
  double largest_cost = 0;  // pixels x steps x pictures of one job; 0: no limit
};

/// What all routes work with. Lives as long as the server.
struct Context {
  jobs::JobStore& store;
  jobs::BlobStore& blobs;
  service::Engine& engine;
  JobFeed& feed;
  ServerLimits limits;
  std::filesystem::path wildcards = {};  // folder of files of choices; may not exist
  RemoteImages remote_images = RemoteImages::kNone;
  std::atomic<bool> stopping = false;
};

/// A picture that was sent, in the blob store.
struct KeptPicture {
  std::string id;        // its digest
  image::Image picture;  // decoded, with its transparency
};

/// Checks and keeps a picture: PNG, JPEG or WebP by its first bytes, not too large, whole. `field`
/// names it in errors. Throws HttpError.
KeptPicture keep_picture(Context& context, std::string_view bytes, const std::string& field);

/// The bytes of a picture that a request names: base64 as for decode_picture_text(), or an address
/// of http or https, as far as the server reads these. Throws HttpError naming `field`.
std::string picture_bytes(Context& context, std::string_view text, const std::string& field);

/// The bytes of base64 text, with or without "data:...;base64," before it. Throws HttpError(400)
/// for what is none.
std::string decode_picture_text(std::string_view text, const std::string& field);
std::string encode_base64(std::string_view bytes);

/// Completes a request, checks it against the caller's limits and makes it a job. Throws HttpError:
/// 429 with the time to wait when a queue is full, 403 when the caller may not, and what
/// Engine::complete throws.
jobs::Job submit(Context& context,
                 const Caller& caller,
                 service::DrawRequest request,
                 const std::string& dialect);

/// Waits until a job is final. Throws HttpError(503) when the server stops first. `still_wanted`
/// (may be empty) is asked about every second; when it says no, the job is cancelled.
jobs::Job wait_until_final(Context& context,
                           const std::string& id,
                           const std::function<bool()>& still_wanted = {});

/// The job, if it is the caller's. Throws HttpError(404) otherwise: whose it is remains unsaid.
jobs::Job job_of(Context& context, const Caller& caller, const std::string& id);

}  // namespace lienzo::http
