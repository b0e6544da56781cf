"""A step of LeNet-5 on a batch, forward and backward: models/lenet.py, and the peers' programs.

Every program computes the loss and the gradients of all weights, from the same arrays.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from models.lenet import LeNet5, digits
from tests.benchmarks.rows import Results, Side, Work

__all__ = ["compiled", "eager", "hips", "jax", "pytorch"]

BATCH = 64
IMAGES, ROWS = ("conv1", "conv2"), ("dense1", "dense2", "out")


class Start(NamedTuple):
    """A network, a batch, and what is wanted of it."""

    network: LeNet5
    images: Any
    wanted: Any

    @property
    def weights(self) -> dict[str, Any]:
        """The arrays by label."""
        return {one.label: np.array(one.data) for one in self.network.parameters()}


def start(dtype: str) -> Start:
    """The same numbers at every call."""
    rng = np.random.default_rng(0)
    network = LeNet5(rng, dtype)
    network.label_parts()
    images, shown = digits(BATCH, rng)
    return Start(network, images.astype(dtype), np.eye(10, dtype=dtype)[shown])


def results(loss: Any, gradients: Mapping[str, Any]) -> Results:
    """Loss and gradients by name."""
    return {"loss": float(loss), **{label: np.array(one) for label, one in gradients.items()}}


def compiled(backend: str, dtype: str) -> Side:
    """Ours, compiled, called with the weights of each step."""

    def make() -> Work:
        one = start(dtype)
        images, wanted = ag.Constant(one.images, "images"), ag.Constant(one.wanted, "targets")
        step = ag.compile(one.network.loss(images, wanted), backend=backend)
        weights = one.weights
        return Work(lambda: step(**weights), lambda: results(*step(**weights)))

    return Side(f"compiled, {backend}", make)


def eager(dtype: str) -> Side:
    """Ours, the graph made anew in each step."""

    def make() -> Work:
        one = start(dtype)
        parameters = one.network.parameters()

        def step() -> Any:
            for parameter in parameters:
                parameter.zero_grad()
            loss = one.network.loss(ag.Constant(one.images), ag.Constant(one.wanted))
            loss.backward(retain_graph=False)
            return loss.data

        return Work(step, lambda: results(step(), {p.label: p.grad for p in parameters}))

    return Side("eager", make)


def pytorch(dtype: str) -> Side:
    """PyTorch, eager, by its functions."""

    def make() -> Work:
        import torch
        from torch.nn import functional as F  # noqa: N812 - as everybody calls it

        one = start(dtype)
        w = {label: torch.tensor(array) for label, array in one.weights.items()}
        for weight in w.values():
            weight.requires_grad_()
        images, wanted = torch.tensor(one.images), torch.tensor(one.wanted)

        def step() -> Any:
            for weight in w.values():
                weight.grad = None
            h = images
            for n in IMAGES:
                h = F.max_pool2d(torch.sigmoid(F.conv2d(h, w[f"W_{n}"], w[f"b_{n}"])), 2)
            h = torch.flatten(h, 1)
            for n in ROWS:
                h = torch.sigmoid(F.linear(h, w[f"W_{n}"], w[f"b_{n}"]))
            loss = F.mse_loss(h, wanted)
            loss.backward()
            return loss.item()

        def found() -> Results:
            loss = step()
            return results(loss, {k: v.grad.numpy() for k, v in w.items()})

        return Work(step, found)

    return Side("PyTorch eager", make)


def jax(dtype: str) -> Side:
    """JAX, one jitted call a step."""

    def make() -> Work:
        import jax as jx

        if dtype == "float64":
            jx.config.update("jax_enable_x64", True)
        one = start(dtype)
        images, wanted = jx.numpy.array(one.images), jx.numpy.array(one.wanted)
        weights = {label: jx.numpy.array(array) for label, array in one.weights.items()}

        def loss(w: Any) -> Any:
            h = images
            for n in IMAGES:
                h = jx.lax.conv(h, w[f"W_{n}"], (1, 1), "VALID") + w[f"b_{n}"][:, None, None]
                h = jx.lax.reduce_window(
                    jx.nn.sigmoid(h), -np.inf, jx.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID"
                )
            h = h.reshape(len(h), -1)
            for n in ROWS:
                h = jx.nn.sigmoid(h @ w[f"W_{n}"].T + w[f"b_{n}"])
            return ((h - wanted) ** 2).mean()

        gradient = jx.jit(jx.value_and_grad(loss))
        return Work(
            lambda: jx.block_until_ready(gradient(weights)), lambda: results(*gradient(weights))
        )

    return Side("JAX jit", make)


def hips(dtype: str) -> Side:
    """HIPS autograd, with the convolution and the pooling of its own example."""

    def make() -> Work:
        import autograd
        import autograd.numpy as anp
        from autograd.scipy.signal import convolve

        one = start(dtype)

        def sigmoid(x: Any) -> Any:
            return 1 / (1 + anp.exp(-x))

        def loss(w: Any) -> Any:
            h = one.images
            for n in IMAGES:
                # It turns the kernel round, as signal processing does.
                kernel = anp.transpose(w[f"W_{n}"][:, :, ::-1, ::-1], (1, 0, 2, 3))
                axes = {"axes": ([2, 3], [2, 3]), "dot_axes": ([1], [0])}
                h = sigmoid(convolve(h, kernel, mode="valid", **axes) + w[f"b_{n}"][:, None, None])
                count, channels, height, width = h.shape
                windows = anp.reshape(h, (count, channels, height // 2, 2, width // 2, 2))
                h = anp.max(anp.max(windows, axis=3), axis=4)
            h = anp.reshape(h, (len(h), -1))
            for n in ROWS:
                h = sigmoid(anp.dot(h, w[f"W_{n}"].T) + w[f"b_{n}"])
            return anp.mean((h - one.wanted) ** 2)

        gradient = autograd.value_and_grad(loss)
        weights = one.weights
        return Work(lambda: gradient(weights), lambda: results(*gradient(weights)))

    return Side("HIPS autograd", make)
