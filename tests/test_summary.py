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
