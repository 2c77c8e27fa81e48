"""Mutants: every derivative rule of every op, made wrong in the ways in which people make mistakes.

A mutant takes the place of a rule while a check runs.  It is *killed* if the checker answers that a
derivative is wrong, or if the wrong rule itself raises an error when it runs.  A first-order mutant
is wrong whenever the rule runs; one of the second order has the right value, and a wrong
derivative.  An *equivalent* mutant has the values of the right rule on every case that is drawn, so
that no check can tell them apart.

`python benchmarks/trust.py` (`make trust`) runs them all, against the checkers of other libraries
too.
"""

import ast
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import ops
from tinygrad_edu.engine.graph import OPS, Parts, kept_by, shape_of
from tinygrad_edu.testing import GradcheckError, gradcheck, op_case

ORDERS = (1, 2)
CASES = 100  # of each op, on which an equivalent mutant is the same as the right rule
KINDS = (
    *("sign", "factor 1.01", "transposed", "flipped", "one entry zeroed"),
    *(
        "inputs swapped",
        "a term dropped",
        "a saved array read for another",
        "a saved array detached",
    ),
)


class Mutant(NamedTuple):
    """A wrong rule: of which op and input (or part of a rule for all inputs), and in what way."""

    op: str
    rule: Any  # an input, or "whole": the rule of an op of many inputs
    kind: str
    detail: str
    order: int
    wrong: Callable[..., Any]

    def __str__(self) -> str:
        place = self.rule if self.rule == "whole" else f"input {self.rule}"
        return f"{self.op}, {place}, order {self.order}: {self.kind} {self.detail}".rstrip()


class Reads:
    """A rule that reads more of what is saved than the right one does (see `graph.kept_by`)."""

    def __init__(self, rule: Any, call: Callable[..., Any], keeps: set[int]) -> None:
        code = getattr(rule, "func", rule).__code__
        names = list(code.co_varnames)
        for k in keeps:
            if k + 1 < code.co_argcount:
                names[k + 1] = names[k + 1].lstrip("_")
        self.call = call
        self.__code__ = SimpleNamespace(
            co_varnames=names,
            co_argcount=code.co_argcount,
            co_flags=code.co_flags,
            co_kwonlyargcount=code.co_kwonlyargcount,
        )

    def __call__(self, *args: Any, **params: Any) -> Any:
        return self.call(*args, **params)


# ---------------------------------------------------------------- wrong results


def transposed(r):
    return ops.reshape(r.swapaxes(-1, -2), shape=tuple(r.shape)) if len(r.shape) > 1 else r


def flipped(r):
    return ops.flip(r, axis=len(r.shape) - 1) if len(r.shape) else r


def one_entry_zeroed(r):
    mask = np.ones(r.shape)
    mask.flat[mask.size // 2 : mask.size // 2 + 1] = 0
    return r * mask


RESULTS = {
    "sign": lambda r: -r,
    "factor 1.01": lambda r: r * 1.01,
    "transposed": transposed,
    "flipped": flipped,
    "one entry zeroed": one_entry_zeroed,
}


def of_part(change, k):
    """The change of a result, or of its k-th part."""

    def changed(r):
        if k is None:
            return change(r)
        return Parts(change(part) if i == k else part for i, part in enumerate(r))

    return changed


def with_result(rule, change):
    return Reads(rule, lambda *args, **params: change(rule(*args, **params)), set())


# ---------------------------------------------------------------- wrong arrays


def given(rule, keeps, args, params):
    """The rule of what is saved; a shape where it asks for no more."""
    seen = [x if k in keeps else shape_of(x) for k, x in enumerate(args[1:])]
    return rule(args[0], *seen, **params)


def reading(op, rule, p, q):
    """The rule, reading the saved array q in place of p (0 is y, then come the inputs)."""
    count = op.arity + 1
    keeps = kept_by(rule, count)

    def call(g, *saved, **params):
        saved = list(saved)
        wrong = saved[q]
        saved[:count] = [x if k in keeps else shape_of(x) for k, x in enumerate(saved[:count])]
        saved[p] = wrong
        return rule(g, *saved, **params)

    return Reads(rule, call, keeps | {q})


def reading_noise(op, rule, detail):
    """The rule, reading noise in place of the array p of a mutant whose detail is "(q for p)"."""
    names = "y", *op.forward.__code__.co_varnames[: op.arity]
    p, keeps = names.index(detail.strip("()").split()[-1]), kept_by(rule, op.arity + 1)

    def call(g, *saved, **params):
        seen = [x if k in keeps else shape_of(x) for k, x in enumerate(saved[: op.arity + 1])]
        seen[p] = noise_like(saved[p])
        return rule(g, *seen, *saved[op.arity + 1 :], **params)

    return Reads(rule, call, keeps)


def noise_like(x):
    noise = np.random.default_rng(0).standard_normal(x.shape).astype(x.dtype)
    return tg.Tensor(noise) if isinstance(x, tg.Tensor) else noise


def in_place_of(op, rule, other):
    """The rule of another input."""
    count = op.arity + 1
    keeps = kept_by(other, count)

    def call(g, *saved, **params):
        seen = [x if k in keeps or k >= count else shape_of(x) for k, x in enumerate(saved)]
        return other(g, *seen, **params)

    return Reads(rule, call, keeps | kept_by(rule, count))


def detaching(rule, p):
    """The rule, with the saved array p taken for a constant."""

    def call(g, *saved, **params):
        saved = list(saved)
        if isinstance(saved[p], tg.Tensor):
            saved[p] = saved[p].detach()
        return rule(g, *saved, **params)

    return Reads(rule, call, set())


# ---------------------------------------------------------------- a term dropped


@cache
def functions_in(path):
    tree = ast.parse(Path(path).read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.Lambda | ast.FunctionDef)]


def source_of(function):
    """The syntax tree of a function, found by its line, its arguments and, as one line may hold
    several lambdas, by the place of its body."""
    code = function.__code__
    places = set(code.co_positions())
    for node in functions_in(code.co_filename):
        alike = node.lineno == code.co_firstlineno and names_of(node.args) == argument_names(code)
        if alike and (isinstance(node, ast.FunctionDef) or place_of(node.body) in places):
            return node
    return None


def place_of(node):
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def names_of(args):
    return [x.arg for x in (*args.posonlyargs, *args.args, *args.kwonlyargs)]


def argument_names(code):
    return list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def made_of(function, node):
    """A function of this tree, with the globals and the closure of `function`."""
    free = function.__code__.co_freevars
    body = [ast.Return(node)] if isinstance(node, ast.Lambda) else [node]
    if isinstance(node, ast.FunctionDef):
        body.append(ast.Return(ast.Name(node.name, ast.Load())))
    outer = ast.parse(f"def outer({', '.join(free)}): pass")
    outer.body[0].body = body
    ast.fix_missing_locations(outer)
    made: dict[str, Any] = {}
    exec(compile(outer, "mutant", "exec"), function.__globals__, made)
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    return made["outer"](*cells)


NAN = ast.parse("float('nan')").body[0].value


class Dropped(ast.NodeTransformer):
    """Without one side of the n-th sum or difference, or with another node in its place."""

    def __init__(self, n, side, other):
        self.n, self.side, self.other, self.seen = n, side, other, -1

    def visit_BinOp(self, node):
        if isinstance(node.op, ast.Add | ast.Sub):
            self.seen += 1
            if self.seen == self.n:
                if self.other:
                    setattr(node, self.side, self.other)
                    return node
                if self.side == "right":
                    return node.left
                minus = isinstance(node.op, ast.Sub)
                return ast.UnaryOp(ast.USub(), node.right) if minus else node.right
        return self.generic_visit(node)


def without_terms(rule, other=None):
    """The rule without one of its terms, for each of them (or with another one in its place); and
    which term it is."""
    function = getattr(rule, "func", rule)
    node = source_of(function)
    if node is None:
        return
    sums = [x for x in ast.walk(node) if isinstance(x, ast.BinOp)]
    for n in range(sum(isinstance(x.op, ast.Add | ast.Sub) for x in sums)):
        for side in ("left", "right"):
            copy = ast.parse(ast.unparse(node)).body[0]
            copy = copy.value if isinstance(copy, ast.Expr) else copy
            wanted = [x for x in ast.walk(copy) if isinstance(x, ast.BinOp)]
            changed = Dropped(n, side, other).visit(copy)
            yield f"the {side} side of sum {n + 1} of {len(wanted)}", rewritten(rule, changed)


def rewritten(rule, node):
    function = getattr(rule, "func", rule)
    made = made_of(function, node)
    keywords = getattr(rule, "keywords", {})
    return Reads(rule, lambda *args, **params: made(*args, **{**keywords, **params}), set())


# ---------------------------------------------------------------- all of them


def mutants(names=None):
    """The mutants of these ops, of all that have a rule unless said."""
    chosen = names or sorted(name for name, call in OPS.items() if any(call.op.rules))
    return [mutant for name in chosen for mutant in _of_op(name)]


def _of_op(name):
    op = OPS[name].op
    for i, rule in enumerate(op.rules):
        for kind, detail, wrong in _of_rule(op, i, rule) if rule else ():
            for order in ORDERS:
                if order == 2 or kind != "a saved array detached":
                    placed = wrong if order == 1 else second_order(rule, wrong)
                    yield Mutant(name, i, kind, detail, order, placed)
    if op.whole:
        for kind, change in RESULTS.items():
            part = with_result(op.whole, of_part(change, 1))
            yield Mutant(name, "whole", kind, "in part 1", 1, part)


def _of_rule(op, i, rule):
    parts = range(4) if op.name == "recurrent" else (None,)
    for kind, change in RESULTS.items():
        for k in parts:
            detail = "" if k is None else f"in part {k}"
            yield kind, detail, with_result(rule, of_part(change, k))
    for j, other in enumerate(op.rules):
        if other and j != i and fit_together(op, i, j):
            yield "inputs swapped", f"({j} for {i})", in_place_of(op, rule, other)
    for detail, wrong in without_terms(rule):
        yield "a term dropped", detail, wrong
    if op.arity:
        names = "y", *op.forward.__code__.co_varnames[: op.arity]
        for p in sorted(kept_by(rule, op.arity + 1)):
            yield "a saved array detached", names[p], detaching(rule, p)
            for q in range(op.arity + 1):
                if p != q:
                    detail = f"({names[q]} for {names[p]})"
                    yield "a saved array read for another", detail, reading(op, rule, p, q)


def fit_together(op, i, j):
    """Whether two inputs have equal shapes in some case."""
    return any(np.shape(c.inputs[i]) == np.shape(c.inputs[j]) for c in cases(op.name))


def second_order(rule, wrong):
    """A rule with the right values, whose derivative is that of the wrong one."""

    def both(right, r):
        if isinstance(right, Parts):
            return Parts(both(a, b) for a, b in zip(right, r, strict=True))
        return right.detach() + (r - r.detach()) if isinstance(r, tg.Tensor) else right

    def call(g, *saved, **params):
        count = len(right_names) - 1
        keeps = kept_by(rule, count)
        seen = [x if k in keeps or k >= count else shape_of(x) for k, x in enumerate(saved)]
        right = rule(g, *seen, **params)
        if not isinstance(right[0] if isinstance(right, Parts) else right, tg.Tensor):
            return right
        return both(right, wrong(g, *saved, **params))

    right_names = list(wrong.__code__.co_varnames[: wrong.__code__.co_argcount])
    return Reads(wrong, call, set())


@contextmanager
def planted(mutant):
    """The mutant in the place of the rule, for a while.  None stands for no mutant."""
    if mutant is None:
        yield
        return
    op = OPS[mutant.op].op
    rules, whole = op.rules, op.whole
    if mutant.rule == "whole":
        op.whole = mutant.wrong
    else:
        op.rules = tuple(mutant.wrong if k == mutant.rule else r for k, r in enumerate(rules))
    op.clear()
    try:
        yield
    finally:
        op.rules, op.whole = rules, whole
        op.clear()


# ---------------------------------------------------------------- cases, and what a check says


@cache
def cases(name, count=10, whole=False):
    """So many cases of an op, with numbers to differentiate by."""
    found, seed = [], 0
    while len(found) < count and seed < 10 * count:
        case = op_case(OPS[name], Random(seed))
        seed += 1
        if whole:
            inputs = (case.inputs * 9)[:9]
            case = case._replace(inputs=tuple(np.array(x) for x in inputs))  # memory of their own
        sizes = [x.size for x in case.inputs if is_float(x)]
        if sizes and all(sizes):
            found.append(case)
    return found


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def ours(case, order):
    """The check of tests/test_ops.py."""
    gradcheck(case, case.inputs, order=order, atol=1e-6)


class Checker(NamedTuple):
    """A check of a case to some order, and the error with which it answers: wrong."""

    check: Callable[[Any, int], Any]
    answer: type[Exception]

    def says(self, case, order=2):
        """ "wrong", "right", or "error" if it raises any other error."""
        with quiet():
            try:
                self.check(case, order)
            except self.answer:
                return "wrong"
            except Exception:
                return "error"
        return "right"


OURS = Checker(ours, GradcheckError)


def death(mutant, checker=OURS, first=0, count=33, accepts=lambda k: True):
    """How a mutant is killed by a checker, on the cases from the first one where it differs from
    the right rule: by its "answer"; or, if there is none, by the "error" that the wrong rule itself
    raises; None if it survives.  A case counts where the checker accepts the right rule."""
    found = None
    everything = cases(mutant.op, count, mutant.rule == "whole")
    for k, case in enumerate(everything[first:], first):
        with planted(mutant):
            said = checker.says(case)
            raised = said == "error" and raises(case)
        if (said == "wrong" or raised) and accepts(k):
            if said == "wrong":
                return "answer"
            found = "error"
    return found


@contextmanager
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


# ---------------------------------------------------------------- equivalent ones


class Derivatives:
    """The result of a case, as one array, and its derivatives, by the rules that are in place."""

    def __init__(self, case):
        self.case = case
        self.where = [i for i, x in enumerate(case.inputs) if is_float(x)]
        self.inputs = [np.array(case.inputs[i]) for i in self.where]

    def of(self, xs):
        """The result of floating inputs, which are arrays or Tensors."""
        inputs = list(self.case.inputs)
        for i, x in zip(self.where, xs, strict=True):
            inputs[i] = x
        y = self.case(*inputs)
        if not isinstance(y, tuple):
            return y
        floats = [part for part in y if part.dtype.kind == "f"]
        return ops.concatenate(*[part.reshape((-1,)) for part in floats], axis=0)

    def leaves(self, arrays):
        return [tg.Tensor(np.array(x)).requires_grad_() for x in arrays]

    def first(self, xs, u, create_graph=False):
        """J'u, for each input."""
        y = self.of(xs)
        if not y.requires_grad:
            return [tg.zeros_like(x) for x in xs]
        found = tg.autograd.grad(y, xs, u, create_graph=create_graph, allow_unused=True)
        return [tg.zeros_like(x) if g is None else g for x, g in zip(xs, found, strict=True)]

    def second(self, arrays, u, vs):
        """The derivatives of <v, J'u> by each input, and by u."""
        (*xs, u) = self.leaves([*arrays, u])
        parts = self.first(xs, u, create_graph=True)
        pairs = [(part, v) for part, v in zip(parts, vs, strict=True) if part.requires_grad]
        if not pairs:
            return [np.zeros(x.shape) for x in (*xs, u)]
        ends, weights = zip(*pairs, strict=True)
        weights = [tg.Tensor(np.array(v)) for v in weights]
        found = tg.autograd.grad(ends, [*xs, u], weights, allow_unused=True)
        zipped = zip((*xs, u), found, strict=True)
        return [np.zeros(x.shape) if g is None else g.array for x, g in zipped]


def values(case, order):
    """The first or the second derivatives of a case, in random directions."""
    d, random = Derivatives(case), np.random.default_rng(1)
    u = random.standard_normal(np.shape(d.of(d.inputs)))
    if order == 1:
        return [g.array for g in d.first(d.leaves(d.inputs), tg.Tensor(np.asarray(u)))]
    return d.second(d.inputs, u, [random.standard_normal(x.shape) for x in d.inputs])


def raises(case):
    """Whether the rules that are in place raise an error when they run."""
    try:
        with quiet():
            values(case, 1) + values(case, 2)
    except Exception:
        return True
    return False


@cache
def right_values(name, count, whole, k):
    """The derivatives of the k-th case, by the right rules."""
    case = cases(name, count, whole)[k]
    return values(case, 1) + values(case, 2)


def first_difference(mutant, count=CASES):
    """The first case where a mutant has other derivatives than the right rule, or raises an error;
    None if it is equivalent."""
    whole = mutant.rule == "whole"
    with quiet():
        for k, case in enumerate(cases(mutant.op, count, whole)):
            right = right_values(mutant.op, count, whole, k)
            try:
                with planted(mutant):
                    found = values(case, 1) + values(case, 2)
            except Exception:
                return k
            if not all(map(same, right, found)):
                return k
    return None


def same(a, b):
    """Whether two arrays are equal but for rounding."""
    scale = 1e-9 * max(1.0, float(np.max(np.abs(a), initial=0)))
    return np.allclose(a, b, rtol=1e-9, atol=scale, equal_nan=True)
