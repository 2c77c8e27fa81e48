"""Autograd by itself: tensors, graphs, gradients of gradients, hooks, functions of one's own."""

import torch
from torch.autograd import Function, grad
from torch.autograd.functional import hessian, jacobian
from torch.func import functional_call, jacrev, vmap
from torch.func import grad as fgrad

x = torch.ones(2, 2, requires_grad=True)
print(x)
y = x + 2
print(y.grad_fn is not None, y.requires_grad, x.is_leaf, y.is_leaf)
z = y * y * 3
out = z.mean()
out.backward()
print(x.grad)

a = torch.randn(2, 2)
a = (a * 3) / (a - 1)
print(a.requires_grad)
a.requires_grad_(True)
b = (a * a).sum()
print(b.grad_fn is None)
with torch.no_grad():
    print((x**2).requires_grad)

w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
(first,) = torch.autograd.grad((w**3).sum(), w, create_graph=True)
(second,) = grad(first.sum(), w)
print(first.detach().numpy(), second.numpy())
print(jacobian(lambda v: v**2, torch.tensor([1.0, 2.0])))
print(hessian(lambda v: (v**3).sum(), torch.tensor([1.0, 2.0])))
print(fgrad(torch.sin)(torch.tensor(0.0)), vmap(fgrad(lambda t: t**2))(torch.arange(3.0)))
print(jacrev(torch.exp)(torch.zeros(2)))


class MyReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input.clamp(min=0)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input < 0] = 0
        return grad_input


v = torch.tensor([-1.0, 2.0], requires_grad=True)
MyReLU.apply(v).sum().backward()
print(v.grad, issubclass(MyReLU, Function))
seen = []
u = torch.tensor(2.0, requires_grad=True)
s = u * 3
s.retain_grad()
s.register_hook(lambda g: seen.append(g.item()))
(s**2).backward()
print(seen, s.grad.item(), u.grad.item())
try:
    (w**2).backward()
except RuntimeError as error:
    print(type(error).__name__)
try:
    t = (w * w).sum()
    t.backward()
    t.backward()
except RuntimeError as error:
    print(type(error).__name__, "backward" in str(error))
linear = torch.nn.Linear(2, 1)
parameters = {"weight": torch.tensor([[1.0, 2.0]]), "bias": torch.tensor([0.5])}
print(functional_call(linear, parameters, (torch.ones(1, 2),)))
from torch.autograd import gradcheck

print(gradcheck(torch.sigmoid, (torch.randn(3, dtype=torch.double, requires_grad=True),)))
print(torch.linalg.norm(torch.tensor([3.0, 4.0])), torch.special.expit(torch.zeros(1)))
np_array = x.detach().cpu().numpy()
print(type(np_array).__name__, np_array.dtype, torch.from_numpy(np_array).dtype)
