"""What controllers add to GTP 2: KGS's, KataGo's and GoGui's commands, parameters, SGF, clocks."""

import errno
import json
import os
import queue
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import point_of_vertex, vertex
from gocnn.go.position import Position
from gocnn.go.rules import RULESETS
from gocnn.gtp.background import report_stages
from gocnn.gtp.clock import Clock
from gocnn.gtp.commands.parameters import PARAMETERS
from gocnn.gtp.session import Session
from gocnn.prediction import Conditions, Prediction
from gocnn.sgf.reader import load_game
from tests.support.gtp_talk import leaning, new_session, playing_on, small_session, talk


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        # KGS
        ("kgs-time_settings none", "="),
        ("kgs-time_settings absolute 600", "="),
        ("kgs-time_settings byoyomi 600 30 5", "="),
        ("kgs-time_settings canadian 600 300 25", "="),
        ("kgs-time_settings byoyomi 600 30", "? syntax error"),
        ("kgs-time_settings none 5", "? syntax error"),
        ("kgs-time_settings absolute -5", "? syntax error"),
        ("kgs-time_settings hourglass 5", "? syntax error"),
        ("kgs-time_settings", "? syntax error"),
        ("kgs-game_over", "="),
        ("kgs-rules japanese", "="),
        ("kgs-rules ing", "? syntax error"),
        ("kgs-rules", "? syntax error"),
        ("kgs-chat", "? syntax error"),
        ("kgs-chat aloud joe hello", "? syntax error"),
        ("kgs-genmove_cleanup", "? syntax error"),
        ("kgs-genmove_cleanup green", "? syntax error"),
        # rules
        ("kata-set-rules japanese", "="),
        ("kata-set-rules Tromp-Taylor", "="),
        ('kata-set-rules {"scoring":"AREA","ko":"SIMPLE"}', "="),
        ("kata-set-rules {", "? syntax error"),
        ('kata-set-rules {"scoring":"MONEY"}', "? unsupported rule: scoring MONEY"),
        ('kata-set-rules {"suicide":true}', "? unsupported rule: suicide True"),
        ("kata-set-rule ko POSITIONAL", "="),
        ("kata-set-rule suicide false", "="),
        ("kata-set-rule suicide true", "? unsupported rule: suicide True"),
        ("kata-set-rule ko", "? syntax error"),
        # GoGui
        ("gogui-interrupt", "="),
        # parameters
        ("gocnn-param rank 5k/gocnn-param rank", "= 5k"),
        ("gocnn-param RANK 9p/gocnn-param rank", "= pro"),
        ("gocnn-param opponent_rank 3d/gocnn-param opponent-rank", "= 3d"),
        (
            "gocnn-param rank strong",
            "? 'strong' is not a rank: give 20k to 1k, 1d to 9d, pro, or best",
        ),
        ("gocnn-param temperature 0.5/gocnn-param temperature", "= 0.5"),
        ("gocnn-param rank 9k/gocnn-param temperature", "= rank"),
        (
            "gocnn-param temperature 1/gocnn-param temperature RANK/gocnn-param temperature",
            "= rank",
        ),
        ("gocnn-param temperature 11", "? temperature is 0 to 10, not 11.0"),
        ("gocnn-param temperature hot", "? syntax error"),
        ("gocnn-param seed -1", "? syntax error"),
        ("gocnn-param visits 64/gocnn-param visits", "= 64"),
        ("gocnn-param visits 64/gocnn-param visits rank/gocnn-param visits", "= rank"),
        ("gocnn-param visits 0", "? visits is 1 to 1000000, not 0"),
        ("gocnn-param resign off/gocnn-param resign", "= 0"),
        ("gocnn-param resign maybe", "? syntax error"),
        ("gocnn-param rules japanese/gocnn-param rules", "= japanese"),
        ("gocnn-param superko 1/gocnn-param superko", "= 1"),
        ("gocnn-param playouts 20/gocnn-param playouts", "= 20"),
        ("gocnn-param rank 5k 6k", "? syntax error"),
        ("set_random_seed 17/get_random_seed", "= 17"),
        ("set_random_seed x", "? syntax error"),
        # what the network says
        ("heatmap 8", "? syntax error"),
        ("heatmap x", "? syntax error"),
        ("kata-raw-nn 8", "? syntax error"),
        ("kata-raw-nn -1", "? syntax error"),
        ("stop", "="),
        ("clear_cache", "="),
        # files
        (
            "printsgf no/such/folder/x",
            "? cannot save file: no/such/folder/x: cannot write (No such file or directory); what "
            "stood there before is untouched: make room or name another folder, and go on",
        ),
    ],
)
def test_answers(lines: str, last: str) -> None:
    session = new_session()
    cut = [lines] if "folder" in lines else lines.split("/")
    *before, answer = talk(session, *cut)
    assert answer == last
    assert all(said.startswith("=") for said in before)
    assert talk(session, "99 name") == ["=99 gocnn"], "the session goes on"


# -- KGS -------------------------------------------------------------------------------------

# White's stones inside black's wall on 7x7 are dead: loose ones, and a group with one eye.
WALL = "b A6 b B6 b C6 b D6 b E6 b F6 b F5 b F4 b F3 b F2 b F1 w A1 w B3 w C3"
HOUSE = "b A4 b B4 b C4 b D4 b D3 b D2 b D1 w A3 w B3 w C3 w C2 w C1 w A2"
TOP = "b B7 b D7 b E7 b F7 b G7"


def stones_of(session: Session, colour: int) -> int:
    return int((session.position.board.stones[:-1] == colour).sum())


@pytest.mark.parametrize("setup", [WALL, HOUSE])
def test_a_cleanup_takes_every_dead_stone_then_passes(setup: str) -> None:
    """Black owns the rest of the board; white passes all the time."""
    session = new_session(playouts=200)
    assert talk(session, "boardsize 7", f"gogui-setup {setup} {TOP}") == ["=", "="]
    talk(session, "play w pass")
    played: list[str] = []
    while not played or played[-1] != "= PASS":
        played += talk(session, "kgs-genmove_cleanup b", "play w pass")[:1]
        assert len(played) < 40, "it never passes"
    assert stones_of(session, WHITE) == 0
    assert stones_of(session, BLACK) > 7


def test_a_pass_is_no_cleanup_while_a_dead_stone_is_left() -> None:
    """The network wants to pass, and `genmove` does; the cleanup takes first."""

    def passing(positions: Sequence[Position], _told: Sequence[Conditions]) -> list[Prediction]:
        policy = np.zeros(positions[0].size ** 2 + 1, np.float32)
        policy[-1] = 1
        return [Prediction(policy, 0.9) for _ in positions]

    def session() -> Session:
        fresh = new_session(passing, playouts=200)
        columns = " ".join(f"b C{row} w D{row}" for row in range(1, 6))
        talk(fresh, "boardsize 5", f"gogui-setup {columns} b A3 b B2 w E3 w A5", "play w pass")
        return fresh

    assert talk(session(), "genmove b") == ["= PASS"]
    assert talk(session(), "kgs-genmove_cleanup b")[0] in ("= A4", "= B5")


def test_kgs_rules_count_and_forbid_repetition() -> None:
    session = new_session()
    for name, counted, superko in (
        ("chinese", "chinese", True),
        ("aga", "aga", True),
        ("new_zealand", "tromp-taylor", True),
        ("japanese", "japanese", False),
    ):
        assert talk(session, f"kgs-rules {name}") == ["="]
        assert session.player.style.rules is RULESETS[counted]
        assert session.search.rules is RULESETS[counted]
        assert (session.superko, session.position.superko) == (superko, superko)
        talk(session, "clear_board")
        assert session.position.superko == superko


def test_chat_says_who_is_playing() -> None:
    session = new_session()
    assert "without any search" in talk(session, "kgs-chat game joe hello there")[0]
    talk(session, "gocnn-param rank best")
    best = session.search.visits
    assert f"{best} positions" in talk(session, "kgs-chat game joe hello")[0]
    talk(session, "gocnn-param rank 3k", "gocnn-param visits 50")
    said = talk(session, "kgs-chat private joe who are you?")[0]
    assert "as a 3k would" in said
    assert "50 positions" in said


# -- rules -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "scoring", "bonus", "ko"),
    [
        ("kata-set-rules japanese", "TERRITORY", "0", "SIMPLE"),
        ("kata-set-rules aga", "AREA", "N-1", "POSITIONAL"),
        ("kata-set-rules chinese", "AREA", "N", "SIMPLE"),
        (
            'kata-set-rules {"ko": "SITUATIONAL", "whiteHandicapBonus": 0}',
            "AREA",
            "0",
            "POSITIONAL",
        ),
        ("kata-set-rule scoring TERRITORY", "TERRITORY", "N", "SIMPLE"),
        ("kata-set-rule whiteHandicapBonus N-1", "AREA", "N-1", "SIMPLE"),
    ],
)
def test_katagos_rules(line: str, scoring: str, bonus: str, ko: str) -> None:
    session = new_session()
    assert talk(session, line) == ["="]
    rules = json.loads(talk(session, "kata-get-rules")[0].removeprefix("= "))
    assert (rules["scoring"], rules["whiteHandicapBonus"], rules["ko"]) == (scoring, bonus, ko)
    again = new_session()
    assert talk(again, f"kata-set-rules {json.dumps(rules)}") == ["="]
    assert again.player.style.rules == session.player.style.rules
    assert again.superko == session.superko


def test_a_search_counts_by_the_rules_of_the_game() -> None:
    session = new_session(rules=RULESETS["japanese"])
    assert session.search.rules is RULESETS["japanese"]
    talk(session, "gocnn-param rules aga")
    assert session.search.rules is RULESETS["aga"]


def test_rules_change_the_score() -> None:
    session = new_session()
    talk(session, "boardsize 9", "komi 0", "fixed_handicap 2", "play w pass")
    assert talk(session, "kata-set-rules chinese", "final_score")[1] == "= B+79"
    assert talk(session, "kata-set-rules tromp-taylor", "final_score")[1] == "= B+81"
    assert talk(session, "kata-set-rules japanese", "final_score")[1] == "= B+79"


# -- GoGui -----------------------------------------------------------------------------------


def test_every_analyze_command_works() -> None:
    """Each line is type/label/command, and the command answers."""
    session = small_session()
    talk(session, "play b C3", "play w G7")
    (answer,) = talk(session, "gogui-analyze_commands")
    kinds = []
    for line in answer.removeprefix("= ").splitlines():
        kind, label, command = line.split("/")
        kinds.append(kind)
        assert label
        assert talk(session, command)[0].startswith("="), command
    assert set(kinds) == {"gfx", "plist", "string", "hstring", "param"}


def gfx(session: Session, command: str) -> dict[str, list[str]]:
    """The words behind each key of a picture."""
    words: dict[str, list[str]] = {}
    for line in talk(session, command)[0].removeprefix("= ").splitlines():
        key, *rest = line.split()
        words.setdefault(key, []).extend(rest)
    return words


def wood_to(colour: str) -> float:
    """How far a colour is from GoGui's wood, 0 to 1 of the way to red, by the green in it."""
    return 1 - int(colour[3:5], 16) / 176


def test_the_policy_is_a_heat_map() -> None:
    """What is likely stands out, and noise is quiet."""

    def network(positions: Sequence[Position], _: Sequence[Conditions]) -> list[Prediction]:
        policy = np.full(82, 0.0002, np.float32)
        policy[[point_of_vertex(name, 9) for name in ("C3", "G7", "E5", "A1")]] = (
            0.7,
            0.2,
            0.05,
            0.002,
        )
        policy[-1] = 1 - policy[:-1].sum()
        return [Prediction(policy, 0.6) for _ in positions]

    picture = gfx(small_session(network), "gocnn-policy")
    shown: dict[str, float] = {}
    for word in picture["COLOR"]:
        if word.startswith("#"):
            strength = wood_to(word)
        else:
            shown[word] = strength
    assert set(shown) == {"C3", "G7", "E5", "A1"}, "0.02 % is not seen"
    assert shown["C3"] > 0.8 > shown["G7"] > 0.45 > shown["E5"] > 0.25, "5 % is clearly seen"
    assert 0 < shown["A1"] < 0.15, "0.2 % is hardly seen"
    labels = dict(zip(picture["LABEL"][::2], picture["LABEL"][1::2], strict=True))
    assert labels == {"C3": "70", "G7": "20", "E5": "5"}


@pytest.mark.parametrize("visits", [1, 40])
def test_candidates_have_their_win_rates(visits: int) -> None:
    """GoGui cuts the text after some sixty characters, so that the labels have to tell."""
    session = small_session(playing_on, visits)
    picture = gfx(session, "gocnn-candidates")
    *_, analysis = session.search.analyse(
        session.position, session.player.conditions(session.position), max_moves=10
    )
    wins = {vertex(move.point, 9): str(round(100 * move.win)) for move in analysis.moves}
    wins.pop("pass", None)
    assert dict(zip(picture["LABEL"][::2], picture["LABEL"][1::2], strict=True)) == wins
    assert len(wins) > 2 and picture["CIRCLE"] == ["C3"]
    text = " ".join(picture["TEXT"])
    assert text.startswith("Black to move wins ") and "best: C3 G7 E5" in text
    assert len(text) <= 60


@pytest.mark.parametrize("name", ["gocnn-heatmap", "gocnn-board"])
def test_texts_for_gogui_keep_their_first_row(name: str) -> None:
    """It trims the blanks that an answer begins with, and the rows must stay below each other."""
    (answer,) = talk(small_session(), name)
    heading, *rows = answer.removeprefix("= ").splitlines()
    assert not heading.startswith(" ") and rows[0].startswith(" ")
    assert len({len(row) for row in rows[:9]}) <= 2
    listed = talk(small_session(), "gogui-analyze_commands")[0]
    assert name in listed and "showboard" not in listed


def test_open_games_are_told_from_finished_ones() -> None:
    """Playouts of an open game kill live stones: nothing is marked, and the text says so."""
    session = small_session()
    talk(session, "play b C3", "play w G7", "play b C7", "play w C4")
    picture = gfx(session, "gocnn-territory")
    assert "MARK" not in picture
    assert "(roughly, by playouts)" in " ".join(picture["TEXT"])
    for line in talk(session, "gogui-analyze_commands")[0].splitlines():
        if "final_" in line:
            assert "(finished games)/" in line


def test_liberties_are_counted_on_every_stone() -> None:
    session = small_session()
    talk(session, "gogui-setup b A1 b A2 w B2 w A3 w E5")
    picture = gfx(session, "gocnn-liberties")
    labels = dict(zip(picture["LABEL"][::2], picture["LABEL"][1::2], strict=True))
    assert labels == {"A1": "1", "A2": "1", "B2": "3", "A3": "2", "E5": "4"}
    assert sorted(picture["COLOR"]) == ["#ff0000", "A1", "A2"]


def test_ladders_are_marked_for_both_sides() -> None:
    """White's stone at E5 is caught from F5 alone, since the other way it runs into H8; the one at
    B8 gets out, and black's at J9 is lost."""
    session = small_session()
    talk(session, "gogui-setup w E5 b D5 b E6 b F4 w B8 b A8 b B9 b B7 b J9 w H9 w H8 w J7")
    picture = gfx(session, "gocnn-ladders")
    marks = {key: sorted(points) for key, points in picture.items() if key != "TEXT"}
    assert marks == {"SQUARE": ["F5"], "TRIANGLE": ["C8"], "MARK": ["J9"]}
    assert "no ladders" in " ".join(gfx(small_session(), "gocnn-ladders")["TEXT"])


def test_territory_is_drawn_and_the_dead_are_marked() -> None:
    session = new_session(playouts=200)
    talk(session, "boardsize 5", "komi 0")
    columns = " ".join(f"b C{r} w D{r}" for r in range(1, 6))
    talk(session, f"gogui-setup {columns} b B2 b B4 w E2 w E4 w A5")
    picture = gfx(session, "gocnn-territory")
    owners = dict(zip(picture["INFLUENCE"][::2], picture["INFLUENCE"][1::2], strict=True))
    assert float(owners["A1"]) > 0.8
    assert float(owners["E1"]) < -0.8
    assert picture["MARK"] == ["A5"]
    assert " ".join(picture["TEXT"][:3]) == "Black leads by"


def test_gogui_is_told_no_board_size_on_attaching() -> None:
    """It would throw the game on its board away, and make a new one of the size answered."""
    listed = talk(new_session(), "list_commands")[0].split()
    assert not [name for name in listed if name.startswith("gogui-rules_")]


# -- parameters ------------------------------------------------------------------------------


def test_parameters_are_listed_as_gogui_reads_them() -> None:
    session = new_session()
    lines = talk(session, "gocnn-param")[0].removeprefix("= ").splitlines()
    assert [line.split()[1] for line in lines] == list(PARAMETERS)
    for line in lines:
        kind, name, value = line.split()
        assert kind[0] + kind[-1] == "[]"
        if kind.startswith("[list/"):
            assert value in kind[1:-1].split("/")[1:]
        assert talk(session, f"gocnn-param {name} {value}") == ["="], "what is shown can be set"
        assert talk(session, f"gocnn-param {name}") == [f"= {value}"]


def test_an_unknown_parameter_is_told_what_there_is() -> None:
    (said,) = talk(new_session(), "gocnn-param strength 5")
    assert said.startswith("? unknown parameter: try rank, ")


def test_a_rank_reaches_the_network_in_a_running_game() -> None:
    ranks = []

    def noting(positions: Sequence[Position], told: Sequence[Conditions]) -> list[Prediction]:
        ranks.append(told[0].rank)
        return leaning(positions, told)

    session = small_session(noting)
    talk(session, "genmove b", "gocnn-param rank 12k", "genmove w")
    assert ranks == [0, 9]
    assert session.position.ply == 2


def test_a_seed_repeats_a_game() -> None:
    def game(session: Session) -> list[str]:
        return talk(session, *["genmove b", "genmove w"] * 4)

    session = new_session(temperature=1.0)
    talk(session, "boardsize 9", "set_random_seed 5")
    first = game(session)
    talk(session, "clear_board", "set_random_seed 5")
    assert game(session) == first
    talk(session, "clear_board", "set_random_seed 6")
    assert game(session) != first


# -- what the network says -------------------------------------------------------------------


def test_the_heatmap_is_leela_zeros() -> None:
    head, *rows, passing, win = talk(small_session(), "heatmap")[0].splitlines()
    assert head == "="
    shares = [[int(share) for share in row.split()] for row in rows]
    assert [len(row) for row in shares] == [9] * 9
    assert shares[6][2] == pytest.approx(500, abs=20)  # C3
    assert shares[2][6] == pytest.approx(200, abs=10)  # G7
    assert passing.startswith("pass: ")
    assert win == "winrate: 0.600000"


def raw(session: Session, view: str) -> tuple[dict[str, str], list[list[float]], list[list[float]]]:
    """(named values, policy rows, ownership rows) of kata-raw-nn."""
    lines = talk(session, f"kata-raw-nn {view}")[0].splitlines()[1:]
    names = {line.split()[0]: line.split()[1] for line in lines if len(line.split()) == 2}
    rows = [[float(n) for n in line.split()] for line in lines if len(line.split()) == 9]
    return names, rows[:9], rows[9:]


def test_the_raw_network_is_katagos() -> None:
    session = small_session()
    talk(session, "play b C3")
    names, policy, owners = raw(session, "0")
    assert names["symmetry"] == "0"
    assert float(names["whiteWin"]) == pytest.approx(0.4)
    assert float(names["whiteLoss"]) == pytest.approx(0.6)
    assert {"noResult", "whiteLead", "policyPass"} <= set(names)
    assert np.isnan(policy[6][2]), "the point is taken"
    total = np.nansum(policy) + float(names["policyPass"])
    assert total == pytest.approx(1, abs=1e-4)
    assert np.shape(owners) == (9, 9)
    assert talk(session, "kata-raw-nn all")[0].count("symmetry") == 8


def test_a_view_is_shown_to_the_network_and_turned_back() -> None:
    """A network that likes the upper left corner likes another one in each view."""

    def corner(positions: Sequence[Position], _told: Sequence[Conditions]) -> list[Prediction]:
        assert positions[0].stones[0, 1] or positions[0].stones.sum() == 1
        policy = np.full(82, 0.001, np.float32)
        policy[0] = 1
        return [Prediction(policy / policy.sum(), 0.5) for _ in positions]

    session = small_session(corner)
    talk(session, "play b E5")
    corners = set()
    for view in range(8):
        _, policy, _ = raw(session, str(view))
        corners.add(vertex(int(np.nanargmax(policy)), 9))
    assert corners == {"A9", "A1", "J9", "J1"}


# -- files -----------------------------------------------------------------------------------


def test_a_game_is_printed_and_read_back(tmp_path: Path) -> None:
    session = new_session()
    talk(session, "boardsize 9", "komi 0.5", "fixed_handicap 2", "play w E5", "play b pass")
    printed = talk(session, "printsgf")[0].removeprefix("= ")
    path = tmp_path / "my game.sgf"
    assert talk(session, f"printsgf {path}") == ["="]
    assert path.read_text(encoding="utf-8").split() == printed.split()
    game = load_game(path)
    assert (game.size, game.komi, game.handicap, len(game)) == (9, 0.5, 2, 2)
    board = talk(session, "showboard")
    other = new_session()
    for bad in (tmp_path, tmp_path / ".."):
        [answer] = talk(session, f"printsgf {bad}")
        assert answer.startswith("? cannot save file: ")
    assert talk(other, f"loadsgf {path}", "showboard") == ["= white", *board]


def test_a_game_that_cannot_be_printed_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "x.sgf").write_text("an old game")
    monkeypatch.setattr(os, "fsync", full)
    [answer] = talk(new_session(), f"printsgf {tmp_path / 'x.sgf'}")
    assert answer.startswith(f"? cannot save file: {tmp_path / 'x.sgf'}: cannot write (No space")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"x.sgf": "an old game"}


# -- handicap --------------------------------------------------------------------------------


def test_free_handicap_goes_on_where_the_network_likes() -> None:
    told = []

    def noting(positions: Sequence[Position], said: Sequence[Conditions]) -> list[Prediction]:
        told.append((said[0].handicap, positions[0].to_move))
        return leaning(positions, said)

    session = small_session(noting)
    points = talk(session, "place_free_handicap 11")[0].split()[1:]
    assert len(set(points)) == 11
    assert told == [(9, BLACK), (10, BLACK)]
    assert session.position.handicap == 11
    assert session.position.to_move == WHITE
    assert stones_of(session, BLACK) == 11


def test_free_handicap_stops_where_only_eyes_are_left() -> None:
    """A network that likes every second point leaves nothing but eyes."""

    def chequered(positions: Sequence[Position], _: Sequence[Conditions]) -> list[Prediction]:
        policy = np.arange(26, dtype=np.float32) % 2
        return [Prediction(policy / policy.sum(), 0.5) for _ in positions]

    session = new_session(chequered)
    talk(session, "boardsize 5")
    points = talk(session, "place_free_handicap 20")[0].split()[1:]
    assert len(points) == stones_of(session, BLACK) == 12


# -- clocks ----------------------------------------------------------------------------------


def test_a_budget_follows_the_clock() -> None:
    assert Clock().budget(BLACK, 361) is None
    absolute = Clock(600)
    first = absolute.budget(BLACK, 361)
    assert first and 5 < first < 20
    absolute.tell(BLACK, 10, 0)
    assert (absolute.budget(BLACK, 361) or 9) < 0.3
    assert absolute.budget(WHITE, 361) == first
    canadian = Clock(0, 300, 25)
    assert canadian.budget(BLACK, 361) == pytest.approx(300 / 25 * 0.8 - 0.3)
    canadian.tell(BLACK, 10, 10)
    assert canadian.budget(BLACK, 361) == pytest.approx(0.5)
    japanese = Clock(0, 30, 1, 5)
    japanese.tell(BLACK, 30, 5)
    assert japanese.budget(BLACK, 361) == pytest.approx(30 * 0.8 - 0.3)


def test_a_clock_runs_where_the_controller_does_not_tell() -> None:
    clock = Clock(10, 30, 1)
    before = clock.budget(BLACK, 81)
    clock.spend(BLACK, 9.5)
    after = clock.budget(BLACK, 81)
    assert before and after and after < before
    clock.spend(BLACK, 5)
    assert clock.budget(BLACK, 81) == pytest.approx(30 * 0.8 - 0.3), "now in byo-yomi"


@pytest.mark.parametrize(
    ("line", "limited"),
    [
        ("time_settings 0 1 0", False),
        ("time_settings 60 0 0", True),
        ("time_settings 0 30 5", True),
        ("kgs-time_settings none", False),
        ("kgs-time_settings absolute 60", True),
        ("kgs-time_settings byoyomi 0 30 5", True),
        ("kgs-time_settings canadian 0 300 25", True),
    ],
)
def test_what_is_no_limit(line: str, limited: bool) -> None:
    session = new_session()
    talk(session, "time_settings 5 0 0", line)
    assert (session.clock.budget(BLACK, 361) is not None) == limited


# -- the start -------------------------------------------------------------------------------


def test_a_slow_start_tells_what_it_is_at() -> None:
    told: queue.Queue[str] = queue.Queue()
    with report_stages(told.put, first=0.05, pause=0.05) as stage:
        stage("loading")
        assert told.get(timeout=20).startswith("loading (")
        stage("compiling")
        while not (said := told.get(timeout=20)).startswith("compiling ("):
            assert said.startswith("loading (")


def test_a_quick_start_is_silent() -> None:
    told: list[str] = []
    with report_stages(told.append) as stage:
        stage("loading")
    assert not told
