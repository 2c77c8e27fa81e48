"""A part of the record as a script that repeats it, with its numbers.

>>> import tinygrad_edu as tg
>>> with tg.viz.observe():
...     x = tg.tensor([0.5, 2.0], requires_grad=True)
...     y = (3 * x).log()
>>> print(slice_of(y))
import numpy as np
import tinygrad_edu as tg
from tinygrad_edu import ops
<BLANKLINE>
x0 = tg.tensor(np.array([0.5, 2.0], np.float32), requires_grad=True)
with np.errstate(all="ignore"):
    x1 = ops.multiply(x0, 3)
    x2 = ops.log(x1)
print(x2)
print(int((~x2.isfinite()).sum()), "of", x2.numel(), "are not finite")
"""

from __future__ import annotations

import base64
import textwrap
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import ops
from ..engine.graph import OPS, Node, Parts
from ..engine.outputs import Arrived
from ..tensor import Tensor
from .anomaly import AnomalyError
from .shown import is_not_finite, operands_of, origin, result_of

PRINTED = 60  # elements: an array of more is packed
SILENT = 'with np.errstate(all="ignore"):'
PACKED = '''def unpacked(text, dtype, shape):
    """The array that was packed in a text."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype).reshape(shape)
'''


def slice_of(x: Any, depth: int | None = None) -> str:
    """Write a runnable script of the part of the record that led to a tensor, with its numbers.

    Parameters
    ----------
    x : Tensor or AnomalyError
        A tensor that was recorded under `viz.observe()` or `detect_anomaly()`; or the error that
        the latter raised.  Where that stopped in the backward pass, the script is of the op whose
        rule failed, and goes back through it.
    depth : int, default None
        How many ops the script goes back; what came before is given as numbers.  By default to the
        leaves.

    Returns
    -------
    str
        A Python script, which needs NumPy and this package only.  It makes the same numbers again,
        bit for bit, and prints them, and how many are not finite.  An array of more than 60
        elements is packed into a text, without loss.

    Raises
    ------
    RuntimeError
        If the tensor is not recorded, or its numbers were not kept.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> try:
    ...     with tg.detect_anomaly():
    ...         tg.tensor([0.0, 4.0], requires_grad=True).sqrt().sum().backward()
    ... except tg.diagnose.AnomalyError as error:
    ...     exec(tg.diagnose.slice_of(error))
    tensor([   inf, 0.2500])
    1 of 2 are not finite
    """
    if isinstance(x, AnomalyError):
        return _of_error(x, depth)
    if not isinstance(x, Tensor):
        raise TypeError(f"slice_of: it takes a Tensor or an AnomalyError, not {type(x).__name__}")
    if x.node is None:
        raise RuntimeError(
            f"slice_of: this tensor {tuple(x.shape)} has no record: nothing it was made of "
            "requires grad, or it was made under no_grad()"
        )
    script = _Script()
    name = script.add(x.node, depth, x.array)
    return script.text([*_printed(name, x.dtype.kind == "f")])


def _of_error(error: AnomalyError, depth: int | None) -> str:
    finding = error.finding
    if finding is None:
        raise RuntimeError("slice_of: this error came from another process, without its record")
    script, node = _Script(), finding.node
    if not finding.backward:
        name = script.add(node, depth)
        several = isinstance(finding.bad, tuple)
        return script.text([f"print({name})"] if several else [*_printed(name, True)])
    if finding.part is None:
        name = script.given("g", finding.bad, False)
        return script.text([*_printed(name, True)])
    if not _is_written(node):
        raise RuntimeError(
            f"slice_of: no script of the record can repeat {node.name}, whose rule is a function "
            "of its own, as the backward of a Function; call that yourself, with the g of the "
            "message"
        )
    name = script.add(node, depth or 1)
    gradient = finding.g
    parent: Any = node.inputs[finding.part]
    if str(parent.name) == "inputs":  # they stand side by side
        bad = [is_not_finite(part) for part in finding.bad]
        parent = parent.inputs[bad.index(True)]
    end = script.names[id(parent)]
    roots, seeds = name, gradient
    if isinstance(gradient, tuple):
        known = [(k, g) for k, g in enumerate(gradient) if g.size and g.dtype.kind == "f"]
        roots = f"[{', '.join(f'{name}[{k}]' for k, _ in known)}]"
        given = [script.given(f"g{k}", g, False) for k, g in known]
        seeds_text = f"[{', '.join(given)}]"
    else:
        seeds_text = script.given("g", seeds, False)
    script.calls.append(f"grad = tg.autograd.grad({roots}, {end}, {seeds_text})[0]")
    return script.text([*_printed("grad", True)])


def _printed(name: str, floats: bool) -> Iterable[str]:
    yield f"print({name})"
    if floats:
        yield (f'print(int((~{name}.isfinite()).sum()), "of", {name}.numel(), "are not finite")')


class _Script:
    """Lines that make tensors, and their names."""

    def __init__(self) -> None:
        self.lines: list[str] = []  # what is given
        self.calls: list[str] = []  # what is computed of it
        self.imports = {"import numpy as np", "import tinygrad_edu as tg"}
        self.names: dict[int, str] = {}  # by the identity of the Node
        self.constants: dict[int, tuple[Any, str]] = {}  # by the identity of the array
        self.packs = False

    def text(self, end: list[str]) -> str:
        imports = sorted(self.imports, key=lambda line: (line.startswith("from"), line))
        helper = ["", "", *PACKED.splitlines(), ""] if self.packs else [""]
        calls = [f"    {line}" for line in self.calls]
        calls = [SILENT, *calls] if calls else []
        return "\n".join([*imports, *helper, *self.lines, *calls, *end])

    def add(self, last: Node, depth: int | None, value: Any = None) -> str:
        """Lines for a node and what led to it; the name of its result."""
        nodes, ends = _behind(last, depth)
        users: dict[int, Any] = {}
        for node in nodes:
            for parent, x in zip(*_arguments(node), strict=True):
                if parent is not None and isinstance(x, np.ndarray):
                    users.setdefault(id(parent), x)
        users.setdefault(id(last), value)
        for end in sorted(ends, key=lambda node: node.tick):
            self._given_node(end, users.get(id(end)))
        for node in sorted(nodes, key=lambda node: node.tick):
            self._call(node)
        return self.names[id(last)]

    def _given_node(self, node: Node, value: Any) -> None:
        x = result_of(node) if node.plan else None
        x = value if x is None else x
        if not isinstance(x, np.ndarray):
            raise _unknown(node)
        name = self.given(f"x{len(self.names)}", x.astype(node.dtype, copy=False), True)
        self.names[id(node)] = name

    def given(self, name: str, x: Any, needs_grad: bool) -> str:
        end = ", requires_grad=True" if needs_grad else ""
        self.lines.append(f"{name} = tg.tensor({self._array(x)}{end})")
        return name

    def _call(self, node: Node) -> None:
        """The line that calls the op of a node."""
        plan: Any = node.plan
        if plan.op.name == "output":
            line = f"{self.names[id(node.inputs[0])]}[{node.params['k']}]"
        else:
            line = self._called(node)
        self.names[id(node)] = name = f"x{len(self.names)}"
        self.calls.append(f"{name} = {line}")

    def _called(self, node: Node) -> str:
        plan: Any = node.plan
        parents, values = _arguments(node)
        said = [self._argument(node, i, parents[i], x) for i, x in enumerate(values)]
        said += [f"{name}={self.literal(x)}" for name, x in node.params.items()]
        return f"{self._function(plan.op.name)}({', '.join(said)})"

    def _function(self, name: str) -> str:
        """How a script names an op: some of `ops` are functions around one of the same name."""
        if getattr(ops, name, None) is OPS[name]:
            self.imports.add("from tinygrad_edu import ops")
            return f"ops.{name}"
        self.imports.add("from tinygrad_edu.engine.graph import OPS")
        return f'OPS["{name}"]'

    def _argument(self, node: Node, i: int, parent: Any, x: Any) -> str:
        if parent is not None:
            return self.names[id(parent)]
        if not isinstance(x, np.ndarray):
            return self.literal(x)
        key = origin(node, i) or id(x)
        if key in self.constants and np.array_equal(self.constants[key][0], x, equal_nan=True):
            return self.constants[key][1]
        name = self.given(f"c{len(self.constants)}", x, False)
        self.constants[key] = x, name
        return name

    def literal(self, x: Any) -> str:
        """A setting as Python."""
        if isinstance(x, np.dtype):
            return f"np.dtype({x.name!r})"
        if isinstance(x, np.ndarray):
            return self._array(x)
        if isinstance(x, slice):
            return f"slice({', '.join(self.literal(part) for part in (x.start, x.stop, x.step))})"
        if hasattr(x, "_fields"):
            kind = type(x)
            self.imports.add(f"from {kind.__module__} import {kind.__name__}")
            return f"{kind.__name__}({', '.join(map(self.literal, x))})"
        if isinstance(x, tuple | list):
            inside = ", ".join(map(self.literal, x))
            return f"({inside}{',' * (len(x) == 1)})" if isinstance(x, tuple) else f"[{inside}]"
        if isinstance(x, float | np.generic):
            return self._number(x)
        if x is Ellipsis or x is None or isinstance(x, int | str):
            return "..." if x is Ellipsis else repr(x)
        raise _NotWritten

    def _number(self, x: Any) -> str:
        if isinstance(x, np.bool_ | np.integer | int):
            return str(x)
        if not np.isfinite(x):
            name = "nan" if np.isnan(x) else "inf"
            self.imports.add(f"from numpy import {name}")
            return f"-{name}" if x < 0 else name
        return str(x) if isinstance(x, np.generic) else repr(x)

    def _array(self, x: Any) -> str:
        dtype = "bool" if x.dtype.kind == "b" else f"np.{x.dtype.name}"
        if x.size > 1 and (x == x.flat[0]).all() and (np.signbit(x) == np.signbit(x.flat[0])).all():
            return f"np.full({tuple(x.shape)}, {self._number(x.flat[0])}, {dtype})"
        if x.size <= PRINTED:
            return f"np.array({self._nested(x)}, {dtype})"
        self.packs = True
        self.imports |= {"import base64", "import zlib"}
        text = base64.b64encode(zlib.compress(np.ascontiguousarray(x).tobytes(), 9)).decode()
        lines = "\n".join(textwrap.wrap(text, 96))
        return f'unpacked("""\n{lines}\n""", {dtype}, {tuple(x.shape)})'

    def _nested(self, x: Any) -> str:
        if x.ndim == 0:
            return self._number(x[()])
        return f"[{', '.join(map(self._nested, x))}]" if x.size else f"np.zeros({tuple(x.shape)})"


class _NotWritten(Exception):
    """A setting that no line of Python makes."""


def _behind(last: Node, depth: int | None) -> tuple[list[Node], list[Node]]:
    """The ops up to so many steps before a node, and the nodes that they start from."""
    layer, inside = [last], {last: None}
    ends: dict[Node, None] = {}
    left = depth
    if last.plan is None or not _is_written(last):
        return [], [last]
    while layer:
        left = None if left is None else left - 1
        before = [parent for node in layer for parent in _arguments(node)[0] if parent is not None]
        layer = []
        for parent in before:
            if parent in inside:
                continue
            if parent.plan is None or left == 0 or not _is_written(parent):
                ends[parent] = None
            else:
                inside[parent] = None
                layer.append(parent)
    return list(inside), [end for end in ends if end not in inside]


def _is_written(node: Node) -> bool:
    """Can a script call the op?  Not a Function of the user, nor an op of many inputs, of which the
    record keeps the shapes only, nor one with a setting that no line of Python makes."""
    name, (parents, values) = str(node.name), _arguments(node)
    if name == "output":
        return True
    of_many = parents != list(node.inputs) and any(x is None for x in values)
    try:
        for setting in node.params.values():
            _Script().literal(setting)
    except _NotWritten:
        return False
    return name in OPS and node.plan is not None and node.plan.op is OPS[name].op and not of_many


def _arguments(node: Node) -> tuple[list[Any], list[Any]]:
    """The nodes of what an op was called with, and the values: of inputs side by side, of each."""
    parents, values = list(node.inputs), operands_of(node)
    first: Any = parents[0] if parents else None
    if first is None or first.plan is None or first.plan.op.name != "inputs":
        return parents, values
    each = list(first.inputs)
    known = values[0] if isinstance(values[0], Parts | Arrived) else [None] * len(each)
    return [*each, *parents[1:]], [*known, *values[1:]]


def _unknown(node: Node) -> RuntimeError:
    what = f"the result of {node.name}" if node.plan else "a leaf"
    return RuntimeError(
        f"slice_of: the numbers of {what} {node.shape} were not kept; run the forward pass under "
        "`with tinygrad_edu.viz.observe():` or `with tinygrad_edu.detect_anomaly():`"
    )
