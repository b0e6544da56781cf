"""Submissions: the files of a folder, and the claims that stand in them."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from autograd_lite.check.claims import Claim, Statement
from autograd_lite.check.read.files import SUFFIXES, read_file
from autograd_lite.errors import ClaimError

_LARGEST = 64_000_000  # bytes
_TABLES = {f"{stem}{suffix}" for stem in ("names", "rubric") for suffix in (".toml", ".json")}
"""What a file may be called that belongs to the lecturer."""
_RUBBISH = {"__MACOSX", "__pycache__"}


@dataclass(frozen=True)
class Submission:
    """What one student handed in: a file, or a folder of files that belong together.

    ``unread`` are files beside those, in a format that is not read, such as a photograph.
    """

    name: str
    files: tuple[Path, ...]
    unread: tuple[Path, ...] = ()

    def claims(self) -> list[Claim | Statement]:
        """The claims of all files. Raises ClaimError, with the file, for what cannot be read."""
        if not self.files:
            known = ", ".join(SUFFIXES)
            names = ", ".join(path.name for path in self.unread)
            raise ClaimError(f"{names or 'the folder is empty'}: a file has to be one of {known}")
        several = len(self.files) > 1
        claims: list[Claim | Statement] = []
        for path in self.files:
            for claim in _read(path):
                where = ", ".join(filter(None, (path.name, claim.where)))
                claims.append(replace(claim, where=where) if several else claim)
        return claims


def _read(path: Path) -> list[Claim | Statement]:
    try:
        if path.stat().st_size > _LARGEST:
            raise ClaimError(f"larger than {_LARGEST // 1_000_000} MB")
        return read_file(path)
    except OSError as error:
        raise ClaimError(f"{path.name}: {error.strerror}") from None
    except ClaimError as error:
        reason = str(error).removeprefix(f"{path}: ")
        raise ClaimError(f"{path.name}: {reason}") from None


def find_submissions(
    where: str | Path | Iterable[str | Path], leave_out: Collection[Path] = ()
) -> list[Submission]:
    """The submissions in a folder, or among files and folders, in the order of their names.

    Every file of the folder is one, and so is every folder in it, with all files below. Left out
    are hidden files, tables called ``names`` or ``rubric``, and what ``leave_out`` names. A file in
    a format that is not read is a submission too: it gets a row that says so.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in "ben.json", "names.toml", ".hidden.md", "anna/a.md", "anna/b.csv":
    ...         path = Path(folder, name)
    ...         path.parent.mkdir(exist_ok=True)
    ...         _ = path.write_text("")
    ...     for one in find_submissions(folder):
    ...         print(one.name, [path.name for path in one.files])
    anna ['a.md', 'b.csv']
    ben.json ['ben.json']
    """
    left_out = {path.resolve() for path in leave_out}
    if isinstance(where, str | Path):
        folder = Path(where)
        if not folder.is_dir():
            what = "a file" if folder.exists() else "not there"
            raise ClaimError(f"{folder} is {what}; give the folder that holds the submissions")
        entries = [
            path
            for path in sorted(folder.iterdir(), key=lambda path: (path.name.casefold(), path.name))
            if not _is_hidden(path.name)
            and path.name.casefold() not in _TABLES
            and path.resolve() not in left_out
        ]
    else:
        entries = [Path(one) for one in where]
    again = Counter(one.name for one in entries)
    return [
        _submission(one, one.name if again[one.name] == 1 else str(one), left_out)
        for one in entries
    ]


def _submission(entry: Path, name: str, left_out: Collection[Path]) -> Submission:
    files = list(_below(entry, left_out)) if entry.is_dir() else [entry]
    readable = tuple(path for path in files if path.suffix.lower() in SUFFIXES)
    return Submission(name, readable, tuple(path for path in files if path not in readable))


def _below(folder: Path, left_out: Collection[Path]) -> Iterator[Path]:
    """The files of a folder and of those in it."""
    for path in sorted(folder.rglob("*")):
        hidden = any(map(_is_hidden, path.relative_to(folder).parts))
        if path.is_file() and not hidden and path.resolve() not in left_out:
            yield path


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in _RUBBISH
