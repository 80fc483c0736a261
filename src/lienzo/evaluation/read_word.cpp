#include "lienzo/evaluation/read_word.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/datasets/world/geometry.h"
#include "lienzo/datasets/world/glyphs.h"

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

constexpr int kSide = 256;
constexpr double kPixelsPerUnit = kSide / world::kFrame;
constexpr int kPowerRounds = 20;
constexpr int kShift = 4;  // pixels tried in every direction
constexpr int kGlyphs = static_cast<int>(world::kLetters.size());

/// The picture along the line of colours from board to ink. Which end is the ink is not known.
struct InkMap {
  std::vector<float> ink = std::vector<float>(kSide * kSide);
  static size_t index(int x, int y) {
    return static_cast<size_t>(y) * kSide + static_cast<size_t>(x);
  }
  float at(int x, int y) const {
    return x >= 0 && y >= 0 && x < kSide && y < kSide ? ink[index(x, y)] : 0.0f;
  }
};

/// Where the letters of a sign are, in pixels.
struct Lines {
  double left = 0, top = 0;     // of the first cell
  double cell = 0, height = 0;  // of a cell
  double letter = 0;            // width of one letter height along x
  int count = 0;
};

Lines lines_of(const world::Object& sign) {
  const std::vector<world::Box> boxes = world::letter_boxes(sign);
  const world::SignGeometry geometry = world::sign_geometry(sign);
  Lines lines;
  lines.left = boxes.front().left * kSide;
  lines.top = boxes.front().top * kSide;
  lines.cell = geometry.cell * kPixelsPerUnit;
  lines.height = (boxes.front().bottom - boxes.front().top) * kSide;
  lines.letter = geometry.letter_height * kPixelsPerUnit;
  lines.count = static_cast<int>(sign.word.size());
  return lines;
}

InkMap ink_map(const image::Image& picture, const Lines& lines) {
  const int left = std::clamp(static_cast<int>(lines.left), 0, kSide - 1),
            top = std::clamp(static_cast<int>(lines.top), 0, kSide - 1);
  const int right =
      std::clamp(static_cast<int>(lines.left + lines.cell * lines.count), left, kSide - 1);
  const int bottom = std::clamp(static_cast<int>(lines.top + lines.height), top, kSide - 1);
  // The colours of board and letters scatter along one line: their first principal component.
  std::array<double, 3> mean{};
  std::array<std::array<double, 3>, 3> products{};
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      for (size_t c = 0; c < 3; ++c) {
        mean[c] += picture.at(x, y)[c];
        for (size_t d = 0; d < 3; ++d)
          products[c][d] += static_cast<double>(picture.at(x, y)[c]) * picture.at(x, y)[d];
      }
    }
  }
  const double count = static_cast<double>(bottom - top + 1) * (right - left + 1);
  for (size_t c = 0; c < 3; ++c) mean[c] /= count;
  std::array<double, 3> axis = {1.0, 1.1, 0.9};
  for (int round = 0; round < kPowerRounds; ++round) {
    std::array<double, 3> next{};
    for (size_t c = 0; c < 3; ++c) {
      for (size_t d = 0; d < 3; ++d)
        next[c] += (products[c][d] / count - mean[c] * mean[d]) * axis[d];
    }
    const double length = std::sqrt(next[0] * next[0] + next[1] * next[1] + next[2] * next[2]);
    if (length < 1e-9) break;  // one colour only, or an unlucky start
    for (size_t c = 0; c < 3; ++c) axis[c] = next[c] / length;
  }
  InkMap map;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const uint8_t* pixel = picture.at(x, y);
      map.ink[InkMap::index(x, y)] =
          static_cast<float>(axis[0] * pixel[0] + axis[1] * pixel[1] + axis[2] * pixel[2]);
    }
  }
  return map;
}

/// The pixels of one cell, and each letter's coverage of them with mean 0 and length 1: all letters
/// of a pixel side by side, so that they are compared together.
struct Cell {
  int x0 = 0, y0 = 0, width = 0, height = 0;
  std::vector<std::array<float, kGlyphs>> letters;
};

Cell make_cell(const Lines& lines, int index) {
  Cell cell;
  const double left = lines.left + lines.cell * index;
  cell.x0 = static_cast<int>(std::ceil(left - 0.5));
  cell.width = static_cast<int>(std::ceil(left + lines.cell - 0.5)) - cell.x0;
  cell.y0 = static_cast<int>(std::floor(lines.top)) - 2;
  cell.height = static_cast<int>(std::ceil(lines.top + lines.height)) + 2 - cell.y0;
  const double soft = 0.8 / lines.letter;  // edges as soft as a pixel
  cell.letters.resize(static_cast<size_t>(cell.width) * static_cast<size_t>(cell.height));
  for (int glyph = 0; glyph < kGlyphs; ++glyph) {
    std::vector<float> letter;
    letter.reserve(cell.letters.size());
    double mean = 0;
    for (int y = 0; y < cell.height; ++y) {
      for (int x = 0; x < cell.width; ++x) {
        const double u =
            (cell.x0 + x + 0.5 - left - lines.cell / 2) / lines.letter + world::kGlyphWidth / 2;
        const double v = (cell.y0 + y + 0.5 - lines.top) / lines.height;
        const double gap =
            world::glyph_distance(glyph, static_cast<float>(u), static_cast<float>(v)) -
            world::kStrokeHalfWidth;
        letter.push_back(static_cast<float>(std::clamp(0.5 - gap / (2 * soft), 0.0, 1.0)));
        mean += letter.back();
      }
    }
    mean /= static_cast<double>(letter.size());
    double length = 0;
    for (float& value : letter) value -= static_cast<float>(mean), length += value * value;
    const auto scale = static_cast<float>(std::sqrt(length) + 1e-6);
    for (size_t i = 0; i < letter.size(); ++i)
      cell.letters[i][static_cast<size_t>(glyph)] = letter[i] / scale;
  }
  return cell;
}

struct Match {
  int letter = 0;
  double likeness = -1;
};

/// The letters most like a cell: where ink is high in the map, and where it is low.
std::array<Match, 2> match(const InkMap& map, const Cell& cell, int dx, int dy) {
  std::vector<float> seen;
  seen.reserve(static_cast<size_t>(cell.width) * static_cast<size_t>(cell.height));
  double mean = 0, length = 0;
  for (int y = 0; y < cell.height; ++y) {
    for (int x = 0; x < cell.width; ++x) {
      seen.push_back(map.at(cell.x0 + x + dx, cell.y0 + y + dy));
      mean += seen.back();
    }
  }
  mean /= static_cast<double>(seen.size());
  for (float& value : seen) value -= static_cast<float>(mean), length += value * value;
  // A flat cell bears no letter: 4 levels of difference are noise.
  const double scale =
      std::max(std::sqrt(length), 4.0 * std::sqrt(static_cast<double>(seen.size())));
  std::array<float, kGlyphs> products{};
  for (size_t i = 0; i < seen.size(); ++i) {
    for (size_t glyph = 0; glyph < kGlyphs; ++glyph)
      products[glyph] += seen[i] * cell.letters[i][glyph];
  }
  std::array<Match, 2> best;
  for (int glyph = 0; glyph < kGlyphs; ++glyph) {
    const double likeness = products[static_cast<size_t>(glyph)] / scale;
    if (likeness > best[0].likeness) best[0] = {glyph, likeness};
    if (-likeness > best[1].likeness) best[1] = {glyph, -likeness};
  }
  return best;
}

WordReading read_as(const image::Image& picture, const world::Object& sign) {
  const Lines lines = lines_of(sign);
  const InkMap map = ink_map(picture, lines);
  std::vector<Cell> cells;
  cells.reserve(static_cast<size_t>(lines.count));
  for (int i = 0; i < lines.count; ++i) cells.push_back(make_cell(lines, i));
  WordReading best;
  best.size = sign.size;
  best.likeness = -1;
  for (int dy = -kShift; dy <= kShift; ++dy) {
    for (int dx = -kShift; dx <= kShift; ++dx) {
      std::array<WordReading, 2> readings;
      for (const Cell& cell : cells) {
        const std::array<Match, 2> letters = match(map, cell, dx, dy);
        for (size_t polarity = 0; polarity < 2; ++polarity) {
          readings[polarity].word += world::kLetters[static_cast<size_t>(letters[polarity].letter)];
          readings[polarity].likeness +=
              letters[polarity].likeness / static_cast<double>(cells.size());
        }
      }
      for (WordReading& reading : readings) {
        reading.size = sign.size;
        if (reading.likeness > best.likeness) best = std::move(reading);
      }
    }
  }
  return best;
}

}  // namespace

WordReading read_word(const image::Image& picture, const world::Object& sign) {
  if (picture.width != kSide || picture.height != kSide || picture.channels != 3) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format("[read_word] picture, got {} x {} with {} channels, expected 256 x 256 with 3",
                    picture.width,
                    picture.height,
                    picture.channels));
  }
  if (sign.shape != world::Shape::kSign)
    throw Error(ErrorKind::kInvalidInput, "[read_word] the object is no sign");
  const double width = world::extent(sign).half_width;
  WordReading best;
  best.likeness = -1;
  for (const world::Size size : {world::Size::kSmall, world::Size::kLarge}) {
    world::Object other = sign;
    other.size = size;
    other.word.assign(1, 'A');
    const double cell = world::sign_geometry(other).cell;
    const int fitting =
        1 +
        static_cast<int>(std::lround(2 * (width - world::sign_geometry(other).half_width) / cell));
    for (int count = fitting - 1; count <= fitting + 1; ++count) {
      if (count < 1 || count > world::kMaxLetters) continue;
      other.word.assign(static_cast<size_t>(count), 'A');
      WordReading reading = read_as(picture, other);
      // Another size or length than was seen must earn it; and of two readings as good, the longer
      // explains more.
      if (size != sign.size) reading.likeness -= 0.05;
      if (count != fitting) reading.likeness -= 0.02;
      reading.likeness += 0.01 * (count - fitting);
      if (reading.likeness > best.likeness) best = std::move(reading);
    }
  }
  return best;
}

}  // namespace lienzo::evaluation
