"""The games that a user names, as a corpus: opened, taken from the cache, or made."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from gocnn.archives import Walk
from gocnn.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.filters import Filters
from gocnn.prepare import Report, prepare


def is_corpus(path: Path) -> bool:
    """Whether a path is named like a corpus file."""
    return path.name.endswith((".gocnn", ".gocnn.xz"))


def corpus_of(
    games: Sequence[Path],
    cache: Path,
    *,
    size: int | None = 19,
    filters: Filters | None = None,
) -> tuple[Corpus, Report | None]:
    """The corpus of some games.

    Args:
        games: one corpus file, or anything that `gocnn.archives.Walk` reads.
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
    filters = filters or Filters()
    wanted = {
        "inputs": Walk(games).signature(),
        "size": size,
        "filters": json.loads(json.dumps(asdict(filters))),
    }
    if cache.exists():
        corpus = _opened(cache)
        if corpus is not None and all(
            corpus.meta.get(key) == value for key, value in wanted.items()
        ):
            return corpus, None
    cache.parent.mkdir(parents=True, exist_ok=True)
    report = prepare(games, cache, size=size, filters=filters)
    return Corpus.open(cache), report


def _opened(cache: Path) -> Corpus | None:
    """The cached corpus; a damaged one counts as none, since it can be made anew."""
    try:
        return Corpus.open(cache)
    except GocnnError:
        return None
