"""What is written to a module is seen, and what a module overrides is called wherever it stands."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import nn
import tinygrad_edu as tg

# ---------------------------------------------------------------- attributes


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self._calls = 7

    @property
    def calls(self):
        return self._calls

    @calls.setter
    def calls(self, value):
        self._calls = value

    @property
    def fixed(self):
        return 1


def test_a_property_takes_what_is_assigned_or_refuses_it():
    m = Counter()
    m.calls = 0
    assert m.calls == 0
    m.calls = tg.ones(2)  # a plain tensor is not part of the tree
    assert m.calls.tolist() == [1.0, 1.0]
    assert not list(m.buffers())
    with pytest.raises(AttributeError, match="fixed"):
        m.fixed = 2
    for name in ("calls", "fixed"):
        with pytest.raises(KeyError, match=f"{name} already"):
            setattr(m, name, nn.Parameter(tg.ones(1)))
    assert not list(m.parameters())


def test_slots_and_descriptors_of_the_class_are_written():
    class Doubled:
        def __get__(self, module, owner=None):
            return module.__dict__["half"] * 2

        def __set__(self, module, value):
            module.__dict__["half"] = value / 2

    class Net(nn.Module):
        size = Doubled()

    net = Net()
    net.size = 6
    assert (net.size, net.half) == (6, 3)


def test_a_setter_of_the_training_flag_is_called():
    class Frozen(nn.BatchNorm1d):
        @property
        def training(self):
            return False

        @training.setter
        def training(self, mode):
            self.asked = mode

    net = nn.Sequential(Frozen(2))
    net.train()
    assert net[0].asked is True
    net[0](tg.randn(5, 2) + 9)
    assert net[0].running_mean.tolist() == [0.0, 0.0]


def test_parameters_and_tensors_take_attributes_of_ones_own():
    w = nn.Parameter(tg.ones(2))
    t = tg.ones(3)
    w.tag, t.label = ["slow"], "x"
    for twin in (copy.deepcopy(w), pickle.loads(pickle.dumps(w))):
        assert twin.tag == ["slow"]
        assert twin.tag is not w.tag
        assert type(twin) is nn.Parameter
        assert twin.requires_grad
    assert copy.deepcopy(t).label == "x"
    assert pickle.loads(pickle.dumps(t)).label == "x"
    assert not hasattr(t.detach(), "label")
    assert not hasattr(w * 2, "tag")
    layer = nn.Linear(2, 2)
    layer.weight.lr = 0.5
    assert copy.deepcopy(layer).weight.lr == 0.5
    assert [getattr(p, "lr", 1) for p in layer.double().parameters()] == [0.5, 1]


# ---------------------------------------------------------------- the three dictionaries


def test_the_dictionaries_hold_the_members_themselves():
    bn = nn.BatchNorm1d(2)
    assert bn._buffers["running_mean"] is bn.running_mean
    assert list(bn._buffers) == ["running_mean", "running_var", "num_batches_tracked"]
    assert bn._parameters["weight"] is bn.weight
    assert bn._non_persistent_buffers_set == set()
    net = nn.Sequential(bn, nn.ReLU())
    assert [*net._modules.items()] == [("0", bn), ("1", net[1])]
    assert "0" in net._modules
    assert "training" not in net._modules
    assert len(net._modules) == 2
    assert [*reversed(net._modules)] == ["1", "0"]
    assert net._modules == {"0": bn, "1": net[1]}
    assert repr(net._modules) == repr({"0": bn, "1": net[1]})
    assert net._modules.copy() == net._modules | {} == dict(net._modules)
    with pytest.raises(KeyError):
        net._modules["training"]
    with pytest.raises(KeyError):
        del net._modules["training"]


def test_a_name_without_a_parameter_is_held_as_none():
    expected = {
        nn.Linear(2, 2, bias=False): ["bias"],
        nn.Bilinear(2, 2, 2, bias=False): ["bias"],
        nn.Conv1d(2, 2, 1, bias=False): ["bias"],
        nn.LayerNorm(2, elementwise_affine=False): ["weight", "bias"],
        nn.GroupNorm(1, 2, affine=False): ["weight", "bias"],
        nn.RMSNorm(2, elementwise_affine=False): ["weight"],
        nn.BatchNorm1d(2, affine=False): ["weight", "bias"],
    }
    for layer, names in expected.items():
        assert [name for name, p in layer._parameters.items() if p is None] == names, layer
    bn = nn.BatchNorm1d(2, track_running_stats=False)
    assert set(bn._buffers.values()) == {None}
    layer = nn.Linear(2, 1, bias=False)
    layer.register_parameter("bias", nn.Parameter(tg.ones(1)))
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_what_is_written_to_the_dictionaries_is_the_attribute():
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    p, b = nn.Parameter(tg.zeros(2, 2)), tg.ones(1)
    net[0]._parameters["weight"] = p
    assert net[0].weight is p
    net[0]._buffers["b"] = b
    assert net[0].b is b
    assert list(net.state_dict()) == ["0.weight", "0.bias", "0.b"]
    net[0]._non_persistent_buffers_set.add("b")
    assert list(net.state_dict()) == ["0.weight", "0.bias"]
    del net._modules["1"]
    assert len(net) == 1
    assert not hasattr(net, "1")
    net._modules["act"] = nn.ReLU()
    assert net(tg.ones(1, 2)).tolist() == [[max(x, 0.0) for x in net[0].bias.tolist()]]
    assert net._modules.popitem() == ("act", nn.ReLU) or len(net) == 1
    net._modules |= {"x": nn.Tanh()}
    net._modules.update(y=nn.Tanh())
    assert [name for name, _ in net.named_children()] == ["0", "x", "y"]
    net._modules = OrderedDict(only=nn.Flatten())
    assert repr(net) == "Sequential(\n  (only): Flatten(start_dim=1, end_dim=-1)\n)"
    net._modules.clear()
    assert not list(net.children())
    with pytest.raises(KeyError):
        net._modules.popitem()


def test_a_weight_is_computed_in_place_of_a_parameter():
    """As weight_norm, and gradient steps inside a gradient step (MAML), are written."""
    layer = nn.Linear(2, 1, bias=False)
    v = layer._parameters.pop("weight")
    layer.weight = v.detach() * 2
    assert not list(layer.parameters())
    layer.register_parameter("v", v)
    layer.weight = layer.v * 2
    layer(tg.ones(1, 2)).sum().backward()
    assert v.grad.tolist() == [[2.0, 2.0]]
    layer = nn.Linear(2, 1, bias=False)
    w = layer.weight
    layer._parameters["weight"] = w - w * 3  # a result, no leaf
    layer(tg.ones(1, 2)).sum().backward()
    assert w.grad.tolist() == [[-2.0, -2.0]]


def test_what_is_hidden_in_the_dict_is_no_part_of_the_tree():
    net, teacher = nn.Linear(2, 2), nn.Linear(2, 2)
    net.__dict__["teacher"] = teacher
    object.__setattr__(net, "other", teacher)
    assert len(list(net.parameters())) == 2
    assert not list(net.children())
    assert net.teacher is teacher


def test_one_kind_takes_the_place_of_another_as_in_torch():
    def made():
        m = nn.Module()
        m.p, m.m, m.plain = nn.Parameter(tg.ones(1)), nn.ReLU(), 3
        m.register_buffer("b", tg.ones(1))
        m.register_buffer("t", tg.ones(1), persistent=False)
        return m

    def kinds(m):
        return [[*x] for x in (m._parameters, m._buffers, m._modules)]

    m = made()
    for name in ("m", "plain", "b", "t"):
        setattr(m, name, nn.Parameter(tg.zeros(1)))
    assert kinds(m) == [["p", "m", "plain", "b", "t"], [], []]
    assert list(m.state_dict()) == ["p", "m", "plain", "b", "t"]
    m = made()
    for name in ("plain", "b", "t"):
        setattr(m, name, nn.Tanh())
    assert kinds(m) == [["p"], [], ["m", "plain", "b", "t"]]
    m = made()
    m.b, m.t = tg.zeros(2), tg.zeros(2)
    assert kinds(m) == [["p"], ["b", "t"], ["m"]]
    assert list(m.state_dict()) == ["p", "b"]
    for name, value in (("p", nn.ReLU()), ("p", tg.ones(1)), ("m", tg.ones(1)), ("b", 3)):
        with pytest.raises(TypeError, match=rf"Module\.{name} is a"):
            setattr(m, name, value)
    m.p = m.m = m.b = None
    assert kinds(m) == [["p"], ["b", "t"], ["m"]]
    assert not m.state_dict()
    assert not list(m.children())
    del m.p, m.m, m.b
    assert kinds(m) == [[], ["t"], []]
    m.p = 3
    assert m.p == 3
    with pytest.raises(KeyError, match="p already"):
        m.register_parameter("p", nn.Parameter(tg.ones(1)))
    with pytest.raises(KeyError, match="t already"):
        m.add_module("t", nn.ReLU())


def test_paths_lead_to_modules_parameters_and_buffers():
    net = nn.Sequential(nn.Sequential(nn.BatchNorm1d(2)))
    assert net.get_submodule("0.0") is net[0][0]
    assert net.get_parameter("0.0.weight") is net[0][0].weight
    assert net.get_buffer("0.0.running_var") is net[0][0].running_var
    for get, path in ((net.get_parameter, "0.0.running_var"), (net.get_buffer, "0.0.weight")):
        with pytest.raises(AttributeError, match=path):
            get(path)


@pytest.mark.parametrize("way", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_has_dictionaries_of_its_own(way):
    net = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2))
    net.register_buffer("t", tg.ones(1), persistent=False)
    twin = way(net)
    assert list(twin.state_dict()) == list(net.state_dict())
    assert twin[0]._buffers["running_mean"] is twin[0].running_mean
    del twin._modules["1"]
    twin[0]._parameters["weight"] = None
    twin._non_persistent_buffers_set.clear()
    assert "t" in twin.state_dict()
    assert len(net) == 2
    assert net[0].weight is not None
    assert "t" not in net.state_dict()


# ---------------------------------------------------------------- walks call the children


class LoRA(nn.Linear):
    """y = (W + A B) x; evaluation mode adds A B to W once."""

    def __init__(self, *sizes):
        super().__init__(*sizes, bias=False)
        self.down = nn.Parameter(tg.ones(1, sizes[0]))
        self.up = nn.Parameter(tg.ones(sizes[1], 1))
        self.merged = False

    def train(self, mode=True):
        super().train(mode)
        if mode == self.merged:
            with tg.no_grad():
                self.weight += (self.up @ self.down) * (-1 if mode else 1)
            self.merged = not mode
        return self

    def forward(self, x):
        y = super().forward(x)
        return y if self.merged else y + x @ self.down.T @ self.up.T


def test_a_lora_layer_merges_on_eval():
    net = nn.Sequential(nn.ModuleDict({"q": LoRA(2, 2)}))
    lora, x = net[0]["q"], tg.tensor([[1.0, 2.0]])
    before, y = lora.weight.tolist(), lora(x)
    net.eval()
    assert lora.merged
    np.testing.assert_allclose(lora.weight.array, np.array(before) + 1, rtol=1e-6)
    np.testing.assert_allclose(lora(x).detach().array, y.detach().array, rtol=1e-6)
    net.eval()
    np.testing.assert_allclose(lora.weight.array, np.array(before) + 1, rtol=1e-6)
    net.train()
    np.testing.assert_allclose(lora.weight.array, before, atol=1e-6)


def test_train_takes_true_or_false():
    with pytest.raises(ValueError, match="True or False, not 'eval'"):
        nn.ReLU().train("eval")


class Cached(nn.Module):
    """Keeps a tensor that is no buffer, and a list of what it was asked."""

    def __init__(self):
        super().__init__()
        self.cache = tg.ones(2)
        self.asked = []

    def _apply(self, fn, recurse=True):
        super()._apply(fn, recurse)
        self.cache = fn(self.cache)
        return self

    def apply(self, function):
        self.asked.append("apply")
        return super().apply(function)

    def named_modules(self, *args, **kwargs):
        self.asked.append("named_modules")
        return super().named_modules(*args, **kwargs)

    def extra_repr(self):
        return "cached"


def test_walks_call_what_a_submodule_overrides():
    net = nn.Sequential(nn.Sequential(Cached()))
    cached = net[0][0]
    assert net.double()[0][0].cache.dtype == tg.float64
    assert net.to(tg.float32)[0][0].cache.dtype == tg.float32
    net.half()
    assert cached.cache.dtype == tg.float16
    net.float().cpu()
    assert cached.cache.dtype == tg.float32
    net.apply(lambda m: None)
    assert cached.asked == ["apply"]
    list(net.modules())
    assert cached.asked == ["apply", "named_modules"]
    assert "(0): Cached(cached)" in repr(net)


def test_apply_changes_parameters_gradients_and_buffers():
    net = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 1, bias=False))
    net[1].weight.grad = grad = tg.ones(1, 2)
    weight, w = net[1].weight, net[1].weight.tolist()
    assert net._apply(lambda t: t * 2) is net
    assert net[1].weight is weight
    assert weight.tolist() == (2 * tg.tensor(w)).tolist()
    assert weight.requires_grad
    assert weight.is_leaf
    assert weight.grad is grad
    assert grad.tolist() == [[2.0, 2.0]]
    assert net[0].running_var.tolist() == [2.0, 2.0]
    net._apply(lambda t: t * 2, recurse=False)
    assert net[0].running_var.tolist() == [2.0, 2.0]


def test_zero_grad_without_none_writes_into_the_gradient():
    layer = nn.Linear(2, 1)
    layer(tg.ones(1, 2)).sum().backward()
    array = layer.weight.grad.numpy()
    layer.zero_grad(set_to_none=False)
    assert not array.any()
    assert not layer.weight.grad.requires_grad


# ---------------------------------------------------------------- state


class Versioned(nn.Module):
    """Called its weight `w` once; has a state that is no tensor."""

    _version = 2

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(tg.ones(2))
        self.steps = 0

    def get_extra_state(self):
        return {"steps": self.steps}

    def set_extra_state(self, state):
        self.steps = state["steps"]

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
        self.loaded_version = local_metadata.get("version")
        if prefix + "w" in state_dict:
            state_dict[prefix + "weight"] = state_dict.pop(prefix + "w")
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


def test_extra_state_is_saved_and_loaded():
    net, other = (nn.Sequential(nn.ReLU(), Versioned()) for _ in range(2))
    net[1].steps = 5
    state = net.state_dict()
    assert list(state) == ["1.weight", "1._extra_state"]
    assert dict(state._metadata) == {"": {"version": 1}, "0": {"version": 1}, "1": {"version": 2}}
    assert repr(other.load_state_dict(state)) == "<All keys matched successfully>"
    assert (other[1].steps, other[1].loaded_version) == (5, 2)
    keys = other.load_state_dict({"1.weight": tg.zeros(2)}, strict=False)
    assert keys.missing_keys == ["1._extra_state"]
    assert other[1].loaded_version is None
    with pytest.raises(RuntimeError, match=r"missing: 1\._extra_state"):
        other.load_state_dict({"1.weight": tg.zeros(2)})
    plain = nn.Linear(1, 1)
    with pytest.raises(RuntimeError, match="unexpected: _extra_state"):
        plain.load_state_dict({**plain.state_dict(), "_extra_state": 1})
    for call in (plain.get_extra_state, lambda: plain.set_extra_state(1)):
        with pytest.raises(RuntimeError, match="define it"):
            call()


def test_an_old_name_is_loaded():
    net = nn.Sequential(Versioned())
    given = {"0.w": tg.tensor([3.0, 4.0]), "0._extra_state": {"steps": 2}}
    net.load_state_dict(given)
    assert net[0].weight.tolist() == [3.0, 4.0]
    assert list(given) == ["0.w", "0._extra_state"]  # the caller's dict is not touched


def test_a_state_from_before_batches_were_counted_is_loaded():
    net = nn.Sequential(nn.BatchNorm1d(2), nn.LazyBatchNorm1d())
    state = {path: x.clone() for path, x in net.state_dict().items()}
    net[0].num_batches_tracked += 3
    for k in range(2):
        del state[f"{k}.num_batches_tracked"]
    assert not any(net.load_state_dict(state))
    assert net[0].num_batches_tracked.item() == 3
    new = net.state_dict()
    del new["0.num_batches_tracked"]
    with pytest.raises(RuntimeError, match=r"missing: 0\.num_batches_tracked"):
        net.load_state_dict(new)


def test_what_a_module_saves_of_itself_is_its_own_matter():
    class Compressed(nn.Linear):
        def _save_to_state_dict(self, destination, prefix, keep_vars):
            super()._save_to_state_dict(destination, prefix, keep_vars)
            destination[prefix + "weight"] = destination[prefix + "weight"].half()

    class Silent(nn.Linear):
        def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
            return destination

    state = nn.ModuleList([Compressed(2, 2, bias=False), Silent(2, 2)]).state_dict()
    assert {path: x.dtype for path, x in state.items()} == {"0.weight": tg.float16}


def test_a_state_is_put_into_a_given_dict_under_a_prefix():
    layer, given = nn.Linear(2, 1), {"x": 1}
    assert layer.state_dict(destination=given, prefix="net.") is given
    assert list(given) == ["x", "net.weight", "net.bias"]
    assert not given["net.bias"].requires_grad
    assert layer.state_dict(keep_vars=True)["bias"] is layer.bias


def test_what_is_written_to_a_state_is_written_to_the_module():
    layer = nn.Linear(2, 1)
    state = layer.state_dict()
    state["weight"].copy_(tg.tensor([[3.0, 4.0]]))
    assert layer.weight.tolist() == [[3.0, 4.0]]
    state["weight"].mul_(2)
    state["weight"][0, 0] = 0
    state["bias"].zero_()
    assert layer.weight.tolist() == [[0.0, 8.0]]
    assert layer.bias.tolist() == [0.0]
    layer.state_dict()["weight"].fill_(1)
    layer.weight.data[0, 1] = 5
    layer.weight.detach()[0, 0] = 4
    assert layer.weight.tolist() == [[4.0, 5.0]]


def test_a_state_is_assigned_with_its_dtypes():
    layer = nn.Sequential(nn.BatchNorm1d(2, bias=False))
    layer[0].weight.requires_grad_(False)
    before = layer[0].weight
    given = {path: x.double() for path, x in layer.state_dict().items()}
    layer.load_state_dict(given, assign=True)
    assert layer[0].weight is not before
    assert (layer[0].weight.dtype, layer[0].running_var.dtype) == (tg.float64, tg.float64)
    assert isinstance(layer[0].weight, nn.Parameter)
    assert not layer[0].weight.requires_grad
    assert layer[0].running_mean is given["0.running_mean"]
    given["0.weight"][0] = 9  # the memory is the given one's
    assert layer[0].weight[0].item() == 9


@pytest.mark.parametrize("assign", [False, True])
def test_a_load_that_fails_on_the_way_changes_nothing(assign):
    class Broken(nn.Linear):
        def _load_from_state_dict(self, *args):
            super()._load_from_state_dict(*args)
            raise OSError("no more")

    net = nn.Sequential(nn.Linear(2, 1), Broken(2, 1))
    held, before = list(net.parameters()), [p.tolist() for p in net.parameters()]
    given = {path: x * 0 + 7 for path, x in net.state_dict().items()}
    with pytest.raises(OSError, match="no more"):
        net.load_state_dict(given, assign=assign)
    assert [p.tolist() for p in net.parameters()] == before
    assert all(a is b for a, b in zip(net.parameters(), held, strict=True))


def test_hooks_run_before_and_after_saving_and_loading():
    net, seen = nn.Sequential(nn.Linear(1, 1, bias=False)), []

    def rename(module, state, prefix, *rest):
        seen.append(("load", prefix))
        state[prefix + "weight"] = state.pop(prefix + "old")

    def forgive(module, keys):
        seen.append(("loaded", list(keys.missing_keys)))
        keys.missing_keys.clear()

    handles = [
        net[0].register_state_dict_pre_hook(lambda m, prefix, keep: seen.append((prefix, keep))),
        net.register_state_dict_post_hook(lambda m, state, prefix, meta: state.update(extra=meta)),
        net[0].register_load_state_dict_pre_hook(rename),
        net.register_load_state_dict_post_hook(forgive),
    ]
    assert list(net.state_dict()) == ["0.weight", "extra"]
    net.load_state_dict({"0.old": tg.ones(1, 1)})
    assert net[0].weight.item() == 1
    assert seen == [("0.", False), ("load", "0."), ("loaded", [])]
    for handle in handles:
        handle.remove()
    assert list(net.state_dict()) == ["0.weight"]
    net.register_state_dict_post_hook(lambda *_: {})
    with pytest.raises(RuntimeError, match="returned a dict"):
        net.state_dict()


def test_a_hook_of_a_copy_is_told_the_copy():
    net, seen = nn.Linear(1, 1), []
    net.register_load_state_dict_pre_hook(lambda module, *_: seen.append(module))
    twin = copy.deepcopy(net)
    twin.load_state_dict(net.state_dict())
    assert seen == [twin]


# ---------------------------------------------------------------- misuse


@pytest.mark.parametrize(
    ("misuse", "words"),
    [
        (lambda: nn.functional.relu(nn.ReLU()), r"relu: .* not the layer ReLU"),
        (lambda: tg.exp(tg.exp), r"exp: .*not the function exp"),
        (lambda: nn.Linear(2, 2)((tg.ones(2), tg.ones(2))), r"linear: .* a tuple of 2.*y\[0\]"),
        (lambda: nn.Linear(2, 2)(None), "linear: .* not None"),
        (lambda: nn.Linear(2, 2)({"x": 1}), r"linear: .* given {'x': 1}, a dict"),
        (lambda: nn.Conv1d(2, 2, 1)((tg.ones(2, 3), 0)), r"[Cc]onv1d: .* a tuple of 2"),
        (lambda: nn.LSTM(2, 2)([tg.ones(2, 2)]), r"LSTM: .* a list of 1"),
        (lambda: nn.BatchNorm1d(2)(nn.ReLU()), r"BatchNorm1d: .* layer ReLU"),
        (lambda: nn.LazyLinear(2)((tg.ones(2), 0)), r"LazyLinear: .* a tuple of 2"),
        (lambda: nn.ParameterList(tg.ones(2)), r"not one tensor"),
    ],
)
def test_what_is_no_tensor_is_named(misuse, words):
    with pytest.raises(TypeError, match=words):
        misuse()


def test_an_attribute_that_forward_lacks_is_still_an_attribute_error():
    class Net(nn.Module):
        def forward(self, x):
            return self.layre(x) if x.ndim else x.no_such_name

    for x in (tg.ones(1), tg.tensor(1.0)):
        with pytest.raises(AttributeError, match=r"layre|no_such_name"):
            Net()(x)


def test_a_module_that_was_not_made_says_so():
    class Hasty(nn.Module):
        def __init__(self):
            self.x = tg.ones(2)

    hasty = Hasty()
    assert hasty.x.tolist() == [1.0, 1.0]
    for walk in (hasty.parameters, hasty.train, hasty.state_dict, lambda: hasty._modules["x"]):
        with pytest.raises(AttributeError, match=r"Hasty: .*super\(\)\.__init__\(\)"):
            list(walk())


# ---------------------------------------------------------------- lists, lazy layers


def test_lists_of_parameters_hold_lists_and_anything():
    inner = nn.ParameterList([tg.ones(2)])
    outer = nn.ParameterList([inner, tg.ones(1), 3, None])
    assert outer[0] is inner
    assert outer[2:][:] is not None
    assert (len(outer), outer[2], outer[3]) == (4, 3, None)
    assert sorted(name for name, _ in outer.named_parameters()) == ["0.0", "1"]
    assert "(2): Object of type: int" in repr(outer)
    assert [type(x).__name__ for x in outer] == ["ParameterList", "Parameter", "int", "NoneType"]
    twin = copy.deepcopy(outer)
    twin.pop()
    assert (len(twin), len(outer)) == (3, 4)
    d = nn.ParameterDict({"a": tg.ones(1), "b": inner})
    assert d["b"] is inner
    assert sorted(name for name, _ in d.named_parameters()) == ["a", "b.0"]


def test_an_optimizer_takes_a_list_of_parameters():
    p = nn.ParameterList([tg.tensor([1.0, 2.0])])
    optimizer = nn.optim.SGD(p, lr=1.0)
    p[0].sum().backward()
    optimizer.step()
    assert p[0].tolist() == [0.0, 1.0]


def test_lists_of_modules_are_added_and_hold_none():
    a, b = nn.ModuleList([nn.ReLU(), None]), nn.ModuleList([nn.Tanh()])
    both = a + b
    assert [type(m).__name__ for m in both] == ["ReLU", "NoneType", "Tanh"]
    assert (len(a), len(b)) == (2, 1)
    assert len(list(both.children())) == 2
    with pytest.raises(TypeError, match="not a Module"):
        nn.Sequential(None)


@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_lazy_convolution_takes_an_example_without_a_batch(kind, n):
    layer = getattr(nn, f"Lazy{kind}{n}d")(4, 2)
    y = layer(tg.ones(3, *[5] * n))
    assert layer.in_channels == 3
    assert y.shape == (4, *[4 if kind == "Conv" else 6] * n)
    layer = getattr(nn, f"Lazy{kind}{n}d")(4, 2)
    with pytest.raises(RuntimeError, match=f"{n + 1}D or {n + 2}D"):
        layer(tg.ones(3, *[5] * (n + 2)))
    assert layer(tg.ones(2, 3, *[5] * n)).shape[:2] == (2, 4)


def test_lazy_layers_take_part_in_walks():
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    net.eval().double()
    assert not net[0].training
    state = net.state_dict()
    assert list(state)[:3] == ["0.weight", "0.bias", "1.weight"]
    other = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    other.load_state_dict(state)  # from one that has no size yet
    assert "Lazy" in repr(other[0])
    assert copy.deepcopy(net)(tg.ones(2, 4, dtype=tg.float64)).shape == (2, 3)


def test_a_computed_weight_of_a_recurrent_layer_is_read():
    rnn = nn.RNN(2, 3)
    weight = rnn.weight_hh_l0.detach().clone()

    class Double(nn.Module):
        def forward(self, w):
            return w * 2

    nn.utils.parametrize.register_parametrization(rnn, "weight_hh_l0", Double())
    plain = nn.RNN(2, 3)
    state = {k: v for k, v in rnn.state_dict().items() if "." not in k}
    plain.load_state_dict({**state, "weight_hh_l0": weight * 2})
    x = tg.randn(4, 1, 2)
    assert tg.equal(rnn(x)[0], plain(x)[0])
