"""Convolutions, pooling and sliding windows, held against PyTorch's own."""

import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as TF
from hypothesis import assume, given, strategies as st

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.functions import shape

NDIMS = st.integers(1, 3)


def same_on_both(ours, theirs, *arrays, atol=1e-10):
    """Values, gradients and second derivatives agree with PyTorch's (of a function of x^2 + x, so
    that what is linear has second derivatives too)."""
    mine = [tg.tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = ours(*[a * a + a for a in mine]), theirs(*[a * a + a for a in other])
    assert y.shape == tuple(z.shape)
    assert y.dtype.name == str(z.dtype).removeprefix("torch.")
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), atol=atol, rtol=1e-6)
    u = np.random.default_rng(0).standard_normal(y.shape).astype(arrays[0].dtype)
    ours_first = tg.autograd.grad(y, mine, tg.tensor(u), create_graph=True)
    theirs_first = torch.autograd.grad(z, other, torch.tensor(u), create_graph=True)
    for g, h in zip(ours_first, theirs_first, strict=True):
        np.testing.assert_allclose(g.detach().numpy(), h.detach().numpy(), atol=atol, rtol=1e-6)
    total = sum((g * g).sum() for g in ours_first)
    total_theirs = sum((h * h).sum() for h in theirs_first)
    ours_second = tg.autograd.grad(total, mine)
    theirs_second = torch.autograd.grad(total_theirs, other)
    for g, h in zip(ours_second, theirs_second, strict=True):
        np.testing.assert_allclose(g.numpy(), h.numpy(), atol=10 * atol, rtol=1e-5)


def call(ndim, name, library=None):
    return getattr(library or F, f"{name}{ndim}d")


class Draw:
    def __init__(self, data, ndim):
        self.data, self.ndim = data, ndim

    def each(self, low, high):
        values = st.integers(low, high)
        every = st.tuples(*[values] * self.ndim)
        return self.data.draw(st.one_of(values, every))

    def one(self, low, high):
        return self.data.draw(st.integers(low, high))

    def array(self, *shape, ties=False, dtype=np.float64):
        random = np.random.default_rng(self.one(0, 2**32 - 1))
        x = random.integers(-2, 3, shape) if ties else random.standard_normal(shape)
        layout = self.one(0, 2)
        x = np.asfortranarray(x) if layout == 1 else x
        return (x[::-1] if layout == 2 and x.shape[0] == 1 else x).astype(dtype)


def tuple_of(value, ndim):
    return value if isinstance(value, tuple) else (value,) * ndim


# ---------------------------------------------------------------- convolution


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")  # PyTorch says so
@given(data=st.data(), ndim=NDIMS, alone=st.booleans(), with_bias=st.booleans())
def test_conv_is_pytorchs(data, ndim, alone, with_bias):
    d = Draw(data, ndim)
    groups, kernel, stride = d.one(1, 2), d.each(1, 3), d.each(1, 3)
    padding = data.draw(st.sampled_from(["valid", "same", None])) or d.each(0, 2)
    dilation = d.each(1, 2)
    if padding == "same":
        stride = 1
    sizes = [d.one(1, 7 - ndim) for _ in range(ndim)]
    pads = (0,) * ndim if isinstance(padding, str) else tuple_of(padding, ndim)
    if padding != "same":
        for n, k, w, p in zip(
            sizes, tuple_of(kernel, ndim), tuple_of(dilation, ndim), pads, strict=True
        ):
            assume(n + 2 * p > (k - 1) * w)
    channels = d.one(1, 2)
    batch = () if alone else (d.one(1, 3),)
    x = d.array(*batch, channels * groups, *sizes)
    weight = d.array(groups * d.one(1, 2), channels, *tuple_of(kernel, ndim))
    rest = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    arrays = [x, weight] + [d.array(len(weight))] * with_bias
    same_on_both(
        lambda *a: call(ndim, "conv")(*a, **rest),
        lambda *a: call(ndim, "conv", TF)(*a, **rest),
        *arrays,
    )


@given(data=st.data(), ndim=NDIMS, alone=st.booleans(), with_bias=st.booleans())
def test_conv_transpose_is_pytorchs(data, ndim, alone, with_bias):
    d = Draw(data, ndim)
    groups, kernel, stride, dilation = d.one(1, 2), d.each(1, 3), d.each(1, 3), d.each(1, 2)
    padding, extra = d.each(0, 1), d.each(0, 2)
    sizes = [d.one(1, 5 - ndim) for _ in range(ndim)]
    for n, k, s, p, e, w in zip(
        sizes, *(tuple_of(v, ndim) for v in (kernel, stride, padding, extra, dilation)), strict=True
    ):
        assume(e < max(s, w))
        assume((n - 1) * s - 2 * p + w * (k - 1) + e + 1 > 0)
    batch = () if alone else (d.one(1, 3),)
    channels, out = groups * d.one(1, 2), d.one(1, 2)
    x, weight = d.array(*batch, channels, *sizes), d.array(channels, out, *tuple_of(kernel, ndim))
    rest = {
        "stride": stride,
        "padding": padding,
        "output_padding": extra,
        "groups": groups,
        "dilation": dilation,
    }
    arrays = [x, weight] + [d.array(out * groups)] * with_bias
    same_on_both(
        lambda *a: call(ndim, "conv_transpose")(*a, **rest),
        lambda *a: call(ndim, "conv_transpose", TF)(*a, **rest),
        *arrays,
    )


@pytest.mark.parametrize("block", [1, 1000, 10**9])
def test_blocks_of_any_size_give_the_same(block, monkeypatch):
    monkeypatch.setattr(sys.modules["tinygrad_edu.ops.window"], "_BLOCK", block)
    random = np.random.default_rng(0)
    x, w = random.standard_normal((3, 4, 9, 8)), random.standard_normal((6, 2, 3, 2))
    same_on_both(
        lambda x, w: F.conv2d(x, w, None, (2, 1), 1, 1, 2),
        lambda x, w: TF.conv2d(x, w, None, (2, 1), 1, 1, 2),
        x,
        w,
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_conv_keeps_the_dtype(dtype):
    random = np.random.default_rng(0)
    x, w, b = (random.standard_normal(s).astype(dtype) for s in ((2, 3, 6, 6), (4, 3, 3, 3), (4,)))
    atol = {np.float16: 0.03, np.float32: 1e-5, np.float64: 1e-12}[dtype]
    mine = [tg.tensor(a, requires_grad=True) for a in (x, w, b)]
    other = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
    y, z = F.conv2d(*mine, padding=1), TF.conv2d(*other, padding=1)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), atol=atol)
    y.sum().backward()
    z.sum().backward()
    for a, t in zip(mine, other, strict=True):
        assert a.grad.dtype == dtype
        np.testing.assert_allclose(a.grad.numpy(), t.grad.numpy(), atol=10 * atol, rtol=0.01)


# ---------------------------------------------------------------- pooling


def pool_arguments(d, ndim):
    kernel, stride = d.each(1, 3), d.data.draw(st.one_of(st.none(), st.just(1))) or d.each(1, 3)
    sizes = [d.one(3, 8 - ndim) for _ in range(ndim)]
    halves = [k // 2 for k in tuple_of(kernel, ndim)]
    return kernel, stride, tuple(d.one(0, h) for h in halves), sizes


@given(data=st.data(), ndim=NDIMS, alone=st.booleans(), ceil=st.booleans(), ties=st.booleans())
def test_max_pool_is_pytorchs(data, ndim, alone, ceil, ties):
    d = Draw(data, ndim)
    kernel, stride, padding, sizes = pool_arguments(d, ndim)
    dilation = d.one(1, 2)
    for n, k, p in zip(sizes, tuple_of(kernel, ndim), padding, strict=True):
        assume(n + 2 * p > (k - 1) * dilation)
    x = d.array(*([] if alone else [2]), 2, *sizes, ties=ties)
    arguments = (kernel, stride, padding, dilation, ceil)
    same_on_both(
        lambda x: call(ndim, "max_pool")(x, *arguments),
        lambda x: call(ndim, "max_pool", TF)(x, *arguments),
        x,
    )
    y, places = call(ndim, "max_pool")(tg.tensor(x), *arguments, return_indices=True)
    z, theirs = call(ndim, "max_pool", TF)(torch.tensor(x), *arguments, return_indices=True)
    assert y.tolist() == z.tolist()
    assert places.dtype == tg.int64
    assert places.tolist() == theirs.tolist()


@given(data=st.data(), ndim=NDIMS, alone=st.booleans(), ceil=st.booleans(), include=st.booleans())
def test_avg_pool_is_pytorchs(data, ndim, alone, ceil, include):
    d = Draw(data, ndim)
    kernel, stride, padding, sizes = pool_arguments(d, ndim)
    for n, k, p in zip(sizes, tuple_of(kernel, ndim), padding, strict=True):
        assume(n + 2 * p >= k)
    x = d.array(*([] if alone else [2]), 2, *sizes)
    arguments = (kernel, stride, padding, ceil, include)
    if ndim > 1:
        arguments += (data.draw(st.sampled_from([None, 3])),)
    same_on_both(
        lambda x: call(ndim, "avg_pool")(x, *arguments),
        lambda x: call(ndim, "avg_pool", TF)(x, *arguments),
        x,
    )


@pytest.mark.parametrize("name", ["max_pool1d", "avg_pool1d"])
@given(n=st.integers(1, 7), kernel=st.integers(1, 9), stride=st.integers(1, 9), half=st.booleans())
def test_in_ceil_mode_the_last_window_may_be_wider_than_the_input(name, n, kernel, stride, half):
    x, settings = np.arange(1.0, n + 1).reshape(1, 1, n), {"padding": kernel // 2 * half}
    try:
        y = getattr(TF, name)(torch.tensor(x), kernel, stride, ceil_mode=True, **settings)
    except RuntimeError:
        with pytest.raises(RuntimeError, match="more than the input"):
            getattr(F, name)(tg.tensor(x), kernel, stride, ceil_mode=True, **settings)
        return
    ours = getattr(F, name)(tg.tensor(x), kernel, stride, ceil_mode=True, **settings)
    np.testing.assert_allclose(ours.numpy(), y.numpy(), rtol=1e-12, strict=True)


@given(data=st.data(), ndim=NDIMS, alone=st.booleans(), ties=st.booleans())
def test_adaptive_pools_are_pytorchs(data, ndim, alone, ties):
    d = Draw(data, ndim)
    sizes = [d.one(1, 7) for _ in range(ndim)]
    x = d.array(*([] if alone else [2]), 2, *sizes, ties=ties)
    out = (
        d.each(1, 5)
        if ndim == 1
        else tuple(d.data.draw(st.sampled_from([None, 1, 2, 3, 5])) for _ in sizes)
    )
    for name in ("adaptive_avg_pool", "adaptive_max_pool"):
        same_on_both(
            lambda x, name=name: call(ndim, name)(x, out),
            lambda x, name=name: call(ndim, name, TF)(x, out),
            x,
        )
    y, places = call(ndim, "adaptive_max_pool")(tg.tensor(x), out, True)
    z, theirs = call(ndim, "adaptive_max_pool", TF)(torch.tensor(x), out, True)
    assert y.tolist() == z.tolist()
    assert places.tolist() == theirs.tolist()


# ---------------------------------------------------------------- windows as such


@given(data=st.data(), alone=st.booleans())
def test_unfold_and_fold_are_pytorchs(data, alone):
    d = Draw(data, 2)
    kernel, dilation, padding, stride = d.each(1, 3), d.each(1, 2), d.each(0, 2), d.each(1, 3)
    sizes = [d.one(1, 6), d.one(1, 6)]
    for n, k, w, p in zip(
        sizes, *(tuple_of(v, 2) for v in (kernel, dilation, padding)), strict=True
    ):
        assume(n + 2 * p > (k - 1) * w)
    x = d.array(*([] if alone else [2]), 2, *sizes)
    arguments = (kernel, dilation, padding, stride)
    same_on_both(lambda x: F.unfold(x, *arguments), lambda x: TF.unfold(x, *arguments), x)
    columns = TF.unfold(torch.tensor(x), *arguments).numpy()
    same_on_both(
        lambda c: F.fold(c, tuple(sizes), *arguments),
        lambda c: TF.fold(c, tuple(sizes), *arguments),
        np.random.default_rng(0).standard_normal(columns.shape),
    )


@given(data=st.data())
def test_unfold_along_a_dimension_is_pytorchs(data):
    sizes = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    dim = data.draw(st.integers(-len(sizes), len(sizes) - 1))
    size, step = data.draw(st.integers(1, sizes[dim])), data.draw(st.integers(1, 3))
    x = np.random.default_rng(0).standard_normal(sizes)
    same_on_both(lambda x: shape.unfold(x, dim, size, step), lambda x: x.unfold(dim, size, step), x)


# ---------------------------------------------------------------- layers


LAYERS = [
    *[(f"Conv{n}d", (4, 6, 3), {}) for n in (1, 2, 3)],
    ("Conv2d", (4, 6, (3, 2)), {"stride": 2, "padding": (1, 0), "groups": 2, "bias": False}),
    ("Conv2d", (4, 6, 3), {"padding": "same", "dilation": 2}),
    *[(f"ConvTranspose{n}d", (4, 6, 3), {}) for n in (1, 2, 3)],
    ("ConvTranspose2d", (4, 6, 3, 2, 1, 1, 2, False), {"dilation": 2}),
    *[(f"MaxPool{n}d", (2,), {}) for n in (1, 2, 3)],
    ("MaxPool2d", (3, 2, 1, 1), {"ceil_mode": True}),
    *[(f"AvgPool{n}d", (2,), {}) for n in (2, 3)],
    ("AvgPool2d", (3, 2, 1), {"count_include_pad": False}),
    *[(f"AdaptiveAvgPool{n}d", (3,), {}) for n in (1, 2, 3)],
    *[(f"AdaptiveMaxPool{n}d", (3,), {}) for n in (1, 2, 3)],
]


@pytest.mark.parametrize(("name", "arguments", "options"), LAYERS)
def test_layers_are_pytorchs(name, arguments, options):
    ours = getattr(nn, name)(*arguments, **options)
    theirs = getattr(torch.nn, name)(*arguments, **options)
    assert repr(ours) == repr(theirs)
    for key, value in vars(theirs).items():
        if not key.startswith("_") and key != "training":
            assert getattr(ours, key) == value, key
    own, other = dict(ours.named_parameters()), dict(theirs.named_parameters())
    assert list(own) == list(other)
    for key, parameter in other.items():
        assert own[key].shape == tuple(parameter.shape)
        bound = float(parameter.detach().abs().max())
        limit = np.prod(theirs.weight.shape[1:]) ** -0.5
        assert bound <= limit
        assert 0 < own[key].detach().abs().max().item() <= limit
    ours.load_state_dict({k: p.detach().numpy() for k, p in other.items()})
    ndim = int(name[-2])
    x = np.random.default_rng(0).standard_normal((2, 4, *(7, 8, 6)[:ndim])).astype(np.float32)
    y, z = ours(tg.tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), atol=1e-5)
