"""Each mistake of `mistakes.py` is answered as it says there, and its cure works in silence."""

import importlib.util
import linecache
import traceback
import warnings
from pathlib import Path

import pytest
from mistakes import IMPORTS, THEMES, shown

ROOT = Path(__file__).parents[1]
ROWS = [pytest.param(row, id=row.title) for rows in THEMES.values() for row in rows]


def printed(code):
    """What Python prints of the exception or the warnings of this code, without the traceback."""
    names = {}
    exec(IMPORTS, names)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            exec(compile(code, "mistake.py", "exec"), names)
        except Exception as error:
            check_the_traceback(error)
            return "\n".join([f"{type(error).__name__}: {error}", *notes_of(error)])
    return "\n".join(f"{each.category.__name__}: {each.message}" for each in warned)


def notes_of(error):
    return getattr(error, "__notes__", [])


def check_the_traceback(error):
    """It shows lines that can be read, and one exception."""
    for frame in traceback.extract_tb(error.__traceback__):
        known = frame.filename == "mistake.py" or linecache.getline(frame.filename, frame.lineno)
        assert known, f"{frame.filename}:{frame.lineno} has no line to read"
    assert error.__suppress_context__ or error.__context__ is None


@pytest.mark.parametrize("row", ROWS)
def test_a_mistake_is_answered(row):
    assert shown(printed(row.code)) == row.message


@pytest.mark.parametrize("row", ROWS)
def test_a_cure_works_in_silence(row):
    assert printed(row.cure) == ""


def test_each_mistake_has_a_title_of_its_own():
    titles = [row.title for rows in THEMES.values() for row in rows]
    assert len(set(titles)) == len(titles) >= 40


def test_the_page_is_what_the_code_prints():
    """`python docs/make_mistakes.py` writes it."""
    spec = importlib.util.spec_from_file_location(
        "make_mistakes", ROOT / "docs" / "make_mistakes.py"
    )
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page()
