"""Grid sampling and unpooling, by hand."""

import numpy as np
import pytest

import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align", [True, False])
def test_grid_sample_has_derivatives_to_second_order(mode, padding, align):
    rng = np.random.default_rng(0)
    x, grid = rng.normal(size=(1, 1, 3, 4)), rng.uniform(-1.9, 1.9, (1, 2, 2, 2))
    gradcheck(lambda x, g: F.grid_sample(x, g, mode, padding, align), (x, grid), order=2)


def test_the_identity_gives_the_image_back():
    x = tg.arange(12.0).reshape(1, 1, 3, 4)
    theta = tg.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    for align in (True, False):
        grid = F.affine_grid(theta, x.shape, align)
        for mode in ("bilinear", "nearest", "bicubic"):
            y = F.grid_sample(x, grid, mode, align_corners=align)
            np.testing.assert_allclose(y.array, x.array, atol=1e-5)


def test_without_align_corners_it_is_said():
    with pytest.warns(UserWarning, match="without align_corners=, False is taken"):
        F.affine_grid(tg.ones(1, 2, 3), (1, 1, 2, 2))
    with pytest.warns(UserWarning, match="grid_sample: without align_corners="):
        F.grid_sample(tg.ones(1, 1, 2, 2), tg.zeros(1, 1, 1, 2))


def test_unpooling_has_a_gradient_and_takes_one_example_alone():
    x = tg.tensor([[1.0, 5.0, 2.0, 3.0]], requires_grad=True)
    y, places = F.max_pool1d(x, 2, return_indices=True)
    z = F.max_unpool1d(y, places, 2)
    assert z.tolist() == [[0.0, 5.0, 0.0, 3.0]]
    (z * z).sum().backward()
    assert x.grad.tolist() == [[0.0, 10.0, 0.0, 6.0]]
    with pytest.raises(RuntimeError, match="indices count the 4 places"):
        F.max_unpool1d(y, places + 4, 2)
