"""Fuzz one target, guided by the lines that each input reaches (`pip install atheris`).

    python tests/fuzz/run.py load -runs=1000000

The arguments after the target are libFuzzer's, such as -max_total_time=60.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

LIMITS = ("-timeout=10", "-rss_limit_mb=1024", "-max_len=1024", "-verbosity=0")
OURS = ["tinygrad_edu.io", "nn.data.mnist", "tinygrad_edu.viz", "gzip", "json.decoder"]


def main() -> None:
    """Run the target of the command line."""
    try:
        import atheris
    except ImportError:
        raise SystemExit("run.py: atheris is missing: pip install atheris") from None

    with atheris.instrument_imports(include=OURS):
        from tests.fuzz.targets import TARGETS
    from tests.fuzz.seeds import SEEDS

    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(f"usage: run.py [{' | '.join(TARGETS)}] [-runs=1000000]")
    name, *settings = sys.argv[1:]
    target, begun, count = TARGETS[name], time.perf_counter(), 0

    def once(data: bytes) -> None:
        nonlocal count
        target(data)
        count += 1
        if count % 100_000 == 0:
            print(f"{name}: {count:,} inputs, {time.perf_counter() - begun:.0f} s", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        for k, seed in enumerate(SEEDS[name]):
            (Path(folder) / str(k)).write_bytes(seed)
        os.chdir(folder)  # where libFuzzer puts an input that fails
        atheris.Setup([sys.argv[0], *LIMITS, *settings, folder], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
