"""Every NumPy function that takes tensors takes NumPy's own arguments, by place and by name: each
parameter of each function in the map gives what NumPy gives for the array, or is refused by name.

The calls are made from NumPy's signatures, so a function that is added to the map is tested here.
"""

import inspect
import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.numpy_protocol import ANSWERS
from tinygrad_edu.testing import gradcheck

EMPTY = inspect.Parameter.empty
SQUARE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]])  # symmetric, positive
SMALL = SQUARE / 8
WHOLE = np.array([[4, 1, 2], [1, 3, 2], [0, 2, 3]])
NANS = np.where(SQUARE == 0.25, np.nan, SQUARE)

# The arrays that a function is given first, where one square matrix of floats (two, if it has two
# inputs) will not do; beside them other arguments that it cannot do without.
GIVEN = {
    np.arcsin: [SMALL],
    np.arccos: [SMALL],
    np.arctanh: [SMALL],  # within its domain
    np.arccosh: [SQUARE + 1],
    np.argsort: [SQUARE + np.arange(9).reshape(3, 3) / 64],
    np.linalg.eigh: [np.diag([1.0, 2.0, 3.0])],  # the sign of a vector is nobody's
    np.invert: [WHOLE],
    np.bitwise_and: [WHOLE, WHOLE.T.copy()],
    np.bitwise_or: [WHOLE, WHOLE.T.copy()],
    np.bitwise_xor: [WHOLE, WHOLE.T.copy()],
    np.left_shift: [WHOLE, WHOLE.T.copy()],
    np.right_shift: [WHOLE, WHOLE.T.copy()],
    np.where: [SQUARE > 1, SQUARE, -SQUARE],
    np.bincount: [WHOLE.ravel()],
    np.take: [SQUARE, WHOLE[0] % 3],
    np.take_along_axis: [SQUARE, WHOLE % 3],
    np.concatenate: [[SQUARE, SQUARE]],
    np.stack: [[SQUARE, SQUARE]],
    np.hstack: [[SQUARE, SQUARE]],
    np.vstack: [[SQUARE, SQUARE]],
    np.meshgrid: [SQUARE[0], SQUARE[1][:2]],
    np.einsum: ["ij,jk->ik", SQUARE, SQUARE],
    np.reshape: [SQUARE, (1, 9)],
    np.broadcast_to: [SQUARE, (2, 3, 3)],
    np.expand_dims: [SQUARE, 1],
    np.squeeze: [SQUARE[:, None]],
    np.swapaxes: [SQUARE, 0, 1],
    np.moveaxis: [SQUARE[None], 0, -1],
    np.roll: [SQUARE, 1],
    np.repeat: [SQUARE, 2],
    np.tile: [SQUARE, (2, 1)],
    np.pad: [SQUARE, ((1, 0), (0, 2))],
    np.clip: [SQUARE, 0.5, 2.0],
    np.linalg.matrix_power: [SQUARE, 3],
    np.select: [[SQUARE > 2, SQUARE > 1], [SQUARE, -SQUARE]],
    np.linspace: [SQUARE, SQUARE + 1],
    np.interp: [SQUARE, np.array([0.0, 1.0, 3.0]), np.array([1.0, 2.0, 0.5])],
    np.argpartition: [SQUARE + np.arange(9).reshape(3, 3) / 64, 1],
    np.partition: [SQUARE, 1],
    np.gradient: [SQUARE],
    np.quantile: [SQUARE, 0.3],
    np.nanquantile: [NANS, 0.3],
    np.percentile: [SQUARE, 30.0],
    np.nanpercentile: [NANS, 30.0],
    np.nanmedian: [NANS],
    np.nanmean: [NANS],
    np.nansum: [NANS],
    np.nanprod: [NANS],
    np.nancumsum: [NANS],
    np.nanmax: [NANS],
    np.nanmin: [NANS],
    np.nanvar: [NANS],
    np.nanstd: [NANS],
    np.resize: [SQUARE, (2, 7)],
    np.rollaxis: [SQUARE[None], 2],
    np.append: [SQUARE, SQUARE],
    np.dstack: [[SQUARE, SQUARE]],
    np.column_stack: [[SQUARE, SQUARE[0]]],
    np.split: [SQUARE, 3],
    np.array_split: [SQUARE, 2],
    np.hsplit: [SQUARE, [1]],
    np.vsplit: [SQUARE, [1, 2]],
    np.dsplit: [SQUARE[None], 3],
    np.delete: [SQUARE, 1],
    np.insert: [SQUARE, 1, 5.0],
    np.linalg.eigvalsh: [SQUARE],
    np.linalg.matrix_rank: [SQUARE],
    np.linalg.multi_dot: [[SQUARE, SQUARE, SQUARE]],
    np.linalg.tensorinv: [np.eye(6).reshape(2, 3, 3, 2) + 0.1],
    np.linalg.tensorsolve: [(np.eye(6) + 0.1).reshape(2, 3, 3, 2), SQUARE[:2]],
    np.linalg.cross: [SQUARE, SQUARE.T],
    np.linalg.lstsq: [np.vstack([SQUARE, SQUARE + 1]), np.arange(6.0)],
}

# What to try for a parameter, by its name.
TRIED = {
    "descending": [False, True],  # from NumPy 2.5 on
    "axis": [0, -1, None],
    "axis1": [1],
    "axis2": [0],
    "axes": [(1, 0), 1, [(0, 1), (0, 1), (0, 1)]],
    "dtype": [np.float32, np.float64],
    "keepdims": [True],
    "out": [np.zeros((3, 3))],
    "where": [np.eye(3, dtype=bool)],
    "initial": [100.0],
    "casting": ["unsafe"],
    "order": ["F"],
    "subok": [True, False],
    "signature": ["dd->d"],
    "decimals": [1],
    "a_min": [1.0],
    "a_max": [2.5],
    "min": [1.0],
    "max": [2.5],
    "copy": [False, True],
    "nan": [2.0],
    "posinf": [3.0],
    "neginf": [4.0],
    "kind": ["stable"],
    "stable": [True],
    "k": [1],
    "offset": [1],
    "mode": ["wrap", "edge", "r", "complete", "raw", "clip"],
    "ddof": [1],
    "mean": [np.float64(0.0)],
    "correction": [1],
    "rcond": [0.3],
    "rtol": [0.3],
    "hermitian": [True],
    "upper": [True],
    "UPLO": ["U"],
    "full_matrices": [False],
    "compute_uv": [False],
    "sparse": [True],
    "indexing": ["ij"],
    "optimize": [True],
    "weights": [np.arange(9.0)],
    "minlength": [9],
    "n": [2],
    "prepend": [0.0, np.zeros((3, 1))],
    "append": [0.0, np.zeros((3, 1))],
    "ord": [1, 2, np.inf, "fro", "nuc"],
    "p": [1, "fro"],
    "num": [4],
    "endpoint": [False],
    "retstep": [True],
    "device": ["cpu"],
    "left": [-1.0],
    "right": [-2.0],
    "period": [2.0],
    "edge_order": [2],
    "dx": [0.5],
    "x": [SQUARE],
    "y": [SQUARE],
    "varargs": [],
    "method": ["lower", "nearest", "hazen"],
    "interpolation": ["higher"],
    "overwrite_input": [True],
    "returned": [True],
    "rowvar": [False],
    "bias": [True],
    "fweights": [np.array([1, 2, 1])],
    "aweights": [np.array([0.5, 2.0, 1.0])],
    "start": [1, -1, 3],
    "default": [7.0],
    "tol": [0.5],
    "ind": [1],
    "axisa": [0],
    "axisb": [0],
    "axisc": [0],
    "kth": [2],
    "stat_length": [2],
    "obj": [[0, 2]],
    "values": [1.0],
}
KINDS = inspect.Parameter


def calls(function):
    """(arguments, keywords, parameter): each parameter beyond the given ones, by name, and by place
    where it may be."""
    declared = list(inspect.signature(function).parameters.values())
    given = GIVEN.get(function) or [SQUARE] * max(getattr(function, "nin", 0), _needed(declared))
    yield given, {}, None
    if all(p.kind is KINDS.POSITIONAL_OR_KEYWORD for p in declared[: len(given)]):
        yield [], {p.name: x for p, x in zip(declared, given, strict=False)}, None
    loose = [p for p in declared if p.kind is not KINDS.VAR_POSITIONAL]
    before = list(given)
    for place, p in enumerate(loose):
        if p.kind is KINDS.VAR_KEYWORD or (p.kind is KINDS.POSITIONAL_ONLY and place < len(given)):
            continue
        if declared[0].kind is not KINDS.VAR_POSITIONAL and place < len(given):
            continue
        for value in TRIED[p.name]:  # KeyError: say above what to try for a new name
            if p.kind is not KINDS.POSITIONAL_ONLY:
                yield given, {p.name: value}, p.name
            if p.kind is not KINDS.KEYWORD_ONLY and len(loose) == len(declared):
                yield [*before, value], {}, p.name
        before.append(p.default)


def _needed(declared):
    return sum(p.default is EMPTY and p.kind in (0, 1) for p in declared)


def as_tensors(x):
    if isinstance(x, list):
        return [as_tensors(item) for item in x]
    return tg.tensor(x) if isinstance(x, np.ndarray) and x.ndim else x


def outcome(function, args, kwargs):
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*args, **kwargs)
    except (TypeError, ValueError, IndexError) as error:
        return error


def same(mine, right):
    if isinstance(right, tuple | list):
        return (
            isinstance(mine, tuple | list)
            and len(mine) == len(right)
            and all(map(same, mine, right))
        )
    mine, right = np.asarray(mine), np.asarray(right)
    if mine.shape != right.shape or mine.dtype.kind != right.dtype.kind:
        return False
    return mine.dtype == right.dtype and np.allclose(mine, right, rtol=1e-5, equal_nan=True)


def described(function):
    return f"{function.__module__}.{function.__name__}"


FUNCTIONS = [function for function in ANSWERS if not isinstance(function, tuple)]


@pytest.mark.parametrize("function", FUNCTIONS, ids=described)
def test_each_parameter_does_what_it_does_in_numpy_or_is_refused_by_name(function):
    for args, kwargs, name in calls(function):
        copies = [x.copy() if isinstance(x, np.ndarray) else x for x in args]
        right = outcome(
            function, copies, {k: np.copy(x) if k == "out" else x for k, x in kwargs.items()}
        )
        tensors = [as_tensors(x) for x in args]
        if name == "out":  # the array itself, which NumPy would write to
            tensors[len(GIVEN.get(function, [0])) :] = args[len(GIVEN.get(function, [0])) :]
        named = {k: x if k in TRIED else as_tensors(x) for k, x in kwargs.items()}
        mine = outcome(function, tensors, named)
        shown = f"{args[1:]} {kwargs}: NumPy {right!r}, ours {mine!r}"
        if isinstance(mine, Exception):
            refused = isinstance(right, Exception) or (name and name in str(mine))
            assert refused, shown
        else:
            assert not isinstance(right, Exception), shown
            assert same(mine, right), shown


X = tg.tensor([3.0, 1.0, 2.0, 1.0])


def test_arguments_by_place_are_numpys():
    assert np.argsort(X, -1, "stable").tolist() == [1, 3, 2, 0]
    assert np.nan_to_num(tg.tensor([1.0, np.nan]), True).tolist() == [1.0, 0.0]
    assert np.reshape(tg.arange(6), (2, 3), "F").tolist() == [[0, 2, 4], [1, 3, 5]]
    assert np.cumsum(X, 0, np.float64).dtype == tg.float64
    assert np.linalg.qr(tg.eye(2), "r").shape == (2, 2)
    assert np.clip(X, X, X).tolist() == X.tolist()
    assert np.clip(np.zeros(4), X, 5.0).tolist() == X.tolist()
    assert np.transpose(X, -1).tolist() == X.tolist()
    with pytest.raises(ValueError, match="axes"):
        np.transpose(tg.ones(2, 3), -1)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: np.reshape(X, (2, 2), copy=True), "copy"),
        (lambda: np.sum(X, 0, np.float64), "dtype"),
        (lambda: np.sum(X, 0, None, np.zeros(())), "out"),
        (lambda: np.add(X, X, where=np.ones(4, bool)), "where"),
        (lambda: np.add(X, X, dtype=np.float64), "dtype"),
        (lambda: np.exp(np.ones(4), out=X), "out"),
        (lambda: np.nan_to_num(X, False), "copy"),
        (lambda: np.linalg.svd(tg.eye(2), True, True, True), "hermitian"),
        (lambda: np.meshgrid(X, X, sparse=True), "sparse"),
        (lambda: np.subtract.reduce(X), "subtract.reduce"),
        (lambda: np.add.reduce(X, dtype=np.float64), "add.reduce: dtype"),
        (lambda: np.var(X, where=np.ones(4, bool)), "where"),
        (lambda: np.add.at(X, [0], 1.0), "add.at"),
        (lambda: np.fft.fft(X), "fft.fft is left out: it is about complex numbers"),
        (lambda: np.imag(X), "imag is left out"),
        (lambda: np.linalg.eigvals(tg.eye(2)), "linalg.eigvals is left out"),
        (lambda: np.quantile(X, 0.5, weights=X, method="inverted_cdf"), "weights="),
    ],
)
def test_what_ours_cannot_do_is_refused_by_name(call, name):
    with pytest.raises(TypeError, match=name):
        call()


MASKS = [
    {"where": True, "initial": 2.0},
    {"where": np.array([[True, False, True], [False, False, True]]), "initial": 0.5},
    {"where": np.array([True, False, True]), "axis": 0, "initial": -0.5},
    {"where": np.array([[True], [False]]), "axis": 1, "keepdims": True, "initial": 1.5},
    {"where": np.zeros(3, bool), "axis": (0, 1), "initial": 3.0},
]


@pytest.mark.parametrize(
    "name", ["sum", "prod", "max", "min", "amax", "amin", "any", "all", "mean"]
)
@pytest.mark.parametrize("given", MASKS)
def test_a_reduction_of_what_a_mask_chooses_from_an_initial_value_on(name, given):
    function, x = getattr(np, name), np.array([[1.0, -2.0, 3.0], [0.0, 5.0, -6.0]])
    if name in ("any", "all", "mean"):
        given = {key: value for key, value in given.items() if key != "initial"}
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of the mean of nothing
        right, found = function(x, **given), function(tg.tensor(x), **given)
    assert isinstance(found, tg.Tensor)
    assert found.shape == np.shape(right)
    assert found.dtype == right.dtype
    np.testing.assert_array_equal(found.array, right)


def test_a_masked_mean_of_float16_is_computed_in_float32():
    x, mask = np.full(5001, 100, np.float16), np.ones(5001, bool)  # their sum is above 65504
    y = np.mean(tg.tensor(x), where=mask)
    assert (y.item(), y.dtype) == (100.0, tg.float16)


def test_a_masked_reduction_has_the_gradient_of_what_is_chosen():
    x = tg.tensor([1.0, 4.0, 9.0], requires_grad=True)
    mask, start = np.array([True, False, True]), tg.tensor(2.0, requires_grad=True)
    np.sum(x, where=mask, initial=start).backward()
    assert (x.grad.tolist(), start.grad.item()) == ([1.0, 0.0, 1.0], 1.0)
    y = np.prod(x, where=mask, initial=start) + np.mean(x, where=mask) + np.max(x[:2], initial=3.0)
    assert [g.tolist() for g in tg.autograd.grad(y, [x, start])] == [[18.5, 1.0, 2.5], 9.0]
    assert np.add.reduce(x, where=mask, initial=1.0) == 11
    assert np.max(tg.zeros(0, 2), axis=0, initial=1.0).tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="where= needs initial="):
        np.max(x, where=mask)
    with pytest.raises(ValueError, match=r"one that fits: \(2, 3\) for \(3,\)"):
        np.sum(x, where=np.ones((2, 3), bool))


def test_an_array_takes_what_a_tensor_adds_to_it_unless_a_gradient_would_be_lost():
    array = np.ones(4)
    array += X
    assert array.tolist() == [4.0, 2.0, 3.0, 2.0]
    with pytest.raises(TypeError, match="out="):
        array += X.clone().requires_grad_()
    assert array.tolist() == [4.0, 2.0, 3.0, 2.0]


def test_concatenate_without_an_axis_flattens_and_is_differentiated():
    a, b = tg.ones(2, 3, requires_grad=True), tg.ones(2, requires_grad=True)
    joined = np.concatenate([a, b], axis=None)
    (joined * tg.arange(8.0)).sum().backward()
    assert joined.shape == (8,)
    assert a.grad.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert b.grad.tolist() == [6.0, 7.0]


def test_a_mix_of_tensors_and_arrays():
    a = tg.eye(2, dtype=tg.float64) * 2
    assert np.linalg.solve(a, np.ones(2)).tolist() == [0.5, 0.5]
    assert np.linalg.solve(np.eye(2), a).tolist() == a.tolist()
    assert np.concatenate([np.zeros(1), X]).shape == (5,)
    assert np.where(X > 1, np.zeros(4), X).tolist() == [0.0, 1.0, 0.0, 1.0]
    assert np.outer(X, np.ones(2)).shape == (4, 2)


def test_an_array_of_objects_is_refused_in_words():
    objects = np.array([1, 2.5, None, 4], dtype=object)
    for product in (lambda: objects * X, lambda: X * objects):
        with pytest.raises(TypeError, match="object"):
            product()


def test_files_of_numpy(tmp_path):
    np.save(tmp_path / "x.npy", X)
    assert np.load(tmp_path / "x.npy").tolist() == X.tolist()
    np.savez(tmp_path / "x.npz", a=X, b=X * 2)
    with np.load(tmp_path / "x.npz") as file:
        assert file["b"].tolist() == [6.0, 2.0, 4.0, 2.0]
    np.savetxt(tmp_path / "x.txt", X)
    assert np.loadtxt(tmp_path / "x.txt").tolist() == X.tolist()
    with pytest.raises(RuntimeError, match="detach"):
        np.save(tmp_path / "y.npy", tg.ones(2, requires_grad=True))


# ---------------------------------------------------------------- values and derivatives

A = np.random.default_rng(0).standard_normal((3, 4))
B = np.random.default_rng(1).standard_normal((3, 4))
PLACES = np.array([0.0, 0.5, 2.0, 2.5])


@pytest.mark.parametrize(
    "call",
    [
        lambda a, b: np.clip(a, a_min=-0.5, a_max=b),
        lambda a, b: np.trace(a, offset=1),
        lambda a, b: np.tensordot(a, b, axes=(0, 0)),
        lambda a, b: np.einsum(a, [0, 1], b, [2, 1], [0, 2]),
        lambda a, b: np.sort(a, axis=None),
        lambda a, b: np.take(a, [3, 1, 1], 1),
        lambda a, b: np.select([a > 1, a > 0], [a * b, b], 2.0),
        lambda a, b: np.float_power(np.fabs(a), 1.5) + np.cbrt(a) + np.sinc(b) + np.positive(a),
        lambda a, b: np.fmax(a, b) * np.fmin(a, 0.1) + np.logaddexp2(a, b) + np.degrees(a),
        lambda a, b: np.radians(a) + np.deg2rad(b) + np.rad2deg(b) + np.trunc(a) + np.real(a),
        lambda a, b: np.linspace(a, b, 4, axis=1),
        lambda a, b: np.linspace(a[0, 0], 2.0, 5),
        lambda a, b: np.interp(a, PLACES - 1, b[0], left=-1.0),
        lambda a, b: np.interp(PLACES, np.sort(a, axis=None), np.ravel(b)),
        lambda a, b: np.interp(a * 3, b[0] * 2, b[1], period=1.25),
        lambda a, b: np.take(a, [5, -6], 1, mode="wrap") * np.take(b, [-9, 9], 1, None, "clip"),
        lambda a, b: np.divmod(a, b)[1] + np.rint(b),
        lambda a, b: np.partition(a, 2, axis=0) * b,
        lambda a, b: np.vdot(a, b),
        lambda a, b: np.cross(a[:, :3], b[:, 1:]),
        lambda a, b: np.cross(a.T[:3], b.T[1:], axis=0)[0],
        lambda a, b: np.gradient(a, 0.5, PLACES, edge_order=2)[1] * b,
        lambda a, b: np.gradient(a, axis=0),
        lambda a, b: np.trapezoid(a, dx=0.5) + np.trapezoid(a, PLACES),
        lambda a, b: np.trapezoid(a, b, axis=0),
        lambda a, b: np.median(a, axis=0) * np.median(b) + np.median(a, (0, 1)),
        lambda a, b: np.percentile(a, [10, 50], axis=1, keepdims=True),
        lambda a, b: np.quantile(a, 0.3, axis=0, method="higher") + np.nanquantile(b, 0.7),
        lambda a, b: np.average(a, axis=0, weights=b**2),
        lambda a, b: np.average(a, 1, PLACES, True)[0] + np.average(b),
        lambda a, b: np.ptp(a, axis=1) + np.ptp(b),
        lambda a, b: np.cov(a, b, bias=True) + np.corrcoef(np.append(a, b, axis=0)),
        lambda a, b: np.cov(a, rowvar=False, ddof=0),
        lambda a, b: np.append(a, b),
        lambda a, b: np.append(a, b, axis=1),
        lambda a, b: np.split(a, 2, axis=1)[1] * np.split(b, [1, 3], 1)[1],
        lambda a, b: np.array_split(a, 3, 1)[0] + np.hsplit(b, 2)[0],
        lambda a, b: np.vsplit(a, [2])[0] * np.dsplit(b[None], 4)[2][0, :2],
        lambda a, b: np.column_stack([a, b[:, 0]]),
        lambda a, b: np.dstack([a, b]),
        lambda a, b: np.flipud(a) + np.fliplr(b),
        lambda a, b: np.rollaxis(a[None], 2) * np.rollaxis(b[None], 2, 1).sum(),
        lambda a, b: np.atleast_3d(a) * np.atleast_2d(b)[..., None],
        lambda a, b: np.broadcast_arrays(a[0], b)[0],
        lambda a, b: np.delete(a, [0, 2], axis=1),
        lambda a, b: np.insert(a, [1, 1, 4], b[:, :3], axis=1),
        lambda a, b: np.insert(a, 1, b[0]),
        lambda a, b: np.resize(a, (5, 4)),
        lambda a, b: np.pad(a, ((1, 2), (0, 3)), mode="reflect"),
        lambda a, b: np.pad(b, ((1, 2), (3, 0)), "edge"),
        lambda a, b: np.pad(a, 1, "wrap") + np.pad(b, 1, "symmetric"),
        lambda a, b: np.diagflat(a[0]) + np.diag(b[0]),
        lambda a, b: np.add.reduce(a) + np.multiply.reduce(b, axis=0),
        lambda a, b: np.maximum.reduce(a, axis=1, keepdims=True) - np.minimum.reduce(b, 1)[:, None],
        lambda a, b: np.add.accumulate(a, axis=1) + np.multiply.accumulate(b, 1),
        lambda a, b: np.maximum.accumulate(a) + np.minimum.accumulate(b),
        lambda a, b: np.add.outer(a[0], b[:, 1]) * np.multiply.outer(a[1], b[:, 2]),
        lambda a, b: np.linalg.svdvals(a) + np.linalg.cond(b),
        lambda a, b: np.linalg.eigvalsh(a @ a.T, "U"),
        lambda a, b: np.linalg.vector_norm(a, axis=0, ord=3) * np.linalg.matrix_norm(b),
        lambda a, b: np.linalg.multi_dot([a, b.T, a]),
        lambda a, b: np.linalg.lstsq(a.T, b[0])[0],
        lambda a, b: np.linalg.vecdot(a, b) + np.linalg.trace(a, offset=1),
        lambda a, b: np.linalg.outer(a[0], b[0]) + np.linalg.matrix_transpose(a[:, :3])[0, 0],
        lambda a, b: np.linalg.tensorsolve((a[:, :3] @ a[:, :3].T).reshape(3, 3), b[:, 0]),
        lambda a, b: np.where(a > 0, a * b, 0.0),
        lambda a, b: np.nanmean(np.where(a > 1, np.nan, a), axis=0) + np.nanvar(b, ddof=1),
        lambda a, b: np.nanstd(np.where(a > 1, np.nan, a), axis=1) * np.nanmax(b, axis=1),
        lambda a, b: np.nanmedian(np.where(a > 1, np.nan, a)) * np.nanmin(b, axis=0),
    ],
)  # fmt: skip
def test_values_and_derivatives_of_numpys_functions(call):
    right = np.asarray(call(A, B))
    mine = call(tg.tensor(A, requires_grad=True), tg.tensor(B, requires_grad=True))
    assert type(mine) is tg.Tensor
    assert mine.requires_grad
    assert mine.shape == right.shape
    assert mine.dtype == right.dtype
    np.testing.assert_allclose(mine.detach().numpy(), right, rtol=1e-10, atol=1e-12)
    gradcheck(lambda a, b: call(a, b) + (a.sum() + b.sum()) * 0, [A, B], order=2)


def test_what_reads_tensors_and_gives_no_tensor():
    t = tg.tensor(A)
    assert [x.tolist() for x in np.where(t > 1)] == [x.tolist() for x in np.where(A > 1)]
    assert np.shares_memory(t, t[0])
    assert np.can_cast(t.dtype, np.float64)
    assert np.result_type(t, np.float32) == np.float64
    assert not np.iscomplexobj(t)
    values, counts = np.unique(tg.tensor([2, 1, 2]), return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([1, 2], [1, 2])
    assert np.unique(tg.tensor([2, 1, 2]), True)[1].tolist() == [1, 0]
    assert np.argpartition(t, 1).dtype == tg.int64
    assert np.flatnonzero(t > 1).tolist() == np.flatnonzero(A > 1).tolist()
    assert np.digitize(t, [0.0, 1.0]).tolist() == np.digitize(A, [0.0, 1.0]).tolist()
    assert np.histogram(t, bins=3)[0].tolist() == np.histogram(A, bins=3)[0].tolist()
    assert np.median(tg.tensor([1, 2, 4])).item() == 2.0
    assert np.cbrt(tg.tensor([8, -27])).tolist() == pytest.approx([2.0, -3.0])
