#!/usr/bin/env python3
"""How fast gocnn is here: ``scripts/bench.py [GAMES] [--sections replay,encode] [--json]``.

Each figure is that of the quickest of several rounds, on the games of ``data/`` or on those named.
The sections encode and train also take a packed corpus, and then need no sgfmill. Where sgfmill
does the same work, it is measured in the same run and the ratio is given.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from torch import nn

from gocnn.corpus.corpus import Corpus
from gocnn.corpus.prepare import is_corpus
from gocnn.corpus.prepare import prepare as prepare_corpus
from gocnn.dataset.loader import Stream, prefetch
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.features.encoding import ENCODINGS, Encoding, encoding_named
from gocnn.go.board import POINT_MASK, WHITE_BIT, new_board
from gocnn.go.fingerprint import fingerprint
from gocnn.go.game import Game, check_moves
from gocnn.go.playouts import sample
from gocnn.go.position import Position
from gocnn.inference.predictor import Predictor
from gocnn.inference.weights import WeightsInfo, save_weights
from gocnn.network.device import choose_device, has_fast_bf16
from gocnn.network.flops import multiply_adds
from gocnn.network.registry import ARCHITECTURES, build, tower
from gocnn.prediction import Conditions
from gocnn.sgf.archives import RecordFiles, SgfChunk
from gocnn.sgf.reader import parse_game, read_games
from gocnn.sgf.splitter import split_trees
from gocnn.training.config import Hyperparameters
from gocnn.training.process import keep_memory
from gocnn.training.trainer import Trainer

ROOT = Path(__file__).resolve().parent.parent
ANY_SIZE = [name for name, found in ARCHITECTURES.items() if not found.one_size]  # of the board
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
UNTIL_COMPILED = 130  # updates in which torch.compile is tried and judged on CUDA
HEADING = f"{'section':9} {'what':38} {'gocnn':>13} {'unit':12} {'sgfmill':>11} {'ratio':>7}"


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    section: str
    what: str
    value: float
    unit: str
    sgfmill: float | None = None  # the same work by sgfmill

    def __str__(self) -> str:
        text = f"{self.section:9} {self.what:38} {self.value:13,.1f} {self.unit:12}"
        if self.sgfmill:
            text += f" {self.sgfmill:11,.0f} {self.value / self.sgfmill:7.2f}"
        return text.rstrip()


class Bench:
    """What the sections share: the options, the games, the network."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.paths: list[Path] = options.games or [ROOT / "data" / "gnugo-19x19.sgf"]
        self.device = choose_device(options.device)
        self.encoding: Encoding = encoding_named(options.encoding)
        self.settings = {
            "planes": self.encoding.plane_count,
            "globals": self.encoding.global_count,
            **tower(options.size, options.architecture),
        }

    def seconds(self, work: Callable[[], object]) -> float:
        """The time of the quickest round: three at least, more while there is time."""
        work()  # compile, fill caches
        times: list[float] = []
        end = time.perf_counter() + self.options.seconds
        while len(times) < 3 or time.perf_counter() < end:
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return min(times)

    @cached_property
    def games(self) -> list[Game]:
        """The first games of 19x19 that are in order."""
        games: list[Game] = []
        for record in read_games(self.paths, size=19):
            if isinstance(record, Game) and len(record) > 0:
                games.append(record)
            if len(games) == self.options.most:
                break
        if not games:
            raise GocnnError(f"{self.paths[0]}: no games of 19x19 here")
        return games

    @cached_property
    def trees(self) -> list[bytes]:
        """The first records, as they stand."""
        trees: list[bytes] = []
        for piece in RecordFiles(self.paths):
            if isinstance(piece, SgfChunk):
                trees += [piece.data] if piece.number else split_trees(BytesIO(piece.data))
            if len(trees) >= self.options.most:
                break
        return trees[: self.options.most]

    @cached_property
    def positions(self) -> Positions:
        """All positions of the games; those of a packed corpus need no reading."""
        packed = is_corpus(self.paths[0])
        corpus = Corpus.open(self.paths[0]) if packed else Corpus.from_games(self.games)
        return Positions(corpus, np.flatnonzero(corpus.games["size"] == 19))

    def network(self) -> nn.Module:
        """A fresh network; how fast it is does not depend on what it knows."""
        torch.manual_seed(0)
        return build(self.options.architecture, self.settings)

    @property
    def name(self) -> str:
        """The network in words."""
        kind, size = self.options.architecture, self.options.size
        return size if kind == "resnet" else f"{kind} {size}"

    @property
    def work(self) -> int:
        """The multiply-adds of a position."""
        return multiply_adds(self.options.architecture, self.settings)

    @contextmanager
    def weights(self) -> Iterator[Path]:
        """A file with such a network, for a while."""
        passport = WeightsInfo(
            architecture=self.options.architecture,
            settings=self.settings,
            encoding=self.encoding.name,
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "fresh.safetensors"
            save_weights(path, self.network().state_dict(), passport)
            yield path


def replay(bench: Bench) -> Iterator[Figure]:
    """Moves replayed with every rule checked, on one core."""
    from sgfmill import boards  # here, as in parse: a machine that only trains can do without

    games = bench.games
    board = new_board(19)

    def ours() -> None:
        for game in games:
            check_moves(board, game.entries, game.setup)

    few = [
        [("w" if e & WHITE_BIT else "b", e & POINT_MASK) for e in game.entries.tolist()]
        for game in games[:30]
    ]

    def theirs() -> None:
        for game in few:
            other = boards.Board(19)
            for colour, point in game:
                if point < 361:
                    row, column = divmod(point, 19)
                    other.play(18 - row, column, colour)

    rate = sum(len(game) for game in games) / bench.seconds(ours)
    rival = sum(len(game) for game in few) / bench.seconds(theirs)
    yield Figure("replay", "one core", rate, "moves/s", rival)


def parse(bench: Bench) -> Iterator[Figure]:
    """SGF to checked games, on one core; sgfmill parses and lists the moves, unchecked."""
    from sgfmill import sgf

    trees, games = bench.trees, bench.games

    def ours() -> None:
        for tree in trees:
            parse_game(tree)

    def theirs() -> None:
        for tree in trees:
            for node in sgf.Sgf_game.from_bytes(tree).get_main_sequence():
                node.get_move()

    def fingerprints() -> None:
        for game in games:
            fingerprint(game.entries, game.setup, game.size)

    rate, rival = len(trees) / bench.seconds(ours), len(trees) / bench.seconds(theirs)
    yield Figure("parse", "one core", rate, "games/s", rival)
    yield Figure(
        "parse", "fingerprints, one core", len(games) / bench.seconds(fingerprints), "games/s"
    )


def prepare(bench: Bench) -> Iterator[Figure]:
    """Files to a corpus file, once: all that `gocnn prepare` does."""
    for jobs in sorted({1, CORES}):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            report = prepare_corpus(bench.paths, Path(folder) / "games.gocnn", jobs=jobs)
            seconds = time.perf_counter() - start
        label = f"{report.read:,} records, processes: {jobs}"
        yield Figure("prepare", label, report.read / seconds, "games/s")


def encode(bench: Bench) -> Iterator[Figure]:
    """Random positions to planes and globals, replaying each game."""
    positions = bench.positions
    numbers = np.random.default_rng(0).integers(0, positions.count, 1024)
    for name in ("full-1", "plain-1"):
        for threads in sorted({1, CORES}):
            with ThreadPoolExecutor(threads) as pool:

                def work(name: str = name, pool: ThreadPoolExecutor = pool) -> None:
                    positions.encode(ENCODINGS[name], numbers, pool=pool)

                rate = len(numbers) / bench.seconds(work)
            yield Figure("encode", f"{name}, threads: {threads}", rate, "positions/s")


def train(bench: Bench) -> Iterator[Figure]:
    """Updates of the weights, with one batch over and over and with batches made meanwhile.

    What the second is slower by is the share of the time that the device idles for want of batches.
    Training takes three times the multiply-adds of a forward pass: one for the outputs, one for the
    gradients of what was read, one for those of the weights.
    """
    count = bench.options.batch
    stream = Stream(positions=bench.positions, encoding=bench.encoding, batch=count)
    batch = stream.at(0)
    device = bench.device
    trainer = Trainer(
        bench.network(),
        Hyperparameters(batch=count, bf16=has_fast_bf16(device)),
        device=device,
        compile=None,
    )
    updates = 20 if device.type == "cuda" else 1
    for _ in range(UNTIL_COMPILED if device.type == "cuda" else 0):
        trainer.update(batch, 1e-4)

    def again() -> None:
        for _ in range(updates):
            trainer.update(batch, 1e-4)
        trainer.losses()  # waits for the device

    label = f"{bench.name}, batch {count}, {device.type}"
    alone = updates * count / bench.seconds(again)
    yield Figure("train", label, alone, "positions/s")
    with closing(prefetch(stream.at, itertools.count(), threads=CORES, depth=3 * CORES)) as batches:

        def anew() -> None:
            for fresh in itertools.islice(batches, updates):
                trainer.update(fresh, 1e-4)
            trainer.losses()

        fed = updates * count / bench.seconds(anew)
    yield Figure("train", "the same, with batches from games", fed, "positions/s")
    yield Figure("train", "idle for want of batches", max(0.0, 100 * (1 - fed / alone)), "%")
    peak = matrix_peak(bench)
    yield Figure("train", f"matrices, {device.type}, the peak", peak / 1e9, "Gmult-adds/s")
    needed = 3 * fed * bench.work
    yield Figure("train", "of which training uses", 100 * needed / peak, "%")


def matrix_peak(bench: Bench) -> float:
    """Multiply-adds a second in one large product of matrices, in the precision of training."""
    side = 8192 if bench.device.type == "cuda" else 2048
    precise = torch.bfloat16 if has_fast_bf16(bench.device) else torch.float32
    a, b = (torch.randn(side, side, device=bench.device).to(precise) for _ in range(2))

    def work() -> None:
        (a @ b)[0, 0].item()  # waits for the device

    return float(side**3 / bench.seconds(work))


def predict(bench: Bench) -> Iterator[Figure]:
    """Positions to probabilities: one at a time, and many."""
    count = 64
    games = bench.games
    positions = [game.position(len(game) // 2) for game in (games * count)[:count]]
    with bench.weights() as path:
        predictor = Predictor(path, device=bench.options.device)
    predictor(positions[0], Conditions())
    times = []
    for position in positions:
        start = time.perf_counter()
        predictor(position, Conditions())
        times.append(1000 * (time.perf_counter() - start))
    label = f"{bench.name}, {bench.device.type}"
    yield Figure("predict", f"{label}, one position, median", statistics.median(times), "ms")
    seconds = bench.seconds(lambda: predictor.predict(positions, [Conditions()] * count))
    yield Figure("predict", f"{label}, batch {count}", count / seconds, "positions/s")
    needed = bench.work
    yield Figure("predict", f"{label}, a position needs", needed / 1e6, "Mmult-adds")


def playouts(bench: Bench) -> Iterator[Figure]:
    """Random games to the end, on one core, from three stages of games."""
    for stage, share in (("the empty board", 0.0), ("half way", 0.5), ("the end", 1.0)):
        positions = [game.position(int(share * len(game))) for game in bench.games[:20]]

        def work(positions: list[Position] = positions) -> None:
            for position in positions:
                sample(position.board, position.to_move, playouts=20)

        yield Figure("playouts", stage, 20 * len(positions) / bench.seconds(work), "playouts/s")


def start(bench: Bench) -> Iterator[Figure]:
    """From the shell to an answer, the files being in the disk's cache."""
    program = [sys.executable, "-m", "gocnn"]

    def ask(*arguments: str, typed: str = "", expected: str) -> None:
        done = subprocess.run(
            [*program, *arguments], input=typed, capture_output=True, text=True, cwd=ROOT
        )
        if not done.stdout.startswith(expected):
            raise GocnnError(f"gocnn {arguments[0]} answers {done.stdout!r} {done.stderr!r}")

    seconds = bench.seconds(lambda: ask("--help", expected="Usage"))
    yield Figure("start", "gocnn --help", 1000 * seconds, "ms")
    with bench.weights() as path:
        device = ("--device", bench.options.device)
        engine = ("gtp", "--visits", "1", "--weights", str(path), *device)
        seconds = bench.seconds(lambda: ask(*engine, typed="genmove b\nquit\n", expected="= "))
    yield Figure("start", "gocnn gtp --visits 1, to its first move", 1000 * seconds, "ms")


SECTIONS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    function.__name__: function
    for function in (replay, parse, prepare, encode, train, predict, playouts, start)
}


def chosen(text: str) -> list[str]:
    """The sections of a list such as replay,encode."""
    names = text.split(",")
    for name in names:
        if name not in SECTIONS:
            raise argparse.ArgumentTypeError(
                f"no section {name!r}; there are {', '.join(SECTIONS)}"
            )
    return names


def main() -> None:
    """Measure the sections asked for and print them as they come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("games", nargs="*", type=Path, help="default: the games of data/")
    parser.add_argument("--sections", type=chosen, default=list(SECTIONS))
    parser.add_argument("--most", type=int, default=2000, help="games to use, at most")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each figure, about")
    parser.add_argument(
        "--network", "--size", dest="size", default="small", help="a name, or as 6x96"
    )
    parser.add_argument("--architecture", choices=ANY_SIZE, default="resnet")
    parser.add_argument("--encoding", choices=sorted(ENCODINGS), default="full-1")
    parser.add_argument("--batch", type=int, default=128, help="positions of an update")
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--plain-memory", action="store_true", help="without what training does to the allocator"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: list[Figure] = []
    try:
        if "train" in options.sections and not options.plain_memory:
            keep_memory()  # at once, before torch has made a tensor
        bench = Bench(options)
        if not options.json:
            print(HEADING)
        for name in options.sections:
            for figure in SECTIONS[name](bench):
                figures.append(figure)
                if not options.json:
                    print(figure, flush=True)
    except GocnnError as error:
        sys.exit(f"bench: {error}")
    if options.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=2))


if __name__ == "__main__":
    main()
