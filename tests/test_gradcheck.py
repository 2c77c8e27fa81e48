"""gradcheck: right functions pass at every size, wrong ones fail, and are told what is wrong."""

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from tinygrad_edu.engine.graph import OPS, op
from tinygrad_edu.testing import GradcheckError, gradcheck
from tinygrad_edu.testing.conditions import _close
from tinygrad_edu.testing.numeric import FIRST_STEP, directions, norm

SIZES = [1e-12, 1e-9, 1e-6, 1e-3, 1.0, 1e3, 1e6, 1e9, 1e12]
POINT = np.array([1.0, 2.0, -3.0, 0.5])


def planted(forward, *rules, **settings):
    """An op that no table lists."""

    def planted(*inputs):
        return forward(*inputs)

    if len(rules) == 2:

        def planted(a, b):
            return forward(a, b)

    else:

        def planted(x):
            return forward(x)

    wrong = op(*rules, **settings)(planted)
    del OPS["planted"]
    return wrong


def failure(f, inputs, **settings):
    with pytest.raises(GradcheckError) as caught:
        gradcheck(f, inputs, **settings)
    return caught.value


# ---------------------------------------------------------------- right and wrong, at every size

RIGHT = {
    "square": lambda x: x * x,
    "sum of squares": lambda x: (x * x).sum(),
    "cube": lambda x: x**3,
    "abs": lambda x: x.abs(),
    "inverse": lambda x: 1 / x,
    "root": lambda x: x.abs().sqrt(),
    "log": lambda x: x.abs().log(),
    "relu": lambda x: x.relu(),
    "linear": lambda x: 1e-9 * x,
    "ratio": lambda x: x / x.abs().sum(),
    "softmax": lambda x: (x / x.abs().max()).softmax(0),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_function_passes_at_every_size(name):
    for size in SIZES:
        assert gradcheck(RIGHT[name], POINT * size, order=2), size


def test_one_call_holds_sizes_far_apart():
    assert gradcheck(lambda x: x**2, np.array([1e-12, 1.0, 1e12, 0.0]))
    assert gradcheck(lambda x, y: x * y, [np.array([1e-9, 1.0]), np.array([1e9, 3.0])], order=2)


@pytest.mark.parametrize("size", SIZES)
def test_one_entry_that_is_wrong_by_1e_4_fails_at_every_size(size):
    def rule(g, _y, x):
        return g * 2 * x * np.array([1.0, 1.0, 1 + 1e-4, 1.0])

    wrong = planted(lambda x: x * x, rule)
    for f in (wrong, lambda x: wrong(x).sum()):
        error = failure(f, POINT * size)
        assert (error.input, error.index) == ("input 0", (2,))
        assert error.numeric == pytest.approx(-6 * size, rel=1e-9)
        assert error.analytic == pytest.approx(-6 * size * (1 + 1e-4), rel=1e-9)


def test_a_small_slope_with_the_wrong_sign_fails():
    wrong = planted(lambda x: 1e-9 * x, lambda g, _y, _x: -1e-9 * g)
    error = failure(wrong, np.array([0.7, 1.1]))
    assert (error.analytic, error.numeric) == (-1e-9, pytest.approx(1e-9))
    assert "a sign?" in error.diagnosis


def test_the_numbers_shown_are_true_entries_of_the_jacobian():
    wrong = planted(lambda x: x**3, lambda g, _y, x: g * 2 * x * x)
    error = failure(wrong, tg.tensor([1.2655], dtype=tg.float64))
    assert error.numeric == pytest.approx(3 * 1.2655**2)
    assert "numeric 4.80447" in str(error)
    assert "<- wrong" in str(error)
    assert "gradcheck(planted, (x0,))" in str(error)


def test_the_issues_example_at_a_million():
    assert gradcheck(lambda x: (x * x).sum(), tg.tensor([1e6, 2e6]))


def test_one_zeroed_entry_of_many_is_found_by_its_place():
    def rule(g, _y, x):
        part = g * x.cos() if isinstance(g, tg.Tensor) else g * np.cos(x)
        part[1234] *= 0
        return part

    wrong = planted(np.sin, rule)
    x = np.random.default_rng(0).standard_normal(3000)
    for f in (wrong, lambda x: wrong(x).sum()):
        error = failure(f, x)
        assert error.index == (1234,)
        assert error.analytic == 0
        assert error.numeric == pytest.approx(np.cos(x[1234]))


@pytest.mark.parametrize("name", ["relu", "abs"])
def test_at_a_kink_a_subgradient_between_both_sides_is_right(name, capsys):
    x = np.array([0.0, 1.0, -1.0, 0.0])
    assert gradcheck(getattr(nn.functional, name, tg.abs), x, verbose=True)
    assert ("a kink at input 0[0]" in capsys.readouterr().out) == (name == "relu")
    assert gradcheck(lambda x: x.amax(), np.array([2.0, 2.0, 1.0]))


def test_where_f_exists_on_one_side_only_its_slope_there_counts():
    at_0 = np.array([0.0, 1.0])
    assert gradcheck(lambda x: x**1.5 + 3 * x, at_0)
    assert gradcheck(lambda x: x**2.5, at_0)
    assert not gradcheck(lambda x: x**1.5 + 3 * x + x.detach(), at_0, raise_exception=False)
    assert not gradcheck(lambda x: x.sqrt(), at_0, raise_exception=False)
    logits = np.array([0.0, 1.0, -30.0, 50.0])  # a step of the target out of [0, 1] is refused
    loss = nn.functional.binary_cross_entropy_with_logits
    assert gradcheck(loss, [logits, np.array([0.0, 1.0, 0.0, 1.0])])


def test_an_infinite_gradient_is_wrong_in_a_large_input_too():
    wrong = planted(np.sin, lambda g, _y, x: g * np.inf)
    assert "not finite" in failure(lambda x: wrong(x).sum(), np.linspace(1, 2, 3000)).diagnosis


def test_float32_inside_is_allowed_by_larger_limits():
    assert gradcheck(lambda x: x.float() * 2, POINT / 3, rtol=1e-2)


# ---------------------------------------------------------------- what is wrong, in words

A = np.array([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0], [2.5, 0.3, 1.7]])
B = np.array([[0.2, 1.3, -2.0], [0.9, 0.4, 0.7], [-1.1, 0.6, 2.2]])
W = np.array([[1.0, 2.0, 0.1, 0.0], [0.5, -1.0, 3.0, 1.0], [2.5, 0.3, 1.7, -1], [0, 1, 2.0, 3]])


def first_row(g, _y, _a, _b):
    return g * np.array([[1.0], [0.0], [0.0]])


NOISE = np.random.default_rng(0)


def stale(g, _y, x):
    x *= 1.5  # writes into what was saved
    return g * x


WRONG = {
    "a sign?": (planted(np.cos, lambda g, _y, x: g * np.sin(x)), [POINT]),
    "2: counted twice": (planted(np.exp, lambda g, y, _x: 2 * g * y), [POINT]),
    "1/4: a mean over 4": (planted(lambda x: x * 3, lambda g, _y, _x: g * 0.75), [POINT]),
    "4: a sum over 4": (planted(lambda x: x / 4, lambda g, _y, _x: g), [POINT]),
    "transposed: the gradient": (
        planted(lambda x: x * A, lambda g, _y, _x: (g * A).swapaxes(0, 1)), [B],
    ),
    "transposed: the Jacobian": (planted(lambda x: W @ x, lambda g, _y, _x: W @ g), [POINT]),
    "swapped": (
        planted(lambda a, b: a * b, lambda g, _y, a, _b: g * a, lambda g, _y, _a, b: g * b), [A, B],
    ),
    "a sum is missing": (
        lambda a, b: planted(np.add, lambda g, _y, _a, _b: g, first_row)(a, b[None] + 0 * A),
        [A, POINT[:3]],
    ),
    "detached": (lambda x, y: x * y.detach(), [POINT, POINT + 1]),
    "zero where it should not be": (
        lambda x: tg.cat([x[:2].sin(), x[2:].detach().sin() + x[2:] * 0]), [POINT],
    ),
    "1/2: one of two equal paths": (lambda x: x * x.detach(), [POINT]),
    "a term is missing": (
        lambda a, b: (a.detach() * b + 1.5 * a + b.detach() * 0), [np.ones(4), POINT * 0 + 1],
    ),
    "a factor of the input": (planted(lambda x: x**3, lambda g, _y, x: 3 * g * x), [POINT]),
    "a kink": (planted(np.abs, lambda g, _y, _x: g * 2), [np.array([0.0, 0.0])]),
    "f jumps": (planted(np.sign, lambda g, _y, _x: g), [np.array([0.0])]),
    "float32 inside": (lambda x: x.float().double() * 2, [POINT]),
    "float16 inside": (lambda x: x * x + x.half().exp(), [POINT]),
    "cancellation": (lambda x: ((x.abs() + 1e13) - 1e13) * 2, [POINT / 3]),
    "randomness": (lambda x: x * float(NOISE.random()), [POINT]),
    "stale": (planted(lambda x: x * x / 2, stale), [POINT]),
    "reversed": (
        planted(lambda x: x * POINT, lambda g, _y, _x: (g * POINT)[..., ::-1] + 0), [POINT],
    ),
    "not finite": (lambda x: (x * 0).sqrt() + x, [POINT]),
    "is not finite": (planted(np.sin, lambda g, _y, x: g * np.inf), [POINT]),
    "on both sides": (lambda x: 1 + (-x * x).sqrt() + x.sin(), [np.zeros(1)]),
}  # fmt: skip


@pytest.mark.parametrize("words", WRONG)
def test_a_planted_mistake_gets_its_diagnosis(words):
    f, inputs = WRONG[words]
    error = failure(f, inputs, layouts=False)
    assert words in error.diagnosis, str(error)


# ---------------------------------------------------------------- what cannot be checked

TWO = np.array([1.0, 2.0])


def overwrites(x):
    y = x * 1.0
    x.detach().numpy()[0] = 7.0
    return y


BAD = {
    "None": (lambda x: None, TWO, TypeError, "its return missing"),
    "float": (lambda x: x.sum().item(), TWO, TypeError, "Python float.*without .item"),
    "dict": (lambda x: {"y": x}, TWO, TypeError, r"a dict; .*tuple\(results.values"),
    "array": (lambda x: x.detach().numpy(), TWO, TypeError, "NumPy array.*without .numpy"),
    "integers": (lambda x: x.argmax(), TWO, TypeError, r"without derivatives \(int64\)"),
    "no record": (lambda x: x.detach() * 2, TWO, RuntimeError, "without a record"),
    "list": (lambda x: x, [1.0, 2.0], TypeError, r"tg.tensor\(\[1.0, 2.0\]\)"),
    "lists": (lambda x: x, [[1.0, 2.0]], TypeError, r"input 0 is a list"),
    "dict given": (lambda x: x, {"x": TWO}, TypeError, "inputs is a dict"),
    "nothing": (lambda: 1, [], ValueError, "given: nothing"),
    "shared": (lambda a, b: a * b, [TWO, TWO[:1]], ValueError, "0 and 1 share memory.*clone"),
    "nan": (lambda x: x, np.array([1.0, np.nan]), ValueError, r"nan at \[1\]"),
    "f is inf": (lambda x: 1 / x, np.array([0.0]), ValueError, "f is inf"),
    "not a function": (3, TWO, TypeError, "f is a int"),
    "changes": (overwrites, TWO, GradcheckError, "f changes input 0"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_a_clear_error(kind):
    f, inputs, error, words = BAD[kind]
    with pytest.raises(error, match=words):
        gradcheck(f, inputs)


def test_an_error_of_f_comes_through_with_a_note():
    def f(x):
        raise KeyError("weights")

    with pytest.raises(KeyError) as caught:
        gradcheck(f, TWO)
    assert "f raised this at the given inputs" in caught.value.__notes__[0]


# ---------------------------------------------------------------- modules, PyTorch's names, cost


def test_a_modules_parameters_are_checked_by_name():
    class Wrong(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(tg.ones(3))

        def forward(self, x):
            return x * self.weight * self.weight.detach()

    assert gradcheck(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), tg.randn(2, 3))
    assert gradcheck(nn.LSTM(3, 2), tg.randn(2, 1, 3))  # returns (y, (h, c))
    error = failure(Wrong(), tg.rand(3) + 1)
    assert error.input == "parameter weight"
    assert "1/2" in error.diagnosis


def test_pytorchs_names():
    x = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
    other = tg.tensor([3.0, 4.0])
    assert tg.autograd.gradcheck(lambda x, y: x * y, (x, other))
    assert tg.autograd.gradgradcheck(lambda x, y: x**3 * y, (x, other))
    assert tg.autograd.gradgradcheck(lambda x: x**3, (x,), tg.ones(2))
    assert not tg.autograd.gradcheck(lambda x: x * x.detach(), x, raise_exception=False)
    with pytest.raises(ValueError, match="none of them has requires_grad=True"):
        tg.autograd.gradcheck(lambda x: x, (other,))


def test_forward_mode_and_batches_on_request():
    assert gradcheck(lambda x: x.sin() * x.sum(), TWO, check_forward_ad=True)
    assert gradcheck(lambda x: x.softmax(-1), tg.rand(3, 4), batch=True)
    assert failure(lambda x: x - x.mean(0), tg.rand(3, 4), batch=True).diagnosis == "batches"


def test_a_first_look_takes_two_calls_for_each_entry():
    calls = []

    def f(x):
        calls.append(1)
        return (x * x).sum()

    gradcheck(f, np.arange(1.0, 11.0))
    assert len(calls) <= 2 * 10 + 6


# ---------------------------------------------------------------- small entries, one of many


def one_wrong(n, k, change):
    """The sine, whose derivative is `change` times the right one at entry k."""

    def rule(g, _y, x):
        factor = np.ones(n)
        factor[k] = change
        return g * np.cos(x) * factor

    return planted(np.sin, rule)


@pytest.mark.parametrize("change", [0.0, -1.0, 1.01])
@pytest.mark.parametrize(("n", "trials"), [(1000, 4), (20_000, 1)])
def test_one_wrong_entry_of_many_is_found_with_every_seed(n, trials, change):
    for seed in range(trials):
        random = np.random.default_rng(seed)
        x, k = random.standard_normal(n), int(random.integers(n))
        wrong = one_wrong(n, k, change)
        with pytest.raises(GradcheckError) as caught:
            gradcheck(lambda x: wrong(x).sum(), x, seed=seed)  # noqa: B023
        assert caught.value.index == (k,)


@pytest.mark.slow
@pytest.mark.parametrize("change", [0.0, -1.0, 1.01])
@pytest.mark.parametrize("n", [1000, 20_000])
def test_one_wrong_entry_of_many_is_found_in_60_of_60_trials(n, change):
    for seed in range(100, 160):
        random = np.random.default_rng(seed)
        x, k = random.standard_normal(n), int(random.integers(n))
        assert failure(one_wrong(n, k, change), x, seed=seed).index == (k,)


LOGITS = np.array([[-100.0, 100.0, 3.0, -50.0], [100.0, -100.0, 0.0, 1.0]])
ENDS = np.array([-40.0, 40.0, 0.0, -5.0, 15.0])
SATURATED = {
    "softmax": (lambda x: x.softmax(-1), LOGITS),
    "softmax 700": (lambda x: x.softmax(-1), np.array([-700.0, 0.0, 700.0])),
    "log_softmax": (lambda x: x.log_softmax(-1), LOGITS),
    "cross_entropy": (lambda x: nn.functional.cross_entropy(x, tg.tensor([0, 2])), LOGITS),
    "right classes": (lambda x: nn.functional.cross_entropy(x, tg.tensor([1, 0])), LOGITS),
    "logsumexp": (lambda x: x.logsumexp(-1), LOGITS),
    "sigmoid": (lambda x: x.sigmoid(), ENDS),
    "tanh": (lambda x: x.tanh(), ENDS),
    "norm": (lambda x: x.norm(), LOGITS * 1e-8),
    "large cubes": (lambda x: x**3, LOGITS * 1e4),
    "small cubes": (lambda x: x**3, LOGITS * 1e-8),
    "sine of 1e10": (lambda x: x.sin(), np.array([1e10, 2.5e10, -1.1e9])),
    "many sines of 1e10": (lambda x: x.sin(), np.linspace(1e10, 2e10, 500)),
    "exp of 1e-12": (lambda x: x.exp(), np.array([1e-12, -3e-12])),
    "a small kink on 1": (lambda x: 1 + x.relu(), np.array([1e-12, -3e-12])),
    "prod": (lambda x: x.prod(), np.array([1e-12, 3e12, 1.0])),
}


@pytest.mark.parametrize("name", SATURATED)
def test_right_functions_are_not_accused_where_they_are_flat_or_steep(name):
    f, x = SATURATED[name]
    assert gradcheck(f, x, order=2)


SURE = [  # results of few values: two slopes in a row may be equal by chance
    (tg.log_softmax, 1, np.array([[23.5789, 0.938797, 1.5], [-3.0, 20.0, 7.0]])),
    (tg.log_softmax, 1, np.array([[18.7801, -5.1, -7.3], [0.4, 8.0, 2.0]])),
    (tg.softmax, 2, np.array([[23.5789, 0.938797, 1.5], [-5.4, 31.0, 7.0]])),
]


@pytest.mark.parametrize("seed", range(4))
def test_logits_of_any_size_are_not_accused(seed):
    random = np.random.default_rng(seed)
    for size in 10 ** random.uniform(0.8, 1.8, 6):
        x = random.standard_normal((2, 3)) * size
        for f in (tg.softmax, tg.log_softmax):
            assert gradcheck(lambda x: f(x, -1), x, order=2)  # noqa: B023
        for f in (tg.tanh, tg.sigmoid):
            assert gradcheck(f, x, order=2)


@pytest.mark.parametrize("case", range(len(SURE)))
def test_sure_classes_are_not_accused(case):
    f, order, x = SURE[case]
    assert gradcheck(lambda x: f(x, -1), x, order=order)


@pytest.mark.parametrize("size", SIZES)
def test_waves_and_constants_hide_no_wrong_factor(size):
    wrong = planted(np.sin, lambda g, _y, x: g * np.cos(x) * (1 + 1e-4))
    assert failure(wrong, POINT * size).numeric
    shifted = planted(lambda x: 1 + x, lambda g, _y, _x: g * (1 + 1e-4))
    assert failure(shifted, POINT[:1] * size).analytic == 1 + 1e-4


def test_beyond_the_precision_of_x_the_message_says_so():
    assert "cancellation" in failure(lambda x: x.abs().sin(), np.array([1e17])).diagnosis


# ---------------------------------------------------------------- second order, forward mode


def test_a_wrong_second_derivative_is_shown_as_an_entry():
    def rule(g, y, x):
        if not isinstance(g, tg.Tensor):
            return g * 3 * x * x
        return g * 3 * x * x.detach()  # its derivative is half of the right one

    cube = planted(lambda x: x**3, rule)
    assert gradcheck(cube, POINT)
    error = failure(cube, POINT, order=2)
    assert (error.input, error.index) == ("input 0", (2,))
    assert error.analytic == pytest.approx(error.numeric / 2)
    assert "d dL/d(input 0)[2] / d input 0[2]" in str(error)
    assert "0.5 times" in error.diagnosis
    x = np.random.default_rng(0).standard_normal(500)
    assert failure(cube, x, order=2).analytic == pytest.approx(
        failure(cube, x, order=2).numeric / 2
    )


def test_second_order_finds_one_wrong_entry_of_a_large_hessian():
    def rule(g, _y, x):
        if not isinstance(g, tg.Tensor):
            return g * np.cos(x)
        wrong = np.ones(300)
        wrong[123] = 0
        return g * (x * wrong + x.detach() * (1 - wrong)).cos()

    error = failure(planted(np.sin, rule), np.linspace(1, 2, 300), order=2)
    assert (error.index, error.analytic) == ((123,), 0)


def test_forward_mode_is_compared_at_order_1():
    def rule(g, _y, x):
        return (g * 1.5 if isinstance(g, tg.Tensor) else g) * np.cos(x)

    wrong = planted(np.sin, rule)
    error = failure(wrong, POINT)
    assert "forward mode" in str(error)
    assert "1.5 times" in error.diagnosis
    assert "forward mode" in str(failure(lambda x: wrong(x).exp(), np.linspace(0, 1, 500)))
    assert gradcheck(wrong, POINT, check_forward_ad=False)
    assert not gradcheck(
        wrong, POINT, check_forward_ad=True, check_backward_ad=False, raise_exception=False
    )


def test_a_function_without_forward_mode_is_not_accused_of_it():
    class Sine(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return tg.tensor(g.detach().numpy() * np.cos(x.detach().numpy()))

    assert gradcheck(Sine.apply, POINT)
    assert gradcheck(lambda x: Sine.apply(x) + x * x, POINT)
    assert not gradcheck(
        lambda x: Sine.apply(x) + x * x, POINT, check_forward_ad=True, raise_exception=False
    )


# ---------------------------------------------------------------- what repeats it, what shows it

HALF = planted(lambda x: x * x, lambda g, _y, x: g * x)


def at_500(x):
    return one_wrong(3000, 500, 0.0)(x).sum()


class Halved(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(tg.ones(3))

    def forward(self, x):
        return x * self.weight * self.weight.detach()


def second(x):
    """The sine, whose second derivative is wrong."""

    def rule(g, _y, x):
        return g * (x.detach() if isinstance(x, tg.Tensor) else tg.tensor(x)).cos()

    def on_arrays_too(g, y, x):
        return rule(g, y, x) if isinstance(x, tg.Tensor) else g * np.cos(x)

    return planted(np.sin, on_arrays_too)(x)


def scaled(x, places, factor):
    return HALF(x)[places] * factor


def near_a_pole(x):
    """Wrong at one number only."""
    rule = lambda g, _y, x: g * (1 + (np.abs(x - 0.123456789) < 1e-12))  # noqa: E731
    return planted(lambda x: x * 1.0, rule)(x)


LONG = np.random.default_rng(0).standard_normal(3000)
POLE = np.array([*np.linspace(0, 1, 99), 0.123456789])
REPEATED = {
    "small": ("planted", HALF, (POINT,), {}),
    "large": ("at_500", at_500, (LONG,), {"seed": 3}),
    "float32": ("planted", HALF, (tg.tensor([0.1, 0.7]),), {"rtol": 1e-6, "eps": 1e-5}),
    "module": ("module", Halved(), (tg.rand(3) + 1,), {}),
    "order 2": ("second", second, (POINT,), {"order": 2}),
    "large order 2": ("second", second, (LONG,), {"order": 2}),
    "other inputs": ("scaled", scaled, (POINT, tg.tensor([2, 1]), 1.5), {}),
    "values matter": ("near_a_pole", near_a_pole, (POLE,), {}),
    "a matrix": ("planted", HALF, (LONG.reshape(50, 60),), {}),
}


@pytest.mark.parametrize("kind", REPEATED)
def test_the_script_repeats_the_failure(kind):
    name, f, inputs, options = REPEATED[kind]
    error = failure(f, inputs, **options)
    assert error.script.replace("\n", "\n    ") in str(error)
    assert max(map(len, error.script.splitlines())) < 2000
    with pytest.raises(GradcheckError) as again:
        exec(error.script, {name: f})
    assert again.value.input == error.input
    assert again.value.index == error.index or kind in ("a matrix", "large order 2")
    assert again.value.diagnosis == error.diagnosis
    for option, value in options.items():
        assert f"{option}={value}" in error.script


def test_where_no_other_numbers_fail_the_script_holds_the_exact_ones():
    x = LONG[:100]

    def only_here(x):
        here = float(x.detach().sum()) == pytest.approx(LONG[:100].sum(), abs=0.5)
        return one_wrong(100, 5, 0.0 if here else 1.0)(x)

    error = failure(only_here, x)
    assert "b64decode" in error.script
    with pytest.raises(GradcheckError) as again:
        exec(error.script, {"only_here": only_here})
    assert (again.value.index, again.value.analytic) == (error.index, error.analytic)


def test_the_script_of_pytorchs_names_repeats_it_too():
    x = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
    for check in (tg.autograd.gradcheck, tg.autograd.gradgradcheck):
        f = HALF if check is tg.autograd.gradcheck else second
        with pytest.raises(GradcheckError) as caught:
            check(f, (x,), atol=1e-7)
        with pytest.raises(GradcheckError) as again:
            exec(caught.value.script, {"planted": HALF, "second": second})
        assert again.value.diagnosis == caught.value.diagnosis
        assert "atol=1e-07" in caught.value.script


def test_a_plot_on_request():
    axes = failure(HALF, POINT).plot()
    assert axes.get_title() == "d y[2] / d input 0[2]"
    assert len(axes.lines) == 2
    assert failure(HALF, POINT).plot(axes) is axes
    with pytest.raises(ValueError, match=r"no differences were taken.*random"):
        failure(lambda x: x * float(NOISE.random()), POINT).plot()


def test_a_plot_without_matplotlib_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        failure(HALF, POINT).plot()


# ---------------------------------------------------------------- PyTorch's other keywords


class Pair(tg.autograd.Function):
    """Returns 2 x and 3 x; its backward counts a missing gradient as 1."""

    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return 2 * x, 3 * x

    @staticmethod
    def backward(ctx, g, h):
        g, h = (1.0 if part is None else part for part in (g, h))
        return 2 * g + 3 * h


def test_missing_gradients_count_as_zeros():
    assert "missing" in failure(Pair.apply, POINT).diagnosis
    assert gradcheck(Pair.apply, POINT, check_undefined_grad=False)
    x = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
    assert not tg.autograd.gradcheck(Pair.apply, x, raise_exception=False)


def test_batched_gradients_are_those_one_by_one():
    calls = []

    def rule(g, _y, _x):
        calls.append(1)
        return g * (2 if len(calls) < 14 else 3)

    f = planted(lambda x: 2 * x, lambda g, _y, _x: 2 * g)
    assert gradcheck(f, POINT, check_batched_grad=True)
    x = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
    assert tg.autograd.gradcheck(f, x, check_batched_grad=True, check_batched_forward_grad=True)
    for count in range(20):  # a rule that changes after some calls
        calls[:] = [1] * count
        wrong = planted(lambda x: 2 * x, rule)
        if not gradcheck(wrong, POINT, check_batched_grad=True, raise_exception=False):
            return
    raise AssertionError("a rule that counts its calls was not found")


# ---------------------------------------------------------------- mistakes of people


def function(forward, backward):
    """An autograd.Function of these two; `backward` is given g and the inputs."""

    class Function(tg.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            return forward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return backward(g, *ctx.saved_tensors)

    return Function.apply


def with_a_constant_sum(x):
    with tg.no_grad():
        total = x.sum()
    return x * total


X5 = np.array([-0.4, 2.0, 0.6, 0.7, -0.5])
MISTAKES = {
    "wrong axis": (function(lambda x, b: x + b, lambda g, x, b: (g, g.sum(1))), [A, B[0]]),
    "right if the axes": (function(lambda x, b: x + b, lambda g, x, b: (g, g.sum(1))), [A, B[0]]),
    "permuted axes": (
        function(lambda x: x.permute(1, 2, 0), lambda g, x: g.permute(1, 2, 0)),
        [np.arange(27.0).reshape(3, 3, 3)],
    ),
    "the part through a sum": (
        function(lambda x: x.softmax(-1), lambda g, x: g * x.softmax(-1)), [X5],
    ),
    "no_grad()": (with_a_constant_sum, [X5]),
    ".item()": (lambda x: x * x.sum().item(), [X5]),
    "a term is missing": (lambda x: x - x.mean().detach(), [X5]),
    "term": (lambda x: (x**2).detach() + x.exp(), [X5]),
    "wrong formula": (function(lambda x: x.tanh(), lambda g, x: g * (1 - x.tanh())), [X5]),
    "detach": (lambda x: x * np.sin(x.detach().numpy()), [X5]),
    "a mask is missing": (function(lambda x: x.relu(), lambda g, x: g * 1), [X5]),
    "below 0 (0.1 times": (
        function(lambda x: x.relu() - (-x).relu() / 10, lambda g, x: g * tg.where(x > 0, 1, 0.01)),
        [X5],
    ),
    "factor g": (function(lambda x: (x * x).sum(), lambda g, x: 2 * x), [X5]),
    "not linear in g": (function(lambda x: x * 2, lambda g, x: 2 * g * g), [X5]),
    "in steps": (function(lambda x: x.round(), lambda g, x: g), [X5[:4]]),
    "cancellation": (lambda x: (1e9 + x.abs()) ** 2 - 1e18 - 2e9 * x.abs(), [X5]),
    "float32": (lambda x: x.float() + 1, [X5]),
    "random": (function(lambda x: x * 2, lambda g, x: g * 2 + tg.randn(5).double()), [X5]),
}  # fmt: skip


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_of_a_user_is_named(words):
    f, inputs = MISTAKES[words]
    assert words in failure(f, inputs).diagnosis


def test_a_constant_of_lower_precision_hides_no_missing_path():
    def f(x):  # its slope on the finest steps is x, though the derivative is 2 x
        return tg.tensor(x.detach().numpy().astype(np.float32)).double() * x

    assert not gradcheck(f, X5, raise_exception=False)


def test_a_dict_of_tensors_is_refused():
    with pytest.raises(TypeError, match="input 0 is a dict of tensors"):
        gradcheck(lambda d: d["x"] * 2, ({"x": tg.tensor(X5)},))


def test_a_direction_is_finite_where_an_entry_is_zero():
    x, size = np.array([0.0, 1.0, 0.0, 1e-12]), np.array([1.0, 1.0, 1e6, 1e-12])
    v = directions(np.random.default_rng(0), x, size, FIRST_STEP)
    assert np.isfinite(v).all()
    assert (np.abs(v) > 0.1 * size).all()
    assert ((x + FIRST_STEP * v) - x == FIRST_STEP * v).all()  # exact


# ---------------------------------------------------------------- nothing hides a wrong entry

MANY = np.random.default_rng(5).standard_normal(500)
MANY[237] = 0.5
WITH_ZEROS = MANY * (np.arange(500) % 5 > 0)
TWO_ZEROS = np.abs(MANY) * ~np.isin(np.arange(500), (10, 20))
FAR_APART = MANY * 10.0 ** np.random.default_rng(6).integers(-12, 13, 500)
FAR_APART[237] = 0.5
HIDDEN = {  # forward, slope, x
    "kinks": (lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0), WITH_ZEROS),
    "edges": (lambda x: x * np.sqrt(x), lambda x: 1.5 * np.sqrt(x), TWO_ZEROS),
    "many edges": (lambda x: x * np.sqrt(x), lambda x: 1.5 * np.sqrt(x), np.abs(WITH_ZEROS)),
    "kinks at 1": (
        lambda x: np.minimum(x, 1),
        lambda x: 1.0 * (x < 1),
        np.where(MANY > 1, 1, MANY),
    ),
    "squares that overflow": (lambda x: x * x, lambda x: 2 * x, MANY * 1e80),
    "cubes that underflow": (lambda x: x * x * x, lambda x: 3 * x * x, MANY * 1e-90),
    "large entries": (lambda x: 3 * x, lambda x: 3.0 + 0 * x, FAR_APART),
    "large squares": (lambda x: x * x, lambda x: 2 * x, FAR_APART),
    "zeros": (np.sin, np.cos, WITH_ZEROS),
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_one_wrong_entry_is_found_beside_all_others(kind):
    forward, slope, x = HIDDEN[kind]
    factor = np.where(np.arange(x.size) == 237, 0.0, 1.0)
    assert x[237] != 0
    assert slope(x)[237] != 0
    right = planted(forward, lambda g, _y, x: g * slope(x))
    assert gradcheck(right, x, check_forward_ad=False, layouts=False)
    wrong = planted(forward, lambda g, _y, x: g * slope(x) * factor)
    error = failure(wrong, x, check_forward_ad=False, layouts=False)
    assert error.index == (237,)


@pytest.mark.parametrize("kind", ["squares that overflow", "large squares"])
def test_a_wrong_second_derivative_is_found_beside_large_ones(kind):
    x = HIDDEN[kind][2]

    def rule(g, _y, x):
        if not isinstance(g, tg.Tensor):
            return 2 * g * x
        here = np.arange(500) == 237
        return 2 * g * (x * ~here + x.detach() * here)

    square = planted(lambda x: x * x, rule)
    error = failure(square, x, order=2, check_forward_ad=False, layouts=False)
    assert (error.index, error.analytic) == ((237,), 0)


def test_a_slope_of_0_is_wrong_where_only_long_steps_show_the_right_one():
    x = np.array([1e12, 16.0, -3e11])
    hidden = planted(lambda x: 3 * x.sum(), lambda g, _y, _x: g * np.array([3.0, 0.0, 3.0]))
    assert failure(hidden, x, check_forward_ad=False).index == (1,)


def test_an_infinite_entry_makes_no_others_equal():
    assert not _close(np.array([np.inf, 1.0]), np.array([np.inf, 2.0]))
    assert _close(np.array([np.inf, np.nan, 1.0]), np.array([np.inf, np.nan, 1.0]))
    assert norm(np.array([3e200, -4e200])) == pytest.approx(5e200)
    assert norm(np.zeros(0)) == norm(np.zeros(2)) == 0


# ---------------------------------------------------------------- infinity, nan and overflow


def with_wall(k, low, high):
    """x^2, but infinite where entry k is not between two numbers."""

    def forward(x):
        y = x * x
        y[k] = np.where((low <= x[k]) & (x[k] <= high), y[k], np.inf)
        return y

    return forward


def far_out(n):
    """Forward, slope, x; the wrong entry is the one in the middle."""
    x, k = np.linspace(1, 2, n), n // 2
    twice = lambda x: 2 * x  # noqa: E731
    return {
        "exp that overflows": (np.exp, np.exp, np.where(np.arange(n) == 1, 700, x)),
        "slopes of 1e308": (lambda x: 1e308 * x, lambda x: 1e308 + 0 * x, x / 2),
        "a wall at x": (with_wall(k, x[k], 9), twice, x),
        "a wall beside x": (with_wall(k, 0, x[k] + 1e-6), twice, x),
        "a wall elsewhere": (with_wall(1, 0, x[1] + 1e-6), twice, x),
        "nan beyond 0": (
            lambda x: x * np.sqrt(x) + x, lambda x: 1.5 * np.sqrt(x) + 1, x * (np.arange(n) != k),
        ),
    }  # fmt: skip


@pytest.mark.parametrize("kind", far_out(9))
@pytest.mark.parametrize("n", [9, 500])
def test_infinite_values_nearby_hide_no_wrong_entry(kind, n):
    forward, slope, x = far_out(n)[kind]
    settings = {"check_forward_ad": False, "layouts": False}
    assert gradcheck(planted(forward, lambda g, _y, x: g * slope(x)), x, **settings)
    for change in (0.5, np.nan, np.inf):
        factor = np.where(np.arange(n) == n // 2, change, 1.0)
        wrong = planted(forward, lambda g, _y, x: g * slope(x) * factor)  # noqa: B023
        assert failure(wrong, x, **settings).index == (n // 2,)


@pytest.mark.parametrize("n", [9, 500])
def test_where_the_slope_is_infinite_no_finite_gradient_is_right(n):
    x = np.where(np.arange(n) == n // 2, 0, np.linspace(1, 2, n))
    for forward, at_0 in ((np.cbrt, 0.0), (np.sqrt, 5.0)):
        power = 1 / 3 if forward is np.cbrt else 1 / 2

        def rule(g, _y, x):
            safe = np.where(x == 0, 1, x)
            return g * np.where(x == 0, at_0, power * safe ** (power - 1))  # noqa: B023

        f = planted(forward, rule)
        for loss in (f, lambda x: f(x).sum()):  # noqa: B023
            assert failure(loss, x, check_forward_ad=False, layouts=False).index == (n // 2,)
    error = failure(planted(np.cbrt, lambda g, _y, x: g * 0), np.zeros(1))
    assert "vertical" in error.diagnosis
    sharp = planted(lambda x: np.sqrt(np.abs(x)), lambda g, _y, x: g * 0)
    assert gradcheck(sharp, np.zeros(2))  # a subgradient, as that of a norm at 0


def test_where_no_slope_is_finite_the_message_says_so():
    exp = planted(np.exp, lambda g, y, _x: g * y)
    assert "no numeric slope" in failure(exp, np.array([709.782])).diagnosis


# ---------------------------------------------------------------- beside a kink

BENT = {
    "relu": (nn.functional.relu, 0.0),
    "hardtanh": (nn.functional.hardtanh, -1.0),
    "hardswish": (nn.functional.hardswish, -3.0),
    "softshrink": (nn.functional.softshrink, 0.5),
    "clamp": (lambda x: x.clamp(-0.5, 0.5) * 3, -0.5),
    "hinge": (lambda x: (1 - x).relu().mean(), 1.0),
    "huber": (lambda x: nn.functional.huber_loss(x, tg.zeros_like(x)), 1.0),
}


@pytest.mark.parametrize("name", BENT)
def test_right_gradients_beside_a_kink_are_not_accused(name):
    f, kink = BENT[name]
    for seed in range(30):
        random = np.random.default_rng(seed)
        near = kink + random.choice([-1, 1], 3) * 10.0 ** random.uniform(-9, -1, 3)
        assert gradcheck(f, np.concatenate([near, random.normal(size=2)]))


@pytest.mark.parametrize("f", [lambda x: x.sort()[0], lambda x: x.max(), lambda x: x.median()])
def test_entries_that_are_almost_equal_hide_no_right_gradient(f):
    for seed in range(6):
        random = np.random.default_rng(seed)
        assert gradcheck(f, 0.1 + random.choice([-1, 1], 5) * 10.0 ** random.uniform(-9, -2, 5))


@pytest.mark.parametrize("distance", [1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
@pytest.mark.parametrize("side", [-1, 1])
def test_the_slope_of_the_other_side_of_a_kink_is_wrong(distance, side):
    other = planted(lambda x: np.maximum(x, 1) + x, lambda g, _y, x: g * (1.0 + (x <= 1)))
    assert not gradcheck(other, np.array([1 + side * distance]), raise_exception=False)
