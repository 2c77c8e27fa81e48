"""Dropout: in training, elements or whole channels are set to 0 at random.

What remains is divided by 1 - p, so that the mean of each element is unchanged and nothing has to
be done in evaluation.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_edu import Generator, Tensor, functions, ops
from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.functions.arguments import check_tensor
from tinygrad_edu.rng import numpy_generator

from .failing import refuse_tensor
from .module import Module

# ---------------------------------------------------------------- functions


def check_probability(name: str, p: float) -> None:
    """Raise a ValueError unless 0 <= p <= 1."""
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p is the probability of being dropped, between 0 and 1, not {p}")


def dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Set each element to 0 with probability p, and divide the others by 1 - p.

    y = x m / (1 - p), where each element of the mask m is drawn from Bernoulli(1 - p).  The
    gradient with respect to x is g m / (1 - p).  In evaluation, y = x.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    p : float, default 0.5
        The probability that an element is dropped, in [0, 1].
    training : bool, default True
        If False, the input itself is returned.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.
    generator : Generator, optional
        Where the mask is drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError
        If p is not in [0, 1].

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: A Simple Way to Prevent
    Neural Networks from Overfitting", 2014.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.ones(6)
    >>> F.dropout(x, 0.5, generator=tg.Generator().manual_seed(0))
    tensor([2., 2., 2., 0., 0., 0.])
    >>> F.dropout(x, 0.5, training=False) is x
    True
    """
    check_probability("dropout", p)
    check_tensor(input, "dropout")
    if not training or p == 0:
        return input
    y = dropped(input, input.shape, p, generator)
    return input._write(y, "dropout") if inplace else y


def dropout1d(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Set each channel of a sequence to 0 with probability p, and divide the others by 1 - p.

    y_ncl = x_ncl m_nc / (1 - p), where each m_nc is drawn from Bernoulli(1 - p).  In evaluation,
    y = x.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
    p : float, default 0.5
        The probability that a channel is dropped, in [0, 1].
    training : bool, default True
        If False, the input itself is returned.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.
    generator : Generator, optional
        Where the mask is drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError
        If p is not in [0, 1].
    RuntimeError
        If the input has neither two nor three dimensions.

    References
    ----------
    Tompson, Goroshin, Jain, LeCun and Bregler, "Efficient Object Localization Using Convolutional
    Networks", 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.dropout1d(tg.ones(1, 3, 4), 0.5, generator=tg.Generator().manual_seed(1))
    tensor([[[0., 0., 0., 0.],
             [2., 2., 2., 2.],
             [2., 2., 2., 2.]]])
    """
    check_probability("dropout1d", p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: the input is (N, C, L) or (C, L), not {tuple(input.shape)}; see dropout"
        )
    return dropped_channels("dropout1d", input, p, training, inplace, generator, alone=2)


def dropout2d(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Set each channel of an image to 0 with probability p, and divide the others by 1 - p.

    y_nchw = x_nchw m_nc / (1 - p), where each m_nc is drawn from Bernoulli(1 - p).  In evaluation,
    y = x.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W)
        An input of three dimensions is read as (N, C, L), with a warning, as in PyTorch; other
        numbers of dimensions are deprecated.
    p : float, default 0.5
        The probability that a channel is dropped, in [0, 1].
    training : bool, default True
        If False, the input itself is returned.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.
    generator : Generator, optional
        Where the mask is drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError
        If p is not in [0, 1].
    RuntimeError
        If channels are to be dropped, and the input has fewer than two dimensions.

    References
    ----------
    Tompson, Goroshin, Jain, LeCun and Bregler, "Efficient Object Localization Using Convolutional
    Networks", 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> F.dropout2d(tg.ones(1, 2, 2, 2), 0.5, generator=tg.Generator().manual_seed(1))
    tensor([[[[0., 0.],
              [0., 0.]],
    <BLANKLINE>
             [[2., 2.],
              [2., 2.]]]])
    """
    if input.ndim != 4:
        _warn_of_dimensions("dropout2d", "(N, C, H, W)", input)
    return dropped_channels("dropout2d", input, p, training, inplace, generator)


def dropout3d(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Set each channel of a volume to 0 with probability p, and divide the others by 1 - p.

    y_ncdhw = x_ncdhw m_nc / (1 - p), where each m_nc is drawn from Bernoulli(1 - p).  In
    evaluation, y = x.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or (C, D, H, W)
        Other numbers of dimensions are deprecated, with a warning, as in PyTorch.
    p : float, default 0.5
        The probability that a channel is dropped, in [0, 1].
    training : bool, default True
        If False, the input itself is returned.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.
    generator : Generator, optional
        Where the mask is drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError
        If p is not in [0, 1].
    RuntimeError
        If channels are to be dropped, and the input has fewer than two dimensions.

    References
    ----------
    Tompson, Goroshin, Jain, LeCun and Bregler, "Efficient Object Localization Using Convolutional
    Networks", 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> y = F.dropout3d(tg.ones(1, 3, 2, 2, 2), 0.5, generator=tg.Generator().manual_seed(1))
    >>> y.sum((0, 2, 3, 4))
    tensor([ 0., 16., 16.])
    """
    if input.ndim not in (4, 5):
        _warn_of_dimensions("dropout3d", "(N, C, D, H, W) or (C, D, H, W)", input)
    return dropped_channels("dropout3d", input, p, training, inplace, generator, alone=4)


def _warn_of_dimensions(name: str, expected: str, x: Tensor) -> None:
    what = f"{name}: the input is {expected}, not {tuple(x.shape)}"
    if x.ndim == 3 and name == "dropout2d":
        why = "; three dimensions are read as (N, C, L), for which there is dropout1d"
    else:
        why = ", which is deprecated and an error in later versions of PyTorch"
    warnings.warn(what + why, UserWarning, stacklevel=caller_level())


def dropped_channels(
    name: str,
    x: Tensor,
    p: float,
    training: bool,
    inplace: bool = False,
    generator: Generator | None = None,
    alone: int | None = None,
) -> Tensor:
    """Dropout of whole channels of (N, C, ...), or of (C, ...) if x has `alone` dimensions."""
    check_probability(name, p)
    if not training or p == 0:
        return x
    y = dropped(x, _mask_shape(name, x, alone), p, generator)
    return x._write(y, name) if inplace else y


def _mask_shape(name: str, x: Tensor, alone: int | None = None) -> tuple[int, ...]:
    """The shape of a mask with one element for each channel, which broadcasts to that of x."""
    if x.ndim < 2:
        raise RuntimeError(f"{name}: the input has channels, (N, C, ...), not {tuple(x.shape)}")
    shown = 1 if x.ndim == alone else 2
    return (*x.shape[:shown], *[1] * (x.ndim - shown))


def dropped(x: Tensor, shape: Sequence[int], p: float, generator: Generator | None) -> Tensor:
    """x with the places where a mask is 0 set to 0, and the others divided by 1 - p.

    The mask has the given shape, which broadcasts to that of x, and is drawn from Bernoulli(1 - p).
    """
    if p == 1:
        return x * False  # False takes on every dtype
    mask = numpy_generator(generator).random(shape, dtype=np.float32) >= p
    return ops.masked_scale(x, mask, p=p)


_LEAST = -1.7580993408473766  # where selu goes for x far below 0


def alpha_dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Dropout for SELU networks, which keeps mean 0 and variance 1.

    With probability p an element is set to l = -1.7581, the limit of `selu` for very negative x;
    then y = a x + b, with a = ((1 - p) (1 + p l^2))^(-1/2) and b = -a p l.  If x has mean 0 and
    variance 1, then so has y.  In evaluation, y = x.

    Parameters
    ----------
    input : Tensor
        Of any shape.
    p : float, default 0.5
        The probability that an element is dropped, in [0, 1].
    training : bool, default False
        If False, the input itself is returned.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.
    generator : Generator, optional
        Where the mask is drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError
        If p is not in [0, 1].

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([1.0, -1.0, 1.0, -1.0])
    >>> F.alpha_dropout(x, 0.5, training=True, generator=tg.Generator().manual_seed(1))
    tensor([-0.7792, -0.1072,  1.6656, -0.1072])
    """
    check_probability("alpha_dropout", p)
    if not training or p == 0:
        return input
    return _alpha_dropped("alpha_dropout", input, input.shape, p, inplace, generator)


def feature_alpha_dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Alpha dropout of whole channels.

    It is `alpha_dropout` with one draw for each channel of each example instead of one for each
    element.  In evaluation, y = x.

    Parameters
    ----------
    input : Tensor, shape (N, C, ...)
    p : float, default 0.5
        The probability that a channel is dropped, in [0, 1].
    training : bool, default False
        If False, the input itself is returned.
    inplace : bool, default False
        If True, the result is written into `input`, which is returned.
    generator : Generator, optional
        Where the mask is drawn from; by default the generator of this thread.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError
        If p is not in [0, 1].
    RuntimeError
        If channels are to be dropped, and the input has fewer than two dimensions.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.tensor([[[1.0, -1.0], [1.0, -1.0]]])
    >>> F.feature_alpha_dropout(x, 0.5, training=True, generator=tg.Generator().manual_seed(1))
    tensor([[[-0.7792, -0.7792],
             [ 1.6656, -0.1072]]])
    """
    check_probability("feature_alpha_dropout", p)
    if not training or p == 0:
        return input
    shape = _mask_shape("feature_alpha_dropout", input)
    return _alpha_dropped("feature_alpha_dropout", input, shape, p, inplace, generator)


def _alpha_dropped(
    name: str,
    x: Tensor,
    shape: tuple[int, ...],
    p: float,
    inplace: bool,
    generator: Generator | None,
) -> Tensor:
    dropped = numpy_generator(generator).random(shape, dtype=np.float32) < p
    a = ((1 - p) * (1 + p * _LEAST**2)) ** -0.5 if p < 1 else 0.0
    y: Tensor = a * functions.masked_fill(x, Tensor(dropped), _LEAST) - a * p * _LEAST
    return x._write(y, name) if inplace else y


# ---------------------------------------------------------------- layers


class _Dropout(Module):
    """Calls its `function` with its settings."""

    function: Callable[..., Any]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        refuse_tensor(self, "p", p)
        check_probability(type(self).__name__, p)
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = type(self).function(input, self.p, self.training, self.inplace)
        return y

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Dropout: in training, set each element to 0 with probability p, divide the others by 1 - p.

    In evaluation, the output is the input itself.  The input has any shape, the output the same.
    The layer has no parameters.

    Parameters
    ----------
    p : float, default 0.5
        The probability that an element is dropped, in [0, 1].
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: A Simple Way to Prevent
    Neural Networks from Overfitting", 2014.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> layer = nn.Dropout(0.5)
    >>> _ = tg.manual_seed(0)
    >>> layer(tg.ones(6))
    tensor([2., 2., 2., 0., 0., 0.])
    >>> layer.eval()(tg.ones(6))
    tensor([1., 1., 1., 1., 1., 1.])
    """

    function = dropout


class Dropout1d(_Dropout):
    """Dropout of whole channels of a sequence.

    In training, each channel is set to 0 with probability p, and the others are divided by 1 - p;
    in evaluation, the output is the input itself.  The input has shape (N, C, L) or (C, L), the
    output the same.  The layer has no parameters.

    Parameters
    ----------
    p : float, default 0.5
        The probability that a channel is dropped, in [0, 1].
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Tompson, Goroshin, Jain, LeCun and Bregler, "Efficient Object Localization Using Convolutional
    Networks", 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> _ = tg.manual_seed(1)
    >>> nn.Dropout1d()(tg.ones(1, 3, 4))
    tensor([[[0., 0., 0., 0.],
             [2., 2., 2., 2.],
             [2., 2., 2., 2.]]])
    """

    function = dropout1d


class Dropout2d(_Dropout):
    """Dropout of whole channels of an image.

    In training, each channel is set to 0 with probability p, and the others are divided by 1 - p;
    in evaluation, the output is the input itself.  The input has shape (N, C, H, W), the output the
    same; an input of three dimensions is read as (N, C, L), with a warning.  The layer has no
    parameters.

    Parameters
    ----------
    p : float, default 0.5
        The probability that a channel is dropped, in [0, 1].
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Tompson, Goroshin, Jain, LeCun and Bregler, "Efficient Object Localization Using Convolutional
    Networks", 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> _ = tg.manual_seed(1)
    >>> nn.Dropout2d()(tg.ones(1, 2, 2, 2))
    tensor([[[[0., 0.],
              [0., 0.]],
    <BLANKLINE>
             [[2., 2.],
              [2., 2.]]]])
    """

    function = dropout2d


class Dropout3d(_Dropout):
    """Dropout of whole channels of a volume.

    In training, each channel is set to 0 with probability p, and the others are divided by 1 - p;
    in evaluation, the output is the input itself.  The input has shape (N, C, D, H, W) or (C, D, H,
    W), the output the same.  The layer has no parameters.

    Parameters
    ----------
    p : float, default 0.5
        The probability that a channel is dropped, in [0, 1].
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Tompson, Goroshin, Jain, LeCun and Bregler, "Efficient Object Localization Using Convolutional
    Networks", 2015.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> _ = tg.manual_seed(1)
    >>> nn.Dropout3d()(tg.ones(1, 3, 2, 2, 2)).sum((0, 2, 3, 4))
    tensor([ 0., 16., 16.])
    """

    function = dropout3d


class AlphaDropout(_Dropout):
    """Dropout for SELU networks, which keeps mean 0 and variance 1.

    In training, an element is set to l = -1.7581, the limit of `SELU` for very negative x, with
    probability p; then y = a x + b, with a = ((1 - p) (1 + p l^2))^(-1/2) and b = -a p l.  In
    evaluation, the output is the input itself.  The input has any shape, the output the same.  The
    layer has no parameters.

    Parameters
    ----------
    p : float, default 0.5
        The probability that an element is dropped, in [0, 1].
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> _ = tg.manual_seed(1)
    >>> nn.AlphaDropout()(tg.tensor([1.0, -1.0, 1.0, -1.0]))
    tensor([-0.7792, -0.1072,  1.6656, -0.1072])
    """

    function = alpha_dropout


class FeatureAlphaDropout(_Dropout):
    """Alpha dropout of whole channels.

    It is `AlphaDropout` with one draw for each channel of each example instead of one for each
    element.  The input has shape (N, C, ...), the output the same.  The layer has no parameters.

    Parameters
    ----------
    p : float, default 0.5
        The probability that a channel is dropped, in [0, 1].
    inplace : bool, default False
        If True, the result is written into the input, which is returned.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks", 2017.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> _ = tg.manual_seed(1)
    >>> nn.FeatureAlphaDropout()(tg.tensor([[[1.0, -1.0], [1.0, -1.0]]]))
    tensor([[[-0.7792, -0.7792],
             [ 1.6656, -0.1072]]])
    """

    function = feature_alpha_dropout
