"""Schedules made of schedules: all at once, or one after the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, set_rate
from .plateau import ReduceLROnPlateau


class Combined(LRScheduler):
    """Schedulers of one optimizer."""

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


class ChainedScheduler(Combined):
    """Apply several schedulers at each step, so that their factors multiply.

    Parameters
    ----------
    schedulers : sequence of LRScheduler
        The schedulers, in the order in which they change the rate.
    optimizer : Optimizer, optional
        By default that of the first scheduler.

    Raises
    ------
    ValueError
        If there is no scheduler, if they have different optimizers, or if one needs a metric.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> warm_up = optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=1)
    >>> decay = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    >>> scheduler = optim.lr_scheduler.ChainedScheduler([warm_up, decay])
    >>> rates = scheduler.get_last_lr()
    >>> optimizer.step()
    >>> scheduler.step()
    >>> rates + scheduler.get_last_lr()
    [0.5, 0.9]
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self._take(schedulers, optimizer)
        self._last_lr = self._current()

    def _initial_step(self) -> None:
        for scheduler in self._schedulers:
            scheduler._initial_step()
        self._last_lr = self._current()

    def _update_lr(self, epoch: int | None = None) -> None:
        for scheduler in self._schedulers:
            scheduler._update_lr(epoch)
        self._last_lr = self._current()

    def step(self) -> None:  # type: ignore[override]
        """Step each scheduler, one after the other.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=1.0)
        >>> halved = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> warmup = optim.lr_scheduler.ConstantLR(optimizer, factor=0.25, total_iters=1)
        >>> scheduler = optim.lr_scheduler.ChainedScheduler([halved, warmup])
        >>> optimizer.step()
        >>> scheduler.step()
        >>> optimizer.param_groups[0]["lr"]
        0.5
        """
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._current()


class SequentialLR(Combined):
    """Use several schedulers one after the other.

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    schedulers : sequence of LRScheduler
        The schedulers; each begins at its own start.
    milestones : list of int
        The steps at which the next scheduler takes over; their number is that of the schedulers
        minus 1.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Raises
    ------
    ValueError
        If there is no scheduler, if the number of milestones is wrong, or as for ChainedScheduler.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> warm_up = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> decay = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    >>> scheduler = optim.lr_scheduler.SequentialLR(optimizer, [warm_up, decay], milestones=[2])
    >>> rates = []
    >>> for epoch in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> rates
    [0.5, 0.75, 1.0, 0.9]
    """

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
        self.recursive_undo()
        first = self._schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def recursive_undo(self, sched: LRScheduler | None = None) -> None:
        """Undo the first step that each of the schedulers has made.

        Parameters
        ----------
        sched : LRScheduler, optional
            Where to begin; by default here.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=1.0)
        >>> first = optim.lr_scheduler.ConstantLR(optimizer, factor=0.25, total_iters=2)
        >>> then = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> scheduler = optim.lr_scheduler.SequentialLR(optimizer, [first, then], milestones=[2])
        >>> scheduler.recursive_undo()
        >>> first.last_epoch
        -1
        """
        stack: list[LRScheduler] = [self if sched is None else sched]
        while stack:
            scheduler = stack.pop()
            if isinstance(scheduler, Combined):
                stack += scheduler._schedulers
            else:
                scheduler.last_epoch -= 1

    def step(self) -> None:  # type: ignore[override]
        """Step the scheduler whose turn it is.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=1.0)
        >>> first = optim.lr_scheduler.ConstantLR(optimizer, factor=0.25, total_iters=2)
        >>> then = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> scheduler = optim.lr_scheduler.SequentialLR(optimizer, [first, then], milestones=[2])
        >>> for epoch in range(4):
        ...     print(optimizer.param_groups[0]["lr"])
        ...     optimizer.step()
        ...     scheduler.step()
        0.25
        0.25
        1.0
        0.5
        """
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()
