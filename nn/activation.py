"""Nonlinear layers: each is a function of `functional` and its settings."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import tinygrad_edu as tg

from . import functional as F
from .module import Module, Parameter


class _Settings:
    """The signature of a layer: that of its function, but for x."""

    def __get__(self, layer: Any, owner: Any) -> Any:
        import inspect  # at first use: it takes longer to import than all of nn

        whole = inspect.signature(owner.function)
        return whole.replace(parameters=list(whole.parameters.values())[1:])


class Activation(Module):
    """y = function(x, ...), with the settings that the function takes besides x.

    >>> import nn
    >>> layer = nn.activation.LeakyReLU(0.2)
    >>> layer, layer.negative_slope
    (LeakyReLU(negative_slope=0.2), 0.2)
    """

    function: ClassVar[Callable[..., Any]]
    __signature__ = _Settings()

    def __init__(self, *settings: Any, **named: Any) -> None:
        super().__init__()
        try:
            given = self.__signature__.bind(*settings, **named)
        except TypeError as error:
            kind = f"{type(self).__name__}{self.__signature__}"
            raise TypeError(f"{error}: it is made as {kind}") from None
        given.apply_defaults()
        self.names = tuple(given.arguments)
        for name, value in given.arguments.items():
            setattr(self, name, value)

    def forward(self, input: Any) -> Any:
        return self.function(input, *[getattr(self, name) for name in self.names])

    def extra_repr(self) -> str:
        """The settings by their names, `inplace` only if it is set."""
        settings = {name: getattr(self, name) for name in self.names}
        if not settings.get("inplace"):
            settings.pop("inplace", None)
        return ", ".join(f"{name}={value!r}" for name, value in settings.items())


class ReLU(Activation):
    """y = max(0, x)."""

    function = staticmethod(F.relu)


class ReLU6(Activation):
    """y = x kept within [0, 6]."""

    function = staticmethod(F.relu6)


class LeakyReLU(Activation):
    """y = x where x > 0, else negative_slope x."""

    function = staticmethod(F.leaky_relu)


class ELU(Activation):
    """y = x where x > 0, else alpha (e^x - 1)."""

    function = staticmethod(F.elu)


class CELU(Activation):
    """y = x where x > 0, else alpha (e^(x / alpha) - 1)."""

    function = staticmethod(F.celu)


class SELU(Activation):
    """y = x where x > 0, else 1.673 (e^x - 1), all times 1.051."""

    function = staticmethod(F.selu)


class GELU(Activation):
    """y = x times the chance that a standard normal number is below x."""

    function = staticmethod(F.gelu)


class SiLU(Activation):
    """y = x sigmoid(x)."""

    function = staticmethod(F.silu)


class Mish(Activation):
    """y = x tanh(softplus(x))."""

    function = staticmethod(F.mish)


class Sigmoid(Activation):
    """y = 1 / (1 + e^-x)."""

    function = staticmethod(F.sigmoid)


class LogSigmoid(Activation):
    """y = log sigmoid(x)."""

    function = staticmethod(F.logsigmoid)


class Softplus(Activation):
    """y = log(1 + e^(beta x)) / beta."""

    function = staticmethod(F.softplus)


class Tanh(Activation):
    """y = tanh x."""

    function = staticmethod(F.tanh)


class Tanhshrink(Activation):
    """y = x - tanh x."""

    function = staticmethod(F.tanhshrink)


class Softsign(Activation):
    """y = x / (1 + |x|)."""

    function = staticmethod(F.softsign)


class Hardtanh(Activation):
    """y = x kept within [min_val, max_val]."""

    function = staticmethod(F.hardtanh)

    def __init__(self, *settings: Any, **named: Any) -> None:
        for old, new in (("min_value", "min_val"), ("max_value", "max_val")):
            if (value := named.pop(old, None)) is not None:
                warnings.warn(f"Hardtanh: {old} is now {new}", FutureWarning, stacklevel=2)
                named[new] = value
        super().__init__(*settings, **named)
        low, high = self.__dict__["min_val"], self.__dict__["max_val"]
        if not low < high:
            raise ValueError(f"Hardtanh: min_val={low} is below max_val, which is {high}")


class Hardsigmoid(Activation):
    """y = x / 6 + 1/2 kept within [0, 1]."""

    function = staticmethod(F.hardsigmoid)


class Hardswish(Activation):
    """y = x hardsigmoid(x)."""

    function = staticmethod(F.hardswish)


class Softshrink(Activation):
    """y = x moved by lambd towards 0, and 0 where |x| <= lambd."""

    function = staticmethod(F.softshrink)

    lambd: float

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Hardshrink(Activation):
    """y = x, but 0 where |x| <= lambd."""

    function = staticmethod(F.hardshrink)

    lambd: float

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Threshold(Activation):
    """y = x where x > threshold, else value."""

    function = staticmethod(F.threshold)


class GLU(Activation):
    """y = a sigmoid(b), for the halves a and b of x along `dim`."""

    function = staticmethod(F.glu)


class PReLU(Module):
    """y = x where x > 0, else w x, and the slopes w are learned: one, or one for each channel
    (He et al., 2015)."""

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter(tg.full((num_parameters,), init, device=device, dtype=dtype))

    def forward(self, input: Any) -> Any:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """y = x where x > 0, else s x, with slopes s that are drawn in training: see `rrelu`
    (Xu et al., 2015)."""

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Any) -> Any:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}" + ", inplace=True" * self.inplace


class _AlongDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """y_i = e^x_i / sum_j e^x_j along `dim`."""

    def forward(self, input: Any) -> Any:
        return F.softmax(input, self.dim)


class Softmax2d(Module):
    """`Softmax` along the channels of (N, C, H, W) or (C, H, W), at each place."""

    def forward(self, input: Any) -> Any:
        if input.ndim not in (3, 4):
            raise ValueError(
                f"Softmax2d: the input is (N, C, H, W) or (C, H, W), not {tuple(input.shape)}"
            )
        return F.softmax(input, -3)


class Softmin(_AlongDim):
    """softmax(-x) along `dim`."""

    def forward(self, input: Any) -> Any:
        return F.softmin(input, self.dim)


class LogSoftmax(_AlongDim):
    """y = x - log sum_j e^x_j along `dim`."""

    def forward(self, input: Any) -> Any:
        return F.log_softmax(input, self.dim)
