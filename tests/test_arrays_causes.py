"""Wrong arrays as a whole: what one mistake does to all elements, worked out in plain NumPy."""

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.causes.arrays import shape_causes
from autograd_lite.check.finding import Cause

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3))
V, T = RNG.normal(size=3), RNG.normal(size=4)
Z = X @ W
H = np.tanh(Z)
Y = H @ V
SLOPE = 2 * (Y - T) / 4  # dE/dy
DZ = np.outer(SLOPE, V) * (1 - H**2)
DW = X.T @ DZ
RATE = 0.1


def network() -> Value:
    """Z = X·W, H = tanh(Z), y = H·v, E the mean of (y − t)²; four samples of three numbers."""
    x, t = Constant(X, "X"), Constant(T, "t")
    h = ag.tanh((x @ Value(W, "W")).named("Z")).named("H")
    y = (h @ Value(V, "v")).named("y")
    return ((y - t) ** 2).mean().named("E")


def causes(name: str, given: Any, root: Value | None = None, **options: Any) -> tuple[Cause, ...]:
    finding = ag.compare(root or network(), [(name, given)], **options).findings[0]
    assert finding.verdict == "wrong"
    return finding.causes


def first(name: str, given: Any, root: Value | None = None, **options: Any) -> tuple[str, str]:
    cause = causes(name, given, root, **options)[0]
    assert cause.fix
    return cause.kind, cause.sentence


def test_the_arrays_of_this_page_are_right() -> None:
    claims = {"dE/dy": SLOPE, "dE/dZ": DZ, "dE/dW": DW, "dE/dv": H.T @ SLOPE, "H": H}
    assert ag.compare(network(), claims).ok


# What holds of every element


@pytest.mark.parametrize(
    ("given", "kind", "sentence"),
    [
        (-DW, "wrong sign", "the sign is wrong"),
        (2 * DW, "constant factor", "it is twice what it has to be"),
        (4 * DW, "constant factor", "it is 4 times too large: 1/4 is missing"),
        (DW / 3, "constant factor", "it is divided by 3: a mean where the sum is"),
    ],
)
def test_one_constant_for_all(given: Any, kind: str, sentence: str) -> None:
    assert first("dE/dW", given) == (kind, sentence)


def test_the_learning_rate_that_was_multiplied_with() -> None:
    assert first("dE/dW", RATE * DW, learning_rate=RATE)[1] in {
        "it is multiplied by the learning rate",
        "the decimal point is misplaced",
    }


# The right numbers in the wrong places


def test_a_transposed_array() -> None:
    assert first("dE/dW", DW.T) == ("transposed", "the array is transposed")


@pytest.mark.parametrize(("axes", "where"), [((0, 1), "0, 1"), ((0,), "0"), ((1,), "1")])
def test_a_flipped_array(axes: tuple[int, ...], where: str) -> None:
    kind, sentence = first("dE/dW", np.flip(DW, axes))
    assert kind in {"flipped", "wrong index"}
    assert (kind == "wrong index") or f"flipped along axis {where}" in sentence
    assert "flipped" in [cause.kind for cause in causes("dE/dW", np.flip(DW, axes))]


def test_shifted_and_swapped_elements() -> None:
    shifted = np.roll(DW.ravel(), 1).reshape(3, 3)
    assert first("dE/dW", shifted) == ("wrong index", "the elements are shifted by one place")
    swapped = DW[[1, 0, 2]]
    assert first("dE/dW", swapped) == ("wrong index", "indices 0 and 1 of axis 0 are swapped")
    swapped = DZ[:, [0, 2, 1]]
    assert first("dE/dZ", swapped) == ("wrong index", "indices 1 and 2 of axis 1 are swapped")


def test_any_other_order_of_the_right_numbers() -> None:
    shuffled = DW.ravel()[[3, 7, 0, 1, 8, 5, 2, 6, 4]].reshape(3, 3)
    assert first("dE/dW", shuffled) == (
        "wrong index",
        "the right numbers stand in the wrong places",
    )


# Another array


def test_the_numbers_of_another_array() -> None:
    assert ("another quantity", "this is Z") in [(c.kind, c.sentence) for c in causes("H", Z)]
    assert first("dE/dZ", H)[0] == "another quantity"
    assert first("dE/dZ", np.outer(SLOPE, V)) == ("another quantity", "this is dE/dH") or (
        first("dE/dZ", np.outer(SLOPE, V))[0] == "missing factor"
    )


# A factor that differs from element to element


def test_a_factor_of_the_shape_of_the_array() -> None:
    kind, sentence = first("dE/dZ", DZ * H)
    assert (kind, sentence) == ("extra factor", "the factor H is too much")
    kind, sentence = first("dE/dZ", DZ / H)
    assert (kind, sentence) == ("missing factor", "the factor H is missing")


def test_a_factor_that_is_broadcast() -> None:
    assert first("dE/dZ", DZ * V) == ("extra factor", "the factor v is too much")
    kinds = {cause.kind for cause in causes("dE/dZ", DZ / V**2)}
    assert kinds & {"upside down", "missing factor"}


# Computed anew with one mistake


def test_the_weights_that_were_updated_before_they_were_used() -> None:
    after = V - RATE * H.T @ SLOPE
    wrong = X.T @ (np.outer(SLOPE, after) * (1 - H**2))
    claims = [("v updated", after), ("dE/dW", wrong)]
    findings = ag.compare(network(), claims, learning_rate=RATE).findings
    assert [one.verdict for one in findings] == ["right", "wrong"]
    assert findings[1].causes[0].kind == "updated before reuse"


def test_the_derivative_of_the_activation_is_missing() -> None:
    wrong = X.T @ np.outer(SLOPE, V)
    assert "missing factor" in [cause.kind for cause in causes("dE/dW", wrong)]


def test_an_array_that_was_transposed_where_it_was_used() -> None:
    root = ((Constant(W, "A") @ Value(X[:3], "B")).named("C") ** 2).sum().named("E")
    right = W.T @ (2 * W @ X[:3])
    assert ag.compare(root, {"dE/dB": right}).ok
    kind, sentence = first("dE/dB", W @ (2 * W @ X[:3]), root)
    assert kind == "transposed"
    assert "A" in sentence


# Contributions that overwrite each other


def overlapping() -> tuple[Value, Any, Any]:
    """A convolution whose windows overlap; dE/dx adds up over them."""
    image, kernel = RNG.normal(size=(1, 1, 3, 3)), np.array([[[[0.5, -1.0], [2.0, 0.3]]]])
    root = ag.conv2d(Value(image, "x"), Value(kernel, "k")).named("y").sum().named("E")
    summed, last = np.zeros((3, 3)), np.zeros((3, 3))
    for i in range(2):
        for j in range(2):
            summed[i : i + 2, j : j + 2] += kernel[0, 0]
            last[i : i + 2, j : j + 2] = kernel[0, 0]
    return root, summed.reshape(1, 1, 3, 3), last.reshape(1, 1, 3, 3)


def test_assignment_where_contributions_add_up() -> None:
    root, summed, last = overlapping()
    assert ag.compare(root, {"dE/dx": summed}).ok
    kind, sentence = first("dE/dx", last, root)
    assert kind == "overwritten"
    assert "= stands where they must add up" in sentence


def test_assignment_in_an_embedding() -> None:
    table = Value(np.arange(6.0).reshape(3, 2), "table")
    root = ((table[[0, 2, 0]]).named("rows") * Constant([[1.0], [2.0], [5.0]], "c")).sum()
    root = root.named("E")
    right = np.array([[6.0, 6.0], [0.0, 0.0], [2.0, 2.0]])
    assert ag.compare(root, {"dE/dtable": right}).ok
    wrong = np.array([[5.0, 5.0], [0.0, 0.0], [2.0, 2.0]])
    assert first("dE/dtable", wrong, root)[0] == "overwritten"


# After a step


def test_the_gradients_are_recovered_from_an_array_of_weights() -> None:
    assert ag.compare(network(), {"W updated": W - RATE * DW}, learning_rate=RATE).ok
    assert first("W updated", W - RATE * DW.T, learning_rate=RATE)[0] == "transposed"
    assert first("W updated", W + RATE * DW, learning_rate=RATE)[0] == "wrong sign"
    assert first("W updated", W - RATE * 2 * DW, learning_rate=RATE)[0] == "constant factor"


# What nothing explains


def test_one_wrong_element_is_explained_by_itself() -> None:
    given = DW.copy()
    given[1, 2] *= -1
    assert first("dE/dW", given)[0] == "wrong sign"


def test_noise_has_no_cause() -> None:
    assert causes("dE/dW", np.random.default_rng(5).normal(size=(3, 3))) == ()


# Shapes

COLUMN = np.array([[1.0], [2.0], [4.0]])


@pytest.mark.parametrize(
    ("given", "true", "kind", "sentence"),
    [
        (DZ, DZ.sum(axis=0), "shape", "it has not been summed over axis 0"),
        (DZ, DZ.sum(axis=0, keepdims=True), "shape", "it has not been summed over axis 0"),
        (DZ, DZ.sum(), "shape", "it has not been summed over axis 0, 1"),
        (DZ, DZ.mean(axis=1), "shape", "it has not been averaged over axis 1"),
        (COLUMN, COLUMN.ravel(), "shape",
         "the numbers are right, in shape (3, 1) where (3,) belongs"),
        (X.T, X, "transposed", "the array is transposed"),
        (np.array(DZ.sum()), DZ, "shape", "it has been summed up to one number"),
        (np.zeros((2, 5)), np.ones(3), "shape", "shape (2, 5) where (3,) belongs"),
        (np.zeros(0), np.ones(3), "shape", "the array is empty"),
    ],
)  # fmt: skip
def test_a_wrong_shape(given: Any, true: Any, kind: str, sentence: str) -> None:
    (cause,) = shape_causes(given, np.asarray(true))
    assert (cause.kind, cause.sentence) == (kind, sentence)
    assert cause.fix


def test_a_bias_that_was_not_summed_over_the_samples() -> None:
    b = Value(np.zeros(3), "b")
    root = ((Constant(X, "X") + b).named("Z") ** 2).sum().named("E")
    assert ag.compare(root, {"dE/db": 2 * X.sum(axis=0)}).ok
    assert first("dE/db", 2 * X, root) == ("shape", "it has not been summed over axis 0")
    assert ag.compare(root, {"dE/db": 2 * X.sum(axis=0, keepdims=True)}).ok


# What is taken for something else, or counted too often


def regression() -> Value:
    """data = mean((X·w − t)²) and reg = w·w/10: dE/dw = Xᵀ·(X·w − t)·2/4 + w/5."""
    x, t, w = Constant(X, "X"), Constant(T, "t"), Value(V, "w")
    y = (x @ w).named("y")
    data, reg = ((y - t) ** 2).mean().named("data"), (0.1 * (w * w).sum()).named("reg")
    return (data + reg).named("E")


DATA, REG = X.T @ (X @ V - T) / 2, V / 5


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (DATA, ("missing path", "the path from w through reg is missing")),
        (DATA - REG, ("wrong sign", "the path from w through reg has the wrong sign")),
        (DATA + 2 * REG, ("constant factor", "the path from w through reg is counted twice")),
        (DATA + REG / 2, ("constant factor", "the path from w through reg is counted half")),
    ],
    ids=["missing", "sign", "twice", "half"],
)
def test_a_path_of_an_array_with_a_wrong_weight(given: Any, expected: tuple[str, str]) -> None:
    assert ag.compare(regression(), {"dE/dw": DATA + REG}).ok
    assert first("dE/dw", given, regression()) == expected


def test_another_array_of_the_same_shape_in_a_sum_over_the_batch() -> None:
    assert first("dE/dv", Z.T @ SLOPE) == ("wrong factor", "Z stands in place of H")


@pytest.mark.parametrize("step", [1, -1])
def test_targets_that_are_shifted_by_one_place(step: int) -> None:
    given = X.T @ (np.outer(2 * (Y - np.roll(T, step)) / 4, V) * (1 - H**2))
    done = "t is shifted by one place where it is used here"
    assert first("dE/dW", given) == ("wrong index", done)


def test_what_the_input_stands_for_in_a_slope_is_no_other_array() -> None:
    assert first("dE/dZ", np.outer(SLOPE, V) * (1 - Z**2))[0] == "sigmoid derivative"


def test_a_cause_that_explains_one_element_only_says_so() -> None:
    given = DZ.copy()
    given[0, 0] *= -1
    given[1, 1] *= 0.37
    assert first("dE/dZ", given) == ("wrong sign", "at [0,0] only: the sign is wrong")


def test_a_change_that_changes_nothing_is_no_cause() -> None:
    # All of what is wrong comes from above, and X does not stand in dE/dH.
    report = ag.compare(network(), {"dE/dy": 0 * SLOPE, "dE/dH": np.outer(SLOPE, V) + 1.0})
    assert [one.verdict for one in report.findings] == ["wrong", "wrong"]
    assert not any("X" in cause.sentence for cause in report.findings[1].causes)


def test_zeros_that_are_wrong_are_followed() -> None:
    slope = SLOPE.copy()
    slope[1:] = 0.0
    dZ = np.outer(slope, V) * (1 - H**2)
    report = ag.compare(network(), {"dE/dy": slope, "dE/dZ": dZ, "dE/dW": X.T @ dZ})
    assert [one.verdict for one in report.findings] == ["wrong", "follows", "follows"]
    assert {one.root for one in report.findings[1:]} == {"dE/dy"}


def test_an_author_may_have_gone_on_from_right_numbers() -> None:
    report = ag.compare(network(), {"dE/dy": 3.3 * SLOPE + 1.0, "dE/dZ": np.outer(SLOPE, V)})
    assert [one.verdict for one in report.findings] == ["wrong", "wrong"]
    assert report.findings[1].causes[0].sentence == "the factor dH/dZ is missing"
