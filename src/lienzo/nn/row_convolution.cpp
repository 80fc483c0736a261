#include "lienzo/nn/row_convolution.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>
#include <vector>

#include "lienzo/nn/convolution_kernel.h"
#include "lienzo/nn/parallel.h"
#include "lienzo/nn/weight_memory.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::nn {
namespace {

class RowConvolution : public PackedLayer {
 public:
  RowConvolution(const torch::Tensor& weight, const torch::Tensor& bias, const Padding& padding)
      : PackedLayer(torch::kFloat),
        in_(weight.size(1)),
        out_(weight.size(0)),
        kernel_(weight.size(2)),
        padding_(padding),
        weights_(weight_memory(weight.numel() * static_cast<int64_t>(sizeof(float)))),
        bias_(bias.defined()
                  ? bias.to(torch::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous()
                  : at::zeros({out_})) {
    const int64_t taps = kernel_ * kernel_;
    parallel_for(out_ / kConvolutionPanel, [&](int64_t begin, int64_t end) {
      const at::NoGradGuard no_grad;
      for (int64_t panel = begin; panel < end; ++panel) {
        const int64_t first = panel * kConvolutionPanel;
        const torch::Tensor some =
            weight.narrow(0, first, kConvolutionPanel).to(torch::kFloat).contiguous();
        const float* from = some.data_ptr<float>();
        for (int64_t channel = 0; channel < in_; ++channel) {
          for (int64_t tap = 0; tap < taps; ++tap, ++from) {
            float* to = packed() + place_for_convolution(first, channel, tap, in_, taps);
            for (int64_t output = 0; output < kConvolutionPanel; ++output)
              to[output] = from[output * in_ * taps];
          }
        }
      }
    });
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    const torch::Tensor y =
        convolution_result(*this, x, {out_, in_, kernel_, kernel_}, /*stride=*/1, padding_);
    if (x.numel() > 0) run(x.contiguous(torch::MemoryFormat::ChannelsLast), /*top=*/true, y);
    return y;
  }

  void forward_rows(const torch::Tensor& x, bool top, bool, const torch::Tensor& y) override {
    check_input(*this, x, "conv2d");
    tensor::check_shape(x, {-1, in_, -1, -1}, "conv2d.x");
    tensor::check_shape(y, {x.size(0), out_, -1, width_after(x.size(3))}, "conv2d.y");
    run(x, top, y);
  }

  torch::Tensor weight() override {
    const int64_t taps = kernel_ * kernel_;
    const torch::Tensor weight = at::empty({out_, in_, kernel_, kernel_}, at::kFloat);
    float* to = weight.data_ptr<float>();
    for (int64_t output = 0; output < out_; ++output) {
      for (int64_t channel = 0; channel < in_; ++channel) {
        for (int64_t tap = 0; tap < taps; ++tap)
          *to++ = packed()[place_for_convolution(output, channel, tap, in_, taps)];
      }
    }
    return weight;
  }

 private:
  float* packed() const { return static_cast<float*>(weights_.data_ptr()); }
  int64_t width_after(int64_t width) const {
    return width + padding_.left + padding_.right - kernel_ + 1;
  }

  // Rows of x that lie below its last one are zeros, so nobody need say whether it is the last.
  void run(const torch::Tensor& x, bool top, const torch::Tensor& y) const {
    constexpr int64_t kRows = 8;        // of a strip: its numbers stay in a core's cache
    constexpr int64_t kLeastTasks = 4;  // for each thread
    const int64_t pictures = y.size(0), rows = y.size(2), panels = out_ / kConvolutionPanel;
    const int64_t strips = (rows + kRows - 1) / kRows;
    // Where there are few strips the outputs are shared out too.
    const int64_t wanted = kLeastTasks * at::get_num_threads() / (pictures * strips);
    const int64_t groups = std::clamp<int64_t>(wanted, 1, panels);
    const int64_t above = top ? padding_.top : 0;
    parallel_for(pictures * strips * groups, [&](int64_t begin, int64_t end) {
      std::vector<float> scratch;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t picture = i / (strips * groups), strip = i / groups % strips;
        const int64_t group = i % groups;
        const int64_t first = strip * kRows, last = std::min(first + kRows, rows);
        const int64_t seen = std::max<int64_t>(first - above, 0);
        ConvolutionTask task;
        task.x = x.data_ptr<float>() + picture * x.stride(0) + seen * x.stride(2);
        task.weights = packed();
        task.bias = bias_.data_ptr<float>();
        task.y = y.data_ptr<float>() + picture * y.stride(0) + first * y.stride(2);
        task.x_rows = std::min(last - above + kernel_ - 1, x.size(2)) - seen;
        task.width = x.size(3);
        task.channels = in_;
        task.outputs = out_;
        task.rows = last - first;
        task.y_width = y.size(3);
        task.kernel = kernel_;
        task.above = std::max<int64_t>(above - first, 0);
        task.left = padding_.left;
        task.first_panel = group * panels / groups;
        task.last_panel = (group + 1) * panels / groups;
        scratch.resize(static_cast<size_t>(convolution_scratch(task)));
        convolve(task, scratch.data());
      }
    });
  }

  int64_t in_, out_, kernel_;
  Padding padding_;
  torch::Tensor weights_;  // bytes, see place_for_convolution()
  torch::Tensor bias_;
};

}  // namespace

std::unique_ptr<PackedLayer> pack_row_convolution(const torch::Tensor& weight,
                                                  const torch::Tensor& bias,
                                                  int64_t stride,
                                                  const Padding& padding,
                                                  torch::ScalarType type) {
  if (!prefers_convolution_kernel() || !weight.is_cpu() || type != torch::kFloat || stride != 1 ||
      weight.size(2) == 1 || weight.size(2) != weight.size(3) || weight.numel() == 0 ||
      weight.size(0) % kConvolutionPanel != 0)
    return nullptr;
  return std::make_unique<RowConvolution>(weight, bias, padding);
}

}  // namespace lienzo::nn
