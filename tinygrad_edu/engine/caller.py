"""The calling side of an op, written out for its number of inputs.

Calling an op on 8 floats may cost a microsecond more than NumPy alone does, and a loop over the
inputs takes longer than that.  So the function that runs and records an op is written out as source
for its number of inputs, compiled once, and shared by all ops that look alike from outside.  That
is for a FEW inputs: to compile it for n takes n^2, and what runs more is a loop (`outputs.many`).

>>> print(source(("input",), (), False, False))  # doctest: +ELLIPSIS
def make(op, forward):
    full = None
    def call(input):
        nonlocal full
        plain = True
        n_input = None
        pass
        if isinstance(input, TensorBase): n_input, input, plain = input.node, input.array, False
        try:
            if plain:
                y = forward(input)
                return y if y.__class__ is ndarray else alone(y, input)
        ...
"""

import linecache
from typing import Any

FEW = 8  # inputs: up to here a caller is written out


def source(
    names: tuple[str, ...],
    meets: tuple[int, ...],
    has_params: bool,
    has_residual: bool,
    view: tuple[str, ...] | None = None,
) -> str:
    """The source of a caller for inputs of these names; those in `meets` are brought to one dtype.

    The names stand for the inputs, then for their arrays; n_input ... are their nodes; k_input ...
    whether the array or its shape is saved; r is the residual, if the op has one.  `full` is the
    Plan for the case that all inputs have nodes, made at the first such call.  `view` names the
    params of a view op, which takes so little time that to pass on **params would be a tenth of
    it; what it made becomes a view of its input (see `views.py`).
    """
    inputs, x = ", ".join(names), names[0]
    params, given, kept = (", **params",) * 2 + ("params",) if has_params else ("", "", "NO_PARAMS")
    base, result = "pass", "graph.Tensor(y, node)"
    result += " if y.__class__ is not Parts else graph.outputs(node, y)"
    constant = f"unrecorded(call, y, ({inputs},), {kept})"
    if view is not None:
        params = f", *, {', '.join(view)}" if view else ""
        given = "".join([f", {name}={name}" for name in view])
        kept = "params"
        base = f"base, params = {x}, {{{', '.join([f'{name!r}: {name}' for name in view])}}}"
        constant, result = [
            f"graph.view_of(y, {n}, {x}, base, call, params)" for n in ("None", "node")
        ]
    found, r = (f", r := op.residual({inputs}{given})", ", r") if has_residual else ("", "")
    shape_of = "$.shape if $.__class__ is ndarray else shape_of($)"

    def each(text: str, between: str = "\n        ") -> str:
        return between.join(text.replace("$", x) for x in names)

    return f"""\
def make(op, forward):
    full = None
    def call({inputs}{params}):
        nonlocal full
        plain = True
        {each("n_$ = None")}
        {base}
        {each("if isinstance($, TensorBase): n_$, $, plain = $.node, $.array, False")}
        try:
            if plain:
                y = forward({inputs}{found}{given})
                return y if y.__class__ is ndarray else alone(y, {inputs})
            {_meeting([names[i] for i in meets])}
            y = forward({inputs}{found}{given})
        except (*MISUSE, AttributeError) as error:  # what is no array has no dtype
            raise op.explained(error, ({inputs},), {kept}) from None
        all_nodes = {each("n_$ is not None", " and ")}
        plan = full if all_nodes else op[{each("n_$ is not None", ", ")},]
        if plan is None:
            plan = full = op[{"True, " * len(names)}]
        if y.__class__ is not ndarray:
            y = as_result(y)
        if not plan.rules or (grad_mode.paused and not grad_mode.mode.recording):
            return {constant}
        y_shape = y.shape
        k_y, {each("k_$", ", ")} = plan.keeps
        saved = (y if k_y else y_shape, {each(f"$ if k_$ else {shape_of}", ", ")}{r})
        node = graph.record(plan, ({each("n_$", ", ")},), saved, {kept}, y_shape, y.dtype)
        return {result}
    return call
"""


def _meeting(xs: list[str]) -> str:
    """The line that brings inputs of several dtypes to one.  Of two, one may be a plain number."""
    if len(xs) < 2:
        return "pass"
    arrays = " is ".join(f"{x}.__class__" for x in xs) + " is ndarray"
    alike = " is ".join(f"{x}.dtype" for x in xs)
    strong = " and ".join(f"{x}.__class__ not in WEAK" for x in xs) if len(xs) == 2 else "True"
    names = ", ".join(xs)
    return f"if not ({alike}) if {arrays} else {strong}: {names} = promote({names})"


_made: dict[Any, Any] = {}


def maker(scope: dict[str, Any], *key: Any) -> Any:
    """`make(op, forward)`, which returns the caller (see `source` for the key).  `scope` holds what
    the source refers to, by name."""
    if key not in _made:
        text, filename = source(*key), f"<caller of an op: {key}>"
        linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
        made: dict[str, Any] = {}
        exec(compile(text, filename, "exec"), scope, made)
        _made[key] = made["make"]
    return _made[key]
