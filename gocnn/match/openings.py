"""How the games of a match begin: moves that are drawn, or taken from games.

Each way yields as many different openings as asked, the same ones for the same seed: more of them
begin with fewer of them.
"""

import random
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from gocnn.corpus.corpus import Corpus
from gocnn.corpus.filters import Filters
from gocnn.corpus.prepare import read_corpus
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, EMPTY, POINT_MASK, WHITE
from gocnn.go.coords import point_at
from gocnn.go.position import Position

DRAWN, NONE = "drawn", "none"
_TRIES = 1000  # draws in a row that bring nothing new: there are no more openings
Opening = tuple[int, ...]  # points, the colours taking turns


def openings(
    way: str, size: int, count: int, *, seed: int = 0, moves: int = 8, handicap: int = 0
) -> list[Opening]:
    """The openings of a match.

    Args:
        way: ``drawn``: a few corner moves (on small boards two moves in the middle, with a
            handicap one of white's on the third or fourth line); ``none``; or the path of games
            or a corpus, whose first moves are taken.
        size: lines of the board.
        count: how many; if there are not as many, they are repeated.
        seed: of the draws.
        moves: how many moves of a game to take.
        handicap: black's stones, on their fixed points.

    Raises:
        GocnnError: when the games cannot be read or have no such opening.
    """
    if way == NONE:
        return [()] * count
    chance = random.Random(f"openings {seed}")
    if way == DRAWN:
        start = _start(size, handicap)
        openings = list(islice(_different(_drawn(start, chance)), count))
    elif handicap:
        raise GocnnError("openings out of games are for even games: leave --handicap or --openings")
    else:
        openings = list(islice(_different(_played(Path(way), size, moves, chance)), count))
        if not openings:
            raise GocnnError(f"{way}: no even game on {size}x{size} has {moves} moves")
    return list(islice(cycle(openings), count))


def corners(size: int, chance: random.Random) -> Opening:
    """First moves on corner points that people play, or one in the middle of a small board.

    From 13x13 up to one move in each corner, on points of the third to fifth line.
    """
    if size < 13:
        middle = range(size // 2 - 2, size // 2 + 3)
        column, up = chance.choice(middle), chance.choice(middle)
        return (point_at(size - 1 - up, column, size),)
    chosen = [(across, up) for across in (False, True) for up in (False, True)]
    chance.shuffle(chosen)
    points = []
    for across, up in chosen[: chance.randint(1, 4)]:
        column, row = chance.choice([(3, 3)] * 4 + [(2, 3), (3, 2)] * 2 + [(2, 2), (2, 4), (4, 2)])
        points.append(
            point_at(row if up else size - 1 - row, size - 1 - column if across else column, size)
        )
    return tuple(points)


def _start(size: int, handicap: int) -> Position:
    position = Position(size)
    if handicap:
        position.place_handicap(handicap)
    return position


def _different(drawn: Iterator[Opening]) -> Iterator[Opening]:
    """Each opening once, until nothing new comes."""
    seen: set[Opening] = set()
    old = 0
    for opening in drawn:
        old = old + 1 if opening in seen else 0
        if old > _TRIES:
            return
        if not old:
            seen.add(opening)
            yield opening


def _drawn(start: Position, chance: random.Random) -> Iterator[Opening]:
    size = start.size
    while True:
        if start.handicap:
            free = _lines(start)
            yield (chance.choice(free),) if free else ()
            continue
        opening = corners(size, chance)
        if size < 13:  # and an answer nearby
            opening += tuple(point for point in corners(size, chance) if point not in opening)
        yield opening


def _lines(position: Position) -> list[int]:
    """The points of the third and fourth lines that no stone is beside."""
    size, stones = position.size, position.stones
    return [
        point_at(row, column, size)
        for row in range(size)
        for column in range(size)
        if 2 <= min(row, column, size - 1 - row, size - 1 - column) <= 3
        and (stones[row - 1 : row + 2, column - 1 : column + 2] == EMPTY).all()
    ]


def _played(path: Path, size: int, moves: int, chance: random.Random) -> Iterator[Opening]:
    """The first moves of even games that colours take turns in, in a random order."""
    filters = Filters(min_moves=moves, handicap="even")
    corpus, _ = read_corpus([path], size=size, filters=filters)
    order = list(range(len(corpus)))
    chance.shuffle(order)
    for index in order:
        yield from _beginning(corpus, index, size, moves)


def _beginning(corpus: Corpus, index: int, size: int, moves: int) -> Iterator[Opening]:
    game = corpus.game(index)
    points = tuple((game.moves[:moves] & POINT_MASK).tolist())
    if game.size != size or game.setup or game.handicap or len(points) < moves:
        return
    turns = all(game.to_move(ply) == (BLACK if ply % 2 == 0 else WHITE) for ply in range(moves))
    if turns and size * size not in points:
        yield points
