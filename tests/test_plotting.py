"""matplotlib takes tensors wherever it takes arrays: it reads their values, and records nothing."""

import copy
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import tinygrad_edu as tg
from tinygrad_edu.engine import clock, graph

RGB = np.random.default_rng(0).random((4, 4, 3)).astype(np.float32)


def data(kind):
    """The same numbers as arrays, as constants and as results of ops; `first` is one number."""
    line = np.linspace(0.1, 1, 7, dtype=np.float32)
    rows = np.linspace(0.2, 2, 5, dtype=np.float32)
    across, up = np.meshgrid(line, rows)
    arrays = {"x": line, "y": rows, "X": across, "Y": up, "Z": np.sin(3 * across) + up}
    arrays |= {"xs": across.ravel(), "ys": up.ravel(), "zs": (across * up).ravel(), "rgb": RGB}
    arrays |= {"first": line[0], "second": line[1], "third": line[2], "pair": line[:2]}
    arrays |= {"wide": across[0], "high": up[:, 0], "bounds": np.stack([line, line / 2])}
    if kind == "array":
        return SimpleNamespace(**arrays)
    tensors = {name: tg.tensor(a, requires_grad=kind == "result") for name, a in arrays.items()}
    if kind == "result":
        tensors = {name: t * 1 for name, t in tensors.items()}
    return SimpleNamespace(**tensors)


FLAT = {
    "plot": lambda a, t: a.plot(t.x, t.x, t.y),
    "plot of a matrix": lambda a, t: a.plot(t.Z),
    "plot against a range": lambda a, t: a.plot(range(7), t.x),
    "plot of a list of numbers": lambda a, t: a.plot([t.first, t.second, t.third]),
    "set_data": lambda a, t: a.plot([1, 2])[0].set_data(t.x, t.x),
    "loglog": lambda a, t: a.loglog(t.x, t.x),
    "semilogy": lambda a, t: a.semilogy(t.x),
    "step": lambda a, t: a.step(t.x, t.x),
    "stem": lambda a, t: a.stem(t.x, t.x),
    "stairs": lambda a, t: a.stairs(t.x, range(8)),
    "scatter": lambda a, t: a.scatter(t.x, t.x, s=t.x, c=t.x),
    "scatter of matrices": lambda a, t: a.scatter(t.X, t.Y, c=t.Z),
    "colours": lambda a, t: a.scatter(t.x[:4], t.x[:4], color=t.rgb[0]),
    "bar": lambda a, t: a.bar(t.x, t.x, width=t.x, bottom=t.x, yerr=t.x),
    "bar with names": lambda a, t: a.bar_label(a.bar(list("abcdefg"), t.x)),
    "barh": lambda a, t: a.barh(t.x, t.x),
    "errorbar": lambda a, t: a.errorbar(t.x, t.x, yerr=t.bounds, xerr=t.x),
    "errorbar of one size": lambda a, t: a.errorbar(t.x, t.x, yerr=t.first),
    "fill_between": lambda a, t: a.fill_between(t.x, t.x, t.first),
    "fill_betweenx": lambda a, t: a.fill_betweenx(t.x, t.x, t.first),
    "fill": lambda a, t: a.fill(t.x, t.x),
    "hist": lambda a, t: a.hist(t.x, bins=t.y, weights=t.x),
    "hist of a range": lambda a, t: a.hist(t.x, range=(t.first, t.third)),
    "hist of a matrix": lambda a, t: a.hist(t.Z),
    "hist of a list": lambda a, t: a.hist([t.x, t.y]),
    "hist2d": lambda a, t: a.hist2d(t.xs, t.ys, weights=t.zs),
    "hexbin": lambda a, t: a.hexbin(t.xs, t.ys, C=t.zs, gridsize=4),
    "ecdf": lambda a, t: a.ecdf(t.x),
    "boxplot": lambda a, t: a.boxplot(t.Z),
    "boxplot of a list": lambda a, t: a.boxplot([t.x, t.y]),
    "violinplot": lambda a, t: a.violinplot(t.Z),
    "pie": lambda a, t: a.pie(t.x),
    "stackplot": lambda a, t: a.stackplot(t.x, t.Z),
    "eventplot": lambda a, t: a.eventplot([t.x, t.y]),
    "imshow": lambda a, t: a.imshow(t.Z, vmin=t.first, extent=(t.first, t.third, 0, t.second)),
    "imshow in colours": lambda a, t: a.imshow(t.rgb),
    "imshow with a norm": lambda a, t: a.imshow(t.Z, norm=mpl.colors.Normalize(t.first, t.third)),
    "imshow, set_data": lambda a, t: a.imshow(np.zeros((5, 7))).set_data(t.Z),
    "matshow": lambda a, t: a.matshow(t.Z),
    "spy": lambda a, t: a.spy(t.Z),
    "colorbar": lambda a, t: a.figure.colorbar(a.imshow(t.Z), ticks=t.y),
    "colour map": lambda a, t: a.scatter(range(7), range(7), color=mpl.colormaps["viridis"](t.x)),
    "contour": lambda a, t: a.clabel(a.contour(t.X, t.Y, t.Z)),
    "contour without places": lambda a, t: a.contour(t.Z, levels=[t.first, t.second]),
    "contourf": lambda a, t: a.contourf(t.X, t.Y, t.Z, levels=t.y),
    "contourf of vectors": lambda a, t: a.contourf(t.x, t.y, t.Z),
    "tricontourf": lambda a, t: a.tricontourf(t.xs, t.ys, t.zs),
    "tricontour": lambda a, t: a.tricontour(t.xs, t.ys, t.zs),
    "tripcolor": lambda a, t: a.tripcolor(t.xs, t.ys, t.zs),
    "pcolormesh": lambda a, t: a.pcolormesh(t.X, t.Y, t.Z),
    "pcolormesh, smooth": lambda a, t: a.pcolormesh(t.x, t.y, t.Z, shading="gouraud"),
    "pcolor": lambda a, t: a.pcolor(t.X, t.Y, t.Z),
    "quiver": lambda a, t: a.quiver(t.X, t.Y, t.Z, t.Z),
    "quiver in colours": lambda a, t: a.quiver(t.x, t.y, t.Z, t.Z, t.Z, angles=t.Z),
    "barbs": lambda a, t: a.barbs(t.X, t.Y, t.Z, t.Z),
    "streamplot": lambda a, t: a.streamplot(np.linspace(0, 1, 7), np.linspace(0, 1, 5), t.Z, t.Z),
    "annotate": lambda a, t: a.annotate(
        "p", (t.first, t.second), xytext=t.pair, arrowprops={"arrowstyle": "->"}
    ),
    "text": lambda a, t: a.text(t.first, t.second, "p"),
    "arrow": lambda a, t: a.arrow(t.first, t.second, t.third, t.first),
    "axhline": lambda a, t: (a.axhline(t.first), a.axvline(t.second)),
    "axhspan": lambda a, t: (a.axhspan(t.first, t.second), a.axvspan(t.first, t.third)),
    "axline": lambda a, t: (a.axline(t.pair, slope=t.third), a.axline(t.pair, (t.first, 2.0))),
    "hlines": lambda a, t: (a.hlines(t.x, t.first, t.x), a.vlines(t.x, 0, 1)),
    "limits": lambda a, t: (a.set_xlim(t.first, t.second), a.set_ylim(t.pair)),
    "axis": lambda a, t: a.axis((t.first, t.second, t.first, t.third)),
    "ticks": lambda a, t: (a.set_xticks(t.x), a.set_yticks(t.y, list("abcde"))),
    "shapes": lambda a, t: (
        a.add_patch(mpl.patches.Circle(t.pair, t.third)),
        a.add_patch(mpl.patches.Rectangle(t.pair, t.third, t.first)),
        a.add_collection(mpl.collections.LineCollection(t.rgb[:, :, :2], array=t.x[:4])),
    ),
}

DEEP = {
    "plot": lambda a, t: a.plot(t.x, t.x, t.x),
    "scatter": lambda a, t: a.scatter(t.x, t.x, t.x, c=t.x, s=t.x),
    "scatter of matrices": lambda a, t: a.scatter(t.X, t.Y, t.Z),
    "plot_surface": lambda a, t: a.plot_surface(t.X, t.Y, t.Z, cmap="viridis"),
    "plot_wireframe": lambda a, t: a.plot_wireframe(t.X, t.Y, t.Z),
    "plot_trisurf": lambda a, t: a.plot_trisurf(t.xs, t.ys, t.zs),
    "contour": lambda a, t: a.contour(t.X, t.Y, t.Z),
    "contourf": lambda a, t: a.contourf(t.X, t.Y, t.Z, zdir="z", offset=t.first),
    "bar3d": lambda a, t: a.bar3d(t.x, t.x, t.x, t.x, t.x, t.x),
    "bar": lambda a, t: a.bar(t.x, t.x, zs=t.x),
    "quiver": lambda a, t: a.quiver(t.x, t.x, t.x, t.x, t.x, t.x),
    "stem": lambda a, t: a.stem(t.x, t.x, t.x),
    "errorbar": lambda a, t: a.errorbar(t.x, t.x, t.x, zerr=t.x),
    "text": lambda a, t: a.text(t.first, t.second, t.third, "p"),
    "limits": lambda a, t: (a.set_zlim(t.first, t.third), a.view_init(t.first, t.second)),
}
# Here matplotlib adds and subtracts the numbers that it was given, before it reads them.
CALCULATED = {"streamplot", "arrow", "axhspan", "errorbar", "limits", "colours", "shapes"}
CASES = [("rectilinear", name) for name in FLAT] + [("3d", name) for name in DEEP]


def picture(projection, draw, t):
    """The pixels, and the names of the ops that were recorded meanwhile."""
    figure = Figure(figsize=(2, 2), dpi=40)
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(subplot_kw={"projection": projection})
    recorded, last_write, record = [], clock.newest_write, graph.record
    if projection == "rectilinear" and draw not in (FLAT["ticks"], FLAT["limits"], FLAT["axis"]):
        axes.set_axis_off()  # its own texts take longer than the rest
    graph.record = lambda plan, *rest: (recorded.append(plan.op.name), record(plan, *rest))[1]
    try:
        draw(axes, t)
        canvas.draw()
    finally:
        graph.record = record
    if clock.newest_write != last_write:
        recorded.append("a write")
    return np.asarray(canvas.buffer_rgba()).copy(), recorded


@pytest.mark.parametrize(("projection", "name"), CASES)
def test_a_picture_of_tensors_is_that_of_their_values(projection, name):
    draw = (DEEP if projection == "3d" else FLAT)[name]
    expected, _ = picture(projection, draw, data("array"))
    for kind in ("constant", "result"):
        pixels, recorded = picture(projection, draw, data(kind))
        np.testing.assert_array_equal(pixels, expected, kind)
        assert not recorded or name in CALCULATED, f"{kind}: {recorded}"


def test_a_loss_is_plotted_as_it_is_collected_and_goes_on_to_be_learnt_from():
    w = tg.tensor(3.0, requires_grad=True)
    losses = [w * k for k in range(3)]
    (line,) = Figure().subplots().plot(losses)
    assert line.get_ydata().tolist() == [0, 3, 6]
    losses[2].backward()
    assert w.grad == 2


def test_what_is_no_plot_still_refuses_to_lose_a_gradient():
    """Only matplotlib reads; NumPy's own functions, called by anybody else, are as before."""
    x = tg.ones(2, requires_grad=True)
    for read in (np.asarray, np.array, lambda x: np.array([x, x]), np.ma.asarray, np.ma.array):
        with pytest.raises(RuntimeError, match="requires grad"):
            read(x)
    assert np.exp(x).requires_grad
    assert np.concatenate([x, x]).requires_grad


def test_a_function_of_the_user_that_matplotlib_calls_is_recorded():
    x, seen = tg.ones(2, requires_grad=True), []
    axes = Figure(figsize=(2, 2), dpi=40).subplots()
    axes.xaxis.set_major_formatter(lambda value, _: seen.append(np.exp(x)) or f"{value:.1f}")
    FigureCanvasAgg(axes.figure).draw()
    assert seen
    assert all(y.requires_grad for y in seen)


def test_a_copy_of_a_result_is_a_leaf_in_the_same_memory():
    y = tg.ones(2, requires_grad=True) * 2
    new = copy.copy(y)
    assert new.is_leaf
    assert new.requires_grad
    assert np.shares_memory(new.array, y.array)
