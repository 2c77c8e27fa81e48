"""live: a plot of the loss while it is learnt, in a notebook; in a terminal, one line of text."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any, Self, TextIO

from ...engine.graph import TensorBase
from ..words import as_xml
from .flow_words import sparkline

WIDTH, HEIGHT = 560, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 118, 24, 26
POINTS = 400  # of a longer curve, so many means are drawn
# Colours that colour-blind readers tell apart, on white and on black, and a dash for each.
COLOURS = ("#2f81d6", "#d9670f", "#1a9e74", "#c063a0", "#b38600")
DASHES = ("", "6 3", "2 2", "8 3 2 3", "1 3")
HUGE = 1e300  # it is drawn as infinity is, and 1e-300 as 0 is, so that the axis does not overflow
SECONDS = 0.2  # between two pictures, at least


class Live:
    """What `live` returns: numbers that are added one by one, and shown while they are.

    Parameters
    ----------
    *names : str
        The name of the number that `add` takes without one; further names are allowed.
    log : bool, default False
        Whether the vertical axis is logarithmic.
    title : str, default ""
        A line above the chart.
    file : file, optional
        Where text is written, by default `sys.stdout`.

    Attributes
    ----------
    values : dict of str to list of float
        The numbers so far, by their names.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> with tg.viz.live("loss") as plot:
    ...     for step in range(1, 12):
    ...         plot.add(1 / step)
    step 1: loss 1
    step 10: loss 0.1
    step 11: loss 0.0909 \u2588\u2584\u2583\u2582\u2582\u2582\u2581\u2581\u2581\u2581\u2581
    """

    def __init__(
        self, *names: str, log: bool = False, title: str = "", file: TextIO | None = None
    ) -> None:
        self.values: dict[str, list[float]] = {str(name): [] for name in names}
        self._name = str(names[0]) if names else "loss"
        self.log, self.title, self._file = log, title, file
        self.count = 0
        self._shown = 0  # the count at the last picture
        self._next, self._time = 1, -math.inf
        self._handle: Any = None  # of the output of a notebook, which is replaced
        self._written = 0  # the length of the line in a terminal
        self._is_closed = False

    def add(self, value: Any = None, **values: Any) -> None:
        """Add the numbers of one step, and show them.

        Parameters
        ----------
        value : number or Tensor of one element, optional
            Of the first name, or "loss".
        **values : number or Tensor of one element
            By their names; a name that was not there before begins a curve.

        Raises
        ------
        TypeError
            If there is none, or one is no single number.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> plot = tg.viz.live("loss", "accuracy")
        >>> plot.add(tg.tensor(0.7), accuracy=0.5)
        step 1: loss 0.7, accuracy 0.5
        >>> plot.values
        {'loss': [0.699999988079071], 'accuracy': [0.5]}
        """
        given = dict(values) if value is None else {self._name: value, **values}
        if not given:
            raise TypeError("add: give it a number, as add(loss) or add(loss=loss)")
        numbers = {name: _number(name, x) for name, x in given.items()}
        for name, x in numbers.items():
            curve = self.values.setdefault(name, [])
            curve += [math.nan] * (self.count - len(curve))
            curve.append(x)
        self.count += 1
        self._is_closed = False
        self._show()

    def close(self) -> None:
        """Show the last numbers; more may be added all the same.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> plot = tg.viz.live("loss")
        >>> plot.add(0.5)
        step 1: loss 0.5
        >>> plot.close()
        """
        if self.count and not self._is_closed:
            self._show(last=True)
        self._is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def text(self) -> str:
        """Return the last numbers and the curves in one line.

        Returns
        -------
        str
            For each name its last number, and its curve as a few bars.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.viz.live("loss").text()
        'live plot of loss: nothing added yet'
        """
        if not self.count:
            return f"live plot of {', '.join(self.values) or self._name}: nothing added yet"
        curves = [
            f"{name} {_last(curve):.3g} {sparkline(curve, self.log)}"
            for name, curve in self.values.items()
            if curve
        ]
        return f"step {self.count}: {', '.join(curves)}"

    __repr__ = text

    def svg(self) -> str:
        """Return the chart as SVG.

        Returns
        -------
        str
            The text of an SVG file.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.viz.live("loss").svg()[:4]
        '<svg'
        """
        return _chart(self.values, self.count, self.log, self.title)

    def _repr_html_(self) -> str:
        return self.svg()

    # -------------------------------------------------------- showing

    def _show(self, last: bool = False) -> None:
        display = _of_a_notebook()
        now = time.monotonic()
        if display is not None:
            if last or now - self._time >= SECONDS:
                self._time = now
                self._update(display)
        else:
            file = self._file or sys.stdout
            if file.isatty():
                if last or now - self._time >= SECONDS:
                    self._time = now
                    self._rewrite(file, last)
            elif last or self.count >= self._next:
                self._line(file, last)

    def _update(self, display: Any) -> None:
        """Replace the picture in the output of the cell."""
        if self._handle is None:
            self._handle = display(self, display_id=True)
        else:
            self._handle.update(self)

    def _rewrite(self, file: TextIO, last: bool) -> None:
        """Write over the line of the terminal."""
        text = self.text()
        file.write("\r" + text.ljust(self._written) + ("\n" if last else ""))
        file.flush()
        self._written = 0 if last else len(text)

    def _line(self, file: TextIO, last: bool) -> None:
        """Where lines are kept, as in a file: one at steps 1, 10, 100, ..., and the last one."""
        if last and self._shown == self.count:
            return
        self._shown = self.count
        while self._next <= self.count:
            self._next *= 10
        numbers = ", ".join(f"{n} {_last(c):.3g}" for n, c in self.values.items() if c)
        file.write((self.text() if last else f"step {self.count}: {numbers}") + "\n")
        file.flush()


def live(*names: str, log: bool = False, title: str = "", file: TextIO | None = None) -> Live:
    """Plot numbers while they come, as the loss of a training.

    In a notebook it is one chart, which is drawn again as numbers are added, five times a second at
    most.  In a terminal it is one line of text, with the curve as a few bars, which is written
    over; elsewhere, as in a log file, it is a line at steps 1, 10, 100, ..., and one at the end.

    Parameters
    ----------
    *names : str
        What the numbers are called; the first is the name of what `add` takes without one.  Without
        any, it is "loss".
    log : bool, default False
        Whether the vertical axis is logarithmic.
    title : str, default ""
        A line above the chart.
    file : file, optional
        Where text is written, by default `sys.stdout`.

    Returns
    -------
    Live
        `add(loss)` or `add(loss=..., accuracy=...)` adds the numbers of a step; at the end of a
        `with` block, or at `close()`, the last ones are shown.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> with tg.viz.live("loss") as plot:
    ...     for loss in (0.9, 0.5, 0.1):
    ...         plot.add(loss)
    step 1: loss 0.9
    step 3: loss 0.1 \u2588\u2585\u2581
    """
    return Live(*names, log=log, title=title, file=file)


def _of_a_notebook() -> Callable[..., Any] | None:
    """IPython's `display`, if this runs in the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    found: Callable[..., Any] = display
    return found


def _number(name: str, x: Any) -> float:
    try:
        return float(x.array.item()) if isinstance(x, TensorBase) else float(x)
    except (TypeError, ValueError):
        given = f"of shape {tuple(x.shape)}" if hasattr(x, "shape") else f"{type(x).__name__}"
        raise TypeError(f"add: {name} is one number, not {given}; see x.mean()") from None


def _last(curve: list[float]) -> float:
    return next((x for x in reversed(curve) if not math.isnan(x)), math.nan)


# ---------------------------------------------------------------- the chart


def _chart(values: dict[str, list[float]], count: int, log: bool, title: str) -> str:
    finite = [x for curve in values.values() for x in curve if _is_shown(x, log)]
    low, high = _range(finite, log)
    inner = HEIGHT - TOP - BOTTOM

    def x_of(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (step / max(count - 1, 1))

    def y_of(value: float) -> float:
        a, b, v = (math.log10(z) if log else z for z in (low, high, value))
        return TOP + inner * (1 - (v - a) / (b - a))

    parts = []
    for tick in _ticks(low, high, log):
        y = y_of(tick)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            'stroke="currentColor" stroke-opacity="0.15"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="currentColor" '
            f'fill-opacity="0.7">{tick:.3g}</text>'
        )
    labels = []
    for k, (name, curve) in enumerate(values.items()):
        look = COLOURS[k % len(COLOURS)], DASHES[k % len(DASHES)]
        points = [(x_of(s), y_of(v) if _is_shown(v, log) else None) for s, v in _thinned(curve)]
        parts.append(_line_of(points, *look))
        if _is_shown(_last(curve), log):
            labels.append([y_of(_last(curve)), f"{name} {_last(curve):.3g}", look[0]])
    parts += _labels(labels)
    words = as_xml(title or f"{', '.join(values)} over {count} steps")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui, sans-serif" font-size="11">'
        f'<title>{words}</title><text x="{LEFT}" y="14" fill="currentColor">{words}</text>'
        f"{''.join(parts)}"
        f'<text x="{LEFT}" y="{HEIGHT - 8}" fill="currentColor" fill-opacity="0.7">1</text>'
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end" fill="currentColor" '
        f'fill-opacity="0.7">step {count}</text></svg>'
    )


def _is_shown(value: float, log: bool) -> bool:
    return abs(value) < HUGE and (value > 1 / HUGE or not log)


def _range(finite: list[float], log: bool) -> tuple[float, float]:
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if log:
        low, high = (low or 1e-3), (high or 1.0)
        return (low / 1.2, high * 1.2)
    pad = (high - low) * 0.05 or abs(high) * 0.1 or 1.0
    return (0.0 if 0 <= low < 0.3 * high else low - pad), high + pad


def _ticks(low: float, high: float, log: bool) -> list[float]:
    """Three to six round numbers."""
    if log and high / low >= 100:
        first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
        each = max(1, (last - first) // 5)
        return [10.0**power for power in range(first, last + 1, each)]
    step = 10.0 ** math.floor(math.log10((high - low) / 3))
    step *= next(f for f in (1, 2, 5, 10) if (high - low) / (step * f) <= 5.5)
    first = math.ceil(low / step)
    ticks = [k * step for k in range(first, first + 7) if k * step <= high]
    return [tick for tick in ticks if tick > 0 or not log]


def _thinned(curve: list[float]) -> list[tuple[float, float]]:
    """The steps and numbers to draw: of a long curve, the means of some neighbours."""
    each = max(1, len(curve) // POINTS)
    groups = [(k, curve[k : k + each]) for k in range(0, len(curve), each)]
    return [(k + (len(group) - 1) / 2, _mean(group)) for k, group in groups]


def _mean(group: list[float]) -> float:
    return math.fsum(group) / len(group) if all(map(math.isfinite, group)) else math.nan


def _line_of(points: list[tuple[float, float | None]], colour: str, dash: str) -> str:
    """The curve, broken where there is no number; a single point is a dot."""
    words, pen = [], "M"
    shown = [(x, y) for x, y in points if y is not None]
    for x, y in points:
        if y is None:
            pen = "M"
            continue
        words.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    dot = ""
    if len(shown) == 1:
        dot = f'<circle cx="{shown[0][0]:.1f}" cy="{shown[0][1]:.1f}" r="3" fill="{colour}"/>'
    return (
        f'<path d="{"".join(words)}" fill="none" stroke="{colour}" stroke-width="1.8" '
        f'stroke-dasharray="{dash}"/>{dot}'
    )


def _labels(labels: list[list[Any]]) -> list[str]:
    """The names at the ends of the curves, 14 pixels apart at least."""
    labels.sort(key=lambda label: label[0])
    for k in range(1, len(labels)):
        labels[k][0] = max(labels[k][0], labels[k - 1][0] + 14)
    over = max(0.0, labels[-1][0] - (HEIGHT - BOTTOM)) if labels else 0.0
    return [
        f'<text x="{WIDTH - RIGHT + 8}" y="{y - over + 4:.1f}" fill="{colour}" font-weight="600">'
        f"{as_xml(text)}</text>"
        for y, text, colour in labels
    ]
