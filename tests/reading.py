"""What the tests of reading share: the claims of a text, of whose names nothing is known."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from autograd_lite.check.claims import Claim, Statement
from autograd_lite.check.read.documents import read_document
from autograd_lite.check.read.interpret import interpreted


class Names:
    """Some names, in any braces, of which nothing else is known."""

    def __init__(self, names: Collection[str] = ()) -> None:
        self._bare = {re.sub(r"[{}]", "", name) for name in names}

    def readings(self, spelling: str) -> list[str]:
        """The spelling itself, if it is among them."""
        return [spelling] if re.sub(r"[{}]", "", spelling) in self._bare else []

    def is_weight(self, spelling: str) -> bool:  # noqa: ARG002 - as the protocol has it
        """None is."""
        return False

    def count_as(self, texts: Iterable[str]) -> None:
        """There are no elements to count."""


def claims(read: str | Iterable[Claim | Statement], where: str = "", **how: Any) -> list[Claim]:
    """The claims of a document, or of what was read; without the lines that were not."""
    given = read_document(read, where, **how) if isinstance(read, str) else read
    return [claim for claim in interpreted(given, Names()) if not claim.unread]


def pairs(read: str | Iterable[Claim | Statement], **how: Any) -> list[tuple[str, Any]]:
    """The name and what is given of each claim."""
    return [(claim.name, claim.given) for claim in claims(read, **how)]


def pairs_known(text: str, names: Collection[str]) -> list[tuple[str, Any]]:
    """The same where some names are known, in any braces."""
    found = interpreted(read_document(text), Names(names))
    return [(claim.name, claim.given) for claim in found]
