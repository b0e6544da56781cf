"""Modules: a network as objects that hold their weights, named by the path to them.

``self.hidden = Linear(...)`` makes ``hidden.W`` a parameter, in the order of assignment; lists and
dictionaries of modules and Values count too. Nothing is registered: what a module has is read off
its attributes when it is asked for.

Labels follow from the path. In a model that has ``self.hidden = Linear(...)`` the weights are
called W_hidden and b_hidden and the result is called hidden, unless they have a label already. So
chain rules and pictures of a model can be read without naming anything.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import numpy as np

from autograd_lite.data import describe
from autograd_lite.errors import CheckpointError, DataError
from autograd_lite.recording import no_grad
from autograd_lite.value import Constant, Value

__all__ = ["Module", "Sequential"]


class Module:
    """The base of layers and models: a subclass sets attributes and defines ``forward``.

    Calling a module is calling its ``forward``, with labels for its weights and its result.

    >>> import autograd_lite as ag
    >>> from autograd_lite import nn
    >>> class Net(nn.Module):
    ...     def __init__(self, rng):
    ...         self.hidden = nn.Linear(3, 2, rng)
    ...         self.scale = ag.Value(2.0)
    ...
    ...     def forward(self, x):
    ...         return self.scale * ag.tanh(self.hidden(x))
    >>> net = Net(np.random.default_rng(0))
    >>> net([[1.0, 2.0, 3.0]]).shape
    (1, 2)
    >>> [(name, value.label) for name, value in net.named_parameters()]
    [('scale', 'scale'), ('hidden.W', 'W_hidden'), ('hidden.b', 'b_hidden')]
    """

    training = True
    """Whether it is trained: what Dropout and BatchNorm do depends on it. See :meth:`eval`."""
    buffers: tuple[str, ...] = ()
    """Attributes that are arrays, belong to the state and are not learned."""
    repeats = True
    """Whether a call with the same weights and input gives the same again and changes nothing. One
    that does not, while it is trained, cannot be compiled."""

    _path = ""
    _is_labelled = False

    def forward(self, *inputs: Any) -> Any:
        """What the module computes."""
        raise NotImplementedError(f"{type(self).__name__} has to define forward")

    def __call__(self, *inputs: Any) -> Any:
        """What :meth:`forward` computes, labelled by the path of the module."""
        if not self._is_labelled:
            self.label_parts()
        result = self.forward(*inputs)
        if isinstance(result, Value):
            if result.op is not None and not result.label and self._path:
                result.named(_label(self._path))
            _note(self._path, self, result)
        return result

    # What it has

    def _parts(self) -> Iterator[tuple[str, Any]]:
        for name, held in vars(self).items():
            yield from _inside(name, held)

    def named_modules(self, path: str = "") -> Iterator[tuple[str, "Module"]]:
        """This module and all below it, by their paths; one that is used twice comes once."""
        waiting, seen = [(path, self)], set[int]()
        while waiting:
            path, module = waiting.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            below = [
                (_joined(path, key), one) for key, one in module._parts() if isinstance(one, Module)
            ]
            waiting += reversed(below)

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """The Values that training changes, by their paths; one that is used twice comes once.

        A Constant is none, nor is a Value that was computed.
        """
        seen = set[Value]()
        for path, module in self.named_modules():
            for key, one in module._parts():
                if _is_parameter(one) and one not in seen:
                    seen.add(one)
                    yield _joined(path, key), one

    def parameters(self) -> list[Value]:
        """The same without their paths."""
        return [one for _, one in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for one in self.parameters():
            one.zero_grad()

    def train(self, wanted: bool = True) -> Self:
        """Set ``training`` here and below, and return the module."""
        for _, module in self.named_modules():
            module.training = wanted
        return self

    def eval(self) -> Self:
        """The module as it is used: nothing is dropped, and running means are taken."""
        return self.train(False)

    # Labels

    def label_parts(self) -> None:
        """Label what has no label yet, or had one from another path; the first call does it."""
        given: dict[str, str]
        taken = set[str]()
        for path, module in self.named_modules(self._path):
            module._path, module._is_labelled = path, True
            given = vars(module).setdefault("_labels", {})
            for key, one in module._parts():
                if _is_parameter(one) and one.label in ("", given.get(key)):
                    label = _label(path, key)
                    # W[0] of two lists of layers: W_a_0 and W_b_0
                    given[key] = label if label not in taken else "_".join([key, *path.split(".")])
                    one.named(given[key])
                    taken.add(label)

    def label(self, name: str, value: Any) -> Any:
        """The value itself, labelled by a name within this module: ``q = self.label("q", x @ W)``.

        >>> import autograd_lite as ag
        >>> Module().label("q", ag.Value(2.0)).label
        'q'
        """
        return value.named(_label(self._path, name)) if isinstance(value, Value) else value

    # State

    def state_dict(self) -> dict[str, Any]:
        """All parameters and buffers by their paths, as arrays of the caller's own."""
        return {key: np.array(getattr(owner, name)) for key, owner, name in self._state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take parameters and buffers over, all or none.

        Raises CheckpointError where one is missing, unknown, or of another shape.

            >>> from autograd_lite import nn
        >>> layer = nn.Linear(3, 2, np.random.default_rng(0))
        >>> layer.load_state_dict({"W": np.ones((3, 2)), "b": np.ones(2)})
        Traceback (most recent call last):
        autograd_lite.errors.CheckpointError: W has shape (2, 3) in the Linear and (3, 2) in what \
was given; build the model with the sizes it was saved with
        """
        own = {key: (owner, name) for key, owner, name in self._state()}
        kind = type(self).__name__
        missing, unknown = own.keys() - state.keys(), state.keys() - own.keys()
        if missing or unknown:
            raise CheckpointError(
                f"the {kind} has no place for {_listed(unknown)} and misses {_listed(missing)}; "
                "build the model with the layers it was saved with"
            )
        new = {key: np.asarray(state[key]) for key in own}
        for key, (owner, name) in own.items():
            shape = np.shape(getattr(owner, name))
            if shape != new[key].shape:
                raise CheckpointError(
                    f"{key} has shape {shape} in the {kind} and {new[key].shape} in what was "
                    "given; build the model with the sizes it was saved with"
                )
            if new[key].dtype.kind not in "fiu" or not np.isfinite(new[key]).all():
                raise CheckpointError(f"{key} is not made of finite numbers in what was given")
        for key, (owner, name) in own.items():
            setattr(owner, name, np.array(new[key]))

    def _state(self) -> Iterator[tuple[str, Any, str]]:
        """The path of each array, and the attribute that it is."""
        for path, value in self.named_parameters():
            yield path, value, "data"
        for path, module in self.named_modules():
            for name in module.buffers:
                yield _joined(path, name), module, name

    def astype(self, dtype: Any) -> Self:
        """The module, its parameters and buffers now of float32 or float64.

        Single numbers stay Python's floats.

        >>> import autograd_lite as ag
        >>> from autograd_lite import nn
        >>> nn.Linear(3, 2, np.random.default_rng(0)).astype(np.float32).W.dtype
        dtype('float32')
        """
        for value in self.parameters():
            if value.shape:
                Value.__init__(value, value.data.astype(dtype), value.label, value.names)
        for _, module in self.named_modules():
            for name in module.buffers:
                setattr(module, name, getattr(module, name).astype(dtype))
        return self

    # What a person sees

    def summary(self, *inputs: Any) -> str:
        """A table: each part, the shape of its result for these inputs, and how much it learns.

        >>> import autograd_lite as ag
        >>> from autograd_lite import nn
        >>> rng = np.random.default_rng(0)
        >>> model = nn.Sequential(nn.Linear(3, 4, rng), ag.relu, nn.Linear(4, 2, rng))
        >>> print(model.summary([[0.0] * 3]))
        part     kind    result  parameters
        linear1  Linear  (1, 4)  16
        relu1            (1, 4)
        linear2  Linear  (1, 2)  10
        26 parameters
        """
        rows, was_training = [("part", "kind", "result", "parameters")], self.training
        _noted.append(rows)
        try:
            with no_grad():
                self.eval()(*inputs)
        finally:
            _noted.pop()
            self.train(was_training)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        total = sum(value.size for value in self.parameters())
        return "\n".join([*lines, f"{total:,} parameters"])

    def __repr__(self) -> str:
        below = [f"{key}={one!r}" for key, one in self._parts() if isinstance(one, Module)]
        shapes = [f"{key}{one.shape}" for key, one in self._parts() if _is_parameter(one)]
        return f"{type(self).__name__}({', '.join(shapes + below)})"


def _inside(key: str, held: Any) -> Iterator[tuple[str, Any]]:
    """What an attribute holds, through lists and dictionaries."""
    if isinstance(held, list | tuple):
        for position, one in enumerate(held):
            yield from _inside(f"{key}.{position}", one)
    elif isinstance(held, dict):
        for name, one in held.items():
            yield from _inside(f"{key}.{name}", one)
    else:
        yield key, held


def _is_parameter(one: Any) -> bool:
    return (
        isinstance(one, Value)
        and not isinstance(one, Constant)
        and one.op is None
        and not one.is_unrecorded
    )


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _label(path: str, name: str = "") -> str:
    """What is called ``name`` at a path: W at block.hidden is W_block_hidden, layers.0.w is w[0].

    The name of a list of modules is left out where there is another, and its index is one:
    micrograd's layers.0.neurons.1.w.2 is w[0,1,2].
    """
    parts = [*path.split("."), *name.split(".")]
    indices = [part for part in parts if part.isdigit()]
    own, *below = [part for part in name.split(".") if part and not part.isdigit()] or [""]
    words = [
        part
        for part, after in zip(parts, [*parts[1:], ""], strict=True)
        if part and not part.isdigit() and not after.isdigit() and part not in (own, *below)
    ]
    if not own and not words:
        words = [part for part in parts if part and not part.isdigit()][-1:]
    label = "_".join(filter(None, [own, *below, *words]))
    return f"{label}[{','.join(indices)}]" if indices else label


def _listed(keys: Any) -> str:
    return ", ".join(sorted(keys)) or "nothing"


_noted: list[list[tuple[str, str, str, str]]] = []
"""The tables of the summaries that are being made."""


def _note(path: str, part: Any, result: Value) -> None:
    """A row for a part that was called while a summary is made; the model itself has none."""
    if _noted and path:
        is_module = isinstance(part, Module)
        own = [one for _, one in part._parts() if _is_parameter(one)] if is_module else []
        count, kind = sum(one.size for one in own), type(part).__name__ if is_module else ""
        _noted[-1].append((path, kind, str(result.shape), f"{count:,}" if count else ""))


# Composition


class Sequential(Module):
    """One after the other: modules, and functions such as ``ag.relu``.

    Each is named by what it is and counted (conv1, relu1, linear1, linear2), or by the keyword it
    is given with; so are the results.

    >>> import autograd_lite as ag
    >>> from autograd_lite import nn
    >>> rng = np.random.default_rng(0)
    >>> net = nn.Sequential(hidden=nn.Linear(3, 2, rng), H=ag.sigmoid, out=nn.Linear(2, 1, rng))
    >>> E = net([[1.0, 2.0, 3.0]]).sum().named("E")
    >>> print(str(ag.chain_rule(E, "W_hidden[0,1]")).splitlines()[1].strip())
    = 2·W_out[0,0]·H[0,0]·(1 − H[0,0])
    """

    def __init__(self, *parts: Callable[..., Any], **named: Callable[..., Any]) -> None:
        words = [_word(part) for part in parts]
        counted = {
            f"{word}{words[: place + 1].count(word)}": part
            for place, (word, part) in enumerate(zip(words, parts, strict=True))
        }
        self._stages = [*counted, *named]
        for name, part in (counted | named).items():
            if not callable(part):
                raise DataError(f"{name} is {describe(part)}; give a module or a function")
            if hasattr(Module, name):
                raise DataError(f"a part cannot be called {name}, which modules have themselves")
            setattr(self, name, part)

    def forward(self, x: Any) -> Any:
        """The result of the last."""
        for name in self._stages:
            part = getattr(self, name)
            x = part(x)
            if not isinstance(part, Module) and isinstance(x, Value):
                path = _joined(self._path, name)
                x = x if x.label or x.op is None else x.named(_label(path))
                _note(path, part, x)
        return x


def _word(part: Any) -> str:
    """What a part is called: Conv2d is conv, ag.relu is relu, and a lambda a step."""
    if isinstance(part, Module):
        return type(part).__name__.removesuffix("2d").lower()
    name = getattr(part, "name", getattr(part, "__name__", "step"))
    return name if name.isidentifier() else "step"
