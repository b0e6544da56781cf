"""A derivation written down: the source of one Python function, and LaTeX."""

import builtins
import linecache
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from hashlib import sha256
from importlib import import_module
from itertools import groupby
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.chain.lines import Input, Line, Program, chain, repeated
from autograd_lite.data import Data, as_data
from autograd_lite.errors import NameLookupError, ShapeError
from autograd_lite.expr.node import Expression
from autograd_lite.expr.notation import (
    ARRAYS,
    OPERATORS,
    SCALARS,
    Written,
    apply,
    functions,
    in_python,
    is_uniform,
    latex_name,
    literal,
    setting,
    winner,
    written_number,
)
from autograd_lite.expr.rules import is_kind
from autograd_lite.op import Elementwise, Op, Precedence, Structural, shape_of

# Long lines of Python, broken before an operator or between arguments.


WIDTH = 99


def filled(pieces: Iterable[str], indent: str, width: int = WIDTH) -> Iterator[str]:
    """Lines of as many pieces as fit, with a space between them.

    >>> list(filled(["a,", "b,", "c,"], indent="  ", width=8))
    ['  a, b,', '  c,']
    """
    line = ""
    for piece in pieces:
        if line and len(f"{line} {piece}") > width:
            yield line
            line = ""
        line = f"{line} {piece}" if line else f"{indent}{piece}"
    if line:
        yield line


def folded(line: str, width: int = WIDTH - 4) -> list[str]:
    r"""An assignment in one line if it fits; else its right side in parentheses, term by term.

    >>> print(*folded("total = first * 2 + second * 3 - third(4)", width=24), sep="\n")
    total = (
        first * 2
        + second * 3
        - third(4)
    )
    """
    target, _, value = line.partition(" = ")
    if len(line) <= width or '"' in value:
        return [line]
    pieces = _terms(value)
    if max(map(len, pieces)) > width - 4:
        pieces = re.split(r"(?<=,) | (?=(?:[-+*/@]|\*\*|[<>=]=?|if|else) )", value)
    return [f"{target} = (", *filled(pieces, indent="    ", width=width), ")"]


def _terms(text: str) -> list[str]:
    """The terms of a sum with their signs, unless the signs stand in parentheses."""
    pieces, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and text[place : place + 3] in (" + ", " - "):
            pieces.append(text[start:place])
            start = place + 1
    return [*pieces, text[start:]]


# The parameters of the function: weights and data, with the recorded numbers as defaults.


_INDENT = "    "
_LARGEST_DEFAULT = 32
_TITLES = {"weight": "weights", "data": "data"}


def signature(inputs: Sequence[Input], constants: Mapping[str, Any]) -> Iterator[str]:
    """The first lines of the function; the elements of an array stand together.

    >>> list(signature([], {}))
    ['def derivation():']
    """
    if not inputs and not constants:
        yield "def derivation():"
        return
    yield "def derivation("
    yield f"{_INDENT}*,"
    for kind, title in _TITLES.items():
        some = [one for one in inputs if one.kind == kind]
        if some:
            yield f"{_INDENT}# {title}"
        for _, several in groupby(some, key=lambda one: one.layer if one.shape else ""):
            yield from _together((one.symbol.identifier, one.data) for one in several)
    if constants:
        yield f"{_INDENT}# constants"
        yield from _together(constants.items())
    yield "):"


def _together(parameters: Iterable[tuple[str, Data]]) -> Iterator[str]:
    """Numbers side by side, each array on lines of its own."""
    for is_number, several in groupby(parameters, key=lambda one: isinstance(one[1], float)):
        if is_number:
            yield from filled((f"{name}={_exact(data)}," for name, data in several), _INDENT)
        else:
            for name, array in several:
                yield from _array_parameter(name, array)


def _exact(value: Any) -> str:
    return repr(value) if isfinite(value) else f'float("{value}")'


def _array_parameter(name: str, array: Any) -> Iterator[str]:
    """An array on one line if it fits, else row by row; a large one has no default."""
    if array.size > _LARGEST_DEFAULT and not is_uniform(array):
        yield f"{_INDENT}{name},  # of shape {array.shape}"
        return
    line = f"{_INDENT}{name}={literal(array)},"
    if len(line) <= WIDTH:
        yield line
        return
    start, _, rest = line.partition("([")
    numbers, _, end = rest.rpartition("]")
    yield f"{start}(["
    for row in numbers.replace("], [", "],\n[").splitlines():
        yield from filled(f"{row},".replace(",,", ",").split(" "), _INDENT * 2)
    yield f"{_INDENT}]{end}"


# Running derived source: what it is given, and what it says where it fails.


def compiled(source: str, name: str) -> Callable[..., Any]:
    r"""The function ``derivation`` of a source, through whose lines a debugger can step.

    >>> compiled("def derivation(*, x=2.0):\n    return x * x\n", "x")(x=3.0)
    9.0
    """
    file = f"<derivation of {name} {sha256(source.encode()).hexdigest()[:8]}>"
    # A modification time of None keeps linecache from looking for the file.
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": file}
    exec(compile(source, file, "exec"), namespace)
    function: Callable[..., Any] = namespace["derivation"]
    return function


def bind(inputs: Sequence[Input], given: Mapping[str, Any]) -> dict[str, Data]:
    """The numbers for all parameters: the recorded ones, but for those that are given.

    An input is named by its label or its parameter, an array of which elements are inputs by its
    own label. Raises NameLookupError for another name, ShapeError for another shape.
    """
    by_name = {one.symbol.identifier: one for one in inputs}
    by_name |= {one.symbol.label: one for one in inputs}
    layers = {one.layer for one in inputs if one.shape}
    numbers = {one.symbol.identifier: one.data for one in inputs}
    for name, value in given.items():
        data = as_data(getattr(value, "_data", value))
        if name in by_name:
            one = by_name[name]
            numbers[one.symbol.identifier] = _fitting(name, data, one.data)
        elif name in layers:
            numbers |= _elements(name, data, [one for one in inputs if one.layer == name])
        else:
            known = [*by_name, *layers]
            nearest = ", ".join(get_close_matches(name, known) or known[:40]) or "there are none"
            raise NameLookupError(f"no input is called {name!r}; nearest: {nearest}")
    return numbers


def _fitting(name: str, data: Data, recorded: Data) -> Data:
    """Data in the shape and precision of the recorded ones."""
    if np.shape(data) != np.shape(recorded):
        raise ShapeError(
            f"{name} has shape {np.shape(recorded)} and was given data of shape {np.shape(data)}; "
            "derive again for another shape"
        )
    return data if isinstance(data, float) else data.astype(np.asarray(recorded).dtype)


def _elements(name: str, data: Data, elements: Sequence[Input]) -> dict[str, Data]:
    """An array taken apart; elements that have no effect on the result are not needed."""
    array = _fitting(name, data, np.empty(elements[0].shape))
    assert isinstance(array, np.ndarray)
    return {one.symbol.identifier: float(array[one.index]) for one in elements}


# Expressions as Python: no parenthesis too many, and no operation reordered.


_LONGEST = 6
"""An array of more numbers within an expression is a constant with a name."""

_SUMS = {"add", "subtract", "gathered"}
_PRODUCTS = {"multiply", "divide", "matmul"}


class PythonWriter:
    """Writes expressions, and remembers what they import.

    ``reading_order`` is explained at :class:`autograd_lite.chain.lines.Program`.
    ``lines`` are the identifiers of expressions that have a line of their own, ``constants`` the
    arrays that would make a line too long, by identifiers that are not in ``taken``.

    >>> from autograd_lite.expr.node import Book
    >>> book = Book()
    >>> H, g = book.symbol("H", "H", 0.5), book.symbol("∂E/∂H", "dE_dH", 2.0)
    >>> PythonWriter().write(g * (H * (1 - H)))
    'dE_dH * (H * (1 - H))'
    """

    notation, parentheses = "python", "({})"

    def __init__(self, taken: Iterable[str] = (), reading_order: bool = False) -> None:
        self.reading_order = reading_order
        self.lines: dict[Expression, str] = {}
        self.imports: dict[str, set[str]] = {}
        self.defined: set[Elementwise] = set()
        self.constants: dict[str, Any] = {}
        self._taken = {*taken}

    def fresh(self, prefix: str) -> str:
        """A new identifier: the prefix and a number."""
        numbers = range(1, len(self._taken) + 2)
        found = next(name for n in numbers if (name := f"{prefix}{n}") not in self._taken)
        self._taken.add(found)
        return found

    def write(self, part: Any, least: int = Precedence.CHOICE) -> str:
        """The source of an expression, in parentheses if it binds less than ``least``."""
        written = self._written(part)
        return written.text if written.precedence >= least else self._in_parentheses(written)

    def _in_parentheses(self, written: Written) -> str:
        return self.parentheses.replace("{}", written.text)

    def is_inside(self, part: Any, *kinds: str) -> bool:
        """Whether a part is written out where it stands, and is of one of the kinds."""
        if not isinstance(part, Expression) or part.is_symbol or part in self.lines:
            return False
        return not kinds or part.kind in kinds

    def is_left_out(self, part: Any) -> bool:
        """Whether a part is a quantity that no line of the source computes."""
        return is_kind(part, "symbol") and part.identifier not in self._taken

    def call(self, module: str, name: str, *arguments: Any, **settings: Any) -> str:
        """A call of a function of a module, which the source imports."""
        if module == "numpy":
            name = f"np.{name}"
        elif module == "REGISTRY":
            self.imports.setdefault(module, set())
            name = f"REGISTRY[{setting(name)}]"
        else:
            self.imports.setdefault(module, set()).add(name)
        texts = [self._argument(one) for one in arguments]
        texts += [f"{key}={self._argument(one)}" for key, one in settings.items()]
        return f"{name}({', '.join(texts)})"

    def _argument(self, part: Any) -> str:
        written = isinstance(part, Expression | float | np.ndarray)
        return self.write(part) if written else setting(part)

    def _written(self, part: Any) -> Written:
        if isinstance(part, float):
            return written_number(part, self.notation)
        if isinstance(part, np.ndarray):
            return self._array(part)
        if part in self.lines:
            return Written(self.lines[part])
        return self._symbol(part) if part.is_symbol else self._expression(part)

    def _symbol(self, part: Expression) -> Written:
        return Written(part.identifier)

    def as_float(self, part: Any) -> str:
        """The source of a part that is no whole number and no truth value."""
        if isinstance(part, float):
            return repr(part) if isfinite(part) else self.write(part)
        compares = not shape_of(part) and self._compares(part)
        return f"float({self.write(part)})" if compares else self.write(part)

    def _expression(self, part: Expression) -> Written:
        if part.kind in _SUMS:
            return self._sum(part)
        if part.kind == "negative":
            return self._negative(part)
        return self._op(part)

    def _op(self, part: Expression) -> Written:
        is_array = any(map(shape_of, (part, *part.operands)))
        template = (ARRAYS if is_array else SCALARS).get(part.kind)
        written = template(self, part) if template else self._declared(part, is_array)
        if not part.shape and isinstance(part.op, Structural):
            return Written(f"float({written.text})")  # NumPy's own number is slower, and no float
        return written

    def _declared(self, part: Expression, is_array: bool) -> Written:
        """An op as it is declared; called out of the registry if it says nothing."""
        op = part.op
        assert op is not None  # only symbols and what has a template have none
        operates = Precedence.COMPARISON <= _binding(op) <= Precedence.SIGN  # on arrays as well
        source = op.numpy if is_array and not operates else op.python
        if not source:
            return Written(self.call("REGISTRY", part.kind, *part.operands, **part.attributes))
        self._import(op, functions(source), is_array)
        if self._compares(part):
            kind = "float" if part.dtype == np.float64 else f"np.{part.dtype}"
            written = Written(self.condition(part), Precedence.COMPARISON)
            return Written(f"({written.text}).astype({kind})") if part.shape else written
        settings = {key: setting(one) for key, one in _given(op, part.attributes).items()}
        return in_python(source, self._counted(part), settings)

    def _import(self, op: Op, called: set[str], is_array: bool) -> None:
        """Import what the source of an op calls, or define it."""
        if not is_array and isinstance(op, Elementwise) and op.defines:
            self.defined.add(op)
            called = functions(op.defines)
        for name in called:
            if hasattr(math, name):
                self.imports.setdefault("math", set()).add(name)
            elif is_array and not hasattr(builtins, name):
                public = hasattr(import_module("autograd_lite"), name)
                module = "autograd_lite" if public else "autograd_lite.ops.adjoints"
                self.imports.setdefault(module, set()).add(name)

    def _sum(self, part: Expression) -> Written:
        """A sum as it is computed: from the left, or from the last use."""
        return Written("".join(self.summands(part)), Precedence.SUM)

    def summands(self, part: Expression) -> list[str]:
        """The terms of a sum with their signs, in the order in which they are added."""
        terms = [self._signed(*term) for term in self._terms(part)]
        if len(terms) == 2 and terms[0][0] == "-" != terms[1][0]:
            terms.reverse()
        (sign, first), *others = terms
        return [sign.removeprefix("+") + first, *(f" {sign} {one}" for sign, one in others)]

    def _terms(self, part: Expression) -> list[tuple[str, Any]]:
        terms: list[tuple[str, Any]] = []
        rest: Any = part
        if part.kind == "gathered":
            while self.is_inside(rest, "gathered"):
                first, rest = rest.operands
                terms.append(("+", first))
            terms.append(("+", rest))
            return terms if self.reading_order or len(terms) == 2 else terms[::-1]
        while self.is_inside(rest, "add", "subtract"):
            sign = "-" if rest.kind == "subtract" else "+"
            rest, second = rest.operands
            terms.append((sign, second))
        return [("+", rest), *reversed(terms)]

    def _signed(self, sign: str, part: Any) -> tuple[str, str]:
        """A term of a sum: of what is negative its opposite, subtracted."""
        if self.is_inside(part, "negative") or (isinstance(part, float) and part < 0):
            opposite = -part if isinstance(part, float) else part.operands[0]
            return "-+"[sign == "-"], self.write(opposite, Precedence.QUOTIENT)
        return sign, self.write(part, Precedence.QUOTIENT)

    def _negative(self, part: Expression) -> Written:
        inner = self._written(part.operands[0])
        if inner.precedence < Precedence.QUOTIENT or self._begins_with_mask(part.operands[0]):
            inner = Written(self._in_parentheses(inner))
        return Written(f"-{inner.text}", min(inner.precedence, Precedence.SIGN))

    def _begins_with_mask(self, part: Any) -> bool:
        """Whether the first factor of a product is a comparison of arrays: −True is no number."""
        while self.is_inside(part, *_PRODUCTS):
            part, other = part.operands
            if self._is_mask(part):
                return not self._is_mask(other)
        return False

    def _is_mask(self, part: Any) -> bool:
        return bool(shape_of(part)) and self._compares(part)

    def _counted(self, part: Expression) -> list[Written]:
        """Operands; as a factor a comparison of arrays is 1 or 0, unless it meets another one."""
        masks = [self._is_mask(one) for one in part.operands]
        counts = part.kind in _PRODUCTS and not all(masks)
        return [
            Written(f"({self.condition(one)})") if counts and is_mask else self._written(one)
            for one, is_mask in zip(part.operands, masks, strict=True)
        ]

    def _compares(self, part: Any) -> bool:
        """Whether a part is a comparison that is written out where it stands."""
        return self.is_inside(part) and _binding(part.op) == Precedence.COMPARISON

    def condition(self, part: Any) -> str:
        """A comparison as Python's own, of booleans; anything else as it is."""
        if not self._compares(part):
            return self.write(part)
        return in_python(part.op.python, [*map(self._written, part.operands)]).text

    def _array(self, array: Any) -> Written:
        if array.size <= _LONGEST or is_uniform(array):
            return Written(literal(array))
        name = self.fresh("constant_")
        self.constants[name] = array
        return Written(name)


def _binding(op: Op | None) -> int:
    """How tightly an op binds in Python."""
    precedence, _ = OPERATORS.get(op.python if op else "", (Precedence.ATOM, ()))
    return precedence


def _given(op: Op, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are not the op's defaults; a stride of (2, 2) is a stride of 2."""
    defaults = getattr(op, "defaults", None) or {}
    settings = {
        key: one[0] if key in defaults and isinstance(one, tuple) and one[0] == one[-1] else one
        for key, one in attributes.items()
    }
    if "size" in settings and settings["stride"] == settings["size"]:
        settings["stride"] = None
    missing = object()
    return {key: one for key, one in settings.items() if one != defaults.get(key, missing)}


# The lines of a derivation as the source of one Python function.


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
            writer.lines[part] = writer.fresh("t")
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
    helpers = sorted(op.defines.rstrip() for op in writer.defined)
    blocks = []
    if imports.get("math"):
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


_TERMS_A_ROW = 4


class _LatexWriter(PythonWriter):
    """Writes sums as the source has them, and everything else in the notation of its op."""

    notation, parentheses = "latex", r"\left({}\right)"

    def _symbol(self, part: Expression) -> Written:
        return Written(latex_name(part.label))

    def _array(self, array: Any) -> Written:
        """Equal numbers as one of them; other constants by their shape only."""
        if is_uniform(array):
            return written_number(float(array.flat[0]), "latex")
        sizes = r" \times ".join(map(str, array.shape))
        return Written(rf"\mathrm{{const}}_{{{sizes}}}")

    def _op(self, part: Expression) -> Written:
        if part.kind == "astype":
            return self._written(part.operands[0])
        if (won := winner(part)) is not None:
            cell, extreme = map(self.write, won)
            return Written(rf"\left[{cell} = {extreme}\right]")
        if (vectors := self._outer(part)) is not None:
            a, b = (self.write(one, Precedence.POWER) for one in vectors)
            return Written(rf"{a} \, {b}^{{\top}}", Precedence.PRODUCT)
        assert part.op is not None  # only symbols have none
        return apply(part.op, "latex", [*map(self._written, part.operands)])

    def _outer(self, part: Expression) -> tuple[Any, Any] | None:
        """The vectors of g[:, None] * h."""
        if part.kind != "multiply" or part.ndim != 2:
            return None
        column, row = part.operands
        if not self.is_inside(column, "reshape") or len(shape_of(row)) != 1:
            return None
        (vector,) = column.operands
        return (vector, row) if column.shape == (*shape_of(vector), 1) else None

    def rows(self, part: Any) -> str:
        """The right side of an equation; a long sum goes on in the next rows."""
        if not self.is_inside(part, "add", "subtract", "gathered"):
            return self.write(part)
        texts = self.summands(part)
        starts = range(0, len(texts), _TERMS_A_ROW)
        return " \\\\\n&\\quad".join("".join(texts[at : at + _TERMS_A_ROW]) for at in starts)


def write_latex(program: Program) -> str:
    """The derivation as one ``aligned`` environment, forward and then backward."""
    writer = _LatexWriter(reading_order=program.reading_order)
    rows = [_value(writer, line) for line in program.forward]
    rows += [
        _derivative(writer, line, program.output) for layer in program.backward for line in layer
    ]
    return "\n".join([r"\begin{aligned}", " \\\\\n".join(rows), r"\end{aligned}"])


def _value(writer: _LatexWriter, line: Line) -> str:
    return f"{latex_name(line.symbol.label)} &= {writer.rows(line.definition)}"


def _derivative(writer: _LatexWriter, line: Line, output: str) -> str:
    """In names, unless it is computed from the result directly, and then in formulas."""
    label, children = line.symbol.label, line.children or ()
    name = label.removeprefix(f"∂{output}/∂")
    definition = writer.rows(line.definition)
    if output in children:
        return f"{latex_name(label)} &= {definition}"
    terms = list(_products(children, output, name))
    if len(terms) > _TERMS_A_ROW:
        terms[2:-1] = [r"\dots"]
    between = " = " if len(terms) == 1 else " \\\\\n&= "
    return f"{latex_name(label)} &= {' + '.join(terms)}{between}{definition}"


def _products(children: tuple[str, ...], output: str, name: str) -> Iterator[str]:
    for child in children:
        yield f"{latex_name(f'∂{output}/∂{child}')} {latex_name(f'∂{child}/∂{name}')}"
