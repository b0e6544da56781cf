"""The corpus of derivations says the truth, or in one place not, by differences in plain NumPy."""

import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from corpus import DERIVATIONS, Derivation
from corpus.differences import Point
from corpus.held_out import HELD_OUT

from autograd_lite.engine import order

KINDS = (
    *("wrong sign", "constant factor", "missing factor", "extra factor", "wrong factor"),
    *("no path", "missing path", "stale value", "updated before reuse", "sigmoid derivative"),
    *("transposed", "flipped", "wrong index", "shape", "overwritten", "another quantity"),
    "upside down",
)
FUNCTIONS = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh} | {
    "sum": np.sum,
    "mean": np.mean,
    "outer": np.outer,
    "sech": lambda z: 1 / np.cosh(z),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}

ALL = DERIVATIONS + HELD_OUT

every = pytest.mark.parametrize("derivation", ALL, ids=lambda one: one.name)


@every
def test_each_claim_is_true_but_for_the_mistake(derivation: Derivation) -> None:
    verdicts = list(claims(derivation))
    assert verdicts, "nothing is claimed"
    names = [name for name, _ in verdicts]
    if not derivation.wrong:
        assert [name for name, true in verdicts if not true] == []
        return
    place = names.index(derivation.wrong)
    assert not verdicts[place][1]
    assert [name for name, true in verdicts[:place] if not true] == []


@every
def test_the_graph_is_that_of_the_plain_network(derivation: Derivation) -> None:
    root = derivation.network()
    plain = Point(derivation.network)
    assert root.label == plain.root
    labelled = {value.label: value for value in order(root) if value.label}
    assert set(labelled) == set(plain.values)
    for name, value in labelled.items():
        np.testing.assert_allclose(value.data, plain.values[name], rtol=1e-12)
        names = derivation.network.elements.get(name)
        assert (None if value.names is None else value.names.tolist()) == names


@pytest.mark.parametrize("corpus", [DERIVATIONS, HELD_OUT], ids=["corpus", "held out"])
def test_every_kind_of_mistake_is_there_more_than_once(corpus: tuple[Derivation, ...]) -> None:
    kinds = Counter(first_kind(derivation) for derivation in corpus if derivation.wrong)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) > 1


def test_names_are_unique() -> None:
    assert len({derivation.name for derivation in ALL}) == len(ALL)


def test_the_held_out_are_right_as_often_as_wrong_and_come_in_all_forms() -> None:
    wrong = sum(bool(derivation.wrong) for derivation in HELD_OUT)
    assert 0.4 < wrong / len(HELD_OUT) < 0.6
    forms = Counter(form_of(derivation) for derivation in HELD_OUT)
    assert set(forms) == {"code", "formulas", "numbers"}
    assert min(forms.values()) > len(HELD_OUT) / 5


def form_of(derivation: Derivation) -> str:
    if derivation.code:
        return "code"
    stated = [stated for _, stated in claims_as_pairs(derivation.claims)]
    return "formulas" if any(map(is_formula, stated)) else "numbers"


def first_kind(derivation: Derivation) -> str:
    return derivation.kind if isinstance(derivation.kind, str) else derivation.kind[0]


def claims(derivation: Derivation) -> Iterator[tuple[str, bool]]:
    """Each claim that stands for something, and whether it is true."""
    given = claims_of_code(derivation) if derivation.code else claims_as_pairs(derivation.claims)
    for name, stated in given:
        means = derivation.means.get(name, derivation_of(name, derivation))
        if not means:
            continue
        if is_formula(stated):
            yield (
                name,
                all(formula_is_true(derivation, name, stated, means, at) for at in (None, 1, 2)),
            )
        else:
            point = Point(derivation.network)
            numbers, unit = read(stated)
            margin = 1e-6 if derivation.wrong == name else 1e-8
            tolerance = derivation.slack * unit + margin * (1 + np.abs(numbers))
            yield name, is_true(point, means, numbers, tolerance, derivation.learning_rate)


def is_true(point: Point, means: str, numbers: Any, tolerance: Any, rate: float | None) -> bool:
    senses = point.truths(means, rate)
    assert senses, f"{means} is nothing in the network"
    return any(
        np.shape(low) == np.shape(numbers)
        and np.all((low - tolerance <= numbers) & (numbers <= high + tolerance))
        for low, high in senses
    )


def formula_is_true(
    derivation: Derivation, name: str, formula: str, means: str, seed: int | None
) -> bool:
    """A formula of the corpus's own, at the network's numbers and at others."""
    point = Point(derivation.network, None if seed is None else np.random.default_rng(seed))
    text = derivation.twins.get(name, formula).replace("^", "**")
    number = eval(text, {"__builtins__": {}}, FUNCTIONS | point.scalars())
    return is_true(point, means, number, 1e-8 * (1 + np.abs(number)), derivation.learning_rate)


def derivation_of(name: str, derivation: Derivation) -> str:
    """The quantity in a variable's name: dW1 is the loss by W1; a claim's name is one already."""
    if not derivation.code:
        return name
    root = next(reversed(derivation.network.forward))
    quantity = re.fullmatch(r"(?:d|grad_)(\w+)", name)
    return f"d{root}/d{quantity[1]}" if quantity else name


def claims_as_pairs(given: Any) -> list[tuple[str, Any]]:
    if not isinstance(given, str):
        return list(given.items() if hasattr(given, "items") else given)
    line = r"^(?:- )?([\w/]+)(?: = .+?)?(?: =|:)\s([-\d.e]+|\[\[[^a-z]+\]\])$"
    lines = re.findall(line, given, re.MULTILINE)
    assert len(lines) > 2
    return lines


def is_formula(stated: Any) -> bool:
    return isinstance(stated, str) and not re.fullmatch(r"[-+\d.e\[\]\s]+", stated)


def read(stated: Any) -> tuple[Any, Any]:
    """Numbers, and the unit of the last digit that they were printed with."""
    if not isinstance(stated, str):
        return np.asarray(stated, float), 0.0
    digits = re.findall(r"-?\d+(?:\.\d*)?(?:e[-+]\d+)?", stated)
    units = [unit(one) for one in digits]
    if "e" not in stated:
        units = [min(units)] * len(units)  # NumPy leaves out the zeros at the end
    rows = [row.count(".") for row in stated.split("]") if "." in row]
    shape = () if "[" not in stated else (len(rows), rows[0]) if "[[" in stated else (len(digits),)
    return np.reshape([float(one) for one in digits], shape), np.reshape(units, shape)


def unit(digits: str) -> float:
    mantissa, _, exponent = digits.partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def claims_of_code(derivation: Derivation) -> list[tuple[str, Any]]:
    """What the variables of a derivation's function hold in the end, in order."""
    point = Point(derivation.network)
    parameters = inspect.signature(derivation.code).parameters.values()
    arguments = {
        one.name: point.values[one.name].copy() for one in parameters if one.default is one.empty
    }
    code = derivation.code.__code__
    kept: dict[str, Any] = {}

    def tracer(frame: Any, event: str, _: Any) -> Any:
        if frame.f_code is not code:
            return None
        if event in ("line", "return"):
            for name in frame.f_locals:
                kept.setdefault(name, None)
        if event == "return":
            kept.update(frame.f_locals)
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        derivation.code(**arguments)
    finally:
        sys.settrace(before)
    return [
        (name, kept[name])
        for name in kept
        if name not in {one.name for one in parameters}
        and (name in derivation.means or point.truths(derivation_of(name, derivation)))
    ]
