#include "lienzo/training/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"

namespace lienzo::training {
namespace {

int64_t step_of(const std::string& row) { return std::strtoll(row.c_str(), nullptr, 10); }

}  // namespace

void MetricAverages::add(const Metrics& values) {
  for (const auto& [name, value] : values) {
    sums_[name].total += value;
    ++sums_[name].count;
  }
}

Metrics MetricAverages::take() {
  Metrics means;
  for (const auto& [name, sum] : sums_) means[name] = sum.total / static_cast<double>(sum.count);
  sums_.clear();
  return means;
}

Json MetricAverages::to_json() const {
  Json json = Json::object();
  // As text: JSON has no word for infinity.
  for (const auto& [name, sum] : sums_) json[name] = {fmt::format("{}", sum.total), sum.count};
  return json;
}

MetricAverages MetricAverages::from_json(const Json& json) {
  MetricAverages averages;
  for (const auto& [name, value] : json.items()) {
    averages.sums_[name] = {std::strtod(value.at(0).get<std::string>().c_str(), nullptr),
                            value.at(1)};
  }
  return averages;
}

CsvLog::CsvLog(std::filesystem::path path, int64_t last_step) : path_(std::move(path)) {
  if (!std::filesystem::exists(path_)) return;
  std::istringstream text(read_text_file(path_, size_t{1} << 30));
  std::string line;
  bool header = true;
  while (std::getline(text, line)) {
    if (text.eof()) break;  // no line end: killed while writing it
    if (header) {
      std::istringstream cells(line);
      std::string cell;
      std::getline(cells, cell, ',');
      while (std::getline(cells, cell, ',')) columns_.push_back(cell);
      header = false;
    } else if (step_of(line) <= last_step) {
      rows_.push_back(line);
    }
  }
  if (rows_.empty()) columns_.clear();
  rewrite();
}

bool CsvLog::has(int64_t step) const {
  return std::any_of(
      rows_.begin(), rows_.end(), [&](const std::string& row) { return step_of(row) == step; });
}

void CsvLog::append(int64_t step, const Metrics& values) {
  // A step logged before, as when the last step of a finished run is repeated.
  const size_t rows = rows_.size();
  while (!rows_.empty() && step_of(rows_.back()) >= step) rows_.pop_back();
  const bool replaced = rows_.size() < rows;
  const size_t known = columns_.size();
  for (const auto& item : values) {
    if (std::find(columns_.begin(), columns_.end(), item.first) == columns_.end())
      columns_.push_back(item.first);
  }
  const size_t added = columns_.size() - known;
  for (std::string& row : rows_) row.append(added, ',');

  std::string row = fmt::format("{}", step);
  for (const std::string& column : columns_) {
    const auto found = values.find(column);
    row += found == values.end() ? "," : fmt::format(",{}", found->second);
  }
  rows_.push_back(row);
  if (added > 0 || replaced) return rewrite();
  std::ofstream file(path_, std::ios::app | std::ios::binary);
  file << row << '\n' << std::flush;
  if (!file) throw Error(ErrorKind::kIo, fmt::format("[metrics] cannot write {}", path_.string()));
}

void CsvLog::rewrite() const {
  std::string text = "step";
  for (const std::string& column : columns_) text += "," + column;
  text += '\n';
  for (const std::string& row : rows_) text += row + '\n';
  write_file_atomic(path_, text);
}

}  // namespace lienzo::training
