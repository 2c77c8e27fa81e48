"""At nan, infinity, the two zeros, kinks, tiny and huge numbers: values, first and second
derivatives are PyTorch's.

PyTorch is asked about one number at a time.  Its vectorised kernels give other gradients at nan
than those for the rest of a row: `F.relu6` of nine nans has eight gradients 0, and one that is 1.
"""

import warnings

import numpy as np
import pytest
import torch

import nn.functional
import tinygrad_edu as tg

NAN, INF = float("nan"), float("inf")
VALUES = (
    *(NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.5, 3.0, -3.0, 6.0, 20.0, -20.0),
    *(100.0, -100.0, 1e-30, -1e-30, 1e30, -1e30, 1e200, -1e200),
)
PAIRED = (NAN, INF, -INF, 0.0, -0.0, 1.0, -2.5, 0.5, 1e30)

ACTIVATIONS = """
F.relu(x); F.relu6(x); F.elu(x); F.elu(x, alpha=0.5); F.selu(x); F.celu(x); F.celu(x, alpha=2.0)
F.gelu(x); F.gelu(x, approximate="tanh"); F.silu(x); F.mish(x); F.softplus(x); F.softplus(x, 2, 1)
F.softsign(x); F.hardtanh(x); F.hardtanh(x, -0.5, 0.5); F.hardsigmoid(x); F.hardswish(x)
F.leaky_relu(x); F.leaky_relu(x, 0.0); F.leaky_relu(x, -0.5); F.logsigmoid(x); F.tanhshrink(x)
F.softshrink(x); F.hardshrink(x); F.threshold(x, 0.1, 20.0); F.threshold(x, 0, 0); F.rrelu(x)
F.rrelu(x, 0.5, 0.5, training=True)
F.prelu(x, torch.tensor([0.25], dtype=x.dtype)); torch.sigmoid(x); torch.tanh(x)
F.prelu(x, torch.tensor([float("inf")], dtype=x.dtype))
"""

FUNCTIONS = """
torch.sin(x); torch.cos(x); torch.tan(x); torch.asin(x); torch.acos(x); torch.atan(x)
torch.sinh(x); torch.cosh(x); torch.asinh(x); torch.acosh(x); torch.atanh(x)
torch.exp(x); torch.exp2(x); torch.expm1(x); torch.log(x); torch.log2(x); torch.log10(x)
torch.log1p(x); torch.sqrt(x); torch.rsqrt(x); torch.reciprocal(x); torch.square(x); torch.abs(x)
torch.sign(x); torch.floor(x); torch.ceil(x); torch.round(x); torch.trunc(x); torch.frac(x)
torch.nan_to_num(x); torch.nan_to_num(x, 1.0, 2.0, 3.0); torch.erf(x); torch.lgamma(x)
torch.digamma(x); torch.clamp(x, -0.5, 0.5); torch.clamp(x, min=0.0); torch.clamp(x, max=1.0)
torch.clamp(x, min=0.4, max=-0.4); torch.clamp(x, min=torch.zeros((), dtype=x.dtype))
x ** 0; x ** 1; x ** 2; x ** 3; x ** -1; x ** -2; x ** 0.5; x ** -0.5; x ** 2.5; 2 ** x; 0.0 ** x
(-1.0) ** x; 2 / x; x % 2; x % -1.5; torch.fmod(x, 2); x * x; x / x; x ** x; torch.xlogy(x, x)
torch.where(x > 0, x, -x); torch.where(x > 0, x, 0.0); x.masked_fill(x > 0, float("-inf"))
torch.maximum(x, x); torch.logaddexp(x, x); torch.hypot(x, x); torch.atan2(x, x)
"""

FLAT_SOMEWHERE = """
torch.relu(x); torch.abs(x); torch.clamp(x, min=0); torch.clamp(x, -0.5, 0.5); F.hardtanh(x)
F.relu6(x); F.hardsigmoid(x); F.hardswish(x); F.hardshrink(x); F.softshrink(x); F.elu(x); F.selu(x)
F.leaky_relu(x, 0.0); F.threshold(x, 0.1, 0.0); F.gelu(x); F.silu(x); F.mish(x)
torch.where(x > 0, x, 0.0); x.masked_fill(x < 1, 0.0); torch.maximum(x, torch.zeros_like(x))
torch.minimum(x, torch.zeros_like(x)); F.prelu(x, torch.tensor([0.25], dtype=x.dtype))
torch.clamp(x, max=torch.zeros_like(x)); F.softplus(x, 1, 1); torch.tril(x.reshape(1, 1), -1)
"""

PAIRS = """
torch.maximum(x, y); torch.minimum(x, y); torch.atan2(x, y); torch.hypot(x, y)
torch.logaddexp(x, y); torch.fmod(x, y); torch.remainder(x, y); torch.pow(x, y); x / y
torch.where(x > y, x, y); torch.clamp(x, min=y); torch.clamp(x, max=y); torch.clamp(x, y, y + 1)
torch.clamp(x, y, y - 1); torch.xlogy(x, y); torch.div(x, y, rounding_mode="trunc")
torch.maximum(x, y).sqrt(); torch.minimum(x, y).sqrt(); torch.clamp(x, min=y).sqrt()
torch.where(x > y, x, y).sqrt(); F.prelu(x, y)
"""

LOSSES = """
F.mse_loss(x, y, reduction="none"); F.l1_loss(x, y, reduction="none")
F.smooth_l1_loss(x, y, reduction="none"); F.smooth_l1_loss(x, y, reduction="none", beta=0.5)
F.huber_loss(x, y, reduction="none"); F.huber_loss(x, y, reduction="none", delta=0.5)
F.kl_div(x, y, reduction="none"); F.kl_div(x, y, reduction="none", log_target=True)
F.poisson_nll_loss(x, y, reduction="none"); F.gaussian_nll_loss(x, 0 * y, y, reduction="none")
F.margin_ranking_loss(x, 0 * x, 2 * (y > 0.7).to(y.dtype) - 1, reduction="none").sqrt()
F.hinge_embedding_loss(x, 2 * (y > 0.7).to(y.dtype) - 1, reduction="none").sqrt()
"""


def listed(text):
    return [code for line in text.strip().splitlines() for code in line.split("; ")]


# Where they differ, by the order of the derivative and the inputs x, and why.
_LIMIT = "the limit is given; PyTorch says nan"
_BORDER = "0 times infinity at the end of the domain; PyTorch divides"
_POLE = "infinite, with both signs; PyTorch rounds, or takes one side"
_BRANCH = "of the formula that holds there; PyTorch says 0 where two of them meet"
_MIXED = "the mixed derivative at exponent 0 is a^-1; PyTorch leaves it out"
_NUMPY = "NumPy's power of -0 and -inf; PyTorch takes the square root"
_BOTH = "a bound that is both takes g; PyTorch gives it to none where they are equal"
ELUS = ("elu(x)", "elu(x, alpha=0.5)", "selu(x)", "celu(x)", "celu(x, alpha=2.0)")
WHOLE = (-1.0, -3.0, -20.0, -100.0, -1e30, -1e200)
DIFFERENT = {
    **{(f"F.{elu}", 2): ("nan at nan; PyTorch says 0", (NAN,)) for elu in ELUS},
    ("F.gelu(x)", 2): (_LIMIT, (INF, -INF, 1e200, -1e200)),
    ('F.gelu(x, approximate="tanh")', 1): (_LIMIT, (1e200, -1e200)),
    ('F.gelu(x, approximate="tanh")', 2): (_LIMIT, (1e200, -1e200)),
    ("F.mish(x)", 1): (_LIMIT, (INF, -INF)),
    ("F.mish(x)", 2): (_LIMIT, (INF, -INF, 1e30, 1e200)),
    **{("F.softsign(x)", order): (_LIMIT, (INF, -INF)) for order in (1, 2)},
    ("F.mish(x).sqrt()", 1): (_LIMIT, (INF,)),
    ("F.softplus(x)", 2): (_BRANCH, (20.0,)),
    ("F.softplus(x, 2, 1)", 2): (_BRANCH, (0.5,)),
    ("F.prelu(x, y)", 2): (_BRANCH, (0.0, -0.0)),
    ("torch.asin(x)", 2): (_BORDER, (1.0, -1.0)),
    ("torch.acos(x)", 2): (_BORDER, (1.0, -1.0)),
    ("torch.atan(x)", 2): (_LIMIT, (INF, -INF)),
    ("torch.acosh(x)", 1): ("outside of the domain", (-1.0,)),
    ("torch.acosh(x)", 2): (_BORDER, (1.0, -1.0)),
    ("torch.atanh(x)", 2): (_BORDER, (1.0, -1.0)),
    ("torch.sign(x)", 0): ("the sign of nan is nan, as in NumPy; PyTorch says 0", (NAN,)),
    ("torch.erf(x)", 2): (_LIMIT, (INF, -INF)),
    ("torch.lgamma(x)", 2): (_POLE, WHOLE),
    ("torch.digamma(x)", 1): (_POLE, WHOLE),
    ("torch.digamma(x)", 2): (_POLE, (INF, -INF, -0.0, *WHOLE)),
    ("x ** 0.5", 1): (_NUMPY, (-INF, -0.0)),
    ("x ** -0.5", 0): (_NUMPY, (-INF, -0.0)),
    ("0.0 ** x", 2): (_LIMIT, None),
    ("x ** x", 2): (_LIMIT, (0.0, -0.0)),
    ("torch.atan2(x, x)", 2): ("0 is chosen at the origin", (0.0, -0.0)),
    ("torch.atan2(x, y)", 2): ("0 is chosen at the origin", (0.0, -0.0)),
    ("F.gelu(x).sqrt()", 0): ("gelu(-20) is -6e-88 here, -0 there", (-20.0,)),
    ("F.gelu(x).sqrt()", 1): ("gelu(-20) is -6e-88 here, -0 there", (-20.0,)),
    ("torch.logaddexp(x, y)", 2): (_LIMIT, None),
    ("torch.pow(x, y)", 2): (_MIXED, None),
    ("torch.clamp(x, y, y + 1)", 1): (_BOTH, None),
    ("torch.clamp(x, y, y - 1)", 1): (_BOTH, None),
}


def derivatives(library, functional, tensor, code, numbers, up_to):
    """The value, and for each input the first and the second derivative (0 where there is none)."""
    inputs = [tensor(np.array([number])).requires_grad_() for number in numbers]
    total = eval(code, {"torch": library, "F": functional, **dict(zip("xy", inputs, strict=False))})
    found = [[total.item()]]
    for order in range(1, up_to + 1):
        parts = [None] * len(inputs)
        if total is not None and total.requires_grad:
            try:
                parts = library.autograd.grad(
                    total.sum(), inputs, create_graph=True, allow_unused=True
                )
            except RuntimeError:
                assert order == 2  # PyTorch has no second derivative of it
                break
        found.append([0.0 if part is None else part.item() for part in parts])
        several = [part * k for k, part in enumerate(parts, 1) if part is not None]
        total = sum(several[1:], several[0]) if several else None
    return found


def differences(code, *grids, up_to=2):
    for numbers in zip(*grids, strict=True):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            theirs = derivatives(torch, torch.nn.functional, torch.from_numpy, code, numbers, up_to)
            ours = derivatives(tg, nn.functional, tg.from_numpy, code, numbers, up_to)
        for order, (a, b) in enumerate(zip(ours, theirs, strict=False)):
            if not np.allclose(a, b, rtol=1e-7, atol=1e-12, equal_nan=True):
                yield order, numbers, f"{a}, PyTorch {b}"


def among(x, values):
    """Is x one of the values, where nan is nan, and -0 is not 0?"""
    return repr(x) in map(repr, values)


def compare(code, *grids, up_to=2):
    grids = [np.asarray(numbers).tolist() for numbers in grids]
    found = list(differences(code, *grids, up_to=up_to))
    listed_ones = {order: inputs for (own, order), (_, inputs) in DIFFERENT.items() if own == code}
    for order, numbers, what in found:
        listed_here = order in listed_ones and (
            listed_ones[order] is None or among(numbers[0], listed_ones[order])
        )
        assert listed_here, f"{code}, derivative {order}, at {numbers}: {what}"
    unneeded = set(listed_ones) - {order for order, *_ in found}
    assert not unneeded, f"{code}: nothing differs in the derivative {unneeded} that is listed"


@pytest.mark.parametrize("code", listed(ACTIVATIONS) + listed(FUNCTIONS))
def test_of_one_number(code):
    compare(code, VALUES)


@pytest.mark.parametrize("code", listed(FLAT_SOMEWHERE))
def test_an_infinite_gradient_does_not_reach_what_is_not_selected(code):
    compare(f"{code}.sqrt()", without_minus_0(VALUES), up_to=1)


@pytest.mark.parametrize("code", listed(PAIRS))
def test_of_two_numbers(code):
    values = without_minus_0(PAIRED) if "sqrt" in code else PAIRED
    compare(code, *grid(values, values))


@pytest.mark.parametrize("code", listed(LOSSES))
def test_losses(code):
    values = without_minus_0(PAIRED) if "sqrt" in code else PAIRED
    compare(code, *grid(values, (0.0, 0.5, 1.0, 2.0, 1e30)), up_to=1)


def without_minus_0(values):
    """Which of the two zeros is the larger is not said, but it decides the sign of 1 / sqrt."""
    return [x for x in values if not among(x, (-0.0,))]


def grid(xs, ys):
    return [side.ravel() for side in np.meshgrid(xs, ys)]


@pytest.mark.parametrize("seed", range(30))
def test_windows_with_nan_infinity_and_ties(seed):
    rng = np.random.default_rng(seed)
    x = rng.choice([NAN, 1.0, 2.0, -INF, INF, 0.0], (2, 2, *rng.integers(3, 7, 2)))
    kernel, stride, padding = (int(rng.integers(low, low + 2)) for low in (2, 1, 0))
    found = []
    for library, functional in ((tg, nn.functional), (torch, torch.nn.functional)):
        leaf = library.from_numpy(x.copy()).requires_grad_()
        pooled, places = functional.max_pool2d(leaf, kernel, stride, padding, return_indices=True)
        g = library.from_numpy(np.arange(pooled.numel(), dtype=float).reshape(pooled.shape))
        (gradient,) = library.autograd.grad(pooled, leaf, g)
        found.append([side.detach().numpy() for side in (pooled, places, gradient)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, theirs)
