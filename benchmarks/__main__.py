"""Measure every workload: ours, NumPy by hand and PyTorch, which take turns.

    python -m benchmarks                    everything; writes docs/benchmarks.md (half an hour)
    python -m benchmarks --quick            few short rounds on one thread (two minutes)
    python -m benchmarks W1 W3              these workloads only: prints, and writes nothing
    python -m benchmarks --peers            JAX, autograd and others too, where they are installed
    python -m benchmarks --quick --check    fail where we became much slower than the page says

Needs PyTorch (`pip install -e '.[oracle]'`); the peers are the extra `peers`.
"""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from typing import NamedTuple

from tqdm import tqdm

from . import page
from .engines import CORE, ENGINES, available, pinned
from .workloads import WORKLOADS


class Effort(NamedTuple):
    """How long to measure: rounds of a workload, seconds an engine in each, and all together."""

    rounds: int
    seconds: float
    budget: float


FULL, QUICK, AGAIN = Effort(21, 0.05, 120), Effort(5, 0.02, 5), Effort(15, 0.05, 20)
SLACK = 2.5  # a step is too slow where its ratio is so many times the recorded one


def main():
    options = arguments()
    names = options.workloads or list(WORKLOADS)
    whole = not options.workloads and not options.quick
    engines = list(ENGINES if options.peers else CORE)
    effort = QUICK if options.quick else FULL
    times = {1: measure(names, engines, effort, 1)}
    if options.check:
        return check(times[1], page.recorded())
    if not options.quick:
        times[2] = measure(names, [e for e in CORE if e in engines], effort, 2)
    names = [n for n in names if WORKLOADS[n].memory or not options.quick]
    text = page.text(times, measure_memory(names))
    if whole:
        (growth,) = run("growth")
        limits = list(tqdm(run("limits", "--json"), desc="limits", unit="limit"))
        text += page.more_text(growth, limits)
        page.write(text, times[1], growth)
    print(text)
    return 0


def arguments():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("workloads", nargs="*", metavar="W", help=f"any of {', '.join(WORKLOADS)}")
    parser.add_argument("--quick", action="store_true", help="few short rounds, on one thread")
    parser.add_argument("--peers", action="store_true", help="JAX, autograd and others too")
    parser.add_argument(
        "--check", action="store_true", help=f"fail at {SLACK} times the recorded ratio"
    )
    options = parser.parse_args()
    if unknown := [name for name in options.workloads if name not in WORKLOADS]:
        parser.error(f"there is no workload {unknown[0]!r}; there are {', '.join(WORKLOADS)}")
    return options


# ---------------------------------------------------------------- in processes of their own


def run(module, *arguments, threads=1):
    """What a module of the benchmarks prints, line by line."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    env = pinned(threads)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode:
        raise SystemExit(f"This failed (see above): {' '.join(command)}")


def measure(names, engines, effort, threads):
    """Microseconds a step: {workload: {engine: [of each round]}}."""
    found = defaultdict(lambda: defaultdict(list))
    order = {"engines": engines, "check": threads == 1, "effort": effort, "threads": threads}
    groups = [[name] for name in names] if effort == FULL else [names]  # starting takes seconds
    with tqdm(total=len(names) * effort.rounds, unit="round", desc="time", mininterval=1) as bar:
        for group in groups:
            orders = json.dumps(order | {"workloads": group})
            for said in run("measure", orders, threads=threads):
                bar.set_postfix_str(said["workload"])
                if "us" in said:
                    bar.update()
                    for engine, us in said["us"].items():
                        found[said["workload"]][engine].append(us)
    return {name: dict(engines) for name, engines in found.items()}


def measure_memory(names):
    """Peak MB of whole processes: {workload: {engine: what was said}}."""
    found = defaultdict(dict)
    pairs = [(n, e) for n in names for e in CORE if available(e, WORKLOADS[n])]
    for name, engine in tqdm(pairs, unit="process", desc="memory"):
        (said,) = run("measure", json.dumps({"workloads": [name], "memory": engine}))
        found[name][engine] = said
    return found


# ---------------------------------------------------------------- have we become slower?


def check(times, recorded):
    """The exit status: 1 where a step is much slower than recorded, beside both of its peers.

    Compared are the fastest rounds.  The slack is wide, because machines differ and other programs
    run beside this one; what seems too slow is measured once more before it counts.
    """
    if not recorded:
        print("No ratios are recorded yet: `make bench` does so.  Only the results were compared.")
    suspects = too_slow(times, recorded)
    if suspects:
        again = {"rounds": 15, "seconds": 0.05}
        suspects &= too_slow(
            measure(sorted({w for w, _ in suspects}), list(CORE), again, 1), recorded
        )
    for workload, engine in sorted(suspects):
        print(f"{workload}, {engine}: over {SLACK} times the ratios of docs/benchmarks.md")
    print(f"{len(times) - len({w for w, _ in suspects})} passed, {len(suspects)} failed")
    return int(bool(suspects))


def too_slow(times, recorded):
    """The pairs (workload, engine) whose ratios to PyTorch and to the floor are both too large."""
    return {
        (workload, engine)
        for workload, engines in recorded.items()
        for engine, ratios in engines.items()
        if engine in times.get(workload, {})
        and all(
            page.least_ratio(times[workload], engine, peer) > SLACK * ratio
            for peer, ratio in ratios.items()
        )
    }


if __name__ == "__main__":
    sys.exit(main())
