"""The engines: ours, PyTorch, NumPy by hand and the peers, and how each starts a workload."""

import os
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import NamedTuple


class Engine(NamedTuple):
    """A way to run a step: the package that it needs, and the function that spells it."""

    package: str
    spelling: str
    compiles: bool = False


ENGINES = {
    "NumPy by hand": Engine("numpy", "in_numpy"),
    "PyTorch": Engine("torch", "in_pytorch"),
    "ours": Engine("tinygrad_edu", "in_pytorch"),
    "ours, compiled": Engine("tinygrad_edu", "in_pytorch", compiles=True),
    "NumPy in blocks": Engine("numpy", "in_numpy_blocks"),
    "JAX, jit": Engine("jax", "in_jax"),
    "tinygrad, jit": Engine("tinygrad", "in_tinygrad"),
    "autograd": Engine("autograd", "in_autograd"),
    "MyGrad": Engine("mygrad", "in_mygrad"),
    "micrograd": Engine("micrograd", "in_micrograd"),
}
CORE = ("NumPy by hand", "PyTorch", "ours", "ours, compiled")


def pinned(threads):
    """The environment of a process that computes on so many threads."""
    count = str(threads)
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
    flags = "--xla_cpu_multi_thread_eigen=false" if threads == 1 else ""
    tinygrad = {"DEV": "CPU", "TRAINING": "1"}
    return os.environ | dict.fromkeys(names, count) | {"XLA_FLAGS": flags} | tinygrad


def available(engine, workload):
    """Is it installed, and can it express the workload?"""
    package, spelling, compiles = ENGINES[engine]
    if not hasattr(workload.spellings, spelling) or find_spec(package) is None:
        return False
    return not compiles or (workload.compiled is not None and really_compiles())


def really_compiles():
    """Does `tinygrad_edu.compile` make a program?  Once it only returned what it was given."""
    import tinygrad_edu as tg

    def f(x):
        return x

    return tg.compile(f) is not f


def load(engine, threads):
    """Import the package of an engine, and pin it to so many threads."""
    module = import_module(ENGINES[engine].package)
    if module.__name__ == "torch":
        module.set_num_threads(threads)
    return module


def start(engine, workload, threads):
    """The steps of an engine on a workload, from its first parameters on: an iterator."""
    module, (_, spelling, compiles) = load(engine, threads), ENGINES[engine]
    spell, problem = getattr(workload.spellings, spelling), workload.spellings.problem()
    if spelling != "in_pytorch":
        return spell(*problem)
    return spell(module, module.compile if compiles else lambda f: f, *problem)


def versions(engines):
    """Name and version of each package that the engines need."""
    return {name: version(name) for name in sorted({ENGINES[e].package for e in engines})}
