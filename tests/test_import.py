"""What importing the package gives, and what it leaves for later."""

import subprocess
import sys
from pathlib import Path

import pytest

import autograd_lite as ag

ROOT = Path(__file__).parent.parent


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.slow
def test_pictures_and_the_checker_are_imported_when_they_are_asked_for() -> None:
    code = "import sys, autograd_lite as ag; print(*(n for n in sys.modules if 'lite.' in n))"
    loaded = run(code).split()
    assert "autograd_lite.engine" in loaded
    later = ("chain", "draw", "hand", "fast", "gradcheck")
    assert [one for one in loaded if one.split(".")[1] in later] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "first", ["import autograd_lite.draw.style", "from autograd_lite import draw"]
)
def test_a_subpackage_does_not_take_the_name_of_a_function(first: str) -> None:
    assert run(f"{first}; import autograd_lite as ag; print(callable(ag.draw))") == "True"


@pytest.mark.slow
def test_everything_public_can_be_imported_at_once() -> None:
    code = "from autograd_lite import *; print(compare.__name__, draw.__name__, Value.__name__)"
    assert run(code) == "compare draw Value"


def test_completion_knows_every_public_name() -> None:
    assert set(ag.__all__) <= set(dir(ag))


def test_another_name_is_an_attribute_error_as_anywhere() -> None:
    with pytest.raises(AttributeError, match="module 'autograd_lite' has no attribute 'nothing'"):
        _ = ag.nothing  # type: ignore[attr-defined]
