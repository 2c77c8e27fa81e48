"""Modules beside PyTorch's: both libraries are told the same, and what happens is compared."""

import copy
import pickle

import pytest
import torch

import nn
import tinygrad_edu as tg

BOTH = [(nn, tg), (torch.nn, torch)]


def plain(x):
    """What both libraries can say of a value."""
    if isinstance(x, tg.Tensor | torch.Tensor):
        return x.detach().tolist()
    if isinstance(x, nn.Module | torch.nn.Module):
        return type(x).__name__
    if isinstance(x, dict) or hasattr(x, "items"):
        return {key: plain(value) for key, value in x.items()}
    return [plain(part) for part in x] if isinstance(x, list | tuple) else x


def noisy(nn, log):
    """A class of modules that writes down which of its methods are called, with what."""

    class Noisy(nn.Module):
        _version = 3

        def __init__(self, name, *children):
            super().__init__()
            self.name = name
            for k, child in enumerate(children):
                self.add_module(f"c{k}", child)

        def note(self, method, *what):
            log.append((self.name, method, *map(plain, what)))

        def train(self, mode=True):
            self.note("train", mode)
            return super().train(mode)

        def _apply(self, fn, *args, **kwargs):
            self.note("_apply")
            return super()._apply(fn, *args, **kwargs)

        def apply(self, fn):
            self.note("apply")
            return super().apply(fn)

        def named_modules(self, memo=None, prefix="", remove_duplicate=True):
            self.note("named_modules", len(memo or ()), prefix, remove_duplicate)
            return super().named_modules(memo, prefix, remove_duplicate)

        def state_dict(self, *args, **kwargs):
            self.note("state_dict", sorted(kwargs), kwargs.get("prefix"), kwargs.get("keep_vars"))
            return super().state_dict(*args, **kwargs)

        def _save_to_state_dict(self, destination, prefix, keep_vars):
            self.note("_save_to_state_dict", list(destination), prefix, keep_vars)
            super()._save_to_state_dict(destination, prefix, keep_vars)

        def get_extra_state(self):
            self.note("get_extra_state")
            return self.name

        def set_extra_state(self, state):
            self.note("set_extra_state", state)

        def _load_from_state_dict(self, state_dict, prefix, metadata, *rest):
            self.note("_load_from_state_dict", list(state_dict), prefix, dict(metadata), *rest)
            super()._load_from_state_dict(state_dict, prefix, metadata, *rest)
            self.note("loaded", *rest)

        def extra_repr(self):
            self.note("extra_repr")
            return self.name

    return Noisy


def noisy_net(nn, tg, log):
    Noisy = noisy(nn, log)
    leaf = Noisy("leaf")
    leaf.w = nn.Parameter(tg.ones(2))
    leaf.register_buffer("b", tg.zeros(1))
    leaf.register_buffer("t", tg.zeros(1), persistent=False)
    net = Noisy("net", Noisy("middle", leaf), nn.Linear(1, 1), leaf)
    net.add_module("none", None)
    with tg.no_grad():
        net.c1.weight.fill_(2.0)
        net.c1.bias.fill_(3.0)
    return net


def hooked(net, log):
    """Hooks of every kind at every module that is noisy."""
    modules = {m.name: m for m in net.modules() if hasattr(m, "name")}
    log.clear()
    for name, m in modules.items():

        def note(kind, name=name):
            return lambda *what: log.append((name, kind, *map(plain, what)))

        m.register_state_dict_pre_hook(note("state pre"))
        m.register_state_dict_post_hook(note("state post"))
        m._register_state_dict_hook(note("state post 2"))
        m._register_load_state_dict_pre_hook(note("load pre"))
        m._register_load_state_dict_pre_hook(note("load pre 2"), with_module=True)
        m.register_load_state_dict_pre_hook(note("load pre 3"))
        m.register_load_state_dict_post_hook(note("load post"))


STORIES = {
    "train": lambda nn, tg, net: net.train(),
    "eval": lambda nn, tg, net: net.eval(),
    "double": lambda nn, tg, net: net.double(),
    "to": lambda nn, tg, net: net.to(tg.float64),
    "cpu": lambda nn, tg, net: net.cpu(),
    "apply": lambda nn, tg, net: net.apply(lambda m: None),
    "modules": lambda nn, tg, net: [*net.modules()],
    "all modules": lambda nn, tg, net: [*net.named_modules(remove_duplicate=False)],
    "parameters": lambda nn, tg, net: [*net.named_parameters()],
    "all parameters": lambda nn, tg, net: [*net.named_parameters(remove_duplicate=False)],
    "all buffers": lambda nn, tg, net: [*net.named_buffers("x", remove_duplicate=False)],
    "children": lambda nn, tg, net: [*net.named_children()],
    "requires_grad_": lambda nn, tg, net: net.requires_grad_(False),
    "zero_grad": lambda nn, tg, net: net.zero_grad(),
    "repr": lambda nn, tg, net: repr(net),
    "state": lambda nn, tg, net: net.state_dict(),
    "state, kept": lambda nn, tg, net: net.state_dict(prefix="x.", keep_vars=True),
    "metadata": lambda nn, tg, net: net.state_dict()._metadata,
    "load": lambda nn, tg, net: net.load_state_dict(net.state_dict()),
    "load a plain dict": lambda nn, tg, net: net.load_state_dict(dict(net.state_dict())),
    "load less": lambda nn, tg, net: net.load_state_dict(
        {"c1.weight": tg.ones(1, 1), "c9.x": tg.ones(1), "y": 1, "c1.z.z": 1, "none.k": 1},
        strict=False,
    ),
    "assign": lambda nn, tg, net: net.load_state_dict(net.state_dict(), assign=True),
    "copy": lambda nn, tg, net: copy.deepcopy(net).state_dict(),
}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("with_hooks", [False, True], ids=["", "hooks"])
def test_the_same_methods_and_hooks_are_called_in_the_same_order(story, with_hooks):
    logs = []
    for library in BOTH:
        log = []
        net = noisy_net(*library, log)
        if with_hooks:
            hooked(net, log)
        list(net.parameters())  # ours looks once for modules in plain lists
        log.clear()
        result = plain(STORIES[story](*library, net))
        if "load" in str(log):  # ours walks over the tree before, to undo what fails
            log = [event for event in log if event[1] != "named_modules"]
        logs.append([*log, result])
    assert logs[0] == logs[1]


OWN = {"_parameters": "p", "_buffers": "b", "_modules": "m"}
FITS = {
    "_parameters": ("parameter", "none"),
    "_buffers": ("tensor", "none"),
    "_modules": ("module", "none"),
}


def changes(nn, tg):
    """Writes to a module, each on a fresh one: what it holds then, or the kind of error."""
    P, one, x = nn.Parameter, lambda: nn.Parameter(tg.ones(1)), tg.ones(1)

    class Net(nn.Module):
        shared = None

        def __init__(self):
            super().__init__()
            self.p, self.m, self.plain = one(), nn.ReLU(), 3
            self.register_buffer("b", tg.ones(1))
            self.register_buffer("t", tg.ones(1), persistent=False)
            self.register_parameter("np", None)
            self.register_buffer("nb", None)
            self.add_module("nm", None)

        @property
        def seen(self):
            return 7

        @seen.setter
        def seen(self, value):
            self.plain = ("set", type(value).__name__)

        @property
        def fixed(self):
            return 8

    names = ["p", "m", "plain", "b", "t", "np", "nb", "nm", "seen", "fixed", "shared", "new", "a.b"]
    values = {"parameter": one, "module": nn.Tanh, "tensor": lambda: x, "none": lambda: None}
    values["number"] = lambda: 4
    for name in [*names, "forward"]:
        for kind, value in values.items():
            yield f"{name} = {kind}", Net, lambda m, n=name, v=value: setattr(m, n, v())
            yield (
                f"{name} = {kind}, {name} = parameter",
                Net,
                lambda m, n=name, v=value: (setattr(m, n, v()), setattr(m, n, one())),
            )
            for way in ("register_parameter", "register_buffer", "add_module"):
                yield (
                    f"{way}({name}, {kind})",
                    Net,
                    (lambda m, n=name, v=value, w=way: getattr(m, w)(n, v())),
                )
            for part, own in OWN.items():
                if name in ("new", own) and kind in FITS[part]:
                    yield (
                        f"{part}[{name}] = {kind}",
                        Net,
                        (lambda m, n=name, v=value, q=part: getattr(m, q).__setitem__(n, v())),
                    )
        yield f"del {name}", Net, lambda m, n=name: delattr(m, n)
        yield (
            f"register_buffer({name}, persistent=False)",
            Net,
            (lambda m, n=name: m.register_buffer(n, x, persistent=False)),
        )
        for part in OWN:
            yield f"{part}.pop({name})", Net, lambda m, n=name, q=part: getattr(m, q).pop(n)
    yield "t = tensor twice", Net, lambda m: (setattr(m, "t", x), setattr(m, "t", x * 2))
    yield "buffer, then kept", Net, lambda m: m.register_buffer("t", x)
    yield "p is a result", Net, lambda m: m._parameters.update(p=P(x) * 2)
    yield "clear", Net, lambda m: (m._modules.clear(), m._buffers.clear(), m._parameters.clear())
    yield "popitem", Net, lambda m: [q.popitem() for q in (m._modules, m._buffers, m._parameters)]


def held(m):
    """All that a module says of what it holds."""
    parts = [plain(dict(part)) for part in (m._parameters, m._buffers, m._modules)]
    names = ["p", "m", "plain", "b", "t", "np", "nb", "nm", "seen", "fixed", "shared", "new"]
    found = {name: plain(getattr(m, name, "absent")) for name in names}
    walks = [[name for name, _ in walk()] for walk in (m.named_parameters, m.named_buffers)]
    twin = pickle.loads(pickle.dumps(m)) if ".<locals>." not in type(m).__qualname__ else m
    return [*parts, found, sorted(m._non_persistent_buffers_set), walks, list(twin.state_dict())]


# A class attribute hides a module of the same name in PyTorch: what was assigned is lost.
CHANGES = [[c for c in changes(*both) if c[0] != "shared = module"] for both in BOTH]


@pytest.mark.parametrize("k", range(len(CHANGES[0])), ids=[name for name, *_ in CHANGES[0]])
def test_a_module_takes_and_refuses_what_torchs_does(k):
    results = []
    for name, make, change in (CHANGES[0][k], CHANGES[1][k]):
        m = make()
        try:
            change(m)
        except (AttributeError, KeyError, TypeError) as error:
            results.append((name, type(error)))
            continue
        results.append((name, held(m)))
    assert results[0] == results[1]


def test_containers_print_and_hold_as_torchs():
    def story(nn, tg):
        inner = nn.ParameterList([tg.ones(2)])
        outer = nn.ParameterList([inner, tg.ones(1, 2), 3, None, "a"])
        named = nn.ParameterDict([("a", tg.ones(2)), ("b", 3), ("c", inner)])
        modules = nn.ModuleList([nn.ReLU(), None]) + nn.ModuleList([nn.Tanh()])
        texts = [repr(x).replace("torch.", "") for x in (outer, modules)]
        paths = [[name for name, _ in x.named_parameters()] for x in (outer, named)]
        return texts, paths, len(outer), len(named), len(modules), list(outer.state_dict())

    assert story(nn, tg) == story(torch.nn, torch)
