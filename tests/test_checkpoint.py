"""A run that is killed and resumed ends as one that was not, to the last bit."""

import math
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import nn
import tinygrad_edu as tg
from nn import optim
from nn.data import BatchSampler, DataLoader, RandomSampler, TensorDataset, WeightedRandomSampler

X = tg.randn(24, 3, generator=tg.Generator().manual_seed(1))
DATA = TensorDataset(X, X.sum(1, keepdim=True) > 0)


def training(path, make_optimizer, make_scheduler, seed=0):
    """The parts of a run, and what one of its epochs does."""
    tg.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    optimizer = make_optimizer(model.parameters())
    scheduler = make_scheduler(optimizer)
    loader = DataLoader(DATA, 8, shuffle=True, generator=tg.Generator().manual_seed(seed + 1))
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler, "loader": loader}
    checkpoint = nn.Checkpoint(path, **parts)

    def epoch(number):
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.binary_cross_entropy_with_logits(model(x), y.float())
            loss.backward()
            optimizer.step()
        scheduler.step(*[loss.item()] * isinstance(scheduler, plateau))
        checkpoint.save(number)

    return checkpoint, epoch, parts


plateau = optim.lr_scheduler.ReduceLROnPlateau


def bits(parts):
    """All numbers of a run, to the last bit; and where its generators stand."""
    return [
        [(name, t.array.tobytes()) for name, t in parts["model"].state_dict().items()],
        [
            (name, t.array.tobytes())
            for state in parts["optimizer"].state_dict()["state"].values()
            for name, t in state.items()
        ],
        parts["optimizer"].state_dict()["param_groups"],
        {k: v for k, v in parts["scheduler"].state_dict().items() if k != "_schedulers"},
        parts["loader"].generator.get_state(),
        tg.get_rng_state(),
    ]


def half(optimizer):
    return optim.lr_scheduler.ConstantLR(optimizer, 0.5, 4)


OPTIMIZERS = [
    lambda p: optim.SGD(p, lr=0.1),
    lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    lambda p: optim.Adam(p, lr=0.01, weight_decay=0.1),
    lambda p: optim.Adam(p, lr=0.01, amsgrad=True),
    lambda p: optim.AdamW(p, lr=0.01, betas=(0.8, 0.95)),
    optim.Adamax,
    optim.NAdam,
    lambda p: optim.RAdam(p, lr=0.1),
    optim.Lion,
    optim.Rprop,
    optim.Adagrad,
    lambda p: optim.RMSprop(p, momentum=0.9, centered=True),
    optim.Adadelta,
    lambda p: optim.Adam([{"params": [w], "lr": 0.01 * i} for i, w in enumerate(p, 1)]),
]
schedules = optim.lr_scheduler
SCHEDULERS = [
    lambda o: schedules.StepLR(o, 2),
    lambda o: schedules.MultiStepLR(o, [1, 3, 3]),
    lambda o: schedules.ExponentialLR(o, 0.9),
    lambda o: schedules.LinearLR(o, 0.3, 1, 5),
    lambda o: schedules.PolynomialLR(o, 7, 0.7),
    lambda o: schedules.CosineAnnealingLR(o, 4),
    lambda o: schedules.CosineAnnealingWarmRestarts(o, 2, 2),
    lambda o: schedules.LambdaLR(o, lambda t: 0.7**t),
    lambda o: schedules.MultiplicativeLR(o, lambda t: 0.7),
    lambda o: schedules.CyclicLR(o, 0.001, 0.1, 3),
    lambda o: schedules.OneCycleLR(o, 0.1, 8, three_phase=True),
    lambda o: plateau(o, patience=0, threshold=0.5),
    lambda o: schedules.ChainedScheduler([half(o), schedules.ExponentialLR(o, 0.9)]),
    lambda o: schedules.SequentialLR(o, [half(o), schedules.ExponentialLR(o, 0.9)], [3]),
]
PAIRS = [(make, half) for make in OPTIMIZERS]
PAIRS += [(lambda p: optim.SGD(p, 0.1, momentum=0.9), make) for make in SCHEDULERS]


@pytest.mark.parametrize("pair", PAIRS, ids=range(len(PAIRS)))
def test_after_a_break_all_goes_on_to_the_last_bit(tmp_path, pair):
    _, epoch, undisturbed = training(tmp_path / "whole", *pair)
    for number in range(6):
        epoch(number)
    wanted = bits(undisturbed)
    resumed_at = []
    for seed, stop in [(0, 1), (5, 4), (6, 6)]:
        checkpoint, epoch, parts = training(tmp_path / "broken", *pair, seed)
        resumed_at.append(checkpoint.resume())
        for number in range(resumed_at[-1], stop):
            epoch(number)
    assert resumed_at == [0, 1, 4]
    assert bits(parts) == wanted
    assert sorted(os.listdir(tmp_path)) == ["broken", "whole"]


RUN = """
import sys, nn, tinygrad_edu as tg
from nn import optim
from nn.data import DataLoader, TensorDataset, make_moons
from stopping import die_at_line

path, epochs = sys.argv[1], 20
die_at_line(int(sys.argv[2]), "tinygrad_edu/io.py", "nn/checkpoint.py")
tg.manual_seed(0)
data = TensorDataset(*make_moons(128))
model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))
optimizer = optim.Adam(model.parameters(), lr=0.01)
scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
loader = DataLoader(data, 16, shuffle=True, num_workers=2, generator=tg.Generator().manual_seed(1))
checkpoint = nn.Checkpoint(
    path, model=model, optimizer=optimizer, scheduler=scheduler, loader=loader
)
for epoch in range(checkpoint.resume(), epochs):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    scheduler.step()
    checkpoint.save(epoch)
"""


def test_a_run_that_is_killed_again_and_again_ends_as_one_that_was_not(tmp_path):
    """It is killed where it resumes, or before, in or after one of its next saves."""
    tests = Path(__file__).parent
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(tests.parent), str(tests)])}

    def status(name, line):
        run = [sys.executable, "-c", RUN, str(tmp_path / name), str(line)]
        ended = subprocess.run(run, capture_output=True, text=True, env=env)
        assert ended.stderr == ""
        return ended.returncode

    assert status("whole", 0) == 0
    wanted = (tmp_path / "whole").read_bytes()
    lines = random.Random(3)
    kills = 0
    while status("broken", lines.randint(300, 5000)) == -signal.SIGKILL:
        kills += 1
    assert kills >= 3, "it was hardly disturbed"
    assert (tmp_path / "broken").read_bytes() == wanted


# ---------------------------------------------------------------- parts


def test_without_a_file_a_run_begins_at_0_and_nothing_changes(tmp_path):
    checkpoint, _, parts = training(tmp_path / "none", optim.Adam, half)
    before = bits(parts)
    assert checkpoint.resume() == 0
    assert bits(parts) == before
    assert os.listdir(tmp_path) == []


def test_generators_alone_in_loaders_and_in_samplers_go_on(tmp_path):
    def drawn(parts):
        return [next(iter(parts[name]))[0].tolist() for name in ("loader", "sampled", "batched")]

    def made(seed):
        g = [tg.Generator().manual_seed(seed + i) for i in range(4)]
        weighted = WeightedRandomSampler([1.0] * 24, 24, generator=g[1])
        batches = BatchSampler(RandomSampler(DATA, generator=g[2]), 4, False)
        return {
            "loader": DataLoader(DATA, 4, shuffle=True, generator=g[0]),
            "sampled": DataLoader(DATA, 4, sampler=weighted),
            "batched": DataLoader(DATA, batch_sampler=batches),
            "noise": g[3],
        }

    parts = made(0)
    nn.Checkpoint(tmp_path / "file", **parts).save(0)
    wanted = drawn(parts), tg.rand(2, generator=parts["noise"]).tolist(), tg.rand(2).tolist()
    other = made(50)
    tg.manual_seed(9)
    assert nn.Checkpoint(tmp_path / "file", **other).resume() == 1
    got = drawn(other), tg.rand(2, generator=other["noise"]).tolist(), tg.rand(2).tolist()
    assert got == wanted


class History:
    def __init__(self, *losses):
        self.losses = list(losses)

    def state_dict(self):
        return {"losses": self.losses}

    def load_state_dict(self, state):
        self.losses = state["losses"]


def test_anything_with_a_state_is_a_part(tmp_path):
    nn.Checkpoint(tmp_path / "file", history=History(0.1, math.inf)).save(7)
    again = History()
    assert nn.Checkpoint(tmp_path / "file", history=again).resume() == 8
    assert again.losses == [0.1, math.inf]
    with pytest.raises(TypeError, match="losses is a list; a part is a Generator"):
        nn.Checkpoint(tmp_path / "file", losses=[0.1])


def test_a_file_that_does_not_fit_leaves_everything_as_it_was(tmp_path):
    path = tmp_path / "file"
    checkpoint, epoch, parts = training(path, optim.Adam, half)
    epoch(0)
    state = tg.load(path)

    def spoiled(part, name, value):
        whole = tg.load(path)
        return {**whole, "parts": {**whole["parts"], part: {**whole["parts"][part], name: value}}}

    wrong = {
        r"shape of 0.weight: \(9,\) given": spoiled("model", "0.weight", tg.ones(9)),
        "groups of .* parameters": spoiled("optimizer", "param_groups", []),
        "holds default_generator, .* the parts here are": {
            "epoch": 1,
            "parts": {"default_generator": [], "x": 1},
        },
        "was not written by Checkpoint.save": state["parts"]["model"],
        "seed": {"epoch": 0, "parts": {**state["parts"], "loader": [{"numpy": 3}]}},
    }
    epoch(1)
    before = bits(parts)
    for message, content in wrong.items():
        tg.save(content, path)
        with pytest.raises((ValueError, RuntimeError, KeyError), match=message):
            checkpoint.resume()
        assert bits(parts) == before, message
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match="damaged"):
        checkpoint.resume()
    assert bits(parts) == before
    other = nn.Checkpoint(path, model=nn.Linear(1, 1))
    tg.save(state, path)
    with pytest.raises(ValueError, match=r"holds .*optimizer.*; the parts here are .*model"):
        other.resume()


def test_an_error_says_which_part_it_was(tmp_path):
    nn.Checkpoint(tmp_path / "file", net=nn.Linear(1, 2)).save(0)
    with pytest.raises(RuntimeError, match="shape of weight") as caught:
        nn.Checkpoint(tmp_path / "file", net=nn.Linear(3, 2)).resume()
    assert "(in net of the checkpoint" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    "content", [3, [1], {"epoch": 1}, {"epoch": 1, "parts": 3}, {"epoch": "x", "parts": {}}]
)
def test_a_file_of_another_kind_is_no_checkpoint(tmp_path, content):
    tg.save(content, tmp_path / "run")
    with pytest.raises(ValueError, match="run was not written by Checkpoint"):
        nn.Checkpoint(tmp_path / "run").resume()


def test_the_name_of_a_pickle_is_refused_before_training(tmp_path):
    with pytest.raises(ValueError, match=r"run\.pth is the name of a pickle"):
        nn.Checkpoint(tmp_path / "run.pth")
