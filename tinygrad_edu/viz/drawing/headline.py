"""Headline: what a picture says of its gradients as a whole, in a line of words."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..graph.picture import Box
from ..numbers import size_of
from .labels import Labels

CHANGED = 10.0  # times: from here on it is said that gradients shrink or grow


def headline(labels: Labels) -> str:
    """What to look at first: gradients that are no numbers, that are all 0, or that shrink or grow
    on their way back; "" if there is nothing to be said."""
    if not labels.picture.gradients:
        return ""
    return _broken(labels) or _changed(labels)


def _broken(labels: Labels) -> str:
    """The first op on the way back that makes a gradient NaN or infinite."""
    for box in reversed(labels.picture.boxes):
        if box.value is not None and box.kind == "output" and not np.all(np.isfinite(box.value)):
            return f"the output is {_word(size_of(box.value).norm)}: no gradient means anything"
    for box in reversed(labels.picture.boxes):
        for arrow in labels.into[box]:
            size = labels.sizes.get(arrow)
            if size is not None and not math.isfinite(size.norm):
                start = labels.name_of(arrow.start)
                return f"the gradient becomes {_word(size.norm)} from {box.name} back to {start}"
    return ""


def _word(norm: float) -> str:
    return "NaN" if math.isnan(norm) else "infinite"


def _changed(labels: Labels) -> str:
    layers = _layers(labels)
    if len(layers) < 2:
        return ""
    (last, largest), (first, least) = layers[-1], layers[0]
    if not largest or not least:
        dead = [name for name, norm in layers if not norm]
        return f"no gradient reaches {', '.join(dead[:3])}{' and others' * (len(dead) > 3)}"
    ratio = largest / least
    if max(ratio, 1 / ratio) < CHANGED:
        return ""
    verb = "shrinks" if ratio > 1 else "grows"
    times = float(f"{max(ratio, 1 / ratio):.1e}")
    said = f"{times:,.0f}" if times < 1e6 else f"{times:.1e}"
    ending = "" if times < 1000 else ": it vanishes" if ratio > 1 else ": it explodes"
    return f"the gradient {verb} by {said} from {last} to {first}{ending}"


def _layers(labels: Labels) -> list[tuple[str, float]]:
    """The weights, in the order in which values pass them, and the norms of their gradients."""
    found = []
    order = {box: k for k, box in enumerate(labels.picture.boxes)}
    for box in labels.picture.boxes:
        first_use = min([order[arrow.end] for arrow in labels.out[box]], default=order[box])
        leaves = [x for x in _leaves(box) if len(x.shape) >= 2 and x.gradient is not None]
        found += [(first_use, leaf) for leaf in leaves]
    found.sort(key=lambda pair: pair[0])
    return [(_layer(leaf.name), size_of(leaf.gradient).norm) for _, leaf in found if leaf.name]


def _leaves(box: Box) -> Iterator[Box]:
    """A leaf; or all those of a group, as they were made."""
    if box.kind == "leaf" and box.repeats is None:
        yield box
    inside = [leaf for member in box.members for leaf in _leaves(member)]
    yield from sorted(inside, key=lambda leaf: leaf.node.tick if leaf.node else 0)


def _layer(name: str) -> str:
    name = name.removesuffix(".weight")
    return f"layer {name}" if name.isdigit() else name


def described(labels: Labels, output: Box) -> str:
    """The picture in a sentence, for who cannot see it."""
    counts = dict.fromkeys(("op", "leaf", "constant", "group"), 0)
    for box in labels.picture.boxes:
        counts["op" if box.kind == "output" else box.kind] += 1
    several = {"op": "ops", "leaf": "leaves", "constant": "constants", "group": "groups"}
    said = ", ".join(f"{n} {kind if n == 1 else several[kind]}" for kind, n in counts.items() if n)
    gradients = ", with the gradients that flow back" if labels.picture.gradients else ""
    return f"What {labels.name_of(output)} was computed from: {said}{gradients}."
