"""Pooling: each window of the input made one number, its largest or its mean."""

from __future__ import annotations

from typing import Any

from . import windows
from .module import Module


class _Pool(Module):
    """A pooling layer hands its settings, by their names in `shown`, to its `function`."""

    function: Any
    shown: tuple[str, ...]
    hidden: tuple[str, ...] = ()

    def forward(self, input: Any) -> Any:
        settings = {name: getattr(self, name) for name in self.shown + self.hidden}
        return type(self).function(input, **settings)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.shown)


class _MaxPool(_Pool):
    shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    hidden = ("return_indices",)

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode


class MaxPool1d(_MaxPool):
    """The largest number of each window of (N, C, L): see `max_pool1d`."""

    function = windows.max_pool1d


class MaxPool2d(_MaxPool):
    """The largest number of each window of (N, C, H, W): see `max_pool2d`."""

    function = windows.max_pool2d


class MaxPool3d(_MaxPool):
    """The largest number of each window of (N, C, D, H, W): see `max_pool3d`."""

    function = windows.max_pool3d


class _AvgPool(_Pool):
    shown = ("kernel_size", "stride", "padding")
    hidden = ("ceil_mode", "count_include_pad", "divisor_override")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override


class AvgPool1d(_AvgPool):
    """The mean of each window of (N, C, L): see `avg_pool1d`."""

    function = windows.avg_pool1d


class AvgPool2d(_AvgPool):
    """The mean of each window of (N, C, H, W): see `avg_pool2d`."""

    function = windows.avg_pool2d


class AvgPool3d(_AvgPool):
    """The mean of each window of (N, C, D, H, W): see `avg_pool3d`."""

    function = windows.avg_pool3d


class _LPPool(_Pool):
    shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode


class LPPool1d(_LPPool):
    """The `norm_type`-norm of each window of (N, C, L): see `lp_pool1d`."""

    function = windows.lp_pool1d


class LPPool2d(_LPPool):
    """The `norm_type`-norm of each window of (N, C, H, W): see `lp_pool2d`."""

    function = windows.lp_pool2d


class LPPool3d(_LPPool):
    """The `norm_type`-norm of each window of (N, C, D, H, W): see `lp_pool3d`."""

    function = windows.lp_pool3d


class _AdaptiveAvgPool(_Pool):
    shown = ("output_size",)

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The means of `output_size` windows of (N, C, L): see `adaptive_avg_pool1d`."""

    function = windows.adaptive_avg_pool1d


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The means of `output_size` windows of (N, C, H, W): see `adaptive_avg_pool2d`."""

    function = windows.adaptive_avg_pool2d


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The means of `output_size` windows of (N, C, D, H, W): see `adaptive_avg_pool3d`."""

    function = windows.adaptive_avg_pool3d


class _AdaptiveMaxPool(_AdaptiveAvgPool):
    hidden = ("return_indices",)

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest of each of `output_size` windows of (N, C, L): see `adaptive_max_pool1d`."""

    function = windows.adaptive_max_pool1d


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest of each of `output_size` windows of (N, C, H, W): see `adaptive_max_pool2d`."""

    function = windows.adaptive_max_pool2d


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest of each of `output_size` windows of (N, C, D, H, W): see
    `adaptive_max_pool3d`."""

    function = windows.adaptive_max_pool3d


# ---------------------------------------------------------------- windows as such


class Unfold(_Pool):
    """The windows of (N, C, H, W) as columns, (N, C kernel, windows): see `unfold`."""

    function = windows.unfold
    shown = ("kernel_size", "dilation", "padding", "stride")

    def __init__(
        self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride


class Fold(_Pool):
    """Columns, (N, C kernel, windows), added where their windows stand: see `fold`."""

    function = windows.fold
    shown = ("output_size", "kernel_size", "dilation", "padding", "stride")

    def __init__(
        self,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> None:
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride
