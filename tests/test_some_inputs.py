"""Every op where only some of its inputs require grad: the same gradients, to second order."""

from itertools import product
from random import Random

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.engine.backward import replay
from tinygrad_edu.engine.graph import OPS
from tinygrad_edu.testing import op_case

SEVERAL = [name for name, call in sorted(OPS.items()) if any(call.op.rules)]


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def subsets(count):
    """Every choice of some of `count`, but not of all or none."""
    return [some for some in product([True, False], repeat=count) if any(some) and not all(some)]


def derivatives(case, some, wanted, cotangents):
    """dy/dx for each x that is wanted, three ways: on arrays, recorded, and of these the
    derivatives in a fixed direction, for each x that is wanted."""
    picks = iter(some)
    inputs = [tg.tensor(x, requires_grad=next(picks)) if is_float(x) else x for x in case.inputs]
    y = case(*inputs)
    ys = [one for one in (y if isinstance(y, tuple) else (y,)) if one.requires_grad]
    us = [tg.tensor(cotangents.standard_normal(one.shape)) for one in ys]
    xs = [x for x in inputs if isinstance(x, tg.Tensor)]
    xs = [x for x, one in zip(xs, wanted, strict=True) if one]
    how = {"allow_unused": True, "materialize_grads": True}
    first = tg.autograd.grad(ys, xs, us, retain_graph=True, **how)
    recorded = tg.autograd.grad(ys, xs, us, create_graph=True, **how)
    slope = sum([(g * tg.tensor(cotangents.standard_normal(g.shape))).sum() for g in recorded])
    second = tg.autograd.grad(slope, xs, **how) if slope.requires_grad else []
    return [[g.detach().array for g in gs] for gs in (first, recorded, second)]


@pytest.mark.parametrize("name", SEVERAL)
def test_some_inputs_require_grad(name):
    for seed in range(3):
        case = op_case(OPS[name], Random(seed))
        count = sum(map(is_float, case.inputs))
        for some in subsets(count):
            own = derivatives(case, some, some, np.random.default_rng(seed))
            of_all = derivatives(case, [True] * count, some, np.random.default_rng(seed))
            for mine, theirs in zip(own, of_all, strict=True):
                if not mine:  # the derivative is a constant here
                    assert not any(g.any() for g in theirs)
                for a, b in zip(mine, theirs, strict=bool(mine)):
                    np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", SEVERAL)
def test_a_rule_returns_no_array_that_was_saved(name):
    """What it returns is fresh, or g, or a view: a leaf keeps what is fresh."""
    case = op_case(OPS[name], Random(0))
    inputs = [tg.tensor(x, requires_grad=True) if is_float(x) else x for x in case.inputs]
    y = case(*inputs)
    ys = [one for one in (y if isinstance(y, tuple) else (y,)) if one.requires_grad]
    for node, g, parts in replay({one.node: np.ones_like(one.array) for one in ys}):
        for part in parts:
            if isinstance(part, np.ndarray) and part.base is None:
                assert part is g or not any(part is x for x in node.saved)
