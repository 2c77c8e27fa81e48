"""`autograd.gradcheck` and `autograd.gradgradcheck`: the check with PyTorch's names and defaults.

Only the inputs that require grad are checked; steps are relative to their sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd import enable_grad, grad
from ..engine.graph import TensorBase
from ..tensor import Tensor
from .checked_function import flattened
from .gradcheck import checked_call, run
from .layouts import laid_out
from .options import Options
from .script import Call

PYTORCHS = Options(eps=1e-6, atol=1e-5, rtol=1e-3, check_forward_ad=False, fast_mode=False)


def gradcheck(
    func: Callable[..., Tensor | Sequence[Tensor]],
    inputs: Tensor | Sequence[Tensor],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Check the gradients of a function against finite differences, with PyTorch's signature.

    `testing.gradcheck` is the same check with stricter limits.

    Parameters
    ----------
    func : callable
        Takes the inputs, and returns a tensor or a tuple of them.
    inputs : Tensor, or tuple of Tensor and other objects
        Those that require grad are checked, in float64.
    eps : float, default 1e-6
        The step, relative to the size of each entry.  (PyTorch's is absolute.)
    atol, rtol : float, default 1e-5 and 1e-3
        The absolute and the relative difference that is allowed.
    raise_exception : bool, default True
        Otherwise return False for a wrong gradient.
    nondet_tol : float, default 0
        How much two calls may differ.
    check_undefined_grad : bool, default True
        Check too that a result of f that gets no gradient counts as one that gets zeros.
    check_grad_dtypes : bool, default False
        The dtypes of the gradients are always checked, so this changes nothing.
    check_batched_grad, check_batched_forward_grad : bool, default False
        Check too that several output gradients, or tangents, at once (`is_grads_batched`, `vmap`)
        give what each gives alone.
    check_forward_ad : bool, default False
        Check forward mode too.
    check_backward_ad : bool, default True
        Check the reverse pass.
    fast_mode : bool, default False
        Compare along random directions, not entry by entry.
    masked : bool, default None
        In PyTorch how sparse inputs are read.  Here all are dense, so this changes nothing.

    Returns
    -------
    bool
        True if the gradients are right.

    Raises
    ------
    GradcheckError
        If they are not.
    ValueError
        If no input requires grad.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
    >>> tg.autograd.gradcheck(lambda x: x.exp(), (x,))
    True
    """
    _ = check_grad_dtypes, masked
    limits = PYTORCHS.limits(eps, atol, rtol, nondet_tol)
    also = (check_undefined_grad, check_batched_grad, check_batched_forward_grad)
    options = Options(*limits, *also, check_forward_ad, check_backward_ad, fast_mode)

    def again(xs: Any) -> None:
        run(*_only_leaves(func, xs), options)

    call = Call("tg.autograd.gradcheck", func, inputs, options.given(PYTORCHS), again)
    return checked_call(call, raise_exception)


def gradgradcheck(
    func: Callable[..., Tensor | Sequence[Tensor]],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Check the second derivatives of a function: those of its gradients, by finite differences.

    Parameters
    ----------
    func : callable
        Takes the inputs, and returns a tensor or a tuple of them.
    inputs : Tensor, or tuple of Tensor and other objects
        Those that require grad are checked, in float64.
    grad_outputs : Tensor or sequence of Tensor, default None
        dL/dy, from which the gradients are taken; by default random numbers.
    eps, atol, rtol, raise_exception, nondet_tol, fast_mode
        As for `gradcheck`.
    check_fwd_over_rev : bool, default False
        Check forward mode over the reverse pass too.
    check_rev_over_rev : bool, default True
        Check the reverse pass over the reverse pass.
    gen_non_contig_grad_outputs : bool, default False
        Lay the random `grad_outputs` out in memory with gaps.
    check_undefined_grad, check_grad_dtypes, check_batched_grad, masked
        As for `gradcheck`, of the function that computes the gradients.

    Returns
    -------
    bool
        True if the second derivatives are right.

    Raises
    ------
    GradcheckError
        If they are not.
    ValueError
        If no input requires grad.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 2.0], dtype=tg.float64, requires_grad=True)
    >>> tg.autograd.gradgradcheck(lambda x: x**3, (x,))
    True
    """
    _ = check_grad_dtypes, masked
    limits = PYTORCHS.limits(eps, atol, rtol, nondet_tol)
    also = (check_undefined_grad, check_batched_grad, False)
    options = Options(*limits, *also, check_fwd_over_rev, check_rev_over_rev, fast_mode)

    def again(xs: Any) -> None:
        f, leaves = _only_leaves(func, xs)
        given = _cotangents(f, leaves, grad_outputs, gen_non_contig_grad_outputs)
        run(_gradient_of(f, len(leaves)), [*leaves, *given], options)

    named = {"check_forward_ad": "check_fwd_over_rev", "check_backward_ad": "check_rev_over_rev"}
    changed = {named.get(name, name): x for name, x in options.given(PYTORCHS).items()}
    if grad_outputs is not None:
        changed["grad_outputs"] = grad_outputs
    if gen_non_contig_grad_outputs:
        changed["gen_non_contig_grad_outputs"] = True
    call = Call("tg.autograd.gradgradcheck", func, inputs, changed, again)
    return checked_call(call, raise_exception)


def _gradient_of(f: Callable[..., Any], n: int) -> Callable[..., Any]:
    """(x, u) -> J' u, of f with n inputs."""

    def gradient(*arguments: Any) -> Any:
        xs, us = arguments[:n], arguments[n:]
        xs = tuple(x if x.requires_grad else x.detach().requires_grad_() for x in xs)
        with enable_grad():
            ys = [y for y in flattened(f(*xs)) if y.array.dtype.kind == "f"]
            found = grad(ys, xs, us, create_graph=True, allow_unused=True)
            return tuple(x * 0 if g is None else g for x, g in zip(xs, found, strict=True))

    return gradient


def _only_leaves(func: Callable[..., Any], inputs: Any) -> tuple[Callable[..., Any], list[Any]]:
    """The function of those inputs that require grad, and these."""
    arguments = [inputs] if isinstance(inputs, TensorBase) else list(inputs)
    places = [i for i, x in enumerate(arguments) if getattr(x, "requires_grad", False)]
    if not places:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them has "
            "requires_grad=True.  Call x.requires_grad_(), or use testing.gradcheck"
        )
    arguments = [
        x.detach().double()
        if isinstance(x, Tensor) and x.array.dtype.kind == "f" and i not in places
        else x
        for i, x in enumerate(arguments)
    ]

    def f(*leaves: Any) -> Any:
        full = list(arguments)
        for i, leaf in zip(places, leaves, strict=True):
            full[i] = leaf
        return func(*full)

    return f, [arguments[i] for i in places]


def _cotangents(f: Callable[..., Any], leaves: list[Any], given: Any, with_gaps: bool) -> list[Any]:
    if given is not None:
        return [Tensor(np.array(u.array, np.float64)) for u in flattened(given)]
    random = np.random.default_rng(0)
    doubled = [Tensor(np.array(x.array, np.float64)) for x in leaves]
    ys = [y for y in flattened(f(*doubled)) if y.array.dtype.kind == "f"]
    us = [np.asarray(random.standard_normal(tuple(y.shape))) for y in ys]
    return [Tensor(laid_out(u, "gaps") if with_gaps else u) for u in us]
