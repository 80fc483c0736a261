"""Draws the curves of trainings from their metrics.csv and validation.csv.

    python tools/curves.py models/mini/training/curves.png decoder=runs/mini-decoder prior=runs/mini-prior ...

Needs matplotlib. A folder may also hold NAME-metrics.csv and NAME-validation.csv, and those of the trainings before it
(NAME-1-metrics.csv, ...), as models/mini/training does.
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


def trainings(folder, name):
    """Metrics and validations of a run's folder, or of NAME-1, NAME-2, ..., NAME that began one with the weights of another."""
    if (folder / "metrics.csv").exists():
        return [(columns(folder / "metrics.csv"), columns(folder / "validation.csv"))]
    names = [path.name.removesuffix("-metrics.csv") for path in sorted(folder.glob(f"{name}-[0-9]*-metrics.csv"))]
    return [(columns(folder / f"{n}-metrics.csv"), columns(folder / f"{n}-validation.csv")) for n in [*names, name]]


def main(output, *runs):
    figure, axes = plt.subplots(2, len(runs), figsize=(4 * len(runs), 5.5), squeeze=False)
    for column, run in enumerate(runs):
        name, folder = run.split("=", 1)
        loss, measures = axes[0][column], axes[1][column]
        colours = {}
        begin = 0
        for metrics, validation in trainings(pathlib.Path(folder), name):
            if begin:
                for axis in (loss, measures):
                    axis.axvline(begin, color="grey", linewidth=0.8, linestyle=":")
            loss.plot([begin + step for step in metrics["step"]], metrics["loss"], linewidth=1, color="C0")
            for key, values in validation.items():
                if key == "step":
                    continue
                label = None if key in colours else key
                colour = colours.setdefault(key, f"C{len(colours)}")
                measures.plot([begin + step for step in validation["step"]], values, marker=".", label=label, color=colour)
            begin += metrics["step"][-1]
        loss.set_yscale("log")
        loss.set_title(f"{name}: training loss")
        measures.set_title("held out")
        measures.set_xlabel("step, one training after the other")
        measures.legend(fontsize=7)
        for axis in (loss, measures):
            axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(output, dpi=80)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
