"""A line of mathematics, cut into statements: what is said of what, and where it holds."""

import pytest

from autograd_lite.check.claims import Statement
from autograd_lite.check.read.macros import expand
from autograd_lite.check.read.statements import cut


def said(line: str, **how: bool) -> list[tuple[str, ...]]:
    """Subject and members of each statement."""
    return [(one.subject, *(member.text for member in one.members)) for one in cut(line, **how)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # A number goes to the name beside it.
        ("z2 = 0.6072  yhat = 0.6473", [("z2", "0.6072"), ("yhat", "0.6473")]),
        ("z2 = 0.6072\tyhat = 0.6473", [("z2", "0.6072"), ("yhat", "0.6473")]),
        ("dE/da: 0.36 dE/db: -1.48", [("dE/da", "0.36"), ("dE/db", "-1.48")]),
        ("w_1: 0.5 | w_2: -1", [("w_1", "0.5"), ("w_2", "-1")]),
        ("$a = 0.4$, $b = 0.6$ and $c = 0.5$.", [("$a$", "0.4"), ("$b$", "0.6"), ("$c$", "0.5")]),
        ("z = [0.  0.7]  h = [0.5 0.6]", [("z", "[0.  0.7]"), ("h", "[0.5 0.6]")]),
        ("a; b = 2; c = 3", [("a; b", "2"), ("c", "3")]),
        ("p = 1.5, so the error is E = 2.5", [("p", "1.5"), ("the error is E", "2.5")]),
        ("a, b = 0.1, 0.2", [("a", "0.1"), ("b", "0.2")]),
        # A formula goes on after a blank, and a number before a symbol is a factor.
        ("E = 2 w = 6", [("E", "2 w", "6")]),
        ("E = a b = 6, F = c", [("E", "a b", "6"), ("F", "c")]),
        ("f(a, b) = max(a, b)", [("f(a, b)", "max(a, b)")]),
        # Signs
        ("dE/du -> -0.5", [("dE/du", "-0.5")]),
        ("dE/du := -0.5", [("dE/du", "-0.5")]),
        ("w ← w − 0.1·2 = 0.8", [("w", "w − 0.1·2", "0.8")]),
        ("The gradient of E is 0.36", [("The gradient of E", "0.36")]),
        ("H ≈ 0.45", [("H", "0.45")]),
        ("x <= 0.5", []),
        ("x == 0.5", []),
        # Words after a formula are about it, and no factors.
        ("E = ½(y − t)² comes last.", [("E", "½(y − t)²")]),
        ("y = x_1 + x_2 where both are inputs", [("y", "x_1 + x_2")]),
        ("y = w x plus b", [("y", "w x plus b")]),
        ("dE/dy is 2y, which is 12.", [("dE/dy", "2y", "12")]),
        (
            "x is 2. The output y = w x. The loss L = y^2.",
            [("x", "2"), ("The output y", "w x"), ("The loss L", "y^2")],
        ),
        # Labels, and headings without a value
        ("For $w$: $dE/dw = d x = 0.3$", [("$dE/dw$", "d x", "0.3")]),
        ("Total, $E$: $E_1 + 0.1 = 0.4$", [("Total, $E$", "E_1 + 0.1", "0.4")]),
        ("**Loss:** 0.5", [("Loss", "0.5")]),
        ("Gradients of the weights:", []),
    ],
)
def test_a_line_of_text(line: str, expected: list[tuple[str, ...]]) -> None:
    assert said(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"a \approx 0.3,\ b \approx -1.4", [("$a$", "0.3"), ("$b$", "-1.4")]),
        (r"Q = XW_Q,\quad K = XW_K", [("$Q$", "XW_Q"), ("$K$", "XW_K")]),
        (r"a &= 0.1 & b &= 0.2", [("$a$", "0.1"), ("$b$", "0.2")]),
        (r"a = b &+ c", [("$a$", "b + c")]),
        (r"a = b\, c = 0.1", [("$a$", r"b\, c", "0.1")]),
        (r"a = 0.3 \cdot 0.6 = 0.18", [("$a$", r"0.3 \cdot 0.6", "0.18")]),
        (r"a = b \Rightarrow c = d = 1", [("$a$", "b"), ("$c$", "d", "1")]),
        (r"a = 1 \text{ and } b = 2", [("$a$", "1"), ("$b$", "2")]),
        (r"a_\text{new} = \text{net} = 2", [(r"$a_\text{new}$", r"\text{net}", "2")]),
        (
            r"a = \begin{bmatrix} 1 & 2 \end{bmatrix} = b",
            [("$a$", r"\begin{bmatrix} 1 & 2 \end{bmatrix}", "b")],
        ),
        ("a = b\n= 0.5", [("$a$", "b", "0.5")]),
    ],
)
def test_a_row_of_mathematics(line: str, expected: list[tuple[str, ...]]) -> None:
    assert said(line, math=True) == expected


def test_each_member_has_its_line() -> None:
    (one,) = cut("a = b\n  + c\n  = 0.5", math=True)
    assert [member.line for member in one.members] == [0, 2]


@pytest.mark.parametrize(
    "line",
    ["E = 9 for w = 3", "At w = 3, E = 9", "For w = 3: E = 9", r"E = 9 \quad \text{if } w = 3"],
)
def test_what_says_where_another_one_holds_is_no_statement_of_its_own(line: str) -> None:
    (one,) = cut(line)
    (condition,) = one.conditions
    assert one.members[0].text == "9"
    assert isinstance(condition, Statement)
    assert (condition.subject.strip("$"), condition.members[0].text) == ("w", "3")


def test_a_condition_in_words() -> None:
    one, other = cut("E = 0.25 after 100 epochs and dE/dw = 2")
    assert (one.conditions, other.conditions) == (("after 100 epochs",), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\pdv{E}{w_1}", r"\frac{\partial E}{\partial w_1}"),
        (r"\partial_{w} E", r"\frac{\partial E}{\partial w}"),
        (r"\frac{\partial}{\partial w_2} E", r"\frac{\partial E}{\partial w_2}"),
        (r"\frac{\mathrm{d}}{\mathrm{d}w}L", r"\frac{\mathrm{d} L}{\mathrm{d}w}"),
        (r"\boxed{a = {\color{red} b}}", "a = { b}"),
        (r"\underbrace{a b}_{\text{both}} + c", "{a b} + c"),
        (r"\frac{dE}{dw}\Big|_{w=2} = 1", r"\frac{dE}{dw} = 1"),
        (r"\left.\frac{dE}{dw}\right|_{w=2}", r"\frac{dE}{dw}"),
        (r"\unknown{a} + \frac{b}{c}", r"\unknown{a} + \frac{b}{c}"),
    ],
)
def test_the_latex_that_people_write_in_the_few_commands_that_are_read(
    text: str, expected: str
) -> None:
    assert " ".join(expand(text).split()) == expected
