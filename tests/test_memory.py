"""The C allocator keeps the memory of large results, unless it is told not to."""

import os
import platform
import subprocess
import sys

import pytest

from tinygrad_edu.memory import ITS_OWN

CODE = """
import resource
import numpy as np
import tinygrad_edu

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    results = [np.ones(10**6, np.float32) for _ in range(8)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print([faults() for _ in range(4)][-1])
"""


def faults(**said):
    """How many pages the system hands out for 8 results of 4 MB, after others were freed."""
    left = {name: value for name, value in os.environ.items() if name not in ITS_OWN}
    left.pop("TINYGRAD_EDU_MALLOC", None)
    command = [sys.executable, "-c", CODE]
    run = subprocess.run(command, env=left | said, capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_large_results_are_made_of_memory_that_was_freed():
    assert faults() < 8
    assert faults(TINYGRAD_EDU_MALLOC="0") > 8  # pages, or huge ones of 2 MB each
    assert faults(MALLOC_TRIM_THRESHOLD_="0") > 8
