"""Analysis as controllers read it: forms, arguments, streaming and its end, moves after lines."""

import re
import threading
import time
from collections.abc import Sequence
from functools import partial

import pytest

from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import point_of_vertex
from gocnn.go.position import Position
from gocnn.gtp.analyze_request import AnalyzeRequest
from gocnn.gtp.background import BackgroundEvaluator
from gocnn.gtp.genmove import choose_move
from gocnn.gtp.input import PendingInput
from gocnn.gtp.registry import find_command
from gocnn.gtp.session import Session
from gocnn.play.search import Analysis, Search
from gocnn.play.style import Style
from gocnn.prediction import Conditions, Evaluator, Prediction
from tests.support.gtp_talk import (
    Conversation,
    first_line,
    leaning,
    playing_on,
    small_session,
    talk,
    uniform,
)


def infos(line: str) -> list[dict[str, str]]:
    """The moves of a line of analysis by their keys, as Sabaki and Lizzie take them apart."""
    moves = []
    for part in re.split(r"\s*\binfo\s+", line)[1:]:
        head, _, pv = part.partition(" pv ")
        words = head.split()
        moves.append({**dict(zip(words[::2], words[1::2], strict=True)), "pv": pv})
    return moves


# -- forms -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lz-analyze", "analyze"])
def test_leela_zeros_form_has_integers(name: str) -> None:
    moves = infos(first_line(small_session(), f"{name} 10"))
    assert [move["move"] for move in moves[:4]] == ["C3", "G7", "E5", "pass"]
    assert [move["order"] for move in moves] == [str(n) for n in range(len(moves))]
    for move in moves:
        assert list(move) == ["move", "visits", "winrate", "prior", "lcb", "order", "pv"]
        assert 0 <= int(move["winrate"]) <= 10_000
        assert move["pv"].split()[0] == move["move"]
    assert int(moves[0]["visits"]) == pytest.approx(500, abs=20)
    assert int(moves[0]["prior"]) == pytest.approx(5000, abs=200)


def test_katagos_form_has_floats_and_a_score() -> None:
    session = small_session()
    talk(session, "komi 0.5")
    moves = infos(first_line(session, "kata-analyze 10"))
    assert float(moves[0]["prior"]) == pytest.approx(0.5, abs=0.02)
    assert float(moves[0]["winrate"]) == pytest.approx(0.6)
    assert {"visits", "winrate", "scoreLead", "scoreMean", "scoreStdev", "prior", "lcb"} <= set(
        moves[0]
    )


def test_win_rates_are_the_movers() -> None:
    session = small_session()
    black = infos(first_line(session, "kata-analyze b 10"))[0]
    white = infos(first_line(session, "kata-analyze w 10"))[0]
    assert [float(move["winrate"]) for move in (black, white)] == pytest.approx([0.6, 0.4])


def test_the_lead_is_the_movers() -> None:
    session = small_session()
    talk(session, "komi 0", *(f"play b {column}5" for column in "ABCDEFGHJ"))
    black = infos(first_line(session, "kata-analyze b 10"))[0]
    white = infos(first_line(session, "kata-analyze w 10"))[0]
    assert float(black["scoreLead"]) > 20
    assert float(white["scoreLead"]) < -20


def test_ownership_and_the_root_stand_behind_the_moves() -> None:
    session = small_session()
    talk(session, *(f"play b {column}8" for column in "ABCDEFGHJ"))
    line = first_line(session, "kata-analyze w 10 ownership true rootInfo true")
    rest, _, owners = line.partition(" ownership ")
    values = [float(owner) for owner in owners.split()]
    assert len(values) == 81
    assert max(values[9:18]) < -0.9, "white does not own black's stones"
    _, _, root = rest.partition(" rootInfo ")
    assert root.startswith("visits 1 winrate 0.400000 scoreMean")
    assert "ownership" not in first_line(session, "kata-analyze w 10 ownership false")


def test_without_a_player_it_is_whoevers_turn() -> None:
    session = small_session()
    talk(session, "play b E5")
    assert float(infos(first_line(session, "kata-analyze 10"))[0]["winrate"]) == pytest.approx(0.4)
    assert session.position.to_move == WHITE
    first_line(session, "lz-analyze b 10")
    assert session.position.to_move == WHITE, "the question leaves the board as it is"


# -- arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "B",
        "white",
        "50",
        "B 50",
        "50 B",
        "interval 50",
        "B interval 50",
        "b 5 minmoves 3 maxmoves 5",
        "0",
        "12.5",
        "maxmoves 1 interval 10 w",
        "b interval 10 ownership true pvVisits true movesOwnership false",
        "b 10 avoid b E5,C3 1 avoid w D4 20",
        "b 10 allow b E5,pass 1",
    ],
)
def test_arguments_that_are_understood(arguments: str) -> None:
    assert infos(first_line(small_session(), f"lz-analyze {arguments}"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("red", "syntax error"),
        ("-5", "syntax error"),
        ("nan", "syntax error"),
        ("interval", "syntax error"),
        ("interval x", "syntax error"),
        ("b 10 fast true", "syntax error"),
        ("maxmoves -1", "syntax error"),
        ("maxmoves x", "syntax error"),
        ("ownership maybe", "syntax error"),
        ("avoid b E5", "syntax error"),
        ("avoid b E5 0", "syntax error"),
        ("avoid red E5 1", "syntax error"),
        ("avoid b Z5 1", "invalid coordinates"),
        ("allow b E5,,C3 1", "invalid coordinates"),
    ],
)
@pytest.mark.parametrize("name", ["lz-analyze", "kata-genmove_analyze"])
def test_arguments_that_are_refused(name: str, arguments: str, said: str) -> None:
    session = small_session()
    assert talk(session, f"4 {name} {arguments}", "name") == [f"?4 {said}", "= gocnn"]
    assert session.position.ply == 0


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("maxmoves 2", ["C3", "G7"]),
        ("maxmoves 0", []),
        ("avoid b C3,E5 1 maxmoves 2", ["G7", "pass"]),
        ("avoid b C3 1 avoid b G7 5 maxmoves 1", ["E5"]),
        ("avoid w C3 1 maxmoves 1", ["C3"]),
        ("allow b E5,G7 1", ["G7", "E5"]),
    ],
)
@pytest.mark.parametrize("visits", [1, 30])
def test_moves_are_limited_avoided_or_allowed(
    arguments: str, names: list[str], visits: int
) -> None:
    conversation = Conversation(partial(find_command, small_session(playing_on, visits)))
    conversation.send(f"kata-analyze b 1 {arguments}")
    assert conversation.line() == "="
    if names:
        moves = infos(conversation.line())
        for _ in range(40):  # a search finds its moves by and by
            moves = infos(conversation.line())
        found = [move["move"] for move in moves]
        assert (sorted(found) == sorted(names)) if visits > 1 else (found == names)
    conversation.send("")
    conversation.answer()


# -- streaming -------------------------------------------------------------------------------


def test_lines_come_until_the_next_command() -> None:
    seconds_of_six_lines()


@pytest.mark.timing
def test_lines_come_every_interval() -> None:
    assert 0.7 < seconds_of_six_lines() < 3


def seconds_of_six_lines() -> float:
    """How long six lines take, of an analysis that writes one in 0.2 s."""
    conversation = Conversation(partial(find_command, small_session()))
    conversation.send("3 lz-analyze 20")
    assert conversation.line() == "=3"
    began = time.monotonic()
    for _ in range(6):
        assert conversation.line().startswith("info move C3")
    seconds = time.monotonic() - began
    conversation.send("4 name")
    assert conversation.answer() == []
    assert conversation.answer() == ["=4 gocnn"]
    return seconds


@pytest.mark.parametrize("visits", [1, 1_000_000])
def test_a_command_ends_an_analysis(visits: int) -> None:
    seconds_to_end_an_analysis(visits)


@pytest.mark.timing
@pytest.mark.parametrize("visits", [1, 100_000])
def test_a_command_ends_an_analysis_at_once(visits: int) -> None:
    assert seconds_to_end_an_analysis(visits) < 0.1


def seconds_to_end_an_analysis(visits: int) -> float:
    """From a command to the end of the answer before; the best of three."""
    conversation = Conversation(partial(find_command, small_session(visits=visits)))
    took = []
    for _ in range(3):
        conversation.send("lz-analyze 5")
        assert conversation.line() == "="
        for _ in range(3):
            conversation.line()
        began = time.monotonic()
        conversation.send("name")
        conversation.answer()
        took.append(time.monotonic() - began)
        assert conversation.answer() == ["= gocnn"]
    return min(took)


def test_a_command_that_waits_already_gets_its_answer_after_one_line() -> None:
    answers = talk(small_session(), "1 lz-analyze 100", "2 kata-analyze 100", "3 name")
    assert [answer.count("\n") for answer in answers] == [1, 1, 0]
    assert answers[2] == "=3 gocnn"


def test_an_analysis_of_the_network_alone_costs_nothing_while_it_repeats() -> None:
    asked: list[Position] = []

    def counting(positions: Sequence[Position], told: Sequence[Conditions]) -> list[Prediction]:
        asked.extend(positions)
        return leaning(positions, told)

    conversation = Conversation(partial(find_command, small_session(counting)))
    conversation.send("lz-analyze 1")
    assert conversation.line() == "="
    lines = [conversation.line() for _ in range(100)]
    count = len(asked)
    assert lines[-1] == conversation.line()
    lines += [conversation.line() for _ in range(50)]
    assert len(asked) == count
    conversation.send("")
    conversation.answer()


def test_an_analysis_shows_a_search_that_grows_to_its_visits() -> None:
    conversation = Conversation(partial(find_command, small_session(visits=60)))
    conversation.send("kata-analyze 1 rootInfo true")
    assert conversation.line() == "="
    counts = []
    for _ in range(80):
        counts.append(int(conversation.line().partition("rootInfo visits ")[2].split()[0]))
    assert counts == sorted(counts)
    assert counts[-1] == 60
    conversation.send("")
    conversation.answer()


def test_an_analysis_that_waits_for_the_network_can_be_ended() -> None:
    gate = threading.Event()

    def load() -> Evaluator:
        gate.wait(20)
        return uniform

    network = BackgroundEvaluator(load, print)
    session = Session(Search(network), Style(seed=1), loading=network.loading)
    conversation = Conversation(partial(find_command, session))
    conversation.send("5 lz-analyze 10", "6 name")
    assert conversation.answer() == ["=5"]
    assert conversation.answer() == ["=6 gocnn"]
    conversation.send("lz-analyze 10")
    assert conversation.is_quiet()
    gate.set()
    assert conversation.line() == "="
    assert conversation.line().startswith("info")


def test_an_analysis_without_a_network_fails_like_any_command() -> None:
    def load() -> Evaluator:
        raise OSError("no weights")

    network = BackgroundEvaluator(load, lambda _: None)
    session = Session(Search(network), Style(seed=1), loading=network.loading)
    assert talk(session, "5 lz-analyze 10", "6 name") == ["?5 no weights", "=6 gocnn"]


# -- moves with their lines ------------------------------------------------------------------


@pytest.mark.parametrize("visits", [1, 20])
@pytest.mark.parametrize("name", ["genmove_analyze", "lz-genmove_analyze", "kata-genmove_analyze"])
def test_a_move_comes_behind_its_lines(name: str, visits: int) -> None:
    session = small_session(playing_on, visits)
    (answer, _) = talk(session, f"6 {name} B 50", "name")
    head, *lines, last = answer.splitlines()
    assert head == "=6"
    assert lines and infos(lines[-1])
    assert last == "play C3"
    assert session.position.moves == [(BLACK, point_of_vertex("C3", 9))]
    assert session.position.to_move == WHITE


def test_a_resignation_comes_behind_its_lines_and_the_board_stays() -> None:
    def lost(positions: Sequence[Position], told: Sequence[Conditions]) -> list[Prediction]:
        return [reply._replace(win=0.0) for reply in uniform(positions, told)]

    session = Session(Search(lost), Style(seed=1, playouts=50, resign_after=1))
    white = " ".join(f"w {c}{r}" for c in "ABCDEFGH" for r in (3, 5, 7))
    talk(session, "boardsize 9", f"gogui-setup {white}")
    assert talk(session, "genmove_analyze b 10")[0].splitlines()[-1] == "play resign"
    assert session.position.ply == 0


@pytest.mark.parametrize(
    ("arguments", "move"), [("avoid b C3 1", "G7"), ("allow b E5,A1 1", "E5"), ("", "C3")]
)
@pytest.mark.parametrize("visits", [1, 20])
def test_a_move_respects_what_is_avoided(arguments: str, move: str, visits: int) -> None:
    session = small_session(playing_on, visits)
    (answer,) = talk(session, f"lz-genmove_analyze b 10 {arguments}")
    assert answer.splitlines()[-1] == f"play {move}"
    assert talk(session, "undo", "genmove b") == ["=", "= C3"], "for that move alone"


def test_a_search_ends_by_the_clock() -> None:
    seconds_of_a_timed_move()


@pytest.mark.timing
def test_a_search_keeps_the_clock() -> None:
    assert seconds_of_a_timed_move() < 3


def seconds_of_a_timed_move() -> float:
    """How long a search without another end takes with five seconds left for the game."""
    session = small_session(visits=1_000_000)
    talk(session, "time_settings 10 0 0", "time_left b 5 0")
    began = time.monotonic()
    assert talk(session, "genmove b")[0].startswith("= ")
    seconds = time.monotonic() - began
    assert session.search.visits == 1_000_000
    return seconds


def test_commands_that_wait_do_not_cut_a_search_short_but_an_interrupt_does() -> None:
    asked: list[Position] = []

    def counting(positions: Sequence[Position], told: Sequence[Conditions]) -> list[Prediction]:
        asked.extend(positions)
        return leaning(positions, told)

    talk(small_session(counting, visits=200), "genmove b", "name", "boardsize 9", "")
    assert len(asked) > 100
    conversation = Conversation(partial(find_command, small_session(visits=1_000_000)))
    conversation.send("genmove b")
    assert conversation.is_quiet(0.5)
    conversation.send("# interrupt")
    assert conversation.answer()[0].startswith("= ")


def test_an_interrupted_search_that_fails_keeps_its_number_of_visits() -> None:
    def fail(_analysis: Analysis) -> str:
        raise BrokenPipeError

    session = small_session(visits=1000)
    choosing = choose_move(session, AnalyzeRequest(BLACK), fail)
    assert next(choosing) == 0.0
    with pytest.raises(BrokenPipeError):
        choosing.send(PendingInput.INTERRUPT)
    assert session.search.visits == 1000


@pytest.mark.parametrize("how", ["quit", "end"])
def test_a_search_ends_with_the_session(how: str) -> None:
    """A controller that goes away in the middle of a search is noticed at once."""
    session = small_session(visits=4)
    talk(session, "reg_genmove b")  # compiles
    session.change_style(visits=1_000_000)
    conversation = Conversation(partial(find_command, session))
    conversation.send("genmove b")
    assert conversation.is_quiet(0.5)
    if how == "quit":
        conversation.send("quit")
    else:
        conversation.end()
    assert conversation.line().startswith("= ")
    conversation.thread.join(20)
    assert not conversation.thread.is_alive()


def test_a_quit_that_was_there_before_the_search_ends_nothing() -> None:
    """A file of commands: all of its moves are searched for."""
    session = small_session(visits=200)
    assert talk(session, "genmove b", "quit")[1] == "="
    position = session.position
    position.undo()
    analysis = next(session.search.analyse(position, session.player.conditions(position)))
    assert analysis.visits == 200
