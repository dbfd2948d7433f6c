"""GIB, NGF and UGF in, the same checked games out as from SGF."""

import doctest
import gzip
import io
import zipfile
from pathlib import Path
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gocnn.cli.position_input import read_position
from gocnn.corpus.filters import Filters
from gocnn.corpus.prepare import prepare
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE, WHITE_BIT
from gocnn.go.game import UNKNOWN_RESULT, Game, SourceKind
from gocnn.go.ranks import PRO, rank_name
from gocnn.sgf import translation
from gocnn.sgf.archives import RecordFiles, SgfChunk
from gocnn.sgf.foreign import LARGEST, as_sgf, foreign_format
from gocnn.sgf.reader import (
    REASONS,
    Reject,
    load_beginning,
    load_game,
    load_sound_part,
    parse_game,
    read_chunk,
    read_games,
    read_records,
)
from gocnn.web.fields import BadRequest
from gocnn.web.records import open_record
from tests.support.foreign import NGF_HEAD, gib, ngf, ugf
from tests.support.records import random_moves

MOVES = [*random_moves(1, 40, 19), ("B", ""), ("W", "")]
WHITE_FIRST = [("W", "pp"), ("B", "fc"), ("W", "cf")]
MADE = {"x.gib": gib(MOVES), "x.ngf": ngf(MOVES), "x.ugf": ugf(MOVES), "x.UGI": ugf(MOVES)}


def outcome(data: str | bytes, name: str = "x") -> Game | Reject:
    raw = data.encode() if isinstance(data, str) else data
    [found] = read_chunk(SgfChunk(name, 0, raw))
    return found


def game(data: str | bytes, name: str = "x") -> Game:
    found = outcome(data, name)
    assert isinstance(found, Game), found
    return found


def reason(data: str | bytes, name: str = "x") -> str:
    found = outcome(data, name)
    assert isinstance(found, Reject), found
    assert found.reason in REASONS
    return f"{found.reason}: {found.detail}"


def sgf(moves: list[tuple[str, str]], size: int = 19, head: str = "") -> Game:
    tree = "".join(f";{colour}[{point}]" for colour, point in moves)
    return parse_game(f"(;SZ[{size}]{head}{tree})".encode())


def same_moves(one: Game, other: Game) -> bool:
    return (one.size, one.setup, one.first, one.entries.tolist()) == (
        other.size, other.setup, other.first, other.entries.tolist()
    )  # fmt: skip


def test_the_documented_encodings() -> None:
    assert doctest.testmod(translation).failed == 0


@pytest.mark.parametrize("name", MADE)
def test_moves_are_those_of_the_same_sgf(name: str) -> None:
    assert same_moves(game(MADE[name], name), sgf(MOVES))
    assert same_moves(game(MADE[name]), sgf(MOVES)), "told by how it begins"
    for line_end in ("\n", "\r", "\r\n"):
        text = MADE[name].replace("\r\n", "\n").replace("\n", line_end)
        assert same_moves(game(text, name), sgf(MOVES))
    assert same_moves(game(b"\xef\xbb\xbf" + MADE[name].encode()), sgf(MOVES))
    assert same_moves(game(MADE[name].encode("utf-16")), sgf(MOVES))


@pytest.mark.parametrize("size", [2, 9, 13, 18, 25])
def test_sizes(size: int) -> None:
    moves = random_moves(2, 3, size)
    assert same_moves(game(ugf(moves, size=size)), sgf(moves, size))
    assert same_moves(game(ugf(moves, size=size, igs=False)), sgf(moves, size))
    assert same_moves(game(ngf(moves, (NGF_HEAD[0], str(size), *NGF_HEAD[2:]))), sgf(moves, size))


def test_a_pass_of_a_large_board_is_told_from_its_columns() -> None:
    text = ugf([("B", "ya"), ("W", "")], size=25)  # Y is the 25th column
    assert game(text.replace("YA,W", "ZA,W")).entries.tolist() == [24, 625 | WHITE_BIT]


def test_what_gib_says() -> None:
    found = game(
        gib(
            MOVES,
            head="\\[GAMEBLACKNAME=Hei (1) (15K)\\]\n\\[GAMEWHITENAME=Bai]]\\\\(3D)\\]\n"
            "\\[GAMEDATE=2016- 3-26-17-29-25\\]\n\\[GAMEPLACE=Tygem Baduk\\]\n"
            "\\[GAMEINFOMAIN=GBKIND:3,GTYPE:1,GRLT:1,ZIPSU:115,DUM:0,GONGJE:65,TCNT:0\\]",
        ),
        "a/x.gib",
    )
    assert (found.komi, found.handicap, found.date) == (6.5, 0, 20160326)
    assert (found.winner, found.margin, found.kind) == (WHITE, 11.5, SourceKind.TYGEM)
    assert (found.black_name, found.white_name) == ("Hei (1)", "Bai]]\\\\")
    assert (rank_name(found.black_rank), rank_name(found.white_rank)) == ("15k", "3d")
    assert found.source == "a/x.gib"


@pytest.mark.parametrize(
    ("head", "winner", "margin", "komi", "date"),
    [
        ("\\[GAMETAG=S1,R3,D0,G75,W7,Z0,T1,\t\tC2015:08:29:22:56,I:a,L:1\\]",
         BLACK, None, 7.5, 20150829),
        ("\\[GAMEINFOMAIN=GRLT:0,ZIPSU:25,DUM:0,GONGJE:0,A:0\\]", BLACK, 2.5, 0, 0),
        ("\\[GAMEINFOMAIN=GRLT:255,ZIPSU:0,DUM:5,GONGJE:0,A:0\\]", UNKNOWN_RESULT, None, None, 0),
        ("\\[GAMEINFOMAIN=GRLT:0,ZIPSU:25,GONGJE:65\\]", BLACK, 2.5, 6.5, 0),
        ("\\[GAMERESULT=백 11집반승\\]\n\\[GAMECONDITION=호선 : 흑 공제 6집반\\]",
         WHITE, 11.5, 6, 0),
        ("\\[GAMERESULT=white 13.5 win\\]\n\\[GAMECONDITION=even : black 6.5 dum\\]",
         WHITE, 13.5, 6.5, 0),
        ("\\[GAMEDATE=2012年11月22日 下午 6:3\\]\n\\[GAMEGONGJE=9999999999999\\]",
         UNKNOWN_RESULT, None, None, 20121122),
        ("\\[GAMEINFOMAIN=GRLT:" + "9" * 5000 + ",ZIPSU:" + "9" * 5000 + "\\]",
         UNKNOWN_RESULT, None, None, 0),
        ("\\[GAMETAG\\]\n\\[=\\]\n\\[\n\\[GAMEBLACKNAME=)(\\]", UNKNOWN_RESULT, None, None, 0),
    ],
)  # fmt: skip
def test_gibs_results_komis_and_dates(
    head: str, winner: int, margin: float | None, komi: float | None, date: int
) -> None:
    found = game(gib(MOVES, head=head))
    assert (found.winner, found.margin, found.komi, found.date) == (winner, margin, komi, date)


@pytest.mark.parametrize("stones", range(2, 10))
def test_gibs_handicap_stones_are_tygems(stones: int) -> None:
    found = game(gib(WHITE_FIRST if stones < 4 else [("W", "fc")], handicap=stones))
    assert (found.setup, found.handicap, found.first) == (stones, stones, WHITE)
    corners = {"pd": "AB[pd]", "dp": "[dp]"}
    if stones == 3:  # the lower right corner stays empty
        head = f"HA[3]{corners['pd']}{corners['dp']}[dd]"
        assert same_moves(found, sgf(WHITE_FIRST, head=head))
    elif stones > 3:
        assert same_moves(found, sgf([("W", "fc")], head=f"HA[{stones}]"))


def test_a_gib_pass_has_the_colour_whose_turn_it_is() -> None:
    assert same_moves(
        game(gib([("W", ""), ("B", "fc"), ("W", "")], handicap=2)),
        sgf([("W", ""), ("B", "fc"), ("W", "")], head="AB[pd][dp]HA[2]"),
    )


def test_what_ngf_says() -> None:
    found = game(ngf(MOVES), "x.ngf")
    assert (found.komi, found.handicap, found.date) == (6.5, 0, 20170316)
    assert (found.winner, found.margin, found.kind) == (BLACK, 0.5, SourceKind.UNKNOWN)
    assert (found.black_name, found.white_name) == ("Hei", "Bai")
    assert (rank_name(found.black_rank), rank_name(found.white_rank)) == ("12k", "3d")


@pytest.mark.parametrize(
    ("line", "text", "expected"),
    [
        (2, "Lee S.D.      9DP", {"white_name": "Lee S.D.", "white_rank": PRO}),
        (3, "江維傑      5段P", {"black_name": "江維傑", "black_rank": PRO, "kind": 4}),
        (3, "no rank at all", {"black_name": "no rank at all", "black_rank": 0}),
        (3, "", {"black_name": "", "black_rank": 0}),
        (7, "6.5", {"komi": 6.5}),
        (8, "20170316", {"date": 20170316}),
        (8, "once", {"date": 0}),
        (10, "White wins by  resign!", {"winner": WHITE, "margin": None}),
        (10, "White loses on time", {"winner": BLACK, "margin": None}),
        (10, "White 19Win  >> White(83):Black(64)", {"winner": WHITE, "margin": 19}),
        (10, "黒5.5目勝！ >> 白(64):黒(76)", {"winner": BLACK, "margin": 5.5}),
        (10, "흑 1.5집 승", {"winner": BLACK, "margin": 1.5}),
        (10, "Progressing!", {"winner": UNKNOWN_RESULT}),
    ],
)
def test_lines_of_an_ngf_head(line: int, text: str, expected: dict[str, object]) -> None:
    head = [*NGF_HEAD[:line], text, *NGF_HEAD[line + 1 :]]
    found = game(ngf(MOVES, head))
    assert {name: getattr(found, name) for name in expected} == expected


def test_ngfs_handicap_is_told_as_a_number() -> None:
    head = [*NGF_HEAD[:5], "2", "0", "0", *NGF_HEAD[8:]]
    found = game(ngf(WHITE_FIRST, head))
    assert same_moves(found, sgf(WHITE_FIRST, head="HA[2]"))
    assert (found.komi, found.handicap) == (0, 2)
    head[5] = "3"  # sources differ on the third stone
    assert reason(ngf(WHITE_FIRST, head)).startswith("handicap stones missing: HA[3]")
    head[5] = "4000"
    assert reason(ngf(WHITE_FIRST, head)).startswith("handicap stones missing: a handicap of 4000")


def test_the_short_head_of_ngf() -> None:
    lines = ngf(MOVES).splitlines()[12:]
    head = [
        "十段战",
        "朴 初段",
        "李 五段",
        "",
        "",
        "2006-9-5",
        "19",
        "0",
        "0",
        "6",
        str(len(MOVES)),
    ]
    text = "\n".join([*("GI" + line for line in head), *lines, "GI1"])
    text += f"\nIDB[{len(MOVES)}] 黑中盘胜(现场消息)[EndTxt]\n"
    for encoding in ("utf-8", "gb18030"):
        found = game(text.encode(encoding))
        assert same_moves(found, sgf(MOVES))
        assert (found.black_name, found.white_name) == ("朴", "李")
        assert (found.komi, found.date, found.winner) == (6.5, 20060905, BLACK)
        assert (rank_name(found.black_rank), rank_name(found.white_rank)) == ("1d", "5d")


def test_what_ugf_says() -> None:
    head = (
        "Lang=SJIS\nTitle=26th,碁聖戦,\nPlace=日本棋院, Tokyo\nRule=JPN\n"
        "Date=2001/08/20,09:00:00,2001/08/20,00:00:00\nHdcp=0,5.50\nWinner=B,1.50\n"
        "PlayerB=小林,9-dan,0,\nPlayerW=山下,Gosei,0,a@example.org"
    )
    [record] = read_chunk(SgfChunk("x.ugi", 0, ugf(MOVES, head=head).encode("cp932")))
    assert isinstance(record, Game)
    assert (record.komi, record.handicap, record.date) == (5.5, 0, 20010820)
    assert (record.winner, record.margin, record.kind) == (BLACK, 1.5, SourceKind.PRO)
    assert (record.black_name, record.white_name) == ("小林", "山下")
    assert (record.black_rank, record.white_rank) == (PRO, PRO)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Winner=W,C", {"winner": WHITE, "margin": None}),
        ("Winner=D,", {"winner": 0, "margin": 0}),
        ("Winner=N1,E", {"winner": UNKNOWN_RESULT}),
        ("Winner=", {"winner": UNKNOWN_RESULT}),
        ("Hdcp=0,-5.50", {"komi": -5.5}),
        ("Hdcp=", {"komi": None, "handicap": 0}),
        ("Date=//,", {"date": 0}),
        ("PlayerB=Panda,2k?,,", {"black_name": "Panda"}),
    ],
)
def test_lines_of_a_ugf_header(line: str, expected: dict[str, object]) -> None:
    found = game(ugf(MOVES, head=line))
    assert {name: getattr(found, name) for name in expected} == expected


def test_ugfs_stones_before_the_first_move() -> None:
    stones = [("B", "pd"), ("B", "dp"), ("B", "dd")]
    found = game(ugf(WHITE_FIRST, head="Hdcp=3,0.50", stones=stones))
    assert same_moves(found, sgf(WHITE_FIRST, head="AB[pd][dp][dd]HA[3]"))
    assert (found.handicap, found.komi) == (3, 0.5)
    mixed = game(ugf(WHITE_FIRST, stones=[*stones, ("W", "aa")]))
    assert same_moves(mixed, sgf(WHITE_FIRST, head="AB[pd][dp][dd]AW[aa]"))


def test_ugf_keeps_other_sections_apart() -> None:
    text = ugf(MOVES) + (
        " .Text,0,999,advertisement\r\n[Figure]\r\n.Text,3\r\nAA,B1,4,0\r\n(;SZ[9])\r\n"
        "[ReviewNode]\r\nNODE,1,0,0,0\r\n"
    )
    assert same_moves(game("# a comment\r\n\r\n" + text), sgf(MOVES))
    assert game(text.replace("YA,W1", "YZ,MK")).entries.tolist() == sgf(MOVES).entries.tolist()


ENCODED = [
    ("흑백기사", "흑 불계승", BLACK, "cp949"),
    ("黑白棋士", "白中盘胜", WHITE, "gb18030"),
    ("黑白棋士", "黑中盤勝", BLACK, "big5"),
    ("アギラール", "白中押し勝ち!", WHITE, "cp932"),
    ("흑백기사", "백 불계승", WHITE, "utf-8"),
]


@pytest.mark.parametrize(("name", "result", "winner", "encoding"), ENCODED)
def test_encodings(name: str, result: str, winner: int, encoding: str) -> None:
    rank = "5단" if encoding == "cp949" else "5段"
    head = [*NGF_HEAD[:3], f"{name}  {rank}", *NGF_HEAD[4:10], result]
    found = game(ngf(MOVES, head).encode(encoding))
    assert (found.black_name, found.winner) == (name, winner)
    head_of_gib = f"\\[GAMEBLACKNAME={name} ({rank})\\]\n\\[GAMERESULT={result}\\]"
    found = game(gib(MOVES, head=head_of_gib, kind="?").encode(encoding))
    assert (found.black_name, found.winner) == (name, winner)


def test_what_a_record_says_of_its_encoding_counts() -> None:
    head = "\\[GAMEBLACKNAME=白中 (3段)\\]"  # in GB 2312 these might be Hangul
    assert game(gib(MOVES, head=head, kind="China").encode("gb18030")).black_name == "白中"
    head = "Lang=EUC-KR\nPlayerB=흑,5d,,"
    assert game(ugf(MOVES, head=head).encode("euc_kr")).black_name == "흑"
    head = "Lang=punycode\nPlayerB=Hei,5d,,"
    assert game(ugf(MOVES, head=head)).black_name == "Hei"


def test_bytes_that_no_encoding_fits_cost_the_words_alone() -> None:
    head = "\\[GAMEBLACKNAME=\udc81 (3D)\\]\n\\[GAMEWHITENAME=\udcff\udcfe(2D)\\]"
    data = gib(MOVES, head=head).encode("utf-8", "surrogateescape")
    found = game(data)
    assert same_moves(found, sgf(MOVES))
    assert rank_name(found.black_rank) == "3d"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("x.gib", b"", "no game tree: it is no GIB"),
        ("x.gib", b"<html>404</html>", "no game tree: it is no GIB"),
        ("x.gib", gib([]).partition("\\GS")[0], "broken tree: it ends before its moves"),
        ("x.gib", gib(MOVES, end="STO 0 44 1 1"), "broken tree: a bracket never closes"),
        ("x.gib", gib([("B", "zz"), ("W", "aa")]), "bad point: move 1 [STO 0 2 1 25 25]"),
        ("x.gib", gib([("B", "aa"), ("W", "aa")]), "illegal move: move 2, W A19"),
        ("x.gib", gib(MOVES).replace("STO 0 4 1", "STO 0 4 3"), "bad point: move 3 [STO 0 4 3"),
        ("x.gib", gib(MOVES).replace("STO 0 4 1 ", "STO 0 4 1 " + "9" * 5000), "bad point: move 3"),
        ("x.gib", gib(MOVES, handicap=10), "handicap stones missing: a 19x19 board has 2 to 9"),
        ("x.gib", gib(MOVES).replace("INI 0 1 0", "INI 0 1 " + "9" * 5000),
         "handicap stones missing: a 19x19 board has 2 to 9 stones, not 999"),
        ("x.gib", gib(MOVES).replace("STO 0 4", "INI 0 1 2\nSTO 0 4"),
         "broken tree: after move 2: INI 0 1 2"),
        ("x.gib", gib(MOVES).replace("STO 0 4", "REM 0 3\nSTO 0 4"),
         "broken tree: after move 2: REM 0 3"),
        ("x.ngf", b"nothing", "no game tree: it is no NGF"),
        ("x.ngf", "\n".join(NGF_HEAD[:5]), "no game tree: it is no NGF"),
        ("x.ngf", ngf(MOVES).replace("PMAD", "PMAE"), "broken tree: move 3 has the number AE"),
        ("x.ngf", ngf(MOVES)[:-6], "bad point: move 42 [PMBQ"),
        ("x.ngf", ngf([("B", "zz")]), "bad point: move 1 [PMABB"),
        ("x.ngf", ngf([("B", "ab")]).replace("BCCB", "BCCD"), "bad point: move 1 [PMABBBCCD]"),
        ("x.ngf", ngf(MOVES, (NGF_HEAD[0], "26", *NGF_HEAD[2:])), "other size: 26x26"),
        ("x.ngf", ngf(MOVES, (NGF_HEAD[0], "999999999", *NGF_HEAD[2:])), "other size: "),
        ("x.ugf", b"x", "no game tree: it is no UGF"),
        ("x.ugi", ugf([]).partition("[Data]")[0], "broken tree: it ends before its moves"),
        ("x.ugf", ugf(MOVES).replace(",3,0", ",5,0"), "broken tree: move 3 has the number 5"),
        ("x.ugf", ugf(MOVES, size=9), "bad point: move 1 ["),
        ("x.ugf", ugf(MOVES, size=99), "other size: 99x99"),
        ("x.ugf", ugf(MOVES).replace("Size=19", "Size=" + "9" * 5000), "other size: "),
        ("x.ugf", ugf(MOVES) + "X9!", "bad point: move 43 [X9!]"),
        ("x.ugf", ugf(MOVES, head="Hdcp=" + "9" * 5000), "handicap stones missing: a handicap of"),
        ("x.ugf", ugf(MOVES, stones=[("B", "")]), "bad point: [YA,B1,0,0]"),
    ],
)  # fmt: skip
def test_broken_records(name: str, data: str | bytes, expected: str) -> None:
    assert reason(data, name).startswith(expected)


def test_a_record_without_its_end_counts_where_its_last_line_is_whole() -> None:
    assert same_moves(game(gib(MOVES, end="")), sgf(MOVES))
    assert same_moves(game(ngf(MOVES).rstrip()), sgf(MOVES))
    assert same_moves(game(ugf(MOVES).rstrip()), sgf(MOVES))


def test_what_comes_after_the_last_move_changes_nothing() -> None:
    text = gib(MOVES).replace("\\GE", "END 0 5\r\n\\GE\r\nSTO 0 50 1 0 0\r\n")
    assert same_moves(game(text), sgf(MOVES))


@pytest.mark.parametrize(
    "begins", ["(;SZ[9];B[ee])", "\ufeff(;SZ[9];B[ee])", "19\n19\n(;SZ[9];B[ee])"]
)
def test_sgf_stays_sgf_whatever_its_name(begins: str) -> None:
    for name in ("x.gib", "x.ngf", "x.ugi"):
        assert len(game(begins, name)) == 1
    assert as_sgf(begins.encode(), "x.gib") == begins.encode()


def test_they_are_read_wherever_sgf_is(tmp_path: Path) -> None:
    folder = tmp_path / "games"
    folder.mkdir()
    (folder / "one.GIB").write_text(gib(MOVES[:30]))
    (folder / "two.ngf.gz").write_bytes(gzip.compress(ngf(MOVES[:31]).encode()))
    (folder / "three.sgf").write_bytes(b"(;SZ[19];B[aa];W[bb];B[cc])")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("four.ugi", ugf(MOVES[:32]))
        archive.writestr("bad.ugf", "[Header]\n")
    (folder / "z.zip").write_bytes(packed.getvalue())
    found = {item.source: item for item in read_games([folder])}
    assert {source: len(f) if isinstance(f, Game) else f.reason for source, f in found.items()} == {
        "games/one.GIB": 30, "games/three.sgf": 3, "games/two.ngf.gz": 31,
        "games/z.zip:four.ugi": 32, "games/z.zip:bad.ugf": "broken tree",
    }  # fmt: skip
    report = prepare([folder], tmp_path / "x.gocnn", filters=Filters(min_moves=3), jobs=1)
    assert (report.read, report.kept, report.rejected["broken tree"]) == (5, 4, 1)
    assert not report.unread


def test_one_game_of_a_file_and_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "x.gib"
    path.write_text(gib(MOVES, head="\\[GAMENAME=승급전\\]"))
    assert same_moves(load_game(path), sgf(MOVES))
    with pytest.raises(GocnnError, match="there is no game 2 in it"):
        load_game(path, 2)
    assert len(load_beginning(path, 7).game) == 7
    [record] = read_records([path])
    assert not isinstance(record, Reject) and record.details.properties["GN"] == "승급전"
    path.write_text(gib([*MOVES[:5], ("W", MOVES[0][1]), *MOVES[5:]]))
    sound = load_sound_part(path)
    assert (len(sound.game), "illegal move: move 6" in sound.fault) == (5, True)
    path.write_text(gib(MOVES[:9], end="STO 0 11 2 1"))
    assert len(load_beginning(path).game) == 9


def test_standard_input_and_the_page_take_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in MADE.values():
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        asked = read_position("-")
        assert asked.game is not None and same_moves(asked.game, sgf(MOVES))
        assert len(open_record(text.encode(), 1)["game"]["nodes"]) == len(MOVES) + 1
    with pytest.raises(BadRequest, match="it ends before its moves"):
        open_record(b"[Header]", 1)


def test_a_record_has_a_largest_size(tmp_path: Path) -> None:
    path = tmp_path / "x.ugi"
    pictures = "[Files]\r\nP=" + "F" * (1 << 19) + "\r\n"
    path.write_text(ugf(MOVES).replace("[Data]", pictures + "[Data]"))
    assert same_moves(load_game(path), sgf(MOVES))
    path.write_text(ugf(MOVES) + "\n" * LARGEST)
    [piece] = RecordFiles([path])
    assert isinstance(piece, SgfChunk) and len(piece.data) == LARGEST + 1
    assert reason(piece.data, path.name) == "too large: over 4 MB, the most for a UGF file"


LONG = LARGEST // 16
HOSTILE = {
    "x.gib": [
        "\\HS\n" + "\\[" * (LONG // 2), "\\HS\n\\GS\n" + "STO 0 2 1 3 3\n" * (LONG // 14),
        "\\HS\n\\GS\nSTO " + " " * LONG, "\\HS\n" + "\n" * LONG,
        "\\HS\n\\[GAMETAG=" + "C2015:08:" * (LONG // 9) + "\n\\GS\n",
    ],
    "x.ngf": [
        "\n19\n\n\n\n0\n0\n" + "9" * LONG, "\n19\n\n\n\n0\n0\n" + "PM" * (LONG // 2),
        "GI\n" * (LONG // 3), "\n19\n" + " " * LONG, "\n19\n\n\n\n0\n0\n" + "PM\n" * (LONG // 3),
    ],
    "x.ugf": [
        "#" * LONG, "#\n" * (LONG // 2), "[Header]\n" * (LONG // 9),
        "[Header]\n[Data]\n" + "A,\n" * (LONG // 3), "[Header]\nLang=" + "a" * LONG,
        "[Header]\nPlayerB=" + "," * LONG + "\n[Data]\n", " " * LONG,
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_time_is_linear_in_the_bytes(name: str) -> None:
    for text in HOSTILE[name]:  # 260,000 bytes; of the square they would take minutes
        started = process_time()
        outcome(text.encode() + b"\xff", name)
        assert process_time() - started < 5, text[:60]


@given(st.binary(max_size=60), st.integers(0, 600), st.sampled_from(sorted(MADE)))
@example(b"\xff\xfe", 0, "x.gib")
@example(b"\xfe\xff\xdc", 0, "x.ngf")
def test_whatever_stands_in_a_record_is_no_error(noise: bytes, place: int, name: str) -> None:
    data = MADE[name].encode()
    broken = data[:place] + noise + data[place + len(noise) // 2 :]
    for found in read_chunk(SgfChunk(name, 0, broken)):
        assert isinstance(found, Game) or found.reason in REASONS
    assert foreign_format(broken, name) is None or foreign_format(broken, name)
