"""What a drawing says in its boxes: values, gradients and their sums, names, modules, words."""

import gc
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from contrast import contrast, rgb
from drawn import Picture, drawn, norm_in
from golden_graphs import FOLDER, GRAPHS, text_of
from hypothesis import given, settings, strategies as st

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.viz import draw
from tinygrad_edu.viz.drawing.layout import laid_out
from tinygrad_edu.viz.drawing.theme import DARK, LIGHT, Look, scale_for
from tinygrad_edu.viz.numbers import adding, number, together
from tinygrad_edu.viz.words import formula_of, key_of, module_of, settings_of


def by_name(picture):
    return {picture.rows(name)[0]: name for name in picture.nodes}


def leaf(value):
    return tg.tensor(value, requires_grad=True, dtype=tg.float64)


def neuron():
    """The neuron of the micrograd lecture."""
    x1, x2, w1, w2, b = map(leaf, (2.0, 0.0, -3.0, 1.0, 6.8813735870195432))
    with tg.viz.observe():
        o = (x1 * w1 + x2 * w2 + b).tanh()
    return o, {"x1": x1, "x2": x2, "w1": w1, "w2": w2, "b": b}


# ---------------------------------------------------------------- values and gradients


def test_the_neuron_of_the_lecture_shows_its_numbers():
    o, names = neuron()
    picture = drawn(o, names, gradients=True)
    boxes = by_name(picture)
    shown = {name: picture.numbers(boxes[name]) for name in names}
    assert shown == {
        "x1": {"data": ["2"], "grad": ["-1.5"]},
        "x2": {"data": ["0"], "grad": ["0.5"]},
        "w1": {"data": ["-3"], "grad": ["1"]},
        "w2": {"data": ["1"], "grad": ["0"]},
        "b": {"data": ["6.881"], "grad": ["0.5"]},
    }
    assert picture.numbers(boxes["tanh"]) == {"data": ["0.7071"], "grad": ["1"]}
    assert sorted(e.attributes["label"].strip() for e in picture.backward) == sorted(
        ["-1.5", "1", "0.5", "0", "0.5", "0.5", "0.5", "0.5", "0.5"]
    )


def random_graph(seed):
    """Scalars that are used several times, and every tensor on the way."""
    rng = np.random.default_rng(seed)
    made = [leaf(float(x)) for x in rng.uniform(-1.5, 1.5, 3)]
    for _ in range(6):
        a, b = rng.choice(len(made), 2)
        ops = [lambda a, b: a * b, lambda a, b: a - b, lambda a, _b: a.tanh(), lambda a, b: a + b]
        made.append(ops[rng.integers(4)](made[a], made[b]))
    return sum(x * float(k + 1) for k, x in enumerate(made[-4:])), made


@settings(max_examples=12)
@given(st.integers(0, 10_000))
def test_every_number_is_the_engines_and_those_that_meet_add_up(seed):
    with tg.viz.observe():
        loss, made = random_graph(seed)
    names = {f"t{k}": x for k, x in enumerate(made)}
    picture = drawn(loss, names, gradients=True)
    for x in made:
        x.retain_grad()
    loss.backward()
    for box in picture.nodes:
        name, numbers = picture.rows(box)[0], picture.numbers(box)
        if name not in names or not numbers:  # a leaf again, beside another of its uses
            continue
        tensor = names[name]
        assert float(numbers["data"][0]) == pytest.approx(tensor.item(), rel=1e-3, abs=1e-9)
        total = float(numbers["grad"][0])
        assert total == pytest.approx(tensor.grad.item(), rel=1e-3, abs=1e-3)
        arrows = [e for e in picture.backward if picture.rows(e.start)[0] == name]
        parts = [float(e.attributes["label"]) for e in arrows]
        if parts:
            most = max(map(abs, [*parts, total]))
            assert sum(parts) == pytest.approx(total, abs=2e-3 * most + 1e-12)


def test_every_norm_and_rms_is_the_engines():
    net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2))
    with tg.viz.observe():
        h = net[1](net[0](tg.randn(6, 4)))
        out = net[2](h)
        loss = (out * out + out).sum()
    names = dict(net.named_parameters()) | {"h": h, "out": out, "loss": loss}
    picture = drawn(loss, names, gradients=True, values=0)
    for x in (h, out):
        x.retain_grad()
    loss.backward()
    seen = set()
    for box in picture.nodes:
        name, numbers = picture.rows(box)[0], picture.numbers(box)
        if name in names and name != "loss" and "grad" in numbers:
            norm = float(np.linalg.norm(names[name].grad.array))
            rms = norm / names[name].numel() ** 0.5
            assert numbers["grad"] == [f"norm {norm:.3g}, rms {rms:.3g}"]
            seen.add(name)
    assert seen >= {"0.weight", "0.bias", "2.weight", "2.bias", "out"}
    (arrow,) = [e for e in picture.backward if picture.rows(e.start)[0] == "h"]
    norm = float(np.linalg.norm(h.grad.array))
    assert arrow.attributes["label"].split() == [
        *("norm", f"{norm:.3g}", "rms", f"{norm / h.numel() ** 0.5:.3g}")
    ]


@given(st.lists(st.floats(-1e4, 1e4, allow_subnormal=False), min_size=2, max_size=4))
def test_the_parts_of_a_sum_can_be_added_by_a_reader(parts):
    texts, total = adding(parts, sum(parts))
    left = abs(sum(map(float, texts)) - float(total))
    largest = max(map(abs, map(float, [*texts, total])))
    assert left <= 1e-3 * largest
    for text, x in zip(texts, parts, strict=True):
        assert float(text) == pytest.approx(x, abs=6e-4 * max(map(abs, parts)))


def test_signed_parts_are_drawn_with_the_decimals_of_their_sum():
    assert adding([0.146, -0.104], 0.042) == (["0.146", "-0.104"], "0.042")
    x = leaf(3.0)
    picture = drawn(x**2 - 5 * x, {"x": x}, gradients=True)
    assert picture.numbers(by_name(picture)["x"])["grad"] == ["1"]
    parts = [float(e.attributes["label"]) for e in picture.backward if e.start == "n0"]
    assert sorted(parts) == [-5, 6]


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (1e-12, "1e-12"),
        (123456.789, "123457"),
        (0.1, "0.1"),
        (-6.88137358, "-6.881"),
        (1.5e30, "1.5e+30"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (True, "True"),
        (7, "7"),
        (5e-324, "4.941e-324"),
    ],
)
def test_one_number(x, text):
    assert number(x) == text


def test_numbers_that_are_read_together_have_the_same_decimals():
    assert together([1.0, 0.25, -3.5]) == ["1.00", "0.25", "-3.50"]
    assert together([100.0, 1e-6]) == ["100", "1.0e-06"]  # not 0
    assert together([float("nan"), 0.5]) == ["nan", "0.5"]
    assert together([1, 2]) == ["1", "2"]


@pytest.mark.parametrize(
    ("values", "shown"), [(None, True), (True, True), (False, False), (6, True), (5, False)]
)
def test_how_many_elements_are_written_out_can_be_said(values, shown):
    x = leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]])
    picture = drawn((x * x).sum(), {"x": x}, gradients=True, values=values)
    numbers = picture.numbers(by_name(picture)["x"])
    if shown:
        assert numbers["data"] == ["1.0", "2.0", "3.0", "4.0", "5.0", "6.5"]
        assert [float(text) for text in numbers["grad"]] == [2, 4, 6, 8, 10, 13]
    else:
        norm = np.linalg.norm(2 * x.array)
        assert "data" not in numbers
        assert numbers["grad"] == [f"norm {norm:.3g}, rms {norm / 6**0.5:.3g}"]


def test_an_array_has_norm_and_rms_on_its_arrows():
    x = leaf([3.0, 4.0])
    (first, _) = drawn((x * x).sum(), {"x": x}, gradients=True).backward[:2]
    assert first.attributes["label"].split() == ["norm", "5", "rms", "3.54"]


def test_the_sum_is_said_where_gradients_meet_and_only_there():
    a, b = leaf(2.0), leaf(3.0)
    source = draw(a * b + a, {"a": a, "b": b}, gradients=True).source
    assert source.count("grad (sum of 2)") == 1


def test_a_number_that_no_rule_reads_is_shown_if_it_was_observed():
    n = leaf(2.0)
    with tg.viz.observe():
        y = (n - 1) * 3
    picture = drawn(y)
    assert picture.labels["subtract | b = 1 | number"] == 1
    assert picture.labels["multiply | b = 3 | number"] == 1
    assert drawn(n - 1).labels["subtract | b: a number | number"] == 1


# ---------------------------------------------------------------- names


def names_in(params, output):
    return {label.partition(" ")[0] for label in drawn(output, params).labels}


def test_tensors_are_named_by_whatever_holds_them():
    net = nn.Linear(2, 1)
    y = net(tg.ones(1, 2)).sum()
    named = {"weight", "bias"}
    for params in (net, dict(net.named_parameters()), net.named_parameters()):
        assert names_in(params, y) > named
    assert names_in(list(net.parameters()), y) > {"0", "1"}
    assert names_in(net.parameters(), y) > {"0", "1"}
    assert names_in(tuple(net.parameters()), y) > {"0", "1"}
    assert names_in({"net": net}, y) > {"net.weight", "net.bias"}


def test_buffers_of_a_module_are_named():
    model = nn.Module()
    model.register_buffer("scale", tg.ones(2))
    with tg.viz.observe():
        y = tg.ones(2, requires_grad=True) * model.scale
    assert "scale" in names_in(model, y)


def test_an_observed_constant_has_its_name_though_no_rule_reads_it():
    x, c = tg.ones(2, requires_grad=True), tg.tensor([3.0, 4.0])
    with tg.viz.observe():
        y = (x + c) + c + tg.tensor([3.0, 4.0])
    picture = drawn(y, {"c": c})
    assert picture.labels["c | 2"] == 1
    assert picture.labels["constant | 2"] == 1
    arrows = [arrow for arrow in picture.arrows if arrow[0] == "c | 2"]
    assert sum(picture.arrows[arrow] for arrow in arrows) == 2


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ({1: tg.ones(2)}, TypeError, "name of a tensor is a str, not int"),
        ({"x": 3}, TypeError, "'x' should name a Tensor, not int"),
        ([("a", tg.ones(2)), ("a", tg.ones(3))], ValueError, "two tensors are called 'a'"),
        (5, TypeError, "not by int"),
        (tg.ones(2), TypeError, "not by Tensor"),
        ([None], TypeError, "should name a Tensor, not NoneType"),
    ],
)
def test_names_that_are_none_are_refused(params, error, words):
    with pytest.raises(error, match=words):
        draw(leaf(1.0), params)


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", 'a"b', "\\N", "x" * 500, "", " ", "\x00\x01", "]]>", "a\\"],
)
def test_no_name_does_harm(name):
    class Odd(nn.Module):
        def forward(self, x):
            return x * 2

    Odd.__name__ = name.replace("\x00", "") or "Odd"
    x = tg.ones(2, requires_grad=True)
    with tg.viz.observe():
        y = Odd()(x).sum()
    diagram = draw(y, {name: x}, gradients=True)
    assert len(Picture(diagram.source).nodes) == 3
    svg = diagram.svg()
    ET.fromstring(svg)
    assert "<script" not in svg
    assert "x" * 100 + "</text>" not in svg


# ---------------------------------------------------------------- modules and calls


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 4)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.GELU())])

    def forward(self, x):
        return F.softplus(self.blocks[0](self.fc1(x)))


def clusters(source):
    """What stands in which cluster: the titles around each node."""
    around, found = [], {}
    for line in source.split("\n"):
        line = line.strip()
        if line.startswith("subgraph"):
            around.append("")
        elif line == "}" and around:
            around.pop()
        elif (title := re.search(r"label=<<font color=\"#\w+\">(.*?)</font>>", line)) and around:
            around[-1] = title[1]
        elif node := re.match(r"(n\d+) \[label=<<table.*?<b>(.*?)</b>", line):
            full = re.search(r'tooltip="?([^\s"]+)', line)[1]
            found[node[2]] = found[full] = [title for title in around if title]
    return found


def test_modules_are_nested_clusters_with_their_parameters_inside():
    net = Net()
    with tg.viz.observe():
        y = net(tg.ones(2, 3)).sum()
    found = clusters(draw(y, net).source)
    assert found["fc1.weight"] == ["Net", "fc1: Linear(3, 4)"]
    assert found["blocks.0.0.bias"] == ["Net", "blocks.0: Sequential", "0: Linear(4, 4)"]
    assert found["gelu"] == ["Net", "blocks.0: Sequential", "1: GELU"]
    assert found["sum"] == []
    assert found["constant"] == []  # the data, which came from outside
    shown = {name for name in found if name in ("weight", "bias", "fc1.weight")}
    assert shown == {"weight", "bias", "fc1.weight"}  # in the box, and in full in the tooltip


def test_a_tensor_drawn_outside_of_its_module_keeps_its_full_name():
    net = Net()
    with tg.viz.observe():
        y = net(tg.ones(2, 3)).sum() + net.fc1.weight.sum()
    drawing = drawn(y, net)
    assert {"fc1.weight", "bias", "weight"} <= {drawing.rows(name)[0] for name in drawing.nodes}


def test_the_ops_of_one_call_stand_together():
    x = tg.randn(2, 3, requires_grad=True)
    with tg.viz.observe():
        y = x.max(dim=1)[0]
    found = clusters(draw(y.sum()).source)
    assert found["getitem"] == found["reshape"] == ["max"]
    assert found["sum"] == []


def test_a_function_is_called_what_the_user_called():
    x = tg.randn(2, 3, requires_grad=True)
    with tg.viz.observe():
        y = F.cross_entropy(F.gelu(x), tg.tensor([0, 1]))
    assert {"gelu", "cross_entropy", "target"} <= set(by_name(drawn(y)))


@pytest.mark.parametrize(
    ("made", "title"),
    [
        (nn.Linear(784, 32), "fc: Linear(784, 32)"),
        (nn.Linear(2, 3, bias=False), "fc: Linear(2, 3, bias=False)"),
        (nn.Conv2d(1, 6, 5, padding=2), "fc: Conv2d(1, 6, kernel_size=5, padding=2)"),
        (nn.ReLU(), "fc: ReLU"),
        (nn.Dropout(0.2), "fc: Dropout(p=0.2)"),
        (nn.LayerNorm(8), "fc: LayerNorm((8,))"),
        (nn.Embedding(5, 4), "fc: Embedding(5, 4)"),
        (nn.LSTM(3, 2), "fc: LSTM(3, 2)"),
    ],
)
def test_a_module_is_titled_as_it_was_made(made, title):
    assert module_of("fc", type(made).__name__, made.extra_repr()) == title


# ---------------------------------------------------------------- settings and formulas


@pytest.mark.parametrize(
    ("f", "line"),
    [
        (lambda x: x.sum(1), "dim=1"),
        (lambda x: x.sum((0, 1), keepdim=True), "dim=(0, 1), keepdim=True"),
        (lambda x: F.dropout(x, 0.25), "p=0.25"),
        (lambda x: x[:, 0], "y = x[:, 0]"),
        (lambda x: x[None, ..., ::2], "y = x[None, ..., ::2]"),
        (lambda x: F.layer_norm(x, (4,)), "eps=1e-05"),
        (lambda x: x.softmax(-1), "dim=-1"),
        (lambda x: F.leaky_relu(x, 0.2), "negative_slope=0.2"),
        (lambda x: F.conv1d(x[None], tg.ones(1, 4, 2), stride=2), "kernel 2, stride 2"),
        (lambda x: F.max_pool2d(x[None, None], 2), "kernel 2x2, stride 2"),
        (lambda x: F.avg_pool2d(x[None, None], (2, 1)), "kernel 2x1, stride 2x1"),
        (lambda x: x.transpose(0, 1), "dims=(1, 0)"),
        (lambda x: tg.einsum("ij,ij->i", x, x), "subscripts=ij,ij->i"),
        (lambda x: x.var(0), "dim=0, correction=1"),
    ],
)
def test_settings_are_in_pytorchs_words(f, line):
    x = tg.randn(4, 4, requires_grad=True)
    with tg.viz.observe():
        y = f(x)
    picture = drawn(y)
    assert line in [row for name in picture.nodes for row in picture.rows(name)]


def test_settings_that_are_as_ever_are_not_said():
    assert settings_of({"axis": None, "keepdims": False}, {"axis": None, "keepdims": False}) == ""
    assert settings_of({"axis": 0}, {"axis": 0}) == "dim=0"  # but this matters
    assert key_of((slice(None), 0)) == "[:, 0]"
    assert key_of("array") == "[index]"


def test_every_op_shows_a_formula_and_its_derivatives_if_asked():
    a, b = leaf(2.0), leaf(3.0)
    picture = drawn(a * b)
    assert "y = a b" in picture.rows("n2")
    assert not any("dL/da" in row for row in picture.rows("n2"))
    assert "dL/da = g b, dL/db = g a" in drawn(a * b, formulas=True).rows("n2")


@pytest.mark.parametrize("name", ["multiply", "tanh", "softmax", "sum", "matmul", "relu", "mean"])
def test_the_formula_of_an_op_is_read_off_its_docstring(name):
    from tinygrad_edu.engine.graph import OPS

    formula = formula_of(" ".join(OPS[name].op.forward.__doc__.split()))
    assert formula.startswith("y")
    assert "dL" not in formula


def test_what_a_constant_is_for_is_said():
    x = tg.randn(3, 4, requires_grad=True)
    mask = tg.tensor([True, False, True, True])
    with tg.viz.observe():
        y = tg.where(mask, x, 0 * x)[tg.tensor([0, 2])].sum() + F.dropout(x, 0.5).sum()
    boxes = [row[0] for row in map(drawn(y).rows, drawn(y).nodes)]
    assert boxes.count("mask") == 2
    assert boxes.count("index") == 1


# ---------------------------------------------------------------- colours and words


def test_no_two_colours_of_a_theme_are_equal():
    for theme in (LIGHT, DARK):
        assert len(set(theme.colours())) == len(theme.colours())


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_can_be_read_on_every_ground(theme):
    looks = [look for look in vars(theme).values() if isinstance(look, Look)]
    assert len(looks) == 11
    for ground in [theme.paper, *(look.inside for look in looks)]:
        for ink in (theme.ink, theme.quiet):
            assert contrast(rgb(ink), rgb(ground)) >= 4.5, (ink, ground)


def test_a_theme_and_a_direction_are_chosen():
    o, names = neuron()
    dark = draw(o, names, theme="dark").source
    assert DARK.paper in dark
    assert LIGHT.paper not in dark
    assert "rankdir=LR" in draw(o, names, direction="right").source
    assert Picture(draw(o, names, direction="right", gradients=True).source).backward
    auto = draw(o, names, theme="auto")
    assert "prefers-color-scheme: dark" in auto.svg()
    assert f'[fill="{LIGHT.ink}"]{{fill:{DARK.ink}}}' in auto.svg()
    used = set(re.findall(r'(?:fill|stroke)="(#\w+)"', auto.svg()))
    assert used <= set(LIGHT.colours())
    assert auto.source == draw(o, names).source


@pytest.mark.parametrize(
    "options",
    [{"direction": "up"}, {"theme": "pink"}, {"scale": 3}, {"values": -1}, {"values": 1.5}],
)
def test_an_unknown_option_is_refused_with_those_there_are(options):
    (name,) = options
    with pytest.raises(ValueError, match=rf"draw: {name}=.*: it is ") as caught:
        draw(leaf(1.0), **options)
    assert "down" in str(caught.value) or name != "direction"


def test_a_gradient_of_a_wrong_shape_is_refused():
    x = tg.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"\(3,\).*\(2,\)"):
        draw(x * 2, gradients=True, gradient=tg.ones(3))


def test_a_relative_scale_has_the_median_of_the_picture_in_its_middle():
    scale = scale_for("relative", [1e-9, 2e-9, 1e-6, 0.0, float("nan")])
    assert scale.median == pytest.approx(2e-9)
    assert scale.colour(2e-9, LIGHT) == LIGHT.flow[3]
    assert scale.colour(1e-6, LIGHT) == LIGHT.flow[6]
    assert scale.colour(0, LIGHT) == LIGHT.flow[0]
    assert scale_for("relative", []) == scale_for("absolute", [1.0])


def title(diagram):
    found = re.search(r"label=<<b>(.*?)</b>", diagram.source)
    return found[1] if found else ""


def deep_net(gain):
    layers = []
    for _ in range(4):
        layers.append(nn.Linear(3, 3, bias=False))
        nn.init.constant_(layers[-1].weight, gain / 3)
    return nn.Sequential(*layers)


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (0.1, "the gradient shrinks by"),
        (0.001, ": it vanishes"),
        (10.0, "the gradient grows by"),
        (1.0, ""),
        (0.0, "no gradient reaches layer 0"),
    ],
)
def test_vanishing_and_exploding_are_said_in_words(gain, words):
    net = deep_net(gain)
    h = tg.ones(1, 3)
    for k, layer in enumerate(net):
        h = layer(h) + (1 - gain if k < 3 and gain else 0)
    said = title(draw(h.sum(), net, gradients=True))
    assert words in said
    assert bool(said) == bool(words)


def test_nan_is_said_with_the_op_that_makes_it():
    s = leaf(0.0)
    diagram = draw((s.sqrt() * 0 + s).exp(), {"s": s}, gradients=True)
    assert title(diagram) == "the gradient becomes NaN from sqrt back to s"
    assert 'label=" nan"' in diagram.source


@pytest.mark.parametrize("on", [True, False])
def test_the_garbage_collector_is_left_as_it_was(on):
    before = gc.isenabled()
    x = tg.ones(2, requires_grad=True)
    seen = []
    x.register_hook(lambda g: seen.append(gc.isenabled()))
    try:
        (gc.enable if on else gc.disable)()
        draw((x * 2).sum(), gradients=True)
        assert (seen, gc.isenabled()) == ([False], on)
        with pytest.raises(RuntimeError, match="gradient="):
            draw(x * 2, gradients=True)
        assert gc.isenabled() == on
    finally:
        (gc.enable if before else gc.disable)()


def test_an_empty_tensor_is_drawn():
    z = tg.zeros(0, 3, requires_grad=True)
    with tg.viz.observe():
        y = (z * 2).sum()
    picture = drawn(y, {"z": z}, gradients=True)
    assert picture.labels["z | 0 x 3"] == 1
    assert {norm_in(e.attributes["label"]) for e in picture.backward} == {0.0}


# ---------------------------------------------------------------- the legend, and SVG


def legend_of(diagram):
    """The lines of text of the legend."""
    (html,) = re.findall(r"^\t\tlabel=<(<table.*)> labeljust=l", diagram.source, re.MULTILINE) or [
        ""
    ]
    fonts = [font.text for font in ET.fromstring(html).iter("font") if font.text]
    return [text.replace("\\\\", "\\") for text in fonts]


def test_the_legend_explains_what_appears_and_nothing_else():
    x = leaf([1.0, 2.0])
    plain = legend_of(draw((x * x).sum(), {"x": x}))
    assert any(line.startswith("leaf:") for line in plain)
    assert any("a value flows on" in line for line in plain)
    for absent in (
        "constant",
        "gradient flows back",
        "module",
        "freed",
        "rms",
        "folded",
        "how large",
    ):
        assert not any(absent in line for line in plain), absent
    rich = legend_of(draw((x * x * tg.ones(2)).sum(), {"x": x}, gradients=True))
    for there in ("constant", "gradient flows back", "rms", "they are added", "how large"):
        assert any(there in line for line in rich), there
    assert not any("NaN" in line or "0 everywhere" in line for line in rich)


def test_the_legend_explains_zero_nan_modules_calls_and_what_was_freed():
    x = tg.tensor([-1.0, -2.0, 3.0], requires_grad=True)
    assert any("0 everywhere" in w for w in legend_of(draw((x[:2].relu()).sum(), gradients=True)))
    x = leaf(0.0)
    assert any("NaN" in w for w in legend_of(draw((x.sqrt() * 0).sum(), gradients=True)))
    net = nn.Linear(2, 2)
    with tg.viz.observe():
        y = net(tg.ones(1, 2)).max(dim=1)[0].sum()
    assert any("module" in line for line in legend_of(draw(y)))
    assert any("one function" in line for line in legend_of(draw(y)))
    y.backward()
    assert any("freed" in line for line in legend_of(draw(y)))
    inside = draw(y, legend=False).source.split("cluster_picture {")[1].split("n0")[0]
    assert "label=<" not in inside


def test_an_svg_has_tooltips_a_title_and_a_description_and_its_text_is_text():
    x = tg.tensor([1.0, 0.0, float("nan")], requires_grad=True)
    with tg.viz.observe():
        y = (x * 2).sum()
    svg = draw(y, {"x": x}, gradients=True).svg()
    root = ET.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root[0].tag == f"{space}title"
    assert root[1].tag == f"{space}desc"
    assert "from: 2 ops, 1 leaf, 1 constant, with the gradients" in root[1].text
    tips = [a.get("{http://www.w3.org/1999/xlink}title") for a in root.iter(f"{space}a")]
    (tip,) = [tip for tip in tips if tip and tip.startswith("multiply (multiply)")]
    assert "shape 3 float32" in tip
    assert "min 0, max 2, mean 1, std 1, 33% zeros, 1 NaN" in tip
    assert re.search(r"called at test_draw\.py:\d+: y = \(x \* 2\)\.sum\(\)", tip)
    assert "dL/da = g b" in tip
    assert "multiply" in "".join(text.text or "" for text in root.iter(f"{space}text"))
    titles = [t.text for t in root.iter(f"{space}title")]
    assert not any(re.match(r"n\d|cluster|record", text or "") for text in titles)


def test_drawing_after_backward_works_in_every_way_that_a_picture_is_made():
    net = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5), nn.Linear(3, 1))
    loss = F.mse_loss(net(tg.ones(4, 2)), tg.zeros(4, 1))
    loss.backward()
    for options in ({}, {"gradients": True}, {"direction": "right", "gradients": True}):
        diagram = draw(loss, net, **options)
        assert not re.search(r"<font[^>]*></font>|<b></b>", diagram.source)
        assert "freed" in diagram.svg()


@pytest.mark.parametrize("name", GRAPHS)
def test_the_drawing_is_the_one_that_was_kept(name):
    """If it is meant to be another: python tests/golden_graphs.py, and look at what changed."""
    assert text_of(name) == (FOLDER / f"{name}.dot").read_text(encoding="utf-8")


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("gradients", [False, True])
def test_an_arrow_into_a_module_passes_its_parameters_inside_of_it(direction, gradients):
    """Graphviz led it around the module, and out of the one around that."""
    net = nn.Sequential(nn.Linear(8, 32), nn.Sigmoid(), nn.Sequential(nn.Linear(32, 10)))
    with tg.viz.observe():
        loss = net(tg.ones(4, 8)).sum()
    diagram = draw(loss, net, gradients=gradients, direction=direction)
    svg, across = laid_out(diagram.source, "svg").decode(), 0 if direction == "down" else 1
    outlines = {
        title.replace("&#45;", "-").replace("&gt;", ">"): [
            float(point[across]) for point in re.findall(r"([-\d.]+),([-\d.]+)", outline)
        ]
        for title, outline in re.findall(
            r"<title>(.*?)</title>.*? (?:d|points)=\"(.*?)\"", svg, re.S
        )
    }
    (frame,) = [at for title, at in outlines.items() if re.fullmatch(r"cluster_n\d+_0", title)]
    legs = [
        at
        for title, at in outlines.items()
        if re.search(r"gate\d+_\d+_[vg]", title) and "->" in title
    ]
    assert len(legs) == (4 if gradients else 2)
    for leg in legs:
        assert min(frame) < min(leg) <= max(leg) < max(frame)
    picture = Picture(diagram.source)
    assert len(picture.forward) == 8
    assert len(picture.backward) == (7 if gradients else 0)
    assert f"9 boxes, {15 if gradients else 8} arrows" in repr(diagram)
