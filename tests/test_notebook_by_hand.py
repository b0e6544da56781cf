"""The notebook's own derivation, against the numbers that the notebook prints."""

import inspect
import itertools
import json
import math
import re
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from models.notebook import by_hand, claims, data

CLAIMS = claims.load()
SECTIONS = by_hand.sections()
TRAINING: dict[str, Any] = json.loads(
    Path(claims.__file__).with_name("training.json").read_text(encoding="utf-8")
)

# The notebook prints these as elements of NumPy arrays, with 8 decimals; the rest in full.
ARRAYS = ("fm", "F_", "s_", "dE/ds", "dE/dF", "dE/dfm", "dE/dw_conv", "w_conv")


def as_printed(term: str, value: float) -> str:
    if term.startswith(ARRAYS):
        return np.format_float_positional(value, precision=8, trim="0")
    return repr(value)


def true(section: str, term: str) -> float:
    return next(claim.true for claim in CLAIMS if (claim.section, claim.term) == (section, term))


def loop_forward(image: np.ndarray, weights: data.Weights) -> tuple[np.ndarray, list[int]]:
    """Outputs and winning cells by plain loops: the oracle of the vectorised forward pass."""
    fm = [[0.0] * 4 for _ in range(4)]
    for i, j, m, n in itertools.product(range(4), range(4), range(2), range(2)):
        fm[i][j] += image[i + m, j + n] * weights.w_conv[m, n]
    s, winners = [], []
    for i, j in itertools.product((0, 2), (0, 2)):
        cells = [(i, j), (i, j + 1), (i + 1, j), (i + 1, j + 1)]
        row, column = max(cells, key=lambda cell: fm[cell[0]][cell[1]])
        winners.append(4 * row + column)
        s.append(1 / (1 + math.exp(-fm[row][column])))
    hidden = [sigmoid_neuron(row, s) for row in weights.w_hidden]
    return np.array([sigmoid_neuron(row, hidden) for row in weights.w_output]), winners


def sigmoid_neuron(weights: np.ndarray, inputs: list[float]) -> float:
    return 1 / (1 + math.exp(-sum(w * x for w, x in zip(weights, inputs, strict=True))))


def error(weights: data.Weights) -> float:
    outputs, _ = loop_forward(data.X, weights)
    return float(outputs[0] ** 2 + (outputs[1] - 1) ** 2)


# The facts


def test_there_are_226_claims_of_which_100_are_right() -> None:
    assert Counter(claim.right for claim in CLAIMS) == {True: 100, False: 126}


def test_a_claim_is_right_when_its_printed_digits_are_those_of_the_true_value() -> None:
    for claim in CLAIMS:
        tolerance = 0.5e-8 if claim.term.startswith(ARRAYS) else 2 * np.spacing(abs(claim.true))
        assert claim.right == (abs(float(claim.printed) - claim.true) <= tolerance), claim
        assert claim.right == (claim.cause == ""), claim


def test_a_section_that_the_notebook_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no section 'pass 3'.*'pass 1, backward'"):
        claims.load("pass 3")


def test_the_weights_print_as_the_notebook_prints_them() -> None:
    w_conv, w_hidden, w_output = data.initial_weights()
    assert str(w_conv) == "[[1.76405235 0.40015721]\n [0.97873798 2.2408932 ]]"
    assert [repr(w) for w in w_hidden.ravel().tolist() + w_output.ravel().tolist()] == [
        "1.8675579901499675",
        "-0.977277879876411",
        "0.9500884175255894",
        "-0.1513572082976979",
        "-0.10321885179355784",
        "0.41059850193837233",
        "0.144043571160878",
        "1.454273506962975",
        "0.7610377251469934",
        "0.12167501649282841",
        "0.44386323274542566",
        "0.33367432737426683",
    ]


def test_callers_do_not_share_arrays() -> None:
    data.initial_weights().w_output[:] = 0
    assert by_hand.sections() == SECTIONS
    with pytest.raises(ValueError, match="read-only"):
        data.X[0, 0] = 0


# The two passes


def test_every_printed_number_is_reproduced_in_the_order_of_the_notebook_and_no_other() -> None:
    reproduced = [
        (section, term, as_printed(term, number))
        for section, numbers in SECTIONS.items()
        for term, number in numbers.items()
    ]
    assert reproduced == [(claim.section, claim.term, claim.printed) for claim in CLAIMS]


def test_the_numbers_of_a_pass_are_its_forward_and_backward_sections() -> None:
    numbers = by_hand.first_pass().numbers
    both = claims.load("pass 1, forward, printed by the code") + claims.load("pass 1, backward")
    assert list(numbers) == [claim.term for claim in both]


def test_the_error_falls_although_14_gradients_are_wrong() -> None:
    right_step = data.Weights(
        *(
            np.array([true("pass 1, backward", f"{w} updated") for w in names]).reshape(shape)
            for names, shape in (
                ([f"w_conv[{m},{n}]" for m, n in np.ndindex(2, 2)], (2, 2)),
                ([f"w_{i}" for i in range(1, 9)], (2, 4)),
                ([f"w_{i}" for i in range(9, 13)], (2, 2)),
            )
        )
    )
    gradients = [c for c in claims.load("pass 1, backward") if c.term.startswith("dE/dw_")]
    assert Counter(claim.right for claim in gradients) == {True: 2, False: 14}
    assert error(data.initial_weights()) == pytest.approx(0.573615910009, abs=5e-13)
    assert error(by_hand.first_pass().weights) == pytest.approx(0.573596583243, abs=5e-13)
    assert error(right_step) == pytest.approx(0.573454524570, abs=5e-13)


@pytest.mark.parametrize(
    ("repaired", "expected"),
    [
        ("", 0.353236383543),
        ("A", 0.353379674307),
        ("B", 0.158892663964),
        ("C", 0.356669587821),
        ("AB", 0.158928558153),
        ("AC", 0.356814775812),
        ("BC", 0.157111100986),
        ("ABC", 0.157146010662),
    ],
)
def test_partial_repairs_of_the_first_hidden_error(repaired: str, expected: float) -> None:
    """A: weights as in the forward pass; B: the right partial; C: each output's own slope."""
    numbers = SECTIONS["pass 1, backward"]
    w_output = data.initial_weights().w_output
    w_9 = w_output[0, 0] if "A" in repaired else numbers["w_9 updated"]
    w_11 = w_output[1, 0] if "A" in repaired else numbers["w_11 updated"]
    partial = numbers["dE2/dO2" if "B" in repaired else "dE1/dO2"]
    slope = numbers["dO2/dnet_O2" if "C" in repaired else "dO1/dnet_O1"]
    dE_dH1 = numbers["dE1/dO1"] * w_9 * numbers["dO1/dnet_O1"] + partial * w_11 * slope
    assert dE_dH1 == pytest.approx(expected, abs=5e-13)


# SimpleCNN


def test_the_class_drops_factors_of_the_kernel_gradient_and_never_moves_the_hidden_weights() -> (
    None
):
    model, before = by_hand.SimpleCNN(), data.initial_weights()
    model.fit(data.X, data.TARGETS, learning_rate=0.01, max_iterations=1)
    gradient = [(b - a) / 0.01 for a, b in zip(model.weights, before, strict=True)]

    kernel = [0.006813199330, 0.031799266230, 0.006680857539, 0.027684092956]
    assert gradient[0].ravel() == pytest.approx(kernel, abs=1e-12)
    assert np.array_equal(model.weights.w_hidden, before.w_hidden)
    output = [true("pass 1, backward", f"dE/dw_{i}") for i in range(9, 13)]
    # A weight is known to half a unit in its last place, 5.6e-17, which the division makes 1e-14.
    assert gradient[2].ravel() == pytest.approx(output, abs=2e-14)


def test_the_hidden_weights_stay_through_many_steps() -> None:
    model = by_hand.SimpleCNN()
    model.fit(data.X, data.TARGETS, learning_rate=0.01, max_iterations=500)
    assert np.array_equal(model.weights.w_hidden, data.initial_weights().w_hidden)


@pytest.mark.parametrize("seed", range(5))
def test_the_forward_pass_and_its_winners_are_those_of_plain_loops(seed: int) -> None:
    weights = data.initial_weights(seed)
    image = np.random.default_rng(seed).uniform(size=(5, 5))
    seen = by_hand.seen_by_kernel(image)
    now = by_hand.forward(weights, seen)
    outputs, winners = loop_forward(image, weights)
    dE_dfm, dE_dw_conv = by_hand.kernel_gradient(np.array([1.0, 2.0, 3.0, 4.0]), now.fm, seen)

    assert outputs == pytest.approx(now.O, rel=1e-14)
    assert dE_dfm.ravel()[winners].tolist() == [1, 2, 3, 4]
    assert np.count_nonzero(dE_dfm) == 4
    for m, n in np.ndindex(2, 2):
        patches = [image[w // 4 + m, w % 4 + n] for w in winners]
        expected = sum(k * x for k, x in enumerate(patches, 1))
        assert dE_dw_conv[m, n] == pytest.approx(expected, rel=1e-14)


def test_the_first_of_equal_cells_wins_its_window() -> None:
    dE_dfm, _ = by_hand.kernel_gradient(np.ones(4), np.zeros((4, 4)), np.ones((2, 2, 4, 4)))
    assert np.argwhere(dE_dfm).tolist() == [[0, 0], [0, 2], [2, 0], [2, 2]]


def test_fit_reports_progress_every_1000_iterations_and_only_if_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reports: list[tuple[int, float]] = []
    result = by_hand.SimpleCNN().fit(
        data.X, data.TARGETS, max_iterations=1001, progress=lambda *told: reports.append(told)
    )
    assert [iteration for iteration, _ in reports] == [0, 1000]
    assert reports[0][1] == pytest.approx(true("pass 1, backward", "E"), rel=1e-15)
    assert result == (1001, reports[1][1], False)
    assert capsys.readouterr().out == ""


def test_fit_stops_before_the_first_update_when_the_error_is_small_enough() -> None:
    model = by_hand.SimpleCNN()
    result = model.fit(data.X, data.TARGETS, convergence_threshold=0.6)
    assert (result.iterations, result.converged) == (0, True)
    assert np.array_equal(model.weights.w_conv, data.initial_weights().w_conv)


@pytest.mark.slow
def test_the_class_converges_as_the_notebook_says() -> None:
    expected = TRAINING["SimpleCNN with its hand-written gradients"]
    model = by_hand.SimpleCNN()
    result = model.fit(data.X, data.TARGETS, learning_rate=0.01, convergence_threshold=0.0001)
    assert result == (expected["iterations"], expected["E"], True)
    assert model.predict(data.X) == (expected["O1"], expected["O2"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_matrix": data.X[:4]}, r"input_matrix .* finite numbers of shape \(5, 5\), got"),
        (
            {"input_matrix": [[1, 2], [3]]},
            r"input_matrix .* shape \(5, 5\), got \[\[1, 2\], \[3\]\]",
        ),
        ({"input_matrix": data.X * 1j}, "input_matrix .* finite numbers"),
        ({"targets": [0, np.nan]}, r"targets .* finite numbers of shape \(2,\), got \[0, nan\]"),
        ({"targets": ["0", "1"]}, "targets .* finite numbers"),
        ({"learning_rate": 0}, "learning_rate .* positive finite number, got 0"),
        ({"learning_rate": "fast"}, "learning_rate .* positive finite number, got 'fast'"),
        ({"max_iterations": 2.5}, "max_iterations .* positive whole number, got 2.5"),
        ({"max_iterations": 0}, "max_iterations .* positive whole number, got 0"),
        ({"convergence_threshold": float("nan")}, "convergence_threshold .* got nan"),
    ],
)
def test_what_cannot_be_trained_with_is_refused(arguments: dict[str, Any], message: str) -> None:
    usual = {"input_matrix": data.X, "targets": data.TARGETS}
    with pytest.raises(ValueError, match=message):
        by_hand.SimpleCNN().fit(**(usual | arguments))


def test_the_hand_derivation_takes_nothing_from_the_engine() -> None:
    def imports(module: ModuleType) -> set[str]:
        source = inspect.getsource(module)
        return set(re.findall(r"^\s*(?:from|import)\s+(\S+)", source, re.MULTILINE))

    for module in (by_hand, claims):
        assert "autograd_lite" not in {name.split(".")[0] for name in imports(module)}
    assert imports(data) == {"autograd_lite.example"}  # the input, the targets and the weights
    assert {type(one) for one in (data.X, data.TARGETS, *data.initial_weights())} == {np.ndarray}
