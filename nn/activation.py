"""Activations: nonlinear functions of each number, and softmax along a dimension.

A layer is a function and its settings.
"""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Generator, Tensor, functions, ops, sigmoid, tanh, where
from tinygrad_edu.functions.arguments import check_dim, check_floating
from tinygrad_edu.rng import numpy_generator

from . import init as fill
from .module import Module, Parameter

# ---------------------------------------------------------------- functions


def _written(name: str, input: Tensor, y: Tensor, inplace: bool) -> Tensor:
    """y, or with `inplace` the input, after y was written into it."""
    return input._write(y, name) if inplace else y


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = max(0, x)."""
    return _written("relu", input, ops.relu(input), inplace)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x clamped to [0, 6]."""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """y = x clamped to [min_val, max_val]; on the borders the gradient is 0.  Whole numbers stay
    whole, and of the borders only what is before the point counts."""
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val={min_val} is above max_val={max_val}; swap them")
    if input.dtype.kind in "iu":
        min_val, max_val = int(min_val), int(max_val)
    return _written("hardtanh", input, ops.hardtanh(input, min=min_val, max=max_val), inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x / 6 + 1/2 clamped to [0, 1]."""
    return _written("hardsigmoid", input, ops.hardsigmoid(input), inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x hardsigmoid(x)  (Howard et al., 2019)."""
    return _written("hardswish", input, ops.hardswish(input), inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """y = x where x > 0, else negative_slope x."""
    return _written("leaky_relu", input, ops.leaky_relu(input, slope=negative_slope), inplace)


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """y = x where x > 0, else s x, with a slope s for each number, uniform in [lower, upper] in
    training, in evaluation their mean  (Xu et al., 2015)."""
    if not -np.inf < lower <= upper < np.inf:
        raise ValueError(f"rrelu: lower is at most upper, both finite, not {lower=}, {upper=}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    check_floating(input, "rrelu")
    slopes = numpy_generator(generator).uniform(lower, upper, input.shape)
    factors = np.where(input.array > 0, 1, slopes).astype(input.dtype)
    return _written("rrelu", input, input * Tensor(factors), inplace)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """y = x where x > 0, else w x, for one slope w, or one for each channel, dimension 1."""
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: the slopes are (channels,) or (1,), not {tuple(weight.shape)}")
    if weight.numel() not in (1, channels):
        raise RuntimeError(
            f"prelu: {weight.numel()} slopes for an input {tuple(input.shape)} of "
            f"{channels} channels; "
            "give one, or one for each"
        )
    weight = weight.reshape(-1, *[1] * (input.ndim - 2)) if input.ndim else weight.reshape(())
    return ops.prelu(input, weight)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """y = x where x > 0, else alpha (e^x - 1)  (Clevert et al., 2016)."""
    return _written("elu", input, ops.elu(input, alpha=alpha), inplace)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """y = x where x > 0, else alpha (e^(x / alpha) - 1): its slope has no step."""
    if alpha == 0:
        raise RuntimeError("celu: alpha=0 has no inverse, by which x is multiplied")
    return _written("celu", input, functions.celu(input, alpha), inplace)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = s elu(x, a), with s and a such that mean 0 and variance 1 stay so from layer to layer
    (Klambauer et al., 2017)."""
    return _written("selu", input, functions.selu(input), inplace)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x sigmoid(x), also known as swish."""
    return _written("silu", input, ops.silu(input), inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """y = x times the chance that a standard normal number is below x; approximate="tanh" gives
    x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2  (Hendrycks and Gimpel, 2016)."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"gelu: approximate is 'none' or 'tanh', not {approximate!r}")
    return ops.gelu_tanh(input) if approximate == "tanh" else ops.gelu(input)


def logsigmoid(input: Tensor) -> Tensor:
    """y = log sigmoid(x), without overflow."""
    return ops.logsigmoid(input)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """y = log(1 + e^(beta x)) / beta, without overflow; x where beta x > threshold."""
    z = input if beta == 1 else input * beta
    y = -ops.logsigmoid(-z)
    smooth: Tensor = where(z > threshold, input, y if beta == 1 else y / beta)
    return smooth


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """y = x tanh(softplus(x))  (Misra, 2019)."""
    return _written("mish", input, ops.mish(input), inplace)


def softsign(input: Tensor) -> Tensor:
    """y = x / (1 + |x|)."""
    return input / (1 + ops.absolute(input))


def tanhshrink(input: Tensor) -> Tensor:
    """y = x - tanh x."""
    return input - tanh(input)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """y = x moved by lambd towards 0, and 0 where |x| <= lambd."""
    if not 0 <= lambd < np.inf:
        raise RuntimeError(f"softshrink: lambd is how far numbers move, 0 or more, not {lambd}")
    return ops.softshrink(input, lambd=lambd)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """y = x, but 0 where |x| <= lambd."""
    return ops.hardshrink(input, lambd=lambd)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """y = x where x > threshold, else value."""
    y = functions.masked_fill(input, input <= threshold, value)
    return _written("threshold", input, y, inplace)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """y = a sigmoid(b), for the halves a and b of x along `dim`  (Dauphin et al., 2017)."""
    if input.ndim == 0:
        raise RuntimeError("glu: a dimension is cut in half, and a number has none")
    size = input.size(dim)
    if size % 2:
        raise RuntimeError(
            f"glu: dimension {dim} of {tuple(input.shape)} is cut in half, so it is even"
        )
    x = input.transpose(dim, -1)
    a, b = x[..., : size // 2], x[..., size // 2 :]
    return (a * sigmoid(b)).transpose(dim, -1)


def _implicit(dim: int | None, x: Tensor, name: str, stacklevel: int) -> int:
    """The dimension; where none is given, PyTorch's old choice, with its warning."""
    if dim is not None:
        return dim
    chosen = 0 if x.ndim in (0, 1, 3) else 1
    why = f"{name}: without dim=, of {x.ndim} dimensions it takes {chosen}; write dim={chosen}"
    warnings.warn(f"{why}, or the one in which it is to sum to 1", UserWarning, stacklevel)
    return chosen


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """y_i = e^x_i / sum_j e^x_j along `dim`: positive numbers that sum to 1.  With `dtype`, x is
    brought to it first."""
    y: Tensor = functions.softmax(input, _implicit(dim, input, "softmax", _stacklevel), dtype)
    return y


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """y = x - log sum_j e^x_j along `dim`: the logarithm of `softmax`, without overflow."""
    y: Tensor = functions.log_softmax(
        input, _implicit(dim, input, "log_softmax", _stacklevel), dtype
    )
    return y


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """softmax(-x) along `dim`."""
    y: Tensor = functions.softmax(-input, _implicit(dim, input, "softmin", _stacklevel), dtype)
    return y


def gumbel_softmax(
    logits: Tensor,
    tau: float = 1.0,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """y = softmax((x + noise) / tau), noise of Gumbel's distribution: nearly a one-hot sample of
    the classes, with a gradient.  With `hard` it is one-hot, and has the gradient of the soft one
    (Jang et al., 2017).  `eps` changes nothing, as in PyTorch."""
    check_floating(logits, "gumbel_softmax")
    noise = numpy_generator(generator).gumbel(size=logits.shape).astype(logits.dtype)
    soft: Tensor = softmax((logits + Tensor(noise)) / tau, dim)
    if not hard:
        return soft
    axis = check_dim(dim, logits.ndim, "gumbel_softmax", logits)
    largest = functions.argmax(soft, axis, True)
    one_hot = functions.scatter(functions.zeros_like(soft), axis, largest, 1.0)
    hardened: Tensor = one_hot - soft.detach() + soft
    return hardened


# ---------------------------------------------------------------- layers


class _Activation(Module):
    """Shows its settings by the names in `shown`, and `inplace` where it is set."""

    shown: ClassVar[tuple[str, ...]] = ()
    inplace = False

    def extra_repr(self) -> str:
        settings = [f"{name}={getattr(self, name)!r}" for name in self.shown]
        return ", ".join(settings + ["inplace=True"] * self.inplace)


class _Inplace(_Activation):
    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class ReLU(_Inplace):
    """y = max(0, x)."""

    def forward(self, input: Tensor) -> Tensor:
        return relu(input, self.inplace)


class LeakyReLU(_Activation):
    """y = x where x > 0, else negative_slope x.

    >>> import nn
    >>> layer = nn.LeakyReLU(0.2)
    >>> layer, layer.negative_slope
    (LeakyReLU(negative_slope=0.2), 0.2)
    """

    shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input: Tensor) -> Tensor:
        return leaky_relu(input, self.negative_slope, self.inplace)


class ELU(_Activation):
    """y = x where x > 0, else alpha (e^x - 1)."""

    shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Tensor) -> Tensor:
        return elu(input, self.alpha, self.inplace)


class CELU(_Activation):
    """y = x where x > 0, else alpha (e^(x / alpha) - 1)."""

    shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Tensor) -> Tensor:
        return celu(input, self.alpha, self.inplace)


class SELU(_Inplace):
    """y = x where x > 0, else 1.673 (e^x - 1), all times 1.051."""

    def forward(self, input: Tensor) -> Tensor:
        return selu(input, self.inplace)


class GELU(_Activation):
    """y = x times the chance that a standard normal number is below x."""

    shown = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return gelu(input, self.approximate)


class SiLU(_Inplace):
    """y = x sigmoid(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return silu(input, self.inplace)


class Mish(_Inplace):
    """y = x tanh(softplus(x))."""

    def forward(self, input: Tensor) -> Tensor:
        return mish(input, self.inplace)


class Sigmoid(Module):
    """y = 1 / (1 + e^-x)."""

    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = sigmoid(input)
        return y


class LogSigmoid(Module):
    """y = log sigmoid(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return logsigmoid(input)


class Softplus(_Activation):
    """y = log(1 + e^(beta x)) / beta."""

    shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Tensor) -> Tensor:
        return softplus(input, self.beta, self.threshold)


class Tanh(Module):
    """y = tanh x."""

    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = tanh(input)
        return y


class Tanhshrink(Module):
    """y = x - tanh x."""

    def forward(self, input: Tensor) -> Tensor:
        return tanhshrink(input)


class Softsign(Module):
    """y = x / (1 + |x|)."""

    def forward(self, input: Tensor) -> Tensor:
        return softsign(input)


class Hardtanh(_Activation):
    """y = x clamped to [min_val, max_val]."""

    shown: ClassVar[tuple[str, ...]] = ("min_val", "max_val")

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        if min_value is not None:
            warnings.warn("Hardtanh: min_value is now min_val", FutureWarning, stacklevel=2)
            min_val = min_value
        if max_value is not None:
            warnings.warn("Hardtanh: max_value is now max_val", FutureWarning, stacklevel=2)
            max_val = max_value
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: min_val={min_val} is below max_val, which is {max_val}")
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, input: Tensor) -> Tensor:
        return hardtanh(input, self.min_val, self.max_val, self.inplace)


class ReLU6(Hardtanh):
    """y = x clamped to [0, 6]."""

    shown = ()

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)


class Hardsigmoid(_Inplace):
    """y = x / 6 + 1/2 clamped to [0, 1]."""

    def forward(self, input: Tensor) -> Tensor:
        return hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        return ""  # as PyTorch's


class Hardswish(_Inplace):
    """y = x hardsigmoid(x)."""

    def forward(self, input: Tensor) -> Tensor:
        return hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        return ""  # as PyTorch's


class Softshrink(Module):
    """y = x moved by lambd towards 0, and 0 where |x| <= lambd."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(Module):
    """y = x, but 0 where |x| <= lambd."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Threshold(_Activation):
    """y = x where x > threshold, else value."""

    shown = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, input: Tensor) -> Tensor:
        return threshold(input, self.threshold, self.value, self.inplace)


class GLU(_Activation):
    """y = a sigmoid(b), for the halves a and b of x along `dim`."""

    shown = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return glu(input, self.dim)


class PReLU(Module):
    """y = x where x > 0, else w x, and the slopes w are learned: one, or one for each channel
    (He et al., 2015)."""

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(tg.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set each slope to `init`, the number that the layer was made with."""
        fill.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(_Activation):
    """y = x where x > 0, else s x, with slopes s that are drawn in training: see `rrelu`
    (Xu et al., 2015)."""

    shown = ("lower", "upper")

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Tensor) -> Tensor:
        return rrelu(input, self.lower, self.upper, self.training, self.inplace)


class _AlongDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """y_i = e^x_i / sum_j e^x_j along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        return softmax(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """`Softmax` along the channels of (N, C, H, W) or (C, H, W), at each place."""

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise ValueError(
                f"Softmax2d: the input is (N, C, H, W) or (C, H, W), not {tuple(input.shape)}"
            )
        return softmax(input, -3)


class Softmin(_AlongDim):
    """softmax(-x) along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        return softmin(input, self.dim, _stacklevel=5)


class LogSoftmax(_AlongDim):
    """y = x - log sum_j e^x_j along `dim`."""

    def forward(self, input: Tensor) -> Tensor:
        return log_softmax(input, self.dim, _stacklevel=5)
