"""A folder in which everything is that a folder can have, graded: each row says what it is."""

import csv
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it needs what Linux has")

TARGET = """
from autograd_lite import Constant, Value, sigmoid
x, t, w_1, w_2 = Constant(0.5), Constant(1.0), Value(0.8), Value(-0.4)
H = sigmoid(w_1 * x)
O = w_2 * H
E = (O - t) ** 2
"""
RIGHT = "dE/dO = -2.4790\ndE/dw_2 = -1.4841\ndE/dw_1 = 0.1191\n"
CODE = """
import math
x, t, w_1, w_2 = 0.5, 1.0, 0.8, -0.4
H = 1 / (1 + math.exp(-w_1 * x))
O = w_2 * H
dE_dO = 2 * (O - t)
dE_dw_2 = dE_dO * H
dE_dw_1 = dE_dO * w_2 * H * (1 - H) * x
"""
FUNCTION = """
import math
def backward(x, t, w_1, w_2):
    H = 1 / (1 + math.exp(-w_1 * x))
    dE_dO = 2 * (w_2 * H - t)
    dE_dw_2 = dE_dO * H
    dE_dw_1 = dE_dO * w_2 * H * (1 - H) * x
    return dE_dw_1, dE_dw_2
"""
# What follows the code, and what its row says: "" is full marks.
ENDS = {
    "exit": ("import sys; sys.exit(0)", ""),
    "exit with 1": ("import sys; sys.exit(1)", "raised SystemExit: 1"),
    "quit": ("quit()", ""),
    "interrupt": ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
    "base": ("class End(BaseException): pass\nraise End('now')", "raised End: now"),
    "gone": ("import os; os._exit(0)", "its code ended the process (exit code 0)"),
    "crash": ("import ctypes; ctypes.string_at(0)", "ended by a signal: SIGSEGV"),
    "killed": ("import os; os.kill(os.getpid(), 9)", "ended by a signal: SIGKILL"),
    "hangs": ("while True: pass", "took longer than 4 s, and was ended"),
    "sleeps": ("import time; time.sleep(999)", "took longer than 4 s, and was ended"),
    "gigabyte": ("for _ in range(1000): print('x' * 10**6)", "printed more than 16 MB"),
    "memory": ("a = bytearray(10**11)", "raised MemoryError"),
    "forks": ("import os; os.fork(); os.fork()", ""),
    "deep": ("def f(n): return f(n + 1)\nf(0)", "RecursionError"),
    "input": ("input('?')", "raised EOFError"),
    "syntax": ("def (", "SyntaxError"),
    "removes": ("import os, glob\nfor one in glob.glob('*'): os.remove(one)", ""),
    "moves": ("import os; os.chdir('/')", ""),
    "patches": ("import builtins; builtins.open = builtins.print = None", ""),
    "closes": ("import os\nfor fd in 0, 1, 2: os.close(fd)", ""),
}
LINKS = {
    "link.md": "right.md",
    "loop.md": "loop.md",
    "out.md": "/etc/passwd",
    "endless.md": "/dev/zero",
    "circle": ".",
    "nowhere.md": "gone.md",
}
NAMES = {
    b"escape\x1b[2J.md": r"escape\x1b[2J.md",
    "right to left \u202egpj.md".encode(): r"right to left \u202egpj.md",
    b"two\nlines.md": r"two\nlines.md",
    b"no utf-8 \xff\xfe.md": r"no utf-8 \udcff\udcfe.md",
    b"z" * 252 + b".md": "z" * 252 + ".md",
    b"[bold]markup.md": "[bold]markup.md",
    b"=1+1.md": "'=1+1.md",
    b"a;=1+1.md": "a;'=1+1.md",
    b"@sum.md": "'@sum.md",
}
RUBBISH = ("Thumbs.db", ".DS_Store", "__MACOSX/a.md", "desktop.ini", "~$work.docx", ".git/a.md")


@pytest.fixture
def hostile(tmp_cwd: Path) -> Iterator[Path]:
    """The folder."""
    (tmp_cwd / "target.py").write_text(TARGET)
    folder = tmp_cwd / "in"
    folder.mkdir()

    def write(name: str, text: str) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    write("right.md", RIGHT)
    write("function.py", FUNCTION)
    write("work.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": CODE}]}))
    write("several/notes.md", "dE/dO = -2.4790\n")
    write("several/code.py", CODE)
    write("several/Thumbs.db", "")
    for name in ("numpy", "rich", "json", "target"):
        write(f"{name}.py", CODE)
    for name, (end, _) in ENDS.items():
        write(f"{name}.py", CODE + end)
    for name in RUBBISH:
        write(name, "dE/dO = 1\n")
    for name, to in LINKS.items():
        (folder / name).symlink_to(to)
    (folder / "several/up").symlink_to("..")
    for raw in NAMES:
        (folder / os.fsdecode(raw)).write_text("dE/dO = -2.4790\n")
    os.mkfifo(folder / "pipe.md")
    (folder / "empty").mkdir()
    write("photo.jpg", "")
    write("binary.md", "\0\1\2")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("in/socket.md")
        yield folder


@pytest.fixture
def rows(hostile: Path, command_line: Run) -> Callable[..., dict[str, dict[str, str]]]:
    """The rows of the command, by the names of the submissions."""

    def rows(*options: str) -> dict[str, dict[str, str]]:
        files = "--csv", "g.csv", "--json", "g.json", "--markdown", "reports"
        result = command_line("grade", "target.py:E", hostile.name, *files, *options)
        assert result.code == 1, result.err
        assert all(line.isprintable() for line in result.out.splitlines())
        with Path("g.csv").open(encoding="utf-8", newline="") as file:
            found = {row["submission"]: row for row in csv.DictReader(file)}
        assert len(json.loads(Path("g.json").read_text("utf-8"))["submissions"]) == len(found)
        marked = [row for row in found.values() if not row["error"]]
        assert len(list(Path("reports").iterdir())) >= len(marked)
        return found

    return rows


def check_what_is_read(found: dict[str, dict[str, str]]) -> None:
    """What every run says, with and without code."""
    for name, shown in {b"right.md": "right.md", **NAMES}.items():
        assert found[shown]["right"] == ("3" if name == b"right.md" else "1"), shown
        assert found[shown]["error"] == "", shown
    for name in LINKS:
        assert found[name]["error"] == f"{name} is a link, which is not followed"
    assert found["pipe.md"]["error"] == "pipe.md is a named pipe, which is not followed"
    assert found["socket.md"]["error"] == "socket.md is a socket, which is not followed"
    assert found["photo.jpg"]["error"].startswith("photo.jpg: a file has to be one of")
    assert found["empty"]["error"].startswith("the folder is empty")
    assert found["binary.md"]["error"].startswith("binary.md: cannot be decoded")
    assert "up is a link, which is not followed" in found["several"]["notes"]
    code = {f"{name}.py" for name in (*ENDS, "numpy", "rich", "json", "target", "function")}
    others = {"pipe.md", "socket.md", "photo.jpg", "empty", "binary.md", "several", "work.ipynb"}
    assert found.keys() == {"right.md", *code, *others, *LINKS, *NAMES.values()}


@pytest.mark.slow
def test_of_code_that_is_not_run_nothing_runs(
    rows: Callable[..., dict[str, dict[str, str]]],
) -> None:
    found = rows()
    check_what_is_read(found)
    for name in ("numpy.py", "hangs.py", "function.py", "work.ipynb", "syntax.py"):
        assert (found[name]["points"], found[name]["error"]) == ("", "needs --run"), name


@pytest.mark.slow
def test_of_code_that_is_run_each_row_says_what_became_of_it(
    rows: Callable[..., dict[str, dict[str, str]]], hostile: Path
) -> None:
    before = sorted(hostile.rglob("*"))
    found = rows("--run", "--timeout", "4")
    check_what_is_read(found)
    full = [f"{name}.py" for name, (_, error) in ENDS.items() if not error]
    for name in ("function.py", "work.ipynb", "several", "numpy.py", "rich.py", "json.py", *full):
        assert (found[name]["error"], found[name]["wrong"]) == ("", "0"), name
        assert found[name]["points"] == found[name]["possible"] != "0", name
    for name, (_, error) in ENDS.items():
        if error:
            assert error in found[f"{name}.py"]["error"], name
            assert found[f"{name}.py"]["points"] == ""
    assert sorted(hostile.rglob("*")) == before


@pytest.mark.slow
def test_on_a_cluster_whose_worker_is_killed_the_rows_are_the_same(
    rows: Callable[..., dict[str, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed", exc_type=ImportError)
    root = Path(__file__).parent.parent
    monkeypatch.setenv("PYTHONPATH", str(root), prepend=os.pathsep)
    options = "--run", "--timeout", "4"
    here = rows(*options)
    from autograd_lite.check.grade.unfinished import Unfinished

    added: list[str] = []
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        victim = next(iter(cluster.workers.values())).pid
        add = Unfinished.add

        def counted(self: Unfinished, stamp: str, row: dict[str, object]) -> None:
            added.append(stamp)
            if len(added) == 5:
                os.kill(victim, 9)
            add(self, stamp, row)

        monkeypatch.setattr(Unfinished, "add", counted)
        there = rows(*options, "--dask", cluster.scheduler_address)
    assert there == here
    assert len(added) == len(set(added)) == len(here)
