"""draw: the computation graph as a picture that shows itself, or is written to a file."""

import math
import os
import shutil
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograd_lite.chain.graph import NamedGraph, name_values
from autograd_lite.chain.rule import chain_rule_of
from autograd_lite.data import check_limit, check_option
from autograd_lite.draw.scalar import scalar_dot
from autograd_lite.draw.scene import Scene, listed
from autograd_lite.draw.tensor import tensor_dot
from autograd_lite.engine import order
from autograd_lite.errors import DataError, GraphTooLargeError, RenderError
from autograd_lite.value import Value

_HINT = "draw the tensor level, or label fewer values"

_EDGES = 4
"""How many edges a picture may have for each node of its limit."""


class Picture:
    """A graph as DOT text. A notebook shows it; ``render`` writes it to a file.

    >>> import autograd_lite as ag
    >>> picture = ag.draw((ag.Value(3.0, label="x") * 2.0).named("y"))
    >>> picture.source.split()[0], picture.render("out/y.svg").name
    ('digraph', 'y.svg')
    """

    def __init__(self, source: str) -> None:
        self.source = source

    def render(self, path: str | Path) -> Path:
        """Write the picture in the format of the suffix: svg, png, pdf, dot or gv.

        Raises RenderError for another suffix, or where no layout engine is found.
        """
        return render(self.source, path)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": to_svg(self.source)}
        except RenderError as error:
            return {"text/plain": f"{error}\n\n{self.source}"}

    def __repr__(self) -> str:
        return f"<Picture of {self.source.count(chr(10))} lines of DOT; .render('graph.svg')>"


def draw(
    root: Value, level: str = "auto", wrt: str | Value | None = None, limit: int = 300
) -> Picture:
    """The computation graph of a value.

    ``level="tensor"`` has a node for each value, ``level="scalar"`` one for each named number, and
    on each edge the local derivative as formula and as number; ``level="auto"`` is the second where
    all values are single numbers. A node's ``grad`` is the derivative
    of ``root`` with respect to it, with or without a ``backward()`` before; a root of several
    numbers has none. ``wrt`` highlights the paths from that number to the result and writes out
    their products; it implies the scalar level. Raises GraphTooLargeError where there would be more
    than ``limit`` nodes.

    >>> import autograd_lite as ag
    >>> x = ag.Value(3.0, label="x")
    >>> y = (x * x).named("y")
    >>> ag.draw(y).source.count("->")
    1
    """
    if not isinstance(root, Value):
        raise DataError(f"draw takes a Value, not {type(root).__name__}")
    check_option("level", level, ("auto", "tensor", "scalar"))
    check_limit(limit, "nodes")
    nodes = order(root)
    if level == "auto":
        level = "scalar" if all(node.shape == () for node in nodes) else "tensor"
    names = name_values(nodes, sys._getframe(1))
    if wrt is None and level == "tensor":
        hint = "label the values that matter and draw level='scalar', which leaves the others out"
        _check_size(len(nodes), "values", limit, hint)
        return Picture(tensor_dot(root, names))
    if not root.size:
        raise DataError(f"{root.describe()} has shape {root.shape}, so no numbers to draw")
    _check_size(sum(map(listed, names)), "named numbers", limit, _HINT)
    graph = NamedGraph(root, names)
    rule = None if wrt is None else chain_rule_of(graph, wrt)
    return scalar_picture(Scene(graph, rule), limit)


def scalar_picture(scene: Scene, limit: int = 300) -> Picture:
    """The picture of a scene; GraphTooLargeError where it would have more than ``limit`` nodes.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> scene = Scene(named_graph((ag.Value(3.0, label="x") * 2.0).named("y")))
    >>> scalar_picture(scene).source.count("->")
    1
    """
    _check_size(scene.nodes, "named numbers", limit, _HINT)
    _check_size(len(scene.edges), "edges", limit, _HINT, each=_EDGES)
    return Picture(scalar_dot(scene))


def _check_size(count: int, what: str, limit: int, hint: str, each: int = 1) -> None:
    if count > limit * each:
        raise GraphTooLargeError(
            f"the picture would have {count:,} {what}, more than the limit of {limit * each:,}; "
            f"{hint}, draw a part of the graph, or give limit={math.ceil(count / each)}"
        )


# DOT text to svg, png or pdf: the only place that runs a layout engine.
#
# The engine is what the user named (:func:`set_engine`, or the environment variable
# ``AUTOGRAD_LITE_DOT``), else ``dot`` on PATH, else the program that the package graphviz-pure
# brings. The DOT text itself needs none.

ENGINE_VARIABLE = "AUTOGRAD_LITE_DOT"
TEXT_SUFFIXES = (".dot", ".gv")
PICTURE_SUFFIXES = (".svg", ".png", ".pdf")

# Twice what a screen needs, so that small formulas stay sharp in print; but at most 80 inches or
# 15,360 pixels, since more takes a minute. They belong on the command line of a bitmap alone: as
# attributes of the graph they would scale the svg as well.
PNG_OPTIONS = ("-Gdpi=192", "-Gsize=80,80")


def set_engine(engine: str | Path | None) -> None:
    """Choose the layout engine by path or by name; None goes back to the usual search.

    It sets ``AUTOGRAD_LITE_DOT``, so that processes started from this one use it too.

    Raises:
        RenderError: if there is no such program.

    >>> set_engine("dott")
    Traceback (most recent call last):
    autograd_lite.errors.RenderError: no layout engine 'dott': give its path, or its name on PATH
    """
    if engine is None:
        os.environ.pop(ENGINE_VARIABLE, None)
    else:
        os.environ[ENGINE_VARIABLE] = str(_named(str(engine)))


def layout_engine() -> Path:
    """The program that turns DOT text into a picture.

    Raises:
        RenderError: if there is none, or not the one that was named.

    >>> layout_engine().is_file()
    True
    """
    if name := os.environ.get(ENGINE_VARIABLE):
        return _named(name)
    if engine := shutil.which("dot") or _bundled():
        return Path(engine)
    raise RenderError(
        "no layout engine: neither is `dot` on PATH nor graphviz-pure installed. "
        "Run `pip install graphviz-pure`, or install Graphviz (https://graphviz.org/download), "
        f"or name an engine with set_engine() or in {ENGINE_VARIABLE}. "
        "The DOT text needs no engine: see `.source`, or render to a .dot file"
    )


def render(source: str, path: str | Path) -> Path:
    """Write DOT text to a file in the format of its suffix: svg, png, pdf, or dot and gv as it is.

    Missing parent folders are made. The file appears whole or not at all. Returns its path.

    Raises:
        RenderError: if the suffix is another one, there is no engine, or the engine fails.

    >>> render("digraph { a -> b }", "out/graph.svg").as_posix()
    'out/graph.svg'
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in TEXT_SUFFIXES:
        content = source.encode()
    elif suffix in PICTURE_SUFFIXES:
        content = _lay_out(source, suffix.removeprefix("."))
    else:
        known = ", ".join(PICTURE_SUFFIXES + TEXT_SUFFIXES)
        raise RenderError(f"cannot render to {str(path)!r}: the suffix has to be one of {known}")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, [content])
    return path


def write_whole(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file that appears whole or not at all: the old one is there until the new one is.

    It is written to a hidden neighbour, which takes its place. A device or pipe is written to.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a.txt"), [b"one, ", b"two"])
    ...     Path(folder, "a.txt").read_text()
    'one, two'
    """
    path = path.resolve()  # what a link leads to is written, and the link is kept
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            file.writelines(parts)
        return
    part = path.with_name(f".{zlib.crc32(os.fsencode(path.name)):08x}-{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.writelines(parts)
        if path.exists():
            part.chmod(path.stat().st_mode & 0o777)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def to_svg(source: str) -> str:
    """DOT text laid out as an SVG document.

    >>> to_svg("digraph { a -> b }").startswith("<?xml")
    True
    """
    return _lay_out(source, "svg").decode()


def to_png(source: str) -> bytes:
    """DOT text laid out as a PNG image.

    >>> to_png("digraph { a -> b }")[1:4]
    b'PNG'
    """
    return _lay_out(source, "png")


def _named(name: str) -> Path:
    if found := shutil.which(name):
        return Path(found).absolute()
    raise RenderError(f"no layout engine {name!r}: give its path, or its name on PATH")


def _bundled() -> Path | None:
    # Its record of files finds the program also where the environment is not activated, and in
    # every scheme of installation.
    from importlib import metadata

    try:
        files = metadata.files("graphviz-pure") or []
    except metadata.PackageNotFoundError:
        return None
    programs = (Path(file.locate()).resolve() for file in files if file.stem == "graphviz-pure")
    return next(programs, None)


def _lay_out(source: str, format_: str) -> bytes:
    from graphviz.backend.execute import CalledProcessError, run_check

    engine = layout_engine()
    options = PNG_OPTIONS if format_ == "png" else ()
    try:
        # Quiet: what an engine says beside a good picture is that it estimates the width of ∂.
        done = run_check(
            [engine, f"-T{format_}", *options],
            input=source.encode(),
            capture_output=True,
            quiet=True,
        )
    except CalledProcessError as error:
        raise RenderError(_failure(engine, format_, error.stderr, error.returncode)) from None
    picture: bytes = done.stdout
    if not picture:
        raise RenderError(f"{engine} drew nothing: there is no graph in the DOT text {source!r}")
    return picture


def _failure(engine: Path, format_: str, stderr: bytes, code: int) -> str:
    messages = stderr.decode(errors="replace").strip()
    if f'Format: "{format_}" not recognized' in messages:
        return (
            f"{engine} cannot draw {format_}: install Graphviz, whose `dot` can "
            "(https://graphviz.org/download), or render to .svg or .png"
        )
    reason = messages or f"it ended with code {code}"
    return f"{engine} could not lay out the graph: {reason}"
