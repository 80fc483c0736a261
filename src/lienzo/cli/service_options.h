#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "lienzo/jobs/blob_store.h"
#include "lienzo/jobs/job_store.h"
#include "lienzo/service/engine.h"

namespace CLI {
class App;
}

namespace lienzo::cli {

/// What `lienzo serve`, `lienzo worker` and `lienzo key` share.
struct ServiceOptions {
  std::filesystem::path data;      // empty: lienzo/server in $XDG_DATA_HOME or ~/.local/share
  std::string store;               // empty: jobs.db in `data`
  std::filesystem::path pictures;  // empty: pictures in `data`
};

/// How pictures are made.
struct EngineChoice {
  std::filesystem::path folder;  // of models; empty: the usual one
  std::filesystem::path tiny_autoencoder;
  std::string dtype, device;
  int threads = 0;
  int preview_every = 3;
  double memory = 0;         // GB of weights kept; 0: half of the machine's
  double simulate = 0;       // seconds a picture, without a model; 0: really draw
  double simulate_pass = 0;  // further seconds for all pictures drawn together; 0: none are
};

void add_service_options(CLI::App& app, ServiceOptions& options);
void add_engine_options(CLI::App& app, EngineChoice& choice);

/// The folder of the server's data, made where it is missing. Throws Error(kIo), kInvalidInput.
std::filesystem::path data_folder(const ServiceOptions& options);
std::unique_ptr<jobs::JobStore> open_store(const ServiceOptions& options);
jobs::BlobStore open_pictures(const ServiceOptions& options);
std::unique_ptr<service::Engine> make_engine(const EngineChoice& choice);

/// "host-1234": this process, for people.
std::string process_name();

}  // namespace lienzo::cli
