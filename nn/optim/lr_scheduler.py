"""Learning rates that change on the way: call `scheduler.step()` after the optimiser's, once an
epoch (or once a batch, where the schedule is counted in batches).

A schedule is a formula of t, the number of steps so far.  Most multiply the rate that they find, so
several can be chained.
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tinygrad_edu import Tensor

from .optimizer import Optimizer

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]  # fmt: skip

KEPT_APART = ("optimizer", "lr_lambdas", "scale_fn", "_schedulers")


def set_rate(group: dict[str, Any], lr: Any) -> None:
    """Give a group its learning rate; a rate that is a tensor takes it in place."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(float(lr))
    else:
        group["lr"] = lr


def _kept(lr: Any) -> Any:
    """A rate as it is now, also if it is a tensor that will change."""
    return lr.clone() if isinstance(lr, Tensor) else lr


class LRScheduler:
    """The base of the schedules: a subclass writes `get_lr()`, the learning rates of the groups at
    step `self.last_epoch`.

    `last_epoch` is -1 at the start; to go on with a schedule, give the step it stood at.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{type(self).__name__}: schedules an optimizer, not a {type(optimizer).__name__}"
            )
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _kept(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: last_epoch={last_epoch} goes on with a schedule, but "
                    f"group {i} has no 'initial_lr': load the optimizer's state first"
                )
        self.base_lrs: list[float] = [
            _kept(group["initial_lr"]) for group in optimizer.param_groups
        ]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._begin()

    def _begin(self) -> None:
        """The rates of the first step."""
        self._is_initial = True
        self._step_count = 1
        self._go_to(self.last_epoch + 1)
        self._is_initial = False

    def step(self) -> None:
        """Set the rates of the next step."""
        if self._step_count == 1 and not self.optimizer.has_stepped:
            warnings.warn(
                "scheduler.step() was called before optimizer.step(): the first learning rate of "
                "the schedule was never used; call optimizer.step() first",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        self._go_to(self.last_epoch + 1)

    def _go_to(self, t: int, anew: bool = False) -> None:
        """Set the rates of step t; `anew` by the closed form, whatever they are now."""
        self.last_epoch = t
        rates = self._closed_form_lr() if anew else self.get_lr()
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            set_rate(group, lr)
        self._last_lr = self._current()

    def get_lr(self) -> list[float]:
        raise NotImplementedError(f"{type(self).__name__} has no get_lr()")

    def _closed_form_lr(self) -> list[float]:
        return self.get_lr()

    def _current(self) -> list[float]:
        return [_kept(group["lr"]) for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The learning rates that were set last, one for each group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule remembers, except for the optimiser and functions."""
        return {key: value for key, value in vars(self).items() if key not in KEPT_APART}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where the scheduler stood that gave `state_dict`."""
        vars(self).update({k: v for k, v in state_dict.items() if k not in KEPT_APART})


class Chainable(LRScheduler):
    """lr_t = initial_lr factor_at(t), stepped as lr <- lr factor_at(t) / factor_at(t - 1).

    A schedule that is resumed by `last_epoch` leaves the rate as it finds it, unless it `jumps`.
    """

    jumps = False

    def factor_at(self, t: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} has no factor_at(t)")

    def change(self, t: int) -> float:
        """factor_at(t) / factor_at(t - 1), by which step t multiplies."""
        return self.factor_at(t) / self.factor_at(t - 1)

    def get_lr(self) -> list[float]:
        t, resumed = self.last_epoch, self._is_initial and not self.jumps
        change = self.factor_at(0) if t == 0 else 1.0 if resumed else self.change(t)
        return [lr * change for lr in self._current()]

    def _closed_form_lr(self) -> list[float]:
        return [base * self.factor_at(self.last_epoch) for base in self.base_lrs]


class StepLR(Chainable):
    """factor(t) = gamma^floor(t / step_size)."""

    jumps = True

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: int) -> float:
        return float(self.gamma ** (t // self.step_size))

    def change(self, t: int) -> float:
        return 1.0 if t % self.step_size else self.gamma


class MultiStepLR(Chainable):
    """factor(t) = gamma^(number of milestones up to t)."""

    jumps = True

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: int) -> float:
        return float(self.gamma ** bisect_right(sorted(self.milestones.elements()), t))

    def change(self, t: int) -> float:
        return float(self.gamma ** self.milestones[t])

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self.milestones = Counter(self.milestones)  # a file gives it back as a dict


class ExponentialLR(Chainable):
    """factor(t) = gamma^t."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: int) -> float:
        return float(self.gamma**t)

    def change(self, t: int) -> float:
        return self.gamma


class ConstantLR(Chainable):
    """`factor` for `total_iters` steps, then 1."""

    jumps = True

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: factor is in [0, 1], not {factor}")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: int) -> float:
        return self.factor if t < self.total_iters else 1.0

    def change(self, t: int) -> float:
        return 1 / self.factor if t == self.total_iters else 1.0


class LinearLR(Chainable):
    """A straight line from `start_factor` at 0 to `end_factor` at `total_iters`, and no further."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: start_factor is in (0, 1], not {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: end_factor is in [0, 1], not {end_factor}")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: int) -> float:
        share = min(self.total_iters, t) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * share

    def change(self, t: int) -> float:
        return 1.0 if t > self.total_iters else super().change(t)


class PolynomialLR(Chainable):
    """factor(t) = (1 - t / total_iters)^power, 0 from `total_iters` on."""

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: int) -> float:
        return float((1 - min(self.total_iters, t) / self.total_iters) ** self.power)

    def change(self, t: int) -> float:
        return 1.0 if t > self.total_iters else super().change(t)


class CosineAnnealingLR(LRScheduler):
    """lr_t = eta_min + (initial_lr - eta_min) (1 + cos(pi t / T_max)) / 2: down a half wave of a
    cosine, and up again after `T_max` (Loshchilov and Hutter, 2017)."""

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def _height(self, t: float) -> float:
        return (1 + math.cos(math.pi * t / self.T_max)) / 2

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self._current()
        t = self.last_epoch
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:  # just off the bottom: no ratio there
            rise = self._height(t)
            return [
                lr + (base - self.eta_min) * rise
                for lr, base in zip(self._current(), self.base_lrs, strict=True)
            ]
        change = self._height(t) / self._height(t - 1)
        return [self.eta_min + (lr - self.eta_min) * change for lr in self._current()]

    def _closed_form_lr(self) -> list[float]:
        height = self._height(self.last_epoch)
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """The half wave of CosineAnnealingLR again and again: the first of `T_0` steps, each `T_mult`
    times as long as the one before; the rate may be set between steps too, by `step(1.5)`."""

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"CosineAnnealingWarmRestarts: {name} is an int, 1 or more, not {value}"
                )
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self.T_i, self.T_cur = T_0, float(last_epoch)
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        if epoch is None:
            super().step()
        elif epoch < 0:
            raise ValueError(f"CosineAnnealingWarmRestarts: step({epoch}) is before the start")
        else:
            self._step_count += 1
            self._go_to(epoch)

    def _go_to(self, t: float, anew: bool = False) -> None:
        self.T_cur, self.T_i = t, self.T_0
        while self.T_cur >= self.T_i:
            if self.T_mult == 1:
                self.T_cur %= self.T_i
            else:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        super()._go_to(math.floor(t), anew)

    def get_lr(self) -> list[float]:
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


class LambdaLR(LRScheduler):
    """lr_t = initial_lr lr_lambda(t); one function, or a list with one for each group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        self.lr_lambdas = _for_each_group(self, optimizer, "lr_lambda", lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * function(self.last_epoch) for base, function in pairs]


class MultiplicativeLR(LambdaLR):
    """lr <- lr lr_lambda(t)."""

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self._current()
        pairs = zip(self._current(), self.lr_lambdas, strict=True)
        return [lr * function(self.last_epoch) for lr, function in pairs]


def _for_each_group(scheduler: Any, optimizer: Optimizer, name: str, value: Any) -> list[Any]:
    """A setting for each group: a list as it is, anything else repeated."""
    count = len(optimizer.param_groups)
    values = list(value) if isinstance(value, list | tuple) else [value] * count
    if len(values) != count:
        raise ValueError(
            f"{type(scheduler).__name__}: {len(values)} values of {name} for {count} groups"
        )
    return values


class _MomentumToo(LRScheduler):
    """A schedule that moves momentum (or beta1) against the rate: high where the rate is low."""

    def _start_momentum(self, base: Any, top: Any) -> None:
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError(
                f"{type(self).__name__}: {type(self.optimizer).__name__} has neither momentum nor "
                "betas; give cycle_momentum=False"
            )
        self.base_momentums = _for_each_group(self, self.optimizer, "base_momentum", base)
        self.max_momentums = _for_each_group(self, self.optimizer, "max_momentum", top)

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if "betas" in self.optimizer.defaults:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(_MomentumToo):
    """Straight up from `base_lr` to `max_lr` in `step_size_up` steps, and down again, in cycles
    (Smith, 2017), while momentum goes the other way.

    mode "triangular2" halves the height with each cycle, "exp_range" makes it gamma^t; `scale_fn`
    of one's own gets the number of the cycle or, with `scale_mode` "iterations", the step.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None:
        modes = ("triangular", "triangular2", "exp_range")
        if mode not in modes and scale_fn is None:
            raise ValueError(f"CyclicLR: mode is one of {', '.join(modes)}, not {mode!r}")
        self.optimizer = optimizer
        rates = _for_each_group(self, optimizer, "base_lr", base_lr)
        self.max_lrs = _for_each_group(self, optimizer, "max_lr", max_lr)
        self.step_size_up = step_size_up
        self.total_size = step_size_up + (step_size_down or step_size_up)
        self.mode, self.gamma = mode, gamma
        self.scale_fn, self.scale_mode = scale_fn, scale_mode
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._start_momentum(base_momentum, max_momentum)
        if last_epoch == -1:
            for lr, group in zip(rates, optimizer.param_groups, strict=True):
                set_rate(group, lr)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = rates

    def _scale(self, cycle: int) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.mode == "exp_range":
            return float(self.gamma**self.last_epoch)
        return 0.5 ** (cycle - 1) if self.mode == "triangular2" else 1.0

    def get_lr(self) -> list[float]:
        cycle, t = divmod(self.last_epoch, self.total_size)
        up, down = self.step_size_up, self.total_size - self.step_size_up
        height = t / up if t <= up else (self.total_size - t) / down
        height *= self._scale(cycle + 1)
        if self.cycle_momentum:
            bounds = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, high) in zip(self.optimizer.param_groups, bounds, strict=True):
                self._set_momentum(group, high - (high - low) * height)
        bounds = zip(self.base_lrs, self.max_lrs, strict=True)
        return [low + (high - low) * height for low, high in bounds]


class OneCycleLR(_MomentumToo):
    """One cycle for all of training, stepped once a batch (Smith and Topin, 2018):

    from max_lr / div_factor up to `max_lr` in the share `pct_start` of the steps, then down to
    max_lr / (div_factor final_div_factor), along a cosine or a line; momentum goes the other way.
    `three_phase` comes down as it went up before the last descent.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if total_steps <= 0:
            raise ValueError(f"OneCycleLR: the number of steps is above 0, not {total_steps}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start is in [0, 1], not {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"OneCycleLR: anneal_strategy is 'cos' or 'linear', not {anneal_strategy!r}"
            )
        self.optimizer, self.total_steps = optimizer, total_steps
        self.anneal_strategy, self.cycle_momentum = anneal_strategy, cycle_momentum
        self.max_lrs = _for_each_group(self, optimizer, "max_lr", max_lr)
        if cycle_momentum:
            self._start_momentum(base_momentum, max_momentum)
        top, last = pct_start * total_steps - 1, total_steps - 1
        self.phases = [(0.0, top, "initial_lr", "max_lr"), (top, last, "max_lr", "min_lr")]
        if three_phase:
            middle = 2 * pct_start * total_steps - 2
            self.phases[1:] = [
                (top, middle, "max_lr", "initial_lr"),
                (middle, last, "initial_lr", "min_lr"),
            ]
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, self.max_lrs, strict=True):
                low = lr / div_factor
                group.update(initial_lr=low, max_lr=lr, min_lr=low / final_div_factor)
        super().__init__(optimizer, last_epoch)

    def _between(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "cos":
            share = (1 - math.cos(math.pi * share)) / 2
        return start + (end - start) * share

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(
                f"OneCycleLR: step {t} of a schedule of {self.total_steps}; step once a batch, and "
                "give the number of batches in all epochs"
            )
        rest = [phase for phase in self.phases if t <= phase[1]] or self.phases[-1:]
        begin, end, low, high = rest[0]
        share = (t - begin) / (end - begin)
        if self.cycle_momentum:
            bounds = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (base, top) in zip(self.optimizer.param_groups, bounds, strict=True):
                start, stop = (base if rate == "max_lr" else top for rate in (low, high))
                self._set_momentum(group, self._between(start, stop, share))
        groups = self.optimizer.param_groups
        return [self._between(group[low], group[high], share) for group in groups]


class ReduceLROnPlateau(LRScheduler):
    """lr <- lr factor, when `step(metric)` has seen no better metric for more than `patience`
    steps.

    Better is lower by `threshold` (higher for mode "max"), as a share of the best ("rel") or as it
    is ("abs").  After a reduction `cooldown` steps are not counted; no rate falls under `min_lr`,
    and none changes by less than `eps`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1:
            raise ValueError(f"ReduceLROnPlateau: factor is under 1, not {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f"ReduceLROnPlateau: mode is 'min' or 'max', not {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"ReduceLROnPlateau: threshold_mode is 'rel' or 'abs', not {threshold_mode!r}"
            )
        self.min_lrs = _for_each_group(self, optimizer, "min_lr", min_lr)
        self.mode, self.factor, self.patience, self.cooldown = mode, factor, patience, cooldown
        self.threshold, self.threshold_mode, self.eps = threshold, threshold_mode, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = 0
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        return self._current()

    def is_better(self, metric: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            return sign * metric > sign * self.best * (1 + sign * self.threshold)
        return sign * metric > sign * self.best + self.threshold

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        metric = float(metrics)
        self.last_epoch += 1
        self.num_bad_epochs += 1
        if self.is_better(metric):
            self.best, self.num_bad_epochs = metric, 0
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
            for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                lr = max(group["lr"] * self.factor, least)
                if group["lr"] - lr > self.eps:
                    set_rate(group, lr)
        self._last_lr = self._current()


class _Several(LRScheduler):
    """Schedulers of one optimiser."""

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        name = type(self).__name__
        if not schedulers:
            raise ValueError(f"{name}: there are no schedulers")
        self.optimizer = optimizer or schedulers[0].optimizer
        self._schedulers = list(schedulers)
        for i, scheduler in enumerate(schedulers):
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name}: scheduler {i} is a ReduceLROnPlateau, whose step() needs a metric"
                )
            if scheduler.optimizer is not self.optimizer:
                raise ValueError(f"{name}: scheduler {i} is of another optimizer")

    def state_dict(self) -> dict[str, Any]:
        parts = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": parts}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        parts = state_dict["_schedulers"]
        super().load_state_dict(state_dict)
        for scheduler, part in zip(self._schedulers, parts, strict=True):
            scheduler.load_state_dict(part)


class ChainedScheduler(_Several):
    """All of them at each step, one after the other."""

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self._take(schedulers, optimizer)
        self._last_lr = self._current()

    def _begin(self) -> None:
        for scheduler in self._schedulers:
            scheduler._begin()
        self._last_lr = self._current()

    def step(self) -> None:
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._current()


class SequentialLR(_Several):
    """One after the other: the next one takes over, from its own start, at each milestone."""

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        self._take(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(schedulers)} schedulers need {len(schedulers) - 1} "
                f"milestones, not {len(milestones)}"
            )
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:  # each of them has set the rate: begin again
            set_rate(group, group["initial_lr"])
        self._rewind()
        first = self._schedulers[bisect_right(milestones, 0)]
        first._begin()
        self._last_lr = first.get_last_lr()

    def _rewind(self) -> None:
        stack = list(self._schedulers)
        while stack:
            scheduler = stack.pop()
            if isinstance(scheduler, _Several):
                stack += scheduler._schedulers
            else:
                scheduler.last_epoch -= 1

    def step(self) -> None:
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._go_to(0, anew=True)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()
