"""Padding: a border around the last dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, functions, ops
from tinygrad_edu.errors import InputError
from tinygrad_edu.functions.arguments import check_tensor

from .module import Module

# ---------------------------------------------------------------- functions


_CONTINUING = ("reflect", "replicate", "circular")


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Add a border around the last dimensions, or cut one off.

    The size of each padded dimension becomes size + before + after.

    Parameters
    ----------
    input : Tensor, any shape
    pad : sequence of int, of even length, at most 2 input.ndim
        The widths (before, after) of the last dimension, then those of the one before it, and so
        on.  A negative width cuts elements off.
    mode : str, default "constant"
        What the border holds: "constant", the number `value`; "reflect", the elements mirrored at
        the edge, which is not repeated; "replicate", the element at the edge; "circular", the
        elements of the opposite end.
    value : float, optional
        The number of mode "constant"; 0 by default.

    Returns
    -------
    Tensor, of the input's dtype
        Always a copy.

    Raises
    ------
    NotImplementedError
        If there is no such mode.
    ValueError
        If `pad` does not fit the shape, or asks for more elements than the mode can give: "reflect"
        at most size - 1, "circular" at most size.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.arange(3)
    >>> F.pad(x, (1, 2))
    tensor([0, 0, 1, 2, 0, 0])
    >>> F.pad(x, (1, 2), mode="reflect")
    tensor([1, 0, 1, 2, 1, 0])
    >>> F.pad(x, (1, 2), mode="replicate")
    tensor([0, 0, 1, 2, 2, 2])
    >>> F.pad(x, (1, 2), mode="circular")
    tensor([2, 0, 1, 2, 0, 1])
    >>> F.pad(tg.ones(2, 3), (1, 1, 2, 0)).shape  # the last dimension comes first
    torch.Size([4, 5])
    """
    if mode != "constant" and mode not in _CONTINUING:
        raise NotImplementedError(
            f"pad: the modes are 'constant' and {[*_CONTINUING]}, not {mode!r}"
        )
    check_tensor(input, "pad")
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise InputError(
            f"pad: {pad} is not a pair for each of the last dims of {tuple(input.shape)}"
        )
    pairs = [(0, 0)] * (input.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[
        ::-1
    ]
    if mode == "constant":
        return _padded(input, pairs, value or 0)
    if value:
        raise InputError(f"pad: value={value} goes with mode 'constant', not with {mode!r}")
    y = input
    for dim, (before, after) in enumerate(pairs):
        if before or after:
            places = _continued(mode, input.shape[dim], before, after)
            y = y[(slice(None),) * dim + (places,)]
    return ops.copy(y) if y is input else y


def _padded(x: Tensor, pairs: list[tuple[int, int]], value: float) -> Tensor:
    """Add a border of one value; what is below 0 is cut off."""
    if x.dtype.kind in "iu" and not isfinite(value):
        raise InputError(f"pad: {value} is no whole number, as {x.dtype} holds; say x.float()")
    for dim, (before, after) in enumerate(pairs):
        if before < 0 or after < 0:
            cut = max(-before, 0)
            x = functions.narrow(x, dim, cut, x.shape[dim] - cut - max(-after, 0))
    widths = [(max(before, 0), max(after, 0)) for before, after in pairs]
    return ops.pad(x, pad_width=widths, constant_values=value)


def _continued(mode: str, size: int, before: int, after: int) -> Any:
    """The places of a dimension of `size` that the padded dimension shows.

    What is below 0 is cut off: in mode "circular" before the places continue, in the others after
    it.
    """
    first, last = max(-before, 0), size - max(-after, 0)  # what is left
    most = {"reflect": size - 1, "circular": last - first}.get(mode, inf)
    least = 0 if mode == "circular" else 1  # as in PyTorch
    if size < 1 or size + before + after < least or max(before, after) > most:
        raise InputError(
            f"pad: mode {mode!r} cannot add {before} elements before and {after} after a side of "
            f"{size}: no more than the {most if size else 0} elements that there are to repeat, "
            f"and negative widths must leave at least {least}"
        )
    places = np.arange(-before, size + after)
    if mode == "circular":
        return first + (places - first) % max(last - first, 1)
    if mode == "reflect":
        places = np.abs(places)
        return np.where(places < size, places, 2 * (size - 1) - places)
    return np.clip(places, 0, size - 1)


# ---------------------------------------------------------------- layers


class _Pad(Module):
    """A border of `padding` elements around the last `dims` dimensions."""

    dims: int
    mode: str = "constant"
    value: float = 0

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        each = (padding,) * (2 * self.dims) if isinstance(padding, int) else padding
        self.padding = tuple(each)
        if len(self.padding) != 2 * self.dims:
            raise ValueError(
                f"{type(self).__name__}: padding is an int, or {2 * self.dims} of them, two for "
                f"each padded dimension, not {padding}"
            )

    def forward(self, input: Tensor) -> Tensor:
        return pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return str(self.padding)


class ZeroPad1d(_Pad):
    """Pad the last dimension with zeros.

    The input has shape (..., W), the output (..., W_out) with W_out = left + W + right.  The layer
    has no parameters.

    Parameters
    ----------
    padding : int or tuple of 2 ints
        The widths (left, right) of the border; one int stands for all.  A negative width cuts
        elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ZeroPad1d((2, 1))(tg.tensor([[1.0, 2.0]]))
    tensor([[0., 0., 1., 2., 0.]])
    """

    dims = 1


class ZeroPad2d(_Pad):
    """Pad the last two dimensions with zeros.

    The input has shape (..., H, W), the output (..., H_out, W_out) with H_out = top + H + bottom
    and W_out = left + W + right.  The layer has no parameters.

    Parameters
    ----------
    padding : int or tuple of 4 ints
        The widths (left, right, top, bottom) of the border; one int stands for all.  A negative
        width cuts elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ZeroPad2d((1, 1, 0, 1))(tg.ones(1, 2, 2))
    tensor([[[0., 1., 1., 0.],
             [0., 1., 1., 0.],
             [0., 0., 0., 0.]]])
    """

    dims = 2


class ZeroPad3d(_Pad):
    """Pad the last three dimensions with zeros.

    The input has shape (..., D, H, W), the output (..., D_out, H_out, W_out) with D_out = front + D
    + back, H_out = top + H + bottom and W_out = left + W + right.  The layer has no parameters.

    Parameters
    ----------
    padding : int or tuple of 6 ints
        The widths (left, right, top, bottom, front, back) of the border; one int stands for all.  A
        negative width cuts elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ZeroPad3d(1)(tg.ones(2, 3, 4, 4, 4)).shape
    torch.Size([2, 3, 6, 6, 6])
    """

    dims = 3


class _ConstantPad(_Pad):
    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Pad the last dimension with one value.

    The input has shape (..., W), the output (..., W_out) with W_out = left + W + right.  The layer
    has no parameters.

    Parameters
    ----------
    padding : int or tuple of 2 ints
        The widths (left, right) of the border; one int stands for all.  A negative width cuts
        elements off.
    value : float
        The value of the border.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ConstantPad1d((2, 1), 3.5)(tg.tensor([[1.0, 2.0]]))
    tensor([[3.5000, 3.5000, 1.0000, 2.0000, 3.5000]])
    """

    dims = 1


class ConstantPad2d(_ConstantPad):
    """Pad the last two dimensions with one value.

    The input has shape (..., H, W), the output (..., H_out, W_out) with H_out = top + H + bottom
    and W_out = left + W + right.  The layer has no parameters.

    Parameters
    ----------
    padding : int or tuple of 4 ints
        The widths (left, right, top, bottom) of the border; one int stands for all.  A negative
        width cuts elements off.
    value : float
        The value of the border.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ConstantPad2d((1, 0, 0, 1), -1.0)(tg.ones(1, 2, 2))
    tensor([[[-1.,  1.,  1.],
             [-1.,  1.,  1.],
             [-1., -1., -1.]]])
    """

    dims = 2


class ConstantPad3d(_ConstantPad):
    """Pad the last three dimensions with one value.

    The input has shape (..., D, H, W), the output (..., D_out, H_out, W_out) with D_out = front + D
    + back, H_out = top + H + bottom and W_out = left + W + right.  The layer has no parameters.

    Parameters
    ----------
    padding : int or tuple of 6 ints
        The widths (left, right, top, bottom, front, back) of the border; one int stands for all.  A
        negative width cuts elements off.
    value : float
        The value of the border.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ConstantPad3d((1, 2, 0, 0, 0, 0), 3.5)(tg.ones(2, 3, 4, 4, 4)).shape
    torch.Size([2, 3, 4, 4, 7])
    """

    dims = 3


class ReflectionPad1d(_Pad):
    """Pad the last dimension with the elements mirrored at the edge, which is not repeated.

    The input has shape (..., W), the output (..., W_out) with W_out = left + W + right.  The layer
    has no parameters.

    Parameters
    ----------
    padding : int or tuple of 2 ints
        The widths (left, right) of the border; one int stands for all.  Each width is below the
        size of its dimension.  A negative width cuts elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ReflectionPad1d(2)(tg.tensor([[0.0, 1.0, 2.0, 3.0]]))
    tensor([[2., 1., 0., 1., 2., 3., 2., 1.]])
    """

    dims, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """Pad the last two dimensions with the elements mirrored at the edge, which is not repeated.

    The input has shape (..., H, W), the output (..., H_out, W_out) with H_out = top + H + bottom
    and W_out = left + W + right.  The layer has no parameters.

    Parameters
    ----------
    padding : int or tuple of 4 ints
        The widths (left, right, top, bottom) of the border; one int stands for all.  Each width is
        below the size of its dimension.  A negative width cuts elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ReflectionPad2d((1, 1, 1, 0))(tg.arange(6.0).reshape(1, 2, 3))
    tensor([[[4., 3., 4., 5., 4.],
             [1., 0., 1., 2., 1.],
             [4., 3., 4., 5., 4.]]])
    """

    dims, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """Pad the last three dimensions with the elements mirrored at the edge, which is not repeated.

    The input has shape (..., D, H, W), the output (..., D_out, H_out, W_out) with D_out = front + D
    + back, H_out = top + H + bottom and W_out = left + W + right.  The layer has no parameters.

    Parameters
    ----------
    padding : int or tuple of 6 ints
        The widths (left, right, top, bottom, front, back) of the border; one int stands for all.
        Each width is below the size of its dimension.  A negative width cuts elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ReflectionPad3d(1)(tg.ones(2, 3, 4, 4, 4)).shape
    torch.Size([2, 3, 6, 6, 6])
    """

    dims, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """Pad the last dimension with copies of the elements at the edge.

    The input has shape (..., W), the output (..., W_out) with W_out = left + W + right.  The layer
    has no parameters.

    Parameters
    ----------
    padding : int or tuple of 2 ints
        The widths (left, right) of the border; one int stands for all.  A negative width cuts
        elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ReplicationPad1d(2)(tg.tensor([[0.0, 1.0, 2.0, 3.0]]))
    tensor([[0., 0., 0., 1., 2., 3., 3., 3.]])
    """

    dims, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """Pad the last two dimensions with copies of the elements at the edge.

    The input has shape (..., H, W), the output (..., H_out, W_out) with H_out = top + H + bottom
    and W_out = left + W + right.  The layer has no parameters.

    Parameters
    ----------
    padding : int or tuple of 4 ints
        The widths (left, right, top, bottom) of the border; one int stands for all.  A negative
        width cuts elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ReplicationPad2d((1, 1, 1, 0))(tg.arange(4.0).reshape(1, 2, 2))
    tensor([[[0., 0., 1., 1.],
             [0., 0., 1., 1.],
             [2., 2., 3., 3.]]])
    """

    dims, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """Pad the last three dimensions with copies of the elements at the edge.

    The input has shape (..., D, H, W), the output (..., D_out, H_out, W_out) with D_out = front + D
    + back, H_out = top + H + bottom and W_out = left + W + right.  The layer has no parameters.

    Parameters
    ----------
    padding : int or tuple of 6 ints
        The widths (left, right, top, bottom, front, back) of the border; one int stands for all.  A
        negative width cuts elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.ReplicationPad3d(1)(tg.ones(2, 3, 4, 4, 4)).shape
    torch.Size([2, 3, 6, 6, 6])
    """

    dims, mode = 3, "replicate"


class CircularPad1d(_Pad):
    """Pad the last dimension with the elements of the opposite end.

    The input has shape (..., W), the output (..., W_out) with W_out = left + W + right.  The layer
    has no parameters.

    Parameters
    ----------
    padding : int or tuple of 2 ints
        The widths (left, right) of the border; one int stands for all.  Each width is at most the
        size of its dimension.  A negative width cuts elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.CircularPad1d(2)(tg.tensor([[0.0, 1.0, 2.0, 3.0]]))
    tensor([[2., 3., 0., 1., 2., 3., 0., 1.]])
    """

    dims, mode = 1, "circular"


class CircularPad2d(_Pad):
    """Pad the last two dimensions with the elements of the opposite end.

    The input has shape (..., H, W), the output (..., H_out, W_out) with H_out = top + H + bottom
    and W_out = left + W + right.  The layer has no parameters.

    Parameters
    ----------
    padding : int or tuple of 4 ints
        The widths (left, right, top, bottom) of the border; one int stands for all.  Each width is
        at most the size of its dimension.  A negative width cuts elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.CircularPad2d((1, 1, 1, 0))(tg.arange(6.0).reshape(1, 2, 3))
    tensor([[[5., 3., 4., 5., 3.],
             [2., 0., 1., 2., 0.],
             [5., 3., 4., 5., 3.]]])
    """

    dims, mode = 2, "circular"


class CircularPad3d(_Pad):
    """Pad the last three dimensions with the elements of the opposite end.

    The input has shape (..., D, H, W), the output (..., D_out, H_out, W_out) with D_out = front + D
    + back, H_out = top + H + bottom and W_out = left + W + right.  The layer has no parameters.

    Parameters
    ----------
    padding : int or tuple of 6 ints
        The widths (left, right, top, bottom, front, back) of the border; one int stands for all.
        Each width is at most the size of its dimension.  A negative width cuts elements off.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> nn.CircularPad3d(1)(tg.ones(2, 3, 4, 4, 4)).shape
    torch.Size([2, 3, 6, 6, 6])
    """

    dims, mode = 3, "circular"
