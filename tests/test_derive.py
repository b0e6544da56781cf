"""The public face of a derivation: ``ag.derive``, what it refuses, LaTeX, and the command."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from programs.named import PROGRAMS, mlp

import autograd_lite as ag
from autograd_lite import Constant, DataError, GraphTooLargeError, ShapeError, Value, cli
from autograd_lite.chain.derive import derivation_of
from autograd_lite.expr.node import Expression
from models.notebook import loss

LOSS = "models.notebook:loss"


# What is refused


def test_a_derivation_is_that_of_a_single_number() -> None:
    with pytest.raises(ShapeError, match=r"shape \(2,\).*single number"):
        ag.derive(Value([1.0, 2.0], "w"))


def test_a_derivation_starts_from_a_value() -> None:
    with pytest.raises(DataError, match="starts from a Value, not from"):
        ag.derive(2.0)  # type: ignore[arg-type]


def test_the_level_is_one_of_two() -> None:
    with pytest.raises(DataError, match="'scalar' or 'tensor'"):
        ag.derive(Value(1.0), "matrix")


def test_too_large_a_graph_is_refused_with_what_to_do() -> None:
    w = Value(np.zeros(4_000), "w")
    y = (w * w).sum()
    with pytest.raises(GraphTooLargeError, match=r"limit of 3,000.*tensor level"):
        ag.derive(y)
    assert ag.derive(y, "tensor").source
    with pytest.raises(GraphTooLargeError, match="limit of 2 for a derivation"):
        ag.derive(y, "tensor", limit=2)


# What it is


def test_a_derivation_says_what_it_is() -> None:
    assert repr(ag.derive(loss())) == "<Derivation of E: 35 values, 50 derivatives>"
    assert repr(ag.derive(loss(), "tensor")) == "<Derivation of E: 9 values, 11 derivatives>"
    x = Value(2.0, "x")
    assert repr(ag.derive((x * x).named("y"))) == "<Derivation of y: 1 value, 1 derivative>"
    assert str(ag.derive(loss())) == ag.derive(loss()).source


def test_names_of_variables_are_only_taken_from_a_frame_that_is_given() -> None:
    w = Value(2.0)
    square = w * w
    assert "square = w * w" in ag.derive(square).source
    assert "output = v1 * v1" in derivation_of(square).source


# LaTeX


@pytest.mark.parametrize("level", ["scalar", "tensor"])
@pytest.mark.parametrize("program", [*PROGRAMS, loss])
def test_latex_has_a_row_for_each_line_and_is_balanced(program: object, level: str) -> None:
    assert callable(program)
    derivation = ag.derive(program(), level)
    text = derivation.latex()
    counts = [int(number) for number in re.findall(r"(\d+) [vd]", repr(derivation))]
    assert sum(counts) == len(re.findall(r"^[^&\n][^&\n]* &= ", text, re.MULTILINE))
    assert text.startswith("\\begin{aligned}\n")
    assert text.endswith("\n\\end{aligned}")
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    assert all(line.count("&") == 1 for line in text.splitlines()[1:-1])


def test_latex_of_a_layer() -> None:
    def d(parent: str, child: str = "y") -> str:
        return rf"\frac{{\partial {child}}}{{\partial {parent}}}"

    W, v = Value([[1.0, 2.0], [3.0, 4.0]], "W"), Value([1.0, -1.0], "v")
    y = (ag.tanh((W @ v).named("z")).named("h") ** 2).sum().named("y")
    assert ag.derive(y, "tensor").latex().splitlines()[1:-1] == [
        r"z &= W \, v \\",
        r"h &= \tanh\left(z\right) \\",
        r"y &= \sum h^{2} \\",
        rf"{d('h')} &= 2 \cdot h \\",
        rf"{d('z')} &= {d('h')} {d('z', 'h')} = {d('h')} \cdot \left(1 - h^{{2}}\right) \\",
        rf"{d('W')} &= {d('z')} {d('W', 'z')} = {d('z')} \, v^{{\top}} \\",
        rf"{d('v')} &= {d('z')} {d('v', 'z')} = W^{{\top}} \, {d('z')}",
    ]


def test_the_latex_of_a_negated_sum_has_parentheses_of_its_height() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    assert r"y &= -\left(a + b\right) " in ag.derive((-(a + b)).named("y")).latex()


def test_a_notebook_shows_the_latex() -> None:
    derivation = ag.derive((Value(2.0, "w") * Constant(3.0, "x")).named("y"))
    assert derivation._repr_latex_() == f"$${derivation.latex()}$$"


# The command


def test_the_command_prints_the_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", LOSS]) == 0
    assert capsys.readouterr().out == ag.derive(loss()).source


def test_the_command_prints_python_if_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", LOSS, "--python", "--level", "tensor"]) == 0
    assert capsys.readouterr().out == ag.derive(loss(), "tensor").source


def test_the_command_prints_latex(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", LOSS, "--latex"]) == 0
    assert capsys.readouterr().out == ag.derive(loss()).latex() + "\n"


def test_the_command_writes_a_file_that_runs(tmp_cwd: Path) -> None:
    assert cli.main(["derive", LOSS, "-o", "derived.py"]) == 0
    namespace: dict[str, object] = {}
    exec(Path("derived.py").read_text(encoding="utf-8"), namespace)
    derivation = namespace["derivation"]
    assert callable(derivation)
    assert derivation() == ag.derive(loss()).run()
    assert list(tmp_cwd.iterdir()) == [tmp_cwd / "derived.py"]


def test_the_command_refuses_what_is_too_large(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", LOSS, "--limit", "10"]) != 0
    assert "more than the limit of 10" in capsys.readouterr().err


def test_the_source_of_a_program_is_small_enough_to_be_read() -> None:
    assert len(ag.derive(mlp(), "tensor").source.splitlines()) < 50


def test_the_derivation_of_a_maximum_of_n_takes_n_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[Any] = []

    def counted(expression: Any) -> int:
        looked_up.append(expression)
        return object.__hash__(expression)

    monkeypatch.setattr(Expression, "__hash__", counted)

    def steps(n: int) -> int:
        looked_up.clear()
        ag.derive(Value(np.arange(float(n)), "x").max())
        return len(looked_up)

    assert steps(80) < 2.5 * steps(40)
