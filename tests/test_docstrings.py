"""Every public callable says what it is: a summary, each parameter, what it returns, an example.

The examples run as a reader pastes them: in an empty namespace, with their own imports.
"""

import doctest
import inspect
import re
from functools import cache

import numpy as np
import pytest
from test_structure import the_page_maker

import tinygrad_edu
from tinygrad_edu import Tensor, registry

SECTION = re.compile(r"^([A-Z][a-z]+)\n-+$", re.M)


@cache
def public_callables():
    """Each public function and class once, under its first name."""
    maker, found = the_page_maker(), {}
    for section, home, _ in maker.SECTIONS:
        for name in maker.public_names(home):
            thing = inspect.getattr_static(home, name) if inspect.isclass(home) else None
            thing = getattr(home, name) if not isinstance(thing, property) else thing.fget
            ours = not isinstance(thing, np.dtype) and thing is not np.dtype
            if callable(thing) and ours and "." not in name:
                found.setdefault(id(inspect.unwrap(thing)), (f"{section}.{name}", thing))
    return dict(found.values())


@cache
def public_methods():
    """The public methods of public classes by their full names, where they have a docstring of
    their own, or none at all: an override inherits the docstring of what it overrides."""
    found = {}
    for cls in public_callables().values():
        if not inspect.isclass(cls) or issubclass(cls, Tensor):
            continue
        for name, method in inspect.getmembers_static(cls):
            method = getattr(method, "__func__", method)  # of a static method or a class method
            if name[0] == "_" or not inspect.isfunction(method):
                continue
            if not method.__module__.startswith(("nn.", "tinygrad_edu.")):
                continue  # of a base in the standard library
            inherited = [vars(base).get(name) for base in cls.__mro__]
            if method.__doc__ or not any(getattr(x, "__doc__", None) for x in inherited):
                found[f"{method.__module__}.{method.__qualname__}"] = method
    return found


def parameters_of(thing):
    """The names that a caller may give."""
    try:
        found = inspect.signature(thing).parameters
    except ValueError:  # a class written in C
        return []
    return [name for name in found if name not in ("self", "cls") and name[0] != "_"]


def faults(path, thing):
    """What the docstring lacks."""
    text = inspect.cleandoc(getattr(thing, "__doc__", None) or "")
    summary = text.split("\n\n")[0]
    parts = SECTION.split("\n" + text)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    if not re.search(r"[.?]$", summary):
        yield "the summary does not end with a period"
    listed = re.findall(r"^\*{0,2}(\w[\w, *]*?) ?(?::.*)?$", sections.get("Parameters", ""), re.M)
    named = {one.strip(" *") for line in listed for one in line.split(",")}
    own = parameters_of(thing)
    own = own[1:] if path.startswith("tinygrad_edu.Tensor.") and own[:1] == ["input"] else own
    missing = [name for name in own if name not in named]
    if missing:
        yield f"Parameters does not name {', '.join(missing)}"
    returns = not inspect.isclass(thing)
    returns = returns and inspect.signature(thing).return_annotation not in (None, "None")
    if returns and not {"Returns", "Yields"} & sections.keys():
        yield "it has no section Returns"
    if ">>>" not in text:
        yield "it has no example"


SELF_EVIDENT = {"reset_parameters", "reset_running_stats", "flatten_parameters"}  # no example


def fails_when_pasted(thing):
    text = inspect.cleandoc(getattr(thing, "__doc__", None) or "")
    test = doctest.DocTestParser().get_doctest(text, {}, getattr(thing, "__name__", "?"), None, 0)
    said = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    runner.run(test, out=said.append)
    return "".join(said)


def test_the_example_of_the_package_runs():
    assert ">>>" in tinygrad_edu.__doc__
    assert not fails_when_pasted(tinygrad_edu)


@pytest.mark.parametrize("path", public_callables())
def test_a_docstring_says_it_all(path):
    thing = public_callables()[path]
    assert not list(faults(path, thing)), path
    assert not fails_when_pasted(thing), path


@pytest.mark.parametrize("path", public_methods())
def test_so_does_the_docstring_of_a_method(path):
    method = public_methods()[path]
    found = list(faults(path, method))
    if path.split(".")[-1] in SELF_EVIDENT and "it has no example" in found:
        found.remove("it has no example")
    assert not found, path
    assert not fails_when_pasted(method), path


def test_in_place_methods_are_documented_by_what_they_write():
    for name, method in registry.METHODS.items():
        text, own = getattr(Tensor, name).__doc__, method.function.__doc__
        assert text.startswith("In-place version of `") if method.writes else text == own
