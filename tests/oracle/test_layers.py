"""Layers with copied weights: outputs, gradients of inputs and parameters, states and how they
print are PyTorch's, in training and in evaluation."""

import warnings

import numpy as np
import pytest
import torch

import nn.activation
import nn.container
import nn.dropout
import nn.embedding
import nn.linear
import nn.norm
import nn.padding
import nn.pooling
import nn.upsampling
import tinygrad_edu as tg

FILES = (
    nn.activation,
    nn.container,
    nn.dropout,
    nn.embedding,
    nn.linear,
    nn.norm,
    nn.padding,
    nn.pooling,
    nn.upsampling,
)
OURS = {name: value for file in FILES for name, value in vars(file).items()}
ROWS = {"high": 5}  # an input of whole numbers below 5

# Each layer as it is written, and the shapes of its inputs.
CASES = [
    ("BatchNorm1d(3)", (4, 3)),
    ("BatchNorm1d(3, momentum=None)", (4, 3, 5)),
    ("BatchNorm1d(3, eps=0.1, momentum=0.3, affine=False)", (4, 3)),
    ("BatchNorm1d(3, track_running_stats=False)", (4, 3)),
    ("BatchNorm1d(3, bias=False)", (4, 3)),
    ("BatchNorm2d(3)", (2, 3, 4, 5)),
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
    ("Embedding(5, 3)", ROWS, (2, 4)),
    ("Embedding(5, 3, padding_idx=1)", ROWS, (2, 4)),
    ("Embedding(5, 3, padding_idx=-2, max_norm=0.5)", ROWS, (6,)),
    ("Embedding(5, 3, max_norm=0.5, norm_type=1.0)", ROWS, ()),
    ("EmbeddingBag(5, 3)", ROWS, (2, 4)),
    ("EmbeddingBag(5, 3, mode='sum')", ROWS, (2, 4)),
    ("EmbeddingBag(5, 3, padding_idx=2)", ROWS, (3, 4)),
    ("EmbeddingBag(5, 3, max_norm=0.5, mode='sum', padding_idx=-1)", ROWS, (3, 4)),
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
    ("ParameterDict({'a': ones(2), 'b': zeros(2, 3)})",),
    ("ParameterList([ones(2), zeros(2, 3)])",),
    ("ModuleDict({'b': Linear(2, 3), 'a': LayerNorm(3)})",),
    ("ModuleList([Linear(2, 3), Linear(2, 3), LayerNorm(3), ModuleList([Identity()])])",),
]
named = pytest.mark.parametrize("case", CASES, ids=str)


def made(code):
    """The layer by both libraries, with the same numbers, none of which is where it started."""
    ours = eval(code, {**OURS, "ones": tg.ones, "zeros": tg.zeros}).double()
    oracle = eval(code, {**vars(torch.nn), "ones": torch.ones, "zeros": torch.zeros}).double()
    torch.manual_seed(0)
    with torch.no_grad():
        for tensor in oracle.state_dict().values():
            if tensor.is_floating_point():
                tensor.uniform_(0.5, 1.5)
    ours.load_state_dict(oracle.state_dict())
    return ours, oracle


def inputs(sizes):
    rng = np.random.default_rng(0)
    if sizes and sizes[0] is ROWS:
        return [rng.integers(0, 5, sizes[1])]
    return [rng.standard_normal(size) for size in sizes]


def agree(ours, theirs):
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours.array, theirs.detach().numpy(), rtol=1e-9, atol=1e-9)


def run(ours, oracle, *arrays):
    """One forward and backward of both: outputs and all gradients agree."""
    xs, zs = [tg.tensor(a) for a in arrays], [torch.tensor(a) for a in arrays]
    for one in [*xs, *zs]:
        if one.is_floating_point():
            one.requires_grad_()
    y, z = ours(*xs), oracle(*zs)
    agree(y, z)
    g = np.random.default_rng(1).standard_normal(y.shape)
    y.backward(tg.tensor(g))
    z.backward(torch.tensor(g))
    leaves = zip([*xs, *ours.parameters()], [*zs, *oracle.parameters()], strict=True)
    for mine, theirs in leaves:
        assert (mine.grad is None) == (theirs.grad is None)
        if mine.grad is not None:
            agree(mine.grad, theirs.grad)


@named
def test_a_layer_computes_what_pytorchs_does(case):
    code, *sizes = case
    ours, oracle = made(code)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about inputs that it will read differently
        for mode in (True, True, False) if sizes else ():
            ours.train(mode)
            oracle.train(mode)
            run(ours, oracle, *inputs(sizes))
            for name, tensor in oracle.state_dict().items():  # the running ones have moved alike
                agree(ours.state_dict()[name], tensor)


@named
def test_a_layer_prints_and_stores_as_pytorchs_does(case):
    ours, oracle = made(case[0])
    if not case[0].startswith("Parameter"):  # PyTorch breaks lines in a way of its own there
        assert repr(ours) == repr(oracle)
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


@pytest.mark.parametrize("code", [c for c, *_ in CASES if "Norm" in c[:15] or "Embed" in c])
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
