"""Layers that drop numbers at random while training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import functional as F, normalizing
from .module import Module


class _Dropout(Module):
    """Hands its settings to its `function`."""

    function: Callable[..., Any]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        normalizing.check_probability(type(self).__name__, p)
        self.p = p
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return type(self).function(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, each number becomes 0 with probability p, and the rest is divided by 1 - p; in
    evaluation nothing changes (Srivastava et al., 2014)."""

    function = F.dropout


class Dropout1d(_Dropout):
    """`Dropout` of whole channels of (N, C, L): see `dropout1d`  (Tompson et al., 2015)."""

    function = normalizing.dropout1d


class Dropout2d(_Dropout):
    """`Dropout` of whole channels of (N, C, H, W): see `dropout2d`."""

    function = normalizing.dropout2d


class Dropout3d(_Dropout):
    """`Dropout` of whole channels of (N, C, D, H, W): see `dropout3d`."""

    function = normalizing.dropout3d


class AlphaDropout(_Dropout):
    """Dropout that keeps mean 0 and variance 1, for networks with SELU: see `alpha_dropout`
    (Klambauer et al., 2017)."""

    function = normalizing.alpha_dropout


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels: see `feature_alpha_dropout`."""

    function = normalizing.feature_alpha_dropout
