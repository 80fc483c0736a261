#pragma once

namespace lienzo::provenance {
struct Record;
}

namespace lienzo::pipelines {

/// Puts the record's sampler and, where `extra` names one, its schedule into `elsewhere` by the
/// names of AUTOMATIC1111's web UI (modules/processing.py, create_infotext), so that its users can
/// repeat the picture. What has no name there keeps ours.
void name_sampling_elsewhere(provenance::Record& record);

}  // namespace lienzo::pipelines
