#include "lienzo/datasets/world/glyphs.h"

#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "lienzo/datasets/world/scene.h"

namespace lienzo::datasets::world {
namespace {

struct Segment {
  float ax, ay, bx, by;
};

// Our own alphabet of strokes, A to Z and eñe: polylines separated by spaces, each point two
// digits, column 0..4 and row 0..6.
constexpr std::array<std::string_view, 27> kLetterStrokes = {
    "0602204246 0444",               // A
    "060030414233 0333444536 3606",  // B
    "4130100105163645",              // C
    "060020424426 2606",             // D
    "40000646 0333",                 // E
    "400006 0333",                   // F
    "41301001051636454323",          // G
    "0006 4046 0343",                // H
    "1030 2026 1636",                // I
    "2040 4045361605",               // J
    "0006 4003 1346",                // K
    "000646",                        // L
    "0600234046",                    // M
    "06004640",                      // N
    "1030414536160501 0110",         // O
    "060030414233 3303",             // P
    "103041443515040110 2346",       // Q
    "060030414233 3303 2346",        // R
    "413010010213334445361605",      // S
    "0040 2026",                     // T
    "000516364540",                  // U
    "002640",                        // V
    "0016233640",                    // W
    "0046 4006",                     // X
    "0023 4023 2326",                // Y
    "00400646",                      // Z
    "06024642 1030",                 // eñe: a low N under a bar
};

std::vector<Segment> parse(std::string_view strokes) {
  std::vector<Segment> segments;
  const auto x = [](char c) { return static_cast<float>(c - '0') / 4 * kGlyphWidth; };
  const auto y = [](char c) { return static_cast<float>(c - '0') / 6; };
  for (size_t i = 0; i + 3 < strokes.size();) {
    if (strokes[i + 2] == ' ') {
      i += 3;
      continue;
    }
    segments.push_back({x(strokes[i]), y(strokes[i + 1]), x(strokes[i + 2]), y(strokes[i + 3])});
    i += 2;
  }
  return segments;
}

const std::array<std::vector<Segment>, 27>& all_segments() {
  static const auto table = [] {
    std::array<std::vector<Segment>, 27> result;
    for (size_t i = 0; i < result.size(); ++i) result[i] = parse(kLetterStrokes[i]);
    return result;
  }();
  return table;
}

}  // namespace

float glyph_distance(int letter, float u, float v) {
  float best = 1e9f;
  for (const Segment& s : all_segments()[static_cast<size_t>(letter)]) {
    const float dx = s.bx - s.ax, dy = s.by - s.ay;
    float t = ((u - s.ax) * dx + (v - s.ay) * dy) / (dx * dx + dy * dy);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    const float ex = u - s.ax - t * dx, ey = v - s.ay - t * dy;
    const float squared = ex * ex + ey * ey;
    if (squared < best) best = squared;
  }
  return std::sqrt(best);
}

}  // namespace lienzo::datasets::world
