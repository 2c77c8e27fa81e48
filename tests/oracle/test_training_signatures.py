"""Every public name of torch.optim, torch.nn.utils and torch.utils.data is here under that name,
and takes PyTorch's arguments: by name, by place, with PyTorch's defaults; so do the methods.

What is left out is listed with the reason.
"""

import importlib
import inspect

import pytest
import torch

MODULES = {
    "optim": "torch.optim",
    "optim.optimizer": "torch.optim.optimizer",
    "optim.lr_scheduler": "torch.optim.lr_scheduler",
    "optim.swa_utils": "torch.optim.swa_utils",
    "utils": "torch.nn.utils",
    "utils.clip_grad": "torch.nn.utils.clip_grad",
    "utils.convert_parameters": "torch.nn.utils.convert_parameters",
    "utils.fusion": "torch.nn.utils.fusion",
    "utils.init": "torch.nn.utils.init",
    "utils.memory_format": "torch.nn.utils.memory_format",
    "utils.parametrizations": "torch.nn.utils.parametrizations",
    "utils.parametrize": "torch.nn.utils.parametrize",
    "utils.prune": "torch.nn.utils.prune",
    "utils.rnn": "torch.nn.utils.rnn",
    "utils.stateless": "torch.nn.utils.stateless",
    "data": "torch.utils.data",
    "data.dataloader": "torch.utils.data.dataloader",
    "data.dataset": "torch.utils.data.dataset",
    "data.distributed": "torch.utils.data.distributed",
    "data.sampler": "torch.utils.data.sampler",
}

PIPES = "data pipes, which PyTorch has given up"
LEFT_OUT = {
    "SparseAdam": "no gradient is sparse",
    "swap_in_optimizer_params_and_state": "for tracing",
    **dict.fromkeys(["DFIterDataPipe", "DataChunk", "IterDataPipe", "MapDataPipe"], PIPES),
    **dict.fromkeys(["argument_validation", "functional_datapipe", "runtime_validation"], PIPES),
    **dict.fromkeys(["guaranteed_datapipes_determinism", "non_deterministic"], PIPES),
    "runtime_validation_disabled": PIPES,
}
METHODS_LEFT_OUT = {
    "OptimizerPreHook": "a type",
    "OptimizerPostHook": "a type",
    "profile_hook_step": "PyTorch's own, for its profiler",
    "share_memory": "there are no processes",
    "check_worker_number_rationality": "PyTorch's own",
    "multiprocessing_context": "workers are threads",
    "cumsum": "PyTorch's own",
    "cummulative_sizes": "a misspelling that PyTorch deprecates",
}
OTHERWISE = {
    "LBFGS.step": "closure=None is refused with the reason",
    "random_split.generator": "PyTorch's default prints as an address",
}
# Their methods are a module's, which tests of modules compare.
OF_MODULES = ("ParametrizationList", "AveragedModel")


def names_of(module):
    names = getattr(module, "__all__", None) or [
        name
        for name, thing in vars(module).items()
        if getattr(thing, "__module__", "") == module.__name__ and name[0] != "_"
    ]
    return [name for name in names if name not in LEFT_OUT and name[0] != "_"]


CASES = [
    (ours, theirs, name)
    for ours, theirs in MODULES.items()
    for name in names_of(importlib.import_module(theirs))
]


def arguments(thing):
    """(name, kind, default) of what a caller may give; None for what is written in C."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (ValueError, TypeError):
        return None
    return [(p.name, p.kind, p.default) for p in parameters]


def assert_same_arguments(path, ours, theirs):
    mine, right = arguments(ours), arguments(theirs)
    if right is None or mine is None or path in OTHERWISE:
        return
    allowed = [name for name, _, _ in right if f"{path}.{name}" in OTHERWISE]
    plain = [(name, kind, default) for name, kind, default in right if name not in allowed]
    assert [x for x in mine if x[0] not in allowed] == plain, path
    assert [x[0] for x in mine] == [x[0] for x in right], path


@pytest.mark.parametrize(("home", "peer", "name"), CASES, ids=lambda x: str(x))
def test_a_name_takes_pytorchs_arguments(home, peer, name):
    theirs = getattr(importlib.import_module(peer), name)
    ours = getattr(importlib.import_module(f"nn.{home}"), name)
    if inspect.ismodule(theirs):
        return
    assert_same_arguments(name, ours, theirs)
    if not inspect.isclass(theirs) or name in OF_MODULES:
        return
    for method in dir(theirs):
        if method[0] == "_" or method in METHODS_LEFT_OUT:
            continue
        assert hasattr(ours, method), f"{name}.{method}"
        if callable(getattr(theirs, method)):
            path = f"{name}.{method}"
            assert_same_arguments(path, getattr(ours, method), getattr(theirs, method))


def test_what_is_left_out_is_pytorchs():
    public = {name for peer in MODULES.values() for name in dir(importlib.import_module(peer))}
    assert public >= set(LEFT_OUT)
    assert hasattr(torch.optim.lr_scheduler, "_LRScheduler")
