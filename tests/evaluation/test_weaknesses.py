"""Situations on boards where they can be seen, and the table and pictures made of them."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import weaknesses
from situations import CATCH, KO_ANSWER, KO_BAN, LOST, RACE, situations

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.go.game import Game
from gocnn.inference.weights import Passport, save_weights
from gocnn.network.registry import build
from tests.support.boards import LADDER, board, point
from tests.support.playing import random_corpus

KO = ". X O . . / X . X O . / . X O . . / . . . . . / . . . . ."


def found(diagram: str, to_move: int, moves: str) -> list[set[str]]:
    """The situations of each move played from a diagram."""
    position = board(diagram, to_move=to_move)
    for name in moves.split():
        size = position.size
        position.play(size * size if name == "pass" else point(name, size))
    entries, setup = position.entries()
    game = Game(size=position.size, entries=entries, setup=setup, first=to_move)
    positions = Positions(Corpus.from_games([game]), np.array([0]))
    by_name = situations(positions, np.arange(positions.count))
    return [{n for n, holds in by_name.items() if holds[k]} for k in range(positions.count)]


def test_a_ko() -> None:
    taken, threat, answer = found(KO, WHITE, "B4 E1 D1")
    assert {"played: takes a ko", "played: a capture"} <= taken
    assert KO_BAN in threat
    assert KO_ANSWER in answer
    assert not {KO_BAN, KO_ANSWER} & taken
    assert "played: takes a ko" not in threat | answer
    assert "played: on the first line" in threat & answer


def test_nothing_is_a_threat_when_the_ko_is_filled_or_passed() -> None:
    _, _, filled = found(KO, WHITE, "B4 pass C4")
    assert KO_ANSWER not in filled
    assert not found(KO, WHITE, "pass")[0] & {"played: a capture", KO_BAN}


def test_long_ladders() -> None:
    catch, lost = found(LADDER, WHITE, "E6 A1")
    assert CATCH in catch
    assert "own stones in atari" not in catch
    assert {"own stones in atari", LOST} <= lost
    _, free = found(LADDER, WHITE, "E5 A1")  # from the wrong side
    assert "own stones in atari" in free
    assert LOST not in free


def test_a_short_capture_is_no_long_ladder() -> None:
    edge = ". . . . . / . . . . . / . . . . . / . O O O . / O X . . ."
    assert LOST not in found(edge, BLACK, "E5")[0]


def test_a_race_needs_two_large_chains_that_touch() -> None:
    race = ". X X X O / X O O O . / X X X X . / . . . . . / . . . . ."
    assert RACE in found(race, BLACK, "E1")[0]
    apart = "X X X . . / . . . . . / . . . . . / . . . . . / O O O . ."
    assert RACE not in found(apart, BLACK, "E3")[0]


def test_how_far_from_the_last_move() -> None:
    moves = found("/".join([". . . . . . . . ."] * 9), BLACK, "A1 B2 F2 F9 pass A5")
    near, middle, far = (
        f"played: {text}"
        for text in (
            "at most 2 lines from the last move",
            "3 to 5 lines from it",
            "6 lines from it or more",
        )
    )
    places = [{near, middle, far} & names for names in moves]
    assert places == [set(), {near}, {middle}, {far}, set(), set()]


@pytest.fixture
def games(tmp_path: Path) -> tuple[Path, Path]:
    """Weights of an untrained network, and games of 19x19."""
    torch.manual_seed(0)
    settings = {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}
    passport = Passport(architecture="resnet", settings=settings, encoding="full-1")
    save_weights(tmp_path / "w", build("resnet", settings).state_dict(), passport)
    random_corpus(6, size=19, moves=80).save(tmp_path / "games.gocnn")
    return tmp_path / "w", tmp_path / "games.gocnn"


def run(monkeypatch: pytest.MonkeyPatch, *options: object) -> None:
    monkeypatch.setattr(sys, "argv", ["weaknesses", *map(str, options)])
    weaknesses.main()


def test_the_table_counts_and_the_examples_are_errors(
    games: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(monkeypatch, *games, "--examples", "2")
    text = capsys.readouterr().out
    corpus = Corpus.open(games[1])
    count = Positions(corpus, np.arange(6), passes=False).count
    assert f"| all moves | {count:,} | 6 |" in text
    near = re.search(r"at most 2 lines from the last move \| (\d+) ", text)
    assert near
    assert count // 2 < int(near[1]) < count  # so the games are made
    pattern = r"^(\d+:\d+) \w+ to move: the network wants (\w+) .*played was (\w+) "
    errors = re.findall(pattern, text, re.M)
    assert errors
    assert all(wanted != played for _, wanted, played in errors)
    output = tmp_path / "p.svg"
    run(monkeypatch, *games, "--draw", errors[0][0], "-o", output)
    line = capsys.readouterr().out
    assert f"wants {errors[0][1]} (A)" in line
    svg = output.read_text(encoding="utf-8")
    assert svg.count(">A</text>") == svg.count(">B</text>") == 3  # twice the column, once the label


@pytest.mark.parametrize("where", ["7:1", "1:81", "0:1", "1", "a:b"])
def test_no_such_move(
    games: tuple[Path, Path], where: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match=r"weaknesses: .*(no such move|GAME:MOVE)"):
        run(monkeypatch, *games, "--draw", where, "-o", tmp_path / "p.svg")
    assert not (tmp_path / "p.svg").exists()


def test_only_wrong_moves_are_errors_and_the_surest_come_first() -> None:
    rows = np.array([[0, 0, 1, 0, 0.5, 3], [1, 1, 0.1, 0, 0.9, 3], [0, 0, 1, 0, 0.7, 3]])
    positions = Positions(random_corpus(1), np.array([0]))
    measured = weaknesses.Measured(positions, np.arange(3), rows)
    holds = np.array([True, True, True])
    assert weaknesses.surest_errors(measured, holds, 5).tolist() == [2, 0]
    assert weaknesses.surest_errors(measured, np.array([True, False, False]), 5).tolist() == [0]


def test_a_place_is_game_and_move() -> None:
    corpus = random_corpus(2, moves=5)
    assert weaknesses.place("2:5", corpus) == (1, 4)
    with pytest.raises(GocnnError, match="no such move"):
        weaknesses.place("2:6", corpus)
