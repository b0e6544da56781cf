"""The kernel of programs of tensors."""

from collections.abc import Sequence

from autograd_lite.data import Data
from autograd_lite.fast.kernels import Descent, Kernel, descend
from autograd_lite.fast.lower import squares_multiplied
from autograd_lite.fast.program import Program
from autograd_lite.fast.tensors.workspace import Workspace

__all__ = ["Tensors", "tensor_kernel"]


class Tensors:
    """A program of tensors as a straight list of calls into memory that is allocated once.

    >>> import autograd_lite as ag
    >>> w = ag.Value([1.0, 2.0], "w")
    >>> kernel = Tensors(Program.of((w * w).sum()))
    >>> kernel.run([w.data])
    (5.0, [array([2., 4.])])
    """

    def __init__(self, program: Program, numba: bool = False) -> None:
        self._program, self._numba = program, numba
        self._spare = [Workspace(program, numba)]
        self._calls = len(self._spare[0].calls)

    @property
    def size(self) -> str:
        """The number of calls."""
        return f"{self._calls:,} calls"

    def run(self, data: Sequence[Data]) -> tuple[float, list[Data]]:
        """The value and the gradients."""
        # Another thread that runs at the same time needs memory of its own.
        workspace = self._spare.pop() if self._spare else Workspace(self._program, self._numba)
        found = workspace.run(data)
        self._spare.append(workspace)
        return found

    def descend(self, data: Sequence[Data], rate: float, threshold: float, steps: int) -> Descent:
        """Steps of gradient descent."""
        return descend(self.run, data, self._program.updated, rate, threshold, steps)


def tensor_kernel(program: Program, numba: bool) -> Kernel:
    """The kernel that runs a program of tensors, with numba or with NumPy alone.

    >>> import autograd_lite as ag
    >>> w = ag.Value([1.0, 2.0], "w")
    >>> tensor_kernel(Program.of((w * w).sum()), numba=False).size
    '3 calls'
    """
    return Tensors(squares_multiplied(program), numba=True) if numba else Tensors(program)
