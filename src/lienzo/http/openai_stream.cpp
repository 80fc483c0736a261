#include "lienzo/http/openai_stream.h"

#include <fmt/format.h>

#include <chrono>
#include <span>
#include <vector>

#include "lienzo/http/finished.h"
#include "lienzo/http/http_error.h"
#include "lienzo/http/job_feed.h"
#include "lienzo/image/io.h"

namespace lienzo::http {
namespace {

using std::chrono::milliseconds;

/// One stream, from the first preview to the last picture.
class PictureStream {
 public:
  PictureStream(Context& context, OpenAiRequest request, std::string event, EventSink& sink)
      : context_(context), request_(std::move(request)), event_(std::move(event)), sink_(sink) {}

  void run(const std::string& id) {
    const auto news = context_.feed.subscribe("", id);
    std::optional<jobs::Job> job = context_.store.find(id);
    auto last_sent = std::chrono::steady_clock::now();
    while (job && !jobs::is_final(job->state)) {
      if (!sink_.open()) return give_up(id);
      if (tell_preview(*job)) last_sent = std::chrono::steady_clock::now();
      const std::optional<JobFeed::Change> change = news->next(milliseconds(1000));
      if (context_.feed.stopped() || context_.stopping) return;  // the job goes on later
      // Without news for a while, the job is looked at all the same.
      job = change && !change->removed ? change->job : context_.store.find(id);
      if (std::chrono::steady_clock::now() - last_sent < std::chrono::seconds(15)) continue;
      last_sent = std::chrono::steady_clock::now();
      if (!sink_.keep_alive()) return give_up(id);
    }
    if (job) tell_end(*job);
  }

 private:
  void give_up(const std::string& id) { context_.store.cancel(id); }

  Json event(std::string_view type, int width, int height, std::string_view bytes) const {
    return {{"type", fmt::format("{}.{}", event_, type)},
            {"b64_json", encode_base64(bytes)},
            {"created_at", unix_time()},
            {"size", fmt::format("{}x{}", width, height)},
            {"quality", request_.quality},
            {"background", "opaque"},
            {"output_format", request_.format}};
  }

  bool send(const Json& data) { return sink_.send(data["type"].get<std::string>(), data.dump()); }

  // True when one was sent. Of k previews the first comes after 1 / (k + 1) of the work.
  bool tell_preview(const jobs::Job& job) {
    if (sent_ >= request_.partial_images) return false;
    if (job.progress.fraction * (request_.partial_images + 1) < sent_ + 1) return false;
    const auto preview = context_.store.preview(job.id);
    if (!preview || std::pair(preview->index, preview->step) == last_) return false;
    last_ = {preview->index, preview->step};
    const image::Image picture =
        image::decode_image(std::as_bytes(std::span(preview->bytes)), {}, "preview");
    const std::vector<std::byte> bytes = image::encode_image(
        picture, request_.format, {.quality = request_.draw.output.quality, .text = {}});
    Json data = event("partial_image",
                      job.what.request.value("width", picture.width),
                      job.what.request.value("height", picture.height),
                      {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    data["partial_image_index"] = sent_++;
    return send(data);
  }

  void tell_end(const jobs::Job& job) {
    for (const FinishedPicture& picture : finished_pictures(context_, job)) {
      Json data = event("completed", picture.row.width, picture.row.height, picture.bytes);
      data["usage"] = openai_usage();
      if (!send(data)) return;
    }
  }

  Context& context_;
  OpenAiRequest request_;
  std::string event_;
  EventSink& sink_;
  int sent_ = 0;
  std::pair<int, int> last_ = {-1, -1};
};

}  // namespace

Json openai_usage() {
  const Json details = {{"text_tokens", 0}, {"image_tokens", 0}};
  return {{"total_tokens", 0},
          {"input_tokens", 0},
          {"output_tokens", 0},
          {"input_tokens_details", details},
          {"output_tokens_details", details}};
}

int64_t unix_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Reply stream_pictures(Context& context,
                      const OpenAiRequest& request,
                      const jobs::Job& job,
                      const std::string& event) {
  Reply reply;
  reply.type = "text/event-stream";
  reply.stream = [&context, request, event, id = job.id](EventSink& sink) {
    try {
      PictureStream(context, request, event, sink).run(id);
    } catch (const std::exception& problem) {  // the status has been sent already
      sink.send("error", error_reply(problem, Dialect::kOpenAi).body);
    }
  };
  return reply;
}

}  // namespace lienzo::http
