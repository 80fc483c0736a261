#include "lienzo/weights/shard_index.h"

#include <algorithm>
#include <set>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/base/json.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/weights/tensor_index.h"

namespace lienzo::weights {

namespace {

/// Receives the JSON piece by piece: a parsed tree would hide repeated keys, and takes quadratic
/// time for many.
class IndexHandler : public nlohmann::json_sax<Json> {
 public:
  explicit IndexHandler(std::string_view where) : where_(where) {}

  ShardIndex index;

  bool null() override { return scalar("null"); }
  bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return scalar(text); }
  bool binary(binary_t&) override { return scalar("binary data"); }

  bool string(string_t& value) override {
    if (place_ != Place::kMap) return scalar(value);
    check_shard(value);
    if (index.shard_of.size() >= kMaxTensors)
      fail("more than " + std::to_string(kMaxTensors) + " tensors");
    if (!index.shard_of.emplace(key_, value).second)
      fail("two tensors are named " + quote_name(key_));
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::kOutside) {
      place_ = Place::kTop;
    } else if (place_ == Place::kTop && (key_ == "weight_map" || key_ == "metadata")) {
      bool& seen = key_ == "metadata" ? metadata_seen_ : map_seen_;
      if (seen) fail(key_ + " comes twice");
      seen = true;
      place_ = key_ == "metadata" ? Place::kMetadata : Place::kMap;
    } else {
      enter("an object");
    }
    return true;
  }

  bool key(string_t& value) override {
    key_ = value;
    return true;
  }

  bool end_object() override {
    if (depth_ > 0) {
      --depth_;
    } else {
      place_ = place_ == Place::kTop ? Place::kOutside : Place::kTop;
    }
    return true;
  }

  bool start_array(std::size_t) override {
    enter("a list");
    return true;
  }

  bool end_array() override {
    --depth_;
    return true;
  }

  bool parse_error(std::size_t position,
                   const std::string&,
                   const nlohmann::detail::exception&) override {
    fail("not JSON in UTF-8, wrong at its byte " + std::to_string(position));
  }

  void check_complete() const {
    if (!map_seen_ || index.shard_of.empty())
      fail("no index of a model in several files, expected tensors in 'weight_map'");
  }

 private:
  enum class Place { kOutside, kTop, kMetadata, kMap };

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, "[" + where_ + "] " + what);
  }

  /// Begins something that nobody looks into.
  void enter(std::string_view what) {
    if (place_ == Place::kOutside) fail("got " + std::string(what) + ", expected an object");
    if (place_ == Place::kMap) refuse_shard(what);
    if (depth_ >= kDeepestJson) fail("nested too deep at " + quote_name(key_));
    ++depth_;
  }

  bool scalar(const std::string& value) {
    if (place_ == Place::kOutside) fail("got " + quote_name(value) + ", expected an object");
    if (place_ == Place::kMap) refuse_shard(quote_name(value));
    if (place_ == Place::kMetadata && depth_ == 0) index.metadata.emplace(key_, value);
    return true;
  }

  [[noreturn]] void refuse_shard(std::string_view got) const {
    fail("the file of tensor " + quote_name(key_) + " is wrong, got " + std::string(got) +
         ", expected the plain name of a file beside this one");
  }

  void check_shard(const std::string& name) {
    constexpr size_t kLongestFileName = 255;
    const bool has_control = std::any_of(name.begin(), name.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (name.empty() || name.size() > kLongestFileName || name == "." || name == ".." ||
        has_control || name.find_first_of("/\\") != std::string::npos) {
      refuse_shard(quote_name(name));
    }
    shards_.insert(name);
    if (shards_.size() > kMaxShards) fail("more than " + std::to_string(kMaxShards) + " files");
  }

  std::string where_;
  Place place_ = Place::kOutside;
  std::string key_;
  int depth_ = 0;  // in what nobody looks into
  bool metadata_seen_ = false;
  bool map_seen_ = false;
  std::set<std::string> shards_;
};

}  // namespace

ShardIndex parse_shard_index(std::string_view text, std::string_view where) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kCorrupt, "[" + std::string(where) + "] " + what);
  };
  if (text.size() > kMaxShardIndexBytes) {
    fail("an index of " + std::to_string(text.size()) + " bytes, expected at most " +
         std::to_string(kMaxShardIndexBytes));
  }
  // The JSON parser takes a zero byte for the end of its input.
  if (text.find('\0') != std::string_view::npos) fail("not JSON, got a zero byte in it");
  IndexHandler handler(where);
  Json::sax_parse(text, &handler);
  handler.check_complete();
  return std::move(handler.index);
}

}  // namespace lienzo::weights
