"""Everything public shows itself: no address of the memory stands where the values could."""

import copy
import importlib.util
import inspect
import warnings
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from nn import data, optim
from nn.optim import lr_scheduler
from nn.utils import parametrize, prune
from tinygrad_edu import distributions as dist
from tinygrad_edu.autograd import graph

ROOT = Path(__file__).parents[1]
HALF, ONE, PAIR = tg.tensor(0.5), tg.tensor(1.0), tg.ones(2)


class Countdown(data.IterableDataset):
    def __iter__(self):
        return iter([3, 2, 1])


class Squares(data.Dataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return index**2


class Endless(data.Dataset):
    def __getitem__(self, index):
        return index


def sgd(*groups):
    groups = groups or (0.1,)
    return optim.SGD([{"params": [tg.ones(2, requires_grad=True)], "lr": lr} for lr in groups])


def ten():
    return data.TensorDataset(tg.ones(10, 3), tg.arange(10))


def decay(epoch):
    return 0.9**epoch


def pruned_twice():
    layer = nn.Linear(4, 2)
    prune.l1_unstructured(layer, "weight", 2)
    prune.random_unstructured(layer, "weight", 2)
    return next(iter(layer._forward_pre_hooks.values()))


def squared():
    x = tg.tensor(3.0, requires_grad=True)
    return x, x * x


# How to make what needs more than one of the arguments in `ARGUMENTS`.
MADE = {
    "tinygrad_edu.autocast": lambda: tg.autocast("cpu"),
    "tinygrad_edu.autograd.set_detect_anomaly": lambda: tg.autograd.set_detect_anomaly(False),
    "tinygrad_edu.layout": lambda: tg.strided,
    "tinygrad_edu.memory_format": lambda: tg.channels_last,
    "tinygrad_edu.diagnose.Answer": lambda: tg.diagnose.why(PAIR),
    "tinygrad_edu.diagnose.Explanation": lambda: tg.diagnose.explain(*squared()),
    "tinygrad_edu.diagnose.Term": lambda: tg.diagnose.explain(*squared()).terms[0],
    "tinygrad_edu.distributions.Binomial": lambda: dist.Binomial(3, HALF),
    "tinygrad_edu.distributions.ComposeTransform": lambda: dist.ComposeTransform(
        [dist.ExpTransform(), dist.AffineTransform(0, 1)]
    ),
    "tinygrad_edu.distributions.Independent": lambda: dist.Independent(dist.Normal(PAIR, PAIR), 1),
    "tinygrad_edu.distributions.IndependentTransform": lambda: dist.IndependentTransform(
        dist.ExpTransform(), 1
    ),
    "tinygrad_edu.distributions.LowRankMultivariateNormal": lambda: dist.LowRankMultivariateNormal(
        PAIR, tg.ones(2, 1), PAIR
    ),
    "tinygrad_edu.distributions.MixtureSameFamily": lambda: dist.MixtureSameFamily(
        dist.Categorical(PAIR / 2), dist.Normal(PAIR, PAIR)
    ),
    "tinygrad_edu.distributions.Multinomial": lambda: dist.Multinomial(3, PAIR / 2),
    "tinygrad_edu.distributions.MultivariateNormal": lambda: dist.MultivariateNormal(
        PAIR, tg.eye(2)
    ),
    "tinygrad_edu.distributions.NegativeBinomial": lambda: dist.NegativeBinomial(3, HALF),
    "tinygrad_edu.distributions.RelaxedOneHotCategorical": lambda: dist.RelaxedOneHotCategorical(
        HALF, PAIR / 2
    ),
    "tinygrad_edu.distributions.ReshapeTransform": lambda: dist.ReshapeTransform((4,), (2, 2)),
    "tinygrad_edu.distributions.TransformedDistribution": lambda: dist.TransformedDistribution(
        dist.Normal(0.0, 1.0), [dist.ExpTransform()]
    ),
    "tinygrad_edu.distributions.Wishart": lambda: dist.Wishart(tg.tensor(3.0), tg.eye(2)),
    "tinygrad_edu.testing.strategies.Program": None,  # made by hypothesis alone
    "tinygrad_edu.testing.strategies.WindowCase": None,
    "tinygrad_edu.linalg.LinAlgError": lambda: tg.linalg.LinAlgError("it is singular"),
    "tinygrad_edu.viz.Diagram": lambda: tg.viz.draw(tg.ones(2, requires_grad=True) * 2),
    "tinygrad_edu.viz.GradientFlow": lambda: tg.viz.gradient_flow(nn.Linear(2, 1)),
    "tinygrad_edu.viz.Reading": lambda: tg.viz.Reading(1.0, 2, 0.0, 0),
    "nn.AdaptiveLogSoftmaxWithLoss": lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3]),
    "nn.Checkpoint": lambda: nn.Checkpoint("run.safetensors", model=nn.Linear(1, 1)),
    "nn.RNNBase": lambda: nn.RNNBase("LSTM", 2, 3),
    "nn.RNNCellBase": lambda: nn.RNNCellBase(2, 3, True, 1),
    "nn.TransformerDecoder": lambda: nn.TransformerDecoder(
        nn.TransformerDecoderLayer(2, 1, activation=decay), 2
    ),
    "nn.TransformerEncoder": lambda: nn.TransformerEncoder(
        nn.TransformerEncoderLayer(2, 1, batch_first=True), 2
    ),
    "nn.Unflatten": lambda: nn.Unflatten(1, (2, 2)),
    "nn.optim.Optimizer": lambda: optim.Optimizer([tg.ones(2, requires_grad=True)], {"lr": 1.0}),
    "nn.optim.Muon": lambda: optim.Muon([tg.ones(2, 2, requires_grad=True)]),
    "nn.optim.lr_scheduler.ChainedScheduler": lambda: lr_scheduler.ChainedScheduler(
        [lr_scheduler.StepLR(optimizer := sgd(), 2), lr_scheduler.LambdaLR(optimizer, decay)]
    ),
    "nn.optim.lr_scheduler.ConstantLR": lambda: lr_scheduler.ConstantLR(sgd()),
    "nn.optim.lr_scheduler.CosineAnnealingLR": lambda: lr_scheduler.CosineAnnealingLR(sgd(), 9),
    "nn.optim.lr_scheduler.CosineAnnealingWarmRestarts": lambda: (
        lr_scheduler.CosineAnnealingWarmRestarts(sgd(), 9)
    ),
    "nn.optim.lr_scheduler.CyclicLR": lambda: lr_scheduler.CyclicLR(
        sgd(), 0.1, 1.0, cycle_momentum=False, scale_fn=decay
    ),
    "nn.optim.lr_scheduler.ExponentialLR": lambda: lr_scheduler.ExponentialLR(sgd(), 0.5),
    "nn.optim.lr_scheduler.LRScheduler": lambda: lr_scheduler.LRScheduler.__new__(
        lr_scheduler.LRScheduler
    ),
    "nn.optim.lr_scheduler.LambdaLR": lambda: lr_scheduler.LambdaLR(sgd(), lambda k: 0.5**k),
    "nn.optim.lr_scheduler.LinearLR": lambda: lr_scheduler.LinearLR(sgd()),
    "nn.optim.lr_scheduler.MultiStepLR": lambda: lr_scheduler.MultiStepLR(sgd(), [3, 7]),
    "nn.optim.lr_scheduler.MultiplicativeLR": lambda: lr_scheduler.MultiplicativeLR(sgd(), decay),
    "nn.optim.lr_scheduler.OneCycleLR": lambda: lr_scheduler.OneCycleLR(
        optim.SGD([tg.ones(2, requires_grad=True)], lr=0.1, momentum=0.9), 1.0, total_steps=9
    ),
    "nn.optim.lr_scheduler.PolynomialLR": lambda: lr_scheduler.PolynomialLR(sgd()),
    "nn.optim.lr_scheduler.ReduceLROnPlateau": lambda: lr_scheduler.ReduceLROnPlateau(sgd()),
    "nn.optim.lr_scheduler.SequentialLR": lambda: lr_scheduler.SequentialLR(
        optimizer := sgd(),
        [lr_scheduler.StepLR(optimizer, 2), lr_scheduler.StepLR(optimizer, 3)],
        [5],
    ),
    "nn.optim.lr_scheduler.StepLR": lambda: lr_scheduler.StepLR(sgd(0.1, 0.2), 30),
    "nn.optim.swa_utils.SWALR": lambda: optim.swa_utils.SWALR(sgd(), 0.05),
    "nn.utils.parametrize.ParametrizationList": lambda: parametrize.ParametrizationList(
        [nn.Identity()], tg.ones(2)
    ),
    "nn.utils.prune.CustomFromMask": lambda: prune.CustomFromMask(tg.ones(3)),
    "nn.utils.prune.PruningContainer": pruned_twice,
    "nn.data.BatchSampler": lambda: data.BatchSampler(data.SequentialSampler(ten()), 4, False),
    "nn.data.DataLoader": lambda: data.DataLoader(ten(), batch_size=4, shuffle=True),
    "nn.data.DistributedSampler": lambda: data.DistributedSampler(ten(), 2, 0),
    "nn.data.FashionMNIST": None,  # they need files
    "nn.data.KMNIST": None,
    "nn.data.MNIST": None,
    "nn.data.StackDataset": lambda: data.StackDataset(x=ten(), y=ten()),
    "nn.data.WeightedRandomSampler": lambda: data.WeightedRandomSampler([0.2, 0.8], 5),
    "nn.data.WorkerInfo": lambda: data.WorkerInfo(0, 2, 0, ten()),
    "nn.data.transforms.Compose": lambda: data.transforms.Compose(
        [data.transforms.Lambda(decay), data.transforms.ToTensor()]
    ),
}

# Arguments to try, in this order, for all others.
ARGUMENTS = [
    *[(), (2,), (2, 2), (2, 2, 2), (0.5,), (0.5, 1.0), (HALF,), (HALF, ONE), (PAIR / 2,)],
    *[(nn.Linear(2, 2),), ([tg.ones(2, requires_grad=True)],), (ten(),), ([ten(), ten()],)],
    *[(ten(), [3, 1]), (OrderedDict(),), ("message",), (decay, decay), (decay,), (Countdown(),)],
]


def public_classes():
    path = ROOT / "docs" / "make_api.py"
    spec = importlib.util.spec_from_file_location("make_api", path)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    found = {}
    for section, home, _ in maker.SECTIONS:
        for name in maker.public_names(home):
            thing = getattr(home, name)
            if inspect.isclass(thing) and not inspect.isabstract(thing):
                found.setdefault(thing, f"{section}.{name}")
    return {name: thing for thing, name in found.items()}


CLASSES = public_classes()


def an_instance(name):
    if name in MADE:
        return MADE[name]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for arguments in ARGUMENTS:
            try:
                return CLASSES[name](*copy.copy(arguments))
            except Exception:
                continue
    return None


@pytest.mark.parametrize("name", [name for name in CLASSES if MADE.get(name, "") is not None])
def test_an_object_of_every_public_class_shows_itself(name):
    thing = an_instance(name)
    if thing is None:  # MADE does not say how to make one
        assert CLASSES[name].__repr__ is not object.__repr__, f"{name} has no __repr__"
        return
    for text in (repr(thing), str(thing)):
        assert " at 0x" not in text
        assert text


def context_managers_and_results():
    x = tg.ones(2, requires_grad=True)
    y = (x * x).sum()
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU())
    optimizer = optim.Adam(net.parameters())
    net(tg.ones(4, 2)).sum().backward()
    optimizer.step()
    contexts = []

    class Twice(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            contexts.append(ctx)
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    Twice.apply(x)
    return {
        "a tensor": x,
        "a result": y,
        "a node": y.grad_fn,
        "its inputs": y.grad_fn.next_functions,
        "a context": contexts[0],
        "a hook's handle": x.register_hook(print),
        "a module's handle": net.register_forward_hook(print),
        "an optimizer's handle": optimizer.register_step_post_hook(print),
        "an optimizer": optimizer,
        "its state": optimizer.state,
        "its state's dict": optimizer.state_dict(),
        "its groups": optimizer.param_groups,
        "a module": net,
        "its state dict": net.state_dict(),
        "its parameters": dict(net.named_parameters()),
        "its own parameters": net._parameters,
        "its buffers": net._buffers,
        "its modules": net._modules,
        "a summary": nn.summary(net, tg.ones(4, 2)),
        "keys": net.load_state_dict(net.state_dict()),
        "packing": graph.saved_tensors_hooks(np.copy, np.copy),
        "refusing": graph.disable_saved_tensors_hooks("not here"),
        "observe": tg.viz.observe(),
        "a heat map": tg.viz.heatmap(x),
        "a live plot": tg.viz.live("loss"),
        "no_grad": tg.no_grad(),
        "set_grad_enabled": tg.set_grad_enabled(True),
        "svd": tg.linalg.svd(tg.eye(2)),
        "max": tg.eye(2).max(0),
        "finfo": tg.finfo(tg.float32),
        "device": tg.device("cpu"),
        "examples": ten().__getitems__([0, 1]),
        "a constraint": dist.Normal(0.0, 1.0).support,
        "packed": nn.utils.rnn.pack_sequence([tg.ones(2), tg.ones(1)]),
        "a loader of a stream": data.DataLoader(Countdown(), batch_size=2),
        "a loader of a list": data.DataLoader([1, 2, 3], sampler=iter([1])),
        "a user's dataset": Squares(),
        "an endless dataset": Endless(),
        "a subset": data.Subset(Squares(), range(2)),
        "a chain": data.ChainDataset([Countdown(), Countdown()]),
    }


@pytest.mark.parametrize("name", context_managers_and_results())
def test_so_does_what_functions_and_methods_return(name):
    thing = context_managers_and_results()[name]
    assert " at 0x" not in repr(thing)


def test_data_sets_and_loaders_say_how_much_they_hold():
    digits = data.Digits(train=False)
    assert repr(digits) == "Digits(360 examples, shapes=[(64,), ()])"
    assert repr(Squares()) == "Squares(3 examples)"
    assert repr(Endless()) == "Endless()"
    loader = data.DataLoader(digits, batch_size=32, shuffle=True)
    assert repr(loader) == f"DataLoader({digits!r}, batch_size=32, shuffle=True, batches=12)"
    assert repr(data.DataLoader([1, 2, 3])) == "DataLoader([1, 2, 3], batches=3)"
    part, other = data.random_split(ten(), [7, 3], tg.Generator().manual_seed(0))
    assert repr(part).startswith("Subset(7 examples, TensorDataset(10 examples, shapes=[(3,), ()])")
    assert "... 7 in all]" in repr(part)
    assert repr(other + part).startswith("ConcatDataset(10 examples, [Subset(3 examples")
    assert repr(data.RandomSampler(ten(), replacement=True)) == (
        "RandomSampler(TensorDataset(10 examples, shapes=[(3,), ()]), replacement=True)"
    )
    lines = repr(data.BatchSampler([1, 2, 3], batch_size=2, drop_last=False))
    assert lines == "BatchSampler([1, 2, 3], batch_size=2, drop_last=False)"


def test_a_schedule_says_where_it_stands():
    optimizer = sgd()
    schedule = lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    optimizer.step()
    schedule.step()
    assert repr(schedule) == "StepLR(SGD, step_size=1, gamma=0.5, last_epoch=1, lr=0.05)"
    assert "lr_lambda=[decay]" in repr(lr_scheduler.LambdaLR(sgd(), decay))
    assert "lr=[0.1, 0.2]" in repr(lr_scheduler.ExponentialLR(sgd(0.1, 0.2), 0.9))


def test_generators_and_handles_and_the_rest():
    assert repr(tg.Generator().manual_seed(3)) == "Generator(device='cpu', seed=3)"
    assert (
        repr(tg.amp.GradScaler("cpu", init_scale=8.0)) == "GradScaler(device='cpu', init_scale=8.0)"
    )
    handle = tg.ones(1, requires_grad=True).register_hook(print)
    assert repr(handle) == f"RemovableHandle(id={handle.id}, removed)", "its tensor is gone"
    x = tg.ones(1, requires_grad=True)
    handle = x.register_hook(print)
    assert repr(handle) == f"RemovableHandle(id={handle.id})"
    handle.remove()
    assert repr(handle) == f"RemovableHandle(id={handle.id}, removed)"
    assert repr(tg.no_grad()) == "no_grad()"
    assert repr(tg.set_grad_enabled(True)) == "set_grad_enabled(True)"
    assert repr(prune.L1Unstructured(0.3)) == "L1Unstructured(amount=0.3)"


def test_a_class_of_tensors_among_what_is_held_is_named():
    class Context(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.kinds = [tg.Tensor, None]
            assert "kinds=[Tensor, None]" in repr(ctx)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    Context.apply(tg.ones(2, requires_grad=True))
