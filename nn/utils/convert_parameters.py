"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

import tinygrad_edu as tg
from tinygrad_edu import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Concatenate all parameters into one vector; a differentiable copy.

    Parameters
    ----------
    parameters : iterable of Tensor
        The parameters, of any shapes.

    Returns
    -------
    Tensor
        Of shape (number of elements of all parameters,).

    Examples
    --------
    >>> import nn
    >>> nn.utils.parameters_to_vector(nn.Linear(3, 2).parameters()).shape
    torch.Size([8])
    """
    return tg.cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Set all parameters from one vector: the inverse of `parameters_to_vector`.

    Parameters
    ----------
    vec : Tensor
        The values, of shape (number of elements of all parameters,).
    parameters : iterable of Tensor
        The parameters, whose `.data` becomes a copy of its part of the vector.

    Raises
    ------
    ValueError
        If there are more or fewer values; nothing is changed then.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> net = nn.Linear(3, 2)
    >>> nn.utils.vector_to_parameters(tg.arange(8.0), net.parameters())
    >>> net.weight.data
    tensor([[0., 1., 2.],
            [3., 4., 5.]])
    """
    parameters = list(parameters)
    sizes = [p.numel() for p in parameters]
    if vec.shape != (sum(sizes),):
        raise ValueError(
            f"vector_to_parameters: the parameters have {sum(sizes)} elements, the vector has "
            f"shape {tuple(vec.shape)}"
        )
    for p, part in zip(parameters, vec.detach().split(sizes), strict=True):
        p.data = part.reshape(p.shape).clone()


def __dir__() -> list[str]:
    return sorted(__all__)
