"""Diagrams say what the record says, in every format, and change nothing by looking."""

import re
import shutil
import stat
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from drawn import Picture, drawn, norm_in
from hypothesis import given, settings, strategies as st

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.viz import Diagram, draw
from tinygrad_edu.viz.drawing.theme import ABSOLUTE, LIGHT


def small_net():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    return net, tg.randn(5, 3), tg.tensor([0, 1, 0, 1, 1])


# ---------------------------------------------------------------- nodes and edges


def test_a_square_is_one_leaf_and_two_edges():
    x = tg.tensor(3.0, requires_grad=True)
    picture = drawn(x * x, {"x": x})
    assert picture.labels == {"x | number": 1, "multiply | number": 1}
    assert picture.arrows == {
        ("x | number", "multiply | number", "a"): 1,
        ("x | number", "multiply | number", "b"): 1,
    }


def test_an_expression_is_drawn_op_by_op_with_shapes_and_arguments():
    a, b = tg.ones(2, 3, requires_grad=True), tg.ones(3, 4, requires_grad=True)
    picture = drawn((a @ b).tanh().sum(), {"a": a, "b": b})
    assert picture.arrows == {
        ("a | 2 x 3", "matmul | 2 x 4", "a"): 1,
        ("b | 3 x 4", "matmul | 2 x 4", "b"): 1,
        ("matmul | 2 x 4", "tanh | 2 x 4", ""): 1,
        ("tanh | 2 x 4", "sum | number", ""): 1,
    }


def test_a_tensor_used_twice_is_one_node():
    x = tg.ones(2, requires_grad=True)
    y = x.exp()
    picture = drawn((y + y.tanh() * y).sum())
    assert picture.labels == {
        "leaf | 2": 1,
        "exp | 2": 1,
        "tanh | 2": 1,
        "multiply | 2": 1,
        "add | 2": 1,
        "sum | number": 1,
    }
    assert len(picture.forward) == 7


def test_the_parts_of_a_list_are_numbered():
    x, y = tg.ones(2, requires_grad=True), tg.zeros(3, requires_grad=True)
    picture = drawn(tg.cat([x, y, x]), {"x": x, "y": y})
    assert picture.arrows == {
        ("x | 2", "concatenate | 7", "0"): 1,
        ("y | 3", "concatenate | 7", "1"): 1,
        ("x | 2", "concatenate | 7", "2"): 1,
    }


def test_a_python_number_that_a_rule_reads_is_shown():
    x = tg.ones(2, requires_grad=True)
    assert drawn(x * 2.5).labels["multiply | b = 2.5 | 2"] == 1
    assert drawn(x**3).labels["power | b = 3 | 2"] == 1
    assert drawn(x / 1.5).labels["divide | b = 1.5 | 2"] == 1


def test_constants_have_their_shape_or_their_name_and_a_look_of_their_own():
    x, c = tg.ones(2, 3, requires_grad=True), tg.ones(3)
    for names, label in (({}, "constant | 3"), ({"mask": c}, "mask | 3")):
        picture = drawn(x * c, names)
        (constant,) = [name for name in picture.nodes if picture.label(name) == label]
        assert "dashed" in picture.nodes[constant].get("style")
        (arrow,) = [e for e in picture.forward if e.start == constant]
        assert picture.argument(arrow.end, arrow.attributes["to"]) == "b"
    assert drawn(x + c).labels["constant | 3"] == 1


def test_a_network_is_drawn_with_the_names_of_its_parameters_and_data():
    net, x, y = small_net()
    names = dict(net.named_parameters()) | {"digits": x, "labels": y}
    picture = drawn(F.cross_entropy(net(x), y), names)
    for label in ("0.weight | 4 x 3", "0.bias | 4", "2.weight | 2 x 4", "2.bias | 2"):
        assert picture.labels[label] == 1
    assert picture.labels["digits | 5 x 3"] == 1
    assert picture.labels["labels | 5"] == 1
    assert not any(label.startswith(("leaf", "constant")) for label in picture.labels)
    assert picture.arrows["0.weight | 4 x 3", "linear | 5 x 4", "weight"] == 1


def test_an_argument_that_was_not_given_is_not_drawn():
    layer = nn.Linear(3, 4, bias=False)
    picture = drawn(layer(tg.ones(5, 3)), {"W": layer.weight})
    assert picture.labels == {"W | 4 x 3": 1, "constant | 5 x 3": 1, "linear | 5 x 4": 1}


def test_a_named_result_shows_its_name_and_its_op():
    x = tg.ones(2, requires_grad=True)
    h = x.exp()
    assert drawn(h.sum(), {"hidden": h}).labels["hidden | exp | 2"] == 1


def test_the_output_alone_has_its_colour():
    x = tg.ones(2, requires_grad=True)
    picture = drawn(x.exp().sum())
    fills = [picture.nodes[name].get("bgcolor") for name in picture.nodes]
    assert len(fills) == len(set(fills)) == 3


def test_a_leaf_alone_is_a_diagram_too():
    x = tg.ones(2, requires_grad=True)
    assert drawn(x, {"x": x}).labels == {"x | 2": 1}


def test_the_same_program_gives_the_same_text():
    sources = []
    for _ in range(2):
        tg.manual_seed(0)
        net, x, y = small_net()
        loss = F.cross_entropy(net(x), y)
        names = dict(net.named_parameters())
        sources.append([draw(loss, names, gradients=flow).source for flow in (False, True)])
    assert sources[0] == sources[1]


def test_what_has_no_record_cannot_be_drawn():
    x = tg.ones(2, requires_grad=True)
    with tg.no_grad():
        y = x * 2
    for constant in (tg.ones(2), y):
        with pytest.raises(RuntimeError, match=r"no record.*requires_grad=True"):
            draw(constant)


# ---------------------------------------------------------------- gradients


@settings(max_examples=15)
@given(scale=st.integers(-8, 6), seed=st.integers(0, 99))
def test_norms_on_edges_are_those_that_backward_computes(scale, seed):
    rng = np.random.default_rng(seed)
    w, x, b = (
        tg.tensor(rng.standard_normal(shape), requires_grad=True) for shape in ((3, 2), (4, 3), 2)
    )
    named = {"x": x, "w": w, "b": b}
    named["xw"] = x @ w
    named["sum"] = named["xw"] + b
    named["squashed"] = named["sum"].tanh()
    loss = (named["squashed"] * 10.0**scale).sum()
    norms = drawn(loss, named, gradients=True).norms()
    for tensor in named.values():
        tensor.retain_grad()
    loss.backward()
    found = {start.partition(" ")[0]: norm for (start, _), norm in norms.items()}
    for name, tensor in named.items():
        expected = float(np.linalg.norm(tensor.grad.array))
        assert found[name] == pytest.approx(expected, rel=0.005), name


def test_the_edges_of_one_tensor_carry_the_parts_of_its_gradient():
    x = tg.tensor(3.0, requires_grad=True)
    picture = drawn(x**2 + 5 * x, {"x": x}, gradients=True)
    norms = {
        picture.label(e.end): norm_in(e.attributes["label"])
        for e in picture.backward
        if picture.label(e.start) == "x | number"
    }
    assert norms == {"power | b = 2 | number": 6.0, "multiply | b = 5 | number": 5.0}


def test_every_way_that_a_gradient_takes_has_one_arrow_and_constants_have_none():
    net, x, y = small_net()
    net[0].weight.requires_grad_(False)
    picture = drawn(F.cross_entropy(net(x), y), dict(net.named_parameters()), gradients=True)
    ends = {(e.start, e.end) for e in picture.backward}
    assert len(ends) == len(picture.backward)
    assert ends < {(e.start, e.end) for e in picture.forward}
    for e in picture.forward:
        constant = "dashed" in picture.nodes[e.start].get("style", "")
        assert ((e.start, e.end) in ends) != constant


def test_what_flows_into_an_output_of_many_numbers_is_said():
    x = tg.ones(3, requires_grad=True)
    y = x * 2
    with pytest.raises(RuntimeError, match=r"shape \(3,\)"):
        draw(y, gradients=True)
    (norm,) = drawn(y, gradients=True, gradient=tg.tensor([3.0, 0.0, 4.0])).norms().values()
    assert norm == 10


@pytest.mark.parametrize("options", [{}, {"gradients": True}])
def test_drawing_touches_no_gradient_and_frees_nothing(options):
    net, x, y = small_net()
    F.cross_entropy(net(x), y).backward()
    held = [p.grad for p in net.parameters()]
    before = [g.numpy().copy() for g in held]
    loss = F.cross_entropy(net(x), y)
    draw(loss, **options)
    draw(loss, **options)
    for p, g, same in zip(net.parameters(), held, before, strict=True):
        assert p.grad is g
        np.testing.assert_array_equal(g, same)
    loss.backward()
    for p, same in zip(net.parameters(), before, strict=True):
        np.testing.assert_allclose(p.grad.array, 2 * same, rtol=1e-6)


def test_drawing_makes_no_gradients_where_there_are_none():
    x = tg.ones(3, requires_grad=True)
    y = x.exp()
    y.retain_grad()
    draw(y.sum(), gradients=True)
    assert x.grad is None
    assert y.grad is None


def test_drawing_under_no_grad_is_the_same():
    x = tg.ones(3, requires_grad=True)
    loss = x.exp().sum()
    expected = draw(loss, gradients=True).source
    with tg.no_grad():
        assert draw(loss, gradients=True).source == expected
        assert not tg.is_grad_enabled()


def test_after_backward_the_structure_is_still_drawn_with_the_gradients_that_were_kept():
    net, x, y = small_net()
    h = net[1](net[0](x))
    h.retain_grad()
    loss = F.cross_entropy(net[2](h), y)
    names = dict(net.named_parameters()) | {"h": h}
    before = drawn(loss, names)
    loss.backward()
    after = drawn(loss, names)
    assert [(e.start, e.end) for e in after.edges] == [(e.start, e.end) for e in before.edges]
    freed = [name for name in after.nodes if "freed" in after.rows(name)]
    assert {after.rows(name)[0] for name in freed} >= {"linear", "h", "softmax_cross_entropy"}
    assert not any("freed" in before.rows(name) for name in before.nodes)
    with_gradients = drawn(loss, names, gradients=True, values=20)
    assert not with_gradients.backward
    for name in with_gradients.nodes:
        tensor = names.get(with_gradients.rows(name)[0])
        if tensor is not None:
            shown = [float(text) for text in with_gradients.numbers(name)["grad"]]
            np.testing.assert_allclose(shown, tensor.grad.numpy().ravel(), rtol=0.01, atol=1e-4)


def test_under_observation_inputs_and_targets_stay_after_backward():
    net, x, y = small_net()
    with tg.viz.observe():
        loss = F.cross_entropy(net(x), y)
    before = drawn(loss, net)
    loss.backward()
    after = drawn(loss, net)
    assert after.arrows == before.arrows
    assert after.labels["target | 5"] == 1


def test_a_write_before_the_drawing_of_gradients_is_caught():
    x = tg.ones(3, requires_grad=True)
    loss = (x * x).sum()
    with tg.no_grad():
        x += 1
    draw(loss)
    with pytest.raises(RuntimeError, match="in-place write"):
        draw(loss, gradients=True)
    assert tg.is_grad_enabled()


# ---------------------------------------------------------------- colours


def red_and_blue(colour):
    assert re.fullmatch("#[0-9a-f]{6}", colour)
    return int(colour[1:3], 16), int(colour[5:7], 16)


def flow(values):
    """What the arrow looks like along which these numbers flow back."""
    x = tg.ones(len(values), requires_grad=True, dtype=tg.float64)
    gradient = tg.tensor(np.array(values))
    y, gradient = x.reshape(1, -1), gradient.reshape(1, -1)
    (arrow,) = drawn(y, gradients=True, gradient=gradient, scale="absolute").backward
    return arrow.attributes


@pytest.mark.parametrize("norm", [1e-300, 1e-9, 1e-6, 1e-5])
def test_a_vanishing_gradient_is_blue(norm):
    red, blue = red_and_blue(flow([norm])["color"])
    assert blue > red + 50


@pytest.mark.parametrize("norm", [1e2, 1e3, 1e9, 1e150])
def test_an_exploding_gradient_is_orange(norm):
    red, blue = red_and_blue(flow([norm])["color"])
    assert red > blue + 50


def test_a_gradient_of_no_note_is_grey():
    red, blue = red_and_blue(flow([0.03])["color"])
    assert red == blue


@given(st.lists(st.floats(1e-12, 1e12), min_size=2, max_size=2))
def test_a_larger_gradient_is_never_bluer(norms):
    def share_of_blue(norm):
        red, blue = red_and_blue(ABSOLUTE.colour(norm, LIGHT))
        return blue / (red + blue)

    small, large = sorted(norms)
    assert share_of_blue(large) <= share_of_blue(small)
    assert share_of_blue(1e-12) > share_of_blue(0.03) > share_of_blue(1e12)


def test_no_gradient_at_all_is_dashed_and_blue():
    attributes = flow([0.0, 0.0])
    assert attributes["style"] == "dashed"
    assert attributes["label"].strip() == "0"
    red, blue = red_and_blue(attributes["color"])
    assert blue > red
    assert flow([0.0, 1.0])["style"] == "solid"


@pytest.mark.parametrize(
    ("values", "text"), [([np.nan, 1.0], "nan"), ([np.inf, 1.0], "inf"), ([np.inf, -np.inf], "inf")]
)
def test_what_is_no_number_is_black_and_said(values, text):
    attributes = flow(values)
    assert attributes["color"] == "#000000"
    assert attributes["label"].strip() == text
    assert attributes["style"] == "solid"


def test_a_large_gradient_does_not_overflow_in_its_norm():
    assert norm_in(flow([3e200, 4e200])["label"]) == 5e200


def test_a_dead_relu_is_seen():
    x = tg.tensor([-1.0, -2.0], requires_grad=True)
    picture = drawn(x.relu().sum(), gradients=True)
    styles = {picture.label(e.end): e.attributes["style"] for e in picture.backward}
    assert styles == {"relu | 2": "dashed", "sum | number": "solid"}


# ---------------------------------------------------------------- long records


@pytest.fixture(scope="module")
def chain():
    y = tg.ones(2, requires_grad=True)
    for _ in range(500):
        y = y.tanh()
    return y.sum()


@pytest.mark.parametrize("gradients", [False, True])
def test_five_hundred_steps_are_drawn(chain, gradients):
    picture = drawn(chain, gradients=gradients, max_nodes=None)
    assert picture.labels["tanh | 2"] == 500
    assert len(picture.backward) == (501 if gradients else 0)


def test_five_hundred_steps_are_rendered(chain):
    assert draw(chain, max_nodes=None).svg().count("tanh") >= 500
    assert draw(chain).svg().count("tanh") < 50  # one box stands for them


# ---------------------------------------------------------------- files


@pytest.fixture
def diagram():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    return draw((x * x).sum(), {"x": x}, gradients=True)


@pytest.mark.parametrize(
    ("kind", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n\x1a\n"), ("pdf", b"%PDF-")]
)
@pytest.mark.parametrize("upper", [False, True])
def test_pictures_are_saved(diagram, tmp_path, kind, start, upper):
    path = tmp_path / "new" / f"graph.{kind.upper() if upper else kind}"
    assert diagram.save(path) == path
    content = path.read_bytes()
    assert content.startswith(start)
    assert len(content) > 1000
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_path_may_be_a_string(diagram, tmp_path):
    assert diagram.save(str(tmp_path / "graph.svg")) == tmp_path / "graph.svg"


def test_the_text_is_saved_as_it_is(diagram, tmp_path):
    path = diagram.save(tmp_path / "graph.dot")
    assert path.read_text(encoding="utf-8") == diagram.source == diagram.digraph.source


def test_svg_is_xml_with_every_label(diagram):
    assert {"x", "2", "multiply", "sum", "data", "5"} <= set(words_in(diagram.svg()))


@pytest.mark.parametrize("name", ["graph", "graph.jpeg", "graph.svgz", ".svg", "graph.svg.txt"])
def test_another_ending_is_refused_and_nothing_written(diagram, tmp_path, name):
    with pytest.raises(ValueError, match=rf"{re.escape(name)} must end in \.svg, .*\.dot"):
        diagram.save(tmp_path / "new" / name)
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- what makes pictures


@pytest.fixture
def no_renderer(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def saved_text(error):
    (path,) = re.findall(r"saved as text: (\S+\.dot)$", str(error))
    with open(path, encoding="utf-8") as file:
        return path, file.read()


def test_without_a_renderer_the_error_says_what_to_install_and_where_the_text_is(
    diagram, no_renderer
):
    place = no_renderer / "new" / "graph.svg"
    with pytest.raises(RuntimeError, match=r"pip install 'tinygrad_edu\[render\]'") as caught:
        diagram.save(place)
    assert saved_text(caught.value) == (str(place.with_suffix(".dot")), diagram.source)
    assert not place.exists()
    with pytest.raises(RuntimeError, match=r"install Graphviz") as caught:
        diagram.svg()
    assert saved_text(caught.value)[1] == diagram.source


def test_without_a_renderer_the_text_is_still_saved(diagram, no_renderer):
    diagram.save(no_renderer / "graph.dot")
    assert (no_renderer / "graph.dot").read_text(encoding="utf-8") == diagram.source


def test_a_notebook_shows_the_picture(diagram):
    bundle = diagram._repr_mimebundle_()
    assert list(bundle) == ["image/svg+xml", "text/plain"]
    assert "multiply" in words_in(bundle["image/svg+xml"])
    assert diagram._repr_mimebundle_(include=None, exclude=None) == bundle


def test_a_notebook_without_a_renderer_shows_the_text_and_what_to_install(diagram, no_renderer):
    bundle = diagram._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert diagram.source in bundle["text/plain"]
    assert "pip install" in bundle["text/plain"]


def test_the_dot_program_is_taken_where_there_is_one(diagram, monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\ncat >"$0.in"\necho "$@" >"$0.args"\necho "<svg/>"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert diagram.svg().strip() == "<svg/>"
    assert "-Tsvg" in (tmp_path / "dot.args").read_text()
    assert (tmp_path / "dot.in").read_text(encoding="utf-8") == diagram.source


def test_draw_gives_a_diagram(diagram):
    assert type(diagram) is Diagram


# ---------------------------------------------------------------- names


def lines_in(svg):
    """The lines of text in an SVG, as a reader sees them."""
    texts = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(text.itertext()).replace("\xa0", " ") for text in texts]


def words_in(svg):
    return [word for line in lines_in(svg) for word in line.split()]


NAMES = [
    'a "quoted" name',
    '"',
    "back\\slash",
    "ends in \\",
    '\\"',
    "\\N \\G \\n \\l",
    "a < b > c & d",
    "<b>bold</b>",
    "<",
    "&lt; &amp; &#955;",
    "λ₁ weight, größe 层",
    "a;b{c}|[d]->e",
    "%s {name}",
    "two\nlines",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_it_is(name):
    x, c = tg.ones(2, requires_grad=True), tg.ones(2)
    diagram = draw((x * c).sum(), {name: x, f"{name} too": c})
    picture = Picture(diagram.source)
    assert len(picture.nodes) == 4
    assert len(picture.edges) == 3
    lines = lines_in(diagram.svg())
    for line in [*name.split("\n"), *f"{name} too".split("\n")]:
        assert line in lines


@settings(max_examples=30)
@given(name=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1))
def test_any_name_leaves_the_graph_as_it_is(name):
    x = tg.ones(2, requires_grad=True)
    picture = drawn(x.sum(), {name: x})
    assert list(picture.nodes) == ["n0", "n1"]
    assert [(e.start, e.end) for e in picture.edges] == [("n0", "n1")]
    assert picture.label("n0") == f"{name} | 2".replace("\u00d7", "x")


def test_the_legend_is_drawn_with_its_ends(capfd):
    x = tg.tensor(3.0, requires_grad=True)
    for scale, ends in (
        ("absolute", ("1e-06", "1e+03")),
        ("relative", ("\u00f7 1000", "\u00d7 1000")),
    ):
        lines = lines_in(tg.viz.draw(x * x, gradients=True, scale=scale).svg())
        assert set(ends) <= {line.replace("\N{MINUS SIGN}", "-") for line in lines}
    assert "rror" not in capfd.readouterr().err


# ---------------------------------------------------------------- ops with several inputs at once


def test_a_recurrent_layer_is_drawn_with_its_several_inputs_and_outputs():
    lstm = nn.LSTM(3, 5)
    y, (_, c) = lstm(tg.randn(4, 2, 3))
    picture = drawn(y.sum() + c.sum(), dict(lstm.named_parameters()), gradients=True)
    whole = "recurrent | 8 x 5, 2 x 5, 2 x 5"
    assert picture.arrows["weight_hh_l0 | 20 x 5", whole, "W"] == 1
    assert picture.arrows["constant | 2 x 5", whole, "h"] == 1
    assert picture.arrows["constant | 2 x 5", whole, "c"] == 1
    assert picture.arrows[whole, "output 0 | 8 x 5", ""] == 1
    assert picture.arrows[whole, "output 2 | 2 x 5", ""] == 1
    norms = picture.norms()
    (y.sum() + c.sum()).backward()
    expected = float(np.linalg.norm(lstm.weight_hh_l0.grad.array))
    assert norms["weight_hh_l0 | 20 x 5", whole] == pytest.approx(expected, rel=0.1)
    assert drawn(y, lstm).labels["weight_hh_l0 | 20 x 5"] == 1  # after backward() too


@pytest.mark.parametrize(
    "make",
    [
        lambda x: nn.GRU(4, 3, 2, bidirectional=True)(x)[0],
        lambda x: nn.LSTMCell(4, 3)(x[0])[1],
        lambda x: nn.LayerNorm(4)(x),
        lambda x: nn.MultiheadAttention(4, 2)(x, x, x)[0],
        lambda x: nn.TransformerEncoderLayer(4, 2, 5)(x),
    ],
)
def test_what_layers_record_is_drawn_before_and_after_backward(make):
    y = make(tg.randn(3, 2, 4, requires_grad=True)).sum()
    before = drawn(y, gradients=True)
    assert before.backward
    assert {e.start for e in before.edges} <= set(before.nodes)
    y.backward()
    assert len(drawn(y).forward) >= len(before.forward)  # a bias of None was freed too
