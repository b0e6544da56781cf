"""Seeds whose program once failed, each with what it was; the oracles try them first.

A seed means another program once an op is added or the generator changes. What was wrong is held by
a test of its own, with a snippet; here the seeds only go on being tried.
"""

FAILED: dict[int, str] = {
    68: "sums of arrays with their columns first, in the order of memory",
    130: "compile: a sum of no elements",
    278: "derive, tensor level: a broadcast that is squared",
    309: "compile: the loser of a maximum with infinite gradient",
    333: "compile, numpy: True in an index",
}
