"""Make the pictures of README.md and of the guides anew: run their code, and keep what it drew.

    python docs/make_pictures.py            all pages
    python docs/make_pictures.py pictures   pages whose names begin so

A page shows `![...](pictures/neuron.svg)`; its code, which also runs as a test, saves
`out/neuron.svg`.
"""

import doctest
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/how-it-works.md", "docs/derivatives.md", "docs/pictures.md")


def make(page: Path) -> list[str]:
    """Run the code of a page in a folder of its own, and put the pictures in their places."""
    begun_in = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            failed, _ = doctest.testfile(
                str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
            )
        finally:
            os.chdir(begun_in)
        if failed:
            sys.exit(f"{page.name}: its code does not do what the page says")
        made = []
        for link in re.findall(r"\]\(([\w/.-]+\.(?:svg|png))\)", page.read_text(encoding="utf-8")):
            drawn = Path(folder, "out", Path(link).name)
            if drawn.exists():
                place = page.parent / link
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(drawn, place)
                made.append(str(place.relative_to(ROOT)))
    return made


def main() -> None:
    for name in PAGES:
        page = ROOT / name
        if not sys.argv[1:] or any(page.stem.startswith(start) for start in sys.argv[1:]):
            sys.stdout.write("".join(f"{path}\n" for path in make(page)))


if __name__ == "__main__":
    main()
