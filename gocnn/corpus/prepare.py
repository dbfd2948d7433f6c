"""From games on disk to a corpus file: read, judge, leave out duplicates, pack.

Invariants:

- Every record that was read is counted once: kept, or under one reason.
- An interruption or an error leaves the old file, or none.
- Of games with one fingerprint the first is kept, in the order of `gocnn.sgf.archives.RecordFiles`.
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gocnn.corpus.container import Writer
from gocnn.corpus.corpus import Corpus
from gocnn.corpus.filters import Filters
from gocnn.corpus.ingest import Packed, packed_games
from gocnn.defaults import VALIDATION
from gocnn.errors import GocnnError
from gocnn.files import name_bytes, written_atomically
from gocnn.go.game import SourceKind
from gocnn.progress import bar
from gocnn.sgf.archives import RecordFiles
from gocnn.sgf.reader import Reject
from gocnn.stats import count_text
from gocnn.version import __version__

DUPLICATE, HELD_OUT = "duplicate", "in a corpus to leave out"
PathLike = str | os.PathLike[str]


@dataclass
class Report:
    """What became of the records; ``read == kept + sum(rejected.values())``."""

    read: int = 0
    kept: int = 0
    moves: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)  # of the games kept
    other_files: int = 0  # in folders and archives, not read: no names of records
    unread: Counter[str] = field(default_factory=Counter)  # by "linked folder", ".7z file", ...
    checksum: str = ""

    def add(self, packed: Packed) -> None:
        """Count the games of a chunk as kept, and its rejects."""
        records = packed.records
        self.read += len(records) + len(packed.rejects)
        self.kept += len(records)
        self.moves += int(records["count"].sum()) - int(records["setup"].sum())
        self.rejected.update(reject.reason for reject in packed.rejects)
        for kind, count in zip(*np.unique(records["kind"], return_counts=True), strict=True):
            self.kinds[SourceKind(int(kind)).name.lower()] += int(count)

    def table(self) -> str:
        """The counts as lines of text."""
        rows = [(n, reason) for reason, n in self.rejected.most_common()]
        lines = [_counted(self.read, "record") + " read"]
        lines += [f"{count:>10,} {reason}" for count, reason in rows]
        lines.append(_counted(self.kept, "game") + f" kept, {count_text(self.moves, 'move')}")
        kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(self.kinds.items()))
        if kinds:
            lines.append(f"{'':>10} by source: {kinds}")
        if self.other_files:
            others = count_text(self.other_files, "other file")
            lines.append(f"{'':>10} {others} in archives, not read")
        lines += [_counted(n, what) + " not read" for what, n in sorted(self.unread.items())]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The counts as plain data."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        counts = {name: dict(plain[name]) for name in ("rejected", "kinds", "unread")}
        return {**plain, **counts}


def _counted(number: int, noun: str) -> str:
    """A number with its noun, the number in its column."""
    text = count_text(number, noun)
    return " " * (10 - text.index(" ")) + text


def prepare(
    paths: Sequence[PathLike],
    output: PathLike,
    *,
    size: int | None = 19,
    filters: Filters | None = None,
    without: Sequence[PathLike] = (),
    validation: float = VALIDATION,
    jobs: int | None = None,
    rejects: PathLike | None = None,
) -> Report:
    """Write a corpus file of all games under some paths.

    Args:
        paths: see `gocnn.sgf.archives.RecordFiles`.
        output: the file; ``.xz`` at its end compresses it.
        size: reject other board sizes; None takes all.
        filters: which games to keep; by default those of 20 moves or more.
        without: corpus files whose games are left out, such as those to test with.
        validation: the share of games that `Corpus.split` holds out by default.
        jobs: processes that read; by default one for each core. They are spawned for more than
            a few thousand games, so a script calls this under ``if __name__ == "__main__":``.
        rejects: a file for the list of rejects: source, reason and detail between tabs. It is
            written also where no game is left.

    Raises:
        GocnnError: when a path is missing, no game is left, or a file cannot be written.
    """
    walk, filters, report = RecordFiles(paths), filters or Filters(), Report()
    known = {number: HELD_OUT for path in without for number in _hashes(path)}
    with (
        nullcontext() if rejects is None else written_atomically(Path(rejects)) as listed,
        Writer(output) as writer,
        bar("reading", walk.total, unit="B") as progress,
        closing(packed_games(walk, size, filters, _processes(jobs))) as chunks,
    ):
        shown = 0
        if listed is not None:
            listed.write(b"source\treason\tdetail\n")
        for packed in chunks:
            fresh = _new(packed, known)
            writer.add(fresh.entries, fresh.records, fresh.names)
            report.add(fresh)
            if listed is not None:
                listed.writelines(map(_line, fresh.rejects))
            progress.set_postfix_str(count_text(report.kept, "game"), refresh=False)
            progress.update(walk.done - shown)
            shown = walk.done
        report.other_files, report.unread = walk.skipped, walk.unread
        if report.kept:
            report.checksum = writer.finish(
                {
                    "gocnn": __version__,
                    "inputs": walk.signature(),
                    "size": size,
                    "filters": asdict(filters),
                    "validation": validation,
                    "report": report.as_json(),
                }
            )
    if not report.kept:  # the list of rejects says why
        raise GocnnError(_nothing_left(report))
    return report


def _nothing_left(report: Report) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in report.rejected.most_common(4))
    return f"no games left of {count_text(report.read, 'record')} ({reasons}); nothing was written"


def _processes(jobs: int | None) -> int:
    if jobs is None:
        here = getattr(os, "sched_getaffinity", None)  # Linux: the cores that this process may use
        return len(here(0)) if here else os.cpu_count() or 1
    if jobs < 1:
        raise GocnnError(f"reading takes 1 process or more, not {jobs}")
    return jobs


def _line(reject: Reject) -> bytes:
    return name_bytes("\t".join(" ".join(cell.split()) for cell in reject) + "\n")


def _hashes(path: PathLike) -> list[int]:
    numbers: list[int] = Corpus.open(path).games["hash"].tolist()
    return numbers


def _new(packed: Packed, known: dict[int, str]) -> Packed:
    """The games whose fingerprints are not known yet; the others join the rejects."""
    fresh = np.ones(len(packed.records), bool)
    rejects = list(packed.rejects)
    for index, number in enumerate(packed.records["hash"].tolist()):
        reason = known.setdefault(number, "")
        if reason:
            fresh[index] = False
            rejects.append(Reject(packed.source(index), reason))
        else:
            known[number] = DUPLICATE
    return packed._replace(rejects=rejects).only(fresh)


def is_corpus(path: Path) -> bool:
    """Whether a path is named like a corpus file."""
    return path.name.endswith((".gocnn", ".gocnn.xz"))


def open_or_prepare(
    games: Sequence[Path],
    cache: Path,
    *,
    size: int | None = 19,
    filters: Filters | None = None,
) -> tuple[Corpus, Report | None]:
    """The corpus of some games.

    Args:
        games: one corpus file, or anything that `gocnn.sgf.archives.RecordFiles` reads.
        cache: the corpus file to keep; it is used as it is while the same games are named and
            none of their files has changed.
        size: lines of the board; None takes all.
        filters: which games to take.

    Returns:
        The corpus, and the report of the reading where games were read.

    Raises:
        GocnnError: when there is nothing to read or no game is left.
    """
    if any(is_corpus(path) for path in games):
        if len(games) > 1:
            raise GocnnError("name one corpus file, or games, not several of both")
        return Corpus.open(games[0]), None
    packed = open_packed(games, cache, size=size, filters=filters)
    if packed is not None:
        return packed, None
    cache.parent.mkdir(parents=True, exist_ok=True)
    report = prepare(games, cache, size=size, filters=filters)
    return Corpus.open(cache), report


def read_corpus(
    games: Sequence[Path], *, size: int | None = 19, filters: Filters | None = None
) -> tuple[Corpus, Report | None]:
    """The corpus of some games, of which no file is kept; see `open_or_prepare`.

    What is read from games is held in memory, some 450 bytes a game; a corpus file is mapped.
    """
    if any(is_corpus(path) for path in games):
        return open_or_prepare(games, games[0])
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "games.gocnn"
        report = prepare(games, path, size=size, filters=filters)
        return Corpus.open(path, mapped=False), report


def open_packed(
    games: Sequence[Path], cache: Path, *, size: int | None = 19, filters: Filters | None = None
) -> Corpus | None:
    """The cached corpus, if it is still that of the games; see `open_or_prepare`.

    Returns:
        None when it is of other games, other options or files that have changed since, and when it
        is missing or damaged.

    Raises:
        GocnnError: when a path is missing.
    """
    wanted = {
        "inputs": RecordFiles(games).signature(),
        "size": size,
        "filters": json.loads(json.dumps(asdict(filters or Filters()))),
    }
    try:
        corpus = Corpus.open(cache)
    except GocnnError:
        return None
    return corpus if all(corpus.meta.get(key) == wanted[key] for key in wanted) else None
