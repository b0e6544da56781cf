"""The notebook's data: a 5x5 input, two targets, a learning rate and the seed-0 weights."""

from autograd_lite.example import TARGETS, Array, Weights, X, initial_weights

__all__ = ["LEARNING_RATE", "TARGETS", "Array", "Weights", "X", "initial_weights"]

LEARNING_RATE = 0.001
