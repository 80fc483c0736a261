#!/usr/bin/env python3
"""Writes tests/golden/weights/types.safetensors with the reference library, for tests/weights/safetensors_test.cpp.

    python tools/golden/safetensors_files.py            # write the fixture
    python tools/golden/safetensors_files.py --check F  # F, written by Lienzo from the fixture, must be the same

Needs: safetensors 0.8.0, numpy 2.4.6. The fixture holds one 2x3 tensor of every type that torch 1.13 has, with the
numbers -2..3 (0..5 where there is no sign, odd or not for BOOL), a single number, an empty tensor, one type that Lienzo
lists but does not read (U16), a name outside ASCII, and metadata.
"""

import argparse
import pathlib

import numpy
import safetensors
from safetensors import safe_open

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "weights"
SIGNED = {
    "float64": "<f8",
    "float32": "<f4",
    "float16": "<f2",
    "int64": "<i8",
    "int32": "<i4",
    "int16": "<i2",
    "int8": "i1",
}
METADATA = {"format": "pt", "title": "cubo \u00e1mbar", "generator": f"safetensors {safetensors.__version__}"}


def fixture():
    numbers = numpy.arange(-2, 4).reshape(2, 3)
    parts = {name: (name, numbers.astype(code)) for name, code in SIGNED.items()}
    # bfloat16 is the upper half of float32; these numbers lose nothing.
    parts["bfloat16"] = ("bfloat16", (numbers.astype("<f4").view("<u4") >> 16).astype("<u2"))
    parts["uint8"] = ("uint8", numpy.arange(6, dtype="u1").reshape(2, 3))
    parts["bool"] = ("bool", (numpy.arange(6) % 2 == 1).reshape(2, 3))
    parts["unreadable"] = ("uint16", numpy.arange(6, dtype="<u2").reshape(2, 3))
    parts["single"] = ("float32", numpy.array(0.1, dtype="<f4"))
    parts["empty"] = ("float32", numpy.zeros((0, 3), dtype="<f4"))
    parts["n\u00fameros.\u65e5"] = ("float32", numpy.array([1.5], dtype="<f4"))
    return parts


def serialize(parts):
    specs = {
        name: safetensors.TensorSpec(dtype=dtype, shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes)
        for name, (dtype, array) in parts.items()
    }
    return safetensors.serialize(specs, METADATA)  # `parts` keeps the numbers alive


def check(path):
    """Compares what the reference library reads from both files, except for the type that Lienzo does not read."""
    ours = dict(safetensors.deserialize(path.read_bytes()))
    theirs = dict(safetensors.deserialize((OUT / "types.safetensors").read_bytes()))
    del theirs["unreadable"]
    if ours != theirs:
        raise SystemExit(f"{path}: differs from the fixture")
    with safe_open(path, "numpy") as file:
        if file.metadata() != METADATA:
            raise SystemExit(f"{path}: metadata differs, got {file.metadata()}")
    print(f"{path}: {len(theirs)} tensors and the metadata are the same")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.check:
        check(arguments.check)
    else:
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / "types.safetensors").write_bytes(serialize(fixture()))
