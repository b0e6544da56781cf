"""Labels as Python identifiers: readable, never the same twice, and nothing but an identifier."""

import builtins
import keyword
import unicodedata
from collections.abc import Iterable

from autograd_lite.op import REGISTRY

__all__ = ["Identifiers"]

_RESERVED = {*keyword.kwlist, *dir(builtins), "REGISTRY", "derivation", "np"}


class Identifiers:
    """Gives each label an identifier of its own.

    >>> identifiers = Identifiers()
    >>> [identifiers.of(label) for label in ("w_conv[0,1]", "h#2", "h 2", "λ", "lambda", "2x")]
    ['w_conv_0_1', 'h_2', 'h_2_', 'λ', 'lambda_', '_2x']
    >>> identifiers.of("__import__('os').system('ls')")
    '__import___os_system_ls'
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = {*_RESERVED, *REGISTRY, *reserved}

    def of(self, label: str) -> str:
        """A new identifier, as near to the label as Python allows."""
        # Python itself takes two identifiers for one if their NFKC forms are the same.
        letters = unicodedata.normalize("NFKC", label)
        words = "".join(one if f"a{one}".isidentifier() else " " for one in letters).split()
        found = "_".join(words) or "v"
        if not found.isidentifier():
            found = f"_{found}"
        while found in self._taken:
            found += "_"
        self._taken.add(found)
        return found
