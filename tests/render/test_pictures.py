"""Pictures: what is drawn where, in SVG and in pixels, and what text can do to them."""

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gocnn.errors import GocnnError
from gocnn.go.position import Position
from gocnn.render.diagram import Diagram
from gocnn.render.png import to_png, write_picture
from gocnn.render.svg import beside, to_svg
from gocnn.render.theme import THEMES, heat_colour, theme_named
from tests.support.boards import board, point

_SVG = "{http://www.w3.org/2000/svg}"


def elements(svg: str, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter(_SVG + tag))


def crossing(across: str, down: str) -> tuple[int, int]:
    """(column, row) from 0 of a place in a picture with coordinates."""
    return round(float(across) / 24 - 1.55), round(float(down) / 24 - 1.55)


def pixels(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def at(picture: NDArray[np.uint8], diagram: Diagram, point: int) -> list[int]:
    """The colour at the centre of a crossing, as red, green and blue."""
    row, column = divmod(point, diagram.size)
    step = picture.shape[1] / (diagram.size - 1 + 2 * 1.55)
    pixel: list[int] = picture[round((1.55 + row) * step), round((1.55 + column) * step)].tolist()
    return pixel


def test_every_stone_and_label_stands_where_it_is_on_the_board() -> None:
    position = board("X . O . . / . . . . . / . . . . . / . . . . . / . . . . X")
    position.play(point("E3", 5))
    svg = to_svg(Diagram.of(position, labels={point("B4", 5): "A"}))
    stones = {"black": set(), "white": set()}  # type: dict[str, set[tuple[int, int]]]
    for use in elements(svg, "use"):
        name = use.attrib["href"].rpartition("-")[2]
        if name != "shadow":
            stones[name].add(crossing(use.attrib["x"], use.attrib["y"]))
    assert stones == {"black": {(0, 0), (4, 2), (4, 4)}, "white": {(2, 0)}}
    discs = [c for c in elements(svg, "circle") if "cy" in c.attrib and "id" not in c.attrib]
    places = {crossing(c.attrib["cx"], c.attrib["cy"]) for c in discs}
    assert places == {(4, 2), (1, 1)}  # the last move, and the disc of the label
    texts = elements(svg, "text")
    assert len(texts) == 4 * 5 + 1
    assert texts[-1].text == "A"
    assert crossing(texts[-1].attrib["x"], texts[-1].attrib["y"]) == (1, 1)


@pytest.mark.parametrize("theme", sorted(THEMES))
@pytest.mark.parametrize("size", [2, 9, 13, 19, 25])
def test_every_theme_and_size_is_well_formed_and_small(theme: str, size: int) -> None:
    random = np.random.default_rng(1)
    stones = random.integers(-1, 2, (size, size)).astype(np.int8)
    empty, full = np.flatnonzero(stones == 0).tolist(), np.flatnonzero(stones).tolist()
    diagram = Diagram(
        stones,
        labels=dict(zip(empty, "abc", strict=False)),
        notes=dict.fromkeys(empty[:3], "12%"),
        numbers={p: n for n, p in enumerate(full, 1)},
        heat=random.random((size, size)),
        ownership=random.uniform(-1, 1, (size, size)),
        arrows=[(0, size * size - 1), (1, 1)],
        caption="Everything at once",
    )
    svg = to_svg(diagram, theme=theme)
    assert len(svg) < 250 * size * size + 12_000
    ids = {e.attrib["id"] for e in ElementTree.fromstring(svg).iter() if "id" in e.attrib}
    assert all(name.startswith(f"gocnn-{theme}-") for name in ids)
    used = set(re.findall(r'href="#([^"]*)"', svg)) | set(re.findall(r"url\(#([^)]*)\)", svg))
    assert used <= ids
    assert "nan" not in svg


def test_pictures_stand_beside_each_other_at_their_sizes() -> None:
    row = beside([to_svg(Diagram.of(Position(n)), width=n * 10) for n in (9, 5, 7)], gap=10)
    outer, *boards = ElementTree.fromstring(row).iter(_SVG + "svg")
    assert [(b.get("x"), b.get("width"), b.get("height")) for b in boards] == [
        ("0", "90", "90"),
        ("100", "50", "50"),
        ("160", "70", "70"),
    ]
    assert (outer.get("width"), outer.get("height")) == ("230", "90")


def test_a_full_board_is_small() -> None:
    assert len(to_svg(Diagram(np.ones((19, 19), np.int8)))) < 50_000


def test_the_pixels_of_stones_and_heat() -> None:
    stones = np.zeros((9, 9), np.int8)
    stones[0, 8], stones[8, 0] = 1, -1
    heat = np.zeros((9, 9))
    heat[4, 4], heat[2, 6] = 0.6, 0.1
    diagram = Diagram(stones, heat=heat)
    picture = pixels(to_png(diagram, width=300))
    assert picture.shape == (300, 300, 3)
    assert max(at(picture, diagram, 8)) < 80
    assert min(at(picture, diagram, 72)) > 200
    hot, warm, cold = (at(picture, diagram, p) for p in (40, 24, 60))
    assert hot[0] > 2 * hot[2]
    assert hot[1] < warm[1]  # the hotter, the less green is left of the wood
    assert cold == at(pixels(to_png(Diagram(stones), width=300)), diagram, 60)


def test_owners_are_squares_except_on_their_own_stones() -> None:
    stones = np.array([[1, -1], [0, 0]], np.int8)
    svg = to_svg(Diagram(stones, ownership=np.array([[1, 1], [-0.9, 0]])))
    squares = [r for r in elements(svg, "rect") if "stroke" in r.attrib]
    fills = {
        crossing(
            str(float(r.attrib["x"]) + float(r.attrib["width"]) / 2),
            str(float(r.attrib["y"]) + float(r.attrib["width"]) / 2),
        ): r.attrib["fill"]
        for r in squares
    }
    assert fills == {(1, 0): "#000000", (0, 1): "#ffffff"}


def test_an_arrow_points_at_its_end_or_at_the_edge_of_its_label() -> None:
    stones = np.zeros((5, 5), np.int8)

    def tips(diagram: Diagram) -> set[tuple[float, float]]:
        paths = [p for p in elements(to_svg(diagram), "path") if "stroke-linejoin" in p.attrib]
        ends = [p.attrib["d"].split("M")[2].split("L")[0].split() for p in paths]
        return {(float(x) / 24 - 1.55, float(y) / 24 - 1.55) for x, y in ends}

    arrows = [(0, 4), (7, 7)]  # from a point to itself there is none
    assert {(round(x), round(y)) for x, y in tips(Diagram(stones, arrows=arrows))} == {(4, 0)}
    (x, y) = tips(Diagram(stones, arrows=arrows, labels={4: "a"})).pop()
    assert (round(x, 2), round(y, 2)) == (3.52, 0)


def test_in_print_no_candidate_looks_like_a_stone() -> None:
    stones = np.zeros((5, 5), np.int8)
    svg = to_svg(Diagram(stones, labels={12: "a", 6: "b"}), theme="print")
    assert not [c for c in elements(svg, "circle") if "id" not in c.attrib]
    frames = [r.attrib["stroke"] for r in elements(svg, "rect") if "stroke" in r.attrib]
    assert frames == ["#000000", "none"]


def test_a_number_takes_the_place_of_the_last_move_mark() -> None:
    position = Position(5)
    position.play(12)
    svg = to_svg(Diagram.of(position, numbers={12: 1}))
    assert [t.text for t in elements(svg, "text")][-1] == "1"
    assert 'stroke-width="2.4"' not in svg
    assert 'stroke-width="2.4"' in to_svg(Diagram.of(position))


EVIL = "\"'><script>alert(1)</script>&amp;\x00\x1b\ufffe\ud800\u202e ]]> שלום 囲碁"


def test_text_is_text_whatever_it_holds() -> None:
    stones = np.zeros((9, 9), np.int8)
    svg = to_svg(Diagram(stones, labels={0: EVIL}, notes={0: EVIL}, caption=EVIL))
    tree = ElementTree.fromstring(svg.encode())  # well-formed, and encodes
    assert not list(tree.iter(f"{_SVG}script"))
    shown = "\"'><script>alert(1)</script>&amp; ]]> שלום 囲碁"
    texts = [t.text for t in elements(svg, "text")]
    assert texts.count(shown) == 2
    assert tree.attrib["aria-label"] == shown
    assert to_png(Diagram(stones, labels={0: EVIL}, caption=EVIL)).startswith(b"\x89PNG")


def test_a_long_caption_is_wrapped_and_the_picture_is_higher() -> None:
    stones = np.zeros((9, 9), np.int8)
    bare = pixels(to_png(Diagram(stones), width=200))
    captioned = pixels(to_png(Diagram(stones, caption="black to play " * 9), width=200))
    assert captioned.shape[0] > bare.shape[0] + 20  # more than one line
    assert captioned.shape[1] == bare.shape[1] == 200
    below = captioned[bare.shape[0] :]
    assert below.min() < 120  # there is ink


def test_without_coordinates_there_is_no_text() -> None:
    assert not elements(to_svg(Diagram(np.zeros((9, 9), np.int8)), coordinates=False), "text")


def test_the_ending_says_what_is_written(tmp_path: Path) -> None:
    diagram = Diagram(np.zeros((9, 9), np.int8))
    write_picture(diagram, tmp_path / "a.SVG")
    write_picture(diagram, tmp_path / "a.png", theme="dark", width=100)
    assert (tmp_path / "a.SVG").read_text().startswith("<svg ")
    assert pixels((tmp_path / "a.png").read_bytes()).shape[:2] == (100, 100)
    with pytest.raises(GocnnError, match=r"a\.jpg: the name of a picture ends in \.svg or \.png"):
        write_picture(diagram, tmp_path / "a.jpg")
    with pytest.raises(GocnnError, match="cannot write"):
        write_picture(diagram, tmp_path / "no" / "a.png")


def test_themes_go_by_name() -> None:
    assert list(THEMES) == ["light", "dark", "print", "plain", "plain-dark"]
    with pytest.raises(GocnnError, match="'wood' is not a theme: choose one of light, dark"):
        to_svg(Diagram(np.zeros((9, 9), np.int8)), theme="wood")


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_heat_grows_from_the_first_colour_to_the_last(theme: str) -> None:
    look = theme_named(theme)
    colours = [heat_colour(look, k / 4) for k in range(5)]
    assert colours == list(look.heat)
    assert heat_colour(look, -1) == colours[0]
    assert heat_colour(look, 2) == colours[-1]


def test_a_tint_is_red_above_zero_and_blue_below() -> None:
    tint = np.zeros((9, 9))
    tint[0, 0], tint[4, 4], tint[8, 8] = 1, -0.5, 0.01
    stones = np.zeros((9, 9), np.int8)
    stones[4, 4] = 1
    plain, tinted = (to_svg(Diagram(stones, tint=values)) for values in (None, tint))
    added = set(tinted.splitlines()) - set(plain.splitlines())
    assert sorted(line.split()[0] for line in added) == ["<circle", "<rect"]
    assert any("#d0161c" in line and "<rect" in line for line in added)
    assert any("#1f5fc4" in line and 'opacity="0.5"' in line for line in added)
    with pytest.raises(GocnnError, match="tint has values that are not finite or out of range"):
        Diagram(stones, tint=3 * tint)


def test_a_window_shows_a_part_of_the_board() -> None:
    whole = to_svg(Diagram(np.zeros((9, 9), np.int8)), coordinates=False)
    part = to_svg(Diagram(np.zeros((9, 9), np.int8)), coordinates=False, window=(0, 6, 2, 8))
    assert part.splitlines()[1:] == whole.splitlines()[1:]
    left, top, width, height = map(float, part.split('viewBox="')[1].split('"')[0].split())
    assert (width, height) == (72, 72)  # three points of 24 each way
    assert (left, top) == pytest.approx((20.4 + 6 * 24 - 12, 20.4 - 12))
