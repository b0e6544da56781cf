"""The lines of a derivation as the source of one Python function."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from autograd_lite.chain.derivation.expression import Expression
from autograd_lite.chain.derivation.folding import WIDTH, filled, folded
from autograd_lite.chain.derivation.lines import Line, Program, chain
from autograd_lite.chain.derivation.parameters import signature
from autograd_lite.chain.derivation.python import PythonWriter
from autograd_lite.chain.derivation.repeats import repeated
from autograd_lite.chain.derivation.scalars import HELPERS
from autograd_lite.chain.derivation.written import setting

__all__ = ["Source", "write_source"]

_INDENT = "    "


class Source(NamedTuple):
    """The text, and the arrays that are too large for it and have to be given to the function."""

    text: str
    constants: dict[str, Any]


class _Row(NamedTuple):
    """A line of the function, and its comment."""

    code: str
    comment: str = ""


def write_source(program: Program) -> Source:
    """A module with one function, ``derivation``, which returns the value and the gradients."""
    symbols = [line.symbol for line in program.lines] + [one.symbol for one in program.inputs]
    writer = PythonWriter([symbol.identifier for symbol in symbols], program.reading_order)
    shared = set(repeated(program.lines))
    forward = [
        [row for line in layer for row in _rows(writer, shared, line, program.output)]
        for _, layer in groupby(program.forward, key=lambda line: id(line.layer))
    ]
    backward = [
        [row for line in layer for row in _rows(writer, shared, line, program.output)]
        for layer in program.backward
    ]
    end = _end(writer, program)
    body = [f'"""{_title(program)}"""']
    for title, layers in (("forward", forward), ("backward", backward)):
        if layers:
            body += ["", f"# {title}", *_blocks(layers)]
    text = "\n".join(signature(program.inputs, writer.constants))
    text += "".join(f"\n{_INDENT}{line}" if line else "\n" for line in [*body, "", *end])
    return Source("\n\n\n".join([*_header(writer, text), text]) + "\n", writer.constants)


def _title(program: Program) -> str:
    """In identifiers only: a label may hold anything."""
    value = getattr(program.value, "identifier", "The value")
    return f"{value}, and its derivatives with respect to the weights."


def _rows(writer: PythonWriter, shared: set[Expression], line: Line, output: str) -> Iterator[_Row]:
    """The line itself, after one for each repeated part that has none yet."""
    for part in _inside(writer, line.definition):
        if part in shared and part is not line.definition:
            text = writer.write(part)
            writer.lines[part] = writer.fresh("u")
            yield _Row(f"{writer.lines[part]} = {text}")
    identifier, definition = line.symbol.identifier, writer.write(line.definition)
    if isinstance(line.definition, Expression) and line.definition in shared:
        writer.lines[line.definition] = identifier
    comment = "" if line.children is None else chain(line, output, WIDTH - 6)
    yield _Row(f"{identifier} = {definition}", comment)


def _inside(writer: PythonWriter, definition: Any) -> list[Expression]:
    """What a definition is made of, operands first, as far as it is written out."""
    found: dict[Expression, None] = {}
    waiting = [definition]
    while waiting:
        part = waiting.pop()
        if writer.is_inside(part) and part not in found:
            found[part] = None
            waiting += part.operands
    return sorted(found, key=lambda part: part.depth)


def _blocks(layers: Sequence[Sequence[_Row]]) -> Iterator[str]:
    """The layers, with an empty line between them; those of one line stand together."""
    blocks: list[list[_Row]] = []
    for before, layer in zip([(), *layers], layers, strict=False):
        if len(before) == len(layer) == 1:
            blocks[-1] += layer
        else:
            blocks.append([*layer])
    for position, block in enumerate(blocks):
        if position:
            yield ""
        yield from _aligned(block)


def _aligned(rows: Sequence[_Row]) -> Iterator[str]:
    """Each comment beside its line if there is room, else above it."""
    room = WIDTH - len(_INDENT) - len("  # ")

    def fits(row: _Row, width: int) -> bool:
        return len(row.code) <= width <= room - len(row.comment) and row.comment != ""

    widths = sorted({len(row.code) for row in rows})
    width = max(widths, key=lambda width: sum(fits(row, width) for row in rows))
    for row in rows:
        if fits(row, width):
            yield f"{row.code:{width}}  # {row.comment}"
        else:
            yield from [f"# {row.comment}"] if row.comment else []
            yield from folded(row.code)


def _end(writer: PythonWriter, program: Program) -> list[str]:
    """What the function returns."""
    value = writer.write(program.value)
    pairs = [
        f"{setting(label)}: {writer.write(found)}," for label, found in program.gradients.items()
    ]
    short = f"return {value}, {{{' '.join(pairs).removesuffix(',')}}}"
    if len(short) <= WIDTH - len(_INDENT):
        return [short]
    return [f"return {value}, {{", *filled(pairs, _INDENT, WIDTH - len(_INDENT)), "}"]


def _header(writer: PythonWriter, text: str) -> list[str]:
    """The imports in their usual order, and the functions that the source defines itself."""
    imports = writer.imports
    helpers = [HELPERS[name].rstrip() for name in sorted(imports.get("", ()))]
    blocks = []
    if "math" in imports:
        blocks.append(_import("math", imports["math"]))
    if "np." in text:
        blocks.append("import numpy as np")
    package = [
        _import(module, names)
        for module, names in sorted(imports.items())
        if module.startswith("autograd_lite")
    ]
    if "REGISTRY" in imports:
        package.append(_import("autograd_lite.op", {"REGISTRY"}))
    if package:
        blocks.append("\n".join(package))
    return [part for part in ("\n\n".join(blocks), *helpers) if part]


def _import(module: str, names: set[str]) -> str:
    return f"from {module} import {', '.join(sorted(names))}"
