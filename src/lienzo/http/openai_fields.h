#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/http/route.h"

namespace lienzo::http {

/// Typed reading of a request to OpenAI's routes, in JSON or as a form, where every value is text.
/// Null, and in a form the empty text, stands for what is left out. Throws HttpError(400) with
/// OpenAI's codes and words: unknown_parameter, missing_required_parameter, invalid_type,
/// invalid_value.
class OpenAiFields {
 public:
  explicit OpenAiFields(const Call& call);

  bool form() const { return form_; }
  /// Whether it is there and not null; does not count as reading.
  bool has(const std::string& name) const;
  std::optional<std::string> text(const std::string& name);
  /// Throws when it is missing, blank, or longer than `longest` characters.
  std::string required_text(const std::string& name, size_t longest);
  std::optional<int64_t> whole(const std::string& name, int64_t low, int64_t high);
  std::optional<double> real(const std::string& name, double low, double high);
  bool flag(const std::string& name);
  /// `normal` when it is left out.
  std::string choice(const std::string& name,
                     std::initializer_list<std::string_view> allowed,
                     std::string_view normal);
  /// Anything; null when it is left out.
  Json any(const std::string& name);
  /// The files of a form under `name` or "name[]", in order.
  std::vector<const Part*> files(const std::string& name);
  /// Throws for the first field that nobody read.
  void finish() const;

 private:
  const Json* find(const std::string& name);

  bool form_;
  Json values_ = Json::object();
  std::vector<const Part*> files_;
  std::vector<std::string> known_;
};

/// Throws HttpError(400, `code`, `message`, `field`).
[[noreturn]] void refuse_field(const std::string& field,
                               const std::string& message,
                               const std::string& code = "invalid_value");

}  // namespace lienzo::http
