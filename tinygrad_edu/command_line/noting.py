"""What a script gives its names, also in functions, where nothing is left of it when they return.

After each assignment to a name, and where a loop or a `with` block gives it a value, the script
calls `note`.  Its lines stay as they are, so that errors and the lines of an observed record are
the script's.

>>> found = []
>>> tree = with_notes("def f():\\n    loss, _ = 3, 4\\n    return loss\\n", "script.py", "note")
>>> names = {"note": lambda *noted: found.append(noted)}
>>> exec(compile(tree, "script.py", "exec"), names)
>>> _ = names["f"]()
>>> found
[('f', 'loss', 3)]
"""

from __future__ import annotations

import ast
from typing import Any


def with_notes(source: str | bytes, place: str, note: str) -> ast.Module:
    """The script with calls `note(function, name, value)`; `function` is "" outside of all."""
    tree: ast.Module = _Noting(note).visit(ast.parse(source, place))
    return ast.fix_missing_locations(tree)


class _Noting(ast.NodeTransformer):
    def __init__(self, note: str) -> None:
        self.note = note
        self.path: list[str] = []  # the functions and classes around a statement

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Visit what stands inside, then add the notes to each of its blocks."""
        super().generic_visit(node)
        if isinstance(node, ast.ClassDef):
            return node
        for part in ("body", "orelse", "finalbody"):
            block = getattr(node, part, None)
            if isinstance(block, list):
                noted = [(statement, *self._notes(_targets(statement))) for statement in block]
                setattr(node, part, [statement for all_of in noted for statement in all_of])
        if isinstance(node, ast.For | ast.AsyncFor):
            node.body[:0] = self._notes([node.target])
        elif isinstance(node, ast.With | ast.AsyncWith):
            node.body[:0] = self._notes([item.optional_vars for item in node.items])
        return node

    def _within(self, node: Any) -> ast.AST:
        self.path.append(node.name)
        try:
            return self.generic_visit(node)
        finally:
            self.path.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _within

    def _notes(self, targets: list[Any]) -> list[ast.stmt]:
        """The calls that note the names among what has been given a value."""
        names = [name for target in targets for name in _names(target)]
        return [ast.copy_location(self._call(x.id), x) for x in names if x.id[0] != "_"]

    def _call(self, name: str) -> ast.stmt:
        arguments: list[ast.expr] = [ast.Constant(".".join(self.path)), ast.Constant(name)]
        arguments.append(ast.Name(name, ast.Load()))
        return ast.Expr(ast.Call(ast.Name(self.note, ast.Load()), arguments, []))


def _targets(statement: ast.AST) -> list[Any]:
    """What has a value after a statement that is an assignment."""
    if isinstance(statement, ast.Assign):
        return statement.targets
    if isinstance(statement, ast.AugAssign) or (
        isinstance(statement, ast.AnnAssign) and statement.value is not None
    ):
        return [statement.target]
    return []


def _names(target: Any) -> list[ast.Name]:
    """The names in `a, (b, *c)`; in `a[i]` and `a.b` there are none, as neither gets a value."""
    if isinstance(target, ast.Name):
        return [target]
    parts = [target.value] if isinstance(target, ast.Starred) else getattr(target, "elts", [])
    return [name for part in parts for name in _names(part)]
