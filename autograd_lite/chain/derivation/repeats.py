"""Common subexpressions: what occurs more than once, and so gets a line of its own."""

from collections import Counter
from collections.abc import Sequence

from autograd_lite.chain.derivation.expression import Expression, Symbol
from autograd_lite.chain.derivation.lines import Line
from autograd_lite.chain.derivation.scalars import is_compared

__all__ = ["repeated"]

_OFTEN = 3
_CHEAP = {"add", "subtract", "negative", "gathered", "greater", "less"}
_VIEWS = {"transpose", "reshape"}


def repeated(lines: Sequence[Line]) -> list[Expression]:
    """The expressions that occur more than once.

    A plain sum or difference of two names may occur twice: a line for it would be longer.
    """
    waiting = [line.definition for line in lines if isinstance(line.definition, Expression)]
    uses = Counter(waiting)
    seen = set(waiting)
    while waiting:
        parents = waiting.pop().parents
        uses.update(parents)
        fresh = {part: None for part in parents if part not in seen}
        seen |= fresh.keys()
        waiting += fresh
    return [one for one, times in uses.items() if times > 1 and not _is_small(one, times)]


def _is_small(expression: Expression, times: int) -> bool:
    if isinstance(expression, Symbol) or is_compared(expression):
        return True
    if any(not isinstance(part, Symbol) for part in expression.parents):
        return False
    kind = expression.kind
    return kind in _VIEWS or (kind in _CHEAP and times < _OFTEN)
