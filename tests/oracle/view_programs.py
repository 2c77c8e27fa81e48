"""Random programs of views and writes, for one library or for two in step."""

import numpy as np

SHAPES = [(3, 4), (4, 3), (12,), (2, 2, 3)]


def views_of(t, rng, detached=True):
    """A view that both libraries can take of a tensor of this shape, as a function of it."""
    shape = tuple(t.shape)
    d = rng.randrange(len(shape)) if shape else 0
    found = [lambda t: t.unsqueeze(0), *([lambda t: t.detach()] if detached else [])]
    if shape and all(shape):
        n = shape[d]
        k, m = rng.randrange(n), rng.randint(1, n)
        start = rng.randrange(n - m + 1)
        key = (slice(None),) * d
        found += [
            lambda t: t[(*key, k)],
            lambda t: t[(*key, k - n)],
            lambda t: t[(*key, slice(start, start + m))],
            lambda t: t[(*key, slice(k, None, 2))],
            lambda t: t[..., None],
            lambda t: t.narrow(d, start, m),
            lambda t: t.select(d, k),
            lambda t: t.transpose(0, d),
            lambda t: t.permute(*reversed(range(len(shape)))),
            lambda t: t.reshape(-1),
            lambda t: t.reshape(*shape[:d], 1, *shape[d:]),
            lambda t: t.flatten(),
            lambda t: t.squeeze(),
            lambda t: t.view(shape),
            lambda t: t.view(-1),
            lambda t: t.unsqueeze(0).expand(2, *shape),
        ]
    if len(shape) == 2 and all(shape):
        found += [lambda t: t.t(), lambda t: t.T, lambda t: t.diagonal(), lambda t: t.diagonal(1)]
    return rng.choice(found)


def new_values(t, rng):
    """Something computed, in memory of its own."""
    return rng.choice([lambda t: t * 2, lambda t: t + 0.5, lambda t: -t, lambda t: t.clone()])


def a_write(t, rng, scale, no_grad=True):
    """A write into t of a number, or of what is made of the one-number tensor w."""
    shape = tuple(t.shape)
    mask = np.array([rng.random() < 0.5 for _ in range(int(np.prod(shape)))], bool).reshape(shape)
    found = [
        lambda lib, t, w: t.mul_(w),
        lambda lib, t, w: t.mul_(scale),
        lambda lib, t, w: t.add_(w, alpha=scale),
        lambda lib, t, w: t.sub_(w),
        lambda lib, t, w: t.copy_(w * scale),
        lambda lib, t, w: t.fill_(scale),
        lambda lib, t, w: t.zero_(),
        lambda lib, t, w: t.neg_(),
        lambda lib, t, w: t.__iadd__(w),
        lambda lib, t, w: t.__imul__(scale),
        lambda lib, t, w: t.__setitem__(Ellipsis, w),
        lambda lib, t, w: t.__setitem__(lib.tensor(mask), w),
        lambda lib, t, w: t.masked_fill_(lib.tensor(mask), scale),
        lambda lib, t, w: t.masked_fill_(lib.tensor(mask), w),
    ]
    if no_grad:
        found += [lambda lib, t, w: in_no_grad(lib, lambda: t.mul_(scale))]
    if shape and all(shape):
        k = rng.randrange(shape[0])
        found += [
            lambda lib, t, w: t.__setitem__(k, w),
            lambda lib, t, w: t.__setitem__(slice(k, None), w * scale),
            lambda lib, t, w: t.index_add_(
                0, lib.tensor([k, k]), lib.ones((2, *shape[1:]), dtype=lib.float64) * w
            ),
            lambda lib, t, w: augmented(t, k, w),
            lambda lib, t, w: augmented(t, lib.tensor(mask), w),
        ]
    if len(shape) == 2:
        found += [lambda lib, t, w: t.t_()]
    return rng.choice(found)


def in_no_grad(lib, write):
    with lib.no_grad():
        return write()


def augmented(t, key, w):
    t[key] += w
