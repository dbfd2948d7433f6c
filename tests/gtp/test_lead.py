"""What a network's lead, deviation and owners become in each answer, and who judges when."""

import math
import re

import numpy as np
import pytest

from gocnn.gtp.session import Session
from gocnn.inference.predictor import Predictor
from gocnn.play.search import Search
from gocnn.play.style import Style
from gocnn.prediction import Prediction
from tests.support.gtp_talk import first_line, last_line, talk
from tests.support.networks import save_lead_weights

OPENING = ["play b C3", "play w G7", "play b G3", "play w C7", "play b E5"]
# Nobody can gain any more; black has 26 points more on the board.
FINISHED = """
    . X X . X . X O .
    X . X X X X X O O
    . X X . X . X O .
    X . X X X X X O O
    . X X . X . X O .
    X . X X X X X O O
    . X X . X . X O .
    X . X X X X X O O
    X X X . X . X O .
"""


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    path = save_lead_weights(tmp_path_factory.mktemp("lead") / "w.safetensors")
    predictor = Predictor(path, device="cpu")
    talk(
        session_of(predictor), "kata-raw-nn", "final_score"
    )  # compiles what is asked in time below
    return predictor


def session_of(predictor: Predictor, visits: int = 1, *lines: str) -> Session:
    session = Session(Search(predictor.predict), Style(seed=1, playouts=100, visits=visits))
    assert all(answer.startswith("=") for answer in talk(session, "boardsize 9", *lines))
    return session


def finished(predictor: Predictor, *lines: str) -> Session:
    rows = [row.split() for row in FINISHED.strip().splitlines()]
    stones = [
        f"{'b' if cell == 'X' else 'w'} {'ABCDEFGHJ'[column]}{9 - row}"
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
        if cell != "."
    ]
    return session_of(predictor, 1, "gogui-setup " + " ".join(stones), "play b pass", *lines)


def predicted(session: Session, predictor: Predictor) -> Prediction:
    """What the network itself says of the position."""
    prediction = predictor(session.position, session.player.conditions(session.position))
    assert prediction.lead is not None
    return prediction


def values(line: str, key: str) -> list[float]:
    return [float(text) for text in re.findall(rf"\b{key} (\S+)", line)]


def test_each_move_has_the_lead_that_follows_it(predictor: Predictor) -> None:
    session = session_of(predictor, 1, *OPENING)
    line = last_line(session, "kata-analyze w 10 maxmoves 3 rootInfo true")
    leads, wins = values(line, "scoreLead"), values(line, "winrate")
    name = re.findall(r"info move (\S+)", line)[0]
    talk(session, f"play w {name}")
    after = predicted(session, predictor)
    assert after.lead is not None and after.deviation is not None
    assert leads[0] == pytest.approx(-after.lead, abs=0.02)
    assert wins[0] == pytest.approx(1 - after.win, abs=1e-3)
    assert values(line, "scoreStdev")[0] == pytest.approx(after.deviation, abs=0.02)
    talk(session, "undo")
    root = predicted(session, predictor)
    assert leads[-1] == pytest.approx(root.lead, abs=0.02)
    assert wins[-1] == pytest.approx(root.win, abs=1e-3)


@pytest.mark.parametrize("visits", [1, 40])
@pytest.mark.parametrize("komi", [-150, 0, 150])
def test_lead_and_win_rate_name_one_winner(predictor: Predictor, visits: int, komi: int) -> None:
    session = session_of(predictor, visits, f"komi {komi}", *OPENING)
    line = last_line(session, "kata-analyze 1 rootInfo true")
    leads, wins = values(line, "scoreLead"), values(line, "winrate")
    assert len(leads) == len(wins) > 2
    assert [lead > 0 for lead in leads] == [win > 0.5 for win in wins]
    if komi:
        assert (leads[-1] > 0) == (komi > 0), "white is to move"


def test_a_search_reports_mean_leads(predictor: Predictor) -> None:
    """The root's is the mean of its own and of those of its moves, by visits."""
    session = session_of(predictor, 30, *OPENING)
    position = session.position
    *_, last = session.search.analyse(position, session.player.conditions(position))
    own = predicted(session, predictor).lead
    assert own is not None
    total = own + sum(move.visits * (move.lead or 0) for move in last.moves)
    assert sum(move.visits for move in last.moves) == 29
    assert last.prediction.lead == pytest.approx(total / 30, abs=1e-3)
    assert all(move.deviation is not None and move.deviation > 0 for move in last.moves)
    assert last.prediction.ownership is not None
    assert np.abs(last.prediction.ownership).max() <= 1


@pytest.mark.parametrize("colour", ["b", "w"])
def test_ownership_is_the_movers_in_katagos_form(predictor: Predictor, colour: str) -> None:
    session = session_of(predictor, 1, *OPENING)
    line = first_line(session, f"kata-analyze {colour} 10 ownership true")
    told = [float(word) for word in line.partition(" ownership ")[2].split()]
    session.position.to_move = 1 if colour == "b" else -1
    owners = predicted(session, predictor).ownership
    assert owners is not None
    assert np.allclose(told, owners * session.position.to_move, atol=1e-3)


@pytest.mark.parametrize("view", range(8))
def test_the_raw_network_tells_lead_and_owners_of_every_view(
    predictor: Predictor, view: int
) -> None:
    """A view of the board has other figures; they must be about the same points."""
    session = session_of(predictor, 1, *OPENING)
    lines = talk(session, f"kata-raw-nn {view}")[0].splitlines()
    words = {line.split()[0]: line.split()[1:] for line in lines if line[0].isalpha()}
    rows = lines[lines.index("whiteOwnership") + 1 :]
    owners = -np.array([[float(word) for word in row.split()] for row in rows]).ravel()
    assert owners.shape == (81,)
    own = predicted(session, predictor)
    assert own.ownership is not None
    if not view:
        assert np.allclose(owners, own.ownership, atol=1e-3)
        assert float(words["whiteLead"][0]) == pytest.approx(own.lead, abs=0.01), "white moves"
    scale = math.sqrt(3) / math.pi * (own.deviation or 1)
    lead, win = float(words["whiteLead"][0]), float(words["whiteWin"][0])
    assert (lead > 0) == (win > 0.5)
    assert win == pytest.approx(1 / (1 + math.exp(-lead / scale)), abs=0.02)


def test_an_open_game_is_estimated_by_the_network(predictor: Predictor) -> None:
    session = session_of(predictor, 1, *OPENING)
    white = predicted(session, predictor).lead
    assert white is not None
    said = talk(session, "estimate_score")[0].split()[1]
    assert said == f"{'W' if white >= 0 else 'B'}+{abs(white):.1f}"
    text = talk(session, "gocnn-territory")[0].splitlines()[-1]
    leader = "White" if white > 0 else "Black"
    assert text == f"TEXT {leader} leads by {abs(white):.1f} (network)"


@pytest.mark.parametrize("komi", ["7.5", "0", "40"])
@pytest.mark.parametrize("rules", ["chinese", "japanese"])
def test_a_finished_game_is_estimated_as_it_is_scored(
    predictor: Predictor, komi: str, rules: str
) -> None:
    session = finished(predictor, f"komi {komi}", f"gocnn-param rules {rules}")
    scored, estimated = talk(session, "final_score", "estimate_score")
    winner, points = scored.split()[1].split("+")
    assert estimated.split()[1] == f"{winner}+{float(points):.1f}"
    text = talk(session, "gocnn-territory")[0].splitlines()[-1]
    leader = {"B": "Black", "W": "White"}[winner]
    assert text == f"TEXT {leader} leads by {float(points):.1f} (counted)"


def test_a_finished_game_has_one_judge_in_an_analysis(predictor: Predictor) -> None:
    """Win rate and lead are the count's, whatever the network says of the board."""
    for komi, mover_wins in ((0, False), (60, True)):
        session = finished(predictor, f"komi {komi}")
        line = last_line(session, "kata-analyze w 10 rootInfo true")
        assert (values(line, "winrate")[-1] > 0.95) is mover_wins
        assert (values(line, "scoreLead")[-1] > 0) is mover_wins
