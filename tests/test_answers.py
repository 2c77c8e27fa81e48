"""Expressions and what they are in PyTorch, written down in `answers.txt`: so it is not needed.

tests/oracle runs this again with PyTorch, and so knows that the answers are PyTorch's.
"""

import math
import re
from pathlib import Path

import numpy as np
import pytest

LINES = (Path(__file__).parent / "answers.txt").read_text().splitlines()
ANSWERS = [line for line in LINES if "  # " in line]

A = [[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]]
B = [2.0, -3.0, 0.5]
M, S = [[4.0, 1.0], [2.0, 3.0]], [[4.0, 1.0], [1.0, 3.0]]
X = [-2.5, -0.5, -0.0, 0.5, 1.0, 3.0, math.inf, -math.inf, math.nan]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, at the edges
@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's, of its own plans
@pytest.mark.parametrize("line", ANSWERS)
def test_an_expression_is_what_it_is_in_pytorch(both, line):
    nn, lib = both
    tensors = {"A": A, "B": B, "M": M, "S": S, "X": X}
    code, answer = line.split("  # ")
    words = re.findall(r"[A-Za-z_]\w*", code)  # what is made at first use is not in vars(lib)
    names = {name: getattr(lib, name) for name in words if hasattr(lib, name)}
    names |= {k: lib.tensor(x, dtype=lib.float64) for k, x in tensors.items()}
    names |= {"nn": nn, "np": np, "math": math, "range": range}
    dtype, rest = answer.split(" ", 1)
    shape, numbers = rest.split(") ", 1)
    result = eval(code, names)
    assert str(result.dtype).removeprefix("torch.") == dtype
    assert str(tuple(result.shape)) == f"{shape})"
    wanted = np.array(eval(numbers, {"inf": math.inf, "nan": math.nan}), dtype)
    np.testing.assert_allclose(
        result.detach().numpy(), wanted.reshape(result.shape), rtol=1e-6, atol=1e-12
    )
