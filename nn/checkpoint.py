"""Checkpoint: all that training stands on in one file, so that a run that was killed goes on as if
it had not been.

>>> import nn, os, tempfile
>>> model = nn.Linear(2, 1)
>>> optimizer = nn.optim.Adam(model.parameters())
>>> path = os.path.join(tempfile.mkdtemp(), "run.safetensors")
>>> checkpoint = nn.Checkpoint(path, model=model, optimizer=optimizer)
>>> for epoch in range(checkpoint.resume(), 3):  # from 0, as there is no file yet
...     checkpoint.save(epoch)  # after the batches of this epoch
>>> nn.Checkpoint(path, model=model, optimizer=optimizer).resume()
3
"""

from __future__ import annotations

import copy
import os
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import Generator
from tinygrad_edu.io import refuse_pickle

from .data import DataLoader


class _Random:
    """The states of generators, as a part of a checkpoint."""

    def __init__(self, generators: list[Generator]) -> None:
        self.generators = generators

    def state_dict(self) -> list[Any]:
        return [generator.get_state() for generator in self.generators]

    def load_state_dict(self, states: list[Any]) -> None:
        for generator, state in zip(self.generators, states, strict=True):
            generator.set_state(state)


class Checkpoint:
    """Saves the parts of a training run after an epoch, and goes on from there.

    A part has any name and is a model, optimizer or scheduler (whatever has `state_dict()` and
    `load_state_dict()`), a Generator, or a DataLoader, for the generators that it and its samplers
    draw from.  This thread's default generator is always saved.  So the epochs after `resume()`
    are bit for bit those of a run without a break, on the same machine; numbers drawn elsewhere
    (`random`, `np.random`) are not.

    Raises TypeError for a part of another kind, and ValueError for a path that save() refuses.
    """

    def __init__(self, path: str | os.PathLike[str], **parts: Any) -> None:
        refuse_pickle(path)  # now, not after the first epoch
        self.path = path
        self.parts: dict[str, Any] = {"default_generator": _Random([tg.default_generator()])}
        for name, part in parts.items():
            if isinstance(part, DataLoader):
                part = _Random(_generators_of(part))
            elif isinstance(part, Generator):
                part = _Random([part])
            if not (hasattr(part, "state_dict") and hasattr(part, "load_state_dict")):
                raise TypeError(
                    f"Checkpoint: {name} is a {type(part).__name__}; a part is a Generator, a "
                    "DataLoader, or has state_dict() and load_state_dict()"
                )
            self.parts[name] = part

    def save(self, epoch: int) -> None:
        """Write all parts as they are now that `epoch` is done.  A program that is killed on the
        way leaves the file that was there before."""
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        tg.save({"epoch": epoch, "parts": parts}, self.path)

    def resume(self) -> int:
        """Bring all parts to where they were saved; returns the epoch to go on with: the one after
        the last that was saved, or 0 if there is no file.

        Raises ValueError if the file is damaged or is of other parts, and what a part raises for a
        state that does not fit it: then nothing is changed.
        """
        if not os.path.exists(self.path):
            return 0
        saved = tg.load(self.path)
        kinds = {"epoch": int, "parts": dict}
        if not isinstance(saved, dict) or {k: type(x) for k, x in saved.items()} != kinds:
            raise ValueError(f"Checkpoint: {self.path} was not written by Checkpoint.save()")
        states = saved["parts"]
        if states.keys() != self.parts.keys():
            raise ValueError(
                f"Checkpoint: {self.path} holds {', '.join(map(str, states))}; the parts here are "
                f"{', '.join(self.parts)}"
            )
        before = {name: copy.deepcopy(part.state_dict()) for name, part in self.parts.items()}
        try:
            for name, part in self.parts.items():
                part.load_state_dict(states[name])
        except BaseException as error:
            error.add_note(f"(in {name} of the checkpoint {self.path}; nothing was changed)")
            for name, part in self.parts.items():
                part.load_state_dict(before[name])
            raise
        return int(saved["epoch"]) + 1


def _generators_of(loader: DataLoader) -> list[Generator]:
    """Those that a loader and its samplers were given."""
    within = [loader, loader.sampler, loader.batch_sampler]
    within.append(getattr(loader.batch_sampler, "sampler", None))
    found = [getattr(x, "generator", None) for x in within]
    return [generator for generator in found if isinstance(generator, Generator)]
