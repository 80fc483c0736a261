#include "lienzo/hub/http_status.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/base/printable.h"
#include "lienzo/hub/url.h"

namespace lienzo::hub {
namespace {

std::string own_words(const HttpResponse& response) {
  const std::string text = printable(response.header("x-error-message"), 300);
  return text.empty() ? text : " (\"" + text + "\")";
}

}  // namespace

void throw_status(const HttpResponse& response, const std::string& page, bool with_token) {
  const std::string code = response.header("x-error-code");
  const std::string what = fmt::format(
      "[hub] {}: status {}{}", without_query(response.url), response.status, own_words(response));
  const std::string here = page.empty() ? "the page of the model" : page;
  const bool forbidden = response.status == 401 || response.status == 403;
  if (code == "RepoNotFound") {
    throw Error(ErrorKind::kNotFound,
                fmt::format("{}; there is no such model, or it is private: check the spelling of "
                            "OWNER/REPO; for a private one {}",
                            what,
                            with_token ? "take a token that opens it" : "set HF_TOKEN"));
  }
  if (code == "GatedRepo") {
    throw Error(ErrorKind::kIo,
                fmt::format("{}; its makers ask for consent: accept the licence at {}{}",
                            what,
                            here,
                            with_token ? " with the account of your token"
                                       : ", make a token there and set HF_TOKEN"));
  }
  if (forbidden && with_token) {
    throw Error(ErrorKind::kIo,
                fmt::format("{}; the token in use does not open it: check HF_TOKEN, and accept the "
                            "licence at {} with the same account",
                            what,
                            here));
  }
  if (forbidden) {
    throw Error(ErrorKind::kIo,
                fmt::format("{}; it needs permission: accept the licence at {}, make a token there "
                            "and set HF_TOKEN",
                            what,
                            here));
  }
  if (code == "RevisionNotFound") {
    throw Error(ErrorKind::kNotFound,
                fmt::format("{}; there is no such branch, tag or commit, see {}", what, here));
  }
  if (response.status == 404 || response.status == 410) {
    throw Error(ErrorKind::kNotFound, fmt::format("{}; there is no such file, see {}", what, here));
  }
  throw Error(ErrorKind::kIo, what);
}

}  // namespace lienzo::hub
