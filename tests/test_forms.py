"""The forms in which derivatives, hooks and containers are asked for, beside those of every day."""

import copy
import importlib
import inspect
import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn.modules import module as all_modules
from tinygrad_edu import autograd, func
from tinygrad_edu.autograd.function import once_differentiable
from tinygrad_edu.testing import gradcheck

HOMES = "accelerator amp autograd autograd.function autograd.functional autograd.graph backends "
HOMES += "backends.cudnn cuda cuda.amp distributions distributions.constraints distributions.kl "
HOMES += "distributions.transforms func linalg mps special testing testing.strategies utils "
HOMES += "utils.checkpoint utils.data version viz"


@pytest.mark.parametrize("name", [*HOMES.split(), "nn.parallel"])
def test_what_is_seen_is_what_is_exported(name):
    home = importlib.import_module(name if name == "nn.parallel" else f"tinygrad_edu.{name}")
    exported = {name for name in home.__all__ if not name.startswith("_")}
    assert {name for name in dir(home) if not name.startswith("_")} == exported
    assert all(hasattr(home, name) for name in home.__all__)


def test_of_the_ops_their_names_are_seen():
    assert {"add", "matmul", "conv"} <= set(dir(tg.ops))
    assert all(hasattr(getattr(tg.ops, name), "op") for name in dir(tg.ops))


@pytest.mark.parametrize("home", [tg, tg.Tensor, tg.linalg, tg.special, F, nn.init, func])
def test_a_function_is_pickled_by_its_name(home):
    """As a model that keeps one as its activation, or a data set for workers, needs it."""
    found = {name: getattr(home, name, None) for name in dir(home)}
    functions = {name: thing for name, thing in found.items() if inspect.isfunction(thing)}
    assert functions
    for name, function in functions.items():
        if not name.startswith("_"):
            assert pickle.loads(pickle.dumps(function)) is function, name


ASKED = """
from threading import Barrier, Thread
import tinygrad_edu as tg
found, start = [], Barrier(8)
def ask():
    start.wait()
    found.append([getattr(tg, name) for name in tg.__all__])
threads = [Thread(target=ask) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(found) == 8, "a thread has failed"
assert all(a is b for row in found for a, b in zip(found[0], row, strict=True))
"""


def test_threads_that_ask_for_the_same_name_get_the_same_function():
    subprocess.run([sys.executable, "-c", ASKED], check=True, timeout=60)


# ---------------------------------------------------------------- autograd


def test_backward_of_several_tensors():
    x, z = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor(3.0, requires_grad=True)
    autograd.backward([x * z, z * z], [tg.ones(2), None])
    assert (x.grad.tolist(), z.grad.item()) == ([3, 3], 9)
    autograd.backward((x * z).sum(), inputs={"z": z})
    assert (x.grad.tolist(), z.grad.item()) == ([3, 3], 12)
    with pytest.warns(FutureWarning, match="grad_tensors now"):
        autograd.backward(x * z, grad_variables=tg.ones(2))
    with pytest.raises(RuntimeError, match="2 tensors, but 1 gradients"):
        autograd.backward([x * z, z * z], tg.ones(2))
    with pytest.raises(RuntimeError, match="inputs= is empty"):
        (x * z).sum().backward(inputs=[])


def test_rows_of_a_jacobian_in_one_call():
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x.cumsum(0) ** 2
    (rows,) = autograd.grad(y, x, tg.eye(3), is_grads_batched=True, create_graph=True)
    expected = func.jacrev(lambda x: x.cumsum(0) ** 2)(x.detach())
    assert rows.tolist() == expected.tolist()
    assert rows.requires_grad
    found = autograd.grad(y, {"x": x}, tg.eye(3), is_grads_batched=True)
    assert found["x"].tolist() == expected.tolist()
    with pytest.raises(RuntimeError, match="freed"):  # the last row freed it
        autograd.grad(y.sum(), x)
    with pytest.raises(RuntimeError, match="one dimension more"):
        autograd.grad(x * 2, x, tg.ones(3), is_grads_batched=True)
    with pytest.raises(ValueError, match="allow_unused"):
        autograd.grad(x.sum(), x, allow_unused=False, materialize_grads=True)


class Cut(autograd.Function):
    @staticmethod
    def forward(x, low, high=1.0):
        return x.clamp(low, high), (x < low) | (x > high), x.argmax()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.mark_non_differentiable(output[1], output[2])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(output[1])
        ctx.places = ctx.constants = ctx.ends = ctx.dirty = "names of one's own"

    @staticmethod
    def backward(ctx, g, *others):
        assert others == (None, None)
        return tg.where(ctx.saved_tensors[0], 0 * g, g), None, None


def test_a_function_with_a_context_of_its_own():
    x = tg.tensor([-2.0, 0.5, 2.0], dtype=tg.float64, requires_grad=True)
    cut, outside, last = Cut.apply(x, low=-1.0)
    assert (cut.tolist(), outside.tolist(), last.item()) == ([-1, 0.5, 1], [True, False, True], 2)
    assert not outside.requires_grad
    assert not last.requires_grad
    (cut * 3).sum().backward()
    assert x.grad.tolist() == [0, 3, 0]
    assert gradcheck(lambda x: Cut.apply(x, -1.0)[0], x, order=2)
    assert func.vmap(lambda x: Cut.apply(x, -1.0)[0])(x[None]).tolist() == [[-1, 0.5, 1]]
    assert func.jvp(lambda x: Cut.apply(x, -1.0)[0], (x,), (x,))[1].tolist() == [0, 0.5, 0]


def test_gradients_that_did_not_arrive_are_zeros_unless_told_otherwise():
    seen = []

    class Three(autograd.Function):
        @staticmethod
        def forward(ctx, x, materialize):
            ctx.set_materialize_grads(materialize)
            return x * 1, x * 2, x.double() * 3

        @staticmethod
        def backward(ctx, *grads):
            seen.append([g if g is None else (g.tolist(), g.dtype) for g in grads])
            return sum((k + 1) * g for k, g in enumerate(grads) if g is not None), None

    for materialize, missing in ((True, ([0.0], tg.float64)), (False, None)):
        x = tg.ones(1, requires_grad=True)
        a, b, _ = Three.apply(x, materialize)
        (a.sum() + (b * b).sum()).backward()
        assert seen[-1] == [([1.0], tg.float32), ([4.0], tg.float32), missing]
        assert x.grad.tolist() == [9]


def test_a_function_that_is_not_differentiated_twice():
    class Cube(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.x = x.detach().numpy()
            return x**3

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            return tg.as_tensor(3 * g.detach().numpy() * ctx.x**2)

    x = tg.tensor([1.0, 2.0], requires_grad=True)
    (g,) = autograd.grad((Cube.apply(x) ** 2).sum(), x, create_graph=True)
    assert g.tolist() == [6, 192]
    with pytest.raises(RuntimeError, match="once_differentiable"):
        g.sum().backward()


def test_a_function_defines_one_backward():
    class Neither(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    class Named(Neither):
        @staticmethod
        def vjp(ctx, g):
            return g * 2

    class Both(Named):
        @staticmethod
        def backward(ctx, g):
            return g

    x = tg.ones(1, requires_grad=True)
    with pytest.raises(NotImplementedError, match=r"Neither: .*neither"):
        Neither.apply(x).sum().backward()
    with pytest.raises(RuntimeError, match=r"Both: .*both"):
        Both.apply(x).sum().backward()
    assert autograd.grad(Named.apply(x), x)[0].item() == 2
    with pytest.raises(TypeError, match="setup_context"):
        Named.apply(x=x)


def test_a_variable_is_a_tensor():
    x = tg.ones(2)
    y = autograd.Variable(x, requires_grad=True)
    assert isinstance(x, autograd.Variable)
    assert type(y) is tg.Tensor
    assert np.shares_memory(x.array, y.array)
    with pytest.warns(UserWarning, match="volatile"):
        autograd.Variable(x, volatile=True)
    with pytest.raises(TypeError, match="not a list"):
        autograd.Variable([1.0])


def test_steps_of_the_record_have_names():
    x = tg.ones(2, requires_grad=True)
    step = (x * 2).exp().grad_fn
    ((before, k),) = step.next_functions
    assert (step.name, step.name(), before.name(), k) == (
        "exp",
        "ExpBackward0",
        "MultiplyBackward0",
        0,
    )
    assert before.next_functions == ((x.node, 0), (None, 0))


# ---------------------------------------------------------------- func


def test_vmap_in_every_form():
    x = tg.arange(6.0).reshape(2, 3)
    assert func.vmap(lambda d: d["a"] + d["b"], ({"a": 1, "b": None},))(
        {"a": x, "b": 10}
    ).tolist() == [[10, 13], [11, 14], [12, 15]]
    a, b = func.vmap(lambda r: (r, r.sum()), out_dims=(-1, 0))(x)
    assert (a.tolist(), b.tolist()) == (x.T.tolist(), [3, 12])
    assert func.vmap(lambda r: r * 2)(tg.ones(0, 3)).shape == (0, 3)
    assert func.vmap(lambda r: (r, r), out_dims=1)(tg.ones(0, 3))[0].shape == (3, 0)
    with pytest.raises(RuntimeError, match="randomness='different'"):
        func.vmap(lambda r: tg.nn.functional.dropout(r))(x)
    tg.manual_seed(0)
    same = func.vmap(lambda r: r * 0 + tg.rand(3), randomness="same")(x)
    other = func.vmap(lambda r: r * 0 + tg.rand(3), randomness="different")(x)
    assert same[0].tolist() == same[1].tolist()
    assert len({*map(tuple, [same[0].tolist(), *other.tolist()])}) == 3
    for wrong in ({"in_dims": None}, {"in_dims": 2}, {"in_dims": (0, 0)}, {"out_dims": (0, 0)}):
        with pytest.raises(ValueError, match=r"vmap: (in|out)_dims="):
            func.vmap(lambda r: r, **wrong)(x)


def test_models_side_by_side():
    models = [nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).eval() for _ in range(4)]
    params, buffers = func.stack_module_state(models)
    x = tg.randn(5, 3)

    def call(params, buffers, x):
        return func.functional_call(models[0], (params, buffers), x, strict=True)

    y = func.vmap(call, (0, 0, None))(params, buffers, x)
    np.testing.assert_allclose(y.array, [m(x).detach().array for m in models], rtol=1e-6)
    y.sum().backward()
    assert params["0.weight"].grad.shape == (4, 2, 3)
    with pytest.raises(RuntimeError, match="Linear, Sequential"):
        func.stack_module_state([models[0], nn.Linear(1, 1).eval()])
    with pytest.raises(RuntimeError, match="training mode"):
        func.stack_module_state([models[0], nn.Sequential()])


def test_tied_weights_of_a_functional_call():
    m = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    m[1].weight = m[0].weight
    x, two, three = tg.ones(1), tg.tensor([[2.0]]), tg.tensor([[3.0]])
    with tg.no_grad():
        m[0].weight.fill_(1)
    call = func.functional_call
    assert call(m, {"0.weight": two}, x).item() == 4
    assert call(m, {"1.weight": three}, x, tie_weights=False).item() == 3
    assert call(m, {"0.weight": two, "1.weight": three}, x, tie_weights=False).item() == 6
    assert m(x).item() == 1
    assert m[0].weight is m[1].weight
    with pytest.raises(ValueError, match="one shared parameter"):
        call(m, {"0.weight": two, "1.weight": three}, x)
    with pytest.raises(RuntimeError, match=r"missing: \['0.weight', '1.weight'\]"):
        call(m, {}, x, strict=True)


def test_strict_asks_for_dependence():
    f, x = autograd.functional, tg.ones(2)
    assert f.jacobian(lambda a, b: a * b, (x, x), strict=True)[0].tolist() == [[1, 0], [0, 1]]
    for call, words in (
        (lambda: f.jacobian(lambda a, b: a * 1, (x, x), strict=True), "not depend on input 1"),
        (lambda: f.hessian(lambda a: a.sum(), x, strict=True), "gradient with respect to input 0"),
        (lambda: f.vjp(lambda a: tg.ones(2), x, x, strict=True), "result 0 does not depend"),
    ):
        with pytest.raises(RuntimeError, match=words):
            call()


# ---------------------------------------------------------------- hooks


def test_handles_end_with_their_block_and_are_copied():
    layer = nn.Identity()
    with layer.register_forward_hook(lambda m, args, out: out + 1) as handle:
        assert layer(tg.zeros(1)).item() == 1
        assert [*layer._forward_hooks] == [handle.id]
    assert layer(tg.zeros(1)).item() == 0
    layer.handle = layer.register_forward_hook(lambda m, args, out: out + 1)
    other = copy.deepcopy(layer)
    other.handle.remove()
    assert (layer(tg.zeros(1)).item(), other(tg.zeros(1)).item()) == (1, 0)
    layer._forward_hooks.clear()
    assert layer(tg.zeros(1)).item() == 0


def test_the_old_backward_hook_is_the_full_one():
    layer, seen = nn.Linear(2, 3), []
    handle = layer.register_backward_hook(lambda module, given, out: seen.append((given, out)))
    layer(tg.ones(1, 2, requires_grad=True)).sum().backward()
    ((to_x,), (of_y,)) = seen[0]
    assert to_x.tolist() == [layer.weight.sum(0).tolist()]
    assert of_y.tolist() == [[1, 1, 1]]
    handle.remove()


def test_hooks_of_all_modules_come_first():
    log, layer = [], nn.Identity()
    layer.register_forward_hook(lambda *_: log.append("own"))
    with all_modules.register_module_forward_hook(
        lambda m, args, kwargs, out: log.append(kwargs), with_kwargs=True
    ):
        layer(tg.zeros(1))
    layer(tg.zeros(1))
    assert log == [{}, "own", "own"]
    with all_modules.register_module_buffer_registration_hook(lambda m, name, b: b + 1):
        layer.register_buffer("b", tg.zeros(1))
    assert layer.b.item() == 1


def test_backward_hooks_see_every_place():
    class Two(nn.Module):
        def forward(self, a, b, c):
            return a * 2, b * 3, c

    m, seen = Two(), []
    m.register_full_backward_pre_hook(lambda m, out: seen.append(out))
    m.register_full_backward_hook(lambda m, *grads: seen.append(grads))
    a, b = tg.ones(1, requires_grad=True), tg.ones(1)
    m(a, b, "c")[0].backward()
    (out, (inputs, again)) = seen
    assert out == again == (tg.ones(1), None, None)
    assert (inputs[0].item(), inputs[1].item(), inputs[2]) == (2, 0, None)
    with m.register_full_backward_pre_hook(lambda m, out: out[:1]):
        y = m(a, b, "c")[0]
        with pytest.raises(RuntimeError, match="1 gradients in place of 3"):
            y.backward()


def test_a_hook_that_is_always_called():
    class Broken(nn.Module):
        def forward(self, x):
            raise KeyError("broken")

    m, log = Broken(), []
    m.register_forward_hook(lambda m, args, out: log.append(out), always_call=True)
    m.register_forward_hook(lambda m, args, out: 1 / 0, always_call=True)
    with pytest.warns(UserWarning, match="division by zero"), pytest.raises(KeyError):
        m(tg.ones(1))
    assert log == [None]


def test_a_leaf_that_is_trained_as_its_gradient_arrives():
    w = tg.tensor([1.0, 2.0], requires_grad=True)

    def step(w):
        w.data -= 0.5 * w.grad
        w.grad = None

    handle = w.register_post_accumulate_grad_hook(step)
    (w * w).sum().backward()
    assert w.tolist() == [0, 0]
    handle.remove()
    (w + 1).sum().backward()
    assert w.grad.tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="result"):
        (w * 2).register_post_accumulate_grad_hook(step)


# ---------------------------------------------------------------- modules


def test_a_module_at_a_path():
    net = nn.Sequential(nn.ReLU(), nn.Sequential(nn.ReLU()))
    net.set_submodule("1.0", nn.Tanh())
    net[1].again = net[0]
    assert isinstance(net.get_submodule("1.0"), nn.Tanh)
    assert net.get_submodule("1.again") is net[0]  # it stands in two places
    with pytest.raises(AttributeError, match="nothing, not a Module"):
        net.set_submodule("1.x", nn.Tanh(), strict=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_forked_processes_share_the_parameters():
    layer = nn.Linear(2, 1).share_memory()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads beside a fork
        child = os.fork()
    if child == 0:
        with tg.no_grad():
            layer.weight.fill_(7)
        os._exit(0)
    os.waitpid(child, 0)
    assert layer.weight.tolist() == [[7, 7]]
    layer(tg.ones(2)).backward()
    assert layer.weight.grad.tolist() == [[1, 1]]


def test_conversions_of_a_module():
    layer = nn.Linear(2, 1)
    assert layer.type(tg.float64).weight.dtype == np.float64
    assert layer.to_empty(device="cpu").weight.shape == (1, 2)
    assert layer.compile(mode="max-autotune") is layer
    with pytest.raises(TypeError, match="bfloat16"):
        layer.bfloat16()
    with pytest.raises(RuntimeError, match="CPU"):
        layer.cuda()


def test_sequences_are_added_and_repeated():
    net = nn.Sequential(nn.Linear(1, 1))
    both = net + nn.Sequential(nn.ReLU())
    assert [type(m).__name__ for m in both] == ["Linear", "ReLU"]
    three = 3 * net
    assert len(three) == 3
    assert three[0] is three[2]
    net *= 2
    net += both
    assert len(net) == 4
    assert len(net.pop(slice(0, 2))) == 2
    for wrong, kind in (
        (lambda: net + list(both), ValueError),
        (lambda: net * 0, ValueError),
        (lambda: net * 1.5, TypeError),
        (lambda: net.insert(5, nn.ReLU()), IndexError),
        (lambda: net.extend(3), TypeError),
    ):
        with pytest.raises(kind, match="Sequential"):
            wrong()


def test_a_dictionary_of_parameters_is_a_dictionary():
    table = nn.ParameterDict({"b": tg.ones(1), "a": tg.zeros(1)})
    assert list(table) == ["a", "b"]
    assert list(reversed(table)) == ["b", "a"]
    assert list(table | {"c": tg.ones(1)}) == ["a", "b", "c"]
    assert table.copy()["a"] is table["a"]
    assert table.setdefault("d", tg.ones(2)).requires_grad
    assert table.popitem()[0] == "d"
    assert list(table.fromkeys(["x", "y"], tg.ones(1))) == ["x", "y"]
    table |= {"z": 3}
    assert table["z"] == 3
    with pytest.raises(ValueError, match="a pair of a key and a value"):
        table.update([("q",)])


def test_what_is_taken_is_shown():
    for thing, names in (
        (autograd.grad, "outputs inputs grad_outputs retain_graph create_graph only_inputs"),
        (func.vmap, "func in_dims out_dims randomness chunk_size"),
        (nn.Sequential.insert, "self index module"),
        (nn.Module.apply, "self fn"),
    ):
        assert [*inspect.signature(thing).parameters][: len(names.split())] == names.split()
