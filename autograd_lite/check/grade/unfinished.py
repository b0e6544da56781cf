"""What has been graded so far: in a file, row by row, so that a run that is killed can go on.

The rows of ten thousand submissions with all their findings are hundreds of megabytes: they are in
this file, and not in memory.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from autograd_lite.check.grade.submissions import Submission
from autograd_lite.check.grade.table import Cluster, Row, as_csv
from autograd_lite.check.views.export import as_json, plain
from autograd_lite.draw.picture import write_whole
from autograd_lite.errors import ClaimError


class Unfinished:
    """The rows so far, as JSON, a line for each.

    ``key`` says what the rows depend on beside the submissions. With ``resume``, the rows of an
    earlier run are kept, if it had the same key; what a kill has cut off is not.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "rows")
    ...     with Unfinished(path, "key") as unfinished:
    ...         unfinished.add("anna", {"points": 1})
    ...     with Unfinished(path, "key", resume=True) as unfinished:
    ...         "anna" in unfinished, unfinished.rows(["anna"])[0]
    (True, {'points': 1})
    """

    def __init__(self, path: Path | None, key: str, *, resume: bool = False) -> None:
        self.path = path
        self._places: dict[str, int] = {}
        self._key = key
        if path is None:
            self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - see __exit__
        else:
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise ClaimError(f"{path} is no file; remove it, since the rows are kept there")
            self._file = path.open("r+b" if resume and path.exists() else "w+b")
        end = self._read() if resume else 0
        self._file.seek(end)
        self._file.truncate()
        if not end:
            self._write(json.dumps(key).encode())

    def __enter__(self) -> "Unfinished":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __contains__(self, stamp: str) -> bool:
        return stamp in self._places

    def __len__(self) -> int:
        return len(self._places)

    def _read(self) -> int:
        """Find the rows of an earlier run; where the last whole one ends."""
        end = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            if not end and line != json.dumps(self._key).encode() + b"\n":
                break
            if end:
                self._places[line.split(b" ", 1)[0].decode()] = end
            end += len(line)
        return end

    def _write(self, line: bytes) -> int:
        place = self._file.seek(0, os.SEEK_END)
        try:
            self._file.write(line + b"\n")
            self._file.flush()
        except OSError:
            self._file.truncate(place)  # of a full disk no half of a line
            raise
        return place

    def add(self, stamp: str, row: dict[str, Any]) -> None:
        """Keep the row of a submission."""
        self._places[stamp] = self._write(f"{stamp} {json.dumps(row)}".encode())

    def row(self, stamp: str) -> dict[str, Any]:
        """The row of a submission that is graded."""
        self._file.seek(self._places[stamp])
        content: dict[str, Any] = json.loads(self._file.readline().split(b" ", 1)[1])
        return content

    def rows(self, stamps: Iterable[str]) -> list[dict[str, Any]]:
        """The rows of several."""
        return list(map(self.row, stamps))

    def remove(self) -> None:
        """Remove the file: everything is written elsewhere."""
        self._file.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


# The files that are written, as it goes and at the end.

_RESTS = 20
"""So many times as long as it takes to write the files, nothing is written."""


class Outputs:
    """The files with the rows, written anew as rows come in, each of them whole at any moment."""

    def __init__(self, table: Path | None, everything: Path | None, output: str) -> None:
        self._table, self._everything, self._output = table, everything, output
        self._due = 0.0

    def keep(self, make: Callable[[], tuple[Sequence[Row], Iterator[dict[str, Any]]]]) -> None:
        """Write what there is so far, unless that has just been done."""
        if (self._table or self._everything) and time.monotonic() >= self._due:
            began = time.monotonic()
            self.write(*make(), clusters=())
            self._due = time.monotonic() + max(1.0, _RESTS * (time.monotonic() - began))

    def write(
        self, rows: Sequence[Row], contents: Iterator[dict[str, Any]], clusters: Sequence[Cluster]
    ) -> None:
        """Write the table, and the JSON with every finding."""
        if self._table:
            write_whole(self._table, [as_csv(rows).encode()])
        if self._everything:
            parts = json_parts(self._output, contents, clusters)
            write_whole(self._everything, (part.encode() for part in parts))


def json_parts(
    output: str, contents: Iterable[dict[str, Any]], clusters: Sequence[Cluster]
) -> Iterator[str]:
    """The JSON of all rows and clusters, piece by piece.

    >>> json.loads("".join(json_parts("E", [{"submission": "anna.md"}], [])))
    {'output': 'E', 'submissions': [{'submission': 'anna.md'}], 'clusters': []}
    """
    yield f'{{\n"output": {as_json(output)},\n"submissions": ['
    for count, content in enumerate(contents):
        yield f"{',' if count else ''}\n{as_json(content)}"
    yield f'\n],\n"clusters": {as_json(plain(list(clusters)))}\n}}\n'


def report_path(folder: Path, submission: Submission) -> Path:
    """The file for the report on a submission, whose name may be as long as a name can be.

    >>> report_path(Path("reports"), Submission("anna.md", ())).as_posix()
    'reports/anna.md.md'
    """
    name = submission.name.replace("/", "_").replace("\\", "_")
    if len(name.encode()) > _LONGEST_NAME:
        name = f"{name.encode()[:_LONGEST_NAME].decode(errors='ignore')}-{submission.stamp[:8]}"
    return folder / f"{name}.md"


_LONGEST_NAME = 200
