"""The report: results as Markdown."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.benchmarks.job import from_json
from tests.benchmarks.rows import Row, Target
from tests.benchmarks.timing import Spread

__all__ = ["as_markdown", "brief", "quantity"]

_BUSY = 0.2
"""Cores in use by others, above which the report says so."""

_SCALES: dict[str, list[tuple[float, str]]] = {
    "s": [(1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")],
    "B": [(2**30, "GiB"), (2**20, "MiB"), (1, "B")],
}

_INTRODUCTION = """\
# Benchmarks

The same work, done by this package and by others, on one machine. `make bench` measures it all and
writes this page, and the same numbers to [benchmarks.json](benchmarks.json).

**How to read it.** A time tells about a machine; a ratio tells about two programs, so the ratios
come first. "12× faster" means that the other takes 12 times as long as we do, "0.4× its time" that
we take 0.4 of what it takes: below 1× we win, above we lose, and every loss is listed again under
[Where we lose](#where-we-lose). What bounds those that miss their target, and what was tried, is
told in [Compiling a graph](compiling.md#what-bounds-it). In brackets stands the middle half of what
was measured; where the brackets of two rows overlap, call neither of them faster. The target was
set before measuring.

**How it was measured.** All sides of a row are made ready in one process and take turns, A B A B,
each for at least 0.05 s a turn. The ratio is the median of the ratios of the rounds, so that what
slows the machine for a while slows both. Before anything is timed, numbers and gradients of both
sides are compared, as far as the arithmetic goes (10⁻⁹ of the largest in float64, 10⁻³ in float32);
a side that computes something else is refused. The garbage collector is on, and what a step leaves
to it is paid for; eager steps let go of the graph as they use it (`retain_graph=False`, which is
PyTorch's way). One thread each, unless the row says otherwise. Rows of whole processes start the
programs in turn, and time them from start to end, Python's own start included; peak memory is that
of such a process. Imports are timed from inside a new process each, so that only the import
statement counts. The exponent of growth is the slope of log time on log size over four sizes: 1 is
a cost that grows with the work, 2 one that grows with its square.

**What the others' programs are.** Each is written as its own documentation would write it. The
notebook's class is our own rewriting, the same NumPy calls in the same order: in a trial it gave
the same bits as the original and took the same time within one percent. Its gradients are wrong
and stay so. The PyTorch loop of the notebook is rewritten too (biases, ReLU, SGD, float32), and
starts from the same weights. HIPS autograd convolves by `autograd.scipy.signal.convolve`, as in its
own example. C is written by hand for the one network, compiled with `gcc -O3 -march=native`; our
own straight line, translated to C, took as long.
"""


def as_markdown(results: Mapping[str, Any]) -> str:
    """The whole page."""
    jobs = results["jobs"]
    groups: dict[str, list[Row]] = {}
    for kept in jobs.values():
        groups.setdefault(kept["group"], []).extend(from_json(kept["rows"]))
    rows = [row for group in groups.values() for row in group]
    lines = [_INTRODUCTION]
    if any(kept["quick"] for kept in jobs.values()):
        lines.append("**Some rows are of a quick trial (`--quick`): their numbers say little.**\n")
    disturbed = [name for name, kept in jobs.items() if (kept["busy cores"] or 0) > _BUSY]
    if disturbed:
        names = "; ".join(disturbed)
        lines.append(f"**Others used the machine during: {names}.** Those numbers are disturbed.\n")
    lines += ["## Measured on\n", *_measured_on(results), "## Ratios\n", _summary(rows)]
    for group, members in groups.items():
        lines += [f"### {group}\n", *_ratios(members)]
    lines += ["## Where we lose\n", *_losses(rows)]
    lines += ["## Times\n", *_times(rows)]
    lines += ["## Not measured\n", *_missing(rows)]
    return "\n".join(lines).rstrip() + "\n"


def brief(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A line for each row, for the one who waits."""
    for row in from_json(list(rows)):
        against = f" against {row.peer}" if row.peer else ""
        said = f"not measured: {row.reason}" if row.our is None else _ratio(row)
        verdict = "" if row.reached is None else "  reached" if row.reached else "  MISSED"
        wanted = f" (target {_target(row.target, row.unit)})" if row.target else ""
        yield f"{row.work} · {row.ours}{against}: {said}{wanted}{verdict}"


def _measured_on(results: Mapping[str, Any]) -> Iterator[str]:
    dates = sorted({kept["date"] for kept in results["jobs"].values()})
    machine = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    versions = ", ".join(f"{name} {value}" for name, value in results["versions"].items())
    yield f"{' to '.join(dict.fromkeys(dates[:1] + dates[-1:]))}; {machine}.\n"
    yield f"{versions}. (– is not installed.)\n"


def _summary(rows: Iterable[Row]) -> str:
    verdicts = [row.reached for row in rows if row.target is not None]
    reached, missed = verdicts.count(True), verdicts.count(False)
    return (
        f"Of {len(verdicts)} targets {reached} are reached, {missed} are missed, and "
        f"{verdicts.count(None)} could not be measured.\n"
    )


def _ratios(rows: Iterable[Row]) -> Iterator[str]:
    yield "| work | ours | against | result | target | |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        said = "not measured" if row.our is None else _ratio(row)
        verdict = {None: "", True: "reached", False: "**missed**"}[row.reached]
        cells = row.work, row.ours, row.peer or "–", said, _target(row.target, row.unit), verdict
        yield f"| {' | '.join(cells)} |"
    yield ""


def _losses(rows: Iterable[Row]) -> Iterator[str]:
    lost = [row for row in rows if row.our and (row.reached is False or _behind(row))]
    if not lost:
        yield "In no row.\n"
        return
    for row in lost:
        against = f" against {row.peer}" if row.peer else ""
        missed = f"; the target is {_target(row.target, row.unit)}" if row.reached is False else ""
        note = f". {row.note}" if row.note else ""
        yield f"- {row.work}, {row.ours}{against}: {_ratio(row)}{missed}{note}"
    yield ""


def _behind(row: Row) -> bool:
    return row.ratio is not None and row.ratio.median > 1


def _times(rows: Iterable[Row]) -> Iterator[str]:
    yield "| work | side | median | middle half | rounds |"
    yield "|---|---|---|---|---|"
    seen = set()
    for row in rows:
        for side, taken in ((row.ours, row.our), (row.peer, row.their)):
            if taken is None or (row.work, side, taken) in seen:
                continue
            seen.add((row.work, side, taken))
            between = f"{quantity(taken.low, row.unit)} – {quantity(taken.high, row.unit)}"
            median = quantity(taken.median, row.unit)
            yield f"| {row.work} | {side} | {median} | {between} | {taken.rounds} |"
    yield ""
    yield from dict.fromkeys(f"- {row.work}: {row.note}." for row in rows if row.note)
    yield ""


def _missing(rows: Iterable[Row]) -> Iterator[str]:
    missing = [row for row in rows if row.our is None]
    if not missing:
        yield "Everything was."
    for row in missing:
        yield f"- {row.work}, {row.peer or row.ours}: {row.reason}"


def _target(target: Target | None, unit: str) -> str:
    if target is None:
        return "–"
    if target.kind == "faster":
        return f"≥ {target.bound:g}× faster"
    if target.kind == "share":
        return f"≤ {target.bound:g}× its {_what(unit)}"
    return f"≤ {quantity(target.bound, unit)}"


def _what(unit: str) -> str:
    return {"s": "time", "B": "memory", "lines": "lines"}.get(unit, "number")


def _ratio(row: Row) -> str:
    """The ratio in the words of the target, or our own number where there is nobody beside us."""
    assert row.our is not None
    if row.ratio is None:
        return _within(row.our, lambda number: quantity(number, row.unit))
    by_target = row.target is not None and row.target.kind == "faster"
    if row.ratio.median <= (1.0 if by_target else 0.5 if row.target is None else 0.0):
        turned = Spread(
            1 / row.ratio.median, 1 / row.ratio.high, 1 / row.ratio.low, row.ratio.rounds
        )
        return f"{_within(turned, _times_as)} {'faster' if row.unit == 's' else 'less'}"
    return f"{_within(row.ratio, _times_as)} its {_what(row.unit)}"


def _within(spread: Spread, write: Any) -> str:
    if spread.rounds == 1:
        return f"{write(spread.median)}"
    return f"{write(spread.median)} ({write(spread.low)}–{write(spread.high)})"


def _times_as(number: float) -> str:
    return f"{_digits(number)}×"


def _digits(number: float) -> str:
    """Three digits, and no exponent."""
    if number == 0:
        return "0"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}" if abs(number) >= 0.001 else f"{number:.2g}"


def quantity(number: float, unit: str) -> str:
    """A number with its unit, in the thousand that suits it.

    >>> quantity(0.00123, "s"), quantity(148.0, "B"), quantity(1.05, "")
    ('1.23 ms', '148 B', '1.05')
    """
    for scale, name in _SCALES.get(unit, []):
        if abs(number) >= scale * 0.9995 or name in ("ns", "B"):
            return f"{_digits(number / scale)} {name}"
    return f"{_digits(number)} {unit}".strip()
