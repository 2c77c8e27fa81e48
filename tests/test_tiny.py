"""The whole road in under a second: record, replay, train.  Run it first when something is
wrong."""

import nn
import tinygrad_edu as tg


def test_one_expression():
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = (x * x + 2 * x).sum()
    y.backward()
    assert y.item() == 26.0
    assert x.grad.tolist() == [4.0, 6.0, 8.0]


def test_the_second_derivative():
    x = tg.tensor(2.0, requires_grad=True)
    (first,) = tg.autograd.grad(x**3, x, create_graph=True)
    (second,) = tg.autograd.grad(first, x)
    assert (first.item(), second.item()) == (12.0, 12.0)


def test_training_learns_xor():
    tg.manual_seed(1)
    x = tg.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = tg.tensor([[0.0], [1.0], [1.0], [0.0]])
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = nn.optim.Adam(net.parameters(), lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        loss = nn.BCEWithLogitsLoss()(net(x), y)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05
    assert ((net(x) > 0).float() == y).all()


def test_the_graph_is_drawn():
    x = tg.tensor(3.0, requires_grad=True)
    assert tg.viz.draw(x * x, {"x": x}).source.count("n0:v:s -> n1:v") == 2
