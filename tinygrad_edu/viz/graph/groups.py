"""Groups: several boxes of a picture become one, and the arrows between them are merged.

>>> import tinygrad_edu as tg
>>> from tinygrad_edu.viz.graph.picture import picture_of
>>> x = tg.tensor([1.0, 2.0], requires_grad=True)
>>> picture = picture_of((x * 3).exp().sum(), {"x": x})
>>> x, three, multiply, exp, total = picture.boxes
>>> smaller = merged(picture, [Group([multiply, three, exp], "two ops")])
>>> [(box.kind, box.name, box.ops) for box in smaller.boxes]
[('leaf', 'x', 0), ('group', 'two ops', 2), ('output', 'sum', 1)]
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

from ...engine.graph import Parts
from ...engine.observing import ModulePath
from .picture import Arrow, Box, Loop, Picture

SHAPES = 3  # of what enters or leaves a group, so many are told
SIMPLE = (int, float, str, bool, tuple, type(None))
OF_PLACES = {"getitem", "output", "select", "narrow", "slice"}  # they differ in a place only


@dataclass(eq=False, slots=True)
class Group:
    """Boxes that are to become one."""

    members: list[Box]
    name: str
    op: str = ""
    modules: tuple[ModulePath, ...] = ()  # the modules around it
    alike: bool = False  # it shows one of the members, and says how many there are
    counted: bool = False  # how many there are is said around it: it looks like one of them


def merged(
    picture: Picture, groups: Sequence[Group], loops: Mapping[Arrow, Loop] | None = None
) -> Picture:
    """The picture in which one box stands for each group.

    An arrow within a group disappears, except those that are `loops`.  A group that would lead to
    itself by way of a box outside of it is left as it was.
    """
    while True:
        stand_for = {member: Box("group", g.name, ()) for g in groups for member in g.members[:1]}
        place = {m: stand_for[g.members[0]] for g in groups for m in g.members}
        by_box = {stand_for[g.members[0]]: g for g in groups}
        bundles = _bundles(picture, place, by_box, loops or {})
        boxes, stuck = in_order(
            list(dict.fromkeys(place.get(box, box) for box in picture.boxes)),
            [(start, end) for start, end, loop, _ in bundles if not loop],
        )
        wrong = [g for g in groups if stand_for[g.members[0]] in stuck]
        if not wrong:
            break
        groups = _without_the_widest(groups, wrong, picture.boxes)
    arrows = [
        _arrow(start, end, loop, found, _is_whole(end, by_box))
        for (start, end, loop, _), found in bundles.items()
    ]
    _describe(picture, groups, place)
    output = place.get(picture.output, picture.output)
    return Picture(boxes, arrows, output, picture.gradients, list(picture.notes))


def _without_the_widest(
    groups: Sequence[Group], wrong: list[Group], boxes: list[Box]
) -> list[Group]:
    """Of the groups that are on a cycle, leave out the half that reaches furthest."""
    rank = {box: i for i, box in enumerate(boxes)}

    def width(group: Group) -> int:
        ranks = [rank[member] for member in group.members if not is_source(member)] or [0]
        return max(ranks) - min(ranks) + 1 - len(ranks)

    gone = set(sorted(wrong, key=width)[len(wrong) // 2 :])
    return [group for group in groups if group not in gone]


_Key = tuple[Box, Box, Loop, Any]


def _bundles(
    picture: Picture, place: dict[Box, Box], groups: dict[Box, Group], loops: Mapping[Arrow, Loop]
) -> dict[_Key, list[Arrow]]:
    """The arrows that become one, by their new ends."""
    found: dict[_Key, list[Arrow]] = defaultdict(list)
    for arrow in picture.arrows:
        start, end = place.get(arrow.start, arrow.start), place.get(arrow.end, arrow.end)
        loop = loops.get(arrow, arrow.loop)
        if start is end and not (loop and (arrow in loops or start is arrow.start)):
            continue
        position: Any = arrow.position
        if _is_whole(end, groups) or (
            start in groups and groups[start].alike and end not in groups
        ):
            position = None
        found[start, end, loop, position].append(arrow)
    return found


def _is_whole(box: Box, groups: dict[Box, Group]) -> bool:
    """Does it stand for ops of several kinds, so that the places of its inputs say nothing?"""
    return not groups[box].alike if box in groups else box.kind == "group" and not box.formula


def _arrow(start: Box, end: Box, loop: Loop, arrows: list[Arrow], whole: bool) -> Arrow:
    first, last = arrows[0], arrows[-1]
    if len(arrows) == 1 and first.start is start and first.end is end:
        return first
    argument = first.argument
    if argument != last.argument:
        both = argument.isdigit() and last.argument.isdigit()
        argument = f"{argument}\u2026{last.argument}" if both else ""
    if whole:
        argument = ""
    same = all(arrow.start is first.start for arrow in arrows)
    gradient = joined([arrow.gradient for arrow in arrows], first.start.shape if same else None)
    times = sum(arrow.times for arrow in arrows)
    position = min(arrow.position for arrow in arrows)
    return Arrow(start, end, position, argument, gradient, times, loop)


def joined(gradients: Iterable[Any], shape: Any = None) -> Any:
    """One gradient for several: the sum of those of one tensor, of this shape; or else all the
    numbers in one row."""
    known = [g for g in gradients if g is not None]
    if len(known) < 2:
        return known[0] if known else None
    if shape is not None and all(np.shape(g) == shape for g in known if not isinstance(g, Parts)):
        with np.errstate(all="ignore"):  # what is NaN or infinite is seen in the picture
            return sum(known[1:], known[0])
    return np.concatenate([row for g in known for row in _rows(g)])


def _rows(gradient: Any) -> list[Any]:
    if isinstance(gradient, Parts):
        return [row for part in gradient if part is not None for row in _rows(part)]
    return [gradient.reshape(-1) if isinstance(gradient, np.ndarray) else np.ravel(gradient)]


def in_order(
    boxes: Sequence[Box], follows: Iterable[tuple[Box, Box]]
) -> tuple[list[Box], set[Box]]:
    """The boxes, each after those that lead to it and else as they came; and those on a cycle."""
    rank = {box: i for i, box in enumerate(boxes)}
    after: list[set[int]] = [set() for _ in boxes]
    before: list[set[int]] = [set() for _ in boxes]
    for start, end in follows:
        after[rank[start]].add(rank[end])
        before[rank[end]].add(rank[start])
    order = _peeled(before, after)
    if len(order) == len(boxes):
        return [boxes[i] for i in order], set()
    on_cycle = set(range(len(boxes))) - set(order) - set(_peeled(after, before))
    return [], {boxes[i] for i in on_cycle}


def _peeled(before: list[set[int]], after: list[set[int]]) -> list[int]:
    """Those which are not behind a cycle, in order."""
    waiting = [len(found) for found in before]
    ready = [i for i, count in enumerate(waiting) if not count]
    heapify(ready)
    order = []
    while ready:
        i = heappop(ready)
        order.append(i)
        for k in after[i]:
            waiting[k] -= 1
            if not waiting[k]:
                heappush(ready, k)
    return order


# ---------------------------------------------------------------- what a group says of itself


def _describe(picture: Picture, groups: Sequence[Group], place: dict[Box, Box]) -> None:
    """Fill in the box of each group: what enters, what leaves, what it is."""
    into: dict[Box, list[Arrow]] = defaultdict(list)
    leaving: dict[Box, dict[Box, None]] = defaultdict(dict)
    for arrow in picture.arrows:
        if arrow.end in place:
            into[arrow.end].append(arrow)
        if arrow.start in place and place[arrow.start] is not place.get(arrow.end):
            leaving[place[arrow.start]][arrow.start] = None
    if picture.output in place:
        leaving[place[picture.output]][picture.output] = None
    for group in groups:
        box = place[group.members[0]]
        box.members, box.op, box.modules = list(group.members), group.op, group.modules
        shown = group.members[:1] if group.alike else group.members
        enter = {a.start: None for m in shown for a in into[m] if place.get(a.start) is not box}
        box.inputs = [start.shape for start in enter]
        if not group.alike:
            box.inputs = list(dict.fromkeys(box.inputs))[:SHAPES]
        box.inside = (sum(m.ops for m in box.members), sum(m.parameters for m in box.members))
        if group.alike:
            _describe_alike(box, group.counted, picture.output in group.members)
        else:
            _describe_whole(box, list(leaving[box]), into)


def _describe_alike(box: Box, counted: bool, has_output: bool) -> None:
    first, members = box.members[0], box.members
    box.structure = hash((len(members), label(first)))
    box.times = len(members)
    box.shape, box.dtype, box.formula = first.shape, first.dtype, first.formula
    box.settings = {k: v for k, v in first.settings.items() if _all_same(k, v, members)}
    box.freed = any(member.freed for member in members)
    box.gradient = joined(member.gradient for member in members)
    box.op = box.op or (first.op if all(member.op == first.op for member in members) else "")
    if counted:
        box.kind = "output" if has_output and first.kind != "group" else first.kind
    if first.kind == "constant" and all(_is_same(m.value, first.value) for m in members):
        box.kind, box.value, box.times = "constant", first.value, 1


def _describe_whole(box: Box, leaving: list[Box], into: dict[Box, list[Arrow]]) -> None:
    box.structure = structure(box.members, into)
    times = {member.times for member in box.members if member.ops}
    if len(times) == 1:
        box.times = times.pop()
    box.freed = any(member.freed for member in box.members)
    if len(leaving) == 1:
        (only,) = leaving
        box.shape, box.dtype, box.call = only.shape, only.dtype, only.call
        box.value, box.gradient = only.value, only.gradient
    else:
        shapes = tuple(dict.fromkeys(out.shape for out in leaving))
        box.shape = shapes[0] if len(shapes) == 1 else shapes[:SHAPES]
        box.gradient = joined(out.gradient for out in leaving)


def _all_same(key: str, value: Any, members: list[Box]) -> bool:
    try:
        return all(bool(m.settings.get(key) == value) for m in members)
    except (TypeError, ValueError):  # arrays
        return False


def _is_same(a: Any, b: Any) -> bool:
    return a is b or (isinstance(a, int | float) and isinstance(b, int | float) and a == b)


def structure(members: Sequence[Box], into: dict[Box, list[Arrow]]) -> int:
    """A number that is equal for groups that are wired alike of the same ops."""
    ops = {box: i for i, box in enumerate(box for box in members if not is_source(box))}
    known = set(members)
    sources: dict[Box, int] = {}
    wires = []
    for box in ops or dict.fromkeys(members):
        wires.append(label(box))
        for arrow in sorted(into[box], key=lambda arrow: arrow.position):
            start = arrow.start
            if start in ops:
                wires.append(ops[start])
            elif start in known:
                wires.append(hash((sources.setdefault(start, len(sources)), start.shape)))
            else:
                wires.append(hash(start.shape))
    return hash(tuple(wires))


def is_source(box: Box) -> bool:
    """Nothing leads to it: a leaf, a constant, or a group of them."""
    return box.kind in ("leaf", "constant") or (box.kind == "group" and not box.ops)


def label(box: Box) -> int:
    """A number that is equal for boxes that show the same op, with the same settings and shapes."""
    if box.members:
        return hash((box.structure, box.times))
    if box.kind in ("leaf", "constant"):
        return hash((box.kind, box.shape))
    if not box.settings or box.op in OF_PLACES:
        return hash((box.op, box.shape))
    settings = tuple(
        (key, value if isinstance(value, SIMPLE) else type(value))
        for key, value in box.settings.items()
    )
    return hash((box.op, box.shape, repr(settings)))


def common_name(names: Sequence[str]) -> str:
    """What several names have in common, with the range of the numbers in which they differ.

    >>> common_name(["layers.0.weight", "layers.1.weight", "layers.2.weight"])
    'layers.0\u20262.weight'
    """
    if len(set(names)) == 1:
        return names[0]
    if not all(names):
        return ""
    parts = [re.split(r"(\d+)", name) for name in names]
    columns = list(zip(*parts, strict=False))
    same_length = len({len(part) for part in parts}) == 1
    if not same_length or any(len(set(column)) > 1 for column in columns[::2]):
        return f"{names[0]} \u2026 {names[-1]}"
    spans = [c[0] if len(set(c)) == 1 else f"{c[0]}\u2026{c[-1]}" for c in columns]
    return "".join(spans)


def in_words(boxes: Iterable[Box]) -> str:
    """The names of the ops, the most frequent first: "multiply, add, tanh"."""
    counts = Counter(box.name for box in originals(boxes) if not is_source(box))
    names = [name for name, _ in counts.most_common(4)]
    return ", ".join(names[:3]) + (" \u2026" if len(names) > 3 else "")


def originals(boxes: Iterable[Box]) -> Iterator[Box]:
    """The boxes that groups stand for, and theirs."""
    stack = list(boxes)[::-1]
    while stack:
        box = stack.pop()
        if box.members:
            stack += box.members[::-1]
        else:
            yield box


def with_notes(picture: Picture, *notes: str) -> Picture:
    """The picture, which says more about itself."""
    return replace(picture, notes=[*picture.notes, *notes])
