"""Save and load: tensors, and what holds them, in safetensors files, which PyTorch reads too.

A file is a table of named arrays, so that loading one runs no code, as a pickle could.  What holds
the tensors (dicts, lists, numbers) stands in its metadata as JSON.

>>> import os, tempfile
>>> path = os.path.join(tempfile.mkdtemp(), "state.safetensors")
>>> save({"weight": Tensor([1.0, 2.0]), "betas": (0.9, 0.999), 3: [None, "three"]}, path)
>>> load(path)
{'weight': tensor([1., 2.]), 'betas': (0.9, 0.999), 3: [None, 'three']}
"""

from __future__ import annotations

import os
import re
from _thread import get_ident  # as in registry.py
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any
from warnings import warn

import numpy as np

from .device import check_device
from .dtypes import Array
from .engine.clock import caller_level
from .registry import public
from .tensor import Tensor

OURS = "tinygrad_edu"  # in the metadata: a checksum, and what holds the tensors
SCALARS = str | int | float | None
DTYPES = {f"{kind.upper()}{8 * n}": f"<{kind}{n}" for kind in "fiu" for n in (1, 2, 4, 8)}
DTYPES |= {"BOOL": "?", "BF16": "<u2"}  # the upper half of a float32
PICKLES = (".pt", ".pth")  # how names of PyTorch's own files end
names_of_pickles = "refused"  # or "taken", with a warning


@public()
def save(obj: Any, f: Any) -> None:
    """Save tensors, and the dicts, lists and tuples that hold them, to a safetensors file.

    Differs from PyTorch: the file is no pickle, so that a Module is saved as its `state_dict()`;
    tensors that share memory are stored one by one, and none requires grad when it is loaded.

    Parameters
    ----------
    obj : Tensor, dict, list or tuple
        A tensor, or dicts, lists and tuples of tensors, numbers, strings and None.  A dict of
        tensors is stored under its own names, deeper ones under names like "state.0.step".
    f : str, path or binary file
        Where it is written.  A file at that path is replaced when the new one is whole and on the
        disk: a program that is killed leaves the one or the other, and the next `save` removes what
        it had begun to write.

    Raises
    ------
    TypeError
        If `obj` holds anything else; the message names the place.
    ValueError
        If the path ends with .pt or .pth, which says that the file is a pickle.

    References
    ----------
    The format: https://github.com/huggingface/safetensors

    Examples
    --------
    >>> import os, tempfile
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> model = nn.Linear(2, 1)
    >>> tg.save(model.state_dict(), path)
    >>> model.load_state_dict(tg.load(path))
    <All keys matched successfully>
    """
    import json  # here, as below: slow to import, and only for those who save
    from zlib import crc32

    from safetensors.numpy import save as serialized

    if not hasattr(f, "write"):
        refuse_pickle(f)
    arrays: dict[str, Any] = {}
    try:
        structure = json.dumps(_packed(obj, "", arrays))
    except RecursionError:
        raise ValueError(
            f"save: this {type(obj).__name__} holds itself, or lists in lists, too deep to be "
            "written; save its tensors in a flat dict"
        ) from None
    checksum = sum(map(crc32, (structure.encode(), *arrays.values())))
    content = serialized(arrays, {OURS: f"{checksum} {structure}"})
    if hasattr(f, "write"):
        f.write(content)
    else:
        _replace(os.path.realpath(f), content)


def refuse_pickle(path: Any) -> None:
    """Raise ValueError if a file of that name would be taken for a pickle; warn of it in a script
    that is run as it was written for PyTorch."""
    name, ending = os.path.splitext(os.fsdecode(path))
    if ending.lower() in PICKLES:
        text = (
            f"save: {name}{ending} is the name of a pickle, and this file is none, but a "
            f"safetensors file, which torch.load() does not read.  Call it {name}.safetensors"
        )
        if names_of_pickles == "refused":
            raise ValueError(text)
        warn(text, stacklevel=caller_level())


def _packed(x: Any, name: str, arrays: dict[str, Any]) -> Any:
    """`x` as JSON, where an object has one key, which says what it stands for: a dict, a tuple, or
    a tensor, which goes into `arrays`, by its name there."""
    if isinstance(x, Tensor):
        name = name or "tensor"
        while name in arrays or name == "__metadata__":  # {"a": {"b": x}, "a.b": y}
            name += "_"
        arrays[name] = np.asarray(x.array, order="C")
        return {"tensor": name}
    inside = name and f"{name}."
    if isinstance(x, dict) and all(isinstance(key, SCALARS) for key in x):
        return {"dict": [[k, _packed(v, f"{inside}{k}", arrays)] for k, v in x.items()]}
    if isinstance(x, list | tuple):
        parts = [_packed(part, f"{inside}{i}", arrays) for i, part in enumerate(x)]
        return {"tuple": parts} if isinstance(x, tuple) else parts
    x = x.item() if isinstance(x, np.generic) else x
    if isinstance(x, SCALARS):
        return x
    keys = f" with the keys {[*x][:3]}" if isinstance(x, dict) else ""
    raise TypeError(
        f"save: {name or 'this'} is a {type(x).__name__}{keys}; it takes tensors, numbers, strings "
        "and None, in lists, tuples and dicts with such keys.  Save the state_dict() of a module, "
        "an array as a tensor"
    )


def _replace(path: str, content: bytes) -> None:
    """Put `content` at `path` in one step, when it is whole and on the disk."""
    with replacing(path) as file:
        file.write(content)
    with suppress(OSError):  # some systems open no folder
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A new file beside `path`, which takes its place when all is written and on the disk, or goes
    away after an error.  What a killed program left there goes too."""
    _sweep(path)
    part, file = _begun(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if os.name == "posix":  # while it is locked, so that nobody sweeps it away
                os.replace(part, path)
        if os.name != "posix":  # where an open file cannot be moved
            os.replace(part, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part)


def _begun(path: str) -> tuple[str, IO[bytes]]:
    """A part of this thread's own, open and locked: the lock ends with the program."""
    part = f"{path}.{os.getpid()}.{get_ident()}.part"
    while True:
        file = open(part, "wb")  # noqa: SIM115, the caller closes it
        _is_locked(file)
        if os.path.exists(part):  # as long as nobody swept it away before it was locked
            return part, file
        file.close()


def _sweep(path: str) -> None:
    """Remove the parts of `path` that no program holds any more."""
    folder, name = os.path.split(path)
    a_part = re.compile(re.escape(name) + r"\.\d+\.\d+\.part")
    with suppress(OSError):
        for other in os.listdir(folder or "."):
            if a_part.fullmatch(other):
                with suppress(OSError), open(os.path.join(folder, other), "rb") as file:
                    if _is_locked(file, wait=False):
                        os.unlink(file.name)


def _is_locked(file: IO[bytes], wait: bool = True) -> bool:
    """Is the file locked for us now?  Without `wait` it may be another's.  Where there are no such
    locks, an open file cannot be removed anyway."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:
        return True
    try:
        flock(file, LOCK_EX | (0 if wait else LOCK_NB))
    except OSError:  # another holds it, or the disk knows no locks
        return False
    return True


@public()
def load(f: Any, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Load what `save` wrote, or any other safetensors file.

    Parameters
    ----------
    f : str, path or binary file
        The file.
    map_location : device, str, dict or callable, optional
        The device that the tensors are put on: there is one, "cpu".
    weights_only : bool, default True
        Accepted as in PyTorch, without effect: pickles are never read.

    Returns
    -------
    Tensor, dict, list or tuple
        What was saved; of a file that another program wrote, a dict of its tensors.  Those of
        bfloat16 become float32, which holds the same values.

    Raises
    ------
    ValueError
        If the file is damaged, truncated, a pickle, or of a dtype that no tensor has.

    See Also
    --------
    save : Writes the file.

    Examples
    --------
    >>> import io
    >>> import tinygrad_edu as tg
    >>> file = io.BytesIO()
    >>> tg.save({"weight": tg.tensor([1.0, 2.0]), "betas": (0.9, 0.999)}, file)
    >>> _ = file.seek(0)
    >>> tg.load(file)
    {'weight': tensor([1., 2.]), 'betas': (0.9, 0.999)}
    """
    import json
    from zlib import crc32

    from safetensors import SafetensorError, deserialize

    check_device(None if callable(map_location) else map_location)
    if hasattr(f, "read"):
        content, f = f.read(), getattr(f, "name", f)
    else:
        with open(f, "rb") as file:
            content = file.read()
    try:
        parts = deserialize(content)  # type: ignore[no-untyped-call]
        arrays: dict[str, Any] = {name: _array(**part) for name, part in parts}
        tensors = {name: Tensor(array) for name, array in arrays.items()}
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length], object_pairs_hook=_once_each)
        metadata = header.get("__metadata__", {})
        if OURS not in metadata:
            return tensors
        checksum, structure = metadata[OURS].split(" ", 1)
        if int(checksum) != sum(map(crc32, (structure.encode(), *arrays.values()))):
            raise ValueError("it is not what was saved: the checksum differs")
        make: dict[str, Any] = {"tensor": tensors.__getitem__, "tuple": tuple, "dict": dict}

        def made(x: dict[str, Any]) -> Any:
            ((kind, part),) = x.items()
            return make[kind](part)

        return json.loads(structure, object_hook=made)
    except RecursionError:
        raise ValueError(f"load: {f} is damaged: its parts are nested too deep") from None
    except (SafetensorError, ArithmeticError, ValueError, TypeError, LookupError) as error:
        why = f"is damaged, truncated or no safetensors file ({len(content):,} bytes): {error}"
        if content[:2] == b"PK" or (content[:1] == b"\x80" and content[2:3] > b" "):
            why = (
                "is a pickle, or an archive with one, which runs code when it is read.  Convert it "
                "in PyTorch: safetensors.torch.save_file(model.state_dict(), 'model.safetensors')"
            )
        raise ValueError(f"load: {f} {why}") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dict of a header, in which no name stands twice."""
    once = dict(pairs)
    if len(once) < len(pairs):
        twice = next(name for i, (name, _) in enumerate(pairs) if name in dict(pairs[:i]))
        raise ValueError(f"it names {twice!r} twice")
    return once


def _array(dtype: str, shape: list[int], data: bytes) -> Array:
    if dtype not in DTYPES:
        raise ValueError(f"it holds numbers of {dtype}, which no tensor does")
    flat = np.frombuffer(data, DTYPES[dtype])
    if dtype == "BF16":
        bits = flat.astype(np.uint32)
        bits <<= 16
        return bits.view(np.float32).reshape(shape)
    return flat.astype(flat.dtype.newbyteorder("=")).reshape(shape)
