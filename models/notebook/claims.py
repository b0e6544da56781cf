"""The 226 numbers that the notebook prints in its two hand-worked passes, as facts."""

import json
from pathlib import Path
from typing import NamedTuple


class Claim(NamedTuple):
    """One printed number, the true value at the same point, and what went wrong if they differ.

    ``cause`` names a mistake (M1 to M10), or the wrong number from which this one follows.
    """

    section: str
    term: str
    printed: str
    true: float
    right: bool
    cause: str


def load(section: str | None = None) -> list[Claim]:
    """Return the claims in the order of the notebook, all of them or those of one section.

    Raises ValueError for a section that the notebook does not have.

    >>> claim = load("pass 1, backward")[6]
    >>> claim.term, claim.printed, claim.true, claim.cause
    ('dE2/dO1', '-0.6481134001960405', 0.0, 'M1')
    """
    text = Path(__file__).with_name("claims.json").read_text(encoding="utf-8")
    claims = [Claim(**fields) for fields in json.loads(text)]
    sections = list(dict.fromkeys(claim.section for claim in claims))
    if section is not None and section not in sections:
        raise ValueError(f"no section {section!r} in the notebook; its sections are {sections}")
    return [claim for claim in claims if section in (None, claim.section)]
