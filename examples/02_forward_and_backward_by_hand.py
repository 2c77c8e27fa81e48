"""Forward and backward by hand: each vector on the way in, each derivative on the way back.

    x --W1 x + b1--> z1 --relu--> a1 --W2 a1 + b2--> z2 --identity--> y,    cost C = |y - t|^2

Forward propagation puts each vector through the next map.  Backpropagation starts at the cost with
dC/dy = 2 (y - t) and takes the derivative g at a map's output back to its input:

    identity: g        relu: g where z > 0, else 0        affine: W' g

The parameters of an affine map, into which v went, have dC/dW = g v' and dC/db = g.
"""

import story

import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck

story.begin(__doc__)

W1 = tg.tensor([[3.0, -4.0], [-2.0, 4.0]], requires_grad=True)
b1 = tg.tensor([1.0, -4.0], requires_grad=True)
W2 = tg.tensor([[1.0, -1.0]], requires_grad=True)
b2 = tg.tensor([0.0], requires_grad=True)
x = tg.tensor([-2.0, -3.0], requires_grad=True)
t = tg.tensor([2.0])

# ---------------------------------------------------------------- forward

with tg.viz.observe():  # the picture is to show all values
    z1 = W1 @ x + b1
    a1 = z1.relu()
    z2 = W2 @ a1 + b2
    y = z2.clone()  # the last map is the identity
    cost = ((y - t) ** 2).sum()

# ---------------------------------------------------------------- backward, by hand

with tg.no_grad():
    gy = 2 * (y - t)
    gz2 = gy
    ga1 = W2.T @ gz2
    gz1 = ga1 * (z1 > 0)
    gx = W1.T @ gz1
    gW2, gb2 = tg.outer(gz2, a1), gz2
    gW1, gb1 = tg.outer(gz1, x), gz1

# ---------------------------------------------------------------- backward, by the library

for vector in (z1, a1, z2, y):
    vector.retain_grad()  # leaves keep their gradient anyway; these are on the way
named = {"x": x, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
story.picture(tg.viz.draw(cost, named, gradients=True), "graph")
cost.backward()


def shown(tensor):
    """Its numbers; + 0 makes a -0.0 a 0.0."""
    return str((tensor + 0).tolist())


names, vectors = ["x", "z1", "a1", "z2", "y"], [x, z1, a1, z2, y]
by_hand = [gx, gz1, ga1, gz2, gy]
print(f"\n{'':4} {'vector':16} {'dC/d(vector) by hand':22} {'by backward()'}")
for name, vector, g in zip(names, vectors, by_hand, strict=True):
    print(f"{name:4} {shown(vector):16} {shown(g):22} {shown(vector.grad)}")
print(f"\ncost {cost.item()};  dC/dW1 = {shown(W1.grad)}, dC/db1 = {shown(b1.grad)},")
print(f"            dC/dW2 = {shown(W2.grad)}, dC/db2 = {shown(b2.grad)}\n")

# ---------------------------------------------------------------- beside the source's numbers


def side_by_side(tensors):
    """All their numbers in one row."""
    return tg.cat([tensor.detach().reshape(-1) for tensor in tensors])


forward = [-2, -3, 7, -12, 7, 0, 7, 7]
backward = [30, -40, 10, 0, 10, -10, 10, 10]
story.equal("the vectors, and the source's", side_by_side(vectors), forward)
story.equal("their derivatives by hand, and the source's", side_by_side(by_hand), backward)
story.equal("by backward(), and the source's", side_by_side(v.grad for v in vectors), backward)
for name, W, g, source in [
    ("dC/dW1", W1, gW1, [[-20, -30], [0, 0]]),
    ("dC/dW2", W2, gW2, [[70, 0]]),
    ("dC/db1", b1, gb1, [10, 0]),
    ("dC/db2", b2, gb2, [10]),
]:
    story.equal(f"{name} by hand, and the source's", g, source)
    story.equal(f"{name} by backward(), and the source's", W.grad, source)

# ---------------------------------------------------------------- why dC/dW is g v'

# u' W v = sum_ij u_i W_ij v_j, so the derivative in W_ij is u_i v_j: together, the matrix u v'.
u, v, W = tg.randn(3).double(), tg.randn(4).double(), tg.randn(3, 4).double()


def form(W):
    """u' W v, a number that depends on the matrix W."""
    return u @ W @ v


print()
story.equal("d/dW (u' W v), and u v'", tg.func.grad(form)(W), tg.outer(u, v), 1e-12)
right = gradcheck(form, W)  # raises, and says where, if finite differences disagree
story.number("gradcheck of u' W v, 1 if it is right", float(right), at_least=1)
story.end()
