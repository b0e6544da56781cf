"""How the parts of the package may depend on one another, read from their sources."""

import ast
import doctest
import functools
import graphlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mutants import TESTS

import autograd_lite
from autograd_lite import errors

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "autograd_lite"

# A module imports only from what is above it here; those of one folder from each other, without
# cycles. A new one takes its place in the list.
ORDER = [
    "errors",
    "data",
    "op",
    "ops",
    "custom",
    "recording",
    "engine",
    "interop",
    "value",
    "functional",
    "gradcheck",
    "expr",
    "chain",
    "draw",
    "check",
    "fast",
    "nn",
    "example",
    "cli",
    "__main__",
]

SOURCES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
MODULES = sorted(SOURCES.keys() - {"__init__"})


@functools.cache
def tree(module: str) -> ast.Module:
    return ast.parse(SOURCES[module].read_text(encoding="utf-8"))


@functools.cache
def nodes(module: str) -> list[ast.AST]:
    return list(ast.walk(tree(module)))


def part(module: str) -> str:
    return module.partition(".")[0]


def imports(module: str) -> Iterator[tuple[str, str]]:
    """What a module imports from the package, anywhere in its source: a module and a name of it."""
    for node in nodes(module):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            source = f"{node.module}.".removeprefix("autograd_lite.").removesuffix(".")
            for alias in node.names:
                inner = f"{source}.{alias.name}".removeprefix(".")
                if inner in SOURCES:
                    yield inner, ""
                elif source in SOURCES or not source:
                    yield source or "__init__", alias.name
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            yield from ((name, "") for name in names if part(name) == "autograd_lite")


@functools.cache
def edges() -> dict[str, set[str]]:
    return {module: {source for source, _ in imports(module)} for module in MODULES}


def pairs() -> list[tuple[str, str]]:
    return [(module, source) for module, sources in edges().items() for source in sources]


def test_a_module_imports_only_from_what_is_above_it_in_the_order() -> None:
    place = {name: position for position, name in enumerate(ORDER)}
    assert {part(module) for module in MODULES} == set(ORDER)
    assert {source for _, source in pairs()} <= set(MODULES)
    assert [pair for pair in pairs() if place[part(pair[1])] > place[part(pair[0])]] == []


def test_imports_have_no_cycles() -> None:
    assert set(graphlib.TopologicalSorter(edges()).static_order()) == set(MODULES)


def test_between_folders_data_goes_one_way() -> None:
    folders: dict[str, set[str]] = {}
    for module, source in pairs():
        inside, outside = (".".join(one.split(".")[:2]) for one in (module, source))
        if inside != outside:
            folders.setdefault(inside, set()).add(outside)
    assert set(graphlib.TopologicalSorter(folders).static_order()) >= folders.keys()


# Chapters


def test_a_file_is_a_chapter() -> None:
    lines = {module: len(SOURCES[module].read_text("utf-8").splitlines()) for module in MODULES}
    assert {module: count for module, count in lines.items() if count > 800} == {}
    pages: dict[str, list[str]] = {}
    for module, count in lines.items():
        if count < 100 and SOURCES[module].stem not in ("__init__", "__main__"):
            pages.setdefault(module.rpartition(".")[0], []).append(module)
    assert {folder: found for folder, found in pages.items() if len(found) > 3} == {}


def test_a_function_fits_a_screen() -> None:
    lengths = {
        f"{module}.{node.name}": node.end_lineno - node.lineno + 1
        for module in MODULES
        for node in nodes(module)
        if isinstance(node, ast.FunctionDef) and node.end_lineno
    }
    assert {name: length for name, length in lengths.items() if length > 60} == {}


# The lines of a derivation and the steps of a compiled program are still two kinds of program, the
# formulas that a person wrote are still expressions of their own, and there are findings on an op's
# gradient and on a claim. Layer is what micrograd calls it.
TWICE = {"Input", "Program", "Expression", "Term", "Finding", "Layer"}


def test_one_class_name_is_one_class() -> None:
    places: dict[str, list[str]] = {}
    for module in MODULES:
        for node in nodes(module):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(module)
    several = {name: found for name, found in places.items() if len(found) > 1}
    assert several.keys() == TWICE, several


# Public names


def public(module: str) -> list[str]:
    """What ``__all__`` says, read without running the module."""
    for node in tree(module).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def in_order(names: list[str]) -> list[str]:
    """CONSTANTS, then Classes, then functions; log2 is before log10."""

    def key(name: str) -> tuple[Any, ...]:
        numbered = [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
        return not name.isupper(), not name[0].isupper(), numbered

    return sorted(names, key=key)


def test_the_public_names_of_a_public_module_are_sorted_and_complete() -> None:
    for module in filter(public, MODULES):
        defined = {
            node.name
            for node in tree(module).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        }
        assert public(module) == in_order(public(module)), module
        assert defined <= set(public(module)), module


def test_a_module_imports_no_private_names() -> None:
    private = [
        (module, source, name)
        for module in [*MODULES, "__init__"]
        for source, name in imports(module)
        if name.startswith("_") or (name and public(source) and name not in public(source))
    ]
    assert private == []


def test_the_public_names_of_the_package_are_sorted_and_complete() -> None:
    imported = {
        alias.asname or alias.name
        for node in nodes("__init__")
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograd_lite.")
        for alias in node.names
    }
    assert sorted(autograd_lite.__all__) == sorted(imported)
    assert autograd_lite.__all__ == in_order(autograd_lite.__all__)
    for name in autograd_lite.__all__:
        assert not inspect.ismodule(getattr(autograd_lite, name)), name


def test_every_public_name_of_the_package_is_explained() -> None:
    unexplained = [n for n in autograd_lite.__all__ if not getattr(autograd_lite, n).__doc__]
    assert unexplained == []


def test_every_function_of_the_package_shows_an_example() -> None:
    parser = doctest.DocTestParser()
    without = [
        name
        for name in autograd_lite.__all__
        if not name.endswith("Error")
        and not parser.get_examples(inspect.getdoc(getattr(autograd_lite, name)) or "")
    ]
    assert without == []


# Errors


def test_every_exception_has_its_row_in_the_tree() -> None:
    rows = [line.strip("│├└─ ").split(" ")[0] for line in (errors.__doc__ or "").splitlines()]
    for name in errors.__all__:
        exception = getattr(errors, name)
        bases = [base.__name__ for base in exception.__bases__]
        second = f"({bases[1]})" if len(bases) > 1 else ""
        assert name + second in rows


def test_the_tree_is_that_of_the_classes() -> None:
    depth = {}
    for line in (errors.__doc__ or "").splitlines():
        name = line.strip("│├└─ ").split(" ")[0].split("(")[0]
        if name in errors.__all__:
            depth[name] = (len(line) - len(line.lstrip("│├└─ "))) // 4
    for name in errors.__all__:
        ancestors = [
            base for base in getattr(errors, name).__mro__ if base.__module__ == errors.__name__
        ]
        assert depth[name] == len(ancestors)


def test_every_exception_is_caught_by_the_one_base() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), errors.AutogradLiteError)


# The chain rule is one loop


def test_local_derivatives_are_multiplied_in_one_place() -> None:
    calls = [
        module
        for module in MODULES
        for node in nodes(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "contribution"
    ]
    assert calls == ["engine"]


def test_the_tests_that_a_mutant_is_given_exist() -> None:
    named = {f"test_{name}.py" for names in TESTS.values() for name in names.split()}
    assert named - {path.name for path in Path(__file__).parent.glob("test_*.py")} == set()
