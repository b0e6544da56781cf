"""Random programs: what they are made of, and that every view of them gives what eager gives.

``python -m tests.programs SEED VIEW`` shows a failing one as a snippet, cut down to what fails.
"""

import os
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
from programs.__main__ import Work, outcomes
from programs.generate import PLACES, generate
from programs.program import Program
from programs.shrink import shrink
from programs.trial import Outcome
from programs.views import ALL, Case, DifferenceError, check

import autograd_lite as ag
from autograd_lite.engine import order
from autograd_lite.op import REGISTRY

# As of 1 / 0, which some of them compute.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

COUNT, PART = 200, 10
VIEWS = [name for name, view in ALL.items() if not view.needs]
MAY_REFUSE = {"derive-scalar": 1, "derive-tensor": 1}
"""How many of a part; no other view refuses any."""

case = cache(lambda seed: Case(generate(seed)))


@pytest.mark.parametrize("first", range(0, COUNT, PART))
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_gives_what_eager_gives_or_refuses_and_that_seldom(view: str, first: int) -> None:
    refusals = [check(case(seed), view) for seed in range(first, first + PART)]
    assert sum(map(bool, refusals)) <= MAY_REFUSE.get(view, 0), refusals


# What the programs are made of


def test_every_op_of_the_registry_has_a_place() -> None:
    assert REGISTRY.keys() - PLACES.keys() == set()


def test_every_op_is_met_among_the_programs() -> None:
    met = Counter(
        node.op.name
        for seed in range(COUNT)
        for node in order(case(seed).program.record()[0])
        if node.op is not None
    )
    assert REGISTRY.keys() - met.keys() == set()


@pytest.mark.parametrize("seed", range(20))
def test_the_printed_program_is_the_one_that_runs(seed: int) -> None:
    program = generate(seed)
    scope: dict[str, Any] = {}
    exec(str(program), scope)
    np.testing.assert_array_equal(scope[program.output].data, program.record()[0].data)


def test_the_program_of_a_seed_is_always_the_same() -> None:
    assert [str(generate(seed)) for seed in range(20)] == [
        str(case(seed).program) for seed in range(20)
    ]


# The comparison itself


def differs(view: str, seed: int) -> bool:
    try:
        check(Case(generate(seed)), view)
    except DifferenceError:
        return True
    return False


PLANTED: dict[str, tuple[str, Any]] = {
    "a sign": ("cos", (lambda y, x: ag.sin(x),)),
    "a factor": ("sqrt", (lambda y, x: 1 / y,)),
    "an operand": ("divide", (lambda y, a, b: 1 / b, lambda y, a, b: -1 / b)),
    "a sum over what was broadcast": (
        "broadcast_to",
        (lambda g, y, x, shape: ag.broadcast_to(ag.sum(g) / ag.sum(0 * g + 1), np.shape(x)),),
    ),
    "the side of a choice": ("relu", (lambda y, x: REGISTRY["less"](x, 0.0),)),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_wrong_rule_is_caught_by_differences(
    monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    name, rules = PLANTED[mistake]
    monkeypatch.setattr(REGISTRY[name], "rules", rules)
    using = [s for s in range(COUNT) if name in {step.op for step in case(s).program.steps}]
    assert any(differs("differences", seed) for seed in using)


@pytest.mark.parametrize("view", ["derive-tensor", "compile-python", "compile-numpy"])
def test_numbers_of_other_data_are_caught(view: str) -> None:
    smooth = [seed for seed in range(40) if not case(seed).program.special][:10]
    caught = 0
    for seed in smooth:
        moved = Case(generate(seed))
        here = moved.here
        moved.here = here._replace(value=here.value + 1e-9 * max(1.0, abs(here.value)))
        if moved.program.precision == "float64":
            with pytest.raises(DifferenceError):
                ALL[view].check(moved)
            caught += 1
    assert caught > 4


def test_a_failing_program_is_cut_down_to_what_fails() -> None:
    def fails(program: Program) -> bool:
        return any(step.op == "einsum" for step in program.steps)

    long = next(
        program
        for program in map(generate, range(200))
        if fails(program) and len(program.steps) > 8
    )
    small = shrink(long, fails)
    assert [step.op for step in small.steps if step.op not in ("sum", "add")] == ["einsum"]


# Processes that die


def dies_at_thirteen(work: Work) -> Outcome:
    seed, names = work
    if seed == 13 and set(names) & {"jax", "jvp"}:
        os._exit(1)
    return Outcome(seed, dict.fromkeys(names, 0.5), {}, {})


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["jax", "jvp"])
def test_a_process_that_dies_takes_no_other_program_with_it(lost: str) -> None:
    work = [(seed, ["grad", lost]) for seed in range(40)]
    came = list(outcomes(work, 2, dies_at_thirteen))
    assert [one.seed for one in came] == list(range(40))
    assert all(set(one.seconds) == {"grad", lost} for one in came)
    told = {"seed 13, " + lost + ": its process died": 1}
    assert Counter(t[4:] for one in came for t in one.refused.values()) == (
        told if lost == "jax" else {}
    )
    assert Counter(t[4:] for one in came for t in one.differences.values()) == (
        told if lost == "jvp" else {}
    )
