"""Repeats: what a program does again and again is drawn once, "x 12".

The ops of a picture, in the order in which they ran, are a row of labels.  Blocks of a network, and
time steps of a loop, are a stretch of it that is periodic: each op is like the one a period before.
If each of them also gets its inputs from the corresponding places, the stretch is rolled up: one
period is drawn, each of whose boxes stands for all that correspond to it.  An arrow leads from one
to the next.  Repeats that share a leaf (the weights of a recurrent network) are called steps, the
others blocks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...engine.observing import ModulePath
from .groups import Group, common_name, is_source, joined, label, merged, with_notes
from .picture import Arrow, Box, Loop, Picture

PERIODS = 24  # how many are tried
LAGS = 4  # in a period, so many ops may be alike without hiding it
MOST_RUNS = 200
LEAST_SAVED = 4  # boxes
COMMUTE = {"add", "multiply"}


@dataclass(eq=False)
class Run:
    """A stretch of ops that is periodic; the last period may lack its end."""

    start: int
    stop: int
    period: int
    shared: bool  # the same leaf enters each period


def rolled(picture: Picture) -> Picture:
    """The picture with all that is repeated drawn once."""
    row = _Row(picture)
    runs = sorted(row.runs(), key=lambda run: run.start)
    if not runs:
        return picture
    groups: list[Group] = []
    loops: dict[Arrow, Loop] = {}
    changed: dict[Arrow, Arrow | None] = {}
    notes = []
    for run in runs:
        steps = row.steps(run)
        ops = list(_groups_of_ops(steps, run.shared))
        groups += [*ops, *_groups_of_sources(row, run, ops)]
        found, instead = row.carried(run)
        loops |= dict.fromkeys(found, "step" if run.shared else "block")
        changed |= instead
        notes.append(_note(steps, run.shared))
    arrows = [row.swapped.get(arrow, arrow) for arrow in picture.arrows]
    arrows = [kept for arrow in arrows if (kept := changed.get(arrow, arrow)) is not None]
    return with_notes(merged(replace(picture, arrows=arrows), groups, loops), *notes)


def _note(steps: list[list[Box]], shared: bool) -> str:
    times, first = len(steps), steps[0][0]
    if len(steps[0]) == 1:
        return f"{times} times {first.op or first.name} in a row is one box"
    inner = sum(box.ops for box in steps[0])
    kind = "step" if shared else "block"
    return f"{times} {kind}s of {inner} ops are drawn as one, with an arrow to the next {kind}"


class _Row:
    """The ops of a picture in order, and what enters each."""

    def __init__(self, picture: Picture) -> None:
        self.ops = [box for box in picture.boxes if not is_source(box)]
        self.place = {box: i for i, box in enumerate(self.ops)}
        self.arrows: list[list[Arrow]] = [[] for _ in self.ops]
        self.swapped: dict[Arrow, Arrow] = {}  # what takes the place of an arrow
        self.out: dict[Box, list[Arrow]] = defaultdict(list)
        for arrow in picture.arrows:
            if not arrow.loop and arrow.end in self.place:
                self.arrows[self.place[arrow.end]].append(arrow)
            self.out[arrow.start].append(arrow)
        for found in self.arrows:
            found.sort(key=lambda arrow: arrow.position)
        numbers: dict[Any, int] = {}
        keys = [
            (label(box) if box.times == 1 else box, len(found), len(box.modules))
            for box, found in zip(self.ops, self.arrows, strict=True)
        ]
        self.labels = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)

    def steps(self, run: Run) -> list[list[Box]]:
        p = run.period
        return [self.ops[k : min(k + p, run.stop)] for k in range(run.start, run.stop, p)]

    # ---------------------------------------------------------------- finding them

    def runs(self) -> list[Run]:
        """Stretches that do not overlap, those that save the most boxes first."""
        found: list[Run] = []
        used = np.zeros(len(self.ops), bool)
        for start, stop, p in self._stretches():
            free = _longest_free(used, start, stop)
            for run in self._wired_alike(*free, p):
                found.append(run)
                used[run.start : run.stop] = True
            if len(found) >= MOST_RUNS:
                break
        return found

    def _stretches(self) -> list[tuple[int, int, int]]:
        """(start, stop, period) of what is periodic as far as the labels go."""
        found = []
        for p in self._periods():
            same = self.labels[p:] == self.labels[:-p]
            edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]])))
            lengths = edges[1::2] - edges[::2]
            long = lengths >= p
            for start, length in zip(edges[::2][long], lengths[long], strict=True):
                if self._worth_it(int(length + p) // p, p):
                    found.append((int(start), int(start + length + p), p))
        return sorted(found, key=lambda s: (-((s[1] - s[0]) // s[2] - 1) * s[2], s[2], s[0]))

    def _periods(self) -> list[int]:
        """The most frequent distances between ops that are alike."""
        n = len(self.labels)
        counts = np.zeros(n + 1, np.int64)
        order = np.argsort(self.labels, kind="stable")
        for lag in range(1, min(LAGS, n - 1) + 1):
            same = self.labels[order[lag:]] == self.labels[order[:-lag]]
            distances = (order[lag:] - order[:-lag])[same]
            counts += np.bincount(distances, minlength=n + 1)
        best = np.argsort(-counts, kind="stable")[:PERIODS]
        return [int(p) for p in best if counts[p] and 2 * p <= n]

    def _wired_alike(self, start: int, stop: int, p: int) -> Iterator[Run]:
        """The parts of a stretch whose periods get their inputs from corresponding places."""
        if stop - start < 2 * p:
            return
        start += self._turn(start, stop, p)
        while start + p <= stop:
            end = start + p
            while end + p <= stop and self._continues(start, range(end, end + p), p):
                end += p
            if self._worth_it((end - start) // p, p):
                shared = self._shares_a_leaf(start, p)
                rest = range(end, stop)  # of a loop, the last step may lack what none needs
                if shared and p // 2 <= len(rest) < p and self._continues(start, rest, p):
                    end = stop
                yield Run(start, end, p, shared)
            start = end

    def _worth_it(self, times: int, p: int) -> bool:
        saved = (times - 1) * p
        return saved >= max(LEAST_SAVED, len(self.ops) // 100) and (times > 2 or p >= 8)

    def _turn(self, start: int, stop: int, p: int) -> int:
        """Where in the period a step begins: where no module is cut, and the fewest values; at the
        beginning of the stretch if that is as good as any, else where the fewest arrows are cut."""
        middle = start + ((stop - start) // p - 1) // 2 * p
        first, last = max(start, middle - p), min(stop, middle + 2 * p)
        until: dict[int, int] = {}  # of each op, the last that reads it
        values, arrows = np.zeros(p + 1, np.int64), np.zeros(p + 1, np.int64)

        def count(changes: np.ndarray[Any, Any], i: int, k: int) -> None:
            if i >= first and k >= middle and i < middle + p:
                changes[max(i + 1 - middle, 0)] += 1
                changes[min(k - middle + 1, p)] -= 1

        for k in range(first, last):
            for arrow in self.arrows[k]:
                i = self.place.get(arrow.start, -1)
                until[i] = k
                count(arrows, i, k)
        for i, k in until.items():
            count(values, i, k)
        cost = np.cumsum(values)[:p] + self._modules_cut(first, last, range(middle, middle + p))
        best = np.flatnonzero(cost == cost.min())
        return int(best[0] if best[0] == 0 else best[np.argmin(np.cumsum(arrows)[best])])

    def _modules_cut(self, first: int, last: int, cuts: range) -> np.ndarray[Any, Any]:
        """For each cut before an op, more than any number of values if it is within a module."""
        depth = len(common_path(self.ops[first:last])) + 1
        found = np.zeros(len(cuts), np.int64)
        for i, cut in enumerate(cuts):
            before, after = self.ops[cut - 1].modules[:depth], self.ops[cut].modules[:depth]
            if cut > first and len(before) == depth and before == after:
                found[i] = last - first
        return found

    def _continues(self, start: int, ops: range, p: int) -> bool:
        """Do these get their inputs as those a period before them do?"""
        for k in ops:
            if not self._wired(start, k - p, p):
                if k - p >= start + p or self.ops[k].op not in COMMUTE or len(self.arrows[k]) != 2:
                    return False
                self._swap(k - p)  # `0 + x` is recorded as `x + 0`
                if not self._wired(start, k - p, p):
                    return False
        return True

    def _swap(self, k: int) -> None:
        a, b = self.arrows[k]
        new_a = replace(a, position=b.position, argument=b.argument)
        new_b = replace(b, position=a.position, argument=a.argument)
        self.swapped |= {a: new_a, b: new_b}
        self.arrows[k] = [new_b, new_a]

    def _wired(self, start: int, k: int, p: int) -> bool:
        return all(self._alike(start, k, j, p) for j in range(len(self.arrows[k])))

    def _alike(self, start: int, k: int, j: int, p: int) -> bool:
        """Is the j-th input of op k to that what it is to op k + p?"""
        a, b = self.arrows[k][j].start, self.arrows[k + p][j].start
        ia, ib = self.place.get(a, -1), self.place.get(b, -1)
        if ib >= start:
            offset = k + p - ib
            return k - offset < start or ia == k - offset
        if ia >= start:
            return False
        before = self.arrows[k - p][j].start if k - p >= start else None
        return before is None or (before is a) == (a is b)

    def _shares_a_leaf(self, start: int, p: int) -> bool:
        return any(
            a.start is b.start and a.start.kind == "leaf"
            for k in range(start, start + p)
            for a, b in zip(self.arrows[k], self.arrows[k + p], strict=True)
        )

    # ---------------------------------------------------------------- rolling them up

    def carried(self, run: Run) -> tuple[list[Arrow], dict[Arrow, Arrow | None]]:
        """The arrows that lead from one period to a later one, and what some arrows become: where
        one value goes from each block to the next and nothing else does, one arrow carries it."""
        found: dict[Arrow, int] = {}  # and from where in the period
        lags = set()
        for k in range(run.start, run.stop):
            step = (k - run.start) // run.period
            for arrow in self.arrows[k]:
                i = self.place.get(arrow.start, -1)
                if i >= run.start and (from_ := (i - run.start) // run.period) != step:
                    found[arrow] = (i - run.start) % run.period
                    lags.add(step - from_)
        if run.shared or lags != {1} or len(set(found.values())) > 1:
            return list(found), {}
        readers: dict[Box, list[Arrow]] = defaultdict(list)
        for arrow in found:
            readers[arrow.start].append(arrow)
        changed: dict[Arrow, Arrow | None] = dict.fromkeys(found)
        changed |= {arrows[0]: _together(arrows) for arrows in readers.values()}
        return [arrow for arrow in changed.values() if arrow], changed


def _together(arrows: list[Arrow]) -> Arrow:
    """One arrow, to the first that reads a value, in the place of those to all of them."""
    first = arrows[0]
    if len(arrows) == 1:
        return first
    total = joined([arrow.gradient for arrow in arrows], first.start.shape)
    return replace(first, argument="", gradient=total)


def _longest_free(used: np.ndarray[Any, Any], start: int, stop: int) -> tuple[int, int]:
    taken = np.flatnonzero(used[start:stop])
    if not taken.size:
        return start, stop
    edges = np.concatenate([[-1], taken, [stop - start]])
    widest = int(np.argmax(np.diff(edges)))
    return start + int(edges[widest]) + 1, start + int(edges[widest + 1])


def _groups_of_ops(steps: list[list[Box]], shared: bool) -> Iterator[Group]:
    """One group for each op of the period."""
    phases = [[step[i] for step in steps if i < len(step)] for i in range(len(steps[0]))]
    for phase, path in zip(phases, _paths(steps, phases, shared), strict=True):
        name, counted = common_name([box.name for box in phase]), len(phases) > 1
        yield Group(phase, name, "", path, alike=True, counted=counted)


def _groups_of_sources(row: _Row, run: Run, phases: list[Group]) -> Iterator[Group]:
    """The leaves and constants of which each period has its own: those of all are one group."""
    uses: dict[Box, list[tuple[int, int, int]]] = {}
    for k in range(run.start, run.stop):
        step, phase = divmod(k - run.start, run.period)
        for arrow in row.arrows[k]:
            if is_source(arrow.start):
                uses.setdefault(arrow.start, []).append((step, phase, arrow.position))
    kinds: dict[Any, list[Box]] = defaultdict(list)
    for source, found in uses.items():
        if len({step for step, _, _ in found}) == 1 and len(row.out[source]) == len(found):
            places = tuple((phase, position) for _, phase, position in found)
            kinds[places, source.kind, label(source)].append(source)
    for (places, *_), sources in kinds.items():
        if len(sources) > 1:
            around = shared_path([phases[phase].modules for phase, _ in places])
            name, counted = common_name([s.name for s in sources]), len(phases) > 1
            yield Group(sources, name, "", around, alike=True, counted=counted)


def _paths(
    steps: list[list[Box]], phases: list[list[Box]], shared: bool
) -> list[tuple[ModulePath, ...]]:
    """The modules around each op of the period, one of which says how often it is repeated."""
    around = common_path([box for step in steps for box in step])
    inner = [{box.modules[len(around) : len(around) + 1] for box in step} for step in steps]
    rest = len(around)
    if len(steps[0]) > 1:
        if all(len(found) == 1 and () not in found for found in inner):  # a module for each
            calls = [next(iter(found))[0] for found in inner]
            name, kind, rest = common_name([c.name for c in calls]), calls[0].kind, rest + 1
            around += (ModulePath(name, f"{kind} \u00d7 {len(steps)}", calls[0].call),)
        else:
            word = "step" if shared else "block"
            around += (ModulePath("", f"{word} \u00d7 {len(steps)}", -id(steps[0][0])),)
    paths = []
    for phase in phases:
        alike = zip(*(box.modules[rest:] for box in phase), strict=False)
        inside = [m[0]._replace(name=common_name([one.name for one in m])) for m in alike]
        paths.append((*around, *inside))
    return paths


def common_path(boxes: list[Box]) -> tuple[ModulePath, ...]:
    """The modules that are around all of the boxes."""
    return shared_path([box.modules for box in boxes])


def shared_path(paths: list[tuple[ModulePath, ...]]) -> tuple[ModulePath, ...]:
    """How several paths of modules begin."""
    common = paths[0]
    for path in paths:
        if path[: len(common)] != common:
            pairs = enumerate(zip(common, path, strict=False))
            shorter = min(len(common), len(path))
            common = common[: next((i for i, (a, b) in pairs if a != b), shorter)]
    return common
