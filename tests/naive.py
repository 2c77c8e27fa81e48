"""A slow, obvious engine, to hold the real one against.

A Cell is one number in memory.  A Tensor is an array of cells: to share memory is to share cells.
If a gradient flows to it, its Step says how: dy[i]/dx[j] = d, number by number.
"""

import math
from itertools import count

import numpy as np


class Refused(Exception):
    """Where the real engine raises RuntimeError."""


class Cell:
    def __init__(self, value):
        self.value, self.writes = value, 0


class Step:
    numbers = count()

    def __init__(self, size, paths=(), read=()):
        self.size, self.number, self.grad = size, next(Step.numbers), None
        self.paths = [path for path in paths if path[1]]  # (i, the step of x, j, d)
        self.read = [(cell, cell.writes) for cell in read]  # what the derivatives come from
        self.is_leaf = self.keeps_grad = self.freed = False
        self.hooks = []


class Tensor:
    recording, everyone = True, []

    def __init__(self, cells, paths=(), read=(), root=None, places=None, borrowed=False):
        self.cells, self.borrowed = np.asarray(cells, object), borrowed
        self.numbers = np.arange(self.cells.size).reshape(self.cells.shape)
        self.root = root or self  # what it is a view of, and which cells of that it has
        self.places = self.numbers if places is None else places
        step = Step(self.cells.size, paths, read)
        self.step = step if step.paths and Tensor.recording else None
        Tensor.everyone.append(self)

    @property
    def values(self):
        return [cell.value for cell in self.cells.flat]


def new(shape, values):
    return np.array([Cell(value) for value in values], object).reshape(shape)


def leaf(values):
    tensor = Tensor(new(np.shape(values), np.ravel(values)))
    tensor.step = Step(tensor.cells.size)
    tensor.step.is_leaf = tensor.step.keeps_grad = True
    return tensor


def elementwise(f, slopes, *xs):
    """The cells of f(x, ...), where x ... broadcast, and its paths: slopes are df/dx ..."""
    places = np.broadcast(*[x.numbers for x in xs])
    given = [(at, [x.values[i] for x, i in zip(xs, at, strict=True)]) for at in places]
    cells = new(places.shape, [f(*values) for _, values in given])
    paths = [
        (k, x.step, i, slope(*values))
        for k, (at, values) in enumerate(given)
        for x, i, slope in zip(xs, at, slopes, strict=True)
    ]
    return cells, paths


def add(a, b):
    return Tensor(*elementwise(lambda x, y: x + y, [lambda x, y: 1.0] * 2, a, b))


def mul(a, b):
    read = [cell for x, other in ((a, b), (b, a)) if x.step for cell in other.cells.flat]
    slopes = [lambda x, y: y, lambda x, y: x]
    return Tensor(*elementwise(lambda x, y: x * y, slopes, a, b), read)


def sin(x):
    return Tensor(*elementwise(math.sin, [math.cos], x), x.cells.flat)


def tanh(x):
    cells, paths = elementwise(math.tanh, [lambda value: 1 - math.tanh(value) ** 2], x)
    return Tensor(cells, paths, cells.flat)


def total(x):
    return Tensor(new((), [sum(x.values)]), [(0, x.step, k, 1.0) for k in x.numbers.flat])


def view(x, part):
    paths = [(k, x.step, j, 1.0) for k, j in enumerate(np.ravel(part(x.numbers)))]
    return Tensor(part(x.cells), paths, root=x.root, places=np.asarray(part(x.places)))


def detach(x):
    return Tensor(x.cells, borrowed=True)


def apart(x):
    """A copy at the same place in the record: what a write into borrowed memory keeps of x."""
    copy = Tensor(new(x.cells.shape, x.values))
    copy.step = x.step
    return copy


def write(x, y):
    """Let x have the values of y, and all that share memory with x see that."""
    root, steps = x.root, [t.step for t in (x, x.root) if t.step]
    if not (Tensor.recording and (steps or y.step)):
        return put(x.cells, y.values)
    if any(step.is_leaf for step in steps) or (steps and not x.step):
        raise Refused  # a leaf that requires grad; a view that was taken without recording
    source = dict(zip(x.places.flat, x.numbers.flat, strict=True))
    values = [y.values[source[p]] if p in source else v for p, v in enumerate(root.values)]
    paths = [(p, y.step, i, 1.0) for p, i in source.items()]
    paths += [(p, root.step, p, float(p not in source)) for p in root.numbers.flat]
    if root.borrowed:  # the memory itself is written; else there is a new one
        put(root.cells, values)
    else:
        move(dict(zip(root.cells.flat, new(len(values), values), strict=True)))
    become(root, Step(len(values), paths))
    for t in Tensor.everyone:
        if t.root is root is not t:
            again = [(k, root.step, p, 1.0) for k, p in enumerate(t.places.flat)]
            become(t, Step(len(again), again))


def put(cells, values):
    for cell, value in zip(cells.flat, values, strict=True):
        cell.value, cell.writes = value, cell.writes + 1


def move(cells):
    for t in Tensor.everyone:
        flat = [cells.get(cell, cell) for cell in t.cells.flat]
        t.cells = np.array(flat, object).reshape(t.cells.shape)


def become(t, step):
    """The tensor is made by another step; a gradient that it is to keep, it keeps there."""
    if t.step and t.step.keeps_grad:
        t.step.keeps_grad, step.keeps_grad = False, True
    t.step = step


def backward(x, gradient, retain_graph=False):
    reached, stack = {x.step}, [x.step]
    while stack:
        found = {parent for _, parent, _, _ in stack.pop().paths} - reached
        reached |= found
        stack += found
    order = sorted(reached, key=lambda step: step.number, reverse=True)
    if any(s.freed or any(cell.writes != n for cell, n in s.read) for s in order):
        raise Refused  # what a derivative comes from is gone, or was written since
    grads = {step: [0.0] * step.size for step in order} | {x.step: list(gradient)}
    for step in order:
        for hook in step.hooks:
            grads[step] = [hook(g) for g in grads[step]]
        for i, parent, j, d in step.paths:
            grads[parent][j] += grads[step][i] * d
        step.freed = step.freed or (bool(step.read) and not retain_graph)
        if step.keeps_grad:
            before = step.grad or [0.0] * step.size
            step.grad = [a + b for a, b in zip(before, grads[step], strict=True)]
