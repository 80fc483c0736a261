#include "lienzo/hub/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "lienzo/base/error.h"
#include "lienzo/base/printable.h"

namespace lienzo::hub {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// A part of `url` as libcurl understands it, since it must be the part that libcurl will use.
std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  std::transform(copy.begin(), copy.end(), copy.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return copy;
}

}  // namespace

std::string encode_segment(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    encoded += is_unreserved(c) ? std::string(1, c)
                                : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string encode_path(std::string_view path) {
  std::string encoded;
  size_t begin = 0;
  while (true) {
    const size_t end = path.find('/', begin);
    encoded += encode_segment(path.substr(begin, end - begin));
    if (end == std::string_view::npos) return encoded;
    encoded += '/';
    begin = end + 1;
  }
}

std::string origin_of(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  const bool valid = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
  const std::string scheme = valid ? part_of(parsed.get(), CURLUPART_SCHEME) : "";
  if (scheme != "http" && scheme != "https") {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[hub] '{}' is no URL that can be downloaded from, expected one that "
                            "begins with https:// or http://",
                            without_query(url)));
  }
  return fmt::format("{}://{}:{}",
                     scheme,
                     part_of(parsed.get(), CURLUPART_HOST),
                     part_of(parsed.get(), CURLUPART_PORT));
}

void check_redirect(const std::string& from, const std::string& to) {
  const auto reject = [&](std::string_view problem) {
    throw Error(ErrorKind::kCorrupt,
                fmt::format("[hub] {} redirects to '{}', {}; not followed",
                            without_query(from),
                            without_query(to),
                            problem));
  };
  const bool encrypted = to.starts_with("https://");
  if (!encrypted && !to.starts_with("http://")) reject("expected a URL of http or https");
  if (!encrypted && origin_of(from).starts_with("https:")) reject("which is not encrypted");
}

std::string server_of(const std::string& url) {
  std::string server = origin_of(url);
  const size_t host = server.find("://") + 3;
  const std::string usual_port = server.starts_with("https:") ? ":443" : ":80";
  if (server.ends_with(usual_port)) server.resize(server.size() - usual_port.size());
  return server.substr(host);
}

std::string without_query(const std::string& url) {
  return printable(url.substr(0, url.find('?')), 300);
}

}  // namespace lienzo::hub
