"""gradient_flow: how large the gradients of each layer are, step by step, and what is wrong there.

The recorder measures the gradient of each parameter when `backward()` has added it to `.grad`, or
when an optimizer steps, and keeps a few numbers of it.  From them come a table, a chart, and flags
in words: gradients that vanish or explode, that are zero or NaN, and updates that are too large.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Self

import numpy as np

from ...engine import leaf
from ...engine.backward import ops_behind, replay
from ...engine.graph import Node, TensorBase
from ...tensor import root_gradient
from .flow_chart import chart
from .flow_words import flags_of, table
from .readings import Reading, Weights, joined, reading_of

MEASURES = ("norm", "rms", "zeros", "nonfinite", "ratio")


class GradientFlow:
    """What `gradient_flow` returns: the gradients of a model's layers over the steps of a training.

    Printed, it is a table; a notebook shows its chart.  As a context manager it stops recording at
    the end of the block.

    Parameters
    ----------
    tensors : dict of str to Tensor
        The parameters by their names, in the order of the model.
    kinds : dict of str to str, optional
        The class of each layer by its path, for the table.
    every : int, default 1
        Record each step, or only each `every`-th one.

    Attributes
    ----------
    steps : list of dict
        For each recorded step the `Reading` of each parameter that had a gradient, by its name.
    numbers : list of int
        The number of each recorded step; the first one is 0.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([3.0, 4.0], requires_grad=True)
    >>> flow = tg.viz.GradientFlow({"w": w})
    >>> for _ in range(2):
    ...     (w * w / 2).sum().backward()
    ...     flow.record()
    >>> flow.series("norm")
    {'w': [5.0, 10.0]}
    """

    def __init__(
        self, tensors: Mapping[str, Any], kinds: Mapping[str, str] | None = None, every: int = 1
    ) -> None:
        if every < 1:
            raise ValueError(
                f"gradient_flow: every={every}, but it is 1 or more: 1 records each step"
            )
        self._tensors, self._kinds, self._every = dict(tensors), dict(kinds or {}), every
        self._rows: list[dict[str, Reading]] = []
        self._numbers: list[int] = []
        self._count = 0  # the steps that passed, recorded or not
        self._weights: Weights | None = None  # as they were before the last recorded step
        self._is_open = False  # that step's update is still to be measured
        self._arrived: set[str] = set()  # the parameters of the step that is going on
        self._is_snapshot = False  # the only row was read when the recorder was made
        self._handles: list[Any] = []

    # -------------------------------------------------------- recording

    def record(self) -> None:
        """Record the gradients that are in `.grad` now as the next step.

        After the first call nothing else records: no hook and no optimizer.

        Raises
        ------
        RuntimeError
            If no parameter has a gradient.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> w = tg.tensor([3.0, 4.0], requires_grad=True)
        >>> flow = tg.viz.gradient_flow({"w": w})
        >>> (w * w / 2).sum().backward()
        >>> flow.record()
        >>> flow.steps[0]["w"].norm
        5.0
        """
        if not any(x.grad is not None for x in self._tensors.values()):
            raise RuntimeError(
                f"record: none of {len(self._tensors)} parameters has a gradient: call it after "
                "backward(), before zero_grad()"
            )
        if self._handles:
            self.stop()
        if self._arrived:  # a hook has read this step already
            if self._is_due():
                self._rows.pop()
                self._numbers.pop()
            self._count -= 1
            self._arrived, self._is_open = set(), False
        self._take()

    def stop(self) -> None:
        """Record no more: remove the hooks.  What was recorded stays.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> w = tg.tensor([3.0, 4.0], requires_grad=True)
        >>> flow = tg.viz.gradient_flow({"w": w})
        >>> flow.stop()
        >>> (w * w / 2).sum().backward()
        >>> len(flow.steps)
        0
        """
        self._close(self._arrays(), final=True)
        _remove(self._handles)
        self._handles = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def _attach(self, optimizer: Any) -> None:
        """Record by hooks, which do not keep this recorder alive, and go when it goes."""
        if optimizer is None:
            for name, x in self._tensors.items():
                if x.requires_grad:
                    hook = _weakly(self, lambda flow, x, name=name: flow._arrive(name, x))
                    self._handles.append(x.register_post_accumulate_grad_hook(hook))
        else:
            before = _weakly(self, lambda flow, *_: flow._take())
            after = _weakly(self, lambda flow, *_: flow._close(flow._arrays(), final=True))
            self._handles.append(optimizer.register_step_pre_hook(before))
            self._handles.append(optimizer.register_step_post_hook(after))
        weakref.finalize(self, _remove, list(self._handles))

    def _arrive(self, name: str, tensor: Any) -> None:
        """A backward pass has added to the gradient of a parameter.  If it has done so before in
        this step, a new step begins."""
        if name in self._arrived or not self._arrived:
            self._arrived = set()
            self._begin()
        self._arrived.add(name)
        if self._is_due():
            self._rows[-1][name] = reading_of(tensor.grad.array)

    def _take(self) -> None:
        """Read all gradients as one step."""
        self._begin()
        if self._is_due():
            row = self._rows[-1]
            for name, x in self._tensors.items():
                gradient = x.grad
                if gradient is not None:
                    row[name] = reading_of(gradient.array)

    def _begin(self) -> None:
        """End the step before, and begin the next one."""
        arrays = self._arrays()
        is_read = self._close(arrays, final=True)
        if self._is_snapshot:
            self._rows, self._numbers, self._count = [], [], 0
            self._is_snapshot = False
        self._count += 1
        if not self._is_due():
            return
        self._rows.append({})
        self._numbers.append(self._count - 1)
        self._is_open = True
        if self._weights is None or not self._weights.fits(arrays):
            self._complete()
            self._weights = Weights(arrays)
        elif is_read or self._weights.are_as_read():
            self._weights.go_on()
            return
        self._weights.take()

    def _complete(self) -> None:
        if self._weights is not None:
            self._weights.complete()

    def _is_due(self) -> bool:
        return (self._count - 1) % self._every == 0

    def _arrays(self) -> dict[str, Any]:
        """The weights; of a loss alone, only the gradients are known."""
        return {name: x.array for name, x in self._tensors.items() if hasattr(x, "array")}

    def _close(self, arrays: dict[str, Any], final: bool = False) -> bool:
        """Measure how the weights have changed since the last step was read, and say whether they
        were read now.  If they have not changed, the optimizer may still have to step, unless this
        is final."""
        if not self._is_open or self._weights is None:
            return False
        self._is_open = not final
        if not self._weights.fits(arrays):
            return False
        if final or self._weights.have_changed():
            self._weights.note(self._rows[-1])
        return True

    # -------------------------------------------------------- what was recorded

    @property
    def steps(self) -> list[dict[str, Reading]]:
        """The readings of each step.

        Returns
        -------
        list of dict
            From the name of a parameter to its `Reading`.
        """
        self._close(self._arrays())
        self._complete()
        return self._rows

    @property
    def numbers(self) -> list[int]:
        """The numbers of the recorded steps.

        Returns
        -------
        list of int
            0, 1, 2, ..., or with `every=10` 0, 10, 20, ...
        """
        return self._numbers

    def layers(self) -> dict[str, list[str]]:
        """Return the layers, each with the names of its parameters.

        Returns
        -------
        dict of str to list of str
            In the order of the model.  A parameter that stands in no layer is one by itself.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> tg.viz.gradient_flow(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))).layers()
        {'0': ['0.weight', '0.bias'], '1': ['1.weight', '1.bias']}
        """
        found: dict[str, list[str]] = {}
        for name in self._tensors:
            found.setdefault(name.rpartition(".")[0] or name, []).append(name)
        return found

    def _parameters(self, layer: str) -> list[Any]:
        """The parameters of a layer; of a loss alone, their places in the record."""
        return [self._tensors[name] for name in self.layers()[layer]]

    def series(self, measure: str = "norm", by: str = "layer") -> dict[str, list[float]]:
        """Return one of the measures over the steps.

        Parameters
        ----------
        measure : {"norm", "rms", "zeros", "nonfinite", "ratio"}, default "norm"
            Which: see `Reading`.
        by : {"layer", "parameter"}, default "layer"
            Whether the parameters of a layer are taken together.

        Returns
        -------
        dict of str to list of float
            For each layer, or parameter, a number for each recorded step; NaN where it had no
            gradient.

        Raises
        ------
        ValueError
            If there is no such measure.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> w = tg.tensor([3.0, 4.0, 0.0, 0.0], requires_grad=True)
        >>> (w * w / 2).sum().backward()
        >>> flow = tg.viz.gradient_flow({"w": w})
        >>> flow.series("rms"), flow.series("zeros")
        ({'w': [2.5]}, {'w': [0.5]})
        """
        if measure not in MEASURES:
            raise ValueError(f"series: there is no {measure!r}; there are {', '.join(MEASURES)}")
        value = attrgetter(measure)
        return {
            name: [math.nan if r is None else float(value(r)) for r in readings]
            for name, readings in self._readings(by).items()
        }

    def _readings(self, by: str) -> dict[str, list[Reading | None]]:
        """For each layer, or parameter, its reading at each step; None where it had no gradient."""
        if by not in ("layer", "parameter"):
            raise ValueError(f"gradient_flow: by={by!r}, but there are 'layer' and 'parameter'")
        groups = self.layers() if by == "layer" else {name: [name] for name in self._tensors}
        found: dict[str, list[Reading | None]] = {}
        for group, names in groups.items():
            rows = [[row[name] for name in names if name in row] for row in self.steps]
            found[group] = [joined(row) if row else None for row in rows]
        return found

    def flags(self) -> list[str]:
        """Say in words what is wrong.

        It tells of gradients that are NaN or infinite, and since when; of layers that no gradient
        reaches, or whose gradients are nearly all zero; of gradients that shrink or grow on their
        way through the layers, by 100 times or more; of steps in which the whole gradient was 30
        times as large as usual; and of updates above a tenth of the weights, or below a millionth.

        Returns
        -------
        list of str
            Empty, if nothing is wrong.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> w = tg.tensor([-1.0, -2.0], requires_grad=True)
        >>> w.relu().sum().backward()
        >>> tg.viz.gradient_flow({"w": w}).flags()
        ['w: all of its gradients are zero']
        """
        return flags_of(self)

    # -------------------------------------------------------- showing it

    def text(self, by: str = "layer") -> str:
        """Return the table: one line for each layer, then the flags.

        Parameters
        ----------
        by : {"layer", "parameter"}, default "layer"
            Whether the parameters of a layer are taken together.

        Returns
        -------
        str
            Of each layer the norm of its gradient in the last step, the norm over the steps as a
            small curve, and of the last step the root of the mean square, the share of zeros and
            the update relative to the weights.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> w = tg.tensor([3.0, 4.0], requires_grad=True)
        >>> (w * w / 2).sum().backward()
        >>> print(tg.viz.gradient_flow({"w": w}).text())
        gradient flow of one step
        layer  norm             RMS  zeros  update/weight
        w         5  ████████  3.54    0 %              -
        """
        return table(self, by)

    __repr__ = text

    def plot(self, by: str = "layer", measure: str = "norm") -> Any:
        """Draw the chart.

        Over several steps: a curve for each layer of its gradient's norm, of the update relative to
        the weights, and of the share of zeros.  For one step: a bar for each layer.

        Parameters
        ----------
        by : {"layer", "parameter"}, default "layer"
            Whether the parameters of a layer are taken together.
        measure : {"norm", "rms"}, default "norm"
            What the uppermost chart shows.

        Returns
        -------
        matplotlib.figure.Figure
            `savefig(path)` writes it.

        Raises
        ------
        ImportError
            If matplotlib is not installed; `text()` works without it.
        RuntimeError
            If nothing was recorded yet.

        Examples
        --------
        >>> import tinygrad_edu as tg
        >>> w = tg.tensor([3.0, 4.0], requires_grad=True)
        >>> (w * w / 2).sum().backward()
        >>> figure = tg.viz.gradient_flow({"w": w}).plot()
        >>> figure.axes[0].get_xlabel()
        'norm of the gradient'
        """
        return chart(self, by, measure)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """For notebooks: the chart, and the table where there is none."""
        bundle: dict[str, Any] = {"text/plain": self.text()}
        try:
            figure = self.plot()
        except (ImportError, RuntimeError):
            return bundle
        from io import BytesIO

        file = BytesIO()
        figure.savefig(file, format="png", dpi=100)
        return bundle | {"image/png": file.getvalue()}


def gradient_flow(
    source: Any, params: Any = None, *, optimizer: Any = None, every: int = 1
) -> GradientFlow:
    """Record how large the gradients of each layer are, over the steps of a training.

    Of a model it returns a recorder, which is attached at once.  Without an optimizer it records
    each `backward()`; with one, each of its steps, with the gradients as it sees them, clipped and
    accumulated.  Gradients that are in `.grad` already are shown until the first step is recorded.
    The recorder goes when nobody holds it; `stop()`, or the end of a `with` block, ends it earlier.

    Of a loss, or a list of losses, it computes the gradients itself, one step each, and changes no
    `.grad`.  After `backward()` has freed the record of a loss, `.grad` is read instead.

    It takes a small part of a step's time: norms and NaN are exact; of parameters of more than
    2,048 elements, the share of zeros is read from about so many of them; of more than 640, the
    update is read from about 320.

    Parameters
    ----------
    source : Module, dict of str to Tensor, list of Tensor, Optimizer, or Tensor
        A model, or its parameters, as `model.named_parameters()` or `model.parameters()`, or an
        optimizer; or a loss, or a list of losses.
    params : Module, dict, list, or an optimizer, optional
        For losses, the parameters, which gives them their names; for a model, the optimizer.
    optimizer : Optimizer, optional
        Record at each of its steps.
    every : int, default 1
        Record each step, or only each `every`-th one.

    Returns
    -------
    GradientFlow
        Printed, it is a table; `plot()` is a chart; `flags()` says in words what is wrong.

    Raises
    ------
    TypeError
        If `source` is none of these.
    ValueError
        If there are no parameters, or none of them requires grad.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    >>> optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    >>> x = tg.rand(8, 2)
    >>> with tg.viz.gradient_flow(model, optimizer) as flow:
    ...     for _ in range(5):
    ...         optimizer.zero_grad()
    ...         nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)).backward()
    ...         optimizer.step()
    >>> len(flow.steps), [*flow.series("norm")]
    (5, ['0', '2'])
    """
    if hasattr(params, "param_groups"):
        params, optimizer = None, params
    if hasattr(source, "param_groups"):
        optimizer = source
    losses = _losses(source)
    if losses and (params is not None or any(not x.is_leaf for x in losses)):
        return _of_losses(losses, params, every)
    tensors = _named(source)
    if not tensors:
        raise ValueError(f"gradient_flow: {type(source).__name__} has no parameters")
    if not any(x.requires_grad or x.grad is not None for x in tensors.values()):
        raise ValueError(
            f"gradient_flow: none of {len(tensors)} parameters requires grad, so none of them "
            "learns; see requires_grad_()"
        )
    if optimizer is not None and not hasattr(optimizer, "register_step_post_hook"):
        raise TypeError(
            f"gradient_flow: {type(optimizer).__name__} has no hooks, as the optimizers of nn.optim"
            " have; leave it out, and call record() after each backward()"
        )
    flow = GradientFlow(tensors, _kinds(source), every)
    if any(x.grad is not None for x in tensors.values()):
        flow._take()
        flow._is_snapshot = True
    flow._attach(optimizer)
    return flow


def _named(source: Any) -> dict[str, Any]:
    """The parameters by their names."""
    if hasattr(source, "named_parameters"):
        source = dict(source.named_parameters())
    elif hasattr(source, "param_groups"):
        source = _of_groups(source.param_groups)
    if isinstance(source, TensorBase):
        source = [source]
    if isinstance(source, Iterator):
        source = list(source)
    if isinstance(source, list | tuple) and source and isinstance(source[0], tuple):
        source = dict(source)
    if isinstance(source, list | tuple):
        source = {f"parameter {k}": x for k, x in enumerate(source)}
    if not isinstance(source, Mapping):
        raise TypeError(
            "gradient_flow: it takes a model, its parameters, a loss or a list of losses, not "
            f"{type(source).__name__}"
        )
    for name, x in source.items():
        if not isinstance(x, TensorBase):
            raise TypeError(f"gradient_flow: {name} is no Tensor, but {type(x).__name__}")
    return {str(name): x for name, x in source.items()}


def _of_groups(groups: Any) -> dict[str, Any]:
    """The parameters of an optimizer, by their names if it was given some."""
    params = [x for group in groups for x in group["params"]]
    names = [name for group in groups for name in group.get("param_names", ())]
    if len(names) != len(params):
        names = [f"parameter {k}" for k in range(len(params))]
    return dict(zip(names, params, strict=True))


def _kinds(model: Any) -> dict[str, str]:
    if not hasattr(model, "named_modules"):
        return {}
    return {path: type(module).__name__ for path, module in model.named_modules()}


# ---------------------------------------------------------------- by hooks


def _weakly(flow: GradientFlow, act: Callable[..., None]) -> Callable[..., None]:
    """A hook that calls `act(flow, ...)` as long as somebody holds the recorder."""
    me = weakref.ref(flow)

    def hook(*given: Any) -> None:
        flow = me()
        if flow is not None:
            act(flow, *given)

    return hook


def _remove(handles: list[Any]) -> None:
    for handle in handles:
        handle.remove()


# ---------------------------------------------------------------- of losses


def _losses(source: Any) -> list[Any]:
    """The losses, if these are some: tensors in the record."""
    several = list(source) if isinstance(source, list | tuple) else [source]
    recorded = [isinstance(x, TensorBase) and x.node is not None for x in several]
    return several if several and all(recorded) else []


def _of_losses(losses: list[Any], params: Any, every: int) -> GradientFlow:
    tensors = {} if params is None else _named(params)
    names = {leaf.home(x): name for name, x in tensors.items() if x.requires_grad}
    rows = []
    for loss in losses:
        found = _leaf_gradients(loss)
        if params is None:
            for node in found:
                shape = " \u00d7 ".join(map(str, node.shape)) or "number"
                names.setdefault(node, f"leaf {len(names)} ({shape})")
        rows.append({names[node]: g for node, g in found.items() if node in names})
    if not any(rows):
        raise ValueError(
            "gradient_flow: none of the given parameters is behind the loss"
            if tensors
            else "gradient_flow: no leaf that requires grad is behind the loss"
        )
    flow = GradientFlow(tensors or {n: node for node, n in names.items()}, _kinds(params), every)
    flow._numbers, flow._count = list(range(0, len(rows), every)), len(rows)
    for row in rows[::every]:
        flow._rows.append({name: reading_of(np.asarray(g)) for name, g in row.items()})
    return flow


def _leaf_gradients(loss: Any) -> dict[Node, Any]:
    """The gradient of each leaf behind a loss, oldest first."""
    behind = ops_behind([loss.node])
    leaves = {x for node in behind for x in node.inputs if x is not None and x.plan is None}
    if any(hasattr(node, "freed_by") for node in behind):
        found = {node: node.grad.array for node in leaves if node.grad is not None}
    else:
        steps = replay({loss.node: root_gradient(loss, None)})
        found = {node: g for node, g, _ in steps if node.plan is None}
    return dict(sorted(found.items(), key=lambda pair: pair[0].tick))
