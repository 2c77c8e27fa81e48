"""What stands on PyTorch's paths takes PyTorch's parameters."""

import inspect
import operator

import pytest
import torch
import torch.utils.checkpoint

import tinygrad_edu as tg
from tinygrad_edu import absent

MODULES = "distributions distributions.transforms amp cuda cuda.amp backends.cudnn backends.mps "
MODULES += "utils.checkpoint settings accelerator mps"
METHODS = "log_prob cdf icdf sample rsample expand entropy enumerate_support log_abs_det_jacobian "
METHODS += "forward_shape inverse_shape scale unscale_ step update state_dict load_state_dict"
# Parameters that only one of the two has.
OURS = {"preserve_rng_state"}
THEIRS = {"_caller", "_devices_kw", "args", "kwds"}


def found(path):
    """Our module and PyTorch's; the settings stand in PyTorch's package itself."""
    modules = [tg, torch]
    for name in path.split("."):
        modules = [getattr(m, name) if hasattr(m, name) else m for m in modules]
    return modules


def names_of(module):
    """What the module exports, or else what it defines."""
    if hasattr(module, "__all__"):
        return module.__all__
    own = {name: getattr(thing, "__module__", "") for name, thing in vars(module).items()}
    return [name for name, home in own.items() if home == module.__name__ and name[0] != "_"]


def parameters(thing):
    try:
        signature = inspect.signature(thing)
    except ValueError:
        return None
    skipped = ("self", *OURS, *THEIRS)
    return [name for name in signature.parameters if name not in skipped]


def pairs():
    for path in MODULES.split():
        mine, other = found(path)
        for name in names_of(mine):
            thing, wanted = getattr(mine, name), getattr(other, name, None)
            if callable(thing) and callable(wanted):
                yield pytest.param(thing, wanted, id=f"{path}.{name}")


# Names that PyTorch gives by importing a module of its own first, or that some builds lack.
LOADED_LATER = {"torch.onnx", "torch.ao", "nn.qat", "utils.tensorboard", "utils.bottleneck"}
LOADED_LATER |= {"torch.mtia", "torch.export", "torch.package", "utils.model_zoo"}
TORCHVISION = ("torchvision", "datasets", "transforms")  # which is not installed
OF_PYTORCH = {path for path in absent.REASONS if path.split(".")[0] not in TORCHVISION}


@pytest.mark.parametrize("path", sorted(OF_PYTORCH - LOADED_LATER))
def test_what_is_left_out_is_pytorch_s(path):
    home, _, name = path.replace(".*", "").rpartition(".")
    place = torch if home == "torch" else operator.attrgetter(home)(torch)
    begins = [known for known in dir(place) if known.startswith(name)]
    assert begins if path.endswith("*") else hasattr(place, name)


@pytest.mark.parametrize(("thing", "wanted"), list(pairs()))
def test_parameters_are_pytorch_s(thing, wanted):
    if parameters(wanted) is not None:
        assert parameters(thing) == parameters(wanted)
    for name in METHODS.split() if inspect.isclass(thing) else ():
        if hasattr(thing, name) and hasattr(wanted, name):
            assert parameters(getattr(thing, name)) == parameters(getattr(wanted, name)), name


@pytest.mark.parametrize("path", MODULES.split())
def test_each_name_is_one_of_pytorch_s(path):
    mine, other = found(path)
    assert [name for name in names_of(mine) if not hasattr(other, name)] == []
