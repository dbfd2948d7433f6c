r"""Set temperatures and searches of the ranks, so that each wins 60 to 75 % against the next.

From the root of the repository, in its environment:

    python -m scripts.release.ladder --board-size 19 --games 100 --real FOX.gocnn --real GTL.gocnn \
        -o FOLDER

From the strongest rank of the network alone downwards, which plays as it ships, a temperature is
sought by short matches at which the rank above wins two games in three; then another match with
other draws is played at that temperature, and only this one is in the table. One that ends outside
of `_GOOD` counts as another short one, and the search goes on, at most `_MATCHES` times. With --up
the ranks above are set in the same way, from the lowest upwards, by the number of positions that
they look at. Beside it stands how the games look: how often the move was the network's first
choice, how many points a move cost, and how many moves cost more than `_BLUNDER` points. The same
is measured on real even games between players within one rank of it, with the same network, told no
ranks; REAL files are asked in turn for such games.

With --check nothing is sought: one match of each step is played with what ships.

What is found for a rank is kept in FOLDER, so the command goes on where it was stopped.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.files import write_atomically
from gocnn.go.board import BLACK, WHITE
from gocnn.go.game import Game
from gocnn.go.ranks import UNKNOWN, Rank
from gocnn.inference.predictor import Predictor
from gocnn.inference.weights import LoadedNetwork, load_network
from gocnn.match.selfplay import SelfPlayGame, parse_style, play_games, share_won
from gocnn.network.device import choose_device
from gocnn.play.style import Style, rank_text
from gocnn.prediction import Evaluator
from gocnn.rating.traits import measure_traits
from gocnn.stats import markdown_table, wilson

DOWN = "4k,6k,8k,10k,12k,14k,16k,18k,20k"  # all play by the network alone
UP = "4k,2k,1d,3d,5d,7d,9d"
_GOOD = 0.6, 0.75
_MATCHES = 4  # at the temperature found, at most
_TRIES = 3  # short matches of a search
_CHECKED = 1000  # the seed of draws that no search has seen
_SHORT = 0.4  # of the games of a match
_SURE = 0.01  # nats squared; so far apart, what was tried counts as much as the slope expected
_LOOKED_AT = 40  # games of a rank, at most
_BLUNDER = 5.0  # points


@dataclass(frozen=True, kw_only=True)
class Knob:
    """What makes the stronger of two players win more often, the larger it is."""

    aim: float  # share of the games that the stronger one is to win
    scale: Callable[[float], float]  # on which strength changes about evenly
    unscale: Callable[[float], float]
    slope: float  # nats of the odds for 1 on that scale, before anything is known
    most: float

    @property
    def odds(self) -> float:
        """The aim in nats."""
        return math.log(self.aim / (1 - self.aim))

    def further(self, value: float, odds: float, slope: float) -> float:
        """The value at which the odds are so many nats better."""
        return min(self.most, self.unscale(self.scale(value) + odds / slope))


# Of the weaker one, and of the stronger one.
TEMPERATURE = Knob(aim=0.67, scale=math.log1p, unscale=math.expm1, slope=4.0, most=10.0)
VISITS = Knob(aim=0.64, scale=math.log, unscale=math.exp, slope=0.4, most=10_000)


@dataclass(frozen=True)
class Look:
    """What the moves of some games look like to the network."""

    games: int
    moves: int
    first_choice: float  # share of the moves
    loss: float  # mean of the points that a move cost, gains counted as nothing
    blunders: float  # share of the moves that cost more than `_BLUNDER`

    def cells(self) -> list[str]:
        """Its columns of the table: shares in percent, the loss in points."""
        return [
            f"{100 * self.first_choice:.1f}",
            f"{self.loss:.2f}",
            f"{100 * self.blunders:.1f}",
        ]


@dataclass(frozen=True)
class Step:
    """A rank of the ladder."""

    rank: int
    temperature: float
    visits: int
    won: float | None  # share of the games that the stronger of it and the one before won, if any
    games: int
    played: Look
    real: Look | None  # None where there are no such games


def seek(
    before: Style, style: Style, predict: Evaluator, games: int, size: int
) -> tuple[Style, list[tuple[int, SelfPlayGame]]]:
    """How a rank has to play beside the one before: the stronger of the two wins `Knob.aim`.

    Args:
        before: the rank that is set already.
        style: the rank; it gets a temperature where it is the weaker one, else a search.
        predict: the network.
        games: of a match.
        size: lines of the board.

    Returns:
        The style, and the games of the match that was played at it, the stronger one first.
    """
    up = style.rank > before.rank
    knob = VISITS if up else TEMPERATURE
    low: float = before.visits_on(size) if up else before.temperature_on(size)
    value = knob.further(low, knob.odds, knob.slope)
    tried: list[tuple[float, float, int]] = []  # (value, odds in nats, games)
    short = 2 * max(1, round(_SHORT * games / 2))
    for number in range(_TRIES + _MATCHES):
        count = short if number < _TRIES else games
        style = replace(style, visits=round(value)) if up else replace(style, temperature=value)
        played, rate = _match(before, style, predict, count, size, number)
        if count == games and _GOOD[0] <= rate <= _GOOD[1]:
            break
        tried.append((value, _odds(rate, count), count))
        if number < _TRIES + _MATCHES - 1:
            value = max(low, next_value(knob, tried))
    return style, played


def _match(
    one: Style, other: Style, predict: Evaluator, games: int, size: int, seed: int
) -> tuple[list[tuple[int, SelfPlayGame]], float]:
    """The games of two ranks, and the share that the stronger one won."""
    above, below = (one, other) if one.rank > other.rank else (other, one)
    label = " - ".join(
        f"{rank_text(each.rank)} at {each.temperature_on(size):.2f}, {each.visits_on(size)} visits"
        for each in (above, below)
    )
    played = play_games(predict, (above, below), games, size=size, seed=seed, label=label)
    won = share_won(played)
    print(f"{label}: {100 * won:.0f} % of {games}", file=sys.stderr)
    return played, won


def next_value(knob: Knob, tried: Sequence[tuple[float, float, int]]) -> float:
    """Where a line through what was tried reaches the aim; its slope is drawn to the expected."""
    values, odds, games = np.array(tried).T
    steps = np.array([knob.scale(value) for value in values])
    mean, mean_odds = (np.average(values, weights=games) for values in (steps, odds))
    beside = steps - mean
    weighted = games * beside
    prior = _SURE * games.mean()
    slope = (weighted @ (odds - mean_odds) + prior * knob.slope) / (weighted @ beside + prior)
    middle = knob.unscale(float(mean))
    return knob.further(middle, knob.odds - mean_odds, max(float(slope), knob.slope / 4))


def _odds(rate: float, games: int) -> float:
    won = rate * games
    return math.log((won + 0.5) / (games - won + 0.5))


def look(
    network: LoadedNetwork, corpus: Corpus, numbers: NDArray[np.int64], rank: Rank | None = None
) -> Look:
    """What the moves of games look like to a network that is told no ranks.

    Args:
        network: which judges.
        corpus: the games.
        numbers: int64[G], which of them.
        rank: whose moves; None for those of both sides.

    Raises:
        GocnnError: when the network answers no lead.
    """
    traits = measure_traits(network, corpus, numbers, exact=False)
    if np.isnan(traits.lead).any():
        raise GocnnError("the network answers no lead, so it cannot tell what a move costs")
    counts = np.ones(len(traits.plies), bool)
    if rank is not None:
        records = corpus.games[numbers][traits.games]
        movers = np.where(traits.colours == BLACK, records["black_rank"], records["white_rank"])
        counts = movers == rank
    loss = np.maximum(traits.lead - traits.lead_after, 0)[counts & ~np.isnan(traits.lead_after)]
    return Look(
        games=len(numbers),
        moves=int(counts.sum()),
        first_choice=float((traits.place[counts] == 1).mean()),
        loss=float(loss.mean()),
        blunders=float((loss > _BLUNDER).mean()),
    )


def real_look(
    network: LoadedNetwork, corpora: Sequence[Corpus], rank: Rank, size: int
) -> Look | None:
    """What real even games around a rank look like, from the first corpus that has any."""
    for corpus in corpora:
        records = corpus.games
        fits = (records["size"] == size) & (records["handicap"] == 0) & (corpus.moves > 0)
        for side in ("black_rank", "white_rank"):
            fits &= (records[side] != UNKNOWN) & (np.abs(records[side].astype(int) - rank) <= 1)
        numbers = np.random.default_rng(0).permutation(np.flatnonzero(fits))[:_LOOKED_AT]
        if len(numbers):
            return look(network, corpus, np.sort(numbers))
    return None


def corpus_of(played: Sequence[SelfPlayGame]) -> Corpus:
    """Games that were just played."""
    games = []
    for game in played:
        entries, setup = game.position.entries()
        games.append(
            Game(
                size=game.position.size,
                entries=entries,
                setup=setup,
                komi=game.position.komi,
                black_rank=game.players[BLACK].style.rank,
                white_rank=game.players[WHITE].style.rank,
            )
        )
    return Corpus.from_games(games)


def table(steps: Sequence[Step]) -> str:
    """Markdown: a line a rank, in the order in which they were set."""
    up = len(steps) > 1 and steps[1].rank > steps[0].rank
    head = ["rank", "temperature", "visits"]
    head.append("won against the rank below %" if up else "the rank above won %")
    head += [f"{what}, {whose}" for whose in ("played", "real") for what in _LOOKS]
    rows = []
    for step in steps:
        won = "-"
        if step.won is not None:
            low, high = wilson(step.won, step.games)
            won = f"{100 * step.won:.0f} ({100 * low:.0f} to {100 * high:.0f})"
        real = ["-"] * len(_LOOKS) if step.real is None else step.real.cells()
        how = [rank_text(Rank(step.rank)), f"{step.temperature:.2f}", str(step.visits)]
        rows.append([*how, won, *step.played.cells(), *real])
    return markdown_table(head, rows)


_LOOKS = "first choice %", "loss, points", "blunders %"


def climb(
    network: LoadedNetwork,
    predict: Evaluator,
    ranks: Sequence[Rank],
    real: Sequence[Corpus],
    file: Path,
    *,
    games: int,
    size: int,
    check: bool = False,
) -> list[Step]:
    """All steps of the ladder, up or down; those that the file has are taken from there.

    Args:
        network: judges what games look like.
        predict: plays.
        ranks: each beside the next one on the ladder; the first one plays as it ships.
        real: games to compare with.
        file: where the steps are kept.
        games: of a match.
        size: lines of the board.
        check: whether to play at what ships, in place of seeking anything.
    """
    steps = _read(file)
    for rank in ranks[len(steps) :]:
        style, won = parse_style(rank_text(rank)), None
        if not steps:
            played = play_games(predict, (style, style), games, size=size, label=rank_text(rank))
        else:
            last = steps[-1]
            before = replace(
                parse_style(rank_text(Rank(last.rank))),
                temperature=last.temperature,
                visits=last.visits,
            )
            if check:
                played, won = _match(before, style, predict, games, size, _CHECKED)
            else:
                style, played = seek(before, style, predict, games, size)
                won = share_won(played)
        corpus = corpus_of([game for _, game in played[:_LOOKED_AT]])
        steps.append(
            Step(
                rank=int(rank),
                temperature=round(style.temperature_on(size), 3),
                visits=style.visits_on(size),
                won=won,
                games=games,
                played=look(network, corpus, np.arange(len(corpus)), rank),
                real=real_look(network, real, rank, size),
            )
        )
        text = json.dumps([asdict(step) for step in steps], indent=1)
        write_atomically(file, text.encode() + b"\n")
        print(table(steps).splitlines()[-1], file=sys.stderr)
    return steps


def _read(file: Path) -> list[Step]:
    if not file.exists():
        return []
    steps = json.loads(file.read_text(encoding="utf-8"))
    for step in steps:
        step["played"] = Look(**step["played"])
        step["real"] = step["real"] and Look(**step["real"])
    return [Step(**step) for step in steps]


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", default="default", help="the network; default: %(default)s")
    parser.add_argument("--board-size", type=int, default=19, help="default: %(default)s")
    parser.add_argument("--games", type=int, default=100, help="of a match; default: %(default)s")
    parser.add_argument("--check", action="store_true", help="play at what ships, seek nothing")
    parser.add_argument("--up", action="store_true", help="the ranks above, by their search")
    parser.add_argument("--ranks", help=f"default: {DOWN}; with --up {UP}")
    parser.add_argument("--real", type=Path, action="append", default=[], help="packed real games")
    parser.add_argument("-o", "--output", type=Path, required=True, help="a folder")
    options = parser.parse_args()
    try:
        chosen = options.ranks or (UP if options.up else DOWN)
        ranks = [parse_style(text).rank for text in chosen.split(",")]
        real = [Corpus.open(path) for path in options.real]
        network = load_network(options.weights, choose_device("auto"))
        predictor = Predictor(options.weights)
        options.output.mkdir(parents=True, exist_ok=True)
        way = "up" if options.up else "down"
        steps = climb(
            network,
            predictor.predict,
            ranks,
            real,
            options.output / f"ladder-{way}-{options.board_size}.json",
            games=options.games,
            size=options.board_size,
            check=options.check,
        )
    except GocnnError as error:
        print(f"ladder: {error}", file=sys.stderr)
        return 2
    print(table(steps))
    return 0


if __name__ == "__main__":
    sys.exit(main())
