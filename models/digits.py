"""A small CNN that reads handwritten digits: ``python -m models.digits``.

The data are scikit-learn's 1,797 images of 8 by 8 pixels (the UCI digits, Alpaydin and Kaynak
1998), one in five of them kept for the test. It prints its progress and a confusion matrix, and
draws the losses, the network at one image, and the kernels that it has learned, into out/.
"""

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite import Constant, nn

__all__ = ["Split", "confusion", "draw_kernels", "load", "main", "network", "one_sample"]

OUT = Path("out")


class Split(NamedTuple):
    """Images (count, 1, 8, 8) from −1 to 1 and what they show, to train with and to test with."""

    train: tuple[Any, Any]
    test: tuple[Any, Any]


def load(seed: int = 0) -> Split:
    """The data, shuffled by the seed. Raises MissingExtraError without scikit-learn."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ag.MissingExtraError(
            "the images are those of scikit-learn, which is not installed: "
            "pip install 'autograd-lite[data]'"
        ) from None
    pixels, shown = load_digits(return_X_y=True)
    images = (pixels / 8.0 - 1.0).reshape(-1, 1, 8, 8)
    places = np.random.default_rng(seed).permutation(len(images))
    test, train = places[: len(places) // 5], places[len(places) // 5 :]
    return Split((images[train], shown[train]), (images[test], shown[test]))


def network(seed: int = 0, channels: int = 16) -> nn.Sequential:
    """Two convolutions, each with relu and a pooling, and one dense layer.

    >>> network()(np.zeros((2, 1, 8, 8))).shape
    (2, 10)
    """
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Conv2d(1, channels, 3, rng, padding=1, init=nn.he),
        ag.relu,
        nn.MaxPool2d(2),
        nn.Conv2d(channels, 2 * channels, 3, rng, padding=1, init=nn.he),
        ag.relu,
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8 * channels, 10, rng),
    )


def confusion(found: Any, shown: Any) -> str:
    """A table: a row for each digit, in the columns how often it was taken for which.

    >>> print(confusion([0, 0, 9], [0, 1, 9]).splitlines()[2])
      1    1   ·   ·   ·   ·   ·   ·   ·   ·   ·
    """
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (np.asarray(shown), np.asarray(found)), 1)
    rows = [f"{digit:3} " + "".join(f"{n or '·':>4}" for n in counts[digit]) for digit in range(10)]
    return "\n".join(["    " + "".join(f"{digit:4}" for digit in range(10)), *rows])


def one_sample(model: nn.Sequential, image: Any, digit: int) -> ag.Value:
    """The loss at one image, as a graph to be drawn."""
    x = Constant(image[None], "image")
    return ag.cross_entropy(model(x), np.array([digit])).named("loss")


def draw_kernels(kernels: Any, path: Path, cell: int = 12) -> Path:
    """Each kernel as a square of grey cells, white for the largest weight of all, in an SVG."""
    size = kernels.shape[-1]
    limit = float(np.abs(kernels).max()) or 1.0
    cells = []
    for place, kernel in enumerate(kernels.reshape(-1, size, size)):
        left, top = (place % 8) * (size + 1) * cell, place // 8 * (size + 1) * cell
        for (i, j), weight in np.ndenumerate(kernel):
            grey = round(127.5 * (1 + weight / limit))
            cells.append(
                f'<rect x="{left + j * cell}" y="{top + i * cell}" width="{cell}" '
                f'height="{cell}" fill="rgb({grey},{grey},{grey})"/>'
            )
    rows = -(-len(kernels.reshape(-1, size, size)) // 8)
    wide, high = 8 * (size + 1) * cell - cell, rows * (size + 1) * cell - cell
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}">'
        f"<title>The kernels of the first convolution</title>{''.join(cells)}</svg>\n",
        encoding="utf-8",
    )
    return path


def main(arguments: list[str] | None = None) -> None:
    """Train, test, and draw what was learned."""
    parser = argparse.ArgumentParser(prog="python -m models.digits", description=main.__doc__)
    parser.add_argument("--epochs", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--checkpoint", help="a file that the run is kept in, and resumed from")
    chosen = parser.parse_args(arguments)
    try:
        data = load()
        model = network(chosen.seed)
        print(model.summary(data.test[0][:1]))
        history = nn.fit(
            model,
            data.train,
            ag.cross_entropy,
            nn.AdamW(model, rate=3e-3),
            chosen.epochs,
            seed=chosen.seed,
            validation=data.test,
            metric=nn.accuracy,
            checkpoint=chosen.checkpoint,
        )
    except ag.AutogradLiteError as error:
        parser.error(str(error))
    images, shown = data.test
    found = model(images).data.argmax(-1)
    print(f"{history.ended}: {np.mean(found == shown):.1%} of {len(shown)} other digits recognised")
    print(confusion(found, shown))
    paths = [
        ag.draw(one_sample(model, images[0], shown[0])).render(OUT / "digits.svg"),
        draw_kernels(model.conv1.W.data, OUT / "digits-kernels.svg"),
    ]
    try:
        history.plot(OUT / "digits-loss.svg")
        paths.append(OUT / "digits-loss.svg")
    except ag.MissingExtraError as error:
        print(error)
    print(*paths, sep=", ")


if __name__ == "__main__":
    main()
