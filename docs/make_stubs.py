"""Write the stubs that type checkers and editors read: the signature of each public name.

    python docs/make_stubs.py            write them
    python docs/make_stubs.py --check    exit with 1 if they are not what the code says

The names of the package and the methods of Tensor are made from the registry when the package is
imported, which no type checker follows.
"""

import argparse
import inspect
import re
import sys
from pathlib import Path

import nn
import tinygrad_edu as tg
from tinygrad_edu import io, registry, settings  # noqa: F401 (with their names in the registry)

PACKAGE = Path(tg.__file__).parent

HEAD = """\
# Written by `python docs/make_stubs.py` from the declarations of the public functions.

from builtins import bool as _bool, float as _float, int as _int
from collections.abc import Callable, Sequence
from typing import Any, Final

"""

CONSTANTS = """\
from . import accelerator as accelerator, amp as amp, autograd as autograd, backends as backends
from . import cuda as cuda, diagnose as diagnose, distributions as distributions
from . import func as func, linalg as linalg
from . import mps as mps, nn as nn, ops as ops, optim as optim, special as special
from . import testing as testing, utils as utils, version as version, viz as viz
from .amp import autocast as autocast
from .func import vmap as vmap
from .program import compile as compile
from .device import channels_last as channels_last, channels_last_3d as channels_last_3d
from .device import contiguous_format as contiguous_format, preserve_format as preserve_format
from .device import strided as strided

__version__: str
e: Final[_float]
inf: Final[_float]
nan: Final[_float]
newaxis: Final[None]
pi: Final[_float]
"""

DTYPES = "bool float16 float32 float64 int8 int16 int32 int64 uint8 complex64 complex128 half float"
DTYPES += " double short int long"
PLAIN = r"(?<![\w.\"'])(bool|float|int)(?![\w\"'])"  # the types, where dtypes have these names


SIMPLE = (int, float, str, tuple, type(None))


def is_typed(thing):
    """Does the file that defines it say its types?  The functions below Tensor cannot name it."""
    written_out = re.match(r"tinygrad_edu\.(ops|functions)\b", thing.__module__)
    return not written_out and not hasattr(thing, "__signature__")


def written(annotation):
    """An annotation as the source has it."""
    if annotation is inspect.Parameter.empty:
        return "Any"
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def typed(name, parameter, is_op):
    """A parameter as the stub says it."""
    text = parameter.annotation
    if is_op and name != "out":
        kind = type(parameter.default).__name__
        settings = kind if kind in ("bool", "int", "float", "str") else "Any"
        is_input = parameter.kind is not parameter.KEYWORD_ONLY
        text = "Tensor" if name == "input" else "Tensor | float" if is_input else settings
    else:
        text = written(text)
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    given = parameter.default
    shown = repr(given) if isinstance(given, SIMPLE) else "..."
    default = "" if given is parameter.empty else f" = {shown}"
    return f"{stars}{name}: {text}{default}"


def signature(name, function, as_method=False):
    """`def name(...) -> ...: ...`"""
    found = inspect.signature(function)
    parameters, is_op = list(found.parameters.items()), hasattr(function, "op")
    shown = ["self"] if as_method else []
    for k, (own, parameter) in enumerate(parameters):
        before = [p.kind for _, p in parameters[:k]]
        if parameter.kind is parameter.KEYWORD_ONLY and not {
            parameter.KEYWORD_ONLY,
            parameter.VAR_POSITIONAL,
        } & set(before):
            shown.append("*")
        if k or not as_method:
            shown.append(typed(own, parameter, is_op))
    result = "Tensor" if is_op else written(found.return_annotation)
    return f"def {name}({', '.join(shown)}) -> {result}: ..."


def package():
    """The stub of the package: every name of `tg.__all__`."""
    lines, imports = [], []
    for name, thing in sorted(registry.names_in("").items()):
        if is_typed(thing):
            own = thing.__name__ if hasattr(thing, "__name__") else name
            module = thing.__module__.removeprefix("tinygrad_edu")
            imports.append(f"from {module} import {own} as {name}")
        else:
            lines.append(re.sub(PLAIN, r"_\1", signature(name, thing)))
    dtypes = [f"{name}: DType" for name in DTYPES.split()]
    imports += ["from .dtypes import DType", "from .dtypes import bfloat16 as bfloat16"]
    imports += ["from .dtypes import dtype as dtype", "from .tensor import Tensor as Tensor"]
    imports += [f"from nn.top_level import {name} as {name}" for name in nn.top_level.__all__]
    return "\n".join([HEAD, *NEEDED, *imports, CONSTANTS, *dtypes, "", *lines]) + "\n"


NEEDED = ["from .dtypes import DTypeLike", "from .functions.arguments import Dim"]
NEEDED += ["from .rng import Source"]


def methods():
    """The stub of the base class of Tensor: every method that is a public function."""
    head = [*NEEDED, "from .engine.graph import TensorBase"]
    head += ["from .tensor import Tensor", "", "def in_place(function: Any, name: str) -> Any: ..."]
    lines = ["", "class Registered(TensorBase):"]
    for name, entry in sorted(registry.METHODS.items()):
        line = signature(name, registry.described(entry.function), as_method=True)
        lines.append("    " + re.sub(PLAIN, r"_\1", line))
    return "\n".join([HEAD, *head, *lines]) + "\n"


def special():
    lines = []
    for name, thing in sorted(registry.names_in("special").items()):
        lines.append(re.sub(PLAIN, r"_\1", signature(name, thing)))
    return "\n".join([HEAD, *NEEDED, "from .tensor import Tensor", "", *lines]) + "\n"


STUBS = {"__init__.pyi": package, "registered.pyi": methods, "special.pyi": special}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare, and exit with 1")
    check = parser.parse_args().check
    for file, make in STUBS.items():
        path, text = PACKAGE / file, make()
        if check and (not path.exists() or path.read_text() != text):
            return 1
        if not check:
            path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
