"""Write pictures/steps.png: the page of `viz.steps` in Debian's chromium, for docs/stepper.md.

It needs chromium, and `pip install '.[browser]'`.
"""

import doctest
import os
import runpy
import shutil
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parent
STEP = 12  # where multiply 1 goes back


def page_of_the_guide(folder: str) -> Path:
    """Run the first example of docs/stepper.md in a folder, as a script; the page that it wrote."""
    text = (DOCS / "stepper.md").read_text(encoding="utf-8")
    examples = doctest.DocTestParser().get_examples(text[: text.index("![")])
    script = Path(folder) / "neuron.py"
    script.write_text("".join(example.source for example in examples), encoding="utf-8")
    os.chdir(folder)
    runpy.run_path(str(script))
    return Path(folder) / "out" / "neuron.html"


def main() -> None:
    from playwright.sync_api import sync_playwright

    chromium_path = shutil.which("chromium")
    if not chromium_path:
        sys.exit("pictures/steps.png is as it was: it needs chromium (apt-get install chromium)")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page_path = page_of_the_guide(folder)
        chromium = driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1120, "height": 640}, reduced_motion="reduce")
        page.goto(f"{page_path.as_uri()}#{STEP}")
        page.screenshot(path=DOCS / "pictures" / "steps.png")
        chromium.close()


if __name__ == "__main__":
    main()
