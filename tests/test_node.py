"""Expressions in their books: written once, with or without values, as the book's table says."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.expr.node import Book, name, number
from autograd_lite.expr.rules import EXACT, READERS
from autograd_lite.ops.elementwise import add, exp, multiply
from autograd_lite.ops.selection import greater, where

BOOKS = {"exact": Book(), "readers": Book.for_readers(), "as written": Book({})}
every_book = pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)


def test_the_table_for_readers_is_built_on_the_exact_one() -> None:
    assert EXACT.keys() == READERS.keys()
    shared = [op for op, rewrite in EXACT.items() if READERS[op] is rewrite]
    assert len(shared) > len(EXACT) / 2


@every_book
def test_an_expression_is_written_once(book: Book) -> None:
    x, y = book.name("x", 2.0), book.name("y", 3.0)
    assert book.name("x", 2.0) is x
    assert book.name("x", 4.0) is not x
    assert exp(x * y) - 3.0 is exp(x * y) - 3.0
    assert exp(x * y) - 3.0 is not exp(x * y) + 3.0


def test_an_empty_table_leaves_an_expression_as_it_was_written() -> None:
    x = Book({}).name("x")
    assert str(0 * x + 1 * x**1 - -x) == "0·x + 1·x¹ − (−x)"
    assert str(where(x > 0, x, 0.0)) == "where([x > 0], x, 0)"
    assert str(x.book.number(2.0) * 3 - 1) == "2·3 − 1"


def test_an_expression_needs_no_values() -> None:
    for book in (Book.for_readers(), Book({})):
        x, y = book.name("x"), book.name("y", 3.0)
        formula = where(greater(x, 0.0), exp(x) * y, 0.0) + x
        assert formula.value is None
        assert formula.symbols == {"x", "y"}
        assert formula.evaluate({"x": 0.0, "y": 5.0}) == 0.0
        assert formula.evaluate({"x": 1.0, "y": 2.0}) == 2 * ag.exp(1.0) + 1.0


def test_a_number_of_another_book_is_one_of_this() -> None:
    x = name("x", 2.0)
    assert number(3.0) * x is x * 3 is 3.0 * x
    assert (number(3.0) * number(2.0)).is_number


def test_names_of_several_books_are_written_in_that_of_the_first() -> None:
    x, y = name("x", 2.0), name("y", 3.0)
    assert (x * y).book is x.book
    assert str(x * y + x * y) == "2·x·y"


def test_only_what_keeps_every_bit_is_rewritten_in_an_exact_book() -> None:
    x = Book().symbol("x", "x", 3.0)
    assert (x * x).kind == "multiply"
    assert multiply(3.0, 5.0 * x).operands[0] == 3.0
    assert multiply(2.0, 5.0 * x).operands == (10.0, x)
    assert (x + -x).kind == "gathered"
    assert add(x, -x).kind == "add"


def test_a_choice_between_something_finite_and_0_is_a_product_for_readers() -> None:
    x, infinite = name("x", 2.0), name("z", np.inf)
    assert str(where(x > 1, 3 * x, 0.0)) == "3·x·[x > 1]"
    assert str(where(x > 1, infinite, 0.0)) == "where([x > 1], z, 0)"
    assert str(where(x > 1, 3 * x, 1.0)) == "where([x > 1], 3·x, 1)"


def test_an_array_of_formulas_meets_a_formula_element_by_element() -> None:
    x = name("x", 2.0)
    array = np.array([x**2, 3.0], object)
    assert list(map(str, array - x)) == ["x² − x", "3 − x"]
    assert list(map(str, x - array)) == ["x − x²", "x − 3"]
    assert [str(one) for one in np.array([3.0]) - x] == ["3 − x"]
    with pytest.raises(TypeError):
        _ = x + None
    assert str(np.mean(array)) == "(x² + 3) / 2"


def test_an_exact_array_times_an_expression_is_one_expression() -> None:
    x = Book().symbol("x", "x", np.array([1.0, 2.0]))
    product = np.array([3.0, 4.0]) * x
    assert repr(1.0 - ag.sum(product)) == "<formula 1 − Σ(np.array([3.0, 4.0])·x)>"
    assert product.evaluate({"x": np.ones(2)}).tolist() == [3.0, 4.0]
    single = x.book.cast(product, np.dtype(np.float32))
    assert single.evaluate({"x": np.ones(2)}).dtype == np.float32
    assert str(single) == str(product)
    assert product.value.tolist() == [3.0, 8.0]
    assert (product.kind, product.shape, product.dtype) == ("multiply", (2,), np.float64)
