#include "lienzo/http/native_request.h"

#include <algorithm>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/base/field_error.h"
#include "lienzo/base/file.h"
#include "lienzo/http/http_error.h"
#include "lienzo/http/route.h"
#include "lienzo/text/wildcards.h"

namespace lienzo::http {
namespace {

constexpr size_t kLargestWildcardFile = size_t{4} << 20;

/// A picture of the gallery is its owner's; an upload belongs to whoever knows its digest, which is
/// to say to whoever has the picture.
void check_picture(Context& context,
                   const Caller& caller,
                   const std::string& id,
                   const char* field) {
  if (!jobs::is_digest(id)) {
    throw HttpError(400,
                    "invalid_input",
                    std::string("[request] '") + field +
                        "' is no picture, expected its id (64 hexadecimal digits), "
                        "data:image/...;base64,... or, "
                        "where the server reads addresses, http(s)://...",
                    field);
  }
  // As young as a new one from here on, so that no sweep takes it before the job is in the store.
  const bool there = context.blobs.touch(id);
  const std::string owner = caller.sees();
  const bool others = there && !owner.empty() && context.store.is_referenced(id) &&
                      !context.store.find_picture(owner, id) &&
                      !context.store.has_upload(owner, id);
  if (!there || others) {
    throw HttpError(400,
                    "invalid_input",
                    std::string("[request] '") + field + "' is a picture that is not here",
                    field);
  }
}

}  // namespace

service::DrawRequest native_request(Context& context, const Caller& caller, Json json) {
  for (const char* field : {"picture", "mask"}) {
    const auto found = json.find(field);
    if (found == json.end() || !found->is_string()) continue;
    const std::string text = *found;
    if (text.find(':') != std::string::npos)
      *found = keep_picture(context, picture_bytes(context, text, field), field).id;
  }
  service::DrawRequest request = service::request_from_json(json, "[request]");
  if (!request.picture.empty()) check_picture(context, caller, request.picture, "picture");
  if (!request.mask.empty()) check_picture(context, caller, request.mask, "mask");
  return request;
}

std::pair<std::string, size_t> expand_request(const Json& json) {
  ConfigReader reader(json, "[request]");
  std::string prompt;
  int limit = 100;
  reader.required("prompt", prompt);
  reader.optional("limit", limit);
  reader.finish();
  if (limit < 0 || limit > 10'000)
    throw FieldError(ErrorKind::kInvalidInput, "[request] 'limit' expected 0 to 10,000", "limit");
  return {prompt, static_cast<size_t>(limit)};
}

std::optional<std::vector<std::string>> wildcard_lines(const std::filesystem::path& folder,
                                                       const std::string& name) {
  if (folder.empty() || !text::is_wildcard_name(name)) return std::nullopt;
  std::string all;
  try {
    all = read_text_file(folder / (name + ".txt"), kLargestWildcardFile);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return std::nullopt;
    throw;
  }
  std::vector<std::string> lines;
  for (size_t at = 0; at < all.size();) {
    size_t end = std::min(all.find('\n', at), all.size());
    std::string line = all.substr(at, end - at);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty() && line[0] != '#') lines.push_back(std::move(line));
    at = end + 1;
  }
  return lines;
}

std::vector<std::string> wildcard_names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() == ".txt" && text::is_wildcard_name(path.stem().string()))
      names.push_back(path.stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace lienzo::http
