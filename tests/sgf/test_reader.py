"""SGF in, checked games out: one small record for everything that real ones do wrong."""

import doctest
import subprocess
import sys
from pathlib import Path
from time import process_time
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gocnn.errors import GocnnError
from gocnn.go import game, ranks
from gocnn.go.board import BLACK, POINT_MASK, WHITE, WHITE_BIT
from gocnn.go.coords import sgf_letters, vertex
from gocnn.go.game import UNKNOWN_RESULT, Game, SourceKind
from gocnn.go.ranks import rank_name
from gocnn.sgf import parser, properties, reader, splitter
from gocnn.sgf.archives import SgfChunk
from gocnn.sgf.parser import BadRecord, MainLine
from gocnn.sgf.properties import (
    komi_in_handicap,
    parse_date,
    parse_handicap,
    parse_komi,
    parse_result,
)
from gocnn.sgf.reader import REASONS, Reject, load_game, parse_game, read_chunk


def moves_of(game: Game) -> str:
    """The moves as "B D4 W pass"."""
    return " ".join(
        f"{'W' if e & WHITE_BIT else 'B'} {vertex(e & POINT_MASK, game.size)}"
        for e in game.moves.tolist()
    )


def records(data: bytes, *, size: int | None = None) -> list[Game | Reject]:
    return list(read_chunk(SgfChunk("x.sgf", 0, data), size=size))


def reason(data: bytes, *, size: int | None = None) -> str:
    [record] = records(data, size=size)
    assert isinstance(record, Reject), record
    assert record.reason in REASONS
    return f"{record.reason}: {record.detail}" if record.detail else record.reason


@pytest.mark.parametrize(
    ("raw", "charset", "name"),
    [
        (b"GNU Go 3.8", "", "GNU Go 3.8"),
        ("柯洁".encode(), "", "柯洁"),
        ("柯洁".encode("gb18030"), "", "柯洁"),
        ("柯洁".encode("gb18030"), "GB2312", "柯洁"),
        ("古力".encode("big5"), "Big5", "古力"),
        ("Müller".encode("latin-1"), "ISO-8859-1", "Müller"),
        ("Müller".encode("latin-1"), "no such", "M黮ler"),
        ("柯洁".encode("gb18030"), "\0", "柯洁"),
        (rb"A [1\] \\ \:", "", "A [1] \\ :"),
        (b"two \r\n lines\tand\\\nnone ", "", "two lines andnone"),
        (b"", "", ""),
    ],
)
def test_the_players_names(raw: bytes, charset: str, name: str) -> None:
    head = b"(;SZ[9]" + (f"CA[{charset}]".encode() if charset else b"")
    game = parse_game(head + b"PB[" + raw + b"]PW[w " + raw + b"];B[ee])")
    assert (game.black_name, game.white_name) == (name, f"w {name}".strip())


def test_a_plain_game() -> None:
    game = parse_game(
        b"(;GM[1]FF[4]CA[UTF-8]SZ[9]PB[a]PW[b]BR[3d]WR[5k]KM[6.5]RE[W+12.5]DT[2015-02-03]"
        b"PC[The KGS Go Server at http://www.gokgs.com/];B[ee];W[cc];B[];W[tt])",
        "kgs.tar:1.sgf",
    )
    assert moves_of(game) == "B E5 W C7 B pass W pass"
    assert (game.size, game.setup, game.first, game.handicap) == (9, 0, BLACK, 0)
    assert (game.komi, game.winner, game.margin, game.date) == (6.5, WHITE, 12.5, 20150203)
    assert (rank_name(game.black_rank), rank_name(game.white_rank)) == ("3d", "5k")
    assert (game.kind, game.source) == (SourceKind.KGS, "kgs.tar:1.sgf")


def test_nothing_but_moves_is_a_game_on_19_lines_of_which_nothing_is_known() -> None:
    game = parse_game(b"(;B[pd];W[dp])")
    assert (game.size, moves_of(game)) == (19, "B Q16 W D4")
    assert (game.komi, game.winner, game.margin, game.date) == (None, UNKNOWN_RESULT, None, 0)
    assert (game.black_rank, game.white_rank, game.kind) == (0, 0, SourceKind.UNKNOWN)


TREES = [
    ("the first variation is the main line", b"(;SZ[9];B[ee](;W[cc];B[dd])(;W[gg]))", "EE CC DD"),
    ("variations in variations", b"(;SZ[9](;B[ee](;W[cc](;B[aa])(;B[bb])))(;B[gg]))", "EE CC AA"),
    ("moves in the root", b"(;SZ[9]B[ee];W[cc])", "EE CC"),
    ("an empty root", b"(;;SZ[9];B[ee])", "EE"),
    ("comments with brackets", b"(;SZ[9]C[x \\] ;B[aa\\]];B[ee]C[(;\\]];W[cc])", "EE CC"),
    ("an escaped backslash", b"(;SZ[9]C[x\\\\];B[ee];W[cc])", "EE CC"),
    ("line feeds everywhere", b"\n(\n;\nSZ\n[9]\n\n;\nB\n[ee]\n;W[cc]\n\n)\n", "EE CC"),
    ("words before and after", b"sent by mail:\n(;SZ[9];B[ee];W[cc])\nbye (soon)", "EE CC"),
    ("FF[1] long names", b"(;GaMe[1]SiZe[9];Black[ee];White[cc])", "EE CC"),
    ("FF[3] passes", b"(;FF[3]SZ[9];B[ee];W[tt];B[tt])", "EE PASS PASS"),
    ("capital letters", b"(;SZ[9];B[EE];W[Cc])", "EE CC"),
    ("other properties among the moves", b"(;SZ[9];B[ee]BL[59]N[x];W[cc]WL[60]C[y])", "EE CC"),
    ("a byte order mark", b"\xef\xbb\xbf(;SZ[9];B[ee];W[cc])", "EE CC"),
    ("brackets too many", b"(;SZ[9]RD[2008 [08:53]]KM[6.5];B[ee];W[cc])", "EE CC"),
    ("size with both sides", b"(;SZ[9:9];B[ee])", "EE"),
    ("empty values", b"(;GM[]FF[]SZ[]CA[]AB[];B[ee])", "EE"),
    ("a last parenthesis is missing", b"(;SZ[9];B[ee];W[cc]\n", "EE CC"),
    ("the last two are missing", b"(;SZ[9];B[ee](;W[cc];B[dd]C[x]", "EE CC DD"),
    ("a variation is broken", b"(;SZ[9];B[ee](;W[cc])(;W))", "EE CC"),
    ("two moves in a node", b"(;SZ[9];B[ee]W[cc];B[dd])", "EE CC DD"),
]


@pytest.mark.parametrize(("name", "data", "expected"), TREES)
def test_trees(name: str, data: bytes, expected: str) -> None:
    [game] = records(data)
    assert isinstance(game, Game), (name, game)
    letters = [sgf_letters(e & POINT_MASK, game.size) or "pass" for e in game.moves.tolist()]
    assert " ".join(letters).upper() == expected


@pytest.mark.parametrize("mark", ["\ufeff", "", "\r\n "])
def test_utf_16(mark: str) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        bom = mark.encode(encoding)
        [game] = records(bom + "(;SZ[9]PB[名人]BR[9段];B[ee];W[cc])".encode(encoding))
        assert isinstance(game, Game)
        assert (moves_of(game), rank_name(game.black_rank)) == ("B E5 W C7", "9d")


ENCODINGS = [
    ("GBK, undeclared", "", "gbk", "9段", "9d"),
    ("GBK, wrongly declared", "CA[UTF-8]", "gbk", "3段", "3d"),
    ("UTF-8, wrongly declared", "CA[GB2312]", "utf-8", "18级", "18k"),
    ("EUC-KR", "CA[ISO-2022-KR]", "euc_kr", "7단", "7d"),
    ("Shift-JIS", "CA[Shift_JIS]", "shift_jis", "五段", "5d"),
    ("no encoding at all", "CA[nonsense]", "utf-8", "6d", "6d"),
]


@pytest.mark.parametrize(("name", "declared", "encoding", "rank", "expected"), ENCODINGS)
def test_encodings(name: str, declared: str, encoding: str, rank: str, expected: str) -> None:
    game = parse_game(f"(;{declared}SZ[9]BR[{rank}];B[ee];W[cc])".encode(encoding))
    assert rank_name(game.black_rank) == expected, name
    assert len(game) == 2


@pytest.mark.parametrize("declared", ["CA[Shift_JIS]", "", "CA[UTF-8]"])
@pytest.mark.parametrize("name", ["表", "ゼ", "ソ一", "表ソ"])
def test_letters_whose_second_byte_looks_like_sgf(declared: str, name: str) -> None:
    data = f"(;{declared}PB[{name}]PW[{name}]SZ[9];B[ee]C[{name}];W[cc])".encode("shift_jis")
    assert any(byte in data for byte in (b"\x5c]", b"\x5b]", b"\x5c\x88", b"\x5c\x83"))
    assert moves_of(parse_game(data)) == "B E5 W C7"


def test_rubbish_bytes_in_names_harm_nothing() -> None:
    game = parse_game(b"(;SZ[9]PB[\xff\xfe\x00\xe5?\x8a]BR[\x80\x81];B[ee]C[\xe5?];W[cc])")
    assert (len(game), game.black_rank) == (2, 0)


SETUPS = [
    # name, record, set-up stones, first to play, handicap
    ("handicap", b"(;SZ[9]HA[2]AB[cg][gc];W[ee])", "B G7 B C3", WHITE, 2),
    ("handicap without HA", b"(;SZ[9]AB[cg][gc];W[ee])", "B G7 B C3", WHITE, 2),
    ("handicap, no moves", b"(;SZ[9]HA[2]AB[cg][gc])", "B G7 B C3", WHITE, 2),
    ("HA[1] is no handicap", b"(;SZ[9]HA[1];B[ee];W[cc])", "", BLACK, 0),
    ("HA[0]", b"(;SZ[9]HA[0];B[ee];W[cc])", "", BLACK, 0),
    ("stones given as a number", b"(;SZ[9]HA[4];W[ee])", "B C7 B G7 B C3 B G3", WHITE, 4),
    ("HA, but black begins as if even", b"(;SZ[9]HA[2];B[ee];W[cc];B[dd])", "", BLACK, 0),
    ("black's extra moves", b"(;SZ[9]HA[3];B[cc];B[gg];B[cg];W[ee])", "", BLACK, 3),
    ("black's extra moves, no HA", b"(;SZ[9];B[cc];B[gg];W[ee])", "", BLACK, 2),
    ("extra moves, white passing", b"(;SZ[9];B[cc];W[];B[gg];W[tt];B[cg];W[ee])", "", BLACK, 3),
    ("black alone", b"(;SZ[9];B[cc];B[gg])", "", BLACK, 0),
    ("a problem", b"(;SZ[9]AB[aa][ba]AW[ca]PL[W];W[bb])", "B A9 B B9 W C9", WHITE, 0),
    ("PL", b"(;SZ[9]AB[aa]AW[ca]PL[W])", "B A9 W C9", WHITE, 0),
    ("PL as a number", b"(;SZ[9]AB[aa]AW[ca]PL[2])", "B A9 W C9", WHITE, 0),
    ("PL[B] after a handicap", b"(;SZ[9]AB[cg][gc]PL[B])", "B G7 B C3", BLACK, 2),
    ("moves overrule PL", b"(;SZ[9]PL[W];B[ee])", "", BLACK, 0),
    ("rectangles", b"(;SZ[9]AB[aa:ba]AW[da:cb])", "B A9 B B9 W C9 W D9 W C8 W D8", BLACK, 0),
    ("AE takes off", b"(;SZ[9]AB[aa:ca];AE[ba];AW[bb];B[ee])", "B A9 B C9 W B8", BLACK, 0),
    ("AB over several nodes", b"(;SZ[9]HA[2];AB[cg];AB[gc];W[ee])", "B G7 B C3", WHITE, 2),
    ("AE and AB on one point", b"(;SZ[9]AE[cg][gc]AB[cg][gc];W[ee])", "B G7 B C3", WHITE, 2),
    ("a stone named twice", b"(;SZ[9]AB[cg][cg][gc];W[ee])", "B G7 B C3", WHITE, 2),
    ("set-up and move in the root", b"(;SZ[9]AB[cg][gc]W[ee])", "B G7 B C3", WHITE, 2),
    ("white begins an even game", b"(;SZ[9];W[ee];B[cc])", "", WHITE, 0),
    ("HA beside a problem", b"(;SZ[9]HA[2]AB[cg][gc]AW[ee];B[cc])", "B G7 W E5 B C3", BLACK, 2),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "stones", "first", "handicap"), SETUPS)
def test_setup_and_handicap(name: str, data: bytes, stones: str, first: int, handicap: int) -> None:
    game = parse_game(data)
    setup = " ".join(
        f"{'W' if e & WHITE_BIT else 'B'} {vertex(e & POINT_MASK, game.size)}"
        for e in game.entries[: game.setup].tolist()
    )
    assert (setup, game.first, game.handicap) == (stones, first, handicap)
    assert game.position(0).to_move == first
    assert np.count_nonzero(game.stones(0)) == game.setup


REJECTS = [
    (b"", "no game tree"),
    (b"\x00" * 40, "no game tree"),
    (b"<html>404</html>", "no game tree"),
    (b"(;9\xeb\x8b\xa8])", "broken tree"),
    (b"(;SZ[9];B[ee];W[cc", "broken tree: a bracket never closes"),
    (b"(;SZ[9];B[ee](;W[cc])(;W[gg]", "broken tree: a parenthesis never closes"),
    (b"(;SZ[9];B[ee](;W[cc])(;W[gg])", "broken tree: a parenthesis never closes"),
    (b"(;SZ[9];B[ee](W[cc]))", "broken tree: a variation does not begin with a node"),
    (b"(;SZ[9];B[ee];W\xeb\x8b\xa8c];B[dd])", "broken tree"),
    (b"(;SZ[9];B[ee][cc])", "broken tree: move 1 names several points"),
    (b"(;GM[2]SZ[8];B[ee])", "another game: GM[2] is not Go"),
    (b"(;SZ[9:13];B[ee])", "other size: SZ[9:13]"),
    (b"(;SZ[big];B[ee])", "other size: SZ[big]"),
    (b"(;SZ[1];B[aa])", "other size: 1x1; boards have 2 to 25 lines"),
    (b"(;SZ[52];B[aa])", "other size: 52x52; boards have 2 to 25 lines"),
    (b"(;SZ[9];B[ee];W[kk])", "bad point: move 2 [kk]"),
    (b"(;SZ[9];B[ee];W[c])", "bad point: move 2 [c]"),
    (b"(;SZ[9];B[pd;W[dd];B[ee])", "bad point: move 1 [pd;W[dd]"),
    (b"(;SZ[9]AB[tt];W[ee])", "bad point: [tt] in the set-up"),
    (b"(;SZ[9]AB[aa:cc:dd];W[ee])", "bad point: [aa:cc:dd] in the set-up"),
    (b"(;SZ[9]AB[aa]AW[aa];B[ee])", "bad setup: A9 is in AB and in AW"),
    (b"(;SZ[9]AB[aa]AW[ba][ab];B[ee])", "bad setup: the stone at A9 has no liberty"),
    (b"(;SZ[9];B[ee];AW[cc][cd];B[dd])", "setup in mid-game: after move 1"),
    (b"(;SZ[9];B[ee];AB[cc];W[dd])", "setup in mid-game: after move 1"),
    (b"(;SZ[9];B[ee];AW[cc];W[dd])", "setup in mid-game: after move 1"),
    (b"(;SZ[9];B[ee];AW[cc];AB[dd];W[cd];AE[cc];B[aa])", "setup in mid-game: after move 4"),
    (b"(;SZ[9];B[ee];AW[ee];B[dd])", "illegal move: move 2, W E5"),
    (b"(;SZ[9];B[ee];AW[tt];B[dd])", "setup in mid-game: after move 1"),
    (b"(;SZ[9];B[ee];AW[aa:cc];B[dd])", "setup in mid-game: after move 1"),
    (b"(;SZ[9];B[ee];AE[ee];W[];B[dd])", "setup in mid-game: after move 1"),
    (b"(;SZ[19]HA[3];W[pd])", "handicap stones missing: HA[3] leaves open which corner"),
    (b"(;SZ[19]HA[12];W[pd])", "handicap stones missing: a 19x19 board has 2 to 9 stones, not 12"),
    (b"(;SZ[9];B[ee];W[ee])", "illegal move: move 2, W E5"),
    (b"(;SZ[9];B[ab];W[];B[ba];W[aa])", "illegal move: move 4, W A9"),
    (b"(;SZ[9];B[ba];W[ca];B[ab];W[bb];B[ee];W[aa];B[ba])", "illegal move: move 7, B B9"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), REJECTS)
def test_rejects(data: bytes, expected: str) -> None:
    assert reason(data).removesuffix(": nothing in it begins with (;").startswith(expected)


@pytest.mark.parametrize(
    "end", [b";AE[ee]C[dead stones]", b"AE[ee]", b";AE[ee];AW[aa]C[score]", b"(;AE[ee])(;W[gg])"]
)
def test_stones_that_are_taken_off_after_the_last_move_cost_no_game(end: bytes) -> None:
    game = parse_game(b"(;SZ[9];B[ee];W[cc]" + end + b")")
    assert moves_of(game) == "B E5 W C7"


@pytest.mark.parametrize("passes", [b";W[]", b";W[tt];B[]", b";B[tt]C[done];AE[aa];W[tt]"])
def test_stones_that_are_taken_off_between_passes_cost_no_game(passes: bytes) -> None:
    game = parse_game(b"(;SZ[9];B[ee];W[cc];B[tt];AE[ee]" + passes + b")")
    assert moves_of(game) == "B E5 W C7 B pass"


def test_a_stone_put_on_the_board_in_its_turn_is_a_move() -> None:
    game = parse_game(b"(;SZ[9];B[ee];AW[cc]C[a move];B[dd];W[cd];AB[gg];AW[ff];B[aa])")
    assert moves_of(game) == "B E5 W C7 B D6 W C6 B G3 W F4 B A9"
    at_the_end = parse_game(b"(;SZ[9];B[ee];W[dd];AB[cc];AW[aa])")
    assert moves_of(at_the_end) == "B E5 W D6"


def test_stones_that_are_set_between_two_moves_cost_the_game() -> None:
    between = b"(;SZ[9];B[ee];W[cc];AE[ee];C[so far];B[gg])"
    assert reason(between) == "setup in mid-game: after move 2"


def test_another_size_than_asked_for() -> None:
    assert reason(b"(;SZ[9];B[ee])", size=19) == "other size: 9x9"
    assert reason(b"(;B[ee])", size=9) == "other size: 19x19"
    [game] = records(b"(;SZ[9];B[ee])", size=9)
    assert isinstance(game, Game)


def test_a_position_may_come_back() -> None:
    """Sending two, returning one: only superko forbids it, and real games do not keep superko."""
    game = parse_game(
        b"(;SZ[5]AB[ab][bb]AW[ba][da][cb][db];W[aa];B[ca];W[ba];B[];W[aa];B[ca];W[ba])"
    )
    assert len(game) == 7
    assert np.array_equal(game.stones(0), game.stones(3))
    assert np.array_equal(game.stones(3), game.stones(7))


RESULTS = [
    ("B+R", BLACK, None),
    ("W+Resign", WHITE, None),
    ("b+resign", BLACK, None),
    ("White + 3,5", WHITE, 3.5),
    ("W+Time", WHITE, None),
    ("W+Offline", WHITE, None),
    ("B+12.50", BLACK, 12.5),
    ("B+.5", BLACK, 0.5),
    ("W+0.02", WHITE, None),
    ("B+", BLACK, None),
    ("0", 0, 0.0),
    ("Draw", 0, 0.0),
    ("Jigo", 0, 0.0),
    ("무승부", 0, 0.0),
    ("백 불계승", WHITE, None),
    ("흑 1.5집 승", BLACK, 1.5),
    ("170수 백불계승", WHITE, None),
    ("201수 흑3집반승", BLACK, 3.5),
    ("백 반집승", WHITE, 0.5),
    ("黑胜2又3/4子", BLACK, 5.5),
    ("白胜1/4子", WHITE, 0.5),
    ("白胜1.5子", WHITE, 3.0),
    ("黒中押し勝ち", BLACK, None),
    ("黑负", WHITE, None),
    ("Void", None, None),
    ("X+", None, None),
    ("WB+R", None, None),
    ("Unfinished", None, None),
    ("?", None, None),
    ("", None, None),
    ("Black wins by 10", BLACK, 10.0),
    ("black wins by resignation", BLACK, None),
    ("White won by 5 1/2 points", WHITE, 5.5),
    ("White loses on time", BLACK, None),
    ("W wins", WHITE, None),
    ("Score 10", None, None),
    ("W+5½", WHITE, 5.5),
    ("B+12 1/2", BLACK, 12.5),
    ("黑胜999/1子", BLACK, None),
]


@pytest.mark.parametrize(("text", "winner", "margin"), RESULTS)
def test_results(text: str, winner: int | None, margin: float | None) -> None:
    assert parse_result(text) == (winner, margin)


KOMI = [
    ("6.5", 6.5), ("6,5", 6.5), ("0", 0.0), ("0.00", 0.0), ("-5.5", -5.5), ("-100.00", -100.0),
    ("90", 90.0), ("650", 6.5), ("750", 7.5), ("550", 5.5), ("375", 7.5), ("325", 6.5),
    ("275", 5.5), ("225", 4.5), ("3.75", 7.5), ("2.75", 5.5), ("6.5집", 6.5), ("6집 반", 6.5),
    ("6집반", 6.5), ("8점", 8.0), ("7.5 points", 7.5), ("", None), ("none", None), ("6.123", None),
    ("6目半", 6.5), ("5 1/2", 5.5), ("5½", 5.5), ("-5½", -5.5), ("½", 0.5), ("1/2", 0.5),
    ("黑贴3又3/4子", 7.5), ("3 3/4", 7.5), ("2¾", 5.5), ("15/4", 15.0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "komi"), KOMI)
def test_komi(text: str, komi: float | None) -> None:
    assert parse_komi(text) == komi


DATES = [
    ("1997-09-28", 19970928), ("1997-09-28,29", 19970928), ("1997-09-28..30", 19970928),
    ("2006.11.12", 20061112), ("2007/01/17 14:30", 20070117), ("20070314", 20070314),
    ("2018-06-01T00:00:00.000000000+00:00", 20180601), ("2006-1-5", 20060105),
    ("C2016-12-0", 20161200), ("C2009-05-21", 20090521), ("1972-03", 19720300), ("1999", 19990000),
    ("ca. 1680", 16800000), ("1830s", 18300000), ("Summer 1933", 19330000), ("780 AD", 7800000),
    ("12-03-1998", 19980000), ("2015年3月4日", 20150304), ("2015-13-01", 20150000),
    ("2015-02-99", 20150200), ("9단3/01/17", 0), ("201단1/01", 0), ("9999-01-01", 0), ("?", 0),
    ("", 0), ("none", 0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "date"), DATES)
def test_dates(text: str, date: int) -> None:
    assert parse_date(text) == date


def test_handicap_texts() -> None:
    texts = ["4", " 2 ", "0", "호선 - 6집 반 공제", "4점 접바둑", "3 stones", "", "x", "1000"]
    assert [parse_handicap(text) for text in texts] == [4, 2, 0, 0, 4, 3, None, None, None]
    game = parse_game(b"(;HA[7.5];B[pd];W[dp])")
    assert (game.komi, game.handicap) == (7.5, 0)
    assert parse_game(b"(;HA[7.5]KM[6.5];B[pd];W[dp])").komi == 6.5
    assert komi_in_handicap("호선 - 6집 반 공제") == 6.5
    assert komi_in_handicap("호선") is None
    game = parse_game("(;HA[호선 - 7집 반 공제];B[pd];W[dp])".encode())
    assert (game.komi, game.handicap) == (7.5, 0)


KINDS = [
    ("PC[The KGS Go Server at http://www.gokgs.com/]", "x.sgf", SourceKind.KGS),
    ("PC[The Kiseido Go Server (KGS) at http://kgs.kiseido.com/]BR[7p]", "x.sgf", SourceKind.KGS),
    ("PC[Tygem]", "pro/x.sgf", SourceKind.TYGEM),
    ("PC[野狐围棋]", "x.sgf", SourceKind.FOX),
    ("AP[foxwq]", "x.sgf", SourceKind.FOX),
    ("BR[P9段]", "x.sgf", SourceKind.FOX),
    ("BR[9p]WR[6d ama]", "kgs/x.sgf", SourceKind.PRO),
    ("PC[Nihon Ki-in]WR[Honinbo]", "x.sgf", SourceKind.PRO),
    ("PC[Tokyo]BR[7d]", "train/pro-cwi.tar.xz:games/x/1.sgf", SourceKind.PRO),
    ("BR[9段]", "fox-9d.tar.xz:fox9d/1.sgf", SourceKind.FOX),
    ("", "tygem-9d-2009-05.sgf.xz", SourceKind.TYGEM),
    ("", "mine/kgs_1.sgf", SourceKind.KGS),
    ("", "kgs/x.sgf", SourceKind.KGS),
    ("", "problems/prose.sgf", SourceKind.UNKNOWN),
    ("BR[6d]WR[6d]", "x.sgf", SourceKind.UNKNOWN),
]


@pytest.mark.parametrize(("properties", "source", "kind"), KINDS)
def test_where_a_game_comes_from(properties: str, source: str, kind: SourceKind) -> None:
    assert parse_game(f"(;{properties};B[pd];W[dp])".encode(), source).kind == kind


def test_a_dan_among_professionals_is_a_professionals() -> None:
    game = parse_game("(;BR[9단]WR[아마7단];B[pd];W[dp])".encode(), "pro-korean.tar:1.sgf")
    assert (rank_name(game.black_rank), rank_name(game.white_rank)) == ("pro", "7d")


def test_fox_writes_no_komi_as_zero() -> None:
    fox, handicap, other = (
        parse_game(f"(;{p}KM[0];B[pd];W[dp])".encode(), source).komi
        for p, source in (("HA[0]", "fox.tar:1.sgf"), ("HA[1]", "fox.tar:1.sgf"), ("", "x.sgf"))
    )
    assert (fox, handicap, other) == (None, 0.0, 0.0)


def test_a_collection_gives_every_game_in_order() -> None:
    found = records(b"(;SZ[9];B[ee])\n(;SZ[9];W[cc])\n\n(;SZ[9];B[gg](;W[aa])(;W[bb]))")
    assert [moves_of(g) for g in found if isinstance(g, Game)] == ["B E5", "W C7", "B G3 W A9"]
    assert [g.source for g in found] == ["x.sgf", "x.sgf#2", "x.sgf#3"]


WHOLE = [
    (
        "a variation that names a player stands behind a move (ff4_ex.sgf of the standard)",
        b"(;GM[1]SZ[19];B[pd](;PW[Hite];W[dd];B[pp])(;PW[Suji];W[dp]))",
        "B Q16 W D16 B Q4",
    ),
    (
        "a variation that names the game",
        b"(;GM[1]SZ[9];B[ee](;GN[first];W[cc])(;GN[x]EV[y];W[gg]))",
        "B E5 W C7",
    ),
    (
        "variations that name both players",
        b"(;SZ[9](;PB[a]PW[b];B[ee];W[cc])(;PB[c]PW[d];B[gg]))",
        "B E5 W C7",
    ),
    (
        "a record quoted in a comment",
        b"(;GM[1]SZ[9];B[ee]C[as in (;GM[1\\]SZ[9\\];B[aa\\];W[bb\\]), I say];W[cc])",
        "B E5 W C7",
    ),
    (
        "a record quoted behind a variation",
        b"(;SZ[9];B[ee](;W[cc]C[(;FF[4\\]PB[x\\];B[aa\\])]))",
        "B E5 W C7",
    ),
]


@pytest.mark.parametrize(("name", "data", "expected"), WHOLE)
def test_a_record_is_not_cut_into_false_games(name: str, data: bytes, expected: str) -> None:
    found = records(data + b"\n(;GM[1]SZ[9];B[dd])")
    assert [moves_of(g) for g in found if isinstance(g, Game)] == [expected, "B D6"], (name, found)


def test_a_record_quoted_without_escapes_is_broken_and_gives_no_game_of_its_own() -> None:
    quoting = b"(;GM[1]SZ[9];B[ee]C[as in (;GM[1]SZ[9];B[aa];W[bb]) here];W[cc](;B[gg])(;B[hh]))"
    broken, game = records(quoting + b"(;GM[1]SZ[9];B[dd])")
    assert isinstance(broken, Reject) and broken.reason == "broken tree"
    assert isinstance(game, Game) and moves_of(game) == "B D6"


def test_a_collection_whose_records_say_no_more_than_the_players() -> None:
    """A tree that never closes is cut where both players are named, and only there."""
    game = b"(;PB[a]PW[b]DT[1900];B[pd](;W[dp])(;W[dd]))\n"
    found = records(b"(;PB[x]PW[y];B[pd]\n" + 2 * game + b"(;PB[x]PW[y];B[pp]\n" + game)
    moves = [moves_of(g) for g in found if isinstance(g, Game)]
    assert moves == ["B Q16", "B Q16 W D4", "B Q16 W D4", "B Q4", "B Q16 W D4"]


BROKEN = [
    b"(;GM[1]SZ[9];B[ee];W[cc]\n",  # never closes
    b"(;GM[1]SZ[9];B[ee];W[cc\n",  # a bracket never closes
    b"(;GM[1]SZ[9];B[ee](;W[cc]\n",  # a variation never closes
    b"(;GM[1]SZ[9]C[so (;the game began];B[ee];W[kk])\n",
    b"(;GM[1]SZ[9];B[ee];W[cc]])))\n)",
    b"(;9\xeb\x8b\xa8])\n",
]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("root", [b"(;GM[1]SZ[9]", b"(;\nFF[4]SZ[9]", b"( ; PB[x]SZ[9]"])
def test_a_broken_tree_does_not_swallow_the_next(broken: bytes, root: bytes) -> None:
    found = records(broken + root + b";B[dd];W[ff])" + root + b";B[ff])")
    assert [moves_of(g) for g in found if isinstance(g, Game)][-2:] == ["B D6 W F4", "B F4"]
    assert len(found) == 3


def test_load_game_takes_one_and_names_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "two.sgf"
    file.write_bytes(b"(;SZ[9];B[ee])(;SZ[9];B[ee];W[ee])")
    assert moves_of(load_game(file)) == "B E5"
    with pytest.raises(GocnnError, match=r"two\.sgf#2: illegal move: move 2, W E5"):
        load_game(file, 2)
    with pytest.raises(GocnnError, match="no game 3"):
        load_game(file, 3)
    with pytest.raises(GocnnError, match="no such file"):
        load_game(tmp_path / "three.sgf")


RUNS = {
    "a comment that never closes": b"(;GM[1]C[" + b"x" * 400_000,
    "brackets": b"(;GM[1]" + b"[" * 400_000,
    "brackets in a value": b"(;GM[1]C" + b"[" * 400_000 + b"];B[aa])",
    "nodes": b"(;GM[1]" + b";" * 400_000 + b")",
    "nodes with other properties": b"(;GM[1]"
    + b"".join(b";%s[x]" % bytes(65 + int(d) for d in f"{n:05}") for n in range(20_000))
    + b")",
    "variations": b"(;GM[1]" + b"(;B[aa])" * 20_000 + b")",
    "variations in variations": b"(;GM[1]" + b"(;B[aa]" * 20_000,
    "roots in a value": b"(;GM[1]C[" + b"(;PB[" * 60_000,
    "rectangles": b"(;GM[1]" + b";AE[aa:ss]" * 20_000 + b")",
    "backslashes": b"(;GM[1]C[" + b"\\" * 400_000,
    "digits": b"(;GM[1]HA[%s]RE[%s]KM[%s]BR[%s];B[aa])" % (4 * (b"1" * 200_000,)),
    "spaces": b"(;GM[1]HA[%s]RE[%s]KM[%s]BR[%s];B[aa])" % (4 * (b" " * 200_000,)),
    "an encoding in which reading is slow": b"(;CA[punycode]PB[\xff" + b"-z" * 90_000 + b"];B[a])",
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_time_grows_with_the_bytes_and_no_faster(name: str) -> None:
    """Each of them took minutes, or the square of its length, before."""
    started = process_time()
    [record] = records(RUNS[name])
    assert isinstance(record, Game) or record.reason in REASONS
    assert process_time() - started < 5


def test_a_record_that_is_too_large_is_named_and_the_next_one_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (splitter, parser, reader):
        monkeypatch.setattr(module, "LARGEST_TREE", 2 << 20)
    large = b"(;GM[1]SZ[9]C[" + b"x" * (2 << 20) + b"];B[ee])"
    for body in (large, large[:-9]):
        refused, game = records(body + b"\n(;GM[1]SZ[9];B[dd])")
        assert isinstance(refused, Reject) and isinstance(game, Game)
        assert (refused.reason, refused.detail) == (
            "too large",
            "over 2 MB, the most for one record",
        )
    assert reason(b"(;GM[1]SZ[9]" + 70_000 * b";B[aa]" + b")").startswith("too large: over 65,536")


@pytest.mark.parametrize("part", [b"(;", b"(;B[aa]", b"(;N[]("])
@pytest.mark.parametrize("times", [1, 4])
def test_what_is_nested_too_deep_is_left_out_in_one_piece(
    monkeypatch: pytest.MonkeyPatch, part: bytes, times: int
) -> None:
    """Every 65,536 parentheses were a tree of their own; now the next root is looked for."""
    entered: list[int] = []
    enter = splitter._Tree._open

    def counted(tree: splitter._Tree, data: bytes) -> bool:
        entered.append(tree.at)
        return enter(tree, data)

    monkeypatch.setattr(splitter._Tree, "_open", counted)
    monkeypatch.setattr(splitter, "CHUNK", 1 << 24)  # of several chunks the first is read twice
    deep = part * (times * 2 * splitter.DEEPEST)
    refused, game = records(deep + b"\n(;GM[1]SZ[9];B[dd])")
    assert isinstance(refused, Reject) and refused.reason in ("too large", "broken tree")
    assert isinstance(game, Game) and moves_of(game) == "B D6"
    assert len(entered) == splitter.DEEPEST + 2  # however much deeper it goes


VALUES = st.binary(max_size=6).map(lambda raw: raw.replace(b"]", b"").replace(b"\\", b""))


@given(
    st.lists(st.tuples(st.sampled_from([b"B", b"W"]), st.integers(0, 81)), max_size=12),
    st.lists(st.tuples(st.sampled_from([b"PB", b"C", b"KM", b"RE", b"DT", b"HA", b"BR"]), VALUES)),
)
def test_the_quick_way_reads_what_sgfmill_reads(
    moves: list[tuple[bytes, int]], properties: list[tuple[bytes, bytes]]
) -> None:
    """A comment after the last move sends the same record through the whole grammar."""
    root = b"(;SZ[9]" + b"".join(name + b"[" + value + b"]" for name, value in properties)
    tail = b"".join(
        b";" + colour + b"[" + sgf_letters(point, 9).encode() + b"]" for colour, point in moves
    )
    quick, whole = MainLine(root + tail + b")"), MainLine(root + tail + b";C[x])")
    assert (quick.moves, quick.stones, quick.size) == (whole.moves, whole.stones, whole.size)
    assert {**whole.info, **quick.info} == whole.info
    assert whole.info.keys() - quick.info.keys() <= {"C"}
    assert quick.entries() == whole.entries()


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything(data: bytes) -> None:
    for wrapped in (data, b"(;" + data + b")", b"(;SZ[9]" + data + b";B[ee])"):
        for record in records(wrapped):
            assert isinstance(record, Game) or record.reason in REASONS


SHREDS = [
    b"(;",
    b"(",
    b")",
    b"[",
    b"]",
    b"\\",
    b";B[ee]",
    b"SZ[9]",
    b"AB[aa]",
    b"\n",
    b"x",
    b"(;GM[1]",
]


@given(st.lists(st.sampled_from(SHREDS), max_size=24))
def test_no_rubbish_swallows_the_next_tree(parts: list[bytes]) -> None:
    found = records(b"".join(parts) + b"\n(;GM[1]SZ[9];B[cc])")
    assert isinstance(found[-1], Game)
    assert moves_of(found[-1]) == "B C7"


def test_a_bad_record_says_reason_and_place() -> None:
    with pytest.raises(BadRecord, match="illegal move: move 2, W E5") as caught:
        parse_game(b"(;SZ[9];B[ee];W[ee])")
    assert (caught.value.reason, caught.value.detail) == ("illegal move", "move 2, W E5")


@pytest.mark.parametrize("module", [properties, game, ranks])
def test_the_examples_of_the_docstrings_hold(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0


def test_a_corpus_needs_neither_sgfmill_nor_torch() -> None:
    code = (
        "import sys, gocnn.corpus.corpus, gocnn.sgf.reader, gocnn.corpus.prepare\n"
        "print([m for m in ('sgfmill', 'torch') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert found.stdout == b"[]\n"
