"""L layers and their Jacobians: what backpropagation multiplies, matrix by matrix.

A network is a chain of layers z_i = f_i(theta_i, z_{i-1}), with the input z_0 and a loss l(z_L).
The forward loop stores z_i and two Jacobian blocks of each layer,

    A_i = dz_i / dtheta_i  (its parameters),      B_i = dz_i / dz_{i-1}  (its input).

The backward loop starts with q_{L+1} = dl/dz_L, and goes from the last layer to the first:

    p_i = A_i' q_{i+1} = dl/dtheta_i,             q_i = B_i' q_{i+1} = dl/dz_{i-1}.

`backward()` computes the same p_i without ever building A_i or B_i.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import story

import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.func import jacobian

options = story.begin(__doc__)
rng = np.random.default_rng(0)

# ---------------------------------------------------------------- a net of three layers, one digit

name, train, _ = story.digits()
x, label = train.images[0].double(), train.labels[0].item()
sizes = [x.numel(), 16, 12, 10]
L = len(sizes) - 1


def layer(theta, z, activation):
    """z -> activation(W z + b): theta holds the rows of W, then b."""
    n = theta.numel() // (z.numel() + 1)
    W, b = theta[: n * z.numel()].reshape(n, z.numel()), theta[n * z.numel() :]
    return activation(W @ z + b)


def some_parameters(inputs, outputs):
    return tg.tensor(rng.standard_normal(outputs * (inputs + 1)) / np.sqrt(inputs))


def loss(s):
    """The cross-entropy of the probabilities s: -log of the one that the true class was given."""
    return -s[label].log()


def softmax(z):
    """s_j = e^z_j / sum_k e^z_k"""
    return z.exp() / z.exp().sum()


theta = [some_parameters(*pair) for pair in pairwise(sizes)]
activations = [tg.sigmoid, tg.sigmoid, softmax]

# ---------------------------------------------------------------- forward: z_i, A_i, B_i

z, A, B = [x], [], []
for i in range(L):
    both = jacobian(lambda t, z, f=activations[i]: layer(t, z, f), argnums=(0, 1))
    A_i, B_i = both(theta[i], z[i])
    A.append(A_i)
    B.append(B_i)
    z.append(layer(theta[i], z[i], activations[i]))
for i in range(L):
    print(f"layer {i + 1}: A {tuple(A[i].shape)}, B {tuple(B[i].shape)}")

# ---------------------------------------------------------------- backward: p_i, q_i

q = jacobian(loss)(z[L])
p = [None] * L
for i in reversed(range(L)):
    p[i] = A[i].T @ q
    q = B[i].T @ q

# ---------------------------------------------------------------- the same by backward()

leaves = [t.clone().requires_grad_() for t in [x, *theta]]
out = leaves[0]
for t, activation in zip(leaves[1:], activations, strict=True):
    out = layer(t, out, activation)
loss(out).backward()
print()
for i in range(L):
    story.equal(f"p_{i + 1} = A_{i + 1}' q_{i + 2} and backward()", p[i], leaves[i + 1].grad, 1e-12)
story.equal("q_1, the gradient of the pixels, and backward()", q, leaves[0].grad, 1e-12)
stored = sum(a.numel() for a in A) + sum(b.numel() for b in B)
story.number("numbers in all A_i and B_i, which backward() never stores", stored)
zeros = (A[0] == 0).double().mean().item()
story.number("share of zeros in A_1: row k has dz_k/dW_kj = sigma' z_j only", zeros, at_least=0.9)

# ---------------------------------------------------------------- softmax and cross-entropy

a = tg.tensor(rng.standard_normal(10))
s = softmax(a)
J = jacobian(softmax)(a)
print()
story.equal("the Jacobian of softmax and diag(s) - s s'", J, tg.diag(s) - tg.outer(s, s), 1e-12)
story.equal("its columns sum to 0, as the probabilities sum to 1", J.sum(0), tg.zeros(10), 1e-12)
story.equal(
    "J' dl/ds = s - e_label: the derivative of cross-entropy after softmax",
    J.T @ jacobian(loss)(s),
    s - F.one_hot(tg.tensor(label), 10),
    1e-12,
)
fused = jacobian(lambda a: F.cross_entropy(a, tg.tensor(label)))(a)
story.equal("F.cross_entropy, which does both at once", fused, J.T @ jacobian(loss)(s), 1e-12)
far = a + 1000.0
with np.errstate(over="ignore", invalid="ignore"):
    naive = softmax(far)
story.number("NaN in e^z / sum e^z at logits of 1,000", naive.isnan().sum().item(), at_least=10)
story.equal("... where softmax of the library is that of the logits less 1,000", far.softmax(0), s)

# ---------------------------------------------------------------- the picture

figure, axes = plt.subplots(1, 3, figsize=(11, 3.4))
shown = [
    ("A_3 = dz_3 / dtheta_3", A[2], "theta_3: W row by row, then b", "probability"),
    ("B_2 = dz_2 / dz_1", B[1], "neuron of layer 1", "neuron of layer 2"),
    ("dsoftmax / da = diag(s) - s s'", J, "logit", "probability"),
]
for axis, (title, matrix, across, down) in zip(axes, shown, strict=True):
    most = matrix.abs().max().item()
    image = axis.imshow(matrix, cmap="cividis", vmin=-most, vmax=most, aspect="auto")
    axis.set(title=title, xlabel=across, ylabel=down)
    axis.grid(False)
    figure.colorbar(image, ax=axis)
story.picture(figure, "jacobians")
story.end()
