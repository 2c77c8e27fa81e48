"""Functions of nn that PyTorch has in `torch` itself: their parameters, values and gradients."""

import numpy as np
import pytest
import torch

import nn
import tinygrad_edu as tg

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.standard_normal(shape)


def signs(*shape):
    return RNG.choice([-1.0, 1.0], shape)


def chances(*shape):
    return RNG.uniform(0.1, 0.9, shape)


def constant(x):
    """Without a gradient: PyTorch has none there."""
    x.setflags(write=False)
    return x


W3, B3, M3, V3 = normal(3), normal(3), constant(normal(3)), constant(chances(3))
H = [normal(2, 3, 4), normal(2, 3, 4)]  # the states of two directions


def weights(gates, biases=True, layers=1, directions=2, proj=0):
    found = []
    for k in range(layers):
        for _ in range(directions):
            size = 5 if k == 0 else directions * (proj or 4)
            found += [normal(4 * gates, size), normal(4 * gates, proj or 4)]
            found += [normal(4 * gates), normal(4 * gates)] if biases else []
            found += [normal(proj, 4)] if proj else []
    return found


CASES = [
    ("layer_norm", (normal(2, 3), (3,), W3, B3, 0.1, False), {}),
    ("layer_norm", (normal(2, 3),), {"normalized_shape": [3], "cudnn_enable": False}),
    ("group_norm", (normal(2, 3, 4), 3, W3, B3), {"cudnn_enabled": True}),
    ("batch_norm", (normal(4, 3), W3, B3, M3, V3, False, 0.1, 1e-5, True), {}),
    ("batch_norm", (normal(4, 3), None, None, None, None, True, 0.1, 1e-5, False), {}),
    ("instance_norm", (normal(2, 3, 4), W3, B3, None, None, True, 0.1, 1e-5, False), {}),
    ("alpha_dropout", (normal(2, 3), 0.5, False), {}),
    ("feature_dropout", (normal(2, 3, 4), 0.0, True), {}),
    ("feature_dropout", (normal(2, 3, 4), 1.0, True), {}),
    ("feature_alpha_dropout", (normal(2, 3, 4), 0.5), {"train": False}),
    ("embedding", (normal(5, 3), np.array([[1, 4], [1, 0]])), {}),
    ("embedding", (normal(5, 3), np.array([1, 4, 1])), {"padding_idx": 1}),
    ("embedding", (normal(5, 3), np.array([1, 4, 1]), -1, True), {"sparse": False}),
    ("max_pool1d_with_indices", (normal(2, 3, 9), 3, 2, 1), {"ceil_mode": True}),
    ("adaptive_max_pool1d", (normal(2, 3, 9), 4), {}),
    ("constant_pad_nd", (normal(2, 3), (1, 2, 0, -1), 1.5), {}),
    ("conv_tbc", (normal(5, 2, 3), normal(2, 3, 4), normal(4), 1), {}),
    ("conv_tbc", (normal(5, 2, 3), normal(3, 3, 4), normal(4)), {}),
    ("native_channel_shuffle", (constant(normal(2, 4, 3)), 2), {}),
    ("poisson_nll_loss", (normal(3), chances(3) * 5, True, True, 1e-8, 1), {}),
    ("poisson_nll_loss", (chances(3), chances(3) * 5, False, False, 1e-8, 0), {}),
]
LOSSES = [
    ("binary_cross_entropy_with_logits", (normal(2, 3), chances(2, 3), constant(chances(3)), V3)),
    ("cosine_embedding_loss", (normal(4, 3), normal(4, 3), signs(4), 0.2)),
    ("hinge_embedding_loss", (normal(4), signs(4), 0.5)),
    ("kl_div", (normal(2, 3), chances(2, 3))),
    ("margin_ranking_loss", (normal(4), normal(4), signs(4), 0.1)),
    ("triplet_margin_loss", (normal(4, 3), normal(4, 3), normal(4, 3), 0.7, 2.0, 1e-6, True)),
]
CASES += [(name, given, {"reduction": r}) for name, given in LOSSES for r in (0, 1, 2)]
CASES += [("kl_div", (normal(2, 3), normal(2, 3), 2), {"log_target": True})]
X5 = normal(6, 3, 5)
for name, gates in (("rnn_tanh", 1), ("rnn_relu", 1), ("gru", 3), ("lstm", 4)):
    state = H if name == "lstm" else H[0]
    CASES += [(name, (X5, state, weights(gates), True, 1, 0.0, False, True, False), {})]
    CASES += [
        (name, (X5, state, weights(gates, False, 2, 1), False, 2, 0.0, True, False, False), {})
    ]
    sizes = constant(np.array([3, 2, 1]))  # of packed sequences
    CASES += [
        (
            name,
            (X5[0, [0, 1, 2, 0, 1, 0]], sizes, state, weights(gates), True, 1, 0.0, False, True),
            {},
        )
    ]
    CASES += [
        (
            name,
            (
                X5[0, [0, 1, 2, 0, 1, 0]],
                sizes,
                state,
                weights(gates, False, 2, 1),
                False,
                2,
                0.0,
                True,
                False,
            ),
            {},
        )
    ]
    cell = [normal(3, 5), normal(3, 4), *weights(gates)[:4]]
    if name == "lstm":
        cell[1] = [normal(3, 4), normal(3, 4)]
    CASES += [(f"{name}_cell", tuple(cell), {}), (f"{name}_cell", tuple(cell[:4]), {})]
PROJECTED = [normal(4, 6, 2), normal(4, 6, 4)]
CASES += [("lstm", (X5, PROJECTED, weights(4, True, 2, 2, 2), True, 2, 0.0, True, True, True), {})]


def made(library, thing):
    if isinstance(thing, list):
        return [made(library, x) for x in thing] if isinstance(thing[0], np.ndarray) else thing
    if isinstance(thing, np.ndarray):
        differs = thing.dtype.kind == "f" and thing.flags.writeable
        return library.tensor(thing.copy(), requires_grad=differs)
    return thing


def tensors(things, kind):
    for x in things:
        if isinstance(x, kind):
            yield x
        elif isinstance(x, list | tuple):
            yield from tensors(x, kind)


@pytest.mark.parametrize("case", CASES, ids=[f"{name}-{i}" for i, (name, *_) in enumerate(CASES)])
def test_values_and_gradients_are_pytorchs(case):
    name, given, named = case
    outputs, leaves = [], []
    for library in (tg, torch):
        xs = [made(library, x) for x in given]
        y = getattr(library, name)(*xs, **named)
        outputs.append(list(tensors([y], library.Tensor)))
        leaves.append(list(tensors(xs, library.Tensor)))
        for part in outputs[-1]:
            if part.requires_grad:
                (part**3).sum().backward(retain_graph=True)
    for mine, right in zip(*outputs, strict=True):
        assert mine.shape == tuple(right.shape)
        np.testing.assert_allclose(mine.detach().numpy(), right.detach().numpy(), 1e-8, 1e-10)
    for mine, right in zip(*leaves, strict=True):
        assert (mine.grad is None) == (right.grad is None)
        if right.grad is not None:
            np.testing.assert_allclose(mine.grad.numpy(), right.grad.numpy(), 1e-7, 1e-9)


@pytest.mark.parametrize("lengths", [([6, 5], [2, 1]), "tensors"])
@pytest.mark.parametrize("reduction", [0, 1, 2])
def test_ctc_loss_takes_its_reduction_by_number(lengths, reduction):
    x, targets = normal(6, 2, 4), np.array([[1, 2], [3, 0]])
    found = []
    for library in (tg, torch):
        sizes = [[6, 5], [2, 1]]
        if lengths == "tensors":
            sizes = [library.tensor(size) for size in sizes]
        log_probs = library.tensor(x).log_softmax(2)
        loss = library.ctc_loss(log_probs, library.tensor(targets), *sizes, 0, reduction, True)
        found.append(loss.numpy())
    np.testing.assert_allclose(*found, rtol=1e-9)


@pytest.mark.parametrize(
    "name", ["dropout_", "alpha_dropout_", "feature_dropout_", "feature_alpha_dropout_"]
)
def test_dropout_in_place_returns_its_input(name):
    for library in (tg, torch):
        x = library.ones(2, 30)
        function = getattr(library, name)
        assert function(x, 0.5, False) is x
        assert x.sum() == 60
        assert function(x, 0.5, True) is x
        assert (x != 1).any()


@pytest.mark.parametrize("name", nn.top_level.__all__)
def test_each_name_is_pytorchs(name):
    assert callable(getattr(torch, name))
    assert getattr(tg, name) is getattr(nn.top_level, name)
