"""Fractional max pooling with PyTorch's random numbers: values, indices and gradients are its own;
and what each of the two refuses."""

import numpy as np
import pytest
import torch
import torch.nn.functional as theirs_F

import nn.functional as F
import tinygrad_edu as tg

SHAPES = [(2, (3, 2, 9, 7)), (2, (2, 9, 8)), (3, (2, 3, 6, 8, 7)), (3, (3, 6, 9, 7))]
SETTINGS = [
    (2, 3, None),
    ((2, 3, 2), (4, 2, 3), None),
    (3, 1, None),
    (2, None, (0.5, 0.5, 0.5)),
    (1, None, (0.9, 0.5, 0.4)),
    (2, 0, None),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
@pytest.mark.parametrize(("ndim", "shape"), SHAPES)
@pytest.mark.parametrize("suffix", ["", "_with_indices"])
def test_a_fractional_pool_is_pytorchs(ndim, shape, setting, dtype, suffix):
    rng = np.random.default_rng(0)
    kernel, size, ratio = [s[:ndim] if isinstance(s, tuple) else s for s in setting]
    x = rng.integers(0, 9, shape).astype(dtype)
    batch = shape[0] if len(shape) == ndim + 2 else 1
    u = rng.random((batch, shape[-ndim - 1], ndim)).astype(dtype)
    name = f"fractional_max_pool{ndim}d{suffix}"
    a, b = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, i = getattr(F, name)(a, kernel, size, ratio, True, tg.tensor(u))
    z, j = getattr(theirs_F, name)(b, kernel, size, ratio, True, torch.tensor(u))
    np.testing.assert_array_equal(y.array, z.detach().numpy())
    np.testing.assert_array_equal(i.array, j.numpy())
    assert (y.dtype.name, i.dtype.name) == (dtype, "int64")
    g = rng.standard_normal(y.shape).astype(dtype)
    y.backward(tg.tensor(g))
    z.backward(torch.tensor(g))
    np.testing.assert_allclose(a.grad.array, b.grad.numpy(), rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "given", "error"),
    [
        ((2, 9, 8), {}, ValueError),
        ((2, 9, 8), {"output_size": 9}, RuntimeError),
        ((2, 9, 8), {"output_size": 2, "_random_samples": (2, 3)}, RuntimeError),
    ],
)
def test_both_refuse_what_does_not_fit(shape, given, error):
    for functional, library in ((F, tg), (theirs_F, torch)):
        settings = {k: library.ones(v) if k[0] == "_" else v for k, v in given.items()}
        with pytest.raises(error):
            functional.fractional_max_pool2d(library.ones(shape), 2, **settings)
