"""Source compiled by numba, and what is kept of it between processes."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_lite import Value
from autograd_lite.errors import MissingExtraError
from autograd_lite.fast.jit import Numba, compiled, has_numba
from autograd_lite.fast.straight import Scalars, Straight
from autograd_lite.op import elementwise
from models.notebook import loss

DOUBLE = "def double(x):\n    return exp(0.0) * 2.0 * x\n"


def with_numba(test: Any) -> Any:
    """It compiles, which takes some tenths of a second and more."""
    return pytest.mark.slow(pytest.mark.usefixtures("kept")(test))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("numba")
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))
    return tmp_path


def test_without_numba_the_error_says_which_extra_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'autograd-lite\[fast\]'"):
        compiled(DOUBLE)


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
