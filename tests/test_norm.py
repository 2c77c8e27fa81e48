"""Normalisation, embeddings, likeness, upsampling, dropout of channels: closed forms, properties,
and errors that name the values at hand."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn.distance import CosineSimilarity, PairwiseDistance
from nn.dropout import AlphaDropout, Dropout1d, Dropout2d, Dropout3d
from nn.embedding import Embedding, EmbeddingBag
from nn.linear import Bilinear, Unflatten
from nn.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    LayerNorm,
    RMSNorm,
)
from nn.padding import ConstantPad1d, ReflectionPad2d, ReplicationPad1d, ZeroPad2d
from nn.upsampling import PixelShuffle, PixelUnshuffle, Upsample
from tinygrad_edu.testing import gradcheck

SIZES = st.integers(1, 4)


def randn(*shape):
    return tg.randn(*shape, dtype=tg.float64)


def near(x, y, atol=1e-9):
    np.testing.assert_allclose(x.detach().numpy(), np.asarray(y), rtol=atol, atol=atol)


# ---------------------------------------------------------------- normalisation


@given(SIZES, st.integers(2, 5))
def test_each_example_has_mean_0_and_variance_1(n, size):
    y = F.layer_norm(randn(n, size), (size,), eps=1e-30)
    near(y.mean(1), np.zeros(n))
    near(y.var(1, correction=0), np.ones(n))


@given(SIZES, st.floats(0.5, 3), st.floats(-3, 3))
def test_scale_and_shift_of_the_input_are_lost(n, scale, shift):
    x = randn(n, 6, 4)
    for norm in (
        lambda x: F.layer_norm(x, (6, 4), eps=1e-30),
        lambda x: F.group_norm(x, 3, eps=1e-30),
        lambda x: F.instance_norm(x, eps=1e-30),
        lambda x: F.batch_norm(x, None, None, training=True, eps=1e-30),
    ):
        near(norm(x * scale + shift), norm(x).numpy(), atol=1e-7)


def test_groups_of_one_and_of_all_channels_are_instance_and_layer_norm():
    x = randn(2, 4, 5)
    near(F.group_norm(x, 4), F.instance_norm(x).numpy())
    near(F.group_norm(x, 1), F.layer_norm(x, (4, 5)).numpy())


def test_rms_norm_is_layer_norm_where_the_mean_is_0():
    x = randn(3, 4)
    x = x - x.mean(1, keepdim=True)
    near(F.rms_norm(x, (4,), eps=1e-5), F.layer_norm(x, (4,)).numpy())


def test_the_running_numbers_are_those_of_all_batches():
    batches = [randn(8, 3) * 2 + 5 for _ in range(4)]
    plain, moving = (BatchNorm1d(3, momentum=m).double() for m in (None, 0.5))
    mean, var = np.zeros(3), np.ones(3)
    for batch in batches:
        plain(batch)
        moving(batch)
        mean, var = (mean + batch.numpy().mean(0)) / 2, (var + batch.numpy().var(0, ddof=1)) / 2
    near(plain.running_mean, np.mean([b.numpy().mean(0) for b in batches], axis=0))
    near(moving.running_mean, mean)
    near(moving.running_var, var)
    assert moving.num_batches_tracked.item() == 4
    x = randn(2, 3)
    near(moving.eval()(x), (x.numpy() - mean) / np.sqrt(var + 1e-5))
    assert moving.num_batches_tracked.item() == 4
    moving.reset_running_stats()
    assert [b.numpy().tolist() for b in moving.buffers()] == [[0] * 3, [1] * 3, 0]


def test_a_half_precision_batch_leaves_running_numbers_of_its_layer():
    layer = BatchNorm1d(2)
    layer(tg.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=tg.float16))
    assert layer.running_mean.dtype == tg.float32
    near(layer.running_mean, [0.2, 0.3], atol=1e-6)


@pytest.mark.parametrize("layer", [LayerNorm(3), RMSNorm(3), GroupNorm(1, 3), BatchNorm1d(3)])
def test_gradients_to_second_order(layer):
    layer.double()
    gradcheck(layer, randn(3, 3), order=2)


def test_a_frozen_norm_sends_gradients_on():
    layer = LayerNorm(3).requires_grad_(False)
    x = tg.randn(2, 3, requires_grad=True)
    layer(x).square().sum().backward()
    assert x.grad is not None
    assert layer.weight.grad is None


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: BatchNorm1d(3)(tg.ones(1, 3)), ValueError, r"\(1, 3\) has one number.*eval\(\)"),
        (lambda: BatchNorm1d(3)(tg.ones(3)), ValueError, r"BatchNorm1d: .*2D or 3D.*\(3,\)"),
        (lambda: BatchNorm2d(3)(tg.ones(2, 3)), ValueError, r"BatchNorm2d: .*4D.*\(2, 3\)"),
        (lambda: BatchNorm1d(3)(tg.ones(2, 4)), RuntimeError, r"weight.*4 channels.*not \(3,\)"),
        (lambda: F.batch_norm(tg.ones(2, 3), None, None), RuntimeError, "needs running_mean.*None"),
        (lambda: InstanceNorm2d(3)(tg.ones(2, 3)), ValueError, r"InstanceNorm2d.*3D or 4D"),
        (lambda: InstanceNorm1d(3)(tg.ones(2, 3, 1)), ValueError, r"instance_norm.*\(2, 3, 1\)"),
        (
            lambda: InstanceNorm1d(3, track_running_stats=True).eval()(tg.ones(2, 4, 5)),
            RuntimeError,
            r"instance_norm: running_mean .* \(4,\), not \(3,\)",
        ),
        (
            lambda: InstanceNorm1d(3, track_running_stats=True)(tg.ones(2, 4, 5)),
            RuntimeError,
            r"running_mean.*4 channels of \(2, 4, 5\).*not \(3,\)",
        ),
        (lambda: GroupNorm(2, 3), ValueError, "3 channels .* 2 groups"),
        (lambda: F.group_norm(tg.ones(2, 3), 2), RuntimeError, r"3 channels.*\(2, 3\).*2 groups"),
        (lambda: F.group_norm(tg.ones(3), 3), RuntimeError, r"\(N, C, \.\.\.\), not \(3,\)"),
        (lambda: LayerNorm(3)(tg.ones(2, 4)), RuntimeError, r"normalized_shape \(3,\).*\(2, 4\)"),
        (lambda: F.layer_norm(tg.ones(2, 3), (3,), tg.ones(2)), RuntimeError, r"weight.*\(2,\)"),
        (lambda: F.rms_norm(tg.ones(2, 3).long(), (3,)), RuntimeError, r"x\.float\(\)"),
    ],
)
def test_a_norm_says_what_does_not_fit(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_instance_norm_without_weights_warns_of_another_number_of_channels():
    x = tg.ones(2, 3, 4)
    with pytest.warns(UserWarning, match=r"num_features is 5, but the input .* has 3 channels"):
        assert InstanceNorm1d(5)(x).shape == x.shape
    with pytest.raises(ValueError, match="num_features is 5"):
        InstanceNorm1d(5, affine=True)(x)


def test_nothing_runs_after_a_refused_batch():
    layer = BatchNorm1d(3)
    with pytest.raises(RuntimeError, match="4 channels"):
        layer(tg.ones(2, 4))
    near(layer.running_mean, [0, 0, 0])


# ---------------------------------------------------------------- embeddings


def test_an_embedding_is_a_one_hot_vector_times_the_table():
    layer, x = Embedding(7, 3).double(), tg.tensor([[1, 6, 1], [0, 0, 2]])
    near(layer(x), F.one_hot(x, 7).double().numpy() @ layer.weight.detach().numpy())
    layer(x).sum().backward()
    near(layer.weight.grad, np.bincount([1, 6, 1, 0, 0, 2], minlength=7)[:, None] * np.ones(3))


def test_the_padding_row_stays_0():
    layer = Embedding(4, 2, padding_idx=-1)
    assert layer.padding_idx == 3
    x = tg.tensor([3, 1])
    layer(x).sum().backward()
    near(layer(x)[0], [0, 0])
    near(layer.weight.grad, [[0, 0], [1, 1], [0, 0], [0, 0]])


def test_named_rows_are_shortened_to_max_norm():
    layer = Embedding.from_pretrained(tg.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]]), max_norm=1)
    near(layer(tg.tensor([0, 1])), [[0.6, 0.8], [0.3, 0.4]], atol=1e-6)
    near(layer.weight, [[0.6, 0.8], [0.3, 0.4], [6, 8]], atol=1e-6)


def test_a_bag_without_numbers_is_0_and_its_mean_too():
    for mode in ("sum", "mean"):
        bag = EmbeddingBag(4, 2, mode=mode)
        y = bag(tg.tensor([1, 2]), tg.tensor([0, 0, 2]))
        near(y[0], [0, 0])
        near(y[2], [0, 0])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Embedding(4, 2)(tg.tensor([[0, 4]])), IndexError, r"4 at \[0, 1\].*rows 0 to 3"),
        (lambda: Embedding(4, 2)(tg.tensor([-1])), IndexError, r"-1 at \[0\]"),
        (lambda: Embedding(4, 2)(tg.ones(2)), RuntimeError, "whole numbers, not float32"),
        (lambda: Embedding(4, 2, padding_idx=4), ValueError, "padding_idx=4.*4 rows"),
        (
            lambda: F.embedding(tg.tensor([1]), tg.ones(4, 2), 4),
            ValueError,
            "padding_idx=4.*4 rows",
        ),
        (lambda: F.embedding(tg.tensor([1]), tg.ones(3)), RuntimeError, r"\(count, size\).*\(3,\)"),
        (lambda: Embedding.from_pretrained(tg.ones(3)), ValueError, r"\(count, size\).*\(3,\)"),
        (lambda: EmbeddingBag(4, 2)(tg.tensor([1])), ValueError, r"offsets.*\(1,\) with none"),
        (lambda: EmbeddingBag(4, 2)(tg.tensor([1]), tg.tensor([1])), ValueError, r"start at 0.*1"),
        (lambda: EmbeddingBag(4, 2, mode="min")(tg.tensor([[1]])), ValueError, "'mean' or 'max'"),
    ],
)
def test_a_table_says_what_is_not_in_it(make, error, words):
    with pytest.raises(error, match=words):
        make()


# ---------------------------------------------------------------- pairs


def test_likeness_of_vectors():
    a, b = tg.tensor([[1.0, 0.0], [1.0, 1.0]]), tg.tensor([[0.0, 2.0], [3.0, 3.0]])
    near(CosineSimilarity()(a, b), [0, 1], atol=1e-6)
    near(PairwiseDistance(eps=1e-30)(a, b), [5**0.5, 8**0.5], atol=1e-6)
    near(F.normalize(tg.tensor([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]], atol=1e-6)


def test_bilinear_is_a_sum_over_pairs():
    layer, x, y = Bilinear(2, 3, 4).double(), randn(5, 2), randn(5, 3)
    by_hand = np.einsum("ni,oij,nj->no", x.numpy(), layer.weight.detach().numpy(), y.numpy())
    near(layer(x, y), by_hand + layer.bias.detach().numpy())
    with pytest.raises(RuntimeError, match=r"\(5, 3\), \(5, 3\) and \(4, 2, 3\)"):
        layer(y, y)
    with pytest.raises(ValueError, match="in1_features is at least 1, not 0"):
        Bilinear(0, 1, 1)


# ---------------------------------------------------------------- sizes


@given(SIZES, SIZES, SIZES, SIZES)
def test_unshuffled_pixels_are_where_they_were(n, r, height, width):
    x = randn(n, 2, height * r, width * r)
    assert tg.equal(PixelShuffle(r)(PixelUnshuffle(r)(x)), x)


def test_upsampling_by_a_whole_number_repeats():
    x = randn(1, 2, 3)
    assert tg.equal(Upsample(scale_factor=2)(x), x.repeat_interleave(2, 2))


def test_a_straight_line_stays_straight():
    x = tg.arange(4.0).reshape(1, 1, 4)
    near(F.interpolate(x, 7, mode="linear", align_corners=True)[0, 0], np.linspace(0, 3, 7), 1e-6)
    near(F.interpolate(x, 4, mode="linear"), x.numpy())


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda x: F.interpolate(x), ValueError, "size or scale_factor"),
        (lambda x: F.interpolate(x, 2, 2), ValueError, "one of them"),
        (lambda x: F.interpolate(x, (2, 2)), ValueError, r"\(2, 2\).*\(1, 4, 3\)"),
        (lambda x: F.interpolate(x, 0), RuntimeError, r"\(1, 4, 3\) cannot become 0"),
        (lambda x: F.interpolate(x, 2, mode="cubic"), NotImplementedError, "no mode 'cubic'"),
        (lambda x: F.interpolate(x, 2, mode="bilinear"), NotImplementedError, "is 'linear'"),
        (lambda x: F.interpolate(x, 2, align_corners=True), ValueError, "align_corners"),
        (lambda x: PixelShuffle(3)(x), RuntimeError, "1 channels.*3 x 3"),
        (lambda x: PixelUnshuffle(3)(x), RuntimeError, "4 x 3.*3 x 3"),
        (lambda x: PixelShuffle(2)(x[0]), RuntimeError, r"\(\.\.\., C, H, W\), not \(4, 3\)"),
        (lambda x: ZeroPad2d((1, 1)), ValueError, r"ZeroPad2d.*4 of them.*\(1, 1\)"),
    ],
)
def test_a_size_that_cannot_be_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make(tg.ones(1, 4, 3))


def test_borders():
    x = tg.tensor([[1.0, 2.0, 3.0]])
    near(ConstantPad1d((1, 2), 9)(x), [[9, 1, 2, 3, 9, 9]])
    near(ReplicationPad1d(1)(x), [[1, 1, 2, 3, 3]])
    near(ReflectionPad2d((2, 0, 0, 0))(x[None]), [[[3, 2, 1, 2, 3]]])


def test_unflatten_undoes_flatten():
    x = randn(2, 3, 4)
    assert tg.equal(Unflatten(1, (3, 4))(nn.Flatten()(x)), x)


def test_the_gradient_of_a_short_vectors_cosine():
    short, long = tg.tensor([[0.3, 0.4]]), tg.tensor([[3.0, 4.0]])
    assert gradcheck(lambda x, y: F.cosine_similarity(x, y, eps=1.0), [short, long], order=2)
    short.requires_grad_()
    F.cosine_similarity(short, long, eps=1.0).backward()  # x . (0.6, 0.8)
    np.testing.assert_allclose(short.grad.numpy(), [[0.6, 0.8]], rtol=1e-6)


# ---------------------------------------------------------------- chance


@pytest.mark.parametrize(
    ("layer", "shape"), [(Dropout1d, (2, 2)), (Dropout2d, (2, 2, 2)), (Dropout3d, (2, 2, 2, 2))]
)
def test_channels_are_dropped_whole(layer, shape):
    y = layer(0.25)(tg.ones(30, 40, *shape[1:])).numpy().reshape(30 * 40, -1)
    assert (y == y[:, :1]).all()
    np.testing.assert_allclose(np.unique(y), [0, 4 / 3], rtol=1e-6)
    assert abs((y[:, 0] == 0).mean() - 0.25) < 0.05


def test_an_example_without_a_batch_drops_channels_too():
    y = F.dropout1d(tg.ones(200, 3)).numpy()
    assert (y == y[:, :1]).all()
    assert 0 < y.mean() < 2
    y = F.dropout3d(tg.ones(200, 2, 2, 2)).numpy().reshape(200, -1)
    assert (y == y[:, :1]).all()


def test_alpha_dropout_keeps_mean_and_variance():
    x = tg.randn(200_000)
    y = AlphaDropout(0.3)(x)
    assert abs(y.mean().item()) < 0.02
    assert abs(y.var().item() - 1) < 0.02
    assert tg.equal(AlphaDropout(0.3).eval()(x), x)
    assert F.alpha_dropout(x, 1.0, training=True).abs().max().item() == 0


def test_dropout_by_the_same_generator_is_the_same():
    functions = {F.dropout1d: 3, F.dropout2d: 4, F.dropout3d: 5, F.alpha_dropout: 3}
    for function, ndim in functions.items():
        x = tg.ones(4, 5, 6, 1, 1)[(..., *[0] * (5 - ndim))]
        y, z = (function(x, 0.5, True, generator=tg.Generator().manual_seed(3)) for _ in range(2))
        assert tg.equal(y, z)
        assert not tg.equal(y, x)


def test_dropout_in_place_writes_into_its_input():
    for function in (F.dropout2d, F.alpha_dropout):
        x = tg.ones(4, 5, 6, 1)
        assert function(x, 0.5, True, True) is x
        assert not tg.equal(x, tg.ones(4, 5, 6, 1))


def test_unusual_numbers_of_dimensions_bring_a_warning():
    with pytest.warns(UserWarning, match=r"dropout2d: .*not \(20, 3, 4\); .*\(N, C, L\)"):
        y = F.dropout2d(tg.ones(20, 3, 4), 0.5)
    assert tg.equal(y, y[..., :1].expand(20, 3, 4))
    with pytest.warns(UserWarning, match=r"dropout2d: .*not \(2, 3\), which is deprecated"):
        F.dropout2d(tg.ones(2, 3), training=False)
    with pytest.warns(UserWarning, match=r"dropout3d: .*not \(2, 3, 4\), which is deprecated"):
        F.dropout3d(tg.ones(2, 3, 4))


@pytest.mark.parametrize("layer", [Dropout1d, AlphaDropout])
def test_a_chance_is_between_0_and_1(layer):
    with pytest.raises(ValueError, match=f"{layer.__name__}: p is .* not 1.5"):
        layer(1.5)


def test_what_has_no_channels_is_refused():
    with pytest.raises(RuntimeError, match=r"dropout1d: .*\(N, C, L\).*\(4,\)"):
        F.dropout1d(tg.ones(4))
    with pytest.raises(ValueError, match=r"dropout1d: p is .* not 1.5"):
        F.dropout1d(tg.ones(4), 1.5)
    with (
        pytest.warns(UserWarning, match="deprecated"),
        pytest.raises(RuntimeError, match=r"dropout2d: .*\(N, C, \.\.\.\), not \(4,\)"),
    ):
        F.dropout2d(tg.ones(4))


def test_gumbel_samples_have_the_probabilities():
    logits = tg.log(tg.tensor([0.2, 0.3, 0.5])).expand(20_000, 3)
    y = F.gumbel_softmax(logits, tau=0.5, hard=True)
    np.testing.assert_allclose(y.numpy().sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(y.numpy().mean(0), [0.2, 0.3, 0.5], atol=0.02)


def test_a_hard_sample_has_the_gradient_of_the_soft_one():
    grads = []
    for hard in (True, False):
        x = tg.tensor([[0.1, 0.5, -0.2]], requires_grad=True)
        y = F.gumbel_softmax(x, hard=hard, generator=tg.Generator().manual_seed(0))
        (y * tg.tensor([1.0, 2.0, 3.0])).sum().backward()
        grads.append(x.grad.numpy())
    np.testing.assert_allclose(*grads, rtol=1e-6)
