"""Adaptive softmax: log-probabilities of many classes, the rare ones in clusters of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tinygrad_edu as tg
from tinygrad_edu import Tensor, log_softmax
from tinygrad_edu.errors import InputError

from ..container import ModuleList, Sequential
from ..linear import Linear
from ..module import Module


class _ASMoutput(NamedTuple):
    """What `AdaptiveLogSoftmaxWithLoss` returns."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-softmax over many classes that are sorted from frequent to rare, and its loss.

    The head scores the first `cutoffs[0]` classes, and one entry for each cluster of rarer classes:

        log p(c) = log softmax(head x)[c]                                       c < cutoffs[0]
        log p(c) = log softmax(head x)[cluster i] + log softmax(tail_i x)[c]    c in cluster i

    Cluster i holds the classes from `cutoffs[i]` to `cutoffs[i + 1] - 1`, and projects the input to
    floor(in_features / div_value^(i + 1)) features first, so rare classes cost little.

    An input (N, in_features) has targets (N,), an input (in_features,) a target ().  The result is
    a named tuple: `output`, the log-probability of each target, in the shape of the targets, and
    `loss`, a scalar, the negative mean of `output`.

    The state dict holds `head.weight`, (cutoffs[0] + clusters, in_features), with `head_bias` also
    `head.bias`, and for each cluster `tail.i.0.weight` and `tail.i.1.weight`; each starts as in
    `Linear`.

    Parameters
    ----------
    in_features : int
        The size of an input.
    n_classes : int
        The number of classes.
    cutoffs : sequence of int
        Where the clusters begin: increasing, each between 1 and n_classes - 1.
    div_value : float, default 4
        The factor by which each projection is smaller than the one before.
    head_bias : bool, default False
        Give the head a bias.
    device, dtype : optional
        As in `Linear`.

    Raises
    ------
    ValueError
        If `cutoffs` is empty, not increasing, or out of range.  At a call, if the shapes of input
        and target do not fit, or a target is not a class.

    References
    ----------
    Grave et al., "Efficient softmax approximation for GPUs", 2017.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[5, 10])
    >>> output, loss = layer(tg.ones(3, 8), tg.tensor([0, 7, 19]))
    >>> output.shape, loss.shape
    (torch.Size([3]), torch.Size([]))
    >>> layer.log_prob(tg.ones(3, 8)).shape
    torch.Size([3, 20])
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        starts = list(cutoffs)
        increasing = all(a < b for a, b in zip([0, *starts], [*starts, n_classes], strict=True))
        if not starts or not increasing or any(int(c) != c for c in starts):
            raise ValueError(
                "AdaptiveLogSoftmaxWithLoss: cutoffs are increasing integers, one or more, from 1 "
                f"to n_classes - 1 = {n_classes - 1}; given: {starts}"
            )
        self.in_features, self.n_classes = in_features, n_classes
        self.cutoffs = [*starts, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = starts[0], len(starts)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, device, dtype)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            size = int(in_features // div_value ** (i + 1))
            classes = self.cutoffs[i + 1] - self.cutoffs[i]
            project = Linear(in_features, size, False, device, dtype)
            self.tail.append(Sequential(project, Linear(size, classes, False, device, dtype)))

    def reset_parameters(self) -> None:
        """Draw all weights again, as `Linear` does."""
        self.head.reset_parameters()
        for tail in self.tail:
            for layer in tail:
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        x, target = self._batch(input_, target_)
        classes = target.array
        head = log_softmax(self.head(x), 1)
        output: Any = tg.zeros(len(target), dtype=head.dtype)
        for i, (low, high) in enumerate(zip([0, *self.cutoffs], self.cutoffs, strict=False)):
            rows = Tensor(((classes >= low) & (classes < high)).nonzero()[0])
            if not len(rows):
                continue
            if i == 0:
                own = head[rows].gather(1, target[rows][:, None])[:, 0]
            else:
                within = log_softmax(self.tail[i - 1](x[rows]), 1)
                own = within.gather(1, (target[rows] - low)[:, None])[:, 0]
                own = own + head[rows, self.shortlist_size + i - 1]
            output = output.index_add(0, rows, own)
        loss = (-output).mean()
        return _ASMoutput(output if target_.ndim else output[0], loss)

    def _batch(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Input and target with a batch dimension, if they fit."""
        alone = target.ndim == 0
        fits = x.ndim == 1 if alone else x.ndim == 2 and len(x) == len(target)
        if target.ndim > 1 or not fits:
            raise InputError(
                "AdaptiveLogSoftmaxWithLoss: an input (N, in_features) has targets (N,), an input "
                f"(in_features,) a target (); given: {tuple(x.shape)} and {tuple(target.shape)}"
            )
        classes = target.array
        if classes.size and not 0 <= classes.min() <= classes.max() < self.n_classes:
            raise InputError(
                f"AdaptiveLogSoftmaxWithLoss: targets are from 0 to n_classes - 1 = "
                f"{self.n_classes - 1}; given: {classes.min()} to {classes.max()}"
            )
        return (x[None], target[None]) if alone else (x, target)

    def log_prob(self, input: Tensor) -> Tensor:
        """Compute the log-probabilities of all classes.

        Parameters
        ----------
        input : Tensor, shape (N, in_features)
            The inputs.

        Returns
        -------
        Tensor, shape (N, n_classes)
            The logarithms of probabilities that sum to 1 in each row.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[5, 10])
        >>> layer.log_prob(tg.ones(2, 8)).exp().sum(1).allclose(tg.ones(2))
        True
        """
        head = log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail, self.shortlist_size):
            parts.append(log_softmax(tail(input), 1) + head[:, i : i + 1])
        y: Tensor = tg.cat(parts, 1)
        return y

    def predict(self, input: Tensor) -> Tensor:
        """Return the most probable class of each input: the argmax of `log_prob`.

        Parameters
        ----------
        input : Tensor, shape (N, in_features)
            The inputs.

        Returns
        -------
        Tensor, shape (N,), int64
            The classes.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[5, 10])
        >>> layer.predict(tg.ones(3, 8)).shape
        torch.Size([3])
        """
        y: Tensor = self.log_prob(input).argmax(1)
        return y
