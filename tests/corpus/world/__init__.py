"""Hand derivations in the forms of the world, and how they are measured.

They were written after public documents, notebooks and outputs: in their forms and notations, with
words and numbers of our own. A form that is not read is left in, with its outcome recorded.
"""

from corpus.derivation import Lines
from corpus.world import (
    arrays,
    logistic,
    losses,
    matrices,
    neuron,
    norms,
    notations,
    printed,
    recurrent,
    softmax,
    two_layers,
)
from corpus.world.measure import checked, measured
from corpus.world.written import Network, Written, worked

__all__ = ["NETWORKS", "WORLD", "Written", "checked", "measured", "worked"]

WORLD: tuple[Written, ...] = (
    *neuron.WRITTEN,
    *two_layers.WRITTEN,
    *matrices.WRITTEN,
    *losses.WRITTEN,
    *softmax.WRITTEN,
    *logistic.WRITTEN,
    *norms.WRITTEN,
    *recurrent.WRITTEN,
    *arrays.WRITTEN,
    *printed.WRITTEN,
    *notations.WRITTEN,
)
NETWORKS: tuple[tuple[Network, Lines], ...] = (
    (neuron.NETWORK, neuron.BACKWARD),
    (two_layers.NETWORK, two_layers.BACKWARD),
    (matrices.COLUMNS, matrices.COLUMNS_BACKWARD),
    (matrices.ROWS, matrices.ROWS_BACKWARD),
    (losses.HUBER, losses.HUBER_BACKWARD),
    (losses.RIDGE, losses.RIDGE_BACKWARD),
    (softmax.NETWORK, softmax.BACKWARD),
    (logistic.NETWORK, logistic.BACKWARD),
    (norms.NETWORK, norms.BACKWARD),
    (recurrent.NETWORK, recurrent.BACKWARD),
    (recurrent.LSTM, recurrent.LSTM_BACKWARD),
    (arrays.LINE, arrays.LINE_BACKWARD),
    (arrays.ATTENTION, arrays.ATTENTION_BACKWARD),
    (notations.NETWORK, notations.BACKWARD),
)
"""Those whose numbers are worked out, by lines of plain NumPy."""
