"""Trace: an array that writes down every NumPy call made on it, while the call runs for real.

>>> import numpy as np
>>> from tinygrad_edu.engine.graph import TensorBase
>>> trace = Trace()
>>> x = trace.external(np.ones(2, np.float32), "x")
>>> y = np.exp(x) * 2
>>> [call.name for call in trace.calls]
['np.exp', 'np.multiply']

What cannot be written down raises `NotTraceable`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from threading import get_ident
from typing import Any
from weakref import ref

import numpy as np

from ..engine.clock import Place, is_of_nn, is_own, owner_of
from ..engine.graph import Parts, TensorBase
from ..rng import Generator, default_generator
from .traced import Traced, look


class NotTraceable(RuntimeError):
    """What cannot be part of a program: the function is run as it is instead."""


class DependsOnValues(RuntimeError):
    """Error of `compile`: a line of the user's needs the numbers themselves, not only shapes."""


class Value:
    """An array of the program, or a Python number: what it looks like, and whose memory it is."""

    def __init__(self, real: Any, root: Value | None, kind: str, name: str = "") -> None:
        self.real, self.root, self.kind, self.name = real, root or self, kind, name
        self.array = np.asarray(real) if kind == "number" else real
        self.views: list[Any] = []  # weak references to what looks into its memory
        self.call: Call | None = None
        self.traced: Any = None

    def is_seen(self) -> bool:
        """Does anything else look into its memory?"""
        return any(view() is not None for view in self.views)


class Call:
    """One NumPy call: its name, what it is given, what it makes, and what it writes to."""

    def __init__(self, name: str, args: Any, kwargs: Any) -> None:
        self.name, self.args, self.kwargs = name, args, kwargs
        self.made: list[Value] = []
        self.form: type | None = None  # of several results
        self.writes: Value | None = None
        self.expects: Any = None  # of a guard: the value on which the program rests
        self.backward = False


WRITERS = {np.copyto, np.put_along_axis, np.place, np.putmask, np.put, np.fill_diagonal}
OF_VALUES = {np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.extract, np.compress}
OF_VALUES |= {np.unique_values, np.unique_counts, np.unique_inverse, np.unique_all, np.union1d}
OF_VALUES |= {np.setdiff1d, np.intersect1d, np.trim_zeros, np.histogram_bin_edges}
OF_SHAPES = {np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj}
OF_SHAPES |= {np.isrealobj, np.shares_memory, np.may_share_memory, np.common_type}
NEW = {np.zeros_like, np.empty_like, np.ones_like, np.full_like}
WORDS = {"__bool__": "a branch", "__int__": "int(t)", "__float__": "float(t)", "item": "item()"}
WORDS |= {"__index__": "an index", "tolist": "tolist()", "tensor_text": "what is printed"}
NUMPY_FILES = os.path.dirname(np.__file__)
ASKS = {"__bool__", "__int__", "__float__", "__index__", "__contains__", "item", "tolist"}
ASKS |= {"__format__", "__complex__", "numpy", "__array__"}


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """A tree of arguments, each leaf changed."""
    if isinstance(tree, tuple | list):
        return (tuple if isinstance(tree, tuple) else list)([mapped(x, change) for x in tree])
    if tree.__class__ is dict:
        return {k: mapped(x, change) for k, x in tree.items()}
    if tree.__class__ is slice:
        return slice(mapped(tree.start, change), mapped(tree.stop, change), tree.step)
    return change(tree)


def values_in(tree: Any) -> list[Value]:
    found: list[Value] = []
    mapped(tree, lambda x: found.append(x) if isinstance(x, Value) else None)
    return found


def _is_between(filename: str) -> bool:
    return is_own(filename) or filename.startswith(NUMPY_FILES)


class Trace:
    """Everything that was written down: the calls in their order, and what came from outside."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.thread = get_ident()
        self.moved: set[Value] = set()  # the numbers of a tensor from outside, laid out anew
        self.tensors: dict[int, tuple[Any, Value, Traced]] = {}  # read by f, by their ids
        self.adopted: dict[int, tuple[Any, Traced]] = {}  # arrays that nobody wrote down: constants
        self.owners: dict[int, Value] = {}
        self.sources: dict[Any, Value] = {}  # the generators that were drawn from
        self.gradients: dict[Any, Any] = {}  # of the leaves that f read, as they were
        self.kept: list[Any] = []  # so that no id is given twice
        self.backward = False
        self.why: BaseException | None = None  # what stood in the way first

    # -------------------------------------------------------- what comes in

    def external(self, array: Any, name: str) -> Any:
        return self._traced(Value(array, None, "external", name))

    def constant(self, array: Any) -> Any:
        if id(array) not in self.adopted:
            traced = self._traced(Value(array, None, "constant"))
            self.adopted[id(array)] = array, traced
        return self.adopted[id(array)][1]

    def _traced(self, value: Value) -> Any:
        self.kept.append(value.array)
        if value.root is value and value.kind != "number":
            self.owners[id(owner_of(value.array))] = value
        traced = Traced(self, value)
        if value.root is not value:
            value.root.views.append(ref(traced))
        return traced

    def of_tensor(self, tensor: Any) -> Any:
        """What a tensor from outside holds, as part of the program."""
        if id(tensor) not in self.tensors:
            array = SLOT.__get__(tensor)
            if type(array) is not np.ndarray:
                raise self.stop(f"a tensor that holds a {type(array).__name__}")
            traced = self.external(array, "")
            if tensor.node is not None:
                self.gradients[tensor.node] = tensor.node.grad
            self.tensors[id(tensor)] = tensor, traced._value, traced
        return self.tensors[id(tensor)][2]

    def check_gradients(self) -> None:
        """Nothing but a result comes out of f: no gradient of a leaf."""
        for node, gradient in self.gradients.items():
            if node.grad is not gradient:
                node.grad = gradient
                self.stop("backward() in the function; call it on the result")

    def lay_out(self, tensor: Any, array: Any) -> None:
        """A tensor from outside gets the same numbers in another order in memory."""
        _, value, before = self.tensors[id(tensor)]
        made = array._value.root.call if type(array) is Traced else None
        if made is None or made.name != ".reshape" or made.args[0] is not before._value:
            raise self.stop("another array for a tensor from outside")
        self.moved.add(array._value)
        self.tensors[id(tensor)] = tensor, value, array

    def stop(self, what: str) -> NotTraceable:
        self.why = self.why or NotTraceable(f"there is no way to write down {what}")
        return NotTraceable(str(self.why))

    # -------------------------------------------------------- writing down

    def record(self, function: Any, name: str, args: Any, kwargs: Any, writes: Any = None) -> Any:
        """Run a call for real and write it down."""
        if type(writes) is Traced:
            self._prepare_write(writes, whole=False)
        elif writes is not None:
            raise self.stop(f"{name} that writes to an array of its own")
        result = function(*mapped(args, self._real), **mapped(kwargs, self._real))
        call = Call(name, mapped(args, self._value), mapped(kwargs, self._value))
        call.backward, call.writes = self.backward, writes._value if writes is not None else None
        self.calls.append(call)
        if not values_in((call.args, call.kwargs)) and name[0] != ".":  # np.arange(n, like=x)
            self.calls.pop()
            return self.constant(result)
        return writes if writes is not None else self._results(call, result)

    def _results(self, call: Call, result: Any) -> Any:
        if isinstance(result, tuple | list):
            call.form = type(result)
            made = [self._result(call, x) for x in result]
            return type(result)(*made) if hasattr(result, "_fields") else type(result)(made)
        return self._result(call, result)

    def _result(self, call: Call, result: Any) -> Any:
        array = result if isinstance(result, np.ndarray) else np.asarray(result)
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
            raise self.stop(f"{call.name}, which makes {type(array).__name__} of {array.dtype}")
        root = self.owners.get(id(owner_of(array)))
        number = type(result) in (bool, int, float)
        kind = "number" if number else "view" if root else "fresh"
        traced = self._traced(Value(result if number else array, root, kind))
        traced._value.call = call
        call.made.append(traced._value)
        return traced

    def _real(self, x: Any) -> Any:
        return x._value.real if type(x) is Traced else x

    def _value(self, x: Any) -> Any:
        if type(x) is not Traced and isinstance(x, np.ndarray):
            x = self.constant(x)
        return x._value if type(x) is Traced else x

    def _prepare_write(self, target: Traced, whole: bool) -> None:
        """What comes from outside is written at the end; until then the program writes a copy."""
        root = target._value.root
        if root.kind in ("external", "constant"):
            if target._value is not root or root.is_seen():
                raise self.stop("a write to a part of what comes from outside")
            if not whole:
                target._value = target.copy()._value

    def ufunc(self, ufunc: Any, method: str, inputs: Any, kwargs: Any) -> Any:
        name = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
        function = getattr(ufunc, method)
        if getattr(np, ufunc.__name__, None) is not ufunc:
            raise self.stop(f"{name}, which is no function of NumPy's")
        if method == "at":
            self.record(function, name, inputs, kwargs, writes=inputs[0])
            return None
        (out,) = kwargs.pop("out", None) or (None,)
        if out is None:
            return self.record(function, name, inputs, kwargs)
        value = out._value if type(out) is Traced else None
        if value is None or value.root.is_seen() or value.root is not value or "where" in kwargs:
            return self.record(function, name, inputs, {**kwargs, "out": out}, writes=out)
        self._prepare_write(out, whole=True)
        made = self.record(function, name, inputs, kwargs)
        if look(made) != look(out):
            made = self.record(np.empty_like, "np.empty_like", (out,), {})
            self.record(function, name, inputs, {**kwargs, "out": made}, writes=made)
        out._value = made._value  # from now on, whoever holds it sees what was written
        return out

    def function(self, function: Any, args: Any, kwargs: Any) -> Any:
        own: str = function.__name__
        if function in OF_SHAPES:
            return function(*mapped(args, self._real), **mapped(kwargs, self._real))
        if function in OF_VALUES or (function is np.where and len(args) == 1):
            raise self.depends(f"the shape of {own}(x)")
        name = f"{function.__module__}.{own}".replace("numpy.", "np.", 1)
        if vars(np).get(own) is function:
            name = f"np.{own}"
        found: Any = np
        for part in name.split(".")[1:]:
            found = getattr(found, part, found)
        if found is not function:
            raise self.stop(f"{name}, which is no function of NumPy's")
        if kwargs.get("out") is not None:
            return self.record(function, name, args, kwargs, writes=kwargs["out"])
        writes = args[0] if function in WRITERS else None
        return self.record(function, name, args, kwargs, writes)

    def guard(self, x: Any, what: str) -> Any:
        """A number that our own code asks for: the program holds as long as it is the same."""
        if self._is_users():
            raise self.depends(what)
        call = Call("guard", (x._value,), {})
        call.backward, call.expects = self.backward, x._value.array.item()
        self.calls.append(call)
        return call.expects

    def _is_users(self) -> bool:
        frame: Any = sys._getframe(1)
        while (
            frame.f_code.co_filename == __file__
            or (frame.f_code.co_name in ASKS and is_own(frame.f_code.co_filename))
            or frame.f_code.co_filename.startswith(NUMPY_FILES)
        ):
            frame = frame.f_back
        return not is_own(frame.f_code.co_filename)

    def depends(self, what: str) -> RuntimeError:
        """The error that names the user's line; where a layer of nn needs the numbers, it only
        stands in the way."""
        frame: Any = sys._getframe(1)
        of_layer = False
        while frame.f_back and _is_between(frame.f_code.co_filename):
            of_layer = of_layer or is_of_nn(frame.f_code.co_filename)
            what = WORDS.get(frame.f_code.co_name, what)
            frame = frame.f_back
        place = Place(frame.f_code, frame.f_lasti)
        if of_layer:
            return self.stop(f"{what}, which depends on the numbers in it")
        self.why = DependsOnValues(
            f"compile: {what} at {place} depends on the numbers in a tensor, and a program is made "
            "for shapes and dtypes only.  Compute it outside of the compiled function, or with "
            "where(condition, a, b); or call this function without compile."
        )
        return self.why


class _Draws:
    """A generator of random numbers whose draws are written down."""

    def __init__(self, trace: Trace, generator: Any, real: Any) -> None:
        self._trace, self._real = trace, real
        own = default_generator() is generator
        key = None if own else generator
        if key not in trace.sources:
            trace.sources[key] = Value(real, None, "random")
        self._value = trace.sources[key]

    def __getattr__(self, name: str) -> Any:
        def draw(*args: Any, **kwargs: Any) -> Any:
            if name in ("shuffle", "bit_generator", "spawn"):
                raise self._trace.stop(f"{name}() of random numbers")
            made = self._trace.record(getattr(self._real, name), f".{name}", args, kwargs)
            self._trace.calls[-1].args = (self._value, *self._trace.calls[-1].args)
            return made

        return draw


# ---------------------------------------------------------------- while it is being written down

SLOT = TensorBase.__dict__["array"]
NUMPY, SEED = Generator.__dict__["numpy"], Generator._start
now: Trace | None = None  # one at a time


def _read(tensor: Any) -> Any:
    array = SLOT.__get__(tensor)
    if now is None or now.thread != get_ident():
        return array._value.array if type(array) is Traced else array
    return array if type(array) in (Traced, Parts) else now.of_tensor(tensor)


def _write(tensor: Any, array: Any) -> None:
    if now is not None and now.thread == get_ident():
        if id(tensor) in now.tensors:
            return now.lay_out(tensor, array)
        if type(array) is np.ndarray:
            array = now.constant(array)
    return SLOT.__set__(tensor, array)  # type: ignore[no-any-return]


def _generator(generator: Any) -> Any:
    real = NUMPY.__get__(generator)
    here = now is not None and now.thread == get_ident()
    return _Draws(now, generator, real) if here and now else real


def _seeded(generator: Any, seed: int, numpys: Any) -> Any:
    if now is not None and now.thread == get_ident():
        raise now.stop("a seed that the function sets")
    return SEED(generator, seed, numpys)


def traced(trace: Trace, function: Callable[[], Any]) -> Any:
    """function(), while the trace writes down all that this thread does with tensors.

    What it changes is put back by plain statements.  A context manager would not do: if Ctrl-C
    comes at the end of its `__enter__`, nobody calls its `__exit__`."""
    global now
    watched: Any = TensorBase
    generators: Any = Generator
    try:
        now = trace
        watched.array = property(_read, _write)
        generators.numpy, generators._start = property(_generator, NUMPY.fset), _seeded
        return function()
    finally:
        now = None
        watched.array, generators.numpy, generators._start = SLOT, NUMPY, SEED
