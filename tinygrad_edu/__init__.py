"""A minimal reverse-mode autodiff engine on NumPy: record, replay, and everything built on that.

>>> import tinygrad_edu as tg
>>> x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

from . import autograd, testing, viz
from .autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .creation import (
    arange,
    as_tensor,
    empty,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from .dtypes import (
    bool_ as bool,
)
from .dtypes import (
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    set_default_dtype,
    uint8,
)
from .functions import (
    all,
    allclose,
    amax,
    amin,
    any,
    argmax,
    argmin,
    broadcast_to,
    cat,
    clamp,
    equal,
    flatten,
    log_softmax,
    logsumexp,
    max,
    mean,
    min,
    permute,
    pow,
    reshape,
    softmax,
    squeeze,
    stack,
    sum,
    t,
    transpose,
    unsqueeze,
    where,
)
from .functions import divide as div
from .ops import (
    absolute as abs,
)
from .ops import (
    add,
    exp,
    isfinite,
    isnan,
    log,
    matmul,
    maximum,
    minimum,
    relu,
    sigmoid,
    sign,
    sqrt,
    square,
    tanh,
)
from .ops import multiply as mul
from .ops import negative as neg
from .ops import subtract as sub
from .random import Generator, bernoulli, manual_seed, normal, rand, randint, randn, randperm
from .tensor import Tensor

float, double, half = float32, float64, float16
int, long = int32, int64
clip = clamp
concat = cat
mm = matmul

__version__ = "0.1.0"

__all__ = [
    "Generator",
    "Tensor",
    "abs",
    "add",
    "all",
    "allclose",
    "amax",
    "amin",
    "any",
    "arange",
    "argmax",
    "argmin",
    "as_tensor",
    "autograd",
    "bernoulli",
    "bool",
    "broadcast_to",
    "cat",
    "clamp",
    "clip",
    "concat",
    "div",
    "double",
    "empty",
    "enable_grad",
    "equal",
    "exp",
    "eye",
    "flatten",
    "float",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "full",
    "full_like",
    "get_default_dtype",
    "half",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "isfinite",
    "isnan",
    "linspace",
    "log",
    "log_softmax",
    "logsumexp",
    "long",
    "manual_seed",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mm",
    "mul",
    "neg",
    "no_grad",
    "normal",
    "ones",
    "ones_like",
    "ops",
    "permute",
    "pow",
    "rand",
    "randint",
    "randn",
    "randperm",
    "relu",
    "reshape",
    "set_default_dtype",
    "set_grad_enabled",
    "sigmoid",
    "sign",
    "softmax",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "sub",
    "sum",
    "t",
    "tanh",
    "tensor",
    "testing",
    "transpose",
    "uint8",
    "unsqueeze",
    "viz",
    "where",
    "zeros",
    "zeros_like",
]
