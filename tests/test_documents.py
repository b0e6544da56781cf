"""A text or Markdown document becomes claims: each name, number, formula and line."""

from pathlib import Path

import numpy as np
import pytest
from conftest import assert_linear
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import claims, pairs, pairs_known

from models.notebook import claims as notebook

DOCUMENTS = Path(__file__).parent / "documents"


def test_a_derivation_in_markdown() -> None:
    text = (DOCUMENTS / "neuron.md").read_text(encoding="utf-8")
    lines = text.split("\n")
    read = [(claim.name, claim.given) for claim in claims(text)]
    assert read == [
        ("learning rate", "0.1"),
        ("x_1", "1.0"),
        ("x_2", "-2.0"),
        ("w", ["0.5", "0.25"]),
        ("net", r"w_1 \cdot x_1 + w_2 \cdot x_2"),
        ("net", "0.0"),
        ("o", "0.5"),
        ("E", "0.25"),
        (
            r"\frac{\partial E}{\partial w_1}",
            r"\frac{\partial E}{\partial o} \cdot \frac{\partial o}{\partial net} \cdot x_1",
        ),
        (r"\frac{\partial E}{\partial w_1}", "0.25"),
        ("dE/do", "1.0"),
        ("do/dnet", "0.25"),
        ("dE/dw_2", "-0.50"),
        ("J", [["0.25", "-0.5"], ["0", "1"]]),
        ("After the update w_1", "0.475"),
        ("After the update w_2", "0.30"),
        ("learning_rate", "0.1"),
        ("target", ["1.0"]),
    ]
    for claim in claims(text):
        first = np.array(claim.given).flat[0].split(" ")[0]
        assert first in lines[claim.line - 1] + lines[claim.line]


# The forms of the notebook, with the notebook's numbers.

FORMS = {
    "{name}: {digits}": "{name}",
    "{name} = {digits}": "{name}",
    "   {place}. Result for it = ${name}$ = {digits}": "{name}",
    "- The value, ${name}$ = {digits}.": "{name}",
    "* **{name}**: {digits}": "{name}",
    "| {name} | {digits} |": "{name}",
    "Known, ${name}$: $a + b = {digits}$": "{name}",
    "Iteration {place}, {name} = {digits}": "{name}",
}
UPDATED = {
    "{place}. Updated weight, ${name}$ = {digits}": "Updated weight {name}",
    "Updated weight {name}: {digits}": "Updated weight {name}",
    "- ${name}$ after the update: {digits}": "{name} after the update",
}


@pytest.mark.parametrize("form", [*FORMS, *UPDATED])
def test_every_number_of_the_notebook_comes_out_with_its_line(form: str) -> None:
    facts = [
        fact for fact in notebook.load() if fact.term.endswith(" updated") == (form in UPDATED)
    ]
    lines = ["Our own passage: the numbers follow here.", ""]
    expected = []
    for place, fact in enumerate(facts):
        if not place % 10:
            lines += ["", f"Passage {place} says nothing of note, and goes on."]
        words = {
            "name": fact.term.removesuffix(" updated"),
            "digits": fact.printed,
            "place": place % 100,
        }
        lines.append(form.format(**words))
        expected.append(((FORMS | UPDATED)[form].format(**words), fact.printed, len(lines)))
    read = claims("\n".join(lines))
    found = [(claim.name, claim.given, claim.line) for claim in read if claim.given != "a + b"]
    assert found == expected


# Headings


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("30. Updated weights:\n    - $w_1$ = 1\n    - $w_2$ = 2\n31. $H1$ = 3", "uuH1"),
        ("Updated weights:\n- w_1 = 1\n\n- w_2 = 2\n\nNow look back.\n- H1 = 3", "uuH1"),
        ("Updated weights:\nw_1: 1\nw_2: 2\ndE/dw_1: 3", "uu dE/dw_1"),
        ("### Updated weights\n\nw_1 = 1\n\nw_2 = 2\n\n### Forward\n\nH1 = 3", "uuH1"),
        (
            "Updated weights:\n\n| w | it |\n|--|--|\n| w_1 | 1 |\n| w_2 | 2 |\n### B\nH1 = 3",
            "uuH1",
        ),
    ],
)
def test_a_heading_qualifies_what_stands_below_it(text: str, names: str) -> None:
    last = names.removeprefix("uu").strip()
    assert pairs(text) == [("Updated weights w_1", "1"), ("Updated weights w_2", "2"), (last, "3")]


def test_a_column_qualifies_the_rows_below_it() -> None:
    assert pairs("| weight | updated |\n|---|---|\n| w_9 | 0.5 |\n") == [("updated w_9", "0.5")]


def test_a_heading_with_a_matrix_below() -> None:
    latex = r"\begin{bmatrix} 1 & 2 \end{bmatrix}"
    headings = {"g": "Gradient of the map", "p": "Pooled map", "m": "Updated map"}
    text = "\n".join(f"3. {words}:\n   $$ {m} = {latex} $$" for m, words in headings.items())
    read = [(claim.name, claim.others) for claim in claims(text)]
    assert read == [
        ("Gradient of the map g", ("Gradient of the map",)),
        ("p", ()),
        ("Updated map m", ()),
    ]
    assert pairs("Updated weight w:\n[[1.5 2. ]]") == [("Updated weight w", [["1.5", "2.0"]])]


# Code


def test_code_has_only_literals_and_comments() -> None:
    code = """
lr = 0.001
w = [0.5, -0.25]
E = 0
for o in outputs:
    best = 0
    E += o
grad = E * 2
net = Net(
    seed=0,
    size=(2, 3),
)
# dE/dw = 2*E
"""
    expected = [("lr", "0.001"), ("w", ["0.5", "-0.25"]), ("dE/dw", "2*E")]
    for text in (f"In [5]:{code}", f"```python{code}```\n", f"~~~py{code}~~~"):
        assert pairs(text) == expected
    assert [(claim.name, claim.given) for claim in claims(code, code=True)] == expected


def test_outside_a_fence_a_formula_may_have_the_name_of_a_variable() -> None:
    assert pairs("```python\ngrad = E * 2\n```\ngrad = E * 2") == [("grad", "E * 2")]


# What a text is written in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("∂E\n── = 0.25\n∂w\nx = 1", [("∂E/∂w", "0.25", 1), ("x", "1", 4)]),
        ("∂E\n∂w\n= 0.25", [("∂E/∂w", "0.25", 1)]),
        ("x<sub>1</sub> = 0.5 and y&nbsp;= 2<br>", [("x_{1}", "0.5", 1), ("y", "2", 1)]),
        ("<b>dE/dw</b> = 3", [("dE/dw", "3", 1)]),
        ("E = 25% and F = 2.5\\%", [("E", "25e-2", 1), ("F", "2.5e-2", 1)]),
        ("\\\\(a = 1\\\\)", [("a", "1", 1)]),
    ],
)
def test_fractions_in_lines_and_html(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert [(claim.name, claim.given, claim.line) for claim in claims(text)] == expected


def test_latex_has_comments_and_verbatim_text() -> None:
    text = r"""% dE/dw = 9
\begin{verbatim}
w = 3
\end{verbatim}
\[ \frac{dE}{dv} = 5 \] % and so on
"""
    found = [(claim.name, claim.given, claim.line) for claim in claims(text, tex=True)]
    assert found == [("w", "3", 3), (r"\frac{dE}{dv}", "5", 5)]


# Any text at all


def test_line_ends_tabs_byte_order_marks_and_zeros() -> None:
    for end in ("\n", "\r\n", "\r"):
        text = end.join(["\ufeffH1: 0.5", "", "\tH2\t=\t0.6", "\0", "| a\t| 0.7 |", "g:", "[1 2]"])
        read = [(claim.name, claim.given, claim.line) for claim in claims(text)]
        assert read == [
            ("H1", "0.5", 1),
            ("H2", "0.6", 3),
            ("a", "0.7", 5),
            ("g", ["1", "2"], 7),
        ]


def test_where_stands_in_every_claim() -> None:
    text = "H1 = 0.5\ng: [1 2]\ndE/dw = a*b\n| a | 2 |"
    assert {claim.where for claim in claims(text, "cell 3")} == {"cell 3"}


PIECES = ["=", ":", "[", "]", "(", "$", "$$", "0.5", "w_1", "|", "\\begin{bmatrix}", "&", "\\\\"]
PIECES += [
    "\\end{bmatrix}",
    "\n",
    " ",
    "```",
    "In [1]:",
    "- ",
    "#",
    "Updated",
    ",",
    "'",
    "\\[",
    "{",
]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    for claim in claims(text):
        assert claim.name
        assert claim.line is not None
        assert 1 <= claim.line <= lines


def test_a_long_line_is_passed_over_in_linear_time() -> None:
    repeated = ("a", "=", "a: ", "$", "a = 1, ", "|a", "f(", " #", "1. ", "\\frac{")
    lines = [("", one, "") for one in repeated]
    lines += [("x = ", "1", "y"), ("x = [", "1", "y"), ("x = [", "[", ""), ("x = 5", " ", "y")]
    lines += [("x = ", "ab ", "")]
    for before, many, after in lines:

        def read(size: int, before: str = before, many: str = many, after: str = after) -> None:
            claims(before + many * (size // len(many)) + after)

        assert_linear(read, 1_200)
    assert len(claims("a = 1, " * 2_000)) == 2_000


@pytest.mark.parametrize(
    "line",
    [
        "dE_dw_{} = 0.25",
        "heading {}:",
        "w{} = [[1. 2.]",
        "x{} = \\begin{{bmatrix}} 1 & 2",
        "$$ a {}",
        "f{}(a,",
        "x{} = np.array([",
        "15. Updated weight, $w_{{{}}}$ = 0.7607",
    ],
)
def test_many_lines_are_read_in_linear_time(line: str) -> None:
    assert_linear(lambda size: claims("\n".join(map(line.format, range(size)))), 60)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("\\\\[ dE/dw = 0.5 \\\\]", [("dE/dw", "0.5")]),
        ("\\\\[\nE = 2\n\\\\]\n\nw = 3", [("E", "2"), ("w", "3")]),
        ("$ python net.py --lr=0.1\ndW1 =\n[1.5 2.5]", [("dW1", ["1.5", "2.5"])]),
        ("h: 0.3792\n==== backward ====", [("h", "0.3792")]),
        (r"$\theta^{(t+1)} = 0.7$", [(r"\theta^{(t+1)}", "0.7")]),
        (r"$s = \frac{1}{3} (m x + c - y)$", [("s", r"\frac{1}{3} (m x + c - y)")]),
        ("E = 0.25 (half of a square)", [("E", "0.25")]),
        ("dh = dyhat @ W2.T", [("dh", "dyhat @ W2.T")]),
        ("z = 0.56 → a = 0.64 -> L = 0.07", [("z", "0.56"), ("a", "0.64"), ("L", "0.07")]),
        ("dE/dw = a*b → 0.25", [("dE/dw", "a*b"), ("dE/dw", "0.25")]),
        ("Huber loss      L = 2.6", [("L", "2.6")]),
        ("updated weight   w_1 = 2.6", [("updated weight w_1", "2.6")]),
        ("w5: 0.62 -> 0.58", [("w5", "0.62"), ("updated w5", "0.58")]),
        ("h: 0.6249 → 0.62", [("h", "0.6249"), ("h", "0.62")]),
        ("update: w1 -> 0.4, w2 -> 0.3", [("updated w1", "0.4"), ("updated w2", "0.3")]),
        (
            "Gradients: w1 = 2, w2 = 3, E = 4",
            [("Gradients w1", "2"), ("Gradients w2", "3"), ("E", "4")],
        ),
        ("loss L = 0.3", [("L", "0.3")]),
        ("{'dw1': 0.25, \"db\": -1.5}", [("dw1", "0.25"), ("db", "-1.5")]),
        ("dW = 2*x (2.1)\ndb = 1 (2.2)", [("dW", "2*x"), ("db", "1")]),
        (r"$E = 1.5\mathrm{e}{-2}$", [("E", "1.5e-2")]),
        ("$g = 0.5 x_3 = 0.16$", [("g", "$0.5 x_3$"), ("g", "0.16")]),
        ("g = 0.5 x_3 = 0.16", [("g", "0.5"), ("x_3", "0.16")]),
        (r"$g = (-2.04, 0.5)^\top$", [("g", ["-2.04", "0.5"])]),
    ],
)
def test_what_is_around_an_equation_is_no_part_of_it(
    text: str, read: list[tuple[str, str]]
) -> None:
    assert pairs(text) == read


def test_two_names_of_the_graph_are_an_equation() -> None:
    assert pairs_known("dz1 = dh\nplease = help", {"dz1", "dh"}) == [("dz1", "dh")]
