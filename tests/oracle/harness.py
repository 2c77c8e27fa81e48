"""The oracle: an expression, literally PyTorch code, evaluated by tinygrad_edu and by PyTorch.

A table (`tables/*.txt`) has an expression on each line.  `{a|b}` stands for two lines, one with a,
one with b.  What x, y, z, w, i, m are is said beside it after `#`, or in `[...]` for all lines that
follow: `x 3,4; i 5<3; m 3,4?` is x, normal numbers of shape (3, 4); i, five whole numbers from 0 to
2; m, bools.  After a shape may stand

    +   numbers between 0.5 and 2          u   between 0.1 and 0.9
    s   between -0.9 and 0.9               d   distinct, also as integers
    e   extreme: 0, -0, inf, nan, 1e30     <n  whole numbers below n        ?   bools

An expression that mentions `out` writes to it: it starts from `out = x.clone()`, and its result is
`out`.  The numbers are drawn from a seed that the expression itself decides.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import torch

import nn.functional
import tinygrad_edu as tg

from .accepts import GRADIENTS, INEXACT, UNSHARED

RAISES = (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError, OverflowError)
EXTREMES = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, np.inf, -np.inf, np.nan, 1e30, -1e30, 100.0, -100.0)
LOW_PRECISION = re.compile(r"float32|float16|\.float\(|\.half\(")
TOLERANCE = {"float64": 1e-10, "float32": 2e-5, "float16": 6e-3}

torch.set_num_threads(1)

# ---------------------------------------------------------------- the tables


class Spec(NamedTuple):
    """What an input is: its shape, and what kind of numbers it holds."""

    shape: tuple[int, ...]
    domain: str
    below: int = 0

    @property
    def floating(self) -> bool:
        return self.domain not in ("<", "?")


class Expression(NamedTuple):
    family: str
    code: str
    inputs: dict[str, Spec]
    note: str  # what its own line says of its inputs

    def __str__(self) -> str:
        return f"{self.code}  # {self.note}" if self.note else self.code


def _spec(text: str) -> Spec:
    found = re.fullmatch(r"(\(\)|[\d,]+)([+usde?]?)(?:(<)(\d+))?", text)
    assert found, f"{text!r} does not say what an input is"
    sides, domain, whole, below = found.groups()
    shape = () if sides == "()" else tuple(map(int, sides.split(",")))
    return Spec(shape, whole or domain, int(below or 0))


def _specs(text: str) -> dict[str, Spec]:
    parts = [part.split() for part in text.split(";") if part.strip()]
    return {name: _spec(spec) for name, spec in parts}


def _expanded(line: str) -> Iterator[str]:
    """`{a|b}` becomes two lines."""
    pieces = re.split(r"\{([^{}]*)\}", line)
    choices = [piece.split("|") if k % 2 else [piece] for k, piece in enumerate(pieces)]
    return ("".join(chosen) for chosen in product(*choices))


def _free(code: str) -> set[str]:
    """The names that an expression reads and does not itself bind."""
    tree = ast.parse(code)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    read = {name.id for name in names} - (bound - {"out"})
    return read | ({"x"} if "out" in read else set())


@cache
def table(family: str) -> tuple[Expression, ...]:
    lines = (Path(__file__).parent / "tables" / f"{family}.txt").read_text().splitlines()
    shared: dict[str, Spec] = {}
    found = {}
    for line in filter(str.strip, lines):
        if line.startswith("[ "):
            shared = _specs(line.strip("[] "))
        elif not line.startswith("#"):
            code, _, own = line.partition("  #")
            specs = shared | _specs(own)
            for one in _expanded(code.strip()):
                names = _free(one)
                used = {name: spec for name, spec in specs.items() if name in names}
                missing = {name for name in names if len(name) == 1} - set(used) - {"F"}
                assert not missing, f"{family}: nothing says what {missing} is in {one!r}"
                expression = Expression(family, one, used, own.strip())
                found[str(expression)] = expression
    return tuple(found.values())


FAMILIES = sorted(p.stem for p in (Path(__file__).parent / "tables").glob("*.txt"))

# ---------------------------------------------------------------- inputs


def drawn(spec: Spec, rng: np.random.Generator, dtype: Any = np.float64) -> np.ndarray:
    """Numbers of that kind.  As integers they are small; as bools they are random."""
    shape, size = spec.shape, math.prod(spec.shape)
    if spec.domain == "?":
        return np.asarray(rng.random(shape) < 0.5)
    if spec.domain == "<":
        return np.asarray(rng.integers(0, max(spec.below, 1), shape))
    kind = np.dtype(dtype).kind
    if spec.domain == "e" and kind == "f":
        with np.errstate(over="ignore"):
            return rng.permutation(np.resize(EXTREMES, size)).reshape(shape).astype(dtype)
    if kind == "b":
        return np.asarray(rng.random(shape) < 0.5)
    if kind in "iu":
        low, high = {"+": (1, 6), "u": (0, 2), "s": (0, 1)}.get(spec.domain, (-4, 5))
        low = max(low, 0) if kind == "u" else low
        whole = rng.integers(low, high, shape)
        if spec.domain == "d":
            whole = rng.permutation(size).reshape(shape) - (0 if kind == "u" else size // 2)
        return np.asarray(whole, dtype)
    if spec.domain == "d":
        return np.asarray((rng.permutation(size).reshape(shape) - size / 2) * 0.37, dtype)
    low, high = {"+": (0.5, 2.0), "u": (0.1, 0.9), "s": (-0.9, 0.9)}.get(spec.domain, (0, 0))
    numbers = rng.uniform(low, high, shape) if high else rng.standard_normal(shape)
    return np.asarray(numbers, dtype)


def inputs_of(expression: Expression, dtypes: Any = np.float64, **changed: Spec) -> dict[str, Any]:
    """An array for each input; `dtypes` is one for all floating ones, or one for each of them."""
    rng = np.random.default_rng(crc32(expression.code.encode()))
    arrays, given = {}, iter(dtypes) if isinstance(dtypes, list) else None
    for name, spec in (expression.inputs | changed).items():
        dtype = (next(given) if given else dtypes) if spec.floating else None
        arrays[name] = drawn(spec, rng, dtype)
    return arrays


# ---------------------------------------------------------------- the two sides


def _another_layout(array: np.ndarray) -> np.ndarray:
    """The same numbers, with other strides: the sides in another order in memory."""
    return np.asfortranarray(array) if array.ndim > 1 else np.repeat(array, 2)[::2]


class Side(NamedTuple):
    """One of the two libraries: its names, and how an array becomes a tensor and comes back."""

    torch: Any
    F: Any
    tensor: Any
    array: Any


OURS = Side(tg, nn.functional, tg.from_numpy, lambda t: np.asarray(t.array))
THEIRS = Side(torch, torch.nn.functional, torch.from_numpy, lambda t: t.numpy(force=True))


class Outcome(NamedTuple):
    """What an expression gave: flat results, its inputs as tensors, or the error."""

    side: Side
    results: list[Any]
    inputs: dict[str, Any]
    error: Exception | None = None
    warned: bool = False


def flat(result: Any) -> list[Any]:
    if isinstance(result, tuple | list) and any(
        isinstance(x, torch.Tensor | tg.Tensor | tuple | list) for x in result
    ):
        return [one for part in result for one in flat(part)]
    return [result]


@cache
def _compiled(code: str) -> tuple[Any, Any]:
    """What runs first, and the expression whose value is the result."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    value = ast.Expression(last.value) if last else None
    return compile(tree, code, "exec"), value and compile(value, code, "eval")


def evaluate(
    side: Side, code: str, arrays: dict[str, np.ndarray], grads: bool, quiet: bool = True
) -> Outcome:
    """Run the code on one side.  Inputs that are floating require grad, if wanted."""
    names = {name: side.tensor(array.copy(order="K")) for name, array in arrays.items()}
    inputs = dict(names)
    for name, array in arrays.items():
        if grads and array.dtype.kind == "f":
            inputs[name].requires_grad_()
    names |= {"torch": side.torch, "F": side.F, "np": np, "math": math}
    first, value = _compiled(code)
    with warnings.catch_warnings(record=side is THEIRS) as warned:
        if quiet or side is THEIRS:
            warnings.simplefilter("always" if side is THEIRS else "ignore")
        try:
            if writes := re.search(r"\bout\b", code):
                names["out"] = names["x"].clone()
            exec(first, names)
            result = eval(value, names) if value else None
            results = flat([result, names["out"]] if writes else result)
        except Exception as error:
            return Outcome(side, [], inputs, error, bool(warned))
    return Outcome(side, results, inputs, None, bool(warned))


def both(
    code: str, arrays: dict[str, np.ndarray], grads: bool = False, quiet: bool = True
) -> tuple[Outcome, Outcome]:
    """(ours, theirs).  PyTorch's warnings are its own; where it warns, we may."""
    theirs = evaluate(THEIRS, code, arrays, grads)
    with np.errstate(all="ignore") if quiet else nullcontext():
        return evaluate(OURS, code, arrays, grads, quiet or theirs.warned), theirs


# ---------------------------------------------------------------- comparing


def _plain(value: Any) -> Any:
    """What is not a tensor, for ==: a size as a tuple, a dtype by its name."""
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    if isinstance(value, torch.dtype | np.dtype | torch.device | tg.device):
        return str(value).replace("torch.", "")
    if isinstance(value, str):
        value = re.sub(r"grad_fn=<\w+>", "grad_fn=<...>", value.replace("dtype=torch.", "dtype="))
        return re.sub(r",\s+(dtype|requires_grad|grad_fn)=", r", \1=", value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return type(value).__name__


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor | tg.Tensor)


def dtype_of(tensor: Any) -> str:
    return str(tensor.dtype).replace("torch.", "")


def unequal(ours: np.ndarray, theirs: np.ndarray, tolerance: float | None = None) -> str | None:
    """Why two arrays are not equal to the tolerance of their dtype, or None."""
    if ours.shape != theirs.shape:
        return f"shape {ours.shape}, PyTorch {theirs.shape}"
    if ours.dtype != theirs.dtype:
        return f"dtype {ours.dtype}, PyTorch {theirs.dtype}"
    if theirs.dtype.kind != "f":
        return None if np.array_equal(ours, theirs) else f"{_short(ours)}, PyTorch {_short(theirs)}"
    tol = TOLERANCE[str(theirs.dtype)]
    tol = max(tol, tolerance or tol) if theirs.dtype == np.float64 else tol
    with np.errstate(all="ignore"):
        finite = theirs[np.isfinite(theirs)]
        scale = max(1.0, float(np.abs(finite).max())) if finite.size else 1.0
        exact = tol * scale if tol > 1e-9 else tol
        if np.allclose(ours, theirs, rtol=tol, atol=exact, equal_nan=True):
            return None
        where = ~np.isclose(ours, theirs, rtol=tol, atol=exact, equal_nan=True)
    return f"{_short(ours[where])}, PyTorch {_short(theirs[where])}"


def _short(array: np.ndarray) -> str:
    return np.array2string(np.ravel(array)[:5], precision=9, separator=" ", max_line_width=999)


def difference(
    ours: Outcome, theirs: Outcome, values: bool = True, tolerance: float | None = None
) -> str | None:
    """Why the two outcomes are not the same, or None."""
    if theirs.error is not None:
        if ours.error is None:
            given = [list(r.shape) if _is_tensor(r) else r for r in ours.results]
            return f"gives {given}, PyTorch raises {_said(theirs.error)}"
        if not isinstance(ours.error, (*RAISES, type(theirs.error))):
            return f"raises {_said(ours.error)}, PyTorch {_said(theirs.error)}"
        return None
    if ours.error is not None:
        return f"raises {_said(ours.error)}, PyTorch does not"
    if len(ours.results) != len(theirs.results):
        return f"{len(ours.results)} results, PyTorch {len(theirs.results)}"
    for k, (a, b) in enumerate(zip(ours.results, theirs.results, strict=True)):
        why = _result_difference(a, b, values, tolerance)
        if why:
            return why if len(theirs.results) == 1 else f"result {k}: {why}"
    return None


def _result_difference(a: Any, b: Any, values: bool, tolerance: float | None) -> str | None:
    if not _is_tensor(b):
        a, b = _plain(a), _plain(b)
        if isinstance(b, float) and isinstance(a, float):
            return None if np.isclose(a, b, 1e-6, equal_nan=True) else f"{a!r}, PyTorch {b!r}"
        same = a == b and type(a) is type(b)
        return None if same else f"{a!r}, PyTorch {b!r}"
    if not isinstance(a, tg.Tensor):
        return f"a {type(a).__name__}, PyTorch a tensor"
    if dtype_of(a) != dtype_of(b):
        return f"dtype {dtype_of(a)}, PyTorch {dtype_of(b)}"
    if a.requires_grad != b.requires_grad:
        return f"requires_grad {a.requires_grad}, PyTorch {b.requires_grad}"
    ours, theirs = OURS.array(a), THEIRS.array(b)
    if not values:
        return None if ours.shape == theirs.shape else f"shape {ours.shape}, PyTorch {theirs.shape}"
    return unequal(ours, theirs, tolerance)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}({str(error).splitlines()[0][:160] if str(error) else ''})"


# ---------------------------------------------------------------- gradients


def gradients(outcome: Outcome, code: str, create_graph: bool = False) -> dict[str, Any] | None:
    """dL/d(input) for each input that requires grad, L = the sum of random weights times results;
    None if no result requires grad."""
    rng = np.random.default_rng(crc32(code.encode()) + 1)
    roots, weights = [], []
    for result in outcome.results:
        if _is_tensor(result):
            weight = rng.standard_normal(tuple(result.shape))
            if result.requires_grad and not any(result is root for root in roots):
                roots.append(result)
                array = outcome.side.array(result)
                weights.append(outcome.side.tensor(np.asarray(weight, array.dtype)))
    wanted = {name: x for name, x in outcome.inputs.items() if x.requires_grad}
    if not roots or not wanted:
        return None
    found = outcome.side.torch.autograd.grad(
        roots, list(wanted.values()), weights, create_graph=create_graph, allow_unused=True
    )
    return dict(zip(wanted, found, strict=True))


def gradient_difference(
    ours: dict[str, Any] | None, theirs: dict[str, Any] | None, tolerance: float | None = None
) -> str | None:
    if ours is None or theirs is None:
        return None if ours is theirs else f"gradients {ours}, PyTorch {theirs}"
    for name, theirs_one in theirs.items():
        ours_one = ours[name]
        if ours_one is None or theirs_one is None:
            if ours_one is not theirs_one:
                return f"dL/d{name} is {ours_one}, PyTorch {theirs_one}"
            continue
        why = unequal(OURS.array(ours_one), THEIRS.array(theirs_one), tolerance)
        if why:
            return f"dL/d{name}: {why}"
    return None


def second_gradients(outcome: Outcome, code: str) -> dict[str, Any] | None:
    """The gradient of the sum of squares of the gradients, None standing for zeros; None if the
    gradients do not depend on any input."""
    firsts = gradients(outcome, code, create_graph=True)
    roots = [g for g in (firsts or {}).values() if g is not None and g.requires_grad]
    wanted = {name: x for name, x in outcome.inputs.items() if x.requires_grad}
    if not roots:
        return None
    total = sum(((g * g).sum() for g in roots[1:]), (roots[0] * roots[0]).sum())
    if not total.requires_grad:
        return None
    found = outcome.side.torch.autograd.grad(total, list(wanted.values()), allow_unused=True)
    return {
        name: np.zeros(tuple(x.shape)) if g is None else outcome.side.array(g)
        for (name, x), g in zip(wanted.items(), found, strict=True)
    }


# ---------------------------------------------------------------- variants


def fits(text: str, pattern: str) -> bool:
    """Is it the pattern, in which * stands for anything, and ? for one character?"""
    words = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return bool(re.fullmatch(words, text))


def has_gradient(code: str) -> bool:
    """Are gradients compared for this expression?"""
    return not any(fits(code, pattern) for pattern in GRADIENTS)


class Variant(NamedTuple):
    """The same expression, on other inputs or with another constant."""

    name: str
    code: str
    arrays: dict[str, np.ndarray]
    grads: bool = False


def dtype_variants(expression: Expression) -> Iterator[Variant]:
    """All floating inputs in each dtype, and the dtypes mixed."""
    code, specs = expression.code, expression.inputs.values()
    count = sum(spec.floating for spec in specs)
    whole = [name for name, spec in expression.inputs.items() if spec.domain == "<"]
    if count:
        for dtype in ("float32", "float16", "int64", "int32", "uint8", "bool"):
            arrays = inputs_of(expression, dtype)
            yield Variant(dtype, code, arrays, dtype == "float32")
    if count and expression.family in ("activations", "elementwise", "operators"):
        extreme = {n: s._replace(domain="e") for n, s in expression.inputs.items() if s.floating}
        yield Variant("extreme", code, inputs_of(expression, "float32", **extreme))
    if count > 1:
        for first, rest in (
            ("float32", "float64"),
            ("float64", "float32"),
            ("int64", "float32"),
            ("float32", "int64"),
            ("bool", "float32"),
            ("float16", "int32"),
            ("uint8", "int32"),
        ):
            arrays = inputs_of(expression, [first, *[rest] * (count - 1)])
            yield Variant(f"{first} with {rest}", code, arrays, (first + rest).count("float") > 1)
        names = [name for name, spec in expression.inputs.items() if spec.floating]
        scalar = {names[-1]: expression.inputs[names[-1]]._replace(shape=())}
        for first, rest in (("float32", "float64"), ("int64", "float32")):
            arrays = inputs_of(expression, [*[first] * (count - 1), rest], **scalar)
            yield Variant(f"{first} with 0-d {rest}", code, arrays)
    for name in whole:
        for dtype in ("int32", "float64"):
            arrays = inputs_of(expression)
            yield Variant(f"{name} of {dtype}", code, arrays | {name: arrays[name].astype(dtype)})


def shape_variants(expression: Expression) -> Iterator[Variant]:
    """No dimensions, none of some size, one more, and another order in memory."""
    code, specs = expression.code, expression.inputs

    def reshaped(change: Any) -> dict[str, np.ndarray]:
        changed = {name: spec._replace(shape=change(spec.shape)) for name, spec in specs.items()}
        return inputs_of(expression, **changed)

    if specs:
        yield Variant("0-d", code, reshaped(lambda shape: ()), True)
        yield Variant("empty first", code, reshaped(lambda shape: (0, *shape[1:])), True)
        yield Variant("empty last", code, reshaped(lambda shape: (*shape[:-1], 0)), True)
        yield Variant("leading 1", code, reshaped(lambda shape: (1, *shape)), True)
        yield Variant("one each", code, reshaped(lambda shape: (1,) * len(shape)), True)
        arrays = inputs_of(expression)
        laid = {name: _another_layout(array) for name, array in arrays.items()}
        yield Variant("transposed", code, laid, True)


def hostile_variants(expression: Expression) -> Iterator[Variant]:
    """Sides that do not fit, constants and indices out of range, wrong dtypes."""
    code, specs = expression.code, expression.inputs
    for name, spec in specs.items():
        for what, shape in (
            ("a longer last side", (*spec.shape[:-1], spec.shape[-1] + 1) if spec.shape else (2,)),
            ("a longer first side", (spec.shape[0] + 1, *spec.shape[1:]) if spec.shape else (3,)),
            ("a side fewer", spec.shape[1:] if spec.shape else (2, 2)),
            ("a side more", (*spec.shape, 2)),
        ):
            arrays = inputs_of(expression, **{name: spec._replace(shape=shape)})
            yield Variant(f"{name}: {what}", code, arrays)
        if spec.domain == "<" and math.prod(spec.shape):
            for what, value in (("too large", spec.below), ("-1", -1), ("-9", -9)):
                arrays = inputs_of(expression)
                arrays[name].flat[-1] = value
                yield Variant(f"{name}: {what}", code, arrays)
    for position, literal in _whole_literals(code):
        for value in (9, -9):
            changed = code[:position] + f"{value}" + code[position + len(literal) :]
            yield Variant(changed, changed, inputs_of(expression))


def _whole_literals(code: str) -> list[tuple[int, str]]:
    """Where the whole numbers of an expression stand, outside of strings."""
    return [
        (node.col_offset, code[node.col_offset : node.end_col_offset])
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant) and type(node.value) is int
    ]


def unshared(error: Exception) -> list[str]:
    """The listed refusals of PyTorch's that this error is one of."""
    return [words for words in UNSHARED if re.search(words, str(error))]


def variant_difference(variant: Variant) -> str | None:
    """Why the two sides disagree on a variant, or None."""
    grads = variant.grads and has_gradient(variant.code)
    ours, theirs = both(variant.code, variant.arrays, grads)
    if ours.error is None and theirs.error is not None and unshared(theirs.error):
        return None
    tolerance = tolerance_of(variant.code, variant.arrays, exact=1e-8)
    why = difference(ours, theirs, tolerance=tolerance)
    if why or not grads or theirs.error is not None:
        return why
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            expected = gradients(theirs, variant.code)
        except RuntimeError:  # PyTorch has no derivative here
            return None
        found = gradients(ours, variant.code)
    return gradient_difference(
        found, expected, max(tolerance, 1e-4) if tolerance > 1e-7 else tolerance
    )


def tolerance_of(code: str, arrays: dict[str, np.ndarray], exact: float) -> float:
    """`exact`, unless some step is computed in less than float64."""
    whole = all(array.dtype == np.float64 for array in arrays.values() if array.dtype.kind == "f")
    if not whole or LOW_PRECISION.search(code):
        return 1e-6
    return 1e-7 if any(fits(code, pattern) for pattern in INEXACT) else exact


# ---------------------------------------------------------------- counting


def names_in(code: str) -> set[str]:
    """The names of PyTorch's that an expression uses: torch.exp, F.relu, Tensor.sum."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute):
            root = ast.unparse(node.value)
            if re.fullmatch(r"torch(\.\w+)*|F", root):
                found.add(f"{root}.{node.attr}")
            elif root not in ("np", "math"):
                found.add(f"Tensor.{node.attr}")
    return found
