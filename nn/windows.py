"""The windows of a convolution or a pool: their number and their places.

Inputs are (N, channels, *sizes), or (channels, *sizes) for a single example.  A setting is one int
for all dimensions, or a tuple of one int for each.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any, TypeVar

from tinygrad_edu import Tensor, ops
from tinygrad_edu.errors import InputError
from tinygrad_edu.functions.arguments import check_tensor

T = TypeVar("T")


def _cure(input: Tensor, ndim: int, sizes: str) -> str:
    """What makes an input without channels fit."""
    if input.ndim != ndim:
        return ""
    rows = f"; rows of pixels become images by x.reshape(N, channels, {sizes})" * (ndim == 2)
    return f".  x.unsqueeze(0) is one example of one channel{rows}"


def batched(function: Callable[..., T], name: str, ndim: int, input: Tensor, *settings: Any) -> T:
    """Call function(name, input, *settings) with an input (N, channels, *sizes) of `ndim` sizes.

    A single example, (channels, *sizes), is passed as a batch of 1, and the results lose N again.
    """
    check_tensor(input, name)
    if input.ndim == ndim + 2:
        return function(name, input, *settings)
    if input.ndim != ndim + 1:
        sizes = ", ".join("DHW"[3 - ndim :])
        raise InputError(
            f"{name}: the input is (N, channels, {sizes}) or (channels, {sizes}), not of shape "
            f"{tuple(input.shape)}{_cure(input, ndim, sizes)}"
        )
    y: Any = function(name, input.reshape((1, *input.shape)), *settings)
    if isinstance(y, tuple):
        y = tuple([part.reshape(part.shape[1:]) for part in y])
    else:
        y = y.reshape(y.shape[1:])
    one: T = y
    return one


def ints_of(name: str, what: str, value: Any, ndim: int, least: int = 1) -> tuple[int, ...]:
    """The setting `what` as one int for each of `ndim` dimensions, each at least `least`."""
    each = tuple(value) if isinstance(value, tuple | list) else (value,)
    each = each * ndim if len(each) == 1 else each
    if len(each) != ndim or not all(hasattr(n, "__index__") for n in each):
        raise TypeError(f"{name}: {what} is an int, or a tuple of {ndim} of them, not {value!r}")
    if min(each) < least:
        raise InputError(f"{name}: {what} is at least {least}, not {value}")
    return each


def windows_of(name: str, size: Any, *places: Any) -> ops.Windows:
    """The windows that fit into an input of `size`.

    `places` are the kernel, and as far as given the stride, the padding, the dilation and
    `ceil_mode`.
    """
    return _found(name, size, *[tuple(v) if isinstance(v, list) else v for v in places])


@lru_cache(1024)
def _found(
    name: str,
    size: Any,
    kernel: Any,
    stride: Any,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> ops.Windows:
    ndim = len(size)
    kernel, stride = (
        ints_of(name, "kernel_size", kernel, ndim),
        ints_of(name, "stride", stride, ndim),
    )
    dilation = ints_of(name, "dilation", dilation, ndim)
    reach = tuple([(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)])
    if padding == "same":
        if prod(stride) > 1:
            raise InputError(
                f"{name}: padding='same' keeps the size, and a stride of {stride} does not; give "
                "the padding as a number"
            )
        return ops.Windows(
            size, kernel, size, stride, dilation, tuple([(r - 1) // 2 for r in reach])
        )
    if isinstance(padding, str) and padding != "valid":
        raise InputError(f"{name}: padding is 'valid', 'same' or numbers, not {padding!r}")
    before = ints_of(name, "padding", 0 if padding == "valid" else padding, ndim, least=0)
    padded = tuple([n + 2 * p for n, p in zip(size, before, strict=True)])
    counts = []
    for p, m, r, s in zip(before, padded, reach, stride, strict=True):
        last = -((r - m) // s) if ceil_mode else (m - r) // s
        beyond = ceil_mode and last * s >= m - p  # it would start in the padding behind
        counts.append(last if beyond else last + 1)
    if min(counts) < 1:
        raise InputError(
            f"{name}: the kernel covers {reach} (kernel {kernel}, dilation {dilation}), which is "
            f"more than the input with its padding: {padded}"
        )
    return ops.Windows(size, kernel, tuple(counts), stride, dilation, before)
