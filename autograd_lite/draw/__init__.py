"""Pictures of the graph: what is drawn is DOT text; only ``render`` runs a layout engine."""

from autograd_lite.draw.picture import Picture, draw, set_engine

__all__ = ["Picture", "draw", "set_engine"]
