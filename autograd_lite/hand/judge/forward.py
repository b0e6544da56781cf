"""Forward values as they are carried on from stated ones, right or wrong."""

from collections.abc import Mapping

import numpy as np

from autograd_lite.chain.graph import NamedGraph
from autograd_lite.expr.node import Expression
from autograd_lite.hand.judge.ledger import Carried, Ledger

__all__ = ["carried_values", "evaluated"]


def carried_values(graph: NamedGraph, ledger: Ledger) -> dict[str, dict[str, Carried]]:
    """The forward values other than the true ones, if the author went on from stated values.

    Under "wrong" from those only that were wrong, under "printed" from all, with their digits.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.hand.judge.ledger import Stated
    >>> from autograd_lite.hand.truth.truth import Ends
    >>> h = (ag.Value(3.0, label="w") * 2).named("h")
    >>> wrong = Stated(Ends("value", "h"), 5.0, 0.0, 0.0, 1e-16, right=False)
    >>> found = carried_values(named_graph((h * h).named("E")), Ledger([wrong]))
    >>> found["wrong"]["E"].number
    25.0
    """
    found: dict[str, dict[str, Carried]] = {"wrong": {}, "printed": {}}
    for name in graph.elements:
        places = ledger.at("value", name)
        definition = graph.definition(name)
        computed = {kind: evaluated(graph, definition, env) for kind, env in found.items()}
        ledger.settle(places, list(computed.values()))
        wrong = ledger.wrong(places)
        for kind, env in found.items():
            if kind == "wrong" and places and not wrong:
                continue
            chosen = wrong or (places if kind == "printed" else [])
            carried = ledger.claimed(chosen[0]) if chosen else computed[kind]
            if carried is not None:
                env[name] = carried
    return {kind: env for kind, env in found.items() if env}


def evaluated(graph: NamedGraph, formula: Expression, env: Mapping[str, Carried]) -> Carried | None:
    """A formula from carried values; None where none of its names is carried.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> graph = named_graph((ag.Value(3.0, label="w") * 2).named("E"))
    >>> evaluated(graph, graph.definition("E"), {"w": Carried(4.0)}).number
    8.0
    """
    symbols = formula.symbols
    moved = sorted(symbols & env.keys())
    if not moved:
        return None
    here = {symbol: graph.value(symbol) for symbol in symbols}
    here |= {one: env[one].number for one in moved}
    with np.errstate(all="ignore"):
        number = float(formula.evaluate(here))
        # To first order: how far it moves when each of its names moves as far as it may be off.
        off = sum(
            abs(float(formula.evaluate({**here, one: here[one] + env[one].off})) - number)
            for one in moved
            if env[one].off
        )
    return Carried(number, off, frozenset().union(*(env[one].marks for one in moved)))
