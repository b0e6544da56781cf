"""Programs written for micrograd run when the line that imports Value is changed."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from autograd_lite import Value


def test_the_readme_example() -> None:
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


# Its tests of the engine compare with PyTorch. Here the same kinds of program run once on Values
# and once on complex numbers, where f(x + ih) = f(x) + ih·f′(x) to the last bits for a tiny h.


def relu(x: Any) -> Any:
    if isinstance(x, Value):
        return x.relu()
    return x if x.real > 0 else 0 * x


def polynomial_with_kinks(x: Any) -> Any:
    z = 3 * x + 2
    q = relu(z) + z * x
    return relu(z * z) + q + q * x


def every_operator(a: Any, b: Any) -> Any:
    c = a + b
    d = a * b + b**3
    c += 1 + c - a
    d += 3 * d + relu(b - a) + relu(b + a)
    e = -(c - d) / 7.0
    f = e**2 + 5 - a
    return f / 2.0 + 10.0 / f + (f - 1) ** -1


@pytest.mark.parametrize(
    ("program", "point"),
    [
        (polynomial_with_kinks, [-4.0]),
        (polynomial_with_kinks, [4.0]),
        (every_operator, [-4.0, 2.0]),
        (every_operator, [1.5, -0.5]),
    ],
)
def test_programs_of_its_engine_tests(program: Callable[..., Any], point: list[float]) -> None:
    values = [Value(x) for x in point]
    result = program(*values)
    result.backward()
    step = 1e-30
    for position, value in enumerate(values):
        shifted: list[complex] = [complex(x) for x in point]
        shifted[position] += 1j * step
        expected = program(*shifted)
        assert result.data == pytest.approx(expected.real, rel=1e-14)
        assert value.grad == pytest.approx(expected.imag / step, rel=1e-14)


# A network of scalars, built as its nn module builds one.


class Neuron:
    """A weighted sum, and a relu unless it is linear."""

    def __init__(self, inputs: int, linear: bool, rng: random.Random) -> None:
        self.w = [Value(rng.uniform(-1, 1)) for _ in range(inputs)]
        self.b = Value(0)
        self.linear = linear

    def __call__(self, x: list[Any]) -> Value:
        """The neuron's output."""
        net = sum((w * x for w, x in zip(self.w, x, strict=True)), self.b)
        return net if self.linear else net.relu()

    def parameters(self) -> list[Value]:
        """What training changes."""
        return [*self.w, self.b]


class MLP:
    """Layers of neurons; the last one is linear."""

    def __init__(self, inputs: int, sizes: list[int], rng: random.Random) -> None:
        self.layers = [
            [Neuron(before, size == sizes[-1], rng) for _ in range(size)]
            for before, size in zip([inputs, *sizes], sizes, strict=False)
        ]

    def __call__(self, x: list[Any]) -> Value:
        """The one output of the last layer."""
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0]

    def parameters(self) -> list[Value]:
        """What training changes."""
        return [p for layer in self.layers for neuron in layer for p in neuron.parameters()]


INPUTS = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
TARGETS = [-1.0, 1.0, 1.0, -1.0]  # exclusive or


def margin_loss(model: MLP) -> Value:
    misses = [(1 - target * model(x)).relu() for x, target in zip(INPUTS, TARGETS, strict=True)]
    decay = sum(p * p for p in model.parameters())
    return sum(misses) * (1.0 / len(misses)) + 1e-3 * decay


@pytest.fixture
def model() -> MLP:
    return MLP(2, [6, 1], random.Random(3))


def test_the_gradients_of_a_network_are_the_central_differences(model: MLP) -> None:
    margin_loss(model).backward()
    step = 1e-5
    for p in model.parameters():
        gradient, data = p.grad, p.data
        p.data = data + step
        high = margin_loss(model).data
        p.data = data - step
        low = margin_loss(model).data
        p.data = data
        # The loss is quadratic between its kinks, so that only rounding differs: 1e-16 / step.
        assert gradient == pytest.approx((high - low) / (2 * step), abs=1e-10)


def test_a_network_learns_exclusive_or(model: MLP) -> None:
    for _ in range(100):
        loss = margin_loss(model)
        for p in model.parameters():
            p.grad = 0
        loss.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
    assert all((model(x).data > 0) == (t > 0) for x, t in zip(INPUTS, TARGETS, strict=True))
    assert loss.data < 0.2
