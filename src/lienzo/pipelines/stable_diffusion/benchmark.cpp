#include "lienzo/pipelines/stable_diffusion/benchmark.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <torch/types.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/models/operation_count.h"
#include "lienzo/nn/layer_in_place.h"
#include "lienzo/nn/prepare.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/pipelines/stable_diffusion/hollow_model.h"
#include "lienzo/pipelines/stable_diffusion/memory.h"
#include "lienzo/pipelines/stable_diffusion/stable_diffusion.h"
#include "lienzo/tensor/device.h"
#include "lienzo/tensor/dtype.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::pipelines {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Waits for a GPU, which works on while the program does.
void finish(const torch::Tensor& result) {
  if (!result.is_cpu()) result.flatten()[0].to(torch::kCPU);
}

template <typename Work>
double best_seconds(int rounds, Work work) {
  double best = std::numeric_limits<double>::infinity();
  finish(work());  // the first round allocates
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    finish(work());
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

template <typename Module, typename Config>
Module random_network(const Config& config, const torch::Device& device, torch::ScalarType dtype) {
  const nn::SkipInit numbers_follow;
  Module module(config);
  for (torch::Tensor& parameter : module->parameters()) {
    const int64_t fan_in = parameter.dim() > 1 ? parameter.numel() / parameter.size(0) : 16;
    const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
    parameter.set_requires_grad(false).uniform_(-bound, bound);
  }
  if (!device.is_cpu()) module->to(device, dtype);
  // As most files have them.
  if (device.is_cpu() && nn::prepares_in_place(dtype)) module->to(torch::kHalf);
  nn::prepare_for_inference(*module, dtype);
  return module;
}

// A folder in the system's place for such things, gone with this.
class TemporaryModel {
 public:
  TemporaryModel() : path_(fs::temp_directory_path() / fmt::format("lienzo-bench-{}", ::getpid())) {
    fs::create_directories(path_);
    write_hollow_sd15(path_);
    // Once through, so that what follows finds it in the system's cache.
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      if (entry.is_regular_file() && entry.file_size() > 0) read_through(entry.path());
    }
  }
  ~TemporaryModel() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryModel(const TemporaryModel&) = delete;
  TemporaryModel& operator=(const TemporaryModel&) = delete;
  const fs::path& path() const { return path_; }

 private:
  static void read_through(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<char> piece(size_t{1} << 20);
    while (file.read(piece.data(), static_cast<std::streamsize>(piece.size()))) continue;
  }
  fs::path path_;
};

// Seconds since the system started this process: proc(5), stat, field 22, in ticks since boot.
double process_age() {
  std::ifstream stat("/proc/self/stat"), uptime("/proc/uptime");
  std::string text;
  std::getline(stat, text);
  const size_t name_end = text.rfind(')');
  double since_boot = 0;
  if (name_end == std::string::npos || !(uptime >> since_boot)) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  for (int field = 3; field < 22; ++field) fields >> text;
  double ticks = 0;
  return fields >> ticks ? since_boot - ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)) : 0;
}

BenchmarkStart time_start(const BenchmarkOptions& options, double program) {
  const TemporaryModel folder;
  BenchmarkStart start{.program = program};
  const auto since = [](Clock::time_point& from) {
    const auto now = Clock::now();
    return std::chrono::duration<double>(now - std::exchange(from, now)).count();
  };
  auto from = Clock::now();
  StableDiffusion model = StableDiffusion::load(
      folder.path(), {.dtype = options.dtype, .device = options.device, .tiles = "auto"});
  start.load = since(from);
  StableDiffusionRequest request;
  request.prompt = "a lighthouse at dawn";
  request.width = request.height = options.size;
  request.sampling.sampler = "euler";
  request.sampling.steps = 2;
  int reports = 0;
  StableDiffusionHooks hooks;
  hooks.progress = [&](const Progress&) {
    (reports++ == 0 ? start.words : start.step) = since(from);
  };
  hooks.cancelled = [&] { return reports > 1; };
  try {
    model.generate(request, hooks);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCancelled) throw;
  }
  return start;
}

uint64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

double convolution_ceiling(const std::string& dtype, const std::string& device) {
  const c10::InferenceMode inference;
  const auto options = torch::TensorOptions(tensor::parse_device(device));
  const auto prepared = [&](c10::IntArrayRef shape) {
    return torch::randn(shape, options)
        .to(tensor::parse_dtype(dtype))
        .contiguous(torch::MemoryFormat::ChannelsLast);
  };
  const torch::Tensor x = prepared({2, 320, 64, 64}), w = prepared({320, 320, 3, 3});
  const double seconds = best_seconds(8, [&] { return torch::conv2d(x, w, {}, 1, 1); });
  return 2.0 * 2 * 9 * 320 * 320 * 64 * 64 / seconds;
}

double matrix_ceiling(const std::string& dtype, const std::string& device) {
  const c10::InferenceMode inference;
  const auto options = torch::TensorOptions(tensor::parse_device(device));
  const auto type = tensor::parse_dtype(dtype);
  const torch::Tensor x = torch::randn({4096, 1280}, options).to(type);
  const torch::Tensor w = torch::randn({1280, 1280}, options).to(type);
  const double seconds = best_seconds(8, [&] { return torch::linear(x, w); });
  return 2.0 * 4096 * 1280 * 1280 / seconds;
}

BenchmarkResult benchmark(const BenchmarkOptions& options, const ProgressSink& progress) {
  const double program = process_age();
  if (options.size < 64 || options.size > 4096 || options.size % 8 != 0) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[bench] the size is {}, expected a multiple of 8 from 64 to 4096",
                            options.size));
  }
  if (options.rounds < 1 || options.rounds > 100) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[bench] {} rounds, expected 1 to 100", options.rounds));
  }
  const torch::Device device = tensor::parse_device(options.device);
  const torch::ScalarType dtype =
      options.dtype.empty() ? tensor::fast_dtype(device) : tensor::parse_dtype(options.dtype);
  constexpr uint64_t kParameters = 1'066'000'000;
  const bool in_place = device.is_cpu() && nn::prepares_in_place(dtype);
  const uint64_t weight_bytes = kParameters * (in_place ? 2 : c10::elementSize(dtype));
  if (device.is_cpu() && weight_bytes + weight_bytes / 2 > available_memory()) {
    throw Error(ErrorKind::kOutOfMemory,
                fmt::format("[bench] Stable Diffusion 1.5 takes {} in {}, and {} is free",
                            bytes_text(weight_bytes),
                            tensor::dtype_name(dtype),
                            bytes_text(available_memory())));
  }
  int done = 0;
  const auto report = [&](const char* what) {
    if (progress) progress({.stage = "bench", .done = done++, .total = 5, .note = what});
  };
  BenchmarkResult result;
  report("start");
  result.start = time_start(options, program);
  const c10::InferenceMode inference;
  result.dtype = tensor::dtype_name(dtype);
  result.device = device.str();
  result.threads = tensor::thread_count();
  result.weight_bytes = weight_bytes;
  report("ceiling");
  result.matrix_ceiling = matrix_ceiling(result.dtype, result.device);
  // A convolution is a matrix product of windows, whatever the library makes of it.
  result.convolution_ceiling =
      std::max(convolution_ceiling(result.dtype, result.device), result.matrix_ceiling);
  const auto part = [&](const models::Operations& operations, auto work) {
    BenchmarkPart timed{.seconds = best_seconds(options.rounds, work),
                        .operations = operations.sum()};
    timed.share = (operations.convolution / result.convolution_ceiling +
                   operations.matrix / result.matrix_ceiling) /
                  timed.seconds;
    return timed;
  };
  const auto at = torch::TensorOptions(device);
  const int64_t side = options.size / 8;
  {
    report("text encoder");
    const models::ClipTextConfig config = sd15_text_encoder();
    auto text = random_network<models::ClipTextModel>(config, device, dtype);
    const torch::Tensor ids = torch::full({1, 77}, 49407, at.dtype(torch::kLong));
    result.text = part(models::count_operations(config),
                       [&] { return text(ids, 0, /*normed=*/true).hidden; });
  }
  {
    report("U-Net");
    const models::UNet2DConditionConfig config = sd15_unet();
    auto unet = random_network<models::UNet2DCondition>(config, device, dtype);
    const torch::Tensor x = torch::randn({2, 4, side, side}, at).to(dtype);
    const torch::Tensor context = torch::randn({2, 77, 768}, at).to(dtype);
    const torch::Tensor time = torch::full({2}, 500.0, at);
    result.step = part(models::count_operations(config, 2, side, side),
                       [&] { return unet(x, time, models::UNetConditioning{.context = context}); });
  }
  {
    report("autoencoder");
    const models::AutoencoderKlConfig config = sd15_autoencoder();
    auto autoencoder = random_network<models::AutoencoderKl>(config, device, dtype);
    const torch::Tensor z = torch::randn({1, 4, side, side}, at).to(dtype);
    result.decode =
        part(models::count_decoding(config, side, side), [&] { return autoencoder->decode(z); });
  }
  result.peak_bytes = peak_memory();
  return result;
}

}  // namespace lienzo::pipelines
