#include "lienzo/training/task.h"

#include "lienzo/weights/load.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::training {

void Task::load_first_weights(const std::filesystem::path& file) {
  weights::load_strict(module(), weights::SafetensorsFile::open(file));
}

}  // namespace lienzo::training
