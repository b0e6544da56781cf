"""A Jupyter notebook becomes claims, each with its cell, without running anything."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import claims

from autograd_lite import ClaimError
from autograd_lite.check.read.files import read_cells
from models.notebook import claims as notebook

DOCUMENTS = Path(__file__).parent / "documents"


def cell(kind: str, source: Any, *outputs: Any) -> dict[str, Any]:
    return {"cell_type": kind, "source": source, "outputs": list(outputs)}


def stream(text: Any) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def read(*cells: Any) -> list[tuple[str, Any, str, int | None]]:
    found = claims(read_cells(json.dumps({"cells": cells, "nbformat": 4})))
    return [(claim.name, claim.given, claim.where, claim.line) for claim in found]


def test_a_notebook_is_read_cell_by_cell() -> None:
    found = claims(read_cells((DOCUMENTS / "neuron.ipynb").read_text(encoding="utf-8")))
    assert [(claim.name, claim.given, claim.where, claim.line) for claim in found] == [
        ("o", "0.5", "cell 1", 3),
        ("x", ["1.0", "-2.0"], "cell 2", 1),
        ("net", "0.0", "cell 2, output 1", 1),
        ("grad", ["0.25", "0.50"], "cell 2, output 1", 3),
        ("w", ["0.50", "0.25"], "cell 2, output 2", 1),
        ("dE/dw_1", "dE/do * do/dnet * x_1", "cell 4", 1),
    ]


@pytest.mark.parametrize("section", [None, "pass 2, backward"])
def test_the_numbers_of_the_notebook_come_out_of_printed_output(section: str | None) -> None:
    facts = notebook.load(section)
    lines = [f"{fact.term}: {fact.printed}\n" for fact in facts]
    expected = [
        (fact.term, fact.printed, "cell 2, output", place)
        for place, fact in enumerate(facts, start=1)
    ]
    assert read(cell("markdown", "# Ours"), cell("code", ["show()"], stream(lines))) == expected


def test_a_source_is_a_string_or_a_list_of_lines() -> None:
    assert read(cell("markdown", "H1 = 1\nH2 = 2")) == read(
        cell("markdown", ["H1 = 1\n", "H2 = 2"])
    )


def test_code_is_not_text() -> None:
    source = "E = (O1 - t1)**2"
    assert read(cell("code", source)) == []
    assert read(cell("markdown", source)) == [("E", "(O1 - t1)**2", "cell 1", 1)]


@pytest.mark.parametrize("last", ["w", "w\n", "f()\nw", "w[0]"])
def test_a_shown_value_has_the_name_in_the_last_line(last: str) -> None:
    shown = {"output_type": "execute_result", "data": {"text/plain": "np.float64(0.5)"}}
    name = last.strip().removeprefix("f()").strip()
    assert read(cell("code", last, shown)) == [(name, "0.5", "cell 1, output", 1)]


@pytest.mark.parametrize("last", ["model(w)", "w + 1", "(w, b)", "", "w;"])
def test_a_shown_value_without_a_name_is_no_claim(last: str) -> None:
    shown = {"output_type": "execute_result", "data": {"text/plain": ["0.5"]}}
    assert read(cell("code", last, shown)) == []


def test_errors_warnings_and_pictures_are_no_claims() -> None:
    outputs = [
        {"output_type": "stream", "name": "stderr", "text": "x = 1"},
        {"output_type": "error", "ename": "E", "traceback": ["x = 1"]},
        {"output_type": "display_data", "data": {"image/png": "x = 1"}},
    ]
    assert read(cell("code", "w", *outputs), cell("raw", "x = 1")) == []


def test_the_old_format_has_its_cells_in_worksheets() -> None:
    old = {"cell_type": "code", "input": "lr = 0.1", "outputs": []}
    old["outputs"] = [{"output_type": "pyout", "text": ["H1: 0.5"]}]
    text = json.dumps({"worksheets": [{"cells": [cell("markdown", "a = 1"), old]}], "nbformat": 3})
    assert [(claim.name, claim.where) for claim in claims(read_cells(text))] == [
        ("a", "cell 1"),
        ("lr", "cell 2"),
        ("H1", "cell 2, output"),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"cell_type": "code"},
        {"cell_type": "code", "source": None, "outputs": None},
        {"cell_type": "code", "source": 3, "outputs": [None, 1, {}, {"output_type": "stream"}]},
        {"cell_type": "code", "source": [1, None], "outputs": {"text": "a = 1"}},
        {"cell_type": "code", "outputs": [{"output_type": "execute_result", "data": ["a = 1"]}]},
        {"cell_type": ["code"], "source": "a = 1"},
        None,
        "a = 1",
    ],
)
def test_missing_fields_do_no_harm(broken: Any) -> None:
    assert [name for name, *_ in read(broken, cell("markdown", "b = 2"))] == ["b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: not JSON: Expecting value"),
        ('{"cells": [\n  {"cell_type": ]}', "line 2: not JSON: Expecting value"),
        ("H1 = 0.5", "line 1: not JSON"),
        ("[]", "line 1: the JSON has no cells, so it is no notebook"),
        ('{"nbformat": 4}', "the JSON has no cells"),
        ("3", "the JSON has no cells"),
        ("[" * 100_000, "line 1: not the JSON of a notebook"),
        ("1" * 10_000, "line 1: not the JSON of a notebook"),
    ],
)
def test_what_is_no_notebook_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(ClaimError, match=re.escape(message)):
        read_cells(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("a = 1"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(max_examples=40)
@given(JSON, JSON, JSON)
def test_no_content_makes_it_fail(source: Any, outputs: Any, data: Any) -> None:
    output = {"output_type": "execute_result", "data": data, "text": source}
    content = [cell("code", source, outputs, output), {"cell_type": "code", "outputs": outputs}]
    assert isinstance(read(*content, data), list)
