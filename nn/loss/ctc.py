"""The loss of sequences whose targets give the order of the classes, but not their times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_edu import Tensor, clamp_min, exp, gather, ops, stack, where
from tinygrad_edu.autograd import Function
from tinygrad_edu.errors import InputError

from .reduction import Loss, check_tensors, first, reduced


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Connectionist temporal classification: -log of the probability of the targets.

    A path, one class for each of the T times, is read as a target when repeated classes are merged
    into one and then blanks are removed.  The probability of a target is the sum of the
    probabilities of all paths that are read as it; the loss is its negative logarithm, computed by
    dynamic programming in T steps.  As in PyTorch, the derivative with respect to the input x is
    e^x less the expected count of x, which is true of normalized log-probabilities, as
    `log_softmax` returns them.

    Parameters
    ----------
    log_probs : Tensor, shape (T, N, C) or (T, C)
        The log-probabilities of C classes at T times, for N sequences or one.
    targets : Tensor of integers, shape (N, S) or (sum of target_lengths,)
        The classes of each target, padded to one length S, or all targets one after another.
        Padding may hold anything.
    input_lengths : Tensor or sequence of int, shape (N,)
        How many of the T times each sequence has.
    target_lengths : Tensor or sequence of int, shape (N,)
        How many classes each target has.
    blank : int, default 0
        The class that stands for nothing; targets do not hold it.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each sequence, and "sum" their sum.  "mean" first divides each
        loss by the length of its target (by 1 where that is 0), then averages over the batch.
    zero_infinity : bool, default False
        Whether the loss and the gradient of a target that cannot be read from its input, because it
        is too long, are 0; otherwise its loss is inf.

    Returns
    -------
    Tensor
        For `reduction="none"` of shape (N,), or () for one sequence, else of shape ().

    Raises
    ------
    ValueError
        If `log_probs` and `targets` have other shapes, or the targets are not integers.  If the
        lengths do not fit the shapes, or the blank is not a class.
    IndexError
        If a target holds the blank, or what is not a class.
    TypeError
        If `log_probs` or `targets` is not a tensor.

    References
    ----------
    A. Graves, S. Fernandez, F. Gomez and J. Schmidhuber, "Connectionist temporal classification:
    labelling unsegmented sequence data with recurrent neural networks", ICML 2006.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn.functional as F
    >>> x = tg.full((2, 1, 3), 1 / 3).log()  # 2 times, 1 sequence, classes 0 (blank), 1 and 2
    >>> F.ctc_loss(x, tg.tensor([[1]]), [2], [1])  # -log(3 / 9): of the paths 11, 10 and 01
    tensor(1.0986)
    """
    alone = log_probs.ndim == 2
    logp = log_probs[:, None] if alone else log_probs
    times, lengths, labels = _sequences(logp, targets, input_lengths, target_lengths, blank)
    n, size = labels.shape
    states = np.full((n, 2 * size + 1), blank)  # the labels, with blanks around
    states[:, 1::2] = labels
    skips = np.zeros(states.shape, bool)  # from a label to the next, if they differ
    skips[:, 3::2] = labels[:, 1:] != labels[:, :-1]
    never = float(np.finfo(logp.dtype).min) / 4  # as good as log 0, and has no nan behind it
    places = np.broadcast_to(states, (len(logp), *states.shape)).astype(np.int64)
    at_states = clamp_min(gather(logp, 2, Tensor(places)), never)
    start = np.where(np.arange(states.shape[1]) == 0, 0.0, never) * np.ones((n, 1))
    path = Tensor(start.astype(logp.dtype))  # log of the chance of being in a state by now
    for t, in_time in enumerate(np.arange(len(logp))[:, None, None] < times[:, None]):
        padded = ops.pad(path, pad_width=((0, 0), (2, 0)), constant_values=never)
        skipping = where(Tensor(skips), padded[:, :-2], never)
        before = ops.logsumexp(stack([path, padded[:, 1:-1], skipping]), axis=0)
        path = where(Tensor(in_time), clamp_min(before + at_states[t], never), path)
    padded = ops.pad(path, pad_width=((0, 0), (2, 0)), constant_values=never)
    ends = gather(padded, 1, Tensor(2 * lengths[:, None] + np.array([1, 2])))
    losses: Tensor = -ops.logsumexp(ends, axis=1)
    losses = _AsIfNormalized.apply(losses, logp, np.arange(len(logp))[:, None] < times)
    impossible = Tensor(losses.array > -never / 2)
    losses = where(impossible, 0.0 if zero_infinity else float("inf"), losses)
    if reduction == "mean":
        return ops.mean(losses / Tensor(np.maximum(lengths, 1).astype(logp.dtype)))
    return reduced("ctc_loss", losses[0] if alone else losses, reduction)


class _AsIfNormalized(Function):
    """The losses, to whose derivative e^x is added for each of the log-probabilities x that were
    read: so it is PyTorch's.  The sum of the e^x is always the same, the number of times, if x is
    normalized; then this adds nothing."""

    @staticmethod
    def forward(ctx: Any, losses: Tensor, logp: Tensor, in_time: np.ndarray) -> Tensor:
        ctx.save_for_backward(logp)
        ctx.in_time = in_time[:, :, None]
        return losses.clone()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Any, ...]:
        (logp,) = ctx.saved_tensors
        return g, where(Tensor(ctx.in_time), exp(logp), 0) * g[:, None], None


def _sequences(
    logp: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lengths of inputs and targets, (N,), and the targets, (N, longest), blank behind."""
    check_tensors("ctc_loss", logp, targets)
    if logp.ndim != 3 or targets.ndim not in (1, 2) or targets.dtype.kind not in "iu":
        raise ValueError(
            "ctc_loss: log_probs is (T, N, C) or (T, C), and targets are whole numbers, (N, S) or "
            f"(sum of target_lengths,); not {tuple(logp.shape)} and {tuple(targets.shape)}, "
            f"{targets.dtype}"
        )
    count, n, classes = logp.shape
    if not 0 <= blank < classes:
        raise InputError(f"ctc_loss: blank={blank} is not one of the {classes} classes")
    times = _lengths("input_lengths", input_lengths, n, count)
    most = targets.shape[-1] if targets.shape[:-1] in ((), (n,)) else -1
    lengths = _lengths("target_lengths", target_lengths, n, most)
    inside = np.arange(lengths.max(initial=0)) < lengths[:, None]
    labels = np.full(inside.shape, blank)
    listed = targets.ndim == 2
    given = targets.array[:, : inside.shape[1]][inside] if listed else targets.array
    if given.size != inside.sum():
        raise InputError(
            f"ctc_loss: {given.size} targets behind one another, but target_lengths add up to "
            f"{inside.sum()}"
        )
    labels[inside] = given
    wrong = inside & ((labels < 0) | (labels >= classes) | (labels == blank))
    if wrong.any():
        place = first(wrong)
        raise IndexError(
            f"ctc_loss: target {place[0]} holds {labels[place]} at [{place[1]}]; it is a class, 0 "
            f"to {classes - 1}, and not the blank, {blank}"
        )
    return times, lengths, labels


def _lengths(name: str, given: Tensor | Sequence[int], n: int, most: int) -> np.ndarray:
    lengths = np.asarray(given.array if isinstance(given, Tensor) else given).reshape(-1)
    whole = lengths.dtype.kind in "iu" and lengths.shape == (n,)
    if not whole or not ((lengths >= 0) & (lengths <= most)).all():
        raise InputError(
            f"ctc_loss: {name} holds a whole number, 0 to {most}, for each of {n} sequences, not "
            f"{lengths.tolist()}"
        )
    return lengths.astype(np.int64)


# ---------------------------------------------------------------- layers


class CTCLoss(Loss):
    """Connectionist temporal classification: -log of the probability of the targets.

    A path, one class for each of the T times, is read as a target when repeated classes are merged
    into one and then blanks are removed.  The probability of a target is the sum of the
    probabilities of all paths that are read as it; the loss is its negative logarithm, computed by
    dynamic programming in T steps.  The layer is called with `log_probs`, of shape (T, N, C),
    `targets`, of shape (N, S) or all one after another, `input_lengths` and `target_lengths`, of
    shape (N,), as `nn.functional.ctc_loss` takes them.  The layer has no parameters, and its state
    dict is empty.

    Parameters
    ----------
    blank : int, default 0
        The class that stands for nothing; targets do not hold it.
    reduction : {"mean", "sum", "none"}, default "mean"
        "none" returns the loss of each sequence, and "sum" their sum.  "mean" first divides each
        loss by the length of its target (by 1 where that is 0), then averages over the batch.
    zero_infinity : bool, default False
        Whether the loss and the gradient of a target that cannot be read from its input, because it
        is too long, are 0; otherwise its loss is inf.

    References
    ----------
    A. Graves, S. Fernandez, F. Gomez and J. Schmidhuber, "Connectionist temporal classification:
    labelling unsegmented sequence data with recurrent neural networks", ICML 2006.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> # 50 times, 16 sequences, 20 classes
    >>> x = tg.randn(50, 16, 20).log_softmax(2).requires_grad_()
    >>> targets = tg.randint(1, 20, (16, 30))
    >>> loss = nn.CTCLoss()(x, targets, tg.full((16,), 50), tg.randint(10, 31, (16,)))
    >>> loss.backward()
    >>> x.grad.shape
    torch.Size([50, 16, 20])
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | Sequence[int],
        target_lengths: Tensor | Sequence[int],
    ) -> Tensor:
        return ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
