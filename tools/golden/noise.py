"""Writes tests/golden/noise.json: what random numbers other programs draw.

"philox": normal numbers of a CUDA torch.randn, by this file's own numpy implementation of Philox 4x32-10 and curand's
Box-Muller transform; its first numbers agree with those published with AUTOMATIC1111's modules/rng_philox.py.
"seed_sequence": numpy.random.SeedSequence.  "brownian": increments of torchsde 0.2.6 BrownianTree over CPU tensors.
    python tools/golden/noise.py tests/golden
"""

import json
import pathlib
import sys

import numpy as np
import torch
import torchsde


def philox(seed, call, count):
    counter = [np.full(count, call, np.uint64), np.zeros(count, np.uint64), np.arange(count, dtype=np.uint64)]
    counter.append(np.zeros(count, np.uint64))
    key = [np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)]
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        first, second = np.uint64(0xD2511F53) * counter[0], np.uint64(0xCD9E8D57) * counter[2]
        counter = [
            (second >> np.uint64(32)) ^ counter[1] ^ key[0],
            second & low,
            (first >> np.uint64(32)) ^ counter[3] ^ key[1],
            first & low,
        ]
        key = [(key[0] + np.uint64(0x9E3779B9)) & low, (key[1] + np.uint64(0xBB67AE85)) & low]
    unit = float(np.float32(2.3283064e-10))
    turn = float(np.float32(2.3283064e-10 * 6.2831855))
    u, angle = counter[0] * unit + unit / 2, counter[1] * turn + turn / 2
    return (np.sqrt(-2 * np.log(u)) * np.sin(angle)).astype(np.float32)


def philox_cases():
    cases = [dict(seed=seed, call=call, values=philox(seed, call, 40).tolist()) for seed in (0, 42) for call in (0, 1)]
    cases.append(dict(seed=2**40 + 7, call=2, values=philox(2**40 + 7, 2, 12).tolist()))
    published = [-0.924663, -0.425344, -2.643846, 0.145184, -0.120867, -0.579726, -0.622851, -0.328387]
    assert np.allclose(cases[0]["values"][:8], published, atol=1e-6)
    return cases


def seed_sequence_cases():
    cases = []
    for entropy, key, pool in ((0, (), 24), (11, (), 24), (2**40 + 7, (), 4), (11, (0, 0), 24), (2**40 + 7, (5, 3), 24)):
        state = np.random.SeedSequence(entropy=entropy, spawn_key=key, pool_size=pool).generate_state(6)
        cases.append(dict(entropy=entropy, spawn_key=key, pool_size=pool, state=state.tolist()))
    return cases


def brownian_cases():
    cases = []
    for seed in (11, 2**40 + 7):
        t0, t1 = 0.0291671, 14.614641
        tree = torchsde.BrownianTree(t0, torch.zeros(4, 5), t1, entropy=seed)
        for ta, tb in ((t0, t1), (9.102930, t1), (5.478389, 9.10293), (0.0291671, 0.0819057), (1.0, 1.000001), (0.5, 7.5)):
            increment = tree(ta, tb).flatten().double().tolist()
            cases.append(dict(seed=seed, t0=t0, t1=t1, ta=ta, tb=tb, shape=[4, 5], increment=increment))
    return cases


def main():
    out = dict(
        generator="tools/golden/noise.py",
        versions=dict(torch=torch.__version__, torchsde="0.2.6", numpy=np.__version__),
        philox=philox_cases(),
        seed_sequence=seed_sequence_cases(),
        brownian=brownian_cases(),
    )
    path = pathlib.Path(sys.argv[1]) / "noise.json"
    path.write_text(json.dumps(out) + "\n")


main()
