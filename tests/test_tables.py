"""A CSV file becomes claims, with the digits of its numbers."""

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import claims

from autograd_lite import ClaimError
from autograd_lite.check.read.numbers import read_numbers
from autograd_lite.check.read.tables import read_csv
from models.notebook import claims as notebook


def rows(text: str) -> list[tuple[str, str, int | None]]:
    return [(claim.name, claim.given, claim.line) for claim in claims(read_csv(text))]


def test_the_numbers_of_the_notebook_keep_their_digits() -> None:
    facts = notebook.load()
    text = "name,value\n" + "".join(f"{fact.term},{fact.printed}\n" for fact in facts)
    assert rows(text) == [
        (fact.term, fact.printed, line) for line, fact in enumerate(facts, start=2)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "H1,0.50\ndE/dw_9,-0.1\n",
        "name,value\nH1,0.50\ndE/dw_9,-0.1",
        "Value,Quantity\n0.50,H1\n-0.1,dE/dw_9",
        "pass,term,printed,note\n1,H1,0.50,\n1,dE/dw_9,-0.1,wrong",
        "\ufeffname;given\r\nH1;0,50\r\ndE/dw_9;-0,1\r\n",
        "name\tvalue\n\n H1 \t 0.50 \n\ndE/dw_9\t-0.1\n",
        '"H1","0.50"\n"dE/dw_9","-0.1"\n',
        "H1,0.50,\ndE/dw_9,-0.1,,\n",
    ],
)
def test_a_table_with_and_without_a_header(text: str) -> None:
    assert [row[:2] for row in rows(text)] == [("H1", "0.50"), ("dE/dw_9", "-0.1")]


def test_lines_are_those_of_the_file() -> None:
    text = 'name,value\n\n"H1",1\n"a name\nof two lines",2\n,\nH2,3\n'
    assert [line for *_, line in rows(text)] == [3, 4, 7]


def test_an_index_needs_no_quotes() -> None:
    assert rows("w[0,1],0.5\ns,[0.1, 0.2]\n") == [("w[0,1]", "0.5", 1), ("s", "[0.1,0.2]", 2)]
    assert read_numbers("[0.1,0.2]").values.tolist() == [0.1, 0.2]


def test_a_formula_is_given_as_it_stands() -> None:
    assert rows('dE/dw,"2*(o - t)*f(x, y)"') == [("dE/dw", "2*(o - t)*f(x, y)", 1)]


def test_a_row_without_a_value_says_nothing() -> None:
    assert rows("name,value\nH1,\nH2\nO1,0.5\n") == [("O1", "0.5", 4)]


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "name,value\n", ",,\n"])
def test_an_empty_table_has_no_claims(text: str) -> None:
    assert rows(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,value\nH1,0.5\nH2,0.5,0.6\n", "line 3: 3 cells where 2 are needed"),
        ("name,value\n,0.5\n", "line 2: no name; give a header"),
        ("a,b,c\nH1,2,3\n", "line 1: 3 cells without a name and a value; give a header"),
        ("\nH1\n", "line 2: 1 cells without a name and a value"),
        ('H1,0.5\nH2,"' + "x" * 200_000, "line 2: not CSV: field larger"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ClaimError, match=re.escape(message)):
        read_csv(text)


CELLS = st.text(st.characters(exclude_characters="[];\t\0\ufeff", exclude_categories=["C", "Z"]))


@settings(max_examples=30)
@given(st.lists(st.tuples(CELLS.filter(bool), CELLS.filter(bool)), min_size=1))
def test_what_the_csv_module_writes_comes_back(pairs: list[tuple[str, str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([("name", "value"), *pairs])
    assert [row[:2] for row in rows(file.getvalue())] == pairs


@given(st.text(st.sampled_from('a,;"\n\r\t[]0.5\0')))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = claims(read_csv(text))
    except ClaimError as error:
        found = []
        message = str(error)
    else:
        message = "line 1: "
    assert re.match(r"line \d+: ", message)
    assert all(claim.name and claim.given for claim in found)
