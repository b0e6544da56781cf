"""What the search for causes can draw on: true values, claims, lookalikes, turned arrays."""

import numpy as np

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.graph import named_graph
from autograd_lite.check.causes.faults import other_moments
from autograd_lite.check.causes.known import Known, Stale, recovered_gradients
from autograd_lite.check.truth.points import Points
from autograd_lite.check.truth.truth import Ends


def product() -> Points:
    """y = a·b = 6, E = y² = 36 at a = 2, b = 3: dE/da = 36, dE/db = 24."""
    return Points(named_graph(((Value(2.0, "a") * Value(3.0, "b")).named("y") ** 2).named("E")))


def layer() -> Points:
    """y = W·x with a square W, E = Σ y."""
    W, x = Value([[1.0, 2.0], [3.0, 4.0]], "W"), Constant([5.0, 7.0], "x")
    return Points(named_graph((W @ x).named("y").sum().named("E")))


def one(value: float) -> np.ndarray:
    return np.array([value])


def test_without_claims_everything_is_true() -> None:
    known = Known(product())
    assert known.carried is known.values
    assert known.derivative("E", "a").tolist() == [36.0]
    assert not known.is_stated("E", "a")


def test_a_wrong_claim_is_what_the_author_went_on_with() -> None:
    ends = Ends("derivative", "E", "a")
    known = Known(product(), claimed={ends: one(30.0), Ends("value", "y"): one(5.0)})
    assert known.derivative("E", "a").tolist() == [30.0]
    assert known.derivative("E", "b").tolist() == [24.0]
    assert (known.carried["y"][0], known.carried["a"][0], known.values["y"][0]) == (5.0, 2.0, 6.0)


def test_what_is_to_be_explained_is_not_taken_for_granted() -> None:
    ends = Ends("derivative", "E", "a")
    other = Ends("derivative", "E", "b")
    known = Known(product(), claimed={ends: one(30.0), other: one(1.0)}).without(ends)
    assert known.derivative("E", "a").tolist() == [36.0]
    assert known.derivative("E", "b").tolist() == [1.0]
    local = Known(product(), claimed={Ends("local", "E", "y"): one(1.0)})
    assert local.without(Ends("derivative", "E", "y")).claimed == {}


def test_a_local_derivative_counts_as_stated() -> None:
    known = Known(product(), stated=frozenset({Ends("local", "E", "y")}))
    assert known.is_stated("E", "y")
    assert not known.is_stated("y", "E")


def test_in_a_whole_array_another_element_is_a_wrong_index() -> None:
    points = layer()
    assert Known(points, whole=True).mistaken("W[0,0]", "W[1,0]") == "wrong index"
    assert Known(points, whole=True).mistaken("W[0,0]", "x[0]") == "wrong factor"
    assert Known(points).mistaken("W[0,0]", "W[1,0]") == "wrong factor"


def test_arrays_are_whole_and_in_their_shapes() -> None:
    arrays = Known(layer()).arrays
    assert arrays["W"].tolist() == [[[1.0, 2.0], [3.0, 4.0]]]
    assert arrays["x"].tolist() == [[5.0, 7.0]]
    assert arrays["E"].tolist() == [62.0]  # (5 + 14) + (15 + 28)


def test_the_authors_own_numbers_are_offered_by_element() -> None:
    own = {"D": np.array([[[0.1, 0.2], [0.3, 0.4]]]), "k": np.array([9.0]), "u": np.ones((1, 3))}
    found = {word: x.tolist() for word, x in Known(layer(), own=own).own_numbers("W[1,0]")}
    assert found == {"D": [0.3], "k": [9.0]}


def test_arrays_are_tried_transposed_and_flipped() -> None:
    tried = Known(layer()).rearranged({"W", "x"})
    found = {(kind, done.split()[0]): values for kind, done, _, values in tried}
    turned = found["transposed", "W"]
    assert (turned["W[0,1]"][0], turned["W[1,0]"][0], turned["x[0]"][0]) == (3.0, 2.0, 5.0)
    flipped = found["flipped", "W"]
    assert [flipped[f"W[{i},{j}]"][0] for i in (0, 1) for j in (0, 1)] == [4.0, 3.0, 2.0, 1.0]


def test_only_the_arrays_that_matter_are_turned() -> None:
    assert {done.split()[0] for _, done, _, _ in Known(layer()).rearranged({"W"})} == {"W"}


def test_arrays_are_tried_shifted_by_one_place() -> None:
    t = Value([1.0, 2.0, 3.0], "t")
    known = Known(Points(named_graph((t * 2).sum().named("E"))))
    shifted = [
        [values[f"t[{i}]"][0] for i in range(3)]
        for kind, _, _, values in known.rearranged({"t"})
        if kind == "wrong index"
    ]
    assert shifted == [[3.0, 1.0, 2.0], [2.0, 3.0, 1.0]]


def test_another_array_of_the_same_shape_near_by_is_tried() -> None:
    x = Value([1.0, 2.0], "x")
    z = (x * 3).named("z")
    known = Known(Points(named_graph((z * z).named("y").sum().named("E"))))
    taken = {done: values for kind, done, _, values in known.rearranged({"y"})}
    assert taken["z stands in place of y"]["y[1]"][0] == 6.0


def test_of_numbered_steps_the_one_before_and_after_are_tried() -> None:
    h = Value([1.0, 2.0], "h0")
    for step in (1, 2):
        h = (h * 10).named(f"h{step}")
    known = Known(Points(named_graph(h.sum().named("E"))))
    found = {kind: values for kind, _, _, values in known.rearranged(())}
    assert found["stale value"]["h2[0]"][0] == 10.0  # h1
    assert found["wrong index"]["h1[1]"][0] == 200.0  # h2


def test_a_stated_derivative_of_a_square_array_may_be_transposed() -> None:
    points = layer()
    assert Known(points).turned_derivatives == []
    stated = frozenset({Ends("derivative", "E", "W[0,0]")})
    ((layer_, turned),) = Known(points, stated=stated).turned_derivatives
    # dE/dW = [[5, 7], [5, 7]]; transposed [[5, 5], [7, 7]].
    assert layer_ == "W"
    slopes = [turned.derivative("E", f"W[{i},{j}]")[0] for i in (0, 1) for j in (0, 1)]
    assert slopes == [5.0, 5.0, 7.0, 7.0]


# Other moments


def test_without_updates_and_passes_there_is_no_other_moment() -> None:
    assert list(other_moments(Known(product()))) == []


def test_updated_weights_are_another_moment() -> None:
    ((fault, values),) = other_moments(Known(product(), updated={"a": one(1.5)}))
    assert fault.kind == "updated before reuse"
    assert (values["a"][0], values["b"][0]) == (1.5, 3.0)


def test_another_pass_may_lend_all_its_values_or_the_computed_ones() -> None:
    old = {"a": one(1.0), "b": one(2.0), "y": one(2.0), "E": one(4.0)}
    whole, computed = other_moments(Known(product(), stale=[Stale("pass 1", old)]))
    assert {whole[0].kind, computed[0].kind} == {"stale value"}
    assert [whole[1][name][0] for name in "abyE"] == [1.0, 2.0, 2.0, 4.0]
    assert [computed[1][name][0] for name in "abyE"] == [2.0, 3.0, 2.0, 4.0]
    assert "pass 1" in whole[0].done


# Gradients behind weights


def test_the_gradient_is_recovered_from_a_weight_and_from_a_step() -> None:
    known = Known(product(), learning_rate=0.01)
    ends, gradient, off = recovered_gradients(known, [Ends("updated", "a")], one(1.64), one(0.0001))
    assert ends == [Ends("derivative", "E", "a")]
    np.testing.assert_allclose([*gradient, *off], [36.0, 0.01])
    _, gradient, off = recovered_gradients(known, [Ends("step", "a")], one(-0.36), one(0.001))
    np.testing.assert_allclose([*gradient, *off], [36.0, 0.1])


def test_without_a_learning_rate_nothing_is_recovered() -> None:
    for rate in (None, 0.0):
        known = Known(product(), learning_rate=rate)
        assert recovered_gradients(known, [Ends("updated", "a")], one(1.0), one(0.1))[0] == []


def test_a_whole_array_of_weights_is_recovered() -> None:
    w = Value([[1.0, 2.0]], "w")
    known = Known(Points(named_graph((w * w).sum().named("E"))), learning_rate=0.5)
    names = [Ends("updated", f"w[0,{place}]") for place in (0, 1)]
    given = np.array([[[0.0, 1.0]]])
    _, gradient, _ = recovered_gradients(known, names, given, 0 * given)
    assert gradient.tolist() == [[[2.0, 2.0]]]


def test_a_tie_in_the_graph_is_no_obstacle() -> None:
    points = Points(named_graph(ag.relu(Value(0.0, "x")).named("y")), 2)
    assert Known(points).derivative("y", "x").shape == (3,)
