"""Pictures are made by Graphviz in a process of its own, which may not take too long."""

import re
import stat
import struct
from pathlib import Path

import numpy as np
import pytest

import nn
import tinygrad_edu as tg
from tests.waiting import wait_until
from tinygrad_edu.viz import Diagram
from tinygrad_edu.viz.drawing import diagram as diagrams, layout
from tinygrad_edu.viz.drawing.layout import TooLargeError, TooSlowError, laid_out


@pytest.fixture
def diagram():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    return tg.viz.draw((x * x).sum(), {"x": x})


def program(monkeypatch, tmp_path, body):
    """A program `dot` that does this."""
    path = tmp_path / "bin" / "dot"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")


def test_graphviz_says_nothing_in_the_terminal(diagram, capfd, tmp_path):
    for kind in ("svg", "png", "pdf"):
        diagram.save(tmp_path / f"graph.{kind}")
    assert capfd.readouterr() == ("", "")


def test_what_graphviz_refuses_is_an_error_that_says_why(monkeypatch, tmp_path):
    body = 'cat >/dev/null; echo "Fontconfig error: x" >&2; echo "syntax error" >&2; exit 1'
    program(monkeypatch, tmp_path, body)
    with pytest.raises(RuntimeError, match=r"^Graphviz could not draw the graph: syntax error$"):
        laid_out("digraph {", "svg")


def test_a_layout_that_computes_too_long_is_stopped(monkeypatch, tmp_path):
    program(monkeypatch, tmp_path, "while true; do :; done")
    with pytest.raises(TooSlowError, match=r"in 1 s of computing"):
        laid_out("digraph {}", "svg", seconds=1)


def test_a_layout_that_hangs_is_stopped_with_what_it_started(monkeypatch, tmp_path):
    monkeypatch.setattr(layout, "WAIT", 0.3)
    program(monkeypatch, tmp_path, 'sleep 1000 & echo $! >"$0.child"; wait')
    with pytest.raises(TooSlowError, match=r"in 0.3 s"):
        laid_out("digraph {}", "svg")
    child = int((tmp_path / "bin" / "dot.child").read_text())
    wait_until(lambda: ended(child))


def ended(number):
    """Has this process ended?  A killed one lives until the kernel gets round to it."""
    try:
        return "zombie" in Path(f"/proc/{number}/status").read_text()
    except OSError:
        return True


@pytest.fixture
def long_chain():
    x = y = tg.tensor([0.5, 1.0], requires_grad=True)
    for k in range(120):
        y = (tg.sin, tg.tanh, tg.cos)[k * k % 7 % 3](y)
    return y.sum(), {"x": x}


def test_a_coarser_picture_takes_the_place_of_one_that_takes_too_long(monkeypatch, long_chain):
    asked = []

    def slow(source, kind, **_):
        asked.append(source.count("[label=<"))
        if len(asked) < 3:
            raise TooSlowError("slow")
        return laid_out(source, kind)

    monkeypatch.setattr(diagrams, "laid_out", slow)
    diagram = tg.viz.draw(*long_chain, max_nodes=None)
    svg = diagram.svg()
    assert len(asked) == 3
    assert asked[0] > 120 > 60 > asked[1] >= asked[2]
    assert asked[2] <= 25
    assert "took too long" in svg
    assert diagram.svg() == svg  # the large one is not tried again
    assert len(asked) == 4
    assert diagram.source.count("tanh") > 30  # the text is what was asked for


def pixels(path):
    return struct.unpack(">II", path.read_bytes()[16:24])


def test_a_png_of_a_folded_picture_has_pixels_enough_to_read_it(tmp_path, long_chain):
    folded = tg.viz.draw(*long_chain, max_nodes=60, legend=False)
    svg = folded.svg()
    (width,) = re.findall(r'^<svg width="(.*?)pt"', svg, re.MULTILINE)
    (shrunk,) = re.findall(r'transform="scale\(([0-9.]+) ', svg)
    dots = pixels(folded.save(tmp_path / "folded.png"))[0] / float(width) * 72
    assert abs(dots - min(96 / float(shrunk), 192)) < 3


def test_a_png_of_many_boxes_has_fewer_pixels_or_says_what_it_would_have(
    tmp_path, monkeypatch, long_chain
):
    monkeypatch.setattr(diagrams, "AS_IT_COMES", 100)
    whole = tg.viz.draw(*long_chain, max_nodes=None, legend=False)
    width, height = pixels(whole.save(tmp_path / "whole.png"))
    monkeypatch.setattr(layout, "LONGEST_SIDE", height * 3 // 4)
    assert abs(pixels(whole.save(tmp_path / "smaller.png"))[1] - height * 3 // 4) < height / 50
    monkeypatch.setattr(layout, "LONGEST_SIDE", height // 3)
    assert pixels(whole.save(tmp_path / "coarser.png"))[1] < height // 3
    assert whole.svg().count(">tanh<") > 30  # an SVG has no pixels
    (digraph, _) = whole._drawn["png"]
    found = re.search(
        r"would have ([0-9,]+) \u00d7 ([0-9,]+) pixels: save it as .svg", digraph.source
    )
    asked = [int(number.replace(",", "")) for number in found.groups()]
    np.testing.assert_allclose(asked, [width, height], rtol=0.02)
    with pytest.raises(TooLargeError, match=r"^a PNG of this graph would have"):
        Diagram(whole.digraph).save(tmp_path / "none.png")


@pytest.mark.parametrize("legend", [True, False])
def test_the_title_is_written_once(long_chain, legend):
    svg = tg.viz.draw(*long_chain, max_nodes=60, legend=legend).svg()
    assert svg.count(">max_nodes=") == 1


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3))

    def forward(self, x):
        return x + self.f(x)


def test_modules_stand_below_one_another_with_their_parameters():
    def width(blocks):
        net = nn.Sequential(*[Residual() for _ in range(blocks)])
        with tg.viz.observe():
            y = net(tg.ones(2, 3)).sum()
        svg = tg.viz.draw(y, net, legend=False, values=False).svg()
        return float(re.findall(r'^<svg width="(.*?)pt"', svg, re.MULTILINE)[0])

    assert width(5) < width(1) * 1.2


def test_without_a_coarser_picture_the_error_says_so(monkeypatch, diagram):
    def slow(*_, **__):
        raise TooSlowError("Graphviz did not lay out the graph in 5 s of computing")

    monkeypatch.setattr(diagrams, "laid_out", slow)
    with pytest.raises(RuntimeError, match=r"did not lay out the graph"):
        diagram.svg()
    with pytest.raises(RuntimeError, match=r"in 5 s of computing"):
        Diagram(diagram.digraph).svg()


def test_a_path_that_cannot_be_written_is_named(diagram, tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "graph.svg", "/proc/none/graph.dot"):
        with pytest.raises(OSError, match=r"save could not write the picture here: '.*graph"):
            diagram.save(path)
    (tmp_path / "graph.svg").mkdir()
    with pytest.raises(IsADirectoryError, match=r"Is a directory: save could not write"):
        diagram.save(tmp_path / "graph.svg")
