"""What all losses share: checks of their arguments, and the reduction to one number.

A loss takes `reduction`: "mean", "sum" or "none".  It refuses shapes that would broadcast: (N, 1)
against (N,) would be N x N differences, and a loss without meaning.  PyTorch's old `size_average`
and `reduce` are taken, with PyTorch's warning.
"""

from __future__ import annotations

import warnings
from typing import ClassVar

import numpy as np

from tinygrad_edu import Tensor, ops
from tinygrad_edu.dtypes import no_tensor
from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.errors import InputError

from ..module import Module

REDUCTIONS: tuple[str, ...] = ("mean", "sum", "none")


def check_reduction(name: str, reduction: str, known: tuple[str, ...] = REDUCTIONS) -> None:
    if reduction not in known:
        *first, last = map(repr, known)
        raise ValueError(f"{name}: reduction is {', '.join(first)} or {last}, not {reduction!r}")


def reduction_of(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The `reduction`, or what PyTorch's two deprecated settings stand for, with its warning."""
    if size_average is None and reduce is None:
        return reduction
    for name, value in (("size_average", size_average), ("reduce", reduce)):
        if isinstance(value, Tensor):
            raise TypeError(
                f"{name} is True, False or None, not a tensor of shape {tuple(value.shape)}.  A "
                "loss is made first, and called then: loss = nn.MSELoss()(input, target)"
            )
        if isinstance(value, str):
            raise TypeError(
                f"{name} is True, False or None, not {value!r}; write reduction={value!r}, with "
                "its name"
            )
    if reduce is not None and not reduce:
        meant = "none"
    else:
        meant = "mean" if size_average is None or size_average else "sum"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction={meant!r} instead.",
        stacklevel=caller_level(),
    )
    return meant


def reduced(
    name: str, losses: Tensor, reduction: str, known: tuple[str, ...] = REDUCTIONS
) -> Tensor:
    if reduction == "mean":
        return ops.mean(losses)
    if reduction == "sum":
        return ops.sum(losses)
    check_reduction(name, reduction, known)
    return losses


def check_tensors(
    name: str, input: Tensor, target: Tensor, which: str = "input and target"
) -> None:
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        words = dict(zip(which.split(" and "), (input, target), strict=False))
        wrong, x = next((word, x) for word, x in words.items() if not isinstance(x, Tensor))
        raise TypeError(f"{name}: the {wrong} is no tensor: {no_tensor(x)}")


def check_pair(name: str, input: Tensor, target: Tensor, which: str = "input and target") -> None:
    check_tensors(name, input, target, which)
    if input.array.shape != target.array.shape:
        shapes = f"{tuple(input.shape)} and {tuple(target.shape)}"
        raise ValueError(
            f"{name}: {which} have the shapes {shapes}, which would broadcast to numbers that "
            f"mean nothing; make them equal, as with {which.split()[-1]}."
            f"reshape({tuple(input.shape)})"
        )
    if not input.array.size:
        refuse_empty(name, input)


def refuse_empty(name: str, input: Tensor) -> None:
    raise ValueError(
        f"{name}: the batch is empty, shape {tuple(input.shape)}: there is nothing to average"
    )


def refuse_nan(name: str, loss: Tensor, target: Tensor) -> None:
    """A NaN in the input may come of a step too large; one in the target is a hole in the data."""
    y = loss.array
    number = y.item() if y.ndim == 0 else None
    lost = np.isnan(y).any() if number is None else number != number
    if lost and np.isnan(target.array).any():
        place = [*first(np.isnan(target.array))]
        raise ValueError(
            f"{name}: the target, of shape {tuple(target.shape)}, holds nan at {place}; leave such "
            "examples out, or fill in a number"
        )


def check_between_0_and_1(name: str, which: str, x: Tensor) -> None:
    inside = (x.array >= 0) & (x.array <= 1)
    check_all(name, which, x, inside, "it is a probability, between 0 and 1")


def check_all(name: str, which: str, x: Tensor, right: np.ndarray, what: str) -> None:
    if not right.all():
        place = first(~right)
        raise ValueError(f"{name}: {which} holds {x.array[place]} at {[*place]}; {what}")


def first(wrong: np.ndarray) -> tuple[int, ...]:
    return tuple(int(k) for k in np.argwhere(wrong)[0])


def check_classes(name: str, input: Tensor, target: Tensor) -> Tensor:
    """The target, once it is known to fit: () for an input (C,), also where (1,) was given."""
    classes, shape = target.array, input.array.shape
    if classes.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: the target holds classes, whole numbers from 0, not {classes.dtype}; "
            "call target.long()"
        )
    examples = shape[:-1] if len(shape) < 3 else shape[:1] + shape[2:]
    if len(shape) == 1 and classes.shape == (1,):
        target = target.reshape(())
    elif not shape or examples != classes.shape:
        raise ValueError(
            f"{name}: input is (N, classes) and target (N,), or (N, classes, d1, ...) and "
            f"(N, d1, ...), not {tuple(shape)} and {tuple(classes.shape)}{_cure(shape, classes)}"
        )
    if not input.array.size:
        refuse_empty(name, input)
    return target


def _cure(shape: tuple[int, ...], classes: np.ndarray) -> str:
    """What makes a target of another shape fit the input."""
    if classes.shape == shape and classes.size and 0 <= classes.min() <= classes.max() <= 1:
        return (
            ".  Is it one-hot?  target.argmax(1) names the classes, and target.float() holds their "
            "probabilities"
        )
    if classes.shape == (*shape[:1], 1, *shape[2:]):
        return f".  target.squeeze(1) has the shape {(*shape[:1], *shape[2:])}"
    return ""


def check_range(name: str, classes: np.ndarray, kept: np.ndarray, count: int, hint: str) -> None:
    wrong = kept & ((classes < 0) | (classes >= count))
    if wrong.any():
        place = first(wrong)
        raise IndexError(
            f"{name}: the target holds class {classes[place]} at {[*place]}, but the input has "
            f"{count} classes, 0 to {count - 1}; {hint}"
        )


def check_class_weight(name: str, weight: Tensor | None, count: int) -> None:
    if weight is not None and weight.shape != (count,):
        raise InputError(
            f"{name}: weight holds a number for each of the {count} classes, shape ({count},), "
            f"not {tuple(weight.shape)}"
        )


def weighted(name: str, x: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return x
    y = x * weight
    if y.shape != x.shape:
        raise ValueError(
            f"{name} {tuple(weight.shape)} would repeat the losses, {tuple(x.shape)}; give a "
            "weight for each, or for each of their last dimension"
        )
    return y


def rows(x: Tensor) -> Tensor:
    """A row for each example, a column for each class: (N, C, d1, ...) becomes (N d1 ..., C)."""
    if x.ndim < 3:
        return x if x.ndim == 2 else x.reshape(1, -1)
    moved: Tensor = x.movedim(1, -1)
    return moved.reshape(-1, x.shape[1])


# ---------------------------------------------------------------- layers


class Loss(Module):
    reductions: ClassVar[tuple[str, ...]] = REDUCTIONS

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.reduction = reduction_of(size_average, reduce, reduction)
        check_reduction(type(self).__name__, self.reduction, self.reductions)


class WeightedLoss(Loss):
    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
