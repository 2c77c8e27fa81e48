"""Distributions: values and gradients against torch.distributions, draws against their cdf."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import distributions
from tinygrad_edu.testing import gradcheck

RANDOM = np.random.default_rng(0)


def weights(*shape):
    return RANDOM.uniform(0.1, 2, shape)


def reals(*shape):
    return RANDOM.standard_normal(shape)


COUNTS = np.array([[2.0, 0.0, 3.0], [1.0, 4.0, 0.0]])

# class, parameters, other arguments, values that are possible
CASES = {
    "normal": ("Normal", {"loc": reals(3), "scale": weights(2, 1)}, {}, reals(4, 2, 3)),
    "normal of one": ("Normal", {"loc": reals(), "scale": weights()}, {}, reals(5)),
    "uniform": ("Uniform", {"low": -weights(3), "high": weights(2, 3)}, {}, reals(2, 3) * 0.05),
    "bernoulli": ("Bernoulli", {"probs": weights(3) / 2.1}, {}, np.array([[0.0, 1, 1], [1, 0, 1]])),
    "bernoulli of logits": ("Bernoulli", {"logits": reals(2, 1)}, {}, np.array([0.0, 1.0, 1.0])),
    "categorical": ("Categorical", {"probs": weights(2, 4)}, {}, np.array([[3.0, 0], [1, 2]])),
    "categorical of logits": ("Categorical", {"logits": reals(5)}, {}, np.arange(5.0)),
    "multinomial": ("Multinomial", {"probs": weights(2, 3)}, {"total_count": 5}, COUNTS),
    "multinomial of logits": ("Multinomial", {"logits": reals(3)}, {"total_count": 5}, COUNTS),
}
CONTINUOUS = [name for name in CASES if name.startswith(("normal", "uniform"))]


def made(case):
    """The distribution, and the leaves it was made of."""
    kind, parameters, more, _ = CASES[case]
    leaves = {k: tg.tensor(x, requires_grad=True) for k, x in parameters.items()}
    return getattr(distributions, kind)(**leaves, **more), list(leaves.values())


@pytest.mark.parametrize("case", CASES)
def test_log_prob_can_be_differentiated_twice(case):
    kind, parameters, more, value = CASES[case]
    names = list(parameters)

    def log_prob(*leaves):
        made = getattr(distributions, kind)(**dict(zip(names, leaves, strict=True)), **more)
        return made.log_prob(tg.tensor(value))

    leaves = [tg.tensor(x, requires_grad=True) for x in parameters.values()]
    assert gradcheck(log_prob, leaves)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("sample_shape", [(), (2,), (2, 1), [3]])
def test_samples_are_possible(case, sample_shape):
    mine, _ = made(case)
    drawn = mine.sample(sample_shape)
    assert drawn.shape == (*sample_shape, *mine.batch_shape, *mine.event_shape)
    assert not drawn.requires_grad
    assert np.isfinite(mine.log_prob(drawn).array).all()


@pytest.mark.parametrize("case", [name for name in CASES if name not in CONTINUOUS])
def test_what_jumps_has_no_derivative_and_says_so(case):
    with pytest.raises(NotImplementedError, match=r"draws jump.*log_prob"):
        made(case)[0].rsample()


# ---------------------------------------------------------------- are the draws right?


def chi_square(counts, expected):
    """In standard deviations: the sum of (observed - expected)^2 / expected, of k - 1 degrees."""
    degrees = len(counts) - 1
    return (((counts - expected) ** 2 / expected).sum() - degrees) / math.sqrt(2 * degrees)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whole_draws_have_the_right_frequencies(seed):
    tg.manual_seed(seed)
    p, n = np.array([0.1, 0.0, 0.25, 0.05, 0.6]), 20000
    places = distributions.Categorical(tg.tensor(p)).sample((n,)).array
    possible = p > 0
    counts = np.bincount(places, minlength=5)
    assert counts[1] == 0
    assert abs(chi_square(counts[possible], n * p[possible])) < 4
    sums = distributions.Multinomial(n, tg.tensor(p)).sample().array
    assert sums.sum() == n
    assert sums[1] == 0
    assert abs(chi_square(sums[possible], n * p[possible])) < 4
    chances = np.array([0.0, 0.3, 1.0])
    bits = distributions.Bernoulli(tg.tensor(chances)).sample((n,)).array.mean(0)
    assert bits[0] == 0
    assert bits[2] == 1
    assert abs(bits[1] - 0.3) < 4 * math.sqrt(0.3 * 0.7 / n)


def test_each_row_of_a_batch_is_drawn_of_its_own_probabilities():
    probs = tg.eye(4, dtype=tg.float64)
    drawn = distributions.Categorical(probs).sample((7, 2))
    assert (drawn.array == np.arange(4)).all()
    counts = distributions.Multinomial(3, probs).sample((7,))
    assert (counts.array == 3 * np.eye(4)).all()


def test_the_score_function_estimates_the_gradient():
    """E[f(x) d log p(x)] = d E[f(x)]: what REINFORCE rests on."""
    logits = tg.tensor([0.2, -0.3, 0.5], dtype=tg.float64, requires_grad=True)
    reward = tg.tensor([1.0, 2.0, 4.0], dtype=tg.float64)
    policy = distributions.Categorical(logits=logits)
    (exact,) = tg.autograd.grad((policy.probs * reward).sum(), logits, retain_graph=True)
    places = policy.sample((20000,))
    (policy.log_prob(places) * reward[places]).mean().backward()
    np.testing.assert_allclose(logits.grad.array, exact.array, atol=0.05)


# ---------------------------------------------------------------- one against another


def test_kl_divergence_of_pairs_without_a_formula_is_refused():
    normal, counts = distributions.Normal(0.0, 1.0), distributions.Multinomial(3, tg.ones(2))
    for p, q in [(normal, distributions.Uniform(0.0, 1.0)), (counts, counts)]:
        with pytest.raises(NotImplementedError, match="no formula for"):
            distributions.kl_divergence(p, q)


# ---------------------------------------------------------------- arguments


IMPOSSIBLE = [
    (lambda d, lib: d.Normal(0.0, -1.0), r"Normal\(loc: 0.0, scale: -1.0\): scale must be abo"),
    (lambda d, lib: d.Normal(0.0, lib.tensor([1.0, 0.0])), r"scale must be above 0.*0"),
    (lambda d, lib: d.Normal(math.nan, 1.0), "loc must be numbers, not nan"),
    (lambda d, lib: d.Uniform(1.0, 0.0), "low must be below high"),
    (lambda d, lib: d.Uniform(1.0, lib.tensor([2.0, 1.0])), "low must be below high"),
    (lambda d, lib: d.Bernoulli(1.5), "between 0 and 1"),
    (lambda d, lib: d.Bernoulli(), "either probs or logits"),
    (lambda d, lib: d.Bernoulli(0.5, 0.5), "either probs or logits"),
    (lambda d, lib: d.Categorical(), "either probs or logits"),
    (lambda d, lib: d.Categorical(lib.tensor([-1.0, 2.0])), "at least 0"),
    (lambda d, lib: d.Categorical(lib.tensor([[1.0, 2.0], [0.0, 0.0]])), "not all 0"),
    (lambda d, lib: d.Categorical(logits=lib.tensor([math.nan, 0.0])), "not nan"),
    (lambda d, lib: d.Categorical(lib.tensor(1.0)), "needs a dimension|at least 0"),
    (lambda d, lib: d.Multinomial(-3, lib.ones(3)), "total_count"),
    (lambda d, lib: d.Normal(0.0, 1.0).log_prob(lib.tensor(math.nan)), "value must be numbers"),
    (lambda d, lib: d.Normal(lib.zeros(2), 1.0).log_prob(lib.zeros(3)), "shape"),
    (lambda d, lib: d.Uniform(0.0, 1.0).log_prob(lib.tensor(2.0)), "from low to high"),
    (lambda d, lib: d.Bernoulli(0.3).log_prob(lib.tensor(0.5)), "0 or 1"),
    (lambda d, lib: d.Categorical(lib.ones(3)).log_prob(lib.tensor(3)), "from 0 to 2"),
    (lambda d, lib: d.Categorical(lib.ones(3)).log_prob(lib.tensor(1.5)), "from 0 to 2"),
    (lambda d, lib: d.Categorical(lib.ones(3)).log_prob(lib.tensor(-1)), "from 0 to 2"),
    (lambda d, lib: d.Multinomial(3, lib.ones(3)).log_prob(lib.ones(3) * 2), "sum to 3"),
    (lambda d, lib: d.Multinomial(3, lib.ones(3)).log_prob(lib.tensor([3.0])), "3 counts"),
    (lambda d, lib: d.Multinomial(3, lib.ones(3)).log_prob(lib.tensor(3.0)), "3 counts"),
    (lambda d, lib: d.Multinomial(3, lib.ones(3)).log_prob(lib.tensor([4.0, -1, 0])), "counts"),
]


@pytest.mark.parametrize(("make", "words"), IMPOSSIBLE)
def test_what_is_not_possible_is_refused_by_name(make, words):
    with pytest.raises(ValueError, match=words):
        make(distributions, tg)


def test_numbers_become_the_default_float_and_tensors_keep_their_dtype():
    assert distributions.Normal(0, 1).loc.dtype == tg.float32
    assert distributions.Normal(tg.zeros(2, dtype=tg.float64), 1).scale.dtype == tg.float64
    assert distributions.Normal(tg.arange(2), 1).sample().dtype == tg.float32
    assert distributions.Categorical(tg.tensor([1, 2])).probs.dtype == tg.float32
    tg.set_default_dtype(tg.float64)
    assert distributions.Bernoulli(0.5).sample().dtype == tg.float64


def test_the_paths_of_pytorch_s_files():
    assert distributions.multinomial.Multinomial is distributions.Multinomial
    assert distributions.normal.Normal is distributions.Normal
    assert distributions.categorical.Categorical is distributions.Categorical
    assert distributions.kl.kl_divergence is distributions.kl_divergence


def test_each_distribution_can_be_imported_from_the_file_that_pytorch_has_for_it():
    from tinygrad_edu.distributions.categorical import Categorical
    from tinygrad_edu.distributions.multinomial import Multinomial

    assert (Categorical, Multinomial) == (
        tg.distributions.Categorical,
        tg.distributions.Multinomial,
    )
    assert tg.distributions.kl.kl_divergence is tg.distributions.kl_divergence
