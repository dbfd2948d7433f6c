r"""Learn a model behind `gocnn rank`, and measure it on games that it has not seen.

From the root of the repository, in its environment:

    python -m scripts.release.rank_model fox TRAIN.gocnn TEST.gocnn -o FOLDER \
        --names TRAIN.sgf.xz --train-games 8800 --test-games 1540 [--players TEST.sgf.xz]

TRAIN and TEST are packed games on 19x19: for the scale ``fox`` of players of one group of ranks
(see `gocnn.rating.model`), about as many of each; for ``kgs`` of any ranks. Games are drawn at
random but always the same. What the network says of them, in bfloat16 where that is faster, is kept
in FOLDER, so the command goes on where it was stopped. It writes gocnn/rating/SCALE.safetensors and
prints the tables of docs/ranks.md: groups of 1, 5, 10 and 20 games of one rank, one side of each.

Packed games have no names. --names gives those of TRAIN as game records, from which it learns how
much the games of one player count together: they are more alike than those of one rank. --players
gives records to measure on groups of one player's games, too. With --measure the model that ships
is measured, and none is learnt.
"""

import argparse
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from gocnn.cli.games import games_with_names
from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.go.game import Game
from gocnn.inference.weights import LoadedNetwork, load_network
from gocnn.network.device import choose_device
from gocnn.progress import bar
from gocnn.rating.features import PlayedGame, played_game
from gocnn.rating.model import (
    LEAST_SPREAD,
    SCALES,
    WEIGHTS,
    RankModel,
    Scale,
    is_ranked,
    rank_model,
    save_rank_model,
)
from gocnn.rating.players import Side, by_player, games_of
from gocnn.rating.traits import MoveTraits, measure_traits
from gocnn.stats import count_text, markdown_table

_CHUNK = 22  # games asked about at a time
_FEWEST_MOVES = 60
_FEWEST_OWN = 10  # moves of one side
_UNITS = 64  # of a layer
_MEMBERS = 3  # models that are averaged
_DROPOUT = 0.3
_DECAY = 0.01
_RATE = 2e-3
_BATCH = 32  # sides of an update
_EPOCHS = 12
_HELD_OUT = 0.25  # of the players, to tell how much the games of one count together
_FEWEST_TOGETHER = 3  # games of such a player
_TEMPERS = np.linspace(0.0, 1.0, 21)
_TRIALS = 300  # groups of games of each rank
_FEWEST_GAMES, _MOST_GAMES = 5, 10  # of one player at one rank


class Sides(NamedTuple):
    """The players of some games, two of each game."""

    played: list[PlayedGame]
    groups: NDArray[np.int64]  # [N] index into the scale's groups
    games: NDArray[np.int64]  # [N]
    players: NDArray[np.int64]  # [N] number of the player at this rank; -1 where not known

    def select(self, chosen: NDArray[np.int64]) -> "Sides":
        """Some of them, by number."""
        played = [self.played[i] for i in chosen]
        return Sides(played, self.groups[chosen], self.games[chosen], self.players[chosen])

    def by_player(self, fewest: int) -> list[NDArray[np.int64]]:
        """The sides of each player at one rank that has at least so many games there."""
        known = np.flatnonzero(self.players >= 0)
        order = known[np.argsort(self.players[known], kind="stable")]
        starts = np.flatnonzero(np.diff(self.players[order])) + 1
        return [own for own in np.split(order, starts) if len(own) >= fewest]


def draw(corpus: Corpus, scale: Scale) -> NDArray[np.int64]:
    """All games that fit, in turn of each group of black's, so that any beginning is balanced."""
    records = corpus.games
    fits = (records["size"] == 19) & (corpus.moves >= _FEWEST_MOVES)
    for side in ("black_rank", "white_rank"):
        fits &= np.array([is_ranked(int(rank)) for rank in records[side]])
    groups = np.array([scale.group_of(int(rank)) for rank in records["black_rank"]])
    rng = np.random.default_rng(0)
    parts = []
    for group in range(len(scale.groups)):
        chosen = np.flatnonzero(fits & (groups == group))
        rng.shuffle(chosen)
        parts.append(chosen)
    turns = max(map(len, parts))
    return np.array([p[i] for i in range(turns) for p in parts if i < len(p)], np.int64)


def measured(
    network: LoadedNetwork,
    corpus: Corpus,
    games: NDArray[np.int64],
    scale: Scale,
    folder: Path,
    label: str,
    players: Mapping[tuple[int, int], int] | None = None,
) -> Sides:
    """The sides of games; what the network says is read from the folder, or written there.

    Args:
        network: that is asked.
        corpus: the games.
        games: int64[G], which of them.
        scale: of the ranks.
        folder: where the answers are kept.
        label: of the progress bar.
        players: the number of the player by game and colour, where it is known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    played, groups, numbers, own = [], [], [], []
    with bar(label, int(corpus.moves[games].sum()), unit="positions") as progress:
        for number in range(0, len(games), _CHUNK):
            part = games[number : number + _CHUNK]
            file = folder / f"{number // _CHUNK:05}.npz"
            if not file.exists():
                traits = measure_traits(network, corpus, part, exact=False)
                draft = file.with_suffix(".part.npz")
                np.savez(draft, **traits._asdict())
                draft.replace(file)
            with np.load(file) as saved:
                traits = MoveTraits(**{name: saved[name] for name in MoveTraits._fields})
            for index, game in enumerate(part.tolist()):
                for colour, side in ((BLACK, "black_rank"), (WHITE, "white_rank")):
                    one = played_game(traits, index, colour, 19)
                    if len(one.moves) >= _FEWEST_OWN:
                        played.append(one)
                        groups.append(scale.group_of(int(corpus.games[side][game])))
                        numbers.append(game)
                        own.append((players or {}).get((game, colour), -1))
            progress.update(len(traits.plies))
    return Sides(played, np.array(groups), np.array(numbers), np.array(own))


class _Learner(nn.Module):
    """What `RankModel` computes, for training."""

    def __init__(self, moves: int, whole: int, groups: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(moves, _UNITS), nn.Linear(_UNITS, _UNITS)
        self.last = nn.Linear(2 * _UNITS + whole, groups)

    def forward(self, moves: Tensor, side: Tensor, counts: Tensor, whole: Tensor) -> Tensor:
        """Moves [N, V] of sides [N], so many of each [S], features of games [S, F]: [S, G]."""
        hidden = F.dropout(F.relu(self.first(moves)), _DROPOUT, self.training)
        hidden = F.relu(self.second(hidden))
        zeros = hidden.new_zeros(len(counts), _UNITS)
        mean = zeros.index_add(0, side, hidden) / counts[:, None]
        squares = zeros.index_add(0, side, hidden**2) / counts[:, None]
        spread = ((squares - mean**2).clamp(min=0) + LEAST_SPREAD).sqrt()
        read = F.dropout(torch.cat((mean, spread, whole), 1), _DROPOUT, self.training)
        logits: Tensor = self.last(read)
        return logits


def learn(
    sides: Sides, scale: Scale, members: int = _MEMBERS, temper: float | None = None
) -> RankModel:
    """Learn a model and, where it is not given, how much the games of one player count together.

    Raises:
        GocnnError: when no player has enough games.
    """
    temper = _temper(sides, scale) if temper is None else temper
    return _learn(sides, scale, members, temper, "learn")


def _temper(sides: Sides, scale: Scale) -> float:
    """What makes the players likeliest of whom a model has seen no game."""
    players = [own[:_MOST_GAMES] for own in sides.by_player(_FEWEST_TOGETHER)]
    order = np.random.default_rng(1).permutation(len(players))
    held_out = [players[index] for index in order[: math.ceil(_HELD_OUT * len(players))]]
    if not held_out:
        raise GocnnError(f"no player has {_FEWEST_TOGETHER} games of one rank; see --names")
    unseen = np.isin(sides.games, sides.games[np.concatenate(held_out)])
    trial = _learn(sides.select(np.flatnonzero(~unseen)), scale, 1, 1.0, "how sure")
    losses = np.zeros(len(_TEMPERS))
    for own in held_out:
        logs = trial.log_probabilities([sides.played[side] for side in own])
        for index, temper in enumerate(_TEMPERS):
            logits = logs.sum(0) * len(own) ** (temper - 1)
            losses[index] += float(np.logaddexp.reduce(logits) - logits[sides.groups[own[0]]])
    return float(_TEMPERS[int(np.argmin(losses))])


def _learn(sides: Sides, scale: Scale, members: int, temper: float, label: str) -> RankModel:
    every = np.concatenate([side.moves[::8] for side in sides.played]).astype(np.float32)
    wholes = np.array([side.whole for side in sides.played])
    model = RankModel(
        scale=scale,
        move_mean=every.mean(0),
        move_scale=every.std(0) + 1e-3,
        mean=np.nanmean(wholes, 0),
        spread=np.maximum(np.nanstd(wholes, 0), 1e-6),
        temper=temper,
        **dict.fromkeys(_LAYERS, np.zeros(0, np.float32)),
    )
    layers: dict[str, list[NDArray[np.float32]]] = {name: [] for name in _LAYERS}
    steps = _EPOCHS * (len(sides.played) // _BATCH)
    counts = np.maximum(np.bincount(sides.groups, minlength=len(scale.groups)), 1)
    # Rare groups weigh more: all are as likely before a move is seen.
    weight = torch.from_numpy((counts.mean() / counts).astype(np.float32))
    with bar(label, members * steps, unit="updates") as progress:
        for seed in range(members):
            torch.manual_seed(seed)
            learner = _Learner(every.shape[1], wholes.shape[1], len(scale.groups))
            optimizer = torch.optim.AdamW(learner.parameters(), lr=_RATE, weight_decay=_DECAY)
            schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, max(steps, 1))
            rng = np.random.default_rng(seed)
            for _ in range(_EPOCHS):
                order = rng.permutation(len(sides.played))
                for first in range(0, len(order) - _BATCH + 1, _BATCH):
                    part = sides.select(order[first : first + _BATCH])
                    logits, wanted = learner(*_batch(model, part)), torch.from_numpy(part.groups)
                    loss = F.cross_entropy(logits, wanted, weight=weight)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    schedule.step()
                    progress.update()
            for name in _LAYERS:
                layer = getattr(learner, name.removesuffix("_bias"))
                tensor = layer.bias if name.endswith("_bias") else layer.weight.T
                layers[name].append(tensor.detach().numpy())
    stacked: dict[str, Any] = {name: np.stack(parts) for name, parts in layers.items()}
    return replace(model, **stacked)


_LAYERS = "first", "first_bias", "second", "second_bias", "last", "last_bias"


def _batch(model: RankModel, sides: Sides) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The inputs of a learner."""
    counts = np.array([len(side.moves) for side in sides.played])
    moves = model.inputs(np.concatenate([side.moves for side in sides.played]))
    whole = model.game_inputs(np.array([side.whole for side in sides.played]))
    return (
        torch.from_numpy(moves),
        torch.from_numpy(np.repeat(np.arange(len(counts)), counts)),
        torch.from_numpy(counts.astype(np.float32)),
        torch.from_numpy(whole.astype(np.float32)),
    )


def trials(
    sides: Sides, scale: Scale, count: int, seed: int = 0
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Groups of games of one rank, one side of each game.

    Raises:
        GocnnError: when there are fewer games of a rank than asked for.
    """
    rng = np.random.default_rng((seed, count))
    for group in range(len(scale.groups)):
        own = np.flatnonzero(sides.groups == group)
        games = np.unique(sides.games[own])
        if len(games) < count:
            name = scale.groups[group]
            raise GocnnError(f"only {len(games)} games of {name}, of {count} asked for")
        for _ in range(_TRIALS):
            drawn = rng.choice(games, count, replace=False)
            sides_of = [rng.choice(own[sides.games[own] == game]) for game in drawn]
            yield group, np.array(sides_of)


class Accuracy(NamedTuple):
    """How often the likeliest group is right."""

    cells: list[str]  # of `_HEAD`
    confusion: NDArray[np.float64]  # [played by, said]: how many


_HEAD = ["right %", "right or beside %", "mean error", "within the interval %", "its width"]


def accuracy(
    model: RankModel, logs: NDArray[np.float64], drawn: Iterable[tuple[int, NDArray[np.int64]]]
) -> Accuracy:
    """What the model says of groups of games.

    Args:
        model: to measure.
        logs: [N, G] what it says of each side.
        drawn: the group of ranks that sides are of, and which sides.
    """
    groups = model.scale.groups
    confusion = np.zeros((len(groups), len(groups)))
    held, width = [], []
    for group, chosen in drawn:
        estimate = model.together(logs[chosen])
        likeliest, low, high = map(groups.index, (estimate.group, estimate.low, estimate.high))
        confusion[group, likeliest] += 1
        held.append(low <= group <= high)
        width.append(high - low + 1)
    errors = np.abs(np.subtract.outer(np.arange(len(groups)), np.arange(len(groups))))

    def share(most: int) -> str:
        return f"{100 * confusion[errors <= most].sum() / confusion.sum():.1f}"

    error = f"{(errors * confusion).sum() / confusion.sum():.2f}"
    cells = [share(0), share(1), error, f"{100 * np.mean(held):.1f}", f"{np.mean(width):.1f}"]
    return Accuracy(cells, confusion)


def report(model: RankModel, sides: Sides) -> str:
    """Markdown: how often the group is right by number of games, and what is said for what."""
    logs = model.log_probabilities(sides.played)
    found = {n: accuracy(model, logs, trials(sides, model.scale, n)) for n in (1, 5, 10, 20)}
    rows = [[str(count), *of_count.cells] for count, of_count in found.items()]
    tables = [markdown_table(["games", *_HEAD], rows)]
    for count in (1, 20):
        lines = [
            [name, *(f"{100 * share:.0f}" for share in row / row.sum())]
            for name, row in zip(model.scale.groups, found[count].confusion, strict=True)
        ]
        head = [f"{count_text(count, 'game')} by", *model.scale.groups]
        tables.append(markdown_table(head, lines))
    return "\n\n".join(tables)


class Named(NamedTuple):
    """Games whose players are known."""

    corpus: Corpus
    players: dict[tuple[int, int], int]  # by game and colour: the number of the player at this rank


def named(games: Iterable[Game], scale: Scale) -> Named:
    """The games of players with at least `_FEWEST_GAMES` at one rank, `_MOST_GAMES` of each."""
    fitting = [
        game
        for game in games
        if game.size == 19
        and len(game) >= _FEWEST_MOVES
        and is_ranked(game.black_rank)
        and is_ranked(game.white_rank)
    ]
    own = _by_player_and_group(fitting, scale)
    enough = [sides[:_MOST_GAMES] for sides in own if len(sides) >= _FEWEST_GAMES]
    kept = games_of({str(number): sides for number, sides in enumerate(enough)})
    numbers = {id(game): number for number, game in enumerate(kept)}
    players = {
        (numbers[id(game)], colour): player
        for player, sides in enumerate(enough)
        for game, colour in sides
    }
    return Named(Corpus.from_games(kept), players)


def players_of(
    corpus: Corpus, chosen: NDArray[np.int64], games: Iterable[Game], scale: Scale
) -> dict[tuple[int, int], int]:
    """Who played the games of a corpus, by the same games with their names.

    Returns:
        The number of the player at this rank, by the game's number in the corpus and the colour.
    """
    numbers = {corpus.game(int(number)).moves.tobytes(): int(number) for number in chosen}
    found = [game for game in games if game.moves.tobytes() in numbers]
    return {
        (numbers[game.moves.tobytes()], colour): player
        for player, sides in enumerate(_by_player_and_group(found, scale))
        for game, colour in sides
    }


def _by_player_and_group(games: Iterable[Game], scale: Scale) -> list[list[Side]]:
    own: dict[tuple[str, int], list[Side]] = defaultdict(list)
    for name, sides in by_player(games).items():
        for game, colour in sides:
            own[name, scale.group_of(game.rank_of(colour))].append((game, colour))
    return list(own.values())


def report_players(model: RankModel, sides: Sides) -> str:
    """Markdown: the same for groups of games of one player, one after another."""
    logs = model.log_probabilities(sides.played)
    rows = []
    for count in (1, _FEWEST_GAMES, _MOST_GAMES):
        players = sides.by_player(count)
        drawn = [
            (int(sides.groups[own[0]]), own[first : first + count])
            for own in players
            for first in range(0, len(own) - count + 1, count)
        ]
        cells = accuracy(model, logs, drawn).cells if drawn else ["-"] * len(_HEAD)
        rows.append([str(count), str(len(players)), str(len(drawn)), *cells])
    return markdown_table(["games of one player", "players", "groups of games", *_HEAD], rows)


_PARTS = "train", "test", "players"


def main() -> None:
    """Read the options, measure, learn, measure again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scale", choices=sorted(SCALES))
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("-o", "--folder", type=Path, required=True)
    parser.add_argument("--train-games", type=int, default=8800, help="default: %(default)s")
    parser.add_argument("--test-games", type=int, default=1540, help="default: %(default)s")
    parser.add_argument("--names", type=Path, action="append", default=[], help="TRAIN as SGF")
    parser.add_argument("--temper", type=float, help="of a scale whose TRAIN knows more players")
    parser.add_argument("--players", type=Path, action="append", help="SGF, as for gocnn rank")
    parser.add_argument("--measure", action="store_true", help="the model that ships; learn none")
    parser.add_argument("--model", type=Path, help="the file to write; by default the one to ship")
    options = parser.parse_args()
    scale = SCALES[options.scale]
    shipped = Path(__file__).parents[2] / "gocnn" / "rating" / f"{scale.name}.safetensors"
    try:
        network = load_network(WEIGHTS, choose_device("cpu"))
        kept = {part: options.folder / f"{scale.name}-{part}" for part in _PARTS}
        if options.measure:
            model = rank_model(scale)
        else:
            corpus = Corpus.open(options.train)
            games = draw(corpus, scale)[: options.train_games]
            records = games_with_names(options.names) if options.names else ()
            players = players_of(corpus, games, records, scale)
            learnt = measured(network, corpus, games, scale, kept["train"], "train", players)
            model = learn(learnt, scale, temper=options.temper)
            print(f"temper {model.temper:.2f}", file=sys.stderr)
            save_rank_model(model, options.model or shipped, len(games))
        corpus = Corpus.open(options.test)
        games = draw(corpus, scale)[: options.test_games]
        print(report(model, measured(network, corpus, games, scale, kept["test"], "test")))
        if options.players:
            corpus, players = named(games_with_names(options.players), scale)
            every = np.arange(len(corpus))
            sides = measured(network, corpus, every, scale, kept["players"], "players", players)
            print(f"\n{report_players(model, sides)}")
    except (GocnnError, OSError) as error:
        sys.exit(f"rank_model: {error}")


if __name__ == "__main__":
    main()
