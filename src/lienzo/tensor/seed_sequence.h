#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lienzo::tensor {

/// numpy.random.SeedSequence(entropy, spawn_key, pool_size).generate_state(count): well mixed words
/// from one seed and a place in a tree. numpy/random/bit_generator.pyx, after O'Neill's seed_seq_fe
/// (https://www.pcg-random.org/posts/developing-a-seed_seq-alternative.html).
std::vector<uint32_t> seed_sequence(uint64_t entropy,
                                    std::span<const uint32_t> spawn_key,
                                    size_t pool_size,
                                    size_t count);

}  // namespace lienzo::tensor
