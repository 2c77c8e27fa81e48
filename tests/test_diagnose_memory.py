"""diagnose.memory: what a record keeps, what checkpoint would save, and losses that keep graphs."""

import pytest

import nn
import tinygrad_edu as tg

memory = tg.diagnose.memory
kB = 4 * 1000  # of 1000 float32


def test_an_array_is_counted_once():
    x = tg.ones(1000, requires_grad=True)
    y = x.exp()
    kept = memory((y * y + y.sin()).sum())
    assert kept.bytes == kB
    assert [(k.name, k.bytes, k.shared) for k in kept.nodes if k.bytes or k.shared] == [
        ("exp", kB, 0),
        ("multiply", 0, kB),
        ("sin", 0, kB),
    ]


def test_leaves_are_there_anyway():
    w, x = tg.ones(1000, requires_grad=True), tg.ones(1000)
    kept = memory((w * x).sum())
    assert (kept.bytes, kept.leaves) == (kB, 0)  # x, which w's rule reads
    kept = memory((w * w).sum())
    assert (kept.bytes, kept.leaves) == (0, kB)


def test_a_view_keeps_all_that_it_looks_into():
    x = tg.ones(1000, requires_grad=True).exp()
    assert memory(x[:3].sin().sum()).bytes == kB


def test_modules_lines_and_checkpoints():
    class Block(nn.Module):
        def forward(self, x):
            return x.exp().tanh().exp()  # each keeps its result

    net = nn.Sequential(Block(), Block())
    with tg.viz.observe():
        loss = net(tg.ones(1000, requires_grad=True)).sum()
    kept = memory(loss)
    assert kept.bytes == 6 * kB
    assert kept.nodes[0].path == "Sequential > 0 Block"
    assert "test_diagnose_memory.py:" in kept.nodes[0].place
    saved = {s.module: (s.bytes, s.saved) for s in kept.checkpoints}
    assert saved["Sequential > 0 Block"] == (3 * kB, 3 * kB)
    # its input, which the block before keeps as its result, stays; its own result goes
    assert saved["Sequential > 1 Block"] == (3 * kB, 3 * kB)
    assert saved["Sequential"] == (6 * kB, 6 * kB)
    text, html = str(kept), kept._repr_html_()
    assert "checkpoint saves" in text
    assert "<td>12.0 kB</td>" in html


def test_checkpoint_keeps_what_goes_in():
    class Square(nn.Module):
        def forward(self, x):
            return (x * x).sin().cos()

    with tg.viz.observe():
        loss = Square()(tg.ones(1000, requires_grad=True) + 1).sum()
    (saving,) = memory(loss).checkpoints
    assert (saving.bytes, saving.saved) == (3 * kB, 2 * kB)


def test_what_was_freed_is_said():
    loss = tg.ones(3, requires_grad=True).exp().sum()
    loss.backward()
    kept = memory(loss)
    assert kept.bytes == 0
    assert kept.freed >= 1
    assert "freed by an earlier backward()" in str(kept)


def losses(count):
    w = tg.ones(3, requires_grad=True)
    for _ in range(count):
        yield (w * w).exp().sum()


@pytest.mark.parametrize("start", [0, 0.0, None])
def test_a_sum_of_losses(start):
    total = tg.tensor(0.0) if start is None else start
    for loss in losses(5):
        total = total + loss
    (leak,) = memory(total).leaks
    assert "a sum of 5 losses" in leak
    assert "total += loss.item()" in leak


RUNNING = None  # a variable of this module


def test_it_names_the_variable():
    global RUNNING
    RUNNING = 0
    for loss in losses(4):
        RUNNING += loss
    try:
        assert memory(RUNNING).leaks[0].startswith("`RUNNING` is a sum of 4 losses")
    finally:
        RUNNING = None


def test_a_list_of_losses():
    several = list(losses(4))
    assert any("holds 4 tensors" in leak for leak in memory(several[-1]).leaks)
    assert any("holds 4 tensors" in leak for leak in memory(several).leaks)
    assert memory(several).bytes == 4 * 12


def test_the_terms_of_one_loss_are_no_leak():
    w = tg.ones(3, requires_grad=True)
    y = w.exp()
    assert memory(y.sum() + (y * y).sum() + y.sin().sum() + w.sum() + 1).leaks == []
    assert memory(next(losses(1))).leaks == []


def test_what_is_refused():
    with pytest.raises(TypeError, match="memory: it takes a loss that requires grad"):
        memory(tg.ones(2))
    with pytest.raises(TypeError, match="memory: "):
        memory(3)
