"""Where two dtypes meet: every pair of dtypes, arrays with arrays, with 0-d arrays and with Python
numbers, for every operator."""

import numpy as np
import pytest

from .harness import both, difference

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!=", "@")
FUNCTIONS = ("maximum", "minimum", "atan2", "fmod", "logical_and")
NUMBERS = ("2", "2.5", "True")
WHOLE_POWERS = {("bool", "x ** True"), ("bool", "y ** True")}  # int64, as x ** 1; PyTorch: bool


def sample(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """Small whole numbers, none of them zero: what every dtype holds exactly."""
    return np.resize([1, 3, 2, 1], shape).astype(dtype)


def meeting(code: str, x: np.ndarray, y: np.ndarray) -> str | None:
    ours, theirs = both(code, {"x": x, "y": y})
    if theirs.error is not None and ours.error is None:  # such as `-` of two bools, int8 @ bool
        return None
    return difference(ours, theirs)


@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("operator", OPERATORS)
def test_operators_meet_in_the_dtype_of_pytorch(operator, first):
    found = []
    for second in DTYPES:
        for shapes in ((2, 2), (2, 2)), ((2, 2), ()), ((), (2, 2)), ((), ()):
            x, y = sample(first, shapes[0]), sample(second, shapes[1])
            if why := meeting(f"x {operator} y", x, y):
                found.append(f"{first}{shapes[0]} {operator} {second}{shapes[1]}: {why}")
    x, y = sample(first, (2, 2)), sample(first, ())
    for number in NUMBERS:
        codes = (f"x {operator} {number}", f"{number} {operator} x", f"y {operator} {number}")
        whys = [(code, meeting(code, x, y)) for code in codes if operator != "@"]
        listed = [((first, code) in WHOLE_POWERS) for code, _ in whys]
        found += [
            f"{code}, {first}: {why or 'no longer differs: take it off the list'}"
            for (code, why), known in zip(whys, listed, strict=True)
            if bool(why) != known
        ]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_meet_in_the_dtype_of_pytorch(function, first):
    found = []
    for second in DTYPES:
        x, y = sample(first, (2, 2)), sample(second, (2, 2))
        if why := meeting(f"torch.{function}(x, y)", x, y):
            found.append(f"{function}({first}, {second}): {why}")
    for several in ("torch.cat([x, y])", "torch.stack([x, y])", "torch.where(x > 1, x, y)"):
        for second in DTYPES:
            x, y = sample(first, (2, 2)), sample(second, (2, 2))
            if why := meeting(several, x, y):
                found.append(f"{several} of {first}, {second}: {why}")
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("first", DTYPES)
def test_in_place_keeps_its_dtype_or_refuses(first):
    found = []
    for second in DTYPES:
        for operator in ("+=", "-=", "*=", "/="):
            for shape in ((2, 2), ()):
                x, y = sample(first, (2, 2)), sample(second, shape)
                if why := meeting(f"out {operator} y", x, y):
                    found.append(f"{first} {operator} {second}{shape}: {why}")
    if found:
        pytest.fail("\n".join(found), pytrace=False)
