"""How to keep a number where a mask is true, and 0 elsewhere, also where it is infinite or nan.

A product is fast, and wrong: 0 times infinity is nan.  Which exact way is as fast?
`tinygrad_edu.ops.selected` is what came out.  Times in microseconds, the best of many; the sizes
are those of training steps, and 10^6.

    python benchmarks/selection.py
"""

from functools import partial
from time import perf_counter

import numpy as np

from tinygrad_edu.ops import selected

SHAPES = ((10,), (1000,), (128, 32), (1000, 100), (64, 6, 28, 28), (10**6,))


def a_copy_written(g, mask):
    y = g.copy()
    y[~mask] = 0
    return y


def a_copy_through(g, mask):
    y = np.zeros_like(g)
    np.copyto(y, g, where=mask)
    return y


WAYS = {
    "g * mask (wrong)": lambda g, mask: g * mask,
    "selected": selected,
    "np.where": lambda g, mask: np.where(mask, g, 0),
    "multiply(where=)": lambda g, m: np.multiply(g, m, where=m, out=np.zeros_like(g)),
    "copyto(where=)": a_copy_through,
    "y[~mask] = 0": a_copy_written,
}


def best(call, seconds=0.05):
    """The shortest time of a call, in microseconds."""
    shortest, end = np.inf, perf_counter() + seconds
    while perf_counter() < end:
        start = perf_counter()
        call()
        shortest = min(shortest, perf_counter() - start)
    return shortest * 1e6


def main():
    rng = np.random.default_rng(0)
    print("".join(f"{way:>18}" for way in ("", *WAYS)))
    for dtype in (np.float32, np.float64):
        for shape in SHAPES:
            g = rng.standard_normal(shape).astype(dtype)
            mask = rng.random(shape) < 0.5
            times = "".join(f"{best(partial(way, g, mask)):18.1f}" for way in WAYS.values())
            print(f"{np.dtype(dtype)} {'x'.join(map(str, shape)):>10}{times}")


if __name__ == "__main__":
    main()
