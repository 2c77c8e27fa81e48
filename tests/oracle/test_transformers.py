"""Attention and transformers with copied weights: outputs, weights returned, gradients of inputs,
masks and parameters, states and initialisation are PyTorch's, in training and in evaluation."""

import warnings
from itertools import product

import numpy as np
import pytest
import torch

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck

torch.backends.mha.set_fastpath_enabled(False)  # it writes 0 where all keys are padding
N, L, S, E, H = 3, 4, 5, 8, 2
INF = float("inf")


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def agree(ours, theirs, what=""):
    assert (ours is None) == (theirs is None), what
    if ours is not None:
        assert ours.shape == tuple(theirs.shape), what
        np.testing.assert_allclose(
            ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-9, atol=1e-9, err_msg=what
        )


def both(arrays, constant=()):
    """The arrays, by name, as tensors of both libraries; the floating ones require grad, but for
    those that are constant."""
    ours = {name: tg.tensor(a) for name, a in arrays.items()}
    theirs = {name: torch.tensor(a) for name, a in arrays.items()}
    for tensors in (ours, theirs):
        for name, x in tensors.items():
            if x.is_floating_point() and name not in constant:
                x.requires_grad_()
    return ours, theirs


def compare(f, g, arrays, settings=None, parameters=((), ()), constant=()):
    """f of the arrays and g of them: outputs and all gradients agree."""
    xs, zs = both(arrays, constant)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about masks of two kinds
        y, z = f(**xs, **(settings or {})), g(**zs, **(settings or {}))
    y, z = (out if isinstance(out, tuple) else (out,) for out in (y, z))
    loss = other_loss = 0
    for k, (mine, other) in enumerate(zip(y, z, strict=True)):
        agree(mine, other, "output")
        if mine is not None:
            weight = drawn(*mine.shape, seed=k)
            loss = loss + (mine * tg.tensor(weight)).sum()
            other_loss = other_loss + (other * torch.tensor(weight)).sum()
    loss.backward()
    other_loss.backward()
    for name, x in xs.items():
        if x.numel():  # PyTorch has no gradient of nothing, here it is empty
            agree(x.grad, zs[name].grad, name)
    for (name, mine), other in zip(*parameters, strict=True):
        agree(mine.grad, other.grad, name)


# ---------------------------------------------------------------- the function

SHAPES = {
    "2d": ((L, E), (S, E), (S, 3)),
    "3d": ((N, L, E), (N, S, E), (N, S, E)),
    "heads": ((N, H, L, E), (N, H, S, E), (N, H, S, 3)),
    "broadcast": ((N, 1, L, E), (1, H, S, E), (N, H, S, E)),
    "no keys": ((N, L, E), (N, 0, E), (N, 0, 3)),
}
MASKS = {
    "none": None,
    "bool": drawn(L, S) > 0,
    "float": drawn(L, S),
    "some -inf": np.where(drawn(L, S, seed=2) > 0.5, -INF, drawn(L, S)),
    "one row sees nothing": np.arange(L)[:, None] + np.zeros(S) != 2,
    "-inf for one row": np.where(np.arange(L)[:, None] == 2, -INF, drawn(L, S)),
    "nothing sees": np.zeros((L, S), bool),
    "keys": drawn(1, S) > -0.5,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("scale", [None, 0.3])
def test_attention_is_pytorchs(shape, mask, scale):
    q, k, v = SHAPES[shape]
    arrays = {"query": drawn(*q), "key": drawn(*k, seed=1), "value": drawn(*v, seed=2)}
    if MASKS[mask] is not None:
        arrays["attn_mask"] = MASKS[mask][:, : k[-2]]
    settings = {"scale": scale}
    compare(
        F.scaled_dot_product_attention,
        torch.nn.functional.scaled_dot_product_attention,
        arrays,
        settings,
    )


@pytest.mark.parametrize("keys", [2, L, S])
def test_causal_attention_is_pytorchs(keys):
    arrays = {
        "query": drawn(N, H, L, E),
        "key": drawn(N, H, keys, E),
        "value": drawn(N, H, keys, 3),
    }
    compare(
        F.scaled_dot_product_attention,
        torch.nn.functional.scaled_dot_product_attention,
        arrays,
        {"is_causal": True},
    )


@pytest.mark.parametrize(("keys", "values"), [(2, 2), (1, 1), (6, 6), (3, 2)])
@pytest.mark.parametrize("masked", [False, True])
def test_heads_that_share_keys_are_pytorchs(keys, values, masked):
    arrays = {
        "query": drawn(N, 6, L, E),
        "key": drawn(N, keys, S, E),
        "value": drawn(N, values, S, 3),
    }
    if masked:
        arrays["attn_mask"] = drawn(N, 6, L, S)
    compare(
        F.scaled_dot_product_attention,
        torch.nn.functional.scaled_dot_product_attention,
        arrays,
        {"enable_gqa": True},
    )


@pytest.mark.parametrize("mask", ["none", "float", "one row sees nothing", "-inf for one row"])
def test_second_derivatives(mask):
    q, k, v = tg.tensor(drawn(L, 3)), tg.tensor(drawn(S, 3)), tg.tensor(drawn(S, 2))
    given = MASKS[mask]
    given = given if given is None else tg.tensor(given)
    gradcheck(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, given), [q, k, v], order=2)


def test_second_derivatives_of_a_causal_one_and_of_its_mask():
    x = tg.tensor(drawn(L, 3))
    gradcheck(lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True), x, order=2)
    gradcheck(lambda m: F.scaled_dot_product_attention(x, x, x, m), tg.tensor(drawn(L, L)), order=2)


# ---------------------------------------------------------------- layers


def made(code):
    """The layer by both libraries, with the same numbers, none of which is where it started."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about its fast path
        oracle = eval(code, {**vars(torch.nn), "F": torch.nn.functional}).double()
    ours = eval(code, {**vars(nn), "F": F}).double()
    torch.manual_seed(0)
    with torch.no_grad():
        for tensor in oracle.parameters():
            tensor.uniform_(-0.7, 0.9)
    keys = ours.load_state_dict(oracle.state_dict())
    assert not any(keys)
    return ours, oracle


def run(code, arrays, settings=None, constant=(), modes=(True, False)):
    for training in modes:
        ours, oracle = made(code)
        ours.train(training)
        oracle.train(training)
        parameters = list(ours.named_parameters()), oracle.parameters()
        compare(ours, oracle, arrays, settings, parameters, constant)


CONSTRUCTED = [
    "",
    "bias=False",
    "add_bias_kv=True",
    "add_zero_attn=True",
    "add_bias_kv=True, add_zero_attn=True, bias=False",
    "kdim=3",
    "vdim=6",
    "kdim=3, vdim=6, bias=False, add_bias_kv=True",
]


def sequences(code, batched, masks):
    """Query, key, value and masks, by name, for a MultiheadAttention."""
    widths = {"query": E, "key": 3 if "kdim" in code else E, "value": 6 if "vdim" in code else E}
    arrays = {}
    for seed, (name, width) in enumerate(widths.items()):
        length = L if name == "query" else S
        order = (N, length) if "batch_first=True" in code else (length, N)
        arrays[name] = drawn(*(order if batched else (length,)), width, seed=seed)
    heads = (N * H if batched else H, L, S)
    return arrays | {
        name: {
            "bool": drawn(L, S, seed=3) > 0.7,
            "float": drawn(L, S, seed=3),
            "bool for each head": drawn(*heads, seed=3) > 0.7,
            "float for each head": drawn(*heads, seed=3),
            "bool padding": drawn(*([N, S] if batched else [S]), seed=4) > 0.7,
            "float padding": drawn(*([N, S] if batched else [S]), seed=4),
        }[kind]
        for name, kind in masks.items()
    }


MASKED = [
    {},
    {"attn_mask": "bool"},
    {"attn_mask": "float"},
    {"attn_mask": "bool for each head"},
    {"key_padding_mask": "bool padding"},
    {"attn_mask": "bool", "key_padding_mask": "bool padding"},
    {"attn_mask": "float", "key_padding_mask": "bool padding"},
    {"attn_mask": "float for each head", "key_padding_mask": "float padding"},
]


@pytest.mark.parametrize("settings", CONSTRUCTED)
@pytest.mark.parametrize("masks", MASKED, ids=lambda m: ", ".join(m.values()) or "no mask")
@pytest.mark.parametrize("batched", [True, False])
def test_multi_head_attention_is_pytorchs(settings, masks, batched):
    for order, (weights, average) in product((False, True), ((1, 1), (1, 0), (0, 1))):
        code = f"MultiheadAttention({E}, {H}, batch_first={order}, {settings})"
        asked = {"need_weights": bool(weights), "average_attn_weights": bool(average)}
        run(code, sequences(code, batched, masks), asked, modes=[order])


@pytest.mark.parametrize("need_weights", [True, False])
def test_self_attention_adds_up_the_gradients_of_one_input(need_weights):
    ours, oracle = made(f"MultiheadAttention({E}, {H})")
    compare(
        lambda x: ours(x, x, x, need_weights=need_weights),
        lambda x: oracle(x, x, x, need_weights=need_weights),
        {"x": drawn(L, N, E)},
        None,
        (list(ours.named_parameters()), oracle.parameters()),
    )


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("padded", [True, False])
def test_the_hint_that_a_mask_is_causal(need_weights, padded):
    """PyTorch takes it at its word only where neither weights nor padding are asked for."""
    code = f"MultiheadAttention({E}, {H}, batch_first=True)"
    for mask in (~np.tri(L, S, dtype=bool), drawn(L, S, seed=3) > 0.7):
        arrays = sequences(code, True, {"key_padding_mask": "bool padding"} if padded else {})
        run(code, arrays | {"attn_mask": mask}, {"need_weights": need_weights, "is_causal": True})


def test_a_query_that_sees_nothing():
    """Zeros from the heads, but nan where the weights are asked for."""
    ours, oracle = made(f"MultiheadAttention({E}, {H})")
    xs, zs = both({"x": drawn(L, N, E), "m": np.arange(L)[:, None] + np.zeros(L) == 2})
    y, _ = ours(xs["x"], xs["x"], xs["x"], attn_mask=xs["m"], need_weights=False)
    z, _ = oracle(zs["x"], zs["x"], zs["x"], attn_mask=zs["m"], need_weights=False)
    agree(y, z)
    agree(y[2], ours.out_proj.bias.expand(N, E))
    with pytest.warns(RuntimeWarning, match="invalid value"):
        y, weights = ours(xs["x"], xs["x"], xs["x"], attn_mask=xs["m"])
    z, expected = oracle(zs["x"], zs["x"], zs["x"], attn_mask=zs["m"])
    agree(y, z)
    agree(weights, expected)
    assert y[2].isnan().all()


SETTINGS = [
    "",
    "batch_first=True",
    "norm_first=True",
    "bias=False, activation=F.silu",
    "activation='gelu', layer_norm_eps=0.1, batch_first=True, norm_first=True",
]
CAUSAL = np.triu(np.full((L, L), -INF), 1)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("masked", ["", "masks", "causal", "padding", "masks padding"])
@pytest.mark.parametrize("batched", [True, False])
def test_transformers_are_pytorchs(settings, masked, batched):
    n = [N] if batched else []
    shapes = {k: (*n, k, E) if "batch_first" in settings else (k, *n, E) for k in (L, S)}
    short, long = drawn(*shapes[L]), drawn(*shapes[S], seed=1)
    of_src, of_tgt, hint, tgt_hint = {}, {}, {}, {}
    if "masks" in masked:
        of_src["mask"], of_tgt["tgt_mask"] = drawn(S, S), drawn(L, L) > 0.7
        of_tgt["memory_mask"] = drawn(L, S) > 0.7
    if "causal" in masked:
        of_src["mask"], of_tgt["tgt_mask"] = np.triu(np.full((S, S), -INF), 1), CAUSAL
        hint, tgt_hint = {"is_causal": True}, {"tgt_is_causal": True}
    if "padding" in masked:
        of_src["src_key_padding_mask"] = np.arange(S) + np.zeros((*n, S)) > 3
        of_tgt["memory_key_padding_mask"] = of_src["src_key_padding_mask"]
        of_tgt["tgt_key_padding_mask"] = of_src["src_key_padding_mask"][..., 1:]
    constant = {*of_src, *of_tgt}

    def runs(code, arrays, hints):
        run(code, arrays, hints, constant, [batched])

    encoder = f"TransformerEncoderLayer({E}, {H}, 7, 0.0, {settings})"
    decoder = f"TransformerDecoderLayer({E}, {H}, 7, 0.0, {settings})"
    of_layer = {{"mask": "src_mask"}.get(k, k): v for k, v in of_src.items()}
    constant.add("src_mask")
    runs(encoder, {"src": long} | of_layer, hint)
    runs(decoder, {"tgt": short, "memory": long} | of_tgt, tgt_hint)
    runs(f"TransformerEncoder({encoder}, 2)", {"src": long} | of_src, hint)
    runs(f"TransformerEncoder({encoder}, 1, LayerNorm({E}), False)", {"src": long} | of_src, {})
    runs(
        f"TransformerDecoder({decoder}, 2, norm=LayerNorm({E}))",
        {"tgt": short, "memory": long} | of_tgt,
        tgt_hint,
    )
    whole = {"src": long, "tgt": short} | of_layer | of_tgt
    runs(f"Transformer({E}, {H}, 2, 1, 7, 0.0, {settings})", whole, tgt_hint)


@pytest.mark.parametrize("kind", ["Encoder", "Decoder"])
def test_an_activation_that_is_a_module(kind):
    """PyTorch's copies of a decoder layer forget it, and use relu."""
    inputs = {"src": drawn(L, N, E)} if kind == "Encoder" else {"tgt": drawn(L, N, E)}
    inputs |= {} if kind == "Encoder" else {"memory": drawn(S, N, E)}
    layer = f"Transformer{kind}Layer({E}, {H}, 7, 0.0, activation=GELU())"
    run(layer, inputs)
    stack, _ = made(f"Transformer{kind}({layer}, 2)")
    _, oracle = made(f"Transformer{kind}({layer.replace('GELU()', repr('gelu'))}, 2)")
    compare(stack, oracle, inputs)


def test_parts_of_ones_own():
    code = (
        f"Transformer({E}, {H}, num_decoder_layers=1, dim_feedforward=6, dropout=0.0, "
        f"custom_encoder=TransformerEncoder(TransformerEncoderLayer({E}, 4, 5, 0.0), 1))"
    )
    run(code, {"src": drawn(S, N, E), "tgt": drawn(L, N, E)})


# ---------------------------------------------------------------- what is stored, and how it starts

STORED = [
    *[f"MultiheadAttention(8, 2, {settings})" for settings in CONSTRUCTED],
    "TransformerEncoderLayer(8, 2, 16)",
    "TransformerDecoderLayer(8, 2, 16, activation=GELU())",
    "TransformerDecoderLayer(8, 2, 16, bias=False)",
    "TransformerEncoder(TransformerEncoderLayer(8, 2, 16), 2, LayerNorm(8), False)",
    "Transformer(8, 2, 2, 1, 16)",
    "Transformer(8, 2, 1, 2, 16, bias=False)",
]


@pytest.mark.parametrize("code", STORED)
def test_states_go_both_ways(code):
    ours, oracle = made(code)
    mine, theirs = ours.state_dict(), oracle.state_dict()
    assert [(k, v.shape) for k, v in mine.items()] == [
        (k, tuple(v.shape)) for k, v in theirs.items()
    ]
    oracle.load_state_dict({k: torch.from_numpy(v.numpy().copy()) for k, v in mine.items()})
    assert repr(ours) == repr(oracle).replace("NonDynamicallyQuantizableLinear", "Linear")


@pytest.mark.parametrize("code", STORED)
def test_parameters_start_as_pytorchs(code):
    """Zeros and ones at the same places; of the others, nearly the same bound and spread."""
    code = code.replace("8, 2", "64, 2")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about its fast path
        ours, oracle = eval(code, dict(vars(nn))), eval(code, dict(vars(torch.nn)))
    for name, tensor in oracle.state_dict().items():
        mine, theirs = ours.state_dict()[name].numpy(), tensor.numpy()
        assert np.array_equal(mine == 0, theirs == 0), name
        assert np.array_equal(mine == 1, theirs == 1), name
        if mine.size > 1000:
            assert np.isclose(mine.std(), theirs.std(), rtol=0.05), name
            assert np.isclose(abs(mine).max(), abs(theirs).max(), rtol=0.05), name


@pytest.mark.parametrize("size", [0, 1, 4])
def test_the_causal_mask_is_pytorchs(size):
    ours = nn.Transformer.generate_square_subsequent_mask(size)
    theirs = torch.nn.Transformer.generate_square_subsequent_mask(size)
    assert np.array_equal(ours.numpy(), theirs.numpy())
    assert ours.dtype == tg.float32
    half = nn.Transformer.generate_square_subsequent_mask(size, device="cpu", dtype=tg.float16)
    assert half.dtype == tg.float16
