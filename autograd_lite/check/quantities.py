"""Quantities: what a line of a derivation can be about."""

from dataclasses import dataclass, fields, replace
from typing import Self

__all__ = ["Derivative", "Quantity", "Step", "Updated", "ValueOf"]


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
class Step(_OfNames):
    """What one step of gradient descent adds to a weight: −learning rate · dE/dw.

    >>> str(Step("w_10"))
    'Δw_10'
    """

    weight: str

    def __str__(self) -> str:
        return f"Δ{self.weight}"


Quantity = ValueOf | Derivative | Updated | Step
