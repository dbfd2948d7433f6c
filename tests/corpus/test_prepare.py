"""From files to a corpus: everything counted, duplicates gone, whatever the number of processes."""

import errno
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from gocnn.cli.main import main
from gocnn.corpus import ingest as reading
from gocnn.corpus import prepare as prepare_module
from gocnn.corpus.corpus import Corpus
from gocnn.corpus.filters import Filters
from gocnn.corpus.prepare import Report, open_or_prepare, prepare, read_corpus
from gocnn.errors import GocnnError
from gocnn.go.game import SourceKind
from tests.support.records import random_moves, record
from tests.support.windows import ON_LINUX, open_files_stay


def turned(seed: int, count: int = 30, size: int = 9) -> bytes:
    """The game of a seed, mirrored."""
    moves = random_moves(seed, count, size)
    flipped = "".join(f";{c}[{chr(ord('a') + size - 1 - ord(p[0]) + ord('a'))}{p[1]}]"
                      for c, p in moves)  # fmt: skip
    return f"(;SZ[{size}]{flipped})".encode()


@pytest.fixture
def games(tmp_path: Path) -> Path:
    """A folder with a bit of everything: 26 records, of which 11 are good and different."""
    folder = tmp_path / "games"
    folder.mkdir()
    collection = [record(n, properties="PC[Tygem]BR[9d]WR[9d]DT[2010-05-01]") for n in range(6)]
    broken = [b"(;GM[1]SZ[9];B[ee];W[cc\n", b"(;GM[1]SZ[9];B[ee];W[ee])", b"(;SZ[9];B[zz])"]
    (folder / "a.sgf").write_bytes(b"\n".join([*collection[:3], *broken, *collection[3:]]))
    (folder / "b.sgf").write_bytes(turned(2) + record(1))  # known, as they stand in a.sgf
    (folder / "c.sgf").write_bytes(b"nothing")
    (folder / "d.tar.gz").write_bytes(b"\x1f\x8b broken")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as archive:
        for n in range(10, 15):
            data = record(n, properties=f"PC[KGS]BR[{n - 9}d]WR[5d]HA[{n % 2}]DT[201{n % 10}]")
            member = tarfile.TarInfo(f"{n}.sgf")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for n in range(10):
            data = record(100 + n, 2 + n)
            member = tarfile.TarInfo(f"short/{n}.sgf")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    (folder / "e.tar.xz").write_bytes(out.getvalue())
    (folder / "other.sgf").write_bytes(record(1, size=13))
    (folder / "notes.txt").write_bytes(b"not read")
    return folder


DIGITS = "1" * 5000  # more than Python converts to a number


def test_no_number_ends_a_run(tmp_path: Path) -> None:
    names = ("HA", "KM", "RE", "BR", "WR", "DT", "SZ", "GM", "CA", "PB")
    values = (
        DIGITS, f"W+{DIGITS}", f"{DIGITS}d", f"-{DIGITS}.5", f"{DIGITS}又1/2子", " " * 9999,
        f"{DIGITS}/4", f"{DIGITS}½", f"Black wins by {DIGITS}", "-" * 9999,
    )  # fmt: skip
    odd = [f"{name}[{value}]" for name in names for value in values]
    path = tmp_path / "1.sgf"
    path.write_bytes(b"".join(record(n, properties=text) for n, text in enumerate(odd)))
    report = prepare([path], tmp_path / "x.gocnn", size=9, jobs=1)
    assert report.read == len(odd) == 100
    assert report.kept >= 80  # all but those of SZ and GM


@pytest.mark.parametrize(
    "name",
    ["x#99999999999999999999", "x#1", "x#0", "x#07", "#2", "x#4294967296", "a#2#3", "a\nb.sgf",
     os.fsdecode(b"caf\xe9.sgf"), os.fsdecode(b"\xff\xfe.sgf")],
)  # fmt: skip
def test_any_name_of_a_file_is_kept(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(record(1) + record(2))
    report = prepare([path], tmp_path / "x.gocnn", size=9, rejects=tmp_path / "rejects.tsv", jobs=1)
    assert report.kept == 2
    corpus = Corpus.open(tmp_path / "x.gocnn")
    assert [game.source for game in corpus] == [name, f"{name}#2"]
    result = CliRunner().invoke(main, ["prepare", str(path), "-o", str(path) + ".gocnn"])
    assert result.exit_code == 2  # of another size, and said in one line
    assert result.output.count("\n") == 1


def test_the_counts_add_up_exactly(games: Path, tmp_path: Path) -> None:
    report = prepare([games], tmp_path / "x.gocnn", size=9, rejects=tmp_path / "rejects.tsv")
    assert dict(report.rejected) == {
        "broken tree": 1,
        "illegal move": 1,
        "bad point": 1,
        "duplicate": 2,
        "no game tree": 1,
        "broken archive": 1,
        "under 20 moves": 10,
        "other size": 1,
    }
    assert report.kept == 11 == len(Corpus.open(tmp_path / "x.gocnn"))
    assert report.read == 29 == report.kept + sum(report.rejected.values())
    assert report.moves == 11 * 30
    assert dict(report.kinds) == {"tygem": 6, "kgs": 5}
    lines = (tmp_path / "rejects.tsv").read_text().splitlines()
    assert lines[0] == "source\treason\tdetail"
    assert len(lines) == 1 + sum(report.rejected.values())
    assert "games/a.sgf#5\tillegal move\tmove 2, W E5" in lines
    assert "games/b.sgf\tduplicate\t" in lines and "games/b.sgf#2\tduplicate\t" in lines
    assert "games/e.tar.xz:short/3.sgf\tunder 20 moves\t5 moves" in lines


@ON_LINUX
def test_games_are_read_where_no_open_file_can_be_moved(games: Path, tmp_path: Path) -> None:
    with open_files_stay():
        corpus, report = read_corpus([games], size=9)
        cached, _ = open_or_prepare([games], tmp_path / "x.gocnn", size=9)
        assert report is not None and report.kept == 11 == len(corpus) == len(cached)
        assert [game.moves.tolist() for game in corpus] == [g.moves.tolist() for g in cached]
        del cached
        more, report = open_or_prepare([games], tmp_path / "x.gocnn", size=None)  # made anew
        assert report is not None and len(more) == 12


def test_the_table_shows_every_count(games: Path, tmp_path: Path) -> None:
    report = prepare([games], tmp_path / "x.gocnn", size=9)
    numbers = [int(line.split()[0].replace(",", "")) for line in report.table().splitlines()
               if line[:10].strip()]  # fmt: skip
    assert numbers[0] == sum(numbers[1:]) == 29
    assert numbers[-1] == 11


def test_the_number_of_processes_changes_nothing(
    games: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK", 1500)  # many parcels of few games
    monkeypatch.setattr(reading, "ALONE", 1)
    found = []
    for jobs in (1, 2):
        output, rejects = tmp_path / f"{jobs}.gocnn", tmp_path / f"{jobs}.tsv"
        prepare([games], output, size=9, jobs=jobs, rejects=rejects)
        found.append((output.read_bytes(), rejects.read_bytes()))
    assert found[0] == found[1]


def test_a_list_of_rejects_that_is_not_finished_leaves_the_old_one(
    games: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "rejects.tsv"
    with pytest.raises(GocnnError, match="no games left"):
        prepare([games / "c.sgf"], tmp_path / "x.gocnn", rejects=listed)
    assert "no game tree" in listed.read_text(), "the list says why no game is left"
    listed.write_text("an old list")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(prepare_module, "_line", full)
        with pytest.raises(GocnnError, match=r"cannot write \(No space left"):
            prepare([games], tmp_path / "x.gocnn", size=9, rejects=listed, jobs=1)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", lambda _: full() if (tmp_path / "x.gocnn").exists() else None)
        with pytest.raises(GocnnError, match=r"rejects.tsv: cannot write \(No space left"):
            prepare([games], tmp_path / "x.gocnn", size=9, rejects=listed, jobs=1)
    with monkeypatch.context() as broken:
        broken.setattr(prepare_module, "_new", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            prepare([games], tmp_path / "x.gocnn", size=9, rejects=listed, jobs=1)
    assert {p.name: p.read_text() for p in tmp_path.glob("*rejects*")} == {
        "rejects.tsv": "an old list"
    }


def test_one_of_a_kind_is_told_as_one(tmp_path: Path) -> None:
    report = Report(read=1, kept=1, moves=1, other_files=1)
    report.unread.update(["linked folder", ".7z file", ".7z file"])
    assert [line.strip() for line in report.table().splitlines()] == [
        "1 record read", "1 game kept, 1 move", "1 other file in archives, not read",
        "2 .7z files not read", "1 linked folder not read",
    ]  # fmt: skip


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_games_of_another_corpus_stay_out(games: Path, tmp_path: Path) -> None:
    (tmp_path / "t.sgf").write_bytes(turned(3) + record(77))
    prepare([tmp_path / "t.sgf"], tmp_path / "test.gocnn", size=9)
    report = prepare([games], tmp_path / "x.gocnn", size=9, without=[tmp_path / "test.gocnn"])
    assert report.rejected["in a corpus to leave out"] == 1
    assert report.rejected["duplicate"] == 2
    assert report.kept == 10


FILTERS = [
    ({"min_moves": 5}, 18),
    ({"min_moves": 1}, 21),
    ({"min_rank": "5d"}, 7),
    ({"min_rank": "9p"}, 0),
    ({"kinds": "kgs"}, 5),
    ({"kinds": "KGS, tygem"}, 11),
    ({"since": "2011"}, 4),
    ({"since": "2010-05-01", "until": "2010-05-01"}, 6),
    ({"until": "2010"}, 7),
    ({"until": "2010-06"}, 6),
]


@pytest.mark.parametrize(("texts", "kept"), FILTERS)
def test_filters(games: Path, tmp_path: Path, texts: dict[str, str], kept: int) -> None:
    filters = Filters.parse(**texts)  # type: ignore[arg-type]
    if not kept:
        with pytest.raises(GocnnError, match="no games left of 29 records"):
            prepare([games], tmp_path / "x.gocnn", size=9, filters=filters)
        assert not (tmp_path / "x.gocnn").exists()
        return
    assert prepare([games], tmp_path / "x.gocnn", size=9, filters=filters).kept == kept


def test_handicap_games_alone_or_never(tmp_path: Path) -> None:
    (tmp_path / "x.sgf").write_bytes(
        b"(;SZ[9]HA[2]AB[cc][gg];W[ee];B[aa])(;SZ[9];B[ee];W[aa])(;SZ[9];B[dd];B[ee];W[aa])"
    )
    for handicap, kept in (("any", 3), ("even", 1), ("only", 2)):
        filters = Filters(handicap=handicap, min_moves=1)
        output = tmp_path / "x.gocnn"
        assert prepare([tmp_path / "x.sgf"], output, size=9, filters=filters).kept == kept


def test_a_sample_is_always_the_same_games(tmp_path: Path) -> None:
    (tmp_path / "x.sgf").write_bytes(b"".join(record(n, 8) for n in range(200)))
    kept = []
    for share in (0.2, 0.2, 0.6):
        filters = Filters(sample=share, min_moves=1)
        prepare([tmp_path / "x.sgf"], tmp_path / "x.gocnn", size=9, filters=filters)
        kept.append(set(Corpus.open(tmp_path / "x.gocnn").games["hash"].tolist()))
    assert kept[0] == kept[1] < kept[2]
    assert 20 <= len(kept[0]) <= 60 and 90 <= len(kept[2]) <= 150


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"min_rank": "strong"}, "'strong' is not a rank"),
        ({"since": "yesterday"}, "'yesterday' is not a date"),
        ({"kinds": "kgs,ogs"}, "'ogs' is not a source: use unknown, kgs, tygem, fox, pro"),
        ({"handicap": "some"}, "any, even, only, not 'some'"),
    ],
)
def test_a_condition_that_cannot_be_read_is_told(texts: dict[str, str], said: str) -> None:
    with pytest.raises(GocnnError, match=said):
        Filters.parse(**texts)  # type: ignore[arg-type]
    with pytest.raises(GocnnError, match="not 0"):
        Filters(sample=0.0)


def test_without_a_size_all_boards_are_taken(games: Path, tmp_path: Path) -> None:
    report = prepare([games], tmp_path / "x.gocnn", size=None)
    assert report.kept == 12
    assert set(Corpus.open(tmp_path / "x.gocnn").games["size"].tolist()) == {9, 13}


def test_a_corpus_notes_where_it_came_from(games: Path, tmp_path: Path) -> None:
    filters = Filters(kinds=(SourceKind.KGS,))
    report = prepare([games], tmp_path / "x.gocnn.xz", size=9, filters=filters, validation=0.2)
    corpus = Corpus.open(tmp_path / "x.gocnn.xz")
    assert corpus.checksum == report.checksum
    assert corpus.meta["report"]["kept"] == 5
    assert corpus.meta["validation"] == 0.2
    assert corpus.meta["filters"]["kinds"] == [1]
    assert corpus.game(0).source == "games/e.tar.xz:10.sgf"


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_prints_the_table(games: Path, tmp_path: Path) -> None:
    status, out, err = run("prepare", games, "-o", tmp_path / "x.gocnn", "--board-size", "9")
    assert (status, err) == (0, "")
    assert "29 records read" in out and "11 games kept, 330 moves" in out
    assert "for training" in out


def test_the_command_prints_json(games: Path, tmp_path: Path) -> None:
    output = tmp_path / "x.gocnn"
    status, out, _ = run("prepare", games, "-o", output, "--board-size", "all", "--json",
                         "--validation", "0.5", "--kind", "kgs")  # fmt: skip
    answer = json.loads(out)
    assert (status, answer["kept"], answer["output"]) == (0, 5, str(output))
    assert answer["training"] + answer["validation"] == 5
    assert answer["read"] == answer["kept"] + sum(answer["rejected"].values())


def test_the_command_tells_bad_input_in_one_line(games: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    output = ("-o", tmp_path / "x.gocnn")
    for arguments, said in (
        ((tmp_path / "none",), "no such file or folder"),
        ((tmp_path / "empty",), "or archives of them in this folder"),
        ((games / "c.sgf",), "no games left of 1 record (1 no game tree); nothing was written"),
        ((games, "--board-size", "big"), "give a number of lines, or all"),
        ((games, "--jobs", "0"), "'--jobs': 0 is not in the range x>=1"),
        ((games, "--rejects", tmp_path / "none" / "r.tsv"), "r.tsv: cannot write (No such file"),
        ((games, "--rejects", tmp_path), "cannot write (Is a directory)"),
    ):
        status, out, err = run("prepare", *arguments, *output)
        assert (status, out) == (2, "")
        assert said in err and err.count("\n") == 1
    assert not (tmp_path / "x.gocnn").exists()


def test_ctrl_c_ends_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.sgf").write_bytes(b"\n".join(record(n, 60) for n in range(300)) * 120)
    output = tmp_path / "out" / "x.gocnn"
    output.parent.mkdir()
    command = ["prepare", str(tmp_path / "x.sgf"), "-o", str(output), "--board-size", "9"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gocnn", *command],
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not list(output.parent.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.decode()) == (130, "gocnn: interrupted\n")
    assert list(output.parent.iterdir()) == []
