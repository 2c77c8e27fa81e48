"""Schedules of learning rates: their closed forms, their state, what they refuse."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from nn import optim
from nn.optim import lr_scheduler


def an_optimizer(name="SGD", lr=1.0):
    w, v = (tg.tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = getattr(optim, name)([{"params": [w]}, {"params": [v], "lr": lr / 2}], lr=lr)
    optimizer.step()
    return optimizer


def rates(make, steps=20):
    """The rates of both groups at steps 0, 1, ..."""
    scheduler = make(an_optimizer())
    path = [scheduler.get_last_lr()]
    for _ in range(steps):
        scheduler.step()
        path.append(scheduler.get_last_lr())
    return np.array(path)


CLOSED = [
    (lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)), lambda t: 1 / (1 + t)),
    (lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: 0.5), lambda t: 0.5**t),
    (lambda o: lr_scheduler.StepLR(o, 3), lambda t: 0.1 ** (t // 3)),
    (lambda o: lr_scheduler.MultiStepLR(o, [3, 5]), lambda t: 0.1 ** ((t >= 3) + (t >= 5))),
    (lambda o: lr_scheduler.ExponentialLR(o, 0.9), lambda t: 0.9**t),
    (lambda o: lr_scheduler.ConstantLR(o, 0.5, 4), lambda t: 0.5 if t < 4 else 1),
    (lambda o: lr_scheduler.LinearLR(o, 0.2, 1, 8), lambda t: 0.2 + 0.1 * min(t, 8)),
    (lambda o: lr_scheduler.PolynomialLR(o, 10, 2), lambda t: (1 - min(t, 10) / 10) ** 2),
    (lambda o: lr_scheduler.CosineAnnealingLR(o, 6), lambda t: (1 + math.cos(math.pi * t / 6)) / 2),
    (
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 5),
        lambda t: (1 + math.cos(math.pi * (t % 5) / 5)) / 2,
    ),
]


@pytest.mark.parametrize(("make", "factor"), CLOSED)
def test_a_schedule_is_its_closed_form(make, factor):
    expected = [[factor(t), factor(t) / 2] for t in range(21)]
    np.testing.assert_allclose(rates(make), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("make", "_factor"), CLOSED)
def test_a_loaded_schedule_goes_on(make, _factor):
    optimizer = an_optimizer()
    scheduler = make(optimizer)
    for _ in range(7):
        scheduler.step()
    other_optimizer = an_optimizer()
    other = make(other_optimizer)
    other.load_state_dict(scheduler.state_dict())
    other_optimizer.load_state_dict(optimizer.state_dict())
    assert other.get_last_lr() == scheduler.get_last_lr()
    for _ in range(7):
        scheduler.step()
        other.step()
        assert other.get_last_lr() == scheduler.get_last_lr()


def test_a_chain_in_a_sequence_begins_anew():
    def make(optimizer):
        chain = lr_scheduler.ChainedScheduler(
            [lr_scheduler.ConstantLR(optimizer, 0.5, 2), lr_scheduler.ExponentialLR(optimizer, 0.9)]
        )
        return lr_scheduler.SequentialLR(
            optimizer, [chain, lr_scheduler.StepLR(optimizer, 2)], milestones=[4]
        )

    expected = [0.5, 0.45, 0.81, 0.729, 1, 1, 0.1, 0.1, 0.01]
    np.testing.assert_allclose(rates(make, 8)[:, 0], expected)


def test_one_cycle_goes_up_then_far_down_and_momentum_the_other_way():
    optimizer = an_optimizer("Adam")
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=101)
    path, momenta = [], []
    for _ in range(100):
        path.append(scheduler.get_last_lr()[0])
        momenta.append(optimizer.param_groups[0]["betas"][0])
        scheduler.step()
    assert path[0] == pytest.approx(0.5 / 25)
    assert 28 < int(np.argmax(path)) < 31
    assert np.argmax(path) == np.argmin(momenta)
    assert scheduler.get_last_lr()[0] == pytest.approx(0.5 / 25e4)
    scheduler.step()
    with pytest.raises(ValueError, match="step 102 of a schedule of 101; step once a batch"):
        scheduler.step()


def test_a_plateau_lowers_the_rate_after_patience():
    optimizer = an_optimizer()
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
    seen = []
    for metric in [1.0, tg.tensor(0.5), 0.6, 0.6, 0.6, 0.4]:
        scheduler.step(metric)
        seen.append(scheduler.get_last_lr()[0])
    assert seen == pytest.approx([1, 1, 1, 1, 0.1, 0.1])


def test_warm_restarts_may_be_set_between_steps():
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(an_optimizer(), 2, T_mult=2)
    scheduler.step(4.0)  # the second wave is from 2 to 6
    assert scheduler.get_last_lr() == pytest.approx([0.5, 0.25])
    with pytest.raises(ValueError, match=r"step\(-1\) is before the start"):
        scheduler.step(-1)


def test_stepping_before_the_optimizer_is_warned_about():
    optimizer = optim.SGD([tg.tensor([1.0], requires_grad=True)])
    scheduler = lr_scheduler.ExponentialLR(optimizer, 0.9)
    with pytest.warns(UserWarning, match=r"call optimizer.step\(\) first"):
        scheduler.step()
    scheduler.step()


def test_a_schedule_of_ones_own_is_get_lr():
    class Halved(lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base / 2 for base in self.base_lrs]

    assert rates(Halved, 2).tolist() == [[0.5, 0.25]] * 3
    with pytest.raises(NotImplementedError, match="LRScheduler has no get_lr"):
        lr_scheduler.LRScheduler(an_optimizer())


S = lr_scheduler
REFUSED = [
    (lambda o: S.StepLR([1], 2), TypeError, "StepLR: schedules an optimizer, not a list"),
    (lambda o: S.StepLR(o, 2, last_epoch=3), KeyError, "group 0 has no 'initial_lr'"),
    (lambda o: S.LambdaLR(o, [abs]), ValueError, "1 values of lr_lambda for 2 groups"),
    (lambda o: S.ConstantLR(o, 1.5), ValueError, r"factor is in \[0, 1\], not 1.5"),
    (lambda o: S.LinearLR(o, 0), ValueError, r"start_factor is in \(0, 1\], not 0"),
    (lambda o: S.LinearLR(o, 1, 2), ValueError, r"end_factor is in \[0, 1\], not 2"),
    (lambda o: S.CosineAnnealingWarmRestarts(o, 0), ValueError, "T_0 is an int.* not 0"),
    (lambda o: S.CosineAnnealingWarmRestarts(o, 2, 1.5), ValueError, "T_mult is an int.* not 1.5"),
    (lambda o: S.CyclicLR(o, 0, 1, mode="up"), ValueError, "mode is one of .* not 'up'"),
    (lambda o: S.OneCycleLR(o, 1), ValueError, "give total_steps, or epochs and steps_per_epoch"),
    (lambda o: S.OneCycleLR(o, 1, 0), ValueError, "number of steps is above 0, not 0"),
    (lambda o: S.OneCycleLR(o, 1, 9, pct_start=2), ValueError, r"pct_start is in \[0, 1\], not 2"),
    (
        lambda o: S.OneCycleLR(o, 1, 9, anneal_strategy="x"),
        ValueError,
        "'cos' or 'linear', not 'x'",
    ),
    (lambda o: S.ReduceLROnPlateau(o, factor=1), ValueError, "factor is under 1, not 1"),
    (lambda o: S.ReduceLROnPlateau(o, "low"), ValueError, "mode is 'min' or 'max', not 'low'"),
    (lambda o: S.ReduceLROnPlateau(o, threshold_mode="x"), ValueError, "'rel' or 'abs', not 'x'"),
    (lambda o: S.ChainedScheduler([]), ValueError, "there are no schedulers"),
    (lambda o: S.ChainedScheduler([S.ReduceLROnPlateau(o)]), ValueError, "step.. needs a metric"),
    (lambda o: S.SequentialLR(o, [S.StepLR(o, 2)], [3]), ValueError, "1 schedulers need 0 mile"),
    (
        lambda o: S.SequentialLR(o, [S.StepLR(an_optimizer(), 2)], []),
        ValueError,
        "scheduler 0 is of another optimizer",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), REFUSED)
def test_what_makes_no_schedule_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make(an_optimizer())


def test_momentum_cannot_cycle_where_there_is_none():
    with pytest.raises(ValueError, match="Adagrad has neither momentum nor betas; give cycle_mom"):
        lr_scheduler.OneCycleLR(an_optimizer("Adagrad"), 1.0, total_steps=5)
    lr_scheduler.CyclicLR(an_optimizer("Adagrad"), 0.1, 1.0, cycle_momentum=False)


def test_rates_that_are_asked_for_outside_of_a_step_warn():
    scheduler = lr_scheduler.StepLR(an_optimizer(), 2)
    with pytest.warns(UserWarning, match="use get_last_lr") as seen:
        scheduler.get_lr()
    assert seen[0].filename == __file__


def test_a_step_to_an_epoch_is_the_closed_form_and_warns():
    scheduler = lr_scheduler.StepLR(an_optimizer(), 2, gamma=0.5)
    with pytest.warns(UserWarning, match=r"scheduler.step\(epoch\) is deprecated"):
        scheduler.step(5)
    assert scheduler.get_last_lr() == [0.25, 0.125]
    assert scheduler.last_epoch == 5
