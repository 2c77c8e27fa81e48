"""Recurrence: a whole sequence in one op, since a record of every step costs too much (see
`python -m benchmarks.limits nn.`).

A cell takes u, what the state says to each of its gates, z, what the input says to them, and the
state, whose first part is the output h.  It returns the new state and what its derivative reads.
That returns the gradients of u, of z, and of the state: of h apart from what goes through u.
"""

import numpy as np

from ..engine.graph import Parts, op
from ..engine.outputs import joint
from .elementwise import copy, selected, sigmoid, tanh
from .reduction import sum as sum_
from .shape import concatenate, stack

# ---------------------------------------------------------------- cells, and their derivatives


def rnn_tanh(u, z, h):
    """h' = tanh(u + z)  (Elman, 1990)."""
    (h,) = tanh(u + z)
    return (h,), (h,)


def _rnn_tanh_back(dh, h):
    da = (dh * (1 - h * h),)
    return da, da, (None,)


def rnn_relu(u, z, h):
    """h' = max(0, u + z)."""
    (h,) = np.maximum(u + z, 0)
    return (h,), (h,)


def _rnn_relu_back(dh, h):
    da = (selected(dh, h != 0),)
    return da, da, (None,)


def gru(u, z, h):
    """r = sigmoid(u_r + z_r), k = sigmoid(u_k + z_k), n = tanh(r u_n + z_n), h' = (1 - k) n + k h
    (Cho et al., 2014)."""
    (ur, uk, un), (zr, zk, zn) = u, z
    r, k = sigmoid(ur + zr), sigmoid(uk + zk)
    n = tanh(r * un + zn)
    return (n + k * (h - n),), (r, k, n, un, h)


def _gru_back(dh, r, k, n, un, h):
    dn = dh * (1 - k) * (1 - n * n)
    dk = dh * (h - n) * (k - k * k)
    dr = dn * un * (r - r * r)
    return (dr, dk, dn * r), (dr, dk, dn), (dh * k,)


def lstm(u, z, h, c):
    """i, f, o = sigmoid(u + z), g = tanh(u + z), each for its own part of u and z,
    c' = f c + i g, h' = o tanh c'  (Hochreiter and Schmidhuber, 1997; Gers et al., 2000)."""
    a = u + z
    (i, f, _, o), g = sigmoid(a), tanh(a[2])
    c_new = f * c + i * g
    tanh_c = tanh(c_new)
    h = o * tanh_c
    return (h, c_new), (i, f, g, o, c, tanh_c, h)


def _lstm_back(dh, dc, i, f, g, o, c, tanh_c, h):
    dc = dc + dh * (o - h * tanh_c)
    ig, before = i * g, dc * f
    da = ((ig - ig * i) * dc, (c - c * f) * before, (i - ig * g) * dc, (h - h * o) * dh)
    return da, da, (None, before)


class Cell:
    """One step, its derivative, how many gates read u and z, whether those are only added, and
    whether the output, the last of what the step keeps, is projected before it goes on."""

    def __init__(self, step, back, gates, adds=True, projects=False):
        self.step, self.back = step, back
        self.gates, self.adds, self.projects = gates, adds, projects


CELLS = {
    "rnn_tanh": Cell(rnn_tanh, _rnn_tanh_back, 1),
    "rnn_relu": Cell(rnn_relu, _rnn_relu_back, 1),
    "gru": Cell(gru, _gru_back, 3, adds=False),
    "lstm": Cell(lstm, _lstm_back, 4),
    "projected_lstm": Cell(lstm, _lstm_back, 4, projects=True),
}

# ---------------------------------------------------------------- from step to step


def _by_gate(x, gates):
    """(gates size, ...) as (gates, size, ...): a product for each gate is a small one, for which
    BLAS has faster code."""
    return x.reshape((gates, x.shape[0] // gates, *x.shape[1:]))


def _rows(sizes):
    """Which rows belong to each step."""
    ends = np.cumsum(sizes).tolist()
    return [slice(end - n, end) for end, n in zip(ends, sizes, strict=True)]


def _over(new, state):
    """The state, its first rows new."""
    return new if len(new) == len(state) else concatenate(new, state[len(new) :], axis=0)


class _Stacked:
    """Gradients of all gates, (rows, gates size) in the end: arrays are written where they stay."""

    def __init__(self, like, gates, plain):
        self.shape, self.parts = (len(like), gates, like.shape[1] // gates), {}
        self.array = np.empty_like(like) if plain else None
        self.by_gate = self.array.reshape(self.shape).swapaxes(0, 1) if plain else None

    def put(self, parts, rows):
        """The parts of the gates, one upon another, as what belongs to these rows."""
        if self.array is None:
            self.parts[rows.start] = part = stack(*parts, axis=0)
            return part
        places = self.by_gate[:, rows]
        for k, part in enumerate(parts):
            places[k] = part
        return places

    def whole(self):
        if self.array is not None:
            return self.array
        parts = [self.parts[start] for start in sorted(self.parts)]
        n, gates, size = self.shape
        return concatenate(*parts, axis=1).swapaxes(0, 1).reshape((n, gates * size))


def _steps(x, *, cell, sizes, reverse):
    """What each step read and made, in the order of time, and the last state."""
    z, w, b, *state = x
    one = CELLS[cell]
    step, gates, projects = one.step, one.gates, one.projects
    p = state.pop() if projects else None
    w, b = _by_gate(w, gates), _by_gate(b, gates)
    across, b = copy(w.swapaxes(1, 2)), b.reshape((gates, 1, w.shape[1]))
    z = z.reshape((len(z), gates, w.shape[1])).swapaxes(0, 1)
    taken = list(enumerate(_rows(sizes)))
    steps = [None] * len(sizes)
    for t, rows in reversed(taken) if reverse else taken:
        before = [part[: sizes[t]] for part in state]
        u = before[0] @ across
        u += b
        new, kept = step(u, z[:, rows], *before)
        if projects:
            new = new[0] @ p.swapaxes(0, 1), *new[1:]
        steps[t] = before[0], new[0], kept
        state = [_over(part, whole) for part, whole in zip(new, state, strict=True)]
    return tuple(steps), tuple(state)  # the clock looks into tuples for what was written since


def _through_time(g, _y, x, states, *, cell, sizes, reverse):
    z, w, _, *state = x
    (gh, *dstate), (steps, _) = g, states
    one = CELLS[cell]
    back, gates, adds, projects = one.back, one.gates, one.adds, one.projects
    w, p, dys = _by_gate(w, gates), state[-1], []
    plain = all(part.__class__ is np.ndarray for part in (*g, z, w))
    du = _Stacked(z, gates, plain)
    dz = du if adds else _Stacked(z, gates, plain)
    taken = list(enumerate(_rows(sizes)))
    for t, rows in taken if reverse else reversed(taken):
        h_before, _, kept = steps[t]
        dh, *others = (part[: sizes[t]] for part in dstate)
        dh = dh + gh[rows]
        if projects:
            dys.append(dh)
            dh = dh @ p
        parts_u, parts_z, (direct, *before) = back(dh, *others, *kept)
        through_u = (du.put(parts_u, rows) @ w).sum(axis=0)
        before = [through_u if direct is None else through_u + direct, *before]
        if not adds:
            dz.put(parts_z, rows)
        dstate = [_over(part, whole) for part, whole in zip(before, dstate, strict=True)]
    du, dz = du.whole(), dz.whole()
    h_before = concatenate(*[h for h, _, _ in steps], axis=0)
    if projects:
        made = concatenate(*[steps[t][2][-1] for t, _ in taken], axis=0)
        dys = concatenate(*(dys if reverse else dys[::-1]), axis=0)
        dstate.append(dys.swapaxes(0, 1) @ made)
    return Parts((dz, du.swapaxes(0, 1) @ h_before, sum_(du, axis=0), *dstate))


@joint
@op(_through_time, residual=_steps, samples=lambda draw: draw.sequence())
def recurrent(x, states, *, cell, sizes, reverse):
    """y = h_1 ... h_T and the last state, where state_t = cell(W h_{t-1} + b, z_t, state_{t-1});
    dL/dx is found from the last step to the first: backpropagation through time (Werbos, 1990).

    Inputs are z (rows, gates), W (gates, size), b (gates,), and the first state, one or two of
    (N, size).  The rows are those of step 1, of step 2 ...: sizes[t] of them, never more than
    before, so that sequences may end at different times.  With `reverse` the steps are taken from
    the last to the first.  A cell that projects has one input more, P (less, size): P h takes the
    place of h, and W is (gates, less).
    """
    steps, state = states
    return concatenate(*[h for _, h, _ in steps], axis=0), *state
