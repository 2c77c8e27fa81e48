"""The PyTorch counterparts that docs/api.md names exist, and what it calls ours alone does not."""

import importlib.util
from pathlib import Path

import torch
import torch.nn.utils.prune

import tinygrad_edu  # noqa: F401

PATH = Path(__file__).parents[2] / "docs" / "make_api.py"


def exists(path):
    thing = torch
    for name in path.split(".")[1:]:
        if not hasattr(thing, name):
            return False
        thing = getattr(thing, name)
    return True


def test_counterparts():
    spec = importlib.util.spec_from_file_location("make_api", PATH)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    for section, home, peer in maker.SECTIONS:
        for name in maker.public_names(home):
            other = maker.ELSEWHERE.get(f"{section}.{name}", peer and f"{peer}.{name}")
            if other and other.startswith("torch."):
                assert exists(other), f"{section}.{name}: there is no {other}"
