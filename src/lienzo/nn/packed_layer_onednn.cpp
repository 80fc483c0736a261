// Compiled with hidden symbols: a LibTorch that carries a oneDNN of its own must not find the
// inline functions of this one's headers.
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/nn/packed_layer.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::nn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

const dnnl::engine& processor() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& this_thread() {
  thread_local dnnl::stream stream(processor());
  return stream;
}

memory as_memory(const memory::desc& layout, const torch::Tensor& x) {
  return memory(layout, processor(), x.data_ptr());
}

torch::Tensor room_for(const memory::desc& layout) {
  return at::empty({static_cast<int64_t>(layout.get_size())}, torch::kByte);
}

void reorder(const torch::Tensor& x,
             const memory::desc& from,
             const torch::Tensor& y,
             const memory::desc& to) {
  memory in = as_memory(from, x), out = as_memory(to, y);
  dnnl::reorder(in, out).execute(this_thread(), in, out);
  this_thread().wait();
}

torch::Tensor reordered(const torch::Tensor& x, const memory::desc& from, const memory::desc& to) {
  const torch::Tensor result = room_for(to);
  reorder(x, from, result, to);
  return result;
}

[[noreturn]] void rethrow(const dnnl::error& error) {
  throw Error(error.status == dnnl_out_of_memory ? ErrorKind::kOutOfMemory : ErrorKind::kInternal,
              fmt::format("[oneDNN] {}", error.what()));
}

// A primitive for one shape of input and one number of threads, with the weights it reads.
struct Plan {
  std::vector<int64_t> shape;
  int threads = 0;
  dnnl::primitive primitive;
  memory::desc source, weights_layout, bias_layout, result, scratch;
  torch::Tensor weights;
  std::string name;  // of the implementation
};

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attributes;
  // Scratch memory from outside, so that threads may share a primitive.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

template <typename Description>
Plan plan_of(const Description& description) {
  Plan plan;
  plan.name = description.impl_info_str();
  plan.source = description.src_desc();
  plan.weights_layout = description.weights_desc();
  plan.bias_layout = description.bias_desc();
  plan.result = description.dst_desc();
  plan.scratch = description.scratchpad_desc();
  return plan;
}

class Packed : public PackedLayer {
 public:
  Packed(const torch::Tensor& weight, const torch::Tensor& bias)
      : PackedLayer(weight.scalar_type()),
        bias_(bias.defined() ? bias.to(torch::kFloat).contiguous() : at::zeros({weight.size(0)})) {}

 protected:
  // A plan without its weights. Throws dnnl::error where there is no primitive.
  virtual Plan make_plan(c10::IntArrayRef shape) const = 0;

  // Reorders the weights, given in `layout`, for inputs of `shape`.
  void pack(const torch::Tensor& weight, const memory::desc& layout, c10::IntArrayRef shape) {
    const Plan plan = make_plan(shape);
    // The slow reference of oneDNN is no gain over LibTorch's own way.
    if (plan.name.starts_with("ref"))
      throw dnnl::error(dnnl_unimplemented, "only a reference implementation");
    layout_ = plan.weights_layout;
    weights_ = reordered(weight, layout, layout_);
  }

  // The weights in `layout`, which is of fp32.
  void unpack(const torch::Tensor& weight, const memory::desc& layout) {
    const std::scoped_lock lock(mutex_);
    reorder(weights_, layout_, weight, layout);
  }

  // `shape` is that of the input as the primitive sees it; x and y are contiguous in its order.
  void run(c10::IntArrayRef shape, const torch::Tensor& x, const torch::Tensor& y) {
    try {
      const std::shared_ptr<const Plan> plan = plan_for(shape);
      const torch::Tensor scratch = room_for(plan->scratch);
      plan->primitive.execute(this_thread(),
                              {{DNNL_ARG_SRC, as_memory(plan->source, x)},
                               {DNNL_ARG_WEIGHTS, as_memory(plan->weights_layout, plan->weights)},
                               {DNNL_ARG_BIAS, as_memory(plan->bias_layout, bias_)},
                               {DNNL_ARG_DST, as_memory(plan->result, y)},
                               {DNNL_ARG_SCRATCHPAD, as_memory(plan->scratch, scratch)}});
      this_thread().wait();
    } catch (const dnnl::error& error) {
      rethrow(error);
    }
  }

  void check(const torch::Tensor& x, const char* where) const {
    if (x.is_cpu() && x.scalar_type() == type()) {
      if (at::GradMode::is_enabled() && x.requires_grad()) {
        throw Error(ErrorKind::kUnsupported,
                    fmt::format("[{}] a gradient through a layer that was prepared for inference; "
                                "load the network anew to train it",
                                where));
      }
      return;
    }
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[{}] x of type {} on {}, expected {} on cpu as the layer was prepared",
                            where,
                            c10::toString(x.scalar_type()),
                            x.device().str(),
                            c10::toString(type())));
  }

  memory::data_type number() const {
    return type() == torch::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
  }

 private:
  // The plan for inputs of `shape`. Which order of the weights is best depends on the size of the
  // pictures a little, so they are reordered once more when that changes.
  std::shared_ptr<const Plan> plan_for(c10::IntArrayRef shape) {
    constexpr size_t kMost = 8;  // shapes remembered
    const int threads = at::get_num_threads();
    const std::scoped_lock lock(mutex_);
    const auto known = std::find_if(plans_.begin(), plans_.end(), [&](const auto& plan) {
      return plan->threads == threads && plan->shape == shape;
    });
    if (known != plans_.end()) {
      plans_.splice(plans_.begin(), plans_, known);
      return plans_.front();
    }
    Plan plan = make_plan(shape);
    if (plan.weights_layout != layout_) {
      plans_.clear();
      weights_ = reordered(weights_, layout_, plan.weights_layout);
      layout_ = plan.weights_layout;
    }
    plan.shape = shape.vec();
    plan.threads = threads;
    plan.weights = weights_;
    plans_.push_front(std::make_shared<const Plan>(std::move(plan)));
    if (plans_.size() > kMost) plans_.pop_back();
    return plans_.front();
  }

  torch::Tensor bias_;
  std::mutex mutex_;       // guards what follows
  torch::Tensor weights_;  // bytes in the order of layout_
  memory::desc layout_;
  std::list<std::shared_ptr<const Plan>> plans_;  // the latest used first
};

class PackedLinear : public Packed {
 public:
  PackedLinear(const torch::Tensor& weight, const torch::Tensor& bias)
      : Packed(weight, bias), in_(weight.size(1)), out_(weight.size(0)) {
    pack(weight.contiguous(), memory::desc({in_, out_}, number(), Tag::ba), {kSomeRows, in_});
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    check(x, "linear");
    std::vector<int64_t> shape = x.sizes().vec();
    if (shape.empty() || shape.back() != in_) {
      throw Error(
          ErrorKind::kInvalidInput,
          fmt::format(
              "[linear] x of shape {}, expected (..., {})", tensor::shape_text(x.sizes()), in_));
    }
    shape.back() = out_;
    const torch::Tensor y = at::empty(shape, x.options());
    if (x.numel() > 0) run({x.numel() / in_, in_}, x.contiguous(), y);
    return y;
  }

  torch::Tensor weight() override {
    const torch::Tensor weight = at::empty({out_, in_}, at::kFloat);
    unpack(weight, memory::desc({in_, out_}, memory::data_type::f32, Tag::ba));
    return weight;
  }

 private:
  static constexpr int64_t kSomeRows = 1024;

  Plan make_plan(c10::IntArrayRef shape) const override {
    const memory::desc x({shape[0], in_}, number(), Tag::ab),
        weights({in_, out_}, number(), Tag::any), bias({1, out_}, memory::data_type::f32, Tag::ab),
        y({shape[0], out_}, number(), Tag::ab);
    const dnnl::matmul::primitive_desc description(
        dnnl::matmul::desc(x, weights, bias, y), attributes(), processor());
    Plan plan = plan_of(description);
    plan.primitive = dnnl::matmul(description);
    return plan;
  }

  int64_t in_, out_;
};

class PackedConvolution : public Packed {
 public:
  PackedConvolution(const torch::Tensor& weight,
                    const torch::Tensor& bias,
                    int64_t stride,
                    const Padding& padding)
      : Packed(weight, bias),
        in_(weight.size(1)),
        out_(weight.size(0)),
        kernel_(weight.size(2)),
        stride_(stride),
        padding_(padding) {
    pack(weight.contiguous(),
         memory::desc({out_, in_, kernel_, kernel_}, number(), Tag::oihw),
         {1, in_, kSomeSize, kSomeSize});
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    check(x, "conv2d");
    tensor::check_shape(x, {-1, in_, -1, -1}, "conv2d.x");
    const int64_t height = height_after(x.size(2)), width = width_after(x.size(3));
    if (height < 1 || width < 1) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[conv2d] picture of {} x {}, expected at least {} x {}",
                              x.size(3),
                              x.size(2),
                              kernel_ - padding_.left - padding_.right,
                              kernel_ - padding_.top - padding_.bottom));
    }
    const torch::Tensor y =
        at::empty({x.size(0), out_, height, width}, x.options(), torch::MemoryFormat::ChannelsLast);
    if (x.numel() > 0) run(x.sizes(), x.contiguous(torch::MemoryFormat::ChannelsLast), y);
    return y;
  }

  torch::Tensor weight() override {
    const torch::Tensor weight = at::empty({out_, in_, kernel_, kernel_}, at::kFloat);
    unpack(weight, memory::desc({out_, in_, kernel_, kernel_}, memory::data_type::f32, Tag::oihw));
    return weight;
  }

 private:
  static constexpr int64_t kSomeSize = 64;

  int64_t height_after(int64_t height) const {
    return (height + padding_.top + padding_.bottom - kernel_) / stride_ + 1;
  }
  int64_t width_after(int64_t width) const {
    return (width + padding_.left + padding_.right - kernel_) / stride_ + 1;
  }

  Plan make_plan(c10::IntArrayRef shape) const override {
    const memory::desc x({shape[0], in_, shape[2], shape[3]}, number(), Tag::nhwc),
        weights({out_, in_, kernel_, kernel_}, number(), Tag::any),
        bias({out_}, memory::data_type::f32, Tag::a),
        y({shape[0], out_, height_after(shape[2]), width_after(shape[3])}, number(), Tag::nhwc);
    const dnnl::convolution_forward::primitive_desc description(
        dnnl::convolution_forward::desc(dnnl::prop_kind::forward_inference,
                                        dnnl::algorithm::convolution_direct,
                                        x,
                                        weights,
                                        bias,
                                        y,
                                        {stride_, stride_},
                                        {padding_.top, padding_.left},
                                        {padding_.bottom, padding_.right}),
        attributes(),
        processor());
    Plan plan = plan_of(description);
    plan.primitive = dnnl::convolution_forward(description);
    return plan;
  }

  int64_t in_, out_, kernel_, stride_;
  Padding padding_;
};

// A convolution of single pixels is a linear layer over them, whose weights have one order for all
// sizes of picture.
class PackedPixels : public PackedLayer {
 public:
  PackedPixels(const torch::Tensor& weight, const torch::Tensor& bias)
      : PackedLayer(weight.scalar_type()), in_(weight.size(1)), linear_(weight.flatten(1), bias) {}

  torch::Tensor forward(const torch::Tensor& x) override {
    tensor::check_shape(x, {-1, in_, -1, -1}, "conv2d.x");
    return linear_.forward(x.permute({0, 2, 3, 1})).permute({0, 3, 1, 2});
  }

  torch::Tensor weight() override { return linear_.weight().unsqueeze(2).unsqueeze(3); }

 private:
  int64_t in_;
  PackedLinear linear_;
};

bool has_primitive(const torch::Tensor& weight) {
  return weight.is_cpu() && weight.numel() > 0 &&
         (weight.scalar_type() == torch::kFloat || weight.scalar_type() == torch::kBFloat16);
}

// nullptr where the constructor finds no primitive.
template <typename Layer, typename... Arguments>
std::unique_ptr<PackedLayer> packed(const Arguments&... arguments) {
  try {
    return std::make_unique<Layer>(arguments...);
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented) return nullptr;
    rethrow(error);
  }
}

}  // namespace

std::unique_ptr<PackedLayer> pack_linear(const torch::Tensor& weight, const torch::Tensor& bias) {
  return has_primitive(weight) ? packed<PackedLinear>(weight, bias) : nullptr;
}

std::unique_ptr<PackedLayer> pack_convolution(const torch::Tensor& weight,
                                              const torch::Tensor& bias,
                                              int64_t stride,
                                              const Padding& padding) {
  if (!has_primitive(weight)) return nullptr;
  const bool padded =
      padding.top > 0 || padding.left > 0 || padding.bottom > 0 || padding.right > 0;
  if (weight.size(2) == 1 && weight.size(3) == 1 && stride == 1 && !padded)
    return packed<PackedPixels>(weight, bias);
  return packed<PackedConvolution>(weight, bias, stride, padding);
}

}  // namespace lienzo::nn
