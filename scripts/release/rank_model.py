r"""Learn a model behind `gocnn rank`, and measure it on games that it has not seen.

From the root of the repository, in its environment:

    python -m scripts.release.rank_model fox TRAIN.gocnn TEST.gocnn -o FOLDER \
        --train-games 8800 --test-games 1540 [--players TEST.sgf.xz]

TRAIN and TEST are packed games on 19x19: for the scale ``fox`` of players of one group of ranks
(see `gocnn.rating.model`), about as many of each; for ``kgs`` of any ranks. Games are drawn at
random but always the same. What the network says of them, in bfloat16 where that is faster, is kept
in FOLDER, so the command goes on where it was stopped. It writes gocnn/rating/SCALE.safetensors and
prints the tables of docs/ranks.md: groups of 1, 5, 10 and 20 games of one rank, one side of each.
With --players, games with their players' names, it also takes groups of one player's games. With
--measure the model that ships is measured, and none is learnt.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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
from gocnn.rating.players import by_player, games_of
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
_HELD_OUT = 0.1  # of the games, to tell how much the games of a group count
_TEMPERS = np.linspace(0.3, 1.0, 15)
_TRIALS = 300  # groups of games of each rank
_FEWEST_GAMES, _MOST_GAMES = 5, 10  # of one player at one rank


class Sides(NamedTuple):
    """The players of some games, two of each game."""

    played: list[PlayedGame]
    groups: NDArray[np.int64]  # [N] index into the scale's groups
    games: NDArray[np.int64]  # [N]
    colours: NDArray[np.int8]  # [N]

    def select(self, chosen: NDArray[np.int64]) -> "Sides":
        """Some of them, by number."""
        played = [self.played[i] for i in chosen]
        return Sides(played, self.groups[chosen], self.games[chosen], self.colours[chosen])


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
) -> Sides:
    """The players of games; what the network says is read from the folder, or written there."""
    folder.mkdir(parents=True, exist_ok=True)
    played, groups, numbers, colours = [], [], [], []
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
                        colours.append(colour)
            progress.update(len(traits.plies))
    return Sides(played, np.array(groups), np.array(numbers), np.array(colours, np.int8))


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


def learn(sides: Sides, scale: Scale, members: int = _MEMBERS) -> RankModel:
    """Learn a model, and how much the games of a group count."""
    rng = np.random.default_rng(1)
    games = np.unique(sides.games)
    held_out = rng.random(len(games))[np.searchsorted(games, sides.games)] < _HELD_OUT
    unseen = sides.select(np.flatnonzero(held_out))
    trial = _learn(sides.select(np.flatnonzero(~held_out)), scale, 1, 1.0, "how sure")
    logs = trial.log_probabilities(unseen.played)
    losses = np.zeros(len(_TEMPERS))
    for group, chosen in trials(unseen, scale, 10):
        for index, temper in enumerate(_TEMPERS):
            logits = logs[chosen].sum(0) * len(chosen) ** (temper - 1)
            losses[index] += float(np.logaddexp.reduce(logits) - logits[group])
    return _learn(sides, scale, members, float(_TEMPERS[int(np.argmin(losses))]), "learn")


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
    """Games whose players have enough of them at one rank."""

    corpus: Corpus
    players: list[list[tuple[int, int]]]  # of each player at one rank: games and colours


def named(games: Iterable[Game], scale: Scale) -> Named:
    """The games of those players, `_MOST_GAMES` of each at one rank."""
    fitting = [
        game
        for game in games
        if game.size == 19
        and len(game) >= _FEWEST_MOVES
        and is_ranked(game.black_rank)
        and is_ranked(game.white_rank)
    ]
    own: dict[tuple[str, int], list[tuple[Game, int]]] = defaultdict(list)
    for name, sides in by_player(fitting).items():
        for game, colour in sides:
            rank = game.black_rank if colour == BLACK else game.white_rank
            own[name, scale.group_of(rank)].append((game, colour))
    enough = [sides[:_MOST_GAMES] for sides in own.values() if len(sides) >= _FEWEST_GAMES]
    kept = games_of({str(number): sides for number, sides in enumerate(enough)})
    numbers = {id(game): number for number, game in enumerate(kept)}
    players = [[(numbers[id(game)], colour) for game, colour in sides] for sides in enough]
    return Named(Corpus.from_games(kept), players)


def report_players(
    model: RankModel, sides: Sides, players: Sequence[Sequence[tuple[int, int]]]
) -> str:
    """Markdown: the same for groups of games of one player, one after another."""
    places = {
        (int(game), int(colour)): place
        for place, (game, colour) in enumerate(zip(sides.games, sides.colours, strict=True))
    }
    logs = model.log_probabilities(sides.played)
    rows = []
    for count in (1, _FEWEST_GAMES, _MOST_GAMES):
        drawn = []
        able = 0
        for player in players:
            own = np.array([places[side] for side in player if side in places])
            able += len(own) >= count
            for first in range(0, len(own) - count + 1, count):
                chosen = own[first : first + count]
                drawn.append((int(sides.groups[chosen[0]]), chosen))
        cells = accuracy(model, logs, drawn).cells if drawn else ["-"] * len(_HEAD)
        rows.append([str(count), str(able), str(len(drawn)), *cells])
    return markdown_table(["games of one player", "players", "groups of games", *_HEAD], rows)


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
    parser.add_argument("--players", type=Path, action="append", help="SGF, as for gocnn rank")
    parser.add_argument("--measure", action="store_true", help="the model that ships; learn none")
    parser.add_argument("--model", type=Path, help="the file to write; by default the one to ship")
    options = parser.parse_args()
    scale = SCALES[options.scale]
    shipped = Path(__file__).parents[2] / "gocnn" / "rating" / f"{scale.name}.safetensors"
    try:
        network = load_network(WEIGHTS, choose_device("cpu"))

        def sides(name: str, corpus: Corpus, games: NDArray[np.int64]) -> Sides:
            return measured(
                network, corpus, games, scale, options.folder / f"{scale.name}-{name}", name
            )

        def drawn(name: str, count: int) -> Sides:
            corpus = Corpus.open(getattr(options, name))
            return sides(name, corpus, draw(corpus, scale)[:count])

        if options.measure:
            model = rank_model(scale)
        else:
            learnt = drawn("train", options.train_games)
            model = learn(learnt, scale)
            save_rank_model(model, options.model or shipped, len(np.unique(learnt.games)))
        print(report(model, drawn("test", options.test_games)))
        if options.players:
            chosen = named(games_with_names(options.players), scale)
            numbers = np.arange(len(chosen.corpus))
            played = sides("players", chosen.corpus, numbers)
            print(f"\n{report_players(model, played, chosen.players)}")
    except (GocnnError, OSError) as error:
        sys.exit(f"rank_model: {error}")


if __name__ == "__main__":
    main()
