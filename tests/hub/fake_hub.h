#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "lienzo/hub/hub_client.h"
#include "test_server.h"

namespace lienzo::hub {

/// A repository of the fake hub.
struct FakeRepo {
  std::map<std::string, std::string> files;  // path, content
  std::string licence = {};
  bool gated = false;  // for everybody without the token
};

/// A server that speaks as the Hugging Face hub does about the repositories it was given: names,
/// listings in pages, files; weights by way of a redirect to another server, its store.
class FakeHub {
 public:
  /// May answer in the place of the hub or its store.
  using Fault = std::function<std::optional<Answer>(const Seen&)>;

  explicit FakeHub(std::map<std::string, FakeRepo> repos, Fault fault = {});

  HubAccess access(const std::string& token = "") const { return {hub_.url(), token}; }
  const TestServer& hub() const { return hub_; }
  const TestServer& store() const { return store_; }

  /// The commit that all repositories are at, and the token that opens the gated ones.
  static constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";
  static constexpr const char* kToken = "hf_secret";

 private:
  Answer answer(const Seen& request);
  Answer describe(const FakeRepo& repo) const;
  Answer list(const FakeRepo& repo, const std::string& path) const;
  Answer resolve(const Seen& request, const FakeRepo& repo, const std::string& path) const;

  std::map<std::string, FakeRepo> repos_;
  Fault fault_;
  TestServer store_, hub_;  // last: they answer as soon as they are there
};

/// Whether the hub keeps a file in its store, known by its SHA-256.
bool is_stored(const std::string& path);

/// The checksum that the hub gives for a file.
Checksum checksum_of(const std::string& path, const std::string& content);

/// Retries without long waits.
inline const RetryPolicy kQuick{.attempts = 3, .first_wait = 0.01, .longest_wait = 0.02};

/// A diffusers repository in a few kilobytes: a U-Net in fp32 and fp16, .bin copies, ONNX, a safety
/// checker and a checkpoint in a single file beside it.
FakeRepo tiny_pipeline();

/// As openai/clip-vit-large-patch14: a vocabulary and much else.
FakeRepo clip_repo();

}  // namespace lienzo::hub
