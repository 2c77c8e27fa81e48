"""Linear algebra, with PyTorch as the oracle: values, gradients, second derivatives, and where a
derivative does not exist."""

import string
from random import Random

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tinygrad_edu as tg
from tinygrad_edu import linalg, ops
from tinygrad_edu.testing import gradcheck
from tinygrad_edu.testing.draw import Draw

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape)


def positive(*batch, n=3):
    x = normal(*batch, n, n)
    return x @ x.swapaxes(-1, -2) + n * np.eye(n)


# ---------------------------------------------------------------- products


MISFITS = [
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
]


@pytest.mark.parametrize(("name", "shapes"), MISFITS)
def test_shapes_that_do_not_fit(name, shapes):
    arrays = [normal(*shape) for shape in shapes]
    with pytest.raises((RuntimeError, ValueError), match=r"m[mv]|mul|dot|outer|einsum|trace"):
        getattr(tg, name)(*map(tg.tensor, arrays))


# ---------------------------------------------------------------- einsum


@given(random=st.randoms(use_true_random=False))
def test_einsum_agrees_with_numpy(random):
    (*shapes,), params = ops.einsum.op.samples(Draw(random))
    arrays = [np.asarray(normal(*shape)) for shape in shapes]
    mine = tg.einsum(params["subscripts"], *map(tg.tensor, arrays))
    np.testing.assert_allclose(mine.array, np.einsum(params["subscripts"], *arrays), atol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "float32", "int64"])
def test_einsum_keeps_the_dtype(dtype):
    a, b = (RNG.integers(-3, 3, (3, 3)).astype(dtype) for _ in range(2))
    y = tg.einsum("ij,jk->ik", tg.tensor(a), tg.tensor(b))
    assert y.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(y.array, a @ b)
    large = tg.einsum("ij,jk->ik", tg.ones(40, 40).to(y.dtype), tg.ones(40, 40).to(y.dtype))
    assert large.dtype == np.dtype(dtype)
    assert (large.array == 40).all()


MISFITS_OF_EINSUM = [
    ("ij,jk->ik", [(2, 3)]),
    ("ij->ik", [(2, 3)]),
    ("ij->ii", [(2, 3)]),
    ("ijk->i", [(2, 3)]),
    ("i->i", [(2, 3)]),
    ("ij,jk->ik", [(2, 3), (4, 5)]),
    ("i1->i", [(2, 3)]),
    ("ij,jk,kl->il", [(2, 3), (3, 4), (5, 5)]),
]


@pytest.mark.parametrize(("equation", "shapes"), MISFITS_OF_EINSUM)
def test_einsum_refuses_what_does_not_fit(equation, shapes):
    with pytest.raises(ValueError, match=r"einsum|operand|index|Size|subscript"):
        tg.einsum(equation, *[tg.tensor(normal(*shape)) for shape in shapes])


def test_large_products_go_through_blas():
    a, b = normal(64, 48), normal(48, 32)
    x, y = tg.tensor(a).requires_grad_(), tg.tensor(b).requires_grad_()
    z = tg.einsum("ij,jk->ik", x, y)
    z.sum().backward()
    np.testing.assert_allclose(z.array, a @ b)
    np.testing.assert_allclose(x.grad.array, np.ones((64, 32)) @ b.T)


# ---------------------------------------------------------------- inverses and determinants


def test_gradients_of_symmetric_inputs_are_symmetric():
    for name in ("cholesky", "eigvalsh"):
        x = tg.tensor(positive()).requires_grad_()
        y = getattr(linalg, name)(x)
        (y * tg.tensor(normal(*y.shape))).sum().backward()
        np.testing.assert_allclose(x.grad.array, x.grad.array.T)


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


# ---------------------------------------------------------------- systems


def test_empty_matrices():
    x = tg.zeros(0, 0, requires_grad=True)
    assert linalg.det(x).item() == 1
    assert linalg.inv(x).shape == (0, 0)
    assert linalg.inv(tg.zeros(0, 3, 3)).shape == (0, 3, 3)
    y = linalg.det(tg.zeros(0, 3, 3).requires_grad_())
    y.sum().backward()


# ---------------------------------------------------------------- everywhere


# Each function that factors matrices: of a square matrix a, and of b or its first row.
PIVOTS = np.array([1, 2], np.int32)
FACTORED = {
    "det": lambda lib, a: lib.det(a),
    "linalg.det": lambda lib, a: lib.linalg.det(a),
    "logdet": lambda lib, a: lib.logdet(a),
    "slogdet": lambda lib, a: lib.slogdet(a),
    "linalg.slogdet": lambda lib, a: lib.linalg.slogdet(a),
    "inverse": lambda lib, a: lib.inverse(a),
    "linalg.inv": lambda lib, a: lib.linalg.inv(a),
    "linalg.inv_ex": lambda lib, a: lib.linalg.inv_ex(a),
    "linalg.tensorinv": lambda lib, a: lib.linalg.tensorinv(a, ind=1),
    "pinverse": lambda lib, a: lib.pinverse(a),
    "linalg.pinv": lambda lib, a: lib.linalg.pinv(a),
    "linalg.pinv(atol=)": lambda lib, a: lib.linalg.pinv(a, atol=0.1),
    "linalg.pinv(hermitian=)": lambda lib, a: lib.linalg.pinv(a, hermitian=True),
    "svd_lowrank": lambda lib, a: lib.svd_lowrank(a, 2),
    "pca_lowrank": lambda lib, a: lib.pca_lowrank(a, center=False),
    "linalg.matrix_rank": lambda lib, a: lib.linalg.matrix_rank(a),
    "cholesky": lambda lib, a: lib.cholesky(a),
    "linalg.cholesky": lambda lib, a: lib.linalg.cholesky(a),
    "linalg.cholesky_ex": lambda lib, a: lib.linalg.cholesky_ex(a),
    "cholesky_inverse": lambda lib, a: lib.cholesky_inverse(a),
    "qr": lambda lib, a: lib.qr(a),
    "linalg.qr": lambda lib, a: lib.linalg.qr(a),
    "linalg.qr(mode='r')": lambda lib, a: lib.linalg.qr(a, mode="r"),
    "geqrf": lambda lib, a: lib.geqrf(a),
    "svd": lambda lib, a: lib.svd(a),
    "linalg.svd": lambda lib, a: lib.linalg.svd(a),
    "linalg.svdvals": lambda lib, a: lib.linalg.svdvals(a),
    "linalg.eigh": lambda lib, a: lib.linalg.eigh(a),
    "linalg.eigvalsh": lambda lib, a: lib.linalg.eigvalsh(a),
    "lu": lambda lib, a: lib.lu(a),
    "linalg.lu": lambda lib, a: lib.linalg.lu(a),
    "linalg.lu_factor": lambda lib, a: lib.linalg.lu_factor(a),
    "linalg.lu_factor_ex": lambda lib, a: lib.linalg.lu_factor_ex(a),
    "matrix_power": lambda lib, a: lib.matrix_power(a, -1),
    "linalg.cond": lambda lib, a: lib.linalg.cond(a),
    "linalg.cond(1)": lambda lib, a: lib.linalg.cond(a, 1),
    "linalg.norm(2)": lambda lib, a: lib.linalg.norm(a, 2),
    "linalg.matrix_norm(2)": lambda lib, a: lib.linalg.matrix_norm(a, 2),
    "linalg.matrix_norm('nuc')": lambda lib, a: lib.linalg.matrix_norm(a, "nuc"),
    "norm('nuc')": lambda lib, a: lib.norm(a, "nuc"),
}
SOLVED = {
    "linalg.solve": lambda lib, a, b: lib.linalg.solve(a, b),
    "linalg.solve of vectors": lambda lib, a, b: lib.linalg.solve(a, b[0]),
    "linalg.solve_ex": lambda lib, a, b: lib.linalg.solve_ex(a, b),
    "linalg.solve_triangular": lambda lib, a, b: lib.linalg.solve_triangular(a, b, upper=True),
    "triangular_solve": lambda lib, a, b: lib.triangular_solve(b, a),
    "cholesky_solve": lambda lib, a, b: lib.cholesky_solve(b, a),
    "lu_solve": lambda lib, a, b: lib.lu_solve(b, a, lib.tensor(PIVOTS)),
    "linalg.lu_solve": lambda lib, a, b: lib.linalg.lu_solve(a, lib.tensor(PIVOTS), b),
    "linalg.lstsq": lambda lib, a, b: lib.linalg.lstsq(a, b),
    "linalg.tensorsolve": lambda lib, a, b: lib.linalg.tensorsolve(a, b[0]),
    "orgqr": lambda lib, a, b: lib.orgqr(a, b[0]),
    "ormqr": lambda lib, a, b: lib.ormqr(a, b[0], b),
    "linalg.householder_product": lambda lib, a, b: lib.linalg.householder_product(a, b[0]),
}
MATRICES = [[4.0, 1.0], [1.0, 3.0]], [[2.0, 1.0], [0.0, 1.0]]
NOT_FACTORED = ["int64", "int32", "int16", "int8", "uint8", "bool", "float16"]
WARNS_OF_OLD = "ignore:torch.* is deprecated:UserWarning"


def results_of(function, library, dtypes):
    """What a function of FACTORED or SOLVED gives, in one tuple, for operands of these dtypes."""
    given = [
        library.tensor(x).to(getattr(library, d)) for x, d in zip(MATRICES, dtypes, strict=False)
    ]
    results = function(library, *given)
    return results if isinstance(results, tuple) else (results,)


@pytest.mark.filterwarnings(WARNS_OF_OLD)
@pytest.mark.parametrize("name", [*FACTORED, *SOLVED])
def test_matrices_are_factored_in_float32_and_float64_only(name):
    function, count = (FACTORED | SOLVED)[name], 1 + (name in SOLVED)
    for dtype in NOT_FACTORED:
        with pytest.raises(RuntimeError, match=f"{dtype}.* call x.float\\(\\) first"):
            results_of(function, tg, [dtype] * count)
    with pytest.raises(NotImplementedError, match="not implemented for 'Half'"):
        results_of(function, tg, ["float16"] * count)
    for dtype in ("float32", "float64"):
        found = {str(y.dtype) for y in results_of(function, tg, [dtype] * count)}
        assert found <= {dtype, "int32", "int64"}


@pytest.mark.filterwarnings(WARNS_OF_OLD)
@pytest.mark.parametrize("name", [*FACTORED, *SOLVED])
def test_a_list_in_the_place_of_a_matrix_is_refused(name):
    x, rows = tg.ones(2, 2), [[1.0, 1.0], [1.0, 1.0]]
    for operands in ([rows, x], [x, rows]) if name in SOLVED else ([rows],):
        with pytest.raises(TypeError, match=": it takes a tensor, and was given"):
            (FACTORED | SOLVED)[name](tg, *operands)


@pytest.mark.filterwarnings(WARNS_OF_OLD)
@pytest.mark.parametrize("name", sorted({*SOLVED} - {"linalg.solve_triangular"}))
def test_the_operands_of_a_system_have_one_dtype(name):
    for dtypes in (["float32", "float64"], ["float64", "float32"]):
        with pytest.raises(RuntimeError, match=r"have the same dtype, not float.. and float.."):
            results_of(SOLVED[name], tg, dtypes)
    with pytest.raises(RuntimeError, match="not int64; call"):
        results_of(SOLVED[name], tg, ["float32", "int64"])


@pytest.mark.parametrize("dtype", ["float64", "float16", "int64", "uint8"])
def test_solve_triangular_takes_the_right_side_in_the_dtype_of_the_matrix(dtype):
    y = results_of(SOLVED["linalg.solve_triangular"], tg, ["float32", dtype])[0]
    assert y.dtype == tg.float32
    assert (y - tg.tensor([[0.5, 1 / 6], [0.0, 1 / 3]])).abs().max() < 1e-6


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
def test_a_norm_is_that_of_floats(dtype):
    x = tg.tensor(MATRICES[0]).to(getattr(tg, dtype))
    for norm in (linalg.norm, linalg.vector_norm, linalg.matrix_norm, tg.norm):
        for order in {1, 2, np.inf} if norm is not linalg.matrix_norm else {1, 2, np.inf, "fro"}:
            with pytest.raises(RuntimeError, match="floa"):
                norm(x, order)
            with pytest.raises(RuntimeError, match="floa"):
                norm(x, order, dtype=tg.float32)
    with pytest.raises(RuntimeError, match="vecdot"):
        linalg.vecdot(x, x)


def test_a_norm_is_computed_in_no_shorter_dtype():
    x = tg.tensor(MATRICES[0]).double()
    for norm in (linalg.norm, linalg.vector_norm, linalg.matrix_norm, tg.norm, tg.Tensor.norm):
        for order in {1, 2, np.inf} if norm is not linalg.matrix_norm else {1, 2, "fro", "nuc"}:
            with pytest.raises(
                RuntimeError, match=r"norm: dtype= is at least as wide as .*float64"
            ):
                norm(x, order, dtype=tg.float32)
            assert norm(x.float(), order, dtype=tg.float64).dtype == tg.float64


def test_no_vandermonde_matrix_of_bools_or_halves():
    for x in (tg.tensor([True, False]), tg.ones(2, dtype=tg.float16)):
        with pytest.raises(RuntimeError, match=f"vander.*not {x.dtype}"):
            linalg.vander(x)


@pytest.mark.parametrize("name", ["inv", "det", "cholesky", "eigvalsh", "svdvals", "pinv"])
def test_float32_stays_float32(name):
    t = tg.tensor(positive().astype(np.float32)).requires_grad_()
    y = getattr(linalg, name)(t)
    y.sum().backward()
    assert y.dtype == t.grad.dtype == tg.float32


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # see docs/differences.md
def test_a_matrix_that_holds_nan():
    """As in PyTorch: Cholesky and singular values refuse it, the others answer with NaN."""
    for place in ((0, 0), (1, 1), (1, 0)):
        x = tg.eye(2) * 4
        x[place] = float("nan")
        for function in (linalg.cholesky, tg.cholesky, linalg.svd, linalg.svdvals, linalg.pinv):
            with pytest.raises(tg.linalg.LinAlgError, match="holds NaN"):
                function(x)
        for function in (linalg.matrix_rank, linalg.cond, tg.pinverse, tg.svd):
            with pytest.raises(tg.linalg.LinAlgError, match="holds NaN"):
                function(x)
        with pytest.raises(tg.linalg.LinAlgError, match="the leading minor of order"):
            linalg.cholesky_ex(x, check_errors=True)
        assert linalg.cholesky_ex(x).info == (1 if place == (0, 0) else 2)
        assert linalg.inv(x).isnan().any()
    batch = tg.stack([tg.eye(2), x, tg.eye(2)])
    assert linalg.cholesky_ex(batch).info.tolist() == [0, 2, 0]
    with pytest.raises(tg.linalg.LinAlgError):
        linalg.cholesky(batch)


def test_a_matrix_that_holds_infinity():
    x = tg.tensor([[4.0, 1.0], [1.0, float("inf")]])
    assert linalg.cholesky(x).tolist() == [[2.0, 0.0], [0.5, float("inf")]]
    assert linalg.det(x) == float("inf")
    assert linalg.inv(x).tolist() == [[0.25, 0.0], [0.0, 0.0]]


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
    assert tg.einsum(f"{letters}->{letters[::-1]}", x).shape == (1,) * 30


# ---------------------------------------------------------------- factorisations and solutions


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 3), (0, 3), (3, 0)])
def test_p_l_u_is_the_matrix(shape):
    x = normal(*shape)
    p, lower, upper = linalg.lu(tg.tensor(x))
    np.testing.assert_allclose((p @ lower @ upper).array, x, atol=1e-12)
    k = min(shape[-2:])
    assert (np.diagonal(lower.array, axis1=-2, axis2=-1) == 1).all()
    assert (np.abs(lower.array) <= 1).all()
    assert (lower.shape[-1], upper.shape[-2]) == (k, k)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: linalg.lu(x[:, :2])[1] + linalg.lu(x[:, :2])[1] ** 2,
        lambda x: linalg.lu(x[:2])[2] ** 2,
        lambda x: linalg.lu_solve(*linalg.lu_factor(x), x[:, :2] ** 2, adjoint=True),
        lambda x: linalg.solve_triangular(x, x[:, :2] ** 2, upper=True),
        lambda x: linalg.solve_triangular(x, x[:2] ** 2, upper=False, left=False),
        lambda x: tg.cholesky_solve(x[:, :1], linalg.cholesky(x @ x.mT)),
        lambda x: linalg.matrix_exp(x),
        lambda x: linalg.lstsq(x[:, :2], x[:, 2:]).solution,
        lambda x: linalg.householder_product(x[:, :2], x[0, :2]),
        lambda x: linalg.multi_dot([x, x, x[0]]),
        lambda x: linalg.cross(x, x.mT),
        lambda x: tg.baddbmm(x, x[None], x[None], beta=2, alpha=3),
        lambda x: linalg.vander(x, N=4),
    ],
)
def test_second_derivatives_of_what_is_composed(function):
    gradcheck(function, np.array([[2.0, 0.3, 0.1], [-0.4, 1.5, 0.2], [0.3, -0.2, 1.1]]), order=2)


def test_the_exponential_of_large_and_of_nilpotent_matrices():
    t = 20.0
    turned = tg.matrix_exp(tg.tensor([[0.0, -t], [t, 0.0]], dtype=tg.float64)).array
    right = [[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]
    np.testing.assert_allclose(turned, right, atol=1e-13)
    shifted = tg.matrix_exp(tg.diag(tg.ones(3), 1))
    np.testing.assert_allclose(shifted.array[0], [1, 1, 1 / 2, 1 / 6], rtol=1e-6)
    assert tg.matrix_exp(tg.zeros(0, 0)).shape == (0, 0)
    with pytest.raises(RuntimeError, match=r"square matrices, and the shape is \(2, 3\)"):
        tg.matrix_exp(tg.ones(2, 3))


def test_what_has_no_solution_says_where():
    batch = tg.tensor([[[2.0, 0.0], [0.0, 4.0]], [[1.0, 1.0], [1.0, 1.0]]])
    found = linalg.inv_ex(batch)
    assert found.info.tolist() == [0, 2]
    assert found.inverse[0].tolist() == [[0.5, 0.0], [0.0, 0.25]]
    assert tg.isnan(found.inverse[1]).all()
    solved = linalg.solve_ex(batch, tg.ones(2, 2, 1))
    assert solved.info.tolist() == [0, 2]
    assert solved.result[0].tolist() == [[0.5], [0.25]]
    assert linalg.cholesky_ex(tg.tensor([[1.0, 2.0], [2.0, 1.0]])).info == 2
    assert linalg.lu_factor_ex(batch).info.tolist() == [0, 2]
    for call in (linalg.inv_ex, linalg.cholesky_ex, linalg.lu_factor_ex):
        with pytest.raises(linalg.LinAlgError, match=r"2.* \(in the matrix \[1\] of the batch\)"):
            call(batch, check_errors=True)


def test_a_zero_on_the_diagonal_of_a_triangle_gives_infinity():
    a = tg.tensor([[1.0, 0.0], [1.0, 0.0]])
    with np.errstate(all="ignore"):
        assert linalg.solve_triangular(a, tg.ones(2, 1) * 2, upper=False)[0] == 2
        assert linalg.solve_triangular(a.mT, tg.ones(2, 1), upper=True)[1] == np.inf


def test_products_of_many_take_the_cheapest_order():
    sizes = [(10, 1000), (1000, 5), (5, 1000)]
    xs = [tg.Tensor(normal(*size)).requires_grad_() for size in sizes]
    y = linalg.multi_dot(xs)
    np.testing.assert_allclose(y.array, xs[0].array @ xs[1].array @ xs[2].array, rtol=1e-9)
    assert y.node.inputs[0].shape == (10, 5)
    assert linalg.multi_dot([xs[0][0], xs[1], xs[2][:, 0]]).shape == ()
    with pytest.raises(RuntimeError, match=r"\(10, 1000\) @ \(5, 1000\)"):
        linalg.multi_dot([xs[0], xs[2]])


def test_least_squares_are_those_of_numpy():
    a, b = normal(6, 3), normal(6, 2)
    mine = linalg.lstsq(tg.tensor(a), tg.tensor(b), driver="gelsd")
    right = np.linalg.lstsq(a, b)
    np.testing.assert_allclose(mine.solution.array, right[0], atol=1e-12)
    np.testing.assert_allclose(mine.residuals.array, right[1])
    assert mine.rank == right[2]
    np.testing.assert_allclose(mine.singular_values.array, right[3])
    flat = linalg.lstsq(tg.tensor(a[:, [0, 0]]), tg.tensor(b[:, :1]))
    np.testing.assert_allclose(flat.solution[0].array, flat.solution[1].array)


@pytest.mark.parametrize("name", ["eig", "eigvals"])
def test_what_is_complex_is_left_out_and_says_so(name):
    with pytest.raises(AttributeError, match=r"complex.*eigh"):
        getattr(linalg, name)


def test_each_matrix_of_a_batch_has_its_own_exponent():
    """Squared as often as the largest one asks for, a small matrix would lose its last digits."""
    small, large = [[0.5, 0.25], [0.0, 1.0]], [[-1e6, 0.0], [0.0, -1e6]]
    together = tg.matrix_exp(tg.tensor([small, large]))
    alone = tg.matrix_exp(tg.tensor(small))
    np.testing.assert_array_equal(together.array[0], alone.array)
    np.testing.assert_allclose(alone.array[1], [0, np.e], rtol=1e-6)


def test_a_singular_matrix_is_pytorchs_error_and_numpys():
    singular = tg.ones(2, 2)
    for call in (linalg.inv, linalg.lu_factor, linalg.cholesky, lambda a: linalg.solve(a, a)):
        for kind in (RuntimeError, np.linalg.LinAlgError, linalg.LinAlgError):
            with pytest.raises(kind, match=r"singular|not positive definite"):
                call(singular)
    assert linalg.cond(singular, 1) == np.inf
    assert linalg.cond(tg.zeros(0, 0)) == 0


def test_the_pivot_is_named_also_where_lu_and_lapack_round_differently():
    rng = np.random.default_rng(0)
    for _ in range(50):
        a = rng.integers(-3, 4, (4, 4)).astype(float)
        a[3] = a[0] + a[1] - a[2]
        y, info = linalg.inv_ex(tg.tensor(a))
        assert bool(info != 0) == bool(tg.isnan(y).any())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tg.addmv(tg.ones(3, 3), tg.eye(3), tg.ones(3)), r"addmv.*\(3, 3\) and \(3,\)"),
        (lambda: tg.tensordot(tg.ones(2, 3), tg.ones(2, 3), 1), r"1 of \(2, 3\) and 0 of \(2, 3\)"),
        (lambda: tg.tensordot(tg.ones(2), tg.ones(2), 3), "no 3 dimensions"),
        (lambda: tg.tensordot(tg.ones(2, 2), tg.ones(2, 2), ([0, 1], [0])), "does not name pairs"),
        (lambda: tg.inner(tg.ones(2, 3), tg.ones(2)), r"\(2, 3\) and \(2,\) differ"),
        (lambda: linalg.eigh(tg.ones(2, 3)), r"square matrices.*\(2, 3\)"),
        (lambda: linalg.qr(tg.ones(2, 2), "raw"), "'reduced', 'complete' or 'r'"),
        (lambda: tg.lu_unpack(tg.ones(2, 2), tg.ones(2)), "int32.*float32"),
        (lambda: tg.geqrf(tg.ones(2, 2, requires_grad=True)), "has no gradient"),
    ],
)
def test_errors_name_the_function_and_the_values_at_hand(call, message):
    with pytest.raises(RuntimeError, match=message):
        call()


def test_an_exponent_is_an_int():
    with pytest.raises(TypeError, match=r"not 2\.5"):
        tg.matrix_power(tg.eye(2), 2.5)


def test_tensorsolve_moves_dimensions_by_their_places_at_the_start():
    a, x = normal(4, 6, 2, 4, 3), normal(4, 2, 3)
    b = np.tensordot(a.transpose(1, 3, 0, 2, 4), x, 3)
    found = linalg.tensorsolve(tg.tensor(a), tg.tensor(b), dims=(0, 2, 4))
    np.testing.assert_allclose(found.array, x, atol=1e-9)


def test_a_product_with_q_needs_no_q():
    rng = np.random.default_rng(0)
    x, c = tg.tensor(rng.standard_normal((2, 5, 3))), tg.tensor(rng.standard_normal((2, 5, 5)))
    a, tau = tg.geqrf(x)
    q = linalg.qr(x, "complete").Q
    for options, product in (
        ({}, q @ c),
        ({"transpose": True}, q.mT @ c),
        ({"left": False}, c @ q),
        ({"left": False, "transpose": True}, c @ q.mT),
    ):
        np.testing.assert_allclose(tg.ormqr(a, tau, c, **options).array, product.array, atol=1e-12)
    assert gradcheck(lambda a, t, c: tg.ormqr(a, t, c), [a[0].array, tau[0].array, c[0].array])
    for wrong in ((a, tau, c[:, :3]), (a, tau[:, :2], c), (a[0], tau, c), (a, tau, c[0])):
        with pytest.raises(RuntimeError, match="ormqr: for vectors"):
            tg.ormqr(*wrong)


@pytest.mark.parametrize("shape", [(30, 12), (12, 30), (2, 9, 7)])
def test_a_decomposition_of_low_rank(shape):
    rng = np.random.default_rng(0)
    tg.manual_seed(0)
    left, right = rng.standard_normal((*shape[:-1], 3)), rng.standard_normal((3, shape[-1]))
    x, mean = tg.tensor(left @ right), tg.tensor(rng.standard_normal(shape[-1]))
    u, s, v = tg.svd_lowrank(x, q=5)
    assert u.shape == (*shape[:-1], 5)
    assert v.shape == (*shape[:-2], shape[-1], 5)
    np.testing.assert_allclose((u * s[..., None, :] @ v.mT).array, x.array, atol=1e-10)
    np.testing.assert_allclose(s[..., :3].array, linalg.svdvals(x)[..., :3].array)
    np.testing.assert_allclose(tg.svd_lowrank(x + mean, 5, M=mean)[1].array, s.array, atol=1e-10)
    s, v = tg.pca_lowrank(x, 3)[1:]
    centred = x - x.mean(-2, keepdim=True)
    np.testing.assert_allclose(s.array, linalg.svdvals(centred)[..., :3].array, atol=1e-10)
    np.testing.assert_allclose((centred @ v @ v.mT).array, centred.array, atol=1e-10)
    slope = tg.autograd.grad(tg.svd_lowrank(x.requires_grad_(), 3)[1].sum(), x)[0]
    wanted = tg.autograd.grad(linalg.svdvals(x)[..., :3].sum(), x)[0]
    np.testing.assert_allclose(slope.array, wanted.array, atol=1e-8)
    for q, niter in ((-1, 2), (20, 2), (2, -1)):
        with pytest.raises(ValueError, match="q is at most the smaller size"):
            tg.svd_lowrank(x, q, niter)


def test_the_reflections_of_geqrf_are_the_q_of_qr():
    x = tg.tensor(normal(2, 4, 3))
    a, tau = tg.geqrf(x)
    q, r = linalg.qr(x)
    np.testing.assert_allclose(tg.orgqr(a, tau).array, q.array, atol=1e-12)
    np.testing.assert_allclose(
        a.array[:, :3], np.triu(a.array[:, :3]) + np.tril(a.array[:, :3], -1)
    )
    np.testing.assert_allclose(np.triu(a.array[:, :3]), r.array, atol=1e-12)
