"""Whose memory a result looks into: where PyTorch's is a copy ours is one, that can be written to;
where PyTorch's is a view ours is one, but for what is said in docs/differences.md."""

from pathlib import Path

import numpy as np
import pytest
import torch

import nn
import tinygrad_edu as tg

TEXT = (Path(__file__).parent / "settings" / "memory.txt").read_text()
CASES = [
    one.strip()
    for line in TEXT.splitlines()
    if not line.startswith("#")
    for one in line.split("|")
    if one.strip()
]


def flat(result):
    if isinstance(result, tuple | list):
        return [one for part in result for one in flat(part)]
    return [result]


def made(library, layers, code, grads):
    """What the code returns, as arrays, and its inputs, as arrays."""
    rng = np.random.default_rng(0)
    given = {
        "x": library.tensor(rng.standard_normal((4, 4)).astype("f4")),
        "c": library.tensor(rng.standard_normal((2, 4, 4, 4)).astype("f4")),
        "i": library.tensor([0, 1, 2, 3]),
        "m": library.tensor(rng.random((4, 4)) > 0.5),
    }
    for name in "xc":
        given[name].requires_grad_(grads)
    names = {"torch": library, "nn": layers, "F": layers.functional, "np": np, **given}
    with np.errstate(all="ignore"):
        results = flat(eval(code, names))
    arrays = [x.detach().numpy() for x in given.values()]
    return [y.detach().numpy() for y in results if hasattr(y, "detach")], arrays


def seen(array, arrays):
    return any(np.shares_memory(array, other) for other in arrays)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("code", CASES)
@pytest.mark.parametrize("grads", [False, True])
def test_a_result_looks_into_the_memory_that_pytorchs_does(code, grads):
    ours, inputs = made(tg, nn, code, grads)
    theirs, their_inputs = made(torch, torch.nn, code, grads)
    assert len(ours) == len(theirs)
    for k, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        assert seen(mine, inputs) == seen(other, their_inputs)
        assert seen(mine, ours[:k]) <= seen(other, theirs[:k])
        sides = zip(other.strides, other.shape, strict=True)
        if not any(stride == 0 and size > 1 for stride, size in sides):
            assert mine.flags.writeable
