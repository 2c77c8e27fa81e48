"""`out=`: the result is written into a tensor that the caller gives.  The right values are PyTorch
2.13's."""

import inspect

import pytest

import tinygrad_edu as tg
import tinygrad_edu.io
import tinygrad_edu.linalg
import tinygrad_edu.settings
from tinygrad_edu.registry import METHODS, NAMES, public_at

X = tg.tensor([1.0, 2.0, -3.0])


def test_the_result_is_the_tensor_that_was_given():
    out, view = tg.zeros(3), None
    view = out[:2]
    assert tg.square(X, out=out) is out
    assert out.tolist() == [1.0, 4.0, 9.0]
    assert view.tolist() == [1.0, 4.0]
    assert tg.add(out, 1, alpha=2, out=out) is out
    assert out.tolist() == [3.0, 6.0, 11.0]


def test_a_column_of_a_matrix_is_written():
    matrix = tg.zeros(3, 2)
    tg.neg(X, out=matrix[:, 0])
    assert matrix.tolist() == [[-1.0, 0.0], [-2.0, 0.0], [3.0, 0.0]]


@pytest.mark.parametrize(
    ("made", "right", "dtype"),
    [
        (lambda: tg.exp(tg.zeros(2), out=tg.zeros(2).double()), [1.0, 1.0], tg.float64),
        (lambda: tg.eq(X, 1, out=tg.zeros(3)), [1.0, 0.0, 0.0], tg.float32),
        (lambda: tg.sum(X, 0, out=tg.zeros(()).long()), 0, tg.int64),
        (lambda: tg.zeros(2, out=tg.ones(2).long()), [0, 0], tg.int64),
        (lambda: tg.arange(3, out=tg.zeros(0).double()), [0.0, 1.0, 2.0], tg.float64),
        (lambda: tg.cat([X, X[:1]], out=tg.zeros(0)), [1.0, 2.0, -3.0, 1.0], tg.float32),
        (lambda: tg.linalg.inv(2 * tg.eye(1), out=tg.zeros(1, 1)), [[0.5]], tg.float32),
        (lambda: tg.special.erf(tg.zeros(1), out=tg.ones(1)), [0.0], tg.float32),
    ],
)
def test_the_dtype_is_that_of_the_tensor_given(made, right, dtype):
    assert made().tolist() == right
    assert made().dtype == dtype


def test_several_results():
    values, places = tg.zeros(()), tg.zeros(()).long()
    found = tg.max(X, 0, out=(values, places))
    assert found.values is values
    assert found.indices is places
    assert (values.item(), places.item()) == (2.0, 1)
    with pytest.raises(TypeError, match="2 tensors, and 1"):
        tg.max(X, 0, out=values)


def test_another_shape_is_taken_with_a_warning():
    out = tg.zeros(2)
    with pytest.warns(UserWarning, match=r"resized since it had shape \[2\].*\[3\]"):
        assert tg.exp(X, out=out) is out
    assert out.shape == (3,)
    empty = tg.zeros(0)
    assert tg.abs(X, out=empty).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: tg.exp(X, out=tg.zeros(3).long()), RuntimeError, "float32 can't be cast.*int64"),
        (lambda: tg.exp(X, out=[1.0]), TypeError, "out= is a Tensor, not float"),
        (lambda: tg.exp(X, out=tg.zeros(1).expand(3)), RuntimeError, "expanded"),
        (lambda: tg.relu(X, out=tg.zeros(3)), TypeError, "out"),
        (lambda: X.exp(out=tg.zeros(3)), TypeError, "out"),
    ],
)
def test_what_does_not_fit(attempt, error, message):
    with pytest.raises(error, match=message):
        attempt()


def test_no_gradient_may_be_involved():
    x = X.clone().requires_grad_()
    for input, out in ((x, tg.zeros(3)), (X, x), (X, x * 2)):
        with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
            tg.exp(input, out=out)
    with tg.no_grad():
        assert tg.square(x, out=tg.zeros(3)).tolist() == [1.0, 4.0, 9.0]
        assert tg.square(X, out=x) is x
    assert x.requires_grad
    assert tg.argmax(x, out=tg.zeros(()).long()).item() == 2


def test_what_was_saved_is_seen_to_be_written_over():
    x = X.clone().requires_grad_()
    factor = tg.ones(3)
    y = (x * factor).sum()
    tg.exp(X, out=factor)
    with pytest.raises(RuntimeError, match="in-place write"):
        y.backward()


def test_the_signature_says_so():
    assert "out" in inspect.signature(tg.exp).parameters
    assert "out" not in inspect.signature(tg.relu).parameters
    assert "out" not in inspect.signature(METHODS["exp"].function).parameters
    functions = {name: public_at(name) for name in NAMES}
    functions = {name: f for name, f in functions.items() if inspect.isfunction(f)}
    taking = [name for name, f in functions.items() if "out" in inspect.signature(f).parameters]
    assert len(taking) > 150
