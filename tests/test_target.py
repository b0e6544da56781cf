"""What a target of the command line is."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograd_lite import TargetError, Value
from autograd_lite.cli.target import TargetCodeError, load_target

CODE = """\
import autograd_lite as ag
from autograd_lite import Value

w, x = Value(2.0), Value(3.0, label="weight")
E = w * x
class inner:
    E = E
number = 3
print("loading")

def loss():
    a = Value(5.0)
    net = a * w
    return net * net

def needs(an_argument):
    return an_argument

def fails():
    return broken(0)

def broken(zero):
    return 1 / zero

def misshapen():
    return Value([1.0, 2.0]) + Value([1.0, 2.0, 3.0])

def gives_a_number():
    return 3
"""


@pytest.fixture(autouse=True)
def module(tmp_cwd: Path) -> Iterator[Path]:
    path, modules = list(sys.path), set(sys.modules)
    (tmp_cwd / "of_mine.py").write_text(CODE)
    yield tmp_cwd
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.mark.parametrize(
    "target", ["of_mine:E", "of_mine.py:E", "./of_mine.py:E", "of_mine:inner.E"]
)
def test_a_target_is_an_attribute_of_a_module_or_file(target: str) -> None:
    assert load_target(target).data == 6.0


def test_a_function_is_called() -> None:
    assert load_target("of_mine:loss").data == 100.0


def test_a_file_can_lie_elsewhere_and_import_its_neighbours(module: Path) -> None:
    folder = module / "elsewhere"
    folder.mkdir()
    (folder / "neighbour.py").write_text("factor = 7.0")
    (folder / "here.py").write_text(
        "from autograd_lite import Value\nfrom neighbour import factor\nE = Value(2.0) * factor"
    )
    assert load_target(f"{folder / 'here.py'}:E").data == 14.0


def test_values_without_a_label_are_named_by_their_variables() -> None:
    E = load_target("of_mine:E")
    assert [value.label for value in (E, *E.parents)] == ["E", "w", "weight"]
    output = load_target("of_mine.py:loss")
    assert [value.label for value in output.parents] == ["net", "net"]
    assert [value.label for value in output.parents[0].parents] == ["a", "w"]


def test_what_the_target_prints_does_not_get_into_the_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    load_target("of_mine:E")
    assert capsys.readouterr() == ("", "loading\n")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("of_mine", "names no attribute; give module:attribute or path/to/file.py:attribute"),
        ("of_mine:", "names no attribute"),
        (":E", "names no attribute"),
        ("of_yours:E", "there is no module 'of_yours' here"),
        ("of_mine.deeper:E", "there is no module 'of_mine.deeper' here"),
        ("../of_mine:E", "there is no module '../of_mine' here"),
        ("of_yours.py:E", "there is no file 'of_yours.py'"),
        ("of_mine:los", "of_mine has no attribute 'los'; did you mean 'loss'?"),
        ("of_mine:inner.F", "of_mine has no attribute 'inner.F'"),
        ("of_mine:number", "the target 'of_mine:number' is 3; it has to be a Value"),
        ("of_mine:gives_a_number", "the target 'of_mine:gives_a_number' is 3"),
        ("of_mine:needs", "cannot be called without arguments: missing a required argument"),
    ],
)
def test_a_target_that_is_none_is_refused_in_words(target: str, message: str) -> None:
    with pytest.raises(TargetError) as caught:
        load_target(target)
    assert message in str(caught.value)


def test_an_error_in_the_targets_code_has_the_traceback_of_that_code_alone() -> None:
    with pytest.raises(TargetCodeError) as caught:
        load_target("of_mine.py:fails")
    lines = caught.value.traceback.splitlines()
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert [line.split(", in ")[1] for line in lines if line.startswith("  File")] == [
        "fails",
        "broken",
    ]


def test_an_error_of_the_package_in_the_targets_code_shows_where() -> None:
    with pytest.raises(TargetCodeError) as caught:
        load_target("of_mine:misshapen")
    assert "of_mine.py" in caught.value.traceback
    assert "ShapeError" in caught.value.traceback


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("E = = 3", "SyntaxError: invalid syntax"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
@pytest.mark.parametrize("target", ["broken:E", "broken.py:E"])
def test_a_module_that_cannot_be_loaded_shows_why(
    module: Path, target: str, code: str, last: str
) -> None:
    (module / "broken.py").write_text(code)
    with pytest.raises(TargetCodeError) as caught:
        load_target(target)
    shown = caught.value.traceback
    assert shown.splitlines()[-1] == last
    assert "importlib" not in shown
    assert "autograd_lite" not in shown


def test_loading_leaves_the_profiler_as_it_was() -> None:
    def profile(*_: object) -> None: ...

    sys.setprofile(profile)
    try:
        load_target("of_mine:loss")
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(None)
    assert isinstance(load_target("of_mine:E"), Value)
