"""Checkpoints: state dicts of a model and its optimiser, saved, loaded, continued."""

import os
import sys
import tempfile

import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
        self.register_buffer("count", torch.zeros(1, dtype=torch.long))

    def forward(self, x):
        self.count += 1
        return self.net(x)


def step(model, optimizer):
    optimizer.zero_grad()
    loss = ((model(torch.ones(4, 2)) - 1) ** 2).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


PATH = os.path.join(tempfile.mkdtemp(), "checkpoint.pt")
model = Model()
with torch.no_grad():
    for p in model.parameters():
        p.fill_(0.1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
for epoch in range(3):
    loss = step(model, optimizer)
torch.save(
    {
        "epoch": epoch,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "loss": loss,
    },
    PATH,
)
print(os.path.exists(PATH), f"{loss:.5f}")
ahead = [f"{step(model, optimizer):.5f}" for _ in range(2)]

other = Model()
optimizer = torch.optim.Adam(other.parameters(), lr=0.05)
checkpoint = torch.load(PATH, map_location=torch.device("cpu"), weights_only=True)
print(other.load_state_dict(checkpoint["model_state_dict"]), checkpoint["epoch"])
optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
again = [f"{step(other, optimizer):.5f}" for _ in range(2)]
print(ahead, again, ahead == again, other.count)
try:
    other.load_state_dict({"net.0.weight": torch.zeros(3, 2)})
except RuntimeError as error:
    print("net.0.bias" in str(error))
print(other.load_state_dict({"net.0.bias": torch.zeros(3)}, strict=False).missing_keys[:2])
for param_tensor in other.state_dict():
    print(param_tensor, "\t", other.state_dict()[param_tensor].size())
sys.exit(0)
