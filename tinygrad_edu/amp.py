"""PyTorch's names for mixed precision, so that training scripts run unchanged: float32 stays.

NumPy computes on the CPU, where float16 is slower than float32 and bfloat16 does not exist.  So
`autocast` changes no dtype, and `GradScaler` does what it does in PyTorch: it scales the loss, and
takes the scale out of the gradients before the optimiser's step.

>>> import nn
>>> import tinygrad_edu as torch
>>> model = nn.Linear(2, 1)
>>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
>>> scaler = torch.amp.GradScaler()
>>> with torch.autocast(device_type="cpu"):
...     loss = model(torch.ones(3, 2)).square().mean()
>>> scaler.scale(loss).backward()
>>> _ = scaler.step(optimizer)
>>> scaler.update()
"""

import math
from collections.abc import Callable, Iterable
from contextlib import ContextDecorator
from typing import Any

import numpy as np

from .dtypes import DTypeLike, float16
from .engine.grad_mode import no_grad
from .printing import Shown
from .tensor import Tensor

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


def __dir__() -> list[str]:
    return __all__


class autocast(Shown, ContextDecorator):
    """Mark a region of mixed precision.  Here it changes no dtype: float32 stays.

    Parameters
    ----------
    device_type : str
        "cpu"; "cuda" and others are accepted, because nothing is done on them.
    dtype : dtype, optional
        The lower precision of PyTorch's region.  Accepted, without effect.
    enabled : bool, default True
        Accepted, without effect.
    cache_enabled : bool, optional
        Accepted, without effect.

    Raises
    ------
    ValueError
        If `device_type` is no string.

    Notes
    -----
    Differs from PyTorch: the results in the region are float32.  float16 is slower than float32 in
    NumPy, and there is no bfloat16.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> with tg.amp.autocast(device_type="cpu", dtype=tg.float16):
    ...     y = tg.ones(2, 3) @ tg.ones(3, 2)
    >>> y.dtype
    dtype('float32')
    """

    def __init__(
        self,
        device_type: str,
        dtype: DTypeLike = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f'autocast: device_type is a string such as "cpu", not {device_type}')
        self.device = device_type
        self.dtype = dtype
        self.enabled = enabled

    def _shown(self) -> dict[str, Any]:
        return {"device_type": self.device}

    def __enter__(self) -> "autocast":
        return self

    def __exit__(self, *raised: Any) -> None:
        pass


class GradScaler(Shown):
    """Scale a loss, so that small gradients do not vanish in float16, and undo it before the step.

    Each loss is multiplied by the scale; `step` divides the gradients by it, and leaves the step
    out if one of them is infinite or NaN; `update` then makes the scale smaller, or larger after
    `growth_interval` good steps.  In float32 nothing vanishes, and a scale that is a power of 2
    rounds nothing: training goes on as without it.

    Parameters
    ----------
    device : str, default "cuda"
        Accepted as in PyTorch: whatever it says, the gradients are on the CPU.
    init_scale : float, default 65536.0
        The scale of the first loss.
    growth_factor : float, default 2.0
        What the scale is multiplied by after `growth_interval` good steps.
    backoff_factor : float, default 0.5
        What the scale is multiplied by after a step that was left out.
    growth_interval : int, default 2000
        The number of good steps in a row before the scale grows.
    enabled : bool, default True
        If False, losses are not scaled, and `step` is the optimiser's step.

    Raises
    ------
    AssertionError
        If `growth_factor` is not above 1, or `backoff_factor` not below 1.

    Notes
    -----
    Differs from PyTorch: a scaler for "cuda" works, where PyTorch without a GPU disables it.

    References
    ----------
    Micikevicius et al., "Mixed precision training", 2018.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = optim.SGD([w], lr=0.5)
    >>> scaler = tg.amp.GradScaler()
    >>> scaler.scale((w * 3).sum()).backward()
    >>> scaler.unscale_(optimizer)  # so that gradients can be clipped
    >>> w.grad
    tensor([3.])
    >>> _ = scaler.step(optimizer)
    >>> scaler.update()
    >>> w
    tensor([-0.5000], requires_grad=True)
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        assert growth_factor > 1, f"GradScaler: growth_factor is above 1, not {growth_factor}"
        assert backoff_factor < 1, f"GradScaler: backoff_factor is below 1, not {backoff_factor}"
        self._device, self._enabled = device, enabled
        self._scale, self._scaled = float(init_scale), False
        self._growth_factor, self._backoff_factor = growth_factor, backoff_factor
        self._growth_interval, self._growth_tracker = growth_interval, 0
        self._stages: dict[int, str] = {}  # of each optimiser since the last update, by its id
        self._found_inf: dict[int, bool] = {}

    def _shown(self) -> dict[str, Any]:
        return {"init_scale": self._scale}

    def scale(self, outputs: Any) -> Any:
        """Multiply a loss by the scale.

        Parameters
        ----------
        outputs : Tensor, or (nested) iterable of Tensors
            The losses.

        Returns
        -------
        Tensor, or the same nesting of Tensors
            The scaled losses; `outputs` itself if the scaler is disabled.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.amp.GradScaler(init_scale=8.0).scale(tg.tensor(0.5))
        tensor(4.)
        """
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            self._scaled = True
            return outputs * self._scale
        if isinstance(outputs, Iterable):
            scaled = map(self.scale, outputs)
            return type(outputs)(scaled) if isinstance(outputs, list | tuple) else scaled
        raise ValueError(f"scale: it takes a Tensor or an iterable of Tensors, not {outputs!r}")

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimiser's parameters by the scale, in place.

        Call it between `backward` and `step` where the gradients themselves are needed, for example
        to clip them.

        Parameters
        ----------
        optimizer : Optimizer
            The optimiser whose gradients are divided.

        Raises
        ------
        RuntimeError
            If it was called already since the last `update`, or after `step`.
        ValueError
            If a gradient is float16: the parameters have to be float32.
        AssertionError
            If no loss was scaled.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = optim.SGD([w], lr=0.5)
        >>> scaler = tg.amp.GradScaler(init_scale=8.0)
        >>> scaler.scale((w * 3).sum()).backward()
        >>> w.grad
        tensor([24.])
        >>> scaler.unscale_(optimizer)
        >>> w.grad
        tensor([3.])
        """
        if not self._enabled:
            return
        self._require_scaled("unscale_")
        stage = self._stages.get(id(optimizer))
        if stage is not None:
            was = "unscale_ was called already" if stage == "unscaled" else "step was called"
            raise RuntimeError(f"unscale_: {was} for this optimizer since the last update()")
        groups = [group["params"] for group in optimizer.param_groups]
        grads = [p.grad for group in groups for p in group if p.grad is not None]
        assert grads, "unscale_: no parameter of this optimizer has a gradient; call backward()"
        if any(grad.dtype == float16 for grad in grads):
            raise ValueError("unscale_: a gradient is float16; keep the parameters in float32")
        with no_grad():
            for grad in grads:
                grad.mul_(1 / self._scale)
        self._found_inf[id(optimizer)] = not all(np.isfinite(grad.array).all() for grad in grads)
        self._stages[id(optimizer)] = "unscaled"

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Call `optimizer.step()`, unless a gradient is infinite or NaN.

        Parameters
        ----------
        optimizer : Optimizer
            The optimiser; its gradients are divided by the scale unless `unscale_` did so.
        *args, **kwargs
            What `optimizer.step` is given.

        Returns
        -------
        object or None
            What `optimizer.step` returned; None if the step was left out.

        Raises
        ------
        RuntimeError
            If it was called already since the last `update`, or is given a closure.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = optim.SGD([w], lr=0.5)
        >>> scaler = tg.amp.GradScaler()
        >>> scaler.scale((w * 3).sum()).backward()
        >>> scaler.step(optimizer)
        >>> w.detach()
        tensor([-0.5000])
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError(
                "step: a closure computes gradients anew, which nobody would unscale"
            )
        self._require_scaled("step")
        if self._stages.get(id(optimizer)) == "stepped":
            raise RuntimeError("step: it was called already since the last update()")
        if self._stages.get(id(optimizer)) is None:
            self.unscale_(optimizer)
        self._stages[id(optimizer)] = "stepped"
        return None if self._found_inf[id(optimizer)] else optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Adapt the scale: smaller after a step that was left out, larger after many good ones.

        Parameters
        ----------
        new_scale : float or Tensor, optional
            The scale from now on, in place of the one that the rule gives.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> from nn import optim
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = optim.SGD([w], lr=0.5)
        >>> scaler = tg.amp.GradScaler(init_scale=8.0)
        >>> scaler.scale((w * float("inf")).sum()).backward()
        >>> scaler.step(optimizer)  # the gradient is infinite, so the step is left out
        >>> scaler.update()
        >>> w.detach(), scaler.get_scale()
        (tensor([1.]), 4.0)
        """
        if not self._enabled:
            return
        self._require_scaled("update")
        if new_scale is not None:
            self._scale = float(new_scale)
        else:
            assert self._found_inf, "update: no gradient was looked at; call step(optimizer) first"
            self._adapt(any(self._found_inf.values()))
        self._stages, self._found_inf = {}, {}

    def _adapt(self, found_inf: bool) -> None:
        self._growth_tracker = 0 if found_inf else self._growth_tracker + 1
        if found_inf:
            self._scale *= self._backoff_factor
        elif self._growth_tracker == self._growth_interval:
            self._growth_tracker = 0
            if math.isfinite(np.float32(self._scale * self._growth_factor)):
                self._scale *= self._growth_factor

    def _require_scaled(self, name: str) -> None:
        assert self._scaled, f"{name}: no loss was scaled; call scaler.scale(loss).backward() first"

    def get_scale(self) -> float:
        """Return the scale.

        Returns
        -------
        float
            1.0 if the scaler is disabled.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.amp.GradScaler(init_scale=8.0).get_scale()
        8.0
        """
        return self._scale if self._enabled else 1.0

    def get_growth_factor(self) -> float:
        """Return what the scale is multiplied by when it grows.

        Returns
        -------
        float
            The factor.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.amp.GradScaler().get_growth_factor()
        2.0
        """
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set what the scale is multiplied by when it grows.

        Parameters
        ----------
        new_factor : float
            The factor, above 1.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> scaler = tg.amp.GradScaler()
        >>> scaler.set_growth_factor(4.0)
        >>> scaler.get_growth_factor()
        4.0
        """
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """Return what the scale is multiplied by after a step that was left out.

        Returns
        -------
        float
            The factor.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.amp.GradScaler().get_backoff_factor()
        0.5
        """
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set what the scale is multiplied by after a step that was left out.

        Parameters
        ----------
        new_factor : float
            The factor, below 1.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> scaler = tg.amp.GradScaler()
        >>> scaler.set_backoff_factor(0.25)
        >>> scaler.get_backoff_factor()
        0.25
        """
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """Return the number of good steps before the scale grows.

        Returns
        -------
        int
            The number.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.amp.GradScaler().get_growth_interval()
        2000
        """
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set the number of good steps before the scale grows.

        Parameters
        ----------
        new_interval : int
            The number.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> scaler = tg.amp.GradScaler()
        >>> scaler.set_growth_interval(100)
        >>> scaler.get_growth_interval()
        100
        """
        self._growth_interval = new_interval

    def is_enabled(self) -> bool:
        """Return whether losses are scaled.

        Returns
        -------
        bool
            What the scaler was made with.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.amp.GradScaler(enabled=False).is_enabled()
        False
        """
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """Return the state for `load_state_dict`, under PyTorch's names.

        Returns
        -------
        dict
            The scale, the settings, and the number of good steps since the scale changed; empty if
            the scaler is disabled.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> tg.amp.GradScaler().state_dict()["scale"]
        65536.0
        """
        if not self._enabled:
            return {}
        names = ("growth_factor", "backoff_factor", "growth_interval", "_growth_tracker")
        settings = {name: getattr(self, f"_{name.removeprefix('_')}") for name in names}
        return {"scale": self._scale, **settings}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of another scaler.

        Parameters
        ----------
        state_dict : dict
            What its `state_dict()` returned, here or in PyTorch.

        Raises
        ------
        RuntimeError
            If the state is empty: it is that of a disabled scaler.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> scaler = tg.amp.GradScaler()
        >>> scaler.load_state_dict(tg.amp.GradScaler(init_scale=8.0).state_dict())
        >>> scaler.get_scale()
        8.0
        """
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError("load_state_dict: the state is empty, that of a disabled GradScaler")
        for name, value in state_dict.items():
            setattr(self, f"_{name.removeprefix('_')}", value)


def custom_fwd(
    fwd: Callable[..., Any] | None = None, *, device_type: str, cast_inputs: DTypeLike = None
) -> Any:
    """Mark the `forward` of an `autograd.Function` for mixed precision: here the function itself.

    Parameters
    ----------
    fwd : callable, optional
        The function; without it, a decorator is returned.
    device_type : str
        Accepted, without effect.
    cast_inputs : dtype, optional
        Accepted, without effect: no dtype is changed.

    Returns
    -------
    callable
        `fwd` itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> @tg.amp.custom_fwd(device_type="cpu")
    ... def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """
    return (lambda function: function) if fwd is None else fwd


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str) -> Any:
    """Mark the `backward` of an `autograd.Function` for mixed precision: here the function itself.

    Parameters
    ----------
    bwd : callable, optional
        The function; without it, a decorator is returned.
    device_type : str
        Accepted, without effect.

    Returns
    -------
    callable
        `bwd` itself.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> @tg.amp.custom_bwd(device_type="cpu")
    ... def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """
    return (lambda function: function) if bwd is None else bwd
