"""Initial values of parameters.

Each function fills a tensor in place, without recording that, and returns it.  fan_in and fan_out
are the numbers of inputs and outputs that a unit of the weight (out, in, ...) is connected with.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Generator, Tensor
from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.rng import numpy_generator

_GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}
_GAINS |= {f"conv{kind}{n}d": 1.0 for n in (1, 2, 3) for kind in ("", "_transpose")}

# fmt: off
__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_",
    "normal_", "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_",
    "xavier_uniform_", "zeros_",
    # PyTorch's deprecated names
    "constant", "dirac", "eye", "kaiming_normal", "kaiming_uniform", "normal", "orthogonal",
    "sparse", "uniform", "xavier_normal", "xavier_uniform",
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
    """Fill a tensor in place with samples from U[a, b).

    Parameters
    ----------
    tensor : Tensor
        The tensor to fill in place, of any shape.
    a, b : float, default 0 and 1
        The bounds.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.uniform_(tg.empty(3, 4), -1.0, 1.0).shape
    torch.Size([3, 4])
    """
    return _fill(tensor, numpy_generator(generator).uniform(a, b, tensor.shape))


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill a tensor in place with samples from N(mean, std^2).

    Parameters
    ----------
    tensor : Tensor
        The tensor to fill in place, of any shape.
    mean, std : float, default 0 and 1
        The mean and the standard deviation.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.normal_(tg.empty(3, 4), std=0.02).shape
    torch.Size([3, 4])
    """
    return _fill(tensor, numpy_generator(generator).normal(mean, std, tensor.shape))


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill a tensor in place with samples from N(mean, std^2), truncated to [a, b].

    Parameters
    ----------
    tensor : Tensor
        The tensor to fill in place, of any shape.
    mean, std : float, default 0 and 1
        The mean and the standard deviation before the truncation; std is above 0.
    a, b : float, default -2 and 2
        The bounds, in the unit of the samples.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If std is not above 0, or a is above b.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> y = nn.init.trunc_normal_(tg.empty(100))
    >>> bool((y.abs() <= 2).all())
    True
    """
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
    """Fill a tensor in place with one value.

    Parameters
    ----------
    tensor : Tensor
        The tensor to fill in place, of any shape.
    val : float
        The value.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.constant_(tg.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill a tensor in place with zeros.

    Parameters
    ----------
    tensor : Tensor
        The tensor to fill in place, of any shape.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.zeros_(tg.empty(2))
    tensor([0., 0.])
    """
    return _fill(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill a tensor in place with ones.

    Parameters
    ----------
    tensor : Tensor
        The tensor to fill in place, of any shape.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.ones_(tg.empty(2))
    tensor([1., 1.])
    """
    return _fill(tensor, 1)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix in place with the identity: ones on its diagonal, zeros elsewhere.

    Parameters
    ----------
    tensor : Tensor
        The matrix to fill; it need not be square.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If the tensor has not two dimensions.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.eye_(tg.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    _check_ndim("eye_", tensor, (2,))
    rows, columns = tensor.shape
    return _fill(tensor, np.eye(rows, columns))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the kernels of a convolution in place so that each channel passes unchanged.

    Kernel (c, c) is 1 in its middle and 0 elsewhere, all other kernels are 0; the same in each of
    the groups of output channels.

    Parameters
    ----------
    tensor : Tensor
        The weight, of shape (out, in, *sizes), with one to three sizes.
    groups : int, default 1
        How many groups the output channels are divided into.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If the tensor has not 3 to 5 dimensions, or the groups do not divide its output channels.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.dirac_(tg.empty(1, 1, 3))
    tensor([[[0., 1., 0.]]])
    """
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
    """Fill a tensor in place with a random orthogonal matrix, times a gain.

    Its rows are orthonormal, or its columns where they are fewer.

    Parameters
    ----------
    tensor : Tensor
        The weight; its dimensions after the first count as columns.
    gain : float, default 1
        What the standard deviation is multiplied by: see `calculate_gain`.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If the tensor has fewer than two dimensions.

    References
    ----------
    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks", 2014.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> w = nn.init.orthogonal_(tg.empty(2, 3))
    >>> tg.allclose(w @ w.t(), tg.eye(2), atol=1e-5)
    True
    """
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
    """Fill a matrix in place with samples from N(0, std^2), and a share of each column with zeros.

    Parameters
    ----------
    tensor : Tensor
        The matrix to fill.
    sparsity : float
        The share of each column that is 0, from 0 to 1.
    std : float, default 0.01
        The standard deviation of the others.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If the tensor has not two dimensions, or the share is not between 0 and 1.

    References
    ----------
    Martens, "Deep learning via Hessian-free optimization", 2010.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> w = nn.init.sparse_(tg.empty(4, 2), sparsity=0.5)
    >>> (w == 0).sum(0)
    tensor([2, 2])
    """
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
    """Return the gain that keeps the variance of the signal behind an activation.

    It is 1 for linear layers, convolutions and sigmoid, 5/3 for tanh, sqrt 2 for ReLU, 3/4 for SELU
    and sqrt(2 / (1 + slope^2)) for leaky ReLU.

    Parameters
    ----------
    nonlinearity : str
        The name of the activation, as in `nn.functional`.
    param : float, optional
        The negative slope of "leaky_relu", 0.01 by default.

    Returns
    -------
    float
        The gain.

    Raises
    ------
    ValueError
        If the name is not known, or the slope is no number.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.calculate_gain("leaky_relu", 1.0)
    1.0
    """
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
    """Fill a weight in place with samples from U[-a, a), a = gain sqrt(6 / (fan_in + fan_out)).

    Parameters
    ----------
    tensor : Tensor
        The weight to fill in place, of shape (out, in, ...).
    gain : float, default 1
        What the standard deviation is multiplied by: see `calculate_gain`.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If the tensor has fewer than two dimensions.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.xavier_uniform_(tg.empty(3, 4)).shape
    torch.Size([3, 4])
    """
    bound = gain * math.sqrt(6 / max(sum(_fans(tensor)), 1))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill a weight in place with samples from N(0, std^2).

    std = gain sqrt(2 / (fan_in + fan_out)).

    Parameters
    ----------
    tensor : Tensor
        The weight to fill in place, of shape (out, in, ...).
    gain : float, default 1
        What the standard deviation is multiplied by: see `calculate_gain`.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If the tensor has fewer than two dimensions.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.xavier_normal_(tg.empty(3, 4)).shape
    torch.Size([3, 4])
    """
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
    """Fill a weight in place with samples from U[-b, b), b = gain sqrt(3 / fan).

    Parameters
    ----------
    tensor : Tensor
        The weight to fill in place, of shape (out, in, ...).
    a : float, default 0
        The negative slope, if the nonlinearity is "leaky_relu".
    mode : {"fan_in", "fan_out"}
        Which number is to keep the variance: of inputs (in the forward pass), or of outputs (in the
        backward pass).
    nonlinearity : str, default "leaky_relu"
        The name of the activation that follows: see `calculate_gain`.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If the tensor has fewer than two dimensions, or a name is not known.

    References
    ----------
    He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.kaiming_uniform_(tg.empty(3, 4), nonlinearity="relu").shape
    torch.Size([3, 4])
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill a weight in place with samples from N(0, std^2), std = gain / sqrt(fan).

    Parameters
    ----------
    tensor : Tensor
        The weight to fill in place, of shape (out, in, ...).
    a : float, default 0
        The negative slope, if the nonlinearity is "leaky_relu".
    mode : {"fan_in", "fan_out"}
        Which number is to keep the variance: of inputs (in the forward pass), or of outputs (in the
        backward pass).
    nonlinearity : str, default "leaky_relu"
        The name of the activation that follows: see `calculate_gain`.
    generator : Generator, optional
        Where the random numbers are drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If the tensor has fewer than two dimensions, or a name is not known.

    References
    ----------
    He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> nn.init.kaiming_normal_(tg.empty(3, 4), nonlinearity="relu").shape
    torch.Size([3, 4])
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


# ---------------------------------------------------------------- deprecated names


def _deprecated(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function by its old name, without `_`, with PyTorch's warning."""
    new, old = function.__name__, function.__name__[:-1]

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Tensor:
        why = f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new}`."
        warnings.warn(why, FutureWarning, stacklevel=caller_level())
        return function(*args, **kwargs)

    renamed.__name__ = renamed.__qualname__ = old
    return renamed


constant = _deprecated(constant_)
dirac = _deprecated(dirac_)
eye = _deprecated(eye_)
kaiming_normal = _deprecated(kaiming_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
normal = _deprecated(normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)
uniform = _deprecated(uniform_)
xavier_normal = _deprecated(xavier_normal_)
xavier_uniform = _deprecated(xavier_uniform_)
