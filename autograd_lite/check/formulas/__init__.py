"""Formulas that a person writes by hand, in Python notation or LaTeX: read, never run as code."""
