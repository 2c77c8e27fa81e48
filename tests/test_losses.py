"""Losses: numbers and derivatives are PyTorch's, and what cannot mean anything is refused."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn.loss import classification
from tinygrad_edu.testing import gradcheck

NAN = float("nan")
SEEDS = st.integers(0, 2**32 - 1)
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


# ---------------------------------------------------------------- the same numbers as PyTorch


@pytest.mark.filterwarnings("ignore:kl_div. reduction='mean' divides:UserWarning")
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_loss_layer_is_its_function(layer, reduction):
    name = LAYERS[layer]
    z, target = (tg.tensor(x) for x in drawn(name, np.random.default_rng(3), np.float64))
    expected = getattr(F, name)(as_input(name, z), target, reduction=reduction)
    assert tg.equal(getattr(nn, layer)(reduction=reduction)(as_input(name, z), target), expected)
    if reduction == "mean":
        assert tg.equal(getattr(nn, layer)()(as_input(name, z), target), expected)


def test_cross_entropy_is_nll_of_log_softmax():
    x, labels = tg.randn(5, 3), tg.tensor([0, 1, 2, 1, 0])
    np.testing.assert_allclose(
        F.cross_entropy(x, labels).item(), F.nll_loss(F.log_softmax(x, 1), labels).item(), rtol=1e-6
    )


def test_a_mean_over_a_million_float32_numbers_is_accurate():
    x = tg.rand(1_000_000)
    for name in ("mse_loss", "l1_loss"):
        loss = getattr(F, name)(x, tg.zeros(1_000_000)).item()
        exact = (x.array.astype(np.float64) ** (2 if name == "mse_loss" else 1)).mean()
        assert abs(loss - exact) < 2e-6


# ---------------------------------------------------------------- the same settings as PyTorch's


def test_with_an_ignored_class_the_softmax_is_computed_once(monkeypatch):
    calls = []

    def counted(*x):
        calls.append(x)
        return tg.log_softmax(*x)

    monkeypatch.setattr(classification, "log_softmax", counted)
    monkeypatch.delattr(
        classification.ops, "softmax_cross_entropy"
    )  # it would compute another first
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


def test_a_large_difference_does_not_overflow_in_a_square():
    for name in ("smooth_l1_loss", "huber_loss"):
        assert getattr(F, name)(tg.tensor(1e30), tg.tensor(0.0)).item() == pytest.approx(1e30)


def test_what_has_no_probability_adds_nothing_to_a_divergence():
    x, target = tg.tensor([-1.0, -2.0], requires_grad=True), tg.tensor([0.0, 1.0])
    loss = F.kl_div(x, target, reduction="sum")
    assert loss.item() == 2
    loss.backward()
    assert x.grad.tolist() == [0.0, -1.0]


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
    held, numbers, goal = x.grad, x.array.copy(), target.array.copy()
    for reduction in REDUCTIONS:
        with pytest.raises(error, match=rf"^({name}|nll_loss): .*{message}"):
            getattr(F, name)(x, target, reduction=reduction)
    assert x.grad is held
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


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_the_class_of_a_single_example_may_stand_in_a_list(reduction):
    x = tg.tensor([0.1, 0.2, 0.3])
    for loss in (F.nll_loss, F.cross_entropy):
        listed, alone = (loss(x, tg.tensor(t), reduction=reduction) for t in ([2], 2))
        assert listed.shape == alone.shape == ()
        assert listed.item() == alone.item()
    y = F.multi_margin_loss(x, tg.tensor([2]), reduction=reduction)
    assert y.shape == ((1,) if reduction == "none" else ())
    assert y.item() == pytest.approx(0.566667, abs=1e-6)


def test_stirlings_term_keeps_the_dtype_of_the_loss():
    x = tg.tensor([1.0, 2.0], dtype=tg.float16)
    y = F.poisson_nll_loss(x, tg.tensor([2, 5]), full=True, reduction="none")
    assert y.dtype == tg.float16
    assert np.allclose(y.numpy(), [1.37, 2.162], atol=2e-3)
