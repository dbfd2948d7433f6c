"""The ranks that the moves of the players of some games speak of."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.go.game import Game
from gocnn.go.ranks import UNKNOWN, Rank, rank_name
from gocnn.inference.weights import LoadedNetwork
from gocnn.rating.features import PlayedGame, played_game
from gocnn.rating.model import RankEstimate, RankModel, Scale
from gocnn.rating.traits import measure_traits
from gocnn.sgf.players import name_keys
from gocnn.stats import count_text

SIZE = 19  # lines of the boards that the model was learnt on
FEWEST_MOVES = 30
_CHUNK = 16  # games asked about at a time

Side = tuple[Game, int]  # a game and a colour


@dataclass(frozen=True, slots=True)
class PlayerRank:
    """A player, and what the games say of the rank."""

    name: str
    recorded: str  # the rank that most of the records tell; "" where none does
    estimate: RankEstimate

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"player": self.name, "recorded": self.recorded, **self.estimate.as_dict()}


def usable(players: Mapping[str, Sequence[Side]], left_out: Counter[str]) -> dict[str, list[Side]]:
    """The sides that a rank can be estimated from, by player; players without any are dropped.

    Args:
        players: sides by name.
        left_out: counts the games that are left out, by reason.
    """
    reasons = {id(game): _unusable(game) for game in games_of(players)}
    left_out.update(filter(None, reasons.values()))
    kept = {
        name: [(game, colour) for game, colour in sides if not reasons[id(game)]]
        for name, sides in players.items()
    }
    return {name: sides for name, sides in kept.items() if sides}


def _unusable(game: Game) -> str:
    if game.size != SIZE:
        return f"not on {SIZE}x{SIZE}"
    return f"fewer than {FEWEST_MOVES} moves" if len(game) < FEWEST_MOVES else ""


def games_of(players: Mapping[str, Sequence[Side]]) -> list[Game]:
    """The games of some players, each once."""
    return list({id(game): game for sides in players.values() for game, _ in sides}.values())


def by_player(games: Iterable[Game]) -> dict[str, list[Side]]:
    """The sides of each player, by the commonest spelling of the name.

    Players without a name are one for each game.
    """
    sides: dict[str, list[Side]] = {}
    spellings: dict[str, Counter[str]] = {}
    for game in games:
        for colour, name in ((BLACK, game.black_name), (WHITE, game.white_name)):
            keys = name_keys(name)
            fallback = f"{'black' if colour == BLACK else 'white'} of {game.source or 'a game'}"
            key = min(keys) if keys else fallback
            sides.setdefault(key, []).append((game, colour))
            spellings.setdefault(key, Counter())[name if keys else fallback] += 1
    return {spellings[key].most_common(1)[0][0]: part for key, part in sides.items()}


def rank_players(
    network: LoadedNetwork,
    players: Mapping[str, Sequence[Side]],
    model: RankModel,
    *,
    progress: Callable[[int], object] = lambda moves: None,
) -> list[PlayerRank]:
    """Estimate the rank of each player.

    Args:
        network: the one that the model was learnt with.
        players: sides of games on 19x19, by name.
        model: such as `gocnn.rating.model.rank_model` gives for a scale.
        progress: called with the number of moves of each part that is done.

    Returns:
        Those with the most games first.

    Raises:
        GocnnError: when there is no player.
    """
    if not players:
        raise GocnnError("there is no game to estimate a rank from")
    played = _played(network, games_of(players), progress)
    ranks = [
        PlayerRank(
            name,
            _recorded(sides),
            model.estimate([played[id(game), colour] for game, colour in sides]),
        )
        for name, sides in players.items()
    ]
    return sorted(ranks, key=lambda rank: -rank.estimate.games)


def _played(
    network: LoadedNetwork, games: Sequence[Game], progress: Callable[[int], object]
) -> dict[tuple[int, int], PlayedGame]:
    """Both sides of each game in numbers, by the game's identity and the colour."""
    played = {}
    for first in range(0, len(games), _CHUNK):
        part = games[first : first + _CHUNK]
        corpus = Corpus.from_games(part)
        traits = measure_traits(network, corpus, np.arange(len(part)), progress=progress)
        for index, game in enumerate(part):
            for colour in (BLACK, WHITE):
                played[id(game), colour] = played_game(traits, index, colour, SIZE)
    return played


def _recorded(sides: Sequence[Side]) -> str:
    ranks = Counter(game.rank_of(colour) for game, colour in sides)
    ranks.pop(UNKNOWN, None)
    return rank_name(Rank(ranks.most_common(1)[0][0])) if ranks else ""


def ranks_table(ranks: Sequence[PlayerRank]) -> str:
    """Lines of text: a player each, with the likeliest rank, the likely ones, the recorded one."""
    width = min(40, max(len("player"), *(len(rank.name) for rank in ranks)))
    lines = [f"{'player':{width}}  games  rank   likely          recorded"]
    for rank in ranks:
        estimate = rank.estimate
        low, high = estimate.low, estimate.high
        likely = low if low == high else f"{low} to {high}"
        lines.append(
            f"{rank.name[:width]:{width}}  {estimate.games:5}  {estimate.group:5}  {likely:14}  "
            f"{rank.recorded or '-'}"
        )
    return "\n".join(lines)


def foreign_text(games: Sequence[Game], scale: Scale) -> str:
    """A warning about games of other servers than a scale was learnt on; empty without any."""
    foreign = sum(game.kind not in scale.kinds for game in games)
    if not foreign:
        return ""
    return (
        f"{count_text(foreign, 'game')} of {len(games):,} from elsewhere: {scale.about} were "
        "learnt on games of people there; of others, and of programs, they only tell who is "
        "stronger, if that"
    )


def left_out_text(left_out: Counter[str]) -> str:
    """The games left out in a sentence; empty when there are none."""
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in left_out.most_common())
    return f"{count_text(left_out.total(), 'game')} left out: {reasons}" if left_out else ""
