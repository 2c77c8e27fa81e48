"""Layout: Graphviz makes a picture of a text in the DOT language, within a time.

It runs as a process of its own, the program `dot` if it is there, or else the package pygraphviz in
another Python: so a layout that takes too long can be stopped, and what Graphviz and its font
library say on the way stays out of the user's terminal.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec

SECONDS = 5  # of computing: after that, a layout is given up
OF_PIXELS = 10  # seconds, where pixels are painted too
WAIT = 60  # seconds on the clock, for a busy machine

SCREEN, SHARPEST, READABLE = 96, 192, 48  # dots per inch, of which a picture's letters need so many
MOST_PIXELS, LONGEST_SIDE = 40_000_000, 32_767  # of a PNG: what is painted in seconds, and cairo's

PYGRAPHVIZ = """
import sys, pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot", args=" ".join(sys.argv[2:])))
"""
LIMITED = 'ulimit -c 0; ulimit -t "$0"; exec "$@"'  # for a shell: so much time of the processor


class NotDrawnError(RuntimeError):
    """Graphviz makes no picture of this graph; of a smaller one it may."""

    note = "the layout of the larger picture took too long"  # what the smaller one says about it


class TooSlowError(NotDrawnError):
    """The layout took longer than it may."""


class TooLargeError(NotDrawnError):
    """A PNG would have more pixels than are painted in a few seconds, or letters too small."""

    def __init__(self, width: float, height: float) -> None:
        size = f"{width:,.0f} \u00d7 {height:,.0f} pixels"
        self.note = f"a PNG of the larger picture would have {size}: save it as .svg or .pdf"
        super().__init__(f"{self.note.replace('the larger picture', 'this graph')}")


def is_there() -> bool:
    """Is there a Graphviz?"""
    return _command("svg") is not None


def resolution(svg: str) -> int:
    """For the PNG of a picture, given as SVG: how many dots per inch.  A picture that was shrunk to
    a page gets more of them than the screen has, a very large one less."""
    width, height = (
        float(x) / 72 for x in re.findall(r'^<svg width="(.*)pt" height="(.*)pt"', svg, re.M)[0]
    )
    shrunk = float(re.findall(r'transform="scale\(([0-9.]+)', svg)[0])
    most = min(LONGEST_SIDE / max(width, height), math.sqrt(MOST_PIXELS / (width * height)))
    if most * shrunk < READABLE:
        raise TooLargeError(width * SCREEN / shrunk, height * SCREEN / shrunk)
    return int(min(SCREEN / shrunk, SHARPEST, most))


def laid_out(source: str, kind: str, seconds: int | None = None, dots: int | None = None) -> bytes:
    """The picture of a graph in the DOT language, as SVG, PDF, or PNG of so many dots per inch."""
    seconds = seconds or (OF_PIXELS if kind == "png" else SECONDS)
    command = _command(kind)
    assert command is not None, "ask is_there() first"
    if dots is not None:
        command.append(f"-Gdpi={dots}")
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
