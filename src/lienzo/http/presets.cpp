#include "lienzo/http/presets.h"

namespace lienzo::http {
namespace {

Json preset(
    const char* id, const char* en, const char* es, const char* prompt, const char* negative) {
  return {{"id", id},
          {"name", {{"en", en}, {"es", es}}},
          {"prompt", prompt},
          {"negative_prompt", negative}};
}

}  // namespace

Json presets() {
  return {preset("photograph",
                 "Photograph",
                 "Fotografía",
                 "{prompt}, photograph, natural light, 35mm, sharp focus",
                 "painting, drawing, illustration, render"),
          preset("oil",
                 "Oil painting",
                 "Óleo",
                 "{prompt}, oil painting on canvas, visible brush strokes",
                 "photograph"),
          preset("watercolour",
                 "Watercolour",
                 "Acuarela",
                 "{prompt}, watercolour on paper, soft washes, white margins",
                 "photograph, heavy outlines"),
          preset("ink",
                 "Ink drawing",
                 "Tinta",
                 "{prompt}, black ink drawing, cross-hatching, white paper",
                 "colour, photograph"),
          preset("pencil",
                 "Pencil sketch",
                 "Lápiz",
                 "{prompt}, pencil sketch, graphite, fine lines",
                 "colour, photograph"),
          preset("poster",
                 "Poster",
                 "Cartel",
                 "{prompt}, screen-printed poster, flat colours, bold shapes, few colours",
                 "photograph, gradient"),
          preset("isometric",
                 "Isometric",
                 "Isométrico",
                 "{prompt}, isometric view, clean 3d render, soft shadows",
                 "perspective, photograph"),
          preset("pixel",
                 "Pixel art",
                 "Píxeles",
                 "{prompt}, pixel art, limited palette",
                 "blurry, photograph"),
          preset("night",
                 "Cinematic night",
                 "Noche de cine",
                 "{prompt}, night, cinematic lighting, wet streets, reflections",
                 "daylight, flat lighting")};
}

}  // namespace lienzo::http
