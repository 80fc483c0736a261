#include <fmt/format.h>

#include <span>

#include "lienzo/base/config_reader.h"
#include "lienzo/http/http_error.h"
#include "lienzo/http/native_json.h"
#include "lienzo/http/native_routes.h"
#include "lienzo/http/query.h"
#include "lienzo/http/schema.h"
#include "lienzo/image/io.h"
#include "lienzo/image/thumbnail.h"
#include "lienzo/provenance/record.h"

namespace lienzo::http {
namespace {

constexpr int64_t kMost = int64_t{1} << 53;
constexpr int kQuality = 82;  // of thumbnails

std::string media_type(const std::string& format) {
  if (format == "jpg") return "image/jpeg";
  return format == "webp" ? "image/webp" : "image/png";
}

/// The caller's own picture, or anybody's for an administrator.
jobs::PictureRow picture_of(Context& context, const Caller& caller, const std::string& id) {
  std::optional<jobs::PictureRow> row;
  if (jobs::is_digest(id)) {
    row = context.store.find_picture(caller.owner, id);
    if (!row && caller.sees().empty()) row = context.store.find_picture("", id);
  }
  if (!row)
    throw HttpError(
        404, "not_found", fmt::format("[picture] there is no picture {}", id.substr(0, 64)));
  return *row;
}

std::string thumbnail(const std::string& bytes, int side) {
  const std::vector<std::byte> small = image::thumbnail(
      image::decode_image(std::as_bytes(std::span(bytes)), {.keep_alpha = true}), side, kQuality);
  return {reinterpret_cast<const char*>(small.data()), small.size()};
}

/// What a picture says of itself, or null.
Json record_in(std::string_view bytes) {
  try {
    const auto texts =
        image::decode_image_text(std::as_bytes(std::span(bytes.data(), bytes.size())));
    if (const auto record = provenance::find_record(texts, "the picture"))
      return provenance::to_json(*record);
  } catch (const std::exception&) {  // a picture is welcome whatever it says
  }
  return {};
}

Reply for_ever(Reply reply, const std::string& id, const Call& call) {
  const std::string tag = fmt::format("\"{}\"", id);
  reply.headers.emplace_back("Cache-Control", "private, max-age=31536000, immutable");
  reply.headers.emplace_back("ETag", tag);
  if (call.header("If-None-Match") == tag) {
    reply.status = 304;
    reply.body.clear();
  }
  return reply;
}

/// Of a file that keep_picture() took.
std::string format_of(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG")) return "png";
  return bytes.starts_with("RIFF") ? "webp" : "jpg";
}

Reply take_upload(Context& context, const Call& call) {
  const KeptPicture kept = keep_picture(context, call.body, "body");
  context.store.add_upload(call.caller.owner, kept.id);
  return Reply::json({{"id", kept.id},
                      {"width", kept.picture.width},
                      {"height", kept.picture.height},
                      {"format", format_of(call.body)},
                      {"record", record_in(call.body)},
                      {"url", fmt::format("/api/v1/uploads/{}/file", kept.id)}},
                     201);
}

/// A file that the caller sent, or one of its jobs names.
Reply give_upload(Context& context, const Call& call) {
  const std::string& id = call.variables[0];
  if (!jobs::is_digest(id) || !context.store.has_upload(call.caller.sees(), id)) {
    throw HttpError(
        404, "not_found", fmt::format("[upload] there is no upload {}", id.substr(0, 64)));
  }
  Reply reply;
  reply.body = context.blobs.read(id);
  reply.type = media_type(format_of(reply.body));
  return for_ever(std::move(reply), id, call);
}

Reply change_picture(Context& context, const Call& call) {
  jobs::PictureRow row = picture_of(context, call.caller, call.variables[0]);
  const Json json = call.json();
  ConfigReader reader(json, "[request]");
  std::vector<std::string> tags;
  reader.required("tags", tags);
  reader.finish();
  service::check_tags(tags);
  context.store.set_tags(row.owner, row.id, tags);
  row.tags = tags;
  return Reply::json(picture_json(row));
}

Reply list(Context& context, const Call& call) {
  const Query query(call, {"text", "model", "tag", "job", "from", "until", "limit", "before"});
  const jobs::PicturePage page = context.store.list_pictures(
      {.owner = call.caller.sees(),
       .text = query.text("text"),
       .model = query.text("model"),
       .tag = query.text("tag"),
       .job = query.text("job", 100),
       .from = query.whole("from", 0, kMost),
       .until = query.whole("until", 0, kMost),
       .before = query.text("before", 200),
       .limit = static_cast<int>(query.whole("limit", 1, 500).value_or(50))});
  Json pictures = Json::array();
  for (const jobs::PictureRow& row : page.pictures) pictures.push_back(picture_json(row));
  return Reply::json(
      {{"pictures", pictures}, {"next", page.next.empty() ? Json() : Json(page.next)}});
}

}  // namespace

Routes picture_routes(Context& context) {
  const Json id = Json::array({parameter("id", "path", text_schema())});
  const Json picture_files = {{"content", {{"image/*", Json::object()}}}};
  return {
      {"POST",
       "/api/v1/uploads",
       Scope::kGenerate,
       [&context](const Call& call) { return take_upload(context, call); },
       {.summary = "Keeps a picture to work on; the body is the file",
        .responses = {{"201", object_schema()}},
        .listed = false}},
      {"GET",
       "/api/v1/uploads/{id}/file",
       Scope::kRead,
       [&context](const Call& call) { return give_upload(context, call); },
       {.summary = "A picture that was sent",
        .parameters = id,
        .responses = {{"200", picture_files}}}},
      {"GET",
       "/api/v1/pictures",
       Scope::kRead,
       [&context](const Call& call) { return list(context, call); },
       {.summary = "The gallery, newest first",
        .parameters = Json::array({parameter("text", "query", text_schema()),
                                   parameter("model", "query", text_schema()),
                                   parameter("tag", "query", text_schema()),
                                   parameter("job", "query", text_schema()),
                                   parameter("from", "query", whole_schema(0, kMost)),
                                   parameter("until", "query", whole_schema(0, kMost)),
                                   parameter("limit", "query", whole_schema(1, 500)),
                                   parameter("before", "query", text_schema())}),
        .responses = {{"200", object_schema()}}}},
      {"GET",
       "/api/v1/pictures/{id}",
       Scope::kRead,
       [&context](const Call& call) {
         return Reply::json(picture_json(picture_of(context, call.caller, call.variables[0])));
       },
       {.summary = "One picture", .parameters = id, .responses = {{"200", object_schema()}}}},
      {"GET",
       "/api/v1/pictures/{id}/file",
       Scope::kRead,
       [&context](const Call& call) {
         const Query query(call, {"download"});
         const jobs::PictureRow row = picture_of(context, call.caller, call.variables[0]);
         Reply reply;
         reply.type = media_type(row.format);
         reply.body = context.blobs.read(row.id);
         if (query.text("download") == "1") {
           reply.headers.emplace_back("Content-Disposition",
                                      fmt::format("attachment; filename=\"lienzo-{}-{}.{}\"",
                                                  row.seed,
                                                  row.id.substr(0, 8),
                                                  row.format));
         }
         return for_ever(std::move(reply), row.id, call);
       },
       {.summary = "Its file",
        .parameters = Json::array({id[0], parameter("download", "query", text_schema())}),
        .responses = {{"200", picture_files}}}},
      {"GET",
       "/api/v1/pictures/{id}/thumbnail",
       Scope::kRead,
       [&context](const Call& call) {
         const Query query(call, {"size"});
         const int side = static_cast<int>(query.whole("size", 64, 1024).value_or(320));
         const jobs::PictureRow row = picture_of(context, call.caller, call.variables[0]);
         const std::string tag = fmt::format("{}-{}", row.id, side);
         Reply reply;
         reply.type = "image/webp";
         if (call.header("If-None-Match") != fmt::format("\"{}\"", tag))
           reply.body = thumbnail(context.blobs.read(row.id), side);
         return for_ever(std::move(reply), tag, call);
       },
       {.summary = "A small WebP of it",
        .parameters = Json::array({id[0], parameter("size", "query", whole_schema(64, 1024))}),
        .responses = {{"200", picture_files}}}},
      {"PATCH",
       "/api/v1/pictures/{id}",
       Scope::kGenerate,
       [&context](const Call& call) { return change_picture(context, call); },
       {.summary = "Changes its tags",
        .parameters = id,
        .request = {{"type", "object"},
                    {"additionalProperties", false},
                    {"required", {"tags"}},
                    {"properties",
                     {{"tags",
                       {{"type", "array"},
                        {"maxItems", 16},
                        {"items", {{"type", "string"}, {"minLength", 1}, {"maxLength", 64}}}}}}}},
        .responses = {{"200", object_schema()}}}},
      {"DELETE",
       "/api/v1/pictures/{id}",
       Scope::kGenerate,
       [&context](const Call& call) {
         const jobs::PictureRow row = picture_of(context, call.caller, call.variables[0]);
         context.store.remove_picture(row.owner, row.id);
         if (!context.store.is_referenced(row.id)) context.blobs.remove(row.id);
         return Reply::empty();
       },
       {.summary = "Deletes it", .parameters = id, .responses = {{"204", Json()}}}}};
}

}  // namespace lienzo::http
