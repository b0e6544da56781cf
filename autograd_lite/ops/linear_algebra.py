"""Matrix products and einsum. Both are linear in each operand; their adjoints are of their kind.

Source of the matrix rules: Giles, Collected matrix derivative results for forward and reverse mode
algorithmic differentiation (2008), 2.2.
"""

import string
from typing import Any

import numpy as np

from autograd_lite.data import describe
from autograd_lite.errors import DataError, ShapeError
from autograd_lite.op import Precedence, Sample, shape_of, structural
from autograd_lite.ops.broadcasting import broadcast_to, unbroadcast
from autograd_lite.ops.shaping import expand_dims, getitem, reshape, swap_last_axes

__all__ = ["einsum", "matmul"]


def _to_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    """The cotangent of a in a @ b: g @ bᵀ, a vector being a row on the left and a column right."""
    if len(shape_of(b)) == 1:
        return (g if len(shape_of(a)) == 1 else expand_dims(g, -1)) * b
    if len(shape_of(a)) == 1:
        return _times_column(b, g)
    return unbroadcast(matmul(g, swap_last_axes(b)), shape_of(a))


def _to_right(g: Any, y: Any, a: Any, b: Any) -> Any:
    """The cotangent of b in a @ b: aᵀ @ g."""
    if len(shape_of(a)) == 1:
        return g * a if len(shape_of(b)) == 1 else expand_dims(a, -1) * expand_dims(g, -2)
    if len(shape_of(b)) == 1:
        return _times_column(swap_last_axes(a), g)
    return unbroadcast(matmul(swap_last_axes(a), g), shape_of(b))


def _times_column(matrices: Any, g: Any) -> Any:
    """Σ matrix @ column over a stack of both: the cotangent of a vector that met each matrix."""
    if len(shape_of(g)) == 1:
        return matmul(matrices, g)
    products = matmul(matrices, expand_dims(g, -1))
    size = shape_of(products)[-2]
    return unbroadcast(reshape(products, (*shape_of(products)[:-2], size)), (size,))


matmul = structural(
    "matmul",
    array=np.matmul,
    vjps=(_to_left, _to_right),
    samples=tuple(
        Sample(shapes, {})
        for shapes in (
            ((2, 3), (3, 2)),
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((3,), (3, 2)),
            ((2, 2, 3), (3, 2)),
            ((2, 1, 2, 3), (2, 3, 2)),
            ((2, 2, 3), (3,)),
            ((3,), (2, 3, 2)),
        )
    ),
    products=lambda y, a, b: int(np.size(y) * np.shape(a)[-1]),
    text="{} @ {}",
    latex=r"{} \, {}",
    python="{} @ {}",
    precedence=Precedence.PRODUCT,
    operand_precedence=(Precedence.PRODUCT, Precedence.POWER),
    doc="""The matrix product a @ b, of vectors, matrices and stacks of them. ā = ȳ bᵀ, b̄ = aᵀ ȳ.

    A vector is a row on the left and a column on the right; stacks are broadcast. Raises ShapeError
    where the inner sizes differ, and for a single number.

    >>> import autograd_lite as ag
    >>> ag.matmul([[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0]).tolist()
    [21.0, 43.0]
    """,
)


def _einsum_rule(g: Any, y: Any, *operands: Any, subscripts: str) -> Any:
    return lambda position: _einsum_back(position, g, operands, subscripts)


def _einsum_back(position: int, g: Any, operands: tuple[Any, ...], subscripts: str) -> Any:
    """Swap the operand with the output; what was summed in the operand alone is broadcast."""
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    wanted = terms.pop(position)
    others = operands[:position] + operands[position + 1 :]
    found = "".join(letter for letter in wanted if letter in output + "".join(terms))
    gradient = einsum(",".join((output, *terms)) + "->" + found, g, *others)
    shape = shape_of(operands[position])
    kept = tuple(size if letter in found else 1 for letter, size in zip(wanted, shape, strict=True))
    return broadcast_to(reshape(gradient, kept), shape)


def _einsum(*operands: Any, subscripts: str) -> Any:
    kind = np.result_type(*operands)
    optimize = len(operands) > 1 and kind.kind != "O"
    return np.einsum(subscripts, *operands, optimize=optimize, dtype=kind, casting="same_kind")


einsum_op = structural(
    "einsum",
    numpy="einsum({subscripts}, {})",
    array=_einsum,
    vjps=_einsum_rule,
    arity=None,
    samples=(
        Sample(((2, 3), (3, 2)), {"subscripts": "ij,jk->ik"}),
        Sample(((2, 3),), {"subscripts": "ij->j"}),
        Sample(((2, 3), (2,), (3,)), {"subscripts": "ij,i,j->"}),
        Sample(((2, 2, 3), (2, 3, 2)), {"subscripts": "bij,bjk->bki"}),
        Sample(((), (3,)), {"subscripts": ",i->i"}),
    ),
    products=lambda y, *operands, subscripts: int(
        np.prod(list(_sizes(subscripts, operands).values()), dtype=float)
    ),
)


def _sizes(subscripts: str, operands: tuple[Any, ...]) -> dict[str, int]:
    """The size of each index letter."""
    sizes: dict[str, int] = {}
    for term, operand in zip(subscripts.partition("->")[0].split(","), operands, strict=True):
        sizes |= dict(zip(term, np.shape(operand), strict=True))
    return sizes


def einsum(subscripts: str, *operands: Any) -> Any:
    """Einstein's sum, with NumPy's subscripts: implicit output, ellipsis and diagonals as there.

    An index has one size: other than in NumPy, a size of 1 is not stretched. Raises ShapeError
    where subscripts and shapes do not fit together.

    >>> import autograd_lite as ag
    >>> ag.einsum("ii->", ag.Value([[1.0, 2.0], [3.0, 4.0]])).data
    5.0
    """
    if not isinstance(subscripts, str):
        raise DataError(
            f"einsum takes its subscripts first, as a string, not {describe(subscripts)}"
        )
    shapes = [shape_of(operand) for operand in operands]
    terms, output = _explicit(subscripts.replace(" ", ""), shapes)
    plain = []
    for position, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        letters = "".join(dict.fromkeys(term))
        terms[position] = letters
        plain.append(operand if letters == term else _diagonal(operand, term, letters))
    return einsum_op(*plain, subscripts=",".join(terms) + "->" + output)


def _diagonal(operand: Any, term: str, letters: str) -> Any:
    """The elements at which axes of the same letter have the same index."""
    sizes = dict(zip(term, shape_of(operand), strict=True))
    grid = dict(zip(letters, np.ix_(*(range(sizes[c]) for c in letters)), strict=True))
    return getitem(operand, tuple(grid[letter] for letter in term))


def _explicit(subscripts: str, shapes: list[tuple[int, ...]]) -> tuple[list[str], str]:
    """The subscripts with the ellipsis and the implied output written out."""
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    given = f"einsum {describe(subscripts)} of shapes {', '.join(map(str, shapes))}"
    if len(terms) != len(shapes):
        raise ShapeError(f"{given}: {len(terms)} terms name {len(shapes)} operands")
    unused = [letter for letter in string.ascii_letters if letter not in subscripts]
    widths = [
        max(0, len(shape) - len(term.replace("...", ""))) if "..." in term else 0
        for term, shape in zip(terms, shapes, strict=True)
    ]
    batch = "".join(unused[: max(widths, default=0)])
    if arrow and batch and "..." not in output:
        raise ShapeError(f"{given}: '...' stands for {len(batch)} axes; name it in the output too")
    if not arrow:
        letters = inputs.replace(",", "").replace(".", "")
        output = batch + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    full = [
        term.replace("...", batch[len(batch) - width :])
        for term, width in zip(terms, widths, strict=True)
    ]
    sizes: dict[str, int] = {}
    for term, shape in zip(full, shapes, strict=True):
        if len(term) != len(shape):
            raise ShapeError(f"{given}: {term!r} has {len(term)} letters for {len(shape)} axes")
        for letter, size in zip(term, shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise ShapeError(
                    f"{given}: an index is {sizes[letter]} long in one operand and {size} in "
                    "another; einsum does not broadcast, use broadcast_to first"
                )
    return full, output.replace("...", batch)
