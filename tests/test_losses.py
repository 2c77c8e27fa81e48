"""Losses: numbers and derivatives are PyTorch's, and what cannot mean anything is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import nn
import nn.functional as F
import tinygrad_edu as tg

TF = torch.nn.functional
NAN = float("nan")
SEEDS = st.integers(0, 2**32 - 1)
DTYPES = [np.float32, np.float64]
REDUCTIONS = ["mean", "sum", "none"]
PAIRS = ["mse_loss", "l1_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"]
CLASSES = ["nll_loss", "cross_entropy"]
LAYERS = {
    "MSELoss": "mse_loss",
    "L1Loss": "l1_loss",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "NLLLoss": "nll_loss",
    "CrossEntropyLoss": "cross_entropy",
}


def drawn(name, rng, dtype):
    """Numbers z, from which the loss's input is made by `as_input`, and a target."""
    if name in CLASSES:
        n, classes = rng.integers(1, 6, size=2)
        return rng.standard_normal((n, classes)).astype(dtype), rng.integers(0, classes, size=n)
    shape = tuple(rng.integers(1, 4, size=rng.integers(0, 4)))
    z = np.asarray(rng.standard_normal(shape) * 2, dtype)
    target = rng.random(shape) if "cross" in name else rng.standard_normal(shape)
    return z, np.asarray(target, dtype)


def as_input(name, z):
    return z.sigmoid() if name == "binary_cross_entropy" else z * z + z


def close(ours, theirs, dtype, float64_tolerance=1e-9):
    tolerance = float64_tolerance if dtype == np.float64 else 2e-5
    assert ours.dtype == dtype
    np.testing.assert_allclose(
        ours.array, theirs.detach().numpy(), rtol=tolerance, atol=tolerance, strict=True
    )


# ---------------------------------------------------------------- the same numbers as PyTorch


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", [*PAIRS, *CLASSES])
@given(seed=SEEDS)
def test_value_gradient_and_second_derivative_are_torchs(name, reduction, dtype, seed):
    rng = np.random.default_rng(seed)
    z, target = drawn(name, rng, dtype)
    ours = tg.tensor(z, requires_grad=True)
    theirs = torch.tensor(z, requires_grad=True)
    y = getattr(F, name)(as_input(name, ours), tg.tensor(target), reduction=reduction)
    t = getattr(TF, name)(as_input(name, theirs), torch.tensor(target), reduction=reduction)
    close(y, t, dtype)
    g = np.asarray(rng.standard_normal(y.shape), dtype)
    (first,) = tg.autograd.grad(y, ours, tg.tensor(g), create_graph=True)
    (oracle,) = torch.autograd.grad(t, theirs, torch.tensor(g), create_graph=True)
    close(first, oracle, dtype)
    v = np.asarray(rng.standard_normal(z.shape), dtype)
    (second,) = tg.autograd.grad(first, ours, tg.tensor(v))
    (oracle,) = torch.autograd.grad(oracle, theirs, torch.tensor(v))
    # PyTorch's own is off by about 1e-6 where p is near 1: compare with 60 digits of mpmath.
    close(second, oracle, dtype, 1e-5 if name == "binary_cross_entropy" else 1e-9)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", PAIRS)
@given(seed=SEEDS)
def test_the_gradient_of_a_target_is_torchs(name, reduction, seed):
    rng = np.random.default_rng(seed)
    z, target = drawn(name, rng, np.float64)
    ours, theirs = tg.tensor(target, requires_grad=True), torch.tensor(target, requires_grad=True)
    y = getattr(F, name)(as_input(name, tg.tensor(z)), ours, reduction=reduction)
    t = getattr(TF, name)(as_input(name, torch.tensor(z)), theirs, reduction=reduction)
    y.sum().backward()
    t.sum().backward()
    close(ours.grad, theirs.grad, np.float64)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", PAIRS[2:])
def test_weights_of_a_binary_cross_entropy_are_torchs(name, reduction):
    rng = np.random.default_rng(0)
    x, target = rng.random((4, 3)), rng.random((4, 3))
    for weight in (rng.random((4, 3)), rng.random(3)):
        ours, theirs = (
            getattr(functional, name)(*map(make, (x, target)), make(weight), reduction=reduction)
            for functional, make in ((F, tg.tensor), (TF, torch.tensor))
        )
        close(ours, theirs, np.float64)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_loss_layer_is_its_function(layer, reduction):
    name = LAYERS[layer]
    z, target = (tg.tensor(x) for x in drawn(name, np.random.default_rng(3), np.float64))
    expected = getattr(F, name)(as_input(name, z), target, reduction=reduction)
    assert tg.equal(getattr(nn, layer)(reduction=reduction)(as_input(name, z), target), expected)
    if reduction == "mean":
        assert tg.equal(getattr(nn, layer)()(as_input(name, z), target), expected)


@pytest.mark.parametrize("dtype", ["uint8", "int64"])
@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_whole_numbers_of_any_width(name, dtype):
    x, labels = np.random.default_rng(0).standard_normal((3, 4)), np.array([3, 0, 1], dtype)
    close(
        getattr(F, name)(tg.tensor(x), tg.tensor(labels)),
        getattr(TF, name)(torch.tensor(x), torch.tensor(labels)),
        np.float64,
    )


@pytest.mark.parametrize("name", CLASSES)
def test_one_example_without_a_batch_is_torchs(name):
    x = np.random.default_rng(0).standard_normal(4)
    ours, theirs = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, t = getattr(F, name)(ours, tg.tensor(2)), getattr(TF, name)(theirs, torch.tensor(2))
    close(y, t, np.float64)
    y.backward()
    t.backward()
    close(ours.grad, theirs.grad, np.float64)


def test_cross_entropy_is_nll_of_log_softmax():
    x, labels = tg.randn(5, 3), tg.tensor([0, 1, 2, 1, 0])
    np.testing.assert_allclose(
        F.cross_entropy(x, labels).item(),
        F.nll_loss(F.log_softmax(x, 1), labels).item(),
        rtol=1e-6,
    )


@pytest.mark.parametrize("name", PAIRS[:2])
def test_dtypes_of_input_and_target_meet_as_torchs(name):
    for dtype in ("float64", "int64"):
        x, target = np.ones((2, 2), "float32"), np.full((2, 2), 3, dtype)
        y = getattr(F, name)(tg.tensor(x), tg.tensor(target))
        t = getattr(TF, name)(torch.tensor(x), torch.tensor(target))
        close(y, t, np.dtype(str(t.dtype).removeprefix("torch.")))


def test_a_mean_over_a_million_float32_numbers_is_accurate():
    x = tg.rand(1_000_000)
    for name in ("mse_loss", "l1_loss"):
        loss = getattr(F, name)(x, tg.zeros(1_000_000)).item()
        exact = (x.array.astype(np.float64) ** (2 if name == "mse_loss" else 1)).mean()
        assert abs(loss - exact) < 2e-6


# ---------------------------------------------------------------- at the extremes

EXTREME = [-1e30, -1e4, -745.5, -104.0, -88.8, -20.0, 0.0, 20.0, 88.8, 710.0, 1e4, 1e30]


@pytest.mark.parametrize("dtype", DTYPES)
def test_extreme_logits_of_bce_are_torchs(dtype):
    x = np.repeat(np.array(EXTREME, dtype), 3)
    target = np.tile(np.array([0, 0.25, 1], dtype), len(EXTREME))
    ours, theirs = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y = F.binary_cross_entropy_with_logits(ours, tg.tensor(target), reduction="none")
    t = TF.binary_cross_entropy_with_logits(theirs, torch.tensor(target), reduction="none")
    assert y.isfinite().all()
    close(y, t, dtype)
    y.sum().backward()
    t.sum().backward()
    close(ours.grad, theirs.grad, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@given(logits=st.lists(st.sampled_from([*EXTREME, 1e38, -1e38]), min_size=1, max_size=4))
def test_extreme_logits_of_cross_entropy_are_torchs(dtype, logits):
    x = np.array([logits] * len(logits), dtype)
    labels = np.arange(len(logits))
    ours, theirs = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y = F.cross_entropy(ours, tg.tensor(labels), reduction="none")
    t = TF.cross_entropy(theirs, torch.tensor(labels), reduction="none")
    assert y.isfinite().all()
    close(y, t, dtype)
    y.sum().backward()
    t.sum().backward()
    close(ours.grad, theirs.grad, dtype)


@given(seed=SEEDS, offset=st.sampled_from([0, 1e3, -1e3, 1e5]))
def test_logits_far_from_zero_keep_an_accurate_gradient(seed, offset):
    x = np.random.default_rng(seed).standard_normal((3, 4)) + offset
    shifted = np.asarray(x, np.float32)
    ours = tg.tensor(shifted, requires_grad=True)
    theirs = torch.tensor(shifted.astype(np.float64), requires_grad=True)
    F.cross_entropy(ours, tg.tensor([0, 1, 2])).backward()
    TF.cross_entropy(theirs, torch.tensor([0, 1, 2])).backward()
    np.testing.assert_allclose(ours.grad.array, theirs.grad.numpy(), rtol=1e-5, atol=1e-6)


def test_a_masked_class_has_no_probability_and_no_gradient():
    x = np.array([[1.0, -np.inf, 2.0], [-np.inf, 0.0, -np.inf]])
    ours, theirs = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y = F.cross_entropy(ours, tg.tensor([0, 1]))
    t = TF.cross_entropy(theirs, torch.tensor([0, 1]))
    close(y, t, np.float64)
    y.backward()
    t.backward()
    close(ours.grad, theirs.grad, np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_certain_probabilities_are_torchs(dtype):
    p = np.array([0, 0, 0, 1, 1, 1, 1e-30, 1e-7], dtype)
    target = np.array([0, 0.5, 1, 0, 0.5, 1, 1, 0], dtype)
    ours, theirs = tg.tensor(p, requires_grad=True), torch.tensor(p, requires_grad=True)
    y = F.binary_cross_entropy(ours, tg.tensor(target), reduction="none")
    t = TF.binary_cross_entropy(theirs, torch.tensor(target), reduction="none")
    assert y.array.max() == 100
    close(y, t, dtype)
    y.sum().backward()
    t.sum().backward()
    close(ours.grad, theirs.grad, dtype, 1e-8)  # PyTorch's smallest p (1 - p) is float32's 1e-12


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", PAIRS[:2])
def test_nan_goes_through_from_the_input_and_is_refused_in_the_target(name, reduction):
    x, target = np.array([1.0, NAN]), np.array([0.5, 0.0])
    y = getattr(F, name)(tg.tensor(x), tg.tensor(target), reduction=reduction)
    t = getattr(TF, name)(torch.tensor(x), torch.tensor(target), reduction=reduction)
    close(y, t, np.float64)
    assert y.isnan().any()
    with pytest.raises(ValueError, match=rf"^{name}: the target.*holds nan at \[1\]"):
        getattr(F, name)(tg.tensor(target), tg.tensor(x), reduction=reduction)


# ---------------------------------------------------------------- what is refused

LOGITS, HALVES = tg.zeros(3, 4), tg.ones(3) / 2
WRONG = [
    *[
        case
        for name in PAIRS
        for case in (
            (name, HALVES.reshape(3, 1), HALVES, ValueError, r"\(3, 1\) and \(3,\)"),
            (name, HALVES, HALVES.reshape(1, 3), ValueError, r"\(3,\) and \(1, 3\)"),
            (name, HALVES, tg.tensor(0.5), ValueError, r"\(3,\) and \(\)"),
            (name, tg.ones(0), tg.ones(0), ValueError, r"empty, shape \(0,\)"),
            (name, tg.ones(3, 0), tg.ones(3, 0), ValueError, r"empty, shape \(3, 0\)"),
        )
    ],
    *[
        (name, HALVES, tg.tensor([0.5, wrong, 0.5]), ValueError, rf"target holds {wrong} at \[1\]")
        for name in PAIRS[2:]
        for wrong in (NAN, -0.5, 1.5)
    ],
    *[
        (PAIRS[2], tg.tensor([0.5, 0.5, wrong]), HALVES, ValueError, rf"input holds {wrong}.*\[2\]")
        for wrong in (NAN, -0.5, 1.5)
    ],
    *[
        case
        for name in CLASSES
        for case in (
            (
                name,
                LOGITS,
                tg.tensor([0, 4, 1]),
                IndexError,
                r"class 4 at \[1\].*classes, 0 to 3",
            ),
            (name, LOGITS, tg.tensor([0, 1, -1]), IndexError, r"class -1 at \[2\].*4 classes"),
            (name, LOGITS, tg.tensor([0.0, 1.0, 2.0]), TypeError, r"not float32.*target\.long\(\)"),
            (name, LOGITS, tg.tensor([True] * 3), TypeError, r"not bool"),
            (name, LOGITS, tg.tensor([[0], [1], [2]]), ValueError, r"\(3, 4\) and \(3, 1\)"),
            (name, LOGITS, tg.tensor([0, 1]), ValueError, r"\(3, 4\) and \(2,\)"),
            (name, tg.zeros(3), tg.tensor([0, 1, 2]), ValueError, r"\(3,\) and \(3,\)"),
            (name, tg.zeros(()), tg.tensor(0), ValueError, r"\(\) and \(\)"),
            (name, tg.zeros(2, 3, 4), tg.zeros(2, 3).long(), ValueError, r"\(2, 3, 4\) and"),
            (name, tg.zeros(0, 4), tg.zeros(0).long(), ValueError, r"empty, shape \(0, 4\)"),
            (name, tg.zeros(3, 0), tg.zeros(3).long(), ValueError, r"\(3, 0\)"),
        )
    ],
]


@pytest.mark.parametrize(("name", "x", "target", "error", "message"), WRONG)
def test_what_means_nothing_is_refused_with_its_values(name, x, target, error, message):
    x = x.clone().requires_grad_()
    x.grad = tg.ones(x.shape) * 7
    held, numbers, goal = x.node.grad, x.array.copy(), target.array.copy()
    for reduction in REDUCTIONS:
        with pytest.raises(error, match=rf"^({name}|nll): .*{message}"):
            getattr(F, name)(x, target, reduction=reduction)
    assert x.node.grad is held
    assert (held == 7).all()
    np.testing.assert_array_equal(x.array, numbers)
    np.testing.assert_array_equal(target.array, goal)


@pytest.mark.parametrize("name", [*PAIRS, *CLASSES])
def test_an_unknown_reduction_is_refused(name):
    target = tg.tensor([0, 1, 2]) if name in CLASSES else HALVES
    x = LOGITS if name in CLASSES else HALVES
    with pytest.raises(
        ValueError, match=rf"{name}: reduction is 'mean', 'sum' or 'none', not 'men'"
    ):
        getattr(F, name)(x, target, reduction="men")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_with_an_unknown_reduction_is_not_made(layer):
    with pytest.raises(ValueError, match=rf"{layer}: reduction is .*, not None"):
        getattr(nn, layer)(reduction=None)


@pytest.mark.parametrize("name", [*PAIRS, *CLASSES])
def test_a_target_that_is_no_tensor_is_a_type_error(name):
    with pytest.raises(TypeError, match="list"):
        getattr(F, name)(LOGITS if name in CLASSES else HALVES, [0, 1, 1])


@pytest.mark.parametrize("name", CLASSES)
@given(seed=SEEDS, wrong=st.integers(-(2**40), 2**40).filter(lambda k: not 0 <= k < 4))
def test_any_class_out_of_range_is_named(name, seed, wrong):
    labels = np.random.default_rng(seed).integers(0, 4, size=5)
    place = seed % 5
    labels[place] = wrong
    with pytest.raises(IndexError, match=rf"class {wrong} at \[{place}\]"):
        getattr(F, name)(tg.zeros(5, 4), tg.tensor(labels))
