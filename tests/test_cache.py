"""The folder in which compiled code is kept."""

from pathlib import Path

import pytest

from autograd_lite.fast import jit as cache


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_the_same_source_is_the_same_file(here: Path) -> None:
    path = cache.written("a = 1\n")
    assert path is not None
    assert path.parent == here
    assert path.read_text() == "a = 1\n"
    assert cache.written("a = 1\n") == path
    assert cache.written("a = 2\n") != path
    assert len([*here.iterdir()]) == 2  # and nothing temporary


def test_a_file_that_is_right_is_left_alone() -> None:
    path = cache.written("a = 1\n")
    assert path is not None
    before = path.stat().st_mtime_ns
    cache.written("a = 1\n")
    assert path.stat().st_mtime_ns == before  # by which numba knows that its results are good


@pytest.mark.parametrize("found", ["", "raise SystemError\n", "a = 1"])
def test_a_file_with_another_content_is_written_anew(found: str) -> None:
    path = cache.written("a = 1\n")
    assert path is not None
    path.write_text(found)
    assert cache.written("a = 1\n") == path
    assert path.read_text() == "a = 1\n"


def test_where_nothing_can_be_written_there_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "file" / "below"))
    assert cache.written("a = 1\n") is None

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))
    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    assert cache.written("a = 1\n") is None


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}, "/c/autograd_lite"),
        ("linux", {"HOME": "/h"}, "/h/.cache/autograd_lite"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/autograd_lite"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/autograd_lite"),
    ],
)
def test_each_system_has_its_place(
    platform: str, variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTOGRAD_LITE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert cache.folder() == Path(folder)
