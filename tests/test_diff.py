"""viz.diff: what differs between two graphs, against the engine's own numbers."""

import re
import time

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
import tinygrad_edu as tg
from tinygrad_edu import viz
from tinygrad_edu.viz.drawing.theme import DARK, LIGHT
from tinygrad_edu.viz.graph import compare
from tinygrad_edu.viz.graph.compare import compared, matched, smaller
from tinygrad_edu.viz.graph.picture import Box, Picture, picture_of


def changes(a, b, names_a=None, names_b=None, gradients=False):
    """By the names of boxes, what is said of those that are not the same."""
    pictures = [
        picture_of(x, names, gradients=gradients)
        for x, names in ((a, names_a), (b, names_b or names_a))
    ]
    found = compared(*pictures)
    place = {box: k for k, box in enumerate(found.picture.boxes)}
    assert all(place[arrow.start] < place[arrow.end] for arrow in found.picture.arrows)
    assert found.picture.boxes[-1] is found.picture.output or found.state(found.picture.boxes[-1])
    return {box.name: found.said(box) for box in found.picture.boxes if found.state(box)}


def leaf(*numbers):
    return tg.tensor(numbers if len(numbers) > 1 else numbers[0], requires_grad=True)


def test_a_graph_does_not_differ_from_itself():
    w = leaf(1.0, 2.0)
    loss = (w * 2).exp().sum()
    assert changes(loss, loss, {"w": w}, gradients=True) == {}
    assert changes((w * 2).exp().sum(), loss, {"w": w}, gradients=True) == {}
    assert "no difference in 5 boxes" in viz.diff(loss, loss).source


def test_what_was_added_and_removed():
    w = leaf(1.0, 2.0)
    first, second = (w * 2).exp().sum(), (w * 2).tanh().abs().sum()
    said = {"exp": ["removed"], "tanh": ["added"], "absolute": ["added"]}
    assert changes(first, second, {"w": w}) == {**said, "sum": ["value 61.99 → 1.96"]}
    source = viz.diff(first, second, {"w": w}).source
    assert "2 added, 1 removed, 3 changed, 1 the same" in source  # w, multiply, sum
    for theme, name in ((LIGHT, "light"), (DARK, "dark")):
        source = viz.diff(first, second, theme=name).source
        for look in (theme.added, theme.removed, theme.changed):
            assert look.border in source
    assert viz.diff(first, second, theme="auto").auto


def test_the_legend_explains_what_appears_and_nothing_else():
    w = leaf(1.0, 2.0)
    added = viz.diff(w.sum(), w.exp().sum(), gradients=False).source
    assert "added: only the second graph has it" in added
    assert "added: only in the second graph" in added
    assert "removed: only in the first graph" in added  # the arrow from w to sum
    assert "removed: only the first graph has it" not in added
    assert "added" not in viz.diff(w.sum(), w.sum()).source
    assert "legend" not in viz.diff(w.sum(), w.sum(), legend=False).source


def test_shapes_settings_dtypes_names_numbers_and_kinds():
    u, v = leaf(1.0, 2.0), tg.ones(2, 3, requires_grad=True)
    assert changes(u * 2, v * 2, {"w": u}, {"w": v})["w"] == ["shape 2 → 2 × 3"]
    assert changes(v.sum(0), v.sum(1)) == {"sum": ["shape 3 → 2", "dim=0 → dim=1"]}
    assert changes(v * 2, v * 3) == {"multiply": ["b: 2 → 3"]}
    assert changes(v[0], v[:, 1]) == {"getitem": ["shape 3 → 2", "[0] → [:, 1]"]}
    double = v.detach().double().requires_grad_()
    words = ["float32 → float64"]
    assert changes(v.exp(), double.exp(), {"w": v}, {"w": double}) == {"w": words, "exp": words}
    assert changes(v.exp(), v.exp(), {"w": v}, {"weight": v}) == {"weight": ["was w"]}
    frozen = v.detach()
    assert changes(v * u.sum(), frozen * u.sum(), {"w": v}, {"w": frozen})["w"] == ["was a leaf"]


def test_gradients_are_the_engines():
    tg.manual_seed(1)
    x, y = tg.randn(6, 3), tg.randn(6, 1)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    other = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    losses = [nn.functional.mse_loss(net(x), y) for net in (model, other)]
    found = changes(*losses, dict(model.named_parameters()), dict(other.named_parameters()), True)
    for name, p in model.named_parameters():
        q = dict(other.named_parameters())[name]
        before, after = (
            float(np.linalg.norm(tg.autograd.grad(loss, w, retain_graph=True)[0].array))
            for loss, w in zip(losses, (p, q), strict=True)
        )
        words = found[name][-1]
        if p.numel() > 1:
            assert words.startswith("gradient × ")
            assert float(words.removeprefix("gradient × ")) == pytest.approx(after / before, 0.06)
        else:
            assert words.startswith("gradient ")
        assert p.grad is None


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (lambda w: w * 2, lambda w: w * 4, "gradient 2 → 4 (× 2)"),
        (lambda w: w * 2, lambda w: w * -1.5, "gradient 2.0 → -1.5"),
        (lambda w: w * 2, lambda w: w * 0, "gradient 2 → 0"),
        (lambda w: w * 0, lambda w: w * 2, "gradient 0 → 2"),
        (lambda w: w * 2, lambda w: w * float("nan"), "gradient 2 → nan"),
        (lambda w: w * 2, lambda w: w * float("inf"), "gradient 2 → inf"),
        (lambda w: w * 2, lambda w: w * 2.001, None),
        (lambda w: w * float("nan"), lambda w: w * float("nan"), None),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_by_how_much_the_gradient_of_a_number_changes(first, second, words):
    w = leaf(1.0)
    said = changes(first(w), second(w), {"w": w}, gradients=True).get("w", [])
    assert said == ([words] if words else [])


def test_a_gradient_that_turns_without_growing():
    w = leaf(1.0, 2.0)
    first, second = (w * tg.tensor([1.0, 0.0])).sum(), (w * tg.tensor([0.0, 1.0])).sum()
    assert changes(first, second, {"w": w}, gradients=True)["w"] == ["gradient turned: cosine 0.00"]


def test_two_moments_of_a_training():
    w, x = leaf(0.5), tg.tensor(2.0)
    with viz.observe():
        before = viz.snapshot((w * x).tanh(), {"w": w, "x": x})
        assert w.grad is None
        with tg.no_grad():
            w -= 0.3
        after = (w * x).tanh()
    found = compared(before, picture_of(after, {"w": w, "x": x}, gradients=True))
    said = {box.name: found.said(box) for box in found.picture.boxes if found.state(box)}
    assert said["w"] == ["value 0.5 → 0.2", "gradient 0.840 → 1.711 (× 2)"]
    assert said["tanh"] == ["value 0.7616 → 0.3799"]
    assert "gradient 0.840" in viz.diff(before, after, {"w": w}).source


def test_modules_stay_together():
    """A layer that was put between two keeps them, though their numbers in the model change."""
    small = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    large = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.LayerNorm(4), nn.Linear(4, 1))
    x = tg.ones(2, 3)
    with viz.observe():
        a, b = small(x).sum(), large(x).sum()
    found = changes(a, b, dict(small.named_parameters()), dict(large.named_parameters()))
    assert found["layer_norm"] == ["added"]
    assert found["3.weight"] == ["was 2.weight"]
    source = viz.diff(a, b, small, large).source
    assert source.count("Sequential") == 2, "one frame, and its tooltip"
    assert "2: LayerNorm" in source


# ---------------------------------------------------------------- matching


def picture(names, shapes=None):
    boxes = [Box("op", name, (shape,)) for name, shape in zip(names, shapes or names, strict=True)]
    return Picture(boxes, [], boxes[-1] if boxes else Box("output", "", ()))


def longest(a, b):
    """The length of the longest common subsequence, by the textbook."""
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            best[i + 1][j + 1] = best[i][j] + 1 if x == y else max(best[i][j + 1], best[i + 1][j])
    return best[-1][-1]


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_as_many_ops_match_as_can(a, b):
    first, second = picture(a), picture(b)
    pair = matched(first, second)
    assert len(pair) == longest(a, b)
    assert all(old.name == new.name for old, new in pair.items())
    places = [(first.boxes.index(old), second.boxes.index(new)) for old, new in pair.items()]
    assert sorted(places) == sorted(places, key=lambda place: place[1])


def test_of_ways_that_are_equally_long_that_with_more_shapes_in_common():
    first, second = picture("f", [3]), picture("fff", [1, 3, 2])
    assert next(iter(matched(first, second).values())).shape == (3,)
    first, second = picture("fff", [1, 3, 2]), picture("ff", [3, 2])
    assert [new.shape == old.shape for old, new in matched(first, second).items()] == [True, True]


def test_very_many_ops_match_by_blocks(monkeypatch):
    monkeypatch.setattr(compare, "LARGEST", 1)
    pair = matched(picture("xabcdy"), picture("zabecdw"))
    assert "".join(old.name for old in pair) == "abcd"


# ---------------------------------------------------------------- large graphs


def chain(n, other=None):
    w = leaf(0.5)
    y = w
    for k in range(n):
        y = y.sin() if k == other else (y * 0.9).tanh()
    return y, {"w": w}


def test_of_a_long_chain_the_change_is_shown():
    start = time.process_time()
    (a, names), (b, others) = chain(1000), chain(1000, other=500)
    diagram = viz.diff(a, b, names, others, gradients=False)
    assert time.process_time() - start < 3
    assert "the same in both" in diagram.source
    assert re.search(r"folded: max_nodes=None shows all 2,00\d boxes", diagram.source)
    assert "<b>sin</b>" in diagram.source
    assert diagram.source.count("<b>") < 30
    start = time.process_time()
    assert viz.diff(a, b, names, others).source.count("<b>") < 30  # each gradient has changed
    assert time.process_time() - start < 5


def test_a_large_model_is_folded_by_module_with_the_gradients_of_each():
    tg.manual_seed(0)
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True), 6)
    x = tg.randn(2, 3, 8)
    losses = []
    for factor in (1, 3):
        with viz.observe():
            losses.append((model(x)[:, 0] * factor).square().mean())
    pictures = [picture_of(loss, dict(model.named_parameters()), gradients=True) for loss in losses]
    found = smaller(compared(*pictures), 60)
    groups = {box.name: found.said(box) for box in found.picture.boxes if box.kind == "group"}
    assert groups == {f"layers.{k}": ["gradient × 9"] for k in range(6)}
    assert len(smaller(compared(*pictures), 3).picture.boxes) < 20


# ---------------------------------------------------------------- use


def test_misuse_is_told():
    w = leaf(1.0)
    with pytest.raises(TypeError, match=r"diff: it compares what two Tensors .* not float"):
        viz.diff(w * 2, 3.0)
    with pytest.raises(TypeError, match=r"snapshot: it keeps what a Tensor .* not int"):
        viz.snapshot(3)
    with pytest.raises(ValueError, match="diff: theme='blue': it is 'light' or 'dark' or 'auto'"):
        viz.diff(w * 2, w * 3, theme="blue")
    with pytest.raises(ValueError, match="diff: direction='up'"):
        viz.diff(w * 2, w * 3, direction="up")
    with pytest.raises(ValueError, match="diff: max_nodes='9': it is None or an integer"):
        viz.diff(w * 2, w * 3, max_nodes="9")
    with pytest.raises(RuntimeError, match="backward: "):
        viz.diff(w * 2, tg.tensor(1.0))
    with pytest.raises(TypeError, match="diff: "):
        viz.diff(w * 2, w * 3, 5)


def test_any_name_is_harmless_and_arrays_may_be_empty():
    w, none = leaf(1.0, 2.0), tg.zeros(0, 3, requires_grad=True)
    name = '<script>alert("x")</script>'
    source = viz.diff((w * 2).sum(), (w * 3).exp().sum(), {name: w}).source
    assert "<b>&lt;script&gt;" in source
    assert changes(none.sum(), (none * 2).sum(), {"w": none}, gradients=True)["multiply"] == [
        "added"
    ]


def test_it_is_drawn(tmp_path):
    pytest.importorskip("pygraphviz")
    w = leaf(1.0, 2.0)
    for direction in ("down", "right"):
        diagram = viz.diff((w * 2).sum(), w.exp().sum(), {"w": w}, direction=direction)
        svg = diagram.svg()
        assert all(word in svg for word in ("added", "removed", "exp", "multiply"))
        assert "What differs between two compute graphs" in svg
    assert diagram.save(tmp_path / "diff.png").stat().st_size > 1000
