"""Random tensors: the same seed gives the same numbers, and they follow their laws."""

import numpy as np
import pytest
import torch
from test_random import FLOATS, MISUSE, fill, ours

import tinygrad_edu as tg
from tinygrad_edu.functions import sampling

WHOLE = ["bool", "uint8", "int8", "int16", "int32", "int64"]


def described(t):
    return str(t.dtype).removeprefix("torch."), tuple(t.shape), t.requires_grad


# ---------------------------------------------------------------- shapes and dtypes


@pytest.mark.parametrize(
    "make",
    [
        lambda lib: lib.rand(2, 3),
        lambda lib: lib.rand((2, 3), dtype=lib.float64),
        lambda lib: lib.rand(size=[2], device="cpu"),
        lambda lib: lib.rand(()),
        lambda lib: lib.rand(0, 2),
        lambda lib: lib.randn(2, requires_grad=True),
        lambda lib: lib.randn(2, dtype=lib.float16),
        lambda lib: lib.randn(size=(2, 3), generator=lib.Generator()),
        lambda lib: lib.randint(5, (2, 3)),
        lambda lib: lib.randint(5, size=(2,)),
        lambda lib: lib.randint(2, 5, (2,), dtype=lib.int32),
        lambda lib: lib.randint(low=2, high=5, size=[2]),
        lambda lib: lib.randint(high=5, size=()),
        lambda lib: lib.randint(0, 2, (3,), dtype=lib.float32, requires_grad=True),
        lambda lib: lib.randint(0, 256, (3,), dtype=lib.uint8, generator=lib.Generator()),
        lambda lib: lib.randperm(5),
        lambda lib: lib.randperm(0),
        lambda lib: lib.randperm(3, dtype=lib.float32),
        lambda lib: lib.normal(0, 1, (2, 3)),
        lambda lib: lib.normal(mean=1.0, std=2.0, size=(2,), dtype=lib.float64, requires_grad=True),
        lambda lib: lib.normal(lib.zeros(2, 1), lib.ones(3)),
        lambda lib: lib.normal(lib.zeros(2, dtype=lib.float64), 1.0),
        lambda lib: lib.normal(1.0, lib.ones(2, dtype=lib.float64)),
        lambda lib: lib.normal(lib.zeros(2), lib.ones(2, dtype=lib.float64)),
        lambda lib: lib.normal(lib.zeros(2)),
        lambda lib: lib.normal(lib.zeros(2), lib.tensor([1, 2])),
        lambda lib: lib.rand_like(lib.ones(2, 3, dtype=lib.float64)),
        lambda lib: lib.rand_like(lib.ones(2, dtype=lib.int64), dtype=lib.float32),
        lambda lib: lib.randn_like(lib.ones(2), requires_grad=True),
        lambda lib: lib.randn_like(lib.ones(2, requires_grad=True)),
        lambda lib: lib.randint_like(lib.ones(2), 5),
        lambda lib: lib.randint_like(lib.ones(2, dtype=lib.int64), 2, 5),
        lambda lib: lib.bernoulli(lib.rand(2, 3)),
        lambda lib: lib.bernoulli(lib.zeros(2, dtype=lib.int64), 1.0),
        lambda lib: lib.poisson(lib.ones(2, dtype=lib.float64)),
        lambda lib: lib.multinomial(lib.ones(4), 3),
        lambda lib: lib.multinomial(lib.ones(2, 4), 3),
        lambda lib: lib.multinomial(lib.ones(2, 4), num_samples=7, replacement=True),
        lambda lib: lib.multinomial(lib.ones(0, 3), 1),
        lambda lib: lib.multinomial(lib.ones(3), 1, generator=lib.Generator()),
        lambda lib: fill(lib, "uniform_", lib.empty(2, 3)),
        lambda lib: fill(lib, "normal_", lib.empty(2, dtype=lib.float64), 1, std=2),
        lambda lib: fill(lib, "exponential_", lib.empty(2, dtype=lib.float16), 2.0),
        lambda lib: fill(lib, "bernoulli_", lib.empty(2, dtype=lib.int64), 0.3),
        lambda lib: fill(lib, "random_", lib.empty(2, dtype=lib.int32), 5),
    ],
)
def test_shapes_and_dtypes_are_pytorch_s(make):
    assert described(make(ours)) == described(make(torch))


@pytest.mark.parametrize("attempt", [attempt for attempt, _ in MISUSE])
def test_misuse_is_refused_as_in_pytorch(attempt):
    with pytest.raises((ValueError, TypeError, RuntimeError)) as theirs:
        attempt(torch)
    with pytest.raises((ValueError, TypeError, RuntimeError)) as mine:
        attempt(ours)
    assert issubclass(theirs.type, mine.type)


# ---------------------------------------------------------------- do they follow their laws?


@pytest.mark.parametrize("kind", [*FLOATS, *WHOLE])
def test_random_covers_what_the_dtype_holds(kind):
    x = sampling.random_(tg.zeros(4000, dtype=kind)).array
    other = torch.zeros(4000, dtype=getattr(torch, kind)).random_().numpy()
    assert x.dtype == kind
    assert x.min() >= 0
    assert 0.9 * other.max() <= x.max() <= 1.12 * float(other.max())
    assert (x.astype(float) == np.floor(x.astype(float))).all()
