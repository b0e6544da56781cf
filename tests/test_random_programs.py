"""Random programs: what they are made of, and that every view of them is what eager gives."""

from collections import Counter

import numpy as np
import pytest
from programs.generate import PLACES, generate
from programs.program import Program

from autograd_lite.engine import order
from autograd_lite.op import REGISTRY

# As of 1 / 0, which some of them compute.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

PROGRAMS = [generate(seed) for seed in range(200)]


def test_every_op_of_the_registry_has_a_place() -> None:
    assert REGISTRY.keys() - PLACES.keys() == set()


def test_every_op_is_met_among_the_programs() -> None:
    met = Counter(
        node.op.name for program in PROGRAMS for node in order(program.record()[0]) if node.op
    )
    assert REGISTRY.keys() - met.keys() == set()


@pytest.mark.parametrize("program", PROGRAMS[:20], ids=lambda program: f"{program.seed}")
def test_the_printed_program_is_the_one_that_runs(program: Program) -> None:
    scope: dict[str, object] = {}
    exec(str(program), scope)
    np.testing.assert_array_equal(scope[program.output].data, program.record()[0].data)


def test_the_program_of_a_seed_is_always_the_same() -> None:
    assert [str(generate(seed)) for seed in range(20)] == list(map(str, PROGRAMS[:20]))
