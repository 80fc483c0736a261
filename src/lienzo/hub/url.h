#pragma once

#include <string>
#include <string_view>

namespace lienzo::hub {

/// `text` as one segment of a path: all but letters, digits and -._~ as %XX (RFC 3986, 2.3).
std::string encode_segment(std::string_view text);

/// The same for each segment of a path; the slashes between them stay.
std::string encode_path(std::string_view path);

/// Who answers a URL: "https://host:443", lower case, the port always written, no user or password.
/// Throws Error(kInvalidInput) for what is no URL of http or https.
std::string origin_of(const std::string& url);

/// Throws Error(kCorrupt) unless a redirect of `from` to `to` may be followed: to http or https,
/// and not from an encrypted connection to one that is not.
void check_redirect(const std::string& from, const std::string& to);

/// The server of a URL for messages: "huggingface.co", "localhost:8080".
std::string server_of(const std::string& url);

/// A URL for messages: without what follows '?', which may be secret, and not too long.
std::string without_query(const std::string& url);

}  // namespace lienzo::hub
