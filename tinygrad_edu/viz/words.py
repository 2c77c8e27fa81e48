"""Words: what a box says of shapes, of settings, and of formulas, as PyTorch and textbooks do.

>>> settings_of({"axis": 1, "keepdims": True}, {})
'dim=1, keepdim=True'
>>> formula_of("Product: y = a b;  dL/da = g b,  dL/db = g a.")
'y = a b'
>>> rules_of("Product: y = a b;  dL/da = g b,  dL/db = g a.")
'dL/da = g b,  dL/db = g a'
"""

from __future__ import annotations

import re
import textwrap
from html import escape
from typing import Any

from ..engine.graph import OPS

NAMES = {"axis": "dim", "keepdims": "keepdim", "axes": "dims", "slope": "negative_slope"}
NAMES |= {"axis1": "dim1", "axis2": "dim2", "ddof": "correction", "shift": "shifts"}
UNSAID = ("key", "shape", "sizes", "cell", "own", "steps", "order", "k", "size", "start", "ctx")
NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")  # no XML file may hold them
WIDTH, LONGEST = 34, 48  # characters: of a line of a formula, and of a name


def as_xml(text: str) -> str:
    """Any text as the text of an HTML, XML or SVG file."""
    return escape(NOT_XML.sub("\ufffd", text))


def shape_of(shape: tuple[Any, ...]) -> str:
    """A shape: "5 x 3", or "number"; of several outputs, each."""
    if shape and isinstance(shape[0], tuple):
        return ", ".join(map(shape_of, shape))
    return " \u00d7 ".join(map(str, shape)) if shape else "number"


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text that fits in a box."""
    return text if len(text) <= longest else text[: longest - 1] + "\u2026"


# ---------------------------------------------------------------- settings


def defaults_of(op: str) -> dict[str, Any]:
    """The settings that an op of the table has unless others are given."""
    return (OPS[op].op.forward.__kwdefaults__ or {}) if op in OPS else {}


def settings_of(settings: dict[str, Any], defaults: dict[str, Any]) -> str:
    """The settings of an op in PyTorch's words, without those that have their default."""
    said = []
    for name, value in settings.items():
        usual = name in defaults and _same(value, defaults[name]) and name != "axis"
        if usual or value is None or name in UNSAID or (name, value) == ("groups", 1):
            continue
        if name == "windows":
            said += _of_windows(value)
        else:
            said.append(f"{NAMES.get(name, name)}={_written(value)}")
    if "cell" in settings and "sizes" in settings:
        steps = len(settings["sizes"])
        said.append(f"{settings['cell']}, {steps} step{'s' * (steps != 1)}")
    return ", ".join(said).replace("reverse=True", "reversed").replace("reverse=False, ", "")


def _same(a: Any, b: Any) -> bool:
    try:
        return bool(a == b)
    except (TypeError, ValueError):  # an array
        return False


def _written(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple | list):
        return str(tuple(value)) if len(value) != 1 else _written(value[0])
    return str(getattr(value, "__name__", value))


def _of_windows(windows: Any) -> list[str]:
    ones = (1,) * len(windows.kernel)
    said = [f"kernel {_by(windows.kernel, False)}"]
    if windows.stride != ones:
        said.append(f"stride {_by(windows.stride)}")
    if any(windows.before):
        said.append(f"padding {_by(windows.before)}")
    if windows.dilation != ones:
        said.append(f"dilation {_by(windows.dilation)}")
    return said


def _by(sizes: tuple[int, ...], one_for_all: bool = True) -> str:
    """ "2", or "2x3" where they differ (or always)."""
    if one_for_all and len(set(sizes)) == 1:
        return str(sizes[0])
    return "x".join(map(str, sizes))


def key_of(key: Any) -> str:
    """An index as Python writes it: "[:, 0]"."""
    parts = list(key) if isinstance(key, tuple) else [key]
    if len(parts) > 1 and parts[-1] is Ellipsis:
        parts.pop()
    return "[" + ", ".join(map(_of_key, parts)) + "]"


def _of_key(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if x is None else str(x) for x in (part.start, part.stop, part.step)]
        return ":".join(ends if ends[2] else ends[:2])
    if part == "array":
        return "index"
    return "..." if part is Ellipsis else str(part)


# ---------------------------------------------------------------- formulas


_WORDS = re.compile(r"^(the|as|without|unless|a view|accurate|of|NaN|nan|each|in|to|summed) ?")


def formula_of(documented: str) -> str:
    """The formula of an op: what its docstring says before the derivatives."""
    text = re.split(r";|(?<=[a-z\]\)])\.( |$)", documented, maxsplit=1)[0]
    name, colon, formula = text.partition(": ")
    text = (formula if colon and "=" not in name else text).strip().rstrip(".")
    if len(text) <= 2 * WIDTH:
        return text
    first, *others = re.split(r", (?![^(\[]*[)\]])", text)  # at commas outside of brackets
    while others and (_WORDS.search(others[0]) is None or len(first) < 8):
        first += f", {others.pop(0)}"
    return first


def rules_of(documented: str) -> str:
    """The derivatives, as the docstring writes them."""
    return documented.partition(";")[2].strip().rstrip(".")


def lines_of(text: str, most: int = 3, width: int = WIDTH) -> list[str]:
    """A text in lines that fit in a box."""
    lines = textwrap.wrap(text, width, break_long_words=True)
    if len(lines) > most:
        lines = [*lines[: most - 1], shortened(" ".join(lines[most - 1 :]), width)]
    return lines


# ---------------------------------------------------------------- modules


_PLAIN = re.compile(r"(in|out|num|normalized|input|hidden|embedding)_\w+=")
_USUAL = re.compile(
    r"\w+=(True|1e-05|\(1(, 1)*,?\)|\(0(, 0)*,?\)|0\.1|None)|(inplace|ceil_mode)=False|"
    r"padding=0|dilation=1|start_dim=1|end_dim=-1|negative_slope=0\.01|approximate='none'"
)


def module_of(name: str, kind: str, made: str) -> str:
    """The title of a module: "fc1: Linear(784, 32)"."""
    pieces = re.findall(r"(?:[^,(]|\([^)]*\))+", " ".join(made.split()))
    said = [_PLAIN.sub("", piece) for piece in map(str.strip, pieces) if not _USUAL.match(piece)]
    said = [re.sub(r"\((\d+)(?:, \1)+\)", r"\1", piece) for piece in said]
    inside = shortened(", ".join(said), 40)
    title = f"{kind}({inside})" if inside else kind
    return shortened(f"{name}: {title}" if name else title, 2 * LONGEST)
