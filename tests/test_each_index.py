r"""Lines with a free index: what they say together."""

from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.finding import Finding


def mean() -> Value:
    """m is the mean of four numbers, L = ½ (m − 1)²."""
    x = Value([0.5, -1.0, 2.0, 0.3], "x")
    m = x.mean().named("m")
    return (0.5 * (m - 1) ** 2).named("L")


def scores() -> Value:
    """Softmax of three scores, with cross-entropy."""
    z = Value([0.6, -0.4, 1.3], "z", names=["z_1", "z_2", "z_3"])
    y = Constant([0.3, 0.2, 0.5], "y", names=["y_1", "y_2", "y_3"])
    e = ag.exp(z)
    p = (e / e.sum()).named("p", names=["p_1", "p_2", "p_3"])
    return (-(y * ag.log(p)).sum()).named("L")


def findings(root: Value, text: str, folder: Path) -> list[Finding]:
    path = folder / "derivation.md"
    path.write_text(text, encoding="utf-8")
    return list(ag.compare(root, path).findings)


@pytest.mark.parametrize(
    ("line", "verdicts"),
    [
        (r"$$\frac{\partial m}{\partial x_i} = \frac14$$", ["right"] * 4),
        (r"$$\frac{\partial m}{\partial x_i} = 0.25$$", ["right"] * 4),
        (r"$$\frac{\partial L}{\partial x_i} = \frac14 (m - 1)$$", ["right"] * 4),
        (r"$$\frac{\partial m}{\partial x_i} = \frac13$$", ["wrong"] + ["follows"] * 3),
        (r"$$x_i = 0.5$$", ["unchecked"] * 4),  # of the first only
        (r"$$x_i = 7$$", ["unchecked"] * 4),  # perhaps another x
    ],
)
def test_an_index_on_the_left_only_is_all_of_them(
    line: str, verdicts: list[str], tmp_path: Path
) -> None:
    assert [one.verdict for one in findings(mean(), line, tmp_path)] == verdicts


def test_a_mistake_in_a_line_with_an_index_is_one_mistake(tmp_path: Path) -> None:
    line = r"$$\frac{\partial L}{\partial z_i} = y_i - p_i$$"
    first, *others = findings(scores(), line, tmp_path)
    assert first.verdict == "wrong"
    assert first.causes[0].kind == "wrong sign"
    assert [one.verdict for one in others] == ["follows", "follows"]
    assert {one.root for one in others} == {first.name}
    assert {one.reason for one in others} == {"the same line, for another index"}


def test_two_lines_with_an_index_are_two_mistakes(tmp_path: Path) -> None:
    line = r"$$\frac{\partial p_i}{\partial z_i} = p_i (1 + p_i)$$"
    more = r"$$\frac{\partial L}{\partial p_i} = \frac{y_i}{p_i}$$"
    found = findings(scores(), f"{line}\n{more}", tmp_path)
    assert [one.verdict for one in found] == ["wrong", "follows", "follows"] * 2


@pytest.mark.parametrize("form", [r"\frac14 (m - 1)", r"0.25 (m - 1)", r"\frac{1}{4} (m − 1)"])
def test_a_factor_in_parentheses_is_no_remark_on_a_number(form: str, tmp_path: Path) -> None:
    line = rf"$$\frac{{\partial L}}{{\partial x_i}} = {form}$$"
    assert {one.verdict for one in findings(mean(), line, tmp_path)} == {"right"}


@pytest.mark.parametrize(
    ("form", "verdict"),
    [
        (r"\mathrm{softmax}(z)_i - y_i", "right"),
        (r"(p - y)_i", "right"),
        (r"(y - p)_i", "wrong"),
    ],
)
def test_an_index_behind_parentheses_is_that_of_an_element(
    form: str, verdict: str, tmp_path: Path
) -> None:
    line = rf"$$\frac{{\partial L}}{{\partial z_i}} = {form}$$"
    assert findings(scores(), line, tmp_path)[0].verdict == verdict


def test_elements_with_names_from_0_end_with_the_last_name(tmp_path: Path) -> None:
    z = Value([0.2, 0.5], "z", names=["z_0", "z_1"])
    root = (ag.exp(z).sum() ** (1 / 3)).named("L")
    over = r"\frac13 \frac{e^{z_i}}{\sqrt[3]{(e^{z_0} + e^{z_1})^2}}"
    line = rf"$$\frac{{\partial L}}{{\partial z_i}} = {over}$$"
    found = findings(root, line, tmp_path)
    assert [(one.quantity, one.verdict) for one in found] == [
        ("dL/dz_0", "right"),
        ("dL/dz_1", "right"),
    ]


def test_only_the_diagonal_of_a_softmax_is_a_missing_path(tmp_path: Path) -> None:
    line = (
        r"$$\frac{\partial L}{\partial z} = p \odot (1 - p) \odot \frac{\partial L}{\partial p}$$"
    )
    (found,) = findings(scores(), line, tmp_path)
    assert found.causes[0].kind == "missing path"
    assert found.causes[0].sentence.endswith(
        "from each element of z to the others of p are missing"
    )


def test_the_sign_of_what_a_function_is_taken_of(tmp_path: Path) -> None:
    z = Value(1.2, "z")
    root = (ag.sigmoid(z).named("p") * 2).named("L")
    (found,) = findings(root, "p = 0.2315", tmp_path)
    assert found.causes[0].sentence == "the operand of sigmoid has the wrong sign"
