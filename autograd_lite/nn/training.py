"""``fit``: a training that can be watched, interrupted, killed and resumed; and files of weights.

What a run computes follows from the seeds, the data and the settings alone: the order of an epoch
comes from the seed and its number, so a run that is resumed from its checkpoint goes the same way,
to the last bit.
"""

import json
import math
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

from autograd_lite.data import describe
from autograd_lite.errors import (
    AnomalyError,
    AutogradLiteError,
    CheckpointError,
    DataError,
    MissingExtraError,
    ShapeError,
    TrainingError,
)
from autograd_lite.fast.compile import CompiledFunction
from autograd_lite.nn.module import Module
from autograd_lite.nn.optim import Optimiser
from autograd_lite.recording import detect_anomaly, no_grad
from autograd_lite.value import Constant

__all__ = ["Epoch", "History", "accuracy", "evaluate", "fit", "load", "save"]

Loss = Callable[[Any, Any], Any]
Metric = Callable[[Any, Any], float]
Samples = tuple[Any, Any]
FilePath = str | os.PathLike[str]


def accuracy(outputs: Any, targets: Any) -> float:
    """How often the largest output of a sample is that of its class.

    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    found = np.asarray(getattr(outputs, "_data", outputs)).argmax(-1)
    return float(np.mean(found == np.asarray(targets)))


# What a training leaves behind


class Epoch(NamedTuple):
    """The mean loss over an epoch, and loss and metric on the validation data after it."""

    number: int
    loss: float
    validation: float = math.nan
    metric: float = math.nan

    @property
    def rank(self) -> float:
        """What is to be small: the loss on the validation data if there are any."""
        return self.loss if math.isnan(self.validation) else self.validation

    def __str__(self) -> str:
        columns = zip(self._fields[1:], self[1:], strict=True)
        shown = [f"{name} {number:.4f}" for name, number in columns if not math.isnan(number)]
        return "  ".join([f"epoch {self.number}", *shown])


@dataclass
class History:
    """How a training went, epoch by epoch, and why it ended.

    >>> print(History([Epoch(1, 0.5, 0.6, 0.75)], "interrupted"))
    epoch 1  loss 0.5000  validation 0.6000  metric 0.7500
    interrupted
    """

    epochs: list[Epoch] = field(default_factory=list)
    ended: str = ""
    """Why: "all epochs done", "no better for 3 epochs" or "interrupted"."""

    @property
    def best(self) -> Epoch:
        """The epoch with the least loss, on the validation data if there are any."""
        if not self.epochs:
            raise DataError("no epoch was finished, so none is the best")
        return min(self.epochs, key=lambda epoch: epoch.rank)

    @property
    def since_best(self) -> int:
        """How many epochs came after the best one."""
        return self.epochs[-1].number - self.best.number if self.epochs else 0

    def __str__(self) -> str:
        return "\n".join([*map(str, self.epochs), self.ended]).strip()

    def plot(self, path: FilePath | None = None) -> Any:
        """The losses over the epochs, as a figure of matplotlib; written to ``path`` if given.

        Raises MissingExtraError where matplotlib is not installed.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise MissingExtraError(
                "a history is plotted by matplotlib, which is not installed: "
                "pip install 'autograd-lite[plot]'"
            ) from None
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.subplots()
        numbers = [epoch.number for epoch in self.epochs]
        axes.plot(numbers, [epoch.loss for epoch in self.epochs], label="training")
        if any(math.isfinite(epoch.validation) for epoch in self.epochs):
            axes.plot(numbers, [epoch.validation for epoch in self.epochs], label="validation")
        axes.set(xlabel="epoch", ylabel="loss")
        axes.legend()
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path)
        return figure


# The loop


def fit(
    model: Module,
    data: Samples,
    loss: Loss,
    optimiser: Optimiser,
    epochs: int,
    *,
    batch: int = 32,
    seed: int = 0,
    validation: Samples | None = None,
    metric: Metric | None = None,
    patience: int | None = None,
    checkpoint: FilePath | None = None,
    compiled: bool = True,
    progress: bool = True,
) -> History:
    """Train a model on (inputs, targets), in batches whose order comes from ``seed``.

    ``loss(outputs, targets)`` is the mean over a batch, ``metric(outputs, targets)`` a number to be
    shown; both are computed on the ``validation`` data after each epoch. With ``patience`` training
    ends when so many epochs were no better than the best one, and the model has the weights of that
    one in the end.

    After each epoch all that the run consists of is written to ``checkpoint``, an .npz file, from
    which the next run goes on. It is replaced as a whole: a run may be killed at any moment, and
    ends with the same bits as one that was not. An interrupt (Ctrl-C) returns the history so far,
    and the model has what it had learned.

    The step is compiled (:func:`autograd_lite.compile`), unless ``compiled`` is False or the model
    does something else at each call, as Dropout does. Raises TrainingError for what is not finite,
    naming where that began; the weights are those before. Raises CheckpointError for a file that is
    damaged or of another run, ShapeError or DataError for data that cannot be trained on.

    >>> import autograd_lite as ag
    >>> from autograd_lite import nn
    >>> rng = np.random.default_rng(0)
    >>> x, model = rng.normal(size=(64, 2)), nn.Linear(2, 1, rng)
    >>> data, optimiser = (x, x @ [[1.0], [2.0]]), nn.SGD(model, rate=0.1)
    >>> fit(model, data, ag.mean_squared_error, optimiser, epochs=30, progress=False).ended
    'all epochs done'
    >>> model.W.data.round(3).tolist()
    [[1.0, 2.0]]
    """
    for name, number in {"epochs": epochs, "batch": batch, "patience": patience}.items():
        if number is not None and (type(number) is not int or number < 1):
            raise DataError(f"{name} is {describe(number)}; give a whole number from 1 on")
    held_out = None if validation is None else _samples("validation", validation)
    run = _Training(model, _samples("data", data), loss, optimiser, batch, seed)
    run.held_out, run.metric, run.patience, run.checkpoint = held_out, metric, patience, checkpoint
    return run.go(epochs, compiled, progress)


class _Training:
    """A run of ``fit``: everything that its next epoch depends on."""

    held_out: Samples | None
    metric: Metric | None
    patience: int | None
    checkpoint: FilePath | None

    def __init__(
        self,
        model: Module,
        data: Samples,
        loss: Loss,
        optimiser: Optimiser,
        batch: int,
        seed: int,
    ) -> None:
        self.model, self.loss, self.optimiser = model, loss, optimiser
        self.inputs, self.targets = data
        self.batch, self.seed = batch, seed
        self.history, self.best = History(), dict[str, Any]()
        if not {*optimiser.parameters.values()} & {*model.parameters()}:
            raise DataError("the optimiser has no parameter of the model; give it the same model")

    def go(self, epochs: int, compiled: bool, progress: bool) -> History:
        history, was_training = self.history, self.model.training
        if self.checkpoint is not None and Path(self.checkpoint).exists():
            self.resume(self.checkpoint)
        first = slice(self.batch)
        total = epochs * math.ceil(len(self.inputs) / self.batch)
        try:
            self.model.train()
            step = None
            with _shown(progress, total) as show:
                while len(history.epochs) < epochs and not self.is_over:
                    step = step or _Step(
                        self.model, self.loss, compiled, self.inputs[first], self.targets[first]
                    )
                    self.one_epoch(step, show)
            stopped = len(history.epochs) < epochs
            history.ended = (
                f"no better for {self.patience} epochs" if stopped else "all epochs done"
            )
            if self.best:
                self.model.load_state_dict(self.best)
        except KeyboardInterrupt:
            history.ended = "interrupted"
        finally:
            self.model.train(was_training)
        return history

    @property
    def is_over(self) -> bool:
        return self.patience is not None and self.history.since_best >= self.patience

    def one_epoch(self, step: "_Step", show: "Show") -> None:
        number, total = len(self.history.epochs) + 1, 0.0
        places = np.random.default_rng([self.seed, number]).permutation(len(self.inputs))
        for start in range(0, len(places), self.batch):
            rows = places[start : start + self.batch]
            value = step(self.inputs[rows], self.targets[rows])
            self.optimiser.step()
            total += value * len(rows)
            show(f"epoch {number}  loss {value:.4f}", 1)
        measured = math.nan, math.nan
        if self.held_out is not None:
            measured = evaluate(self.model, self.held_out, self.loss, self.metric)
            if not math.isfinite(measured[0]):
                raise TrainingError(f"the loss on the validation data is {measured[0]}")
        epoch = Epoch(number, total / len(places), *measured)
        self.history.epochs.append(epoch)
        if self.patience is not None and self.history.best is epoch:
            self.best = self.model.state_dict()
        if self.checkpoint is not None:
            self.write(self.checkpoint)
        show(str(epoch), 0)

    # Its file

    @property
    def settings(self) -> dict[str, Any]:
        """What has to be the same when a run is resumed."""
        checksum = zlib.crc32(self.targets.tobytes(), zlib.crc32(self.inputs.tobytes()))
        return {
            "optimiser": repr(self.optimiser),
            "batch": self.batch,
            "seed": self.seed,
            "data": f"{checksum:08x}",
        }

    def write(self, path: FilePath) -> None:
        about = {
            "settings": self.settings,
            "epochs": self.history.epochs,
            "generators": {key: one.bit_generator.state for key, one in _generators(self.model)},
        }
        state = {"model": self.model.state_dict(), "optimiser": self.optimiser.state_dict()}
        _write(path, about, {**state, "best": self.best})

    def resume(self, path: FilePath) -> None:
        about, parts = _read(path)
        found = about.get("settings")
        if not isinstance(found, dict):
            raise CheckpointError(f"{path} has weights, but no run of fit that could go on")
        for name, here in self.settings.items():
            if found.get(name) != here:
                raise CheckpointError(
                    f"{path} was written by a run with {name} {found.get(name)}, and this one has "
                    f"{name} {here}; give the same, or another file"
                )
        before = self.model.state_dict()
        try:
            epochs = [Epoch(*row) for row in about["epochs"]]
            self.model.load_state_dict(parts["model"])
            self.optimiser.load_state_dict(parts["optimiser"])
            for key, one in _generators(self.model):
                one.bit_generator.state = about["generators"][key]
        except (KeyError, TypeError, ValueError) as error:  # of which CheckpointError is one
            self.model.load_state_dict(before)
            known = isinstance(error, CheckpointError)
            reason = error if known else f"what it says of the run is damaged ({error!r})"
            raise CheckpointError(f"{path}: {reason}") from None
        self.history.epochs[:], self.best = epochs, parts["best"]


def evaluate(
    model: Module, data: Samples, loss: Loss, metric: Metric | None = None, batch: int = 256
) -> tuple[float, float]:
    """The mean loss and metric of a model as it is used, in batches; nothing is recorded.

    >>> import autograd_lite as ag
    >>> from autograd_lite import nn
    >>> evaluate(nn.Sequential(ag.relu), ([[1.0], [-1.0]], [[1.0], [2.0]]), ag.mean_squared_error)
    (2.0, nan)
    """
    inputs, targets = _samples("data", data)
    was_training, totals = model.training, np.zeros(2)
    try:
        model.eval()
        with no_grad():
            for start in range(0, len(inputs), batch):
                x, t = inputs[start : start + batch], targets[start : start + batch]
                outputs = model(x)
                measured = math.nan if metric is None else metric(outputs, t)
                totals += len(x) * np.array([_number(loss(outputs, t)), measured])
    finally:
        model.train(was_training)
    mean_loss, mean_metric = (totals / len(inputs)).tolist()
    return mean_loss, mean_metric


def _samples(name: str, given: Any) -> Samples:
    """Inputs and targets as arrays, one row a sample."""
    try:
        inputs, targets = (np.asarray(getattr(one, "_data", one)) for one in given)
    except (TypeError, ValueError):
        raise DataError(
            f"{name} is {describe(given)}; give (inputs, targets), two arrays"
        ) from None
    if not (inputs.ndim and targets.ndim and len(inputs) == len(targets) > 0):
        raise ShapeError(
            f"{name} has inputs of shape {inputs.shape} and targets of shape {targets.shape}; give "
            "both with one row a sample"
        )
    for array in (inputs, targets):
        if array.dtype.kind not in "fiub" or not np.isfinite(array).all():
            raise DataError(f"{name} is not made of finite numbers; leave out what is missing")
    return inputs, targets


def _number(loss: Any) -> float:
    data = getattr(loss, "_data", loss)
    if np.shape(data):
        raise ShapeError(
            f"the loss of a batch has shape {np.shape(data)}; it has to be one number: reduce it, "
            "as by .mean()"
        )
    return float(data)


# One step


class _Step:
    """The loss of a batch, with the gradients left in the parameters."""

    def __init__(
        self, model: Module, loss: Loss, compiled: bool, inputs: Any, targets: Any
    ) -> None:
        self._model, self._loss = model, loss
        model.label_parts()
        self._parameters = model.parameters()
        self._labelled = {value.label: value for value in self._parameters}
        self._compiled: CompiledFunction | None = None
        repeats = all(part.repeats for _, part in model.named_modules())
        told_apart = len(self._labelled) == len(self._parameters)
        if compiled and repeats and told_apart and inputs.dtype.kind == "f":
            self._compiled = self._compile(inputs, targets)

    def __call__(self, inputs: Any, targets: Any) -> float:
        value = (self._eagerly if self._compiled is None else self._quickly)(inputs, targets)
        gradients = [one.grad for one in self._parameters if one.grad is not None]
        if not (math.isfinite(value) and all(np.isfinite(g).all() for g in gradients)):
            self._stop(inputs, targets)
        return value

    def _record(self, inputs: Any, targets: Any) -> Any:
        return self._loss(self._model(inputs), targets)

    def _eagerly(self, inputs: Any, targets: Any) -> float:
        self._model.zero_grad()
        loss = self._record(inputs, targets)
        value = _number(loss)
        loss.backward(retain_graph=False)
        return value

    def _quickly(self, inputs: Any, targets: Any) -> float:
        assert self._compiled is not None
        value, gradients = self._compiled(inputs=Constant(inputs), targets=Constant(targets))
        for label, gradient in gradients.items():
            self._labelled[label].grad = gradient
        return value

    def _compile(self, inputs: Any, targets: Any) -> CompiledFunction | None:
        """The step compiled, if that agrees with the uncompiled one on other data than were traced.

        It does not where a model or loss draws at random, or decides by data in Python.
        """
        generators = [(one, one.bit_generator.state) for _, one in _generators(self._model)]
        self._compiled = CompiledFunction(self._record, wrt=list(self._labelled))
        other = inputs[::-1], targets[::-1]
        try:
            self._quickly(inputs, targets)
            found = self._quickly(*other), *self._gradients()
            expected = self._eagerly(*other), *self._gradients()
        except (AutogradLiteError, TypeError, ValueError, AttributeError):
            return None
        finally:
            for generator, state in generators:
                generator.bit_generator.state = state
        pairs = zip(found, expected, strict=True)
        close = (np.allclose(a, b, 1e-4, 1e-6 * (1 + np.max(np.abs(b)))) for a, b in pairs)
        return self._compiled if all(close) else None

    def _gradients(self) -> list[Any]:
        return [0.0 if one.grad is None else one.grad for one in self._parameters]

    def _stop(self, inputs: Any, targets: Any) -> NoReturn:
        """Say which op made the first number that is not finite, forward or backward."""
        self._model.zero_grad()
        try:
            with detect_anomaly():
                self._record(inputs, targets).backward()
        except AnomalyError as error:
            # The numbers, which may be many, are shown with the error that this one came from.
            where, _, _ = str(error).partition(" = ")
            raise TrainingError(f"{where}. {_ADVICE}") from error
        raise TrainingError(f"the loss or a gradient is not finite. {_ADVICE}")


_ADVICE = (
    "The weights are those before this step; a smaller rate, or data and starting weights of about "
    "size 1, often help"
)


def _generators(model: Module) -> Iterator[tuple[str, np.random.Generator]]:
    for path, part in model.named_modules():
        for name, one in part._parts():
            if isinstance(one, np.random.Generator):
                yield f"{path}.{name}", one


# What is seen on the way


Show = Callable[[str, int], None]


def _shown(wanted: bool, steps: int) -> AbstractContextManager[Show]:
    """A function of a line and how many steps more are done; with 0 the line ends an epoch."""
    if not wanted:
        return nullcontext(lambda *_: None)
    return _bar(steps) if sys.stdout.isatty() else nullcontext(_print)


def _print(line: str, steps: int) -> None:
    if not steps:
        print(line, flush=True)


@contextmanager
def _bar(steps: int) -> Iterator[Show]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()) as bar:
        task = bar.add_task("epoch 1", total=steps)

        def show(line: str, more: int) -> None:
            if more:
                bar.update(task, advance=more, description=line)
            else:
                bar.console.print(line, highlight=False)

        yield show


# Files: .npz, written as a whole or not at all. Nothing in them is code: arrays of numbers, and one
# text in JSON.

_FORMAT = "autograd_lite.nn 1"
_PARTS = ("model", "optimiser", "best")

Arrays = dict[str, Any]


def save(path: FilePath, model: Module) -> None:
    """Write the weights and buffers of a model to an .npz file, replacing it as a whole.

    >>> from autograd_lite import nn
    >>> rng = np.random.default_rng(0)
    >>> save("weights.npz", nn.Linear(3, 2, rng))
    >>> load("weights.npz", nn.Linear(3, 4, rng))
    Traceback (most recent call last):
    autograd_lite.errors.CheckpointError: weights.npz: W has shape (4, 3) in the Linear and (2, 3) \
in what was given; build the model with the sizes it was saved with
    """
    _write(path, {}, {"model": model.state_dict()})


def load(path: FilePath, model: Module) -> None:
    """Give a model the weights that :func:`save`, or a run of :func:`fit`, wrote; all or none.

    Raises CheckpointError for a file that is damaged, cut off, of another kind, or of a model with
    other layers or sizes.
    """
    _, parts = _read(path)
    try:
        model.load_state_dict(parts["model"])
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None


def _write(path: FilePath, about: Mapping[str, Any], parts: Mapping[str, Arrays]) -> None:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": _FORMAT, **about}, default=lambda array: array.tolist())
    arrays = {f"{part}.{key}": one for part, own in parts.items() for key, one in own.items()}
    unfinished = target.with_name(f"{target.name}.part")
    with unfinished.open("wb") as file:
        np.savez(file, about=np.frombuffer(text.encode(), np.uint8), **arrays)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(target)


def _read(path: FilePath) -> tuple[dict[str, Any], dict[str, Arrays]]:
    try:
        with zipfile.ZipFile(path) as whole:
            damaged = whole.testzip()
        if damaged:
            raise CheckpointError(f"{path} is damaged at {damaged.removesuffix('.npy')}")
        with np.load(path, allow_pickle=False) as found:
            arrays = {key: found[key] for key in found.files}
        about = json.loads(arrays.pop("about").tobytes()) if "about" in arrays else None
    except FileNotFoundError:
        raise CheckpointError(f"there is no file {path}") from None
    except _DAMAGED as error:
        raise CheckpointError(
            f"{path} is damaged, cut off, or no .npz file of numbers: {error}"
        ) from None
    if not isinstance(about, dict) or about.get("format") != _FORMAT:
        raise CheckpointError(f"{path} was not written by save or fit of autograd_lite.nn")
    parts: dict[str, Arrays] = {part: {} for part in _PARTS}
    for key, one in arrays.items():
        part, _, name = key.partition(".")
        if part not in parts:
            raise CheckpointError(f"{path} has {key}, which is no part of what save or fit writes")
        parts[part][name] = one
    return about, parts


_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    MemoryError,
)
"""What reading a damaged archive raises."""
