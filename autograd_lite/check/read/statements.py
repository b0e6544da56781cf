r"""Statements: what a line of mathematics says, cut at its signs.

A line may say several things, ``z = 0.45, h = 0.61 and y = 0.54``, and each of them in a chain,
``dE/dw = dE/dy·h = 0.25``. A statement is a subject and the members of its chain, as they are
written. What is between two signs belongs to the first (``0.45``), then a separator and a subject
(``h``), or in a chain to both. What is written there decides, never what would be right.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from autograd_lite.check.claims import Member, Statement
from autograd_lite.check.read.naming import is_derivative
from autograd_lite.check.read.numbers import NUMBER

# Signs

_ARROW = r"-{1,2}>|[→⟶↦]|\\(?:to|mapsto|(?:long)?rightarrow)(?![A-Za-z])"
_BACK = r"<-{1,2}|[←⟵]|\\(?:gets|(?:long)?leftarrow)(?![A-Za-z])"
_FOLLOWS = (
    r"\\(?:Rightarrow|Longrightarrow|implies|therefore|because|iff|Leftrightarrow)(?![A-Za-z])"
    r"|[⇒⟹⇔∴]|={1,2}>"
)
_VALUE = rf"\$*\s*(?:{NUMBER}|[-−+]?\\frac|[\[(]\s*[-−+]?[\d.])"
_COLON = (
    r"(?<![:\d]):(?=\s|$|\$|\*|\\\()|(?<=\d):(?=\s|$|\$|\*|[-+−]?\d*\.\d)"
    r"|(?<=[A-Za-z\])}$*`]):(?=[-+−.\d\[\\])"
)
_WORDS = (
    "and|so|then|hence|thus|therefore|where|with|which|since|because|gives|giving|yields|while"
    "|whereas|but|now|also|namely|using|given|respectively|resp|approximately|exactly|i\\.e|e\\.g"
)
_CONDITIONS = "for all|for|when|if|at|after|before|until|unless|during|otherwise|else"
_SIGN = re.compile(
    rf"(?P<edge>\$\$?|\\[()\[\]])"
    rf"|(?P<follows>{_FOLLOWS})"
    rf"|(?P<arrow>{_ARROW})"
    rf"|(?P<back>{_BACK})"
    r"|(?P<about>≈|≃|≅|~=|\\(?:approx|simeq|cong|sim)(?![A-Za-z]))"
    r"|(?P<defined>:=|≔|≜|≡|\\equiv(?![A-Za-z]))"
    r"|(?P<proportional>∝|\\propto(?![A-Za-z]))"
    r"|(?P<added>(?<!\^)[-+*/]=(?!=))"
    r"|(?P<equal>(?<![<>=!])=(?![=>]))"
    rf"|(?P<colon>{_COLON})"
    rf"|(?P<is>\b(?:is|equals|are|was|becomes)\b(?:\s+(?:equal|approximately|about|then|now|roughly)"
    rf"(?:\s+to)?)*(?=\s+{_VALUE}))"
    r"|(?P<quad>\\q?quad(?![A-Za-z])|\\(?:enspace|hfill)(?![A-Za-z]))"
    r"|(?P<space>\\[,;:! ]|~|\u2003|\u2002)"
    r"|(?P<comma>(?<!\d)[,，]|[,，](?!\d))"
    r"|(?P<stop>(?<=[\d)\]}$²³'])\.(?=\s+[^\W\d]|\s+[\\$∂∇])|(?<=\w)\.(?=\s+(?-i:[A-Z][a-z]+)\s))"
    r"|(?P<semicolon>;)"
    r"|(?P<column>&+|(?<=\s)\|{1,2}(?=\s))"
    r"|(?P<said>\\(?:text|textrm|mathrm|textit|rm)\s*\{[^{}]*\})"
    rf"|(?P<condition>(?<![\\\w])(?:{_CONDITIONS})(?![\w/'^_(\[]))"
    rf"|(?P<word>(?<![\\\w])(?:{_WORDS})(?:\.|(?![\w/'^_(\[])))"
    r"|(?P<wide>\t\s*|[ ]{2,})",
    re.IGNORECASE,
)
_RELATIONS = ("equal", "about", "defined", "colon", "is", "arrow", "back", "proportional", "added")
_SEPARATORS = (
    "follows",
    "quad",
    "comma",
    "stop",
    "semicolon",
    "column",
    "word",
    "condition",
    "wide",
    "gap",
)
_SIGNS = {"about": "≈", "arrow": "→", "back": "←", "proportional": "∝", "colon": ":", "is": "is"}
_OPEN, _CLOSE = "([{", ")]}"
_BRACKET = re.compile(
    r"\\begin\s*\{(?P<begin>[a-zA-Z]+\*?)\}|\\end\s*\{(?P<end>[a-zA-Z]+\*?)\}"
    r"|(?<!\\)[(\[{)\]}]|(?<=\\)[{}]|(?<=\\left)[(\[]|(?<=\\right)[)\]]"
)
_SAID = re.compile(r"\\\w+\s*\{([^{}]*)\}")
_ONLY_WORDS = re.compile(
    rf"\s*[,.;]?\s*(?:(?:{_WORDS}|{_CONDITIONS}|we|get|have|find|it|that|this|is|are|the|of|as|or)\b"
    r"\.?,?\s*)+",
    re.IGNORECASE,
)
_CONDITION = re.compile(rf"\b(?:{_CONDITIONS})\b", re.IGNORECASE)
_ARRAY = r"\[[-−+\d.eE,\s\[\]]*\]"
_NUMBER = re.compile(rf"\s*(?:{NUMBER}|{_ARRAY})\s*")
_ROW = re.compile(rf"{NUMBER}(?:[ \t]+{NUMBER})+")
_ROWS = re.compile(rf"{_ROW.pattern}(?:\s*;\s*{_ROW.pattern})*")
_MEASURED = re.compile(rf"\s*(?:[+\-−]?(?:\d+\.\d+|\.\d+)(?:[eE][+\-−]?\d+)?(?![\w.])|{_ARRAY})")
_LETTER = re.compile(
    r"[^\W\d]|\\(?!(?:cdot|times|odot|circ|ast|div|left|right|quad|qquad|ldots|dots|pm|mp)(?![A-Za-z]))[A-Za-z]"
    r"|[∂∇]"
)
_NAMED = re.compile(
    r"\\[dt]?frac\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\\?[^\W\d]\S*|[∂∇]\S+"
)
_SYMBOL = re.compile(r"[^\W\d]\w?|\\?[^\W\d]\S*[\d_/^'′]\S*|[∂∇]\S+")
_STEM = re.compile(r"\\?[A-Za-z]+(?=[\W\d_])")
_WORD = re.compile(r"(?<![\\\w])[A-Za-z]{3,}")
_SPACE = re.compile(r"^(?:\s|\\[,;:! ]|~)+|(?:\s|\\[,;:! ]|~)+$")
_END = re.compile(r"[\s.,;]+$")
_AFTER = re.compile(r"\s*after\b", re.IGNORECASE)
_TUPLE = re.compile(r"[(\[]([^()\[\]]*,[^()\[\]]*)[)\]]")
_EMPHASIS = re.compile(r"(?<![\w)*\]}])(?:\*\*|__)(?=\S)([^*\n]+?)(?<=\S)(?:\*\*|__)(?![\w(*])")
_SAID_AFTER = re.compile(r"[a-z][a-z'-]*[,;.]*")
_ENDS = (*")]}²³'′0123456789",)  # after these no word goes on
_IN_FORMULAS = {"plus", "minus", "times", "over", "divided", "dot"}
# Without one of these, words may be names of quantities: 2 out net.
_OF_SENTENCES = re.compile(
    r"(?<!\w)(?:is|are|was|were|the|of|for|with|where|which|that|as|so|since|because|by|from|here|we"
    r"|to|in|on|and|it|this|these|both|has|have|comes?|above|below|again|also|only|after|before|if"
    r"|when)(?!\w)"
)
_NOTE = re.compile(rf"(?P<value>{NUMBER})\s*[(\[](?P<note>[^()\[\]=]+=[^()\[\]]+)[)\]]")
_OPERATOR = re.compile(r"[-+−*·×/]|\\(?:cdot|times|odot|circ|pm)(?![A-Za-z])")
_MARGIN = ("edge", "column", "wide", "quad")
_DEEPEST = 50
_MOST_WORDS = 50


class _Piece(NamedTuple):
    kind: str  # text, edge, a relation or a separator
    text: str
    math: bool = False
    line: int = 0


def cut(text: str, *, math: bool = False, code: bool = False) -> list[Statement]:
    r"""The statements of a line, in order; of ``math`` without its delimiters, or of ``code``.

    The text may have several lines that belong together, such as rows that go on with ``=``.

    >>> [(s.subject, s.members[-1].text) for s in cut("z2 = 0.6072  yhat = 0.6473")]
    [('z2', '0.6072'), ('yhat', '0.6473')]
    >>> [m.text for m in cut(r"\frac{dE}{dw} = \frac{dE}{dy}\, h = 0.25", math=True)[0].members]
    ['\\frac{dE}{dy}\\, h', '0.25']
    >>> cut("dE/dw = 2 for all w")[0].conditions
    ('for all w',)
    """
    if not code:
        text = _EMPHASIS.sub(r"\1", text)
    pieces = list(_pieces(text, math, code))
    pieces = _arrows_apart(_colons_apart(pieces if code else _ranges_whole(pieces)))
    places = [place for place, piece in enumerate(pieces) if piece.kind in _RELATIONS]
    if not places and [piece.kind for piece in pieces if not _is_blank(piece)][1:2] == ["follows"]:
        places = [place for place, piece in enumerate(pieces) if piece.kind == "follows"]
        pieces[places[0]] = pieces[places[0]]._replace(kind="arrow")  # dE/dw ⇒ 0.36
    if not places:
        return []
    runs: list[_Run] = []
    name: Sequence[_Piece] | None = pieces[: places[0]]
    for here, following in zip(places, [*places[1:], len(pieces)], strict=True):
        if name is not None:
            runs.append(_Run(list(name), [], []))
        value, name = _between(pieces[here + 1 : following], following < len(pieces))
        line = value[0].line if value else pieces[here].line
        if runs[-1].members and not runs[-1].members[-1].text:  # a colon, and = in the line below
            runs[-1].members.pop()
        is_math = any(piece.math for piece in value)
        runs[-1].members.append(Member(_sign(pieces[here]), _bare(value), line, is_math))
        runs[-1].rest[:] = name or []
    if not runs[-1].members[-1].text:  # a heading; or it goes on elsewhere
        runs[-1].members.pop()
        if not runs[-1].members:
            runs.pop()
    whole = [one for run in _statements(runs) for one in _paired(run)]
    return _shared([_labelled(_turned(_noted(one))) for one in whole])


def chain(text: str) -> list[str]:
    """The members of a chain that was given to a name: ``a*b = 0.25``.

    >>> chain("a*b = 0.25"), chain("max(a, b)"), chain("2 for w")
    (['a*b', '0.25'], ['max(a, b)'], ['2 for w'])
    """
    members = [""]
    for piece in _pieces(text, "\\" in text, code=False):
        if piece.kind in ("equal", "about", "defined"):
            members.append("")
        else:
            members[-1] += piece.text
    return [member.strip() for member in members]


class _Run(NamedTuple):
    """A statement in pieces: what is before its first sign, its members, what is after them."""

    subject: list[_Piece]
    members: list[Member]
    rest: list[_Piece]


_COUNT = re.compile(r"\s*(?:\d+(?![.\w])|\\[lc]?dots(?![A-Za-z])|…|\.{2,3})\s*")


def _ranges_whole(pieces: Sequence[_Piece]) -> list[_Piece]:
    """The numbers of an index, ``for k = 1, 2: …``, as one text, which ends before what is said."""
    found: list[_Piece] = []
    state = ""
    for place, piece in enumerate(pieces):
        told = next((one.text for one in pieces[place + 1 :] if not _is_blank(one)), "")
        more = piece.kind in ("comma", "word") and _COUNT.match(told) is not None
        if piece.kind == "condition":
            state = "named"
        elif state == "named" and piece.kind == "equal":
            state = "counted"
        elif state == "counted" and (more or _COUNT.fullmatch(piece.text)):
            piece = piece._replace(kind="text", text="," if more else piece.text)  # noqa: PLW2901
        elif state == "counted" and piece.kind == "colon":
            piece, state = piece._replace(kind="semicolon"), ""  # noqa: PLW2901
        elif state == "counted" and (head := _COUNT.match(piece.text)):
            found += piece._replace(text=head[0]), piece._replace(kind="semicolon", text=";")
            piece, state = piece._replace(text=piece.text[head.end() :]), ""  # noqa: PLW2901
        elif piece.kind != "edge" and not _is_blank(piece) and state == "counted":
            state = ""
        found.append(piece)
    return found


def _colons_apart(pieces: list[_Piece]) -> list[_Piece]:
    """A colon after a relation ends what is said: ``For w = 3: dE/dw = 2``."""
    related = False
    found: list[_Piece] = []
    for piece in pieces:
        if piece.kind == "colon" and related and _by_gap(found[-1:])[1] is None:
            found.append(piece._replace(kind="semicolon"))
        else:
            found.append(piece)
        kind = found[-1].kind
        related = kind in _RELATIONS or (related and kind not in _SEPARATORS)
    return found


def _arrows_apart(pieces: list[_Piece]) -> list[_Piece]:
    """An arrow that leads from what is said to a name of which more is said: ``z = 1 → a = 2``."""
    found = list(pieces)
    related = [at for at, piece in enumerate(pieces) if piece.kind in _RELATIONS]
    for before, here, following in zip(related, related[1:], related[2:], strict=False):
        name = _bare(pieces[here + 1 : following])
        said = pieces[before].kind in ("equal", "about", "colon", "is")
        more = pieces[following].kind in ("equal", "about", "colon", "is")
        if pieces[here].kind == "arrow" and said and more and _NAMED.fullmatch(name):
            found[here] = pieces[here]._replace(kind="follows")
    return found


def _statements(runs: Sequence[_Run]) -> list[Statement]:
    """The statements; one that only says where others hold is a condition of those beside it."""
    found: list[Statement] = []
    ahead: tuple[Statement | str, ...] = ()
    for place, (subject, members, rest) in enumerate(runs):
        is_last = place + 1 == len(runs)
        behind, after = _condition(rest, is_last)
        if not is_last:
            runs[place + 1].subject[:] = after
        is_label = members[0].sign == ":"
        label, name = _label(subject if is_label else _after_separators(subject))
        one = Statement(
            subject=_without_edges(_written(name)),
            members=tuple(members),
            labels=(label,) if label else (),
            conditions=behind,
            rest=_written(after).strip(" ,;.&|$") if is_last else "",
            line=next((piece.line for piece in subject if not _is_blank(piece)), members[0].line),
        )
        if _opens_condition(subject) and members[0].sign != ":":
            ahead = (*ahead, one)
            if found:
                found[-1] = replace(found[-1], conditions=(*found[-1].conditions, one))
        else:
            found.append(replace(one, conditions=(*ahead, *behind)))
    if not found and runs and _AFTER.match(_written(runs[0].subject)):  # after a step, w = 0.86
        subject, members, _ = runs[0]
        whole = _written(subject)
        told, _, symbol = whole.rpartition(" ")
        is_said = is_derivative(symbol)  # after 9 epochs dE/dw = 0.1; but after a step w = 0.9
        found = [
            Statement(
                symbol if is_said else whole,
                tuple(members),
                conditions=(told,) if is_said else (),
                line=members[0].line,
            )
        ]
    return found


def _without_edges(name: str) -> str:
    """A name without the edges of its column; ``|x|`` is an absolute value."""
    name = name.strip(" ,;&")
    return name.strip(" ,;&|") if name.count("|") % 2 else name


def _label(subject: Sequence[_Piece]) -> tuple[str, Sequence[_Piece]]:
    """Words that a wide gap sets apart from the symbol that they are said of, and that symbol."""
    gaps = [at for at, piece in enumerate(subject) if at and piece.kind == "wide"]
    if not gaps or not _SYMBOL.fullmatch(_bare(subject[gaps[-1] + 1 :])):
        return "", subject
    label = _written(subject[: gaps[-1]]).strip(" ,;&|")
    return (label, subject[gaps[-1] + 1 :]) if _WORD.search(label) else ("", subject)


def _condition(rest: Sequence[_Piece], is_last: bool) -> tuple[tuple[str, ...], list[_Piece]]:
    """The condition in words with which the rest of a statement begins, and what is after it."""
    if not _opens_condition(rest):
        return (), list(rest)
    rest = rest[next(at for at, piece in enumerate(rest) if piece.kind == "condition") :]
    ends = (at for at, piece in enumerate(rest) if at and piece.kind in _SEPARATORS)
    end = next(ends, len(rest) if is_last else 0)
    return ((_written(rest[:end]),) if end else ()), list(rest[end:])


def _opens_condition(pieces: Sequence[_Piece]) -> bool:
    told = (one for one in pieces if one.kind not in (*_MARGIN, "comma") and not _is_blank(one))
    return next((one.kind for one in told), "") == "condition"


def _paired(one: Statement) -> list[Statement]:
    """``a, b = 1, 2`` as two statements; any other as it is."""
    names, values = one.subject.split(","), [one.members[-1].text, *one.rest.split(",")]
    inner = _TUPLE.fullmatch(one.subject.strip("$ ")), _TUPLE.fullmatch(one.members[-1].text)
    if inner[0] and inner[1]:
        names, values = (found[1].split(",") for found in inner if found)
    elif not one.rest:
        return [one]
    if _ROW.fullmatch(values[0]) and _ROWS.fullmatch(one.rest):  # 1 2; 3 4
        rows = (", ".join(row.split()) for row in f"{values[0]};{one.rest}".split(";"))
        last = one.members[-1]._replace(text=f"[[{'], ['.join(rows)}]]")
        return [replace(one, members=(*one.members[:-1], last), rest="")]
    if len(one.members) > 1 or len(names) != len(values):
        return [one]
    if not all(map(_NAMED.fullmatch, (name.strip(" $") for name in names))):
        return [one]
    return [
        replace(
            one,
            subject=name.strip(),
            members=(one.members[0]._replace(text=value.strip()),),
            rest="",
        )
        for name, value in zip(names, values, strict=True)
    ]


def _turned(one: Statement) -> Statement:
    """``0.9 = dE/dw`` as what it says of dE/dw; any other as it is."""
    number, last = one.subject.strip("$ "), one.members[-1]
    if (
        not _NUMBER.fullmatch(number)
        or not _NAMED.fullmatch(last.text)
        or any(member.sign not in ("=", "≈") for member in one.members)
    ):
        return one
    said = Member(last.sign, number, one.line, math="$" in one.subject)
    subject = f"${last.text}$" if last.math else last.text
    return replace(one, subject=subject, members=(said, *one.members[:-1]))


def _labelled(one: Statement) -> Statement:
    """``For w: dE/dw = 2`` as what is said of dE/dw, under a label."""
    first, *others = one.members
    if first.sign == ":" and others and _NAMED.fullmatch(first.text):
        return replace(
            one, subject=f"${first.text}$", members=tuple(others), labels=(*one.labels, one.subject)
        )
    return one


def _noted(one: Statement) -> Statement:
    """``w = 0.79 (η = 0.1)`` as what is said of w under a condition, which is no factor."""
    *before, last = one.members
    note = _NOTE.fullmatch(last.text)
    if note is None:
        return one
    members = (*before, last._replace(text=note["value"]))
    return replace(one, members=members, conditions=(*one.conditions, *cut(note["note"])))


def _shared(statements: list[Statement]) -> list[Statement]:
    """``Gradients: w_1 = 2, w_2 = 3``: what a label says of a symbol, it says of those like it."""
    stem = ""
    labels: tuple[str, ...] = ()
    found = []
    for one in statements:
        letters = _STEM.match(one.subject.strip("$ "))
        if one.labels:
            stem, labels = letters[0] if letters else "", one.labels
        elif stem and letters and letters[0] == stem:
            one = replace(one, labels=labels)  # noqa: PLW2901 - the same one, with its label
        found.append(one)
    return found


def _sign(piece: _Piece) -> str:
    if piece.text.strip().lower().startswith("become"):
        return "→"
    return _SIGNS.get(piece.kind, piece.text.strip())


def _pieces(text: str, math: bool, code: bool) -> Iterator[_Piece]:
    """The text as parts and the signs between them; what is in brackets is a part of a text."""
    partners = _partners(text)
    inside, line = math, 0
    place = start = 0
    while place < len(text):
        if place in partners:
            place = partners[place]
            continue
        sign = _SIGN.match(text, place)
        kind = sign.lastgroup if sign else None
        if sign is None or kind is None or not _counts(kind, inside, code):
            place += 2 if text[place] == "\\" else 1
            continue
        if kind == "said":
            said = _SAID.match(sign[0])
            if said is None or not _ONLY_WORDS.fullmatch(said[1]):
                place = sign.end()
                continue
            kind = "condition" if _CONDITION.search(said[1]) else "word"
        if place > start:
            yield _text(text[start:place], inside, line)
            line += text.count("\n", start, place)
        if kind == "edge":
            inside = not inside if sign[0][0] == "$" else sign[0] in ("\\(", "\\[")
        yield _Piece(kind, sign[0], line=line)
        line += sign[0].count("\n")
        place = start = sign.end()
    if len(text) > start:
        yield _text(text[start:], inside, line)


def _text(part: str, inside: bool, line: int) -> _Piece:
    """A part, and the line in which it begins after its blanks."""
    blank = part[: len(part) - len(part.lstrip())]
    return _Piece("text", part, inside, line + blank.count("\n"))


def _counts(kind: str, inside: bool, code: bool) -> bool:
    """Whether a sign is one here: words are none in mathematics, nor is a wide gap."""
    if kind in ("word", "condition", "wide", "is", "added"):
        return not inside and not (code and kind != "wide")
    return kind != "space"


def _partners(text: str) -> dict[int, int]:
    r"""Where each bracket or environment ends that is closed; ``\(`` and ``\[`` are edges."""
    found: dict[int, int] = {}
    waiting: list[tuple[str, int]] = []
    for bracket in _BRACKET.finditer(text):
        if bracket["begin"] or bracket[0] in _OPEN:
            waiting.append((bracket["begin"] or bracket[0], bracket.start()))
            continue
        wanted = bracket["end"] or _OPEN[_CLOSE.index(bracket[0])]
        if any(opening == wanted for opening, _ in waiting[-_DEEPEST:]):
            while waiting[-1][0] != wanted:
                waiting.pop()
            found[waiting.pop()[1]] = bracket.end()
    return found


# What is between two relations


def _between(
    between: Sequence[_Piece], chained: bool
) -> tuple[Sequence[_Piece], Sequence[_Piece] | None]:
    """What belongs to the relation before, and what comes after it: the subject of the next one.

    That is None in a chain, where all of it is the member between the two.
    """
    inner = _trimmed(between)
    place = next((at for at in range(len(inner)) if _separates(inner, at)), None)
    if place is None:
        return _by_gap(inner) if chained else _by_words(inner)
    value, name = inner[:place], inner[place:]
    if chained and not _LETTER.search(further := _bare(_after_separators(name))):
        return (inner, None) if further else (value, None)  # 1, 2 = 3; and 2y, which is 12
    return value, name


def _by_gap(inner: Sequence[_Piece]) -> tuple[Sequence[_Piece], Sequence[_Piece] | None]:
    """The same where there is no separator: a number, a blank, and a subject.

    In mathematics a blank is none: ``0.5 x = 0.3`` is a product.
    """
    text = inner[0].text if len(inner) == 1 and not inner[0].math else ""
    number = _MEASURED.match(text)
    rest = text[number.end() :] if number else ""
    if number is None or not rest[:1].isspace() or not _LETTER.match(rest.lstrip()):
        return inner, None
    return [inner[0]._replace(text=number[0])], [inner[0]._replace(text=rest)]


def _by_words(inner: Sequence[_Piece]) -> tuple[Sequence[_Piece], Sequence[_Piece] | None]:
    """The same at the end of a line, where a formula is followed by words about it."""
    last = inner[-1] if inner and not inner[-1].math else _Piece("text", "")
    words: list[str] = []
    formula = last.text.rstrip()
    while (
        len(words) < _MOST_WORDS
        and (word := formula.rpartition(" ")[2])
        and _SAID_AFTER.fullmatch(word)
    ):
        words.append(word)
        formula = formula.removesuffix(word).rstrip()
    told = last.text[len(formula) :]
    if not _OF_SENTENCES.search(told) or formula[-1:] not in _ENDS or words[-1] in _IN_FORMULAS:
        return inner, None
    return [*inner[:-1], last._replace(text=formula)], [last._replace(text=told)]


def _separates(inner: Sequence[_Piece], at: int) -> bool:
    """Whether a piece ends what is said before it; blanks do only after a number."""
    kind = inner[at].kind
    if kind == "edge":
        return at > 0
    if kind in ("column", "quad"):
        following = _bare(inner[at + 1 : at + 2])
        return _OPERATOR.match(following) is None
    if kind == "wide":
        return _NUMBER.fullmatch(_bare(inner[:at])) is not None
    return kind in _SEPARATORS


def _after_separators(pieces: Sequence[_Piece]) -> Sequence[_Piece]:
    """What is left without the separators and words that lead to it."""
    start = 0
    while start < len(pieces) and (pieces[start].kind != "text" or _is_blank(pieces[start])):
        start += 1
    return pieces[start:]


def _trimmed(pieces: Sequence[_Piece]) -> Sequence[_Piece]:
    """Without what only sets a member off from the signs beside it."""
    margin = [piece.kind in _MARGIN or _is_blank(piece) for piece in pieces]
    if all(margin):
        return []
    return pieces[margin.index(False) : len(margin) - margin[::-1].index(False)]


def _is_blank(piece: _Piece) -> bool:
    return not piece.text.strip(" \t*`") or _SPACE.fullmatch(piece.text) is not None


def _bare(pieces: Sequence[_Piece]) -> str:
    """Pieces as one text, without dollars, emphasis, and a full stop at the end."""
    text = "".join(piece.text for piece in pieces if piece.kind not in ("edge", "column"))
    return _END.sub("", _SPACE.sub("", text.strip(" \t`"))).strip()


def _written(pieces: Sequence[_Piece]) -> str:
    """Pieces as one text, with mathematics between dollars."""
    parts = []
    for piece in pieces:
        if piece.kind == "text" and piece.math and not _is_blank(piece):
            parts.append(f"${_bare([piece])}$")
        elif piece.kind not in ("edge", "column"):
            parts.append(piece.text)
    return " ".join("".join(parts).replace("$$", "$ $").split()).strip(" `")
