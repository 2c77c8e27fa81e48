"""Tensors from nothing, dtypes, devices, and how tensors print.  PyTorch is the oracle."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp
from test_creation import MISUSE, ours

import tinygrad_edu as tg
from tinygrad_edu import creation, dtypes, printing
from tinygrad_edu.device import device
from tinygrad_edu.functions import filling

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


def described(t):
    return str(t.dtype).removeprefix("torch."), tuple(t.shape), t.requires_grad, t.tolist()


def agree(f):
    assert described(f(ours)) == described(f(torch))


def new(lib, name, *args, **kwargs):
    """x.new_zeros(...) in both libraries: a function of the tensor, until it is a method."""
    x = lib.ones(2, 2, dtype=lib.float64)
    return (
        getattr(filling, name)(x, *args, **kwargs)
        if lib is ours
        else getattr(x, name)(*args, **kwargs)
    )


# ---------------------------------------------------------------- constructors


@pytest.mark.parametrize(
    "make",
    [
        lambda lib: lib.zeros(size=(2, 3)),
        lambda lib: lib.zeros(()),
        lambda lib: lib.zeros([2], dtype=lib.float64, requires_grad=True),
        lambda lib: lib.ones(lib.tensor(2), 3, device="cpu"),
        lambda lib: lib.ones(size=[2], dtype=lib.bool, device=lib.device("cpu")),
        lambda lib: lib.full((2,), lib.tensor(3.0)),
        lambda lib: lib.full((2,), True),
        lambda lib: lib.full([], 3, requires_grad=False),
        lambda lib: lib.full((1, 2), 3, dtype=lib.float16, requires_grad=True),
        lambda lib: lib.zeros_like(lib.ones(2, 3, dtype=lib.int32)),
        lambda lib: lib.ones_like(lib.ones(2), dtype=lib.int64, device="cpu"),
        lambda lib: lib.ones_like(lib.ones(2, 3).T, memory_format=torch.preserve_format),
        lambda lib: lib.ones_like(lib.ones(2, requires_grad=True)),
        lambda lib: lib.full_like(lib.ones(2, dtype=lib.int64), 2.5),
        lambda lib: lib.full_like(lib.ones(2), 2, requires_grad=True),
        lambda lib: new(lib, "new_tensor", [1, 2]),
        lambda lib: new(lib, "new_tensor", [1, 2], dtype=lib.int32),
        lambda lib: new(lib, "new_zeros", 2, 3),
        lambda lib: new(lib, "new_zeros", (2, 3), dtype=lib.int64),
        lambda lib: new(lib, "new_ones", size=(2,), requires_grad=True),
        lambda lib: new(lib, "new_full", (2,), 1),
        lambda lib: lib.arange(5),
        lambda lib: lib.arange(end=3),
        lambda lib: lib.arange(2, 2),
        lambda lib: lib.arange(True),
        lambda lib: lib.arange(np.float64(3)),
        lambda lib: lib.arange(lib.tensor(3.0)),
        lambda lib: lib.arange(-3, 10, 4),
        lambda lib: lib.arange(10, -3, -4, dtype=lib.float32),
        lambda lib: lib.arange(0, 3.5),
        lambda lib: lib.arange(1, 2, 0.25, requires_grad=True),
        lambda lib: lib.arange(5, dtype=lib.int8),
        lambda lib: lib.linspace(0, 1, 5, dtype=lib.float64),
        lambda lib: lib.linspace(0, 10, 5, dtype=lib.int64),
        lambda lib: lib.linspace(3, 3, 1),
        lambda lib: lib.linspace(0, 1, 0),
        lambda lib: lib.linspace(lib.tensor(0.0), lib.tensor(1.0), 3, requires_grad=True),
        lambda lib: lib.logspace(0, 2, 3),
        lambda lib: lib.logspace(0, 3, 4, base=2, dtype=lib.float64),
        lambda lib: lib.eye(3),
        lambda lib: lib.eye(2, 3, dtype=lib.int64),
        lambda lib: lib.eye(0),
        lambda lib: lib.tril_indices(3, 4),
        lambda lib: lib.tril_indices(3, 3, -1),
        lambda lib: lib.triu_indices(3, 4, 1, dtype=lib.int32),
        lambda lib: lib.triu_indices(2, 2, 5),
        lambda lib: lib.asarray([1, 2]),
        lambda lib: lib.tensor([np.float32(2.0)]),
        lambda lib: lib.tensor([1e300, -1e300]),
        lambda lib: lib.tensor(np.array([1e300]), dtype=lib.float32),
        lambda lib: lib.FloatTensor([1, 2]),
        lambda lib: lib.FloatTensor((2, 3)),
        lambda lib: lib.FloatTensor(),
        lambda lib: lib.DoubleTensor([[1, 2]]),
        lambda lib: lib.LongTensor(np.array([1, 2])),
        lambda lib: lib.LongTensor([1.5]),
        lambda lib: lib.IntTensor([1]),
        lambda lib: lib.ShortTensor([1]),
        lambda lib: lib.HalfTensor([1]),
        lambda lib: lib.ByteTensor([255]),
        lambda lib: lib.BoolTensor([0, 1]),
        lambda lib: lib.BoolTensor([[True]]),
    ],
)
def test_constructors_give_what_pytorch_gives(make):
    agree(make)


@pytest.mark.parametrize("name", ["empty", "zeros", "ones"])
@pytest.mark.parametrize("kind", DTYPES)
def test_every_dtype_is_made(name, kind):
    for sizes in [(2, 3), ((2, 3),), ([0, 2],)]:
        t = getattr(ours, name)(*sizes, dtype=getattr(dtypes, kind.replace("bool", "bool_")))
        wanted = getattr(torch, name)(*sizes, dtype=getattr(torch, kind))
        assert described(t)[:3] == described(wanted)[:3]
    assert filling.empty_like(t).dtype == filling.new_empty(t, 2).dtype == np.dtype(kind)


@given(
    start=st.floats(-100, 100),
    span=st.floats(0, 50),
    step=st.floats(0.01, 10) | st.integers(1, 5),
    kind=st.sampled_from(["float32", "float64"]),
    down=st.booleans(),
)
def test_arange_counts_as_pytorch_does(start, span, step, kind, down):
    ends = (start, start - span, -step) if down else (start, start + span, step)
    mine = creation.arange(*ends, dtype=getattr(tg, kind))
    theirs = torch.arange(*ends, dtype=getattr(torch, kind))
    assert mine.shape == tuple(theirs.shape)
    rtol = 1e-6 if kind == "float32" else 1e-14
    np.testing.assert_allclose(mine.array, theirs.numpy(), rtol=rtol, atol=rtol * 150)


@given(start=st.integers(-50, 50), end=st.integers(-50, 50), step=st.integers(-7, 7))
def test_arange_of_ints_is_exact_and_refuses_what_pytorch_refuses(start, end, step):
    try:
        theirs = torch.arange(start, end, step)
    except RuntimeError:
        with pytest.raises(RuntimeError, match="do not lead"):
            creation.arange(start, end, step)
        return
    assert creation.arange(start, end, step).tolist() == theirs.tolist()


@given(start=st.floats(-1e3, 1e3), end=st.floats(-1e3, 1e3), steps=st.integers(1, 20))
def test_linspace_is_pytorch_s(start, end, steps):
    mine = creation.linspace(start, end, steps)
    theirs = torch.linspace(start, end, steps).numpy()
    np.testing.assert_allclose(mine.array, theirs, rtol=1e-6, atol=1e-3)
    assert mine.dtype == tg.float32


@pytest.mark.parametrize(("attempt", "words"), MISUSE)
def test_misuse_is_refused_as_in_pytorch(attempt, words):
    with pytest.raises((ValueError, TypeError, RuntimeError)) as theirs:
        attempt(torch)
    with pytest.raises((ValueError, TypeError, RuntimeError)) as mine:
        attempt(ours)
    assert issubclass(mine.type, theirs.type) or issubclass(theirs.type, mine.type)


# ---------------------------------------------------------------- dtypes


@pytest.mark.parametrize(("one", "other"), list(itertools.product(DTYPES, DTYPES)))
def test_promotion_and_casts_are_pytorch_s(one, other):
    theirs = getattr(torch, one), getattr(torch, other)
    wanted = str(torch.promote_types(*theirs)).removeprefix("torch.")
    assert dtypes.promote_types(one, other) == wanted
    assert dtypes.can_cast(one, other) == torch.can_cast(*theirs)
    for shape, of_other in itertools.product([(), (2,)], [(), (2,)]):
        pair = [(shape, one), (of_other, other)]
        mine = dtypes.result_type(*[tg.ones(s, dtype=k) for s, k in pair])
        wanted = torch.result_type(*[torch.ones(s, dtype=getattr(torch, k)) for s, k in pair])
        assert mine == str(wanted).removeprefix("torch.")


@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("number", [True, 2, 2.5])
def test_numbers_meet_tensors_as_in_pytorch(kind, number):
    for shape in [(), (2,)]:
        mine = dtypes.result_type(tg.ones(shape, dtype=kind), number)
        wanted = torch.result_type(torch.ones(shape, dtype=getattr(torch, kind)), number)
        assert mine == str(wanted).removeprefix("torch.")


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", None])
def test_finfo_is_pytorch_s(kind):
    mine = dtypes.finfo(*[getattr(tg, kind)] if kind else [])
    theirs = torch.finfo(*[getattr(torch, kind)] if kind else [])
    for name in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution", "dtype"):
        assert getattr(mine, name) == getattr(theirs, name), name
        assert type(getattr(mine, name)) is type(getattr(theirs, name)), name


@pytest.mark.parametrize("kind", ["uint8", "int8", "int16", "int32", "int64"])
def test_iinfo_is_pytorch_s(kind):
    mine, theirs = dtypes.iinfo(kind), torch.iinfo(getattr(torch, kind))
    for name in ("bits", "max", "min", "dtype"):
        assert getattr(mine, name) == getattr(theirs, name), name


# ---------------------------------------------------------------- devices


def test_a_device_is_named_as_in_pytorch():
    for args in [("cpu",), ("cpu:0",), ("cpu", 0)]:
        mine, theirs = device(*args), torch.device(*args)
        assert (repr(mine), str(mine)) == (repr(theirs), str(theirs))
        assert (mine.type, mine.index) == (theirs.type, theirs.index)
        assert device(mine) == mine
    assert device() == device("cpu") == "cpu"
    assert device("cpu") != device("cpu:0") != "cpu"
    assert device("cpu") != 3
    assert len({device("cpu"), device("cpu"), "cpu"}) == 1


# ---------------------------------------------------------------- printing


def printed_alike(array, **kwargs):
    mine, theirs = tg.tensor(array, **kwargs), torch.tensor(array, **kwargs)
    assert repr(mine) == repr(theirs).replace("dtype=torch.", "dtype=")
    assert str(mine) == str(theirs).replace("dtype=torch.", "dtype=")


floats = st.floats(width=32) | st.integers(-2000, 2000).map(float) | st.floats(-10, 10, width=16)
shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9)


@settings(max_examples=300)
@given(hnp.arrays(np.float32, shapes, elements=floats))
def test_floats_print_as_in_pytorch(array):
    printed_alike(array)


@given(hnp.arrays(st.sampled_from(["int64", "bool"]), shapes))
def test_integers_and_bools_print_as_in_pytorch(array):
    printed_alike(array)


@given(
    hnp.arrays(
        st.sampled_from(["int32", "uint8", "float64", "float16"]), st.sampled_from([(), (0, 2), 3])
    )
)
def test_other_dtypes_are_named(array):
    printed_alike(array)


@settings(max_examples=30)
@given(
    st.sampled_from(
        [(1001,), (40, 40), (3, 400), (400, 3), (11, 10, 10), (2, 600, 1), (7, 7, 7, 7)]
    ),
    st.sampled_from([1.0, 1e-6, 1e6, 1e12]),
    st.booleans(),
)
def test_many_numbers_are_cut_as_in_pytorch(shape, scale, whole):
    numbers = np.random.default_rng(0).standard_normal(shape) * scale
    printed_alike((np.round(numbers) if whole else numbers).astype(np.float32))
    printed_alike((numbers * 100).astype(np.int64))


@pytest.mark.parametrize(
    "shape", [(), (1,), (6,), (7,), (8,), (9,), (10,), (2, 7), (2, 8), (2, 9), (0, 3)]
)
def test_what_is_said_of_the_record_wraps_as_in_pytorch(shape):
    array = np.full(shape, 1.25, np.float32)
    printed_alike(array, requires_grad=True)
    mine = tg.tensor(array, requires_grad=True) * 2
    theirs = torch.tensor(array, requires_grad=True) * 2
    assert repr(mine).replace("Multiply", "Mul") == repr(theirs) or len(shape) == 1
    assert repr(mine.exp()) == repr(theirs.exp())


@pytest.mark.parametrize(
    "options",
    [
        {"precision": 2},
        {"precision": 8},
        {"threshold": 5},
        {"threshold": 5, "edgeitems": 1},
        {"threshold": 0, "edgeitems": 2, "linewidth": 40},
        {"linewidth": 30},
        {"linewidth": 200},
        {"sci_mode": True},
        {"sci_mode": False},
        {"profile": "short"},
        {"profile": "full"},
        {"profile": "short", "precision": 6},
        {"profile": "default"},
        {"precision": 2, "threshold": 5, "edgeitems": 1, "linewidth": 30, "sci_mode": True},
        {"threshold": 6, "profile": "full", "edgeitems": 2},
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    "array",
    [
        np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4),
        np.linspace(-1, 1, 2000, dtype=np.float32),
        np.arange(12.0, dtype=np.float32),
        np.arange(24).reshape(2, 3, 4),
        np.float32([1e-7, 1e7, np.nan, np.inf]),
        np.float32(1e-9),
        np.zeros(3, np.float32),
    ],
    ids=lambda a: str(a.shape),
)
def test_options_of_printing_do_what_they_do_in_pytorch(array, options):
    try:
        printing.set_printoptions(**options)
        torch.set_printoptions(**options)
        printed_alike(array)
    finally:
        printing.set_printoptions(profile="default")
        torch.set_printoptions(profile="default")


def test_options_of_printing_are_taken_by_place_and_stay_but_sci_mode():
    try:
        for setting in (printing.set_printoptions, torch.set_printoptions):
            setting(2, 5, 1, 40, "short", True)
        printed_alike(np.linspace(-1, 1, 12, dtype=np.float32))
        for setting in (printing.set_printoptions, torch.set_printoptions):
            setting(linewidth=20)  # sci_mode is None again
        printed_alike(np.linspace(-1, 1, 12, dtype=np.float32))
    finally:
        printing.set_printoptions(profile="default")
        torch.set_printoptions(profile="default")
