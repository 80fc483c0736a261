#include "lienzo/hub/checksum.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "lienzo/base/error.h"

namespace lienzo::hub {
namespace {

void require(int openssl_result) {
  if (openssl_result != 1)
    throw Error(ErrorKind::kInternal, "[hub] OpenSSL could not compute a checksum");
}

}  // namespace

struct ChecksumBuilder::Digest {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  Digest() = default;
  ~Digest() { EVP_MD_CTX_free(context); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
};

std::string to_string(const Checksum& checksum) {
  switch (checksum.kind) {
    case ChecksumKind::kNone: return "";
    case ChecksumKind::kSha256: return "sha256:" + checksum.hex;
    case ChecksumKind::kGitBlob: return "git:" + checksum.hex;
  }
  return "";
}

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

ChecksumBuilder::ChecksumBuilder(ChecksumKind kind, uint64_t size) : kind_(kind) {
  if (kind == ChecksumKind::kNone) return;
  digest_ = std::make_unique<Digest>();
  const bool git = kind == ChecksumKind::kGitBlob;
  require(EVP_DigestInit_ex(digest_->context, git ? EVP_sha1() : EVP_sha256(), nullptr));
  if (!git) return;
  // git-hash-object(1): the header of a blob, its final zero included.
  const std::string header = fmt::format("blob {}", size);
  require(EVP_DigestUpdate(digest_->context, header.c_str(), header.size() + 1));
}

ChecksumBuilder::~ChecksumBuilder() = default;
ChecksumBuilder::ChecksumBuilder(ChecksumBuilder&&) noexcept = default;
ChecksumBuilder& ChecksumBuilder::operator=(ChecksumBuilder&&) noexcept = default;

void ChecksumBuilder::add(std::span<const std::byte> bytes) {
  if (digest_) require(EVP_DigestUpdate(digest_->context, bytes.data(), bytes.size()));
}

Checksum ChecksumBuilder::finish() {
  if (!digest_) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int length = 0;
  require(EVP_DigestFinal_ex(digest_->context, bytes.data(), &length));
  Checksum checksum{kind_, {}};
  for (unsigned int k = 0; k < length; ++k) checksum.hex += fmt::format("{:02x}", bytes[k]);
  return checksum;
}

}  // namespace lienzo::hub
