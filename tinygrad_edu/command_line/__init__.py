"""The command line: run a script that was written for PyTorch, and draw what a script computes."""

from __future__ import annotations

import sys
from argparse import REMAINDER, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any, NoReturn

__all__ = ["main"]

PROGRAM = "python -m tinygrad_edu"
ABOUT = "Run a script that was written for PyTorch, and draw what a script computes."
EXAMPLES = """
examples:
  python -m tinygrad_edu run train.py --epochs 3
  python -m tinygrad_edu draw train.py:loss -o graph.svg --gradients
  python -m tinygrad_edu steps train.py:loss -o page.html
  python -m tinygrad_edu flow train.py:model -o flow.png

Each command has its own --help, with more examples.
"""
RUN = """
Run a script as `python script.py` does, but for one thing: in its process, and in those that it
starts with multiprocessing, `import torch` means tinygrad_edu.  The script stays as it is, and a
PyTorch that is installed is not used.
"""
RUN_EXAMPLES = """
examples:
  python -m tinygrad_edu run train.py
  python -m tinygrad_edu run train.py --epochs 3        all that follows the script is the script's
  python -m tinygrad_edu run -m project.train --lr 0.1  a module, as python -m
"""
NAMES = """
The script runs as with `run`.  The name is one of the script's own when it has ended, or one in a
function of it; it may have dots and places: trainer.loss, losses[0].  Without a name, the script
must have only one that can be meant.
"""
DRAW = f"""
Run a script, and draw what one of its tensors was computed from.
{NAMES}"""
DRAW_EXAMPLES = """
examples:
  python -m tinygrad_edu draw train.py:loss -o graph.svg
  python -m tinygrad_edu draw train.py:loss -o graph.png --gradients --nth 1
  python -m tinygrad_edu draw gpt.py:loss -o graph.svg --depth 1 --direction right --theme dark
  python -m tinygrad_edu draw train.py:loss -o graph.svg -- --epochs 1   arguments of the script
  python -m tinygrad_edu draw train.py:loss | dot -Tsvg > graph.svg      the DOT language
"""
STEPS = f"""
Run a script, and write a page on which to step through the forward pass and backpropagation.
{NAMES}"""
STEPS_EXAMPLES = """
examples:
  python -m tinygrad_edu steps neuron.py:loss -o page.html
  python -m tinygrad_edu steps train.py:loss -o page.html --nth 1 --title "The first step"
"""
FLOW = f"""
Run a script, and show how large the gradients of each layer of a model were in each step.
{NAMES}"""
FLOW_EXAMPLES = """
examples:
  python -m tinygrad_edu flow train.py:model               a table, in text
  python -m tinygrad_edu flow train.py:model -o flow.png   a chart
"""


class Parser(ArgumentParser):
    """A parser that shows examples as they are written, and tells of wrong use in one line."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False, **settings
        )

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and leave with exit code 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments after the program's name; by default those of the process.

    Raises
    ------
    SystemExit
        With exit code 2 if the arguments are wrong, and with the script's own if it exits.

    Examples
    --------
    >>> from tinygrad_edu.command_line import main
    >>> try:
    ...     main(["run", "--help"])
    ... except SystemExit as end:
    ...     print(end.code)  # doctest: +ELLIPSIS
    usage: python -m tinygrad_edu run ...
    0
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    end = given.index("--") if "--" in given and given[0] != "run" else len(given)
    options = _parser().parse_args(given[:end])
    options.arguments = given[end + 1 :]  # the script's
    from .script import WrongUse

    try:
        options.command(options)
    except WrongUse as error:
        options.parser.error(str(error))


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description=ABOUT, epilog=EXAMPLES)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    run = commands.add_parser(
        "run", help="run a script that was written for PyTorch", description=RUN,
        epilog=RUN_EXAMPLES,
    )  # fmt: skip
    run.add_argument("-m", dest="is_module", action="store_true", help="SCRIPT is a module's name")
    run.add_argument("script", metavar="SCRIPT", nargs=REMAINDER, help="a file, then its arguments")
    run.set_defaults(command=_run, parser=run)
    _add_draw(commands)
    _add_steps(commands)
    _add_flow(commands)
    return parser


def _add_draw(commands: Any) -> None:
    draw = _add(commands, "draw", "draw what a tensor was computed from", DRAW, DRAW_EXAMPLES)
    draw.add_argument("-o", "--output", metavar="PATH", help=".svg, .png, .pdf or .dot; else text")
    _add_nth(draw)
    for option, text in [("gradients", "gradients that flow back"), ("formulas", "derivatives")]:
        draw.add_argument(f"--{option}", action="store_const", const=True, help=f"show the {text}")
    text = "write out tensors of up to N elements (12)"
    draw.add_argument("--values", metavar="N", type=int, help=text)
    draw.add_argument("--depth", metavar="N", type=int, help="fold modules below this depth")
    _add_max_nodes(draw)
    draw.add_argument("--theme", choices=["light", "dark", "auto"], help="the colours (light)")
    text = "what small and large gradients are compared with (relative: the others of the picture)"
    draw.add_argument("--scale", choices=["relative", "absolute"], help=text)


def _add_steps(commands: Any) -> None:
    steps = _add(commands, "steps", "write a page to step through", STEPS, STEPS_EXAMPLES)
    text = "the page, .html (backprop.html)"
    steps.add_argument("-o", "--output", metavar="PATH", default="backprop.html", help=text)
    _add_nth(steps)
    _add_max_nodes(steps)
    steps.add_argument("--title", help="the heading of the page")


def _add_flow(commands: Any) -> None:
    flow = _add(commands, "flow", "show the gradients of a model's layers", FLOW, FLOW_EXAMPLES)
    flow.add_argument("-o", "--output", metavar="PATH", help=".png, .svg, .pdf or .txt; else text")


def _add(commands: Any, name: str, text: str, about: str, examples: str) -> Parser:
    """A command that runs a script for a name in it."""
    parser: Parser = commands.add_parser(name, help=text, description=about, epilog=examples)
    text = "a file, and a name in it; the script's own arguments come last, after --"
    parser.add_argument("target", metavar="SCRIPT[:NAME]", help=text)
    parser.set_defaults(command=_picture, parser=parser, name=name)
    return parser


def _add_nth(parser: Parser) -> None:
    text = "take the N-th value that the name gets, and stop the script there; else the last one"
    parser.add_argument("--nth", metavar="N", type=int, default=0, help=text)


def _add_max_nodes(parser: Parser) -> None:
    text = "fold the graph to about N boxes (150)"
    parser.add_argument("--max-nodes", metavar="N", type=int, help=text)
    text = "where values flow to (down)"
    parser.add_argument("--direction", choices=["down", "right"], help=text)


def _picture(options: Namespace) -> None:
    from . import pictures

    getattr(pictures, options.name)(options)


def _run(options: Namespace) -> None:
    from . import script

    if not options.script:
        options.parser.error("it needs the name of a script")
    name, *arguments = options.script
    if options.is_module:
        script.run_module(name, arguments)
    else:
        script.run_script(name, arguments)
