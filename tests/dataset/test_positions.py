"""Batches: every position once a pass, the same ones however the work is shared."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.conditions import NO_DROPOUT, ConditionDropout, RankOverride
from gocnn.dataset.loader import Stream, interleave, permute_index, prefetch
from gocnn.dataset.positions import NO_REPLY, Positions
from gocnn.errors import GocnnError
from gocnn.features.encoding import FULL
from gocnn.go.board import BLACK
from gocnn.sgf.reader import parse_game
from tests.support.playing import random_corpus


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return random_corpus(12)


@pytest.fixture(scope="module")
def positions(corpus: Corpus) -> Positions:
    return Positions(corpus, np.arange(len(corpus)))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 64, 100, 1025])
def test_shuffled_is_a_permutation(count: int) -> None:
    numbers = np.arange(count)
    first, second = permute_index(numbers, count, 1), permute_index(numbers, count, 2)
    assert sorted(first.tolist()) == sorted(second.tolist()) == numbers.tolist()
    if count >= 64:
        assert (first != second).any()
        assert abs(np.corrcoef(numbers, first)[0, 1]) < 0.3


def test_positions_are_all_moves_of_the_chosen_games(corpus: Corpus) -> None:
    chosen = Positions(corpus, np.array([3, 1]))
    assert chosen.count == len(corpus.game(3)) + len(corpus.game(1))
    games, plies = chosen.locate(np.arange(chosen.count))
    assert set(games[: len(corpus.game(3))].tolist()) == {3}
    assert plies.tolist() == [*range(len(corpus.game(3))), *range(len(corpus.game(1)))]


def test_passes_can_be_left_out(corpus: Corpus, positions: Positions) -> None:
    without = Positions(corpus, np.arange(len(corpus)), passes=False)
    moves = positions.moves(np.arange(positions.count))
    assert without.count == int((moves != 81).sum()) < positions.count
    assert (without.moves(np.arange(without.count)) != 81).all()


def test_ranks_can_be_overridden(positions: Positions) -> None:
    numbers = np.arange(0, positions.count, 7)
    recorded = positions.encode(FULL, numbers)
    for override in (
        RankOverride(rank=5),
        RankOverride(opponent_rank=0),
        RankOverride(rank=26, opponent_rank=30),
        RankOverride(rank=np.arange(len(numbers)) % 31),
    ):
        batch = positions.encode(FULL, numbers, rank_override=override)
        for first, rank in ((0, override.rank), (31, override.opponent_rank)):
            shown = batch.globals[:, first : first + 31]
            if rank is None:
                assert (shown == recorded.globals[:, first : first + 31]).all()
            else:
                assert (shown == np.eye(31)[rank]).all()
        assert (batch.globals[:, 62:] == recorded.globals[:, 62:]).all()
        assert (batch.planes == recorded.planes).all()


def test_a_batch_is_what_the_games_say(corpus: Corpus, positions: Positions) -> None:
    numbers = np.array([0, 7, 41, 77])
    batch = positions.encode(FULL, numbers)
    for row, (index, ply) in enumerate(zip(*positions.locate(numbers), strict=True)):
        game = corpus.game(int(index))
        colour = game.to_move(int(ply))
        stones = batch.planes[row, 0] - batch.planes[row, 1]
        assert (stones == game.stones(int(ply)) * colour).all()
        assert batch.moves[row] == int(game.moves[ply]) & 0x03FF
        assert batch.results[row] == (1.0 if game.winner == colour else 0.0)
        rank = game.black_rank if colour == BLACK else game.white_rank
        assert batch.globals[row, :31].argmax() == rank
        assert batch.known[row] == 1


def test_replies_are_the_opponents_next_moves() -> None:
    played = parse_game(b"(;SZ[9];B[aa];W[bb];W[cc];B[];W[dd])")
    positions = Positions(Corpus.from_games([played, played]), np.arange(2))
    batch = positions.encode(FULL, np.arange(10))
    # White moves twice, so the first of these moves has no reply; nor has the last of a game.
    assert batch.replies is not None
    assert batch.replies.tolist() == [10, NO_REPLY, 81, 30, NO_REPLY] * 2


def test_boards_of_several_sizes_and_no_games_are_refused(corpus: Corpus) -> None:
    mixed = Corpus.from_games([corpus.game(0), random_corpus(1, size=7).game(0)])
    with pytest.raises(GocnnError, match="one size; found 7x7, 9x9"):
        Positions(mixed, np.arange(2))
    with pytest.raises(GocnnError, match="no games"):
        Positions(corpus, np.arange(0))


def test_a_pass_over_the_stream_shows_every_position_once(positions: Positions) -> None:
    batch = 8
    stream = Stream(positions=positions, encoding=FULL, batch=batch, seed=3)
    shown = [stream.at(n).numbers for n in range(-(-2 * positions.count // batch))]
    numbers = np.concatenate(shown)
    first, second = numbers[: positions.count], numbers[positions.count : 2 * positions.count]
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(positions.count))
    assert first.tolist() != second.tolist()


def test_boards_of_all_sizes_take_turns(corpus: Corpus) -> None:
    small = random_corpus(2, size=7)
    mixed = Corpus.from_games([*corpus, *small])
    parts = Positions.by_size(mixed, np.arange(len(mixed)))
    assert [part.size for part in parts] == [9, 7]
    stream = Stream(positions=parts[0], others=parts[1:], encoding=FULL, batch=4)
    sizes, shown = [], {9: [], 7: []}  # type: ignore[var-annotated]
    for number in range(128):
        batch = stream.at(number)
        sizes.append(batch.planes.shape[-1])
        shown[sizes[-1]].extend(batch.numbers.tolist())
    roots = [part.count**0.5 for part in parts]
    assert sizes.count(7) == 2 * round(64 * roots[1] / sum(roots))
    for part in parts:  # within a size, every position comes once before any comes again
        first_pass = shown[part.size][: part.count]
        assert len(set(first_pass)) == len(first_pass)
    alone = Stream(positions=parts[0], encoding=FULL, batch=4)
    assert alone.at(70).numbers.tolist() != stream.at(70).numbers.tolist()


def test_turns_are_spread_and_nobody_is_left_out() -> None:
    cycle = interleave([100_000_000, 1_600_000, 10])
    assert len(cycle) == 64
    assert cycle.count(2) == 1
    assert cycle.count(1) == 7
    gaps = np.diff([place for place, part in enumerate(cycle) if part == 1])
    assert gaps.max() <= 11


def test_processes_share_one_global_batch(positions: Positions) -> None:
    whole = Stream(positions=positions, encoding=FULL, batch=6, seed=1).at(4)
    shares = [
        Stream(positions=positions, encoding=FULL, batch=6, seed=1, rank=r, processes=3).at(4)
        for r in range(3)
    ]
    assert whole.owners is None
    for field in set(whole._fields) - {"owners"}:
        joined = np.concatenate([getattr(share, field) for share in shares])
        assert np.array_equal(joined, getattr(whole, field), equal_nan=joined.dtype.kind == "f"), (
            field
        )
    with pytest.raises(GocnnError, match="cannot be shared by 4"):
        Stream(positions=positions, encoding=FULL, batch=6, processes=4)


def test_conditions_are_dropped_as_often_as_asked(positions: Positions) -> None:
    def globals_with(dropout: ConditionDropout) -> NDArray[np.float32]:
        stream = Stream(positions=positions, encoding=FULL, batch=256, dropout=dropout)
        return stream.at(0).globals

    shown, hidden = (
        globals_with(NO_DROPOUT),
        globals_with(ConditionDropout(ranks=1, kind=1, date=1, komi=1)),
    )
    assert (hidden[:, [0, 31, 66, 71]] == 1).all()
    assert (hidden[:, 63] == 0).all()
    half = globals_with(ConditionDropout(ranks=0.5, kind=0, date=0, komi=0))
    changed = (half != shown).any(1).mean()
    assert 0.35 < changed < 0.6
    assert (half[:, 62:] == shown[:, 62:]).all()


def test_any_rank_is_told_in_place_of_the_recorded_ones(positions: Positions) -> None:
    """One for both players, and all that there are."""
    plain = Stream(positions=positions, encoding=FULL, batch=256, dropout=NO_DROPOUT)
    stream = replace(plain, any_rank=True)
    recorded, drawn = plain.at(3), stream.at(3)
    ranks = drawn.globals[:, :31].argmax(1)
    assert (drawn.globals[:, :31] == drawn.globals[:, 31:62]).all()
    assert set(ranks.tolist()) == set(range(1, 31))
    assert (drawn.globals[:, 62:] == recorded.globals[:, 62:]).all()
    assert (drawn.numbers == recorded.numbers).all() and (drawn.views == recorded.views).all()
    shares = [replace(stream, rank=rank, processes=2).at(3).globals for rank in range(2)]
    assert (np.concatenate(shares) == drawn.globals).all()


def test_ahead_keeps_the_order_and_lets_go() -> None:
    assert list(prefetch(lambda n: n * n, iter(range(20)), threads=3, depth=5)) == [
        n * n for n in range(20)
    ]
    endless = prefetch(lambda n: n, itertools.count(), threads=2, depth=4)
    assert [next(endless) for _ in range(3)] == [0, 1, 2]
    endless.close()


def test_ahead_passes_errors_on() -> None:
    def fail(number: int) -> int:
        raise GocnnError(f"no {number}")

    with pytest.raises(GocnnError, match="no 0"):
        list(prefetch(fail, iter(range(3)), threads=1, depth=2))
