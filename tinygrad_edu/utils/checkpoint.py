"""Trade time for memory: parts of a network whose record is made again in the backward pass.

>>> import tinygrad_edu as torch
>>> x = torch.tensor([1.0, 2.0], requires_grad=True)
>>> torch.utils.checkpoint.checkpoint(torch.exp, x, use_reentrant=False).sum().backward()
>>> x.grad
tensor([2.7183, 7.3891])
"""

from collections.abc import Callable, Iterable
from typing import Any

from ..autograd.recompute import checkpoint as checkpoint

__all__ = ["checkpoint", "checkpoint_sequential"]


def __dir__() -> list[str]:
    return __all__


def checkpoint_sequential(
    functions: Iterable[Callable[..., Any]],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Apply functions one after another, in segments of which only the inputs are kept.

    Parameters
    ----------
    functions : iterable of callable
        The steps, for example an `nn.Sequential` or a list of modules.
    segments : int
        The number of segments.  All but the last are computed again in the backward pass.
    input : Tensor
        What the first function is given.
    use_reentrant : bool, optional
        Accepted as in PyTorch; there is one way here, and it is right for both.
    **kwargs
        `preserve_rng_state` of `checkpoint`.

    Returns
    -------
    Tensor
        What the last function returns.

    References
    ----------
    Chen et al., "Training deep nets with sublinear memory cost", 2016.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.utils.checkpoint import checkpoint_sequential
    >>> x = tg.tensor([0.5], requires_grad=True)
    >>> checkpoint_sequential([tg.sin, tg.exp, tg.log], 2, x).backward()
    >>> x.grad
    tensor([0.8776])
    """
    steps = list(functions)
    size = len(steps) // segments
    if segments < 1 or size < 1:
        what = f"{len(steps)} functions cannot be cut into {segments} segments"
        raise ValueError(f"checkpoint_sequential: {what}; use 1 to {len(steps)}")

    def run(part: list[Callable[..., Any]], x: Any) -> Any:
        for step in part:
            x = step(x)
        return x

    for start in range(0, size * (segments - 1), size):
        input = checkpoint(run, steps[start : start + size], input, **kwargs)
    return run(steps[size * (segments - 1) :], input)
