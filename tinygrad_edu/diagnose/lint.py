"""lint: what is often wrong with a model, its loss, its optimizer and its data."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine.observing import Observation
from ..rng import fork_rng
from ..tensor import Tensor
from .findings import Finding, Report
from .lint_model import of_loss, of_mode, of_model, of_optimizers
from .lint_record import nodes_behind, of_kept, of_reach, of_record


def lint(model: Any, loss: Any = None, optimizer: Any = None, data: Any = None) -> Report:
    """Look for what is often wrong with a network and its training.

    Without data, the model is only looked at.  With data, it is called once, in the mode that it is
    in; nothing is left of that: buffers, random numbers and gradients are as they were.

    Parameters
    ----------
    model : Module
    loss : callable or Tensor or list of Tensor, optional
        The function or layer of the loss, `loss(output, target)`; or a loss that was computed, or
        several.
    optimizer : Optimizer or list of Optimizer, optional
    data : DataLoader, or tuple of Tensor, or Tensor, optional
        A loader, of which the first batch is taken; the inputs of the model and the target of the
        loss; or, without a loss, the input alone.

    Returns
    -------
    Report
        A list of findings, each with its `code`, `message`, `cure` and `place`.  It prints as text,
        and in a notebook as a table.

    Examples
    --------
    >>> import nn
    >>> import tinygrad_edu as tg
    >>> from nn import optim
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> print(tg.diagnose.lint(model, nn.CrossEntropyLoss(), optimizer))
    lint: 1 finding
    1. softmax-before-cross-entropy (Sequential.1)
       cross_entropy takes scores of any size, as they come from a linear layer, and computes
           softmax itself; behind a softmax its gradient is much too small, and the loss stays
           large
       Instead: leave the softmax out
    """
    if not (hasattr(model, "named_parameters") and hasattr(model, "named_modules")):
        raise TypeError(f"lint: the model is a Module, not {type(model).__name__}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* is a plain ")  # a finding says so
        list(model.parameters())
    optimizers = [] if optimizer is None else list(_listed(optimizer))
    losses = [x for x in _listed(loss) if isinstance(x, Tensor)] if loss is not None else []
    report = Report(of_model(model))
    report += of_mode(model, trains=bool(optimizers))
    if optimizers:
        report += of_optimizers(model, optimizers)
    if losses:
        nodes = nodes_behind(losses)
        report += [*of_record(nodes), *of_reach(model, nodes), *of_kept(losses, nodes)]
    elif data is not None:
        report += _of_a_run(model, loss, data)
    elif loss is not None:
        report += of_loss(model, loss)
    return Report(dict.fromkeys(report))


def _listed(x: Any) -> Any:
    return x if isinstance(x, list | tuple) else [x]


def _of_a_run(model: Any, loss: Any, data: Any) -> Iterator[Finding]:
    inputs, target = _batch(data, loss)
    yield from _of_data(model, inputs)
    with _unchanged(model), Observation():
        output = model(*inputs)
        result = output if loss is None else loss(output, target)
    found = [x for x in _flat(result) if isinstance(x, Tensor)]
    nodes = nodes_behind(found)
    yield from of_record(nodes)
    yield from of_reach(model, nodes)


def _flat(x: Any) -> Iterator[Any]:
    if isinstance(x, list | tuple):
        for part in x:
            yield from _flat(part)
    else:
        yield x


def _batch(data: Any, loss: Any) -> tuple[list[Any], Any]:
    """The inputs of the model, and the target of the loss."""
    if not isinstance(data, list | tuple | Tensor | np.ndarray):
        data = next(iter(data))
    if isinstance(data, Tensor | np.ndarray):
        if loss is not None:
            raise TypeError("lint: a loss needs a target: data=(input, target), or a DataLoader")
        return [data], None
    if len(data) == 1:
        return list(data), None
    *inputs, target = data
    return inputs, target


def _of_data(model: Any, inputs: list[Any]) -> Iterator[Finding]:
    """Inputs of another dtype than the parameters."""
    dtypes = {p.dtype for p in model.parameters()}
    embeds = any("Embedding" in type(module).__name__ for module in model.modules())
    for x in inputs:
        dtype = getattr(x, "dtype", None)
        if dtype is None or not dtypes or dtype in dtypes:
            continue
        own = next(iter(dtypes))
        if dtype.kind == "f":
            yield Finding(
                "float64-by-accident" if dtype == np.float64 else "another-dtype",
                f"the input {tuple(x.shape)} is {dtype}, the parameters are {own}: what is "
                f"computed is {np.promote_types(dtype, own)}",
                "x.float(), or np.float32 from the start",
            )
        elif dtype.kind in "iu" and not embeds:
            bytes_ = ", from 0 to 255" if dtype == np.uint8 else ""
            yield Finding(
                "integer-input",
                f"the input {tuple(x.shape)} holds whole numbers ({dtype}{bytes_}), and the model "
                "has no Embedding",
                "x.float() / 255" if dtype == np.uint8 else "x.float()",
            )


@contextmanager
def _unchanged(model: Any) -> Iterator[None]:
    """Afterwards the buffers of the model and the random numbers are as they were."""
    before = [(buffer, buffer.array.copy()) for buffer in model.buffers()]
    with fork_rng():
        try:
            yield
        finally:
            for buffer, array in before:
                buffer.array[...] = array
