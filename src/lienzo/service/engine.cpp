#include "lienzo/service/engine.h"

#include "lienzo/base/error.h"

namespace lienzo::service {

std::vector<std::vector<MadePicture>> Engine::draw_together(std::span<const EngineJob> jobs,
                                                            const BlobReader& blobs) {
  std::vector<std::vector<MadePicture>> made(jobs.size());
  for (size_t k = 0; k < jobs.size(); ++k) {
    try {
      made[k] = draw(jobs[k].request, blobs, jobs[k].hooks);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kCancelled) throw;
    }
  }
  return made;
}

}  // namespace lienzo::service
