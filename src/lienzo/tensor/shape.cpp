#include "lienzo/tensor/shape.h"

#include "lienzo/base/error.h"

namespace lienzo::tensor {

std::string shape_text(c10::IntArrayRef shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i) text += ", ";
    text += shape[i] == -1 ? "*" : std::to_string(shape[i]);
  }
  return text + ")";
}

void check_shape(const torch::Tensor& x, c10::IntArrayRef expected, std::string_view where) {
  bool same = x.defined() && x.sizes().size() == expected.size();
  for (size_t i = 0; same && i < expected.size(); ++i) {
    same = expected[i] == -1 || x.size(static_cast<int64_t>(i)) == expected[i];
  }
  if (same) return;
  throw Error(ErrorKind::kInvalidInput,
              "[" + std::string(where) + "] shape, got " +
                  (x.defined() ? shape_text(x.sizes()) : "no tensor") + ", expected " +
                  shape_text(expected));
}

}  // namespace lienzo::tensor
