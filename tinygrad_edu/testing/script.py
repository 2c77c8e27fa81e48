"""A script of a few lines that repeats a failure of gradcheck."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..dtypes import Array
from ..engine.graph import TensorBase
from .error import GradcheckError

PRINTED = 60  # numbers of an input that are printed
ENCODED = 60_000  # characters of an input that is printed as text


@dataclass(frozen=True)
class Call:
    """How a check was called, and how it is run again at other inputs.

    `function` is "gradcheck", or its path after `import tinygrad_edu as tg`."""

    function: str
    f: Any
    inputs: Any
    options: dict[str, Any]
    run: Callable[[Any], None]

    def arguments(self) -> tuple[Any, ...]:
        alone = isinstance(self.inputs, TensorBase | np.ndarray)
        return (self.inputs,) if alone else tuple(self.inputs)


def script(call: Call, error: GradcheckError, fails_alike: Callable[[Any], bool]) -> str:
    """The lines that repeat the error.

    An input of many numbers is drawn anew, with the wrong entries as they were, if
    `fails_alike(inputs)` says that this fails in the same way.  Else its numbers are encoded.
    """
    arguments = call.arguments()
    names = [f"x{i}" for i in range(len(arguments))]
    lines = ["import tinygrad_edu as tg"]
    if call.function == "gradcheck":
        lines.append("from tinygrad_edu.testing import gradcheck")
    lines += _lines_of_inputs(names, arguments, error, fails_alike)
    if defined := getattr(call.f, "definition", None):  # of a random program, or a case of an op
        lines.append(f"{defined}\n\n")
    else:
        lines.append(f"# {_name_of(call.f)}: {_described(call.f)}")
    passed = f"({', '.join(names)}{',' if len(names) == 1 else ''})"
    options = "".join(f", {name}={_value(x)}" for name, x in call.options.items())
    return "\n".join([*lines, f"{call.function}({_name_of(call.f)}, {passed}{options})"])


def _lines_of_inputs(
    names: list[str],
    arguments: tuple[Any, ...],
    error: GradcheckError,
    fails_alike: Callable[[Any], bool],
) -> list[str]:
    if not any(_size(x) > PRINTED for x in arguments):
        return [line for name, x in zip(names, arguments, strict=True) for line in _exact(name, x)]
    lines = ["g = tg.Generator().manual_seed(0)  # other numbers than yours, the same failure"]
    for i, (name, x) in enumerate(zip(names, arguments, strict=True)):
        drawn = _drawn(name, x, error.entries.get(i, [])) if _size(x) > PRINTED else None
        lines += drawn or _exact(name, x)
    found: dict[str, Any] = dict(zip(names, arguments, strict=True))
    exec(
        "\n".join(["import tinygrad_edu as tg", *lines]), found
    )  # lines made of numbers, which were written above
    if fails_alike([found[name] for name in names]):
        return lines
    return [line for name, x in zip(names, arguments, strict=True) for line in _exact(name, x)]


def _exact(name: str, x: Any) -> list[str]:
    """Lines that make an input, number by number."""
    if not isinstance(x, TensorBase | np.ndarray):
        text = repr(x)
        if text.startswith("<") or "\n" in text or len(text) > 500:
            return [f"# {name}: the {type(x).__name__} that was given"]
        return [f"{name} = {text}"]
    array = _array(x)
    end = ".requires_grad_()" if getattr(x, "requires_grad", False) else ""
    if array.size == 0:
        return [f"{name} = tg.zeros({tuple(array.shape)}, dtype=tg.{array.dtype}){end}"]
    if array.size <= PRINTED:
        return [f"{name} = tg.tensor({array.tolist()}, dtype=tg.{array.dtype}){end}"]
    text = base64.b64encode(zlib.compress(array.tobytes(), 9)).decode()
    if len(text) > ENCODED:
        return [
            f"# the {array.size} numbers of {name} are too many to print; before, in the failing "
            f"program: np.save('{name}.npy', error.inputs[{name[1:]}])",
            "import numpy as np",
            f"{name} = tg.tensor(np.load('{name}.npy')){end}",
        ]
    return [
        "import base64, zlib",
        "import numpy as np",
        f"bytes_of_{name} = zlib.decompress(base64.b64decode('{text}'))",
        f"array = np.frombuffer(bytes_of_{name}, '{array.dtype}').reshape({tuple(array.shape)})",
        f"{name} = tg.tensor(array){end}",
    ]


def _drawn(name: str, x: Any, entries: list[tuple[int, ...]]) -> list[str]:
    """Lines that draw an input between its least and its largest number; `entries` are kept."""
    array = _array(x)
    shape, kind = tuple(array.shape), array.dtype
    if kind.kind in "iu":
        ends = f"{array.min()}, {int(array.max()) + 1}"
        return [f"{name} = tg.randint({ends}, {shape}, generator=g, dtype=tg.{kind})"]
    if kind.kind != "f":
        return []
    low, high = float(f"{array.min():.3g}"), float(f"{array.max():.3g}")
    lines = [f"{name} = {low} + {high - low:.6g} * tg.rand({shape}, generator=g, dtype=tg.{kind})"]
    lines += [f"{name}[{', '.join(map(str, k))}] = {float(array[k])!r}" for k in entries]
    return [*lines, f"{name}.requires_grad_()"] if getattr(x, "requires_grad", False) else lines


def _value(x: Any) -> str:
    """An option as Python."""
    if isinstance(x, TensorBase | np.ndarray):
        return f"tg.tensor({_array(x).tolist()}, dtype=tg.{_array(x).dtype})"
    if isinstance(x, tuple | list):
        return f"({', '.join(_value(part) for part in x)},)"
    return repr(x)


def _array(x: Any) -> Array:
    return np.asarray(x.array if isinstance(x, TensorBase) else x)


def _size(x: Any) -> int:
    return _array(x).size if isinstance(x, TensorBase | np.ndarray) else 0


def _name_of(f: Any) -> str:
    name = str(getattr(f, "__name__", "f"))
    if hasattr(f, "definition"):
        return str(re.findall(r"def (\w+)\(", f.definition)[-1])
    if hasattr(f, "named_parameters"):
        return "module"
    return name if name.isidentifier() else "f"


def _described(f: Any) -> str:
    if hasattr(f, "named_parameters"):
        return f"the {type(f).__name__} that was given, with its present parameters"
    return "the function that was given"
