"""Boards as text: rows and columns in line, marks where they belong, colours only where wanted."""

import io
import re
from xml.etree import ElementTree

import pytest

from gocnn.go.handicap import star_points
from gocnn.go.position import Position
from gocnn.render.svg import board_svg
from gocnn.render.text import board_text, letter, wants_colour
from tests.support.boards import board, point

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_a_board_with_everything() -> None:
    position = board("X . O . . / . . . . . / . . . . . / . . . . . / . . . . X")
    position.play(point("E1", 5) - 1)
    labels = {point("A1", 5): "a", point("A5", 5): "b", point("E4", 5): "c"}
    assert board_text(position, labels).splitlines() == [
        "    A B C D E",
        " 5  X . O . .   5",  # the stone is not hidden by its letter
        " 4  . . . . c   4",
        " 3  . . . . .   3",
        " 2  . . . . .   2",
        " 1  a . .(X)X   1",
        "    A B C D E",
    ]


@pytest.mark.parametrize(
    ("vertex", "row"), [("A1", " 1 (X)."), ("E1", ".(X)  1"), ("A5", " 5 (X).")]
)
def test_the_last_move_at_the_edge_spoils_no_other_row(vertex: str, row: str) -> None:
    position = Position(5)
    position.play(point(vertex, 5))
    text = board_text(position)
    assert row in text
    assert text.count("(") == text.count(")") == 1


def test_a_pass_is_not_marked() -> None:
    position = Position(5)
    position.play(point("C3", 5))
    position.pass_()
    assert "(" not in board_text(position)


@pytest.mark.parametrize("size", [2, 5, 9, 13, 19, 25])
def test_lines_are_as_long_as_each_other_in_colour_too(size: int) -> None:
    position = Position(size)
    position.play(size * size - 1)
    plain = board_text(position, {0: "a"})
    colour = board_text(position, {0: "a"}, colour=True)
    assert {len(line) for line in plain.splitlines()[1:-1]} == {2 * size + 7}
    assert "\x1b" not in plain
    bare = ANSI.sub("", colour).replace("●", "X").replace("·", ".")
    assert bare == plain
    assert all(line.endswith(tuple("0123456789")) for line in colour.splitlines()[1:-1])


def test_a_picture_shows_every_stone_and_label() -> None:
    """Well-formed, with stones, stars, labels and the last move where they are on the board."""
    position = board("X . O . . / . . . . . / . . . . . / . . . . . / . . . . X")
    position.play(point("E3", 5))
    drawn = ElementTree.fromstring(board_svg(position, {point("B4", 5): "A"}))
    circles = [e for e in drawn if e.tag.endswith("circle")]

    def centres(key: str, value: str) -> set[tuple[int, int]]:
        found = (c.attrib for c in circles if c.attrib.get(key) == value)
        return {(int(a["cx"]) // 14, int(a["cy"]) // 14) for a in found}

    assert centres("fill", "#111") == {(1, 1), (5, 5), (5, 3)}  # (column, row), from 1
    assert centres("fill", "#fff") == {(3, 1)}
    assert centres("stroke", "#d22") == {(5, 3)}
    texts = [e.text for e in drawn if e.tag.endswith("text")]
    assert len(texts) == 4 * 5 + 1
    assert texts[-1] == "A"
    assert len(board_svg(Position(19), {})) < 30_000


def test_hoshi() -> None:
    assert len(star_points(19)) == 9
    assert len(star_points(9)) == 5
    assert len(star_points(8)) == 4
    assert star_points(5) == []
    assert board_text(Position(19)).count("+") == 9


def test_letters_end_with_the_alphabet() -> None:
    assert letter([5, 3]) == {5: "a", 3: "b"}
    assert len(letter(range(40))) == 26


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "encoding", "wanted"),
    [
        ({}, "utf-8", True),
        ({}, "UTF8", True),
        ({"NO_COLOR": "1"}, "utf-8", False),
        ({"NO_COLOR": ""}, "utf-8", True),
        ({"TERM": "dumb"}, "utf-8", False),
        ({}, "latin-1", False),
    ],
)
def test_colour_only_on_a_terminal_that_knows_it(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], encoding: str, wanted: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    terminal.encoding = encoding
    assert wants_colour(terminal) is wanted
    assert not wants_colour(io.StringIO())
