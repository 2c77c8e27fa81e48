"""Source: a program as Python that needs NumPy alone."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from .program import COPIES, NEW_NAMES, Program, is_of_backward, layout, takes_out, ufunc_of
from .trace import Call, NotTraceable, Value, values_in

SIGNS = {"**": "**", "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//"}
SIGNS |= {"mod": "%", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
SIGNS |= {"and_": "&", "or_": "|", "xor": "^", "lshift": "<<", "rshift": ">>"}
IDLE = (("dtype", None), ("keepdims", False))  # what says nothing
LITERAL = 100  # elements of a constant that are printed as they are


class Source:
    """The program as text: buffers and constants, `forward`, and `backward`."""

    def __init__(self, program: Program, title: str) -> None:
        self.program, self.title = program, title
        self.names: dict[Any, str] = {}
        self.taken = {"np", "forward", "backward"}
        self.constants: list[str] = []
        self.buffers: list[str] = []
        self.views: list[str] = []
        self.once: dict[str, str] = {}  # views of buffers, by how they are made
        self.lines: list[list[str]] = [[], []]
        self.read: list[dict[Value, None]] = [{}, {}]  # what each half reads that is no buffer
        self.local: list[dict[Value, str]] = [{}, {}]
        self.numbers: dict[str, int] = {}
        self.uses: dict[Any, int] = {}
        for k, value in enumerate(program.arrived):
            self.names[value] = self.name("grad" if len(program.arrived) == 1 else f"grad{k}")
        self._write_all()

    def name(self, wish: str) -> str:
        """A name that is not taken yet."""
        name, k = wish, 1
        while name in self.taken:
            k += 1
            name = f"{wish}{k}"
        self.taken.add(name)
        return name

    def numbered(self, letter: str) -> str:
        self.numbers[letter] = self.numbers.get(letter, 0) + 1
        return self.name(f"{letter}{self.numbers[letter]}")

    # -------------------------------------------------------- expressions

    def text(self, value: Value, half: int) -> str:
        if value in self.local[half]:
            return self.local[half][value]
        if value.kind == "view":
            return self._view(value, half)
        if value.kind == "constant":
            return self._constant(value)
        if value in self.program.buffer_of:
            return self._buffer(self.program.buffer_of[value])
        self.read[half].setdefault(value)
        if value not in self.names:
            wish = value.name or _letter(value)
            self.names[value] = self.name(wish) if value.name else self.numbered(wish)
        return self.names[value]

    def _view(self, value: Value, half: int) -> str:
        """A view of a buffer is made once; another one where it is used."""
        call: Any = value.call
        text = self.expression(call, half)
        text = f"{text}[{call.made.index(value)}]" if call.form else text
        inside = values_in((call.args, call.kwargs))
        if all(self._is_kept(v) for v in inside):
            if text not in self.once:
                base = self.text(inside[0], half)
                self.once[text] = self.name(f"{base}_T" if _is_transposed(call) else f"{base}_view")
                self.views.append(f"{self.once[text]} = {text}  # {value.array.shape}")
            return self.once[text]
        if self.uses.get((value, half), 0) > 1:
            self.local[half][value] = self.numbered("v")
            self.lines[half].append(f"{self.local[half][value]} = {text}  # {value.array.shape}")
            return self.local[half][value]
        return text

    def _is_kept(self, value: Value) -> bool:
        while value.kind == "view":
            inside = values_in((value.call.args, value.call.kwargs))  # type: ignore[union-attr]
            if not all(map(self._is_kept, inside[1:])):
                return False
            value = inside[0]
        return value.kind == "constant" or value in self.program.buffer_of

    def _buffer(self, first: Value) -> str:
        if first not in self.names:
            self.names[first] = self.numbered(_letter(first))
            self.buffers.append(f"{self.names[first]} = {layout(first)}")
        return self.names[first]

    def _constant(self, value: Value) -> str:
        text = _array_text(value.array)
        if text not in self.names:
            self.names[text] = self.name(_constant_name(value.array))
            self.constants.append(f"{self.names[text]} = {text}")
        return self.names[text]

    def expression(self, call: Call, half: int, out: str = "") -> str:
        def shown(x: Any) -> str:
            return self.text(x, half) if isinstance(x, Value) else literal(x, shown)

        args = [shown(x) for x in call.args]
        if call.name == "[]":
            return f"{args[0]}[{_key_text(call.args[1], shown)}]"
        if call.name == "[]=":
            return f"{args[0]}[{_key_text(call.args[1], shown)}] = {args[2]}"
        if call.name in SIGNS:
            return f"({args[0]} {SIGNS[call.name]} {args[1]})"
        said = {k: x for k, x in call.kwargs.items() if x is not np._NoValue}
        words = [f"{k}={shown(x)}" for k, x in said.items() if (k, x) not in IDLE]
        words += [f"out={out}"] if out else []
        if _is_transposed(call):
            return f"{args[0]}.T"
        if call.name[0] == ".":
            return f"{args[0]}{call.name}({', '.join([*args[1:], *words])})"
        return f"{call.name}({', '.join([*args, *words])})"

    # -------------------------------------------------------- lines

    def _write_all(self) -> None:
        program = self.program
        for old, _, _ in program.writes:
            self.text(old, 0)
        for value, of in zip(program.grads, program.of, strict=True):
            if is_of_backward(value) and value.name == "":
                value.name = f"d_{of.name}"
        for value in program.outputs:
            value.name = value.name or "y"
        for call in program.calls:
            for v in values_in((call.args, call.kwargs)):
                self.uses[v, int(call.backward)] = self.uses.get((v, int(call.backward)), 0) + 1
        for call in program.calls:
            if not call.made or any(v.kind != "view" for v in call.made):
                self._line(call, int(call.backward))
        self._finish()

    def _finish(self) -> None:
        """What comes out and what goes in."""
        program = self.program
        self.returned = [self._result(v, 0) for v in program.outputs]
        self.gradients = [self._result(v, 1) for v in program.grads]
        for old, _, new in program.writes:
            self.lines[0].append(f"np.copyto({self.text(old, 0)}, {self.text(new, 0)})")
        made = {v for call in program.calls if call.backward for v in call.made}
        self.saved = [v for v in self.read[1] if v not in made and v not in program.arrived]
        self.inputs = [v for v in (*self.read[0], *self.saved) if v.kind in ("external", "random")]
        self.inputs = list(dict.fromkeys(self.inputs))

    def _line(self, call: Call, half: int) -> None:
        lines = self.lines[half]
        if call.name == "guard":
            asked = self.text(call.args[0], half)
            wrong = {True: f"not {asked}", False: asked} if call.expects in (True, False) else {}
            isbool = isinstance(call.expects, bool)
            lines.append(f"if {wrong[call.expects] if isbool else f'{asked} != {call.expects!r}'}:")
            lines.append('    raise ValueError("these numbers need other steps")')
            return
        if call.writes is not None:
            lines.append(self.expression(call, half))
            return
        made = call.made[0]
        if call.form:
            text = self.expression(call, half)
            lines.append(f"{', '.join(self.text(v, half) for v in call.made)} = {text}")
        elif made in self.program.buffer_of:
            self._into(call, half, self.program.buffer_of[made])
        else:
            scalar = made.array.ndim == 0 and made in self.program.given and takes_out(call)
            out = layout(made) if scalar and ufunc_of(call) else ""
            text = self.expression(call, half, out or "")
            lines.append(f"{self.text(made, half)} = {text}  # {made.array.shape}")

    def _into(self, call: Call, half: int, buffer: Value) -> None:
        lines, made = self.lines[half], call.made[0]
        comment = f"  # {made.array.shape}"
        if call.name in COPIES:
            source = self.text(call.args[0], half)
            cast = ', casting="unsafe"' if call.name == ".astype" else ""
            lines.append(f"np.copyto({self._buffer(buffer)}, {source}{cast}){comment}")
        elif call.name in NEW_NAMES:
            kind = call.name.removeprefix("np.").removesuffix("_like")
            fill: Any = {"zeros": 0, "ones": 1}.get(kind)
            if kind == "full":
                given: Any = [*call.args[1:2], call.kwargs.get("fill_value")][0]
                fill = self.text(given, half) if isinstance(given, Value) else literal(given, str)
            if kind != "empty":
                lines.append(f"{self._buffer(buffer)}.fill({fill}){comment}")
            else:
                self._buffer(buffer)
        else:
            text = self.expression(call, half, "{out}")
            lines.append(text.replace("out={out}", f"out={self._buffer(buffer)}") + comment)

    def _result(self, value: Value, half: int) -> str:
        """What a half returns: an array that nobody else holds."""
        text = self.text(value, half)
        own = (
            (value is value.root and value.kind == "fresh")
            and value not in self.program.buffer_of
            and is_of_backward(value) is bool(half)
        )
        if value.array.ndim == 0:  # only a ufunc with out= makes an array of it
            is_array = own and value.call and ufunc_of(value.call)
            return text if is_array else f"np.array({text})"
        return text if own else f"{text}.copy()"

    def kept(self) -> Any:
        """What is made once, each kind under its title."""
        yield "Constants", self.constants
        yield "Buffers: the calls below write into them", self.buffers
        yield "Views: other shapes of the same memory", self.views

    def __str__(self) -> str:
        saved = [self.names[v] for v in self.saved]
        inputs = [self.names[v] for v in self.inputs]
        shapes = [f"{self.names[v]} {v.array.shape}" for v in self.inputs if v.kind == "external"]
        text = [f'"""{self.title}: forward and backward in NumPy, as compile() wrote them."""']
        text += ["", "import numpy as np"]
        for title, lines in self.kept():
            text += ["", f"# {title}", *lines] if lines else []
        returned = self.returned[0] if len(self.returned) == 1 else _tuple(self.returned)
        text += self._half("forward", inputs, [f"# {line}" for line in _wrapped(shapes)], 0)
        text += [f"    return {returned}, {_tuple(saved)}"]
        if self.program.grads:
            arrived = [self.names[v] for v in self.program.arrived]
            text += self._half("backward", [*arrived, *saved], [], 1)
            text += [f"    return {_tuple(self.gradients)}"]
        return "\n".join(text) + "\n"

    def _half(self, name: str, inputs: Any, comments: Any, half: int) -> list[str]:
        lines = [*comments, *self.lines[half]]
        return ["", "", f"def {name}({', '.join(inputs)}):", *[f"    {line}" for line in lines]]


def _tuple(names: Sequence[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _wrapped(words: Sequence[str], width: int = 90) -> list[str]:
    lines = [""]
    for word in words:
        longer = f"{lines[-1]}, {word}" if lines[-1] else word
        if len(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines if words else []


def _letter(value: Value) -> str:
    return {"b": "m", "f": "a"}.get(value.array.dtype.kind, "k")


def _constant_name(array: Any) -> str:
    """A name that says what is in it, where that is simple."""
    if array.ndim == 1 and array.dtype.kind == "i" and (array == range(array.size)).all():
        return "places"
    first = array.flat[0].item() if array.size and (array == array.flat[0]).all() else None
    words: dict[Any, str] = {0: "zero", 1: "one", 0.5: "half", 2: "two"}
    word = words.get(first, "c")
    return f"{word}s" if array.ndim and word in ("zero", "one") else word


def _is_transposed(call: Call) -> bool:
    """Is the result x.T, or that of a matrix by another name?"""
    known = (".transpose", ".swapaxes", "np.transpose", "np.swapaxes")
    first = call.args[0]
    return (
        call.name in known
        and call.made[0].array.shape == first.array.T.shape
        and call.made[0].array.strides == first.array.T.strides
    )


def _key_text(key: Any, shown: Any) -> str:
    if isinstance(key, tuple) and key:
        return ", ".join(_key_text(part, shown) for part in key) + ("," if len(key) == 1 else "")
    if isinstance(key, slice):
        ends = ["" if x is None else shown(x) for x in (key.start, key.stop, key.step)]
        return ":".join(ends if ends[2] else ends[:2])
    return str(shown(key))


def literal(x: Any, shown: Any) -> str:
    """A number, a dtype or a tuple of such as Python writes it."""
    if isinstance(x, tuple | list):
        parts = ", ".join(shown(part) for part in x)
        ends = "[]" if isinstance(x, list) else "()"
        return f"{ends[0]}{parts}{',' if len(x) == 1 and ends == '()' else ''}{ends[1]}"
    if isinstance(x, np.dtype | type) and np.dtype(x).kind in "fiub":
        return f"np.{np.dtype(x).name}"
    if isinstance(x, np.generic):
        return f"np.{x.dtype.name}({literal(x.item(), shown)})"
    if isinstance(x, float) and not np.isfinite(x):
        return "np.nan" if x != x else f"{'-' if x < 0 else ''}np.inf"
    if isinstance(x, slice):
        return f"slice({shown(x.start)}, {shown(x.stop)}, {shown(x.step)})"
    if x is None or x is Ellipsis or isinstance(x, bool | int | float | str):
        return repr(x)
    raise NotTraceable(f"there is no way to print {x!r} as an argument")


def _array_text(array: Any) -> str:
    kind = f"np.{array.dtype.name}" if array.dtype.kind != "b" else "bool"
    if not array.size:
        return f"np.empty({array.shape}, {kind})"
    if array.ndim == 1 and kind == "np.int64" and (array == range(array.size)).all():
        return f"np.arange({array.size})"
    if array.ndim == 0:
        return f"np.array({literal(array.item(), str)}, {kind})"
    plain = np.unique(array.view(f"u{array.itemsize}")) if array.flags.forc else ()
    if len(plain) == 1:
        return f"np.full({array.shape}, {literal(array.flat[0].item(), str)}, {kind})"
    if array.size <= LITERAL:

        def shown(x: Any) -> str:
            return literal(x, shown)

        return f"np.array({shown(array.tolist())}, {kind})"
    packed = base64.b64encode(zlib.compress(array.tobytes(), 9)).decode()
    self_made = f"__import__('zlib').decompress(__import__('base64').b64decode('{packed}'))"
    return f"np.frombuffer({self_made}, {kind}).reshape({array.shape})"
