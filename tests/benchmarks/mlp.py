"""A network of single numbers, 2-16-16-1 with relu, on points: one program for every engine.

Everything is made of +, ·, − and relu, so that the graph of every engine has the same operations.
"""

import itertools
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from tests.benchmarks.rows import Results, Side, Work

__all__ = [
    "Network",
    "casadi",
    "hips",
    "loss_of",
    "micrograd",
    "operations",
    "ours",
    "ours_eager",
    "ours_flat",
    "ours_in_arrays",
    "parameters",
    "pytorch",
]

SIZES, STEPS = (2, 16, 16, 1), 3
Lift = Callable[[float], Any]


class Network(NamedTuple):
    """The weights by layer and neuron, the biases, the points and what is wanted at each."""

    weights: list[list[list[Any]]]
    biases: list[list[Any]]
    points: list[list[Any]]
    wanted: list[Any]


def network(weight: Lift, number: Lift, points: int) -> Network:
    """The same numbers at every call, each made by ``weight`` or, in the data, by ``number``."""
    rng = random.Random(0)
    pairs = list(pairwise(SIZES))
    weights = [[[weight(rng.uniform(-1, 1)) for _ in range(m)] for _ in range(n)] for m, n in pairs]
    biases = [[weight(rng.uniform(-0.1, 0.1)) for _ in range(n)] for n in SIZES[1:]]
    data = [[number(rng.gauss(0, 1)) for _ in range(SIZES[0])] for _ in range(points)]
    return Network(weights, biases, data, [number(rng.choice((-1.0, 1.0))) for _ in range(points)])


def loss_of(network: Network, relu: Callable[[Any], Any]) -> Any:
    """The sum of the squared errors."""
    total = None
    for point, wanted in zip(network.points, network.wanted, strict=True):
        h: Sequence[Any] = point
        for layer, (weights, biases) in enumerate(
            zip(network.weights, network.biases, strict=True), start=2
        ):
            nets = []
            for row, net in zip(weights, biases, strict=True):
                for w, x in zip(row, h, strict=True):
                    net = net + w * x  # noqa: PLW2901 - a sum grows
                nets.append(net)
            h = nets if layer == len(SIZES) else [relu(net) for net in nets]
        error = h[0] - wanted
        square = error * error
        total = square if total is None else total + square
    return total


def operations(points: int) -> int:
    """How many operations the loss has."""
    dense = sum(n * 2 * m for m, n in pairwise(SIZES)) + sum(SIZES[1:-1])
    return points * (dense + 3) - 1


def parameters(network: Network) -> list[Any]:
    """All weights, then all biases."""
    weights = [w for layer in network.weights for row in layer for w in row]
    return weights + [b for layer in network.biases for b in layer]


def trained(
    make: Callable[[], Network], relu: Callable[[Any], Any], clear: Any, **options: Any
) -> Work:
    """The work of an engine whose numbers have ``data``, ``grad`` and ``backward``.

    A call takes several steps, so that what one leaves to the collector is collected in the next,
    and paid for.
    """
    one = make()
    changed = parameters(one)

    def steps() -> None:
        for _ in range(STEPS):
            step()

    def step() -> Any:
        for parameter in changed:
            parameter.grad = clear
        loss = loss_of(one, relu)
        loss.backward(**options)
        return loss

    def results() -> Results:
        loss = step()
        return {"loss": float(loss.data), "gradients": [float(p.grad) for p in changed]}

    return Work(steps, results, STEPS)


def ours(points: int, weight: Lift = ag.Value, number: Lift = ag.Value) -> Network:
    """The network on our Values."""
    return network(weight, number, points)


def ours_eager(points: int) -> Side:
    """Ours, the graph made, swept and freed in each step."""
    return Side("eager", lambda: trained(lambda: ours(points), ag.relu, None, retain_graph=False))


def micrograd(points: int) -> Side:
    """micrograd."""

    def make() -> Work:
        from micrograd.engine import Value

        return trained(lambda: network(Value, Value, points), lambda x: x.relu(), 0)

    return Side("micrograd", make)


def ours_flat(points: int) -> Side:
    """Ours on single numbers, compiled as a tape, from vector to vector."""

    def make() -> Work:
        labels = (f"w{count}" for count in itertools.count())
        one = network(lambda x: ag.Value(x, next(labels)), ag.Constant, points)
        wrt = [weight.label for weight in parameters(one)]
        return flat(ag.compile(loss_of(one, ag.relu), wrt=wrt, backend="tape"))

    return Side("compiled, tape, flat", make)


def ours_in_arrays(points: int, backend: str) -> Side:
    """Ours on arrays, compiled, from vector to vector."""

    def make() -> Work:
        one = network(float, float, points)
        weights = [ag.Value(layer, f"W{n}") for n, layer in enumerate(one.weights)]
        biases = [ag.Value(layer, f"b{n}") for n, layer in enumerate(one.biases)]
        h: Any = ag.Constant(one.points)
        for n, (w, b) in enumerate(zip(weights, biases, strict=True), start=1):
            net = h @ w.T + b
            h = ag.relu(net) if n < len(weights) else net
        loss = ((h[:, 0] - ag.Constant(one.wanted)) ** 2).sum()
        wrt = [value.label for value in (*weights, *biases)]
        return flat(ag.compile(loss, wrt=wrt, backend=backend))

    return Side(f"compiled, {backend}, flat", make)


def flat(step: Any) -> Work:
    """A step from one vector to one vector."""
    vector = step.pack()

    def results() -> Results:
        value, gradient = step.flat(vector)
        return {"loss": value, "gradients": gradient}

    return Work(lambda: step.flat(vector), results)


def casadi(points: int, arrays: bool) -> Side:
    """CasADi's virtual machine on its expressions of scalars or of matrices, called by buffers."""

    def make() -> Work:
        import casadi as ca

        numbers = network(float, float, points)
        vector = np.array(parameters(numbers))
        if arrays:
            symbol = ca.MX.sym("w", len(vector))
            loss = _in_matrices(ca, symbol, numbers)
        else:
            symbol = ca.SX.sym("w", len(vector))
            cells = iter(ca.vertsplit(symbol))
            weights = [[[next(cells) for _ in row] for row in rows] for rows in numbers.weights]
            biases = [[next(cells) for _ in layer] for layer in numbers.biases]
            one = Network(weights, biases, numbers.points, numbers.wanted)
            loss = loss_of(one, lambda x: ca.fmax(x, 0.0))
        function = ca.Function("step", [symbol], [loss, ca.gradient(loss, symbol)])
        called = buffer, _ = function.buffer()  # the buffer has to live as long as its call
        given, value, gradient = vector.copy(), np.empty(1), np.empty(len(vector))
        buffer.set_arg(0, memoryview(given))
        buffer.set_res(0, memoryview(value))
        buffer.set_res(1, memoryview(gradient))

        def step() -> None:
            given[:] = vector
            called[1]()

        def results() -> Results:
            step()
            return {"loss": float(value[0]), "gradients": gradient.copy()}

        return Work(step, results)

    return Side(f"CasADi, {'MX' if arrays else 'SX'}", make)


def _in_matrices(ca: Any, symbol: Any, numbers: Network) -> Any:
    """The loss in matrices of CasADi, which lie column by column."""
    ends = itertools.accumulate([n * m for m, n in pairwise(SIZES)] + list(SIZES[1:]), initial=0)
    parts = [symbol[start:end] for start, end in pairwise(ends)]
    h: Any = ca.DM(numbers.points).T
    for layer, (m, n) in enumerate(pairwise(SIZES)):
        net = ca.reshape(parts[layer], m, n).T @ h + parts[len(SIZES) - 1 + layer]
        h = net if layer == len(SIZES) - 2 else ca.fmax(net, 0.0)
    return ca.sumsqr(h - ca.DM(numbers.wanted).T)


def pytorch(points: int) -> Side:
    """PyTorch on tensors of one number, as one who writes micrograd's program in it."""

    def make() -> Work:
        import torch

        def weight(x: float) -> Any:
            return torch.tensor(x, dtype=torch.float64, requires_grad=True)

        def number(x: float) -> Any:
            return torch.tensor(x, dtype=torch.float64)

        return trained(
            lambda: network(weight, number, points), torch.relu, None, retain_graph=False
        )

    return Side("PyTorch scalars", make)


def hips(points: int) -> Side:
    """HIPS autograd on Python's floats."""

    def make() -> Work:
        import autograd
        import autograd.numpy as anp

        one = network(float, float, points)

        def loss(changed: Any) -> Any:
            weights, biases = changed
            return loss_of(Network(weights, biases, *one[2:]), lambda x: anp.maximum(x, 0.0))

        gradient = autograd.value_and_grad(loss)

        def results() -> Results:
            value, (weights, biases) = gradient(one[:2])
            found = parameters(Network(weights, biases, [], []))
            return {"loss": float(value), "gradients": [float(g) for g in found]}

        def steps() -> None:
            for _ in range(STEPS):
                gradient(one[:2])

        return Work(steps, results, STEPS)

    return Side("HIPS autograd", make)
