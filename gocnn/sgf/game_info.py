"""Where a game comes from, how strong its players are, how it ended: from raw SGF values.

Invariants:

- Names are decoded to be shown, and nothing is concluded from them. Other texts are tried in the
  encodings of Go servers, and mean nothing where none fits; nothing here fails.
- Values repeat from game to game, so what they mean is remembered.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from gocnn.go.game import SourceKind
from gocnn.go.ranks import PRO, UNKNOWN, Rank, is_amateur, parse_rank
from gocnn.sgf.details import simple_text
from gocnn.sgf.parser import ENCODINGS, MainLine
from gocnn.sgf.properties import (
    komi_in_handicap,
    parse_date,
    parse_handicap,
    parse_komi,
    parse_result,
)


class GameInfo(NamedTuple):
    """What a record says about its game, in the terms of `gocnn.go.game.Game`."""

    kind: SourceKind
    handicap: int | None  # stones declared; None: nothing is said
    komi: float | None
    winner: int | None  # None unknown
    margin: float | None
    black_rank: Rank
    white_rank: Rank
    date: int
    black_name: str  # on one line, unescaped; empty where there is none
    white_name: str


_LONGEST = 1 << 10  # bytes of a value that are read; remembered ones stay in memory


def _raw(line: MainLine, name: str) -> bytes:
    return line.text(name)[:_LONGEST]


def read_game_info(line: MainLine, source: str) -> GameInfo:
    """What the root of a record says, and the names of its folders and files."""
    kind = _kind(line, source)
    handicap = _handicap(_raw(line, "HA"))
    return GameInfo(
        kind,
        handicap,
        _komi(_raw(line, "KM"), _raw(line, "HA"), kind == SourceKind.FOX and handicap == 0),
        *_result(_raw(line, "RE")),
        _rank_in(_raw(line, "BR"), kind),
        _rank_in(_raw(line, "WR"), kind),
        _date(_raw(line, "DT")),
        _name(_raw(line, "PB"), _raw(line, "CA")),
        _name(_raw(line, "PW"), _raw(line, "CA")),
    )


def _decodings(raw: bytes) -> list[str]:
    """A value in every encoding in which it is text, the likeliest first."""
    if raw.isascii():
        return [raw.decode()]
    texts = []
    for encoding in ENCODINGS:
        try:
            texts.append(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    return texts or [raw.decode("utf-8", "replace")]


@lru_cache(1 << 12)
def _name(raw: bytes, charset: bytes) -> str:
    """A player's name: as UTF-8, else as the record declares, else as a Go server wrote it."""
    return " ".join(simple_text(raw, charset).split())


@lru_cache(1 << 12)
def _rank(raw: bytes) -> tuple[Rank, bool]:
    """(code, says that it is an amateur's)."""
    for text in _decodings(raw):
        code = parse_rank(text)
        if code != UNKNOWN:
            return code, is_amateur(text)
    return UNKNOWN, False


def _rank_in(raw: bytes, kind: int) -> Rank:
    """A rank in its surroundings: a dan among professionals is a professional's."""
    code, amateur = _rank(raw)
    return PRO if kind == SourceKind.PRO and code > 20 and not amateur else code


@lru_cache(1 << 12)
def _result(raw: bytes) -> tuple[int | None, float | None]:
    for text in _decodings(raw):
        result = parse_result(text)
        if result.winner is not None:
            return result
    return None, None


@lru_cache(1 << 12)
def _date(raw: bytes) -> int:
    return parse_date(_decodings(raw)[0])


@lru_cache(1 << 10)
def _handicap(raw: bytes) -> int | None:
    for text in _decodings(raw):
        stones = parse_handicap(text)
        if stones is not None:
            return stones
    return None


@lru_cache(1 << 12)
def _komi(raw: bytes, handicap: bytes, fox_even: bool) -> float | None:
    komi = parse_komi(_decodings(raw)[0])
    if komi is None:
        return next(filter(None, map(komi_in_handicap, _decodings(handicap))), None)
    # Fox writes KM[0] where it lost the komi: in even games, whose scores end on a half.
    return None if komi == 0 and fox_even else komi


_SERVERS = (
    (SourceKind.KGS, re.compile(r"kgs|kiseido", re.IGNORECASE)),
    (SourceKind.TYGEM, re.compile(r"tygem", re.IGNORECASE)),
    (SourceKind.FOX, re.compile(r"\bfox|野狐", re.IGNORECASE)),
)
_FOX_RANK = re.compile(r"\s*P\d段")
_FOLDERS = {
    "kgs": SourceKind.KGS, "gokgs": SourceKind.KGS, "tygem": SourceKind.TYGEM,
    "fox": SourceKind.FOX, "foxwq": SourceKind.FOX, "pro": SourceKind.PRO, "pros": SourceKind.PRO,
    "professional": SourceKind.PRO, "gogod": SourceKind.PRO, "gokifu": SourceKind.PRO,
}  # fmt: skip


def _kind(line: MainLine, source: str) -> SourceKind:
    """The server that the record names, else what the ranks say, else folder and file names."""
    server = _server(_raw(line, "PC"), _raw(line, "AP"))
    if server is not None:
        return server
    ranks = _raw(line, "BR"), _raw(line, "WR")
    if any(_FOX_RANK.match(text) for raw in ranks for text in _decodings(raw)):
        return SourceKind.FOX
    if any(_rank(raw)[0] == PRO for raw in ranks):
        return SourceKind.PRO
    folders, _, file = source.rpartition("/")
    return _kind_named(folders) or _kind_named.__wrapped__(file)


@lru_cache(1 << 12)
def _server(place: bytes, program: bytes) -> SourceKind | None:
    text = "\n".join((*_decodings(place), *_decodings(program)))
    return next((kind for kind, pattern in _SERVERS if pattern.search(text)), None)


@lru_cache(1 << 12)
def _kind_named(names: str) -> SourceKind:
    words = re.split(r"[^a-z]+", names.lower())
    return next((_FOLDERS[word] for word in words if word in _FOLDERS), SourceKind.UNKNOWN)
