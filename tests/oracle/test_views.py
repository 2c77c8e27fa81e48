"""Views and writes beside PyTorch: random programs, values and gradients to second order."""

import random

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .view_programs import SHAPES, a_write, new_values, views_of


def outcome(action, *args):
    """The error of an action, and what it returned."""
    try:
        return None, action(*args)
    except RuntimeError as error:
        return error, None


def compared(ours, theirs, what):
    for k, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert tuple(a.shape) == tuple(b.shape), (what, k)
        np.testing.assert_allclose(
            a.detach().numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-9, err_msg=f"{what} {k}"
        )


def gradients(lib, pool, leaves, coefficients):
    """Of a weighted sum of the squares of all values, once and twice."""
    total = sum((c * t * t).sum() for c, t in zip(coefficients, pool, strict=True))
    first = lib.autograd.grad(total, leaves, create_graph=True)
    again = sum((c * g * g).sum() for c, g in zip(coefficients, first, strict=False))
    return first, lib.autograd.grad(again, leaves, allow_unused=True, materialize_grads=True)


def run(seed):
    """Both libraries, in step.  True if both came to the end and agreed on the gradients too."""
    rng = random.Random(seed)
    shape = rng.choice(SHAPES)
    start = np.random.default_rng(seed).uniform(0.5, 1.5, shape)
    libs = (tg, torch)
    leaves = [
        [
            lib.tensor(start, requires_grad=True),
            lib.tensor(1.25, dtype=lib.float64).requires_grad_(),
        ]
        for lib in libs
    ]
    pools = [
        [a * 1, w * 1, lib.zeros(shape, dtype=lib.float64)]
        for lib, (a, w) in zip(libs, leaves, strict=True)
    ]
    for _ in range(rng.randrange(2, 9)):
        k, kind = rng.randrange(len(pools[0])), rng.random()
        ours, theirs = (pool[k] for pool in pools)
        if kind < 0.55:
            act = views_of(theirs, rng) if kind < 0.45 else new_values(theirs, rng)
            error, result = outcome(act, theirs)
            if error is None:
                pools[0].append(act(ours))
                pools[1].append(result)
        else:
            act = a_write(theirs, rng, rng.choice([0.5, 2.0, -1.5]))
            refused = outcome(act, torch, theirs, leaves[1][1])[0]
            error = outcome(act, tg, ours, leaves[0][1])[0]
            if "single memory" in str(refused):
                assert error is not None, seed
            if refused is not None or "expanded" in str(error):  # there PyTorch warns
                return False
            assert error is None, (seed, error)
            compared(*pools, f"seed {seed}, after a write")
    compared(*pools, f"seed {seed}, at the end")
    flags = [[t.requires_grad for t in pool] for pool in pools]
    assert flags[0] == flags[1], (seed, flags)
    coefficients = [rng.uniform(0.5, 1.5) for _ in pools[0]]
    error, theirs = outcome(gradients, torch, pools[1], leaves[1], coefficients)
    if error is not None:  # "modified by an inplace operation": there is no such error here
        return False
    ours = gradients(tg, pools[0], leaves[0], coefficients)
    for order in (0, 1):
        compared(ours[order], theirs[order], f"seed {seed}, gradients of order {order + 1}")
    return True


@pytest.mark.filterwarnings("ignore:Use of .* on expanded tensors is deprecated")  # PyTorch's
@pytest.mark.parametrize("part", range(4))
def test_random_programs(part):
    done = [run(seed) for seed in range(part * 500, part * 500 + 500)]
    assert sum(done) > 250, sum(done)
