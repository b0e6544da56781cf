"""Weights and gradients that code keeps in dicts, lists and objects.

``grads['W1']`` is called as the weight, ``nabla_w[0]`` as nothing in the graph, and
``layer.dweights`` as what its object calls a weight: what each of them is, its holder says. That
never depends on whether the number is right.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from autograd_lite.check.claims import Derivative, Quantity, ValueOf
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.read.numbers import Array
from autograd_lite.check.spelling import derivatives, gradients, words

# How code spells where something is: self.layers[0].grads['W'].

_TOKEN = re.compile(r"\['([^']*)'\]|\[\"([^\"]*)\"\]|\[([^\]]*)\]|\.?([^\W\d]\w*)")
_HELD = re.compile(r"(.+)(?:\[(?:'([^']*)'|\"([^\"]*)\"|(-?\d+))\]|\.(\w+))")

RETURNED = "return"
"""The path of what a function returns."""


def tokens(path: str) -> tuple[str, ...]:
    """The names and indices of which a path is made; what an own object holds is its own.

    >>> tokens("self.layers[0].grads['W']"), tokens("dW")
    (('layers', '0', 'grads', 'W'), ('dW',))
    """
    found = tuple(next(filter(None, one.groups()), "") for one in _TOKEN.finditer(path))
    return found[1:] if found[:1] == ("self",) and len(found) > 1 else found


def holder_of(path: str) -> tuple[str, str]:
    """What holds a variable, and what it is called there; "" for a variable of its own.

    >>> holder_of("self.grads['W1']"), holder_of("nabla_w[0]"), holder_of("dW")
    (('self.grads', 'W1'), ('nabla_w', '0'), ('', 'dW'))
    """
    found = _HELD.fullmatch(path)
    if found is None:
        return "", path
    return found[1], next(part for part in found.groups()[1:] if part is not None)


# What names say: of gradients, of weights, of the memory of an optimiser.

_OF_GRADIENTS = re.compile(
    r"^gs?$|^g[wb]s?$|grad|nabla|delta|deriv|change|slope|backprop|error"
    r"|(?:^|_)d(?:params?|weights?|bias(?:es)?|w|b|s)?s?(?:_|$)|∂|∇",
    re.IGNORECASE,
)
_OF_WEIGHTS = re.compile(
    r"param|weight|bias|theta|model|net|layer|new|next|updat|best|trained|^[wb]s?$", re.IGNORECASE
)
_OF_STATE = re.compile(
    r"^[mvsr]s?$|^[mv][dwb]|veloc|moment|cache|^mem|accum|squar|(?:^|_)sq|hist|state|adam|rms|prev"
    r"|running|avg|buffer|corrected|_hat$|optim",
    re.IGNORECASE,
)
_STEM = re.compile(
    r"gradients?|grads?|nabla|deltas?|derivs?|derivatives?|changes?|errors?|slopes?|of|all|list|_",
    re.IGNORECASE,
)
_KINDS = {
    "weight": {"w", "ws", "weight", "weights", "kernel", "kernels", "wt", "coef", "theta"},
    "bias": {"b", "bs", "bias", "biases", "beta", "offset", "intercept"},
}


def holds_gradients(holder: str) -> bool:
    """Whether a dict or list is called as what holds gradients.

    >>> [holds_gradients(name) for name in ("grads", "self.nabla_w", "change_w", "d", "params")]
    [True, True, True, True, False]
    """
    return any(_OF_GRADIENTS.search(one) for one in tokens(holder))


def is_state(path: str) -> bool:
    """Whether a path is called as what an optimiser remembers.

    >>> is_state("self.velocity['W1']"), is_state("grads['W1']")
    (True, False)
    """
    return any(_OF_STATE.search(one) for one in tokens(path)) and not holds_gradients(path)


def kind_of(word: str) -> str:
    """Whether a word is one for weights or one for biases; "" for another.

    >>> kind_of("biases"), kind_of("W"), kind_of("W1"), kind_of("x")
    ('bias', 'weight', 'weight', '')
    """
    plain = words(word).casefold().replace(" ", "").rstrip("0123456789")
    return next((kind for kind, known in _KINDS.items() if plain in known), "")


def _stems(word: str) -> set[str]:
    """What a word can be the gradient of: dweights, W_grad, nabla_b, weights_error, dL_dW."""
    text = words(word)
    found = {*gradients(text), *(by for _, by in derivatives(text))}
    if stripped := _STEM.sub("", word):
        found.add(stripped)
    return {one.replace(" ", "").replace("_", "") for one in found} - {
        word.replace(" ", "").replace("_", "")
    }


def weight_called(name: str, vocabulary: Vocabulary) -> str:
    """The one weight that a name means; "" where it means something else."""
    readings = vocabulary.readings(name) if vocabulary.is_weight(name) else []
    only = readings[0] if len(readings) == 1 else None
    return only.of if isinstance(only, ValueOf) else ""


def gradient_beside(parts: tuple[str, ...], weights: Mapping[tuple[str, ...], str]) -> str:
    """The weight that is kept beside a gradient, in the same place of the same form; "" for none.

    That are layer.dweights and layer.weights, grads[0] and params[0], db[1] and biases[1].

    >>> gradient_beside(("layer", "dW"), {("layer", "weights"): "W1", ("layer", "b"): "b1"})
    'W1'
    """
    exact, alike = [], []
    for own, weight in weights.items():
        if len(own) != len(parts):
            continue
        other = [place for place in range(len(own)) if own[place] != parts[place]]
        if len(other) != 1:
            continue
        word, named = parts[other[0]], own[other[0]]
        if word.isdigit() or named.isdigit() or _OF_STATE.search(word):
            continue
        stems = _stems(word)
        if named.replace("_", "") in stems:
            exact.append(weight)
            continue
        of_its_kind = kind_of(named) and kind_of(named) in map(kind_of, stems)
        is_holder = other[0] < len(own) - 1 and _OF_GRADIENTS.search(word)
        if of_its_kind or (is_holder and not stems & _WORDS):
            alike.append(weight)
    found = set(exact or alike)
    return found.pop() if len(found) == 1 else ""


# What everything that a program keeps is.


class Kept:
    """What the numbers are that are kept in dicts, lists and objects, by their paths.

    ``held`` has what is there in the end, ``weights`` the paths at which weights are, and ``is_``
    says whether a path has the numbers of a quantity. That decides only the order of a list, and
    whether a dict that is called as nothing, with a single weight's name in it, is meant at all.

    >>> import autograd_lite as ag
    >>> import numpy as np
    >>> from autograd_lite.chain.graph import named_graph
    >>> vocabulary = Vocabulary(named_graph((ag.Value([3.0, 1.0], "w") ** 2).sum().named("E")))
    >>> held = {"layer.kernel": np.ones(2), "layer.kernel_grad": np.ones(2)}
    >>> kept = Kept(held, {"layer.kernel": "w"}, vocabulary, lambda path, quantity: False)
    >>> {path: str(quantity) for path, quantity in kept.meanings.items()}
    {'layer.kernel': 'w', 'layer.kernel_grad': 'dE/dw'}
    """

    def __init__(
        self,
        held: Mapping[str, Array],
        weights: Mapping[str, str],
        vocabulary: Vocabulary,
        is_: Callable[[str, Quantity], bool],
    ) -> None:
        self._held, self._weights = held, weights
        self._vocabulary, self._is = vocabulary, is_
        self._tokens = {path: tokens(path) for path in held}
        self._beside = {tokens(path): weight for path, weight in weights.items()}

    @cached_property
    def meanings(self) -> dict[str, Quantity | None]:
        """What is kept at a path; None for what an optimiser remembers."""
        found: dict[str, Quantity | None] = {}
        for path, parts in self._tokens.items():
            if weight := self._weights.get(path, ""):
                found[path] = ValueOf(weight)
            elif len(parts) > 1 and (beside := gradient_beside(parts, self._beside)):
                found[path] = Derivative(self._vocabulary.root, beside)
        called = [path for path, parts in self._tokens.items() if len(parts) > 1]
        called = [path for path in called if path not in found]
        known = {one for one in found.values() if isinstance(one, Derivative)}
        known |= {one for path in self._held if (one := self._own_gradient(path))}
        sure = [path for path in called if holds_gradients(holder_of(path)[0])]
        for path in (*sure, *(one for one in called if one not in sure)):
            meant = self._called(path, path in sure, known)
            if meant is not _NOTHING:
                found[path] = meant
                known |= {meant} if path in sure and isinstance(meant, Derivative) else set()
        self._group([path for path in called if path not in found], found, known)
        return found

    def _own_gradient(self, path: str) -> Derivative | None:
        """The gradient that a variable of its own is called."""
        if len(self._tokens[path]) > 1 and not path.startswith("self."):
            return None
        readings = self._vocabulary.readings(self._tokens[path][-1])
        only = readings[0] if len(readings) == 1 else None
        return only if isinstance(only, Derivative) and self._by_weight(only) else None

    def _by_weight(self, quantity: Quantity) -> bool:
        of_root = isinstance(quantity, Derivative) and quantity.child == self._vocabulary.root
        return of_root and self._vocabulary.is_weight(quantity.subject)

    # Called as a weight, or as its gradient.

    def _called(self, path: str, sure: bool, known: set[Derivative]) -> Quantity | None:
        holder, own = holder_of(path)
        if weight := weight_called(own, self._vocabulary):
            return self._under_a_weight(path, holder, weight, sure, known)
        readings = [one for one in self._vocabulary.readings(own) if self._by_weight(one)]
        if len(readings) != 1 or not isinstance(readings[0], Derivative):
            return _NOTHING
        is_attribute = path.endswith(f".{own}")
        if readings[0] in known and not sure:
            return None if is_state(path) or not is_attribute else _NOTHING
        others = any(tokens(one)[-1] == own and one != path for one in self._held)
        return _NOTHING if others and is_attribute and not sure else readings[0]

    def _under_a_weight(
        self, path: str, holder: str, weight: str, sure: bool, known: set[Derivative]
    ) -> Quantity | None:
        """What is kept under the name of a weight: its gradient, itself, or what is remembered."""
        gradient, value = Derivative(self._vocabulary.root, weight), ValueOf(weight)
        if sure:
            return gradient
        is_value = self._is(path, value)
        if is_state(holder) or (gradient in known and not _OF_WEIGHTS.search(holder)):
            return value if is_value else None
        if is_value or _OF_WEIGHTS.search(holder.rsplit(".", 1)[-1]):
            return value
        beside = [one for one in self._held if holder_of(one)[0] == holder]
        several = sum(bool(weight_called(tokens(one)[-1], self._vocabulary)) for one in beside)
        is_gradient = several > 1 or holder == RETURNED or self._is(path, gradient)
        return gradient if is_gradient else _NOTHING

    # Several together, as many as there are weights: nabla_w[0], grads[1][0], return[0].

    def _group(
        self,
        paths: Sequence[str],
        found: dict[str, Quantity | None],
        known: set[Derivative],
    ) -> None:
        holders: dict[tuple[str, ...], list[str]] = {}
        for path in paths:
            parts = self._tokens[path]
            for end in range(1, len(parts)):
                holders.setdefault(parts[:end], []).append(path)
        for holder, members in sorted(holders.items(), key=lambda one: len(one[0])):
            inside = _in_order([one for one in members if one not in found], self._tokens)
            spelled = "_".join(one for one in holder if not one.isdigit())
            named = any(_OF_GRADIENTS.search(one) for one in holder) or holder == (RETURNED,)
            if not inside or (
                not named and (_OF_STATE.search(spelled) or _OF_WEIGHTS.search(spelled))
            ):
                continue
            for path, weight in self._by_position(spelled, inside, named):
                gradient = Derivative(self._vocabulary.root, weight)
                if named or gradient not in known:
                    found[path] = gradient

    def _by_position(self, holder: str, paths: Sequence[str], named: bool) -> list[tuple[str, str]]:
        """The weights of which the gradients are at these paths, in the order that fits."""
        shapes = [self._held[path].shape for path in paths]
        fitting = []
        kind = kind_of(_STEM.sub("", holder))
        for names in (*self._orders(holder), self._by_shape(shapes)):
            if not names:
                continue
            own = [self._vocabulary.scalars[name].shape for name in names]
            for start in range(len(paths) - len(names) + 1):
                there = shapes[start : start + len(names)]
                same = sum(map(tuple.__eq__, own, there))
                whole = same == len(own) and (named or len(own) > 1)
                nearly = named and len(own) == len(paths) and same >= max(len(own) - 1, 1)
                if whole or (nearly and (len(own) > 2 or kind)):
                    pairs = list(zip(paths[start:], names, strict=False))
                    right = sum(
                        self._is(path, Derivative(self._vocabulary.root, name))
                        for path, name in pairs
                    )
                    fitting.append((whole, right, pairs))
            if any(whole for whole, *_ in fitting) and not named:
                break
        return max(fitting, key=lambda one: one[:2])[2] if fitting else []

    def _orders(self, holder: str) -> Iterator[list[str]]:
        """The orders in which gradients are kept: as made, last layer first, matrices first."""
        scalars = self._vocabulary.scalars
        every = self._every
        stem = _STEM.sub("", holder).casefold()
        stem = stem[1:] if stem.startswith("d") else stem
        kind = kind_of(stem)
        begins = kind[:1] if kind else stem[:1]
        some = [name for name in every if begins and name.casefold().startswith(begins)]
        matrices = [name for name in every if scalars[name].ndim > 1 and kind_of(name) != "bias"]
        others = [name for name in every if name not in matrices]
        groups = [every, matrices + others, others + matrices]
        if stem:
            groups = [some, *([matrices] if kind != "bias" else []), *groups]
        else:
            groups += [matrices]
        for names in groups:
            if names:
                yield names
                yield names[::-1]
        numbered = sorted(every, key=lambda name: int("0" + re.sub(r"\D", "", name)))
        yield numbered
        layers = [every[place : place + 2] for place in range(0, len(every), 2)]
        yield [name for layer in layers[::-1] for name in layer]

    def _by_shape(self, shapes: Sequence[tuple[int, ...]]) -> list[str]:
        """A weight for each shape, all of them; empty where they are others."""
        left, found = list(self._every), []
        for shape in shapes:
            name = next((one for one in left if self._vocabulary.scalars[one].shape == shape), "")
            if not name:
                return []
            left.remove(name)
            found.append(name)
        return [] if left else found

    @cached_property
    def _every(self) -> list[str]:
        """The weights, in the order in which they were made."""
        scalars = self._vocabulary.scalars
        elements = {name for array in scalars.values() if array.shape for name in array.flat}
        place = {name: number for number, name in enumerate(scalars)}
        every = [
            name for name in scalars if name not in elements and self._vocabulary.is_weight(name)
        ]
        return sorted(every, key=lambda name: place[scalars[name].flat[0]])


class _Unsaid(ValueOf):
    """That a place says nothing of what is there."""


_NOTHING = _Unsaid("")
_WORDS = {"weight", "weights", "bias", "biases", "w", "b"}


def _in_order(paths: Sequence[str], parts: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Paths by their indices; keys of dicts as they came."""
    places: dict[str, int] = {}
    for path in paths:
        for one in parts[path]:
            places.setdefault(one, len(places))

    def order(path: str) -> tuple[tuple[int, ...], ...]:
        return tuple(
            (0, int(one)) if one.lstrip("-").isdigit() else (1, places[one]) for one in parts[path]
        )

    return sorted(paths, key=order)
