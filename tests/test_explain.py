"""explain: the terms of a gradient add up to it, to the last bit, and say where they come from."""

from random import Random

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from tinygrad_edu.diagnose import explain
from tinygrad_edu.testing.programs import random_program


def same_bits(a, b):
    a, b = (getattr(x, "array", x) for x in (a, b))
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def added(explanation):
    terms = [term.gradient for term in explanation.terms]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def test_the_terms_of_a_number():
    x = tg.tensor(2.0, requires_grad=True)
    loss = x * -3 + x.exp() + x * x
    explanation = explain(x, loss, {"x": x})
    assert [(term.op, term.argument) for term in explanation.terms] == [
        ("multiply", "a"),
        ("multiply", "b"),
        ("exp", "x"),
        ("multiply", "a"),
    ]
    assert [term.formula for term in explanation.terms] == [
        "dL/da = g b = 1 × 2 = 2",
        "dL/db = g a = 1 × 2 = 2",
        "dL/dx = g y = 1 × 7.389 = 7.389",
        "dL/da = g b = 1 × (-3) = -3",
    ]
    assert sum(term.share for term in explanation.terms) == pytest.approx(1)
    assert explanation.terms[3].share == pytest.approx(-3 / (np.exp(2) + 1), rel=1e-6)
    loss.backward()
    assert same_bits(explanation.total, x.grad)
    assert (
        str(explanation)
        == repr(explanation)
        == """\
The gradient of x () is the sum of 4 terms:
1  multiply  dL/da = g b = 1 × 2 = 2           24 %
2  multiply  dL/db = g a = 1 × 2 = 2           24 %
3  exp       dL/dx = g y = 1 × 7.389 = 7.389   88 %
4  multiply  dL/da = g b = 1 × (-3) = -3      -36 %
   sum       8.389"""
    )


def test_lines_modules_and_the_largest_numbers_of_a_weight():
    layer = nn.Linear(3, 2, bias=False)
    layer.weight.data.copy_(tg.tensor([[1.0, 2.0, 0.0], [0.0, 0.0, -1.0]]))
    x = tg.tensor([[1.0, 0.0, 2.0]])
    with tg.viz.observe():
        loss = layer(x).sum() + (layer.weight**2).sum()
    loss.backward()  # observed: it can be explained afterwards
    explanation = explain(layer.weight, params=layer)
    assert same_bits(explanation.total, layer.weight.grad)
    power, linear = explanation.terms
    assert (power.op, power.example) == ("power", "dL/da = 1 × 2 × 1^(2 - 1) = 2")
    assert (linear.op, linear.formula, linear.modules) == ("linear", "dL/dW = g' x", "Linear")
    assert power.place == linear.place
    assert linear.place.startswith(f"{__file__}:")
    text = str(explanation)
    assert text.splitlines()[0] == "The gradient of weight (2, 3) is the sum of 2 terms:"
    assert "  [0, 1]  4 + 0 = 4\n" in text
    assert "  [0, 0]  2 + 1 = 3\n" in text


def test_a_weight_has_one_term_for_each_time_step():
    cell = nn.RNNCell(2, 3)
    with tg.viz.observe():
        h = tg.zeros(1, 3)
        for t in range(4):
            h = cell(tg.full((1, 2), t + 1.0), h)
        loss = (h * h).sum()
    explanation = explain(cell.weight_hh, loss, cell)
    assert len(explanation.terms) == 4
    assert {term.modules for term in explanation.terms} == {"RNNCell"}
    assert not explanation.terms[-1].gradient.any()  # h was zero there
    loss.backward()
    assert same_bits(explanation.total, cell.weight_hh.grad)
    assert same_bits(added(explanation), explanation.total)


def test_a_result_is_explained_as_a_leaf_is():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    loss = (y * y + y.exp()).sum()
    y.retain_grad()
    explanation = explain(y, loss)
    assert [term.op for term in explanation.terms] == ["exp", "multiply", "multiply"]
    (start,) = explain(loss, loss).terms
    assert (start.op, start.formula) == ("backward", "dL/dL = 1")
    loss.backward()
    assert same_bits(explanation.total, y.grad)


@pytest.mark.parametrize("seed", range(24))
def test_over_random_programs_the_terms_add_up_to_the_last_bit(seed):
    program = random_program(Random(seed), 6, dtype=[np.float32, np.float64][seed % 2])
    inputs = [tg.from_numpy(x.numpy(force=True).copy()).requires_grad_() for x in program.inputs]
    with tg.viz.observe():
        results = [y for y in program(*inputs) if y.requires_grad]
        loss = sum((y * 0.7).sum() for y in results)
    before = [explain(x, loss) for x in inputs]
    loss.backward()
    for x, explanation in zip(inputs, before, strict=True):
        if x.grad is None:
            assert not explanation.terms
            continue
        assert explanation.notes == ()
        assert same_bits(explanation.total, x.grad)
        assert same_bits(added(explanation), x.grad)
        assert same_bits(explain(x).total, x.grad)  # after backward(), of what was observed


def test_many_terms_are_summed_up_in_the_text():
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    loss = sum((x * k).sum() for k in range(1, 31))
    explanation = explain(x, loss)
    assert len(explanation.terms) == 30
    text = str(explanation)
    assert len(text.splitlines()) < 25
    assert "others    18 smaller terms" in text
    assert explanation.total.tolist() == [465.0] * 3


def test_notes_say_of_hooks_and_of_gradients_from_before():
    x = tg.tensor(3.0, requires_grad=True)
    loss = x * x
    loss.backward(retain_graph=True)
    loss.backward(retain_graph=True)
    (note,) = explain(x).notes
    assert note.startswith("Its .grad (12) is something else: other calls of backward()")
    x.grad = None
    x.register_hook(lambda g: g * 2)
    assert explain(x, loss).notes == ("A hook on it changed the gradient to 12.",)


def test_a_notebook_shows_a_table():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    html = explain(x, (x * x).sum(), {"<x>": x})._repr_html_()
    assert html.startswith(
        "<div><p>The gradient of &lt;x&gt; (2,) is the sum of 2 terms:</p><table>"
    )
    assert html.count("<tr>") == 3
    assert "[0]  1 + 1 = 2" in html


def test_where_no_gradient_comes_it_says_why():
    x, w = (tg.tensor(2.0, requires_grad=True) for _ in range(2))
    explanation = explain(x, x.detach() * w)
    assert (explanation.terms, explanation.total.item()) == ((), 0.0)
    assert "detach() took it out of the record" in str(explanation)


def test_what_cannot_be_explained():
    x = tg.tensor(2.0, requires_grad=True)
    loss = x * x
    loss.backward()
    with pytest.raises(RuntimeError, match=r"explain: what multiply \(\) had saved was freed by"):
        explain(x, loss)
    y = tg.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"explain: the tensor has shape \(2,\): reduce it"):
        explain(y, y * 2)
    assert explain(y, y * 2, gradient=tg.ones(2)).total.tolist() == [2.0, 2.0]
    with pytest.raises(TypeError, match="explain: loss is a Tensor, not int"):
        explain(x, 3)
    with tg.viz.observe():
        large = tg.ones(100, 100, requires_grad=True)
        loss = (large * large).sum()
    loss.backward()
    with tg.no_grad():
        large -= large.grad
    with pytest.raises(
        RuntimeError, match=r"explain: multiply .* in-place write at .*test_explain"
    ):
        explain(large)
