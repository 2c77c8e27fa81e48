"""Losses: numbers and derivatives are PyTorch's, and what cannot mean anything is refused."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, strategies as st
from test_losses import CLASSES, NAN, PAIRS, REDUCTIONS, SEEDS, as_input, drawn

import nn.functional as F
import tinygrad_edu as tg

pytestmark = pytest.mark.filterwarnings("ignore:(kl_div|reduction).*'mean' divides:UserWarning")

TF = torch.nn.functional
DTYPES = [np.float32, np.float64]
DISTANCES = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"]


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
@pytest.mark.parametrize("name", PAIRS[2:4])
def test_weights_of_a_binary_cross_entropy_are_torchs(name, reduction):
    rng = np.random.default_rng(0)
    x, target = rng.random((4, 3)), rng.random((4, 3))
    for weight in (rng.random((4, 3)), rng.random(3)):
        ours, theirs = (
            getattr(functional, name)(*map(make, (x, target)), make(weight), reduction=reduction)
            for functional, make in ((F, tg.tensor), (TF, torch.tensor))
        )
        close(ours, theirs, np.float64)


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


@pytest.mark.parametrize("name", PAIRS[:2])
def test_dtypes_of_input_and_target_meet_as_torchs(name):
    for dtype in ("float64", "int64"):
        x, target = np.ones((2, 2), "float32"), np.full((2, 2), 3, dtype)
        y = getattr(F, name)(tg.tensor(x), tg.tensor(target))
        t = getattr(TF, name)(torch.tensor(x), torch.tensor(target))
        close(y, t, np.dtype(str(t.dtype).removeprefix("torch.")))


# ---------------------------------------------------------------- the same settings as PyTorch's


def same_as_torch(name, arrays, tensors=None, dtype=np.float64, **settings):
    """Value, gradients of the floating arrays and second derivatives of the first are PyTorch's;
    `tensors` are settings that are tensors."""
    sides = []
    for functional, make, grad in (
        (F, tg.tensor, tg.autograd.grad),
        (TF, torch.tensor, torch.autograd.grad),
    ):
        x = [make(a, requires_grad=a.dtype.kind == "f") for a in arrays]
        given = {k: make(np.asarray(a, dtype)) for k, a in (tensors or {}).items()}
        y = getattr(functional, name)(*x, **given, **settings)
        leaves = [leaf for leaf in x if leaf.requires_grad]
        firsts = grad((y * y).sum(), leaves, create_graph=True)
        (second,) = grad((firsts[0] ** 2).sum(), leaves[:1])
        sides.append([y, *firsts, second])
    for ours, theirs in zip(*sides, strict=True):
        close(ours, theirs, dtype)


SHAPES = st.sampled_from([(4,), (3, 4), (1, 1), (2, 3, 4), (2, 4, 1, 3), (2, 2, 2, 2, 2)])
SMOOTHING = st.sampled_from([0.0, 0.1, 1.0])


def of_class(shape):
    """How many classes, and the shape of the target."""
    return shape[min(len(shape) - 1, 1)], shape[:1] * (len(shape) > 1) + shape[2:]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", CLASSES)
@given(
    shape=SHAPES,
    weighted=st.booleans(),
    ignored=st.sampled_from([-100, -1, 0, 1, 7]),
    smoothing=SMOOTHING,
    seed=SEEDS,
)
def test_settings_of_losses_of_classes_are_torchs(
    name, reduction, dtype, shape, weighted, ignored, smoothing, seed
):
    rng = np.random.default_rng(seed)
    count, examples = of_class(shape)
    labels = rng.integers(0, count, size=examples)
    if ignored < 0:
        labels = np.where(rng.random(examples) < 0.3, ignored, labels)
    assume(not (labels == ignored).all())
    tensors = {"weight": rng.random(count) + 0.1} if weighted else {}
    settings = {"label_smoothing": smoothing} if name == "cross_entropy" else {}
    x = rng.standard_normal(shape).astype(dtype)
    same_as_torch(
        name, [x, labels], tensors, dtype, reduction=reduction, ignore_index=ignored, **settings
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@given(shape=SHAPES, weighted=st.booleans(), smoothing=SMOOTHING, seed=SEEDS)
def test_probabilities_of_classes_are_torchs(reduction, shape, weighted, smoothing, seed):
    rng = np.random.default_rng(seed)
    x, target = rng.standard_normal(shape), rng.random(shape)
    tensors = {"weight": rng.random(of_class(shape)[0])} if weighted else {}
    same_as_torch(
        "cross_entropy", [x, target], tensors, reduction=reduction, label_smoothing=smoothing
    )


@pytest.mark.parametrize("reduction", ["sum", "none"])
@pytest.mark.parametrize("name", CLASSES)
def test_where_every_class_is_ignored_nothing_is_lost(name, reduction):
    x, labels = np.random.default_rng(0).standard_normal((3, 4)), np.full(3, -100)
    same_as_torch(name, [x, labels], reduction=reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@given(seed=SEEDS, shape=st.sampled_from([(), (1,), (3,), (4, 1), (4, 3)]))
def test_weights_of_the_positive_are_torchs(reduction, seed, shape):
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal((4, 3)) * 3, rng.random((4, 3))]
    tensors = {"pos_weight": rng.random(shape) * 3, "weight": rng.random(shape)}
    same_as_torch("binary_cross_entropy_with_logits", arrays, tensors, reduction=reduction)


@pytest.mark.parametrize("dtype", DTYPES)
def test_extreme_logits_with_weights_of_the_positive_are_torchs(dtype):
    x = np.repeat(np.array(EXTREME, dtype), 2)
    target = np.tile(np.array([0, 1], dtype), len(EXTREME))
    ours, theirs = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    name = "binary_cross_entropy_with_logits"
    sides = []
    for functional, make, leaf in ((F, tg.tensor, ours), (TF, torch.tensor, theirs)):
        two = make(np.array(2, dtype))
        y = getattr(functional, name)(leaf, make(target), pos_weight=two, reduction="none")
        y.sum().backward()
        sides.append(y)
    assert sides[0].isfinite().all()
    close(*sides, dtype)
    close(ours.grad, theirs.grad, dtype)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("name", "setting", "size"),
    [("smooth_l1_loss", "beta", size) for size in (0, 0.5, 2.0)]
    + [("huber_loss", "delta", size) for size in (0.25, 2.0)],
)
@given(seed=SEEDS)
def test_where_the_square_ends_is_torchs(name, setting, size, reduction, seed):
    rng = np.random.default_rng(seed)
    x, target = rng.integers(-8, 9, size=(2, 3, 4)) / 4  # often right at the border, or at 0
    settings = {setting: size, "reduction": reduction}
    same_as_torch(name, [x, target], **settings)


@pytest.mark.parametrize("reduction", ["batchmean", *REDUCTIONS])
@pytest.mark.parametrize("log_target", [False, True])
@given(seed=SEEDS, shape=st.sampled_from([(), (1,), (3,), (2, 3), (2, 3, 2)]))
def test_divergences_are_torchs(reduction, log_target, seed, shape):
    rng = np.random.default_rng(seed)
    x, target = np.asarray(-rng.random(shape)), np.asarray(rng.random(shape) + 0.1)
    same_as_torch("kl_div", [x, target], reduction=reduction, log_target=log_target)


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
@pytest.mark.parametrize("name", DISTANCES)
def test_nan_goes_through_from_the_input_and_is_refused_in_the_target(name, reduction):
    x, target = np.array([1.0, NAN]), np.array([0.5, 0.0])
    y = getattr(F, name)(tg.tensor(x), tg.tensor(target), reduction=reduction)
    t = getattr(TF, name)(torch.tensor(x), torch.tensor(target), reduction=reduction)
    close(y, t, np.float64)
    assert y.isnan().any()
    with pytest.raises(ValueError, match=rf"^{name}: the target.*holds nan at \[1\]"):
        getattr(F, name)(tg.tensor(target), tg.tensor(x), reduction=reduction)
