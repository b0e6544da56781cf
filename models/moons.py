"""Two moons told apart, as in micrograd's demo: ``python -m models.moons``.

The network is one of single weights, 2-16-16-1, trained by the hinge loss with a decay of the
weights, and its decision boundary is drawn into out/. All points go through it at once: a neuron
multiplies its weight with the coordinates of all of them.
"""

import argparse
import random
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Value, nn

__all__ = ["boundary", "loss", "main", "moons", "train"]

OUT = Path("out")


def moons(count: int, rng: np.random.Generator, noise: float = 0.1) -> tuple[Any, Any]:
    """Points (count, 2) on two half circles that reach into each other, and ±1 for which.

    >>> points, sides = moons(4, np.random.default_rng(0), noise=0.0)
    >>> sides.tolist()
    [-1.0, -1.0, 1.0, 1.0]
    """
    first = count // 2
    angle = rng.uniform(0.0, np.pi, count)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points[first:] = [1.0, 0.5] - points[first:]
    sides = np.where(np.arange(count) < first, -1.0, 1.0)
    return points + rng.normal(0.0, noise, points.shape), sides


def loss(model: nn.MLP, points: Any, sides: Any, decay: float = 1e-4) -> tuple[Value, float]:
    """The mean hinge loss with the decay, and the part of the points on their side."""
    scores = model(points.T)
    total = ag.hinge(scores, sides) + decay * sum(p * p for p in model.parameters())
    return total, float(np.mean((scores.data > 0) == (sides > 0)))


def train(model: nn.MLP, points: Any, sides: Any, steps: int) -> list[float]:
    """Steps with a rate that falls from 1.0 to 0.1; the loss before each."""
    optimiser, losses = nn.SGD(model, rate=1.0), []
    for step in range(steps):
        total, right = loss(model, points, sides)
        optimiser.zero_grad()
        total.backward(retain_graph=False)
        optimiser.rate = 1.0 - 0.9 * step / steps
        optimiser.step()
        losses.append(total.data)
        if step % 10 == 0 or step == steps - 1:
            print(f"step {step:3}  loss {total.data:.4f}  accuracy {right:.0%}")
    return losses


def boundary(model: nn.MLP, points: Any, sides: Any, path: Path, cells: int = 40) -> Path:
    """The plane, shaded by the side that the model takes each place for, and the points."""
    low, high = points.min(0) - 0.5, points.max(0) + 0.5
    width = 480
    scale = width / (high[0] - low[0])
    size = width / cells
    rows = round((high[1] - low[1]) * scale / size)
    i, j = np.indices((rows, cells))
    with ag.no_grad():
        scores = model([low[0] + (j + 0.5) * size / scale, high[1] - (i + 0.5) * size / scale])
    marks = [
        f'<rect x="{column * size:.1f}" y="{row * size:.1f}" width="{size + 0.5:.1f}" '
        f'height="{size + 0.5:.1f}" fill="{"#f4c7c3" if score > 0 else "#c6dbef"}"/>'
        for (row, column), score in np.ndenumerate(scores.data)
    ]
    for (x, y), side in zip(points, sides, strict=True):
        place = f'cx="{(x - low[0]) * scale:.1f}" cy="{(high[1] - y) * scale:.1f}"'
        marks.append(f'<circle {place} r="4" fill="{"#b3261e" if side > 0 else "#1f5fa8"}"/>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{rows * size:.0f}">'
        f"<title>Two moons and the boundary between them</title>{''.join(marks)}</svg>\n",
        encoding="utf-8",
    )
    return path


def main(arguments: list[str] | None = None) -> None:
    """Train on the moons and draw the boundary."""
    parser = argparse.ArgumentParser(prog="python -m models.moons", description=main.__doc__)
    parser.add_argument("--steps", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--points", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    chosen = parser.parse_args(arguments)
    if chosen.steps < 1 or chosen.points < 2 or chosen.seed < 0:
        parser.error("give at least one step, two points and a seed of at least 0")
    random.seed(chosen.seed)
    model = nn.MLP(2, [16, 16, 1])
    points, sides = moons(chosen.points, np.random.default_rng(chosen.seed))
    print(f"{len(model.parameters())} parameters")
    train(model, points, sides, chosen.steps)
    print(boundary(model, points, sides, OUT / "moons.svg"))


if __name__ == "__main__":
    main()
