"""Attention and transformers: what a mask hides has no influence, order does not count, dropout is
what it says, a small one learns, and errors that name the values at hand."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck

SIZES = st.integers(1, 5)


def randn(*shape):
    return tg.randn(*shape, dtype=tg.float64)


def near(x, y, atol=1e-9):
    np.testing.assert_allclose(x.detach().numpy(), np.asarray(y), rtol=atol, atol=atol)


# ---------------------------------------------------------------- closed forms


@given(SIZES, SIZES, SIZES)
def test_attention_is_a_mean_of_the_values(queries, keys, size):
    q, k, v = randn(queries, size), randn(keys, size), randn(keys, 3)
    y = F.scaled_dot_product_attention(q, k, v).numpy()
    assert (y >= v.numpy().min(0) - 1e-12).all()
    assert (y <= v.numpy().max(0) + 1e-12).all()
    near(F.scaled_dot_product_attention(q * 0, k, v), v.mean(0).expand(queries, 3).numpy())
    best = (q @ k.T).argmax(1)
    near(F.scaled_dot_product_attention(q, k, v, scale=1e6), v[best].numpy(), atol=1e-3)


@given(SIZES, SIZES)
def test_the_masks_say_the_same_in_their_ways(queries, keys):
    q, k, v = randn(queries, 4), randn(keys, 4), randn(keys, 4)
    seen = tg.tensor(np.tri(queries, keys, dtype=bool))
    causal = F.scaled_dot_product_attention(q, k, v, is_causal=True).numpy()
    near(F.scaled_dot_product_attention(q, k, v, seen), causal)
    added = tg.zeros(queries, keys, dtype=tg.float64).masked_fill(~seen, -np.inf)
    near(F.scaled_dot_product_attention(q, k, v, added), causal)


def test_a_query_that_sees_nothing_gets_zeros_and_no_gradient():
    q, k, v = (randn(3, 4).requires_grad_() for _ in range(3))
    seen = tg.tensor([[True, True, False], [False, False, False], [True, True, False]])
    y = F.scaled_dot_product_attention(q, k, v, seen)
    y.sum().backward()
    assert y[1].tolist() == [0] * 4
    assert q.grad[1].tolist() == [0] * 4
    assert v.grad[2].tolist() == [0] * 4
    assert (q.grad[0] != 0).all()


def test_heads_that_share_a_key_are_those_with_a_copy_of_it():
    q, k, v = randn(2, 6, 3, 4), randn(2, 2, 5, 4), randn(2, 3, 5, 4)
    shared = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    for head in range(6):
        one = F.scaled_dot_product_attention(q[:, head], k[:, head // 3], v[:, head // 2])
        near(shared[:, head], one.numpy())


def test_one_head_with_projections_that_change_nothing_is_the_function():
    layer = nn.MultiheadAttention(4, 1, batch_first=True).double()
    eye = tg.eye(4)
    layer.load_state_dict(
        {
            "in_proj_weight": tg.cat([eye, eye, eye]),
            "in_proj_bias": tg.zeros(12),
            "out_proj.weight": eye,
            "out_proj.bias": tg.zeros(4),
        }
    )
    q, k = randn(2, 3, 4), randn(2, 5, 4)
    y, weights = layer(q, k, k)
    near(y, F.scaled_dot_product_attention(q, k, k).numpy())
    near(weights @ k, y.detach().numpy())


# ---------------------------------------------------------------- what has no influence

LAYERS = {
    "function": lambda: lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True),
    "attention": lambda: causal(nn.MultiheadAttention(4, 2, batch_first=True)),
    "encoder": lambda: causal(nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True)),
    "encoders": lambda: causal(
        nn.TransformerEncoder(
            nn.TransformerEncoderLayer(4, 2, 8, 0.0, "gelu", batch_first=True, norm_first=True), 3
        )
    ),
    "decoder": lambda: causal(nn.TransformerDecoderLayer(4, 2, 8, 0.0, batch_first=True)),
}


def causal(layer):
    """The layer as a function of one sequence, under the causal mask."""
    layer.double()
    memory = randn(1, 3, 4)

    def f(x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=tg.float64)
        if isinstance(layer, nn.MultiheadAttention):
            return layer(x, x, x, attn_mask=mask)[0]
        if isinstance(layer, nn.TransformerDecoderLayer):
            return layer(x, memory, tgt_mask=mask, tgt_is_causal=True)
        return layer(x, mask, is_causal=True)

    return f


@pytest.mark.parametrize("name", LAYERS)
def test_the_future_has_no_influence(name):
    f, length = LAYERS[name](), 6
    x = randn(1, length, 4).requires_grad_()
    weight = randn(4)
    for t in range(length):
        (gradient,) = tg.autograd.grad((f(x)[0, t] * weight).sum(), [x])
        assert (gradient[0, t + 1 :] == 0).all(), "the future leaks"
        assert (gradient[0, : t + 1] != 0).any(1).all(), "the past is lost"
    with tg.no_grad():
        longer = f(x)
        near(f(x[:, :3]), longer[:, :3].numpy())


@pytest.mark.parametrize("kind", ["encoder", "memory"])
def test_padding_has_no_influence(kind):
    padding = tg.tensor([[False, False, False, True, True]])
    x, tgt = randn(1, 5, 4).requires_grad_(), randn(1, 2, 4)
    if kind == "encoder":
        layer = nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True).double()
        y, short = layer(x, src_key_padding_mask=padding)[:, :3], layer(x[:, :3])
    else:
        layer = nn.TransformerDecoderLayer(4, 2, 8, 0.0, batch_first=True).double()
        y, short = layer(tgt, x, memory_key_padding_mask=padding), layer(tgt, x[:, :3])
    near(y, short.detach().numpy())
    (y * randn(4)).sum().backward()
    assert (x.grad[0, 3:] == 0).all()
    assert (x.grad[0, :3] != 0).any()


@given(st.permutations(range(5)))
def test_without_a_mask_order_does_not_count(order):
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, 0.0), 2).double()
    x = randn(5, 2, 4)
    near(encoder(x[order]), encoder(x)[order].detach().numpy())
    attention = nn.MultiheadAttention(4, 2).double()
    q = randn(3, 2, 4)
    near(attention(q, x[order], x[order])[0], attention(q, x, x)[0].detach().numpy())


@pytest.mark.parametrize("make", [nn.TransformerEncoderLayer, nn.TransformerDecoderLayer])
def test_the_order_of_the_dimensions_is_only_that(make):
    first, second = make(4, 2, 8, 0.0, batch_first=True), make(4, 2, 8, 0.0)
    second.load_state_dict(first.state_dict())
    inputs = [tg.randn(2, n, 4) for n in (3, 5)][: 1 + ("Decoder" in make.__name__)]
    y = first(*inputs)
    near(second(*[x.swapaxes(0, 1) for x in inputs]).swapaxes(0, 1), y.detach().numpy(), 1e-5)
    near(first(*[x[0] for x in inputs]), y[0].detach().numpy(), 1e-5)


# ---------------------------------------------------------------- dropout


def test_dropout_is_of_the_weights():
    q, k, ones = tg.zeros(300, 1), tg.zeros(400, 1), tg.ones(400, 1)
    y = F.scaled_dot_product_attention(q, k, ones, dropout_p=0.25)
    # Each y is the mean of 400 numbers that are 0 or 4/3.
    assert abs(y.mean().item() - 1) < 5 * (1 / 3 / 400 / 300) ** 0.5
    assert 0.8 < y.std().item() / (1 / 3 / 400) ** 0.5 < 1.2
    assert (F.scaled_dot_product_attention(q, k, ones, dropout_p=1.0) == 0).all()
    near(F.scaled_dot_product_attention(q, k, ones), np.ones((300, 1)), 1e-6)


def test_dropout_is_repeated_by_its_seed_and_off_in_evaluation():
    layer = nn.TransformerDecoderLayer(8, 2, 16, dropout=0.5)
    tgt, memory = tg.randn(3, 2, 8), tg.randn(4, 2, 8)

    def y(seed):
        tg.manual_seed(seed)
        return layer(tgt, memory).detach().numpy()

    assert np.array_equal(y(0), y(0))
    assert not np.array_equal(y(0), y(1))
    layer.eval()
    assert np.array_equal(y(0), y(1))


def test_the_weights_that_are_returned_are_those_after_dropout():
    layer = nn.MultiheadAttention(4, 2, dropout=0.5, batch_first=True)
    x = tg.randn(1, 30, 4)
    weights = layer(x, x, x, average_attn_weights=False)[1]
    assert 0.4 < (weights == 0).float().mean().item() < 0.6
    near(layer.eval()(x, x, x)[1].sum(-1), np.ones((1, 30)), 1e-5)


# ---------------------------------------------------------------- the whole


def test_copies_of_a_layer_are_apart_and_start_alike():
    layer = nn.TransformerEncoderLayer(4, 2, 8)
    stack = nn.TransformerEncoder(layer, 3)
    assert len({id(p) for p in [*layer.parameters(), *stack.parameters()]}) == 4 * 12
    for name, p in layer.named_parameters():
        for k in range(3):
            assert np.array_equal(stack.state_dict()[f"layers.{k}.{name}"].numpy(), p.array)
    whole = nn.Transformer(4, 2, 2, 2, 8).state_dict()
    one, other = (whole[f"encoder.layers.{k}.linear1.weight"].numpy() for k in (0, 1))
    assert not np.array_equal(one, other)


def test_a_layer_goes_through_functional_call_and_jvp():
    layer = nn.TransformerEncoderLayer(4, 2, 8, 0.0).double()
    params = {name: p.detach() for name, p in layer.named_parameters()}
    x, v = randn(3, 2, 4), randn(3, 2, 4)

    def f(x):
        return tg.func.functional_call(layer, params, (x,))

    _, slope = tg.func.jvp(f, (x,), (v,))
    near(slope, ((f(x + v * 1e-6) - f(x - v * 1e-6)) / 2e-6).detach().numpy(), 1e-6)


def test_an_encoder_learns_to_reverse():
    symbols, length = 8, 6
    embed = nn.Embedding(symbols + length, 32)
    layer = nn.TransformerEncoderLayer(32, 4, 64, 0.0, batch_first=True, norm_first=True)
    encoder, head = nn.TransformerEncoder(layer, 1, nn.LayerNorm(32)), nn.Linear(32, symbols)
    model = nn.ModuleList([embed, encoder, head])
    optimizer = nn.optim.Adam(model.parameters(), lr=0.01)

    def logits(x):
        return head(encoder(embed(x) + embed.weight[symbols:]))

    for _ in range(300):
        x = tg.randint(0, symbols, (32, length))
        loss = F.cross_entropy(logits(x).reshape(-1, symbols), x.flip(1).reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    x = tg.randint(0, symbols, (200, length))
    right = (logits(x).argmax(-1) == x.flip(1)).float().mean().item()
    assert right > 0.99, right


def test_a_transformer_learns_to_copy():
    """Teacher forcing under the causal mask, then one symbol after another."""
    symbols, length, start = 6, 4, 6
    embed = nn.Embedding(symbols + 1 + length + 1, 32)
    core = nn.Transformer(32, 4, 1, 1, 64, dropout=0.0, batch_first=True)
    model = nn.ModuleList([embed, core, nn.Linear(32, symbols)])
    optimizer = nn.optim.Adam(model.parameters(), lr=0.01)

    def logits(src, tgt):
        src, tgt = (embed(x) + embed.weight[symbols + 1 :][: x.shape[1]] for x in (src, tgt))
        mask = core.generate_square_subsequent_mask(tgt.shape[1])
        return model[2](core(src, tgt, tgt_mask=mask, tgt_is_causal=True))

    for _ in range(150):
        src = tg.randint(0, symbols, (32, length))
        shifted = tg.cat([tg.full((32, 1), start), src[:, :-1]], 1)
        loss = F.cross_entropy(logits(src, shifted).reshape(-1, symbols), src.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    src, tgt = tg.randint(0, symbols, (100, length)), tg.full((100, 1), start)
    with tg.no_grad():
        for _ in range(length):
            tgt = tg.cat([tgt, logits(src, tgt)[:, -1:].argmax(-1)], 1)
    assert (tgt[:, 1:] == src).float().mean().item() > 0.97


# ---------------------------------------------------------------- errors


def attend(*shapes, **settings):
    return lambda: F.scaled_dot_product_attention(*map(tg.zeros, shapes), **settings)


def heads(*shapes, dims=(4, 2), made=None, **masks):
    return lambda: nn.MultiheadAttention(*dims, **(made or {}))(*map(tg.zeros, shapes), **masks)


LNE, SNE = (3, 2, 4), (5, 2, 4)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (attend((3, 4), (5, 6), (5, 6)), ValueError, r"query \(3, 4\), key \(5, 6\).*last sizes"),
        (attend((3, 4), (5, 4), (6, 4)), ValueError, r"key \(5, 4\), value \(6, 4\).*a value"),
        (
            attend((4,), (5, 4), (5, 4)),
            ValueError,
            r"query is \(\.\.\., length, size\), not \(4,\)",
        ),
        (attend((2, 3, 4), (5, 3, 4), (5, 3, 4)), ValueError, "does not broadcast.*enable_gqa"),
        (
            attend((6, 3, 4), (4, 3, 4), (4, 3, 4), enable_gqa=True),
            ValueError,
            "divide.*6, 3.*4, 3",
        ),
        (attend((3, 4), (3, 4), (3, 4), enable_gqa=True), ValueError, "dimension -3 is heads"),
        (
            attend((3, 4), (5, 4), (5, 4), attn_mask=tg.zeros(5, 3)),
            ValueError,
            r"attn_mask \(5, 3\) does not broadcast to \(3, 5\)",
        ),
        (
            attend((3, 4), (5, 4), (5, 4), attn_mask=tg.zeros(2, 3, 5)),
            ValueError,
            r"attn_mask \(2, 3, 5\) does not broadcast to \(3, 5\)",
        ),
        (
            attend((3, 4), (3, 4), (3, 4), attn_mask=tg.zeros(3, 3), is_causal=True),
            ValueError,
            "is_causal=True is a mask",
        ),
        (
            attend((3, 4), (3, 4), (3, 4), attn_mask=tg.ones(3, 3, dtype=tg.int64)),
            TypeError,
            "attn_mask is bool, or floating.*int64.*!= 0",
        ),
        (attend((3, 4), (3, 4), (3, 4), dropout_p=1.5), ValueError, "1.5"),
        (
            lambda: F.scaled_dot_product_attention(*[tg.ones(3, 4, dtype=tg.int64)] * 3),
            RuntimeError,
            "query: int64 has no room for fractions",
        ),
        (lambda: nn.MultiheadAttention(10, 4), ValueError, "embed_dim=10.*num_heads=4"),
        (lambda: nn.MultiheadAttention(0, 1), ValueError, "embed_dim=0"),
        (lambda: nn.MultiheadAttention(4, 2, dropout=-1), ValueError, "-1"),
        (heads(LNE, (5, 4), (5, 4)), ValueError, r"\(L, N, E\), or \(L, E\).*key \(5, 4\)"),
        (heads((4,), (4,), (4,)), ValueError, r"query \(4,\)"),
        (heads((3, 2, 5), SNE, SNE), ValueError, r"\(4, 4, 4\): query \(3, 2, 5\)"),
        (heads(LNE, (5, 2, 3), SNE, made={"vdim": 3}), ValueError, r"\(4, 4, 3\)"),
        (heads(LNE, SNE, (6, 2, 4)), ValueError, r"every key has a value.*\(6, 2, 4\)"),
        (heads(LNE, (5, 3, 4), (5, 3, 4)), ValueError, r"dimension 1 \(batch_first=False\)"),
        (
            heads(LNE, LNE, LNE, made={"batch_first": True}, attn_mask=tg.zeros(3, 3)),
            ValueError,
            r"\(L, S\) = \(2, 2\), or \(N num_heads, L, S\) = \(6, 2, 2\), not \(3, 3\)",
        ),
        (
            heads(LNE, SNE, SNE, key_padding_mask=tg.zeros(5, 2)),
            ValueError,
            r"key_padding_mask is \(N, S\) = \(2, 5\), not \(5, 2\)",
        ),
        (
            heads(LNE, SNE, SNE, key_padding_mask=tg.ones(2, 5, dtype=tg.int64)),
            TypeError,
            "key_padding_mask is bool, or floating.*int64",
        ),
        (heads(LNE, LNE, LNE, is_causal=True), ValueError, r"subsequent_mask\(3\)"),
        (
            lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh"),
            ValueError,
            "TransformerEncoderLayer: the activation is 'relu' or 'gelu'.*'tanh'",
        ),
        (
            lambda: nn.Transformer(4, 2, 1, 1, 8)(tg.zeros(3, 2, 4), tg.zeros(3, 1, 4)),
            ValueError,
            r"query \(3, 1, 4\), key \(3, 2, 4\)",
        ),
    ],
)
def test_errors_teach(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()


# ---------------------------------------------------------------- with weights that are given


def given_weights(attention):
    """The arguments of the function that the layer's forward stands for, after the inputs."""
    out = attention.out_proj
    more = attention.bias_k, attention.bias_v, attention.add_zero_attn, attention.dropout
    sizes = attention.embed_dim, attention.num_heads
    return (*sizes, attention.in_proj_weight, attention.in_proj_bias, *more, out.weight, out.bias)


def test_multi_head_attention_forward_is_what_the_layer_computes():
    attention = nn.MultiheadAttention(6, 2, add_bias_kv=True, add_zero_attn=True)
    x, z = tg.randn(3, 2, 6), tg.randn(4, 2, 6)
    for need in (True, False):
        y, weights = F.multi_head_attention_forward(
            x, z, z, *given_weights(attention), need_weights=need
        )
        right, right_weights = attention(x, z, z, need_weights=need)
        assert tg.equal(y, right)
        assert weights is right_weights is None or tg.equal(weights, right_weights)


def test_static_keys_and_values_take_the_place_of_projections():
    attention = nn.MultiheadAttention(6, 2).double()
    x, z = tg.randn(3, 2, 6).double(), tg.randn(4, 2, 6).double()
    w, b = attention.in_proj_weight, attention.in_proj_bias

    def heads(k):
        part = slice(6 * k, 6 * k + 6)
        return F.linear(z, w[part], b[part]).reshape(4, 4, 3).transpose(0, 1)

    static = {"static_k": heads(1), "static_v": heads(2)}
    y, _ = F.multi_head_attention_forward(x, z, z, *given_weights(attention), **static)
    np.testing.assert_allclose(y.array, attention(x, z, z)[0].array, rtol=1e-12)


def test_multi_head_attention_forward_has_derivatives_to_second_order():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in ((2, 1, 4), (3, 1, 4), (12, 4), (12,), (4, 4), (4,))]

    def attend(x, z, w, b, out, out_bias):
        y, weights = F.multi_head_attention_forward(
            x, z, z, 4, 2, w, b, None, None, False, 0.0, out, out_bias
        )
        return y.sum() + (weights**2).sum()

    gradcheck(attend, arrays, order=2)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"embed_dim_to_check": 4}, r"last sizes .* \(4, 4, 4\): query \(3, 2, 6\)"),
        ({"num_heads": 4}, "embed_dim=6 does not fall into num_heads=4"),
        ({"in_proj_weight": None}, "it needs in_proj_weight"),
        ({"use_separate_proj_weight": True}, "it needs q_proj_weight, k_proj_weight and v_proj"),
        ({"bias_k": tg.ones(1, 1, 6)}, "a key and its value: give both"),
        ({"static_k": tg.ones(3, 3, 3)}, r"= \(4, S, 3\), not \(3, 3, 3\)"),
        ({"is_causal": True}, r"generate_square_subsequent_mask\(3\) makes one"),
    ],
)
def test_weights_that_do_not_fit_are_refused(other, words):
    names = (
        "embed_dim_to_check num_heads in_proj_weight in_proj_bias bias_k bias_v add_zero_attn "
        "dropout_p out_proj_weight out_proj_bias"
    )
    given = dict(zip(names.split(), given_weights(nn.MultiheadAttention(6, 2)), strict=True))
    x = tg.ones(3, 2, 6)
    with pytest.raises(ValueError, match=rf"^multi_head_attention_forward: .*{words}"):
        F.multi_head_attention_forward(x, x, x, **(given | other))
