"""Numbers at the limits: values and gradients beside 60 digits, over the whole range of a dtype.

The error is counted in units in the last place (ulp) of the right result.  As a table:
`python -m tests.test_sweep float32`.
"""

import sys
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import tinygrad_edu as tg
from tests.sweep_elementwise import ACTIVATIONS, CASES, ELEMENTWISE, SPECIAL, Case
from tests.sweep_losses import LOSSES, ROW_CASES, Row
from tests.ulp import error_in_ulp

ALL: dict[str, Any] = {**CASES, **LOSSES, **ROW_CASES}
MOST = {"float32": 8.0, "float64": 8.0, "float16": 2.0}  # ulp
Worst = tuple[float, Any, Any, Any]  # error, where, given, right


def worst(case: Case, dtype: Any, points: Any = None) -> list[Worst]:
    """For the value, and then for each slope: the largest error."""
    exact = np.array(points or case.points, np.float64).T
    columns = exact.astype(dtype)
    held = (np.isfinite(columns) & ((columns != 0) | (exact == 0))).all(0)  # by this dtype
    columns = list(columns[:, held])
    pairs = zip(columns, case.slopes, strict=True)
    xs = [tg.tensor(c, requires_grad=slope is not None) for c, slope in pairs]
    y = case.function(*xs)
    y.backward(tg.ones_like(y))
    at = [tuple(mpf(float(x)) for x in point) for point in zip(*columns, strict=True)]
    found = [_worst(y.array, [case.value(*p) for p in at], at, dtype)]
    for x, slope in zip(xs, case.slopes, strict=True):
        if slope is not None:
            terms = [case.terms(*p) for p in at] if case.terms else [0] * len(at)
            found.append(_worst(x.grad.array, [slope(*p) for p in at], at, dtype, terms))
    return found


def worst_of_rows(case: Row, dtype: Any) -> list[Worst]:
    """The same of a function of rows."""
    rows = np.array(case.rows).astype(dtype)
    rows = rows[np.isfinite(rows).all(1)]
    terms = case.terms or (lambda row: 0)
    x = tg.tensor(rows, requires_grad=True)
    y = case.function(x)
    g = tg.ones_like(y)
    if case.upstream:
        g[:] = tg.tensor(case.upstream, dtype=y.dtype)
    y.backward(g)
    at = [tuple(mpf(float(number)) for number in row) for row in rows]
    found = []
    for given, f in ((y.array, case.value), (x.grad.array, case.slope)):
        rights = [(row, number) for row in at for number in f(row)]
        if rights:
            places, numbers = zip(*rights, strict=True)
            sizes = [terms(row) for row in places] if f is case.value else None
            found.append(_worst(given.reshape(-1), numbers, places, dtype, sizes))
    return found


def _worst(given: Any, rights: Any, places: Any, dtype: Any, terms: Any = None) -> Worst:
    rows = zip(given, rights, terms or [0] * len(rights), strict=True)
    errors = [error_in_ulp(g, r, dtype, t) for g, r, t in rows]
    k = int(np.argmax(errors))
    return errors[k], [float(x) for x in places[k]], float(given[k]), mp.nstr(mpf(rights[k]), 10)


def errors_of(name: str, dtype: Any) -> list[Worst]:
    case = ALL[name]
    with np.errstate(all="ignore"), mp.workdps(60):
        return worst_of_rows(case, dtype) if isinstance(case, Row) else worst(case, dtype)


def said(name: str, dtype: str, found: list[Worst]) -> list[str]:
    """A line for the value, and for each slope."""
    return [
        f"{name:28} {dtype} {'slope' if k else 'value'} {error:9.3g} ulp at {place}: "
        f"{given!r}, not {right}"
        for k, (error, place, given, right) in enumerate(found)
    ]


def check(name: str, dtype: str, found: list[Worst]) -> None:
    most = KNOWN.get((name, dtype), MOST[dtype])
    wrong = [line for line, e in zip(said(name, dtype, found), found, strict=True) if e[0] > most]
    assert not wrong, "\n".join(wrong)


# What is above the limit, and how far.  float16: what is computed in float32 is right to half a
# unit; other functions round once more.  float64: special functions are right to 1e-14 (see
# error_function.py); in e^u, half a unit of u is |u| / 2 units, so too in the
# tails of gelu_tanh.
KNOWN = {
    ("gelu_tanh", "float32"): 32.0,
    ("softmax", "float16"): 5.0,  # y is kept in float16, as in PyTorch
    ("norm, p = 3", "float16"): 3.0,
    # where its sigmoid is among the smallest numbers, which have few digits, or 0
    ("silu", "float32"): 64.0,
    ("silu", "float64"): 800.0,
    ("gelu_tanh", "float64"): 600.0,
    ("pow", "float64"): 64.0,
    **{(name, "float64"): 64.0 for name in SPECIAL},
    ("log_ndtr", "float64"): 200.0,
    ("erfcx", "float64"): 1e7,  # of the slope, where its terms cancel
    **dict.fromkeys([("i0e", "float64"), ("i1e", "float64")], 600.0),
    ("log_softmax", "float64"): 64.0,
    **{(name, "float64"): 64.0 for name in ROW_CASES if name.startswith("cross_entropy")},
}


@pytest.mark.parametrize("name", [*ACTIVATIONS, *LOSSES, *ROW_CASES])
def test_losses_and_activations_at_the_limits_of_float32(name):
    check(name, "float32", errors_of(name, np.dtype("float32")))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", MOST)
@pytest.mark.parametrize("name", ALL)
def test_all_functions_at_the_limits_of_each_dtype(name, dtype):
    if dtype == "float16" and name in {**ELEMENTWISE, **SPECIAL}:
        pytest.skip("these are NumPy's own, or rounded in each step")
    check(name, dtype, errors_of(name, np.dtype(dtype)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_everywhere(name):
    """Numbers of all sizes, and between -110 and 110."""
    case, rng = ACTIVATIONS[name], np.random.default_rng(0)
    sizes = 10.0 ** rng.uniform(-45, 38.5, 1000) * rng.choice((-1, 1), 1000)
    xs = np.concatenate([sizes, rng.uniform(-110, 110, 1000), rng.uniform(-9, 9, 1000)])
    points = [(x, *case.points[0][1:]) for x in xs.astype(np.float32).tolist()]
    if name == "glu":
        points = [(-1.5, x) for x, _ in points]
    with np.errstate(all="ignore"), mp.workdps(60):
        found = worst(case, np.dtype("float32"), points)
    if name == "gelu_tanh":  # x below -9.9, where the sigmoid is among the smallest numbers
        found = [(error / 99, *where) for error, *where in found]
    check(name, "float32", found)


def test_the_measure():
    one = np.float32(1)
    for given, right, error in (
        (one, 1, 0),
        (one + np.finfo("f4").eps, 1, 1),
        (np.float32(3e-45), mpf("1.401298464324817e-45"), 1),
        (0.0, mpf("1e-50"), 0),
        (np.inf, mpf("1e39"), 0),
        (np.inf, mpf("1e38"), np.inf),
        (np.nan, 1, np.inf),
        (1.0, mp.inf, np.inf),
    ):
        assert error_in_ulp(given, right, np.dtype("f4")) == pytest.approx(error, abs=1e-4)
    assert error_in_ulp(1e-7, 0, np.dtype("f4"), terms=1) < 1


def main(dtypes: list[str]) -> None:
    for dtype in dtypes:
        for name in ALL if dtype != "float16" else {**ACTIVATIONS, **LOSSES, **ROW_CASES}:
            sys.stdout.write("\n".join(said(name, dtype, errors_of(name, np.dtype(dtype)))) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:] or ["float32"])
