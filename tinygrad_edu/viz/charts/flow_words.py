"""The words of a gradient flow: its table, and the flags that say what is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median
from typing import Any

from .readings import Reading

SHRINKS = 100  # from layer to layer: what a flag tells
DEAD = 0.9  # the share of zeros from which on a layer hardly learns
SPIKE = 30  # times the usual gradient
FAST, SLOW = 0.1, 1e-6  # updates relative to the weights: too large, too small
BARS = "▁▂▃▄▅▆▇█"
WIDTH = 24  # characters of a small curve, at most
SPARSE = ("Embedding", "EmbeddingBag")  # only the rows that were looked up have a gradient


def label_of(name: str) -> str:
    """How a layer is called in a sentence: `layer 3`, or its own name."""
    return f"layer {name}" if name.isdigit() else name


# ---------------------------------------------------------------- the table


def table(flow: Any, by: str) -> str:
    """The text of a gradient flow."""
    readings = flow._readings(by)
    if not flow.steps:
        return (
            f"gradient flow of {len(flow._tensors)} parameters: no step recorded yet; call "
            "backward()"
        )
    first, last, count = flow.numbers[0], flow.numbers[-1], len(flow.steps)
    span = "one step" if count == 1 else f"{count} steps, {first} to {last}"
    curves = _bars(readings) if count == 1 else {k: _curve(v) for k, v in readings.items()}
    lines: list[tuple[str, ...]] = [(by, "norm", "", "RMS", "zeros", "update/weight")]
    for name, several in readings.items():
        lines.append((titled(flow, name), *_numbers(several[-1], curves[name])))
    right = (False, True, False, True, True, True)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = [
        "  ".join(
            word.rjust(width) if at_right else word.ljust(width)
            for word, width, at_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    ]
    return "\n".join([f"gradient flow of {span}", *rows, *(f"! {flag}" for flag in flow.flags())])


def titled(flow: Any, name: str) -> str:
    """The name of a layer, and its class: `fc1 Linear`."""
    return f"{name} {flow._kinds.get(name, '')}".strip()


def _numbers(reading: Reading | None, curve: str) -> tuple[str, ...]:
    """The words of one line: norm, curve, RMS, share of zeros, update."""
    if reading is None:
        return ("none", curve, "-", "-", "-")
    ratio = "-" if math.isnan(reading.ratio) else f"{reading.ratio:.2g}"
    return (f"{reading.norm:.3g}", curve, f"{reading.rms:.3g}", percent(reading.zeros), ratio)


def percent(share: float) -> str:
    """A share in words; never 100 % or 0 % of what is only nearly so."""
    if 0 < share < 0.005:
        return "< 1 %"
    if 0.995 <= share < 1:
        return "> 99 %"
    return f"{share:.0%}".replace("%", " %")


def _bars(readings: dict[str, list[Reading | None]]) -> dict[str, str]:
    """A bar for each layer of its norm in one step, in powers of ten, from the smallest one."""
    norms = [r[0].norm for r in readings.values() if r[0] is not None]
    powers = [math.log10(x) for x in norms if 0 < x < math.inf]
    low, high = min(powers, default=0), max(powers, default=0)
    bars = {}
    for name, (reading,) in readings.items():
        norm = 0.0 if reading is None else reading.norm
        if 0 < norm < math.inf:
            share = (math.log10(norm) - low) / (high - low) if high > low else 1.0
            bars[name] = "█" * round(1 + 7 * share)
        else:
            bars[name] = "!" if norm else ""
    return bars


def _curve(readings: list[Reading | None]) -> str:
    return sparkline([math.nan if r is None else r.norm for r in readings])


def sparkline(values: list[float], log: bool = True) -> str:
    """A small curve in text: each character a step, or several; `!` where one is NaN or infinite.

    In powers of ten, if all that are finite are positive and `log` asks for it.
    """
    each = max(1, -(-len(values) // WIDTH))
    parts = [values[k : k + each] for k in range(0, len(values), each)]
    means = [
        math.fsum(x / len(p) for x in p) if all(map(math.isfinite, p)) else math.nan for p in parts
    ]
    seen = [x for x in means if math.isfinite(x)]
    in_powers = log and all(x >= 0 for x in seen) and any(seen)
    least = min((x for x in seen if x > 0), default=1.0)
    heights = [math.log10(max(x, least)) if in_powers else x for x in means]
    finite = [x for x in heights if math.isfinite(x)]
    low, high = min(finite, default=0), max(finite, default=0)
    return "".join(_bar(x, low, high) for x in heights)


def _bar(x: float, low: float, high: float) -> str:
    if not math.isfinite(x):
        return "!"
    share = (x / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5  # no overflow
    return BARS[round(share * (len(BARS) - 1))]


# ---------------------------------------------------------------- the flags


def flags_of(flow: Any) -> list[str]:
    """What is wrong, in words."""
    if not flow.steps:
        return []
    layers = flow._readings("layer")
    return [
        *_not_finite(flow),
        *_dead(flow, layers),
        *_from_layer_to_layer(flow),
        *_spikes(flow),
        *_updates(flow, layers),
    ]


def _not_finite(flow: Any) -> Iterator[str]:
    for number, row in zip(flow.numbers, flow.steps, strict=True):
        wrong = [name for name, r in row.items() if r.nonfinite]
        if wrong:
            name = wrong[-1]  # the nearest to the loss: the gradient came there first
            word = "NaN" if math.isnan(row[name].norm) else "infinite"
            others = f", and in {len(wrong) - 1} more" if len(wrong) > 1 else ""
            yield f"{word} first in step {number} in {name}{others}"
            return


def _dead(flow: Any, layers: dict[str, list[Reading | None]]) -> Iterator[str]:
    """Layers that no gradient reaches, and those whose gradients are nearly all zero."""
    for name, readings in layers.items():
        here, last = label_of(name), readings[-1]
        if not any(getattr(x, "requires_grad", True) for x in flow._parameters(name)):
            continue  # frozen: it is meant to learn nothing
        if last is None:
            yield f"{here}: no gradient: it had no part in the loss, or was detached from it"
        elif last.size and last.zeros == 1:
            yield f"{here}: all of its gradients are zero"
        elif last.zeros >= DEAD and flow._kinds.get(name) not in SPARSE:
            yield f"{here}: {percent(last.zeros)} of its gradients are zero"


def _from_layer_to_layer(flow: Any) -> Iterator[str]:
    """Gradients that shrink, or grow, on their way back from a later layer to an earlier one."""
    sizes = _typical(flow)
    by, early, late = _steepest(sizes)
    if by >= SHRINKS:
        yield f"the gradient shrinks by {rounded(by)} from {label_of(late)} to {label_of(early)}"
    by, early, late = _steepest({name: 1 / size for name, size in sizes.items()})
    if by >= SHRINKS:
        yield f"the gradient grows by {rounded(by)} from {label_of(late)} to {label_of(early)}"


def _steepest(sizes: dict[str, float]) -> tuple[float, str, str]:
    """By how many times a later size is larger than an earlier one, at most; and which two."""
    found, least = (0.0, "", ""), ""
    for name, size in sizes.items():
        if least:
            found = max(found, (size / sizes[least], least, name), key=lambda each: each[0])
        if not least or size < sizes[least]:
            least = name
    return found


def _typical(flow: Any) -> dict[str, float]:
    """For each layer the size of a typical gradient of its weights, the median over the steps.

    Of several parameters the largest speaks for the layer.  Biases and the factors of norms, which
    are vectors, have gradients of another size, and embeddings are looked up in a few rows."""
    found = {}
    for name, params in flow.layers().items():
        rows = [row for row in flow.steps if any(p in row for p in params)]
        if not rows or flow._kinds.get(name) in SPARSE:
            continue
        extent = {p: row[p].size for row in rows for p in params if p in row}
        largest = max(extent, key=lambda p: extent[p])
        sizes = [row[largest].rms for row in rows if largest in row]
        sizes = [x for x in sizes if 0 < x < math.inf]
        if sizes:
            found[name] = (median(sizes), len(flow._tensors[largest].shape) > 1)
    only_vectors = not any(is_matrix for _, is_matrix in found.values())
    return {name: size for name, (size, is_matrix) in found.items() if is_matrix or only_vectors}


def _spikes(flow: Any) -> Iterator[str]:
    """Of steps in which the whole gradient was many times as large as usual, the largest."""
    wholes = [math.hypot(*(r.norm for r in row.values())) for row in flow.steps]
    sizes = [x for x in wholes if 0 < x < math.inf]
    if len(sizes) < 5:
        return
    usual, largest = median(sizes), max(sizes)
    if largest >= SPIKE * usual:
        number = flow.numbers[wholes.index(largest)]
        yield (
            f"the norm of the whole gradient was {largest:.2g} in step {number}, "
            f"{rounded(largest / usual)} times the usual {usual:.2g}: clip it, with clip_grad_norm_"
        )


def _updates(flow: Any, layers: dict[str, list[Reading | None]]) -> Iterator[str]:
    """The largest update relative to the weights, if it is too large, or too small."""
    ratios = [
        (r.ratio, name, number)
        for name, readings in layers.items()
        for number, r in zip(flow.numbers, readings, strict=True)
        if r is not None and math.isfinite(r.ratio)
    ]
    if not ratios:
        return
    largest, name, number = max(ratios)
    where = f"in step {number} in {label_of(name)}"
    if largest >= FAST:
        yield f"update/weight ratio {largest:.1g} {where}: the learning rate is too large"
    elif 0 < largest <= SLOW:
        yield f"update/weight ratio {largest:.1g} at most, {where}: the learning rate is too small"


def rounded(x: float) -> str:
    """About how many times: `1,000`, or `10^9`."""
    if x >= 1e7:
        return f"10^{math.floor(math.log10(x) + 0.5)}"
    return f"{float(f'{x:.1g}'):,.0f}"
