"""PyTorch's paths and switches, so that a script runs after only `import tinygrad_edu as torch`."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nn
import tinygrad_edu as torch
from tinygrad_edu import absent
from tinygrad_edu.command_line import vision

ROOT = Path(__file__).parents[1]

SCRIPT = """
import tinygrad_edu as torch
import sys
assert "nn" not in sys.modules, "importing stays quick: nn is imported at its first use"
import tinygrad_edu.nn as nn
import tinygrad_edu.nn.functional as F
import tinygrad_edu.optim as optim
import tinygrad_edu.backends.cudnn as cudnn
from tinygrad_edu import nn as same, optim as same_optim, utils
from tinygrad_edu.nn import functional, init
from tinygrad_edu.nn.utils import clip_grad_norm_
from tinygrad_edu.nn.utils.rnn import pad_sequence
from tinygrad_edu.optim import Adam, lr_scheduler
from tinygrad_edu.optim.lr_scheduler import StepLR
from tinygrad_edu.utils.data import DataLoader, TensorDataset
from tinygrad_edu.utils.checkpoint import checkpoint
from tinygrad_edu.amp import GradScaler, autocast
from tinygrad_edu.cuda.amp import GradScaler, autocast
import nn as home
assert nn is home is same is torch.nn and F is home.functional is functional is torch.nn.functional
assert optim is home.optim is same_optim is torch.optim and optim.lr_scheduler is lr_scheduler
assert torch.utils.data is home.data and DataLoader is home.data.DataLoader
assert isinstance(torch.nn.Linear(1, 1), home.Module)
"""


def test_each_import_of_a_script_gives_the_one_module():
    run = [sys.executable, "-W", "error", "-c", SCRIPT]
    result = subprocess.run(run, capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr


def test_a_script_after_one_import():
    torch.manual_seed(0)
    torch.cuda.manual_seed_all(0)
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    x = torch.randn(16, 3)
    data = torch.utils.data.TensorDataset(x, x.sum(1, keepdim=True))
    model = torch.compile(torch.nn.Sequential(torch.nn.Linear(3, 1)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    for _ in range(20):
        for a, b in torch.utils.data.DataLoader(data, batch_size=8, shuffle=True):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(a.to(device)), b.to(device))
            loss.backward()
            optimizer.step()
        schedule.step()
    assert loss.item() < 1e-2


@pytest.mark.parametrize("name", ["fft", "complex", "polar", "view_as_complex", "stft"])
def test_what_is_left_out_says_why(name):
    with pytest.raises(AttributeError, match=f"{name} is left out.*complex numbers"):
        getattr(torch, name)
    assert not hasattr(torch, name)


def test_what_is_not_there():
    with pytest.raises(AttributeError, match="tinygrad_edu' has no attribute 'sqrrt'"):
        torch.sqrrt  # noqa: B018
    with pytest.raises(AttributeError, match=r"tinygrad_edu\.utils' has no attribute 'dta'"):
        torch.utils.dta  # noqa: B018
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'nump'") as caught:
        torch.ones(2).nump  # noqa: B018
    assert caught.value.name == "nump"  # of these two Python makes its "Did you mean"
    assert isinstance(caught.value.obj, torch.Tensor)


PLACES = {
    "torch": torch,
    "Tensor": torch.ones(2),
    "nn": torch.nn,
    "optim": torch.optim,
    "torchvision": vision,
    "datasets": nn.data,
    "transforms": nn.data.transforms,
}


@pytest.mark.parametrize("path", absent.REASONS)
def test_each_name_that_is_left_out_says_why_and_what_to_do(path):
    home, _, name = path.replace(".*", "any").partition(".")
    place = PLACES[home] if home in PLACES else getattr(torch, home)
    with pytest.raises(AttributeError) as caught:
        getattr(place, name)
    words = str(caught.value)
    assert words.startswith(f"{home}.{name} is left out: ")
    assert not hasattr(place, name)
    assert words.count(".  ") + words.count("see ") + words.count(": ") > 1  # what to do instead
    assert name not in dir(place)


def test_of_the_class_and_of_a_tensor_what_is_listed_is_there():
    for place in (torch.Tensor, torch.nn.Parameter, torch.ones(2, 2)):
        assert all(hasattr(place, name) for name in dir(place) if name[0] != "_")


def test_the_names_of_other_homes_are_found_without_being_listed():
    x = torch.tensor([-1.0, 4.0])
    assert torch.relu_(x) is x
    assert x.tolist() == [0, 4]
    assert torch.clamp_(x, max=3).tolist() == [0, 3]
    assert torch.zero_(x).tolist() == [0, 0]
    assert torch.conv2d is torch.nn.functional.conv2d
    assert torch.GradScaler is torch.amp.GradScaler
    assert torch.is_signed(x)
    assert not torch.is_inference(x)
    assert torch.OutOfMemoryError is torch.cuda.OutOfMemoryError is MemoryError
    assert torch.vmap is torch.func.vmap
    assert torch.layer_norm(x[None], (2,)).shape == (1, 2)
    assert "conv2d" not in dir(torch)
    for name in nn.top_level.__all__:
        assert getattr(torch, name) is getattr(nn.top_level, name)
    assert sorted(torch._OF_NN.split()) == nn.top_level.__all__
    with pytest.raises(RuntimeError, match=r"cuda.current_device: .*is_available"):
        torch.cuda.current_device()


# ---------------------------------------------------------------- switches


def test_threads_are_noted():
    torch.set_num_threads(3)
    assert torch.get_num_threads() == 3
    torch.set_num_interop_threads(2)
    assert torch.get_num_interop_threads() == 2
    for wrong in (0, -1, 2.5, "3"):
        with pytest.raises(RuntimeError, match="whole number above 0"):
            torch.set_num_threads(wrong)
    run = [sys.executable, "-c", "import tinygrad_edu as tg; print(tg.get_num_threads())"]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "7"}
    assert subprocess.check_output(run, env=env, cwd=ROOT, text=True) == "7\n"


def test_determinism_and_precision_are_noted():
    torch.use_deterministic_algorithms(True, warn_only=True)
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(False)
    assert not torch.are_deterministic_algorithms_enabled()
    torch.set_float32_matmul_precision("high")
    assert torch.get_float32_matmul_precision() == "high"
    torch.set_float32_matmul_precision("highest")
    with pytest.raises(ValueError, match="'low' is none of"):
        torch.set_float32_matmul_precision("low")


def test_defaults():
    torch.set_default_device("cpu")
    assert torch.get_default_device() == torch.device("cpu")
    with pytest.raises(RuntimeError, match="no device 'cuda'"):
        torch.set_default_device("cuda")
    for kind in (torch.DoubleTensor, "torch.DoubleTensor"):
        torch.set_default_tensor_type("torch.FloatTensor")
        torch.set_default_tensor_type(kind)
        assert torch.tensor(1.0).dtype == torch.float64
    with pytest.raises(TypeError, match="none of FloatTensor"):
        torch.set_default_tensor_type("torch.LongTensor")


def test_compile_takes_pytorchs_options():
    def double(x):
        return 2 * x

    for compiled in (
        torch.compile(double, mode="max-autotune", fullgraph=True),
        torch.compile(dynamic=False)(double),
    ):
        assert compiled(torch.ones(2)).tolist() == [2, 2]
    with pytest.raises(TypeError, match="a function or a module, not 3"):
        torch.compile(3)


def test_a_type_has_pytorchs_name():
    assert torch.typename(torch.zeros(2)) == "torch.FloatTensor"
    assert torch.typename(3) == "int"
    assert torch.typename(nn.Linear) == "nn.linear.Linear"


def test_random_numbers_in_a_fork_leave_the_stream_as_it_was():
    torch.manual_seed(3)
    with torch.random.fork_rng(devices=[]):
        first = torch.rand(3)
    assert torch.equal(torch.rand(3), first)
    torch.random.manual_seed(3)
    with torch.random.fork_rng(enabled=False):
        assert torch.equal(torch.rand(3), first)
    assert not torch.equal(torch.rand(3), first)
    state = torch.random.get_rng_state()
    with pytest.raises(RuntimeError, match="whole number"), torch.random.fork_rng():
        torch.randint(torch.randint(1, 2, (1,)).item(), 0, (1,))
    assert torch.get_rng_state() == state


# ---------------------------------------------------------------- formats in memory


FORMATS = ["channels_last", "channels_last_3d", "contiguous_format", "preserve_format"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_memory_format_is_accepted_wherever_pytorch_takes_one(name):
    chosen = getattr(torch, name)
    assert repr(chosen) == f"torch.{name}"
    assert isinstance(chosen, torch.memory_format)
    x = torch.arange(120.0).reshape(1, 2, 3, 4, 5)
    for made in (
        x.to(memory_format=chosen),
        x.to("cpu", memory_format=chosen),
        x.to(torch.float32, memory_format=chosen),
        x.clone(memory_format=chosen),
        x.contiguous(memory_format=chosen),
        x.float(memory_format=chosen),
        x.cpu(memory_format=chosen),
        x.type(torch.float32, memory_format=chosen),
    ):
        assert torch.equal(made, x)
    for like in (torch.zeros_like, torch.ones_like, torch.empty_like, torch.rand_like):
        assert like(x, memory_format=chosen).shape == x.shape
    assert torch.full_like(x, 2, memory_format=chosen).sum() == 240
    assert torch.empty((1, 2, 3, 4, 5), memory_format=chosen).shape == x.shape
    assert isinstance(nn.Conv2d(2, 2, 1).to(memory_format=chosen), nn.Conv2d)


def test_whether_the_channels_are_last_is_seen():
    x = torch.zeros(1, 2, 3, 4)
    last = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    asked = [torch.contiguous_format, torch.channels_last, torch.channels_last_3d]
    assert [x.is_contiguous(memory_format=f) for f in asked] == [True, False, False]
    assert [last.is_contiguous(memory_format=f) for f in asked] == [False, True, False]
    deep = torch.zeros(1, 3, 4, 5, 2).permute(0, 4, 1, 2, 3)
    assert [deep.is_contiguous(memory_format=f) for f in asked] == [False, False, True]


# ---------------------------------------------------------------- recomputation


def test_checkpoints_of_a_sequence_have_the_gradients_of_the_sequence():
    torch.manual_seed(0)
    model = nn.Sequential(*(nn.Linear(4, 4) for _ in range(5)))
    x = torch.randn(3, 4, requires_grad=True)
    model(x).sum().backward()
    wanted = [p.grad.array.copy() for p in (x, *model.parameters())]
    for segments in (1, 2, 3, 5):
        for p in (x, *model.parameters()):
            p.grad = None
        y = torch.utils.checkpoint.checkpoint_sequential(model, segments, x, use_reentrant=False)
        y.sum().backward()
        for p, grad in zip((x, *model.parameters()), wanted, strict=True):
            np.testing.assert_allclose(p.grad.array, grad, rtol=1e-6)
    with pytest.raises(ValueError, match="5 functions cannot be cut into 6 segments"):
        torch.utils.checkpoint.checkpoint_sequential(model, 6, x)


def test_a_checkpoint_runs_in_its_contexts_and_takes_pytorchs_options():
    entered = []

    @contextlib.contextmanager
    def noted(name):
        entered.append(name)
        yield

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.utils.checkpoint.checkpoint(
        torch.square,
        x,
        use_reentrant=False,
        context_fn=lambda: (noted("now"), noted("again")),
        debug=True,
        early_stop=False,
    )
    assert entered == ["now"]
    y.sum().backward()
    assert entered == ["now", "again"]
    assert x.grad.tolist() == [2.0, 4.0]


def test_what_a_script_asks_of_a_tensor():
    x = torch.ones(2, 3, requires_grad=True)
    assert x.real is x
    assert (x.is_cpu, x.get_device(), torch.get_device(x)) == (True, -1, -1)
    asked = (x.is_nested, x.is_mkldnn, x.is_inference(), torch.is_inference(x))
    assert asked == (False,) * 4
    assert x[:, torch.newaxis].shape == (2, 1, 3)
