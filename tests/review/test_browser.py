"""A report opened in a real browser: at a desk and on a phone, by light and by dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from gocnn.review.page import review_page
from gocnn.review.reviewer import Reviewer
from gocnn.sgf.details import Details
from gocnn.sgf.reader import Record, parse_game
from tests.support.boards import point
from tests.support.reviews import Told, blunder_at

SGF = b"(;SZ[9]KM[7]BR[5k]WR[4k]AW[aa];B[ab];W[ec];B[ba];W[cg];B[gg];W[cc];B[];W[ce])"
EVIL = "</script><img src=x onerror='window.ran=1'>\u202e\u05d0\u05d1<b>bold</b>"
ABOUT = {"about": "the ranks of Fox"}
RANKS = [
    {"player": EVIL, "games": 2, "group": "3d", "low": "1d", "high": "5d", "recorded": "5k"}
    | ABOUT,
    {"player": "Bob", "games": 2, "group": "9d", "low": "9d", "high": "9d", "recorded": ""} | ABOUT,
]
SCREENS = {"desktop": (1200, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two games, whose names and comments are an attack."""
    record = Record(
        parse_game(SGF), Details({"PB": EVIL, "PW": "Bob", "EV": EVIL}, {0: EVIL, 2: EVIL})
    )
    evaluator = Told(
        dict.fromkeys((0, 16, 17), "E5"), blunder_at(5), lambda position: 2.5 * position.to_move
    )
    review = Reviewer(evaluator).review(record)
    path = tmp_path_factory.mktemp("review") / "review.html"
    path.write_bytes(review_page([review, review], RANKS).encode("utf-8", "replace"))
    return path


@pytest.fixture
def opened(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Page]:
    """The report on each screen; whatever its scripts fail at fails the test."""
    screen, scheme = request.param.split()
    width, height = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, offline=True
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(report.as_uri())
    yield page
    context.close()
    assert not errors


def shown(page: Page) -> str:
    return page.locator("#number").inner_text()


@pytest.mark.parametrize(
    "opened", ["desktop light", "desktop dark", "phone light", "phone dark"], indirect=True
)
def test_a_report_is_read_and_stepped_through(opened: Page) -> None:
    page = opened
    assert shown(page) == "Move 0 of 8"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert shown(page) == "Move 2 of 8"
    page.keyboard.press("n")
    assert shown(page) == "Move 5 of 8"
    assert "Cost 40% of the win rate and the lead in the game" in page.inner_text("#move")
    page.keyboard.press("End")
    assert shown(page) == "Move 8 of 8"
    page.keyboard.press("Home")
    page.locator("#wins").click(position={"x": 1, "y": 20})
    assert shown(page) == "Move 0 of 8"
    box = page.locator("#surprise").bounding_box()
    assert box is not None
    page.locator("#surprise").click(position={"x": box["width"] / 2, "y": 20})
    assert shown(page) == "Move 4 of 8"
    page.locator("#forward").click()
    assert shown(page) == "Move 5 of 8"
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0  # nothing to scroll sideways, also on a phone


# Colours go with the scheme, the layout with the screen: two of four see everything.
@pytest.mark.parametrize("opened", ["desktop light", "phone dark"], indirect=True)
def test_no_serious_finding_of_axe(opened: Page) -> None:
    opened.keyboard.press("n")
    opened.locator("#line").click()  # pressed, which has colours of its own
    opened.locator("#typical-part").evaluate("part => { part.hidden = false; part.open = true; }")
    found = Axe().run(opened).response["violations"]
    assert [f["id"] for f in found if f["impact"] in ("serious", "critical")] == []


def test_the_board_shows_the_game_and_what_was_expected(browser: Browser, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    cell = page.locator(".go-cells rect")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    corner = point("A9", 9)
    assert cell.nth(corner).get_attribute("aria-label") == "A9, empty"  # captured by move 3
    page.keyboard.press("n")
    assert page.locator(".go-candidate").count() == 1
    page.uncheck("#show")
    assert page.locator(".go-candidate").count() == 0
    page.check("#show")
    page.get_by_role("button", name="Play it out").click()
    assert page.locator(".go-label").count() >= 1
    assert page.locator(".go-candidate").count() == 0
    page.get_by_role("button", name="Back to the game").click()
    assert page.locator(".go-candidate").count() == 1
    page.locator("#moments button").first.click()
    assert shown(page) == "Move 5 of 8"
    ranks = page.locator("#ranks tbody tr").all_inner_texts()
    assert [row.split()[-6:] for row in ranks] == [
        ["2", "3d", "1d", "to", "5d", "5k"],
        ["Bob", "2", "9d", "9d", "–"],
    ]
    assert page.inner_text("#ranks-about") == "the ranks of Fox"
    page.get_by_role("button", name="Show game 2").click()
    assert shown(page) == "Move 0 of 8"
    page.close()


def test_a_game_without_ranks_is_compared_with_none(browser: Browser, tmp_path: Path) -> None:
    record = Record(parse_game(SGF.replace(b"BR[5k]WR[4k]", b"")), Details({"PB": "Ann"}, {}))
    review = Reviewer(Told({}, blunder_at(5))).review(record)
    (tmp_path / "review.html").write_text(review_page([review]))
    page = browser.new_page()
    page.goto((tmp_path / "review.html").as_uri())
    assert page.inner_text("#title") == "Review"  # the names are below, with the ranks
    assert page.inner_text("#names").split() == ["Ann", "–", "White"]
    assert "typical" not in page.inner_text("#matches")
    assert page.locator("#ranks-part").is_hidden()
    assert page.locator("#matches .stone").count() == 2
    assert "names no ranks" in page.inner_text("#rates-about")
    page.close()


def test_names_and_comments_never_run(browser: Browser, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.locator(".comment").text_content() == EVIL
    assert EVIL in (page.locator("#names").text_content() or "")
    assert page.locator("main b, img").count() == 0
    assert page.evaluate("window.ran") is None
    blocked = page.evaluate("""async () => {
        const script = document.createElement("script");
        script.textContent = "window.ran = 2";
        document.body.append(script);
        await new Promise((done) => setTimeout(done, 50));
        return window.ran === undefined;
    }""")
    assert blocked  # by the policy, even if markup came through
    page.close()
