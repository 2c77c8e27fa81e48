"""The same two moons out of scalars: every weight, product and sum is a tensor of one number."""

from .moons import PENALTY, RATE, in_numpy, problem

__all__ = ["in_micrograd", "in_numpy", "in_pytorch", "problem"]


def in_pytorch(torch, compiled, x, y, *start):
    def scalar(number):
        return torch.tensor(number, requires_grad=True)

    return in_scalars(scalar, None, x, y, *start)


def in_micrograd(x, y, *start):
    from micrograd.engine import Value

    return in_scalars(Value, 0, x, y, *start)


def in_scalars(scalar, no_gradient, x, y, *start):
    """One listing for all: `scalar` makes a parameter, whose gradient begins as `no_gradient`."""
    x, y = x.tolist(), y.ravel().tolist()
    layers = []
    for weight, bias in zip(start[::2], start[1::2], strict=True):
        neurons = zip(weight.tolist(), bias.tolist(), strict=True)
        layers.append([([scalar(w) for w in row], scalar(b)) for row, b in neurons])

    def score_of(values):
        *hidden, last = layers
        for layer in hidden:
            values = [neuron(values, *weights).relu() for weights in layer]
        return neuron(values, *last[0])

    parameters = [p for layer in layers for weights, bias in layer for p in (*weights, bias)]
    while True:
        for p in parameters:
            p.grad = no_gradient
        hinges = [(1 - side * score_of(point)).relu() for point, side in zip(x, y, strict=True)]
        loss = sum(hinges) * (1 / len(x)) + PENALTY * sum(p * p for p in parameters)
        loss.backward()
        for p in parameters:
            p.data -= RATE * p.grad
        yield loss, arrays_of(layers)


def neuron(values, weights, bias):
    return sum((w * v for w, v in zip(weights, values, strict=True)), bias)


def arrays_of(layers):
    """Each layer's weights and biases, as lists of numbers, once they are asked for."""
    for layer in layers:
        yield [[float(w.data) for w in weights] for weights, _ in layer]
        yield [float(bias.data) for _, bias in layer]
