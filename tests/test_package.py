"""The package as its users get it.  It asks a package registry: `make slow` runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_edu as tg

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


def test_a_wheel_installs_into_a_fresh_environment(tmp_path):
    def run(*command, **options):
        result = subprocess.run(command, capture_output=True, text=True, **options)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    run(sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT))
    (wheel,) = tmp_path.glob("*.whl")
    assert tg.__version__ in wheel.name
    run(sys.executable, "-m", "venv", str(tmp_path / "fresh"))
    python = str(tmp_path / "fresh" / "bin" / "python")
    run(python, "-m", "pip", "install", "--quiet", str(wheel))
    code = """
import sys, tinygrad_edu as tg, nn
assert not {"graphviz", "safetensors"} & set(sys.modules), "imported before their first use"
x = tg.tensor([1.0, 2.0], requires_grad=True)
(x * x).sum().backward()
assert x.grad.tolist() == [2.0, 4.0]
assert len(nn.data.Digits()) == 1437
assert tg.viz.draw((x * x).sum()).source.startswith("digraph")
from importlib.resources import files
stepper = files("tinygrad_edu.viz.stepper")
assert all((stepper / f"page.{kind}").is_file() for kind in ("html", "css", "js"))
assert not {"torch", "matplotlib", "hypothesis", "sklearn"} & set(sys.modules)
print(tg.__version__, tg.__file__)
"""
    printed = run(python, "-E", "-c", code, cwd=tmp_path)  # whatever $PYTHONPATH says
    assert printed.startswith(tg.__version__)
    assert "site-packages" in printed
