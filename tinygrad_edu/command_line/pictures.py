"""draw, steps and flow: run a script, then show what it has computed."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout, suppress
from typing import Any

from nn import Module

from .. import viz
from ..engine.observing import Observation
from ..tensor import Tensor
from .script import Stop, WrongUse, run_script
from .target import Target, part, split

DRAWN = (".svg", ".png", ".pdf", ".dot")
PAGES = (".html", ".htm")
CHARTS = (".png", ".svg", ".pdf", ".txt")


def draw(options: Namespace) -> None:
    """`draw script.py:loss -o graph.svg`: the compute graph of a tensor."""
    _check_path(options.output, DRAWN)
    found = Target(*split(options.target), Tensor, options.nth)
    _run(options, found)
    output = _with_a_record(found)
    settings = _given(options, "gradients values formulas depth max_nodes direction theme scale")
    with _wrong_use():
        diagram = viz.draw(output, found.tensors(), **settings)
        _write(options.output, diagram.source, diagram.save)


def steps(options: Namespace) -> None:
    """`steps script.py:loss -o page.html`: a page to step through backpropagation."""
    _check_path(options.output, PAGES)
    found = Target(*split(options.target), Tensor, options.nth)
    _run(options, found)
    output, settings = _with_a_record(found), _given(options, "title direction max_nodes")
    with _wrong_use():
        names = found.tensors()
        _write(options.output, "", lambda path: viz.steps(output, path, names, **settings))


def flow(options: Namespace) -> None:
    """`flow script.py:model -o flow.png`: the gradients of a model over the steps of a training."""
    _check_path(options.output, CHARTS)
    found = Recorded(*split(options.target), Module, 0)
    _run(options, found, observed=False)
    with _wrong_use():
        recorder = found.recorder()
        text = recorder.text()

        def save(path: str) -> None:
            if path.endswith(".txt"):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(f"{text}\n")
            else:
                recorder.plot().savefig(path)

        _write(options.output, text, save)


class Recorded(Target):
    """A model whose gradients are recorded from the moment at which a name means it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.recorders: dict[int, Any] = {}  # by the identity of the model, which they hold

    def note(self, function: str, name: str, value: Any) -> None:
        """Record each model that can be meant, from now on."""
        super().note(function, name, value)
        try:
            model = part(value, self.name) if name == self.first else value
        except LookupError:
            return
        is_new = isinstance(model, Module) and id(model) not in self.recorders
        if is_new and self.first in ("", name):
            with suppress(ValueError):  # it has no parameters yet
                self.recorders[id(model)] = viz.gradient_flow(model), model

    def recorder(self) -> Any:
        """That of the model which the name means; else WrongUse says what is missing."""
        model = self.value()
        if not isinstance(model, Module):
            raise WrongUse(f"{self.path}: {self.name} is {_shown(model)}, not a module")
        recorder, _ = self.recorders.get(id(model)) or (viz.gradient_flow(model), None)
        if not recorder.steps:
            raise WrongUse(f"{self.path}: no gradient has reached the model: call backward()")
        return recorder


# ---------------------------------------------------------------- what all of them do


def _run(options: Namespace, found: Target, observed: bool = True) -> None:
    """Run the script.  Where the picture goes to the output, what the script prints does not."""
    if os.path.isdir(found.path):
        raise WrongUse(f"{found.path} is a folder: name a script in it")
    watching: Any = Observation(whole=True) if observed else nullcontext()
    printed = nullcontext() if options.output else redirect_stdout(sys.stderr)
    with watching, printed:
        try:
            run_script(found.path, options.arguments, found.note)
        except Stop:
            pass
        except SystemExit as end:
            if end.code not in (None, 0):
                raise
    found.names = vars(sys.modules["__main__"])


def _with_a_record(found: Target) -> Tensor:
    """The tensor that the name means; else WrongUse says what it is instead."""
    x = found.value()
    what = f"{found.path}: {found.name or 'it'}"
    if not isinstance(x, Tensor):
        raise WrongUse(f"{what} is {_shown(x)}, not a tensor")
    if x.node is None:
        why = "was made without one: under no_grad(), by detach(), or of nothing that requires grad"
        raise WrongUse(f"{what} {tuple(x.shape)} has no record: it {why}")
    return x


def _shown(x: Any) -> str:
    """A value that is no tensor, in a few words."""
    text = repr(x) if isinstance(x, int | float | str) else ""
    return f"a {type(x).__name__}{f', {text[:40]}' if text else ''}"


def _given(options: Namespace, names: str) -> dict[str, Any]:
    """The options that were given, by name."""
    given = {name: getattr(options, name) for name in names.split()}
    return {name: value for name, value in given.items() if value is not None}


def _check_path(path: str | None, endings: tuple[str, ...]) -> None:
    """Raise WrongUse, before the script runs, if nothing can be written there."""
    if path is None:
        return
    if os.path.splitext(path)[1].lower() not in endings:
        raise WrongUse(f"{path} should end in {', '.join(endings[:-1])} or {endings[-1]}")
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    if os.path.isdir(path) or not os.path.isdir(folder) or not os.access(folder, os.W_OK):
        raise WrongUse(f"{path} cannot be written")


def _write(path: str | None, text: str, save: Callable[[str], Any]) -> None:
    """Save the picture and say where; without a path, write it as text."""
    if path is not None:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        save(path)
    sys.stdout.write(f"{text.rstrip() if path is None else path}\n")


@contextmanager
def _wrong_use() -> Iterator[None]:
    """Errors of what was asked for are told in one line."""
    try:
        yield
    except OSError as error:
        raise WrongUse(f"{error.filename or 'the file'}: {error.strerror or error}") from None
    except (ImportError, RuntimeError, ValueError) as error:
        raise WrongUse(" ".join(str(error).split())) from None
