"""Distributions: values and gradients against torch.distributions, draws against their cdf."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from test_distributions import CASES, CONTINUOUS, IMPOSSIBLE, reals, weights

import tinygrad_edu as tg
from tinygrad_edu import distributions

theirs = torch.distributions


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


def agree(mine, wanted, leaves=(), other_leaves=(), rtol=1e-9):
    assert mine.shape == tuple(wanted.shape)
    assert str(mine.dtype) == str(wanted.dtype).removeprefix("torch.")
    np.testing.assert_allclose(mine.array, wanted.detach().numpy(), rtol=rtol, atol=1e-12)
    if leaves and wanted.requires_grad:
        weight = np.cos(np.arange(wanted.numel(), dtype=float)).reshape(tuple(wanted.shape))
        grads = tg.autograd.grad((mine * tg.tensor(weight)).sum(), leaves, allow_unused=True)
        others = (wanted * torch.tensor(weight)).sum()
        others = torch.autograd.grad(others, other_leaves, retain_graph=True, allow_unused=True)
        for g, other in zip(grads, others, strict=True):
            own = np.zeros(()) if g is None else g.array
            other = np.zeros(()) if other is None else other.numpy()
            np.testing.assert_allclose(own, other, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_shapes_and_moments_are_pytorch_s(case):
    mine, wanted, leaves, others, _ = pair(case)
    assert (mine.batch_shape, mine.event_shape) == (wanted.batch_shape, wanted.event_shape)
    assert mine.has_rsample == wanted.has_rsample
    rtol = 1e-7 if "multinomial" in case else 1e-9  # PyTorch's has a term in float32
    agree(mine.entropy(), wanted.entropy(), leaves, others, rtol)
    if "categorical" not in case:
        for name in ("mean", "variance", "stddev"):
            agree(getattr(mine, name), getattr(wanted, name), leaves, others)
    for name in ("probs", "logits"):
        if hasattr(wanted, name):
            agree(getattr(mine, name), getattr(wanted, name), leaves, others)


@pytest.mark.parametrize("case", CASES)
def test_log_prob_and_its_gradients_are_pytorch_s(case):
    mine, wanted, leaves, others, value = pair(case)
    x, y = tg.tensor(value), torch.tensor(value)
    agree(mine.log_prob(x), wanted.log_prob(y), leaves, others)
    if case in CONTINUOUS or "multinomial" in case:
        x.requires_grad_()
        y.requires_grad_()
        agree(mine.log_prob(x), wanted.log_prob(y), [x], [y])


@pytest.mark.parametrize("case", ["normal", "normal of one"])
def test_cdf_and_its_gradients_are_pytorch_s(case):
    mine, wanted, leaves, others, value = pair(case)
    x, y = (lib.tensor(value, requires_grad=True) for lib in (tg, torch))
    agree(mine.cdf(x), wanted.cdf(y), [*leaves, x], [*others, y])


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


# ---------------------------------------------------------------- are the draws right?


def kolmogorov_smirnov(drawn, cdf):
    """sqrt(n) times the largest distance from the exact cdf: above 1.95 with probability 0.001."""
    x = np.sort(drawn)
    exact, n = cdf(x), len(x)
    steps = np.arange(n + 1) / n
    return max((steps[1:] - exact).max(), (exact - steps[:-1]).max()) * math.sqrt(n)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_real_draws_follow_the_exact_cdf(seed):
    tg.manual_seed(seed)
    for kind, args in [("Normal", (2.0, 3.0)), ("Uniform", (-1.0, 4.0))]:
        exact = getattr(theirs, kind)(*map(float, args), validate_args=False)
        drawn = getattr(distributions, kind)(*args).sample((20000,)).array.astype(float)
        assert kolmogorov_smirnov(drawn, lambda x, e=exact: e.cdf(torch.tensor(x)).numpy()) < 1.95


def test_the_same_seed_gives_the_same_draws():
    for case in CASES:
        drawn = []
        for _ in range(2):
            tg.manual_seed(7)
            drawn.append(pair(case)[0].sample((5,)).tolist())
        assert drawn[0] == drawn[1]


# ---------------------------------------------------------------- one against another


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
    if "multinomial" not in case:
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


@pytest.mark.parametrize("case", [name for name in CASES if name not in CONTINUOUS])
def test_what_jumps_has_no_derivative_in_pytorch_either(case):
    with pytest.raises(NotImplementedError):
        pair(case)[1].rsample()
