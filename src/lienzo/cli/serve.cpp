#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <thread>

#include "lienzo/base/error.h"
#include "lienzo/cli/command.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/interrupt.h"
#include "lienzo/cli/service_options.h"
#include "lienzo/http/job_feed.h"
#include "lienzo/http/routes.h"
#include "lienzo/http/server.h"
#include "lienzo/image/io.h"
#include "lienzo/service/housekeeping.h"
#include "lienzo/service/worker.h"

namespace lienzo::cli {
namespace {

constexpr const char* kServeExamples =
    "Examples:\n"
    "  lienzo serve                                    then open http://127.0.0.1:7860\n"
    "  lienzo serve --host 0.0.0.0                     after `lienzo key create NAME`\n"
    "  lienzo serve --store postgresql://lienzo@db/lienzo --pictures /srv/pictures --workers 0";
constexpr const char* kWorkerExamples =
    "Examples:\n"
    "  lienzo worker --store postgresql://lienzo@db/lienzo --pictures /srv/pictures";

struct ServeOptions {
  ServiceOptions service;
  EngineChoice engine;
  http::ServerOptions server;
  http::GateOptions gate;
  http::ServerLimits limits;
  int workers = 1;
  int grace = 30;  // seconds
  int keep_days = 0;
  double keep_gb = 0;
  int body_mb = 64;
  http::RemoteImages remote_images = http::RemoteImages::kNone;
};

/// Waits for a signal.
void wait_for_stop() {
  const std::atomic<bool>& stopped = catch_interrupts("\nStopping; once more to stop at once.\n");
  while (!stopped) std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

void check_keys(const ServeOptions& options, jobs::JobStore& store) {
  if (http::is_loopback(options.server.host)) return;
  for (const jobs::ApiKey& key : store.list_keys()) {
    if (!key.revoked) return;
  }
  throw Error(
      ErrorKind::kInvalidInput,
      fmt::format("[--host] {} can be reached from other machines, and there are no keys; make "
                  "one first: lienzo key create NAME",
                  options.server.host));
}

int serve(ServeOptions& options) {
  show_log(/*quiet=*/false);
  image::start_image_library();
  const std::unique_ptr<jobs::JobStore> store = open_store(options.service);
  check_keys(options, *store);
  jobs::BlobStore pictures = open_pictures(options.service);
  const std::unique_ptr<service::Engine> engine = make_engine(options.engine);

  http::JobFeed feed(*store);
  options.limits.largest_body = static_cast<size_t>(options.body_mb) << 20;
  http::Context context{.store = *store,
                        .blobs = pictures,
                        .engine = *engine,
                        .feed = feed,
                        .limits = options.limits,
                        .wildcards = data_folder(options.service) / "wildcards",
                        .remote_images = options.remote_images};
  options.gate.loopback = http::is_loopback(options.server.host);
  options.gate.requests_per_minute = options.limits.requests_per_minute;
  http::Gate gate(*store, options.gate);
  http::Server server(context, gate, http::all_routes(context, gate), options.server);
  const int port = server.bind();

  service::Retention retention;
  if (options.keep_days > 0) retention.pictures = std::chrono::hours(24 * options.keep_days);
  retention.picture_bytes = static_cast<int64_t>(options.keep_gb * 1e9);
  const service::Housekeeper housekeeper(*store, pictures, retention);
  std::optional<service::Worker> worker;
  if (options.workers > 0) {
    worker.emplace(*store, pictures, *engine, service::WorkerOptions{.name = process_name()});
  }
  std::thread answering([&] { server.run(); });
  const bool any_host = options.server.host == "0.0.0.0" || options.server.host == "::";
  say(fmt::format("Lienzo is at http://{}:{}", any_host ? "localhost" : options.server.host, port));

  wait_for_stop();
  context.stopping = true;  // takes no more jobs, ends streams
  if (worker) worker->stop(std::chrono::seconds(options.grace));
  feed.stop();
  server.stop();
  answering.join();
  return kExitOk;
}

int work(const ServeOptions& options) {
  show_log(/*quiet=*/false);
  image::start_image_library();
  const std::unique_ptr<jobs::JobStore> store = open_store(options.service);
  jobs::BlobStore pictures = open_pictures(options.service);
  const std::unique_ptr<service::Engine> engine = make_engine(options.engine);
  service::Worker worker(*store, pictures, *engine, {.name = process_name()});
  say(fmt::format("Working as {}", process_name()));
  wait_for_stop();
  worker.stop(std::chrono::seconds(options.grace));
  return kExitOk;
}

void add_grace(CLI::App& app, ServeOptions& options) {
  limit(app.add_option(
            "--grace", options.grace, "Seconds that a running job gets to end when stopped (30)"),
        0,
        86400);
}

}  // namespace

void add_serve(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("serve", "Studio in the browser and HTTP server");
  command->footer(kServeExamples);
  auto options = std::make_shared<ServeOptions>();
  command
      ->add_option("--host", options->server.host, "Where to listen (127.0.0.1: this machine only)")
      ->type_name("ADDRESS");
  limit(command->add_option("--port", options->server.port, "Port, 0 for any free one (7860)"),
        0,
        65535);
  limit(command->add_option(
            "--workers",
            options->workers,
            "1: draw in this process; 0: only answer, and let `lienzo worker` draw (1)"),
        0,
        1);
  command->add_flag("--require-keys",
                    options->gate.require_keys,
                    "Ask for a key on this machine too, as behind a proxy");
  command
      ->add_option("--public-name",
                   options->gate.hosts,
                   "Another name by which this server may be called; may be given again")
      ->type_name("HOST");
  command
      ->add_option(
          "--origin",
          options->gate.origins,
          "A web page that may call this server, such as https://example.org; may be given again")
      ->type_name("URL");
  limit(command->add_option("--max-queue", options->limits.queued, "Jobs that may wait (1000)"),
        1,
        10'000'000);
  limit(command->add_option("--max-queue-per-key",
                            options->limits.queued_per_owner,
                            "Jobs of one key that may wait (100)"),
        1,
        10'000'000);
  limit(
      command->add_option(
          "--rate", options->limits.requests_per_minute, "Requests a minute of one key (no limit)"),
      0,
      10'000'000);
  limit_real(command->add_option("--largest-job",
                                 options->limits.largest_cost,
                                 "Pixels x steps x pictures of one job (no limit)"),
             0,
             1e18)
      ->type_name("NUMBER");
  command
      ->add_option_function<std::string>(
          "--remote-images",
          [options](const std::string& which) {
            options->remote_images =
                which == "any" ? http::RemoteImages::kAny : http::RemoteImages::kPublic;
          },
          "Read pictures that requests name by an address of the internet; with 'any', also those "
          "in this machine's own network (none)")
      ->expected(0, 1)
      ->check(CLI::IsMember({"", "any"}))
      ->type_name("[any]");
  limit(command->add_option("--max-upload", options->body_mb, "MB of one request (64)"), 1, 1024);
  limit(command->add_option(
            "--keep-days", options->keep_days, "Days that pictures are kept (for ever)"),
        0,
        36500);
  limit_real(
      command->add_option(
          "--keep-gb", options->keep_gb, "GB of pictures kept; the oldest go first (no limit)"),
      0,
      1e6)
      ->type_name("GB");
  add_grace(*command, *options);
  add_service_options(*command, options->service);
  add_engine_options(*command, options->engine);
  command->callback([&action, options] { action = [options] { return serve(*options); }; });
}

void add_worker(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("worker", "Draw the jobs of a server on this machine");
  command->footer(kWorkerExamples);
  auto options = std::make_shared<ServeOptions>();
  add_grace(*command, *options);
  add_service_options(*command, options->service);
  add_engine_options(*command, options->engine);
  command->callback([&action, options] { action = [options] { return work(*options); }; });
}

}  // namespace lienzo::cli
