"""Positions from diagrams: rows of X, O and dots, parted by line feeds or slashes."""

from gocnn.go.board import BLACK
from gocnn.go.coords import point_of_vertex
from gocnn.go.position import Position

# White catches D5 with E6. Upwards the stone F9 stops the ladder; so it runs down to the right,
# over F3, G3, G2 to the edge.
LADDER = """
. . . . . X . . .
. . . . . . . . .
. . O O . . . . .
. O X X . . . . .
. . O X . . . . .
. . . O . . . . .
. . . . . . . . .
. . . . . . . . .
. . . . . . . . .
"""

ALIVE = """
    . X . X .
    X X X X X
    O O O O O
    . O . O .
    O O O O O
"""

SEKI = """
    . X X O . O .
    O . X O O O O
    O O X O . . .
    X X O O O O O
    X X X X X X X
    . X . X X X X
    X X X X X X X
"""


def board(diagram: str, *, to_move: int = BLACK, komi: float = 0.0) -> Position:
    """The position of a diagram; the board is as large as it has rows."""
    rows = [row.split() for row in diagram.replace("/", "\n").splitlines() if row.strip()]
    assert all(len(row) == len(rows) for row in rows), "a board is square"
    cells = [cell for row in rows for cell in row]
    position = Position(len(rows), komi=komi)
    position.setup(
        [p for p, cell in enumerate(cells) if cell == "X"],
        [p for p, cell in enumerate(cells) if cell == "O"],
        to_move=to_move,
    )
    return position


def point(vertex: str, size: int) -> int:
    """A point by its vertex."""
    return point_of_vertex(vertex, size)
