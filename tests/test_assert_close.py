"""testing.assert_close: what is close, and what it says of what is not."""

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from tinygrad_edu.testing import assert_close


def test_what_is_close_passes():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    assert_close(x * 3 / 3, x)
    assert_close(nn.Parameter(tg.ones(2)), tg.ones(2))
    assert_close({"a": [x, (1, 2.0)], "b": None}, {"b": None, "a": (x, [1, 2.0])})
    assert_close(tg.ones(2), tg.ones(2).double(), check_dtype=False)
    assert_close(np.float32(1.0), 1.0)
    assert_close(tg.tensor([float("nan")]), tg.tensor([float("nan")]), equal_nan=True)


def test_the_tolerance_follows_the_dtype():
    for dtype, near, far in (("float16", 1e-3, 4e-3), ("float32", 1e-5, 4e-5)):
        one = tg.ones(3, dtype=dtype)
        assert_close(one + near, one)
        with pytest.raises(AssertionError, match="Mismatched elements: 3 / 3"):
            assert_close(one + far, one)
    with pytest.raises(AssertionError, match=r"\(up to 1e-07 allowed\)"):
        assert_close(1.0 + 1e-6, 1.0)
    with pytest.raises(AssertionError, match="Tensor-likes are not equal!"):
        assert_close(tg.tensor([1, 2]), tg.tensor([1, 3]))


MESSAGE = """mine: Tensor-likes are not close!

Mismatched elements: 1 / 4 (25.0%)
Greatest absolute difference: 1.0 at index (1, 0) (up to 0.5 allowed)
Greatest relative difference: 0.25 at index (1, 0) (up to 0.0 allowed)

The failure occurred for item ['a'][1]"""


def test_the_message_names_the_place():
    x = tg.tensor([[1.0, 2.0], [3.0, 5.0]])
    y = tg.tensor([[1.0, 2.0], [4.0, 5.0]])
    how = {"atol": 0.5, "rtol": 0.0, "msg": lambda text: f"mine: {text}"}
    with pytest.raises(AssertionError) as caught:
        assert_close({"a": [y, x]}, {"a": [y, y]}, **how)
    assert str(caught.value) == MESSAGE


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(TypeError, match="Give two tensors, two arrays or two numbers"):
        assert_close(tg.ones(2), np.ones(2))
    with pytest.raises(TypeError, match="inputs of type"):
        assert_close(nn.Parameter(tg.ones(2)), tg.ones(2), allow_subclasses=False)
    with pytest.raises(ValueError, match="there is no atol"):
        assert_close(1.0, 1.0, rtol=0.1)
    with pytest.raises(AssertionError, match="types do not match"):
        assert_close(True, 1)


def test_complex_numbers():
    assert_close(1 + 2j, 1 + 2j + 1e-9)
    with pytest.raises(AssertionError, match=r"Expected \(1\+3j\) but got \(1\+2j\)"):
        assert_close(1 + 2j, 1 + 3j)
