"""Source: a function that was put together at random, as Python text that runs when pasted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import dtypes, ops
from ..dtypes import Array
from ..engine.graph import OpFunction
from ..ops.indexing import ARRAY
from ..registry import NAMES as PUBLIC, public_at
from ..tensor import Tensor
from .layouts import layout_of

NAMES: dict[Any, str] = {call: name for name, call in vars(ops).items() if hasattr(call, "op")}


class _Package:
    """What stands for `tg` in the lines of a program: public functions and dtypes."""

    def __getattr__(self, name: str) -> Any:
        return public_at(name) if name in PUBLIC else getattr(dtypes, name)


SCOPE = {"np": np, "tg": _Package(), "ops": ops}
IMPORTS = {
    "np.": "import numpy as np",
    "tg.": "import tinygrad_edu as tg",
    "ops.": "from tinygrad_edu import ops",
    "laid_out(": "from tinygrad_edu.testing.layouts import laid_out",
}


class Program:
    """A function of tensors that was put together at random, with its Python source.

    Parameters
    ----------
    lines : sequence of str
        The statements of its body, without the last one.
    returned : sequence of str
        The names of what it returns: one tensor, or a tuple of several.
    inputs : dict of str to ndarray
        What it is a function of.
    ops : sequence of OpFunction
        Those that its lines call.

    Attributes
    ----------
    inputs : tuple of Tensor
        Tensors that it can be called with; they require grad.
    body : str
        The function's own lines.
    definition : str
        The imports and the function.
    source : str
        The whole script: imports, function, inputs, call.  It runs when pasted.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.testing.source import Program
    >>> program = Program(["t0 = x0 * x0"], ["t0"], {"x0": np.array([2.0, 3.0])}, [])
    >>> program(*program.inputs).tolist()
    [4.0, 9.0]
    >>> print(program)
    import tinygrad_edu as tg
    <BLANKLINE>
    <BLANKLINE>
    def program(x0):
        t0 = x0 * x0
        return t0
    <BLANKLINE>
    <BLANKLINE>
    inputs = [
        tg.tensor([2.0, 3.0], dtype=tg.float64, requires_grad=True),
    ]
    result = program(*inputs)
    """

    def __init__(
        self,
        lines: Sequence[str],
        returned: Sequence[str],
        inputs: dict[str, Array],
        ops: Sequence[OpFunction],
    ) -> None:
        self.inputs = tuple(Tensor(x.copy()).requires_grad_() for x in inputs.values())
        self.ops = tuple(call.op.name for call in ops)
        self.body = function_text("program", [*inputs], [*lines, f"return {', '.join(returned)}"])
        self.definition = definition(self.body, ops)
        self.source = script("program", self.body, [x.array for x in self.inputs], ops)
        scope: dict[str, Any] = {**SCOPE, **own_among(ops)}
        exec(self.body, scope)
        self._function: Callable[..., Any] = scope["program"]

    def __call__(self, *inputs: Any) -> Any:
        return self._function(*inputs)

    def __repr__(self) -> str:
        return self.source

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How hypothesis prints it: from a new line on."""
        printer.text("\n" + self.source)


def function_text(name: str, arguments: Sequence[str], lines: Sequence[str]) -> str:
    """The definition of a function."""
    return "\n".join([f"def {name}({', '.join(arguments)}):", *[f"    {x}" for x in lines]])


def definition(body: str, ops: Sequence[OpFunction], inputs: Sequence[str] = ()) -> str:
    """What a function and its inputs have to import, and the function."""
    text = "\n".join([body, *inputs])
    imports = [line for used, line in IMPORTS.items() if re.search(rf"\b{re.escape(used)}", text)]
    for own, call in own_among(ops).items():
        home = call.op.forward.__module__
        imports.append(f"from {home} import {own}" if home != "__main__" else f"# and {own}")
    return "\n".join([*imports, "", "", body])


def script(name: str, body: str, inputs: Sequence[Any], ops: Sequence[OpFunction]) -> str:
    """A whole script: the imports of a function, its definition, its inputs, its call."""
    given = [f"    {input_text(x)}," for x in inputs]
    last = ["inputs = [", *given, "]", f"result = {name}(*inputs)"]
    return "\n".join([definition(body, ops, given), "", "", *last])


def own_among(ops: Sequence[OpFunction]) -> dict[str, OpFunction]:
    """Those that are not ops of this package, by name."""
    return {call.op.name: call for call in ops if call not in NAMES}


# ---------------------------------------------------------------- values as text


def as_source(x: Any) -> str:
    """A Python expression of a value: of an array, or of a parameter of an op."""
    if isinstance(x, np.ndarray):
        return f"np.array({x.tolist()})" if x.size else f"np.zeros({x.shape}, np.{x.dtype.name})"
    if isinstance(x, np.dtype):
        return f"tg.{x.name}"
    if isinstance(x, ops.Windows):
        return f"ops.{x!r}"
    if isinstance(x, tuple):
        return f"({', '.join(map(as_source, x))}{',' * (len(x) == 1)})"
    if isinstance(x, dict):
        return "{" + ", ".join(f"{name!r}: {as_source(value)}" for name, value in x.items()) + "}"
    return f"ops.{NAMES[x]}" if callable(x) and x in NAMES else repr(x)


def key_text(key: tuple[Any, ...], arrays: Sequence[str] = ()) -> str:
    """What stands between the brackets of x[...]; `arrays` are the texts of those in the key."""

    def text(part: Any) -> str:
        if part is Ellipsis:
            return "..."
        if not isinstance(part, slice):
            return as_source(part)
        start, stop, step = (
            "" if x is None else str(x) for x in (part.start, part.stop, part.step)
        )
        return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"

    rest = iter(arrays)
    return ", ".join(next(rest) if part is ARRAY else text(part) for part in key) or "()"


def call_text(call: OpFunction, arguments: Sequence[str], params: dict[str, Any]) -> str:
    """The call of an op with arguments that are texts."""
    if call is ops.getitem:
        x, *arrays = arguments
        return f"{x if x.isidentifier() else f'({x})'}[{key_text(params['key'], arrays)}]"
    name = f"ops.{NAMES[call]}" if call in NAMES else call.op.name
    given = [f"{name}={as_source(value)}" for name, value in params.items()]
    return f"{name}({', '.join([*arguments, *given])})"


def input_text(x: Any) -> str:
    """A leaf that requires grad, of a floating array in the same layout; else the value."""
    if not (isinstance(x, np.ndarray) and x.dtype.kind == "f"):
        return as_source(x)
    layout = layout_of(x)
    if layout != "contiguous":
        array = f"np.array({x.tolist()}, np.{x.dtype.name})"
        return f'tg.from_numpy(laid_out({array}, "{layout}")).requires_grad_()'
    settings = f"dtype=tg.{x.dtype.name}, requires_grad=True"
    return f"tg.{f'tensor({x.tolist()}' if x.size else f'zeros({x.shape}'}, {settings})"
