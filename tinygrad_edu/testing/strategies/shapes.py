"""Strategies for shapes, and for what goes with a shape: axes and index expressions."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

Shape = tuple[int, ...]


def shapes(
    min_ndim: int = 0, max_ndim: int = 3, min_side: int = 1, max_side: int = 4
) -> st.SearchStrategy[Shape]:
    """Shapes of tensors, from that of a single number on.

    Parameters
    ----------
    min_ndim, max_ndim : int, default 0 and 3
        How many dimensions there are.
    min_side, max_side : int, default 1 and 4
        How long each is.  With `min_side=0` some tensors have no elements.

    Returns
    -------
    SearchStrategy
        Of tuples of int.

    Examples
    --------
    >>> from hypothesis import find
    >>> from tinygrad_edu.testing import strategies
    >>> find(strategies.shapes(), lambda shape: len(shape) == 2)
    (1, 1)
    >>> find(strategies.shapes(min_side=0), lambda shape: 0 in shape)
    (0,)
    """
    return arrays.array_shapes(
        min_dims=min_ndim, max_dims=max_ndim, min_side=min_side, max_side=max_side
    )


def broadcastable_shapes(
    count: int = 2,
    base: Shape = (),
    *,
    min_ndim: int = 0,
    max_ndim: int = 3,
    min_side: int = 1,
    max_side: int = 4,
) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Shapes that broadcast together.

    Parameters
    ----------
    count : int, default 2
        How many.
    base : tuple of int, default ()
        A shape that they broadcast with, too.
    min_ndim, max_ndim, min_side, max_side : int
        As of `shapes`.

    Returns
    -------
    SearchStrategy
        Of tuples of `count` shapes.

    Examples
    --------
    >>> from hypothesis import find
    >>> from tinygrad_edu.testing import strategies
    >>> find(strategies.broadcastable_shapes(), lambda pair: len(pair[0]) < len(pair[1]))
    ((), (1,))
    >>> find(strategies.broadcastable_shapes(1, (2, 3)), lambda one: 3 in one[0])
    ((3,),)
    """
    found = arrays.mutually_broadcastable_shapes(
        num_shapes=count,
        base_shape=base,
        min_dims=min_ndim,
        max_dims=max(max_ndim, min_ndim),
        min_side=min_side,
        max_side=max_side,
    )
    return found.map(lambda shapes: shapes.input_shapes)


def axes(
    shape: Shape | int, *, several: bool = True, none: bool = True
) -> st.SearchStrategy[int | tuple[int, ...] | None]:
    """What `dim=` or `axis=` of a reduction can be, counted from the start or from the end.

    Parameters
    ----------
    shape : tuple of int, or int
        The shape of the tensor, or how many dimensions it has.
    several : bool, default True
        Are there tuples of axes too, one at least, all different?
    none : bool, default True
        Is there None, which stands for all axes?  It is what a tensor without dimensions has.

    Returns
    -------
    SearchStrategy
        Of int, tuples of int, and None.

    Raises
    ------
    ValueError
        If there are no dimensions, and None may not be drawn.

    Examples
    --------
    >>> from hypothesis import find
    >>> from tinygrad_edu.testing import strategies
    >>> find(strategies.axes((2, 3)), lambda axis: axis == -1)
    -1
    >>> find(strategies.axes((2, 3)), lambda axis: isinstance(axis, tuple) and 1 in axis)
    (1,)
    """
    ndim = shape if isinstance(shape, int) else len(shape)
    found: list[Any] = []
    if ndim:
        found.append(st.sampled_from([*range(ndim), *range(-1, -ndim - 1, -1)]))
        if several:
            found.append(arrays.valid_tuple_axes(ndim, min_size=1))
    if none:
        found.append(st.none())
    if not found:
        raise ValueError("axes: a tensor without dimensions has no axis; allow none=True")
    return st.one_of(found)


KINDS = ("basic", "boolean", "integer", "mixed")


def indices(
    shape: Shape, kinds: str | tuple[str, ...] = KINDS, *, newaxis: bool = True
) -> st.SearchStrategy[Any]:
    """Index expressions: what stands between the brackets of `x[...]`, and fits x.

    Parameters
    ----------
    shape : tuple of int
        That of x.
    kinds : str or tuple of str, default all
        "basic": ints, slices (some with a negative step), None and an Ellipsis; "boolean": a mask
        of the first dimensions; "integer": arrays of places, which broadcast together; "mixed": all
        that, side by side in one key.
    newaxis : bool, default True
        Is there None in a basic or mixed key?

    Returns
    -------
    SearchStrategy
        Of keys for NumPy arrays and for Tensors: an int, a slice ..., an array, or a tuple of them.

    Notes
    -----
    For a mixed key NumPy and PyTorch may order the dimensions differently, and a Tensor does as
    PyTorch: `x[0, :, places]` takes the int first.

    Examples
    --------
    >>> import numpy as np
    >>> from hypothesis import given, settings
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.testing import strategies
    >>> x = np.arange(6.0).reshape(2, 3)
    >>> @settings(max_examples=20, deadline=None)
    ... @given(strategies.indices((2, 3), ("basic", "boolean", "integer")))
    ... def test_keys(key):
    ...     assert tg.tensor(x)[key].tolist() == x[key].tolist()
    >>> test_keys()
    """
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    wrong = [kind for kind in kinds if kind not in KINDS]
    if wrong or not kinds:
        raise ValueError(f"indices: the kinds are {', '.join(KINDS)}, not {wrong or 'none'}")
    basic: Any = arrays.basic_indices(  # type: ignore[call-overload]
        shape, allow_newaxis=newaxis, max_dims=len(shape) + 2
    )
    made = {
        "basic": basic,
        "boolean": _masks(shape),
        "integer": _keys(shape, ("places",), False),
        "mixed": _keys(shape, ("int", "slice", "places", "mask"), newaxis),
    }
    return st.one_of([made[kind] for kind in kinds])


@st.composite
def _masks(draw: Any, shape: Shape) -> Any:
    """A mask of the first dimensions, or of all."""
    ndim = draw(st.integers(min(1, len(shape)), len(shape)))
    return draw(arrays.arrays(bool, shape[:ndim]))


@st.composite
def _keys(draw: Any, shape: Shape, kinds: tuple[str, ...], newaxis: bool) -> Any:
    """A key of one part for each of the first dimensions.  What is chosen by its arrays and masks
    broadcasts to (2, wide)."""
    wide = draw(st.integers(1, 3))
    if 0 in shape and "slice" not in kinds:  # arrays of places can choose none of such a dimension
        shape = shape[: shape.index(0)] or (0,)
    parts = [_part(draw, side, kinds, wide) for side in _some(draw, shape)]
    if "slice" in kinds and draw(st.booleans()):
        ends = [k for k in range(len(parts) + 1) if len(parts) == len(shape) or k == len(parts)]
        parts.insert(draw(st.sampled_from(ends)), Ellipsis)
    if newaxis and draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), None)
    return tuple(parts)


def _some(draw: Any, shape: Shape) -> Shape:
    """The first dimensions, one at least."""
    return shape[: draw(st.integers(min(1, len(shape)), len(shape)))]


def _part(draw: Any, side: int, kinds: tuple[str, ...], wide: int) -> Any:
    """What is chosen along a dimension."""
    kind = draw(st.sampled_from(kinds))
    if kind == "slice" or (side == 0 and "slice" in kinds):
        return draw(st.slices(side))
    if kind == "int":
        return draw(st.integers(-side, side - 1))
    if kind == "mask" and side >= wide:
        chosen = draw(st.sets(st.integers(0, side - 1), min_size=wide, max_size=wide))
        return np.isin(np.arange(side), list(chosen))
    if side == 0:  # there is no place to choose
        return np.zeros((0, 1), np.intp)
    form = draw(st.sampled_from([(wide,), (1,), (2, wide)]))
    return draw(arrays.arrays(np.intp, form, elements=st.integers(-side, side - 1)))
