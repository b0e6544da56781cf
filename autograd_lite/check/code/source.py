"""The statements of a file: which lines each takes, and which variables it names."""

import ast
import functools
import linecache
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Source", "Statement"]


class Statement(NamedTuple):
    """A statement: its first line, its text in one line, and the variables that it names.

    What it assigns to comes first; after an element comes what it is an element of.
    """

    line: int
    text: str
    names: tuple[str, ...] = ()


class Source:
    """The statements of a file, by line.

    >>> source = Source("", ["w[0] -= (lr *", "         g)"])
    >>> source.at(2)
    Statement(line=1, text='w[0] -= (lr * g)', names=('w[0]', 'w', 'lr', 'g'))
    """

    def __init__(self, filename: str, lines: list[str] | None = None) -> None:
        self.filename = filename
        found = linecache.getlines(filename) if lines is None else lines
        self._lines = [line.rstrip("\r\n") for line in found]
        self._nodes = _nodes_by_line("\n".join(self._lines))

    def at(self, line: int) -> Statement:
        """The statement of which the line is a part."""
        nodes = self._nodes.get(line)
        if not nodes:
            return Statement(line, self._text(line, line))
        first, names = nodes[0].lineno, (name for node in nodes for name in _names(node))
        return Statement(first, self._text(first, _last(nodes[-1])), tuple(dict.fromkeys(names)))

    def _text(self, first: int, last: int) -> str:
        return " ".join(line.strip() for line in self._lines[first - 1 : last])


@functools.lru_cache(maxsize=16)  # code is run several times, at several points
def _nodes_by_line(text: str) -> dict[int, tuple[ast.stmt, ...]]:
    """The innermost statements that take a line; several as in ``a = 1; b = 2``."""
    found: dict[int, tuple[ast.stmt, ...]] = {}
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a cell with magic commands still has its lines
        return found
    for node in ast.walk(tree):  # what is within others comes after them
        if isinstance(node, ast.stmt):
            lines = range(node.lineno, _last(node) + 1)
            before = found.get(node.lineno, ())
            same = tuple(one for one in before if (one.lineno, _last(one)) == (lines[0], lines[-1]))
            found |= dict.fromkeys(lines, (*same, node))
    return found


def _last(node: ast.stmt) -> int:
    """The last line of a statement; of one with a body, the last before that."""
    last = node.end_lineno or node.lineno
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if not body:
        return last
    return max(node.lineno, getattr(body[0], "lineno", last) - 1)


def _names(node: ast.stmt) -> Iterator[str]:
    """The variables of a statement as they are spelled, those that it assigns to first."""
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    rest = [] if hasattr(node, "body") else [node]
    for part in (*targets, *rest):
        found = [one for one in ast.walk(part or ast.Pass()) if isinstance(one, _VARIABLE)]
        for one in sorted(found, key=lambda one: (one.lineno, one.col_offset)):
            yield ast.unparse(one)


_VARIABLE = ast.Name | ast.Attribute | ast.Subscript
