"""Every public function and method takes PyTorch's parameters: by its names, in its order, with its
defaults, as PyTorch's own schemas and signatures say them.

What is registered is tested here (see `registry.py`).  Where PyTorch has several forms of a
function, each is bound.  The exceptions are listed with their reasons; one that is no longer needed
makes a test fail.
"""

import inspect
import re
from types import FunctionType

import pytest
import torch
from torch.overrides import get_testing_overrides

import tinygrad_edu.io
import tinygrad_edu.linalg
import tinygrad_edu.settings  # noqa: F401 (with their names in the registry)
from tinygrad_edu import registry

MISSING = object()
SHOWN = get_testing_overrides()  # a function with the signature, for each that schemas do not show


def peer(path):
    """PyTorch's function of this path, or its method `Tensor.x`."""
    found = torch
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


NAMES = {"self": "input"}  # schemas say self for what a caller names input
SCRIPT = r"^[\w:.]+\((int|float|bool|str|t|complex|AnyEnumType)(\[\])?(\(\w!\))? "


def schemas(path):
    """The forms that PyTorch's operators have: lists of (name, by place, by name, default)."""
    name = path.removeprefix("Tensor.").replace(".", "_")
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{name}"):
        text, arguments = str(schema), schema.arguments
        script = re.search(SCRIPT, text) and "Tensor" not in text.split("->")[0]
        script = script or "Tensor" not in text or ".Tensor_list" in text
        script = script or re.search(r"(Tensor|t)\[\]\(\w!?\) ", text)
        if script or "Dimname" in text or "hacked_twin" in text or "out_dtype" in text:
            continue
        if not arguments or any(a.is_out for a in arguments):
            continue
        form = []
        for a in arguments:
            default = a.default_value if a.has_default_value() else MISSING
            form.append((NAMES.get(a.name, a.name), not a.kwarg_only, True, default))
        yield text, form


def signatures(path):
    """The form of PyTorch's Python signature."""
    for found in (peer(path), SHOWN.get(peer(path))):
        try:
            parameters = list(inspect.signature(found).parameters.values())
        except (TypeError, ValueError):
            continue
        if any(p.kind is p.VAR_KEYWORD for p in parameters):
            continue
        form = []
        for p in parameters:
            if p.kind is not p.VAR_POSITIONAL and p.name[0] != "_":
                default = MISSING if p.default is p.empty else p.default
                by_name = p.kind is not p.POSITIONAL_ONLY
                form.append((p.name, p.kind is not p.KEYWORD_ONLY, by_name, default))
        yield f"{path}{inspect.signature(found)}", form
        return


def forms(path):
    """Those of PyTorch's Python functions and classes are their signatures, else its schemas."""
    in_python = isinstance(peer(path), FunctionType | type)
    found = [] if in_python else list(schemas(path))
    found = found or list(signatures(path))
    if path.startswith("Tensor."):
        found = [(text, [a for a in form if a[0] not in ("input", "self")]) for text, form in found]
    if path.startswith("linalg."):  # of which the pages say A and x, and the schemas self
        first = next(iter(inspect.signature(registry.public_at(path)).parameters))
        found = [
            (text, [(first, *a[1:]) if a[0] == "input" else a for a in f]) for text, f in found
        ]
    return found


def faults(path, function):
    """What our signature does not take of PyTorch's forms."""
    own = inspect.signature(function)
    if path.startswith("Tensor."):
        own = own.replace(parameters=list(own.parameters.values())[1:])
    parameters = own.parameters
    gathers = any(p.kind is p.VAR_POSITIONAL for p in parameters.values())
    for _, form in forms(path):
        required = {n: 0 for n, _, by_name, default in form if default is MISSING and by_name}
        first = [0 for n, _, by_name, default in form if not by_name]
        for name, _, by_name, _ in form:
            try:
                own.bind(*first, **required | ({name: 0} if by_name else {}))
            except TypeError as error:
                yield f"{name}: {error}"
        placed = [name for name, by_place, *_ in form if by_place]
        if not gathers:
            try:
                bound = own.bind(*placed, **{n: 0 for n in required if n not in placed})
            except TypeError as error:
                yield f"by place: {error}"
            else:
                for name, at in bound.arguments.items():
                    if at not in (0, name) and at not in parameters:
                        yield f"{at} stands where {name} does"
        for name, _, _, default in form:
            mine = parameters[name].default if name in parameters else None
            if type(default) in (bool, int, float, str) and mine not in (default, None):
                yield f"{name} is {mine!r} unless it is said; PyTorch's is {default!r}"


ALPHA = "alpha by place, of which PyTorch itself warns that it is deprecated"
FROM = "`from` is a word of Python: it is from_ here, as in typed listings"
EXCEPTIONS = dict.fromkeys(("add", "sub", "subtract"), ALPHA)
EXCEPTIONS |= {f"Tensor.{name}{_}": ALPHA for name in ("add", "sub", "subtract") for _ in ("", "_")}
EXCEPTIONS |= {"Tensor.uniform_": FROM, "Tensor.random_": FROM}
EXCEPTIONS |= {
    "isin": "one name for tensors and numbers; PyTorch also has element= and test_element=",
    "repeat_interleave": "repeats alone are given by place",
    "result_type": "any number of operands, by place",
    "set_default_dtype": "PyTorch's d has a speaking name here",
    "Size": "sizes, by place",
    "save": "files are safetensors, so nothing is pickled",
    "Tensor.view": "the bytes are not read as another dtype; the error says so",
    "Tensor.expand": "implicit= is PyTorch's own affair",
}

FUNCTIONS = {p: f for p in registry.NAMES if callable(f := registry.public_at(p))}
FUNCTIONS = {p: f for p, f in FUNCTIONS.items() if peer(p) and forms(p)}
METHODS = {
    f"Tensor.{n}": registry.described(m.function)
    for n, m in registry.METHODS.items()
    if peer(f"Tensor.{n}")
}
METHODS = {path: function for path, function in METHODS.items() if forms(path)}


@pytest.mark.parametrize("path", FUNCTIONS | METHODS)
def test_parameters_are_pytorchs(path):
    found = sorted(set(faults(path, (FUNCTIONS | METHODS)[path])))
    if path not in EXCEPTIONS:
        assert not found, "\n".join([*found, *(text for text, _ in forms(path))])


@pytest.mark.parametrize("path", EXCEPTIONS)
def test_each_exception_is_needed(path):
    assert list(faults(path, (FUNCTIONS | METHODS)[path])), "take this entry away"
