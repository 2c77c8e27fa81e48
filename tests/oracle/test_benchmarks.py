"""The benchmarks: PyTorch computes the same as ours and as NumPy by hand."""

import pytest

from benchmarks.engines import CORE, available
from benchmarks.measure import check_same
from benchmarks.workloads import WORKLOADS

QUICK = [name for name, workload in WORKLOADS.items() if not workload.slow]


@pytest.mark.parametrize("name", QUICK)
def test_all_engines_compute_the_same(name):
    workload = WORKLOADS[name]
    check_same(workload, [e for e in CORE if available(e, workload)], threads=1)
