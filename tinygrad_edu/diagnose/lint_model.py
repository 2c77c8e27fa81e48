"""What lint sees without a run: the model's parts, its mode, and what the optimizer holds."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from ..tensor import Tensor
from .findings import Finding

MENTIONED = 4  # names that a finding lists
BEHAVES = ("_Dropout", "_BatchNorm")  # layers that do something else in training, by their class
OWN = ("nn", "tinygrad_edu")


def of_model(model: Any) -> Iterator[Finding]:
    """What is wrong with the tree of modules itself."""
    known = {id(x) for x in (*model.modules(), *model.parameters(), *model.buffers())}
    checked: set[type] = set()
    for path, module in model.named_modules():
        yield from _hidden(_named(model, path), module, known)
        if type(module) not in checked and not _is_own(type(module)):
            checked.add(type(module))
            yield from _forward(type(module))


def _is_own(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in OWN


def _named(model: Any, path: str) -> str:
    return f"{type(model).__name__}.{path}" if path else type(model).__name__


def names(found: list[str]) -> str:
    """Some of the names, and how many there are more."""
    more = f" and {len(found) - MENTIONED} more" if len(found) > MENTIONED else ""
    return ", ".join(found[:MENTIONED]) + more


def _hidden(path: str, module: Any, known: set[int]) -> Iterator[Finding]:
    """Modules and parameters that stand where parameters() does not look."""
    for name, value in vars(module).items():
        if name.startswith("_"):
            continue
        if isinstance(value, list | tuple | set | dict):
            held = list(value.values() if isinstance(value, dict) else value)
            modules = [x for x in held if _is_module(x) and id(x) not in known]
            tensors = [x for x in held if _is_trained(x) and id(x) not in known]
            what, home = (
                ("modules", "nn.ModuleList") if modules else ("tensors", "nn.ParameterList")
            )
            if isinstance(value, dict):
                home = home.replace("List", "Dict")
            if modules or tensors:
                count = len(modules or tensors)
                yield Finding(
                    "hidden-parameters",
                    f"{path}.{name} is a {type(value).__name__} of {count} {what}: parameters(), "
                    "state_dict(), train() and to() do not find what it holds, so that an "
                    "optimizer does not train it",
                    f"self.{name} = {home}(...)",
                    path,
                )
        elif _is_trained(value) and id(value) not in known:
            yield Finding(
                "hidden-parameters",
                f"{path}.{name} is a tensor {tuple(value.shape)} that requires grad, and no "
                "Parameter: parameters() and state_dict() do not find it",
                f"self.{name} = nn.Parameter(...)",
                path,
            )


def _is_module(x: Any) -> bool:
    return hasattr(x, "named_parameters") and hasattr(x, "forward")


def _is_trained(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad and x.is_leaf


def _forward(kind: type) -> Iterator[Finding]:
    """A forward() that returns nothing, as its source says."""
    try:
        lines, start = inspect.getsourcelines(kind.forward)  # type: ignore[attr-defined]
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):  # there is no source to read
        return
    ends = [n for n in ast.walk(tree) if isinstance(n, ast.Return | ast.Yield | ast.Raise)]
    if any(getattr(end, "value", end) is not None for end in ends):
        return
    file = inspect.getsourcefile(kind)
    yield Finding(
        "forward-returns-nothing",
        f"{kind.__name__}.forward() has no `return` with a value, so that a call gives None",
        "end forward() with `return x`",
        f"{file}:{start}",
    )


# ---------------------------------------------------------------- the loss, by its name

SCORES = "gives scores to the loss, which computes {} itself, so that its gradient is small"
LAST = {  # by the loss: what it must not stand behind
    "CrossEntropyLoss": {"Softmax": "softmax", "Sigmoid": "softmax"},
    "BCEWithLogitsLoss": {"Sigmoid": "sigmoid", "Softmax": "sigmoid"},
    "NLLLoss": {"Softmax": "", "Sigmoid": "", "Linear": ""},
}


def of_loss(model: Any, loss: Any) -> Iterator[Finding]:
    """The last layer of a Sequential, beside the loss that will be given its output."""
    name = getattr(loss, "__name__", type(loss).__name__)
    name = {"cross_entropy": "CrossEntropyLoss", "nll_loss": "NLLLoss"}.get(name, name)
    name = "BCEWithLogitsLoss" if name == "binary_cross_entropy_with_logits" else name
    path, last = _last_layer(model, type(model).__name__)
    kind = type(last).__name__
    if kind in LAST.get(name, ()):
        yield twice(kind.lower(), LOSSES[name], path)


LOSSES = {
    "CrossEntropyLoss": "cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "NLLLoss": "nll_loss",
}


def twice(before: str, loss: str, place: str) -> Finding:
    """The finding that a loss is given what it does not take."""
    code = f"{before}-before-{loss.replace('_', '-')}"
    if loss == "nll_loss":
        takes = "log-probabilities, the result of log_softmax"
        cure = "nn.LogSoftmax in its place, or cross_entropy on the scores"
        return Finding(code, f"nll_loss takes {takes}, and is given that of {before}", cure, place)
    inside = "softmax" if loss == "cross_entropy" else "sigmoid"
    message = (
        f"{loss} takes scores of any size, as they come from a linear layer, and computes {inside} "
        f"itself; behind a {before} its gradient is much too small, and the loss stays large"
    )
    return Finding(code, message, f"leave the {before} out", place)


def _last_layer(model: Any, path: str) -> tuple[str, Any]:
    """The layer that computes the output of a Sequential; None for another model."""
    while any(kind.__name__ == "Sequential" for kind in type(model).__mro__):
        steps = list(model.named_children())
        while steps and type(steps[-1][1]).__name__ in ("Flatten", "Unflatten", "Identity"):
            steps.pop()
        if not steps:
            return path, None
        path, model = f"{path}.{steps[-1][0]}", steps[-1][1]
        if not list(model.children()):
            return path, model
    return path, None


# ---------------------------------------------------------------- the mode


def of_mode(model: Any, trains: bool) -> Iterator[Finding]:
    """Layers in another mode than the model, or all of them in evaluation while it is trained."""
    layers = [(path, m) for path, m in model.named_modules() if _behaves(m)]
    if not layers:
        return
    if trains and not model.training:
        found = [f"{_named(model, path)} ({type(m).__name__})" for path, m in layers]
        yield Finding(
            "left-in-eval",
            f"there is an optimizer, and the model is in evaluation mode: {names(found)} "
            f"{'does' if len(found) == 1 else 'do'} not what training needs",
            "model.train() before the training steps, model.eval() before the evaluation",
        )
        return
    odd = [
        f"{_named(model, path)} ({type(m).__name__})"
        for path, m in layers
        if m.training != model.training and not (model.training and _is_frozen(m))
    ]
    if odd:
        has, own = ("training", "evaluation") if model.training else ("evaluation", "training")
        yield Finding(
            "mixed-modes",
            f"the model is in {has} mode, but {names(odd)} in {own} mode",
            f"model.{'train' if model.training else 'eval'}() sets all layers",
        )


def _behaves(module: Any) -> bool:
    return any(kind.__name__ in BEHAVES for kind in type(module).__mro__)


def _is_frozen(module: Any) -> bool:
    """Is it normalization whose parameters are not trained, as in fine-tuning?"""
    return hasattr(module, "running_mean") and not any(p.requires_grad for p in module.parameters())


# ---------------------------------------------------------------- the optimizer


def of_optimizers(model: Any, optimizers: list[Any]) -> Iterator[Finding]:
    own = {id(p): (name, p) for name, p in model.named_parameters()}
    held = {id(p): p for o in optimizers for group in o.param_groups for p in group["params"]}
    if not any(p.requires_grad for _, p in own.values()):
        yield Finding(
            "all-frozen", "no parameter of the model requires grad", "model.requires_grad_()"
        )
        return
    missing = [name for key, (name, p) in own.items() if p.requires_grad and key not in held]
    others = [p for key, p in held.items() if key not in own]
    kind = " and ".join(type(o).__name__ for o in optimizers)
    if not held.keys() & own.keys():
        yield Finding(
            "optimizer-of-another-model",
            f"{kind} holds none of the {len(own)} parameters of the model: a step changes nothing "
            "in it.  Was the model made, or its layers replaced, after the optimizer?",
            f"make the {kind} after the model: {kind}(model.parameters(), ...)",
        )
        return
    if missing:
        yield Finding(
            "not-in-the-optimizer",
            f"{kind} does not hold {names(missing)}, which require grad and are never changed",
            "give all of model.parameters(), add them with add_param_group(), or freeze them: "
            "p.requires_grad_(False)",
        )
    if others:
        shapes = names([str(tuple(p.shape)) for p in others])
        yield Finding(
            "stale-in-the-optimizer",
            f"{kind} holds {len(others)} tensors that are no parameters of the model, of shapes "
            f"{shapes}.  Was a layer replaced after the optimizer was made?",
            f"make the {kind} after the last change of the model (this is right if they belong to "
            "another model)",
        )
    for optimizer in optimizers:
        yield from _steps(optimizer)


def _steps(optimizer: Any) -> Iterator[Finding]:
    """What the optimizer noticed at its steps."""
    kind = type(optimizer).__name__
    if getattr(optimizer, "uncleared", 0) > 1:
        yield Finding(
            "gradients-add-up",
            f"the gradients were not cleared between the last {optimizer.uncleared + 1} steps of "
            f"{kind}: each backward() added to what the step before had used",
            "optimizer.zero_grad() in each training step, before backward()",
        )
    if getattr(optimizer, "_idle", 0):
        yield Finding(
            "step-without-backward",
            f"the last step of {kind} found no gradient, though something was computed since the "
            "step before",
            "loss.backward() before optimizer.step(), and no zero_grad() between them",
        )
