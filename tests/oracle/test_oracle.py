"""Every expression of the tables, by tinygrad_edu and by PyTorch: results, gradients, second
derivatives, then the same for other dtypes, other shapes and what does not fit."""

from collections.abc import Iterable

import numpy as np
import pytest

from .accepts import ACCEPTS, GRADIENTS, INEXACT, OF_PROCESSORS
from .harness import (
    FAMILIES,
    Expression,
    Variant,
    both,
    difference,
    dtype_variants,
    fits,
    gradient_difference,
    gradients,
    has_gradient,
    hostile_variants,
    inputs_of,
    second_gradients,
    shape_variants,
    table,
    tolerance_of,
    unequal,
    variant_difference,
)

SHAPES_ONLY = ("random",)
MAY_REFUSE = ("random", "autograd", "distributions")
EXPRESSIONS = [one for family in FAMILIES for one in table(family)]
VARIED = [one for one in EXPRESSIONS if one.family not in ("random", "refused", "printing")]
with_inputs = pytest.mark.parametrize("expression", [e for e in VARIED if e.inputs], ids=str)


def accepted(expression: Expression, variant: str) -> bool:
    known = [*ACCEPTS, *OF_PROCESSORS]
    return any(fits(expression.code, code) and fits(variant, name) for code, name in known)


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_results_and_gradients_are_those_of_pytorch(expression):
    if accepted(expression, "values"):
        pytest.skip("a listed difference")
    code, arrays = expression.code, inputs_of(expression)
    grads = has_gradient(code)
    ours, theirs = both(code, arrays, grads, quiet=expression.family == "refused")
    refused = theirs.error is not None
    right = expression.family in MAY_REFUSE or refused == (expression.family == "refused")
    assert right, f"the table is wrong, PyTorch says: {theirs.error!r}"
    tolerance = tolerance_of(code, arrays, exact=1e-10)
    why = difference(ours, theirs, values=expression.family not in SHAPES_ONLY, tolerance=tolerance)
    assert not why, why
    if "_(" not in code and "out" not in code:
        for name, array in arrays.items():
            assert np.array_equal(ours.inputs[name].array, array, True), f"{name} was changed"
    if grads and theirs.error is None and expression.family not in ("random", "autograd"):
        try:
            expected = gradients(theirs, code)
        except RuntimeError:  # PyTorch has no derivative here
            return
        why = gradient_difference(gradients(ours, code), expected, tolerance)
        assert not why, why


@with_inputs
def test_second_derivatives_are_those_of_pytorch(expression):
    if accepted(expression, "second") or not has_gradient(expression.code):
        pytest.skip("a listed difference")
    if why := second_difference(expression):
        pytest.fail(why)


def second_difference(expression: Expression) -> str | None:
    arrays = inputs_of(expression)
    ours, theirs = both(expression.code, arrays, grads=True)
    tolerance = tolerance_of(expression.code, arrays, exact=1e-8)
    if theirs.error or ours.error or expression.family == "autograd":
        return None
    try:
        expected = second_gradients(theirs, expression.code)
    except RuntimeError:  # PyTorch has no second derivative here
        return None
    found = second_gradients(ours, expression.code)
    for name, theirs_one in (expected or {}).items():
        ours_one = theirs_one * 0 if found is None else found[name]
        why = unequal(ours_one, theirs_one, tolerance)
        if why:
            return f"d/d{name} of the gradients: {why}"
    return None


def disagreements(expression: Expression, variants: Iterable[Variant]) -> str:
    return "\n".join(
        f"{variant.name}: {why}"
        for variant in variants
        if not accepted(expression, variant.name) and (why := variant_difference(variant))
    )


@with_inputs
def test_dtypes_are_those_of_pytorch(expression):
    if found := disagreements(expression, dtype_variants(expression)):
        pytest.fail(found, pytrace=False)


@with_inputs
def test_shapes_are_those_of_pytorch(expression):
    if found := disagreements(expression, shape_variants(expression)):
        pytest.fail(found, pytrace=False)


@pytest.mark.parametrize("expression", VARIED, ids=str)
def test_where_pytorch_raises_so_do_we(expression):
    if found := disagreements(expression, hostile_variants(expression)):
        pytest.fail(found, pytrace=False)


def value_variants(expression: Expression) -> Iterable[Variant]:
    arrays = inputs_of(expression)
    return [Variant(name, expression.code, arrays, True) for name in ("values", "second")]


@pytest.mark.parametrize("entry", ACCEPTS, ids=str)
def test_each_listed_difference_is_needed(entry):
    code, name = entry
    makers = (value_variants, dtype_variants, shape_variants, hostile_variants)
    assert any(
        second_difference(one) if variant.name == "second" else variant_difference(variant)
        for one in EXPRESSIONS
        if fits(one.code, code)
        for make in makers
        for variant in make(one)
        if fits(variant.name, name)
    ), "no expression differs: take this entry away"


@pytest.mark.parametrize("code", [*GRADIENTS, *INEXACT])
def test_each_expression_without_exact_gradients_is_there(code):
    assert any(fits(one.code, code) for one in EXPRESSIONS)
