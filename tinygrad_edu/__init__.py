"""A minimal reverse-mode autodiff engine on NumPy: record, replay, and everything built on that.

>>> import tinygrad_edu as tg
>>> x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

# ruff: noqa: I001 (in this order: a later name takes the place of an earlier one)
from .functions.elementwise import *
from .functions.filling import *
from .functions.indexing import *
from .functions.linalg import *
from .functions.reduction import *
from .functions.sampling import *  # type: ignore[assignment]
from .functions.shape import *
from .autograd import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from .creation import *
from .dtypes import *
from .dtypes import bool_ as bool, float16 as half, float32 as float, float64 as double
from .dtypes import int16 as short, int32 as int, int64 as long
from .device import *
from .io import *
from .printing import set_printoptions
from .random import *
from .rng import *
from .settings import *
from .size import *
from .tensor import Tensor
from . import autograd, func, linalg, ops

if TYPE_CHECKING:
    from . import accelerator, amp, backends, cuda, distributions, mps, testing, version, viz
    from .amp import autocast

__version__ = "0.1.0"

# fmt: off
__all__ = [
    "BoolTensor", "ByteTensor", "DoubleTensor", "FloatTensor", "Generator", "HalfTensor",
    "IntTensor", "LongTensor", "ShortTensor", "Size", "Tensor", "abs", "absolute", "accelerator",
    "acos", "acosh", "add", "addcdiv", "addcmul", "addmm", "all", "allclose", "amax", "amin", "amp",
    "any", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh",
    "are_deterministic_algorithms_enabled", "argmax", "argmin", "argsort", "argwhere", "as_tensor",
    "asarray", "asin", "asinh", "atan", "atan2", "atanh", "autocast", "autograd", "backends",
    "bernoulli", "bfloat16", "bincount", "bitwise_and", "bitwise_left_shift", "bitwise_not",
    "bitwise_or", "bitwise_right_shift", "bitwise_xor", "bmm", "bool", "broadcast_shapes",
    "broadcast_tensors", "broadcast_to", "bucketize", "can_cast", "cat", "ceil", "celu",
    "channels_last", "channels_last_3d", "cholesky", "chunk", "clamp", "clamp_max", "clamp_min",
    "clip", "compile", "complex128", "complex64", "concat", "concatenate", "contiguous_format",
    "cos", "cosh", "count_nonzero", "cuda", "cumprod", "cumsum", "default_generator", "det",
    "device", "diag", "diag_embed", "diagonal", "diff", "digamma", "distributions", "div", "divide",
    "dot", "double", "dropout", "dtype", "e", "einsum", "empty", "empty_like", "enable_grad", "eq",
    "equal", "erf", "exp", "exp2", "expm1", "eye", "finfo", "fix", "flatten", "flip", "float",
    "float16", "float32", "float64", "floor", "floor_divide", "fmod", "frac", "from_dlpack",
    "from_numpy", "full", "full_like", "func", "gather", "ge", "ger", "get_default_device",
    "get_default_dtype", "get_float32_matmul_precision", "get_num_interop_threads",
    "get_num_threads", "get_rng_state", "greater", "greater_equal", "gt", "half", "hstack", "hypot",
    "iinfo", "index_add", "index_select", "inf", "inference_mode", "initial_seed", "inner", "int",
    "int16", "int32", "int64", "int8", "inverse", "is_complex",
    "is_deterministic_algorithms_warn_only_enabled", "is_floating_point", "is_grad_enabled",
    "is_storage", "is_tensor", "isclose", "isfinite", "isinf", "isnan", "kron", "layout", "le",
    "lerp", "less", "less_equal", "lgamma", "linalg", "linspace", "load", "log", "log10", "log1p",
    "log2", "log_softmax", "logaddexp", "logdet", "logical_and", "logical_not", "logical_or",
    "logical_xor", "logspace", "logsumexp", "long", "lt", "manual_seed", "masked_fill",
    "masked_select", "matmul", "matrix_power", "max", "maximum", "mean", "median", "memory_format",
    "meshgrid", "min", "minimum", "mm", "moveaxis", "movedim", "mps", "mul", "multinomial",
    "multiply", "mv", "nan", "nan_to_num", "nansum", "narrow", "ne", "neg", "negative", "nn",
    "no_grad", "nonzero", "norm", "normal", "not_equal", "numel", "ones", "ones_like", "ops",
    "optim", "outer", "permute", "pi", "poisson", "pow", "preserve_format", "prod", "promote_types",
    "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "ravel",
    "reciprocal", "relu", "remainder", "repeat_interleave", "reshape", "result_type", "roll",
    "rot90", "round", "rsqrt", "save", "scatter", "scatter_add", "searchsorted", "seed", "select",
    "selu", "set_default_device", "set_default_dtype", "set_default_tensor_type",
    "set_float32_matmul_precision", "set_flush_denormal", "set_grad_enabled",
    "set_num_interop_threads", "set_num_threads", "set_printoptions", "set_rng_state", "sgn",
    "short", "sigmoid", "sign", "sin", "sinh", "slogdet", "softmax", "sort", "split", "sqrt",
    "square", "squeeze", "stack", "std", "strided", "sub", "subtract", "sum", "swapaxes",
    "swapdims", "t", "take", "take_along_dim", "tan", "tanh", "tensor", "tensordot", "testing",
    "tile", "topk", "trace", "transpose", "tril", "tril_indices", "triu", "triu_indices",
    "true_divide", "trunc", "typename", "uint8", "unbind", "unflatten", "unique", "unsqueeze",
    "use_deterministic_algorithms", "utils", "var", "vdot", "version", "viz", "vstack", "where",
    "xlogy", "zeros", "zeros_like",
]
# fmt: on


# Modules that are imported when they are first asked for, so that importing stays quick.
_MODULES = "accelerator amp backends cuda distributions mps nn optim testing utils version viz"

# What PyTorch has for complex numbers, which no tensor holds.
_COMPLEX = ("complex", "fft", "istft", "polar", "stft", "view_as_complex", "view_as_real")


def __getattr__(name: str) -> Any:
    """Import a module of this package when it is first asked for, or say what is left out."""
    from importlib import import_module

    if name in _MODULES.split():
        return import_module(f"{__name__}.{name}")
    if name == "autocast":
        return import_module(f"{__name__}.amp").autocast
    text = f"module {__name__!r} has no attribute {name!r}"
    if name in _COMPLEX:
        text = f"{__name__}.{name} is left out: no tensor holds complex numbers, which it is about"
    raise AttributeError(text, name=name, obj=import_module(__name__))
