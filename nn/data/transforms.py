"""Transforms: image preprocessing and augmentation, as in torchvision.transforms.

An image is a tensor (..., H, W); random transforms draw from the default generator.

>>> import numpy as np
>>> from nn.data.transforms import Compose, Normalize, ToTensor
>>> prepare = Compose([ToTensor(), Normalize((0.5,), (0.5,))])
>>> prepare(np.array([[0, 255]], np.uint8))
tensor([[[-1.,  1.]]])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import Tensor
from tinygrad_edu.absent import refuse
from tinygrad_edu.rng import numpy_generator

__all__ = [
    "Compose", "Lambda", "Normalize", "RandomCrop", "RandomHorizontalFlip", "RandomVerticalFlip",
    "ToTensor",
]  # fmt: skip


class Compose:
    """Apply several transforms, one after the other.

    Parameters
    ----------
    transforms : sequence of callable
        The transforms, in the order in which they are applied.

    Raises
    ------
    TypeError
        If an element is not callable, or is a class instead of an instance.

    Examples
    --------
    >>> import numpy as np
    >>> from nn.data.transforms import Compose, Normalize, ToTensor
    >>> prepare = Compose([ToTensor(), Normalize((0.5,), (0.5,))])
    >>> prepare(np.array([[0, 255]], np.uint8))
    tensor([[[-1.,  1.]]])
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError(f"Compose: it takes a list of transforms, not {transforms!r}")
        for transform in transforms:
            if isinstance(transform, type) or not callable(transform):
                raise TypeError(
                    f"Compose: {transform!r} is no transform: a transform is called with an image, "
                    "and made first, as ToTensor()"
                )
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return "\n".join(["Compose(", *(f"    {t}" for t in self.transforms), ")"])


class Lambda:
    """Transform that applies a given function.

    Parameters
    ----------
    lambd : callable
        The function of an image, which returns an image.

    Raises
    ------
    TypeError
        If it is not callable.

    Examples
    --------
    >>> from nn.data.transforms import Lambda
    >>> Lambda(lambda image: image * 2)(3)
    6
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: it takes a function, not {type(lambd).__name__}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return "Lambda()"


class ToTensor:
    """Convert an image or array of shape (H, W) or (H, W, C) to a tensor (C, H, W).

    Values of uint8, from 0 to 255, become float32 from 0 to 1; other dtypes stay.

    Raises
    ------
    ValueError
        At the call, if the image has another number of dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> from nn.data.transforms import ToTensor
    >>> ToTensor()(np.array([[0, 255]], np.uint8))
    tensor([[[0., 1.]]])
    """

    def __call__(self, pic: Any) -> Tensor:
        array = np.asarray(pic)
        if array.ndim not in (2, 3):
            raise ValueError(
                f"ToTensor: an image has the shape (H, W) or (H, W, C), not {array.shape}"
            )
        array = array.reshape((*array.shape, 1)) if array.ndim == 2 else array
        array = np.ascontiguousarray(array.transpose(2, 0, 1))
        if array.dtype == np.uint8:
            array = array.astype(np.float32) / np.float32(255)
        return Tensor(array)

    def __repr__(self) -> str:
        return "ToTensor()"


class Normalize:
    """Subtract a mean and divide by a standard deviation, for each channel.

        (x - mean) / std

    Parameters
    ----------
    mean : sequence of float
        A mean for each channel of (..., C, H, W), or one for all.
    std : sequence of float
        A standard deviation for each channel, or one for all; not 0.
    inplace : bool, default False
        Change the image in place.

    Raises
    ------
    ValueError
        If a setting is not finite, or a standard deviation is 0; at the call, if the number of
        channels differs.
    TypeError
        At the call, if the image is not floating point.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.data.transforms import Normalize
    >>> Normalize(mean=[1.0], std=[2.0])(tg.tensor([[[1.0, 5.0]]]))
    tensor([[[0., 2.]]])
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        if not np.all(np.isfinite(np.asarray(mean, float))):
            raise ValueError(f"Normalize: a mean is a number, not {mean}")
        if not np.all(np.asarray(std)) or not np.all(np.isfinite(np.asarray(std, float))):
            raise ValueError(f"Normalize: no std may be 0 in {std}, nor nan or inf: it divides")
        self.mean, self.std, self.inplace = mean, std, inplace

    def __call__(self, tensor: Tensor) -> Tensor:
        _check_image("Normalize", tensor, 3)
        if not tensor.is_floating_point():
            raise TypeError(
                f"Normalize: it takes floats, not {tensor.dtype}; ToTensor() gives them"
            )
        mean, std = (
            tg.as_tensor(x, dtype=tensor.dtype).reshape(-1, 1, 1) for x in (self.mean, self.std)
        )
        for name, x in (("mean", mean), ("std", std)):
            if len(x) not in (1, tensor.shape[-3]):
                raise ValueError(
                    f"Normalize: {name} has {len(x)} numbers, the image {tuple(tensor.shape)} has "
                    f"{tensor.shape[-3]} channels"
                )
        return tensor.sub_(mean).div_(std) if self.inplace else (tensor - mean) / std

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"


class RandomHorizontalFlip:
    """Flip the image (..., H, W) horizontally, left to right, with probability p.

    Parameters
    ----------
    p : float, default 0.5
        The probability.

    Raises
    ------
    ValueError
        If p is not in [0, 1].

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.data.transforms import RandomHorizontalFlip
    >>> RandomHorizontalFlip(p=1.0)(tg.tensor([[1, 2]]))
    tensor([[2, 1]])
    """

    axis = -1

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: p is a probability, from 0 to 1, not {p}")
        self.p = p

    def __call__(self, img: Tensor) -> Tensor:
        _check_image(type(self).__name__, img, 2)
        return tg.flip(img, [self.axis]) if numpy_generator().random() < self.p else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomVerticalFlip(RandomHorizontalFlip):
    """Flip the image (..., H, W) vertically, top to bottom, with probability p.

    Parameters
    ----------
    p : float, default 0.5
        The probability.

    Raises
    ------
    ValueError
        If p is not in [0, 1].

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.data.transforms import RandomVerticalFlip
    >>> RandomVerticalFlip(p=1.0)(tg.tensor([[1], [2]]))
    tensor([[2],
            [1]])
    """

    axis = -2


class RandomCrop:
    """Crop the image (..., H, W) to a given size at a random position.

    Parameters
    ----------
    size : int or (int, int)
        Height and width of the crop; one int stands for both.
    padding : int or sequence of int, optional
        Width of the border that is added first: one for all sides, or (left and right, top and
        bottom), or (left, top, right, bottom).
    pad_if_needed : bool, default False
        Pad an image that is smaller than the crop.
    fill : float, default 0
        The value of the border in mode "constant".
    padding_mode : str, default "constant"
        What the border holds, as in `numpy.pad`: "constant"; "edge", the element at the edge;
        "reflect", mirrored elements without the edge; "symmetric", mirrored elements with it.

    Raises
    ------
    ValueError
        If a setting is out of range; at the call, if the image is smaller than the crop.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from nn.data.transforms import RandomCrop
    >>> RandomCrop(2, padding=1)(tg.ones(1, 4, 4)).shape
    torch.Size([1, 2, 2])
    """

    def __init__(
        self,
        size: Any,
        padding: Any = None,
        pad_if_needed: bool = False,
        fill: float = 0,
        padding_mode: str = "constant",
    ) -> None:
        modes = ("constant", "edge", "reflect", "symmetric")
        if padding_mode not in modes:
            raise ValueError(f"RandomCrop: padding_mode is one of {modes}, not {padding_mode!r}")
        height, *rest = _numbers("size", size, 1, (1, 2))
        self.size = (height, *(rest or [height]))
        self.padding, self.pad_if_needed = padding, pad_if_needed
        if padding is not None:
            _numbers("padding", padding, 0, (1, 2, 4))
        self.fill, self.padding_mode = fill, padding_mode

    def __call__(self, img: Tensor) -> Tensor:
        _check_image("RandomCrop", img, 2)
        if self.padding is not None:
            sides = _numbers("padding", self.padding, 0, (1, 2, 4))
            left, top, right, bottom = sides * (4 // len(sides))
            img = self._padded(img, (top, bottom), (left, right))
        if self.pad_if_needed:
            height, width = (max(0, s - n) for s, n in zip(self.size, img.shape[-2:], strict=True))
            img = self._padded(img, (height, height), (width, width))
        free = [n - s for n, s in zip(img.shape[-2:], self.size, strict=True)]
        if min(free) < 0:
            raise ValueError(
                f"RandomCrop: a crop of {self.size} does not fit into an image of "
                f"{tuple(img.shape[-2:])}; give padding=, or pad_if_needed=True"
            )
        top, left = (int(numpy_generator().integers(n + 1)) for n in free)
        return img[..., top : top + self.size[0], left : left + self.size[1]]

    def _padded(self, img: Tensor, rows: tuple[int, int], columns: tuple[int, int]) -> Tensor:
        widths = [(0, 0)] * (img.ndim - 2) + [rows, columns]
        how: dict[str, Any] = {"mode": self.padding_mode}
        if self.padding_mode == "constant":
            how["constant_values"] = self.fill
        return Tensor(np.pad(img.array, widths, **how))

    def __repr__(self) -> str:
        return f"RandomCrop(size={self.size}, padding={self.padding})"


def _numbers(what: str, given: Any, least: int, counts: tuple[int, ...]) -> list[int]:
    """The given integers as a list: one, or another number that is allowed."""
    numbers = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    if len(numbers) not in counts:
        raise ValueError(f"RandomCrop: {what} is {counts} numbers, not {len(numbers)}: {given}")
    if not all(isinstance(n, int | np.integer) and n >= least for n in numbers):
        raise ValueError(f"RandomCrop: {what} is of whole numbers from {least}, not {given!r}")
    return numbers


def _check_image(name: str, img: Any, ndim: int) -> None:
    """Raise TypeError if `img` is not a tensor, ValueError if it has too few dimensions."""
    if not isinstance(img, Tensor):
        raise TypeError(
            f"{name}: it takes a tensor, not {type(img).__name__}; put ToTensor() before it"
        )
    if img.ndim < ndim:
        wanted = "(..., C, H, W)" if ndim == 3 else "(..., H, W)"
        raise ValueError(f"{name}: an image has the shape {wanted}, not {tuple(img.shape)}")


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> object:
    """Say why a transform of torchvision's is left out."""
    refuse("transforms", name, __name__)
