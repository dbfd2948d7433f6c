"""Make games by GNU Go against itself, through GTP: ``scripts/make_games.py 19 300 OUT.sgf``.

Game number i is the same on every machine with GNU Go 3.8: its opening, its levels and every
chance come from i. The collection grows by whole games, so a stopped run goes on where it was.
"""

import argparse
import random
import sys
from pathlib import Path

from engines import Engine, Record, find_gnugo, other

from gocnn.coords import columns
from gocnn.progress import bar

LEVELS = (0, 0, 1, 1, 2, 3)  # a 19x19 game takes 20 to 25 s of one core
SLIP = 0.04  # how often a side plays one of its other good moves: games then part early
HANDICAPPED = 0.1  # how many games of a 19x19 collection start with handicap stones
LONGEST = 1.5  # a game of more moves a point of the board is given up


def opening(size: int, chance: random.Random) -> list[str]:
    """The vertices of the first moves: corner points people play, or the middle of a small board.

    On 19x19 up to one move in each corner, on points of the third to fifth line.
    """
    names = columns(size)
    if size < 13:
        middle = range(size // 2 - 2, size // 2 + 3)
        return [f"{names[chance.choice(middle)]}{chance.choice(middle) + 1}"]
    corners = [(across, up) for across in (False, True) for up in (False, True)]
    chance.shuffle(corners)
    moves = []
    for across, up in corners[: chance.randint(1, 4)]:
        column, row = chance.choice([(3, 3)] * 4 + [(2, 3), (3, 2)] * 2 + [(2, 2), (2, 4), (4, 2)])
        column, row = (size - 1 - column if across else column), (size - 1 - row if up else row)
        moves.append(f"{names[column]}{row + 1}")
    return moves


def choose(engine: Engine, colour: str, chance: random.Random) -> str:
    """GNU Go's move, or now and then another of those it likes."""
    if chance.random() < SLIP:
        liked = engine.ask(f"top_moves_{colour}").split()[::2]  # vertex, value, vertex, ...
        vertex = chance.choice(liked[:5] or ["pass"])
        if liked and engine.ask(f"is_legal {colour} {vertex}") == "1":  # it may like to retake a ko
            engine.ask(f"play {colour} {vertex}")
            return vertex
    return engine.ask(f"genmove {colour}")


def result_of(engine: Engine, last: str, mover: str) -> str:
    """The result as SGF writes it; GNU Go judges its own games."""
    if last.lower() == "resign":
        return f"{other(mover)[0].upper()}+R"
    score = engine.ask("final_score").split()[0]
    return "0" if score == "0.0" else score


def make_game(program: str, size: int, number: int) -> Record | None:
    """Game `number`, or None for one that found no end."""
    chance = random.Random(f"{size}x{size} {number}")
    levels = {"black": chance.choice(LEVELS), "white": chance.choice(LEVELS)}
    handicap = chance.randint(2, 6) if size == 19 and chance.random() < HANDICAPPED else 0
    game = Record(
        size=size,
        komi=0.5 if handicap else 6.5,
        black=f"GNU Go 3.8 level {levels['black']}",
        white=f"GNU Go 3.8 level {levels['white']}",
        name=f"{size}x{size} {number}",
        rules="Japanese",
    )
    with Engine([program, "--mode", "gtp", "--seed", str(1 + number)]) as engine:
        engine.ask(f"boardsize {size}")
        engine.ask(f"komi {game.komi}")
        if handicap:
            game.handicap = engine.ask(f"fixed_handicap {handicap}").split()
        planned = [] if handicap else opening(size, chance)
        colour, passes, vertex = ("white" if handicap else "black"), 0, ""
        while passes < 2 and len(game.moves) < LONGEST * size * size:
            if planned:
                vertex = planned.pop(0)
                engine.ask(f"play {colour} {vertex}")
            else:
                engine.ask(f"level {levels[colour]}")
                vertex = choose(engine, colour, chance)
            if vertex.lower() == "resign":
                break
            game.moves.append((colour, vertex))
            passes = passes + 1 if vertex.lower() == "pass" else 0
            colour = other(colour)
        else:
            if passes < 2:
                return None
        game.result = result_of(engine, vertex, colour)
    return game


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int, help="board size, 9 to 19")
    parser.add_argument("games", type=int, help="how many games the collection shall have")
    parser.add_argument("out", type=Path, help="the SGF collection to begin or to go on with")
    parser.add_argument("--first", type=int, default=1, help="number of a new file's first game")
    parser.add_argument("--gnugo", default="gnugo", help="the GNU Go 3.8 program")
    return parser.parse_args()


def main() -> None:
    """Add games to the collection until it has as many as asked."""
    options = read_options()
    program = find_gnugo(options.gnugo)
    if program is None:
        sys.exit("make_games: no GNU Go here; install it (apt-get install gnugo) or name --gnugo")
    written = options.out.read_text(encoding="utf-8") if options.out.exists() else ""
    made = written.count("(;")
    last = written.rpartition("GN[")[2].partition("]")[0]  # "19x19 17"
    number = int(last.split()[-1]) + 1 if last else options.first
    with (
        options.out.open("a", encoding="utf-8") as out,
        bar("games", options.games, unit="games", done=made) as progress,
    ):
        while made < options.games:
            game = make_game(program, options.size, number)
            number += 1
            if game is not None:
                out.write(game.sgf())
                out.flush()
                made += 1
                progress.update()


if __name__ == "__main__":
    main()
