"""Make games by GNU Go against itself, through GTP: ``scripts/make_games.py 19 300 OUT.sgf``.

Game number i is the same on every machine with GNU Go 3.8: its opening, its levels and every
chance come from i. The collection grows by whole games, so a stopped run goes on where it was.
"""

import argparse
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Self

from gocnn.coords import columns, point_of_vertex, sgf_letters
from gocnn.progress import bar

LEVELS = (0, 0, 1, 1, 2, 3)  # a 19x19 game takes 20 to 25 s of one core
SLIP = 0.04  # how often a side plays one of its other good moves: games then part early
HANDICAPPED = 0.1  # how many games of a 19x19 collection start with handicap stones
LONGEST = 3  # a game of more than LONGEST * size * size / 2 moves is given up


class GnuGo:
    """One GNU Go process that speaks GTP; a context manager."""

    def __init__(self, program: str, seed: int) -> None:
        command = [program, "--mode", "gtp", "--seed", str(seed)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def ask(self, command: str) -> str:
        """The answer without its ``=``; raises RuntimeError for an error answer."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        lines = []
        while line := self.process.stdout.readline().strip():
            lines.append(line)
        answer = " ".join(lines)
        if not answer.startswith("="):
            raise RuntimeError(f"GNU Go answers {answer!r} to {command!r}")
        return answer[1:].strip()


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


def choose(engine: GnuGo, colour: str, chance: random.Random) -> str:
    """GNU Go's move, or now and then another of those it likes."""
    if chance.random() < SLIP:
        liked = engine.ask(f"top_moves_{colour}").split()[::2]  # vertex, value, vertex, ...
        if liked:
            vertex = chance.choice(liked[:5])
            engine.ask(f"play {colour} {vertex}")
            return vertex
    return engine.ask(f"genmove {colour}")


def result_of(engine: GnuGo, last: str, mover: str) -> str:
    """The result as SGF writes it."""
    if last.lower() == "resign":
        return f"{'W' if mover == 'black' else 'B'}+R"
    score = engine.ask("final_score").split()[0]
    return "0" if score in ("0", "0.0") else score


def make_game(program: str, size: int, number: int) -> str | None:
    """The SGF of game `number`, or None for one that found no end."""
    chance = random.Random(f"{size}x{size} {number}")
    levels = {"black": chance.choice(LEVELS), "white": chance.choice(LEVELS)}
    handicap = chance.randint(2, 6) if size == 19 and chance.random() < HANDICAPPED else 0
    komi = 0.5 if handicap else 6.5
    with GnuGo(program, 1 + number) as engine:
        engine.ask(f"boardsize {size}")
        engine.ask(f"komi {komi}")
        stones = engine.ask(f"fixed_handicap {handicap}").split() if handicap else []
        planned = [] if handicap else opening(size, chance)
        moves: list[tuple[str, str]] = []
        colour, passes, vertex = ("white" if handicap else "black"), 0, ""
        while passes < 2 and len(moves) < LONGEST * size * size // 2:
            if planned:
                vertex = planned.pop(0)
                engine.ask(f"play {colour} {vertex}")
            else:
                engine.ask(f"level {levels[colour]}")
                vertex = choose(engine, colour, chance)
            if vertex.lower() == "resign":
                break
            moves.append((colour, vertex))
            passes = passes + 1 if vertex.lower() == "pass" else 0
            colour = "white" if colour == "black" else "black"
        else:
            if passes < 2:
                return None
        result = result_of(engine, vertex, colour)
    return sgf(size, number, komi, levels, stones, moves, result)


def sgf(
    size: int,
    number: int,
    komi: float,
    levels: dict[str, int],
    stones: list[str],
    moves: list[tuple[str, str]],
    result: str,
) -> str:
    """One game tree, twelve moves a line."""

    def letters(vertex: str) -> str:
        return sgf_letters(point_of_vertex(vertex, size), size)

    head = f"(;GM[1]FF[4]CA[UTF-8]SZ[{size}]KM[{komi}]RU[Japanese]RE[{result}]"
    head += f"PB[GNU Go 3.8 level {levels['black']}]PW[GNU Go 3.8 level {levels['white']}]"
    head += f"GN[{size}x{size} {number}]"
    if stones:
        head += f"HA[{len(stones)}]AB" + "".join(f"[{letters(stone)}]" for stone in stones)
    nodes = [f";{colour[0].upper()}[{letters(vertex)}]" for colour, vertex in moves]
    lines = ["".join(nodes[start : start + 12]) for start in range(0, len(nodes), 12)]
    return "\n".join([head, *lines]) + ")\n"


def main() -> None:
    """Add games to the collection until it has as many as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int, help="board size, 9 to 19")
    parser.add_argument("games", type=int, help="how many games the collection shall have")
    parser.add_argument("out", type=Path, help="the SGF collection to begin or to go on with")
    parser.add_argument("--gnugo", default="gnugo", help="the GNU Go 3.8 program")
    options = parser.parse_args()
    program = shutil.which(options.gnugo) or shutil.which("/usr/games/gnugo")
    if program is None:
        sys.exit("make_games: no GNU Go here; install it (apt-get install gnugo) or name --gnugo")
    written = options.out.read_text(encoding="utf-8") if options.out.exists() else ""
    made = written.count("(;")
    last = written.rpartition("GN[")[2].partition("]")[0]  # "19x19 17"
    number = int(last.split()[-1]) + 1 if last else 1
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
