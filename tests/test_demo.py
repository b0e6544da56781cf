"""The demonstration, and the training as a command."""

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from autograd_lite.draw import picture
from models.notebook import __main__ as demo
from models.notebook import claims
from models.notebook.cnn import NotebookCNN, Training


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the demonstration prints in a terminal of 80 columns, and its folder."""
    folder = tmp_path_factory.mktemp("demo")
    console = Console(file=io.StringIO(), width=80, highlight=False)
    lay_out = picture._lay_out

    def without_bitmaps(source: str, format_: str) -> bytes:  # which take seconds
        return source.encode() if format_ == "png" else lay_out(source, format_)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(picture, "_lay_out", without_bitmaps)
        demo.demonstrate(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue(), folder


def test_the_demonstration_shows_the_forward_pass_beside_the_documents_numbers(
    shown: tuple[str, Path],
) -> None:
    rows = shown[0].split()
    for fact in claims.load("pass 1, forward, printed by the code"):
        at = rows.index(fact.term)
        assert rows[at : at + 3] == [fact.term, fact.printed, fact.printed]


def test_the_demonstration_shows_three_chain_rules_and_the_comparison(
    shown: tuple[str, Path],
) -> None:
    text = shown[0]
    assert "= 2·(O1 − t1)·O1·(1 − O1)·H1\n" in text
    assert "∂E/∂w_1 = ∂E/∂H1·H1·(1 − H1)·s_1\n" in text
    assert "16 paths" in text
    assert "27 right, 8 wrong, 36 following from these, 0 unchecked\n" in text
    assert "First mistake: dE2/dO1\n" in text
    assert "no path: E2 does not depend on O1;" in text
    assert re.search(r"follows  dE/dw_1  .*  from dE/dH1\n", text)
    assert max(map(len, text.splitlines())) <= 80


def test_the_demonstration_draws_the_graph_and_prints_the_paths(
    shown: tuple[str, Path],
) -> None:
    text, folder = shown
    for name in ("tensor", "scalar", "w_9", "compared"):
        for suffix in ("svg", "png"):
            path = Path("out", f"{name}.{suffix}")
            assert str(path) in text
            assert (folder / path).stat().st_size > 1000


def test_training_prints_the_predictions_and_ends_with_0_when_converged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert demo.main(["train", "--learning-rate", "1", "--threshold", "0.5"]) == 0
    out = capsys.readouterr().out
    assert "Converged after " in out
    assert "(threshold 0.5)" in out
    assert "O1 = 0." in out


def test_training_that_does_not_converge_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["train", "--max-iterations", "3"]) == 1
    out = capsys.readouterr().out
    assert "Not converged after 3 iterations." in out
    assert "E  = 0.570390348734 " in out


@pytest.mark.parametrize("compiled", ["auto", "python", "off"])
def test_every_way_to_train_goes_the_same_way(
    compiled: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.main(["train", "--max-iterations", "3", "--compiled", compiled]) == 1
    assert "E  = 0.570390348734 " in capsys.readouterr().out  # as training.json has it


@pytest.mark.slow
@pytest.mark.parametrize("compiled", ["python", "numba"])
def test_compiled_training_converges_where_the_facts_say(
    compiled: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if compiled == "numba":
        pytest.importorskip("numba")
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))
    assert demo.main(["train", "--compiled", compiled]) == 0
    facts = json.loads(
        Path(claims.__file__).with_name("training.json").read_text(encoding="utf-8")
    )["sum of squared errors"]
    assert capsys.readouterr().out.splitlines() == [
        f"Converged after {facts['iterations']:,} iterations.",
        f"E  = {facts['E']:.12f} (threshold 0.0001)",
        f"O1 = {facts['O1']:.12f} (target 0)",
        f"O2 = {facts['O2']:.12f} (target 1)",
    ]


def test_without_numba_training_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(SystemExit) as ended:
        demo.main(["train", "--compiled", "numba"])
    assert ended.value.code == 2
    assert "pip install 'autograd-lite[fast]'" in capsys.readouterr().err


def test_in_a_terminal_training_shows_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with demo.progress_bar(1.0, 100, 0.01) as show:
        show(42, 0.1)
    out = capsys.readouterr().out
    assert "iteration 42" in out
    assert "E = 0.100000" in out


def test_an_interrupted_training_keeps_what_was_reached_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(
        self: NotebookCNN,
        _rate: float,
        _most: int,
        _least: float,
        show: Callable[[int, float], None],
        *,
        compiled: bool | str,
    ) -> Training:
        assert compiled is True
        show(0, 0.5)
        self.w_output.data += 1.0
        show(1, 0.4)
        raise KeyboardInterrupt

    monkeypatch.setattr(NotebookCNN, "fit", interrupted)
    assert demo.main(["train"]) == 130
    out = capsys.readouterr().out
    assert "Interrupted after 1 iterations; the weights reached are kept." in out
    first, _ = NotebookCNN().predict()
    assert f"O1 = {first:.12f}" not in out


@pytest.mark.parametrize(
    "arguments",
    [["train", "--learning-rate", "-1"], ["train", "--max-iterations", "x"], ["learn"]],
)
def test_bad_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        demo.main(arguments)
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "threshold", "part"),
    [(1.0, 0.01, 0.0), (0.1, 0.01, 0.5), (0.01, 0.01, 1.0), (0.5, 0, 0)],
)
def test_progress_is_measured_in_decades_of_the_error(
    error: float, threshold: float, part: float
) -> None:
    assert demo.decades(1.0, error, threshold) == pytest.approx(part)
