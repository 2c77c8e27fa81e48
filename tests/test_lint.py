"""lint finds what is often wrong with a training, and finds nothing in what is right."""

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn import optim
from tinygrad_edu.diagnose import lint
from tinygrad_edu.diagnose.findings import Finding

X, Y = tg.linspace(-1, 1, 48).reshape(16, 3), tg.tensor([0, 1, 2, 0] * 4)


def net(*last):
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 3), *last)


def sgd(model):
    return optim.SGD(model.parameters(), lr=0.1)


def several_times(f):
    for _ in range(4):
        f()


def a_training_step(model, optimizer, loss=F.cross_entropy):
    optimizer.zero_grad()
    loss(model(X), Y).backward()
    optimizer.step()


# ---------------------------------------------------------------- the loss


@pytest.mark.parametrize(
    ("last", "loss", "code"),
    [
        (nn.Softmax(1), nn.CrossEntropyLoss(), "softmax-before-cross-entropy"),
        (nn.Softmax(1), F.cross_entropy, "softmax-before-cross-entropy"),
        (nn.Sigmoid(), nn.CrossEntropyLoss(), "sigmoid-before-cross-entropy"),
        (nn.Softmax(1), nn.NLLLoss(), "softmax-before-nll-loss"),
        (nn.Sigmoid(), nn.BCEWithLogitsLoss(), "sigmoid-before-binary-cross-entropy-with-logits"),
    ],
)
def test_a_loss_that_is_given_probabilities(last, loss, code):
    """As the last layer of a Sequential says, and as the record of a run does."""
    target = tg.ones(16, 3) if "binary" in code else Y
    model = net(last)
    (looked,) = lint(model, loss)
    (ran,) = lint(model, loss, data=(X, target))
    assert looked.code == ran.code == code
    assert looked.place == "Sequential.3"
    assert ran.place.startswith("Sequential.3, ")
    assert ran.place.endswith(__file__ + ran.place[ran.place.rindex(":") :])
    assert lint(model, loss(model(X), target)).codes == [code]


def test_a_weighted_loss_that_is_given_probabilities():
    loss = nn.CrossEntropyLoss(weight=tg.ones(3), label_smoothing=0.1)
    assert lint(net(nn.Softmax(1)), loss, data=(X, Y)).codes == ["softmax-before-cross-entropy"]
    wanted = tg.full((16, 3), 1 / 3)
    found = lint(net(nn.Softmax(1)), F.cross_entropy, data=(X, wanted))
    assert found.codes == ["softmax-before-cross-entropy"]


def test_scores_given_to_nll_loss():
    assert lint(net(), F.nll_loss, data=(X, Y)).codes == ["nll-loss-on-scores"]
    assert lint(net(), nn.NLLLoss()).codes == ["linear-before-nll-loss"]


@pytest.mark.parametrize(
    ("model", "loss", "target"),
    [
        (net(), nn.CrossEntropyLoss(), Y),
        (net(nn.LogSoftmax(1)), nn.NLLLoss(), Y),
        (net(nn.LogSoftmax(1)), nn.CrossEntropyLoss(), Y),
        (net(nn.Softmax(1)), nn.MSELoss(), tg.ones(16, 3)),
        (net(nn.Sigmoid()), nn.BCELoss(), tg.ones(16, 3)),
        (net(), nn.BCEWithLogitsLoss(), tg.ones(16, 3)),
        (net(), nn.MultiMarginLoss(), Y),
        (net(nn.Softmax(1)), lambda p, y: F.nll_loss(p.log(), y), Y),
    ],
)
def test_a_right_loss(model, loss, target):
    optimizer = sgd(model)
    for _ in range(3):
        optimizer.zero_grad()
        value = loss(model(X), target)
        value.backward()
        optimizer.step()
    for found in (
        lint(model, loss, optimizer),
        lint(model, loss, optimizer, (X, target)),
        lint(model, value, optimizer),
    ):
        assert found == []
        assert str(found) == "lint: nothing found"


def test_attention_computes_a_softmax_of_scores():
    model = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0)
    x = tg.ones(5, 2, 4)
    assert lint(model, lambda y, t: F.cross_entropy(y[0], t), data=(x, tg.tensor([0, 1]))) == []


# ---------------------------------------------------------------- arithmetic and numbers


@pytest.mark.parametrize("loss", [lambda o, y: ((o - y) ** 2).mean(), lambda o, y: (y * o).sum()])
def test_a_column_beside_a_row(loss):
    (found,) = lint(nn.Linear(3, 1), loss, data=(X, tg.ones(16)))
    assert found.code == "column-beside-row"
    assert "of (16, 1) and (16,) gives (16, 16)" in found.message.replace(
        "(16,) and (16, 1)", "(16, 1) and (16,)"
    )
    assert "test_lint.py" in found.place
    model = nn.Linear(3, 1)
    assert lint(model, loss(model(X), tg.ones(16))).codes == ["column-beside-row"]
    assert lint(model, loss, data=(X, tg.ones(16, 1))) == []


def test_differences_of_all_pairs_are_meant():
    assert lint(nn.Linear(3, 1), lambda o, y: (o - o.squeeze(1)).abs().sum(), data=(X, Y)) == []


def test_numbers_of_another_dtype():
    (found, where) = lint(net(), F.cross_entropy, data=(np.ones((16, 3)), Y))
    assert found.code == where.code == "float64-by-accident"
    assert where.place.startswith("Sequential.0, ")
    (found,) = lint(net(), F.cross_entropy, data=(X.to(tg.uint8), Y))
    assert found.code == "integer-input"
    assert found.cure == "x.float() / 255"
    words = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(6, 3))
    assert lint(words, F.cross_entropy, data=(tg.zeros(16, 2, dtype=tg.int64), Y)) == []
    assert lint(net().double(), F.cross_entropy, data=(X.double(), Y)) == []


def test_dead_units():
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 3))
    with tg.no_grad():
        model[0].bias[:6] = -10.0
        model[0].bias[6:] = 10.0
    (found,) = lint(model, F.cross_entropy, data=(X, Y))
    assert found.message.startswith("6 of the 8 units of this ReLU are 0 for all 16 examples")
    assert lint(model, F.cross_entropy, data=(X[:2], Y[:2])) == []


# ---------------------------------------------------------------- the model


class Hidden(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(3, 3), nn.Linear(3, 3)]
        self.scale = tg.ones(3, requires_grad=True)
        self.head = nn.Linear(3, 3)
        self.known = (self.head,)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x) * self.scale


def test_parameters_where_nobody_looks():
    found = lint(Hidden(), F.cross_entropy, data=(X, Y))
    assert found.codes == ["hidden-parameters", "hidden-parameters"]
    assert "Hidden.layers is a list of 2 modules" in found[0].message
    assert found[0].cure == "self.layers = nn.ModuleList(...)"
    assert "Hidden.scale is a tensor (3,) that requires grad" in found[1].message


class Silent(nn.Module):
    def forward(self, x):
        x = x * 2


class Early(nn.Module):
    def forward(self, x):
        if x.ndim > 1:
            return x
        raise ValueError("no batch")


def test_a_forward_that_returns_nothing():
    found = lint(nn.Sequential(Silent(), Silent(), Early()))
    assert found.codes == ["forward-returns-nothing"]
    assert found[0].place.startswith(__file__)


def test_parameters_that_the_loss_does_not_reach():
    class Half(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Linear(3, 3), nn.Linear(3, 3)

        def forward(self, x):
            return self.used(x)

    model = Half()
    (found,) = lint(model, F.cross_entropy, data=(X, Y))
    assert found.code == "not-reached"
    assert found.message.startswith("unused.weight, unused.bias are not reached from the loss")
    model.unused.requires_grad_(False)
    assert lint(model, F.cross_entropy, data=(X, Y)) == []
    (found,) = lint(model, lambda y, t: F.cross_entropy(y.detach(), t), data=(X, Y))
    assert found.message.startswith("none of the model's parameters is reached")


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.BatchNorm1d(3)])
def test_modes(layer):
    model = net(layer)
    optimizer = sgd(model)
    assert lint(model, optimizer=optimizer) == []
    model.eval()
    assert lint(model) == []
    (found,) = lint(model, optimizer=optimizer)
    assert found.code == "left-in-eval"
    model.train()
    layer.eval()
    assert lint(model, optimizer=optimizer).codes == ["mixed-modes"]
    layer.requires_grad_(False)
    frozen = isinstance(layer, nn.BatchNorm1d)  # as in fine-tuning
    assert lint(model, optimizer=optimizer).codes == ["mixed-modes"] * (not frozen)
    model.eval()
    layer.train()
    assert lint(model).codes == ["mixed-modes"]


def test_a_mode_means_nothing_without_such_layers():
    model = net().eval()
    assert lint(model, optimizer=sgd(model)) == []


# ---------------------------------------------------------------- the optimizer


def test_an_optimizer_of_another_model():
    assert lint(net(), optimizer=sgd(net())).codes == ["optimizer-of-another-model"]


def test_an_optimizer_of_a_layer_that_was_replaced():
    model = net()
    optimizer = sgd(model)
    model[2] = nn.Linear(8, 3)
    missing, stale = lint(model, optimizer=optimizer)
    assert missing.message.startswith("SGD does not hold 2.weight, 2.bias")
    assert "of shapes (3, 8), (3,)" in stale.message
    assert lint(model, optimizer=[optimizer, sgd(model[2])]).codes == ["stale-in-the-optimizer"]


def test_several_optimizers_and_frozen_parameters():
    model = net()
    assert lint(model, optimizer=[sgd(model[0]), sgd(model[2])]) == []
    model[0].requires_grad_(False)
    assert lint(model, optimizer=sgd(model[2])) == []
    model.requires_grad_(False)
    assert lint(model, optimizer=sgd(model)).codes == ["all-frozen"]


def test_gradients_that_add_up():
    model = net()
    optimizer = sgd(model)
    for _ in range(3):
        F.cross_entropy(model(X), Y).backward()
        optimizer.step()
    assert lint(model, optimizer=optimizer).codes == ["gradients-add-up"]
    a_training_step(model, optimizer)
    assert lint(model, optimizer=optimizer) == []


@pytest.mark.parametrize("keep", [sum, list])
def test_losses_that_keep_their_records(keep):
    model = net()
    optimizer = sgd(model)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(X), Y)
        loss.backward()
        optimizer.step()
        losses.append(loss)
    (found,) = lint(model, keep(losses))
    assert found.code == "keeps-records"
    assert "the records of 3 backward passes" in found.message
    assert lint(model, loss) == []


# ---------------------------------------------------------------- the report


def test_a_run_leaves_nothing_behind():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3))
    before = {name: x.clone() for name, x in model.state_dict().items()}
    state = tg.get_rng_state()
    lint(model, F.cross_entropy, sgd(model), (X, Y))
    assert all(tg.equal(x, before[name]) for name, x in model.state_dict().items())
    assert tg.get_rng_state() == state
    assert all(p.grad is None for p in model.parameters())


def test_the_first_batch_of_a_loader():
    loader = nn.data.DataLoader(nn.data.TensorDataset(X, Y), batch_size=8)
    found = lint(net(nn.Softmax(1)), nn.CrossEntropyLoss(), data=loader)
    assert found.codes == ["softmax-before-cross-entropy"]


def test_an_input_without_a_loss():
    assert lint(net(), data=X) == []
    with pytest.raises(TypeError, match="a loss needs a target"):
        lint(net(), F.cross_entropy, data=X)
    with pytest.raises(TypeError, match="lint: the model is a Module, not Tensor"):
        lint(X)


def test_a_report_prints_itself():
    found = lint(net(nn.Softmax(1)), nn.CrossEntropyLoss())
    assert isinstance(found[0], Finding)
    assert repr(found) == str(found)
    assert str(found).startswith(
        "lint: 1 finding\n1. softmax-before-cross-entropy (Sequential.3)\n"
    )
    assert "<td" in found._repr_html_()
    assert lint(net())._repr_html_() == "<p>lint: nothing found</p>"


# ---------------------------------------------------------------- what an optimizer says by itself


def test_two_steps_on_one_gradient():
    model = net()
    optimizer = sgd(model)
    a_training_step(model, optimizer)
    with pytest.warns(
        UserWarning, match=r"SGD.step: this step uses the gradient .* the last one"
    ) as told:
        several_times(optimizer.step)
    assert len(told) == 1
    assert told[0].filename == __file__


def test_steps_without_backward():
    model = net()
    optimizer = optim.Adam(model.parameters())

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(X), Y)
        optimizer.step()

    with pytest.warns(UserWarning, match=r"Adam.step: .* changes nothing: .* call loss.backward"):
        several_times(step)
    assert lint(model, optimizer=optimizer).codes == ["step-without-backward"]


def test_gradients_that_are_cleared_before_the_step():
    model = net()
    optimizer = sgd(model)

    def step():
        F.cross_entropy(model(X), Y).backward()
        optimizer.zero_grad()
        optimizer.step()

    with pytest.warns(UserWarning, match="zero_grad.. cleared the gradient after backward"):
        several_times(step)


def accumulation(model, optimizer):
    for i in range(9):
        F.cross_entropy(model(X), Y).backward()
        if i % 3 == 2:
            optimizer.step()
            optimizer.zero_grad()


def a_schedule_alone(model, optimizer):
    schedule = optim.lr_scheduler.StepLR(optimizer, 1)
    for _ in range(5):
        optimizer.step()
        schedule.step()


def weights_that_are_looked_at(model, optimizer):
    for _ in range(4):
        optimizer.step()
        [p.detach().numpy().copy() for p in model.parameters()]


def a_step_that_is_left_out(model, optimizer):
    """As where the gradient is not finite: it is cleared, and the step does nothing."""
    for i in range(6):
        optimizer.zero_grad()
        F.cross_entropy(model(X), Y).backward()
        if i % 2:
            optimizer.zero_grad()
        optimizer.step()


def gradients_by_hand(model, optimizer):
    for p in model.parameters():
        p.grad = tg.ones_like(p)
    for _ in range(3):
        optimizer.step()


def gradients_written_in_place(model, optimizer):
    F.cross_entropy(model(X), Y).backward()
    for i in range(3):
        optimizer.step()
        for p in model.parameters():
            p.grad.fill_(float(i))


def two_players(model, optimizer):
    other = nn.Linear(3, 1)
    of_other = optim.Adam(other.parameters())
    for _ in range(3):
        of_other.zero_grad()
        (other(model(X).detach()).mean() - other(X).mean()).backward()
        of_other.step()
        optimizer.zero_grad()
        other(model(X)).mean().backward()
        optimizer.step()


def frozen_parameters(model, optimizer):
    model[0].requires_grad_(False)
    for _ in range(3):
        a_training_step(model, optimizer)


def closures(model, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(X), Y)
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)
        optim.LBFGS(model.parameters(), max_iter=3).step(closure)


@pytest.mark.parametrize(
    "training",
    [
        accumulation,
        a_schedule_alone,
        weights_that_are_looked_at,
        a_step_that_is_left_out,
        gradients_by_hand,
        gradients_written_in_place,
        two_players,
        frozen_parameters,
        closures,
    ],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
def test_right_training_warns_of_nothing(training, kind):
    model = net()
    training(model, kind(model.parameters(), lr=0.01))
