"""Seeds whose program once failed, each with what it was; the oracles try them first.

A seed means another program once an op is added or the generator changes. What was wrong is held by
a test of its own, with a snippet; here the seeds only go on being tried.
"""

FAILED: dict[int, str] = {
    16: "compile, numpy: True in an index of scatter_add",
    92: "derive: 0·x written as 0, where x is infinite",
    95: "compile, numpy: True in an index",
    97: "compile: a sum of no elements",
    128: "derive, tensor level: a gradient in the shape of its parts",
    138: "derive, tensor level: einsum of three in another order",
    155: "derive, tensor level: a gradient in the shape of its parts",
    355: "derive, tensor level: a product with a vector in another order",
    1200: "derive: what was not chosen, under an infinite derivative",
    1204: "derive: a line left out that a derivative names",
    1270: "derive, tensor level: the place of the extreme of one array",
    1511: "compile: nan beside elements that are never looked at",
    1583: "derive, tensor level: an empty mask written as numbers",
}
