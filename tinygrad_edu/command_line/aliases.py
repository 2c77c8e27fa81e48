"""PyTorch's import paths, which lead to this package while a script written for PyTorch runs.

>>> home_of("torch.utils.data.dataset")
'nn.data.dataset'
>>> pytorchs("nn.functional")
'torch.nn.functional'
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

ROOTS = ("torch", "torchvision")
HOMES = {
    "torch": "tinygrad_edu",
    "torch.functional": "tinygrad_edu",
    "torch.nn": "nn",
    "torch.nn.modules": "nn",
    "torch.nn.modules.loss": "nn",
    "torch.optim": "nn.optim",
    "torch.utils.data": "nn.data",
    "torchvision": "tinygrad_edu.command_line.vision",
    "torchvision.datasets": "nn.data",
    "torchvision.transforms": "nn.data.transforms",
}
# What PyTorch cuts into other files than we do: a name of any of them is found in the whole.
WHOLE = {
    "torch.autograd": "tinygrad_edu.autograd",
    "torch.distributions": "tinygrad_edu.distributions",
    "torch.nn.modules": "nn",
    "torchvision.datasets": "nn.data",
    "torchvision.transforms": "nn.data.transforms",
}
NEED_PYTORCH = [
    "accelerate", "lightning", "pytorch_lightning", "timm", "torch_geometric",
    "torchaudio", "torchdata", "torchmetrics", "torchrl", "torchtext", "transformers",
]  # fmt: skip


def _place(path: str) -> str:
    """Where a path of PyTorch leads, whether there is anything or not."""
    known = path
    while known and known not in HOMES:
        known = known.rpartition(".")[0]
    return HOMES.get(known, "") + path.removeprefix(known)


def home_of(path: str) -> str | None:
    """The name here of a module of PyTorch; None if there is none."""
    home = _place(path)
    parent, _, name = home.rpartition(".")
    if not parent:
        return home
    package = import_module(parent)
    if not isinstance(getattr(package, name, package), ModuleType):
        return None  # `torch.tensor` is a function, and no file of ours
    if home in sys.modules or PathFinder.find_spec(home, getattr(package, "__path__", [])):
        return home
    return WHOLE.get(path.rpartition(".")[0])


def missing(path: str, home: str) -> str:
    """What to say of a path that leads nowhere: the reason, and what to do instead."""
    root = path.partition(".")[0]
    if root in NEED_PYTORCH:
        return f"{root} needs PyTorch itself, and `torch` is tinygrad_edu in this run"
    package, _, name = home.rpartition(".")
    module = import_module(package)
    return reason(module, name) or (
        f"there is no {pytorchs(package)}.{name} in tinygrad_edu, which `torch` is in this run"
        + "".join(
            f".  Did you mean {close!r}?" for close in get_close_matches(name, dir(module), 1)
        )
    )


def reason(owner: object, name: str) -> str | None:
    """Why a module, or a tensor, has no such name, if it is left out on purpose."""
    try:
        getattr(owner, name)
    except AttributeError as error:
        return str(error) if " is left out: " in str(error) else None
    return None


def pytorchs(home: str) -> str:
    """PyTorch's name for a module of this package."""
    starts = sorted(HOMES, key=lambda path: -len(HOMES[path]))
    start = next(path for path in starts if f"{home}.".startswith(f"{HOMES[path]}."))
    return start + home.removeprefix(HOMES[start])


class Alias:
    """A loader that gives a module that stands elsewhere, and changes nothing in it."""

    def __init__(self, home: str) -> None:
        self.home = home

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python to make a module, which `exec_module` replaces."""

    def exec_module(self, module: ModuleType) -> None:
        """Python gives what stands in `sys.modules` under the name that it imported."""
        sys.modules[module.__name__] = import_module(self.home)


class Finder:
    """Finds the module of this package for each path of PyTorch's; it stands before all others, so
    that a PyTorch that is installed beside is never seen."""

    def __init__(self) -> None:
        self.replaced: list[tuple[ModuleType, str, object]] = []

    def find_spec(
        self, path: str, folders: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What Python calls for each module that it has not imported yet."""
        root = path.partition(".")[0]
        if root in ROOTS and (home := home_of(path)):
            self._note_attribute(path)
            return ModuleSpec(path, Alias(home))  # type: ignore[arg-type]
        if root in (*ROOTS, *NEED_PYTORCH):
            raise ModuleNotFoundError(missing(path, _place(path)), name=path)
        if root in ("tinygrad_edu", "nn") and PathFinder.find_spec(path, folders) is None:
            # `from torch import fft` asks for it; Python would hide a ModuleNotFoundError.
            raise ImportError(missing(path, path), name=path)
        return None

    def _note_attribute(self, path: str) -> None:
        """Keep what Python replaces: after an import it sets the module on the package above it."""
        parent, _, name = path.rpartition(".")
        if package := sys.modules.get(parent):
            self.replaced.append((package, name, vars(package).get(name)))

    def put_back_attributes(self) -> None:
        """Take from our packages the names that imports of `torch.autograd.grad_mode` gave them."""
        for package, name, value in reversed(self.replaced):
            value = sys.modules.get(f"{package.__name__}.{name}", value)
            if value is not None:
                setattr(package, name, value)
            elif name in vars(package):
                delattr(package, name)


def install() -> None:
    """Let `import torch` mean this package, in this process, from now on."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ROOTS]:
        del sys.modules[name]
    sys.meta_path.insert(0, Finder())
