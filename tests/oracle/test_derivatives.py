"""Derivatives of functions beside torch.func and torch.autograd: one text, run by both."""

import numpy as np
import pytest
import torch

import nn
import tinygrad_edu as tg

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
OURS, THEIRS = (tg, nn, nn.functional), (torch, torch.nn, torch.nn.functional)


def tensor(lib, array):
    return (lib.from_numpy if lib is torch else tg.from_numpy)(np.array(array))


def numbers(tree):
    """What a tree of tensors holds, as nested lists of arrays."""
    if isinstance(tree, dict):
        return [numbers(tree[name]) for name in sorted(tree)]
    if isinstance(tree, tuple | list):
        return [numbers(branch) for branch in tree]
    return tree.detach().numpy()


def compare(found, expected):
    if isinstance(found, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            compare(one, other)
    else:
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def both(run):
    compare(numbers(run(*OURS)), numbers(run(*THEIRS)))


RANDOM = np.random.default_rng(0)
X, W, V = (RANDOM.standard_normal(shape) for shape in ((6,), (6, 6), (6,)))

FUNCTIONS = {
    "matmul": lambda lib, F, x: ((x.reshape(2, 3) @ x.reshape(3, 2)) ** 2).sum(),
    "softmax": lambda lib, F, x: (F.softmax(tensor(lib, W) @ x, 0) ** 2).sum(),
    "logsumexp": lambda lib, F, x: lib.logsumexp(tensor(lib, W) * x, 1).sum(),
    "conv": lambda lib, F, x: (F.conv1d(x[None, None], x[None, None, :2]) ** 2).sum(),
    "norm": lambda lib, F, x: lib.linalg.norm(x) ** 3 + lib.linalg.norm(tensor(lib, W) * x),
    "det": lambda lib, F, x: lib.linalg.det(tensor(lib, W) + lib.outer(x, x)),
    "max pool": lambda lib, F, x: (F.max_pool1d(x[None, None], 2) ** 3).sum(),
    "gelu": lambda lib, F, x: F.gelu(x).sum(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_hessians_and_products(name):
    def run(lib, _, F):
        def f(x):
            return FUNCTIONS[name](lib, F, x)

        x, v, func, old = tensor(lib, X), tensor(lib, V), lib.func, lib.autograd.functional
        return [
            func.hessian(f)(x),
            func.grad(f)(x),
            func.jacrev(func.grad(f))(x),
            func.jacfwd(f)(x) if name != "max pool" else x,  # not there in torch.func
            func.jvp(f, (x,), (v,)) if name != "max pool" else x,
            func.jvp(func.grad(f), (x,), (v,)) if name not in ("max pool", "conv") else x,
            func.vjp(func.grad(f), x)[1](v),
            old.hessian(f, x),
            old.jacobian(f, x),
            old.hvp(f, x, v),
            old.vhp(f, x, v),
            old.vjp(f, x),
        ]

    both(run)


def test_jacobians_of_several_arguments_and_trees():
    def run(lib, _, F):
        def f(p, x):
            return {"a": lib.tanh(p["w"] @ x) * p["b"], "c": (x * x).sum()}

        p = {"w": tensor(lib, W), "b": tensor(lib, V)}
        return [
            lib.func.jacrev(f, argnums=(0, 1))(p, tensor(lib, X)),
            lib.func.jacfwd(f, argnums=1)(p, tensor(lib, X)),
            lib.func.jacrev(lambda p, x: (f(p, x), x), has_aux=True)(p, tensor(lib, X))[0],
        ]

    both(run)


def test_per_example_gradients():
    def run(lib, NN, F):
        net = NN.Linear(6, 3).double()
        params = {"weight": tensor(lib, W[:3]), "bias": tensor(lib, V[:3])}

        def loss(params, x):
            return (lib.func.functional_call(net, params, (x,)) ** 2).sum()

        return lib.func.vmap(lib.func.grad(loss), in_dims=(None, 0))(params, tensor(lib, W))

    both(run)


def network(lib, NN):
    net = NN.Sequential(NN.Linear(6, 5), NN.Tanh(), NN.Linear(5, 1)).double()
    random = np.random.default_rng(1)
    for p in net.parameters():
        p.data = tensor(lib, random.standard_normal(tuple(p.shape)))
    return net


def test_a_step_of_training_with_a_gradient_penalty():
    """Gulrajani et al., "Improved training of Wasserstein GANs" (2017)."""

    def run(lib, NN, F):
        net = network(lib, NN)
        x = tensor(lib, W).requires_grad_()
        score = net(x)
        (slope,) = lib.autograd.grad(score.sum(), x, create_graph=True)
        penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
        (score.mean() + 10 * penalty).backward()
        optimizer = (torch.optim if lib is torch else nn.optim).SGD(net.parameters(), lr=0.1)
        optimizer.step()
        return [p.grad for p in net.parameters()] + list(net.parameters())

    both(run)


def test_an_inner_step_of_maml():
    """Finn et al., "Model-agnostic meta-learning" (2017): a gradient through a step of descent."""

    def run(lib, NN, F):
        net = network(lib, NN)
        x, y = tensor(lib, W), tensor(lib, V[:, None])
        params = dict(net.named_parameters())
        loss = F.mse_loss(lib.func.functional_call(net, params, (x[:3],)), y[:3])
        grads = lib.autograd.grad(loss, list(params.values()), create_graph=True)
        pairs = zip(params.items(), grads, strict=True)
        adapted = {name: p - 0.1 * g for (name, p), g in pairs}
        outer = F.mse_loss(lib.func.functional_call(net, adapted, (x[3:],)), y[3:])
        outer.backward()
        return [p.grad for p in net.parameters()]

    both(run)


def test_hooks_of_modules():
    def run(lib, NN, F):
        net, seen = network(lib, NN), []
        for layer in net.children():
            layer.register_full_backward_hook(lambda _, gi, go: seen.append([gi[0], go[0]]))
            layer.register_forward_hook(lambda _, x, y: seen.append([x[0], y]))
        net[1].register_full_backward_hook(lambda _, gi, go: (gi[0] * 2,))
        net[2].register_forward_pre_hook(lambda _, x: x[0] * 3)
        x = tensor(lib, W).requires_grad_()
        net(x).sum().backward()
        return [seen, x.grad, [p.grad for p in net.parameters()]]

    both(run)


def test_a_function_written_for_pytorch():
    def run(lib, NN, F):
        class Cube(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x, factor):
                ctx.save_for_backward(x)
                ctx.factor = factor
                return factor * x**3

            @staticmethod
            def backward(ctx, grad_output):
                (x,) = ctx.saved_tensors
                assert ctx.needs_input_grad == (True, False)
                return 3 * ctx.factor * x**2 * grad_output, None

        x = tensor(lib, X).requires_grad_()
        (g,) = lib.autograd.grad(Cube.apply(x, 2.0).sum(), x, create_graph=True)
        (h,) = lib.autograd.grad((g * g).sum(), x)
        return [g, h]

    both(run)
