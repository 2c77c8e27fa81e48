"""docs/differences.md: each entry has its reason, and a test that exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "differences.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "| why |" not in line]
TEST = r"`((?:tests/oracle/)?\w+\.py)(?:::(\w+))?`"


@pytest.mark.parametrize("row", ROWS, ids=[row[2:42] for row in ROWS])
def test_an_entry_has_its_reason_and_its_test(row):
    what, here, why, tests = (cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1])
    assert all((what, here, why))
    found = re.findall(TEST, tests)
    assert found, tests
    assert re.sub(TEST, "", tests).strip(", ") in ("", "has every entry with its reason")
    for file, name in found:
        path = ROOT / ("" if file.startswith("tests/") else "tests") / file
        assert not name or re.search(rf"^def {name}\(", path.read_text(), re.M), (file, name)
        assert name or file.startswith("tests/oracle/"), f"name the test in {file}"


def test_each_entry_stands_once():
    firsts = [row.split("|")[1] for row in ROWS]
    assert len(firsts) == len(set(firsts)) > 40
