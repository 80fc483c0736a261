#include "lienzo/pipelines/names_elsewhere.h"

#include "lienzo/diffusion/sampler_names.h"
#include "lienzo/provenance/record.h"

namespace lienzo::pipelines {

void name_sampling_elsewhere(provenance::Record& record) {
  auto& names = record.elsewhere;
  names.emplace_back("Sampler", diffusion::automatic1111_sampler(record.sampler));
  const Json ours = record.extra.value("schedule", Json());
  if (!ours.is_string()) return;
  const std::string schedule = diffusion::automatic1111_schedule(ours.get<std::string>());
  if (!schedule.empty()) names.emplace_back("Schedule type", schedule);
}

}  // namespace lienzo::pipelines
