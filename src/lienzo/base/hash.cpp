#include "lienzo/base/hash.h"

#include <openssl/evp.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <memory>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"

namespace lienzo {

namespace {

/// SHA-256 of what is given piece by piece.
class Digest {
 public:
  Digest() { check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr)); }
  void add(std::span<const std::byte> bytes) {
    check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
  }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), &length));
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(size_t{2} * length);
    for (unsigned int i = 0; i < length; ++i) {
      text += kDigits[digest[i] >> 4];
      text += kDigits[digest[i] & 15];
    }
    return text;
  }

 private:
  static void check(int result) {
    if (result != 1) throw Error(ErrorKind::kInternal, "[hash] OpenSSL could not compute SHA-256");
  }

  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

}  // namespace

std::string sha256_hex(std::span<const std::byte> bytes) {
  Digest digest;
  digest.add(bytes);
  return digest.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  constexpr size_t kPiece = size_t{16} << 20;  // a multiple of every page size
  const MappedFile file(path);
  const std::span<const std::byte> bytes = file.bytes();
  Digest digest;
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    const auto piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
    digest.add(piece);
    // A file of gigabytes would count as memory of this process otherwise.
    ::madvise(const_cast<std::byte*>(piece.data()), piece.size(), MADV_DONTNEED);
  }
  return digest.hex();
}

}  // namespace lienzo
