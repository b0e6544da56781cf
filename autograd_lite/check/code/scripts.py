"""The scripts and notebooks of others: they are run, and leave variables.

What they print goes to the standard error, and their errors are their own: SystemExit and whatever
else they raise ends them, and not the program that runs them.
"""

import dis
import importlib
import inspect
import json
import linecache
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import FrameType, FunctionType, ModuleType
from typing import Any

from autograd_lite.errors import ClaimError

_PACKAGE = str(Path(__file__).parents[2])


class TargetCodeError(Exception):
    """Code that is not ours raised; the cause is its exception."""

    @property
    def traceback(self) -> str:
        """The traceback as the author of the code wants it: without the frames that loaded it."""
        cause = self._cause
        own = cause.__traceback__
        while own is not None and _loads(own.tb_frame):
            own = own.tb_next
        return "".join(traceback.format_exception(type(cause), cause, own))

    @property
    def line(self) -> str:
        """The exception in one line, with the last line of the code that led to it."""
        cause = self._cause
        said = traceback.format_exception_only(type(cause), cause)[-1].strip()
        found = [
            one
            for one in traceback.extract_tb(cause.__traceback__)
            if not one.filename.startswith((_PACKAGE, "<frozen"))
        ]
        if isinstance(cause, SyntaxError):
            return f"line {cause.lineno}: {said}"
        if not found:
            return said
        # The last line of the file that was run, and not one in a library that it called.
        last = [one for one in found if one.filename == found[0].filename][-1]
        text = f": `{last.line}`" if last.line else ""
        return f"line {last.lineno}{text} raised {said}"

    @property
    def _cause(self) -> BaseException:
        cause = self.__cause__
        assert cause is not None
        return cause


def _loads(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return file.startswith((_PACKAGE, "<frozen importlib")) or file == importlib.__file__


@contextmanager
def code_of_others() -> Iterator[None]:
    """While it runs, what it prints is no output of ours, and what it raises is a TargetCodeError.

    >>> import sys
    >>> with code_of_others():
    ...     sys.exit(0)
    Traceback (most recent call last):
    autograd_lite.check.code.scripts.TargetCodeError
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (KeyboardInterrupt, TargetCodeError):
        raise
    except BaseException as error:
        raise TargetCodeError from error


def is_interrupt(error: BaseException) -> bool:
    """Whether somebody has pressed Ctrl-C, which comes between two steps of the code.

    >>> try:
    ...     raise KeyboardInterrupt
    ... except KeyboardInterrupt as error:
    ...     is_interrupt(error)
    False
    """
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None or not isinstance(error, KeyboardInterrupt):
        return False
    return last.tb_frame.f_code.co_code[last.tb_lasti] != dis.opmap["RAISE_VARARGS"]


# Scripts and notebooks.


def source_of(path: Path) -> str:
    """The source of a script, or of the code cells of a notebook without what is for Jupyter.

    Raises ClaimError for what is neither.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() != ".ipynb":
            return text
        cells = json.loads(text)["cells"]
        code = ["".join(one["source"]) for one in cells if one["cell_type"] == "code"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ClaimError("is not Python in UTF-8, nor a notebook as Jupyter saves it") from None
    lines = "\n".join(code).splitlines()
    return "\n".join("" if one.lstrip().startswith(("%", "!", "?")) else one for one in lines)


def run_script(path: Path, shown: str, name: str = "__main__") -> dict[str, Any]:
    r"""RUN a script or notebook, as the main program or a module: the variables that it leaves.

    ``shown`` is what it is called in its errors. One that ends itself with success, by
    ``sys.exit(0)``, has left them too. Raises TargetCodeError where it fails, ClaimError for what
    is no code.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mine.py")
    ...     _ = path.write_text("import sys\nH1 = 0.5 + 0.25\nsys.exit(0)")
    ...     run_script(path, "mine.py")["H1"]
    0.75
    """
    source = source_of(path)
    linecache.cache[shown] = len(source), None, source.splitlines(keepends=True), shown
    module = ModuleType(name)
    module.__file__ = str(path)
    if name != "__main__":
        sys.modules[name] = module  # as its own classes expect
    namespace = vars(module)
    add_to_path(path.parent)
    with code_of_others():
        try:
            exec(compile(source, shown, "exec", dont_inherit=True), namespace)
        except SystemExit as ended:
            if ended.code not in (None, 0):
                raise
        except KeyboardInterrupt as error:
            if is_interrupt(error):
                raise
            raise TargetCodeError from error
    return {name: held for name, held in namespace.items() if not name.startswith("_")}


def add_to_path(folder: Path) -> None:
    """Let modules be imported from a folder, after all others: it takes the place of none."""
    if (where := str(folder.absolute())) not in sys.path:
        sys.path.append(where)


def functions_of(variables: Mapping[str, Any], shown: str) -> list[FunctionType]:
    r"""The functions that a script has defined, those that are called after gradients first.

    >>> variables = {}
    >>> exec(compile("def forward(x): 1\ndef backward(x): 2", "mine.py", "exec"), variables)
    >>> [one.__name__ for one in functions_of(variables, "mine.py")]
    ['backward', 'forward']
    """
    found = [
        one
        for one in variables.values()
        if isinstance(one, FunctionType)
        and one.__code__.co_filename == shown
        and not inspect.isgeneratorfunction(one)
    ]
    words = ("back", "grad", "deriv")
    return sorted(found, key=lambda one: not any(word in one.__name__.lower() for word in words))
