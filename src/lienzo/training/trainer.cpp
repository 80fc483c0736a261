#include "lienzo/training/trainer.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "lienzo/base/error.h"
#include "lienzo/base/log.h"
#include "lienzo/base/random.h"
#include "lienzo/base/version.h"
#include "lienzo/tensor/device.h"
#include "lienzo/tensor/threads.h"
#include "lienzo/training/checkpoint.h"
#include "lienzo/training/loader.h"
#include "lienzo/training/lr_schedule.h"
#include "lienzo/training/metrics.h"
#include "lienzo/training/optimizer.h"
#include "lienzo/training/precision.h"
#include "lienzo/training/run_folder.h"

namespace lienzo::training {
namespace {

constexpr int64_t kMostSkipsInARow = 10;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

AdamWOptions optimizer_options(const TrainOptions& options) {
  return {.beta1 = options.betas[0],
          .beta2 = options.betas[1],
          .epsilon = options.epsilon,
          .weight_decay = options.weight_decay,
          .ema = options.ema_decay > 0};
}

torch::Device prepare_device(Task& task, const TrainOptions& options) {
  tensor::set_threads(static_cast<int>(options.threads));
  const torch::Device device = tensor::parse_device(options.device);
  task.module().to(device);
  task.module().train();
  return device;
}

/// The recipe as a model tells it to others: which files it began with, not where they lay.
Json without_folders(Json recipe) {
  for (Json& value : recipe) {
    if (value.is_structured()) {
      value = without_folders(std::move(value));
    } else if (value.is_string()) {
      std::string text = value.get<std::string>();
      while (text.ends_with('/')) text.pop_back();
      value = text.substr(text.rfind('/') + 1);
    }
  }
  return recipe;
}

class Trainer {
 public:
  Trainer(Task& task, const Recipe& recipe, const TrainHooks& hooks)
      : task_(task),
        recipe_(recipe),
        options_(recipe.train),
        hooks_(hooks),
        device_(prepare_device(task, options_)),
        bf16_(use_bf16(options_.precision, device_)),
        folder_(recipe.output),
        optimizer_(task.module(), optimizer_options(options_)) {
    state_.recipe = to_json(recipe);
  }

  TrainResult run(bool resume) {
    restore(resume);
    folder_.begin(recipe_, state_.step);
    started_ = interval_started_ = Clock::now();
    first_step_ = interval_first_step_ = state_.step;
    first_progress_ = progress_at(options_, state_.step, elapsed());
    BatchLoader loader([this](int64_t index) { return task_.make_batch(index); },
                       state_.step * options_.accumulate,
                       static_cast<int>(options_.loader_threads));
    bool finished = progress_at(options_, state_.step, elapsed()) >= 1;
    if (state_.step > 0) make_up_evaluation(finished);
    while (!finished) {
      const double loss = step(loader);
      const double progress = progress_at(options_, state_.step, elapsed());
      finished = progress >= 1;
      const bool stop = !finished && stop_wanted();
      if (due(options_.log_every, finished)) log_metrics();
      // First what was learned is made safe: evaluating needs memory and disk of its own.
      if (due(options_.checkpoint_every, finished || stop)) save();
      if (due(options_.validate_every, finished)) validate();
      if (due(options_.sample_every, finished)) sample();
      if (hooks_.on_step) hooks_.on_step(state_.step, loss);
      report(progress, finished || stop);
      if (stop) {
        result_.stopped = true;
        return result();
      }
    }
    export_model();
    return result();
  }

  void export_newest() {
    restore(/*resume=*/true);
    export_model();
  }

 private:
  void restore(bool resume) {
    if (!resume) {
      if (list_checkpoints(folder_.checkpoints()).empty()) return;
      throw Error(
          ErrorKind::kInvalidInput,
          fmt::format(
              "[train] {} already holds a training; resume it or choose another output folder",
              recipe_.output.string()));
    }
    auto found =
        load_newest_checkpoint(folder_.checkpoints(), state_.recipe, task_.module(), optimizer_);
    if (!found) {
      log(LogLevel::kWarning,
          fmt::format("[train] nothing to resume: {} holds no checkpoint; the training begins anew",
                      recipe_.output.string()));
      return;
    }
    Json recipe = std::move(state_.recipe);
    state_ = std::move(*found);
    state_.recipe = std::move(recipe);
    averages_ = MetricAverages::from_json(state_.pending);
    elapsed_before_ = state_.elapsed_seconds;
    log(LogLevel::kInfo, fmt::format("resumed after step {}", state_.step));
  }

  // One optimizer step; returns its loss.
  double step(BatchLoader& loader) {
    const double progress = progress_at(options_, state_.step, elapsed());
    const double learning_rate = learning_rate_at(options_, state_.step, progress);
    optimizer_.zero_gradients();
    double loss_sum = 0;
    Metrics sums;
    for (int64_t k = 0; k < options_.accumulate; ++k) {
      Batch batch = loader.next();
      for (torch::Tensor& tensor : batch) tensor = tensor.to(device_);
      const auto index = static_cast<uint64_t>(state_.step * options_.accumulate + k);
      torch::manual_seed(mix_bits(static_cast<uint64_t>(options_.seed), index));
      Metrics metrics;
      torch::Tensor loss;
      {
        AutocastScope autocast(bf16_, device_);
        loss = task_.loss(batch, metrics);
      }
      const double value = loss.item<double>();
      loss_sum += value / static_cast<double>(options_.accumulate);
      if (!std::isfinite(loss_sum)) continue;
      (loss / options_.accumulate).backward();
      for (const auto& [name, metric] : metrics)
        sums[name] += metric / static_cast<double>(options_.accumulate);
    }
    const double norm = std::isfinite(loss_sum) ? optimizer_.gradient_norm()
                                                : std::numeric_limits<double>::quiet_NaN();
    if (std::isfinite(norm)) {
      const double scale =
          options_.grad_clip > 0 ? std::min(1.0, options_.grad_clip / (norm + 1e-6)) : 1.0;
      optimizer_.step(learning_rate, scale, ema_decay_at(options_.ema_decay, optimizer_.updates()));
      sums["loss"] = loss_sum;
      sums["gradient_norm"] = norm;
      averages_.add(sums);
      state_.skipped_in_a_row = 0;
      shown_loss_ = shown_loss_ < 0 ? loss_sum : 0.98 * shown_loss_ + 0.02 * loss_sum;
    } else {
      skip(loss_sum);
    }
    ++state_.step;
    learning_rate_ = learning_rate;
    progress_ = progress;
    return loss_sum;
  }

  void skip(double loss) {
    ++state_.skipped;
    ++state_.skipped_in_a_row;
    log(LogLevel::kWarning,
        fmt::format("step {}: skipped, loss {} or its gradient is not finite", state_.step, loss));
    if (state_.skipped_in_a_row < kMostSkipsInARow) return;
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[train] {} steps in a row without a finite loss and gradient, the "
                            "last at step {}; lower "
                            "learning_rate, lengthen warmup_steps or use precision = \"fp32\"",
                            kMostSkipsInARow,
                            state_.step));
  }

  bool due(int64_t every, bool anyway) const {
    return anyway || (every > 0 && state_.step % every == 0);
  }

  bool stop_wanted() const {
    if (hooks_.stop && hooks_.stop->load()) return true;
    return options_.max_minutes > 0 && seconds_since(started_) >= 60 * options_.max_minutes;
  }

  double elapsed() const { return elapsed_before_ + seconds_since(started_); }

  void log_metrics() {
    Metrics metrics = averages_.take();
    metrics["learning_rate"] = learning_rate_;
    metrics["progress"] = progress_;
    metrics["skipped"] = static_cast<double>(state_.skipped);
    const double samples = static_cast<double>((state_.step - interval_first_step_) *
                                               options_.batch_size * options_.accumulate);
    folder_.log(state_.step,
                metrics,
                {{"seconds", elapsed()},
                 {"samples_per_second", samples / seconds_since(interval_started_)}});
    interval_started_ = Clock::now();
    interval_first_step_ = state_.step;
    result_.metrics = std::move(metrics);
  }

  // The run before may have ended between saving a step and evaluating it.
  void make_up_evaluation(bool finished) {
    if (due(options_.validate_every, finished) && !folder_.has_validation(state_.step)) validate();
    if (due(options_.sample_every, finished) && !folder_.has_samples(state_.step)) sample();
  }

  void validate() {
    EmaScope averaged(task_.module(), optimizer_);
    torch::manual_seed(static_cast<uint64_t>(options_.seed));
    result_.validation = task_.validate();
    if (!result_.validation.empty()) folder_.log_validation(state_.step, result_.validation);
  }

  void sample() {
    EmaScope averaged(task_.module(), optimizer_);
    torch::manual_seed(static_cast<uint64_t>(options_.seed));
    const image::Image sheet = task_.sample_sheet();
    if (sheet.width > 0) folder_.log_samples(state_.step, sheet);
  }

  void save() {
    state_.elapsed_seconds = elapsed();
    state_.pending = averages_.to_json();
    save_checkpoint(
        folder_.checkpoints(), state_, task_.module(), optimizer_, options_.keep_checkpoints);
  }

  void export_model() {
    EmaScope averaged(task_.module(), optimizer_);
    const Json provenance = {{"software", fmt::format("lienzo {}", version())},
                             {"recipe", without_folders(state_.recipe)},
                             {"steps", state_.step},
                             {"skipped_steps", state_.skipped},
                             {"samples", state_.step * options_.batch_size * options_.accumulate},
                             {"seconds", elapsed()},
                             {"ema", options_.ema_decay > 0},
                             {"metrics", result_.metrics},
                             {"validation", result_.validation}};
    std::filesystem::create_directories(folder_.model());
    task_.save_model(folder_.model(), provenance);
    result_.model = folder_.model();
  }

  void report(double progress, bool now) {
    if (!hooks_.progress) return;
    if (!now && seconds_since(reported_) < 0.1) return;
    reported_ = Clock::now();
    const double seconds = seconds_since(started_);
    const double rate = static_cast<double>((state_.step - first_step_) * options_.batch_size *
                                            options_.accumulate) /
                        seconds;
    const double gained = progress - first_progress_;
    const double left = gained > 0 ? seconds * (1 - progress) / gained : 0;
    hooks_.progress({.stage = "train",
                     .done = state_.step,
                     .total = options_.steps,
                     .seconds = seconds,
                     .note = fmt::format("loss {:.4f}, {:.0f} samples/s, {:.0f}:{:02.0f} left",
                                         shown_loss_,
                                         rate,
                                         std::floor(left / 60),
                                         std::fmod(std::floor(left), 60.0))});
  }

  TrainResult result() {
    result_.step = state_.step;
    result_.skipped = state_.skipped;
    result_.elapsed_seconds = elapsed();
    return result_;
  }

  Task& task_;
  const Recipe& recipe_;
  const TrainOptions& options_;
  const TrainHooks& hooks_;
  const torch::Device device_;
  const bool bf16_;
  RunFolder folder_;
  AdamW optimizer_;
  TrainState state_;
  MetricAverages averages_;
  TrainResult result_;
  double elapsed_before_ = 0;
  Clock::time_point started_ = Clock::now(), interval_started_ = started_, reported_{};
  int64_t first_step_ = 0, interval_first_step_ = 0;
  double first_progress_ = 0;
  double learning_rate_ = 0, progress_ = 0;  // of the last step
  double shown_loss_ = -1;                   // smoothed, for people
};

}  // namespace

TrainResult train(Task& task, const Recipe& recipe, const TrainHooks& hooks, bool resume) {
  return Trainer(task, recipe, hooks).run(resume);
}

std::filesystem::path export_model(Task& task, const Recipe& recipe) {
  const std::filesystem::path checkpoints = recipe.output / "checkpoints";
  if (list_checkpoints(checkpoints).empty()) {  // asked before a trainer makes the folder
    throw Error(ErrorKind::kNotFound,
                fmt::format("[train] {} holds no checkpoint to export; train into it first",
                            checkpoints.string()));
  }
  const TrainHooks silent;
  Trainer(task, recipe, silent).export_newest();
  return recipe.output / "model";
}

}  // namespace lienzo::training
