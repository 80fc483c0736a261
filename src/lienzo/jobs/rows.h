#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/jobs/database.h"
#include "lienzo/jobs/job.h"
#include "lienzo/jobs/job_store.h"

namespace lienzo::jobs {

// Between fields of a database and values. Each throws Error(kCorrupt) for a field of another type.

int64_t integer(const Value& value);
double real(const Value& value);
const std::string& text(const Value& value);
std::optional<int64_t> maybe_integer(const Value& value);
Value value_of(const std::optional<int64_t>& number);

/// A list of texts as one: a JSON text per line, with a line end before and after each, so that a
/// search for `tag_line` finds a whole tag and nothing else.
std::string tag_lines(const std::vector<std::string>& tags);
std::string tag_line(const std::string& tag);
std::vector<std::string> tags_from_lines(const std::string& lines);

std::string progress_text(const JobProgress& progress);
JobProgress progress_from_text(const std::string& text);

/// JSON as text. Throws Error(kInvalidInput) when it could not be read again: nested too deeply.
std::string json_text(const Json& json, std::string_view what);

// The columns that the functions below expect, in their order.
inline constexpr std::string_view kJobColumns =
    "id, owner, dialect, model, title, request, priority, cost, tags, state, created, started, "
    "finished, attempts, cancel_requested, worker, progress, error_kind, error_message, change, "
    "batch";
inline constexpr std::string_view kPictureColumns =
    "seq, id, job, owner, idx, width, height, format, bytes, prompt, negative_prompt, model, seed, "
    "created, tags, record";
inline constexpr std::string_view kKeyColumns =
    "id, name, hash, scopes, created, expires, revoked, last_used, requests_per_minute, queued, "
    "largest_cost";

/// Without pictures and place in the queue.
Job job_from_row(const Values& row);
PictureRow picture_from_row(const Values& row);
ApiKey key_from_row(const Values& row);

/// Throws Error(kInvalidInput) naming `what` for what databases do not take as text: bytes that are
/// not UTF-8, or a zero byte.
void check_text(std::string_view text, std::string_view what);
/// The same bytes as far as a database takes them, question marks for the rest.
std::string storable_text(std::string_view text);

/// A statement in the making, with its parameters.
struct Statement {
  std::string sql;
  Values values;

  explicit Statement(std::string start) : sql(std::move(start)) {}
  Statement& add(std::string_view piece) {
    sql += piece;
    return *this;
  }
  Statement& bind(Value value);                                 // appends a parameter
  Statement& bind_list(const std::vector<std::string>& texts);  // "($1, $2)"
};

}  // namespace lienzo::jobs
