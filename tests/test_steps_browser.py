"""The page of `viz.steps` in a real browser, Chromium without a window: `make browser` runs these.

Each number that the browser shows is compared with the engine's.
"""

import shutil

import numpy as np
import pytest
from test_steps import EVIL, network, neuron, reused, rows

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.engine.backward import replay

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 375, "height": 740}


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, "no Chromium was found on the PATH: apt-get install chromium"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Write a page and open it; errors and requests for anything else fail the test."""
    contexts, wrong = [], []

    def open_page(output, names=None, *, viewport=DESKTOP, write=None, **options):
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        path = tg.viz.steps(output, tmp_path / "page.html", names, **(write or {}))
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("request", lambda r: None if r.url.startswith("file:") else wrong.append(r.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def count(page):
    at, total = page.locator("#count").text_content().split(" / ")
    return int(at), int(total)


def heading(page):
    return page.locator("#heading").text_content()


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def arrays(page):
    """Each array that the panel shows, by the heading or name above it: a number, or rows."""
    return page.evaluate(
        """() => [...document.querySelectorAll("#detail .array")].map((view) => {
             const number = view.querySelector(".number");
             if (number) return number.textContent;
             return [...view.querySelectorAll("tr")].map((row) =>
               [...row.cells].map((cell) => cell.textContent || cell.title));
           })"""
    )


def of_graph(page, kind):
    """The texts of the graph that can be seen: the values or gradients of boxes, by their names."""
    return page.evaluate(
        """(kind) => Object.fromEntries([...document.querySelectorAll("svg .box")]
             .map((box) => [box.querySelector(".name").textContent,
                            box.querySelector(`.${kind}`)])
             .filter(([, text]) => getComputedStyle(text).visibility === "visible")
             .map(([name, text]) => [name, text.textContent]))""",
        kind,
    )


# ---------------------------------------------------------------- every step, every number


@pytest.mark.parametrize("graph", [neuron, network, reused])
def test_clicked_through_each_number_is_the_engines(opened, graph):
    output, names = graph()
    page = opened(output, names)
    steps = list(replay({output.node: np.ones((), output.dtype)}))
    backward = [(node, g, parts) for node, g, parts in steps if node.plan]
    forward = [node for node, _, _ in backward][::-1]
    leaves = {node: g for node, g, _ in steps if not node.plan}
    assert count(page) == (1, 2 + len(forward) + len(backward) + len(leaves))

    for node in forward:
        button(page, "Next step").click()
        assert page.locator("#phase").text_content().startswith("Forward")
        value, *inputs = node.values
        expected = [*[rows(x) for x in inputs if x is not None], rows(value)]
        assert arrays(page) == expected
        assert page.locator("svg .box.forward").count() == 1
        assert page.locator("svg .arrow.forward").count() == len(expected) - 1
    button(page, "Next step").click()
    assert arrays(page) == ["1"]
    for _, g, parts in backward:
        button(page, "Next step").click()
        sent = [part for part in parts if part is not None]
        assert page.locator("#phase").text_content().startswith("Backward")
        assert arrays(page)[0] == rows(g)
        shown = page.locator("#detail .formula.backward").all_text_contents()
        for text, part in zip(shown, sent, strict=True):
            if part.size == 1:
                assert text.endswith(rows(part))
            else:
                assert rows(part) in arrays(page)
        assert page.locator("svg .box.backward").count() == 1
        assert page.locator("svg .arrow.backward").count() == len(sent)
    by_name = {name: rows(leaves[x.node]) for name, x in names.items() if x.node in leaves}
    found = {}
    for _ in leaves:
        button(page, "Next step").click()
        found[heading(page).removesuffix(".grad")] = arrays(page)[-1]
    assert found == by_name
    at, total = count(page)
    assert at == total


def test_the_graph_fills_with_values_then_with_gradients(opened):
    page = opened(*neuron())
    assert of_graph(page, "value") == {"x1": "2", "x2": "0", "w1": "-3", "w2": "1", "b": "6.881"}
    assert page.locator("svg .box.pending").count() == 5
    button(page, "Last step").click()
    assert page.locator("svg .box.pending").count() == 0
    values = of_graph(page, "value")
    assert values["o (tanh)"] == "0.7071"
    gradients = of_graph(page, "gradient")
    expected = {"x1": -1.5, "x2": 0.5, "w1": 1, "w2": 0, "b": 0.5, "o (tanh)": 1}
    for name, value in expected.items():
        assert gradients[name] == f"grad {value}"
    button(page, "First step").click()
    assert set(of_graph(page, "gradient").values()) == {""}


def test_a_sum_is_shown_as_it_grows(opened):
    x = tg.tensor(3.0, requires_grad=True)
    with tg.viz.observe():
        y = x**2 + 5 * x
    page = opened(y, {"x": x})
    for _ in range(6):
        button(page, "Next step").click()
    assert heading(page) == "multiply"
    assert of_graph(page, "gradient")["x"] == "grad 5 …"
    assert "One contribution is still to come to x." in page.locator("#detail").text_content()
    button(page, "Next step").click()
    assert of_graph(page, "gradient")["x"] == "grad 11"
    assert "5 from multiply + 6 from power = 11" in page.locator("#detail").text_content()


def test_the_line_of_code_is_marked(opened):
    output, names = neuron()
    page = opened(output, names)
    for _ in range(5):
        button(page, "Next step").click()
    active = page.locator("#detail pre [aria-current]")
    assert active.count() == 1
    assert active.text_content().endswith("        o = n.tanh()")


# ---------------------------------------------------------------- ways to go


def test_the_keyboard_alone_is_enough(opened):
    page = opened(*neuron())
    _, total = count(page)
    keys = page.keyboard
    for key, at in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("End", total)):
        keys.press(key)
        assert count(page)[0] == at
    keys.press("ArrowRight")
    assert count(page)[0] == total
    keys.press("Home")
    assert count(page)[0] == 1
    keys.press("Space")
    assert button(page, "Pause").count() == 1
    keys.press("Space")
    assert button(page, "Play").count() == 1


def test_each_control_gets_the_focus_and_shows_it(opened):
    page = opened(*neuron())
    seen = []
    for _ in range(16):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            """() => [document.activeElement.id || document.activeElement.tagName,
                      getComputedStyle(document.activeElement).outlineStyle]"""
        )
        seen.append(name)
        assert outline != "none", name
        if name == "speed":
            break
    assert set(seen) >= {
        "view",
        "panel",
        "first",
        "back",
        "play",
        "next",
        "last",
        "slider",
        "speed",
    }


def test_buttons_work_by_key_when_they_have_the_focus(opened):
    page = opened(*neuron())
    button(page, "Next step").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert count(page)[0] == 3
    button(page, "Play").focus()
    page.keyboard.press("Space")
    assert button(page, "Pause").count() == 1
    page.keyboard.press("Enter")
    assert button(page, "Play").count() == 1


def test_the_slider_and_the_keys_on_it(opened):
    page = opened(*neuron())
    slider = page.get_by_role("slider", name="Step")
    slider.focus()
    for key, at in (("ArrowRight", 2), ("End", 17), ("Home", 1), ("ArrowUp", 2)):
        page.keyboard.press(key)
        assert count(page)[0] == at
    assert slider.get_attribute("aria-valuetext") == "2 of 17: Forward: 1 of 5"
    slider.fill("6")
    assert count(page)[0] == 7


def test_play_goes_to_the_end_and_stops(opened):
    x = tg.tensor(3.0, requires_grad=True)
    with tg.viz.observe():
        y = x.exp()
    page = opened(y, {"x": x})
    page.get_by_label("Speed").select_option("4")
    button(page, "Play").click()
    page.get_by_text("5 / 5", exact=True).wait_for()
    assert button(page, "Play").count() == 1
    button(page, "Play").click()  # from the start again
    assert count(page)[0] < 5
    button(page, "Step back").click()
    assert button(page, "Play").count() == 1


def test_a_box_leads_to_its_step(opened):
    page = opened(*neuron())
    page.locator("svg .box", has_text="o (tanh)").click()
    assert (heading(page), page.locator("#phase").text_content()) == ("o (tanh)", "Forward: 5 of 5")
    button(page, "Next step").click()
    page.locator("svg .box", has_text="w1").click()
    assert heading(page) == "w1.grad"


def test_a_link_leads_to_a_step(opened):
    page = opened(*neuron())
    page.goto(page.url.partition("#")[0] + "#6")
    assert (count(page)[0], heading(page)) == (6, "o (tanh)")


# ---------------------------------------------------------------- for every reader


def test_a_screen_reader_is_told_each_step(opened):
    page = opened(*neuron())
    live = page.get_by_role("status").last
    assert live.get_attribute("aria-live") == "polite"
    button(page, "Next step").click()
    assert live.text_content() == "Step 2 of 17. Forward: multiply 1. y = a b = 2 × (-3) = -6."
    assert page.locator("#transcript li[aria-current]").text_content() in live.text_content()
    for role, name in (
        ("navigation", "Steps"),
        ("region", "Compute graph"),
        ("region", "multiply 1"),
        ("img", "The compute graph"),
        ("slider", "Step"),
        ("combobox", "Speed"),
    ):
        assert page.get_by_role(role, name=name, exact=True).count() == 1, (role, name)
    assert page.locator("main").count() == page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, [tabindex]")]
             .filter((one) => !one.hidden && !one.getAttribute("aria-label")
                     && !one.labels?.length && !one.getAttribute("aria-labelledby"))
             .map((one) => one.outerHTML)"""
    )
    assert unnamed == []


def test_all_steps_stand_there_in_words_without_a_script(opened):
    page = opened(*neuron(), java_script_enabled=False)
    page.get_by_text("All steps in words", exact=True).click()
    assert page.get_by_text("x1.grad gets -1.5.").is_visible()
    assert page.get_by_text("need JavaScript").is_visible()
    assert not opened(*neuron()).get_by_text("need JavaScript").is_visible()


@pytest.mark.parametrize("width", [375, 320])
@pytest.mark.parametrize("graph", [neuron, network])
def test_a_phone_never_scrolls_sideways(opened, graph, width):
    page = opened(*graph(), viewport={"width": width, "height": 740}, has_touch=True)
    _, total = count(page)
    for at in range(total):
        wide = page.evaluate("document.scrollingElement.scrollWidth")
        assert wide <= width, heading(page)
        graph_box, panel = (page.locator(f"#{name}").bounding_box() for name in ("graph", "panel"))
        assert graph_box["y"] + graph_box["height"] <= panel["y"]
        if at < total - 1:
            button(page, "Next step").tap()
    assert all(
        box["height"] >= 44 and box["width"] >= 44
        for box in (one.bounding_box() for one in page.locator("nav button:visible").all())
    )


def test_on_a_phone_on_its_side_graph_and_panel_stand_side_by_side(opened):
    page = opened(*network(), viewport={"width": 740, "height": 375})
    page.keyboard.press("ArrowRight")
    graph_box, panel, nav = (
        page.locator(one).bounding_box() for one in ("#graph", "#panel", "nav")
    )
    assert graph_box["x"] + graph_box["width"] <= panel["x"]
    assert panel["y"] + panel["height"] <= nav["y"]
    assert nav["y"] + nav["height"] <= 375
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 740


def test_the_active_box_is_in_sight(opened):
    net = nn.Sequential(*[layer for _ in range(8) for layer in (nn.Linear(2, 2), nn.Tanh())])
    with tg.viz.observe():
        loss = net(tg.randn(3, 2)).sum()
    page = opened(loss, net, viewport=PHONE, reduced_motion="reduce")
    view = page.locator("#view").bounding_box()
    _, total = count(page)
    for _ in range(total - 1):
        page.keyboard.press("ArrowRight")
        box = page.locator("svg .box.forward, svg .box.backward").bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        assert view["x"] <= middle[0] <= view["x"] + view["width"]
        assert view["y"] <= middle[1] <= view["y"] + view["height"]


def test_dark_where_the_reader_prefers_it(opened):
    background = "getComputedStyle(document.body).backgroundColor"
    light = opened(*neuron(), color_scheme="light").evaluate(background)
    dark = opened(*neuron(), color_scheme="dark").evaluate(background)
    assert (light, dark) == ("rgb(243, 245, 248)", "rgb(13, 17, 23)")


def test_nothing_moves_where_the_reader_prefers_that(opened):
    moves = "getComputedStyle(document.querySelector('.box rect')).transitionDuration"
    assert "0.2s" in opened(*neuron(), reduced_motion="no-preference").evaluate(moves)
    assert opened(*neuron(), reduced_motion="reduce").evaluate(moves) == "0s"


def test_text_can_be_read_at_four_times_its_size(opened):
    page = opened(*network(), viewport={"width": 320, "height": 256})
    page.keyboard.press("End")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320
    assert page.locator("#heading").bounding_box()["height"] > 0


def test_on_paper_there_are_the_step_and_all_steps_in_words(opened):
    page = opened(*neuron())
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.pdf()[:5] == b"%PDF-"
    assert page.locator("#transcript").get_attribute("open") is not None


def test_what_is_read_has_contrast(opened):
    """Of each text that is in sight, against the colours behind it."""
    for scheme in ("light", "dark"):
        page = opened(*network(), color_scheme=scheme, reduced_motion="reduce")
        for key in ("Home", "ArrowRight", "ArrowRight", "End", "ArrowLeft"):
            page.keyboard.press(key)
            assert page.evaluate(LOW_CONTRAST) == []


LOW_CONTRAST = """() => {
  const numbers = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]));
  const behind = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") layers.unshift(numbers(colour));
    }
    return layers.reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const light = (colour) => {
    const part = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(colour[0]) + 0.7152 * part(colour[1]) + 0.0722 * part(colour[2]);
  };
  const texts = [...document.querySelectorAll("body *:not(svg *):not(script)")].filter(
    (one) => [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim()));
  return texts.filter((one) => one.offsetParent).map((one) => {
    const [a, b] = [light(numbers(getComputedStyle(one).color)), light(behind(one))];
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), one.textContent.slice(0, 40)];
  }).filter(([ratio]) => ratio < 4.5);
}"""


# ---------------------------------------------------------------- what may come


def test_names_cannot_run(opened):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with tg.viz.observe():
        y = (x * 3).sum()
    page = opened(y, {EVIL: x}, write={"title": EVIL})
    _, total = count(page)
    for _ in range(total):
        page.keyboard.press("ArrowRight")
    assert page.locator("h1").text_content() == EVIL
    assert heading(page) == f"{EVIL}.grad"
    assert page.locator("img").count() == 0


def test_nan_several_outputs_and_nothing_at_all_are_shown(opened):
    x = tg.tensor([[0.0, 1.0], [2.0, -3.0]], requires_grad=True)
    empty = tg.zeros(0, requires_grad=True)
    with np.errstate(all="ignore"), tg.viz.observe():
        u, s, vh = tg.linalg.svd(x)
        loss = x.log().sum() + s.sum() + u.sum() * vh.sum() + empty.sum()
        page = opened(loss, {"x": x, "empty": empty})
    _, total = count(page)
    for _ in range(total - 1):
        page.keyboard.press("ArrowRight")
    assert "nan" in page.locator("#view svg").text_content()


def test_without_observe_it_says_what_is_missing(opened):
    model = nn.Sequential(nn.Linear(3, 2), nn.GELU())
    page = opened(F.mse_loss(model(tg.ones(4, 3)), tg.zeros(4, 2)), model, viewport=PHONE)
    assert page.get_by_text("viz.observe()").is_visible()
    _, total = count(page)
    for _ in range(total - 1):
        page.keyboard.press("ArrowRight")
    assert count(page) == (total, total)
