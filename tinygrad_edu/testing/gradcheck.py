"""gradcheck: are the derivatives of a function right?  And if not, what is wrong with them?

The inputs are looked at, f is called, its gradients are compared with differences (`comparison`),
and what is wrong is named (`diagnosis`) and shown (`report`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import analytic, comparison, hygiene, numeric, report
from .comparison import SAMPLED, SMALL, Finding, Limits
from .diagnosis import diagnose
from .subject import Subject, examine, subject_of


class GradcheckError(AssertionError):
    """A derivative is wrong, or cannot be checked.

    Each parameter but the text is an attribute too.

    Parameters
    ----------
    text : str
        The message: the table of entries, the diagnosis and the script that repeats it.
    input : str or None
        The input or parameter whose derivative is wrong.
    index : tuple of int or None
        The entry of it that is most wrong.
    analytic, numeric : float or None
        The derivative by the reverse pass, and by differences.
    diagnosis : str or None
        What is wrong, in words, where one of the usual mistakes explains all entries.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.testing import GradcheckError, gradcheck
    >>> x = tg.tensor([1.0, 2.0])
    >>> try:
    ...     gradcheck(lambda x: x * x.detach(), x)
    ... except GradcheckError as error:
    ...     print(error.input, error.index, error.analytic)
    input 0 (1,) 2.0
    """

    def __init__(
        self,
        text: str,
        input: str | None = None,
        index: tuple[int, ...] | None = None,
        analytic: float | None = None,
        numeric: float | None = None,
        diagnosis: str | None = None,
    ) -> None:
        super().__init__(text)
        self.input, self.index, self.diagnosis = input, index, diagnosis
        self.analytic, self.numeric = analytic, numeric


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
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool | None = None,
    masked: bool | None = None,
    batch: bool = False,
    layouts: bool | None = None,
    verbose: bool = False,
) -> bool:
    """Check the derivatives of a function against finite differences.

    A directional derivative is taken by central differences of 4th order at many steps, relative to
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
    check_undefined_grad, check_batched_grad, masked
        Accepted for PyTorch's sake, without effect: a missing gradient always counts as zeros,
        each row of the Jacobian is a reverse pass of its own, and no tensor is sparse.
    check_forward_ad : bool, default False
        Compare <u, J v> of forward mode with <J' u, v> too; so does `order=2`.
    check_backward_ad : bool, default True
        False compares forward mode with the reverse pass only.
    fast_mode : bool, default None
        True compares along random directions only; False compares every entry.  By default every
        entry where the Jacobian has at most 400.
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
    Squire and Trapp, "Using complex variables to estimate derivatives of real functions", 1998.
    Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", 1982.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.testing import gradcheck
    >>> gradcheck(lambda x: (x * x).sum(), tg.tensor([1e6, 2e6]), order=2)
    True
    """
    _ = check_undefined_grad, check_batched_grad, masked
    limits = Limits(atol, rtol, numeric.STEP if eps is None else eps, projections)
    random = np.random.default_rng(seed)
    first = subject = subject_of(f, inputs)
    try:
        with np.errstate(all="ignore"):
            _keep_clean(subject, random, nondet_tol, layouts, batch, limits)
            for level in range(1, order + 1):
                subject = subject if level == 1 else analytic.derivative(subject, random, level)
                if check_backward_ad:
                    _compare(subject, limits, random, fast_mode, verbose)
            if check_forward_ad or not check_backward_ad:
                _compare_modes(first, random)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _keep_clean(
    subject: Subject,
    random: np.random.Generator,
    nondet_tol: float,
    layouts: bool | None,
    batch: bool,
    limits: Limits,
) -> None:
    examine(subject)
    u = random.standard_normal(subject.y.size)
    trouble = hygiene.trouble_with_f(subject, nondet_tol)
    if limits.rtol < 1e-2:
        trouble = trouble or hygiene.trouble_with_dtypes(subject)
    trouble = trouble or hygiene.trouble_with_gradients(subject, u)
    if layouts is not False and subject.x.size <= 1000:
        trouble = trouble or hygiene.trouble_with_layouts(subject, u, bool(layouts))
    if batch:
        trouble = trouble or hygiene.trouble_with_batches(subject)
    if trouble:
        diagnosis, text = trouble
        raise GradcheckError(f"gradcheck: {text}", diagnosis=diagnosis)


def _compare(
    subject: Subject,
    limits: Limits,
    random: np.random.Generator,
    fast_mode: bool | None,
    verbose: bool,
) -> None:
    n, m = subject.x.size, subject.y.size
    if n == 0 or m == 0:
        return
    small = n * m <= SMALL and n <= SMALL // 4 and m <= SMALL // 4 and not subject.at
    if fast_mode is False or (small and not fast_mode):
        finding, kinks = comparison.whole(subject, limits)
        for k in kinks if verbose else []:
            i, place = subject.place(k)
            said = f"gradcheck: a kink at {subject.names[i]}{list(place)}: the subgradient is right"
            print(said)  # noqa: T201
    else:
        finding = comparison.projected(subject, limits, random, 0 if subject.at else SAMPLED)
    if finding is not None:
        raise _error(subject, finding)


def _error(subject: Subject, finding: Finding) -> GradcheckError:
    diagnosis = diagnose(subject, finding)
    row, column = finding.worst()
    i, place = subject.place(int(finding.columns[column]))
    return GradcheckError(
        report.message(subject, finding, diagnosis),
        subject.names[i],
        place,
        float(finding.analytic[row, column]),
        float(finding.numeric[row, column]),
        diagnosis,
    )


def _compare_modes(subject: Subject, random: np.random.Generator) -> None:
    """<u, J v> of forward mode against <J' u, v> of the reverse pass."""
    u, v = random.standard_normal(subject.y.size), random.standard_normal(subject.x.size)
    ahead, gradient = analytic.forward(subject, v), subject.pull(u)
    size = float(np.linalg.norm(u * ahead) + np.linalg.norm(gradient * v))
    one, other = float(u @ ahead), float(gradient @ v)
    if not abs(one - other) <= 1e-9 * size:
        raise GradcheckError(
            f"gradcheck: forward mode and the reverse pass do not fit: <u, J v> = {one:.8g}, "
            f"<J' u, v> = {other:.8g}.  The derivative of a rule by its g is wrong",
            diagnosis="forward mode differs",
        )
