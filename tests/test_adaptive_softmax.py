"""Adaptive softmax: its probabilities, its loss, its settings."""

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck

X = np.random.default_rng(0).standard_normal((6, 8))
TARGET = tg.tensor([0, 11, 4, 2, 6, 7])


def layer(**settings):
    tg.manual_seed(0)
    return nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], div_value=2.0, **settings).double()


def test_its_probabilities_sum_to_1_and_its_loss_is_of_the_targets():
    soft = layer()
    log_prob = soft.log_prob(tg.tensor(X))
    assert log_prob.shape == (6, 12)
    np.testing.assert_allclose(log_prob.exp().sum(1).array, 1)
    output, loss = soft(tg.tensor(X), TARGET)
    right = log_prob.gather(1, TARGET[:, None])[:, 0]
    np.testing.assert_allclose(output.array, right.array)
    np.testing.assert_allclose(loss.item(), -right.array.mean())
    assert tg.equal(soft.predict(tg.tensor(X)), log_prob.argmax(1))
    alone = soft(tg.tensor(X[1]), TARGET[1])
    assert alone.output.shape == ()
    np.testing.assert_allclose(alone.loss.item(), -right[1].item())


def test_its_derivatives_to_second_order():
    soft = layer(head_bias=True)
    gradcheck(lambda x: soft(x, TARGET).loss, (X,), order=2)
    soft(tg.tensor(X), TARGET).loss.backward()
    assert all(p.grad.abs().sum() > 0 for p in soft.parameters())


def test_its_parameters_are_named_as_pytorch_names_them():
    shapes = {name: tuple(p.shape) for name, p in layer().state_dict().items()}
    assert shapes == {
        "head.weight": (5, 8),
        "tail.0.0.weight": (4, 8),
        "tail.0.1.weight": (4, 4),
        "tail.1.0.weight": (2, 8),
        "tail.1.1.weight": (5, 2),
    }
    assert "head.bias" in layer(head_bias=True).state_dict()
    soft = layer()
    before = [p.array.copy() for p in soft.parameters()]
    soft.reset_parameters()
    assert all((p.array != old).any() for p, old in zip(soft.parameters(), before, strict=True))


@pytest.mark.parametrize("cutoffs", [[], [3, 3], [7, 3], [0, 3], [3, 12], [2.5]])
def test_cutoffs_are_increasing_integers(cutoffs):
    with pytest.raises(ValueError, match="cutoffs are increasing integers"):
        nn.AdaptiveLogSoftmaxWithLoss(8, 12, cutoffs)


@pytest.mark.parametrize(
    ("shape", "target", "words"),
    [
        ((2, 8), [0], r"given: \(2, 8\) and \(1,\)"),
        ((8,), [0], r"\(8,\) and \(1,\)"),
        ((1, 8), 0, r"\(1, 8\) and \(\)"),
        ((1, 8), [[0]], r"\(1, 1\)"),
        ((2, 8), [0, 12], r"n_classes - 1 = 11; given: 0 to 12"),
        ((2, 8), [-1, 0], r"given: -1 to 0"),
    ],
)
def test_what_does_not_fit_an_adaptive_softmax_is_refused(shape, target, words):
    with pytest.raises(RuntimeError, match=words):
        nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7])(tg.ones(shape), tg.tensor(target))
