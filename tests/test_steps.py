"""The page of `viz.steps`: each number on it is the engine's, and nothing on it can do harm."""

import json
import math
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from contrast import contrast, rgb
from cube import Cube

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.engine.backward import replay
from tinygrad_edu.engine.graph import OPS
from tinygrad_edu.viz.graph.picture import picture_of
from tinygrad_edu.viz.numbers import number
from tinygrad_edu.viz.stepper import formula as formulas
from tinygrad_edu.viz.stepper.backward import lesson_of


class Page(HTMLParser):
    """What a browser would find in the file."""

    def __init__(self, path):
        super().__init__()
        self.source = Path(path).read_text(encoding="utf-8")
        self.tags, self.ids, self.words, self.notes = [], [], [], []
        self.inside, self.scripts = "", []
        self.feed(self.source)
        self.close()
        self.data = json.loads(self.scripts[0])
        self.steps, self.boxes = self.data["steps"], self.data["boxes"]
        self.arrays, self.arrows = self.data["arrays"], self.data["arrows"]

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.inside = "note" if attrs.get("class") == "note" else tag
        if tag in ("script", "li"):
            (self.scripts if tag == "script" else self.words).append("")
        if self.inside == "note":
            self.notes.append("")

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, text):
        places = {"script": self.scripts, "li": self.words, "note": self.notes}
        if self.inside in places:
            places[self.inside][-1] += text

    def of_kind(self, kind):
        return [step for step in self.steps if step["kind"] == kind]

    def title(self, step):
        return self.boxes[step["node"]]["title"]

    def by_title(self, kind):
        return {self.title(step): step for step in self.of_kind(kind)}

    def text(self, places):
        """An array as it is written: its number, or its rows."""
        (place,) = places
        array = self.arrays[place]
        return array.get("number", array.get("rows"))

    def block(self, title):
        return next(box for box in self.boxes if box["title"] == title)


@pytest.fixture
def made(tmp_path):
    def make(output, names=None, **options):
        return Page(tg.viz.steps(output, tmp_path / "page.html", names, **options))

    return make


def scalar(x):
    return tg.tensor(x, requires_grad=True)


def neuron():
    """That of the lecture: o = tanh(x1 w1 + x2 w2 + b)."""
    x1, x2, w1, w2 = scalar(2.0), scalar(0.0), scalar(-3.0), scalar(1.0)
    b = scalar(6.8813735870195432)
    with tg.viz.observe():
        n = x1 * w1 + x2 * w2 + b
        o = n.tanh()
    return o, {"x1": x1, "x2": x2, "w1": w1, "w2": w2, "b": b, "n": n, "o": o}


def network():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x, y = tg.randn(5, 3), tg.tensor([0, 1, 0, 1, 1])
    with tg.viz.observe():
        loss = F.cross_entropy(net(x), y)
    return loss, dict(net.named_parameters()) | {"x": x, "y": y}


def reused():
    """A result that several ops use, so that its gradient is a sum."""
    x = tg.tensor([[0.5, -1.0], [2.0, 0.25]], requires_grad=True)
    with tg.viz.observe():
        h = x.sigmoid()
        loss = (h * h + h.exp() - x).sum()
    return loss, {"x": x, "h": h}


GRAPHS = [neuron, network, reused]


def rows(x):
    """An array of at most 12 x 12 as the page writes it."""
    x = np.asarray(getattr(x, "array", x))
    if x.size == 1:
        return number(x.reshape(-1)[0])
    return [
        [number(v) for v in row] for row in x.reshape(-1, x.shape[-1] if x.ndim > 1 else x.size)
    ]


# ---------------------------------------------------------------- the lesson


def test_the_neuron_of_the_lecture(made):
    page = made(*neuron())
    assert page.block("o (tanh)")["short"] == "0.7071"
    leaves = {page.title(step): step["short"] for step in page.of_kind("leaf")}
    assert leaves == {"x1": "-1.5", "x2": "0.5", "w1": "1", "w2": "0", "b": "0.5"}
    assert page.words == [
        "Start. Known are x1 = 2, x2 = 0, w1 = -3, w2 = 1, b = 6.881.",
        "Forward: multiply 1. y = a b = 2 × (-3) = -6.",
        "Forward: multiply 2. y = a b = 0 × 1 = 0.",
        "Forward: add. y = a + b = -6 + 0 = -6.",
        "Forward: n (add). y = a + b = -6 + 6.881 = 0.8814.",
        "Forward: o (tanh). y = tanh x = tanh 0.8814 = 0.7071.",
        "Backward begins at the output, o (tanh): g = 1.",
        "Backward: o (tanh), g = 1. dL/dx = g (1 - y^2) = 1 × (1 - 0.7071^2) = 0.5, to n (add).",
        "Backward: n (add), g = 0.5. dL/da = g = 0.5, to add. dL/db = g = 0.5, to b.",
        "Backward: add, g = 0.5. dL/da = g = 0.5, to multiply 1. dL/db = g = 0.5, to multiply 2.",
        "Backward: multiply 2, g = 0.5. dL/da = g b = 0.5 × 1 = 0.5, to x2. "
        "dL/db = g a = 0.5 × 0 = 0, to w2.",
        "Backward: multiply 1, g = 0.5. dL/da = g b = 0.5 × (-3) = -1.5, to x1. "
        "dL/db = g a = 0.5 × 2 = 1, to w1.",
        "x1.grad gets -1.5.",
        "x2.grad gets 0.5.",
        "w1.grad gets 1.",
        "w2.grad gets 0.",
        "b.grad gets 0.5.",
    ]


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_steps_are_those_of_the_engine_in_its_order(made, graph):
    output, names = graph()
    page = made(output, names)
    kinds = [step["kind"] for step in page.steps]
    assert kinds == sorted(kinds, key=["start", "forward", "seed", "backward", "leaf"].index)
    steps = list(replay({output.node: np.ones((), output.dtype)}))
    ops = [(node, g, parts) for node, g, parts in steps if node.plan]
    assert len(page.of_kind("backward")) == len(page.of_kind("forward")) == len(ops)
    forward = [page.title(step) for step in page.of_kind("forward")]
    assert forward[::-1] == [page.title(step) for step in page.of_kind("backward")]
    for step, (node, g, parts) in zip(page.of_kind("backward"), ops, strict=True):
        assert page.text(step["g"]) == rows(g)
        assert page.text(page.boxes[step["node"]]["value"]) == rows(node.values[0])
        sent = [part for part in parts if part is not None]
        assert [page.text(part["value"]) for part in step["parts"]] == [rows(p) for p in sent]
    ends = {node: g for node, g, _ in steps if not node.plan}
    by_name = {name: rows(ends[x.node]) for name, x in names.items() if x.node in ends}
    leaves = {page.title(step): page.text(step["g"]) for step in page.of_kind("leaf")}
    assert leaves == by_name


@pytest.mark.parametrize("graph", GRAPHS)
def test_each_sum_grows_to_the_gradient_that_backward_finds(made, graph):
    output, names = graph()
    page = made(output, names)
    last = {}
    for step in page.of_kind("backward"):
        for part in step["parts"]:
            last[page.boxes[part["to"]]["title"]] = part
            known = page.arrays[part["total"][0]].get("number")
            assert part["total_short"] == known or part["total_short"].startswith("norm ")
    for x in names.values():
        if x.node is not None and x.node.plan:
            x.retain_grad()
    output.backward()
    for name, x in names.items():
        found = [part for title, part in last.items() if title.partition(" (")[0] == name]
        for part in found:
            assert not part["more"]
            assert page.text(part["total"]) == rows(x.grad)


def test_contributions_and_their_sum_so_far(made):
    x = scalar(3.0)
    with tg.viz.observe():
        y = x**2 + 5 * x
    page = made(y, {"x": x})
    by_op = {page.title(step): step["parts"] for step in page.of_kind("backward")}
    (first,), (second,) = by_op["multiply"], by_op["power"]
    assert (first["short"], first["history"], first["more"]) == ("5", "", 1)
    assert second["history"] == "5 from multiply + 6 from power"
    assert (second["total_short"], second["more"]) == ("11", 0)
    assert page.of_kind("leaf")[0]["history"] == second["history"]


def test_a_tensor_that_is_both_inputs_of_an_op_gets_two_contributions(made):
    x = scalar(3.0)
    with tg.viz.observe():
        y = x * x
    page = made(y, {"x": x})
    (step,) = page.of_kind("backward")
    assert [part["short"] for part in step["parts"]] == ["3", "3"]
    assert [part["more"] for part in step["parts"]] == [1, 0]
    assert step["parts"][1]["total_short"] == "6"


def test_a_sum_of_many_contributions_names_the_newest(made):
    x = scalar(1.0)
    with tg.viz.observe():
        y = sum((x * k for k in range(2, 12)), x * 1.0)
    page = made(y, {"x": x}, max_nodes=None)
    (leaf,) = page.of_kind("leaf")
    assert leaf["history"].startswith("5 earlier ones + 6 from multiply")
    assert leaf["short"] == "66"


def test_each_line_of_code_is_the_one_that_made_the_result(made):
    x = scalar(3.0)
    with tg.viz.observe():
        y = x.exp()  # this line
        z = y * 2  # and that one
    page = made(z, {"x": x})
    for step, comment in zip(page.of_kind("forward"), ("this line", "and that one"), strict=True):
        block, line, file = page.boxes[step["node"]]["code"]
        found = page.data["blocks"][block]
        assert found["lines"][line - found["first"]].endswith(comment)
        assert found["file"] == Path(file).name == "test_steps.py"


def test_modules_settings_and_public_names_are_said(made):
    net = nn.Sequential(nn.Linear(3, 2), nn.GELU())
    with tg.viz.observe():
        loss = net(tg.ones(2, 3)).amax(1).sum()
    page = made(loss, net)
    assert page.block("gelu")["modules"] == "Sequential > 1: GELU"
    assert "0.weight" in [box["title"] for box in page.boxes]
    settings = {box["title"]: box["settings"] for box in page.boxes}
    assert settings["linear"] == ""
    assert any("dim=1" in text for text in settings.values())


def test_without_observe_the_page_shows_what_the_record_holds_and_says_what_is_missing(made):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    page = made((x.exp() + 1).sum(), {"x": x})
    assert any("viz.observe()" in note for note in page.notes)
    assert page.block("exp")["value"]  # its own rule reads it
    assert page.block("add")["value"] == []
    assert [page.text(s["g"]) for s in page.of_kind("leaf")] == [
        rows(np.exp([1.0, 2.0], dtype="f"))
    ]
    with tg.viz.observe():
        loss = (x.exp() + 1).sum()
    assert made(loss, {"x": x}).notes == []


def test_a_given_gradient_begins_the_reverse_pass(made):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with tg.viz.observe():
        y = x * 3
    page = made(y, {"x": x}, gradient=tg.tensor([10.0, -1.0]))
    assert page.text(page.of_kind("seed")[0]["g"]) == [["10", "-1"]]
    assert page.text(page.of_kind("leaf")[0]["g"]) == [["30", "-3"]]


def test_a_hook_that_changes_a_gradient_is_said(made):
    x = scalar(3.0)
    with tg.viz.observe():
        y = x * 2
        z = y * 5
    y.register_hook(lambda g: g * 10)
    page = made(z, {"x": x, "y": y})
    step = page.by_title("backward")["y (multiply)"]
    assert step["hook"].strip() == "A hook on this tensor changed the gradient from 5."
    assert page.text(step["g"]) == "50"
    assert page.text(page.of_kind("leaf")[0]["g"]) == "100"


def test_a_leaf_alone_is_a_page_too(made):
    x = scalar(3.0)
    page = made(x, {"x": x})
    assert [step["kind"] for step in page.steps] == ["start", "seed", "leaf"]


def test_a_leaf_that_is_drawn_beside_each_use_is_one_leaf(made):
    x = tg.tensor([0.5, 2.0], requires_grad=True)
    with tg.viz.observe():
        y = (x * 2).exp().sin().exp().sin() * x
    page = made(y.sum(), {"x": x})
    drawn = [k for k, box in enumerate(page.boxes) if box["title"] == "x"]
    assert len(drawn) == 2
    assert len({page.boxes[k]["of"] for k in drawn}) == 1
    (leaf,) = page.of_kind("leaf")
    assert leaf["node"] == page.boxes[drawn[0]]["of"]
    assert "from multiply 2 + " in leaf["history"]


def test_nothing_changes_by_looking(tmp_path):
    output, names = reused()
    tg.viz.steps(output, tmp_path / "a.html", names)
    assert names["x"].grad is None
    first = (tmp_path / "a.html").read_text()
    tg.viz.steps(output, tmp_path / "b.html", names)
    assert (tmp_path / "b.html").read_text() == first
    output.backward()
    assert names["x"].grad is not None


# ---------------------------------------------------------------- formulas with numbers


FUNCTIONS = {
    "ln": math.log,
    "log": math.log,
    "sign": np.sign,
    "trunc": math.trunc,
    "erfc": math.erfc,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
    "arsinh": math.asinh,
    "arcosh": math.acosh,
    "artanh": math.atanh,
    "ndtr": lambda x: math.erfc(-x / math.sqrt(2)) / 2,
    "erfcx": lambda x: math.exp(x * x) * math.erfc(x),
}


def value_of(text):
    """What an expression on the page comes to."""
    names = {name: getattr(math, name) for name in ("sqrt", "sin", "cos", "tan", "e", "pi", "erf")}
    names |= {name: getattr(math, name) for name in ("sinh", "cosh", "tanh", "floor", "log2")}
    names |= FUNCTIONS | {"max": max, "min": min}
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text).replace("×", "*").replace("^", "**")
    one = r"(\d[\d.]*(?:e[-+]?\d+)?|pi|[a-z]*\([^()]*\))"
    text = re.sub(rf"\b({'|'.join(names)}) {one}", r"\1(\2)", text)
    return eval(text, {"__builtins__": {"abs": abs}}, names)


def scalar_inputs(op):
    low, high = op.domain
    if op.name == "power":
        return [1.5, -2.0]
    middle = [low + (high - low) * share for share in (0.7, 0.2, 0.4)]
    return [float(f"{x:.3f}") for x in middle[: op.arity]]


ELEMENTWISE = [
    name
    for name, call in OPS.items()
    if call.op.forward.__module__.rpartition(".")[2] in ("elementwise", "special", "activation")
    and any(call.op.rules)
    and not call.op.keywords
]


IN_WORDS = {"where", "copy", "cbrt", "erf", "copysign", "prelu", "hardsigmoid", "hardswish", "silu"}
IN_WORDS |= {"gelu", "gelu_tanh", "mish", "sinc", "xlogy", "xlog1py", "atan2", "entr", "erfinv"}
IN_WORDS |= {
    "i0",
    "i1",
    "i0e",
    "i1e",
    "lgamma",
    "digamma",
    "ndtri",
    "sign",
    "floor",
    "ceil",
    "trunc",
}
IN_WORDS |= {"gated", "angle", "maximum", "minimum", "fmax", "fmin", "at_least", "at_most"}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_formula_with_numbers_comes_to_the_number_beside_it(name):
    call = OPS[name]
    inputs = [tg.tensor(x, dtype=tg.float64, requires_grad=True) for x in scalar_inputs(call.op)]
    with tg.viz.observe():
        y = call(*inputs)
    lesson = lesson_of(picture_of(y * 2.0, gradients=True), {}, np.ones(()))
    (box,) = [box for box in lesson.picture.boxes if box.node is y.node]
    formula, numbers = formulas.parsed(box.formula), lesson.numbers(box)
    filled = formulas.with_numbers(formula.forward, numbers)
    assert (filled is None) == (name in IN_WORDS)
    pairs = [(filled, box.value)] if filled else []
    for _, arrow in lesson.into[box]:
        rule = formula.rule(arrow.argument)
        if rule and formulas.with_numbers(rule, numbers) is not None:
            pairs.append((formulas.with_numbers(rule, numbers), arrow.gradient))
    for text, expected in pairs:
        assert value_of(text) == pytest.approx(float(expected), rel=5e-3, abs=2e-3), text


def test_most_formulas_are_filled_in():
    numbers = {"x": "0.5", "a": "0.7", "b": "-3", "y": "-0.25", "g": "2"}
    filled = {
        name
        for name, call in OPS.items()
        if formulas.with_numbers(formulas.parsed(" ".join(call.__doc__.split())).forward, numbers)
    }
    assert {"add", "multiply", "divide", "power", "exp", "log", "tanh", "sigmoid", "relu"} <= filled
    assert not filled & {"where", "qr", "pinv", "sign", "hardshrink", "argmax", "linear", "sum"}


@pytest.mark.parametrize(
    ("formula", "filled"),
    [
        ("y = a b", "-2 × 3"),
        ("y = a^b", "(-2)^3"),
        ("y = -a", "-(-2)"),
        ("y = max(a, b)", "max(-2, 3)"),
        ("y = |a| / b", "|-2| / 3"),
        ("y = ln sigmoid(a) = -ln(1 + e^-a)", "-ln(1 + e^-(-2))"),
        ("y = a b, and 0 where b is NaN", None),
        ("y = the largest of a and b", None),
        ("y = (a + b) / 2", "(-2 + 3) / 2"),
        ("y = a b^T", None),
        ("y = a+", None),
    ],
)
def test_only_arithmetic_is_filled_in(formula, filled):
    assert formulas.with_numbers(formula, {"a": "-2", "b": "3"}) == filled


def test_of_arrays_the_first_element_is_worked_out(made):
    page = made(*reused())
    step = page.by_title("forward")["h (sigmoid)"]
    assert step["example"] == "y = 1 / (1 + e^-0.5) = 0.6225"
    (part,) = page.by_title("backward")["h (sigmoid)"]["parts"]
    assert re.fullmatch(r"dL/dx = [\d.]+ × 0\.6225 × \(1 - 0\.6225\) = [\d.]+", part["example"])


# ---------------------------------------------------------------- what may come


def test_large_arrays_are_a_sample_and_the_page_stays_small(made, tmp_path):
    model = nn.Sequential(nn.Linear(784, 32), nn.Sigmoid(), nn.Linear(32, 10))
    images, labels = tg.rand(128, 784), tg.randint(0, 10, (128,))
    with tg.viz.observe():
        loss = F.cross_entropy(model(images), labels)
    page = made(loss, dict(model.named_parameters()) | {"images": images, "labels": labels})
    assert len(page.source.encode()) < 100_000
    shown = page.arrays[page.block("images")["value"][0]]
    assert shown["sample"] == "a sample, evenly spaced: 12 × 12 of 128 × 784"
    assert shown["rows"][0][0] == number(images.array[0, 0])
    assert shown["rows"][-1][-1] == number(images.array[-1, -1])
    assert f"max {number(images.array.max())}" in shown["statistics"]


def test_a_large_record_is_folded_and_the_page_says_so(made):
    x = scalar(0.5)
    y = x
    for _ in range(1000):
        y = (y * 0.9).tanh()
    page = made(y, {"x": x}, max_nodes=40)
    assert len(page.boxes) <= 40
    assert page.notes
    assert page.of_kind("seed")[0]["short"] == "1"
    assert [page.title(step) for step in page.of_kind("forward")] == [
        "multiply × 1000",
        "tanh × 1000",
    ]
    assert page.of_kind("leaf")[0]["short"]


def test_a_folded_op_says_only_the_settings_that_are_not_its_defaults(made):
    x = tg.ones(2, 3, requires_grad=True)
    y = x
    for _ in range(100):
        y = y * y.sum(0, keepdim=True) - y.mean(0)
    page = made(y.sum(), {"x": x}, max_nodes=20)
    sums = [box for box in page.boxes if box["title"].startswith("sum")]
    assert [box["settings"] for box in sums] == ["dim=0, keepdim=True", ""]
    (mean,) = [box for box in page.boxes if box["title"].startswith("mean")]
    assert mean["settings"] == "dim=0"
    assert "Forward: mean × 100. The result (3) is computed from x." in page.words


def test_several_outputs(made):
    x = tg.tensor([[2.0, 1.0], [0.5, 3.0]], requires_grad=True)
    with tg.viz.observe():
        u, s, vh = tg.linalg.svd(x)
        loss = (u * u).sum() + s.sum() + vh[0, 0]
    page = made(loss, {"x": x})
    assert any(len(box["value"]) == 3 for box in page.boxes)
    loss.backward()
    assert page.text(page.of_kind("leaf")[0]["g"]) == rows(x.grad)


def test_an_lstm(made):
    lstm = nn.LSTM(3, 2)
    with tg.viz.observe():
        out, (h, c) = lstm(tg.randn(4, 1, 3))
        loss = out.sum() + h.sum() * c.sum()
    page = made(loss, lstm)
    loss.backward()
    leaves = {page.title(step): page.text(step["g"]) for step in page.of_kind("leaf")}
    assert leaves == {name: rows(p.grad) for name, p in lstm.named_parameters()}


def test_writes_in_place_and_views(made):
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with tg.viz.observe():
        y = x * 2
        y[1:] *= 10
        loss = y.sum()
    page = made(loss, {"x": x})
    loss.backward()
    assert x.grad.tolist() == [2.0, 20.0, 20.0]
    assert page.text(page.of_kind("leaf")[0]["g"]) == [["2", "20", "20"]]


def test_integers_masks_and_indices_are_constants(made):
    x = tg.tensor([1.0, -2.0, 3.0], requires_grad=True)
    with tg.viz.observe():
        loss = (tg.where(x > 0, x, 2 * x)[tg.tensor([0, 1])] * 3).sum()
    page = made(loss, {"x": x})
    loss.backward()
    assert page.text(page.of_kind("leaf")[0]["g"]) == rows(x.grad)
    assert "3" in [box["title"] for box in page.boxes]


def test_no_numbers_at_all(made):
    x = tg.zeros(0, 3, requires_grad=True)
    with tg.viz.observe():
        loss = (x * 2).sum()
    page = made(loss, {"x": x})
    shown = page.arrays[page.block("x")["value"][0]]
    assert (shown["shape"], shown["statistics"]) == ("0 × 3", "no elements")


def test_nan_and_infinity_are_text(made):
    x = tg.tensor([0.0, 1.0, -1.0], requires_grad=True)
    with np.errstate(all="ignore"), tg.viz.observe():
        loss = x.log().sum()
        page = made(loss, {"x": x})
    assert page.text(page.block("log")["value"]) == [["-inf", "0", "nan"]]
    shown = page.arrays[page.block("log")["value"][0]]
    assert "1 NaN, 1 infinite" in shown["statistics"]
    assert shown["shades"] == [[-9, 0, 0]]
    assert page.block("sum")["short"] == "nan"


def test_float16_and_float64(made):
    for dtype in (tg.float16, tg.float64):
        x = tg.tensor([0.1, 0.2], dtype=dtype, requires_grad=True)
        with tg.viz.observe():
            loss = (x * x).sum()
        page = made(loss, {"x": x})
        assert page.arrays[page.block("x")["value"][0]]["dtype"] == str(x.array.dtype)


def test_what_autograd_functions_and_hooks_of_saved_tensors_record(made):
    x = scalar(2.0)
    with tg.viz.observe():
        y = Cube.apply(x)
    page = made(y, {"x": x})
    assert page.of_kind("leaf")[0]["short"] == "12"
    assert {box["settings"] for box in page.boxes} == {""}
    with tg.viz.observe():
        y = tg.utils.checkpoint.checkpoint(lambda t: t.exp(), x, use_reentrant=False)
    assert made(y, {"x": x}).of_kind("leaf")[0]["short"] == number(np.exp(np.float32(2)))
    with tg.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t), tg.viz.observe():
        y = x.exp() * x
    assert made(y, {"x": x}).of_kind("leaf")[0]["short"] == number(3 * np.exp(np.float32(2)))


# ---------------------------------------------------------------- nothing does harm


EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u2028&amp;\"'"


def test_names_are_text(made):
    x = scalar(2.0)
    with tg.viz.observe():
        y = x * 3
    page = made(y, {EVIL: x}, title=EVIL)
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert "img" not in [tag for tag, _ in page.tags]
    assert EVIL in [box["title"] for box in page.boxes]
    assert not re.search(r"[<>&\u2028]", page.scripts[0])
    assert f"{EVIL}.grad gets 3." in page.words


def test_the_page_loads_nothing(made):
    page = made(*network())
    for tag, attrs in page.tags:
        assert tag not in ("link", "iframe", "object", "embed", "img", "base", "form")
        assert not {"src", "href", "srcset", "action"} & set(attrs), (tag, attrs)
    found = re.findall(r"https?://[^\"' )]*|@import|url\((?!#)", page.source)
    assert found == []
    (policy,) = [a["content"] for _, a in page.tags if a.get("http-equiv")]
    assert policy.startswith("default-src 'none'")


def test_each_box_and_arrow_is_in_the_graph_once(made):
    page = made(*network())
    for kind, things in (("box", page.boxes), ("arrow", page.arrows)):
        assert all(page.ids.count(f"{kind}-{k}") == 1 for k in range(len(things)))
    assert len(page.ids) == len(set(page.ids))
    assert len(page.words) == len(page.steps)


def test_a_path_is_made_and_returned(tmp_path):
    x = scalar(2.0)
    path = tg.viz.steps(x.exp(), str(tmp_path / "new" / "page.htm"))
    assert path == tmp_path / "new" / "page.htm"
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


# ---------------------------------------------------------------- errors


def test_what_cannot_be_a_page_is_said(tmp_path):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    page = tmp_path / "page.html"
    with pytest.raises(TypeError, match="steps: it shows how a Tensor was computed, not ndarray"):
        tg.viz.steps(np.ones(2), page)
    with pytest.raises(RuntimeError, match=r"no record.*requires_grad=True"):
        tg.viz.steps(tg.ones(2), page)
    with pytest.raises(RuntimeError, match=r"shape \(2,\).*gradient="):
        tg.viz.steps(x * 2, page)
    with pytest.raises(RuntimeError, match=r"gradient= is \(3,\)"):
        tg.viz.steps(x * 2, page, gradient=tg.ones(3))
    with pytest.raises(ValueError, match=r"must end in \.html, not 'page\.svg'"):
        tg.viz.steps(x.sum(), tmp_path / "page.svg")
    with pytest.raises(ValueError, match=r"must end in \.html, not 'page'"):
        tg.viz.steps(x.sum(), tmp_path / "page")
    with pytest.raises(ValueError, match="steps: direction='up': it is 'down' or 'right'"):
        tg.viz.steps(x.sum(), page, direction="up")
    with pytest.raises(ValueError, match="steps: max_nodes=2: it is None or an integer, 3 or more"):
        tg.viz.steps(x.sum(), page, max_nodes=2)
    with pytest.raises(TypeError, match="steps: tensors are named by"):
        tg.viz.steps(x.sum(), page, 3)
    assert not page.exists()


def test_a_path_that_cannot_be_written_is_said(tmp_path):
    x = scalar(2.0)
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "folder.html", tmp_path / "file" / "page.html"):
        with pytest.raises(OSError, match=r"steps: the page cannot be written .*another path"):
            tg.viz.steps(x.exp(), path)


def test_after_backward_the_error_says_what_to_do(tmp_path):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    loss.backward()
    with pytest.raises(
        RuntimeError, match=r"steps: .* freed by the backward\(\) at .*test_steps\.py:\d+.*before"
    ):
        tg.viz.steps(loss, tmp_path / "page.html")
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    assert Page(tg.viz.steps(loss, tmp_path / "page.html")).of_kind("leaf")


def test_without_graphviz_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(RuntimeError, match=r"no Graphviz .*pip install 'tinygrad_edu\[render\]'"):
        tg.viz.steps(scalar(2.0).exp(), tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_write_to_what_was_saved_is_an_error_of_the_engine(tmp_path):
    x = tg.ones(3, requires_grad=True)
    loss = (x * x).sum()
    with tg.no_grad():
        x += 1
    with pytest.raises(RuntimeError, match="in-place write"):
        tg.viz.steps(loss, tmp_path / "page.html")


# ---------------------------------------------------------------- colours


def colours(scheme):
    style = (Path(tg.__file__).parent / "viz" / "stepper" / "page.css").read_text()
    light, dark = re.findall(r":root \{([^}]*)\}", style)
    found = re.findall(r"--([a-z-]+): ([^;]+);", light + (dark if scheme == "dark" else ""))
    return {name: rgb(value) for name, value in found}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_what_is_behind_it(scheme):
    c = colours(scheme)
    for ink in ("ink", "quiet", "forward", "backward"):
        for behind in ("paper", "ground"):
            assert contrast(c[ink], c[behind]) >= 4.5, (ink, behind)
    for behind in ("forward-tint", "backward-tint"):
        assert contrast(c["ink"], c[behind]) >= 4.5
    assert contrast(c["backward"], c["backward-tint"]) >= 4.5
    assert contrast(c["quiet"], c["forward-tint"]) >= 4.5
    for shade in ("plus", "minus"):
        darkest = [0.55 * a + 0.45 * b for a, b in zip(c[shade], c["paper"], strict=True)]
        assert contrast(c["ink"], darkest) >= 4.5, shade


def test_names_of_half_a_character_are_written_as_a_sign_for_it(tmp_path):
    x = tg.tensor(1.0, requires_grad=True)
    page = tg.viz.steps(x.exp(), tmp_path / "a.html", {"\ud800\x00": x}, title="\udfff<\x1b")
    text = page.read_text(encoding="utf-8")
    assert "<title>\ufffd&lt;\ufffd</title>" in text
    for picture in (tg.viz.heatmap(tg.eye(2), title="\ud800"), tg.viz.draw(x, {"\ud800": x})):
        picture.save(tmp_path / "a.svg")
        assert "\ufffd" in (tmp_path / "a.svg").read_text(encoding="utf-8")
