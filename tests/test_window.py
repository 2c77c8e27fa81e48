"""Convolutions, pooling and sliding windows, held against PyTorch's own."""

import numpy as np
import pytest
from hypothesis import strategies as st

import tinygrad_edu as tg
from nn import conv as conv_layers, functional as F, windows
from tinygrad_edu import ops
from tinygrad_edu.functions import shape
from tinygrad_edu.testing import gradcheck

SEEDS = st.integers(0, 2**32 - 1)


# ---------------------------------------------------------------- convolution


def test_an_empty_batch_gives_an_empty_batch_and_zero_gradients():
    x, w = tg.zeros(0, 2, 5, 5, requires_grad=True), tg.ones(3, 2, 3, 3, requires_grad=True)
    y = F.max_pool2d(F.avg_pool2d(F.conv2d(x, w, padding=1), 2), 2)
    assert y.shape == (0, 3, 1, 1)
    y.sum().backward()
    assert x.grad.shape == x.shape
    assert not w.grad.numpy().any()


def test_integers_convolve():
    x, w = np.arange(10).reshape(1, 1, 10), np.array([[[1, -1]]])
    y = F.conv1d(tg.tensor(x), tg.tensor(w))
    assert y.dtype == tg.int64
    assert (y.numpy() == -1).all()


def test_a_convolution_and_its_transpose_are_adjoint():
    """<conv(x), y> = <x, conv_transpose(y)>, which is what "transpose" means."""
    random = np.random.default_rng(0)
    x, w = random.standard_normal((2, 3, 9)), random.standard_normal((4, 3, 3))
    y = random.standard_normal((2, 4, 4))
    across = (F.conv1d(tg.tensor(x), tg.tensor(w), stride=2) * y).sum()
    back = (F.conv_transpose1d(tg.tensor(y), tg.tensor(w), stride=2) * x).sum()
    assert across.item() == pytest.approx(back.item())


# ---------------------------------------------------------------- pooling


def test_the_first_of_several_largest_gets_the_gradient():
    x = tg.tensor([[[1.0, 3.0, 3.0, 3.0]]], requires_grad=True)
    F.max_pool1d(x, 2, 1).sum().backward()
    assert x.grad.tolist() == [[[0.0, 2.0, 1.0, 0.0]]]


def test_max_pool_passes_infinities_and_nan_on():
    x = tg.tensor([[[-np.inf, -np.inf, np.nan, 1.0]]])
    y = F.max_pool1d(x, 2, padding=0)
    assert y.tolist()[0][0][0] == -np.inf
    assert np.isnan(y.tolist()[0][0][1])


def test_a_mean_of_integers_is_refused():
    for pool in (F.avg_pool2d, F.adaptive_avg_pool2d):
        with pytest.raises(RuntimeError, match="int64 has no room for fractions"):
            pool(tg.ones(1, 1, 4, 4).long(), 2)


def test_max_pool_of_integers():
    x = tg.tensor([[[-5, -7, -9, -8]]])
    assert F.max_pool1d(x, 2).tolist() == [[[-5, -8]]]
    assert F.max_pool1d(x, 3, 1, 1).tolist() == [[[-5, -5, -7, -8]]]


# ---------------------------------------------------------------- windows as such


def test_windows_without_padding_are_a_view_that_is_not_written_to():
    x = np.zeros((1, 1, 6))
    y = ops.unfold(x, windows=windows.windows_of("unfold", (6,), 3, 1))
    assert np.shares_memory(x, y)
    assert not y.flags.writeable
    assert x.flags.writeable


# ---------------------------------------------------------------- errors


X, W = tg.ones(2, 3, 8, 8), tg.ones(4, 3, 3, 3)

MISTAKES = {
    "channels": (lambda: F.conv2d(X, tg.ones(4, 5, 3, 3)), r"3 channels.*\(4, 5, 3, 3\).*takes 5"),
    "kernel": (
        lambda: F.conv2d(X, tg.ones(4, 3, 9, 3)),
        r"covers \(9, 3\).*only|more than.*\(8, 8\)",
    ),
    "dilated": (lambda: F.conv2d(X, W, dilation=5), r"covers \(11, 11\)"),
    "groups": (lambda: F.conv2d(X, W, groups=2), r"groups=2.*3 channels"),
    "same": (lambda: F.conv2d(X, W, stride=2, padding="same"), r"padding='same'.*stride"),
    "word": (lambda: F.conv2d(X, W, padding="full"), r"'valid', 'same' or numbers"),
    "bias": (lambda: F.conv2d(X, W, tg.ones(3)), r"bias is \(4,\)"),
    "ndim": (lambda: F.conv2d(X[0, 0], W), r"\(N, channels, H, W\)"),
    "weight": (lambda: F.conv2d(X, W[0]), r"which is \(out, channels / groups"),
    "stride": (lambda: F.conv2d(X, W, stride=0), r"stride is at least 1"),
    "padding": (lambda: F.conv2d(X, W, padding=-1), r"padding is at least 0"),
    "transposed": (lambda: F.conv_transpose2d(X, tg.ones(4, 3, 3, 3)), r"3 channels.*takes 4"),
    "extra": (
        lambda: F.conv_transpose2d(X, tg.ones(3, 4, 3, 3), output_padding=1),
        r"below the stride",
    ),
    "nothing": (lambda: F.conv_transpose2d(X, tg.ones(3, 4, 1, 1), padding=4), r"leaves nothing"),
    "half": (lambda: F.max_pool2d(X, 2, padding=2), r"more than half"),
    "pool": (lambda: F.max_pool2d(X, 9), r"covers \(9, 9\)"),
    "empty": (lambda: F.adaptive_avg_pool2d(X[:, :, :0], 1), r"\(2, 3, 0, 8\) holds no numbers"),
    "columns": (lambda: F.fold(tg.ones(1, 12, 5), (4, 4), 2), r"does not hold the windows"),
    "size": (lambda: shape.unfold(X, -1, 9, 1), r"no slices of 9, one every 1, in 8"),
}


@pytest.mark.parametrize("which", MISTAKES)
def test_errors_say_what_is_wrong(which):
    mistake, words = MISTAKES[which]
    with pytest.raises((RuntimeError, ValueError), match=words):
        mistake()


def test_groups_that_do_not_divide_the_channels_are_a_runtime_error():
    """The layers refuse them as ValueError, when they are made; so does PyTorch."""
    with pytest.raises(RuntimeError, match="groups=0 must divide"):
        F.conv2d(X, W, groups=0)
    with pytest.raises(RuntimeError, match="groups=2 must divide both the 3 channels"):
        F.conv_transpose2d(X, W[:3], groups=2)


@pytest.mark.parametrize("pool", [F.max_pool2d, F.adaptive_max_pool2d])
def test_max_pooling_of_bool_is_refused(pool):
    with pytest.raises(NotImplementedError, match=r"pool2d: there is no maximum of .*bool"):
        pool(X > 0, 2)


def test_a_wrong_dimension_is_an_index_error_and_a_wrong_kind_a_type_error():
    with pytest.raises(IndexError, match="dimension 4 is out of range"):
        shape.unfold(X, 4, 1, 1)
    with pytest.raises(TypeError, match=r"stride is an int, or a tuple of 2"):
        F.conv2d(X, W, stride=(1, 1, 1))
    with pytest.raises(TypeError, match=r"kernel_size is an int"):
        F.max_pool2d(X, 2.5)


# ---------------------------------------------------------------- layers


def test_layers_refuse_what_does_not_fit():
    for make, words in (
        (lambda: conv_layers.Conv2d(3, 4, 3, padding="all"), "'same', 'valid' or numbers"),
        (lambda: conv_layers.Conv2d(3, 4, 3, groups=2), "groups=2 must divide in_channels=3"),
        (lambda: conv_layers.Conv2d(4, 3, 3, groups=2), "groups=2 must divide.* out_channels=3"),
        (lambda: conv_layers.Conv2d(3, 4, 3, 2, "same"), "padding='same'"),
        (lambda: conv_layers.Conv2d(3, 4, 3, padding_mode="same"), "padding_mode='same'"),
        (lambda: conv_layers.ConvTranspose1d(3, 4, 3, padding_mode="reflect"), "none of"),
    ):
        with pytest.raises(ValueError, match=words):
            make()


def test_a_small_network_of_windows_passes_gradcheck_to_second_order():
    random = np.random.default_rng(0)

    def network(x, w1, b1, w2):
        h = F.max_pool2d(F.conv2d(x, w1, b1, padding=1).tanh(), 2)
        return F.adaptive_avg_pool2d(F.conv_transpose2d(h, w2, stride=2), 3)

    shapes = (2, 1, 6, 6), (2, 1, 3, 3), (2,), (2, 3, 2, 2)
    assert gradcheck(network, [random.standard_normal(s) for s in shapes], order=2)
