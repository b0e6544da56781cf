"""Whatever is given: no exception but the package's own, in time that is linear in its length."""

import random
import time
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import ClaimError, Constant, Value
from autograd_lite.check.read.files import LONGEST, read_file
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
