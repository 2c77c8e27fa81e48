"""Run a script as `python script.py` does: the same names, arguments, paths, errors and exit codes.

Only `import torch` differs: it means this package.
"""

from __future__ import annotations

import builtins
import os
import re
import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from types import ModuleType, TracebackType
from typing import Any

import nn

from .. import __version__, absent, io
from ..tensor import Tensor
from . import aliases, stand_ins
from .noting import with_notes

STAND_INS = os.path.dirname(stand_ins.__file__)
NOTE = "__noted__"  # the name of the function that a script calls in addition to its own
OURS = ("tinygrad_edu", "nn")
PACKAGES = tuple(os.path.join(os.path.dirname(place), "") for place in (io.__file__, nn.__file__))


class WrongUse(Exception):
    """What was asked for cannot be done: one line, without a traceback."""


class Stop(BaseException):
    """Ends a script of which no more is wanted."""


def run_script(
    path: str, arguments: Sequence[str] = (), note: Callable[[str, str, Any], None] | None = None
) -> dict[str, Any]:
    """Run a file as the program, and return its names.

    With `note`, it is called with each value that a statement of the script gives to a name, and
    with the function in which it stands.
    """
    _require(path)
    is_package = os.path.isdir(path) or path.endswith((".zip", ".pyz", ".pyc"))
    real = os.path.realpath(path)
    _prepare([path, *arguments], real if is_package else os.path.dirname(real))
    if is_package:
        with _errors_as_pythons():
            return runpy.run_path(path, run_name="__main__")
    place = os.path.abspath(path)
    module = sys.modules["__main__"] = ModuleType("__main__")
    names = vars(module)
    names.update(__file__=place, __builtins__=builtins, __cached__=None)
    names.update(__annotations__={}, __loader__=SourceFileLoader("__main__", place))
    with open(path, "rb") as file, _errors_as_pythons():
        source: Any = file.read()
        if note is not None:
            names[NOTE] = note
            source = with_notes(source, place, NOTE)
        exec(compile(source, place, "exec", dont_inherit=True), names)
    return names


def run_module(name: str, arguments: Sequence[str] = ()) -> dict[str, Any]:
    """Run a module as the program, as `python -m name` does, and return its names."""
    _prepare([name, *arguments], os.getcwd())
    with _errors_as_pythons():
        try:
            spec = find_spec(name)
        except ModuleNotFoundError as error:
            if not f"{name}.".startswith(f"{error.name}."):
                raise  # a module that a package above it imports
            spec = None
        if spec is None:
            raise WrongUse(f"there is no module {name} in {os.getcwd()}, nor installed")
        return runpy.run_module(name, run_name="__main__", alter_sys=True)


def _require(path: str) -> None:
    """Raise WrongUse if there is no such file, or it cannot be read."""
    folder, name = os.path.split(path)
    if os.path.isdir(path) and not os.path.exists(os.path.join(path, "__main__.py")):
        raise WrongUse(f"{path} is a folder without a file __main__.py")
    if not os.path.exists(path):
        others = os.listdir(folder or ".") if os.path.isdir(folder or ".") else []
        similar = get_close_matches(name, [n for n in others if n.endswith(".py")], 1)
        which = f".  Did you mean {os.path.join(folder, similar[0])}?" if similar else ""
        raise WrongUse(f"there is no file {path}{which}")
    if not os.access(path, os.R_OK):
        raise WrongUse(f"{path} cannot be read: permission denied")


def _prepare(argv: list[str], folder: str) -> None:
    """Set what a program finds in `sys`, and let `import torch` mean this package."""
    sys.argv = argv
    if not sys.flags.safe_path:
        sys.path[0] = folder
    sys.path.insert(0 if sys.flags.safe_path else 1, STAND_INS)
    if hidden := _hidden(folder):
        sys.stderr.write(
            f"{hidden} is not imported: `import nn` means the package nn of tinygrad_edu in this "
            "run; if the script needs that file, give it another name\n"
        )
    aliases.install()
    io.names_of_pickles = "taken"


def _hidden(folder: str) -> str | None:
    """The script's own module `nn`, which ours hides: it is imported already."""
    for name in ("nn.py", os.path.join("nn", "__init__.py")):
        place = os.path.join(folder, name)
        if os.path.exists(place) and not os.path.samefile(place, nn.__file__ or ""):
            return place
    return None


@contextmanager
def left_as_it_was() -> Iterator[None]:
    """Undo, after the block, what running a script changes in this process."""
    argv, path, finders, hook = sys.argv, sys.path[:], sys.meta_path[:], sys.excepthook
    names = ("__main__", *aliases.ROOTS)

    def of_the_script() -> dict[str, ModuleType]:
        return {n: module for n, module in sys.modules.items() if n.partition(".")[0] in names}

    modules = of_the_script()
    try:
        yield
    finally:
        for finder in sys.meta_path:
            if isinstance(finder, aliases.Finder):
                finder.put_back_attributes()
        for name in of_the_script():
            del sys.modules[name]
        sys.modules.update(modules)
        sys.argv, sys.path[:], sys.meta_path[:], sys.excepthook = argv, path, finders, hook
        io.names_of_pickles = "refused"


# ---------------------------------------------------------------- errors


@contextmanager
def _errors_as_pythons() -> Iterator[None]:
    """Let an error leave the block such that what is printed of it shows no frame of ours."""
    try:
        yield
    except (SystemExit, Stop):
        raise
    except BaseException:
        sys.excepthook = _without_our_frames(sys.excepthook)
        raise


def _without_our_frames(hook: Callable[..., Any]) -> Callable[..., None]:
    """The hook, given the part of a traceback that is the script's."""

    def shown(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        own = _own(list(_steps(trace)))
        if own and (note := _note(error)):
            *_, last = _steps(own)
            error.add_note(f"{_file(last)}:{last.tb_lineno}: {note}")
        hook(kind, error.with_traceback(own), own)

    return shown


def _note(error: BaseException) -> str | None:
    """What to add to the error for a name that this package lacks."""
    if isinstance(error, ImportError):
        found = re.match("cannot import name '(.*?)' from", str(error))
        owner, name = sys.modules.get(error.name or ""), found and found[1]
    else:
        owner, name = getattr(error, "obj", None), getattr(error, "name", None)
    home = "Tensor" if isinstance(owner, Tensor) else None
    if isinstance(owner, ModuleType) and owner.__name__.partition(".")[0] in OURS:
        home = aliases.pytorchs(owner.__name__)
    if not name or not home or " is left out: " in str(error):
        return None
    return aliases.reason(owner, name) or (
        f"`torch` is tinygrad_edu {__version__} in this run, and there is no {home}.{name} in it; "
        "its docs/api.md lists what there is"
    )


def _steps(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _own(steps: list[TracebackType]) -> TracebackType | None:
    """The script's steps of a traceback: not those by which it was started, nor at the end those
    that found that a name is missing."""
    start = max((k for k, step in enumerate(steps) if _file(step) == __file__), default=-1) + 1
    while start < len(steps) and _file(steps[start]) == "<frozen runpy>":
        start += 1
    while len(steps) > start and _finds_a_name(steps[-1]):
        steps.pop()
    trace = None
    for step in reversed(steps[start:]):
        trace = TracebackType(trace, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return trace


def _file(step: TracebackType) -> str:
    return step.tb_frame.f_code.co_filename


def _finds_a_name(step: TracebackType) -> bool:
    of_python = _file(step).startswith("<frozen importlib")
    name = step.tb_frame.f_code.co_name
    of_a_package = _file(step).startswith(PACKAGES) and name in ("__getattr__", "__get__")
    return of_python or of_a_package or _file(step) in (aliases.__file__, absent.__file__)
