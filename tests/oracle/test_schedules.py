"""Schedules by an epoch, schedules written for PyTorch, and averages of parameters, beside
PyTorch's."""

import math

import numpy as np
import pytest
import torch

import nn
import tinygrad_edu as tg
from nn import optim

OURS, TORCH = (tg, nn, optim), (torch, torch.nn, torch.optim)


def a_rate(library, kind="SGD", lr=1.0):
    tensors, _, optimisers = library
    groups = [{"params": [tensors.ones(1, requires_grad=True)]} for _ in range(2)]
    groups[1]["lr"] = lr / 4
    optimizer = getattr(optimisers, kind)(groups, lr=lr)
    optimizer.step()
    return optimizer


BY_EPOCH = [
    ("LambdaLR", {"lr_lambda": lambda t: 0.5**t}),
    ("MultiplicativeLR", {"lr_lambda": lambda t: 0.5}),
    ("StepLR", {"step_size": 3}),
    ("MultiStepLR", {"milestones": [2, 5]}),
    ("ConstantLR", {"total_iters": 4}),
    ("LinearLR", {"total_iters": 8}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("PolynomialLR", {"total_iters": 9, "power": 2.0}),
    ("CosineAnnealingLR", {"T_max": 6, "eta_min": 0.1}),
    ("OneCycleLR", {"max_lr": 2.0, "total_steps": 20, "cycle_momentum": False}),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 4, "cycle_momentum": False}),
]


@pytest.mark.parametrize(("name", "settings"), BY_EPOCH, ids=[name for name, _ in BY_EPOCH])
def test_a_step_to_an_epoch_is_torchs_and_warns(name, settings):
    paths = []
    for library in (OURS, TORCH):
        optimizer = a_rate(library)
        scheduler = getattr(library[2].lr_scheduler, name)(optimizer, **settings)
        optimizer.step()
        path = []
        for epoch in (3, None, None, 1, 7, None, 0):
            if epoch is None:
                scheduler.step()
            else:
                with pytest.warns(UserWarning, match="deprecated"):
                    scheduler.step(epoch=epoch)
            path.append([scheduler.last_epoch, *scheduler.get_last_lr()])
        paths.append(path)
    np.testing.assert_allclose(*paths, rtol=1e-12)


@pytest.mark.parametrize("T_mult", [1, 2])
def test_warm_restarts_go_on_from_a_moment_between_steps(T_mult):
    paths = []
    for library in (OURS, TORCH):
        scheduler = library[2].lr_scheduler.CosineAnnealingWarmRestarts(
            a_rate(library), 3, T_mult, eta_min=0.1
        )
        path = []
        for epoch in (0.5, 1.25, None, None, None, 7.75, None, None, 2, None):
            scheduler.step(epoch)
            path.append([scheduler.T_cur, scheduler.T_i, *scheduler.get_last_lr()])
        paths.append(path)
    np.testing.assert_allclose(*paths, rtol=1e-12)


@pytest.mark.parametrize(("name", "settings"), BY_EPOCH, ids=[name for name, _ in BY_EPOCH])
def test_rates_that_are_asked_for_outside_of_a_step_warn(name, settings):
    for library in (OURS, TORCH):
        scheduler = getattr(library[2].lr_scheduler, name)(a_rate(library), **settings)
        with pytest.warns(UserWarning, match="get_last_lr"):
            scheduler.get_lr()


def test_a_plateau_takes_an_epoch():
    states = []
    for library in (OURS, TORCH):
        scheduler = library[2].lr_scheduler.ReduceLROnPlateau(a_rate(library), patience=0)
        with pytest.warns(UserWarning, match="deprecated"):
            scheduler.step(metrics=1.0, epoch=4)
        scheduler.step(2.0)
        states.append([scheduler.last_epoch, scheduler.in_cooldown, *scheduler.get_last_lr()])
    assert states[0] == states[1]


# ---------------------------------------------------------------- written for PyTorch


def gradual_warmup(torch):
    """After github.com/ildoonet/pytorch-gradual-warmup-lr, in its own words."""

    class GradualWarmupScheduler(torch.optim.lr_scheduler._LRScheduler):
        def __init__(self, optimizer, multiplier, total_epoch, after_scheduler=None):
            self.multiplier = multiplier
            self.total_epoch = total_epoch
            self.after_scheduler = after_scheduler
            self.finished = False
            super().__init__(optimizer)

        def get_lr(self):
            if self.last_epoch > self.total_epoch:
                if self.after_scheduler:
                    if not self.finished:
                        self.after_scheduler.base_lrs = [
                            base_lr * self.multiplier for base_lr in self.base_lrs
                        ]
                        self.finished = True
                    return self.after_scheduler.get_last_lr()
                return [base_lr * self.multiplier for base_lr in self.base_lrs]
            return [
                base_lr * ((self.multiplier - 1.0) * self.last_epoch / self.total_epoch + 1.0)
                for base_lr in self.base_lrs
            ]

        def step(self, epoch=None, metrics=None):
            if self.finished and self.after_scheduler:
                if epoch is None:
                    self.after_scheduler.step(None)
                else:
                    self.after_scheduler.step(epoch - self.total_epoch)
                self._last_lr = self.after_scheduler.get_last_lr()
                return None
            return super().step(epoch)

    return GradualWarmupScheduler


def cosine_with_warmup(torch):
    """After github.com/katsura-jp/pytorch-cosine-annealing-with-warmup, in its own words."""

    class CosineAnnealingWarmupRestarts(torch.optim.lr_scheduler._LRScheduler):
        def __init__(self, optimizer, first, max_lr, min_lr, warmup_steps, last_epoch=-1):
            self.cur_cycle_steps = first
            self.max_lr, self.min_lr, self.warmup_steps = max_lr, min_lr, warmup_steps
            self.cycle = 0
            self.step_in_cycle = last_epoch
            super().__init__(optimizer, last_epoch)
            self.init_lr()

        def init_lr(self):
            self.base_lrs = []
            for param_group in self.optimizer.param_groups:
                param_group["lr"] = self.min_lr
                self.base_lrs.append(self.min_lr)

        def get_lr(self):
            if self.step_in_cycle == -1:
                return self.base_lrs
            if self.step_in_cycle < self.warmup_steps:
                return [
                    (self.max_lr - base_lr) * self.step_in_cycle / self.warmup_steps + base_lr
                    for base_lr in self.base_lrs
                ]
            share = (self.step_in_cycle - self.warmup_steps) / (
                self.cur_cycle_steps - self.warmup_steps
            )
            return [
                base_lr + (self.max_lr - base_lr) * (1 + math.cos(math.pi * share)) / 2
                for base_lr in self.base_lrs
            ]

        def step(self, epoch=None):
            if epoch is None:
                epoch = self.last_epoch + 1
                self.step_in_cycle = self.step_in_cycle + 1
                if self.step_in_cycle >= self.cur_cycle_steps:
                    self.cycle += 1
                    self.step_in_cycle = self.step_in_cycle - self.cur_cycle_steps
            self.last_epoch = math.floor(epoch)
            for param_group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
                param_group["lr"] = lr

    return CosineAnnealingWarmupRestarts


def test_schedules_written_for_pytorch_walk_as_there():
    ends = []
    for library in (OURS, TORCH):
        torch, path = library[0], []
        optimizer = a_rate(library, lr=0.1)
        after = torch.optim.lr_scheduler.StepLR(optimizer, 3)
        scheduler = gradual_warmup(torch)(optimizer, 8, 5, after)
        for _ in range(15):
            optimizer.step()
            scheduler.step()
            path.append([group["lr"] for group in optimizer.param_groups])
        optimizer = a_rate(library, lr=0.1)
        scheduler = cosine_with_warmup(torch)(optimizer, 10, 0.1, 0.001, 4)
        for _ in range(25):
            optimizer.step()
            scheduler.step()
            path.append([group["lr"] for group in optimizer.param_groups])
        ends.append(path)
    np.testing.assert_allclose(*ends, rtol=1e-12)


# ---------------------------------------------------------------- averages of parameters


def a_net(library):
    torch, layers, _ = library
    net = layers.Sequential(layers.Linear(3, 4), layers.BatchNorm1d(4), layers.Linear(4, 1))
    random = np.random.default_rng(0)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.tensor(random.standard_normal(tuple(p.shape)).astype(np.float32)))
    return net


AVERAGES = {
    "mean": lambda u: {},
    "swa": lambda u: {"avg_fn": u.get_swa_avg_fn()},
    "swa, many": lambda u: {"multi_avg_fn": u.get_swa_multi_avg_fn()},
    "ema": lambda u: {"avg_fn": u.get_ema_avg_fn(0.8)},
    "ema, many": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.8)},
    "ema of buffers": lambda u: {"avg_fn": u.get_ema_avg_fn(0.8), "use_buffers": True},
    "one's own": lambda u: {"avg_fn": lambda a, p, n: (a * n + p) / (n + 1)},
}


@pytest.mark.parametrize("settings", AVERAGES.values(), ids=AVERAGES)
def test_an_averaged_model_is_torchs(settings):
    states, outputs = [], []
    for library in (OURS, TORCH):
        torch, _, optimisers = library
        net = a_net(library)
        average = optimisers.swa_utils.AveragedModel(net, **settings(optimisers.swa_utils))
        optimizer = optimisers.SGD(net.parameters(), lr=0.1)
        random = np.random.default_rng(1)
        for _ in range(6):
            x = torch.tensor(random.standard_normal((8, 3)).astype(np.float32))
            optimizer.zero_grad()
            ((net(x) - 1) ** 2).mean().backward()
            optimizer.step()
            average.update_parameters(net)
        loader = [(x, None), (2 * x, None)]
        if not settings(optimisers.swa_utils).get("use_buffers"):
            optimisers.swa_utils.update_bn(loader, average)
        assert average.training
        assert [m.momentum for m in average.modules() if hasattr(m, "momentum")] == [0.1]
        average.eval()
        outputs.append(average(x).detach().numpy())
        states.append({key: value.numpy() for key, value in average.state_dict().items()})
    assert list(states[0]) == list(states[1])
    for key, value in states[1].items():
        tolerance = {"rtol": 2e-4, "atol": 2e-5}
        np.testing.assert_allclose(states[0][key], value, err_msg=key, strict=True, **tolerance)
    np.testing.assert_allclose(*outputs, rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("epochs", [0, 1, 7])
@pytest.mark.parametrize("swa_lr", [0.05, [0.05, 0.5]])
def test_swalr_is_torchs(strategy, epochs, swa_lr):
    paths = []
    for library in (OURS, TORCH):
        optimizer = a_rate(library)
        decay = library[2].lr_scheduler.ExponentialLR(optimizer, 0.9)
        scheduler = library[2].swa_utils.SWALR(
            optimizer, swa_lr, anneal_epochs=epochs, anneal_strategy=strategy
        )
        path = [scheduler.get_last_lr()]
        for k in range(14):
            optimizer.step()
            (decay if k < 4 else scheduler).step()
            path.append([group["lr"] for group in optimizer.param_groups])
        paths.append(path)
    np.testing.assert_allclose(*paths, rtol=1e-12)


def test_what_makes_no_average_is_refused_in_both():
    for library in (OURS, TORCH):
        utils, optimizer = library[2].swa_utils, a_rate(library)
        both = {"avg_fn": utils.get_swa_avg_fn(), "multi_avg_fn": utils.get_swa_multi_avg_fn()}
        for make in (
            lambda u=utils, b=both, n=library[1]: u.AveragedModel(n.Linear(1, 1), **b),
            lambda u=utils: u.get_ema_avg_fn(1.5),
            lambda u=utils: u.get_ema_multi_avg_fn(-0.5),
            lambda u=utils, o=optimizer: u.SWALR(o, 0.1, anneal_strategy="x"),
            lambda u=utils, o=optimizer: u.SWALR(o, 0.1, anneal_epochs=-1),
            lambda u=utils, o=optimizer: u.SWALR(o, [0.1]),
        ):
            with pytest.raises((ValueError, AssertionError)):
                make()
