"""ReduceLROnPlateau: a schedule by a metric."""

from __future__ import annotations

import math
import warnings
from typing import Any

from tinygrad_edu.engine.clock import caller_level

from ..optimizer import Optimizer
from .base import LRScheduler, per_group, set_rate


class ReduceLROnPlateau(LRScheduler):
    """Lower the learning rate when a metric no longer improves.

        lr <- max(lr factor, min_lr)

    when the metric has not improved for more than `patience` calls of `step(metric)`.

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    mode : str, default "min"
        "min" if lower metrics are better, "max" if higher ones are.
    factor : float, default 0.1
        The factor, less than 1.
    patience : int, default 10
        Number of steps without improvement that are tolerated.
    threshold : float, default 1e-4
        The least difference from the best metric that counts as an improvement.
    threshold_mode : str, default "rel"
        "rel": the threshold is relative to the best metric; "abs": it is absolute.
    cooldown : int, default 0
        Number of steps after a reduction that do not count.
    min_lr : float or list of float, default 0
        The lowest rate, for all groups or for each.
    eps : float, default 1e-8
        Changes of the rate smaller than this are not made.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    >>> for validation_loss in (0.5, 0.6, 0.6):
    ...     optimizer.step()
    ...     scheduler.step(validation_loss)
    >>> scheduler.get_last_lr()
    [0.1]
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
        self.min_lrs = per_group(self, optimizer, "min_lr", min_lr)
        self.mode, self.factor, self.patience, self.cooldown = mode, factor, patience, cooldown
        self.threshold, self.threshold_mode, self.eps = threshold, threshold_mode, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = 0
        super().__init__(optimizer)

    def _initial_step(self) -> None:
        self._step_count, self.last_epoch = 1, 0
        self._last_lr = self._current()

    @property
    def in_cooldown(self) -> bool:
        """Whether a reduction was so recent that steps do not count."""
        return self.cooldown_counter > 0

    def is_better(self, a: float, best: float | None = None) -> bool:
        """Return whether a metric improves on the best one by more than the threshold.

        Parameters
        ----------
        a : float
            The metric.
        best : float, optional
            What it is compared with; by default `self.best`.

        Returns
        -------
        bool
            True if it improves.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=0.1)
        >>> scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, threshold=0.1)
        >>> scheduler.is_better(0.95, 1.0), scheduler.is_better(0.85, 1.0)
        (False, True)
        """
        best = self.best if best is None else best
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            return sign * a > sign * best * (1 + sign * self.threshold)
        return sign * a > sign * best + self.threshold

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Record a metric, and lower the learning rates if it has not improved for long enough.

        Parameters
        ----------
        metrics : float or Tensor
            The metric, such as the loss on validation data.
        epoch : int, optional
            The number of the step.  Deprecated, as in PyTorch.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> optimizer = optim.SGD([tg.ones(2, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        >>> for loss in (3.0, 2.0, 2.0, 2.0):
        ...     optimizer.step()
        ...     scheduler.step(loss)
        ...     print(optimizer.param_groups[0]["lr"])
        1.0
        1.0
        1.0
        0.5
        """
        metric = float(metrics)
        if epoch is not None:
            warnings.warn(
                "scheduler.step(metrics, epoch) is deprecated, as in PyTorch: leave epoch out",
                UserWarning,
                stacklevel=caller_level(),
            )
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self.num_bad_epochs += 1
        if self.is_better(metric):
            self.best, self.num_bad_epochs = metric, 0
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
            for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                lr = max(group["lr"] * self.factor, least)
                if group["lr"] - lr > self.eps:
                    set_rate(group, lr)
        self._last_lr = self._current()
