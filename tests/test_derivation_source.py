"""The form of derived source: one line for each quantity in reading order, and nothing too much."""

import ast
import builtins
import math
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from programs.named import PROGRAMS

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.chain.derive import Derivation
from autograd_lite.op import REGISTRY, elementwise, structural
from autograd_lite.ops import adjoints
from models.lenet import LeNet5
from models.notebook import loss


def body(derivation: Derivation) -> list[str]:
    """The lines between the docstring and the return."""
    lines = [line.strip() for line in derivation.source.splitlines()]
    start = next(at for at, line in enumerate(lines) if line.startswith('"""'))
    end = next(at for at, line in enumerate(lines) if line.startswith("return ") and at > start)
    return [line for line in lines[start + 1 : end] if line]


def function(derivation: Derivation) -> ast.FunctionDef:
    (found,) = [
        node
        for node in ast.parse(derivation.source).body
        if isinstance(node, ast.FunctionDef) and node.name == "derivation"
    ]
    return found


EVERY = [
    pytest.param(one, level, id=f"{one.__name__}-{level}")
    for one in (*PROGRAMS, loss)
    for level in ("scalar", "tensor")
]
every_program = pytest.mark.parametrize(("program", "level"), EVERY)


@pytest.mark.parametrize("level", ["scalar", "tensor"])
def test_the_notebook_reads_as_its_author_should_have_written_it(
    level: str, pytestconfig: pytest.Config
) -> None:
    golden = Path(__file__).parent / "golden" / f"notebook_{level}_derivation.txt"
    source = ag.derive(loss(), level).source
    if pytestconfig.getoption("--update-golden"):
        golden.write_text(source, encoding="utf-8")
    assert source == golden.read_text(encoding="utf-8")


@every_program
def test_each_quantity_is_computed_once_before_its_use_and_used(
    program: Callable[[], Value], level: str
) -> None:
    found = function(ag.derive(program(), level))
    arguments = [one.arg for one in found.args.kwonlyargs]
    known = set(arguments)
    used: set[str] = set()
    for statement in found.body[1:]:
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        made = [node.id for node in names if isinstance(node.ctx, ast.Store)]
        assert not known.intersection(made)
        used |= read
        assert read - known <= {"np", *dir(builtins), *dir(math), *dir(ag), *dir(adjoints)}
        known |= set(made)
    assert known <= used


@every_program
def test_nothing_but_a_short_term_is_computed_twice(
    program: Callable[[], Value], level: str
) -> None:
    found = function(ag.derive(program(), level))
    counts = Counter(
        ast.unparse(node)
        for statement in found.body[1:]
        for node in ast.walk(statement)
        if isinstance(node, ast.BinOp | ast.Call)
    )
    twice = [text for text, count in counts.items() if count > 1]
    assert all(len(ast.unparse(ast.parse(text)).split()) <= 3 for text in twice)


@every_program
def test_lines_are_no_longer_than_a_line(program: Callable[[], Value], level: str) -> None:
    lines = ag.derive(program(), level).source.splitlines()
    assert [line for line in lines if len(line) > 99] == []
    assert [line for line in lines if line != line.rstrip()] == []


def test_factors_of_one_and_terms_of_zero_are_left_out() -> None:
    x = Value(2.0, "x")
    y = (((x * 1 + 0 - 0) / 1) ** 1 + 0 * x).named("y")
    assert body(ag.derive(y)) == [
        "# forward",
        "y = x",
        "# backward",
        "dy_dx = 1  # ∂y/∂x, directly",
    ]


@pytest.mark.parametrize(
    ("compute", "read"),
    [
        (lambda x: 3 * (2 * ag.sin(x)), "6 * np.sin(x)"),
        (lambda x: 2 * (3 * ag.sin(x)), "6 * np.sin(x)"),
        (lambda x: 3 * (5 * ag.sin(x)), "3 * (5 * np.sin(x))"),
        (lambda x: x * [3.0, 3.0], "3 * x"),
        (lambda x: x ** [3.0, 3.0], "np.power(x, np.full(2, 3.0))"),
    ],
)
def test_numbers_are_gathered_where_that_changes_no_bit(compute: Any, read: str) -> None:
    y = compute(Value([1.0, 2.0], "x")).sum().named("y")
    assert body(ag.derive(y, "tensor"))[1] == f"y = float(np.sum({read}))"


def test_what_has_no_effect_on_the_gradients_has_no_line() -> None:
    x, unused = Value(2.0, "x"), Value(3.0, "unused")
    choice = (unused > 0).named("choice")
    y = (ag.sin(x).named("s") + 0 * choice).named("y")
    source = ag.derive(y).source
    assert "choice" not in source
    assert "unused" not in source.replace('"unused"', "")


def test_a_shared_value_and_a_shared_derivative_have_a_line_of_their_own() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    product = a * b + 1
    y = (ag.sin(product) * ag.exp(product)).named("y")
    assert body(ag.derive(y))[1:4] == [
        "product = a * b + 1",
        "t1 = sin(product)",
        "t2 = exp(product)",
    ]


def test_a_sum_is_one_line_however_many_terms_it_has() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    y = b
    for _ in range(10):
        y = y + a - b
    assert body(ag.derive(y.named("y")))[1] == "y = b" + " + a - b" * 10


def test_what_was_computed_twice_has_one_derivative() -> None:
    x = Value([1.0, 2.0], "x")
    y = (ag.exp(x).sum() * ag.sin(ag.exp(x).sum())).named("y")
    assert "    dy_dt3 = dy_dt4 * cos(t3) + t4  # ∂y/∂t3 = " in ag.derive(y).source


def test_the_sum_over_two_uses_is_explained_in_its_order() -> None:
    x = Value(2.0, "x")
    y = (ag.sin(x).named("a") * ag.exp(x).named("b")).named("y")
    assert body(ag.derive(y))[-1] == (
        "dy_dx = dy_da * cos(x) + dy_db * b  # ∂y/∂x = ∂y/∂a·∂a/∂x + ∂y/∂b·∂b/∂x"
    )


def test_the_derivatives_by_one_array_stand_together() -> None:
    x, w = Value([1.0, 2.0], "x"), Value([3.0, 4.0], "w")
    h = (x * w).named("h")
    backward = ag.derive(((h * h).sum() ** 2).named("y")).source.partition("# backward\n")[2]
    assert [
        re.findall(r"^    (dy_\w+) = ", part, re.MULTILINE) for part in backward.split("\n\n")
    ] == [
        ["dy_dt1"],
        ["dy_dh_0", "dy_dh_1"],
        ["dy_dx_0", "dy_dx_1"],
        ["dy_dw_0", "dy_dw_1"],
        [],
    ]


def test_lines_without_a_name_are_numbered_in_order() -> None:
    w = Value(1.0, "w")
    for _ in range(40):
        w = ag.sin(w)
    derivation = ag.derive(w.named("t7"))
    made = [line.partition(" = ")[0] for line in body(derivation) if re.match("t|aux", line)]
    own = [label for label in {term.parent for term in ag.terms(w)} if label.startswith("aux")]
    numbers = [number for number in range(1, 41) if number != 7][: 39 - len(own)]
    assert [one for one in made if one not in own] == [*(f"t{number}" for number in numbers), "t7"]
    assert len(made) == 40


def test_the_forward_pass_is_in_the_order_of_the_program_the_backward_in_the_other() -> None:
    w = Value(2.0, "w")
    a = ag.sin(w).named("a")
    b = ag.exp(a).named("b")
    y = ag.tanh(b).named("y")
    assert body(ag.derive(y)) == [
        "# forward",
        "a = sin(w)",
        "b = exp(a)",
        "y = tanh(b)",
        "# backward",
        "dy_db = 1 - y**2        # ∂y/∂b, directly",
        "dy_da = dy_db * b       # ∂y/∂a = ∂y/∂b·∂b/∂a",
        "dy_dw = dy_da * cos(w)  # ∂y/∂w = ∂y/∂a·∂a/∂w",
    ]


def test_a_maximum_of_many_numbers_asks_for_its_place_once() -> None:
    x = Value(np.arange(12.0), "x")
    derivation = ag.derive((x * x).max().named("y"))
    assert derivation.source.count("argmax(") == 2  # its definition, and one use
    assert derivation.run().gradients["x[11]"] == 22.0
    assert derivation.run(x=-np.arange(12.0) + 1).gradients["x[11]"] == -20.0
    assert len(derivation.source) < 3_000


def test_numbers_are_written_in_the_digits_that_they_have() -> None:
    x = Value(np.array([0.1, 0.2], np.float32), "x")
    assert "x=np.array([0.1, 0.2], np.float32)," in ag.derive(x.sum(), "tensor").source
    y = (Value(2.0, "x") * (2 / 3) + 1e-5).named("y")
    assert "y = 2 / 3 * x + 1e-05" in ag.derive(y).source
    z = (Value(float("inf"), "x") * 2).named("z")
    assert 'x=float("inf"),' in ag.derive(z).source


def test_an_array_of_many_numbers_is_a_parameter_without_a_default() -> None:
    x = Constant(np.arange(100.0), "x")
    y = (Value(2.0, "w") * x * np.arange(100.0)).sum().named("y")
    derivation = ag.derive(y, "tensor")
    assert "x,  # of shape (100,)" in derivation.source
    assert "constant_1,  # of shape (100,)" in derivation.source
    assert derivation.run().gradients == {"w": float(np.sum(np.arange(100.0) ** 2))}
    with pytest.raises(TypeError, match="constant_1"):
        derivation.function(x=np.ones(100))


@pytest.mark.parametrize(("size", "has_default"), [(32, True), (33, False)])
def test_an_array_of_up_to_32_numbers_has_a_default(size: int, has_default: bool) -> None:
    w = Value(np.arange(float(size)), "w")
    source = ag.derive((w * w).sum().named("y"), "tensor").source
    assert (f"w,  # of shape ({size},)" not in source) == has_default


@pytest.mark.parametrize(("letters", "lines"), [(37, 1), (38, 3)])
def test_what_is_returned_is_one_line_if_it_fits(letters: int, lines: int) -> None:
    x = Value(2.0, "x" * letters)
    source = ag.derive((x * x).named("y")).source
    assert len(source[source.index("    return") :].splitlines()) == lines


def test_a_larger_model_stays_one_page() -> None:
    rng = np.random.default_rng(0)
    net = LeNet5(rng)
    images = Constant(rng.normal(size=(2, 1, 28, 28)), "images")
    root = net.loss(images, Constant(np.eye(10)[:2], "targets"))
    root.backward()
    derivation = ag.derive(root, "tensor")
    outcome = derivation.run()
    assert outcome.value == root.data
    for weight in net.parameters():
        # NumPy sums in the order in which an array lies in memory, and a copy may lie otherwise.
        rounding = 4 * np.spacing(np.max(np.abs(weight.grad)))
        assert np.max(np.abs(outcome.gradients[weight.label] - weight.grad)) <= rounding
    assert len(derivation.source.splitlines()) < 100


def test_a_root_that_is_a_leaf_has_the_derivative_one() -> None:
    assert ag.derive(Value(2.0, "x")).run() == (2.0, {"x": 1.0})
    assert ag.derive(Value(2.0, "x"), "tensor").run(x=5.0) == (5.0, {"x": 1.0})
    assert ag.derive(Constant(2.0, "c")).run() == (2.0, {})


def test_constants_have_no_derivative() -> None:
    c, w = Constant(3.0, "c"), Value(2.0, "w")
    derivation = ag.derive((c * w).named("y"))
    assert derivation.run(c=4.0) == (8.0, {"w": 4.0})
    assert "dy_dc" not in derivation.source


def test_an_op_of_the_users_own_is_called_by_its_name() -> None:
    cube = elementwise(
        "cube", scalar=lambda x: x**3, array=lambda x: x**3, partials=lambda y, x: 3 * x**2
    )
    roll = structural(
        "roll",
        array=np.roll,
        vjps=lambda g, y, x, shift: REGISTRY["roll"](g, shift=-shift),
        samples=(),
    )
    x = Value([1.0, 2.0, 3.0], "x")
    y = (roll(cube(x), shift=1) * np.array([1.0, 10.0, 100.0])).sum().named("y")
    derivation = ag.derive(y, "tensor")
    assert 'REGISTRY["roll"](REGISTRY["cube"](x), shift=1)' in derivation.source
    outcome = derivation.run()
    assert outcome.value == 27 + 10 + 800
    assert outcome.gradients["x"].tolist() == [30.0, 1200.0, 27.0]
    assert ag.derive(cube(Value(2.0, "w")).named("z")).run(w=3.0) == (27.0, {"w": 27.0})
