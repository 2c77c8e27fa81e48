"""Wrappers that scripts for several GPUs write around a model: here they call it, on the CPU.

The state of a wrapped model has the paths that PyTorch gives it, which begin with `module.`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tinygrad_edu.absent import refuse

from .module import Module

__all__ = ["DataParallel", "DistributedDataParallel"]


def __dir__() -> list[str]:
    return __all__


class DataParallel(Module):
    """Module that calls the module it holds; PyTorch's splits the batch over the GPUs.

    As in PyTorch on a machine without a GPU, nothing is split, `device_ids` is then an empty list,
    and the module stays on the CPU.  The state dict holds that of `module`, with paths that begin
    with `module.`; the module itself is the attribute `module`.

    Parameters
    ----------
    module : Module
        What is called.
    device_ids : list of int or device, optional
        The GPUs; has no effect, as there are none.
    output_device : int or device, optional
        The GPU that gets the outputs; has no effect.
    dim : int, default 0
        The dimension that would be split; has no effect.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> model = nn.DataParallel(nn.Linear(2, 3))
    >>> model(tg.ones(4, 2)).shape, list(model.state_dict())
    (torch.Size([4, 3]), ['module.weight', 'module.bias'])
    >>> model.module
    Linear(in_features=2, out_features=3, bias=True)
    """

    module: Module

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[Any] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class DistributedDataParallel(Module):
    """Module that calls the module it holds; PyTorch's averages its gradients over processes.

    Here there is one process, whose gradients are their own mean, so training is that of `module`.
    The state dict holds that of `module`, with paths that begin with `module.`; the module itself
    is the attribute `module`.

    Parameters
    ----------
    module : Module
        What is called; a parameter of it must require grad.
    device_ids : list, default None
        None, as for every module on the CPU.
    output_device : int or device, default None
        None, likewise.
    dim : int, default 0
        The batch dimension.
    broadcast_buffers, init_sync, process_group, bucket_cap_mb, find_unused_parameters : optional
        How processes work together in PyTorch; no effect.
    check_reduction, gradient_as_bucket_view, static_graph : optional
        No effect.
    delay_all_reduce_named_params, param_to_hook_all_reduce, mixed_precision : optional
        No effect.
    device_mesh, skip_all_reduce_unused_params, bucket_cap_mb_list, batched_grad_copy : optional
        No effect.
    forward_sync_buffers : optional
        No effect.

    Raises
    ------
    ValueError
        If `device_ids` or `output_device` name a device: the CPU is the only one, without a number.
    RuntimeError
        If no parameter of the module requires grad.

    Differs from PyTorch: no process group has to be initialized, and there is none.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> model = nn.parallel.DistributedDataParallel(nn.Linear(2, 3))
    >>> model(tg.ones(4, 2)).shape, list(model.state_dict())
    (torch.Size([4, 3]), ['module.weight', 'module.bias'])
    """

    module: Module

    def __init__(
        self,
        module: Module,
        device_ids: Any = None,
        output_device: Any = None,
        dim: int = 0,
        broadcast_buffers: bool | None = None,
        init_sync: bool = True,
        process_group: Any = None,
        bucket_cap_mb: int | None = None,
        find_unused_parameters: bool = False,
        check_reduction: bool = False,
        gradient_as_bucket_view: bool = False,
        static_graph: bool = False,
        delay_all_reduce_named_params: Any = None,
        param_to_hook_all_reduce: Any = None,
        mixed_precision: Any = None,
        device_mesh: Any = None,
        skip_all_reduce_unused_params: bool = False,
        bucket_cap_mb_list: list[int] | None = None,
        batched_grad_copy: bool = False,
        forward_sync_buffers: bool | None = None,
    ) -> None:
        super().__init__()
        if device_ids or output_device is not None:
            raise ValueError(
                "DistributedDataParallel: the only device is the CPU, so device_ids and "
                f"output_device are None; given: {device_ids} and {output_device}"
            )
        if not any(p.requires_grad for p in module.parameters()):
            raise RuntimeError(
                "DistributedDataParallel: no parameter of the module requires grad, so there are "
                "no gradients to average; call the module itself"
            )
        self.module, self.dim = module, dim
        self.device_ids, self.output_device = None, None

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Accumulate gradients without averaging them over processes: here, do nothing.

        Yields
        ------
        None
            Gradients are those of this process within the block, and after it.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> model = nn.parallel.DistributedDataParallel(nn.Linear(2, 1))
        >>> with model.no_sync():
        ...     model(tg.ones(1, 2)).sum().backward()
        >>> model.module.bias.grad
        tensor([1.])
        """
        yield


def __getattr__(name: str) -> Any:
    """Say why a name of PyTorch is left out."""
    refuse("nn.parallel", name, __name__)
