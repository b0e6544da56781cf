"""Claims: what a hand derivation says of a quantity, and where it says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

from autograd_lite.data import describe
from autograd_lite.errors import ClaimError
from autograd_lite.value import Value

__all__ = ["Claim", "Claims", "read_claims"]

Claims = Mapping[str, Any] | SimpleNamespace | Iterable[Any]

_NO_CLAIM = (ModuleType, Value)
"""What a namespace holds beside its claims; and whatever can be called."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One line of a derivation: a name, and what is said to be its number or its formula.

    ``given`` is a number, a printed number, an array, a printed matrix, or the text of a formula.
    ``line`` counts from 1 in the file, ``where`` says which cell of a notebook it is in, and
    ``others`` has further names that the line gives to the same quantity.
    """

    name: str
    given: Any
    line: int | None = None
    where: str = ""
    others: tuple[str, ...] = ()


def read_claims(claims: Claims) -> list[Claim]:
    """The claims one by one, from a mapping or namespace, from pairs (name, given) or Claims.

    Of a namespace, such as ``locals()``, what is no number or text is left out: modules,
    functions, classes, Values and private names. Raises ClaimError for anything else.

    >>> from autograd_lite.check.claims import read_claims
    >>> [(claim.name, claim.given) for claim in read_claims([("H1", "0.5"), ("H1", "0.6")])]
    [('H1', '0.5'), ('H1', '0.6')]
    >>> import math
    >>> [claim.name for claim in read_claims({"dE/dw": 2.0, "math": math, "__doc__": ""})]
    ['dE/dw']
    """
    if isinstance(claims, SimpleNamespace):
        claims = vars(claims)
    if isinstance(claims, Mapping):
        return [
            Claim(name=name, given=given)
            for name, given in claims.items()
            if not (name.startswith("__") or isinstance(given, _NO_CLAIM) or callable(given))
        ]
    needed = "give a mapping from names to numbers, or pairs (name, number)"
    given: Any = claims
    if isinstance(claims, str) or not isinstance(given, Iterable):
        raise ClaimError(f"{describe(claims)} is not a set of claims; {needed}")
    found = []
    for entry in given:
        if isinstance(entry, Claim):
            found.append(entry)
        elif isinstance(entry, tuple | list) and len(entry) == 2 and isinstance(entry[0], str):
            found.append(Claim(name=entry[0], given=entry[1]))
        else:
            raise ClaimError(f"{describe(entry)} is not a claim; {needed}")
    return found
