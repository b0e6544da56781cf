"""The target of a command, and which code of a hand derivation an argument names.

A target is ``module:attribute`` or ``path/to/file.py:attribute``, and to load it is to run its
code, here. The code of a hand derivation runs only if the user says so, in a process of its own.
"""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import reduce
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any, cast

from autograd_lite.check.code.scripts import (
    TargetCodeError,
    add_to_path,
    code_of_others,
    run_script,
)
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
        with code_of_others():
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
        hint = _nearest(attribute, vars(module))
        raise TargetError(f"{where} has no attribute {attribute!r}{hint}") from None


def _module_at(path: Path) -> ModuleType:
    if not path.is_file():
        raise TargetError(f"there is no file {str(path)!r}; {_NEEDED}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None  # it ends in .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    add_to_path(path.parent)
    with code_of_others():
        spec.loader.exec_module(module)
    return module


def _module_called(name: str) -> ModuleType:
    add_to_path(Path.cwd())
    missing = TargetError(f"there is no module {name!r} here; {_NEEDED}")
    if not all(part.isidentifier() for part in name.split(".")):
        raise missing
    try:
        with code_of_others():
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


def run_code(file: str, path: Path) -> Callable[..., Any] | dict[str, Any]:
    r"""RUN a file: the function that is named, or the variables that a script or notebook leaves.

    ``path`` is where it lies. Raises ClaimError for what cannot be read, TargetCodeError
    where the code fails.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mine.py")
    ...     _ = path.write_text("def backward(w):\n    dE_dw = 2 * w")
    ...     run_code("mine.py:backward", path).__name__
    'backward'
    """
    shown, _, attribute = file.rpartition(":") if is_function(file) else (file, "", "")
    try:
        variables = run_script(path, shown, path.stem if attribute else "__main__")
    except OSError as error:
        raise ClaimError(f"{shown}: {error.strerror}") from None
    except ClaimError as error:
        raise ClaimError(f"{shown}: {error}") from None
    if not attribute:
        return variables
    try:
        function = reduce(getattr, attribute.split("."), SimpleNamespace(**variables))
    except AttributeError:
        raise ClaimError(
            f"{shown} has no attribute {attribute!r}{_nearest(attribute, variables)}"
        ) from None
    if not callable(function):
        raise ClaimError(f"{file} is no function; give path.py:function")
    return cast(Callable[..., Any], function)


def _nearest(name: str, names: Iterable[str]) -> str:
    nearest = get_close_matches(name, names, n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""
