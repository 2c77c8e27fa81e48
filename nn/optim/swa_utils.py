"""Averages of the parameters over training: equal weights (SWA) or exponential ones (EMA).

>>> import nn
>>> import tinygrad_edu as tg
>>> from nn import optim
>>> net = nn.Linear(2, 1)
>>> ema = optim.swa_utils.AveragedModel(
...     net, multi_avg_fn=optim.swa_utils.get_ema_multi_avg_fn(0.9)
... )
>>> optimizer = optim.SGD(net.parameters(), lr=0.1)
>>> for step in range(3):
...     optimizer.zero_grad()
...     net(tg.ones(4, 2)).square().mean().backward()
...     optimizer.step()
...     ema.update_parameters(net)
>>> ema(tg.ones(4, 2)).shape
torch.Size([4, 1])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu.tensor import Tensor

from ..module import Module
from ..normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d
from .lr_scheduler.base import LRScheduler, per_group
from .optimizer import Optimizer

__all__ = [
    "SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn",
    "get_swa_multi_avg_fn", "update_bn",
]  # fmt: skip

Average = Callable[[Tensor, Tensor, Any], Tensor]
AverageMany = Callable[[list[Tensor], list[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Return the rule of an exponential moving average, for one parameter.

        average <- decay average + (1 - decay) parameter

    Parameters
    ----------
    decay : float, default 0.999
        The weight of the past, in [0, 1].

    Returns
    -------
    callable
        `f(average, parameter, number)`, for `AveragedModel(avg_fn=)`.

    Raises
    ------
    ValueError
        If the decay is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optim.swa_utils.get_ema_avg_fn(0.75)(tg.tensor(1.0), tg.tensor(5.0), 3)
    tensor(2.)
    """
    _check_decay(decay)

    def average(averaged: Tensor, current: Tensor, number: Any) -> Tensor:
        new: Tensor = decay * averaged + (1 - decay) * current
        return new

    return average


def get_ema_multi_avg_fn(decay: float = 0.999) -> AverageMany:
    """Return the rule of an exponential moving average, for all parameters, in place.

        average <- decay average + (1 - decay) parameter

    Parameters
    ----------
    decay : float, default 0.999
        The weight of the past, in [0, 1].

    Returns
    -------
    callable
        `f(averages, parameters, number)`, for `AveragedModel(multi_avg_fn=)`.

    Raises
    ------
    ValueError
        If the decay is out of range.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> averages = [tg.tensor(1.0)]
    >>> optim.swa_utils.get_ema_multi_avg_fn(0.75)(averages, [tg.tensor(5.0)], 3)
    >>> averages
    [tensor(2.)]
    """
    _check_decay(decay)

    def average(averaged: list[Tensor], current: list[Tensor], number: Any) -> None:
        _move(averaged, current, 1 - decay)

    return average


def get_swa_avg_fn() -> Average:
    """Return the rule of a mean with equal weights, for one parameter.

        average <- average + (parameter - average) / (number + 1)

    Returns
    -------
    callable
        `f(average, parameter, number)`, for `AveragedModel(avg_fn=)`; `number` counts the
        parameters averaged so far.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optim.swa_utils.get_swa_avg_fn()(tg.tensor(1.0), tg.tensor(5.0), 3)
    tensor(2.)
    """

    def average(averaged: Tensor, current: Tensor, number: Any) -> Tensor:
        new: Tensor = averaged + (current - averaged) / (number + 1)
        return new

    return average


def get_swa_multi_avg_fn() -> AverageMany:
    """Return the rule of a mean with equal weights, for all parameters, in place.

        average <- average + (parameter - average) / (number + 1)

    Returns
    -------
    callable
        `f(averages, parameters, number)`, for `AveragedModel(multi_avg_fn=)`; `number` counts
        the parameters averaged so far.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> averages = [tg.tensor(1.0)]
    >>> optim.swa_utils.get_swa_multi_avg_fn()(averages, [tg.tensor(5.0)], 3)
    >>> averages
    [tensor(2.)]
    """

    def average(averaged: list[Tensor], current: list[Tensor], number: Any) -> None:
        _move(averaged, current, 1 / (float(number) + 1))

    return average


def _check_decay(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"get_ema_avg_fn: decay is in [0, 1], not {decay}")


def _move(averaged: list[Tensor], current: list[Tensor], share: float) -> None:
    """Move each average by a share of the way to the parameter."""
    with tg.no_grad():
        for average, x in zip(averaged, current, strict=True):
            average.copy_(average + (x - average) * share)


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's.

    Each call of `update_parameters(model)` adds the current parameters to the average; the first
    call copies them.  The state dict holds the copy under "module." and "n_averaged".

    Parameters
    ----------
    model : Module
        The model, which is copied.
    device : device, optional
        Only the CPU exists.
    avg_fn : callable, optional
        `f(average, parameter, n_averaged)` returns the new average of one parameter.
    multi_avg_fn : callable, optional
        `f(averages, parameters, n_averaged)` changes the averages of all parameters in place.
        Without either function, the average is a mean with equal weights.
    use_buffers : bool, default False
        Average the buffers too, such as the running means of batch normalization; else they are
        copied.

    Raises
    ------
    ValueError
        If both functions are given.

    References
    ----------
    Izmailov et al., "Averaging weights leads to wider optima and better generalization", UAI 2018,
    arXiv:1803.05407.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.Linear(1, 1)
    >>> mean = optim.swa_utils.AveragedModel(net)
    >>> for value in (1.0, 2.0, 6.0):
    ...     _ = net.weight.data.fill_(value)
    ...     mean.update_parameters(net)
    >>> mean.module.weight.item()
    3.0
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: AverageMany | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: give avg_fn or multi_avg_fn, not both")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tg.tensor(0))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute what the averaged model computes.

        Parameters
        ----------
        *args, **kwargs : any
            The arguments of the model.

        Returns
        -------
        any
            The result of the model.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> from nn.optim.swa_utils import AveragedModel
        >>> AveragedModel(nn.Flatten())(tg.ones(2, 3, 4)).shape
        torch.Size([2, 12])
        """
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Add the current parameters of a model to the average.

        Parameters
        ----------
        model : Module
            A model of the same structure as the copied one.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> from nn.optim.swa_utils import AveragedModel
        >>> model = nn.Linear(1, 1)
        >>> averaged = AveragedModel(model)
        >>> for value in (1.0, 2.0, 6.0):
        ...     _ = nn.init.constant_(model.weight, value)
        ...     averaged.update_parameters(model)
        >>> averaged.module.weight.detach()
        tensor([[3.]])
        """
        pair = (self.module, model)
        averages, values = ([p.detach() for p in m.parameters()] for m in pair)
        buffers, new_buffers = ([b.detach() for b in m.buffers()] for m in pair)
        if self.use_buffers:
            averages, values = averages + buffers, values + new_buffers
        if self.n_averaged.item() == 0:
            for average, value in zip(averages, values, strict=True):
                average.copy_(value)
        elif self.avg_fn is not None:
            for average, value in zip(averages, values, strict=True):
                average.copy_(self.avg_fn(average, value, self.n_averaged))
        else:
            (self.multi_avg_fn or get_swa_multi_avg_fn())(averages, values, self.n_averaged)
        if not self.use_buffers:
            for buffer, value in zip(buffers, new_buffers, strict=True):
                buffer.copy_(value)
        self.n_averaged += 1


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running means and variances of batch normalization anew, over a data set.

    Averaged parameters come with no statistics of their own: call this once before the model is
    evaluated.  Every batch counts equally.  The mode of the model and the momenta of the layers are
    restored.

    Parameters
    ----------
    loader : iterable
        Batches: tensors, or tuples or lists whose first element is the input.
    model : Module
        The model, which is called on each input; nothing is done if it has no batch normalization.
    device : device, optional
        The device to which the inputs are moved.

    References
    ----------
    Izmailov et al., "Averaging weights leads to wider optima and better generalization", UAI 2018.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> net = nn.BatchNorm1d(1)
    >>> optim.swa_utils.update_bn([tg.tensor([[1.0], [3.0]]), tg.tensor([[5.0], [7.0]])], net)
    >>> net.running_mean
    tensor([4.])
    """
    norms = [m for m in model.modules() if isinstance(m, BatchNorm1d | BatchNorm2d | BatchNorm3d)]
    if not norms:
        return
    was_training, momenta = model.training, [norm.momentum for norm in norms]
    model.train()
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        with tg.no_grad():
            for batch in loader:
                x = batch[0] if isinstance(batch, list | tuple) else batch
                model(x if device is None else x.to(device))
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        model.train(was_training)


class SWALR(LRScheduler):
    """Anneal the learning rate to a constant one, for averaging the parameters there.

        lr_t = (1 - a) lr_0 + a swa_lr

    where a rises from 0 to 1 in `anneal_epochs` steps: with s = t / anneal_epochs it is s for
    "linear", and (1 - cos(pi s)) / 2 for "cos".

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set.
    swa_lr : float or list of float
        The final rate, for all groups or for each.
    anneal_epochs : int, default 10
        The number of steps.
    anneal_strategy : str, default "cos"
        "cos" or "linear".
    last_epoch : int, default -1
        The step from which the schedule is resumed; -1 starts a new one.

    Raises
    ------
    ValueError
        If the strategy is unknown, or `anneal_epochs` is not an integer of at least 0.

    References
    ----------
    Izmailov et al., "Averaging weights leads to wider optima and better generalization", UAI 2018.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> optimizer = optim.SGD([tg.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = optim.swa_utils.SWALR(
    ...     optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear"
    ... )
    >>> rates = []
    >>> for epoch in range(4):
    ...     rates += scheduler.get_last_lr()
    ...     optimizer.step()
    ...     scheduler.step()
    >>> rates
    [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"SWALR: anneal_strategy is 'cos' or 'linear', not {anneal_strategy!r}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"SWALR: anneal_epochs is an int of at least 0, not {anneal_epochs}")
        rates = per_group(self, optimizer, "swa_lr", swa_lr)
        for rate, group in zip(rates, optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        self.anneal_epochs, self.anneal_strategy = anneal_epochs, anneal_strategy
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """How much of the rate is `swa_lr` at this step."""
        share = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return share if self.anneal_strategy == "linear" else (1 - math.cos(math.pi * share)) / 2

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            end, lr = group["swa_lr"], group["lr"]
            start = end if before == 1 else (lr - before * end) / (1 - before)
            rates.append(end * now + start * (1 - now))
        return rates


def __dir__() -> list[str]:
    return sorted(__all__)
