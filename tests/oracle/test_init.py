"""How parameters start: each initialiser and each layer beside PyTorch's"""

import math

import numpy as np
import pytest
import torch
from test_init import same_distribution

import nn
import tinygrad_edu as tg
from nn import init

# ---------------------------------------------------------------- layers


LAYERS = [
    "Linear(50, 2000)",
    "Linear(1, 3000)",
    "Bilinear(20, 10, 1500)",
    "Bilinear(7, 30, 2000)",
    "Conv1d(8, 2000, 5)",
    "Conv2d(6, 2000, (3, 2), groups=2)",
    "Conv3d(4, 1500, 2, stride=2)",
    "ConvTranspose1d(2000, 3, 5)",
    "ConvTranspose2d(500, 1200, 3, groups=100)",
    "ConvTranspose3d(2000, 4, 2)",
    "Embedding(200, 100)",
    "Embedding(200, 100, padding_idx=3)",
    "EmbeddingBag(200, 100)",
    "BatchNorm1d(20)",
    "BatchNorm2d(20)",
    "BatchNorm3d(20)",
    "InstanceNorm2d(20, affine=True, track_running_stats=True)",
    "GroupNorm(4, 20)",
    "LayerNorm((4, 5))",
    "RMSNorm(20)",
    "PReLU(20)",
    "PReLU(init=0.1)",
]


@pytest.mark.parametrize("code", LAYERS)
def test_a_layer_starts_as_pytorchs_does(code):
    torch.manual_seed(0)
    ours, theirs = eval(f"nn.{code}", {"nn": nn}), eval(f"torch.nn.{code}")
    mine, oracle = ours.state_dict(), theirs.state_dict()
    assert [*mine] == [*oracle]
    for name, tensor in oracle.items():
        assert mine[name].shape == tuple(tensor.shape)
        same_distribution(mine[name].numpy(), tensor.numpy())
    if "padding_idx" in code:
        assert (mine["weight"].numpy()[3] == 0).all()


# ---------------------------------------------------------------- initialisers


SHAPE = (40, 10, 3, 5)
CALLS = [
    "uniform_(x, -1, 3)",
    "normal_(x, 2, 0.1)",
    "constant_(x, 0.3)",
    "ones_(x)",
    "zeros_(x)",
    "trunc_normal_(x)",
    "trunc_normal_(x, mean=1, std=2, a=0, b=2)",
    "trunc_normal_(x, std=0.02)",
    "trunc_normal_(x, mean=-1.5, a=0, b=0.5)",
    "trunc_normal_(x, mean=2.5, std=0.5)",
    "xavier_uniform_(x, gain=2)",
    "xavier_normal_(x)",
    "kaiming_uniform_(x)",
    "kaiming_uniform_(x, a=math.sqrt(5), mode='fan_out')",
    "kaiming_normal_(x, nonlinearity='relu')",
    "kaiming_normal_(x, mode='fan_out', nonlinearity='tanh')",
    "orthogonal_(x)",
    "orthogonal_(x, gain=2)",
    "sparse_(x[:, :, 0, 0].contiguous(), 0.3, std=1.0)",
]


@pytest.mark.parametrize("code", CALLS)
def test_an_initialiser_has_pytorchs_distribution(code):
    torch.manual_seed(0)
    names = {"math": math}
    x = tg.zeros(*SHAPE)
    ours = eval(f"init.{code}", {**names, "init": init, "x": x})
    theirs = eval(f"init.{code}", {**names, "init": torch.nn.init, "x": torch.zeros(*SHAPE)})
    same_distribution(ours.numpy(), theirs.numpy())
    if "sparse" not in code:
        assert ours is x


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2), (0, 3)])
def test_eye_is_pytorchs(shape):
    ours, theirs = init.eye_(tg.ones(shape)), torch.nn.init.eye_(torch.ones(shape))
    np.testing.assert_array_equal(ours.array, theirs.numpy())


@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("shape", [(6, 2, 3), (6, 8, 4, 3), (12, 3, 2, 1, 5), (6, 0, 3)])
def test_dirac_is_pytorchs(shape, groups):
    ours = init.dirac_(tg.ones(shape), groups)
    theirs = torch.nn.init.dirac_(torch.ones(shape), groups)
    np.testing.assert_array_equal(ours.array, theirs.numpy())


@pytest.mark.parametrize(
    "nonlinearity",
    ["linear", "sigmoid", "tanh", "relu", "selu", "leaky_relu", "conv2d", "conv_transpose3d"],
)
def test_gains_are_pytorchs(nonlinearity):
    assert init.calculate_gain(nonlinearity) == torch.nn.init.calculate_gain(nonlinearity)
    wanted = torch.nn.init.calculate_gain(nonlinearity, 0.2)
    assert init.calculate_gain(nonlinearity, 0.2) == wanted
