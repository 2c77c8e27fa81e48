"""Errors that are two things at once: what Python calls the mistake, and what PyTorch raises."""


class InputError(ValueError, RuntimeError):
    """An input or a setting does not fit, as a shape that a layer does not take.

    It is a ValueError, for the values are at fault, and a RuntimeError, which PyTorch raises.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> try:
    ...     nn.LSTM(4, 8)(tg.ones(3, 1, 5))
    ... except ValueError as error:
    ...     print(type(error).__name__, isinstance(error, RuntimeError))
    InputError True
    """


class InputTypeError(TypeError, RuntimeError):
    """An input is of another type or dtype than a function takes, as floats that shall name rows.

    It is a TypeError, for the type is at fault, and a RuntimeError, which PyTorch raises.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> try:
    ...     nn.Embedding(10, 3)(tg.tensor([1.0, 2.0]))
    ... except TypeError as error:
    ...     print(type(error).__name__, isinstance(error, RuntimeError))
    InputTypeError True
    """
