"""assert_gradients: gradcheck as an assertion, whose failure says how to repeat it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .error import GradcheckError
from .gradcheck import gradcheck


def assert_gradients(f: Callable[..., Any], *inputs: Any, seed: int = 0, **options: Any) -> None:
    """Raise AssertionError unless the derivatives of a function are right.

    It is `gradcheck(f, inputs)`, written for a test.  In pytest there is a fixture of this name
    too, which takes its seed from `--gradcheck-seed`.

    Parameters
    ----------
    f : callable
        Takes the inputs, and returns a tensor or a tuple of them.
    *inputs : Tensor, ndarray, or what else f takes
        The floating ones are checked, in float64; the others are handed on.
    seed : int, default 0
        Seed of the random directions.
    **options : dict
        Other options of `gradcheck`, such as `order=2` or `rtol=1e-4`.

    Raises
    ------
    GradcheckError
        If a derivative is wrong: an AssertionError, which says what is wrong, and with which seed
        it is found again.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.testing import assert_gradients
    >>> assert_gradients(lambda a, b: (a * b).tanh(), tg.rand(3), tg.rand(3), order=2)
    """
    __tracebackhide__ = True
    failed = _failure(f, inputs, seed, options)
    if failed is not None:
        failed.add_note(f"This check used seed={seed}; the same seed repeats it.")
        raise failed


def _failure(
    f: Callable[..., Any], inputs: tuple[Any, ...], seed: int, options: dict[str, Any]
) -> GradcheckError | None:
    """The error of a check, without the frames of the checker."""
    try:
        gradcheck(f, inputs, seed=seed, **options)
    except GradcheckError as error:
        return error.with_traceback(None)
    return None
