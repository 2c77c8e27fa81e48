"""Every story runs in its quick mode, and reaches its numbers there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
STORIES = sorted(EXAMPLES.glob("[0-9][0-9]_*.py"))
LONG = {14, 15, 17, 18, 19, *range(22, 31)}  # they train for five seconds and more
TOLD = [
    pytest.param(path, marks=[pytest.mark.slow] if int(path.name[:2]) in LONG else [])
    for path in STORIES
]


def told(script, tmp_path, *options):
    """Run a story; what it printed, its numbers, its status."""
    table = tmp_path / "table.jsonl"
    env = os.environ | {"STORIES_TABLE": str(table), "OPENBLAS_NUM_THREADS": "1"}
    env.pop("TINYGRAD_EDU_DATA", None)
    env["PYTHONPATH"] = str(EXAMPLES.parent)
    run = [sys.executable, "-W", "error", str(script), "--quick", "--out", str(tmp_path), *options]
    result = subprocess.run(run, capture_output=True, text=True, env=env)
    rows = [json.loads(line) for line in table.read_text().splitlines()] if table.exists() else []
    return result, rows


@pytest.mark.parametrize("script", TOLD, ids=lambda path: path.stem)
def test_a_story_reaches_its_numbers(script, tmp_path):
    result, rows = told(script, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert any(row["limit"] for row in rows), "nothing that it says can be missed"
    assert all(row["met"] for row in rows)
    for picture in tmp_path.glob("*.png"):
        assert picture.stat().st_size > 2000


def test_stories_are_numbered_in_reading_order():
    numbers = [int(script.stem[:2]) for script in STORIES]
    assert numbers == list(range(1, len(STORIES) + 1))


@pytest.mark.parametrize("script", STORIES, ids=lambda path: path.stem)
def test_a_story_is_short(script):
    """About 100 lines of code and of text that belongs to it."""
    assert len(script.read_text().splitlines()) <= 150


def test_a_missed_number_ends_in_status_1(tmp_path):
    script = tmp_path / "00_missing.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(EXAMPLES)!r})\n"
        "import story\n"
        'story.begin("A number that is missed.")\n'
        'story.number("two", 2.0, source=3.0, at_least=3.0)\n'
        "story.end()\n"
    )
    result, rows = told(script, tmp_path)
    assert result.returncode == 1
    assert rows == [
        {"what": "two", "ours": "2.0000", "source": "3.0000", "limit": "at least 3", "met": False}
    ]
    assert "MISSED: two" in result.stdout


def test_the_page_links_scripts_with_pictures_and_numbers(tmp_path):
    """Without MNIST it is written among the pictures, not over the page with MNIST's numbers."""
    env = os.environ | {"PYTHONPATH": str(EXAMPLES.parent), "HOME": str(tmp_path)}
    env.pop("TINYGRAD_EDU_DATA", None)
    out, page = tmp_path / "out", tmp_path / "stories.md"
    run = [sys.executable, str(EXAMPLES / "run.py"), "01", "06", "--quick"]
    run += ["--out", str(out), "--docs", str(page)]
    result = subprocess.run(run, capture_output=True, text=True, env=env)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 stories" in result.stdout
    assert "Every number is where it must be." in result.stdout
    assert not page.exists()
    text = (out / "stories.md").read_text()
    assert "## [06_linear_regression](" in text
    assert "| architecture is [784, 32, 10] |" in text
    assert (out / "pictures" / "stories" / "06_line.png").exists()
    assert "](pictures/stories/06_line.png)" in text
