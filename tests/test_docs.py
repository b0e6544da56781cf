"""Every example runs and prints what it says: docstrings, README.md, docs/.

In Markdown the ``python`` blocks of a file share one namespace and run in order. A block with
``>>>`` prompts is checked by doctest, one without is executed. A block whose language is followed
by the name of a file is written to it, and the commands of a ``console`` block are run there.
"""

import contextlib
import doctest
import importlib.util
import io
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from autograd_lite.cli import main

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("autograd_lite", "models")
    for path in (ROOT / package).rglob("*.py")
    if path.stem != "__main__"
)
PAGES = sorted(
    str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
)
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


FILE = re.compile(r"\w+ (?P<file>[\w/-]+\.\w+)")
COMMAND = re.compile(r"^\$ (?P<command>.*)\n(?P<printed>(?:(?!\$ ).*\n)*)", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: of Python that runs, of a console, or the content of a file."""

    code: str
    line: int  # of its first line, counted from 0
    file: str = ""
    console: bool = False


def blocks(text: str) -> Iterator[Block]:
    for fence in FENCE.finditer(text):
        info, line = fence["info"].strip(), text.count("\n", 0, fence.start("code"))
        if file := FILE.fullmatch(info):
            yield Block(fence["code"], line, file["file"])
        elif info == "console":
            yield Block(fence["code"], line, console=True)
        elif info.startswith("py"):
            assert info == "python", f"```{info}: a Python block is fenced ```python, and runs"
            yield Block(fence["code"], line)


def python_blocks(text: str) -> Iterator[Block]:
    return (block for block in blocks(text) if not (block.file or block.console))


def run_commands(block: Block, name: str) -> None:
    """Each ``$ autograd-lite …`` prints what is below it; ``$ echo $?`` its exit code."""
    code: int | None = None
    commands = list(COMMAND.finditer(block.code))
    assert "".join(one[0] for one in commands) == block.code, f"{name}: begin with $ and a command"
    for one in commands:
        if one["command"] == "echo $?":
            printed = f"{code}\n"
        else:
            program, *arguments = shlex.split(one["command"])
            assert program == "autograd-lite", f"{name}: {program} is not run"
            with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
                code = main(arguments)
            printed = re.sub(r" +$", "", out.getvalue(), flags=re.MULTILINE)
        fits = doctest.OutputChecker().check_output(one["printed"], printed, doctest.ELLIPSIS)
        assert fits, f"{name}, line {block.line + 1}: {one['command']}\n{printed}"


def run(block: Block, namespace: dict[str, Any], name: str) -> None:
    if ">>>" in block.code:
        test = doctest.DocTestParser().get_doctest(block.code, namespace, name, name, block.line)
        assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0
        namespace.update(test.globs)
    else:
        # The empty lines make a traceback point into the page.
        exec(compile("\n" * block.line + block.code, name, "exec"), namespace)


def run_page(text: str, name: str) -> None:
    before, modules = list(sys.path), set(sys.modules)
    try:
        run_blocks(text, name)
    finally:  # the modules of a page are no other's
        sys.path[:] = before
        for added in [one for one in sys.modules.keys() - modules if is_of_page(one)]:
            del sys.modules[added]


def is_of_page(module: str) -> bool:
    return Path(f"{module}.py").exists()


def run_blocks(text: str, name: str) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(text):
        if block.file:
            path = Path(block.file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code, encoding="utf-8")
        elif block.console:
            run_commands(block, name)
        else:
            run(block, namespace, name)


def folder_of(name: str) -> str:
    return name.rpartition(".")[0] or name


@pytest.mark.usefixtures("tmp_cwd")
@pytest.mark.parametrize("folder", sorted(set(map(folder_of, MODULES))))
def test_examples_in_docstrings(folder: str) -> None:
    modules = [name for name in MODULES if folder_of(name) == folder]
    results = {name: doctest.testmod(importlib.import_module(name)) for name in modules}
    assert [name for name, result in results.items() if result.failed] == []


@pytest.mark.usefixtures("tmp_cwd")
@pytest.mark.parametrize("page", PAGES)
def test_examples_in_pages(page: str) -> None:
    path = ROOT / page
    run_page(path.read_text(encoding="utf-8"), str(path))


def test_what_the_readme_tells_to_run_is_there() -> None:
    readme, makefile, project = (
        (ROOT / name).read_text("utf-8") for name in ("README.md", "Makefile", "pyproject.toml")
    )
    targets = re.findall(r"^make (\w+)", readme, re.MULTILINE)
    assert targets
    assert set(targets) <= set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    modules = re.findall(r"python3? -m ([\w.]+)", readme)
    assert "models.notebook" in modules
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []
    extras = tomllib.loads(project)["project"]["optional-dependencies"]
    assert set(re.findall(r"\[(\w+)\]'", readme)) <= extras.keys()


def test_blocks_of_a_page_share_their_names() -> None:
    blocks = "a = 1", ">>> b = a + 1", "assert b == 2"
    run_page("\n".join(f"```python\n{block}\n```" for block in blocks), "page")


def test_a_wrong_printed_result_fails() -> None:
    with pytest.raises(AssertionError):
        run_page("```python\n>>> 1 + 1\n3\n```", "page")


def test_an_error_names_its_line_in_the_page() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run_page("text\n\n```python\na = 1\na / 0\n```", "page")
    assert caught.traceback[-1].lineno == 4


@pytest.mark.parametrize("info", ["python no-run", "pycon", "py"])
def test_every_python_block_has_to_run(info: str) -> None:
    with pytest.raises(AssertionError, match="```python"):
        run_page(f"```{info}\n1\n```", "page")


@pytest.mark.usefixtures("tmp_cwd")
def test_files_are_written_and_commands_run() -> None:
    network = "```python net/a.py\nfrom autograd_lite import Value\nw = Value(2.0)\nE = w * w\n```"
    notes = "```text notes.txt\ndE/dw = 4.0\n```"
    command = "```console\n$ autograd-lite compare net/a.py:E notes.txt\n...\n$ echo $?\n0\n```"
    run_page(f"{network}\n{notes}\n{command}", "page")
    with pytest.raises(AssertionError, match="autograd-lite compare"):
        run_page(command.replace("...", "nothing"), "page")


@pytest.mark.parametrize("code", ["autograd-lite --version", "$ rm notes.txt", "text\n$ echo $?"])
def test_a_console_has_commands_of_ours_only(code: str) -> None:
    with pytest.raises(AssertionError):
        run_page(f"```console\n{code}\n```", "page")


def test_blocks_in_other_languages_are_left_alone() -> None:
    run_page("```sh\nmake demo\n```\n```\nany text\n```", "page")
