"""x[key], x[key] = v and x[key] += v with random keys, against PyTorch: values, shapes, errors, and
gradients to second order."""

import warnings

import numpy as np
import pytest
import torch
from random_keys import built, drawn, values_for

import tinygrad_edu as tg

CASES = 40  # for each seed


def outcome(f, *args):
    try:
        return f(*args)
    except (IndexError, ValueError, TypeError, RuntimeError) as error:
        return error


def same(mine, other, what):
    if isinstance(other, Exception) or isinstance(mine, Exception):
        assert isinstance(other, Exception) == isinstance(mine, Exception), (what, mine, other)
        return False
    for own, wanted in zip(mine, other, strict=True):
        assert own.shape == tuple(wanted.shape), what
        np.testing.assert_allclose(own.numpy(), wanted.numpy(), 1e-9, 1e-9, err_msg=str(what))
    return True


def derived(lib, y, inputs, weights):
    """y, and the first and second derivatives with respect to the inputs."""
    w = lib.tensor(weights)
    first = lib.autograd.grad((y**3 * w).sum(), inputs, create_graph=True)
    second = lib.autograd.grad(sum((g * g).sum() for g in first), inputs, allow_unused=True)
    second = [lib.zeros(()) if g is None else g for g in second]
    return [t.detach() for t in (y, *first, *second)]


def read(lib, x, key, weights):
    x = lib.tensor(x, requires_grad=True)
    return derived(lib, x[key], [x], weights)


def write(lib, x, key, values, weights):
    x, values = (lib.tensor(a, requires_grad=True) for a in (x, values))
    y = x * 1
    y[key] = values
    return derived(lib, y, [x, values], weights)


def add(lib, x, key, values, weights):
    x, values = (lib.tensor(a, requires_grad=True) for a in (x, values))
    y = x * 1
    y[key] += values
    return derived(lib, y, [x, values], weights)


def plain_write(lib, x, key, values, _):
    x = lib.tensor(x)
    x[key] = lib.tensor(values)
    x[key] *= 2
    return [x]


@pytest.mark.parametrize("seed", range(20))
def test_random_keys(seed):
    rng = np.random.default_rng([12, seed])
    for _ in range(CASES):
        shape, parts = drawn(rng)
        # Behind an Ellipsis PyTorch counts a mask of NumPy as one side.
        parts = [("tensor" if np.ndim(part) > 1 else kind, part) for kind, part in parts]
        mine, other = built(parts, tg), built(parts, torch)
        x, what = rng.normal(size=shape), (shape, parts)
        numbers = torch.arange(x.size).reshape(shape)
        cells = outcome(numbers.__getitem__, other)
        if isinstance(cells, Exception):
            assert isinstance(outcome(tg.tensor(x).__getitem__, mine), Exception), (what, cells)
            continue
        if not cells.numel() and isinstance(outcome(tg.tensor(x).__getitem__, mine), IndexError):
            continue  # places out of range, which PyTorch does not see where nothing is read
        weights = rng.normal(size=tuple(cells.shape))
        arguments = [(lib, x, key, weights) for lib, key in ((tg, mine), (torch, other))]
        assert same(*[outcome(read, *each) for each in arguments], what)
        if len(cells.unique()) < cells.numel():
            continue  # which of two writes to one place stays is not said
        values, weights = rng.normal(size=values_for(rng, cells.shape)), rng.normal(size=shape)
        for run in (write, add, plain_write) if cells.numel() else (plain_write,):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                results = [
                    outcome(run, lib, x, key, values, weights)
                    for lib, key in ((tg, mine), (torch, other))
                ]
            if not cells.numel() and isinstance(results[0], Exception):
                continue  # what is written nowhere may have any shape in PyTorch
            same(*results, (run.__name__, what, values.shape))


FORMS = {
    "a list of integers of NumPy": lambda lib: [np.int64(1), np.int64(0)],
    "bools and ints": lambda lib: [True, 0],
    "a nested list in a key": lambda lib: (0, [[0, 1], [2, 0]]),
    "a tuple in a key": lambda lib: (0, (0, 1), [1, 2]),
    "an empty tuple in a key": lambda lib: (0, ()),
    "no part": lambda lib: (),
    "an int of NumPy without a sign": lambda lib: np.uint8(1),
    "tensors as ends": lambda lib: slice(lib.tensor(0), lib.tensor(1)),
    "a mask of 0 dimensions": lambda lib: lib.tensor(True),
    "False beside a list": lambda lib: (False, [0, 1]),
    "True beside a list": lambda lib: ([0, 1], slice(None), True),
    "an array of ints of 16 bits": lambda lib: np.array([1, 0], np.int16),
    "a float": lambda lib: 1.0,
    "a float within": lambda lib: (0, 1.0),
    "a tensor of floats": lambda lib: lib.tensor([1.0]),
    "a word": lambda lib: "a",
    "a set": lambda lib: {1},
    "too many": lambda lib: (0, 0, 0, 0),
    "a mask too long": lambda lib: lib.ones(3, dtype=lib.bool),
    "an empty mask": lambda lib: lib.ones(0, dtype=lib.bool),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_a_key(name):
    results = []
    for lib in (tg, torch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            got = outcome(lib.arange(24).reshape(2, 3, 4).__getitem__, FORMS[name](lib))
            z = lib.zeros(2, 3, 4)
            wrote = outcome(z.__setitem__, FORMS[name](lib), 1.0)
        failed = [isinstance(x, Exception) for x in (got, wrote)]
        results.append(failed if failed[0] else [failed, got.tolist(), z.tolist(), len(caught)])
    assert results[0] == results[1]
