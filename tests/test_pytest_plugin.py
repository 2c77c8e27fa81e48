"""The pytest plugin: the fixture `assert_gradients` and the option `--gradcheck-seed`."""

import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.testing import GradcheckError, assert_gradients as check

ROOT = Path(__file__).parents[1]
TESTS = """
import tinygrad_edu as tg

class Doubled(tg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return -2 * g

def test_right(assert_gradients):
    assert_gradients(lambda a, b: (a * b).tanh(), tg.ones(3), tg.ones(3), order=2)

def test_wrong(assert_gradients):
    assert_gradients(Doubled.apply, tg.ones(3))

def test_own_seed(assert_gradients):
    assert_gradients(Doubled.apply, tg.ones(3), seed=7)
"""
NOT_INSTALLED = ("-p", "pytest_tinygrad_edu", "-p", "no:cacheprovider", "-p", "no:xdist")


def run(folder, *more, text=TESTS, options=NOT_INSTALLED, file=("test_it.py",)):
    """What pytest prints in a process of its own, with the plugin loaded once."""
    (folder / "test_it.py").write_text(text)
    command = [sys.executable, "-m", "pytest", *options, *more, *file]
    env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=env)
    return done.stdout + done.stderr


def test_a_failure_prints_the_diagnosis_and_the_seed(tmp_path):
    said = run(tmp_path, "--gradcheck-seed=5")
    assert "2 failed, 1 passed" in said
    assert "gradcheck: the gradient of input 0" in said
    assert "pytest --gradcheck-seed=5 test_it.py::test_wrong" in said
    assert "This check used seed=7" in said
    assert "--gradcheck-seed=5 test_it.py::test_own_seed" not in said
    assert "testing/gradcheck.py" not in said, "the frames of the checker are of no use"


def test_the_seed_is_a_number_or_drawn(tmp_path):
    one, other = (run(tmp_path, "--gradcheck-seed=random", "-k", "test_wrong") for _ in range(2))
    seeds = [said.split("--gradcheck-seed=")[1].split()[0] for said in (one, other)]
    assert seeds[0] != seeds[1]


DRAWN = """
import pytest
import tinygrad_edu as tg

def test_before():
    tg.manual_seed(1)
    tg.set_rng_state(tg.get_rng_state())

@pytest.mark.parametrize("name", ["it's", "two words"])
def test_drawn(assert_gradients, name):
    assert_gradients(lambda x: x * x.detach(), tg.randn(2))

def test_after():
    assert tg.initial_seed() == 1
"""


def test_the_command_of_a_failure_draws_the_same_inputs_again(tmp_path):
    """The inputs come from the default generator; the name of a test is one word for the shell."""
    said = run(tmp_path, "--gradcheck-seed=random", text=DRAWN)
    assert "2 failed, 2 passed" in said
    commands = [line for line in said.splitlines() if line.startswith("E       pytest --grad")]
    assert len({command.split("[")[0] for command in commands}) == 1
    for command in commands:
        _, _, seed, name = shlex.split(command)
        again = run(tmp_path, seed, name, text=DRAWN, file=())
        assert "1 failed" in again
        for line in said.splitlines():
            if "x0 = tg.tensor(" in line:
                assert line in again


def test_the_workers_of_xdist_share_the_seed(tmp_path):
    options = [x for x in NOT_INSTALLED if x != "no:xdist"][:-1]
    options += ["-p", "xdist", "-n", "2", "--gradcheck-seed=random"]
    said = run(tmp_path, text=TESTS.replace("seed=7", ""), options=options)
    assert "2 failed, 1 passed" in said
    seeds = {line.split()[2] for line in said.splitlines() if "pytest --gradcheck" in line}
    assert len(seeds) == 1, seeds


@pytest.mark.parametrize("seed", ["", "-1", "1.5", "first"])
def test_a_seed_is_no_other_text(tmp_path, seed):
    said = run(tmp_path, f"--gradcheck-seed={seed}")
    assert f"--gradcheck-seed: a whole number from 0 on, or 'random', not {seed!r}" in said
    assert "Traceback" not in said


def test_pytest_starts_without_the_package(tmp_path):
    text = "import sys\ndef test_it():\n    assert not {'tinygrad_edu', 'numpy'} & {*sys.modules}"
    assert "1 passed" in run(tmp_path, text=text)


def test_the_plugin_is_declared_and_shipped():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert declared["project"]["entry-points"]["pytest11"] == {
        "tinygrad_edu": "pytest_tinygrad_edu"
    }
    wheel = declared["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert "pytest_tinygrad_edu.py" in wheel["packages"]


def test_the_function_without_pytest():
    x = tg.tensor([1.0, 2.0])
    assert check(lambda x: (x * x).sum(), x, order=2) is None
    with pytest.raises(GradcheckError, match="gradient of input 0") as caught:
        check(lambda x: x * np.asarray(x.detach()), x, seed=3)
    assert caught.value.__notes__ == ["This check used seed=3; the same seed repeats it."]
    with pytest.raises(ValueError, match="floating"):
        check(lambda x: x, tg.tensor([1, 2]))
