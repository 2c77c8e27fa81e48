"""Schedules in cycles, which may move the momentum against the learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, per_group, set_rate


class WithMomentum(LRScheduler):
    """A schedule that moves momentum (or beta1) against the rate: high where the rate is low."""

    def _start_momentum(self, base: Any, top: Any) -> None:
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError(
                f"{type(self).__name__}: {type(self.optimizer).__name__} has neither momentum nor "
                "betas; give cycle_momentum=False"
            )
        self.base_momentums = per_group(self, self.optimizer, "base_momentum", base)
        self.max_momentums = per_group(self, self.optimizer, "max_momentum", top)

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if "betas" in self.optimizer.defaults:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(WithMomentum):
    """Move the learning rate up and down between two bounds.

        lr_t = base_lr + (max_lr - base_lr) height_t scale

    height_t rises linearly from 0 to 1 in `step_size_up` steps and falls back in `step_size_down`.
    The momentum falls where the rate rises, and rises where it falls.

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    base_lr : float or list of float
        The lower bound, for all groups or for each.
    max_lr : float or list of float
        The upper bound.
    step_size_up : int, default 2000
        The number of steps up.
    step_size_down : int or None, default None
        The number of steps down; None stands for `step_size_up`.
    mode : str, default "triangular"
        The scale: 1 for "triangular", 1 / 2^(cycle - 1) for "triangular2", gamma^t for "exp_range".
    gamma : float, default 1.0
        The base for "exp_range".
    scale_fn : callable or None, default None
        A function that computes the scale, instead of `mode`.
    scale_mode : str, default "cycle"
        The argument of `scale_fn`: "cycle", the number of the cycle, from 1, or "iterations", the
        step t.
    cycle_momentum : bool, default True
        Change the momentum as well.
    base_momentum : float or list of float, default 0.8
        The momentum where the rate is highest.
    max_momentum : float or list of float, default 0.9
        The momentum where the rate is lowest.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Raises
    ------
    ValueError
        If the mode is unknown, or if the optimizer has no momentum to move.

    References
    ----------
    Smith, "Cyclical learning rates for training neural networks", WACV 2017, arXiv:1506.01186.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.CyclicLR(
    ...     optimizer, base_lr=0.1, max_lr=0.5, step_size_up=2, cycle_momentum=False
    ... )
    >>> rates = []
    >>> for epoch in range(5):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> [round(lr, 4) for lr in rates]
    [0.1, 0.3, 0.5, 0.3, 0.1]
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
        rates = per_group(self, optimizer, "base_lr", base_lr)
        self.max_lrs = per_group(self, optimizer, "max_lr", max_lr)
        self.step_size_up = step_size_up
        self.total_size = step_size_up + (step_size_down or step_size_up)
        self.mode, self.gamma = mode, gamma
        self._custom_scale_fn, self.scale_mode = scale_fn, scale_mode
        if scale_fn is None:
            self.scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._start_momentum(base_momentum, max_momentum)
        if last_epoch == -1:
            for lr, group in zip(rates, optimizer.param_groups, strict=True):
                set_rate(group, lr)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = rates

    def scale_fn(self, x: float) -> float:
        """Compute the scale of a cycle, or of a step for `scale_mode` "iterations".

        Parameters
        ----------
        x : float
            The number of the cycle, from 1, or the step.

        Returns
        -------
        float
            The factor by which the amplitude of the cycle is multiplied.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=0.1, momentum=0.9)
        >>> scheduler = optim.lr_scheduler.CyclicLR(optimizer, 0.1, 1.0, mode="triangular2")
        >>> [scheduler.scale_fn(cycle) for cycle in (1, 2, 3)]
        [1.0, 0.5, 0.25]
        """
        if self._custom_scale_fn is not None:
            return self._custom_scale_fn(x)
        if self.mode == "exp_range":
            return float(self.gamma**x)
        return 1 / 2 ** (x - 1) if self.mode == "triangular2" else 1.0

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        cycle, t = divmod(self.last_epoch, self.total_size)
        up, down = self.step_size_up, self.total_size - self.step_size_up
        height = t / up if t <= up else (self.total_size - t) / down
        height *= self.scale_fn(cycle + 1 if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            bounds = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, high) in zip(self.optimizer.param_groups, bounds, strict=True):
                self._set_momentum(group, high - (high - low) * height)
        bounds = zip(self.base_lrs, self.max_lrs, strict=True)
        return [low + (high - low) * height for low, high in bounds]


class OneCycleLR(WithMomentum):
    """Raise the learning rate once and then lower it far, over all of training.

    It starts at max_lr / div_factor, reaches `max_lr` after the fraction `pct_start` of the steps,
    and ends at max_lr / (div_factor final_div_factor).  The momentum falls where the rate rises.
    Call `step()` after every batch.

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    max_lr : float or list of float
        The highest rate, for all groups or for each.
    total_steps : int or None, default None
        The number of batches in all of training.
    epochs : int or None, default None
        With `steps_per_epoch`, in place of `total_steps`.
    steps_per_epoch : int or None, default None
        The number of batches in an epoch.
    pct_start : float, default 0.3
        The fraction of the steps in which the rate rises.
    anneal_strategy : str, default "cos"
        "cos" or "linear": the shape of the curve.
    cycle_momentum : bool, default True
        Change the momentum as well.
    base_momentum : float or list of float, default 0.85
        The momentum where the rate is highest.
    max_momentum : float or list of float, default 0.95
        The momentum where the rate is lowest.
    div_factor : float, default 25.0
        max_lr / initial rate.
    final_div_factor : float, default 1e4
        initial rate / final rate.
    three_phase : bool, default False
        Lower the rate to the initial one first, in as many steps as it rose, then to the final one.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Raises
    ------
    ValueError
        If there is no number of steps, if a setting is out of range, if the optimizer has no
        momentum to move, and from `step()` after the last step.

    References
    ----------
    Smith and Topin, "Super-convergence: very fast training of neural networks using large learning
    rates", arXiv:1708.07120, 2018.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.OneCycleLR(
    ...     optimizer, max_lr=1.0, total_steps=5, pct_start=0.4, cycle_momentum=False
    ... )
    >>> rates = []
    >>> for epoch in range(5):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> [round(lr, 4) for lr in rates]
    [0.04, 1.0, 0.75, 0.25, 0.0]
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
        self.optimizer = optimizer
        self.total_steps = _number_of_steps(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start is in [0, 1], not {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"OneCycleLR: anneal_strategy is 'cos' or 'linear', not {anneal_strategy!r}"
            )
        self.anneal_strategy, self.cycle_momentum = anneal_strategy, cycle_momentum
        self.max_lrs = per_group(self, optimizer, "max_lr", max_lr)
        if cycle_momentum:
            self._start_momentum(base_momentum, max_momentum)
        self.phases = _phases(pct_start, self.total_steps, three_phase)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, self.max_lrs, strict=True):
                low = lr / div_factor
                group.update(initial_lr=low, max_lr=lr, min_lr=low / final_div_factor)
        super().__init__(optimizer, last_epoch)

    def _between(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "cos":
            share = (1 - math.cos(math.pi * share)) / 2
        return start + (end - start) * share

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
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


Phase = tuple[float, float, str, str]  # first and last step, and the rates there


def _number_of_steps(
    total_steps: int | None, epochs: int | None, steps_per_epoch: int | None
) -> int:
    if total_steps is None:
        if epochs is None or steps_per_epoch is None:
            raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch")
        total_steps = epochs * steps_per_epoch
    if total_steps <= 0:
        raise ValueError(f"OneCycleLR: the number of steps is above 0, not {total_steps}")
    return total_steps


def _phases(pct_start: float, total_steps: int, three_phase: bool) -> list[Phase]:
    top, last = pct_start * total_steps - 1, total_steps - 1
    first: Phase = (0.0, top, "initial_lr", "max_lr")
    if not three_phase:
        return [first, (top, last, "max_lr", "min_lr")]
    middle = 2 * pct_start * total_steps - 2
    return [first, (top, middle, "max_lr", "initial_lr"), (middle, last, "initial_lr", "min_lr")]
