"""In-place activations: PyTorch's names that end with `_`."""

from __future__ import annotations

from tinygrad_edu import Tensor

from . import activation


def relu_(input: Tensor) -> Tensor:
    """In-place `relu`: x becomes max(0, x).

    Parameters
    ----------
    input : Tensor
        The tensor that is overwritten.  A leaf that requires grad is refused.

    Returns
    -------
    Tensor
        The input itself, with the new values.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([-1.0, 2.0])
    >>> F.relu_(x) is x
    True
    >>> x
    tensor([0., 2.])
    """
    return activation.relu(input, inplace=True)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place `elu`: x becomes x where x > 0, else alpha (e^x - 1).

    Parameters
    ----------
    input : Tensor
        The tensor that is overwritten.  A leaf that requires grad is refused.
    alpha : float, default 1
        The scale of the negative part.

    Returns
    -------
    Tensor
        The input itself, with the new values.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([-1.0, 2.0])
    >>> F.elu_(x) is x
    True
    >>> x
    tensor([-0.6321,  2.0000])
    """
    return activation.elu(input, alpha, inplace=True)


def selu_(input: Tensor) -> Tensor:
    """In-place `selu`: x becomes s x where x > 0, else s a (e^x - 1), with s = 1.0507, a = 1.6733.

    Parameters
    ----------
    input : Tensor
        The tensor that is overwritten.  A leaf that requires grad is refused.

    Returns
    -------
    Tensor
        The input itself, with the new values.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([-1.0, 2.0])
    >>> F.selu_(x) is x
    True
    >>> x
    tensor([-1.1113,  2.1014])
    """
    return activation.selu(input, inplace=True)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place `celu`: x becomes x where x > 0, else alpha (e^(x / alpha) - 1).

    Parameters
    ----------
    input : Tensor
        The tensor that is overwritten.  A leaf that requires grad is refused.
    alpha : float, default 1
        The scale of the negative part.

    Returns
    -------
    Tensor
        The input itself, with the new values.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([-1.0, 2.0])
    >>> F.celu_(x) is x
    True
    >>> x
    tensor([-0.6321,  2.0000])
    """
    return activation.celu(input, alpha, inplace=True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """In-place `leaky_relu`: x becomes x where x > 0, else negative_slope x.

    Parameters
    ----------
    input : Tensor
        The tensor that is overwritten.  A leaf that requires grad is refused.
    negative_slope : float, default 0.01
        The slope for x <= 0.

    Returns
    -------
    Tensor
        The input itself, with the new values.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([-1.0, 2.0])
    >>> F.leaky_relu_(x) is x
    True
    >>> x
    tensor([-0.0100,  2.0000])
    """
    return activation.leaky_relu(input, negative_slope, inplace=True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """In-place `hardtanh`: x becomes min(max(x, min_val), max_val).

    Parameters
    ----------
    input : Tensor
        The tensor that is overwritten.  A leaf that requires grad is refused.
    min_val : float, default -1
        The lower bound.
    max_val : float, default 1
        The upper bound.

    Returns
    -------
    Tensor
        The input itself, with the new values.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([-1.0, 2.0])
    >>> F.hardtanh_(x) is x
    True
    >>> x
    tensor([-1.,  1.])
    """
    return activation.hardtanh(input, min_val, max_val, inplace=True)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """In-place `threshold`: x becomes x where x > threshold, else value.

    Parameters
    ----------
    input : Tensor
        The tensor that is overwritten.  A leaf that requires grad is refused.
    threshold : float
        Values at or below it are replaced.
    value : float
        What replaces them.

    Returns
    -------
    Tensor
        The input itself, with the new values.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([-1.0, 2.0])
    >>> F.threshold_(x, 0.0, 0.0) is x
    True
    >>> x
    tensor([0., 2.])
    """
    return activation.threshold(input, threshold, value, inplace=True)


def rrelu_(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False
) -> Tensor:
    """In-place `rrelu`: x becomes x where x > 0, else s x, with random slopes s in training.

    Parameters
    ----------
    input : Tensor
        The tensor that is overwritten.  A leaf that requires grad is refused.
    lower : float, default 1/8
        The lower bound of the slopes.
    upper : float, default 1/3
        The upper bound of the slopes.
    training : bool, default False
        True draws the slopes from U[lower, upper); False uses their mean.

    Returns
    -------
    Tensor
        The input itself, with the new values.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([-1.0, 2.0])
    >>> F.rrelu_(x) is x
    True
    >>> x
    tensor([-0.2292,  2.0000])
    """
    return activation.rrelu(input, lower, upper, training, inplace=True)
