#pragma once

#include <chrono>
#include <cstddef>
#include <string>

struct sockaddr;

namespace lienzo::http {

/// Which addresses of pictures in requests a server reads.
enum class RemoteImages {
  kNone,
  kPublic,  // on the internet; what a request names must not reach into the server's own network
  kAny,     // anywhere, also by way of a proxy that the environment names
};

struct RemoteLimits {
  size_t largest = size_t{64} << 20;          // bytes
  std::chrono::milliseconds longest{20'000};  // from the first to the last byte, redirects included
  int redirects = 3;
};

/// What http or https gives at `url`. Every connection, also that of a redirect and whatever a name
/// stood for before, is looked at as it is made. Throws HttpError naming `field`, the address and
/// what is allowed: 400, or 413 for too many bytes.
std::string fetch_remote(const std::string& url,
                         const std::string& field,
                         RemoteImages allowed,
                         const RemoteLimits& limits);

/// Whether an address of IPv4 or IPv6 is one of the internet: none of this machine, of private
/// networks, of a link, for many receivers, for documentation, or one that stands for another.
bool is_public(const sockaddr& address);

}  // namespace lienzo::http
