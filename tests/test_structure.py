"""The shape of the project: which way imports point, how much there is to read, what is public."""

import ast
import importlib.util
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import tinygrad_edu as tg
from tinygrad_edu.engine.graph import OPS

ROOT = Path(__file__).parents[1]

# Imports point down this list; on one line, to the left.
LAYERS = """
tinygrad_edu.command_line tinygrad_edu.__main__
tinygrad_edu.utils tinygrad_edu.nn tinygrad_edu.optim
nn
tinygrad_edu
tinygrad_edu.version
tinygrad_edu.diagnose
tinygrad_edu.viz
tinygrad_edu.testing
tinygrad_edu.program
tinygrad_edu.io
tinygrad_edu.distributions
tinygrad_edu.autograd
tinygrad_edu.func
tinygrad_edu.linalg tinygrad_edu.numpy_linalg tinygrad_edu.special
tinygrad_edu.amp tinygrad_edu.cuda
tinygrad_edu.accelerator tinygrad_edu.backends tinygrad_edu.mps tinygrad_edu.settings
tinygrad_edu.creation tinygrad_edu.random
tinygrad_edu.tensor
tinygrad_edu.printing tinygrad_edu.functions tinygrad_edu.registered tinygrad_edu.methods
tinygrad_edu.numpy_protocol
tinygrad_edu.views
tinygrad_edu.rng
tinygrad_edu.ops
tinygrad_edu.gamma_function
tinygrad_edu.error_function
tinygrad_edu.engine
tinygrad_edu.device
tinygrad_edu.sums
tinygrad_edu.dtypes
tinygrad_edu.memory
tinygrad_edu.size
tinygrad_edu.absent tinygrad_edu.registry tinygrad_edu.errors
"""

# The same within packages, from the bottom: a file imports those before it.
WITHIN = {
    "tinygrad_edu.command_line": "vision aliases noting stand_ins script target pictures __init__",
    "tinygrad_edu.command_line.stand_ins": "__init__ torch",
    "tinygrad_edu.engine": (
        "hooks shown clock cuts grad_mode graph outputs caller hooked packing observing backward "
        "trapping leaf __init__"
    ),
    "tinygrad_edu.ops": (
        "elementwise comparison piecewise special activation shape reduction indexing linalg "
        "window composite recurrent __init__"
    ),
    "tinygrad_edu.functions": (
        "arguments out filling sampling elementwise reduction running statistics distance shape "
        "joining grids indexing writing sorting counting linalg factorization numpy_functions "
        "numpy_shapes numpy_statistics __init__"
    ),
    "tinygrad_edu.autograd": "function recompute graph gradients functional variable __init__",
    "tinygrad_edu.backends": "cudnn mps __init__",
    "tinygrad_edu.cuda": "amp __init__",
    "tinygrad_edu.distributions": (
        "constraints distribution family implicit line positives counts places vectors "
        "transform matrix_transforms transforms constraint_registry derived bounded matrices kl "
        "__init__"
    ),
    "tinygrad_edu.utils": "__init__ data checkpoint",
    "tinygrad_edu.diagnose": (
        "shown facts forward_causes backward_causes causes anomaly slices answer reach zeros why "
        "explain findings lint_model lint_record lint written flame profile memory __init__"
    ),
    "tinygrad_edu.func": "trees traced_call transforms batching modules __init__",
    "tinygrad_edu.viz.graph": "picture groups repeats fold compare __init__",
    "tinygrad_edu.viz.drawing": (
        "labels headline theme box legend dot svg layout diagram draw diff __init__"
    ),
    "tinygrad_edu.viz.stepper": (
        "formula written sources boxes equations lesson backward graph page steps __init__"
    ),
    "tinygrad_edu.viz.charts": "readings flow_words flow_chart flow heatmap live __init__",
    "tinygrad_edu.viz": (
        "observe names options numbers words graph drawing stepper charts __init__"
    ),
    "tinygrad_edu.program": "traced trace held program source calls entry compiled __init__",
    "tinygrad_edu.testing.strategies": "generator shapes arrays windows programs __init__",
    "tinygrad_edu.testing": (
        "close draw layouts checked_function bends numeric complex_step options analytic "
        "conditions comparison projections error evidence terms diagnosis report script gradcheck "
        "torch_gradcheck source op_cases assertion public_functions programs __init__ strategies"
    ),
    "nn.optim.lr_scheduler": "base factors cosine cycles plateau combined __init__",
    "nn.optim": (
        "block hooks noticing optimizer per_parameter sgd asgd rprop adagrad rmsprop adadelta adam "
        "adamw adamax nadam radam lion muon adafactor lbfgs lr_scheduler swa_utils __init__"
    ),
    "nn.utils": (
        "clip_grad convert_parameters rnn fusion init memory_format stateless prune parametrize "
        "parametrizations __init__"
    ),
    "nn.data": (
        "dataset sampler distributed collate workers dataloader transforms toy mnist digits "
        "make_digits __init__"
    ),
    "nn.modules": "module __init__",
    "nn.loss": "reduction regression classification margin ctc adaptive __init__",
    "nn": (
        "parameter members failing hooks state module init container windows linear activation "
        "dropout normalization response_norm sync_norm parallel embedding distance padding conv "
        "pooling adaptive_pooling pool_indices fractional fold upsampling grid unpooling inplace "
        "attention transformer loss "
        "functional utils rnn top_level lazy summary data optim checkpoint modules __init__"
    ),
}


@cache
def modules():
    """The dotted name of every file of the two packages, and its path."""
    paths = [path for package in ("tinygrad_edu", "nn") for path in (ROOT / package).rglob("*.py")]
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    return [(name.removesuffix(".__init__"), path) for name, path in zip(names, paths, strict=True)]


def nodes_of(path):
    """All nodes of the syntax tree of a file."""
    return ast.walk(ast.parse(path.read_text()))


@cache
def imports_of(name, path):
    """Every module of the two packages that a file imports, wherever in the file it does."""
    return list(_imports_of(name, path))


def _imports_of(name, path):
    is_package, known = path.name == "__init__.py", dict(modules())
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            up = name.split(".")[: len(name.split(".")) - node.level + is_package]
            base = ".".join([*(up if node.level else []), *filter(None, [node.module])])
            found = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (f for f in found if f in known and f != name)


def layer_of(name):
    order = [layer.split() for layer in LAYERS.strip().splitlines()]
    ranked = {unit: (-i, k) for i, units in enumerate(order) for k, unit in enumerate(units)}
    parts = name.split(".")
    candidates = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((unit, ranked[unit]) for unit in candidates if unit in ranked)


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda x: str(x).split("/")[-1])
def test_imports_point_down(name, path):
    unit, rank = layer_of(name)
    for imported in imports_of(name, path):
        other, other_rank = layer_of(imported)
        if other == "tinygrad_edu" and unit != "nn":
            continue  # `from . import graph`: the package only stands in front of the module
        if other != unit:
            assert other_rank < rank, f"{name} imports {imported}, which stands above it"
    for package in (p for p in WITHIN if f"{name}.".startswith(f"{p}.")):
        files = WITHIN[package].split()
        own = name.removeprefix(package).strip(".").split(".")[0] or "__init__"
        for imported in imports_of(name, path):
            if imported.startswith(f"{package}."):
                other = imported.removeprefix(f"{package}.").split(".")[0]
                if other != own:
                    message = f"{name} imports {imported}, which stands above it"
                    assert files.index(other) < files.index(own), message


def test_every_module_is_in_the_order():
    """A new file that the lists above do not place would be checked against nothing."""
    placed = {unit for line in LAYERS.split() for unit in line.split()}
    for name, _ in modules():
        package, _, file = name.rpartition(".")
        assert name in placed or file in WITHIN.get(package, "").split(), name


# ---------------------------------------------------------------- the reading budget


@cache
def lines_of_code(path):
    """The numbers of the lines that are not blank, a comment or part of a docstring; and how many
    of them each function has."""
    docstrings, functions = set(), []
    for node in nodes_of(path):
        if isinstance(node, ast.Module | ast.ClassDef | FUNCTION) and ast.get_docstring(node):
            docstrings |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
        if isinstance(node, FUNCTION):
            functions.append((node.name, range(node.lineno, node.end_lineno + 1)))
    lines = enumerate(path.read_text().splitlines(), 1)
    code = {k for k, line in lines if line.strip() and not line.strip().startswith("#")}
    code -= docstrings
    return code, [(name, len(code.intersection(span))) for name, span in functions]


FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def total(paths):
    return sum(len(lines_of_code(path)[0]) for path in paths)


def test_the_reading_budget():
    core = ROOT / "tinygrad_edu"
    engine = [core / "engine" / "graph.py", core / "engine" / "backward.py"]
    assert total(engine) <= 300
    assert total([*engine, core / "tensor.py"]) <= 750
    assert total((core / "ops").glob("*.py")) <= 2200


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda x: str(x).split("/")[-1])
def test_a_function_has_at_most_40_lines_and_a_file_400(name, path):
    code, functions = lines_of_code(path)
    assert len(code) <= 400, f"{name} has {len(code)} lines of code"
    for function, own in functions:
        assert own <= 40, f"{name}.{function} has {own} lines of code"


def test_lines_are_not_packed():
    for _, path in modules():
        for node in nodes_of(path):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                starts = [statement.lineno for statement in body]
                assert len(starts) == len(set(starts)), f"{path}:{starts}: two statements in a line"


def test_a_warning_names_the_users_line():
    """A fixed `stacklevel=2` names a line of the package where a layer calls the function."""
    for name, path in modules():
        found = re.findall(r"stacklevel=\d+", path.read_text())
        assert not found, f"{name}: {found}; write stacklevel=caller_level()"


# ---------------------------------------------------------------- every Python

FORBIDDEN = r"\b(import dis|from dis|get_instructions|co_code|getrefcount|f_locals)\b"


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda x: str(x).split("/")[-1])
def test_the_source_is_all_there_is(name, path):
    """Nothing reads bytecode, reference counts or a frame's locals: each Python has others."""
    found = re.findall(FORBIDDEN, path.read_text())
    assert not found, f"{name}: {found}; what a rule sees is decided by its signature"


# ---------------------------------------------------------------- the tests


def test_pytorch_is_imported_by_the_oracle_alone():
    """Without PyTorch every test of tests/ runs; what compares with it stands in tests/oracle."""
    for path in sorted((ROOT / "tests").glob("*.py")):
        for node in nodes_of(path):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            function = getattr(node, "func", None)
            called = getattr(function, "attr", getattr(function, "id", None))
            if called in ("import_module", "importorskip", "__import__"):
                names = [ast.literal_eval(a) for a in node.args if isinstance(a, ast.Constant)]
            wrong = [name for name in names if str(name).split(".")[0] in ("torch", "oracle")]
            assert not wrong, f"{path.name}:{node.lineno} imports {wrong[0]}; tests/oracle may"


# ---------------------------------------------------------------- public names


def the_page_maker():
    path = ROOT / "docs" / "make_api.py"
    spec = importlib.util.spec_from_file_location("make_api", path)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    return maker


def test_the_api_page_is_what_the_code_says():
    """`python docs/make_api.py` writes it."""
    maker = the_page_maker()
    assert maker.PAGE.read_text() == maker.page()
    for section, home, _ in maker.SECTIONS:
        assert all(hasattr(home, name) for name in maker.public_names(home)), section


def test_every_public_name_says_what_it_is():
    assert the_page_maker().undocumented() == []


def test_every_op_has_its_formula():
    for name, call in OPS.items():
        formula = re.search(r"\by(_\w+)?(\[.*?\])? = ", call.__doc__ or "")
        assert formula, f"ops.{name} has no formula"


# ---------------------------------------------------------------- as a user gets it


def test_python_itself_warns_of_nothing():
    """Neither when a file is compiled (bad escapes) nor when the packages are imported."""
    for folder in ("tinygrad_edu", "nn", "tests", "examples", "benchmarks", "docs"):
        for path in (ROOT / folder).rglob("*.py"):
            compile(path.read_text(), str(path), "exec")
    names = ", ".join(name for name, _ in modules() if not name.endswith("__main__"))
    run = [sys.executable, "-W", "error", "-c", f"import {names}"]
    result = subprocess.run(run, capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_types_are_seen_from_outside(tmp_path):
    script = tmp_path / "user.py"
    lines = ["import tinygrad_edu as tg", "reveal_type(tg.tensor(1.0).exp())"]
    lines += ["reveal_type(tg.linalg.svd(tg.eye(2)).S)", "reveal_type(tg.linalg.inv(tg.eye(2)))"]
    script.write_text("\n".join(lines) + "\n")
    run = [sys.executable, "-m", "mypy", "--strict", str(script)]
    output = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path).stdout
    assert output.count('Revealed type is "tinygrad_edu.tensor.Tensor"') == 3, output


def test_the_versions_agree():
    changelog = (ROOT / "CHANGELOG.md").read_text()
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"version: {tg.__version__}" in citation
    assert "Version policy" in changelog


@pytest.mark.parametrize("enough", [True, False])
def test_the_demo_ends_with_its_accuracy_and_pictures(tmp_path, enough):
    options = ["--out", str(tmp_path), *([] if enough else ["--epochs", "1"])]
    run = [sys.executable, str(ROOT / "examples" / "demo.py"), *options]
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    result = subprocess.run(run, capture_output=True, text=True, env=env)
    assert result.returncode == (0 if enough else 1), result.stderr
    assert "Test accuracy 0." in result.stdout
    assert {p.name for p in tmp_path.glob("*.*")} >= {
        "graph.svg",
        "gradient_flow.svg",
        "training.png",
    }


def test_the_stubs_are_what_the_code_says():
    """`python docs/make_stubs.py` writes them."""
    run = [sys.executable, str(ROOT / "docs" / "make_stubs.py"), "--check"]
    assert subprocess.run(run, cwd=ROOT).returncode == 0, "run python docs/make_stubs.py"


def test_the_package_has_no_other_names_than_its_public_ones():
    modules = {name for name, thing in vars(tg).items() if type(thing) is type(re)}
    assert {name for name in vars(tg) if name[0] != "_"} - modules <= set(tg.__all__)
    assert {name for name in dir(tg) if name[0] != "_"} == set(tg.__all__)
    assert len(set(tg.__all__)) == len(tg.__all__)
    assert set(dir(tg.special)) == set(tg.special.__all__)


def test_each_look_at_an_attribute_of_a_tensor_is_pythons_own():
    """With a `__getattr__` or `__getattribute__` of ours, each op would take a fifth longer."""
    assert not hasattr(tg.Tensor, "__getattr__")
    assert tg.Tensor.__getattribute__ is object.__getattribute__
