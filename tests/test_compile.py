"""`compile`: a function as its NumPy program, whose results are those of the function."""

import copy
import gc
import math
import subprocess
import sys
import threading
import weakref
from collections import deque
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
from tinygrad_edu.testing.programs import random_program

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
            assert not np.any(0 if x is None else x)
            assert not np.any(0 if y is None else y)
        else:
            assert (x.shape, x.dtype) == (y.shape, y.dtype)
            assert np.array_equal(x, y, equal_nan=True)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", sorted(OPS))
def test_every_op_finds_the_same_bits(name):
    seed = sum(map(ord, name))
    case = op_case(OPS[name], Random(seed))
    narrow = seed % 2 and name not in WIDE
    inputs = [
        x.astype(np.float32) if narrow and getattr(x, "dtype", None) == np.float64 else x
        for x in case.inputs
    ]
    compiled = tg.compile(lambda *ts: case(*ts))
    try:
        right = results(case, inputs)
    except TypeError:  # an op of whole numbers
        with pytest.raises(TypeError):
            results(compiled, inputs)
        return
    for _ in range(2):
        assert_same(results(compiled, inputs), right)
    if name not in AS_IT_IS:
        assert "def forward" in compiled.source
    others = [x * 0.5 if getattr(x, "dtype", 0) in FLOATS else x for x in inputs]
    try:  # perhaps other steps, perhaps an error
        right = results(case, others)
    except Exception as error:
        with pytest.raises(type(error)):
            results(compiled, others)
    else:
        assert_same(results(compiled, others), right)


FLOATS = (np.float32, np.float64)
AS_IT_IS = {"as_strided", "digamma", "lgamma", "polygamma", "setitem", "overlay", "put_extremes"}
WIDE = {"recurrent"}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(12))
def test_random_programs_find_the_same_bits(seed):
    program = random_program(Random(seed), 6)
    compiled, right = tg.compile(lambda *xs: program(*xs)), results(program, program.inputs)
    for _ in range(2):
        assert_same(results(compiled, program.inputs), right)


# ---------------------------------------------------------------- networks


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
    np.savez(
        tmp_path / "given.npz",
        x=x.array,
        target=target.array,
        **{name: p.detach().array for name, p in named.items()},
    )
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
    assert loss.source.endswith(PROGRAM)


PROGRAM = """
def forward(x, w1, w2):
    # x (2, 2), w1 (2, 3), w2 (2, 3)
    np.matmul(x, w1, out=a1)  # (2, 3)
    np.tanh(a1, out=a1)  # (2, 3)
    np.multiply(a1, w2, out=a2)  # (2, 3)
    y = np.add.reduce(a2, axis=None)  # ()
    return np.array(y), (w2, x)


def backward(grad, w2, x):
    v1 = np.broadcast_to(grad.reshape((1, 1)), (2, 3))  # (2, 3)
    np.multiply(v1, w2, out=a2)  # (2, 3)
    d_w2 = np.multiply(v1, a1)  # (2, 3)
    np.multiply(a1, a1, out=a3)  # (2, 3)
    np.subtract(1, a3, out=a3)  # (2, 3)
    np.multiply(a2, a3, out=a2)  # (2, 3)
    d_w1 = np.matmul(x.T, a2)  # (2, 3)
    return (d_w1, d_w2)
"""


def test_a_layer_that_draws_and_a_buffer_that_is_written():
    ways = []
    for compiled in (False, True):
        tg.manual_seed(3)
        model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 3))
        call = tg.compile(model) if compiled else model
        found = [step(model, call, *batch(seed=k)) for k in range(3)]
        model.eval()
        found.append([call(batch()[0]).array])
        state = [t.array.copy() for t in model.state_dict().values()]
        ways.append((found, state, tg.rand(2).array))
    for right, got in zip(*map(tuple, ways), strict=True):
        for a, b in zip(flat(right), flat(got), strict=True):
            assert np.array_equal(a, b)


def flat(tree):
    return [x for part in tree for x in flat(part)] if isinstance(tree, list) else [tree]


# ---------------------------------------------------------------- the record


def weights():
    return tg.tensor([1.0, -2.0, 0.5], requires_grad=True)


def test_two_calls_before_one_backward_keep_their_numbers():
    w, v = weights(), weights()
    f, g = tg.compile(lambda x: (w * x).exp().sum()), lambda x: (v * x).exp().sum()
    one, other = tg.tensor([1.0, 2.0, 3.0]), tg.tensor([-1.0, 0.5, 2.0])
    first, second = f(one), f(other)
    (first * 2 + f(other)).backward()
    second.backward()
    (g(one) * 2 + g(other)).backward()
    g(other).backward()
    assert np.array_equal(w.grad.array, v.grad.array)


def test_hooks_retain_graph_and_a_second_backward():
    w, seen = weights(), []
    f = tg.compile(lambda x: (w * x).sin().sum())
    w.register_hook(lambda g: seen.append(g.tolist()))
    y = f(tg.tensor([1.0, 2.0, 3.0]))
    assert seen == []
    y.backward(retain_graph=True)
    y.backward()
    assert len(seen) == 2
    assert seen[0] == seen[1]
    assert w.grad.tolist() == [2 * g for g in seen[0]]
    with pytest.raises(RuntimeError, match="was freed by the backward"):
        y.backward()


def test_second_derivatives_are_those_of_the_function():
    w, x = weights().double().detach().requires_grad_(), tg.tensor([1.0, 2.0, 3.0]).double()
    y = tg.compile(lambda x: (w * x).exp().sum())(x)
    (g,) = tg.autograd.grad(y, w, create_graph=True)
    (gg,) = tg.autograd.grad(g.sum(), w)
    assert tg.allclose(gg, x * x * (w * x).exp())


def test_a_write_between_forward_and_backward_is_seen():
    w = weights()
    y = tg.compile(lambda x: (w * w * x).sum())(tg.ones(3))
    with tg.no_grad():
        w.mul_(2)
    with pytest.raises(RuntimeError, match="in-place write"):
        y.backward()


def test_several_results_of_which_one_is_used():
    w, x = weights(), tg.tensor([1.0, 2.0, 3.0])
    f = tg.compile(lambda x: {"a": (w * x).sum(), "b": [w.exp(), (x * 2, 3)]})
    for _ in range(2):
        w.grad = None
        found = f(x)
        assert found["b"][1][1] == 3
        assert found["b"][1][0].tolist() == [2, 4, 6]
        found["a"].backward()
        assert w.grad.tolist() == [1, 2, 3]
    w.grad, found = None, f(x)
    (found["a"] + found["b"][0].sum()).backward()
    assert np.array_equal(w.grad.array, x.array + np.exp(w.array))


# ---------------------------------------------------------------- when a program is written anew


def test_other_shapes_modes_and_values_that_the_function_reads():
    w, factor = weights(), 2.0

    def f(x, power=1):
        return (w * x) ** power * factor

    compiled, x = tg.compile(f), tg.tensor([1.0, 2.0, 3.0])
    for change in range(6):
        if change == 1:
            x = tg.ones(4, 3)
        if change == 2:
            factor = 3.0
        if change == 3:
            w = tg.tensor([3.0, 3.0, 3.0])
        if change == 4:
            x = x.double()
        assert_same([compiled(x, power=change).array], [f(x, power=change).array])
        assert compiled(x).requires_grad == f(x).requires_grad
    with tg.no_grad():
        assert not compiled(x).requires_grad


def test_an_object_whose_attributes_change_runs_as_it_is():
    class Cell:
        def __init__(self):
            self.h, self.calls = tg.zeros(3), 0

        def __call__(self, x):
            self.calls += 1
            self.h = (self.h + x).tanh()
            return self.h

    one, other = Cell(), Cell()
    compiled = tg.compile(one)
    for _ in range(12):
        assert compiled(tg.ones(3)).tolist() == other(tg.ones(3)).tolist()
    assert one.calls == 12
    assert "runs as it is: what the function reads has changed" in compiled.source


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (lambda x: x if x.sum() > 0 else -x, "a branch"),
        (lambda x: x * x.sum().item(), "item"),
        (lambda x: x[: int(x[0])], "int"),
        (lambda x: tg.nonzero(x), "shape"),
        (lambda x: tg.unique(x), "shape"),
        (lambda x: x[x > 0], "shape of x.mask."),
        (lambda x: x * x.tolist()[0], "tolist"),
        (lambda x: tg.tensor(np.asarray(x)), "NumPy"),
    ],
)
def test_what_depends_on_the_numbers_names_the_line(f, what):
    line = f.__code__.co_firstlineno
    with pytest.raises(DependsOnValues, match=f"compile: .*{what}.* at .*test_compile.py:{line}"):
        tg.compile(f)(tg.tensor([1.0, 2.0]))


def test_a_guard_raises_what_the_function_raises():
    logits, right = tg.zeros(2, 3, requires_grad=True), tg.tensor([0, 1])
    compiled = tg.compile(F.cross_entropy)
    compiled(logits, right).backward()
    with pytest.raises(IndexError, match=r"holds class 5 at .1."):
        compiled(logits, tg.tensor([0, 5]))
    compiled(logits, right).backward()
    hole, loss = tg.tensor([[1.0, float("nan")]]), tg.compile(F.mse_loss)
    loss(tg.zeros(1, 2), tg.zeros(1, 2))
    with pytest.raises(ValueError, match=r"holds nan at .0, 1."):
        loss(tg.zeros(1, 2), hole)
    assert "def forward" in loss.source


def test_after_an_exception_nothing_is_half_done():
    norm, drop = nn.BatchNorm1d(3), nn.Dropout(0.5)

    def f(x, target):
        return F.cross_entropy(norm(drop(x)), target)

    compiled, x = tg.compile(f), tg.randn(4, 3)
    for target in (tg.tensor([0, 1, 2, 7]), tg.tensor([0, 1, 2, 0]), tg.tensor([0, 1, 2, 7])):
        before = [t.array.copy() for t in norm.state_dict().values()]
        state = tg.get_rng_state()
        if target[-1] == 7:
            with pytest.raises(IndexError):
                compiled(x, target)
            assert tg.get_rng_state() == state
            assert_same([t.array for t in norm.state_dict().values()], before)
        else:
            compiled(x, target)
            assert norm.num_batches_tracked == 1


def test_threads_have_buffers_of_their_own():
    model = mlp()
    compiled, errors = tg.compile(model), []

    def work(seed):
        x, _ = batch(50, seed)
        right = model(x).array
        found = [compiled(x).array for _ in range(20)]
        errors.extend([seed for y in found if not np.array_equal(y, right)])

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


# ---------------------------------------------------------------- forms


def test_forms_of_the_call():
    def double(x):
        return 2 * x

    assert tg.compile(double, disable=True) is double
    compiled = tg.compile(dynamic=False)(double)
    assert compiled.__name__ == "double"
    assert tg.compile(compiled) is compiled
    assert compiled(tg.ones(2)).tolist() == [2, 2]
    with pytest.raises(TypeError, match="a function or a module, not 3"):
        tg.compile(3)
    for unknown in (np.ones(2), {1}):
        with pytest.raises(TypeError, match="compile: an argument is a"):
            compiled(unknown)
    model = tg.compile(nn.Linear(2, 1))
    assert [p.shape for p in model.parameters()] == [(1, 2), (1,)]


def test_a_function_that_sets_a_seed_runs_as_it_is():
    def f(x):
        tg.manual_seed(3)
        return x * tg.rand(3)

    compiled = tg.compile(f)
    for _ in range(3):
        assert compiled(tg.ones(3)).tolist() == f(tg.ones(3)).tolist()
    assert "a seed that the function sets" in compiled.source


def test_a_copy_has_weights_and_programs_of_its_own():
    model, (x, _) = tg.compile(mlp()), batch()
    right = model(x)
    twin = copy.deepcopy(model)
    with tg.no_grad():
        for p in twin.parameters():
            p.zero_()
    assert not twin(x).array.any()
    assert np.array_equal(model(x).array, right.array)


def test_a_call_without_backward_leaves_nothing_behind():
    w = weights()
    y = tg.compile(lambda x: (w * x).sum())(tg.ones(3))
    node = weakref.ref(y.node)
    gc.disable()
    del y
    gc.enable()
    assert node() is None


def test_a_record_holds_no_argument_so_that_no_cycle_arises():
    f = tg.compile(lambda x: (x * x).sum())
    gc.disable()
    try:
        for _ in range(3):
            x = weights() * 1
            x += f(x)  # the record of x leads to the call that was given x
            there = weakref.ref(x)
            del x
            assert there() is None
    finally:
        gc.enable()


def test_numbers_that_are_equal_but_not_the_same_have_programs_of_their_own():
    f = tg.compile(lambda x, c: x * c)
    one = tg.ones(1)
    signs = [np.signbit(f(one, c).numpy()).item() for c in (0.0, -0.0, 0.0)]
    assert signs == [False, True, False]
    for _ in range(3):
        assert f(one, math.nan).isnan().all()
    assert len(f._programs) == 3


def test_programs_for_ever_other_arguments_are_bounded():
    f = tg.compile(lambda x, c: x * c)
    for k in range(80):
        assert f(tg.ones(1), k).item() == k
    assert len(f._programs) == 65
    assert "64 other choices of arguments" in f.source
    f(tg.ones(1), 3)
    assert "np.multiply" in f.source


def test_the_largest_few_of_many_are_part_of_a_program():
    f = tg.compile(lambda x: tg.topk(x, 2).values)
    x = tg.randn(3, 40)
    assert np.array_equal(f(x).array, tg.topk(x, 2).values.array)
    assert "np.argsort" in f.source


def test_a_decorated_method():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)

        @tg.compile
        def forward(self, x):
            return self.layer(x)

    one, other, x = Net(), Net(), tg.ones(3)
    for net in (one, other, one):
        assert np.array_equal(net(x).array, net.layer(x).array)


def test_what_cannot_be_traced_keeps_nothing_that_the_function_made():
    made = deque()  # which is not put back after the try, as a list is

    @tg.compile
    def f(x):
        y = x * 2
        made.append(weakref.ref(y))
        tg.manual_seed(0)  # there is no way to write this down
        return y.sum()

    f(tg.ones(3))
    assert "runs as it is" in f.source
    assert [y() for y in made] == [None, None]
