"""Names, comments and the other words of a record."""

from pathlib import Path

import pytest

from gocnn.sgf.details import Details
from gocnn.sgf.reader import Record, Reject, read_records


def details(path: Path, data: bytes) -> Details:
    path.write_bytes(data)
    (record,) = read_records([path])
    assert isinstance(record, Record)
    return record.details


def test_words_of_a_record(tmp_path: Path) -> None:
    read = details(
        tmp_path / "a.sgf",
        rb"(;GM[1]SZ[9]PB[A \[1\]]PW[B: \\]EV[Two" + b"\n" + rb"lines]RE[B+R]C[start]"
        rb";B[aa]C[one\: a \] here" + b"\n" + rb"and there];W[bb](;B[cc]C[three])(;B[dd]C[no]))",
    )
    assert (read.black, read.white) == ("A [1]", "B: \\")
    assert read.properties["EV"] == "Two lines"
    assert read.comments == {0: "start", 1: "one: a ] here\nand there", 3: "three"}


@pytest.mark.parametrize(
    ("encoding", "name", "declared"),
    [
        ("utf-8", "柯洁 9段", b"CA[UTF-8]"),
        ("utf-8", "조훈현", b""),
        ("gb18030", "柯洁", b""),
        ("euc_kr", "이창호", b"CA[euc-kr]"),
        ("shift_jis", "表ソ能", b"CA[Shift_JIS]"),  # their second bytes are backslashes
        ("latin-1", "Müller", b"CA[ISO-8859-1]"),
        ("utf-8", "‮gnihtyna <b>", b"CA[no-such-encoding]"),
        ("gb18030", "柯洁", b"CA[\0]"),  # a codec name that Python refuses with ValueError
    ],
)
def test_names_in_many_encodings(tmp_path: Path, encoding: str, name: str, declared: bytes) -> None:
    data = b"(;GM[1]SZ[9]" + declared + b"PB[" + name.encode(encoding) + b"];B[aa])"
    assert details(tmp_path / "a.sgf", data).black == name


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    read = details(tmp_path / "a.sgf", b"(;SZ[9]PB[\xff\xff\xfe];B[aa]C[])")
    assert read.black and read.comments == {}
    assert Details().black == ""


def test_broken_records_are_told_among_the_others(tmp_path: Path) -> None:
    path = tmp_path / "a.sgf"
    path.write_bytes(b"(;SZ[9]PB[one];B[aa])(;SZ[9];B[aa];W[aa])(;SZ[9]PB[three];B[bb])")
    first, second, third = read_records([path])
    assert isinstance(first, Record) and isinstance(third, Record)
    assert (first.details.black, third.details.black) == ("one", "three")
    assert isinstance(second, Reject) and second.reason == "illegal move"
