"""float16: its largest number is 65,504 and its whole numbers end at 2,048, so sums, squares and
products are formed in float32, as in PyTorch, and the result alone is float16."""

import numpy as np
import pytest

import nn.functional as F
import tinygrad_edu as tg

half = np.float16


def made(*arrays, dtype=half):
    return [
        tg.tensor(x.astype(dtype)).requires_grad_() if x.dtype.kind == "f" else tg.tensor(x)
        for x in arrays
    ]


def normal(*shape, scale=1.0):
    return (np.random.default_rng(len(shape)).standard_normal(shape) * scale).astype(half)


def positive(*shape):
    return (np.random.default_rng(7).random(shape) * 0.8 + 0.1).astype(half)


CLASSES = np.random.default_rng(5).integers(0, 5, 99)
PLACES = np.random.default_rng(6).integers(0, 9, (3, 3000))
BIG = 300.0  # its square is 90,000

CASES = {
    "gelu": (F.gelu, np.linspace(-6, 6, 2001).astype(half)),
    "gelu by tanh": (
        lambda x: F.gelu(x, approximate="tanh"),
        np.linspace(-6, 6, 2001).astype(half),
    ),
    "silu": (F.silu, np.linspace(-6, 6, 2001).astype(half)),
    "mish": (F.mish, np.linspace(-6, 6, 2001).astype(half)),
    "glu": (F.glu, np.linspace(-9, 9, 2000).astype(half)),
    "log_softmax": (lambda x: tg.log_softmax(x, 0), np.zeros((5000, 2), half)),
    "softmax": (lambda x: tg.softmax(x, 0), np.zeros(70_000, half)),
    "logsumexp": (lambda x: tg.logsumexp(x, 0), np.zeros(70_000, half)),
    "sum": (lambda x: x.sum(0), normal(5000, 2)),
    "nansum": (lambda x: x.nansum(), normal(5000)),
    "mean": (lambda x: x.mean(), np.full(5000, 100, half)),
    "var": (lambda x: x.var(0), normal(900, 2, scale=20)),
    "std": (lambda x: x.std(0), normal(900, 2, scale=BIG)),
    "norm": (lambda x: x.norm(), normal(30, scale=BIG)),
    "norm of 3": (lambda x: x.norm(3, 0), normal(30, 2, scale=BIG)),
    "cumsum": (lambda x: x.cumsum(0), normal(5000, 2)),
    "cumprod": (lambda x: x.cumprod(0), positive(9, 2) + half(0.4)),
    "avg_pool1d": (lambda x: F.avg_pool1d(x, 4096), np.full((1, 1, 4096), 100, half)),
    "adaptive_avg_pool2d": (
        lambda x: F.adaptive_avg_pool2d(x, 1),
        np.full((1, 1, 64, 64), 50, half),
    ),
    "lp_pool1d": (lambda x: F.lp_pool1d(x, 2, 4), np.abs(normal(2, 3, 16, scale=BIG))),
    "layer_norm of 600": (lambda x: F.layer_norm(x, (2,)), np.array([[600, -600]], half)),
    "layer_norm": (
        lambda x, w, b: F.layer_norm(x, (8,), w, b),
        *(normal(4, 8, scale=BIG), normal(8), positive(8)),
    ),
    "rms_norm of little": (lambda x: F.rms_norm(x, (8,)), normal(4, 8, scale=0.05)),
    "rms_norm": (lambda x, w: F.rms_norm(x, (8,), w, 1e-5), normal(4, 8, scale=BIG), normal(8)),
    "batch_norm": (
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        *(normal(16, 3, 5, scale=BIG), normal(3), positive(3)),
    ),
    "instance_norm": (lambda x: F.instance_norm(x), normal(2, 3, 9, scale=BIG)),
    "group_norm": (
        lambda x, w, b: F.group_norm(x, 2, w, b),
        *(normal(3, 4, 5, scale=BIG), normal(4), positive(4)),
    ),
    "local_response_norm": (lambda x: F.local_response_norm(x, 3), normal(2, 5, 4, scale=BIG)),
    "mse_loss": (F.mse_loss, normal(9, 3, scale=200), -normal(9, 3, scale=20)),
    "mse_loss of many": (F.mse_loss, normal(3000, 3), positive(3000, 3)),
    "l1_loss": (F.l1_loss, normal(3000, 3), positive(3000, 3)),
    "huber_loss": (F.huber_loss, normal(3000, 3), positive(3000, 3)),
    "cross_entropy": (F.cross_entropy, normal(99, 5), CLASSES),
    "linear": (F.linear, normal(50, 300), normal(20, 300), normal(20)),
    "conv1d": (F.conv1d, normal(4, 3, 50), normal(6, 3, 5), normal(6)),
    "conv_transpose1d": (F.conv_transpose1d, normal(4, 3, 50), normal(3, 6, 5), normal(6)),
    "fold": (lambda x: F.fold(x, (6, 6), 3), normal(2, 27, 16)),
    "matmul": (lambda x, y: x @ y, normal(3, 500), normal(500, 2)),
    "dot": (tg.dot, normal(5000), positive(5000)),
    "vecdot": (tg.linalg.vecdot, np.array([[300, -299]], half), np.array([[300, 300]], half)),
    "addmm": (
        lambda c, x, y: tg.addmm(c, x, y, alpha=0.01),
        normal(3, 4),
        *((normal(3, 9, scale=4 * BIG), normal(9, 4, scale=BIG))),
    ),
    "addcmul": (
        lambda c, x, y: tg.addcmul(c, x, y, value=0.01),
        *(normal(99), normal(99, scale=BIG), positive(99) * half(900)),
    ),
    "addcdiv": (
        lambda c, x, y: tg.addcdiv(c, x, y, value=0.01),
        *(normal(99), normal(99, scale=30), positive(99) / half(10)),
    ),
    "add": (lambda x, y: tg.add(x, y, alpha=0.1), normal(99), positive(99)),
    "lerp": (lambda x, y: tg.lerp(x, y, 0.3), normal(99), positive(99)),
    "lerp by a tensor": (tg.lerp, normal(99), positive(99), positive(99)),
    "einsum of one": (lambda x: tg.einsum("ij->j", x), normal(5000, 2)),
    "einsum of two": (lambda x, y: tg.einsum("ij,ij->j", x, y), normal(5000, 2), positive(5000, 2)),
    "bilinear": (F.bilinear, normal(5, 30), positive(5, 20), normal(4, 30, 20)),
    "embedding": (lambda i, w: F.embedding(i, w), PLACES, normal(9, 2)),
    "embedding_bag": (lambda i, w: F.embedding_bag(i, w), PLACES, np.abs(normal(9, 2)) * half(99)),
    "cosine_similarity": (F.cosine_similarity, normal(9, 300, scale=BIG), positive(9, 300)),
    "normalize": (F.normalize, normal(9, 30, scale=BIG)),
    "a broadcast bias": (lambda x, b: x + b, normal(5000, 3), normal(3)),
    "a broadcast scale": (lambda x, b: x * b, positive(40, 3, 300), normal(3, 1)),
    "attention": (
        F.scaled_dot_product_attention,
        *(normal(2, 20, 8), normal(2, 20, 8)[::-1].copy(), positive(2, 20, 8)),
    ),
}


def ulps(y, right):
    """How many float16 numbers lie between the two, at the size of the largest."""
    right = right.astype(half).astype(np.float64)
    at = np.spacing(np.maximum(np.abs(right), 6e-5).astype(half)).astype(np.float64)
    return np.max(np.abs(y.astype(np.float64) - right) / at, initial=0)


@pytest.mark.parametrize("name", CASES)
def test_values_are_those_of_float64_rounded(name):
    f, *arrays = CASES[name]
    y, right = f(*made(*arrays)), f(*made(*arrays, dtype=np.float64))
    assert y.dtype == half
    assert y.shape == right.shape
    assert ulps(y.array, right.array) <= 2


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_float64_nearly(name):
    f, *arrays = CASES[name]
    xs, exact = made(*arrays), made(*arrays, dtype=np.float64)
    y, right = f(*xs), f(*exact)
    g = np.random.default_rng(1).standard_normal(y.shape).astype(half)
    y.backward(tg.tensor(g))
    right.backward(tg.tensor(g.astype(np.float64)))
    for x, e in zip(xs, exact, strict=True):
        if x.requires_grad:
            assert x.grad.dtype == half
            size = np.abs(e.grad.array).max()
            assert np.abs(x.grad.array - e.grad.array).max() <= 4e-3 * size + 1e-6


def test_numbers_of_the_issue():
    assert round(tg.log_softmax(tg.zeros(5000, 2, dtype=half), 0)[0, 0].item(), 3) == -8.516
    assert F.avg_pool1d(tg.ones(1, 1, 4096, dtype=half), 4096).item() == 1
    assert F.layer_norm(tg.tensor([[600.0, -600.0]], dtype=half), (2,)).tolist() == [[1, -1]]
    w, b = tg.zeros(2, 3, dtype=half), tg.zeros(2, dtype=half, requires_grad=True)
    F.linear(tg.zeros(5000, 3, dtype=half), w, b).sum().backward()
    assert b.grad.tolist() == [5000, 5000]


def test_second_derivatives_pass_through_the_wider_dtype():
    x = tg.tensor([[600.0, -500.0, 20.0]], dtype=half, requires_grad=True)
    y = F.layer_norm(x, (3,))
    (g,) = tg.autograd.grad((y * y * y).sum(), x, create_graph=True)
    assert g.dtype == half
    g.sum().backward()
    assert x.grad.dtype == half


def test_running_statistics_in_float16_are_moved_in_place():
    mean, var = tg.zeros(2, dtype=half), tg.ones(2, dtype=half)
    x = tg.tensor(normal(50, 2, scale=100))
    F.batch_norm(x, mean, var, training=True, momentum=1.0)
    assert ulps(mean.array, x.array.astype(float).mean(0)) <= 2
    assert mean.dtype == var.dtype == half


@pytest.mark.parametrize("name", ["gelu", "gelu by tanh", "silu", "mish"])
def test_the_slope_of_a_curve_is_rounded_once(name):
    f, x = CASES[name]
    slopes = []
    for dtype in (half, np.float64):
        (leaf,) = made(x, dtype=dtype)
        f(leaf).sum().backward()
        slopes.append(leaf.grad.array.astype(np.float64))
    assert np.abs(slopes[0] - slopes[1]).max() < 6e-4
