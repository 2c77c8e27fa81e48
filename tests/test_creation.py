"""Tensors from nothing, dtypes, devices, and how tensors print.  PyTorch is the oracle."""

import inspect
import math
import pickle
import threading
from types import SimpleNamespace

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import accelerator, backends, creation, cuda, dtypes, printing
from tinygrad_edu.device import device
from tinygrad_edu.functions import filling


class _Ours:
    """Our functions under PyTorch's names, wherever they live."""

    def __getattr__(self, name):
        for home in (SimpleNamespace(device=device), creation, filling, dtypes, printing, tg):
            if hasattr(home, name):
                return getattr(home, name)
        raise AttributeError(name)


ours = _Ours()


# ---------------------------------------------------------------- constructors


def test_the_default_float_is_what_is_made():
    tg.set_default_dtype(tg.float64)
    for t in (
        tg.zeros(1),
        tg.arange(1.0),
        tg.linspace(0, 1, 2),
        tg.eye(1),
        tg.full((1,), 2.0),
        tg.tensor([1.0]),
        creation.logspace(0, 1, 2),
    ):
        assert t.dtype == tg.float64
    assert tg.tensor([1]).dtype == tg.int64


def test_what_shares_memory_and_what_does_not():
    array = np.zeros(3, np.float32)
    sharing = [
        tg.from_numpy(array),
        tg.as_tensor(array),
        creation.asarray(array),
        creation.asarray(tg.from_numpy(array)),
        tg.from_numpy(array[::-1]),
    ]
    apart = [
        tg.tensor(array),
        tg.as_tensor(array, dtype=tg.float64),
        filling.new_tensor(tg.zeros(1), array),
        creation.FloatTensor(array),
    ]
    array[0] = array[-1] = 5.0
    assert all(t[0] == 5 for t in sharing)
    assert all(t[0] == 0 for t in apart)
    x = tg.ones(2, requires_grad=True)
    assert tg.as_tensor(x) is x
    assert creation.asarray(x) is x


def test_a_leaf_is_a_leaf():
    for t in (
        tg.zeros(2, requires_grad=True),
        creation.full((2,), 1.0, requires_grad=True),
        filling.ones_like(tg.ones(2), requires_grad=True),
        filling.new_zeros(tg.ones(2), 2, requires_grad=True),
    ):
        (t * 2).sum().backward()
        assert t.is_leaf
        assert t.grad.tolist() == [2.0, 2.0]


MISUSE = [
    (lambda lib: lib.zeros(2.0), "whole number, not 2.0"),
    (lambda lib: lib.zeros("a"), "whole number"),
    (lambda lib: lib.zeros(True), "whole number"),
    (lambda lib: lib.zeros(2, None), "whole number"),
    (lambda lib: lib.zeros(), "missing .*size"),
    (lambda lib: lib.zeros(size=3), "size is a tuple"),
    (lambda lib: lib.full(3, 1.0), "size is a tuple"),
    (lambda lib: lib.zeros(2, -1), "size -1"),
    (lambda lib: lib.eye(-1), "size -1"),
    (lambda lib: lib.linspace(0, 1, -1), "size -1"),
    (lambda lib: lib.tril_indices(-1, 2), "size -1"),
    (lambda lib: lib.triu_indices(2, -1), "size -1"),
    (lambda lib: lib.arange(5, 0), "steps of 1 do not lead from 5 to 0"),
    (lambda lib: lib.arange(0, 5, 0), "steps of 0"),
    (lambda lib: lib.arange(0, math.inf), "inf"),
    (lambda lib: lib.arange(0, math.nan), "nan"),
    (lambda lib: lib.full((2,), "a"), "not <U1"),
    (lambda lib: lib.tensor([2**63]), "too large"),
    (lambda lib: lib.tensor(np.longdouble(1)), "longdouble|float128"),
    (lambda lib: lib.from_numpy([1]), "takes a NumPy array"),
    (lambda lib: lib.from_numpy(np.ones(2, "g")), "longdouble|float128"),
    (lambda lib: lib.zeros(2, device="tpu"), "tpu"),
    (lambda lib: lib.zeros(2, device="meta:x"), "meta"),
    (lambda lib: lib.device("foo"), "foo"),
    (lambda lib: lib.device("cpu:x"), "cpu:x"),
    (lambda lib: lib.zeros(2, dtype=lib.int64, requires_grad=True), "float"),
    (lambda lib: lib.zeros(2, dtyp=1), "dtyp"),
    (lambda lib: lib.ones_like(lib.zeros(2), dtyp=1), "dtyp"),
    (lambda lib: lib.set_default_dtype(lib.int32), "floating"),
]


@pytest.mark.parametrize(("attempt", "words"), MISUSE)
def test_misuse_is_refused_and_says_more(attempt, words):
    with pytest.raises((ValueError, TypeError, RuntimeError), match=words):
        attempt(ours)


def test_another_byte_order_is_not_shared():
    with pytest.raises(TypeError, match=r"byte order.*>f4.*use tensor"):
        tg.from_numpy(np.ones(2, ">f4"))


# ---------------------------------------------------------------- what every maker takes

MAKERS = "arange bartlett_window blackman_window empty empty_like empty_permuted empty_strided eye"
MAKERS += " full full_like hamming_window hann_window kaiser_window linspace logspace normal ones"
MAKERS += " ones_like rand rand_like randint randint_like randn randn_like randperm range"
MAKERS += " scalar_tensor tril_indices triu_indices zeros zeros_like"
MAKERS += " Tensor.new_empty Tensor.new_empty_strided Tensor.new_full Tensor.new_ones"
MAKERS += " Tensor.new_tensor Tensor.new_zeros"


@pytest.mark.parametrize("name", MAKERS.split())
def test_a_maker_names_each_option_that_it_takes(name):
    make = getattr(tg.Tensor, name[7:]) if name.startswith("Tensor.") else getattr(tg, name)
    parameters = inspect.signature(make).parameters
    assert {"dtype", "layout", "device", "pin_memory", "requires_grad"} <= set(parameters)
    assert not any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    assert all(f"{p.name} : " in make.__doc__ or "start, end : " in make.__doc__
               or "row, col : " in make.__doc__ or "alpha, beta : " in make.__doc__
               for p in parameters.values() if p.kind is p.KEYWORD_ONLY)  # fmt: skip


def test_sizes_are_given_by_place_or_by_name():
    for make in (tg.zeros, tg.ones, tg.empty, tg.rand, tg.randn, tg.zeros(1).new_zeros):
        for x in (make(2, 3), make((2, 3)), make([2, 3]), make(size=(2, 3)), make(tg.Size([2, 3]))):
            assert x.shape == (2, 3)
    assert tg.randint_like(tg.ones(4), high=1).tolist() == [0.0] * 4
    assert tg.zeros(2, layout=tg.strided, pin_memory=False).tolist() == [0.0, 0.0]
    with pytest.raises(RuntimeError, match="strided, not sparse"):
        tg.zeros(2, layout="sparse")


@pytest.mark.parametrize(
    ("name", "args", "right"),
    [
        ("hann", (4,), [0.0, 0.5, 1.0, 0.5]),
        ("hann", (5, False), [0.0, 0.5, 1.0, 0.5, 0.0]),
        ("hamming", (5, True, 0.5, 0.4), [0.1, 0.376393202, 0.823606798, 0.823606798, 0.376393202]),
        ("blackman", (4,), [0.0, 0.34, 1.0, 0.34]),
        ("bartlett", (6, False), [0.0, 0.4, 0.8, 0.8, 0.4, 0.0]),
        ("kaiser", (5, False, 7.0), [0.00593141, 0.42208462, 1.0, 0.42208462, 0.00593141]),
        ("kaiser", (1,), [1.0]),
        ("hamming", (0,), []),
    ],
)
def test_windows(name, args, right):
    window = getattr(tg, f"{name}_window")(*args, dtype=tg.float64)
    assert window.dtype == tg.float64
    np.testing.assert_allclose(window.array, right, atol=1e-7)
    for wrong in ((-1,), (5, True, {"dtype": tg.int64})):
        given = wrong[-1] if isinstance(wrong[-1], dict) else {}
        with pytest.raises(RuntimeError, match=f"{name}_window"):
            getattr(tg, f"{name}_window")(*wrong[: len(wrong) - len(given)], **given)


def test_a_range_has_its_end_and_warns():
    with pytest.warns(UserWarning, match="use arange"):
        assert tg.range(0, 1, 0.25).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_memory_is_shared_with_what_is_asked():
    array = np.zeros(2)
    tg.asarray(array)[0] = 5.0
    tg.asarray(array, copy=True)[1] = 5.0
    buffer = bytearray(4)
    tg.frombuffer(buffer, dtype=tg.int16, offset=2)[0] = 7
    assert (array.tolist(), list(buffer)) == ([5.0, 0.0], [0, 0, 7, 0])
    leaf = tg.ones(2, requires_grad=True)
    assert tg.asarray(leaf) is leaf
    assert not tg.asarray(leaf, requires_grad=False).requires_grad
    with pytest.raises(ValueError, match="cannot be shared"):
        tg.asarray([1.0], copy=False)
    assert tg.empty_strided((2, 3), (1, 2)).stride() == (1, 2)


# ---------------------------------------------------------------- dtypes


@pytest.mark.parametrize(
    "attempt",
    [
        lambda kind: tg.zeros(2, dtype=kind),
        lambda kind: tg.tensor([1.0], dtype=kind),
        lambda kind: tg.tensor([1.0]).to(kind),
        lambda kind: tg.full((2,), 1, dtype=kind),
        lambda kind: filling.zeros_like(tg.ones(2), dtype=kind),
        lambda kind: tg.arange(3, dtype=kind),
        lambda kind: tg.randn(2, dtype=kind),
        lambda kind: tg.randint(3, (2,), dtype=kind),
        lambda kind: tg.set_default_dtype(kind),
        lambda kind: dtypes.finfo(kind),
        lambda kind: dtypes.promote_types(kind, tg.float32),
    ],
)
def test_dtypes_that_numpy_or_we_have_not_say_so(attempt):
    with pytest.raises(TypeError, match=r"bfloat16 \(which NumPy does not have: use float32"):
        attempt(dtypes.bfloat16)
    for kind in (dtypes.complex64, dtypes.complex128):
        with pytest.raises(TypeError, match="complex"):
            attempt(kind)


def test_complex_numbers_are_refused_by_name():
    for data in (1j, [1j, 2.0], np.ones(2, complex)):
        for make in (tg.tensor, tg.as_tensor, creation.asarray):
            with pytest.raises(TypeError, match="not complex128"):
                make(data)
    with pytest.raises(TypeError, match="not complex128"):
        tg.from_numpy(np.ones(2, complex))
    with pytest.raises(TypeError, match="not complex128"):
        tg.full((2,), 1j)


def test_a_missing_dtype_is_no_tensor_s_dtype():
    assert tg.ones(2).dtype != dtypes.bfloat16
    assert (tg.ones(2).dtype == dtypes.bfloat16) is False
    assert tg.ones(2).dtype not in (dtypes.complex64, dtypes.complex128)


def test_limits_of_the_wrong_kind_are_refused():
    with pytest.raises(TypeError, match="finfo: int64 is not a floating dtype; iinfo"):
        dtypes.finfo(tg.int64)
    for kind in ("float32", "bool"):
        with pytest.raises(TypeError, match=f"iinfo: {kind} is not an integer dtype; finfo"):
            dtypes.iinfo(getattr(dtypes, kind.replace("bool", "bool_")))


def test_what_a_tensor_is():
    assert creation.is_tensor(tg.ones(1))
    assert not creation.is_tensor(np.ones(1))
    assert dtypes.is_floating_point(tg.ones(1, dtype="float16"))
    assert not dtypes.is_floating_point(tg.arange(2))
    assert not dtypes.is_complex(tg.ones(1))


def test_a_dtype_is_a_numpy_dtype():
    assert tg.float32 == np.dtype("float32") == "float32"
    assert dtypes.checked(">f8") is dtypes.checked(float) is tg.float64
    assert dtypes.checked(pickle.loads(pickle.dumps(tg.int64))) is tg.int64


# ---------------------------------------------------------------- devices


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps", "meta", "xpu", "gpu", "", 0, "cpu0"])
def test_another_device_is_refused_by_its_name(name):
    makers = [device, *[lambda d, make=make: make(2, device=d) for make in (tg.zeros, tg.empty)]]
    makers += [lambda d: tg.tensor([1.0], device=d), lambda d: tg.arange(3, device=d)]
    makers += [lambda d: tg.randn(3, device=d), lambda d: tg.randint(3, (1,), device=d)]
    makers += [lambda d: filling.zeros_like(tg.ones(1), device=d), lambda d: tg.eye(2, device=d)]
    makers += [lambda d: tg.Generator(device=d), lambda d: tg.randperm(2, device=d)]
    for make in makers:
        with pytest.raises(RuntimeError, match=f"no device '{name}'"):
            make(name)


def test_code_that_asks_first_runs_on_the_cpu():
    assert not cuda.is_available()
    assert cuda.device_count() == 0
    assert not backends.mps.is_available()
    assert not accelerator.is_available()
    cuda.manual_seed_all(0)
    cuda.synchronize()
    backends.cudnn.benchmark = False
    assert tg.zeros(2, device="cuda" if cuda.is_available() else "cpu").tolist() == [0, 0]


# ---------------------------------------------------------------- printing


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match=r"'x'.*there are .*short"):
        printing.set_printoptions(profile="x")


def test_tensors_are_made_in_threads():
    made = []
    threads = [threading.Thread(target=lambda: made.append(tg.zeros(2))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
