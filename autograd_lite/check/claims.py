"""Claims: what a line of a derivation can be about, what it says of that, and where."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple, Self

from autograd_lite.data import describe
from autograd_lite.errors import ClaimError
from autograd_lite.value import Value

# Quantities: what a line of a derivation can be about.


@dataclass(frozen=True)
class _OfNames:
    """What all quantities share: the last of their names is the one that they are about.

    It varies from element to element where the quantity is an array.
    """

    @property
    def subject(self) -> str:
        """The name that the quantity is about."""
        name: str = getattr(self, fields(self)[-1].name)
        return name

    def about(self, name: str) -> Self:
        """The same of another name: of an element, or of the whole."""
        return replace(self, **{fields(self)[-1].name: name})


@dataclass(frozen=True)
class ValueOf(_OfNames):
    """A value of the forward pass.

    >>> str(ValueOf("H1"))
    'H1'
    """

    of: str

    def __str__(self) -> str:
        return self.of


@dataclass(frozen=True)
class Derivative(_OfNames):
    """The derivative of one value with respect to another.

    >>> gradient = Derivative("E", "w")
    >>> str(gradient), str(gradient.about("w[0]"))
    ('dE/dw', 'dE/dw[0]')
    """

    child: str
    parent: str

    def __str__(self) -> str:
        return f"d{self.child}/d{self.parent}"


@dataclass(frozen=True)
class Updated(_OfNames):
    """A weight after one step of gradient descent.

    >>> str(Updated("w_9"))
    'w_9 updated'
    """

    weight: str

    def __str__(self) -> str:
        return f"{self.weight} updated"


@dataclass(frozen=True)
class WeightStep(_OfNames):
    """What one step of gradient descent adds to a weight: −learning rate · dE/dw.

    >>> str(WeightStep("w_10"))
    'Δw_10'
    """

    weight: str

    def __str__(self) -> str:
        return f"Δ{self.weight}"


Quantity = ValueOf | Derivative | Updated | WeightStep


# A claim: a quantity by its name, and what is said of it.

# Statements: what a line says, as it is written.


class Member(NamedTuple):
    """A member of a chain, and the sign before it: ``=``, ``≈``, ``:``, ``→``, ``←``, ``is``.

    ``line`` is the line of the text in which it begins, counted from 0; ``math`` says whether it is
    mathematics that was set off, in which a letter stands alone.
    """

    sign: str
    text: str
    line: int = 0
    math: bool = False


@dataclass(frozen=True)
class Statement:
    """A subject, as the line calls it, and what is said of it.

    ``conditions`` say where it holds (``for w = 3``), ``labels`` what it is called by a heading, a
    column or the words before a colon; ``rest`` are the words after the last member. Mathematics is
    between dollars in a subject and in words. What looks like mathematics and could not be cut has
    no members, and ``why``.

    >>> Statement("$h_1$", (Member("=", "a b"), Member("=", "0.61"))).members[-1].text
    '0.61'
    """

    subject: str
    members: tuple[Member, ...]
    conditions: tuple["Statement | str", ...] = ()
    labels: tuple[str, ...] = ()
    rest: str = ""
    line: int = 0
    where: str = ""
    why: str = ""
    each: str = ""
    """The subject with a free index, where this is the statement for one number of it."""
    about: str = ""
    """The name that has to mean something, if this is to be a statement at all."""


# Claims: what it says of one quantity.

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
    sign: str = "="
    conditions: tuple[Any, ...] = ()
    after: Any = None
    """The member before it in a chain such as dE/dw = 0.5·0.3 = 0.15, from which it comes."""
    quantity: Quantity | None = None
    """What it is of, where more than its name says so."""
    aside: bool = False
    """A variable of a program that means nothing in the graph: counted, and not listed."""
    derived: bool = False
    """A name that is a step in a chain, or computed in it: nothing that its author chose."""
    unread: str = ""
    """Why nothing can be judged of a line that looks like mathematics."""
    each: str = ""
    """What is said of every number of a free index, where this is it for one of them."""
    rule: str = ""
    """By which rule of an optimiser a weight has stepped, where that is not plain descent."""


def read_claims(claims: Claims) -> list[Claim | Statement]:
    """The claims one by one, from a mapping or namespace, from pairs (name, given) or Claims.

    Of a mapping, modules, functions, classes, Values and private names are left out. Raises
    ClaimError for anything else.

    >>> [(claim.name, claim.given) for claim in read_claims([("H1", "0.5"), ("H1", "0.6")])]
    [('H1', '0.5'), ('H1', '0.6')]
    >>> import math
    >>> [claim.name for claim in read_claims({"dE/dw": 2.0, "math": math, "__doc__": ""})]
    ['dE/dw']
    """
    if isinstance(claims, SimpleNamespace):
        claims = vars(claims)
    needed = "give a mapping from names to numbers, or pairs (name, number)"
    if isinstance(claims, Mapping):
        if no_names := [name for name in claims if not isinstance(name, str)]:
            raise ClaimError(f"{describe(no_names[0])} is not a name of a claim; {needed}")
        return [
            Claim(name=name, given=given)
            for name, given in claims.items()
            if not (name.startswith("__") or isinstance(given, _NO_CLAIM) or callable(given))
        ]
    if isinstance(claims, str | bytes):
        raise ClaimError(f"{describe(claims)} is not a set of claims; {needed}")
    try:
        entries = list(claims)
    except TypeError:  # also an array without axes
        raise ClaimError(f"{describe(claims)} is not a set of claims; {needed}") from None
    found: list[Claim | Statement] = []
    for entry in entries:
        if isinstance(entry, Claim | Statement):
            found.append(entry)
        elif isinstance(entry, tuple | list) and len(entry) == 2 and isinstance(entry[0], str):
            found.append(Claim(name=entry[0], given=entry[1]))
        else:
            raise ClaimError(f"{describe(entry)} is not a claim; {needed}")
    return found


def texts_of(one: Claim | Statement) -> Iterator[str]:
    """Every text of a claim or statement: of what it is said, and what.

    >>> list(texts_of(Claim(name="dE/dw", given="2h", others=("w_grad",))))
    ['dE/dw', 'w_grad', '2h']
    """
    if isinstance(one, Statement):
        yield one.subject
        yield from (member.text for member in one.members)
    else:
        yield from (one.name, *one.others)
        yield from filter(None, [one.each])
        if isinstance(one.given, str):
            yield one.given
