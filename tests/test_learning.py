"""Networks that learn the real thing, with the number that they must reach."""

import os

import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg


def mnist(train):
    """MNIST where it lies; without $TINYGRAD_EDU_DATA, only if it was downloaded before."""
    try:
        return nn.data.MNIST(train=train, download=False)
    except FileNotFoundError:
        if "TINYGRAD_EDU_DATA" in os.environ:
            raise
        pytest.skip("MNIST is not on this machine; point TINYGRAD_EDU_DATA at it")


def lenet():
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


@pytest.mark.slow
def test_a_lenet_reads_mnist_after_two_epochs():
    tg.manual_seed(0)
    model = lenet()
    optimizer = nn.optim.Adam(model.parameters(), lr=2e-3)
    loader = nn.data.DataLoader(mnist(train=True), batch_size=64, shuffle=True)
    schedule = nn.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=2 * len(loader))
    for _ in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
            schedule.step()
    right = 0
    with tg.no_grad():
        for x, y in nn.data.DataLoader(mnist(train=False), batch_size=1000):
            right += (model(x).argmax(1) == y).sum().item()
    print(f"LeNet on MNIST after 2 epochs: {right / 10_000:.4f}")
    assert right / 10_000 >= 0.985


class Counter(nn.Module):
    """Reads a sequence of 0 and 1, and says at every step how many 1 there were so far."""

    def __init__(self, most):
        super().__init__()
        self.lstm = nn.LSTM(1, 24, num_layers=2, batch_first=True)
        self.head = nn.Linear(24, most + 1)

    def forward(self, bits):
        states, _ = self.lstm(bits.unsqueeze(-1))
        return self.head(states)


def test_a_two_layer_lstm_learns_to_count():
    tg.manual_seed(0)
    steps = 12
    model = Counter(steps)
    optimizer = nn.optim.Adam(model.parameters(), lr=2e-2)

    def examples(count):
        bits = tg.randint(0, 2, (count, steps))
        return bits.float(), bits.cumsum(1)

    for _ in range(250):
        bits, counts = examples(64)
        optimizer.zero_grad()
        F.cross_entropy(model(bits).transpose(1, 2), counts).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    bits, counts = examples(1000)
    with tg.no_grad():
        accuracy = (model(bits).argmax(-1) == counts).float().mean().item()
    print(f"counts that are right: {accuracy:.4f}")
    assert accuracy >= 0.99
