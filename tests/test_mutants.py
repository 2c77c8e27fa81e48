"""The power of the checker: of wrong rules, planted in every op, it finds at least 99 in 100.

`make trust` holds other checkers beside ours, on the same mutants (docs/trust.md).
"""

import os
from random import Random

import mutants as m
import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.engine.graph import OPS

COUNT = 40
PARTS = range(COUNT) if os.environ.get("HYPOTHESIS_PROFILE") == "long" else [0]


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_at_most_one_in_a_hundred_mutants_survives(part):
    everything = m.mutants()
    Random(0).shuffle(everything)
    different = [(x, m.first_difference(x, count=33)) for x in everything[part::COUNT]]
    wrong = [(mutant, k) for mutant, k in different if k is not None]
    deaths = {str(mutant): m.death(mutant, first=k) for mutant, k in wrong}
    survivors = [name for name, how in deaths.items() if how is None]
    assert len(survivors) <= len(wrong) / 100, "\n".join(survivors)
    by_answer = sum(how == "answer" for how in deaths.values())
    assert by_answer >= 0.9 * len(wrong), "too many are found by an error of the rule itself"


def test_a_death_is_an_answer_or_an_error_of_the_wrong_rule():
    """Not an error of the checker."""
    mutant = mutant_of("exp", "factor 1.01")

    def refuses(case, order):
        raise TypeError("no such inputs")

    assert m.death(mutant, m.Checker(refuses, m.GradcheckError), count=3) is None
    assert m.death(mutant, count=3) == "answer"
    broken = mutant._replace(wrong=m.with_result(OPS["exp"].op.rules[0], lambda r: r[..., None, :]))
    assert m.death(broken, count=3) == "error"


def test_the_right_rules_of_many_inputs_are_accepted():
    """Else any error would count as a mutant that is found."""
    names = [name for name in OPS if OPS[name].op.whole]
    assert names
    for case in (case for name in names for case in m.cases(name, 10, whole=True)):
        m.ours(case, 2)


def mutant_of(name, kind, order=1, rule=0):
    wanted = name, rule, kind, order
    of_kind = [x for x in m.mutants([name]) if (x.op, x.rule, x.kind, x.order) == wanted]
    return of_kind[0]


def test_there_are_mutants_of_every_kind_for_every_rule():
    everything = m.mutants()
    assert {x.kind for x in everything} == set(m.KINDS)
    rules = {(name, i) for name in OPS for i, rule in enumerate(OPS[name].op.rules) if rule}
    assert rules <= {(x.op, x.rule) for x in everything if x.order == 2}
    assert len(everything) > 3000


def slopes():
    x = tg.tensor([0.5, 2.0], requires_grad=True)
    (first,) = tg.autograd.grad(x.exp().sum(), x, create_graph=True)
    (second,) = tg.autograd.grad(first.sum(), x)
    return [first.detach().array, second.array] / np.exp(x.detach().array)


def test_a_mutant_takes_the_place_of_a_rule_for_a_while():
    np.testing.assert_allclose(slopes(), 1, rtol=1e-6)
    with m.planted(mutant_of("exp", "factor 1.01")):
        np.testing.assert_allclose(slopes(), [[1.01] * 2, [1.01**2] * 2], rtol=1e-6)
    with m.planted(mutant_of("exp", "factor 1.01", order=2)):
        np.testing.assert_allclose(slopes(), [[1] * 2, [1.01] * 2], rtol=1e-6)
    with m.planted(mutant_of("exp", "a saved array read for another")):  # x for y
        np.testing.assert_allclose(slopes()[0] * np.exp([0.5, 2]), [0.5, 2], rtol=1e-6)
    np.testing.assert_allclose(slopes(), 1, rtol=1e-6)


def test_terms_are_dropped_from_the_source():
    rule = OPS["silu"].op.rules[0]  # g (s + y (1 - s))
    g, y, x, s = 2.0, 3.0, 5.0, 7.0
    found = {float(wrong(g, y, x, s)) for _, wrong in m.without_terms(rule)}
    assert {g * s, g * y * (1 - s), g * (s + y), g * (s - y * s)} == found


def test_equivalent_mutants_are_told_from_others():
    assert m.first_difference(mutant_of("floor", "sign"), count=3) is None
    assert m.first_difference(mutant_of("add", "inputs swapped"), count=3) is None
    assert m.first_difference(mutant_of("exp", "sign"), count=3) == 0
    assert m.first_difference(mutant_of("exp", "a saved array detached", order=2)) == 0
