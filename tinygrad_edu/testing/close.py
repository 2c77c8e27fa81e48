"""assert_close: are two results the same, up to the rounding of their dtype?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..creation import as_tensor
from ..dtypes import Array, promote_types
from ..engine.graph import TensorBase
from ..functions import isclose
from ..functions.arguments import plain

# By default |actual - expected| <= atol + rtol |expected|, with (rtol, atol) by dtype; else 0.
TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}

Message = str | Callable[[str], str] | None
NUMBERS = (int, float, complex, np.number)


class How(NamedTuple):
    """What `assert_close` was told."""

    allow_subclasses: bool
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_dtype: bool
    check_stride: bool


class _Difference(Exception):
    """Two results differ: what is said of it, and the items that lead to them."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.items: tuple[Any, ...] = ()


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Message = None,
) -> None:
    r"""Raise AssertionError unless two results are close.

    Two values are close if abs(actual - expected) <= atol + rtol * abs(expected).  Shapes and
    dtypes have to agree; sequences and mappings are compared item by item.

    Parameters
    ----------
    actual : Tensor, ndarray, number, or a sequence or mapping of them
        What was computed.
    expected : Tensor, ndarray, number, or a sequence or mapping of them
        What it should be, in the same form.
    allow_subclasses : bool, default True
        Whether a Parameter may be compared with a Tensor.
    rtol, atol : float, optional
        The tolerances, both or none.  By default they are (1e-3, 1e-5) for float16, (1.3e-6, 1e-5)
        for float32, (1e-7, 1e-7) for float64 and Python floats, and 0 for integers and bools.
    equal_nan : bool, default False
        Whether NaN equals NaN.
    check_device, check_layout : bool, default True
        Accepted as in PyTorch: there is one device and one layout.
    check_dtype : bool, default True
        Whether the dtypes have to be the same; otherwise both are promoted, and the larger
        tolerance counts.
    check_stride : bool, default False
        Whether the strides have to be the same.
    msg : str or callable, optional
        The message instead of the one that is generated, or a function of that one.

    Raises
    ------
    AssertionError
        If they are not close; the message says how many elements differ, and how much.
    TypeError
        If the two cannot be compared, such as a tensor and a list.
    ValueError
        If only one of `rtol` and `atol` is given.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.testing.assert_close(tg.tensor([1.0, 2.0]).sqrt() ** 2, tg.tensor([1.0, 2.0]))
    >>> try:
    ...     tg.testing.assert_close(tg.tensor([1, 2]), tg.tensor([1, 3]))
    ... except AssertionError as error:
    ...     print(error)
    Tensor-likes are not equal!
    <BLANKLINE>
    Mismatched elements: 1 / 2 (50.0%)
    Greatest absolute difference: 1 at index (1,)
    Greatest relative difference: 0.3333333432674408 at index (1,)
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(f"assert_close: give both rtol and atol, or none; there is no {missing}")
    how = How(allow_subclasses, rtol, atol, equal_nan, check_dtype, check_stride)
    try:
        _compare(actual, expected, how)
    except _Difference as difference:
        text = str(difference)
        if difference.items:
            items = "".join(f"[{item!r}]" for item in difference.items)
            text += f"\n\nThe failure occurred for item {items}"
        text = msg(text) if callable(msg) else text if msg is None else msg
        raise AssertionError(text) from None


def _compare(actual: Any, expected: Any, how: How) -> None:
    """Raise _Difference at the first place where the two differ."""
    pair = actual, expected
    if all(isinstance(x, Sequence) and not isinstance(x, str) for x in pair):
        if len(actual) != len(expected):
            lengths = f"{len(actual)} != {len(expected)}"
            raise _Difference(f"The length of the sequences mismatch: {lengths}")
        _compare_items(range(len(actual)), actual, expected, how)
    elif all(isinstance(x, Mapping) for x in pair):
        _check_keys(actual, expected)
        _compare_items(actual, actual, expected, how)
    elif actual is None or expected is None:
        if actual is not expected:
            raise _Difference(f"None mismatch: {actual} is not {expected}")
    elif all(isinstance(x, bool | np.bool_) for x in pair):
        if bool(actual) != bool(expected):
            raise _Difference(f"Booleans mismatch: {actual} is not {expected}")
    elif all(isinstance(x, NUMBERS) for x in pair):
        _compare_numbers(actual, expected, how)
    elif _comparable(actual, expected, how):
        _compare_tensors(as_tensor(actual), as_tensor(expected), how)
    else:
        kinds = f"{type(actual)} and {type(expected)}"
        raise TypeError(
            f"No comparison pair was able to handle inputs of type {kinds}.  Give two tensors, two "
            "arrays or two numbers, or sequences or mappings of them"
        )


def _compare_items(keys: Iterable[Any], actual: Any, expected: Any, how: How) -> None:
    for key in keys:
        try:
            _compare(actual[key], expected[key], how)
        except _Difference as difference:
            difference.items = (key, *difference.items)
            raise


def _check_keys(actual: Any, expected: Any) -> None:
    missing = [key for key in expected if key not in actual]
    additional = [key for key in actual if key not in expected]
    if missing or additional:
        text = "The keys of the mappings do not match:"
        if missing:
            text += f"\nMissing keys in the actual mapping: {sorted(missing)}"
        if additional:
            text += f"\nAdditional keys in the actual mapping: {sorted(additional)}"
        raise _Difference(text)


def _comparable(actual: Any, expected: Any, how: How) -> bool:
    kinds = type(actual), type(expected)
    related = isinstance(actual, kinds[1]) or isinstance(expected, kinds[0])
    alike = kinds[0] is kinds[1] or (how.allow_subclasses and related)
    return alike and isinstance(actual, TensorBase | np.ndarray)


# ---------------------------------------------------------------- numbers


def _compare_numbers(actual: Any, expected: Any, how: How) -> None:
    """Compare Python's numbers, and NumPy's as such."""
    one, other = (x.item() if isinstance(x, np.number) else x for x in (actual, expected))
    if how.check_dtype and type(one) is not type(other):
        kinds = f"{type(one)} != {type(other)}"
        raise _Difference(f"The (d)types do not match: {kinds}.")
    in_floats = isinstance(one, float | complex) or isinstance(other, float | complex)
    _compare_scalars(one, other, how, *_tolerances(how, "float64" if in_floats else "int64"))


def _compare_scalars(one: Any, other: Any, how: How, rtol: float, atol: float) -> None:
    if one == other or (how.equal_nan and one != one and other != other):
        return
    absolute = abs(one - other)
    if np.isfinite(absolute) and absolute <= atol + abs(rtol * other):
        return
    relative = absolute / abs(other) if other else float("inf")
    lines = [f"Scalars are not {'close' if rtol or atol else 'equal'}!", ""]
    lines.append(f"Expected {other} but got {one}.")
    for name, found, allowed in (("Absolute", absolute, atol), ("Relative", relative, rtol)):
        lines.append(f"{name} difference: {found}{_up_to(allowed, rtol or atol)}")
    raise _Difference("\n".join(lines))


def _tolerances(how: How, *dtypes: Any) -> tuple[float, float]:
    """rtol and atol as given, or the larger of those that the dtypes have."""
    if how.rtol is not None and how.atol is not None:
        return how.rtol, how.atol
    found = [TOLERANCES.get(str(dtype), (0.0, 0.0)) for dtype in dtypes]
    return max(rtol for rtol, _ in found), max(atol for _, atol in found)


def _up_to(allowed: float, is_close: Any) -> str:
    return f" (up to {allowed} allowed)" if is_close else ""


# ---------------------------------------------------------------- tensors


def _compare_tensors(actual: Any, expected: Any, how: How) -> None:
    _check_attribute("shape", actual.shape, expected.shape)
    if how.check_dtype:
        _check_attribute("dtype", actual.dtype, expected.dtype)
    if how.check_stride:
        _check_attribute("stride()", actual.stride(), expected.stride())
    rtol, atol = _tolerances(how, actual.dtype, expected.dtype)
    dtype = promote_types(actual.dtype, expected.dtype)
    if dtype.kind in "biu":
        dtype = np.dtype(np.int64)
    one, other = (x.array.astype(dtype) for x in (actual, expected))
    if one.ndim == 0:
        _compare_scalars(one.item(), other.item(), how, rtol, atol)
        return
    with np.errstate(all="ignore"):
        close = plain(isclose(one, other, rtol, atol, how.equal_nan))
        if not close.all():
            raise _Difference(_of_elements(one, other, close, rtol, atol))


def _check_attribute(name: str, actual: Any, expected: Any) -> None:
    if actual != expected:
        text = f"The values for attribute '{name}' do not match: {actual} != {expected}."
        raise _Difference(text)


def _of_elements(one: Array, other: Array, close: Array, rtol: float, atol: float) -> str:
    wrong = int((~close).sum())
    absolute = np.where(close, 0, np.abs(one - other)).astype(one.dtype)
    floats = [x if x.dtype.kind == "f" else x.astype(np.float32) for x in (absolute, np.abs(other))]
    relative = np.where(close, 0, floats[0] / floats[1])
    lines = [f"Tensor-likes are not {'close' if rtol or atol else 'equal'}!", ""]
    lines.append(f"Mismatched elements: {wrong} / {one.size} ({wrong / one.size:.1%})")
    for name, found, allowed in (("absolute", absolute, atol), ("relative", relative, rtol)):
        k = int(np.argmax(found))
        at = tuple(map(int, np.unravel_index(k, found.shape)))
        text = f"{found.flat[k].item()} at index {at}{_up_to(allowed, rtol or atol)}"
        lines.append(f"Greatest {name} difference: {text}")
    return "\n".join(lines)
