"""Layers by the names of older scripts: what they compute, and what they warn of."""

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck


def test_nll_loss_2d_is_nll_loss_and_warns():
    with pytest.warns(FutureWarning, match="Please use `NLLLoss` instead"):
        loss = nn.NLLLoss2d(ignore_index=1, reduction="sum")
    x, t = tg.randn(2, 3, 4, 5), tg.randint(0, 3, (2, 4, 5))
    assert tg.equal(loss(x, t), F.nll_loss(x, t, ignore_index=1, reduction="sum"))
    assert isinstance(loss, nn.NLLLoss)


@pytest.mark.parametrize("size", [1, 3, 4, 5])
def test_cross_map_normalization_sums_over_an_odd_number_of_channels(size):
    x, h = np.random.default_rng(0).standard_normal((2, 6, 2, 3)), (size - 1) // 2
    sums = [(x[:, max(c - h, 0) : c + h + 1] ** 2).sum(1) for c in range(6)]
    right = x / (2 + 0.3 / size * np.stack(sums, 1)) ** 0.75
    layer = nn.CrossMapLRN2d(size, 0.3, 0.75, 2)
    np.testing.assert_allclose(layer(tg.tensor(x)).array, right)
    gradcheck(layer, (x[:1, :4, :1, :2],), order=2)
    with pytest.raises(ValueError, match=r"4-D.*given: \(3, 4\)"):
        layer(tg.ones(3, 4))
