import pytest

from gocnn.go.coords import (
    BadVertex,
    columns,
    point_at,
    point_of_sgf,
    point_of_vertex,
    row_column,
    sgf_letters,
    vertex,
)

# (size, point, vertex, SGF letters), from the specifications: GTP 2 counts rows from below and
# skips I, SGF counts from above.
NAMES = [
    (19, 0, "A19", "aa"),
    (19, 18, "T19", "sa"),
    (19, 342, "A1", "as"),
    (19, 180, "K10", "jj"),
    (19, 72, "Q16", "pd"),
    (9, 80, "J1", "ii"),
    (25, 24, "Z25", "ya"),
    (19, 361, "pass", ""),
]


@pytest.mark.parametrize(("size", "point", "name", "letters"), NAMES)
def test_every_name_leads_to_the_point_and_back(
    size: int, point: int, name: str, letters: str
) -> None:
    assert vertex(point, size) == name
    assert point_of_vertex(name.lower(), size) == point
    assert sgf_letters(point, size) == letters
    assert point_of_sgf(letters, size) == point


def test_rows_and_columns_agree_with_points() -> None:
    for point in range(81):
        assert point_at(*row_column(point, 9), 9) == point
    assert columns(9) == "ABCDEFGHJ"


def test_tt_is_a_pass_up_to_19_lines_only() -> None:
    assert point_of_sgf("tt", 19) == 361
    assert point_of_sgf("tt", 20) == 19 * 20 + 19


@pytest.mark.parametrize("text", ["", "I5", "A0", "A20", "U1", "5D", "D", "D4x", "D٤", "passs"])
def test_no_vertex(text: str) -> None:
    with pytest.raises(BadVertex, match="not a vertex of a 19x19 board"):
        point_of_vertex(text, 19)


@pytest.mark.parametrize("letters", ["a", "aaa", "AA", "sj1", "jt", "a "])
def test_no_sgf_point(letters: str) -> None:
    with pytest.raises(BadVertex, match="not an SGF point"):
        point_of_sgf(letters, 19)
