"""Functions of nn by their names in torch itself: what differs from nn.functional."""

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck


def test_reductions_are_numbers():
    x, t = tg.tensor([0.0, 2.0]), tg.tensor([0.0, 1.0])
    for number, name in enumerate(("none", "mean", "sum")):
        right = F.binary_cross_entropy_with_logits(x, t, reduction=name)
        assert tg.equal(tg.binary_cross_entropy_with_logits(x, t, reduction=number), right)
    with pytest.raises(ValueError, match=r"0 \(none\), 1 \(mean\) or 2 \(sum\), not 'mean'"):
        tg.kl_div(x, t, reduction="mean")


def test_arguments_in_torchs_order():
    table, places = tg.eye(3).requires_grad_(), tg.tensor([2, 0, 2])
    tg.embedding(table, places, 2).sum().backward()
    assert table.grad.tolist() == [[1.0] * 3, [0.0] * 3, [0.0] * 3]
    x, mean, var = tg.randn(4, 3), tg.zeros(3), tg.ones(3)
    y = tg.batch_norm(x, None, None, mean, var, True, 0.1, 1e-5, True)
    assert tg.equal(y, F.batch_norm(x, None, None, training=True))
    assert mean.abs().sum() > 0


def test_whole_channels_are_dropped():
    tg.manual_seed(0)
    y = tg.feature_dropout(tg.ones(4, 50, 3), 0.5, True)
    assert set(y.unique().tolist()) == {0.0, 2.0}
    assert tg.equal(y[..., 0], y[..., 2])
    x = tg.ones(2, 5)
    assert tg.feature_dropout_(x, 1.0, True) is x
    assert x.sum() == 0
    with pytest.raises(RuntimeError, match=r"the input has channels, .* not \(3,\)"):
        tg.feature_dropout(tg.ones(3), 0.5, True)
    one = tg.ones(3)  # has no channels, and none is dropped
    assert tg.feature_dropout(one, 0.5, False) is tg.feature_dropout_(one, 0.0, True) is one


def test_recurrent_functions_compute_what_the_layers_do():
    lstm = nn.LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2)
    x, (h, c) = tg.randn(5, 6, 3), (tg.randn(4, 6, 2), tg.randn(4, 6, 4))
    settings = True, 2, 0.0, False, True, False
    y, *state = tg.lstm(x, (h, c), list(lstm.parameters()), *settings)
    right, after = lstm(x, (h, c))
    assert tg.equal(y, right)
    assert all(tg.equal(*pair) for pair in zip(state, after, strict=True))
    cell = nn.GRUCell(3, 4)
    assert tg.equal(tg.gru_cell(x[0], c[0], *cell.parameters()), cell(x[0], c[0]))
    with pytest.raises(RuntimeError, match=r"4 layers and directions have 16 .* 3 are given"):
        tg.gru(x, h, [h] * 3, *settings)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_recurrent_functions_take_packed_sequences_as_data_and_sizes(kind):
    layer = getattr(nn, kind)(3, 4, num_layers=2, bidirectional=True)
    x, h = tg.randn(5, 3, 3), tg.randn(4, 3, 4)
    packed = nn.utils.rnn.pack_padded_sequence(x, [5, 4, 2])
    hx = (h, h) if kind == "LSTM" else h
    run = {"LSTM": tg.lstm, "GRU": tg.gru, "RNN": tg.rnn_tanh}[kind]
    weights = list(layer.parameters())
    y, *state = run(packed.data, packed.batch_sizes, hx, weights, True, 2, 0.0, False, True)
    right, after = layer(packed, hx)
    assert tg.equal(y, right.data)
    after = after if kind == "LSTM" else (after,)
    assert all(tg.equal(*pair) for pair in zip(state, after, strict=True))
    assert len(list(layer.parameters())) == len(weights)


def test_a_recurrent_function_of_no_layers_is_refused():
    x, h = tg.ones(2, 1, 3), tg.zeros(0, 1, 4)
    with pytest.raises(RuntimeError, match="gru: num_layers is at least 1, not 0"):
        tg.gru(x, h, [], True, 0, 0.0, False, False, False)


def test_a_recurrent_function_has_derivatives_to_second_order():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in ((3, 1, 2), (1, 1, 2), (6, 2), (6, 2), (6,), (6,))]

    def run(x, h, *weights):
        return tg.gru(x, h, weights, True, 1, 0.0, False, False, False)[0]

    gradcheck(run, arrays, order=2)


def test_convolution_of_time_batch_and_channels():
    x, w, b = tg.randn(5, 2, 3), tg.randn(2, 3, 4), tg.randn(4)
    right = F.conv1d(x.permute(1, 2, 0), w.permute(2, 1, 0), b, padding=1).permute(2, 0, 1)
    assert tg.equal(tg.conv_tbc(x, w, b, 1), right)
    with pytest.raises(RuntimeError, match=r"not \(5, 2\) and"):
        tg.conv_tbc(tg.ones(5, 2), w, b)
