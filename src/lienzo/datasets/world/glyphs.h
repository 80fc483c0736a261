#pragma once

namespace lienzo::datasets::world {

/// Distance from (u, v) to the strokes of a letter (index into kLetters), in letter heights. u runs
/// from 0 to kGlyphWidth, v from 0 (top) to 1 (bottom).
float glyph_distance(int letter, float u, float v);

inline constexpr float kGlyphWidth = 0.66f;        // width of a letter's strokes in letter heights
inline constexpr float kStrokeHalfWidth = 0.085f;  // in letter heights

}  // namespace lienzo::datasets::world
