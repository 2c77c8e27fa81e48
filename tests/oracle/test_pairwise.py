"""Distances of all pairs of rows: beside PyTorch, whose pdist crashes on some empty shapes."""

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

X = np.random.default_rng(0).normal(size=(4, 3))


@pytest.mark.parametrize("p", [0.0, 1.0, 2.0, 3.0, float("inf")])
def test_pdist_and_its_gradient(p):
    ours, theirs = tg.tensor(X, requires_grad=True), torch.tensor(X, requires_grad=True)
    mine, right = tg.pdist(ours, p), torch.pdist(theirs, p)
    np.testing.assert_allclose(mine.detach().numpy(), right.detach().numpy(), 1e-12)
    if p:
        weights = np.arange(1.0, 7.0)
        (mine * tg.tensor(weights)).sum().backward()
        (right * torch.tensor(weights)).sum().backward()
        np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), 1e-10)
