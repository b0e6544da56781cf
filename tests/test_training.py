"""Optimisers and ``fit``: what is learned, interrupted, resumed, refused; and files of weights."""

import contextlib
import json
import math
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import CheckpointError, DataError, ShapeError, TrainingError, Value, nn
from autograd_lite.nn import training


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def net(*more: Any) -> nn.Sequential:
    weights = rng(1)
    return nn.Sequential(nn.Linear(2, 4, weights), ag.tanh, *more, nn.Linear(4, 2, weights))


def spirals(count: int = 40) -> tuple[Any, Any]:
    x = rng(2).normal(size=(count, 2))
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


def run(model: nn.Module, epochs: int = 4, kind: Any = nn.Adam, **options: Any) -> nn.History:
    settings = {"rate": 0.05, **options.pop("settings", {})}
    defaults = {"data": spirals(), "loss": ag.cross_entropy, "progress": False, "compiled": False}
    options = {**defaults, **options}
    optimiser = kind(model, **settings)
    return nn.fit(model, optimiser=optimiser, epochs=epochs, batch=16, **options)


def weights(model: nn.Module) -> dict[str, bytes]:
    return {key: array.tobytes() for key, array in model.state_dict().items()}


# Optimisers


def test_a_step_leaves_what_has_no_gradient() -> None:
    w, unused = Value(2.0), Value(3.0)
    (w * w).backward()
    nn.AdamW([w, unused], rate=0.1).step()
    assert (unused.data, unused.grad) == (3.0, None)
    assert w.data < 2.0


def test_an_interrupt_leaves_no_half_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Value(1.0), Value(1.0)
    (first + second).backward()
    optimiser = nn.SGD([first, second], rate=0.5)
    take, calls = optimiser._take, []

    def interrupted(moved: list[Any]) -> None:
        calls.append(moved)
        if len(calls) == 1:
            take(moved[:1])
            raise KeyboardInterrupt
        take(moved)

    monkeypatch.setattr(optimiser, "_take", interrupted)
    with pytest.raises(KeyboardInterrupt):
        optimiser.step()
    assert (first.data, second.data) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda w: nn.SGD([w], rate=0.0), "rate is 0.0; give a number above 0"),
        (lambda w: nn.SGD([w], rate=0.1, momentum=-1.0), "momentum is -1.0"),
        (lambda w: nn.SGD([w], rate=0.1, nesterov=True), "give momentum above 0"),
        (lambda w: nn.SGD([w], rate=math.nan), "rate is nan"),
        (lambda w: nn.Adam([w], betas=(0.9, 1.0)), "beta_2 is 1.0; .* below 1"),
        (lambda w: nn.AdamW([w], decay=-0.1), "decay is -0.1"),
        (lambda w: nn.SGD([], rate=0.1), "nothing to optimise"),
        (lambda w: nn.SGD([w * w], rate=0.1), "give Values"),
        (lambda w: nn.SGD([1.0], rate=0.1), "give Values"),
    ],
)
def test_optimisers_refuse_what_is_no_setting(make: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        make(Value(1.0))


def test_the_memory_of_another_optimiser_is_refused() -> None:
    w = Value([1.0, 2.0])
    w.sum().backward()
    adam = nn.Adam([w])
    adam.step()
    with pytest.raises(CheckpointError, match=r"0\.m is nothing that this SGD keeps"):
        nn.SGD([w], rate=0.1).load_state_dict(adam.state_dict())
    with pytest.raises(CheckpointError, match=r"0\.m has shape \(3,\) in the Adam and \(2,\)"):
        nn.Adam([Value([1.0, 2.0, 3.0])]).load_state_dict(adam.state_dict())
    with pytest.raises(CheckpointError, match="of 0 only steps"):
        nn.Adam([w]).load_state_dict({"0.steps": 1})


# Training


def test_it_learns_and_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    x, t = spirals(80)
    model = net()
    history = run(model, 20, data=(x, t), validation=spirals(20), metric=nn.accuracy, progress=True)
    assert history.epochs[-1].loss < 0.5 * history.epochs[0].loss
    lines = capsys.readouterr().out.splitlines()
    assert lines == str(history).splitlines()[:-1]
    assert lines[0].startswith("epoch 1  loss 0.")
    assert "validation 0." in lines[0]
    assert "metric 0." in lines[0]
    assert history.ended == "all epochs done"
    assert not hasattr(history, "model")


def test_in_a_terminal_it_shows_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    run(net(), 2, progress=True)
    assert "epoch 2  loss 0." in capsys.readouterr().out


def test_the_same_seed_is_the_same_run_and_another_is_not() -> None:
    first, same, other = net(), net(), net()
    run(first)
    run(same)
    run(other, seed=1)
    assert weights(first) == weights(same) != weights(other)


def test_a_compiled_step_and_an_eager_one_go_the_same_way() -> None:
    quick, slow = net(), net()
    run(quick, compiled=True)
    run(slow)
    for key, array in quick.state_dict().items():
        np.testing.assert_allclose(array, slow.state_dict()[key], rtol=1e-9)


@pytest.mark.parametrize("compiled", [True, False])
def test_what_is_random_or_decides_by_data_is_right_when_compiling_is_asked_for(
    compiled: bool,
) -> None:
    def by_data(y: Any, t: Any) -> Any:
        scale = 2.0 if np.asarray(getattr(t, "data", t))[0] else 1.0
        return scale * ag.cross_entropy(y, t)

    one, other = net(nn.Dropout(0.5, rng(3))), net(nn.Dropout(0.5, rng(3)))
    run(one, compiled=compiled, loss=by_data)
    run(other, loss=by_data)
    assert weights(one) == weights(other)
    plain, same = net(), net()
    run(plain, compiled=compiled, loss=by_data)
    run(same, loss=by_data)
    assert weights(plain) == weights(same)


def test_parameters_of_one_label_are_all_trained() -> None:
    model, other = net(), net()
    for value in model.parameters():
        value.named("w")
    run(model, compiled=True)
    run(other)
    assert weights(model) == weights(other)


def test_patience_ends_it_and_the_best_weights_are_kept() -> None:
    model, seen = net(), []

    def spy(*_: Any) -> float:
        seen.append(weights(model))
        return 0.0

    history = run(model, 60, settings={"rate": 0.5}, validation=spirals(9), metric=spy, patience=3)
    assert history.ended == "no better for 3 epochs"
    assert len(history.epochs) == history.best.number + 3
    assert weights(model) == seen[history.best.number - 1]


def test_a_model_is_left_in_the_mode_that_it_had() -> None:
    model = net().eval()
    run(model, 1)
    assert not model.training


def test_evaluate_takes_the_mean_over_all_samples_and_drops_nothing() -> None:
    model, (x, t) = net(nn.Dropout(0.5, rng(3))), spirals(30)
    loss, right = nn.evaluate(model, (x, t), ag.cross_entropy, nn.accuracy, batch=7)
    outputs = model.eval()(x)
    assert loss == pytest.approx(ag.cross_entropy(outputs, t).data)
    assert right == pytest.approx(nn.accuracy(outputs, t))


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"data": 3}, DataError, r"give \(inputs, targets\)"),
        ({"data": (np.ones((3, 2)), [0, 1])}, ShapeError, r"\(3, 2\) and targets of shape \(2,\)"),
        ({"data": ([[math.nan, 1.0]], [0])}, DataError, "finite numbers"),
        ({"data": ([["a", "b"]], [0])}, DataError, "finite numbers"),
        ({"data": (np.ones((0, 2)), [])}, ShapeError, "one row a sample"),
        ({"validation": 3}, DataError, "validation is 3"),
        ({"patience": 0}, DataError, "patience is 0"),
        ({"epochs": 1.5}, DataError, "epochs is 1.5"),
        ({"loss": lambda y, t: y}, ShapeError, "reduce it"),
    ],
)
def test_fit_refuses_what_it_cannot_train_on(
    options: dict[str, Any], error: Any, said: str
) -> None:
    with pytest.raises(error, match=said):
        run(net(), **options)


def test_an_optimiser_of_another_model_is_refused() -> None:
    with pytest.raises(DataError, match="no parameter of the model"):
        nn.fit(net(), spirals(), ag.cross_entropy, nn.Adam(net()), 1)


# Interrupts, and what is not finite


@pytest.mark.parametrize("compiled", [True, False])
def test_an_interrupt_returns_what_was_learned(
    compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, steps, step = net(), [], nn.Adam.step

    def counted(self: nn.Adam) -> None:
        step(self)
        steps.append(weights(model))
        if len(steps) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(nn.Adam, "step", counted)
    history = run(model, compiled=compiled)
    assert history.ended == "interrupted"
    assert len(history.epochs) == 1  # of three batches each
    assert weights(model) == steps[-1]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("compiled", [True, False])
def test_nan_stops_with_the_name_of_where_it_began(compiled: bool) -> None:
    model = nn.Sequential(first=nn.Linear(2, 3, rng()), root=ag.sqrt, out=nn.Linear(3, 2, rng()))
    before = weights(model)
    with pytest.raises(TrainingError, match=r"^sqrt made nan at .* given first\. The weights are"):
        run(model, compiled=compiled)
    assert weights(model) == before


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nan_of_a_loss_or_of_a_weight_is_told_as_well() -> None:
    model = net()

    def loss(outputs: Any, _: Any) -> Any:
        return ag.mean(ag.exp(1e4 * outputs**2).named("energy"))

    with pytest.raises(TrainingError, match=r"^exp made inf at"):
        run(model, loss=loss)
    with pytest.raises(TrainingError, match=r"^log made nan at"):
        run(model, loss=lambda y, t: (2.0 * ag.log(-(y**2))).named("scaled").mean())
    model.linear1.W.data *= math.nan
    with pytest.raises(TrainingError, match=r"nan, which was there before: W_linear1\."):
        run(model)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_gradient_that_is_not_finite_is_named_too() -> None:
    with pytest.raises(TrainingError, match=r"^backward: sqrt made -?inf at .* given zero\."):
        run(net(), loss=lambda y, t: ag.sqrt((0.0 * y).named("zero")).mean())


# Checkpoints


def generators() -> nn.Sequential:
    """A model that draws, normalises and drops: all that a checkpoint has to keep."""
    return net(nn.BatchNorm(4), nn.Dropout(0.3, rng(5)))


OPTIONS: dict[str, Any] = {"validation": spirals(10), "patience": 6, "epochs": 5}


class KilledError(BaseException):
    """What ends a run here, as a signal would."""


@pytest.mark.parametrize(
    ("make", "at", "compiled"),
    [(net, 8, True), (net, 1, False), *((generators, at, False) for at in (1, 5, 8, 13))],
)
def test_a_killed_run_goes_on_to_the_same_bits(
    make: Any, at: int, compiled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, path = make(), tmp_path / "run.npz"
    options = {**OPTIONS, "compiled": compiled}
    history = run(whole, **options)
    calls, evaluate = [], training._Step.__call__

    def killed(self: Any, *batch: Any) -> float:
        calls.append(batch)
        if len(calls) == at:
            raise KilledError
        return evaluate(self, *batch)

    with monkeypatch.context() as patch:
        patch.setattr(training._Step, "__call__", killed)
        with pytest.raises(KilledError):
            run(make(), checkpoint=path, **options)
    resumed = make()
    again = run(resumed, checkpoint=path, **options)
    assert weights(resumed) == weights(whole)
    assert str(again) == str(history)


def test_a_kill_while_the_file_is_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.npz"
    run(net(), 2, checkpoint=path)
    before = path.read_bytes()

    def cut_off(file: Any, **_: Any) -> None:
        file.write(b"PK half of it")
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", cut_off)
        with pytest.raises(KilledError):
            run(net(), 4, checkpoint=path)
    assert path.read_bytes() == before
    resumed, whole = net(), net()
    run(resumed, 4, checkpoint=path)
    run(whole, 4)
    assert weights(resumed) == weights(whole)


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.npz"
    model, again = net(), net()
    run(model, checkpoint=path)
    history = run(again, checkpoint=path, loss=lambda y, t: 1 / 0)
    assert weights(again) == weights(model)
    assert len(history.epochs) == 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 1}, "seed 0, and this one has seed 1"),
        ({"data": spirals(24)}, "data .*, and this one has data"),
        ({"settings": {"rate": 0.1}}, r"optimiser Adam\(rate=0.05.* this one has .*rate=0.1"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(
    change: dict[str, Any], said: str, tmp_path: Path
) -> None:
    run(net(), checkpoint=tmp_path / "run.npz")
    with pytest.raises(CheckpointError, match=said):
        run(net(), checkpoint=tmp_path / "run.npz", **change)


def test_a_checkpoint_of_another_model_names_the_key_and_both_shapes(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    run(net(), checkpoint=path)
    other = nn.Sequential(nn.Linear(2, 5, rng()), ag.tanh, nn.Linear(5, 2, rng()))
    before = weights(other)
    said = r"run.npz: linear1.W has shape \(5, 2\) in the Sequential and \(4, 2\) in what was given"
    for attempt in (lambda: run(other, checkpoint=path), lambda: nn.load(path, other)):
        with pytest.raises(CheckpointError, match=said):
            attempt()
    with pytest.raises(CheckpointError, match=r"no place for linear1\.W, .* misses W, b"):
        nn.load(path, nn.Linear(2, 2, rng()))
    assert weights(other) == before


def test_a_run_whose_memory_is_damaged_leaves_the_model_alone(tmp_path: Path) -> None:
    path, model = tmp_path / "run.npz", generators()
    run(model, 1, checkpoint=path)
    about, parts = training._read(path)
    other = net(nn.BatchNorm(4), nn.Dropout(0.3, rng(5)))
    before = weights(other)
    damages: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"generators": {}}, {}),
        ({"epochs": [[]]}, {}),
        ({}, {"optimiser": {"linear1.W.m": np.ones(2)}}),
        ({}, {"optimiser": {"linear9.W.m": np.ones(2)}}),
    ]
    for said, arrays in damages:
        training._write(path, {**about, **said}, {**parts, **arrays})
        with pytest.raises(CheckpointError, match=r"run\.npz"):
            run(other, 2, checkpoint=path)
        assert weights(other) == before


# Files of weights


def test_weights_are_saved_and_loaded_bit_for_bit(tmp_path: Path) -> None:
    model, other = generators(), generators()
    run(model, 1)
    nn.save(tmp_path / "weights.npz", model)
    nn.load(tmp_path / "weights.npz", other)
    assert weights(other) == weights(model)
    assert [*tmp_path.iterdir()] == [tmp_path / "weights.npz"]
    with pytest.raises(CheckpointError, match="no run of fit"):
        run(other, checkpoint=tmp_path / "weights.npz")


def test_a_damaged_or_cut_file_is_refused_wherever_it_is_hurt(tmp_path: Path) -> None:
    path, model = tmp_path / "weights.npz", net()
    nn.save(path, model)
    whole, before = path.read_bytes(), weights(model)
    cut = [whole[:length] for length in range(0, len(whole), 61)]
    hurt = [
        whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        for place in range(0, len(whole), 37)
    ]
    for content in [*cut, *hurt]:
        path.write_bytes(content)
        # A date in the archive may be hurt without harm.
        with contextlib.suppress(CheckpointError):
            nn.load(path, model)
        assert weights(model) == before


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: None, "there is no file"),
        (lambda path: path.write_text("x"), "damaged, cut off, or no .npz file"),
        (write_zip, "not written by save or fit"),
        (lambda path: np.save(path.open("wb"), np.ones(3)), "no .npz file"),
        (lambda path: np.savez(path.open("wb"), W=np.ones(3)), "not written by save or fit"),
        (lambda path: np.savez(path.open("wb"), W=np.array([{}])), "no .npz file of numbers"),
        (lambda path: path.mkdir(), "damaged, cut off"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_file_of_another_kind_is_refused(write: Any, said: str, tmp_path: Path) -> None:
    write(tmp_path / "weights.npz")
    with pytest.raises(CheckpointError, match=said):
        nn.load(tmp_path / "weights.npz", net())


def test_a_file_with_more_than_weights_is_refused(tmp_path: Path) -> None:
    path, layer = tmp_path / "weights.npz", nn.Linear(2, 2, rng())
    about = json.dumps({"format": "autograd_lite.nn 1"}).encode()
    with path.open("wb") as file:
        np.savez(file, about=np.frombuffer(about, np.uint8), **{"other.W": np.ones(3)})
    with pytest.raises(CheckpointError, match=r"other\.W, which is no part"):
        nn.load(path, layer)


# Plots


def test_a_history_plots_itself(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    history = nn.History([nn.Epoch(1, 0.5, 0.6), nn.Epoch(2, 0.4, 0.5)])
    figure = history.plot(tmp_path / "out" / "loss.svg")
    assert len(figure.axes[0].lines) == 2
    assert (tmp_path / "out" / "loss.svg").stat().st_size > 1000


def test_without_matplotlib_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ag.MissingExtraError, match=r"pip install 'autograd-lite\[plot\]'"):
        nn.History().plot()


# A process that is really killed


PROGRAM = """
import sys
import numpy as np
import autograd_lite as ag
from autograd_lite import nn
rng = np.random.default_rng(0)
model = nn.Sequential(nn.Linear(2, 8, rng), ag.tanh, nn.Dropout(0.2, rng), nn.Linear(8, 2, rng))
x = rng.normal(size=(200, 2))
t = (x[:, 0] * x[:, 1] > 0).astype(int)
nn.fit(model, (x, t), ag.cross_entropy, nn.Adam(model), 30, checkpoint=sys.argv[1])
sys.stdout.write(b"".join(a.tobytes() for a in model.state_dict().values()).hex())
"""


@pytest.mark.slow
def test_a_process_killed_again_and_again_ends_with_the_same_bits(tmp_path: Path) -> None:
    def start(path: Path) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", PROGRAM, str(path)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    whole = start(tmp_path / "whole.npz").communicate()[0].splitlines()[-1]
    path, wait = tmp_path / "killed.npz", rng(7)
    for _ in range(8):
        process = start(path)
        lines = int(wait.integers(1, 6))
        for _ in range(lines):
            assert process.stdout is not None
            process.stdout.readline()
        time.sleep(float(wait.uniform(0.0, 0.05)))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert start(path).communicate()[0].splitlines()[-1] == whole
