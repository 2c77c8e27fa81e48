"""Compiled layers: results, gradients, buffers and random numbers are those of the layer, bit for
bit, for every layer that the table of test_layers.py has."""

import copy
import warnings

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from tinygrad_edu.func.trees import leaves

from .test_layers import CASES, inputs

AS_THEY_ARE = "MaxUnpool MultiLabelMarginLoss( AdaptiveLogSoftmax max_norm padding_idx=2 Lazy"
WITH_INPUTS = [case for case in CASES if len(case) > 1]


def step(layer, call, arrays):
    """Every number that one step of training has something to do with."""
    xs = [tg.tensor(a) for a in arrays]
    for x in xs:
        if x.is_floating_point():
            x.requires_grad_()
    layer.zero_grad()
    tg.manual_seed(5)
    ys = [y for y in leaves(call(*xs)) if isinstance(y, tg.Tensor)]
    recorded = [y for y in ys if y.requires_grad]
    rng = np.random.default_rng(1)
    if recorded:
        sum((y * tg.tensor(rng.standard_normal(y.shape))).sum() for y in recorded).backward()
    grads = [t.grad for t in [*xs, *layer.parameters()]]
    found = [*ys, *[g for g in grads if g is not None], *layer.state_dict().values(), tg.rand(1)]
    return [g is None for g in grads], [t.array.copy() for t in found]


@pytest.mark.parametrize("case", WITH_INPUTS, ids=lambda case: case[0])
def test_a_compiled_layer_finds_the_same_bits(case):
    code, *sizes = case
    made = eval(code, {**vars(nn), "ones": tg.ones, "zeros": tg.zeros}).double()
    twin = copy.deepcopy(made)
    compiled = tg.compile(twin)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for mode in (True, True, False):
            made.train(mode)
            twin.train(mode)
            missing, right = step(made, made, inputs(sizes))
            missing_too, found = step(twin, compiled, inputs(sizes))
            assert missing == missing_too
            for x, y in zip(found, right, strict=True):
                assert (x.shape, x.dtype) == (y.shape, y.dtype)
                assert np.array_equal(x, y, equal_nan=True)
    if not any(word in code for word in AS_THEY_ARE.split()):
        assert "def forward" in compiled.source
