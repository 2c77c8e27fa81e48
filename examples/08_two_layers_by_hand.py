"""Two layers, and four formulas for their gradients.

A hidden layer of two neurons, then one that decides, all sigmoids, one digit a row:

    Z1 = X W1 + b1     A1 = sigmoid(Z1)     Z2 = A1 W2 + b2     A2 = sigmoid(Z2)
    L = -mean(Y log A2 + (1 - Y) log(1 - A2))

Write D for dL/dZ of a layer.  From the last layer to the first (* is elementwise):

    (1)  D2 = (A2 - Y) / N                      the last layer's error
    (2)  D1 = (D2 W2') * A1 * (1 - A1)          an error is handed back through W2 and the sigmoid
    (3)  dL/dW = A' D, A being what the layer read: dL/dW2 = A1' D2, dL/dW1 = X' D1
    (4)  dL/db = the sum of the rows of D

These are backpropagation, written as matrices.  backward() runs the same ones.
"""

import matplotlib.pyplot as plt
import numpy as np
import story
from tqdm import tqdm

import tinygrad_edu as tg

options = story.begin(__doc__)

# ---------------------------------------------------------------- ones and sevens, half to train on

source, digits, _ = story.digits()
chosen = (digits.labels == 1) | (digits.labels == 7)
X = (digits.images[chosen].double() - 0.1307) / 0.3081
Y = (digits.labels[chosen] == 7).double().reshape(-1, 1)
half = len(X) // 2
X, X_valid, Y, Y_valid = X[:half], X[half:], Y[:half], Y[half:]
N, pixels = X.shape
print(f"{source}: {N:,} ones and sevens to train on; the network is {pixels}-2-1.\n")


def start(*shape):
    return (0.1 * tg.randn(*shape, dtype=tg.float64)).requires_grad_()


def forward(X, W1, b1, W2, b2):
    """The outputs of both layers."""
    A1 = (X @ W1 + b1).sigmoid()
    A2 = (A1 @ W2 + b2).sigmoid()
    return A1, A2


def cross_entropy(A2, Y):
    return -(Y * A2.log() + (1 - Y) * (1 - A2).log()).mean()


def gradients_by_hand(X, Y, A1, A2, W2):
    """dL/d(W1, b1, W2, b2), by the four formulas, in NumPy."""
    D2 = (A2 - Y) / len(X)
    D1 = (D2 @ W2.T) * A1 * (1 - A1)
    return X.T @ D1, D1.sum(0), A1.T @ D2, D2.sum(0)


# ---------------------------------------------------------------- both ways, in every step

parameters = W1, b1, W2, b2 = start(pixels, 2), start(2), start(2, 1), start(1)
rate, steps = 0.5, 100
losses, largest = [], 0.0
for _ in tqdm(range(steps), unit="step"):
    A1, A2 = forward(X, *parameters)
    loss = cross_entropy(A2, Y)
    loss.backward()
    arrays = [tensor.detach().numpy() for tensor in (X, Y, A1, A2, W2)]
    for parameter, gradient in zip(parameters, gradients_by_hand(*arrays), strict=True):
        difference = np.abs(parameter.grad.numpy() - gradient).max()
        largest = max(largest, float(difference))
        parameter.data -= rate * parameter.grad
        parameter.grad = None
    losses.append(loss.item())
what = "the four formulas and backward(), largest difference"
story.number(f"{what} in {steps} steps", largest, at_most=1e-12)

# ---------------------------------------------------------------- what it has learned

with tg.no_grad():
    hidden, sure = forward(X_valid, *parameters)
right = ((sure > 0.5) == (Y_valid > 0.5)).double().mean().item()
story.number("loss, training half", losses[-1], at_most=0.1)
story.number("accuracy, validation half", right, at_least=0.98)

figure, (left, plane) = plt.subplots(1, 2, figsize=(11, 3.6))
left.plot(losses)
left.set(xlabel="steps", ylabel="cross-entropy", title="Loss on the training half", ylim=(0, None))
for digit, marker, colour in ((1, "o", story.COLOURS[0]), (7, "^", story.COLOURS[1])):
    points = hidden[(Y_valid == (digit == 7))[:, 0]][:800].numpy()
    plane.scatter(*points.T, s=9, marker=marker, color=colour, alpha=0.4, label=f"a {digit}")
# The last neuron draws a line through this plane: w1 h1 + w2 h2 + b = 0.
(w1, w2), b = W2[:, 0].tolist(), b2.item()
h1 = np.linspace(-0.05, 1.05, 2)
plane.plot(h1, -(w1 * h1 + b) / w2, color="black", linestyle="-", label="where the output is 0.5")
plane.set(xlim=(-0.05, 1.05), ylim=(-0.05, 1.05), title="The validation half in the hidden layer")
plane.set(xlabel="first hidden neuron", ylabel="second hidden neuron")
plane.legend(loc="center left", bbox_to_anchor=(1, 0.5))
story.picture(figure, "hidden")
story.end()
