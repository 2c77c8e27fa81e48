"""What layers and functions are told beside their input: right values, and refusals that teach."""

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck


def numbers(*shape, seed=0):
    return tg.tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=True)


# ---------------------------------------------------------------- norms


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.BatchNorm1d, (0, 2)),
        (nn.BatchNorm1d, (3, 2, 0)),
        (nn.BatchNorm2d, (0, 2, 3, 3)),
        (nn.BatchNorm3d, (2, 2, 3, 0, 1)),
        (nn.InstanceNorm1d, (0, 2, 3)),
        (nn.InstanceNorm2d, (3, 2, 0, 2)),
    ],
)
@pytest.mark.parametrize("momentum", [0.1, None])
def test_an_empty_batch_moves_no_running_statistics(layer, shape, momentum):
    norm = layer(2, momentum=momentum, track_running_stats=True)
    assert norm(tg.zeros(shape)).shape == shape
    assert norm.running_mean.tolist() == [0.0, 0.0]
    assert norm.running_var.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("eps", [0, -1e-5])
def test_in_training_eps_is_above_0(eps):
    with pytest.raises(ValueError, match=r"batch_norm: eps.* above 0 in training, not"):
        nn.BatchNorm1d(2, eps=eps)(tg.ones(3, 2))


def test_in_evaluation_eps_is_at_least_0():
    assert F.batch_norm(tg.ones(1, 2), tg.zeros(2), tg.ones(2), eps=0).tolist() == [[1.0, 1.0]]
    with pytest.raises(ValueError, match=r"at least 0, not -1"):
        F.batch_norm(tg.ones(1, 2), tg.zeros(2), tg.ones(2), eps=-1)


@pytest.mark.parametrize("pool", [F.avg_pool2d, F.avg_pool3d])
def test_a_divisor_of_0_is_refused(pool):
    sizes = [4] * int(pool.__name__[-2])
    with pytest.raises(RuntimeError, match=r"divisor_override .* not 0"):
        pool(tg.ones(1, 1, *sizes), 2, divisor_override=0)


# ---------------------------------------------------------------- divergences


def test_the_mean_of_a_divergence_warns():
    x, target = tg.tensor([[-1.0, -2.0]]), tg.tensor([[0.5, 0.5]])
    with pytest.warns(UserWarning, match="batchmean"):
        F.kl_div(x, target)
    with pytest.warns(UserWarning, match="batchmean"):
        nn.KLDivLoss()(x, target)
    for reduction in ("batchmean", "sum", "none"):
        nn.KLDivLoss(reduction=reduction)(x, target)


def test_a_divergence_has_no_slope_at_a_probability_of_0():
    target = tg.tensor([0.0, 0.5], requires_grad=True)
    loss = F.kl_div(tg.tensor([-1.0, -2.0]), target, reduction="none")
    np.testing.assert_allclose(loss.tolist(), [0.0, 0.6534264])
    loss.sum().backward()
    np.testing.assert_allclose(target.grad.tolist(), [np.nan, 2.3068528])


# ---------------------------------------------------------------- recurrent layers


def test_a_projection_makes_the_outputs_smaller():
    lstm = nn.LSTM(2, 4, num_layers=2, bidirectional=True, proj_size=3)
    y, (h, c) = lstm(tg.ones(5, 6, 2))
    assert (y.shape, h.shape, c.shape) == ((5, 6, 6), (4, 6, 3), (4, 6, 4))
    shapes = {name: tuple(x.shape) for name, x in lstm.state_dict().items()}
    assert list(shapes)[:5] == [
        "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_hr_l0",
    ]  # fmt: skip
    assert shapes["weight_hr_l1_reverse"] == (3, 4)
    assert shapes["weight_ih_l1"] == (16, 6)
    assert "proj_size=3" in repr(lstm)
    assert "weight_hr_l0" not in nn.LSTM(2, 4, proj_size=0).state_dict()


def test_a_projection_is_the_product_with_its_weight():
    """One step from a state of zeros, computed by hand."""
    lstm = nn.LSTM(2, 3, proj_size=2, dtype=tg.float64)
    x = numbers(1, 2)
    gates = x @ lstm.weight_ih_l0.T + lstm.bias_ih_l0 + lstm.bias_hh_l0
    i, _, g, o = gates.chunk(4, 1)
    c = i.sigmoid() * g.tanh()
    h = (o.sigmoid() * c.tanh()) @ lstm.weight_hr_l0.T
    y, (last, cell) = lstm(x)
    for ours, right in ((y, h), (last, h), (cell, c)):
        np.testing.assert_allclose(ours.tolist(), right.tolist(), rtol=1e-12)


@pytest.mark.parametrize("reverse", [False, True])
def test_derivatives_through_a_projection_to_second_order(reverse):
    sizes = [3, 2, 2]
    inputs = [numbers(7, 8), numbers(8, 2), numbers(8), numbers(3, 2), numbers(3, 2), numbers(2, 2)]

    def run(*xs):
        return tg.cat([y.reshape(-1) for y in recurrent(*xs)])

    def recurrent(*xs):
        return tg.ops.recurrent(*xs, cell="projected_lstm", sizes=sizes, reverse=reverse)

    assert gradcheck(run, inputs, order=2)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_first": "False"}, "batch_first is True or False, not 'False'"),
        ({"bias": 0}, "bias is True or False, not 0"),
        ({"input_size": 0}, "input_size are at least 1, not 1 and 0"),
        ({"num_layers": 0}, "num_layers and input_size are at least 1"),
        ({"hidden_size": 0}, "hidden_size is at least 1"),
        ({"dropout": -0.1}, "between 0 and 1, not -0.1"),
        ({"dropout": True}, "dropout is a probability, not True"),
    ],
)
def test_settings_of_recurrent_layers_that_mean_nothing_are_refused(kind, settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        kind(**{"input_size": 2, "hidden_size": 3} | settings)


@pytest.mark.parametrize("proj_size", [-1, 3, 4, True])
def test_a_projection_is_smaller_than_what_it_projects(proj_size):
    with pytest.raises(ValueError, match="below hidden_size=3"):
        nn.LSTM(2, 3, proj_size=proj_size)


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
def test_a_cell_without_inputs_runs_on_its_state(kind):
    cell = getattr(nn, kind)(0, 3)
    first = cell(tg.zeros(2, 0))
    h = first[0] if kind == "LSTMCell" else first
    assert h.shape == (2, 3)
    assert (h[0] == h[1]).all()


def test_a_state_has_the_size_of_the_projection():
    lstm = nn.LSTM(2, 3, proj_size=1)
    with pytest.raises(RuntimeError, match=r"\(1, 4, 1\) and \(1, 4, 3\)"):
        lstm(tg.ones(5, 4, 2), (tg.ones(1, 4, 3), tg.ones(1, 4, 3)))


# ---------------------------------------------------------------- embeddings


def test_sparse_is_taken_and_the_gradient_is_dense():
    layer = nn.Embedding(3, 2, sparse=True)
    layer(tg.tensor([1, 1])).sum().backward()
    assert layer.weight.grad.tolist() == [[0.0, 0.0], [2.0, 2.0], [0.0, 0.0]]


def test_a_gradient_divided_by_how_often_a_row_is_named():
    weight = tg.ones(4, 1, requires_grad=True)
    x = tg.tensor([[0, 1], [1, 1], [2, 3]])
    factor = tg.tensor([[[1.0], [1.0]], [[2.0], [3.0]], [[4.0], [5.0]]])
    (F.embedding(x, weight, 3, scale_grad_by_freq=True) * factor).sum().backward()
    assert weight.grad.tolist() == [[1.0], [2.0], [4.0], [0.0]]
    weight.grad = None
    F.embedding_bag(x, weight, mode="sum", scale_grad_by_freq=True).sum().backward()
    assert weight.grad.tolist() == [[1.0], [1.0], [1.0], [1.0]]


def test_rows_longer_than_max_norm_are_shortened_in_the_table():
    layer = nn.Embedding.from_pretrained(tg.tensor([[3.0, 4.0], [30.0, 40.0]]), max_norm=1.0)
    np.testing.assert_allclose(layer(tg.tensor([0])).tolist(), [[0.6, 0.8]], rtol=1e-6)
    np.testing.assert_allclose(layer.weight.tolist(), [[0.6, 0.8], [30.0, 40.0]], rtol=1e-6)


def test_the_largest_of_a_bag():
    weight = tg.tensor([[1.0, 5.0], [2.0, 4.0], [2.0, 6.0]], requires_grad=True)
    bags = nn.EmbeddingBag(3, 2, mode="max", include_last_offset=True, _weight=weight)
    y = bags(tg.tensor([0, 1, 2, 1]), tg.tensor([0, 3, 3, 4]))
    assert y.tolist() == [[2.0, 6.0], [0.0, 0.0], [2.0, 4.0]]
    y.sum().backward()
    assert bags.weight.grad.tolist() == [[0.0, 0.0], [2.0, 1.0], [0.0, 1.0]]


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("padding_idx", [None, 1])
def test_derivatives_of_bags_to_second_order(mode, last, padding_idx):
    x, offsets = tg.tensor([0, 1, 2, 3, 3, 1]), tg.tensor([0, 2, 2, 5] + [6] * last)

    def run(weight, *each):
        return F.embedding_bag(
            x,
            weight,
            offsets,
            mode=mode,
            include_last_offset=last,
            padding_idx=padding_idx,
            per_sample_weights=each[0] if each else None,
        )

    inputs = [numbers(4, 2)] + [numbers(6)] * (mode == "sum")
    assert gradcheck(run, inputs, order=2)


# ---------------------------------------------------------------- convolutions


def test_the_size_of_a_transposed_convolution_can_be_given():
    layer = nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)
    x = tg.ones(1, 1, 4, 4)
    assert layer(x, [8, 7]).shape == (1, 1, 8, 7)
    assert layer(x, output_size=tg.ones(1, 1, 7, 8).size()).shape == (1, 1, 7, 8)
    with pytest.raises(ValueError, match=r"it makes 7 to 8 x 7 to 8, not \(9, 7\)"):
        layer(x, [9, 7])


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_a_transposed_convolution_takes_numbers_as_padding(padding):
    with pytest.raises(ValueError, match=rf"padding is numbers, not '{padding}'"):
        nn.ConvTranspose1d(2, 2, 3, padding=padding)


@pytest.mark.parametrize(
    "make",
    [
        lambda **kind: nn.Linear(2, 3, **kind),
        lambda **kind: nn.Conv2d(2, 3, 1, **kind),
        lambda **kind: nn.ConvTranspose1d(2, 3, 1, **kind),
        lambda **kind: nn.BatchNorm1d(2, **kind),
        lambda **kind: nn.LayerNorm(2, **kind),
        lambda **kind: nn.GRU(2, 3, **kind),
        lambda **kind: nn.Embedding(2, 3, **kind),
        lambda **kind: nn.TransformerEncoderLayer(4, 2, 8, **kind),
    ],
)
def test_layers_take_a_device_and_a_dtype(make):
    layer = make(device="cpu", dtype=tg.float64)
    assert {x.dtype for x in layer.parameters()} == {tg.float64}
    with pytest.raises(RuntimeError, match="cuda"):
        make(device="cuda")


def test_lazy_convolutions_take_one_example_without_a_batch():
    for make, sizes in ((nn.LazyConv1d, (6,)), (nn.LazyConv2d, (6, 6)), (nn.LazyConv3d, (6, 6, 6))):
        layer = make(2, 3)
        assert layer(tg.ones(5, *sizes)).shape == (2, *[4] * len(sizes))
        assert layer.in_channels == 5
    assert nn.LazyConvTranspose1d(2, 3)(tg.ones(5, 6)).shape == (2, 8)
    layer = nn.LazyConv2d(4, 3, 1, 0, 1, 2)  # groups by place
    assert "groups=2" in repr(layer)
    assert layer(tg.ones(1, 6, 4, 4)).shape == (1, 4, 2, 2)
    layer = nn.LazyConv2d(2, 3)
    for sizes in ((6, 6), (1, 1, 5, 6, 6)):
        with pytest.raises(RuntimeError, match="dimension -3"):
            layer(tg.ones(sizes))
    assert layer.in_channels == 0


# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("settings", "right"),
    [
        ({"mode": "bicubic"}, [-0.0868056, 0.40625, 1.2129627, 1.7870371, 2.59375, 3.0868058]),
        ({"mode": "bicubic", "align_corners": True}, [0.0, 0.504, 1.248, 1.752, 2.496, 3.0]),
        ({"mode": "bilinear"}, [0.0, 0.5, 1.1666667, 1.8333333, 2.5, 3.0]),
        ({"mode": "area"}, [0.0, 0.5, 1.0, 2.0, 2.5, 3.0]),
    ],
)
def test_modes_of_interpolate(settings, right):
    line = tg.arange(4.0).expand(1, 1, 2, 4)
    for y in F.interpolate(line, size=(2, 6), **settings)[0, 0]:
        np.testing.assert_allclose(y.tolist(), right, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_with_antialias_a_smaller_image_takes_in_all_places(mode):
    line = tg.arange(12.0).expand(1, 1, 12, 12)
    y = F.interpolate(line, size=4, mode=mode, antialias=True)[0, 0, 0]
    right = {"bilinear": [1.25, 4.0, 7.0, 9.75]}
    right["bicubic"] = [1.0666664, 3.9390249, 7.0609765, 9.9333344]
    np.testing.assert_allclose(y.tolist(), right[mode], rtol=1e-5)
    plain = F.interpolate(line, size=4, mode=mode)[0, 0, 0]
    assert not np.allclose(y.tolist(), plain.tolist())
    np.testing.assert_allclose(F.interpolate(tg.ones(1, 1, 9, 9), size=4, mode=mode).tolist(), 1.0)


def test_interpolate_rounds_uint8():
    x = (tg.arange(12) * 20).to(tg.uint8).reshape(1, 1, 3, 4)
    y = F.interpolate(x, size=(5, 7), mode="bicubic")
    assert y.dtype == tg.uint8
    assert y[0, 0, 0].tolist() == [0, 0, 10, 22, 34, 46, 54]
    assert F.interpolate(x, scale_factor=2)[0, 0, 0].tolist() == [0, 0, 20, 20, 40, 40, 60, 60]


def test_a_scale_recomputed_is_that_of_the_sizes():
    x = tg.arange(4.0).reshape(1, 1, 4)
    given = F.interpolate(x, scale_factor=1.4, mode="linear")
    again = F.interpolate(x, scale_factor=1.4, mode="linear", recompute_scale_factor=True)
    sized = F.interpolate(x, size=5, mode="linear")
    assert again.tolist() == sized.tolist() != given.tolist()
    with pytest.raises(ValueError, match="recomputed"):
        F.interpolate(x, size=5, recompute_scale_factor=True)


@pytest.mark.parametrize(
    "settings",
    [
        {"mode": "bicubic", "size": (3, 7)},
        {"mode": "bicubic", "size": (3, 2), "align_corners": True},
        {"mode": "bicubic", "size": (2, 3), "antialias": True},
        {"mode": "bilinear", "size": (2, 3), "antialias": True},
        {"mode": "area", "size": (3, 7)},
        {"mode": "bilinear", "scale_factor": (1.3, 0.6)},
    ],
)
def test_derivatives_of_interpolate(settings):
    assert gradcheck(lambda x: F.interpolate(x, **settings), [numbers(1, 2, 4, 5)], order=2)


def test_a_mean_of_some_places_is_not_touched_by_others():
    x = tg.tensor([[np.inf, 1.0, 2.0, 3.0]], requires_grad=True)
    assert F.adaptive_avg_pool1d(x, 4).tolist() == [[np.inf, 1.0, 2.0, 3.0]]
    y = F.adaptive_avg_pool1d(x, 3)
    assert y.tolist() == [[np.inf, 1.5, 2.5]]
    y.backward(tg.tensor([[np.inf, 1.0, 1.0]]))
    assert x.grad.tolist() == [[np.inf, np.inf, 1.0, 0.5]]
    assert gradcheck(lambda x: F.adaptive_avg_pool2d(x, (3, 7)), [numbers(1, 2, 5, 4)], order=2)


@pytest.mark.parametrize("pool", [F.adaptive_avg_pool2d, F.adaptive_max_pool2d])
def test_sizes_of_adaptive_pools(pool):
    x = tg.ones(1, 2, 4, 4)
    assert pool(x, (0, 3)).shape == (1, 2, 0, 3)
    for size in ((2, 2, 2), -1, 1.5):
        with pytest.raises((TypeError, RuntimeError), match="output_size"):
            pool(x, size)


# ---------------------------------------------------------------- borders and windows


@pytest.mark.parametrize(
    ("mode", "pad", "right"),
    [
        ("reflect", (-1, 2), [1, 2, 3, 4, 3, 2]),
        ("reflect", (4, -4), [4, 3, 2, 1, 0]),
        ("reflect", (-5, 2), [3, 2]),
        ("reflect", (-4, 2), [4, 3, 2]),
        ("reflect", (2, -5), [2, 1]),
        ("replicate", (-5, 2), [4, 4]),
        ("replicate", (-6, 2), [4]),
        ("replicate", (2, -5), [0, 0]),
        ("replicate", (1, 1), [0, 0, 1, 2, 3, 4, 4]),
        ("circular", (-1, 2), [1, 2, 3, 4, 1, 2]),
        ("circular", (2, -1), [2, 3, 0, 1, 2, 3]),
        ("circular", (-2, -3), []),
        ("constant", (-5, 2), [0, 0]),
        ("constant", (-2, -3), []),
    ],
)
def test_borders_that_are_cut_off(mode, pad, right):
    assert F.pad(tg.arange(5.0)[None], pad, mode=mode).tolist() == [right]


@pytest.mark.parametrize(
    ("mode", "pad"),
    [
        ("reflect", (5, 0)), ("reflect", (-2, -3)), ("replicate", (-2, -3)), ("circular", (6, 0)),
        ("circular", (-5, 2)), ("circular", (-3, 4)), ("constant", (-6, 0)), ("constant", (-6, 6)),
    ],
)  # fmt: skip
def test_borders_that_nothing_is_left_for(mode, pad):
    with pytest.raises(RuntimeError, match=r"pad|narrow"):
        F.pad(tg.arange(5.0)[None], pad, mode=mode)


def test_a_value_goes_with_the_mode_constant():
    with pytest.raises(RuntimeError, match="goes with mode 'constant', not with 'reflect'"):
        F.pad(tg.ones(1, 3), (1, 1), "reflect", 3)
    with pytest.raises(RuntimeError, match="inf is no whole number"):
        F.pad(tg.ones(1, 3).long(), (1, 1), "constant", np.inf)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular", "constant"])
@pytest.mark.parametrize("pad", [(1, 2), (-1, 2, 1, 0), (0, 0, 1, -1, 2, 0), (0, 0)])
def test_derivatives_of_borders(mode, pad):
    assert gradcheck(lambda x: F.pad(x, pad, mode=mode), [numbers(1, 3, 3, 4)], order=2)


def test_results_have_memory_of_their_own():
    x = tg.arange(16.0).reshape(1, 1, 4, 4)
    before = x.tolist()
    for y in (
        *[F.pad(x, (0, 0), mode=mode) for mode in ("reflect", "replicate", "circular", "constant")],
        F.unfold(x, 1), F.unfold(x, 2), F.unfold(x, 4), F.unfold(x, 2, stride=2),
        F.adaptive_avg_pool2d(x, 4), F.adaptive_max_pool2d(x, 4), F.interpolate(x, size=4),
        F.pixel_shuffle(x, 1), F.pixel_unshuffle(x, 1), F.channel_shuffle(x, 1),
        tg.diff(x, n=0), tg.linalg.matrix_power(x, 1),
    ):  # fmt: skip
        y.add_(100)
        assert x.tolist() == before
    x.expand(1, 1, 4, 4).add_(100)  # a view where nothing is repeated
    assert x[0, 0, 0].tolist() == [100.0, 101.0, 102.0, 103.0]


def test_slices_of_no_places_and_of_a_number():
    x = tg.arange(8.0).reshape(1, 8)
    assert x.unfold(1, 0, 8).shape == (1, 2, 0)
    assert x.unfold(1, 0, 1).shape == (1, 9, 0)
    assert tg.tensor(3.0).unfold(0, 1, 1).tolist() == [3.0]
    assert tg.tensor(3.0).unfold(-1, 0, 1).shape == (0,)
    for size, step in ((9, 1), (-1, 1), (2, 0)):
        with pytest.raises(RuntimeError, match="unfold: no slices"):
            x.unfold(1, size, step)


# ---------------------------------------------------------------- activations


@pytest.mark.parametrize("function", [F.softmin, F.softmax, F.log_softmax])
def test_a_softmax_takes_a_dtype(function):
    x = tg.tensor([0.0, 1.0, 2.0], requires_grad=True)
    y = function(x, 0, dtype=tg.float64)
    assert y.dtype == tg.float64
    np.testing.assert_allclose(y.tolist(), function(x.detach().double(), 0).tolist(), rtol=1e-12)
    y[0].backward()
    assert x.grad.dtype == tg.float32
    assert function(tg.arange(3), 0, 3, tg.float64).dtype == tg.float64
    assert gradcheck(lambda x: function(x, 1), [numbers(2, 3)], order=2)


def test_slopes_are_one_or_one_for_each_channel():
    x = tg.tensor([[-1.0, 2.0, -3.0]])
    assert F.prelu(x, tg.tensor([0.5, 1.0, 2.0])).tolist() == [[-0.5, 2.0, -6.0]]
    for shape in ((1, 3), (3, 1), (1, 1)):
        with pytest.raises(RuntimeError, match=r"prelu: the slopes are \(channels,\) or \(1,\)"):
            F.prelu(x, tg.ones(shape))
    with pytest.raises(RuntimeError, match="2 slopes"):
        F.prelu(x, tg.ones(2))


@pytest.mark.parametrize("lambd", [-1, -0.1, float("nan")])
def test_softshrink_moves_numbers_towards_0(lambd):
    with pytest.raises(RuntimeError, match=r"softshrink: lambd .* 0 or more"):
        F.softshrink(tg.ones(2), lambd)
    with pytest.raises(RuntimeError, match="softshrink"):
        nn.Softshrink(lambd)(tg.ones(2))


def test_hardtanh_has_room_between_its_borders():
    for low, high in ((1, -1), (1, 1)):
        with pytest.raises(ValueError, match=rf"min_val={low} is below max_val, which is {high}"):
            nn.Hardtanh(low, high)
    with pytest.warns(FutureWarning, match="min_value is now min_val"):
        layer = nn.Hardtanh(min_value=-2.0)
    assert layer(tg.tensor([-3.0, 3.0])).tolist() == [-2.0, 1.0]


# ---------------------------------------------------------------- what is no tensor

LAYERS = [
    nn.Linear(2, 3), nn.Conv1d(2, 2, 1), nn.BatchNorm1d(2), nn.LayerNorm(2), nn.Dropout(),
    nn.Dropout().eval(), nn.Flatten(), nn.MaxPool1d(2), nn.RNN(2, 3), nn.LSTM(2, 3),
    nn.Softmax(0), nn.ReLU(), nn.Sigmoid(), nn.GELU(), nn.Embedding(3, 2), nn.EmbeddingBag(3, 2),
    nn.GroupNorm(1, 2), nn.LazyLinear(2),
]  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_what_is_no_tensor_is_refused_with_what_to_do(layer):
    with pytest.raises(TypeError, match=r"a tuple of 2: .*; pick one of them"):
        layer((tg.ones(2, 2), tg.ones(2)))
    with pytest.raises(TypeError, match=r"a list; make one with tensor\(\)"):
        layer([1.0, 2.0])
    with pytest.raises(TypeError, match="the layer Tanh; call that first"):
        layer(nn.Tanh())
    with pytest.raises(TypeError):
        layer("text")


def test_an_op_is_given_a_layer():
    for function in (F.relu, tg.exp, F.gelu, tg.sum, F.max_pool1d):
        with pytest.raises(TypeError, match="the layer Linear; call that first"):
            function(nn.Linear(2, 2), *[2] * (function is F.max_pool1d))


# ---------------------------------------------------------------- sequences without a time


def test_the_derivative_of_ctc_takes_log_probabilities_for_normalized():
    """One time, one target: the loss is -x[1], and its derivative e^x, less 1 for the target."""
    x = tg.tensor([[[0.0, -1.0, 0.5]]], requires_grad=True)
    loss = F.ctc_loss(x, tg.tensor([[1]]), [1], [1])
    assert loss.item() == 1.0
    loss.backward()
    np.testing.assert_allclose(x.grad[0, 0].tolist(), [1.0, np.exp(-1) - 1, np.exp(0.5)], rtol=1e-6)


def test_the_derivative_of_ctc_is_that_of_the_loss_where_they_are_normalized():
    targets = tg.tensor([[1, 2], [1, 1]])

    def loss(x):
        return F.ctc_loss(x.log_softmax(2), targets, [4, 3], [2, 1], reduction="sum")

    assert gradcheck(loss, [numbers(4, 2, 3)], order=2)


# ---------------------------------------------------------------- the older settings of losses


@pytest.mark.parametrize(
    ("settings", "reduction"),
    [
        ({"size_average": False}, "sum"),
        ({"size_average": True}, "mean"),
        ({"reduce": False}, "none"),
        ({"size_average": False, "reduce": True}, "sum"),
    ],
)
def test_older_settings_of_losses_are_taken_with_a_warning(settings, reduction):
    x, t = tg.tensor([1.0, 2.0]), tg.tensor([0.0, 4.0])
    right = F.mse_loss(x, t, reduction=reduction).tolist()
    with pytest.warns(UserWarning, match=f"please use reduction='{reduction}'"):
        assert F.mse_loss(x, t, **settings).tolist() == right
    with pytest.warns(UserWarning, match=f"please use reduction='{reduction}'"):
        layer = nn.MSELoss(**settings)
    assert layer.reduction == reduction
    assert F.mse_loss(x, t, size_average=None, reduce=None).item() == 2.5


def test_older_settings_have_pytorchs_places_and_the_warning_names_the_users_line():
    x, t = tg.tensor([1.0, 2.0]), tg.tensor([0.0, 4.0])
    for made in (
        lambda: F.mse_loss(x, t, False), lambda: F.poisson_nll_loss(x, t, True, False, False),
        lambda: nn.MSELoss(False), lambda: nn.CrossEntropyLoss(None, False, -100),
        lambda: nn.PoissonNLLLoss(True, False, False), lambda: nn.BCEWithLogitsLoss(None, False),
    ):  # fmt: skip
        with pytest.warns(UserWarning, match="size_average and reduce args") as caught:
            y = made()
        assert caught[0].filename == __file__
        assert getattr(y, "reduction", "sum") == "sum"
    assert F.mse_loss(x, t, None, None, "sum").item() == 5


@pytest.mark.parametrize("call", [F.mse_loss, F.kl_div, F.soft_margin_loss])
def test_a_reduction_in_the_place_of_size_average_is_refused(call):
    """PyTorch takes any text for True, and gives the mean: `F.mse_loss(x, t, "sum")`."""
    with pytest.raises(TypeError, match="write reduction='sum', with its name"):
        call(tg.ones(2), tg.ones(2), "sum")
    with pytest.raises(TypeError, match="size_average is True, False or None, not 'sum'"):
        nn.MSELoss("sum")


@pytest.mark.parametrize("dtype", [tg.float16, tg.float32, tg.float64])
def test_means_of_windows_have_the_dtype_of_their_input(dtype):
    x = tg.ones(1, 2, 7, dtype=dtype)
    for y in (
        F.avg_pool1d(x, 2, ceil_mode=True), F.avg_pool1d(x, 3, 1, 1, count_include_pad=False),
        F.adaptive_avg_pool1d(x, 3), F.adaptive_avg_pool1d(x, 7), F.interpolate(x, 3, mode="area"),
        F.interpolate(x, 5, mode="linear"),
    ):  # fmt: skip
        assert y.dtype == dtype
        assert y.tolist() == np.ones(y.shape).tolist()
