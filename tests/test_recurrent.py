"""What recurrent layers have in common: their base classes, and the checks that these offer."""

import pytest

import nn
import tinygrad_edu as tg


def test_every_recurrent_layer_has_its_base_class():
    for layer in (nn.RNN, nn.LSTM, nn.GRU):
        assert isinstance(layer(2, 3), nn.RNNBase)
    for cell in (nn.RNNCell, nn.LSTMCell, nn.GRUCell):
        assert isinstance(cell(2, 3), nn.RNNCellBase)
    modes = [nn.RNN(2, 3).mode, nn.RNN(2, 3, nonlinearity="relu").mode, nn.LSTM(2, 3).mode]
    assert [*modes, nn.GRU(2, 3).mode] == ["RNN_TANH", "RNN_RELU", "LSTM", "GRU"]


def test_a_base_holds_the_weights_of_its_mode():
    base = nn.RNNBase("LSTM", 3, 4, num_layers=2, proj_size=2)
    layer = nn.LSTM(3, 4, num_layers=2, proj_size=2)
    assert {k: v.shape for k, v in base.state_dict().items()} == {
        k: v.shape for k, v in layer.state_dict().items()
    }
    with pytest.raises(NotImplementedError):
        base(tg.ones(5, 1, 3))
    shapes = [tuple(p.shape) for p in nn.RNNCellBase(2, 3, True, 4).parameters()]
    assert shapes == [(12, 2), (12, 3), (12,), (12,)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("SRU", 3, 4), "one of RNN_TANH, RNN_RELU, LSTM, GRU, not 'SRU'"),
        (("LSTM", 3, 4, 1, True, False, 0.0, False, 4), "below hidden_size=4"),
        (("LSTM", 3, 4, 0), "num_layers and input_size are at least 1, not 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(given, words):
    with pytest.raises(ValueError, match=words):
        nn.RNNBase(*given)


def test_the_shapes_that_a_layer_expects():
    x, packed = tg.ones(5, 7, 3), tg.tensor([4, 2])
    lstm = nn.LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2)
    assert lstm.get_expected_hidden_size(x, None) == (4, 7, 2)
    assert lstm.get_expected_cell_size(x, None) == (4, 7, 4)
    assert lstm.get_expected_hidden_size(tg.ones(6, 3), packed) == (4, 4, 2)
    assert nn.GRU(3, 4, batch_first=True).get_expected_hidden_size(x, None) == (1, 5, 4)
    lstm.check_forward_args(x, (tg.ones(4, 7, 2), tg.ones(4, 7, 4)), None)
    with pytest.raises(RuntimeError, match=r"hidden\[1\] size \(4, 7, 4\), got \[4, 7, 2\]"):
        lstm.check_forward_args(x, (tg.ones(4, 7, 2), tg.ones(4, 7, 2)), None)
    with pytest.raises(RuntimeError, match=r"Expected hidden size \(1, 7, 4\), got \[1, 5, 4\]"):
        nn.GRU(3, 4).check_forward_args(x, tg.ones(1, 5, 4), None)
    for wrong, sizes in ((x[0], None), (x, packed), (x[..., :2], None)):
        with pytest.raises(RuntimeError, match="its last size 3"):
            lstm.check_input(wrong, sizes)


def test_the_sequences_of_a_state_change_places():
    h, order = tg.arange(6.0).reshape(1, 3, 2), tg.tensor([2, 0, 1])
    assert nn.GRU(3, 2).permute_hidden(h, order).tolist() == [[[4.0, 5.0], [0.0, 1.0], [2.0, 3.0]]]
    both = nn.LSTM(3, 2).permute_hidden((h, h + 1), order)
    assert both[1][0, 0].tolist() == [5.0, 6.0]
    assert nn.GRU(3, 2).permute_hidden(h, None) is h
