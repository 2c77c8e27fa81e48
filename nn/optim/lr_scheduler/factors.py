"""Schedules by a factor: steps, powers, lines, and given functions."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from ..optimizer import Optimizer
from .base import Factor, LRScheduler, per_group


class StepLR(Factor):
    """Multiply the learning rate by `gamma` every `step_size` steps.

        lr_t = initial_lr gamma^floor(t / step_size)

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    step_size : int
        The number of steps between two changes.
    gamma : float, default 0.1
        The factor.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2)
    >>> rates = []
    >>> for epoch in range(5):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> [round(lr, 4) for lr in rates]
    [1.0, 1.0, 0.1, 0.1, 0.01]
    """

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


class MultiStepLR(Factor):
    """Multiply the learning rate by `gamma` at given steps.

        lr_t = initial_lr gamma^(number of milestones up to t)

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    milestones : iterable of int
        The steps at which the rate changes.
    gamma : float, default 0.1
        The factor.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[1, 3])
    >>> rates = []
    >>> for epoch in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> [round(lr, 4) for lr in rates]
    [1.0, 0.1, 0.1, 0.01]
    """

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


class ExponentialLR(Factor):
    """Multiply the learning rate by `gamma` at every step.

        lr_t = initial_lr gamma^t

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    gamma : float
        The factor.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    >>> rates = []
    >>> for epoch in range(3):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> [round(lr, 4) for lr in rates]
    [1.0, 0.9, 0.81]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: int) -> float:
        return float(self.gamma**t)

    def change(self, t: int) -> float:
        return self.gamma


class ConstantLR(Factor):
    """Multiply the learning rate by a constant for the first steps.

        lr_t = initial_lr factor  for t < total_iters, then  initial_lr

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    factor : float, default 1/3
        The constant, in [0, 1].
    total_iters : int, default 5
        The number of steps for which it holds.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Raises
    ------
    ValueError
        If the factor is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> rates = []
    >>> for epoch in range(3):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> [round(lr, 4) for lr in rates]
    [0.5, 0.5, 1.0]
    """

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


class LinearLR(Factor):
    """Change the learning rate linearly, as in a warm-up.

        lr_t = initial_lr (start_factor + (end_factor - start_factor) min(1, t / total_iters))

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    start_factor : float, default 1/3
        The factor at step 0, in (0, 1].
    end_factor : float, default 1.0
        The factor from step `total_iters` on, in [0, 1].
    total_iters : int, default 5
        The number of steps of the change.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Raises
    ------
    ValueError
        If a factor is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> rates = []
    >>> for epoch in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> [round(lr, 4) for lr in rates]
    [0.5, 0.75, 1.0, 1.0]
    """

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


class PolynomialLR(Factor):
    """Lower the learning rate to 0 by a polynomial.

        lr_t = initial_lr (1 - min(1, t / total_iters))^power

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    total_iters : int, default 5
        The number of steps after which the rate is 0.
    power : float, default 1.0
        The power; 1 is a straight line.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4, power=2.0)
    >>> rates = []
    >>> for epoch in range(5):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> [round(lr, 4) for lr in rates]
    [1.0, 0.5625, 0.25, 0.0625, 0.0]
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: int) -> float:
        return float((1 - min(self.total_iters, t) / self.total_iters) ** self.power)

    def change(self, t: int) -> float:
        return 1.0 if t > self.total_iters else super().change(t)


class LambdaLR(LRScheduler):
    """Multiply the initial learning rate by a function of the step.

        lr_t = initial_lr lr_lambda(t)

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    lr_lambda : callable or list of callable
        A function of t, or one for each group.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Raises
    ------
    ValueError
        If a list does not have one function for each group.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.LambdaLR(optimizer, lambda t: 1 / (1 + t))
    >>> rates = []
    >>> for epoch in range(3):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> [round(lr, 4) for lr in rates]
    [1.0, 0.5, 0.3333]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        self.lr_lambdas = per_group(self, optimizer, "lr_lambda", lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * function(self.last_epoch) for base, function in pairs]


class MultiplicativeLR(LambdaLR):
    """Multiply the current learning rate by a function of the step.

        lr_t = lr_(t - 1) lr_lambda(t)

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    lr_lambda : callable or list of callable
        A function of t, or one for each group.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Raises
    ------
    ValueError
        If a list does not have one function for each group.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.MultiplicativeLR(optimizer, lambda t: 0.5)
    >>> rates = []
    >>> for epoch in range(3):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> [round(lr, 4) for lr in rates]
    [1.0, 0.5, 0.25]
    """

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        if self._is_initial:
            return self._current()
        pairs = zip(self._current(), self.lr_lambdas, strict=True)
        return [lr * function(self.last_epoch) for lr, function in pairs]
