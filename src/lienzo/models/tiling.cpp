#include "lienzo/models/tiling.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <vector>

#include "lienzo/base/error.h"

namespace lienzo::models {
namespace {

// Lets `before` fade into the first `extent` rows or columns of `piece`.
torch::Tensor fade_in(const torch::Tensor& before,
                      const torch::Tensor& piece,
                      int64_t dim,
                      int64_t extent) {
  extent = std::min({before.size(dim), piece.size(dim), extent});
  if (extent == 0) return piece;
  std::vector<int64_t> shape(4, 1);
  shape[static_cast<size_t>(dim)] = extent;
  const torch::Tensor weight =
      (torch::arange(extent, piece.options().dtype(torch::kFloat)) / static_cast<double>(extent))
          .view(shape);
  const torch::Tensor ending = before.slice(dim, before.size(dim) - extent);
  const torch::Tensor beginning = piece.slice(dim, 0, extent);
  const torch::Tensor blended =
      (ending * (1 - weight) + beginning * weight).to(piece.scalar_type());
  return torch::cat({blended, piece.slice(dim, extent)}, dim);
}

}  // namespace

torch::Tensor run_tiled(const torch::Tensor& x,
                        const Tiling& tiling,
                        const std::function<torch::Tensor(const torch::Tensor&)>& network) {
  if (tiling.in_tile < 1 || tiling.out_tile < 1 ||
      !(tiling.overlap >= 0 && tiling.overlap <= 0.5)) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[tiling] tiles of {} to {} with overlap {}, expected sides of at "
                            "least 1 and an overlap of 0 to 0.5",
                            tiling.in_tile,
                            tiling.out_tile,
                            tiling.overlap));
  }
  const int64_t height = x.size(2), width = x.size(3);
  if (height <= tiling.in_tile && width <= tiling.in_tile) return network(x);
  const auto share = [](int64_t side, double part) {
    return static_cast<int64_t>(static_cast<double>(side) * part);
  };
  const int64_t stride = std::max<int64_t>(1, share(tiling.in_tile, 1 - tiling.overlap));
  const int64_t extent = share(tiling.out_tile, tiling.overlap);
  const int64_t kept = tiling.out_tile - extent;
  std::vector<torch::Tensor> above, rows;
  for (int64_t top = 0; top < height; top += stride) {
    std::vector<torch::Tensor> row, parts;
    for (int64_t left = 0; left < width; left += stride) {
      torch::Tensor piece =
          network(x.slice(2, top, top + tiling.in_tile).slice(3, left, left + tiling.in_tile));
      if (!above.empty()) piece = fade_in(above[row.size()], piece, 2, extent);
      if (!row.empty()) piece = fade_in(row.back(), piece, 3, extent);
      row.push_back(piece);
      parts.push_back(piece.slice(2, 0, kept).slice(3, 0, kept));
    }
    rows.push_back(torch::cat(parts, 3));
    above = std::move(row);
  }
  return torch::cat(rows, 2);
}

}  // namespace lienzo::models
