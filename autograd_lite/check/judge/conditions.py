"""Conditions: where a line says that it holds, and whether that is where the graph is.

A line that holds elsewhere, after some epochs or for another input, is not judged, and never wrong.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.check.claims import Claim, Statement
from autograd_lite.check.read.numbers import Array, read_numbers
from autograd_lite.errors import AutogradLiteError

Compute = Callable[[str], Array]
"""The value of a formula at the point of the graph; ClaimError for what is none."""

_EVERY = re.compile(
    r"(?:for|at|when|if)\s+(?:all|any|every|each|both)\b|for\s+\$?[A-Za-z](?:_\w)?\$?\s*(?:\\in\b|∈|in\b)",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"at\s+(?:this|the|our|these|that|the\s+(?:given|same|current|initial|starting))\s*"
    r"(?:points?|values?|inputs?|weights?|numbers?)?$|before\s+(?:the\s+|any\s+)?(?:\w+\s+)?"
    r"(?:update|step|training|learning)s?$",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"(?:if|when|after|before|for|at)\s+(?:(?:we|you|one|i)\b"
    r"|(?:simplif|substitut|plug|insert|apply|cancel|expand|multipl|rearrang|differentiat|round)\w*"
    r"|(?:the\s+|this\s+|our\s+)?(?:\w+\s+)?"
    r"(?:layer|node|neuron|unit|output|input|weight|bias|gate|cell|network|model|loss|error)s?\b)",
    re.IGNORECASE,
)
"""What is said of the derivation, and not of where a line holds."""
_LATER = re.compile(
    r"\b(?:epochs?|iterations?|updates?|training|(?:gradient|descent|time)?[ -]?steps?"
    r"|(?:sample|example|batch|pass|round|run)s?)\b|^(?:otherwise|else|unless|until|during)\b",
    re.IGNORECASE,
)
_RELATION = re.compile(r"[<>≤≥≠]|\\(?:le|ge|leq|geq|lt|gt|neq?)(?![A-Za-z])|=")
_EQUATION = re.compile(r"([A-Za-z_\\][\w\\{}\[\]^]*)\s*=\s*([-+−]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)")
_LEAD = re.compile(r"^(?:for|when|if|at|where|after|before)\s+(?:the\s+point\s+)?", re.IGNORECASE)
_INDEX = re.compile(r"[a-zA-Z](?:_\w)?")
_SIGNS = {"≤": "<=", "≥": ">=", r"\leq": "<=", r"\geq": ">=", r"\le": "<=", r"\ge": ">=",
          r"\lt": "<", r"\gt": ">"}  # fmt: skip


class Elsewhere(NamedTuple):
    """Why a line is not judged; ``sure``, if it is known to be about something else."""

    reason: str
    sure: bool


def elsewhere(claim: Claim, is_known: Callable[[str], bool], compute: Compute) -> Elsewhere | None:
    """The first of a claim's conditions that does not hold at the point of the graph.

    >>> values = {"w": np.array(3.0)}
    >>> def of(*conditions):
    ...     claim = Claim(name="E", given="9", conditions=conditions)
    ...     return elsewhere(claim, values.__contains__, values.__getitem__)
    >>> of("for all i"), of("after 100 epochs")
    (None, Elsewhere(reason='holds after 100 epochs', sure=True))
    """
    for condition in claim.conditions:
        if isinstance(condition, Statement):
            found = _of_statement(condition, is_known, compute)
        else:
            found = _of_words(str(condition).strip(), is_known, compute)
        if found is not None:
            return found
    return None


def _of_statement(
    one: Statement, is_known: Callable[[str], bool], compute: Compute
) -> Elsewhere | None:
    """``w = 3``; an index such as ``i = 1..3`` is no condition."""
    name = one.subject.strip("$ ")
    texts = [member.text.strip("$ ") for member in one.members]
    if not is_known(name):
        if _INDEX.fullmatch(name):
            return None
        return Elsewhere(f"holds for {name} = {' = '.join(texts)}, which is not in the graph", True)
    for text in texts:
        if _holds(name, text, compute) is False:
            return Elsewhere(f"holds for {name} = {text}, which is not so at this point", True)
    return None


def _of_words(words: str, is_known: Callable[[str], bool], compute: Compute) -> Elsewhere | None:
    if _EVERY.match(words) or _HERE.match(words):
        return None
    if equations := [one for one in _EQUATION.findall(words) if is_known(one[0])]:
        if all(_holds(name, text, compute) is not False for name, text in equations):
            return None
        return Elsewhere(f"holds {words}, which is not so at this point", True)
    if _RELATION.search(words):
        return _of_relation(words, compute)
    is_later = _LATER.search(words) is not None
    rest = _LEAD.sub("", words)
    says_nothing = words[:3].lower() == "for" and not any(map(str.isdigit, rest))
    says_nothing = says_nothing or _TOLD.match(words) is not None
    is_here = not is_later and (says_nothing or is_known(rest.strip("$ ")))
    return None if is_here else Elsewhere(f"holds {words}", is_later)


def _of_relation(words: str, compute: Compute) -> Elsewhere | None:
    """``z > 0``, which is computed."""
    relation = _LEAD.sub("", words).strip("$ ,.")
    for sign, plain in _SIGNS.items():
        relation = relation.replace(sign, plain)
    try:
        holds = bool(np.all(compute(f"1*[{relation}]")))
    except (AutogradLiteError, KeyError, ValueError):
        return Elsewhere(f"holds {words}", False)
    return None if holds else Elsewhere(f"holds {words}, which is not so at this point", True)


def _holds(name: str, text: str, compute: Compute) -> bool | None:
    """Whether a name has this value, to its digits; None where that cannot be said."""
    try:
        value = compute(name)
    except (AutogradLiteError, KeyError):
        return None
    wanted: Any
    try:
        numbers = read_numbers(text)
        wanted, slack = numbers.values, numbers.half_units
    except AutogradLiteError:
        try:
            wanted, slack = compute(text), np.zeros(())
        except (AutogradLiteError, KeyError):
            return None
    if np.shape(wanted) not in ((), np.shape(value)):
        return None
    return bool(np.all(np.abs(value - wanted) <= slack + 1e-9 * np.abs(value)))
