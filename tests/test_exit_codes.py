"""What the command says of each kind of file: the exit code, and how many lines were judged."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run

from autograd_lite.cli import checking

ROOT = Path(__file__).parent.parent
TARGET = (
    "from autograd_lite import Constant, Value\n"
    "w, x = Value(3.0, 'w'), Constant(2.0, 'x')\n"
    "h = (w * x).named('h')\n"
    "E = (h * h).named('E')\n"
)

Claims = dict[str, str]
RIGHT: Claims = {"h": "6.0", "dE/dw": "24.0"}
WRONG: Claims = {"h": "6.0", "dE/dw": "-24.0"}
UNJUDGED: Claims = {"h": "6.0", "dE/dq": "24.0"}
NOTHING: Claims = {"q_1": "6.0", "q_2": "24.0"}


def cells(claims: Claims) -> str:
    source = "".join(f"{name} = {given}\n\n" for name, given in claims.items())
    return json.dumps({"cells": [{"cell_type": "markdown", "source": source}]})


def code(claims: Claims) -> str:
    names = {name: name.replace("/", "_") for name in claims}
    return "".join(f"{names[name]} = {given}\n" for name, given in claims.items())


def function(claims: Claims) -> str:
    formulas = {"6.0": "w * x", "24.0": "2 * w * x * x", "-24.0": "-2 * w * x * x"}
    known = {name: formulas[given] for name, given in claims.items() if "q" not in name}
    text = code(claims | known | dict.fromkeys(claims.keys() - known.keys(), "w + 3 * x"))
    return "def backward(w, x):\n" + "".join(f"    {line}\n" for line in text.splitlines())


KINDS: dict[str, Callable[[Claims], str]] = {
    "claims.json": json.dumps,
    "claims.toml": lambda c: "".join(f'"{name}" = "{given}"\n' for name, given in c.items()),
    "claims.csv": lambda c: "name,value\n" + "".join(f"{n},{g}\n" for n, g in c.items()),
    "notes.md": lambda c: "".join(f"We get ${n} = {g}$.\n\n" for n, g in c.items()),
    "notes.txt": lambda c: "".join(f"{n} = {g}\n" for n, g in c.items()),
    "notes.tex": lambda c: "".join(f"\\[ {n} = {g} \\]\n" for n, g in c.items()),
    "notes.ipynb": cells,
    "read.py": code,
}
LINES = KINDS.keys() - {"claims.json", "claims.toml"}


@pytest.fixture
def compare(tmp_cwd: Path, command_line: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT)])
    (tmp_cwd / "target.py").write_text(TARGET)
    return command_line


@pytest.mark.parametrize(
    ("claims", "exit_code", "judged"),
    [(RIGHT, 0, "2 of 2"), (WRONG, 1, "2 of 2"), (NOTHING, 2, "0 of 2"), (UNJUDGED, 3, "1 of 2")],
    ids=["right", "wrong", "nothing", "unjudged"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_file_has_its_exit_code_and_its_lines(
    compare: Run, tmp_cwd: Path, kind: str, claims: Claims, exit_code: int, judged: str
) -> None:
    (tmp_cwd / kind).write_text(KINDS[kind](claims), encoding="utf-8")
    result = compare("compare", "target.py:E", kind)
    assert result.code == exit_code, result.out + result.err
    if kind in LINES:
        assert result.out.startswith(f"{judged} lines judged\n")
    found = json.loads(compare("compare", "target.py:E", kind, "--json").out)
    if kind in LINES:
        assert f"{found['judged']} of {found['lines']}" == judged
    if exit_code == 3:
        assert compare("compare", "target.py:E", kind, "--lenient").code == 0


@pytest.mark.parametrize(
    ("claims", "exit_code"),
    [(RIGHT, 0), (WRONG, 1), (NOTHING, 2), (UNJUDGED, 3)],
    ids=["right", "wrong", "nothing", "unjudged"],
)
@pytest.mark.parametrize("kind", ["run.py", "run.py:backward"])
def test_code_that_is_run_has_its_exit_code(
    compare: Run, tmp_cwd: Path, kind: str, claims: Claims, exit_code: int
) -> None:
    text = function(claims) if ":" in kind else code(claims) + "import math\ni = 3\n"
    (tmp_cwd / "run.py").write_text(text)
    result = compare("compare", "target.py:E", kind, "--run")
    assert result.code == exit_code, result.out + result.err


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_file_and_one_without_mathematics_are_nothing_to_check(
    compare: Run, tmp_cwd: Path, kind: str
) -> None:
    text = KINDS[kind]({})
    (tmp_cwd / kind).write_text(text, encoding="utf-8")
    result = compare("compare", "target.py:E", kind)
    assert (result.code, result.out) == (2, "")
    assert "there is no claim in it" in result.err


# Code that ends itself, and errors of ours


@pytest.mark.parametrize(
    ("end", "exit_code"),
    [
        ("sys.exit(0)", 0),
        ("sys.exit()", 0),
        ("sys.exit(1)", 2),
        ("raise KeyboardInterrupt", 2),
        ("raise BaseException('now')", 2),
        ("os._exit(0)", 2),
        ("os.kill(os.getpid(), 9)", 2),
        pytest.param("while True: pass", 2, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("kind", ["run.py", "run.py:backward"])
def test_code_that_ends_itself_ends_no_report(
    compare: Run, tmp_cwd: Path, kind: str, end: str, exit_code: int
) -> None:
    text = code(RIGHT) if kind == "run.py" else function(RIGHT)
    is_function = kind != "run.py"
    (tmp_cwd / "run.py").write_text(f"import os, sys\n{text}{'    ' * is_function}{end}\n")
    result = compare("compare", "target.py:E", kind, "--run", "--timeout", "3")
    if is_function and exit_code == 0:
        exit_code = 2  # a function that does not return has no end
    assert result.code == exit_code, result.out + result.err
    assert bool(result.out) == (exit_code == 0)
    assert exit_code == 0 or len(result.err.splitlines()) > 1


@pytest.mark.parametrize("end", ["sys.exit(0)", "raise SystemExit", "raise BaseException"])
def test_a_target_that_ends_itself_is_an_error(compare: Run, tmp_cwd: Path, end: str) -> None:
    (tmp_cwd / "target.py").write_text(f"import sys\n{TARGET}{end}\n")
    (tmp_cwd / "a.md").write_text("h = 6.0\n")
    assert compare("compare", "target.py:E", "a.md").code == 2


def test_a_defect_of_ours_is_no_verdict(
    compare: Run, tmp_cwd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of ours\x1b[2J")

    monkeypatch.setattr(checking, "compare_with", fails)
    (tmp_cwd / "a.md").write_text("h = 6.0\n")
    result = compare("compare", "target.py:E", "a.md")
    assert (result.code, result.out) == (2, "")
    assert r"internal error: ZeroDivisionError: of ours\x1b[2J (test_exit_codes.py" in result.err
    assert result.err.count("\n") == 1


def test_a_pipe_is_not_waited_for(compare: Run, tmp_cwd: Path) -> None:
    os.mkfifo(tmp_cwd / "a.md")
    result = compare("compare", "target.py:E", "a.md")
    assert result.code == 2
    assert "a.md: is a named pipe; give a file" in result.err


@pytest.mark.parametrize("form", [[], ["--all"], ["--hints", "3"], ["--markdown"], ["--json"]])
def test_no_view_moves_the_cursor(compare: Run, tmp_cwd: Path, form: list[str]) -> None:
    claims = {"h\u202e": "6.0", "dE/dw": "-24.0\x1b[2J", "dE\x9b/dw": "5\x07"}
    (tmp_cwd / "a.json").write_text(json.dumps(claims))
    (tmp_cwd / "a.md").write_text("dE/dw\u202e = -24.0\nh = \u2066 5.0\x9b\n", encoding="utf-8")
    for name in ("a.json", "a.md"):
        result = compare("compare", "target.py:E", name, *form)
        assert all(line.isprintable() for line in (result.out + result.err).split("\n")), name
