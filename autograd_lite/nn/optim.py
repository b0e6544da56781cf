"""Optimisers: what becomes of a weight w, given its gradient g and the rate η.

Each is the update that PyTorch makes under the same name, step for step.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd_lite.data import describe
from autograd_lite.errors import CheckpointError, DataError
from autograd_lite.nn.module import Module
from autograd_lite.value import Value

__all__ = ["SGD", "Adam", "AdamW", "Optimiser"]


class Optimiser:
    """The base: :meth:`step` moves every parameter that has a gradient, all or none.

    ``parameters`` is a module or Values. ``rate`` may be assigned between steps.
    """

    memory: tuple[str, ...] = ()
    """What is kept for each parameter between steps, 0 at first."""

    def __init__(self, parameters: Module | Iterable[Value], rate: float, decay: float) -> None:
        named = (
            parameters.named_parameters()
            if isinstance(parameters, Module)
            else ((str(place), one) for place, one in enumerate(parameters))
        )
        self.parameters = dict(named)
        for key, one in self.parameters.items():
            if not isinstance(one, Value) or one.op is not None:
                raise DataError(f"parameter {key} is {describe(one)}; give Values, or a module")
        if not self.parameters:
            raise DataError("there is nothing to optimise; give a module with parameters")
        _check(rate=rate)
        _check(0.0, decay=decay)
        self.rate, self.decay = rate, decay
        self.state: dict[str, dict[str, Any]] = {}

    def step(self) -> None:
        """One step with the gradients that the parameters have now; one without stays."""
        moved = []
        for key, one in self.parameters.items():
            if one.grad is not None:
                kept = self.state.get(key, {"steps": 0, **dict.fromkeys(self.memory, 0.0)})
                moved.append((key, one, *self.update(one.data, one.grad, dict(kept))))
        try:
            self._take(moved)
        except BaseException:  # an interrupt, which must not leave half of a step
            self._take(moved)
            raise

    def _take(self, moved: list[Any]) -> None:
        for key, one, data, kept in moved:
            one.data = data
            self.state[key] = kept

    def update(self, w: Any, g: Any, kept: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The new w, and what is kept for the next step."""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for one in self.parameters.values():
            one.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """What is kept between steps, by the path of the parameter and the name of the number."""
        return {
            f"{key}.{name}": np.array(number)
            for key, kept in self.state.items()
            for name, number in kept.items()
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave. Raises CheckpointError for that of another."""
        taken: dict[str, dict[str, Any]] = {}
        for key, number in state.items():
            path, _, name = key.rpartition(".")
            if path not in self.parameters or name not in ("steps", *self.memory):
                raise CheckpointError(
                    f"{key} is nothing that this {type(self).__name__} keeps; it keeps "
                    f"{', '.join(('steps', *self.memory))} of {', '.join(self.parameters)}"
                )
            shape = () if name == "steps" else self.parameters[path].shape
            if np.shape(number) != shape:
                raise CheckpointError(
                    f"{key} has shape {shape} in the {type(self).__name__} and {np.shape(number)} "
                    "in what was given"
                )
            found = int(number) if name == "steps" else np.array(number) if shape else float(number)
            taken.setdefault(path, {})[name] = found
        for path, kept in taken.items():
            if kept.keys() != {"steps", *self.memory}:
                raise CheckpointError(f"of {path} only {', '.join(kept)} was given")
        self.state = taken

    def __repr__(self) -> str:
        hidden = {"parameters", "state", "memory"}
        options = [f"{k}={v!r}" for k, v in vars(self).items() if k not in hidden]
        return f"{type(self).__name__}({', '.join(options)})"


def _check(least: float = math.ulp(0.0), below: float = math.inf, **given: float) -> None:
    """Raise DataError unless each is a number from ``least`` to below ``below``."""
    for name, number in given.items():
        real = isinstance(number, int | float | np.number) and not isinstance(number, bool)
        if not (real and least <= number < below):
            needed = "above 0" if least else "from 0 on"
            limit = "" if below == math.inf else f" and below {below:g}"
            raise DataError(f"{name} is {describe(number)}; give a number {needed}{limit}")


class SGD(Optimiser):
    """w ← w − η·g; with momentum μ: v ← μ·v + g and w ← w − η·v, or − η·(g + μ·v) by Nesterov.

    ``decay`` λ adds λ·w to each g. (Polyak 1964; Nesterov 1983; Sutskever et al. 2013.)

    >>> w = Value(2.0)
    >>> (w * w).backward()
    >>> SGD([w], rate=0.25).step()
    >>> w.data
    1.0
    """

    def __init__(
        self,
        parameters: Module | Iterable[Value],
        rate: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, rate, decay)
        _check(0.0, momentum=momentum)
        if nesterov and not momentum:
            raise DataError("nesterov looks ahead along the momentum; give momentum above 0")
        self.momentum, self.nesterov = momentum, nesterov
        self.memory = ("velocity",) if momentum else ()

    def update(self, w: Any, g: Any, kept: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The new w, and its velocity."""
        if self.decay:
            g = g + self.decay * w
        if not self.momentum:
            return w - self.rate * g, {"steps": kept["steps"] + 1}
        v = self.momentum * kept["velocity"] + g
        ahead = g + self.momentum * v if self.nesterov else v
        return w - self.rate * ahead, {"steps": kept["steps"] + 1, "velocity": v}


class Adam(Optimiser):
    """w ← w − η·m̂ / (√v̂ + ε), with m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g².

    m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) at step t. ``decay`` λ adds λ·w to each g. (Kingma and
    Ba 2015.)

    >>> w = Value(2.0)
    >>> (w * w).backward()
    >>> Adam([w], rate=0.25).step()
    >>> round(w.data, 6)
    1.75
    """

    memory = ("m", "v")

    def __init__(
        self,
        parameters: Module | Iterable[Value],
        rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, rate, decay)
        _check(0.0, 1.0, beta_1=betas[0], beta_2=betas[1])
        _check(0.0, epsilon=epsilon)
        self.betas, self.epsilon = betas, epsilon

    def update(self, w: Any, g: Any, kept: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The new w, and its moments."""
        return self._moved(w, g + self.decay * w if self.decay else g, kept)

    def _moved(self, w: Any, g: Any, kept: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        (b1, b2), t = self.betas, kept["steps"] + 1
        m = b1 * kept["m"] + (1 - b1) * g
        v = b2 * kept["v"] + (1 - b2) * g * g
        size = np.sqrt(v) / math.sqrt(1 - b2**t) + self.epsilon
        return w - self.rate / (1 - b1**t) * (m / size), {"steps": t, "m": m, "v": v}


class AdamW(Adam):
    """Adam, but ``decay`` λ shrinks w itself: w ← (1 − η·λ)·w before the step.

    (Loshchilov and Hutter 2019.)

    >>> w = Value(2.0)
    >>> (w * w).backward()
    >>> AdamW([w], rate=0.25, decay=0.1).step()
    >>> round(w.data, 6)
    1.7
    """

    def __init__(
        self,
        parameters: Module | Iterable[Value],
        rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        decay: float = 1e-2,
    ) -> None:
        super().__init__(parameters, rate, betas, epsilon, decay)

    def update(self, w: Any, g: Any, kept: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The new w, and its moments."""
        return self._moved(w * (1 - self.rate * self.decay), g, kept)
