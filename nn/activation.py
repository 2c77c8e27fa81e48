"""Activations: elementwise nonlinear functions, and softmax along a dimension.

The functions come first, then the layers, which hold the settings of a function and call it.
Where a derivative jumps (a kink), each docstring says which value is taken there.
"""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Generator, Tensor, functions, ops, sigmoid, tanh, where
from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.functions.arguments import check_dim, check_floating, check_tensor
from tinygrad_edu.rng import numpy_generator
from tinygrad_edu.sums import in_float32

from . import init as fill
from .failing import refuse_tensor
from .module import Module, Parameter

# ---------------------------------------------------------------- functions


def _written(name: str, input: Tensor, y: Tensor, inplace: bool) -> Tensor:
    """y, or with `inplace` the input, after y was written into it."""
    return input._write(y, name) if inplace else y


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Rectified linear unit: y = max(0, x).

    The derivative is 1 for x > 0, else 0; at the kink x = 0 it is 0.  The range is [0, inf).

    Parameters
    ----------
    input : Tensor
        Of any shape.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape and dtype.

    References
    ----------
    Nair and Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines", 2010.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.relu(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 2.])
    """
    return _written("relu", input, ops.relu(input), inplace)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """ReLU with an upper bound of 6: y = min(max(0, x), 6).

    The derivative is 1 for 0 < x < 6, else 0; at the kinks x = 0 and x = 6 it is 0.  The range is
    [0, 6].

    Parameters
    ----------
    input : Tensor
        Of any shape.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape and dtype.

    References
    ----------
    Krizhevsky, "Convolutional Deep Belief Networks on CIFAR-10", 2010.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.relu6(tg.tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """Clamp to an interval: y = min(max(x, min_val), max_val).

    The derivative is 1 for min_val < x < max_val, else 0; at both kinks it is 0.  The range is
    [min_val, max_val].

    Parameters
    ----------
    input : Tensor
        Of any shape.  Integers stay integers; the bounds are then truncated to integers.
    min_val : float, default -1.0
        The lower bound.
    max_val : float, default 1.0
        The upper bound.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape and dtype.

    Raises
    ------
    ValueError
        If `min_val` is greater than `max_val`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.hardtanh(tg.tensor([-2.0, 0.5, 2.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    check_tensor(input, "hardtanh")
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val={min_val} is above max_val={max_val}; swap them")
    if input.dtype.kind in "iu":
        min_val, max_val = int(min_val), int(max_val)
    return _written("hardtanh", input, ops.hardtanh(input, min=min_val, max=max_val), inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Piecewise linear sigmoid: y = min(max(0, x / 6 + 1/2), 1).

    The derivative is 1/6 for -3 < x < 3, else 0; at the kinks x = -3 and x = 3 it is 0.  The range
    is [0, 1].

    Parameters
    ----------
    input : Tensor
        Of any shape.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape.

    References
    ----------
    Howard et al., "Searching for MobileNetV3", 2019.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.hardsigmoid(tg.tensor([-4.0, 0.0, 1.5, 4.0]))
    tensor([0.0000, 0.5000, 0.7500, 1.0000])
    """
    return _written("hardsigmoid", input, ops.hardsigmoid(input), inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """SiLU with the piecewise linear sigmoid: y = x min(max(0, x / 6 + 1/2), 1).

    The derivative is x / 3 + 1/2 for -3 < x < 3, 0 for x <= -3 and 1 for x >= 3; so it is 0 at the
    kink x = -3 and 1 at the kink x = 3.  The range is [-3/8, inf), with the minimum at x = -3/2.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape.

    References
    ----------
    Howard et al., "Searching for MobileNetV3", 2019.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.hardswish(tg.tensor([-4.0, -1.5, 1.5, 4.0]))
    tensor([-0.0000, -0.3750,  1.1250,  4.0000])
    """
    return _written("hardswish", input, ops.hardswish(input), inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """ReLU with a slope on the negative side: y = x where x > 0, else negative_slope x.

    The derivative is 1 for x > 0, else `negative_slope`, also at the kink x = 0.  With a positive
    slope the range is all real numbers.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    negative_slope : float, default 0.01
        The slope for x <= 0.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", 2013.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.leaky_relu(tg.tensor([-1.0, 0.0, 2.0]), negative_slope=0.1)
    tensor([-0.1000,  0.0000,  2.0000])
    """
    return _written("leaky_relu", input, ops.leaky_relu(input, slope=negative_slope), inplace)


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Leaky ReLU with random slopes: y = x where x > 0, else s x.

    In training, each element x <= 0 has a slope s of its own, a sample from U[lower, upper).  In
    evaluation, s is the mean (lower + upper) / 2.  The derivative is 1 for x > 0, else s, also at
    the kink x = 0.

    Parameters
    ----------
    input : Tensor
        Of any shape; floating in training.
    lower : float, default 1/8
        The lower bound of the slopes.
    upper : float, default 1/3
        The upper bound of the slopes.
    training : bool, default False
        True draws the slopes; False uses their mean.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.
    generator : Generator, optional
        Where the slopes are drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError
        If `lower` is greater than `upper`, or one of them is not finite.

    References
    ----------
    Xu, Wang, Chen and Li, "Empirical Evaluation of Rectified Activations in Convolutional Network",
    2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.rrelu(tg.tensor([-4.0, 2.0]), lower=0.2, upper=0.3)
    tensor([-1.,  2.])
    """
    if not -np.inf < lower <= upper < np.inf:
        raise ValueError(f"rrelu: lower is at most upper, both finite, not {lower=}, {upper=}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    check_floating(input, "rrelu")
    slopes = numpy_generator(generator).uniform(lower, upper, input.shape)
    factors = np.where(input.array <= 0, slopes, 1).astype(input.dtype)
    return _written("rrelu", input, input * Tensor(factors), inplace)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Leaky ReLU with learned slopes: y = x where x > 0, else w x.

    The derivatives are dy/dx = 1 and dy/dw = 0 for x > 0, else dy/dx = w and dy/dw = x, also at the
    kink x = 0.

    Parameters
    ----------
    input : Tensor, shape (N, C, ...) or any other
        Dimension 1 holds the channels.  An input of fewer than two dimensions has one channel.
    weight : Tensor, shape (1,), (C,) or ()
        One slope for all elements, or one for each channel.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    RuntimeError
        If the weight has more than one dimension, or its size is neither 1 nor C.

    References
    ----------
    He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[-1.0, -1.0], [2.0, -2.0]])
    >>> F.prelu(x, tg.tensor([0.1, 0.5]))
    tensor([[-0.1000, -0.5000],
            [ 2.0000, -1.0000]])
    """
    check_tensor(input, "prelu")
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: the slopes are (channels,) or (1,), not {tuple(weight.shape)}")
    if weight.numel() not in (1, channels):
        raise RuntimeError(
            f"prelu: {weight.numel()} slopes for an input {tuple(input.shape)} of "
            f"{channels} channels; "
            "give one, or one for each"
        )
    weight = weight.reshape(-1, *[1] * (input.ndim - 2)) if input.ndim else weight.reshape(())
    return ops.prelu(input, weight)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Exponential linear unit: y = x where x > 0, else alpha (e^x - 1).

    The derivative is 1 for x > 0, else alpha e^x; at x = 0 it is alpha, which is a kink unless
    alpha = 1.  For alpha > 0 the range is (-alpha, inf).

    Parameters
    ----------
    input : Tensor
        Of any shape.
    alpha : float, default 1.0
        The scale of the negative part; -alpha is the limit of y for very negative x.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape.

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by Exponential
    Linear Units (ELUs)", 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.elu(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.6321,  0.0000,  2.0000])
    """
    return _written("elu", input, ops.elu(input, alpha=alpha), inplace)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Continuously differentiable ELU: y = x where x > 0, else alpha (e^(x / alpha) - 1).

    The derivative is 1 for x > 0, else e^(x / alpha).  Both are 1 at x = 0, so there is no kink.
    For alpha > 0 the range is (-alpha, inf).

    Parameters
    ----------
    input : Tensor
        Of any shape.
    alpha : float, default 1.0
        For alpha > 0, -alpha is the limit of y for very negative x.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    RuntimeError
        If `alpha` is 0.

    References
    ----------
    Barron, "Continuously Differentiable Exponential Linear Units", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.celu(tg.tensor([-1.0, 0.0, 2.0]), alpha=2.0)
    tensor([-0.7869,  0.0000,  2.0000])
    """
    if alpha == 0:
        raise RuntimeError("celu: alpha=0 cannot divide x; give another alpha, such as 1.0")
    return _written("celu", input, functions.celu(input, alpha), inplace)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Scaled ELU: y = s x where x > 0, else s a (e^x - 1), with s = 1.0507 and a = 1.6733.

    With these two constants, and weights drawn with mean 0 and variance 1 / fan_in, activations
    keep mean 0 and variance 1 from layer to layer.  The derivative is s for x > 0, else s a e^x; at
    the kink x = 0 it is s a = 1.7581.  The range is (-1.7581, inf).

    Parameters
    ----------
    input : Tensor
        Of any shape.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.selu(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-1.1113,  0.0000,  2.1014])
    """
    return _written("selu", input, functions.selu(input), inplace)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Sigmoid linear unit, or swish: y = x sigmoid(x).

    The derivative is s + y (1 - s), with s = sigmoid(x).  The range is [-0.2785, inf), with the
    minimum at x = -1.2785.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.
    Ramachandran, Zoph and Le, "Searching for Activation Functions", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.silu(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.2689,  0.0000,  1.7616])
    """
    return _written("silu", input, ops.silu(input), inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Gaussian error linear unit: y = x Phi(x).

    Phi is the cumulative distribution function of the standard normal distribution.  The derivative
    is Phi(x) + x e^(-x^2 / 2) / sqrt(2 pi).  The range is [-0.1700, inf), with the minimum at
    x = -0.7518.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    approximate : {"none", "tanh"}, default "none"
        "tanh" computes y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 instead.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    RuntimeError
        If `approximate` is another string.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([-1.0, 0.0, 2.0])
    >>> F.gelu(x)
    tensor([-0.1587,  0.0000,  1.9545])
    >>> F.gelu(x, approximate="tanh")
    tensor([-0.1588,  0.0000,  1.9546])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"gelu: approximate is 'none' or 'tanh', not {approximate!r}")
    return ops.gelu_tanh(input) if approximate == "tanh" else ops.gelu(input)


def logsigmoid(input: Tensor) -> Tensor:
    """Logarithm of the sigmoid: y = log(1 / (1 + e^-x)), without overflow.

    The derivative is 1 - sigmoid(x).  The range is (-inf, 0).

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    Tensor
        Of the input's shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.logsigmoid(tg.tensor([-1000.0]))
    tensor([-1000.])
    """
    return ops.logsigmoid(input)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Smooth ReLU: y = log(1 + e^(beta x)) / beta, without overflow.

    Where beta x > threshold, y is x itself, off by at most e^-threshold / beta.  The derivative is
    sigmoid(beta x), or 1 above the threshold.  For beta > 0 the range is (0, inf).

    Parameters
    ----------
    input : Tensor
        Of any shape.
    beta : float, default 1.0
        The larger beta is, the closer the result is to `relu`.
    threshold : float, default 20.0
        The value of beta x above which y = x.

    Returns
    -------
    Tensor
        Of the input's shape.

    References
    ----------
    Dugas et al., "Incorporating Second-Order Functional Knowledge for Better Option Pricing", 2001.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.softplus(tg.tensor([-1.0, 0.0, 100.0]))
    tensor([  0.3133,   0.6931, 100.0000])
    """
    z = input if beta == 1 else input * beta
    y = -ops.logsigmoid(-z)
    smooth: Tensor = where(z > threshold, input, y if beta == 1 else y / beta)
    return smooth


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Mish: y = x tanh(log(1 + e^x)).

    The derivative is t + x sigmoid(x) (1 - t^2), with t = tanh(log(1 + e^x)).  The range is
    [-0.3088, inf), with the minimum at x = -1.1924.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape.

    References
    ----------
    Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.mish(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.3034,  0.0000,  1.9440])
    """
    return _written("mish", input, ops.mish(input), inplace)


def softsign(input: Tensor) -> Tensor:
    """Softsign: y = x / (1 + |x|).

    The derivative is 1 / (1 + |x|)^2, which is continuous.  The range is (-1, 1).

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    Tensor
        Of the input's shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.softsign(tg.tensor([-1.0, 0.0, 3.0]))
    tensor([-0.5000,  0.0000,  0.7500])
    """
    return ops.softsign(input)


def tanhshrink(input: Tensor) -> Tensor:
    """Tanhshrink: y = x - tanh(x).

    The derivative is tanh(x)^2.  The range is all real numbers.

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    Tensor
        Of the input's shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.tanhshrink(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.2384,  0.0000,  1.0360])
    """
    return ops.tanhshrink(input)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Soft thresholding: y = x - lambd for x > lambd, x + lambd for x < -lambd, else 0.

    The derivative is 1 for |x| > lambd, else 0; at the kinks |x| = lambd it is 0.  The range is all
    real numbers.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    lambd : float, default 0.5
        The threshold, at least 0.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    RuntimeError
        If `lambd` is negative or not finite.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.softshrink(tg.tensor([-2.0, 0.25, 1.0]))
    tensor([-1.5000,  0.0000,  0.5000])
    """
    if not 0 <= lambd < np.inf:
        raise RuntimeError(f"softshrink: lambd is a finite threshold, 0 or more, not {lambd}")
    return ops.softshrink(input, lambd=lambd)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Hard thresholding: y = x for |x| > lambd, else 0.

    The derivative is 1 for |x| > lambd, else 0.  y jumps at |x| = lambd, where the derivative is
    taken as 0.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    lambd : float, default 0.5
        The threshold.

    Returns
    -------
    Tensor
        Of the input's shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.hardshrink(tg.tensor([-2.0, 0.25, 1.0]))
    tensor([-2.,  0.,  1.])
    """
    return ops.hardshrink(input, lambd=lambd)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Replace what is not above a threshold: y = x where x > threshold, else value.

    The derivative is 1 for x > threshold, else 0; at x = threshold it is 0.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    threshold : float
        Elements at or below it are replaced.
    value : float
        What replaces them.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.

    Returns
    -------
    Tensor
        Of the input's shape and dtype.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.threshold(tg.tensor([-1.0, 0.5, 2.0]), 1.0, 9.0)
    tensor([9., 9., 2.])
    """
    y = functions.masked_fill(input, input <= threshold, value)
    return _written("threshold", input, y, inplace)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Gated linear unit: y = a sigmoid(b), with a and b the halves of the input along `dim`.

    Parameters
    ----------
    input : Tensor, shape (..., 2 M, ...)
        The size of dimension `dim` is even.
    dim : int, default -1
        The dimension that is split: its first half is a, its second half b.

    Returns
    -------
    Tensor, shape (..., M, ...)

    Raises
    ------
    RuntimeError
        If the input has no dimension, or an odd size along `dim`.

    References
    ----------
    Dauphin, Fan, Auli and Grangier, "Language Modeling with Gated Convolutional Networks", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.glu(tg.tensor([1.0, 2.0, 0.0, 100.0]))
    tensor([0.5000, 2.0000])
    """
    check_tensor(input, "glu")
    if input.ndim == 0:
        raise RuntimeError("glu: the input has no dimension that could be cut in half")
    size = input.size(dim)
    if size % 2:
        raise RuntimeError(
            f"glu: dimension {dim} of {tuple(input.shape)} is cut in half, so its size must be even"
        )
    x = input.transpose(dim, -1)
    y: Tensor = in_float32(_gated, x[..., : size // 2], x[..., size // 2 :])
    return y.transpose(dim, -1)


def _gated(a: Any, b: Any) -> Any:
    return a * sigmoid(b)


def _implicit(dim: int | None, x: Tensor, name: str) -> int:
    """The dimension; where none is given, PyTorch's old choice, with its warning."""
    if dim is not None:
        return dim
    check_tensor(x, name)
    chosen = 0 if x.ndim in (0, 1, 3) else 1
    warnings.warn(
        f"{name}: dim is not given, and {x.ndim} dimensions take {chosen}, as in PyTorch; write "
        f"dim={chosen}, or the dimension along which the result is to sum to 1",
        UserWarning,
        stacklevel=caller_level(),
    )
    return chosen


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Softmax along `dim`: y_i = e^x_i / sum_j e^x_j.

    The results are between 0 and 1 and sum to 1 along `dim`.  The largest x is subtracted first, so
    that nothing overflows.

    Parameters
    ----------
    input : Tensor
        Scores, of any shape.
    dim : int, optional
        The dimension along which the result sums to 1.  Without it, 0 is taken for inputs of 0, 1
        or 3 dimensions and 1 for others, with a warning.
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        Of the input's shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.softmax(tg.tensor([[1.0, 2.0, 3.0], [1000.0, 1000.0, 0.0]]), dim=1)
    tensor([[0.0900, 0.2447, 0.6652],
            [0.5000, 0.5000, 0.0000]])
    """
    y: Tensor = functions.softmax(input, _implicit(dim, input, "softmax"), dtype)
    return y


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Logarithm of softmax along `dim`: y_i = x_i - log sum_j e^x_j.

    It is finite where `softmax` is so small that it rounds to 0.

    Parameters
    ----------
    input : Tensor
        Scores, of any shape.
    dim : int, optional
        The dimension along which e^y sums to 1.  Without it, 0 is taken for inputs of 0, 1 or 3
        dimensions and 1 for others, with a warning.
    dtype : dtype, optional
        The input is cast to it first.

    Returns
    -------
    Tensor
        Of the input's shape; the values are at most 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.log_softmax(tg.tensor([0.0, 0.0, 1000.0]), dim=0)
    tensor([-1000., -1000.,     0.])
    """
    y: Tensor = functions.log_softmax(input, _implicit(dim, input, "log_softmax"), dtype)
    return y


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """Softmax of the negated input along `dim`: y_i = e^-x_i / sum_j e^-x_j.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    dim : int, optional
        The dimension along which the result sums to 1.  Without it, 0 is taken for inputs of 0, 1
        or 3 dimensions and 1 for others, with a warning.
    dtype : dtype, optional
        The negated input is cast to it first.

    Returns
    -------
    Tensor
        Of the input's shape.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.softmin(tg.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([0.6652, 0.2447, 0.0900])
    """
    y: Tensor = functions.softmax(-input, _implicit(dim, input, "softmin"), dtype)
    return y


def gumbel_softmax(
    logits: Tensor,
    tau: float = 1.0,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Sample from the Gumbel-softmax distribution: y = softmax((logits + g) / tau) along `dim`.

    g has the shape of the logits and is drawn from the standard Gumbel distribution.  The place of
    the largest y is a sample from the categorical distribution softmax(logits), and y is
    differentiable: for tau -> 0 it approaches a one-hot vector.

    Parameters
    ----------
    logits : Tensor
        Unnormalized log-probabilities, floating, of any shape.
    tau : float, default 1.0
        The temperature, above 0.
    hard : bool, default False
        If True, the result is one-hot, and its gradient is that of the soft sample (the
        straight-through estimator).
    eps : float, default 1e-10
        It has no effect, as in PyTorch.
    dim : int, default -1
        The dimension along which the result sums to 1.
    generator : Generator, optional
        Where the noise is drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        Of the shape of the logits.

    References
    ----------
    Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", 2017.
    Maddison, Mnih and Teh, "The Concrete Distribution", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> logits = tg.tensor([[0.0, 50.0, 0.0], [50.0, 0.0, 0.0]])
    >>> F.gumbel_softmax(logits, hard=True)
    tensor([[0., 1., 0.],
            [1., 0., 0.]])
    """
    check_floating(logits, "gumbel_softmax")
    noise = numpy_generator(generator).gumbel(size=logits.shape).astype(logits.dtype)
    soft: Tensor = softmax((logits + Tensor(noise)) / tau, dim)
    if not hard:
        return soft
    axis = check_dim(dim, logits.ndim, "gumbel_softmax", logits)
    largest = functions.argmax(soft, axis, True)
    one_hot = functions.scatter(functions.zeros_like(soft), axis, largest, 1.0)
    hardened: Tensor = one_hot - soft.detach() + soft
    return hardened


# ---------------------------------------------------------------- layers


class _Activation(Module):
    """Shows its settings by the names in `shown`, and `inplace` where it is set."""

    shown: ClassVar[tuple[str, ...]] = ()
    inplace = False

    def extra_repr(self) -> str:
        settings = [f"{name}={getattr(self, name)!r}" for name in self.shown]
        return ", ".join(settings + ["inplace=True"] * self.inplace)


class _Inplace(_Activation):
    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        refuse_tensor(self, "inplace", inplace)
        self.inplace = inplace


class ReLU(_Inplace):
    """Rectified linear unit: y = max(0, x).

    The derivative is 1 for x > 0, else 0; at the kink x = 0 it is 0.  The range is [0, inf).  The
    input has any shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Nair and Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines", 2010.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ReLU()(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 2.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return relu(input, self.inplace)


class LeakyReLU(_Activation):
    """ReLU with a slope on the negative side: y = x where x > 0, else negative_slope x.

    The derivative is 1 for x > 0, else `negative_slope`, also at the kink x = 0.  The input has any
    shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    negative_slope : float, default 0.01
        The slope for x <= 0.
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", 2013.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.LeakyReLU(0.2)
    >>> layer
    LeakyReLU(negative_slope=0.2)
    >>> layer(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.2000,  0.0000,  2.0000])
    """

    shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input: Tensor) -> Tensor:
        return leaky_relu(input, self.negative_slope, self.inplace)


class ELU(_Activation):
    """Exponential linear unit: y = x where x > 0, else alpha (e^x - 1).

    The derivative is 1 for x > 0, else alpha e^x; at x = 0 it is alpha, which is a kink unless
    alpha = 1.  For alpha > 0 the range is (-alpha, inf).  The input has any shape, the output the
    same.  The layer has no parameters.

    Parameters
    ----------
    alpha : float, default 1.0
        The scale of the negative part; -alpha is the limit of y for very negative x.
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by Exponential
    Linear Units (ELUs)", 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ELU()(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.6321,  0.0000,  2.0000])
    """

    shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Tensor) -> Tensor:
        return elu(input, self.alpha, self.inplace)


class CELU(_Activation):
    """Continuously differentiable ELU: y = x where x > 0, else alpha (e^(x / alpha) - 1).

    The derivative is 1 for x > 0, else e^(x / alpha).  Both are 1 at x = 0, so there is no kink.
    For alpha > 0 the range is (-alpha, inf).  The input has any shape, the output the same.  The
    layer has no parameters.

    Parameters
    ----------
    alpha : float, default 1.0
        For alpha > 0, -alpha is the limit of y for very negative x.  It must not be 0.
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Barron, "Continuously Differentiable Exponential Linear Units", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.CELU(2.0)(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.7869,  0.0000,  2.0000])
    """

    shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Tensor) -> Tensor:
        return celu(input, self.alpha, self.inplace)


class SELU(_Inplace):
    """Scaled ELU: y = s x where x > 0, else s a (e^x - 1), with s = 1.0507 and a = 1.6733.

    With these two constants, and weights drawn with mean 0 and variance 1 / fan_in, activations
    keep mean 0 and variance 1 from layer to layer.  The derivative is s for x > 0, else s a e^x; at
    the kink x = 0 it is s a = 1.7581.  The range is (-1.7581, inf).  The input has any shape, the
    output the same.  The layer has no parameters.

    Parameters
    ----------
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.SELU()(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-1.1113,  0.0000,  2.1014])
    """

    def forward(self, input: Tensor) -> Tensor:
        return selu(input, self.inplace)


class GELU(_Activation):
    """Gaussian error linear unit: y = x Phi(x).

    Phi is the cumulative distribution function of the standard normal distribution.  The range is
    [-0.1700, inf), with the minimum at x = -0.7518.  The input has any shape, the output the same.
    The layer has no parameters.

    Parameters
    ----------
    approximate : {"none", "tanh"}, default "none"
        "tanh" computes y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 instead.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.GELU()(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.1587,  0.0000,  1.9545])
    """

    shown = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return gelu(input, self.approximate)


class SiLU(_Inplace):
    """Sigmoid linear unit, or swish: y = x sigmoid(x).

    The derivative is s + y (1 - s), with s = sigmoid(x).  The range is [-0.2785, inf), with the
    minimum at x = -1.2785.  The input has any shape, the output the same.  The layer has no
    parameters.

    Parameters
    ----------
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.
    Ramachandran, Zoph and Le, "Searching for Activation Functions", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.SiLU()(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.2689,  0.0000,  1.7616])
    """

    def forward(self, input: Tensor) -> Tensor:
        return silu(input, self.inplace)


class Mish(_Inplace):
    """Mish: y = x tanh(log(1 + e^x)).

    The range is [-0.3088, inf), with the minimum at x = -1.1924.  The input has any shape, the
    output the same.  The layer has no parameters.

    Parameters
    ----------
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Mish()(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.3034,  0.0000,  1.9440])
    """

    def forward(self, input: Tensor) -> Tensor:
        return mish(input, self.inplace)


class Sigmoid(Module):
    """Logistic sigmoid: y = 1 / (1 + e^-x).

    The derivative is y (1 - y).  The range is (0, 1).  The input has any shape, the output the
    same.  The layer has no parameters.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Sigmoid()(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([0.2689, 0.5000, 0.8808])
    """

    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = sigmoid(input)
        return y


class LogSigmoid(Module):
    """Logarithm of the sigmoid: y = log(1 / (1 + e^-x)), without overflow.

    The derivative is 1 - sigmoid(x).  The range is (-inf, 0).  The input has any shape, the output
    the same.  The layer has no parameters.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.LogSigmoid()(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-1.3133, -0.6931, -0.1269])
    """

    def forward(self, input: Tensor) -> Tensor:
        return logsigmoid(input)


class Softplus(_Activation):
    """Smooth ReLU: y = log(1 + e^(beta x)) / beta, without overflow.

    Where beta x > threshold, y is x itself, off by at most e^-threshold / beta.  The derivative is
    sigmoid(beta x), or 1 above the threshold.  For beta > 0 the range is (0, inf).  The input has
    any shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    beta : float, default 1.0
        The larger beta is, the closer the result is to `ReLU`.
    threshold : float, default 20.0
        The value of beta x above which y = x.

    References
    ----------
    Dugas et al., "Incorporating Second-Order Functional Knowledge for Better Option Pricing", 2001.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Softplus()(tg.tensor([-1.0, 0.0, 100.0]))
    tensor([  0.3133,   0.6931, 100.0000])
    """

    shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Tensor) -> Tensor:
        return softplus(input, self.beta, self.threshold)


class Tanh(Module):
    """Hyperbolic tangent: y = (e^x - e^-x) / (e^x + e^-x).

    The derivative is 1 - y^2.  The range is (-1, 1).  The input has any shape, the output the same.
    The layer has no parameters.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Tanh()(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.7616,  0.0000,  0.9640])
    """

    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = tanh(input)
        return y


class Tanhshrink(Module):
    """Tanhshrink: y = x - tanh(x).

    The derivative is tanh(x)^2.  The range is all real numbers.  The input has any shape, the
    output the same.  The layer has no parameters.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Tanhshrink()(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.2384,  0.0000,  1.0360])
    """

    def forward(self, input: Tensor) -> Tensor:
        return tanhshrink(input)


class Softsign(Module):
    """Softsign: y = x / (1 + |x|).

    The derivative is 1 / (1 + |x|)^2, which is continuous.  The range is (-1, 1).  The input has
    any shape, the output the same.  The layer has no parameters.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Softsign()(tg.tensor([-1.0, 0.0, 3.0]))
    tensor([-0.5000,  0.0000,  0.7500])
    """

    def forward(self, input: Tensor) -> Tensor:
        return softsign(input)


class Hardtanh(_Activation):
    """Clamp to an interval: y = min(max(x, min_val), max_val).

    The derivative is 1 for min_val < x < max_val, else 0; at both kinks it is 0.  The range is
    [min_val, max_val].  The input has any shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    min_val : float, default -1.0
        The lower bound.
    max_val : float, default 1.0
        The upper bound, greater than `min_val`.
    inplace : bool, default False
        If True, the result is written into the input, which is returned.
    min_value, max_value : float, optional
        Deprecated names of `min_val` and `max_val`.

    Raises
    ------
    ValueError
        If `min_val` is not less than `max_val`.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Hardtanh(-2.0, 2.0)(tg.tensor([-3.0, 0.5, 4.0]))
    tensor([-2.0000,  0.5000,  2.0000])
    """

    shown: ClassVar[tuple[str, ...]] = ("min_val", "max_val")

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        if min_value is not None:
            warnings.warn(
                "Hardtanh: min_value is now min_val", FutureWarning, stacklevel=caller_level()
            )
            min_val = min_value
        if max_value is not None:
            warnings.warn(
                "Hardtanh: max_value is now max_val", FutureWarning, stacklevel=caller_level()
            )
            max_val = max_value
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: min_val={min_val} is below max_val, which is {max_val}")
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, input: Tensor) -> Tensor:
        return hardtanh(input, self.min_val, self.max_val, self.inplace)


class ReLU6(Hardtanh):
    """ReLU with an upper bound of 6: y = min(max(0, x), 6).

    The derivative is 1 for 0 < x < 6, else 0; at the kinks x = 0 and x = 6 it is 0.  The range is
    [0, 6].  The input has any shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Krizhevsky, "Convolutional Deep Belief Networks on CIFAR-10", 2010.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ReLU6()(tg.tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """

    shown = ()

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)


class Hardsigmoid(_Inplace):
    """Piecewise linear sigmoid: y = min(max(0, x / 6 + 1/2), 1).

    The derivative is 1/6 for -3 < x < 3, else 0; at the kinks x = -3 and x = 3 it is 0.  The range
    is [0, 1].  The input has any shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Howard et al., "Searching for MobileNetV3", 2019.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Hardsigmoid()(tg.tensor([-4.0, 0.0, 1.5, 4.0]))
    tensor([0.0000, 0.5000, 0.7500, 1.0000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        return ""  # as PyTorch's


class Hardswish(_Inplace):
    """SiLU with the piecewise linear sigmoid: y = x min(max(0, x / 6 + 1/2), 1).

    The derivative is x / 3 + 1/2 for -3 < x < 3, 0 for x <= -3 and 1 for x >= 3; so it is 0 at the
    kink x = -3 and 1 at the kink x = 3.  The range is [-3/8, inf), with the minimum at x = -3/2.
    The input has any shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Howard et al., "Searching for MobileNetV3", 2019.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Hardswish()(tg.tensor([-4.0, -1.5, 1.5, 4.0]))
    tensor([-0.0000, -0.3750,  1.1250,  4.0000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        return ""  # as PyTorch's


class Softshrink(Module):
    """Soft thresholding: y = x - lambd for x > lambd, x + lambd for x < -lambd, else 0.

    The derivative is 1 for |x| > lambd, else 0; at the kinks |x| = lambd it is 0.  The range is all
    real numbers.  The input has any shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    lambd : float, default 0.5
        The threshold, at least 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Softshrink()(tg.tensor([-2.0, 0.25, 1.0]))
    tensor([-1.5000,  0.0000,  0.5000])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(Module):
    """Hard thresholding: y = x for |x| > lambd, else 0.

    The derivative is 1 for |x| > lambd, else 0.  y jumps at |x| = lambd, where the derivative is
    taken as 0.  The input has any shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    lambd : float, default 0.5
        The threshold.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Hardshrink()(tg.tensor([-2.0, 0.25, 1.0]))
    tensor([-2.,  0.,  1.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Threshold(_Activation):
    """Replace what is not above a threshold: y = x where x > threshold, else value.

    The derivative is 1 for x > threshold, else 0; at x = threshold it is 0.  The input has any
    shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    threshold : float
        Elements at or below it are replaced.
    value : float
        What replaces them.
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Threshold(1.0, 9.0)(tg.tensor([-1.0, 0.5, 2.0]))
    tensor([9., 9., 2.])
    """

    shown = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, input: Tensor) -> Tensor:
        return threshold(input, self.threshold, self.value, self.inplace)


class GLU(_Activation):
    """Gated linear unit: y = a sigmoid(b), with a and b the halves of the input along `dim`.

    The input has shape (..., 2 M, ...), the output (..., M, ...).  The layer has no parameters.

    Parameters
    ----------
    dim : int, default -1
        The dimension that is split, of even size: its first half is a, its second half b.

    References
    ----------
    Dauphin, Fan, Auli and Grangier, "Language Modeling with Gated Convolutional Networks", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.GLU()(tg.randn(4, 6)).shape
    torch.Size([4, 3])
    """

    shown = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return glu(input, self.dim)


class PReLU(Module):
    """Leaky ReLU with learned slopes: y = x where x > 0, else w x.

    The derivatives are dy/dx = 1 and dy/dw = 0 for x > 0, else dy/dx = w and dy/dw = x, also at the
    kink x = 0.  The input has shape (N, C, ...), the output the same; with one slope, the input has
    any shape.  The state dict holds `weight`, of shape (num_parameters,), with the initial value
    `init`.

    Parameters
    ----------
    num_parameters : int, default 1
        1 for one slope that all elements share, or C for one slope for each channel, dimension 1.
    init : float, default 0.25
        The initial slope.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the slopes; None stands for the default dtype.

    References
    ----------
    He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.PReLU()
    >>> layer(tg.tensor([-1.0, 2.0])).detach()
    tensor([-0.2500,  2.0000])
    >>> dict(layer.state_dict())
    {'weight': tensor([0.2500])}
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(tg.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set each slope to `init`, the value that was given to the constructor."""
        fill.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(_Activation):
    """Leaky ReLU with random slopes: y = x where x > 0, else s x.

    In training, each element x <= 0 has a slope s of its own, a sample from U[lower, upper).  In
    evaluation, s is the mean (lower + upper) / 2.  The derivative is 1 for x > 0, else s, also at
    the kink x = 0.  The input has any shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    lower : float, default 1/8
        The lower bound of the slopes.
    upper : float, default 1/3
        The upper bound of the slopes.
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Xu, Wang, Chen and Li, "Empirical Evaluation of Rectified Activations in Convolutional Network",
    2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.RReLU(0.2, 0.3).eval()(tg.tensor([-4.0, 2.0]))
    tensor([-1.,  2.])
    """

    shown = ("lower", "upper")

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Tensor) -> Tensor:
        return rrelu(input, self.lower, self.upper, self.training, self.inplace)


class _AlongDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        refuse_tensor(self, "dim", dim)
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """Softmax along `dim`: y_i = e^x_i / sum_j e^x_j.

    The results are between 0 and 1 and sum to 1 along `dim`.  The input has any shape, the output
    the same.  The layer has no parameters.

    Parameters
    ----------
    dim : int, optional
        The dimension along which the output sums to 1.  Without it, 0 is taken for inputs of 0, 1
        or 3 dimensions and 1 for others, with a warning.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Softmax(dim=1)(tg.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]))
    tensor([[0.0900, 0.2447, 0.6652],
            [0.3333, 0.3333, 0.3333]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return softmax(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels, at each position of an image.

    The input has shape (N, C, H, W) or (C, H, W), the output the same; at each n, h and w it sums
    to 1 over the channels.  The layer has no parameters.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Softmax2d()(tg.randn(2, 3, 4, 5)).sum(1).shape
    torch.Size([2, 4, 5])
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise ValueError(
                f"Softmax2d: the input is (N, C, H, W) or (C, H, W), not {tuple(input.shape)}"
            )
        return softmax(input, -3)


class Softmin(_AlongDim):
    """Softmax of the negated input along `dim`: y_i = e^-x_i / sum_j e^-x_j.

    The input has any shape, the output the same.  The layer has no parameters.

    Parameters
    ----------
    dim : int, optional
        The dimension along which the output sums to 1.  Without it, 0 is taken for inputs of 0, 1
        or 3 dimensions and 1 for others, with a warning.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.Softmin(dim=0)(tg.tensor([1.0, 2.0, 3.0]))
    tensor([0.6652, 0.2447, 0.0900])
    """

    def forward(self, input: Tensor) -> Tensor:
        return softmin(input, self.dim)


class LogSoftmax(_AlongDim):
    """Logarithm of softmax along `dim`: y_i = x_i - log sum_j e^x_j.

    It is finite where `Softmax` is so small that it rounds to 0.  The input has any shape, the
    output the same; the values are at most 0.  The layer has no parameters.

    Parameters
    ----------
    dim : int, optional
        The dimension along which e^y sums to 1.  Without it, 0 is taken for inputs of 0, 1 or 3
        dimensions and 1 for others, with a warning.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.LogSoftmax(dim=0)(tg.tensor([1.0, 2.0, 3.0]))
    tensor([-2.4076, -1.4076, -0.4076])
    """

    def forward(self, input: Tensor) -> Tensor:
        return log_softmax(input, self.dim)
