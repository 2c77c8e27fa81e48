"""The formula of an op, in parts, and with numbers in the place of its letters.

>>> product = parsed("Product: y = a b;  dL/da = g b,  dL/db = g a.")
>>> product.forward, product.rules
('y = a b', {'a': 'g b', 'b': 'g a'})
>>> with_numbers(product.forward, {"a": "2", "b": "-3"})
'2 × (-3)'

Nothing here knows the ops: what cannot be read as arithmetic keeps its letters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

FUNCTIONS = {"ln", "log", "log2", "sqrt", "max", "min", "floor", "trunc", "sign", "sigmoid"}
FUNCTIONS |= {"sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan"}
FUNCTIONS |= {"arsinh", "arcosh", "artanh", "erf", "erfc", "erfcx", "ndtr"}
CONSTANTS = {"e", "pi"}
BARE = ("start", "comma", "open")  # after these, a negative number needs no brackets
CONDITIONS = {"where", "else", "unless", "but", "and", "or", "if", "at"}
TOKEN = re.compile(r"[A-Za-z_]\w*'?|\d+(?:\.\d+)?(?:e[+-]?\d+)?|\S")
NUMBER = re.compile(r"-?(\d|inf|nan)")
ENDS = ("number", "close")  # after these, what follows is multiplied


class Formula(NamedTuple):
    """What an op's docstring says of it."""

    forward: str  # "y = a b"
    rules: dict[str, str]  # by the letter of an input, what dL/d(input) is
    remark: str  # where there is no such formula, the rule in words

    def letter(self, argument: str) -> str:
        """What the formula calls an argument: it may call `weight` W, and `target` t."""
        names = (argument, argument[:1], argument[:1].upper())
        return next((name for name in names if name in self.rules), argument)

    def rule(self, argument: str) -> str:
        """What dL/d(argument) is, or ""."""
        return self.rules.get(self.letter(argument), "")


def parsed(formula: str) -> Formula:
    """The parts of a formula."""
    formula = re.sub(r" \([^()]*(\([^()]*\))*[^()]*\d{4}\)", "", formula).strip().rstrip(".")
    forward, _, rest = formula.partition(";")
    start = re.search(r"\by(_\w+)?(\[.*?\])? = ", forward)
    forward = forward[start.start() :] if start else ""
    found = list(re.finditer(r"dL/d([A-Za-z]+)(?:_\w+)? (?:=|is) ", rest))
    ends = [*[match.start() for match in found], len(rest)][1:]
    rules = {
        match[1]: rest[match.end() : end].strip().rstrip(",")
        for match, end in zip(found, ends, strict=False)
    }
    return Formula(forward.strip(), rules, "" if found else rest.strip())


def with_numbers(expression: str, numbers: Mapping[str, str]) -> str | None:
    """The right side of an expression with numbers for its letters; None if it is more than
    arithmetic, or holds only under a condition."""
    parts = _at_top_level(expression, ", ")
    if CONDITIONS.intersection(" ".join(parts[1:]).split()):
        return None
    sides = _at_top_level(parts[0].removeprefix("y = "), " = ")
    filled = [_filled(side, numbers) for side in sides]
    return None if None in filled else filled[-1]


def _filled(side: str, numbers: Mapping[str, str]) -> str | None:
    text, before, bars = "", "start", 0
    tokens = TOKEN.findall(side)
    for token, after in zip(tokens, [*tokens[1:], ""], strict=False):
        word = numbers.get(token, token)
        bars += token == "|"
        kind = _kind(word, before, bars % 2 == 1)
        if kind == "unknown":
            return None
        if kind == "number" and word[0] == "-" and (before not in BARE or after == "^"):
            word = f"({word})"
        text += _between(before, kind) + word
        before = kind
    return text if before in ENDS else None


def _kind(word: str, before: str, bar_opens: bool) -> str:
    """What a word of an expression is, given the kind of the one before it."""
    if NUMBER.match(word) or word in CONSTANTS:
        return "number"
    if word in FUNCTIONS:
        return "function"
    if word in "+-/":
        return "operator" if before in ENDS else "sign"
    kinds = {"^": "power", ",": "comma", "(": "open", ")": "close"}
    kinds["|"] = "open" if bar_opens else "close"
    return kinds.get(word, "unknown")


def _between(before: str, kind: str) -> str:
    """What is written between two words of an expression."""
    if before in ENDS and kind in ("number", "function", "open"):
        return " × "
    if "operator" in (before, kind) or before == "comma":
        return " "
    return " " if before == "function" and kind != "open" else ""


def _at_top_level(text: str, separator: str) -> list[str]:
    """The text split at a separator, but not within brackets."""
    parts, depth = [""], 0
    for piece in text.split(separator):
        if depth:
            parts[-1] += separator + piece
        else:
            parts.append(piece)
        depth += sum(piece.count(c) for c in "([") - sum(piece.count(c) for c in ")]")
    return parts[1:]
