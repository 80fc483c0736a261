#pragma once

#include <string>
#include <vector>

#include "lienzo/pipelines/stable_diffusion/request.h"
#include "lienzo/provenance/record.h"

/// What the record of a picture, ours or another program's, says of how to draw it again.
namespace lienzo::cli {

/// Throws Error(kInvalidInput) for a record whose settings are not what this version writes.
void apply_record(const provenance::Record& record, pipelines::StableDiffusionRequest& request);

/// How a mask was used; what the record does not say stays.
void apply_recorded_mask(const provenance::Record& record, pipelines::InpaintOptions& inpaint);

/// Whether the picture was made from another one; whether through a mask.
bool is_of_a_picture(const provenance::Record& record);
bool is_of_a_mask(const provenance::Record& record);

/// The settings of another program that change its picture and are not read.
std::vector<std::string> unread_settings(const provenance::Record& record);

/// "LOW:HIGH"; either may be left out. Throws Error(kInvalidInput).
diffusion::GuidanceInterval parse_interval(const std::string& text);

/// Takes a sampler by any program's name, and the schedule that it may name.
void set_sampler(const std::string& name, pipelines::StableDiffusionRequest& request);

}  // namespace lienzo::cli
