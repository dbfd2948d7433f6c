"""What a diagram accepts, and numbered sequences as they are printed."""

from typing import Any

import numpy as np
import pytest

from gocnn.errors import GocnnError
from gocnn.go.position import Position
from gocnn.render.diagram import Diagram
from tests.support.boards import point


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ({"stones": np.zeros((5, 6), np.int8)}, "2 to 25 lines each way"),
        ({"stones": np.zeros((26, 26), np.int8)}, "2 to 25 lines each way"),
        ({"stones": np.full((5, 5), 2, np.int8)}, r"1 \(black\), -1 \(white\) or 0"),
        ({"labels": {25: "a"}}, "point 25 is not on a board of 5 lines"),
        ({"notes": {-1: "a"}}, "point -1 is not on"),
        ({"numbers": {99: 1}}, "point 99 is not on"),
        ({"last_move": 25}, "point 25 is not on"),
        ({"arrows": [(0, 30)]}, "point 30 is not on"),
        ({"heat": np.zeros(25)}, r"heat has shape \(25,\), the stones \(5, 5\)"),
        ({"heat": np.full((5, 5), np.nan)}, "heat has values that are not finite"),
        ({"heat": np.full((5, 5), -0.1)}, "heat has values"),
        ({"ownership": np.full((5, 5), -1.5)}, "ownership has values"),
        ({"ownership": np.full((5, 5), 1.5)}, "ownership has values"),
    ],
)
def test_what_does_not_fit_the_board_is_refused(marks: dict[str, Any], message: str) -> None:
    with pytest.raises(GocnnError, match=message):
        Diagram(marks.pop("stones", np.zeros((5, 5), np.int8)), **marks)


def test_a_pass_is_not_a_last_move() -> None:
    position = Position(5)
    position.play(12)
    assert Diagram.of(position).last_move == 12
    position.pass_()
    assert Diagram.of(position).last_move is None


def test_heat_is_relative_and_only_on_empty_points() -> None:
    stones = np.zeros((2, 2), np.int8)
    stones[0, 0] = 1
    diagram = Diagram(stones, heat=np.array([[0.9, 0.2], [0.1, 0]], np.float32))
    assert diagram.relative_heat.round(6).tolist() == [[0, 1], [0.5, 0]]
    assert Diagram(stones).relative_heat.max() == 0


def test_a_sequence_with_a_capture_is_printed_as_in_books() -> None:
    """The stone taken stays, and what is played in its place is told below."""
    position = Position(5)
    for name in ("B5", "A5", "A4", "E1", "E2", "A5"):  # black takes A5, and white plays there again
        try:
            position.play(point(name, 5))
        except GocnnError:  # suicide
            position.pass_()
    position.play(point("A5", 5))
    diagram = Diagram.of_sequence(position, 2, caption="The corner")
    assert diagram.numbers == {
        point("A5", 5): 2, point("A4", 5): 3, point("E1", 5): 4, point("E2", 5): 5,
    }  # fmt: skip
    assert diagram.stones[0, 0] == -1
    assert diagram.caption == "The corner. 6: pass, 7 at 2"
    assert position.ply == 7


@pytest.mark.parametrize("start", [0, 3])
def test_a_sequence_begins_with_a_move_there_is(start: int) -> None:
    position = Position(5)
    position.play(3)
    position.play(4)
    with pytest.raises(GocnnError, match=f"moves 1 to 2, and no move {start}"):
        Diagram.of_sequence(position, start)
