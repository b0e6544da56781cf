"""Code that is not ours: that of a target, and that of a hand derivation.

A target is ``module:attribute`` or ``path/to/file.py:attribute``, and to load it is to run its
code. The code of a hand derivation runs only if the user says so.
"""

import importlib
import importlib.util
import inspect
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from difflib import get_close_matches
from functools import reduce
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from autograd_lite.data import describe
from autograd_lite.errors import ClaimError, TargetError
from autograd_lite.value import Value

_NEEDED = "give module:attribute or path/to/file.py:attribute"


def load_target(target: str) -> Value:
    """The Value that a target is, or that a function without arguments returns.

    Values without a label are labelled by the variables that hold them: those of the module, and of
    the function when it returns. What the target prints goes to the standard error. Raises
    TargetError for a target that is not there or is something else, TargetCodeError where its code
    fails.
    """
    module, found = _loaded(target)
    variables: dict[str, Any] = {}
    if callable(found) and not isinstance(found, Value):
        found = _call(found, variables)
    if not isinstance(found, Value):
        raise TargetError(
            f"the target {target!r} is {describe(found)}; it has to be a Value, or a function "
            "without arguments that returns one"
        )
    for name, held in [*variables.items(), *vars(module).items()]:
        if isinstance(held, Value) and not held.label and not name.startswith("_"):
            held.label = name
    return found


def _call(function: Callable[[], Any], variables: dict[str, Any]) -> Any:
    """Call the function, and keep the variables that it had when it returned."""
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        raise TargetError(
            f"the target {describe(function)} cannot be called without arguments: {error}"
        ) from None
    code = getattr(function, "__code__", None)

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and frame.f_code is code:
            variables.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        with _code_of_the_target():
            return function()
    finally:
        sys.setprofile(before)


def _loaded(target: str) -> tuple[ModuleType, Any]:
    """The module of a target, and what is called so in it."""
    where, colon, attribute = target.rpartition(":")
    if not (where and colon and attribute):
        raise TargetError(f"the target {target!r} names no attribute; {_NEEDED}")
    module = _module_at(Path(where)) if where.endswith(".py") else _module_called(where)
    try:
        return module, reduce(getattr, attribute.split("."), module)
    except AttributeError:
        nearest = get_close_matches(attribute, vars(module), n=1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise TargetError(f"{where} has no attribute {attribute!r}{hint}") from None


def _module_at(path: Path) -> ModuleType:
    if not path.is_file():
        raise TargetError(f"there is no file {str(path)!r}; {_NEEDED}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None  # it ends in .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent.absolute()))
    with _code_of_the_target():
        spec.loader.exec_module(module)
    return module


def _module_called(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))
    missing = TargetError(f"there is no module {name!r} here; {_NEEDED}")
    if not all(part.isidentifier() for part in name.split(".")):
        raise missing
    try:
        with _code_of_the_target():
            return importlib.import_module(name)
    except TargetCodeError as error:
        cause = error.__cause__
        # A module that the target itself fails to import is the target's own error.
        if isinstance(cause, ModuleNotFoundError) and f"{name}.".startswith(f"{cause.name}."):
            raise missing from None
        raise


# The code of a hand derivation.


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
        function: Callable[..., Any] = _loaded(file)[1]
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
    return _run_script(file, source)


def _run_script(path: str, source: str) -> dict[str, Any]:
    """The variables that a script leaves, which runs as the main program does."""
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": path}
    sys.path.insert(0, str(Path(path).parent.absolute()))
    with _code_of_the_target():
        exec(compile(source, path, "exec"), namespace)
    return {name: held for name, held in namespace.items() if not name.startswith("_")}


def _source(notebook: Any) -> str:
    """The code of a notebook's cells, without the commands to Jupyter itself."""
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    lines = "\n".join(cells).splitlines()
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)


# While it runs: what it prints goes to the standard error, and its errors are its own.


@contextmanager
def _code_of_the_target() -> Iterator[None]:
    try:
        with redirect_stdout(sys.stderr):
            yield
    except Exception as error:
        raise TargetCodeError from error


class TargetCodeError(Exception):
    """The target's own code raised; the cause is its exception."""

    @property
    def traceback(self) -> str:
        """The traceback as the target's author wants it: without the frames that loaded it."""
        cause = self.__cause__
        assert cause is not None
        own = cause.__traceback__
        while own is not None and _loads(own.tb_frame):
            own = own.tb_next
        return "".join(traceback.format_exception(type(cause), cause, own))


def _loads(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file in {__file__, importlib.__file__} or file.startswith("<frozen importlib")
