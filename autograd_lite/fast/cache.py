"""Where compiled code is kept between runs: one folder of the user's.

It holds the generated source and, beside it, what numba compiled of it, and may be deleted at any
time. ``AUTOGRAD_LITE_CACHE`` names another folder.
"""

import os
import sys
from pathlib import Path

__all__ = ["folder", "written"]


def folder() -> Path:
    """The folder in which compiled code is kept.

    >>> folder().name
    'autograd_lite'
    """
    if chosen := os.environ.get("AUTOGRAD_LITE_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "autograd_lite"


def written(source: str) -> Path | None:
    """A file with that source, the same for the same source; None where none can be written.

    numba keeps its results beside the file, and compiles again when the file has changed: so it is
    left alone where it is there already.
    """
    import hashlib  # with tempfile 8 ms, which plain Python has no use for
    import tempfile

    path = folder() / f"compiled_{hashlib.sha256(source.encode()).hexdigest()[:32]}.py"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != source:
            # Under another name first: another process may be reading it.
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=path.parent, suffix=".tmp", delete=False
            ) as file:
                file.write(source)
            Path(file.name).replace(path)
    except OSError:
        return None
    return path
