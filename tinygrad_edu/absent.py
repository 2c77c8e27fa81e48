"""Names of PyTorch that cannot exist here, why, and what to do instead: one table.

>>> print(why("torch.fft"))
torch.fft is left out: no tensor holds complex numbers.  Use numpy.fft on t.numpy(), outside the
record, or real sines and cosines

A path is PyTorch's own: "torch.fft", "Tensor.to_sparse", "nn.quantized".  One that ends with
`.*` stands for all names that begin so.
"""

import sys
from functools import cache
from typing import NoReturn

_TABLE: list[tuple[str, tuple[str, ...]]] = []  # each reason, and the paths that it is for


def _because(reason: str, *paths: str) -> None:
    _TABLE.append((reason, paths))


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
    "torch.view_as_complex_copy torch.view_as_real_copy torch.ComplexFloatStorage",
    "torch.ComplexDoubleStorage",
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
    "special.spherical_bessel_.* special.zeta",
    "special.chebyshev_.* special.shifted_chebyshev_.* special.hermite_.* special.laguerre_.*",
    "special.legendre_.*",
)
_because(
    "it is the distribution function of a gamma distribution.  Use "
    "distributions.Gamma(a, 1.0).cdf(x), which has gradients",
    "special.gammainc torch.igamma Tensor.igamma Tensor.igamma_",
)
_because(
    "it is 1 minus the distribution function of a gamma distribution.  Use "
    "1 - distributions.Gamma(a, 1.0).cdf(x), which has gradients",
    "special.gammaincc torch.igammac Tensor.igammac Tensor.igammac_",
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
    "Tensor.is_sparse_csr torch.indices_copy torch.values_copy torch.col_indices_copy",
    "torch.row_indices_copy torch.crow_indices_copy torch.ccol_indices_copy",
)
_because(
    "all rows of a tensor have one length.  Use nn.utils.rnn.pad_sequence, and a mask",
    "torch.nested torch.jagged Tensor.to_padded_tensor",
)
_because("no gradient is sparse.  Use optim.Adam", "optim.SparseAdam")
_because(
    "nothing is traced or compiled.  Call the function or the module itself; to save a model, "
    "save(model.state_dict(), path)",
    "torch.jit torch.export torch.onnx torch.fx torch.compiler torch.ScriptModule torch.cond",
    "torch._dynamo torch._inductor",
    "torch.while_loop torch.package torch.library torch.sym_.* func.functionalize",
    "torch.fork torch.wait torch.futures torch.Future torch.import_ir_module torch.parse_ir",
    "torch.import_ir_module_from_buffer torch.parse_schema torch.parse_type_comment",
    "torch.merge_type_from_type_comment torch.unify_type_list torch.classes torch.cpp",
    "torch.BufferDict torch.CallStack torch.Graph torch.Node",
    "torch.Block torch.Use torch.Value torch.Type torch.Argument.* torch.Gradient torch.Code",
    "torch.AliasDb torch.Capsule torch.CompilationUnit torch.CompleteArgumentSpec torch.Concrete.*",
    "torch.Script.* torch.SymBool.* torch.SymFloat torch.SymInt.* torch.AnyType torch.AwaitType",
    "torch.BoolType torch.ClassType torch.ComplexType torch.DeviceObjType torch.DictType",
    "torch.EnumType torch.FloatType torch.FutureType torch.IntType torch.InterfaceType",
    "torch.InferredType torch.ListType torch.NoneType torch.NumberType torch.OptionalType",
    "torch.PyObjectType torch.RRefType torch.StreamObjType torch.StringType torch.TensorType",
    "torch.TupleType torch.UnionType torch.FunctionSchema torch.FileCheck torch.ErrorReport",
    "torch.ExecutionPlan torch.GraphExecutorState torch.JITException torch.LiteScriptModule",
    "torch.OperatorInfo torch.StaticModule torch.TracingState torch.IODescriptor",
    "torch.DeepCopyMemoTable torch.Deserialization.* torch.Serialization.* torch.PyTorchFile.*",
    "func.debug_unwrap",
)
_because(
    "PyTorch's compiler uses it.  Use nn.ModuleDict or nn.ParameterDict",
    "torch.ModuleDict torch.ParameterDict",
)
_because(
    "there is no GPU.  Code that asks cuda.is_available() first runs as it is",
    "cuda.Stream cuda.Event cuda.stream cuda.current_stream cuda.default_stream cuda.set_stream",
    "cuda.CUDAGraph cuda.graph cuda.graphs cuda.make_graphed_callables cuda.nvtx cuda.nccl",
    "cuda.memory_.* cuda.mem_get_info cuda.device torch.Stream torch.Event torch.xpu torch.mtia",
    "Tensor.xpu Tensor.record_stream torch.cudnn_.* torch.miopen_.* Tensor.to_mkldnn",
    "Tensor.ipu Tensor.is_ipu Tensor.is_maia Tensor.is_mtia Tensor.is_vulkan Tensor.is_xla",
    "Tensor.mtia torch.get_device_module torch.is_vulkan_available torch.AcceleratorError",
    "torch.profiler_allow_cudagraph_cupti_lazy_reinit_cuda12",
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
    "nn.quantizable nn.intrinsic torch.dequantize torch.int_repr torch.q_.* torch.fbgemm_.*",
    "torch.choose_qparams_optimized torch.empty_quantized torch.fused_moving_avg_obs_fake_quant",
)
_because(
    "NumPy has no such dtype.  Use float16 or float32",
    "torch.float8_.* torch.float4_.* torch.BFloat16Tensor Tensor.bfloat16 torch.bit torch.bits.*",
    "torch.int1 torch.int2 torch.int3 torch.int4 torch.int5 torch.int6 torch.int7 torch.uint1",
    "torch.uint2 torch.uint3 torch.uint4 torch.uint5 torch.uint6 torch.uint7 torch.quint2x4",
    "torch.quint4x2",
)
_because(
    "of unsigned integers there is uint8 only, as PyTorch's functions take no others.  Use int32 "
    "or int64",
    "torch.uint16 torch.uint32 torch.uint64",
)
_because(
    "the elements of a tensor stand in a NumPy array: see t.array and t.data_ptr()",
    "torch.Storage torch.UntypedStorage torch.TypedStorage torch.FloatStorage Tensor.storage",
    "Tensor.untyped_storage Tensor.storage_type torch.storage torch.StorageBase",
    "torch.BFloat16Storage torch.BoolStorage torch.ByteStorage torch.CharStorage torch.IntStorage",
    "torch.DoubleStorage torch.HalfStorage torch.LongStorage torch.ShortStorage torch.QInt.*",
    "torch.QUInt.* torch.from_file Tensor.const_data_ptr",
)
_because(
    "a tensor cannot change its strides in place.  Use x.as_strided(size, stride), a view",
    "torch.as_strided_ Tensor.as_strided_",
)
_because(
    "it is deprecated in PyTorch.  Use x.resize_(shape) or x.resize_as_(y), or x.reshape(shape)",
    "torch.resize_as_ Tensor.resize Tensor.resize_as",
)
_because(
    "load_state_dict copies values into parameters.  Use it, or x.copy_(y) under no_grad()",
    "Tensor.module_load",
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
    "the profiler has a name of its own here.  Use tinygrad_edu.diagnose.profile(), which measures "
    "each op and module, forward and backward",
    "torch.profiler autograd.profiler utils.bottleneck torch.monitor torch.BenchmarkConfig",
    "torch.BenchmarkExecutionStats torch.ThroughputBenchmark torch.LockingLogger torch.LoggerBase",
    "torch.NoopLogger torch.AggregationType torch.AVG torch.SUM autograd.Profiler.*",
    "autograd.kineto_available",
)
_because(
    "it writes for another program.  Plot with matplotlib, or install tensorboardX",
    "utils.tensorboard",
)
_because(
    "PyTorch itself has removed it.  Use distributions: minimize -log_prob(x) * reward",
    "Tensor.reinforce",
)
_because("PyTorch itself has removed it.  Use torch.no_grad()", "Tensor.volatile")
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
_because("it is deprecated in PyTorch.  Use Module and add_module", "nn.Container")
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
_because(
    "it is for compilers that cannot work with views.  Copy the view: x.view(2, 3).clone(), or "
    "cut a tensor with split() and clone the parts",
    "torch.alias_copy torch.as_strided_copy torch.detach_copy torch.diagonal_copy",
    "torch.expand_copy torch.permute_copy torch.select_copy torch.slice_copy torch.slice_inverse",
    "torch.split_copy torch.split_with_sizes_copy torch.squeeze_copy torch.t_copy",
    "torch.transpose_copy torch.unbind_copy torch.unfold_copy torch.unsqueeze_copy",
    "torch.view_copy Tensor.slice_inverse",
)
_because(
    "it is what PyTorch's own functions call.  Use the function of nn.functional: conv2d, "
    "batch_norm, layer_norm, dropout, grid_sample, affine_grid, embedding_bag",
    "torch.affine_grid_generator torch.batch_norm_.* torch.convolution torch.embedding_renorm_",
    "torch.grid_sampler.* torch.mkldnn_.* torch.native_batch_norm torch.native_dropout",
    "torch.native_group_norm torch.native_layer_norm torch.embedding_bag",
)
_because(
    "it is what PyTorch's own functions call.  Use linalg.norm(x, 'nuc') or linalg.norm(x, 2, dim)",
    "torch.frobenius_norm torch.nuclear_norm torch.native_norm torch.norm_except_dim",
)
_because(
    "NumPy has no LDL^T factorization of a symmetric matrix.  Use linalg.solve, or "
    "linalg.cholesky for a positive definite matrix",
    "linalg.ldl_factor linalg.ldl_factor_ex linalg.ldl_solve",
)
_because("NumPy finds all eigenvectors at once.  Use linalg.eigh", "torch.lobpcg")
_because(
    "it is a prototype in PyTorch.  Number the rows of each segment, and use scatter_reduce or "
    "index_add",
    "torch.segment_reduce",
)
_because(
    "it is for compilers, which must know the size of a result beforehand.  Use x.nonzero()",
    "torch.nonzero_static Tensor.nonzero_static",
)
_because(
    "distributions draw such samples.  Use distributions.Binomial(count, prob).sample()",
    "torch.binomial",
)
_because(
    "for a concentration c > 0 it is a shifted Pareto distribution.  Use "
    "TransformedDistribution(Pareto(scale / c, 1 / c), AffineTransform(loc - scale / c, 1))",
    "distributions.GeneralizedPareto distributions.generalized_pareto",
)
_because(
    "it holds what PyTorch's distributions share: write such helpers with the functions of torch",
    "distributions.utils",
)
_because("it is an old form of indexing.  Use x[i, j]", "Tensor.index")
_because(
    "it is a function here, no method.  Use nn.functional: prelu(x, weight), hardshrink(x)",
    "Tensor.prelu Tensor.hardshrink",
)
_because(
    "Python can hash the bytes of an array.  Use hash(x.numpy().tobytes())",
    "torch.hash_tensor Tensor.hash_tensor",
)
_because(
    "a result is always a plain Tensor, and dtype and order in memory are NumPy's: see x.array",
    "Tensor.as_subclass Tensor.dim_order Tensor.grad_dtype Tensor.name torch.return_types",
    "torch.legacy_contiguous_format",
)
_because(
    "it calls a Python function for each element, which is slow.  Compute with whole tensors, or "
    "use x.map_(y, function)",
    "Tensor.map2_",
)
_because(
    "other libraries read a tensor themselves.  Call the from_dlpack(x) of the other library",
    "torch.to_dlpack",
)
_because(
    "autocast changes nothing here: results are float32.  See amp.autocast",
    "torch.autocast_decrement_nesting torch.autocast_increment_nesting torch.clear_autocast_cache",
    "torch.get_autocast_.* torch.is_autocast_.* torch.set_autocast_.*",
)
_because(
    "there are no dual tensors.  Use torch.func.jvp, which gives its results", "autograd.forward_ad"
)
_because(
    "the mode is what torch.no_grad() and torch.enable_grad() set: see torch.is_grad_enabled()",
    "autograd.grad_mode torch.is_inference_mode_enabled autograd.is_view_replay_enabled",
    "autograd.enforce_grad_layout_policy",
)
_because(
    "backward() runs in the thread that calls it, and there is nothing to set.  Remove the call",
    "autograd.set_multithreading_.* autograd.is_multithreading_enabled",
)
_because(
    "Python decides which warnings are shown.  Use warnings.simplefilter",
    "torch.is_warn_always_enabled torch.set_warn_always",
)
_because(
    "all results here are deterministic.  See use_deterministic_algorithms",
    "torch.get_deterministic_debug_mode torch.set_deterministic_debug_mode",
)
_because("SciPy draws such sequences.  Use scipy.stats.qmc.Sobol", "torch.quasirandom")
_because(
    "the windows are functions of torch.  Use hann_window, hamming_window, blackman_window, "
    "bartlett_window",
    "torch.signal",
)
_because("there are no masked tensors.  Use where(mask, x, 0), or x[mask]", "torch.masked")
_because(
    "its functions are in torch itself.  Use torch.<name>",
    "torch.functional torch.serialization torch.types torch.cpu",
)
_because(
    "it is an internal part of PyTorch, which has no counterpart here.  Remove what uses it",
    "torch.DisableTorchFunction.* torch.DispatchKey.* torch.ExcludeDispatchKeyGuard torch.Tag",
    "torch.FatalError torch.USE_.* torch.PRIVATE_OPS torch.classproperty torch.get_file_path",
    "torch.compiled_with_cxx11_abi torch.has_lapack torch.has_mkl torch.has_openmp",
    "torch.has_spectral torch.init_num_threads torch.overrides torch.thread_safe_generator",
    "torch.prepare_multiprocessing_environment torch.torch_version torch.windows",
    "autograd.DeviceType autograd.NestedIOFunction autograd.SavedTensor autograd.profiler_.*",
    "autograd.handle_torch_function autograd.has_torch_function autograd.is_tensor_like",
    "nn.common_types nn.factory_kwargs nn.functional.BroadcastingList.* nn.functional.ScalingType",
    "nn.functional.GRID_SAMPLE_.* nn.functional.SwizzleType nn.functional.handle_torch_function",
    "nn.functional.assert_int_or_pair nn.functional.boolean_dispatch",
    "nn.functional.has_torch_function.* nn.functional.reproducibility_notes",
    "nn.functional.sparse_support_notes nn.functional.tf32_notes linalg.common_notes",
    "special.common_args special.multi_dim_common",
    "optim.swap_in_optimizer_params_and_state",
)
_because(
    "no function here changes the layers of a module.  Call module.eval(), after which no running "
    "statistics are written, or use nn.GroupNorm",
    "func.replace_all_batch_norm_modules_",
)
_because(
    "the patterns of einops are not read here.  Use reshape, permute and expand", "func.rearrange"
)


@cache
def _reasons() -> dict[str, str]:
    """The reason for each path."""
    return {name: reason for reason, paths in _TABLE for path in paths for name in path.split()}


def __getattr__(name: str) -> dict[str, str]:
    """`REASONS`, the reason for each path, is made when it is first asked for."""
    if name != "REASONS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _reasons()


def why(path: str) -> str | None:
    """The message for a name that is left out on purpose; None for any other."""
    reasons = _reasons()
    reason = reasons.get(path)
    if reason is None and "._" not in path:  # which are Python's, and our own
        starts = [name for name in reasons if name.endswith(".*") and path.startswith(name[:-2])]
        reason = reasons[starts[0]] if starts else None
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


_PATHS = " ".join([" ".join(paths) for _, paths in _TABLE])
_OF_TENSOR = [rest.partition(" ")[0] for rest in _PATHS.split("Tensor.")[1:]]
LEFT_OUT = {name: Absent(name) for name in _OF_TENSOR}
