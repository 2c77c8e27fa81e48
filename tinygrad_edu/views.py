"""Views: the tensors that look into one memory, and how a write that carries a gradient reaches all
of them.

>>> import tinygrad_edu as tg
>>> w = tg.tensor(2.0, requires_grad=True)
>>> x = tg.zeros(2, 2)
>>> row, column = x[0], x.t()[0]
>>> row += w
>>> x.tolist(), column.tolist()
([[2.0, 2.0], [0.0, 0.0]], [2.0, 0.0])
>>> (x.sum() + column.sum()).backward()
>>> w.grad
tensor(3.)

A write that carries no gradient goes into the memory itself, so every array that looks into it sees
the new values.  A write that carries one touches no memory, because a rule may have saved it: the
tensors are paired with new arrays and nodes instead.  So a view remembers its base and the steps
(the view ops) that lead from the base to it, and the base knows its living views.  The base becomes
`ops.overlay(base, value)`, and each view is computed from it again.

Memory that somebody else holds too (a NumPy array, a detached tensor) is *borrowed*: there the new
values are also written into the memory, and the clock notices if a rule had saved it.
"""

from _thread import RLock  # as in registry.py
from collections.abc import Iterator
from itertools import repeat
from typing import Any
from weakref import ref

import numpy as np
from numpy import ndarray

from . import ops
from .engine import caller, clock, graph, leaf
from .engine.grad_mode import mode
from .engine.hooks import hooks_of
from .ops.shape import joined, through

_pruning = RLock()
VIEW_ROOM = 64  # views, dead ones too: up to here nobody looks which are alive
# The view ops that lead from one tensor to another: none, or (those before, the last, its params).
Steps = tuple[()] | tuple[Any, Any, dict[str, Any]]


def view_of(y: Any, node: Any, x: Any, base: Any, call: Any, params: dict[str, Any]) -> Any:
    """The Tensor of y, which the view op `call` made of x, the array of `base`: if they share
    memory, a view of it."""
    view = graph.Tensor(y, node)
    if x.__class__ is not ndarray:
        return view
    if y.base is not x and (y.base is None or y.base is not x.base):
        can_move = call in _ANOTHER_SHAPE and base._base is None and base._owner is None
        return _of_one_in_order(base, y, call, params) if can_move and y.size else view
    root = base._base
    if root is None:
        root = view._base = base
        view._steps = ((), call, params)
    else:
        view._base = root
        view._steps = (base._steps, call, params)
    views = root._views
    if views is None:
        root._views, root._room = [ref(view)], VIEW_ROOM
    else:
        views.append(ref(view))
        if len(views) > root._room:
            _drop_the_dead(root)
    return view


_ANOTHER_SHAPE = (ops.reshape, ops.ravel)


def _of_one_in_order(tensor: Any, y: Any, call: Any, params: dict[str, Any]) -> Any:
    """A view in another shape of a tensor whose numbers lie in memory in another order (that of a
    convolution, say): it is laid out in order for that, as y is.  How this library does it is no
    concern of the user's, and what is written to the view is to be seen."""
    array = y.reshape(tensor.array.shape)
    _pair_all(_changes(tensor, array, tensor.node, moved=True))
    return call(tensor, **params)


caller.view_of = view_of


def root_of(tensor: Any) -> Any:
    """The tensor into whose memory this one looks: its base, or itself."""
    return tensor if tensor._base is None else tensor._base


def _remember(root: Any, view: Any) -> None:
    """Let a write to `root` reach `view`, for as long as somebody holds the view."""
    views = root._views
    if views is None:
        views, root._room = [], VIEW_ROOM
        root._views = views
    views.append(ref(view))
    if len(views) > root._room:
        _drop_the_dead(root)


def _drop_the_dead(root: Any) -> None:
    """Forget the views that nobody holds any more, now and when there are twice as many."""
    with _pruning:  # another thread may add a view to the same list
        seen = list(root._views)
        root._views[: len(seen)] = [reference for reference in seen if reference() is not None]
        root._room = VIEW_ROOM + 2 * len(root._views)


def borrow(tensor: Any, owner: Any = None) -> Any:
    """Say that the memory of `tensor`, a new one or the owner itself, is that of the tensor
    `owner`, or of an array that somebody else holds: what is written to one is seen in the other.
    No record connects them, and `tensor` does not keep its owner alive."""
    if owner is None:
        tensor._owner = nobody
        return tensor
    root = owner
    if owner._base is not None:
        root, tensor._steps = owner._base, owner._steps
        tensor._base = None  # it may be the owner itself
    if root._owner is not None:
        first = root._owner()
        if first is not None and first is not tensor:  # then `root` may die, and its owner live on
            tensor._steps = joined(root._steps, tensor._steps)
            root = first
    reference = root._reference
    if reference is None:  # kept: with a new one each time, detach() takes half as long again
        reference = root._reference = ref(root)
    tensor._owner = reference
    views = root._views
    if views is None or len(views) > root._room:
        _remember(root, tensor)
    else:
        views.append(ref(tensor))
    return tensor


def _living(root: Any) -> Iterator[Any]:
    """The views of `root`, and the tensors that borrow its memory."""
    for reference in list(root._views or ()):
        view = reference()
        if view is None:
            continue
        if root is (view._base if view._owner is None else view._owner()):
            yield view


# ---------------------------------------------------------------- writing


def write(tensor: Any, value: Any) -> None:
    """Make `tensor` what `value` is, a result recorded from it, and let all that look into the same
    memory see that."""
    root = root_of(tensor)
    if root is not tensor:
        value = ops.overlay(root, value, steps=tensor._steps, order=_order(root.array))
    array = value.array
    if root._owner is not None and array is not root.array:
        clock.stamp(root.array)
        writable(root.array)[...] = array
        array = root.array
    elif root._views:
        array = _laid_out_like(root.array, array)
    _pair_all(_changes(root, array, value.node))


def kept_apart(tensor: Any, others: tuple[Any, ...]) -> Any:
    """The tensor, for the rules of a write to it to keep.  Where a gradient is involved and its
    memory is borrowed, the write will go into that memory: then a copy of it."""
    if root_of(tensor)._owner is None or not mode.recording:
        return tensor
    if all(getattr(x, "node", None) is None for x in (tensor, *others)):
        return tensor
    return graph.Tensor(tensor.array.copy(), tensor.node)


def _changes(root: Any, array: Any, node: Any, moved: bool = False) -> list[tuple[Any, Any, Any]]:
    """What to give to `root`, and to the views and borrowed tensors that look into it: each with
    its array and its node.  If it only moved, to an array of the same numbers, their places in the
    record stay."""
    new = graph.Tensor(array, node)
    changes, seen = [(root, array, node)], {id(root)}
    for base, its_array, _ in changes:  # it grows meanwhile
        if base is not root and base._base is not None:
            continue
        for view in _living(base):
            if id(view) in seen:  # two that share one memory may have it of each other
                continue
            seen.add(id(view))
            if view._base is root and not moved:
                again = through(new, view._steps)
                changes.append((view, again.array, again.node))
            else:
                changes.append((view, through(its_array, view._steps), view.node))
    return changes


def _pair_all(changes: list[tuple[Any, Any, Any]]) -> None:
    """Give tensors new arrays and nodes; one whose gradient is retained keeps that wish.  Ctrl-C
    comes before all of it or after: one call of a function written in C does it."""
    tensors, arrays, nodes = zip(*changes, strict=True)
    before = [tensor.node for tensor in tensors]
    clock.at_once(
        map(setattr, tensors, repeat("array"), arrays), map(setattr, tensors, repeat("node"), nodes)
    )
    for old, node in zip(before, nodes, strict=True):
        if node is None or old is None or old is node or old.plan is None:
            continue
        if old.hooks and leaf.RETAIN in old.hooks:
            del old.hooks[leaf.RETAIN]
            hooks_of(node)[leaf.RETAIN] = leaf.retain


def _order(array: Any) -> tuple[int, ...]:
    """The axes of an array, that with the longest stride first."""
    return tuple(sorted(range(array.ndim), key=lambda k: -abs(array.strides[k])))


def _laid_out_like(old: Any, new: Any) -> Any:
    """`new` with its axes in memory in the order of those of `old`: then what was a view of one is
    a view of the other."""
    laid_out = np.empty_like(old)
    if laid_out.strides == new.strides:
        return new
    laid_out[...] = new
    return laid_out


def writable(array: Any, name: str = "write") -> Any:
    """The array, to write into: what is expanded is read-only, and parts of it that repeat nothing
    need not be.  Raises RuntimeError if its memory may not be written at all."""
    if not array.flags.writeable:
        if not clock.owner_of(array).flags.writeable or array.base is None:
            raise RuntimeError(
                f"{name}: the memory of this tensor is read-only, as that of the array it was made "
                "from.  Write to a copy: x = x.clone()"
            )
        array.flags.writeable = True
    return array


def repeats_values(array: Any) -> bool:
    """Do several places of the array lie at one place of the memory, as after expand()?
    Not if each step is longer than all that smaller steps reach."""
    reach = 0
    for step, n in sorted((abs(s), n) for s, n in zip(array.strides, array.shape, strict=True)):
        if n > 1:
            if step <= reach:
                return array.size > 0  # type: ignore[no-any-return]
            reach += step * (n - 1)
    return False


# ---------------------------------------------------------------- another shape, another memory


def reshape_in_place(tensor: Any, view: Any) -> Any:
    """Make `tensor` what `view` is, a view of it: x.t_(), x.squeeze_()."""
    node = view.node
    if tensor.node is not None and tensor.node.plan is None:  # a leaf stays one
        node = leaf.moved(tensor.node, view.array)
    borrowed = tensor._owner is not None
    if borrowed or (tensor._base is None and any(v is not view for v in _living(tensor))):
        tensor._base = _hand_over(tensor)
        _remember(tensor._base, tensor)
    if tensor._base is not None:
        _, *last = view._steps
        tensor._steps = (tensor._steps, *last)
    _pair_all([(tensor, view.array, node)])
    return tensor


def leave(tensor: Any) -> None:
    """Let `tensor`, which is about to have another memory, leave those that look into the one it
    has."""
    if tensor._views:
        _hand_over(tensor)
    tensor._base, tensor._steps, tensor._owner = None, (), None


def _hand_over(tensor: Any) -> Any:
    """Another tensor of the same array and node, which takes the place of `tensor` among those
    that look into its memory."""
    twin = graph.Tensor(tensor.array, tensor.node)
    twin._owner, twin._steps = tensor._owner, tensor._steps
    owner = tensor._owner and tensor._owner()
    if owner is not None:
        _remember(owner, twin)
    for view in list(_living(tensor)):
        if view._base is None:
            view._owner = ref(twin)
        else:
            view._base = twin
        _remember(twin, view)
    tensor._views, tensor._steps, tensor._owner = None, (), None
    return twin


def nobody() -> None:
    """In the place of a weak reference: the memory is no other tensor's."""
