"""why: it gives the right reason, with the op, and the line where that was observed."""

import gc
import inspect
import weakref

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn import optim
from tinygrad_edu import ops
from tinygrad_edu.diagnose import Answer, why
from tinygrad_edu.engine import leaf as leaves


def line():
    """The place of the line that calls this."""
    frame = inspect.currentframe().f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def under_no_grad(y):
    with tg.no_grad():
        return y * 2


def copied(y):
    with pytest.warns(UserWarning, match="to copy a tensor"):
        return tg.tensor(y)


CUTS = {
    "detach": lambda y: y.detach(),
    "data": lambda y: y.data,
    "numpy": lambda y: tg.from_numpy(y.numpy(force=True)),
    "float": lambda y: float(y.sum()),
    "item": lambda y: y.sum().item(),
    "int": lambda y: int(y.sum()),
    "tolist": lambda y: tg.tensor(y.tolist()),
    "tensor": copied,
    "parameter": lambda y: nn.Parameter(y),
    "int_cast": lambda y: y.long(),
    "argmax": lambda y: y.argmax(),
    "topk": lambda y: y.topk(1).indices,
    "comparison": lambda y: y > 0,
    "no_derivative": lambda y: tg.isnan(y),
    "no_grad": under_no_grad,
}
ALSO = [
    ("detach", lambda y: tg.from_numpy(y.detach().numpy())),
    ("detach", lambda y: (y * 1.0).detach_()),
    ("tensor", lambda y: tg.tensor([y[0], y[1]])),
    ("int_cast", lambda y: y.bool()),
    ("int_cast", lambda y: y.to(tg.int32)),
    ("comparison", lambda y: y.eq(1.0)),
    ("argmax", lambda y: y.max(0).indices),
]


@pytest.mark.parametrize(("reason", "cut"), [*CUTS.items(), *ALSO])
@pytest.mark.parametrize("observed", [False, True])
def test_what_takes_a_value_out_of_the_record_is_named(reason, cut, observed):
    x, w = (tg.tensor([1.5, 2.0], requires_grad=True) for _ in range(2))
    if observed:
        with tg.viz.observe():
            loss = (cut(x * 2) * w).sum()
    else:
        y = x * 2
        loss = (cut(y) * w).sum()
    if not observed:
        assert why(x, loss).reason == reason
    loss.backward()
    answer = why(x)
    assert answer.reason == reason
    assert x.grad is None
    assert "out of the record" in answer.text
    assert answer.cure
    file, _, number = answer.place.rpartition(":")
    own = inspect.getsourcefile(cut)
    assert (file, number.isdigit()) == ((own, True) if observed else ("", False))


def test_the_line_and_the_words_of_an_answer():
    x, w = (tg.ones(2, requires_grad=True) for _ in range(2))
    with tg.viz.observe():
        y, used = x * 2, line()
        z, cut = y.detach(), line()
        loss = (z * w).sum()
    loss.backward()
    answer = why(x)
    assert str(answer) == repr(answer)
    assert str(answer) == (
        f"The tensor (2,) has .grad None: detach() at {cut} took multiply (2,) at {used}, which "
        "was computed from it, out of the record, so that no gradient comes back.\n"
        "What to do: leave detach() out where a gradient is to flow"
    )
    assert "<b>What to do:</b> leave detach() out" in answer._repr_html_()
    assert answer.causes == (("detach", "detach", cut, None),)


def test_every_cut_before_the_loss_is_told_and_none_after_it():
    x, w = (tg.ones(2, requires_grad=True) for _ in range(2))
    with tg.viz.observe():
        y = x * 2
        loss = (y.detach() * w).sum() * y.sum().item()
        y.argmax()
    assert [cause.op for cause in why(x, loss).causes] == ["detach", "item"]


def test_what_is_read_of_a_loss_that_has_a_gradient_is_no_cut():
    x = tg.ones(2, requires_grad=True)
    loss = (x * x).sum()
    loss.backward()
    assert f"{loss:.2f} {loss.item()}" == "2.00 2.0"
    assert why(x).reason == "has_gradient"


# ---------------------------------------------------------------- the tensor itself


def test_a_tensor_that_never_required_a_gradient():
    answer = why(tg.ones(2, 3))
    assert answer.reason == "never_required"
    assert "requires_grad_()" in answer.cure
    assert "nn.Parameter" in answer.cure
    assert "no_grad()" in answer.cure
    assert why(tg.tensor([1, 2])).reason == "not_float"


def test_a_frozen_parameter():
    layer = nn.Linear(2, 2)
    layer.weight.requires_grad_(False)
    layer(tg.ones(1, 2)).sum().backward()
    assert why(layer.weight).reason == "frozen"


def test_a_constant_that_something_made():
    x = tg.ones(2, requires_grad=True)
    with tg.viz.observe():
        y, m, c, here = under_no_grad(x), x.argmax(), x > 0, line()
    assert [why(made).reason for made in (y, m, c)] == ["no_grad", "argmax", "comparison"]
    assert why(m).place == here
    assert why(x.detach()).reason == why((x * 2).detach()).reason == "detach"
    assert why(x.data).reason == "data"
    with tg.no_grad():
        assert why(x.reshape(2, 1)).reason == "no_grad"


RESULTS = {
    "subtract": (
        lambda w: w - 0.1 * w.detach(),
        "write `w -= lr * w.grad` under `with no_grad():`",
    ),
    "astype": (lambda w: w.to(tg.float64), "give dtype= at once"),
    "multiply": (lambda w: w * 0.1, "x = x.detach().requires_grad_()"),
    "reshape": (lambda w: w.reshape(2, 1), "x = x.detach().requires_grad_()"),
}


@pytest.mark.parametrize("op", RESULTS)
def test_a_weight_that_is_no_leaf(op):
    made, cure = RESULTS[op]
    w = made(tg.ones(2, requires_grad=True))
    (w * w).sum().backward()
    answer = why(w)
    assert (answer.reason, answer.op) == ("non_leaf", op)
    assert "retain_grad()" in answer.cure
    assert cure in answer.cure
    with pytest.warns(UserWarning, match=r"^grad: this is the result of an op, not a leaf, so "):
        assert w.grad is None


def test_reading_the_grad_of_a_result_warns_at_the_line_of_the_user():
    w = tg.ones(2, requires_grad=True) * 2
    with pytest.warns(UserWarning, match=r"retain_grad\(\).*w -= lr \* w\.grad") as caught:
        grad, here = w.grad, line()
    assert grad is None
    assert f"{caught[0].filename}:{caught[0].lineno}" == here
    w.retain_grad()
    assert w.grad is None  # without a warning


# ---------------------------------------------------------------- the loss, and backward()


class Forgetful(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.unused = nn.Linear(2, 2), nn.Linear(2, 2)
        self.unused.weight.data.fill_(0.5)

    def forward(self, x):
        return self.used(x)


def test_a_parameter_that_forward_never_uses():
    model = Forgetful()
    loss = model(tg.ones(3, 2)).sum()
    loss.backward()
    assert why(model.unused.weight).reason == why(model.unused.bias, loss).reason == "unused"
    assert why(model.used.weight).reason == "has_gradient"


def test_a_tensor_that_does_not_lead_to_this_loss():
    x, w = (tg.ones(2, requires_grad=True) for _ in range(2))
    y = x * 2
    loss = w.sum()
    loss.backward()
    answer = why(x, loss)
    assert (answer.reason, answer.op) == ("not_reached", "multiply")
    assert y.requires_grad


def test_a_loss_without_a_record():
    x = tg.ones(2, requires_grad=True)
    assert why(x, x.argmax().float()).reason == "argmax"
    y = tg.ones(2, requires_grad=True)
    with tg.no_grad():
        loss = y.sum()
    assert why(y, loss).reason == "no_grad"
    assert why(tg.ones(2, requires_grad=True), tg.ones(1)).reason == "not_reached"


def test_backward_was_not_called():
    x = tg.ones(2, requires_grad=True)
    loss = (x * x).sum()
    assert why(x, loss).reason == "no_backward"
    other = (x * 3).sum()
    other.backward()
    x.grad = None
    assert why(x, loss).reason == "no_backward"
    assert why(x, other).reason == "cleared"


def test_no_backward_at_all_on_this_thread(monkeypatch):
    monkeypatch.setattr(leaves, "last", leaves.LastBackward())
    monkeypatch.setattr("tinygrad_edu.diagnose.reach.last", leaves.last)
    assert why(tg.ones(2, requires_grad=True)).reason == "no_backward"


def test_gradients_that_were_cleared():
    model = nn.Linear(2, 2)
    sgd = optim.SGD(model.parameters(), lr=0.1)
    loss = model(tg.ones(1, 2)).sum()
    loss.backward(retain_graph=True)
    sgd.zero_grad()
    assert why(model.weight).reason == "cleared"
    loss.backward(retain_graph=True)
    sgd.zero_grad(set_to_none=False)
    assert why(model.weight).reason == "zeroed"


def test_backward_asked_for_others():
    model = nn.Linear(2, 2)
    loss = model(tg.ones(1, 2)).sum()
    loss.backward(inputs=[model.bias])
    assert why(model.weight).reason == "not_asked_for"


def test_a_loss_that_is_gone():
    model = nn.Linear(2, 2)
    model(tg.ones(1, 2)).sum().backward()
    model.zero_grad()
    gc.collect()
    answer = why(model.weight)
    assert answer.reason == "unknown"
    assert "why(x, loss)" in answer.cure


def test_a_gradient_of_another_loss():
    x, w = (tg.ones(2, requires_grad=True) for _ in range(2))
    x.sum().backward()
    answer = why(x, (x.detach() * w).sum())
    assert answer.reason == "detach"
    assert "a .grad, but none of it is of this loss" in answer.text


# ---------------------------------------------------------------- zeros

FALSE = tg.tensor([False, False])
ZEROS = {
    "zero_rule": [lambda y: y.round(), lambda y: y.floor(), lambda y: y.sign(), lambda y: y // 1],
    "dead_relu": [lambda y: tg.relu(-y)],
    "saturated": [
        lambda y: tg.sigmoid(y * 1000),
        lambda y: tg.tanh(y * 1000),
        lambda y: tg.softmax(y * 1e4, 0),
        lambda y: F.relu6(y + 10),
    ],
    "clamp": [lambda y: y.clamp(10, 11), lambda y: y.clamp(max=-1)],
    "mask": [lambda y: tg.where(FALSE, y, tg.ones(2)), lambda y: y.masked_fill(~FALSE, 0.0)],
    "times_zero": [lambda y: y * 0, lambda y: y * tg.zeros(2), lambda y: tg.zeros(2, 2) @ y],
    "stationary": [lambda y: (y - y.detach()) ** 2],
    "cancels": [lambda y: y - y],
}


@pytest.mark.parametrize(("reason", "f"), [(r, f) for r, fs in ZEROS.items() for f in fs])
def test_why_a_gradient_is_zero(reason, f):
    x, w = (tg.tensor([1.5, 2.0], requires_grad=True) for _ in range(2))
    with tg.viz.observe():
        y = x * 2
        loss = (f(y) * w).sum()
    before = why(x, loss)
    assert "would get a gradient of zeros" in before.text
    loss.backward()
    assert not x.grad.any()
    answer = why(x)
    assert answer.reason == before.reason == reason
    assert answer.share in (1.0, None)
    assert answer.place.rpartition(":")[0] == __file__


LIKELY = ["zero_rule", "dead_relu", "saturated", "clamp", "mask"]


@pytest.mark.parametrize("reason", LIKELY)
def test_where_the_numbers_are_freed_the_ops_tell(reason):
    x, w = (tg.tensor([1.5, 2.0], requires_grad=True) for _ in range(2))
    loss = (ZEROS[reason][0](x * 2) * w).sum()
    loss.backward()
    assert why(x).reason == reason


def test_the_share_of_dead_units():
    weight = tg.tensor([[1.0], [-1.0], [-1.0], [1.0]], requires_grad=True)
    with tg.viz.observe():
        loss = tg.relu(tg.ones(3, 1) @ weight.T).sum()
    loss.backward()
    answer = why(weight)
    assert (answer.reason, answer.op, answer.share) == ("partly_zero", "relu", 0.5)
    assert "50 % of its units are dead" in answer.text


def test_the_share_of_saturated_units():
    x = tg.tensor([0.0, 12.0, -12.0, 12.0], requires_grad=True)
    with tg.viz.observe():
        loss = tg.sigmoid(x).sum()
    loss.backward()
    answer = why(x)
    assert (answer.reason, answer.op, answer.share) == ("saturated", "sigmoid", 0.75)


def test_rows_of_an_embedding_that_were_not_chosen():
    table = nn.Embedding(10, 3)
    with tg.viz.observe():
        loss = table(tg.tensor([1, 4, 4])).sum()
    loss.backward()
    answer = why(table.weight)
    assert (answer.reason, answer.op, answer.share) == ("partly_zero", "embedding", 0.8)
    assert answer.causes[0].reason == "not_chosen"


def test_a_hook_that_makes_zeros_and_a_gradient_that_begins_with_zeros():
    x = tg.ones(2, requires_grad=True)
    y = x * 1.0
    y.register_hook(lambda g: g * 0)
    loss = y.sum()
    assert why(x, loss).reason == "hook"
    z = tg.ones(2, requires_grad=True)
    loss = z * 3
    loss.backward(tg.zeros(2), retain_graph=True)
    assert why(z, loss).reason == "zeroed"


def test_clipped_gradients():
    x = tg.tensor([3.0, -4.0], requires_grad=True)
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    nn.utils.clip_grad_norm_([x], 1.0)
    answer = why(x)
    assert answer.reason == "clipped"
    assert "0.1 times what backward() gives" in answer.text
    x.grad = None
    loss.backward(retain_graph=True)
    nn.utils.clip_grad_value_([x], 7.0)
    assert "kept within 7" in why(x).text


def test_numbers_that_are_not_finite():
    x = tg.ones(2, requires_grad=True)
    (x * tg.tensor(float("inf"))).sum().backward()
    answer = why(x)
    assert answer.reason == "not_finite"
    assert "2 of 2" in answer.text


def test_a_tensor_without_elements():
    x = tg.ones(0, requires_grad=True)
    loss = (x * x).sum()
    assert why(x, loss).reason == "no_backward"
    loss.backward()
    assert why(x).reason == "has_gradient"


def test_an_input_that_has_no_derivative():
    x, w = (tg.ones(2, requires_grad=True) for _ in range(2))
    loss = ops.masked_scale(w, x * 2, p=0.5).sum()
    answer = why(x, loss)
    assert (answer.reason, answer.op) == ("no_rule", "masked_scale")
    assert "its input `mask`" in answer.text


# ---------------------------------------------------------------- what it leaves behind


def test_why_changes_nothing():
    x = tg.tensor([1.0, -2.0], requires_grad=True)
    with tg.viz.observe():
        loss = tg.relu(x * 2).sum()
    loss.backward()
    node, before = loss.node.inputs[0], x.grad.numpy().copy()
    freed = node.saved
    why(x)
    assert node.saved is freed is None
    np.testing.assert_array_equal(x.grad.numpy(), before)
    with pytest.raises(RuntimeError, match="was freed by the backward"):
        loss.backward()


def test_a_note_keeps_nothing_alive_and_makes_no_cycle():
    x = tg.ones(2, requires_grad=True)
    with tg.viz.observe():
        y = x * 2
        y.detach()
        y.sum().item()
    node = weakref.ref(y.node)
    gc.disable()
    try:
        del y
        assert node() is None
    finally:
        gc.enable()
    for _ in range(100):
        (x * 2).sum().item()
    assert len(x.node.cuts) < 10


def test_what_it_does_not_take():
    with pytest.raises(TypeError, match=r"why: x is a Tensor, not Linear: take one of its param"):
        why(nn.Linear(1, 1))
    with pytest.raises(TypeError, match="why: loss is a Tensor, not float"):
        why(tg.ones(1), 2.0)
    assert isinstance(why(tg.ones(1)), Answer)


def test_objects_that_warn_when_they_are_looked_at_are_left_alone():
    class Shy:
        __slots__ = ("held",)

        @property
        def __class__(self):
            raise AssertionError("who looks for nodes has no business here")

    shy = Shy()
    shy.held = [shy]  # the collector knows it
    x = tg.tensor([1.0, 2.0])
    assert why(x).reason == "never_required"
