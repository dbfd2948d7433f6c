"""Final owners and leads of counted games, as targets for training."""

import numpy as np

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.owners import UNKNOWN_OWNER, FinalOwners, counted_leads
from gocnn.dataset.positions import Positions
from gocnn.features.encoding import FULL
from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import point_of_vertex
from gocnn.go.game import Game
from gocnn.go.position import Position

# Black lives on the left of a 5x5 board with two eyes, white on the right; nothing is open.
MOVES = "C1 D1 C2 D2 C3 D3 C4 D4 C5 D5 B1 E1 B3 E3 A3 E5 B5 pass pass"
AREA = 5  # points of black's three lines less those of white's two


def counted_game(margin: float | None, winner: int = BLACK, komi: float | None = 0.5) -> Game:
    position = Position(5)
    for move in MOVES.split():
        position.play(point_of_vertex(move, 5))
    entries, setup = position.entries()
    return Game(size=5, entries=entries, setup=setup, komi=komi, winner=winner, margin=margin)


def test_leads_are_seen_from_black_without_komi() -> None:
    games = [
        counted_game(4.5),
        counted_game(2.5, WHITE, 7.5),
        counted_game(None),
        counted_game(4.5, komi=None),
        counted_game(0.0, winner=0),
    ]
    leads = counted_leads(Corpus.from_games(games).games)
    assert leads[:2].tolist() == [5.0, 5.0]
    assert np.isnan(leads[2:]).all()


def test_owners_are_those_of_the_final_position_seen_by_the_mover() -> None:
    expected = np.where(np.arange(5) < 3, 1, -1)[None].repeat(5, axis=0)
    owners = FinalOwners(Corpus.from_games([counted_game(AREA - 0.5)]))
    found = owners(np.zeros(2, np.int64), np.array([BLACK, WHITE], np.int8)).reshape(2, 5, 5)
    assert found[0].tolist() == expected.tolist()
    assert found[1].tolist() == (-expected).tolist()


def test_a_count_that_differs_from_the_record_is_no_target() -> None:
    owners = FinalOwners(Corpus.from_games([counted_game(20.5), counted_game(None)]))
    found = owners(np.array([0, 1]), np.array([BLACK, BLACK], np.int8))
    assert (found == UNKNOWN_OWNER).all()


def test_batches_hold_the_targets_where_they_are_asked_for() -> None:
    corpus = Corpus.from_games([counted_game(AREA - 0.5)])
    games = np.array([0])
    plain = Positions(corpus, games).encode(FULL, np.array([0, 1]))
    assert plain.owners is None
    assert plain.leads.tolist() == [AREA, -AREA]
    batch = Positions(corpus, games, owners=FinalOwners(corpus)).encode(FULL, np.array([0, 1]))
    assert batch.owners is not None
    assert batch.owners.shape == (2, 25)
    assert (batch.owners[0] == -batch.owners[1]).all()


def test_batches_say_where_komi_is_known() -> None:
    corpus = Corpus.from_games([counted_game(4.5), counted_game(4.5, komi=None)])
    batch = Positions(corpus, np.array([0, 1])).encode(FULL, np.array([0, len(MOVES.split())]))
    assert batch.komi_known.tolist() == [1.0, 0.0]
    assert batch.known.tolist() == [1.0, 1.0]
