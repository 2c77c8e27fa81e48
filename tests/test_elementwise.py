"""Elementwise functions, beside PyTorch: values, gradients, dtypes, kinks, poles, errors."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

import nn.functional as F
import tinygrad_edu as tg
from nn import activation
from tinygrad_edu import ops
from tinygrad_edu.ops import special
from tinygrad_edu.testing import gradcheck

inf, nan = math.inf, math.nan


def words(text):
    return text.split()


# ---------------------------------------------------------------- functions of one number


UNARY = words("""
sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log2 log10
log1p sqrt rsqrt square reciprocal sign sgn floor ceil round trunc frac abs neg sigmoid relu
erf lgamma digamma nan_to_num arcsin arccos arctan arcsinh arccosh
arctanh fix
""")


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("name", UNARY)
def test_half_stays_half(name):
    x = tg.tensor(np.float16([0.25, 0.5]), requires_grad=True)
    y = getattr(tg, name)(x)
    assert y.dtype == tg.float16
    y.sum().backward()
    assert x.grad.dtype == tg.float16


# ---------------------------------------------------------------- special functions


def ulps(y, exact):
    return np.max(np.abs(y - exact) / np.spacing(np.abs(exact)))


X = np.concatenate([np.linspace(-5.7, 26, 4001), 10.0 ** np.linspace(-300, 1.4, 500)])


def test_the_error_function_has_all_digits():
    ours, exact = special.erf, np.vectorize(math.erf)
    np.testing.assert_allclose(ours(X), exact(X), rtol=4e-15)
    x = X[np.abs(X) < 9].astype(np.float32)
    np.testing.assert_allclose(ours(x), exact(x.astype(float)), rtol=6e-7, atol=1e-44)
    np.testing.assert_allclose(ours(-X[:3]), exact(-X[:3]), rtol=4e-15)


def test_the_error_function_at_the_ends():
    x = np.array([0.0, -0.0, inf, -inf, nan, 40.0, -40.0, 5e-324])
    np.testing.assert_array_equal(special.erf(x), [0, -0.0, 1, -1, nan, 1, -1, 5e-324])
    np.testing.assert_allclose(special.ndtr(x), [0.5, 0.5, 1, 0, nan, 1, 0, 0.5], atol=1e-15)
    assert special.ndtr(np.array([-10.0]))[0] == pytest.approx(7.619853024160527e-24, rel=1e-13)


def test_lgamma_has_all_digits_near_its_zeros_too():
    x = np.concatenate([np.linspace(0.01, 40, 4001), 10.0 ** np.linspace(-300, 300, 601)])
    exact = np.vectorize(math.lgamma)(x)
    np.testing.assert_allclose(special.lgamma(x), exact, rtol=2e-14, atol=2e-15)
    for h in (1e-3, 1e-8, 1e-12):  # lgamma(1 + h) = -gamma h + pi^2 h^2 / 12 - ...
        for sign in (1, -1):
            z = (1 + sign * h) - 1
            series = -np.euler_gamma * z + math.pi**2 / 12 * z * z - 1.2020569031595942 / 3 * z**3
            assert special.lgamma(np.array([1 + z]))[0] == pytest.approx(
                series, rel=3e-10 if h > 1e-4 else 1e-14
            )
    x = -np.linspace(0.05, 29.98, 1001)
    exact = np.vectorize(math.lgamma)(x)
    np.testing.assert_allclose(special.lgamma(x), exact, rtol=1e-13, atol=1e-13)


def test_lgamma_and_digamma_at_poles_and_ends():
    x = np.array([0.0, -1.0, -2.0, inf, -inf, nan])
    np.testing.assert_array_equal(special.lgamma(x), [inf, inf, inf, inf, inf, nan])
    x = np.array([0.0, -0.0, -1.0, inf, -inf, nan])
    np.testing.assert_array_equal(special.digamma(x), [-inf, inf, nan, inf, nan, nan])


# ---------------------------------------------------------------- functions of two


def test_a_floor_has_gradient_zero():
    x = tg.tensor([7.0, -7.0], requires_grad=True)
    for y in (tg.div(x, 2, rounding_mode="floor"), x // 2):
        (grad,) = tg.autograd.grad(y.sum(), x)
        assert grad.tolist() == [0, 0]


def test_lerp_is_exact_at_both_ends():
    start, end = tg.tensor([0.1, 1e20]), tg.tensor([0.7, -1.0])
    assert tg.lerp(start, end, 0.0).tolist() == start.tolist()
    assert tg.lerp(start, end, 1.0).tolist() == end.tolist()
    assert tg.lerp(start, end, tg.tensor([1.0, 0.0])).tolist() == [end[0].item(), start[1].item()]


def test_tolerances_are_not_negative():
    for close in (tg.isclose, tg.allclose):
        with pytest.raises(RuntimeError, match=r"rtol=-1"):
            close(tg.ones(1), tg.ones(1), rtol=-1)


def test_a_condition_is_bool():
    with pytest.raises(RuntimeError, match=r"where: the mask is bool, not float32"):
        tg.where(tg.ones(1), 1.0, 2.0)


# ---------------------------------------------------------------- activations


SETTINGS = {
    "relu": [{}], "relu6": [{}], "hardtanh": [{}, {"min_val": -2.0, "max_val": 0.5}],
    "hardsigmoid": [{}], "hardswish": [{}],
    "leaky_relu": [{}, {"negative_slope": 0.3}, {"negative_slope": 2.0}],
    "elu": [{}, {"alpha": 0.4}], "celu": [{}, {"alpha": 2.0}], "selu": [{}], "silu": [{}],
    "gelu": [{}, {"approximate": "tanh"}], "logsigmoid": [{}],
    "softplus": [{}, {"beta": 2.0}, {"beta": 0.5, "threshold": 1.0}],
    "mish": [{}], "softsign": [{}],
    "tanhshrink": [{}], "softshrink": [{}, {"lambd": 1.0}], "hardshrink": [{}, {"lambd": 1.0}],
    "threshold": [{"threshold": 0.5, "value": 3.0}], "sigmoid": [{}], "tanh": [{}],
}  # fmt: skip
CASES = [(name, settings) for name, several in SETTINGS.items() for settings in several]


@pytest.mark.parametrize(("name", "settings"), CASES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_an_activation_is_finite_and_silent_far_out(name, settings, dtype):
    x = tg.tensor(np.array([-1e4, -100.0, -30.0, 30.0, 100.0, 1e4], dtype), requires_grad=True)
    y = getattr(F, name)(x, **settings)
    assert y.isfinite().all()
    y.sum().backward()
    assert x.grad.isfinite().all()
    y = getattr(F, name)(tg.tensor(np.array([nan], dtype)), **settings)
    assert y.isnan().all()


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_an_activation_to_second_order(name, settings):
    x = np.random.default_rng(5).uniform(0.05, 0.45, (2, 5)) * [[1], [-1]]
    assert gradcheck(lambda x: getattr(F, name)(x, **settings), x + 1.6, order=2, atol=1e-6)
    assert gradcheck(lambda x: getattr(F, name)(x, **settings), x, order=2, atol=1e-6)


@given(arrays.arrays(np.float64, 5, elements=st.floats(-700, 700)))
def test_softplus_and_its_kin_keep_their_identities(x):
    t = tg.tensor(x)
    np.testing.assert_allclose((F.softplus(t) - F.softplus(-t)).array, x, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose((F.silu(t) - F.silu(-t)).array, x, rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose((F.gelu(t) - F.gelu(-t)).array, x, rtol=1e-14, atol=1e-300)
    exact = [-math.log1p(math.exp(-v)) if v > -30 else v for v in x]
    np.testing.assert_allclose(F.logsigmoid(t).array, exact, rtol=1e-12)


def test_a_layer_refuses_settings_that_it_has_not():
    with pytest.raises(TypeError, match="slope"):
        activation.ReLU(slope=2)
    layer = activation.LeakyReLU(0.5)
    layer.negative_slope = 0.25
    assert layer(tg.tensor([-4.0])).tolist() == [-1.0]
    prelu = activation.PReLU()
    assert [name for name, _ in prelu.named_parameters()] == ["weight"]


# ---------------------------------------------------------------- NumPy's names, NumPy's settings


UFUNCS = words("""
sin cos tan arcsin arccos arctan sinh cosh arcsinh tanh arctanh exp exp2 expm1 log1p sqrt
square reciprocal sign floor ceil trunc rint absolute negative isnan
isinf isfinite  nan_to_num
""")


@pytest.mark.parametrize("name", sorted({*UFUNCS} - {"rint"}))
def test_numpys_name_calls_the_op(name):
    x = np.array([0.25, 0.5])
    y = getattr(np, name)(tg.tensor(x))
    assert isinstance(y, tg.Tensor)
    np.testing.assert_array_equal(y.array, getattr(np, name)(x))


POLES = {
    "log": 0.0, "sqrt": -1.0, "reciprocal": 0.0, "exp": 1e4, "tan": inf, "sinh": 1e4, "atanh": 1.0
}  # fmt: skip


@pytest.mark.parametrize("name", POLES)
def test_numpy_warns_where_the_result_is_not_finite_as_the_user_has_set_it(name):
    x = tg.tensor([POLES[name]])
    with pytest.warns(RuntimeWarning, match="encountered"):
        assert not getattr(tg, name)(x).isfinite().any()
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        getattr(tg, name)(x)
    with np.errstate(all="ignore"):
        before = np.geterr()
        assert tg.sigmoid(tg.tensor([-1e4])).tolist() == [0.0]
        assert np.geterr() == before


def _float32s():
    """float32 numbers of all sizes: the subnormal ones, those around 4, both infinities."""
    near = np.linspace(-4.5, 4.5, 20_001)
    wide = np.geomspace(1e-45, 3e38, 4_001)
    edges = [0.0, 4.0, np.nextafter(np.float32(4), np.float32(0)), 3.8325, np.inf]
    sizes = np.concatenate([near, wide, edges]).astype(np.float32)
    return np.concatenate([sizes, -sizes])


def _units_wrong(y, exact):
    """By how many units in the last place of float32 y is wrong."""
    unit = np.spacing(np.absolute(exact).astype(np.float32)).astype(float)
    return np.max(np.absolute(y.astype(float) - exact) / unit)


def test_erf_of_float32_is_right_to_four_units_in_the_last_place():
    x = _float32s()
    y = tg.erf(tg.tensor(x)).array
    assert _units_wrong(y, np.array([math.erf(a) for a in x])) <= 4
    assert np.absolute(y).max() == 1
    assert np.isnan(tg.erf(tg.tensor(math.nan)).item())
    assert (np.signbit(y) == np.signbit(x)).all()


def test_tails_of_float32_keep_their_digits():
    """gelu(-5) = -1.4e-6, of which 1 + erf would leave one digit."""
    x = np.linspace(-10, 9, 4_001).astype(np.float32)
    tail = np.array([math.erfc(a) for a in x])
    assert _units_wrong(tg.erfc(tg.tensor(x)).array, tail) <= 8
    chance = np.array([math.erfc(a * -math.sqrt(0.5)) / 2 for a in x.astype(float)])
    y = F.gelu(tg.tensor(x)).array
    np.testing.assert_allclose(y, x * chance, rtol=5e-6)
    far = tg.special.ndtr(tg.tensor([-math.inf, -30.0, 0.0, 30.0, math.inf]))
    assert far.tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_remainder_by_one_is_numpys_bit_for_bit(dtype):
    x = np.array([0.0, -0.0, 1, -1, 2.5, -2.5, 1e-7, -1e-7, 6e4, -6e4, 2**-24, nan], dtype)
    for one in (1, 1.0):
        y, exact = tg.remainder(tg.tensor(x), one).array, np.remainder(x, x.dtype.type(1))
        assert y.tobytes() == exact.tobytes()


def test_what_overflows_on_the_way_to_a_right_result_does_not_warn():
    far = np.array([-1e4, 1e4])
    with np.errstate(all="raise", under="ignore"):
        assert ops.sigmoid(far).tolist() == [0.0, 1.0]
        assert ops.logaddexp(far, -far).tolist() == [1e4, 1e4]
        assert ops.expm1(far[:1]).tolist() == [-1.0]
        assert ops.logsigmoid(far).tolist() == [-1e4, 0.0]
        assert F.softplus(tg.tensor(far)).tolist() == [0.0, 1e4]
        assert ops.erf(far).tolist() == [-1.0, 1.0]
        assert np.isfinite(ops.lgamma(far + 0.5)).all()


def test_threads_are_silent_at_the_same_time():
    from concurrent.futures import ThreadPoolExecutor

    x = tg.full((200_000,), -1e4)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: tg.sigmoid(x).array.max(), range(40)))
    assert results == [0.0] * 40


@pytest.mark.parametrize("dtype", [tg.float32, tg.float16, tg.int64])
def test_a_number_times_alpha_is_added(dtype):
    x = tg.ones(2, dtype=dtype)
    for y in (tg.add(x, 3, alpha=2), x.add(3, alpha=2), tg.add(7, x, alpha=0), x.add(6, alpha=1)):
        assert y.dtype == dtype
        assert y.tolist() == [7, 7]
    assert tg.sub(x, 3, alpha=-2).tolist() == [7, 7]
    assert x.add_(3, alpha=2).sub_(True, alpha=2).tolist() == [5, 5]
    w = tg.ones(2, requires_grad=True)
    (w.add(3, alpha=2) * w).sum().backward()
    assert w.grad.tolist() == [8, 8]


def test_sinc_of_whole_numbers_is_that_of_floats():
    for dtype in (tg.int64, tg.uint8, tg.bool):
        x = tg.tensor([0, 1]).to(dtype)
        assert tg.sinc(x).dtype == tg.float32
        assert tg.sinc(x).abs().tolist() == [1.0, 0.0]
