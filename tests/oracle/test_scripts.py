"""The scripts in tests/scripts print under PyTorch what stands in the files beside them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_pytorch_prints_the_same(path):
    run = [sys.executable, "-W", "ignore", path.name]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(run, capture_output=True, text=True, cwd=SCRIPTS, env=env)
    assert result.returncode == 0, result.stderr
    out = re.sub(r"torch\.((?:float|int)\d\d)", r"\1", result.stdout)
    assert out == path.with_suffix(".txt").read_text()
