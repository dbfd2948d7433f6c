#!/usr/bin/env python3
"""Make games by GNU Go against itself, through GTP: ``scripts/make_games.py 19 300 OUT.sgf``.

Game number i is the same on every machine with GNU Go 3.8: its opening, its levels and every
chance come from i. The collection grows by whole games, so a stopped run goes on where it was.
"""

import argparse
import random
import sys
from pathlib import Path

from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import point_of_vertex, vertex
from gocnn.go.position import Position, colour_name
from gocnn.match.controller import EngineProcess, find_gnugo
from gocnn.match.game import parse_score
from gocnn.match.openings import corners
from gocnn.progress import bar
from gocnn.sgf.writer import sgf

LEVELS = (0, 0, 1, 1, 2, 3)  # a 19x19 game takes 20 to 25 s of one core
SLIP = 0.04  # how often a side plays one of its other good moves: games then part early
HANDICAPPED = 0.1  # how many games of a 19x19 collection start with handicap stones
LONGEST = 1.5  # a game of more moves a point of the board is given up


def choose(engine: EngineProcess, colour: str, chance: random.Random) -> str:
    """GNU Go's move, or now and then another of those it likes."""
    if chance.random() < SLIP:
        liked = engine.ask(f"top_moves_{colour}").split()[::2]  # vertex, value, vertex, ...
        move = chance.choice(liked[:5] or ["pass"])
        if liked and engine.ask(f"is_legal {colour} {move}") == "1":  # it may like to retake a ko
            engine.ask(f"play {colour} {move}")
            return move
    return engine.ask(f"genmove {colour}")


def play_out(
    engine: EngineProcess, position: Position, levels: dict[int, int], chance: random.Random
) -> str | None:
    """Play a game on the position to its end; its result as SGF writes it, None without an end."""
    size = position.size
    planned = [] if position.handicap else list(corners(size, chance))
    passes = 0
    while passes < 2:
        if position.ply >= LONGEST * size * size:
            return None
        colour = position.to_move
        if planned:
            move = vertex(planned.pop(0), size)
            engine.ask(f"play {colour_name(colour)} {move}")
        else:
            engine.ask(f"level {levels[colour]}")
            move = choose(engine, colour_name(colour), chance)
        if move.lower() == "resign":
            return "W+R" if colour == BLACK else "B+R"
        position.play(point_of_vertex(move, size))
        passes = passes + 1 if move.lower() == "pass" else 0
    score = parse_score(engine.ask("final_score").split()[0])  # GNU Go judges its own games
    return None if score is None else str(score)


def make_game(program: str, size: int, number: int) -> str | None:
    """Game `number` as SGF, or None for one that found no end."""
    chance = random.Random(f"{size}x{size} {number}")
    levels = {BLACK: chance.choice(LEVELS), WHITE: chance.choice(LEVELS)}
    handicap = chance.randint(2, 6) if size == 19 and chance.random() < HANDICAPPED else 0
    position = Position(size, komi=0.5 if handicap else 6.5)
    with EngineProcess([program, "--mode", "gtp", "--seed", str(1 + number)]) as engine:
        engine.ask(f"boardsize {size}")
        engine.ask(f"komi {position.komi}")
        if handicap:
            position.place_handicap(handicap)
            engine.ask(f"fixed_handicap {handicap}")
        result = play_out(engine, position, levels, chance)
    if result is None:
        return None
    properties = {
        "RU": "Japanese",
        "RE": result,
        "PB": f"GNU Go 3.8 level {levels[BLACK]}",
        "PW": f"GNU Go 3.8 level {levels[WHITE]}",
        "GN": f"{size}x{size} {number}",
    }
    return sgf(position, properties)


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
                out.write(game)
                out.flush()
                made += 1
                progress.update()


if __name__ == "__main__":
    main()
