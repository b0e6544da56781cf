"""A tensor graph written out in scalars is the same function, and has the same gradient."""

import zlib
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant, GraphTooLargeError, Value
from autograd_lite.chain import graph as expand_module
from autograd_lite.chain.graph import Expansion, expand, name_values
from autograd_lite.engine import order, read_data, sweep
from autograd_lite.op import REGISTRY, Elementwise, Op, Sample, Structural

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
    return [
        Value(rng.uniform(*interval, shape), f"x{position}")
        for position, (shape, interval) in enumerate(zip(sample.shapes, intervals, strict=False))
    ]


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
