"""The anomaly trap: it stops at the first op that makes a number which is not finite, and says why.

>>> import tinygrad_edu as tg
>>> x = tg.tensor([0.0, 1.0], requires_grad=True)
>>> with tg.detect_anomaly():
...     y = x.sqrt().sum()
...     try:
...         y.backward()
...     except RuntimeError as error:
...         print(error.cause)
sqrt at 0
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from ..engine.trapping import Finding, own, set_trap
from . import causes, shown
from .facts import Cause

F = TypeVar("F", bound=Callable[..., Any])

UNBROKEN = "\0"  # a space within code, while lines are wrapped
WIDTH = 84  # columns of a message

__all__ = ["AnomalyError", "detect_anomaly", "is_anomaly_check_nan_enabled", "is_anomaly_enabled"]
__all__ += ["set_anomaly_enabled", "set_detect_anomaly"]


class AnomalyError(RuntimeError):
    """Error of the anomaly trap: an op gave a number that is not finite.

    Parameters
    ----------
    message : str
        What is printed.
    finding : Finding, default None
        The op, and what is not finite.
    cause : str, default None
        A short name of the cause, if it was recognised.

    Attributes
    ----------
    op : str
        The name of the op.
    cause : str or None
        As `"log of 0"`, `"double where"`, `"softmax of a row of -inf"`.
    place : str
        File and line of the user's code that called the op; "" if it ran before the trap was set.
    finding : Finding or None
        What `diagnose.slice_of(error)` makes a script of.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> try:
    ...     with tg.detect_anomaly():
    ...         tg.tensor([0.0, 1.0], requires_grad=True).log()
    ... except RuntimeError as error:
    ...     print(error.op, "|", error.cause)
    log | log of 0
    """

    def __init__(self, message: str, finding: Any = None, cause: str | None = None) -> None:
        super().__init__(message)
        self.finding, self.cause = finding, cause
        self.op = str(finding.node.name) if finding else ""
        self.place = shown.place_of(finding.node) if finding else ""

    def __reduce__(self) -> Any:
        return AnomalyError, (str(self), None, self.cause)  # the record stays in its process


def error_of(finding: Finding) -> AnomalyError:
    """The error that says what was found."""
    cause = causes.cause_of(finding) if finding.node.plan else None
    lines = _backward_lines(finding, cause) if finding.backward else _forward_lines(finding, cause)
    if cause:
        lines += [("why", cause.why), ("cure", cause.cure)]
    head, *rest = lines
    width = max(len(name) for name, _ in rest)
    text = "\n".join([head[1], *[_wrapped(name, value, width) for name, value in rest]])
    return AnomalyError(text, finding, cause.name if cause else None)


def _wrapped(name: str, value: str, width: int) -> str:
    """A named line, in columns; only words are wrapped, not lines of code."""
    first, later = f"  {name:<{width}}  ", " " * (width + 4)
    if name not in ("why", "cure"):
        return first + value
    value = re.sub("`[^`]*`", lambda code: code[0].replace(" ", UNBROKEN), value)
    lines = textwrap.wrap(value, WIDTH - len(first), break_long_words=False, break_on_hyphens=False)
    return first + f"\n{later}".join(lines).replace(UNBROKEN, " ")


def _forward_lines(finding: Finding, cause: Cause | None) -> list[tuple[str, str]]:
    node, bad = finding.node, finding.bad
    mask = shown.bad_places(bad)
    many = f"at {int(mask.sum())} of {mask.size} elements" if mask.size > 1 else "a single number"
    head = f"detect_anomaly: {node.name} gave {shown.kinds(bad, counted=False)}, {many}"
    return [
        ("", head),
        *_where_it_is(node),
        *_operands(node),
        ("y", shown.ranged(bad)),
        *_numbers(shown.example(node, mask)),
        *_origin(finding, cause),
    ]


def _backward_lines(finding: Finding, cause: Cause | None) -> list[tuple[str, str]]:
    node, bad, i = finding.node, finding.bad, finding.part
    mask = shown.bad_places(bad)
    many = f"at {int(mask.sum())} of {mask.size} elements" if mask.size > 1 else "a single number"
    kind = shown.kinds(bad, counted=False)
    if i is None:
        what = f"the gradient that arrived at {node.name} holds {kind}"
        lines = [("", f"detect_anomaly: {what}, {many}"), ("g", shown.ranged(bad))]
        return lines[:1] + (_where_it_is(node) if node.plan else []) + lines[1:]
    names = shown.operand_names(node)
    letter = shown.formula(node).letter(names[i])
    head = f"detect_anomaly: the derivative of {node.name} by {letter} gave {kind}, {many}"
    rule = shown.formula(node).rule(names[i])
    y = shown.result_of(node)
    return [
        ("", head),
        *_where_it_is(node, f"dL/d{letter} = {rule}" if rule else ""),
        ("g", shown.ranged(finding.g)),
        *_operands(node),
        *([("y", shown.ranged(y))] if y is not None else []),
        (f"dL/d{letter}", shown.ranged(bad)),
        *_numbers(shown.example_back(node, finding.g, bad, i)),
        *_origin(finding, cause),
    ]


def _where_it_is(node: Any, rule: str = "") -> list[tuple[str, str]]:
    said = shown.short_formula(node)
    lines = [("op", f"{node.name}: {said}" if said else str(node.name))]
    lines += [("rule", rule)] if rule else []
    place, source = shown.place_of(node), shown.source_of(node)
    if place:
        lines.append(("line", f"{place}{f':  {source}' if source else ''}"))
    elif node.plan:
        lines.append(("line", "unknown: it ran before the trap was set"))
    path = shown.module_path(getattr(node, "call", None))
    return [*lines, ("in", path)] if path else lines


def _operands(node: Any) -> list[tuple[str, str]]:
    said = shown.formula(node)
    names = [said.letter(name) for name in shown.operand_names(node)]
    pairs = zip(names, shown.operands_of(node), strict=True)
    return [
        (name, f"{x}, not kept" if isinstance(x, tuple) and _is_shape(x) else shown.ranged(x))
        for name, x in pairs
        if x is not None and not (isinstance(x, tuple) and x and isinstance(x[0], tuple))
    ]


def _is_shape(x: tuple[Any, ...]) -> bool:
    return all(isinstance(n, int) for n in x)


def _numbers(text: str) -> list[tuple[str, str]]:
    return [("first", text)] if text else []


def _origin(finding: Finding, cause: Cause | None) -> list[tuple[str, str]]:
    """The way from the bad operand back to the leaf that it came from."""
    node = finding.node
    i = cause.operand if cause and cause.operand is not None else shown.worst(node)
    if i is None or i >= len(node.inputs):
        return []
    name = shown.formula(node).letter(shown.operand_names(node)[i])
    names = shown.names_of_leaves(finding.modules)
    return [("from", f"{name} <- {shown.chain_in_words(node, i, names)}")]


# ---------------------------------------------------------------- setting it


def is_anomaly_enabled() -> bool:
    """Say whether the anomaly trap of this thread is set.

    Returns
    -------
    bool

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> with tg.detect_anomaly():
    ...     tg.is_anomaly_enabled()
    True
    """
    return own.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Say whether the anomaly trap of this thread stops at numbers that are not finite.

    Returns
    -------
    bool
        As `check_nan` was given; True before the trap was ever set.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> with tg.autograd.detect_anomaly(check_nan=False):
    ...     tg.is_anomaly_check_nan_enabled()
    False
    """
    return own.check_nan


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Set the anomaly trap of this thread, or remove it.

    Parameters
    ----------
    mode : bool
        Set it, or remove it.
    check_nan : bool, default True
        Stop at numbers that are not finite.

    See Also
    --------
    detect_anomaly : The same for a block.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> tg.set_anomaly_enabled(True)
    >>> tg.set_anomaly_enabled(False)
    """
    set_trap(bool(mode), bool(check_nan), error_of)


class _Mode:
    """A context manager and decorator that restores what was set before."""

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, *_: Any) -> None:
        raise NotImplementedError

    def __call__(self, function: F) -> F:
        """Set it while a function runs."""

        @wraps(function)
        def trapped(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return cast(F, trapped)


class detect_anomaly(_Mode):
    """Stop at the first op whose result is not finite, forward or back.

    In the `with` block each op is looked at when it is called, and each derivative rule when it
    runs.  The first result, or part of a gradient, that holds NaN or an infinity raises an error.
    It says which op it was and its formula, the line that called it and the module in which, the
    ranges of its operands, from which leaf the bad operand came, and what is usually done about it.

    Parameters
    ----------
    check_nan : bool, default True
        False does not stop: the record only keeps the lines, as `viz.observe()` does.

    Raises
    ------
    AnomalyError
        A RuntimeError, in the block, at the op that gave a number which is not finite.

    Notes
    -----
    Differs from PyTorch, which looks at the backward pass alone, for NaN alone, in all threads,
    and warns that it is slow.  This one holds for the thread that sets it.

    An infinity passes that was put there on purpose: by `masked_fill(mask, -inf)`, `where`, `cat`
    or writing, from a Python number or from a tensor outside of the record; the -inf of a mask
    that is added; and where such numbers are moved, added, scaled or normalized by `log_softmax`.
    No other passes: a leaf that requires grad and holds one stops the first op that reads it.

    It takes memory and time, as `viz.observe()` does, and a compiled function runs op by op.
    Outside of the block nothing gets slower.  NumPy's warnings (division by 0) are left out in it.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([0.0, 1.0], requires_grad=True)
    >>> try:
    ...     with tg.detect_anomaly():
    ...         (1 / x).sum().backward()
    ... except RuntimeError as error:
    ...     print(str(error).splitlines()[0])
    detect_anomaly: divide gave inf, at 1 of 2 elements
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._before.append((own.enabled, own.check_nan))
        set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *_: Any) -> None:
        set_anomaly_enabled(*self._before.pop())

    def __repr__(self) -> str:
        return f"detect_anomaly(check_nan={self.check_nan})"


class set_detect_anomaly(_Mode):
    """Set the anomaly trap of this thread, or remove it: as a statement, or for a `with` block.

    Parameters
    ----------
    mode : bool
        Set it, or remove it.
    check_nan : bool, default True
        Stop at numbers that are not finite.

    See Also
    --------
    detect_anomaly : What it does.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> with tg.autograd.set_detect_anomaly(True):
    ...     tg.is_anomaly_enabled()
    True
    >>> tg.is_anomaly_enabled()
    False
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = own.enabled, own.check_nan
        self.mode, self.check_nan = mode, check_nan
        set_anomaly_enabled(mode, check_nan)  # at once: it may be a statement

    def __enter__(self) -> None:
        set_anomaly_enabled(self.mode, self.check_nan)

    def __exit__(self, *_: Any) -> None:
        set_anomaly_enabled(*self._before)

    def __call__(self, function: F) -> F:
        set_anomaly_enabled(*self._before)  # it was no statement
        return super().__call__(function)

    def __repr__(self) -> str:
        return f"set_detect_anomaly({self.mode}, check_nan={self.check_nan})"


anomaly_mode = sys.modules[__name__]  # what PyTorch calls the module of these names
