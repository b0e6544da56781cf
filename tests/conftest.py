"""What all tests share.

``pytest --update-golden`` writes the files in tests/golden anew, and their pictures into
out/golden: look at these before committing those.
"""

import gc
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest
from hypothesis import settings

from autograd_lite import cli
from autograd_lite.draw.picture import render
from autograd_lite.op import REGISTRY

# The same examples in every run, so that a failure is the change's and not the draw's; and no
# deadline, since a busy machine is not a defect.
settings.register_profile("deterministic", derandomize=True, deadline=None)
settings.load_profile("deterministic")


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """That work on eight times as much takes some eight times as long, and not sixty-four."""

    def seconds(amount: int) -> float:
        times = []
        for _ in range(3):
            start = time.process_time()
            work(amount)
            times.append(time.process_time() - start)
        return min(times)

    # Text is read in C too, where no line is counted: hence time, with a factor of four to spare.
    assert seconds(8 * size) < 30 * max(seconds(size), 0.002)


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python work runs: its cost, however busy the machine is."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.fixture
def tmp_cwd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh folder, which is also the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Result(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """The command line, in this process; a test may write its target to mine.py."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run(*arguments: str) -> Result:
        try:
            code = cli.main(arguments)
        except SystemExit as ended:  # argparse
            code = int(ended.code or 0)
        return Result(code, *capsys.readouterr())

    yield run
    sys.modules.pop("mine", None)


@pytest.fixture(scope="session", autouse=True)
def _cache_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is compiled in tests is not kept among what the user has compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "AUTOGRAD_LITE_CACHE", str(tmp_path_factory.mktemp("autograd_lite", numbered=False))
        )
        yield


@pytest.fixture(autouse=True)
def _registry_restored() -> Iterator[None]:
    """An op that a test or a page declares is not left to the others, also when it fails."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


def pytest_collection_finish() -> None:
    """The tests themselves, some hundred thousand objects, are no garbage: none looks for them."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update-golden."""
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the file of that name in tests/golden."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
            render(text, Path("out", "golden", name).with_suffix(".png"))
        assert text == path.read_text(encoding="utf-8")

    return compare
