"""autograd, func, modules and containers take what PyTorch's take: the parameters of each callable
by name, and the same listing with the same outcome."""

import inspect
import warnings
from collections import OrderedDict

import numpy as np
import pytest
import torch
import torch.autograd.functional
import torch.func
from torch.autograd.function import once_differentiable as theirs_once

import nn
import nn.modules.module as our_hooks
import tinygrad_edu as tg
from tinygrad_edu.autograd.function import once_differentiable as ours_once

# ---------------------------------------------------------------- signatures

# What PyTorch's have that is not taken, and why.
LEFT_OUT = {
    "set_multithreading_enabled", "enforce_grad_layout_policy",  # there is one thread, one layout
    "NestedIOFunction", "variable", "grad_mode",  # old, and not documented
    "functionalize", "debug_unwrap", "rearrange",  # of PyTorch's tracing; einops does the last
    "replace_all_batch_norm_modules_",
    "ipu", "xpu", "mtia",  # other devices
    "call_super_init", "dump_patches", "T_destination",
}  # fmt: skip
OPERATORS = ["__add__", "__iadd__", "__mul__", "__rmul__", "__imul__"]
OPERATORS += ["__or__", "__ror__", "__ior__", "__contains__"]
NOT_NAMED = {"_preallocate_and_copy"}


def named(function):
    """Names that can be given by keyword, with their defaults."""
    return {
        p.name: p.default
        for p in inspect.signature(function).parameters.values()
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name not in NOT_NAMED
    }


def pairs():
    """Name, PyTorch's callable and ours."""
    homes = [
        ("autograd", torch.autograd, tg.autograd, torch.autograd.__all__),
        ("functional", torch.autograd.functional, tg.autograd.functional, ["jacobian", "hessian"]),
        ("functional", torch.autograd.functional, tg.autograd.functional, ["jvp", "vjp"]),
        ("functional", torch.autograd.functional, tg.autograd.functional, ["hvp", "vhp"]),
        ("func", torch.func, tg.func, torch.func.__all__),
    ]
    theirs = torch.nn.modules.module
    hooks = [name for name in dir(theirs) if name.startswith("register_module_")]
    hooks.remove("register_module_backward_hook")  # deprecated there
    homes.append(("hooks", theirs, our_hooks, hooks))
    kinds = ["Module", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict", "Sequential"]
    for kind in kinds:
        their = getattr(torch.nn, kind)
        names = [n for n in dir(their) if n[0] != "_" or n in OPERATORS]
        if kind != "Module":
            names = [n for n in names if n not in dir(torch.nn.Module)]
        homes.append((kind, their, getattr(nn, kind), names))
    ctx = torch.autograd.function.FunctionCtx
    names = [n for n in dir(ctx) if n[0] != "_" and n != "mark_shared_storage"]  # deprecated
    homes.append(("ctx", ctx, tg.autograd.function.FunctionCtx, names))
    for home, their, ours, names in homes:
        for name in names:
            if name not in LEFT_OUT:
                yield f"{home}.{name}", getattr(their, name), getattr(ours, name, None)


@pytest.mark.parametrize(
    ("name", "theirs", "ours"), list(pairs()), ids=lambda x: x if isinstance(x, str) else ""
)
def test_it_takes_pytorchs_parameters(name, theirs, ours):
    assert ours is not None
    try:
        wanted = named(theirs)
    except ValueError:  # a class written in C
        return
    have = named(ours)
    for parameter, default in wanted.items():
        if name.split(".")[1] in OPERATORS and parameter != "self":
            continue  # operators take no keywords
        assert parameter in have
        if have[parameter] != default:  # where PyTorch's must be given, ours may have a default
            assert default is inspect.Parameter.empty, parameter
    inspect.signature(ours).bind(**{n: None for n in wanted if n in have})


# ---------------------------------------------------------------- the same listing


class Library:
    """What a listing reads: the tensors, the layers, and what is imported by its path."""

    def __init__(self, lib, layers, hooks, once):
        self.lib, self.nn, self.hooks, self.once = lib, layers, hooks, once


LIBRARIES = [
    Library(tg, nn, our_hooks, ours_once),
    Library(torch, torch.nn, torch.nn.modules.module, theirs_once),
]
LISTINGS = {}


def listing(function):
    LISTINGS[function.__name__] = function
    return function


def plain(x):
    """Numbers, lists and names of what a listing returns."""
    if isinstance(x, tg.Tensor | torch.Tensor):
        return np.asarray(x.detach().numpy()).tolist()
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [plain(one) for one in x]
    return x


def leaf(lib, *values):
    return lib.tensor(values if len(values) > 1 else values[0], requires_grad=True)


@listing
def backward_of_several(all):
    lib = all.lib
    x, z = leaf(lib, 1.0, 2.0), leaf(lib, 3.0)
    lib.autograd.backward([x * z, z * z], grad_tensors=[lib.ones(2), None])
    yield x.grad, z.grad
    lib.autograd.backward((x * z).sum(), inputs=z)
    yield x.grad, z.grad
    lib.autograd.backward([(x * z).sum()] * 2, retain_graph=True)
    yield x.grad, z.grad
    lib.autograd.backward([])
    lib.autograd.backward(x * z, grad_variables=lib.ones(2))
    yield x.grad, z.grad


@listing
def gradients_in_batches(all):
    lib = all.lib
    x, z = leaf(lib, 1.0, 2.0), leaf(lib, 3.0)
    grad = lib.autograd.grad
    yield grad(x * x * z, [x, z], lib.eye(2), is_grads_batched=True)
    outs, us = [x * x * z, z * z], [lib.eye(2), lib.ones(2)]
    yield grad(outs, (x, z), us, is_grads_batched=True, create_graph=True)
    yield grad(z * z, [x, z], lib.ones(3), is_grads_batched=True, allow_unused=True)
    yield grad(z * z, [x, z], lib.ones(3), is_grads_batched=True, materialize_grads=True)
    yield grad(z * z, {"x": x, "z": z}, materialize_grads=True)
    (g,) = grad(x * x * x, x, lib.eye(2), is_grads_batched=True, create_graph=True)
    yield grad(g.sum(), x)


@listing
def variables(all):
    lib = all.lib
    Variable = lib.autograd.Variable
    x = lib.ones(2)
    y = Variable(x, requires_grad=True)
    yield isinstance(x, Variable), isinstance(3, Variable), type(y) is lib.Tensor
    yield y.requires_grad, y.is_leaf, Variable(y * 2).requires_grad, Variable(data=x) is x
    x[0] = 5
    yield y.detach(), Variable().shape == (0,)


@listing
def contexts(all):
    lib, seen = all.lib, []

    class Several(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, materialize):
            ctx.set_materialize_grads(materialize)
            index = x.argmax()
            ctx.mark_non_differentiable(index)
            return x * 1, x * 2, index

        @staticmethod
        def backward(ctx, *grads):
            seen.append((grads, ctx.needs_input_grad))
            return sum(g for g in grads[:2] if g is not None), None

    for materialize in (True, False):
        for k in (0, 1):
            x = leaf(lib, 1.0, 2.0)
            out = Several.apply(x, materialize)
            out[k].sum().backward()
            yield [one.requires_grad for one in out], x.grad, seen[-1]


@listing
def contexts_by_themselves(all):
    lib, seen = all.lib, []

    class Scaled(lib.autograd.Function):
        @staticmethod
        def forward(x, factor, power=2):
            return x**power * factor

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.factor, ctx.power = inputs
            ctx.constants, ctx.ends, ctx.dirty, ctx.places = 1, 2, 3, 4  # names of one's own
            ctx.save_for_backward(x, output)
            seen.append(len(inputs))

        @staticmethod
        def backward(ctx, g):
            x, output = ctx.saved_tensors
            return g * ctx.power * output / x, None, None

    x = leaf(lib, 3.0)
    for y in (
        Scaled.apply(x, 2.0),
        Scaled.apply(x, factor=2.0),
        Scaled.apply(x, power=3, factor=1),
    ):
        (g,) = lib.autograd.grad(y, x, create_graph=True)
        yield y, g, lib.autograd.grad(g, x), seen[-1]


@listing
def other_names_of_backward(all):
    lib = all.lib

    class Doubled(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def vjp(ctx, g):
            return g * 2

    x = leaf(lib, 1.0, 2.0)
    yield lib.autograd.grad(Doubled.apply(x).sum(), x)


@listing
def once(all):
    lib = all.lib

    class Cube(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @all.once
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * x**2 * g

    x = leaf(lib, 2.0)
    (g,) = lib.autograd.grad(Cube.apply(x) * x, x, create_graph=True)
    yield g
    try:
        lib.autograd.grad(Cube.apply(x) ** 2, x, create_graph=True)[0].backward()
    except RuntimeError as error:
        yield "twice" in str(error)


@listing
def batches(all):
    lib, vmap = all.lib, all.lib.func.vmap
    x, y = lib.arange(6.0).reshape(2, 3), lib.ones(3)
    yield vmap(lambda a: a * 2, in_dims=-1)(x), vmap(lambda a: a, out_dims=-1)(x)
    yield vmap(lambda a: (a, a * 2), out_dims=(0, 1))(x), vmap(lambda a: y, out_dims=None)(x)
    yield vmap(lambda d: d["a"] * d["b"], in_dims=({"a": 0, "b": None},))({"a": x, "b": y})
    yield vmap(lambda a: {"y": a, "z": a.sum()}, out_dims={"y": 1, "z": 0})(x)
    yield vmap(lambda a, b: a + b)(x, b=y), vmap(lambda a, b: a + b, in_dims=(0, None))(x, 3)
    yield vmap(vmap(lambda a: a.sum() * a))(lib.ones(2, 3, 4)), vmap(lambda a: a, chunk_size=1)(x)
    yield tuple(vmap(lambda a: a * 2)(lib.ones(0, 3)).shape)
    same = vmap(lambda a: a * 0 + lib.rand(3), randomness="same")(x)
    others = vmap(lambda a: a * 0 + lib.rand(3), randomness="different")(x)
    yield bool((same[0] == same[1]).all()), bool((others[0] == others[1]).all())


@listing
def values_and_gradients(all):
    lib, f = all.lib, all.lib.func
    x, y = lib.tensor([1.0, 2.0]), lib.tensor([3.0, 4.0])
    yield f.grad_and_value(lambda a: (a**2).sum())(x)
    yield f.grad_and_value(lambda a: ((a**2).sum(), a), has_aux=True)(x)
    yield f.grad_and_value(lambda a, b: (a * b).sum(), argnums=(0, 1))(x, y)
    yield f.jacrev(func=lambda a: a**2, argnums=0, chunk_size=1)(x)
    yield f.jvp(lambda a: lib.ones(2), (x,), (x,)), f.jvp(lambda a: a**2, (x,), (y,), strict=True)


@listing
def modules_as_functions(all):
    lib, layers, call = all.lib, all.nn, all.lib.func.functional_call

    class Tied(layers.Module):
        def __init__(self):
            super().__init__()
            self.foo = layers.Parameter(lib.tensor([1.0]))
            self.bar = self.foo
            self.register_buffer("b", lib.tensor([5.0]))

        def forward(self, x=1.0):
            return self.foo + 10 * self.bar + 100 * self.b * x

    m, two, three = Tied(), lib.tensor([2.0]), lib.tensor([3.0])
    yield call(m, {"foo": two}, ()), call(m, {"foo": two}, kwargs={"x": 2.0})
    yield call(m, {"foo": two}, (), tie_weights=False)
    yield call(m, {"foo": two, "bar": three}, (), tie_weights=False)
    yield call(m, {"foo": two, "bar": two}, ()), call(m, {"foo": two, "b": two}, (), strict=True)
    yield call(m, ({"foo": two}, {"b": two}), 3.0), m()
    for given, how in (({"foo": two}, {"strict": True}), ({"foo": two, "bar": three}, {})):
        try:
            call(m, given, (), **how)
        except (RuntimeError, ValueError) as error:
            yield type(error).__name__
    params, buffers = lib.func.stack_module_state([Tied(), Tied()])
    yield params, buffers, params["foo"].requires_grad, params["foo"].is_leaf
    yield lib.func.vmap(lambda p, b: call(m, (p, b), ()))(params, buffers)


F = (lambda a: (a**3).sum(), lambda a, b: (a * b).sum())


@listing
def old_functional(all):
    lib, f = all.lib, all.lib.autograd.functional
    x, y, v = lib.tensor([1.0, 2.0]), lib.tensor([3.0, 4.0]), lib.tensor([1.0, -1.0])
    one = lib.tensor(2.0)
    yield f.jvp(lambda a: a**3, one), f.vjp(F[0], x), f.hvp(F[0], one), f.vhp(F[0], one)
    yield f.jacobian(lambda a, b: (a * b, a.sum()), (x, y)), f.hessian(F[1], (x, y))
    yield f.jacobian(F[0], x, strict=True), f.hessian(F[0], x, strict=True)
    yield f.jacobian(F[0], x, vectorize=True, strategy="forward-mode")
    yield f.hessian(F[0], x, vectorize=True, outer_jacobian_strategy="forward-mode")
    yield f.vjp(lambda a: (a * 1, a * 2), x, v=(v, v), strict=True), f.hvp(F[1], (x, y), (v, v))
    yield f.jvp(lambda a: (a * 1, a * 2), x, v=v, strict=True), f.vhp(F[0], x, v, strict=True)
    yield f.vjp(lambda a, b: a * 1, (x, y), v), f.hvp(lambda a, b: (a**2).sum(), (x, y), (v, v))
    made = f.jacobian(lambda a: a**3, leaf(lib, 1.0, 2.0), create_graph=True)
    yield made, made.requires_grad


def refused(lib):
    """Calls that both refuse, with the kind of error."""
    f, x, v = lib.autograd.functional, lib.tensor([1.0, 2.0]), lib.ones(3)
    vmap, two = lib.func.vmap, lib.ones(2, 3)
    yield RuntimeError, lambda: f.jvp(lambda a: a * 2, x)
    yield RuntimeError, lambda: f.vjp(lambda a: a * 2, x)
    yield RuntimeError, lambda: f.hvp(F[0], x)
    yield RuntimeError, lambda: f.hvp(lambda a: a**2, x, x)
    yield RuntimeError, lambda: f.hessian(lambda a: a**2, x)
    yield RuntimeError, lambda: f.vjp(lambda a: a, x, v)
    yield RuntimeError, lambda: f.vjp(lambda a: a, x, (x, x))
    yield TypeError, lambda: f.vjp(lambda a: a, x, 3.0)
    yield TypeError, lambda: f.jacobian(lambda a: a, [x])
    yield TypeError, lambda: f.jacobian(lambda a: 3.0, x)
    yield RuntimeError, lambda: f.jacobian(lambda a: lib.ones(2), x, strict=True)
    yield RuntimeError, lambda: f.jacobian(lambda a, b: a * 1, (x, x), strict=True)
    yield RuntimeError, lambda: f.jacobian(lambda a: a * 2, x, strict=True, create_graph=True)
    yield RuntimeError, lambda: f.jacobian(lambda a: a * 2, x, strict=True, vectorize=True)
    yield RuntimeError, lambda: f.hessian(lambda a: a.sum(), x, strict=True)
    yield RuntimeError, lambda: f.vjp(lambda a, b: a * 1, (x, x), x, strict=True)
    yield RuntimeError, lambda: f.jvp(lambda a: a * 2, x, x, create_graph=True, strict=True)
    yield RuntimeError, lambda: f.hvp(lambda a: a.sum(), x, x, strict=True)
    yield RuntimeError, lambda: lib.func.jvp(lambda a: v, (x,), (x,), strict=True)
    yield ValueError, lambda: vmap(lambda a: a, in_dims=None)(two)
    yield ValueError, lambda: vmap(lambda a, b: a + b)(two, v)
    yield ValueError, lambda: vmap(lambda a, b: a + b)(two, 3)
    yield ValueError, lambda: vmap(lambda a, b: a + b, in_dims=(0,))(two, two)
    yield ValueError, lambda: vmap(lambda a: a, in_dims=2)(two)
    yield ValueError, lambda: vmap(lambda: v)()
    yield ValueError, lambda: vmap(lambda a: a, chunk_size=0)(two)
    yield RuntimeError, lambda: vmap(lambda a: a + lib.rand(3))(two)
    yield RuntimeError, lambda: vmap(lambda a: a, randomness="what")(two)
    yield RuntimeError, lambda: lib.func.stack_module_state([])
    y, z = leaf(lib, 1.0, 2.0), leaf(lib, 3.0)
    yield RuntimeError, lambda: lib.autograd.backward([y * z, z * z], lib.ones(2))
    yield RuntimeError, lambda: lib.autograd.backward((y * z).sum(), inputs=[])
    yield RuntimeError, lambda: (y * z).sum().backward(inputs=[])
    yield RuntimeError, lambda: lib.autograd.backward(x.sum())
    yield RuntimeError, lambda: lib.autograd.grad((y * z).sum(), [])
    yield (
        ValueError,
        lambda: lib.autograd.grad(z * z, y, allow_unused=False, materialize_grads=True),
    )
    yield TypeError, lambda: lib.autograd.Variable([1.0])
    yield RuntimeError, lambda: (y * 2).register_post_accumulate_grad_hook(print)
    yield RuntimeError, lambda: x.register_post_accumulate_grad_hook(print)


@pytest.mark.parametrize("k", range(len(list(refused(tg)))))
def test_both_refuse(k):
    for lib in (torch, tg):
        kind, call = list(refused(lib))[k]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(kind):
                call()


# ---------------------------------------------------------------- hooks


@listing
def hooks_of_a_call(all):
    lib, layers, log = all.lib, all.nn, []

    class Two(layers.Module):
        def forward(self, a, b=None, *, k=1):
            return a * k, a * 3

    m = Two()
    m.register_forward_hook(lambda m, a, out: log.append("late"))
    m.register_forward_hook(lambda m, a, out: log.append("early"), prepend=True)
    with m.register_forward_hook(lambda m, a, kw, out: log.append(kw), with_kwargs=True) as handle:
        m(lib.ones(1), k=2)
        yield handle.id in m._forward_hooks, len(m._forward_hooks)
    yield len(m._forward_hooks), len(m._forward_hooks_with_kwargs), log
    m.register_forward_pre_hook(lambda m, a, kw: ((a[0] * 5,), {"k": 7}), with_kwargs=True)
    m.register_forward_pre_hook(lambda m, a: a[0] * 2, prepend=True)
    yield m(lib.ones(1)), list(map(len, (m._forward_pre_hooks, m._backward_hooks)))
    m._forward_pre_hooks.clear()
    yield m(lib.ones(1))


@listing
def hooks_after_an_error(all):
    lib, layers, log = all.lib, all.nn, []

    class Broken(layers.Module):
        def forward(self, x):
            raise KeyError("broken")

    m = Broken()
    m.register_forward_hook(lambda m, a, out: log.append(("always", out)), always_call=True)
    m.register_forward_hook(lambda m, a, out: log.append("not"))
    m.register_forward_hook(lambda m, a, out: 1 / 0, always_call=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            m(lib.ones(1))
        except KeyError as error:
            yield str(error), log, len(caught)


@listing
def hooks_of_the_backward_pass(all):
    lib, layers = all.lib, all.nn

    class Two(layers.Module):
        def forward(self, a, b, c=None):
            return a * 2, b * 3, 7

    for needs in ((True, True), (True, False)):
        for used in ((0, 1), (0,)):
            for change in (None, 10.0):
                m, log = Two(), []

                def pre(m, grads, log=log, change=change):
                    log.append(grads)
                    return change and (grads[0] * change, *grads[1:])

                m.register_full_backward_pre_hook(pre)
                m.register_full_backward_hook(lambda m, *grads, log=log: log.append(grads))
                a, b = (lib.ones(2, requires_grad=need) for need in needs)
                out = m(a, b, "c")
                sum(out[i].sum() for i in used).backward()
                yield log, a.grad, b.grad


@listing
def hooks_of_all_modules(all):
    lib, layers, log = all.lib, all.nn, []
    h, layer = all.hooks, all.nn.Linear(1, 1)
    handles = [
        h.register_module_forward_pre_hook(lambda m, a: log.append("all pre")),
        h.register_module_forward_hook(lambda m, a, out: log.append("all")),
        h.register_module_full_backward_hook(lambda m, i, o: log.append("all back")),
        h.register_module_full_backward_pre_hook(lambda m, o: log.append("all back pre")),
        h.register_module_parameter_registration_hook(lambda m, name, p: log.append(name)),
        h.register_module_module_registration_hook(lambda m, name, p: log.append(name)),
    ]
    layer.register_forward_pre_hook(lambda m, a: log.append("pre"))
    layer.register_forward_hook(lambda m, a, out: log.append("own"))
    layer.register_full_backward_hook(lambda m, i, o: log.append("back"))
    for _ in range(2):
        layer(lib.ones(1, requires_grad=True)).sum().backward()
        layers.Sequential(layers.Identity()).extra = layers.Parameter(lib.ones(1))
        for handle in handles:
            handle.remove()
    yield log


@listing
def hooks_after_a_gradient(all):
    lib, log = all.lib, []
    w = leaf(lib, 1.0, 2.0)
    handle = w.register_post_accumulate_grad_hook(lambda p: log.append((p is w, p.grad.tolist())))
    for _ in range(2):
        (w * w).sum().backward()
    handle.remove()
    (w * w).sum().backward()
    yield log, w.grad


@listing
def steps_of_the_record(all):
    x = leaf(all.lib, 1.0, 2.0)
    y = (x * 2).exp()
    ((before, k),) = y.grad_fn.next_functions
    yield y.grad_fn.name(), k, before.next_functions[1], len(before.next_functions)


@listing
def hooks_of_a_step(all):
    lib, log = all.lib, []
    a, b = leaf(lib, 1.0, 2.0), leaf(lib, 3.0)
    y = a * b
    y.grad_fn.register_prehook(lambda outputs: log.append(("before", outputs)))
    handle = y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 2, inputs[1] + 1))
    y.grad_fn.register_hook(lambda *gradients: log.append(("after", *gradients)))
    y.register_hook(lambda g: log.append("tensor"))
    y.sum().backward(retain_graph=True)
    yield log, a.grad, b.grad
    handle.remove()
    y.grad_fn.register_prehook(lambda outputs: (outputs[0] * 5,))
    y.sum().backward(retain_graph=True)
    yield a.grad, b.grad
    at_leaf = y.grad_fn.next_functions[0][0]
    at_leaf.register_hook(lambda inputs, outputs: log.append((inputs, outputs)))
    at_leaf.register_prehook(lambda outputs: (outputs[0] * 7,))
    y.sum().backward()
    yield log, a.grad, b.grad
    z = a * b
    z.grad_fn.register_hook(lambda inputs, outputs: (inputs[0], None))
    z.sum().backward()
    yield a.grad, b.grad


@listing
def hooks_on_what_is_saved(all):
    lib, log = all.lib, []
    graph = lib.autograd.graph

    def pack(x):
        log.append(x.tolist())
        return x * 10

    x = leaf(lib, 1.0, 2.0)
    with graph.saved_tensors_hooks(pack, lambda x: x / 10):
        y = (x * leaf(lib, 3.0, 4.0)).exp().sum()
    y.backward()
    yield sorted(log), x.grad


@listing
def edges_of_the_record(all):
    lib = all.lib
    x = leaf(lib, 1.0, 2.0)
    edge, at_x = map(lib.autograd.graph.get_gradient_edge, (x * x, x))
    yield edge.output_nr, edge.ownership_token, edge._fields
    yield lib.autograd.grad(edge, at_x, lib.ones(2), retain_graph=True)
    lib.autograd.backward([edge], [lib.ones(2)], inputs=[at_x])
    yield x.grad


# ---------------------------------------------------------------- modules and containers


@listing
def paths(all):
    layers = all.nn
    net = layers.Sequential(layers.Linear(1, 1), layers.Sequential(layers.ReLU()))
    net.set_submodule("1.0", layers.Tanh())
    net.set_submodule("1.x", layers.Tanh())
    yield repr(net)
    for target, module, how in (
        ("", layers.Tanh(), {}), ("0", 3, {}), ("0.weight", layers.Tanh(), {}),
        ("9.x", layers.Tanh(), {}), ("1.y", layers.Tanh(), {"strict": True}),
    ):  # fmt: skip
        try:
            net.set_submodule(target, module, **how)
        except (ValueError, AttributeError) as error:
            yield type(error).__name__
    one = layers.Module()
    one.a = one.b = layers.ReLU()
    yield repr(one.get_submodule("b")), [n for n, _ in one.named_modules(remove_duplicate=False)]
    net = layers.Linear(1, 1)
    yield (
        net.to_empty(device="cpu") is net,
        net.type(all.lib.float64).weight.dtype == all.lib.float64,
    )
    yield net.share_memory() is net, list(net.state_dict(prefix="a.")), net.weight.is_leaf
    yield net.state_dict(keep_vars=True)["weight"] is net.weight


def steps(layers, kinds):
    return [layers.ReLU() if kind == "r" else layers.Tanh() for kind in kinds]


def chains(layers):
    """Expressions over sequences and lists."""

    def S(kinds):
        return layers.Sequential(*steps(layers, kinds))

    def L(kinds):
        return layers.ModuleList(steps(layers, kinds))

    yield lambda: S("r") + S("tt")
    yield lambda: S("r") + steps(layers, "t")
    yield lambda: S("r").__iadd__(S("t"))
    yield lambda: S("r").__iadd__([layers.Tanh()])
    yield lambda: (S("rt") * 2, 2 * S("rt"), S("rt").__imul__(3), len(S("r") * 2))
    yield lambda: S("r") * 0
    yield lambda: S("r") * 1.5
    yield lambda: (S("rt").pop(0), S("rt").pop(-1), S("rtr").pop(slice(0, 2)))
    yield lambda: (S("r").insert(0, layers.Tanh()), S("rr").insert(-1, layers.Tanh()))
    yield lambda: S("r").insert(5, layers.Tanh())
    yield lambda: (S("r").append(layers.Tanh()), S("r").extend(sequential=steps(layers, "tt")))
    yield lambda: S("r").extend(3)
    yield lambda: layers.Sequential(OrderedDict(a=layers.ReLU())) + S("t")
    yield lambda: layers.Sequential(OrderedDict(a=layers.ReLU())).append(module=layers.Tanh())
    yield lambda: layers.Sequential(OrderedDict(a=layers.ReLU())) * 2
    yield lambda: (L("r") + L("t"), L("r") + steps(layers, "t"), L("r").__iadd__(L("t")))
    yield lambda: (L("rt").pop(0), L("rtt").pop(slice(0, 2)), list(reversed(L("rt"))))
    yield lambda: L("r").extend(3)
    yield lambda: L("r") * 2


def dictionaries(lib, layers):
    """Expressions over dictionaries of modules and of parameters, and lists of parameters."""

    def M():
        return layers.ModuleDict({"a": layers.ReLU(), "b": layers.Tanh()})

    def P(**parts):
        return layers.ParameterDict({k: lib.ones(1) * v for k, v in parts.items()})

    def L(n):
        return layers.ParameterList([lib.ones(1) * k for k in range(n)])

    yield lambda: (list(M()), list(M().keys()), list(M().values()), list(M().items()), len(M()))
    yield lambda: (M().pop("a"), "a" in M(), "z" in M())
    yield lambda: M().pop("z")
    yield lambda: (lambda m: (m.update(modules=[("c", layers.ReLU())]), m))(M())
    yield lambda: M().update(3)
    yield lambda: M().update([("c",)])
    yield lambda: (lambda m: (m.clear(), len(m)))(M())
    yield lambda: plain([*(P(a=1, b=2) | P(b=5, c=6)).items()])
    yield lambda: plain([*(P(a=1) | {"c": lib.ones(1)}).items()])
    yield lambda: plain([*({"c": lib.ones(1)} | P(a=1)).items()])
    yield lambda: plain([*P(a=1).__ior__(P(c=3)).items()])
    yield lambda: (list(reversed(P(a=1, b=2))), list(P(b=2, a=1)), list(P(a=1).copy()))
    yield lambda: (lambda p: p.copy()["a"] is p["a"])(P(a=1))
    yield lambda: list(layers.ParameterDict(OrderedDict(b=lib.ones(1), a=lib.ones(1))))
    yield lambda: plain([*P().fromkeys(["x", "y"], lib.ones(1)).items()])
    yield lambda: plain([P(a=1).get("a"), P(a=1).get("z"), P(a=1).get("z", 3)])
    yield lambda: plain([P(a=1, b=2).popitem(), P(a=1).setdefault("a"), P().setdefault("z", 4)])
    yield lambda: type(P(a=1).setdefault("z", lib.ones(1))).__name__
    yield lambda: P().update(3)
    yield lambda: plain([*L(2).__iadd__([lib.ones(1) * 7]), *L(1).append(value=lib.ones(1))])
    yield lambda: plain([*L(2).extend(L(1)), *L(3)[1:], L(2)[-1]])
    yield lambda: L(1).extend(lib.ones(2))
    yield lambda: L(2)[5]


def expressions(lib, layers):
    return [*chains(layers), *dictionaries(lib, layers)]


@pytest.mark.parametrize("k", range(len(expressions(tg, nn))))
def test_containers_change_alike(k):
    found = []
    for lib, layers in ((torch, torch.nn), (tg, nn)):
        call = expressions(lib, layers)[k]
        try:
            found.append(repr(call()))
        except Exception as error:
            found.append(type(error).__name__)
    assert found[0] == found[1]


@pytest.mark.parametrize("name", LISTINGS)
def test_the_same_listing(name):
    found = []
    for library in LIBRARIES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append([plain(x) for x in LISTINGS[name](library)])
    ours, theirs = found
    assert len(ours) == len(theirs) > 0
    for mine, right in zip(ours, theirs, strict=True):
        assert repr(mine) == repr(right) or np.allclose(mine, right)
