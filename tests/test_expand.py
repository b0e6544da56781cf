"""A tensor graph written out in scalars is the same function, and so is one computed anew."""

import re
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs.named import PROGRAMS

import autograd_lite as ag
from autograd_lite import Constant, GraphError, GraphTooLargeError, Value
from autograd_lite.chain import graph as expand_module
from autograd_lite.chain.graph import Expansion, expand, name_values, named_graph, replay
from autograd_lite.engine import order, read_data, sweep
from autograd_lite.op import REGISTRY, Elementwise, Op, Sample, Structural, structural

EPSILON = float(np.finfo(float).eps)


def expansion_of(root: Value) -> Expansion:
    return expand(root, name_values(order(root)))


def samples(op: Op) -> list[Sample]:
    """Operand shapes and attributes to try; an elementwise op is broadcast too."""
    if isinstance(op, Structural):
        return list(op.samples)
    count = op.arity or 3
    return [Sample(tuple(s), {}) for s in ([()] * count, [(2, 3), (), (3,)][:count])]


CASES = [
    pytest.param(op, sample, id=f"{op.name}-{number}")
    for op in REGISTRY.values()
    for number, sample in enumerate(samples(op))
]


def inputs(op: Op, sample: Sample) -> list[Value]:
    """Operands in the domain of the op, the same in every run."""
    rng = np.random.default_rng(zlib.crc32(op.name.encode()))
    domain = op.domain if isinstance(op, Elementwise) else ((-2.0, 2.0),)
    intervals = [*domain, *[domain[-1]] * len(sample.shapes)]
    drawn = [rng.uniform(*i, shape) for shape, i in zip(sample.shapes, intervals, strict=False)]
    return [Value(one, f"x{place}") for place, one in enumerate(sample.fitting(drawn))]


@pytest.mark.parametrize(("op", "sample"), CASES)
def test_the_scalars_have_the_numbers_and_the_gradients_of_the_tensors(
    op: Op, sample: Sample
) -> None:
    operands = inputs(op, sample)
    result = op(*operands, **sample.attributes)
    weights = np.random.default_rng(1).uniform(0.5, 1.5, result.shape)
    total = (result * weights).sum().named("total")
    total.backward()
    expansion = expansion_of(total)
    (output,) = expansion.outputs
    scalar_gradients = sweep(order(output), {output: 1.0}, read_data)

    by_name = {element.name: scalar for scalar, element in expansion.elements.items()}
    assert by_name["total"].data == total.data
    for operand in operands:
        for index in np.ndindex(operand.shape):
            key = f"{operand.label}[{','.join(map(str, index))}]" if index else operand.label
            scalar = by_name[key]
            assert scalar.data == np.asarray(operand.data)[index]
            expected = float(np.asarray(operand.grad)[index])
            found = scalar_gradients.get(scalar, 0.0)
            assert found == pytest.approx(expected, rel=64 * EPSILON, abs=64 * EPSILON)


@pytest.mark.parametrize(("op", "sample"), CASES)
def test_the_scalars_compute_the_result_by_themselves(op: Op, sample: Sample) -> None:
    result = op(*inputs(op, sample), **sample.attributes).named("result")
    outputs = expansion_of(result).outputs
    computed: dict[Value, Any] = {}
    for node in (node for output in outputs for node in order(output)):
        parts = [computed[part] if isinstance(part, Value) else part for part in node.operands]
        computed[node] = node.op.forward(*parts) if node.op else node.data
    found = [computed[output] for output in outputs]
    np.testing.assert_allclose(found, np.ravel(result.data), rtol=64 * EPSILON, atol=64 * EPSILON)


@pytest.mark.parametrize(
    "compute",
    [
        lambda x, w: ag.conv2d(x, w, stride=2, padding=1),
        lambda x, w: ag.conv2d(x, w, dilation=2, groups=1),
        lambda x, w: ag.conv2d(x[:, :2], w[:, :1], groups=2),
        lambda x, _: ag.max_pool2d(x, size=3, stride=1, padding=1),
        lambda x, _: ag.avg_pool2d(x, size=(3, 2), stride=(1, 2), padding=(1, 0)),
        lambda x, w: ag.einsum("ncij,ockl->nokl", x[..., :3, :3], w),
        lambda x, _: x.max(axis=(0, 3)) - x.min(axis=(0, 3)),
        lambda x, w: ag.concatenate([x[0].flatten(), w.flatten()])[::-1],
        lambda x, w: ag.pad(x[0, 0], 1) @ ag.pad(w[0, 0], ((2, 2), (0, 0))),
        lambda x, w: ag.where(x > 0, x, w[0, 0, 0, 0]) / (1 + ag.exp(w[0, 0, 0, 1])),
        lambda x, _: x.sum(axis=1, keepdims=True) * x.mean(axis=(2, 3), keepdims=True),
        lambda x, _: (x[0, 0, [0, 0, 1]] * ag.broadcast_to(x[0, 0, 0], (3, 4))).T,
        lambda x, _: ag.max_pool2d(ag.concatenate([x, np.full_like(x.data, 0.5)], axis=3), (2, 3)),
        lambda x, w: ag.max_pool2d(ag.conv2d(x - 3, w, padding=1), size=5),
        lambda x, _: ag.max_pool2d(ag.concatenate([x, np.full_like(x.data, -1.5)], axis=2)),
        lambda x, _: ag.max_pool2d(ag.pad(x[0, 0] - 2, 1)[::-1], size=3, padding=1),
    ],
)
def test_tensor_programs_keep_their_gradients(compute: Any) -> None:
    rng = np.random.default_rng(7)
    x = Value(rng.uniform(-1, 1, (2, 2, 4, 4)), "x")
    w = Value(rng.uniform(-1, 1, (2, 2, 2, 2)), "w")
    result = compute(x, w)
    total = (result * rng.uniform(0.5, 1.5, result.shape)).sum().named("total")
    total.backward()
    expansion = expansion_of(total)
    (output,) = expansion.outputs
    gradients = sweep(order(output), {output: 1.0}, read_data)
    for scalar, element in expansion.elements.items():
        if element.tensor in {x, w} and element.tensor.grad is not None:
            expected = element.tensor.grad[element.index]
            found = gradients.get(scalar, 0.0)
            assert found == pytest.approx(expected, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("name", ["max", "avg"])
def test_a_derivative_of_a_pool_is_written_out_like_the_pool(name: str) -> None:
    """Its windows have constants and padding in them; winners are found among all of them."""
    x = Value([[0.5, 3.0], [2.0, -1.0]], "x")

    def pooled(x: Value) -> Value:
        joined = ag.concatenate([x, np.array([[2.5, 1.0], [0.0, 0.5]])])
        pool = ag.max_pool2d if name == "max" else ag.avg_pool2d
        return (pool(joined**2, size=(3, 2), stride=1, padding=(1, 0)) ** 2).sum()

    slope = (ag.grad(pooled)(x) * [[1.0, 2.0], [3.0, 4.0]]).sum().named("slope")
    slope.backward()
    (output,) = expansion_of(slope).outputs
    found = sweep(order(output), {output: 1.0}, read_data)
    leaves = [leaf for leaf in order(output) if leaf.op is None and leaf.takes_gradient]
    assert [found[leaf] for leaf in leaves] == pytest.approx(np.ravel(x.grad).tolist(), rel=1e-13)


def test_padding_wins_no_window_of_minus_infinity() -> None:
    x = Value([[-np.inf, -np.inf], [-np.inf, 2.0]], "x")
    y = ag.max_pool2d(x, size=2, stride=2, padding=1).named("y")
    assert [term.name for term in ag.terms(y) if term.value] == [
        *("∂y[0,0]/∂x[0,0]", "∂y[0,1]/∂x[0,1]", "∂y[1,0]/∂x[1,0]", "∂y[1,1]/∂x[1,1]")
    ]


# What is written out is compared with what was computed.


def mistaken(name: str, **how: Any) -> Any:
    """An op that is written out in scalars otherwise than it computes."""
    return structural(name, array=lambda x: x[1:], vjps=lambda g, y, x: g, samples=(), **how)


@pytest.mark.parametrize(
    ("on_objects", "what"),
    [
        (lambda x: x[:-1], r"computed 2\.0, 3\.0 in y, but written out in scalars 1\.0, 2\.0;"),
        (lambda x: x, r"computed 2\.0, 3\.0 in y, but written out in scalars 1\.0, 2\.0, 3\.0"),
        (lambda x: x[1:] * (1 + 1e-13), r"computed 2\.0, 3\.0 in y"),
        (lambda x: np.array([2.0, np.nan], object), r"computed 3\.0 in y.* nan; this is a defect"),
    ],
)
def test_an_op_that_is_written_out_as_something_else_is_named(on_objects: Any, what: str) -> None:
    op = mistaken("all_but_the_first", on_objects=on_objects)
    try:
        y = op(Value([1.0, 2.0, 3.0], "x")).named("y")
        with pytest.raises(GraphError, match="all_but_the_first> " + what):
            ag.terms(y)
    finally:
        del REGISTRY["all_but_the_first"]


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: (x * [1e16, 1.0, -1e16, 3.0, 1e-3, 7.0, 0.1, 0.3, 2.0, 5.0] * 0.1).sum(),
        lambda x: (x * [1e308, 1e308, 1.0, 1e308, -1e308, 0, 0, 0, -1e308, -1e308]).sum(),
        lambda x: (x * [np.inf, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]).sum(),
        lambda x: (x * [np.inf, 1.0, 2.0, -np.inf, 4.0, np.nan, 6.0, 7.0, 8.0, 9.0]).sum(),
        lambda x: ag.broadcast_to(x, (10, 10)) @ (x * np.linspace(-1e6, 1e6, 10)),
        lambda x: ag.einsum("i,ij,j->i", x * np.inf, np.zeros((10, 2)), np.array([np.inf, 1.0])),
        lambda x: ag.einsum("i,jj->i", x * np.inf, np.diag([1.0, 0.0])),
    ],
)
@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_the_order_of_a_sum_is_no_difference(compute: Any, precision: Any) -> None:
    with np.errstate(all="ignore"):
        y = compute(Value(np.full(10, 0.7, precision), "x")).named("y")
    assert len(expansion_of(y).outputs) == y.size


def test_single_precision_compares_in_single_precision() -> None:
    """0.1 in float32 is a little more than in float64, and NumPy rounds a single 0.1."""
    x = Value(np.array([0.1, 0.3], np.float32), "x")
    for limit in (0.1, Value(0.1, "limit")):
        for y in (x > limit, x == limit, ag.maximum(x, limit) - x, x - limit):
            assert [one.data for one in expansion_of(y.named("y")).outputs] == y.data.tolist()


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x[0:0].sum(),
        lambda x: (Constant(np.zeros((0, 2)), "batch") @ x).sum(),
        lambda x: ag.einsum("ij,kj->ik", Constant(np.zeros((2, 0))), np.zeros((3, 0))).sum(),
        lambda x: (x[0:0].named("h") ** 2).named("k").sum().named("s") * 3,
        lambda x: ag.conv2d(np.zeros((0, 1, 3, 3)), x.reshape((1, 1, 1, 2))).sum(),
    ],
)
def test_what_nothing_reaches_is_0_in_every_view(compute: Any) -> None:
    x = Value([2.0, -1.0], "x")
    y = compute(x).named("y")
    assert ag.terms(y)[1:] == ()
    assert ag.chain_rule(y, "y").value == 1.0
    if x in set(order(y)):
        assert ag.chain_rule(y, "x[1]").value == 0.0
    assert ag.derive(y).run().value == 0.0
    assert ag.derive(y, "tensor").run().gradients.get("x", np.zeros(2)).tolist() == [0.0, 0.0]
    for backend in ("auto", "python", "numpy"):
        value, gradients = ag.compile(y, backend=backend)()
        assert value == 0.0
        assert not np.any([*gradients.values()])
    assert ag.compare(y, {"y": 0.0}).ok
    assert re.search(r"y = (3·s\\n= )?0", ag.draw(y, level="scalar").source)


def elements_of(root: Value) -> dict[str, Any]:
    return {element.name: element for element in expansion_of(root).elements.values()}


def test_an_element_knows_its_tensor_index_and_kind() -> None:
    x, w = Constant([1.0, 2.0], "x"), Value([3.0, 4.0], "w", names=["w_1", "w_2"])
    elements = elements_of((x * w).sum().named("y"))
    found = {name: (one.layer, one.index, one.kind) for name, one in elements.items()}
    assert found == {
        "x[0]": ("x", (0,), "data"),
        "x[1]": ("x", (1,), "data"),
        "w_1": ("w", (0,), "weight"),
        "w_2": ("w", (1,), "weight"),
        "y": ("y", (), "value"),
    }
    assert elements["w_2"].tensor is w


def test_constants_of_the_program_are_numbers() -> None:
    x = Value([1.0, 2.0], "x")
    (output,) = expansion_of((x * np.array([3.0, 4.0]) + 1.0).sum().named("y")).outputs
    leaves = [node for node in order(output) if node.op is None]
    assert len(leaves) == 2
    assert output.data == 13.0


def test_float32_is_written_out_with_the_numbers_of_the_program() -> None:
    x = Value(np.array([0.1, 0.2], np.float32), "x")
    y = ag.exp(x).named("y")
    scalars = {element.name: scalar for scalar, element in expansion_of(y).elements.items()}
    assert scalars["x[0]"].data == float(np.float32(0.1))
    assert scalars["y[1]"].data == float(y.data[1])


def test_the_scalars_have_the_numbers_of_the_program_to_the_last_bit() -> None:
    # 0.1 + 0.2 + 0.3 depends on the order, and NumPy sums eight by eight
    x = Value(np.arange(1.0, 30.0) / 10, "x")
    (output,) = expansion_of(x.sum().named("y")).outputs
    assert output.data == x.data.sum()


@pytest.mark.parametrize(
    "pass_on",
    [
        lambda z: z[::-1],
        lambda z: z.reshape(2, 1),
        lambda z: ag.stack([z[1], z[0]]),
        lambda z: ag.broadcast_to(z, (2, 2)),
    ],
)
def test_a_name_for_what_was_passed_on_is_a_value_of_its_own(pass_on: Any) -> None:
    """What else is computed from z does not depend on y."""
    x = Value([1.0, 2.0], "x")
    z = x * 3.0
    y = pass_on(z).named("y")
    total = (y.sum() + (z**2).sum()).named("total")
    total.backward()
    for element in expansion_of(total).elements.values():
        if element.layer == "y":
            assert ag.chain_rule(total, element.name).value == y.grad[element.index] == 1.0


def test_padding_is_a_named_number_without_parents() -> None:
    y = ag.pad(Value([1.0], "x"), 1).named("y")
    scalars = {element.name: scalar for scalar, element in expansion_of(y).elements.items()}
    assert scalars["y[0]"].op is None
    assert scalars["y[0]"].data == 0.0


@pytest.mark.parametrize(
    ("compute", "count"),
    [
        (lambda x: (x @ x).sum(), "2,000,000"),
        (lambda x: ag.conv2d(x, ag.Value(np.ones((50, 50)))).sum(), "13,005,000"),
        (lambda x: ag.einsum("ij,kj->ik", x, x).sum(), "2,000,000"),
        (lambda x: sum((x * x for _ in range(20)), x).sum(), "410,000"),
    ],
)
def test_too_large_a_graph_is_refused_before_any_work(
    compute: Any, count: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: Any) -> None:
        raise AssertionError("scalars were made")

    total = compute(Value(np.ones((100, 100)), "x"))
    monkeypatch.setattr(expand_module, "_replay", work)
    with pytest.raises(
        GraphTooLargeError, match=r"about [\d,]+ scalars.*limit of 100,000"
    ) as caught:
        expansion_of(total)
    stated = int(str(caught.value).split("about ")[1].split(" ")[0].replace(",", ""))
    assert stated == pytest.approx(int(count.replace(",", "")), rel=0.05)


def test_the_limit_may_be_raised() -> None:
    y = Value(np.ones(10), "x").sum().named("y")
    with pytest.raises(GraphTooLargeError, match="limit of 5"):
        expand(y, {y: "y"}, limit=5)
    assert expand(y, {y: "y"}, limit=50).outputs[0].data == 10.0


# Replay: the same ops, in the same order, on other data


def line(x: float, w: float = 3.0, b: float = 1.0) -> Value:
    return (Value(w, "w") * Value(x, "x") + Value(b, "b")).named("y")


def leaf(root: Value, label: str) -> Value:
    (found,) = [node for node in order(root) if node.label == label]
    return found


@given(st.floats(-100, 100), st.floats(-100, 100))
def test_it_computes_what_the_program_computes_at_other_data(x: float, w: float) -> None:
    recorded = line(2.0)
    data = {leaf(recorded, "x"): x, leaf(recorded, "w"): w}
    assert replay(recorded, data, {}).data == w * x + 1.0


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_comes_out_as_it_was_recorded(program: object) -> None:
    recorded = program()  # type: ignore[operator]
    again = replay(recorded, {}, {})
    assert np.array_equal(again.data, recorded.data)
    assert [node.label for node in order(again)] == [node.label for node in order(recorded)]
    assert [type(node) for node in order(again)] == [type(node) for node in order(recorded)]
    assert [node.op for node in order(again)] == [node.op for node in order(recorded)]


def test_the_recorded_program_stays_as_it_was() -> None:
    recorded = line(2.0)
    recorded.backward()
    again = replay(recorded, {leaf(recorded, "x"): 5.0}, {})
    again.backward()
    assert (recorded.data, leaf(recorded, "x").data, leaf(recorded, "w").grad) == (7.0, 2.0, 2.0)
    assert (again.data, leaf(again, "w").grad) == (16.0, 5.0)


def test_what_an_op_chooses_is_chosen_anew() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    highest = ag.maximum(a, b).named("m")
    assert replay(highest, {a: 4.0}, {}).data == 4.0
    x = Value(-1.0, "x")
    assert replay(ag.relu(x).named("r"), {x: 3.0}, {}).data == 3.0


def test_what_a_python_if_decided_stays_decided() -> None:
    x = Value(2.0, "x")
    y = (x * 10 if x.data > 0 else x * -1).named("y")
    assert replay(y, {x: -3.0}, {}).data == -30.0


def test_attributes_of_ops_are_kept() -> None:
    x = Value([[1.0, 2.0], [3.0, 4.0]], "x")
    rows = x.sum(axis=1, keepdims=True).named("rows")
    assert replay(rows, {x: [[1.0, 1.0], [5.0, 5.0]]}, {}).data.tolist() == [[2.0], [10.0]]
    image = Value(np.arange(16.0).reshape(1, 1, 4, 4), "image")
    pooled = ag.max_pool2d(image).named("pooled")
    assert replay(pooled, {image: -image.data}, {}).data.ravel().tolist() == [0, -2, -8, -10]


def test_labels_come_from_the_names_and_element_names_stay() -> None:
    w = Value([1.0, 2.0], names=["w_1", "w_2"])
    y = (w * 2).sum()
    again = replay(y, {}, {w: "w", y: "total"})
    assert again.label == "total"
    assert leaf(again, "w").names.tolist() == ["w_1", "w_2"]


def test_a_constant_stays_one_also_with_other_data() -> None:
    t = Constant(1.0, "t")
    y = ((Value(3.0, "w") - t) ** 2).named("y")
    again = replay(y, {t: 2.0}, {})
    assert isinstance(leaf(again, "t"), Constant)
    assert again.data == 1.0


def test_a_value_that_is_used_twice_is_computed_once() -> None:
    x = Value(1.0, "x")
    for _ in range(40):  # along the paths there would be 2**40
        x = x + x
    assert len(order(replay(x, {}, {}))) == len(order(x)) == 41


def test_a_long_chain_needs_no_recursion() -> None:
    x = y = Value(0.0, "x")
    for _ in range(3000):
        y = y + 1.0
    assert replay(y, {x: 2.0}, {}).data == 3002.0


def test_two_elements_of_a_named_value_never_share_a_scalar() -> None:
    x = Value([[2.0, 6.0]], "x")
    share = ag.avg_pool2d(x, size=(1, 2))
    spread = ag.grad(lambda one: (ag.avg_pool2d(one, size=(1, 2)) * share).sum())(x).named("s")
    graph = named_graph((spread * [[1.0, 3.0]]).sum().named("E"))
    assert [one for one in graph.elements if one.startswith("s[")] == ["s[0,0]", "s[0,1]"]
    assert ag.chain_rule(graph.root, "s[0,1]").value == 3.0


def test_what_an_op_hands_on_keeps_the_number_that_it_had() -> None:
    # As the determinant of a single number, whose last digit may be another.
    rounded = structural(
        "rounded",
        array=lambda x: np.nextafter(x, np.inf),
        vjps=lambda g, y, x: g,
        samples=(Sample(((1,),), {}),),
        on_objects=lambda x: x,
    )
    x = Value([3.0], "x")
    y = rounded((2.0 * x).named("h")).named("y")
    graph = named_graph(y)
    assert (graph.value("h[0]"), graph.value("y[0]")) == (6.0, np.nextafter(6.0, 7.0))
