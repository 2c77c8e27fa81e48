"""How many wrong derivatives do gradient checkers find?  Ours, PyTorch's and HIPS autograd's.

    python benchmarks/trust.py              every mutant; writes docs/trust.md
    python benchmarks/trust.py --share 20   one in twenty of them, and only prints

The mutants of tests/mutants.py take the place of right rules.  Every checker sees the same wrong
numbers: through a `torch.autograd.Function`, and through a `primitive` of autograd, whose forward
calls our op on arrays, and whose backward calls the rule in place.  Each has the settings that it
has by default.  A mutant counts as killed if the checker accepts the right rule on a case of the
op, and raises an error on that case when the mutant is in place.
"""

import argparse
import multiprocessing
import os
import sys
import time
import warnings
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import torch
from autograd.extend import defvjp_argnums, primitive
from autograd.test_util import check_grads

import tinygrad_edu as tg
from tinygrad_edu.engine.graph import OPS
from tinygrad_edu.testing import OpCase

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from mutants import (  # noqa: E402
    KINDS,
    ORDERS,
    Derivatives,
    Mutant,
    cases,
    first_kill,
    is_equivalent,
    mutants,
    ours,
    planted,
    values,
    with_result,
)

CASES = 33  # of each op: as many as tests/test_ops.py draws
ACCUSED = 5  # of them: where each checker is asked whether the right rules are right

# ---------------------------------------------------------------- the peers


def in_torch(case):
    """The function of a case for PyTorch, and its inputs."""
    d = Derivatives(case)
    count = len(d.inputs)

    class Second(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *args):
            ctx.save_for_backward(*args)
            *xs, u = map(to_numpy, args)
            return tuple(to_torch(g.array) for g in d.first(d.leaves(xs), tg.Tensor(u)))

        @staticmethod
        def backward(ctx, *vs):
            *xs, u = map(to_numpy, ctx.saved_tensors)
            return tuple(map(to_torch, d.second(xs, u, [to_numpy(v) for v in vs])))

    class First(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *xs):
            ctx.save_for_backward(*xs)
            return to_torch(d.of([to_numpy(x) for x in xs]))

        @staticmethod
        def backward(ctx, u):
            found = Second.apply(*ctx.saved_tensors, u)
            return found if count > 1 else found[0]

    return First.apply, [to_torch(x).requires_grad_() for x in d.inputs]


def to_numpy(x):
    return np.array(x.detach().numpy())


def to_torch(x):
    return torch.from_numpy(np.array(x))


def torch_slow(case, order, fast_mode=False):
    torch.manual_seed(0)
    f, inputs = in_torch(case)
    torch.autograd.gradcheck(f, inputs, fast_mode=fast_mode)
    if order == 2:
        torch.autograd.gradgradcheck(f, inputs, fast_mode=fast_mode)


def torch_fast(case, order):
    torch_slow(case, order, fast_mode=True)


def in_autograd(case):
    """The function of a case for HIPS autograd, and its inputs."""
    d = Derivatives(case)
    shapes = [x.shape for x in d.inputs]
    ends = np.cumsum([0, *[x.size for x in d.inputs]])

    def parts(flat):
        return [flat[a:b].reshape(s) for a, b, s in zip(ends, ends[1:], shapes, strict=False)]

    @primitive
    def f(*xs):
        return np.asarray(d.of([np.array(x) for x in xs]))

    @primitive
    def first(*args):
        *xs, u = args
        found = d.first(d.leaves(xs), tg.Tensor(np.array(u)))
        return np.concatenate([g.array.ravel() for g in found])

    def vjp_of_f(argnums, _y, xs, _):
        def vjp(u):
            found = parts(first(*xs, u))
            return tuple(found[i] for i in argnums)

        return vjp

    def vjp_of_first(argnums, _y, args, _):
        *xs, u = (np.array(x) for x in args)

        def vjp(v):
            found = d.second(xs, u, parts(np.array(v)))
            return tuple(found[i] for i in argnums)

        return vjp

    defvjp_argnums(f, vjp_of_f)
    defvjp_argnums(first, vjp_of_first)
    return f, d.inputs


def hips(case, order):
    np.random.seed(0)  # noqa: NPY002 (check_grads draws from it)
    f, inputs = in_autograd(case)
    check_grads(f, tuple(range(len(inputs))), modes=["rev"], order=order)(*inputs)


CHECKERS = {
    "tinygrad_edu `gradcheck`": ours,
    "PyTorch `gradcheck`": torch_slow,
    "PyTorch `fast_mode`": torch_fast,
    "autograd `check_grads`": hips,
}

FIRST = next(iter(CHECKERS))

# ---------------------------------------------------------------- one op


@cache
def accepts(checker, name, k, whole):
    """Whether a checker accepts the right rules on the k-th case of an op."""
    return not error_of(checker, cases(name, CASES, whole)[k], 2)


def kills(checker, mutant):
    name, whole = mutant.op, mutant.rule == "whole"
    skipped = set()
    while True:
        found = first_kill(mutant, CHECKERS[checker], CASES, skipped)
        if found is None or accepts(checker, name, found[0], whole):
            return found is not None
        skipped.add(found[0])


def run_op(job):
    """What each checker says of the mutants of an op; seconds, and cases where a right rule is
    accused."""
    name, share = job
    torch.set_num_threads(1)
    rows, seconds = [], Counter()
    for mutant in mutants([name]):
        if Random(f"{mutant}").random() * share >= 1:
            continue
        row = {}
        for checker in CHECKERS:
            start = time.process_time()
            row[checker] = kills(checker, mutant)
            seconds[checker] += time.process_time() - start
            if checker == FIRST and not row[checker] and is_equivalent(mutant, 100):
                row = None
                break
        reason = why_equivalent(mutant) if row is None else None
        rows.append((mutant[:5], str(mutant), row, reason))
    asked = range(min(ACCUSED, len(cases(name, CASES)))) if rows else ()
    accused = Counter()
    for checker in CHECKERS:
        accused[checker] = sum(not accepts(checker, name, k, False) for k in asked)
    return rows, seconds, accused, len(asked)


# ---------------------------------------------------------------- one entry of a thousand

ENTRIES, WRONG = 1000, 500  # so many entries, of which this one is wrong
ONE_ENTRY = {"its sign": -1.0, "factor 1.01": 1.01, "zeroed": 0.0}


def large_ops():
    """Every third elementwise function of one input, without parameters."""
    plain = [
        name
        for name, call in sorted(OPS.items())
        if call.op.arity == 1 and any(call.op.rules) and not callable(call.op.kinks)
        if not (call.op.samples or call.op.keywords or call.op.residual or call.op.view)
    ]
    return plain[::3]


def large_case(name):
    """A thousand numbers of an op's domain, away from its kinks."""
    op = OPS[name].op
    x = np.random.default_rng(0).uniform(*op.domain, 2 * ENTRIES)
    for kink in op.kinks:
        x = x[np.abs(x - kink) > 1e-2]
    return OpCase(OPS[name], (x[:ENTRIES],), {})


def with_one_wrong(name, factor):
    """The mutant whose derivative is wrong in one entry."""
    weights = np.ones(ENTRIES)
    weights[WRONG] = factor
    rule = OPS[name].op.rules[0]
    return Mutant(name, 0, "one entry", "", 1, with_result(rule, lambda r: r * weights))


def run_large(name):
    """Which checkers find one wrong entry of a thousand, to first order, in one call."""
    torch.set_num_threads(1)
    case, rows = large_case(name), []
    if case(case.inputs[0]).shape != (ENTRIES,) or not values(case, 1)[0][WRONG]:
        return []
    accepting = [c for c in CHECKERS if not error_of(c, case, 1)]
    for kind, factor in ONE_ENTRY.items():
        with planted(with_one_wrong(name, factor)):
            found = {c: error_of(c, case, 1) for c in accepting}
        rows.append((kind, {c: found.get(c, False) for c in CHECKERS}))
    return rows


def error_of(checker, case, order):
    """Whether a checker raises an error on a case."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            CHECKERS[checker](case, order)
        except Exception:
            return True
    return False


def large_table(rows):
    lines = ["| one wrong entry of 1,000 | " + " | ".join(CHECKERS) + " |"]
    lines.append("|---|" + "---:|" * len(CHECKERS))
    for kind in ONE_ENTRY:
        own = [found for k, found in rows if k == kind]
        counts = (share_of(sum(found[c] for found in own), len(own)) for c in CHECKERS)
        lines.append(f"| {kind} | {' | '.join(counts)} |")
    return lines


# ---------------------------------------------------------------- why some cannot be killed

REASONS = {
    "transposed": "the result is the same when transposed: it has fewer than two axes, or is "
    "constant along them",
    "flipped": "the result is the same when flipped: it is constant along the last axis, or has "
    "one entry",
    "inputs swapped": "both inputs have the same derivative",
    "a term dropped": "the term is 0 in float64 on all valid inputs, or the branch is for other "
    "dtypes or layouts",
    "a saved array read for another": "the rule reads nothing of the array that the other does not "
    "have too (its shape, a sign, a mask), or keeps it for the residual only",
    "a saved array detached": "the derivative of the rule by this array is 0: the array is read as "
    "a mask, as indices or for its shape",
}


def why_equivalent(mutant):
    if all(not np.any(v) for case in cases(mutant.op, CASES) for v in first_of(case, mutant.rule)):
        return "the derivative is 0 everywhere"
    return REASONS.get(mutant.kind, "the entries that it changes are 0 on all valid inputs")


def first_of(case, rule):
    """The derivative by the input of a rule."""
    where = Derivatives(case).where
    return [values(case, 1)[where.index(rule)]] if rule in where else []


# ---------------------------------------------------------------- the page


def share_of(killed, total):
    return f"{killed}/{total} ({100 * killed / total:.1f} %)" if total else "-"


def table(rows):
    """Kill rates: a line for each kind and order, and one for all."""
    lines = ["| mutants | order | " + " | ".join(CHECKERS) + " |"]
    lines.append("|---|---|" + "---:|" * len(CHECKERS))
    groups = [(kind, order) for kind in KINDS for order in ORDERS] + [("**all**", "1 and 2")]
    for kind, order in groups:
        own = [row for key, _, row, _ in rows if row and (kind, order) in (key[2:5:2], groups[-1])]
        if own:
            counts = (share_of(sum(row[c] for row in own), len(own)) for c in CHECKERS)
            lines.append(f"| {kind} | {order} | {' | '.join(counts)} |")
    return lines


def page(results, large, share):
    rows = [row for found, *_ in results for row in found]
    seconds = sum((s for _, s, _, _ in results), Counter())
    accused = {c: sum(a[c] for _, _, a, _ in results) for c in CHECKERS}
    drawn = sum(n for *_, n in results)
    equivalent = [row for row in rows if row[2] is None]
    chosen = "" if share == 1 else f", one in {share} of all, drawn by chance"
    lines = [INTRODUCTION.format(CASES=CASES, ops=len(results), mutants=f"{len(rows)}{chosen}")]
    lines += [f"Of {len(rows)} mutants {len(equivalent)} are equivalent; the others are:", ""]
    lines += [*table(rows), ""]
    lines += ["| | " + " | ".join(CHECKERS) + " |", "|---|" + "---:|" * len(CHECKERS)]
    shares = (share_of(accused[c], drawn) for c in CHECKERS)
    lines.append("| right rules that are called wrong | " + " | ".join(shares) + " |")
    times = (f"{seconds[c]:.0f} s" for c in CHECKERS)
    lines.append("| time, of one core | " + " | ".join(times) + " |")
    lines += ["", LARGE, *large_table(large)]
    survivors = sorted(text for _, text, row, _ in rows if row and not row[FIRST])
    lines += ["", f"## Survivors of {FIRST}", ""]
    lines += [f"- {text}" for text in survivors] or ["None."]
    return "\n".join([*lines, "", *equivalents(equivalent)]) + "\n"


def equivalents(rows):
    lines = ["## Equivalent mutants", "", "They have the right values on 100 cases of the op."]
    by_reason = defaultdict(list)
    for key, _, _, reason in rows:
        by_reason[reason].append(key)
    for reason, keys in sorted(by_reason.items()):
        lines += ["", f"**{reason[0].upper()}{reason[1:]}** ({len(keys)}):"]
        by_op = defaultdict(set)
        for name, rule, kind, detail, order in keys:
            by_op[name, rule].add(f"{kind} {detail}".strip() + f", order {order}")
        for (name, rule), what in sorted(by_op.items(), key=str):
            lines.append(f"- `{name}`, input {rule}: {'; '.join(sorted(what))}")
    return lines


INTRODUCTION = """# How many wrong derivatives are found

`make trust` writes this page.  It makes the derivative rules of all {ops} ops wrong on purpose
(*mutants*: {mutants} of them), puts each in the place of the right rule, and asks four gradient
checkers.  All of them see the same numbers: for PyTorch and for HIPS autograd the op is wrapped in
a `torch.autograd.Function` and in a `primitive`, whose backward is the rule in place.  Each checker
runs with its default tolerances, to second order, on the same {CASES} cases of the op (ours is
given `atol=1e-6`, as in tests/test_ops.py).

A mutant of order 1 is a wrong rule.  One of order 2 has the right value and the derivative of the
wrong rule, so that only a check of second derivatives can find it.  A mutant is *killed* if the
checker raises an error on one of the cases, and accepts the right rule there.  An *equivalent*
mutant has the same values as the right rule: no checker can find it.
"""

LARGE = """## One wrong entry of a thousand

On cases as small as these, any checker that compares numbers finds a wrong one sooner or later.
Here it gets one call, of first order: an elementwise function of 1,000 numbers, whose derivative is
wrong in one entry.  (`check_grads` and fast mode compare one random projection; ours compares
several, drawn with signs, then searches for the entry.)
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=int, default=1, help="run one in so many of the mutants")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--write", action="store_true", help="write docs/trust.md all the same")
    options = parser.parse_args()
    jobs = [(name, options.share) for name in sorted({mutant.op for mutant in mutants()})]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        results = []
        for result in pool.imap_unordered(run_op, jobs):
            results.append(result)
            print(f"\r{len(results)}/{len(jobs)} ops", end="", file=sys.stderr, flush=True)
        large = [row for rows in pool.imap_unordered(run_large, large_ops()) for row in rows]
    text = page(results, large, options.share)
    print(text)
    if options.write or options.share == 1:
        (ROOT / "docs" / "trust.md").write_text(text)


if __name__ == "__main__":
    main()
