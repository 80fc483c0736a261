#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "lienzo/base/error.h"
#include "lienzo/http/route.h"

namespace lienzo::http {

/// What is wrong with fields of a request, as FastAPI says it: status 422,
/// {"detail": [{"loc": ["body", "steps"], "msg": "...", "type": "value_error"}]}.
class FieldProblems : public Error {
 public:
  explicit FieldProblems(Json detail);
  const Json& detail() const { return detail_; }

 private:
  Json detail_;  // a list of problems
};

/// Throws FieldProblems with one problem.
[[noreturn]] void reject_field(const std::string& field,
                               const std::string& message,
                               const std::string& type = "value_error");

enum class FieldType { kText, kWhole, kReal, kFlag, kList, kObject };

/// One field that a route knows. `normal` is JSON text: what stands for null and for what is left
/// out.
struct FieldRow {
  std::string_view name;
  FieldType type;
  std::string_view normal = "null";
};

/// The fields of a request, each of its type or null.
class SdApiFields {
 public:
  /// Reads `body`: whole numbers may be written as 20.0 and numbers as texts, which FastAPI takes
  /// too. Throws FieldProblems for all unknown fields and wrong types at once.
  SdApiFields(const Json& body, std::span<const FieldRow> rows);

  /// Whether the client gave it, other than as null.
  bool given(const std::string& name) const { return given_.contains(name); }
  const Json& operator[](const std::string& name) const { return values_.at(name); }
  std::string text(const std::string& name) const;  // "" for null
  int64_t whole(const std::string& name) const;     // 0 for null
  double real(const std::string& name) const;       // 0 for null
  bool flag(const std::string& name) const;         // false for null
  /// Sets what the client did not give.
  void fill(const std::string& name, const Json& value);
  void set(const std::string& name, const Json& value) { values_[name] = value; }
  /// All of them, what was left out as it counts.
  const Json& values() const { return values_; }

 private:
  Json values_ = Json::object();
  std::set<std::string> given_;
};

/// `value` as `type`; nothing when it cannot be.
std::optional<Json> coerce(const Json& value, FieldType type);

}  // namespace lienzo::http
