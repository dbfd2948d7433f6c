r"""Measure `gocnn imitate`: how well players are predicted before and after, by number of games.

From the root of the repository, in its environment:

    python -m scripts.release.players GAMES... --player "NAME" --player "OTHER NAME" \
        --others OTHERS.gocnn -o FOLDER [--counts 30,100,all] [--minutes 5]

A fifth of a player's games, at most `_TESTED`, is never shown to `gocnn imitate`: both networks are
asked about the player's moves in these. OTHERS, packed games of other people, tell what was
forgotten. Each network is kept in FOLDER with what was measured, so the command goes on where it
was stopped.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gocnn.cli.games import games_with_names
from gocnn.corpus.corpus import Corpus
from gocnn.dataset.loader import sample
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import Row, measure, summarise
from gocnn.files import write_atomically
from gocnn.go.game import Game
from gocnn.inference.weights import LoadedNetwork, load_network
from gocnn.network.device import choose_device
from gocnn.sgf.players import games_of_player, name_keys, name_matcher
from gocnn.stats import Estimate, markdown_table
from gocnn.training.imitate import FEWEST_GAMES, Imitation, imitate

_SIZE = 19
_TEST_SHARE = 0.2  # of a player's games
_TESTED = 100  # games of a player, at most
_POSITIONS = 5000  # of a measurement, at most
ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Result:
    """One player, learnt from so many games."""

    player: str
    games: int  # given to `gocnn imitate`
    moves: int  # of the player, learnt from
    seconds: float
    tested: int  # of the player's moves, in games not shown
    before: Estimate  # top-1, a share
    after: Estimate
    loss: tuple[float, float]  # cross-entropy before and after, nats
    others: tuple[float, float]  # top-1 on moves of other people, before and after

    def cells(self) -> list[str]:
        """Its row of the table."""
        return [
            self.player,
            f"{self.games:,}",
            f"{self.moves:,}",
            f"{self.seconds:.0f}",
            f"{self.tested:,}",
            self.before.text(100, 1),
            self.after.text(100, 1),
            f"{self.loss[0]:.3f}",
            f"{self.loss[1]:.3f}",
            f"{100 * (self.others[1] - self.others[0]):+.1f}",
        ]


_HEAD = [
    "player",
    "games",
    "moves learnt",
    "seconds",
    "moves tested",
    "top-1 % before",
    "after",
    "loss before",
    "after",
    "others, points",
]


def split(
    games: Sequence[Game], colours: NDArray[np.int8]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The games to learn from, in a drawn order, and those to test with, as indices.

    Raises:
        GocnnError: when there are too few.
    """
    corpus = Corpus.from_games(games)
    _, first = np.unique(corpus.games["hash"], return_index=True)  # without duplicates
    count = min(_TESTED, round(_TEST_SHARE * len(first)))
    if len(first) - count < FEWEST_GAMES:
        raise GocnnError(f"{len(first)} games are too few to learn from and to test with")
    order = np.random.default_rng(0).permutation(first)
    return order[count:], order[:count]


def row_of(network: LoadedNetwork, positions: Positions) -> Row:
    """How well a network predicts."""
    return summarise("", measure(network, positions, sample(positions, _POSITIONS)))


def results_of(
    player: str,
    games: Sequence[Game],
    counts: Sequence[str],
    others: Positions,
    folder: Path,
    *,
    weights: str,
    minutes: float,
) -> list[Result]:
    """The player's rows, one for each number of games that there are."""
    own, colours = games_of_player(games, player)
    learnt, tested = split(own, colours)
    corpus = Corpus.from_games([own[i] for i in tested])
    test = Positions(corpus, np.arange(len(tested)), passes=False, movers=colours[tested])
    device = choose_device("auto")
    before = load_network(weights, device)
    results: list[Result] = []
    for text in counts:
        count = len(learnt) if text == ALL else int(text)
        if count > len(learnt) or count < FEWEST_GAMES:
            continue
        file = folder / f"{''.join(sorted(name_keys(player))[-1].split())}-{count}.safetensors"
        kept = file.with_suffix(".json")
        if not kept.exists():
            chosen = learnt[:count]
            done = imitate(
                [own[i] for i in chosen],
                colours[chosen],
                file,
                Imitation(player=player, weights=weights, seconds=60 * minutes),
            )
            if not done.finished:
                raise KeyboardInterrupt
            networks = before, load_network(file, device)
            rows, rest = ([row_of(n, p) for n in networks] for p in (test, others))
            result = Result(
                player=player,
                games=count,
                moves=done.positions,
                seconds=done.seconds,
                tested=rows[0].positions,
                before=rows[0].top1,
                after=rows[1].top1,
                loss=(rows[0].cross_entropy.mean, rows[1].cross_entropy.mean),
                others=(rest[0].top1.mean, rest[1].top1.mean),
            )
            write_atomically(kept, json.dumps(asdict(result)).encode() + b"\n")
        plain = json.loads(kept.read_text(encoding="utf-8"))
        plain |= {when: Estimate(**plain[when]) for when in ("before", "after")}
        results.append(Result(**plain))
        print(markdown_table(_HEAD, [results[-1].cells()]).splitlines()[-1], file=sys.stderr)
    return results


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("games", type=Path, nargs="+")
    parser.add_argument("--player", action="append", required=True)
    parser.add_argument("--others", type=Path, required=True, help="packed games of other people")
    parser.add_argument("-o", "--output", type=Path, required=True, help="a folder")
    parser.add_argument("--counts", default=ALL, help="numbers of games; default: %(default)s")
    parser.add_argument("--minutes", type=float, default=5.0, help="default: %(default)s")
    parser.add_argument("--weights", default="default", help="to start from; default: %(default)s")
    options = parser.parse_args()
    try:
        corpus = Corpus.open(options.others)
        numbers = np.flatnonzero(corpus.games["size"] == _SIZE)
        others = Positions(corpus, numbers, passes=False)
        options.output.mkdir(parents=True, exist_ok=True)
        is_wanted = name_matcher(*options.player)
        games = [
            game
            for game in games_with_names(options.games, _SIZE)
            if is_wanted(game.black_name) or is_wanted(game.white_name)
        ]
        results = [
            result
            for player in options.player
            for result in results_of(
                player,
                games,
                options.counts.split(","),
                others,
                options.output,
                weights=options.weights,
                minutes=options.minutes,
            )
        ]
    except (GocnnError, OSError) as error:
        print(f"players: {error}", file=sys.stderr)
        return 2
    print(markdown_table(_HEAD, [result.cells() for result in results]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
