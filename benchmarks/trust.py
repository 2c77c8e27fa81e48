"""How many wrong derivatives do gradient checkers find?  Ours, PyTorch's and HIPS autograd's.

    python benchmarks/trust.py              every mutant; writes docs/trust.md
    python benchmarks/trust.py --share 20   one in twenty of them, and only prints

The mutants of tests/mutants.py take the place of right rules.  Every checker sees the same wrong
numbers: through a `torch.autograd.Function`, and through a `primitive` of autograd, whose forward
calls our op on arrays, and whose backward calls the rule in place.  Each has the settings that it
has by default.  A mutant counts as killed if the checker accepts the right rule on a case of the
op, and finds the mutant wrong on that case (or the mutant itself raises an error there).
"""

import argparse
import multiprocessing
import os
import platform
import sys
import time
from collections import Counter, defaultdict
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
import torch
from autograd.extend import defvjp_argnums, primitive
from autograd.test_util import check_grads
from torch.autograd.gradcheck import GradcheckError as TorchError

import tinygrad_edu as tg
from tinygrad_edu.engine.graph import OPS
from tinygrad_edu.testing import OpCase

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import mutants as m  # noqa: E402

CASES = 33  # of each op: as many as tests/test_ops.py draws
ACCUSED = 2  # of them: where each checker is asked whether the right rules are right

# ---------------------------------------------------------------- the peers


def in_torch(case):
    """The function of a case for PyTorch, and its inputs."""
    d = m.Derivatives(case)
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
    d = m.Derivatives(case)
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
    "tinygrad_edu `gradcheck`": m.OURS,
    "PyTorch `gradcheck`": m.Checker(torch_slow, TorchError),
    "PyTorch `fast_mode`": m.Checker(torch_fast, TorchError),
    "autograd `check_grads`": m.Checker(hips, AssertionError),
}

FIRST = next(iter(CHECKERS))

# ---------------------------------------------------------------- one op


class Row(NamedTuple):
    """What became of a mutant: how each checker killed it, or why none can."""

    mutant: tuple[Any, ...]  # without the rule, which is sent to no other process
    text: str
    deaths: dict[str, str | None]
    reason: str  # of an equivalent one


@cache
def accepts(checker, name, whole, k):
    """Whether a checker accepts the right rules on the k-th case of an op."""
    return CHECKERS[checker].says(m.cases(name, m.CASES, whole)[k]) == "right"


def run_op(job):
    """The rows of an op; the seconds of each checker; on how many cases it calls the right rules
    wrong, and on how many it was asked."""
    name, share = job
    torch.set_num_threads(1)
    seconds, accused = Counter(), Counter()
    chosen = [x for x in m.mutants([name]) if Random(f"{x}").random() * share < 1]
    rows = [row_of(mutant, seconds) for mutant in chosen]
    asked = range(min(ACCUSED, len(m.cases(name, m.CASES)))) if rows else ()
    for checker in CHECKERS:
        accused[checker] = sum(not accepts(checker, name, False, k) for k in asked)
    return rows, seconds, accused, len(asked)


def row_of(mutant, seconds):
    first = m.first_difference(mutant)
    if first is None:
        return Row(mutant[:5], str(mutant), {}, why_equivalent(mutant))
    deaths = {}
    for checker, check in CHECKERS.items():
        start = time.process_time()
        right = partial(accepts, checker, mutant.op, mutant.rule == "whole")
        deaths[checker] = m.death(mutant, check, first, max(CASES, first + 1), right)
        seconds[checker] += time.process_time() - start
    return Row(mutant[:5], str(mutant), deaths, "")


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
    return m.Mutant(name, 0, "one entry", "", 1, m.with_result(rule, lambda r: r * weights))


def run_large(name):
    """Which checkers find one wrong entry of a thousand, to first order, in one call."""
    torch.set_num_threads(1)
    case, rows = large_case(name), []
    if case(case.inputs[0]).shape != (ENTRIES,) or not m.values(case, 1)[0][WRONG]:
        return []
    accepting = [c for c, check in CHECKERS.items() if check.says(case, 1) == "right"]
    for kind, factor in ONE_ENTRY.items():
        with m.planted(with_one_wrong(name, factor)):
            found = {c: CHECKERS[c].says(case, 1) == "wrong" for c in accepting}
        rows.append((kind, {c: found.get(c, False) for c in CHECKERS}))
    return rows


def large_table(rows):
    lines = ["| one wrong entry of 1,000 | " + " | ".join(CHECKERS) + " |"]
    lines.append("|---|" + "---:|" * len(CHECKERS))
    for kind in ONE_ENTRY:
        own = [found for k, found in rows if k == kind]
        counts = (share_of(sum(found[c] for found in own), len(own)) for c in CHECKERS)
        lines.append(f"| {kind} | {' | '.join(counts)} |")
    return lines


# ---------------------------------------------------------------- why some cannot be killed


def why_equivalent(mutant):
    """Why a mutant has the right derivatives: measured on the cases of the op."""
    part = mutant.detail.rpartition("in part ")[2]
    k = int(part) if part.isdecimal() else mutant.rule
    drawn = m.cases(mutant.op, CASES, mutant.rule == "whole")
    results = [derivative for case in drawn for derivative in by_input(case, k)]
    if not any(np.any(v) for v in results):
        return "The derivative is 0 everywhere"
    return REASONS[mutant.kind](mutant, results)


def by_input(case, k):
    """The derivative by the k-th input, if the case has one."""
    where = m.Derivatives(case).where
    return [m.values(case, 1)[where.index(k)]] if k in where else []


def when_moved(mutant, results):
    axes = 2 if mutant.kind == "transposed" else 1
    if all(v.ndim < axes or v.size < 2 for v in results):
        return f"The derivative has fewer than {axes} axes, or one entry: there is nothing to move"
    if all(v.ndim < axes or min(v.shape[-axes:]) < 2 for v in results):
        return "Of the axes that are moved, one has the length 1"
    return f"The derivative is the same when {mutant.kind}: it is symmetric, or constant"


def is_the_same(mutant, wrong):
    """Whether a mutant of this order and with this rule is equivalent, too."""
    if mutant.order == 2:
        wrong = m.second_order(OPS[mutant.op].op.rules[mutant.rule], wrong)
    return m.first_difference(mutant._replace(wrong=wrong)) is None


def when_dropped(mutant, results):
    """A term that is replaced by nan, and still nothing changes, is not computed."""
    rule = OPS[mutant.op].op.rules[mutant.rule]
    unused = [x for detail, x in m.without_terms(rule, m.NAN) if detail == mutant.detail]
    if all(is_the_same(mutant, x) for x in unused):
        return (
            "The branch with the term does not run on these cases (it is for other dtypes or sizes)"
        )
    return "The term is 0 in float64, but for rounding"


def when_misread(mutant, results):
    """If noise in the place of the array changes nothing, its numbers do not matter."""
    op = OPS[mutant.op].op
    if is_the_same(mutant, m.reading_noise(op, op.rules[mutant.rule], mutant.detail)):
        return "The numbers of this array do not matter on these cases, only its shape may"
    return "What the rule reads of this array (a sign, a mask, an index), it finds in the other too"


REASONS = {
    "transposed": when_moved,
    "flipped": when_moved,
    "inputs swapped": lambda *_: "Both inputs have the same derivative",
    "a term dropped": when_dropped,
    "a saved array read for another": when_misread,
    "a saved array detached": lambda *_: (
        "The derivative of the rule by this array is 0: it is read "
        "as a mask, a sign, an index, or for its shape"
    ),
    "one entry zeroed": lambda *_: "The entry that is zeroed is 0",
    "sign": lambda *_: "The derivative of the rule is 0",
    "factor 1.01": lambda *_: "The derivative of the rule is 0",
}

# ---------------------------------------------------------------- the page


def share_of(killed, total):
    return f"{killed}/{total} ({100 * killed / total:.1f} %)" if total else "-"


def table(rows):
    """Kill rates: a line for each kind and order, and one for all."""
    lines = ["| mutants | order | " + " | ".join(CHECKERS) + " |"]
    lines.append("|---|---|" + "---:|" * len(CHECKERS))
    groups = [(kind, order) for kind in m.KINDS for order in m.ORDERS] + [("**all**", "1 and 2")]
    for kind, order in groups:
        own = [x for x in rows if (kind, order) in (x.mutant[2:5:2], groups[-1])]
        if own:
            counts = (killed(own, checker) for checker in CHECKERS)
            lines.append(f"| {kind} | {order} | {' | '.join(counts)} |")
    return lines


def killed(rows, checker):
    """How many of them a checker killed: by its answer + by an error of the rule."""
    how = Counter(row.deaths[checker] for row in rows)
    errors = f" + {how['error']}" if how["error"] else ""
    rate = 100 * (how["answer"] + how["error"]) / len(rows)
    return f"{how['answer']}{errors} of {len(rows)} ({rate:.1f} %)"


def page(results, large, options):
    rows = sorted((row for found, *_ in results for row in found), key=lambda row: row.text)
    wrong = [row for row in rows if row.deaths]
    equivalent = [row for row in rows if not row.deaths]
    chosen = f", one in {options.share} of all, drawn by chance" if options.share > 1 else ""
    lines = [
        INTRODUCTION.format(
            CASES=CASES,
            all=m.CASES,
            ops=len(results),
            mutants=f"{len(rows)}{chosen}",
            versions=", ".join(f"{name} {version(name)}" for name in LIBRARIES),
            python=platform.python_version(),
        )
    ]
    lines += [f"Of {len(rows)} mutants {len(equivalent)} are equivalent; the others are:", ""]
    lines += [*table(wrong), "", *accused_table(results), "", LARGE, *large_table(large)]
    for checker in CHECKERS:
        alive = [row.text for row in wrong if not row.deaths[checker]]
        lines += ["", f"## Survivors of {checker}", "", *listed(alive)]
    return "\n".join([*lines, "", *equivalents(equivalent)]) + "\n"


def listed(names, most=40):
    rest = [f"- and {len(names) - most} more"] if len(names) > most else []
    return [f"- {name}" for name in names[:most]] + rest or ["None."]


def accused_table(results):
    """How often the right rules are called wrong, and how long each checker took."""
    seconds = sum((s for _, s, _, _ in results), Counter())
    accused = sum((a for _, _, a, _ in results), Counter())
    asked = sum(n for *_, n in results)
    shares = (share_of(accused[c], asked) for c in CHECKERS)
    times = (f"{seconds[c]:.0f} s" for c in CHECKERS)
    return [
        "| | " + " | ".join(CHECKERS) + " |",
        "|---|" + "---:|" * len(CHECKERS),
        "| right rules that are called wrong | " + " | ".join(shares) + " |",
        "| time, of one core | " + " | ".join(times) + " |",
    ]


def equivalents(rows):
    lines = [
        "## Equivalent mutants",
        "",
        f"They have the right values on {m.CASES} cases of the op.",
    ]
    by_reason = defaultdict(list)
    for row in rows:
        by_reason[row.reason].append(row.mutant)
    for reason, keys in sorted(by_reason.items()):
        lines += ["", f"**{reason}** ({len(keys)}):", ""]
        by_op = defaultdict(set)
        for name, rule, kind, detail, order in keys:
            by_op[name, rule].add(f"{kind} {detail}".strip() + f", order {order}")
        for (name, rule), what in sorted(by_op.items(), key=str):
            lines.append(f"- `{name}`, input {rule}: {'; '.join(sorted(what))}")
    return lines


LIBRARIES = ("tinygrad_edu", "torch", "autograd", "numpy")

INTRODUCTION = """# How many wrong derivatives are found

`make trust` writes this page.  It makes the derivative rules of all {ops} ops wrong on purpose
(*mutants*: {mutants}), puts each in the place of the right rule, and asks four gradient
checkers.  All of them see the same numbers: for PyTorch and for HIPS autograd the op is wrapped in
a `torch.autograd.Function` and in a `primitive`, whose backward is the rule in place.  Each checker
runs with its default tolerances, to second order, on the same {CASES} cases of the op (ours is
given `atol=1e-6`, as in tests/test_ops.py).

A mutant of order 1 is a wrong rule.  One of order 2 has the right value and the derivative of the
wrong rule, so that only a check of second derivatives can find it.  An *equivalent* mutant has the
derivatives of the right rule on {all} cases: no checker can find it.  Of any other, each checker is
given the cases from the first one on that shows the difference.

A mutant is *killed* if the checker accepts the right rule on a case, and says of the mutant that
its derivative is wrong.  Some mutants raise an error when they run, as by a shape that does not
fit: where a checker says nothing else of one, it is counted apart, as in "40 + 2 of 42".

Measured with {versions}, on Python {python}.
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
    count = Counter(mutant.op for mutant in m.mutants())
    jobs = [(name, options.share) for name, _ in count.most_common()]  # long ones first
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        results = []
        for result in pool.imap_unordered(run_op, jobs):
            results.append(result)
            print(f"\r{len(results)}/{len(jobs)} ops", end="", file=sys.stderr, flush=True)
        large = [row for rows in pool.imap_unordered(run_large, large_ops()) for row in rows]
    text = page(results, large, options)
    print(text)
    if options.write or options.share == 1:
        (ROOT / "docs" / "trust.md").write_text(text)


if __name__ == "__main__":
    main()
