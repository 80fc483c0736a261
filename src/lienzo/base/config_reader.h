#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lienzo/base/json.h"

namespace lienzo {

/// Typed reading of a configuration object with messages a person can act on:
/// "recipe.toml: [train] unknown key 'stepz', did you mean 'steps'?".
///
///   ConfigReader reader(parse_toml(text, "recipe.toml"), "recipe.toml");
///   ConfigReader train = reader.child("train");
///   train.required("steps", recipe.steps);
///   train.optional("seed", recipe.seed);
///   train.finish();
///   reader.finish();
///
/// T is bool, int, int64_t, uint64_t, float, double, std::string, Json (anything), or a std::vector
/// of one of them but Json. Whole numbers must fit T; a whole number is also accepted where a real
/// one is expected. Real numbers must be finite. All errors are Error(kInvalidInput).
class ConfigReader {
 public:
  /// `where` names the source in messages. Throws when `object` is not an object.
  ConfigReader(Json object, std::string where);

  /// Leaves `target` as it is when the key is absent.
  template <class T>
  void optional(std::string_view key, T& target);

  /// Throws when the key is absent.
  template <class T>
  void required(std::string_view key, T& target);

  /// A reader for the object under `key`; of an empty object when the key is absent.
  ConfigReader child(std::string_view key);

  /// Readers for the objects in the list under `key`; none when the key is absent.
  std::vector<ConfigReader> children(std::string_view key);

  /// Whether the key is there. Asking does not count as reading, but makes the name known to
  /// suggestions.
  bool has(std::string_view key);

  /// Throws for the first key that nobody read.
  void finish() const;

  /// Throws Error(kInvalidInput) in the voice of this reader: "recipe.toml: [train] 'steps' " +
  /// `problem`. For checks that go beyond the type, e.g. reject("steps", "must be positive, got
  /// 0").
  [[noreturn]] void reject(std::string_view key, std::string_view problem) const;

 private:
  ConfigReader(Json object, std::string where, std::string section);
  const Json* find(std::string_view key);
  std::string place() const;
  std::string section_of(std::string_view key) const;

  Json object_;
  std::string where_;
  std::string section_;             // "train.optimizer", empty at the top
  std::vector<std::string> known_;  // every key ever asked for
  std::vector<std::string> read_;
};

}  // namespace lienzo
