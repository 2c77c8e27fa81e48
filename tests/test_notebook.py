"""The notebook runs from top to bottom, and each cell shows what it is to show."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "examples" / "notebook.ipynb"
EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=sys.argv[3])
nbformat.write(notebook, sys.argv[2])
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """The outputs of the cells of code, each by the beginning of its source."""
    folder = tmp_path_factory.mktemp("notebook")
    path = folder / "executed.ipynb"
    run = [sys.executable, "-c", EXECUTE, str(NOTEBOOK), str(path), str(ROOT)]
    result = subprocess.run(run, capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    cells = json.loads(path.read_text())["cells"]
    return {"".join(c["source"]): c["outputs"] for c in cells if c["cell_type"] == "code"}


def of(outputs, beginning):
    (found,) = [o for source, o in outputs.items() if beginning in source]
    return found


def data(output):
    return {kind: "".join(text) for kind, text in output["data"].items()}


def test_no_cell_shows_an_address_or_writes_to_stderr(outputs):
    for source, shown in outputs.items():
        for output in shown:
            assert output["output_type"] != "error", source
            assert output.get("name") != "stderr", output["text"]
            assert " at 0x" not in "".join(output.get("data", {}).get("text/plain", ""))


def test_the_last_expression_of_each_cell_is_shown(outputs):
    assert data(of(outputs, "x = tg.randn")[0])["text/plain"].startswith("tensor([[")
    loader = data(of(outputs, "DataLoader")[0])["text/plain"]
    assert loader.startswith("DataLoader(Digits(1,437 examples")
    assert data(of(outputs, "net = nn.Sequential")[0])["text/plain"].startswith("Sequential(\n")
    assert "Parameter Group 0" in data(of(outputs, "optimizer = nn")[0])["text/plain"]
    table = data(of(outputs, "nn.summary")[0])
    assert "<table>" in table["text/html"]
    assert "multiply-adds" in table["text/plain"]


def test_heat_maps_charts_and_diagrams_are_pictures(outputs):
    for beginning in ('title="x"', "the first digits", "what four neurons"):
        assert "<svg" in data(of(outputs, beginning)[0])["text/html"]
    chart = data(outputs["flow"][0])
    assert chart["image/png"].startswith("iVBOR")
    assert "gradient flow of 69 steps" in chart["text/plain"]
    diagram = data(of(outputs, "tg.viz.draw")[0])
    assert "<svg" in diagram.get("image/svg+xml", diagram.get("text/html", ""))


def test_the_live_plot_is_one_output_with_the_last_numbers(outputs):
    (plot,) = of(outputs, "tg.viz.live")
    assert "step 69" in data(plot)["text/html"]
    assert data(plot)["text/plain"].startswith("step 69: loss 0.")
