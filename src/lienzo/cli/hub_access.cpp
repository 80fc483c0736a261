#include "lienzo/cli/hub_access.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/trimmed.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

fs::path token_file() {
  if (const std::string path = variable("HF_TOKEN_PATH"); !path.empty()) return path;
  if (const std::string home = variable("HF_HOME"); !home.empty()) return fs::path(home) / "token";
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty())
    return fs::path(cache) / "huggingface/token";
  return fs::path(variable("HOME")) / ".cache/huggingface/token";
}

std::string find_token() {
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (std::string token(trimmed(variable(name))); !token.empty()) return token;
  }
  try {
    return std::string(trimmed(read_text_file(token_file(), 4096)));
  } catch (const Error&) {
    return {};  // without one, what is open to everybody can still be had
  }
}

}  // namespace

hub::HubAccess hub_access() {
  hub::HubAccess access;
  if (std::string endpoint(trimmed(variable("HF_ENDPOINT"))); !endpoint.empty())
    access.endpoint = std::move(endpoint);
  access.token = find_token();
  return access;
}

}  // namespace lienzo::cli
