"""The page: docs/benchmarks.md with its plot, and the ratios that later runs are compared with."""

import json
import os
import platform
from pathlib import Path

import numpy as np

from .engines import ENGINES, versions
from .workloads import WORKLOADS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
PLOT = ROOT / "docs" / "pictures" / "benchmarks.svg"
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
    """{workload: {engine: {peer: ratio}}} of the last whole run."""
    return json.loads(RECORDED.read_text())


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


# ---------------------------------------------------------------- files


def write(words, times):
    PAGE.write_text(words)
    plot(times)
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
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    engines = [e for e in ENGINES if any(e in f for f in times.values())]
    width = 0.8 / len(engines)
    with plt.rc_context({"svg.hashsalt": "benchmarks", "font.size": 9}):
        figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
        for i, engine in enumerate(engines):
            rows = [(x, f) for x, f in enumerate(times.values()) if {engine, "PyTorch"} <= set(f)]
            middle = [quartiles(ratios(f, engine, "PyTorch"))[1] for _, f in rows]
            axes.bar([x + (i + 0.5) * width - 0.4 for x, _ in rows], middle, width, label=engine)
        axes.axhline(1, color="black", linewidth=0.8)
        axes.set(yscale="log", ylabel="time of a step / PyTorch eager", xticks=range(len(times)))
        axes.set_xticklabels(times)
        axes.legend(ncols=5, fontsize=8)
        PLOT.parent.mkdir(exist_ok=True)
        figure.savefig(PLOT, metadata={"Date": None})
        plt.close(figure)
