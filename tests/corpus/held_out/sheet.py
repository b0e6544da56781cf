"""The sheet of an author: the forward pass, and below it the backward pass."""

from typing import Any

from corpus.derivation import Lines, Network, work

__all__ = ["sheet"]


def sheet(
    network: Network, backward: Lines, changed: Lines | None = None, decimals: int | None = None
) -> dict[str, Any]:
    """What each line gives, where the author does those that are ``changed`` in another way."""
    return work(network.given, {**network.forward, **backward, **(changed or {})}, decimals)
