"""Our sides of the notebook's step: compiled as a loop, compiled and called, and eager."""

import autograd_lite as ag
from models.notebook import NotebookCNN, data
from tests.benchmarks.notebook.steps import NAMES, NEVER, RATE, Arrays, work
from tests.benchmarks.rows import Side, Work

__all__ = ["compiled", "compiled_call", "eager"]


def compiled(backend: str, steps: int) -> Side:
    """Ours, the whole loop compiled."""

    def make() -> Work:
        network = NotebookCNN()
        step = ag.compile(network.loss(), backend=backend)

        def take(count: int) -> Arrays:
            for parameter, start in zip(network.parameters, data.initial_weights(), strict=True):
                parameter.data = start
            step.descend(RATE, NEVER, count)
            return [parameter.data for parameter in network.parameters]

        return work(take, steps)

    return Side(f"compiled, {backend}", make)


def compiled_call(backend: str, steps: int) -> Side:
    """Ours, compiled, called once a step."""

    def make() -> Work:
        step = ag.compile(NotebookCNN().loss(), backend=backend)

        def take(count: int) -> Arrays:
            weights = dict(zip(NAMES, data.initial_weights(), strict=True))
            for _ in range(count):
                _, gradients = step(**weights)
                weights = {name: weights[name] - RATE * gradients[name] for name in NAMES}
            return list(weights.values())

        return work(take, steps)

    return Side(f"compiled, {backend}, one call a step", make)


def eager(steps: int) -> Side:
    """Ours, the graph made anew in each step."""

    def take(count: int) -> Arrays:
        network = NotebookCNN()
        for _ in range(count):
            for parameter in network.parameters:
                parameter.zero_grad()
            loss = network.loss()
            if loss.data < NEVER:
                break
            loss.backward(retain_graph=False)
            for parameter in network.parameters:
                parameter.data -= RATE * parameter.grad
        return [parameter.data for parameter in network.parameters]

    return Side("eager", lambda: work(take, steps))
