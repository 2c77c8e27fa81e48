"""Ten graphs whose drawings are kept as text in tests/golden, and how to make those anew:

python tests/golden_graphs.py
"""

import re
from pathlib import Path

import numpy as np

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.viz import draw, observe

FOLDER = Path(__file__).with_name("golden")


def leaf(value):
    return tg.tensor(value, requires_grad=True, dtype=tg.float64)


def spread(*shape):
    """Numbers between -1 and 1 that no generator makes, so that they are the same everywhere."""
    count = int(np.prod(shape))
    return tg.tensor((np.arange(count) * 37 % 101 / 50 - 1).reshape(shape))


def set_parameters(model):
    for p in model.parameters():
        p.data = spread(*p.shape)
    return model.double()


def square():
    x = tg.tensor(3.0, requires_grad=True)
    return draw(x * x, {"x": x})


def neuron(**options):
    x1, x2, w1, w2, b = map(leaf, (2.0, 0.0, -3.0, 1.0, 6.8813735870195432))
    with observe():
        o = (x1 * w1 + x2 * w2 + b).tanh()
    return draw(o, {"x1": x1, "x2": x2, "w1": w1, "w2": w2, "b": b}, gradients=True, **options)


def neuron_right_dark_with_derivatives():
    return neuron(direction="right", theme="dark", formulas=True)


def meeting():
    a = leaf(-2.0)
    with observe():
        b = a * a + 3 * a - a / 4
    return draw(b, {"a": a}, gradients=True, scale="absolute")


def mlp():
    net = set_parameters(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)))
    with observe():
        loss = F.cross_entropy(net(spread(5, 3)), tg.tensor([0, 1, 0, 1, 1]))
    return draw(loss, net, gradients=True)


def mlp_after_backward():
    net = set_parameters(nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1)))
    loss = F.mse_loss(net(spread(4, 3)), spread(4, 1))
    loss.backward()
    return draw(loss, net, gradients=True)


def convolution():
    conv = set_parameters(nn.Conv2d(1, 2, 3, stride=2, padding=1))
    with observe():
        y = F.max_pool2d(conv(spread(1, 1, 8, 8)).relu(), 2).flatten(1).sum(1).mean()
    return draw(y, conv, gradients=True, values=False)


def lstm():
    layer = set_parameters(nn.LSTM(3, 2))
    with observe():
        y, (_, c) = layer(spread(4, 1, 3))
        loss = y.sum() + c.max(dim=2)[0].sum()
    return draw(loss, layer, gradients=True)


def indices_and_masks():
    x = leaf([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with observe():
        kept = tg.where(tg.tensor([True, False]), x, 0 * x)
        y = kept[:, 0].sum() + kept[tg.tensor([0, 2])].mean()
    return draw(y, {"x": x}, gradients=True)


def not_a_number():
    s = leaf(0.0)
    with observe():
        y = (s.sqrt() * 0 + s).exp()
    return draw(y, {"s": s}, gradients=True)


GRAPHS = {
    made.__name__: made
    for made in (
        *(square, neuron, neuron_right_dark_with_derivatives, meeting, mlp, mlp_after_backward),
        *(convolution, lstm, indices_and_masks, not_a_number),
    )
}


def text_of(name):
    """The drawing in the DOT language, without the tooltips, which name files."""
    source = GRAPHS[name]().source
    return re.sub(r' tooltip="(?:[^"\\]|\\.)*"', "", source)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in GRAPHS:
        (FOLDER / f"{name}.dot").write_text(text_of(name), encoding="utf-8")
