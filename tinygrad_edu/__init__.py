"""A minimal reverse-mode autodiff engine on NumPy: record, replay, and everything built on that.

>>> import tinygrad_edu as tg
>>> x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

from math import e as e, inf as inf, nan as nan, pi as pi

from .memory import keep_freed_memory as _keep_freed_memory, uncollected as _uncollected

with _uncollected(lasting=True):  # of what an import makes nothing is garbage
    from . import (
        creation as _creation,
        numpy_protocol as _numpy_protocol,
        ops as ops,
        random as _random,
    )

from .device import (
    channels_last as channels_last,
    channels_last_3d as channels_last_3d,
    contiguous_format as contiguous_format,
    preserve_format as preserve_format,
    strided as strided,
)
from .dtypes import (
    bfloat16 as bfloat16,
    bool_ as bool,
    complex64 as complex64,
    complex128 as complex128,
    dtype as dtype,
    float16 as float16,
    float32 as float32,
    float64 as float64,
    int8 as int8,
    int16 as int16,
    int32 as int32,
    int64 as int64,
    uint8 as uint8,
)
from .registry import NAMES as _NAMES, public_at as _public_at
from .tensor import Tensor as Tensor

newaxis = None  # x[:, newaxis], as NumPy's
half, float, double = float16, float32, float64
short, int, long = int16, int32, int64
# A module of this package has the name of a public function: `tg.tensor` is the function.
globals().update({name: _public_at(name) for name in _NAMES.keys() & globals().keys()})

__version__ = "0.1.0"
# Imported when they are first asked for.
_LAZY = "accelerator amp autograd backends cuda diagnose distributions func linalg mps nn optim "
_LAZY += "special testing utils version viz"
_SELDOM = "io settings"  # likewise; their functions are names of this package
_ANOMALY = "detect_anomaly is_anomaly_enabled is_anomaly_check_nan_enabled set_anomaly_enabled"
_ELSEWHERE = {
    **dict.fromkeys(_ANOMALY.split(), "diagnose.anomaly"),
    "GradScaler": "amp",
    "autocast": "amp",
    "compile": "program",
    "vmap": "func",
}  # likewise
# Those of PyTorch's names here that are listed where they are at home: methods, functions of nn.
_METHODS = "detach detach_ fill_ zero_ is_signed is_conj is_neg is_inference get_device"
_OF_NN = "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d conv_tbc "
_OF_NN += "prelu threshold threshold_ rrelu rrelu_ celu_ selu_ hardshrink pairwise_distance "
_OF_NN += "cosine_similarity pixel_shuffle pixel_unshuffle channel_shuffle "
_OF_NN += "native_channel_shuffle avg_pool1d adaptive_avg_pool1d adaptive_max_pool1d max_pool1d "
_OF_NN += "max_pool2d max_pool3d max_pool1d_with_indices layer_norm rms_norm group_norm "
_OF_NN += "batch_norm instance_norm dropout_ alpha_dropout alpha_dropout_ feature_dropout "
_OF_NN += "feature_dropout_ feature_alpha_dropout feature_alpha_dropout_ embedding "
_OF_NN += "constant_pad_nd binary_cross_entropy_with_logits kl_div cosine_embedding_loss "
_OF_NN += "hinge_embedding_loss margin_ranking_loss poisson_nll_loss ctc_loss "
_OF_NN += "triplet_margin_loss rnn_tanh rnn_relu gru lstm rnn_tanh_cell rnn_relu_cell gru_cell "
_OF_NN += "lstm_cell"


def _register_the_rest() -> None:
    """Import the files whose functions are public, but which few programs use."""
    from importlib import import_module

    for name in _SELDOM.split():
        import_module(f"{__name__}.{name}")


def _all() -> list[str]:
    _register_the_rest()
    own = {name for name, x in globals().items() if name[0] != "_" and type(x) is not type(ops)}
    public = {path for path in _NAMES if "." not in path}
    return sorted(own | public | {*_LAZY.split(), *_ELSEWHERE, "ops"})


def _import_what_answers_numpy() -> None:
    from . import numpy_linalg
    from .functions import numpy_functions, numpy_shapes, numpy_statistics

    _ = numpy_functions, numpy_linalg, numpy_shapes, numpy_statistics


_numpy_protocol.import_the_others = _import_what_answers_numpy
_keep_freed_memory()


def __dir__() -> list[str]:
    return [*__getattr__("__all__"), "__version__"]  # type: ignore[misc]


def __getattr__(name: str) -> object:
    """What is made or imported when it is first asked for: public functions, modules, functions of
    nn, and `relu_(x)` for `x.relu_()`; else why there is none."""
    from importlib import import_module

    from .absent import refuse
    from .registry import METHODS

    if name == "__all__":
        return globals().setdefault(name, _all())
    if name in _LAZY.split() or name in _SELDOM.split():
        return import_module(f"{__name__}.{name}")
    if name not in _NAMES and name[0] != "_":
        _register_the_rest()
    if name in _NAMES:
        return globals().setdefault(name, _public_at(name))
    if name in _ELSEWHERE:
        return getattr(import_module(f"{__name__}.{_ELSEWHERE[name]}"), name)
    if name in _OF_NN.split():
        return getattr(import_module(f"{__name__}.nn").top_level, name)
    if name == "OutOfMemoryError":
        return MemoryError  # what NumPy raises
    if name in _METHODS.split() or (name[-1] == "_" and name in METHODS):
        return getattr(Tensor, name)
    refuse("torch", name, __name__)
