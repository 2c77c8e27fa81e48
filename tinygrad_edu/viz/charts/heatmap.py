"""heatmap: a tensor as a grid of colours, in a notebook; in a terminal, of shades or numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ...dtypes import Array
from ...functions.arguments import plain
from ..words import as_xml

if TYPE_CHECKING:
    from pathlib import Path

MOST = 64  # rows and columns of one grid: of more, cells are means
GRIDS = 36  # of a tensor of more than two dimensions, at most so many are shown
WRITTEN = 12  # columns: up to here a cell shows its number,
NUMBERED = 4  # if there are so many slices at most
SHADES = " \u2591\u2592\u2593\u2588"  # from the smallest number to the largest
# Colours that colour-blind readers tell apart: negative, zero, positive; and NaN, infinity.
NEGATIVE, ZERO, POSITIVE = (179, 88, 6), (247, 247, 247), (33, 102, 172)
ODD = "#1a1a1a"


class Heatmap:
    """What `heatmap` returns: a notebook shows the colours, a terminal the text.

    Parameters
    ----------
    values : ndarray
        Of any number of dimensions.
    low, high : float, optional
        The numbers at the two ends of the colours.
    title : str, default ""
        A line above.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.viz.heatmap(tg.tensor([[1.0, -2.0], [0.5, float("nan")]]))
    2 x 2, -2 to 1, mean -0.167, 1 NaN
      1   -2
    0.5  nan
    """

    def __init__(
        self, values: Array, low: float | None = None, high: float | None = None, title: str = ""
    ) -> None:
        self.values, self.title = values, title
        self._grids = _grids_of(values)
        self._is_written = len(self._grids) <= NUMBERED and all(map(_is_small, self._grids))
        finite = np.concatenate([np.zeros(0), *[grid[np.isfinite(grid)] for grid in self._grids]])
        smallest, largest = (float(f(finite)) if finite.size else 0.0 for f in (np.min, np.max))
        signed = smallest < 0 < largest or (smallest < 0 and low is None and high is None)
        reach = max(-smallest, largest)
        self.low = float(low) if low is not None else -reach if signed else min(smallest, 0.0)
        self.high = float(high) if high is not None else reach if signed else largest
        if self.low > self.high:
            raise ValueError(f"heatmap: low={self.low:g} is above high={self.high:g}")
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            ends = f"low={self.low:g}, high={self.high:g}"
            raise ValueError(f"heatmap: {ends}, but the ends of the colours are finite")
        self.signed = self.low < 0
        self._about = _about(values)

    def text(self) -> str:
        """Return the numbers, if they are few, else shades, with a line that says what they are.

        Returns
        -------
        str
            Some lines.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> print(tg.viz.heatmap(tg.arange(3.0)).text())
        3, 0 to 2, mean 1
        0  1  2
        """
        lines = [*([self.title] if self.title else []), self._about]
        several = len(self._grids) > 1
        for k, grid in enumerate(self._grids[:NUMBERED]):
            lines += [f"[{k}]"] if several else []
            lines += _numbers(grid) if self._is_written else self._shaded(grid)
        if len(self._grids) > NUMBERED:
            lines.append(f"... {math.prod(self.values.shape[:-2]) - NUMBERED:,} more")
        if self._grids and not self._is_written:
            lines.append(f"from ' ', {self.low:.3g}, to '\u2588', {self.high:.3g}; ? is NaN")
        return "\n".join(lines)

    __repr__ = text

    def svg(self) -> str:
        """Return the picture as SVG.

        Returns
        -------
        str
            The text of an SVG file; each cell says its place and its number when it is pointed at.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.viz.heatmap(tg.eye(2)).svg()[:4]
        '<svg'
        """
        grids = self._grids
        parts, x, y, line, widest = [], 0.0, 18.0, 0.0, 0.0
        for k, grid in enumerate(grids):
            size = self._cell(grid)
            width, height = grid.shape[1] * size[0], grid.shape[0] * size[1]
            if k and x + width > 640:
                x, y, line = 0.0, y + line + 8, 0.0
            parts.append(self._cells(grid, x, y, size, k if len(grids) > 1 else None))
            x, line = x + width + 8, max(line, height)
            widest = max(widest, x - 8)
        words = as_xml(" \u00b7 ".join(filter(None, [self.title, self._about])))
        width = max(widest, 6.2 * len(words), 160)
        bar, height = self._bar(y + line + 8), y + line + 34
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" '
            f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
            'font-family="system-ui, sans-serif" font-size="11">'
            f"<title>{words}</title>"
            f'<text x="0" y="12" fill="currentColor">{words}</text>'
            f"{''.join(parts)}{bar}</svg>"
        )

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file.

        Parameters
        ----------
        path : str or Path
            It ends in `.svg`, or in `.txt` for the text.

        Returns
        -------
        Path
            The path.

        Raises
        ------
        ValueError
            If it has another ending.

        Examples
        --------
        >>> import os, tempfile
        >>> import tinygrad_edu as tg
        >>> path = os.path.join(tempfile.mkdtemp(), "eye.svg")
        >>> tg.viz.heatmap(tg.eye(2)).save(path).name
        'eye.svg'
        """
        from pathlib import Path

        path = Path(path)
        if path.suffix not in (".svg", ".txt"):
            raise ValueError(f"save: {path.name} must end in .svg or .txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.svg() if path.suffix == ".svg" else self.text(), encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x: auto">{self.svg()}</div>'

    def _shaded(self, grid: Array) -> list[str]:
        span = self.high - self.low or 1.0
        with np.errstate(invalid="ignore"):
            places = np.clip((grid - self.low) / span, 0, 1) * (len(SHADES) - 1)
        each = 2 if grid.shape[1] <= 40 else 1  # a character is about twice as high as it is wide
        return [
            "".join(each * ("?" if math.isnan(p) else SHADES[round(p)]) for p in row).rstrip()
            for row in places.tolist()
        ]

    def _cells(
        self, grid: Array, x: float, y: float, size: tuple[float, float], k: int | None
    ) -> str:
        """The rectangles of one grid, whose corner is at (x, y)."""
        wide, high = size
        cells = []
        for i, row in enumerate(grid.tolist()):
            for j, value in enumerate(row):
                colour = self.colour(value)
                at, top = x + j * wide, y + i * high
                place = ", ".join(str(n) for n in (k, i, j) if n is not None)
                cells.append(
                    f'<rect x="{at:g}" y="{top:g}" width="{wide:g}" height="{high:g}" '
                    f'fill="{colour}"><title>[{place}] {_number(value)}</title></rect>'
                )
                if self._is_written or not math.isfinite(value):
                    text = _number(value) if self._is_written else "?"
                    cells.append(
                        f'<text x="{at + wide / 2:g}" y="{top + high / 2:g}" font-size='
                        f'"{min(11, high * 0.6):g}" text-anchor="middle" dominant-baseline='
                        f'"central" pointer-events="none" fill="{_ink(colour)}">{text}</text>'
                    )
        frame = (
            f'<rect x="{x:g}" y="{y:g}" width="{grid.shape[1] * wide:g}" height='
            f'"{grid.shape[0] * high:g}" fill="none" stroke="currentColor" stroke-opacity="0.3"/>'
        )
        return "".join(cells) + frame

    def _cell(self, grid: Array) -> tuple[float, float]:
        """The width and the height of a cell."""
        if self._is_written:
            longest = max(len(_number(x)) for row in grid.tolist() for x in row)
            return max(24.0, 7.0 * longest + 6), 22.0
        side = (320 if len(self._grids) == 1 else 84) / max(grid.shape)
        return max(3.0, min(16.0, side)), max(3.0, min(16.0, side))

    def _bar(self, y: float) -> str:
        """What the colours mean."""
        steps = [self.low + (self.high - self.low) * k / 8 for k in range(9)]
        cells = "".join(
            f'<rect x="{50 + 10 * k}" y="{y:g}" width="10" height="10" fill="{self.colour(v)}"/>'
            for k, v in enumerate(steps)
        )
        return (
            f'<text x="46" y="{y + 9:g}" text-anchor="end" fill="currentColor">{self.low:.3g}'
            f'</text>{cells}<text x="144" y="{y + 9:g}" fill="currentColor">{self.high:.3g}</text>'
        )

    def colour(self, value: float) -> str:
        """Return the colour of a number.

        Parameters
        ----------
        value : float
            NaN and the infinities have a colour of their own.

        Returns
        -------
        str
            As `#2166ac`: orange below zero, white at zero, blue above.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> picture = tg.viz.heatmap(tg.tensor([-1.0, 0.0, 1.0]))
        >>> [picture.colour(x) for x in (-1.0, 0.0, 1.0)]
        ['#b35806', '#f7f7f7', '#2166ac']
        """
        if not math.isfinite(value):
            return ODD
        if self.signed:
            end = POSITIVE if value >= 0 else NEGATIVE
            reach = self.high if value >= 0 else -self.low
            share = abs(value) / reach if reach > 0 else 0.0
        else:
            end, span = POSITIVE, self.high - self.low
            share = (value - self.low) / span if span else 0.5
        share = min(max(share, 0.0), 1.0)
        mixed = (round(a + (b - a) * share) for a, b in zip(ZERO, end, strict=True))
        return "#" + "".join(f"{part:02x}" for part in mixed)


def heatmap(
    input: Any, *, low: float | None = None, high: float | None = None, title: str = ""
) -> Heatmap:
    """Show a tensor as a grid of colours: in a notebook as a picture, in a terminal as text.

    Numbers above zero are blue, below zero orange, as far from white as they are from zero; NaN and
    the infinities are black.  A small tensor shows its numbers too.  Of a tensor of more than two
    dimensions, as a batch of images, the slices of the last two stand side by side; more than 64
    rows or columns are drawn as means.  Values are read, and nothing is recorded.

    Parameters
    ----------
    input : Tensor or array
        Numbers of any shape; those of one dimension are a row.
    low, high : float, optional
        The numbers at the two ends of the colours; by default what the tensor holds.
    title : str, default ""
        A line above.

    Returns
    -------
    Heatmap
        The last expression of a cell shows itself; `save` writes SVG.

    Raises
    ------
    TypeError
        If `input` is not made of numbers.
    ValueError
        If `low` is above `high`, or one of them is NaN or infinite.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.viz.heatmap(tg.tensor([[1.0, -2.0], [0.0, 3.0]]), title="weights")
    weights
    2 x 2, -2 to 3, mean 0.5
     1  -2
     0   3
    """
    try:
        values = np.asarray(plain(input))
        if values.dtype.kind not in "biuf":
            raise TypeError
        values = values.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"heatmap: it shows a tensor, an array or a list of numbers, not {type(input).__name__}"
        ) from None
    return Heatmap(values, low, high, title)


def _grids_of(values: Array) -> list[Array]:
    """Matrices: the tensor itself, or the slices of its last two dimensions."""
    if not values.size:
        return []
    if values.ndim < 2:
        values = values.reshape(1, -1)
    slices = values.reshape(-1, *values.shape[-2:])
    return [_coarser(matrix) for matrix in slices[:GRIDS]]


def _about(values: Array) -> str:
    """Shape and range in words."""
    finite = values[np.isfinite(values)]
    words = [" x ".join(map(str, values.shape)) or "one number"]
    if not values.size:
        return f"{words[0]}, empty"
    if finite.size:
        words.append(f"{finite.min():.3g} to {finite.max():.3g}")
        words.append(f"mean {finite.mean():.3g}")
    nan, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    words += [f"{nan:,} NaN"] if nan else []
    words += [f"{infinite:,} infinite"] if infinite else []
    if values.ndim > 2 and math.prod(values.shape[:-2]) > GRIDS:
        words.append(f"the first {GRIDS} slices")
    if max(values.shape[-2:], default=0) > MOST:
        words.append("cells are means")
    return ", ".join(words)


def _coarser(matrix: Array) -> Array:
    """At most 64 rows and columns: of more, the means of blocks; NaN where one of a block is."""
    for axis in (0, 1):
        size = matrix.shape[axis]
        if size > MOST:
            edges = np.linspace(0, size, MOST, endpoint=False).astype(np.intp)
            counts = np.diff([*edges, size])
            with np.errstate(invalid="ignore"):
                sums = np.add.reduceat(matrix, edges, axis=axis)
            matrix = sums / (counts[:, None] if axis == 0 else counts)
    return matrix


def _is_small(grid: Array) -> bool:
    return bool(grid.shape[1] <= WRITTEN and grid.shape[0] <= 2 * WRITTEN)


def _numbers(grid: Array) -> list[str]:
    words = [[_number(x) for x in row] for row in grid.tolist()]
    width = max(len(word) for row in words for word in row)
    return ["  ".join(word.rjust(width) for word in row) for row in words]


def _number(x: float) -> str:
    return f"{x:.3g}"


def _ink(colour: str) -> str:
    """Black or white, whichever is read more easily on the colour."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return "#1f2328" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"
