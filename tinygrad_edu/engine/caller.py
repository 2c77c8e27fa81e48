"""Calling an op: run it on arrays and, if one of its inputs is in the record, leave a Node.

>>> import numpy as np
>>> import tinygrad_edu as tg
>>> from tinygrad_edu import ops
>>> ops.exp(np.zeros(2))
array([1., 1.])
>>> ops.exp(tg.zeros(2, requires_grad=True)).node
<ExpBackward0>

Read `_of_two` first: take the arrays out of the tensors, run the forward, and pair the result with
a Node that holds what the rules will read.  `_of_one` and `_of_three` do the same for their number
of inputs, because a loop over the inputs takes longer than the op itself does on a few floats;
`_of_many` is that loop, for ops of more inputs.  `_of_view` is for ops whose result may look into
the memory of the input.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from numpy import asarray, generic, ndarray

from ..dtypes import WEAK, alone, get_default_dtype, int8, int64, promote
from . import grad_mode, graph
from .cuts import passed
from .graph import MISUSE, Node, Op, Parts, Plan, TensorBase, shape_of
from .outputs import inputs_node, outputs, plan_of_all

WITHOUT_LOOP = 3  # inputs of a variadic op: up to here it is called as an op of so many
LOOKED_UP = 8  # inputs: up to here a Plan is kept for each choice of those with nodes
ALL_AT_ONCE = (False, False)  # what is kept for one rule for all inputs: shapes
# Which of two inputs have nodes: made once, as that takes as long as to look for it.
NEITHER, FIRST, SECOND, BOTH = (False, False), (True, False), (False, True), (True, True)
view_of: Any = None  # what view ops return: `views.py` puts its function here


def caller_of(op: Op) -> Callable[..., Any]:
    """The function that runs the op and records it."""
    if op.variadic:
        return _of_variadic(op)
    if op.view and op.arity == 1:
        return _of_view(op)
    if op.names_of(op.arity) in (("input",), ("input", "other"), ("x0", "x1", "x2")):
        return (_of_one, _of_two, _of_three)[op.arity - 1](op)
    return _of_named(op)


def _of_one(op: Op) -> Callable[..., Any]:
    forward, residual = op.forward, op.residual

    def call(input: Any, **params: Any) -> Any:
        x, node, plain = input, None, True
        if isinstance(x, TensorBase):
            x, node, plain = x.array, x.node, False
        try:
            if residual is None:
                y = forward(x, **params) if params else forward(x)
            else:
                r = residual(x, **params)
                y = forward(x, r, **params)
        except (*MISUSE, AttributeError) as error:  # what is no array has no dtype
            raise op.explained(error, (x,), params) from None
        if plain:
            return y if y.__class__ is ndarray else alone(y, op.name, x)
        y = y if y.__class__ is ndarray else as_result(y)
        if node is not None:
            plan = op[True,]
            if plan.rules and (not grad_mode.paused or grad_mode.mode.recording):
                keeps_y, keeps_x = plan.keeps
                own = x if keeps_x else x.shape if x.__class__ is ndarray else shape_of(x)
                saved: Any = (y if keeps_y else y.shape, own)
                if residual is not None:
                    saved += (r,)
                node = graph.record(plan, (node,), saved, params, y.shape, y.dtype)
                return outputs(node, y) if y.__class__ is Parts else graph.Tensor(y, node)
            return passed(op, plan.rules, unrecorded(call, y, (x,), params), node)
        return unrecorded(call, y, (x,), params)

    return call


def _of_view(op: Op) -> Callable[..., Any]:
    """Of one input, into whose memory the result may look."""
    forward = op.forward

    def call(input: Any, **params: Any) -> Any:
        tensor = isinstance(input, TensorBase)
        x = input.array if tensor else input
        try:
            y = forward(x, **params)
        except (*MISUSE, AttributeError) as error:
            raise op.explained(error, (x,), params) from None
        if not tensor:
            return y if y.__class__ is ndarray else alone(y, op.name, x)
        y = y if y.__class__ is ndarray else as_result(y)
        if input.node is None:
            return view_of(y, None, x, input, call, params)
        if grad_mode.paused and not grad_mode.mode.recording:
            view = view_of(y, None, x, input, call, params)
            return passed(op, True, view, input.node)
        plan = op[True,]
        keeps_y, keeps_x = plan.keeps
        saved = y if keeps_y else y.shape, x if keeps_x else x.shape
        node = graph.record(plan, (input.node,), saved, params, y.shape, y.dtype)
        return view_of(y, node, x, input, call, params)

    return call


def _of_two(op: Op) -> Callable[..., Any]:
    forward, residual, meets = op.forward, op.residual, len(op.meeting(2)) == 2

    def call(input: Any, other: Any, **params: Any) -> Any:
        a, b, n_a, n_b, plain = input, other, None, None, True
        if isinstance(a, TensorBase):
            a, n_a, plain = a.array, a.node, False
        if isinstance(b, TensorBase):
            b, n_b, plain = b.array, b.node, False
        try:
            if meets and not plain:
                if a.__class__ is b.__class__ is ndarray:
                    if a.dtype is not b.dtype:
                        a, b = promote(a, b)
                elif a.__class__ not in WEAK and b.__class__ not in WEAK:
                    a, b = promote(a, b)
            if residual is None:
                y = forward(a, b, **params) if params else forward(a, b)
            else:
                r = residual(a, b, **params)
                y = forward(a, b, r, **params)
        except (*MISUSE, AttributeError) as error:
            raise op.explained(error, (a, b), params) from None
        if plain:
            return y if y.__class__ is ndarray else alone(y, op.name, a, b)
        y = y if y.__class__ is ndarray else as_result(y)
        plan = op[(BOTH if n_b else FIRST) if n_a else (SECOND if n_b else NEITHER)]
        if not plan.rules or (grad_mode.paused and not grad_mode.mode.recording):
            made = unrecorded(call, y, (a, b), params)
            return made if n_a is n_b is None else passed(op, plan.rules, made, n_a, n_b)
        keeps_y, keeps_a, keeps_b = plan.keeps
        saved: Any = (
            y if keeps_y else y.shape,
            a if keeps_a else a.shape if a.__class__ is ndarray else shape_of(a),
            b if keeps_b else b.shape if b.__class__ is ndarray else shape_of(b),
        )
        if residual is not None:
            saved += (r,)
        node = graph.record(plan, (n_a, n_b), saved, params, y.shape, y.dtype)
        return outputs(node, y) if y.__class__ is Parts else graph.Tensor(y, node)

    return call


def _of_three(op: Op) -> Callable[..., Any]:
    forward, residual, meets = op.forward, op.residual, op.meeting(3)

    def call(x0: Any, x1: Any, x2: Any, **params: Any) -> Any:
        a, b, c, n_a, n_b, n_c, plain = x0, x1, x2, None, None, None, True
        if isinstance(a, TensorBase):
            a, n_a, plain = a.array, a.node, False
        if isinstance(b, TensorBase):
            b, n_b, plain = b.array, b.node, False
        if isinstance(c, TensorBase):
            c, n_c, plain = c.array, c.node, False
        try:
            if meets and not plain:
                arrays = a.__class__ is b.__class__ is c.__class__ is ndarray
                if not (arrays and b.dtype is c.dtype and (a.dtype is b.dtype or len(meets) == 2)):
                    a, b, c = _met([a, b, c], meets)
            if residual is None:
                y = forward(a, b, c, **params) if params else forward(a, b, c)
            else:
                r = residual(a, b, c, **params)
                y = forward(a, b, c, r, **params)
        except (*MISUSE, AttributeError) as error:
            raise op.explained(error, (a, b, c), params) from None
        if plain:
            return y if y.__class__ is ndarray else alone(y, op.name, a, b, c)
        y = y if y.__class__ is ndarray else as_result(y)
        plan = op[n_a is not None, n_b is not None, n_c is not None]
        if not plan.rules or (grad_mode.paused and not grad_mode.mode.recording):
            return passed(op, plan.rules, unrecorded(call, y, (a, b, c), params), n_a, n_b, n_c)
        keeps_y, keeps_a, keeps_b, keeps_c = plan.keeps
        saved: Any = (
            y if keeps_y else y.shape,
            a if keeps_a else a.shape if a.__class__ is ndarray else shape_of(a),
            b if keeps_b else b.shape if b.__class__ is ndarray else shape_of(b),
            c if keeps_c else c.shape if c.__class__ is ndarray else shape_of(c),
        )
        if residual is not None:
            saved += (r,)
        node = graph.record(plan, (n_a, n_b, n_c), saved, params, y.shape, y.dtype)
        return outputs(node, y) if y.__class__ is Parts else graph.Tensor(y, node)

    return call


def _of_variadic(op: Op) -> Callable[..., Any]:
    few: dict[int, Any] = {1: _of_view(op) if op.view else _of_one(op)}
    few |= {2: _of_two(op), 3: _of_three(op)}
    for each in few.values():
        each.op = op

    def call(*inputs: Any, **params: Any) -> Any:
        if len(inputs) <= WITHOUT_LOOP:
            return few[len(inputs)](*inputs, **params)
        return _of_many(op, call, inputs, params)

    return call


def _of_named(op: Op) -> Callable[..., Any]:
    """Of inputs that have names of their own."""
    names = op.names_of(op.arity)

    def call(*inputs: Any, **params: Any) -> Any:
        if len(inputs) < len(names):
            inputs += tuple([params.pop(name) for name in names[len(inputs) :] if name in params])
        if len(inputs) != len(names):
            given, wanted = len(inputs), ", ".join(names)
            raise TypeError(f"{op.name}: it takes {len(names)} tensors ({wanted}), not {given}")
        return _of_many(op, call, inputs, params)

    return call


def _of_many(op: Op, call: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    arrays = [x.array if isinstance(x, TensorBase) else x for x in inputs]
    nodes = tuple([x.node if isinstance(x, TensorBase) else None for x in inputs])
    plain = True not in [isinstance(x, TensorBase) for x in inputs]
    try:
        if not plain:
            arrays = _met(arrays, op.meeting(len(arrays)))
        residual = () if op.residual is None else (op.residual(*arrays, **params),)
        y = op.forward(*arrays, *residual, **params)
    except (*MISUSE, AttributeError) as error:
        raise op.explained(error, arrays, params) from None
    if plain:
        return y if y.__class__ is ndarray else alone(y, op.name, *arrays)
    y = as_result(y)
    plan = _plan(op, nodes) if any(nodes) and grad_mode.mode.recording else None
    if plan is None or not plan.rules:
        made = unrecorded(call, y, tuple(arrays), params)
        for node in nodes:
            made = made if node is None else passed(op, plan is None, made, node)
        return made
    if plan.keeps is not ALL_AT_ONCE:
        kept = zip(plan.keeps, (y, *arrays), strict=True)
        saved = (
            *[
                x if keep else x.shape if x.__class__ is ndarray else shape_of(x)
                for keep, x in kept
            ],
            *residual,
        )
    else:  # one rule for all of them
        shapes = tuple([shape_of(x) for x in arrays])
        nodes, saved = (inputs_node(nodes, shapes, None),), (y.shape, shapes)
    node = graph.record(plan, nodes, saved, params, y.shape, y.dtype)
    return outputs(node, y) if y.__class__ is Parts else graph.Tensor(y, node)


def _plan(op: Op, nodes: tuple[Node | None, ...]) -> Plan:
    if op.arity or len(nodes) <= LOOKED_UP:
        return op[tuple([node is not None for node in nodes])]
    if op.whole:
        given = op.forward.__kwdefaults__ or {}
        return Plan(op, ALL_AT_ONCE, ((0, partial(op.whole, **given), ()),))
    return plan_of_all(op, nodes)


def _met(arrays: list[Any], meets: Sequence[int]) -> list[Any]:
    """The arrays; those at the places `meets` in one dtype.  Python's numbers stay as they are
    beside floats."""
    if not meets:
        return arrays
    given = [arrays[i] for i in meets]
    dtypes = [getattr(x, "dtype", None) for x in given if x.__class__ not in WEAK and x is not None]
    first = dtypes[0] if dtypes else None
    settled = first is not None and (first.kind == "f" or len(dtypes) == len(given))
    if not settled or len(set(map(id, dtypes))) > 1:  # NumPy's float64 == None is True
        for i, array in zip(meets, promote(*given), strict=True):
            arrays[i] = array
    return arrays


# ---------------------------------------------------------------- results


def plain_result(call: Any, y: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """A Tensor outside the record.  Floats made of whole numbers are made in the default float
    (NumPy would compute e^x of uint8 in float16), whole numbers made of bools in int64."""
    if y.__class__ is ndarray and y.dtype is getattr(inputs[0], "dtype", None):  # most often
        return graph.Tensor(y, None)
    several = y.__class__ is Parts
    kinds = {x.dtype.kind for x in inputs if getattr(x, "dtype", None) is not None}
    made = (y[0] if several else y).dtype
    wide = get_default_dtype() if made.kind == "f" else int64
    if kinds and "f" not in kinds and (made.kind == "f" or (kinds == {"b"} and made == int8)):
        y = call(*[x.astype(wide) if hasattr(x, "dtype") else x for x in inputs], **params)
        y = y if several else as_result(y).astype(wide, copy=False)
    return tuple(map(graph.Tensor, y)) if several else graph.Tensor(y, None)


unrecorded: Any = plain_result  # while the trap is set, it looks at each: see `trapping.py`


def as_result(y: Any) -> Any:
    if isinstance(y, generic):  # as most often: what NumPy makes of one number
        return asarray(y)
    if isinstance(y, tuple):
        return Parts(map(as_result, y))
    return asarray(y) if isinstance(y, (bool, int, float)) else y


graph.caller_of = caller_of
