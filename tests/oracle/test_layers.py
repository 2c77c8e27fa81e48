"""Layers with copied weights: outputs, gradients of inputs and parameters, states and how they
print are PyTorch's, in training and in evaluation."""

import warnings

import numpy as np
import pytest
import torch

import nn
import tinygrad_edu as tg

OURS = vars(nn)

# Each layer as it is written, and its inputs: a shape of normal numbers, or a maker of others.
CASES = [
    ("BatchNorm1d(3)", (4, 3)),
    ("BatchNorm1d(3, momentum=None)", (4, 3, 5)),
    ("BatchNorm1d(3, eps=0.1, momentum=0.3, affine=False)", (4, 3)),
    ("BatchNorm1d(3, track_running_stats=False)", (4, 3)),
    ("BatchNorm1d(3, bias=False)", (4, 3)),
    ("BatchNorm2d(3)", (2, 3, 4, 5)),
    ("SyncBatchNorm(3)", (4, 3)),
    ("SyncBatchNorm(3, momentum=None, bias=False)", (2, 3, 4, 5)),
    ("DataParallel(Sequential(Linear(3, 2), BatchNorm1d(2)))", (4, 3)),
    ("BatchNorm3d(3)", (2, 3, 2, 3, 2)),
    ("LayerNorm(4)", (2, 3, 4)),
    ("LayerNorm((3, 4), eps=0.1)", (2, 3, 4)),
    ("LayerNorm([4], elementwise_affine=False)", (2, 3, 4)),
    ("LayerNorm(4, bias=False)", (4,)),
    ("RMSNorm(4)", (2, 3, 4)),
    ("RMSNorm((3, 4), eps=0.1)", (2, 3, 4)),
    ("RMSNorm(4, elementwise_affine=False)", (3, 4)),
    ("GroupNorm(2, 4)", (2, 4, 3)),
    ("GroupNorm(4, 4, affine=False)", (2, 4, 3, 2)),
    ("GroupNorm(1, 4, bias=False)", (2, 4)),
    ("InstanceNorm1d(3)", (2, 3, 4)),
    ("InstanceNorm1d(3)", (3, 4)),
    ("InstanceNorm1d(3, affine=True, track_running_stats=True)", (2, 3, 4)),
    ("InstanceNorm2d(3, affine=True)", (2, 3, 4, 5)),
    ("InstanceNorm2d(3, track_running_stats=True, momentum=0.4)", (3, 4, 5)),
    ("InstanceNorm3d(2)", (2, 2, 2, 3, 2)),
    ("Embedding(5, 3)", "whole(2, 4)"),
    ("Embedding(5, 3, padding_idx=1)", "whole(2, 4)"),
    ("Embedding(5, 3, padding_idx=-2, max_norm=0.5)", "whole(6)"),
    ("Embedding(5, 3, max_norm=0.5, norm_type=1.0)", "whole()"),
    ("EmbeddingBag(5, 3)", "whole(2, 4)"),
    ("EmbeddingBag(5, 3, mode='sum')", "whole(2, 4)"),
    ("EmbeddingBag(5, 3, padding_idx=2)", "whole(3, 4)"),
    ("EmbeddingBag(5, 3, max_norm=0.5, mode='sum', padding_idx=-1)", "whole(3, 4)"),
    ("Bilinear(3, 2, 4)", (5, 3), (5, 2)),
    ("Bilinear(3, 2, 4, bias=False)", (2, 5, 3), (2, 5, 2)),
    ("Unflatten(1, (2, 3))", (4, 6)),
    ("Unflatten(-1, (-1, 2))", (4, 6)),
    ("CosineSimilarity()", (4, 3), (4, 3)),
    ("CosineSimilarity(dim=-1)", (4, 1, 3), (2, 3)),
    ("PairwiseDistance()", (4, 3), (4, 3)),
    ("PairwiseDistance(1.0, keepdim=True)", (4, 3), (3,)),
    ("PairwiseDistance(p=3)", (3,), (3,)),
    ("ZeroPad1d(2)", (2, 3, 4)),
    ("ZeroPad2d((1, 0, 2, -1))", (2, 3, 4)),
    ("ZeroPad3d(1)", (1, 2, 2, 3)),
    ("ConstantPad1d((1, 2), 0.5)", (2, 3, 4)),
    ("ConstantPad2d(1, 2.0)", (2, 3, 4)),
    ("ConstantPad3d(1, value=-1)", (2, 2, 3, 4)),
    ("ReflectionPad1d((1, 2))", (2, 3, 4)),
    ("ReflectionPad2d(1)", (2, 3, 4)),
    ("ReflectionPad3d((1, 1, 0, 1, 1, 0))", (2, 2, 3, 4)),
    ("ReplicationPad1d(2)", (2, 3, 4)),
    ("ReplicationPad2d((1, 0, 2, 3))", (2, 3, 4)),
    ("ReplicationPad3d(1)", (2, 2, 3, 4)),
    ("CircularPad1d(2)", (2, 3, 4)),
    ("CircularPad2d((1, 0, 2, 3))", (1, 2, 3, 4)),
    ("CircularPad3d(1)", (1, 2, 2, 3, 4)),
    ("Upsample(scale_factor=2)", (1, 2, 3)),
    ("Upsample(size=(5, 2))", (1, 2, 3, 4)),
    ("Upsample(scale_factor=(1.5, 2, 0.7))", (1, 2, 3, 4, 3)),
    ("Upsample(scale_factor=2.5, mode='nearest-exact')", (1, 2, 3, 4)),
    ("Upsample(scale_factor=2.3, recompute_scale_factor=True)", (1, 2, 3, 4)),
    ("Upsample(7, mode='linear')", (1, 2, 3)),
    ("Upsample(scale_factor=1.7, mode='bilinear')", (1, 2, 3, 4)),
    ("Upsample(size=(2, 9), mode='bilinear', align_corners=True)", (1, 2, 3, 4)),
    ("Upsample(scale_factor=2, mode='trilinear')", (1, 2, 2, 3, 2)),
    ("UpsamplingNearest2d(scale_factor=2)", (1, 2, 3, 4)),
    ("UpsamplingBilinear2d(size=(5, 1))", (1, 2, 3, 4)),
    ("PixelShuffle(2)", (2, 8, 3, 2)),
    ("PixelShuffle(3)", (9, 3, 2)),
    ("PixelUnshuffle(2)", (2, 2, 4, 6)),
    ("ChannelShuffle(2)", (2, 6, 3)),
    ("ChannelShuffle(3)", (1, 6, 2, 3)),
    ("LocalResponseNorm(3)", (2, 5, 4)),
    ("LocalResponseNorm(4, alpha=0.5, beta=0.6, k=2.0)", (2, 3, 4, 2)),
    ("LocalResponseNorm(1, alpha=1.0)", (2, 3, 2, 2, 2)),
    ("RReLU(0.2, 0.2)", (3, 4)),
    ("Softmax2d()", (2, 3, 4, 2)),
    ("Softmax2d()", (3, 4, 2)),
    ("LPPool1d(2, 3)", (2, 3, 7)),
    ("LPPool2d(2, (2, 3), stride=1)", (2, 3, 4, 5)),
    ("LPPool2d(4, 2, 2, ceil_mode=True)", (3, 5, 5)),
    ("LPPool2d(float('inf'), 2)", (2, 3, 4, 4)),
    ("LPPool1d(-float('inf'), 2)", (2, 3, 4)),
    ("LPPool3d(2.0, 2)", (1, 2, 4, 2, 3)),
    ("Unfold((2, 3), dilation=1, padding=1, stride=2)", (2, 3, 4, 5)),
    ("Fold((4, 5), kernel_size=(2, 2))", (2, 8, 12)),
    ("FeatureAlphaDropout(0.0)", (3, 4)),
    ("AlphaDropout(0.0)", (3, 4)),
    ("Dropout2d(0.0)", (3, 4, 2, 2)),
    ("CELU(0.5)", (3, 4)),
    ("ELU(0.5)", (3, 4)),
    ("GELU()", (3, 4)),
    ("GELU(approximate='tanh')", (3, 4)),
    ("GLU()", (3, 4)),
    ("GLU(0)", (4, 3)),
    ("SELU()", (3, 4)),
    ("Hardshrink(0.4)", (3, 4)),
    ("Hardsigmoid()", (3, 4)),
    ("Hardswish()", (3, 4)),
    ("Hardtanh(-0.5, 0.3)", (3, 4)),
    ("LeakyReLU(0.2)", (3, 4)),
    ("LogSigmoid()", (3, 4)),
    ("LogSoftmax(1)", (3, 4)),
    ("Mish()", (3, 4)),
    ("PReLU()", (3, 4)),
    ("PReLU(4, init=0.5)", (3, 4, 2)),
    ("ReLU()", (3, 4)),
    ("ReLU6()", (3, 4)),
    ("SiLU()", (3, 4)),
    ("Sigmoid()", (3, 4)),
    ("Softmax(dim=0)", (3, 4)),
    ("Softmin(1)", (3, 4)),
    ("Softplus(2, threshold=1.0)", (3, 4)),
    ("Softshrink(0.3)", (3, 4)),
    ("Softsign()", (3, 4)),
    ("Tanh()", (3, 4)),
    ("Tanhshrink()", (3, 4)),
    ("Threshold(0.1, -2.0)", (3, 4)),
    ("Identity(3, unused=4)", (3, 4)),
    ("Flatten()", (2, 3, 4)),
    ("Flatten(0, -2)", (2, 3, 4)),
    ("Linear(3, 4)", (5, 3)),
    ("Linear(3, 4, bias=False)", (2, 5, 3)),
    ("Linear(3, 4)", (3,)),
    ("Linear(0, 4)", (2, 5, 0)),
    ("Linear(3, 0)", (2, 5, 3)),
    ("Linear(3, 4)", (0, 5, 3)),
    ("LazyLinear(4)", (5, 3)),
    ("LazyLinear(4, bias=False)", (2, 5, 3)),
    ("Dropout(0.0)", (3, 4)),
    ("Dropout1d(0.0)", (3, 4, 2)),
    ("Dropout3d(0.0)", (2, 2, 2, 2, 2)),
    ("Conv1d(2, 4, 3)", (2, 2, 7)),
    ("Conv1d(2, 4, 3, padding='same', padding_mode='circular', bias=False)", (2, 7)),
    ("Conv2d(2, 4, 3)", (2, 2, 5, 6)),
    ("Conv2d(2, 4, (3, 2), stride=(2, 1), padding=1, dilation=2, groups=2)", (2, 2, 6, 5)),
    ("Conv2d(2, 3, 3, padding=1, padding_mode='reflect')", (2, 5, 4)),
    ("Conv3d(2, 3, 2, padding='valid')", (2, 2, 3, 4, 3)),
    ("Conv3d(2, 2, 2, padding=1, groups=2, padding_mode='replicate')", (2, 2, 3, 2, 3)),
    ("ConvTranspose1d(2, 4, 3, stride=2, output_padding=1)", (2, 2, 5)),
    ("ConvTranspose2d(2, 4, 4, 2, 1, bias=False)", (2, 2, 3, 4)),
    ("ConvTranspose2d(4, 2, 3, groups=2, dilation=2)", (4, 3, 4)),
    ("ConvTranspose3d(2, 3, 2, stride=(1, 2, 1))", (2, 2, 2, 3, 2)),
    ("LazyConv1d(4, 3)", (2, 2, 7)),
    ("LazyConv2d(4, 3, padding=1, groups=2)", (2, 2, 5, 6)),
    ("LazyConv3d(3, 2, bias=False)", (2, 2, 3, 4, 3)),
    ("LazyConvTranspose1d(4, 3)", (2, 2, 5)),
    ("LazyConvTranspose2d(4, 4, 2, 1)", (2, 2, 3, 4)),
    ("LazyConvTranspose3d(3, 2)", (2, 2, 2, 3, 2)),
    ("LazyBatchNorm1d()", (4, 3)),
    ("LazyBatchNorm2d(momentum=0.3)", (2, 3, 4, 5)),
    ("LazyBatchNorm3d(affine=False)", (2, 3, 2, 3, 2)),
    ("LazyInstanceNorm1d()", (2, 3, 5)),
    ("LazyInstanceNorm2d(affine=False, momentum=0.3)", (2, 3, 4, 5)),
    ("LazyInstanceNorm3d(track_running_stats=False)", (2, 3, 2, 3, 2)),
    ("CrossMapLRN2d(5, 0.3, 0.5, 2)", (2, 2, 3, 4)),
    ("MaxPool1d(3, 2, padding=1)", (2, 3, 7)),
    ("MaxPool2d(2)", (2, 3, 4, 6)),
    ("MaxPool2d((3, 2), stride=2, padding=1, dilation=(1, 2), ceil_mode=True)", (3, 7, 8)),
    ("MaxPool3d(2, stride=1)", (1, 2, 3, 3, 4)),
    ("AvgPool1d(3, 2, padding=1, count_include_pad=False)", (2, 3, 7)),
    ("AvgPool2d(2)", (2, 3, 4, 6)),
    ("AvgPool2d(3, 2, 1, ceil_mode=True, divisor_override=5)", (3, 6, 7)),
    ("AvgPool3d(2, padding=1)", (1, 2, 3, 3, 4)),
    ("AdaptiveAvgPool1d(3)", (2, 3, 7)),
    ("AdaptiveAvgPool2d((3, None))", (2, 3, 5, 4)),
    ("AdaptiveAvgPool3d(2)", (1, 2, 3, 5, 4)),
    ("MaxUnpool1d(2)", (1, 2, 3), "array([[[0, 3, 4], [1, 2, 5]]])"),
    ("MaxUnpool2d(2, padding=0)", (1, 1, 2, 2), "array([[[[0, 3], [8, 15]]]])"),
    ("MaxUnpool2d((2, 3), stride=1)", (1, 1, 2), "array([[[1, 7]]])"),
    ("MaxUnpool3d(2)", (1, 1, 1, 1, 2), "array([[[[[1, 9]]]]])"),
    ("AdaptiveMaxPool1d(3)", (2, 3, 7)),
    ("AdaptiveMaxPool2d(2, return_indices=True)", (2, 3, 5, 4)),
    ("AdaptiveMaxPool3d((2, 1, 3))", (1, 2, 3, 5, 4)),
    ("FractionalMaxPool2d(2, 3, _random_samples=ones(2, 3, 2) * 0.4)", (2, 3, 9, 8)),
    (
        "FractionalMaxPool3d(2, 2, return_indices=True, _random_samples=ones(1, 2, 3))",
        (1, 2, 5, 6, 7),
    ),
    ("RNN(3, 4, 2, nonlinearity='relu')", (5, 2, 3)),
    ("RNN(3, 4, bias=False)", (5, 3)),
    ("LSTM(3, 4, 2, bidirectional=True, batch_first=True)", (5, 2, 3)),
    ("GRU(3, 4, num_layers=2)", (5, 2, 3), (2, 2, 4)),
    ("RNNCell(3, 4)", (2, 3), (2, 4)),
    ("LSTMCell(3, 4, bias=False)", (2, 3)),
    ("GRUCell(3, 4)", (2, 3), (2, 4)),
    ("RNNBase('LSTM', 3, 4, 2, proj_size=2, bidirectional=True)",),
    ("RNNBase('RNN_RELU', 3, 4, bias=False)",),
    ("RNNCellBase(3, 4, False, 2)",),
    ("MultiheadAttention(4, 2)", (5, 3, 4), (6, 3, 4), (6, 3, 4)),
    ("MultiheadAttention(4, 1, kdim=3, vdim=2, batch_first=True)", (2, 5, 4), (2, 6, 3), (2, 6, 2)),
    ("MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True)", *[(5, 3, 4)] * 3),
    ("TransformerEncoderLayer(4, 2, 5, 0.0)", (3, 2, 4)),
    ("TransformerEncoderLayer(4, 2, 5, 0.0, 'gelu', norm_first=True, bias=False)", (3, 2, 4)),
    ("TransformerDecoderLayer(4, 2, 5, 0.0, batch_first=True)", (2, 3, 4), (2, 5, 4)),
    ("TransformerEncoder(TransformerEncoderLayer(4, 2, 5, 0.0), 2, LayerNorm(4))", (3, 2, 4)),
    ("TransformerDecoder(TransformerDecoderLayer(4, 2, 5, 0.0), 2)", (3, 2, 4), (5, 2, 4)),
    ("Transformer(4, 2, 1, 2, 5, 0.0)", (3, 2, 4), (5, 2, 4)),
    ("BCELoss()", "chances(4, 3)", "chances(4, 3)"),
    ("BCEWithLogitsLoss(pos_weight=ones(3) * 2)", (4, 3), "chances(4, 3)"),
    ("CosineEmbeddingLoss(0.2)", (4, 3), (4, 3), "signs(4)"),
    ("CrossEntropyLoss()", (4, 5), "whole(4)"),
    (
        "CrossEntropyLoss(ones(5) * 2, label_smoothing=0.1, ignore_index=2)",
        (4, 5, 3),
        "whole(4, 3)",
    ),
    ("CrossEntropyLoss(reduction='none')", (4, 5), "chances(4, 5)"),
    ("GaussianNLLLoss(full=True)", (4, 3), (4, 3), "chances(4, 3)"),
    ("HingeEmbeddingLoss(0.5)", (4, 3), "signs(4, 3)"),
    ("HuberLoss(delta=0.5)", (4, 3), (4, 3)),
    ("KLDivLoss(reduction='batchmean')", (4, 3), "chances(4, 3)"),
    ("L1Loss()", (4, 3), (4, 3)),
    ("MSELoss(reduction='sum')", (4, 3), (4, 3)),
    ("MarginRankingLoss(0.3)", (4,), (4,), "signs(4)"),
    ("MultiLabelMarginLoss()", (2, 5), "array([[1, 3, -1, 0, 0], [2, -1, 1, 1, 1]])"),
    ("MultiLabelSoftMarginLoss()", (4, 3), "whole(4, 3) % 2"),
    ("MultiMarginLoss(p=2, margin=0.7)", (4, 5), "whole(4)"),
    ("NLLLoss(ignore_index=1)", (4, 5), "whole(4)"),
    ("PoissonNLLLoss(full=True)", (4, 3), "whole(4, 3) + 0.5"),
    ("SmoothL1Loss(beta=0.7)", (4, 3), (4, 3)),
    ("SoftMarginLoss()", (4, 3), "signs(4, 3)"),
    ("TripletMarginLoss(0.5, swap=True)", (4, 3), (4, 3), (4, 3)),
    ("TripletMarginWithDistanceLoss(distance_function=PairwiseDistance(1.0))", *[(4, 3)] * 3),
    ("AdaptiveLogSoftmaxWithLoss(8, 5, [2, 4])", (6, 8), "whole(6)"),
    ("AdaptiveLogSoftmaxWithLoss(8, 5, [1], 2.0, head_bias=True)", (8,), "whole()"),
    ("Sequential(Linear(3, 4), Sequential(Tanh(), Linear(4, 2)))", (5, 3)),
    ("ParameterDict({'a': ones(2), 'b': zeros(2, 3)})",),
    ("ParameterList([ones(2), zeros(2, 3)])",),
    ("ModuleDict({'b': Linear(2, 3), 'a': LayerNorm(3)})",),
    ("ModuleList([Linear(2, 3), Linear(2, 3), LayerNorm(3), ModuleList([Identity()])])",),
]
INEXACT = {"Hardsigmoid()": 1e-7}  # PyTorch's 1/6 is a float32
ZEROS_AND_ONES = [c for c, *_ in CASES if ("Norm" in c[:15] or "Embed" in c) and "Lazy" not in c]
named = pytest.mark.parametrize("case", CASES, ids=str)


def made(code, *sizes):
    """The layer by both libraries, with the same numbers, none of which is where it started; a
    lazy one has seen inputs of these sizes."""
    ours = eval(code, {**OURS, "ones": tg.ones, "zeros": tg.zeros}).double()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about its nested tensors
        oracle = eval(code, {**vars(torch.nn), "ones": torch.ones, "zeros": torch.zeros}).double()
    if code.startswith("Lazy"):
        ours.eval()(*map(tg.tensor, inputs(sizes)))
        oracle.eval()(*map(torch.tensor, inputs(sizes)))
    torch.manual_seed(0)
    with torch.no_grad():
        for tensor in oracle.state_dict().values():
            if tensor.is_floating_point():
                tensor.uniform_(0.5, 1.5)
    ours.load_state_dict(oracle.state_dict())
    return ours, oracle


def inputs(sizes):
    rng = np.random.default_rng(0)
    others = {
        "array": np.array,
        "whole": lambda *size: rng.integers(0, 5, size),
        "signs": lambda *size: rng.choice([-1, 1], size),
        "chances": lambda *size: rng.uniform(0.1, 0.9, size),
    }
    return [
        eval(size, others) if isinstance(size, str) else rng.standard_normal(size) for size in sizes
    ]


def tensors(output):
    """Those of an output that are there, in one list."""
    several = isinstance(output, tuple)
    return [y for part in output for y in tensors(part)] if several else [output]


def agree(ours, theirs, within=1e-9):
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours.array, theirs.detach().numpy(), rtol=within, atol=within)


def run(ours, oracle, *arrays):
    """One forward and backward of both: outputs and all gradients agree."""
    xs, zs = [tg.tensor(a) for a in arrays], [torch.tensor(a) for a in arrays]
    for one in [*xs, *zs]:
        if one.is_floating_point():
            one.requires_grad_()
    outputs = list(zip(tensors(ours(*xs)), tensors(oracle(*zs)), strict=True))
    rng, mine, theirs = np.random.default_rng(1), tg.zeros(()).double(), 0
    for y, z in outputs:
        agree(y, z)
        assert y.requires_grad == z.requires_grad
        if y.requires_grad:
            g = rng.standard_normal(y.shape)
            mine, theirs = mine + (y * tg.tensor(g)).sum(), theirs + (z * torch.tensor(g)).sum()
    mine.backward()
    theirs.backward()
    leaves = zip([*xs, *ours.parameters()], [*zs, *oracle.parameters()], strict=True)
    for mine, theirs in leaves:
        assert (mine.grad is None) == (theirs.grad is None)
        if mine.grad is not None:
            agree(mine.grad, theirs.grad, INEXACT.get(repr(ours), 1e-9))


@named
def test_a_layer_computes_what_pytorchs_does(case):
    code, *sizes = case
    ours, oracle = made(code, *sizes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about inputs that it will read differently
        for mode in (True, True, False) if sizes else ():
            ours.train(mode)
            oracle.train(mode)
            run(ours, oracle, *inputs(sizes))
            for name, tensor in oracle.state_dict().items():  # the running ones have moved alike
                agree(ours.state_dict()[name], tensor)


def test_every_layer_that_pytorch_has_is_compared():
    """A new layer has to stand in the table, else this fails."""
    layers = {
        name
        for name, layer in OURS.items()
        if isinstance(layer, type) and issubclass(layer, nn.Module) and hasattr(torch.nn, name)
    }
    compared = {code.partition("(")[0] for code, *_ in CASES}
    elsewhere = {"CTCLoss"}  # see test_loss_functions.py
    elsewhere |= {"NLLLoss2d"}  # NLLLoss, which warns: see test_old_names.py
    assert layers - compared == {"Module"} | elsewhere


@named
def test_a_layer_prints_and_stores_as_pytorchs_does(case):
    ours, oracle = made(*case)
    if not case[0].startswith("Parameter"):  # PyTorch has ways of its own there
        assert repr(ours) == repr(oracle).replace("NonDynamicallyQuantizable", "")
    mine, theirs = ours.state_dict(), oracle.state_dict()
    assert [(k, v.shape) for k, v in mine.items()] == [
        (k, tuple(v.shape)) for k, v in theirs.items()
    ]
    assert [v.dtype.name for v in mine.values()] == [str(v.dtype)[6:] for v in theirs.values()]
    oracle.load_state_dict({k: torch.from_numpy(v.numpy().copy()) for k, v in mine.items()})


@pytest.mark.parametrize("mode", ["sum", "mean"])
@pytest.mark.parametrize("padding_idx", [None, 1])
def test_bags_of_several_sizes(mode, padding_idx):
    code = f"EmbeddingBag(5, 3, mode={mode!r}, padding_idx={padding_idx})"
    ours, oracle = made(code)
    x, offsets = np.array([0, 1, 1, 4, 2, 1]), np.array([0, 2, 2, 3])
    run(ours, oracle, x, offsets)


def test_weights_of_the_numbers_in_a_bag():
    ours, oracle = made("EmbeddingBag(5, 3, mode='sum')")
    x, w = np.array([[0, 1], [1, 4]]), np.random.default_rng(0).standard_normal((2, 2))
    mine, theirs = tg.tensor(w, requires_grad=True), torch.tensor(w, requires_grad=True)
    y = ours(tg.tensor(x), per_sample_weights=mine)
    z = oracle(torch.tensor(x), per_sample_weights=theirs)
    agree(y, z)
    y.square().sum().backward()
    z.square().sum().backward()
    agree(mine.grad, theirs.grad)
    agree(ours.weight.grad, oracle.weight.grad)


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
@pytest.mark.parametrize("freeze", [True, False])
def test_a_given_table_is_the_weight(name, freeze):
    table = np.random.default_rng(0).standard_normal((5, 3))
    ours = OURS[name].from_pretrained(tg.tensor(table), freeze=freeze, padding_idx=1)
    oracle = getattr(torch.nn, name).from_pretrained(torch.tensor(table), freeze, padding_idx=1)
    assert repr(ours) == repr(oracle)
    assert ours.weight.requires_grad == oracle.weight.requires_grad
    x = np.array([[0, 1], [1, 4]])
    agree(ours(tg.tensor(x)), oracle(torch.tensor(x)))


@pytest.mark.parametrize("code", ZEROS_AND_ONES)
def test_a_layer_starts_with_pytorchs_zeros_and_ones(code):
    ours, oracle = eval(code, dict(OURS)), eval(code, dict(vars(torch.nn)))
    for name, tensor in oracle.state_dict().items():
        mine = ours.state_dict()[name].numpy()
        assert np.array_equal(mine == 0, tensor.numpy() == 0), name
        assert np.array_equal(mine == 1, tensor.numpy() == 1), name


def test_containers_change_as_pytorchs_do():
    def changed(layers):
        modules = layers["ModuleList"]([layers["Linear"](k, 1) for k in range(1, 4)])
        modules.append(layers["Linear"](4, 1)).extend([layers["Linear"](5, 1)])
        modules.insert(1, layers["Identity"]())
        modules[0] = layers["Linear"](9, 1)
        modules.pop(2)
        del modules[-1]
        modules += [layers["Identity"]()]
        table = layers["ModuleDict"]([("a", modules), ("b", layers["Identity"]())])
        table.update({"c": layers["Sequential"](*modules[1:3]), "d": modules[0]})
        del table["b"]
        table["a"].extend(table["c"])
        return repr(table), list(table.state_dict()), list(table), len(modules), "a" in table

    assert changed(OURS) == changed(vars(torch.nn))


def test_feature_alpha_dropout_drops_whole_channels_as_pytorch_does():
    x, p = np.random.default_rng(0).random((40, 5, 3, 2)) + 1, 0.4
    y = nn.dropout.FeatureAlphaDropout(p)(tg.tensor(x)).array
    z = torch.nn.FeatureAlphaDropout(p)(torch.tensor(x)).numpy()
    dropped = {}
    for name, out in (("ours", y), ("theirs", z)):
        least = out.min()
        gone = (np.abs(out - least) < 1e-12).reshape(200, 6)
        assert (gone.all(axis=1) == gone.any(axis=1)).all()
        scale = np.polyfit(
            x.reshape(200, 6)[~gone[:, 0]].ravel(), out.reshape(200, 6)[~gone[:, 0]].ravel(), 1
        )
        dropped[name] = [least, *scale]
        assert 0.28 < gone[:, 0].mean() < 0.52
    np.testing.assert_allclose(dropped["ours"], dropped["theirs"], rtol=1e-6)
    with pytest.raises(RuntimeError, match=r"^feature_alpha_dropout: .*not \(3,\)"):
        nn.dropout.FeatureAlphaDropout()(tg.ones(3))


def test_rrelu_draws_a_slope_for_each_number_in_training():
    x = tg.full((1000,), -2.0).double().requires_grad_()
    y = nn.activation.RReLU(0.1, 0.3)(x)
    y.sum().backward()
    slopes = x.grad.array
    np.testing.assert_allclose(y.array, -2 * slopes)
    assert 0.1 <= slopes.min() < 0.11
    assert 0.29 < slopes.max() <= 0.3
    assert tg.equal(nn.activation.RReLU()(tg.ones(3)), tg.ones(3))
    z = tg.tensor([-1.0, 1.0])
    assert nn.functional.rrelu(z, 0.5, 0.5, training=True, inplace=True) is z
    assert z.tolist() == [-0.5, 1.0]
    one, two = [
        nn.functional.rrelu(x, training=True, generator=tg.Generator().manual_seed(1))
        for _ in range(2)
    ]
    assert tg.equal(one, two)


@pytest.mark.parametrize(
    ("code", "size", "error", "message"),
    [
        ("RReLU(0.3, 0.1)", (3,), ValueError, r"lower=0\.3, upper=0\.1"),
        ("RReLU(float('nan'), 0.1)", (3,), ValueError, r"finite"),
        ("Softmax2d()", (3, 4), ValueError, r"not \(3, 4\)"),
        ("ChannelShuffle(2)", (2, 3, 4), RuntimeError, r"2 groups.*\(2, 3, 4\)"),
        ("ChannelShuffle(2)", (2, 4), RuntimeError, r"\(N, C, sizes\)"),
        ("LocalResponseNorm(2)", (3, 4), ValueError, r"not \(3, 4\) and 2"),
        ("LocalResponseNorm(0)", (3, 4, 2), ValueError, r"and 0"),
        ("LPPool1d(0, 2)", (3, 4), ValueError, r"norm_type=0"),
    ],
)
def test_an_input_that_does_not_fit_a_small_layer_is_refused(code, size, error, message):
    with pytest.raises(error, match=message):
        eval(code, dict(OURS))(tg.ones(size))


@pytest.mark.parametrize("name", ["dropout", "dropout1d", "dropout2d", "dropout3d"])
def test_the_same_numbers_of_dimensions_bring_a_warning(name):
    def outcome(function, ones):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                shape = tuple(function(ones, 0.5, training=False).shape)
            except RuntimeError:
                shape = "RuntimeError"
        return shape, [warning.category for warning in caught]

    for shape in [(2,) * n for n in range(7)]:
        ours = outcome(getattr(nn.functional, name), tg.ones(shape))
        theirs = outcome(getattr(torch.nn.functional, name), torch.ones(shape))
        assert ours == theirs, (name, shape)
