"""Modules, layers and losses: what they have, what they are called, what they refuse."""

import random
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import CheckpointError, Constant, DataError, ShapeError, Value, nn


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


class Block(nn.Module):
    """A layer with a weight of its own beside it."""

    def __init__(self) -> None:
        self.scale = Value(2.0)
        self.inner = nn.Linear(3, 3, rng())
        self.offset = Constant([1.0, 2.0, 3.0])

    def forward(self, x: Any) -> Any:
        """The scaled layer."""
        return self.scale * self.inner(x) + self.offset


class Net(nn.Module):
    """Modules in attributes, a list and a dictionary, one of them twice."""

    def __init__(self) -> None:
        self.blocks = [Block(), Block()]
        self.heads = {"left": nn.Linear(3, 1, rng()), "right": nn.Linear(3, 1, rng())}
        self.again = self.heads["left"]

    def forward(self, x: Any) -> Any:
        """All of them."""
        for block in self.blocks:
            x = block(x)
        return self.again(x) + self.heads["right"](x)


# Parameters and labels


def test_parameters_are_found_by_their_paths_in_order_and_once() -> None:
    assert [name for name, _ in Net().named_parameters()] == [
        "blocks.0.scale",
        "blocks.0.inner.W",
        "blocks.0.inner.b",
        "blocks.1.scale",
        "blocks.1.inner.W",
        "blocks.1.inner.b",
        "heads.left.W",
        "heads.left.b",
        "heads.right.W",
        "heads.right.b",
    ]


def test_a_private_attribute_counts_too() -> None:
    model = nn.Module()
    model._layer, model.pair = nn.Linear(1, 1, rng()), (Value(1.0), Value(2.0))  # type: ignore[attr-defined]
    names = [name for name, _ in model.named_parameters()]
    assert names == ["pair.0", "pair.1", "_layer.W", "_layer.b"]


def test_labels_follow_from_the_path_and_are_all_different() -> None:
    net = Net()
    net([[1.0, 2.0, 3.0]])
    labels = [value.label for value in net.parameters()]
    assert labels[:3] == ["scale[0]", "W_inner[0]", "b_inner[0]"]
    assert labels[-2:] == ["W_heads_right", "b_heads_right"]
    assert len({*labels}) == len(labels)


def test_two_lists_of_layers_have_labels_of_their_own() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            self.a, self.b = [nn.Linear(1, 1, rng())], [nn.Linear(1, 1, rng())]

        def forward(self, x: Any) -> Any:
            return self.a[0](self.b[0](x))

    model = Two()
    model([[1.0]])
    labels = [value.label for value in model.parameters()]
    assert labels == ["W[0]", "b[0]", "W_b_0", "b_b_0"]


def test_a_label_of_ones_own_stays_and_that_of_another_path_does_not() -> None:
    layer = nn.Linear(2, 2, rng())
    layer.W.named("w_1")
    layer([[1.0, 2.0]])
    assert (layer.W.label, layer.b.label) == ("w_1", "b")
    nn.Sequential(hidden=layer)([[1.0, 2.0]])
    assert (layer.W.label, layer.b.label) == ("w_1", "b_hidden")


def test_a_chain_rule_of_a_model_reads_well() -> None:
    net = nn.Sequential(hidden=nn.Linear(2, 2, rng()), H=ag.sigmoid, out=nn.Linear(2, 1, rng()))
    E = ag.mean_squared_error(net(Constant([1.0, 2.0], "x")), Constant([1.0], "t")).named("E")
    rule = ag.chain_rule(E, "W_hidden[0,1]")
    assert rule.count == 1
    assert "= 2·(out[0] − t[0])·W_out[0,0]·H[0]·(1 − H[0])·x[1]" in str(rule)


def test_a_sequence_names_its_parts_by_what_they_are() -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, rng()), ag.relu, nn.MaxPool2d(2), nn.Flatten(), lambda x: 2 * x, ag.relu
    )
    y = net(np.ones((1, 1, 6, 6)))
    assert y.label == "relu2"
    rows = net.summary(np.ones((1, 1, 6, 6))).splitlines()[1:-1]
    assert " ".join(row.split()[0] for row in rows) == "conv1 relu1 maxpool1 flatten1 step1 relu2"


@pytest.mark.parametrize("parts", [{"train": ag.relu}, {"x": 3}])
def test_a_sequence_refuses_what_is_no_part(parts: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=next(iter(parts))):
        nn.Sequential(**parts)


def test_a_summary_has_shapes_and_counts_and_changes_nothing() -> None:
    net = nn.Sequential(nn.Linear(3, 4, rng()), nn.Dropout(0.5, rng()), nn.BatchNorm(4))
    net.train()
    summary = net.summary(np.ones((2, 3)))
    assert summary.splitlines()[1].split() == ["linear1", "Linear", "(2,", "4)", "16"]
    assert summary.splitlines()[-1] == "24 parameters"
    assert net.training
    assert net.batchnorm1.running_mean.tolist() == [0.0] * 4


def test_train_and_eval_reach_every_part() -> None:
    net = Net().eval()
    assert not any(part.training for _, part in net.named_modules())
    assert all(part.training for _, part in net.train().named_modules())


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(NotImplementedError, match="Module has to define forward"):
        nn.Module()(1.0)


# State


def test_the_state_is_copied_out_and_taken_over() -> None:
    first, second = Net(), Net()
    for value in first.parameters():
        value.data += 1.0
    state = first.state_dict()
    second.load_state_dict(state)
    state["heads.left.W"][:] = 0.0
    x = np.ones((2, 3))
    assert (first(x).data == second(x).data).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state.pop("b"), r"no place for nothing and misses b;"),
        (lambda state: state.update(c=1.0), r"no place for c and misses nothing;"),
        (lambda state: state.update(b=np.ones(3)), r"b has shape \(2,\) in the Linear and \(3,\)"),
        (lambda state: state.update(b=[np.nan, 0.0]), r"b is not made of finite numbers"),
        (lambda state: state.update(b=["x", "y"]), r"b is not made of finite numbers"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_whole(change: Any, said: str) -> None:
    layer = nn.Linear(3, 2, rng())
    before, state = layer.state_dict(), layer.state_dict()
    state["W"] += 1.0
    change(state)
    with pytest.raises(CheckpointError, match=said):
        layer.load_state_dict(state)
    assert (layer.W.data == before["W"]).all()


# Layers, where PyTorch has nothing to compare with or is not at hand


def test_weights_come_from_the_generator_alone() -> None:
    one, same = nn.Linear(3, 2, rng()), nn.Linear(3, 2, rng())
    assert (one.W.data == same.W.data).all()
    with pytest.raises(DataError, match=r"np.random.default_rng\(seed\)"):
        nn.Linear(3, 2, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("init", [nn.fan_in_uniform, nn.glorot, nn.he, nn.lecun, nn.normal])
def test_initialisers_have_the_variance_that_they_promise(init: Any) -> None:
    fan_in, fan_out = 50, 30
    expected = {"fan_in_uniform": 1 / 150, "glorot": 2 / 80, "he": 2 / 50, "lecun": 1 / 50}
    found = np.var(init(rng(), (200, 500), fan_in, fan_out))
    assert found == pytest.approx(expected.get(init.__name__, 1.0), rel=0.02)


@pytest.mark.parametrize(
    ("layer", "x", "said"),
    [
        (nn.Linear(3, 2, rng()), np.ones((4, 2)), "takes 3 inputs and was given shape"),
        (nn.Conv2d(1, 2, 3, rng()), np.ones((4, 2, 5, 5)), "channels"),
        (nn.BatchNorm(3), np.ones((4, 2)), "BatchNorm of 3 channels"),
        (nn.BatchNorm(3), np.ones((1, 3)), "two or more"),
        (nn.LayerNorm(3), np.ones((4, 2)), "LayerNorm of size 3"),
        (nn.Neuron(2), [1.0], "was given 1 inputs"),
    ],
)
def test_a_layer_refuses_another_shape(layer: nn.Module, x: Any, said: str) -> None:
    with pytest.raises(ShapeError, match=said):
        layer(x)


@pytest.mark.parametrize("size", [0, -1, 2.0, True, "3"])
def test_sizes_are_whole_numbers_from_1_on(size: Any) -> None:
    with pytest.raises(DataError, match="give a whole number from 1 on"):
        nn.Linear(size, 2, rng())


def test_dropout_keeps_the_mean_and_does_nothing_once_trained() -> None:
    drop, x = nn.Dropout(0.25, rng()), np.ones(10_000)
    assert drop(x).mean() == pytest.approx(1.0, abs=0.02)
    assert {*drop(x).tolist()} == {0.0, 1 / 0.75}
    assert drop.eval()(x) is x
    with pytest.raises(DataError, match="probability"):
        nn.Dropout(1.0, rng())


def test_an_embedding_refuses_what_is_no_row() -> None:
    layer = nn.Embedding(4, 2, rng())
    for index in (4, -1, 0.5):
        with pytest.raises(DataError, match="from 0 to 3"):
            layer([index])


def test_a_causal_head_does_not_see_what_comes() -> None:
    head, x = nn.Head(3, 2, rng(), causal=True), rng().normal(size=(4, 3))
    before = head(x).data
    x[3] += 1.0
    assert (head(x).data[:3] == before[:3]).all()


def test_single_precision_stays_single() -> None:
    net = nn.Sequential(nn.Linear(3, 2, rng()), nn.BatchNorm(2), ag.relu).astype(np.float32)
    y = net(np.ones((2, 3), np.float32))
    y.sum().backward()
    assert {y.dtype, *(one.grad.dtype for one in net.parameters())} == {np.dtype(np.float32)}


# micrograd's programs, with the import changed


def test_a_program_of_micrograd_trains_its_network() -> None:
    random.seed(1337)
    model = nn.MLP(2, [4, 4, 1])
    assert len(model.parameters()) == 37
    assert str(model).startswith("MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2),")
    xs, ys = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], [-1.0, 1.0, 1.0, -1.0]
    for step in range(60):
        scores = [model(x) for x in xs]
        misses = [(1 + -y * score).relu() for y, score in zip(ys, scores, strict=True)]
        loss = sum(misses) * (1.0 / len(misses)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= (0.5 - 0.4 * step / 60) * p.grad
    assert all((score.data > 0) == (y > 0) for score, y in zip(scores, ys, strict=True))


def test_its_module_may_be_subclassed_in_its_way() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            self.w = [Value(1.0), Value(2.0)]

        def __call__(self, x: Any) -> Any:
            return [w * x for w in self.w]

        def parameters(self) -> list[Value]:
            return self.w

    model = Twice()
    sum(model(3.0)).backward()
    assert [p.grad for p in model.parameters()] == [3.0, 3.0]
    model.zero_grad()
    assert model.w[0].grad is None


# Losses


def test_the_edge_of_a_cross_entropy_says_p_minus_t() -> None:
    z, t = Value([[1.0, 2.0, 3.0]], "z"), Constant([[0.0, 1.0, 0.0]], "t")
    terms = [str(term) for term in ag.terms(ag.cross_entropy(z, t).named("E"))[:3]]
    assert terms[0] == "∂E/∂z[0,0] = softmax(z[0])[0] − t[0,0] = 0.0900306"
    by_index = ag.terms(ag.cross_entropy(Value([1.0, 2.0, 3.0], "z"), 1).named("E"))
    assert by_index[1].formula == "softmax(z)[1] − 1"
    assert by_index[1].latex.endswith(r"\operatorname{softmax}\left(z\right)_{1} - 1")


def test_a_softmax_of_a_document_is_written_by_its_name() -> None:
    z = Value([1.0, 2.0], "z", ["z_1", "z_2"])
    p = ag.softmax(z).named("p", ["p_1", "p_2"])
    assert [term.formula for term in ag.terms(p)] == [
        "p_1 − p_1²", "−p_1·p_2", "−p_2·p_1", "p_2 − p_2²",
    ]  # fmt: skip
    E = ag.cross_entropy(z, [0.5, 0.5]).named("E")
    assert ag.terms(E)[0].formula == "exp(z_1) / (exp(z_1) + exp(z_2)) − 0.5"


def test_a_target_that_is_learned_has_the_derivative_of_its_definition() -> None:
    z, t = [1.0, 2.0, 3.0], Value([0.2, 0.3, 0.5], "t")
    ag.cross_entropy(z, t).backward()
    np.testing.assert_allclose(t.grad, -ag.log_softmax(z))


@pytest.mark.parametrize("size", [1.0, 1e4, 1e300])
def test_losses_of_logits_are_stable(size: float) -> None:
    z = Value([[size, -size, 0.0]])
    ag.cross_entropy(z, [0]).backward()
    assert np.isfinite(z.grad).all()
    w = Value([size, -size])
    E = ag.binary_cross_entropy(w, [1.0, 0.0])
    E.backward()
    assert 0.0 <= E.data < 0.4
    assert np.isfinite(w.grad).all()


@pytest.mark.parametrize(
    ("loss", "error", "said"),
    [
        (lambda: ag.cross_entropy([[1.0, 2.0]], [2]), DataError, "2 is no class; .* 0 to 1"),
        (lambda: ag.cross_entropy([[1.0, 2.0]], [0.5]), DataError, "0.5 is no class"),
        (lambda: ag.cross_entropy([[1.0, 2.0]], [[0.5, 0.6]]), DataError, "does not sum to 1"),
        (lambda: ag.cross_entropy([[1.0, 2.0]], [[1.0]]), ShapeError, r"\(1, 2\) .* \(1, 1\)"),
        (lambda: ag.cross_entropy(1.0, 0), ShapeError, "index of each class"),
        (lambda: ag.cross_entropy([1.0, 2.0], 0, reduce="all"), DataError, "'mean', 'sum'"),
        (lambda: ag.hinge([1.0], [0.0]), DataError, "−1 and 1"),
        (lambda: ag.huber(1.0, 0.0, delta=0.0), DataError, "positive"),
        (lambda: ag.gelu(1.0, "erf"), DataError, "'none'"),
    ],
)
def test_losses_refuse_what_they_cannot_take(loss: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        loss()


def test_classes_of_a_value_are_decided_anew_in_a_compiled_step() -> None:
    step = ag.compile(lambda z, t: 2 * ag.cross_entropy(z, t), wrt=["z"])
    z = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 1.0]])
    for t in ([0, 1], [2, 0]):
        value, _ = step(z=z, t=Constant(t))
        assert value == pytest.approx(2 * ag.cross_entropy(z, t))
