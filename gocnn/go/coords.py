"""Every name of a point.

One table, for a 19x19 board (`size` 19; rows count from the top, columns from the left):

======================  ==============  ==============  ===========  ============
name                    upper left      lower left      tengen       pass
======================  ==============  ==============  ===========  ============
point (the index)       0               342             180          361
(row, column)           (0, 0)          (18, 0)         (9, 9)       -
GTP vertex              A19             A1              K10          pass
SGF letters             aa              as              jj           empty or tt
======================  ==============  ==============  ===========  ============

gocnn works with points everywhere; the other names are converted where they come in or go out.
``point = row * size + column``, and ``size * size`` means pass, as the last move logit does.
"""

from gocnn.errors import GocnnError

_COLUMNS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_SGF_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class BadVertex(GocnnError):
    """A vertex or a pair of SGF letters that does not name a point of the board."""


def columns(size: int) -> str:
    """The column letters of a board, from the left; there is no I (GTP 2, section 2.11)."""
    return _COLUMNS[:size]


def point_at(row: int, column: int, size: int) -> int:
    """The point in a row (from the top) and a column (from the left)."""
    return row * size + column


def row_column(point: int, size: int) -> tuple[int, int]:
    """(row from the top, column from the left) of a point that is not pass."""
    return divmod(point, size)


def vertex(point: int, size: int) -> str:
    """The GTP vertex of a point.

    >>> vertex(0, 19), vertex(180, 19), vertex(361, 19)
    ('A19', 'K10', 'pass')
    """
    if point == size * size:
        return "pass"
    row, column = divmod(point, size)
    return f"{_COLUMNS[column]}{size - row}"


def point_of_vertex(text: str, size: int) -> int:
    """The point of a GTP vertex, in either case.

    >>> point_of_vertex("q16", 19), point_of_vertex("PASS", 9)
    (72, 81)

    Raises:
        BadVertex: when the text names no point of a board of this size.
    """
    name = text.strip().upper()
    if name == "PASS":
        return size * size
    column = _COLUMNS.find(name[:1]) if name else -1
    number = name[1:]
    if 0 <= column < size and number.isascii() and number.isdigit() and 1 <= int(number) <= size:
        return (size - int(number)) * size + column
    last = f"{_COLUMNS[size - 1]}{size}"
    raise BadVertex(f"{text!r} is not a vertex of a {size}x{size} board: A1 to {last}, or pass")


def sgf_letters(point: int, size: int) -> str:
    """The SGF letters of a point, empty for a pass (FF[4], Go, "Move").

    >>> sgf_letters(72, 19), sgf_letters(361, 19)
    ('pd', '')
    """
    if point == size * size:
        return ""
    row, column = divmod(point, size)
    return _SGF_LETTERS[column] + _SGF_LETTERS[row]


def point_of_sgf(letters: str, size: int) -> int:
    """The point of a pair of SGF letters; empty is a pass, and so is tt up to 19x19 (FF[3]).

    >>> point_of_sgf("pd", 19), point_of_sgf("tt", 19), point_of_sgf("", 19)
    (72, 361, 361)

    Raises:
        BadVertex: when the letters name no point of a board of this size.
    """
    if letters == "" or (letters == "tt" and size <= 19):
        return size * size
    if len(letters) == 2:
        column, row = _SGF_LETTERS.find(letters[0]), _SGF_LETTERS.find(letters[1])
        if 0 <= column < size and 0 <= row < size:
            return row * size + column
    raise BadVertex(f"{letters!r} is not an SGF point of a {size}x{size} board")
