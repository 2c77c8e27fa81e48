"""Source: what was written down, as a short Python program of NumPy calls into kept buffers.

Five steps: calls that are made twice are made once; calls whose result nobody reads are dropped;
each result gets a buffer, which it shares with results that are dead by then; views of buffers are
made once; and all of it is printed.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from .trace import NEW, Call, NotTraceable, Trace, Value, mapped, values_in

OUT = {f"np.{name}" for name in "sum prod max min amax amin any all concatenate stack".split()}
OUT |= {"np.dot", "np.cumsum", "np.clip", "np.argmax", "np.argmin", ".sum", ".prod", ".max", ".min", ".any"}
OUT |= {".all", ".cumsum", ".argmax", ".argmin", ".clip"}
COPIES = {".astype", ".copy", "np.copy"}
NEW_NAMES = {f"np.{function.__name__}" for function in NEW}
IDLE = (("dtype", None), ("keepdims", False))  # what says nothing
LITERAL = 100  # elements of a constant that are printed as they are
Key = Any


def look(value: Value) -> Any:
    return value.array.shape, value.array.dtype, value.array.strides


class Program:
    """The calls that are left, and where each result lies."""

    def __init__(
        self, trace: Trace, outputs: Any, arrived: Any, grads: Any, of: Sequence[Value]
    ) -> None:
        """`arrived` are the gradients of the outputs, `grads` those of the inputs `of`."""
        self.calls, self.arrived, self.of = trace.calls, arrived, of
        written = [(old, tensor, now._value) for tensor, old, now in trace.tensors.values()]
        self.writes = [(old, t, new) for old, t, new in written if new is not old]
        self.mutated = {call.writes.root for call in self.calls if call.writes}
        self.same: dict[Value, Value] = {}
        self.outputs, self.grads = list(outputs), list(grads)
        self._merge()
        self.outputs = [self._now(v) for v in self.outputs]
        self.grads = [self._now(v) for v in self.grads]
        self.writes = [(old, t, self._now(new)) for old, t, new in self.writes]
        self._drop()
        self.given = {v.root for v in (*self.outputs, *self.grads)}
        self._place()

    # -------------------------------------------------------- equal calls, calls that do nothing

    def _now(self, value: Any) -> Any:
        return self.same.get(value, value) if isinstance(value, Value) else value

    def _merge(self) -> None:
        known: dict[Key, Call] = {}
        left = []
        for call in self.calls:
            call.args, call.kwargs = mapped(call.args, self._now), mapped(call.kwargs, self._now)
            roots = {v.root for v in (*values_in((call.args, call.kwargs)), *call.made)}
            if call.expects is None and not call.writes and self.mutated.isdisjoint(roots):
                like = self._like(call) or known.setdefault(_key(call), call)
                if like is not call:
                    made = [like] if isinstance(like, Value) else like.made
                    self.same.update(zip(call.made, made, strict=True))
                    continue
            left.append(call)
        self.calls = left

    def _like(self, call: Call) -> Value | None:
        """The operand that the result is equal to: `astype` to the same dtype, an idle reshape."""
        first = call.args[0] if call.args else None
        if not isinstance(first, Value) or len(call.made) != 1 or call.form:
            return None
        copied = call.name == ".astype" or (call.name in COPIES and first.root.kind == "fresh")
        idle = copied or call.made[0].kind == "view"
        at_start = copied or _start(first) == _start(call.made[0])
        return first if idle and at_start and look(first) == look(call.made[0]) else None

    # -------------------------------------------------------- what nobody reads

    def _drop(self) -> None:
        needed = {*self.outputs, *self.grads, *[new for _, _, new in self.writes]}
        needed |= {v.root for v in needed}
        left = []
        for call in reversed(self.calls):
            draws = any(v.kind == "random" for v in values_in(call.args[:1]))
            written = call.writes and call.writes.root in needed
            if draws or written or call.name == "guard" or not needed.isdisjoint(call.made):
                values = values_in((call.args, call.kwargs))
                needed.update(values, [v.root for v in values])
                left.append(call)
        self.calls = left[::-1]
        self.needed = needed

    # -------------------------------------------------------- where each result lies

    def _place(self) -> None:
        """A buffer for each result that can be written to one, shared once it is dead."""
        last: dict[Value, float] = {}
        for k, call in enumerate(self.calls):
            if call.backward and call.writes and not _is_of_backward(call.writes.root):
                raise NotTraceable("the backward pass writes to what the forward pass made")
            for v in values_in((call.args, call.kwargs)):
                last[v.root] = k
                if call.backward and not _is_of_backward(v.root):
                    last[v.root] = np.inf  # a backward pass may come twice
        for _, _, new in self.writes:
            last[new.root] = np.inf
        self.buffers: list[Value] = []  # the first in each
        self.buffer_of: dict[Value, Value] = {}
        free: dict[Any, list[Value]] = {}
        for k, call in enumerate(self.calls):
            roots = {v.root for v in values_in((call.args, call.kwargs))}
            dead = [r for r in roots if last[r] == k and r in self.buffer_of]
            made = call.made[0] if call.made else None
            if made is not None and made not in self.given and _takes_out(call):
                over = [r for r in dead if _can_take_over(call, r, made)]
                if over:
                    dead.remove(over[0])
                    self.buffer_of[made] = self.buffer_of[over[0]]
                elif free.get(look(made)):
                    self.buffer_of[made] = free[look(made)].pop()
                else:
                    self.buffers.append(made)
                    self.buffer_of[made] = made
                if made not in last:
                    dead.append(made)
            for root in dead:
                free.setdefault(look(root), []).append(self.buffer_of[root])


def _is_of_backward(root: Value) -> bool:
    return root.call is not None and root.call.backward


def _start(value: Value) -> int:
    return value.array.__array_interface__["data"][0]  # type: ignore[no-any-return]


def _key(call: Call) -> Key:
    if any(v.kind == "random" for v in values_in(call.args[:1])):
        return object()
    words = mapped((call.args, call.kwargs), lambda x: (type(x).__name__, id(x) if isinstance(x, Value) else repr(x)))
    return call.name, repr(words)


def _ufunc(call: Call) -> Any:
    ufunc = getattr(np, call.name[3:], None) if call.name.startswith("np.") else None
    return ufunc if isinstance(ufunc, np.ufunc) else None


def _takes_out(call: Call) -> bool:
    """Can the result be written to a buffer, by `out=` or by a copy?"""
    made = call.made[0]
    if call.form or made.kind != "fresh" or layout(made) is None or "out" in call.kwargs:
        return False
    ufunc, name = _ufunc(call), call.name
    reduced = name.endswith((".reduce", ".accumulate"))
    known = ufunc is not None or reduced or name in OUT or name in COPIES or name in NEW_NAMES
    in_order = made.array.flags.c_contiguous or name != "np.dot"
    return known and in_order and "where" not in call.kwargs


def _can_take_over(call: Call, root: Value, made: Value) -> bool:
    """May an elementwise call write over this operand, which nobody reads any more?"""
    ufunc = _ufunc(call)
    whole = all(v is root for v in values_in(call.args) if v.root is root)
    return ufunc is not None and not ufunc.signature and whole and look(root) == look(made)


def layout(value: Value) -> str | None:
    """How a buffer is made that lies in memory as this array does; None if it has gaps."""
    array = value.array
    order = sorted(range(array.ndim), key=lambda k: -array.strides[k])
    shape, kind = array.shape, f"np.{array.dtype.name}" if array.dtype.kind != "b" else "bool"
    if array.flags.c_contiguous:
        return f"np.empty({shape}, {kind})"
    if not array.transpose(order).flags.c_contiguous:
        return None
    back = tuple(order.index(k) for k in range(array.ndim))
    return f"np.empty({tuple(shape[k] for k in order)}, {kind}).transpose({back})"


# ---------------------------------------------------------------- printing


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
        if call.name == "**":
            return f"({args[0]} ** {args[1]})"
        said = {k: x for k, x in call.kwargs.items() if x is not np._NoValue}
        words = [f"{k}={shown(x)}" for k, x in said.items() if (k, x) not in IDLE]
        words += [f"out={out}"] if out else []
        if call.name == ".transpose" and len(args) == 1:
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
            if _is_of_backward(value) and value.name == "":
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
            scalar = made.array.ndim == 0 and made in self.program.given and _takes_out(call)
            out = layout(made) if scalar and _ufunc(call) else ""
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
            fill = {"zeros": 0, "ones": 1}.get(kind)
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
        own = value.root.kind == "fresh" and value.root not in self.program.buffer_of
        own = own and (value is value.root) and bool(value.root.call and value.root.call.backward) is bool(half)
        if value.array.ndim == 0:
            return f"np.array({text})" if not own or not (value.call and _ufunc(value.call)) else text
        return text if own else f"{text}.copy()"

    def kept(self) -> Any:
        """What is made once, each kind under its title."""
        yield "Constants", self.constants
        yield "Buffers: the calls below write into them", self.buffers
        yield "Views: other shapes of the same memory", self.views

    def __str__(self) -> str:
        def block(names: Any) -> str:
            names = list(names)
            return f"({', '.join(names)}{',' if len(names) == 1 else ''})" if names else "()"

        saved = [self.names[v] for v in self.saved]
        head = ", ".join(self.names[v] for v in self.inputs)
        shapes = [f"{self.names[v]} {v.array.shape}" for v in self.inputs if v.kind == "external"]
        text = [f'"""{self.title}: forward and backward in NumPy, as compile() wrote them."""']
        text += ["", "import numpy as np"]
        for title, lines in self.kept():
            text += ["", f"# {title}", *lines] if lines else []
        text += ["", ""]
        text += [f"def forward({head}):", *[f"    # {line}" for line in _wrapped(shapes)]]
        text += [f"    {line}" for line in self.lines[0]]
        returned = self.returned[0] if len(self.returned) == 1 else block(self.returned)
        text += [f"    return {returned}, {block(saved)}"]
        if self.program.grads:
            text += ["", "", f"def backward({', '.join([*[self.names[v] for v in self.program.arrived], *saved])}):"]
            text += [f"    {line}" for line in self.lines[1]]
            text += [f"    return {block(self.gradients)}"]
        return "\n".join(text) + "\n"


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
    word = {0: "zero", 1: "one", 0.5: "half", 2: "two"}.get(first, "c")
    return f"{word}s" if array.ndim and word in ("zero", "one") else word


def _is_transposed(call: Call) -> bool:
    return call.name in (".transpose", ".swapaxes", "np.transpose", "np.swapaxes")


def _key_text(key: Any, shown: Any) -> str:
    if isinstance(key, tuple) and key:
        return ", ".join(_key_text(part, shown) for part in key) + ("," if len(key) == 1 else "")
    if isinstance(key, slice):
        ends = ["" if x is None else shown(x) for x in (key.start, key.stop, key.step)]
        return ":".join(ends if ends[2] else ends[:2])
    return shown(key)


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
    if array.ndim == 0:
        return f"np.array({literal(array.item(), str)}, {kind})"
    plain = np.unique(array.view(f"u{array.itemsize}")) if array.flags.forc else ()
    if array.size and len(plain) == 1:
        return f"np.full({array.shape}, {literal(array.flat[0].item(), str)}, {kind})"
    if array.size <= LITERAL:
        def shown(x: Any) -> str:
            return literal(x, shown)

        return f"np.array({shown(array.tolist())}, {kind})"
    packed = base64.b64encode(zlib.compress(array.tobytes(), 9)).decode()
    self_made = f"__import__('zlib').decompress(__import__('base64').b64decode('{packed}'))"
    return f"np.frombuffer({self_made}, {kind}).reshape({array.shape})"
