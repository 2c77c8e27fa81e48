"""Registry: a public function says at its definition what it is called, and where it is found.

>>> @public("twice", "double", method=True, inplace=True)
... def twice(input):
...     return 2 * input
>>> public_at("twice") is public_at("double") is METHODS["twice"].function
True
>>> METHODS["twice_"].writes
'values'
>>> for name in ("twice", "double"):
...     del NAMES[name], METHODS[name], METHODS[name + "_"]

From the two tables are made: the names of the package and of `linalg` and `special`, the methods of
Tensor (`registered.py`), the stubs that editors and type checkers read, the page of names, and the
tests that call each name as PyTorch does.
"""

from _thread import RLock  # to import `threading` takes longer than this file
from collections.abc import Callable
from functools import cache, partial
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Method:
    """A method of Tensor: the function that it calls with the tensor, and whether it then writes
    the result into the tensor: its "values", or its "shape" (as a view of itself), or nothing."""

    __slots__ = ("function", "writes")

    def __init__(self, function: Callable[..., Any], writes: str = "") -> None:
        self.function, self.writes = function, writes


class Name:
    """A public name: the function, whether it takes `out=` under this name, and its first name."""

    __slots__ = ("first", "function", "takes_out")

    def __init__(self, function: Callable[..., Any], takes_out: bool, first: str) -> None:
        self.function, self.takes_out, self.first = function, takes_out, first


NAMES: dict[str, Name] = {}  # by PyTorch's path: "exp", "linalg.inv"
METHODS: dict[str, Method] = {}  # by the name of the method: "exp", "exp_"


_making = RLock()
no_tensor: Any = None  # what says why an input is none: `dtypes.py` puts its function here
into: Any = None  # what `out=` calls: `functions/out.py` puts its function here


def public(
    *names: str,
    method: bool = False,
    inplace: bool = False,
    inplace_shape: bool = False,
    out: bool = False,
) -> Callable[[F], F]:
    """Declare a function, or an op, as public, under PyTorch's names for it.

    Parameters
    ----------
    *names : str
        Paths below `torch`: "exp", "linalg.inv", "special.expit", "Tensor.view" (a method that
        is no function).  Unless given, the name of the function.
    method : bool
        Is each name without a dot a method of Tensor too?
    inplace : bool
        Is there, for each such name, a method with a trailing _ that writes into the tensor?
    inplace_shape : bool
        The same for views: the method makes the tensor a view of itself, as `x.t_()`.
    out : bool
        Do the names (not the methods) take `out=`, a tensor that the result is written into?

    Returns
    -------
    Callable
        The decorator, which returns the function, without `out=`.  One that has `dim` also takes
        NumPy's `axis` and `keepdims`, as PyTorch's do.  The docstring of an op gets the sections
        that all ops share.

    Raises
    ------
    ValueError
        If another function has one of the names.
    """

    writes = "values" if inplace else "shape" if inplace_shape else ""

    def declare(function: F) -> F:
        own, function = function, with_signature(function)
        paths = names or (function.__name__,)
        named = Name(own if out else function, out, paths[0])
        for path in paths:
            home, _, name = path.rpartition(".")
            if home != "Tensor":
                _enter(NAMES, path, named)
            if home == "Tensor" or (method and not home):
                _enter(METHODS, name, Method(function))
            if writes and home in ("", "Tensor"):
                _enter(METHODS, f"{name}_", Method(function, writes))
        return function

    return declare


def _enter(table: dict[str, Any], name: str, entry: Any) -> None:
    if table.setdefault(name, entry) is not entry:
        both = f"{table[name].function} and {entry.function}"
        raise ValueError(f"public: {name!r} is declared twice: {both}")


def public_at(path: str) -> Any:
    """The function of this name, as a user calls it."""
    name = NAMES[path]
    with _making:  # several threads may ask for a name at once
        function = described(name.function)
        return with_out(function, name.first) if name.takes_out else function


def described(function: F) -> F:
    """A function; one that can describe itself (an op, or see `maker`) does so, once."""
    with _making:
        if hasattr(function, "describe"):
            function.describe()
            del function.describe
    return function


def names_in(home: str) -> dict[str, Any]:
    """What is in one of PyTorch's namespaces ("", "linalg", "special"), by its name there."""
    found = [path.rpartition(".") for path in NAMES]
    return {name: public_at(f"{at}{dot}{name}") for at, dot, name in found if at == home}


def with_signature(function: F) -> F:
    """The function, with its true signature: that of an op has its inputs and its settings, and is
    made when somebody asks for it by its name; one with `dim` and without `axis` can be told `axis`
    and `keepdims` too, as PyTorch's."""
    if hasattr(function, "op"):
        function.describe = partial(_describe, function)  # type: ignore[attr-defined]
        return function
    return _taking(function) if _has_dim(function) else function


def _describe(function: Any) -> None:
    """Give an op its signature, and its docstring the sections that all ops share."""
    op = function.op
    function.__doc__ = _with_sections(function.__doc__ or "", op)
    given = op.forward.__kwdefaults__ or {}
    settings = tuple([(name, given.get(name, Parameter.empty)) for name in op.keywords])
    function.__signature__ = _signature(op.names_of(op.arity), settings)


@cache
def _signature(inputs: tuple[str, ...], settings: tuple[tuple[str, Any], ...]) -> Signature:
    by_name = [Parameter(name, Parameter.KEYWORD_ONLY, default=value) for name, value in settings]
    return Signature([*[Parameter(x, Parameter.POSITIONAL_OR_KEYWORD) for x in inputs], *by_name])


def _has_dim(function: Any) -> bool:
    code = getattr(function, "__code__", None)  # a class has none
    own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ()
    return "dim" in own and "axis" not in own


@cache  # so it is one function under all its names, made when one of them is asked for
def with_out(function: F, path: str) -> F:
    """The function, which also takes `out=`; pickle finds it by its path below the package."""
    call: Any = _taking(function, out=True)
    home, _, call.__qualname__ = path.rpartition(".")
    call.__module__ = f"{__package__}.{home}" if home else str(__package__)
    call.__doc__ = _with_out_section(function.__doc__ or "")
    own: Signature = getattr(function, "__signature__", None) or signature(function)
    parameters = sorted([*own.parameters.values(), OUT], key=lambda p: p.kind)
    call.__signature__ = own.replace(parameters=parameters)
    return call  # type: ignore[no-any-return]


OUT = Parameter("out", Parameter.KEYWORD_ONLY, default=None, annotation="Tensor | None")


def _taking(function: F, out: bool = False) -> F:
    """The function, which can be told NumPy's names if it has `dim`, and `out=` if that is true:
    in one call for both, so that a warning of the function finds the line of its caller."""
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    renamed = (("axis", "dim"), ("keepdims", "keepdim")) if _has_dim(function) else ()

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            if not kwargs:
                return function(*args)
            for numpys, torchs in renamed:
                if numpys in kwargs:
                    given = dict(zip(positional[: len(args)], args, strict=False)) | kwargs
                    if torchs in given:
                        both = f"{torchs}={given[torchs]}, {numpys}={given[numpys]}"
                        raise TypeError(f"{function.__name__}: give one of them, not both: {both}")
                    kwargs[torchs] = kwargs.pop(numpys)
            target = kwargs.pop("out", None) if out else None
            if target is not None:
                return into(target, function, args, kwargs)
            return function(*args, **kwargs)
        except AttributeError as error:
            _refuse_stray(function.__name__, error, [*args, *kwargs.values()])
            raise

    return like(call, function)  # type: ignore[no-any-return]


def _refuse_stray(name: str, error: AttributeError, given: list[Any]) -> None:
    """Raise TypeError if one of the inputs was used as a tensor, and is none."""
    stray = error.obj
    is_array = hasattr(stray, "dtype")
    if not is_array and any(stray is x for x in given):
        raise TypeError(f"{name}: {no_tensor(stray)}") from None


def like(call: Any, function: Callable[..., Any]) -> Any:
    """`call`, which looks like the function that it calls: functools.wraps in less time."""
    call.__name__, call.__qualname__ = function.__name__, function.__qualname__
    call.__module__, call.__doc__ = function.__module__, function.__doc__
    vars(call).update(vars(function))
    call.__annotations__, call.__wrapped__ = function.__annotations__, function
    return call


# ---------------------------------------------------------------- what docstrings share

_OUT = """out : Tensor, optional
    The tensor that the result is written into, and that is returned (one for each result of
    several).  It is resized if it has another shape.  No gradient may be involved.
"""

_OF_ONE = """Parameters
----------
input : Tensor
    Of any shape.

Returns
-------
Tensor
    Of the same shape.

Examples
--------
"""
_OF_TWO = """Parameters
----------
input, other : Tensor or number
    Of shapes that broadcast.

Returns
-------
Tensor
    Of the shape that the two broadcast to.

Examples
--------
"""
_SECTIONS = {("input",): _OF_ONE, ("input", "other"): _OF_TWO}


def _with_sections(text: str, op: Any) -> str:
    """The docstring of an op of one or two inputs, with the sections that all such ops share
    between its text and its example."""
    sections = _SECTIONS.get(op.named)
    if sections is None or op.keywords:
        return text
    before, prompt, example = text.partition(">>>")
    if not prompt or "\n----" in before.replace(" ", ""):
        return text
    margin = before[len(before.rstrip(" ")) :]  # which Python 3.13 takes away
    return before + _indented(sections, margin).lstrip() + margin + prompt + example


def _with_out_section(text: str) -> str:
    """The docstring, with `out` as its last parameter."""
    before, returns, rest = text.partition("\n\n    Returns\n")
    margin = "    "
    if not returns:  # from Python 3.13 on it has no margin
        before, returns, rest = text.partition("\n\nReturns\n")
        margin = ""
    if not returns:
        return text
    return before + "\n" + _indented(_OUT, margin).rstrip() + returns + rest


@cache
def _indented(text: str, margin: str) -> str:
    return "".join(margin + line if line.strip() else line for line in text.splitlines(True))
