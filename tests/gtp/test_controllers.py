"""What each controller sends, in its order and spelling, and what it must be told.

The lines of qGo 2.1, Kigo 22.12 and Lizzie 0.7.4 were taken down between these programs and gocnn;
the others are after their sources. The network gives every move the same likelihood but for a
hair, so that the engine plays A9 or A19 first and works its way down.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from gocnn.go.position import Position
from gocnn.gtp.session import Session
from gocnn.play.search import Search
from gocnn.play.style import Style
from gocnn.prediction import Conditions, Prediction
from tests.support.gtp_talk import new_session, talk, uniform

ANY = "..."  # an answer that is only not to be a failure
NONE = "-"  # no answer at all


def hold(session: Session, transcript: str) -> None:
    """Send the left side of each line; the right side, behind a bar, is what must come back."""
    rows = [row.rsplit("|", 1) for row in transcript.strip().splitlines()]
    pairs = [(line.strip().replace("\\r", "\r"), answer.strip()) for line, answer in rows]
    answers = talk(session, *(line for line, _ in pairs))
    expected = [(line, answer) for line, answer in pairs if answer != NONE]
    assert len(answers) == len(expected)
    for (line, answer), said in zip(expected, answers, strict=True):
        if answer.endswith(ANY):
            assert said.startswith(answer.removesuffix(ANY)), line
        else:
            assert said == answer, line


SABAKI = """
name | = gocnn
version | = ...
protocol_version | = 2
list_commands | = ...
komi 6.5 | =
boardsize 9 | =
clear_board | =
set_free_handicap C3 G7 | =
play W C7 | =
genmove_analyze B 50 | =...
undo | =
undo | =
play W E5 | =
analyze B 50 | =...
protocol_version | = 2
boardsize 19 | =
clear_board | =
play B D4 | =
play W pass | =
genmove B | = A19
rectangular_boardsize 19 13 | ? unacceptable size...
"""

GOGUI = """
name | = gocnn
protocol_version | = 2
version | = ...
list_commands | = ...
gogui-interrupt | =
gogui-analyze_commands | = ...
boardsize 9 | =
clear_board | =
komi 5.5 | =
time_settings 0 1 0 | =
gogui-setup b C3 w G7 | =
gogui-setup_player w | =
play w C7 | =
genmove b | = A9
# interrupt | -
gogui-rules_board_size | ? unknown command
final_status_list dead | =...
undo | =
undo | =
undo | ? cannot undo
set_free_handicap C3 G7 | ? board not empty
boardsize 9 | =
set_free_handicap C3 G7 | =
genmove w | = A9
quit | =
"""

TWOGTP = """
name | = gocnn
protocol_version | = 2
version | = ...
list_commands | = ...
boardsize 9 | =
clear_board | =
komi 6.5 | =
time_settings 60 0 0 | =
genmove b | = A9
play w E5 | =
genmove b | = B9
play w pass | =
play b pass | =
cputime | = ...
final_score | = ...
quit | =
"""

LIZZIE = """
1 name | =1 gocnn
2 version | =2 ...
3 boardsize 19 | =3
4 komi 7.5 | =4
5 lz-analyze 10 | =5...
6 play B Q16 | =6
7 lz-analyze 10 | =7...
8 play W D4 | =8
9 lz-analyze 10 | =9...
10 time_settings 0 2 1 | =10
11 genmove B | =11 A19
12 play W D16 | =12
13 undo | =13
14 heatmap | =14...
15 clear_board | =15
"""

LIZZIEYZY = """
name | = gocnn
version | = ...
list_commands | = ...
komi 7.5 | =
boardsize 19 | =
play B Q16 | =
lz-analyze 10 | =...
name | = gocnn
heatmap | =...
lz-genmove_analyze W 10 | =...
clear_board | =
"""

GTP2OGS = """
1 list_commands\\r | =1 ...
2 boardsize 19\\r | =2
3 clear_board\\r | =3
4 komi 0.5\\r | =4
5 play black D4\\r | =5
6 play black Q16\\r | =6
7 get_handicap\\r | =7 2
8 kgs-time_settings byoyomi 300 30 5\\r | =8
9 time_left black 300 0\\r | =9
10 time_left white 30 5\\r | =10
11 play white C17\\r | =11
12 genmove black\\r | =12 A19
\\r | -
13 final_score\\r | =13 ...
14 quit\\r | =14
"""

KGSGTP = """
list_commands | = ...
name | = gocnn
version | = ...
boardsize 19 | =
clear_board | =
kgs-rules chinese | =
komi 0.5 | =
place_free_handicap 4 | = D4 Q16 D16 Q4
kgs-time_settings byoyomi 1800 30 5 | =
time_left b 1800 0 | =
time_left w 1800 0 | =
genmove w | = A19
play b R17 | =
kgs-chat game somebody hello | = ...
undo | =
undo | =
play w pass | =
play b pass | =
final_status_list dead | =
kgs-genmove_cleanup w | = ...
kgs-game_over | =
clear_board | =
"""

# Its rows are counted from the top; it puts the numbers only before engines called gnugo.
QGO = """
1000 protocol_version | =1000 2
1001 boardsize 9 | =1001
1002 clear_board | =1002
1003 komi 5.50 | =1003
1004 fixed_handicap 3 | =1004 C3 G7 C7
1005 clear_board | =1005
1006 set_free_handicap C3 C7 G3 | =1006
1007 genmove white | =1007 A9
1008 undo 0 | =1008
1009 play white E5 | =1009
1010 genmove black | =1010 A9
1011 play white pass | =1011
"""

KIGO = """
name | = gocnn
version | = ...
clear_board | =
list_stones black | =
list_stones white | =
captures white | = 0
captures black | = 0
boardsize 9 | =
komi 4.5 | =
fixed_handicap 4 | = C3 G7 C7 G3
list_stones black | = C7 G7 C3 G3
level 1 | ? unknown command
genmove white | = A9
play black E5 | =
list_stones white | = A9
top_moves_white | = B9 ...
undo | =
undo | =
move_history | =
play white E5 | =
play black pass | =
final_status_list white_territory | =...
final_status_list black_territory | =...
estimate_score | = ...
quit | =
"""

TRANSCRIPTS = {
    "Sabaki": SABAKI,
    "GoGui": GOGUI,
    "gogui-twogtp": TWOGTP,
    "Lizzie": LIZZIE,
    "LizzieYzy": LIZZIEYZY,
    "gtp2ogs": GTP2OGS,
    "kgsGtp": KGSGTP,
    "qGo": QGO,
    "Kigo": KIGO,
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_controller_gets_what_it_waits_for(name: str) -> None:
    hold(new_session(), TRANSCRIPTS[name])


GAME = "(;SZ[9]KM[0.5]HA[2]AB[gc][cg]PL[W];W[ee];B[cc];W[gg])"


def test_kigo_loads_and_saves_games(tmp_path: Path) -> None:
    """It asks for what it has to know of a loaded game, and counts the moves by their lines."""
    path, saved = tmp_path / "game.sgf", tmp_path / "saved.sgf"
    path.write_text(GAME, encoding="ascii")
    session = new_session()
    asked = [f"loadsgf {path} 3", "query_boardsize", "get_komi", "get_handicap"]
    assert talk(session, *asked) == ["= white", "= 9", "= 0.5", "= 2"]
    told = talk(session, "list_stones black", "move_history")
    assert told == ["= C7 G7 C3", "= black C7\nwhite E5"]
    assert talk(session, "genmove white", f"printsgf {saved}") == ["= A9", "="]
    assert ";W[aa]" in saved.read_text(encoding="ascii")


def margin(score: str) -> float:
    """Black's points minus white's, of a score such as W+3.5."""
    return float(score[2:] or 0) * (1 if score.startswith("B") else -1)


@pytest.mark.parametrize(
    ("sent", "handicap"),
    [
        ("fixed_handicap 3|clear_board|set_free_handicap C3 C7 G3", 3),  # qGo
        ("fixed_handicap 4", 4),  # Kigo
        ("place_free_handicap 2", 2),  # kgsGtp
        ("set_free_handicap C3 G7", 2),  # Sabaki, GoGui, gtp2ogs
        ("play black C3|play black G7|play black C7", 3),  # gtp2ogs, to engines that know no other
        ("play b C3|play w pass|play b G7|play w pass|play b C7", 3),
        ("loadsgf {path} 1", 2),
        ("loadsgf {path} 3", 2),
        ("set_free_handicap C3 G7|play w E5|play b C7|undo|undo", 2),
        ("play b C3", 0),
        ("set_free_handicap C3 G7|clear_board", 0),
    ],
)
def test_a_handicap_is_understood_however_it_comes(
    sent: str, handicap: int, tmp_path: Path
) -> None:
    """The network is told of it, and by Chinese rules white gets a point for each stone."""
    (tmp_path / "game.sgf").write_text(GAME, encoding="ascii")
    seen: list[Conditions] = []

    def predict(positions: Sequence[Position], asked: Sequence[Conditions]) -> list[Prediction]:
        seen.extend(asked)
        return uniform(positions, asked)

    session = Session(Search(predict), Style(seed=1, playouts=50))
    lines = sent.format(path=tmp_path / "game.sgf").split("|")
    answers = talk(session, "boardsize 9", "komi 0.5", *lines, "get_handicap", "genmove w")
    assert all(answer.startswith("=") for answer in answers)
    assert answers[-2:] == [f"= {handicap}", "= A9"]
    assert (seen[-1].handicap, seen[-1].komi) == (handicap, 0.5)
    counts = talk(session, "gocnn-param rules chinese", "final_score")[-1:]
    counts += talk(session, "gocnn-param rules tromp-taylor", "final_score")[-1:]
    chinese, plain = (margin(count.removeprefix("= ")) for count in counts)
    assert plain - chinese == handicap
