"""Judging claims: right, wrong, or right given an earlier mistake."""
