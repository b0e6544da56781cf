"""The lines of a derivation in LaTeX."""

from collections.abc import Iterator
from typing import Any

from autograd_lite.chain import notation
from autograd_lite.chain.derivation.arrays import by_column
from autograd_lite.chain.derivation.expression import Expression, Symbol
from autograd_lite.chain.derivation.lines import Line, Program
from autograd_lite.chain.derivation.python import PythonWriter
from autograd_lite.chain.derivation.scalars import winner
from autograd_lite.chain.derivation.written import Level, Written, is_uniform
from autograd_lite.chain.notation import latex_name
from autograd_lite.op import Precedence, shape_of
from autograd_lite.ops.linear_algebra import matmul

__all__ = ["write_latex"]

_TERMS_A_ROW = 4

_PRECEDENCE = {
    Level.SUM: Precedence.SUM,
    Level.PRODUCT: Precedence.PRODUCT,
    Level.SIGN: Precedence.SIGN,
    Level.POWER: Precedence.POWER,
    Level.ATOM: Precedence.ATOM,
}
_LEVEL = {
    Precedence.SUM: Level.SUM,
    Precedence.SIGN: Level.PRODUCT,
    Precedence.QUOTIENT: Level.PRODUCT,
    Precedence.PRODUCT: Level.PRODUCT,
    Precedence.POWER: Level.POWER,
    Precedence.ATOM: Level.ATOM,
}


class _LatexWriter(PythonWriter):
    """Writes sums as the source has them, and everything else in the notation of its op."""

    def write(self, part: Any, least: int = Level.CHOICE) -> str:
        written = self._written(part)
        return written.text if written.level >= least else rf"\left({written.text}\right)"

    def _written(self, part: Any) -> Written:
        if isinstance(part, Symbol):
            return Written(latex_name(part.label))
        if isinstance(part, float):
            return _from(notation.written_number(part, "latex"))
        return self._expression(part) if isinstance(part, Expression) else _array(part)

    def _op(self, part: Expression) -> Written:
        if part.kind == "astype":
            return self._written(part.operands[0])
        if (won := winner(part)) is not None:
            cell, extreme = map(self.write, won)
            return Written(rf"\left[{cell} = {extreme}\right]")
        if (vectors := self._outer(part)) is not None:
            a, b = (self.write(one, Level.POWER) for one in vectors)
            return Written(rf"{a} \, {b}^{{\top}}", Level.PRODUCT)
        op, parts = part.op, part.operands
        if part.kind == "reshape" and (factors := by_column(part, self.is_inside)) is not None:
            op, parts = matmul, factors
        assert op is not None  # only symbols have none
        operands = [
            notation.Written(one.text, _PRECEDENCE[one.level]) for one in map(self._written, parts)
        ]
        return _from(notation.apply(op, "latex", operands))

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
        (sign, first), *others = self.signed_terms(part)
        texts = [sign.removeprefix("+") + first, *(f" {sign} {one}" for sign, one in others)]
        starts = range(0, len(texts), _TERMS_A_ROW)
        return " \\\\\n&\\quad".join("".join(texts[at : at + _TERMS_A_ROW]) for at in starts)


def _from(written: notation.Written) -> Written:
    return Written(written.text, _LEVEL[written.precedence])


def _array(array: Any) -> Written:
    """Equal numbers as one of them; other constants by their shape only."""
    if is_uniform(array):
        return _from(notation.written_number(float(array.flat[0]), "latex"))
    sizes = r" \times ".join(map(str, array.shape))
    return Written(rf"\mathrm{{const}}_{{{sizes}}}")


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
