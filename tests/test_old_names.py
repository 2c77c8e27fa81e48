"""Layers of older scripts and of scripts for several GPUs: what they compute and warn of."""

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck


def test_nll_loss_2d_is_nll_loss_and_warns():
    with pytest.warns(FutureWarning, match="Please use `NLLLoss` instead"):
        loss = nn.NLLLoss2d(ignore_index=1, reduction="sum")
    x, t = tg.randn(2, 3, 4, 5), tg.randint(0, 3, (2, 4, 5))
    assert tg.equal(loss(x, t), F.nll_loss(x, t, ignore_index=1, reduction="sum"))
    assert isinstance(loss, nn.NLLLoss)


@pytest.mark.parametrize("size", [1, 3, 4, 5])
def test_cross_map_normalization_sums_over_an_odd_number_of_channels(size):
    x, h = np.random.default_rng(0).standard_normal((2, 6, 2, 3)), (size - 1) // 2
    sums = [(x[:, max(c - h, 0) : c + h + 1] ** 2).sum(1) for c in range(6)]
    right = x / (2 + 0.3 / size * np.stack(sums, 1)) ** 0.75
    layer = nn.CrossMapLRN2d(size, 0.3, 0.75, 2)
    np.testing.assert_allclose(layer(tg.tensor(x)).array, right)
    gradcheck(layer, (x[:1, :4, :1, :2],), order=2)
    with pytest.raises(ValueError, match=r"4-D.*given: \(3, 4\)"):
        layer(tg.ones(3, 4))


# ---------------------------------------------------------------- several GPUs or processes


@pytest.mark.parametrize("wrap", [nn.DataParallel, nn.parallel.DistributedDataParallel])
def test_a_wrapped_model_is_the_model_with_longer_paths(wrap):
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    wrapped = wrap(model)
    assert wrapped.module is model
    assert list(wrapped.state_dict()) == [f"module.{name}" for name in model.state_dict()]
    x = tg.randn(4, 3)
    wrapped(x).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    wrapped.eval()
    assert not model.training
    assert tg.equal(wrapped(input=x), model(x))
    assert repr(wrapped).startswith(f"{wrap.__name__}(\n  (module): Sequential(")


def test_devices_that_are_not_there():
    layer = nn.Linear(2, 1)
    assert nn.DataParallel(layer, device_ids=[0, 1]).device_ids == []  # as PyTorch without a GPU
    for given in ({"device_ids": [0, 1]}, {"device_ids": [0]}, {"output_device": 0}):
        with pytest.raises(ValueError, match="the only device is the CPU"):
            nn.parallel.DistributedDataParallel(layer, **given)
    with pytest.raises(RuntimeError, match="no parameter of the module requires grad"):
        nn.parallel.DistributedDataParallel(nn.ReLU())
    with pytest.raises(AttributeError, match="one process computes"):
        nn.parallel.replicate(layer, [0, 1])


def test_sync_batch_norm_is_batch_norm():
    x = tg.randn(6, 3, 4)
    sync, usual = nn.SyncBatchNorm(3), nn.BatchNorm1d(3)
    for _ in range(2):
        assert tg.equal(sync(x), usual(x))
    assert tg.equal(sync.running_var, usual.running_var)
    assert tg.equal(sync.eval()(x), usual.eval()(x))
    for shape in ((3,), (2, 0, 3)):
        with pytest.raises(ValueError, match=r"at least 2D, with one channel or more; given: \("):
            sync(tg.ones(shape))


def test_batch_norms_of_a_tree_become_sync_batch_norms():
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3, bias=False)))
    old = net[1][0].eval()
    assert nn.SyncBatchNorm.convert_sync_batchnorm(net, "group") is net
    new = net[1][0]
    assert type(new) is nn.SyncBatchNorm
    assert new.weight is old.weight
    assert new.running_mean is old.running_mean
    assert (new.bias, new.training, new.process_group) == (None, False, "group")
    alone = nn.SyncBatchNorm.convert_sync_batchnorm(nn.BatchNorm2d(3, affine=False))
    assert type(alone) is nn.SyncBatchNorm
    assert alone.weight is None


# ---------------------------------------------------------------- buffers by assignment


def test_a_buffer_registers_itself():
    layer = nn.Module()
    layer.mean = nn.Buffer(tg.ones(2))
    layer.cache = nn.Buffer(tg.zeros(3), persistent=False)
    assert [name for name, _ in layer.named_buffers()] == ["mean", "cache"]
    assert list(layer.state_dict()) == ["mean"]
    layer.cache = tg.ones(1)  # stays what it was: not persistent
    assert list(layer.state_dict()) == ["mean"]
    layer.cache = nn.Buffer(tg.ones(1))
    assert list(layer.state_dict()) == ["mean", "cache"]
    assert layer.double().mean.dtype == tg.float64
    assert not list(layer.parameters())
    assert nn.Buffer().shape == (0,)


def test_a_buffer_shares_memory_and_results_are_tensors():
    x = tg.ones(2)
    buffer = nn.Buffer(x)
    buffer.add_(1)
    assert x.tolist() == [2.0, 2.0]
    assert type(buffer * 2) is tg.Tensor
    assert repr(buffer) == "tensor([2., 2.])"
    assert isinstance(buffer, tg.Tensor)
    assert nn.Buffer(tg.ones(1, requires_grad=True)).requires_grad


def test_a_buffer_takes_no_other_place():
    layer = nn.Module()
    layer.weight, layer.inner, layer.plain = nn.Parameter(tg.ones(1)), nn.Linear(1, 1), 5
    for name, error in (("weight", TypeError), ("inner", TypeError), ("plain", KeyError)):
        with pytest.raises(error):
            setattr(layer, name, nn.Buffer(tg.ones(1)))

    class Early(nn.Module):
        def __init__(self):
            self.mean = nn.Buffer(tg.ones(1))

    with pytest.raises(AttributeError, match="super"):
        Early()
