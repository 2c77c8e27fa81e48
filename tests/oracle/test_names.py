"""Each public name of PyTorch is here, or refused with a reason: see tinygrad_edu/absent.py."""

import types
import typing

import pytest
import torch
import torch.distributions
import torch.func

import tinygrad_edu as tg
from tinygrad_edu import absent

PLACES = "torch Tensor linalg special nn nn.functional optim distributions autograd func"


def at(library, place):
    for name in place.split(".") if place != "torch" else ():
        library = getattr(library, name)
    return library


# tests/oracle/test_shape.py gives PyTorch the methods that it has not as functions.
ADDED = {"pad", "view", "view_as", "reshape_as", "expand", "expand_as", "repeat"}


def is_public(place, name):
    """Is the name PyTorch's own, and not one that its file has imported for itself?"""
    if place == "torch" and name in ADDED:
        return False
    thing = getattr(at(torch, place), name, None)
    if isinstance(thing, types.ModuleType):
        return thing.__name__ in (f"torch.{name}", f"torch.{place}.{name}")
    foreign = getattr(thing, "__module__", None) or "torch"
    elsewhere = place != "torch" and isinstance(thing, type) and thing is getattr(torch, name, None)
    return foreign.split(".")[0] in ("torch", "builtins") and not (
        elsewhere or hasattr(typing, name) or thing in (int, float, bool)
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("place", PLACES.split())
def test_each_name_is_here_or_refused_with_a_reason(place):
    ours = at(tg, place)
    known = [name for name in dir(at(torch, place)) if name[0] != "_" and is_public(place, name)]
    assert len(known) > 4
    missing = {
        f"{place}.{name}"
        for name in known
        if not hasattr(ours, name) and absent.why(f"{place}.{name}") is None
    }
    assert not missing
    refused = [name for name in known if not hasattr(ours, name)]
    for name in refused:
        with pytest.raises(AttributeError, match="is left out: "):
            getattr(ours, name)


def test_what_is_here_is_not_said_to_be_left_out():
    for path in absent.REASONS:
        home, _, name = path.rpartition(".")
        if path[-1] != "*" and home in PLACES.split():
            assert not hasattr(at(tg, home), name), path
