#include "lienzo/http/metrics.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <map>
#include <mutex>
#include <tuple>

#include "lienzo/base/error.h"
#include "lienzo/base/version.h"

namespace lienzo::http {
namespace {

constexpr std::array<double, 9> kBounds = {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300};

struct Times {
  std::array<int64_t, kBounds.size()> below = {};
  int64_t count = 0;
  double sum = 0;
};

struct Counts {
  std::mutex mutex;
  std::map<std::tuple<std::string, std::string, int>, int64_t> requests;
  std::map<std::string, Times, std::less<>> times;
};

Counts& counts() {
  static Counts counts;
  return counts;
}

int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");  // proc(5): pages, of which resident
  int64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

std::string metrics(Context& context) {
  std::string text;
  const auto head = [&](const char* name, const char* type, const char* help) {
    text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  };
  head("lienzo_build_info", "gauge", "The version that runs.");
  text += fmt::format("lienzo_build_info{{version=\"{}\"}} 1\n", lienzo::version());
  const jobs::QueueCounts queue = context.store.counts();
  head("lienzo_jobs", "gauge", "Jobs in the store, by state.");
  for (const auto& [state, count] : {std::pair{"queued", queue.queued},
                                     {"running", queue.running},
                                     {"done", queue.done},
                                     {"failed", queue.failed},
                                     {"cancelled", queue.cancelled}}) {
    text += fmt::format("lienzo_jobs{{state=\"{}\"}} {}\n", state, count);
  }
  head("lienzo_oldest_queued_seconds", "gauge", "How long the job that waits longest has waited.");
  text += fmt::format("lienzo_oldest_queued_seconds {:.3f}\n", queue.oldest_queued_seconds);
  head("lienzo_models_loaded", "gauge", "Models in memory.");
  int loaded = 0;
  for (const service::ModelFacts& model : context.engine.models()) loaded += model.loaded ? 1 : 0;
  text += fmt::format("lienzo_models_loaded {}\n", loaded);
  head("process_resident_memory_bytes", "gauge", "Resident memory.");
  text += fmt::format("process_resident_memory_bytes {}\n", resident_bytes());

  Counts& all = counts();
  const std::scoped_lock lock(all.mutex);
  head("lienzo_http_requests_total", "counter", "Answered requests.");
  for (const auto& [key, count] : all.requests) {
    text +=
        fmt::format("lienzo_http_requests_total{{method=\"{}\",route=\"{}\",status=\"{}\"}} {}\n",
                    std::get<0>(key),
                    std::get<1>(key),
                    std::get<2>(key),
                    count);
  }
  head("lienzo_http_seconds", "histogram", "Time to an answer, by route.");
  for (const auto& [route, times] : all.times) {
    for (size_t i = 0; i < kBounds.size(); ++i) {
      text += fmt::format("lienzo_http_seconds_bucket{{route=\"{}\",le=\"{}\"}} {}\n",
                          route,
                          kBounds[i],
                          times.below[i]);
    }
    text += fmt::format(
        "lienzo_http_seconds_bucket{{route=\"{}\",le=\"+Inf\"}} {}\n", route, times.count);
    text += fmt::format("lienzo_http_seconds_sum{{route=\"{}\"}} {:.6f}\n", route, times.sum);
    text += fmt::format("lienzo_http_seconds_count{{route=\"{}\"}} {}\n", route, times.count);
  }
  return text;
}

}  // namespace

void count_request(std::string_view method, std::string_view route, int status, double seconds) {
  Counts& all = counts();
  const std::scoped_lock lock(all.mutex);
  ++all.requests[{std::string(method), std::string(route), status}];
  Times& times = all.times[std::string(route)];
  for (size_t i = 0; i < kBounds.size(); ++i) times.below[i] += seconds <= kBounds[i] ? 1 : 0;
  ++times.count;
  times.sum += seconds;
}

Routes health_routes(Context& context) {
  const Json status = {{"type", "object"}};
  return {
      {"GET",
       "/healthz",
       Scope::kOpen,
       [](const Call&) {
         return Reply::json({{"status", "ok"}});
       },
       {.summary = "Whether the process answers", .responses = {{"200", status}}}},
      {"GET",
       "/readyz",
       Scope::kOpen,
       [&context](const Call&) {
         if (context.stopping) return Reply::json({{"status", "stopping"}}, 503);
         try {
           context.store.counts();
         } catch (const Error&) {
           return Reply::json({{"status", "the store cannot be reached"}}, 503);
         }
         return Reply::json({{"status", "ok"}});
       },
       {.summary = "Whether work can be taken", .responses = {{"200", status}, {"503", status}}}},
      {"GET",
       "/metrics",
       Scope::kRead,
       [&context](const Call&) {
         return Reply{.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics(context)};
       },
       {.summary = "Prometheus' metrics", .listed = false}}};
}

}  // namespace lienzo::http
