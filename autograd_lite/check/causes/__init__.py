"""Causes: which mistake a wrong number came from, each with its evidence and its repair."""
