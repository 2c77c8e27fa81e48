"""docs/how-it-works.md adds an op; here that is done in a copy, and the files are counted."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
USE = """
import tinygrad_edu as tg
x = tg.tensor([0.5, -3.0], dtype=tg.float64, requires_grad=True)
assert tg.log_cosh(input=x).tolist() == x.log_cosh().tolist()
assert "log_cosh" in tg.__all__ and "log_cosh" in dir(tg)
assert tg.testing.gradcheck(tg.log_cosh, (x,), order=2)
y = x.detach().clone()
assert y.log_cosh_() is y and tg.allclose(y, x.cosh().log())
print(tg.log_cosh(tg.tensor([0.0, 100.0])))
"""


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*.py*") if p.is_file()}


def test_an_op_is_added_in_one_place(tmp_path):
    for name in ("tinygrad_edu", "nn", "docs"):
        ignored = shutil.ignore_patterns("__pycache__", "pictures")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    page = (ROOT / "docs" / "how-it-works.md").read_text()
    (unit,) = re.findall(r"test_adding_an_op.py -->\n```text\n(.*?)```", page, re.S)
    before = contents(tmp_path)
    with open(tmp_path / "tinygrad_edu" / "ops" / "elementwise.py", "a") as file:
        file.write(f"\n\n{unit}")
    env = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*command):
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, cwd=tmp_path, env=env
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("-c", USE).strip() == "tensor([ 0.0000, 99.3069])"
    after = contents(tmp_path)
    assert [str(p) for p in after if after[p] != before.get(p)] == [
        os.path.join("tinygrad_edu", "ops", "elementwise.py")
    ]
    run("docs/make_stubs.py")
    run("docs/make_api.py")
    assert "def log_cosh_(self) -> Tensor" in (tmp_path / "tinygrad_edu/registered.pyi").read_text()
    assert (
        "def log_cosh(input: Tensor) -> Tensor"
        in (tmp_path / "tinygrad_edu/__init__.pyi").read_text()
    )
    assert "log_cosh" in (tmp_path / "docs" / "api.md").read_text()
