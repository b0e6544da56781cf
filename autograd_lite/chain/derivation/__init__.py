"""The derivation as source: expressions, their lines in reading order, and how both are written."""
