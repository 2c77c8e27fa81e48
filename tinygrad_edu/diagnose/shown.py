"""Ops, arrays and places of the record in words.

>>> import numpy as np
>>> ranged(np.array([[0.0, 2.5], [np.nan, -np.inf]]))
'(2, 2) float64, 0.0 to 2.5 where finite, 2 of 4 not finite (1 nan, 1 -inf)'
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..engine.graph import Parts
from ..engine.observing import Call
from ..viz.numbers import number, together
from ..viz.stepper.formula import Formula, parsed, with_numbers
from ..viz.stepper.sources import spot_of
from ..viz.words import formula_of

LONGEST = 6  # steps of a chain that are written
ELEMENTWISE = ("elementwise", "piecewise", "special", "activation", "comparison")


# ---------------------------------------------------------------- arrays


def ranged(x: Any) -> str:
    """The shape, the dtype, the range of the finite numbers, and how many are not finite."""
    if isinstance(x, tuple):
        return "; ".join(map(ranged, x))
    x = np.asarray(x) if isinstance(x, np.generic) else x
    if not isinstance(x, np.ndarray):
        return f"the number {x!r}" if isinstance(x, int | float) else repr(x)
    head = f"{x.shape} {x.dtype}"
    if not x.size:
        return f"{head}, no elements"
    if x.dtype.kind == "b":
        return f"{head}, {int(x.sum())} of {x.size} True"
    finite = x[np.isfinite(x)]
    lost, words = x.size - finite.size, [head]
    if finite.size:
        ends = [finite.min(), finite.max()]
        low, high = together(ends)
        if any(_seems_an_end(x, text) for x, text in zip(ends, (low, high), strict=True)):
            low, high = map(str, ends)
        span = f"{low} to {high}" if low != high else low
        all_the_same = low == high and x.size > 1 and not lost
        words.append(f"all {span}" if all_the_same else f"{span}{' where finite' * bool(lost)}")
    if x.size == 1 and lost:
        return f"{head}, {kinds(x, counted=False)}"
    words.append(f"{lost} of {x.size} not finite ({kinds(x)})" if lost else "all finite")
    return ", ".join(words)


def _seems_an_end(x: Any, text: str) -> bool:
    """Would it read as -1, 0 or 1, where domains end, and is another number?"""
    return text in ("-1", "0", "1", "0.0000", "1.000", "-1.000") and float(text) != float(x)


def told(x: Any) -> str:
    """A number, with all its digits where fewer would say another one that matters."""
    text = number(x)
    return str(x) if np.isfinite(x) and _seems_an_end(x, text) else text


def kinds(x: Any, counted: bool = True) -> str:
    """What is not finite in an array: "2 nan, 1 -inf", or "nan and -inf"."""
    if isinstance(x, tuple):
        return kinds(np.concatenate([np.ravel(part) for part in x if part is not None]), counted)
    masks = {"nan": np.isnan(x), "inf": np.isposinf(x), "-inf": np.isneginf(x)}
    found = {kind: int(mask.sum()) for kind, mask in masks.items() if mask.any()}
    return ", ".join(f"{n} {kind}" for kind, n in found.items()) if counted else " and ".join(found)


def bad_places(x: Any) -> Any:
    """Where an array is not finite: its mask (of several, that of the first that is not)."""
    if isinstance(x, tuple):
        masks = [bad_places(part) for part in x if part is not None]
        return next((mask for mask in masks if mask.any()), np.zeros((), bool))
    return ~np.isfinite(x)


def first_place(mask: Any) -> tuple[int, ...]:
    """The index of the first True."""
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(mask)), mask.shape))


def indexed(name: str, place: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, place))}]" if place else name


def element(x: Any, place: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """The element of an operand that meets the one at a place of the result, or None."""
    try:
        return np.broadcast_to(np.asarray(x), shape)[place]
    except (ValueError, IndexError):
        return None


# ---------------------------------------------------------------- ops


def operand_names(node: Any) -> list[str]:
    """What the op's formula calls its operands."""
    op, count = node.plan.op, len(node.inputs)
    names = [name.strip("_") for name in op.forward.__code__.co_varnames[: op.arity]]
    return names if len(names) == count else [f"x{i}" for i in range(count)]


def operands_of(node: Any) -> list[Any]:
    """The operands, as far as they are known: those that were observed, or saved for the rules;
    a shape stands for one that is not known."""
    count = len(node.inputs)
    values = getattr(node, "values", None) or node.saved or ()
    values = [getattr(x, "content", x) for x in values]
    return [*values[1 : count + 1], *[None] * (count + 1 - len(values))]


def result_of(node: Any) -> Any:
    """The result, if it is known."""
    values = getattr(node, "values", None) or node.saved or (None,)
    is_known = isinstance(values[0], np.ndarray | Parts)
    return values[0] if is_known else None


def formula(node: Any) -> Formula:
    """The formula of the op and of its rules, as its docstring writes them."""
    return parsed(_documented(node))


def _documented(node: Any) -> str:
    first = (node.plan.op.forward.__doc__ or "").split("\n\n")[0]
    return " ".join(re.sub(r"\.\s.*", ".", first, flags=re.DOTALL).split())


def short_formula(node: Any) -> str:
    """ "y = ln x", or "" if the op does not say."""
    text = formula_of(_documented(node))
    return text if " = " in text else ""


def is_elementwise(node: Any) -> bool:
    return node.plan.op.forward.__module__.rpartition(".")[2] in ELEMENTWISE


def example(node: Any, mask: Any) -> str:
    """The numbers at the first place of the result that is not finite: "y[1] = ln 0 = -inf"."""
    y, xs = result_of(node), operands_of(node)
    if not is_elementwise(node) or not isinstance(y, np.ndarray) or y.shape != mask.shape:
        return ""
    place = first_place(mask)
    met = [element(x, place, y.shape) for x in xs]
    if None in met:
        return ""
    said, pairs = formula(node), list(zip(operand_names(node), map(told, met), strict=True))
    filled = with_numbers(said.forward, {said.letter(name): text for name, text in pairs})
    if filled is None:
        filled = ", ".join(f"{name} = {text}" for name, text in pairs)
        return f"{indexed('y', place)} = {number(y[place])} at {filled}"
    return f"{indexed('y', place)} = {filled} = {number(y[place])}"


def example_back(node: Any, g: Any, part: Any, i: int) -> str:
    """The numbers of the rule at the first place of its part that is not finite."""
    said, name = formula(node), operand_names(node)[i]
    rule, arrays = said.rule(name), [g, part]
    if not is_elementwise(node) or not all(isinstance(x, np.ndarray) for x in arrays):
        return ""
    if g.shape != part.shape:
        return ""
    place = first_place(bad_places(part))
    y, names = result_of(node), operand_names(node)
    known = dict(zip([said.letter(n) for n in names], operands_of(node), strict=True))
    known |= {"g": g, "y": y}
    met = {letter: element(x, place, g.shape) for letter, x in known.items()}
    numbers = {k: told(x) for k, x in met.items() if x is not None and not isinstance(x, tuple)}
    filled = with_numbers(rule, numbers) if rule else None
    head = f"{indexed(f'dL/d{said.letter(name)}', place)} = {rule or 'its rule'}"
    at = ", ".join(f"{k} = {x}" for k, x in numbers.items())
    return f"{head} = {filled or ''}{'' if filled else f'{number(part[place])} at {at}'}" + (
        f" = {number(part[place])}" if filled else ""
    )


# ---------------------------------------------------------------- places


def place_of(node: Any) -> str:
    """The user's line, or "" if it was not observed."""
    call = getattr(node, "call", None)
    return str(call.place) if call else ""


def source_of(node: Any) -> str:
    """The text of that line, if it is in a file."""
    call = getattr(node, "call", None)
    return linecache.getline(*spot_of(call.place)).strip() if call else ""


def module_path(call: Call | None) -> str:
    """ "Net > layers.2 > Linear"; "" outside of all modules."""
    if not call or not call.modules:
        return ""
    first, *inner = call.modules
    names = [module.name or module.kind for module in inner]
    return " > ".join([first.kind, *names, *([inner[-1].kind] if inner else [])])


def names_of_leaves(modules: Sequence[Any]) -> dict[int, str]:
    """By the identity of a Node, or of an array, what a module calls it."""
    names: dict[int, str] = {}
    for module in modules:
        for name, x in [*module.named_parameters(), *module.named_buffers()]:
            names[id(x.array)] = name
            if x.node is not None:
                names[id(x.node)] = name
    return names


def origin(node: Any, i: int) -> Any:
    """The identity of the array of an operand."""
    origins = getattr(node, "origins", ())
    return origins[i] if i < len(origins) else None


def worst(node: Any) -> int | None:
    """The operand that holds what is not finite; else the first with a node."""
    xs = operands_of(node)
    bad = [i for i, x in enumerate(xs) if is_not_finite(x)]
    known = [i for i, parent in enumerate(node.inputs) if parent is not None]
    return next(iter(bad or known), None)


def is_not_finite(x: Any) -> bool:
    if isinstance(x, Parts):
        return any(map(is_not_finite, x))
    if isinstance(x, float):
        return not np.isfinite(x)
    return isinstance(x, np.ndarray) and x.dtype.kind == "f" and not np.isfinite(x).all()


def chain(node: Any, i: int) -> Iterator[tuple[Any, Any, int | None]]:
    """The way from operand i of a node back to a leaf: each Node (None for a constant), the node
    that used it, and as which operand."""
    at: Any = node
    step: int | None = i
    while step is not None:
        parent = at.inputs[step]
        yield parent, at, step
        if parent is None or parent.plan is None:
            return
        at, step = parent, worst(parent)


def chain_in_words(node: Any, i: int, names: dict[int, str]) -> str:
    """ "softmax (2, 3) at train.py:4 <- linear (2, 3) at train.py:3 <- fc.weight (3, 4)"."""
    said = []
    for parent, user, k in chain(node, i):
        x = operands_of(user)[k or 0]
        new = user is not node and is_not_finite(x)  # else it was said of the operand
        if parent is None:
            said.append(_constant(user, k or 0, names, user is not node))
        elif parent.plan is None:
            held = names.get(id(parent), "")
            said.append(f"{held or 'a leaf'} {ranged(x) if new else parent.shape}")
        elif parent.plan.op.name not in ("inputs", "output"):
            place = place_of(parent)
            said.append(f"{parent.name} {parent.shape}{f' at {place}' if place else ''}")
    if len(said) > LONGEST:
        left = len(said) - LONGEST
        said[LONGEST - 1 : -1] = [f"({left} more)"]
    return " <- ".join(said)


def _constant(user: Any, k: int, names: dict[int, str], new: bool) -> str:
    x = operands_of(user)[k]
    name = names.get(origin(user, k), "")
    if isinstance(x, np.ndarray):
        return f"{name or 'a tensor outside of the record'} {ranged(x) if new else x.shape}"
    return ranged(x) if x is not None else "a constant"
