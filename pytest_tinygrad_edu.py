"""The pytest plugin of tinygrad_edu: the fixture `assert_gradients`, the option `--gradcheck-seed`.

    def test_swish(assert_gradients):
        assert_gradients(lambda x: x * x.sigmoid(), tg.randn(3, 4), order=2)

pytest loads this file whenever it starts, so it stands outside the package, and imports it only
when a test asks for the fixture.
"""

from __future__ import annotations

import os
import random
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pytest

NAME = "--gradcheck-seed"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("tinygrad_edu").addoption(
        NAME,
        metavar="SEED",
        default="0",
        type=_seed,
        help="seed of assert_gradients' random directions, and of the random inputs of its test: "
        "a whole number from 0 on, or 'random' for another one in each run (default: 0)",
    )


def _seed(text: str) -> int:
    if text == "random":
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID")  # one seed for all the workers of xdist
        return random.Random(run).randrange(2**32)
    if text.isdecimal():
        return int(text)
    raise pytest.UsageError(f"{NAME}: a whole number from 0 on, or 'random', not {text!r}")


@pytest.fixture
def assert_gradients(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """`tinygrad_edu.testing.assert_gradients`, with the seed of --gradcheck-seed.

    The default generator has this seed too while the test runs, so that inputs that the test draws
    with `tg.randn` are the same when it is repeated.
    """
    from tinygrad_edu.rng import get_rng_state, manual_seed, set_rng_state
    from tinygrad_edu.testing import GradcheckError, assert_gradients as check

    seed: int = request.config.getoption(NAME)

    def assert_gradients(f: Callable[..., Any], *inputs: Any, **options: Any) -> None:
        __tracebackhide__ = True
        if "seed" in options:
            check(f, *inputs, **options)
            return
        try:
            check(f, *inputs, seed=seed, **options)
        except GradcheckError as error:
            error.add_note(f"pytest {NAME}={seed} {shlex.quote(request.node.nodeid)}")
            raise error.with_traceback(None) from None

    before = get_rng_state()
    manual_seed(seed)
    yield assert_gradients
    set_rng_state(before)
