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

EMPTY = inspect.Parameter.empty
SQUARE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]])  # symmetric, positive
SMALL = SQUARE / 8
WHOLE = np.array([[4, 1, 2], [1, 3, 2], [0, 2, 3]])

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
        if len(loose) == len(declared) and place < len(given):
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
    if isinstance(right, tuple):
        return len(mine) == len(right) and all(map(same, mine, right))
    mine, right = np.asarray(mine), np.asarray(right)
    if mine.shape != right.shape or mine.dtype.kind != right.dtype.kind:
        return False
    return mine.dtype == right.dtype and np.allclose(mine, right, rtol=1e-5, equal_nan=True)


def described(function):
    return f"{function.__module__}.{function.__name__}"


@pytest.mark.parametrize("function", ANSWERS, ids=described)
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
        (lambda: np.max(X, 0, None, False, 5.0), "initial"),
        (lambda: np.max(X, where=X > 1, initial=0.0), "where|initial"),
        (lambda: np.reshape(X, (2, 2), copy=True), "copy"),
        (lambda: np.sum(X, 0, np.float64), "dtype"),
        (lambda: np.where(X > 1), "where"),
        (lambda: np.sum(X, 0, None, np.zeros(())), "out"),
        (lambda: np.add(X, X, where=np.ones(4, bool)), "where"),
        (lambda: np.add(X, X, dtype=np.float64), "dtype"),
        (lambda: np.exp(np.ones(4), out=X), "out"),
        (lambda: np.nan_to_num(X, False), "copy"),
        (lambda: np.linalg.svd(tg.eye(2), True, True, True), "hermitian"),
        (lambda: np.meshgrid(X, X, sparse=True), "sparse"),
        (lambda: np.add.reduce(X), "add.reduce"),
        (lambda: np.fft.fft(X), "fft"),
    ],
)
def test_what_ours_cannot_do_is_refused_by_name(call, name):
    with pytest.raises(TypeError, match=name):
        call()


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
