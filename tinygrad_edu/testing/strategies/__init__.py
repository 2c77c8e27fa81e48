"""Strategies: what hypothesis draws to test functions of tensors, layers and ops.

>>> from hypothesis import given, settings
>>> from tinygrad_edu.testing import gradcheck, strategies as st
>>> @settings(max_examples=20, deadline=None)
... @given(x=st.tensors(values=(0.5, 2.0)))
... def test_the_gradient_of_a_power(x):
...     assert gradcheck(lambda x: x**3, x)
>>> test_the_gradient_of_a_power()

They need hypothesis (`pip install "tinygrad_edu[test]"`); nothing else in the package imports it.
They seed the package's default generator before each example, so that the first weights of a layer
are the same when the example runs again.  `docs/property-testing.md` is a guide.
"""

try:
    import hypothesis  # noqa: F401
except ImportError as error:
    raise ImportError(
        "tinygrad_edu.testing.strategies needs hypothesis, which is not installed: "
        'pip install "tinygrad_edu[test]"'
    ) from error

from ..layouts import LAYOUTS, laid_out
from ..source import Program
from . import generator as generator  # which is seeded before each example
from .arrays import tensors
from .programs import op_cases, programs
from .shapes import axes, broadcastable_shapes, indices, shapes
from .windows import WindowCase, windows

__all__ = [
    "tensors",
    "LAYOUTS",
    "laid_out",
    "shapes",
    "broadcastable_shapes",
    "axes",
    "indices",
    "WindowCase",
    "windows",
    "op_cases",
    "Program",
    "programs",
]


def __dir__() -> list[str]:
    return __all__
