#include "lienzo/nn/layer_in_place.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>
#include <atomic>
#include <functional>

#include "lienzo/nn/layer_kernels.h"
#include "lienzo/nn/parallel.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::nn {
namespace {

constexpr int64_t kTasks = 3;  // for each thread, at least: one may be slower than the others

// Threads take the tasks one by one, with scratch memory of their own.
void run_tasks(int64_t count,
               int64_t scratch_floats,
               const std::function<void(int64_t task, float* scratch)>& work) {
  std::atomic<int64_t> next = 0;
  parallel_for(std::min<int64_t>(count, at::get_num_threads()), [&](int64_t, int64_t) {
    const torch::Tensor scratch = at::empty({scratch_floats}, at::kFloat);
    for (int64_t task = next++; task < count; task = next++) work(task, scratch.data_ptr<float>());
  });
}

// Where there are few parts of a picture, the panels of outputs are shared out too, in this many
// groups.
int64_t panel_groups(int64_t parts, int64_t panels) {
  return std::clamp<int64_t>((kTasks * at::get_num_threads() + parts - 1) / parts, 1, panels);
}

// Weights in an order and a type that the kernels read: as they are, or a copy.
torch::Tensor readable(const torch::Tensor& weight) {
  const torch::ScalarType type = weight.scalar_type();
  const bool fits = type == torch::kFloat || type == torch::kHalf || type == torch::kBFloat16;
  return weight.to(fits ? type : torch::kFloat).contiguous();
}

WeightRows rows_of(const torch::Tensor& weight) {
  const torch::ScalarType type = weight.scalar_type();
  return {.numbers = weight.data_ptr(),
          .type = type == torch::kHalf       ? WeightType::kHalf
                  : type == torch::kBFloat16 ? WeightType::kBFloat16
                                             : WeightType::kFloat,
          .length = weight.numel() / weight.size(0)};
}

class LinearInPlace : public PreparedLayer {
 public:
  LinearInPlace(const torch::Tensor& weight, const torch::Tensor& bias)
      : PreparedLayer(torch::kFloat),
        in_(weight.size(1)),
        out_(weight.size(0)),
        weight_(readable(weight)),
        bias_(bias_or_zeros(bias, out_)) {}

  torch::Tensor forward(const torch::Tensor& x) override {
    torch::Tensor y = linear_result(*this, x, {out_, in_});
    if (x.numel() == 0) return y;
    const torch::Tensor in = x.contiguous();
    constexpr int64_t kRows = 256;  // what a core's cache keeps of 256 numbers each
    const int64_t rows = in.numel() / in_, panels = out_ / kPanel;
    const int64_t strips = (rows + kRows - 1) / kRows, groups = panel_groups(strips, panels);
    const auto task_of = [&](int64_t i) {
      const int64_t strip = i / groups, group = i % groups;
      const int64_t first = strip * rows / strips, last = (strip + 1) * rows / strips;
      return LinearTask{.x = in.data_ptr<float>() + first * in_,
                        .y = y.data_ptr<float>() + first * out_,
                        .bias = bias_.data_ptr<float>(),
                        .weights = rows_of(weight_),
                        .rows = last - first,
                        .outputs = out_,
                        .first_panel = group * panels / groups,
                        .last_panel = (group + 1) * panels / groups};
    };
    LinearTask largest;
    largest.rows = (rows + strips - 1) / strips;
    run_tasks(strips * groups, linear_scratch(largest), [&](int64_t i, float* scratch) {
      multiply(task_of(i), scratch);
    });
    return y;
  }

  torch::Tensor weight() override { return weight_.to(torch::kFloat); }

 private:
  int64_t in_, out_;
  torch::Tensor weight_, bias_;
};

class ConvolutionInPlace : public PreparedLayer {
 public:
  ConvolutionInPlace(const torch::Tensor& weight,
                     const torch::Tensor& bias,
                     int64_t stride,
                     const Padding& padding,
                     bool doubles)
      : PreparedLayer(torch::kFloat),
        in_(weight.size(1)),
        out_(weight.size(0)),
        kernel_(weight.size(2)),
        stride_(stride),
        padding_(padding),
        doubles_(doubles),
        weight_(readable(weight)),
        bias_(bias_or_zeros(bias, out_)) {}

  torch::Tensor forward(const torch::Tensor& x) override {
    torch::Tensor y =
        doubles_ ? doubled_result(x)
                 : convolution_result(*this, x, {out_, in_, kernel_, kernel_}, stride_, padding_);
    if (x.numel() > 0) run(x.contiguous(torch::MemoryFormat::ChannelsLast), /*top=*/true, y);
    return y;
  }

  void forward_rows(const torch::Tensor& x, bool top, bool, const torch::Tensor& y) override {
    check_input(*this, x, "conv2d");
    tensor::check_shape(x, {-1, in_, -1, -1}, "conv2d.x");
    tensor::check_shape(
        y,
        {x.size(0), out_, -1, x.size(3) + padding_.left + padding_.right - kernel_ + 1},
        "conv2d.y");
    run(x, top, y);
  }

  torch::Tensor weight() override { return weight_.to(torch::kFloat); }

  /// Whether winograd's way is open to such weights.
  static bool has_winograd(const torch::Tensor& weight, int64_t stride) {
    return weight.size(2) == 3 && stride == 1 && weight.size(1) % 8 == 0;
  }

 private:
  torch::Tensor doubled_result(const torch::Tensor& x) {
    check_input(*this, x, "upsample_conv2d");
    tensor::check_shape(x, {-1, in_, -1, -1}, "upsample_conv2d.x");
    return at::empty({x.size(0), out_, 2 * x.size(2), 2 * x.size(3)},
                     x.options(),
                     torch::MemoryFormat::ChannelsLast);
  }

  // Rows of x that lie below its last one are zeros, so nobody need say whether it is the last.
  void run(const torch::Tensor& x, bool top, const torch::Tensor& y) const {
    const bool winograd = has_winograd(weight_, stride_);
    const int64_t pictures = y.size(0), rows = y.size(2), panels = out_ / kPanel;
    // Pixels of a task: what the caches keep of them, and enough for what the widening of weights
    // costs; small pictures go together.
    const int64_t pixels = winograd ? 1024 : 256;
    const int64_t fitting = std::clamp<int64_t>(pixels / y.size(3) / 2 * 2, 2, (rows + 1) / 2 * 2);
    const int64_t strips = (rows + fitting - 1) / fitting;
    const int64_t together =
        winograd && strips == 1 ? std::clamp<int64_t>(pixels / (rows * y.size(3)), 1, pictures) : 1;
    const int64_t sets = (pictures + together - 1) / together;
    const int64_t groups = panel_groups(sets * strips, panels);
    const auto task_of = [&](int64_t i) {
      const int64_t set = i / (strips * groups), strip = i / groups % strips, group = i % groups;
      return ConvolutionTask{.x = x.data_ptr<float>(),
                             .y = y.data_ptr<float>(),
                             .bias = bias_.data_ptr<float>(),
                             .weights = rows_of(weight_),
                             .x_picture = x.stride(0),
                             .x_rows = x.size(2),
                             .x_width = x.size(3),
                             .channels = in_,
                             .y_picture = y.stride(0),
                             .y_width = y.size(3),
                             .outputs = out_,
                             .kernel = kernel_,
                             .stride = stride_,
                             .above = top ? padding_.top : 0,
                             .left = padding_.left,
                             .doubled = doubles_,
                             .first_picture = set * together,
                             .last_picture = std::min((set + 1) * together, pictures),
                             .first_row = strip * fitting,
                             .last_row = std::min((strip + 1) * fitting, rows),
                             .first_panel = group * panels / groups,
                             .last_panel = (group + 1) * panels / groups};
    };
    const ConvolutionTask largest = task_of(0);
    run_tasks(sets * strips * groups,
              winograd ? winograd_scratch(largest) : convolution_scratch(largest),
              [&](int64_t i, float* scratch) {
                winograd ? convolve_by_winograd(task_of(i), scratch)
                         : convolve(task_of(i), scratch);
              });
  }

  int64_t in_, out_, kernel_, stride_;
  Padding padding_;
  bool doubles_;
  torch::Tensor weight_, bias_;
};

bool has_kernels(const torch::Tensor& weight, torch::ScalarType type) {
  return prepares_in_place(type) && weight.is_cpu() && weight.numel() > 0 &&
         weight.size(0) % kPanel == 0;
}

}  // namespace

bool prepares_in_place(torch::ScalarType type) {
  return type == torch::kFloat && prefers_layer_kernels();
}

std::unique_ptr<PreparedLayer> linear_in_place(const torch::Tensor& weight,
                                               const torch::Tensor& bias,
                                               torch::ScalarType type) {
  if (!has_kernels(weight, type)) return nullptr;
  return std::make_unique<LinearInPlace>(weight, bias);
}

std::unique_ptr<PreparedLayer> convolution_in_place(const torch::Tensor& weight,
                                                    const torch::Tensor& bias,
                                                    int64_t stride,
                                                    const Padding& padding,
                                                    torch::ScalarType type) {
  if (!has_kernels(weight, type) || weight.size(2) != weight.size(3)) return nullptr;
  return std::make_unique<ConvolutionInPlace>(weight, bias, stride, padding, /*doubles=*/false);
}

std::unique_ptr<PreparedLayer> doubling_convolution_in_place(const torch::Tensor& weight,
                                                             const torch::Tensor& bias,
                                                             torch::ScalarType type) {
  if (!has_kernels(weight, type) || !ConvolutionInPlace::has_winograd(weight, /*stride=*/1))
    return nullptr;
  return std::make_unique<ConvolutionInPlace>(
      weight, bias, /*stride=*/1, Padding{1, 1, 1, 1}, /*doubles=*/true);
}

}  // namespace lienzo::nn
