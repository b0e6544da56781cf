"""What importing the package gives, and what it leaves for later."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite.cli.common import VERSION

ROOT = Path(__file__).parent.parent


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_the_import_loads_numpy_and_of_the_package_only_what_every_program_needs() -> None:
    code = (
        "import sys; before = set(sys.modules); import autograd_lite;"
        "print(*set(sys.modules) - before)"
    )
    loaded = set(run(code).split())
    installed = metadata.packages_distributions().keys() - {"autograd_lite"}
    assert installed & {module.partition(".")[0] for module in loaded} == {"numpy"}
    assert "autograd_lite.engine" in loaded
    later = {f"autograd_lite.{part}" for part in ("chain", "draw", "check", "fast", "gradcheck")}
    assert later & loaded == set()


@pytest.mark.slow
def test_a_subpackage_does_not_take_the_name_of_a_function() -> None:
    for first in ("import autograd_lite.draw.style", "from autograd_lite import draw"):
        assert run(f"{first}; import autograd_lite as ag; print(callable(ag.draw))") == "True"


@pytest.mark.slow
def test_everything_public_can_be_imported_at_once() -> None:
    code = "from autograd_lite import *; print(compare.__name__, draw.__name__, Value.__name__)"
    assert run(code) == "compare draw Value"


def test_completion_knows_the_public_names_and_no_others() -> None:
    assert dir(ag) == sorted([*ag.__all__, "__version__"])
    assert ag.__version__ == VERSION


def test_another_name_is_an_attribute_error_as_anywhere() -> None:
    with pytest.raises(AttributeError, match="module 'autograd_lite' has no attribute 'nothing'"):
        _ = ag.nothing  # type: ignore[attr-defined]
