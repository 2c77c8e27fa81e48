"""Linear algebra, with PyTorch as the oracle: values, gradients, second derivatives, and where a"""

import warnings

import numpy as np
import pytest
import torch
from test_linalg import (
    FACTORED,
    MISFITS,
    MISFITS_OF_EINSUM,
    NOT_FACTORED,
    RNG,
    SOLVED,
    WARNS_OF_OLD,
    normal,
    positive,
    results_of,
)

import tinygrad_edu as tg
from tinygrad_edu import linalg
from tinygrad_edu.testing import gradcheck


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
    compare(getattr(tg, name), getattr(torch, name), *arrays, **tight)
    assert gradcheck(getattr(tg, name), arrays, order=2)


@pytest.mark.parametrize("name", ["mm", "dot", "outer", "kron", "trace", "inner"])
def test_products_of_integers(name):
    shapes = {"mm": [(2, 3), (3, 2)], "kron": [(2, 2), (2, 2)], "trace": [(3, 3)]}
    arrays = [RNG.integers(-5, 5, shape) for shape in shapes.get(name, [(3,), (3,)])]
    compare(getattr(tg, name), getattr(torch, name), *arrays)


def test_beta_and_alpha():
    arrays = [normal(2, 4), normal(2, 3), normal(3, 4)]
    for beta, alpha in ((2, 3.5), (0, 1), (1, 0.5)):
        compare(
            lambda x, a, b, k=(beta, alpha): tg.addmm(x, a, b, beta=k[0], alpha=k[1]),
            lambda x, a, b, k=(beta, alpha): torch.addmm(x, a, b, beta=k[0], alpha=k[1]),
            *arrays,
        )
    nan = tg.full((2, 4), float("nan"))
    a, b = tg.tensor(arrays[1]), tg.tensor(arrays[2])
    assert tg.addmm(nan, a, b, beta=0).isfinite().all()


@pytest.mark.parametrize("dims", [0, 1, 2, ([0, 2], [1, 0]), ([-1], [-3]), ([], [])])
def test_tensordot(dims):
    shapes = {0: [(2, 3), (4,)], 1: [(2, 3), (3, 4)], 2: [(5, 2, 3), (2, 3, 4)]}
    if isinstance(dims, tuple):
        shapes = {0: [(2, 4, 3), (3, 2, 5)], 2: [(2, 4, 3), (3, 2, 5)]}.get(len(dims[0]))
        shapes = shapes or [(2, 3), (3, 2, 4)]
    else:
        shapes = shapes[dims]
    compare(
        lambda a, b: tg.tensordot(a, b, dims),
        lambda a, b: torch.tensordot(a, b, dims),
        *[normal(*shape) for shape in shapes],
    )


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 5, 8])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_matrix_power(n, batch):
    x = positive(*batch) / 5
    if n == 0:
        assert (tg.matrix_power(tg.tensor(x), 0).array == np.eye(3)).all()
    else:
        compare(lambda x: tg.matrix_power(x, n), lambda x: torch.matrix_power(x, n), x, rtol=1e-8)


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
    compare(lambda *xs: tg.einsum(equation, *xs), lambda *xs: torch.einsum(equation, *xs), *arrays)
    assert gradcheck(lambda *xs: tg.einsum(equation, *xs), arrays, order=2)


def test_einsum_of_a_repeated_operand_and_of_a_list():
    x = tg.tensor(normal(3, 3)).requires_grad_()
    tg.einsum("ij,jk->", [x, x]).backward()
    t = torch.tensor(x.detach().array, requires_grad=True)
    torch.einsum("ij,jk->", t, t).backward()
    np.testing.assert_allclose(x.grad.array, t.grad.numpy())


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


# -------------------------------------------------------- where it is singular, or values are equal


def test_logdet():
    compare(tg.logdet, torch.logdet, positive(2), rtol=1e-9)
    assert np.isnan(tg.logdet(tg.tensor([[-1.0]])).item())
    assert tg.logdet(tg.tensor([[0.0]])).item() == -np.inf
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


@pytest.mark.parametrize(
    ("name", "shapes"), [*MISFITS, *(("einsum", case) for case in MISFITS_OF_EINSUM)]
)
def test_what_does_not_fit_is_refused_by_pytorch_too(name, shapes):
    equation, shapes = shapes if name == "einsum" else (None, shapes)
    with pytest.raises(RuntimeError):
        getattr(torch, name)(
            *filter(None, [equation]), *[torch.tensor(normal(*shape)) for shape in shapes]
        )


# ---------------------------------------------------------------- what is deprecated

OLD = [
    "qr(x)[1]",
    "qr(y, some=True).R",
    "qr(x, False).R",
    "lu(x)[0]",
    "lu(x, get_infos=True)[2]",
    "lu_solve(y, *library.linalg.lu_factor(x))",
    "triangular_solve(y, x)[0]",
    "triangular_solve(y, x, False).solution",
    "triangular_solve(y, x, transpose=True, unitriangular=True).solution",
    "chain_matmul(x, y, y.T)",
    "cross(x, x * x + 1)",
]


@pytest.mark.parametrize("call", OLD)
def test_deprecated_functions_warn_and_give_what_pytorchs_give(call):
    rng = np.random.default_rng(0)
    arrays = {"x": rng.standard_normal((3, 3)) + 3 * np.eye(3), "y": rng.standard_normal((3, 2))}

    def outcome(library, tensor):
        inputs = {name: tensor(array).requires_grad_() for name, array in arrays.items()}
        y = eval(f"library.{call}", {"library": library} | inputs)
        if y.requires_grad:
            (y * y).sum().backward()
        return [y.detach().numpy(), *[t.grad is None or t.grad.numpy() for t in inputs.values()]]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = outcome(torch, torch.tensor)
    with pytest.warns(UserWarning, match="deprecated"):
        ours = outcome(tg, tg.tensor)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


# ---------------------------------------------------------------- dtypes


def outcome(function, library, dtypes):
    """The dtypes of the results, or that the operands are refused."""
    try:
        results = results_of(function, library, dtypes)
    except RuntimeError:  # of which NotImplementedError is one
        return "refused"
    return [str(y.dtype).removeprefix("torch.") for y in results]


PAIRS = [("float32", "float64"), ("float64", "float32"), ("float32", "int64"), ("bool", "float32")]
PAIRS += [("int64", "int32"), ("int64", "float64"), ("float16", "float32"), ("float64", "float16")]


@pytest.mark.filterwarnings(WARNS_OF_OLD)
@pytest.mark.parametrize("name", [*FACTORED, *SOLVED])
def test_the_dtypes_in_which_matrices_are_factored(name):
    count, function = 1 + (name in SOLVED), (FACTORED | SOLVED)[name]
    for dtypes in [[d] * count for d in (*NOT_FACTORED, "float32", "float64")]:
        assert outcome(function, tg, dtypes) == outcome(function, torch, dtypes), dtypes
    for dtypes in PAIRS if name in SOLVED else ():
        assert outcome(function, tg, dtypes) == outcome(function, torch, dtypes), dtypes


@pytest.mark.filterwarnings(WARNS_OF_OLD)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("name", sorted({*FACTORED, *SOLVED} - {"linalg.pinv(hermitian=)"}))
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_matrix_that_is_not_finite(name, value):
    """It is refused where PyTorch refuses it; where it is not, what is finite is the same.

    The pseudoinverse of a symmetric one is left out: PyTorch takes it from the eigenvalues.
    """
    function = (FACTORED | SOLVED)[name]
    x, b = np.array([[4.0, 1.0], [1.0, value]]), np.array([[2.0, 1.0], [0.0, 1.0]])
    found = {}
    for library in (tg, torch):
        given = [library.tensor(array) for array in ((x, b) if name in SOLVED else (x,))]
        try:
            y = function(library, *given)
            found[library] = [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]
        except RuntimeError:
            found[library] = "refused"
    if name == "linalg.lstsq":  # where PyTorch has an internal error for nan, and any rank for inf
        assert found[tg] == "refused" or value is np.inf
    elif name.endswith("slogdet") and value is np.nan:  # which has no sign: NumPy says 1, PyTorch 0
        assert np.isnan(found[tg][1])
        assert np.isnan(found[torch][1])
    elif "refused" in found.values():
        assert found[tg] == found[torch]
    else:
        for ours, theirs in zip(found[tg], found[torch], strict=True):
            both = np.isfinite(ours) & np.isfinite(theirs)
            np.testing.assert_allclose(ours[both], theirs[both], rtol=1e-9, atol=1e-12)
