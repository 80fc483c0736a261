#include "lienzo/evaluation/faithfulness.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <chrono>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/datasets/world/renderer.h"
#include "lienzo/image/grid.h"
#include "lienzo/image/resize.h"

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

constexpr int kTruthSize = 256;  // pixels of the renderer's pictures
constexpr int kSheetCell = 192;
constexpr int kSheetColumns = 6;

struct Row {
  std::string_view name;
  Tally Scores::*tally;
};
constexpr std::array<Row, 9> kRows = {{{"strict", &Scores::strict},
                                       {"count", &Scores::count},
                                       {"shape", &Scores::shapes},
                                       {"colour", &Scores::colours},
                                       {"material", &Scores::materials},
                                       {"size", &Scores::sizes},
                                       {"word", &Scores::words},
                                       {"relation", &Scores::relations},
                                       {"background", &Scores::backgrounds}}};

std::string_view language_name(world::Language language) {
  return language == world::Language::kSpanish ? "es" : "en";
}

Json tally_json(const Tally& tally) {
  const Interval interval = wilson_interval(tally);
  return {{"right", tally.right},
          {"total", tally.total},
          {"share", tally.share()},
          {"low", interval.low},
          {"high", interval.high}};
}

std::string cell(const Tally& tally) {
  const Interval interval = wilson_interval(tally);
  return fmt::format(
      "{:5.1f} % ({:.1f}-{:.1f})", 100 * tally.share(), 100 * interval.low, 100 * interval.high);
}

}  // namespace

void Scores::add(const Verdict& verdict) {
  strict.add(verdict.strict);
  count.add(verdict.count);
  const auto sum = [](Tally& to, const Tally& from) {
    to.right += from.right, to.total += from.total;
  };
  sum(shapes, verdict.shapes);
  sum(colours, verdict.colours);
  sum(materials, verdict.materials);
  sum(sizes, verdict.sizes);
  sum(words, verdict.words);
  sum(relations, verdict.relations);
  sum(backgrounds, verdict.backgrounds);
}

namespace {

// What was made of a prompt, and how it is read.
struct Answer {
  image::Image picture;
  SceneReading reading;
};

template <typename Respond>
FaithfulnessReport evaluate(const FaithfulnessOptions& options,
                            const ProgressSink& progress,
                            Respond&& respond) {
  if (options.count < 1)
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[faithfulness] count, got {}, expected 1 or more", options.count));
  const auto start = std::chrono::steady_clock::now();
  FaithfulnessReport report;
  report.options = options;
  for (int64_t i = 0; i < options.count; ++i) {
    const FaithfulnessCase item =
        make_case(options.set, options.language, options.seed, static_cast<uint64_t>(i));
    const uint64_t seed = options.seed + static_cast<uint64_t>(i);
    Answer answer = respond(item, seed, report);
    Verdict verdict = judge(item.spec, answer.reading);
    report.drawn.add(verdict);
    if (!verdict.strict && static_cast<int64_t>(report.failures.size()) < options.kept_failures) {
      report.failures.push_back(
          {item.prompt, seed, std::move(answer.picture), std::move(verdict.faults)});
    }
    if (progress) {
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      progress({"faithfulness",
                i + 1,
                options.count,
                seconds,
                fmt::format("strict {:.1f} %", 100 * report.drawn.strict.share())});
    }
  }
  return report;
}

}  // namespace

FaithfulnessReport evaluate_faithfulness(const Drawer& draw,
                                         const Checker& checker,
                                         const FaithfulnessOptions& options,
                                         const ProgressSink& progress) {
  return evaluate(
      options,
      progress,
      [&](const FaithfulnessCase& item, uint64_t seed, FaithfulnessReport& report) {
        report.truth.add(judge(item.spec, checker.read(world::render(item.truth, kTruthSize))));
        Answer answer{draw(item.prompt, seed), {}};
        answer.reading = checker.read(answer.picture);
        return answer;
      });
}

FaithfulnessReport evaluate_layouts(const LayoutWriter& write,
                                    const FaithfulnessOptions& options,
                                    const ProgressSink& progress) {
  FaithfulnessReport report = evaluate(
      options, progress, [&](const FaithfulnessCase& item, uint64_t seed, FaithfulnessReport&) {
        const world::Scene scene = write(item.prompt, seed);
        return Answer{world::render(scene, kTruthSize), reading_of(scene)};
      });
  report.layouts = true;
  return report;
}

std::string to_table(const FaithfulnessReport& report) {
  std::string table =
      fmt::format("faithfulness: set {}, language {}, {} {}, 95 % intervals\n{:<12}{:<24}{:>7}{}\n",
                  name(report.options.set),
                  language_name(report.options.language),
                  report.options.count,
                  report.layouts ? "layouts" : "pictures",
                  "",
                  report.layouts ? "planned" : "drawn",
                  "of",
                  report.layouts ? "" : "   checker on rendered truth");
  for (const Row& row : kRows) {
    const Tally &drawn = report.drawn.*row.tally, &truth = report.truth.*row.tally;
    if (drawn.total == 0) continue;
    table += fmt::format("{:<12}{:<24}{:>7}", row.name, cell(drawn), drawn.total);
    table += report.layouts ? "\n" : fmt::format("   {}\n", cell(truth));
  }
  return table;
}

Json to_json(const FaithfulnessReport& report) {
  Json drawn = Json::object(), truth = Json::object(), failures = Json::array();
  for (const Row& row : kRows) {
    if ((report.drawn.*row.tally).total == 0) continue;
    drawn[std::string(row.name)] = tally_json(report.drawn.*row.tally);
    if (!report.layouts) truth[std::string(row.name)] = tally_json(report.truth.*row.tally);
  }
  for (const FaithfulnessFailure& failure : report.failures) {
    failures.push_back(
        {{"prompt", failure.prompt}, {"seed", failure.seed}, {"faults", failure.faults}});
  }
  return {{"set", name(report.options.set)},
          {"language", language_name(report.options.language)},
          {"count", report.options.count},
          {"seed", report.options.seed},
          {"judged", report.layouts ? "layouts" : "pictures"},
          {"drawn", drawn},
          {"checker_on_truth", truth},
          {"failures", failures}};
}

image::Image failure_sheet(const FaithfulnessReport& report) {
  if (report.failures.empty()) return {};
  std::vector<image::Image> pictures;
  for (const FaithfulnessFailure& failure : report.failures) {
    // The label belongs to the picture, so that nothing of it is cut.
    pictures.push_back(
        image::draw_label(image::resize(failure.picture, kSheetCell, kSheetCell),
                          fmt::format("{}: {}", failure.prompt, fmt::join(failure.faults, "; "))));
  }
  return image::grid(pictures, kSheetColumns);
}

}  // namespace lienzo::evaluation
