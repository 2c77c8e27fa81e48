"""Strategies for windows: sizes, kernels, strides ... of convolutions and pools, which fit."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st

from .shapes import Shape


class WindowCase(NamedTuple):
    """A convolution or a pool whose result has at least one place.

    Parameters
    ----------
    input : tuple of int
        The shape (N, C, *size) of what the windows move over.
    weight : tuple of int
        The shape (channels out, C / groups, *kernel) of a convolution's weight; transposed, (C,
        channels out / groups, *kernel).
    kernel, stride, padding, dilation : tuple of int
        One for each dimension.
    groups : int
        How many parts the channels are divided into; 1 for a pool.
    output : tuple of int
        The shape of the result: for each dimension, a convolution or a pool has

            floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1

        places, a transposed convolution (size - 1) stride - 2 padding + dilation (kernel - 1) + 1.

    Examples
    --------
    >>> from tinygrad_edu.testing.strategies import WindowCase
    >>> case = WindowCase((1, 2, 5), (4, 1, 3), (3,), (2,), (1,), (1,), 2, (1, 4, 3))
    >>> case.settings
    {'stride': (2,), 'padding': (1,), 'dilation': (1,), 'groups': 2}
    """

    input: Shape
    weight: Shape
    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    groups: int
    output: Shape

    @property
    def settings(self) -> dict[str, Any]:
        """What a convolution is told by keyword: stride, padding, dilation, groups."""
        names = ("stride", "padding", "dilation", "groups")
        return {name: getattr(self, name) for name in names}


@st.composite
def windows(draw: Any, ndim: int | None = None, kind: str = "conv") -> WindowCase:
    """Windows that fit: of a convolution, a transposed convolution, or a pool.

    Parameters
    ----------
    ndim : int, optional
        How many dimensions the windows have; unless given, 1 to 3.
    kind : {"conv", "conv_transpose", "pool"}, default "conv"
        A pool has as many channels out as in, one group, and a padding of at most half its kernel.

    Returns
    -------
    SearchStrategy
        Of `WindowCase`.

    Examples
    --------
    >>> from hypothesis import given, settings, strategies as st
    >>> import nn.functional as F
    >>> from tinygrad_edu.testing.strategies import tensors, windows
    >>> @settings(max_examples=20, deadline=None)
    ... @given(st.data(), windows(1))
    ... def test_the_shape_of_a_convolution(data, case):
    ...     x, weight = data.draw(tensors(case.input)), data.draw(tensors(case.weight))
    ...     assert F.conv1d(x, weight, **case.settings).shape == case.output
    >>> test_the_shape_of_a_convolution()
    """
    if kind not in ("conv", "conv_transpose", "pool"):
        raise ValueError(f'windows: the kind is "conv", "conv_transpose" or "pool", not {kind!r}')
    ndim = draw(st.integers(1, 3)) if ndim is None else ndim
    widest = 3 if ndim < 3 else 2
    kernel, stride, dilation = (
        tuple(draw(st.integers(1, most)) for _ in range(ndim)) for most in (widest, 2, 2)
    )
    padding = tuple(draw(st.integers(0, k // 2 if kind == "pool" else 2)) for k in kernel)
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    size = tuple(draw(_size(kind, *one)) for one in zip(reach, stride, padding, strict=True))
    found = zip(size, reach, stride, padding, strict=True)
    if kind == "conv_transpose":
        places = [(n - 1) * s - 2 * p + r for n, r, s, p in found]
    else:
        places = [(n + 2 * p - r) // s + 1 for n, r, s, p in found]
    groups = 1 if kind == "pool" else draw(st.integers(1, 2))
    batch, before, after = (draw(st.integers(1, 2)) for _ in range(3))
    first, second = (before, after) if kind == "conv_transpose" else (after, before)
    weight = (first * groups, second, *kernel)
    channels = before * groups if kind == "pool" else after * groups
    shape, out = (batch, before * groups, *size), (batch, channels, *places)
    return WindowCase(shape, weight, kernel, stride, padding, dilation, groups, out)


def _size(kind: str, reach: int, stride: int, padding: int) -> st.SearchStrategy[int]:
    """How long a dimension may be, so that the result has at least one place there."""
    if kind == "conv_transpose":  # (n - 1) stride + reach - 2 padding is at least 1
        least = max(0, 2 * padding + 1 - reach + stride - 1) // stride + 1
    else:
        least = max(1, reach - 2 * padding)
    return st.integers(least, least + 3)
