#include "fake_hub.h"

#include <fmt/format.h>

#include "lienzo/base/json.h"

namespace lienzo::hub {
namespace {

constexpr size_t kPage = 7;  // files in a page of the listing

Answer refuse(int status, const std::string& code, const std::string& message) {
  return {.status = status,
          .headers = {{"X-Error-Code", code}, {"X-Error-Message", message}},
          .body = "<html>no</html>"};
}

// The part behind `prefix`, if `path` begins with it.
std::optional<std::string> behind(const std::string& path, const std::string& prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  return path.substr(prefix.size());
}

}  // namespace

bool is_stored(const std::string& path) {
  return path.ends_with(".safetensors") || path.ends_with(".bin") || path.ends_with(".onnx") ||
         path.ends_with(".ckpt");
}

Checksum checksum_of(const std::string& path, const std::string& content) {
  ChecksumBuilder builder(is_stored(path) ? ChecksumKind::kSha256 : ChecksumKind::kGitBlob,
                          content.size());
  builder.add(std::as_bytes(std::span(content)));
  return builder.finish();
}

FakeHub::FakeHub(std::map<std::string, FakeRepo> repos, Fault fault)
    : repos_(std::move(repos)),
      fault_(std::move(fault)),
      store_([this](const Seen& request) -> Answer {
        if (fault_) {
          if (auto answer = fault_(request)) return *answer;
        }
        for (const auto& [name, repo] : repos_) {
          for (const auto& [path, content] : repo.files) {
            const std::string digest = checksum_of(path, content).hex;
            if (request.path == "/store/" + digest)
              return serve_file(request, content, "\"" + digest + "\"");
          }
        }
        return {.status = 404};
      }),
      hub_([this](const Seen& request) { return answer(request); }) {}

Answer FakeHub::answer(const Seen& request) {
  if (fault_) {
    if (auto answer = fault_(request)) return *answer;
  }
  for (const auto& [name, repo] : repos_) {
    const auto api = behind(request.path, "/api/models/" + name + "/");
    const auto file = behind(request.path, "/" + name + "/resolve/" + kCommit + "/");
    if (!api && !file) continue;
    // The hub tells about gated repositories, but keeps their files.
    if (file && repo.gated && request.header("authorization") != std::string("Bearer ") + kToken)
      return refuse(401, "GatedRepo", "Access to model " + name + " is restricted.");
    if (file) return resolve(request, repo, *file);
    if (*api == "revision/main" || *api == std::string("revision/") + kCommit)
      return describe(repo);
    if (const auto tree = behind(*api, std::string("tree/") + kCommit))
      return list(repo, request.path);
    return refuse(404, "RevisionNotFound", "Invalid rev id");
  }
  return refuse(401, "RepoNotFound", "Repository not found");
}

Answer FakeHub::describe(const FakeRepo& repo) const {
  Json json = {{"sha", kCommit}, {"gated", false}};
  if (repo.gated) json["gated"] = "auto";
  if (!repo.licence.empty()) json["cardData"] = {{"license", repo.licence}};
  return {.body = json.dump()};
}

Answer FakeHub::list(const FakeRepo& repo, const std::string& path) const {
  const size_t cursor = path.find("cursor=");
  const size_t begin = cursor == std::string::npos ? 0 : std::stoull(path.substr(cursor + 7));
  Json list = Json::array();
  if (begin == 0)
    list.push_back({{"type", "directory"}, {"path", "unet"}, {"size", 0}, {"oid", ""}});
  size_t at = 0;
  for (const auto& [name, content] : repo.files) {
    if (at++ < begin || at > begin + kPage) continue;
    const Checksum checksum = checksum_of(name, content);
    Json item = {{"type", "file"}, {"path", name}, {"size", content.size()}};
    item["oid"] = std::string(40, 'a');
    if (is_stored(name)) {
      item["lfs"] = {{"oid", checksum.hex}, {"size", content.size()}, {"pointerSize", 130}};
    } else {
      item["oid"] = checksum.hex;
    }
    list.push_back(std::move(item));
  }
  Answer answer{.body = list.dump()};
  if (begin + kPage < repo.files.size()) {
    const std::string plain = path.substr(0, path.find("&cursor="));
    answer.headers.emplace_back(
        "Link", fmt::format("<{}&cursor={}>; rel=\"next\"", hub_.url(plain), begin + kPage));
  }
  return answer;
}

Answer FakeHub::resolve(const Seen& request, const FakeRepo& repo, const std::string& path) const {
  const auto found = repo.files.find(path);
  if (found == repo.files.end()) return refuse(404, "EntryNotFound", "Entry not found");
  const std::string digest = checksum_of(path, found->second).hex;
  if (is_stored(path))
    return {.status = 302, .headers = {{"Location", store_.url("/store/" + digest)}}};
  return serve_file(request, found->second, "\"" + digest + "\"");
}

FakeRepo tiny_pipeline() {
  FakeRepo repo;
  repo.licence = "openrail++";
  auto& files = repo.files;
  files["README.md"] = "---\nlicense: openrail++\n---\n# Tiny\n";
  files["LICENSE.md"] = "Be good.\n";
  files["model_index.json"] =
      R"({"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.24.0",
          "feature_extractor": [null, null], "requires_safety_checker": true,
          "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
          "scheduler": ["diffusers", "EulerDiscreteScheduler"],
          "text_encoder": ["transformers", "CLIPTextModel"],
          "tokenizer": ["transformers", "CLIPTokenizer"],
          "unet": ["diffusers", "UNet2DConditionModel"],
          "vae": ["diffusers", "AutoencoderKL"]})";
  files["scheduler/scheduler_config.json"] = "{}";
  files["tokenizer/vocab.json"] = "{\"a\": 0}";
  files["tokenizer/merges.txt"] = "#version: 0.2\n";
  files["tokenizer/tokenizer_config.json"] = "{}";
  files["text_encoder/config.json"] = "{}";
  files["text_encoder/model.safetensors"] = std::string(3000, 't');
  files["text_encoder/pytorch_model.bin"] = std::string(3100, 'T');
  files["text_encoder/model.onnx"] = std::string(3200, 'o');
  files["unet/config.json"] = "{}";
  files["unet/diffusion_pytorch_model.safetensors"] = std::string(9000, 'u');
  files["unet/diffusion_pytorch_model.fp16.safetensors"] = std::string(4500, 'h');
  files["unet/diffusion_pytorch_model.bin"] = std::string(9100, 'U');
  files["vae/config.json"] = "{}";
  files["vae/diffusion_pytorch_model.bin"] = std::string(2000, 'V');
  files["safety_checker/config.json"] = "{}";
  files["safety_checker/model.safetensors"] = std::string(5000, 's');
  files["tiny.safetensors"] = std::string(20000, 'x');
  files["preview.png"] = "png";
  return repo;
}

FakeRepo clip_repo() {
  FakeRepo repo;
  repo.files = {{"config.json", "{}"},
                {"vocab.json", "{\"!\": 0}"},
                {"merges.txt", "#version: 0.2\ni n\n"},
                {"model.safetensors", std::string(7000, 'c')}};
  return repo;
}

}  // namespace lienzo::hub
