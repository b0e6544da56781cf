"""The notebook's own derivation in plain NumPy, mistakes and order of updates and all.

Two passes worked by hand, and the class ``SimpleCNN`` with hand-written gradients. The numbers
come out as the notebook prints them, to the last bit; M1 to M10 in the comments name its
mistakes. To see the right gradients, ask the engine.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from models.notebook.data import LEARNING_RATE, TARGETS, Array, Weights, X, initial_weights


class Activations(NamedTuple):
    """What a forward pass computes: feature map, pooled and flat, sigmoids, both layers."""

    fm: Array
    F: Array
    s: Array
    H: Array
    O: Array  # noqa: E741 - the notebook's name for the outputs


class Pass(NamedTuple):
    """One forward and backward pass: its numbers by name, and the weights that it leaves."""

    activations: Activations
    forward: dict[str, float]
    backward: dict[str, float]
    weights: Weights

    @property
    def numbers(self) -> dict[str, float]:
        """Every number of the pass, in the notebook's order."""
        return self.forward | self.backward


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + e⁻ˣ) elementwise."""
    return 1 / (1 + np.exp(-x))


def seen_by_kernel(image: Array) -> Array:
    """Return, for each of the kernel's 2x2 elements, the 4x4 part of the image it slides over.

    >>> seen_by_kernel(X)[0, 1, 2, 3] == X[2 + 0, 3 + 1]
    np.True_
    """
    return np.array([[image[m : m + 4, n : n + 4] for n in (0, 1)] for m in (0, 1)])


def windows(fm: Array) -> Array:
    """Regroup a 4x4 map so that each row is one 2x2 pooling window; twice is the identity."""
    return fm.reshape(2, 2, 2, 2).swapaxes(1, 2).reshape(4, 4)


def forward(weights: Weights, seen: Array) -> Activations:
    """Run the network on ``seen_by_kernel(image)``.

    >>> forward(initial_weights(), seen_by_kernel(X)).O.tolist()
    [0.6759432999019798, 0.6583619381178293]
    """
    fm = np.sum(seen * weights.w_conv[:, :, None, None], axis=(0, 1))
    F = windows(fm).max(axis=1)
    s = sigmoid(F)
    # Sums of products, not np.dot: BLAS adds in an order that depends on the processor.
    H = sigmoid(np.sum(weights.w_hidden * s, axis=1))
    return Activations(fm, F, s, H, sigmoid(np.sum(weights.w_output * H, axis=1)))


def kernel_gradient(dE_dF: Array, fm: Array, seen: Array) -> tuple[Array, Array]:
    """Carry dE/dF through pooling and convolution: return dE/dfm and dE/dw_conv.

    Only the cell that won its pooling window, the first of equals, gets a gradient.
    """
    routed = np.zeros((4, 4))
    routed[np.arange(4), windows(fm).argmax(axis=1)] = dE_dF
    dE_dfm = windows(routed)
    return dE_dfm, np.sum(seen * dE_dfm, axis=(2, 3))


def first_pass() -> Pass:
    """Return the first pass, from the seed-0 weights.

    >>> first_pass().numbers["dE/dw_10"]  # the true value is 0.2561134152913783
    -0.12278436404679686
    """
    weights, seen = initial_weights(), seen_by_kernel(X)
    now = forward(weights, seen)
    dense, dE_dH, hidden, output = _dense_backward(weights, now, now)

    # M5: the updated hidden weights, where those of the forward pass belong.
    dE_ds = np.sum(hidden * dE_dH[:, None] * now.H[:, None] * (1 - now.H)[:, None], axis=0)
    dE_dF = dE_ds * now.s * (1 - now.s)
    dE_dfm, dE_dw_conv = kernel_gradient(dE_dF, now.fm, seen)
    convolution = (
        _named("dE/ds_{}", dE_ds, first=1)
        | _named("dE/dF_{}", dE_dF, first=1)
        | _named("dE/dfm[{},{}]", dE_dfm)
        | _named("dE/dw_conv[{},{}]", dE_dw_conv)
    )
    updated = Weights(weights.w_conv - LEARNING_RATE * dE_dw_conv, hidden, output)
    return _told(now, dense | convolution, updated)


def second_pass() -> Pass:
    """Return the second pass, from the weights that the first one left.

    >>> second_pass().numbers["E"] < first_pass().numbers["E"]  # with 14 of 16 gradients wrong
    True
    """
    first = first_pass()
    now = forward(first.weights, seen_by_kernel(X))
    # M6: the output layer's derivatives are taken at the activations of the first pass.
    dense, _, hidden, output = _dense_backward(first.weights, now, first.activations)
    # M7: the chain down to the kernel is that of the first pass, and the kernel stays.
    chain = ("dE/ds", "dE/dF", "dE/dfm", "dE/dw_conv")
    convolution = {name: x for name, x in first.backward.items() if name.startswith(chain)}
    return _told(now, dense | convolution, Weights(first.weights.w_conv, hidden, output))


def sections() -> dict[str, dict[str, float]]:
    """Return the notebook's numbers by the section that prints them.

    >>> sections()["pass 1, forward, list in the text"]["O1"]
    0.6759177984208319
    """
    first, second = first_pass(), second_pass()
    return {
        "pass 1, forward, printed by the code": first.forward,
        # M8: under the first forward pass, the text lists the numbers of the second.
        "pass 1, forward, list in the text": second.forward,
        "pass 1, backward": first.backward,
        "pass 2, forward": second.forward,
        "pass 2, backward": second.backward,
    }


def _dense_backward(
    weights: Weights, now: Activations, at_output: Activations
) -> tuple[dict[str, float], Array, Array, Array]:
    """Return the numbers of the two dense layers, dE/dH, and both updated weight matrices."""
    errors = (now.O - TARGETS) ** 2
    # M1, M2: the notebook also uses dE2/dO1 and dE1/dO2, which are 0. Row i, column j: dEj/dOi.
    dE_dO = -2 * (TARGETS - now.O[:, None])
    slope = at_output.O * (1 - at_output.O)
    dE_dw_output = dE_dO * slope[:, None] * at_output.H
    output = weights.w_output - LEARNING_RATE * dE_dw_output

    # M3, M4: the columns of dE_dO once more, and for both outputs one slope, that of the output
    # with the hidden unit's number. M5: the updated weights, where the old ones belong.
    dE_dH = np.sum(dE_dO * output, axis=0) * slope
    dE_dw_hidden = (dE_dH * now.H * (1 - now.H))[:, None] * now.s
    hidden = weights.w_hidden - LEARNING_RATE * dE_dw_hidden

    numbers = _named("E{}", errors, first=1) | {"E": float(np.sum(errors))}
    for i, j in np.ndindex(2, 2):
        numbers[f"dE{j + 1}/dO{i + 1}"] = float(dE_dO[i, j])
        numbers[f"dO{i + 1}/dnet_O{i + 1}"] = float(slope[i])
        numbers[f"dnet_O{i + 1}/dw_{9 + 2 * i + j}"] = float(at_output.H[j])
    numbers |= _named("dE/dw_{}", dE_dw_output.ravel(), first=9)
    numbers |= _named("dE/dH{}", dE_dH, first=1)
    numbers |= _named("dE/dw_{}", dE_dw_hidden.ravel(), first=1)
    return numbers, dE_dH, hidden, output


def _told(now: Activations, gradients: dict[str, float], updated: Weights) -> Pass:
    """Put a pass together, every number under its name."""
    outputs = (
        _named("fm[{},{}]", now.fm)
        | _named("F_{}", now.F, first=1)
        | _named("s_{}", now.s, first=1)
        | _named("H{}", now.H, first=1)
        | _named("O{}", now.O, first=1)
    )
    backward = (
        gradients
        | _named("w_{} updated", updated.w_output.ravel(), first=9)
        | _named("w_{} updated", updated.w_hidden.ravel(), first=1)
        | _named("w_conv[{},{}] updated", updated.w_conv)
    )
    return Pass(now, outputs, backward, updated)


def _named(template: str, array: Array, first: int = 0) -> dict[str, float]:
    """Name the elements of an array by their indices, counted from ``first``."""
    return {
        template.format(*(i + first for i in index)): float(x) for index, x in np.ndenumerate(array)
    }


class FitResult(NamedTuple):
    """How a training ended: the updates made, the last error measured, below the threshold?"""

    iterations: int
    error: float
    converged: bool


class SimpleCNN:
    """The notebook's class: the same network, trained with hand-written gradients.

    >>> model = SimpleCNN()
    >>> model.fit(X, TARGETS, learning_rate=0.01, max_iterations=3).converged
    False
    """

    def __init__(self, seed: int = 0) -> None:
        self.weights = initial_weights(seed)

    def fit(
        self,
        input_matrix: object,
        targets: object,
        learning_rate: float = 0.001,
        max_iterations: int = 1_000_000,
        convergence_threshold: float = 0.001,
        progress: Callable[[int, float], None] | None = None,
    ) -> FitResult:
        """Train until the error E1 + E2 is below the threshold, or the iterations are used up.

        ``progress(iteration, error)`` is called every 1000 iterations. As in the notebook, the
        error of a training that did not converge was measured before its last update.
        Raises ValueError for arguments that cannot be trained with.
        """
        seen = seen_by_kernel(_numbers("input_matrix", input_matrix, (5, 5)))
        targets = _numbers("targets", targets, (2,))
        _require_positive("learning_rate", learning_rate)
        _require_positive("max_iterations", max_iterations, whole=True)
        _require_positive("convergence_threshold", convergence_threshold)

        for iteration in range(max_iterations):
            now = forward(self.weights, seen)
            error = float(np.sum((targets - now.O) ** 2))
            if np.isnan(error):
                raise ValueError(f"the error is nan after {iteration} iterations; try a lower rate")
            if error < convergence_threshold:
                return FitResult(iteration, error, converged=True)
            if progress is not None and iteration % 1000 == 0:
                progress(iteration, error)
            self._step(now, targets, seen, learning_rate)
        return FitResult(max_iterations, error, converged=False)

    def predict(self, input_matrix: object) -> tuple[float, float]:
        """Return the outputs (O1, O2). Raises ValueError if the input is not 5x5 finite numbers.

        >>> SimpleCNN().predict(X)
        (0.6759432999019798, 0.6583619381178293)
        """
        seen = seen_by_kernel(_numbers("input_matrix", input_matrix, (5, 5)))
        O1, O2 = forward(self.weights, seen).O.tolist()
        return O1, O2

    def _step(self, now: Activations, targets: Array, seen: Array, learning_rate: float) -> None:
        w_conv, hidden, output = self.weights
        dE_dO = -2 * (targets - now.O)
        slope = now.O * (1 - now.O)
        output = output - learning_rate * ((dE_dO * slope)[:, None] * now.H)

        # M10: updated output weights; one output's error per hidden unit, applied to both of its
        # weights; no factor H(1 - H).
        dE_dH = np.sum(dE_dO * output, axis=0)
        dE_ds = np.sum(hidden * dE_dH[:, None] * slope[:, None], axis=0)
        dE_dF = dE_ds * now.s * (1 - now.s)
        _, dE_dw_conv = kernel_gradient(dE_dF, now.fm, seen)
        # M9: no gradient for w_1 to w_8, they stay as they are.
        self.weights = Weights(w_conv - learning_rate * dE_dw_conv, hidden, output)


def _numbers(name: str, given: object, shape: tuple[int, ...]) -> Array:
    try:
        array: Array | None = np.array(given).astype(np.float64, casting="safe")
    except (TypeError, ValueError):
        array = None
    if array is None or array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f"{name} has to be finite numbers of shape {shape}, got {given!r}")
    return array


def _require_positive(name: str, given: float, whole: bool = False) -> None:
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    if not (isinstance(given, kinds) and 0 < given < np.inf):
        needed = "whole" if whole else "finite"
        raise ValueError(f"{name} has to be a positive {needed} number, got {given!r}")
