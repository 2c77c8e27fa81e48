"""Registry: a public function says at its definition what it is called, and where it is found.

>>> @public("twice", "double", method=True, inplace=True)
... def twice(input):
...     return 2 * input
>>> NAMES["twice"] is NAMES["double"] is METHODS["twice"].function
True
>>> METHODS["twice_"].writes
'values'
>>> for name in ("twice", "double"):
...     del NAMES[name], METHODS[name], METHODS[name + "_"]

From the two tables are made: the names of the package and of `linalg` and `special`, the methods of
Tensor (`registered.py`), the stubs that editors and type checkers read, the page of names, and the
tests that call each name as PyTorch does.
"""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature
from typing import Any, NamedTuple, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Method(NamedTuple):
    """A method of Tensor: the function that it calls with the tensor, and whether it then writes
    the result into the tensor: its "values", or its "shape" (as a view of itself), or nothing."""

    function: Callable[..., Any]
    writes: str = ""


NAMES: dict[str, Any] = {}  # functions and classes by PyTorch's path: "exp", "linalg.inv"
METHODS: dict[str, Method] = {}  # by the name of the method: "exp", "exp_"


def public(
    *names: str, method: bool = False, inplace: bool = False, inplace_shape: bool = False
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

    Returns
    -------
    Callable
        The decorator, which returns the function.  One that has `dim` also takes NumPy's `axis`
        and `keepdims`, as PyTorch's do.

    Raises
    ------
    ValueError
        If another function has one of the names.
    """

    def declare(function: F) -> F:
        function = with_signature(function)
        for path in names or (function.__name__,):
            home, _, name = path.rpartition(".")
            if home != "Tensor":
                _enter(NAMES, path, function)
            if home == "Tensor" or (method and not home):
                _enter(METHODS, name, Method(function))
            if (inplace or inplace_shape) and not home:
                _enter(METHODS, f"{name}_", Method(function, "values" if inplace else "shape"))
        return function

    return declare


def _enter(table: dict[str, Any], name: str, entry: Any) -> None:
    if name in table:
        raise ValueError(f"public: {name!r} is declared twice: {table[name]} and {entry}")
    table[name] = entry


def names_in(home: str) -> dict[str, Any]:
    """What is in one of PyTorch's namespaces ("", "linalg", "special"), by its name there."""
    found = ((path.rpartition("."), thing) for path, thing in NAMES.items())
    return {name: thing for (at, _, name), thing in found if at == home}


def with_signature(function: F) -> F:
    """The function, with its true signature: that of an op has its inputs and its settings; one
    with `dim` and without `axis` can be told `axis` and `keepdims` too, as PyTorch's."""
    op = getattr(function, "op", None)
    if op is not None:
        given = op.forward.__kwdefaults__ or {}
        inputs = [
            Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in op.names_of(op.arity)
        ]
        settings = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=given.get(name, Parameter.empty))
            for name in op.keywords
        ]
        function.__signature__ = Signature(inputs + settings)  # type: ignore[attr-defined]
        return function
    code = getattr(function, "__code__", None)  # a class has none
    own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ()
    return _with_numpy_names(function) if "dim" in own and "axis" not in own else function


def _with_numpy_names(function: F) -> F:
    positional = function.__code__.co_varnames[: function.__code__.co_argcount]

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for numpys, torchs in (("axis", "dim"), ("keepdims", "keepdim")) if kwargs else ():
            if numpys in kwargs:
                given = dict(zip(positional[: len(args)], args, strict=False)) | kwargs
                if torchs in given:
                    both = f"{torchs}={given[torchs]}, {numpys}={given[numpys]}"
                    raise TypeError(f"{function.__name__}: give one of them, not both: {both}")
                kwargs[torchs] = kwargs.pop(numpys)
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]
