"""How parameters start.

Each function fills a tensor in place, outside the record, and returns it.  fan_in and fan_out are
the numbers of inputs and outputs that one unit of a weight (out, in, ...) is connected with.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Generator, Tensor
from tinygrad_edu.rng import numpy_generator

_GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}
_GAINS |= {f"conv{kind}{n}d": 1.0 for n in (1, 2, 3) for kind in ("", "_transpose")}

# fmt: off
__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_",
    "normal_", "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_",
    "xavier_uniform_", "zeros_",
]
# fmt: on


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]


def _fill(tensor: Tensor, values: Any) -> Tensor:
    with tg.no_grad():
        tensor[...] = values
    return tensor


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Numbers uniform in [a, b)."""
    return _fill(tensor, numpy_generator(generator).uniform(a, b, tensor.shape))


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Numbers of the normal distribution with this mean and standard deviation."""
    return _fill(tensor, numpy_generator(generator).normal(mean, std, tensor.shape))


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Numbers of the normal distribution with this mean and standard deviation, those outside
    [a, b] drawn again."""
    if not (std > 0 and a <= b):
        raise ValueError(f"trunc_normal_: std is above 0 and a at most b, not {std=}, {a=}, {b=}")
    rng = numpy_generator(generator)
    below_b, below_a = [math.erf((x - mean) / std / math.sqrt(2)) / 2 for x in (b, a)]
    top = min(max(mean, a), b)  # where the density is largest
    y, missing = np.empty(tensor.numel()), np.arange(tensor.numel())
    while missing.size:
        if below_b - below_a > 0.3:
            drawn = rng.normal(mean, std, missing.size)
            kept = (a <= drawn) & (drawn <= b)
        else:  # few would be inside; draw there, and keep as the density has it
            drawn = rng.uniform(a, b, missing.size)
            density = np.exp(((top - mean) ** 2 - (drawn - mean) ** 2) / (2 * std**2))
            kept = rng.random(missing.size) < density
        y[missing[kept]] = drawn[kept]
        missing = missing[~kept]
    return _fill(tensor, y.reshape(tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Every number `val`."""
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Every number 0."""
    return _fill(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """Every number 1."""
    return _fill(tensor, 1)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix, or as much of it as the sizes of the matrix allow."""
    _check_ndim("eye_", tensor, (2,))
    rows, columns = tensor.shape
    return _fill(tensor, np.eye(rows, columns))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Kernels, (out, in, sizes), that pass channel c on as channel c, as far as there are as many:
    1 in the middle of kernel (c, c), else 0; so in each of the `groups` of output channels."""
    _check_ndim("dirac_", tensor, (3, 4, 5))
    if groups < 1 or tensor.shape[0] % groups:
        raise ValueError(
            f"dirac_: {tensor.shape[0]} output channels do not fall into {groups} groups of equal "
            "size"
        )
    each = tensor.shape[0] // groups
    channel = np.arange(min(each, tensor.shape[1]))
    kernels: Any = np.zeros(tensor.shape)
    for first in range(0, tensor.shape[0], max(each, 1)):
        kernels[(first + channel, channel, *[size // 2 for size in tensor.shape[2:]])] = 1
    return _fill(tensor, kernels)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """`gain` times a random matrix whose rows, or columns where they are fewer, are orthonormal
    (Saxe et al., 2014); dimensions after the first count as columns."""
    if tensor.ndim < 2:
        raise ValueError(
            f"orthogonal_: a tensor of shape {tuple(tensor.shape)} is no matrix; it needs two "
            "dimensions or more"
        )
    if tensor.numel() == 0:
        return tensor
    rows = tensor.shape[0]
    shape = (rows, tensor.numel() // rows)
    q, r = np.linalg.qr(numpy_generator(generator).normal(size=(max(shape), min(shape))))
    q *= np.sign(np.diagonal(r))  # else not every such matrix would be equally likely
    return _fill(tensor, gain * (q.T if rows < shape[1] else q).reshape(tensor.shape))


def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """A matrix of normal numbers with this standard deviation, of which in each column a part,
    `sparsity`, is 0  (Martens, 2010)."""
    _check_ndim("sparse_", tensor, (2,))
    if not 0 <= sparsity <= 1:
        raise ValueError(
            f"sparse_: sparsity is the part that is 0, between 0 and 1, not {sparsity}"
        )
    rng = numpy_generator(generator)
    places = rng.random(tensor.shape).argsort(axis=0)  # the rows of each column, shuffled
    kept = places >= math.ceil(sparsity * tensor.shape[0])
    return _fill(tensor, rng.normal(0, std, tensor.shape) * kept)


def _check_ndim(name: str, tensor: Tensor, wanted: tuple[int, ...]) -> None:
    if tensor.ndim not in wanted:
        raise ValueError(
            f"{name}: the tensor has {' or '.join(map(str, wanted))} dimensions, not the shape "
            f"{tuple(tensor.shape)}"
        )


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By what a nonlinearity has to be made up for, so that the variance stays: sqrt 2 for ReLU."""
    if nonlinearity == "leaky_relu":
        if isinstance(param, bool) or not isinstance(param, int | float | None):
            raise ValueError(f"calculate_gain: the slope of leaky_relu is a number, not {param!r}")
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(
            f"calculate_gain: unknown nonlinearity {nonlinearity!r}; known are leaky_relu, "
            f"{', '.join(_GAINS)}"
        )
    return _GAINS[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    if tensor.ndim < 2:
        raise ValueError(
            f"init: a tensor of shape {tuple(tensor.shape)} has no fan_in and fan_out; it "
            "needs (out, in)"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform in [-a, a], a = gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010)."""
    bound = gain * math.sqrt(6 / max(sum(_fans(tensor)), 1))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal with std = gain sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / max(sum(_fans(tensor)), 1)), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"kaiming: mode is 'fan_in' or 'fan_out', not {mode!r}")
    fan = _fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fan, 1))


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Uniform in [-b, b], b = gain sqrt(3 / fan) (He et al., 2015)."""
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Normal with std = gain / sqrt(fan) (He et al., 2015)."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)
