"""The chart of a gradient flow: a curve for each layer, light, and told apart without colours."""

from __future__ import annotations

import math
from itertools import pairwise
from textwrap import fill
from typing import Any

from .flow_words import FAST, label_of, percent, titled
from .readings import Reading

INK, QUIET, GRID = "#1f2328", "#59636e", "#d1d9e0"
# Okabe and Ito's colours, which colour-blind readers tell apart, and a line of its own for each.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
FEW = len(COLOURS)  # layers: up to here each has a colour and its name at its curve
USUAL = 1e-3  # of updates, relative to the weights
NAMES = {"norm": "norm of the gradient", "rms": "RMS of the gradient"}


def chart(flow: Any, by: str, measure: str) -> Any:
    """The Figure."""
    if measure not in NAMES:
        raise ValueError(f"plot: measure={measure!r}, but there are {', '.join(NAMES)}")
    readings = flow._readings(by)
    if not flow.steps:
        raise RuntimeError(
            "plot: no step recorded yet: call backward() after gradient_flow(model), or record()"
        )
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "plot: it needs matplotlib (`pip install matplotlib`); print(flow) says the same in "
            "text"
        ) from error
    if len(flow.steps) == 1:
        return _bars(flow, Figure, readings, measure)
    return _curves(flow, Figure, readings, measure)


# ---------------------------------------------------------------- one step


def _bars(flow: Any, figure_class: Any, readings: Any, measure: str) -> Any:
    """A dot for each layer, on a logarithmic scale, from the first layer at the top."""
    titles = [titled(flow, name) for name in readings]
    long = max(map(len, titles))
    height = 1.6 + 0.26 * len(titles) + 0.2 * len(flow.flags())
    figure = figure_class(figsize=(6.5 + 0.05 * long, height), layout="constrained")
    axes = figure.subplots()
    _dress(axes, "x")
    rows = range(len(titles))
    values = [_value(several[0], measure) for several in readings.values()]
    seen = [x for x in values if 0 < x < math.inf]
    low = min(seen, default=1.0) / 3
    for row, (several, value) in enumerate(zip(readings.values(), values, strict=True)):
        if 0 < value < math.inf:
            axes.plot([low, value], [row, row], color=GRID, linewidth=3, solid_capstyle="butt")
            axes.plot([value], [row], "o", color=COLOURS[0], markersize=6)
        text = _beside(several[0], value, measure)
        at = value if 0 < value < math.inf else low
        axes.annotate(
            text, (at, row), (8, 0), textcoords="offset points", va="center", fontsize=8, color=INK
        )
    axes.set_xscale("log")
    axes.set_xlim(low, max(seen, default=1.0) * 30)
    axes.set_ylim(len(titles) - 0.5, -0.5)
    axes.set_yticks(rows, titles)
    axes.set_xlabel(NAMES[measure])
    _head(figure, flow, "Gradient of each layer, from the first to the last")
    return figure


def _beside(reading: Reading | None, value: float, measure: str) -> str:
    """What stands beside a dot."""
    if reading is None:
        return "no gradient"
    if not math.isfinite(value):
        return f"{reading.nonfinite:,} of {reading.size:,} are NaN or infinite"
    if reading.size and reading.zeros == 1:
        return "all zero"
    zeros = f", {percent(reading.zeros)} zero" if reading.zeros else ""
    return f"{value:.2g}{zeros}"


# ---------------------------------------------------------------- several steps


def _curves(flow: Any, figure_class: Any, readings: Any, measure: str) -> Any:
    panels = [(NAMES[measure], measure)]
    if _any(readings, "ratio"):
        panels.append(("update / weight", "ratio"))
    if any(r is not None and r.zeros for several in readings.values() for r in several):
        panels.append(("share of zeros", "zeros"))
    heights = [2.0 if k == 0 else 1.2 for k in range(len(panels))]
    size = (8.6, 1.1 + 1.45 * sum(heights) + 0.2 * len(flow.flags()))
    figure = figure_class(figsize=size, layout="constrained")
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)
    looks = _looks(list(readings))
    for axes, (title, name) in zip(grid[:, 0], panels, strict=True):
        _dress(axes, "y")
        axes.set_ylabel(title, color=INK)
        ends = _draw(axes, flow.numbers, readings, name, looks)
        _scale(axes, name)
        if name == "ratio":
            _guides(axes)
        if len(readings) <= FEW:
            early = [end for end in ends if end[0] < flow.numbers[-1]]
            _name_early_ends(axes, early)
            _name_ends(figure, axes, [end for end in ends if end not in early])
    grid[-1, 0].set_xlabel("step")
    grid[-1, 0].xaxis.get_major_locator().set_params(integer=True)
    _mark_first_nan(flow, grid[:, 0])
    if len(readings) > FEW:
        _colour_bar(figure, grid[:, 0], list(readings))
    _head(figure, flow, f"Gradient flow over {len(flow.steps)} steps")
    return figure


def _any(readings: Any, name: str) -> bool:
    values = [getattr(r, name) for several in readings.values() for r in several if r is not None]
    return any(0 < x < math.inf for x in values)


def _looks(names: list[str]) -> dict[str, dict[str, Any]]:
    """How the curve of each layer looks: by a colour, or of many by how deep the layer is."""
    if len(names) <= FEW:
        pairs = zip(COLOURS, LINES, strict=True)
        return {
            name: {"color": colour, "linestyle": line}
            for name, (colour, line) in zip(names, pairs, strict=False)
        }
    from matplotlib import colormaps

    colours = colormaps["viridis"]
    deep = len(names) - 1
    return {name: {"color": colours(0.9 * k / deep)} for k, name in enumerate(names)}


def _draw(axes: Any, numbers: list[int], readings: Any, measure: str, looks: Any) -> list[Any]:
    """The curves; where each ends, and how it is called there."""
    ends = []
    for name, several in readings.items():
        values = [_value(r, measure) for r in several]
        shown = [
            x if math.isfinite(x) and (x > 0 or measure == "zeros") else math.nan for x in values
        ]
        marker = "o" if len(numbers) <= 20 else None
        axes.plot(numbers, shown, linewidth=1.6, marker=marker, markersize=3, **looks[name])
        finite = [(n, x) for n, x in zip(numbers, shown, strict=True) if math.isfinite(x)]
        if finite:
            ends.append((*finite[-1], label_of(name), looks[name]["color"]))
    return ends


def _value(reading: Reading | None, measure: str) -> float:
    return math.nan if reading is None else float(getattr(reading, measure))


def _scale(axes: Any, measure: str) -> None:
    if measure == "zeros":
        axes.set_ylim(-0.04, 1.04)
        axes.yaxis.set_major_formatter(lambda x, _: f"{x:.0%}".replace("%", " %"))
        return
    from matplotlib.ticker import LogLocator, NullLocator

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high / low < 100:  # less than two powers of ten: more ticks, as plain numbers
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low > 3 else (1, 2, 3, 5)))
        axes.yaxis.set_major_formatter(lambda x, _: f"{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())


def _name_ends(figure: Any, axes: Any, ends: list[Any]) -> None:
    """The name of each curve at its end; where ends lie close, one above the other."""
    if not ends:
        return
    to_axes = axes.transData + axes.transAxes.inverted()
    heights = [float(to_axes.transform((x, y))[1]) for x, y, _, _ in ends]
    inches = axes.get_position().height * figure.get_figheight()
    places = _apart(heights, 11 / (72 * inches))
    for (x, y, label, colour), place in zip(ends, places, strict=True):
        axes.annotate(
            label,
            xy=(x, y),
            xytext=(1.03, place),
            textcoords="axes fraction",
            va="center",
            fontsize=8,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 1},
        )


def _name_early_ends(axes: Any, ends: list[Any]) -> None:
    """Of curves that break off before the last step, as where NaN comes."""
    for x, y, label, _ in ends:
        text = {"textcoords": "offset points", "va": "center", "fontsize": 8, "color": INK}
        axes.annotate(label, (x, y), (6, 0), **text)


def _apart(places: list[float], least: float) -> list[float]:
    """The same places, moved so that no two are nearer than `least`."""
    order = sorted(range(len(places)), key=lambda k: places[k])
    moved = list(places)
    for before, k in pairwise(order):
        moved[k] = max(moved[k], moved[before] + least)
    if order:
        shift = sum(moved) / len(moved) - sum(places) / len(places)
        moved = [x - shift for x in moved]
    return moved


def _guides(axes: Any) -> None:
    """What is usual, and what is too much."""
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, USUAL / 3), max(high, USUAL * 3))
    low, high = axes.get_ylim()
    for at, word in ((USUAL, "usual"), (FAST, "too large")):
        if low < at < high:
            axes.axhline(at, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
            axes.annotate(
                word,
                (0, at),
                (3, 2),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                fontsize=7,
                color=QUIET,
            )


def _mark_first_nan(flow: Any, panels: Any) -> None:
    """A line where the first gradient was NaN or infinite: there is no curve from there on."""
    for number, row in zip(flow.numbers, flow.steps, strict=True):
        if any(r.nonfinite for r in row.values()):
            for axes in panels:
                axes.axvline(number, color=INK, linewidth=1)
            panels[0].annotate(
                "NaN or infinite",
                (number, 1),
                (-3, -3),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="right",
                va="top",
                fontsize=8,
                color=INK,
            )
            return


def _colour_bar(figure: Any, panels: Any, names: list[str]) -> None:
    """Of many layers: which colour is how deep."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap

    looks = _looks(names)
    colours = ListedColormap([looks[name]["color"] for name in names])
    bar = figure.colorbar(ScalarMappable(cmap=colours), ax=list(panels), aspect=40, pad=0.02)
    each = max(1, -(-len(names) // 16))
    shown = [*range(0, len(names), each)]
    bar.set_ticks([(k + 0.5) / len(names) for k in shown], labels=[names[k] for k in shown])
    bar.ax.invert_yaxis()
    bar.ax.tick_params(labelsize=8, length=0, labelcolor=INK)
    bar.ax.set_title("layer", fontsize=8, color=INK)
    bar.outline.set_visible(False)


# ---------------------------------------------------------------- both


def _dress(axes: Any, grid: str) -> None:
    """Light axes, with the values' grid only."""
    axes.set_facecolor("white")
    axes.grid(axis=grid, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GRID)
    axes.tick_params(colors=QUIET, labelsize=8, which="both", length=2)
    axes.xaxis.label.set_color(INK)
    if grid == "y":
        axes.margins(x=0.01)


def _head(figure: Any, flow: Any, title: str) -> None:
    """The title, and below it what is wrong."""
    figure.set_facecolor("white")
    flags = [fill(f"\u2022 {flag}", 96, subsequent_indent="  ") for flag in flow.flags()]
    text = "\n".join([title, *flags])
    figure.suptitle(text, fontsize=10, x=0.01, ha="left", color=INK, linespacing=1.3)
