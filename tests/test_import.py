"""What `import tinygrad_edu` does beside importing NumPy: little, so that it adds at most 30 ms.

Times vary with the machine and with who else uses it.  What is counted here does not.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Run in a process of its own, as it was never imported there.
COUNT = """
import sys
import numpy, numpy.linalg

before = set(sys.modules)
calls = 0

def count(frame, event, _):
    global calls
    own = frame.f_globals.get("__name__", "").startswith("tinygrad_edu")
    calls += event == "call" and own

sys.setprofile(count)
import tinygrad_edu
sys.setprofile(None)
print(calls, *(set(sys.modules) - before))
"""


@pytest.fixture(scope="module")
def imported():
    """How many of our functions were called, and the names of the modules that were imported."""
    run = [sys.executable, "-c", COUNT]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, check=True)
    calls, *modules = done.stdout.split()
    return int(calls), modules


def test_of_the_standard_library_nothing_is_imported_that_numpy_does_not_have(imported):
    _, modules = imported
    others = {name for name in modules if name.partition(".")[0] != "tinygrad_edu"}
    assert others - set(sys.builtin_module_names) <= {"__future__"}  # those have no file


def test_what_few_programs_use_waits_until_it_is_asked_for(imported):
    _, modules = imported
    folders = {name.split(".")[1] for name in modules if name.count(".") > 0}
    later = "accelerator amp autograd backends command_line cuda distributions func linalg mps nn "
    later += "numpy_linalg optim special testing utils version viz"
    assert not folders & set(later.split())
    assert not {f"tinygrad_edu.functions.numpy_{kind}" for kind in ("functions", "shapes")} & {
        *modules
    }


def test_the_files_and_the_calls_of_an_import_are_few(imported):
    """A file takes 0.2 ms, found, read and run, and 65 are 13 ms.  The calls are one or a few for
    each of the 190 ops and 450 public names: what an import computes beside that shows here."""
    calls, modules = imported
    assert len(modules) <= 70
    assert calls <= 6_200


def test_what_an_import_made_is_not_collected_at_once_and_nothing_is_left_frozen():
    """The collector would look at each of some 20,000 objects: a fifth of an import's time."""
    code = """
import gc
import numpy, numpy.linalg
gc.collect()
looked, frozen = [], gc.get_freeze_count()  # Python 3.12 itself freezes some objects
gc.callbacks.append(lambda phase, info: looked.append(info["generation"]))
import tinygrad_edu, nn
gc.callbacks.clear()
print(len(looked) // 2, gc.isenabled(), gc.get_freeze_count() == frozen)
"""
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, check=True)
    collections, *rest = done.stdout.split()
    assert int(collections) <= 8
    assert rest == ["True", "True"]


def test_the_folder_of_data_waits_until_it_is_asked_for():
    code = "import nn, sys; print('nn.data' in sys.modules, 'data' in dir(nn), nn.data.__name__)"
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["False", "True", "nn.data"]
