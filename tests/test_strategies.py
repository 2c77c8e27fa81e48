"""The strategies draw what they promise; programs are functions with a source; and a planted wrong
rule shrinks to a few lines."""

import re
import subprocess
import sys
import textwrap
from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings, strategies as st

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.engine.graph import OPS, Op, op
from tinygrad_edu.testing import GradcheckError, gradcheck, op_case, strategies
from tinygrad_edu.testing.programs import Builder, differentiable, random_program
from tinygrad_edu.testing.public_functions import drawable

HERE = settings(max_examples=60, database=None, phases=[Phase.generate, Phase.shrink])


def drawn(strategy, count=120):
    """Examples of a strategy."""
    found = []

    @settings(HERE, max_examples=count)
    @given(strategy)
    def take(x):
        found.append(x)

    take()
    return found


# ---------------------------------------------------------------- where they are found


def test_only_this_module_needs_hypothesis():
    script = """
import sys
sys.modules["hypothesis"] = None
import tinygrad_edu.testing, tinygrad_edu.testing.programs
try:
    from tinygrad_edu.testing import strategies
except ImportError as error:
    assert 'pip install "tinygrad_edu[test]"' in str(error), error
else:
    raise AssertionError("there was no error")
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


# ---------------------------------------------------------------- tensors


def kind_of(x):
    """The layout of an array, as its strides and shape say it."""
    if x.ndim == 0:
        return "0-d"
    if x.size == 0:
        return "size 0"
    if x.size == 1:
        return "one number"
    steps = [step for step, n in zip(x.strides, x.shape, strict=True) if n > 1]
    if 0 in steps:
        assert not x.flags.writeable
        return "broadcast"
    if x.flags.c_contiguous:
        return "contiguous"
    if min(steps) < 0:
        return "reversed"
    return "transposed" if x.flags.f_contiguous else "gaps"


def test_tensors_come_in_every_layout():
    matrices = strategies.shapes(min_ndim=2, max_ndim=2, min_side=2)
    found = drawn(strategies.tensors(matrices, layouts=strategies.LAYOUTS), 60)
    assert {kind_of(x.array) for x in found} == {*strategies.LAYOUTS}
    kinds = {kind_of(x.array) for x in drawn(strategies.tensors())}
    assert kinds >= {"0-d", "size 0", "one number", "contiguous"}
    assert "broadcast" not in kinds


@pytest.mark.parametrize("layout", strategies.LAYOUTS)
def test_a_layout_keeps_shape_and_numbers(layout):
    x = np.arange(12.0).reshape(3, 1, 4)
    y = strategies.laid_out(x, layout)
    assert kind_of(y) == layout
    assert not np.shares_memory(x, y)
    np.testing.assert_array_equal(y, x[:1].repeat(3, 0) if layout == "broadcast" else x)
    one = strategies.laid_out(np.array(2), layout)
    assert (type(one), one.shape) == (np.ndarray, ())
    with pytest.raises(ValueError, match=r"layout is one of contiguous.*not 'sparse'"):
        strategies.laid_out(x, "sparse")


@HERE
@given(data=st.data(), dtype=st.sampled_from([tg.float64, tg.float32, tg.float16]))
def test_numbers_lie_in_their_interval(data, dtype):
    low, high = data.draw(st.sampled_from([(-10, 10), (0.3, 0.7), (1e-3, 0.1), (2, 2)]))
    x = data.draw(strategies.tensors((3,), dtype, (low, high), requires_grad=True))
    assert (x.dtype, x.shape, x.requires_grad, x.is_leaf) == (dtype, (3,), True, True)
    assert ((low <= x.array.astype(float)) & (x.array.astype(float) <= high)).all()


@HERE
@given(strategies.tensors(st.just((2, 3)), st.sampled_from([tg.int32, tg.uint8]), unique=True))
def test_whole_numbers_may_all_differ(x):
    assert x.dtype in (tg.int32, tg.uint8)
    assert len(np.unique(x.array)) == 6
    assert abs(x.array.astype(int)).max() <= 10


def test_numbers_may_be_a_strategy():
    found = drawn(strategies.tensors((2,), tg.float32, st.floats(width=32)))
    assert any(x.isnan().any() for x in found)
    with pytest.raises(ValueError, match="from 1 to 0"):
        drawn(strategies.tensors(values=(1, 0)))
    with pytest.raises(ValueError, match="float16 has no number from 1e-12 to 1e-10"):
        drawn(strategies.tensors((1,), tg.float16, (1e-12, 1e-10)))


# ---------------------------------------------------------------- shapes and what goes with them


@HERE
@given(strategies.broadcastable_shapes(3, (2, 1), min_side=0))
def test_shapes_that_broadcast(shapes):
    assert len(shapes) == 3
    np.broadcast_shapes((2, 1), *shapes)


@HERE
@given(st.data(), strategies.shapes())
def test_axes_are_those_of_a_reduction(data, shape):
    axis = data.draw(strategies.axes(shape))
    x = np.ones(shape)
    assert tg.tensor(x).sum(axis).tolist() == x.sum(axis).tolist()
    if shape:
        assert isinstance(data.draw(strategies.axes(shape, several=False, none=False)), int)


def test_axes_come_in_every_kind():
    found = drawn(strategies.axes(3))
    assert {None, 0, 1, 2, -1, -2, -3} <= set(found)
    assert {len(axis) for axis in found if isinstance(axis, tuple)} >= {1, 2, 3}
    with pytest.raises(ValueError, match="without dimensions has no axis"):
        strategies.axes((), several=False, none=False)


@settings(HERE, max_examples=120)
@given(st.data(), strategies.shapes(min_side=0))
def test_keys_choose_what_they_choose_in_numpy(data, shape):
    kind = data.draw(st.sampled_from(["basic", "boolean", "integer"]))
    key = data.draw(strategies.indices(shape, kind))
    x = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    np.testing.assert_array_equal(tg.tensor(x)[key].array, x[key])
    key = data.draw(strategies.indices(shape, "mixed"))
    assert sorted(tg.tensor(x)[key].flatten().tolist()) == sorted(x[key].ravel().tolist())


def test_keys_come_in_every_kind():
    parts = [part for key in drawn(strategies.indices((3, 2))) for part in as_tuple(key)]
    kinds = {part.dtype.kind if isinstance(part, np.ndarray) else type(part) for part in parts}
    assert kinds == {int, slice, type(None), type(Ellipsis), "i", "b"}
    assert any(part.step and part.step < 0 for part in parts if isinstance(part, slice))
    with pytest.raises(ValueError, match="the kinds are basic, boolean, integer, mixed"):
        strategies.indices((2,), "ragged")


def as_tuple(key):
    return key if isinstance(key, tuple) else (key,)


CALLS = {
    "conv": [F.conv1d, F.conv2d, F.conv3d],
    "conv_transpose": [F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d],
    "pool": [F.max_pool1d, F.max_pool2d, F.max_pool3d],
}


@pytest.mark.parametrize("kind", CALLS)
def test_windows_have_the_result_that_they_say(kind):
    found = drawn(strategies.windows(kind=kind), 100)
    for case in found:
        call = CALLS[kind][len(case.kernel) - 1]
        if kind == "pool":
            settings = {name: value for name, value in case.settings.items() if name != "groups"}
            assert call(tg.ones(case.input), case.kernel, **settings).shape == case.output
        else:
            result = call(tg.ones(case.input), tg.ones(case.weight), **case.settings)
            assert result.shape == case.output
        assert min(case.output) > 0
    assert {len(case.kernel) for case in found} == {1, 2, 3}
    assert {case.groups for case in found} == ({1} if kind == "pool" else {1, 2})
    for name in ("stride", "padding", "dilation"):
        assert len({value for case in found for value in getattr(case, name)}) > 1, name


# ---------------------------------------------------------------- cases of an op


@pytest.mark.parametrize("call", differentiable(), ids=lambda call: call.op.name)
def test_the_source_of_a_case_makes_the_case(call):
    for seed in range(4):
        case, scope = op_case(call, Random(seed)), {}
        exec(case.source, scope)
        for x, own in zip(case.inputs, scope["inputs"], strict=True):
            if isinstance(x, np.ndarray) and x.dtype.kind == "f":
                assert own.requires_grad
                assert x.size < 2 or own.array.strides == x.strides
            np.testing.assert_array_equal(own.detach() if isinstance(own, tg.Tensor) else own, x)
        with tg.no_grad():
            for one, same in zip(values(case(*leaves(case))), values(scope["result"]), strict=True):
                np.testing.assert_array_equal(one, same)


def leaves(case):
    floats = (isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in case.inputs)
    return [tg.from_numpy(x) if f else x for x, f in zip(case.inputs, floats, strict=True)]


def test_a_case_is_printed_as_its_source():
    @HERE
    @given(strategies.op_cases("tanh"))
    def check(case):
        assert case.inputs[0].size == 0

    with pytest.raises(AssertionError) as caught:
        check()
    said = "\n".join(caught.value.__notes__)
    assert "def case(x0):\n    return ops.tanh(x0)" in said
    given_as = said.split("tg.tensor(")[1].split(", dtype")[0]
    assert len(given_as) < 12, given_as  # one number, of few digits


@pytest.mark.parametrize("strategy", [strategies.op_cases("tanh"), strategies.programs(["tanh"])])
def test_the_script_of_gradcheck_defines_what_was_drawn(strategy, monkeypatch):
    """It runs when pasted, and fails in the same way."""
    rules = (lambda g, y, _x: g * y,)
    monkeypatch.setattr(OPS["tanh"].op, "rules", rules)
    OPS["tanh"].op.clear()
    try:
        for found in drawn(strategy, 5):
            if "tanh(" not in found.source or not np.size(found.inputs[0]):
                continue
            with pytest.raises(GradcheckError) as caught:
                gradcheck(found, found.inputs)
            text = str(caught.value).split("to repeat it:")[1]
            with pytest.raises(GradcheckError, match="is wrong"):
                exec(textwrap.dedent(text), {})
    finally:
        OPS["tanh"].op.clear()


def test_a_layer_has_the_same_weights_when_an_example_runs_again():
    seen = []

    @HERE
    @given(strategies.tensors((2, 3)))
    def check(x):
        seen.append(nn.Linear(3, 2).weight.tolist())
        assert x.sum() < 5 or seen[-1][0][0] < 0 or seen[-1][0][0] > 0

    tg.manual_seed(3)
    before = tg.get_rng_state()
    check()
    assert seen.count(seen[0]) == len(seen) > 1
    assert tg.get_rng_state() == before, "the tests that follow draw on"


# ---------------------------------------------------------------- programs


@pytest.mark.parametrize("call", differentiable(), ids=lambda call: call.op.name)
def test_every_op_finds_its_place_in_a_program(call):
    found = (random_program(Random(seed), 4, ops=["sin", "sum", call]) for seed in range(60))
    assert any(call.op.name in program.ops for program in found)


def test_public_functions_find_their_place_in_programs():
    assert {"softmax", "norm", "cumsum", "flatten", "diff"} <= {*drawable()}
    for name in drawable():
        found = (random_program(Random(seed), 4, ops=["sin", f"tg.{name}"]) for seed in range(60))
        assert any(f" = tg.{name}(" in program.body for program in found), name
    found = drawn(strategies.programs(), 200)
    assert sum(" = tg." in program.body for program in found) > 0.1 * len(found)


def test_what_a_program_writes_to_fits_its_shape():
    values = np.arange(4.0).reshape(4, 1, 1)
    keys = [Builder(Random(seed)).draw.key(values.shape) for seed in range(400)]
    assert sum(key[0] is Ellipsis for key in keys) > 20
    for key in keys:
        values[key]  # an index of a long side must not meet a short one


def test_programs_are_of_many_kinds():
    bodies, calls = [], Counter()
    for program in drawn(strategies.programs(), 120):
        bodies.append(program.body)
        calls.update(program.ops)
    homes = Counter(OPS[name].op.forward.__module__.split(".")[-1] for name in calls.elements())
    every = {call.op.forward.__module__.split(".")[-1] for call in differentiable()}
    assert homes.keys() >= every - {"recurrent"}  # which is one op of many
    for sign in ("[", "_()", " += ", " *= ", "] = ", "ops.transpose", "ops.reshape"):
        assert any(sign in body for body in bodies), sign
    none = drawn(strategies.programs(views=False, writes=False), 60)
    assert not any(sign in p.body for p in none for sign in ("_()", " += ", " *= ", "] = "))


WRITE = re.compile(r" [-+*]= |\] = |_\(\)")
VIEW = re.compile(r"= t\d+\[|ops\.(transpose|reshape|broadcast_to|diagonal|slices|einsum)\(")


def shares_a_result(program):
    """Whether two of its lines read the same result of an earlier one."""
    lines = program.body.splitlines()[1:-1]
    right = [line if WRITE.search(line) else line.partition(" = ")[2] for line in lines]
    reads = Counter(name for line in right for name in set(re.findall(r"\bt\d+\b", line)))
    return any(count > 1 for count in reads.values())


def test_programs_share_results_take_views_and_write():
    """None of this is rare among 300 programs, and few are drawn twice."""
    found = drawn(strategies.programs(), 300)
    assert len({program.body for program in found}) > 0.8 * len(found)
    assert sum(map(shares_a_result, found)) > 0.15 * len(found)
    for form in (VIEW, WRITE):
        assert sum(bool(form.search(program.body)) for program in found) > 0.25 * len(found), form
    both = [p for p in found if VIEW.search(p.body) and WRITE.search(p.body)]
    assert len(both) > 0.1 * len(found)
    assert any(writes_through_a_view(program) for program in found)


def writes_through_a_view(program):
    """Whether a line writes into a view, or into what one looks into."""
    views = re.findall(r"(t\d+) = ops\.(?:transpose|reshape|diagonal)\((t\d+)", program.body)
    written = re.findall(r"^    (t\d+)(?:\[.*?\])? [-+*]= ", program.body, re.MULTILINE)
    return any(name in pair for pair in views for name in written)


def values(results):
    return [y.detach().numpy().copy() for y in (results if type(results) is tuple else (results,))]


@HERE
@given(strategies.programs())
def test_a_program_is_a_function(program):
    """It gives the same again, recorded or not, as its source does; and its inputs stay."""
    before = [x.detach().numpy().copy() for x in program.inputs]
    first = values(program(*program.inputs))
    scope = {}
    exec(program.source, scope)
    with tg.no_grad():
        unrecorded = values(program(*program.inputs))
    for other in (values(program(*program.inputs)), unrecorded, values(scope["result"])):
        for one, same in zip(first, other, strict=True):
            np.testing.assert_array_equal(one, same)
    for x, same, own in zip(program.inputs, before, scope["inputs"], strict=True):
        np.testing.assert_array_equal(x.detach().numpy(), same)
        np.testing.assert_array_equal(x.detach().numpy(), own.detach().numpy())


@HERE
@given(strategies.programs())
def test_the_gradient_of_a_program(program):
    assert gradcheck(program, program.inputs, atol=1e-9)


@settings(HERE, max_examples=12)
@given(strategies.programs(max_steps=4))
def test_the_second_derivative_of_a_program(program):
    assert gradcheck(program, program.inputs, order=2, atol=1e-6)


def test_programs_of_what_is_no_op():
    with pytest.raises(ValueError, match="there is no op 'expp'"):
        Builder(Random(0), ops=["expp"])
    with pytest.raises(ValueError, match=r"'tg.cholesky' is not a function whose inputs can be"):
        Builder(Random(0), ops=["tg.cholesky"])
    with pytest.raises(ValueError, match="argmax has no derivative"):
        Builder(Random(0), ops=["argmax"])
    with pytest.raises(ValueError, match="is not an op: declare it with @op"):
        Builder(Random(0), ops=[np.exp])


# ---------------------------------------------------------------- what is wrong is found


def wrong(name, rule):
    """A registered op, but for its (first) rule."""
    right = OPS[name]
    declared = {x: value for x, value in vars(right.op).items() if x in Op.__annotations__}
    try:
        return op(rule, *right.op.rules[1:], **declared)(right.op.forward)
    finally:
        OPS[name] = right


def fails(program):
    try:
        return not gradcheck(program, program.inputs)
    except (GradcheckError, ValueError):
        return True


PLANTED = {
    "tanh": lambda g, y, _x: g * (1 - y * y) * 1.01,
    "sum": lambda g, _y, _x, axis, keepdims: g.sum() * np.ones(_x),
    "multiply": lambda g, _y, a, _b: g * a,
}


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in PLANTED if name != "tanh"]


@pytest.mark.parametrize("name", ["tanh", *SLOW])
def test_a_wrong_rule_shrinks_to_a_few_lines(name):
    others = {"sin", "exp", "tanh", "add", "multiply", "sum", "mean", "transpose"} - {name}
    some = strategies.programs([*sorted(others), wrong(name, PLANTED[name])])
    found = find(some, fails, settings=HERE, random=Random(0))
    assert len(found.body.splitlines()) <= 4, found
    assert f" {name}(" in found.body, found


@op(lambda g, _y, x: g * 3 * x)
def cube(x):
    """y = x^3;  dL/dx = 3 g x^2, which the rule above forgets to square."""
    return x**3


del OPS["cube"]


def test_your_own_op_among_others():
    found = find(strategies.programs([cube, "sin"]), fails, settings=HERE, random=Random(0))
    assert "cube(x0)" in found.source
    assert f"from {__name__} import cube" in found.source

    @HERE
    @given(strategies.op_cases(cube))
    def check(case):
        gradcheck(case, case.inputs)

    with pytest.raises(GradcheckError):
        check()
