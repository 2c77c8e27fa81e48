"""Linear algebra, with PyTorch as the oracle: values, gradients, second derivatives, and where a
derivative does not exist."""

import string
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

import tinygrad_edu as tg
from tinygrad_edu import functions as f, linalg, ops
from tinygrad_edu.testing import gradcheck
from tinygrad_edu.testing.draw import Draw

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape)


def positive(*batch, n=3):
    x = normal(*batch, n, n)
    return x @ x.swapaxes(-1, -2) + n * np.eye(n)


def as_tuple(y):
    return tuple(y) if isinstance(y, tuple) else (y,)


def compare(ours, theirs, *arrays, rtol=1e-9, atol=1e-11):
    """The same values, shapes, dtypes, and gradients of a random weighing of the outputs."""
    xs = [tg.tensor(x).requires_grad_(x.dtype.kind == "f") for x in arrays]
    ts = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays]
    ys, zs = as_tuple(ours(*xs)), as_tuple(theirs(*ts))
    assert len(ys) == len(zs)
    total, expected = 0.0, 0.0
    for y, z in zip(ys, zs, strict=True):
        assert y.shape == tuple(z.shape)
        assert str(z.dtype) == f"torch.{y.dtype}"
        np.testing.assert_allclose(y.array, z.detach().numpy(), rtol=rtol, atol=atol)
        if z.requires_grad:
            u = np.random.default_rng(1).standard_normal(y.shape).astype(y.dtype)
            total = total + (y * tg.tensor(u)).sum()
            expected = expected + (z * torch.tensor(u)).sum()
    if isinstance(expected, float):
        return
    total.backward()
    expected.backward()
    for x, t in zip(xs, ts, strict=True):
        if t.grad is None or not t.grad.numpy().any():
            assert x.grad is None or not x.grad.array.any()
        else:
            np.testing.assert_allclose(x.grad.array, t.grad.numpy(), rtol=rtol, atol=atol)


# ---------------------------------------------------------------- products


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("mm", [(2, 3), (3, 4)]),
        ("mv", [(2, 3), (3,)]),
        ("dot", [(3,), (3,)]),
        ("vdot", [(3,), (3,)]),
        ("bmm", [(2, 3, 4), (2, 4, 5)]),
        ("outer", [(2,), (3,)]),
        ("ger", [(2,), (3,)]),
        ("inner", [(3,), (3,)]),
        ("inner", [(2, 3), (4, 5, 3)]),
        ("inner", [(), (4, 5, 3)]),
        ("kron", [(2, 3), (4, 5)]),
        ("kron", [(2,), (4, 1, 5)]),
        ("kron", [(), (3,)]),
        ("addmm", [(2, 4), (2, 3), (3, 4)]),
        ("addmm", [(4,), (2, 3), (3, 4)]),
        ("trace", [(3, 3)]),
        ("mm", [(0, 3), (3, 4)]),
        ("mm", [(2, 0), (0, 4)]),
        ("bmm", [(0, 3, 4), (0, 4, 5)]),
        ("dot", [(0,), (0,)]),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_products(name, shapes, dtype):
    arrays = [normal(*shape).astype(dtype) for shape in shapes]
    tight = {"rtol": 1e-9} if dtype == "float64" else {"rtol": 1e-4, "atol": 1e-5}
    arrays = [np.asarray(x) for x in arrays]
    compare(getattr(f, name), getattr(torch, name), *arrays, **tight)
    assert gradcheck(getattr(f, name), arrays, order=2)


@pytest.mark.parametrize("name", ["mm", "dot", "outer", "kron", "trace", "inner"])
def test_products_of_integers(name):
    shapes = {"mm": [(2, 3), (3, 2)], "kron": [(2, 2), (2, 2)], "trace": [(3, 3)]}
    arrays = [RNG.integers(-5, 5, shape) for shape in shapes.get(name, [(3,), (3,)])]
    compare(getattr(f, name), getattr(torch, name), *arrays)


def test_beta_and_alpha():
    arrays = [normal(2, 4), normal(2, 3), normal(3, 4)]
    for beta, alpha in ((2, 3.5), (0, 1), (1, 0.5)):
        compare(
            lambda x, a, b, k=(beta, alpha): f.addmm(x, a, b, beta=k[0], alpha=k[1]),
            lambda x, a, b, k=(beta, alpha): torch.addmm(x, a, b, beta=k[0], alpha=k[1]),
            *arrays,
        )
    nan = tg.full((2, 4), float("nan"))
    a, b = tg.tensor(arrays[1]), tg.tensor(arrays[2])
    assert f.addmm(nan, a, b, beta=0).isfinite().all()


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("mm", [(2, 3), (3,)]),
        ("mm", [(2, 3, 4), (4, 5)]),
        ("mm", [(2, 3), (2, 3)]),
        ("mv", [(2, 3), (2,)]),
        ("dot", [(2, 3), (3,)]),
        ("dot", [(2,), (3,)]),
        ("bmm", [(2, 3, 4), (4, 5)]),
        ("bmm", [(1, 3, 4), (2, 4, 5)]),
        ("outer", [(2, 3), (3,)]),
        ("trace", [(3,)]),
        ("tensordot", [(2, 3), (4, 3)]),
        ("matmul", [(), (3,)]),
    ],
)
def test_shapes_that_do_not_fit(name, shapes):
    arrays = [normal(*shape) for shape in shapes]
    with pytest.raises((RuntimeError, ValueError), match=r"m[mv]|mul|dot|einsum|trace"):
        getattr(f, name)(*map(tg.tensor, arrays))
    with pytest.raises(RuntimeError):
        getattr(torch, name)(*map(torch.tensor, arrays))


@pytest.mark.parametrize("dims", [0, 1, 2, ([0, 2], [1, 0]), ([-1], [-3]), ([], [])])
def test_tensordot(dims):
    shapes = {0: [(2, 3), (4,)], 1: [(2, 3), (3, 4)], 2: [(5, 2, 3), (2, 3, 4)]}
    if isinstance(dims, tuple):
        shapes = {0: [(2, 4, 3), (3, 2, 5)], 2: [(2, 4, 3), (3, 2, 5)]}.get(len(dims[0]))
        shapes = shapes or [(2, 3), (3, 2, 4)]
    else:
        shapes = shapes[dims]
    compare(
        lambda a, b: f.tensordot(a, b, dims),
        lambda a, b: torch.tensordot(a, b, dims),
        *[normal(*shape) for shape in shapes],
    )


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 5, 8])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_matrix_power(n, batch):
    x = positive(*batch) / 5
    if n == 0:
        assert (f.matrix_power(tg.tensor(x), 0).array == np.eye(3)).all()
    else:
        compare(lambda x: f.matrix_power(x, n), lambda x: torch.matrix_power(x, n), x, rtol=1e-8)


# ---------------------------------------------------------------- einsum


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]),
        ("ji,jk", [(3, 2), (3, 4)]),
        ("ba", [(2, 3)]),
        ("Ab", [(2, 3)]),
        ("ij->", [(2, 3)]),
        ("ij->j", [(2, 3)]),
        ("ii->", [(3, 3)]),
        ("ii", [(3, 3)]),
        ("ii->i", [(3, 3)]),
        ("iij->ji", [(3, 3, 2)]),
        ("iii->i", [(3, 3, 3)]),
        ("ijij->ij", [(2, 3, 2, 3)]),
        ("i,i->i", [(3,), (3,)]),
        ("i,j->ij", [(3,), (2,)]),
        ("i,j->", [(3,), (2,)]),
        ("ij,kj->k", [(2, 3), (4, 3)]),
        (",i->i", [(), (3,)]),
        (",->", [(), ()]),
        ("...ij,...jk->...ik", [(2, 3, 4), (2, 4, 5)]),
        ("...ij,...jk", [(5, 1, 3, 4), (2, 4, 5)]),
        ("...ij,jk", [(2, 3, 4), (4, 5)]),
        ("...i->...", [(2, 3)]),
        ("i...->...", [(2, 3, 4)]),
        ("...ii->...i", [(2, 3, 3)]),
        ("i...j,j...->i...", [(2, 4, 3), (3, 4)]),
        ("...,...", [(2, 3), (3,)]),
        (" i j , j k -> i k ", [(2, 3), (3, 4)]),
        ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]),
        ("ij,jk,kl,lm->im", [(2, 3), (3, 4), (4, 5), (5, 2)]),
        ("i,ij,j->", [(2,), (2, 3), (3,)]),
        ("bi,ij,bj->b", [(4, 2), (2, 3), (4, 3)]),
        ("ii,ij,jj->i", [(2, 2), (2, 3), (3, 3)]),
        ("...i,...i,i->...", [(4, 3), (4, 3), (3,)]),
        ("bhid,bhjd->bhij", [(2, 2, 3, 4), (2, 2, 5, 4)]),
        ("ij,ij->ij", [(1, 3), (2, 3)]),
        ("ij,jk->ik", [(2, 1), (3, 4)]),
        ("ij,jk->ik", [(0, 3), (3, 4)]),
        ("ij,jk->ik", [(2, 0), (0, 4)]),
    ],
)
def test_einsum(equation, shapes):
    arrays = [np.asarray(normal(*shape)) for shape in shapes]
    compare(lambda *xs: f.einsum(equation, *xs), lambda *xs: torch.einsum(equation, *xs), *arrays)
    assert gradcheck(lambda *xs: f.einsum(equation, *xs), arrays, order=2)


def test_einsum_of_a_repeated_operand_and_of_a_list():
    x = tg.tensor(normal(3, 3)).requires_grad_()
    f.einsum("ij,jk->", [x, x]).backward()
    t = torch.tensor(x.detach().array, requires_grad=True)
    torch.einsum("ij,jk->", t, t).backward()
    np.testing.assert_allclose(x.grad.array, t.grad.numpy())


@given(random=st.randoms(use_true_random=False))
def test_einsum_agrees_with_numpy(random):
    (*shapes,), params = ops.einsum.op.samples(Draw(random))
    arrays = [np.asarray(normal(*shape)) for shape in shapes]
    mine = f.einsum(params["subscripts"], *map(tg.tensor, arrays))
    np.testing.assert_allclose(mine.array, np.einsum(params["subscripts"], *arrays), atol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "float32", "int64"])
def test_einsum_keeps_the_dtype(dtype):
    a, b = (RNG.integers(-3, 3, (3, 3)).astype(dtype) for _ in range(2))
    y = f.einsum("ij,jk->ik", tg.tensor(a), tg.tensor(b))
    assert y.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(y.array, a @ b)
    large = f.einsum("ij,jk->ik", tg.ones(40, 40).to(y.dtype), tg.ones(40, 40).to(y.dtype))
    assert large.dtype == np.dtype(dtype)
    assert (large.array == 40).all()


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3)]),
        ("ij->ik", [(2, 3)]),
        ("ij->ii", [(2, 3)]),
        ("ijk->i", [(2, 3)]),
        ("i->i", [(2, 3)]),
        ("ij,jk->ik", [(2, 3), (4, 5)]),
        ("i1->i", [(2, 3)]),
        ("ij,jk,kl->il", [(2, 3), (3, 4), (5, 5)]),
    ],
)
def test_einsum_refuses_what_does_not_fit(equation, shapes):
    with pytest.raises(ValueError, match=r"einsum|operand|index|Size|subscript"):
        f.einsum(equation, *[tg.tensor(normal(*shape)) for shape in shapes])
    with pytest.raises(RuntimeError):
        torch.einsum(equation, *[torch.tensor(normal(*shape)) for shape in shapes])


def test_large_products_go_through_blas():
    a, b = normal(64, 48), normal(48, 32)
    x, y = tg.tensor(a).requires_grad_(), tg.tensor(b).requires_grad_()
    z = f.einsum("ij,jk->ik", x, y)
    z.sum().backward()
    np.testing.assert_allclose(z.array, a @ b)
    np.testing.assert_allclose(x.grad.array, np.ones((64, 32)) @ b.T)


# ---------------------------------------------------------------- inverses and determinants

BATCHES = [(), (2,), (2, 1)]


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", ["inv", "det", "slogdet", "svdvals", "pinv", "matrix_norm"])
def test_of_a_square_matrix(name, batch):
    x = normal(*batch, 4, 4)
    compare(getattr(linalg, name), getattr(torch.linalg, name), x, rtol=1e-7, atol=1e-9)
    if name != "slogdet":
        assert gradcheck(getattr(linalg, name), x, order=2, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", ["cholesky", "eigvalsh"])
def test_of_a_symmetric_matrix(name, batch):
    x = positive(*batch)
    compare(getattr(linalg, name), getattr(torch.linalg, name), x, rtol=1e-8)
    assert gradcheck(getattr(linalg, name), x, order=2, atol=1e-6)


def test_upper_cholesky():
    x = positive()
    compare(
        lambda x: linalg.cholesky(x, upper=True), lambda x: torch.linalg.cholesky(x, upper=True), x
    )


def test_gradients_of_symmetric_inputs_are_symmetric():
    for name in ("cholesky", "eigvalsh"):
        x = tg.tensor(positive()).requires_grad_()
        y = getattr(linalg, name)(x)
        (y * tg.tensor(normal(*y.shape))).sum().backward()
        np.testing.assert_allclose(x.grad.array, x.grad.array.T)


def without_signs(eigh):
    """The eigenvalues, and the eigenvectors but for their signs, which each LAPACK chooses."""

    def values_and_squares(x):
        values, vectors = eigh(x)
        return values, vectors * vectors

    return values_and_squares


def test_vectors_as_pytorch():
    for _ in range(5):
        x = positive(2)
        compare(without_signs(linalg.eigh), without_signs(torch.linalg.eigh), x, rtol=1e-7)
    for shape in ((4, 3), (3, 3), (2, 5, 3)):
        x = normal(*shape)
        compare(linalg.qr, torch.linalg.qr, x, rtol=1e-8)


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (3, 3), (2, 4, 3), (2, 3, 4), (1, 3), (3, 1)])
def test_factors(shape):
    """Against PyTorch, in what does not depend on the sign of vectors."""
    x = normal(*shape)
    weights = normal(shape[-2], shape[-2]), normal(shape[-1], shape[-1])

    def squares(module, tensor):
        def function(x):
            u, s, vh = module.linalg.svd(x, full_matrices=False)
            w, v = map(tensor, weights)
            return (s, (w @ u) ** 2, (vh @ v) ** 2, u @ vh)

        return function

    compare(squares(tg, tg.tensor), squares(torch, torch.tensor), x, rtol=1e-6, atol=1e-8)
    u, s, vh = linalg.svd(tg.tensor(x), full_matrices=False)
    np.testing.assert_allclose((u * s.unsqueeze(-2) @ vh).array, x)
    assert gradcheck(lambda x: linalg.svd(x, full_matrices=False), x, order=2, atol=1e-4, rtol=1e-4)
    q, r = linalg.qr(tg.tensor(x))
    np.testing.assert_allclose((q @ r).array, x)
    assert gradcheck(linalg.qr, x, order=2, atol=1e-5, rtol=1e-4)


def test_qr_modes():
    x = tg.tensor(normal(4, 2)).requires_grad_()
    q, r = linalg.qr(x, "complete")
    assert (q.shape, r.shape) == ((4, 4), (4, 2))
    with pytest.raises(RuntimeError, match="reduced"):
        r.sum().backward()
    q, r = linalg.qr(x, "r")
    assert q.numel() == 0
    np.testing.assert_allclose(r.detach().array, linalg.qr(x).R.detach().array)
    compare(
        lambda x: linalg.qr(x, "complete"), lambda x: torch.linalg.qr(x, "complete"), normal(2, 4)
    )


def test_svd_with_full_matrices():
    x = tg.tensor(normal(4, 2)).requires_grad_()
    u, s, vh = linalg.svd(x)
    assert (u.shape, s.shape, vh.shape) == ((4, 4), (2,), (2, 2))
    s.sum().backward(retain_graph=True)
    t = torch.tensor(x.detach().array, requires_grad=True)
    torch.linalg.svd(t).S.sum().backward()
    np.testing.assert_allclose(x.grad.array, t.grad.numpy())
    (u[:, :2] @ vh).sum().backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="full_matrices=False"):
        u.sum().backward()


def test_names_of_the_parts():
    x = tg.tensor(positive())
    assert linalg.eigh(x)._fields == ("eigenvalues", "eigenvectors")
    assert linalg.svd(x)._fields == ("U", "S", "Vh")
    assert linalg.qr(x)._fields == ("Q", "R")
    assert linalg.slogdet(x)._fields == ("sign", "logabsdet")


# -------------------------------------------------------- where it is singular, or values are equal


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((1, 1)),
        np.zeros((2, 2)),
        np.array([[1.0, 2.0], [2.0, 4.0]]),
        np.outer([1.0, 2, 3], [1.0, 1, 2]),
        np.diag([1.0, 2.0, 0.0]),
        np.eye(3),
        np.ones((4, 4)),
        np.arange(9.0).reshape(3, 3),
    ],
)
def test_det_is_right_to_second_order_at_singular_matrices_too(x):
    assert gradcheck(linalg.det, x, order=2, atol=1e-6)
    t = tg.tensor(x).requires_grad_()
    linalg.det(t).backward()
    n = len(x)
    minors = [
        [
            (-1.0) ** (i + j) * np.linalg.det(np.delete(np.delete(x, i, 0), j, 1)) if n > 1 else 1.0
            for j in range(n)
        ]
        for i in range(n)
    ]
    np.testing.assert_allclose(t.grad.array, minors, atol=1e-12)


def test_values_alone_have_a_gradient_where_they_are_equal():
    x = tg.eye(3, dtype=tg.float64).requires_grad_()
    linalg.eigvalsh(x).sum().backward()
    np.testing.assert_allclose(x.grad.array, np.eye(3), atol=1e-12)
    for start in (np.eye(3), np.zeros((3, 3)), np.ones((4, 2))):
        x = tg.tensor(start).requires_grad_()
        linalg.svdvals(x).sum().backward()
        assert x.grad.isfinite().all()


def test_vectors_that_are_not_determined_have_the_gradient_nan():
    x = tg.eye(3, dtype=tg.float64).requires_grad_()
    linalg.eigh(x).eigenvectors.sum().backward()
    assert x.grad.isnan().any()
    x = tg.eye(3, dtype=tg.float64).requires_grad_()
    linalg.svd(x).U.sum().backward()
    assert x.grad.isnan().any()


def test_the_determined_vectors_of_a_matrix_of_low_rank():
    a, b = normal(5, 2), normal(2, 4)

    def leading(a, b):
        u, s, vh = linalg.svd(a @ b, full_matrices=False)
        return (u[:, :2] * s[:2]) @ vh[:2]

    assert gradcheck(leading, [a, b])
    w = np.diag([1.0, 1.0, 5.0])
    x = tg.tensor(w).requires_grad_()
    linalg.eigh(x).eigenvectors[:, 2].sum().backward()
    assert x.grad.isfinite().all()


def test_what_cannot_be_done_says_why():
    singular = tg.tensor([[1.0, 2.0], [2.0, 4.0]])
    with pytest.raises(ValueError, match=r"inv: the matrix \(2, 2\) is singular"):
        linalg.inv(singular)
    with pytest.raises(ValueError, match=r"solve: the matrix \(2, 2\) is singular"):
        linalg.solve(singular, tg.ones(2))
    with pytest.raises(ValueError, match="differ in their rows"):
        linalg.solve(tg.eye(2), tg.ones(3, 1))
    with pytest.raises(ValueError, match="not positive definite: its smallest eigenvalue is -1"):
        linalg.cholesky(-tg.eye(2))
    with pytest.raises(ValueError, match=r"square.*\(2, 3\)"):
        linalg.det(tg.ones(2, 3))
    with pytest.raises((TypeError, RuntimeError), match="float16"):
        linalg.inv(tg.eye(2).half())
    with pytest.raises(RuntimeError, match="square"):
        linalg.matrix_power(tg.ones(2, 3), 1)
    with pytest.raises(RuntimeError, match="ord"):
        linalg.matrix_norm(tg.ones(2, 2), 3)
    with pytest.raises(RuntimeError, match="dim="):
        linalg.norm(tg.ones(2, 2, 2), 2)


def test_logdet():
    compare(f.logdet, torch.logdet, positive(2), rtol=1e-9)
    assert np.isnan(f.logdet(tg.tensor([[-1.0]])).item())
    assert f.logdet(tg.tensor([[0.0]])).item() == -np.inf
    assert linalg.slogdet(tg.tensor(np.diag([1e-200, 1e-200, -1.0]))).sign.item() == -1


# ---------------------------------------------------------------- systems


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3, 3), (3,)),
        ((3, 3), (3, 2)),
        ((2, 3, 3), (3, 2)),
        ((2, 3, 3), (2, 3)),
        ((3, 3), (2, 3, 2)),
        ((2, 1, 3, 3), (4, 3, 2)),
        ((2, 3, 3), (2, 3, 0)),
    ],
)
def test_solve(a, b):
    x, y = normal(*a) + 3 * np.eye(3), normal(*b)
    compare(linalg.solve, torch.linalg.solve, x, y)
    assert gradcheck(linalg.solve, [x, y], order=2)


@pytest.mark.parametrize("left", [False, True])
def test_solve_from_either_side(left):
    a, b = normal(2, 3, 3) + 3 * np.eye(3), normal(2, 3, 3)
    compare(
        lambda a, b: linalg.solve(a, b, left=left),
        lambda a, b: torch.linalg.solve(a, b, left=left),
        a,
        b,
    )


def test_pinv_of_low_rank():
    a, b = normal(5, 2), normal(2, 4)
    assert gradcheck(lambda a, b: linalg.pinv(a @ b, rtol=1e-9), [a, b])
    x = normal(4, 4)
    compare(
        lambda x: linalg.pinv(x, rtol=0.5), lambda x: torch.linalg.pinv(x, rtol=0.5), x, rtol=1e-6
    )


def test_matrix_rank():
    for x in (np.zeros((3, 2)), np.eye(3), np.ones((2, 3, 3)), np.diag([1, 1e-3, 1e-20])):
        for options in ({}, {"atol": 1e-2}, {"rtol": 1e-2}):
            ours = linalg.matrix_rank(tg.tensor(x), **options)
            assert ours.tolist() == torch.linalg.matrix_rank(torch.tensor(x), **options).tolist()
            assert ours.dtype == tg.int64


def test_empty_matrices():
    x = tg.zeros(0, 0, requires_grad=True)
    assert linalg.det(x).item() == 1
    assert linalg.inv(x).shape == (0, 0)
    assert linalg.inv(tg.zeros(0, 3, 3)).shape == (0, 3, 3)
    y = linalg.det(tg.zeros(0, 3, 3).requires_grad_())
    y.sum().backward()


# ---------------------------------------------------------------- norms


@pytest.mark.parametrize("ord", ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
@pytest.mark.parametrize("dim", [(-2, -1), (0, 2), (2, 1), (-1, 0)])
@pytest.mark.parametrize("keepdim", [False, True])
def test_matrix_norm(ord, dim, keepdim):
    x = normal(3, 4, 5)
    compare(
        lambda x: linalg.matrix_norm(x, ord, dim, keepdim),
        lambda x: torch.linalg.matrix_norm(x, ord, dim, keepdim),
        x,
    )


@pytest.mark.parametrize("ord", [1, 2, 2.5, 3, -1, np.inf, -np.inf])
@pytest.mark.parametrize("dim", [None, 0, (0, 2)])
def test_vector_norm(ord, dim):
    compare(
        lambda x: linalg.vector_norm(x, ord, dim),
        lambda x: torch.linalg.vector_norm(x, ord, dim),
        normal(3, 4, 5),
    )


@pytest.mark.parametrize(
    ("shape", "ord", "dim"),
    [
        ((3, 4, 5), None, None),
        ((3, 4), 2, None),
        ((3,), 1, None),
        ((3, 4), "nuc", None),
        ((3, 4, 5), 1, 1),
        ((3, 4, 5), 1, (0, 1)),
        ((3, 4, 5), None, (0, 1)),
        ((3, 4), np.inf, (1,)),
    ],
)
def test_norm(shape, ord, dim):
    for keepdim in (False, True):
        compare(
            lambda x, k=keepdim: linalg.norm(x, ord, dim, k),
            lambda x, k=keepdim: torch.linalg.norm(x, ord, dim, k),
            normal(*shape),
        )


# ---------------------------------------------------------------- everywhere


@pytest.mark.parametrize("name", ["inv", "det", "cholesky", "eigvalsh", "svdvals", "pinv"])
def test_float32_stays_float32_and_integers_become_the_default_float(name):
    x = positive().astype(np.float32)
    t = tg.tensor(x).requires_grad_()
    y = getattr(linalg, name)(t)
    y.sum().backward()
    assert y.dtype == t.grad.dtype == tg.float32
    if name != "pinv":
        assert getattr(linalg, name)(tg.tensor([[2, 1], [1, 2]])).dtype == tg.float32


def test_numpy_functions_answer_with_tensors():
    x = tg.tensor(positive()).requires_grad_()
    for function in (np.linalg.inv, np.linalg.det, np.linalg.cholesky, np.linalg.pinv):
        y = function(x)
        assert isinstance(y, tg.Tensor)
        assert y.requires_grad
        np.testing.assert_allclose(y.array, function(x.detach().array))
    for function in (np.linalg.eigh, np.linalg.svd, np.linalg.qr, np.linalg.slogdet):
        for part, same in zip(function(x), function(x.detach().array), strict=True):
            np.testing.assert_allclose(part.array, same)


def test_layouts_in_memory():
    x = positive(n=4)
    expected = linalg.inv(tg.tensor(x)).array
    for laid_out in (np.asfortranarray(x), x[::-1].copy()[::-1], np.repeat(x, 2, axis=1)[:, ::2]):
        np.testing.assert_allclose(linalg.inv(tg.Tensor(laid_out)).array, expected)


def test_labels_are_enough_for_many_dimensions():
    random = Random(0)
    letters = "".join(random.sample(string.ascii_letters, 30))
    x = tg.ones(*[1] * 30)
    assert f.einsum(f"{letters}->{letters[::-1]}", x).shape == (1,) * 30
