"""Mutation testing: does a test fail when the program is changed? ``make mutants``.

A mutant is one small change of the engine, the ops, the expressions or the chain rule: another
operator, a comparison turned, a condition negated, a number one larger, a statement left out. From
all of them a sample is drawn, in each file as many as its share; it is the same in every run until
the program changes. Each mutant is written into a copy of the tree, and the tests of its part run
until the first fails. What was found is kept in out/mutants.jsonl, so that a run which was
interrupted goes on. A mutant is tried again when its file has changed, or if it survived and no
reason is known.

A survivor is either a test that is missing or a change that changes nothing: tests/survivors.txt
says which, and why.
"""

import argparse
import ast
import copy
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import graphviz  # noqa: F401  (what the tests import is imported once, before a child is made)
import hypothesis.extra.numpy  # noqa: F401
import numpy as np  # noqa: F401
import pytest
import rich.console  # noqa: F401

fork = multiprocessing.get_context("fork")
ROOT = Path(__file__).parent.parent
KEPT = ROOT / "out" / "mutants.jsonl"
SURVIVORS = Path(__file__).with_name("survivors.txt")
RANDOM = ["tests/test_random_programs.py"]
SAMPLE, SEED, TIME, SHARE = 320, 10, 240, 0.95

PARTS = {
    "engine": ["op.py", "value.py", "engine.py", "data.py"],
    "ops": ["ops/*.py"],
    "expr": ["expr/*.py"],
    "chain": ["chain/*.py"],
}
TESTS = {
    "engine": "op operators value engine data numbers labels recording stale_data functional sweep "
    "properties names gradients ops",
    "ops": "ops adjoints selection shaping reductions broadcasting linear_algebra windows pooling "
    "convolution elementwise forward gradients nn",
    "expr": "node formula notation formulas_of_ops terms chain_rule derivation_names "
    "derivation_source derived_ops derived_programs",
    "chain": "terms chain_rule names expand derive "
    "derivation_names derivation_source derivation_running derived_ops derived_programs",
}
"""The test files of each part, besides the random programs, in the order in which they run."""

OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
"""What takes the place of an operator."""


class Mutant(NamedTuple):
    """A change of a file: where, what was there and what is there now, and the whole new source."""

    part: str
    file: str
    line: int
    before: str
    after: str
    source: str

    @property
    def key(self) -> str:
        """What tells it from any other, and from itself in another version of its file."""
        return hashlib.sha1(f"{self.file}\n{self.source}".encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.file}: {self.before} → {self.after}"


# What can be changed

Nodes = tuple[ast.AST, ...]
Put = Callable[[ast.AST], None]


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """The node in other forms."""
    changed = copy.deepcopy(node)
    match changed:
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if type(op) in OTHER:
            changed.op = OTHER[type(op)]()
            yield changed
        case ast.Compare(ops=[op]) if type(op) in OTHER:
            changed.ops = [OTHER[type(op)]()]
            yield changed
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Constant(value=bool()):
            yield ast.Constant(not changed.value)
        case ast.Constant(value=int() | float()):
            yield ast.Constant(changed.value + 1)
        case ast.IfExp():
            changed.body, changed.orelse = changed.orelse, changed.body
            yield changed
        case ast.If() | ast.While():
            changed.test = ast.UnaryOp(ast.Not(), changed.test)
            yield changed
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield ast.Pass()
        case ast.Return(value=ast.expr()) if not isinstance(changed.value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Continue():
            yield ast.Break()


def _places(tree: ast.AST, *around: ast.AST) -> Iterator[tuple[Nodes, Put]]:
    """Each node that may be changed, with what it is in, and how to put another in its place."""
    for name, field in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "type_comment"}:
            continue
        if isinstance(field, ast.AST):
            if not _is_words(field):
                yield (field, tree, *around), partial(setattr, tree, name)
                yield from _places(field, tree, *around)
        elif isinstance(field, list):
            for place, one in enumerate(field):
                if isinstance(one, ast.AST) and not _is_words(one):
                    yield (one, tree, *around), partial(field.__setitem__, place)
                    yield from _places(one, tree, *around)


def _is_words(node: ast.AST) -> bool:
    """Whether it is for readers: a docstring, a message, a type, an assertion."""
    match node:
        case ast.Raise() | ast.Assert() | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            words = True
        case ast.Assign(targets=[ast.Name(id=name)]):
            is_type = name[0].isupper() and isinstance(node.value, ast.BinOp | ast.Subscript)
            words = name == "__all__" or is_type
        case (
            ast.Expr(value=ast.Constant())
            | ast.If(test=ast.Name(id="TYPE_CHECKING"))
            | ast.FunctionDef(name="__repr__" | "describe")
            | ast.keyword(arg="domain" | "samples" | "doc")  # where the tests try an op
        ):
            words = True
        case _:
            words = False
    return words


def mutants(part: str, path: Path) -> list[Callable[[], Mutant]]:
    """All mutants of a file, each made when it is asked for."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    file = str(path.relative_to(ROOT))

    def make(nodes: Nodes, put: Put, changed: ast.AST) -> Mutant:
        node, *around = nodes[:4]
        before = _first_lines([node, *around])
        put(ast.copy_location(changed, node))
        source = ast.unparse(ast.fix_missing_locations(tree))
        after = _first_lines([changed, *around])
        put(node)
        line = getattr(node, "lineno", 0)
        # "1 → 2" says little: it is told with so much around it that it may be found.
        told = [(a, b) for a, b in zip(before, after, strict=True) if a != b and 11 < len(a) < 90]
        return Mutant(part, file, line, *(told or [(before[0], after[0])])[0], source)

    return [
        partial(make, nodes, put, changed)
        for nodes, put in _places(tree)
        for changed in _changes(nodes[0])
    ]


def _first_lines(nodes: list[ast.AST]) -> list[str]:
    return [ast.unparse(node).partition("\n")[0] for node in nodes]


def sample(count: int) -> list[Mutant]:
    """So many of them: in each file its share, always the same."""
    files = [
        (path, mutants(part, path))
        for part, patterns in PARTS.items()
        for pattern in patterns
        for path in sorted((ROOT / "autograd_lite").glob(pattern))
        if path.name != "__init__.py"
    ]
    total = sum(len(all_) for _, all_ in files)
    drawn = []
    for path, all_ in files:
        rng = random.Random(f"{SEED} {path.name}")
        drawn += rng.sample(all_, round(count * len(all_) / total))
    return [make() for make in drawn]


# Trying them


def _copy(folder: Path) -> Path:
    """The tree as it is now, without what was made."""
    skipped = shutil.ignore_patterns(".*", "__pycache__", "out", "dist", "build", "*.egg-info")
    return Path(shutil.copytree(ROOT, folder, ignore=skipped))


def _stages(mutant: Mutant) -> list[list[str]]:
    """The test files to run: that of the same name by itself, then those of the part."""
    own = f"tests/test_{Path(mutant.file).stem}.py"
    rest = [f"tests/test_{name}.py" for name in TESTS[mutant.part].split()]
    return ([[own]] if (ROOT / own).exists() else []) + [
        [one for one in rest if one != own],
        RANDOM,
    ]


def attempt(mutant: Mutant, tree: Path, stamp: int) -> str:
    """What became of it: "killed" by a test, "timeout" or "survived"."""
    path = tree / mutant.file
    original = path.read_text(encoding="utf-8")
    path.write_text(mutant.source, encoding="utf-8")
    os.utime(path, (stamp, stamp))  # so that no compiled file is taken for this one's
    try:
        for files in _stages(mutant):
            outcome = _passes(files, tree)
            if outcome != "survived":
                return outcome
        return "survived"
    finally:
        path.write_text(original, encoding="utf-8")
        os.utime(path, (stamp + 1, stamp + 1))


def _passes(files: list[str], tree: Path) -> str:
    """Run tests in a child of this process, which has imported all that they need but the tree."""
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os.chdir(tree)
        os.environ["PYTHONPATH"] = str(tree)
        sys.path[0] = str(tree)
        # hypothesis, a plug-in of pytest, is there already, which it would warn of.
        quiet = ["-q", "-x", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestWarning"]
        os._exit(int(pytest.main([*quiet, *files])))
    end = time.monotonic() + TIME
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "survived" if status == 0 else "killed"
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def _worker(job: int, folder: Path, parts: set[str], waiting: Any, done: Any) -> None:
    tree = _copy(folder / f"tree{job}")
    if job == 0:
        names = dict.fromkeys(name for part in sorted(parts) for name in TESTS[part].split())
        if _passes([*(f"tests/test_{name}.py" for name in names), *RANDOM], tree) == "killed":
            done.put(None)
            return
    for number, mutant in iter(waiting.get, None):
        done.put((mutant, attempt(mutant, tree, 10**9 + 10 * number)))


def run(drawn: list[Mutant], jobs: int) -> dict[str, str]:
    """What became of each, by its key; known ones are not tried again."""
    lines = KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else []
    found = {kept["key"]: kept["outcome"] for kept in map(json.loads, lines)}
    known = reasons()
    new = [mutant for mutant in drawn if _is_open(mutant, found.get(mutant.key), known)]
    parts = {mutant.part for mutant in new}
    KEPT.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, KEPT.open("a", encoding="utf-8") as kept:
        waiting, done = fork.Queue(), fork.Queue()
        for numbered in [*enumerate(new), *[None] * jobs]:
            waiting.put(numbered)
        for job in range(jobs):
            fork.Process(
                target=_worker, args=(job, Path(folder), parts, waiting, done), daemon=True
            ).start()
        for count in range(1, len(new) + 1):
            result = done.get()
            if result is None:
                waiting.cancel_join_thread()  # it would wait until somebody takes the rest
                sys.exit("the tests fail without a mutant too: mend that first")
            mutant, outcome = result
            found[mutant.key] = outcome
            entry = {"key": mutant.key, "mutant": str(mutant), "outcome": outcome}
            kept.write(json.dumps(entry) + "\n")
            kept.flush()
            print(f"{count} of {len(new)}: {outcome}  {mutant}", flush=True)
    return found


def _is_open(mutant: Mutant, outcome: str | None, known: dict[str, str]) -> bool:
    """Whether it is to be tried: not yet, or it survived without a reason and tests were added."""
    return outcome is None or (outcome == "survived" and str(mutant) not in known)


def reasons() -> dict[str, str]:
    """Why a mutant survives, by the mutant as it is printed."""
    lines = SURVIVORS.read_text(encoding="utf-8").splitlines() if SURVIVORS.exists() else []
    entries = [line.partition("  # ") for line in lines if "  # " in line]
    return {mutant: reason for mutant, _, reason in entries}


def main() -> int:
    """Try the sample, print a table and the survivors; 1 if too few are killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=SAMPLE)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--part", choices=PARTS, help="only these")
    options = parser.parse_args()
    drawn = [one for one in sample(options.count) if options.part in (None, one.part)]
    found = run(drawn, options.jobs)
    print(f"\n{'part':10}{'mutants':>9}{'killed':>9}")
    for part in PARTS:
        outcomes = [found[one.key] for one in drawn if one.part == part]
        print(f"{part:10}{len(outcomes):9}{sum(one != 'survived' for one in outcomes):9}")
    survivors = [one for one in drawn if found[one.key] == "survived"]
    known = reasons()
    for one in survivors:
        reason = known.get(str(one), "not looked at")
        print(f"survived  {one.file}:{one.line}  {one.before} → {one.after}  # {reason}")
    share = 1 - len(survivors) / max(1, len(drawn))
    print(f"{len(drawn) - len(survivors)} of {len(drawn)} killed, {share:.1%}")
    return int(share < SHARE)


if __name__ == "__main__":
    sys.exit(main())
