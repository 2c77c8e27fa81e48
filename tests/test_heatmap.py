"""viz.heatmap and viz.live: the numbers in colours and as a curve; in a terminal as text."""

import io
import math
import sys
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.engine import clock
from tinygrad_edu.viz import heatmap, live

SVG = "{http://www.w3.org/2000/svg}"


def cells(picture):
    """The colour and the tooltip of each cell of a heat map."""
    root = ET.fromstring(picture.svg())
    assert root.get("role") == "img"
    found = [(rect.get("fill"), rect.find(f"{SVG}title")) for rect in root.iter(f"{SVG}rect")]
    return [(colour, title.text) for colour, title in found if title is not None]


def words(picture):
    return [text.text for text in ET.fromstring(picture.svg()).iter(f"{SVG}text")]


# ---------------------------------------------------------------- heatmap


def test_each_cell_says_its_place_and_number_and_has_its_colour():
    picture = heatmap(tg.tensor([[1.0, -2.0], [0.0, math.nan]]), title="weights")
    assert cells(picture) == [
        (picture.colour(1.0), "[0, 0] 1"),
        (picture.colour(-2.0), "[0, 1] -2"),
        ("#f7f7f7", "[1, 0] 0"),
        ("#1a1a1a", "[1, 1] nan"),
    ]
    assert picture.colour(-2.0) == "#b35806"
    assert words(picture)[0] == "weights \u00b7 2 x 2, -2 to 1, mean -0.333, 1 NaN"
    assert words(picture)[1:5] == ["1", "-2", "0", "nan"]
    assert repr(picture).splitlines()[2:] == ["  1   -2", "  0  nan"]
    assert picture.svg() in picture._repr_html_()


def test_colours_are_as_far_from_white_as_numbers_from_zero():
    picture = heatmap(tg.tensor([-1.0, 4.0]))
    assert (picture.low, picture.high) == (-4, 4)
    assert picture.colour(4.0) == "#2166ac"
    below, above = (picture.colour(x) for x in (-1.0, 1.0))
    assert int(below[5:], 16) < int(below[1:3], 16), "orange"
    assert int(above[5:], 16) > int(above[1:3], 16), "blue"
    picture = heatmap(tg.tensor([1.0, 3.0]))
    assert (picture.low, picture.high) == (0, 3)
    picture = heatmap(tg.tensor([1.0, 3.0]), low=1.0, high=2.0)
    assert [picture.colour(x) for x in (1.0, 2.0, 3.0)] == ["#f7f7f7", "#2166ac", "#2166ac"]


@pytest.mark.parametrize(
    "shape", [(), (0,), (3,), (0, 4), (2, 3), (30, 40), (2, 3, 4), (5, 3, 8, 8)]
)
@pytest.mark.parametrize("dtype", [tg.float32, tg.int64, tg.bool, tg.float16])
def test_every_shape_and_dtype(shape, dtype):
    picture = heatmap(tg.ones(shape).to(dtype))
    count = math.prod(shape)
    assert len(cells(picture)) == count
    assert picture.text()


def test_large_ones_are_means_and_a_nan_in_them_is_seen():
    x = np.zeros((200, 130), np.float32)
    x[:100] = 2
    x[50, 60] = math.nan
    picture = heatmap(tg.tensor(x))
    shown = cells(picture)
    assert len(shown) == 64 * 64
    assert sum(colour == "#1a1a1a" for colour, _ in shown) == 1
    assert picture.text().count("?") == 2, "its cell, and the word of what it means"
    assert "cells are means" in picture.text()
    assert {colour for colour, _ in shown} >= {"#f7f7f7", "#2166ac"}


def test_a_batch_of_images_stands_side_by_side():
    picture = heatmap(tg.rand(40, 8, 8))
    assert len(cells(picture)) == 36 * 64
    assert "the first 36 slices" in picture.text()
    assert "... 36 more" in picture.text()
    assert "[3, 0, 0]" in cells(picture)[3 * 64][1]


def test_infinities_and_extremes():
    text = heatmap(tg.tensor([math.inf, -math.inf, 1e38, 1e-38])).text()
    assert "2 infinite" in text
    assert heatmap(tg.tensor([math.nan])).text() == "1, 1 NaN\nnan"
    cells(heatmap(tg.tensor([math.inf])))


def test_values_are_read_and_nothing_is_recorded():
    x = tg.ones(2, 2, requires_grad=True)
    y = x * 2
    before = next(clock.clock)
    heatmap(y).svg()
    assert next(clock.clock) == before + 1
    assert heatmap([[1, 2], [3, 4]]).text().splitlines()[1:] == ["1  2", "3  4"]
    assert heatmap(np.eye(2)).values.dtype == np.float64


def test_what_is_no_tensor_and_what_cannot_be_written_is_refused(tmp_path):
    for wrong in ("text", None, [1, "a"], object()):
        with pytest.raises(TypeError, match="heatmap: it shows a tensor"):
            heatmap(wrong)
    with pytest.raises(ValueError, match="low=2 is above high=1"):
        heatmap(tg.ones(2), low=2, high=1)
    for end in ({"low": math.nan}, {"high": math.inf}):
        with pytest.raises(ValueError, match="the ends of the colours are finite"):
            heatmap(tg.ones(2), **end)
    with pytest.raises(ValueError, match=r"must end in \.svg or \.txt"):
        heatmap(tg.ones(2)).save(tmp_path / "a.png")
    saved = heatmap(tg.ones(2), title="<b>").save(tmp_path / "new" / "a.svg")
    assert "&lt;b&gt;" in saved.read_text()
    assert heatmap(tg.ones(2)).save(tmp_path / "a.txt").read_text().startswith("2, 1 to 1")


# ---------------------------------------------------------------- live


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_where_lines_are_kept_few_are_written():
    file = io.StringIO()
    with live("loss", file=file) as plot:
        for step in range(250):
            plot.add(1 / (step + 1), accuracy=0.5)
    lines = file.getvalue().splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "step 1",
        "step 10",
        "step 100",
        "step 250",
    ]
    assert lines[1] == "step 10: loss 0.1, accuracy 0.5"
    assert lines[-1].startswith("step 250: loss 0.004 █▂▂▂▁▁")
    plot.close()
    assert len(file.getvalue().splitlines()) == 4, "nothing is said twice"


def test_a_terminal_has_one_line_which_is_written_over():
    file = Terminal()
    with live("loss", file=file) as plot:
        for step in range(1000):
            plot.add(step)
    assert file.getvalue().count("\n") == 1
    assert file.getvalue().count("\r") <= 6, "a few times a second at most"
    assert file.getvalue().rpartition("\r")[2].startswith("step 1000: loss 999 ▁")


def test_a_notebook_has_one_output_which_is_replaced(monkeypatch):
    shown, updated = [], []

    def display(thing, display_id):
        shown.append(thing)
        return SimpleNamespace(update=updated.append)

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    with live("loss") as plot:
        for step in range(100):
            plot.add(step)
    assert shown == [plot]
    assert 1 <= len(updated) <= 4
    assert plot._repr_html_() == plot.svg()


def test_in_ipython_without_a_notebook_it_is_text(monkeypatch, capsys):
    for shell in (None, SimpleNamespace()):
        monkeypatch.setitem(
            sys.modules, "IPython", SimpleNamespace(get_ipython=lambda shell=shell: shell)
        )
        live().add(0.5)
        assert capsys.readouterr().out == "step 1: loss 0.5\n"


def test_numbers_come_as_tensors_and_by_names():
    plot = live("loss", file=io.StringIO())
    plot.add(tg.tensor(2.0, requires_grad=True) * 2)
    plot.add(loss=np.float32(3.0), lr=0.1)
    plot.add(lr=0.2)
    assert plot.values == {
        "loss": [4.0, 3.0],
        "lr": [pytest.approx(math.nan, nan_ok=True), 0.1, 0.2],
    }
    for wrong in (tg.ones(2), "a", [1, 2], np.ones(3)):
        with pytest.raises(TypeError, match="add: loss is one number, not"):
            plot.add(wrong)
    with pytest.raises(TypeError, match="give it a number"):
        plot.add()
    assert plot.count == 3, "what is refused is no step"


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize(
    "numbers",
    [
        *[[], [1.0], [0.0, 0.0], [math.nan], [1, math.nan, 3], [1e-9, 1e9], [-1, 1], [math.inf, 2]],
        *[[5e-324, 1.7e308], [-1.7e308, 1.7e308]],
    ],
)
def test_the_chart_of_any_numbers(log, numbers):
    plot = live("a<b", log=log, file=io.StringIO())
    for x in numbers:
        plot.add(x)
    root = ET.fromstring(plot.svg())
    assert "nan" not in "".join(path.get("d") for path in root.iter(f"{SVG}path"))
    assert "a<b" in root.find(f"{SVG}title").text
    assert plot.text()


def test_the_chart_has_the_numbers_at_their_heights():
    plot = live("loss", file=io.StringIO())
    for x in (0.0, 5.0, 10.0):
        plot.add(x)
    root = ET.fromstring(plot.svg())
    path = next(root.iter(f"{SVG}path")).get("d").replace("M", "L").split("L")[1:]
    heights = [float(point.split()[1]) for point in path]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.2)
    ticks = [text.text for text in root.iter(f"{SVG}text")][1:-3]
    assert ticks == ["0", "2", "4", "6", "8", "10"]


def test_a_long_curve_is_drawn_as_means():
    plot = live("loss", file=io.StringIO())
    for x in range(5000):
        plot.add(x)
    path = next(ET.fromstring(plot.svg()).iter(f"{SVG}path")).get("d")
    assert 200 < path.count("L") < 900
