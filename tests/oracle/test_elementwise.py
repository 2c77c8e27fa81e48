"""Elementwise functions, beside PyTorch: values, gradients, dtypes, kinks, poles, errors."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from test_elementwise import CASES, UNARY, inf, nan, words

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn import activation
from tinygrad_edu.ops import special

TF = torch.nn.functional


def both(ours, theirs, *inputs, dtype=np.float64, rtol=1e-12, atol=1e-13, gradients=True):
    """Values, dtype and gradients of the two, at the same inputs, with signed weights."""
    arrays = [np.asarray(x, dtype if np.asarray(x).dtype.kind == "f" else None) for x in inputs]
    mine = [tg.tensor(x, requires_grad=x.dtype.kind == "f" and gradients) for x in arrays]
    torchs = [torch.tensor(x, requires_grad=x.dtype.kind == "f" and gradients) for x in arrays]
    y, expected = ours(*mine), theirs(*torchs)
    assert str(y.dtype) == str(expected.dtype).removeprefix("torch.")
    np.testing.assert_allclose(y.array, expected.detach().numpy(force=True), rtol=rtol, atol=atol)
    if not (gradients and expected.requires_grad):
        return
    g = np.random.default_rng(0).standard_normal(y.shape).astype(dtype)
    y.backward(tg.tensor(g))
    expected.backward(torch.tensor(g))
    for x, other in zip(mine, torchs, strict=True):
        if other.grad is not None:
            np.testing.assert_allclose(
                x.grad.array, other.grad.numpy(force=True), rtol=rtol, atol=atol
            )


# ---------------------------------------------------------------- functions of one number

EDGES = [
    0.0,
    -0.0,
    0.5,
    -0.5,
    1.0,
    -1.0,
    1.5,
    2.5,
    -2.5,
    3.0,
    20.0,
    -20.0,
    1e-8,
    1e-300,
    nan,
    inf,
    -inf,
]


@pytest.mark.parametrize("name", UNARY)
def test_a_function_of_one_number_is_pytorchs(name):
    x = np.random.default_rng(1).standard_normal((3, 4)) * 2
    with np.errstate(invalid="ignore"):  # rules that multiply nan
        both(getattr(tg, name), getattr(torch, name), x, rtol=1e-9)
        both(getattr(tg, name), getattr(torch, name), np.abs(x) % 1 + 1.001, rtol=1e-9)


@pytest.mark.parametrize(
    "name",
    sorted({*UNARY, "isnan", "isinf", "isfinite", "logical_not"} - {"lgamma", "sign", "sgn"}),
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_at_edges_infinity_and_nan_are_the_answer(name, dtype):
    x = np.array(EDGES).astype(dtype)
    both(
        getattr(tg, name),
        getattr(torch, name),
        x,
        dtype=dtype,
        gradients=False,
        rtol=1e-12 if dtype is np.float64 else 3e-6,
        atol=1e-12 if dtype is np.float64 else 1e-6,
    )


@pytest.mark.parametrize(
    "name",
    [
        "log",
        "log2",
        "log10",
        "log1p",
        "sqrt",
        "rsqrt",
        "reciprocal",
        "asin",
        "acos",
        "acosh",
        "atanh",
        "tan",
        "exp",
        "lgamma",
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_gradients_at_poles_are_pytorchs(name):
    x = [1.0, 2.0] if name == "acosh" else [0.0, 1.0, -1.0, 4.0, -4.5]
    both(getattr(tg, name), getattr(torch, name), x)


@pytest.mark.parametrize(
    "name",
    [
        "sin",
        "exp",
        "sqrt",
        "log1p",
        "erf",
        "lgamma",
        "digamma",
        "reciprocal",
        "sigmoid",
        "atan",
        "rsqrt",
        "expm1",
    ],
)
def test_integers_become_the_default_float(name):
    both(getattr(tg, name), getattr(torch, name), np.array([1, 2, 3]), rtol=1e-6)
    assert getattr(tg, name)(tg.tensor([1, 2])).dtype == tg.float32


@pytest.mark.parametrize(
    "name", ["abs", "neg", "sign", "floor", "ceil", "trunc", "round", "square", "relu"]
)
def test_integers_stay_integers_where_they_can(name):
    both(getattr(tg, name), getattr(torch, name), np.array([-2, 0, 3]))


def test_round_takes_decimals_and_halves_go_to_the_even_neighbour():
    for decimals in (0, 2, -1):
        both(
            partial(tg.round, decimals=decimals),
            partial(torch.round, decimals=decimals),
            [0.5, 1.5, 2.567, -1234.5, 15.0],
        )


# ---------------------------------------------------------------- special functions


def test_digamma_and_polygamma_meet_their_recurrence_and_pytorch():
    x = np.concatenate([np.linspace(0.02, 30, 1501), -np.linspace(0.03, 8.97, 777)])
    np.testing.assert_allclose(
        special.digamma(x), torch.digamma(torch.tensor(x)), rtol=1e-11, atol=1e-12
    )
    np.testing.assert_allclose(
        special.digamma(x + 1), special.digamma(x) + 1 / x, rtol=1e-9, atol=1e-11
    )
    assert special.digamma(np.array([1.0]))[0] == pytest.approx(-np.euler_gamma, rel=1e-15)
    for n in (1, 2, 3):
        right = x[x > 0]
        np.testing.assert_allclose(
            special.polygamma(right, n=n), torch.polygamma(n, torch.tensor(right)), rtol=1e-8
        )
    left = -np.linspace(0.03, 8.97, 200)
    series = 6 * sum((left + k) ** -4.0 for k in range(5000))  # psi_3 = sum of 3! / (x + k)^4
    np.testing.assert_allclose(special.polygamma(left, n=3), series, rtol=1e-9)
    assert special.polygamma(np.array([1.0]), n=1)[0] == pytest.approx(math.pi**2 / 6, rel=1e-15)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1,), (3, 2)])
def test_special_functions_keep_shapes(shape):
    for f in (special.erf, special.ndtr, special.lgamma, special.digamma):
        x = np.full(shape, 0.75)
        assert f(x).shape == shape
        np.testing.assert_array_equal(f(x), np.full(shape, f(np.array([0.75]))[0]))
    big = np.random.default_rng(0).standard_normal((300, 301)).T
    np.testing.assert_allclose(special.erf(big), torch.erf(torch.tensor(big)), rtol=1e-14)


# ---------------------------------------------------------------- functions of two


BINARY = words("""
add sub mul div true_divide pow atan2 hypot logaddexp maximum minimum
remainder fmod arctan2
""")


@pytest.mark.parametrize("name", BINARY)
def test_a_function_of_two_is_pytorchs_and_broadcasts(name):
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((3, 4)) * 3, rng.standard_normal((4,)) * 3
    if name == "pow":
        a = np.abs(a)
    both(getattr(tg, name), getattr(torch, name), a, b, rtol=1e-10)
    for dtype in (np.float32, np.float16):
        x, y = tg.tensor(np.abs(a).astype(dtype)), tg.tensor(np.abs(b).astype(dtype))
        assert getattr(tg, name)(x, y).dtype == dtype


@pytest.mark.parametrize(
    "name", ["add", "sub", "mul", "div", "maximum", "minimum", "pow", "atan2", "remainder", "fmod"]
)
def test_two_at_the_edges(name):
    a, b = np.meshgrid([0.0, 1.0, -2.0, 0.5, nan], [0.0, 1.0, 3.0, -1.0, nan])
    ties = name in ("remainder", "fmod")
    with np.errstate(all="ignore"):
        both(getattr(tg, name), getattr(torch, name), a, b, gradients=not ties)


def power(exponent, x):
    return x**exponent


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_powers_in_all_mixes():
    ints, floats = np.array([-2, 0, 3]), np.array([-2.0, 0.0, 3.0])
    for a, b in (
        (ints, 2),
        (ints, 0),
        (floats, 3),
        (floats, 3.0),
        (floats, 0),
        (floats, -1),
        (floats, 0.5),
        (ints, 2.0),
        (2, np.array([0, 1, 3])),
        (2.0, np.array([0, 1, 3])),
        (2, floats),
        (0.0, floats),
        (floats, np.array([2, 3, 0])),
        (ints, np.array([2, 0, 3])),
    ):
        a_, b_ = (torch.tensor(x) if isinstance(x, np.ndarray) else x for x in (a, b))
        expected = torch.pow(a_, b_)
        a, b = (tg.tensor(x) if isinstance(x, np.ndarray) else x for x in (a, b))
        y = tg.pow(a, b) if isinstance(a, tg.Tensor) else a**b
        assert str(y.dtype) == str(expected.dtype).removeprefix("torch.")
        np.testing.assert_allclose(y.array, expected.numpy())
    for exponent in (2, 3, 3.0, 0, 1, -1, 0.5, 2.5):
        both(partial(power, exponent), partial(power, exponent), [0.0, 2.0, 0.5])
    with pytest.raises(ValueError, match="negative integer powers"):
        tg.tensor([2]) ** -1


def by_3(function, x):
    return function(x, 3)


def test_division_of_whole_numbers():
    a, b = np.array([7, -7, 7, -7]), np.array([3, 3, -3, -3])
    for mode in (None, "trunc", "floor"):
        for x, y in ((a, b), (a * 1.0, b * 1.0), (a, b * 1.0)):
            both(
                partial(tg.div, rounding_mode=mode),
                partial(torch.div, rounding_mode=mode),
                x,
                y,
                gradients=False,
                rtol=1e-6,
            )
    for name in ("remainder", "fmod", "floor_divide"):
        both(getattr(tg, name), getattr(torch, name), a, b)
        both(partial(by_3, getattr(tg, name)), partial(by_3, getattr(torch, name)), a)
        with pytest.raises(RuntimeError, match="ZeroDivision"):
            getattr(tg, name)(tg.tensor([1, 2]), tg.tensor([0, 1]))
        with np.errstate(divide="ignore", invalid="ignore"):
            x, zeros = [1.0, -1.0, 0.0], [0.0, 0.0, 0.0]
            both(getattr(tg, name), getattr(torch, name), x, zeros, gradients=False)
    big = 2**62 + 1
    assert tg.div(tg.tensor([-big]), 3, rounding_mode="trunc").tolist() == [-(big // 3)]
    assert (tg.tensor([5, -5]) % 3).tolist() == [2, 1]
    assert (5 % tg.tensor([3, -3])).tolist() == [2, -1]
    with pytest.raises(RuntimeError, match="rounding_mode"):
        tg.div(tg.ones(1), 2, rounding_mode="up")


def test_three_at_once():
    rng = np.random.default_rng(3)
    a, b, c = (rng.standard_normal((2, 3)) for _ in range(3))
    both(tg.lerp, torch.lerp, a, b, np.abs(c))
    both(lambda a, b: tg.lerp(a, b, 0.3), lambda a, b: torch.lerp(a, b, 0.3), a, b)
    for name in ("addcmul", "addcdiv"):
        for value in (1, -0.5):
            both(
                partial(getattr(tg, name), value=value),
                partial(getattr(torch, name), value=value),
                a,
                b,
                c,
            )
    both(lambda a, b: tg.add(a, b, alpha=3), lambda a, b: torch.add(a, b, alpha=3), a, b)
    both(lambda a, b: tg.sub(a, b, alpha=3), lambda a, b: torch.sub(a, b, alpha=3), a, b)


# ---------------------------------------------------------------- choices


def test_clamp_with_tensors_and_numbers():
    x, low, high = [1.0, 0.0, 5.0, 1.5], [1.0, 1.0, 1.0, 3.0], [2.0, 2.0, 2.0, 2.0]
    both(tg.clamp, torch.clamp, x, low, high)
    both(lambda x, m: tg.clamp(x, min=m), lambda x, m: torch.clamp(x, min=m), x, low)
    both(lambda x, m: tg.clamp(x, max=m), lambda x, m: torch.clamp(x, max=m), x, high)
    for bounds in ({"min": 1}, {"max": 1.5}, {"min": 0.5, "max": 2}, {"min": 3, "max": 1}):
        both(partial(tg.clamp, **bounds), partial(torch.clamp, **bounds), x)
        both(partial(tg.clamp, **bounds), partial(torch.clamp, **bounds), np.array([0, 1, 4]))
    both(lambda x: tg.clamp_min(x, 1.0), lambda x: torch.clamp_min(x, 1.0), x)
    both(lambda x: tg.clamp_max(x, 1.0), lambda x: torch.clamp_max(x, 1.0), x)
    with pytest.raises(ValueError, match="nothing to clip to"):
        tg.clamp(tg.ones(2))


def test_where_in_both_forms():
    mask = np.array([[True, False], [False, True]])
    both(tg.where, torch.where, mask, [[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0])
    for a, b in ((1.0, 0.0), (1, 0), (2.5, 1)):
        y, expected = tg.where(tg.tensor(mask), a, b), torch.where(torch.tensor(mask), a, b)
        assert str(y.dtype) == str(expected.dtype).removeprefix("torch.")
        assert y.tolist() == expected.tolist()
    found = tg.where(tg.tensor(mask))
    assert [i.tolist() for i in found] == [[0, 1], [0, 1]]
    assert tg.where(tg.tensor(True))[0].tolist() == [0]


def test_masked_fill_is_pytorchs():
    mask = np.array([[True, False, True]] * 2)
    for value in (-inf, 2, 1.5):
        both(
            partial(tg.masked_fill, value=value),
            partial(torch.Tensor.masked_fill, value=value),
            np.float32([1, 2, 3]),
            mask,
            dtype=np.float32,
        )
    both(
        lambda x, m: tg.masked_fill(x, m, 1.5),
        lambda x, m: x.masked_fill(m, 1.5),
        np.array([1, 2, 3]),
        mask,
    )
    both(
        lambda x, m, v: tg.masked_fill(x, m, v),
        lambda x, m, v: x.masked_fill(m, v),
        [1.0, 2.0, 3.0],
        mask,
        7.0,
    )
    x = tg.ones(3)
    with pytest.raises(RuntimeError, match="mask is bool"):
        tg.masked_fill(x, tg.tensor([1, 0, 1]), 0.0)
    with pytest.raises(RuntimeError, match="one number"):
        tg.masked_fill(x, tg.tensor([True, False, True]), tg.ones(3))


def test_questions_and_logic():
    a, b = np.array([1.0, 2.0, nan, inf]), np.array([1.0, 3.0, nan, inf])
    for name in (
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "greater",
        "less_equal",
        "isclose",
        "logical_and",
        "logical_or",
        "logical_xor",
    ):
        both(getattr(tg, name), getattr(torch, name), a, b, gradients=False)
    i, j = np.array([5, 6, 7]), np.array([3, 1, 0])
    for name in (
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "bitwise_left_shift",
        "bitwise_right_shift",
    ):
        both(getattr(tg, name), getattr(torch, name), i, j)
    both(tg.bitwise_not, torch.bitwise_not, i)
    both(tg.bitwise_xor, torch.bitwise_xor, i > 5, j > 0)
    both(tg.nan_to_num, torch.nan_to_num, [nan, inf, -inf, 1.0])
    both(
        lambda x: tg.nan_to_num(x, 1.0, 2.0, 3.0),
        lambda x: torch.nan_to_num(x, 1.0, 2.0, 3.0),
        [nan, inf, -inf, 1.0],
    )


# ---------------------------------------------------------------- activations

KINKS = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, 6.0, -2.0, 20.0, 40.0, 20.5]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_an_activation_is_pytorchs_at_its_kinks_too(name, settings):
    x = np.concatenate([np.random.default_rng(4).standard_normal(50) * 3, KINKS])
    ours, theirs = getattr(F, name), getattr(TF, name)
    # PyTorch's hardsigmoid holds its 1/6 in float32
    rtol, atol = (1e-7, 1e-7) if name.startswith("hards") else (1e-9, 1e-12)
    both(lambda x: ours(x, **settings), lambda x: theirs(x, **settings), x, rtol=rtol, atol=atol)
    both(lambda x: ours(x, **settings), lambda x: theirs(x, **settings), np.array(2.0), rtol=rtol)
    both(lambda x: ours(x, **settings), lambda x: theirs(x, **settings), np.zeros((2, 0)))
    both(
        lambda x: ours(x, **settings),
        lambda x: theirs(x, **settings),
        x.astype(np.float32),
        dtype=np.float32,
        rtol=3e-5,
        atol=3e-6,
    )
    y = ours(tg.tensor(x.astype(np.float16)), **settings)
    assert y.dtype == tg.float16


IN_PLACE = ["relu", "relu6", "leaky_relu", "elu", "celu", "selu", "silu", "hardtanh", "hardswish",
            "hardsigmoid", "mish"]  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_writes_and_differentiates(name):
    x = np.random.default_rng(6).standard_normal((3, 4))
    ours, theirs = getattr(F, name), getattr(TF, name)
    t = tg.tensor(x)
    assert ours(t, inplace=True) is t
    np.testing.assert_allclose(t.array, ours(tg.tensor(x)).array)
    both(lambda x: ours(x * 2, inplace=True), lambda x: theirs(x * 2, inplace=True), x, rtol=1e-7)
    with pytest.raises(RuntimeError, match="leaf"):
        ours(tg.tensor(x, requires_grad=True), inplace=True)


def test_prelu_and_glu():
    x = np.random.default_rng(7).standard_normal((2, 4, 3))
    both(F.prelu, TF.prelu, x, [0.25])
    both(F.prelu, TF.prelu, x, [0.25, 0.1, -0.3, 1.0])
    both(F.prelu, TF.prelu, [0.0, -1.0, 1.0], [0.25])
    both(F.prelu, TF.prelu, x[:, :, 0], [0.25, 0.1, -0.3, 1.0])
    with pytest.raises(RuntimeError, match="2 slopes for an input"):
        F.prelu(tg.tensor(x), tg.ones(2))
    both(lambda x: F.glu(x, 1), lambda x: TF.glu(x, 1), x)
    both(F.glu, TF.glu, x.transpose(0, 2, 1))
    with pytest.raises(RuntimeError, match="cut in half"):
        F.glu(tg.ones(3))
    both(lambda x: F.softmin(x, 1), lambda x: TF.softmin(x, 1), x)
    with pytest.raises(RuntimeError, match="'none' or 'tanh'"):
        F.gelu(tg.ones(1), "fast")


LAYERS = words("""
ReLU() ReLU(inplace=True) ReLU6() LeakyReLU() LeakyReLU(0.2,True) ELU() ELU(0.5) CELU()
SELU() GELU() GELU("tanh") SiLU() Mish() Sigmoid() LogSigmoid() Softplus() Softplus(2.0,1.0)
Tanh() Tanhshrink() Softsign() Hardtanh() Hardtanh(-2.0,2.0) Hardsigmoid() Hardswish()
Threshold(0.1,20) GLU() GLU(0) PReLU() PReLU(4) Softmax(1) Softmin(1) LogSoftmax(1)
""")


@pytest.mark.parametrize("made", [*LAYERS, "Softshrink()", "Hardshrink(0.3)"])
def test_a_layer_computes_and_prints_as_pytorchs(made):
    ours = eval(made, vars(activation))
    theirs = eval(made, vars(torch.nn))
    x = np.random.default_rng(8).standard_normal((2, 4)).astype(np.float32)
    y, expected = ours(tg.tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_allclose(y.array, expected.detach().numpy(force=True), rtol=1e-5, atol=1e-6)
    assert "shrink" in made or repr(ours) == repr(theirs)
    assert isinstance(ours, nn.Module)
