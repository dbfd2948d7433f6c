"""board.js and curve.js in a page of their own, without any server, as a review embeds them."""

import json
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page

STATIC = files("gocnn.render") / "static"


def fill(page: Page, data: dict[str, Any], curve: dict[str, Any] | None = None) -> None:
    """A page with a board and a curve, which note what is asked of them."""
    modules = "\n".join((STATIC / name).read_text() for name in ("board.js", "curve.js"))
    page.set_content(f"""<!doctype html><html lang="en"><title>Board</title>
        <style>{(STATIC / "board.css").read_text()}</style>
        <main><div id="board"></div><div id="curve"></div></main>
        <script type="module">{modules}
        window.calls = [];
        const note = (name) => (value) => window.calls.push([name, value]);
        window.board = new Board(document.getElementById("board"), {{
          onPlay: note("play"), onStep: note("step"), onTentative: note("tentative") }});
        window.board.draw({json.dumps(data)});
        window.curve = new Curve(document.getElementById("curve"), {{
          label: "Win rate", onSelect: note("select") }});
        window.curve.draw({json.dumps(curve or {"values": [0.5]})});
        </script>""")


def stones(size: int, **colours: list[int]) -> list[int]:
    board = [0] * size * size
    for name, points in colours.items():
        for point in points:
            board[point] = 1 if name == "black" else -1
    return board


def calls(page: Page) -> list[list[Any]]:
    """What was asked since the last look."""
    made: list[list[Any]] = page.evaluate("window.calls.splice(0)")
    return made


def click_point(page: Page, point: int, size: int) -> None:
    page.locator(".go-cells rect").nth(point).click()


@pytest.mark.parametrize("size", [2, 9, 19, 25])
def test_a_click_plays_on_its_point(page: Page, size: int) -> None:
    fill(page, {"size": size, "stones": stones(size), "toMove": 1})
    for point in (0, size - 1, size * size // 2, size * size - 1):
        click_point(page, point, size)
        assert calls(page) == [["play", point]]


def test_every_point_says_what_stands_there(page: Page) -> None:
    data = {
        "size": 9,
        "stones": stones(9, black=[0, 40], white=[80]),
        "last": 40,
        "dead": [80],
        "candidates": [{"point": 8, "text": "A", "detail": "45%"}],
    }
    fill(page, data)
    cells = page.locator("[role=grid] [role=row] [role=gridcell]")
    assert cells.count() == 81
    said = {point: cells.nth(point).get_attribute("aria-label") for point in (0, 1, 8, 40, 80)}
    assert said == {
        0: "A9, black stone",
        1: "B9, empty",
        8: "J9, empty, candidate A 45%",
        40: "E5, black stone, last move",
        80: "J1, white stone, dead",
    }


def test_what_is_drawn_is_what_was_given(page: Page) -> None:
    data = {
        "size": 9,
        "stones": stones(9, black=[0, 40], white=[80]),
        "last": 40,
        "labels": {"80": "12", "20": "x"},
        "marks": {"0": "triangle"},
        "heat": [1.0 if point == 30 else 0.0 for point in range(81)],
        "ownership": [1.0 if point < 9 else 0.0 for point in range(81)],
        "arrows": [[3, 5]],
        "candidates": [{"point": 30, "text": "A", "best": True}, {"point": 81, "text": "B"}],
    }
    fill(page, data)
    counts = {
        "circle.go-black": 2,
        "circle.go-white": 1,
        ".go-last.go-on-black": 1,
        ".go-label": 2,
        ".go-mark": 1,
        ".go-warm": 1,
        ".go-owner-black": 9,
        ".go-arrow": 1,
        ".go-candidate": 1,  # a pass has no place on the board
        ".go-star": 5,
    }
    assert {css: page.locator(css).count() for css in counts} == counts
    page.evaluate("board.draw({size: 9, stones: new Array(81).fill(0)})")
    cleared = [css for css in counts if css != ".go-star" and page.locator(css).count()]
    assert cleared == []


def test_the_board_is_played_on_by_keyboard_alone(page: Page) -> None:
    fill(page, {"size": 9, "stones": stones(9), "toMove": -1})
    page.keyboard.press("Tab")
    for key in ("ArrowUp", "ArrowLeft", "ArrowLeft", "Enter", "ArrowDown", "Space"):
        page.keyboard.press(key)
    assert calls(page) == [["play", 29], ["play", 38]]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "C5, empty"
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert calls(page) == [["play", 36]]  # the edge holds


def test_a_mouse_leaves_the_keys_to_the_page(page: Page) -> None:
    fill(page, {"size": 9, "stones": stones(9), "toMove": 1})
    click_point(page, 40, 9)
    assert page.evaluate("document.activeElement === document.body")


def test_the_wheel_steps_and_a_slow_one_adds_up(page: Page) -> None:
    fill(page, {"size": 9, "stones": stones(9)})
    page.locator("#board").hover()
    page.mouse.wheel(0, 120)
    page.mouse.wheel(0, -120)
    page.wait_for_function("window.calls.length === 2")
    assert calls(page) == [["step", 1], ["step", -1]]
    for _ in range(3):
        page.mouse.wheel(0, 25)
    page.wait_for_function("window.calls.length === 1")
    assert calls(page) == [["step", 1]]


def test_on_a_phone_a_tap_is_confirmed_by_a_second(page: Page) -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True)
    phone = context.new_page()
    fill(phone, {"size": 19, "stones": stones(19), "toMove": 1})
    cell = phone.locator(".go-cells rect")
    cell.nth(60).tap()
    cell.nth(61).tap()
    cell.nth(61).tap()
    assert calls(phone) == [["tentative", 60], ["tentative", 61], ["play", 61]]
    fill(phone, {"size": 9, "stones": stones(9), "toMove": 1})
    cell.nth(40).tap()  # large enough to hit
    assert calls(phone) == [["play", 40]]
    context.close()


def test_text_is_never_markup(page: Page) -> None:
    evil = "<img src=x onerror=\"window.calls.push('ran')\">"
    data = {
        "size": 9,
        "stones": stones(9),
        "labels": {"3": evil},
        "marks": {"4": evil},
        "candidates": [{"point": 5, "text": evil, "detail": evil}],
    }
    fill(page, data, {"values": [0.1, 0.2], "scale": [evil]})
    assert page.locator("img").count() == 0
    assert evil in (page.locator(".go-label").text_content() or "")
    assert calls(page) == []


def test_a_click_on_the_curve_selects_its_move(page: Page) -> None:
    fill(page, {"size": 9, "stones": stones(9)}, {"values": [0.5] * 101, "low": 0, "high": 1})
    box = page.locator("#curve").bounding_box()
    assert box is not None
    for share, index in ((0.0, 0), (0.25, 25), (1.0, 100)):
        across = min(box["width"] * share, box["width"] - 1)
        page.locator("#curve").click(position={"x": across, "y": 20})
        assert calls(page)[-1] == ["select", index]


def test_the_curve_is_a_slider_for_the_keyboard(page: Page) -> None:
    curve = {"values": [0.5, None, 0.75, 0.25], "low": 0, "high": 1, "current": 2}
    fill(page, {"size": 9, "stones": stones(9)}, curve)
    slider = page.get_by_role("slider", name="Win rate")
    assert slider.get_attribute("aria-valuetext") == "2: 0.75"
    assert slider.get_attribute("aria-valuemax") == "3"
    slider.focus()
    for key in ("ArrowLeft", "ArrowRight", "Home", "End", "PageUp"):
        page.keyboard.press(key)
    assert calls(page) == [["select", index] for index in (1, 3, 0, 3, 3)]


def test_a_gap_in_the_values_is_a_gap_in_the_curve(page: Page) -> None:
    curve = {"values": [0.0, 1.0, None, 0.5, 0.5], "low": 0, "high": 1}
    fill(page, {"size": 9, "stones": stones(9)}, curve)
    lines = page.locator(".go-curve-line")
    assert [lines.nth(n).get_attribute("d") for n in range(lines.count())] == [
        "M0 100L1 0",
        "M3 50L4 50",
    ]
