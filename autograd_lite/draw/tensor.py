"""The tensor picture: a node a value, with its numbers and gradient; an edge an operand slot."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.chain.graph import kind_of
from autograd_lite.draw import style
from autograd_lite.draw.style import definition
from autograd_lite.engine import order, read_data, sweep, takes_gradient, zeros_like
from autograd_lite.expr.notation import short
from autograd_lite.value import Value

_STRAIGHT, _LOOSE = "8", " [weight=1]"
"""How edges weigh: the path of computed values is straight, leaves join it."""


def tensor_dot(root: Value, names: Mapping[Value, str]) -> str:
    """The DOT text of everything that ``root`` was computed from."""
    import graphviz

    nodes = order(root)
    gradients = _gradients(root, nodes)
    looks = {node: "output" if node is root else kind_of(node) for node in nodes}
    dot = graphviz.Digraph("graph")
    dot.attr(rankdir="LR", fontname=style.FONT, nodesep="0.25", ranksep="0.45", ordering="in")
    legend = _legend(style.kinds_in_order(looks.values()), names[root] if gradients else "")
    dot.attr(label=legend, labeljust="l")
    dot.attr("node", shape="plain", fontname=style.FONT, fontsize="10", fontcolor=style.INK)
    dot.attr("edge", color="#666666", arrowsize="0.7", fontname=style.FONT, fontsize="9")
    dot.attr("edge", weight=_STRAIGHT)
    ids = {node: f"n{count}" for count, node in enumerate(nodes)}
    for node in nodes:
        title, fill = definition(node, names), style.FILL[looks[node]]
        dot.node(ids[node], _table(node, gradients.get(node), title, fill))
    # As lines of DOT: the calls of graphviz that quote what needs no quotes were half the time.
    dot.body += [
        f"\t{ids[operand]} -> {ids[node]}{'' if operand.op else _LOOSE}\n"
        for node in nodes
        for operand in node.parents
    ]
    source: str = dot.source
    return source


def _gradients(root: Value, nodes: Sequence[Value]) -> dict[Value, Any]:
    """The gradients of the picture's own result, whatever backward has left in the values.

    A Constant has none, and nothing has one where the result is several numbers.
    """
    if root.size != 1:
        return {}
    one = np.ones(root.shape, root.dtype) if root.shape else 1.0
    found = sweep(nodes, {root: one}, read_data)
    return {node: found.get(node, zeros_like(node)) for node in filter(takes_gradient, nodes)}


def _table(node: Value, gradient: Any, title: str, fill: str) -> str:
    """Name and definition, shape, numbers, gradient."""
    lines = [_row(f"<B>{style.markup(title)}</B>", fill)]
    if node.shape:
        precision = " float32" if node.dtype.itemsize == 4 else ""
        shape = f"shape {node.shape}{precision}"
        lines.append(_row(f'<FONT COLOR="{style.LINE}">{shape}</FONT>', fill))
    lines.append(_row(_numbers(node.data), "white"))
    if gradient is not None:
        lines += [_row(one, style.FRAME["value"]) for one in ("grad", _numbers(gradient))]
    return _frame("".join(lines))


def _frame(rows: str) -> str:
    return (
        f'<<TABLE BORDER="1" COLOR="{style.LINE}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4">'
        f"{rows}</TABLE>>"
    )


def _row(content: str, fill: str) -> str:
    return f'<TR><TD BGCOLOR="{fill}">{content}</TD></TR>'


def _numbers(array: Any) -> str:
    """The numbers as a table, one number alone, or what a large array is."""
    if isinstance(array, float):
        return short(array)
    rows = style.rows(array)
    if not rows:
        return style.summary(array)
    if rows == [[rows[0][0]]]:
        return rows[0][0]
    cells = (
        "<TR>" + "".join(f'<TD ALIGN="RIGHT">{number}</TD>' for number in row) + "</TR>"
        for row in rows
    )
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4">'
    return f"{table}{''.join(cells)}</TABLE>"


def _legend(kinds: list[str], result: str) -> str:
    cells = [f'<TD BGCOLOR="{style.FILL[kind]}">{style.WORDS[kind]}</TD>' for kind in kinds]
    key = style.markup(style.key_of("name = op, numbers", result))
    words = f'<TD BORDER="0">{key}</TD>'
    return (
        f'<<TABLE BORDER="0" CELLBORDER="1" COLOR="{style.LINE}" CELLSPACING="8" CELLPADDING="4">'
        f"<TR>{''.join(cells)}{words}</TR></TABLE>>"
    )
