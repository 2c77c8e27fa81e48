"""A table of a network's layers, read from what one run of it records.

>>> import nn, tinygrad_edu as tg
>>> nn.summary(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), tg.ones(5, 4))
layer          output  parameters  multiply-adds  kept bytes
0      Linear  (5, 3)          15             60          80
1      ReLU    (5, 3)           0              0          60
2      Linear  (5, 2)           8             30          60
total                          23             90         140
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from tinygrad_edu.backward import ops_behind
from tinygrad_edu.clock import clock
from tinygrad_edu.graph import Node
from tinygrad_edu.tensor import Tensor

from .module import Module

HEAD = ("layer", "", "output", "parameters", "multiply-adds", "kept bytes")


class Row(NamedTuple):
    """One call of a layer: where it stands, what it is, what it returned, and what that cost."""

    path: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    multiply_adds: int
    kept: dict[int, int]  # the bytes of each array that the record holds

    @property
    def words(self) -> tuple[str, ...]:
        numbers = (self.parameters, self.multiply_adds, sum(self.kept.values()))
        return (self.path, self.kind, str(self.output), *[f"{n:,}" for n in numbers])


class Summary(list[Row]):
    """The rows of a network, which print as a table."""

    parameters = 0

    def __repr__(self) -> str:
        kept = {key: size for row in self for key, size in row.kept.items()}
        total = (self.parameters, sum(row.multiply_adds for row in self), sum(kept.values()))
        lines = [HEAD, *[row.words for row in self]]
        lines.append(("total", "", "", *[f"{n:,}" for n in total]))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(_laid_out(line, widths) for line in lines)


def _laid_out(line: tuple[str, ...], widths: list[int]) -> str:
    words = [word.ljust(width) for word, width in zip(line[:2], widths[:2], strict=True)]
    words += [word.rjust(width) for word, width in zip(line[2:], widths[2:], strict=True)]
    return "  ".join(words).rstrip()


def summary(model: Module, *inputs: Any) -> Summary:
    """The layers that model(*inputs) runs through, in that order, as a table: the shape of each
    one's output, its parameters, the multiply-adds of its products and convolutions, and the bytes
    that the record keeps for its derivatives (the parameters themselves apart).

    In the total, an array that several layers keep counts once, and so does a shared parameter.
    """
    found, handles = Summary(), []
    started: list[int] = []
    own = {id(p.array) for p in model.parameters()}
    found.parameters = sum(p.numel() for p in model.parameters())

    def leave(path: str, layer: Module, output: Any) -> None:
        tensors = [y for y in (output if isinstance(output, tuple) else [output]) if _is_noded(y)]
        nodes = ops_behind([y.node for y in tensors if y.node], started.pop())
        arrays = [x for node in nodes for x in node.saved or () if hasattr(x, "nbytes")]
        shape = output.shape if isinstance(output, Tensor) else tuple(y.shape for y in tensors)
        count = sum(p.numel() for p in layer.parameters(recurse=False))
        kept = {id(x): x.nbytes for x in arrays if id(x) not in own}
        found.append(
            Row(path, type(layer).__name__, shape, count, sum(map(_products, nodes)), kept)
        )

    for path, layer in model.named_modules():
        if not list(layer.children()):
            handles += [
                layer.register_forward_pre_hook(lambda *_: started.append(next(clock))),
                layer.register_forward_hook(lambda layer, _, y, path=path: leave(path, layer, y)),
            ]
    try:
        model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return found


def _is_noded(y: Any) -> bool:
    return isinstance(y, Tensor) and y.node is not None


def _products(node: Node) -> int:
    """The multiply-adds of an op, by the shapes of its result and inputs."""
    shapes: list[tuple[int, ...]] = [getattr(x, "shape", x) for x in (node.saved or ())[1:]]
    if node.name in ("linear", "conv"):
        return prod(node.shape) * prod(shapes[1][1:])
    if node.name == "conv_transpose":
        return prod(shapes[0]) * prod(shapes[1][1:])
    return prod(node.shape) * shapes[0][-1] if node.name == "matmul" else 0
