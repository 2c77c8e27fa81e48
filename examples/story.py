"""What all stories share: their settings, their numbers beside the source's, their pictures.

import story

options = story.begin(__doc__)                   # --quick, --out FOLDER, --help
story.number("test accuracy", 0.9612, source=0.9613, at_least=0.958)
story.picture(figure, "accuracy")                # out/13_accuracy.png
story.end()                                      # the exit status is 1 if a number was missed
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import nn
import tinygrad_edu as tg

# Colours that colour-blind readers tell apart (Okabe and Ito, 2008), each with a line of its own,
# so that they can be told apart in grey too.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"]
LINES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1))]
plt.rcParams.update(
    {
        "axes.prop_cycle": plt.cycler(color=COLOURS) + plt.cycler(linestyle=LINES),
        "axes.grid": True,
        "grid.alpha": 0.3,
        "figure.constrained_layout.use": True,
        "image.cmap": "gray_r",
        "savefig.dpi": 110,
    }
)

NAME = Path(sys.argv[0]).stem  # 03_fit_a_surface
_missed: list[str] = []
_start = time.perf_counter()
_options = argparse.Namespace(quick=False, out=Path("out"))


def begin(doc: str) -> argparse.Namespace:
    """Read the command line, say what the story is, seed the random numbers."""
    title, *text = doc.strip().splitlines()
    parser = argparse.ArgumentParser(
        description=title,
        epilog="\n".join(text),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="in seconds, on less data")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder of the pictures")
    parser.parse_args(namespace=_options)
    print(f"{NAME}: {title}\n")
    tg.manual_seed(0)
    return _options


def digits() -> tuple[str, nn.data.TensorDataset, nn.data.TensorDataset]:
    """MNIST to train and to test on; in quick mode, or where it is not found, the 8x8 digits that
    the package ships."""
    if not _options.quick and nn.data.MNIST.is_available():
        return "MNIST", nn.data.MNIST(), nn.data.MNIST(train=False)
    if not _options.quick:
        print("MNIST was not found ($TINYGRAD_EDU_DATA/mnist): this runs on the digits shipped.")
    return "Digits", nn.data.Digits(), nn.data.Digits(train=False)


def number(
    what: str,
    ours: float,
    *,
    source: float | str | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
) -> None:
    """Print a number of ours beside that of the source, and say whether it meets its limits."""
    missed = (at_least is not None and not ours >= at_least) or (
        at_most is not None and not ours <= at_most
    )
    limits = [f"at least {at_least:.4g}"] if at_least is not None else []
    limits += [f"at most {at_most:.4g}"] if at_most is not None else []
    beside = "" if source is None else f"   source {_shown(source)}"
    verdict = "" if not limits else f"   ({', '.join(limits)}: {'MISSED' if missed else 'met'})"
    print(f"{what}: ours {_shown(ours)}{beside}{verdict}")
    if missed:
        _missed.append(what)
    if table := os.environ.get("STORIES_TABLE"):  # what run.py shows in the end
        row = {
            "what": what,
            "ours": _shown(ours),
            "source": "" if source is None else _shown(source),
        }
        row |= {"limit": ", ".join(limits), "met": not missed}
        with open(table, "a") as file:
            file.write(json.dumps(row) + "\n")


def equal(what: str, ours: object, expected: object, tolerance: float = 1e-6) -> None:
    """Compare our numbers with those of the source, or of another way to compute them."""
    difference = (tg.as_tensor(ours).double() - tg.as_tensor(expected).double()).abs().max().item()
    number(f"{what}, largest difference", difference, at_most=tolerance)


def picture(drawn: object, name: str) -> Path:
    """Save a figure of matplotlib's as PNG, or a diagram of `tg.viz` as SVG, in the out folder."""
    _options.out.mkdir(parents=True, exist_ok=True)
    path = _options.out / f"{NAME[:2]}_{name}.{'png' if isinstance(drawn, plt.Figure) else 'svg'}"
    if isinstance(drawn, plt.Figure):
        drawn.savefig(path)
        plt.close(drawn)
    else:
        drawn.save(path)
    print(f"picture: {path}")
    return path


def end() -> None:
    """Say how long it took; exit with 1 if a number was missed."""
    print(
        f"\n{NAME} took {time.perf_counter() - _start:.1f} s.", *map("MISSED: {}".format, _missed)
    )
    sys.exit(bool(_missed))


def _shown(x: float | str) -> str:
    if isinstance(x, str | int):
        return f"{x:,}" if isinstance(x, int) else x
    return f"{x:.4g}" if abs(x) < 1e-2 or abs(x) >= 1e4 else f"{x:.4f}"
