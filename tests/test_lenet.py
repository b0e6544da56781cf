"""LeNet-5: its shapes, its gradients, and that it learns."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Constant
from models.lenet import LeNet5, digits, main, train


def batch(count: int) -> tuple[Constant, Constant]:
    images, shown = digits(count, np.random.default_rng(1))
    return Constant(images), Constant(np.eye(10)[shown])


def test_it_has_the_weights_of_the_paper_on_images_of_28_by_28() -> None:
    net = LeNet5(np.random.default_rng(0))
    net.label_parts()
    count = {value.label: value.size for value in net.parameters()}
    layers = "conv1", "conv2", "dense1", "dense2", "out"
    assert [count[f"W_{one}"] for one in layers] == [150, 2400, 30720, 10080, 840]
    assert [count[f"b_{one}"] for one in layers] == [6, 16, 120, 84, 10]


def test_the_digits_can_be_told_apart() -> None:
    images, shown = digits(300, np.random.default_rng(0))
    assert set(shown.tolist()) == set(range(10))
    # The more strokes, the more ink: an 8 has seven and a 1 has two.
    ink = [images[shown == digit].mean() for digit in range(10)]
    assert np.argmax(ink) == 8
    assert np.argmin(ink) == 1
    again, same = digits(300, np.random.default_rng(0))
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(shown, same)


@pytest.mark.parametrize("activation", [ag.sigmoid, ag.tanh])
def test_its_gradients_are_those_of_differences(activation: object) -> None:
    net = LeNet5(np.random.default_rng(0), activation=activation)
    images, targets = batch(3)
    net.loss(images, targets).backward()
    rng = np.random.default_rng(2)
    for value in net.parameters():
        along, before, step = rng.normal(size=value.shape), value.data, 1e-7
        losses = []
        for sign in (1, -1):
            value.data = before + sign * step * along
            losses.append(net.loss(images, targets).data)
        value.data = before
        slope = (losses[0] - losses[1]) / (2 * step)
        assert (value.grad * along).sum() == pytest.approx(slope, rel=1e-4, abs=1e-8)


def test_single_precision_stays_single() -> None:
    net = LeNet5(np.random.default_rng(0), np.float32)
    images, shown = digits(2, np.random.default_rng(1))
    targets = Constant(np.eye(10, dtype=np.float32)[shown])
    net.loss(Constant(images.astype(np.float32)), targets).backward()
    assert {value.grad.dtype for value in net.parameters()} == {np.dtype(np.float32)}


def test_training_lowers_the_loss() -> None:
    net, (images, targets) = LeNet5(np.random.default_rng(0), activation=ag.tanh), batch(8)
    before = net.loss(images, targets).data
    seen = []
    train(net, np.random.default_rng(3), 4, batch=8, progress=lambda step, loss: seen.append(step))
    assert seen == [1, 2, 3, 4]
    assert net.loss(images, targets).data < 0.7 * before


def test_the_command_says_how_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--steps", "1"])
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("step    1  loss 0.")
    assert last.endswith("% of 100 other digits recognised")


@pytest.mark.slow
def test_it_learns_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    assert int(capsys.readouterr().out.splitlines()[-1].split("%")[0]) >= 95
