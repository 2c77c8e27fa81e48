"""The call of a function whose derivative is asked for, traced back to its arguments."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..creation import as_tensor
from ..engine.backward import ops_behind, replay
from ..engine.clock import clock
from ..engine.grad_mode import enable_grad, mode
from ..engine.graph import Node, TensorBase
from ..engine.leaf import free
from ..functions import zeros_like
from ..tensor import Tensor
from .trees import leaves, like

Function = Callable[..., Any]
Argnums = int | Sequence[int]


def pulled(
    ys: Sequence[Tensor], us: Sequence[Any], ends: Iterable[Any], freed_by: Any = None, **how: Any
) -> dict[Node, Any]:
    """dL/d(end) for each of these Nodes that a y depends on, given u = dL/dy for each y (None
    is 0); `how` is what else `replay` is told."""
    roots: dict[Node, Any] = {}
    for y, u in zip(ys, us, strict=True):
        if y.node is not None and u is not None:
            roots[y.node] = roots[y.node] + u if y.node in roots else u
    wanted, found = set(ends), {}
    for node, g, _ in replay(roots, only=wanted, **how):
        if node in wanted:
            found[node] = g
        if freed_by is not None:
            free(node, freed_by)
    return found


class TracedCall:
    """A call y = f(*args), whose way back from y to the chosen arguments x is recorded."""

    aux: Any

    def __init__(
        self, name: str, f: Function, args: Any, argnums: Argnums, has_aux: bool, kwargs: Any
    ) -> None:
        self.title = f"{name} of {getattr(f, '__name__', f)}"
        chosen: Any = (argnums,) if isinstance(argnums, int) else argnums
        if not all(-len(args) <= k < len(args) for k in chosen):
            raise IndexError(f"{self.title}: there is no argument {argnums} among {len(args)}")
        given, start, outside = list(args), next(clock), mode.recording
        with enable_grad():
            for k in chosen:
                given[k] = like(args[k], iter([self._inner(x, k) for x in leaves(args[k])]))
            y = f(*given, **kwargs)
        self.y, self.aux = y if has_aux else (y, None)
        self.ys = [as_tensor(y) for y in leaves(self.y)]
        self.x = args[argnums] if isinstance(argnums, int) else tuple([args[k] for k in chosen])
        self.xs: list[Tensor] = leaves([given[k] for k in chosen])
        self.of_arrays = not any(isinstance(x, TensorBase) for x in leaves(args))
        ends = {y.node: None for y in self.ys if y.node}
        behind = {*ends, *[parent for node in ops_behind(ends) for parent in node.inputs]}
        self.nested = outside and any(node and node.tick < start for node in behind)

    def _inner(self, x: Any, k: int) -> Tensor:
        """x under a Node of its own, where the record of this call ends."""
        t = as_tensor(x)
        if t.dtype.kind != "f":
            raise TypeError(f"{self.title}: argument {k} holds {t.dtype}, not floats; see float()")
        return ops.reshape(t, shape=t.shape) if t.node else t.detach().requires_grad_()

    def reached(self, y: Tensor) -> list[bool]:
        """For each x, whether y depends on it."""
        ends = {y.node: None} if y.node else {}
        behind = {*ends, *[parent for node in ops_behind(ends) for parent in node.inputs]}
        return [x.node in behind for x in self.xs]

    def pull(self, ys: Sequence[Tensor], us: Sequence[Any], xs: Sequence[Tensor]) -> list[Any]:
        """dL/dx for each x, given u = dL/dy for each y."""
        found: dict[Any, Any] = pulled(ys, us, [x.node for x in xs], create_graph=self.nested)
        return [found[x.node] if x.node in found else self.replayed(zeros_like(x)) for x in xs]

    def replayed(self, x: Tensor) -> Any:
        """x as the replay wants it."""
        return x if self.nested else x.array

    def given(self, tree: Any, expected: Sequence[Tensor], what: str) -> list[Any]:
        """The leaves of a tree, which must have the shapes of what is expected."""
        found = [as_tensor(leaf) for leaf in leaves(tree)]
        have, shapes = [tuple(x.shape) for x in found], [tuple(x.shape) for x in expected]
        if have != shapes:
            raise ValueError(f"{self.title}: the {what} have the shapes {have}, not {shapes}")
        self.nested = self.nested or (mode.recording and any(x.node for x in found))
        pairs = zip(found, expected, strict=True)
        return [self.replayed(x.astype(e.dtype)) for x, e in pairs]

    def as_results(self, tree: Any, values: Iterable[Any]) -> Any:
        """A tree of this form of results: in the record around this call, if it leads here."""
        tensors = [as_tensor(x) if self.nested else Tensor(np.array(x)) for x in values]
        return like(tree, iter([t.array if self.of_arrays and not t.node else t for t in tensors]))

    def value(self) -> Any:
        return self.as_results(self.y, self.ys if self.nested else [y.array for y in self.ys])
