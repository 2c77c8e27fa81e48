"""Layout: Graphviz makes a picture of a text in the DOT language, within a time.

It runs as a process of its own, the program `dot` if it is there, or else the package pygraphviz in
another Python: so a layout that takes too long can be stopped, and what Graphviz and its font
library say on the way stays out of the user's terminal.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec

SECONDS = 5  # of computing: after that, a layout is given up
OF_PIXELS = 10  # seconds, where pixels are painted too
WAIT = 60  # seconds on the clock, for a busy machine

PYGRAPHVIZ = """
import sys, pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot", args=" ".join(sys.argv[2:])))
"""
LIMITED = 'ulimit -c 0; ulimit -t "$0"; exec "$@"'  # for a shell: so much time of the processor


class TooSlowError(RuntimeError):
    """The layout took longer than it may."""


def is_there() -> bool:
    """Is there a Graphviz?"""
    return _command("svg") is not None


def laid_out(source: str, kind: str, seconds: int | None = None) -> bytes:
    """The picture of a graph in the DOT language, as SVG, PNG or PDF."""
    seconds = seconds or (OF_PIXELS if kind == "png" else SECONDS)
    command = _command(kind)
    assert command is not None, "ask is_there() first"
    if os.name == "posix":
        command = ["/bin/sh", "-c", LIMITED, str(seconds), *command]
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | paths,
        start_new_session=True,
    )
    try:
        made, said = process.communicate(source.encode(), WAIT)
    except subprocess.TimeoutExpired:
        _stop(process)
        raise TooSlowError(f"Graphviz did not lay out the graph in {WAIT} s") from None
    except BaseException:
        _stop(process)
        raise
    if process.returncode in _STOPPED:
        raise TooSlowError(f"Graphviz did not lay out the graph in {seconds} s of computing")
    if process.returncode or not made:
        raise RuntimeError(f"Graphviz could not draw the graph: {_in_short(said)}")
    return made


_STOPPED = {-signal.SIGKILL, *(-getattr(signal, name, 0) for name in ("SIGXCPU",))} - {0}


def _command(kind: str) -> list[str] | None:
    program = shutil.which("dot")
    if program:
        return [program, f"-T{kind}"]
    try:
        found = sys.executable and find_spec("pygraphviz")
    except ValueError:  # it was hidden: sys.modules holds None, or a module without a spec
        found = None
    return [sys.executable, "-P", "-c", PYGRAPHVIZ, kind] if found else None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process, and what it may have started."""
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()


def _in_short(said: bytes) -> str:
    lines = said.decode(errors="replace").splitlines()
    kept = [line for line in lines if line.strip() and not line.startswith("Fontconfig")]
    return "; ".join(kept[-3:]) or "it says nothing about why"
