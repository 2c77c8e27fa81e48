"""The gradient scaler, call by call, beside PyTorch's on the CPU."""

import math

import torch

import nn
import tinygrad_edu as tg


def test_the_scale_and_the_steps_are_pytorchs():
    settings = {"init_scale": 8.0, "growth_factor": 3.0, "backoff_factor": 0.25}
    seen = []
    for library, optim in ((tg, nn.optim), (torch, torch.optim)):
        scaler = library.amp.GradScaler("cpu", **settings, growth_interval=2)
        w = library.tensor([1.0, 2.0], requires_grad=True)
        optimizer = optim.SGD([w], lr=0.5, momentum=0.9)
        trace = []
        for gradient in (1.0, -2.0, math.inf, 0.5, math.nan, 1.0, 1.0, 1.0):
            optimizer.zero_grad()
            scaler.scale((w * gradient).sum()).backward()
            if gradient > 0:
                scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
            trace.append((w.tolist(), scaler.get_scale(), scaler.state_dict()))
        seen.append(trace)
    assert seen[0] == seen[1]
