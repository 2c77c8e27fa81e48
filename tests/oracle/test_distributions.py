"""Distributions: values and gradients against torch.distributions, draws against their cdf."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from test_distributions import (
    CASES,
    CONTINUOUS,
    IMPOSSIBLE,
    JUMPS,
    covariances,
    low_rank,
    reals,
    weights,
)

import tinygrad_edu as tg
from tinygrad_edu import distributions

theirs = torch.distributions
RANDOM = np.random.default_rng(1)


def pair(case):
    """The distribution in both libraries, and the leaves it was made of."""
    kind, parameters, more, value = CASES[case]
    ours = {k: tg.tensor(x, requires_grad=True) for k, x in parameters.items()}
    others = {k: torch.tensor(x, requires_grad=True) for k, x in parameters.items()}
    return (
        getattr(distributions, kind)(**ours, **more),
        getattr(theirs, kind)(**others, **more),
        list(ours.values()),
        list(others.values()),
        value,
    )


# PyTorch computes Bessel functions to seven digits, and their slopes to five.
TOLERANCES = {"vonmises": 1e-4}


def agree(mine, wanted, leaves=(), other_leaves=(), rtol=1e-9, retain=False):
    assert mine.shape == tuple(wanted.shape)
    assert str(mine.dtype) == str(wanted.dtype).removeprefix("torch.")
    np.testing.assert_allclose(mine.array, wanted.detach().numpy(), rtol=rtol, atol=1e-12)
    if leaves and wanted.requires_grad:
        weight = np.cos(np.arange(wanted.numel(), dtype=float)).reshape(tuple(wanted.shape))
        ours = (mine * tg.tensor(weight)).sum()
        grads = tg.autograd.grad(ours, leaves, allow_unused=True, retain_graph=retain)
        others = (wanted * torch.tensor(weight)).sum()
        others = torch.autograd.grad(others, other_leaves, retain_graph=True, allow_unused=True)
        for g, other in zip(grads, others, strict=True):
            own = np.zeros(()) if g is None else g.array
            other = np.zeros(()) if other is None else other.numpy()
            np.testing.assert_allclose(own, other, rtol=max(rtol, 1e-8), atol=1e-10)


def called(thing, name, *args):
    """An attribute, or the result of a method; None where the library refuses."""
    try:
        found = getattr(thing, name)
        return found(*args) if callable(found) else found
    except (NotImplementedError, AttributeError):
        return None


PROPERTIES = "mean mode variance stddev probs logits loc scale rate df concentration temperature "
PROPERTIES += "covariance_matrix precision_matrix scale_tril entropy perplexity"


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", PROPERTIES.split())
def test_moments_and_entropy_are_pytorch_s(case, name):
    mine, wanted, leaves, others, _ = pair(case)
    found, other = called(mine, name), called(wanted, name)
    assert (found is None) == (other is None)
    if (case, name) == ("kumaraswamy", "mode"):
        return  # PyTorch's is nan for all parameters: it takes the logarithm of 1 - concentration0
    if other is not None:
        if "multinomial" in case and name in ("entropy", "perplexity"):
            agree(found, other, rtol=1e-6)  # PyTorch's has a term in float32
        else:
            agree(found, other, leaves, others, TOLERANCES.get(case, 1e-9))


@pytest.mark.filterwarnings("ignore:Singular sample detected")
@pytest.mark.parametrize("case", CASES)
def test_shapes_are_pytorch_s(case):
    mine, wanted, leaves, others, value = pair(case)
    assert (mine.batch_shape, mine.event_shape) == (wanted.batch_shape, wanted.event_shape)
    assert mine.has_rsample == wanted.has_rsample
    assert mine.has_enumerate_support == wanted.has_enumerate_support
    wide = (4, *wanted.batch_shape)
    mine, wanted = mine.expand(wide), wanted.expand(wide)
    assert (mine.batch_shape, mine.event_shape) == (wanted.batch_shape, wanted.event_shape)
    assert mine.sample((2,)).shape == wanted.sample((2,)).shape
    if value.shape == (*wanted.batch_shape[1:], *wanted.event_shape):
        found, other = mine.log_prob(tg.tensor(value)), wanted.log_prob(torch.tensor(value))
        agree(found, other, leaves, others, TOLERANCES.get(case, 1e-9))
    if wanted.has_enumerate_support:
        for expand in (True, False):
            found, other = mine.enumerate_support(expand), wanted.enumerate_support(expand)
            agree(found, other)


@pytest.mark.parametrize("case", CASES)
def test_log_prob_and_its_gradients_are_pytorch_s(case):
    mine, wanted, leaves, others, value = pair(case)
    x, y = tg.tensor(value), torch.tensor(value)
    rtol = TOLERANCES.get(case, 1e-9)
    agree(mine.log_prob(x), wanted.log_prob(y), leaves, others, rtol)
    if case not in JUMPS or "multinomial" in case:
        x.requires_grad_()
        y.requires_grad_()
        agree(mine.log_prob(x), wanted.log_prob(y), [x], [y], rtol)


def second(library, made, leaves):
    """The gradients of the squared gradients."""
    grads = library.autograd.grad(made.sum(), leaves, allow_unused=True, create_graph=True)
    grads = [g for g in grads if g is not None and g.requires_grad]
    if not grads:
        return [None] * len(leaves)
    total = sum((g * g).sum() for g in grads)
    return library.autograd.grad(total, leaves, allow_unused=True)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["log_prob", "entropy", "variance"])
def test_second_derivatives_are_pytorch_s(case, name):
    mine, wanted, leaves, others, value = pair(case)
    given = [lib.tensor(value) for lib in (tg, torch)] if name == "log_prob" else None
    found = called(mine, name, *(given[:1] if given else ()))
    other = called(wanted, name, *(given[1:] if given else ()))
    if other is None or not (found.requires_grad and other.requires_grad):
        return
    pairs = zip(second(tg, found, leaves), second(torch, other, others), strict=True)
    for own, exact in pairs:
        own = np.zeros(()) if own is None else own.array
        exact = np.zeros(()) if exact is None else exact.numpy()
        np.testing.assert_allclose(own, exact, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["cdf", "icdf"])
def test_cdf_its_inverse_and_their_gradients_are_pytorch_s(case, name):
    mine, wanted, leaves, others, value = pair(case)
    value = value if name == "cdf" else RANDOM.uniform(0.01, 0.99, (2, 3))
    x, y = (lib.tensor(value, requires_grad=True) for lib in (tg, torch))
    found, other = called(mine, name, x), called(wanted, name, y)
    assert (found is None) == (other is None)
    if other is not None and CASES[case][0] in ("Gamma", "Chi2", "InverseGamma"):
        agree(found, other, [x], [y], rtol=1e-8)  # PyTorch has no derivative in the concentration
    elif other is not None:
        agree(found, other, [*leaves, x], [*others, y], rtol=1e-8)


@pytest.mark.filterwarnings("ignore:Singular sample detected")
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("sample_shape", [(), (2,), (2, 1), [3]])
def test_samples_have_pytorch_s_shape_and_dtype(case, sample_shape):
    mine, wanted, _, _, _ = pair(case)
    drawn, other = mine.sample(sample_shape), wanted.sample(sample_shape)
    assert drawn.shape == tuple(other.shape)
    assert str(drawn.dtype) == str(other.dtype).removeprefix("torch.")


@pytest.mark.parametrize("case", CONTINUOUS)
def test_draws_are_differentiable_in_the_parameters(case):
    mine, wanted, leaves, others, _ = pair(case)
    drawn = mine.rsample((3,))
    assert drawn.requires_grad
    if "normal" in case:
        noise = (drawn.array - mine.loc.array) / mine.scale.array
        other = wanted.loc + wanted.scale * torch.tensor(noise)
    else:
        noise = (drawn.array - mine.low.array) / (mine.high.array - mine.low.array)
        other = wanted.low + (wanted.high - wanted.low) * torch.tensor(noise)
    agree(drawn, other, leaves, others)


@pytest.mark.parametrize("case", ["gamma", "chi2", "inversegamma", "beta", "dirichlet"])
def test_implicit_gradients_of_draws_are_pytorch_s(case):
    """PyTorch's are approximations that are right to about a thousandth."""
    tg.manual_seed(1)
    mine, wanted, leaves, others, _ = pair(case)
    drawn = mine.rsample((50,))
    weight = np.cos(np.arange(drawn.numel(), dtype=float)).reshape(drawn.shape)
    grads = tg.autograd.grad((drawn * tg.tensor(weight)).sum(), leaves)
    x = torch.tensor(drawn.array)
    if case in ("beta", "dirichlet"):
        ends = torch.stack((x, 1 - x), -1) if case == "beta" else x
        a = [wanted.concentration1, wanted.concentration0] if case == "beta" else others
        a = torch.stack(a, -1) if case == "beta" else a[0]
        a = a.detach().expand(ends.shape).contiguous()
        slope = torch._dirichlet_grad(ends, a, a.sum(-1, True).expand(ends.shape).contiguous())
        g = torch.tensor(weight)
        g = torch.stack((g, torch.zeros_like(g)), -1) if case == "beta" else g
        found = slope * (g - (ends * g).sum(-1, True))
        exact = [found[..., 0], found[..., 1]] if case == "beta" else [found]
    else:
        a, rate = (
            (p.detach() for p in (wanted.concentration, wanted.rate))
            if (case != "inversegamma")
            else (p.detach() for p in (wanted.base_dist.concentration, wanted.base_dist.rate))
        )
        z = (1 / x if case == "inversegamma" else x) * rate
        slope = torch._standard_gamma_grad(a.expand(z.shape).contiguous(), z)
        chain = -(x**2) if case == "inversegamma" else 1.0
        by_a = chain * slope / rate * torch.tensor(weight)
        by_rate = -chain * z / rate**2 * torch.tensor(weight)
        exact = [by_a / 2] if case == "chi2" else [by_a, by_rate]
    for own, other, leaf in zip(grads, exact, leaves, strict=True):
        shape = tuple(leaf.shape)
        total = other.sum_to_size(shape) if other.ndim else other
        np.testing.assert_allclose(own.array, total.numpy(), rtol=5e-3, atol=5e-3)


# ---------------------------------------------------------------- are the draws right?


def kolmogorov_smirnov(drawn, cdf):
    """sqrt(n) times the largest distance from the exact cdf: above 1.95 with probability 0.001."""
    x = np.sort(drawn)
    exact, n = cdf(x), len(x)
    steps = np.arange(n + 1) / n
    return max((steps[1:] - exact).max(), (exact - steps[:-1]).max()) * math.sqrt(n)


EXACT = [
    ("Normal", (2.0, 3.0)),
    ("Uniform", (-1.0, 4.0)),
    ("Laplace", (2.0, 3.0)),
    ("Cauchy", (2.0, 3.0)),
    ("Gumbel", (2.0, 3.0)),
    ("LogNormal", (0.5, 0.75)),
    ("HalfNormal", (3.0,)),
    ("HalfCauchy", (3.0,)),
    ("Exponential", (3.0,)),
    ("Gamma", (0.5, 2.0)),
    ("Gamma", (7.5, 2.0)),
    ("Chi2", (3.0,)),
    ("InverseGamma", (1.5, 2.0)),
    ("Pareto", (1.5, 2.0)),
    ("Weibull", (1.5, 2.0)),
]


@pytest.mark.parametrize(("kind", "args"), EXACT)
def test_real_draws_follow_the_exact_cdf(kind, args):
    tg.manual_seed(1)
    exact = getattr(theirs, kind)(*map(float, args), validate_args=False)
    drawn = getattr(distributions, kind)(*args).sample((20000,)).array.astype(float)
    if kind == "InverseGamma":
        exact, drawn = theirs.Gamma(*args), 1 / drawn
    assert kolmogorov_smirnov(drawn, lambda x: exact.cdf(torch.tensor(x)).numpy()) < 1.95


def test_the_same_seed_gives_the_same_draws():
    for case in CASES:
        drawn = []
        for _ in range(2):
            tg.manual_seed(7)
            drawn.append(pair(case)[0].sample((5,)).tolist())
        assert drawn[0] == drawn[1]


# ---------------------------------------------------------------- one against another


FAMILIES = {
    "Bernoulli": ({"probs": weights(3) / 2.1}, {}),
    "Beta": ({"concentration1": weights(3), "concentration0": weights(3)}, {}),
    "Binomial": ({"probs": weights(3) / 2.1}, {"total_count": 4}),
    "Categorical": ({"probs": weights(3, 4)}, {}),
    "Cauchy": ({"loc": reals(3), "scale": weights(3)}, {}),
    "Chi2": ({"df": weights(3)}, {}),
    "ContinuousBernoulli": ({"probs": np.array([0.2, 0.5, 0.7])}, {}),
    "Dirichlet": ({"concentration": weights(3, 4)}, {}),
    "Exponential": ({"rate": weights(3)}, {}),
    "Gamma": ({"concentration": weights(3), "rate": weights(3)}, {}),
    "Geometric": ({"probs": weights(3) / 2.1}, {}),
    "Gumbel": ({"loc": reals(3), "scale": weights(3)}, {}),
    "HalfCauchy": ({"scale": weights(3)}, {}),
    "HalfNormal": ({"scale": weights(3)}, {}),
    "InverseGamma": ({"concentration": weights(3), "rate": weights(3)}, {}),
    "Laplace": ({"loc": reals(3), "scale": weights(3)}, {}),
    "LogNormal": ({"loc": reals(3), "scale": weights(3)}, {}),
    "LowRankMultivariateNormal": (low_rank(2, 1, 3), {}),
    "Multinomial": ({"probs": weights(3, 4)}, {"total_count": 3}),
    "MultivariateNormal": ({"loc": reals(3, 2), "covariance_matrix": covariances(2, 3)}, {}),
    "Normal": ({"loc": reals(3), "scale": weights(3)}, {}),
    "NegativeBinomial": ({"total_count": weights(3), "probs": weights(3) / 2.1}, {}),
    "OneHotCategorical": ({"probs": weights(3, 4)}, {}),
    "Pareto": ({"scale": weights(3), "alpha": weights(3) + 2}, {}),
    "Poisson": ({"rate": weights(3)}, {}),
    "RelaxedBernoulli": ({"temperature": weights(), "probs": weights(3) / 2.1}, {}),
    "StudentT": ({"df": weights(3)}, {}),
    "Uniform": ({"low": np.array([0.1, 0.2, -0.3]), "high": np.array([0.7, 0.8, 1.5])}, {}),
    "Weibull": ({"scale": weights(3), "concentration": weights(3)}, {}),
}


def other_of(kind, name, x):
    """A parameter for the second distribution, not equal to that of the first."""
    if name in ("low", "high", "covariance_matrix"):
        return x * 1.25
    return x * 0.75 if name in ("probs", "scale") else x + 0.25


@pytest.mark.parametrize("q_kind", FAMILIES)
@pytest.mark.parametrize("p_kind", FAMILIES)
def test_the_divergence_of_every_pair_is_pytorch_s_to_second_order(p_kind, q_kind):
    (p, more), (q, q_more) = FAMILIES[p_kind], FAMILIES[q_kind]
    q = {name: other_of(q_kind, name, x) for name, x in q.items()}
    found, leaves = [], []
    for lib, home in ((tg, distributions), (torch, theirs)):
        first, second_ = (
            {k: lib.tensor(x, requires_grad=True) for k, x in parameters.items()}
            for parameters in (p, q)
        )
        pair_ = getattr(home, p_kind)(**first, **more), getattr(home, q_kind)(**second_, **q_more)
        leaves.append([*first.values(), *second_.values()])
        try:
            found.append(home.kl_divergence(*pair_))
        except NotImplementedError:
            found.append(None)
    mine, wanted = found
    assert (mine is None) == (wanted is None)
    if wanted is None:
        return
    if not torch.isfinite(wanted).all():
        agree(mine, wanted)
        return
    agree(mine, wanted, *leaves, retain=True)
    pairs = zip(second(tg, mine, leaves[0]), second(torch, wanted, leaves[1]), strict=True)
    for own, exact in pairs:
        own = np.zeros(()) if own is None else own.array
        exact = np.zeros(()) if exact is None else exact.numpy()
        np.testing.assert_allclose(own, exact, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("kind", "p", "q"),
    [
        (
            "Normal",
            {"loc": reals(3), "scale": weights(2, 1)},
            {"loc": reals(), "scale": weights(3)},
        ),
        ("Bernoulli", {"probs": weights(3) / 2.1}, {"logits": reals(3)}),
        ("Bernoulli", {"probs": [0.5, 1.0, 1.0, 0.0]}, {"probs": [1.0, 1.0, 0.5, 0.0]}),
        ("Categorical", {"probs": weights(2, 4)}, {"logits": reals(4)}),
        ("Categorical", {"probs": [[0.5, 0.5], [1.0, 0.0]]}, {"probs": [[1.0, 0.0], [0.5, 0.5]]}),
        ("Categorical", {"probs": [1.0, 0.0]}, {"probs": [1.0, 0.0]}),
    ],
)
def test_kl_divergence_is_pytorch_s(kind, p, q):
    made, leaves = [], ([], [])
    for lib, home, own in ((tg, distributions, leaves[0]), (torch, theirs, leaves[1])):
        for parameters in (p, q):
            tensors = {
                k: lib.tensor(np.asarray(x, float), requires_grad=True)
                for k, x in parameters.items()
            }
            own += tensors.values()
            made.append(getattr(home, kind)(**tensors))
    wanted = theirs.kl_divergence(*made[2:])
    mine = distributions.kl_divergence(*made[:2])
    finite = bool(torch.isfinite(wanted).all()) and kind != "Bernoulli"
    agree(mine, wanted, *(leaves if finite else ()))
    assert (mine.array > -1e-6).all()


# ---------------------------------------------------------------- arguments


@pytest.mark.parametrize("make", [make for make, _ in IMPOSSIBLE])
def test_what_is_not_possible_is_refused_by_pytorch_too(make):
    with pytest.raises((ValueError, TypeError)):
        make(theirs, torch)


@pytest.mark.parametrize(
    ("kind", "args", "value"),
    [
        ("Uniform", (0.0, 1.0), 2.0),
        ("Uniform", (0.0, 1.0), 1.0),
        ("Uniform", (0.0, 1.0), 0.0),
        ("Normal", (0.0, 1.0), 3.0),
        ("Bernoulli", (0.25,), 0.5),
    ],
)
def test_without_validation_the_formula_is_taken_as_it_is(kind, args, value):
    mine = getattr(distributions, kind)(*args, validate_args=False).log_prob(tg.tensor(value))
    wanted = getattr(theirs, kind)(*args, validate_args=False).log_prob(torch.tensor(value))
    np.testing.assert_allclose(mine.item(), wanted.item(), rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_a_distribution_shows_its_parameters(case):
    mine, wanted, *_ = pair(case)
    shown = repr(wanted)
    if "multinomial" not in case and shown[-2:] != "()":
        shown = repr(wanted).replace("torch.Size([", "(").replace("])", ")")
        assert repr(mine).replace(",)", ")") == shown
    assert repr(distributions.Normal(0.0, 2.0)) == "Normal(loc: 0.0, scale: 2.0)"


def test_impossible_outcomes_have_finite_log_prob_as_in_pytorch():
    """PyTorch keeps log p at least log eps where probs are given."""
    for kind, args, value in [
        ("Categorical", [1.0, 0.0], 1),
        ("Bernoulli", 1.0, 0.0),
        ("Multinomial", [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]),
        ("Multinomial", [1.0, 0.0, 1.0], [1.0, 0.0, 2.0]),
    ]:
        more = {"total_count": 3} if kind == "Multinomial" else {}
        mine = getattr(distributions, kind)(probs=tg.tensor(args), **more)
        wanted = getattr(theirs, kind)(probs=torch.tensor(args), **more)
        np.testing.assert_allclose(
            mine.log_prob(tg.tensor(value)).item(),
            wanted.log_prob(torch.tensor(value)).item(),
            rtol=1e-5,
        )


def test_masked_logits_are_never_drawn():
    logits = [0.0, -math.inf, 1.0]
    mine = distributions.Categorical(logits=tg.tensor(logits))
    wanted = theirs.Categorical(logits=torch.tensor(logits))
    assert 1 not in mine.sample((1000,)).tolist()
    assert mine.log_prob(tg.tensor(1)).item() == -math.inf
    np.testing.assert_allclose(mine.entropy().item(), wanted.entropy().item(), rtol=1e-6)
    counts = distributions.Multinomial(3, logits=tg.tensor(logits))
    assert np.isfinite(counts.log_prob(tg.tensor([1.0, 0.0, 2.0])).item())


@given(
    hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(-20, 20)),
    st.data(),
)
def test_any_categorical_agrees_with_pytorch(logits, data):
    mine = distributions.Categorical(logits=tg.tensor(logits))
    wanted = theirs.Categorical(logits=torch.tensor(logits))
    shape = data.draw(st.sampled_from([(), (2,)])) + logits.shape[:-1]
    places = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, logits.shape[-1] - 1)))
    agree(mine.log_prob(tg.tensor(places)), wanted.log_prob(torch.tensor(places)))
    agree(mine.entropy(), wanted.entropy())


@pytest.mark.parametrize(
    ("batch", "values"), list(itertools.product([(), (3,), (2, 1)], [(), (3,), (2, 3)]))
)
def test_values_and_parameters_broadcast(batch, values):
    mine = distributions.Normal(tg.ones(batch), 2.0).log_prob(tg.zeros(values))
    wanted = theirs.Normal(torch.ones(batch), 2.0).log_prob(torch.zeros(values))
    assert mine.shape == tuple(wanted.shape)
    table = np.ones((*batch, 4))
    mine = distributions.Categorical(tg.tensor(table)).log_prob(tg.zeros(values, dtype=tg.int64))
    wanted = theirs.Categorical(torch.tensor(table)).log_prob(
        torch.zeros(values, dtype=torch.int64)
    )
    agree(mine, wanted)


@pytest.mark.parametrize("case", JUMPS)
def test_what_jumps_has_no_derivative_in_pytorch_either(case):
    with pytest.raises(NotImplementedError):
        pair(case)[1].rsample()


# ---------------------------------------------------------------- transforms and mixtures

X = reals(4, 3)
TRANSFORMS = {
    "exp": (lambda t, lib: t.ExpTransform(), X),
    "power": (lambda t, lib: t.PowerTransform(lib.tensor(1.5).double()), weights(4, 3)),
    "sigmoid": (lambda t, lib: t.SigmoidTransform(), X),
    "softplus": (lambda t, lib: t.SoftplusTransform(), X),
    "tanh": (lambda t, lib: t.TanhTransform(), X),
    "affine": (lambda t, lib: t.AffineTransform(lib.tensor([1.0, 2, 3]).double(), -2.0), X),
    "affine of rows": (lambda t, lib: t.AffineTransform(1.0, 3.0, event_dim=1), X),
    "composed": (
        lambda t, lib: t.ComposeTransform([t.AffineTransform(0.5, 2.0), t.TanhTransform()]),
        X,
    ),
    "composed with rows": (
        lambda t, lib: t.ComposeTransform(
            [t.ExpTransform(), t.AffineTransform(1.0, 3.0, event_dim=1)]
        ),
        X,
    ),
    "independent": (lambda t, lib: t.IndependentTransform(t.ExpTransform(), 1), X),
    "reshape": (lambda t, lib: t.ReshapeTransform((3,), (3, 1)), X),
    "inverse": (lambda t, lib: t.ExpTransform().inv, weights(4, 3)),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_are_pytorch_s(name):
    make, value = TRANSFORMS[name]
    mine, wanted = make(distributions.transforms, tg), make(theirs.transforms, torch)
    x, y = (lib.tensor(value, requires_grad=True) for lib in (tg, torch))
    agree(mine(x), wanted(y), [x], [y])
    agree(mine.inv(mine(x)), wanted.inv(wanted(y)), rtol=1e-7)
    slopes = mine.log_abs_det_jacobian(x, mine(x)), wanted.log_abs_det_jacobian(y, wanted(y))
    agree(*slopes, [x], [y])
    assert mine.bijective == wanted.bijective
    assert mine.domain.event_dim == wanted.domain.event_dim
    assert mine.codomain.event_dim == wanted.codomain.event_dim
    assert mine.forward_shape((4, 3)) == wanted.forward_shape((4, 3))
    assert mine == make(distributions.transforms, tg)


def of_parts(name, **options):
    """Transforms of the columns: the exponential, and two affine ones."""
    return lambda t, lib: getattr(t, name)(
        [t.ExpTransform(), t.AffineTransform(1.0, 2.0), t.AffineTransform(0.5, -3.0)], **options
    )


TO_MATRICES = {
    "correlation of 3": (lambda t, lib: t.CorrCholeskyTransform(), X),
    "correlation of 4": (lambda t, lib: t.CorrCholeskyTransform(), reals(2, 6)),
    "correlation of 2": (lambda t, lib: t.CorrCholeskyTransform(), reals(1)),
    "lower": (lambda t, lib: t.LowerCholeskyTransform(), reals(2, 3, 3)),
    "definite": (lambda t, lib: t.PositiveDefiniteTransform(), reals(2, 3, 3)),
    "joined": (of_parts("CatTransform", dim=-1), X),
    "joined first": (of_parts("CatTransform", dim=0, lengths=[1, 2, 1]), X),
    "joined of rows": (
        lambda t, lib: t.CatTransform(
            [t.AffineTransform(1.0, 3.0, event_dim=1), t.ExpTransform()], 0, [3, 1]
        ),
        X,
    ),
    "joined within rows": (
        lambda t, lib: t.CatTransform(
            [t.AffineTransform(1.0, 3.0, event_dim=1), t.ExpTransform()], -1, [2, 1]
        ),
        X,
    ),
    "stacked": (of_parts("StackTransform", dim=-1), X),
    "stacked first": (of_parts("StackTransform", dim=0), X[:3]),
}


@pytest.mark.parametrize("name", TO_MATRICES)
def test_transforms_to_matrices_and_of_parts_are_pytorch_s(name):
    make, value = TO_MATRICES[name]
    mine, wanted = make(distributions.transforms, tg), make(theirs.transforms, torch)
    x, y = (lib.tensor(value, requires_grad=True) for lib in (tg, torch))
    agree(mine(x), wanted(y), [x], [y])
    agree(mine.inv(mine(x)), wanted.inv(wanted(y)), [x], [y], rtol=1e-7)
    if wanted.bijective:
        slopes = mine.log_abs_det_jacobian(x, mine(x)), wanted.log_abs_det_jacobian(y, wanted(y))
        agree(*slopes, [x], [y])
    assert mine.bijective == wanted.bijective
    assert mine.domain.event_dim == wanted.domain.event_dim
    assert mine.codomain.event_dim == wanted.codomain.event_dim
    assert mine == make(distributions.transforms, tg)
    if name.startswith("correlation"):
        assert mine.forward_shape(x.shape) == wanted.forward_shape(y.shape)
        shape = wanted(y).shape
        assert mine.inverse_shape(shape) == wanted.inverse_shape(shape)
        assert mine.codomain.check(mine(x)).all()


@pytest.mark.parametrize("kind", ["Normal", "Laplace", "Gumbel"])
def test_a_copula_is_pytorch_s(kind):
    made = []
    for lib, home in ((tg, distributions), (torch, theirs)):
        base = home.MultivariateNormal(lib.zeros(2).double(), lib.eye(2).double() + 0.5)
        own = getattr(home, kind)(lib.tensor(0.5).double(), lib.tensor(2.0).double())
        transform = home.transforms.CumulativeDistributionTransform(own)
        made.append(home.TransformedDistribution(base, [transform]))
    p = np.array([[0.25, 0.5], [0.75, 0.9]])
    agree(made[0].log_prob(tg.tensor(p)), made[1].log_prob(torch.tensor(p)))


C = "real real_vector positive nonnegative unit_interval simplex lower_cholesky corr_cholesky "
C += "positive_definite positive_semidefinite greater_than(2.0) greater_than_eq(-1.0) "
C += "less_than(3.0) "
C += "interval(0,1) interval(-1.0,3.0) half_open_interval(0.5,2.0) independent(positive,1) "
C += "cat([real,positive,interval(0,2)],-1) stack([real,positive,interval(0,2)],-1) boolean"


@pytest.mark.parametrize("registry", ["transform_to", "biject_to"])
@pytest.mark.parametrize("constraint", C.split())
def test_transforms_to_constraints_are_pytorch_s(registry, constraint):
    value = reals(2, 3, 3) if constraint.startswith(("lower", "positive_")) else X
    found = []
    for lib, home in ((tg, distributions), (torch, theirs)):
        region = eval(constraint, {}, vars(home.constraints))
        try:
            transform = getattr(home, registry)(region)
        except NotImplementedError:
            found.append(None)
            continue
        x = lib.tensor(value, requires_grad=True)
        found.append((transform(x), x, transform, region))
    if None in found:
        assert found == [None, None]
        return
    (mine, x, transform, region), (wanted, y, _, other) = found
    agree(mine, wanted, [x], [y])
    assert region.check(mine.detach()).all()
    assert transform.codomain.event_dim == region.event_dim == other.event_dim


@pytest.mark.parametrize("name", [n for n in TRANSFORMS if n not in ("power", "inverse")])
def test_transformed_distributions_are_pytorch_s(name):
    make, value = TRANSFORMS[name]
    made, leaves = [], []
    for lib, home in ((tg, distributions), (torch, theirs)):
        loc = lib.tensor(value[0], requires_grad=True)
        base = home.Normal(loc, lib.tensor(1.5).double())
        made.append(home.TransformedDistribution(base, [make(home.transforms, lib)]))
        leaves.append([loc])
    mine, wanted = made
    assert (mine.batch_shape, mine.event_shape) == (wanted.batch_shape, wanted.event_shape)
    assert mine.rsample((2,)).shape == wanted.rsample((2,)).shape
    torch.manual_seed(0)
    outcome = wanted.sample((5,))
    ours = tg.tensor(outcome.numpy())
    agree(mine.log_prob(ours), wanted.log_prob(outcome), *leaves, rtol=1e-7)
    wide = (4, *wanted.batch_shape)
    assert mine.expand(wide).sample().shape == wanted.expand(wide).sample().shape
    if "rows" not in name and name not in ("independent", "reshape"):
        agree(mine.cdf(ours), wanted.cdf(outcome), *leaves, rtol=1e-7)
        p = np.array([0.25, 0.5, 0.75])
        agree(mine.icdf(tg.tensor(p)), wanted.icdf(torch.tensor(p)), *leaves)


@pytest.mark.parametrize("batch", [(), (4,)])
@pytest.mark.parametrize("kind", ["numbers", "vectors"])
def test_mixtures_are_pytorch_s(batch, kind):
    made, leaves = [], []
    logits, loc = reals(*batch, 3), reals(*batch, 3, 2)
    for lib, home in ((tg, distributions), (torch, theirs)):
        own = [lib.tensor(x, requires_grad=True) for x in (logits, loc)]
        parts = home.Normal(own[1] if kind == "vectors" else own[1][..., 0], 1.5)
        parts = home.Independent(parts, 1) if kind == "vectors" else parts
        made.append(home.MixtureSameFamily(home.Categorical(logits=own[0]), parts))
        leaves.append(own)
    mine, wanted = made
    value = reals(5, *batch, 2) if kind == "vectors" else reals(5, *batch)
    x, y = tg.tensor(value), torch.tensor(value)
    agree(mine.log_prob(x), wanted.log_prob(y), *leaves)
    agree(mine.mean, wanted.mean, *leaves)
    agree(mine.variance, wanted.variance, *leaves)
    if kind == "numbers":
        agree(mine.cdf(x), wanted.cdf(y), *leaves)
    assert mine.sample((2, 3)).shape == wanted.sample((2, 3)).shape
    assert mine.expand((2, 4)).log_prob(x[0]).shape == wanted.expand((2, 4)).log_prob(y[0]).shape


CHECKED = "boolean nonnegative nonnegative_integer positive positive_integer real unit_interval "
CHECKED += "simplex real_vector one_hot lower_triangular lower_cholesky positive_definite symmetric"
CHECKED += " positive_semidefinite corr_cholesky square"
VALUES = [np.eye(3), np.ones((3, 3)), -np.eye(3), reals(3, 3), np.tril(weights(3, 3))]
VALUES += [np.full((3, 3), 1 / 3), covariances(3), np.full((3, 3), np.nan)]


@pytest.mark.parametrize("name", CHECKED.split())
def test_constraints_are_pytorch_s(name):
    mine = getattr(distributions.constraints, name)
    wanted = getattr(theirs.constraints, name)
    assert (mine.event_dim, mine.is_discrete) == (wanted.event_dim, wanted.is_discrete)
    for value in VALUES:
        if name in ("positive_definite", "positive_semidefinite") and (
            np.isnan(value).any() or np.ptp(value) == 0
        ):
            continue  # the smallest eigenvalue is 0, up to its sign
        found, other = mine.check(tg.tensor(value)), wanted.check(torch.tensor(value))
        assert found.tolist() == other.tolist(), value
    for kind, bounds in [("interval", (0, 2)), ("half_open_interval", (0, 1)), ("less_than", (1,))]:
        made = (getattr(home.constraints, kind)(*bounds) for home in (distributions, theirs))
        found, other = (m.check(lib.tensor(X)) for m, lib in zip(made, (tg, torch), strict=True))
        assert found.tolist() == other.tolist()
