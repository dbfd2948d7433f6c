"""SGF, GIB, NGF and UGF in, checked games out.

Invariants:

- A record becomes a `Game` that holds what `gocnn.go.game` promises, or a `Reject` with a reason
  from `REASONS`; nothing else comes out, and nothing is raised for what stands in a record.
- Positional superko is not checked: real games hold triple ko.
- Who moves first is what the moves say; without moves PL says, else white after a handicap.
"""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import cache, partial
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, MAX_SIZE, POINT_MASK, WHITE, WHITE_BIT, Board, new_board, pack
from gocnn.go.coords import vertex
from gocnn.go.game import UNKNOWN_RESULT, Game, check_moves
from gocnn.go.handicap import handicap_points
from gocnn.sgf.archives import RecordFiles, SgfChunk, Unreadable
from gocnn.sgf.details import Details, read_details
from gocnn.sgf.foreign import as_sgf
from gocnn.sgf.game_info import read_game_info
from gocnn.sgf.parser import BadRecord, MainLine, player_of_value, possible_texts
from gocnn.sgf.splitter import LARGEST_TREE, split_trees

REASONS = (
    "broken archive",
    "archive inside an archive",
    "unreadable file",
    "unreadable folder",
    "no game tree",
    "too large",
    "broken tree",
    "another game",
    "other size",
    "bad point",
    "bad setup",
    "setup in mid-game",
    "handicap stones missing",
    "illegal move",
)


_T = TypeVar("_T")


class Record(NamedTuple):
    """A game with what its record says in words."""

    game: Game
    details: Details


class Reject(NamedTuple):
    """A record that is not a game, and why."""

    source: str
    reason: str  # one of REASONS, or a filter's
    detail: str = ""


def read_games(
    paths: Sequence[str | os.PathLike[str]], *, size: int | None = None
) -> Generator[Game | Reject, None, None]:
    """Every record under some paths, one after another.

    Args:
        paths: files, collections, folders, archives; see `gocnn.sgf.archives.RecordFiles`.
        size: reject other board sizes; None takes 2 to 25.

    Raises:
        GocnnError: when a path does not exist or holds no file to read.
    """
    return _read_paths(paths, size, _game)


def read_records(
    paths: Sequence[str | os.PathLike[str]],
) -> Generator[Record | Reject, None, None]:
    """Every game under some paths as `read_games` reads it, with names and comments.

    Raises:
        GocnnError: when a path does not exist or holds no file to read.
    """
    return _read_paths(paths, None, _record)


def _read_paths(
    paths: Sequence[str | os.PathLike[str]],
    size: int | None,
    made: Callable[[MainLine, str], _T],
    read_line: Callable[[bytes], MainLine] = MainLine,
) -> Generator[_T | Reject, None, None]:
    for piece in RecordFiles(paths):
        if isinstance(piece, Unreadable):
            yield Reject(*piece)
        else:
            yield from _read_chunk(piece, size, made, read_line)


def read_chunk(piece: SgfChunk, *, size: int | None = None) -> Iterator[Game | Reject]:
    """Every record of a piece that `gocnn.sgf.archives.RecordFiles` hands out."""
    return _read_chunk(piece, size, _game)


def _read_chunk(
    piece: SgfChunk,
    size: int | None,
    made: Callable[[MainLine, str], _T],
    read_line: Callable[[bytes], MainLine] = MainLine,
) -> Generator[_T | Reject, None, None]:
    if piece.number:
        yield _read(piece.data, piece.source, piece.number, size, made, read_line)
        return
    try:
        data = as_sgf(piece.data, piece.source)
    except BadRecord as error:
        yield Reject(piece.source, error.reason, error.detail)
        return
    number = 0
    for number, tree in enumerate(split_trees(BytesIO(data)), 1):
        yield _read(tree, piece.source, number, size, made, read_line)
    if number == 0:
        yield Reject(piece.source, "no game tree", "nothing in it begins with (;")


def load_game(path: str | os.PathLike[str], number: int = 1) -> Game:
    """Game `number` (from 1) of a game record, or of any file or folder that holds games.

    Raises:
        GocnnError: when there is none, or it is broken.
    """
    with closing(read_games([path])) as records:
        return _pick(records, number, str(Path(path)))


class Beginning(NamedTuple):
    """The first moves of a game."""

    game: Game  # with these moves and no others
    to_move: int  # who plays next


def load_beginning(
    path: str | os.PathLike[str], plies: int | None = None, number: int = 1
) -> Beginning:
    """The first moves of game `number` (from 1), whatever is wrong with what comes after them.

    Args:
        path: as for `load_game`.
        plies: how many moves; None, or more than there are, takes all.
        number: which game, from 1. A record that is cut short counts as far as it is whole.

    Raises:
        GocnnError: when there is none, or its beginning is broken.
    """
    read_line = partial(MainLine, plies=plies, cut_short=True)
    with closing(_read_paths([path], None, _beginning, read_line)) as records:
        return _pick(records, number, str(Path(path)))


class SoundPart(NamedTuple):
    """A game up to its first fault."""

    game: Game
    fault: str = ""  # what is wrong with the record, and where; "" where nothing is


def load_sound_part(
    path: str | os.PathLike[str], number: int = 1, data: bytes | None = None
) -> SoundPart:
    """Game `number` (from 1), or its moves before the first that is illegal or not to be read.

    Args:
        path: as for `load_game`; with data, only the name for messages.
        number: which game.
        data: the contents of a game record, in place of a path.

    Raises:
        GocnnError: as `load_game` does, where not even one move is sound.
    """
    name = str(Path(path)) if data is None else str(path)

    def load(plies: int | None) -> Game:
        line = MainLine if plies is None else partial(MainLine, plies=plies, cut_short=True)
        if data is None:
            records = _read_paths([path], None, _game, line)
        else:
            records = _read_chunk(SgfChunk(name, 0, data), None, _game, line)
        with closing(records):
            return _pick(records, number, name)

    try:
        return SoundPart(load(None))
    except GocnnError as error:
        sound = _longest(load)
        if sound is None:
            raise
        return SoundPart(sound, str(error))


def _longest(load: Callable[[int], Game]) -> Game | None:
    """The longest beginning that can be loaded, by bisection; None when it has no move."""
    longest, sound, bad = None, 0, 0  # moves of the longest so far; fewest known to be too many
    while not bad or bad - sound > 1:
        plies = (sound + bad) // 2 if bad else 2 * sound or 1
        try:
            longest = load(plies)
        except GocnnError:
            bad = plies
            continue
        if len(longest) < plies:  # the record ends there
            break
        sound = plies
    return longest if longest is not None and len(longest) else None


def _beginning(line: MainLine, source: str) -> Beginning:
    game = _game(line, source)
    return Beginning(game, game.to_move(len(game)) if line.turn is None else line.turn)


def _pick(records: Iterator[_T | Reject], number: int, name: str) -> _T:
    if number < 1:
        raise GocnnError(f"{name}: games are numbered from 1, there is no game {number}")
    record = next(islice(records, number - 1, None), None)
    if isinstance(record, Reject):
        reason = f"{record.reason}: {record.detail}" if record.detail else record.reason
        raise GocnnError(f"{record.source}: {reason}")
    if record is None:
        raise GocnnError(f"{name}: there is no game {number} in it")
    return record


def _read(
    tree: bytes,
    source: str,
    number: int,
    size: int | None,
    made: Callable[[MainLine, str], _T],
    read_line: Callable[[bytes], MainLine],
) -> _T | Reject:
    named = f"{source}#{number}" if number > 1 else source
    try:
        return _parse(tree, named, size, made, read_line)
    except BadRecord as error:
        return Reject(named, error.reason, error.detail)


def parse_game(tree: bytes, source: str = "", *, size: int | None = None) -> Game:
    """One game tree as a checked game.

    Bytes that make no game get a second chance, see `gocnn.sgf.parser.possible_texts`.

    Raises:
        BadRecord: with the reason and its place.
    """
    return _parse(tree, source, size, _game)


def _parse(
    tree: bytes,
    source: str,
    size: int | None,
    made: Callable[[MainLine, str], _T],
    read_line: Callable[[bytes], MainLine] = MainLine,
) -> _T:
    """What is made of the first of the possible texts that is a game."""
    first: BadRecord | None = None
    for text in possible_texts(tree[: LARGEST_TREE + 1]):
        try:
            line = read_line(text)
            if size is not None and line.size != size:
                raise BadRecord("other size", f"{line.size}x{line.size}")
            return made(line, source)
        except BadRecord as error:
            if error.reason == "too large":
                raise
            first = first or error
    raise first or BadRecord("broken tree")


# -- the game ------------------------------------------------------------------------------


def _record(line: MainLine, source: str) -> Record:
    return Record(_game(line, source), read_details(line))


def _game(line: MainLine, source: str) -> Game:
    moves = line.entries()
    info = read_game_info(line, source)
    declared = info.handicap or 0
    white_first = bool(moves[0] & WHITE_BIT) if moves else line.turn == WHITE
    if declared > 1 and not line.stones and white_first:
        line.stones = dict.fromkeys(_fixed(line.size, declared), BLACK)
    handicap = _handicap(declared, line, moves)
    stones = [pack(point, colour) for point, colour in sorted(line.stones.items())]
    entries = np.array(stones + moves, np.uint16)
    _check(entries, len(stones), line.size)
    entries.flags.writeable = False
    return Game(
        size=line.size,
        entries=entries,
        setup=len(stones),
        first=_first(line, moves, handicap),
        komi=info.komi,
        handicap=handicap,
        winner=UNKNOWN_RESULT if info.winner is None else info.winner,
        margin=info.margin,
        black_rank=info.black_rank,
        white_rank=info.white_rank,
        date=info.date,
        kind=info.kind,
        source=source,
        black_name=info.black_name,
        white_name=info.white_name,
    )


def _fixed(size: int, stones: int) -> list[int]:
    """The stones of a handicap that is only told as a number, where all conventions agree."""
    if stones == 3:
        raise BadRecord("handicap stones missing", "HA[3] leaves open which corner stays empty")
    try:
        return handicap_points(size, stones)
    except GocnnError as error:
        raise BadRecord("handicap stones missing", str(error)) from None


def _handicap(declared: int, line: MainLine, moves: list[int]) -> int:
    """Stones that black got: set up, else declared, else played before white's first stone."""
    colours = set(line.stones.values())
    if colours == {BLACK}:
        white_first = not moves or bool(moves[0] & WHITE_BIT)
        stones = len(line.stones) if white_first or declared else 0
    elif colours:
        stones = declared
    else:
        stones = _extra_moves(moves, line.size)
    return stones if 2 <= stones <= MAX_SIZE else 0


def _extra_moves(moves: list[int], size: int) -> int:
    """How many stones black played before white's first; white may have passed meanwhile."""
    passing = size * size
    stones = 0
    for entry in moves:
        if entry & POINT_MASK != passing:
            if entry & WHITE_BIT:
                return stones
            stones += 1
    return 0  # white never played


def _first(line: MainLine, moves: list[int], handicap: int) -> int:
    if moves:
        return WHITE if moves[0] & WHITE_BIT else BLACK
    player = player_of_value(line.text("PL"))
    if player is not None:
        return player
    return WHITE if handicap > 1 else BLACK


@cache  # one for each process; records are checked by one thread
def _board(size: int) -> Board:
    return new_board(size)


def _check(entries: NDArray[np.uint16], setup: int, size: int) -> None:
    bad = int(check_moves(_board(size), entries, setup))
    if bad == len(entries):
        return
    if bad < 0:
        raise BadRecord("bad setup", f"the stone at {vertex(-1 - bad, size)} has no liberty")
    entry = int(entries[bad])
    name = f"{'W' if entry & WHITE_BIT else 'B'} {vertex(entry & POINT_MASK, size)}"
    raise BadRecord("illegal move", f"move {bad - setup + 1}, {name}")
