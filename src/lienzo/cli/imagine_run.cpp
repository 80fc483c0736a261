#include <fmt/format.h>
#include <fmt/ranges.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/base/utf8.h"
#include "lienzo/base/version.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/imagine.h"
#include "lienzo/cli/imagine_request.h"
#include "lienzo/cli/interrupt.h"
#include "lienzo/cli/output_plan.h"
#include "lienzo/cli/scene_picture.h"
#include "lienzo/cli/size.h"
#include "lienzo/image/grid.h"
#include "lienzo/pipelines/any_model.h"
#include "lienzo/pipelines/embedded_model.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;
namespace world = datasets::world;
using pipelines::ImagineRequest;
using pipelines::Picture;
using Clock = std::chrono::steady_clock;

// Since the process began: loading libtorch's libraries takes a good part of a short run. proc(5),
// field 22.
double process_seconds() {
  // Not read_text_file: files of the kernel have no size.
  std::ifstream file("/proc/self/stat");
  std::string stat;
  std::getline(file, stat);
  size_t at = stat.rfind(')');  // the program's name may hold blanks
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  timespec now{};
  if (at == std::string::npos || clock_gettime(CLOCK_BOOTTIME, &now) != 0) return 0;
  const double started =
      std::strtod(stat.c_str() + at, nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return std::max(
      0.0, static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 - started);
}

struct Times {
  double start = 0, load = 0, scene = 0, picture = 0, write = 0;  // seconds
};

struct WrittenPicture {
  fs::path path;  // empty on a sheet
  uint64_t seed = 0;
  Json scene;
};

// What must be known before the model is loaded, so that mistakes are told at once.
std::string read_prompt(const ImagineOptions& options) {
  const std::string& prompt = options.prompt;
  for (const auto& [text, where] :
       {std::pair{prompt, "prompt"}, {options.negative.value_or(""), "--negative"}}) {
    const size_t letters = decode_utf8(text, fmt::format("[{}]", where)).size();
    if (letters > pipelines::kLongestPrompt) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[{}] is {} characters long, expected at most {}; shorten it",
                              where,
                              letters,
                              pipelines::kLongestPrompt));
    }
  }
  const bool blank = prompt.find_first_not_of(" \t\r\n") == std::string::npos;
  if (blank && options.scene.empty() && options.like.empty()) {
    throw Error(ErrorKind::kInvalidInput,
                "[prompt] is empty; say what to draw, such as: lienzo imagine \"un cubo rojo\"");
  }
  return blank ? "" : prompt;
}

world::Scene read_scene(const fs::path& path) {
  const Json json =
      parse_json(read_text_file(path), "[--scene] " + path.string(), ErrorKind::kInvalidInput);
  if (json.is_array()) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[--scene] {} is a list of scenes, expected one; keep what stands "
                            "between one {{ and its }}",
                            path.string()));
  }
  return world::scene_from_json(json, path.string());
}

uint64_t new_seed() {
  std::random_device device;
  return device();  // 32 bits: short enough to type
}

/// One run of `lienzo imagine`.
class Imagining {
 public:
  Imagining(const ImagineOptions& options, fs::path model)
      : options_(options),
        folder_(std::move(model)),
        count_(options.count.value_or(1)),
        grid_(options.grid) {}

  int run() {
    times_.start = process_seconds();
    prepare();
    load();
    draw();
    report();
    return kExitOk;
  }

 private:
  void prepare() {
    prompt_ = read_prompt(options_);
    if (!options_.size.empty()) size_ = parse_size(options_.size);
    if (!options_.like.empty()) read_like();
    if (!options_.scene.empty()) scene_ = read_scene(options_.scene);
    plan_.emplace(options_.output, options_.format, grid_ ? 1 : count_);
    tensor::set_reproducible_threads(options_.threads);
  }

  void read_like() {
    record_ = provenance::read_record(options_.like);
    read_like_image();
    const std::optional<int> sheet = recorded_sheet(*record_);
    if (!sheet) return;
    grid_ = true;
    if (!options_.count) count_ = *sheet;
  }

  // Before anything is written, since -o may name the same file. Only lossless files can be
  // compared.
  void read_like_image() {
    if (options_.like.extension() != ".png") return;
    try {
      like_image_ = image::read_image(options_.like);
    } catch (const Error& error) {
      // Its record was read, so that a damaged picture can be drawn again.
      complain(fmt::format("{}; drawing it from its record, without comparing", error.what()));
    }
  }

  void load() {
    const auto start = Clock::now();
    model_.emplace(pipelines::AnyModel::load(folder_));
    times_.load = seconds_since(start);
    make_request();
    if (options_.show_scene && !model_->has_scenes()) {
      throw Error(ErrorKind::kUnsupported,
                  fmt::format("[--show-scene] {} draws without a scene", model_->name()));
    }
    if (!options_.quiet && model_->has_scenes()) {
      say("The embedded model draws a small world of solids and signs; for anything else bring a "
          "larger one: lienzo model pull --help");
    }
    unknown_ = model_->unknown_words(request_.prompt);
    if (!unknown_.empty()) complain(fmt::format("does not know: {}", fmt::join(unknown_, ", ")));
  }

  void make_request() {
    const ModelFacts facts{.name = model_->name(),
                           .hash = model_->hash(),
                           .has_scenes = model_->has_scenes(),
                           .own_size = model_->own_size(),
                           .own_guidance = model_->own_guidance()};
    PlannedRequest plan = plan_request({.prompt = prompt_,
                                        .negative = options_.negative,
                                        .seed = options_.seed,
                                        .steps = options_.steps,
                                        .guidance = options_.guidance,
                                        .sampler = options_.sampler,
                                        .size = size_,
                                        .scene = scene_,
                                        .record = record_,
                                        .like = options_.like.string(),
                                        .count = count_,
                                        .new_seed = new_seed()},
                                       facts);
    if (!plan.warning.empty()) complain(plan.warning);
    request_ = std::move(plan.request);
    scene_given_ = plan.scene_given;
    repeats_ = plan.repeats;
  }

  void draw() {
    const std::atomic<bool>& interrupted = catch_interrupts("\n");
    ProgressBar bar(options_.quiet);
    pipelines::ImagineHooks hooks;
    hooks.progress = bar.sink();
    hooks.cancelled = [&] { return interrupted.load(); };
    hooks.on_picture = [this](const Picture& picture) { take(picture); };
    pictures_ = model_->imagine(request_, hooks);
    bar.clear();
    if (grid_) write_sheet();
  }

  void take(const Picture& picture) {
    times_.scene += picture.scene_seconds;
    times_.picture += picture.picture_seconds;
    const int index = static_cast<int>(written_.size());
    WrittenPicture item{
        .path = {}, .seed = picture.record.seed, .scene = picture.record.scene.value_or(Json())};
    const auto start = Clock::now();
    if (!grid_) {
      item.path = plan_->picture(index, picture.record.seed);
      provenance::write_picture(item.path, picture.image, record_of(picture));
      add_file(item.path);
      if (options_.show_scene) write_boxes(item.path, picture);
    }
    times_.write += seconds_since(start);
    written_.push_back(std::move(item));
  }

  // The pipeline cannot tell a scene of the user's from one that --like took from a record.
  provenance::Record record_of(const Picture& picture) const {
    provenance::Record record = picture.record;
    if (scene_given_) record.extra[kSceneGiven] = true;
    return record;
  }

  void write_boxes(const fs::path& path, const Picture& picture) {
    const fs::path companion = plan_->companion(path, "-scene");
    image::write_image(companion, draw_scene_boxes(picture.image, picture.scene));
    add_file(companion);
  }

  // The record of a sheet is that of its first picture, with the count in it.
  void write_sheet() {
    const auto start = Clock::now();
    const int columns =
        static_cast<int>(std::ceil(std::sqrt(static_cast<double>(pictures_.size()))));
    std::vector<image::Image> images;
    for (const Picture& picture : pictures_) {
      images.push_back(options_.show_scene ? draw_scene_boxes(picture.image, picture.scene)
                                           : picture.image);
    }
    provenance::Record record = record_of(pictures_.front());
    if (!request_.scene) record.scene.reset();
    record.extra["grid"] = {{"columns", columns}, {"count", pictures_.size()}};
    const fs::path path = plan_->sheet(request_.seed);
    provenance::write_picture(path, image::grid(images, columns), record);
    add_file(path);
    times_.write += seconds_since(start);
  }

  void add_file(const fs::path& path) {
    files_.push_back(path);
    // With --show-scene stdout holds the scene alone.
    if (options_.json) return;
    if (options_.show_scene) {
      say(path.string());
    } else {
      print(path.string() + "\n");
      flush_output();
    }
  }

  void report() {
    if (options_.json) {
      print_json(as_json());
      return;
    }
    if (options_.show_scene) print_scenes();
    if (repeats_ && !grid_) compare();
    if (options_.quiet) return;
    say(fmt::format("seed {}; start {}, model {}, scene {}, picture {}, write {}: {} in all",
                    request_.seed,
                    format_seconds(times_.start),
                    format_seconds(times_.load),
                    format_seconds(times_.scene),
                    format_seconds(times_.picture),
                    format_seconds(times_.write),
                    format_seconds(process_seconds())));
    say(next_step());
  }

  void print_scenes() const {
    if (written_.size() == 1) {
      print_json(written_.front().scene);
      return;
    }
    Json scenes = Json::array();
    for (const WrittenPicture& item : written_) scenes.push_back(item.scene);
    print_json(scenes);
  }

  // Whether --like gave the same picture.
  void compare() const {
    if (!like_image_) return;
    if (*like_image_ != pictures_.front().image) {
      complain(
          fmt::format("differs from {}: that one was edited, or drawn on another kind of processor",
                      options_.like.string()));
    } else if (!options_.quiet) {
      say(fmt::format("the same as {} to the pixel", options_.like.string()));
    }
  }

  std::string next_step() const {
    if (!options_.scene.empty()) return "Next: edit the scene again, or --seed for another hand";
    if (options_.show_scene) return "Next: edit the scene and draw it with --scene FILE";
    const std::string another =
        fmt::format("--seed {} for another", request_.seed + static_cast<uint64_t>(request_.count));
    if (!model_->has_scenes()) return fmt::format("Next: {}", another);
    if (grid_ || request_.count > 1)
      return fmt::format("Next: {}, or --show-scene to see the layout", another);
    return fmt::format(
        "Next: {}, -n 4 --grid for four, --show-scene to see the layout, --like {} to repeat it",
        another,
        files_.front().string());
  }

  Json as_json() const {
    Json files = Json::array(), pictures = Json::array();
    for (const fs::path& path : files_) files.push_back(path.string());
    for (const WrittenPicture& item : written_) {
      Json picture = {{"seed", item.seed}};
      if (!item.path.empty()) picture["file"] = item.path.string();
      picture["scene"] = item.scene;
      pictures.push_back(std::move(picture));
    }
    const provenance::Record& record = pictures_.front().record;
    return {{"version", lienzo::version()},
            {"model", {{"name", model_->name()}, {"hash", model_->hash()}}},
            {"prompt", request_.prompt},
            {"negative_prompt", request_.negative_prompt},
            {"unknown_words", unknown_},
            {"seed", request_.seed},
            {"steps", record.steps},
            {"sampler", record.sampler},
            {"guidance", record.guidance},
            {"width", record.width},
            {"height", record.height},
            {"files", files},
            {"pictures", pictures},
            {"seconds",
             {{"start", times_.start},
              {"load", times_.load},
              {"scene", times_.scene},
              {"picture", times_.picture},
              {"write", times_.write},
              {"total", process_seconds()}}}};
  }

  const ImagineOptions& options_;
  fs::path folder_;
  int count_;
  bool grid_;
  std::string prompt_;
  std::optional<PictureSize> size_;
  std::optional<provenance::Record> record_;
  std::optional<image::Image> like_image_;  // as it was before anything was written
  std::optional<world::Scene> scene_;
  std::optional<OutputPlan> plan_;
  std::optional<pipelines::AnyModel> model_;
  ImagineRequest request_;
  bool scene_given_ = false;  // see PlannedRequest
  bool repeats_ = false;
  std::vector<std::string> unknown_;
  std::vector<Picture> pictures_;
  std::vector<WrittenPicture> written_;
  std::vector<fs::path> files_;
  Times times_;
};

}  // namespace

int imagine_scenes(const ImagineOptions& options, const fs::path& model) {
  show_log(options.quiet);
  const std::string other = first_draw_option(options.draw);
  if (!other.empty()) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[{}] is for Stable Diffusion models; name one with --model", other));
  }
  return Imagining(options, model).run();
}

}  // namespace lienzo::cli
