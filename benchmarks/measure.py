"""Time and memory of steps.  Runs in a process of its own, which prints what it found as JSON.

    python -m benchmarks.measure '{"workloads": ["W1"], "engines": ["ours", "PyTorch"], ...}'

First the engines must agree: the same losses in the first steps, and the same parameters after
them.  Then they take turns, round by round, each from the first parameters on.  On one thread the
time is the processor's, which other programs on the machine do not lengthen by waiting; on more
threads it is the wall clock's.
"""

import gc
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from .engines import available, load, start
from .workloads import WORKLOADS

SAME_STEPS = 8  # compared before anything is timed
LONG = 0.2  # seconds: a step that takes longer is warm after one
MOST_STEPS = 500  # of a round


def say(**found):
    print(json.dumps(found), flush=True)


# ---------------------------------------------------------------- do they compute the same?


def check_same(workload, engines, threads):
    """Raise unless all engines find the same losses, and the same parameters after them."""
    found = {engine: first_steps(workload, engine, threads) for engine in engines}
    reference, *others = engines
    losses, parameters = found[reference]
    for engine in others:
        context = f"{workload.name}: {engine} against {reference}"
        np.testing.assert_allclose(found[engine][0], losses, 5e-5, err_msg=f"{context}, losses")
        for ours, theirs in zip(found[engine][1], parameters, strict=True):
            np.testing.assert_allclose(
                ours.reshape(theirs.shape), theirs, 2e-3, 2e-4, err_msg=f"{context}, parameters"
            )


def first_steps(workload, engine, threads):
    """The losses of the first steps (only two where a step is slow), and the parameters then."""
    run, losses = start(engine, workload, threads), []
    for _ in range(2 if workload.slow else SAME_STEPS):
        loss, parameters = next(run)
        losses.append(float(as_array(loss)))
    return losses, [as_array(p) for p in parameters]


def as_array(x):
    """A copy of a tensor's numbers, of whatever engine it is."""
    x = x.detach() if hasattr(x, "detach") else x
    x = x.data if type(x).__module__.startswith(("mygrad", "micrograd")) else x
    return np.asarray(x).astype(np.float64)


# ---------------------------------------------------------------- how long does a step take?


def time_rounds(workload, engines, threads, rounds, seconds, budget):
    """Say the microseconds a step of each engine, round by round, until the budget is spent."""
    clock = time.process_time if threads == 1 else time.perf_counter
    gc.collect()
    gc.freeze()  # what the imports left is looked at no more
    begin = time.perf_counter()
    for i in range(rounds):
        if i > 1 and time.perf_counter() - begin > budget:
            break
        turn = i % len(engines)  # another one begins each round
        found = {
            engine: time_of(start(engine, workload, threads), seconds, clock)
            for engine in engines[turn:] + engines[:turn]
        }
        say(workload=workload.name, round=i, us=found)


def time_of(run, seconds, clock):
    """Microseconds a step, over about so many seconds; the first steps do not count."""
    for _ in range(3):
        begin = clock()
        next(run)
        took = clock() - begin
        if took > LONG:
            break
    steps = max(1, min(MOST_STEPS, int(seconds / took)))
    gc.collect()
    begin = clock()
    for _ in range(steps):
        next(run)
    return (clock() - begin) / steps * 1e6


# ---------------------------------------------------------------- how much memory?


def peak_memory(workload, engine, steps=5):
    """Say the peak of this process in MB: all of it, and what it grew by after the imports."""
    load(engine, 1)
    before = resident()
    run = start(engine, workload, 1)
    for _ in range(steps):
        next(run)
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    say(workload=workload.name, engine=engine, peak=peak, grown=peak - before)


def resident():
    """What this process holds now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main():
    order = json.loads(sys.argv[1])
    for name in order["workloads"]:
        workload = WORKLOADS[name]
        if order.get("memory"):
            peak_memory(workload, order["memory"])
            continue
        engines = [e for e in order["engines"] if available(e, workload)]
        if order["check"]:
            check_same(workload, engines, order["threads"])
            say(workload=name, same=engines)
        time_rounds(workload, engines, order["threads"], *order["effort"])


if __name__ == "__main__":
    main()
