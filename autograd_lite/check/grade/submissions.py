"""Submissions: the files of a folder, and the claims that stand in them."""

import contextlib
import errno
import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from autograd_lite.check.claims import Claim, Statement
from autograd_lite.check.read.files import SUFFIXES, kind_of, read_file
from autograd_lite.errors import ClaimError
from autograd_lite.expr.notation import printable

_LARGEST = 64_000_000  # bytes
_MOST_FILES = 10_000
_TABLES = {f"{stem}{suffix}" for stem in ("names", "rubric") for suffix in (".toml", ".json")}
"""What a file may be called that belongs to the lecturer."""
_RUBBISH = {"__macosx", "__pycache__", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}
"""What systems leave in folders, in lower case; so do hidden files."""
_RUBBISH_ENDS = ("~", ".swp", ".pyc")


@dataclass(frozen=True)
class Submission:
    """What one student handed in: a file, or a folder of files that belong together.

    ``unread`` are files beside those, in a format that is not read, such as a photograph;
    ``others`` says of what is no file at all, such as a link, what it is.
    """

    name: str
    files: tuple[Path, ...]
    unread: tuple[Path, ...] = ()
    others: tuple[str, ...] = ()

    def claims(self) -> list[Claim | Statement]:
        """The claims of all files. Raises ClaimError, with the file, for what cannot be read."""
        if not self.files:
            raise ClaimError(self._nothing)
        claims: list[Claim | Statement] = []
        for path in self.files:
            claims += self.claims_of(path)
        return claims

    def claims_of(self, path: Path) -> list[Claim | Statement]:
        """The claims of one of the files, which say in which of several they are."""
        several = len(self.files) > 1
        claims = _read(path)
        if not several:
            return claims
        where = printable(path.name)
        return [replace(one, where=", ".join(filter(None, (where, one.where)))) for one in claims]

    @property
    def _nothing(self) -> str:
        """Why there is nothing to read."""
        names = ", ".join(printable(path.name) for path in self.unread)
        if self.others and not names:
            return "; ".join(self.others)
        known = ", ".join(SUFFIXES)
        reason = f"{names or 'the folder is empty'}: a file has to be one of {known}"
        return "; ".join((reason, *self.others))

    @cached_property
    def code(self) -> tuple[Path, ...]:
        """The files with code that can be run."""
        return tuple(path for path in self.files if path.suffix.lower() in (".py", ".ipynb"))

    @property
    def stamp(self) -> str:
        """What changes when one of its files does."""
        found = [self.name, *self.others]
        for path in self.files + self.unread:
            with contextlib.suppress(OSError, ValueError):
                what = path.lstat()
                found.append(f"{os.fsencode(path)!r} {what.st_size} {what.st_mtime_ns}")
        return hashlib.sha256("\n".join(found).encode("utf-8", "surrogatepass")).hexdigest()


def _read(path: Path) -> list[Claim | Statement]:
    name = printable(path.name)
    try:
        what = path.lstat()
        if kind := kind_of(what.st_mode):
            raise ClaimError(f"is {kind}, which is not followed; hand in the file itself")
        if what.st_size > _LARGEST:
            raise ClaimError(f"larger than {_LARGEST // 1_000_000} MB")
        return read_file(path)
    except OSError as error:
        raise ClaimError(f"{name}: {error.strerror}") from None
    except ClaimError as error:
        reason = str(error).removeprefix(f"{path}: ")
        raise ClaimError(f"{name}: {reason}") from None


def find_submissions(
    where: str | Path | Iterable[str | Path], leave_out: Collection[Path] = ()
) -> list[Submission]:
    """The submissions in a folder, or among files and folders, in the order of their names.

    Every file of the folder is one, and so is every folder in it, with all files below. Left out
    are hidden files and what systems leave in folders, tables called ``names`` or ``rubric``, and
    what ``leave_out`` names. A file in a format that is not read is a submission too, and so is a
    link, a pipe or a device, which is never opened: it gets a row that says so.

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
    left_out = {_place(path) for path in leave_out}
    if isinstance(where, str | Path):
        folder = Path(where)
        if not folder.is_dir():
            what = "a file" if folder.exists() else "not there"
            raise ClaimError(f"{folder} is {what}; give the folder that holds the submissions")
        entries = [
            path
            for path in sorted(folder.iterdir(), key=lambda path: (path.name.casefold(), path.name))
            if not _is_rubbish(path.name)
            and path.name.casefold() not in _TABLES
            and _place(path) not in left_out
        ]
    else:
        entries = [Path(one) for one in where]
    shown = [printable(one.name) for one in entries]
    again = Counter(shown)
    return [
        _submission(one, name if again[name] == 1 else printable(str(one)), left_out)
        for one, name in zip(entries, shown, strict=True)
    ]


def _submission(entry: Path, name: str, left_out: Collection[Path]) -> Submission:
    files: list[Path] = []
    others: list[str] = []
    try:
        for path, kind in _below(entry, left_out):
            if kind:
                shown = printable(str(path.relative_to(entry)) if path != entry else path.name)
                others.append(f"{shown} is {kind}, which is not followed")
            else:
                files.append(path)
    except OSError as error:
        others.append(f"{printable(entry.name)}: {error.strerror}")
    readable = tuple(path for path in files if path.suffix.lower() in SUFFIXES)
    unread = tuple(path for path in files if path.suffix.lower() not in SUFFIXES)
    return Submission(name, readable, unread, tuple(others))


def _below(entry: Path, left_out: Collection[Path]) -> Iterator[tuple[Path, str]]:
    """The files of a submission, and what else is there with its kind; nothing is followed."""
    waiting, count = [entry], 0
    while waiting:
        path = waiting.pop()
        kind = kind_of(path.lstat().st_mode)
        if kind != "a folder":
            count += 1
            if count > _MOST_FILES:
                raise OSError(errno.EFBIG, f"the folder has more than {_MOST_FILES:,} files")
            yield path, kind
            continue
        inside = (
            one
            for one in path.iterdir()
            if not _is_rubbish(one.name) and _place(one) not in left_out
        )
        waiting += sorted(inside, reverse=True)


def _place(path: Path) -> Path:
    """Where a path is, without following it itself: it may be a link in a circle."""
    return path.parent.resolve() / path.name


def _is_rubbish(name: str) -> bool:
    low = name.casefold()
    return name.startswith((".", "~$")) or low in _RUBBISH or low.endswith(_RUBBISH_ENDS)


# A fresh folder for code that is run.


def copied(path: Path, files: Iterable[Path], folder: Path) -> Path:
    """Copy a file and the others of its submission into a folder: where the file is there.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as old, tempfile.TemporaryDirectory() as new:
    ...     files = [Path(old, name) for name in ("mine.py", "data.csv")]
    ...     _ = [one.write_text("") for one in files]
    ...     copied(files[0], files, Path(new)).parent.samefile(new)
    ...     sorted(one.name for one in Path(new).iterdir())
    True
    ['data.csv', 'mine.py']
    """
    together = dict.fromkeys((path, *files))
    base = Path(os.path.commonpath([one.absolute().parent for one in files]))
    for one in together:
        if (what := one.lstat()).st_size > _LARGEST or kind_of(what.st_mode):
            continue
        to = folder / one.absolute().relative_to(base)
        if not to.exists():
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(one, to, follow_symlinks=False)
    return folder / path.absolute().relative_to(base)
