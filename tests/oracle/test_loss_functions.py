"""Losses as functions and as layers, beside PyTorch: values, gradients, second derivatives, for
each reduction and setting; what they print; and what is refused."""

import warnings

import numpy as np
import pytest
import torch

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck

pytestmark = pytest.mark.filterwarnings("ignore:(kl_div|reduction).*'mean' divides:UserWarning")
TF = torch.nn.functional
REDUCTIONS = ["mean", "sum", "none"]
X, V, LABELS, LOWER, PLUS, FIXED = "normal", (5, 4), "labels", "below 1", "plus", "fixed"
CLASSES = np.array([2, 0, 3, 3, 1])
LISTS = np.array([[3, 0, -1, 1], [1, 1, 2, -1], [-1, 0, 1, 2], [0, 1, 2, 3], [2, 0, 1, -1]])

# Each loss, its settings, and its inputs: a kind of numbers with a shape, or whole numbers.
CASES = [
    ("mse_loss", "", (X, V), (X, V)),
    ("mse_loss", "weight=w", (X, V), (X, V), (PLUS, V)),
    ("l1_loss", "weight=w", (X, V), (X, V), (PLUS, V)),
    ("huber_loss", "weight=w, delta=0.3", (X, V), (X, V), (PLUS, V)),
    ("smooth_l1_loss", "beta=0.4", (X, V), (X, V)),
    ("kl_div", "log_target=True", (X, V), (X, V)),
    ("poisson_nll_loss", "", (X, V), (PLUS, V)),
    ("poisson_nll_loss", "full=True", (X, V), (PLUS, V)),
    ("poisson_nll_loss", "log_input=False, eps=0.1", (PLUS, V), (PLUS, V)),
    ("gaussian_nll_loss", "", (X, V), (X, V), (PLUS, V)),
    ("gaussian_nll_loss", "full=True, eps=1.0", (X, V), (X, V), (PLUS, V)),
    ("gaussian_nll_loss", "", (X, V), (X, V), (PLUS, (5,))),
    ("gaussian_nll_loss", "", (X, (5, 2, 4)), (X, (5, 2, 4)), (PLUS, (5, 1, 4))),
    ("gaussian_nll_loss", "var=0.5", (X, V), (X, V)),
    ("soft_margin_loss", "", (X, V), (LABELS, V)),
    ("soft_margin_loss", "", (X, ()), (LABELS, ())),
    ("hinge_embedding_loss", "", (X, V), (LABELS, V)),
    ("hinge_embedding_loss", "margin=0.3", (X, (7,)), (LABELS, (7,))),
    ("margin_ranking_loss", "", (X, V), (X, V), (LABELS, V)),
    ("margin_ranking_loss", "margin=0.4", (X, (9,)), (X, (9,)), (LABELS, (9,))),
    ("cosine_embedding_loss", "", (X, V), (X, V), (LABELS, (5,))),
    ("cosine_embedding_loss", "margin=-0.5", (X, (8, 2)), (X, (8, 2)), (LABELS, (8,))),
    ("cosine_embedding_loss", "", (X, (4,)), (X, (4,)), (LABELS, ())),
    ("triplet_margin_loss", "", (X, V), (X, V), (X, V)),
    ("triplet_margin_loss", "margin=0.2, p=1, eps=0.1", (X, V), (X, V), (X, V)),
    ("triplet_margin_loss", "swap=True, margin=2.0, p=3", (X, V), (X, V), (X, V)),
    ("triplet_margin_loss", "margin=3.0", (X, (1, 4)), (X, V), (X, V)),
    ("triplet_margin_loss", "", (X, (2, 3, 4)), (X, (2, 3, 4)), (X, (2, 1, 4))),
    ("triplet_margin_loss", "", (X, (4,)), (X, (4,)), (X, (4,))),
    ("triplet_margin_with_distance_loss", "", (X, V), (X, V), (X, V)),
    (
        "triplet_margin_with_distance_loss",
        "distance_function=lambda a, b: (a - b).abs().sum(-1), swap=True, margin=2.0",
        (X, V),
        (X, V),
        (X, V),
    ),
    ("multi_margin_loss", "", (X, V), CLASSES),
    ("multi_margin_loss", "p=2, margin=0.7", (X, V), CLASSES),
    ("multi_margin_loss", "weight=w", (X, V), CLASSES, (FIXED, (4,))),
    ("multi_margin_loss", "weight=w, p=2", (X, V), CLASSES, (FIXED, (4,))),
    ("multi_margin_loss", "", (X, (4,)), CLASSES[0]),
    ("multilabel_margin_loss", "", (X, V), LISTS),
    ("multilabel_margin_loss", "", (X, (4,)), LISTS[0]),
    ("multilabel_soft_margin_loss", "", (X, V), (LOWER, V)),
    ("multilabel_soft_margin_loss", "weight=w", (X, V), (LOWER, V), (PLUS, (4,))),
    ("multilabel_soft_margin_loss", "", (X, (2, 3, 4)), (LOWER, (2, 3, 4))),
]
each = pytest.mark.parametrize("case", CASES, ids=str)
LAYERS = {
    "mse_loss": "MSELoss",
    "smooth_l1_loss": "SmoothL1Loss",
    "kl_div": "KLDivLoss",
    "poisson_nll_loss": "PoissonNLLLoss",
    "gaussian_nll_loss": "GaussianNLLLoss",
    "soft_margin_loss": "SoftMarginLoss",
    "hinge_embedding_loss": "HingeEmbeddingLoss",
    "margin_ranking_loss": "MarginRankingLoss",
    "cosine_embedding_loss": "CosineEmbeddingLoss",
    "triplet_margin_loss": "TripletMarginLoss",
    "triplet_margin_with_distance_loss": "TripletMarginWithDistanceLoss",
    "multi_margin_loss": "MultiMarginLoss",
    "multilabel_margin_loss": "MultiLabelMarginLoss",
    "multilabel_soft_margin_loss": "MultiLabelSoftMarginLoss",
}


def drawn(specs):
    rng = np.random.default_rng(0)
    kinds = {
        X: rng.standard_normal,
        LABELS: lambda shape: np.sign(rng.standard_normal(shape)),
        LOWER: rng.random,
        PLUS: lambda shape: 2 * rng.random(shape) + 0.1,
        FIXED: lambda shape: 2 * rng.random(shape) + 0.1,
    }
    return [x if isinstance(x, np.generic | np.ndarray) else kinds[x[0]](x[1]) for x in specs]


def both(specs):
    """Tensors of both libraries, and which of them want a gradient."""
    arrays = drawn(specs)
    wanted = [isinstance(spec, tuple) and spec[0] in (X, LOWER, PLUS) for spec in specs]
    ours = [tg.tensor(x, requires_grad=w) for x, w in zip(arrays, wanted, strict=True)]
    theirs = [torch.tensor(x, requires_grad=w) for x, w in zip(arrays, wanted, strict=True)]
    return ours, theirs


def call(function, settings, tensors, **more):
    names = {"f": function, "x": tensors, "more": more}
    if "weight=w" in settings:
        names |= {"x": tensors[:-1], "w": tensors[-1]}
    return eval(f"f(*x, **more, {settings})", names)


def agree(ours, theirs):
    assert ours.shape == tuple(theirs.shape)
    found, wanted = np.asarray(ours.array), theirs.detach().numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


def leaves(tensors):
    return [x for x in tensors if x.requires_grad]


def projected(gradients, library):
    """One number that depends on all of them, of which to take the second derivatives."""
    rng = np.random.default_rng(2)
    return sum((g * library.tensor(rng.standard_normal(g.shape))).sum() for g in gradients)


def gradients(y, xs, library):
    """Arrays, of zeros where nothing depends on x."""
    if not y.requires_grad:
        return [np.zeros(tuple(x.shape)) for x in xs]
    found = library.autograd.grad(y, xs, allow_unused=True)
    return [
        np.zeros(tuple(x.shape)) if g is None else (g + 0).numpy()
        for g, x in zip(found, xs, strict=True)
    ]


@each
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_loss_and_its_derivatives_are_pytorchs(case, reduction):
    name, settings, *specs = case
    ours, theirs = both(specs)
    y = call(getattr(F, name), settings, ours, reduction=reduction)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of kl_div: the mean is not the divergence
        z = call(getattr(TF, name), settings, theirs, reduction=reduction)
    agree(y, z)
    g = np.random.default_rng(1).standard_normal(y.shape)
    found = tg.autograd.grad(y, leaves(ours), tg.tensor(g), create_graph=True)
    wanted = torch.autograd.grad(z, leaves(theirs), torch.tensor(g), create_graph=True)
    for a, b in zip(found, wanted, strict=True):
        agree(a, b)
    try:
        wanted = gradients(projected(wanted, torch), leaves(theirs), torch)
    except RuntimeError as error:
        if "not implemented" in str(error):  # PyTorch has no second derivative here
            return
        raise
    found = gradients(projected(found, tg), leaves(ours), tg)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@each
def test_derivatives_are_those_of_the_values(case):
    name, settings, *specs = case
    ours, _ = both(specs)
    if "eps=1.0" in settings:
        pytest.skip("a variance below eps has the gradient at eps, as in PyTorch")

    def loss(*xs):
        xs = iter(xs)
        whole = [next(xs) if x.requires_grad else x for x in ours]
        return call(getattr(F, name), settings, whole, reduction="none")

    assert gradcheck(loss, leaves(ours), order=2)


# ---------------------------------------------------------------- as layers


@each
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_layer_is_its_function_with_its_settings(case, reduction):
    name, settings, *specs = case
    if name not in LAYERS or (name == "mse_loss" and settings):
        pytest.skip("weights of single losses are settings of the function alone, as in PyTorch")
    made = settings.replace("var=0.5", "")  # an input of the layer
    ours, theirs = both(specs)
    layers = []
    for library, tensors in ((nn, ours), (torch.nn, theirs)):
        names = {"make": getattr(library, LAYERS[name]), "w": tensors[-1], "reduction": reduction}
        layers.append(eval(f"make(reduction=reduction, {made})", names))
    layer, oracle = layers
    inputs = [tensors[:-1] if "=w" in settings else tensors for tensors in (ours, theirs)]
    var = [0.5] if made != settings else []
    y = layer(*inputs[0], *var)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        agree(y, oracle(*inputs[1], *var))
    whole = call(getattr(F, name), settings, ours, reduction=reduction)
    np.testing.assert_array_equal(y.array, whole.array)
    if "lambda" not in settings:
        assert repr(layer) == repr(oracle)
    assert [*layer.state_dict()] == [*oracle.state_dict()]


def test_each_loss_is_a_layer_too():
    layers = {name for name in vars(nn) if name.endswith("Loss")}
    assert layers >= {name for name in vars(torch.nn) if name in layers}
    assert {*LAYERS.values()} <= layers
    functions = {name for name in F.__all__ if name.endswith("_loss")}
    named = {name.lower() for name in layers}
    assert {name.replace("_", "") for name in functions} - {"klloss"} <= named


def test_half_of_the_squared_error():
    x, t = tg.randn(3, 4).double().requires_grad_(), tg.randn(3, 4).double()
    for reduction in REDUCTIONS:
        half = F.half_mse_loss(x, t, reduction)
        whole = F.mse_loss(x, t, reduction=reduction)
        np.testing.assert_allclose(half.array * 2, whole.array, rtol=1e-15)
        assert tg.equal(nn.HalfMSELoss(reduction)(x, t), half)
    F.half_mse_loss(x, t, "sum").backward()
    np.testing.assert_allclose(x.grad.array, (x - t).array, rtol=1e-15)


# ---------------------------------------------------------------- what PyTorch leaves out


def test_far_out_the_soft_margin_does_not_overflow():
    x = tg.tensor([-1000.0, 1000.0], requires_grad=True)
    y = F.soft_margin_loss(x, tg.tensor([1.0, 1.0]), reduction="none")
    assert y.tolist() == [1000.0, 0.0]
    y.sum().backward()
    assert x.grad.tolist() == [-1.0, 0.0]


def test_stirling_of_no_count_has_a_derivative():
    target = tg.tensor([0.0, 1.0, 2.0], requires_grad=True)
    F.poisson_nll_loss(tg.zeros(3), target, full=True).backward()
    assert target.grad.isfinite().all()


def test_a_variance_below_eps_has_the_gradient_at_eps():
    ours, theirs = tg.zeros(2, requires_grad=True), torch.zeros(2, requires_grad=True)
    F.gaussian_nll_loss(tg.ones(2), tg.zeros(2), ours).backward()
    TF.gaussian_nll_loss(torch.ones(2), torch.zeros(2), theirs).backward()
    np.testing.assert_allclose(ours.grad.array, theirs.grad.numpy(), rtol=1e-6)


def test_a_vector_of_zeros_has_a_cosine():
    ours, theirs = tg.zeros(1, 2, requires_grad=True), torch.zeros(1, 2, requires_grad=True)
    y = F.cosine_embedding_loss(ours, tg.ones(1, 2), tg.tensor([1.0]))
    z = TF.cosine_embedding_loss(theirs, torch.ones(1, 2), torch.tensor([1.0]))
    y.backward()
    z.backward()
    assert y.item() == z.item() == 1
    np.testing.assert_allclose(ours.grad.array, theirs.grad.numpy(), rtol=1e-6)


# ---------------------------------------------------------------- sequences

CTC = [
    ([[1, 2], [3, 1]], [6, 6], [2, 2], 0),
    ([[1, 1, 1], [3, 1, 2]], [6, 5], [3, 2], 0),
    ([[1, 1, -100], [0, -100, -100]], [4, 1], [2, 1], 3),
    ([[1, 2], [2, 2]], [6, 2], [0, 2], 0),  # no target; and one for which there is no time
    ([1, 2, 2, 2, 3], [6, 4], [3, 2], 0),
    ([2, 2], [0, 5], [0, 2], 0),
]


@pytest.mark.parametrize("case", CTC, ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("zero_infinity", [True, False])
def test_ctc_is_pytorchs(case, reduction, zero_infinity):
    targets, *lengths, blank = case
    x = np.random.default_rng(0).standard_normal((6, 2, 4))
    ours, theirs = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    settings = {"blank": blank, "reduction": reduction, "zero_infinity": zero_infinity}
    y = nn.CTCLoss(**settings)(ours.log_softmax(2), tg.tensor(targets), *lengths)
    lengths = map(torch.tensor, lengths)
    z = torch.nn.CTCLoss(**settings)(theirs.log_softmax(2), torch.tensor(targets), *lengths)
    agree(y, z)
    if z.isfinite().all():
        y.sum().backward()
        z.sum().backward()
        agree(ours.grad, theirs.grad)


def test_ctc_of_one_sequence():
    x, labels = np.random.default_rng(0).standard_normal((6, 4)), [1, 1, 2]
    y = F.ctc_loss(tg.tensor(x).log_softmax(1), tg.tensor(labels), tg.tensor(6), tg.tensor(3))
    z = TF.ctc_loss(
        torch.tensor(x).log_softmax(1), torch.tensor(labels), torch.tensor(6), torch.tensor(3)
    )
    agree(y, z)
    y = F.ctc_loss(tg.tensor(x).log_softmax(1), tg.tensor([labels]), [5], [3], reduction="none")
    assert y.shape == ()


def test_ctc_adds_the_chances_of_all_readings():
    """By hand: every sequence of classes, once repeats and blanks are out, that reads as it."""
    logp = tg.tensor(np.random.default_rng(0).standard_normal((4, 1, 3))).log_softmax(2)
    chance = 0.0
    for path in np.ndindex(3, 3, 3, 3):
        kept = [c for c, before in zip(path, (None, *path), strict=False) if c != before]
        if [c for c in kept if c] == [1, 2]:
            chance += np.exp(sum(logp.array[t, 0, c] for t, c in enumerate(path)))
    y = F.ctc_loss(logp, tg.tensor([[1, 2]]), [4], [2], reduction="sum")
    np.testing.assert_allclose(y.item(), -np.log(chance), rtol=1e-12)


def test_ctc_has_second_derivatives():
    x = tg.tensor(np.random.default_rng(0).standard_normal((4, 2, 3)), requires_grad=True)
    targets = tg.tensor([[1, 1], [2, 1]])

    def loss(x):
        return F.ctc_loss(x.log_softmax(2), targets, [4, 3], [2, 1])

    assert gradcheck(loss, (x,), order=2)


def test_ctc_takes_what_cannot_come_for_a_chance_of_0():
    logp = np.full((3, 1, 3), -np.inf)
    logp[[0, 1, 2], 0, [1, 0, 2]] = 0
    y = F.ctc_loss(tg.tensor(logp), tg.tensor([[1, 2]]), [3], [2])
    assert y.item() == 0
    assert F.ctc_loss(tg.tensor(logp), tg.tensor([[2, 1]]), [3], [2]).item() == np.inf


# ---------------------------------------------------------------- what is refused

A, B = tg.ones(3, 4), tg.ones(3)
C = tg.tensor([0, 1, 2])
ZEROS_AND_ONES = tg.tensor([1.0, 0.0, 1.0])
LOGP = tg.zeros(5, 2, 3)
TWO = tg.tensor([[1, 2], [2, 1]])
WRONG = [
    *[
        (name, (*[B] * (count - 1), ZEROS_AND_ONES), {}, ValueError, r"0\.0 at \[1\].*1 or -1")
        for name, count in (
            ("soft_margin_loss", 2),
            ("hinge_embedding_loss", 2),
            ("margin_ranking_loss", 3),
        )
    ],
    ("cosine_embedding_loss", (A, A, ZEROS_AND_ONES), {}, ValueError, r"1 or -1"),
    *[
        (name, (A, B), {}, ValueError, r"\(3, 4\) and \(3,\)")
        for name in (
            "half_mse_loss",
            "soft_margin_loss",
            "hinge_embedding_loss",
            "multilabel_margin_loss",
            "multilabel_soft_margin_loss",
            "poisson_nll_loss",
        )
    ],
    ("margin_ranking_loss", (B, A, B), {}, ValueError, r"input1 and input2 have.*input2\.resh"),
    ("margin_ranking_loss", (B, B, B[:1]), {}, ValueError, r"target.*\(3,\) and \(1,\)"),
    ("cosine_embedding_loss", (A, A, B[:1]), {}, ValueError, r"\(3, 4\) and \(1,\)"),
    ("cosine_embedding_loss", (A, A[:1], B), {}, ValueError, r"\(3, 4\) and \(1, 4\)"),
    ("triplet_margin_loss", (A, A, A[0]), {}, ValueError, r"as many dimensions"),
    ("triplet_margin_loss", (A, A[:, :1], A), {}, ValueError, r"equal length.*\(3, 1\)"),
    ("triplet_margin_loss", (A, A[:0], A), {}, ValueError, r"empty, shape \(0, 4\)"),
    ("triplet_margin_loss", (A, A, A), {"margin": 0}, ValueError, r"above 0, not 0"),
    ("mse_loss", (A, A), {"weight": B}, ValueError, r"\(3, 4\).*\(3,\)"),
    ("huber_loss", (A, A), {"weight": A[:1]}, ValueError, r"\(3, 4\).*\(1, 4\)"),
    ("multi_margin_loss", (A, C), {"p": 3}, ValueError, r"1 or 2, not 3"),
    ("multi_margin_loss", (A, C), {"weight": B}, RuntimeError, r"4 classes"),
    ("multi_margin_loss", (A[None], C[None]), {}, ValueError, r"\(1, 3, 4\)"),
    ("multi_margin_loss", (A, B), {}, TypeError, r"not float32"),
    ("multi_margin_loss", (A, C[:2]), {}, ValueError, r"\(3, 4\) and \(2,\)"),
    ("multilabel_margin_loss", (A, A), {}, ValueError, r"whole numbers.*float32"),
    ("multilabel_margin_loss", (A, (A * 4).long()), {}, IndexError, r"class 4.*-1 ends"),
    ("multilabel_soft_margin_loss", (A, A * 2), {}, ValueError, r"holds 2\.0 at \[0, 0\]"),
    ("poisson_nll_loss", (B, -B), {}, ValueError, r"target holds -1\.0.*a count"),
    ("poisson_nll_loss", (-B, B), {"log_input": False}, ValueError, r"input holds -1\.0.*a rate"),
    ("gaussian_nll_loss", (A, A, -1.0), {}, ValueError, r"var holds -1\.0.*variance"),
    ("gaussian_nll_loss", (A, A, tg.ones(4)), {}, ValueError, r"\(3, 4\).*\(4,\)"),
    ("gaussian_nll_loss", (A, A, tg.ones(1, 1)), {}, ValueError, r"\(1, 1\)"),
    ("gaussian_nll_loss", (A, A * float("nan"), 1.0), {}, ValueError, r"holds nan at \[0, 0\]"),
    ("ctc_loss", (LOGP, TWO, [5, 5], [2, 3]), {}, RuntimeError, r"0 to 2.*\[2, 3\]"),
    ("ctc_loss", (LOGP, TWO, [5, 6], [2, 2]), {}, RuntimeError, r"input_lengths.*\[5, 6\]"),
    ("ctc_loss", (LOGP, TWO, [5], [2, 2]), {}, RuntimeError, r"each of 2 sequences"),
    ("ctc_loss", (LOGP, TWO, [5.0, 5.0], [2, 2]), {}, RuntimeError, r"whole number"),
    ("ctc_loss", (LOGP, TWO.reshape(4), [5, 5], [2, 1]), {}, RuntimeError, r"4 targets.*3"),
    ("ctc_loss", (LOGP, TWO + 1, [5, 5], [2, 2]), {}, IndexError, r"holds 3 at \[1\]"),
    ("ctc_loss", (LOGP, TWO, [5, 5], [2, 2]), {"blank": 2}, IndexError, r"the blank, 2"),
    ("ctc_loss", (LOGP, TWO, [5, 5], [2, 2]), {"blank": 3}, RuntimeError, r"blank=3"),
    ("ctc_loss", (LOGP, TWO.float(), [5, 5], [2, 2]), {}, ValueError, r"float32"),
    ("ctc_loss", (LOGP[0, 0], TWO, [5, 5], [2, 2]), {}, ValueError, r"\(T, N, C\)"),
]


@pytest.mark.parametrize(("name", "inputs", "settings", "error", "message"), WRONG)
def test_what_means_nothing_is_refused(name, inputs, settings, error, message):
    for reduction in REDUCTIONS:
        with pytest.raises(error, match=rf"^{name}: .*{message}"):
            getattr(F, name)(*inputs, **settings, reduction=reduction)


@pytest.mark.parametrize("name", [*LAYERS.values(), "HalfMSELoss", "CTCLoss"])
def test_an_unknown_reduction_makes_no_layer(name):
    with pytest.raises(ValueError, match=rf"^{name}: reduction is .*, not 'men'"):
        getattr(nn, name)(reduction="men")


@pytest.mark.parametrize("case", [*CASES, ("half_mse_loss", "", (X, V), (X, V))], ids=str)
def test_an_unknown_reduction_is_refused(case):
    name, settings, *specs = case
    with pytest.raises(ValueError, match=r"reduction is .*, not 'men'"):
        call(getattr(F, name), settings, both(specs)[0], reduction="men")


def test_settings_that_mean_nothing_make_no_layer():
    with pytest.raises(ValueError, match=r"^TripletMarginLoss: .*not -1"):
        nn.TripletMarginLoss(margin=-1)
    with pytest.raises(ValueError, match=r"^TripletMarginWithDistanceLoss: .*not 0"):
        nn.TripletMarginWithDistanceLoss(margin=0)
    with pytest.raises(ValueError, match=r"^MultiMarginLoss: .*not 3"):
        nn.MultiMarginLoss(p=3)
