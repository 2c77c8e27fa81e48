"""Pruning, orthogonal weights, fused layers, clipped gradients and packed sequences, beside
PyTorch's."""

import numpy as np
import pytest
import torch
import torch.nn.utils.prune

import nn
import tinygrad_edu as tg

OURS, TORCH = (tg, nn), (torch, torch.nn)
LIBRARIES = (OURS, TORCH)


def filled(library, module, seed=0):
    """The module with the same parameters in both libraries."""
    random = np.random.default_rng(seed)
    with library[0].no_grad():
        for p in module.parameters():
            p.copy_(library[0].tensor(random.standard_normal(tuple(p.shape)).astype(np.float32)))
    return module


def a_batch(library, *shape, seed=1):
    random = np.random.default_rng(seed)
    return library[0].tensor(random.standard_normal(shape).astype(np.float32))


def arrays(module):
    return {key: value.detach().numpy() for key, value in module.state_dict().items()}


def assert_same_state(ours, theirs, tolerance=0.0):
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        np.testing.assert_allclose(
            ours[key], value, rtol=tolerance, atol=tolerance, err_msg=key, strict=True
        )


# ---------------------------------------------------------------- pruning


PRUNED = {
    "identity": lambda prune, m, t: prune.identity(m, "weight"),
    "l1, a number": lambda prune, m, t: prune.l1_unstructured(m, "weight", 5),
    "l1, a share": lambda prune, m, t: prune.l1_unstructured(m, name="weight", amount=0.3),
    "l1, scores": lambda prune, m, t: prune.l1_unstructured(
        m, "weight", 3, importance_scores=t.arange(float(m.weight.numel())).reshape(m.weight.shape)
    ),
    "l1, nothing": lambda prune, m, t: prune.l1_unstructured(m, "bias", 0),
    "l1, everything": lambda prune, m, t: prune.l1_unstructured(m, "bias", 1.0),
    "l2, rows": lambda prune, m, t: prune.ln_structured(m, "weight", 0.5, n=2, dim=0),
    "l1, columns": lambda prune, m, t: prune.ln_structured(m, "weight", 2, 1, 1),
    "largest, last": lambda prune, m, t: prune.ln_structured(m, "weight", 1, float("inf"), -1),
    "a mask": lambda prune, m, t: prune.custom_from_mask(m, "bias", t.tensor([1, 0, 0, 1])),
    "twice": lambda prune, m, t: prune.l1_unstructured(
        prune.l1_unstructured(m, "weight", 4), "weight", 0.5
    ),
    "rows, then elements": lambda prune, m, t: prune.l1_unstructured(
        prune.ln_structured(m, "weight", 1, 2, 0), "weight", 3
    ),
    "elements, then rows, thrice": lambda prune, m, t: prune.ln_structured(
        prune.ln_structured(prune.l1_unstructured(m, "weight", 6), "weight", 1, 2, 0),
        "weight", 0.5, 2, 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("layer", ["Linear", "Conv2d"])
@pytest.mark.parametrize("how", PRUNED.values(), ids=PRUNED)
def test_a_pruned_layer_is_torchs(how, layer):
    ends = []
    for library in LIBRARIES:
        tensors, layers = library
        module = layers.Linear(6, 4) if layer == "Linear" else layers.Conv2d(3, 4, 2)
        module = filled(library, module)
        x = a_batch(library, 5, 6) if layer == "Linear" else a_batch(library, 2, 3, 4, 4)
        assert not layers.utils.prune.is_pruned(module)
        how(layers.utils.prune, module, tensors)
        assert layers.utils.prune.is_pruned(layers.Sequential(module))
        module(x).square().sum().backward()
        with tensors.no_grad():  # train a step: what is pruned stays so
            for p in module.parameters():
                p -= 0.1 * p.grad
        output = module(x).detach().numpy()
        state = arrays(module)
        names = [name for name, _ in module.named_parameters()]
        name = "weight" if hasattr(module, "weight_mask") else "bias"
        assert layers.utils.prune.remove(module, name) is module
        again = arrays(module)
        ends.append((output, state, names, again))
        with pytest.raises(ValueError, match=name):
            layers.utils.prune.remove(module, name)
    np.testing.assert_allclose(ends[0][0], ends[1][0], rtol=1e-4, atol=1e-5)
    assert_same_state(ends[0][1], ends[1][1], 1e-5)
    assert ends[0][2] == ends[1][2]
    assert_same_state(ends[0][3], ends[1][3], 1e-5)


def test_global_pruning_is_torchs():
    states = []
    for library in LIBRARIES:
        layers, prune = library[1], library[1].utils.prune
        net = filled(library, layers.Sequential(layers.Linear(4, 3), layers.Linear(3, 2)))
        pairs = [(net[0], "weight"), (net[1], "weight"), (net[1], "bias")]
        prune.global_unstructured(pairs, pruning_method=prune.L1Unstructured, amount=0.3)
        prune.global_unstructured(
            pairs,
            prune.L1Unstructured,
            importance_scores={(net[0], "weight"): 0.1 * net[0].weight},
            amount=4,
        )
        states.append(arrays(net))
    assert_same_state(*states)


def test_random_pruning_prunes_as_many():
    for library in LIBRARIES:
        layers, prune = library[1], library[1].utils.prune
        module = prune.random_unstructured(layers.Linear(6, 4), "weight", 0.25)
        assert int(module.weight_mask.sum()) == 18
        prune.random_unstructured(module, "weight", 8)
        assert int(module.weight_mask.sum()) == 10
        module = prune.random_structured(layers.Linear(6, 4), "weight", amount=2, dim=1)
        assert sorted(module.weight_mask.sum(0).tolist()) == [0, 0, 4, 4, 4, 4]
        assert len(prune.RandomStructured.apply(module, "weight", amount=1, dim=0)) == 2
        assert int(module.weight_mask.sum()) == 12


PRUNING_ERRORS = {
    "a share above 1": lambda p, m, t: p.l1_unstructured(m, "weight", 1.5),
    "less than nothing": lambda p, m, t: p.l1_unstructured(m, "weight", -1),
    "no number": lambda p, m, t: p.l1_unstructured(m, "weight", "3"),
    "too many": lambda p, m, t: p.l1_unstructured(m, "weight", 99),
    "rows of a vector": lambda p, m, t: p.ln_structured(m, "bias", 1, 2, 0),
    "no dimension": lambda p, m, t: p.ln_structured(m, "weight", 1, 2, 2),
    "no parameter": lambda p, m, t: p.l1_unstructured(m, "weigth", 1),
    "scores": lambda p, m, t: p.l1_unstructured(m, "weight", 1, importance_scores=t.ones(2)),
    "mask": lambda p, m, t: p.custom_from_mask(m, "weight", t.ones(2)),
    "structured": lambda p, m, t: p.global_unstructured(
        [(m, "weight")], p.LnStructured, amount=1, n=2
    ),
    "no pairs": lambda p, m, t: p.global_unstructured(3, p.L1Unstructured, amount=1),
    "no dict": lambda p, m, t: p.global_unstructured(
        [(m, "weight")], p.L1Unstructured, [1], amount=1
    ),
    "no method": lambda p, m, t: p.PruningContainer("x"),
    "not pruned": lambda p, m, t: p.remove(m, "weight"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", PRUNING_ERRORS.values(), ids=PRUNING_ERRORS)
def test_what_cannot_be_pruned_is_refused_and_stays(wrong):
    kinds = (ValueError, TypeError, IndexError, AttributeError, AssertionError)
    for library in LIBRARIES:
        module = filled(library, library[1].Linear(3, 2))
        before = arrays(module)
        with pytest.raises(kinds):
            wrong(library[1].utils.prune, module, library[0])
        after = arrays(module)  # PyTorch's comes back in another order
        assert_same_state({key: after[key] for key in before}, before)
        module(library[0].ones(1, 3))


def test_a_method_of_ones_own_and_its_container():
    states = []
    for tensors, layers in LIBRARIES:
        prune = layers.utils.prune

        class EveryOther(prune.BasePruningMethod):
            PRUNING_TYPE = "unstructured"

            def compute_mask(self, t, default_mask):
                mask = default_mask.clone()
                mask.view(-1)[::2] = 0
                return mask

        module = filled((tensors, layers), layers.Linear(3, 2))
        EveryOther.apply(module, "weight")
        container = EveryOther.apply(module, "weight")
        assert [type(method).__name__ for method in container] == ["EveryOther"] * 2
        assert container[0]._tensor_name == "weight"
        states.append([*arrays(module).values(), EveryOther().prune(tensors.ones(5)).numpy()])
        other = EveryOther()
        other._tensor_name = "bias"
        with pytest.raises(ValueError, match="PruningContainer"):
            container.add_pruning_method(other)
    for ours, theirs in zip(*states, strict=True):
        np.testing.assert_array_equal(ours, theirs)


# ---------------------------------------------------------------- orthogonal weights


MAPS = ["matrix_exp", "cayley", "householder"]


@pytest.mark.parametrize("orthogonal_map", MAPS)
@pytest.mark.parametrize("sizes", [(4, 4), (5, 3), (3, 5)])
def test_an_orthogonal_weight_is_torchs(orthogonal_map, sizes):
    """Its starting value, its value and its gradient as a function of X and of B."""
    weights, modules = [], []
    for library in LIBRARIES:
        module = filled(library, library[1].Linear(*sizes)).double()
        same = library[1].utils.parametrizations.orthogonal(module, "weight", orthogonal_map)
        assert same is module
        weights.append(module.weight.detach().numpy())
        modules.append(module)
    np.testing.assert_allclose(*weights, atol=1e-6)
    state = arrays(modules[1])
    assert list(arrays(modules[0])) == list(state)
    random = np.random.default_rng(3)
    x = random.standard_normal(state["parametrizations.weight.original"].shape)
    if orthogonal_map == "householder":
        np.fill_diagonal(x, np.sign(np.diag(x)))
    results = []
    for (tensors, _), module in zip(LIBRARIES, modules, strict=True):
        state["parametrizations.weight.original"] = x
        module.load_state_dict({k: tensors.tensor(v.copy()) for k, v in state.items()})
        w = module.weight
        (
            w * tensors.tensor(random.__class__(np.random.PCG64(5)).standard_normal(tuple(w.shape)))
        ).sum().backward()
        results.append((w.detach().numpy(), module.parametrizations.weight.original.grad.numpy()))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


def test_orthogonal_without_a_base():
    weights = []
    for library in LIBRARIES:
        orthogonal = library[1].utils.parametrizations.orthogonal
        module = filled(library, library[1].Linear(3, 5)).double()
        orthogonal(module, orthogonal_map="householder", use_trivialization=False)
        module.weight = library[0].linalg.qr(a_batch(library, 5, 3).double())[0]
        weights.append(
            (
                module.weight.detach().numpy(),
                module.parametrizations.weight.original.detach().numpy(),
            )
        )
        module = filled(library, library[1].Linear(3, 3)).double()
        orthogonal(module, orthogonal_map="cayley", use_trivialization=False)
        w = module.weight.detach().numpy()
        np.testing.assert_allclose(w.T @ w, np.eye(3), atol=1e-9)
        with pytest.raises(NotImplementedError):
            module.weight = library[0].eye(3).double()
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_what_is_not_orthogonal_is_refused():
    for library in LIBRARIES:
        orthogonal, module = library[1].utils.parametrizations.orthogonal, library[1].Linear(3, 2)
        for settings in ({"name": "none"}, {"name": "bias"}, {"orthogonal_map": "qr"}):
            with pytest.raises(ValueError, match=r"orthogonal|dimensions|parameter"):
                orthogonal(module, **settings)


# ---------------------------------------------------------------- parametrize, the rest


def test_a_cache_and_the_class_before_and_a_transfer():
    for tensors, layers in LIBRARIES:
        parametrize = layers.utils.parametrize
        a, b = layers.Linear(2, 2), layers.Linear(2, 2)
        assert parametrize.type_before_parametrizations(a) is layers.Linear
        parametrize.register_parametrization(a, "weight", layers.Tanh())
        layers.utils.parametrizations.weight_norm(a, "bias", None)
        assert parametrize.type_before_parametrizations(a) is layers.Linear
        with parametrize.cached():
            first = a.weight
            with parametrize.cached():
                assert a.weight is first
            assert a.weight is first
        assert a.weight is not first
        assert parametrize.transfer_parametrizations_and_params(a, b) is b
        assert tensors.equal(a.weight, b.weight)
        assert tensors.equal(a.bias, b.bias)
        assert sorted(a.state_dict()) == sorted(b.state_dict())
        assert b.parametrizations.weight.original is a.parametrizations.weight.original


# ---------------------------------------------------------------- fusion


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("name", ["Conv1d", "Conv2d", "ConvTranspose2d"])
def test_a_fused_convolution_is_torchs(name, bias, affine):
    states = []
    for library in LIBRARIES:
        layers, n = library[1], int(name[-2])
        conv = filled(library, getattr(layers, name)(3, 4, 2, bias=bias))
        bn = filled(library, getattr(layers, f"BatchNorm{n}d")(4, affine=affine))
        x = a_batch(library, 5, 3, *[4] * n)
        bn(conv(x))
        with pytest.raises((ValueError, AssertionError)):
            layers.utils.fuse_conv_bn_eval(conv, bn)
        conv.eval(), bn.eval()
        fused = layers.utils.fuse_conv_bn_eval(conv, bn, transpose="Transpose" in name)
        near = {"rtol": 1e-3, "atol": 1e-4}
        np.testing.assert_allclose(fused(x).detach(), bn(conv(x)).detach(), **near)
        states.append((arrays(fused), [p.requires_grad for p in fused.parameters()]))
    assert_same_state(states[0][0], states[1][0], 1e-4)
    assert states[0][1] == states[1][1]


@pytest.mark.parametrize("features", [4, 1])
def test_a_fused_linear_layer_is_torchs(features):
    states = []
    for library in LIBRARIES:
        layers = library[1]
        linear, bn = layers.Linear(3, 4), layers.BatchNorm1d(features)
        linear, bn = (filled(library, m).eval() for m in (linear, bn))
        states.append(arrays(layers.utils.fuse_linear_bn_eval(linear, bn)))
        with pytest.raises((ValueError, AssertionError)):
            layers.utils.fuse_linear_bn_eval(linear, layers.BatchNorm1d(3).eval())
    assert_same_state(*states, 1e-6)


# ---------------------------------------------------------------- gradients


@pytest.mark.parametrize("norm_type", [1, 2.0, float("inf")])
def test_norms_and_clips_by_name_are_torchs(norm_type):
    ends = []
    for library in LIBRARIES:
        utils = library[1].utils
        module = filled(library, library[1].Linear(3, 2))
        module(a_batch(library, 4, 3)).square().sum().backward()
        grads = [p.grad for p in module.parameters()]
        norm = utils.get_total_norm(
            tensors=grads, norm_type=norm_type, error_if_nonfinite=True, foreach=None
        )
        utils.clip_grads_with_norm_(
            parameters=module.parameters(), max_norm=0.5, total_norm=norm, foreach=False
        )
        with pytest.warns(FutureWarning, match="deprecated"):
            again = utils.clip_grad_norm(module.parameters(), 0.1, norm_type=norm_type)
        empty = utils.get_total_norm([])
        ends.append([norm.item(), again.item(), empty.item(), *(g.numpy() for g in grads)])
        with pytest.warns(UserWarning, match="generator"):
            utils.clip_grad_norm_((p for p in ()), 1.0)
        module.weight.grad[0, 0] = float("nan")
        with pytest.raises(RuntimeError, match="norm"):
            utils.clip_grad_norm_(module.parameters(), 1.0, error_if_nonfinite=True, foreach=False)
    for ours, theirs in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


# ---------------------------------------------------------------- sequences


def test_packed_sequences_have_torchs_methods():
    for library in LIBRARIES:
        tensors, rnn = library[0], library[1].utils.rnn
        packed = rnn.pack_sequence([a_batch(library, n, 2) for n in (2, 4, 1)], False)
        assert [packed.double().data.dtype, packed.half().data.dtype] == [
            tensors.float64,
            tensors.float16,
        ]
        assert packed.to(tensors.float32) is packed
        assert packed.cpu() is packed
        assert packed.long().data.dtype == tensors.int64
        assert packed.double().batch_sizes is packed.batch_sizes
        assert not packed.is_cuda
        again = rnn.PackedSequence(packed.data, packed.batch_sizes, packed.sorted_indices)
        assert again.unsorted_indices.tolist() == packed.unsorted_indices.tolist()
        assert (
            rnn.PackedSequence((packed.data, packed.batch_sizes)).batch_sizes is packed.batch_sizes
        )
        assert [x.shape[0] for x in rnn.unpack_sequence(packed)] == [2, 4, 1]
        assert rnn.invert_permutation(tensors.tensor([2, 0, 1])).tolist() == [1, 2, 0]
        assert rnn.invert_permutation(None) is None
        assert isinstance(packed, tuple)


# ---------------------------------------------------------------- modules


def test_skipped_initial_values_draw_nothing():
    for tensors, layers in LIBRARIES:
        tensors.manual_seed(0)
        module = layers.utils.skip_init(layers.Linear, 3, out_features=2)
        drawn = tensors.rand(2)
        tensors.manual_seed(0)
        assert tensors.rand(2).tolist() == drawn.tolist()
        assert module.weight.shape == (2, 3)
        with pytest.raises((TypeError, RuntimeError)):
            layers.utils.skip_init(int, 3)


def test_stateless_calls_warn_and_use_what_is_given():
    for tensors, layers in LIBRARIES:
        net = layers.Linear(1, 1)
        given = {"weight": tensors.tensor([[2.0]]), "bias": tensors.tensor([1.0])}
        call = layers.utils.stateless.functional_call
        with pytest.warns(FutureWarning, match="deprecated"):
            assert call(net, given, tensors.tensor([3.0]), strict=True).item() == 7
        del given["bias"]
        with pytest.warns(FutureWarning), pytest.raises(RuntimeError, match="bias"):
            call(module=net, parameters_and_buffers=given, args=tensors.ones(1), strict=True)


def test_memory_formats_change_nothing():
    for tensors, layers in LIBRARIES:
        net = filled((tensors, layers), layers.Conv2d(1, 2, 3))
        before = arrays(net)
        convert = layers.utils.convert_conv2d_weight_memory_format
        assert_same_state(arrays(convert(net, tensors.channels_last)), before)
