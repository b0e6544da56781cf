"""The command line, as its user sees it."""

import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run

from autograd_lite import cli
from autograd_lite.chain.rule import chain_rule
from autograd_lite.check.compare import compare
from autograd_lite.cli.common import plain
from autograd_lite.example import write_files
from models.notebook import claims, loss

ROOT = Path(__file__).parent.parent
LOSS = "models.notebook:loss"


@pytest.fixture
def run(tmp_cwd: Path, command_line: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in a fresh folder."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT)])
    (tmp_cwd / "mine.py").write_text(
        "from autograd_lite import Value\nw = Value(3.0)\nE = w * w\ndef fails(): 1 / 0\n"
    )
    return command_line


@pytest.fixture
def claimed(tmp_cwd: Path) -> Callable[[object], str]:
    def write(content: object) -> str:
        (tmp_cwd / "claims.json").write_text(json.dumps(content))
        return "claims.json"

    return write


# Terminals that lack our signs


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
@pytest.mark.parametrize(
    "command",
    [
        ("explain", LOSS, "w_1"),
        ("explain", LOSS, "w_1", "--json"),
        ("derive", "mine.py:E"),
        ("draw", "mine.py:E", "-o", "-"),
        ("compare", LOSS, "claims.json"),
        ("explain", LOSS, "∂w"),
    ],
)
@pytest.mark.usefixtures("run")
def test_no_terminal_loses_a_sign(
    monkeypatch: pytest.MonkeyPatch,
    claimed: Callable[[object], str],
    encoding: str,
    command: tuple[str, ...],
) -> None:
    claimed({"∂E/∂w_9": "0.5", "σ′": 1})
    streams = [io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    code = cli.main(command)
    texts = []
    for stream in streams:
        stream.seek(0)
        texts.append(stream.read())
    text = "".join(texts)
    assert code in (0, 1, 2)
    assert text
    assert "?" not in text
    if encoding == "utf-8":
        assert set("∂·σ") & set(text) or command[0] == "derive"
    elif "--json" in command:
        assert json.loads(text)[0]["paths"][0]["terms"][0]["formula"]
    elif command[-1] == "w_1":
        assert text.startswith("dE/dw_1 = dE/dE1")


def test_a_sign_is_spelled_as_people_spell_it_in_ascii() -> None:
    for signs, plainly in {
        "∂E/∂w": "dE/dw",
        "σ′(z)": "sigma'(z)",
        "Δδ": "Deltadelta",
        "x² + x₁": "x^2 + x_1",
        "½": "1/2",
        "Wᵀ": "W^T",
        "ŷ − ȳ": "y^ - y_bar",
        "a ≤ ∞": "a <= inf",
        "中": r"\u4e2d",
    }.items():
        assert plain(signs) == plainly


# Help and usage


COMMANDS = ("demo", "draw", "explain", "derive", "compare", "check", "grade")


def test_every_help_has_an_example_and_fits_a_terminal(run: Run) -> None:
    for command in ([], *([one] for one in COMMANDS)):
        result = run(*command, "--help")
        assert result.code == 0
        assert f"autograd-lite {' '.join(command)}" in result.out.partition("Examples")[2]
        assert max(map(len, result.out.splitlines())) <= 88
    assert "RUNS ITS CODE" in run("--help").out


@pytest.fixture
def as_in_the_help(run: Run, tmp_cwd: Path) -> Run:
    """The command in a folder with the files of the help pages, as ``demo`` writes them."""
    (tmp_cwd / "mine.py").unlink()
    write_files(tmp_cwd)
    return run


@pytest.mark.parametrize("command", [(), *((one,) for one in COMMANDS)], ids="".join)
def test_the_examples_of_the_help_run(as_in_the_help: Run, command: tuple[str, ...]) -> None:
    lines = re.findall(
        "^  autograd-lite (.*)", as_in_the_help(*command, "--help").out, re.MULTILINE
    )
    assert len(lines) > 1
    for line in lines:
        result = as_in_the_help(*shlex.split(line))
        wrong = "notes.md" in line or "whole.md" in line  # in which the help has planted a mistake
        assert (result.code, result.err.count("error")) == (int(wrong), 0), line


def test_the_mistake_in_the_help_is_named(as_in_the_help: Run) -> None:
    report = as_in_the_help("compare", "network.py:E", "notes.md").out
    assert report.startswith("3 of 3 lines judged\n2 right, 1 wrong, 0 unchecked\n")
    assert "wrong sign" in report
    assert "write x in place of w" in as_in_the_help("check", "whole.md").out


def test_no_command_prints_the_help(run: Run) -> None:
    result = run()
    assert (result.code, result.err) == (0, "")
    assert result.out == run("--help").out


def test_the_demonstration_leaves_pictures_and_files_and_overwrites_nothing(
    run: Run, tmp_cwd: Path
) -> None:
    assert run("demo", "--folder", "here").code == 0
    mine = tmp_cwd / "here" / "notes.md"
    mine.write_text("dE/dO = 1", encoding="utf-8")
    result = run("demo", "--folder", "here")
    assert result.code == 0
    for part in ("∂E/∂w_1 = ", "0 right, 1 wrong", str(Path("here", "compared.svg"))):
        assert part in result.out
    assert mine.read_text(encoding="utf-8") == "dE/dO = 1"
    assert (tmp_cwd / "here" / "cnn.svg").read_bytes()


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").out.startswith("autograd-lite ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["explain"],
        ["compare", LOSS],
        ["explain", LOSS, "--limit", "0"],
        ["explain", LOSS, "--limit", "some"],
        ["explain", LOSS, "--latex", "--json"],
        ["draw", LOSS, "--level", "molecular"],
        ["compare", LOSS, "claims.json", "--learning-rate", "small"],
        ["compare", LOSS, "claims.json", "--hints", "4"],
        ["compare", LOSS, "claims.json", "--json", "--markdown"],
    ],
)
def test_bad_usage_ends_with_2_and_a_usage_line(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("usage: autograd-lite")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "nothing"], "the target 'nothing' names no attribute"),
        (["explain", LOSS, "w_13"], "no value is called 'w_13'"),
        (["explain", LOSS, "w_conv"], "'w_conv' is not a single number"),
        (["draw", LOSS, "-o", "graph.gif"], "cannot render to 'graph.gif'"),
        (["draw", LOSS, "-o", "mine.py/graph.svg"], "mine.py"),
        (["draw", LOSS, "--wrt", "w_13"], "no value is called 'w_13'"),
        (["draw", LOSS, "--level", "scalar", "--limit", "5"], "more than the limit of 5"),
        (["compare", LOSS, "missing.json"], "missing.json: No such file"),
        (["compare", LOSS, "."], ".: is a folder; give the files in it"),
        (["compare", LOSS, "claims.docx"], "claims.docx: No such file"),
    ],
)
def test_an_error_is_one_line_and_ends_with_2(run: Run, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("autograd-lite: error: ")
    assert message in result.err
    assert result.err.count("\n") == 1


def test_an_error_in_the_users_code_shows_the_users_traceback(run: Run) -> None:
    result = run("explain", "mine:fails")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Traceback")
    assert result.err.endswith("ZeroDivisionError: division by zero\n")
    assert "mine.py" in result.err
    assert "autograd_lite" not in result.err


# explain


def test_explain_prints_the_chain_rule_of_each_name(run: Run) -> None:
    result = run("explain", LOSS, "w_9", "w_1")
    assert result == (0, f"{chain_rule(loss(), 'w_9')}\n\n{chain_rule(loss(), 'w_1')}\n", "")


def test_explain_without_a_name_lists_values_and_terms(run: Run) -> None:
    result = run("explain", LOSS)
    assert "net_O1 = w_9·H1 + w_10·H2 = " in result.out
    assert "∂O1/∂net_O1 = O1·(1 − O1) = 0.219044" in result.out


def test_explain_names_values_by_the_variables_of_the_target(run: Run) -> None:
    assert run("explain", "mine.py:E", "w").out.startswith("∂E/∂w = ")


def test_explain_says_where_there_is_no_dependence(run: Run) -> None:
    assert run("explain", LOSS, "fm[0,1]").out == "E does not depend on fm[0,1]: ∂E/∂fm[0,1] = 0\n"


def test_explain_limits_the_paths(run: Run) -> None:
    assert "… and 14 more paths" in run("explain", LOSS, "w_conv[0,0]", "--limit", "2").out


def test_explain_in_latex(run: Run) -> None:
    assert run("explain", LOSS, "w_9", "--latex").out == f"{chain_rule(loss(), 'w_9').latex()}\n"
    assert r"\frac{\partial O_{1}}" in run("explain", LOSS, "--latex").out


def test_explain_in_json(run: Run) -> None:
    (rule,) = json.loads(run("explain", LOSS, "w_9", "--json").out)
    assert (rule["wrt"], rule["count"]) == ("w_9", 1)
    everything = json.loads(run("explain", LOSS, "--json").out)
    assert everything["output"] == "E"
    assert {"name": "w_9", "kind": "weight"}.items() <= everything["values"][12].items()


# compare


def test_compare_prints_the_report_and_ends_with_1_where_something_is_wrong(
    run: Run, claimed: Callable[[object], str]
) -> None:
    facts = [(fact.term, fact.printed) for fact in claims.load("pass 1, backward")]
    result = run("compare", LOSS, claimed(facts), "--learning-rate", "0.001")
    assert result == (1, f"{compare(loss(), facts, learning_rate=0.001)}\n", "")


def test_compare_ends_with_0_where_nothing_is_wrong(
    run: Run, claimed: Callable[[object], str]
) -> None:
    result = run("compare", LOSS, claimed({"H1": 0.8278, "dE/dw_9": "0.2451", "new": 3}))
    assert result.code == 0
    assert result.out.startswith("2 right, 0 wrong, 1 unchecked\n")


def test_compare_reads_toml_with_its_digits(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "claims.toml").write_text('H1 = 0.8278\n[backward]\n"dE/dw_10" = -0.1228\n')
    result = run("compare", LOSS, "claims.toml")
    assert (result.code, result.out.splitlines()[0]) == (1, "1 right, 1 wrong, 0 unchecked")


def test_compare_in_json(run: Run, claimed: Callable[[object], str]) -> None:
    result = run("compare", LOSS, claimed({"H1": 0.8279}), "--json")
    report = json.loads(result.out)
    assert (result.code, report["wrong"]) == (1, 1)
    assert report["findings"][0]["given"] == "0.8279"


def test_compare_in_markdown(run: Run, claimed: Callable[[object], str]) -> None:
    result = run("compare", LOSS, claimed({"H1": 0.8279}), "--markdown")
    assert result.out.startswith("# The derivation of E\n")
    assert "| **wrong** |  | `H1` | 0.8279 |" in result.out


@pytest.mark.parametrize(
    ("level", "hint"),
    [
        ("1", "Look at dE/dO1 again: is every sign right?"),
        ("2", "In dE/dO1, the mistake is: wrong sign."),
        ("3", "1: dE/dO1\n  given     -1.3519\n"),
    ],
)
def test_compare_gives_hints(
    run: Run, claimed: Callable[[object], str], level: str, hint: str
) -> None:
    result = run("compare", LOSS, claimed({"dE/dO1": "-1.3519"}), "--hints", level)
    assert result.code == 1
    assert result.out.startswith(hint)


def test_compare_lists_the_right_lines_of_a_long_derivation_with_all(
    run: Run, claimed: Callable[[object], str]
) -> None:
    file = claimed([["H1", "0.8278"]] * 61)
    assert "(61 right lines are not listed)" in run("compare", LOSS, file).out
    assert run("compare", LOSS, file, "--all").out.count("H1") == 61


def test_compare_draws_the_verdicts(
    run: Run, tmp_cwd: Path, claimed: Callable[[object], str]
) -> None:
    result = run("compare", LOSS, claimed({"H1": 0.9}), "--picture", "report.dot", "--json")
    assert result.err == "picture: report.dot\n"
    assert json.loads(result.out)["wrong"] == 1
    assert "given 0.9" in (tmp_cwd / "report.dot").read_text(encoding="utf-8")


def test_compare_says_the_line_of_a_document(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "notes.md").write_text("Forward\n\nH1 = 0.9\n")
    assert "\nThe mistake, line 3: H1\n" in run("compare", LOSS, "notes.md").out


def test_several_files_are_one_derivation(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "forward.md").write_text("s_1 = 0.9544\nH1 = 0.8278\n")
    (tmp_cwd / "backward.md").write_text("dE/dH1 = 0.3532364\ndE/dw_1 = 0.0480649\n")
    result = run("compare", LOSS, "forward.md", "backward.md")
    assert result.out.startswith(
        "4 of 4 lines judged\n2 right, 1 wrong, 1 following from these, 0 unchecked\n"
    )
    assert "\nThe mistake, backward.md, line 1: dE/dH1\n" in result.out


def test_the_names_of_the_author_are_those_of_a_file(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "notes.md").write_text("hidden = 0.8278\n")
    (tmp_cwd / "names.toml").write_text('hidden = "H1"\n')
    assert run("compare", LOSS, "notes.md").code == 2
    result = run("compare", LOSS, "notes.md", "--names", "names.toml")
    assert (result.code, result.out.splitlines()[1]) == (0, "1 right, 0 wrong, 0 unchecked")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("dE/dnothing = 0.25", 3),
        ("dE/dH1 = nothing * 2", 3),
        ("dE/dw_9 = 0.2451 after 100 epochs", 0),
        ("nothing = 0.25", 0),
        ("dE/dw_9 = 0.31", 1),
    ],
)
def test_where_derivatives_could_not_be_judged_the_exit_code_says_so(
    run: Run, tmp_cwd: Path, line: str, code: int
) -> None:
    (tmp_cwd / "notes.md").write_text(f"H1 = 0.8278\n\n{line}\n")
    assert run("compare", LOSS, "notes.md").code == code
    assert run("compare", LOSS, "notes.md", "--lenient").code == (code if code == 1 else 0)


def test_what_was_not_judged_is_listed_with_the_names_to_paste(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "notes.md").write_text("H1 = 0.8278\n\ndE/dnothing = 0.25\n\ndE/dH1 = some * 2\n")
    lines = run("compare", LOSS, "notes.md").out.splitlines()
    assert lines[0] == "1 of 3 lines judged"
    rest = lines[lines.index("Not judged:") :]
    assert rest[1] == "  line 3: dE/dnothing = 0.25"
    assert rest[2].startswith("    unknown name")
    assert "  line 5: dE/dH1 = some * 2" in rest
    assert rest[-2:] == ['  "dE/dnothing" = "…"', '  "some" = "…"']


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("hidden = 3", "names.toml: names: 'hidden' is to mean 3"),
        ('hidden = "H9"', "names.toml: names: 'hidden' is to mean 'H9', which means nothing"),
        ("hidden =", "names.toml: Invalid value"),
        (None, "names.toml: No such file"),
    ],
)
def test_a_table_of_names_that_is_wrong_is_named(
    run: Run, tmp_cwd: Path, claimed: Callable[[object], str], table: str | None, message: str
) -> None:
    if table is not None:
        (tmp_cwd / "names.toml").write_text(table)
    result = run("compare", LOSS, claimed({"H1": 0.8278}), "--names", "names.toml")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"autograd-lite: error: {message}")


def test_a_file_without_a_claim_is_an_error_that_says_what_is_read(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "notes.md").write_text("To be done.\n")
    result = run("compare", LOSS, "notes.md")
    assert (result.code, result.out) == (2, "")
    assert "notes.md: there is no claim in it; write lines such as 'dE/dw = 0.25'" in result.err


def test_where_nothing_can_be_checked_the_nearest_names_are_told(
    run: Run, claimed: Callable[[object], str]
) -> None:
    result = run("compare", LOSS, claimed({"H_11": 0.5, "O_11": 1}))
    assert result.code == 2
    assert "nothing could be checked" in result.err
    assert re.search(r"'H_11': unknown name; nearest: .*H1", result.err)
    assert "0 right, 0 wrong, 2 unchecked" in result.out


# compare, with --run


def test_code_is_not_run_unless_it_is_allowed(run: Run, tmp_cwd: Path) -> None:
    code = "open('ran', 'w').close()\nH1 = 0.8278\ndef backward(): return 1.0\n"
    (tmp_cwd / "hand.py").write_text(code)
    assert run("compare", LOSS, "hand.py").err == ""
    result = run("compare", LOSS, "hand.py:backward")
    assert (result.code, result.out) == (2, "")
    assert "hand.py:backward has to be run; allow it with --run" in result.err
    assert not (tmp_cwd / "ran").exists()


def test_a_script_that_is_run_claims_what_it_leaves(run: Run, tmp_cwd: Path) -> None:
    code = "import math\nprint('hello')\nO1 = 1 / (1 + math.exp(-0.735190588))\n"
    (tmp_cwd / "hand.py").write_text(f"{code}O1_text = f'{{O1:.6f}}'\nO1 = f'{{O1:.6f}}'\n")
    result = run("compare", LOSS, "hand.py", "--run")
    assert (result.code, result.out.splitlines()[0]) == (0, "1 right, 0 wrong, 1 unchecked")
    assert result.err == "autograd-lite: running the code of hand.py\nhello\n"


def test_a_notebook_that_is_run_claims_what_its_cells_leave(run: Run, tmp_cwd: Path) -> None:
    cells = [
        {"cell_type": "code", "source": ["%matplotlib inline\n", "half = 0.5\n"]},
        {"cell_type": "markdown", "source": "H1 = 0.1"},
        {"cell_type": "code", "source": "H1 = str(round(half + 0.3277, 4))"},
    ]
    (tmp_cwd / "hand.ipynb").write_text(json.dumps({"cells": cells}))
    result = run("compare", LOSS, "hand.ipynb", "--run")
    assert (result.code, result.out.splitlines()[0]) == (1, "0 right, 1 wrong, 1 unchecked")
    assert re.search(r"wrong +H1 +0.8277 ", result.out)


def test_code_that_fails_shows_its_own_traceback(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "hand.py").write_text("x = 1\ny = x / 0\n")
    result = run("compare", LOSS, "hand.py", "--run")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[1:3] == [
        "Traceback (most recent call last):",
        '  File "hand.py", line 2, in <module>',
    ]
    assert result.err.endswith("ZeroDivisionError: division by zero\n")


def test_what_a_function_prints_is_no_part_of_the_report(run: Run, tmp_cwd: Path) -> None:
    code = "def backward(w):\n    print('hello')\n    dE_dw = 2 * w\n"
    (tmp_cwd / "hand.py").write_text(code)
    result = run("compare", "mine:E", "hand.py:backward", "--run", "--json")
    assert json.loads(result.out)["findings"][0]["verdict"] == "right"
    assert "hello" in result.err


def test_a_function_is_loaded_and_its_variables_are_checked(run: Run, tmp_cwd: Path) -> None:
    code = "def backward(w):\n    dE_dw = 2 * w\n    return dE_dw\nrate = 3\n"
    (tmp_cwd / "hand.py").write_text(code)
    result = run("compare", "mine:E", "hand.py:backward", "--run")
    assert (result.code, result.out.splitlines()[0]) == (0, "1 right, 0 wrong, 0 unchecked")
    assert "hand.py:rate is no function" in run("compare", "mine:E", "hand.py:rate", "--run").err
    both = run("compare", "mine:E", "hand.py:backward", "hand.py", "--run")
    assert "hand.py:backward is code; compare it alone" in both.err


@pytest.mark.parametrize(
    ("name", "content"), [("hand.ipynb", "{}"), ("hand.ipynb", "x"), ("hand.py", None)]
)
def test_what_cannot_be_run_is_named(
    run: Run, tmp_cwd: Path, name: str, content: str | None
) -> None:
    if content is not None:
        (tmp_cwd / name).write_text(content)
    result = run("compare", LOSS, name, "--run")
    assert result.code == 2
    assert f"autograd-lite: error: {name}: " in result.err


# draw


@pytest.mark.parametrize("suffix", ["svg", "png", "dot"])
def test_draw_writes_the_picture_and_prints_its_path(run: Run, tmp_cwd: Path, suffix: str) -> None:
    result = run("draw", "mine:E", "-o", f"pictures/E.{suffix}")
    assert result == (0, f"{Path('pictures', f'E.{suffix}')}\n", "")
    assert (tmp_cwd / "pictures" / f"E.{suffix}").stat().st_size > 100


def test_draw_writes_graph_svg_by_default(run: Run, tmp_cwd: Path) -> None:
    assert run("draw", "mine:E").out == "graph.svg\n"
    assert "<svg" in (tmp_cwd / "graph.svg").read_text(encoding="utf-8")


def test_draw_prints_the_dot_text(run: Run) -> None:
    tensor, scalar, wrt = (
        run("draw", "mine:E", "-o", "-", *options).out
        for options in (["--level", "tensor"], ["--level", "scalar"], ["--wrt", "w"])
    )
    assert all("digraph" in source for source in (tensor, scalar, wrt))
    assert len({tensor, scalar, wrt}) == 3


# As a process


def process(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "autograd_lite", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def test_a_reader_that_stops_reading_is_no_error() -> None:
    with process("explain", LOSS, "--json") as explaining:
        assert explaining.stdout is not None
        assert explaining.stderr is not None
        explaining.stdout.readline()
        explaining.stdout.close()
        assert explaining.stderr.read() == ""
    assert explaining.returncode in {0, cli.BROKEN_PIPE}  # 0 if all of it fitted into the pipe


def test_a_terminal_without_the_characters_still_gets_the_numbers() -> None:
    with process("explain", LOSS, "w_9", PYTHONIOENCODING="ascii") as explaining:
        out, err = explaining.communicate()
    assert (explaining.returncode, err) == (0, "")
    assert "= 0.245118" in out


def test_an_interrupt_ends_quietly(run: Run, tmp_cwd: Path) -> None:
    (tmp_cwd / "mine.py").write_text("def E(): raise KeyboardInterrupt")
    assert run("explain", "mine.py:E") == (cli.INTERRUPTED, "", "")
