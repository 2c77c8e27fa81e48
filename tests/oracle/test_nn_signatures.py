"""Every layer, function and initialisation takes what PyTorch's takes: the same names, in the same
order, with the same defaults; and each layer prints each setting as PyTorch's does."""

import inspect
import re
import warnings

import pytest
import torch
import torch.nn.functional as theirs_F
from torch.nn import init as their_init

import nn
import nn.functional as F
import tinygrad_edu as tg

# What inspect cannot read from PyTorch, or reads wrongly: its own words, from its documentation.
SIZES = "input_size, hidden_size, num_layers=1, "
REST = "bias=True, batch_first=False, dropout=0.0, bidirectional=False, "
WRITTEN = {
    "RNN": SIZES + "nonlinearity='tanh', " + REST + "device=None, dtype=None",
    "LSTM": SIZES + REST + "proj_size=0, device=None, dtype=None",
    "GRU": SIZES + REST + "device=None, dtype=None",
    "Parameter": "data=None, requires_grad=True",
    "conv_tbc": "input, weight, bias, pad=0",
    "Buffer": "data=None, *, persistent=True",
    "scaled_dot_product_attention": "query, key, value, attn_mask=None, dropout_p=0.0, "
    "is_causal=False, *, scale=None, enable_gqa=False",
    "one_hot": "input, num_classes=-1",  # its documentation says tensor, which it does not take
}
WRITTEN |= dict.fromkeys(["LogSigmoid", "Sigmoid", "Softmax2d", "Softsign", "Tanh"], "")
WRITTEN |= dict.fromkeys(["Tanhshrink", "Module"], "")
# By name only; sigmoid and tanh are torch.sigmoid and torch.tanh, which take out=.
OURS_MORE = {"generator", "out"}


def signature(function, name):
    """The signature of PyTorch's function."""
    if name in WRITTEN:
        return inspect.signature(eval(f"lambda {WRITTEN[name]}: 0"))
    if hasattr(theirs_F, f"{name}_with_indices"):  # two functions in one
        function = getattr(theirs_F, f"{name}_with_indices")
    try:
        return inspect.signature(function)
    except ValueError:  # written in C++: its documentation begins with the signature
        (text,) = re.findall(r"\w+\((.*?)\)\s*->", function.__doc__, re.S)[:1]
        return inspect.signature(eval(f"lambda {' '.join(text.split())}: 0"))


def listed(signature):
    """(name, default, is it by name only?) of each parameter."""
    return [
        (p.name, getattr(p.default, "__name__", p.default), p.kind is p.KEYWORD_ONLY)
        for p in signature.parameters.values()
        if p.name != "self"
    ]


def assert_alike(mine, theirs, name):
    right = listed(signature(theirs, name))
    more = OURS_MORE - {n for n, *_ in right}
    found = inspect.signature(mine)
    assert [one for one in listed(found) if one[0] not in more] == right
    found.bind(**{n: 0 for n, *_ in right if n not in ("args", "kwargs")})


LAYERS = [
    name for name in nn.__all__ if inspect.isclass(getattr(nn, name)) and hasattr(torch.nn, name)
]


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_made_with_pytorchs_settings(name):
    assert_alike(getattr(nn, name), getattr(torch.nn, name).__init__, name)


@pytest.mark.parametrize("name", [n for n in LAYERS if n not in ("Buffer", "Parameter")])
def test_a_layer_is_called_with_pytorchs_arguments(name):
    if "forward" in vars(torch.nn.Module) and "forward" in dir(getattr(nn, name)):
        mine, theirs = getattr(nn, name).forward, getattr(torch.nn, name).forward
        assert listed(inspect.signature(mine)) == listed(inspect.signature(theirs))


@pytest.mark.parametrize("name", [n for n in F.__all__ if hasattr(theirs_F, n)])
def test_a_function_takes_pytorchs_arguments(name):
    assert_alike(getattr(F, name), getattr(theirs_F, name), name)


@pytest.mark.parametrize("name", [n for n in nn.init.__all__ if hasattr(their_init, n)])
def test_an_initialisation_takes_pytorchs_arguments(name):
    new = f"{name}_" if hasattr(their_init, f"{name}_") else name  # an old name takes the same
    assert_alike(getattr(nn.init, name), getattr(their_init, new), name)


# ---------------------------------------------------------------- how layers print


def settings(**named):
    return named


# What a layer is made with at least, and another value of each setting.
NEEDED = settings(
    in_features=4,
    out_features=2,
    in1_features=2,
    in2_features=3,
    in_channels=4,
    out_channels=2,
    kernel_size=3,
    output_size=2,
    normalized_shape=4,
    num_groups=2,
    num_channels=4,
    num_features=4,
    size=3,
    num_embeddings=5,
    embedding_dim=3,
    input_size=3,
    hidden_size=4,
    embed_dim=4,
    num_heads=2,
    d_model=4,
    nhead=2,
    padding=1,
    value=1.5,
    threshold=0.5,
    norm_type=2.0,
    upscale_factor=2,
    downscale_factor=2,
    groups=2,
    unflattened_size=(2, 2),
    dim=1,
    num_layers=2,
    mode="GRU",
    bias=True,
    num_chunks=3,
    n_classes=6,
    cutoffs=[2, 4],
)
OTHER = settings(
    stride=2,
    padding=1,
    dilation=2,
    groups=2,
    bias=False,
    padding_mode="reflect",
    eps=0.125,
    output_padding=1,
    momentum=0.25,
    affine=None,
    num_layers=2,
    nonlinearity="relu",
    p=0.25,
    norm_type=3.0,
    padding_idx=1,
    max_norm=2.0,
    mode="sum",
    kdim=3,
    vdim=2,
    dim=0,
    approximate="tanh",
    scale_factor=2,
    size=4,
    proj_size=2,
    dropout=0.25,
    dim_feedforward=3,
    activation="gelu",
    layer_norm_eps=0.125,
    start_dim=0,
    end_dim=2,
    alpha=0.5,
    beta=0.5,
    k=2.0,
    lambd=0.25,
    negative_slope=0.5,
    lower=0.0625,
    upper=0.5,
    min_val=-2.0,
    max_val=2.0,
    num_parameters=3,
    init=0.5,
    threshold=1.0,
    reduction="sum",
    margin=0.25,
    delta=0.5,
    ignore_index=2,
    blank=1,
    label_smoothing=0.125,
    divisor_override=2,
    num_encoder_layers=1,
    num_decoder_layers=1,
)


def printed(library, code):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return repr(eval(f"nn.{code}", {"nn": library}))


def layer_codes():
    apart = (
        "Module",
        "Buffer",
        "Parameter",
        "Sequential",
        "TransformerEncoder",
        "TransformerDecoder",
    )
    for name in LAYERS:
        if name.startswith(apart) and not name.endswith("Layer"):
            continue
        known = signature(getattr(torch.nn, name).__init__, name).parameters.values()
        known = [p for p in known if p.name != "self"]
        must = {p.name: NEEDED.get(p.name, 2) for p in known if p.default is p.empty}
        given = [{}]
        for n, default in [(p.name, p.default) for p in known]:
            if isinstance(default, bool):
                given.append({n: not default})
            elif n in OTHER and n not in must and OTHER[n] is not None:
                given.append({n: OTHER[n]})
        if name.startswith("Transformer"):
            must |= (
                {"num_encoder_layers": 1, "num_decoder_layers": 1} if name == "Transformer" else {}
            )
        for setting in given:
            yield f"{name}({', '.join(f'{n}={v!r}' for n, v in (must | setting).items())})"


@pytest.mark.parametrize("code", [*layer_codes()])
def test_each_setting_is_printed_as_pytorch_prints_it(code):
    try:
        right = printed(torch.nn, code)
    except (TypeError, ValueError, RuntimeError):
        pytest.skip("PyTorch refuses it")
    assert printed(nn, code) == right.replace("NonDynamicallyQuantizable", "")


# ---------------------------------------------------------------- drawn anew

SIZED = """
Linear(100, 50) | Bilinear(20, 10, 30) | PReLU(3, 0.5)
Conv1d(20, 30, 3) | Conv2d(8, 20, 3, groups=2)
ConvTranspose2d(8, 20, 3) | LayerNorm(3) | LayerNorm(3, bias=False) | RMSNorm(3) | GroupNorm(1, 2)
BatchNorm1d(2) | BatchNorm2d(2, affine=False) | InstanceNorm2d(2, affine=True)
InstanceNorm1d(2, track_running_stats=True) | RNN(20, 30) | LSTM(20, 30, 2, proj_size=7)
GRU(20, 30, bidirectional=True) | RNNCell(20, 30) | LSTMCell(20, 30) | GRUCell(20, 30)
Embedding(200, 20, 3) | EmbeddingBag(200, 20, padding_idx=1)
"""


@pytest.mark.parametrize("code", [one.strip() for one in re.split(r"\||\n", SIZED.strip())])
def test_reset_parameters_draws_as_pytorchs_does(code):
    """Constants alike; what is drawn has the same spread, within what chance allows."""
    theirs, ours = eval(f"nn.{code}", {"nn": torch.nn}), eval(f"nn.{code}", {"nn": nn})
    torch.manual_seed(0)
    tg.manual_seed(0)
    for layer in (theirs, ours):
        for tensor in layer.state_dict().values():
            tensor.fill_(7)
        layer.reset_parameters()
    for name, right in theirs.state_dict().items():
        mine = ours.state_dict()[name].double().numpy()
        right = right.double().numpy()
        if right.min() == right.max():
            assert (mine == right).all(), name
        else:
            assert mine.std() == pytest.approx(right.std(), rel=0.4), name
            assert abs(mine).max() == pytest.approx(abs(right).max(), rel=0.4), name


def test_every_layer_that_pytorch_resets_can_be_reset():
    for name in LAYERS:
        if hasattr(getattr(torch.nn, name), "reset_parameters"):
            assert hasattr(getattr(nn, name), "reset_parameters"), name


def test_a_subclass_may_start_as_it_wants():
    class Ones(nn.Linear):
        def reset_parameters(self):
            nn.init.ones_(self.weight)
            nn.init.zeros_(self.bias)

    assert Ones(2, 1)(tg.ones(1, 2)).item() == 2
