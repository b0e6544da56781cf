"""What the commands have in common: how one is declared, and how results are printed."""

import argparse
import codecs
import io
import json
import shutil
import sys
import unicodedata
from collections.abc import Callable
from importlib import metadata
from typing import Any

from autograd_lite.chain.rule import folded
from autograd_lite.check.grade.apart import Limits

RIGHT, WRONG, UNREAD, USAGE, UNJUDGED = 0, 1, 1, 2, 3
"""The exit codes: of all commands, of ``compare`` and ``check``, of ``grade``, of bad usage and
errors, and of the first two where nothing is wrong, but not all derivatives could be judged."""


try:
    VERSION = metadata.version("autograd-lite")
except metadata.PackageNotFoundError:
    VERSION = "(run from its source, not installed)"


class Verbatim(argparse.RawDescriptionHelpFormatter):
    r"""Keeps the lines of a help text as they are.

    >>> parser = argparse.ArgumentParser("p", description="a\n  b", formatter_class=Verbatim)
    >>> "a\n  b" in parser.format_help()
    True
    """


def add_command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    text: str,
    *,
    target: bool = True,
) -> argparse.ArgumentParser:
    """A command, whose text goes below the options from its first empty line on.

    >>> parser = argparse.ArgumentParser("p")
    >>> _ = add_command(parser.add_subparsers(), "see", lambda _: 0, "see it", "See it.")
    >>> parser.parse_args(["see", "module:E"]).target
    'module:E'
    """
    description, _, epilog = text.partition("\n\n")
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=description, epilog=epilog, formatter_class=Verbatim
    )
    if target:
        command.add_argument(
            "target", metavar="TARGET", help="module:attribute or file.py:attribute"
        )
    command.set_defaults(run=run)
    return command


def add_limit(command: argparse.ArgumentParser, default: int, text: str) -> None:
    """An option ``--limit N``, a positive whole number.

    >>> parser = argparse.ArgumentParser("p")
    >>> add_limit(parser, 24, "list so many")
    >>> parser.parse_args([]).limit, parser.parse_args(["--limit", "3"]).limit
    (24, 3)
    """
    command.add_argument(
        "--limit",
        type=positive,
        default=default,
        metavar="N",
        help=f"{text} (default: %(default)s)",
    )


def add_limits(command: argparse.ArgumentParser) -> None:
    """The options ``--timeout`` and ``--memory`` of a process that runs code.

    >>> parser = argparse.ArgumentParser("p")
    >>> add_limits(parser)
    >>> limits_of(parser.parse_args(["--timeout", "2.5"])).seconds
    2.5
    """
    command.add_argument(
        "--timeout",
        type=_seconds,
        default=Limits().seconds,
        metavar="SECONDS",
        help="end code that takes longer (default: %(default)g)",
    )
    command.add_argument(
        "--memory",
        type=positive,
        default=Limits().memory >> 20,
        metavar="MB",
        help="end code that needs more memory; on Linux only (default: %(default)s)",
    )


def limits_of(options: argparse.Namespace) -> Limits:
    """The limits that the options have."""
    return Limits(options.timeout, options.memory << 20)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < _DAY:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")
    return seconds


_DAY = 24 * 60 * 60


def positive(text: str) -> int:
    """A positive whole number, as an argument.

    >>> positive("12")
    12
    """
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def print_json(content: Any) -> None:
    """Print dicts, lists, strings and numbers.

    >>> print_json(["∂"])
    [
     "∂"
    ]
    """
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")  # else JSON's own escapes
    print(json.dumps(content, indent=1, ensure_ascii=not unicode))


def print_formulas(text: str) -> None:
    """Print formulas; in a terminal, lines that are too long are broken between factors.

    >>> print_formulas("∂E/∂w = 2·w")
    ∂E/∂w = 2·w
    """
    width = shutil.get_terminal_size().columns
    print(folded(text, width) if sys.stdout.isatty() else text)


def print_view(view: Any) -> None:
    """Print what has a form for terminals: in its width and in colours if this is one.

    >>> print_view("1 right")
    1 right
    """
    if sys.stdout.isatty():
        from rich.console import Console

        Console(highlight=False).print(view)
    else:
        print(view)


# A terminal that lacks our signs

_PLAIN = {
    "∂": "d", "∇": "grad ", "−": "-", "–": "-", "—": "-", "·": "*", "×": "x", "⊙": "*", "∘": "*",
    "′": "'", "√": "sqrt", "∑": "sum", "∏": "prod", "→": "->", "←": "<-", "↳": "->", "≈": "~=",
    "≠": "!=", "≤": "<=", "≥": ">=", "∞": "inf", "∈": "in", "ᵀ": "^T", "𝟙": "1", "‖": "||",
    "⟨": "<", "⟩": ">", "─": "-", "━": "-", "│": "|", "┃": "|", "…": "...", "✓": "ok", "✗": "x",
    "•": "*", "⁄": "/",
}  # fmt: skip


def plain(text: str) -> str:
    r"""A spelling in ASCII: a sign by what it means, a Greek letter by its name, else its escape.

    >>> plain("∂E/∂w = 2·(O − t)·σ′(z), δ̂ ≈ x², é → 中")
    "dE/dw = 2*(O - t)*sigma'(z), delta^ ~= x^2, e -> \\u4e2d"
    """
    return "".join(map(_plain, text))


def _plain(sign: str) -> str:
    if sign.isascii():
        return sign
    if sign in _PLAIN:
        return _PLAIN[sign]
    name = unicodedata.name(sign, "")
    if name.startswith("GREEK "):
        letter = name.split()[3].lower()
        return letter.capitalize() if "CAPITAL" in name else letter
    kind = unicodedata.decomposition(sign).partition(" ")[0]
    raised = {"<super>": "^", "<sub>": "_"}.get(kind, "")
    simple = unicodedata.normalize("NFKD", sign)
    if unicodedata.combining(sign):
        return {"\u0302": "^", "\u0303": "~", "\u0304": "_bar", "\u0307": "_dot"}.get(sign, "")
    if simple != sign:
        return raised + plain(simple)
    return sign.encode("ascii", "backslashreplace").decode()


def speak_plainly() -> None:
    """Let what the standard streams cannot encode be written plainly, and never raise.

    A stream in UTF-8 has every sign; one in cp1252 has · and ², and no ∂.
    """
    codecs.register_error("autograd_lite.plain", _unencodable)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="autograd_lite.plain")


def _unencodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = plain(error.object[error.start : error.end])
    return text.encode(error.encoding, "backslashreplace").decode(error.encoding), error.end
