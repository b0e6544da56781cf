"""The models built of layers: each runs for a moment, and says and draws what it found."""

import json
import random
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from models import digits, moons
from models.notebook import __main__ as notebook
from models.notebook import claims, data
from models.notebook.second import SecondCNN


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


# Digits


def stripes(count: int) -> tuple[Any, Any]:
    """Images that are easy to tell apart: each class has a bright pixel of its own."""
    shown = np.arange(count) % 10
    images = rng().normal(-0.8, 0.1, (count, 1, 8, 8))
    images[np.arange(count), 0, shown // 5 * 4, shown % 5] = 1.0
    return images, shown


@pytest.mark.usefixtures("tmp_cwd")
def test_digits_prints_a_table_and_draws_what_it_learned(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    split = digits.Split(stripes(40), stripes(20))
    monkeypatch.setattr(digits, "load", lambda: split)
    monkeypatch.setattr(digits, "network", partial(digits.network, channels=2))
    digits.main(["--epochs", "1"])
    out = capsys.readouterr().out
    assert "conv1     Conv2d     (1, 2, 8, 8)" in out
    assert "of 20 other digits recognised" in out
    assert "epoch 1  loss " in out
    for name in ("digits", "digits-kernels"):
        assert f"out/{name}.svg" in out
        assert Path("out", f"{name}.svg").stat().st_size > 1000
    assert "W_conv1" in Path("out/digits.svg").read_text(encoding="utf-8")


def test_digits_without_scikit_learn_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sklearn", "sklearn.datasets"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SystemExit) as ended:
        digits.main([])
    assert ended.value.code == 2
    assert "pip install 'autograd-lite[data]'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.usefixtures("tmp_cwd")
def test_digits_reads_98_of_100(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    digits.main([])
    (line,) = [one for one in capsys.readouterr().out.splitlines() if "recognised" in one]
    assert float(line.split(": ")[1].split("%")[0]) >= 98.0


# Moons


def test_moons_learns_and_draws_its_boundary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random.seed(0)
    model, (points, sides) = nn.MLP(2, [8, 1]), moons.moons(40, rng())
    losses = moons.train(model, points, sides, 12)
    assert losses[-1] < 0.5 * losses[0]
    assert "step  11  loss 0." in capsys.readouterr().out
    picture = moons.boundary(model, points, sides, tmp_path / "moons.svg", cells=10)
    text = picture.read_text(encoding="utf-8")
    assert text.count("<circle") == 40
    assert {"#f4c7c3", "#c6dbef"} <= {part[:7] for part in text.split('fill="')}


def test_all_points_at_once_are_the_points_one_by_one() -> None:
    random.seed(0)
    model, (points, sides) = nn.MLP(2, [3, 1]), moons.moons(6, rng())
    together, _ = moons.loss(model, points, sides)
    misses = [(1 - side * model(point)).relu() for point, side in zip(points, sides, strict=True)]
    decay = 1e-4 * sum(p.data**2 for p in model.parameters())
    assert together.data == pytest.approx(sum(one.data for one in misses) / 6 + decay)


@pytest.mark.usefixtures("tmp_cwd")
@pytest.mark.parametrize("arguments", [["--steps", "0"], ["--points", "1"], ["--seed", "-1"]])
def test_moons_refuses_what_it_cannot_do(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        moons.main(arguments)


# The notebook's second network


FACTS = json.loads(Path(claims.__file__).with_name("training.json").read_text(encoding="utf-8"))
SECOND = next(facts for name, facts in FACTS.items() if name.startswith("the PyTorch part"))


def test_the_second_network_has_21_parameters_and_the_mean_of_the_errors() -> None:
    model = SecondCNN()
    assert sum(value.size for value in model.parameters()) == 21
    errors = (np.array(model.predict()) - data.TARGETS) ** 2
    assert model.loss().data == pytest.approx(errors.mean(), rel=1e-15)


def test_its_gradients_are_those_of_differences() -> None:
    model = SecondCNN()
    model.loss().backward()
    for value in model.parameters():
        before, gradient = value.data, value.grad
        for place in np.ndindex(value.shape):
            step = np.zeros(value.shape)
            step[place] = 1e-6
            value.data = before + step
            high = model.loss().data
            value.data = before - step
            low = model.loss().data
            assert gradient[place] == pytest.approx((high - low) / 2e-6, abs=1e-9)
        value.data = before


def test_its_chain_rule_is_in_the_documents_words() -> None:
    rule = ag.chain_rule(SecondCNN().loss(), "W_out[0,1]")
    assert "= (O1 − t1)·O1·(1 − O1)·H2" in str(rule)


@pytest.mark.usefixtures("tmp_cwd")
def test_the_second_command_prints_and_draws(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["second", "--max-iterations", "3", "--compiled", "off"]
    assert notebook.main(arguments) == 1
    out = capsys.readouterr().out
    assert "Not converged after 3 iterations." in out
    assert "O2 = 0." in out
    for name in ("second", "second-scalar"):
        assert Path("out", f"{name}.svg").stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.usefixtures("tmp_cwd")
def test_the_second_command_converges_where_the_facts_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert notebook.main(["second"]) == 0
    assert capsys.readouterr().out.splitlines()[:4] == [
        f"Converged after {SECOND['iterations']:,} iterations.",
        f"E  = {SECOND['E']:.12f} (threshold 0.0001)",
        f"O1 = {SECOND['O1']:.12f} (target 0)",
        f"O2 = {SECOND['O2']:.12f} (target 1)",
    ]
