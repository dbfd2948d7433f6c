"""The position that a command is asked about: from a game, a list of moves or standard input."""

import sys
from dataclasses import replace
from typing import NamedTuple

from gocnn.defaults import BOARD_SIZE, KOMI
from gocnn.errors import GocnnError
from gocnn.go.board import POINT_MASK
from gocnn.go.game import Game
from gocnn.go.position import Position
from gocnn.go.ranks import UNKNOWN, Rank
from gocnn.prediction import Conditions
from gocnn.sgf.foreign import foreign_format
from gocnn.sgf.reader import SoundPart, load_sound_part
from gocnn.stats import count_text


class AskedPosition(NamedTuple):
    """A position, and what is known of its game."""

    position: Position
    conditions: Conditions
    played: int | None = None  # the point of the move that the record goes on with
    game: Game | None = None  # the record, when it is the position of one
    fault: str = ""  # of the record, behind the game's last move


def read_position(
    game: str | None = None,
    *,
    number: int = 1,
    moves: str | None = None,
    move: int | None = None,
    board_size: int | None = None,
    komi: float | None = None,
    rank: Rank | None = None,
    opponent_rank: Rank | None = None,
) -> AskedPosition:
    """The position that a user asks for; of a record with a fault, one before that.

    Args:
        game: a path, or - for standard input (a game, or moves).
        number: which game of a file that holds several, from 1.
        moves: vertices, black first, colours allowed before them: "D4 Q16", "B D4 W Q16".
        move: predict this move of the game, from 1; by default the one after the last.
        board_size: lines of the board, for moves; 19 by default. A game has its own.
        komi: points that white gets; by default what the game says, else 7.5.
        rank: the rank code of the player to move; by default what the game says.
        opponent_rank: the rank code of the other player.

    Raises:
        GocnnError: when something cannot be read, naming the place.
    """
    if (game is None) == (moves is None):
        raise GocnnError("give a game file, - for standard input, or --moves")
    record: SoundPart | None = None
    if game is not None and game != "-":
        record = load_sound_part(game, number)
    elif game is not None:
        data = sys.stdin.buffer.read()
        is_tree = b"(;" in data.replace(b" ", b"").replace(b"\n", b"")
        if is_tree or foreign_format(data):
            record = load_sound_part("standard input", number, data)
        else:
            moves = data.decode("utf-8", "replace")
    if record is not None:
        if board_size is not None:
            raise GocnnError(
                f"{record.game.source or 'the game'} is on {record.game.size}x{record.game.size}: "
                "--board-size is for --moves only; leave it out"
            )
        asked = _from_game(record.game, move, komi, rank, opponent_rank)
        return asked._replace(fault=record.fault)
    size = BOARD_SIZE if board_size is None else board_size
    komi = KOMI if komi is None else komi
    position = Position.from_moves(moves or "", size, komi=komi)
    return _from_moves(position, move, rank, opponent_rank)


def _from_game(
    game: Game,
    move: int | None,
    komi: float | None,
    rank: Rank | None,
    opponent_rank: Rank | None,
) -> AskedPosition:
    ply = _ply(len(game), move, game.source or "the game")
    position = game.position(ply)
    if komi is not None:
        position.komi = komi
    conditions = Conditions.of_game(game, ply)
    conditions = replace(
        conditions,
        rank=conditions.rank if rank is None else rank,
        opponent_rank=conditions.opponent_rank if opponent_rank is None else opponent_rank,
        komi=conditions.komi if komi is None else komi,
    )
    played = int(game.moves[ply]) & POINT_MASK if ply < len(game) else None
    return AskedPosition(position, conditions, played, game)


def _from_moves(
    position: Position, move: int | None, rank: Rank | None, opponent_rank: Rank | None
) -> AskedPosition:
    ply = _ply(position.ply, move, "the list")
    played = position.moves[ply][1] if ply < position.ply else None
    while position.ply > ply:
        position.undo()
    conditions = Conditions.of(
        position, rank=rank or UNKNOWN, opponent_rank=opponent_rank or UNKNOWN
    )
    return AskedPosition(position, conditions, played)


def _ply(count: int, move: int | None, source: str) -> int:
    if move is None:
        return count
    if not 1 <= move <= count + 1:
        raise GocnnError(
            f"{source} has {count_text(count, 'move')}: --move is 1 to {count + 1}, not {move}"
        )
    return move - 1
