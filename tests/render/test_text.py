"""Boards as text: rows and columns in line, marks in place, colours only where they are wanted."""

import io
import re

import numpy as np
import pytest

from gocnn.go.handicap import star_points
from gocnn.go.position import Position
from gocnn.render.diagram import Diagram, letter
from gocnn.render.text import board_text, terminal_width, to_text, wants_colour
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


def test_a_narrow_terminal_gets_a_narrow_board_and_never_a_wrapped_one() -> None:
    position = Position(19)
    position.play(point("Q16", 19))
    for width in (80, 45, 42, 40, 28):
        for colour in (False, True):
            text = ANSI.sub("", to_text(Diagram.of(position), colour=colour, width=width))
            assert max(len(line) for line in text.splitlines()) <= width
            assert ("Last move: Q16." in text) is (width < 42)  # where brackets find no room
    wide, less, narrow = (to_text(Diagram.of(position), width=w).splitlines() for w in (45, 42, 41))
    assert wide[1].endswith(" 19")
    assert less[1] == wide[1][:41].rstrip()
    assert narrow[4] == "16 ...+.....+.....X...  16"


def test_heat_in_digits_and_in_colours() -> None:
    heat = np.zeros((5, 5))
    heat[0] = [0.9, 0.45, 0.05, 0.001, 0]
    diagram = Diagram(np.zeros((5, 5), np.int8), heat=heat, labels={0: "a"})
    lines = to_text(diagram).splitlines()
    assert lines[1] == " 5  a 5 1 . .   5"
    assert lines[-1] == "The digits are ninths of the highest probability, 90.0%."
    painted = to_text(diagram, colour=True).splitlines()[1]
    backgrounds = re.findall(r"48;5;(\d+)m [^\x1b]*\x1b", painted)
    assert backgrounds[:3] == ["160", "168", "68"]
    assert ANSI.sub("", painted) == " 5  a · · · ·   5"


def test_owners_of_points_and_dead_stones() -> None:
    position = board("X . O / . . . / O . X")
    ownership = np.array([[1, 0.9, 1], [0.2, -0.9, -0.4], [-1, -0.7, -1]])
    diagram = Diagram(position.stones, ownership=ownership)
    assert to_text(diagram).splitlines()[1:4] == [" 3  X b o   3", " 2  . w .   2", " 1  O w x   1"]
    assert ANSI.sub("", to_text(diagram, colour=True)).splitlines()[1] == " 3  ● · ●   3"


def test_numbers_take_the_room_they_need() -> None:
    position = Position(9)
    for move in range(12):
        position.play(move)
    text = to_text(Diagram.of_sequence(position, 9))
    assert text.splitlines()[1:3] == [
        " 9   X  O  X  O  X  O  X  O  9   9",
        " 8  10 11 12  .  .  .  .  .  .   8",
    ]
    assert text.endswith("Black: the odd numbers.\nWhite: the even numbers.")
    narrow = to_text(Diagram.of_sequence(position, 9), width=25)
    assert narrow.splitlines()[2] == " 8  O X O . . . . . .   8"
    assert narrow.endswith("Black: 9 J9, 11 B8.\nWhite: 10 A8, 12 C8.")


def test_what_a_record_says_does_no_harm_to_a_terminal() -> None:
    stones = np.zeros((5, 5), np.int8)
    diagram = Diagram(stones, labels={0: "\x1b", 1: "\x1b[2J"}, caption="a\x1b[2Jb\n\u202ec\x07")
    text = to_text(diagram)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)
    assert text.endswith("a[2Jb c")


def test_arrows_are_told_below() -> None:
    diagram = Diagram(np.zeros((5, 5), np.int8), arrows=[(0, 24)], caption="Black connects.")
    assert to_text(diagram).splitlines()[-2:] == ["Arrow: A5 to E1.", "Black connects."]


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


def test_only_a_terminal_has_a_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "61")
    assert terminal_width(Terminal()) == 61
    assert terminal_width(io.StringIO()) is None
