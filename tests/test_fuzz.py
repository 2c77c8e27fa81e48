"""Hostile input, in seconds: seeds and what becomes of them, for the targets of tests/fuzz."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import TARGETS, check_dot, elements

INPUTS = {"idx": 1500, "load": 4000, "dot": 200, "html": 150}
TOKENS = (
    b"\xff\xff\xff\xff",
    b"\0",
    b'"',
    b"<",
    b">",
    b"\\",
    b"]",
    b"]]>",
    b"&",
    b"{",
    b"}",
    b"\xff",
)
TOKENS += (b'"shape":[9]', b"__metadata__", b"tinygrad_edu", b"99999999999999999999", b"-1", b"F64")


def changed(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Some bytes are changed, left out, repeated, or taken from another input."""
    new = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        at, size = rng.randrange(len(new) + 1), rng.choice((1, 1, 2, 4, 16, 64))
        kind = rng.randrange(6)
        if kind == 0:
            new[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            new[at : at + size] = b""
        elif kind == 2:
            new[at:at] = new[at : at + size] * rng.choice((1, 2, 9))
        elif kind == 3:
            begin = rng.randrange(len(other) + 1)
            new[at : at + size] = other[begin : begin + size]
        elif kind == 4:
            new[at : at + rng.choice((0, 1, 4))] = rng.choice(TOKENS)
        elif at < len(new):
            new[at] ^= 1 << rng.randrange(8)
    return bytes(new[:2000])


@pytest.mark.parametrize("name", TARGETS)
def test_changed_seeds_give_results_or_our_errors(name):
    rng, target = random.Random(0), TARGETS[name]
    pool = list(SEEDS[name])
    for data in pool:
        target(data)
    for k in range(INPUTS[name]):
        data = changed(rng.choice(pool), rng.choice(pool), rng)
        target(data)
        if k % 20 == 0:
            pool.append(data)


def test_the_targets_notice_what_they_are_for():
    with pytest.raises(AssertionError):
        check_dot('digraph { a [label="x"y"] }')
    with pytest.raises(AssertionError):
        check_dot("digraph { a [label=<<b>x</b><script>>] }")
    with pytest.raises(AssertionError, match="begins no element"):
        elements('<p title="a<b">1 < 2</p>')
    assert elements("<p>a</p>") != elements('<p onclick="b">a</p>')
    assert elements('<p id="a">a</p>') == elements('<p id="b&quot;">b</p>')


def test_the_command_says_what_it_needs():
    path = Path(__file__).parent / "fuzz" / "run.py"
    told = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert re.search("atheris|usage: run.py", told.stderr)
