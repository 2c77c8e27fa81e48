"""Names of PyTorch that cannot exist here, why, and what to do instead: one table.

>>> print(why("torch.fft"))
torch.fft is left out: no tensor holds complex numbers.  Use numpy.fft on t.numpy(), outside the
record, or real sines and cosines

A path is PyTorch's own: "torch.fft", "Tensor.to_sparse", "nn.quantized".  One that ends with
`.*` stands for all names that begin so.
"""

import sys
from typing import NoReturn

REASONS: dict[str, str] = {}  # by path


def _because(reason: str, *paths: str) -> None:
    REASONS.update({name: reason for path in paths for name in path.split()})


_because(
    "no tensor holds complex numbers.  Use numpy.fft on t.numpy(), outside the record, or real "
    "sines and cosines",
    "torch.fft torch.stft torch.istft Tensor.stft Tensor.istft",
)
_because(
    "no tensor holds complex numbers.  Keep the real and the imaginary part in a last dimension of "
    "size 2",
    "torch.complex torch.polar torch.view_as_complex torch.view_as_real torch.cfloat torch.cdouble",
    "torch.chalf torch.complex32 torch.imag Tensor.imag Tensor.cfloat Tensor.cdouble Tensor.chalf",
)
_because(
    "its eigenvalues are complex in general, and no tensor holds complex numbers.  Use "
    "linalg.eigh for a symmetric matrix, or numpy.linalg.eig on t.numpy()",
    "linalg.eig linalg.eigvals torch.eig Tensor.eig",
)
_because(
    "PyTorch itself has removed it.  Use linalg.eigh, linalg.lstsq, linalg.matrix_rank or "
    "linalg.solve",
    "torch.symeig torch.lstsq torch.matrix_rank torch.solve",
    "Tensor.symeig Tensor.lstsq Tensor.solve",
)
_because(
    "SciPy computes it, outside the record: scipy.special on t.numpy()",
    "special.airy_ai special.bessel_.* special.modified_bessel_.* special.scaled_modified_.*",
    "special.spherical_bessel_.* special.zeta special.gammainc special.gammaincc",
    "special.chebyshev_.* special.shifted_chebyshev_.* special.hermite_.* special.laguerre_.*",
    "special.legendre_.* torch.igamma torch.igammac Tensor.igamma Tensor.igammac",
)
_because(
    "there are no sparse tensors.  Use a dense one; index_add and scatter_add add at chosen rows, "
    "and embedding() reads them",
    "torch.sparse torch.sparse_.* torch.sspaddmm torch.hspmm torch.spmm torch.dsmm torch.saddmm",
    "torch.smm torch.hsmm torch.resize_as_sparse_ Tensor.resize_as_sparse_ Tensor.smm",
    "Tensor.sspaddmm Tensor.to_sparse Tensor.to_sparse_coo Tensor.to_sparse_csr Tensor.to_dense",
    "Tensor.to_sparse_csc Tensor.to_sparse_bsr Tensor.to_sparse_bsc Tensor.coalesce",
    "Tensor.is_coalesced Tensor.indices Tensor.values Tensor.sparse_dim Tensor.dense_dim",
    "Tensor.sparse_mask Tensor.sparse_resize_ Tensor.sparse_resize_and_clear_",
    "Tensor.col_indices Tensor.row_indices Tensor.crow_indices Tensor.ccol_indices",
    "torch.nested Tensor.to_padded_tensor",
)
_because("no gradient is sparse.  Use optim.Adam", "optim.SparseAdam")
_because(
    "nothing is traced or compiled.  Call the function or the module itself; to save a model, "
    "save(model.state_dict(), path)",
    "torch.jit torch.export torch.onnx torch.fx torch.compiler torch.ScriptModule torch.cond",
    "torch._dynamo torch._inductor",
    "torch.while_loop torch.package torch.library torch.sym_.* func.functionalize",
)
_because(
    "there is no GPU.  Code that asks cuda.is_available() first runs as it is",
    "cuda.Stream cuda.Event cuda.stream cuda.current_stream cuda.default_stream cuda.set_stream",
    "cuda.CUDAGraph cuda.graph cuda.graphs cuda.make_graphed_callables cuda.nvtx cuda.nccl",
    "cuda.memory_.* cuda.mem_get_info cuda.device torch.Stream torch.Event torch.xpu torch.mtia",
    "Tensor.xpu Tensor.record_stream torch.cudnn_.* torch.miopen_.* Tensor.to_mkldnn",
)
_because(
    "one process computes.  nn.DataParallel and nn.parallel.DistributedDataParallel call the model",
    "torch.distributed torch.is_distributed Tensor.is_distributed nn.parallel.data_parallel",
    "nn.parallel.replicate nn.parallel.scatter nn.parallel.gather nn.parallel.parallel_apply",
)
_because(
    "quantized tensors are left out.  Train in float32, and round the weights by hand",
    "torch.quantization torch.ao torch.quantize_.* torch.quantized_.* torch.fake_quantize_.*",
    "torch.qscheme torch.qint8 torch.quint8 torch.qint32 torch.per_tensor_.* torch.per_channel_.*",
    "Tensor.dequantize Tensor.int_repr Tensor.q_scale Tensor.q_zero_point Tensor.qscheme",
    "Tensor.q_per_channel_axis Tensor.q_per_channel_scales Tensor.q_per_channel_zero_points",
    "nn.quantized nn.qat",
    "nn.quantizable nn.intrinsic torch.dequantize torch.int_repr torch.q_.*",
)
_because(
    "NumPy has no such dtype.  Use float16 or float32",
    "torch.float8_.* torch.float4_.* torch.BFloat16Tensor Tensor.bfloat16",
)
_because(
    "of unsigned integers there is uint8 only, as PyTorch's functions take no others.  Use int32 "
    "or int64",
    "torch.uint16 torch.uint32 torch.uint64",
)
_because(
    "the elements of a tensor stand in a NumPy array: see t.array and t.data_ptr()",
    "torch.Storage torch.UntypedStorage torch.TypedStorage torch.FloatStorage Tensor.storage",
    "Tensor.untyped_storage Tensor.storage_type",
)
_because(
    "nothing is downloaded.  Load weights with load(path), and data sets with nn.data",
    "torch.hub utils.model_zoo",
)
_because(
    "it wraps Python's own module.  Use that, or DataLoader(num_workers=) for data",
    "torch.multiprocessing",
)
_because(
    "Python's profiler sees each op: python -m cProfile",
    "torch.profiler autograd.profiler utils.bottleneck",
)
_because(
    "it writes for another program.  Plot with matplotlib, or install tensorboardX",
    "utils.tensorboard",
)
_because(
    "PyTorch has given it up.  Use distributions: minimize -log_prob(x) * reward",
    "Tensor.reinforce",
)
_because(
    "a lazy layer holds plain parameters of size 0, the same objects before and after its first "
    "call.  Ask layer.has_uninitialized_params()",
    "nn.UninitializedParameter nn.UninitializedBuffer",
)
_because(
    "it splits the work for a GPU's memory.  Use cross_entropy(linear(x, weight, bias), target)",
    "nn.LinearCrossEntropyLoss nn.LinearCrossEntropyOptions nn.functional.linear_cross_entropy",
)
_because(
    "it multiplies in 8 bits or in groups, on a GPU.  Use matmul or bmm",
    "nn.functional.scaled_mm nn.functional.grouped_mm nn.functional.scaled_grouped_mm",
)
_because("PyTorch has given it up.  Use Module and add_module", "nn.Container")
_because(
    "autograd gives these gradients.  Use autograd.grad(conv2d(x, w), (x, w), g)",
    "nn.grad nn.functional.grad",
)
_because(
    "no weights of trained networks are here.  Write the network with nn, and train it",
    "torchvision.models torchvision.ops",
)
_because(
    "matplotlib shows and saves pictures: plt.imshow(image.permute(1, 2, 0)), plt.imsave",
    "torchvision.utils torchvision.io",
)
_because(
    "of torchvision's data sets there are MNIST, FashionMNIST and KMNIST.  Read the files with "
    "NumPy, and put the arrays into a TensorDataset; Digits needs no download",
    "datasets.CIFAR10 datasets.CIFAR100 datasets.EMNIST datasets.QMNIST datasets.USPS",
    "datasets.SVHN datasets.STL10 datasets.ImageNet datasets.ImageFolder datasets.DatasetFolder",
    "datasets.CelebA datasets.CocoDetection datasets.CocoCaptions datasets.VOCDetection",
    "datasets.VOCSegmentation datasets.FakeData datasets.Flowers102 datasets.Food101",
    "datasets.OxfordIIITPet datasets.Omniglot datasets.LSUN datasets.Places365 datasets.GTSRB",
)
_because(
    "no library for images is here.  Write this one as a function of an image, which is an array, "
    "or after ToTensor() a tensor: Lambda(lambda image: image[..., 2:-2, 2:-2])",
    "transforms.Resize transforms.CenterCrop transforms.RandomResizedCrop transforms.FiveCrop",
    "transforms.RandomRotation transforms.RandomAffine transforms.RandomPerspective",
    "transforms.ColorJitter transforms.Grayscale transforms.RandomGrayscale transforms.Pad",
    "transforms.GaussianBlur transforms.RandomErasing transforms.RandomApply transforms.TenCrop",
    "transforms.RandomChoice transforms.RandomOrder transforms.ToPILImage transforms.PILToTensor",
    "transforms.ConvertImageDtype transforms.AutoAugment transforms.RandAugment transforms.v2",
    "transforms.functional transforms.InterpolationMode",
)


def why(path: str) -> str | None:
    """The message for a name that is left out on purpose; None for any other."""
    reason = REASONS.get(path)
    if reason is None and "._" not in path:  # which are Python's, and our own
        starts = [name for name in REASONS if name.endswith(".*") and path.startswith(name[:-2])]
        reason = REASONS[starts[0]] if starts else None
    return reason and f"{path} is left out: {reason}"


def refuse(home: str, name: str, owner: object) -> NoReturn:
    """Raise AttributeError for what an object, or the module of this name, has not: the reason, if
    it is left out on purpose, else what Python says."""
    place = f"{type(owner).__name__!r} object"
    if isinstance(owner, str):
        place, owner = f"module {owner!r}", sys.modules[owner]
    text = why(f"{home}.{name}") or f"{place} has no attribute {name!r}"
    raise AttributeError(text, name=name, obj=owner)


class Absent:
    """An attribute that Tensor has not, and that says why: a `__getattr__` would make each look at
    any attribute slower."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, cls: type) -> NoReturn:
        refuse("Tensor", self.name, cls if instance is None else instance)


_OF_TENSOR = [path.removeprefix("Tensor.") for path in REASONS if path.startswith("Tensor.")]
LEFT_OUT = {name: Absent(name) for name in _OF_TENSOR}
