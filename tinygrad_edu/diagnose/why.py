"""why: why is the gradient of a tensor None, or zero?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import views
from ..engine import leaf
from ..engine.graph import Node
from ..engine.observing import Cut, ObservedNode, restored
from ..tensor import Tensor, root_gradient
from ..viz.graph.picture import recorded
from ..viz.numbers import number, size_of
from . import reach, zeros
from .answer import Answer, Cause, name_of, place_of, said_of, title_of

SHOWN = 3  # causes in a text
LOOK = "make the loss inside of `with viz.observe():` and ask again, to see the lines"


def why(x: Tensor, loss: Tensor | None = None) -> Answer:
    """Say why the gradient of a tensor is None, or zero, or only partly there.

    Ask after `loss.backward()`, or before it with the loss.  The answer knows the lines of the code
    if the forward pass ran inside of `with viz.observe():`, else the ops.  Nothing is changed, but
    hooks on the tensors run where the reverse pass is repeated for the answer.

    Parameters
    ----------
    x : Tensor
        The tensor whose `.grad` is in question, such as a parameter.
    loss : Tensor, optional
        Where the gradient should come from; by default, where the newest `backward()` of this
        thread began, if that is still alive.

    Returns
    -------
    Answer
        Its text is the answer in words; `reason` is one of these names:

        * the tensor: `never_required`, `frozen`, `not_float`, `non_leaf`
        * the way from the loss is cut: `detach`, `data`, `numpy`, `item`, `float`, `int`, `bool`,
          `index`, `tolist`, `tensor`, `parameter`, `int_cast`, `comparison`, `argmax`, `argmin`,
          `argsort`, `argtop`, `no_derivative`, `no_grad`, `no_rule`, `not_reached`, `unused`
        * backward: `no_backward`, `not_asked_for`, `cleared`, `zeroed`, `freed`, `unknown`
        * zeros: `zero_rule`, `dead_relu`, `saturated`, `clamp`, `mask`, `not_chosen`,
          `not_largest`, `times_zero`, `stationary`, `zero_slope`, `cancels`, `hook`, `zero_seed`
        * something is there: `partly_zero`, `saturated`, `clipped`, `not_finite`, `has_gradient`

    Raises
    ------
    TypeError
        If `x` or `loss` is no Tensor.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> w = tg.ones(2, requires_grad=True)
    >>> y = x * 3
    >>> loss = (y.detach() * w).sum()
    >>> loss.backward()
    >>> answer = tg.diagnose.why(x)
    >>> answer.reason
    'detach'
    >>> print(answer.cure)
    leave detach() out where a gradient is to flow
    """
    for name, given in (("x", x), ("loss", loss)):
        if not isinstance(given, Tensor) and (name == "x" or given is not None):
            is_module = hasattr(given, "named_parameters")
            instead = ": take one of its parameters, as in model.fc1.weight" if is_module else ""
            raise TypeError(f"why: {name} is a Tensor, not {type(given).__name__}{instead}")
    home = leaf.home(x)
    if x.node is None:
        return _of_constant(x, home)
    question = _Question(x, loss)
    is_result = x.node.plan and x.node.grad is None and not x.retains_grad
    if is_result and (loss is None or question.reached()):
        return _of_result(x)
    return question.answer()


def _of_constant(x: Tensor, home: Node | None) -> Answer:
    title = title_of(x)
    if (cut := _maker(x)) is not None:
        names = reach.words_of(cut)
        at = f" at {cut.place}" if cut.place else ""
        text = f"{title} has no gradient: it was made by {names.words}{at}."
        return Answer(names.reason, text, names.cure, (_cause(cut),))
    if x.dtype.kind != "f":
        text = (
            f"{title} has no gradient: its numbers are {x.dtype}, and only floats have gradients."
        )
        return Answer("not_float", text, "make it of floats: x.float(), before requires_grad_()")
    if home is not None:
        text = f"{title} is frozen: requires_grad_(False) was called, so backward() leaves it out."
        return Answer("frozen", text, "x.requires_grad_() before the forward pass")
    text = f"{title} has no gradient: it does not require one, and was not asked to."
    cure = "say requires_grad=True when it is made, or x.requires_grad_() before the forward pass; "
    cure += (
        "in a Module, nn.Parameter(x).  If it was computed from tensors that require grad, that "
    )
    cure += f"ran under no_grad(), or by something without a derivative: {LOOK}"
    return Answer("never_required", text, cure)


def _maker(x: Tensor) -> Cut | None:
    """What took the numbers of a constant out of the record, as far as that is known."""
    for cut in (cut for node in reach.living_nodes() for cut in reach.cuts_of(node)):
        if cut.made is not None and cut.made() is x:
            return cut
    if x._base is not None and x._base.node is not None:  # a view, taken under no_grad()
        return Cut(x._steps[1].op.name, True, 0)  # type: ignore[misc]
    if type(x) is not Tensor or x._owner is None or x._owner is views.nobody:
        return None
    owner = x._owner()  # whose memory it looks into
    if owner is None:
        return Cut("detach", False, 0)
    own = [
        cut for cut in reach.cuts_of(owner.node) if cut.name in ("detach", "data") and not cut.of
    ]
    return own[-1] if own else None


def _of_result(x: Tensor) -> Answer:
    assert x.node is not None
    node, name = x.node, str(x.node.name)
    leaves = [tuple(n.shape) for n in recorded(node) if n.plan is None]
    text = f"{title_of(x)} is no leaf but the result of {said_of(node)}, so backward() leaves no "
    text += ".grad here"
    text += f"; it goes on to what it was computed from, leaves of shape {leaves[:SHOWN]}."
    cure = "to see its gradient, x.retain_grad() before backward().  If it is to be a weight, "
    made = "make a leaf of it when it is finished: x = x.detach().requires_grad_()"
    if name in ("subtract", "add"):
        cure += "`w = w - lr * w.grad` has made a new tensor: write `w -= lr * w.grad` under "
        cure += "`with no_grad():`"
    elif name == "astype":
        cure += f"`.to(dtype)` has made a new tensor: give dtype= at once, or {made}"
    else:
        cure += made
    return Answer("non_leaf", text, cure, (Cause("non_leaf", name_of(node), place_of(node)),))


def _cause(cut: Cut) -> Cause:
    return Cause(reach.words_of(cut).reason, cut.name, str(cut.place or ""))


class _Question:
    """A tensor that requires grad, and where its gradient should come from."""

    def __init__(self, x: Tensor, loss: Tensor | None) -> None:
        assert x.node is not None
        self.x, self.node, self.loss = x, x.node, loss
        self.title = title_of(x)
        none = self.node.grad is None
        self.has = "has .grad None" if none else "has a .grad, but none of it is of this loss"
        self.roots = reach.last_roots() if loss is None else [loss.node] if loss.node else []
        self.went_back = self.node.grad is not None or self._went_back()

    def _went_back(self) -> bool:
        """Was backward() called from these roots?"""
        ended = any(root in reach.last_roots() for root in self.roots)
        nodes = [node for root in self.roots for node in recorded(root)]
        return ended or any(node.plan and node.saved is None for node in nodes)

    def answer(self) -> Answer:
        is_root = self.loss is not None and self.loss.node is None
        given = self.loss is not None
        if self.node.grad is not None and not (given and not self.reached()):
            return self._of_gradient(np.asarray(self.node.grad.array))
        if not self.roots and not is_root:
            return self._without_loss()
        if is_root or not self.reached():
            return self._of_unreached()
        if not self.went_back:
            return self._not_yet()
        if not reach.was_asked_for(self.node):
            text = f"{self.title} {self.has}: backward(inputs=...) asked for other tensors only."
            return Answer("not_asked_for", text, "add it to inputs=, or leave inputs= out")
        text = f"{self.title} {self.has}, though backward() reached it{self._at_backward()}: "
        text += "it was set to None after that, as zero_grad() does."
        return Answer("cleared", text, "look at .grad before zero_grad() or x.grad = None")

    def reached(self) -> bool:
        return self.node in reach.reached(self.roots)

    def _at_backward(self) -> str:
        return f" at {leaf.last.place}" if leaf.last.place else ""

    # ------------------------------------------------------------ None

    def _without_loss(self) -> Answer:
        if not leaf.last.tick:
            text = f"{self.title} {self.has}: no backward() was called yet on this thread."
            cure = "loss.backward() fills .grad; autograd.grad returns gradients, and fills nothing"
            return Answer("no_backward", text, cure)
        if (cut := self._cuts(math.inf, 0)) is not None:
            return cut
        used = reach.ahead(self.node)[1:]
        if used and used[-1].tick > leaf.last.tick:
            text = f"{self.title} {self.has}: backward() was not called since it was used by "
            return Answer("no_backward", f"{text}{said_of(used[-1])}.", "call loss.backward()")
        text = f"{self.title} {self.has}.  The loss of the newest backward()"
        text += f"{self._at_backward()} is gone, so nothing says whether it was computed from this."
        return Answer("unknown", text, "ask with the loss: diagnose.why(x, loss)")

    def _of_unreached(self) -> Answer:
        used = reach.ahead(self.node)[1:]
        if self.loss is None and used and used[-1].tick > leaf.last.tick:
            return self._without_loss()
        found = reach.without_rule(self.roots, self.node)
        if found is not None:
            op, argument = found
            text = f"{self.title} {self.has}: {said_of(op)} has no derivative with respect to "
            text += f"its input `{argument}`, to which this leads."
            cause = Cause("no_rule", name_of(op), place_of(op))
            cure = "such inputs (targets, indices, masks) are constants of an op: use another one"
            return Answer("no_rule", text, cure, (cause,))
        until = max((root.tick for root in self.roots), default=math.inf)
        since = 0 if type(self.x) is Tensor else reach.first_op(self.roots)
        return self._cuts(until, since) or self._unused(used)

    def _cuts(self, until: float, since: float) -> Answer | None:
        """The answer, if something is known to take what was computed from x out of the record."""
        found = reach.left_by(self.node, until, since)
        if not found:
            return None
        said = [self._said(left) for left in found[:SHOWN]]
        more = [f"{len(found) - SHOWN} more do so"] if len(found) > SHOWN else []
        text = f"{self.title} {self.has}: {'; '.join([*said, *more])}, so that no gradient "
        text += "comes back."
        names = reach.words_of(found[0].cut)
        causes = tuple(_cause(left.cut) for left in found)
        return Answer(names.reason, text, names.cure, causes)

    def _said(self, left: reach.Left) -> str:
        cut, node = left
        at = f" at {cut.place}" if cut.place else ""
        if node is self.node:
            return f"{reach.words_of(cut).words}{at} took it out of the record"
        what = said_of(node) if node is not None else f"the result of {cut.of}"
        words = reach.words_of(cut).words
        return f"{words}{at} took {what}, which was computed from it, out of the record"

    def _unused(self, used: list[Node]) -> Answer:
        what = "the loss was not computed from it, so that backward() does not reach it"
        if not self.roots:
            what = "the loss has no record, so that backward() reaches nothing"
        if used:
            reason, more = "not_reached", f"It was used by {said_of(used[0])}, which does not lead "
            more += "to the loss."
        else:
            reason = "unused" if self.roots else "not_reached"
            more = "No op that used it is in the record."
        text = f"{self.title} {self.has}: {what}.  {more}"
        cure = "use it in the forward pass (is its layer called?), or take it out of the model"
        observed = any(isinstance(n, ObservedNode) for r in self.roots for n in recorded(r))
        cure += "" if observed else f".  If it was used, its value left the record: {LOOK}"
        causes = tuple(Cause(reason, name_of(n), place_of(n)) for n in used[:1])
        return Answer(reason, text, cure, causes)

    def _not_yet(self) -> Answer:
        """Before backward(): does a gradient lie ahead?"""
        way = self._way()
        is_zero = way is not None and way.gradient is not None and not np.any(way.gradient)
        if way is not None and is_zero and way.gradient.size:
            found = self._of_zeros(way, "would get a gradient of zeros")
            if found is not None:
                return found
        text = f"{self.title} {self.has}: backward() was not called on the loss yet."
        cure = "loss.backward() fills .grad; autograd.grad returns gradients, and fills nothing"
        return Answer("no_backward", text, cure)

    # ------------------------------------------------------------ zeros

    def _way(self) -> zeros.Way | None:
        """The way of the gradient, if the record still knows what its rules read."""
        roots = [root for root in self.roots if self.node in reach.reached([root])]
        if len(roots) != 1 or (self.loss is None and math.prod(roots[0].shape) != 1):
            return None
        given = Tensor(np.zeros(roots[0].shape, roots[0].dtype), roots[0])
        if math.prod(roots[0].shape) != 1:
            seed = np.ones(roots[0].shape, roots[0].dtype)
        else:
            seed = root_gradient(given, None)
        with restored(recorded(roots[0])):
            try:
                return zeros.way_back({roots[0]: seed}, self.node)
            except RuntimeError:  # freed, or written over
                return None

    def _of_gradient(self, gradient: Any) -> Answer:
        if not gradient.size:
            return Answer("has_gradient", f"{self.title} has a gradient without elements.")
        if not np.isfinite(gradient).all():
            bad = int(gradient.size - np.isfinite(gradient).sum())
            text = f"{self.title} has a gradient of which {bad} of {gradient.size} numbers are not "
            text += "finite."
            cure = "tinygrad_edu.detect_anomaly() names the op where they come from"
            return Answer("not_finite", text, cure)
        way = self._way()
        if not np.any(gradient):
            return self._all_zero(way)
        return self._some(gradient, way)

    def _all_zero(self, way: zeros.Way | None) -> Answer:
        says = "has a gradient of zeros"
        if way is not None and way.gradient is not None:
            if np.any(way.gradient):
                text = f"{self.title} {says}, though backward() gives it one that is not zero: it "
                text += "was set to zero after that, as zero_grad(set_to_none=False) does."
                return Answer("zeroed", text, "look at .grad before that")
            if (found := self._of_zeros(way, says)) is not None:
                return found
        return self._freed(says)

    def _on_the_way(self) -> list[Node]:
        ahead = set(reach.ahead(self.node)[1:])
        return [node for root in self.roots for node in recorded(root) if node in ahead]

    def _freed(self, says: str) -> Answer:
        """The answer where the numbers are gone: what the ops alone tell."""
        on_the_way = self._on_the_way()
        certain = [node for node in on_the_way if zeros.is_flat(node)]
        if certain:
            return self._held([zeros.Passed(n, 0, 1.0, 1.0, True) for n in certain], says)
        text = f"{self.title} {says}.  The numbers that say why are gone: backward()"
        text += f"{self._at_backward()} has freed them."
        cure = (
            "ask with the loss before backward(), diagnose.why(x, loss), or make the loss inside "
        )
        cure += "of `with viz.observe():`"
        likely = [node for node in on_the_way if zeros.is_likely(node)]
        if not likely:
            return Answer("freed", text, cure)
        said = ", ".join(map(said_of, likely[:SHOWN]))
        text += f"  What most often lets nothing through is on the way: {said}."
        held = [zeros.held_by(node) for node in likely]
        pairs = zip(held, likely, strict=True)
        causes = tuple(Cause(each.reason, name_of(n), place_of(n)) for each, n in pairs)
        return Answer(held[0].reason, text, f"{held[0].cure}; to be sure, {cure}", causes)

    def _of_zeros(self, way: zeros.Way, says: str) -> Answer | None:
        dead = [passed for passed in way.passed if passed.dead]
        if dead:
            return self._held(dead, says)
        for node, hooked in way.vanished:
            if hooked:
                what = "it" if node is self.node else said_of(node)
                text = f"{self.title} {says}: a hook on {what} makes it zero."
                cause = Cause("hook", name_of(node), place_of(node))
                return Answer("hook", text, "look at what the hook returns", (cause,))
            what = "it" if node is self.node else said_of(node)
            text = f"{self.title} {says}: what comes back to {what} from several ops adds up to "
            text += "zero."
            cause = Cause("cancels", name_of(node), place_of(node))
            return Answer("cancels", text, "diagnose.explain shows each of the terms", (cause,))
        text = f"{self.title} {says}: the gradient that backward() began with is zero."
        return Answer("zero_seed", text, "look at gradient=, and at what the loss is multiplied by")

    def _held(self, dead: list[zeros.Passed], says: str) -> Answer:
        """The answer where ops let nothing through."""
        said = [zeros.words_of(passed) for passed in dead[-SHOWN:]]
        held = zeros.held_by(dead[-1].node)
        text = f"{self.title} {says}: {'; '.join(reversed(said))}."
        return Answer(held.reason, text, held.cure, tuple(map(zeros.cause_of, reversed(dead))))

    # ------------------------------------------------------------ there is something

    def _some(self, gradient: Any, way: zeros.Way | None) -> Answer:
        missing = float(np.mean(gradient == 0))
        text = f"{self.title} has a gradient of norm {number(size_of(gradient).norm)}"
        if way is not None and (clipped := _clipped(gradient, way.gradient)):
            return Answer(
                "clipped", f"{text}: {clipped}.", "take a larger limit, if it is too small"
            )
        passed = sorted(way.passed if way else [], key=zeros.share_of, reverse=True)
        holding = [each for each in passed if zeros.share_of(each) >= 0.01][:SHOWN]
        said = "; ".join(map(zeros.words_of, holding))
        causes = tuple(map(zeros.cause_of, holding))
        cure = zeros.held_by(holding[0].node).cure if holding else ""
        if missing:
            text += f", and {zeros.percent(missing)} of it is zero"
            likely = [] if said else list(filter(zeros.is_likely, self._on_the_way()))[:SHOWN]
            if likely:
                said = f"on the way are {', '.join(map(said_of, likely))}, which may do so"
                cure = zeros.held_by(likely[0]).cure
            text += f": {said}." if said else "."
            return Answer("partly_zero", text, cure, causes)
        faint = [each for each in holding if zeros.held_by(each.node).reason == "saturated"]
        if faint:
            text += f", which is small: {zeros.words_of(faint[0])}."
            return Answer("saturated", text, zeros.held_by(faint[0].node).cure, causes)
        return Answer("has_gradient", f"{text}; no part of it is zero.")


def _clipped(gradient: Any, full: Any) -> str:
    """In words, if the gradient is a clipped form of the full one."""
    if full is None or full.shape != gradient.shape or not np.isfinite(full).all():
        return ""
    exact, own = full.astype(np.float64), gradient.astype(np.float64)
    largest, limit = np.abs(exact).max(initial=0.0), np.abs(own).max(initial=0.0)
    if not 0 < limit < 0.9999 * largest:
        return ""
    if np.allclose(own, exact * (limit / largest), rtol=1e-4, atol=0):
        share = f"{number(limit / largest)} times"
        return f"it is {share} what backward() gives, as after clip_grad_norm_"
    if np.allclose(own, np.clip(exact, -limit, limit), rtol=1e-4, atol=0):
        return f"it is what backward() gives, kept within {number(limit)}, as by clip_grad_value_"
    return ""
