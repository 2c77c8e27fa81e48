"""gradcheck: are the derivatives of a function right?  And if not, what is wrong with them?

The inputs are looked at, f is called, its gradients are compared with differences (`comparison`),
and what is wrong is named (`diagnosis`) and shown (`report`).
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from . import analytic, comparison, conditions
from .checked_function import CheckedFunction, checked_function, validate_results
from .complex_step import complex_step
from .error import GradcheckError
from .numeric import norm
from .options import Options
from .projections import SAMPLED, projected
from .report import error_of
from .script import Call, script

PATIENCE = 10.0  # seconds: after a slower check the script is not tried out


def gradcheck(
    f: Callable[..., Any],
    inputs: Any,
    *,
    order: int = 1,
    eps: float | None = None,
    atol: float = 0.0,
    rtol: float = 1e-5,
    projections: int = 3,
    seed: int = 0,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_batched_grad: bool = False,
    check_forward_ad: bool | None = None,
    check_backward_ad: bool = True,
    fast_mode: bool | None = None,
    masked: bool | None = None,
    batch: bool = False,
    layouts: bool | None = None,
    verbose: bool = False,
) -> bool:
    """Check the derivatives of a function against a complex step or finite differences.

    Where every op of f is analytic, a directional derivative is taken by a complex step, which has
    all its digits.  Else it is taken by central differences of 4th order at many steps, relative to
    the size of each entry, each with an estimate of its error.  Slopes agree within `atol`, `rtol`
    of their size, and that estimate.  At a kink, a subgradient between the slopes of both sides is
    right.

    Parameters
    ----------
    f : callable or nn.Module
        Takes the inputs, and returns a tensor or a tuple of them, which may be nested.  The
        parameters of a module are checked too, by name.
    inputs : Tensor, ndarray, or a sequence of what f takes
        The floating ones are checked, in float64; the others are handed on.
    order : int, default 1
        2 checks the derivative of the derivative too, 3 the next one.
    eps : float, default None
        The step of the first difference, relative to the size of each entry.  By default 2^-17.
    atol, rtol : float, default 0 and 1e-5
        The absolute and the relative difference that is allowed.
    projections : int, default 3
        How many random directions are compared, where the Jacobian is too large to be compared
        whole.
    seed : int, default 0
        Of the random directions.
    raise_exception : bool, default True
        Otherwise return False for a wrong derivative.
    nondet_tol : float, default 0
        How much two calls of f may differ.
    check_undefined_grad : bool, default True
        Check too that a result of f that gets no gradient counts as one that gets zeros.
    check_batched_grad : bool, default False
        Check too that several output gradients at once (`is_grads_batched`) give what each gives
        alone.
    check_forward_ad : bool, default None
        Compare forward mode too: <u, J v> must be <J' u, v>.  By default it is left out if f has no
        forward mode (the backward of an `autograd.Function` need not be differentiable), and for
        `order=2`, which implies it.
    check_backward_ad : bool, default True
        False checks forward mode only.
    fast_mode : bool, default None
        True compares along random directions only; False compares every entry.  By default every
        entry where the Jacobian has at most 400.
    masked : bool, default None
        In PyTorch how sparse inputs are read.  Here all are dense, so this changes nothing.
    batch : bool, default False
        Check too that f of a batch is the batch of f of its parts.
    layouts : bool, default None
        Check too that transposed, reversed and spaced inputs give the same (at most 1,000 entries).
        By default where f itself gives the same; True also checks that it does.
    verbose : bool, default False
        Print where a kink was met.

    Returns
    -------
    bool
        True if the derivatives are right.

    Raises
    ------
    GradcheckError
        If a derivative is wrong, f is not deterministic, f changes its inputs, or a step of it is
        in float32 or float16 (allowed from `rtol=1e-2` on).
    TypeError, ValueError, RuntimeError
        If `inputs` or what f returns cannot be checked.

    References
    ----------
    Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", 1982.
    Squire and Trapp, "Using complex variables to estimate derivatives of real functions", 1998.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.testing import gradcheck
    >>> gradcheck(lambda x: (x * x).sum(), tg.tensor([1e6, 2e6]), order=2)
    True
    """
    __tracebackhide__ = True  # pytest shows the line of the caller instead
    _ = masked
    limits = (order, eps, atol, rtol, projections, seed, nondet_tol)
    also = (check_undefined_grad, check_batched_grad, False, check_forward_ad, check_backward_ad)
    options = Options(*limits, *also, fast_mode, batch, layouts, verbose)
    call = Call("gradcheck", f, inputs, options.given(), lambda xs: run(f, xs, options))
    return checked_call(call, raise_exception)


def checked_call(call: Call, raise_exception: bool) -> bool:
    """Run a check; to its error add the script that repeats it."""
    __tracebackhide__ = True
    start = perf_counter()
    try:
        call.run(call.inputs)
    except GradcheckError as error:
        if not raise_exception:
            return False
        failed, in_time = error, perf_counter() - start < PATIENCE
        failed.inputs = call.arguments()
        failed._repeat_with(script(call, failed, lambda xs: in_time and _fails(call, xs, failed)))
        raise failed.with_traceback(None) from None
    return True


def _fails(call: Call, inputs: Any, error: GradcheckError) -> bool:
    """Whether the check fails in the same way at other inputs."""
    try:
        call.run(inputs)
    except GradcheckError as other:
        kinds = [(e.diagnosis or "").split(":")[0].split("(")[0] for e in (error, other)]
        return other.input == error.input and kinds[0] == kinds[1]
    except Exception:
        return False
    return False


def run(f: Callable[..., Any], inputs: Any, options: Options) -> None:
    """Check f.  Raises GradcheckError for what is wrong."""
    random = np.random.default_rng(options.seed)
    checked = checked_function(f, inputs)
    with np.errstate(all="ignore"):
        _check_conditions(checked, random, options)
        if options.check_backward_ad:
            level = checked
            for order in range(1, options.order + 1):
                level = level if order == 1 else analytic.derivative(level, random)
                _compare(level, options, random)
        if options.check_forward_ad is not False:
            _compare_forward_mode(checked, options, random)


def _check_conditions(
    checked: CheckedFunction, random: np.random.Generator, options: Options
) -> None:
    validate_results(checked)
    u = random.standard_normal(checked.y.size)
    problem = conditions.problem_with_f(checked, options.nondet_tol)
    if options.rtol < 1e-2:
        problem = problem or conditions.problem_with_dtypes(checked)
    problem = problem or conditions.problem_with_gradients(checked, u)
    problem = problem or conditions.problem_with_linearity(checked, u)
    if options.check_undefined_grad:
        problem = problem or conditions.problem_with_missing_gradients(checked, u)
    if options.layouts is not False and checked.x.size <= 1000:
        problem = problem or conditions.problem_with_layouts(checked, u, bool(options.layouts))
    if options.batch:
        problem = problem or conditions.problem_with_batches(checked)
    if options.check_batched_grad:
        problem = problem or conditions.problem_with_batched_gradients(checked, random)
    if options.check_batched_forward_grad:
        problem = problem or conditions.problem_with_batched_tangents(checked, random)
    if problem:
        diagnosis, text = problem
        raise GradcheckError(f"gradcheck: {text}", diagnosis=diagnosis)


def _compare(checked: CheckedFunction, options: Options, random: np.random.Generator) -> None:
    if checked.x.size == 0 or checked.y.size == 0:
        return
    checked.complex_step = complex_step(checked)
    if options.fast_mode is False or (comparison.is_small(checked) and not options.fast_mode):
        finding, kinks = comparison.whole(checked, options)
        for k in kinks if options.verbose else []:
            i, place = checked.input_place(k)
            said = f"gradcheck: a kink at {checked.names[i]}{list(place)}: the subgradient is right"
            print(said)  # noqa: T201
        if finding is None and checked.columns < checked.x.size:
            finding = projected(checked, options, random, 1, 0)
    else:
        finding = projected(checked, options, random, options.projections, SAMPLED)
        finding = finding and comparison.completed(checked, options, finding)
    if finding is not None:
        raise error_of(checked, finding)


def _compare_forward_mode(
    checked: CheckedFunction, options: Options, random: np.random.Generator
) -> None:
    """J v of forward mode.  Unless it is asked for, f need not have one: the backward of a
    `Function` may compute with NumPy, and then cannot be differentiated."""
    asked = options.check_forward_ad or not options.check_backward_ad
    n, m = checked.x.size, checked.y.size
    if n == 0 or m == 0 or (not asked and (options.order > 1 or analytic.by_hand(checked))):
        return
    try:
        forward = analytic.forward_mode(checked)
        u, v = random.standard_normal(m), random.standard_normal(n)
        tangent, gradient = forward(v), checked.vjp(u)
    except Exception as error:
        if not asked:
            return
        error.add_note("gradcheck: f has no forward mode; leave out check_forward_ad")
        raise
    if not asked and not tangent.any():
        return
    one, other = float(u @ tangent), float(gradient @ v)
    size = norm(u * tangent) + norm(gradient * v)
    fits = abs(one - other) <= 1e-8 * size < np.inf
    if fits and options.check_backward_ad:
        return
    if comparison.is_small(checked):
        finding = comparison.of_columns(checked, options, forward)
        if finding is not None:
            raise error_of(checked, finding, "forward mode: ")
    elif not fits:
        raise GradcheckError(
            f"gradcheck: forward mode and the reverse pass do not fit: <u, J v> = {one:.8g}, but "
            f"<J' u, v> = {other:.8g}, u and v random.  The rule for a gradient is not linear in "
            "g, or it is another one on tensors than on arrays",
            diagnosis="forward mode differs",
        )
