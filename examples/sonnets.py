"""The text that stories 29 and 30 learn: 47 of Shakespeare's sonnets, and the tables to beat.

William Shakespeare died in 1616, and his sonnets were printed in 1609: no country's law protects
them.  The spelling is modern, as in the editions of the nineteenth century.  Every eighth sonnet is
held out: nothing learns from it, everything is measured on it.
"""

from collections import Counter
from pathlib import Path

import numpy as np

import tinygrad_edu as tg

TEXT = (Path(__file__).parent / "texts" / "sonnets.txt").read_text(encoding="utf-8").strip()
SONNETS = TEXT.split("\n\n")
CHARACTERS = sorted(set(TEXT))  # 59 of them; the end of a line is one


def encode(text):
    """A tensor of numbers: the place of each character in the alphabet."""
    return tg.tensor([CHARACTERS.index(character) for character in text])


def decode(numbers):
    return "".join(CHARACTERS[number] for number in numbers)


TRAINING = encode("\n\n".join(s for k, s in enumerate(SONNETS) if k % 8 != 7))
HELD_OUT = encode("\n\n".join(SONNETS[7::8]))


def pieces(length, count):
    """`count` random pieces of the training text, (count, length), and, as many, the characters
    that follow each of theirs."""
    starts = tg.randint(0, len(TRAINING) - length, (count, 1))
    places = starts + tg.arange(length)
    return TRAINING[places], TRAINING[places + 1]


def table_loss(n):
    """The loss per character, on the sonnets held out, of the table of the n-grams of the others.

    p_n(c | the n - 1 before) = (how often c followed them + k p_{n-1}(c)) / (how often they came +
    k): where the table has seen little, it asks the shorter one.  Of several k the best on the
    sonnets held out is taken, which favours the table.
    """
    return min(-np.log(_probabilities(n, k)).mean() for k in (0.5, 1, 2, 5, 10, 20))


def _probabilities(n, k):
    """Of each character held out but the first, its probability in the table."""
    text, test = TRAINING.tolist(), HELD_OUT.tolist()
    if n == 0:
        return np.full(len(test) - 1, 1 / len(CHARACTERS))
    grams = Counter(tuple(text[i : i + n]) for i in range(len(text) - n + 1))
    before = Counter(tuple(text[i : i + n - 1]) for i in range(len(text) - n + 1))
    shorter = _probabilities(n - 1, k)
    seen = [tuple(test[max(0, i - n + 1) : i + 1]) for i in range(1, len(test))]
    return np.array(
        [(grams[s] + k * p) / (before[s[:-1]] + k) for s, p in zip(seen, shorter, strict=True)]
    )
