"""Every way to write what PyTorch has several ways for: operators with the tensor on the right, the
forms of `to`, the names of norms; and PyTorch's warnings and refusals.

The right values are PyTorch 2.13's.
"""

import operator

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck

N, X = tg.tensor([1, 2, 3]), tg.tensor([1.5, -2.5, 3.5])
M = tg.tensor([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("made", "right"),
    [
        (lambda: 5 << N, [10, 20, 40]),
        (lambda: 5 >> N, [2, 1, 0]),
        (lambda: 5 & N, [1, 0, 1]),
        (lambda: 5 | N, [5, 7, 7]),
        (lambda: 5 ^ N, [4, 7, 6]),
        (lambda: 5 % N, [0, 1, 2]),
        (lambda: 5 // N, [5, 2, 1]),
        (lambda: 5**N, [5, 25, 125]),
        (lambda: 5 - N, [4, 3, 2]),
        (lambda: 6 / N, [6.0, 3.0, 2.0]),
        (lambda: ~N, [-2, -3, -4]),
        (lambda: list(reversed(N)), [3, 2, 1]),
    ],
)
def test_operators(made, right):
    assert tg.tensor([x.item() for x in made()]).tolist() == right


@pytest.mark.parametrize("name", ["lshift", "rshift", "and", "or", "xor", "add", "mod", "pow"])
def test_operators_that_write_into_the_tensor(name):
    x, named = tg.tensor([4, 2]), name + "_" if name in ("and", "or") else name
    view, right = x.view(-1), getattr(operator, named)(x, 3)
    assert getattr(operator, "i" + name)(x, 3) is x
    assert view.tolist() == right.tolist()


@pytest.mark.parametrize("attempt", [lambda: 1 << X, lambda: X >> 1, lambda: ~X, lambda: 1 & X])
def test_bits_are_of_whole_numbers(attempt):
    with pytest.raises(TypeError):
        attempt()


# ---------------------------------------------------------------- to


@pytest.mark.parametrize(
    ("args", "options", "dtype"),
    [
        ((tg.float64,), {}, "float64"),
        (("cpu",), {}, "float32"),
        (("cpu", tg.float64), {}, "float64"),
        (("cpu", tg.float64, True), {}, "float64"),
        (("cpu", tg.float64, True, True), {}, "float64"),
        (("cpu", tg.float64), {"non_blocking": True, "copy": True}, "float64"),
        ((tg.float64, True), {}, "float64"),
        ((tg.float64, False, True), {}, "float64"),
        ((N,), {}, "int64"),
        ((N, True), {}, "int64"),
        ((N,), {"non_blocking": True, "copy": True}, "int64"),
        ((), {"device": "cpu", "dtype": tg.float16}, "float16"),
        ((), {"other": N}, "int64"),
        ((tg.device("cpu"), tg.int64), {}, "int64"),
        (("cpu", None), {}, "float32"),
        ((None,), {}, "float32"),
        ((), {}, "float32"),
    ],
)
def test_all_forms_of_to(args, options, dtype):
    assert X.to(*args, **options).dtype == dtype


def test_to_copies_where_it_is_told():
    assert X.to(tg.float32) is X.to("cpu") is X.to(X) is X
    for copied in (
        X.to(tg.float32, copy=True),
        X.to(tg.float32, False, True),
        X.to(X, False, True),
    ):
        assert not np.shares_memory(copied.array, X.array)


@pytest.mark.parametrize(
    ("args", "options"),
    [
        (("cpu", tg.float64, True, True, 1), {}),
        ((tg.float64,), {"dtype": tg.float32}),
        ((), {"colour": 1}),
    ],
)
def test_to_refuses_what_it_does_not_know(args, options):
    with pytest.raises(TypeError, match=r"to: it takes|colour"):
        X.to(*args, **options)


# ---------------------------------------------------------------- norms and ranks


@pytest.mark.parametrize(
    ("made", "right"),
    [
        (lambda: tg.linalg.vector_norm(X, ord=3), 3.9552),
        (lambda: tg.linalg.vector_norm(X, ord=-float("inf")), 1.5),
        (lambda: tg.linalg.vector_norm(M, 3, 0), [3.0366, 4.1602]),
        (lambda: tg.linalg.vector_norm(M, ord=float("inf"), dim=(0, 1), keepdim=True), [[4.0]]),
        (lambda: tg.linalg.vector_norm(M, ord=0, dim=1), [2.0, 2.0]),
        (lambda: tg.linalg.vector_norm(x=M, dtype=tg.float64), 5.4772),
        (lambda: tg.linalg.norm(X, ord=3), 3.9552),
        (lambda: tg.linalg.pinv(M @ M.T, hermitian=True), [[6.25, -2.75], [-2.75, 1.25]]),
        (lambda: tg.linalg.pinv(M, 1e-3, True), [[-0.8, 0.6], [0.6, -0.2]]),
        (lambda: tg.linalg.pinv(M, rcond=1e-3), [[-2.0, 1.0], [1.5, -0.5]]),
        (lambda: tg.linalg.pinv(M, atol=1.0), [[0.0426, 0.0964], [0.0605, 0.1368]]),
        (lambda: tg.linalg.pinv(M, rtol=tg.tensor(0.3)), [[0.0426, 0.0964], [0.0605, 0.1368]]),
        (lambda: tg.linalg.pinv(tg.zeros(2, 2), atol=1.0), [[0.0, 0.0], [0.0, 0.0]]),
        (lambda: tg.linalg.matrix_rank(M @ M.T, hermitian=True), 2),
        (lambda: tg.linalg.matrix_rank(M, 0.5), 1),
        (lambda: tg.linalg.matrix_rank(M, 0.5, True), 2),
        (lambda: tg.linalg.matrix_rank(M, atol=0.5, rtol=0.1), 1),
        (lambda: tg.linalg.cond(M), 14.9330),
        (lambda: tg.linalg.cond(M, -2), 0.0670),
        (lambda: tg.linalg.cond(M, 1), 21.0),
        (lambda: tg.linalg.cond(M, "fro"), 15.0),
        (lambda: tg.linalg.cond(tg.ones(2, 2), "fro"), float("inf")),
        (lambda: tg.linalg.cond(tg.stack([M, tg.ones(2, 2)]), 1), [21.0, float("inf")]),
        (lambda: tg.logsumexp(tg.tensor(2.5), (0,)), 2.5),
        (lambda: tg.logsumexp(M, (0, -1), True), [[4.4402]]),
        (lambda: tg.amax(tg.tensor(2.5), (0,)), 2.5),
        (lambda: tg.any(tg.tensor(2.5), (0,)), True),
    ],
)
def test_norms_ranks_and_reductions(made, right):
    assert np.allclose(made().tolist(), right, atol=2e-4)


def test_gradients_of_norms_and_of_the_hermitian_pseudoinverse():
    x = np.array([[2.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 1.0]])
    assert gradcheck(lambda x: tg.linalg.cond(x, "fro"), [x], order=2)
    assert gradcheck(lambda x: tg.linalg.vector_norm(x, ord=3, dim=1), [x], order=2)
    whole, half = (tg.tensor(x, requires_grad=True) for _ in range(2))
    (tg.linalg.pinv(whole) * tg.tensor(x)).sum().backward()
    (tg.linalg.pinv(half, hermitian=True) * tg.tensor(x)).sum().backward()
    assert np.allclose(whole.grad.tolist(), half.grad.tolist())


def test_the_left_side_of_a_vector_is_not_guessed():
    with pytest.raises((RuntimeError, IndexError, ValueError)):
        tg.linalg.solve(M, tg.ones(2), left=False)


# ---------------------------------------------------------------- dropout


def test_dropout_has_pytorchs_arguments():
    x = tg.ones(1000)
    dropped = tg.dropout(x, 0.5, True)
    assert set(dropped.tolist()) == {0.0, 2.0}
    assert 300 < (dropped == 0).sum() < 700
    assert tg.dropout(x, 0.5, False) is tg.dropout(input=x, p=0.5, train=False) is x
    assert tg.dropout(x, 1.0, True).tolist() == [0.0] * 1000
    with pytest.raises(ValueError, match="probability"):
        tg.dropout(x, 1.5, True)
    with pytest.raises(TypeError):
        tg.dropout(x, 0.5)


# ---------------------------------------------------------------- refusals and warnings


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: tg.add(2, 3),
        lambda: tg.mul(2.0, 3),
        lambda: tg.exp(2.0),
        lambda: tg.abs(-1),
        lambda: tg.maximum(1, 2),
        lambda: tg.eq(1, 1),
        lambda: tg.logical_and(True, False),
        lambda: tg.isnan(1.0),
        lambda: tg.clamp(1, 0, 2),
        lambda: tg.sum(3.0),
        lambda: tg.relu(1.0),
    ],
)
def test_numbers_alone_are_refused(attempt):
    with pytest.raises(TypeError):
        attempt()


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4)])
def test_the_transpose_of_what_is_no_matrix_warns(shape):
    with pytest.warns(UserWarning, match="mT"):
        turned = tg.zeros(shape).T
    assert turned.shape == shape[::-1]


def test_a_copy_of_a_tensor_by_its_maker_warns():
    with pytest.warns(UserWarning, match="clone"):
        copied = tg.tensor(X)
    assert copied.tolist() == X.tolist()
    assert not np.shares_memory(copied.array, X.array)
    with pytest.warns(UserWarning, match="clone"):
        X.new_tensor(X)
    assert tg.as_tensor(X) is X


def test_a_result_that_does_not_keep_its_gradient_warns():
    leaf = tg.ones(2, requires_grad=True)
    result, kept = leaf * 2, leaf * 3
    with pytest.warns(UserWarning, match="retain_grad"):
        assert result.grad is None
    kept.retain_grad()
    assert kept.grad is leaf.grad is result.detach().grad is None
    (result + kept).sum().backward()
    assert kept.grad.tolist() == [1.0, 1.0]
