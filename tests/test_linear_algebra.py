"""Matrix products and einsum, against NumPy and against sums written out."""

import re
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import DataError, ShapeError, Value

RNG = np.random.default_rng(0)

PRODUCTS = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((1, 3), (3, 1)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
    ((4, 1, 2, 3), (5, 3, 2)),
    ((5, 2, 3), (3,)),
    ((4, 5, 2, 3), (3,)),
    ((3,), (5, 3, 2)),
    ((3,), (4, 5, 3, 2)),
    ((2, 0), (0, 3)),
]

# Subscripts, the same with everything written out, and shapes.
EINSUMS = {
    "matrix product": ("ij,jk->ik", "ij,jk->ik", [(2, 3), (3, 4)]),
    "implicit": ("ij,jk", "ij,jk->ik", [(2, 3), (3, 4)]),
    "implicit, in the order of the letters": ("ba", "ba->ab", [(2, 3)]),
    "implicit sum": ("i,i", "i,i->", [(3,), (3,)]),
    "blanks": (" i j , j -> i ", "ij,j->i", [(2, 3), (3,)]),
    "transposed": ("ij->ji", "ij->ji", [(2, 3)]),
    "sum": ("ij->", "ij->", [(2, 3)]),
    "an index that one operand alone has": ("ij,k->i", "ij,k->i", [(2, 3), (4,)]),
    "outer": ("i,j->ij", "i,j->ij", [(2,), (3,)]),
    "three": ("ij,jk,kl->il", "ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]),
    "trace": ("ii", "ii->", [(3, 3)]),
    "diagonal": ("ii->i", "ii->i", [(3, 3)]),
    "diagonals": ("iijj->ij", "iijj->ij", [(2, 2, 3, 3)]),
    "diagonal of axes apart": ("iji->ji", "iji->ji", [(2, 3, 2)]),
    "diagonal in a product": ("ii,ij->j", "ii,ij->j", [(3, 3), (3, 2)]),
    "batch": ("bij,bjk->bik", "bij,bjk->bik", [(4, 2, 3), (4, 3, 2)]),
    "ellipsis": ("...ij,...jk->...ik", "bij,bjk->bik", [(4, 2, 3), (4, 3, 2)]),
    "ellipsis in one operand": ("...ij,jk->...ik", "abij,jk->abik", [(2, 4, 2, 3), (3, 2)]),
    "ellipsis for no axis": ("...ij->...ji", "ij->ji", [(2, 3)]),
    "ellipses of unlike length": ("...i,...i->...", "abi,bi->ab", [(2, 4, 3), (4, 3)]),
    "implicit ellipsis": ("...i,i", "abi,i->ab", [(4, 2, 3), (3,)]),
    "ellipsis in the middle": ("i...j->...", "iaj->a", [(2, 4, 3)]),
    "number": (",i->i", ",i->i", [(), (3,)]),
    "number alone": ("->", "->", [()]),
}


def product_gradients(a: Any, b: Any, cotangent: Any) -> list[Any]:
    """The gradients of a @ b by loops over every multiplication that it makes."""
    left = a.reshape(1, -1) if a.ndim == 1 else a
    right = b.reshape(-1, 1) if b.ndim == 1 else b
    shape = (left @ right).shape
    numbers = [np.arange(x.size).reshape(x.shape) for x in (left, right)]
    of_left, of_right = (np.broadcast_to(x, (*shape[:-2], *x.shape[-2:])) for x in numbers)
    gradients = np.zeros(a.size), np.zeros(b.size)
    for (*batch, i, k), g in zip(np.ndindex(shape), np.ravel(cotangent), strict=True):
        for j in range(left.shape[-1]):
            one, other = of_left[*batch, i, j], of_right[*batch, j, k]
            gradients[0][one] += g * right.flat[other]
            gradients[1][other] += g * left.flat[one]
    return [gradients[0].reshape(a.shape), gradients[1].reshape(b.shape)]


def sum_gradients(subscripts: str, operands: list[Any], cotangent: Any) -> list[Any]:
    """The gradients of an explicit einsum by loops over all its indices."""
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    letters = "".join(dict.fromkeys(inputs.replace(",", "")))
    sizes = {
        letter: size
        for term, operand in zip(terms, operands, strict=True)
        for letter, size in zip(term, np.shape(operand), strict=True)
    }
    gradients = [np.zeros(np.shape(operand)) for operand in operands]
    for numbers in np.ndindex(*(sizes[letter] for letter in letters)):
        at = dict(zip(letters, numbers, strict=True))
        places = [tuple(at[letter] for letter in term) for term in terms]
        factors = [np.asarray(x)[place] for x, place in zip(operands, places, strict=True)]
        g = np.asarray(cotangent)[tuple(at[letter] for letter in output)]
        for position, place in enumerate(places):
            gradients[position][place] += g * np.prod(np.delete(factors, position))
    return gradients


def random(shapes: Any) -> list[Any]:
    return [RNG.normal(size=shape) if shape else float(RNG.normal()) for shape in shapes]


@pytest.mark.parametrize("shapes", PRODUCTS, ids=str)
def test_products_and_their_gradients(shapes: Any) -> None:
    a, b = random(shapes)
    result, pull = ag.vjp(ag.matmul, a, b)
    np.testing.assert_array_equal(result, a @ b)
    assert np.shape(result) == (a @ b).shape
    cotangent = RNG.normal(size=np.shape(result))
    expected = product_gradients(a, b, cotangent)
    for found, gradient in zip(pull(cotangent), expected, strict=True):
        np.testing.assert_allclose(found, gradient, rtol=1e-13, atol=1e-14)


def test_products_of_values_and_arrays_in_any_order() -> None:
    a, b = random([(2, 3), (3, 2)])
    for result in (Value(a) @ Value(b), a @ Value(b), Value(a) @ b, Value(a).dot(b)):
        np.testing.assert_array_equal(result.data, a @ b)


@pytest.mark.parametrize("name", EINSUMS)
def test_einsums_and_their_gradients(name: str) -> None:
    subscripts, explicit, shapes = EINSUMS[name]
    operands = random(shapes)
    result, pull = ag.vjp(lambda *x: ag.einsum(subscripts, *x), *operands)
    expected = np.einsum(subscripts, *operands)
    np.testing.assert_allclose(result, expected, rtol=1e-13)
    assert np.shape(result) == expected.shape
    cotangent = RNG.normal(size=expected.shape)
    gradients = sum_gradients(explicit, operands, cotangent)
    for found, gradient in zip(pull(cotangent), gradients, strict=True):
        np.testing.assert_allclose(found, gradient, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3), (2, 3)), ((3,), (2,)), ((), (2, 3)), ((2, 2, 3), (3, 3, 2))]
)
@pytest.mark.parametrize("kind", [np.asarray, Value])
def test_a_product_that_does_not_fit_is_an_error(a: Any, b: Any, kind: Any) -> None:
    message = f"matmul cannot take operands of shape {a} and {b}"
    with pytest.raises(ShapeError, match=re.escape(message)):
        ag.matmul(kind(np.ones(a)), kind(np.ones(b)))


@pytest.mark.parametrize(
    ("subscripts", "shapes", "message"),
    [
        ("ij,jk->ik", [(2, 3)], "2 terms name 1 operands"),
        ("ij->i", [(2, 3), (3,)], "1 terms name 2 operands"),
        ("ijk->", [(2, 3)], "'ijk' has 3 letters for 2 axes"),
        ("...ijk->...", [(2, 3)], "'ijk' has 3 letters for 2 axes"),
        ("ij,jk->ik", [(2, 3), (4, 2)], "an index is 3 long in one operand and 4 in another"),
        ("ii->i", [(2, 3)], "an index is 2 long in one operand and 3 in another"),
        ("i,i->i", [(1,), (3,)], "broadcast_to"),
        ("...i->i", [(2, 3)], "'...' stands for 1 axes; name it in the output too"),
        ("ij->k", [(2, 3)], "subscripts='ij->k'"),
        ("ij->ii", [(2, 3)], "subscripts='ij->ii'"),
        ("i.j->", [(2, 3)], "'i.j' has 3 letters for 2 axes"),
        ("1j->j", [(2, 3)], "subscripts='1j->j'"),
    ],
)
def test_an_einsum_that_does_not_fit_is_an_error(
    subscripts: str, shapes: Any, message: str
) -> None:
    with pytest.raises(ShapeError, match=re.escape(message)):
        ag.einsum(subscripts, *map(Value, random(shapes)))


def test_the_subscripts_come_first() -> None:
    with pytest.raises(DataError, match="subscripts first, as a string"):
        ag.einsum(Value([1.0]), "i->")
