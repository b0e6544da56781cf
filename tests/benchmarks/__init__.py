"""Benchmarks beside the peers: ``make bench``, or ``python -m tests.benchmarks --help``.

A job (job.py) is a work that several sides do; it runs in a process of its own, measures them in
turn (timing.py), and gives rows (rows.py), which the report (report.py) writes to docs/.
"""
