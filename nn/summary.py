"""Summary: a table of a network's layers, read from what one call of it records.

>>> import nn, tinygrad_edu as tg
>>> nn.summary(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), tg.ones(5, 4))
layer          output  parameters  multiply-adds  kept bytes
0      Linear  (5, 3)          15             60          80
1      ReLU    (5, 3)           0              0          60
2      Linear  (5, 2)           8             30          60
total                          23             90         140
"""

from __future__ import annotations

from itertools import chain
from math import prod
from typing import Any, NamedTuple

import numpy as np

from tinygrad_edu.engine.backward import ops_behind
from tinygrad_edu.engine.clock import clock, extent_of, owner_of
from tinygrad_edu.engine.graph import Node
from tinygrad_edu.ops.linalg import terms_of
from tinygrad_edu.tensor import Tensor

from .module import Module

HEAD = ("layer", "", "output", "parameters", "multiply-adds", "kept bytes")


class Row(NamedTuple):
    """One call of a layer: its path, its class, the shape of its output, and what that costs."""

    path: str
    kind: str
    output: tuple[Any, ...]  # its shape, or of several tensors theirs
    parameters: int
    multiply_adds: int
    kept: dict[Any, int]  # the bytes of each array, or part of one, that the record holds

    @property
    def words(self) -> tuple[str, ...]:
        numbers = (self.parameters, self.multiply_adds, sum(self.kept.values()))
        return (self.path, self.kind, str(self.output), *[f"{n:,}" for n in numbers])


class Summary(list[Row]):
    """The rows of a network; printed, they are a table."""

    parameters = 0

    def _lines(self) -> list[tuple[str, ...]]:
        """The words of the table: the head, a line for each row, and the total."""
        kept = {key: size for row in self for key, size in row.kept.items()}
        total = (self.parameters, sum(row.multiply_adds for row in self), sum(kept.values()))
        end = ("total", "", "", *[f"{n:,}" for n in total])
        return [HEAD, *[row.words for row in self], end]

    def _repr_html_(self) -> str:
        """For notebooks: the same table."""
        from html import escape

        rows = []
        for k, line in enumerate(self._lines()):
            kind = "th" if k == 0 else "td"
            sides = ["left", "left", *["right"] * (len(line) - 2)]
            cells = [
                f'<{kind} style="text-align: {side}">{escape(word)}</{kind}>'
                for side, word in zip(sides, line, strict=True)
            ]
            rows.append(f"<tr>{''.join(cells)}</tr>")
        return f"<table>{''.join(rows)}</table>"

    def __repr__(self) -> str:
        lines = self._lines()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(_laid_out(line, widths) for line in lines)


def _laid_out(line: tuple[str, ...], widths: list[int]) -> str:
    words = [word.ljust(width) for word, width in zip(line[:2], widths[:2], strict=True)]
    words += [word.rjust(width) for word, width in zip(line[2:], widths[2:], strict=True)]
    return "  ".join(words).rstrip()


def summary(model: Module, *inputs: Any) -> Summary:
    """Run a network once, and tabulate its layers in the order of their calls.

    The columns are: the path and the class of the layer; the shape of its output; the number of its
    own parameters; the multiply-adds of its matrix products, convolutions and recurrences; and the
    bytes that are saved for its derivatives, without the parameters themselves.  A module that
    contains others has a row of its own if it has parameters, multiply-adds or saved bytes of its
    own.  The total counts shared parameters, and arrays that several layers save, once.

    Parameters
    ----------
    model : Module
        The network.
    *inputs : any
        The arguments of the call: the network is called as `model(*inputs)`.

    Returns
    -------
    Summary
        A list of rows, each with the fields `path`, `kind`, `output`, `parameters`, `multiply_adds`
        and `kept`; printed, it is a table.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> table = nn.summary(net, tg.ones(5, 4))
    >>> table
    layer          output  parameters  multiply-adds  kept bytes
    0      Linear  (5, 3)          15             60          80
    1      ReLU    (5, 3)           0              0          60
    2      Linear  (5, 2)           8             30          60
    total                          23             90         140
    >>> table[0].parameters, table.parameters
    (15, 23)
    >>> nn.summary(nn.LSTM(3, 5, num_layers=2), tg.ones(7, 4, 3))
    layer                                   output  parameters  multiply-adds  kept bytes
           LSTM  ((7, 4, 5), (2, 4, 5), (2, 4, 5))         440         10,080      13,696
    total                                                  440         10,080      13,696
    """
    found, handles = Summary(), []
    started: list[tuple[int, int]] = []
    counted: set[Node] = set()

    def leave(path: str, layer: Module, output: Any) -> None:
        tick, place = started.pop()
        tensors = [y for y in _leaves(output) if isinstance(y, Tensor)]
        behind = ops_behind([y.node for y in tensors if y.node], tick)
        nodes = [node for node in behind if node not in counted]
        counted.update(nodes)
        shapes = tuple(y.array.shape for y in tensors)
        count = sum(p.numel() for p in layer.parameters(recurse=False))
        own = {id(owner_of(p.array)) for p in model.parameters()}
        kept: dict[Any, int] = {}
        for array in [x for n in nodes for x in _leaves(n.saved) if isinstance(x, np.ndarray)]:
            whole = owner_of(array)
            low, high = extent_of(array, whole)
            if id(whole) not in own:
                kept[id(whole), low, high] = high - low
        output = shapes[0] if len(shapes) == 1 else shapes
        row = Row(path, type(layer).__name__, output, count, sum(map(_products, nodes)), kept)
        if any(row[3:]) or not list(layer.children()):
            found.insert(place, row)

    for path, layer in model.named_modules():
        handles += [
            layer.register_forward_pre_hook(lambda *_: started.append((next(clock), len(found)))),
            layer.register_forward_hook(lambda layer, _, y, path=path: leave(path, layer, y)),
        ]
    try:
        model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    found.parameters = sum(p.numel() for p in model.parameters())
    return found


def _leaves(value: Any) -> list[Any]:
    """The leaves of nested tuples, lists and dicts."""
    value = list(value.values()) if isinstance(value, dict) else value
    several = isinstance(value, tuple | list)
    return [leaf for part in value for leaf in _leaves(part)] if several else [value]


def _products(node: Node) -> int:
    """The multiply-adds of an op, from the shapes of its result and inputs."""
    shapes: list[Any] = [getattr(x, "shape", x) for x in (node.saved or ())[1:]]
    count: int = 0
    if node.name in ("linear", "conv"):
        count = prod(node.shape) * prod(shapes[1][1:])
    elif node.name == "conv_transpose":
        count = prod(shapes[0]) * prod(shapes[1][1:])
    elif node.name == "matmul":
        count = prod(node.shape) * shapes[0][-1]
    elif node.name == "recurrent":  # W times the state, once for each row of z
        z, w, *_ = shapes[0]
        count = z[0] * prod(w)
    elif node.name == "einsum" and len(shapes) > 1:
        *terms, _ = terms_of(node.params["subscripts"], tuple(map(len, shapes)))
        pairs = [zip(term, shape, strict=True) for term, shape in zip(terms, shapes, strict=True)]
        count = prod(dict(chain(*pairs)).values())
    return count
