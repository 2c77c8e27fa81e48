"""What other libraries and Python itself ask of a Tensor: NumPy's functions, DLPack, copies."""

import copy
import math
import operator
import pickle

import numpy as np
import pytest
from matplotlib.figure import Figure

import tinygrad_edu as tg


def test_dlpack_shares_memory_in_both_directions():
    t = tg.tensor([1.0, 2.0])
    array = np.from_dlpack(t)
    array_back = tg.from_dlpack(array)
    t[0] = 5.0
    assert array.tolist() == [5.0, 2.0]
    assert np.shares_memory(array_back.array, t.array)


def test_dlpack_copies_or_not_as_it_is_asked():
    array = np.zeros(2)
    copied, shared = tg.from_dlpack(array, copy=True), tg.from_dlpack(array, copy=False)
    assert tg.from_dlpack(tg.ones(2), device="cpu").tolist() == [1, 1]
    array[0] = 5.0
    assert copied.tolist() == [0, 0]
    assert shared.tolist() == [5, 0]
    with pytest.raises(RuntimeError, match="cuda"):
        tg.from_dlpack(array, device="cuda")
    with pytest.raises(TypeError, match=r"a list has no __dlpack__; see tensor\(\)"):
        tg.from_dlpack([1.0])


def test_constants_of_memory_are_the_only_ones_and_are_copied_as_themselves():
    for kind, constant in ((tg.memory_format, tg.channels_last), (tg.layout, tg.strided)):
        assert isinstance(constant, kind)
        for copied in COPIES:
            assert copied(constant) is constant
        with pytest.raises(TypeError, match="there are the constants only"):
            kind()


def test_a_point_is_drawn_by_matplotlib_and_keeps_its_gradient():
    point = tg.tensor(2.0, requires_grad=True)
    drawn = np.atleast_1d(point)
    assert drawn.shape == (1,)
    drawn.sum().backward()
    assert point.grad.item() == 1.0
    assert np.atleast_1d(tg.ones(2, 3)).shape == (2, 3)
    axes = Figure().subplots()
    (line,) = axes.plot(tg.tensor(1.0), tg.tensor(2.0), "o")
    assert line.get_xydata().tolist() == [[1.0, 2.0]]


def test_dlpack_refuses_what_requires_grad():
    with pytest.raises(RuntimeError, match="detach"):
        np.from_dlpack(tg.ones(2, requires_grad=True))


COPIES = [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))]


@pytest.mark.parametrize("copied", COPIES)
@pytest.mark.parametrize("requires_grad", [False, True])
def test_copies_keep_numbers_dtype_and_requires_grad(copied, requires_grad):
    t = tg.tensor([[1.0, 2.0]], dtype=tg.float64, requires_grad=requires_grad)
    new = copied(t)
    assert type(new) is tg.Tensor
    assert new.tolist() == t.tolist()
    assert (new.dtype, new.requires_grad, new.is_leaf) == (t.dtype, requires_grad, True)
    assert np.shares_memory(new.array, t.array) == (copied is copy.copy)


def test_numbers_of_one_element():
    t = tg.tensor([[2.5]])
    assert (float(t), int(t), complex(t), bool(t)) == (2.5, 2, 2.5 + 0j, True)
    assert f"{tg.tensor(2.5):.3f}" == "2.500"
    assert [10, 20, 30][tg.tensor(1)] == 20
    with pytest.raises(TypeError, match="whole number"):
        [1, 2][tg.tensor(1.0)]


@pytest.mark.parametrize("size", [0, 2])
@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize(
    "convert", [float, int, complex, math.isfinite, math.sqrt, "{:.2f}".format]
)
def test_several_numbers_are_no_number_as_in_numpy(convert, requires_grad, size):
    with pytest.raises(TypeError, match=rf"shape \({size},\)"):
        convert(tg.ones(size, requires_grad=requires_grad))


def test_several_whole_numbers_are_no_index():
    for convert in (operator.index, range, [1, 2].__getitem__):
        with pytest.raises(TypeError, match=r"index: .*shape \(2,\) holds 2 numbers, not one"):
            convert(tg.tensor([1, 2]))
    assert f"{tg.tensor([1, 2]):>20}" == "      tensor([1, 2])"


def test_hash_is_by_identity_and_iteration_gives_rows():
    a, b = tg.ones(2), tg.ones(2)
    assert len({a, b, a}) == 2
    rows = list(tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True))
    assert [r.tolist() for r in rows] == [[1.0, 2.0], [3.0, 4.0]]
    assert all(r.requires_grad for r in rows)


def test_type_names_are_pytorchs():
    assert tg.ones(2).type() == "torch.FloatTensor"
    assert tg.ones(2).type("torch.LongTensor").dtype == tg.int64
    assert tg.ones(2).type(tg.float64).dtype == tg.float64
    with pytest.raises(RuntimeError, match="CPU"):
        tg.ones(2).cuda()


def test_numpy_code_of_linear_algebra_differentiates_as_it_stands():
    x = tg.Tensor(np.random.default_rng(0).standard_normal((3, 3))).requires_grad_()
    b = tg.ones(3, dtype=tg.float64)
    calls = [
        lambda x, b: np.linalg.norm(x),
        lambda x, b: np.linalg.norm(x, ord=2),
        lambda x, b: np.linalg.norm(x, axis=1, keepdims=True),
        lambda x, b: np.linalg.solve(x, b),
        lambda x, b: np.tensordot(x, x, axes=([0], [0])),
        lambda x, b: np.einsum("ij,jk", x, x, optimize=True),
        lambda x, b: np.squeeze(np.expand_dims(x, 0), axis=0),
        lambda x, b: np.swapaxes(x, 0, 1),
    ]
    for call in calls:
        y = call(x, b)
        assert y.requires_grad
        np.testing.assert_allclose(y.detach().numpy(), call(x.array, b.array), rtol=1e-12)
    with pytest.raises(TypeError, match=r"np\.apply_along_axis is not defined on tensors"):
        np.apply_along_axis(np.sum, 0, x)
