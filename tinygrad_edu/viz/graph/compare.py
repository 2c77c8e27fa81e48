"""Compare: two pictures as one, in which each box and arrow is of both, of the first or the second.

>>> import tinygrad_edu as tg
>>> from tinygrad_edu.viz.graph.picture import picture_of
>>> x = tg.tensor([1.0, 2.0], requires_grad=True)
>>> first, second, third = (x * 2).exp(), (x * 3).exp(), (x * 3).tanh().sum()
>>> for a, b in [(first, second), (second, third)]:
...     found = compared(picture_of(a, {"x": x}), picture_of(b, {"x": x}))
...     print([(box.name, found.said(box)) for box in found.picture.boxes if box.op])
[('multiply', ['b: 2 → 3']), ('exp', [])]
[('multiply', []), ('exp', ['removed']), ('tanh', ['added']), ('sum', ['added'])]

Two ops match if they have one name and stand in the same order; of several ways the longest wins,
then the one with more modules and shapes in common.  Leaves and constants match if they are one
tensor, by the place at which matched ops use them, or by their name.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from ..numbers import is_number, number, size_of, together
from ..words import defaults_of, key_of, settings_of, shape_of
from .fold import by_module, in_stretches, levels, size, take_in_sources
from .groups import Group, in_order, is_source, merged
from .picture import Arrow, Box, Picture

MATCH, MODULES, SHAPE = 1000, 10, 1  # what a pair of ops counts
LARGEST = 4_000_000  # pairs of ops that are tried; of more, blocks that are equal
NOISE = 0.01  # a gradient that changes by less is the same


@dataclass
class Compared:
    """One picture of two."""

    picture: Picture
    states: dict[Any, str] = field(default_factory=dict)  # of boxes and arrows: "added", "removed"
    words: dict[Box, list[str]] = field(default_factory=dict)  # what has changed in a box
    norms: dict[Box, tuple[float, float]] = field(default_factory=dict)  # of leaves' gradients

    def state(self, part: Box | Arrow) -> str:
        """ "added", "removed", "changed", or "" if it is the same in both."""
        return self.states.get(part) or ("changed" if self.words.get(part) else "")  # type: ignore[arg-type]

    def said(self, box: Box) -> list[str]:
        """What is written of the change."""
        return [self.states[box]] if box in self.states else self.words.get(box, [])


def compared(a: Picture, b: Picture) -> Compared:
    """The picture of both, in which what only the second has was added."""
    pair = matched(a, b)
    path = {
        x.call: y
        for old, new in pair.items()
        for x, y in zip(old.modules, new.modules, strict=False)
    }
    made = {box: replace(box, gradient=None, value=_number(box)) for box in (*a.boxes, *b.boxes)}
    for old in a.boxes:
        if old in pair:
            made[old] = made[pair[old]]
        elif old.kind == "output":
            made[old].kind = "op"
        made[old].modules = tuple(path.get(part.call, part) for part in made[old].modules)
    found = Compared(Picture([], [], made[b.output]))
    found.states.update({made[box]: "removed" for box in a.boxes if box not in pair})
    kept = set(pair.values())
    found.states.update({made[box]: "added" for box in b.boxes if box not in kept})
    for old, new in pair.items():
        found.words[made[new]] = list(_words(old, new, a.gradients and b.gradients))
        known = old.gradient is not None and new.gradient is not None
        if known and old.kind == new.kind == "leaf":
            found.norms[made[new]] = size_of(old.gradient).norm, size_of(new.gradient).norm
    _add_arrows(found, a, b, made)
    boxes = [made[box] for box in _in_turn(a.boxes, b.boxes, pair)]
    follows = [(arrow.start, arrow.end) for arrow in found.picture.arrows]
    found.picture.boxes, _ = in_order(boxes, follows)
    return found


def _number(box: Box) -> Any:
    """Of the values only those of plain numbers are kept, which an op writes in its own box."""
    plain = box.kind == "constant" and box.shape == () and not box.name
    return box.value if plain else None


def _in_turn(a: Sequence[Box], b: Sequence[Box], pair: dict[Box, Box]) -> Iterator[Box]:
    """The boxes of the second, each followed by those of the first which were removed after it."""
    gone: dict[Box | None, list[Box]] = defaultdict(list)
    last = None
    for box in a:
        last = pair.get(box, last)
        if box not in pair:
            gone[last].append(box)
    yield from gone[None]
    for box in b:
        yield box
        yield from gone[box]


def _add_arrows(found: Compared, a: Picture, b: Picture, made: dict[Box, Box]) -> None:
    def ends(arrow: Arrow) -> tuple[Box, Box, int]:
        return made[arrow.start], made[arrow.end], arrow.position

    before, after = {ends(x): x for x in a.arrows}, {ends(x): x for x in b.arrows}
    for (start, end, position), arrow in {**before, **after}.items():
        one = Arrow(start, end, position, arrow.argument, times=arrow.times)
        found.picture.arrows.append(one)
        if (start, end, position) not in after:
            found.states[one] = "removed"
        elif (start, end, position) not in before:
            found.states[one] = "added"
        elif _numbers_differ(old := before[start, end, position].start, arrow.start):
            words = f"{arrow.argument}: {_written(old)} \u2192 {_written(arrow.start)}"
            found.words.setdefault(end, []).append(words)


def _numbers_differ(old: Box, new: Box) -> bool:
    known = _number(old) is not None and _number(new) is not None
    return known and _written(old) != _written(new)


def _written(box: Box) -> str:
    return number(np.asarray(box.value).item())


# ---------------------------------------------------------------- what belongs together


def matched(a: Picture, b: Picture) -> dict[Box, Box]:
    """For boxes of the first picture, that of the second which is the same."""
    ops = [[box for box in picture.boxes if not is_source(box)] for picture in (a, b)]
    pair = dict(_aligned(*ops))
    taken = set(pair.values())
    for old, new in _sources(a, b, dict(pair)):
        if old not in pair and new not in taken:
            pair[old] = new
            taken.add(new)
    return pair


def _sources(a: Picture, b: Picture, pair: dict[Box, Box]) -> Iterator[tuple[Box, Box]]:
    """Leaves and constants that may be the same, the surest first: one tensor; those that matched
    ops use at one place, with one name or another; those of one name."""
    olds, news = ([box for box in picture.boxes if is_source(box)] for picture in (a, b))
    one = {_identity(box): box for box in news if _identity(box) is not None}
    yield from ((box, one[_identity(box)]) for box in olds if _identity(box) in one)
    into = {(arrow.end, arrow.position): arrow.start for arrow in b.arrows}
    places = [(x.start, into.get((pair.get(x.end, x.end), x.position))) for x in a.arrows]
    at_one_place = [(x, y) for x, y in places if is_source(x) and y is not None and is_source(y)]
    yield from ((x, y) for x, y in at_one_place if x.name == y.name)
    yield from at_one_place
    named = {box.name: box for box in news if box.name}
    yield from ((box, named[box.name]) for box in olds if box.name in named)


def _identity(box: Box) -> int | None:
    """Of a leaf, that of the tensor; of a constant, that of the array."""
    if box.node is not None:
        return id(box.node)
    return id(box.value) if isinstance(box.value, np.ndarray) else None


def _aligned(a: list[Box], b: list[Box]) -> Iterator[tuple[Box, Box]]:
    """The pairs of a longest common subsequence of the ops, by their names."""
    while a and b and _worth(a[0], b[0]) == MATCH + MODULES + SHAPE:
        yield a[0], b[0]
        a, b = a[1:], b[1:]
    ends = []
    while a and b and _worth(a[-1], b[-1]) == MATCH + MODULES + SHAPE:
        ends.append((a[-1], b[-1]))
        a, b = a[:-1], b[:-1]
    yield from _blocks(a, b) if len(a) * len(b) > LARGEST else _longest(a, b)
    yield from ends


def _worth(a: Box, b: Box) -> int:
    if a.name != b.name:
        return 0
    return MATCH + MODULES * (_path(a) == _path(b)) + SHAPE * (a.shape == b.shape)


def _path(box: Box) -> tuple[str, ...]:
    return tuple(part.name or part.kind for part in box.modules)


def _longest(a: list[Box], b: list[Box]) -> Iterator[tuple[Box, Box]]:
    """By dynamic programming, a row at a time."""
    numbers: dict[Any, int] = {}

    def column(boxes: list[Box], what: Any) -> Any:
        return np.array([numbers.setdefault(what(x), len(numbers)) for x in boxes], np.int64)

    (na, nb), (pa, pb), (sa, sb) = (
        (column(a, what), column(b, what))
        for what in (lambda x: x.name, lambda x: (_path(x),), lambda x: (x.shape, "shape"))
    )
    best = np.zeros((len(a) + 1, len(b) + 1), np.int64)
    for i in range(len(a)):
        worth = MATCH + MODULES * (pb == pa[i]) + SHAPE * (sb == sa[i])
        paired = best[i, :-1] + np.where(nb == na[i], worth, 0)
        best[i + 1, 1:] = np.maximum.accumulate(np.maximum(best[i, 1:], paired))
    found, i, j = [], len(a), len(b)
    while i and j:
        worth = _worth(a[i - 1], b[j - 1])
        if worth and best[i, j] == best[i - 1, j - 1] + worth:
            i, j = i - 1, j - 1
            found.append((a[i], b[j]))
        elif best[i, j] == best[i - 1, j]:
            i -= 1
        else:
            j -= 1
    yield from reversed(found)


def _blocks(a: list[Box], b: list[Box]) -> Iterator[tuple[Box, Box]]:
    """Where there are too many for that: the longest blocks that are equal."""
    names = [[(_path(box), box.name) for box in boxes] for boxes in (a, b)]
    for i, j, count in SequenceMatcher(None, names[0], names[1]).get_matching_blocks():
        yield from zip(a[i : i + count], b[j : j + count], strict=True)


# ---------------------------------------------------------------- what has changed


def _words(old: Box, new: Box, with_gradients: bool) -> Iterator[str]:
    if is_source(old) and old.kind != new.kind:
        yield f"was a {old.kind}"
    if old.name and new.name and old.name != new.name:
        yield f"was {old.name}"
    if old.shape != new.shape:
        yield f"shape {shape_of(old.shape)} \u2192 {shape_of(new.shape)}"
    if str(old.dtype) != str(new.dtype) and old.dtype is not None and new.dtype is not None:
        yield f"{old.dtype} \u2192 {new.dtype}"
    before, after = _settings(old), _settings(new)
    if before != after:
        yield f"{before or 'default'} \u2192 {after or 'default'}"
    told = new.kind in ("leaf", "output") or (new.kind == "constant" and new.name)
    if told and is_number(old.value) and is_number(new.value):
        x, y = (np.asarray(box.value).item() for box in (old, new))
        texts = together([x, y])
        if texts[0] != texts[1]:
            yield f"value {texts[0]} \u2192 {texts[1]}"
    if with_gradients and (words := _of_gradients(old.gradient, new.gradient)):
        yield words


def _settings(box: Box) -> str:
    key = key_of(box.settings["key"]) if "key" in box.settings else ""
    return " ".join(filter(None, [settings_of(box.settings, defaults_of(box.op)), key]))


def _of_gradients(old: Any, new: Any) -> str:
    """By how much a gradient has changed; "" if it has not."""
    if isinstance(old, tuple) or isinstance(new, tuple) or (old is None and new is None):
        return ""
    before, after = (None if g is None else size_of(g).norm for g in (old, new))
    if not before or not after or not math.isfinite(before + after):
        said = [_size(before), _size(after)]
        return "" if said[0] == said[1] else "gradient " + " \u2192 ".join(said)
    times = _times(before, after)
    if is_number(old) and is_number(new):
        x, y = np.asarray(old).item(), np.asarray(new).item()
        texts = together([x, y])
        turned = (x > 0) != (y > 0)
        if times or turned:
            return f"gradient {texts[0]} \u2192 {texts[1]}{'' if turned else f' ({times})'}"
    elif times:
        return f"gradient {times}"
    if np.shape(old) == np.shape(new):
        cosine = float(np.sum(np.asarray(old, float) * np.asarray(new, float))) / before / after
        if cosine < 1 - NOISE:
            return f"gradient turned: cosine {cosine:.2f}"
    return ""


def _times(before: float, after: float) -> str:
    """The ratio; "" if it is about 1."""
    ratio = after / before
    digits = 3 if abs(ratio - 1) < 0.1 else 2
    return f"\u00d7 {float(f'{ratio:.{digits}g}'):g}" if abs(ratio - 1) >= NOISE else ""


def _size(norm: float | None) -> str:
    return "none" if norm is None else number(norm)


# ---------------------------------------------------------------- folding


def smaller(found: Compared, max_nodes: int | None) -> Compared:
    """With fewer boxes, if there are more than so many: what is the same, and not beside a change,
    is folded; or the modules are, from the inside out; or what stands in a row with one mark;
    or at last any ops in a row."""
    for made in _ever_smaller(found):
        if max_nodes is None or _fits(made.picture, max_nodes):
            break
    notes = list(made.picture.notes)
    if made.picture.boxes != found.picture.boxes:
        notes.append(f"folded: max_nodes=None shows all {size(found.picture):,} boxes")
    made.picture = replace(made.picture, notes=notes)
    return made


def _fits(picture: Picture, max_nodes: int) -> bool:
    height = max(levels(picture).values(), default=0)
    return size(picture) <= max_nodes and height <= max(max_nodes // 4, 3)


def _ever_smaller(found: Compared) -> Iterator[Compared]:
    yield replace(found)
    beside = _beside_changes(found)
    yield _in_runs(found, lambda box: "" if box not in beside else None)
    deepest = max((len(box.modules) for box in found.picture.boxes), default=0)
    for depth in range(deepest - 1, -1, -1):
        yield _marked(found, by_module(found.picture, depth))
    yield _in_runs(found, found.state)
    count = len(found.picture.boxes)
    while count > 1:
        count //= 2
        yield _marked(found, in_stretches(found.picture, count))


def _beside_changes(found: Compared) -> set[Box]:
    changed = {box for box in found.picture.boxes if found.state(box)} | {found.picture.output}
    beside = set(changed)
    for arrow in found.picture.arrows:
        if found.state(arrow) or not changed.isdisjoint((arrow.start, arrow.end)):
            beside |= {arrow.start, arrow.end}
    return beside


def _in_runs(found: Compared, mark: Callable[[Box], str | None]) -> Compared:
    """Runs of ops that have one mark become one box each; those with mark None stay."""
    runs: list[tuple[str | None, list[Box]]] = [(None, [])]
    for box in found.picture.boxes:
        if not is_source(box):
            if runs[-1][0] != mark(box):
                runs.append((mark(box), []))
            runs[-1][1].append(box)
    groups = [
        Group(run, "ops in a row" if state else "the same in both")
        for state, run in runs
        if state is not None and len(run) > 2
    ]
    take_in_sources(found.picture, groups)
    return _marked(found, merged(found.picture, groups))


def _marked(found: Compared, picture: Picture) -> Compared:
    """The marks of a picture in which boxes were grouped."""
    made = Compared(picture, dict(found.states), dict(found.words), found.norms)
    for box in picture.boxes:
        if box.kind == "group":
            states = {found.state(member) for member in box.members}
            if states in ({"added"}, {"removed"}):
                made.states[box] = states.pop()
            else:
                made.words[box] = list(_of_group(found, box.members))
    return made


def _of_group(found: Compared, members: Sequence[Box]) -> Iterator[str]:
    """What has changed in a group: how many boxes, and the gradients of its leaves together."""
    count = Counter(found.state(member) for member in members if not is_source(member))
    yield from (f"{count[state]} {state}" for state in ("added", "removed") if count[state])
    norms = [found.norms[member] for member in members if member in found.norms]
    before, after = (math.hypot(*sizes) for sizes in zip(*norms, strict=True)) if norms else (0, 0)
    if before and after and math.isfinite(before + after):
        if times := _times(before, after):
            yield f"gradient {times}"
    elif _size(before) != _size(after):
        yield f"gradient {_size(before)} \u2192 {_size(after)}"
    elif not norms and count["changed"]:
        yield f"{count['changed']} changed"
