"""Files go from here to PyTorch and back, through its own reader and writer."""

import io

import pytest
import safetensors.torch
import torch

import nn
import tinygrad_edu as tg

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


def models(framework, layers):
    return layers.Sequential(
        layers.Conv2d(1, 3, 3), layers.BatchNorm2d(3), layers.Flatten(), layers.Linear(12, 2)
    )


def test_pytorch_reads_a_models_state(tmp_path):
    ours, theirs = models(tg, nn), models(torch, torch.nn)
    tg.save(ours.state_dict(), tmp_path / "model.safetensors")
    read = safetensors.torch.load_file(tmp_path / "model.safetensors")
    assert set(read) == set(theirs.state_dict())
    theirs.load_state_dict(read)
    for name, tensor in theirs.state_dict().items():
        assert tensor.numpy().tobytes() == ours.state_dict()[name].array.tobytes(), name


def test_we_read_a_models_state(tmp_path):
    ours, theirs = models(tg, nn), models(torch, torch.nn)
    for metadata in (None, {"format": "pt"}):
        path = tmp_path / "model.safetensors"
        safetensors.torch.save_file(theirs.state_dict(), path, metadata)
        ours.load_state_dict(tg.load(path))
        for name, tensor in ours.state_dict().items():
            assert tensor.array.tobytes() == theirs.state_dict()[name].numpy().tobytes(), name


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_every_dtype_goes_there_and_back(name, shape):
    x = (tg.randn(shape) * 50).abs().to(getattr(tg, name))
    tg.save({"x": x}, file := io.BytesIO())
    there = safetensors.torch.load(file.getvalue())["x"]
    assert there.dtype == getattr(torch, name)
    assert there.shape == shape
    back = tg.load(io.BytesIO(safetensors.torch.save({"x": there})))["x"]
    assert back.dtype == x.dtype
    assert tg.equal(back, x)


def test_bfloat16_becomes_float32_with_the_same_numbers():
    bits = torch.arange(-(2**15), 2**15).to(torch.int16)
    x = bits.view(torch.bfloat16)
    read = tg.load(io.BytesIO(safetensors.torch.save({"x": x})))["x"]
    assert read.dtype == tg.float32
    assert read.array.tobytes() == x.float().numpy().tobytes()


@pytest.mark.parametrize("dtype", [torch.complex64, torch.float8_e4m3fn])
def test_what_no_tensor_holds_is_named(dtype):
    content = safetensors.torch.save({"x": torch.ones(2, dtype=dtype)})
    with pytest.raises(ValueError, match=r"holds numbers of (C64|F8_E4M3), which no tensor does"):
        tg.load(io.BytesIO(content))


@pytest.mark.parametrize("as_archive", [True, False])
def test_files_of_torch_save_are_refused_with_the_way_out(tmp_path, as_archive):
    path = tmp_path / "model.pt"
    state = torch.nn.Linear(1, 1).state_dict()
    torch.save(state, path, _use_new_zipfile_serialization=as_archive)
    with pytest.raises(ValueError, match=r"model.pt is a pickle.*safetensors.torch.save_file"):
        tg.load(path)
