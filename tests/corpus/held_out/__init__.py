"""Hand derivations over networks that the checker was not built with.

They were written without a look at how causes are searched for, and first measured before anything
was changed for their sake: docs/checker-how.md has those counts. What was missed was then repaired.
"""

from corpus.derivation import Derivation
from corpus.held_out import (
    deep_relu,
    embedding,
    experts,
    factorisation,
    gaussian,
    gru,
    logistic,
    polynomial,
    residual,
    rms_norm,
    strided,
)

__all__ = ["HELD_OUT"]

HELD_OUT: tuple[Derivation, ...] = (
    *logistic.DERIVATIONS,
    *deep_relu.DERIVATIONS,
    *gru.DERIVATIONS,
    *factorisation.DERIVATIONS,
    *gaussian.DERIVATIONS,
    *rms_norm.DERIVATIONS,
    *strided.DERIVATIONS,
    *embedding.DERIVATIONS,
    *experts.DERIVATIONS,
    *residual.DERIVATIONS,
    *polynomial.DERIVATIONS,
)
