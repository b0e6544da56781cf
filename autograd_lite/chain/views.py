"""Further views of the chain rule: as JSON, as a list of everything, in the width of a terminal."""

import re
from typing import Any

from autograd_lite.chain.notation import short
from autograd_lite.chain.rule import ChainRule
from autograd_lite.chain.terms import NamedGraph, Term

__all__ = ["folded", "graph_as_dict", "listing", "rule_as_dict"]


def listing(graph: NamedGraph) -> str:
    """Every named value by its formula and number, then every local derivative."""
    values = []
    for name in graph.elements:
        formula, number = str(graph.definition(name)), short(graph.value(name))
        values.append(f"{name} = {formula}" + (f" = {number}" if number != formula else ""))
    return "\n".join([*values, "", *map(str, graph.terms)])


def graph_as_dict(graph: NamedGraph) -> dict[str, Any]:
    """The named values and the local derivatives, as JSON can hold them."""
    return {
        "output": graph.outputs[0],
        "values": [
            {
                "name": name,
                "kind": element.kind,
                "formula": str(graph.definition(name)),
                "value": graph.value(name),
            }
            for name, element in graph.elements.items()
        ],
        "terms": [_term_as_dict(term) for term in graph.terms],
    }


def rule_as_dict(rule: ChainRule) -> dict[str, Any]:
    """The paths of a chain rule and its factored form, as JSON can hold them."""
    return {
        "output": rule.output,
        "wrt": rule.wrt,
        "value": rule.value,
        "count": rule.count,
        "paths": [
            {"value": path.value, "terms": [_term_as_dict(term) for term in path.terms]}
            for path in rule.paths
        ],
        "remaining": rule.remaining,
        "remainder": rule.remainder,
        "factored": [
            {"name": name, "formula": str(formula), "value": formula.value}
            for name, formula in rule.factored
        ],
    }


def _term_as_dict(term: Term) -> dict[str, Any]:
    return {
        "child": term.child,
        "parent": term.parent,
        "formula": term.formula,
        "value": term.value,
    }


_BREAKS = re.compile(r"(?:·| [+−=] )(?![^()]*\))")
"""Where a formula may go on in the next line: before a term or, failing that, a factor."""


def folded(text: str, width: int) -> str:
    """Formulas in lines of at most a width, where they can be broken, continued below the first.

    >>> from autograd_lite.chain.views import folded
    >>> print(folded("∂E/∂w = ∂E/∂O·∂O/∂net·∂net/∂w", 25))
    ∂E/∂w = ∂E/∂O·∂O/∂net
            ·∂net/∂w
    """
    lines = []
    for line in text.splitlines():
        start = re.match(r"[^=+−]*[=+−] ", line)
        indent = len(start[0]) if start else 0
        rest = line
        while len(rest) > width:
            places = [found.start() for found in _BREAKS.finditer(rest, indent + 1)]
            fitting = [place for place in places if place <= width]
            if not fitting:
                break
            cut = max(fitting, key=lambda place: (rest[place] == " ", place))
            lines.append(rest[:cut])
            rest = " " * indent + rest[cut:].lstrip()
        lines.append(rest)
    return "\n".join(lines)
