"""A small CNN whose gradients a student derived by hand: the network, the derivation, its claims.

``loss`` and ``second_loss`` are the two points at which the document works its passes by hand.
"""

from autograd_lite import Value
from models.notebook.by_hand import first_pass
from models.notebook.cnn import NotebookCNN

__all__ = ["NotebookCNN", "loss", "second_loss"]


def loss() -> Value:
    """E at the seed-0 weights: the document's first pass.

    >>> round(loss().data, 12)
    0.573615910009
    """
    return NotebookCNN().loss()


def second_loss() -> Value:
    """E at the weights that the document's own first update left: its second pass.

    >>> round(second_loss().data, 12)
    0.573596583243
    """
    return NotebookCNN(first_pass().weights).loss()
