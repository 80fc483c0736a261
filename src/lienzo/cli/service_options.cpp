#include "lienzo/cli/service_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>

#include "lienzo/base/error.h"
#include "lienzo/cli/cache_file.h"
#include "lienzo/cli/command.h"
#include "lienzo/cli/drawing_model.h"
#include "lienzo/cli/model_folder.h"
#include "lienzo/engine/pipeline_engine.h"
#include "lienzo/hub/model_catalog.h"
#include "lienzo/service/sleep_engine.h"

namespace lienzo::cli {

namespace fs = std::filesystem;

void add_service_options(CLI::App& app, ServiceOptions& options) {
  app.add_option("--data",
                 options.data,
                 "Where jobs and pictures are kept (lienzo/server in $XDG_DATA_HOME)")
      ->type_name("DIR");
  app.add_option(
         "--store",
         options.store,
         "The database of jobs: a file, or postgresql://USER@HOST/NAME, which several servers and "
         "workers may share (jobs.db in the data folder)")
      ->type_name("FILE|URL");
  app.add_option("--pictures",
                 options.pictures,
                 "Folder of pictures, which all that share a database must share too (pictures in "
                 "the data folder)")
      ->type_name("DIR");
}

void add_engine_options(CLI::App& app, EngineChoice& choice) {
  app.add_option("--folder", choice.folder, "Folder of models (as for `lienzo model`)")
      ->type_name("DIR");
  app.add_option("--tiny-autoencoder", choice.tiny_autoencoder, "TAESD, for better previews")
      ->type_name("FILE");
  add_choice(
      app, "--dtype", choice.dtype, {"bf16", "fp32", "fp16"}, "Type of numbers (the fastest)");
  app.add_option("--device", choice.device, "cpu, cuda, cuda:1 (the fastest)")->type_name("DEVICE");
  limit(app.add_option("--threads", choice.threads, "Threads that draw (all processors)"), 0, 1024);
  limit(app.add_option(
            "--preview-every", choice.preview_every, "Steps between previews, 0 for none (3)"),
        0,
        200);
  limit_real(app.add_option(
                 "--memory", choice.memory, "GB of weights kept in memory (half of the machine's)"),
             0,
             1e6)
      ->type_name("GB");
  limit_real(app.add_option("--simulate",
                            choice.simulate,
                            "Draw nothing: wait SECONDS for each picture, to try clients"),
             0,
             3600)
      ->type_name("SECONDS");
  limit_real(
      app.add_option("--simulate-pass",
                     choice.simulate_pass,
                     "With --simulate: SECONDS more for a pass, which up to eight jobs share"),
      0,
      3600)
      ->type_name("SECONDS");
}

fs::path data_folder(const ServiceOptions& options) {
  fs::path folder = options.data;
  if (folder.empty()) {
    const char* data = std::getenv("XDG_DATA_HOME");
    const char* home = std::getenv("HOME");
    if (data && *data == '/') {
      folder = fs::path(data) / "lienzo/server";
    } else if (home && *home == '/') {
      folder = fs::path(home) / ".local/share/lienzo/server";
    } else {
      throw Error(
          ErrorKind::kInvalidInput,
          "[--data] neither XDG_DATA_HOME nor HOME is set; say where jobs and pictures are kept");
    }
  }
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) {
    throw Error(ErrorKind::kIo,
                fmt::format("[--data] cannot make {}: {}", folder.string(), problem.message()));
  }
  return folder;
}

std::unique_ptr<jobs::JobStore> open_store(const ServiceOptions& options) {
  return jobs::open_job_store(options.store.empty() ? (data_folder(options) / "jobs.db").string()
                                                    : options.store);
}

jobs::BlobStore open_pictures(const ServiceOptions& options) {
  return jobs::BlobStore(options.pictures.empty() ? data_folder(options) / "pictures"
                                                  : options.pictures);
}

std::unique_ptr<service::Engine> make_engine(const EngineChoice& choice) {
  if (choice.simulate > 0) {
    constexpr size_t kTogether = 8;
    const auto millis = [](double seconds) {
      return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
    };
    return std::make_unique<service::SleepEngine>(millis(choice.simulate),
                                                  millis(choice.simulate_pass),
                                                  choice.simulate_pass > 0 ? kTogether : 1);
  }
  const fs::path models = models_folder(choice.folder);
  return std::make_unique<engine::PipelineEngine>(
      engine::EngineOptions{.embedded = find_model_folder({}),
                            .models = models,
                            .vocabulary = vocabulary_beside(models / "any"),
                            .tiny_autoencoder = choice.tiny_autoencoder,
                            .digest_cache = digest_cache_file(),
                            .dtype = choice.dtype,
                            .device = choice.device.empty() ? "auto" : choice.device,
                            .threads = choice.threads,
                            .memory_budget = static_cast<uint64_t>(choice.memory * 1e9),
                            .preview_every = choice.preview_every});
}

std::string process_name() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return fmt::format("{}-{}", host.data(), ::getpid());
}

}  // namespace lienzo::cli
