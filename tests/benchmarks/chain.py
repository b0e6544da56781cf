"""A chain of products, built, swept and freed: ``python -m tests.benchmarks.chain ours 1000000``.

It prints the seconds that this took, the result, and the gradient. The memory is bounded by that of
the machine, so that a side that needs more fails and nothing else does.
"""

import os
import resource
import sys
import time
from typing import Any


def leaf(side: str, number: float) -> Any:
    """A number that takes a gradient."""
    if side == "ours":
        from autograd_lite import Value

        return Value(number)
    import torch

    return torch.tensor(number, dtype=torch.float64, requires_grad=True)


def main(side: str, length: int) -> None:
    """Multiply by w again and again."""
    w = leaf(side, 1 + 1e-9)
    start = time.perf_counter()
    y = w
    for _ in range(length - 1):
        y = y * w
    y.backward(retain_graph=False)
    result = float(y.data)
    del y
    print(time.perf_counter() - start, result, float(w.grad))


if __name__ == "__main__":
    most = int(0.9 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    main(sys.argv[1], int(sys.argv[2]))
