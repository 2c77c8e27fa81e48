"""Losses: numbers and derivatives are PyTorch's, and what cannot mean anything is refused."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, strategies as st

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn import losses
from tinygrad_edu.testing import gradcheck

TF = torch.nn.functional
NAN = float("nan")
pytestmark = pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")  # PyTorch's
SEEDS = st.integers(0, 2**32 - 1)
DTYPES = [np.float32, np.float64]
REDUCTIONS = ["mean", "sum", "none"]
PAIRS = [
    "mse_loss",
    "l1_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "smooth_l1_loss",
    "huber_loss",
    "kl_div",
]
CLASSES = ["nll_loss", "cross_entropy"]
DISTANCES = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"]
LAYERS = {
    "MSELoss": "mse_loss",
    "L1Loss": "l1_loss",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "NLLLoss": "nll_loss",
    "CrossEntropyLoss": "cross_entropy",
    "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss",
    "KLDivLoss": "kl_div",
}


def drawn(name, rng, dtype):
    """Numbers z, from which the loss's input is made by `as_input`, and a target."""
    if name in CLASSES:
        n, classes = rng.integers(1, 6, size=2)
        return rng.standard_normal((n, classes)).astype(dtype), rng.integers(0, classes, size=n)
    shape = tuple(rng.integers(1, 4, size=rng.integers(0, 4)))
    z = np.asarray(rng.standard_normal(shape) * 2, dtype)
    target = rng.random(shape) if "cross" in name or "kl" in name else rng.standard_normal(shape)
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
        F.cross_entropy(x, labels).item(), F.nll_loss(F.log_softmax(x, 1), labels).item(), rtol=1e-6
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


def test_with_an_ignored_class_the_softmax_is_computed_once(monkeypatch):
    calls = []
    monkeypatch.setattr(losses, "log_softmax", lambda *x: calls.append(x) or tg.log_softmax(*x))
    monkeypatch.delattr(losses.ops, "cross_entropy")  # it would compute another before it refuses
    F.cross_entropy(tg.randn(2, 3), tg.tensor([0, -100]))
    assert len(calls) == 1


@pytest.mark.parametrize("name", CLASSES)
def test_an_ignored_row_may_hold_anything(name):
    x = tg.tensor([[-np.inf, 1.0, NAN], [0.0, 1.0, 2.0]])
    kept = getattr(F, name)(x[1:], tg.tensor([2]))
    assert getattr(F, name)(x, tg.tensor([-100, 2])).item() == pytest.approx(kept.item())


@pytest.mark.parametrize("name", CLASSES)
def test_the_weight_of_a_class_may_stand_third(name):
    x, weight = tg.randn(2, 3), tg.tensor([1.0, 2.0, 3.0])
    labels = tg.tensor([0, 2])
    same = getattr(F, name)(x, labels, weight=weight)
    assert tg.equal(getattr(F, name)(x, labels, weight), same)


def test_the_weight_of_a_class_can_be_learned():
    """PyTorch has no derivative of it; it is that of the weighted mean."""
    weight = tg.tensor([1.0, 2.0, 3.0], dtype=tg.float64, requires_grad=True)
    x = tg.randn(4, 3, dtype=tg.float64)
    labels = tg.tensor([0, 2, -100, 2])
    assert gradcheck(lambda w: F.cross_entropy(x, labels, w, label_smoothing=0.1), [weight])


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


def test_a_large_difference_does_not_overflow_in_a_square():
    for name in ("smooth_l1_loss", "huber_loss"):
        assert getattr(F, name)(tg.tensor(1e30), tg.tensor(0.0)).item() == pytest.approx(1e30)


@pytest.mark.parametrize("reduction", ["batchmean", *REDUCTIONS])
@pytest.mark.parametrize("log_target", [False, True])
@given(seed=SEEDS, shape=st.sampled_from([(), (1,), (3,), (2, 3), (2, 3, 2)]))
def test_divergences_are_torchs(reduction, log_target, seed, shape):
    rng = np.random.default_rng(seed)
    x, target = np.asarray(-rng.random(shape)), np.asarray(rng.random(shape) + 0.1)
    same_as_torch("kl_div", [x, target], reduction=reduction, log_target=log_target)


def test_what_has_no_probability_adds_nothing_to_a_divergence():
    x, target = tg.tensor([-1.0, -2.0]), tg.tensor([0.0, 1.0], requires_grad=True)
    loss = F.kl_div(x, target, reduction="sum")
    assert loss.item() == 2
    loss.backward()
    assert target.grad.isfinite().all()


@pytest.mark.parametrize(
    ("layer", "settings"),
    [
        ("CrossEntropyLoss", {"ignore_index": 1, "label_smoothing": 0.1, "weight": True}),
        ("NLLLoss", {"ignore_index": 1, "weight": True}),
        ("BCELoss", {"weight": True}),
        ("BCEWithLogitsLoss", {"weight": True, "pos_weight": True}),
        ("SmoothL1Loss", {"beta": 0.3}),
        ("HuberLoss", {"delta": 0.3}),
        ("KLDivLoss", {"log_target": True, "reduction": "batchmean"}),
    ],
)
def test_a_loss_layer_keeps_its_settings(layer, settings):
    weight = tg.tensor([1.0, 2.0, 3.0])
    settings = {k: weight if v is True and "weight" in k else v for k, v in settings.items()}
    x = tg.rand(4, 3)
    target = tg.tensor([0, 1, 2, 0]) if LAYERS[layer] in CLASSES else tg.rand(4, 3)
    made = getattr(nn, layer)(**settings)
    assert tg.equal(made(x, target), getattr(F, LAYERS[layer])(x, target, **settings))
    assert list(made.state_dict()) == [name for name in settings if "weight" in name]


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
        for name in PAIRS[2:4]
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
            (name, LOGITS, tg.tensor([0, 4, 1]), IndexError, r"class 4 at \[1\].*classes, 0 to 3"),
            (name, LOGITS, tg.tensor([0, 1, -1]), IndexError, r"class -1 at \[2\].*4 classes"),
            (name, LOGITS, tg.tensor([0.0, 1.0, 2.0]), TypeError, r"not float32.*target\.long\(\)"),
            (name, LOGITS, tg.tensor([True] * 3), TypeError, r"not bool"),
            (name, LOGITS, tg.tensor([[0], [1], [2]]), ValueError, r"\(3, 4\) and \(3, 1\)"),
            (name, LOGITS, tg.tensor([0, 1]), ValueError, r"\(3, 4\) and \(2,\)"),
            (name, tg.zeros(3), tg.tensor([0, 1, 2]), ValueError, r"\(3,\) and \(3,\)"),
            (name, tg.zeros(()), tg.tensor(0), ValueError, r"\(\) and \(\)"),
            (name, tg.zeros(2, 3, 4), tg.zeros(2, 3).long(), ValueError, r"\(2, 3, 4\) and"),
            (name, tg.zeros(2, 3, 4), tg.zeros(2, 3, 4).long(), ValueError, r"\(2, 3, 4\) and"),
            (
                name,
                tg.zeros(1, 3, 2),
                tg.tensor([[-100, 3]]),
                IndexError,
                r"class 3 at \[0, 1\].*3 classes, 0 to 2; .*ignore_index",
            ),
            (name, LOGITS, tg.tensor([-100, 1, -1]), IndexError, r"class -1 at \[2\]"),
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
        ValueError, match=rf"{name}: reduction is .*'mean', 'sum' or 'none', not 'men'"
    ):
        getattr(F, name)(x, target, reduction="men")


CLASS_3 = tg.tensor([0, 1, 2])
REFUSED_SETTINGS = [
    *[
        case
        for name in CLASSES
        for case in (
            (name, CLASS_3, {"weight": tg.ones(3)}, RuntimeError, r"4 classes.*not \(3,\)"),
            (name, CLASS_3, {"weight": tg.ones(4, 1)}, RuntimeError, r"not \(4, 1\)"),
            (name, CLASS_3 * 0 - 100, {}, ValueError, r"of which 3 hold ignore_index=-100"),
            (name, CLASS_3 * 0, {"ignore_index": 0}, ValueError, r"nothing to average"),
            (name, CLASS_3, {"weight": tg.zeros(4)}, ValueError, r"3 targets.*add up to 0"),
        )
    ],
    ("cross_entropy", CLASS_3, {"label_smoothing": 1.1}, RuntimeError, r"not 1\.1"),
    ("cross_entropy", CLASS_3, {"label_smoothing": NAN}, RuntimeError, r"not nan"),
    ("cross_entropy", LOGITS, {"label_smoothing": -0.1}, RuntimeError, r"not -0\.1"),
    ("cross_entropy", LOGITS, {"ignore_index": 2}, RuntimeError, r"ignore_index=2.*probabilities"),
    ("cross_entropy", LOGITS, {"weight": tg.ones(3)}, RuntimeError, r"4 classes"),
    ("cross_entropy", LOGITS * NAN, {}, ValueError, r"holds nan at \[0, 0\]"),
    ("binary_cross_entropy", LOGITS, {"weight": tg.ones(2, 3, 4)}, ValueError, r"\(2, 3, 4\)"),
    (PAIRS[3], LOGITS, {"weight": tg.ones(2, 3, 4)}, ValueError, r"weight \(2, 3, 4\) would"),
    (PAIRS[3], LOGITS, {"pos_weight": tg.ones(2, 3, 4)}, ValueError, r"pos_weight \(2, 3, 4\)"),
    ("smooth_l1_loss", LOGITS, {"beta": -1}, RuntimeError, r"at least 0, not -1"),
    ("smooth_l1_loss", LOGITS, {"beta": NAN}, RuntimeError, r"not nan"),
    ("huber_loss", LOGITS, {"delta": 0}, RuntimeError, r"above 0, not 0"),
    ("kl_div", LOGITS, {"reduction": "men"}, ValueError, r"'batchmean', 'mean', 'sum' or 'none'"),
]


@pytest.mark.parametrize(("name", "target", "settings", "error", "message"), REFUSED_SETTINGS)
def test_settings_that_mean_nothing_are_refused(name, target, settings, error, message):
    with pytest.raises(error, match=rf"^{name}: .*{message}"):
        getattr(F, name)(LOGITS, target, **settings)


def test_an_empty_batch_of_probabilities_is_refused():
    with pytest.raises(ValueError, match=r"empty, shape \(0, 4\)"):
        F.cross_entropy(tg.zeros(0, 4), tg.zeros(0, 4))


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


# ---------------------------------------------------------------- dropout in place


@pytest.mark.parametrize("p", [0.5, 1])
def test_dropout_in_place_writes_into_its_input(p):
    x = tg.ones(100)
    buffer = x.array
    assert nn.Dropout(p, inplace=True)(x) is x
    assert x.array is buffer
    assert 0 < (buffer == 0).sum() <= 100
    leaf = tg.ones(100, requires_grad=True)
    y = leaf * 1
    F.dropout(y, p, inplace=True).sum().backward()
    assert tg.equal(leaf.grad, y)


def test_dropout_in_place_of_a_leaf_is_refused():
    with pytest.raises(RuntimeError, match=r"^dropout: a leaf"):
        F.dropout(tg.ones(3, requires_grad=True), inplace=True)
    assert repr(nn.Dropout(0.5, True)) == "Dropout(p=0.5, inplace=True)"
