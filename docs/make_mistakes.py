"""Write docs/when-it-goes-wrong.md: each mistake of tests/mistakes.py, its message, and its cure.

    python docs/make_mistakes.py            write the page
    python docs/make_mistakes.py --check    exit with 1 if it is not the page

tests/test_mistakes.py checks that these are the messages that the code prints.
"""

import argparse
import re
import runpy
import sys
from pathlib import Path

DOCS = Path(__file__).parent
PAGE = DOCS / "when-it-goes-wrong.md"

HEAD = """\
# When it goes wrong

Mistakes that people make, by subject: each with the message as it is printed, and with code that
works instead.  Search this page for the words of your message.  Each example starts with these
lines:

```python
{imports}```

{contents}
"""

ROW = """\
### {title}

```python
{code}
```

```text
{message}
```

Instead:

```python
{cure}
```
"""


def anchor(theme: str) -> str:
    return re.sub(r"[^\w -]", "", theme.lower()).replace(" ", "-")


def page() -> str:
    told = runpy.run_path(str(DOCS.parent / "tests" / "mistakes.py"))
    themes = told["THEMES"]
    contents = "\n".join(f"- [{theme}](#{anchor(theme)})" for theme in themes)
    parts = [HEAD.format(imports=told["IMPORTS"], contents=contents)]
    for theme, rows in themes.items():
        parts.append(f"## {theme}\n")
        parts += [ROW.format(**row._asdict()) for row in rows]
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    if parser.parse_args().check:
        sys.exit(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
