"""multi_head_attention_forward: outputs, weights and all gradients are PyTorch's."""

import numpy as np
import pytest
import torch
import torch.nn.functional as theirs_F

import nn.functional as F
import tinygrad_edu as tg

L, S, N, E, H = 3, 4, 2, 6, 2
RNG = np.random.default_rng(0)
HIDDEN = RNG.random((L, S)) > 0.6
HIDDEN[:, 0] = False
LATER = np.triu(np.ones((L, S), bool), 1)
MORE = {"bias_k": RNG.normal(size=(1, 1, E)), "bias_v": RNG.normal(size=(1, 1, E))}


def settings(n):
    """Each with a batch of n."""
    padding = np.array([[0, 0, 0, 1], [0, 1, 0, 1]], bool)[:n]
    heads = RNG.normal(size=(n * H, S, E // H))
    longer = RNG.normal(size=(n * H, S + 1, E // H))
    causal = {"attn_mask": LATER, "is_causal": True}
    return [
        {},
        {"attn_mask": HIDDEN},
        {"attn_mask": RNG.normal(size=(L, S))},
        {"attn_mask": RNG.normal(size=(n * H, L, S))},
        {"key_padding_mask": padding},
        {"key_padding_mask": padding, "attn_mask": HIDDEN},
        causal,
        causal | {"key_padding_mask": padding},
        MORE,
        MORE | {"add_zero_attn": True, "attn_mask": HIDDEN, "key_padding_mask": padding},
        {"add_zero_attn": True},
        {"static_k": heads},
        {"static_k": heads, "static_v": heads + 1, "key_padding_mask": padding},
        {"static_k": longer, "static_v": longer - 1, "add_zero_attn": True},
        {"in_proj_bias": None, "out_proj_bias": None},
        {"average_attn_weights": False},
        {"training": False, "dropout_p": 0.5},
    ]


def arguments(separate, alone, setting):
    keys, values = (5, 3) if separate else (E, E)

    def normal(*size):
        return RNG.normal(size=size)

    def sequence(length, size):
        return normal(length, size) if alone else normal(length, N, size)

    given = {"query": sequence(L, E), "key": sequence(S, keys), "value": sequence(S, values)}
    given |= {"embed_dim_to_check": E, "num_heads": H, "add_zero_attn": False, "dropout_p": 0.0}
    given |= {"in_proj_bias": normal(3 * E), "bias_k": None, "bias_v": None}
    given |= {"out_proj_weight": normal(4, E), "out_proj_bias": normal(4)}
    given |= {"in_proj_weight": None if separate else normal(3 * E, E)}
    if separate:
        given |= {"q_proj_weight": normal(E, E), "k_proj_weight": normal(E, keys)}
        given |= {"v_proj_weight": normal(E, values), "use_separate_proj_weight": True}
    given |= setting
    if alone and "key_padding_mask" in setting:
        given["key_padding_mask"] = setting["key_padding_mask"][0]
    return given


def made(library, given):
    def leaf(x):
        return library.tensor(x, requires_grad=x.dtype.kind == "f")

    return {name: leaf(x) if isinstance(x, np.ndarray) else x for name, x in given.items()}


@pytest.mark.parametrize("number", range(len(settings(1))))
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("need_weights", [True, False])
def test_multi_head_attention_is_pytorchs(number, separate, alone, need_weights):
    setting = settings(1 if alone else N)[number] | {"need_weights": need_weights}
    given = arguments(separate, alone, setting)
    mine, theirs = made(tg, given), made(torch, given)
    (y, w), (z, v) = [
        f.multi_head_attention_forward(**x) for f, x in ((F, mine), (theirs_F, theirs))
    ]
    pairs = [(y, z)] if v is None else [(y, z), (w, v)]
    assert (w is None) == (v is None)
    for ours, right in pairs:
        assert ours.shape == tuple(right.shape)
        np.testing.assert_allclose(ours.array, right.detach().numpy(), rtol=1e-9)
    sum((ours**3).sum() for ours, _ in pairs).backward()
    sum((right**3).sum() for _, right in pairs).backward()
    for name, x in mine.items():
        if isinstance(x, tg.Tensor):
            right = theirs[name].grad
            assert (x.grad is None) == (right is None), name
            if right is not None:
                np.testing.assert_allclose(x.grad.array, right.numpy(), 1e-7, 1e-10, err_msg=name)
