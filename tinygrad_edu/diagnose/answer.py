"""Answer: what `why` says, in words and in fields; and what the nodes of the record are called."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple

from ..engine.graph import Node
from ..viz.graph.picture import call_of
from ..viz.stepper.boxes import module


class Cause(NamedTuple):
    """One of the causes that an answer names."""

    reason: str  # as that of an Answer: "detach", "dead_relu"
    op: str  # what does it: "detach", "relu"
    place: str  # "train.py:12", if that was observed
    share: float | None = None  # of the numbers, for which it is so; None where that has no sense


@dataclass(frozen=True, repr=False)
class Answer:
    """Answer to the question why a gradient is what it is.

    It prints as text, and shows itself in a notebook.

    Parameters
    ----------
    reason : str
        A short name of the reason: those that there are stand in the docstring of `why`.
    text : str
        The reason in words.
    cure : str
        What can be done, in words; "" where nothing is to be done.
    causes : tuple of Cause, default ()
        What has caused it, the most important first: the reason, the op, the place, the share.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> answer = tg.diagnose.why(tg.ones(2))
    >>> answer.reason
    'never_required'
    >>> print(answer.text)
    The tensor (2,) has no gradient: it does not require one, and was not asked to.
    """

    reason: str
    text: str
    cure: str = ""
    causes: tuple[Cause, ...] = ()

    @property
    def op(self) -> str:
        """The op or method that is the first cause, or "".

        Returns
        -------
        str

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.diagnose.why(tg.ones(2)).op
        ''
        """
        return self.causes[0].op if self.causes else ""

    @property
    def place(self) -> str:
        """The line of the first cause, "train.py:12"; "" if it was not observed, or there is none.

        Returns
        -------
        str

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.diagnose.why(tg.ones(2)).place
        ''
        """
        return self.causes[0].place if self.causes else ""

    @property
    def share(self) -> float | None:
        """The share of the numbers that the first cause holds back, from 0 to 1.

        Returns
        -------
        float or None
            None where a share has no sense.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.diagnose.why(tg.ones(2)).share is None
        True
        """
        return self.causes[0].share if self.causes else None

    def __str__(self) -> str:
        return f"{self.text}\nWhat to do: {self.cure}" if self.cure else self.text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cure = f"<p><b>What to do:</b> {escape(self.cure)}</p>" if self.cure else ""
        return f"<div><p>{escape(self.text)}</p>{cure}</div>"


def title_of(x: Any) -> str:
    """What an answer calls a tensor: "The Parameter (5, 2)"."""
    kind = type(x).__name__
    return f"The {'tensor' if kind == 'Tensor' else kind} {tuple(x.shape)}"


def name_of(node: Node) -> str:
    """What the user calls the op of a node, or "leaf"."""
    call = call_of(node)
    return call.name if call else str(node.name)


def place_of(node: Node) -> str:
    """The line that called the op, if that was observed."""
    call = call_of(node)
    return str(call.place) if call else ""


def modules_of(node: Node) -> str:
    """The modules in which an op ran: "1: Linear"."""
    call = call_of(node)
    return " > ".join(module(*path[:2]) for path in call.modules) if call else ""


def said_of(node: Node) -> str:
    """An op with its shape, and where it was called: "multiply (2,) at train.py:12"."""
    shape = tuple(node.shape) if node.plan is None or isinstance(node.shape, tuple) else ()
    where = f" at {place_of(node)}" if place_of(node) else ""
    inside = f" (in {modules_of(node)})" if modules_of(node) else ""
    return f"{name_of(node)} {shape}{where}{inside}"
