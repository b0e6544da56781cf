"""The notebook's step in the frameworks."""

import shutil
from typing import Any

import numpy as np

from models.notebook import data
from tests.benchmarks.notebook.steps import NEVER, RATE, Arrays, error, patches, work
from tests.benchmarks.rows import MissingError, Side, Work

__all__ = ["hips", "jax_call", "jax_loop", "micrograd", "pytorch", "pytorch_plain", "tinygrad"]


def pytorch(steps: int) -> Side:
    """PyTorch, eager, with its SGD, in float64; biases and ReLU left out."""

    def make() -> Work:
        import torch

        from tests.benchmarks.notebook.in_torch import Network

        image = torch.tensor(data.X).reshape(1, 1, 5, 5)
        wanted = torch.tensor([data.TARGETS.tolist()], dtype=torch.float64)

        def take(count: int) -> Arrays:
            network = Network(plain=True).double()
            with torch.no_grad():
                weights = zip(network.parameters(), data.initial_weights(), strict=True)
                for parameter, start in weights:  # Network rounded them to float32
                    parameter.copy_(torch.tensor(start).reshape(parameter.shape))
            criterion = torch.nn.MSELoss(reduction="sum")
            optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
            for _ in range(count):
                optimizer.zero_grad()
                loss = criterion(network(image), wanted)
                if loss.item() < NEVER:
                    break
                loss.backward()
                optimizer.step()
            kernel, hidden, output = (one.detach().numpy() for one in network.parameters())
            return [kernel.reshape(2, 2), hidden, output]

        return work(take, steps)

    return Side("PyTorch eager", make)


def pytorch_plain(steps: int) -> Side:
    """PyTorch, eager, as a plain loop: functions and tensors, without modules and an optimiser."""

    def make() -> Work:
        import torch
        from torch.nn import functional as F  # noqa: N812 - as everybody calls it

        image = torch.tensor(data.X).reshape(1, 1, 5, 5)
        wanted = torch.tensor(data.TARGETS, dtype=torch.float64)

        def take(count: int) -> Arrays:
            kernel, hidden, output = (torch.tensor(one) for one in data.initial_weights())
            weights = kernel.reshape(1, 1, 2, 2), hidden, output
            for one in weights:
                one.requires_grad_()
            for _ in range(count):
                fm = F.conv2d(image, weights[0])
                s = torch.sigmoid(F.max_pool2d(fm, 2).flatten())
                H = torch.sigmoid(weights[1] @ s)
                O = torch.sigmoid(weights[2] @ H)  # noqa: E741 - the notebook's name
                loss = ((O - wanted) ** 2).sum()
                if loss.item() < NEVER:
                    break
                loss.backward()
                with torch.no_grad():
                    for one in weights:
                        one.sub_(RATE * one.grad)
                        one.grad = None
            kernel, hidden, output = (one.detach().numpy() for one in weights)
            return [kernel.reshape(2, 2), hidden, output]

        return work(take, steps)

    return Side("PyTorch eager, a plain loop", make)


def hips(steps: int) -> Side:
    """HIPS autograd, in few array calls."""

    def make() -> Work:
        import autograd
        import autograd.numpy as anp

        windows = patches()
        gradient = autograd.value_and_grad(lambda weights: error(anp, weights, windows))

        def take(count: int) -> Arrays:
            weights = tuple(data.initial_weights())
            for _ in range(count):
                loss, found = gradient(weights)
                if loss < NEVER:
                    break
                weights = tuple(w - RATE * g for w, g in zip(weights, found, strict=True))
            return weights

        return work(take, steps)

    return Side("HIPS autograd", make)


def _jax() -> Any:
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def jax_call(steps: int) -> Side:
    """JAX, one call of a jitted step a step."""

    def make() -> Work:
        jax = _jax()
        windows = patches()

        def update(weights: Any) -> Any:
            loss, found = jax.value_and_grad(lambda w: error(jax.numpy, w, windows))(weights)
            return loss, [w - RATE * g for w, g in zip(weights, found, strict=True)]

        step = jax.jit(update)

        def take(count: int) -> Arrays:
            weights = [jax.numpy.array(one) for one in data.initial_weights()]
            for _ in range(count):
                loss, weights = step(weights)
                if float(loss) < NEVER:
                    break
            return weights

        return work(take, steps)

    return Side("JAX jit, one call a step", make)


def jax_loop(steps: int) -> Side:
    """JAX, the loop inside of jit."""

    def make() -> Work:
        jax = _jax()
        windows = patches()

        def step(state: Any) -> Any:
            done, _, weights = state
            loss, found = jax.value_and_grad(lambda w: error(jax.numpy, w, windows))(weights)
            stepped = [w - RATE * g for w, g in zip(weights, found, strict=True)]
            return done + 1, loss, stepped

        def repeat(weights: Any, count: int) -> Any:
            start = 0, jax.numpy.inf, weights
            on = jax.lax.while_loop(
                lambda state: (state[0] < count) & (state[1] >= NEVER), step, start
            )
            return on[2]

        loop = jax.jit(repeat)

        def take(count: int) -> Arrays:
            weights = loop([jax.numpy.array(one) for one in data.initial_weights()], count)
            return [np.array(one) for one in weights]

        return work(take, steps)

    return Side("JAX, the loop inside jit", make)


def micrograd(steps: int) -> Side:
    """micrograd, number by number; it has no sigmoid, so that it is made of what it has."""

    def make() -> Work:
        from micrograd.engine import Value

        windows = patches().tolist()

        def sigma(x: Any) -> Any:
            result = Value(1 / (1 + np.exp(-x.data)), (x,), "σ")

            def backward() -> None:
                x.grad += result.data * (1 - result.data) * result.grad

            result._backward = backward
            return result

        def dot(weights: Arrays, xs: Arrays) -> Any:
            total = weights[0] * xs[0]
            for w, x in zip(weights[1:], xs[1:], strict=True):
                total = total + w * x
            return total

        def take(count: int) -> Arrays:
            flat = [w for one in data.initial_weights() for w in one.ravel().tolist()]
            w = [Value(number) for number in flat]
            for _ in range(count):
                fm = [dot(w[:4], window) for window in windows]
                s = [sigma(max(fm[k : k + 4], key=lambda one: one.data)) for k in (0, 4, 8, 12)]
                H = [sigma(dot(w[k : k + 4], s)) for k in (4, 8)]
                O1, O2 = (sigma(dot(w[k : k + 2], H)) for k in (12, 14))
                loss = O1**2 + (O2 - 1) ** 2
                for one in w:
                    one.grad = 0
                loss.backward()
                for one in w:
                    one.data -= RATE * one.grad
            numbers = np.array([one.data for one in w])
            return [
                numbers[:4].reshape(2, 2),
                numbers[4:12].reshape(2, 4),
                numbers[12:].reshape(2, 2),
            ]

        return work(take, steps)

    return Side("micrograd", make)


def tinygrad(steps: int) -> Side:
    """tinygrad's TinyJit; its CPU device needs clang."""

    def make() -> Work:
        if shutil.which("clang") is None:
            raise MissingError("there is no clang, which tinygrad needs on a CPU")
        from tinygrad import Tensor, TinyJit, dtypes

        def tensor(array: Any) -> Any:
            return Tensor(np.array(array), dtype=dtypes.float64).realize()

        windows, wanted = tensor(patches()), tensor(data.TARGETS)

        weights = [tensor(one) for one in data.initial_weights()]

        def update() -> Any:
            kernel, hidden, output = weights
            s = (windows @ kernel.reshape(4)).reshape(4, 4).max(axis=1).sigmoid()
            outputs = (output @ (hidden @ s).sigmoid()).sigmoid()
            loss = ((outputs - wanted) ** 2).sum()
            for one in weights:
                one.grad = None
            loss.backward()
            # Its SGD has a rate of float32.
            changed = [one.assign(one.detach() - RATE * one.grad) for one in weights]
            Tensor.realize(loss, *changed)
            return loss

        step = TinyJit(update)

        def take(count: int) -> Arrays:
            for one, start in zip(weights, data.initial_weights(), strict=True):
                one.assign(tensor(start)).realize()
            for _ in range(count):
                if step().item() < NEVER:
                    break
            return [one.numpy() for one in weights]

        return work(take, steps)

    return Side("tinygrad TinyJit", make)
