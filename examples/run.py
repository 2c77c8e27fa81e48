"""Run every story, and print one table: script, the source's number, ours, seconds.

    make examples                          all of them; MNIST from $TINYGRAD_EDU_DATA
    python examples/run.py --quick         in seconds each, on the digits shipped
    python examples/run.py 03 13           some of them

What a story prints goes to out/NN_name.log, its pictures to out/.  With --docs FILE, a page that
links each script with its pictures and numbers is written, and the pictures beside it; without
MNIST, as out/stories.md, since the numbers are those of other digits then.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

import nn

HERE = Path(__file__).parent

# The public courses whose numbers the stories are compared with, by the last story of each.
SOURCES = {
    3: "a course on composing models, in Julia",
    11: "a walk-through of automatic differentiation, with PyTorch listings",
    14: "a course on the mathematics of data, with Flux",
    18: "lecture notes on neurons as building blocks, with scikit-learn",
    23: "a climate-science course on machine learning, in NumPy",
}


def sources_of(script: Path) -> list[str]:
    """The course that a story's numbers are from; none for the stories of our own."""
    return [source for last, source in SOURCES.items() if int(script.stem[:2]) <= last][:1]


class Told(NamedTuple):
    """How a story went."""

    script: Path
    rows: list[dict]
    seconds: float
    status: int


def tell(script: Path, options: argparse.Namespace) -> Told:
    """Run one script on one thread; its numbers come back through a file."""
    with tempfile.NamedTemporaryFile("r", suffix=".jsonl") as table:
        one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
        env = os.environ | one_thread | {"STORIES_TABLE": table.name}
        command = [sys.executable, str(script), "--out", str(options.out)]
        start = time.perf_counter()
        with open(options.out / f"{script.stem}.log", "w") as log:
            status = subprocess.run(
                command + ["--quick"] * options.quick, env=env, stdout=log, stderr=log
            ).returncode
        rows = [json.loads(line) for line in table]
    return Told(script, rows, time.perf_counter() - start, status)


def shown(told: list[Told]) -> str:
    """The table: a line for each number of each story."""
    lines = [("script", "what", "source", "ours", "limit", "", "seconds")]
    for script, rows, seconds, status in told:
        name = script.stem
        for row in rows or [dict.fromkeys(("what", "source", "ours", "limit"), "") | {"met": True}]:
            verdict = "" if not row["limit"] else "met" if row["met"] else "MISSED"
            numbers = [row[key] for key in ("what", "source", "ours", "limit")]
            lines.append((name, *numbers, verdict, f"{seconds:.1f}" if name else ""))
            name = ""
        if status and all(row["met"] for row in rows):
            lines.append(("", f"FAILED with status {status}: see the log", "", "", "", "", ""))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def write_page(told: list[Told], page: Path, out: Path) -> None:
    """docs/stories.md: each script with its numbers and its pictures, which are copied there."""
    pictures = page.parent / "pictures" / page.stem
    pictures.mkdir(parents=True, exist_ok=True)
    text = [
        "# The stories",
        "",
        "Written by `make examples`.  Each script is a lesson: read it, run it.",
        "",
    ]
    for script, rows, _, _ in told:
        title = script.read_text().split('"""')[1].strip().splitlines()[0]
        link = os.path.relpath(script, page.parent)
        text += [f"## [{script.stem}]({link})", "", title, ""]
        for source in sources_of(script):
            text += [f"Source: {source}.", ""]
        if rows:
            text += ["| what | source | ours | limit |", "|---|---|---|---|"]
            text += ["| {what} | {source} | {ours} | {limit} |".format(**row) for row in rows] + [
                ""
            ]
        for path in sorted(
            [*out.glob(f"{script.stem[:2]}_*.png"), *out.glob(f"{script.stem[:2]}_*.svg")]
        ):
            shutil.copy(path, pictures / path.name)
            text += [f"![{path.stem}](pictures/{page.stem}/{path.name})", ""]
    page.write_text("\n".join(text))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="\n".join(__doc__.splitlines()[2:]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("numbers", nargs="*", help="of the stories to tell (default: all)")
    parser.add_argument("--quick", action="store_true", help="in seconds, on less data")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once (default: 2)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder of the pictures")
    parser.add_argument("--docs", type=Path, help="the page to write")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    scripts = sorted(HERE.glob("[0-9][0-9]_*.py"))
    if options.numbers:
        scripts = [s for s in scripts if s.stem[:2] in options.numbers]
    start, told = time.perf_counter(), []
    with ThreadPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(tell, script, options) for script in scripts]
        progress = tqdm(as_completed(futures), total=len(futures), unit="story")
        for future in progress:
            told.append(future.result())
            progress.set_postfix_str(told[-1].script.stem)
    told.sort()
    print(shown(told))
    print(f"\n{len(told)} stories in {time.perf_counter() - start:.0f} s.")
    failed = [one.script.stem for one in told if one.status]
    if options.docs and not failed:
        page = options.docs if nn.data.MNIST.is_available() else options.out / "stories.md"
        write_page(told, page, options.out)
        print(f"page: {page}")
    print(f"MISSED: {', '.join(failed)}" if failed else "Every number is where it must be.")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
