"""A process on its own: a deep record, memory over time, the start, the size on disk."""

import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from . import Limit

ROOT = Path(__file__).parents[2]
RESIDENT = """
import gc, os, time
def resident():
    pages = int(open('/proc/self/statm').read().split()[1])
    return pages * os.sysconf('SC_PAGE_SIZE') / 2**20
"""
CHAIN = """
import tinygrad_edu as tg
gc.collect()
before, begin = resident(), time.process_time()
x = y = tg.tensor(0.0, requires_grad=True)
for _ in range(1_000_000):
    y = y + 1.0
y.backward()
peak = resident()
assert x.grad.item() == 1.0 and y.item() == 1_000_000
del y
gc.collect()
"""
STEPS = """
import nn
import tinygrad_edu as tg
model = nn.Sequential(nn.Linear(784, 32), nn.Sigmoid(), nn.Linear(32, 10))
optimizer = nn.optim.Adam(model.parameters())
x, y = tg.rand(128, 784), tg.randint(0, 10, (128,))
gc.disable()
for i in range(2000):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    if i == 100:
        before = resident()
print(resident() - before)
"""
START = """
import numpy
begin = time.process_time()
import tinygrad_edu, nn
print(1000 * (time.process_time() - begin))
"""


def printed(code):
    """The number that a script prints, in a process of its own."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: compiled once
    run = [sys.executable, "-c", RESIDENT + code]
    return float(subprocess.run(run, env=env, stdout=subprocess.PIPE, check=True).stdout)


def size():
    """MB of the core and of what it needs beside NumPy, as installed."""

    def installed(name):
        paths = [Path(f.locate()) for f in distribution(name).files or []]
        return [p for p in paths if p.is_file()]

    own = [p for folder in ("tinygrad_edu", "nn") for p in (ROOT / folder).rglob("*")]
    files = [p for p in [*own, *installed("graphviz"), *installed("safetensors")] if p.is_file()]
    return sum(p.stat().st_size for p in files if "__pycache__" not in str(p)) / 2**20


LIMITS = [
    Limit(
        "a chain of 10^6 adds, forward, backward and freed",
        lambda: printed(CHAIN + "print(time.process_time() - begin)"),
        *(10, " s"),
    ),
    Limit(
        "the same: of its memory, not returned",
        lambda: printed(CHAIN + "print((resident() - before) / (peak - before))"),
        0.1,
    ),
    Limit("2,000 steps without garbage collector: grown", lambda: printed(STEPS), 2, " MB"),
    Limit(
        "import tinygrad_edu, nn above import numpy",
        lambda: min(printed(START) for _ in range(12)),
        *(30, " ms"),
    ),
    Limit("the core and what it needs, beyond NumPy", size, 10, " MB"),
]
