#include "lienzo/jobs/rows.h"

#include <fmt/format.h>

#include <bit>

#include "lienzo/base/error.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/base/utf8.h"

namespace lienzo::jobs {
namespace {

[[noreturn]] void wrong_type(std::string_view expected) {
  throw Error(
      ErrorKind::kCorrupt,
      fmt::format("[jobs] a field of the database is of the wrong type, expected {}; was it "
                  "changed by another program?",
                  expected));
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

int64_t integer(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  wrong_type("an integer");
}

double real(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<int64_t>(&value)) return static_cast<double>(*number);
  wrong_type("a number");
}

const std::string& text(const Value& value) {
  if (const auto* found = std::get_if<std::string>(&value)) return *found;
  wrong_type("text");
}

std::optional<int64_t> maybe_integer(const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
  return integer(value);
}

Value value_of(const std::optional<int64_t>& number) {
  return number ? Value(*number) : Value(std::monostate{});
}

std::string tag_line(const std::string& tag) { return fmt::format("\n{}\n", dump(tag)); }

std::string tag_lines(const std::vector<std::string>& tags) {
  std::string lines = "\n";
  for (const std::string& tag : tags) lines += dump(tag) + "\n";
  return lines;
}

std::vector<std::string> tags_from_lines(const std::string& lines) {
  std::vector<std::string> tags;
  for (size_t begin = 1; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    const Json tag = parse_json(std::string_view(lines).substr(begin, end - begin), "[jobs] tags");
    if (!tag.is_string()) wrong_type("a list of tags");
    tags.push_back(tag.get<std::string>());
    begin = end + 1;
  }
  return tags;
}

std::string progress_text(const JobProgress& progress) {
  Json json = {{"stage", progress.stage},
               {"step", progress.step},
               {"steps", progress.steps},
               {"picture", progress.picture},
               {"pictures", progress.pictures},
               {"fraction", progress.fraction}};
  if (progress.seconds_left) json["seconds_left"] = *progress.seconds_left;
  return dump(json);
}

JobProgress progress_from_text(const std::string& text) {
  const Json json = parse_json(text, "[jobs] progress");
  JobProgress progress;
  if (json.empty()) return progress;
  try {
    json.at("stage").get_to(progress.stage);
    json.at("step").get_to(progress.step);
    json.at("steps").get_to(progress.steps);
    json.at("picture").get_to(progress.picture);
    json.at("pictures").get_to(progress.pictures);
    // Not finite numbers become null.
    if (json.at("fraction").is_number()) json.at("fraction").get_to(progress.fraction);
    if (json.contains("seconds_left") && json.at("seconds_left").is_number())
      progress.seconds_left = json.at("seconds_left").get<double>();
  } catch (const Json::exception&) {
    wrong_type("progress as JSON");
  }
  return progress;
}

std::string json_text(const Json& json, std::string_view what) {
  std::string text = dump(json);
  parse_json(text, fmt::format("[jobs] {}", what), ErrorKind::kInvalidInput);
  return text;
}

Job job_from_row(const Values& row) {
  Job job;
  job.id = text(row.at(0));
  // One by one: GCC 12 destroys members that are not there yet when one of a list throws.
  job.what.owner = text(row.at(1));
  job.what.dialect = text(row.at(2));
  job.what.model = text(row.at(3));
  job.what.title = text(row.at(4));
  job.what.request = parse_json(text(row.at(5)), "[jobs] request");
  job.what.priority = static_cast<int>(integer(row.at(6)));
  job.what.cost = real(row.at(7));
  job.what.tags = tags_from_lines(text(row.at(8)));
  job.state = job_state_from_name(text(row.at(9)));
  job.created = integer(row.at(10));
  job.started = maybe_integer(row.at(11));
  job.finished = maybe_integer(row.at(12));
  job.attempts = static_cast<int>(integer(row.at(13)));
  job.cancel_requested = integer(row.at(14)) != 0;
  job.worker = text(row.at(15));
  job.progress = progress_from_text(text(row.at(16)));
  if (std::holds_alternative<std::string>(row.at(17))) {
    job.error.emplace();
    job.error->kind = text(row.at(17));
    job.error->message = text(row.at(18));
  }
  job.change = integer(row.at(19));
  job.what.batch = text(row.at(20));
  return job;
}

PictureRow picture_from_row(const Values& row) {
  PictureRow picture;
  picture.id = text(row.at(1));
  picture.job = text(row.at(2));
  picture.owner = text(row.at(3));
  picture.index = static_cast<int>(integer(row.at(4)));
  picture.width = static_cast<int>(integer(row.at(5)));
  picture.height = static_cast<int>(integer(row.at(6)));
  picture.format = text(row.at(7));
  picture.bytes = integer(row.at(8));
  picture.prompt = text(row.at(9));
  picture.negative_prompt = text(row.at(10));
  picture.model = text(row.at(11));
  picture.seed = std::bit_cast<uint64_t>(integer(row.at(12)));
  picture.created = integer(row.at(13));
  picture.tags = tags_from_lines(text(row.at(14)));
  picture.record = parse_json(text(row.at(15)), "[jobs] record");
  return picture;
}

ApiKey key_from_row(const Values& row) {
  ApiKey key;
  key.id = text(row.at(0));
  key.name = text(row.at(1));
  key.hash = text(row.at(2));
  key.scopes = tags_from_lines(text(row.at(3)));
  key.created = integer(row.at(4));
  key.expires = maybe_integer(row.at(5));
  key.revoked = maybe_integer(row.at(6));
  key.last_used = maybe_integer(row.at(7));
  key.requests_per_minute = static_cast<int>(integer(row.at(8)));
  key.queued = static_cast<int>(integer(row.at(9)));
  key.largest_cost = real(row.at(10));
  return key;
}

void check_text(std::string_view text, std::string_view what) {
  const bool zero = text.find('\0') != std::string_view::npos;
  if (!zero && is_valid_utf8(text)) return;
  throw Error(ErrorKind::kInvalidInput,
              fmt::format("[jobs] {}, got {}, expected text in UTF-8 without zero bytes",
                          what,
                          zero ? "a zero byte" : "bytes that are not UTF-8"));
}

std::string storable_text(std::string_view text) {
  std::string result(text);
  const bool valid = is_valid_utf8(text);
  for (char& c : result)
    if (c == '\0' || (!valid && static_cast<unsigned char>(c) >= 0x80)) c = '?';
  return result;
}

Statement& Statement::bind(Value value) {
  values.push_back(std::move(value));
  sql += fmt::format("${}", values.size());
  return *this;
}

Statement& Statement::bind_list(const std::vector<std::string>& texts) {
  sql += "(";
  for (const std::string& item : texts) {
    if (&item != &texts.front()) sql += ", ";
    bind(Value(item));
  }
  sql += ")";
  return *this;
}

}  // namespace lienzo::jobs
