"""Measure the limits, and print them as one table."""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import json
import sys

import torch
from tqdm import tqdm

from . import __doc__ as what, all_limits


def main():
    words = [w for w in sys.argv[1:] if not w.startswith("-")]
    if "--help" in sys.argv or "-h" in sys.argv:
        print(what)
        return 0
    torch.set_num_threads(1)
    chosen = [x for x in all_limits() if not words or any(w in x.name for w in words)]
    missed = 0
    for row in tqdm(chosen, desc="limits", mininterval=1):
        value = row.measure()
        found = row._asdict() | {"measure": value}
        if "--json" in sys.argv:
            print(json.dumps(found), flush=True)
            continue
        over = row.limit is not None and round(value, 2) > row.limit
        missed += over and not row.why
        limit = "no limit" if row.limit is None else f"limit {row.limit:g}{row.unit}"
        tqdm.write(f"{row.name:<70}{value:9.2f}{row.unit}  {limit}{'  over' * over}  {row.why}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
