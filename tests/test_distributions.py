"""Distributions: values and gradients against torch.distributions, draws against their cdf."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import distributions
from tinygrad_edu.distributions.implicit import beta_slope, gamma_slope
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


def covariances(n, *batch):
    a = reals(*batch, n, n)
    return a @ a.swapaxes(-1, -2) + np.eye(n)


def correlation_factors(n, *batch):
    a = np.linalg.cholesky(covariances(n, *batch))
    return a / np.sqrt(np.square(a).sum(-1, keepdims=True))


def low_rank(n, r, *batch):
    factor = {"loc": reals(*batch, n), "cov_factor": reals(n, r), "cov_diag": weights(*batch, n)}
    return factor


SOME = np.array([[1.0, 0, 5], [3, 2, 4]])
SHARES = RANDOM.dirichlet([1, 2, 3], 2)
HOT = np.eye(4)[[1, 3]]
WHERE = {"loc": reals(3), "scale": weights(2, 1)}
CASES |= {
    name.lower(): (name, *rest)
    for name, *rest in [
        ("Laplace", WHERE, {}, reals(2, 3)),
        ("Cauchy", WHERE, {}, reals(2, 3)),
        ("Gumbel", WHERE, {}, WHERE["loc"] + weights(2, 3) * WHERE["scale"]),
        ("LogNormal", WHERE, {}, weights(2, 3)),
        ("StudentT", {"df": np.array([0.7, 1.5, 3.2]), "loc": reals(2, 1)}, {}, reals(2, 3)),
        ("HalfNormal", {"scale": weights(2, 3)}, {}, weights(2, 3)),
        ("HalfCauchy", {"scale": weights(2, 3)}, {}, weights(2, 3)),
        ("Exponential", {"rate": weights(2, 3)}, {}, weights(2, 3)),
        ("Gamma", {"concentration": weights(2, 1), "rate": weights(3)}, {}, weights(2, 3)),
        ("Chi2", {"df": weights(2, 3)}, {}, weights(2, 3)),
        ("InverseGamma", {"concentration": weights(2, 1) + 2, "rate": weights(3)}, {}, SOME + 1),
        ("FisherSnedecor", {"df1": weights(3) * 3, "df2": weights(3) * 3}, {}, weights(3)),
        ("Pareto", {"scale": weights(3) / 3, "alpha": weights(2, 1) + 2}, {}, weights(2, 3) + 1),
        ("Weibull", {"scale": weights(3), "concentration": weights(2, 1) + 1}, {}, weights(2, 3)),
        ("Beta", {"concentration1": weights(3), "concentration0": weights(2, 1)}, {}, SHARES),
        ("Dirichlet", {"concentration": weights(2, 3)}, {}, SHARES),
        ("Binomial", {"probs": weights(2, 3) / 2.1}, {"total_count": 5}, SOME),
        ("Geometric", {"probs": weights(2, 3) / 2.1}, {}, SOME),
        ("NegativeBinomial", {"total_count": weights(3), "logits": reals(2, 3)}, {}, SOME),
        ("Poisson", {"rate": weights(2, 3)}, {}, SOME),
        ("OneHotCategorical", {"probs": weights(2, 4)}, {}, HOT),
        ("OneHotCategoricalStraightThrough", {"logits": reals(2, 4)}, {}, HOT),
        ("RelaxedBernoulli", {"temperature": weights(), "probs": weights(3) / 2.1}, {}, SHARES),
        ("RelaxedOneHotCategorical", {"temperature": weights(), "logits": reals(3)}, {}, SHARES),
        (
            "MultivariateNormal",
            {"loc": reals(3), "covariance_matrix": covariances(3, 2)},
            {},
            reals(2, 3),
        ),
        ("ContinuousBernoulli", {"probs": np.array([0.2, 0.5, 0.7])}, {}, SHARES),
        (
            "Kumaraswamy",
            {"concentration1": weights(3), "concentration0": weights(2, 1)},
            {},
            SHARES,
        ),
        ("LogisticNormal", {"loc": reals(2), "scale": weights(2, 2)}, {}, SHARES),
        ("LowRankMultivariateNormal", low_rank(3, 2, 2), {}, reals(4, 2, 3)),
        ("VonMises", {"loc": reals(3), "concentration": weights(2, 1) * 3}, {}, reals(2, 3)),
        (
            "Wishart",
            {"df": weights(2) + 3, "covariance_matrix": covariances(3)},
            {},
            covariances(3, 2),
        ),
        ("LKJCholesky", {"concentration": weights(2)}, {"dim": 3}, correlation_factors(3, 2)),
    ]
}
CASES |= {
    "binomial of logits": ("Binomial", {"logits": reals(3)}, {"total_count": 5}, SOME),
    "geometric of logits": ("Geometric", {"logits": reals(3)}, {}, SOME),
    "relaxed bernoulli of logits": (
        "RelaxedBernoulli",
        {"temperature": weights(), "logits": reals(3)},
        {},
        SHARES,
    ),
    "continuous bernoulli of logits": ("ContinuousBernoulli", {"logits": reals(3)}, {}, SHARES),
    "wishart of a precision": (
        "Wishart",
        {"df": weights() + 2, "precision_matrix": covariances(3, 2)},
        {},
        covariances(3, 2),
    ),
    "normal of a factor": (
        "MultivariateNormal",
        {"loc": reals(2, 1, 3), "scale_tril": np.linalg.cholesky(covariances(3, 2))},
        {},
        reals(4, 2, 2, 3),
    ),
    "normal of a precision": (
        "MultivariateNormal",
        {"loc": reals(3), "precision_matrix": covariances(3)},
        {},
        reals(2, 3),
    ),
}
JUMPS = [case for case in CASES if not getattr(distributions, CASES[case][0]).has_rsample]
JUMPS = [case for case in JUMPS if "relaxed" not in case and case != "lognormal"]


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
    if kind in ("MultivariateNormal", "Wishart"):
        return  # a step of finite differences is not symmetric; the oracle checks these
    assert gradcheck(log_prob, leaves)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("sample_shape", [(), (2,), (2, 1), [3]])
def test_samples_are_possible(case, sample_shape):
    mine, _ = made(case)
    drawn = mine.sample(sample_shape)
    assert drawn.shape == (*sample_shape, *mine.batch_shape, *mine.event_shape)
    assert not drawn.requires_grad
    assert np.isfinite(mine.log_prob(drawn).array).all()


@pytest.mark.parametrize("case", JUMPS)
def test_what_jumps_has_no_derivative_and_says_so(case):
    with pytest.raises(NotImplementedError, match=r"not a differentiable.*log_prob"):
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
    for p, q in [(normal, distributions.Cauchy(0.0, 1.0)), (counts, counts)]:
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
    (lambda d, lib: d.Gamma(1.0, -1.0), "rate must be above 0"),
    (lambda d, lib: d.Beta(lib.tensor([1.0, 0.0]), 1.0), "concentration1 must be above 0"),
    (lambda d, lib: d.StudentT(0.0), "df must be above 0"),
    (lambda d, lib: d.Poisson(-1.0), "rate must be at least 0"),
    (lambda d, lib: d.Geometric(0.0), "probs must be above 0"),
    (lambda d, lib: d.NegativeBinomial(1.0, 1.0), "probs must be from 0.0 to below 1.0"),
    (lambda d, lib: d.NegativeBinomial(-1.0, 0.5), "total_count must be at least 0"),
    (lambda d, lib: d.Binomial(2.5, 0.5), "total_count must be whole numbers, at least 0"),
    (lambda d, lib: d.Binomial(2), "either probs or logits"),
    (lambda d, lib: d.Dirichlet(lib.tensor(1.0)), "needs a dimension|one-dimensional"),
    (lambda d, lib: d.Dirichlet(lib.tensor([1.0, -1.0])), "above 0"),
    (lambda d, lib: d.Exponential(1.0).log_prob(lib.tensor(-1.0)), "value must be at least 0"),
    (lambda d, lib: d.Pareto(2.0, 1.0).log_prob(lib.tensor(1.0)), "value must be at least"),
    (lambda d, lib: d.Poisson(2.0).log_prob(lib.tensor(1.5)), "whole numbers, at least 0"),
    (lambda d, lib: d.Binomial(2, 0.5).log_prob(lib.tensor(3.0)), "whole numbers from 0 to 2"),
    (lambda d, lib: d.Dirichlet(lib.ones(2)).log_prob(lib.tensor([0.5, 0.6])), "with sum 1"),
    (lambda d, lib: d.OneHotCategorical(lib.ones(2)).log_prob(lib.ones(2)), "one 1, and 0 else"),
    (lambda d, lib: d.Normal(0.0, 1.0).log_prob(0.5), "the value must be a Tensor"),
    (lambda d, lib: d.MultivariateNormal(lib.zeros(2)), "exactly one of"),
    (lambda d, lib: d.MultivariateNormal(lib.tensor(0.0), lib.eye(2)), "a vector of n numbers"),
    (lambda d, lib: d.MultivariateNormal(lib.zeros(2), -lib.eye(2)), "positive definite"),
    (
        lambda d, lib: d.MultivariateNormal(lib.zeros(2), scale_tril=lib.ones(2, 2)),
        "lower triangular",
    ),
    (lambda d, lib: d.Independent(d.Normal(lib.zeros(2), 1.0), 2), "reinterpreted_batch_ndims"),
    (lambda d, lib: d.TransformedDistribution(d.Normal(0.0, 1.0), "exp"), "a Transform or a list"),
    (
        lambda d, lib: d.MixtureSameFamily(
            d.Categorical(lib.ones(3)), d.Normal(lib.zeros(2), lib.ones(2))
        ),
        "the components have the batch shape",
    ),
    (
        lambda d, lib: d.MixtureSameFamily(d.Bernoulli(0.5), d.Normal(lib.zeros(2), 1.0)),
        "a Categorical and a Distribution",
    ),
    (lambda d, lib: d.Distribution.set_default_validate_args("no"), "True or False"),
    (lambda d, lib: d.transforms.ExpTransform(cache_size=2), "cache_size must be 0 or 1"),
    (lambda d, lib: d.transforms.ReshapeTransform((2,), (3,)), "differ in size"),
]


@pytest.mark.parametrize(("make", "words"), IMPOSSIBLE)
def test_what_is_not_possible_is_refused_by_name(make, words):
    with pytest.raises((ValueError, TypeError), match=words):
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


def test_moments_that_do_not_exist():
    inf, nan = math.inf, math.nan
    student = distributions.StudentT(tg.tensor([0.5, 1.5, 3.0], requires_grad=True))
    np.testing.assert_equal(student.mean.tolist(), [nan, 0, 0])
    np.testing.assert_equal(student.variance.tolist(), [nan, inf, 3])
    student.variance[2].backward()
    pareto = distributions.Pareto(1.0, tg.tensor([0.5, 1.5, 3.0]))
    np.testing.assert_equal(pareto.mean.tolist(), [inf, 3, 1.5])
    np.testing.assert_equal(pareto.variance.tolist(), [inf, inf, 0.75])
    inverse = distributions.InverseGamma(tg.tensor([0.5, 1.5, 3.0]), 1.0)
    np.testing.assert_equal(inverse.mean.tolist(), [inf, 2, 0.5])
    np.testing.assert_equal(inverse.variance.tolist(), [inf, inf, 0.25])
    corner = distributions.Dirichlet(tg.tensor([[0.5, 0.25], [2.0, 4.0], [0.5, 3.0]])).mode
    np.testing.assert_equal(corner.tolist(), [[1, 0], [0.25, 0.75], [0, 1]])
    np.testing.assert_equal(distributions.Bernoulli(tg.tensor([0.5, 0.75])).mode.tolist(), [nan, 1])


# ---------------------------------------------------------------- implicit gradients


def test_the_slopes_of_gamma_samples_are_those_of_the_quantile():
    """d/da of the number below which a gamma(a) sample lies with a probability; from SciPy."""
    a = np.array([0.3, 0.3, 1.0, 3.0, 10.0, 100.0, 1e6])
    below = [0.0003237246218234327, 0.8848107733602443, 0.6931471805599455]
    above = [8.405946914885464, 9.668714614714128, 78.21598305379582, 999999.6666666864]
    wanted = [0.008490840602617346, 2.595987610947991, 0.9680448304412991, 1.6917300195860592]
    wanted += [0.9997879018346456, 0.8836460246515977, 1.0]
    np.testing.assert_allclose(gamma_slope(a, np.array(below + above)), wanted, rtol=1e-6)


def test_the_slopes_of_beta_samples_are_those_of_the_quantile():
    a, b = np.array([0.5, 0.5, 1.0, 3.0, 100.0]), np.array([0.5, 50.0, 2.0, 1.0, 30.0])
    x = [0.2061073738537634, 0.004561722473103865, 0.6837722339831621]
    x = np.array([*x, 0.5848035476425733, 0.7798809622358008])
    wanted = [0.8171010585102872, 0.01712898181195209, 0.1990489368284646]
    wanted += [0.10457833343354848, 0.0017121388293965317]
    np.testing.assert_allclose(beta_slope(x, a, b) * (1 - x), wanted, rtol=1e-6)


@pytest.mark.parametrize("kind", ["Gamma", "Beta", "StudentT"])
def test_the_mean_of_samples_has_the_gradient_of_the_mean(kind):
    tg.manual_seed(5)
    start = {"Gamma": [0.7, 2.0], "Beta": [0.7, 2.0], "StudentT": [8.0, 0.5, 2.0]}[kind]
    leaves = [tg.tensor(x, dtype=tg.float64, requires_grad=True) for x in start]
    made = getattr(distributions, kind)(*leaves)
    power = 2 if kind == "StudentT" else 1
    (made.rsample((100_000,)) ** power).mean().backward()
    moment = made.mean if power == 1 else made.variance + made.mean**2
    wanted = tg.autograd.grad(moment, leaves)
    for leaf, exact in zip(leaves, wanted, strict=True):
        np.testing.assert_allclose(leaf.grad.item(), exact.item(), rtol=0.1)


@pytest.mark.parametrize("kind", ["Gamma", "Dirichlet"])
def test_implicit_gradients_are_of_first_order_and_say_so(kind):
    a = tg.ones(3, requires_grad=True)
    made = distributions.Gamma(a, 1.0) if kind == "Gamma" else distributions.Dirichlet(a)
    drawn = (made.rsample() ** 2).sum()
    with pytest.raises(NotImplementedError, match=rf"{kind}.rsample.*differentiated once"):
        tg.autograd.grad(drawn, a, create_graph=True)


# ---------------------------------------------------------------- made of others


def test_a_mixture_draws_of_its_components():
    tg.manual_seed(2)
    weights = distributions.Categorical(tg.tensor([0.25, 0.75]))
    parts = distributions.Normal(tg.tensor([-10.0, 10.0]), 1.0)
    mixture = distributions.MixtureSameFamily(weights, parts)
    drawn = mixture.sample((4000,)).array
    assert abs((drawn > 0).mean() - 0.75) < 0.03
    assert abs(drawn.mean() - mixture.mean.item()) < 0.5
    vectors = distributions.Independent(distributions.Normal(tg.zeros(5, 2, 3), 1.0), 1)
    many = distributions.MixtureSameFamily(distributions.Categorical(tg.ones(2)), vectors)
    assert many.sample((7,)).shape == (7, 5, 3)
    assert many.log_prob(tg.zeros(5, 3)).shape == (5,)


def test_a_subclass_of_a_users_own():
    class Triangle(distributions.Distribution):
        arg_constraints: dict = {}  # noqa: RUF012
        support = distributions.constraints.unit_interval

        def log_prob(self, value):
            return (2 * self._outcome(value)).log()

    made = Triangle((3,))
    assert made.batch_shape == (3,)
    np.testing.assert_allclose(made.log_prob(tg.ones(3)).array, math.log(2), rtol=1e-6)
    with pytest.raises(NotImplementedError, match="Triangle has no formula for its entropy"):
        made.entropy()
    with pytest.raises(ValueError, match="between 0 and 1"):
        made.log_prob(tg.ones(3) * 2)
    assert repr(made) == "Triangle()"


def test_validation_can_be_turned_off_for_all():
    try:
        distributions.Distribution.set_default_validate_args(False)
        assert distributions.Normal(0.0, -1.0).scale.item() == -1
    finally:
        distributions.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="above 0"):
        distributions.Normal(0.0, -1.0)


def test_sample_n_warns_as_in_pytorch():
    with pytest.warns(FutureWarning, match="sample_n"):
        assert distributions.Normal(0.0, 1.0).sample_n(3).shape == (3,)


def test_a_formula_is_registered_for_distributions_only():
    with pytest.raises(TypeError, match="classes of distributions"):
        distributions.register_kl(int, distributions.Normal)


def test_the_cdf_of_gamma_is_scipys_with_its_derivatives():
    a = np.array([0.01, 0.5, 3.0, 3.0, 100.0, 1e4])
    x = np.array([1e-5, 2.0, 0.1, 12.0, 90.0, 1.01e4])
    wanted = [0.8963367982671969, 0.9544997361036415, 0.00015465307026467172]
    wanted += [0.9994777419499671, 0.15822098918643007, 0.8413487504471796]
    found = distributions.Gamma(tg.tensor(a), 1.0).cdf(tg.tensor(x))
    np.testing.assert_allclose(found.array, wanted, rtol=1e-9)
    ends = distributions.Gamma(2.0, 1.0).cdf(tg.tensor([0.0, math.inf]))
    assert ends.tolist() == [0, 1]
    leaves = [tg.tensor([0.5, 3.0, 20.0], dtype=tg.float64, requires_grad=True)]
    leaves += [tg.tensor([0.7, 4.0, 15.0], dtype=tg.float64, requires_grad=True)]
    cdf = lambda a, x: distributions.Gamma(a, 2.0).cdf(x)  # noqa: E731
    assert gradcheck(cdf, leaves)
    assert gradcheck(lambda x: cdf(leaves[0].detach(), x), leaves[1:], order=2)


# ---------------------------------------------------------------- rarer ones


@pytest.mark.parametrize(
    "case", ["continuousbernoulli", "kumaraswamy", "lowrankmultivariatenormal", "wishart"]
)
def test_samples_have_the_moments(case):
    tg.manual_seed(0)
    mine, _ = made(case)
    drawn = mine.sample((20_000,)).array
    mean, deviation = mine.mean.array, mine.stddev.array
    assert (np.abs(drawn.mean(0) - mean) < 0.05 * deviation).all()
    np.testing.assert_allclose(drawn.std(0), deviation, rtol=0.1)


def test_angles_lie_around_their_mean():
    tg.manual_seed(0)
    angles = distributions.VonMises(tg.tensor([0.0, 3.0]), tg.tensor([2.0, 50.0]))
    drawn = angles.sample((20_000,))
    assert drawn.abs().max() <= math.pi
    resultants = (drawn - angles.loc).cos().mean(0)
    np.testing.assert_allclose(resultants.array, 1 - angles.variance.array, atol=0.01)
    with pytest.raises(NotImplementedError, match="sample"):
        angles.rsample()


def test_the_mode_of_kumaraswamy_has_the_largest_density():
    x = tg.linspace(0.001, 0.999, 999, dtype=tg.float64)
    density = distributions.Kumaraswamy(2.0, 5.0).log_prob(x)
    mode = distributions.Kumaraswamy(tg.tensor([2.0, 0.5, 1.0]), tg.tensor([5.0, 3.0, 1.0])).mode
    assert abs(x[density.argmax()].item() - mode[0].item()) < 0.001
    assert np.isnan(mode.array[1:]).all()


def test_factors_of_correlations():
    tg.manual_seed(0)
    lkj = distributions.LKJCholesky(4, tg.tensor([1.0, 30.0], dtype=tg.float64))
    lower = lkj.sample((500,))
    matrices = (lower @ lower.mT).array
    np.testing.assert_allclose(np.diagonal(matrices, 0, -2, -1), 1, rtol=1e-12)
    spread = np.abs(matrices[..., 0, 1]).mean(0)
    assert spread[0] > 0.3 > 0.2 > spread[1]
    with pytest.raises(ValueError, match="rows of length 1"):
        lkj.log_prob(tg.eye(4, dtype=tg.float64) * 2)
    with pytest.raises(ValueError, match="at least 2, not 1"):
        distributions.LKJCholesky(1)


def test_wishart_of_each_matrix_is_the_same():
    v = covariances(3)
    s = tg.tensor(covariances(3))
    of = {"covariance_matrix": v, "precision_matrix": np.linalg.inv(v)}
    of["scale_tril"] = np.linalg.cholesky(v)
    found = [
        distributions.Wishart(4.0, **{name: tg.tensor(x)}).log_prob(s) for name, x in of.items()
    ]
    np.testing.assert_allclose([x.item() for x in found], found[0].item(), rtol=1e-9)
    assert distributions.Wishart(tg.tensor([4.0, 5.0]), tg.eye(3)).expand((7, 2)).mean.shape == (
        *(7, 2),
        *(3, 3),
    )
    with pytest.raises(ValueError, match="df must be above 2"):
        distributions.Wishart(2.0, tg.eye(3))
    with pytest.warns(UserWarning, match="singular"):
        distributions.Wishart(2.5, tg.eye(3))
    with pytest.raises(ValueError, match="exactly one"):
        distributions.Wishart(2.5)


def test_nothing_above_the_diagonal_of_a_factor_has_a_gradient():
    lower = tg.tensor(np.linalg.cholesky(covariances(3)), requires_grad=True)
    distributions.Wishart(4.0, scale_tril=lower).log_prob(tg.tensor(covariances(3))).backward()
    assert (lower.grad.triu(1) == 0).all()
    assert (lower.grad.tril() != 0).sum() == 6


def test_the_entropy_of_an_exponential_family_follows_from_its_normalizer():
    class Coin(distributions.ExponentialFamily):
        _natural_params = (tg.tensor([0.5, -1.0]),)
        _mean_carrier_measure = 0

        def _log_normalizer(self, theta):
            return (1 + theta.exp()).log()

    wanted = distributions.Bernoulli(logits=tg.tensor([0.5, -1.0])).entropy()
    np.testing.assert_allclose(Coin((2,)).entropy().detach().array, wanted.array, rtol=1e-6)


def test_stick_breaking_is_undone_and_its_slope_is_that_of_the_formula():
    stick = distributions.StickBreakingTransform()
    x = tg.tensor(reals(2, 3), requires_grad=True)
    y = stick(x)
    np.testing.assert_allclose(y.sum(-1).detach().array, 1, rtol=1e-12)
    np.testing.assert_allclose(stick.inv(y).detach().array, x.detach().array, rtol=1e-9)
    slopes = tg.func.vmap(tg.func.jacrev(lambda x: stick(x)[:-1]))(x.detach())
    wanted = tg.linalg.slogdet(slopes).logabsdet
    np.testing.assert_allclose(stick.log_abs_det_jacobian(x, y).detach().array, wanted.array)
    assert (stick.forward_shape((5, 3)), stick.inverse_shape((5, 4))) == ((5, 4), (5, 3))
    with pytest.raises(ValueError, match="vectors"):
        stick.forward_shape(())


# ---------------------------------------------------------------- transforms to constraints


def test_a_parameter_is_learnt_within_its_constraint():
    """The scale of a normal distribution, as an unconstrained number."""
    to = distributions.transform_to(distributions.Normal.arg_constraints["scale"])
    free = tg.zeros(3, requires_grad=True)
    scale = to(free)
    assert scale.tolist() == [1.0, 1.0, 1.0]
    scale.sum().backward()
    assert free.grad.tolist() == [1.0, 1.0, 1.0]
    assert abs(to.inv(tg.tensor(4.0)).item() - np.log(4.0)) < 1e-6
    with pytest.raises(NotImplementedError, match="register"):
        distributions.biject_to(distributions.constraints.boolean)
    with pytest.raises(TypeError, match="Constraint"):
        distributions.biject_to.register(3, lambda c: c)


def test_a_constraint_of_one_s_own_has_a_transform():
    class Even(distributions.constraints.Constraint):
        pass

    own = distributions.constraint_registry.ConstraintRegistry()

    @own.register(Even)
    def of_even(constraint):
        return distributions.AffineTransform(0.0, 2.0)

    assert own(Even())(tg.tensor(3.0)) == 6
    with pytest.raises(NotImplementedError):
        distributions.transform_to(Even())


def test_what_does_not_fit_a_transform_of_parts_is_refused():
    t = distributions.transforms
    with pytest.raises(TypeError, match="one Transform or more"):
        t.CatTransform([])
    with pytest.raises(ValueError, match="lengths"):
        t.CatTransform([t.ExpTransform()], lengths=[1, 2])
    with pytest.raises(ValueError, match=r"size 2 in dimension 0, not \(3,\)"):
        t.StackTransform([t.ExpTransform(), t.ExpTransform()])(tg.zeros(3))
    with pytest.raises(ValueError, match=r"n \(n - 1\) / 2"):
        t.CorrCholeskyTransform()(tg.zeros(2))
    assert t.CorrCholeskyTransform()(tg.zeros(0)).tolist() == [[1.0]]
