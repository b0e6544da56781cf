"""Code of a hand derivation, which is run only if the user says so."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd_lite.errors import ClaimError
from autograd_lite.target import load_object, run_script

__all__ = ["is_code", "is_function", "run_code"]


def is_code(file: str) -> bool:
    """Whether an argument is code that can be run: a script, a notebook, or path.py:function.

    >>> [is_code(file) for file in ("mine.py:backward", "mine.py", "mine.ipynb", "mine.md")]
    [True, True, True, False]
    """
    return is_function(file) or Path(file).suffix in (".py", ".ipynb")


def is_function(file: str) -> bool:
    """Whether an argument names a function in a file, and not a file.

    >>> is_function("mine.py:backward"), is_function("mine.py")
    (True, False)
    """
    path, _, attribute = file.rpartition(":")
    return path.endswith(".py") and bool(attribute) and not Path(file).exists()


def run_code(file: str) -> Callable[..., Any] | dict[str, Any]:
    """Run a file: the function that is named, or the variables that a script or notebook leaves.

    It says so on the standard error first, where what is printed goes too. Raises ClaimError for
    what cannot be read, TargetCodeError where the code fails.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mine.py")
    ...     _ = path.write_text("H1 = 0.5 + 0.25")
    ...     run_code(str(path))
    {'H1': 0.75}
    """
    print(f"autograd-lite: running the code of {file}", file=sys.stderr)
    if is_function(file):
        function: Callable[..., Any] = load_object(file)
        if not callable(function):
            raise ClaimError(f"{file} is no function; give path.py:function")
        return function
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
        source = _source(json.loads(text)) if file.endswith(".ipynb") else text
    except OSError as error:
        raise ClaimError(f"{file}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ClaimError(
            f"{file}: is not Python in UTF-8, nor a notebook as Jupyter saves it"
        ) from None
    return run_script(file, source)


def _source(notebook: Any) -> str:
    """The code of a notebook's cells, without the commands to Jupyter itself."""
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    lines = "\n".join(cells).splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)
