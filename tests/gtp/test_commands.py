"""The commands of GTP 2, one by one: answers, error texts, and what they leave on the board."""

from pathlib import Path

import pytest

from gocnn import __version__
from gocnn.go.board import BLACK, WHITE
from gocnn.go.position import colour_name
from gocnn.gtp.registry import COMMANDS
from tests.support.boards import SEKI, board
from tests.support.gtp_talk import new_session, talk

GTP_2 = """
    protocol_version name version known_command list_commands quit boardsize clear_board komi play
    genmove undo showboard fixed_handicap place_free_handicap set_free_handicap loadsgf
    time_settings time_left final_score final_status_list reg_genmove
"""
EXTENSIONS = """
    rectangular_boardsize printsgf kgs-genmove_cleanup kgs-time_settings kgs-game_over kgs-rules
    kgs-chat kata-get-rules kata-set-rules kata-set-rule lz-analyze kata-analyze analyze
    lz-genmove_analyze kata-genmove_analyze genmove_analyze kata-raw-nn heatmap gocnn-param cputime
    gogui-analyze_commands gogui-interrupt gogui-setup gogui-setup_player
    restricted_genmove gg_genmove new_score
"""
STATUSES = ("alive", "dead", "seki")


def test_all_commands_are_there_and_listed() -> None:
    session = new_session()
    listed = talk(session, "list_commands")[0].removeprefix("= ").splitlines()
    assert set(GTP_2.split()) | set(EXTENSIONS.split()) <= set(listed)
    assert listed == sorted(COMMANDS)
    for name in listed:
        assert talk(session, f"known_command {name}") == ["= true"]
        assert COMMANDS[name].__doc__, f"{name} has no docstring"


def test_every_command_is_in_the_manual(root: Path) -> None:
    text = (root / "docs" / "gtp.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`{name}" not in text] == []


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        ("name", "= gocnn"),
        ("version", f"= {__version__}"),
        ("protocol_version", "= 2"),
        ("known_command genmove", "= true"),
        ("known_command genmovee", "= false"),
        ("known_command", "= false"),
        ("quit", "="),
        ("7 quit", "=7"),
        ("echo a  b", "= a b"),
        ("nonsense", "? unknown command"),
        # the board
        ("boardsize 9", "="),
        ("boardsize 25", "="),
        ("boardsize 26", "? unacceptable size"),
        ("boardsize 4", "? unacceptable size"),
        ("boardsize 0", "? unacceptable size"),
        ("boardsize -9", "? unacceptable size"),
        ("boardsize", "? syntax error"),
        ("boardsize x", "? syntax error"),
        ("boardsize 9 9", "? syntax error"),
        ("boardsize 1" + "0" * 30, "? syntax error"),
        ("rectangular_boardsize 9 9", "="),
        ("rectangular_boardsize 9 13", "? unacceptable size: only square boards"),
        ("clear_board", "="),
        ("komi 6.5", "="),
        ("komi -5", "="),
        ("komi 6,5", "? syntax error"),
        ("komi nan", "? syntax error"),
        ("komi 1e999", "? syntax error"),
        ("komi", "? syntax error"),
        ("komi 0.5/get_komi", "= 0.5"),
        ("komi 0.5/boardsize 9/clear_board/get_komi", "= 0.5"),
        # moves
        ("play B D4", "="),
        ("play black d4", "="),
        ("play WHITE Q16", "="),
        ("play w pass", "="),
        ("play B D4/play B Q16", "="),
        ("play B D4/play W D4", "? illegal move"),
        ("play B I4", "? invalid coordinates"),
        ("boardsize 9/play B K4", "? invalid coordinates"),
        ("play B D20", "? invalid coordinates"),
        ("play B", "? syntax error"),
        ("play D4", "? syntax error"),
        ("play red D4", "? syntax error"),
        ("play B D4 now", "? syntax error"),
        ("undo", "? cannot undo"),
        ("play B D4/undo", "="),
        ("play B D4/undo/undo", "? cannot undo"),
        ("fixed_handicap 2/undo", "? cannot undo"),
        ("play B D4/play W C3/gg-undo 2", "="),
        ("play B D4/gg-undo 2", "? cannot undo"),
        ("genmove", "? syntax error"),
        ("genmove green", "? syntax error"),
        ("genmove b", "= A19"),
        ("genmove W", "= A19"),
        ("reg_genmove b", "= A19"),
        # handicap
        ("fixed_handicap 2", "= D4 Q16"),
        ("fixed_handicap 5", "= D4 Q16 D16 Q4 K10"),
        ("fixed_handicap 9", "= D4 Q16 D16 Q4 D10 Q10 K4 K16 K10"),
        ("boardsize 9/fixed_handicap 4", "= C3 G7 C7 G3"),
        ("fixed_handicap 10", "? invalid number of stones"),
        ("fixed_handicap 1", "? invalid number of stones"),
        ("boardsize 8/fixed_handicap 5", "? invalid number of stones"),
        ("boardsize 5/fixed_handicap 2", "? invalid number of stones"),
        ("fixed_handicap", "? syntax error"),
        ("play B D4/fixed_handicap 2", "? board not empty"),
        ("place_free_handicap 3", "= D4 Q16 D16"),
        ("place_free_handicap 11", "= D4 Q16 D16 Q4 D10 Q10 K4 K16 K10 A19 B19"),
        ("boardsize 8/place_free_handicap 6", "= C3 F6 C6 F3 A8 B8"),
        ("boardsize 5/place_free_handicap 2", "= A5 B5"),
        ("place_free_handicap 1", "? invalid number of stones"),
        ("place_free_handicap 361", "? invalid number of stones"),
        ("play B D4/place_free_handicap 2", "? board not empty"),
        ("set_free_handicap D4 Q16 C3", "="),
        ("set_free_handicap D4", "? bad vertex list"),
        ("set_free_handicap D4 D4", "? bad vertex list"),
        ("set_free_handicap D4 pass", "? bad vertex list"),
        ("set_free_handicap D4 Z9", "? invalid coordinates"),
        ("play W D4/set_free_handicap Q4 Q16", "? board not empty"),
        ("play B pass/set_free_handicap Q4 Q16", "="),
        # time
        ("time_settings 600 30 5", "="),
        ("time_settings 0 1 0", "="),
        ("time_settings 600 30", "? syntax error"),
        ("time_settings 600 x 5", "? syntax error"),
        ("time_settings -1 30 5", "? syntax error"),
        ("time_left B 59 0", "="),
        ("time_left W 12.5 3", "="),
        ("time_left 59 0", "? syntax error"),
        # the end
        ("boardsize 9/komi 6.5/final_score", "= W+6.5"),
        ("boardsize 9/play B E5/komi 6.5/final_score", "= B+74.5"),
        ("boardsize 9/play B E5/final_status_list alive", "= E5"),
        ("boardsize 9/play B E5/final_status_list dead", "="),
        ("boardsize 9/play B E5/final_status_list seki", "="),
        ("final_status_list", "? syntax error"),
        ("final_status_list ill", "? syntax error"),
        ("loadsgf", "? syntax error"),
        ("gogui-setup b A1 w B2", "="),
        ("gogui-setup b A1 w", "? syntax error"),
        ("gogui-setup b pass", "? invalid coordinates"),
        ("gogui-setup_player w", "="),
    ],
)
def test_answers(lines: str, last: str) -> None:
    session = new_session()
    *before, answer = talk(session, *lines.split("/"))
    assert answer == last
    assert all(said.startswith("=") for said in before)
    assert talk(session, "99 name") == ["=99 gocnn"], "the session goes on"


def test_a_capture_a_ko_and_a_suicide() -> None:
    session = new_session()
    talk(session, "boardsize 5", "gogui-setup b C4 b B3 b C2 b D3 w D4 w E3 w D2")
    assert talk(session, "play W C3", "play B D3") == ["=", "? illegal move"], "ko"
    assert talk(session, "play B A1", "play W A5", "play B D3") == ["=", "=", "="], "later"
    assert talk(session, "play B B2", "play B A2", "play W B1") == ["=", "=", "="]
    assert talk(session, "play B C1", "play W B1") == ["=", "? illegal move"], "suicide"


def test_undo_restores_captures_and_the_player_to_move() -> None:
    session = new_session()
    talk(session, "boardsize 5", "play B A2", "play W A1", "play B B1")
    assert session.position.prisoners == (1, 0)
    assert talk(session, "undo") == ["="]
    assert session.position.prisoners == (0, 0)
    assert session.position.board.stones[20] == WHITE
    assert session.position.to_move == BLACK


@pytest.mark.parametrize(
    ("setup", "handicap"),
    [
        ("fixed_handicap 3", 3),
        ("place_free_handicap 4", 4),
        ("set_free_handicap D4 Q16", 2),
        ("play B D4/play B Q16/play B D16", 3),  # as OGS does
        ("play B D4/play W pass/play B Q16", 2),
        ("clear_board", 0),
    ],
)
def test_handicap_and_komi_reach_the_network(setup: str, handicap: int) -> None:
    session = new_session()
    assert all(said.startswith("=") for said in talk(session, "komi 0.5", *setup.split("/")))
    if handicap:
        assert session.position.to_move == WHITE
    conditions = session.player.conditions(session.position)
    assert (conditions.handicap, conditions.komi) == (handicap, 0.5)


def test_genmove_plays_and_reg_genmove_does_not() -> None:
    session = new_session()
    assert talk(session, "reg_genmove w") == ["= A19"]
    assert (session.position.ply, session.position.to_move) == (0, BLACK)
    talk(session, "genmove b")
    assert (session.position.ply, session.position.to_move) == (1, WHITE)
    assert talk(session, "genmove b")[0] == "= B19", "either colour may be asked at any time"


def test_showboard() -> None:
    session = new_session()
    talk(session, "boardsize 5", "komi 0.5", "play B C3", "play W A5")
    assert talk(session, "showboard")[0].splitlines() == [
        "=",
        "    A B C D E",
        " 5 (O). . . .   5",
        " 4  . . . . .   4",
        " 3  . . X . .   3",
        " 2  . . . . .   2",
        " 1  . . . . .   1",
        "    A B C D E",
        "Black to move, komi 0.5",
        "Captured: 0 black, 0 white",
    ]


SGF = "(;GM[1]FF[4]SZ[9]KM[5.5]HA[2]AB[gc][cg]PL[W];W[ee];B[cc];W[gg])"


@pytest.mark.parametrize(
    ("argument", "answer", "ply"),
    [
        ("", "black", 3),
        (" 1", "white", 0),
        (" 2", "black", 1),
        (" 4", "black", 3),
        (" 9", "black", 3),
    ],
)
def test_loadsgf(tmp_path: Path, argument: str, answer: str, ply: int) -> None:
    (tmp_path / "a game.sgf").write_text(SGF)
    session = new_session()
    assert talk(session, f"loadsgf {tmp_path / 'a game.sgf'}{argument}") == [f"= {answer}"]
    position = session.position
    assert (position.size, position.komi, position.handicap, position.ply) == (9, 5.5, 2, ply)
    assert set(talk(session, *["undo"] * ply, "play W E4")) == {"="}
    assert talk(session, "undo", "undo")[-1] == "? cannot undo"


@pytest.mark.parametrize(
    "content", [None, "", "(;GM[1]SZ[9];B[aa];W[aa])", "(;GM[2])", "not a game"]
)
def test_a_bad_file_cannot_be_loaded_and_the_board_stays(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "game.sgf"
    if content is not None:
        path.write_text(content)
    session = new_session()
    talk(session, "play B D4")
    (answer,) = talk(session, f"5 loadsgf {path}")
    assert answer.startswith("?5 cannot load file")
    assert session.position.ply == 1


START = "(;GM[1]SZ[9]KM[5.5];B[cc];W[gg];B[gc]"
BROKEN = {
    "CGoban 1 takes dead stones off": START + ";AE[gg];W[cg];B[ee])",
    "an illegal move": START + ";W[cc];B[ee])",
    "a point off the board": START + ";W[zz])",
    "cut short in a value": START + ";W[c",
    "cut short in a name": START + ";W",
    "cut short in a comment": START + ";W[cg]C[what",
    "cut short in a variation": START + "(;W[cg](;B[ee]",
    "cut short after a backslash": START + ";C[\\",
    "rubbish": START + ";W[cg];B[ee][ff](((",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize(("number", "to_move"), [(1, "black"), (3, "black"), (4, "white")])
def test_a_game_is_loaded_for_what_comes_before_a_move(
    tmp_path: Path, name: str, number: int, to_move: str
) -> None:
    path = tmp_path / "game.sgf"
    path.write_text(BROKEN[name])
    session = new_session()
    assert talk(session, f"loadsgf {path} {number}") == [f"= {to_move}"]
    assert (session.position.ply, session.position.komi) == (number - 1, 5.5)


@pytest.mark.parametrize(
    ("name", "plies"), [("cut short in a value", 3), ("cut short in a variation", 5)]
)
def test_a_file_that_is_cut_short_is_loaded_as_far_as_it_is_whole(
    tmp_path: Path, name: str, plies: int
) -> None:
    path = tmp_path / "game.sgf"
    path.write_text(BROKEN[name])
    session = new_session()
    assert talk(session, f"loadsgf {path}")[0].startswith("= ")
    assert session.position.ply == plies


def test_what_is_wrong_before_the_move_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "game.sgf"
    path.write_text(BROKEN["CGoban 1 takes dead stones off"])
    answer = f"? cannot load file: {path.name}: setup in mid-game: after move 3"
    assert talk(new_session(), f"loadsgf {path} 6", f"loadsgf {path}") == [answer, answer]


@pytest.mark.parametrize(
    ("tree", "argument", "answer"),
    [
        ("(;SZ[9];B[cc]PL[B];W[gg]PL[W])", "", "white"),
        ("(;SZ[9];B[cc]PL[B];W[gg]PL[W])", " 2", "white"),  # the next move says more
        ("(;SZ[9];B[cc];PL[B])", " 2", "black"),
        ("(;SZ[9]PL[W];B[cc])", "", "white"),
        ("(;SZ[9]PL[W]AB[cc])", "", "white"),
        ("(;SZ[9];B[cc];B[gg];W[ee])", " 2", "black"),
        ("(;SZ[9]HA[2];W[ee])", " 1", "white"),
    ],
)
def test_who_plays_next(tmp_path: Path, tree: str, argument: str, answer: str) -> None:
    path = tmp_path / "game.sgf"
    path.write_text(tree)
    session = new_session()
    assert talk(session, f"loadsgf {path}{argument}") == [f"= {answer}"]
    assert colour_name(session.position.to_move) == answer
    assert talk(session, "get_handicap") == ["= 2" if "HA" in tree else "= 0"]


def test_komi_of_a_file_is_of_this_file(tmp_path: Path) -> None:
    """One that tells none gets the controller's, not the last file's."""
    told, silent = tmp_path / "told.sgf", tmp_path / "silent.sgf"
    told.write_text("(;SZ[9]KM[-5];B[cc])")
    silent.write_text("(;SZ[9];B[cc])")
    session = new_session()
    lines = ["komi 3.5", f"loadsgf {told}", "get_komi", f"loadsgf {silent}", "get_komi"]
    assert talk(session, *lines)[2::2] == ["= -5", "= 3.5"]


def test_a_folder_is_refused_as_one(tmp_path: Path) -> None:
    (tmp_path / "game.sgf").write_text(SGF)
    answer = f"? cannot load file: {tmp_path} is a folder; name a file in it"
    assert talk(new_session(), f"loadsgf {tmp_path}", f"loadsgf {tmp_path} 2") == [answer] * 2


def test_final_status_list_names_whole_chains() -> None:
    session = new_session()
    black = ["B5", "B4", "B3", "B2", "B1", "A3"]
    white = ["C5", "C4", "C3", "C2", "C1", "E3", "D3", "A4"]  # A4 is dead
    stones = [f"b {v}" for v in black] + [f"w {v}" for v in white]
    assert talk(session, "boardsize 5", f"gogui-setup {' '.join(stones)}") == ["=", "="]
    assert talk(session, "final_status_list dead") == ["= A4"]
    alive = talk(session, "final_status_list alive")[0].removeprefix("= ").splitlines()
    assert sorted(sorted(chain.split()) for chain in alive) == [sorted(black), sorted(white[:-1])]
    assert talk(session, "final_status_list black_territory") == ["= A5 A2 A1"]


def test_a_seki_is_neither_alive_nor_dead() -> None:
    session = new_session()
    session.start(board(SEKI))
    listed = {status: talk(session, f"final_status_list {status}")[0] for status in STATUSES}
    assert sorted(listed["seki"].split()[1:]) == ["A5", "A6", "B5", "B7", "C5", "C6", "C7"]
    assert listed["dead"] == "="
    assert not set(listed["alive"].split()) & set(listed["seki"].split()[1:])
    assert talk(session, "final_status A5") == ["= seki"]
