"""What gradcheck raises: what is wrong, with the numbers, a script that repeats it, and a plot."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from ..dtypes import Array


@dataclass
class ErrorCurve:
    """The slope of one entry by differences at many steps, with the estimated error of each."""

    title: str
    analytic: float
    steps: Array
    slopes: Array
    errors: Array

    def text(self) -> str:
        """The error at each step, as bars on a logarithmic scale.

        >>> steps, slopes = np.array([1e-6, 1e-3]), np.zeros(2)
        >>> print(ErrorCurve("x[0]", 1.0, steps, slopes, np.array([1e-2, 1e-6])).text())
            h 1e-06  1e-02 ##########
            h 1e-03  1e-06 ######
        """
        lines = []
        for h, error in zip(self.steps, self.errors, strict=True):
            if np.isfinite(error) and error > 0:
                bar = "#" * int(np.clip(round(12 + np.log10(error)), 1, 30))
                lines.append(f"    h {h:.0e}  {error:.0e} {bar}")
        return "\n".join(lines)

    def plot(self, ax: Any) -> Any:
        apart = np.abs(self.slopes - self.analytic)
        ax.loglog(self.steps, self.errors, "o-", label="estimated error of the numeric slope")
        ax.loglog(self.steps, apart, "x--", label="|numeric - analytic|")
        ax.set_xlabel("step h, relative to the size of the input")
        ax.set_ylabel("error")
        ax.set_title(self.title)
        ax.legend()
        return ax


class GradcheckError(AssertionError):
    """A derivative is wrong, or cannot be checked.

    Each parameter but the text is an attribute too.

    Parameters
    ----------
    text : str
        The message: the table of entries, the diagnosis and the script that repeats it.
    input : str or None
        The input or parameter whose derivative is wrong.
    index : tuple of int or None
        The entry of it that is most wrong.
    analytic, numeric : float or None
        The derivative by the reverse pass, and by the reference.
    diagnosis : str or None
        What is wrong, in words, where one of the usual mistakes explains all entries.

    Attributes
    ----------
    script : str or None
        A few lines of Python that repeat the failure.
    inputs : tuple
        The inputs that were given.
    reference : str or None
        What the numeric derivative is by: "complex step" or "finite differences".

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.testing import GradcheckError, gradcheck
    >>> x = tg.tensor([1.0, 2.0])
    >>> try:
    ...     gradcheck(lambda x: x * x.detach(), x)
    ... except GradcheckError as error:
    ...     print(error.input, error.index, error.analytic)
    input 0 (1,) 2.0
    """

    def __init__(
        self,
        text: str,
        input: str | None = None,
        index: tuple[int, ...] | None = None,
        analytic: float | None = None,
        numeric: float | None = None,
        diagnosis: str | None = None,
    ) -> None:
        super().__init__(text)
        self.input, self.index, self.diagnosis = input, index, diagnosis
        self.analytic, self.numeric = analytic, numeric
        self.script: str | None = None
        self.inputs: tuple[Any, ...] = ()
        self.reference: str | None = None
        self.curve: ErrorCurve | None = None
        self.entries: dict[int, list[tuple[int, ...]]] = {}  # the wrong ones of each argument

    def _repeat_with(self, script: str) -> None:
        """Add the script that repeats the failure to the message."""
        self.script = script
        lines = "\n".join(f"    {line}" for line in script.splitlines())
        self.args = (f"{self.args[0]}\nto repeat it:\n{lines}",)

    def plot(self, ax: Any = None) -> Any:
        """Plot the error of the difference against its step, for the entry that is most wrong.

        Where truncation dominates, the estimated error falls with the step as h^4; where rounding
        dominates, it grows as 1/h.  A curve that is high everywhere shows rounding inside f.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            Where to draw; by default a new figure.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ValueError
            If no differences were taken: f is random, say, or changes its input.
        ImportError
            If matplotlib is not installed.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from tinygrad_edu.testing import GradcheckError, gradcheck
        >>> try:
        ...     gradcheck(lambda x: x * x.detach(), tg.tensor([1.0, 2.0]))
        ... except GradcheckError as error:
        ...     axes = error.plot()
        >>> axes.get_title()
        'd y[1] / d input 0[1]'
        """
        if self.curve is None:
            raise ValueError(
                f"plot: no differences were taken, as the failure is of another kind "
                f"({self.diagnosis})"
            )
        if ax is None:
            try:
                figure = import_module("matplotlib.figure").Figure(layout="constrained")
            except ImportError as error:
                raise ImportError("plot needs matplotlib: pip install matplotlib") from error
            ax = figure.subplots()
        return self.curve.plot(ax)
