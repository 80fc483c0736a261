#include "lienzo/tensor/seed_sequence.h"

namespace lienzo::tensor {
namespace {

constexpr uint32_t kInitA = 0x43b0d7e5, kMultA = 0x931e8875;
constexpr uint32_t kInitB = 0x8b51f9dd, kMultB = 0x58f38ded;
constexpr uint32_t kMixLeft = 0xca01f9dd, kMixRight = 0x4973f715;

uint32_t fold(uint32_t value) { return value ^ (value >> 16); }

// Multiplies by a constant that changes at every call.
class Hash {
 public:
  Hash(uint32_t constant, uint32_t factor) : constant_(constant), factor_(factor) {}
  uint32_t operator()(uint32_t value) {
    value ^= constant_;
    constant_ *= factor_;
    return fold(value * constant_);
  }

 private:
  uint32_t constant_, factor_;
};

uint32_t mix(uint32_t x, uint32_t y) { return fold(kMixLeft * x - kMixRight * y); }

}  // namespace

std::vector<uint32_t> seed_sequence(uint64_t entropy,
                                    std::span<const uint32_t> spawn_key,
                                    size_t pool_size,
                                    size_t count) {
  std::vector<uint32_t> words = {static_cast<uint32_t>(entropy)};
  if (entropy >> 32 != 0) words.push_back(static_cast<uint32_t>(entropy >> 32));
  // Zeros between the seed and the place keep (1, {2}) apart from (1 + 2 * 2^32, {}).
  if (!spawn_key.empty() && words.size() < pool_size) words.resize(pool_size);
  words.insert(words.end(), spawn_key.begin(), spawn_key.end());

  Hash hash(kInitA, kMultA);
  std::vector<uint32_t> pool(pool_size);
  for (size_t i = 0; i < pool_size; ++i) pool[i] = hash(i < words.size() ? words[i] : 0);
  for (size_t from = 0; from < pool_size; ++from) {
    for (size_t to = 0; to < pool_size; ++to) {
      if (from != to) pool[to] = mix(pool[to], hash(pool[from]));
    }
  }
  for (size_t from = pool_size; from < words.size(); ++from) {
    for (uint32_t& word : pool) word = mix(word, hash(words[from]));
  }

  Hash out(kInitB, kMultB);
  std::vector<uint32_t> state(count);
  for (size_t i = 0; i < count; ++i) state[i] = out(pool[i % pool_size]);
  return state;
}

}  // namespace lienzo::tensor
