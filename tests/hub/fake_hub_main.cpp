// A hub for transcripts of the command line: prints its address and serves until its input ends.
//   some/tiny, stabilityai/sd-turbo   a small pipeline
//   some/checkpoint                   one checkpoint in a single file
//   some/gated                        asks for consent; the token is hf_secret
//   some/flaky                        the first transfer of weights breaks off half way
//   some/slow                         weights that take minutes
//   some/damaged                      weights that are not what the listing says
//   some/hostile                      a listing that leads out of the folder
#include <cstdio>
#include <utility>

#include "fake_hub.h"

namespace lienzo::hub {
namespace {

// Weights by their size, since the store knows digests only.
FakeRepo checkpoint(size_t bytes, char fill) {
  FakeRepo repo;
  repo.files = {{"README.md", "---\nlicense: mit\n---\n"},
                {"model.safetensors", std::string(bytes, fill)}};
  return repo;
}

std::string store_path(const FakeRepo& repo) {
  return "/store/" + checksum_of("model.safetensors", repo.files.at("model.safetensors")).hex;
}

int serve() {
  const FakeRepo plain = checkpoint(300'000, 'p');
  const FakeRepo flaky = checkpoint(400'000, 'f');
  const FakeRepo slow = checkpoint(500'000, 's');
  const FakeRepo damaged = checkpoint(600'000, 'd');
  FakeRepo gated = tiny_pipeline();
  gated.gated = true;
  bool broken_once = false;
  const FakeHub hub(
      {{"some/tiny", tiny_pipeline()},
       {"stabilityai/sd-turbo", tiny_pipeline()},
       {"some/checkpoint", plain},
       {"some/gated", gated},
       {"some/flaky", flaky},
       {"some/slow", slow},
       {"some/damaged", damaged},
       {"some/hostile", plain},
       {"openai/clip-vit-large-patch14", clip_repo()}},
      [&](const Seen& seen) -> std::optional<Answer> {
        if (seen.path == store_path(flaky) && !std::exchange(broken_once, true)) {
          Answer answer = serve_file(seen, flaky.files.at("model.safetensors"), "\"f\"");
          answer.break_after = answer.body.size() / 2;
          return answer;
        }
        if (seen.path == store_path(slow)) {
          Answer answer = serve_file(seen, slow.files.at("model.safetensors"), "\"s\"");
          answer.pause = 0.001;
          return answer;
        }
        if (seen.path == store_path(damaged))
          return serve_file(seen, std::string(600'000, '?'), "\"d\"");
        if (seen.path.starts_with("/api/models/some/hostile/tree/"))
          return Answer{.body =
                            R"([{"type":"file","path":"../../../escaped.safetensors","size":4}])"};
        return std::nullopt;
      });
  std::printf("%s\n", hub.access().endpoint.c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}

}  // namespace
}  // namespace lienzo::hub

int main() { return lienzo::hub::serve(); }
