"""A review as one page that can be mailed: board, curves and all data are in it.

Invariants:

- Nothing is loaded from elsewhere, and nothing but the two texts of this package runs: a content
  security policy names their digests.
- What a record holds reaches the page as JSON in which no "<" is left, and as escaped text of the
  title; the page's script sets text, never markup.
"""

import hashlib
import html
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np

from gocnn import __version__
from gocnn.go.board import BLACK, POINT_MASK, WHITE, WHITE_BIT
from gocnn.go.game import Game
from gocnn.go.phases import PHASES
from gocnn.go.position import colour_name
from gocnn.go.ranks import rank_name
from gocnn.review.analysis import (
    GameReview,
    MatchRate,
    MoveReview,
    mark_of,
    match_rate,
    moves_of,
)
from gocnn.review.typical import typical_bands, typical_index
from gocnn.review.words import name_and_rank
from gocnn.stats import count_text

_SCRIPTS = (
    ("gocnn.render", "board.js"),
    ("gocnn.render", "curve.js"),
    ("gocnn.review", "review.js"),
)
_STYLES = (
    ("gocnn.render", "base.css"),
    ("gocnn.render", "board.css"),
    ("gocnn.review", "review.css"),
)
_COLOURS = {"black": BLACK, "white": WHITE}


def review_page(reviews: Sequence[GameReview], ranks: Sequence[Mapping[str, Any]] = ()) -> str:
    """A page of one or several reviews, as HTML.

    Args:
        reviews: one at least; several get a summary.
        ranks: for each player the rank that the moves speak of, as
            `gocnn.rating.players.PlayerRank.as_dict` gives it.
    """
    script, style = _texts(_SCRIPTS), _texts(_STYLES)
    values = {
        "policy": _policy(script, style),
        "version": __version__,
        "title": html.escape(_title(reviews)),
        "style": style,
        "script": script,
        "data": _json(review_data(reviews, ranks)),
    }
    # One pass, so that a name like "{{data}}" is a name.
    first, *parts = _static("gocnn.review", "review.html").split("{{")
    filled = [first]
    for part in parts:
        name, _, rest = part.partition("}}")
        filled += [values[name], rest]
    return "".join(filled)


def review_data(
    reviews: Sequence[GameReview], ranks: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """What the page shows, as plain data; see `review_page`."""
    return {
        "games": [_game_data(review) for review in reviews],
        "players": _players(reviews),
        "ranks": [
            {key: rank[key] for key in ("player", "games", "group", "low", "high", "recorded")}
            for rank in ranks
        ],
        "ranks_about": ranks[0]["about"] if ranks else "",
        "typical": [
            {"label": band.label, "positions": band.positions, "rates": band.rates}
            for band in typical_bands()
        ],
    }


def _game_data(review: GameReview) -> dict[str, Any]:
    record = review.record
    game, details = record.game, record.details
    taken = _captures(game)
    return {
        "size": game.size,
        "setup": [
            [WHITE if entry & WHITE_BIT else BLACK, entry & POINT_MASK]
            for entry in game.entries[: game.setup].tolist()
        ],
        **{name: _player(review, colour) for name, colour in _COLOURS.items()},
        "result": details.properties.get("RE", ""),
        "about": _about(review),
        "comments": {str(ply): text for ply, text in details.comments.items()},
        "moves": [_move_data(review, move, taken[move.number - 1]) for move in review.moves],
        "wins": [round(rate, 4) for rate in review.win_rates],
        "leads": None if review.leads is None else [round(lead, 1) for lead in review.leads],
        "moments": [
            {
                "number": moment.number,
                "loss": round(moment.loss, 4),
                "before": round(moment.win_before, 4),
                "after": round(moment.win_after, 4),
                "line": list(moment.line),
                "searched": moment.searched,
                "turned": moment.turned,
            }
            for moment in review.moments
        ],
        "matches": {name: _matches(review, colour) for name, colour in _COLOURS.items()},
        "typical": {name: typical_index(game, colour) for name, colour in _COLOURS.items()},
        "advice": None if review.advice_rank is None else rank_name(review.advice_rank),
        "visits": review.visits,
    }


def _move_data(review: GameReview, move: MoveReview, taken: list[int]) -> dict[str, Any]:
    return {
        "colour": move.colour,
        "point": move.point,
        "taken": taken,
        "probability": round(move.probability, 5),
        "place": move.place,
        "surprise": round(move.surprise, 2),
        "mark": str(mark_of(review, move.number)),
        "candidates": [[c.point, round(c.probability, 4)] for c in move.candidates],
        "line": list(move.line),
    }


def _captures(game: Game) -> list[list[int]]:
    """The points that each move cleared."""
    boards = [position.stones.ravel() for position in game.positions()]
    return [
        np.flatnonzero((before != 0) & (after == 0)).tolist() for before, after in pairwise(boards)
    ]


def _player(review: GameReview, colour: int) -> dict[str, str]:
    name, rank = name_and_rank(review, colour)
    return {"name": name or colour_name(colour).capitalize(), "rank": rank}


def _about(review: GameReview) -> list[str]:
    """What there is to say about a game in a line."""
    properties, game = review.record.details.properties, review.record.game
    details = [properties.get(name, "") for name in ("GN", "EV", "RO", "PC", "DT")]
    details += [f"{game.handicap} stones handicap" if game.handicap else ""]
    details += [f"komi {game.komi:g}" if game.komi is not None else ""]
    details += [f"result {properties['RE']}" if "RE" in properties else ""]
    details += [count_text(len(game), "move"), f"{game.size}×{game.size}"]
    return [text for text in details if text]


def _matches(review: GameReview, colour: int) -> dict[str, list[float]]:
    rates = {"all": match_rate(moves_of(review, colour))}
    for number, name in enumerate(PHASES):
        rates[name] = match_rate(moves_of(review, colour, number))
    return {name: _rate(rate) for name, rate in rates.items() if rate.moves or name == "all"}


def _rate(rate: MatchRate) -> list[float]:
    return [rate.moves, rate.matched, rate.near, round(rate.surprise, 3)]


def _players(reviews: Sequence[GameReview]) -> list[dict[str, Any]]:
    """The match rates of each named player over all games, who played most first."""
    moves: dict[str, list[MoveReview]] = {}
    games: dict[str, int] = {}
    for review in reviews:
        details = review.record.details
        for name, colour in ((details.black, BLACK), (details.white, WHITE)):
            if name:
                moves.setdefault(name, []).extend(moves_of(review, colour))
                games[name] = games.get(name, 0) + 1
    order = sorted(moves, key=lambda name: (-games[name], name))
    return [
        {"name": name, "games": games[name], "rate": _rate(match_rate(moves[name]))}
        for name in order
    ]


def _title(reviews: Sequence[GameReview]) -> str:
    if len(reviews) > 1:
        return f"Review of {len(reviews)} games"
    players = [_player(reviews[0], colour)["name"] for colour in _COLOURS.values()]
    return f"Review: {' – '.join(players)}"


def _static(package: str, name: str) -> str:
    return (files(package) / "static" / name).read_text(encoding="utf-8")


def _texts(names: Iterable[tuple[str, str]]) -> str:
    return "\n" + "\n".join(_static(package, name) for package, name in names)


def _policy(script: str, style: str) -> str:
    """A content security policy that lets these two texts work, and nothing else."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(data: dict[str, Any]) -> str:
    """JSON for a script element: no text in it can end the element or begin a comment."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
