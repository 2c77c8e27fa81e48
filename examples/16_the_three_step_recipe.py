"""The three-step recipe: backpropagation by hand, for any depth, beside `backward()`.

Layer k computes z_k = W_k a_{k-1} + b_k and a_k = f_k(z_k); a_0 = x is the input, y = a_L the
output, L(y, t) the loss.  With delta_k = dL/dz_k,

    1. output layer:   delta_L = J' dL/dy,  J = dy/dz_L, the Jacobian of the output
    2. hidden layers:  delta_k = (W_{k+1}' delta_{k+1}) * f_k'(z_k),       k = L-1, ..., 1
    3. parameters:     dL/dW_k = delta_k a_{k-1}',   dL/db_k = delta_k

For an elementwise activation J is diagonal, and J' dL/dy = dL/dy * f'(z_L); softmax
mixes its inputs, so it needs the whole J = diag(y) - y y'.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import story

import nn
import nn.functional as F
import tinygrad_edu as tg

story.begin(__doc__)
rng = np.random.default_rng(0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    return np.exp(z) / np.exp(z).sum()


# name: (f, f') for hidden layers, all in NumPy
hidden = {
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "ReLU": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
}
# name: (activation of the output, its Jacobian from y, the loss's derivative dL/dy)
outputs = {
    "identity": (lambda z: z, lambda y: np.eye(len(y)), lambda y, t: y - t),
    "sigmoid": (sigmoid, lambda y: np.diag(y * (1 - y)), lambda y, t: (y - t) / (y * (1 - y))),
    "softmax": (softmax, lambda y: np.diag(y) - np.outer(y, y), lambda y, t: -t / y),
}


def recipe(W, b, x, t, f, output):
    """dL/dW_k and dL/db_k of all layers, and delta_k."""
    (f, f_prime), (out, jacobian, loss_prime) = hidden[f], outputs[output]
    L = len(W)
    a, z = [x], []
    for k in range(L):  # forward: remember every z and a
        z.append(W[k] @ a[k] + b[k])
        a.append(out(z[k]) if k == L - 1 else f(z[k]))
    delta = [None] * L
    delta[L - 1] = jacobian(a[L]).T @ loss_prime(a[L], t)  # step 1
    for k in reversed(range(L - 1)):
        delta[k] = (W[k + 1].T @ delta[k + 1]) * f_prime(z[k])  # step 2
    return [np.outer(delta[k], a[k]) for k in range(L)], delta, a[L]  # step 3


# ---------------------------------------------------------------- beside backward()

layers = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "ReLU": nn.ReLU}
losses = {  # each takes z_L: it applies the output's activation itself
    "identity": F.half_mse_loss,
    "sigmoid": F.binary_cross_entropy_with_logits,
    "softmax": F.cross_entropy,
}
targets = {
    "identity": [0.5, -1.0, 2.0],  # the half of a squared distance
    "sigmoid": [1.0, 0.0, 1.0],  # three yes-or-no questions
    "softmax": [0.0, 1.0, 0.0],  # one class of three
}


def network(sizes, f):
    """Affine maps with an activation after each but the last, in float64."""
    steps = []
    for inputs, neurons in pairwise(sizes):
        steps += [nn.Linear(inputs, neurons), layers[f]()]
    return nn.Sequential(*steps[:-1]).double()


x = rng.standard_normal(4)
for output, t in targets.items():
    for f in hidden:
        net = network([4, 6, 5, 3], f)
        sums = {} if output == "softmax" else {"reduction": "sum"}
        losses[output](net(tg.tensor(x)), tg.tensor(t, dtype=tg.float64), **sums).backward()
        affine = [layer for layer in net if isinstance(layer, nn.Linear)]
        W = [layer.weight.detach().numpy() for layer in affine]
        b = [layer.bias.detach().numpy() for layer in affine]
        dW, delta, y = recipe(W, b, x, np.array(t), f, output)
        gaps = [abs(dW[k] - affine[k].weight.grad.numpy()).max() for k in range(3)]
        gaps += [abs(delta[k] - affine[k].bias.grad.numpy()).max() for k in range(3)]
        story.number(f"{f} inside, {output} outside: largest gap", max(gaps), at_most=1e-12)
    story.equal(f"  and delta_L = y - t for {output} with its own loss", delta[-1], y - t, 1e-12)

# ---------------------------------------------------------------- what step 2 does, 20 times

depth = 20
figure, axis = plt.subplots(figsize=(6.5, 4))
shrunk = {}
for f in hidden:
    gain = np.sqrt(2) if f == "ReLU" else 1
    W = [gain * rng.standard_normal((50, 50)) / np.sqrt(50) for _ in range(depth)]
    b = [np.zeros(50)] * depth
    _, delta, _ = recipe(W, b, rng.standard_normal(50), rng.standard_normal(50), f, "identity")
    sizes = [np.linalg.norm(d) for d in delta]
    axis.plot(range(1, depth + 1), sizes, marker=".", label=f)
    shrunk[f] = sizes[0] / sizes[-1]
axis.set(xlabel="layer k (input side first)", ylabel="|delta_k|", yscale="log")
axis.set_xticks(range(1, depth + 1, 2))
axis.legend(title="hidden activation")
print()
story.number("|delta_1| / |delta_20| with sigmoid: it vanishes", shrunk["sigmoid"], at_most=1e-9)
story.number("... with tanh", shrunk["tanh"])
story.number("... with ReLU", shrunk["ReLU"], at_least=0.01)
story.picture(figure, "vanishing")
story.end()
