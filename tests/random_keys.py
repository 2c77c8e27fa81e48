"""Random keys, in words that this package, NumPy and PyTorch all understand."""

from math import prod

import numpy as np


def drawn(rng):
    """A shape, and a key of parts (kind, value): see `built`.  Some do not fit."""
    shape = tuple(map(int, rng.choice([0, 1, 2, 3, 4, 5], rng.integers(0, 5), p=SIZES)))
    parts, k, wide = [], 0, int(rng.integers(1, 4))
    while k < len(shape) and rng.random() < 0.85:
        part, taken = _part(rng, shape[k:], wide)
        parts.append(part)
        k += taken
    for kind in ("none", "ellipsis", "bool"):
        if rng.random() < (0.25 if kind != "bool" else 0.08):
            parts.insert(int(rng.integers(len(parts) + 1)), (kind, bool(rng.random() < 0.7)))
    if rng.random() < 0.03:
        parts.append(("int", 0))
    return shape, parts


SIZES = [0.05, 0.15, 0.25, 0.25, 0.2, 0.1]
FORMS = ["list", "tuple", "array", "tensor", "tensor", "int32"]


def _part(rng, sides, wide):
    """One part of a key, and how many sides it is about."""
    n, kind = sides[0], rng.integers(10)
    low, high = (-n, n) if rng.random() < 0.98 else (-n - 1, n + 1)
    if kind < 2 and high > low:
        return ("int", int(rng.integers(low, high))), 1
    if kind == 2 and high > low:
        form = str(rng.choice(["0-d", "0-d int32", "np.int64"]))
        return (form, int(rng.integers(low, high))), 1
    if kind < 5:
        ends = [int(x) if rng.random() < 0.7 else None for x in rng.integers(-n - 1, n + 2, 2)]
        return ("slice", (*ends, int(rng.integers(1, 4)) if rng.random() < 0.5 else None)), 1
    if kind == 5 and rng.random() < 0.5:
        return ("range", (0, n, int(rng.integers(1, 3)))), 1
    if kind < 8 and high > low:
        form = FORMS[rng.integers(len(FORMS))]
        shape = [(wide,), (1,), (2, wide), (wide, 1), (0,), ()][rng.choice(6, p=SHAPES)]
        if form in ("list", "tuple") and len(shape) != 1:
            shape = (wide,)
        return (form, rng.integers(low, high, shape)), 1
    taken = int(rng.integers(1, len(sides) + 1)) if rng.random() < 0.4 else 1
    mask = rng.random(sides[:taken]) < 0.5
    mask = mask[..., :-1] if rng.random() < 0.02 else mask
    form = ["list", "array", "tensor"][rng.integers(3)]
    return ("array" if form == "list" and taken > 1 else form, mask), taken


SHAPES = [0.6, 0.1, 0.12, 0.1, 0.04, 0.04]


def built(parts, lib):
    """The key, with the tensors of `lib` (of NumPy: its arrays)."""
    tensor = np.array if lib is np else lib.tensor
    made = {
        "int": int,
        "np.int64": np.int64,
        "0-d": lambda x: x if lib is np else tensor(x),
        "0-d int32": lambda x: x if lib is np else tensor(x, dtype=lib.int32),
        "slice": lambda ends: slice(*ends),
        "range": lambda ends: list(range(*ends)) if lib is np else range(*ends),
        "list": lambda x: x.tolist() if x.size else np.array(x) if lib is np else tensor(x),
        "tuple": lambda x: x.tolist() if lib is np else tuple(x.tolist()),
        "array": lambda x: x if x.ndim else int(x),
        "tensor": lambda x: (x if x.ndim else int(x)) if lib is np else tensor(x),
        "int32": lambda x: (x if x.ndim else int(x)) if lib is np else tensor(x, dtype=lib.int32),
        "none": lambda _: None,
        "ellipsis": lambda _: Ellipsis,
        "bool": lambda x: x,
    }
    key = tuple(made[kind](x) for kind, x in parts)
    return key[0] if len(key) == 1 and not isinstance(key[0], list | tuple) else key


def reference(x, parts):
    """x[key] by NumPy, where the rules differ by PyTorch's: ints are taken first, and an Ellipsis
    that stands for no side does not part two arrays.  Returns the number of each cell that is
    read, or the error."""
    numbers = np.arange(prod(x)).reshape(x)
    key = built(parts, np)
    key = list(key) if isinstance(key, tuple) else [key]
    sides = sum(_sides(part) for part in key)
    at = next((i for i, part in enumerate(key) if part is Ellipsis), len(key))
    key[at : at + 1] = [slice(None)] * max(len(x) - sides, 0)
    if sides > len(x):
        raise IndexError("too many")
    arrays = any(isinstance(part, list | np.ndarray | bool) for part in key)
    if not arrays:
        return numbers[tuple(key)]
    axis = 0
    for part in key:
        if isinstance(part, list | np.ndarray) and np.asarray(part).dtype == bool:
            mask = np.asarray(part)
            if mask.shape != x[axis : axis + mask.ndim]:
                raise IndexError("a mask of another shape")
        axis += _sides(part)
    rows = [p if _is_int(p) else None if p is None else slice(None) for p in _spread(key)]
    rest = [_in_numpy(part) for part in key if not _is_int(part)]
    return numbers[tuple(rows)][tuple(rest)]


def _spread(key):
    """A part for each side that an array is about."""
    for part in key:
        if isinstance(part, list | np.ndarray):
            yield from [part] * _sides(part)
        elif not isinstance(part, bool):
            yield part


def _in_numpy(part):
    if part is None:
        return slice(None)
    if isinstance(part, bool):
        return np.bool_(part)
    return np.array(part, np.intp) if isinstance(part, list) and not part else part


def _is_int(part):
    return isinstance(part, int | np.integer) and not isinstance(part, bool)


def _sides(part):
    if part is None or part is Ellipsis or isinstance(part, bool):
        return 0
    is_mask = isinstance(part, list | np.ndarray) and np.asarray(part).dtype == bool
    return np.ndim(part) if is_mask else 1


def values_for(rng, shape):
    """The shape of values that broadcast to a shape; now and then they do not."""
    sides = [1 if rng.random() < 0.2 else n for n in shape][rng.integers(len(shape) + 1) :]
    if rng.random() < 0.2:
        sides = [1] * int(rng.integers(1, 3)) + [1] * (len(shape) - len(sides)) + sides
    if sides and rng.random() < 0.05:
        sides[-1] += 1
    return tuple(sides)
