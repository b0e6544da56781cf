"""Weights and gradients that code keeps in dicts, lists and objects.

``grads['W1']`` is called as the weight, ``nabla_w[0]`` as nothing in the graph, and
``layer.dweights`` as what its object calls a weight: what each of them is, its holder says.
"""

import re
from collections.abc import Mapping, Sequence

from autograd_lite.check.claims import Derivative, Quantity, ValueOf
from autograd_lite.check.names import Vocabulary
from autograd_lite.check.spelling import gradients, words

_HELD = re.compile(r"(.+)(?:\[(?:'([^']*)'|\"([^\"]*)\"|(-?\d+))\]|\.(\w+))")
_OF_GRADIENTS = re.compile(
    r"^gs?$|grad|nabla|delta|deriv|change|slope|backprop|(?:^|_)d(?:params?|weights?|w|b|s)?(?:_|$)|∂|∇",
    re.IGNORECASE,
)
_STEM = re.compile(
    r"(?:gradients?|grads?|nabla|deltas?|derivs?|derivatives?|changes?|slopes?|of|all|list|d)"
    r"|_|self\.|ws?$|weights?$",
    re.IGNORECASE,
)


def holder_of(path: str) -> tuple[str, str]:
    """What holds a variable, and what it is called there; "" for a variable of its own.

    >>> holder_of("self.grads['W1']"), holder_of("nabla_w[0]"), holder_of("dW")
    (('self.grads', 'W1'), ('nabla_w', '0'), ('', 'dW'))
    """
    found = _HELD.fullmatch(path)
    if found is None:
        return "", path
    return found[1], next(part for part in found.groups()[1:] if part is not None)


def holds_gradients(holder: str) -> bool:
    """Whether a dict or list is called as what holds gradients.

    >>> [holds_gradients(name) for name in ("grads", "self.nabla_w", "change_w", "d", "params")]
    [True, True, True, True, False]
    """
    return _OF_GRADIENTS.search(holder.removeprefix("self.")) is not None


def gradient_beside(name: str, weights: Mapping[str, str], root: str) -> Quantity | None:
    """The gradient of a weight of the same object, by the name that the object has for that.

    >>> str(gradient_beside("dweights", {"weights": "W1", "biases": "b1"}, "L"))
    'dL/dW1'
    """
    inner = {one.replace(" ", "").replace("_", "") for one in gradients(words(name))}
    for own, weight in weights.items():
        if words(own).replace(" ", "").replace("_", "") in inner:
            return Derivative(root, weight)
    return None


def by_position(
    holder: str, shapes: Sequence[tuple[int, ...]], vocabulary: Vocabulary
) -> list[Quantity]:
    """The gradients in a list, where it has one for each weight, in the order of the graph.

    Of ``nabla_b`` those are the weights that are called b; of ``nabla_w`` and ``grads`` all of
    these shapes, or the matrices. Empty where they are not as many, or of other shapes.
    """
    scalars = vocabulary.scalars
    elements = {name for array in scalars.values() if array.shape for name in array.flat}
    place = {name: number for number, name in enumerate(scalars)}
    every = [name for name in scalars if name not in elements and vocabulary.is_weight(name)]
    every.sort(key=lambda name: place[scalars[name].flat[0]])  # as they were made
    stem = _STEM.sub("", holder).casefold()
    groups = [
        every,
        [name for name in every if stem and name.casefold().startswith(stem)],
        [name for name in every if scalars[name].ndim > 1],
        [name for name in every if name.casefold().startswith("w")],
    ]
    for names in groups:
        if [scalars[name].shape for name in names] == list(shapes):
            return [Derivative(vocabulary.root, name) for name in names]
    return []


def weight_called(name: str, vocabulary: Vocabulary) -> str:
    """The one weight that a name means; "" where it means something else."""
    readings = vocabulary.readings(name) if vocabulary.is_weight(name) else []
    only = readings[0] if len(readings) == 1 else None
    return only.of if isinstance(only, ValueOf) else ""
