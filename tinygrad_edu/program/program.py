"""Program: the calls that are left of what was written down, and where each result lies.

Calls that are made twice are made once; calls whose result nobody reads are dropped; each result
gets a buffer, which it shares with results that are dead by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .trace import NEW, Call, NotTraceable, Trace, Value, mapped, values_in

_OUT = "np.sum np.prod np.max np.min np.amax np.amin np.any np.all np.concatenate np.stack np.dot "
_OUT += "np.cumsum np.clip np.argmax np.argmin .sum .prod .max .min .any .all .cumsum .argmax "
OUT = {*_OUT.split(), ".argmin", ".clip"}  # what takes out=, beside ufuncs
COPIES = {".astype", ".copy", "np.copy"}
NEW_NAMES = {f"np.{function.__name__}" for function in NEW}


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
        self.writes = [(old, t, new) for old, t, new in written if new not in (old, *trace.moved)]
        self.mutated = {call.writes.root for call in self.calls if call.writes}
        self.same: dict[Value, Value] = {}
        self.seen: dict[Any, Value] = {}  # views, by the memory that they show
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
        known: dict[Any, Call] = {}
        left = []
        for call in self.calls:
            call.args, call.kwargs = mapped(call.args, self._now), mapped(call.kwargs, self._now)
            for v in call.made:
                v.root = self._now(v.root).root  # what it looks into may have been made before
            roots = {v.root for v in (*values_in((call.args, call.kwargs)), *call.made)}
            if call.name != "guard" and not call.writes and self.mutated.isdisjoint(roots):
                like = self._like(call) or known.setdefault(_key(call), call)
                if like is not call:
                    made = [self._now(like)] if isinstance(like, Value) else like.made
                    self.same.update(zip(call.made, made, strict=True))
                    continue
            left.append(call)
        self.calls = left

    def _like(self, call: Call) -> Value | None:
        """What the result is equal to: an operand that `astype` brings to the dtype that it has,
        or what looks into the same memory in the same way."""
        first, made = call.args[0] if call.args else None, call.made[0] if call.made else None
        if made is None or call.form or not isinstance(first, Value):
            return None
        if made.kind == "view":
            seen = self.seen.setdefault((made.root, _start(made), look(made)), made)
            root = made.root
            same = (_start(root), look(root)) == (_start(made), look(made))
            return root if same else seen if seen is not made else None
        copied = call.name == ".astype" or (call.name in COPIES and first.root.kind == "fresh")
        return first if copied and look(first) == look(made) else None

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
            if call.backward and call.writes and not is_of_backward(call.writes.root):
                raise NotTraceable("the backward pass writes to what the forward pass made")
            for v in values_in((call.args, call.kwargs)):
                last[v.root] = k
                if call.backward and not is_of_backward(v.root):
                    last[v.root] = np.inf  # a backward pass may come twice
        for _, _, new in self.writes:
            last[new.root] = np.inf
        self.buffers: list[Value] = []  # the first in each
        self.buffer_of: dict[Value, Value] = {}
        free: dict[Any, list[Value]] = {}
        for k, call in enumerate(self.calls):
            roots = dict.fromkeys(v.root for v in values_in((call.args, call.kwargs)))
            dead = [r for r in roots if last[r] == k and r in self.buffer_of]
            made = call.made[0] if call.made else None
            if made is not None and made not in self.given and takes_out(call):
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


def is_of_backward(root: Value) -> bool:
    return root.call is not None and root.call.backward


def _start(value: Value) -> int:
    return value.array.__array_interface__["data"][0]  # type: ignore[no-any-return]


def _key(call: Call) -> Any:
    if any(v.kind == "random" for v in values_in(call.args[:1])):
        return object()
    words = mapped(
        (call.args, call.kwargs),
        lambda x: (type(x).__name__, id(x) if isinstance(x, Value) else repr(x)),
    )
    return call.name, repr(words)


def ufunc_of(call: Call) -> Any:
    ufunc = getattr(np, call.name[3:], None) if call.name.startswith("np.") else None
    return ufunc if isinstance(ufunc, np.ufunc) else None


def takes_out(call: Call) -> bool:
    """Can the result be written to a buffer, by `out=` or by a copy?"""
    made = call.made[0]
    if call.form or made.kind != "fresh" or layout(made) is None or "out" in call.kwargs:
        return False
    ufunc, name = ufunc_of(call), call.name
    reduced = name.endswith((".reduce", ".accumulate"))
    known = ufunc is not None or reduced or name in OUT or name in COPIES or name in NEW_NAMES
    in_order = made.array.flags.c_contiguous or name != "np.dot"
    return known and in_order and "where" not in call.kwargs


def _can_take_over(call: Call, root: Value, made: Value) -> bool:
    """May an elementwise call write over this operand, which nobody reads any more?"""
    ufunc = ufunc_of(call)
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
