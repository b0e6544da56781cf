"""The chain rule of one quantity: a sum over paths, each a product of terms."""

import heapq
import re
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from math import inf, isnan
from operator import add, mul
from typing import Any

import numpy as np

from autograd_lite.chain.graph import NamedGraph, Term, named_graph
from autograd_lite.data import check_limit, describe
from autograd_lite.engine import order, read_data, sweep
from autograd_lite.errors import DataError, GraphError, NameLookupError, ShapeError
from autograd_lite.expr.node import Expression, number
from autograd_lite.expr.notation import latex_name, latex_number, short
from autograd_lite.value import Constant, Value

# Paths: the products of terms that lead from the result down to a quantity

Between = Mapping[str, Sequence[Term]]


@dataclass(frozen=True)
class Path:
    """One way from the result down to the quantity: the terms along it, and their product."""

    terms: tuple[Term, ...]

    @property
    def value(self) -> float:
        """The product of the terms; 0 from one on that is 0 by a choice."""
        return reduce(lambda total, term: term.times(total), self.terms, 1.0)

    @property
    def names(self) -> str:
        """The product in names: ∂E/∂O1·∂O1/∂net_O1 and so on."""
        return "·".join(term.name for term in self.terms) or "1"

    @property
    def expression(self) -> Expression:
        """The product of the formulas."""
        return product(term.expression for term in self.terms)

    @property
    def formula(self) -> str:
        """The product of the formulas, as text."""
        return str(self.expression)

    @property
    def numbers(self) -> str:
        """The product of the numbers, as text; factors of 1 are left out."""
        return self._product(short, "·")

    @property
    def numbers_latex(self) -> str:
        """The same in LaTeX."""
        return self._product(latex_number, r" \cdot ")

    def _product(self, write: Callable[[float], str], times: str) -> str:
        first, *others = [write(term.value) for term in self.terms if term.value != 1] or ["1"]
        return times.join(
            [first, *(f"({one})" if one.startswith(("−", "-")) else one for one in others)]
        )

    def _repr_latex_(self) -> str:
        names = " ".join(latex_name(term.name) for term in self.terms) or "1"
        formulas = [self.expression.latex, self.numbers_latex, latex_number(self.value)]
        return f"$${' = '.join([names, *dict.fromkeys(formulas)])}$$"


def product(factors: Iterable[Expression]) -> Expression:
    """The factors multiplied from left to right; 1 if there are none.

    >>> from autograd_lite.expr.node import name
    >>> str(product([name("a", 2.0), name("b", 3.0)]))
    'a·b'
    """
    return reduce(mul, factors, number(1))


def terms_between(
    graph: NamedGraph, output: str, wrt: str, acts: Callable[[Any, Term], bool]
) -> dict[str, list[Term]]:
    """For each name on a path but the output, the terms by which it acts on the output.

    Names come results first, terms in the order of computation.
    """
    position = {label: number for number, label in enumerate(graph.elements)}
    below = graph.descend(output, None, lambda *_: None, lambda *_: None, acts)
    found: dict[str, list[Term]] = {}
    waiting = [wrt] if wrt in below else []
    while waiting:
        label = waiting.pop()
        if label in found or label == output:
            continue
        acting = [t for t in graph.by_parent[label] if t.child in below and acts(None, t)]
        found[label] = sorted(acting, key=lambda term: position[term.child])
        waiting += [term.child for term in acting]
    return dict(sorted(found.items(), key=lambda item: -position[item[0]]))


def largest_paths(between: Between, output: str, wrt: str, limit: int) -> list[Path]:
    """The paths of the largest contributions, at most ``limit``, largest first.

    The largest from a name up to the output go on as the largest from where their first term
    leads, so each name keeps its best, and no other path is ever built: of 2**60 paths neither.
    """
    # A path is its size, its first term, and the path from where that leads.
    best: dict[str, list[Any]] = {output: [(1.0, None, None)]}
    for label, terms in between.items():
        extended = (
            (abs(term.times(path[0])), term, path) for term in terms for path in best[term.child]
        )
        best[label] = heapq.nlargest(limit, extended, key=_rank)
    return [Path(_unwound(path)) for path in best.get(wrt, [])]


def _rank(path: Any) -> float:
    """The size of a path; what is no number comes first."""
    size: float = path[0]
    return inf if isnan(size) else size


def _unwound(path: Any) -> tuple[Term, ...]:
    """The terms of a path, from the output down."""
    terms = []
    while path[1] is not None:
        terms.append(path[1])
        path = path[2]
    return tuple(reversed(terms))


# The chain rule


class ChainRule:
    """∂output/∂wrt as a sum over paths. Printing shows it in names, in formulas and in numbers.

    ``value`` is the gradient; ``count`` how many paths there are; ``paths`` the paths, or the
    ``limit`` largest of them, with ``remaining`` and ``remainder`` for the others.
    """

    def __init__(self, graph: NamedGraph, output: str, wrt: str, limit: int) -> None:
        self.graph, self.output, self.wrt, self.limit = graph, output, wrt, limit
        self._totals = graph.descend(
            output,
            1.0,
            along=lambda total, term: term.times(total),
            join=add,
            acts=lambda total, term: term.carries(total),
        )
        self._between = terms_between(graph, output, wrt, self._acts)

    def _acts(self, _: Any, term: Term) -> bool:
        return term.carries(self._totals[term.child])

    @property
    def name(self) -> str:
        """∂output/∂wrt as a person writes it."""
        return f"∂{self.output}/∂{self.wrt}"

    @property
    def depends(self) -> bool:
        """Whether the output depends on the quantity at all."""
        return self.count > 0

    @cached_property
    def count(self) -> int:
        """How many paths there are, counted without listing them."""
        counts = self.graph.descend(self.output, 1, lambda total, _: total, add, self._acts)
        return counts.get(self.wrt, 0)

    @property
    def value(self) -> float:
        """The derivative: the sum over all paths."""
        return self._totals.get(self.wrt, 0.0)

    @cached_property
    def magnitude(self) -> float:
        """The sum of the paths' absolute values: what the rounding of ``value`` is relative to."""
        sizes = self.graph.descend(
            self.output, 1.0, lambda total, term: abs(term.times(total)), add, self._acts
        )
        return sizes.get(self.wrt, 0.0)

    @cached_property
    def paths(self) -> list[Path]:
        """The paths in reading order; above the limit, the largest contributions first."""
        found = largest_paths(self._between, self.output, self.wrt, min(self.limit, self.count))
        if self.count > self.limit:
            return found
        position = {label: count for count, label in enumerate(self.graph.elements)}
        return sorted(found, key=lambda path: [position[term.parent] for term in path.terms])

    @property
    def remaining(self) -> int:
        """How many paths are not listed."""
        return self.count - len(self.paths)

    @property
    def remainder(self) -> float:
        """What the paths that are not listed add up to."""
        return self.value - sum(path.value for path in self.paths) if self.remaining else 0.0

    @cached_property
    def factored(self) -> list[tuple[str, Expression]]:
        """The nested form that a person writes: each ∂output/∂name with its formula.

        A derivative that is a sum, or that is used more than once, is an equation of its own, so
        that nothing is computed twice; any other is written out where it is used.
        """
        uses = Counter(term.child for terms in self._between.values() for term in terms)
        equations: dict[str, Expression] = {}
        needed = deque([self.wrt])
        while needed:
            label = needed.popleft()
            if label in equations:
                continue
            parts = []
            for term in self._between.get(label, []):
                path, upstream = [term], term.child
                while uses[upstream] == 1 == len(self._between.get(upstream, [])):
                    path += self._between[upstream]
                    upstream = path[-1].child
                factors = [one.expression for one in path]
                if upstream != self.output:
                    total = f"∂{self.output}/∂{upstream}"
                    factors.append(self.graph.book.name(total, self._totals[upstream]))
                    needed.append(upstream)
                part = product(reversed(factors))
                chosen = isnan(part.value) and any(one.unchosen for one in path)
                parts.append(number(0) if chosen else part)
            equations[label] = reduce(add, parts) if parts else number(self.value)
        return [(f"∂{self.output}/∂{label}", formula) for label, formula in equations.items()]

    def expanded(self) -> str:
        """The sum over the paths three times, in names, in formulas and in numbers, as text."""
        if not self.depends:
            return f"{self.output} does not depend on {self.wrt}: {self.name} = 0"
        value = short(self.value)
        blocks = [
            ([path.names for path in self.paths], f"… and {self.remaining:,} more paths"),
            ([path.formula for path in self.paths], "…"),
            ([path.numbers for path in self.paths], f"{short(self.remainder)} from the others"),
        ]
        if blocks[-1][0] != [value]:
            blocks.append(([value], ""))
        lines = []
        for block, rest in blocks:
            shown = [*block, rest] if self.remaining and rest else block
            for position, one in enumerate(shown):
                sign = "=" if position == 0 else "−" if one.startswith("−") else "+"
                lines.append(f"{sign} {one.removeprefix('−') if position else one}")
        return f"\n{' ' * (len(self.name) + 1)}".join([f"{self.name} {lines[0]}", *lines[1:]])

    @property
    def _is_factored(self) -> bool:
        """Whether the factored form says more than the sum over the paths, and is no longer."""
        terms = sum(map(len, self._between.values()))
        return self.count > 1 and terms <= 4 * self.limit and len(self.factored) > 1

    def __str__(self) -> str:
        if not self._is_factored:
            return self.expanded()
        equations = (f"{derivative} = {formula}" for derivative, formula in self.factored)
        return "\n".join([self.expanded(), "", "factored:", *equations])

    def __repr__(self) -> str:
        paths = "1 path" if self.count == 1 else f"{self.count:,} paths"
        return f"<ChainRule {self.name} = {short(self.value)}, {paths}>"

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"

    def latex(self) -> str:
        r"""The sum of products in LaTeX, an ``aligned`` environment: names, formulas, numbers.

        The factored form follows, where it is another.

        >>> import autograd_lite as ag
        >>> x = ag.Value(3.0, label="x")
        >>> print(ag.chain_rule((x**2).named("y"), "x").latex())
        \begin{aligned}
        \frac{\partial y}{\partial x} &= \frac{\partial y}{\partial x} \\
        &= 2 \cdot x \\
        &= 6
        \end{aligned}
        """
        left = latex_name(self.name)
        if not self.depends:
            return f"{left} = 0"
        value = latex_number(self.value)
        blocks = [
            [" ".join(latex_name(t.name) for t in path.terms) or "1" for path in self.paths],
            [path.expression.latex for path in self.paths],
            [path.numbers_latex for path in self.paths],
        ]
        if self.remaining:
            more = rf" \;(\text{{{self.remaining:,} more}})"
            for block, rest in zip(blocks, ("", "", latex_number(self.remainder)), strict=True):
                block.append((rest or r"\dots") + more)
        lines = [_sum_latex(block) for block in blocks if block != [value]] + [value]
        body = " \\\\\n&= ".join([f"{left} &= {lines[0]}", *lines[1:]])
        if self._is_factored:
            factored = [f"{latex_name(name)} &= {formula.latex}" for name, formula in self.factored]
            body += " \\\\[2ex]\n" + " \\\\\n".join(factored)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def _sum_latex(terms: Sequence[str]) -> str:
    """Terms added up, one a line; what begins with a minus is taken away."""
    rest = [f"- {t[1:]}" if t.startswith("-") else f"+ {t}" for t in terms[1:]]
    return " \\\\\n&\\quad ".join([terms[0], *rest])


def chain_rule(root: Value, wrt: str | Value, limit: int = 24) -> ChainRule:
    """The chain rule of ∂root/∂wrt, term by term; ``print`` it, or read ``.paths``.

    ``wrt`` is a name, or a scalar Value; of a Value that the result does not depend on, the
    derivative is 0. Above ``limit`` paths the largest are listed. The sum of the paths is compared
    with the engine's gradient when it is made. Raises NameLookupError for an unknown name.

    >>> import autograd_lite as ag
    >>> x, w = ag.Value(2.0, label="x"), ag.Value(3.0, label="w")
    >>> net = (w * x).named("net")
    >>> y = ag.sigmoid(net).named("y")
    >>> print(ag.chain_rule(y, "w"))
    ∂y/∂w = ∂y/∂net·∂net/∂w
          = y·(1 − y)·x
          = 0.00246651·2
          = 0.00493302
    """
    return chain_rule_of(named_graph(root, sys._getframe(1)), wrt, limit)


def chain_rule_of(graph: NamedGraph, wrt: str | Value, limit: int = 24) -> ChainRule:
    """The chain rule on a graph that has been expanded already."""
    if len(graph.outputs) != 1:
        raise ShapeError(
            f"{graph.root.describe()} has shape {graph.root.shape}; the chain rule is told for a "
            "single number, such as its sum or one of its elements"
        )
    check_limit(limit, "listed paths")
    if isinstance(wrt, Value):
        label = _name_of(graph, wrt)
    elif isinstance(wrt, str):
        label = graph.lookup(wrt)
    else:
        raise DataError(f"wrt is {describe(wrt)}; give the name of a number, or its Value")
    rule = ChainRule(graph, graph.outputs[0], label, limit)
    _check_against_engine(rule)
    return rule


def _name_of(graph: NamedGraph, wrt: Value) -> str:
    found = [element.name for element in graph.elements.values() if element.tensor is wrt]
    if not found:
        return wrt.describe()  # the result does not depend on it, which is an answer
    if len(found) > 1:
        raise NameLookupError(
            f"{wrt.describe()} is {len(found)} numbers; name one of them: {', '.join(found[:12])}"
        )
    return found[0]


def _check_against_engine(rule: ChainRule) -> None:
    """The sum of the paths and the gradient of the tensor graph are two ways to one number."""
    element = rule.graph.elements.get(rule.wrt)
    nodes = order(rule.graph.root)
    if element is None or isinstance(element.tensor, Constant) or element.tensor not in set(nodes):
        return  # the engine gives no gradient for data, nor for a name of the expansion's own
    gradient = sweep(nodes, {rule.graph.root: 1.0}, read_data).get(element.tensor)
    expected = 0.0 if gradient is None else float(np.asarray(gradient)[element.index])
    coarsest = max((np.finfo(node.dtype) for node in nodes), key=lambda info: float(info.eps))
    precision = 1e-12 * float(coarsest.eps / np.finfo(float).eps)
    tiny = float(coarsest.tiny)
    same = rule.value == expected or (isnan(rule.value) and isnan(expected))
    overflows = rule.magnitude > float(coarsest.max)
    off = abs(rule.value - expected)
    if same or overflows or off <= precision * rule.magnitude + tiny:
        return
    # What cancels within a term, as in the gradient of a sum of softmaxes, is in no path's size.
    added_up = rule.graph.sizes(rule.output).get(rule.wrt, 0.0)
    if not off <= precision * added_up + tiny:
        raise GraphError(
            f"the paths of {rule.name} add up to {rule.value!r}, the engine's gradient is "
            f"{expected!r}; this is a defect of autograd_lite or of an op's rule"
        )


# Views: as a list of everything, as JSON can hold them, in the width of a terminal


def listing(graph: NamedGraph) -> str:
    """Every named value by its formula and number, then every local derivative."""
    values = []
    for label in graph.elements:
        formula, value = str(graph.definition(label)), short(graph.value(label))
        values.append(f"{label} = {formula}" + (f" = {value}" if value != formula else ""))
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

    >>> from autograd_lite.chain.rule import folded
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
