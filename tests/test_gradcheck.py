"""gradcheck: right functions pass at every size, wrong ones fail, and are told what is wrong."""

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from tinygrad_edu.engine.graph import OPS, op
from tinygrad_edu.testing import GradcheckError, gradcheck

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
    "cancellation": (lambda x: ((x + 1e13) - 1e13) * 2, [POINT / 3]),
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
