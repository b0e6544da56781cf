"""What an installation brings."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_holds_autograd_lite_alone_and_imports(tmp_cwd: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", str(ROOT)]
    subprocess.run(build, check=True)
    (wheel,) = tmp_cwd.glob("*.whl")

    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        readme = archive.read(metadata).decode()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"autograd_lite"}

    assert "](docs/" not in readme  # which would lead nowhere on a package index
    assert "The checker, and pages for" in readme

    code = "import autograd_lite; print(autograd_lite.__file__)"
    imported = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(wheel)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert imported.stdout.startswith(str(wheel))
