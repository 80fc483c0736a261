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
#include "lienzo/nn/half_kernel.h"
#include "lienzo/nn/parallel.h"
#include "lienzo/nn/prepared_layer.h"
#include "lienzo/nn/weight_memory.h"
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

bool has_avx512() {
  const auto bits = [](dnnl::cpu_isa isa) { return static_cast<unsigned>(isa); };
  static const bool has = (bits(dnnl::get_effective_cpu_isa()) &
                           bits(dnnl::cpu_isa::avx512_core)) == bits(dnnl::cpu_isa::avx512_core);
  return has;
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
  const torch::Tensor result = weight_memory(static_cast<int64_t>(to.get_size()));
  reorder(x, from, result, to);
  return result;
}

memory::data_type number(torch::ScalarType type) {
  return type == torch::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

// Weights as they come, (out, ...), and where their axes stand in a primitive's description.
struct Incoming {
  torch::Tensor weight;  // contiguous, of any type of fractions
  int outputs = 0;       // the axis of the outputs
  Tag order = Tag::undef;
};

// As many outputs as the layout has in one of its blocks: pieces of whole blocks lie in a row.
int64_t block_of(const memory::desc& layout, int axis) {
  const auto& blocking = layout.data.format_desc.blocking;
  int64_t block = 1;
  for (int i = 0; i < blocking.inner_nblks; ++i) {
    if (blocking.inner_idxs[i] == axis) block *= blocking.inner_blks[i];
  }
  return block;
}

// How many outputs are converted and reordered together: as much as one core's cache holds, and
// enough pieces for all processors.
int64_t outputs_together(const torch::Tensor& weight, int64_t block) {
  constexpr int64_t kNumbers = 131072, kLeastPieces = 16;
  const int64_t out = weight.size(0), each = std::max<int64_t>(1, weight.numel() / out);
  const int64_t fitting = std::min(kNumbers / each, (out + kLeastPieces - 1) / kLeastPieces);
  return std::max<int64_t>(1, (fitting + block - 1) / block) * block;
}

// Some outputs on their way from the file's order and type to `layout`.
struct Piece {
  memory::desc from, to;
  size_t offset = 0;  // of the first number in the reordered weights, bytes
  dnnl::reorder primitive;
};

Piece make_piece(const Incoming& in,
                 const memory::desc& layout,
                 torch::ScalarType type,
                 int64_t first,
                 int64_t outputs) {
  memory::dims dims = layout.dims(), offsets(dims.size(), 0);
  dims[static_cast<size_t>(in.outputs)] = outputs;
  offsets[static_cast<size_t>(in.outputs)] = first;
  Piece piece;
  piece.from = memory::desc(dims, number(type), in.order);
  piece.to = layout.submemory_desc(dims, offsets);
  // Pieces that differ in their place only share a primitive.
  piece.offset = static_cast<size_t>(piece.to.data.offset0) * c10::elementSize(type);
  piece.to.data.offset0 = 0;
  piece.primitive =
      dnnl::reorder({processor(), piece.from, processor(), piece.to, dnnl::primitive_attr()});
  return piece;
}

// The numbers of x, which is contiguous, in the type of y.
void convert(const torch::Tensor& x, const torch::Tensor& y) {
  if (x.scalar_type() != torch::kHalf) {
    y.copy_(x);
    return;
  }
  const auto* halves = reinterpret_cast<const uint16_t*>(x.data_ptr<at::Half>());
  if (y.scalar_type() == torch::kFloat) {
    widen_halves(halves, x.numel(), y.data_ptr<float>());
  } else {
    round_halves(halves, x.numel(), reinterpret_cast<uint16_t*>(y.data_ptr<at::BFloat16>()));
  }
}

// Converts to `type` and reorders to `layout` what fits into a core's cache at a time.
torch::Tensor packed_weights(const Incoming& in,
                             const memory::desc& layout,
                             torch::ScalarType type) {
  const torch::Tensor result = weight_memory(static_cast<int64_t>(layout.get_size()));
  const int64_t out = in.weight.size(0);
  const bool in_blocks = layout.data.format_kind == dnnl_blocked;
  const int64_t together =
      in_blocks ? outputs_together(in.weight, block_of(layout, in.outputs)) : out;
  const int64_t pieces = (out + together - 1) / together, before_last = (pieces - 1) * together;
  // All but the last are alike, at even distances.
  const Piece last = make_piece(in, layout, type, before_last, out - before_last);
  const Piece others = pieces > 1 ? make_piece(in, layout, type, 0, together) : last;
  const size_t distance = pieces > 1 ? last.offset / static_cast<size_t>(pieces - 1) : 0;
  parallel_for(pieces, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;
    for (int64_t i = begin; i < end; ++i) {
      const Piece& piece = i + 1 < pieces ? others : last;
      const int64_t first = i * together, outputs = std::min(together, out - first);
      const torch::Tensor source = in.weight.narrow(0, first, outputs);
      char* place = static_cast<char*>(result.data_ptr()) + distance * static_cast<size_t>(i);
      const auto options = source.options().dtype(type);
      if (piece.from == piece.to) {
        convert(source, at::from_blob(place, source.sizes(), options));
        continue;
      }
      torch::Tensor numbers = source;
      if (source.scalar_type() != type) {
        numbers = at::empty(source.sizes(), options);
        convert(source, numbers);
      }
      memory from = as_memory(piece.from, numbers), to(piece.to, processor(), place);
      piece.primitive.execute(this_thread(), from, to);
      this_thread().wait();
    }
  });
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

// The first of oneDNN's implementations that may be used. "gemm" makes its kernels in functions
// handed to std::call_once, which are weak symbols: where LibTorch carries another oneDNN, the
// dynamic linker would call that one's, and the kernels do not fit.
template <typename Description>
Description usable(Description description) {
#ifdef LIENZO_TORCH_HAS_ANOTHER_ONEDNN
  const auto is_gemm = [&] {
    const std::string name = description.impl_info_str();
    return name.starts_with("gemm") || name.find(":gemm") != std::string::npos;
  };
  while (is_gemm() && description.next_impl()) {
  }
#endif
  return description;
}

class Packed : public PreparedLayer {
 public:
  Packed(int64_t outputs, const torch::Tensor& bias, torch::ScalarType type)
      : PreparedLayer(type), bias_(bias_or_zeros(bias, outputs)) {}

 protected:
  // A plan without its weights. Throws dnnl::error where there is no primitive.
  virtual Plan make_plan(c10::IntArrayRef shape) const = 0;

  // Converts the weights and reorders them for inputs of `shape`.
  void pack(const Incoming& weights, c10::IntArrayRef shape) {
    const Plan plan = make_plan(shape);
    // The slow reference of oneDNN is no gain over LibTorch's own way.
    if (plan.name.starts_with("ref"))
      throw dnnl::error(dnnl_unimplemented, "only a reference implementation");
    layout_ = plan.weights_layout;
    weights_ = packed_weights(weights, layout_, type());
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

 private:
  // The plan for inputs of `shape`. Which order of the weights is best depends on the size of the
  // pictures a little, so they are reordered once more when that changes.
  std::shared_ptr<const Plan> plan_for(c10::IntArrayRef shape) {
    constexpr size_t kMost = 16;  // shapes remembered
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
  PackedLinear(const torch::Tensor& weight, const torch::Tensor& bias, torch::ScalarType type)
      : Packed(weight.size(0), bias, type), in_(weight.size(1)), out_(weight.size(0)) {
    // Where the primitive packs plain weights itself at every call, it reads either order as fast,
    // and theirs needs no transposing.
    const memory::desc transposed({in_, out_}, number(type), Tag::ab);
    if (make_plan({kSomeRows, in_}).weights_layout == transposed) order_ = Tag::ba;
    pack({.weight = weight.contiguous(), .outputs = 1, .order = Tag::ba}, {kSomeRows, in_});
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    const torch::Tensor y = linear_result(*this, x, {out_, in_});
    if (x.numel() == 0) return y;
    const torch::Tensor in = x.contiguous().view({-1, in_}), out = y.view({-1, out_});
    const int64_t rows = in.size(0);
    // Without AVX-512, oneDNN's products divide a row by how many rows there are, so that a
    // picture's last bits would depend on the others of its batch.
    const int64_t each = has_avx512() ? rows : x.dim() > 2 ? rows / x.size(0) : 1;
    for (int64_t first = 0; first < rows; first += each)
      run({each, in_}, in.narrow(0, first, each), out.narrow(0, first, each));
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
    const memory::desc x({shape[0], in_}, number(type()), Tag::ab),
        weights({in_, out_}, number(type()), order_),
        bias({1, out_}, memory::data_type::f32, Tag::ab),
        y({shape[0], out_}, number(type()), Tag::ab);
    const auto description = usable(dnnl::matmul::primitive_desc(
        dnnl::matmul::desc(x, weights, bias, y), attributes(), processor()));
    Plan plan = plan_of(description);
    plan.primitive = dnnl::matmul(description);
    return plan;
  }

  int64_t in_, out_;
  Tag order_ = Tag::any;
};

class PackedConvolution : public Packed {
 public:
  PackedConvolution(const torch::Tensor& weight,
                    const torch::Tensor& bias,
                    int64_t stride,
                    const Padding& padding,
                    torch::ScalarType type)
      : Packed(weight.size(0), bias, type),
        in_(weight.size(1)),
        out_(weight.size(0)),
        kernel_(weight.size(2)),
        stride_(stride),
        padding_(padding) {
    pack({.weight = weight.contiguous(), .outputs = 0, .order = Tag::oihw},
         shape_of({1, in_, kSomeSize, kSomeSize}, /*top=*/true, /*bottom=*/true));
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    const torch::Tensor y =
        convolution_result(*this, x, {out_, in_, kernel_, kernel_}, stride_, padding_);
    if (x.numel() > 0)
      run(shape_of(x.sizes(), /*top=*/true, /*bottom=*/true),
          x.contiguous(torch::MemoryFormat::ChannelsLast),
          y);
    return y;
  }

  void forward_rows(const torch::Tensor& x,
                    bool top,
                    bool bottom,
                    const torch::Tensor& y) override {
    check_input(*this, x, "conv2d");
    tensor::check_shape(x, {-1, in_, -1, -1}, "conv2d.x");
    run(shape_of(x.sizes(), top, bottom), x, y);
  }

  torch::Tensor weight() override {
    const torch::Tensor weight = at::empty({out_, in_, kernel_, kernel_}, at::kFloat);
    unpack(weight, memory::desc({out_, in_, kernel_, kernel_}, memory::data_type::f32, Tag::oihw));
    return weight;
  }

 private:
  static constexpr int64_t kSomeSize = 64;

  // A plan's shape: that of x, and how many rows of zeros stand above it and below.
  std::vector<int64_t> shape_of(c10::IntArrayRef x, bool top, bool bottom) const {
    return {x[0], x[1], x[2], x[3], top ? padding_.top : 0, bottom ? padding_.bottom : 0};
  }
  int64_t width_after(int64_t width) const {
    return (width + padding_.left + padding_.right - kernel_) / stride_ + 1;
  }

  Plan make_plan(c10::IntArrayRef shape) const override {
    const int64_t top = shape[4], bottom = shape[5];
    const int64_t height = (shape[2] + top + bottom - kernel_) / stride_ + 1;
    const memory::desc x({shape[0], in_, shape[2], shape[3]}, number(type()), Tag::nhwc),
        weights({out_, in_, kernel_, kernel_}, number(type()), Tag::any),
        bias({out_}, memory::data_type::f32, Tag::a),
        y({shape[0], out_, height, width_after(shape[3])}, number(type()), Tag::nhwc);
    const auto description = usable(dnnl::convolution_forward::primitive_desc(
        dnnl::convolution_forward::desc(dnnl::prop_kind::forward_inference,
                                        dnnl::algorithm::convolution_direct,
                                        x,
                                        weights,
                                        bias,
                                        y,
                                        {stride_, stride_},
                                        {top, padding_.left},
                                        {bottom, padding_.right}),
        attributes(),
        processor()));
    Plan plan = plan_of(description);
    plan.primitive = dnnl::convolution_forward(description);
    return plan;
  }

  int64_t in_, out_, kernel_, stride_;
  Padding padding_;
};

bool has_primitive(const torch::Tensor& weight, torch::ScalarType type) {
  return weight.is_cpu() && weight.numel() > 0 &&
         (type == torch::kFloat || type == torch::kBFloat16);
}

// nullptr where the constructor finds no primitive.
template <typename Layer, typename... Arguments>
std::unique_ptr<PreparedLayer> packed(const Arguments&... arguments) {
  try {
    return std::make_unique<Layer>(arguments...);
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented) return nullptr;
    rethrow(error);
  }
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_linear_by_library(const torch::Tensor& weight,
                                                         const torch::Tensor& bias,
                                                         torch::ScalarType type) {
  return has_primitive(weight, type) ? packed<PackedLinear>(weight, bias, type) : nullptr;
}

std::unique_ptr<PreparedLayer> prepare_convolution_by_library(const torch::Tensor& weight,
                                                              const torch::Tensor& bias,
                                                              int64_t stride,
                                                              const Padding& padding,
                                                              torch::ScalarType type) {
  if (!has_primitive(weight, type)) return nullptr;
  return packed<PackedConvolution>(weight, bias, stride, padding, type);
}

}  // namespace lienzo::nn
