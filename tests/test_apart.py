"""Work in processes of their own: whatever a task does, it has one answer, and nothing is left."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd_lite.check.grade.apart import Limits, Reply, Server, replies
from autograd_lite.errors import ClaimError

pytestmark = pytest.mark.skipif(not Server.is_forked, reason="servers are forked on Linux only")

LIMITS = Limits(seconds=20, memory=2**28)


def work(task: str, folder: Path) -> Any:
    """What a task of Python leaves in ``answer``."""
    space: dict[str, Any] = {"folder": folder, "os": os, "time": time, "answer": "done"}
    exec(task, space)
    return space["answer"]


def make() -> Callable[[str, Path], Any]:
    return work


def refuse() -> Callable[[str, Path], Any]:
    raise ClaimError("there is no such network")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(make, LIMITS) as server:
        yield server


ENDS = {
    "os._exit(3)": "its code ended the process (exit code 3)",
    "os.kill(os.getpid(), 9)": "its process was ended by a signal: SIGKILL (Killed)",
    "import ctypes; ctypes.string_at(0)": "SIGSEGV",
    "b'x' * 2**30": "needs more than 256 MB of memory",
    "import sys; sys.exit(0)": "SystemExit: 0",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "class End(BaseException): pass\nraise End('now')": "End: now",
    "while True: print('x' * 10**5)": "printed more than 16 MB, and was ended",
    "os.kill(os.getppid(), 9); time.sleep(9)": "its code ended the process, or that which",
    "[os.write(fd, b'{}' * 9) for fd in range(3, 99) if os.path.exists(f'/proc/self/fd/{fd}')]": (
        "its code has written into the answer"
    ),
    "open(folder / 'big', 'wb').write(bytes(2**20) * 65)": "",
}


@pytest.mark.parametrize("task", ENDS)
def test_however_a_task_ends_its_error_says_so_and_the_next_is_done(
    server: Server, task: str
) -> None:
    reply = server.ask(task)
    assert reply.answer is None
    assert ENDS[task] in reply.error
    assert reply.error
    assert server.ask("answer = 1").answer == 1


def test_a_task_that_takes_too_long_is_ended() -> None:
    with Server(make, Limits(seconds=0.2)) as server:
        for task in ("while True: pass", "time.sleep(60)"):
            assert server.ask(task).error.startswith("took longer than 0.2 s, and was ended")


def test_what_is_printed_is_kept_and_cut(server: Server) -> None:
    assert server.ask("print('½'); answer = 2") == Reply(2, "", "½\n")
    reply = server.ask("os.write(1, b'\\xff'); print('x' * 10**6)")
    assert reply.printed.startswith("\\xffxxx")
    assert "1,000,002 bytes were printed" in reply.printed
    assert len(reply.printed) < 11_000
    assert server.ask("os.write(2, b'before'); os._exit(1)").printed == "before"


def test_nothing_of_a_task_is_seen_by_the_next(server: Server) -> None:
    server.ask("import sys; sys.modules['spam'] = 1; os.environ['SPAM'] = '1'; os.chdir('/')")
    here = "import sys; answer = 'spam' in sys.modules, os.environ.get('SPAM'), os.getcwd()"
    assert server.ask(here).answer == [False, None, str(Path.cwd())]


def test_the_variables_of_the_environment_are_not_handed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET", "xyzzy")
    with Server(make, LIMITS) as server:
        assert "xyzzy" not in str(server.ask("answer = dict(os.environ)").answer)


def test_there_is_nothing_to_read(server: Server) -> None:
    assert "EOFError" in server.ask("input()").error


def is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it may end at any moment
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


FORKS = """
answer = []
for leader in (False, True):
    read, write = os.pipe()
    if os.fork() == 0:
        if leader:
            os.setsid()
        if os.fork() == 0:
            os.write(write, str(os.getpid()).encode())
            time.sleep(600)
        os._exit(0)
    answer.append(int(os.read(read, 20)))
"""


@pytest.mark.parametrize("end", ["", "os._exit(0)"])
def test_what_a_task_has_started_is_ended_with_it(server: Server, tmp_path: Path, end: str) -> None:
    note = tmp_path / "pids"
    server.ask(f"{FORKS}\nopen({str(note)!r}, 'w').write(' '.join(map(str, answer)))\n{end}")
    pids = [int(one) for one in note.read_text().split()]
    assert len(pids) == 2
    assert [pid for pid in pids if is_alive(pid)] == []


def test_a_task_that_forks_answers_once(server: Server) -> None:
    assert server.ask("os.fork(); os.fork(); answer = 'one'") == Reply("one")
    assert server.ask("answer = 'two'") == Reply("two")


def test_the_fresh_folder_is_removed_also_where_its_rights_are_gone(server: Server) -> None:
    task = "(folder / 'a' / 'b').mkdir(parents=True); (folder / 'a').chmod(0); answer = str(folder)"
    assert not Path(server.ask(task).answer).exists()


def test_tasks_are_done_side_by_side() -> None:
    servers = [Server(make, LIMITS) for _ in range(3)]
    tasks = [f"answer = {number}" for number in range(7)]
    found = dict(replies(servers, tasks))
    assert {task: reply.answer for task, reply in found.items()} == dict(
        zip(tasks, range(7), strict=True)
    )


def test_who_stops_asking_ends_what_is_at_work() -> None:
    servers = [Server(make, LIMITS) for _ in range(2)]
    found = replies(servers, ["answer = 1", *["time.sleep(600)"] * 9])
    next(found)
    began = time.monotonic()
    found.close()
    assert time.monotonic() - began < 15
    assert servers[0].ask("answer = 1").error == "was not begun, since all was ended"


@pytest.mark.slow
def test_a_server_ends_with_whoever_started_it(tmp_path: Path) -> None:
    code = (
        "from test_apart import *\n"
        "server = Server(make, LIMITS)\n"
        f"server.ask(\"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()));"
        ' time.sleep(600)")\n'
    )
    where = os.pathsep.join(map(str, (Path(__file__).parent, Path(__file__).parent.parent)))
    program = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": where}
    )
    until = time.monotonic() + 30
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < until
        time.sleep(0.02)
    pid = int((tmp_path / "pid").read_text())
    program.kill()
    program.wait()
    while is_alive(pid):
        assert time.monotonic() < until
        time.sleep(0.02)


# Servers that are programs: for a cluster, and where there is no fork.

PROGRAMS = [
    pytest.param({"fork": False}, id="a program that forks"),
    pytest.param({"fork": False, "forks": False}, id="a program for each task"),
]


@pytest.mark.slow
@pytest.mark.parametrize("how", PROGRAMS)
def test_a_server_can_be_a_program(how: dict[str, bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    with Server(make, Limits(seconds=8, memory=2**28), **how) as server:
        assert server.ask("print('x'); answer = 1") == Reply(1, "", "x\n")
        for task in ("os._exit(3)", "time.sleep(60)", "b'x' * 2**30", "raise SystemExit(0)"):
            assert server.ask(task).error
        assert server.ask("answer = 2") == Reply(2)


@pytest.mark.slow
def test_a_program_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    with pytest.raises(ClaimError, match="ClaimError: there is no such network"):
        Server(refuse, LIMITS, fork=False)
