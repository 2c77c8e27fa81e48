"""The pytest plugin of tinygrad_edu: the fixture `assert_gradients`, the option `--gradcheck-seed`.

    def test_swish(assert_gradients):
        assert_gradients(lambda x: x * x.sigmoid(), tg.randn(3, 4), order=2)

pytest loads this file whenever it starts, so it stands outside the package, and imports it only
when a test asks for the fixture.
"""

from __future__ import annotations

import random
from collections.abc import Callable
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
        help="seed of the random directions of assert_gradients: a whole number from 0 on, or "
        "'random' for another one in each run (default: 0)",
    )


def _seed(text: str) -> int:
    if text == "random":
        return random.SystemRandom().randrange(2**32)
    if text.isdecimal():
        return int(text)
    raise pytest.UsageError(f"{NAME}: a whole number from 0 on, or 'random', not {text!r}")


@pytest.fixture
def assert_gradients(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`tinygrad_edu.testing.assert_gradients`, with the seed of --gradcheck-seed."""
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
            error.add_note(f"pytest {NAME}={seed} '{request.node.nodeid}'")
            raise error.with_traceback(None) from None

    return assert_gradients
