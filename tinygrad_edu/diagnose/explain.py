"""explain: the gradient of a tensor as the sum of what each op that used it gives back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ..engine import leaf
from ..engine.graph import Node
from ..engine.observing import ObservedNode, restored
from ..tensor import Tensor
from ..viz.graph.picture import Arrow, Box, Picture, picture_of, recorded
from ..viz.names import names_of
from ..viz.numbers import is_number, number, size_of
from ..viz.stepper.boxes import module, origin
from ..viz.stepper.equations import equations_of
from ..viz.stepper.formula import parsed
from ..viz.stepper.written import short
from ..viz.words import key_of
from . import reach
from .answer import title_of
from .why import why

SHOWN = 12  # terms in a text, the largest ones if there are more
ENTRIES = 4  # of a tensor, the largest ones, whose sums are shown number by number


@dataclass(frozen=True, repr=False, eq=False)
class Term:
    """What one use of a tensor gives to its gradient.

    Parameters
    ----------
    op : str
        The function that used it, as the user knows it, or the op: "multiply".
    argument : str
        As which of its inputs, in the letters of its formula: "a".
    formula : str
        The derivative, with numbers where all are single: "dL/da = g b = 1 × (-3) = -3".
    gradient : ndarray
        The term, of the shape of the tensor.
    share : float
        Its share of the sum: all shares add up to 1, and one that works against the sum is
        negative.  NaN where the sum is zero.
    norm : float
        The norm of the term.
    place : str
        The line that called the op, "train.py:12"; "" if it was not observed.
    modules : str
        The modules in which it ran: "rnn: RNN > cell: RNNCell".
    example : str
        The formula of the first number, where the op works on each number by itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> (term,) = tg.diagnose.explain(x, x.exp()).terms
    >>> term.op, term.argument, term.share
    ('exp', 'x', 1.0)
    """

    op: str
    argument: str
    formula: str
    gradient: Any
    share: float
    norm: float
    place: str = ""
    modules: str = ""
    example: str = ""

    def __str__(self) -> str:
        return f"{self.op}: {self.formula}"

    __repr__ = __str__


@dataclass(frozen=True, repr=False, eq=False)
class Explanation:
    """A gradient as a sum of terms, in the order in which `backward()` adds them.

    It prints as a table, and shows itself in a notebook.

    Parameters
    ----------
    title : str
        What the tensor is called.
    terms : tuple of Term
        One for each use of the tensor.
    total : ndarray
        Their sum, added one after another: to the last bit what `backward()` adds to `.grad`.
    notes : tuple of str, default ()
        What else is to be said: a hook, or a `.grad` that holds more than this.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> explanation = tg.diagnose.explain(x, x * x)
    >>> explanation.total.item(), len(explanation.terms)
    (6.0, 2)
    """

    title: str
    terms: tuple[Term, ...]
    total: Any
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        rows = _rows(self)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
        right = (True, False, False, True, False)
        lines = [
            "  ".join(
                text.rjust(width) if at_right else text.ljust(width)
                for text, width, at_right in zip(row, widths, right, strict=True)
            ).rstrip()
            for row in rows
        ]
        return "\n".join([_heading(self), *lines, *_entries(self), *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cells = [[f"<td>{escape(text)}</td>" for text in row] for row in _rows(self)]
        rows = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
        entries = "\n".join(_entries(self))
        entries = f"<pre>{escape(entries)}</pre>" if entries else ""
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return f"<div><p>{escape(_heading(self))}</p><table>{rows}</table>{entries}{notes}</div>"


def explain(
    x: Tensor, loss: Tensor | None = None, params: Any = None, *, gradient: Tensor | None = None
) -> Explanation:
    """Write the gradient of a tensor as a sum: one term for each op that used it.

    Each term has the formula of its derivative with numbers, the line of the code, and its share.
    The terms add up to what `backward()` adds to `.grad`, to the last bit.  For that the reverse
    pass is repeated; no `.grad` changes, but hooks on tensors run again.

    Ask with the loss before `backward()`.  Afterwards it can be told only of a record that was made
    inside of `with viz.observe():`, or kept by `backward(retain_graph=True)`; lines and modules are
    known only of what was observed.

    Parameters
    ----------
    x : Tensor
        The tensor, a leaf or a result.
    loss : Tensor, optional
        What the gradient is of; by default, where the newest `backward()` of this thread began.
    params : Module, dict of str to Tensor, list of Tensor, or pairs, optional
        Names for tensors, as in `viz.draw`: the explanation calls `x` by its name.
    gradient : Tensor, optional
        dL/d(loss), of the shape of `loss`; needed unless that is one number.

    Returns
    -------
    Explanation
        Its `terms`, their sum `total`, and `notes`.  There are no terms, and a note says why, if no
        gradient comes from the loss to `x`.

    Raises
    ------
    TypeError
        If `x` or `loss` is no Tensor.
    RuntimeError
        If there is no loss, if it has several elements and there is no `gradient`, or if the record
        was freed by `backward()` or written over since.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> loss = x * -3 + x.exp()
    >>> print(tg.diagnose.explain(x, loss, {"x": x}))
    The gradient of x () is the sum of 2 terms:
    1  exp       dL/dx = g y = 1 × 7.389 = 7.389  168 %
    2  multiply  dL/da = g b = 1 × (-3) = -3      -68 %
       sum       4.389
    """
    for name, given in (("x", x), ("loss", loss)):
        if not isinstance(given, Tensor) and (name == "x" or given is not None):
            raise TypeError(f"explain: {name} is a Tensor, not {type(given).__name__}")
    names = {t.node: name for name, t in names_of(params, "explain").items() if t.node is not None}
    title = names.get(x.node, "") if x.node is not None else ""
    root = _root(x, loss)
    if x.node is None or root is None or x.node not in reach.reached([root.node]):
        return _of_none(x, title, loss)
    nodes = recorded(root.node)
    with restored(nodes):
        _refuse_freed(nodes)
        picture = _picture(root, names_of(params, "explain"), gradient)
    return _explained(x, title, picture, root.node, gradient)


def _root(x: Tensor, loss: Tensor | None) -> Any:
    """What the gradient is of, as a Tensor at that place in the record; None if it has none."""
    if loss is not None:
        return loss if loss.node is not None else None
    if x.node is None:
        return None
    roots = reach.last_roots()
    fits = [root for root in roots if math.prod(root.shape) == 1]
    if len(fits) == 1:
        return Tensor(np.zeros(fits[0].shape, fits[0].dtype), fits[0])
    gone = f" at {leaf.last.place}" if leaf.last.place else ""
    why = "the loss of the newest backward()" + gone + " is gone, or was no single number"
    if not leaf.last.tick:
        why = "backward() was not called yet on this thread"
    raise RuntimeError(f"explain: {why}; give the loss: diagnose.explain(x, loss)")


def _picture(root: Tensor, names: dict[str, Tensor], gradient: Tensor | None) -> Picture:
    try:
        return picture_of(root, names, gradients=True, gradient=gradient)
    except RuntimeError as error:
        raise RuntimeError(f"explain: {str(error).removeprefix('backward: ')}") from None


def _refuse_freed(nodes: list[Node]) -> None:
    for node in nodes:
        if node.plan and node.saved is None:
            is_observed = isinstance(node, ObservedNode)  # and yet it keeps what it needs by itself
            how = "; or make the loss inside of `with viz.observe():`"
            observed = "" if is_observed else how
            raise RuntimeError(
                f"explain: what {node.name} {tuple(node.shape)} had saved was freed by the "
                f"backward() at {node.freed_by}.  Ask before backward(), with the loss: "
                f"diagnose.explain(x, loss){observed}; or say backward(retain_graph=True) there"
            )


def _of_none(x: Tensor, title: str, loss: Tensor | None) -> Explanation:
    answer = why(x, loss)
    return Explanation(title or title_of(x), (), np.zeros(x.shape, x.dtype), (str(answer),))


def _explained(
    x: Tensor, title: str, picture: Picture, root: Node, gradient: Tensor | None
) -> Explanation:
    """The explanation, read from a picture that knows what comes back along each arrow."""
    into: dict[Box, list[Arrow]] = {box: [] for box in picture.boxes}
    for arrow in picture.arrows:
        into[arrow.end].append(arrow)
    own = next(box for box in picture.boxes if box.node is x.node)
    uses = [a for a in picture.arrows if origin(a) is own and a.gradient is not None]
    uses.sort(key=_order)
    parts = [arrow.gradient for arrow in uses]
    if x.node is root:
        parts = [np.ones(x.shape, x.dtype) if gradient is None else gradient.array.astype(x.dtype)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    made = [_term(arrow, into[arrow.end], total) for arrow in uses]
    if x.node is root:
        made = [_start(total)]
    return Explanation(title or title_of(x), tuple(made), total, _notes(x, total, own.gradient))


def _order(arrow: Arrow) -> tuple[int, int]:
    """Where the engine adds a part: the newest op first, its inputs from the first to the last."""
    assert arrow.end.node is not None
    return -arrow.end.node.tick, arrow.position


def _term(arrow: Arrow, into: list[Arrow], total: Any) -> Term:
    box, call = arrow.end, arrow.end.call
    said = equations_of(arrow, into)
    remark = "" if said["equation"] != said["left"] else parsed(box.formula).remark
    modules = " > ".join(module(*path[:2]) for path in box.modules)
    return Term(
        box.name,
        arrow.argument,
        said["equation"] + (f": {remark}" if remark else ""),
        arrow.gradient,
        _share(arrow.gradient, total),
        float(size_of(arrow.gradient).norm),
        str(call.place) if call else "",
        modules,
        said["example"],
    )


def _start(seed: Any) -> Term:
    """The only term of the tensor from which the reverse pass begins."""
    norm = float(size_of(seed).norm)
    return Term("backward", "", f"dL/dL = {short(seed)}", seed, _share(seed, seed), norm)


def _share(part: Any, total: Any) -> float:
    """The part of the sum in the direction of the sum: such shares add up to 1."""
    with np.errstate(all="ignore"):
        scale = float(np.abs(total.astype(np.float64)).max(initial=0.0))
        if not 0 < scale < math.inf:
            return math.nan
        whole, own = total.astype(np.float64) / scale, part.astype(np.float64) / scale
        return float((own * whole).sum() / (whole * whole).sum())


def _notes(x: Tensor, total: Any, after: Any) -> tuple[str, ...]:
    notes = []
    if not np.array_equal(total, after, equal_nan=True):
        notes.append(f"A hook on it changed the gradient to {short(after)}.")
    grad = None if x.node is None or x.node.grad is None else x.node.grad.array
    if grad is not None and not np.array_equal(grad, after, equal_nan=True):
        notes.append(
            f"Its .grad ({short(grad)}) is something else: other calls of backward() have added to "
            "it, or it was changed since, by clipping, zero_grad() or an assignment."
        )
    return tuple(notes)


# ---------------------------------------------------------------- as text


def _heading(explanation: Explanation) -> str:
    count, shape = len(explanation.terms), tuple(explanation.total.shape)
    title = explanation.title.replace("The ", "the ", 1)
    named = not title.startswith("the ")
    what = f"{title} {shape}" if named else title
    if not count:
        return f"The gradient of {what} has no terms."
    return f"The gradient of {what} is {'one term' if count == 1 else f'the sum of {count} terms'}:"


def _largest(explanation: Explanation) -> list[int]:
    """The terms that are shown, in order."""
    terms = explanation.terms
    order = sorted(range(len(terms)), key=lambda k: -terms[k].norm)[:SHOWN]
    return sorted(order)


def _rows(explanation: Explanation) -> list[list[str]]:
    terms = explanation.terms
    if not terms:
        return []
    shown = _largest(explanation)
    rows = [_row(k + 1, terms[k]) for k in shown]
    if len(shown) < len(terms):
        left = [term for k, term in enumerate(terms) if k not in shown]
        share = sum(term.share for term in left)
        rest = f"{len(left)} smaller terms"
        rows.append(["", "others", rest, _percent(share), ""])
    rows.append(["", "sum", short(explanation.total), "", ""])
    return rows


def _row(k: int, term: Term) -> list[str]:
    formula = term.formula
    if not is_number(term.gradient):
        formula += f"  ({short(term.gradient)})"
        formula += f", the first number: {term.example}" if term.example else ""
    where = term.place + (f" (in {term.modules})" if term.modules else "")
    return [str(k), term.op, formula, _percent(term.share), where]


def _percent(share: float) -> str:
    return "" if math.isnan(share) else f"{share:.0%}".replace("%", " %")


def _entries(explanation: Explanation) -> list[str]:
    """The largest numbers of the gradient, each as the sum of its terms."""
    total, terms = explanation.total, explanation.terms
    if is_number(total) or not total.size or not terms:
        return []
    flat = np.nan_to_num(np.abs(total.astype(np.float64)).ravel(), nan=math.inf)
    places = sorted(np.argsort(-flat, kind="stable")[:ENTRIES].tolist())
    lines = ["The largest numbers:" if total.size > ENTRIES else "Number by number:"]
    shown = _largest(explanation)
    for place in places:
        key = tuple(int(i) for i in np.unravel_index(place, total.shape))
        sides = [number(terms[k].gradient[key]) for k in shown]
        sides = [f"({side})" if side[0] == "-" and k else side for k, side in enumerate(sides)]
        if len(shown) < len(terms):
            sides.append("...")
        result = number(total[key])
        left = [" + ".join(sides)] if len(sides) > 1 else []
        lines.append(f"  {key_of(key)}  {' = '.join([*left, result])}")
    return lines
