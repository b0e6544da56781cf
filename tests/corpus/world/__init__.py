"""Hand derivations in the forms of the world, and how they are measured."""

from corpus.world import arrays, logistic, losses, matrices, neuron, norms, recurrent, softmax, two_layers
from corpus.world.measure import checked, measured
from corpus.world.written import Written

__all__ = ["WORLD", "Written", "checked", "measured"]

_DOMAINS = (neuron, two_layers, losses, matrices, softmax, logistic, norms, recurrent, arrays)
WORLD: tuple[Written, ...] = tuple(one for domain in _DOMAINS for one in domain.WRITTEN)
