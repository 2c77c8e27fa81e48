"""Draw: the words in which an op says what it takes, `@op(..., samples=lambda draw: ...)`.

A *case* is what an op is called with, (inputs, params).  A shape among the inputs stands for random
floats of that shape; an array is taken as it is.

>>> from random import Random
>>> draw = Draw(Random(0))
>>> draw.case(draw.shape(min_ndim=2), axis1=draw.axis, axis2=draw.axis)
(((4, 1, 3),), {'axis1': 1, 'axis2': 0})
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dtypes import Array
from ..ops import ARRAY, CELLS, Windows, located, max_pool

if TYPE_CHECKING:
    from random import Random

Shape = tuple[int, ...]
Case = tuple[tuple[Any, ...], dict[str, Any]]


class Draw:
    """Draws arguments that are valid, of every kind that there is: no sides, sides of 0 and of 1,
    negative axes, tuples of them and None, places named twice ..."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.numbers = np.random.default_rng(random.getrandbits(32))

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return self.random.randint(low, high)

    def choice(self, *options: Any) -> Any:
        """One of the options."""
        return self.random.choice(options)

    def shape(self, min_ndim: int = 0, max_ndim: int = 3, min_side: int = 1) -> Shape:
        """A shape of few sides, none longer than 4."""
        ndim = self.integer(min_ndim, max_ndim)
        return tuple(self.integer(min_side, 4) for _ in range(ndim))

    def alike(self, count: int) -> list[Shape]:
        """One shape, for each of `count` inputs."""
        return [self.shape()] * count

    def case(self, *inputs: Any, **params: Any) -> Case:
        """These inputs and parameters.  A function among them, such as `draw.axis`, is called with
        the first shape (or the shape of the first array) that stands there."""
        shapes = [getattr(x, "shape", x) for x in (*inputs, *params.values())]
        full = next((shape for shape in shapes if isinstance(shape, tuple)), None)

        def drawn(x: Any) -> Any:
            return x(full) if callable(x) else x

        return tuple(map(drawn, inputs)), {name: drawn(x) for name, x in params.items()}

    # ------------------------------------------------------------ for a shape: shapes and axes

    def broadcast(self, full: Shape) -> Shape:
        """A shape that broadcasts to `full`: some sides 1, some leading sides left out."""
        sides = tuple(1 if self.random.random() < 0.25 else side for side in full)
        return sides[self.integer(0, len(full)) if self.random.random() < 0.3 else 0 :]

    def reshaped(self, full: Shape) -> Shape:
        """Another shape of as many numbers; a side of -1 is to be found."""
        return tuple(self.choice((-1,), full[::-1], (1, *full[:1], -1)))

    def axis(self, full: Shape) -> int:
        """An axis, counted from the start or from the end."""
        return self.integer(-len(full), len(full) - 1)

    def new_axis(self, full: Shape) -> int:
        """Where one more axis can stand."""
        return self.axis((1, *full))

    def axes(self, full: Shape) -> Any:
        """None, one axis or a tuple of them."""
        if not full or self.random.random() < 0.3:
            return None
        if self.random.random() < 0.5:
            return self.axis(full)
        return tuple(self.random.sample(range(len(full)), self.integer(1, len(full))))

    def permutation(self, full: Shape) -> tuple[int, ...]:
        """All axes, in any order."""
        return tuple(self.random.sample(range(len(full)), len(full)))

    def borders(self, full: Shape) -> Any:
        """How wide a border is: everywhere, before and after, or on each side of each axis."""
        widths = [(self.integer(0, 2), self.integer(0, 2)) for _ in full]
        return self.choice(1, (2, 1), widths) if full else ()

    # ------------------------------------------------------------ for a shape: arrays

    def chosen(self, options: Sequence[Any], shape: Shape) -> Array:
        """An array of some of the options."""
        entries = self.random.choices(options, k=prod(shape))
        return np.array(entries, np.asarray(options).dtype).reshape(shape)

    def sequence(self) -> Case:
        """What a cell reads of sequences that end at different times, and its settings."""
        cell = self.choice(*CELLS)
        gates = CELLS[cell].gates
        rows, size, steps = self.integer(1, 3), self.integer(1, 3), self.integer(1, 3)
        sizes = sorted((self.integer(1, rows) for _ in range(steps - 1)), reverse=True)
        sizes, h = [rows, *sizes], self.integer(1, 3) if CELLS[cell].projects else size
        state = [(rows, h), (rows, size)][: 2 if "lstm" in cell else 1]
        state += [(h, size)] * CELLS[cell].projects
        weight = [(gates * size, h), (gates * size,)]
        inputs = (sum(sizes), gates * size), *weight, *state
        return self.case(*inputs, cell=cell, sizes=sizes, reverse=self.choice(False, True))

    def mask(self, shape: Shape) -> Array:
        """True and False."""
        return self.chosen((False, True), shape)

    def classified(self) -> Case:
        """Rows, and a class for each: the place of one of its columns."""
        rows, columns = shape = self.shape(min_ndim=2, max_ndim=2)
        return self.case(shape, self.chosen(range(columns), (rows,)))

    def chances(self) -> Case:
        """A shape, and for each number of it a probability."""
        return self.case(self.shape(), self.numbers.random)

    def named(self, inputs: Sequence[str], params: Sequence[str]) -> Case:
        """What the names of an op's inputs and parameters ask for (see BY_NAMES)."""
        asks = (ask for names, ask in BY_NAMES.items() if {*names.split()} <= {*params})
        return next(asks)(self, inputs)

    # ------------------------------------------------------------ elementwise, along axes

    def elementwise(self, count: int) -> Case:
        """Shapes that broadcast together, one for each of `count` inputs."""
        return self.case(self.shape(min_side=0), *[self.broadcast] * (count - 1))

    def along_axis(self, or_none: bool = False) -> Case:
        """A shape and one of its axes, or None."""
        axis = self.choice(self.axis, None) if or_none else self.axis
        return self.case(self.shape(min_ndim=1), axis=axis)

    def ranges(self) -> Case:
        """A shape, one of its axes, and where ranges along it start and stop, both rising."""
        full = self.shape(min_ndim=1)
        axis, count = self.integer(0, len(full) - 1), self.integer(1, 4)
        ends = [sorted(self.integer(0, full[axis]) for _ in range(count)) for _ in range(2)]
        start, stop = np.sort(np.array(ends), axis=0).tolist()
        return self.case(full, start=start, stop=stop, axis=axis)

    def triangle(self) -> Case:
        """Matrices, and one of their diagonals."""
        return self.case(self.shape(min_ndim=2), k=self.integer(-3, 3))

    def reduction(self, **params: Any) -> Case:
        """A shape, and what of it becomes one number; other parameters as they are given."""
        return self.case(self.shape(), axis=self.axes, keepdims=self.choice(False, True), **params)

    def variance(self) -> Case:
        """A reduction, and a `ddof` below the count of the numbers that become one."""
        (full,), params = self.reduction()
        count = int(np.max(np.ones(full).sum(params["axis"])))
        return (full,), params | {"ddof": self.integer(0, count - 1)}

    def shifts(self) -> Case:
        """A shape, some of its axes, and how far to move along each."""
        (full,), params = self.case(self.shape(), axis=self.axes)
        if isinstance(params["axis"], tuple):
            shift: Any = tuple(self.integer(-5, 5) for _ in params["axis"])
        else:
            shift = self.integer(-5, 5)
        return (full,), params | {"shift": shift}

    def joined(self) -> Case:
        """One to three shapes that are equal but along an axis, where they may be 0."""
        (full,), params = self.along_axis()
        along = params["axis"] % len(full)
        sizes = [self.integer(0, 3) for _ in range(self.integer(1, 3))]
        return tuple((*full[:along], size, *full[along + 1 :]) for size in sizes), params

    # ------------------------------------------------------------ parts of an array

    def diagonals(self, *names: str) -> Case:
        """A diagonal: the shapes of these names, among "x" and the "values" that it reads of x."""
        full = self.shape(min_ndim=2)
        axis1, axis2 = self.random.sample(range(-len(full), 0), 2)
        params: dict[str, Any] = {"offset": self.integer(-3, 3), "axis1": axis1, "axis2": axis2}
        shapes = {"x": full, "values": np.empty(full).diagonal(**params).shape}
        return tuple(shapes[name] for name in names), _with_shape(params, full, names)

    def keys(self, *names: str) -> Case:
        """A key: the shapes of these names, among "x" and the "values" that it reads of x; then
        its arrays."""
        rows, columns = full = self.shape(min_ndim=2, max_ndim=2)
        some = self.chosen(range(-rows, rows), self.shape(1, 1, min_side=0))
        arrays, key = self.choice(
            ((), (self.integer(-rows, rows - 1),)),
            ((), (slice(None, None, -1), None, slice(0, columns, 2))),
            ((), (Ellipsis, self.integer(0, columns - 1))),
            ((some,), (ARRAY,)),
            ((some, some[:, None] % columns), (ARRAY, ARRAY)),
            ((some % columns,), (slice(1, None), ARRAY)),
            ((some % columns,), (0, None, ARRAY)),
            ((self.mask(full),), (ARRAY,)),
        )
        part, at = located(np.empty(full), arrays, key)
        shapes = {"x": full, "values": part[at].shape}
        params = _with_shape({"key": key}, full, names)
        return (*[shapes[name] for name in names], *arrays), params

    # ------------------------------------------------------------ matrices

    def shapes(self, *terms: str) -> tuple[Shape, ...]:
        """A shape for each term such as "...ij": equal letters are equal sizes, and what stands
        for `...` broadcasts together."""
        sizes = {letter: self.integer(1, 4) for letter in sorted({*"".join(terms)} - {"."})}
        batch = self.shape(max_ndim=2)
        return tuple(
            (*(self.broadcast(batch) if "." in term else ()), *[sizes[c] for c in term if c != "."])
            for term in terms
        )

    def product(self) -> Case:
        """Two matrices, vectors or batches of matrices that can be multiplied."""
        left, right = self.choice("n", "mn", "...mn"), self.choice("n", "np", "...np")
        return self.case(*self.shapes(left, right))

    def einsum(self) -> Case:
        """One to three shapes of named sides, and which of the names the result has."""
        terms = ["".join(self.random.choices("ijkl", k=n)) for n in self.shape(1, 3, min_side=0)]
        named = sorted({*"".join(terms)})
        out = "".join(self.random.sample(named, self.integer(0, len(named))))
        return self.case(*self.shapes(*terms), subscripts=f"{','.join(terms)}->{out}")

    def matrix(self, square: bool = False) -> Array:
        """Matrices with the singular values 1, 2, 3 ..., which no small step makes equal."""
        rows, columns = self.shape(min_ndim=2, max_ndim=2)
        shape = (*self.choice((), (2,)), rows, rows if square else columns)
        u, s, vh = np.linalg.svd(self.numbers.standard_normal(shape), full_matrices=False)
        return np.asarray(u * np.arange(s.shape[-1], 0, -1.0) @ vh)

    def positive_definite(self) -> Array:
        """Symmetric matrices with the eigenvalues 1, 4, 9 ..."""
        x = self.matrix(square=True)
        return np.asarray(x @ x.swapaxes(-1, -2))

    def right_side(self, full: Shape) -> Shape:
        """Columns for which to solve a system of equations."""
        return (*self.choice((), (2,)), full[-1], self.integer(1, 3))

    # ------------------------------------------------------------ windows

    def windows(self, *names: str, **params: Any) -> Case:
        """Windows: the shapes of these names, among what convolutions and pools take; "whole" is an
        x of whole numbers, with ties, and "top" the largest that each window sees of it."""
        ndim, groups = self.integer(1, 3), params.get("groups", 1)
        n, channels, out, *sides = (self.integer(1, 2) for _ in range(3 + 4 * ndim))
        kernel, counts, stride, dilation = (tuple(sides[k::4]) for k in range(4))
        before = tuple(self.integer(0, 1) for _ in range(ndim))
        each = zip(counts, stride, kernel, dilation, before, strict=True)
        ends = [(c - 1) * s + (k - 1) * d + 1 - b for c, s, k, d, b in each]
        size = tuple(max(1, end + self.integer(-1, 1)) for end in ends)
        windows = Windows(size, kernel, counts, stride, dilation, before)
        whole = self.chosen(range(4), (n, channels * groups, *size))
        shapes: dict[str, Any] = {
            "x": whole.shape,
            "columns": (n, channels, *kernel, *counts),
            "weight": (out * groups, channels, *kernel),
            "bias": (out * groups,),
            "other": (n, out * groups, *counts),
            "whole": whole,
            "top": max_pool(whole, windows=windows),
        }
        if np.any(shapes["top"] < 0):
            return self.windows(*names, **params)  # a window sees nothing but padding
        return tuple(shapes[name] for name in names), {"windows": windows} | params


# What the names of an op's parameters ask for, unless it says `samples=`: the first line counts of
# which it has all names.  The last one, without names, is for elementwise ops.
BY_NAMES: dict[str, Callable[[Draw, Sequence[str]], Case]] = {
    "windows groups": lambda draw, inputs: draw.windows(*inputs, groups=draw.integer(1, 2)),
    "windows": lambda draw, inputs: draw.windows(*inputs),
    "key": lambda draw, inputs: draw.keys(*inputs),
    "offset axis1 axis2": lambda draw, inputs: draw.diagonals(*inputs),
    "shift axis": lambda draw, _: draw.shifts(),
    "axis ddof keepdims": lambda draw, _: draw.variance(),
    "axis keepdims": lambda draw, _: draw.reduction(),
    "axis": lambda draw, _: draw.along_axis(),
    "axes": lambda draw, _: draw.case(draw.shape(), axes=draw.permutation),
    "shape": lambda draw, _: draw.case(draw.shape(), shape=draw.reshaped),
    "k": lambda draw, _: draw.triangle(),
    "pad_width": lambda draw, _: draw.case(draw.shape(min_side=0), pad_width=draw.borders),
    "": lambda draw, inputs: draw.elementwise(len(inputs)),
}


def _with_shape(params: dict[str, Any], full: Shape, names: tuple[str, ...]) -> dict[str, Any]:
    """The parameters, with the shape of x among them if x is not among the inputs."""
    return params if "x" in names else params | {"shape": full}
