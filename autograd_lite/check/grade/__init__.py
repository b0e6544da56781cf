"""Grading: a folder of submissions, one row each, and the mistakes that they share."""
