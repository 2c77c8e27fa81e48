"""Checkpoint: one file with everything that a training run needs to resume.

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
from tinygrad_edu.printing import Shown


class _Random:
    """States of generators, as a part of a checkpoint."""

    def __init__(self, generators: list[Generator]) -> None:
        self.generators = generators

    def state_dict(self) -> list[Any]:
        return [generator.get_state() for generator in self.generators]

    def load_state_dict(self, states: list[Any]) -> None:
        for generator, state in zip(self.generators, states, strict=True):
            generator.set_state(state)


class Checkpoint(Shown):
    """Save the parts of a training run after each epoch, and resume from them.

    The state of this thread's default generator is always saved too.  So the epochs after
    `resume()` give the same numbers, bit for bit, as a run without a break on the same machine;
    numbers from other generators (`random`, `np.random`) do not.

    Parameters
    ----------
    path : str or PathLike
        The file, in the safetensors format.
    **parts : Module, Optimizer, scheduler, Generator or DataLoader
        What is saved, under names of your choice: any object with `state_dict()` and
        `load_state_dict()`, a generator, or a DataLoader, which stands for the generators of the
        loader and its samplers.

    Raises
    ------
    TypeError
        If a part is of another kind.
    ValueError
        If the path is one that `save` refuses, such as "model.pt".

    Examples
    --------
    >>> import os, tempfile
    >>> import nn
    >>> from nn import optim
    >>> model = nn.Linear(2, 1)
    >>> optimizer = optim.Adam(model.parameters())
    >>> path = os.path.join(tempfile.mkdtemp(), "run.safetensors")
    >>> checkpoint = nn.Checkpoint(path, model=model, optimizer=optimizer)
    >>> for epoch in range(checkpoint.resume(), 3):  # from 0, as there is no file yet
    ...     checkpoint.save(epoch)  # after the batches of this epoch
    >>> checkpoint.resume()
    3
    """

    def __init__(self, path: str | os.PathLike[str], **parts: Any) -> None:
        from .data import DataLoader

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

    def _shown(self) -> dict[str, Any]:
        return {"path": os.fspath(self.path), "parts": [*self.parts]}

    def save(self, epoch: int) -> None:
        """Write the state of all parts after an epoch.

        The file is replaced in one step: if the program is killed while it writes, the previous
        file stays.

        Parameters
        ----------
        epoch : int
            The number of the epoch that has just been completed.

        Examples
        --------
        >>> import os, tempfile
        >>> import nn
        >>> path = os.path.join(tempfile.mkdtemp(), "run.safetensors")
        >>> nn.Checkpoint(path, model=nn.Linear(2, 1)).save(0)
        >>> os.path.exists(path)
        True
        """
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        tg.save({"epoch": epoch, "parts": parts}, self.path)

    def resume(self) -> int:
        """Load the saved state into all parts, and return the epoch to continue with.

        Returns
        -------
        int
            The epoch after the one that was saved last, or 0 if there is no file.

        Raises
        ------
        ValueError
            If the file is damaged, or was written with parts of other names.
        Exception
            Whatever a part raises for a state that does not fit it.  After any error, all parts are
            as before.

        Examples
        --------
        >>> import os, tempfile
        >>> import nn
        >>> path = os.path.join(tempfile.mkdtemp(), "run.safetensors")
        >>> checkpoint = nn.Checkpoint(path, model=nn.Linear(2, 1))
        >>> checkpoint.resume()
        0
        >>> checkpoint.save(4)
        >>> checkpoint.resume()
        5
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


def _generators_of(loader: Any) -> list[Generator]:
    """The generators of a loader and of its samplers."""
    within = [loader, loader.sampler, loader.batch_sampler]
    within.append(getattr(loader.batch_sampler, "sampler", None))
    found = [getattr(x, "generator", None) for x in within]
    return [generator for generator in found if isinstance(generator, Generator)]
