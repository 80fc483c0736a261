"""Draws the curves of trainings from their metrics.csv and validation.csv.

    python tools/curves.py models/mini/training/curves.png decoder=runs/mini-decoder prior=runs/mini-prior ...

Needs matplotlib. A folder may also hold NAME-metrics.csv and NAME-validation.csv, as models/mini/training does.
"""
import csv
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def columns(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return {key: [float(row[key]) for row in rows if row[key]] for key in rows[0]} if rows else {}


def find(folder, name, kind):
    for path in (folder / f"{kind}.csv", folder / f"{name}-{kind}.csv"):
        if path.exists():
            return columns(path)
    return {}


def main(output, *runs):
    figure, axes = plt.subplots(2, len(runs), figsize=(4 * len(runs), 5.5), squeeze=False)
    for column, run in enumerate(runs):
        name, folder = run.split("=", 1)
        metrics = find(pathlib.Path(folder), name, "metrics")
        axes[0][column].plot(metrics["step"], metrics["loss"], linewidth=1)
        axes[0][column].set_yscale("log")
        axes[0][column].set_title(f"{name}: training loss")
        validation = find(pathlib.Path(folder), name, "validation")
        for key, values in validation.items():
            if key != "step":
                axes[1][column].plot(validation["step"], values, marker=".", label=key)
        axes[1][column].set_xlabel("step")
        axes[1][column].legend(fontsize=7)
        for row in axes:
            row[column].grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(output, dpi=80)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
