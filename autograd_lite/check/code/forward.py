r"""The code of a forward pass, which is run on Values and leaves its graph.

This RUNS code, in a process of its own: of a script, notebook or the blocks of code of a text. Its
numbers become Values as they are assigned, labelled by their variables; what is computed from them
is a Value. Where the code only defines a function or a class, it is called with the variables that
have the names of its arguments, or the numbers that the document gives.

What comes back is the recorded graph as JSON, and never a pickle: code can write what it likes.
"""

import ast
import contextlib
import inspect
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

import numpy as np

from autograd_lite.check.read.files import decoded
from autograd_lite.engine import order
from autograd_lite.errors import AutogradLiteError, ClaimError
from autograd_lite.op import REGISTRY
from autograd_lite.value import Constant, Value

# Which code there is.

_FENCED = re.compile(
    r"^ {0,3}(`{3,}|~{3,})\s*\{?\.?(?:python|py|python3|ipython)\b[^\n]*\n(.*?)^ {0,3}\1",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_BACKWARD = re.compile(r"back|grad|deriv|prime|update|train|fit|plot|step|_d(?:_|$)|^d_|^d[A-Z]")
_FORWARD = re.compile(r"forward|predict|loss|cost|error|net|model|compute|objective|__call__", re.I)


def code_of(source: str | Path) -> str:
    r"""The Python code of a script, of a notebook, or of the fenced blocks of a text.

    Lines are where they are in the text, so that what is said of them can be found.

    >>> code_of("Let\n```python\nz = w * x\n```\n")
    '\n\nz = w * x\n'
    """
    is_path = isinstance(source, Path)
    text = decoded(source.read_bytes()) if isinstance(source, Path) else source
    suffix = source.suffix.lower() if isinstance(source, Path) else ""
    if is_path and suffix == ".py":
        return text
    if is_path and suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        code = ["".join(one["source"]) for one in cells if one["cell_type"] == "code"]
        lines = "\n".join(code).splitlines()
        return "\n".join(
            "" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines
        )
    found, end = "", 0
    for block in _FENCED.finditer(text):
        found += "\n" * text.count("\n", end, block.start(2)) + block[2]
        end = block.end(2)
    return found


def forward_code(code: str) -> str:
    r"""What in a code computes a forward pass: the name of its function, or class; "" for nothing.

    >>> forward_code("def forward(x):\n    return 2 * x"), forward_code("x = 2")
    ('forward', '')
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return ""
    named = [
        (one.name, part.name)
        for one in tree.body
        for part in ([one] if isinstance(one, ast.FunctionDef) else getattr(one, "body", []))
        if isinstance(one, ast.FunctionDef | ast.ClassDef) and isinstance(part, ast.FunctionDef)
    ]
    found = [(whole, part) for whole, part in named if _FORWARD.search(part)]
    found = [one for one in found if not _BACKWARD.search(one[1])]
    return next((part if whole == part else f"{whole}.{part}" for whole, part in found), "")


# The graph, as what comes back from the process.


@dataclass(frozen=True)
class Ran:
    """The labelled Values that code has left, by name, in the order of computation."""

    values: Mapping[str, Value]
    notes: tuple[str, ...]
    _nodes: Sequence[Mapping[str, Any]]

    @property
    def scalars(self) -> list[str]:
        """Those that are single numbers and computed, the last first."""
        found = [name for name, one in self.values.items() if not one.shape and one.op is not None]
        return found[::-1]

    def trained(self, weights: Collection[str]) -> "Ran":
        """The same, where all numbers but these are data."""
        return Ran(_made(self._nodes, weights), self.notes, self._nodes)


def run_forward(code: str, given: Mapping[str, Any], *, seconds: float = 20.0) -> Ran:
    r"""RUN code in a process of its own: its forward pass as labelled Values.

    ``given`` has numbers for arguments that the code itself has not. Raises ClaimError where it
    fails, takes longer than ``seconds``, or leaves no graph.

    >>> ran = run_forward("def forward(x, w):\n    E = (w * x - 1) ** 2\n    return E",
    ...                   {"x": 2.0, "w": 3.0})
    >>> ran.values["E"]
    Value(25.0, label='E')
    """
    task = {"code": code, "given": {name: np.asarray(one).tolist() for name, one in given.items()}}
    command = [sys.executable, "-m", __name__]
    paths = [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    try:
        done = subprocess.run(
            command,
            input=json.dumps(task),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=variables,
        )
        answer = json.loads(done.stdout.rpartition(_MARK)[2])
    except subprocess.TimeoutExpired:
        raise ClaimError(f"the code has not ended after {seconds:g} seconds") from None
    except ValueError:
        raise ClaimError("the code has ended without a result, by itself") from None
    if "error" in answer:
        raise ClaimError(f"the code cannot be run on Values: {answer['error']}")
    return Ran(_made(answer["nodes"]), tuple(answer["notes"]), answer["nodes"])


_MARK = "\x00autograd-lite\x00"


def _recorded(values: Iterable[Value]) -> list[dict[str, Any]]:
    """Every node of several graphs, the operands of each before it."""
    places: dict[int, int] = {}
    found: list[dict[str, Any]] = []
    nodes = {id(one): one for value in values for one in order(value)}
    for node in sorted(nodes.values(), key=lambda one: one.number):
        places[id(node)] = len(found)
        told: dict[str, Any] = {"label": node.label}
        if node.op is None:
            told |= {"data": np.asarray(node.data).tolist(), "kind": type(node).__name__}
        else:
            operands = [
                {"at": places[id(one)]} if isinstance(one, Value) else _told(one)
                for one in node.operands
            ]
            attributes = {name: _told(one) for name, one in node.attributes.items()}
            told |= {"op": node.op.name, "operands": operands, "attributes": attributes}
        found.append(told)
    return found


def _told(one: Any) -> Any:
    """An operand or setting as JSON has it. Raises ClaimError for what it has not."""
    match one:
        case None | bool() | int() | float() | str():
            return one
        case np.generic() | np.ndarray():
            return {"array": one.tolist(), "dtype": str(one.dtype)}
        case slice():
            return {"slice": [_told(end) for end in (one.start, one.stop, one.step)]}
        case tuple() | list():
            return {"tuple": [_told(part) for part in one]}
    if one is ...:
        return {"dots": True}
    raise ClaimError(f"a setting of {type(one).__name__} cannot be told")


def _untold(one: Any, made: Sequence[Value]) -> Any:
    if not isinstance(one, dict):
        return one
    if "at" in one:
        return made[one["at"]]
    if "array" in one:
        return np.array(one["array"], one["dtype"])[()]
    if "slice" in one:
        return slice(*(_untold(end, made) for end in one["slice"]))
    return ... if "dots" in one else tuple(_untold(part, made) for part in one["tuple"])


def _made(
    nodes: Sequence[Mapping[str, Any]], weights: Collection[str] | None = None
) -> dict[str, Value]:
    """The labelled Values of a recorded graph, made anew; what is none of ``weights`` is data."""
    made: list[Value] = []
    for node in nodes:
        if "op" in node:
            operands = [_untold(one, made) for one in node["operands"]]
            attributes = {name: _untold(one, made) for name, one in node["attributes"].items()}
            value = REGISTRY[node["op"]](*operands, **attributes)
            if not isinstance(value, Value) or value.label:
                value = value + 0.0
            made.append(value.named(str(node["label"])) if node["label"] else value)
        else:
            is_data = weights is not None and node["label"] not in weights
            kind = Constant if is_data or node["kind"] == "Constant" else Value
            made.append(kind(node["data"], str(node["label"] or "")))
    return {one.label: one for one in made if one.label}


# In the process: the code is run, statement by statement.


class _Runner:
    """The variables of a code while it runs, of which the numbers are Values."""

    def __init__(self, code: str, given: Mapping[str, Any]) -> None:
        self.space: dict[str, Any] = {"__name__": "__main__", "np": np, "math": math}
        self.given = given
        self.notes: list[str] = []
        self.kept: dict[str, Value] = {}
        self._depths: dict[int, int] = {}
        self._values: list[Value] = []
        self._tree = ast.parse(code)

    def run(self) -> list[Value]:
        """All statements, and then the functions that are there, if these leave no result."""
        failed = ""
        sys.setprofile(self._watch)
        try:
            for statement in self._tree.body:
                whole = ast.Module([statement], [])
                before = dict(self.space)
                try:
                    exec(compile(whole, _FILE, "exec", dont_inherit=True), self.space)
                except Exception as error:  # noqa: BLE001 - the code of anyone
                    failed = f"line {statement.lineno}: {type(error).__name__}: {error}"
                    self.notes.append(f"not run: {failed}")
                self._take(before)
            if not any(one.op is not None for one in self._values):
                failed = self._call_functions() or failed
        finally:
            sys.setprofile(None)
        computed = [one for one in self._values if one.op is not None and one.label]
        if not computed:
            raise ClaimError(failed or "it computes nothing from its numbers")
        return computed

    def _take(self, before: Mapping[str, Any]) -> None:
        """Make Values of the numbers that are new, and label what was computed."""
        for name, held in list(self.space.items()):
            if name.startswith("_") or before.get(name) is held:
                continue
            if not isinstance(held, Value) and name in before and name in self.kept:
                continue  # a variable that is used again for something else
            self.space[name] = self._as_values(held, name)

    def _as_values(self, held: Any, name: str) -> Any:
        if isinstance(held, Value):
            self._label(held, name, 0)
        elif _is_number(held):
            held = Value(np.asarray(held, float)[()], name)
            self._label(held, name, 0)
        elif isinstance(held, dict):
            for inner, one in list(held.items()):
                held[inner] = self._as_values(one, str(inner))
        elif isinstance(held, tuple) and not _is_number(held):
            held = tuple(self._as_values(one, "") for one in held)
        elif type(held).__module__ == "__main__" and hasattr(held, "__dict__"):
            for inner, one in list(vars(held).items()):
                setattr(held, inner, self._as_values(one, inner))
        return held

    def _label(self, value: Value, name: str, depth: int) -> None:
        """Call a Value by its outermost variable."""
        if not name or name.startswith("_"):
            return
        if value.label and self._depths.get(id(value), -1) <= depth:
            return
        value.label = name
        self._depths[id(value)] = depth
        self.kept.setdefault(name, value)
        self._values.append(value)

    def _watch(self, frame: FrameType, event: str, _: Any) -> None:
        """When a function of the code returns, its variables are names."""
        if event != "return" or frame.f_code.co_filename != _FILE:
            return
        if frame.f_code.co_name == "<module>":
            return
        depth, outer = 1, frame.f_back
        while outer is not None:
            depth += outer.f_code.co_filename == _FILE
            outer = outer.f_back
        for name, held in frame.f_locals.items():
            if isinstance(held, Value):
                self._label(held, name, depth)
            elif type(held).__module__ == "__main__" and hasattr(held, "__dict__"):
                for inner, one in vars(held).items():
                    if isinstance(one, Value):
                        self._label(one, inner, depth)

    # Functions that nobody has called

    def _call_functions(self) -> str:
        """Call what computes forward, as long as its arguments are there; why none could be."""
        waiting, why = list(self._callables()), ""
        while waiting:
            for one in waiting:
                arguments, missing = self._arguments(one)
                if missing:
                    why = f"{one.__name__} needs {', '.join(missing)}; give numbers for that"
                    continue
                waiting.remove(one)
                try:
                    made = one(**arguments)
                except Exception as error:  # noqa: BLE001
                    why = f"{one.__name__}: {type(error).__name__}: {error}"
                    break
                if isinstance(one, type):
                    made = self._as_values(made, "")
                    methods = inspect.getmembers(made, inspect.ismethod)
                    waiting += [method for name, method in methods if _is_forward(name)]
                elif isinstance(made, Value) and not made.label:
                    self._label(made, one.__name__, 1)
                break
            else:
                break
        return why

    def _callables(self) -> Iterator[Callable[..., Any]]:
        own = [one for one in self.space.values() if getattr(one, "__module__", "") == "__main__"]
        yield from (one for one in own if isinstance(one, type))
        functions = [one for one in own if isinstance(one, FunctionType)]
        named = [one for one in functions if _is_forward(one.__name__)]
        called = {name for one in functions for name in one.__code__.co_names}
        alone = [
            one
            for one in functions
            if one.__name__ not in called and not _BACKWARD.search(one.__name__)
        ]
        yield from named or alone

    def _arguments(self, function: Callable[..., Any]) -> tuple[dict[str, Any], list[str]]:
        """The arguments of a function by their names, and those for which there is nothing."""
        found: dict[str, Any] = {}
        missing: list[str] = []
        kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        for name, parameter in inspect.signature(function).parameters.items():
            if name in self.kept:
                found[name] = self.kept[name]
            elif name in self.space:
                found[name] = self.space[name]
            elif name in self.given:
                found[name] = Value(np.asarray(self.given[name], float)[()], name)
                self._label(found[name], name, 0)
            elif parameter.default is parameter.empty and parameter.kind not in kinds:
                missing.append(name)
        return found, missing


_FILE = "<the code>"


def _is_forward(name: str) -> bool:
    return bool(_FORWARD.search(name)) and not _BACKWARD.search(name)


def _is_number(held: Any) -> bool:
    """Whether a variable is a number, or an array of them, that can take part."""
    if isinstance(held, bool | str | bytes):
        return False
    if isinstance(held, float | int | np.floating):
        return True
    return isinstance(held, np.ndarray) and held.dtype.kind in "fi" and held.size > 0


def _main() -> None:
    task = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        try:
            runner = _Runner(task["code"], task["given"])
            computed = runner.run()
            answer: dict[str, Any] = {"nodes": _recorded(computed), "notes": runner.notes}
        except (AutogradLiteError, Exception, SystemExit) as error:  # noqa: BLE001
            said = str(error) if isinstance(error, AutogradLiteError) else repr(error)
            answer = {"error": said}
    sys.stdout.write(_MARK + json.dumps(answer))


if __name__ == "__main__":
    _main()
