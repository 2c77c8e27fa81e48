"""Batch normalization over the batches of all processes, of which there is one."""

from __future__ import annotations

from typing import Any

from tinygrad_edu import Tensor
from tinygrad_edu.functions.arguments import check_tensor

from .module import Module
from .normalization import _BatchNorm


class SyncBatchNorm(_BatchNorm):
    """Batch normalization of (N, C, ...), with the statistics of the batches of all processes.

        y = w (x - mean) / sqrt(var + eps) + b                        for each channel

    Here there is one process, so mean and variance are those of its batch, as in `BatchNorm1d`; in
    evaluation the running ones are used.  The input is of shape (N, C) or (N, C, ...), and so is
    the output.

    The state dict holds `weight` and `bias`, which start at 1 and 0, `running_mean` and
    `running_var`, which start at 0 and 1, each of shape (C,), and `num_batches_tracked`.

    Parameters
    ----------
    num_features : int
        The number of channels C.
    eps : float, default 1e-5
        What is added to the variance.
    momentum : float or None, default 0.1
        The weight of a new batch in the running statistics; None takes the mean of all batches.
    affine : bool, default True
        Learn `weight` and `bias`.
    track_running_stats : bool, default True
        Keep running statistics; without them, evaluation uses those of the batch.
    process_group : optional
        The processes that work together; has no effect.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.
    bias : bool, default True
        With `affine`, False leaves the bias out.

    Raises
    ------
    ValueError
        At a call, if the input has less than two dimensions, or no channels.

    References
    ----------
    Ioffe and Szegedy, "Batch normalization", 2015.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> norm = nn.SyncBatchNorm(3)
    >>> norm(tg.randn(4, 3, 5)).shape
    torch.Size([4, 3, 5])
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )
        self.process_group = process_group

    def _check_dims(self, input: Tensor) -> None:
        check_tensor(input, "SyncBatchNorm")
        if input.ndim < 2 or input.shape[1] == 0:
            raise ValueError(
                "SyncBatchNorm: the input is (N, C, ...), at least 2D, with one channel or more; "
                f"given: {tuple(input.shape)}"
            )

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """Put a `SyncBatchNorm` in the place of each batch normalization of a module.

        The new layers hold the parameters and buffers of the old ones.

        Parameters
        ----------
        module : Module
            It is changed in place; a batch normalization itself stays as it is.
        process_group : optional
            As for `SyncBatchNorm`.

        Returns
        -------
        Module
            `module`, or the new layer if `module` is a batch normalization.

        Examples
        --------
        >>> import nn
        >>> net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
        >>> type(nn.SyncBatchNorm.convert_sync_batchnorm(net)[1])
        <class 'nn.sync_norm.SyncBatchNorm'>
        """
        converted = module
        if isinstance(module, _BatchNorm):
            converted = SyncBatchNorm(
                module.num_features,
                module.eps,
                module.momentum,
                module.affine,
                module.track_running_stats,
                process_group,
                bias=module.bias is not None,
            )
            if module.affine:
                converted.weight, converted.bias = module.weight, module.bias
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                setattr(converted, name, getattr(module, name))
            converted.training = module.training
        for name, child in module.named_children():
            converted.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return converted
