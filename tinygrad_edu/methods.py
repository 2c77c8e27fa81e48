"""The methods of Tensor that are functions too: `x.sum(0)` is `tg.sum(x, 0)`."""

from __future__ import annotations

from . import functions, ops
from .graph import TensorBase


class Methods(TensorBase):
    """Every function of PyTorch's that is a method there too, under the same name."""

    __slots__ = ()

    add, sub, mul, neg = ops.add, ops.subtract, ops.multiply, ops.negative
    div, pow = functions.divide, functions.pow
    matmul = mm = ops.matmul
    exp, log, sqrt, square, tanh = ops.exp, ops.log, ops.sqrt, ops.square, ops.tanh
    sigmoid, relu, sign = ops.sigmoid, ops.relu, ops.sign
    abs = absolute = ops.absolute
    maximum, minimum = ops.maximum, ops.minimum
    isnan, isfinite = ops.isnan, ops.isfinite
    eq, ne, lt, le = ops.equal, ops.not_equal, ops.less, ops.less_equal
    gt, ge = ops.greater, ops.greater_equal
    clamp = clip = functions.clamp
    sum, mean, amax, amin = functions.sum, functions.mean, functions.amax, functions.amin
    max, min, argmax, argmin = functions.max, functions.min, functions.argmax, functions.argmin
    all, any = functions.all, functions.any
    softmax, log_softmax = functions.softmax, functions.log_softmax
    logsumexp = functions.logsumexp
    reshape = view = functions.reshape
    flatten, squeeze, unsqueeze = functions.flatten, functions.squeeze, functions.unsqueeze
    transpose = swapaxes = functions.transpose
    permute, t = functions.permute, functions.t
    expand, broadcast_to = functions.expand, functions.broadcast_to
    equal, allclose = functions.equal, functions.allclose
