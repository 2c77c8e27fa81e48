"""The page: docs/benchmarks.md with its plot, and the ratios that later runs are compared with."""

import json
import os
import platform
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .engines import ENGINES, versions
from .workloads import WORKLOADS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
PLOT = ROOT / "docs" / "pictures" / "benchmarks.svg"
PLOT_OF_GROWTH = ROOT / "docs" / "pictures" / "benchmarks_growth.svg"
RECORDED = Path(__file__).with_name("recorded.json")
OURS = ("ours", "ours, compiled")
PEERS = {"PyTorch": "PyTorch eager", "NumPy by hand": "NumPy by hand"}


# ---------------------------------------------------------------- statistics


def quartiles(values):
    """The first quartile, the median and the third."""
    return np.quantile(values, (0.25, 0.5, 0.75))


def ratios(times, engine, peer):
    """An engine's times as ratios to a peer's, round by round: both met the same machine."""
    return np.divide(times[engine], times[peer])


def least_ratio(times, engine, peer):
    return min(times[engine]) / min(times[peer])


def goal(name, engine, peer):
    goals = WORKLOADS[name].compiled if "compiled" in engine else WORKLOADS[name].eager
    return goals and goals[list(PEERS).index(peer)]


def recorded():
    """{workload: {engine: {peer: ratio}}} of the last whole run; empty before the first."""
    return json.loads(RECORDED.read_text()) if RECORDED.exists() else {}


# ---------------------------------------------------------------- tables


def table(head, rows):
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def time_table(times):
    """Median time of a step, and the quartiles, of each engine."""
    engines = [e for e in ENGINES if any(e in found for found in times.values())]
    rows = []
    for name, found in times.items():
        cells = [time_cell(found[e]) if e in found else "" for e in engines]
        rows.append([f"**{name}** {WORKLOADS[name].title}", *cells])
    return table(["a step takes", *engines], rows)


def time_cell(us):
    low, middle, high = quartiles(us)
    unit, scale = next((u, s) for u, s in (("s", 1e6), ("ms", 1e3), ("µs", 1)) if middle >= s)
    return f"{middle / scale:.3g} {unit} ({low / scale:.3g} to {high / scale:.3g})"


def ratio_table(times):
    """Median ratio, its quartiles and the goal, of ours to each peer."""
    pairs = [(o, p) for o in OURS if any(o in f for f in times.values()) for p in PEERS]
    rows = []
    for name, found in times.items():
        cells = [
            ratio_cell(name, found, *pair) if set(pair) <= set(found) else "" for pair in pairs
        ]
        rows.append([f"**{name}**", *cells])
    return table(["", *[f"{ours} / {PEERS[peer]}" for ours, peer in pairs]], rows)


def ratio_cell(name, found, ours, peer):
    low, middle, high = quartiles(ratios(found, ours, peer))
    words, limit = f"{middle:.2f} ({low:.2f} to {high:.2f})", goal(name, ours, peer)
    if limit is None:
        return words
    return f"{words}, goal {limit:g}" + (" **missed**" if round(middle, 2) > limit else "")


def memory_table(memory):
    engines = [e for e in ENGINES if any(e in found for found in memory.values())]
    rows = []
    for name, found in memory.items():
        cells = [f"{found[e]['peak']:.0f} ({found[e]['grown']:.0f})" for e in engines if e in found]
        rows.append([f"**{name}**", *cells, memory_goal(name, found)])
    return table(["MB at the peak", *engines, "ours / PyTorch"], rows)


def memory_goal(name, found):
    if not {"ours", "PyTorch"} <= set(found):
        return ""
    ratio, limit = found["ours"]["peak"] / found["PyTorch"]["peak"], WORKLOADS[name].memory
    words = f"{ratio:.2f}"
    return words if limit is None else f"{words}, goal {limit}{' **missed**' * (ratio > limit)}"


def machine():
    """The machine and the versions, in one sentence."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next((s.split(": ")[1] for s in lines if s.startswith("model name")), cpu)
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def text(times, memory):
    engines = [e for e in ENGINES if any(e in found for found in times[1].values())]
    packages = ", ".join(f"{name} {number}" for name, number in versions(engines).items())
    parts = [
        (ROOT / "benchmarks" / "page.md").read_text(),
        f"Measured on {machine()}, with {packages}.\n",
        "## One thread\n",
        ratio_table(times[1]),
        "",
        time_table(times[1]),
        "",
    ]
    if 2 in times:
        parts += ["## Two threads\n", ratio_table(times[2]), "", time_table(times[2]), ""]
    parts += ["## Memory\n", memory_table(memory)]
    return "\n".join(parts) + "\n"


def more_text(growth, limits):
    """The parts of the page that need no other engine's steps: growth, and the table of limits."""
    deep, broad = growth["straight"], growth["wide"]
    most = max(deep, key=int)
    parts = [
        "\n## Growth\n",
        "Forward and backward take time in proportion to the number of nodes, in a record that is\n"
        f"one chain as in a wide one: {int(most):,} nodes take {deep[most]:.1f} s in a chain and "
        f"{broad[most]:.1f} s side by side.\nA test counts the calls. The same holds for the batch "
        "size of 784-32-10, once the arrays are so large\nthat calls count for little.\n",
        "![Time of forward and backward by size](pictures/benchmarks_growth.svg)\n",
        "## Limits\n",
        "What one op, layer or loader takes, beside PyTorch eager unless the line says otherwise\n"
        "(`python -m benchmarks.limits`, fastest rounds, one thread).\n",
        table(["", "measured", "limit", "reason"], map(limit_row, limits)),
    ]
    return "\n".join(parts) + "\n"


def limit_row(found):
    value, limit, unit = found["measure"], found["limit"], found["unit"]
    over = limit is not None and round(value, 2) > limit
    words = "" if limit is None else f"{limit:g}{unit}"
    return [found["name"], f"{value:.2f}{unit}", words + " **missed**" * over, found["why"] * over]


# ---------------------------------------------------------------- files


def write(words, times, growth):
    PAGE.write_text(words)
    plot(times)
    plot_growth(growth)
    found = {
        name: {
            ours: {peer: round(float(least_ratio(engines, ours, peer)), 3) for peer in PEERS}
            for ours in OURS
            if ours in engines
        }
        for name, engines in times.items()
    }
    RECORDED.write_text(json.dumps(found, indent=2) + "\n")


def plot(times):
    """Bars: the time of a step of each engine, as a ratio to PyTorch's."""
    engines = [e for e in ENGINES if any(e in f for f in times.values())]
    width = 0.8 / len(engines)
    with drawing(PLOT, 1) as (axes,):
        for i, engine in enumerate(engines):
            rows = [(x, f) for x, f in enumerate(times.values()) if {engine, "PyTorch"} <= set(f)]
            middle = [quartiles(ratios(f, engine, "PyTorch"))[1] for _, f in rows]
            axes.bar([x + (i + 0.5) * width - 0.4 for x, _ in rows], middle, width, label=engine)
        axes.axhline(1, color="black", linewidth=0.8)
        axes.set(yscale="log", ylabel="time of a step / PyTorch eager", xticks=range(len(times)))
        axes.set_xticklabels(times)
        axes.legend(ncols=5, fontsize=8)


def plot_growth(growth):
    """Lines: seconds by number of nodes, and by batch size, both scales logarithmic."""
    with drawing(PLOT_OF_GROWTH, 2) as (left, right):
        for what, label in (("straight", "a chain"), ("wide", "side by side")):
            left.plot([int(n) for n in growth[what]], growth[what].values(), "o-", label=label)
        right.plot([int(n) for n in growth["batch"]], growth["batch"].values(), "o-")
        left.legend()
        for axes, label in ((left, "nodes"), (right, "batch size of 784-32-10")):
            axes.set(xscale="log", yscale="log", xlabel=label, ylabel="seconds")
            axes.grid(alpha=0.3)


@contextmanager
def drawing(path, columns):
    """Axes, side by side; what is drawn there is written as SVG, the same bytes each time."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "benchmarks", "font.size": 9}):
        figure = Figure(figsize=(9, 4), layout="constrained")
        yield figure.subplots(1, columns, squeeze=False)[0]
        figure.savefig(path, metadata={"Date": None})
