"""Makes a million games out of real ones, and measures `gocnn prepare` on them.

    python -m scripts.stress.million GAMES --sizes 10000,100000,300000,1000000

Every copy leaves out the first moves of a game, 1 to 60 of them, which become set-up stones, and
shows the rest in one of the eight symmetries: so its fingerprint, of stones and the next 60 moves,
is that of no other, and `prepare` keeps them. Nothing should be learnt from such games.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gocnn.go.board import BLACK, POINT_MASK, WHITE, WHITE_BIT
from gocnn.go.coords import sgf_letters
from gocnn.go.game import Game
from gocnn.go.symmetry import VIEWS, point_maps
from gocnn.progress import bar
from gocnn.sgf.reader import read_games

MOST = 60  # moves that a copy leaves out
LEAST = 40  # moves of a copy


def sources(paths: list[Path], most: int) -> list[Game]:
    """Games on 19x19 without set-up stones and long enough to be cut."""
    games = []
    for game in read_games(paths, size=19):
        if isinstance(game, Game) and not game.setup and len(game.moves) > MOST + LEAST:
            games.append(game)
            if len(games) == most:
                break
    return games


def copies(games: list[Game], dice: random.Random) -> Iterator[bytes]:
    """Records; each pass over the games leaves out one move more of each."""
    for skipped in range(1, MOST + 1):
        for game in games:
            yield record(game, skipped, dice.randrange(VIEWS))


def record(game: Game, skipped: int, view: int) -> bytes:
    """The rest of a game as SGF, in a view of the board."""
    size = game.size
    points = point_maps(size)[view]
    board = game.stones(skipped).ravel()
    stones = {
        name: "".join(
            f"[{sgf_letters(int(points[p]), size)}]" for p in np.flatnonzero(board == colour)
        )
        for name, colour in (("AB", BLACK), ("AW", WHITE))
    }
    setup = "".join(name + places for name, places in stones.items() if places)
    rest = game.moves[skipped:]
    played = (
        ("W" if entry & WHITE_BIT else "B", int(points[entry & POINT_MASK]))
        for entry in rest.tolist()
    )
    moves = "".join(f";{name}[{sgf_letters(point, size)}]" for name, point in played)
    komi = "" if game.komi is None else f"KM[{game.komi:g}]"
    result = {BLACK: "RE[B+R]", WHITE: "RE[W+R]"}.get(game.winner, "")
    return (
        f"(;GM[1]FF[4]SZ[{size}]{komi}BR[{game.black_rank}]WR[{game.white_rank}]"
        f"PB[Black]PW[White]{result}{setup}{moves})\n"
    ).encode()


def measure(path: Path, output: Path, jobs: int) -> tuple[float, int, str]:
    """Prepare a collection: seconds, peak of the largest process in bytes, games kept."""
    command = [sys.executable, "-m", "gocnn", "prepare", str(path), "-o", str(output)]
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen([*command, "--jobs", str(jobs)], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        table = out.read()
    if process.returncode:
        raise SystemExit(f"gocnn prepare ended with {process.returncode}")
    kept = next(line for line in table.splitlines() if " kept" in line)
    used = usage.ru_utime + usage.ru_stime
    return seconds, usage.ru_maxrss << 10, f"{kept.strip()}; {used:.0f} s of processors"


def main() -> int:
    """Measure each size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("games", type=Path, nargs="+")
    parser.add_argument("--sizes", default="10000,100000,300000,1000000")
    parser.add_argument("--sources", type=int, default=20_000, help="real games to make them of")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="a folder for the games and the corpora")
    options = parser.parse_args()
    sizes = sorted(int(size) for size in options.sizes.split(","))
    games = sources(options.games, options.sources)
    print(f"{len(games):,} games to make them of", flush=True)
    if sizes[-1] > MOST * len(games):
        raise SystemExit(f"they make {MOST * len(games):,} at most; give more games or --sources")
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = options.keep or Path(scratch)
        path, output = folder / "games.sgf", folder / "games.gocnn"
        made = copies(games, random.Random(0))
        done = 0
        with path.open("wb") as file:
            for size in sizes:
                with bar("making", size, unit="games", done=done) as progress:
                    while done < size:
                        file.write(next(made))
                        done += 1
                        progress.update()
                file.flush()
                seconds, peak, kept = measure(path, output, options.jobs)
                print(
                    f"{size:,} games, {path.stat().st_size >> 20:,} MB of SGF: {seconds:.0f} s, "
                    f"peak {peak >> 20:,} MB, corpus "
                    f"{output.stat().st_size / 2**20:,.1f} MB; {kept}",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
