"""Targets of the command line: ``module:attribute`` or ``path/to/file.py:attribute``.

Loading a target runs its code.
"""

import importlib
import importlib.util
import inspect
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
from autograd_lite.errors import TargetError
from autograd_lite.value import Value

__all__ = ["TargetCodeError", "load_object", "load_target", "run_script"]

_NEEDED = "give module:attribute or path/to/file.py:attribute"


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


def load_object(target: str) -> Any:
    """What a target names, as it stands: a function is not called.

    Raises TargetError for a target that is not there, TargetCodeError where loading it fails.

    >>> load_object("math:sqrt")
    <built-in function sqrt>
    """
    return _loaded(target)[1]


def run_script(path: str, source: str) -> dict[str, Any]:
    """The variables that a script leaves, which runs as the main program does.

    What it prints goes to the standard error. Raises TargetCodeError where it fails.

    >>> run_script("mine.py", "H1 = 0.5 + 0.25")
    {'H1': 0.75}
    """
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": path}
    sys.path.insert(0, str(Path(path).parent.absolute()))
    with _code_of_the_target():
        exec(compile(source, path, "exec"), namespace)
    return {name: held for name, held in namespace.items() if not name.startswith("_")}


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


@contextmanager
def _code_of_the_target() -> Iterator[None]:
    try:
        with redirect_stdout(sys.stderr):
            yield
    except Exception as error:
        raise TargetCodeError from error


def _loads(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file in {__file__, importlib.__file__} or file.startswith("<frozen importlib")


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
