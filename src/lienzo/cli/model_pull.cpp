#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>

#include "lienzo/base/error.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/hub_access.h"
#include "lienzo/cli/interrupt.h"
#include "lienzo/cli/model_commands.h"
#include "lienzo/cli/model_folder.h"
#include "lienzo/cli/transfer_rate.h"
#include "lienzo/hub/model_catalog.h"
#include "lienzo/hub/pull.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;
using hub::PullItem;
using hub::PullPlan;

constexpr const char* kPullExamples =
    "Examples:\n"
    "  lienzo model pull sd1.5\n"
    "  lienzo model pull sdxl --variant fp16             half the bytes\n"
    "  lienzo model pull sd-turbo --dry-run              only say what would come\n"
    "  lienzo model pull madebyollin/taesd               any repository of the Hugging Face hub\n"
    "  lienzo model pull OWNER/REPO:model.safetensors    one checkpoint of it\n"
    "A download that was interrupted goes on where it stopped. For models that ask for consent,\n"
    "accept their licence on the hub and set HF_TOKEN.";

struct PullOptions {
  std::string what;
  std::string revision;
  std::string variant;
  fs::path folder;
  bool dry_run = false;
  bool json = false;
};

std::string known_models() {
  std::string text = "Known names:\n";
  for (const hub::CatalogEntry& entry : hub::model_catalog()) {
    const bool small = entry.gigabytes < 1;
    text += fmt::format("  {:<18}{:>5} {}  {} ({})\n",
                        entry.name,
                        small ? entry.gigabytes * 1e3 : entry.gigabytes,
                        small ? "MB" : "GB",
                        entry.what,
                        entry.licence);
  }
  return text;
}

// The words that go on with an interrupted download.
std::string command_of(const PullOptions& options) {
  std::string command = "lienzo model pull " + options.what;
  for (const auto& [name, value] : {std::pair{"--revision", options.revision},
                                    {"--variant", options.variant},
                                    {"--folder", options.folder.string()}}) {
    if (value.empty()) continue;
    const bool plain = value.find_first_of(" '\"\\$&;()<>*?") == std::string::npos;
    command += plain ? fmt::format(" {} {}", name, value) : fmt::format(" {} '{}'", name, value);
  }
  return command;
}

Json to_json(const PullPlan& plan) {
  Json files = Json::array();
  for (const PullItem& item : plan.items) {
    files.push_back({{"repo", item.repo.name},
                     {"file", item.file.path},
                     {"bytes", item.file.size},
                     {"checksum", hub::to_string(item.file.checksum)},
                     {"path", item.target.string()},
                     {"there", item.is_there}});
  }
  return {{"name", plan.name},
          {"path", plan.path.string()},
          {"repo", plan.repo.name},
          {"revision", plan.repo.revision},
          {"commit", plan.repo.info.commit},
          {"licence", plan.licence},
          {"page", plan.page},
          {"gated", plan.repo.info.gated},
          {"bytes", plan.bytes()},
          {"missing_bytes", plan.missing_bytes()},
          {"files", std::move(files)}};
}

std::string files(size_t count) { return count == 1 ? "1 file" : fmt::format("{} files", count); }

void announce(const PullPlan& plan) {
  const uint64_t there = plan.bytes() - plan.missing_bytes();
  say(fmt::format("{}: {} at {} ({})",
                  plan.name,
                  plan.repo.name,
                  plan.repo.info.commit.substr(0, 10),
                  plan.repo.revision));
  say(fmt::format(
      "licence: {}; read it at {}", plan.licence.empty() ? "not named" : plan.licence, plan.page));
  say(fmt::format("{}, {}{}, to {}",
                  files(plan.items.size()),
                  format_bytes(plan.bytes()),
                  there > 0 ? fmt::format(" ({} of it there already)", format_bytes(there)) : "",
                  plan.path.string()));
}

void print_files(const PullPlan& plan) {
  for (const PullItem& item : plan.items) {
    print(fmt::format("{:>10}  {}{}\n",
                      format_bytes(item.file.size),
                      item.target.string(),
                      item.is_there ? "  (there)" : ""));
  }
}

/// Shows bytes as megabytes, or kilobytes where there are few, with the rate and the time left.
class PullBar {
 public:
  ProgressSink sink() {
    return [this](const Progress& progress) { show(progress); };
  }
  void clear() { bar_.clear(); }

 private:
  void show(const Progress& progress) {
    const bool downloads = progress.stage == "download";
    const bool few = progress.total < 10'000'000;
    const int64_t unit = few ? 1000 : 1'000'000;
    std::string note = few ? "kB" : "MB";
    // What was on the disk already came at another speed.
    if (!downloads) rate_ = {};
    if (downloads) {
      const std::chrono::duration<double> now = std::chrono::steady_clock::now() - start_;
      rate_.add(now.count(), progress.done);
      if (const auto rate = rate_.bytes_per_second())
        note += fmt::format(", {}/s", format_bytes(static_cast<uint64_t>(*rate)));
      if (const auto left = rate_.seconds_left(progress.total))
        note += fmt::format(", {} left", format_seconds(*left));
    }
    bar_.show({.stage = progress.stage,
               .done = progress.done / unit,
               .total = progress.total / unit,
               .seconds = progress.seconds,
               .note = note + ", " + progress.note});
  }

  ProgressBar bar_;
  TransferRate rate_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

hub::PullSummary bring(hub::HubClient& client, const PullPlan& plan, const hub::Cancelled& stop) {
  PullBar bar;
  try {
    hub::PullSummary summary =
        hub::carry_out(client, plan, {.progress = bar.sink(), .cancelled = stop});
    bar.clear();
    return summary;
  } catch (const Error& error) {
    bar.clear();
    if (error.kind() != ErrorKind::kCancelled) throw;
    throw Error(ErrorKind::kCancelled,
                fmt::format("[pull] stopped; what arrived is kept, go on with: {}", plan.command));
  }
}

int pull(const PullOptions& options) {
  const std::atomic<bool>& interrupted = catch_interrupts("\n");
  const hub::Cancelled stop = [&] { return interrupted.load(); };
  hub::HubClient client(hub_access());
  const PullPlan plan = hub::plan_pull(client,
                                       {.what = options.what,
                                        .revision = options.revision,
                                        .variant = options.variant,
                                        .folder = models_folder(options.folder),
                                        .command = command_of(options)},
                                       stop);
  announce(plan);
  Json json = to_json(plan);
  if (options.dry_run) {
    if (options.json) {
      print_json(json);
    } else {
      print_files(plan);
    }
    return kExitOk;
  }
  const hub::PullSummary summary = bring(client, plan, stop);
  say(summary.downloaded == 0 ? fmt::format("nothing to download: {} there, checksums are right",
                                            files(static_cast<size_t>(summary.already_there)))
                              : fmt::format("downloaded {}, {}, checksums are right",
                                            files(static_cast<size_t>(summary.downloaded)),
                                            format_bytes(summary.bytes)));
  if (options.json) {
    json["downloaded"] = summary.downloaded;
    json["already_there"] = summary.already_there;
    print_json(json);
  } else {
    print(plan.path.string() + "\n");
  }
  return kExitOk;
}

}  // namespace

void add_model_pull(CLI::App& model, Action& action) {
  CLI::App* command = model.add_subcommand("pull", "Download a model from the Hugging Face hub");
  command->footer(known_models() + "\n" + kPullExamples);
  auto options = std::make_shared<PullOptions>();
  command
      ->add_option(
          "MODEL", options->what, "A known name, or OWNER/REPO[@REVISION][:FILE] of the hub")
      ->type_name("NAME")
      ->required();
  command->add_option("--revision", options->revision, "A branch, tag or commit [main]")
      ->type_name("REVISION");
  command
      ->add_option("--variant",
                   options->variant,
                   "Weights of this kind where a part has them, such as fp16 [the plain ones]")
      ->type_name("NAME");
  command
      ->add_option("--folder",
                   options->folder,
                   "Where models are kept [$LIENZO_MODELS, else ~/.local/share/lienzo/models]")
      ->type_name("DIR");
  command->add_flag("--dry-run", options->dry_run, "Only say what would be brought");
  command->add_flag("--json", options->json, "Say what was brought as JSON");
  command->callback([&action, options] { action = [options] { return pull(*options); }; });
}

}  // namespace lienzo::cli
