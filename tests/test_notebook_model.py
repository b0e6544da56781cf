"""The notebook's network on the engine, against the document's facts."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_lite import Value
from autograd_lite.engine import order
from models.notebook import NotebookCNN, claims, data, loss, second_loss
from models.notebook.claims import Claim

TRAINING: dict[str, Any] = json.loads(
    Path(claims.__file__).with_name("training.json").read_text(encoding="utf-8")
)["sum of squared errors"]


def half_unit(text: str) -> float:
    """Half a unit of the last of 15 significant digits, as the facts on training are printed."""
    exponent = int(f"{float(text):e}".partition("e")[2])
    return 0.5 * 10.0 ** (exponent - 14)


class Engine:
    """Values and derivatives by name, from backward passes over the tensors alone."""

    def __init__(self, root: Value) -> None:
        self.places: dict[str, tuple[Value, tuple[int, ...]]] = {}
        for value in order(root):
            for index in np.ndindex(value.shape):
                name = f"{value.label}[{','.join(map(str, index))}]" if index else value.label
                self.places[name if value.names is None else str(value.names[index])] = value, index

    def value(self, name: str) -> float:
        """A number of the forward pass."""
        value, index = self.places[name]
        return float(np.asarray(value.data)[index])

    def derivative(self, child: str, parent: str) -> float:
        """Its derivative, by a backward pass of its own."""
        (result, at), (operand, index) = self.places[child], self.places[parent]
        for value, _ in self.places.values():
            value.zero_grad()
        one_hot = np.zeros(result.shape)
        one_hot[at] = 1.0
        result.backward(one_hot)
        return 0.0 if operand.grad is None else float(np.asarray(operand.grad)[index])

    def true(self, term: str) -> float:
        """A number by the name that the facts have for it."""
        if term.endswith(" updated"):
            weight = term.removesuffix(" updated")
            return self.value(weight) - data.LEARNING_RATE * self.derivative("E", weight)
        if found := re.fullmatch(r"d(.+)/d(.+)", term):
            return self.derivative(*found.groups())
        return self.value(term)


@pytest.mark.parametrize("section", list(dict.fromkeys(claim.section for claim in claims.load())))
def test_the_engine_gives_every_true_number_of_the_facts(section: str) -> None:
    engine = Engine(second_loss() if section.startswith("pass 2") else loss())
    facts: list[Claim] = claims.load(section)
    for fact in facts:
        # 1 − s_4 costs s_4 a factor of 46 in precision; its last bits are the processor's exp.
        assert engine.true(fact.term) == pytest.approx(fact.true, rel=1e-13, abs=0), fact


def test_every_quantity_has_the_documents_name() -> None:
    names = Engine(loss()).places
    assert {
        fact.term for fact in claims.load() if "/" not in fact.term and " " not in fact.term
    } <= {*names}


def test_input_and_targets_take_no_gradient() -> None:
    E = loss()
    E.backward()
    gradients = {value.label: value.grad for value in order(E) if value.label}
    assert gradients["X"] is None
    assert gradients["t"] is None
    assert all(gradients[label] is not None for label in ("w_conv", "w_hidden", "w_output", "fm"))


def errors_after(steps: int) -> list[float]:
    errors: list[float] = []
    NotebookCNN().fit(
        learning_rate=0.01, max_iterations=steps + 1, progress=lambda _, error: errors.append(error)
    )
    return errors


@pytest.mark.parametrize("steps", ["0", "1", "2"])
def test_training_follows_the_facts_step_by_step(steps: str) -> None:
    fact = TRAINING["E after steps"][steps]
    assert abs(errors_after(int(steps))[-1] - fact) <= half_unit(repr(fact)) + np.spacing(fact)


@pytest.mark.slow
def test_training_follows_the_facts_for_1000_steps() -> None:
    fact = TRAINING["E after steps"]["1000"]
    # Each of 1000 steps may round the 16 weights by half an ulp.
    assert errors_after(1000)[-1] == pytest.approx(fact, rel=1e-13)


@pytest.mark.slow
def test_training_converges_where_the_facts_say() -> None:
    model = NotebookCNN()
    ended = model.fit(learning_rate=0.01, threshold=1e-4)
    assert (ended.iterations, ended.converged) == (TRAINING["iterations"], True)
    # Rounding of 262941 steps: four independent programs agree to 12 digits.
    assert ended.error == pytest.approx(TRAINING["E"], rel=1e-11)
    assert model.predict() == pytest.approx((TRAINING["O1"], TRAINING["O2"]), rel=1e-11)
    for name, weights in TRAINING["weights"].items():
        assert getattr(model, name).data == pytest.approx(np.array(weights), rel=1e-11)


def test_training_stops_below_the_threshold_before_it_steps() -> None:
    model = NotebookCNN()
    ended = model.fit(threshold=0.6)
    assert (ended.iterations, ended.converged) == (0, True)
    assert np.array_equal(model.w_conv.data, data.initial_weights().w_conv)


def test_training_that_does_not_converge_says_so() -> None:
    ended = NotebookCNN().fit(max_iterations=2)
    assert (ended.iterations, ended.converged) == (2, False)


@pytest.mark.parametrize(
    "settings",
    [
        {"learning_rate": 0},
        {"learning_rate": math.nan},
        {"learning_rate": "0.1"},
        {"max_iterations": 0},
        {"threshold": -1.0},
    ],
)
def test_settings_that_cannot_train_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give a positive rate, at least one iteration"):
        NotebookCNN().fit(**settings)


def test_an_interrupt_keeps_the_weights_that_were_reached() -> None:
    def interrupt(iteration: int, _: float) -> None:
        if iteration == 3:
            raise KeyboardInterrupt

    model, other = NotebookCNN(), NotebookCNN()
    with pytest.raises(KeyboardInterrupt):
        model.fit(progress=interrupt)
    other.fit(max_iterations=3)
    assert model.predict() == other.predict() != NotebookCNN().predict()


def test_the_weights_given_are_not_changed_by_training() -> None:
    weights = data.initial_weights()
    NotebookCNN(weights).fit(max_iterations=1)
    assert np.array_equal(weights.w_output, data.initial_weights().w_output)
