"""`compile`: a function as its NumPy program, whose results are those of the function."""

import subprocess
import sys
import threading
from random import Random

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn import optim
from tinygrad_edu.engine.graph import OPS
from tinygrad_edu.func.trees import leaves
from tinygrad_edu.program import DependsOnValues
from tinygrad_edu.testing import op_case

# ---------------------------------------------------------------- the same numbers


def results(f, inputs):
    """What f finds of copies of these arrays, and the gradients of the inputs."""
    ts = [tg.Tensor(x.copy()) if isinstance(x, np.ndarray) else x for x in inputs]
    for t in ts:
        if isinstance(t, tg.Tensor) and t.dtype.kind == "f":
            t.requires_grad_()
    ys = [y for y in leaves(f(*ts)) if isinstance(y, tg.Tensor)]
    ends = [t for t in ts if isinstance(t, tg.Tensor) and t.requires_grad]
    recorded = [y for y in ys if y.requires_grad]
    loss = sum(((k + 1) * y).sum() for k, y in enumerate(recorded))
    gs = tg.autograd.grad(loss, ends, allow_unused=True) if recorded and ends else ()
    return [y.array for y in ys] + [None if g is None else g.array for g in gs]


def assert_same(found, right):
    for x, y in zip(found, right, strict=True):
        if x is None or y is None:  # a gradient that is not there is 0
            assert not np.any(0 if x is None else x) and not np.any(0 if y is None else y)
        else:
            assert (x.shape, x.dtype) == (y.shape, y.dtype)
            assert np.array_equal(x, y, equal_nan=True)


AS_IT_IS = {"as_strided", "digamma", "lgamma", "polygamma"}  # they run as they are
NO_CASE = {"fractional_max"}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", sorted(OPS))
def test_every_op_finds_the_same_bits(name):
    for seed, dtype in enumerate((np.float32, np.float64)):
        case = op_case(OPS[name], Random(seed))
        inputs = [
            x.astype(dtype) if getattr(x, "dtype", None) == np.float64 else x for x in case.inputs
        ]
        try:
            right = results(case, inputs)
        except TypeError:  # a float32 where the op wants what it was declared with
            continue
        compiled = tg.compile(lambda *ts, case=case: case(*ts))
        for _ in range(3):
            assert_same(results(compiled, inputs), right)
        if name in AS_IT_IS:
            assert "runs as it is" in compiled.source


def step(model, call, x, target, loss=F.cross_entropy):
    model.zero_grad()
    y = loss(call(x), target)
    y.backward()
    return [y.array.copy(), *[p.grad.array.copy() for p in model.parameters()]]


def mlp(dtype=tg.float32):
    tg.manual_seed(0)
    layers = nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 3)
    return nn.Sequential(*layers).to(dtype)


def batch(rows=6, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return tg.tensor(rng.standard_normal((rows, 4)).astype(dtype)), tg.tensor(
        rng.integers(0, 3, rows)
    )


def test_training_goes_as_without_compile():
    ways = []
    for compiled in (False, True):
        model = mlp()
        call = tg.compile(model) if compiled else model
        optimizer, losses = optim.Adam(model.parameters(), 0.01), []
        for k in range(8):
            x, target = batch(6 if k % 2 else 4, seed=k)
            optimizer.zero_grad()
            loss = F.cross_entropy(call(x), target)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        ways.append((losses, [p.array.tolist() for p in model.parameters()]))
    assert ways[0] == ways[1]


# ---------------------------------------------------------------- the program that is printed


def test_the_printed_file_needs_numpy_alone_and_finds_the_gradients(tmp_path):
    model, (x, target) = mlp(), batch()

    @tg.compile
    def loss_of(x, target):
        return F.cross_entropy(model(x), target)

    loss_of(x, target).backward()
    named = {f"layer{name.replace('.', '_')}": p for name, p in model.named_parameters()}
    np.savez(tmp_path / "given.npz", x=x.array, target=target.array, **{
        name: p.detach().array for name, p in named.items()
    })
    script = loss_of.source + (
        "\nimport inspect, sys\n"
        "given = np.load('given.npz')\n"
        "y, saved = forward(*[given[name] for name in inspect.signature(forward).parameters])\n"
        "names = [n for n in inspect.signature(forward).parameters if n.startswith('layer')]\n"
        "gradients = backward(np.ones((), np.float32), *saved)\n"
        "np.savez('found.npz', y=y, **dict(zip(names, gradients)))\n"
        "assert not any(name.startswith(('tinygrad', 'torch')) for name in sys.modules)\n"
    )
    (tmp_path / "pasted.py").write_text(script)
    subprocess.run([sys.executable, "-I", "pasted.py"], check=True, cwd=tmp_path)
    found = np.load(tmp_path / "found.npz")
    assert set(found) == {"y", *named}
    for name, p in named.items():
        assert np.array_equal(found[name], p.grad.array)


def test_the_program_of_a_small_network_is_short_and_named_after_its_parameters():
    w1, w2 = (tg.tensor(np.ones((2, 3)), requires_grad=True) for _ in range(2))

    @tg.compile
    def loss(x):
        return ((x @ w1).tanh() * w2).sum()

    assert str(loss) == "# loss: the program is written at the first call"
    loss(tg.tensor(np.ones((2, 2)))).backward()
    assert print_lines(loss) == PROGRAM.strip().splitlines()


def print_lines(compiled):
    return [line for line in str(compiled).splitlines() if line][2:]


PROGRAM = """
"""
