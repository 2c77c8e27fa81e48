"""While someone observes, the record keeps values, calls, modules and lines; else it is as ever."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from cube import Cube

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.engine import graph, packing
from tinygrad_edu.engine.hooks import of_all_modules
from tinygrad_edu.viz import observe
from tinygrad_edu.viz.graph.picture import recorded


def calls_behind(y):
    return {node.call.name for node in recorded(y.node) if node.plan and hasattr(node, "call")}


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("gelu", lambda x: F.gelu(x)),
        ("gelu", lambda x: F.gelu(x, approximate="tanh")),
        ("max", lambda x: x.max(dim=1)[0]),
        ("max", lambda x: x.max()),
        ("mean", lambda x: x.mean(1)),
        ("softmax", lambda x: tg.softmax(x, 1)),
        ("layer_norm", lambda x: F.layer_norm(x, (3,))),
        ("mse_loss", lambda x: F.mse_loss(x, tg.zeros(2, 3))),
        ("clamp", lambda x: x.clamp(min=0)),
        ("exp", np.exp),
        ("multiply", lambda x: 2 * x),
    ],
)
def test_the_name_is_that_of_the_function_that_was_called(name, f):
    with observe():
        y = f(tg.randn(2, 3, requires_grad=True))
    assert calls_behind(y) == {name}


def test_the_names_are_the_same_in_a_folder_that_is_called_nn(tmp_path):
    """What is a file of nn is not decided by the folders above the packages."""
    (tmp_path / "nn").mkdir()
    for package in ("tinygrad_edu", "nn"):
        (tmp_path / "nn" / package).symlink_to(Path(__file__).parents[1] / package)
    script = """
import tinygrad_edu as tg
with tg.viz.observe():
    y = tg.distributions.Normal(tg.ones(2, requires_grad=True), 1.0).log_prob(tg.ones(2))
print(tg.__file__, y.node.call.name)
"""
    run = [sys.executable, "-c", f"import sys; sys.path.insert(0, 'nn'){script}"]
    result = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path, check=True)
    place, name = result.stdout.split()
    assert (Path(place).parts[-3], name) == ("nn", "log_prob")


def test_ops_of_one_call_share_it_and_two_calls_on_one_line_do_not():
    x = tg.randn(2, 3, requires_grad=True)
    with observe():
        y = F.mse_loss(F.softplus(F.softplus(x)), x)
    calls = {id(node.call): node.call.name for node in recorded(y.node) if node.plan}
    assert sorted(calls.values()).count("softplus") == 2


def test_modules_are_named_by_their_path():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(5, 4)
            self.blocks = nn.Sequential(nn.Linear(4, 4), nn.GELU())

        def forward(self, x):
            return self.blocks(self.blocks(self.embed(x))) * 2

    net = Net()
    with observe():
        y = net(tg.tensor([0, 1]))
    double, gelu = y.node, y.node.inputs[0]
    assert [m.name for m in double.call.modules] == [""]
    assert [(m.name, m.kind) for m in gelu.call.modules] == [
        ("", "Net"),
        ("blocks", "Sequential"),
        ("1", "GELU"),
    ]
    first = gelu.inputs[0].inputs[0]
    assert first.call.name == "gelu"
    assert first.call.modules[1].call != gelu.call.modules[1].call  # another call of the same
    assert str(gelu.call.place).startswith(__file__)
    assert "embedding" in calls_behind(y)


def test_values_are_those_of_the_moment():
    x, c = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor([3.0, 4.0])
    with observe():
        y = x + c  # whose rule reads neither
    with tg.no_grad():
        x.zero_()
        c.zero_()
    result, left, right = y.node.values
    assert (result.tolist(), left.tolist(), right.tolist()) == ([4, 6], [1, 2], [3, 4])
    y.sum().backward()  # what the rules do not read may be written
    assert x.grad.tolist() == [1, 1]


def test_what_the_rules_read_may_still_not_be_written():
    x, c = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor([3.0, 4.0])
    with observe():
        y = x * c
    c.zero_()
    with pytest.raises(RuntimeError, match="in-place write"):
        y.sum().backward()


def test_gradients_are_the_same():
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.LSTM(4, 3))
    x = tg.randn(6, 4)

    def grads():
        y = model(x)[0].pow(2).sum()
        return [g.tolist() for g in tg.autograd.grad(y, list(model.parameters()))]

    before = grads()
    with observe():
        assert grads() == before


def test_nothing_stays_behind():
    x = tg.ones(2, requires_grad=True)
    model = nn.Linear(2, 2)
    with observe(), observe():
        model(x)
    with pytest.raises(ZeroDivisionError), observe():
        1 / 0  # noqa: B018
    assert graph.record is graph.new_node
    assert graph.planned is None
    assert packing.observed_node is None
    assert not of_all_modules
    y = model(x).relu()
    assert type(y.node) is graph.Node
    assert type(x + 1) is tg.Tensor
    assert (x + 1).node.saved == ((2,), (2,), ())


def test_a_module_that_raises_is_left():
    class Bad(nn.Module):
        def forward(self, x):
            raise KeyError("bad")

    x = tg.ones(2, requires_grad=True)
    with observe():
        with pytest.raises(KeyError):
            nn.Sequential(nn.ReLU(), Bad())(x)
        y = x * 2
    assert y.node.call.modules == ()


def test_another_thread_is_not_observed():
    x, found = tg.ones(2, requires_grad=True), []
    with observe():
        thread = threading.Thread(target=lambda: found.append((x + 1).node))
        thread.start()
        thread.join()
    assert type(found[0]) is graph.Node
    assert found[0].saved == ((2,), (2,), ())


def test_what_hooks_pack_is_observed_too():
    x = tg.ones(2, requires_grad=True)
    with observe(), tg.autograd.graph.saved_tensors_hooks(lambda t: t * 2, lambda t: t / 2):
        y = x.exp()
    assert graph.record is graph.new_node
    y.sum().backward()
    np.testing.assert_allclose(x.grad, np.exp(np.ones(2, np.float32)))
    np.testing.assert_allclose(y.node.values[0], np.exp(np.ones(2, np.float32)))


def test_a_function_with_its_own_backward_is_differentiated_as_ever():
    x = tg.tensor(2.0, requires_grad=True)
    with tg.viz.observe():
        y = Cube.apply(x)
    y.backward()
    assert x.grad.item() == 12
