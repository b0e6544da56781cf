r"""Documents: the blocks of a text, and the statements in each of them.

A document is prose, mathematics, code, printed output and tables. Mathematics is cut by one rule
wherever it is: between ``$``, ``$$``, ``\(…\)``, ``\[…\]``, in an environment, or in a plain line.
Nothing is run, and nothing is interpreted: names and numbers come out as they are written.
"""

import html
import itertools
import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from autograd_lite.check.claims import Member, Statement
from autograd_lite.check.read.macros import expand, own_macros
from autograd_lite.check.read.naming import is_derivative
from autograd_lite.check.read.numbers import with_points
from autograd_lite.check.read.statements import cut
from autograd_lite.check.read.tables import table_at


def read_document(
    text: str, where: str = "", *, code: bool = False, tex: bool = False
) -> list[Statement]:
    r"""The statements of a text, Markdown or LaTeX document, in its order.

    With ``code`` the text is Python: of that only literals and comments are read. So is what is in
    a fence of that language, or in a text whose cells are marked ``In [1]:``. With ``tex`` it is
    LaTeX, in which ``%`` begins a comment.

    >>> found = read_document("Forward pass\n1. H1 = 0.50\ndE/dw_9: 0.2451\n")
    >>> [(one.subject, one.members[0].text, one.line) for one in found]
    [('H1', '0.50', 2), ('dE/dw_9', '0.2451', 3)]
    """
    text = text.removeprefix("\ufeff").replace("\0", " ").replace("\r\n", "\n").replace("\r", "\n")
    text = _COMMENT_OF_TEX.sub("", text) if tex else _without_html(text)
    text = _ESCAPED.sub(r"\\\1", text if tex else _ESCAPED_DISPLAY.sub(r"\\[\1\\]", text))
    text = with_points(_one_line(_without_numbers(text)))
    return [replace(one, where=where) for one in _Reader(text, code).statements()]


# What a text is written in

_ESCAPED = re.compile(r"\\\\([()])")  # a site generator wants \\( to be written for \(
_ESCAPED_DISPLAY = re.compile(r"\\\\\[((?:(?!\\\\\[)[\s\S]){0,4000}?)\\\\\]")  # and \\[ … \\]
_DICTIONARY = re.compile(r"\s*\{\s*(?:'[^'\n]{1,60}'|\"[^\"\n]{1,60}\")\s*:")
_KEY = re.compile(r"['\"]([^'\"\n]{1,60})['\"]\s*:\s*")
_OF_ENTRIES = re.compile(r"(?P<name>[^\W\d]\w{0,60})\s*(?::[^=\n]{1,40})?=\s*\{")
_FIRST_KEY = re.compile(r"\s*(?:#.*\n\s*)?['\"]")
_LEAF = r"[\[(](?:[^\[\]()]|[\[(](?:[^\[\]()]|[\[(][^\[\]()]*[\])])*[\])])*[\])]"
_ENTRY = re.compile(
    r"['\"](?P<key>[^'\"\n]{1,60})['\"]\s*:\s*"
    rf"(?P<value>(?:[^,\[\](){{}}#\n]|{_LEAF})+)"
)
_VALUES = re.compile(
    r"^(?:(?:initial|init|forward|old)_)?(?:values?|activations?|params|parameters|weights"
    r"|bias(?:es)?|inputs?|outputs?|forward|cache|initial)$",
    re.IGNORECASE,
)
_SAYS_WHAT = re.compile(rf"grad|deriv|(?:^|_)(?:new|updated)|{_VALUES.pattern}", re.IGNORECASE)
_NUMBERED = re.compile(r"(?<=\S)[ \t]+\((\d{1,2}(?:\.\d{1,2}){0,2})\)[ \t]*$", re.MULTILINE)
_PROMPT = re.compile(r"\s*\$ [^$]*")
_COMMENT_OF_TEX = re.compile(r"(?<!\\)%.*")
_HTML_TABLE = re.compile(r"<table\b.*?(?:</table\s*>|$)|^.*?</table\s*>", re.IGNORECASE)
_SCRIPT = re.compile(r"<(su[bp])>([^<>\n]{1,40})</\1>")
_TAG = re.compile(
    r"</?(?:b|i|em|strong|span|p|div|br|code|u|font|center|h\d|li|ul|ol|hr)(?:\s[^<>\n]*)?/?>"
)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,5});")
_STACKED = re.compile(
    r"^[ \t]*(?P<above>[d∂]\s?[^\W\d]\w*)[ \t]*\n"
    r"[ \t]*(?:(?P<bar>-{2,}|[─—–_]+)[ \t]*(?P<beside>=.*)?\n[ \t]*)?"
    r"(?P<below>[d∂]\s?[^\W\d]\w*)[ \t]*(?:\n?[ \t]*(?P<after>=.*))?$",
    re.MULTILINE,
)


def _without_html(text: str) -> str:
    """Markdown without the tags and entities that people put into it."""
    if "<" in text:
        text = _SCRIPT.sub(lambda m: ("_" if m[1] == "sub" else "^") + f"{{{m[2]}}}", text)
        text = _TAG.sub(" ", text)
    return _ENTITY.sub(lambda m: html.unescape(m[0]).replace("\n", " "), text)


def _without_numbers(text: str) -> str:
    r"""The text without the numbers of its equations: two or more that end lines, and ascend.

    >>> _without_numbers("a = b (2.1)\nb = 3 (2.2)"), _without_numbers("a = b (2.1)")
    ('a = b\nb = 3', 'a = b (2.1)')
    """
    numbers = [tuple(map(int, one.split("."))) for one in _NUMBERED.findall(text)]
    ascending = len(numbers) > 1 and all(a < b for a, b in itertools.pairwise(numbers))
    return _NUMBERED.sub("", text) if ascending else text


def _one_line(text: str) -> str:
    r"""A fraction that is set in several lines, by hand or by a reader of PDF, in one of them.

    >>> _one_line("∂E\n── = 0.25\n∂w\nx = 1").split("\n")
    ['∂E/∂w = 0.25', '', '', 'x = 1']
    """

    def joined(found: re.Match[str]) -> str:
        rest = found["beside"] or found["after"] or ""
        if not (found["bar"] or rest):
            return found[0]
        return f"{found['above']}/{found['below']} {rest}" + "\n" * found[0].count("\n")

    return _STACKED.sub(joined, text)


# Blocks

_VERBATIM = re.compile(r"\s*\\begin\s*\{(?P<kind>verbatim|lstlisting|minted|Verbatim)\*?\}")
_FENCE = re.compile(r"\s*(?:```+|~~~+)\s*\{?\.?(\w*)")
_CELL = re.compile(r"\s*(?:In|Out) ?\[[\d *]*\]:")
_MARK = re.compile(
    r"\s*(?:>\s*)*(?:(?:[-*+•‣▪]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{2,4}|[A-Z]\d{1,2})[.)]|#{1,6}"
    r"|\\item(?:\s*\[[^\]]*\])?)\s+)*"
)
_OPENING = re.compile(
    r"\$\$|\\\[|^\s*\$(?=\s*$)|\\begin\s*\{(?P<kind>(?:equation|align|alignat|gather|multline|eqnarray|flalign"
    r"|displaymath|math|dmath|IEEEeqnarray|aligned|split|cases|[bpvBV]?matrix|array)\*?)\}"
)
_CLOSING = {"$": "$", "$$": "$$", "\\[": "\\]"}
_DOLLAR = re.compile(r"(?<![\\$])\$(?!\$)")


class _Reader:
    """Goes through a document block by block; its state is what a line says of those below it."""

    def __init__(self, text: str, code: bool) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._code = self._outside = code
        self._pages = False  # of a notebook that was printed: code and text, and no mark between
        self._fenced = ""
        self._heading = _Heading()
        self._announced = ""
        self._macros = own_macros(text) if "\\" in text else {}
        self._sums = set(_ADDED.findall(text))
        self._unclosed: dict[str, int] = {}

    def statements(self) -> Iterator[Statement]:
        at = 0
        while at < len(self._lines):
            found, following = self._at(at)
            yield from found
            at = max(at + 1, following)

    def _at(self, at: int) -> tuple[list[Statement], int]:
        """The statements of the block that begins in a line, and the line after it."""
        line = self._lines[at]
        if not line.strip():
            return [], at + 1
        found, following = self._block(at, line)
        if found:
            self._announced = ""
        return found, following

    def _block(self, at: int, line: str) -> tuple[list[Statement], int]:
        if fence := _FENCE.match(line):
            self._fenced = "" if self._fenced else fence[1].lower() or "text"
            self._code = self._outside if not self._fenced else self._fenced.startswith("py")
            self._heading = _Heading()
            return [], at + 1
        if begins := _VERBATIM.match(line):
            ends = f"\\end{{{begins['kind']}}}"
            stop = next((n for n in range(at, len(self._lines)) if ends in self._lines[n]), at)
            inner = _Reader(
                "\n".join(self._lines[at + 1 : stop]), code=begins["kind"] != "verbatim"
            )
            return self._placed(list(inner.statements()), at), stop + 1
        if self._fenced == "math":
            end = next((n for n in range(at, len(self._lines)) if _FENCE.match(self._lines[n])), at)
            return self._mathematics("\n".join(self._lines[at:end]), at), max(end, at + 1)
        if cell := _CELL.match(line):
            self._pages = not self._code
            self._heading = _Heading()
            line = line[cell.end() :]
        if not self._code and (table := table_at(self._lines, at)):
            beside = [
                statement
                for n in sorted({at, table.end - 1})
                if _HTML_TABLE.search(self._lines[n])
                for statement in self._inline(_HTML_TABLE.sub(" ", self._lines[n]), n)
            ]
            return [*table.statements(self._heading.text), *beside], table.end
        display = None if self._code else self._display(at)
        return display or self._dictionary(at) or self._text_at(at, line)

    def _dictionary(self, at: int) -> tuple[list[Statement], int] | None:
        """The entries of a dictionary that is written out; its name says what their numbers are."""
        opening = _OF_ENTRIES.match(self._lines[at])
        start = self._starts[at] + opening.end() if opening else 0
        stop = self._text.find("}", start)
        if opening is None or stop < 0 or not _FIRST_KEY.match(self._text, start):
            return None
        inner, name = self._text[start:stop], opening["name"]
        end = at + inner.count("\n") + 1
        entries = [*_ENTRY.finditer(inner)] if "{" not in inner else []
        is_known = _SAYS_WHAT.search(name) is not None
        if not entries or not (is_known or all(is_derivative(one["key"]) for one in entries)):
            text = f"{name} = {{{inner}}}"
            return self._unread(text, at, f"what the numbers of {name} are is not known"), end
        label = (name.replace("_", " "),) if is_known and not _VALUES.search(name) else ()
        found = [
            Statement(
                one["key"],
                (Member("=", one["value"].strip(), inner.count("\n", 0, one.start())),),
                labels=label,
                line=inner.count("\n", 0, one.start()),
            )
            for one in entries
        ]
        if self._code:  # what is computed there is not read
            found = [one for one in found if self._is_literal(one)]
        return self._placed(found, at), end

    # Mathematics that is set off

    def _display(self, at: int) -> tuple[list[Statement], int] | None:
        """The statements of mathematics over several lines that begins in this one."""
        line, start = self._lines[at], self._starts[at]
        for opening in _OPENING.finditer(line):
            kind = opening["kind"]
            closing = f"\\end{{{kind}}}" if kind else _CLOSING[opening[0].strip()]
            inside = start + opening.end()
            stop = self._find(closing, inside)
            if stop < 0:
                continue
            last = bisect(self._starts, stop) - 1
            if kind in _PARTS:
                if _RELATED.search(line):
                    return None
                continue
            if last == at and not _ROW.search(self._text[inside:stop]):
                return None  # inline
            before = line[: opening.start()]
            found = self._inline(before, at) if _RELATED.search(before) else []
            if not found and before.strip(" #>*-"):
                self._heading = _Heading(plain(before.rstrip(" :=,")))
            rows = self._mathematics(self._text[inside:stop], at, self._subject(before))
            label = (self._heading.text,) if self._heading.text else ()
            found += [replace(one, labels=(*one.labels, *label)) for one in rows]
            rest = self._lines[last][stop + len(closing) - self._starts[last] :]
            found += self._inline(rest, last) if _RELATED.search(rest) else []
            return found, last + 1
        return None

    def _find(self, closing: str, start: int) -> int:
        """Where mathematics ends; what is not there is looked for once."""
        if start >= self._unclosed.get(closing, len(self._text) + 1):
            return -1
        found = self._text.find(closing, start)
        if found < 0:
            self._unclosed[closing] = start
        return found

    def _subject(self, before: str) -> str:
        """What is to be said of, where a line ends with ``=`` and its mathematics is below."""
        return before.rstrip(" =:$*") if _ANNOUNCED.search(before) else self._announced

    def _mathematics(self, inner: str, line: int, subject: str = "") -> list[Statement]:
        """The statements of the rows of a block of mathematics; of a subject, where it has none."""
        found: list[Statement] = []
        if subject and _NUMBERS_ONLY.match(inner) and not _RELATED.search(inner):
            said = subject if re.search(r"[\s$]", subject) else f"${subject}$"
            return self._placed(cut(f"{said} = ${expand(inner, self._macros)}$"), line)
        for text, offset in _rows(expand(inner, self._macros)):
            rows = self._placed(cut(text, math=True), line + offset)
            found += rows or self._unread(text, line + offset)
        return found

    # Lines

    def _text_at(self, at: int, line: str) -> tuple[list[Statement], int]:
        """The statements of a line of text, and of those in which it goes on."""
        if _PROMPT.fullmatch(line):  # a command that was given to a shell
            return [], at + 1
        mark = _MARK.match(line)
        comment = (self._code or self._pages) and line.lstrip().startswith("#")
        begin = mark.end() if mark and not (self._code or comment) else 0
        if (self._code or self._pages) and _INDENTED.match(line):
            return [], _end_of_call(self._lines, at)
        text, end = self._joined(at, line[begin:])
        indent = len(line) - len(line.lstrip(" "))
        is_item = bool(line[:begin].strip(" #>"))
        is_under = indent > self._heading.indent or not self._heading.is_item
        label = self._heading.text if is_under else ""
        found = self._inline(text, at)
        if not found and self._announces(line, text, indent, is_item):
            return [], end
        if not self._code:
            found = found or self._unread(text, at) if _is_mathematics(text) else found
            found += [lost for one in found for lost in self._lost(one)]
            found = found or [*self._perhaps(text, at)]
            found += self._placed([*_rates(text)], at)
        if not (is_under and (found or is_item)):
            self._heading = _Heading()
        if not found and (self._code or self._pages):
            end = max(end, _end_of_call(self._lines, at))
        return [replace(one, labels=(*one.labels, label)) if label else one for one in found], end

    def _inline(self, text: str, line: int) -> list[Statement]:
        """The statements of a text in which mathematics may be between dollars."""
        comment = text.lstrip().startswith(("#", "//", "%"))
        if not self._code and _DICTIONARY.match(text):
            text = _KEY.sub(r"\1 = ", text.strip().strip("{}"))
        if self._code and not comment:
            text = _COMMENT.sub("", text)
        else:
            text = _TIMES.sub(" × ", _WRAPPER.sub(" ", text))
        found = cut(expand(text.lstrip("#/% "), self._macros), code=self._code and not comment)
        if self._code and not comment:
            found = [one for one in found if self._is_literal(one)]
        elif self._pages and not comment and "$" not in text:
            found = [one for one in found if self._is_printed(one)]
        return self._placed(found, line)

    def _lost(self, one: Statement) -> Iterator[Statement]:
        """What stands before or behind a statement and is said with a word that is not known."""
        for part in (one.subject, one.rest) if one.members else ():
            if _SAID.search(part):
                yield from self._unread(part, one.line - 1)

    def _perhaps(self, text: str, line: int) -> Iterator[Statement]:
        """What would say something of a value, if its symbol is one: H ist 0.9, O1 < 0."""
        for said in _PERHAPS.finditer(text):
            yield from (
                replace(one, about=said["name"] or said["compared"])
                for one in self._unread(said[0], line)
            )

    def _is_literal(self, one: Statement) -> bool:
        """Whether a line of code gives a number or an array, and is no start of a sum."""
        value = one.members[-1].text
        return (
            [member.sign for member in one.members] == ["="]
            and _LITERAL.match(value) is not None
            and not (one.subject in self._sums and not value.strip("0.-"))
        )

    def _is_printed(self, one: Statement) -> bool:
        """Whether a line on a page of code and text ends in numbers, and is no start of a sum."""
        value = one.members[-1].text
        is_start = one.subject in self._sums and not value.strip("0.-")
        return _LITERAL.match(value) is not None and not is_start

    def _joined(self, at: int, text: str) -> tuple[str, int]:
        """A line with those in which it goes on, and the line after them."""
        end = at + 1
        open_brackets = _depth(text)
        open_parts = _open_parts(text)
        dollars = len(_DOLLAR.findall(text)) % 2
        while end < len(self._lines):
            following = self._lines[end]
            if not following.strip() and _ANNOUNCED.search(text[-20:].rstrip()):  # above an array
                blank = next(
                    (n for n in range(end, len(self._lines)) if self._lines[n].strip()), end
                )
                if blank - end <= 2 and _NUMBERS_ONLY.match(self._lines[blank]):
                    text += "\n" * (blank - end)
                    end, following = blank, self._lines[blank]
            goes_on = (
                ((dollars or open_parts > 0) and following.strip())
                or (open_brackets > 0 and _ARRAY_LINE.fullmatch(following))
                or (not self._code and _goes_on(text, following))
            )
            if not goes_on:
                break
            text = f"{text}\n{following}"
            open_brackets += _depth(following)
            open_parts += _open_parts(following)
            dollars = (dollars + len(_DOLLAR.findall(following))) % 2
            end += 1
        return text, end

    def _announces(self, line: str, text: str, indent: int, is_item: bool) -> bool:
        """Whether a line is a heading, which then qualifies those below it."""
        body = text.rstrip(" \n$*")
        if not (body.endswith((":", "=")) or (line.startswith("#") and not self._code)):
            return False
        self._heading = _Heading(plain(body.rstrip(":= ")), indent, is_item)
        self._announced = body.rstrip(":= ") + "$" * (body.count("$") % 2)
        return True

    def _placed(self, found: Sequence[Statement], line: int) -> list[Statement]:
        """Statements with their lines in the document, counted from 1."""
        first = line + 1
        return [
            replace(
                one,
                line=first + one.line,
                members=tuple(m._replace(line=first + m.line) for m in one.members),
            )
            for one in found
        ]

    def _unread(
        self, text: str, line: int, why: str = "no equation is found in it"
    ) -> list[Statement]:
        return [Statement(" ".join(text.split()), (), line=line + 1, why=why)]


class _Heading(NamedTuple):
    """A line that announces those below it."""

    text: str = ""
    indent: int = 0
    is_item: bool = False


# What belongs together

_RELATION = (
    r"(?:(?<!=)=(?![>=])|≈|≃|:=|≡|⇒|→"
    r"|\\approx|\\equiv|\\simeq|\\Rightarrow|\\implies|\\to(?![A-Za-z]))"
)
_RELATED = re.compile(_RELATION + r"|:|\\(?:gets|leftarrow)|←|\bis\b|->|<-")
_CONTINUES = re.compile(
    rf"[\s&$]*(?:\\[,;:! ]\s*)*(?:{_RELATION}|[·×⋅∘⊙]|\\(?:cdot|times|odot|circ)(?![A-Za-z]))"
)
_EQUALS = re.compile(r"\s*(?:=(?![>=])|≈)\s*\S")  # and no mark of a list, as → and · can be
_CONTINUES_SUM = re.compile(r"[\s&]*(?:\\(?:q?quad|left|[bB]igg?l?|,|;|!|:)\s*|\{\}\s*)*[-+−](?!>)")
_OPEN_END = re.compile(rf"(?:{_RELATION}|[-+*·×−/]|\\(?:cdot|times))[\s$]*(?:\\\\)?[\s$]*$")
_ANNOUNCED = re.compile(r"(?:[:=≈]|\\approx)[\s$*]*$")
_ROW = re.compile(r"\\\\(?:\s*\[[-\d.\w]*\])?|\\cr(?![A-Za-z])|\\newline(?![A-Za-z])")
_PARTS = ("cases", "matrix", "bmatrix", "pmatrix", "vmatrix", "Vmatrix", "Bmatrix", "array")
_INNER = re.compile(
    rf"\\(?P<which>begin|end)\s*\{{(?:{'|'.join(_PARTS)}|smallmatrix|dcases|rcases)\*?\}}"
)
_WRAPPER = re.compile(
    r"\\(?:begin|end)\s*\{(?:aligned|alignedat|align|split|gathered|gather|equation|eqnarray"
    r"|multline|alignat|subequations|center)\*?\}(?:\s*\[[a-z]\])?(?:\s*\{\d+\})?"
)
_SUBJECT = re.compile(rf"[\s&$]*(?P<name>[^=≈&]{{1,200}}?)[\s&]*{_RELATION}")
_NUMBERS_ONLY = re.compile(
    r"[\s$*]*(?:(?:np|numpy|torch|jnp)\.)?(?:array|tensor|matrix)?\(?\s*"
    r"(?:[\[(]+\s*[-−+\d.\[]|(?:\\left\s*[\[(]\s*)?\\begin\s*\{[bpvBV]?matrix|[-−+]?\d[-−+\d.eE]*[\s$*.]*$)"
)
_ARRAY_LINE = re.compile(
    r"(?:[\s\[\](),;]|[-+−]?(?:\d[\d.]*|\.\d+)(?:[eE][-+]?\d+)?|\.\.\.|nan|inf|-inf"
    r"|dtype=[\w.]+|np\.float\d+|array|tensor|requires_grad=True|grad_fn=<\w+>|#.*)*"
)
_TIMES = re.compile(r"(?<=[\d)])\s+x\s+(?=[-−(]?[\d.(])")  # 0.9 x 1.2
_INDENTED = re.compile(r"\s+[A-Za-z_][\w.]*\s*=")
_ADDED = re.compile(r"^ *([^\W\d]\w{0,80})\b[^=\n]{0,40}[-+]=", re.MULTILINE)
_COMMENT = re.compile(r"\s#(?!\d).*")
_LITERAL = re.compile(
    r"[-+−]?(?:\d|\.\d)[\d.eE+\-_]*$|(?:(?:np|numpy|torch|jnp)\.)?\w*\(?\s*[\[(]+[-\d.\s\[]"
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_BRACKETS = re.compile(r"[\[\]()]")
_MOST_LINES, _DEEPEST = 200, 20
_EQUATED = re.compile(r"\$[^$]*(?:=|\\approx)[^$]*\$")
_DERIVES = re.compile(r"∂|\\frac|(?<![A-Za-z])d\w{1,20}/d\w")
# A derivative and a number, with a word or a sign between them: dE/dw ist 0.1, dE/dw < 0
_SAID = re.compile(
    r"(?:(?:(?<![A-Za-z])d\w{1,20} ?/ ?d|∂ ?\w{1,20} ?/ ?∂ ?|∇_?|(?<!\w)(?:grad_|d[A-Z]\w{0,9}_?d))"
    r"\{?[^\W\d][\w{}^,\[\]]{0,20}|\\[dt]?frac\s*\{[^=<>]{1,80}\})[$*`|]*"
    r"\s*(?:[<>≤≥≠]=?|!=|\||\\(?:[lg]eq?|neq?|[lg]t)(?![A-Za-z])|\.{2,}|\([^()]{1,40}\)"
    r"|(?<=\s)(?:[^\W\d]+\s+){1,4})"
    r"\s*[$*`]*[-−+]?(?:\d+[.,]\d|\d+[\s.$*`]*$|[.]\d|0(?!\w))"
)

_SYMBOL = r"(?<![\w\\/^])(?:\\[a-z]+|[^\W\d])(?:_?\w|_\{\w{1,4}\}|_\w\d)?(?![\w/^(])"
_PERHAPS = re.compile(
    rf"(?P<compared>{_SYMBOL})\s*(?:[<>≤≥≠]=?|!=|\\(?:[lg]eq?|neq?|[lg]t)(?![A-Za-z]))\s*"
    r"[-−+]?\d[\d.,]*(?![\w*/^])"
    rf"|(?![AaI]\s)(?P<name>{_SYMBOL})\$?\s+[^\W\d]{{2,}}\s+\$?[-−+]?\d+[.,]\d+(?![\w.,*/^])"
)

_RATE = re.compile(
    r"\b(?:learning rate|step size)\s+(?:of\s+)?\$?(?P<number>\d*\.\d+)(?![\w*/^])", re.IGNORECASE
)


def _rates(text: str) -> Iterator[Statement]:
    """The learning rate that a text has in words: with a learning rate of 0.5."""
    for said in _RATE.finditer(text):
        yield Statement("learning rate", (Member("is", said["number"]),))


def _rows(inner: str) -> Iterator[tuple[str, int]]:
    """The rows of a block, each with the line in which it begins; those that go on joined."""
    inner = _WRAPPER.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), inner)
    text, start = "", 0
    for row, line in _split(inner):
        if not row.strip(" &\n"):
            continue
        blank = row[: len(row) - len(row.lstrip())]
        goes_on = _CONTINUES.match(row) or _CONTINUES_SUM.match(row) or _OPEN_END.search(text)
        if text and goes_on:
            text += "\n" * (line - start - text.count("\n")) + " " + row
        else:
            if text:
                yield text, start
            text, start = row.lstrip(), line + blank.count("\n")
    if text:
        yield text, start


def _split(inner: str) -> Iterator[tuple[str, int]]:
    r"""The parts between ``\\``, and lines that begin an equation of their own."""
    depth = place = line = 0
    marks = sorted(
        [*_INNER.finditer(inner), *_ROW.finditer(inner), *re.finditer(r"\n", inner)],
        key=lambda mark: mark.start(),
    )
    for mark in marks:
        if mark.re is _INNER:
            depth += 1 if mark["which"] == "begin" else -1
            continue
        if depth > 0 or mark.start() < place:
            continue
        if mark[0] == "\n":
            before, after = inner[place : mark.start()], inner[mark.end() : mark.end() + 300]
            fresh = _SUBJECT.match(after.split("\n")[0])
            ends = not before.strip() or _OPEN_END.search(before) or not _RELATED.search(before)
            if ends or not fresh or _CONTINUES.match(after) or _CONTINUES_SUM.match(after):
                continue
        yield inner[place : mark.start()], line
        line += inner.count("\n", place, mark.end())
        place = mark.end()
    yield inner[place:], line


def _goes_on(text: str, following: str) -> bool:
    """Whether a line of text goes on in the one below it."""
    opening = _OPENING.match(following.lstrip())
    if not following.strip() or (opening and opening["kind"] not in _PARTS):
        return False
    text = text.rstrip()
    last = text[text.rfind("\n") + 1 :]
    if _CONTINUES.match(following):
        return _RELATED.search(text) is not None or _EQUALS.match(following) is not None
    if _ANNOUNCED.search(last) and _NUMBERS_ONLY.match(following):
        return True
    return (
        _OPEN_END.search(last) is not None
        and _RELATED.search(last) is not None
        and (
            not last.rstrip(" $*").endswith(":") and not _MARK.match(following)[0].strip()  # type: ignore[index]
        )
        and _RELATED.search(following) is None
    )


def _is_mathematics(text: str) -> bool:
    """Whether a line of text, in which nothing is found, says something in mathematics."""
    is_equation = _EQUATED.search(text) or ("=" in text and _DERIVES.search(text))
    return bool(is_equation or _SAID.search(text))


def _depth(text: str) -> int:
    """How many brackets are left open."""
    return sum(1 if one in "[(" else -1 for one in _BRACKETS.findall(_QUOTED.sub("", text)))


def _open_parts(text: str) -> int:
    """How many matrices and the like are left open."""
    return sum(1 if one["which"] == "begin" else -1 for one in _INNER.finditer(text))


def _end_of_call(lines: Sequence[str], at: int) -> int:
    """The line after a call or display that is left open: its keyword arguments are no claims."""
    depth = 0
    for place, line in enumerate(lines[at : at + _MOST_LINES], at):
        if place == at and not line.rstrip().endswith(("(", "[", "{", ",")):
            break
        bare = _QUOTED.sub("", _COMMENT.sub("", line)).rstrip()
        depth += sum(map(bare.count, "([{")) - sum(map(bare.count, ")]}"))
        if depth <= 0:
            return place + 1
        if not bare or depth > _DEEPEST:
            break
    return at + 1


def plain(text: str) -> str:
    """A piece of a line without what only sets it off: dollars, emphasis, punctuation.

    >>> plain(" **Error for $O_1$**,")
    'Error for O_1'
    """
    text = text.replace("$", " ").replace("**", " ").replace("`", " ").strip(" *\t,;:#")
    return " ".join(text.split())
