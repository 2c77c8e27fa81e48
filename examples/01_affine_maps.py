"""Affine maps and their composition: two in a row are one, unless something bends between them.

An affine map is A(x) = W x + b.  Composing two gives another,

    A2(A1(x)) = W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2),

so a network of affine maps alone is no more than one of them.  The ReLU, max(0, x), between them
breaks that: it is what makes depth worth having.
"""

import story

import nn
import tinygrad_edu as tg

story.begin(__doc__)


def affine(W, b):
    """The map x -> W x + b, as a layer with these numbers."""
    W, b = tg.tensor(W, dtype=tg.float32), tg.tensor(b, dtype=tg.float32)
    layer = nn.Linear(W.shape[1], W.shape[0])
    layer.load_state_dict({"weight": W, "bias": b})
    return layer


def architecture(net):
    """The dimensions that a network maps between: [2, 5, 1] for 2 inputs, 5 neurons, 1 output."""
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
    return [layers[0].in_features, *[layer.out_features for layer in layers]]


# ---------------------------------------------------------------- an exercise, with its answer

A1 = affine([[3, -2], [1, 4]], [1, 1])
A2 = affine([[-4, 0], [3, 1]], [-2, 2])
x = tg.tensor([-2.0, -4.0])
print("A1(x)           =", A1(x).tolist())
print("relu(A1(x))     =", A1(x).relu().tolist())
y = A2(A1(x).relu())
print("A2(relu(A1(x))) =", y.tolist())
story.equal("A2(relu(A1([-2, -4]))) = [-14, 11]", y.detach(), [-14.0, 11.0])

# ---------------------------------------------------------------- two affine maps are one

W = A2.weight @ A1.weight
b = A2.weight @ A1.bias + A2.bias
print("\nW2 W1 =", W.tolist(), "  W2 b1 + b2 =", b.tolist())
points = tg.randn(1000, 2)
two, one = A2(A1(points)), points @ W.T + b
story.equal("A2 A1 and the one map, on 1,000 points", two.detach(), one.detach(), 1e-5)

# ... and with a ReLU between them they do not: no affine map has f(x) + f(-x) differ from 2 f(0).
bent = nn.Sequential(A1, nn.ReLU(), A2)
gap = (bent(points) + bent(-points) - 2 * bent(tg.zeros(1, 2))).abs().max().item()
story.number("how far the map with a ReLU is from affine", gap, at_least=1.0)

# ---------------------------------------------------------------- the dimensions of a network

net = nn.Sequential(nn.Linear(784, 32), nn.Sigmoid(), nn.Linear(32, 10))
print("\narchitecture:", architecture(net), " of", net)
story.number("architecture is [784, 32, 10]", float(architecture(net) == [784, 32, 10]), at_least=1)
story.end()
