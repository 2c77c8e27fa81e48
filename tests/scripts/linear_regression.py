"""Linear regression three times: by hand, with autograd, with modules, and with tensorboard."""

import random
from typing import List

import numpy as np
import torch
from torch import Tensor
from torch.utils import data as torch_data

try:
    from torch.utils.tensorboard import SummaryWriter
except ImportError:
    SummaryWriter = None


def set_seed(seed: int = 0) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)


set_seed(1)
X = torch.from_numpy(np.linspace(-1, 1, 20, dtype=np.float32)).reshape(-1, 1)
Y = 2 * X - 3.4


def linreg(X: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return torch.matmul(X, w) + b


w = torch.zeros((1, 1), requires_grad=True)
b = torch.zeros(1, requires_grad=True)
losses: List[float] = []
for epoch in range(30):
    loss = ((linreg(X, w, b) - Y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.3 * w.grad
        b.sub_(0.3 * b.grad)
    w.grad.zero_()
    b.grad = None
    losses.append(loss.item())
print(f"w {w.item():.3f} b {b.item():.3f} loss {losses[0]:.3f} -> {losses[-1]:.5f}")

W = torch.zeros(1, 1)
for epoch in range(5):
    prediction = X.mm(W)
    W = W - 0.5 * (X.t() @ (prediction - Y)) / len(X)
print(W)

iterator = torch_data.DataLoader(torch_data.TensorDataset(X, Y), 10, shuffle=True)
net = torch.nn.Sequential(torch.nn.Linear(1, 1))
net[0].weight.data.normal_(0, 0.01)
net[0].bias.data.fill_(0)
trainer = torch.optim.SGD(net.parameters(), lr=0.3)
criterion = torch.nn.MSELoss(reduction="mean")
for epoch in range(60):
    for xb, yb in iterator:
        error = criterion(net(xb), yb)
        trainer.zero_grad()
        error.backward()
        trainer.step()
print(f"{abs(net[0].weight.item() - 2) < 0.05} {abs(net[0].bias.item() + 3.4) < 0.05}")
print(torch.cat([X[:2], Y[:2]], dim=1), X.dtype, torch.numel(X))
