"""What the tests of reading share: the claims of a text, of whose names nothing is known."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from autograd_lite.check.claims import Claim, Statement
from autograd_lite.check.read.documents import read_document
from autograd_lite.check.read.interpret import interpreted


def claims(read: str | Iterable[Claim | Statement], where: str = "", **how: Any) -> list[Claim]:
    """The claims of a document, or of what was read; without the lines that were not."""
    given = read_document(read, where, **how) if isinstance(read, str) else read
    return [claim for claim in interpreted(given, lambda name: False) if not claim.unread]


def pairs(read: str | Iterable[Claim | Statement], **how: Any) -> list[tuple[str, Any]]:
    """The name and what is given of each claim."""
    return [(claim.name, claim.given) for claim in claims(read, **how)]


def pairs_known(text: str, names: Collection[str]) -> list[tuple[str, Any]]:
    """The same where some names are known, in any braces."""
    bare = {re.sub(r"[{}]", "", name) for name in names}
    found = interpreted(read_document(text), lambda name: re.sub(r"[{}]", "", name) in bare)
    return [(claim.name, claim.given) for claim in found]
