#include "lienzo/http/remote_images.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "lienzo/base/version.h"
#include "lienzo/http/http_error.h"

namespace lienzo::http {
namespace {

constexpr long kConnectMilliseconds = 5000;

struct Network4 {
  uint32_t address;
  int bits;
};

// Not of the internet: IANA's registry of special addresses of IPv4 (RFC 6890), and RFC 5771.
constexpr Network4 kSpecial4[] = {
    {0x00000000, 8},   // this network
    {0x0A000000, 8},   // private
    {0x64400000, 10},  // shared by the customers of a provider
    {0x7F000000, 8},   // loopback
    {0xA9FE0000, 16},  // link-local
    {0xAC100000, 12},  // private
    {0xC0000000, 24},  // protocol assignments
    {0xC0000200, 24},  // documentation
    {0xC0586300, 24},  // relays of 6to4
    {0xC0A80000, 16},  // private
    {0xC6120000, 15},  // benchmarks
    {0xC6336400, 24},  // documentation
    {0xCB007100, 24},  // documentation
    {0xE0000000, 3},   // multicast, reserved, broadcast
};

struct Network6 {
  std::array<uint8_t, 4> start;
  int bits;
};

// The same for IPv6, within 2000::/3, outside of which nothing is of the internet.
constexpr Network6 kSpecial6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23},  // protocol assignments, Teredo
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02, 0x00, 0x00}, 16},  // 6to4: stands for an address of IPv4
    {{0x3f, 0xff, 0x00, 0x00}, 20},  // documentation
};

bool is_within(uint32_t address, uint32_t network, int bits) {
  return (address ^ network) >> (32 - bits) == 0;
}

/// One picture on its way; libcurl's callbacks end here.
struct Fetch {
  RemoteImages allowed;
  size_t largest;
  std::string body = {};
  bool too_large = false;
  std::array<char, INET6_ADDRSTRLEN> refused = {};  // the address, if one was
};

curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* peer) {
  auto& fetch = *static_cast<Fetch*>(user);
  const sockaddr& address = peer->addr;
  if (fetch.allowed != RemoteImages::kAny && !is_public(address)) {
    std::strcpy(fetch.refused.data(), "?");
    const void* number =
        address.sa_family == AF_INET6
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr)
            : &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    inet_ntop(address.sa_family, number, fetch.refused.data(), fetch.refused.size());
    return CURL_SOCKET_BAD;
  }
  return ::socket(peer->family, peer->socktype | SOCK_CLOEXEC, peer->protocol);
}

size_t on_body(char* data, size_t size, size_t count, void* user) {
  auto& fetch = *static_cast<Fetch*>(user);
  const size_t bytes = size * count;
  fetch.too_large = bytes > fetch.largest - fetch.body.size();
  if (fetch.too_large) return 0;
  try {
    fetch.body.append(data, bytes);
  } catch (const std::exception&) {  // no exception may pass through libcurl
    return 0;
  }
  return bytes;
}

/// The address for messages: without a name and a password, and without what follows '?', which may
/// be secret; not too long.
std::string shown_address(std::string_view url) {
  constexpr size_t kLongest = 200;
  url = url.substr(0, url.find_first_of("?#"));
  const size_t host = url.find("://") + 3;
  const size_t path = std::min(url.find('/', host), url.size());
  const size_t at = url.substr(0, path).rfind('@');
  std::string text(url.substr(0, host));
  text += url.substr(at == std::string_view::npos ? host : at + 1);
  return text.substr(0, kLongest);
}

std::string reason(CURLcode code, const Fetch& fetch, const RemoteLimits& limits) {
  if (fetch.refused[0] != '\0') {
    return fmt::format(
        "it leads to {}, and only addresses of the internet are read here; start the server with "
        "`--remote-images any` to read all",
        fetch.refused.data());
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return fmt::format("it takes longer than {} s", limits.longest.count() / 1000.0);
    case CURLE_TOO_MANY_REDIRECTS:
      return fmt::format("it leads on more than {} times", limits.redirects);
    case CURLE_UNSUPPORTED_PROTOCOL: return "it leads to what is neither http nor https";
    case CURLE_LOGIN_DENIED: return "it has a name and a password in it, which are not sent";
    default: return curl_easy_strerror(code);
  }
}

void prepare(CURL* curl, const std::string& url, const RemoteLimits& limits, Fetch& fetch) {
  // Signals are of no use among threads; the server ignores that of a broken connection.
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, static_cast<long>(limits.redirects));
  curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectMilliseconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.longest.count()));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, fmt::format("lienzo/{}", lienzo::version()).c_str());
  // A proxy would connect where we must not.
  if (fetch.allowed != RemoteImages::kAny) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &fetch);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &fetch);
}

}  // namespace

bool is_public(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const uint32_t number = ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr);
    return std::none_of(std::begin(kSpecial4), std::end(kSpecial4), [&](const Network4& network) {
      return is_within(number, network.address, network.bits);
    });
  }
  if (address.sa_family != AF_INET6) return false;
  const auto start = [](const uint8_t* bytes) {
    return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
  };
  const uint32_t number = start(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr.s6_addr);
  return is_within(number, 0x20000000, 3) &&
         std::none_of(std::begin(kSpecial6), std::end(kSpecial6), [&](const Network6& network) {
           return is_within(number, start(network.start.data()), network.bits);
         });
}

std::string fetch_remote(const std::string& url,
                         const std::string& field,
                         RemoteImages allowed,
                         const RemoteLimits& limits) {
  const auto refuse = [&](const std::string& problem, int status = 400) {
    return HttpError(
        status,
        status == 413 ? "too_large" : "invalid_image",
        fmt::format("[request] '{}': {} cannot be read: {}", field, shown_address(url), problem),
        field);
  };
  if (allowed == RemoteImages::kNone) {
    throw refuse(
        "this server reads no addresses; send the picture itself as base64, or start the server "
        "with --remote-images");
  }
  // Once per program, and before any other use of libcurl.
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(
      started == CURLE_OK ? curl_easy_init() : nullptr, curl_easy_cleanup);
  if (!curl) throw Error(ErrorKind::kInternal, "[server] libcurl could not be started");
  Fetch fetch{.allowed = allowed, .largest = limits.largest};
  prepare(curl.get(), url, limits, fetch);
  const CURLcode code = curl_easy_perform(curl.get());
  if (fetch.too_large) throw refuse(fmt::format("it has more than {} bytes", limits.largest), 413);
  if (code != CURLE_OK) throw refuse(reason(code, fetch, limits));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) throw refuse(fmt::format("the answer's status is {}, expected 200", status));
  return std::move(fetch.body);
}

}  // namespace lienzo::http
