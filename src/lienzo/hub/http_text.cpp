#include "lienzo/hub/http_text.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/hub/http_status.h"

namespace lienzo::hub {

HttpText get_text(HttpSession& session,
                  const HttpRequest& request,
                  size_t max_bytes,
                  const std::string& page,
                  const RetryPolicy& policy,
                  const Cancelled& cancelled) {
  std::string body;
  const HttpSink sink{
      .on_response =
          [&](const HttpResponse&) {
            body.clear();
            return true;
          },
      .on_body =
          [&](std::span<const std::byte> bytes) {
            if (body.size() + bytes.size() > max_bytes) {
              throw Error(ErrorKind::kCorrupt,
                          fmt::format("[hub] {} answers with more than {} bytes, expected a small "
                                      "document",
                                      request.url,
                                      max_bytes));
            }
            body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
          }};
  const auto nothing_kept = [] { return uint64_t{0}; };
  HttpResult result = with_retries(session, policy, cancelled, nothing_kept, [&] {
    return session.get(request, sink, cancelled);
  });
  if (result.response.status < 200 || result.response.status > 299)
    throw_status(result.response, page, !request.token.empty());
  return {std::move(result.response), std::move(body)};
}

}  // namespace lienzo::hub
