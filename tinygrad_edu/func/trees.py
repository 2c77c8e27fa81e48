"""Trees: dicts, lists and tuples that hold tensors, arrays or numbers, their leaves.

>>> tree = {"w": [1.0, 2.0], "b": 3.0}
>>> leaves(tree)
[1.0, 2.0, 3.0]
>>> like(tree, iter("xyz"))
{'w': ['x', 'y'], 'b': 'z'}
"""

from collections.abc import Iterator
from typing import Any


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree, from left to right.  None holds no leaf."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    elif not isinstance(tree, list | tuple):
        return [] if tree is None else [tree]
    return [leaf for branch in tree for leaf in leaves(branch)]


def like(tree: Any, given: Iterator[Any]) -> Any:
    """A tree of the same form, with the given leaves."""
    if isinstance(tree, dict):
        return {name: like(branch, given) for name, branch in tree.items()}
    if isinstance(tree, list | tuple):
        branches = [like(branch, given) for branch in tree]
        return type(tree)(*branches) if hasattr(tree, "_fields") else type(tree)(branches)
    return None if tree is None else next(given)


def spread(prefix: Any, tree: Any) -> list[Any]:
    """An entry of `prefix` for each leaf of the tree: an int or None stands for all leaves of its
    branch.  Raises TypeError if the two do not have the same form."""
    if prefix is None or isinstance(prefix, int):
        return [prefix] * len(leaves(tree))
    if isinstance(prefix, dict) and isinstance(tree, dict) and prefix.keys() == tree.keys():
        pairs: Any = [(prefix[name], branch) for name, branch in tree.items()]
    elif isinstance(prefix, list | tuple) and isinstance(tree, list | tuple):
        if len(prefix) != len(tree):
            raise TypeError(f"{len(prefix)} entries for {len(tree)} values")
        pairs = zip(prefix, tree, strict=True)
    else:
        raise TypeError(f"{prefix!r} does not have the form of a {type(tree).__name__}")
    return [entry for part, branch in pairs for entry in spread(part, branch)]
