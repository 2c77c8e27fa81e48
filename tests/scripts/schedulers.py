"""Learning rates that change, early stopping, parameter groups, averaged weights."""

import copy

import torch
import torch.optim.lr_scheduler as lr_scheduler
from torch import optim
from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    OneCycleLR,
    ReduceLROnPlateau,
    StepLR,
)
from torch.optim.swa_utils import AveragedModel

model = torch.nn.Linear(3, 1)
torch.nn.init.ones_(model.weight)
torch.nn.init.zeros_(model.bias)
x = torch.arange(12.0).view(4, 3) / 10
y = x.sum(dim=1, keepdim=True) * 2


def lrs(make, steps=6, lr=0.1):
    optimizer = optim.SGD(model.parameters(), lr=lr)
    scheduler = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(f"{optimizer.param_groups[0]['lr']:.4f}")
        optimizer.step()
        scheduler.step()
    return " ".join(found)


print("step", lrs(lambda o: StepLR(o, step_size=2, gamma=0.5)))
print("cosine", lrs(lambda o: CosineAnnealingLR(o, T_max=5)))
print("exponential", lrs(lambda o: ExponentialLR(o, 0.9)))
print("lambda", lrs(lambda o: LambdaLR(o, lambda epoch: 1 / (1 + epoch))))
print("one cycle", lrs(lambda o: OneCycleLR(o, max_lr=1.0, total_steps=10)))
print("multi", lrs(lambda o: lr_scheduler.MultiStepLR(o, milestones=[2, 4], gamma=0.1)))

optimizer: Optimizer = optim.Adadelta(model.parameters(), lr=1.0)
scheduler = ReduceLROnPlateau(optimizer, mode="min", factor=0.1, patience=1)
average = AveragedModel(model)
best, best_state, wait = float("inf"), None, 0
for epoch in range(10):
    optimizer.zero_grad()
    loss = torch.nn.functional.smooth_l1_loss(model(x), y)
    loss.backward()
    optimizer.step()
    average.update_parameters(model)
    scheduler.step(1.0 if epoch > 3 else loss.detach())
    if loss < best:
        best, best_state, wait = loss.item(), copy.deepcopy(model.state_dict()), 0
    else:
        wait += 1
print(f"{best:.4f} {wait} {optimizer.param_groups[0]['lr']:g} {scheduler.get_last_lr()}")
model.load_state_dict(best_state)


def closure():
    lbfgs.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    return loss


lbfgs = optim.LBFGS(model.parameters(), lr=0.8, max_iter=10)
for _ in range(3):
    lbfgs.step(closure)
print(f"{closure().item() < 1e-3}", average.n_averaged)
