"""Code inside a text: which lines of it are no claims. It is only looked at, never run."""

import re
from collections.abc import Sequence

__all__ = ["end_of_statement", "is_indented_assignment", "sums"]

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_COMMENT = re.compile(r"\s#.*")
_CONTINUED = re.compile(r"\w\(|[({\[]$")
_INDENTED = re.compile(r"\s+[A-Za-z_]\w*\s*=")
_ADDED = re.compile(r"^ *([^\W\d]\w{0,80})\b[^=\n]{0,40}[-+]=", re.MULTILINE)
_MOST_LINES, _DEEPEST = 200, 20


def end_of_statement(lines: Sequence[str], at: int) -> int:
    """The line after a call or display that is left open: its keyword arguments are no claims.

    >>> end_of_statement(["net = Net(", "    seed=0,", ")", "x = 1"], 0)
    3
    >>> end_of_statement(["as we saw (above", "x = 1"], 0)
    1
    """
    depth = 0
    for place, line in enumerate(lines[at : at + _MOST_LINES], at):
        if place == at and not line.rstrip().endswith(("(", "[", "{", ",")):
            break
        bare = _QUOTED.sub("", _COMMENT.sub("", line)).rstrip()
        depth += sum(map(bare.count, "([{")) - sum(map(bare.count, ")]}"))
        if depth <= 0:
            return place + 1
        if not bare or depth > _DEEPEST or (place == at and not _CONTINUED.search(bare)):
            break
    return at + 1


def is_indented_assignment(line: str) -> bool:
    """Whether a line assigns inside a function or loop, where a literal is only a beginning.

    >>> is_indented_assignment("    total = 0"), is_indented_assignment("H1 = 0.5")
    (True, False)
    """
    return _INDENTED.match(line) is not None


def sums(text: str) -> set[str]:
    r"""The names to which something is added: a zero that they start from is no claim.

    >>> sums("E = 0\nE += (O1 - t1)**2")
    {'E'}
    """
    return set(_ADDED.findall(text))
