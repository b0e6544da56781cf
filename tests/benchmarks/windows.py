"""Convolution and max pooling alone, forward and backward, in float32, here and in PyTorch."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from tests.benchmarks.rows import Results, Side, Work

__all__ = ["SHAPES", "Shape", "compiled", "eager", "pytorch"]


class Shape(NamedTuple):
    """An image batch, and the kernels that slide over it; none for a pooling in 2×2 windows."""

    image: tuple[int, ...]
    kernel: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """What is done, on what."""
        image = "×".join(map(str, self.image))
        if not self.kernel:
            return f"max_pool2d 2×2 of {image}"
        outs, _, rows, columns = self.kernel
        return f"conv2d of {image}, {outs} kernels {rows}×{columns}"


SHAPES = (
    Shape((64, 6, 12, 12), (16, 6, 5, 5)),
    Shape((16, 32, 32, 32), (64, 32, 3, 3)),
    Shape((1, 1, 28, 28), (6, 1, 5, 5)),
    Shape((64, 16, 8, 8)),
    Shape((16, 64, 30, 30)),
    Shape((1, 6, 24, 24)),
)


def arrays(shape: Shape) -> tuple[list[Any], Any]:
    """The operands, and the cotangent of the result; the same at every call."""
    rng = np.random.default_rng(0)
    count, channels, height, width = shape.image
    operands = [rng.normal(size=shape.image).astype(np.float32)]
    if shape.kernel:
        operands.append(rng.normal(size=shape.kernel).astype(np.float32))
        outs, _, rows, columns = shape.kernel
        result = count, outs, height - rows + 1, width - columns + 1
    else:
        result = count, channels, height // 2, width // 2
    return operands, rng.normal(size=result).astype(np.float32)


def results(gradients: Sequence[Any]) -> Results:
    """The gradients by name."""
    return dict(zip(("image", "kernel"), map(np.array, gradients), strict=False))


def applied(operands: Sequence[ag.Value]) -> ag.Value:
    """Our convolution of two operands, our pooling of one."""
    image, *kernel = operands
    result: ag.Value = ag.conv2d(image, kernel[0]) if kernel else ag.max_pool2d(image, 2)
    return result


def eager(shape: Shape) -> Side:
    """Ours, eager."""

    def make() -> Work:
        data, cotangent = arrays(shape)
        operands = [ag.Value(array) for array in data]

        def step() -> Any:
            for operand in operands:
                operand.zero_grad()
            applied(operands).backward(cotangent, retain_graph=False)
            return [operand.grad for operand in operands]

        return Work(step, lambda: results(step()))

    return Side("eager, NumPy only", make)


def compiled(shape: Shape, backend: str) -> Side:
    """Ours, compiled: the sum of the result, each element with its weight."""

    def make() -> Work:
        data, cotangent = arrays(shape)
        names = ("image", "kernel")[: len(data)]
        x = [ag.Value(array, name) for array, name in zip(data, names, strict=True)]
        step = ag.compile((applied(x) * ag.Constant(cotangent)).sum(), backend=backend)
        given = dict(zip(names, data, strict=True))
        return Work(lambda: step(**given), lambda: dict(step(**given)[1]))

    return Side(f"compiled, {backend}", make)


def pytorch(shape: Shape, weighted: bool) -> Side:
    """PyTorch; ``weighted`` computes the sum that we compile."""

    def make() -> Work:
        import torch
        from torch.nn import functional as F  # noqa: N812 - as everybody calls it

        data, cotangent = arrays(shape)
        operands = [torch.tensor(array, requires_grad=True) for array in data]
        of_result = torch.tensor(cotangent)

        def step() -> Any:
            for operand in operands:
                operand.grad = None
            result = F.conv2d(*operands) if shape.kernel else F.max_pool2d(*operands, 2)
            if weighted:
                (result * of_result).sum().backward()
            else:
                result.backward(of_result)
            return [operand.grad for operand in operands]

        return Work(step, lambda: results([one.numpy() for one in step()]))

    return Side("PyTorch eager", make)
