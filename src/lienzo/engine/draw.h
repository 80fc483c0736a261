#pragma once

#include <span>
#include <vector>

#include "lienzo/engine/model_catalogue.h"
#include "lienzo/pipelines/any_model.h"
#include "lienzo/pipelines/picture_upscaler.h"
#include "lienzo/pipelines/stable_diffusion/stable_diffusion.h"
#include "lienzo/provenance/record.h"
#include "lienzo/service/engine.h"

namespace lienzo::engine {

/// What a model of Lienzo's own makes of a request.
std::vector<service::MadePicture> draw_lienzo(pipelines::AnyModel& model,
                                              const service::DrawRequest& request,
                                              const service::BlobReader& blobs,
                                              const service::EngineHooks& hooks);

/// The same for several jobs side by side, each with its share of the threads, which changes no
/// picture. A job's result is empty when it was cancelled. Throws what the first of them throws
/// that fails; the others then stop.
std::vector<std::vector<service::MadePicture>> draw_lienzo_together(
    pipelines::AnyModel& model,
    std::span<const service::EngineJob> jobs,
    const service::BlobReader& blobs);

/// What a Stable Diffusion model makes of it. `preview_every`: steps; 0: no previews.
std::vector<service::MadePicture> draw_stable_diffusion(pipelines::StableDiffusion& model,
                                                        const service::DrawRequest& request,
                                                        const service::BlobReader& blobs,
                                                        const service::EngineHooks& hooks,
                                                        int preview_every);

/// The picture `scale` times larger by `upscaler`, or by Lanczos' filter for nullptr; its record is
/// kept and says so.
std::vector<service::MadePicture> enlarge(const service::DrawRequest& request,
                                          const service::BlobReader& blobs,
                                          pipelines::PictureUpscaler* upscaler,
                                          const service::EngineHooks& hooks);

/// A finished picture as its file.
service::MadePicture encode(const image::Image& image,
                            const provenance::Record& record,
                            const service::OutputOptions& output);

/// Progress of a pipeline, told to whoever waits for the job.
ProgressSink progress_sink(const service::DrawRequest& request, const service::EngineHooks& hooks);

/// The record in a picture's bytes, if it has one.
std::optional<provenance::Record> record_of(const std::string& bytes);

image::Image decode(const std::string& bytes, bool keep_alpha = false);

/// A picture as a WebP of at most 384 pixels a side.
std::string preview_bytes(const image::Image& picture);

}  // namespace lienzo::engine
