r"""From statements to claims: what each of them says of which quantity.

``A = B = c`` says A = B, A = c and B = c. A statement whose subject means nothing in the graph is a
definition of the author's own. What cannot be judged is listed with its line and the reason.
"""

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from autograd_lite.check.claims import Claim, Member, Statement, texts_of
from autograd_lite.check.read.formulas import parse
from autograd_lite.check.read.indices import each_index, each_layer
from autograd_lite.check.read.naming import (
    is_derivative,
    is_single_name,
    names_of,
)
from autograd_lite.check.read.numbers import NUMBER, read_array, rows_apart
from autograd_lite.check.read.statements import chain
from autograd_lite.check.spelling import is_rate, key, steps, updated, without_arguments, words
from autograd_lite.errors import ClaimError

_NUMBER = re.compile(
    rf"(?:(?:np\.)?(?:float(?:16|32|64)?|array)\(\s*|tensor\(\s*)?({NUMBER})(?:\s*[,)].*)?"
)
_POWER = re.compile(
    rf"({NUMBER})\s*(?:\\times|\\cdot|[×·*])\s*10\s*(?:\^|\*\*)\s*\{{?\(?\s*([+\-−]?\d+)\s*\)?\}}?"
)
# (4 d.p.), (see above), [by the chain rule]: words after a number, and no factor.
_WORDS_ONLY = r"(?:[^()\[\]=+*/^_\\−-]|(?<=[A-Za-z])-(?=[A-Za-z]))*"
_REMARK = re.compile(
    rf"""
    (?P<value> .*[\d\])}}] ) \s*
    (?: \s [(\[] (?! \s* (?:sin|cos|tan|tanh|exp|log|ln|sqrt|max|min|abs) \b )
        (?: (?= [^()]* (?: [A-Za-z]{{3}} | [A-Za-z]\. ) ) (?= [^()]* \s ) {_WORDS_ONLY}
          | approx\.? | (?i:approximately|rounded|exact|given|above|correct|ok|checked|verified) )
        [)\]]
      | \\checkmark | [✓✔…] | \.{{3}} | \\l?dots )
    """,
    re.DOTALL | re.VERBOSE,
)
_DASHES = str.maketrans("–‒﹣－", "−−−−")
_APART = re.compile(r"^([+\-−])\s+(?=[\d.])")
_VECTOR = re.compile(
    rf"(?:\\left\s*)?\(\s*({NUMBER}(?:\s*[,;]\s*{NUMBER})+)\s*(?:\\right\s*)?\)"
    r"\s*(?:\^\s*\{?\s*(?:T|\\top|\\intercal|⊤|\\mathsf\s*\{T\})\s*\}?|ᵀ)?[\s.]*"
)
_NEGATED = re.compile(r"\b(?:not|never|no longer)\s+[^,:;]*$", re.IGNORECASE)
_TERM = re.compile(r"[^\W\d]\w*")
_SPOKEN = re.compile(r"[A-Za-z]{3,}\s+[A-Za-z]{2,}|['\"?!]|^(?:self|return|if|assert)\b")
_IN_BRACKETS = re.compile(rf"({NUMBER})\s+\(([A-Za-z]{{2,}}(?:\s+[A-Za-z]+)*)\)")
_UNITS = (
    "s|ms|sec|seconds?|min|h|m|mm|cm|km|kg|g|mg|N|V|mV|kV|A|mA|W|kW|Hz|kHz|rad|deg|°|K|°C|Pa|J|kJ|eV"
    "|m/s|km/h|px|bits?|nats|€|EUR|USD|mol|L|ml|Ω"
)
_UNIT = re.compile(
    rf"(?P<value>{NUMBER})(?:\s|~|\\[,;: ])*(?:(?<=[\s~,;:])(?P<unit>{_UNITS})"
    rf"|\\(?:mathrm|text|textrm|mbox)\s*\{{\s*(?P<set>{_UNITS})\s*\}})"
)
_COMPARED = re.compile(
    rf"({NUMBER})\s*(?:[<>≤≥≠]=?|!=|\\(?:[lg]eq?|neq?|[lg]t)(?![A-Za-z]))\s*{NUMBER}"
)
_LEAD = re.compile(r"^(?:for|with|when|if|at)\s+", re.IGNORECASE)
_UPDATE = re.compile(r"\bupdat", re.IGNORECASE)
_PRINTED = re.compile(r"[-−+]?\d+(?:\.\d+)?")
_AFTER_ARRAY = re.compile(r"[\s.,;]*(?:#[^\n]*)?")
_ARRAY = re.compile(r"\[|(?:(?:np|numpy|torch|jnp)\.)?(?:array|tensor)\(")
_WORDS = re.compile(r"(?<![\\\w])[A-Za-z]{2,}\s+[A-Za-z]{2,}(?![\w]*/)")
_CODE = re.compile(
    r"[A-Za-z_]{2}\.[A-Za-z_]|[A-Za-z_]\.[A-Za-z_]{2}|['\"]\w|\w['\"]\]|[<>?@%;:!]{2}|\?|\([^()=]*=|\b(?:not|lambda|for|if)\b"
)
_OPERATOR = re.compile(
    r"[\w)]['′]\s*\w|(?<![A-Za-z])[A-Za-z]\d?\.[A-Za-z]\d?(?![A-Za-z])|[+*·×⋅⊙∘⊗/^²³]|\s@\s|\\(?:cdot|times|frac|sum|sigma)|(?<=[\w)}\]])\s*[-−]\s*(?=\S)|^\s*[-−]|[\w)}]['′]*\s*\(|\d\s*[A-Za-z]"
)
# A product without a sign: w x, wx or w_1 h_1 x.
_PRODUCT = re.compile(
    r"[^\W\d][^\W\d]{0,2}(?:\d|_\w+|_\{[^{}]*\})?['′]?(?:\s+[^\W\d](?:\d|_\w+|_\{[^{}]*\})?['′]?)*"
)
_COUNTED = re.compile(r"\d+\s+[a-z]{3,}.*")  # 2 inputs
_LAYER = re.compile(r"(?<![A-Za-z])([A-Za-z])\[(\d)\]")
_PERCENT = re.compile(r"([+\-−]?\d+(?:\.\d+)?)\s*\\?%")
_LETTERS = re.compile(r"\^\s*\w\w|[A-Za-z]{2}|[A-Za-z0-9]\s+[A-Za-z]")
_DIFFERENCE = re.compile(r"\(?\s*[-−]?[\d.]+\s*[-−+]\s*\(?\s*[-−]?[\d.].*")
_MOST_MEMBERS = 50
"""So many members of a chain are read; each may be a subject of all that come after it."""
_ADDING = ("+=", "-=", "*=", "/=")
_ARITHMETIC = re.compile(
    r"(?:[\d.\s+\-−*·×/()^{}$]|\\(?:cdot|times|left|right|[dt]?frac)(?![A-Za-z]))+"
)


def given_of(text: str) -> Any:
    r"""What a member is: a printed number, the digits of an array, or the text of a formula.

    >>> given_of("0.25"), given_of(r"1.5 \times 10^{-3}"), given_of("[1. 2.5]"), given_of("2*w")
    ('0.25', '1.5e-3', ['1.0', '2.5'], '2*w')
    """
    text = _APART.sub(r"\1", text.strip().translate(_DASHES))
    if remark := _REMARK.fullmatch(text):
        text = remark["value"]
    if power := _POWER.fullmatch(text):
        return f"{power[1]}e{power[2].replace('−', '-')}"
    if number := _COMPARED.fullmatch(text) or _NUMBER.fullmatch(text):
        return number[1]
    if hundredths := _PERCENT.fullmatch(text):
        return f"{hundredths[1]}e-2"
    if vector := _VECTOR.fullmatch(text):
        return re.findall(NUMBER, vector[1])
    text = rows_apart(text)
    array = read_array(text, 0)
    if array is not None and not array.cut and _AFTER_ARRAY.fullmatch(text, array.end):
        return _nested([(one.at, one.digits) for one in array.elements])
    return text if text[:1] == "[" else " ".join(text.split())


def _without_aside(given: Any, is_known: Callable[[str], Any], own: Collection[str]) -> Any:
    """A number without a word in brackets that means nothing in the graph, ``0.25 (MSE)``, or unit.

    A unit is none where its letter is the name of something.
    """
    measured = _UNIT.fullmatch(given) if isinstance(given, str) else None
    unit = (measured["unit"] or measured["set"]) if measured else ""
    is_letter = len(unit) == 1 and measured is not None and "." not in measured["value"]
    if measured and not (is_letter or is_known(unit) or key(unit) in own):
        return measured["value"]
    aside = _IN_BRACKETS.fullmatch(given) if isinstance(given, str) else None
    return aside[1] if aside and not any(map(is_known, aside[2].split())) else given


def _set_off(given: Any) -> Any:
    """A formula between dollars, where its letters could be taken for words."""
    is_plain = isinstance(given, str) and not _NUMBER.fullmatch(given) and "\\" not in given
    return f"${given}$" if is_plain and _LETTERS.search(given) else given


def _nested(elements: list[tuple[tuple[int, ...], str]]) -> Any:
    """Elements by their indices as a nested list."""
    if not elements[0][0]:
        return elements[0][1]
    rows: dict[int, list[tuple[tuple[int, ...], str]]] = {}
    for at, digits in elements:
        rows.setdefault(at[0], []).append((at[1:], digits))
    return [_nested(row) for row in rows.values()]


class NamesOfGraph(Protocol):
    """What is known of the names of a graph."""

    def readings(self, spelling: str) -> Sequence[Any]:
        """What a spelling can mean; empty for nothing."""

    def is_weight(self, spelling: str) -> bool:
        """Whether a spelling names what gradient descent changes."""

    def count_as(self, texts: Iterable[str]) -> None:
        """Count elements as the author of these texts does."""


def interpreted(given: Iterable[Claim | Statement], vocabulary: NamesOfGraph) -> list[Claim]:
    """The claims that statements make, in their order, each about one quantity.

    >>> import autograd_lite as ag
    >>> from autograd_lite.chain.graph import named_graph
    >>> from autograd_lite.check.names import Vocabulary
    >>> from autograd_lite.check.read.statements import cut
    >>> w, v = ag.Value(3.0, "w"), ag.Value(3.0, "v")
    >>> vocabulary = Vocabulary(named_graph((w * v).named("E")))
    >>> [(claim.name, claim.given) for claim in interpreted(cut("dE/dw = dE/dv = 3"), vocabulary)]
    [('dE/dw', 'dE/dv'), ('dE/dw', '3'), ('dE/dv', '3')]
    """
    found: list[Claim] = []
    given = _in_one_notation(list(given))
    own = {key(one.subject) for one in given if isinstance(one, Statement)}
    vocabulary.count_as(itertools.chain.from_iterable(map(texts_of, given)))
    for one in given:
        if isinstance(one, Statement):
            one = replace(one, subject=_called_by_words(one.subject))  # noqa: PLW2901
            aside, one = _rates_apart(one)  # noqa: PLW2901 - the same one, without them
            for layer in each_layer(one, vocabulary.readings):
                for filled in each_index(layer, vocabulary.readings):
                    claims = list(_claims(filled, vocabulary, own))
                    own |= {key(claim.name) for claim in claims}
                    found += claims
            for filled in aside:
                found += _claims(filled, vocabulary, own)
        else:
            found += _sides(one)
    return found


_PROPERTY = re.compile(
    r"(?:the\s+)?(?P<of>(?i:shape|norm))\s+of\s+"
    r"(?P<what>\S+|\$[^$]*\$)|(?P<shaped>[^\s=]+)\.shape"
)


def _called_by_words(subject: str) -> str:
    """``the norm of dW`` and ``dW.shape`` as what they are computed by: ``norm(dW)``."""
    found = _PROPERTY.fullmatch(subject.strip())
    if found is None:
        return subject
    if found["shaped"]:
        return f"shape({found['shaped']})"
    return f"{found['of'].lower()}({found['what'].strip('$')})"


# MATLAB's and Julia's: W' * (a .* b).^2, where * is the product of matrices.
_DOTTED = re.compile(r"(?<![\d\\])\.[*/](?!\*)|\.\^")
_TIMES = re.compile(r"(?<![*.])\*(?!\*)")
_PRIMED = re.compile(r"(?<=[\w)\]])'(?!\()")


def _in_one_notation(given: list[Claim | Statement]) -> list[Claim | Statement]:
    """The statements of a document that has operators with dots, X' * Z as Xᵀ·Z."""

    def rewritten(member: Member) -> Member:
        return member._replace(text=_PRIMED.sub("ᵀ", _TIMES.sub("·", member.text)))

    statements = [one for one in given if isinstance(one, Statement)]
    if not any(_DOTTED.search(m.text) for one in statements for m in one.members):
        return given
    return [
        replace(one, members=tuple(map(rewritten, one.members)))
        if isinstance(one, Statement)
        else one
        for one in given
    ]


def _rates_apart(one: Statement) -> tuple[list[Statement], Statement]:
    """The learning rates among the conditions of a step, and the statement without them."""
    subject = words(one.subject)
    if not one.conditions or not (any(updated(subject)) or any(steps(subject))):
        return [], one
    rates = [
        condition
        for condition in one.conditions
        if isinstance(condition, Statement) and is_rate(_LEAD.sub("", condition.subject))
    ]
    rest = tuple(condition for condition in one.conditions if condition not in rates)
    aside = [
        replace(rate, subject=_LEAD.sub("", rate.subject), line=one.line, where=one.where)
        for rate in rates
    ]
    return aside, replace(one, conditions=rest)


def _sides(claim: Claim) -> Iterator[Claim]:
    """A chain ``a = f = g`` that was given to a name, as one claim for each side."""
    members = chain(claim.given) if isinstance(claim.given, str) else ()
    if len(members) < 2:
        yield claim
    before = None
    for member in members if len(members) > 1 else ():
        given = given_of(member)
        yield replace(claim, given=given, sign="=", after=before)
        before = given


_TURNED = re.compile(
    r"\s*(?:\\left\s*)?(?P<open>\()?(?P<name>.+?)\s*(?:\\right\s*)?(?P<close>\))?\s*"
    r"(?:\^\s*\{?\s*(?:T|\\top|\\intercal|⊤|\\mathsf\s*\{T\})\s*\}?|ᵀ|\.T)\s*"
)


def _turned_back(one: Statement, is_known: Callable[[str], Any]) -> Statement:
    """``dW^T = dZ^T X`` as what it says of dW; any other statement as it is."""
    subject = one.subject.strip("$ ")
    found = None if is_known(subject) else _TURNED.fullmatch(subject)
    if found is None or bool(found["open"]) != bool(found["close"]) or not is_known(found["name"]):
        return one
    members = tuple(
        member._replace(text=_transposed(member.text), math=False) for member in one.members
    )
    return replace(one, subject=f"${found['name']}$", members=members)


def _transposed(text: str) -> str:
    """A member of a chain as the transposed of it."""
    given = given_of(text)
    if isinstance(given, list) and all(isinstance(row, list) for row in given):
        columns = zip(*given, strict=False)
        return f"[{', '.join(f'[{inner}]' for inner in map(', '.join, columns))}]"
    return text if isinstance(given, list) or _NUMBER.fullmatch(given) else f"({text})ᵀ"


def _claims(one: Statement, vocabulary: NamesOfGraph, own: Collection[str] = ()) -> Iterator[Claim]:
    if not one.members:
        if not one.about or vocabulary.readings(one.about):
            yield _unread(one, one.why)
        return
    one = _turned_back(one, vocabulary.readings)
    sign, formula = one.members[0].sign, " ".join(member.text for member in one.members)
    names = names_of(one.subject, one.labels, formula if sign != "←" else "")
    alias = _alias(one.members[0].text, (one.subject, *one.labels)) if one.members[1:] else ()
    if sign in _ADDING and names:
        yield _unread(one, f"{sign} says how much is added, not what comes of it")
    elif _NEGATED.search(one.subject):
        yield _unread(one, "it says what is not so")
    elif _is_arithmetic(one.subject):
        yield from _steps(one)
    elif not names and not alias:
        yield from _without_name(one, vocabulary, own)
    elif _is_mathematics(one, (names or alias)[0], vocabulary.readings):
        yield from _of_names(one, names, alias, vocabulary, own)
    elif is_derivative((names or alias)[0]) and is_single_name((names or alias)[0]):
        yield _unread(one, "what it is said to be is neither a number nor a formula")


def _is_arithmetic(subject: str) -> bool:
    """Whether a subject is made of numbers alone: 0.5·0.3 or σ(0.4)."""
    if _ARITHMETIC.fullmatch(subject):
        return re.search(r"\d\D+\d", subject) is not None
    if "(" not in subject or not re.search(r"\d", subject):
        return False
    try:
        return not parse(subject, lambda _: False).references
    except ClaimError:
        return False


def _computes(subject: str, is_known: Callable[[str], Any], own: Collection[str]) -> bool:
    """Whether a subject is no name, and a formula of names that are known, or its author's own."""

    def known(name: str) -> bool:
        return bool(is_known(name)) or key(name) in own

    try:
        names = parse(subject, known).references
    except ClaimError:
        return False
    return bool(names) and all(known(name.spelling) for name in names)


def _without_name(
    one: Statement, vocabulary: NamesOfGraph, own: Collection[str]
) -> Iterator[Claim]:
    """What is left of a statement that is about nothing: arithmetic, or why it is not read."""
    subject, is_known = one.subject, vocabulary.readings
    is_equal = one.members[0].sign in ("=", "≈")
    if is_equal and subject and _computes(subject, is_known, own):
        yield from _of_names(one, (subject,), (), vocabulary, own)
    elif is_equal and not subject:
        yield _unread(one, "nothing stands before its sign")
    elif (
        is_derivative(subject)
        or "$" in subject
        or (is_equal and not _SPOKEN.search(subject) and any(map(is_known, _TERM.findall(subject))))
    ):
        yield _unread(one, "what it is said of is no name")


def _of_names(
    one: Statement,
    names: tuple[str, ...],
    alias: tuple[str, ...],
    vocabulary: NamesOfGraph,
    own: Collection[str],
) -> Iterator[Claim]:
    """A claim for each member of a chain, about its subject and what is a quantity in it."""
    is_known, members = vocabulary.readings, one.members
    computed = any(map(is_derivative, names))
    if alias and not (names and (_is_symbol(names[0]) or any(map(is_known, names)))):
        names = tuple(dict.fromkeys((*alias, *names)))  # a phrase, and the symbol for the same
        members = members[1:]
    if not any(map(is_known, names)):  # Z[1] is the Z of layer 1; in code it would be the second
        names += tuple(_LAYER.sub(r"\1_\2", name) for name in names if _LAYER.search(name))
    sign = one.members[0].sign
    is_update = sign == "→" and any(map(_UPDATE.search, one.labels))
    if sign == "←" or is_update or _is_step(names, members, vocabulary):
        names = _after_step(names)
    subjects = [names]
    before = None
    for place, member in enumerate(members[:_MOST_MEMBERS]):
        given = _without_aside(given_of(member.text), is_known, own)
        given = _set_off(given) if member.math else given
        is_weight = place and any(map(vocabulary.is_weight, names))
        if member.sign == "→" and (is_weight or _is_other(before, given)):  # w: 0.62 → 0.58
            subjects, before = [_after_step(names)], None
        for rank, subject in enumerate(subjects):
            for end, part, line in _parts(given):
                yield Claim(
                    name=subject[0] + end,
                    given=part,
                    line=(member.line or one.line) + line,
                    where=one.where,
                    others=tuple(other + end for other in subject[1:]),
                    sign=member.sign,
                    conditions=one.conditions,
                    after=before,
                    derived=computed or rank > 0,
                    each=one.each and f"{one.each} {place}",
                )
        computed = computed or _is_computed(given, is_known)
        alias = _alias(given) if place + 1 < len(members) else ()
        if alias not in subjects and any(map(is_known, alias)):
            subjects.append(alias)
        before = given
    if rest := members[_MOST_MEMBERS:]:
        yield _unread(
            replace(one, subject="… ", members=rest, line=rest[0].line or one.line),
            f"a chain has at most {_MOST_MEMBERS} members; write the rest as a line of its own",
        )


def _is_computed(given: Any, is_known: Callable[[str], Any]) -> bool:
    """Whether a member says how its subject comes from others: w − 0.1·dE/dw, and not 3/4."""
    if not isinstance(given, str) or is_single_name(given.strip("$")):
        return isinstance(given, str) and is_derivative(given)
    return is_derivative(given) or any(map(is_known, _TERM.findall(given)))


def _after_step(names: Sequence[str]) -> tuple[str, ...]:
    """The names of what a step of gradient descent makes of a weight."""
    return tuple(name if "updated" in name else f"updated {name}" for name in names)


def _is_other(before: Any, given: Any) -> bool:
    """Whether both are printed numbers, of which the second does not round the first."""
    if not all(isinstance(one, str) and _PRINTED.fullmatch(one) for one in (before, given)):
        return False
    unit = 10.0 ** -len(given.partition(".")[2])
    return abs(float(given.replace("−", "-")) - float(before.replace("−", "-"))) > unit


def _steps(one: Statement) -> Iterator[Claim]:
    """Arithmetic without a name: ``0.5·0.3 = 0.15``."""
    before: Any = one.subject.strip("$ ")
    for member in one.members:
        given = given_of(member.text)
        line = member.line or one.line
        yield Claim(
            name=one.subject.strip("$ "), given=given, line=line, where=one.where, after=before
        )
        before = given


def _is_step(names: tuple[str, ...], members: Sequence[Member], vocabulary: NamesOfGraph) -> bool:
    """Whether a weight is said to be what it is after a step: it becomes, or is computed.

    A weight is given; what is computed with numbers, such as 0.9 − 0.1·0.36, is another one.
    """
    if not any(map(vocabulary.is_weight, names)):
        return False
    first = given_of(members[0].text)
    computed = isinstance(first, str) and _DIFFERENCE.fullmatch(first) is not None
    return members[0].sign == "→" or (computed and len(members) > 1)


def _unread(one: Statement, why: str) -> Claim:
    text = " = ".join([one.subject, *(member.text for member in one.members)])
    return Claim(name=text, given=None, line=one.line or None, where=one.where, unread=why)


def _parts(given: Any) -> Iterator[tuple[str, Any, int]]:
    """What is given, or the elements of an array that breaks off, each with its line."""
    array = read_array(given, 0) if isinstance(given, str) and given[:1] == "[" else None
    if array is None or not array.cut:
        yield "", given, 0
        return
    for one in array.elements:
        yield f"[{','.join(map(str, one.at))}]", one.digits, given.count("\n", 0, one.offset)


def _is_mathematics(one: Statement, name: str, is_known: Callable[[str], Any]) -> bool:
    """Whether a statement is more than a sentence with a colon, or a line of code."""
    last = given_of(one.members[-1].text)
    if not isinstance(last, str) or _NUMBER.fullmatch(last):
        return True
    is_prose = _WORDS.search(last) or _COUNTED.fullmatch(last)
    if one.members[0].sign == ":" and is_prose and "\\" not in last:
        return False
    if "$" in one.subject or "\\" in last or (_ARRAY.match(last) and is_single_name(name)):
        return True
    if _WORDS.search(last) or _CODE.search(last):
        is_formula = _is_symbol(name) and not _CODE.search(last) and bool(_OPERATOR.search(last))
        is_said = one.members[0].sign == "=" and (is_formula or bool(is_known(name)))
        return is_single_name(name) and (is_derivative(name) or is_said)
    if not is_single_name(without_arguments(name) or name):
        return is_derivative(name) and _OPERATOR.search(last) is not None
    is_product = one.members[0].sign == "=" and _PRODUCT.fullmatch(last) and _is_symbol(name)
    return bool(is_product or _OPERATOR.search(last)) or (
        one.members[0].sign != ":"
        and is_single_name(last)
        and (is_derivative(name) or bool(is_known(name) and is_known(last)))
    )


def _is_symbol(name: str) -> bool:
    return is_single_name(name) and (
        is_derivative(name) or len(name) <= 3 or "\\" in name or "_" in name
    )


def _alias(given: Any, labels: Sequence[str] = ()) -> tuple[str, ...]:
    """The names of a member that is a quantity of its own."""
    if not isinstance(given, str) or not is_single_name(given):
        return ()
    return names_of(f"${given}$", labels)
