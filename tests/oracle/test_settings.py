"""What a layer or a function is told beside its input: where PyTorch takes it, the results are its
results; where PyTorch raises, so do we; where it warns, so do we."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import nn
import tinygrad_edu as tg

OURS = {"torch": tg, "nn": nn, "F": nn.functional}
THEIRS = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}


def evaluated(library, code):
    """The value of the last statement, whether a warning was given, and the error."""
    *before, last = code.split("; ")
    names = dict(library)
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        try:
            exec("\n".join(before), names)
            return eval(last, names), bool(given), None
        except Exception as error:
            return None, bool(given), error


def plain(value):
    """What both libraries say of a result: numbers and dtypes for tensors."""
    if isinstance(value, torch.Tensor | tg.Tensor):
        array = value.detach().numpy()
        return array.dtype, array
    if isinstance(value, tuple | list) and not hasattr(value, "numel"):
        return [plain(part) for part in value]
    return value


def agree(ours, theirs):
    if isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for mine, other in zip(ours, theirs, strict=True):
            agree(mine, other)
    elif isinstance(theirs, tuple):
        assert ours[0] == theirs[0]
        assert ours[1].shape == theirs[1].shape
        np.testing.assert_allclose(ours[1], theirs[1], rtol=2e-5, atol=2e-6)
    else:
        assert ours == theirs


SHORT = {
    "W": "w = torch.arange(6.0).reshape(3, 2)",
    "RUN": "[m.running_mean, m.running_var, m.num_batches_tracked]",
}


def listed(name):
    """The lines of a table, with what is short for others written out."""
    text = (Path(__file__).parent / "settings" / f"{name}.txt").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [re.sub(r"\b(W|RUN)\b", lambda word: SHORT[word[0]], line) for line in lines]


EQUAL = listed("equal")


@pytest.mark.parametrize("code", EQUAL)
def test_what_pytorch_takes_gives_its_result(code):
    theirs, they_warned, error = evaluated(THEIRS, code)
    assert error is None
    ours, we_warned, error = evaluated(OURS, code)
    assert error is None, error
    assert we_warned == (they_warned and "Conv1d(0" not in code)
    agree(plain(ours), plain(theirs))


REFUSED = listed("refused")


@pytest.mark.parametrize("code", REFUSED)
def test_what_pytorch_refuses_is_refused(code):
    assert evaluated(THEIRS, code)[2] is not None
    *_, error = evaluated(OURS, code)
    assert isinstance(error, ValueError | RuntimeError | TypeError | IndexError)
    assert len(str(error)) > 30


MADE = """
Linear(2, 3, True) | Bilinear(2, 3, 2, True) | PReLU(2, 0.5) | Conv1d(2, 4, 3) | Conv3d(2, 4, 3)
ConvTranspose2d(2, 4, 3) | LayerNorm(3, 1e-5, True, True) | RMSNorm(3, 1e-5, True)
GroupNorm(1, 2, 1e-5, True) | BatchNorm1d(2, 1e-5, 0.1, True, True)
InstanceNorm2d(2, 1e-5, 0.1, True, True) | RNN(2, 3) | LSTM(2, 3, proj_size=2) | GRU(2, 3)
RNNCell(2, 3, True, "tanh") | LSTMCell(2, 3, True) | GRUCell(2, 3, True) | Embedding(3, 2)
EmbeddingBag(3, 2) | TransformerEncoderLayer(4, 2, 8) | TransformerDecoderLayer(4, 2, 8)
MultiheadAttention(4, 2, 0.0, True, True, False, 3, None, True) | Transformer(4, 2, 1, 1, 8)
"""


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("code", [one.strip() for one in re.split(r"\||\n", MADE.strip())])
def test_every_layer_with_parameters_takes_a_device_and_a_dtype(code):
    for settings in ('device="cpu", dtype=torch.float64', "device=None, dtype=torch.float16"):
        made = [eval(f"nn.{code[:-1]}, {settings})", dict(library)) for library in (THEIRS, OURS)]
        theirs, ours = [
            [
                (name, tuple(x.shape), str(x.dtype).split(".")[-1])
                for name, x in m.state_dict().items()
            ]
            for m in made
        ]
        assert ours == theirs
    with pytest.raises(RuntimeError, match="cuda"):
        eval(f'nn.{code[:-1]}, device="cuda")', dict(OURS))
