"""The report of the benchmarks: rows as JSON and as tables, and results kept from run to run."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import report, rows, running
from tests.benchmarks.groups import JOBS
from tests.benchmarks.job import Job, from_json, to_json
from tests.benchmarks.rows import Row

# The report

REACHED = rows.compared("step", "ours", "slow", ([1.0], [40.0]), rows.faster(35))
LOST = rows.compared("step", "ours", "quick", ([3.0], [2.0]), rows.share(1.0), note="It is in C")
ALONE = rows.measured("terms", "ours", [0.003], rows.most(0.02))
ABSENT = Row("step", "ours", "absent", target=rows.faster(2), reason="not installed: absent")


def results(*found: Row, quick: bool = False) -> dict[str, Any]:
    kept = {"group": "Steps", "date": "2026-01-02", "quick": quick, "busy cores": 0.0}
    return {
        "machine": {"processor": "P", "cores": "2"},
        "versions": {"numpy": "2"},
        "jobs": {"one": {**kept, "rows": to_json(found)}},
    }


def section(page: str, heading: str) -> list[str]:
    after = page.partition(f"{heading}\n")[2].partition("\n## ")[0]
    return [line for line in after.splitlines() if line]


def test_rows_are_the_same_after_writing_and_reading() -> None:
    found = [REACHED, LOST, ALONE, ABSENT]
    assert from_json(json.loads(json.dumps(to_json(found)))) == found


def test_no_path_of_this_machine_is_written() -> None:
    row = Row("step", "ours", "peer", reason="no such file: '/home/me/x.c' (1/2 and a/b)")
    assert to_json([row])[0]["reason"] == "no such file: '…' (1/2 and a/b)"


def test_ratios_stand_in_a_table_with_target_and_verdict() -> None:
    page = report.as_markdown(results(REACHED, LOST, ALONE, ABSENT))
    assert section(page, "### Steps")[2:] == [
        "| step | ours | slow | 40× faster | ≥ 35× faster | reached |",
        "| step | ours | quick | 1.5× its time | ≤ 1× its time | **missed** |",
        "| terms | ours | – | 3 ms | ≤ 20 ms | reached |",
        "| step | ours | absent | not measured | ≥ 2× faster |  |",
    ]
    assert "Of 4 targets 2 are reached, 1 are missed, and 1 could not be measured." in page


def test_losses_are_listed_again() -> None:
    page = report.as_markdown(results(REACHED, LOST))
    assert section(page, "## Where we lose") == [
        "- step, ours against quick: 1.5× its time; the target is ≤ 1× its time. It is in C"
    ]


def test_a_loss_without_a_target_is_listed_too() -> None:
    lost = rows.compared("step", "ours", "quick", ([3.0], [2.0]))
    page = report.as_markdown(results(lost))
    assert section(page, "## Where we lose") == ["- step, ours against quick: 1.5× its time"]


def test_what_was_not_measured_is_listed_with_its_reason() -> None:
    page = report.as_markdown(results(ABSENT))
    assert section(page, "## Not measured") == ["- step, absent: not installed: absent"]


def test_a_quick_trial_and_a_busy_machine_are_said() -> None:
    assert "quick trial" not in report.as_markdown(results(REACHED))
    assert "quick trial" in report.as_markdown(results(REACHED, quick=True))
    busy = results(REACHED)
    busy["jobs"]["one"]["busy cores"] = 0.9
    assert "Others used the machine during: one." in report.as_markdown(busy)


@pytest.mark.parametrize(
    ("number", "unit", "said"),
    [
        (0.0, "s", "0 ns"),
        (9.7e-8, "s", "97 ns"),
        (0.9999, "s", "1 s"),
        (150.0, "s", "150 s"),
        (148.2, "B", "148 B"),
        (3.5 * 2**20, "B", "3.5 MiB"),
        (1.04, "", "1.04"),
    ],
)
def test_quantities(number: float, unit: str, said: str) -> None:
    assert report.quantity(number, unit) == said


# Running

HERE, NOW = {"processor": "P"}, {"numpy": "2"}


def test_part_of_the_jobs_is_merged_into_what_is_there() -> None:
    name = next(iter(JOBS))
    old = {"machine": HERE, "versions": NOW, "jobs": {name: {"rows": []}, "gone": {"rows": []}}}
    assert running.merged(old, HERE, NOW, part=True)["jobs"] == {name: {"rows": []}}


def test_results_of_another_machine_are_not_mixed() -> None:
    old = {"machine": {"processor": "Q"}, "versions": NOW, "jobs": {}}
    with pytest.raises(running.OtherMachineError, match="measure all"):
        running.merged(old, HERE, NOW, part=True)
    assert running.merged(old, HERE, NOW, part=False)["machine"] == HERE


def test_an_interrupt_keeps_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [Job("Steps", name, lambda _: []) for name in ("first", "second")]
    monkeypatch.setattr(running, "JOBS", {job.name: job for job in jobs})

    def run_job(job: Job, quick: bool) -> dict[str, Any]:
        if job.name == "second":
            raise KeyboardInterrupt
        kept: dict[str, Any] = results(REACHED, quick=quick)["jobs"]["one"]
        return kept

    monkeypatch.setattr(running, "run_job", run_job)
    assert running.run_all(jobs, tmp_path, quick=False, part=False) is False
    assert list(running.load(tmp_path)["jobs"]) == ["first"]
    assert "40× faster" in (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
