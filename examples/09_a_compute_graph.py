"""A compute graph: a network with one operation a line, and the gradients that flow back.

The listing below is a network 10-7-13 on N = 20 examples, taken apart until each line is one
operation.  Running it records these operations; the record is the graph in the picture.  Values
flow down from the inputs to the loss L.  Then backward() goes up: each operation takes dL/d(its
result) and hands dL/d(its input) to each of its inputs,

    L = mean S                  dL/dS  = 1 / (number of its elements)
    S = E^2                     dL/dE  = dL/dS * 2 E
    E = A2 - T                  dL/dA2 = dL/dE
    A2 = sigmoid(Z2)            dL/dZ2 = dL/dA2 * A2 (1 - A2)
    Z2 = P2 + b2                dL/dP2 = dL/dZ2,       dL/db2 = the sum of the rows of dL/dZ2
    P2 = A1 W2                  dL/dA1 = dL/dP2 W2',   dL/dW2 = A1' dL/dP2       ... and so on.

Of T the record keeps the shape alone, as no derivative reads it, so it is just "constant" there.
"""

import story

import tinygrad_edu as tg

story.begin(__doc__)
N, n0, n1, n2 = 20, 10, 7, 13
X, T = tg.randn(N, n0, dtype=tg.float64), tg.rand(N, n2, dtype=tg.float64)
start = {
    "W1": tg.randn(n0, n1, dtype=tg.float64),
    "b1": tg.randn(n1, dtype=tg.float64),
    "W2": tg.randn(n1, n2, dtype=tg.float64),
    "b2": tg.randn(n2, dtype=tg.float64),
}


def listing(X, T, W1, b1, W2, b2):
    """One operation a line; every value, by its name."""
    P1 = X @ W1
    Z1 = P1 + b1
    A1 = Z1.sigmoid()
    P2 = A1 @ W2
    Z2 = P2 + b2
    A2 = Z2.sigmoid()
    E = A2 - T
    S = E**2
    L = S.mean()
    return {"P1": P1, "Z1": Z1, "A1": A1, "P2": P2, "Z2": Z2, "A2": A2, "E": E, "S": S, "L": L}


# ---------------------------------------------------------------- values down, gradients up

parameters = {name: value.clone().requires_grad_() for name, value in start.items()}
with tg.viz.observe():
    values = listing(X, T, **parameters)
named = parameters | values
story.picture(tg.viz.draw(values["L"], named | {"X": X, "T": T}), "values")
flow = tg.viz.draw(values["L"], named | {"X": X, "T": T}, gradients=True)
story.picture(flow, "gradients")
for value in values.values():
    value.retain_grad()  # backward() keeps the gradients of leaves only, unless asked
values["L"].backward()
gradients = {name: value.grad for name, value in named.items()}
print("shapes of values and gradients:", *[f"{k} {tuple(g.shape)}" for k, g in gradients.items()])
alike = all(gradients[name].shape == value.shape for name, value in named.items())
story.number("every gradient has the shape of its value", float(alike), at_least=1)

# ---------------------------------------------------------------- by hand, one line for each arrow

W2, (A1, Z2, A2, E, S) = (
    start["W2"],
    [values[name].detach() for name in ("A1", "Z2", "A2", "E", "S")],
)
hand = {"L": tg.ones((), dtype=tg.float64)}
hand["S"] = hand["L"] * tg.ones_like(S) / S.numel()
hand["E"] = hand["S"] * 2 * E
hand["A2"] = hand["E"]
hand["Z2"] = hand["A2"] * A2 * (1 - A2)
hand["P2"], hand["b2"] = hand["Z2"], hand["Z2"].sum(0)
hand["A1"], hand["W2"] = hand["P2"] @ W2.T, A1.T @ hand["P2"]
hand["Z1"] = hand["A1"] * A1 * (1 - A1)
hand["P1"], hand["b1"] = hand["Z1"], hand["Z1"].sum(0)
hand["W1"] = X.T @ hand["P1"]
largest = max((gradients[k] - hand[k]).abs().max().item() for k in named)
story.number(f"{len(named)} gradients by hand, largest difference", largest, at_most=1e-12)

# ---------------------------------------------------------------- the same listing in PyTorch

try:
    import torch
except ImportError:
    print("PyTorch is not installed: pip install 'tinygrad_edu[oracle]'")
else:
    given = {k: torch.tensor(v.tolist(), dtype=torch.float64) for k, v in {"X": X, "T": T}.items()}
    theirs = {
        name: torch.tensor(value.tolist(), dtype=torch.float64, requires_grad=True)
        for name, value in start.items()
    }
    theirs |= listing(**given, **theirs)
    for value in theirs.values():
        value.retain_grad()
    theirs["L"].backward()
    largest = max(
        (gradients[k] - tg.tensor(theirs[k].grad.numpy())).abs().max().item() for k in named
    )
    story.number(f"{len(named)} gradients by PyTorch, largest difference", largest, at_most=1e-12)
story.end()
