"""Source compiled by numba, and the folder in which it is kept between processes."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_lite import Value
from autograd_lite.fast import jit
from autograd_lite.fast.jit import Numba, compiled, folder, has_numba, written
from autograd_lite.fast.straight import Scalars, Straight
from autograd_lite.op import elementwise
from models.notebook import loss

# The folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_the_same_source_is_the_same_file(here: Path) -> None:
    path = written("a = 1\n")
    assert path is not None
    assert path.parent == here
    assert path.read_text() == "a = 1\n"
    assert written("a = 1\n") == path
    assert written("a = 2\n") != path
    assert len([*here.iterdir()]) == 2  # and nothing temporary


@pytest.mark.usefixtures("here")
def test_a_file_that_is_right_is_left_alone() -> None:
    path = written("a = 1\n")
    assert path is not None
    before = path.stat().st_mtime_ns
    written("a = 1\n")
    assert path.stat().st_mtime_ns == before  # by which numba knows that its results are good


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("found", ["", "raise SystemError\n", "a = 1"])
def test_a_file_with_another_content_is_written_anew(found: str) -> None:
    path = written("a = 1\n")
    assert path is not None
    path.write_text(found)
    assert written("a = 1\n") == path
    assert path.read_text() == "a = 1\n"


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_in_which_others_can_write_is_not_trusted(here: Path, mode: int) -> None:
    here.mkdir()
    here.chmod(mode)
    assert written("a = 1\n") is None
    assert not [*here.iterdir()]


def test_the_oldest_files_give_way(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "_LARGEST", 10)
    paths = [written(f"a = {number}\n") for number in range(4)]
    assert 1 <= len([*here.iterdir()]) < 4
    assert paths[-1] is not None
    assert paths[-1].exists()


def test_a_full_disk_leaves_nothing_behind(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert written("a = 1\n") is None
    assert not [*here.iterdir()]


def test_where_nothing_can_be_written_there_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "file" / "below"))
    assert written("a = 1\n") is None

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))
    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    assert written("a = 1\n") is None


@pytest.mark.parametrize(
    ("platform", "variables", "place"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}, "/c/autograd_lite"),
        ("linux", {"HOME": "/h"}, "/h/.cache/autograd_lite"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/autograd_lite"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/autograd_lite"),
    ],
)
def test_each_system_has_its_place(
    platform: str, variables: dict[str, str], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTOGRAD_LITE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert folder() == Path(place)


# numba


DOUBLE = "def double(x):\n    return exp(0.0) * 2.0 * x\n"


def with_numba(test: Any) -> Any:
    """It compiles, which takes some tenths of a second and more."""
    return pytest.mark.slow(pytest.mark.usefixtures("kept")(test))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("numba")
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))
    return tmp_path


def test_to_ask_for_numba_does_not_import_it() -> None:
    code = (
        "import sys; from autograd_lite.fast.jit import has_numba; has_numba();"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert isinstance(has_numba(), bool)


@with_numba
def test_the_second_process_does_not_compile(kept: Path) -> None:
    code = f"""
from autograd_lite.fast.jit import compiled
import numba
def no(*_): raise SystemExit('compiled')
if {{compile}} is False: numba.core.compiler.compile_extra = no
assert compiled({DOUBLE!r})['double'](3.0) == 6.0
"""
    for compiles in ("True", "False"):
        command = [sys.executable, "-c", code.format(compile=compiles)]
        assert subprocess.run(command, check=False, cwd=Path.cwd()).returncode == 0
    assert [path.suffix for path in kept.iterdir() if path.is_file()] == [".py"]


@with_numba
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("damage", [b"", b"damaged", b"\x80\x04K"])
def test_a_damaged_file_is_compiled_anew(kept: Path, suffix: str, damage: bytes) -> None:
    assert compiled(DOUBLE)["double"](3.0) == 6.0
    files = [path for path in kept.rglob("*") if path.suffix == suffix]
    assert files
    for path in files:
        path.write_bytes(damage)
    for _ in range(2):
        assert compiled(DOUBLE)["double"](4.0) == 8.0


@with_numba
def test_what_cannot_be_kept_is_compiled_in_memory(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from numba.core import caching

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    assert compiled(DOUBLE)["double"](3.0) == 6.0
    assert [path.suffix for path in kept.iterdir() if path.is_file()] == [".py"]


@with_numba
def test_where_nothing_can_be_kept_it_is_compiled_each_time(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept / "file").write_text("")
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(kept / "file" / "below"))
    assert compiled(DOUBLE)["double"](3.0) == 6.0


@with_numba
def test_where_numba_finds_no_place_it_is_compiled_each_time(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from numba.core import caching

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    assert compiled(DOUBLE)["double"](3.0) == 6.0
    assert not [path for path in kept.rglob("*") if path.suffix in {".nbi", ".nbc"}]


@with_numba
def test_an_op_of_the_users_own_is_compiled_with_it(kept: Path) -> None:
    def triple(x: Any) -> Any:
        return 3.0 * x

    op = elementwise("triple", scalar=triple, array=triple, partials=lambda y, x: 3.0)
    kernel = Straight(Scalars.of(op(Value(2.0, "x")) ** 2), Numba())
    assert kernel.run([2.0]) == (36.0, [36.0])
    assert [*kept.iterdir()] == []  # it may be another one in the next process


@with_numba
def test_division_by_0_is_that_of_numpy() -> None:
    function = compiled("def f(x):\n    return 1.0 / x\n")["f"]
    assert function(0.0) == math.inf


@with_numba
def test_a_step_is_that_of_the_engine_and_a_descent_goes_on_over_routes() -> None:
    root = loss()
    kernel = Straight(Scalars.of(root), Numba())
    root.backward()
    data = [leaf.data for leaf in kernel._scalars.leaves]
    value, gradients = kernel.run(data)
    assert value == pytest.approx(root.data, rel=1e-15)
    assert np.isfinite([one.sum() for one in gradients if isinstance(one, np.ndarray)]).all()
    ended = kernel.descend(data, 0.01, 0.0, 1000)
    assert ended.done == 1000
    # The value before the thousandth step; training.json has that after it.
    assert ended.value == pytest.approx(0.0539405489599762, rel=2e-3)
