"""The anomaly trap stops at the first op whose result, or whose derivative, is not finite; what a
user put there on purpose passes.  Its messages are rows of mistakes.py."""

import gc
import linecache
import threading
from random import Random

import numpy as np
import pytest
from mistakes import THEMES

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu import diagnose
from tinygrad_edu.diagnose import AnomalyError, slice_of
from tinygrad_edu.engine import caller, graph, hooked, observing, trapping
from tinygrad_edu.testing.programs import random_program

INF = float("inf")


def zero_one():
    return tg.tensor([0.0, 1.0], requires_grad=True)


def caught(f, *args):
    with pytest.raises(RuntimeError) as caught, tg.detect_anomaly():
        f(*args)
    return caught.value


@pytest.fixture(autouse=True)
def _nothing_is_left():
    yield
    assert not tg.is_anomaly_enabled()
    assert graph.planned is observing.looked_at is None
    assert hooked.watched is iter
    assert caller.unrecorded is caller.plain_result
    assert graph.record is graph.new_node
    assert np.geterr()["divide"] == "warn"


# ---------------------------------------------------------------- what it says


def test_the_whole_message():
    code = """
import tinygrad_edu as torch, nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Softmax(1))
        nn.init.constant_(self.head[0].weight, 3.0)
        self.head[0].weight.data[1] = 200.0
    def forward(self, x):
        return torch.log(self.head(x))
with torch.detect_anomaly():
    loss = -Net()(torch.ones(1, 2)).mean()
"""
    lines = [line + "\n" for line in code.split("\n")]
    linecache.cache["train.py"] = (len(code), None, lines, "train.py")
    try:
        with pytest.raises(AnomalyError) as caught:
            exec(compile(code, "train.py", "exec"), {"__name__": "train"})
    finally:
        del linecache.cache["train.py"]
    # fmt: off
    assert str(caught.value) == """\
detect_anomaly: log gave -inf, at 1 of 2 elements
  op     log: y = ln x
  line   train.py:10:  return torch.log(self.head(x))
  in     Net
  x      (1, 2) float32, 0 to 1, all finite
  y      (1, 2) float32, 0 where finite, 1 of 2 not finite (1 -inf)
  first  y[0, 0] = ln 0 = -inf
  from   x <- softmax (1, 2) at train.py:10 <- linear (1, 2) at train.py:10 <- head.0.weight (2, 2)
  why    the logarithm of a probability that softmax rounded to 0 is -inf
  cure   give the logits to `F.cross_entropy(logits, target)`, or use
         `F.log_softmax(logits, dim)`; else `p.clamp(min=1e-8).log()`"""
    # fmt: on
    assert (caught.value.op, caught.value.place) == ("log", "train.py:10")
    assert caught.value.cause == "log of a probability 0"


def test_every_message_says_what_the_cause_is():
    rows = THEMES["Numbers that are not finite"]
    assert len(rows) >= 30
    for row in rows:
        assert "  why " in row.message, row.title
        assert "  cure " in row.message, row.title
        assert "mistake.py:" in row.message or "before the trap was set" in row.message, row.title


def test_the_path_of_the_module():
    model = nn.Sequential(nn.Flatten(), nn.Sequential(nn.ReLU(), nn.Linear(4, 2)))
    model[1][1].weight.data[0, 0] = float("nan")
    error = caught(model, tg.ones(1, 2, 2))
    assert "  in    Sequential > 1 > 1 > Linear\n" in str(error)
    assert "W <- 1.1.weight (2, 4)" in str(error)


def test_where_that_its_line_shows_is_recognised_before_any_step_back(tmp_path):
    """The logarithm stops, and `where` has not been called yet."""
    x = tg.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    error = caught(lambda: tg.where(x > 0, tg.log(x), 0.0))
    assert (error.op, error.cause) == ("log", "double where")


def test_an_op_that_ran_before_the_trap_was_set_is_caught_going_back():
    with np.errstate(all="ignore"):
        y = tg.where(zero_one() > 0, tg.log(zero_one()), 0.0)
    error = caught(y.sum().backward)
    assert (error.op, error.cause, error.place) == ("log", "double where", "")
    assert "it ran before the trap was set" in str(error)


def test_the_function_of_a_user_is_named():
    class Forward(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return tg.tensor(np.full(2, np.nan, np.float32))

        @staticmethod
        def backward(ctx, g):
            return g

    class Backward(Forward):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        def backward(ctx, g):
            return tg.tensor(np.full(2, np.nan, np.float32))

    error = caught(Forward.apply, zero_one())
    assert (error.op, error.cause) == ("Forward", "a Function's forward")
    error = caught(lambda: Backward.apply(zero_one()).sum().backward())
    assert (error.op, error.cause) == ("Backward", "a Function's backward")
    with pytest.raises(RuntimeError, match="no script of the record can repeat Backward"):
        slice_of(error)


# ---------------------------------------------------------------- what it stops at


STOPS = [
    ("log", lambda x: x.log()),
    ("exp", lambda x: (1000 * x).exp()),
    ("divide", lambda x: x / tg.zeros(2)),
    ("divide", lambda x: tg.ones(2) / tg.zeros(2)),  # outside of the record too
    ("log", lambda x: tg.zeros(2).log()),
    ("multiply", lambda x: x * INF),
    ("multiply", lambda x: x * tg.tensor([1.0, INF])),
    ("add", lambda x: x + tg.tensor([1.0, INF])),
    ("subtract", lambda x: x.masked_fill(x > 0, -INF) - x.masked_fill(x > 0, -INF)),
    ("sum", lambda x: x.masked_fill(x > 0, -INF).sum()),
    ("matmul", lambda x: x.masked_fill(x > 0, -INF) @ tg.ones(2)),
    ("reshape", lambda x: tg.tensor([INF, 1.0], requires_grad=True).reshape(2, 1)),
    ("where", lambda x: tg.where(x > 0, x, tg.tensor(float("nan")))),
    ("astype", lambda x: (x * 1e30).half()),
    ("prod", lambda x: tg.stack([x + 1e30, x + 1e30]).prod(0)),
    ("acos", lambda x: tg.acos(x + 1)),
    ("cumprod", lambda x: ((x + 1) * 1e30).repeat(2).cumprod(0)),
]


@pytest.mark.parametrize(("op", "f"), STOPS)
def test_it_stops_at_the_first_op(op, f):
    assert caught(f, zero_one()).op == op


GOES_BACK = [
    ("sqrt", "sqrt at 0", lambda x: x.sqrt()),
    ("power", "power at 0", lambda x: x**0.5),
    ("acos", "acos at the end of its domain", lambda x: x.acos()),
    ("asin", "asin at the end of its domain", lambda x: x.asin()),
    ("cbrt", "cbrt at 0", lambda x: np.cbrt(x)),
    ("xlogy", "log of 0", lambda x: tg.xlogy(tg.zeros(2), x)),
    ("sqrt", "double where", lambda x: tg.where(x > 0, x.sqrt(), 0.0)),
    ("sqrt", "double where", lambda x: x.sqrt()[1:].sum() + x.sqrt().masked_fill(x == 0, 0.0)),
    ("sqrt", "norm at 0", lambda x: (tg.outer(x, x) ** 2).sum(1).sqrt()),
    ("hypot", "hypot at (0, 0)", lambda x: tg.hypot(x, x.detach())),
]


@pytest.mark.parametrize(("op", "cause", "f"), GOES_BACK)
def test_it_stops_at_the_first_derivative(op, cause, f):
    error = caught(lambda: f(zero_one()).sum().backward())
    assert (error.op, error.cause) == (op, cause)


PASSES = {
    "a mask that is filled": lambda x: F.softmax(x.masked_fill(x > 0, -INF), 0),
    "a mask that is added": lambda x: F.softmax((x + tg.tensor([0.0, -INF])) / 2, 0),
    "a mask that is chosen": lambda x: tg.where(x > 0, -INF, x).logsumexp(0),
    "a triangle": lambda x: F.softmax(
        tg.outer(x, x) + tg.full((2, 2), -INF).triu(1).reshape(2, 2), -1
    ),
    "log_softmax of a mask": lambda x: F.log_softmax(x.masked_fill(x > 0, -INF), 0).exp(),
    "the largest of some": lambda x: tg.maximum(x, tg.full((2,), -INF)),
    "the largest of a mask": lambda x: tg.where(x > 0, x, -INF).amax(),
    "a distance that is infinite": lambda x: F.softmax(-tg.where(x > 0, x, INF), 0),
    "a border": lambda x: F.pad(x, (1, 1), value=-INF).amax(),
    "joined": lambda x: tg.cat([x, tg.tensor([-INF])]).softmax(0),
    "written": lambda x: _written(x).softmax(0),
    "NaN that are filled": lambda x: x.masked_fill(x > 0, float("nan")).nan_to_num(),
    "data that are cleaned": lambda x: x * tg.tensor([1.0, float("nan")]).clone().nan_to_num(),
    "attention": lambda x: F.scaled_dot_product_attention(
        *[x.reshape(1, 2, 1)] * 3, is_causal=True
    ),
    "a bound": lambda x: x.clamp(min=0, max=INF),
    "a pool with a border": lambda x: F.max_pool1d(x.reshape(1, 1, 2), 3, 1, 1),
    "integers": lambda x: x[tg.tensor([0, 1])].argmax() + x.sum(),
}


def _written(x):
    y = x * 1
    y[0] = -INF
    return y


@pytest.mark.parametrize("name", PASSES)
def test_what_was_put_there_on_purpose_passes(name):
    with tg.detect_anomaly():
        PASSES[name](zero_one()).sum().backward()


@pytest.mark.parametrize("seed", range(8))
def test_finite_programs_run_as_they_do_without_it(seed):
    program = random_program(Random(seed), 6)
    results = []
    for trap in (False, True):
        with tg.autograd.set_detect_anomaly(trap):
            xs = [tg.tensor(x.array.copy(), requires_grad=True) for x in program.inputs]
            ys = program(*xs)
            total = sum(y.sum() for y in ys if y.requires_grad)
            grads = tg.autograd.grad(total, xs, allow_unused=True)
            results.append([*[y.detach() for y in ys], *[g for g in grads if g is not None]])
    for a, b in zip(*results, strict=True):
        assert a.array.tobytes() == b.array.tobytes()


# ---------------------------------------------------------------- where it holds


def test_an_exception_of_the_user_leaves_nothing_behind():
    with pytest.raises(KeyError), tg.detect_anomaly():
        raise KeyError
    with pytest.raises(ValueError, match="broadcast"), tg.detect_anomaly():
        tg.ones(2, requires_grad=True) + tg.ones(3)


def test_after_it_stopped_backward_no_gradient_is_changed():
    x = zero_one()
    (3 * x).sum().backward()
    caught(lambda: x.sqrt().sum().backward())
    assert x.grad.tolist() == [3.0, 3.0]


def test_it_nests_and_may_be_taken_away_within():
    with tg.detect_anomaly():
        with tg.autograd.set_detect_anomaly(False), np.errstate(divide="ignore"):
            assert not tg.is_anomaly_enabled()
            zero_one().log()
        with tg.autograd.detect_anomaly(check_nan=False), np.errstate(divide="ignore"):
            assert (tg.is_anomaly_enabled(), tg.is_anomaly_check_nan_enabled()) == (True, False)
            y = zero_one().log()
            assert y.node.call.name == "log"  # the record keeps the lines
        assert (tg.is_anomaly_enabled(), tg.is_anomaly_check_nan_enabled()) == (True, True)
        with pytest.raises(AnomalyError):
            zero_one().log()


def test_it_is_set_by_a_statement_too():
    mode = tg.autograd.set_detect_anomaly(True)
    assert repr(mode) == "set_detect_anomaly(True, check_nan=True)"
    try:
        with pytest.raises(AnomalyError):
            zero_one().log()
    finally:
        tg.autograd.set_detect_anomaly(False)
    tg.set_anomaly_enabled(True)
    assert tg.is_anomaly_enabled()
    tg.set_anomaly_enabled(False)


def test_it_decorates():
    @tg.detect_anomaly()
    def f(x):
        return x.log()

    @tg.autograd.set_detect_anomaly(True)
    def g(x):
        return x.log()

    assert not tg.is_anomaly_enabled()
    for h in (f, g):
        with pytest.raises(AnomalyError):
            h(zero_one())


def test_it_holds_for_its_thread_alone():
    found = []

    def other():
        with np.errstate(divide="ignore"):
            found.append(zero_one().log().tolist())
        found.append(tg.is_anomaly_enabled())

    with tg.detect_anomaly():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert found == [[-INF, 0.0], False]


def test_a_thread_that_ends_takes_it_along():
    thread = threading.Thread(target=tg.autograd.set_detect_anomaly, args=(True,))
    thread.start()
    thread.join()
    gc.collect()
    assert not trapping._set
    assert not observing._open


WAYS = {
    "checkpoint": lambda x: tg.utils.checkpoint.checkpoint(tg.sqrt, x, use_reentrant=False),
    "compile": tg.compile(lambda x: x.sqrt()),
    "vmap": lambda x: tg.vmap(tg.sqrt)(x),
}


@pytest.mark.parametrize("name", WAYS)
def test_it_looks_through_what_wraps_ops(name):
    error = caught(lambda: WAYS[name](zero_one()).sum().backward())
    assert (error.op, error.cause) == ("sqrt", "sqrt at 0")


def test_every_way_to_a_derivative_is_watched():
    x = zero_one()
    assert caught(tg.autograd.grad, x.sqrt().sum(), x).op == "sqrt"
    assert caught(tg.func.grad(lambda x: x.sqrt().sum()), zero_one().detach()).op == "sqrt"
    assert caught(tg.func.jvp, tg.sqrt, (tg.zeros(1),), (tg.ones(1),)).op == "sqrt"

    def twice():
        x = zero_one()
        (first,) = tg.autograd.grad((x**1.5).sum(), x, create_graph=True)
        first.sum().backward()

    error = caught(twice)
    assert (error.op, error.cause) == ("power", "power at 0")


def test_a_compiled_function_is_compiled_again_afterwards():
    f = tg.compile(lambda x: (x * x).sum())
    with tg.detect_anomaly():
        f(zero_one())
    f(zero_one())
    assert f._programs


# ---------------------------------------------------------------- slices


def run(script):
    names = {}
    exec(script, names)
    return names


@pytest.mark.parametrize("seed", range(10))
def test_a_slice_makes_the_same_bits(seed, capsys):
    program = random_program(Random(seed), 5)
    with tg.viz.observe():
        ys = program(*[tg.tensor(x.array.copy(), requires_grad=True) for x in program.inputs])
    for y in ys:
        if y.requires_grad:
            script = slice_of(y)
            last = script.splitlines()[-2].removeprefix("print(").removesuffix(")")
            assert run(script)[last].array.tobytes() == y.array.tobytes()


def test_a_slice_of_a_network_holds_its_numbers_packed(capsys):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    model.append(nn.Linear(18, 3))
    with tg.viz.observe():
        y = model(tg.randn(2, 1, 8, 8))
    names = run(slice_of(y))
    assert names["x9" if "x9" in names else "x8"].array.tobytes() == y.array.tobytes()
    assert "lines" not in slice_of(y, depth=1)
    assert slice_of(y, depth=1).count("ops.") == 1
    capsys.readouterr()
    run(slice_of(y, depth=1))
    assert capsys.readouterr().out.endswith("0 of 6 are not finite\n")


@pytest.mark.parametrize(
    "f",
    [
        lambda: zero_one().log(),
        lambda: zero_one().sqrt().sum().backward(),
        lambda: tg.linalg.eigh(tg.eye(2, requires_grad=True))[1].sum().backward(),
        lambda: (zero_one() * 2).backward(tg.tensor([1.0, INF])),
        lambda: tg.stack([zero_one()] * 10).sum(0) / tg.zeros(2),
        lambda: tg.ones(2) / tg.zeros(2),
    ],
)
def test_a_slice_of_an_error_shows_the_same_number(f, capsys):
    error = caught(f)
    run(slice_of(error))
    bad = error.finding.bad
    count = int((~np.isfinite(bad)).sum())
    assert capsys.readouterr().out.endswith(f"{count} of {bad.size} are not finite\n")


def test_a_slice_needs_the_numbers():
    x = zero_one()
    with pytest.raises(RuntimeError, match=r"a leaf \(2,\) were not kept.*viz\.observe\(\)"):
        slice_of(x + x)
    with pytest.raises(RuntimeError, match=r"slice_of: this tensor \(2,\) has no record"):
        slice_of(tg.ones(2))
    with pytest.raises(TypeError, match="it takes a Tensor or an AnomalyError, not int"):
        slice_of(3)


def test_the_names_are_those_of_pytorch():
    assert tg.autograd.detect_anomaly is tg.detect_anomaly is diagnose.detect_anomaly
    assert tg.autograd.anomaly_mode.set_detect_anomaly is tg.autograd.set_detect_anomaly
    assert repr(tg.detect_anomaly()) == "detect_anomaly(check_nan=True)"
