"""`out=` beside PyTorch's: the functions that take it, what is written, what is refused."""

import inspect
import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
import tinygrad_edu.io
import tinygrad_edu.linalg
import tinygrad_edu.settings
from tinygrad_edu.registry import NAMES, public_at

CALLS = [
    *["exp(x, out=out)", "add(x, 1, out=out)", "maximum(x, x, out=out)", "clamp(x, 0, out=out)"],
    *["sum(x, 0, out=out)", "mean(x, 0, out=out)", "cumsum(x, 0, out=out)", "amax(x, 0, out=out)"],
    *["eq(x, x, out=out)", "cat([x, x], out=out)", "tril(x, out=out)"],
    *["zeros(2, 2, out=out)", "full((2,), 7.0, out=out)", "eye(3, out=out)"],
    *["linalg.inv(x, out=out)", "special.erfc(x, out=out)"],
    *["where(x > 0, x, x, out=out)", "gather(x, 0, (x > 0).long(), out=out)", "mm(x, x, out=out)"],
]
OUTS = {
    "the same": (2, 2, "float32"),
    "wider": (2, 2, "float64"),
    "whole": (2, 2, "int64"),
    "a bool": (2, 2, "bool"),
    "empty": (0, "float32"),
    "another shape": (5, "float32"),
}
# PyTorch asks for an equal dtype here.
STRICT = [
    "amax",
    "cat",
    "tril",
    "linalg.inv",
    "gather",
    "mm",
    "eye",
    "full",
    "clamp",
    "where",
    "cumsum",
    "sum",
]


def outcome(library, call, shape, grad):
    x = library.tensor([[2.0, -1.0], [0.5, 3.0]], requires_grad=grad)
    out = library.zeros(shape[:-1], dtype=getattr(library, shape[-1]))
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            y = eval(f"library.{call}", {"library": library, "x": x, "out": out})
        assert y is out
        return np.asarray(y.detach().numpy()), [w.category for w in said if "resized" in str(w)]
    except (RuntimeError, TypeError, IndexError) as error:
        return error


@pytest.mark.parametrize("grad", [False, True])
@pytest.mark.parametrize("shape", OUTS.values(), ids=OUTS)
@pytest.mark.parametrize("call", CALLS)
def test_what_is_written_is_what_pytorch_writes(call, shape, grad):
    if shape[-1] != "float32" and call.partition("(")[0] in STRICT:
        pytest.skip("PyTorch asks for an equal dtype")
    ours, theirs = (outcome(library, call, shape, grad) for library in (tg, torch))
    shown = f"ours {ours!r}, PyTorch {theirs!r}"
    if isinstance(theirs, Exception):
        assert isinstance(ours, type(theirs)), shown
    else:
        assert not isinstance(ours, Exception), shown
        assert ours[1] == theirs[1], shown
        assert ours[0].dtype == theirs[0].dtype, shown
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-6, err_msg=shown)


# Of those whose docstring does not say `out=`, and of several results.
MORE = {
    "take(x, i, out=out)": "f",
    "index_copy(x, 0, i, x, out=out)": "f",
    "scatter_reduce(x, 0, (x > 0).long(), x, 'amax', out=out)": "f",
    "slice_scatter(x, x[:1], 0, 0, 1, out=out)": "f",
    "msort(x, out=out)": "f",
    "renorm(x, 2, 0, 1.0, out=out)": "f",
    "quantile(x, 0.3, 1, out=out)": "f",
    "nanquantile(x, 0.3, out=out)": "f",
    "histc(x, 3, out=out)": "f",
    "isin(x, x[0], out=out)": "b",
    "kthvalue(x, 1, out=out)": "fi",
    "mode(x, out=out)": "fi",
    "aminmax(x, dim=0, out=out)": "ff",
    "histogram(x, 3, out=out)": "ff",
    "linalg.lstsq(x, x, out=out)": "ffif",
}


@pytest.mark.parametrize(("call", "kinds"), MORE.items(), ids=MORE)
def test_results_are_written_to_empty_tensors(call, kinds):
    written = []
    for library in (tg, torch):
        types = {"f": library.float32, "i": library.int64, "b": library.bool}
        outs = tuple([library.empty(0, dtype=types[kind]) for kind in kinds])
        names = {"library": library, "i": library.tensor([1, 0])}
        names |= {"x": library.tensor([[2.0, -1.0], [0.5, 3.0]])}
        y = eval(f"library.{call}", names | {"out": outs if len(outs) > 1 else outs[0]})
        assert all(a is b for a, b in zip(y if len(outs) > 1 else (y,), outs, strict=True))
        written.append([x.numpy() for x in outs])
    for mine, theirs in zip(*written, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def takes_out(path):
    """Does PyTorch's function take `out=`?  It says so in its docstring, or refusing a call."""
    function = torch
    for part in path.split("."):
        function = getattr(function, part)
    try:
        function(*[object()] * 7, out=torch.zeros(1))
    except Exception as error:
        text = (str(error) + (function.__doc__ or "")).replace(" ", "")
        return "out=None" in text or "out(Tensor" in text
    return True


FUNCTIONS = {path: f for path in NAMES if inspect.isfunction(f := public_at(path))}
PATHS = [path for path, f in FUNCTIONS.items() if "out" in inspect.signature(f).parameters]
UNSAID = "absolute arccos arccosh arcsin arcsinh arctan arctan2 arctanh true_divide det argmax "
UNSAID += "argmin nansum index_add scatter_add softmax log_softmax special.softmax "
UNSAID += "special.log_softmax slogdet qr lu tensordot orgqr take index_copy index_reduce "
UNSAID += "scatter_reduce slice_scatter linalg.lstsq msort"


@pytest.mark.parametrize("path", [path for path in PATHS if path not in UNSAID.split()])
def test_pytorchs_takes_it_too(path):
    assert takes_out(path)
