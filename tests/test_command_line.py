"""The command line: scripts written for PyTorch as they stand, and pictures of their tensors."""

import argparse
import doctest
import json
import multiprocessing
import os
import re
import shlex
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from tinygrad_edu.command_line import main, script

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "tests" / "scripts"


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """The command line in this process, in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with script.left_as_it_was():
            try:
                main([str(a) for a in arguments])
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            except Exception:
                sys.excepthook(*sys.exc_info())
                code = 1
        return code, *capsys.readouterr()

    yield run
    tg.set_printoptions(profile="default")
    tg.use_deterministic_algorithms(False)
    tg.set_float32_matmul_precision("highest")


def written(text, name="script.py"):
    path = Path(name)
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)
    return path


def shell(*arguments, **options):
    """The command line in a process of its own."""
    run = [sys.executable, "-m", "tinygrad_edu", *map(str, arguments)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.run(run, capture_output=True, text=True, env=env, **options)


# ---------------------------------------------------------------- scripts as they stand


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_a_script_written_for_pytorch_prints_what_it_prints_there(path, command):
    """Each file .txt is what PyTorch printed, but for `torch.` before a dtype."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a checkpoint is called .pt
        code, out, err = command("run", path)
    assert (code, err) == (0, "")
    assert out == path.with_suffix(".txt").read_text()


IMPORTS = """
import importlib, sys
import torch, torch.cuda, torch.amp, torch.linalg, torch.special, torch.random, torch.testing
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.init as init
import torch.optim as optim
import torch.optim.lr_scheduler as lr_scheduler
import torch.utils.data as data
import torch.backends.cudnn as cudnn
import torch.autograd.functional
import torch.distributions as distributions
from torch import Tensor, nn as same_nn, optim as same_optim, autocast
from torch.nn import Parameter, functional, Module
from torch.nn.modules import Module as same
from torch.nn.modules.loss import CrossEntropyLoss
from torch.nn.modules.conv import Conv2d
from torch.nn.utils import clip_grad_norm_, rnn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.sampler import SequentialSampler
from torch.utils.checkpoint import checkpoint
from torch.optim.optimizer import Optimizer
from torch.optim.lr_scheduler import StepLR
from torch.distributions.normal import Normal
from torch.autograd import Function, Variable, grad
from torch.autograd.grad_mode import no_grad
from torch.func import vmap
from torch.cuda.amp import GradScaler
from torch.testing import assert_close
import torchvision
import torchvision.transforms as T
from torchvision import datasets, transforms
from torchvision.datasets import MNIST
from torchvision.datasets.mnist import FashionMNIST
from torchvision.transforms import Compose

print(torch.nn is nn is same_nn, torch.optim is optim is same_optim, torch.nn.functional is F)
print(functional is F, torch.utils.data is data, lr_scheduler.StepLR is StepLR, T is transforms)
print(Normal is distributions.Normal, same is Module, Conv2d is nn.Conv2d)
print(importlib.import_module("torch.nn") is nn, sys.modules["torch"] is torch, torch.__name__)
print(callable(torch.tensor), torch.Tensor is Tensor, isinstance(nn.ReLU(), torch.nn.Module))
"""


def test_every_path_of_pytorch_leads_to_the_one_module(command):
    code, out, err = command("run", written(IMPORTS))
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines == ["True True True", "True True True True", "True True True",
                     "True True tinygrad_edu", "True True True"]  # fmt: skip


def test_nothing_is_left_behind(command):
    modules, finders, path, arguments = dict(sys.modules), [*sys.meta_path], [*sys.path], sys.argv
    code, _, _ = command("run", written("import torch, sys\nsys.argv.append(3)\nsys.path.pop()\n"))
    assert code == 0
    assert {n for n in sys.modules if n.startswith("torch")} == {
        n for n in modules if n.startswith("torch")
    }
    assert sys.modules["__main__"] is modules["__main__"]
    assert (sys.meta_path, sys.path, sys.argv) == (finders, path, arguments)
    with pytest.raises(ValueError, match="name of a pickle"):
        tg.save(tg.ones(2), "model.pt")
    assert tg.tensor is not sys.modules["tinygrad_edu.tensor"]


def test_the_imports_of_a_script_add_no_names_to_the_package(command):
    code, out, _ = command("run", written(f"{IMPORTS}\nprint(torch.autograd.grad_mode.no_grad)"))
    assert (code, out.splitlines()[-1]) == (0, str(tg.no_grad))  # Python's import sets such names
    assert not hasattr(tg.autograd, "grad_mode")
    assert not hasattr(tg, "functional")
    assert nn.loss is sys.modules["nn.loss"]


@pytest.mark.parametrize("beside", ["site/torch/__init__.py", "torch.py"])
def test_an_installed_pytorch_is_not_seen(command, beside, monkeypatch):
    written("x = 1", beside)
    monkeypatch.syspath_prepend("site")
    code, out, _ = command(
        "run", written("import torch\nprint(torch.__name__, hasattr(torch, 'x'))")
    )
    assert (code, out) == (0, "tinygrad_edu False\n")


def test_helpers_beside_the_script_see_the_same_torch(command):
    written("import torch\nfrom torch import nn\nclass Net(nn.Module): pass\n", "lib/model.py")
    text = "from model import Net, torch as other\nimport torch\nprint(other is torch, Net())"
    code, out, _ = command("run", written(text, "lib/train.py"))
    assert (code, out) == (0, "True Net()\n")
    del sys.modules["model"]


def test_a_checkpoint_may_have_pytorchs_ending_with_a_warning(command):
    text = "import torch\ntorch.save({'w': torch.ones(2)}, 'm.pth')\nprint(torch.load('m.pth'))"
    with pytest.warns(UserWarning, match=r"m\.pth is the name of a pickle.*m\.safetensors") as seen:
        code, out, _ = command("run", written(text))
    assert (code, out) == (0, "{'w': tensor([1., 1.])}\n")
    assert (Path(seen[0].filename).name, seen[0].lineno) == ("script.py", 2)


# ---------------------------------------------------------------- as Python runs a script


AS_PYTHON = """
from __future__ import annotations
import atexit, json, os, pickle, sys
class Net:
    pass
def f(x: Unknown) -> None: ...
main = sys.modules["__main__"]
print(json.dumps([
    sys.argv, __file__, __name__, __package__, __spec__, __doc__, sys.path[0],
    type(__loader__).__name__,
    sorted(globals()), main.Net is Net, type(pickle.loads(pickle.dumps(Net()))) is Net,
    Net.__module__, f.__annotations__, os.path.basename(__loader__.path), os.getcwd(),
    main.__dict__ is globals(), __builtins__ is sys.modules["builtins"],
]))
atexit.register(print, "at exit")
sys.stdout.flush()
print("to errors", file=sys.stderr)
sys.exit(int(sys.argv[1]))
"""


@pytest.mark.parametrize("arguments", [["3", "--help", "--", "-m", "x y"], ["0"]])
def test_a_script_finds_what_python_gives_it(tmp_path, arguments):
    path = tmp_path / "lib" / "train.py"
    path.parent.mkdir()
    path.write_text(AS_PYTHON)
    options = {"capture_output": True, "text": True, "cwd": tmp_path}
    wanted = subprocess.run([sys.executable, "lib/train.py", *arguments], **options)
    found = shell("run", "lib/train.py", *arguments, cwd=tmp_path)
    for stream in ("returncode", "stderr"):
        assert getattr(found, stream) == getattr(wanted, stream)
    (line, end), (wanted_line, wanted_end) = found.stdout.splitlines(), wanted.stdout.splitlines()
    assert json.loads(line) == json.loads(wanted_line)
    assert end == wanted_end == "at exit"


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    raise ValueError('no')\ntry:\n    f()\nexcept ValueError:\n    1 / 0\n",
        "import sys\nsys.exit('bye')",
        "x = = 3",
        "raise KeyboardInterrupt",
        "import sys\nsys.excepthook = lambda kind, e, trace: print(e, trace.tb_lineno)\n1/0",
        "import math\nmath.sinn",
        "from math import sinn",
        "import nowhere",
    ],
)
def test_an_error_looks_as_python_shows_it(tmp_path, text):
    path = tmp_path / "script.py"
    path.write_text(text)
    options = {"capture_output": True, "text": True, "cwd": tmp_path}
    wanted = subprocess.run([sys.executable, "script.py"], **options)
    found = shell("run", "script.py", cwd=tmp_path)
    assert (found.stdout, found.stderr) == (wanted.stdout, wanted.stderr)
    assert found.returncode == wanted.returncode


def test_a_module_runs_as_with_python_m(command, monkeypatch):
    written("", "project/__init__.py")
    text = "import sys, torch\nfrom . import other\n"
    text += "print(__name__, __package__, sys.argv[1:], torch.e)"
    written(text, "project/train.py")
    written("", "project/other.py")
    monkeypatch.syspath_prepend(".")
    code, out, _ = command("run", "-m", "project.train", "-m", "--lr", "1")
    assert (code, out) == (0, "__main__ project ['-m', '--lr', '1'] 2.718281828459045\n")
    written("import torch\nprint(__name__, torch.__name__)", "project/__main__.py")
    assert command("run", "-m", "project")[1] == "__main__ tinygrad_edu\n"
    assert command("run", "project")[1] == "__main__ tinygrad_edu\n"
    for name in [name for name in sys.modules if name.partition(".")[0] == "project"]:
        del sys.modules[name]


PROCESSES = """
import multiprocessing as mp, sys
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
class Net(nn.Module):
    pass
def f(i):
    import torch.optim
    return i, torch.__name__, torch.optim.__name__, type(Net()).__mro__[1].__module__
if __name__ == "__main__":
    with mp.get_context(sys.argv[1]).Pool(1) as pool:
        print(pool.map(f, [1]))
    print(len(list(DataLoader(TensorDataset(torch.ones(5)), 2, num_workers=2))))
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_that_a_script_starts_import_the_same_torch(tmp_path, method):
    (tmp_path / "script.py").write_text(PROCESSES)
    (tmp_path / "site" / "torch").mkdir(parents=True)
    (tmp_path / "site" / "torch" / "__init__.py").write_text("raise SystemExit('another torch')")
    env = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path / "site")])}
    found = shell("run", "script.py", method, cwd=tmp_path, env=env)
    assert found.stderr == ""
    assert found.stdout == "[(1, 'tinygrad_edu', 'nn.optim', 'nn.module')]\n3\n"


# ---------------------------------------------------------------- names that are missing


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ("torch.fft", "AttributeError", "torch.fft is left out: .* numpy.fft"),
        ("import torch.fft", "ModuleNotFoundError", "torch.fft is left out: .* numpy.fft"),
        ("from torch import fft", "ImportError", "torch.fft is left out: .* numpy.fft"),
        ("from torch import nn, jit", "ImportError", "torch.jit is left out: .*state_dict"),
        ("import torch.distributed as dist", "ModuleNotFoundError", "torch.distributed is left"),
        ("import torch.ao.quantization", "ModuleNotFoundError", "torch.ao is left out"),
        ("from torch.utils.tensorboard import X", "ModuleNotFoundError", "left out.*matplotlib"),
        ("import torch.multiprocessing as mp", "ModuleNotFoundError", "left out: .*num_workers"),
        ("from torch.optim import SparseAdam", "ImportError", "SparseAdam is left out: .*Adam"),
        ("from torch.nn.functional import grad", "ImportError", "functional.grad is left out"),
        ("torch.ones(2).to_sparse()", "AttributeError", "to_sparse is left out: .*dense"),
        ("torch.sqrrt(3)", "AttributeError", r"script.py:2: .*no torch.sqrrt in it"),
        ("torch.nn.functional.relux", "AttributeError", "no torch.nn.functional.relux in it"),
        ("torch.ones(2).nump()", "AttributeError", r"script.py:2: .* no Tensor.nump in it"),
        ("from torch import sqrrt", "ImportError", "no torch.sqrrt in.*Did you mean 'sqrt'"),
        ("from torch.nn.functional import relux", "ImportError", "no torch.nn.functional.relux"),
        ("import torch.nothing", "ModuleNotFoundError", "no torch.nothing in tinygrad_edu"),
        ("import torch.tensor", "ModuleNotFoundError", "no torch.tensor in tinygrad_edu"),
        ("import torchaudio", "ModuleNotFoundError", "torchaudio needs PyTorch itself"),
        ("from torchvision import models", "ImportError", "torchvision.models is left out: .*nn"),
        ("from torchvision.datasets import CIFAR10", "ImportError", "CIFAR10 is left out: .*NumPy"),
        (
            "from torchvision.transforms import Resize",
            "ImportError",
            "Resize is left out: .*Lambda",
        ),
        ("import torchvision.utils", "ModuleNotFoundError", "utils is left out: matplotlib"),
    ],
)
def test_a_name_that_is_missing_is_told_with_the_line_and_what_to_do(command, line, error, words):
    code, out, err = command("run", written(f"import torch\n{line}\n"))
    assert (code, out) == (1, "")
    trace, told = err.split(f"{error}: ")
    assert trace.splitlines()[1:3] == [
        f'  File "{Path.cwd()}/script.py", line 2, in <module>', f"    {line}"
    ]  # fmt: skip
    assert trace.count("  File ") == 1, "no frames of ours"
    assert re.search(words, told.replace("\n", " "))


def test_guards_of_scripts_work(command):
    text = """
import torch, importlib.util
try:
    from torch.utils.tensorboard import SummaryWriter
except ImportError:
    SummaryWriter = None
try:
    import torchaudio
except ModuleNotFoundError as error:
    print(error.name)
print(SummaryWriter, hasattr(torch, "compile"), hasattr(torch, "fft"), hasattr(torch, "xpu"))
print(getattr(torch, "fft", None), torch.cuda.is_available())
print(bool(importlib.util.find_spec("torch")))
"""
    code, out, err = command("run", written(text))
    assert (code, err) == (0, "")
    assert out == "torchaudio\nNone True False False\nNone False\nTrue\n"


# ---------------------------------------------------------------- wrong use


def test_wrong_use_is_told_in_one_line(command):
    written("", "training.py")
    Path("folder").mkdir()
    for arguments, words in [
        ([], "arguments are required: COMMAND"),
        (["runn", "x.py"], "invalid choice: 'runn'"),
        (["run"], "needs the name of a script"),
        (["run", "trainin.py"], r"no file trainin.py.  Did you mean training.py\?"),
        (["run", "no/such.py"], "no file no/such.py"),
        (["run", "folder"], "a folder without a file __main__.py"),
        (["run", "-m", "no.such"], "no module no.such in"),
        (["run", "--fast", "training.py"], "unrecognized arguments|needs the name"),
    ]:
        code, out, err = command(*arguments)
        assert (code, out) == (2, ""), arguments
        assert err.count("\n") == 1
        assert re.search(rf"^python -m tinygrad_edu.*{words}.*--help$", err), err


def test_help_has_examples(command):
    for arguments in (["--help"], ["run", "--help"]):
        code, out, _ = command(*arguments)
        assert code == 0
        assert "examples:\n  python -m tinygrad_edu" in out


def test_the_command_is_installed():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"tinygrad-edu": "tinygrad_edu.command_line:main"}
    result = shell("run", "--help")
    assert (result.returncode, result.stderr) == (0, "")


# ---------------------------------------------------------------- pictures

TRAINING = """
import argparse
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3)


class Trainer:
    def __init__(self, model):
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        self.losses = []

    def step(self, x, y):
        prediction = self.model(x)
        loss = nn.functional.mse_loss(prediction, y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.losses.append(loss)
        return loss.item()


def main(epochs):
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    trainer = Trainer(net)
    x = torch.ones(4, 2)
    for epoch in range(epochs):
        number = trainer.step(x, x.sum(1, keepdim=True))
        print(f"epoch {epoch}")
    return trainer


if __name__ == "__main__":
    last = main(parser.parse_args().epochs)
    lr, frozen = 0.1, torch.ones(3, 2)
"""

NEURON = """
import nn
import tinygrad_edu as tg
w, x = tg.tensor([1.0, -2.0], requires_grad=True), tg.tensor([3.0, 4.0])
loss = (w * x).sum().tanh()
"""


@pytest.mark.parametrize("own", ["nn.py", "nn/__init__.py"])
def test_a_module_nn_beside_the_script_is_said_to_be_hidden(command, own):
    place = written("class Net: ...\n", own).resolve()
    path = written("import nn\nprint(hasattr(nn, 'Net'), hasattr(nn, 'Linear'))\n")
    code, out, err = command("run", path)
    assert (code, out) == (0, "False True\n")
    assert err.startswith(f"{place} is not imported: `import nn` means the package nn of")
    assert err.count("\n") == 1
    path = written("import nn\nprint(1)\n", "elsewhere/script.py")
    assert command("run", path) == (0, "1\n", "")


def test_a_tensor_of_a_script_is_drawn(command):
    code, out, err = command("draw", f"{written(NEURON)}:loss", "-o", "new/graph.dot")
    assert (code, out, err) == (0, "new/graph.dot\n", "")
    graph = Path("new/graph.dot").read_text()
    assert graph.startswith("digraph")
    for name in ("<b>w</b>", "<b>x</b>", "multiply", "sum", "tanh"):
        assert name in graph
    code, text, err = command("draw", "script.py")
    assert (code, text, err) == (0, graph, "")  # the only one, as text


@pytest.mark.parametrize("name", ["loss", "prediction", "last.losses[0]", "last.losses[-1]"])
def test_names_with_dots_and_names_in_functions(command, name):
    code, graph, printed = command("draw", f"{written(TRAINING)}:{name}")
    assert (code, printed) == (0, "epoch 0\nepoch 1\nepoch 2\n")  # what the script says
    assert "net.0.weight" in graph
    assert ("mse_loss" in graph) == (name != "prediction")


def test_the_options_are_those_of_draw(command):
    path = written(TRAINING)
    one = ["--depth", 0, "--direction", "right", "--theme", "dark", "--scale", "absolute"]
    code, graph, _ = command("draw", f"{path}:loss", *one, "--values", 0, "--formulas")
    assert code == 0
    assert "rankdir=LR" in graph
    assert "net.0.weight" not in graph
    code, out, err = command("draw", f"{path}:loss", "--values", -1)
    assert (code, out) == (2, "")
    assert "draw: values=-1: it is True, False, or up to how many" in err.splitlines()[-1]


def test_the_script_has_its_arguments_and_may_exit(command):
    path = written(TRAINING + "    raise SystemExit\n")
    code, out, _ = command("draw", f"{path}:loss", "-o", "g.dot", "--", "--epochs", "1")
    assert (code, out) == (0, "epoch 0\ng.dot\n")
    code, out, err = command("draw", f"{path}:loss", "-o", "h.dot", "--", "--epoch", "x")
    assert code == 2
    assert "usage" in err
    assert not Path("h.dot").exists()


def test_the_last_step_of_a_training_has_all_its_gradients_afterwards(command):
    """What was recorded stays as it was, though the optimizer writes to the weights."""
    text = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv1d(2, 3, 2), nn.BatchNorm1d(3)
        self.lstm, self.out = nn.LSTM(3, 4, batch_first=True), nn.Linear(4, 1)
        self.parts = nn.ParameterList([torch.ones(2), torch.ones(2)])

    def forward(self, x):
        h, _ = self.lstm(self.norm(self.conv(x)).transpose(1, 2))
        return self.out(h[:, -1] * torch.cat(list(self.parts)))

net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    loss = net(torch.ones(2, 2, 5).cumsum(-1)).square().mean()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1e9)
    optimizer.step()
"""
    from tinygrad_edu.command_line import pictures
    from tinygrad_edu.command_line.target import Target, split
    from tinygrad_edu.viz.graph.picture import picture_of

    target = Target(*split(f"{written(text)}:loss"), tg.Tensor)
    with script.left_as_it_was():
        pictures._run(argparse.Namespace(output="x.svg", arguments=[]), target)
    picture = picture_of(target.value(), target.tensors(), gradients=True)
    leaves = {box.name: box for box in picture.boxes if box.kind == "leaf"}
    parameters = dict(target.names["net"].named_parameters())
    assert leaves.keys() == {f"net.{name}" for name in parameters}
    for name, p in parameters.items():
        np.testing.assert_allclose(leaves[f"net.{name}"].gradient, p.grad.array, rtol=1e-5)
    bias = leaves["net.out.bias"]  # as it was before the last step of Adam, of nearly lr
    assert 0.05 < abs(bias.value - parameters["out.bias"].array).item() < 0.15
    w = tg.ones(2, requires_grad=True)
    loss = w.exp().sum()
    loss.backward()
    with pytest.raises(RuntimeError, match="freed"):  # afterwards backward() frees as ever
        loss.backward()


def test_the_nth_value_of_a_name_is_drawn_before_backward_and_the_script_stops(command):
    path = written(TRAINING)
    code, out, _ = command("draw", f"{path}:loss", "--nth", 2, "--gradients", "-o", "g.dot")
    assert (code, out) == (0, "epoch 0\ng.dot\n")
    assert "gradient" in Path("g.dot").read_text()
    code, _, err = command("draw", f"{path}:loss", "--nth", 4, "-o", "g.dot")
    assert code == 2
    assert "loss got a value 3 times, not 4" in err


def test_the_nth_value_may_come_after_others_that_have_no_such_part(command):
    text = NEURON + "out = None\nout = [x]\nout = [x, loss]\n"
    code, _, err = command("draw", f"{written(text)}:out[1]", "--nth", 1, "-o", "g.dot")
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        "    for loss in [x.sum(), x.prod()]:\n        loss.backward()",
        "    with contextlib.nullcontext(x.prod()) as loss:\n        pass",
        "    [_, (*several, loss)] = 1, (2, 3, x.prod())",
        "    loss: torch.Tensor = x.prod()",
        "    loss = x.sum()\n    loss *= 2",
    ],
)
def test_every_statement_that_gives_a_name_a_value_is_seen(command, text):
    text = f"import contextlib, torch\ndef main(x):\n{text}\nmain(torch.ones(3).requires_grad_())"
    assert command("draw", f"{written(text)}:loss", "-o", "g.dot") == (0, "g.dot\n", "")


def test_what_stands_in_the_brackets_of_an_assignment_is_no_name_of_the_script(command):
    text = "words = {}\nwords[tuple(n for n in 'ab')] = 1\nx[[k for k in (0, 1)]] = 2.0\n"
    text = NEURON + text + "words['c'] = [*words]\n"
    assert command("draw", f"{written(text)}:loss", "-o", "g.dot") == (0, "g.dot\n", "")


def test_what_cannot_be_drawn_is_told_in_one_line(command):
    path = written(TRAINING)
    missing = r"script.py has no los.  It has .*loss \(\), prediction \(4, 1\)"
    for arguments, words in [
        ([f"{path}:los"], missing),
        ([f"{path}:last.loss"], r"script.py has no last.loss.  It has "),
        ([f"{path}:last.losses[7]"], r"script.py has no last.losses\[7\].  It has "),
        ([f"{path}"], r"several names can be meant, .*It has loss \(\), prediction \(4, 1\)"),
        ([f"{path}:lr"], "lr is a float, 0.1, not a tensor"),
        ([f"{path}:last"], "last is a Trainer, not a tensor"),
        ([f"{path}:frozen"], r"frozen \(3, 2\) has no record: "),
        ([f"{path}:2loss"], "'2loss' is no name"),
        (["no.py:loss"], "there is no file no.py"),
        ([".:loss"], ". is a folder: name a script in it"),
        ([f"{path}:loss", "-o", "graph.gif"], r"graph.gif should end in .svg, .png, .pdf or .dot"),
        ([f"{path}:loss", "-o", f"{path}/graph.svg"], "graph.svg cannot be written"),
        ([f"{path}:loss", "--theme", "blue"], "invalid choice: 'blue'"),
        ([f"{path}:loss", "--nth", "first"], "invalid int value"),
        ([f"{path}:loss", "3"], "unrecognized arguments: 3"),
    ]:
        code, out, err = command("draw", *arguments)
        assert (code, out) == (2, ""), arguments
        *_, line = err.splitlines()  # after what the script prints
        assert re.search(rf"^python -m tinygrad_edu.*{words}.*--help$", line), err
    code, _, err = command("draw", written("import torch\nx = torch.ones(2)\n"))
    assert code == 2
    assert "no name was given, as in script.py:NAME.  It has no tensor with a record" in err


def test_an_error_of_the_script_is_the_scripts(command):
    path = written("import torch\nx = torch.fft\n")
    code, out, err = command("draw", f"{path}:x", "-o", "x.svg")
    assert (code, out) == (1, "")
    assert 'script.py", line 2, in <module>\n    x = torch.fft\n' in err
    assert err.count("  File ") == 1
    assert not Path("x.svg").exists()


def test_a_page_of_steps_of_a_training(command):
    pytest.importorskip("pygraphviz")
    code, out, _ = command("steps", f"{written(TRAINING)}:loss")
    assert (code, out) == (0, "epoch 0\nepoch 1\nepoch 2\nbackprop.html\n")


def test_a_page_of_steps(command):
    pytest.importorskip("pygraphviz")
    code, out, err = command("steps", f"{written(NEURON)}:loss", "-o", "page.html", "--title", "T")
    assert (code, out, err) == (0, "page.html\n", "")
    page = Path("page.html").read_text()
    assert "<title>T" in page
    assert "tanh" in page
    assert command("steps", f"{written(NEURON)}:loss", "-o", "page.svg")[0] == 2


def test_the_gradient_flow_of_a_model(command):
    path = written(TRAINING)
    for name in ("net", "last.model"):
        code, table, printed = command("flow", f"{path}:{name}", "--", "--epochs", "4")
        assert (code, printed) == (0, "epoch 0\nepoch 1\nepoch 2\nepoch 3\n")
        assert [line.split()[0] for line in table.splitlines()[1:4]] == ["layer", "0", "2"]
    assert "4 steps" in command("flow", f"{path}", "--", "--epochs", "4")[1]
    for file in ("flow.svg", "flow.txt"):
        code, out, _ = command("flow", f"{path}:net", "-o", file)
        assert (code, out.splitlines()[-1]) == (0, file)
        assert Path(file).stat().st_size > 100
    for text, words in [
        ("import torch\nm = torch.nn.ReLU()\n", "no parameters"),
        ("import torch\nm = torch.nn.Linear(1, 1)\n", "no gradient has reached the model"),
        ("import torch\nm = torch.ones(2)\n", r"m is a Tensor, not a module"),
    ]:
        code, _, err = command("flow", f"{written(text)}:m")
        assert code == 2
        assert words in err


@pytest.mark.parametrize("name", ["draw", "steps", "flow"])
def test_each_command_has_help_with_examples(command, name):
    code, out, _ = command(name, "--help")
    assert code == 0
    assert f"examples:\n  python -m tinygrad_edu {name}" in out


def test_the_guide_shows_what_is_printed(command):
    """Of docs/command-line.md: each file, then each command with what follows it."""
    text = (ROOT / "docs" / "command-line.md").read_text()
    check = doctest.OutputChecker().check_output
    commands = 0
    for kind, block in re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL):
        if kind == "python":
            written(block, re.match("# (.*)", block)[1])
            continue
        for line, wanted in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            program, *arguments = shlex.split(line)
            assert (program, arguments[:2]) == ("python", ["-m", "tinygrad_edu"])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _, out, err = command(*arguments[2:])
            flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            assert check(wanted, out + err, flags), f"{line}\n{out}{err}"
            commands += 1
    assert commands > 5
