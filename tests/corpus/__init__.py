"""Small hand derivations, right and wrong, with which the checker is measured."""

from corpus import (
    attention,
    batch_norm,
    batch_norm_code,
    convolution,
    layer_norm,
    neuron,
    perceptron,
    perceptron_code,
    pooling,
    rnn,
    softmax,
    tanh_neuron,
)
from corpus.derivation import Derivation

__all__ = ["DERIVATIONS", "Derivation"]

DERIVATIONS: tuple[Derivation, ...] = (
    *neuron.DERIVATIONS,
    *tanh_neuron.DERIVATIONS,
    *perceptron.DERIVATIONS,
    *perceptron_code.DERIVATIONS,
    *softmax.DERIVATIONS,
    *batch_norm.DERIVATIONS,
    *batch_norm_code.DERIVATIONS,
    *layer_norm.DERIVATIONS,
    *rnn.DERIVATIONS,
    *convolution.DERIVATIONS,
    *pooling.DERIVATIONS,
    *attention.DERIVATIONS,
)
