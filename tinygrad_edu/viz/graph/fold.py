"""Fold: the same picture with fewer boxes, so that it can be read.

>>> import tinygrad_edu as tg
>>> from tinygrad_edu.viz.graph.picture import picture_of
>>> x = tg.tensor(1.0, requires_grad=True)
>>> y = x
>>> for _ in range(1000):
...     y = (y * 0.9).tanh()
>>> small = folded(picture_of(y, {"x": x}))
>>> [(box.name, box.times) for box in small.boxes if box.ops]
[('multiply', 1000), ('tanh', 1000)]
>>> for note in small.notes:
...     print(note)
1000 blocks of 2 ops are drawn as one, with an arrow to the next block
max_nodes=2001 shows all 2,001 boxes

What is folded first hides the least: what is repeated is drawn once; then the modules become one
box each, from the inside out; then the middle of long chains; and at last whole stretches.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...memory import uncollected
from .groups import Group, common_name, in_words, is_source, label, merged, originals, with_notes
from .picture import Arrow, Box, Picture
from .repeats import rolled

BUDGET = 150  # boxes
ASKED_FOR = 2000  # boxes, where the user said how deep to look
PAGE = 22  # boxes below one another: then it fits a page
ENDS = 5  # of a long chain, what is shown at either end


@uncollected()
def folded(picture: Picture, depth: int | None = None, max_nodes: int | None = BUDGET) -> Picture:
    """The picture with modules below `depth` as one box each, and then, if it has more than
    `max_nodes` boxes, with fewer (with a `depth`, the default is 2,000).  None: as it is.

    Its notes say what was folded, and how to see it.
    """
    whole = picture
    if depth is not None:
        if not any(box.modules for box in picture.boxes):
            picture = with_notes(picture, "depth: no modules are known without viz.observe()")
        picture = by_module(picture, depth)
        max_nodes = ASKED_FOR if max_nodes == BUDGET else max_nodes
    if max_nodes is None:
        return beside_each_use(picture, math.inf)
    max_nodes = max(max_nodes, 3)
    if not _fits(picture, max_nodes, max_nodes // 4):
        picture = _within(picture, max_nodes, by_modules=depth is None)
        if size(picture) < (count := size(whole)):
            picture = with_notes(picture, f"max_nodes={count} shows all {count:,} boxes")
    return beside_each_use(picture, max_nodes)


def _within(picture: Picture, max_nodes: int, by_modules: bool) -> Picture:
    """The first of ever smaller pictures that fits a page; if none does, one that fits at all."""
    fits = None
    for smaller in _ever_smaller(picture, max_nodes, by_modules):
        if _fits(smaller, max_nodes, min(PAGE, max_nodes)):
            return smaller
        if fits is None and _fits(smaller, max_nodes, max_nodes // 3):
            fits = smaller
    if fits is not None:
        return fits
    for coarser in _ever_coarser(smaller, max_nodes):
        if _fits(coarser, max_nodes, max_nodes):
            break
    return coarser


def _ever_smaller(picture: Picture, max_nodes: int, by_modules: bool) -> Iterator[Picture]:
    picture = rolled(picture)
    yield picture
    picture = alike_as_one(picture)
    yield picture
    deepest = max((len(box.modules) for box in picture.boxes), default=0)
    folded_at = None
    for depth in range(deepest - 1, 0, -1) if by_modules else ():
        folded_at = _outermost_that_folds(picture, depth)
        picture = alike_as_one(rolled(by_module(picture, depth)))
        yield with_notes(picture, *_hint(picture, folded_at))
    for ends in (ENDS, 2):
        if (shorter := without_middles(picture, ends)) is not picture:
            picture = shorter
            yield with_notes(picture, *_hint(picture, folded_at))


def _outermost_that_folds(picture: Picture, depth: int) -> int:
    """The least `depth` of `draw` that folds no module which is open after `by_module`: steps and
    blocks, which are around some of them, do not count for it."""
    paths = {box.modules[: depth + 1] for box in picture.boxes if len(box.modules) > depth}
    return max(sum(part.call >= 0 for part in path) for path in paths) - 1


def _hint(picture: Picture, folded_at: int | None) -> Iterator[str]:
    """Which `depth` of `draw` opens at least one of the boxes, and closes none."""
    if folded_at is None:
        return
    groups = [
        (box, [one for one in originals([box]) if one.ops]) for box in picture.boxes if box.members
    ]
    deepest = max((len(one.modules) for _, ops in groups for one in ops), default=0)
    for depth in range(folded_at, deepest + 1):
        if any(_is_opened(box, ops, depth) for box, ops in groups):
            yield f"modules are folded: depth={depth} shows more"
            return


def _is_opened(box: Box, ops: list[Box], depth: int) -> bool:
    """Would `by_module` make more than one box of what a group stands for?"""
    alone = [len(op.modules) <= depth for op in ops]
    calls = {
        op.modules[depth].call for op, is_alone in zip(ops, alone, strict=True) if not is_alone
    }
    return len(calls) + sum(alone) > box.times or (any(alone) and box.parameters > 0)


def _ever_coarser(picture: Picture, max_nodes: int) -> Iterator[Picture]:
    """Stretches of ops as one box each, more and more in each; at last a picture of two boxes."""
    whole, count = picture, max_nodes
    while count > 1:
        count //= 2
        picture = alike_as_one(in_stretches(picture, count))
        note = f"each box stands for about {_ops_in(whole) // count:,} ops"
        yield with_notes(picture, note)
        yield with_notes(sources_as_one(picture), note)


def _ops_in(picture: Picture) -> int:
    return sum(box.ops for box in picture.boxes)


def size(picture: Picture) -> int:
    """How many boxes are drawn: numbers stand within the op that takes them."""
    return sum(not (box.kind == "constant" and box.shape == ()) for box in picture.boxes)


def _fits(picture: Picture, max_nodes: int, height: int) -> bool:
    if size(picture) > max_nodes or len(picture.arrows) > 2 * max_nodes:
        return False
    enter: dict[Box, int] = defaultdict(int)
    for arrow in picture.arrows:
        enter[arrow.end] += 1
    widest = max(enter.values(), default=0)
    return widest <= max(max_nodes // 4, 8) and max(levels(picture).values(), default=0) <= height


def levels(picture: Picture) -> dict[Box, int]:
    """How many boxes are above each; a leaf or constant stands just above its first use."""
    into: dict[Box, list[Box]] = defaultdict(list)
    for arrow in picture.arrows:
        if not arrow.loop:
            into[arrow.end].append(arrow.start)
    level: dict[Box, int] = {}
    for box in picture.boxes:
        if not is_source(box):
            level[box] = 1 + max((level.get(start, 0) for start in into[box]), default=0)
    for arrow in picture.arrows:
        if is_source(arrow.start):
            above = level[arrow.end] - 1
            level[arrow.start] = min(above, level.get(arrow.start, above))
    return level


# ---------------------------------------------------------------- ways to fold


def by_module(picture: Picture, depth: int) -> Picture:
    """Each module at this depth becomes one box; the outermost are at depth 0."""
    found: dict[Any, list[Box]] = defaultdict(list)
    for box in picture.boxes:
        if len(box.modules) > depth and not is_source(box):
            found[box.modules[: depth + 1]].append(box)
    groups = []
    for path, members in found.items():
        name, kind = path[-1].name, path[-1].kind.split(" \u00d7 ")[0]
        group = Group(members, name or kind, kind if name else "", path[:-1])
        groups.append(group)
    take_in_sources(picture, groups)
    return merged(picture, groups)


def take_in_sources(picture: Picture, groups: list[Group]) -> None:
    """Leaves and constants that only one group uses belong to it."""
    group_of = {member: group for group in groups for member in group.members}
    used_by: dict[Box, set[Any]] = defaultdict(set)
    for arrow in picture.arrows:
        if is_source(arrow.start):
            used_by[arrow.start].add(group_of.get(arrow.end))
    for source, users in used_by.items():
        if len(users) == 1 and (group := users.pop()) is not None:
            group.members.append(source)


def alike_as_one(picture: Picture) -> Picture:
    """Boxes that are alike, and have the same inputs and the same uses, become one."""
    enter: dict[Box, list[Any]] = defaultdict(list)
    leave: dict[Box, list[Any]] = defaultdict(list)
    for arrow in picture.arrows:
        enter[arrow.end].append((id(arrow.start), arrow.position))
        leave[arrow.start].append((id(arrow.end), arrow.loop))
    found: dict[Any, list[Box]] = defaultdict(list)
    for box in picture.boxes:
        if box is not picture.output:
            key = (box.modules, tuple(enter[box]), frozenset(leave[box]))
            found[label(box), *key].append(box)
    groups = [
        Group(boxes, common_name([box.name for box in boxes]), "", boxes[0].modules, alike=True)
        for boxes in found.values()
        if len(boxes) >= 4
    ]
    most = max((len(group.members) for group in groups), default=0)
    notes = [f"up to {most:,} boxes that are alike are one"] if groups else []
    return with_notes(merged(picture, groups), *notes) if groups else picture


def without_middles(picture: Picture, ends: int) -> Picture:
    """Of each chain of ops that hand one value on, what is more than `ends` from its ends becomes
    one box."""
    groups = []
    for chain in _chains(picture):
        middle = chain[ends:-ends]
        if len(middle) > 2:
            groups.append(_stretch(middle, "more "))
    if not groups:
        return picture
    take_in_sources(picture, groups)
    note = f"long chains of ops are folded to their {ends} first and last"
    return with_notes(merged(picture, groups), note)


def _stretch(boxes: list[Box], more: str = "") -> Group:
    ops = sum(box.ops for box in boxes)
    return Group(boxes, f"{ops:,} {more}ops: {in_words(boxes)}", "", boxes[0].modules)


def _chains(picture: Picture) -> list[list[Box]]:
    before: dict[Box, set[Box]] = defaultdict(set)
    after: dict[Box, set[Box]] = defaultdict(set)
    for arrow in picture.arrows:
        if not is_source(arrow.start):
            before[arrow.end].add(arrow.start)
            after[arrow.start].add(arrow.end)
    chain_of: dict[Box, list[Box]] = {}
    chains = []
    for box in picture.boxes:
        if is_source(box):
            continue
        one = next(iter(before[box])) if len(before[box]) == 1 else None
        if one is not None and one is not box and len(after[one]) == 1 and one in chain_of:
            chain = chain_of[one]
            same = chain[-1].modules == box.modules
        if one is None or one not in chain_of or len(after[one]) != 1 or not same:
            chain = []
            chains.append(chain)
        chain.append(box)
        chain_of[box] = chain
    return chains


def in_stretches(picture: Picture, count: int) -> Picture:
    """About `count` stretches of the ops, in the order in which they ran, become one box each."""
    ops = [box for box in picture.boxes if not is_source(box)]
    long = -(-len(ops) // max(count, 1))
    stretches = [ops[k : k + long] for k in range(0, len(ops), long)]
    groups = [_stretch(stretch) for stretch in stretches if len(stretch) > 1]
    take_in_sources(picture, groups)
    return merged(picture, groups)


def sources_as_one(picture: Picture) -> Picture:
    """All leaves and constants become one box."""
    sources = [box for box in picture.boxes if is_source(box)]
    group = Group(sources, f"{len(sources):,} leaves and constants")
    return merged(picture, [group]) if len(sources) > 1 else picture


# ---------------------------------------------------------------- leaves beside their uses


def beside_each_use(picture: Picture, max_nodes: float, near: int = 2) -> Picture:
    """A leaf or constant that is used at places far apart stands beside each of them."""
    level = late_levels(picture)
    uses: dict[Box, list[Arrow]] = defaultdict(list)
    for arrow in picture.arrows:
        if is_source(arrow.start) and not is_source(arrow.end):
            uses[arrow.start].append(arrow)
    room = max_nodes - size(picture)
    copies: dict[Arrow, Box] = {}
    before: dict[Box, list[Box]] = defaultdict(list)
    for box, arrows in uses.items():
        places = _places(arrows, level, near)
        if not 1 < len(places) <= room + 1 or not box.name:
            continue
        room -= len(places) - 1
        for place in places[1:]:
            copy = replace(box, members=[], repeats=box)
            copies.update(dict.fromkeys(place, copy))
            before[place[0].end].append(copy)
    if not copies:
        return picture
    boxes = [one for box in picture.boxes for one in (*before[box], box)]
    arrows = [replace(a, start=copies[a]) if a in copies else a for a in picture.arrows]
    return replace(picture, boxes=boxes, arrows=arrows)


def late_levels(picture: Picture) -> dict[Box, int]:
    """The levels if each box stands as near to its uses as it can."""
    level = levels(picture)
    after: dict[Box, list[Box]] = defaultdict(list)
    for arrow in picture.arrows:
        if not arrow.loop:
            after[arrow.start].append(arrow.end)
    for box in reversed(picture.boxes):
        if after[box]:
            level[box] = min(level[end] for end in after[box]) - 1
    return level


def _places(arrows: list[Arrow], level: dict[Box, int], near: int) -> list[list[Arrow]]:
    """The uses of a leaf, in groups that are near to one another."""
    places: list[list[Arrow]] = []
    for arrow in sorted(arrows, key=lambda arrow: level[arrow.end]):
        if places and level[arrow.end] - level[places[-1][0].end] <= near:
            places[-1].append(arrow)
        else:
            places.append([arrow])
    return places
