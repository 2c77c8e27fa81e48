"""Recurrence: a whole sequence in one op, since a record of every step costs too much (see
benchmarks/recurrent.py).

A cell takes z, what the input says to each of its gates, u, what the state says to them, and the
state, whose first part is the output h.  It returns the new state and what its derivative reads.
"""

from typing import Any, NamedTuple

import numpy as np

from ..graph import Parts, op
from ..outputs import joint
from .elementwise import copy, sigmoid, tanh
from .shape import concatenate


def _gates(a, count):
    """The parts of a, (rows, count size), that belong to the gates."""
    size = a.shape[1] // count
    return [a[:, k * size : (k + 1) * size] for k in range(count)]


# ---------------------------------------------------------------- cells, and their derivatives


def rnn_tanh(z, u, h):
    """h' = tanh(z + u)  (Elman, 1990)."""
    h = tanh(z + u)
    return (h,), (h,)


def _rnn_tanh_back(dh, h):
    da = dh * (1 - h * h)
    return da, da, (0,)


def rnn_relu(z, u, h):
    """h' = max(0, z + u)."""
    h = np.maximum(z + u, 0)
    return (h,), (h,)


def _rnn_relu_back(dh, h):
    da = dh * (h > 0)
    return da, da, (0,)


def gru(z, u, h):
    """r = sigmoid(z_r + u_r), k = sigmoid(z_k + u_k), n = tanh(z_n + r u_n), h' = (1 - k) n + k h
    (Cho et al., 2014)."""
    (zr, zk, zn), (ur, uk, un) = _gates(z, 3), _gates(u, 3)
    r, k = sigmoid(zr + ur), sigmoid(zk + uk)
    n = tanh(zn + r * un)
    return (n + k * (h - n),), (r, k, n, un, h)


def _gru_back(dh, r, k, n, un, h):
    dn = dh * (1 - k) * (1 - n * n)
    dk = dh * (h - n) * (k - k * k)
    dr = dn * un * (r - r * r)
    du = concatenate(dr, dk, dn * r, axis=1)
    return concatenate(dr, dk, dn, axis=1), du, (dh * k,)


def lstm(z, u, h, c):
    """i, f, o = sigmoid(z + u), g = tanh(z_g + u_g), each its own part of the sums,
    c' = f c + i g, h' = o tanh c'  (Hochreiter and Schmidhuber, 1997; Gers et al., 2000)."""
    i, f, g, o = _gates(z + u, 4)
    i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
    c_new = f * c + i * g
    tanh_c = tanh(c_new)
    h = o * tanh_c
    return (h, c_new), (i, f, g, o, c, tanh_c, h)


def _lstm_back(dh, dc, i, f, g, o, c, tanh_c, h):
    dc = dc + dh * (o - h * tanh_c)
    ig = i * g
    da = ((ig - ig * i) * dc, c * (f - f * f) * dc, (i - ig * g) * dc, (h - h * o) * dh)
    da = concatenate(*da, axis=1)
    return da, da, (0, dc * f)


class Cell(NamedTuple):
    """One step, its derivative, and how many gates read z and u."""

    step: Any
    back: Any
    gates: int


CELLS = {
    "rnn_tanh": Cell(rnn_tanh, _rnn_tanh_back, 1),
    "rnn_relu": Cell(rnn_relu, _rnn_relu_back, 1),
    "gru": Cell(gru, _gru_back, 3),
    "lstm": Cell(lstm, _lstm_back, 4),
}

# ---------------------------------------------------------------- from step to step


def _over(new, state):
    """The state, its first rows new."""
    return new if len(new) == len(state) else concatenate(new, state[len(new) :], axis=0)


def _steps(x, *, cell, sizes, reverse):
    """What each step read and made, in the order of time, and the last state."""
    z, w, b, *state = x
    step = CELLS[cell].step
    across = copy(w.swapaxes(0, 1))  # a product with a transposed matrix takes half as long again
    ends = np.cumsum(sizes).tolist()
    steps = [None] * len(sizes)
    for t in reversed(range(len(sizes))) if reverse else range(len(sizes)):
        rows = slice(ends[t] - sizes[t], ends[t])
        before = [part[: sizes[t]] for part in state]
        new, kept = step(z[rows], before[0] @ across + b, *before)
        steps[t] = rows, before[0], new[0], kept
        state = [_over(part, whole) for part, whole in zip(new, state, strict=True)]
    return steps, state


def _through_time(g, _y, x, steps, *, cell, sizes, reverse):
    _, w, _, *_ = x
    back = CELLS[cell].back
    gh, *dstate = g
    dz, du = [None] * len(sizes), [None] * len(sizes)
    for t in range(len(sizes)) if reverse else reversed(range(len(sizes))):
        rows, _, _, kept = steps[0][t]
        dh, *others = (part[: sizes[t]] for part in dstate)
        dz[t], du[t], (direct, *before) = back(dh + gh[rows], *others, *kept)
        before = [du[t] @ w + direct, *before]
        dstate = [_over(part, whole) for part, whole in zip(before, dstate, strict=True)]
    du_all = concatenate(*du, axis=0)
    dz_all = du_all if dz[0] is du[0] else concatenate(*dz, axis=0)
    h_before = concatenate(*[h for _, h, _, _ in steps[0]], axis=0)
    dw = du_all.swapaxes(0, 1) @ h_before
    return Parts((dz_all, dw, du_all.sum(axis=0), *dstate))


@joint
@op(_through_time, residual=_steps, samples=lambda draw: draw.sequence())
def recurrent(x, steps, *, cell, sizes, reverse):
    """y = h_1 ... h_T and the last state, where state_t = cell(z_t, h_{t-1} W' + b, state_{t-1});
    dL/dx is found from the last step to the first: backpropagation through time (Werbos, 1990).

    Inputs are z (rows, gates), W (gates, size), b (gates,), and the first state, one or two of
    (N, size).  The rows are those of step 1, of step 2 ...: sizes[t] of them, never more than
    before, so that sequences may end at different times.  With `reverse` the steps are taken from
    the last to the first.
    """
    taken, state = steps
    return concatenate(*[h for _, _, h, _ in taken], axis=0), *state
