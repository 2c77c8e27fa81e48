"""Shapes against PyTorch: values, first and second derivatives, what is a view, errors."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

import tinygrad_edu as tg
from nn import padding
from tinygrad_edu import functions as f
from tinygrad_edu.testing import gradcheck

f.pad = padding.pad


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# ---------------------------------------------------------------- borders


def test_borders_that_do_not_fit():
    x = tg.ones(2, 3)
    for pad, mode, kind, words in [
        ((1,), "constant", RuntimeError, "pair"),
        ((1,) * 6, "constant", RuntimeError, "pair"),
        ((-2, -2), "constant", RuntimeError, "narrow"),
        ((3, 0), "reflect", RuntimeError, "side of 3: no more than the 2"),
        ((4, 0), "circular", RuntimeError, "side of 3: no more than the 3"),
        ((1, 0), "mirror", NotImplementedError, "'mirror'"),
    ]:
        with pytest.raises(kind, match=words):
            f.pad(x, pad, mode=mode)


# ---------------------------------------------------------------- views and copies


VIEWS = [
    lambda x: f.view(x, 6, 4), lambda x: f.reshape(x, -1), f.ravel, f.flatten,
    lambda x: f.unflatten(x, 2, (2, 2)), lambda x: f.squeeze(x, 0), f.squeeze,
    lambda x: f.unsqueeze(x, 1), lambda x: f.transpose(x, 0, 1),
    lambda x: f.permute(x, 2, 1, 0), lambda x: f.movedim(x, 0, 1),
    lambda x: f.narrow(x, 1, 1, 1),
    lambda x: f.unbind(x)[1], lambda x: f.unbind(f.ravel(x))[1], lambda x: f.split(x, 1, 1)[2],
    lambda x: f.chunk(x, 2, -1)[0],
    f.diagonal, lambda x: f.diagonal(x, 1, 1, 2), lambda x: x.mT,
    lambda x: x[..., 0], lambda x: f.expand(x, 2, 3, 4),
]  # fmt: skip


@pytest.mark.parametrize("look", VIEWS)
def test_a_write_through_a_view_reaches_the_base(look):
    x = tg.zeros(2, 3, 4).requires_grad_()
    with tg.no_grad():
        part = look(x)
        if part.array.flags.writeable:
            part += 5
        else:  # what was expanded looks at one number from several places
            x += 5
    assert (x == 5).sum().item() >= part.numel()
    assert (part == 5).all()


@pytest.mark.parametrize(
    "look",
    [
        lambda x: f.flip(x, 0), lambda x: f.flip(x, ()), f.rot90, lambda x: f.roll(x, 1), f.tril,
        f.triu, lambda x: f.repeat(x, 1, 1), lambda x: f.tile(x, (1, 1)),
        lambda x: f.pad(x, (1, 1)), lambda x: f.cat([x]), lambda x: f.stack([x]),
        lambda x: f.repeat_interleave(x, 2), lambda x: f.repeat_interleave(x, 1),
    ],
)  # fmt: skip
def test_copies_are_apart(look):
    x = tg.ones(3, 3)
    part = look(x)
    part *= 7
    assert (x == 1).all()


def test_diag_of_a_matrix_is_a_copy():
    x = tg.eye(2)
    f.diag(x).fill_(9)
    assert x.tolist() == [[1, 0], [0, 1]]


def test_view_needs_strides_that_allow_it():
    x = tg.Tensor(draw(3, 4))
    with pytest.raises(RuntimeError, match=r"view.*\(4, 3\).*without a copy.*contiguous"):
        f.view(f.t(x), -1)
    assert f.view(f.t(x).contiguous(), -1).shape == (12,)
    assert f.view(f.t(x), 2, 2, 3).shape == (2, 2, 3)
    assert f.reshape(f.t(x), -1).shape == (12,)
    assert f.view(tg.Tensor(np.asfortranarray(draw(3, 4))), -1).shape == (12,)  # owns its memory
    assert f.view(f.t(tg.zeros(0, 3)), -1).shape == (0,)
    assert f.view_as(x, tg.zeros(2, 6)).shape == (2, 6)
    assert f.reshape_as(f.t(x), tg.zeros(2, 6)).shape == (2, 6)
    for dtype in (tg.int32, np.int32):
        with pytest.raises(TypeError, match="to\\(dtype\\)"):
            f.view(x, dtype)
    with pytest.raises(ValueError, match=r"\(5,\)"):
        f.view(x, 5)


# ---------------------------------------------------------------- looks into the memory


def test_unfold_looks_into_the_memory():
    x = tg.zeros(7)
    windows = x.unfold(0, 3, 2)
    windows[1] = 5.0
    assert x.tolist() == [0, 0, 5, 5, 5, 0, 0]
    x[0] = 1.0
    assert windows.tolist() == [[1, 0, 5], [5, 5, 5], [5, 0, 0]]


def test_a_gradient_is_written_through_windows_that_do_not_overlap():
    w = tg.ones(6, requires_grad=True)
    y = w * 2
    y.unfold(0, 2, 2)[0].zero_()
    y.sum().backward()
    assert w.grad.tolist() == [0, 0, 2, 2, 2, 2]
    overlapping = (w * 2).unfold(0, 2, 1)
    with pytest.raises(RuntimeError, match=r"windows overlap"):
        overlapping += w[0]


@pytest.mark.parametrize("laid_out", [lambda x: x, lambda x: x.t().contiguous().t()])
def test_windows_are_those_of_numpy_however_the_memory_lies(laid_out):
    array = draw(5, 7)
    for axis, size, step in ((0, 2, 1), (1, 3, 2), (-1, 7, 1), (0, 0, 3)):
        x = laid_out(tg.tensor(array))
        right = np.lib.stride_tricks.sliding_window_view(array, size, axis)
        right = right[::step] if axis == 0 else right[:, ::step]
        assert np.array_equal(x.unfold(axis, size, step).array, right)
    gradcheck(lambda x: laid_out(x).unfold(1, 3, 2).sin(), [array], order=2)


def test_as_strided_looks_into_the_memory():
    x = tg.arange(6.0)
    part = tg.as_strided(x, (2, 2), (1, 2), 1)
    part[0, 0] = 9.0
    assert (x.tolist(), part.tolist()) == ([0, 9, 2, 3, 4, 5], [[9, 3], [2, 4]])
    w = tg.ones(2, 3, requires_grad=True)
    w.t().as_strided((2, 2), (1, 1)).sum().backward()
    assert w.grad.tolist() == [[1, 2, 1], [0, 0, 0]]
    gradcheck(lambda x: (x * x)[1:].as_strided((2, 2), (1, 2)).sin(), [draw(6)], order=2)
    with pytest.raises(ValueError, match="from 0 on reaches to 6, beyond the memory"):
        tg.as_strided(tg.arange(6), (2,), (6,))


def test_names_of_parameters_are_pytorchs():
    x = tg.ones(2, 3)
    assert tg.reshape(input=x, shape=(3, 2)).shape == x.reshape(shape=(3, 2)).shape == (3, 2)
    assert x.view(size=(6,)).shape == x.view(6).shape == x.view((6,)).shape == (6,)
    assert tg.permute(input=x, dims=(1, 0)).shape == x.permute(1, 0).shape == (3, 2)
    assert x.expand(size=(4, 2, 3)).shape == x.expand(4, -1, -1).shape == (4, 2, 3)
    assert x.repeat(repeats=(2, 1)).shape == x.tile(dims=(2, 1)).shape == (4, 3)
    assert x.flip(dims=(0,)).shape == tg.swapaxes(x.t(), axis0=0, axis1=1).shape == (2, 3)
    assert [y.shape for y in x.split(split_size=2, dim=1)] == [(2, 2), (2, 1)]
    assert [y.shape for y in tg.split(tensor=x, split_size_or_sections=[1, 1])] == [(1, 3)] * 2
    for call in (x.reshape, x.view, x.permute, x.expand, x.repeat, x.tile, x.flip):
        with pytest.raises(TypeError, match="missing 1 required positional argument"):
            call()


def test_parts_of_nearly_one_size():
    x = tg.arange(7)
    assert [y.tolist() for y in x.tensor_split(3)] == [[0, 1, 2], [3, 4], [5, 6]]
    assert [y.tolist() for y in x.tensor_split((5, 2))] == [[0, 1, 2, 3, 4], [], [2, 3, 4, 5, 6]]
    with pytest.raises(RuntimeError, match="7 places along dimension 0: not 2 equal parts"):
        x.hsplit(2)
    with pytest.raises(TypeError, match="give either indices or sections, once"):
        x.tensor_split(2, sections=2)
    with pytest.raises(RuntimeError, match=r"vsplit: it takes 2 dimensions or more, not \(7,\)"):
        x.vsplit(1)


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda x: f.unflatten(x, 1, (2, 2)), ValueError, "multiply"),
        (lambda x: f.unflatten(x, 5, (2, 2)), IndexError, "out of range"),
        (lambda x: f.flatten(x, 1, 0), RuntimeError, "comes after"),
        (lambda x: f.movedim(x, (0, 0), (0, 1)), RuntimeError, "once"),
        (lambda x: f.movedim(x, (0, 1), (0,)), RuntimeError, "once"),
        (lambda x: f.movedim(x, 0, 5), IndexError, "out of range"),
        (lambda x: f.permute(x, 0, 0), RuntimeError, "once"),
        (lambda x: f.flip(x, (0, 0)), (RuntimeError, ValueError), "repeated"),
        (lambda x: f.flip(x, 2), IndexError, "out of range"),
        (lambda x: f.roll(x, (1, 2)), RuntimeError, "as many"),
        (lambda x: f.roll(x, 1, (0, 1)), RuntimeError, "as many"),
        (lambda x: f.expand(x, 3), RuntimeError, "each new size"),
        (lambda x: f.expand(x, 2, 4), ValueError, "dimensions of size 1"),
        (lambda x: f.repeat(x, 2), RuntimeError, "how often"),
        (lambda x: f.repeat(x, 2, -1), RuntimeError, "how often"),
        (lambda x: f.repeat_interleave(x, -1), RuntimeError, "how often"),
        (lambda x: f.repeat_interleave(x, 2, 2), IndexError, "out of range"),
        (lambda x: f.broadcast_tensors(x, x[0, :2]), ValueError, "mismatch"),
        (lambda x: f.cat([]), ValueError, "no tensor"),
        (lambda x: f.cat(x, x), TypeError, r"stand in a list, as in cat\(\[a, b\]\)"),
        (lambda x: f.stack(x, x), TypeError, r"as in stack\(\[a, b\]\)"),
        (lambda x: f.stack([]), ValueError, "no tensor"),
        (lambda x: f.hstack([]), ValueError, "no tensor"),
        (lambda x: f.cat([x, x[0]]), ValueError, "cannot join"),
        (lambda x: f.narrow(x, 1, 2, 2), RuntimeError, "within 3"),
        (lambda x: f.narrow(x, 1, 0, -1), RuntimeError, "within 3"),
        (lambda x: f.narrow(x, 2, 0, 1), IndexError, "out of range"),
        (lambda x: f.unbind(x[0, 0]), IndexError, "a number has no dimension"),
        (lambda x: f.split(x, 0), RuntimeError, "parts of 0"),
        (lambda x: f.split(x, [1, 1], 1), RuntimeError, "add up"),
        (lambda x: f.split(x, [4, -1], 1), RuntimeError, "add up"),
        (lambda x: f.chunk(x, 0), RuntimeError, "not 0"),
        (lambda x: f.tril(x[0]), IndexError, "out of range"),
        (lambda x: f.diag(x[0, 0]), RuntimeError, "vector or a matrix"),
        (lambda x: f.diag(f.unsqueeze(x, 0)), RuntimeError, "vector or a matrix"),
        (lambda x: f.diagonal(x, 0, 1, -1), RuntimeError, "two dimensions"),
        (lambda x: f.diagonal(x[0]), IndexError, "out of range"),
        (lambda x: f.diag_embed(x, 0, 1, 1), RuntimeError, "two dimensions"),
        (lambda x: f.meshgrid(x[0], indexing="yx"), RuntimeError, "'yx'"),
        (lambda x: f.t(f.unsqueeze(x, 0)), RuntimeError, "not a matrix"),
        (lambda x: f.reshape(x, -2, 3), RuntimeError, "below -1"),
        (lambda x: f.unflatten(x, 1, (3, -2)), RuntimeError, "below -1"),
        (lambda x: f.unflatten(x.sum(), 0, (1, 1)), IndexError, "a number has no dimension"),
        (lambda x: f.rot90(x, 1, (0, 0)), RuntimeError, "two dimensions"),
        (lambda x: f.meshgrid(x), RuntimeError, "it takes vectors"),
    ],
)
def test_errors_teach(call, kind, words):
    with pytest.raises(kind, match=words):
        call(tg.ones(2, 3))


# ---------------------------------------------------------------- properties


@hypothesis.given(st.data())
def test_split_and_cat_undo_each_other(data):
    shape = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = tg.Tensor(draw(*shape))
    pieces = data.draw(st.integers(1, 5))
    for parts in (f.split(x, pieces, dim), f.chunk(x, pieces, dim)):
        np.testing.assert_array_equal(f.cat(parts, dim).array, x.array)
    if shape[dim]:
        np.testing.assert_array_equal(f.stack(f.unbind(x, dim), dim).array, x.array)


@hypothesis.given(st.data())
def test_movedim_is_numpys_moveaxis(data):
    ndim = data.draw(st.integers(1, 4))
    count = data.draw(st.integers(0, ndim))
    froms, tos = (data.draw(st.permutations(range(-ndim, 0)))[:count] for _ in "ab")
    x = draw(*range(1, ndim + 1))
    expected = np.moveaxis(x, froms, tos)
    np.testing.assert_array_equal(f.movedim(tg.Tensor(x), froms, tos).array, expected)


def test_numpy_calls_these():
    x = draw(3, 4)
    t = tg.Tensor(x)
    for call in [
        lambda x: np.flip(x), lambda x: np.flip(x, 1), lambda x: np.flip(x, axis=(0, 1)),
        lambda x: np.roll(x, 1), lambda x: np.roll(x, (1, 2), axis=(0, 1)), np.tril, np.triu,
        lambda x: np.tril(x, -1), lambda x: np.diagonal(x), lambda x: np.diagonal(x, 1, 1, 0),
        lambda x: np.pad(x, 1), lambda x: np.pad(x, ((1, 2), (0, 1)), constant_values=3),
        lambda x: np.pad(x, (2, 1), "constant"), lambda x: np.pad(x, 1, mode="edge"),
    ]:  # fmt: skip
        ours = call(t)
        assert type(ours) is tg.Tensor
        np.testing.assert_array_equal(ours.array, call(x))
