"""viz.gradient_flow: what it records is what the gradients are, and it says what is wrong."""

import gc
import math
import sys
import time
import weakref
from itertools import pairwise

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn import optim
from tinygrad_edu.engine import hooked
from tinygrad_edu.viz import gradient_flow
from tinygrad_edu.viz.charts import readings
from tinygrad_edu.viz.charts.flow_words import rounded, sparkline


def a_net(*sizes, activation=nn.Tanh):
    pairs = pairwise(sizes)
    layers = [layer for a, b in pairs for layer in (nn.Linear(a, b), activation())]
    return nn.Sequential(*layers[:-1])


def loss_of(net, batch=8):
    x = tg.randn(batch, net[0].in_features)
    return F.mse_loss(net(x), x.sum(1, keepdim=True))


def trained(net, steps, before_step=None, lr=0.01, **options):
    """The recorder of some steps of plain SGD."""
    optimizer = optim.SGD(net.parameters(), lr=lr)
    flow = gradient_flow(net, optimizer, **options)
    for step in range(steps):
        optimizer.zero_grad()
        loss_of(net).backward()
        if before_step:
            before_step(step)
        optimizer.step()
    return flow


# ---------------------------------------------------------------- the numbers


def test_each_number_is_that_of_the_gradient_and_of_the_step():
    net = a_net(3, 4, 1)
    optimizer = optim.Adam(net.parameters(), lr=0.1)
    expected = []
    with gradient_flow(net, optimizer) as flow:
        for _ in range(3):
            optimizer.zero_grad()
            loss_of(net).backward()
            before = {name: p.detach().numpy().copy() for name, p in net.named_parameters()}
            gradients = {name: p.grad.numpy().copy() for name, p in net.named_parameters()}
            optimizer.step()
            after = {name: p.detach().numpy().copy() for name, p in net.named_parameters()}
            expected.append((before, gradients, after))
    assert flow.numbers == [0, 1, 2]
    for row, (before, gradients, after) in zip(flow.steps, expected, strict=True):
        assert [*row] == [name for name, _ in net.named_parameters()]
        for name, reading in row.items():
            g = gradients[name]
            assert reading.norm == pytest.approx(np.linalg.norm(g), rel=1e-5)
            assert reading.rms == pytest.approx(np.sqrt(np.mean(g**2)), rel=1e-5)
            assert reading.size == g.size
            assert reading.zeros == np.mean(g == 0)
            assert reading.nonfinite == 0
            moved = np.linalg.norm(after[name] - before[name])
            assert reading.ratio == pytest.approx(moved / np.linalg.norm(before[name]), rel=1e-3)


def test_a_layer_is_its_parameters_together():
    net = a_net(3, 4, 1)
    flow = trained(net, 2)
    assert flow.layers() == {"0": ["0.weight", "0.bias"], "2": ["2.weight", "2.bias"]}
    for layer, norms in flow.series("norm").items():
        parts = [flow.series("norm", by="parameter")[f"{layer}.{p}"] for p in ("weight", "bias")]
        assert norms == [math.hypot(*pair) for pair in zip(*parts, strict=True)]
    assert len(flow.series("ratio")["0"]) == 2


def test_without_an_optimizer_each_backward_is_a_step_and_updates_are_seen_all_the_same():
    net = a_net(3, 4, 1)
    with gradient_flow(net) as flow:
        for _ in range(3):
            net.zero_grad()
            loss_of(net).backward()
            for p in net.parameters():
                p.data -= 0.01 * p.grad
    weight = flow.series("ratio", by="parameter")["0.weight"]
    norms = flow.series("norm", by="parameter")["0.weight"]
    for step, (ratio, norm) in enumerate(zip(weight, norms, strict=True)):
        reading = flow.steps[step]["0.weight"]
        assert ratio == pytest.approx(0.01 * norm / reading.weight, rel=1e-3)


def test_the_update_of_the_last_step_is_seen_once_it_is_made():
    net = a_net(3, 1)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    flow = gradient_flow(net)
    loss_of(net).backward()
    assert math.isnan(flow.series("ratio")["0"][0])
    optimizer.step()
    assert flow.series("ratio")["0"][0] > 0


def test_with_an_optimizer_gradients_are_those_that_it_sees_and_its_steps_are_the_steps():
    net = a_net(3, 4, 1)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    flow = gradient_flow(net, optimizer)
    for _ in range(2):
        optimizer.zero_grad()
        for _ in range(3):  # gradients are accumulated
            (loss_of(net) * 1e6).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    assert len(flow.steps) == 2
    for row in flow.steps:
        assert math.hypot(*(r.norm for r in row.values())) == pytest.approx(1, rel=1e-4)


def test_record_is_enough_by_itself_and_replaces_the_hooks():
    net = a_net(3, 1)
    flow = gradient_flow(net)
    for _ in range(3):
        net.zero_grad()
        loss_of(net).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        flow.record()
    assert flow.numbers == [0, 1, 2]
    for row in flow.steps:
        assert math.hypot(*(r.norm for r in row.values())) == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("with_optimizer", [True, False])
def test_every_tenth_step(with_optimizer):
    net = a_net(3, 1)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    flow = gradient_flow(net, optimizer=optimizer if with_optimizer else None, every=10)
    for _ in range(25):
        optimizer.zero_grad()
        loss_of(net).backward()
        optimizer.step()
    assert flow.numbers == [0, 10, 20]
    ratios, reading = flow.series("ratio")["0"], flow.steps[1]["0.weight"]
    assert all(0 < x < 1 for x in ratios)
    assert reading.update == pytest.approx(0.1 * reading.norm, rel=1e-3)


def test_after_one_backward_a_model_shows_its_gradients():
    net = a_net(3, 4, 1)
    loss_of(net).backward()
    flow = gradient_flow(net)
    assert len(flow.steps) == 1
    assert flow.steps[0]["0.weight"].norm == pytest.approx(float(net[0].weight.grad.norm()))
    assert "gradient flow of one step" in str(flow)
    net.zero_grad()
    loss_of(net).backward()
    loss_of(net).backward()
    assert flow.numbers == [0, 1], "the gradients from before are no step of this training"


def test_large_parameters_are_sampled_and_norms_are_exact():
    rng = np.random.default_rng(0)
    g = rng.standard_normal((784, 512)).astype(np.float32)
    g[::4] = 0
    g[:, :100] = 0
    for array in (g, np.asfortranarray(g), g.T):
        reading = readings.reading_of(array)
        assert reading.norm == pytest.approx(np.linalg.norm(g), rel=1e-4)
        assert reading.zeros == pytest.approx(np.mean(g == 0), abs=0.03)
    weights = readings.Weights({"w": g})
    weights.take()
    step = rng.standard_normal(g.shape).astype(np.float32)
    assert weights.fits({"w": g + 0.01 * step})
    row = {"w": readings.reading_of(g)}
    weights.note(row)
    weights.complete()
    before, update = row["w"].weight, row["w"].update
    assert before == pytest.approx(np.linalg.norm(g), rel=0.1)
    assert update == pytest.approx(0.01 * np.linalg.norm(step), rel=0.1)


@pytest.mark.parametrize("change", ["in place", "another array", "no view"])
def test_weights_that_change_between_two_steps_are_read_again(change):
    """An optimizer's update is measured from where the weights are when it steps, though someone
    has written to them, or given them another array, since the last step."""
    w = tg.tensor(np.arange(1.0, 7.0).reshape(2, 3)[:, ::2]) if change == "no view" else None
    w = (tg.ones(3) if w is None else w).requires_grad_()
    optimizer = optim.SGD([w], lr=0.5)
    with tg.viz.gradient_flow({"w": w}, optimizer) as flow:
        for _ in range(3):
            with tg.no_grad():
                if change == "another array":
                    w.data = w.data + 7
                else:
                    w += 7
            w.grad = tg.ones_like(w)
            optimizer.step()
    assert flow.series("ratio")["w"] == pytest.approx(
        [0.5 * w.numel() ** 0.5 / reading["w"].weight for reading in flow.steps]
    )
    weights = [reading["w"].weight for reading in flow.steps]
    starts = np.array([1.0, 1.0, 1.0]) if change != "no view" else np.array([1.0, 3.0, 4.0, 6.0])
    assert weights == pytest.approx(
        [np.linalg.norm(starts + 7 * (k + 1) - 0.5 * k) for k in range(3)]
    )


@pytest.mark.parametrize(
    ("values", "norm", "zeros", "nonfinite"),
    [
        ([3e30, 4e30], 5e30, 0, 0),
        ([3e-30, 4e-30, 0], 5e-30, 1 / 3, 0),
        ([1.0, np.nan, np.inf, 0], np.nan, 0.25, 2),
        ([1.0, -np.inf], np.inf, 0, 1),
        ([0.0, -0.0], 0, 1, 0),
        ([], 0, 0, 0),
    ],
)
def test_sizes_at_the_edge(values, norm, zeros, nonfinite):
    with np.errstate(all="ignore"):
        reading = readings.reading_of(np.array(values, np.float32))
    assert reading.norm == pytest.approx(norm, rel=1e-5, nan_ok=True)
    assert (reading.zeros, reading.nonfinite) == (zeros, nonfinite)
    assert reading.rms == pytest.approx(norm / max(len(values), 1) ** 0.5, rel=1e-5, nan_ok=True)


def test_half_precision_is_measured_in_double():
    with np.errstate(all="ignore"):
        reading = readings.reading_of(np.full(1000, 300, np.float16))
    assert reading.norm == pytest.approx(300 * 1000**0.5, rel=1e-6)


# ---------------------------------------------------------------- of losses


def test_of_losses_the_gradients_are_computed_and_nothing_is_changed():
    net = a_net(3, 4, 1)
    losses = [loss_of(net) for _ in range(3)]
    flow = gradient_flow(losses, net)
    assert all(p.grad is None for p in net.parameters())
    for row, loss in zip(flow.steps, losses, strict=True):
        net.zero_grad()
        loss.backward()
        for name, p in net.named_parameters():
            assert row[name].norm == pytest.approx(float(p.grad.norm()), rel=1e-5)
    again = gradient_flow(losses[-1], net)
    assert again.steps[0]["0.weight"].norm == pytest.approx(
        flow.steps[2]["0.weight"].norm, rel=1e-5
    ), "after backward() the gradients are in .grad"


def test_a_loss_alone_has_leaves_by_their_shapes():
    w = tg.ones(2, 3, requires_grad=True)
    flow = gradient_flow((w * 2).sum())
    (name,) = flow.steps[0]
    assert name == "leaf 0 (2 \u00d7 3)"
    assert flow.steps[0][name].norm == pytest.approx(math.sqrt(24))


# ---------------------------------------------------------------- what it says


def test_a_healthy_training_has_no_flags():
    assert trained(a_net(8, 16, 16, 1), 5).flags() == []


def test_it_says_where_the_first_nan_came():
    net = a_net(3, 4, 1)

    def poison(step):
        if step == 2:
            net[2].weight.grad[0, 0] = float("nan")

    with np.errstate(all="ignore"):
        flow = trained(net, 5, poison)
    assert flow.flags()[0] == "NaN first in step 2 in 2.weight"
    assert flow.steps[2]["2.weight"].nonfinite == 1
    assert "nan" in str(flow)


def test_it_says_that_gradients_are_zero():
    net = a_net(3, 4, 4, 1, activation=nn.ReLU)
    with tg.no_grad():
        net[0].bias -= 100
    flags = trained(net, 2).flags()
    assert "layer 0: all of its gradients are zero" in flags
    net = nn.Sequential(nn.Linear(3, 50), nn.ReLU(), nn.Linear(50, 1))
    with tg.no_grad():
        net[0].bias[1:] -= 100
    assert "layer 0: 98 % of its gradients are zero" in trained(net, 2).flags()


def test_it_says_that_gradients_shrink_or_grow_from_layer_to_layer():
    net = a_net(8, *[8] * 8, 1)
    with tg.no_grad():
        for layer in net[::2]:
            layer.weight *= 0.05
    (flag,) = [f for f in trained(net, 2).flags() if "shrinks" in f]
    assert flag.endswith("from layer 16 to layer 0")
    net = a_net(8, 8, 8, 1, activation=nn.Identity)
    with tg.no_grad():
        net[0].weight *= 1e-4
        net[0].bias *= 0
    (flag,) = [f for f in trained(net, 1, lr=1e-7).flags() if "grows" in f]
    assert flag.endswith("to layer 0")


def test_it_says_that_the_learning_rate_is_too_large_or_too_small():
    (flag,) = [f for f in trained(a_net(3, 4, 1), 1, lr=5.0).flags() if "ratio" in f]
    assert flag.startswith("update/weight ratio")
    assert flag.endswith(": the learning rate is too large")
    assert "in step 0 in layer" in flag
    (flag,) = trained(a_net(3, 4, 1), 3, lr=1e-9).flags()
    assert flag.endswith(": the learning rate is too small")


def test_it_says_that_no_gradient_arrived():
    net = nn.Module()
    net.used, net.unused = nn.Linear(2, 1), nn.Linear(2, 1)
    net.used(tg.ones(1, 2)).sum().backward()
    flow = gradient_flow(net)
    (flag,) = [f for f in flow.flags() if "unused" in f]
    assert flag == "unused: no gradient: it had no part in the loss, or was detached from it"
    assert math.isnan(flow.series("norm")["unused"][0])
    net.unused.requires_grad_(False)
    assert not any("unused" in f for f in flow.flags()), "what is frozen is meant to have none"


def test_it_says_that_the_gradient_was_once_much_larger():
    net = a_net(3, 4, 1)

    def explode(step):
        if step == 6:
            for p in net.parameters():
                p.grad *= 1000

    flags = trained(net, 10, explode, lr=1e-6).flags()
    assert any("in step 6" in f and "clip_grad_norm_" in f for f in flags)


def test_an_embedding_is_meant_to_have_zeros():
    net = nn.Sequential(nn.Embedding(100, 4), nn.Linear(4, 1))
    net(tg.tensor([1, 2])).sum().backward()
    assert not any("zero" in flag for flag in gradient_flow(net).flags())


def test_numbers_in_words():
    assert [rounded(x) for x in (123, 1234, 9.6e8)] == ["100", "1,000", "10^9"]
    assert sparkline([1.0, 10, 100, math.nan]) == "▁▅█!"
    assert sparkline([1.0, 1.0]) == "▅▅"
    assert len(sparkline([1.0] * 1000)) <= 24
    assert sparkline([0.0, 0.0, 0.0]) == "▅▅▅"


# ---------------------------------------------------------------- text and chart


def test_the_table_has_a_line_for_each_layer_and_is_the_repr():
    flow = trained(a_net(3, 4, 1), 5)
    lines = flow.text().splitlines()
    assert lines[0] == "gradient flow of 5 steps, 0 to 4"
    assert [line.split()[:2] for line in lines[2:4]] == [["0", "Linear"], ["2", "Linear"]]
    assert repr(flow) == str(flow) == flow.text()
    assert len(flow.text(by="parameter").splitlines()) == 6


@pytest.mark.parametrize(
    ("steps", "depth", "measure"),
    [(1, 1, "norm"), (1, 12, "rms"), (5, 1, "rms"), (5, 3, "norm"), (30, 12, "norm")],
)
def test_the_chart_shows_the_numbers(steps, depth, measure):
    flow = trained(a_net(3, *[4] * (depth - 1), 1), steps)
    figure = flow.plot(measure=measure)
    top = figure.axes[0]
    series = flow.series(measure)
    if steps == 1:
        dots = [line.get_xdata()[0] for line in top.lines if line.get_marker() == "o"]
        assert dots == [values[0] for values in series.values()]
        assert [t.get_text() for t in top.get_yticklabels()] == [f"{k} Linear" for k in series]
    else:
        assert [line.get_ydata().tolist() for line in top.lines] == [*series.values()]
        assert top.get_yscale() == "log"
        ratios = [*flow.series("ratio").values()]
        drawn = [line.get_ydata() for line in figure.axes[1].lines]
        assert [y.tolist() for y in drawn if len(y) == steps and y[0] != y[-1]][:depth] == ratios
    figure.canvas.draw()
    bundle = flow._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"] == flow.text()


def test_the_chart_of_what_is_no_number():
    net = a_net(3, 4, 1)
    with np.errstate(all="ignore"):
        flow = trained(net, 4, lambda step: net[0].weight.grad.fill_(float("inf")))
    assert flow.flags()[0] == "infinite first in step 0 in 0.weight"
    flow.plot().canvas.draw()
    net.zero_grad()
    net.unused = nn.Linear(2, 2)
    net[0].weight.grad = tg.full((4, 3), float("nan"))
    net[2].weight.grad = tg.zeros(1, 4)
    one = gradient_flow(net)
    texts = [t.get_text() for t in one.plot().axes[0].texts]
    assert texts == ["12 of 12 are NaN or infinite", "all zero", "no gradient"]


def test_without_matplotlib_the_text_is_left(monkeypatch):
    flow = trained(a_net(3, 1), 2)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install matplotlib.*print\(flow\)"):
        flow.plot()
    assert flow._repr_mimebundle_() == {"text/plain": flow.text()}


# ---------------------------------------------------------------- what it leaves behind


def test_the_recorder_goes_when_nobody_holds_it_and_its_hooks_with_it():
    net = a_net(3, 1)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for source in ((net,), (net, optimizer)):
        gone = weakref.ref(gradient_flow(*source))
        gc.collect()
        assert gone() is None
    assert not any(p.node.hooks for p in net.parameters())
    assert not any(optimizer._hooks.values())
    with gradient_flow(net) as flow:
        loss_of(net).backward()
    loss_of(net).backward()
    assert len(flow.steps) == 1
    assert not any(p.node.hooks for p in net.parameters())


def test_training_is_the_same_with_a_recorder():
    trained_weights = []
    for record in (False, True):
        tg.manual_seed(0)
        net = a_net(3, 4, 1)
        optimizer = optim.Adam(net.parameters(), lr=0.1)
        flow = gradient_flow(net, optimizer) if record else None
        hooked_too = gradient_flow(net) if record else None
        for _ in range(3):
            optimizer.zero_grad()
            loss_of(net).backward()
            optimizer.step()
        trained_weights.append([p.tolist() for p in net.parameters()])
        del flow, hooked_too
    assert trained_weights[0] == trained_weights[1]


def test_a_hook_that_waits_for_the_gradient_costs_no_copy_of_it():
    w = tg.ones(3, requires_grad=True)
    w.register_post_accumulate_grad_hook(lambda w: None)
    g = np.ones(3, np.float32)
    assert hooked.before_step(w.node, g)[0] is g


def test_what_was_recorded_is_read_again_and_again_between_steps():
    net = nn.Linear(2, 1)
    optimizer, other = optim.SGD(net.parameters(), lr=0.1), []
    flow, every = gradient_flow(net), gradient_flow(net, optimizer, every=3)
    for k in range(100):
        optimizer.zero_grad()
        before = net.weight.clone()
        net(tg.ones(3, 2)).pow(2).sum().backward()
        optimizer.step()
        other.append(((net.weight - before).norm() / before.norm()).item())
        if k % 7 == 0:
            for _ in range(40):
                assert len(flow.steps) == k + 1
    assert flow.series("ratio", "parameter")["weight"] == pytest.approx(other, rel=1e-3, abs=1e-9)
    assert every.series("ratio", "parameter")["weight"] == pytest.approx(
        other[::3], rel=1e-3, abs=1e-9
    )


def test_it_takes_a_small_part_of_a_step():
    """About a thirtieth on a machine that does nothing else: `python -m benchmarks.limits flow`."""
    net = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )
    x, y = tg.randn(128, 784), tg.randint(0, 10, (128,))
    optimizer = optim.SGD(net.parameters(), lr=0.01)
    flow = gradient_flow(net, optimizer)
    whole, own = [], []
    for _ in range(40):
        start = time.thread_time()
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
        whole.append(time.thread_time() - start)
        start = time.thread_time()
        flow._take()
        flow._close(flow._arrays(), final=True)
        own.append(time.thread_time() - start)
    assert min(own) < 0.1 * min(whole)


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize("source", [3, "model", None, {"w": np.ones(2)}, [1.0, 2.0]])
def test_what_is_no_model_is_refused(source):
    with pytest.raises(TypeError, match="gradient_flow: "):
        gradient_flow(source)


def test_what_cannot_be_recorded_says_why():
    net = a_net(3, 1)
    with pytest.raises(ValueError, match="ReLU has no parameters"):
        gradient_flow(nn.ReLU())
    with pytest.raises(ValueError, match="no parameters"):
        gradient_flow([])
    with pytest.raises(ValueError, match=r"every=0"):
        gradient_flow(net, every=0)
    with pytest.raises(TypeError, match="float has no hooks"):
        gradient_flow(net, optimizer=0.1)
    with pytest.raises(RuntimeError, match=r"shape \(2,\): reduce it"):
        gradient_flow(tg.ones(2, requires_grad=True) * 2)
    with pytest.raises(ValueError, match="none of the given parameters is behind the loss"):
        gradient_flow(tg.ones(1, requires_grad=True).sum(), net)
    flow = gradient_flow(net)
    assert "no step recorded yet" in str(flow)
    assert flow.flags() == []
    with pytest.raises(RuntimeError, match="no step recorded yet"):
        flow.plot()
    with pytest.raises(RuntimeError, match="none of 2 parameters has a gradient"):
        flow.record()
    with pytest.raises(ValueError, match="there is no 'mean'; there are norm, rms"):
        flow.series("mean")
    with pytest.raises(ValueError, match="by='module'"):
        flow.series(by="module")
    with pytest.raises(ValueError, match="measure='mean'"):
        flow.plot(measure="mean")
    net.requires_grad_(False)
    with pytest.raises(ValueError, match="none of 2 parameters requires grad"):
        gradient_flow(net)


def test_frozen_parameters_are_left_out():
    net = a_net(3, 4, 1)
    net[0].requires_grad_(False)
    flow = trained(net, 2)
    assert [*flow.steps[0]] == ["2.weight", "2.bias"]
    assert flow.flags() == []
    assert "none" in flow.text()


def test_parameters_come_in_every_form():
    net = a_net(3, 1)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    loss_of(net).backward()
    names = ["0.weight", "0.bias"]
    for source in (net, dict(net.named_parameters()), net.named_parameters()):
        assert [*gradient_flow(source).steps[0]] == names
    numbered = ["parameter 0", "parameter 1"]
    for source in (net.parameters(), [*net.parameters()], optimizer):
        assert [*gradient_flow(source).steps[0]] == numbered
    named = optim.SGD(net.named_parameters(), lr=0.1)
    assert [*gradient_flow(named).steps[0]] == names


def test_a_lazy_layer_is_recorded_from_its_first_step_on():
    net = nn.Sequential(nn.LazyLinear(4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for flow in (gradient_flow(net, optimizer), gradient_flow(net)):
        for _ in range(2):
            optimizer.zero_grad()
            F.mse_loss(net(tg.ones(2, 3)), tg.ones(2, 1)).backward()
            optimizer.step()
        assert {row["0.weight"].size for row in flow.steps} == {12}
        assert all(0 < row["0.weight"].ratio < 1 for row in flow.steps)


def test_many_steps_have_the_updates_that_each_made():
    """They are measured some steps at a time."""
    tg.manual_seed(0)
    net = nn.Linear(3, 2)
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    flow = tg.viz.gradient_flow(net, optimizer)
    updates = []
    for _ in range(70):
        before = net.weight.detach().numpy().copy()
        optimizer.zero_grad()
        net(tg.randn(4, 3)).square().mean().backward()
        optimizer.step()
        updates.append(float(np.linalg.norm(net.weight.detach().numpy() - before)))
    assert [step["weight"].update for step in flow.steps] == pytest.approx(updates, rel=1e-5)


def test_a_model_that_becomes_float64_is_measured_in_float64():
    net = nn.Linear(2, 1)
    optimizer = nn.optim.SGD(net.parameters(), lr=1e-12)
    flow = tg.viz.gradient_flow(net)
    for dtype in (tg.float32, tg.float64):
        net.to(dtype)
        for _ in range(3):
            optimizer.zero_grad()
            net(tg.ones(1, 2, dtype=dtype)).sum().backward()
            optimizer.step()
    assert flow.steps[-2]["weight"].update == pytest.approx(1e-12 * 2**0.5, rel=1e-2, abs=0)


def test_weights_that_are_not_finite_warn_of_nothing():
    """Infinity less infinity is no fault of the recorder."""
    w = tg.ones(2, requires_grad=True)
    optimizer = nn.optim.SGD([w], lr=1.0)
    flow = tg.viz.gradient_flow({"w": w}, optimizer)
    for _ in range(2):
        w.grad = tg.tensor([math.inf, 1.0])
        optimizer.step()
    assert math.isnan(flow.steps[1]["w"].update)
