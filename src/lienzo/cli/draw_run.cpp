#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cmath>
#include <map>
#include <random>

#include "lienzo/base/error.h"
#include "lienzo/base/version.h"
#include "lienzo/cli/cache_file.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/drawing_loras.h"
#include "lienzo/cli/drawing_model.h"
#include "lienzo/cli/drawing_request.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/imagine.h"
#include "lienzo/cli/imagine_request.h"
#include "lienzo/cli/interrupt.h"
#include "lienzo/cli/output_plan.h"
#include "lienzo/cli/recorded_drawing.h"
#include "lienzo/image/grid.h"
#include "lienzo/image/io.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using pipelines::StableDiffusion;
using pipelines::StableDiffusionPicture;

/// One run of `lienzo imagine`, `edit` or `inpaint` with a Stable Diffusion model.
class Drawing {
 public:
  Drawing(const ImagineOptions& options, fs::path model)
      : options_(options), path_(std::move(model)), grid_(options.grid) {}

  int run() {
    prepare();
    load();
    draw();
    compare_weights();
    report();
    return kExitOk;
  }

 private:
  // All that can be refused before gigabytes are read.
  void prepare() {
    for (const auto& [given, name] :
         {std::pair{!options_.scene.empty(), "--scene"}, {options_.show_scene, "--show-scene"}}) {
      if (!given) continue;
      throw Error(ErrorKind::kUnsupported,
                  fmt::format("[{}] is for the embedded model, which draws from scenes", name));
    }
    if (!options_.like.empty()) {
      record_ = provenance::read_record(options_.like);
      grid_ = grid_ || recorded_sheet(*record_);
      if (options_.draw.picture.empty() && is_of_a_picture(*record_)) {
        throw Error(
            ErrorKind::kInvalidInput,
            fmt::format("[--like] {} was made from another picture, which its record does "
                        "not hold; repeat it with `lienzo {} --like {}`",
                        options_.like.string(),
                        is_of_a_mask(*record_) ? "inpaint PICTURE --mask MASK" : "edit PICTURE",
                        options_.like.string()));
      }
    }
    std::random_device device;
    request_ = plan_drawing(options_, record_, device());
    if (request_.prompt.find_first_not_of(" \t\r\n") == std::string::npos &&
        options_.draw.picture.empty()) {
      throw Error(ErrorKind::kInvalidInput,
                  "[prompt] is empty; say what to draw, such as: lienzo imagine \"a lighthouse\"");
    }
    read_pictures();
    pipelines::check_request(request_);
    loras_ = plan_loras(options_.draw.loras, record_, request_);
    plan_.emplace(options_.output, options_.format, grid_ ? 1 : request_.count);
    tensor::set_threads(options_.threads);
  }

  void read_pictures() {
    const DrawOptions& draw = options_.draw;
    if (draw.picture.empty()) return;
    std::optional<image::Image> mask;
    if (!draw.mask.empty()) mask = image::read_image(draw.mask, {.keep_alpha = true});
    plan_picture(options_, record_, image::read_image(draw.picture), std::move(mask), request_);
  }

  void load() {
    const auto start = Clock::now();
    pipelines::StableDiffusionOptions how = plan_loading(options_, record_);
    how.digest_cache = digest_cache_file();
    how.loras = loras_;
    if (how.tokenizer.empty()) how.vocabulary = vocabulary_beside(path_);
    model_.emplace(StableDiffusion::load(path_, how));
    load_seconds_ = seconds_since(start);
    warn();
    if (options_.quiet) return;
    const auto& facts = model_->facts();
    say(fmt::format("{}: {}, {} on {}", facts.name, facts.family, facts.dtype, facts.device));
    for (const pipelines::LoraChoice& lora : loras_) say(describe(lora));
    const int tokens = model_->count_tokens(request_.prompt, request_.syntax);
    if (tokens > 75) {
      say(fmt::format(
          "The prompt has {} tokens: it is read in {} parts of 75.", tokens, (tokens + 74) / 75));
    }
  }

  // Of what makes less of the request than it says.
  void warn() const {
    for (const std::string& idle : idle_options(options_, request_, model_->facts()))
      complain(idle);
    if (!record_) return;
    if (const auto unread = unread_settings(*record_); !unread.empty()) {
      complain(
          fmt::format("{} was made with settings that are not known here ({}); the picture "
                      "will differ",
                      options_.like.string(),
                      fmt::join(unread, ", ")));
    }
  }

  // After the drawing: the record wants the hash of the weights then, and no picture waits for it.
  // Other programs sum up weights in their own ways.
  void compare_weights() const {
    if (!record_ || record_->model_hash.empty() || !record_->extra.contains("dtype")) return;
    if (model_->hash().starts_with(record_->model_hash)) return;
    complain(
        fmt::format("{} was drawn by other weights ({}, {:.10}; here {}, {:.10}); the picture "
                    "differs",
                    options_.like.string(),
                    record_->model,
                    record_->model_hash,
                    model_->facts().name,
                    model_->hash()));
  }

  void draw() {
    const std::atomic<bool>& interrupted = catch_interrupts("\n");
    const auto start = Clock::now();
    ProgressBar bar(options_.quiet);
    pipelines::StableDiffusionHooks hooks;
    hooks.progress = bar.sink();
    hooks.cancelled = [&] { return interrupted.load(); };
    hooks.on_preview = [this](int index, int, const image::Image& preview) {
      const uint64_t seed = request_.seed + static_cast<uint64_t>(index);
      image::write_image(plan_->companion(path_of(index, seed), "-preview"), preview);
    };
    hooks.on_picture = [this](const StableDiffusionPicture& picture) { take(picture); };
    pictures_ = model_->generate(request_, hooks);
    bar.clear();
    draw_seconds_ = seconds_since(start);
    if (grid_) write_sheet();
  }

  // The names of a run are chosen once, so that previews and pictures go together.
  fs::path path_of(int index, uint64_t seed) {
    if (grid_) return plan_->sheet(request_.seed);
    const auto [found, added] = paths_.try_emplace(index);
    if (added) found->second = plan_->picture(index, seed);
    return found->second;
  }

  void take(const StableDiffusionPicture& picture) {
    if (grid_) return;
    const fs::path path = path_of(static_cast<int>(files_.size()), picture.record.seed);
    provenance::Record record = picture.record;
    record.model_hash = model_->hash();
    provenance::write_picture(path, picture.image, record);
    add_file(path);
  }

  void write_sheet() {
    const int columns =
        static_cast<int>(std::ceil(std::sqrt(static_cast<double>(pictures_.size()))));
    std::vector<image::Image> images;
    for (const StableDiffusionPicture& picture : pictures_) images.push_back(picture.image);
    provenance::Record record = pictures_.front().record;
    record.model_hash = model_->hash();
    record.extra["grid"] = {{"columns", columns}, {"count", pictures_.size()}};
    const fs::path path = plan_->sheet(request_.seed);
    provenance::write_picture(path, image::grid(images, columns), record);
    add_file(path);
  }

  void add_file(const fs::path& path) {
    files_.push_back(path);
    if (options_.json) return;
    print(path.string() + "\n");
    flush_output();
  }

  void report() {
    const auto& facts = model_->facts();
    const provenance::Record& record = pictures_.front().record;
    if (options_.json) {
      Json files = Json::array(), pictures = Json::array();
      for (const fs::path& path : files_) files.push_back(path.string());
      for (size_t k = 0; k < pictures_.size(); ++k) {
        Json picture = {{"seed", pictures_[k].record.seed}};
        if (!grid_) picture["file"] = files_[k].string();
        pictures.push_back(std::move(picture));
      }
      print_json({{"version", lienzo::version()},
                  {"model",
                   {{"name", facts.name},
                    {"family", facts.family},
                    {"hash", model_->hash()},
                    {"dtype", facts.dtype},
                    {"device", facts.device}}},
                  {"prompt", record.prompt},
                  {"negative_prompt", record.negative_prompt},
                  {"seed", request_.seed},
                  {"steps", record.steps},
                  {"sampler", record.sampler},
                  {"guidance", record.guidance},
                  {"width", record.width},
                  {"height", record.height},
                  {"settings", record.extra},
                  {"files", files},
                  {"pictures", pictures},
                  {"seconds", {{"load", load_seconds_}, {"draw", draw_seconds_}}}});
      return;
    }
    if (options_.quiet) return;
    say(fmt::format("seed {}, {} steps of {} ({}), guidance {}; model {}, drawing {}",
                    request_.seed,
                    record.steps,
                    record.sampler,
                    record.extra.value("schedule", "default"),
                    record.guidance,
                    format_seconds(load_seconds_),
                    format_seconds(draw_seconds_)));
    say(fmt::format("Next: --seed {} for another, --like {} to repeat it",
                    request_.seed + static_cast<uint64_t>(request_.count),
                    files_.front().string()));
  }

  const ImagineOptions& options_;
  fs::path path_;
  bool grid_;
  std::optional<provenance::Record> record_;
  pipelines::StableDiffusionRequest request_;
  std::vector<pipelines::LoraChoice> loras_;
  std::optional<OutputPlan> plan_;
  std::optional<StableDiffusion> model_;
  std::vector<StableDiffusionPicture> pictures_;
  std::map<int, fs::path> paths_;
  std::vector<fs::path> files_;
  double load_seconds_ = 0, draw_seconds_ = 0;
};

}  // namespace

int draw(const ImagineOptions& options, const fs::path& model) {
  show_log(options.quiet);
  return Drawing(options, model).run();
}

}  // namespace lienzo::cli
