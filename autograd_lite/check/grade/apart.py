"""Work apart: each task in a process of its own, with limits, of which nothing is left.

A server is a process that has everything loaded and never runs the code of a task itself. For each
task it forks a child, listens to it, and ends it with all that it has started. Where there is no
fork (Windows) or none to trust (macOS), the server does one task itself and ends. What comes back
is JSON and never a pickle, since the code of a task can write what it likes.

What a child can do is what its user can do. The boundary is against accidents, not against malice:
see docs/checker-lecturer.md.
"""

import contextlib
import ctypes
import json
import os
import pickle
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, ClassVar, NamedTuple, NoReturn, TypeVar

from autograd_lite.errors import ClaimError

if sys.platform != "win32":
    import resource

Work = Callable[[Any, Path], Any]
"""What is done with a task, given a fresh folder: it returns what JSON can hold."""

_Task = TypeVar("_Task")


@dataclass(frozen=True)
class Limits:
    """How long a task may take, by the clock, and how many bytes it may add to the memory."""

    seconds: float = 10.0
    memory: int = 2 * 2**30


class Reply(NamedTuple):
    """What became of a task: its answer, or the error that it ended in; and what it printed."""

    answer: Any = None
    error: str = ""
    printed: str = ""


_KEPT = 10_000  # bytes of what is printed
_MOST_PRINTED = 16 * 2**20
_LARGEST_FILE = 64 * 2**20
_LONGEST_ANSWER = 512 * 2**20
_GRACE = 20.0
"""So many seconds after its limit a server that says nothing is ended."""
_TICK = 0.05
"""So many seconds after a child has died without an answer it is seen at the latest."""
_LENGTH = struct.Struct("!Q")
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has but one way to end a process
_HAS_FORK = sys.platform.startswith("linux")


# Frames: what is sent through a pipe, with its length before it.


def _send(file: IO[bytes], content: bytes) -> None:
    file.write(_LENGTH.pack(len(content)) + content)
    file.flush()


def _received(file: IO[bytes]) -> bytes | None:
    """The next frame; None at the end, and where it ends too early."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = file.read(length) if length <= 2 * _LONGEST_ANSWER else b""
    return content if len(content) == length else None


# One task in a child that is forked for it.


class _GoneError(Exception):
    """Whoever asked is no longer there."""


def _alone(work: Work, task: Any, folder: Path, limits: Limits, asker: int) -> Reply:
    """Do a task in a child, and end all that it has started."""
    answer, answering = os.pipe()
    printed, printing = os.pipe()
    pid = _fork()
    if pid == 0:
        _be_alone(work, task, folder, limits, (answering, printing))
    try:
        os.close(answering)
        os.close(printing)
        return _listened(pid, answer, printed, limits, asker)
    finally:
        _end(pid)
        os.close(answer)
        os.close(printed)


def _fork() -> int:
    with warnings.catch_warnings():
        # Of the threads that it warns of, those of BLAS are ready for it, and ours hold no lock.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _be_alone(
    work: Work, task: Any, folder: Path, limits: Limits, pipes: tuple[int, int]
) -> NoReturn:
    """The life of the child: it answers, and is gone."""
    me = os.getpid()
    try:
        os.setsid()
        _call_prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDWR)
        answering = os.dup2(pipes[0], max(*pipes, null, 10) + 1, inheritable=False)
        for end, standard in (null, 0), (pipes[1], 1), (pipes[1], 2):
            os.dup2(end, standard)
        os.closerange(3, answering)
        os.closerange(answering + 1, os.sysconf("SC_OPEN_MAX"))
        out = _standard_streams()
        _keep_few_variables(folder)
        _limit(limits)
        content = _answer(work, task, folder, limits)
        if os.getpid() == me:  # and not a process that the code has forked
            with contextlib.suppress(Exception):
                out.flush()
            with os.fdopen(answering, "wb") as file:
                _send(file, content)
    finally:
        os._exit(0)


def _answer(work: Work, task: Any, folder: Path, limits: Limits) -> bytes:
    try:
        return json.dumps({"answer": work(task, folder)}).encode()
    except MemoryError:
        error = f"needs more than {limits.memory >> 20:,} MB of memory"
    except BaseException as raised:  # noqa: BLE001 - whatever it is, it is the end of this task
        error = f"internal error: {type(raised).__name__}: {raised}"
    return json.dumps({"error": error}).encode()


def _standard_streams() -> IO[str]:
    """Streams on the file descriptors, whatever the parent had made of them; the output's."""
    sys.stdin = os.fdopen(0, closefd=False)
    made = [
        os.fdopen(fd, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
        for fd in (1, 2)
    ]
    sys.stdout, sys.stderr = made
    return made[0]


_KEPT_VARIABLES = ("PATH", "LANG", "LANGUAGE", "TZ", "SYSTEMROOT", "VIRTUAL_ENV")
_KEPT_BEGINNINGS = ("LC_", "OMP_", "OPENBLAS_", "MKL_", "AUTOGRAD_LITE_")


def _keep_few_variables(folder: Path) -> None:
    """Leave of the environment what programs need to run; its home is the fresh folder."""
    for name in list(os.environ):
        if name not in _KEPT_VARIABLES and not name.startswith(_KEPT_BEGINNINGS):
            del os.environ[name]
    os.environ |= dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP"), str(folder))
    os.environ["MPLBACKEND"] = "Agg"  # nobody is there to close a window
    tempfile.tempdir = None


def _limit(limits: Limits) -> None:
    """Set the limits that the system keeps. Windows has none of them, macOS not that of memory."""
    if sys.platform == "win32":
        return
    pages = Path("/proc/self/statm")
    used = int(pages.read_text().split()[0]) * resource.getpagesize() if pages.exists() else 0
    seconds = int(limits.seconds * (os.cpu_count() or 1)) + 5
    for kind, most in (
        (resource.RLIMIT_AS, used + limits.memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # there is a stricter one already
            resource.setrlimit(kind, (most, most))


# The server listens, and ends what is left.


class _Ears:
    """What is heard of a child: the bytes of its answer, the first of those that it prints."""

    def __init__(self, answer: int, printed: int, asker: int) -> None:
        self._answer, self._asker = answer, asker
        self.answer, self.printed = bytearray(), bytearray()
        self.length = 0
        """How much was printed."""
        self._selector = selectors.DefaultSelector()
        for one in (answer, printed, asker):
            self._selector.register(one, selectors.EVENT_READ)

    def listen(self, seconds: float) -> bool:
        """Wait so long for something, and take it; whether there was any."""
        ready = self._selector.select(max(0.0, seconds))
        for fd in (key.fd for key, _ in ready):
            if fd == self._asker:  # nothing is asked before this is answered: it is the end
                raise _GoneError
            chunk = os.read(fd, 2**16)
            if not chunk:
                self._selector.unregister(fd)
            elif fd == self._answer:
                self.answer += chunk
            else:
                self.length += len(chunk)
                if len(self.printed) <= _KEPT:
                    self.printed += chunk
        return bool(ready)

    @property
    def is_whole(self) -> bool:
        """Whether the answer has come to its end."""
        size = _LENGTH.size
        whole = len(self.answer) >= size and _LENGTH.unpack(self.answer[:size])[0]
        return whole is not False and len(self.answer) - size >= whole

    def reply(self, status: int) -> Reply:
        """The answer of a child that has ended, or why there is none."""
        printed = _text(self.printed, self.length)
        if not self.answer:
            return Reply(None, _ended(status), printed)
        try:
            content = json.loads(self.answer[_LENGTH.size :])
            return Reply(content.get("answer"), str(content.get("error", "")), printed)
        except (ValueError, AttributeError, RecursionError):
            error = "its code has written into the answer, which cannot be read"
            return Reply(None, error, printed)

    def close(self) -> None:
        """Stop listening."""
        self._selector.close()


def _listened(pid: int, answer: int, printed: int, limits: Limits, asker: int) -> Reply:
    """What a child says, until it has answered, is dead, or is beyond a limit."""
    until = time.monotonic() + limits.seconds
    with contextlib.closing(_Ears(answer, printed, asker)) as ears:
        while True:
            left = until - time.monotonic()
            ears.listen(min(left, _TICK))
            gone, status = os.waitpid(pid, os.WNOHANG)
            if gone or ears.is_whole:
                while ears.listen(0):
                    pass
                return ears.reply(status)
            error = ""
            if left <= 0:
                error = _late(limits)
            elif ears.length > _MOST_PRINTED:
                error = f"printed more than {_MOST_PRINTED >> 20} MB, and was ended"
            elif len(ears.answer) > _LONGEST_ANSWER:
                error = "its report is too long"
            if error:
                return Reply(None, error, _text(ears.printed, ears.length))


def _late(limits: Limits) -> str:
    return f"took longer than {limits.seconds:g} s, and was ended (see --timeout)"


def _ended(status: int) -> str:
    if not os.WIFSIGNALED(status):
        return f"its code ended the process (exit code {os.waitstatus_to_exitcode(status)})"
    number = os.WTERMSIG(status)
    name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
    return f"its process was ended by a signal: {name} ({signal.strsignal(number) or 'unknown'})"


def _text(printed: bytearray, length: int) -> str:
    """The beginning of what was printed, and how much more there was."""
    text = printed[:_KEPT].decode("utf-8", "backslashreplace")
    return text if length <= _KEPT else f"{text}\n… (cut: {length:,} bytes were printed)\n"


def _end(pid: int) -> None:
    """End a child and all that it has started: they become children of this process at the last."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(pid, signal.SIGKILL)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        for one in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(one, signal.SIGKILL)
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.001)
        except ChildProcessError:
            return  # there are none


def _children() -> list[int]:
    path = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    return list(map(int, path.read_text().split())) if path.exists() else []


_DIE_WITH_PARENT, _ADOPT = 1, 36


def _call_prctl(what: int, value: int) -> None:
    """Linux: die with the parent, or adopt the orphans among one's descendants."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(what, value, 0, 0, 0)


def _removed(folder: Path) -> None:
    """Remove a folder, also where its code has taken away the right to."""
    for path, folders, _ in os.walk(folder):
        for one in folders:
            if not (below := Path(path, one)).is_symlink():
                with contextlib.suppress(OSError):
                    below.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


# The server's side of the pipes.


def _serve(work: Work, limits: Limits, asked: IO[bytes], answers: IO[bytes]) -> None:
    """Do one task after the other, until nobody asks."""
    _call_prctl(_ADOPT, 1)
    with contextlib.suppress(BrokenPipeError):
        while (frame := _received(asked)) is not None:
            task, folder = pickle.loads(frame)
            try:
                reply = _alone(work, task, Path(folder), limits, asked.fileno())
            except _GoneError:
                _removed(Path(folder))  # whoever asked was to do it
                return
            _send(answers, json.dumps(reply).encode())


def _serve_once(work: Work, limits: Limits, asked: IO[bytes], answers: IO[bytes]) -> None:
    """Do one task in this process, which ends with it."""
    if (frame := _received(asked)) is None:
        return
    task, folder = pickle.loads(frame)
    with tempfile.TemporaryFile(dir=folder) as printed:
        for standard in (1, 2):
            os.dup2(printed.fileno(), standard)
        out = _standard_streams()
        _keep_few_variables(Path(folder))
        _limit(limits)
        content = json.loads(_answer(work, task, Path(folder), limits))
        with contextlib.suppress(Exception):
            out.flush()
        length = printed.seek(0, os.SEEK_END)
        printed.seek(0)
        text = _text(bytearray(printed.read(_KEPT + 1)), length)
    reply = Reply(content.get("answer"), content.get("error", ""), text)
    _send(answers, json.dumps(reply).encode())


def main() -> None:
    """The life of a server that is started as a program: it is sent how to make its work."""
    asked = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")  # it is open as long as the process is there
    os.dup2(2, 1)  # what is printed meanwhile is no answer
    if (frame := _received(asked)) is None:
        return
    make, limits, fork = pickle.loads(frame)
    try:
        work = make()
    except BaseException as error:  # noqa: BLE001 - whatever it is, whoever asks has to know
        _send(answers, f"{type(error).__name__}: {error}".encode())
        return
    _send(answers, b"")
    (_serve if fork else _serve_once)(work, limits, asked, answers)
    os._exit(0)


# Whoever asks.

_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from autograd_lite.check.grade.apart import main;"
    "main()"
)


def _started(answers: IO[bytes]) -> bytes:
    """Why a server that is a program has not started; nothing if it has."""
    said = _received(answers)
    return b"it ended at once" if said is None else said


class Server:
    """A server, to be asked one task after the other.

    ``make`` makes the work. Where the server is forked (``fork``, by default on Linux), it has all
    that is loaded here; else it is a new program, which is sent ``make`` as a pickle, and forks for
    each task if ``forks``.

    >>> with Server(lambda: lambda task, folder: task + 1) as server:
    ...     server.ask(2).answer
    3
    """

    is_forked: ClassVar[bool] = _HAS_FORK
    """Whether servers are forked here."""
    _open: ClassVar[set["Server"]] = set()

    def __init__(
        self,
        make: Callable[[], Work],
        limits: Limits | None = None,
        *,
        fork: bool = _HAS_FORK,
        forks: bool = _HAS_FORK,
    ) -> None:
        self._make, self._limits = make, limits or Limits()
        self._fork, self._forks = fork, forks
        self._lock, self._closed = threading.RLock(), False
        self._pid = 0
        self._program: subprocess.Popen[bytes] | None = None
        self._asks: IO[bytes] | None = None
        self._answers: IO[bytes] | None = None
        if fork:
            work = make()
            self._make = lambda: work
        self._start()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, task: Any) -> Reply:
        """What becomes of a task. It is answered in any case, soon after its limit."""
        with self._lock:
            if self._asks is None and not self._closed:
                self._start()
            asks, answers = self._asks, self._answers
        if asks is None or answers is None:
            return Reply(None, "was not begun, since all was ended")
        folder = tempfile.mkdtemp(prefix="autograd-lite-")
        late = threading.Event()
        grace = _GRACE if self._forks else 0.0
        timer = threading.Timer(self._limits.seconds + grace, self._is_late, (late,))
        timer.start()
        try:
            _send(asks, pickle.dumps((task, folder)))
            frame = _received(answers)
        except (BrokenPipeError, ValueError):
            frame = None
        finally:
            timer.cancel()
            if frame is None or not self._forks:
                self._stop()
            _removed(Path(folder))
        if frame is not None:
            with contextlib.suppress(ValueError, TypeError, RecursionError):
                return Reply(*json.loads(frame))
        if late.is_set():
            return Reply(None, _late(self._limits))
        return Reply(None, "its code ended the process, or that which watches over it")

    def _is_late(self, late: threading.Event) -> None:
        late.set()
        self._kill(signal.SIGTERM if self._forks else _KILL)

    def _start(self) -> None:
        if self._fork:
            self._start_fork()
        else:
            self._start_program()
        Server._open.add(self)

    def _start_fork(self) -> None:
        asked, asks = os.pipe()
        answers, answered = os.pipe()
        self._pid = _fork()
        if self._pid == 0:
            try:
                os.setsid()  # Ctrl-C is for whoever asks
                signal.signal(signal.SIGTERM, lambda *_: sys.exit())
                for one in (asks, answers, *(fd for other in Server._open for fd in other.fds)):
                    os.close(one)
                with os.fdopen(asked, "rb") as reader, os.fdopen(answered, "wb") as writer:
                    _serve(self._make(), self._limits, reader, writer)
            finally:
                os._exit(0)
        os.close(asked)
        os.close(answered)
        self._asks, self._answers = os.fdopen(asks, "wb"), os.fdopen(answers, "rb")

    @property
    def fds(self) -> list[int]:
        """The ends of the pipes to the server."""
        return [one.fileno() for one in (self._asks, self._answers) if one and not one.closed]

    def _start_program(self) -> None:
        where = Path(__file__).parents[3]
        self._program = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, str(where)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._asks, self._answers = self._program.stdin, self._program.stdout
        assert self._asks is not None
        assert self._answers is not None
        _send(self._asks, pickle.dumps((self._make, self._limits, self._forks)))
        if error := _started(self._answers):
            self._stop()
            raise ClaimError(f"a process to grade in could not start: {error.decode()}")

    def close(self) -> None:
        """End the server, and what it is at; it is not started again."""
        self._closed = True
        self._stop()

    def _stop(self) -> None:
        """End the process first: who waits for its answer, in another thread, then has its end."""
        with self._lock:
            Server._open.discard(self)
            self._kill(signal.SIGTERM if self._forks else _KILL)
            if self._program is not None:
                try:
                    self._program.wait(10)
                except subprocess.TimeoutExpired:
                    self._program.kill()
                    self._program.wait()
                self._program = None
            elif self._pid:
                self._wait()
            for file in (self._asks, self._answers):
                if file is not None:
                    with contextlib.suppress(OSError):
                        file.close()
            self._asks = self._answers = None

    def _kill(self, how: signal.Signals) -> None:
        """Send a signal to the server; where it works in itself, to all that it has started."""
        pid = self._program.pid if self._program is not None else self._pid
        if not pid:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._program is not None and sys.platform == "win32":
                self._program.kill()
            elif self._program is not None and not self._forks:
                os.killpg(pid, how)
            else:
                os.kill(pid, how)

    def _wait(self) -> None:
        until = time.monotonic() + 10
        while os.waitpid(self._pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                self._kill(signal.SIGKILL)
            time.sleep(0.001)
        self._pid = 0


def replies(servers: Sequence[Server], tasks: Iterable[_Task]) -> Iterator[tuple[_Task, Reply]]:
    """Each task with what became of it, as soon as it is known; the servers are ended at the end.

    >>> servers = [Server(lambda: lambda task, folder: task**2) for _ in range(2)]
    >>> sorted((task, reply.answer) for task, reply in replies(servers, [1, 2, 3]))
    [(1, 1), (2, 4), (3, 9)]
    """
    waiting, lock, is_over = iter(tasks), threading.Lock(), threading.Event()
    done: SimpleQueue[tuple[_Task, Reply] | BaseException | None] = SimpleQueue()

    def drive(server: Server) -> None:
        try:
            while not is_over.is_set():
                with lock:
                    task = next(waiting)
                done.put((task, server.ask(task)))
        except StopIteration:
            pass
        except BaseException as error:  # noqa: BLE001 - whoever asks has to know
            done.put(error)
        done.put(None)

    for server in servers:
        threading.Thread(target=drive, args=(server,), daemon=True).start()
    left = len(servers)
    try:
        while left:
            found = done.get()
            if isinstance(found, BaseException):
                raise found
            if found is None:
                left -= 1
            else:
                yield found
    finally:
        is_over.set()
        for server in servers:
            server.close()
