"""How derivations in the forms of the world are read and judged.

tests/golden/world.json has the outcome of each, and docs/checker-how.md the four figures of this
part and of the first; ``pytest tests/test_world.py --update-golden`` writes both anew.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from corpus.derivation import Lines, Network
from corpus.outcome import figures, record, recorded
from corpus.world import NETWORKS, WORLD, Written, checked, measured, worked

GOLDEN = Path(__file__).parent / "golden"
PAGE = Path(__file__).parent.parent / "docs" / "checker-how.md"


@pytest.mark.parametrize("written", WORLD, ids=lambda one: one.name)
def test_the_outcome_is_as_recorded(
    written: Written, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    now = measured(written, checked(written, tmp_path))
    if request.config.getoption("--update-golden"):
        record(GOLDEN / "world.json", written.name, now)
    assert now == recorded(GOLDEN / "world.json")[written.name]


def test_there_are_60_derivations_and_half_of_them_are_right() -> None:
    assert len({one.name for one in WORLD}) == len(WORLD) >= 60
    assert 0.4 <= sum(not one.wrong for one in WORLD) / len(WORLD) <= 0.6
    assert recorded(GOLDEN / "world.json").keys() == {one.name for one in WORLD}
    for one in WORLD:
        marks = "".join(one.marks().values())
        assert bool(one.wrong) == bool(one.kinds) == ("!" in marks)
        assert set(marks) <= set("123456789!?~")


def test_nine_of_ten_lines_are_read_no_mistake_is_passed_and_85_of_100_are_named_first() -> None:
    outcomes = recorded(GOLDEN / "world.json").values()
    mistakes = [one.fate for one in outcomes if one.fate != "right"]
    assert sum(one.read for one in outcomes) >= 0.9 * sum(one.lines for one in outcomes)
    assert "passed" not in mistakes
    assert mistakes.count("named first") >= 0.85 * len(mistakes)


@pytest.mark.parametrize(("network", "backward"), NETWORKS)
def test_the_numbers_are_those_of_small_differences(network: Network, backward: Lines) -> None:
    *_, loss = network.forward
    numbers, step = worked(network, backward), 1e-6

    def shifted(name: str, at: tuple[int, ...], by: float) -> float:
        given = np.array(network.given[name], float)
        given[at] += by
        moved = Network(network.build, {**network.given, name: given}, network.forward)
        return float(worked(moved, {})[loss])

    stem = loss.partition("_")[0]
    checked_names = [name for name in network.given if f"d{stem}_d{name}" in numbers]
    assert checked_names
    for name in checked_names:
        slopes = np.zeros(np.shape(network.given[name]))
        for at in np.ndindex(slopes.shape):
            slopes[at] = (shifted(name, at, step) - shifted(name, at, -step)) / (2 * step)
        np.testing.assert_allclose(numbers[f"d{stem}_d{name}"], slopes, atol=1e-7)


def test_the_page_has_the_four_figures_of_both_parts(request: pytest.FixtureRequest) -> None:
    lines = [
        "| part | derivations | lines read | right blamed | wrong passed | mistakes named first |",
        "|---|---|---|---|---|---|",
        figures("networks of our own", recorded(GOLDEN / "corpus.json").values()),
        figures("forms of the world", recorded(GOLDEN / "world.json").values()),
    ]
    section = re.compile(r"(?<=<!-- parts table -->\n).*?(?=<!-- end -->)", re.DOTALL)
    text = PAGE.read_text(encoding="utf-8")
    assert section.search(text)
    fresh = section.sub("\n" + "\n".join(lines).replace("\\", "") + "\n\n", text)
    if request.config.getoption("--update-golden"):
        PAGE.write_text(fresh, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == fresh
