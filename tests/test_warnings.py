"""A warning, or a refusal, where PyTorch has one: what is asked for is legal, and seldom meant."""

import math
import warnings

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg


@pytest.mark.parametrize(
    "ask",
    [
        lambda x: x[:1].std(),
        lambda x: tg.var(x[:1]),
        lambda x: x.reshape(1, 3).std(0),
        lambda x: x.reshape(1, 3).var(dim=0, keepdim=True),
        lambda x: x.std(correction=3),
        lambda x: x[:0].var(unbiased=False),
    ],
)
def test_the_spread_of_too_few_numbers_warns(ask):
    with pytest.warns(UserWarning, match="degrees of freedom"):
        y = ask(tg.arange(3.0))
    assert not y.isfinite().any()


@pytest.mark.parametrize(
    "warn",
    [
        lambda: nn.Dropout2d(0.5)(tg.ones(2, 2, 2)),
        lambda: nn.Sequential(nn.Dropout3d(0.5))(tg.ones(2, 2, 2)),
        lambda: F.dropout2d(tg.ones(2, 2, 2)),
        lambda: tg.corrcoef(tg.ones(2, 1)),
        lambda: np.cov(tg.ones(2, 1)),
        lambda: tg.range(1, 3),
        lambda: tg.tensor(tg.ones(2)),
        lambda: tg.ones(2).new_tensor(tg.ones(2)),
        lambda: nn.utils.clip_grad_norm((p for p in ()), 1.0),
    ],
)
def test_a_warning_names_the_users_line(warn):
    with pytest.warns() as warned, np.errstate(all="ignore"):
        warn()
    assert {w.filename for w in warned} == {__file__}


def test_what_is_right_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tg.arange(2.0).std()
        tg.ones(1, 3).std(0, unbiased=False)


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[:1],
        lambda x: x.t(),
        lambda x: (x * 2).reshape(-1),
        lambda x: x.detach()[0],
        lambda x: x.unbind()[0],
        lambda x: x.expand(4, 2, 2),
    ],
)
def test_a_view_is_not_detached_in_place(view):
    y = view(tg.ones(2, 2, requires_grad=True))
    before = y.requires_grad
    with pytest.raises(RuntimeError, match="view of another tensor"):
        y.detach_()
    assert y.requires_grad == before
    y.detach()


def test_what_only_shares_its_memory_is_detached_in_place():
    x = tg.ones(2, 2, requires_grad=True)
    for y in (x.detach(), x.data, (x * 2).contiguous(), x[:1].clone()):
        assert not y.detach_().requires_grad


def test_a_gradient_that_is_a_view_is_filled_with_zeros():
    layer, flat = nn.Linear(2, 1, bias=False), tg.ones(4)
    optimizer = nn.optim.SGD(layer.parameters(), lr=1)
    for forget in (layer.zero_grad, optimizer.zero_grad):
        flat.fill_(1)
        layer.weight.grad = flat[:2].reshape(1, 2)
        forget(set_to_none=False)
        assert layer.weight.grad.tolist() == [[0.0, 0.0]]


def test_cross_entropy_of_infinite_logits():
    x = tg.tensor([math.inf, -math.inf, 1e30, -1e30, 100.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        y = F.binary_cross_entropy_with_logits(x, tg.tensor([0.0, 1, 0, 1, 1]), reduction="none")
    assert y[0] == math.inf
    assert (y[2:4] == tg.tensor(1e30)).all()
    assert y[4] < 1e-40


def test_a_condition_is_a_tensor():
    with pytest.raises(TypeError, match="where: it takes a tensor"):
        tg.where(True, tg.ones(1), 2)


def test_a_triangle_is_the_upper_or_the_lower():
    for f in (tg.linalg.eigh, tg.linalg.eigvalsh):
        f(tg.eye(2), UPLO="U")
        with pytest.raises(RuntimeError, match="UPLO is the triangle"):
            f(tg.eye(2), UPLO="X")
