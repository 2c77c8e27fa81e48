"""x[key] and x[key] = v with keys of every form: against NumPy, and cases worth a name."""

import numpy as np
import pytest
from random_keys import built, drawn, reference, values_for

import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck

CASES = 100  # for each seed


def leaf(*shape):
    return tg.tensor(np.random.default_rng(0).normal(size=shape), requires_grad=True)


def outcome(f, *args):
    """The result, or the class of the error."""
    try:
        return f(*args)
    except (IndexError, ValueError, TypeError, RuntimeError):
        return "an error"


@pytest.mark.parametrize("seed", range(20))
def test_random_keys_read_write_and_differentiate_as_numpy_says(seed):
    rng = np.random.default_rng([6, seed])
    for _ in range(CASES):
        shape, parts = drawn(rng)
        cells = outcome(reference, shape, parts)
        check_one(rng, shape, parts, cells)


def check_one(rng, shape, parts, cells):
    key, what = built(parts, tg), (shape, parts)
    x = tg.tensor(rng.normal(size=shape), requires_grad=True)
    y = outcome(x.__getitem__, key)
    if isinstance(cells, str):
        assert isinstance(y, str), what
        assert isinstance(outcome(x.detach().__setitem__, key, 1.0), str), what
        return
    assert not isinstance(y, str), what
    assert y.shape == cells.shape, what
    np.testing.assert_array_equal(y.detach(), x.detach().numpy().reshape(-1)[cells], str(what))
    weights = rng.normal(size=cells.shape)
    (y * tg.tensor(weights)).sum().backward()
    expected = np.zeros(shape).reshape(-1)
    np.add.at(expected, cells, weights)
    np.testing.assert_allclose(
        x.grad.numpy().reshape(-1), expected, 1e-12, 1e-12, err_msg=str(what)
    )
    check_write(rng, shape, key, cells, what)


def check_write(rng, shape, key, cells, what):
    """In place without a gradient, and recorded: the same, and the gradient of what is written."""
    given = rng.normal(size=values_for(rng, cells.shape))
    x = rng.normal(size=shape)
    expected = x.copy().reshape(-1)
    fits = outcome(np.broadcast_to, given.reshape(trimmed(given.shape, cells.ndim)), cells.shape)
    plain, recorded = tg.tensor(x), tg.tensor(x, requires_grad=True) * 1
    values = tg.tensor(given, requires_grad=True)
    first = outcome(plain.__setitem__, key, values.detach())
    second = outcome(recorded.__setitem__, key, values)
    if isinstance(fits, str):
        assert (first, second) == ("an error", "an error"), (what, given.shape)
        return
    for cell, value in zip(cells.reshape(-1), fits.reshape(-1), strict=True):
        expected[cell] = value
    assert first is second is None, (what, given.shape)
    np.testing.assert_array_equal(plain.numpy().reshape(-1), expected, str(what))
    np.testing.assert_array_equal(recorded.detach().numpy().reshape(-1), expected, str(what))
    if cells.size == len(set(cells.flat)):
        weights = rng.normal(size=shape)
        (recorded * tg.tensor(weights)).sum().backward()
        part = weights.reshape(-1)[cells]
        np.testing.assert_allclose(values.grad, summed_to(part, given.shape), 1e-12, 1e-12)


def trimmed(shape, ndim):
    """Sides of 1 in front, more than the places have, are left out."""
    extra = max(len(shape) - ndim, 0)
    return shape[extra:] if set(shape[:extra]) <= {1} else shape


def summed_to(part, shape):
    if not shape:
        return part.sum()
    extra = part.ndim - len(shape)
    if extra < 0:
        part = part.reshape((1,) * -extra + part.shape)
    part = part.sum(tuple(range(max(extra, 0))))
    sides = tuple(k for k, n in enumerate(shape) if n == 1)
    return part.sum(sides, keepdims=True)


# ---------------------------------------------------------------- masks beside integers


def test_a_mask_beside_integers_has_its_gradient_where_it_was_read():
    x = leaf(3, 3)
    x[np.array([True] * 3), [0, 1, 2]].sum().backward()
    assert x.grad.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    logp, y = leaf(4, 3), tg.tensor([2, 0, 1, 2])
    m = tg.tensor([True, False, True, True])
    logp[m, y[m]].sum().backward()
    assert logp.grad.tolist() == [[0, 0, 1], [0, 0, 0], [0, 1, 0], [0, 0, 1]]
    y = tg.ones(2, 3, requires_grad=True) * 1
    y[1, tg.tensor([True, False, True])] *= 3
    assert y.tolist() == [[1, 1, 1], [3, 1, 3]]


@pytest.mark.parametrize(
    "key",
    [
        (np.array([True, False, True]), [0, 2]),
        (1, np.array([True, False, True, True])),
        (tg.tensor([True, False, True]), 1),
        (None, np.array([True, True, False]), [3, 3]),
    ],
    ids=str,
)
def test_second_derivatives_of_a_key_of_masks_and_integers(key):
    x, w = leaf(3, 4), leaf(3, 4)

    def read(x):
        return (x[key] ** 3).sum()

    def scaled(x, w):
        y = x * 1.0
        y[key] *= w[key] ** 2
        return (y**3).sum()

    assert gradcheck(read, (x,), order=2)
    assert gradcheck(scaled, (x, w), order=2)


# ---------------------------------------------------------------- forms of a key


def test_a_tuple_within_a_key_is_an_array_of_places():
    x = tg.arange(24.0).reshape(2, 3, 4)
    assert x[0, (0, 1), [1, 2]].tolist() == [1, 6]
    assert x[0, ((0, 1), (1, 2)), 3].tolist() == [[3, 7], [7, 11]]
    assert x[(1, 0),].shape == (2, 3, 4)
    z = tg.zeros(2, 3, 4)
    z[0, (0, 1), [1, 2]] = 1.0
    assert z.nonzero().tolist() == [[0, 0, 1], [0, 1, 2]]
    z = tg.zeros(2, 3, 4, requires_grad=True) * 1
    z[:, (0, 1), (1, 2)] += tg.ones(2, 2, requires_grad=True)
    assert z.nonzero().tolist() == [[0, 0, 1], [0, 1, 2], [1, 0, 1], [1, 1, 2]]


def test_an_ellipsis_that_stands_for_no_side_parts_no_arrays():
    x = tg.arange(24).reshape(2, 3, 4)
    assert x[:, [0, 1], ..., [2, 3]].tolist() == [[2, 7], [14, 19]]  # not moved to the front
    assert x[[0, 1], ..., [2, 3]].shape == (2, 3)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("shape", [(3,), (1, 3), (1, 1, 3), (1,), (1, 1), ()])
def test_values_with_sides_of_one_in_front_go_into_a_mask(recorded, shape):
    x = tg.zeros(2, 2, requires_grad=recorded) * 1
    values = tg.full(shape, 7.0, requires_grad=recorded)
    x[tg.tensor([[True, False], [True, True]])] = values
    assert x.tolist() == [[7, 0], [7, 7]]
    with pytest.raises(ValueError, match="do not broadcast"):
        x[tg.tensor([[True, False], [True, True]])] = tg.ones(3, 1)


def test_a_list_is_an_array_of_places_or_a_mask():
    x = tg.arange(6).reshape(2, 3)
    assert x[[[0, 1], [1, 0]]].shape == (2, 2, 3)
    assert x[[np.int64(1), 0]].tolist() == [[3, 4, 5], [0, 1, 2]]
    assert x[[tg.tensor(1), tg.tensor(0)]].tolist() == [[3, 4, 5], [0, 1, 2]]
    assert x[[True, False]].tolist() == [[0, 1, 2]]
    assert x[[True, 0]].tolist() == [[3, 4, 5], [0, 1, 2]]
    assert x[[[True, False, True], [False, True, False]]].tolist() == [0, 2, 4]


def test_numbers_that_are_integers_are_places():
    x = tg.arange(6).reshape(2, 3)
    for one in (1, np.int64(1), np.uint8(1), np.int8(1), tg.tensor(1), tg.tensor(1).int()):
        assert x[one].tolist() == [3, 4, 5]
        assert x[:, one].tolist() == [1, 4]
        assert x[one, one].shape == ()
        assert x[:one].tolist() == [[0, 1, 2]]
        assert x[[0, 1], one].tolist() == [1, 4]
    assert x[tg.tensor(True)].shape == (1, 2, 3)
    assert x[False].shape == (0, 2, 3)
    assert x[tg.tensor(0) : tg.tensor(1)].tolist() == [[0, 1, 2]]


@pytest.mark.parametrize(
    "key", [1.0, (0, 1.0), [1.0], np.float32(1), "a", {1}, 1j, (0, [0.5]), slice(0.0, 1.0)], ids=str
)
def test_what_is_no_place_is_refused(key):
    x = tg.ones(2, 3)
    with pytest.raises((IndexError, TypeError), match="integer"):
        x[key]
    with pytest.raises((IndexError, TypeError), match="integer"):
        x[key] = 1.0
    assert x.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_only_one_ellipsis():
    with pytest.raises(IndexError, match="single ellipsis"):
        tg.ones(2, 3)[..., 0, ...]


def test_infinity_that_a_later_value_overwrote_is_no_gradient():
    values = tg.tensor([1.0, 2.0], requires_grad=True)
    x = tg.zeros(2, requires_grad=True) * 1
    x[[0, 0]] = values
    (x * tg.tensor([np.inf, 1.0])).sum().backward()
    assert values.grad.tolist() == [0.0, np.inf]
