"""LRScheduler, the base of the schedules, and Factor, a schedule that is a factor of the initial
rate."""

from __future__ import annotations

import warnings
from typing import Any

from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.printing import Shown
from tinygrad_edu.tensor import Tensor

from ..optimizer import Optimizer

NOT_SAVED = ("optimizer", "lr_lambdas", "_custom_scale_fn", "_schedulers")


def set_rate(group: dict[str, Any], lr: Any) -> None:
    """Give a group its learning rate; a rate that is a tensor takes it in place."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(float(lr))
    else:
        group["lr"] = lr


def copied(lr: Any) -> Any:
    """A rate as it is now, also if it is a tensor that will change."""
    return lr.clone() if isinstance(lr, Tensor) else lr


def per_group(scheduler: Any, optimizer: Optimizer, name: str, value: Any) -> list[Any]:
    """A setting for each group: a list as it is, anything else repeated."""
    count = len(optimizer.param_groups)
    values = list(value) if isinstance(value, list | tuple) else [value] * count
    if len(values) != count:
        raise ValueError(
            f"{type(scheduler).__name__}: {len(values)} values of {name} for {count} groups"
        )
    return values


class LRScheduler(Shown):
    """Base class of the schedules of learning rates.

    A subclass defines `get_lr()`, the learning rates of the groups at step `self.last_epoch`, from
    `self.base_lrs`, the initial rates, or from the present ones in `self.optimizer.param_groups`.

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set, at once and at each `step()`.
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Raises
    ------
    TypeError
        If `optimizer` is not an Optimizer.
    KeyError
        If a schedule is resumed, but the groups of the optimizer have no "initial_lr".

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> class Halving(optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [base / 2**self.last_epoch for base in self.base_lrs]
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = Halving(optimizer)
    >>> for epoch in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.125]
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def _shown(self) -> dict[str, Any]:
        """Beside the settings, the step and the learning rate, of several groups each."""
        if "optimizer" not in vars(self):
            return {}
        rates = [float(group["lr"]) for group in self.optimizer.param_groups]
        return {"lr": rates[0] if len(rates) == 1 else rates}

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{type(self).__name__}: schedules an optimizer, not a {type(optimizer).__name__}"
            )
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: last_epoch={last_epoch} goes on with a schedule, but "
                    f"group {i} has no 'initial_lr': load the optimizer's state first"
                )
        self.base_lrs: list[Any] = [copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the rates of the first step."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def step(self, epoch: int | None = None) -> None:
        """Set the learning rates of the next step; call it after `optimizer.step()`.

        Parameters
        ----------
        epoch : int, optional
            The step whose rates are set, from the closed form of the schedule if it has one.
            Deprecated, as in PyTorch.

        Warns
        -----
        UserWarning
            If it is called before the first step of the optimizer, or with an epoch.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=0.5)
        >>> scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1)
        >>> for epoch in range(2):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> round(optimizer.param_groups[0]["lr"], 6)
        0.005
        """
        if self._step_count == 1 and not self.optimizer.has_stepped:
            warnings.warn(
                "scheduler.step() was called before optimizer.step(): the first learning rate of "
                "the schedule was never used; call optimizer.step() first",
                UserWarning,
                stacklevel=caller_level(),
            )
        if epoch is not None:
            warnings.warn(
                "scheduler.step(epoch) is deprecated, as in PyTorch: call scheduler.step() once "
                "after each epoch; a schedule that goes on gets last_epoch=",
                UserWarning,
                stacklevel=caller_level(),
            )
        self._step_count += 1
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the rates of the next step, or those of the given one by the closed form."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._get_lr_called_within_step = True
        try:
            rates = self.get_lr() if epoch is None else self._get_closed_form_lr()
        finally:
            self._get_lr_called_within_step = False
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            set_rate(group, lr)
        self._last_lr = self._current()

    def get_lr(self) -> list[Any]:
        """Compute the learning rates of step `self.last_epoch`; subclasses define it.

        Returns
        -------
        list of float
            One rate for each group.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> class Halved(optim.lr_scheduler.LRScheduler):
        ...     def get_lr(self):
        ...         return [lr / 2**self.last_epoch for lr in self.base_lrs]
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=0.5)
        >>> scheduler = Halved(optimizer)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
        """
        raise NotImplementedError(f"{type(self).__name__} has no get_lr()")

    def _warn_outside_step(self) -> None:
        """What every get_lr() begins with: its result is for step() alone."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "get_lr() computes the rates of a step and is called by step(); use get_last_lr() "
                "for the rates that were set last",
                UserWarning,
                stacklevel=caller_level(),
            )

    def _get_closed_form_lr(self) -> list[Any]:
        return self.get_lr()

    def _current(self) -> list[Any]:
        return [copied(group["lr"]) for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[Any]:
        """Return the learning rates that were set last.

        Returns
        -------
        list of float (or of Tensor, where the optimizer has tensors)
            One rate for each group.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=0.5)
        >>> scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.05]
        """
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the schedule, without the optimizer and without functions.

        Returns
        -------
        dict
            For `load_state_dict`.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=0.5)
        >>> scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1)
        >>> state = scheduler.state_dict()
        >>> state["last_epoch"], state["base_lrs"]
        (0, [0.5])
        """
        return {key: value for key, value in vars(self).items() if key not in NOT_SAVED}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load the state of a schedule.

        The rates of the optimizer are not set: load its state dict too.

        Parameters
        ----------
        state_dict : dict
            The result of `state_dict()`.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=0.5)
        >>> scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1)
        >>> scheduler.load_state_dict({**scheduler.state_dict(), "last_epoch": 4})
        >>> scheduler.last_epoch
        4
        """
        vars(self).update({k: v for k, v in state_dict.items() if k not in NOT_SAVED})


class Factor(LRScheduler):
    """lr_t = initial_lr factor_at(t), stepped as lr <- lr factor_at(t) / factor_at(t - 1).

    A schedule that is resumed by `last_epoch` leaves the rate as it finds it, unless it `jumps`.
    """

    jumps = False

    def factor_at(self, t: int) -> float:
        """Return the factor of the initial learning rate at step t.

        Parameters
        ----------
        t : int
            The step, from 0.

        Returns
        -------
        float
            The factor.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=0.5)
        >>> optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5).factor_at(4)
        0.25
        """
        raise NotImplementedError(f"{type(self).__name__} has no factor_at(t)")

    def change(self, t: int) -> float:
        """Return factor_at(t) / factor_at(t - 1), by which step t multiplies the learning rate.

        Parameters
        ----------
        t : int
            The step, from 1.

        Returns
        -------
        float
            The change.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=0.5)
        >>> optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5).change(4)
        0.5
        """
        return self.factor_at(t) / self.factor_at(t - 1)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        t, is_resumed = self.last_epoch, self._is_initial and not self.jumps
        change = self.factor_at(0) if t == 0 else 1.0 if is_resumed else self.change(t)
        return [lr * change for lr in self._current()]

    def _get_closed_form_lr(self) -> list[Any]:
        return [base * self.factor_at(self.last_epoch) for base in self.base_lrs]


class _LRScheduler(LRScheduler):
    """The older name of LRScheduler, for classes that derive from it."""
