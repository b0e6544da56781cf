"""Layers, losses, optimisers and the notebook's second network beside PyTorch, in float64.

Run by `make oracles` and `make slow`, which install PyTorch.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value, nn
from models.notebook import data
from models.notebook.second import SecondCNN

torch = pytest.importorskip("torch")
torch.set_num_threads(1)
F = torch.nn.functional

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::UserWarning")]

PRECISE = {"rtol": 1e-12, "atol": 1e-12}


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def tensor(array: Any, learned: bool = False) -> Any:
    return torch.tensor(np.array(array), dtype=torch.float64, requires_grad=learned)


def assert_same(ours: Any, theirs: Any) -> None:
    found = getattr(ours, "_data", ours)
    np.testing.assert_allclose(found, theirs.detach().numpy(), **PRECISE)


# The notebook's second network


class Theirs(torch.nn.Module):
    """The same network, built of PyTorch's layers."""

    def __init__(self, model: SecondCNN) -> None:
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 1, 2, dtype=torch.float64)
        self.hidden = torch.nn.Linear(4, 2, dtype=torch.float64)
        self.out = torch.nn.Linear(2, 2, dtype=torch.float64)
        names = {".W": ".weight", ".b": ".bias"}
        state = {key[:-2] + names[key[-2:]]: tensor(one) for key, one in model.state_dict().items()}
        self.load_state_dict(state)

    def forward(self, x: Any) -> Any:
        """Both outputs."""
        pooled = F.max_pool2d(F.relu(self.conv1(x)), 2)
        return torch.sigmoid(self.out(torch.sigmoid(self.hidden(torch.sigmoid(pooled.flatten(1))))))


def test_the_second_network_goes_the_same_way_for_1000_steps_and_stops_at_the_same_one() -> None:
    model = SecondCNN()
    theirs = Theirs(model)
    optimiser = torch.optim.SGD(theirs.parameters(), lr=0.01)
    ours = nn.SGD(model, rate=0.01)
    inputs, targets = tensor(data.X[None]), tensor(data.TARGETS[None])
    for iteration in range(1_000_000):
        optimiser.zero_grad()
        loss = F.mse_loss(theirs(inputs), targets)
        if loss.item() < 1e-4:
            break
        loss.backward()
        if iteration < 1000:
            E = model.loss()
            model.zero_grad()
            E.backward()
            assert_same(E.data, loss)
            for one, other in zip(model.parameters(), theirs.parameters(), strict=True):
                assert_same(one.grad, other.grad)
            ours.step()
        optimiser.step()
    ended = SecondCNN().fit()
    assert (ended.iterations, ended.converged) == (iteration, True)
    assert ended.error == pytest.approx(loss.item(), rel=1e-9)


# Optimisers


OPTIMISERS: list[tuple[Any, dict[str, Any], Any, dict[str, Any]]] = [
    (nn.SGD, {"rate": 0.1}, "SGD", {"lr": 0.1}),
    (nn.SGD, {"rate": 0.1, "decay": 0.3}, "SGD", {"lr": 0.1, "weight_decay": 0.3}),
    (nn.SGD, {"rate": 0.1, "momentum": 0.9}, "SGD", {"lr": 0.1, "momentum": 0.9}),
    (
        nn.SGD,
        {"rate": 0.1, "momentum": 0.9, "nesterov": True, "decay": 0.3},
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.3},
    ),
    (nn.Adam, {}, "Adam", {}),
    (nn.Adam, {"rate": 0.1, "decay": 0.3}, "Adam", {"lr": 0.1, "weight_decay": 0.3}),
    (
        nn.Adam,
        {"rate": 0.1, "betas": (0.5, 0.7), "epsilon": 1e-3},
        "Adam",
        {"lr": 0.1, "betas": (0.5, 0.7), "eps": 1e-3},
    ),
    (nn.AdamW, {"rate": 0.1}, "AdamW", {"lr": 0.1}),
    (nn.AdamW, {"rate": 0.1, "decay": 0.3}, "AdamW", {"lr": 0.1, "weight_decay": 0.3}),
]


@pytest.mark.parametrize(("kind", "options", "name", "more"), OPTIMISERS)
def test_ten_steps_of_an_optimiser(
    kind: Any, options: dict[str, Any], name: str, more: dict[str, Any]
) -> None:
    start, scale = rng().normal(size=(2, 3, 4))
    w, theirs = Value(start, "w"), tensor(start, learned=True)
    ours, peer = kind([w], **options), getattr(torch.optim, name)([theirs], **more)
    for _ in range(10):
        w.zero_grad()
        (scale * ag.sin(w)).sum().backward()
        ours.step()
        peer.zero_grad()
        (tensor(scale) * torch.sin(theirs)).sum().backward()
        peer.step()
        assert_same(w, theirs)


# Functions


def scores(*shape: int) -> Any:
    return rng().normal(size=shape) * 3


T = rng().integers(0, 4, 5)
D = rng().dirichlet(np.ones(4), 5)
SIGNS = np.sign(rng().normal(size=(5, 4)))

FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "softmax": (ag.softmax, lambda z: F.softmax(z, -1)),
    "log_softmax": (ag.log_softmax, lambda z: F.log_softmax(z, -1)),
    "gelu": (ag.gelu, F.gelu),
    "gelu by tanh": (lambda z: ag.gelu(z, "tanh"), lambda z: F.gelu(z, approximate="tanh")),
    "silu": (ag.silu, F.silu),
    "softplus": (ag.softplus, F.softplus),
    "leaky_relu": (ag.leaky_relu, F.leaky_relu),
    "mean_squared_error": (
        lambda z: ag.mean_squared_error(z, D),
        lambda z: F.mse_loss(z, tensor(D)),
    ),
    "sum_squared_error": (
        lambda z: ag.sum_squared_error(z, D),
        lambda z: F.mse_loss(z, tensor(D), reduction="sum"),
    ),
    "huber": (
        lambda z: ag.huber(z, D, delta=0.7),
        lambda z: F.huber_loss(z, tensor(D), delta=0.7),
    ),
    "hinge": (
        lambda z: ag.hinge(z, SIGNS),
        lambda z: F.relu(1 - tensor(SIGNS) * z).mean(),
    ),
    "binary_cross_entropy": (
        lambda z: ag.binary_cross_entropy(z, D),
        lambda z: F.binary_cross_entropy_with_logits(z, tensor(D)),
    ),
    "cross_entropy by index": (
        lambda z: ag.cross_entropy(z, T),
        lambda z: F.cross_entropy(z, torch.tensor(T)),
    ),
    "cross_entropy by distribution": (
        lambda z: ag.cross_entropy(z, D, reduce="sum"),
        lambda z: F.cross_entropy(z, tensor(D), reduction="sum"),
    ),
    "cross_entropy each": (
        lambda z: ag.cross_entropy(z, T, reduce="none"),
        lambda z: F.cross_entropy(z, torch.tensor(T), reduction="none"),
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_and_their_gradients(name: str) -> None:
    ours, theirs = FUNCTIONS[name]
    z, other = Value(scores(5, 4)), tensor(scores(5, 4), learned=True)
    found, expected = ours(z), theirs(other)
    assert_same(found, expected)
    cotangent = np.cos(np.arange(float(found.size))).reshape(found.shape)
    found.backward(cotangent)
    expected.backward(tensor(cotangent))
    assert_same(z.grad, other.grad)


# Layers


def carried(layer: Any, peer: Any, names: dict[str, str]) -> None:
    """Give a layer of theirs the weights of ours."""
    peer.double()
    with torch.no_grad():
        for own, other in names.items():
            getattr(peer, other).copy_(tensor(getattr(layer, own).data))


DENSE = {"W": "weight", "b": "bias"}
NORM = {"gamma": "weight", "beta": "bias"}

LAYERS: dict[str, Callable[[], tuple[Any, Any, dict[str, str], tuple[int, ...]]]] = {
    "Linear": lambda: (nn.Linear(3, 2, rng()), torch.nn.Linear(3, 2), DENSE, (5, 3)),
    "Conv2d": lambda: (
        nn.Conv2d(2, 3, (3, 2), rng(), stride=2, padding=1),
        torch.nn.Conv2d(2, 3, (3, 2), stride=2, padding=1),
        DENSE,
        (4, 2, 6, 5),
    ),
    "Conv2d of one image": lambda: (
        nn.Conv2d(2, 3, 2, rng()),
        torch.nn.Conv2d(2, 3, 2),
        DENSE,
        (2, 6, 5),
    ),
    "MaxPool2d": lambda: (nn.MaxPool2d(2), torch.nn.MaxPool2d(2), {}, (2, 3, 6, 4)),
    "AvgPool2d": lambda: (
        nn.AvgPool2d(3, 2, 1),
        torch.nn.AvgPool2d(3, 2, 1),
        {},
        (2, 3, 6, 4),
    ),
    "Flatten": lambda: (nn.Flatten(), torch.nn.Flatten(), {}, (2, 3, 4)),
    "BatchNorm": lambda: (nn.BatchNorm(3), torch.nn.BatchNorm1d(3), NORM, (5, 3)),
    "BatchNorm of images": lambda: (nn.BatchNorm(3), torch.nn.BatchNorm2d(3), NORM, (5, 3, 2, 4)),
    "LayerNorm": lambda: (nn.LayerNorm(4), torch.nn.LayerNorm(4), NORM, (5, 3, 4)),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_and_their_gradients(name: str, training: bool) -> None:
    layer, peer, names, shape = LAYERS[name]()
    carried(layer, peer, names)
    for one in layer.parameters():  # gamma and beta begin at 1 and 0
        one.data += rng().normal(size=one.shape)
    carried(layer, peer, names)
    layer.train(training)
    peer.train(training)
    for scale in (1.0, 2.0):
        x, other = Value(scale * scores(*shape)), tensor(scale * scores(*shape), learned=True)
        layer.zero_grad()
        peer.zero_grad()
        (layer(x) ** 2).sum().backward()
        (peer(other) ** 2).sum().backward()
        np.testing.assert_allclose(x.grad, other.grad.numpy(), rtol=1e-11, atol=1e-11)
        for own, theirs in names.items():
            found, expected = getattr(layer, own).grad, getattr(peer, theirs).grad.numpy()
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)
    for buffer in layer.buffers:
        assert_same(getattr(layer, buffer), getattr(peer, buffer))


def test_starting_weights_have_the_bounds_of_pytorch() -> None:
    many = nn.Linear(50, 200, rng()), torch.nn.Linear(50, 200)
    few = nn.Conv2d(2, 100, 5, rng()), torch.nn.Conv2d(2, 100, 5)
    for ours, theirs in (many, few):
        for own, other in DENSE.items():
            bound = np.abs(getattr(ours, own).data).max()
            assert bound == pytest.approx(getattr(theirs, other).abs().max().item(), rel=0.05)


def test_an_embedding_by_indices_and_by_one_hot_rows() -> None:
    layer, words = nn.Embedding(6, 3, rng()), np.array([[1, 5, 1], [0, 2, 2]])
    weight = tensor(layer.W.data, learned=True)
    (F.embedding(torch.tensor(words), weight) ** 2).sum().backward()
    for given in (words, Value(words)):
        layer.zero_grad()
        (layer(given) ** 2).sum().backward()
        assert_same(layer.W.grad, weight.grad)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_cells_over_three_steps(name: str) -> None:
    cell = getattr(nn, f"{name}Cell")(3, 4, rng())
    peer = getattr(torch.nn, f"{name}Cell")(3, 4).double()
    with torch.no_grad():
        peer.weight_ih.copy_(tensor(cell.W.data))
        peer.weight_hh.copy_(tensor(cell.U.data))
        peer.bias_ih.copy_(tensor(cell.b.data))
        peer.bias_hh.zero_()
        if name == "GRU":
            peer.bias_hh[8:] = tensor(cell.d.data)
    x = scores(3, 5, 3)
    state: Any = cell.start(5)
    other: Any = tensor(state)
    if name == "LSTM":
        state, other = (state, state), (other, other)
    for step in x:
        state, other = cell(step, state), peer(tensor(step), other)
    last, expected = (state[0], other[0]) if name == "LSTM" else (state, other)
    assert_same(last, expected)
    (last**2).sum().backward()
    (expected**2).sum().backward()
    for own, theirs in (("W", "weight_ih"), ("U", "weight_hh"), ("b", "bias_ih")):
        assert_same(getattr(cell, own).grad, getattr(peer, theirs).grad)


@pytest.mark.parametrize("causal", [False, True])
def test_a_head_of_attention(causal: bool) -> None:
    head, x = nn.Head(4, 3, rng(), causal=causal), scores(2, 5, 4)
    q, k, v = (tensor(x) @ tensor(getattr(head, name).data).T for name in "QKV")
    assert_same(head(x), F.scaled_dot_product_attention(q, k, v, is_causal=causal))
