"""The table of a network's layers."""

import pytest

import nn
import tinygrad_edu as tg
from nn.summary import summary


def test_the_numbers_of_a_lenet():
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Linear(84, 10),
    )  # fmt: skip
    found = summary(net, tg.randn(8, 1, 28, 28))
    by_path = {row.path: row for row in found}
    assert by_path["0"].output == (8, 6, 28, 28)
    assert by_path["0"].multiply_adds == 8 * 6 * 28 * 28 * 25
    assert by_path["3"].multiply_adds == 8 * 16 * 10 * 10 * 6 * 25
    assert by_path["7"].multiply_adds == 8 * 400 * 120
    assert found.parameters == sum(p.numel() for p in net.parameters())
    assert [row.parameters for row in found if row.kind == "Linear"] == [48120, 10164, 850]
    assert sum(by_path["1"].kept.values()) == 8 * 6 * 28 * 28 * 4  # a sigmoid keeps its result
    assert "total" in repr(found)
    assert all("_hooks" not in m.__dict__ or not any(m._hooks.values()) for m in net.modules())


def test_what_is_shared_counts_once():
    layer = nn.Linear(3, 3)
    found = summary(nn.Sequential(layer, nn.Tanh(), layer), tg.ones(2, 3))
    assert found.parameters == 12
    assert [row.path for row in found] == ["0", "1", "0"]
    last = repr(found).splitlines()[-1].split()
    kept = {key: size for row in found for key, size in row.kept.items()}
    assert last[0] == "total"
    assert last[-1] == f"{sum(kept.values()):,}"
    assert sum(kept.values()) < sum(sum(row.kept.values()) for row in found)


def test_an_error_leaves_no_hook_behind():
    net = nn.Sequential(nn.Linear(3, 3))
    with pytest.raises(ValueError, match="linear"):
        summary(net, tg.ones(2, 5))
    assert not any(net[0]._hooks.values())


def test_what_a_module_with_children_does_itself_has_a_row():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Linear(4, 4)))
            self.scale = nn.Parameter(tg.ones(4))

        def forward(self, x):
            return {"y": [(self.body(x).sigmoid() * self.scale) @ tg.ones(4, 5)]}

    net = Net()
    found = summary(net, tg.ones(2, 3))
    assert [(row.path, row.kind) for row in found] == [
        ("", "Net"),
        ("body.0", "Linear"),
        ("body.1.0", "Linear"),
    ]
    assert found[0].output == (2, 5)
    assert found[0].parameters == 4
    assert found[0].multiply_adds == 2 * 4 * 5
    # the sigmoid's result, which * keeps too, and the matrix of ones; what * made is not read
    assert sum(found[0].kept.values()) == 4 * (2 * 4 + 4 * 5)
    assert sum(row.parameters for row in found) == found.parameters == 4 + 16 + 20


def test_attention_has_a_row_for_its_own_weights():
    x = tg.randn(7, 4, 8)
    found = summary(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0), x)
    assert sum(row.parameters for row in found) == found.parameters
    row = next(row for row in found if row.path == "self_attn")
    assert found.index(row) < [one.path for one in found].index("self_attn.out_proj")
    projections, scores = 3 * 7 * 4 * 8 * 8, 4 * 7 * 7 * 8
    assert row.multiply_adds == projections + 2 * scores


@pytest.mark.parametrize(
    ("layer", "gates", "saved"), [("LSTM", 4, 6), ("GRU", 3, 4), ("RNN", 1, 1)]
)
def test_a_recurrent_layer_counts_its_steps(layer, gates, saved):
    rows, size, hidden = 7 * 4, 3, 50
    (row,) = summary(getattr(nn, layer)(size, hidden), tg.randn(7, 4, size))
    assert row.multiply_adds == rows * gates * hidden * (size + hidden)
    assert row.output[0] == (7, 4, hidden)
    numbers = sum(row.kept.values()) / 4 / (rows * hidden)
    assert saved <= numbers < 2 * (saved + gates)


def test_a_packed_sequence_counts_the_steps_that_there_are():
    packed = nn.utils.rnn.pack_sequence([tg.ones(5, 3), tg.ones(2, 3)])
    (row,) = summary(nn.LSTM(3, 4), packed)
    assert row.multiply_adds == 7 * 16 * (3 + 4)


def test_a_bilinear_layer_and_a_lazy_one():
    (row,) = summary(nn.Bilinear(3, 2, 4), tg.ones(5, 3), tg.ones(5, 2))
    assert row.multiply_adds == 5 * 3 * 2 * 4
    found = summary(nn.Sequential(nn.LazyLinear(4)), tg.ones(2, 3))
    assert found.parameters == found[0].parameters == 3 * 4 + 4


def test_a_part_of_a_large_array_counts_as_large_as_it_is():
    data = tg.ones(1000, 3)
    (row,) = summary(nn.Linear(3, 2), data[:4])
    assert sum(row.kept.values()) == 4 * 3 * 4
