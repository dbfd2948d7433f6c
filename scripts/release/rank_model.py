r"""Learn the model behind `gocnn rank`, and measure it on games that it has not seen.

From the root of the repository, in its environment:

    python -m scripts.release.rank_model TRAIN.gocnn TEST.gocnn -o FOLDER \
        --train-games 300 --test-games 80

TRAIN and TEST are packed games of Fox, both players of one rank group (see `gocnn.rating.model`).
Games are drawn at random but always the same, so many of each group. What the network says of them
is kept in FOLDER, so the command goes on where it was stopped. It writes gocnn/rating/fox.json and
prints the tables of docs/ranks.md: groups of 1, 5, 10 and 20 games of one rank, one side of each.
In Kuboki et al. 2025 (arXiv 2505.00279) the games of a group are of one player.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.files import write_atomically
from gocnn.go.board import BLACK, WHITE
from gocnn.go.ranks import PRO, UNKNOWN
from gocnn.inference.weights import LoadedNetwork, load_network
from gocnn.network.device import choose_device
from gocnn.progress import bar
from gocnn.rating.features import FEATURES, player_features
from gocnn.rating.model import GROUPS, WEIGHTS, RankModel, group_of
from gocnn.rating.traits import MoveTraits, measure_traits
from gocnn.stats import markdown_table

MODEL = Path(__file__).parents[2] / "gocnn" / "rating" / "fox.json"
_CHUNK = 22  # games asked about at a time
_FEWEST_MOVES = 60
_DECAY = 100.0  # of the weights, beside the sum of the losses
_FOLDS = 5
_TEMPERS = np.linspace(0.3, 1.0, 15)
_TRIALS = 300  # groups of games of each rank


class Sides(NamedTuple):
    """The players of some games, two of each game."""

    features: NDArray[np.float32]  # [N, F]
    groups: NDArray[np.int64]  # [N] index into `GROUPS`
    games: NDArray[np.int64]  # [N]


def draw(corpus: Corpus, per_group: int) -> NDArray[np.int64]:
    """Games, in turn of each group, so that any beginning of the list is balanced."""
    records = corpus.games
    fits = (records["size"] == 19) & (corpus.moves >= _FEWEST_MOVES)
    for side in ("black_rank", "white_rank"):
        fits &= (records[side] != UNKNOWN) & (records[side] != PRO)
    groups = np.array([group_of(int(rank)) for rank in records["black_rank"]])
    rng = np.random.default_rng(0)
    parts = []
    for group in range(len(GROUPS)):
        chosen = np.flatnonzero(fits & (groups == group))
        rng.shuffle(chosen)
        parts.append(chosen[:per_group])
    turns = max(map(len, parts))
    return np.array([p[i] for i in range(turns) for p in parts if i < len(p)], np.int64)


def measured(
    network: LoadedNetwork, corpus: Corpus, games: NDArray[np.int64], folder: Path, label: str
) -> Sides:
    """The players of games; what the network says is read from the folder, or written there."""
    folder.mkdir(parents=True, exist_ok=True)
    features, groups, numbers = [], [], []
    with bar(label, int(corpus.moves[games].sum()), unit="positions") as progress:
        for number in range(0, len(games), _CHUNK):
            part = games[number : number + _CHUNK]
            file = folder / f"{number // _CHUNK:04}.npz"
            if not file.exists():
                traits = measure_traits(network, corpus, part)
                draft = file.with_suffix(".part.npz")
                np.savez_compressed(draft, **traits._asdict())
                draft.replace(file)
            with np.load(file) as saved:
                traits = MoveTraits(**{name: saved[name] for name in MoveTraits._fields})
            for index, game in enumerate(part.tolist()):
                for colour, side in ((BLACK, "black_rank"), (WHITE, "white_rank")):
                    features.append(player_features(traits, index, colour, 19))
                    groups.append(group_of(int(corpus.games[side][game])))
                    numbers.append(game)
            progress.update(len(traits.plies))
    return Sides(np.array(features), np.array(groups), np.array(numbers))


def fit(sides: Sides) -> RankModel:
    """Learn the weights, and how much the games of a group count."""
    everything = np.ones(len(sides.groups), bool)
    games = np.unique(sides.games)
    folds = np.random.default_rng(1).integers(0, _FOLDS, len(games))
    fold = folds[np.searchsorted(games, sides.games)]
    unseen = np.zeros((len(sides.groups), len(GROUPS)))
    for number in range(_FOLDS):
        held_out = fold == number
        unseen[held_out] = _regress(sides, ~held_out).log_probabilities(sides.features[held_out])
    drawn = list(trials(sides, 10))
    losses = []
    for temper in _TEMPERS:
        loss = 0.0
        for group, chosen in drawn:
            logits = unseen[chosen].sum(0) * len(chosen) ** (temper - 1)
            loss += float(np.logaddexp.reduce(logits) - logits[group])
        losses.append(loss)
    return _regress(sides, everything, float(_TEMPERS[int(np.argmin(losses))]))


def _regress(sides: Sides, chosen: NDArray[np.bool_], temper: float = 1.0) -> RankModel:
    raw = sides.features[chosen].astype(np.float64)
    mean, scale = np.nanmean(raw, 0), np.maximum(np.nanstd(raw, 0), 1e-6)
    inputs = torch.from_numpy(np.clip(np.nan_to_num((raw - mean) / scale), -4, 4))
    targets = torch.from_numpy(sides.groups[chosen])
    weights = torch.zeros(raw.shape[1], len(GROUPS), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(GROUPS), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(inputs @ weights + bias, targets, reduction="sum")
        loss = (loss + _DECAY / 2 * weights.square().sum()) / len(targets)
        loss.backward()
        return loss

    optimizer.step(closure)
    return RankModel(FEATURES, mean, scale, weights.detach().numpy(), bias.detach().numpy(), temper)


def trials(sides: Sides, count: int, seed: int = 0) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Groups of games of one rank, one side of each game."""
    rng = np.random.default_rng((seed, count))
    for group in range(len(GROUPS)):
        own = np.flatnonzero(sides.groups == group)
        games = np.unique(sides.games[own])
        if len(games) < count:
            raise GocnnError(f"only {len(games)} games of {GROUPS[group]}, of {count} asked for")
        for _ in range(_TRIALS):
            drawn = rng.choice(games, count, replace=False)
            sides_of = [rng.choice(own[sides.games[own] == game]) for game in drawn]
            yield group, np.array(sides_of)


def report(model: RankModel, sides: Sides) -> str:
    """Markdown: how often the group is right by number of games, and what is said for what."""
    logs = model.log_probabilities(sides.features)
    rows, confusion = [], np.zeros((len(GROUPS), len(GROUPS)))
    for count in (1, 5, 10, 20):
        right, near, off, held, width = [], [], [], [], []
        for group, chosen in trials(sides, count):
            estimate = model.together(logs[chosen])
            ends = (estimate.group, estimate.low, estimate.high)
            likeliest, low, high = map(GROUPS.index, ends)
            right.append(likeliest == group)
            near.append(abs(likeliest - group) <= 1)
            off.append(abs(likeliest - group))
            held.append(low <= group <= high)
            width.append(high - low + 1)
            if count == 20:
                confusion[group, likeliest] += 1
        shares = [f"{100 * np.mean(values):.1f}" for values in (right, near, held)]
        rows.append(
            [str(count), *shares[:2], f"{np.mean(off):.2f}", shares[2], f"{np.mean(width):.1f}"]
        )
    head = [
        "games",
        "right %",
        "right or beside %",
        "mean error",
        "within the interval %",
        "its width",
    ]
    lines = [
        [name, *(f"{100 * share:.0f}" for share in row / row.sum())]
        for name, row in zip(GROUPS, confusion, strict=True)
    ]
    return f"{markdown_table(head, rows)}\n\n{markdown_table(['played by', *GROUPS], lines)}"


def main() -> None:
    """Read the options, measure, learn, measure again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("-o", "--folder", type=Path, required=True)
    parser.add_argument("--train-games", type=int, default=300, help="of each group of ranks")
    parser.add_argument("--test-games", type=int, default=80, help="likewise")
    parser.add_argument("--model", type=Path, default=MODEL, help="the file to write")
    options = parser.parse_args()
    try:
        network = load_network(WEIGHTS, choose_device("cpu"))
        sides = []
        for name, count in (("train", options.train_games), ("test", options.test_games)):
            corpus = Corpus.open(getattr(options, name))
            games = draw(corpus, count)
            sides.append(measured(network, corpus, games, options.folder / name, name))
        model = fit(sides[0])
        plain = {
            "weights": WEIGHTS,
            "games": len(np.unique(sides[0].games)),
            "temper": round(model.temper, 3),
            "features": list(model.features),
            **{
                name: np.round(getattr(model, name), 4).tolist()
                for name in ("mean", "scale", "weights", "bias")
            },
        }
        write_atomically(options.model, (json.dumps(plain) + "\n").encode())
        print(report(model, sides[1]))
    except (GocnnError, OSError) as error:
        sys.exit(f"rank_model: {error}")


if __name__ == "__main__":
    main()
