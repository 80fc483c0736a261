#include "lienzo/http/context.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "lienzo/http/http_error.h"
#include "lienzo/http/job_feed.h"
#include "lienzo/image/io.h"

namespace lienzo::http {
namespace {

using std::chrono::milliseconds;

void check_limits(const Context& context,
                  const Caller& caller,
                  const service::DrawRequest& request) {
  const double largest =
      caller.largest_cost > 0 ? caller.largest_cost : context.limits.largest_cost;
  const double cost = service::cost(request);
  if (largest > 0 && cost > largest) {
    throw HttpError(
        400,
        "too_large",
        fmt::format("[request] pixels x steps x pictures is {:.0f}, this key may ask for "
                    "{:.0f} at most; make the picture smaller or the steps fewer",
                    cost,
                    largest));
  }
}

// Whether a text begins like an address; base64 has no colon.
bool is_address(std::string_view text) {
  const std::string_view scheme = text.substr(0, text.find(':'));
  const auto is = [&](std::string_view name) {
    return std::equal(scheme.begin(), scheme.end(), name.begin(), name.end(), [](char a, char b) {
      return (a | 0x20) == b;
    });
  };
  return scheme.size() < text.size() && (is("http") || is("https"));
}

}  // namespace

KeptPicture keep_picture(Context& context, std::string_view bytes, const std::string& field) {
  const std::string where = fmt::format("'{}'", field);
  if (bytes.size() > context.limits.largest_body) {
    throw HttpError(413,
                    "too_large",
                    fmt::format("[request] {} has {} bytes, expected at most {}",
                                where,
                                bytes.size(),
                                context.limits.largest_body),
                    field);
  }
  const auto view = std::as_bytes(std::span(bytes.data(), bytes.size()));
  KeptPicture kept;
  try {
    kept.picture = image::decode_image(
        view, {.keep_alpha = true, .max_pixels = context.limits.largest_picture}, where);
  } catch (const Error& error) {
    throw HttpError(400, "invalid_image", error.what(), field);
  }
  kept.id = context.blobs.put(view);
  return kept;
}

std::string picture_bytes(Context& context, std::string_view text, const std::string& field) {
  if (!is_address(text)) return decode_picture_text(text, field);
  return fetch_remote(
      std::string(text), field, context.remote_images, {.largest = context.limits.largest_body});
}

std::string decode_picture_text(std::string_view text, const std::string& field) {
  const auto refuse = [&](const std::string& problem) {
    return HttpError(400, "invalid_image", fmt::format("[request] '{}' {}", field, problem), field);
  };
  if (text.starts_with("data:")) {
    const size_t comma = text.find(";base64,");
    if (comma == std::string_view::npos) throw refuse("is a data: URL without ;base64,");
    text.remove_prefix(comma + std::string_view(";base64,").size());
  }
  const std::unique_ptr<EVP_ENCODE_CTX, void (*)(EVP_ENCODE_CTX*)> decoder(EVP_ENCODE_CTX_new(),
                                                                           EVP_ENCODE_CTX_free);
  EVP_DecodeInit(decoder.get());
  std::string bytes(text.size() / 4 * 3 + 8, '\0');
  int written = 0, more = 0;
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  if (text.size() > size_t{1} << 30 ||
      EVP_DecodeUpdate(decoder.get(), out, &written, in, static_cast<int>(text.size())) < 0 ||
      EVP_DecodeFinal(decoder.get(), out + written, &more) < 0 || written + more == 0) {
    throw refuse("is no picture in base64");
  }
  bytes.resize(static_cast<size_t>(written) + static_cast<size_t>(more));
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

jobs::Job submit(Context& context,
                 const Caller& caller,
                 service::DrawRequest request,
                 const std::string& dialect) {
  if (!caller.generate)
    throw HttpError(403, "forbidden", "[key] may look but not draw; it lacks the scope 'generate'");
  if (context.stopping) {
    HttpError stopping(503, "unavailable", "[server] is stopping; try again in a moment");
    stopping.retry_after = 10;
    throw stopping;
  }
  service::check(request);
  context.engine.complete(request);
  check_limits(context, caller, request);
  // Only an administrator's jobs go before those of others.
  if (caller.keyed && !caller.admin && request.priority > 0) {
    throw HttpError(
        403, "forbidden", "[request] 'priority' above 0 needs the scope 'admin'", "priority");
  }
  const jobs::Submission submission = context.store.submit(
      {.owner = caller.owner,
       .dialect = dialect,
       .model = request.model,
       .title = request.prompt,
       .request = service::to_json(request),
       .priority = request.priority,
       .cost = service::cost(request),
       .batch = service::batch_key(request),
       .tags = request.tags},
      {.queued = context.limits.queued,
       .queued_per_owner = caller.queued > 0 ? caller.queued : context.limits.queued_per_owner});
  if (submission.refusal == jobs::Refusal::kNone) return submission.job;
  HttpError full(429,
                 "queue_full",
                 submission.refusal == jobs::Refusal::kOwnerQueueFull
                     ? "[queue] this key has as many jobs waiting as it may; try again later"
                     : "[queue] is full; try again later");
  full.retry_after = submission.retry_seconds;
  throw full;
}

jobs::Job wait_until_final(Context& context,
                           const std::string& id,
                           const std::function<bool()>& still_wanted) {
  const auto news = context.feed.subscribe("", id);
  std::optional<jobs::Job> job = context.store.find(id);
  bool wanted = true;
  while (job && !is_final(job->state)) {
    if (context.stopping || context.feed.stopped()) {
      HttpError stopping(503,
                         "unavailable",
                         fmt::format("[server] is stopping; job {} is kept and goes on later", id));
      stopping.retry_after = 10;
      throw stopping;
    }
    if (wanted && still_wanted && !still_wanted()) {
      wanted = false;
      context.store.cancel(id);
    }
    // Looked up even when there is no news, which may have come before anybody listened.
    const std::optional<JobFeed::Change> change = news->next(milliseconds(1000));
    if (!change || change->removed || is_final(change->job.state)) job = context.store.find(id);
  }
  if (!job) throw HttpError(404, "not_found", fmt::format("[job] {} was deleted", id));
  return *job;
}

jobs::Job job_of(Context& context, const Caller& caller, const std::string& id) {
  std::optional<jobs::Job> job = context.store.find(id);
  if (job && !caller.sees().empty() && caller.sees() != job->what.owner) job.reset();
  if (!job)
    throw HttpError(404, "not_found", fmt::format("[job] there is no job {}", id.substr(0, 40)));
  return *job;
}

}  // namespace lienzo::http
