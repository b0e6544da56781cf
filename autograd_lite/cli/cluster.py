"""Grading elsewhere: what another process needs to grade, and a cluster of such processes."""

import hashlib
import importlib
import itertools
import os
import pickle
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograd_lite.chain.graph import named_graph
from autograd_lite.check.grade.apart import Limits, Reply, Server, Work
from autograd_lite.check.grade.grading import Grader
from autograd_lite.check.grade.marks import Rubric
from autograd_lite.check.grade.submissions import Submission
from autograd_lite.cli.target import load_target
from autograd_lite.errors import ClaimError, MissingExtraError


@dataclass(frozen=True)
class Recipe:
    """What a process needs to grade as this one does: the target, and how it is marked.

    A graph cannot be sent; the target is loaded there, in the same ``folder``, and has to have the
    same numbers.
    """

    target: str
    folder: str
    names: Mapping[str, Any] | None = None
    learning_rate: float | None = None
    rubric: Rubric = field(default_factory=Rubric)
    run: bool = False
    reports: bool = False
    numbers: Mapping[str, float] = field(default_factory=dict)

    def grader(self) -> Grader:
        """The grader, of the target that is loaded here."""
        return Grader(
            named_graph(load_target(self.target)),
            names=self.names,
            learning_rate=self.learning_rate,
            rubric=self.rubric,
            run=self.run,
        )

    def at(self, grader: Grader) -> "Recipe":
        """The recipe with the numbers that the target has here."""
        return replace(self, numbers=grader.numbers)

    def key(self, limits: Limits) -> str:
        """What the rows depend on beside the submissions."""
        shown = repr((self, limits))
        return hashlib.sha256(shown.encode("utf-8", "backslashreplace")).hexdigest()

    def work(self, grader: Grader) -> Work:
        """The work: a submission becomes a row, with a report where it is wanted."""

        def work(submission: Submission, folder: Path) -> dict[str, Any]:
            row = grader.row(submission, folder)
            content = row.as_dict()
            if self.reports and row.report:
                content["markdown"] = row.report.to_markdown()
            return content

        return work

    def make(self) -> Work:
        """The work in another process. Raises ClaimError where the target is another one there."""
        os.chdir(self.folder)
        grader = self.grader()
        if grader.numbers != self.numbers:
            raise ClaimError(
                f"{self.target} computes other numbers in another process: give its random "
                "numbers a seed"
            )
        return self.work(grader)


# A cluster. Each of its workers keeps servers, which grade one after the other.

_AT_ONCE = 3
"""So many submissions for each thread of the cluster are handed out."""
_idle: dict[bytes, list[Server]] = {}
_lock = threading.Lock()


def reply_there(recipe: Recipe, limits: Limits, submission: Submission) -> tuple[Any, ...]:
    """What becomes of a submission, on a worker: in a limited process that its server starts."""
    key = pickle.dumps((recipe, limits))
    with _lock:
        free = _idle.setdefault(key, [])
        server = free.pop() if free else None
    if server is None:
        server = Server(recipe.make, limits, fork=False)
    reply = server.ask(submission)
    with _lock:
        free.append(server)
    return tuple(reply)


def replies_of_cluster(
    address: str, recipe: Recipe, limits: Limits, submissions: Iterable[Submission]
) -> Iterator[tuple[Submission, Reply]]:
    """Each submission with what became of it, graded by the workers of a cluster.

    What a worker had that has gone is handed to another. Raises MissingExtraError without the extra
    ``dask``, ClaimError where there is no cluster.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise MissingExtraError(
            "--dask needs dask.distributed: pip install 'autograd-lite[dask]'"
        ) from None
    try:
        client = distributed.Client(address, timeout=20, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClaimError(f"there is no cluster at {address}: {error}") from None
    with client:
        threads = max(1, sum(client.nthreads().values()))
        waiting = iter(submissions)
        handed: dict[str, Submission] = {}

        def hand_out(count: int) -> list[Any]:
            futures = []
            for one in itertools.islice(waiting, count):
                future = client.submit(reply_there, recipe, limits, one, pure=False)
                handed[future.key] = one
                futures.append(future)
            return futures

        done = distributed.as_completed(hand_out(_AT_ONCE * threads), loop=client.loop)
        for future in done:
            submission = handed.pop(future.key)
            try:
                reply = Reply(*future.result())
            except distributed.KilledWorker:
                reply = Reply(None, "the workers that had it were ended, one after the other")
            yield submission, reply
            for more in hand_out(1):
                done.add(more)
