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
  python -m tinygrad_edu run train.py --epochs 3        `import torch` means tinygrad_edu
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
    options = _parser().parse_args(sys.argv[1:] if arguments is None else arguments)
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
    return parser


def _run(options: Namespace) -> None:
    from . import script

    if not options.script:
        options.parser.error("it needs the name of a script")
    name, *arguments = options.script
    if options.is_module:
        script.run_module(name, arguments)
    else:
        script.run_script(name, arguments)
