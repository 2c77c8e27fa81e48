"""What a script gives its names, also in functions, where nothing is left of it when they return.

After each statement that gives a value to a name, the script calls `note`.  Its lines stay as they
are, so that errors and the lines of an observed record are the script's.

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
                noted = [(statement, *self._notes(statement)) for statement in block]
                setattr(node, part, [statement for all_of in noted for statement in all_of])
        return node

    def _within(self, node: Any) -> ast.AST:
        self.path.append(node.name)
        try:
            return self.generic_visit(node)
        finally:
            self.path.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _within

    def _notes(self, statement: ast.AST) -> list[ast.stmt]:
        """The calls that follow a statement: one for each name that it gives a value."""
        targets: list[Any] = getattr(statement, "targets", [])
        if isinstance(statement, ast.AugAssign) or getattr(statement, "value", None):
            targets = [*targets, getattr(statement, "target", None)]
        inner = [part for target in targets if target for part in ast.walk(target)]
        names = [x.id for x in inner if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)]
        return [ast.copy_location(self._call(name), statement) for name in names if name[0] != "_"]

    def _call(self, name: str) -> ast.stmt:
        arguments: list[ast.expr] = [ast.Constant(".".join(self.path)), ast.Constant(name)]
        arguments.append(ast.Name(name, ast.Load()))
        return ast.Expr(ast.Call(ast.Name(self.note, ast.Load()), arguments, []))
