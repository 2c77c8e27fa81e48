"""Grid sampling, unpooling and old names beside PyTorch's: values, gradients, warnings, errors."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as TF

import nn
import nn.functional as F
import tinygrad_edu as tg

MODES = list(
    itertools.product(
        ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"), (True, False)
    )
)
SHAPES = [
    ((2, 3, 4, 5), (2, 3, 4, 2)),
    ((2, 2, 3, 4, 2), (2, 2, 3, 2, 3)),
    ((1, 1, 1, 3), (1, 2, 2, 2)),
]


def both(ours, theirs, *arrays):
    """Values, dtypes and first gradients of the sum of squares agree."""
    mine = [tg.tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = ours(*mine), theirs(*other)
    assert y.dtype.name == str(z.dtype)[6:]
    atol = 1e-10 if y.dtype == np.float64 else 1e-4
    np.testing.assert_allclose(y.array, z.detach().numpy(), atol=atol)
    (y * y).sum().backward()
    (z * z).sum().backward()
    for a, b in zip(mine, other, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), atol=atol * 10, rtol=1e-4)


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize(("mode", "padding", "align"), MODES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_grid_sample(shapes, mode, padding, align, dtype):
    if mode == "bicubic" and len(shapes[0]) == 5:
        with pytest.raises(RuntimeError, match="bicubic"):
            F.grid_sample(tg.ones(*shapes[0]), tg.ones(*shapes[1]), mode, padding, align)
        return
    rng = np.random.default_rng(0)
    x = rng.normal(size=shapes[0]).astype(dtype)
    grid = rng.uniform(-2.3, 2.3, shapes[1]).astype(dtype)
    args = mode, padding, align
    both(lambda x, g: F.grid_sample(x, g, *args), lambda x, g: TF.grid_sample(x, g, *args), x, grid)


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_places_on_the_pixels_and_far_away(padding):
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    places = np.array([-1e6, -3, -1, -1 / 3, 1 / 3, 1, 5, 40])
    grid = np.stack(np.meshgrid(places, places), -1)[None]
    for mode in ("bilinear", "nearest"):
        y = F.grid_sample(tg.tensor(x), tg.tensor(grid), mode, padding, True)
        z = TF.grid_sample(torch.tensor(x), torch.tensor(grid), mode, padding, True)
        np.testing.assert_allclose(y.array, z.numpy(), atol=1e-6)


@pytest.mark.parametrize("align", [True, False])
@pytest.mark.parametrize(
    ("theta", "size"), [((2, 2, 3), (2, 3, 3, 4)), ((2, 3, 4), (2, 1, 2, 3, 5))], ids=str
)
def test_affine_grid(theta, size, align):
    theta = np.random.default_rng(0).normal(size=theta)
    both(lambda t: F.affine_grid(t, size, align), lambda t: TF.affine_grid(t, size, align), theta)


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("more", [None, 0, 1, 2])
def test_max_unpool(ndim, more):
    x = np.random.default_rng(0).normal(size=(2, 2) + (7,) * ndim)
    size = None if more is None else (7 + more,) * ndim

    def round_trip(f, x):
        y, places = getattr(f, f"max_pool{ndim}d")(x, 3, 2, return_indices=True)
        return getattr(f, f"max_unpool{ndim}d")(y, places, 3, 2, output_size=size)

    if more == 2:
        for f, make in ((F, tg.tensor), (TF, torch.tensor)):
            with pytest.raises(ValueError, match="output_size"):
                round_trip(f, make(x))
        return
    y, z = round_trip(F, tg.tensor(x)), round_trip(TF, torch.tensor(x))
    np.testing.assert_array_equal(y.array, z.numpy())


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "code",
    [
        "F.grid_sample(ones(1, 1, 2, 2), ones(1, 2, 2, 2), 'cubic')",
        "F.grid_sample(ones(1, 1, 2, 2), ones(1, 2, 2, 2), padding_mode='same')",
        "F.grid_sample(ones(1, 1, 2, 2), ones(1, 2, 2, 3))",
        "F.grid_sample(ones(1, 1, 2, 2), ones(2, 2, 2, 2))",
        "F.grid_sample(ones(1, 2, 2), ones(1, 2, 1))",
        "F.grid_sample(ones(1, 1, 2, 2), ones(1, 2, 2, 2).double())",
        "F.grid_sample(ones(1, 1, 0, 2), ones(1, 2, 2, 2))",
        "F.affine_grid(ones(1, 2, 3).long(), (1, 1, 2, 2))",
        "F.affine_grid(ones(1, 3, 4), (1, 1, 2, 2))",
        "F.affine_grid(ones(1, 2, 3), (1, 1, 0, 2))",
        "F.max_unpool1d(ones(1, 1, 2), ones(1, 1, 3).long(), 2)",
        "F.max_unpool2d(ones(1, 1, 2, 2), ones(1, 1, 2, 2).long() * 99, 2)",
        "F.max_unpool2d(ones(1, 1, 2, 2), ones(1, 1, 2, 2), 2)",
        "F.max_unpool2d(ones(1, 1, 2, 2), ones(1, 1, 2, 2).long(), 2, output_size=(9, 9))",
    ],
)
def test_what_pytorch_refuses(code):
    with pytest.raises((ValueError, RuntimeError)) as theirs:
        eval(code, {"F": TF, "ones": torch.ones})
    with pytest.raises(theirs.type, match=r"^(grid_sample|affine_grid|max_unpool.d): "):
        eval(code, {"F": F, "ones": tg.ones})


OLD_NAMES = [
    "upsample(x, scale_factor=2)",
    "upsample(x, (3, 5), mode='bilinear', align_corners=False)",
    "upsample_nearest(x, 3)",
    "upsample_bilinear(x, scale_factor=1.5)",
]


@pytest.mark.parametrize("code", OLD_NAMES)
def test_upsample_is_deprecated(code):
    x = np.random.default_rng(0).normal(size=(1, 2, 3, 4))
    with pytest.warns(UserWarning, match="deprecated. Use `nn.functional.interpolate` instead"):
        y = eval(f"F.{code}", {"F": F, "x": tg.tensor(x)})
    with pytest.warns(UserWarning, match="deprecated"):
        z = eval(f"F.{code}", {"F": TF, "x": torch.tensor(x)})
    np.testing.assert_allclose(y.array, z.numpy(), atol=1e-12)


@pytest.mark.parametrize(
    "code",
    [
        "relu_(x)",
        "elu_(x, 0.5)",
        "selu_(x)",
        "celu_(x, 2.0)",
        "leaky_relu_(x, 0.2)",
        "hardtanh_(x, -0.5, 0.25)",
        "threshold_(x, 0.1, 7.0)",
        "rrelu_(x)",
    ],
)
def test_activations_in_place(code):
    x = np.random.default_rng(0).normal(size=(3, 4))
    a, b = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = a * 1, b * 1
    assert eval(f"F.{code}", {"F": F, "x": y}) is y
    assert eval(f"F.{code}", {"F": TF, "x": z}) is z
    np.testing.assert_allclose(y.array, z.detach().numpy(), atol=1e-12)
    (y * y).sum().backward()
    (z * z).sum().backward()
    np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("name", [n for n in nn.init.__all__ if n + "_" in nn.init.__all__])
def test_old_names_of_init(name):
    args = {"constant": (3.0,), "sparse": (0.5,)}.get(name, ())
    shape = (3, 2, 2) if name == "dirac" else (3, 2)
    for init, make in ((nn.init, tg), (torch.nn.init, torch)):
        x = make.zeros(*shape)
        with pytest.warns(FutureWarning, match=f"`nn.init.{name}` is now deprecated in favor of"):
            assert getattr(init, name)(x, *args) is x
