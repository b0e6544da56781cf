"""The one expression: nodes, rewrites, notation."""
