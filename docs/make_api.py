"""Write docs/api.md: every public name, what it is, its PyTorch counterpart, and where it differs.

    python docs/make_api.py            write the page
    python docs/make_api.py --check    exit with 1 if the page is not what the code says

What a name is stands in the first paragraph of its docstring, where it differs in a paragraph that
begins with "Differs from PyTorch:".
"""

import argparse
import inspect
import re
import sys
from pathlib import Path

import numpy as np

import nn
import tinygrad_edu as tg
from tinygrad_edu import registry
from tinygrad_edu.testing import strategies

PAGE = Path(__file__).with_name("api.md")

# Our namespace, its objects' home, PyTorch's namespace.
SECTIONS = [
    ("tinygrad_edu", tg, "torch"),
    ("tinygrad_edu.Tensor", tg.Tensor, "torch.Tensor"),
    ("tinygrad_edu.linalg", tg.linalg, "torch.linalg"),
    ("tinygrad_edu.special", tg.special, "torch.special"),
    ("tinygrad_edu.autograd", tg.autograd, "torch.autograd"),
    ("tinygrad_edu.autograd.functional", tg.autograd.functional, "torch.autograd.functional"),
    ("tinygrad_edu.func", tg.func, "torch.func"),
    ("tinygrad_edu.distributions", tg.distributions, "torch.distributions"),
    ("tinygrad_edu.amp", tg.amp, "torch.amp"),
    ("tinygrad_edu.cuda", tg.cuda, "torch.cuda"),
    ("tinygrad_edu.cuda.amp", tg.cuda.amp, "torch.cuda.amp"),
    ("tinygrad_edu.utils.checkpoint", tg.utils.checkpoint, "torch.utils.checkpoint"),
    ("tinygrad_edu.testing", tg.testing, None),
    ("tinygrad_edu.testing.strategies", strategies, None),
    ("tinygrad_edu.viz", tg.viz, None),
    ("tinygrad_edu.diagnose", tg.diagnose, None),
    ("nn", nn, "torch.nn"),
    ("nn.functional", nn.functional, "torch.nn.functional"),
    ("nn.init", nn.init, "torch.nn.init"),
    ("nn.top_level", nn.top_level, "torch"),
    ("nn.parallel", nn.parallel, "torch.nn.parallel"),
    ("nn.optim", nn.optim, "torch.optim"),
    ("nn.optim.lr_scheduler", nn.optim.lr_scheduler, "torch.optim.lr_scheduler"),
    ("nn.optim.swa_utils", nn.optim.swa_utils, "torch.optim.swa_utils"),
    ("nn.utils", nn.utils, "torch.nn.utils"),
    ("nn.utils.rnn", nn.utils.rnn, "torch.nn.utils.rnn"),
    ("nn.utils.prune", nn.utils.prune, "torch.nn.utils.prune"),
    ("nn.utils.stateless", nn.utils.stateless, "torch.nn.utils.stateless"),
    ("nn.utils.parametrize", nn.utils.parametrize, "torch.nn.utils.parametrize"),
    ("nn.utils.parametrizations", nn.utils.parametrizations, "torch.nn.utils.parametrizations"),
    ("nn.data", nn.data, "torch.utils.data"),
    ("nn.data.transforms", nn.data.transforms, "torchvision.transforms"),
]

# What PyTorch has under another name, and (None) what it does not have.
ELSEWHERE = {
    "tinygrad_edu.ops": None,
    "tinygrad_edu.testing": None,
    "tinygrad_edu.testing.strategies": None,
    "tinygrad_edu.viz": None,
    "tinygrad_edu.diagnose": None,
    "tinygrad_edu.Tensor.array": None,
    "tinygrad_edu.Tensor.astype": "torch.Tensor.to",
    "tinygrad_edu.Tensor.node": None,
    "tinygrad_edu.Tensor.to_numpy": "torch.Tensor.numpy",
    "tinygrad_edu.autograd.checkpoint": "torch.utils.checkpoint.checkpoint",
    "tinygrad_edu.autograd.inference_mode": "torch.inference_mode",
    "tinygrad_edu.autograd.is_grad_enabled": "torch.is_grad_enabled",
    "tinygrad_edu.detect_anomaly": "torch.autograd.detect_anomaly",
    "tinygrad_edu.func.hvp": "torch.autograd.functional.hvp",
    "tinygrad_edu.func.jacobian": "torch.func.jacrev",
    "tinygrad_edu.func.value_and_grad": "torch.func.grad_and_value",
    "tinygrad_edu.testing.gradcheck": "torch.autograd.gradcheck",
    "tinygrad_edu.testing.assert_close": "torch.testing.assert_close",
    "nn.Checkpoint": None,
    "nn.data": "torch.utils.data",
    "nn.optim": "torch.optim",
    "nn.HalfMSELoss": None,
    "nn.data.Digits": None,
    "nn.data.WorkerInfo": None,
    "nn.data.make_blobs": None,
    "nn.data.make_moons": None,
    "nn.data.make_spirals": None,
    "nn.data.make_xor": None,
    "nn.data.transforms": "torchvision.transforms",
    "nn.functional.half_mse_loss": None,
    "nn.optim.Lion": None,
    "nn.summary": None,
    **{
        f"nn.data.{name}": f"torchvision.datasets.{name}"
        for name in ("MNIST", "FashionMNIST", "KMNIST")
    },
}

# Attributes, which have no docstring of their own.
ATTRIBUTES = {
    "tinygrad_edu.Tensor.array": "The numbers, as a NumPy array.",
    "tinygrad_edu.Tensor.node": "The place in the record; None for a constant.",
    "tinygrad_edu.bfloat16": "A dtype that NumPy does not have: a tensor of it raises TypeError.",
    "tinygrad_edu.testing.strategies.LAYOUTS": "The layouts in memory that `laid_out` knows.",
    "tinygrad_edu.dtype": "The class of dtypes, NumPy's.",
    "tinygrad_edu.newaxis": "None: `x[:, newaxis]` inserts a dimension of size 1.",
}

HEAD = """\
# API reference

Every public name, by subject: its signature, its PyTorch counterpart, and where it differs (empty:
it does not). `python docs/make_api.py` writes it from the code. `help(tg.softmax)` says more, and
[differences.md](differences.md) gives the reasons for each difference.
"""

# The subjects of the package's own names, and the files that define them (below tinygrad_edu/).
SUBJECTS = {
    "Tensors from numbers, arrays and sizes": "creation functions.filling functions.windows",
    "Random numbers": "random rng functions.sampling",
    "Elementwise functions": "ops.elementwise ops.comparison ops.activation functions.elementwise",
    "Special functions": "ops.special functions.special",
    "Reductions and statistics": "ops.reduction functions.reduction functions.statistics "
    "functions.running functions.distance",
    "Shapes: views, joins and parts": "ops.shape functions.shape functions.joining functions.grids",
    "Indexing, sorting and searching": "ops.indexing functions.indexing functions.writing "
    "functions.searching functions.sorting",
    "Linear algebra": "ops.linalg functions.linalg functions.factorization",
    "Gradients": "engine.grad_mode autograd",
    "Dtypes, devices and sizes": "dtypes device size",
    "Files": "io",
    "Settings": "settings printing",
}


def public_names(home):
    """What a module exports, or what a class has for its users."""
    if inspect.isclass(home):
        return sorted(name for name in dir(home) if not name.startswith("_"))
    return sorted(home.__all__)


def paragraphs(path, thing):
    if path in ATTRIBUTES:
        return [ATTRIBUTES[path]]
    if isinstance(thing, np.dtype):
        return [f"The dtype {thing}."]
    if isinstance(thing, float):  # its class's docstring differs from one Python to the next
        return [f"The number {thing}."]
    text = inspect.cleandoc(getattr(thing, "__doc__", None) or "")
    return [" ".join(part.split()) for part in text.split("\n\n")]


def counterpart(section, name, peer):
    path = f"{section}.{name}"
    other = ELSEWHERE.get(path, f"{peer}.{name}" if peer else None)
    return f"`{other}`" if other else ""


def called(name, thing):
    """The name, and what it takes."""
    if not callable(thing) or isinstance(thing, np.dtype):
        return name
    try:
        parameters = inspect.signature(thing).parameters.values()
    except ValueError:  # a class written in C
        return name
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in parameters]
    bare = [p for p in bare if p.name != "self"]
    return name + re.sub(r"<.*?>", "...", str(inspect.Signature(bare)))


def row(section, home, name, peer):
    thing = getattr(home, name)
    text = paragraphs(f"{section}.{name}", thing)
    differs = [part for part in text if part.startswith("Differs from PyTorch:")]
    difference = " ".join(part.removeprefix("Differs from PyTorch:").strip() for part in differs)
    cells = [f"`{called(name, thing)}`", text[0], counterpart(section, name, peer), difference]
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def table(section, home, names, peer):
    head = ["| name | what it is | in PyTorch | differs |", "|---|---|---|---|"]
    return [*head, *[row(section, home, name, peer) for name in names]]


def by_subject(names):
    """The names of the package under the subject of the file that defines each."""
    subjects = {file: subject for subject, files in SUBJECTS.items() for file in files.split()}
    found = {subject: [] for subject in [*SUBJECTS, "Modules, classes and constants"]}
    for name in names:
        thing = getattr(tg, name)
        home = getattr(inspect.unwrap(thing), "__module__", None) if callable(thing) else None
        file = str(home).removeprefix("tinygrad_edu.")
        found[subjects.get(file, "Modules, classes and constants")].append(name)
    return {subject: own for subject, own in found.items() if own}


def methods(section, home, peer):
    """Those that are functions of the package, by name only; a table of the others."""
    plain, writing, others = [], [], []
    for name in public_names(home):
        method = registry.METHODS.get(name)
        (others if method is None else writing if method.writes else plain).append(name)
    documented = [name for name in plain if name in tg.__all__]
    text = ["Methods that are the functions of these names, called with the tensor first:", ""]
    text += [", ".join(f"`{name}`" for name in documented) + ".", ""]
    text += ["Methods that write the result of a function into the tensor and return it:", ""]
    text += [", ".join(f"`{name}`" for name in writing) + ".", ""]
    rest = sorted({*plain, *others} - {*documented})
    return [*text, *table(section, home, rest, peer)]


def undocumented():
    """Public names that say nothing about themselves."""
    return [
        f"{section}.{name}"
        for section, home, _ in SECTIONS
        for name in public_names(home)
        if not paragraphs(f"{section}.{name}", getattr(home, name))[0]
    ]


def page():
    text = [HEAD]
    for section, home, peer in SECTIONS:
        text.append(f"\n## `{section}`\n")
        if home is tg:
            for subject, names in by_subject(public_names(home)).items():
                text += [f"\n### {subject}\n", *table(section, home, names, peer)]
        elif home is tg.Tensor:
            text += methods(section, home, peer)
        else:
            text += table(section, home, public_names(home), peer)
    return re.sub(r" +\|", " |", "\n".join(text)) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare, and exit with 1")
    if parser.parse_args().check:
        return PAGE.read_text() != page()
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
