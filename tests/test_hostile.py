"""Whatever is given: no exception but the package's own, in time that is linear in its length."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import lines_run

import autograd_lite as ag
from autograd_lite import ClaimError, Constant, Value
from autograd_lite.check.read.files import LONGEST, read_file
from autograd_lite.check.read.statements import cut
from autograd_lite.errors import AutogradLiteError

DOCUMENTS = sorted((Path(__file__).parent / "documents").glob("*.*"))


def small() -> Value:
    x, w, b = Constant(2.0, "x"), Value(3.0, "w"), Value(0.5, "b")
    z = (w * x + b).named("z")
    h = ag.sigmoid(z).named("h")
    v = Value([0.5, -1.0], "v")
    q = (v * h).named("q")
    return ((h - 1.0) ** 2 + (q * q).sum()).named("E")


MIXED = r"""
The forward pass of step {i} is as before, and nothing of it is new.
z = w*x + b = 6.5
$h = 0.9985$, $z = 6.5$
dE/dz = 0.{i}
dE/dh = 2*(h - 1) + 2*(v[0]^2 + v[1]^2)*h
dE/dq = [0.998, -1.997]

| name | value |
|------|-------|
| z | 6.5 |
| h | 0.99{i} |

\begin{{aligned}} a_{i} &= 0.5 \cdot 0.25 \\
 &= 0.125 \end{{aligned}}
We see that this is so and go on.
$$ \frac{{\partial E}}{{\partial w}} = \frac{{\partial E}}{{\partial z}} x $$
k_{i} = 3 * w
dE/dk_{i} = 0.5
"""


def mixed(lines: int) -> str:
    count = lines // MIXED.count("\n") + 1
    return "\n".join("".join(MIXED.format(i=i) for i in range(count)).split("\n")[:lines])


def seconds(path: Path, judge: bool) -> float:
    began = time.process_time()
    if judge:
        str(ag.compare(small(), path))
    else:
        read_file(path)
    return time.process_time() - began


@pytest.mark.slow
@pytest.mark.parametrize("judge", [False, True])
def test_the_time_is_linear_in_the_lines(tmp_path: Path, judge: bool) -> None:
    sizes = 100, 400, 1600, 6400
    times = []
    for size in sizes:
        path = tmp_path / f"{size}.md"
        path.write_text(mixed(size), encoding="utf-8")
        times.append(seconds(path, judge))
    each = [took / size for took, size in zip(times, sizes, strict=True)]
    # Were it quadratic, each of sixteen times as many would take sixteen times as long.
    assert each[-1] < 6 * min(each[1:]), times


def test_the_time_of_few_lines_and_of_many_is_in_proportion(tmp_path: Path) -> None:
    few, many = tmp_path / "few.md", tmp_path / "many.md"
    few.write_text(mixed(40), encoding="utf-8")
    many.write_text(mixed(160), encoding="utf-8")
    seconds(few, judge=True)  # what is computed once
    assert seconds(many, judge=True) < 12 * min(seconds(few, judge=True) for _ in range(2)) + 0.1


@pytest.mark.parametrize("name", ["notes.md", "notes.tex", "notes.txt", "mine.py"])
def test_a_text_that_is_too_long_is_refused_with_the_limit(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("z = 0.5\n" * (LONGEST // 8 + 1), encoding="utf-8")
    with pytest.raises(ClaimError, match=f"at most {LONGEST:,} are read"):
        ag.compare(small(), path)


def test_a_notebook_may_be_long_where_it_is_pictures(tmp_path: Path) -> None:
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 2 * LONGEST}}
    cells = [{"cell_type": "code", "source": "z = 6.5", "outputs": [picture]}]
    path = tmp_path / "notes.ipynb"
    path.write_text(f'{{"cells": {cells}}}'.replace("'", '"'), encoding="utf-8")
    assert ag.compare(small(), path).ok
    long = [{"cell_type": "markdown", "source": "so it is " * (LONGEST // 8)}]
    path.write_text(f'{{"cells": {long}}}'.replace("'", '"'), encoding="utf-8")
    with pytest.raises(ClaimError, match="at most"):
        ag.compare(small(), path)


@pytest.mark.slow
def test_a_table_may_be_ten_times_as_long(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text("name,value\n" + "z,6.5\n" * (11 * LONGEST // 6), encoding="utf-8")
    with pytest.raises(ClaimError, match=f"at most {10 * LONGEST:,} are read"):
        ag.compare(small(), path)


# Documents with tokens put in, left out and put elsewhere

TOKENS = (  # noqa: SIM905 - a list of so many is no easier to read
    r"= $ $$ \( \) \[ \] { } [ ] ( ) & \\ \begin{aligned} \end{aligned} \frac{ }{ ^ _{ | 0 1e999 "
    r"∂ d / \sum_{i=1}^{ \text{ nan inf 0.5 1/0 @ .T δ → ← ``` 1e-400 w E sigmoid( log( ' , ; : ≈ %"
    r" # <b> &lt; é ½ \mathbf{ e^ ! .. \cdot \odot exp(1000) 1: - > dE/dw"
).split()
TOKENS += ["\n", "\n\n", "\t", "\0", "\ufeff", "9" * 40]


def mutated(rng: random.Random, text: str, other: str) -> str:
    for _ in range(rng.randint(1, 8)):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.randint(1, 30))
        splice = rng.randrange(len(other) + 1)
        instead = (
            text[start:end] + rng.choice(TOKENS),
            "",
            text[start:end] + other[splice : splice + rng.randint(1, 120)],
            text[start:end] * rng.randint(2, 6),
            "".join(rng.choices(TOKENS, k=4)),
        )[rng.randrange(5)]
        text = text[:start] + instead + text[end:]
    return text


def fuzz(folder: Path, seeds: range) -> None:
    texts = [path.read_text(encoding="utf-8")[:3000] for path in DOCUMENTS] + [mixed(20)]
    graph = small()
    for seed in seeds:
        rng = random.Random(seed)
        path = folder / f"notes{rng.choice(['.md', '.tex', '.txt', '.py', '.csv'])}"
        path.write_text(mutated(rng, rng.choice(texts), rng.choice(texts)), encoding="utf-8")
        began = time.process_time()
        try:
            report = ag.compare(graph, path)
            assert str(report)
            assert report.to_json()
        except AutogradLiteError:
            pass
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error
        assert time.process_time() - began < 10, seed  # as what hangs would take


def test_documents_with_changes_at_random_raise_nothing_else(tmp_path: Path) -> None:
    fuzz(tmp_path, range(8))


@pytest.mark.slow
def test_many_documents_with_changes_at_random_raise_nothing_else(tmp_path: Path) -> None:
    fuzz(tmp_path, range(8, 800))


# What was found by it


def test_a_symbol_that_is_defined_by_itself_in_another_shape(tmp_path: Path) -> None:
    W = Value(np.array([[0.5, 0.2, -0.1], [0.3, -0.4, 0.7]]), "W")
    E = ((Constant(np.ones((2, 2)), "X") @ W).named("z") ** 2).sum().named("E")
    path = tmp_path / "notes.md"
    path.write_text("$$u = X * 2$$\n$$u = u W$$\n$$u = u W^T u$$\n", encoding="utf-8")
    assert ag.compare(E, path).count("wrong") == 0


def test_a_formula_for_a_slope_of_1_and_nothing_else() -> None:
    n = Value(0.6, "n")
    E = (ag.relu(n).named("r") ** 2).named("E")
    report = ag.compare(E, {"dr/dn": "dE/dr"})
    assert [one.verdict for one in report.findings] == ["wrong"]


# Whatever is given to a function: an error of ours, which says what is needed


class Unfriendly:
    """Neither an array nor text can be made of it."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no array")

    def __repr__(self) -> str:
        raise RuntimeError("no text")


def nested(levels: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(levels):
        inner = [inner]
    return inner


def in_itself() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


ODD = {
    "None": None,
    "nan": float("nan"),
    "too large": 10**400,
    "too many digits": 10**5000,
    "objects": np.array([object(), 10**400], object),
    "no axes": np.array(0.5),
    "no axes, an object": np.array(None, object),
    "empty": np.zeros((0, 3)),
    "ragged": [[1.0], [2.0, 3.0]],
    "nested": nested(2000),
    "in itself": in_itself(),
    "bytes": b"w",
    "brackets": "[" * 5000,
    "digits": "9" * 5000,
    "exponent": "1e" + "9" * 5000,
    "unfriendly": Unfriendly(),
    "generator": (one for one in ()),
    "text": "w",
    "long double": np.longdouble(2.0),
    "half": np.float16(2.0),
}
CALLS: dict[str, Callable[[Any], object]] = {
    "number": lambda odd: ag.compare(small(), {"dE/dw": odd, "h": 0.5}).to_json(),
    "array": lambda odd: str(ag.compare(small(), {"dE/dv": odd})),
    "other name": lambda odd: str(ag.compare(small(), [("k", odd), ("dE/dw", "k*x")])),
    "claims": lambda odd: str(ag.compare(small(), odd)),
    "key": lambda odd: str(ag.compare(small(), [(odd, 1.0)])),
    "names": lambda odd: ag.compare(small(), {"w": 1.0}, names=odd),
    "meaning": lambda odd: ag.compare(small(), {"w": 1.0}, names={"k": odd}),
    "rate": lambda odd: ag.compare(small(), {"w updated": 1.0}, learning_rate=odd),
    "document": ag.check,
    "graph": ag.graph,
    "names of a document": lambda odd: ag.check("w = 3; E = w^2; dE/dw = 6", names=odd),
    "inputs": lambda odd: ag.check_vjp(lambda x: x * 2.0, lambda g, x: g * 2.0, odd),
    "gradient": lambda odd: str(ag.check_vjp(lambda x: x * 2.0, lambda g, x: odd, [1.0])),
    "forward": lambda odd: ag.check_vjp(odd, lambda g, x: g, [1.0]),
    "wrt": lambda odd: ag.chain_rule(small(), odd),
    "level": lambda odd: ag.derive(small(), odd),
    "limit": lambda odd: ag.derive(small(), limit=odd),
    "limit of a picture": lambda odd: ag.draw(small(), limit=odd),
    "compiled": ag.compile,
    "root": ag.backward,
    "function": lambda odd: ag.grad(odd)(1.0),
    "argument": ag.grad(lambda x: (x * x).sum()),
    "argnums": lambda odd: ag.grad(lambda x: x, odd)(1.0),
    "tangents": lambda odd: ag.jvp(lambda x: x, [1.0], odd),
    "data": Value,
    "label": lambda odd: Value(1.0, odd),
    "axis": lambda odd: ag.sum(Value([[1.0]]), axis=odd),
    "shape": lambda odd: ag.reshape(Value([[1.0]]), odd),
    "stride": lambda odd: ag.max_pool2d(Value(np.ones((1, 1, 4, 4))), 2, stride=odd),
    "operand": lambda odd: Value([1.0]) * odd,
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_odd_argument_gives_an_error_of_the_package(
    call: Callable[[Any], object], odd: Any
) -> None:
    with suppress(AutogradLiteError):
        call(odd)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [(2.0, "wrong"), ([2.0], "wrong"), (np.zeros((0, 3)), "wrong"), ((2,), "right")],
)
def test_a_number_is_no_shape(given: Any, verdict: str) -> None:
    (found,) = ag.compare(small(), {"dE/dv": given}).findings
    assert found.verdict == verdict
    assert str(ag.compare(small(), {"dE/dv": given}))


def test_a_number_that_no_float_can_be_is_unchecked_with_the_reason() -> None:
    for given in (10**400, "1e400", [1.0, 10**400]):
        (found,) = ag.compare(small(), {"dE/dw": given}).findings
        assert found.verdict == "unchecked"
        assert "1.8e308" in found.reason


# Long formulas: in time that is linear, or refused with the limit


def test_a_chain_has_a_limit_and_what_is_behind_it_is_reported() -> None:
    report = ag.compare(small(), [*cut("dE/dw = " + "= ".join(["0.1 "] * 80))])
    assert len(report.findings) == 51
    assert "at most 50 members" in report.findings[-1].reason


def test_a_name_that_comes_again_in_a_chain_is_no_further_subject() -> None:
    report = ag.compare(small(), [*cut("z = " * 40 + "6.5")])
    assert len(report.findings) < 2 * 40
    assert report.count("wrong") == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "part"), [("dE/dw = {}x", "w."), ("$$w = {}x$$", "wx"), ("dE/dw = {}x", "w + ")]
)
def test_a_long_formula_is_judged_in_time(tmp_path: Path, line: str, part: str) -> None:
    def cost(count: int) -> int:
        path = tmp_path / "notes.md"
        path.write_text(line.format(part * count), encoding="utf-8")
        return lines_run(lambda: str(ag.compare(small(), path)))

    assert cost(80) < 16 * cost(10)


def wide(size: int) -> Value:
    rng = np.random.default_rng(0)
    W, x = Value(rng.normal(size=(size, 2)), "W"), Constant([0.5, -1.0], "x")
    y = ag.sigmoid((W @ x).named("z")).named("y")
    return ((y - Constant(rng.normal(size=size), "t")) ** 2).sum().named("E")


@pytest.mark.slow
def test_a_mistake_in_many_outputs_is_explained_in_time() -> None:
    few, many = (
        lines_run(lambda size=size: ag.compare(wide(size), {"dE/dy": np.ones(size)}))
        for size in (32, 256)
    )
    assert many < 16 * few
