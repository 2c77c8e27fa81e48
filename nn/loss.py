"""Losses as layers: the functions of `losses`, `margins` and `ctc`, with their settings.

As there, a setting that PyTorch has behind `size_average` and `reduce` is given by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from . import ctc, losses, margins
from .linear import PairwiseDistance
from .loss_checks import REDUCTIONS, check_reduction, with_old_settings
from .module import Module

# Losses that never had `size_average` and `reduce`.
_YOUNGER = ("HuberLoss", "GaussianNLLLoss", "CTCLoss", "TripletMarginWithDistanceLoss")


class _Loss(Module):
    reductions: ClassVar[tuple[str, ...]] = REDUCTIONS

    def __init_subclass__(cls) -> None:
        if "__init__" in vars(cls) and cls.__name__ not in _YOUNGER:
            setattr(cls, "__init__", with_old_settings(cls.__init__))  # noqa: B010 (mypy)

    @with_old_settings
    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        check_reduction(type(self).__name__, reduction, self.reductions)
        self.reduction = reduction


class _WeightedLoss(_Loss):
    weight: Any

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)


class MSELoss(_Loss):
    """The mean of (x - t)^2: the mean squared error."""

    def forward(self, input: Any, target: Any) -> Any:
        return losses.mse_loss(input, target, self.reduction)


class HalfMSELoss(_Loss):
    """The mean of (x - t)^2 / 2."""

    def forward(self, input: Any, target: Any) -> Any:
        return losses.half_mse_loss(input, target, self.reduction)


class L1Loss(_Loss):
    """The mean of |x - t|: the mean absolute error."""

    def forward(self, input: Any, target: Any) -> Any:
        return losses.l1_loss(input, target, self.reduction)


class SmoothL1Loss(_Loss):
    """The mean of (x - t)^2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2."""

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        return losses.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """The mean of (x - t)^2 / 2 where |x - t| < delta, else delta (|x - t| - delta / 2)."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        return losses.huber_loss(input, target, self.reduction, self.delta)


class KLDivLoss(_Loss):
    """The mean of t (log t - x), for log-probabilities x and probabilities t;
    reduction="batchmean" is the divergence of a row."""

    reductions = ("batchmean", *REDUCTIONS)

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return losses.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(_Loss):
    """The mean of e^x - t x, for counts t and logs x of their expectations: see
    `poisson_nll_loss`."""

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        *,
        eps: float = 1e-8,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Any, target: Any) -> Any:
        return losses.poisson_nll_loss(
            log_input, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """The mean of (log v + (x - t)^2 / v) / 2, for expectations x and variances v: see
    `gaussian_nll_loss`  (Nix and Weigend, 1994)."""

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        return losses.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)


class BCELoss(_WeightedLoss):
    """The mean of -w (t log p + (1 - t) log(1 - p)) for probabilities p."""

    def forward(self, input: Any, target: Any) -> Any:
        return losses.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """The mean of -w (v t log p + (1 - t) log(1 - p)), p = sigmoid(x), without overflow; v is
    `pos_weight`."""

    pos_weight: Any

    def __init__(
        self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        return losses.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class NLLLoss(_WeightedLoss):
    """The mean of -w[t_i] x[i, t_i] for log-probabilities x and classes t, those that are not
    `ignore_index`."""

    def __init__(
        self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return losses.nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class CrossEntropyLoss(_WeightedLoss):
    """The mean of -w[t_i] log softmax(x)[i, t_i] for logits x and classes t, or probabilities of
    classes."""

    def __init__(
        self,
        weight: Any = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return losses.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class SoftMarginLoss(_Loss):
    """The mean of log(1 + e^(-t x)) for labels t, 1 or -1."""

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Any, target: Any) -> Any:
        return margins.soft_margin_loss(input, target, reduction=self.reduction)


class HingeEmbeddingLoss(_Loss):
    """The mean of x where the label t is 1, and of max(0, margin - x) where it is -1."""

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return margins.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class MarginRankingLoss(_Loss):
    """The mean of max(0, margin - t (x1 - x2)): t is 1 where x1 shall be the larger, else -1."""

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return margins.margin_ranking_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class CosineEmbeddingLoss(_Loss):
    """The mean of 1 - cos where the label t is 1, and of max(0, cos - margin) where it is -1, for
    the cosine of the angle between x1 and x2."""

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return margins.cosine_embedding_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class TripletMarginLoss(_Loss):
    """The mean of max(0, margin + d(a, p) - d(a, n)), for an anchor a, what is like it and what is
    not: see `triplet_margin_loss`  (Balntas et al., 2016)."""

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        *,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        margins.check_margin("TripletMarginLoss", margin)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        settings = (self.margin, self.p, self.eps, self.swap)
        return margins.triplet_margin_loss(
            anchor, positive, negative, *settings, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(_Loss):
    """`TripletMarginLoss` for any distance, a function of two tensors or a module."""

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        margins.check_margin("TripletMarginWithDistanceLoss", margin)
        self.distance_function = distance_function or PairwiseDistance()
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return margins.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class MultiMarginLoss(_WeightedLoss):
    """The mean of sum_c w[t_i] max(0, margin - x[i, t_i] + x[i, c])^p / C over the classes c that
    are not t_i: see `multi_margin_loss`."""

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction)
        margins.check_power("MultiMarginLoss", p)
        self.p, self.margin = p, margin

    def forward(self, input: Any, target: Any) -> Any:
        return margins.multi_margin_loss(
            input, target, self.p, self.margin, self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(_Loss):
    """The mean of sum_{t, c} max(0, 1 - x[i, t] + x[i, c]) / C over the classes t that example i
    has, and those c that it has not: see `multilabel_margin_loss`."""

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Any, target: Any) -> Any:
        return margins.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """`BCEWithLogitsLoss` meaned over the classes of each example: see
    `multilabel_soft_margin_loss`."""

    def forward(self, input: Any, target: Any) -> Any:
        return margins.multilabel_soft_margin_loss(
            input, target, self.weight, reduction=self.reduction
        )


class CTCLoss(_Loss):
    """-log of the chance that a sequence reads as its target, once repeats and blanks are taken
    out: see `ctc_loss`  (Graves et al., 2006)."""

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        lengths = (input_lengths, target_lengths)
        return ctc.ctc_loss(
            log_probs, targets, *lengths, self.blank, self.reduction, self.zero_infinity
        )
