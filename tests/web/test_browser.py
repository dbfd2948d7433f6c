"""The page in a real browser: a game is played, the curve clicked, a file dropped, and so on."""

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from gocnn.go.game import SourceKind
from gocnn.gtp.background import warm_up
from gocnn.play.style import BEST, network_rank
from gocnn.web.app import BoardServer, OpenedFile, make_app
from gocnn.web.engine import Engine
from gocnn.web.guard import Access
from gocnn.web.pages import OpenPages
from gocnn.web.server import listen
from tests.support.web import FirstPoint

PATIENCE = 40_000  # milliseconds: other tests may keep the machine busy
expect.set_options(timeout=PATIENCE)

DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
RECORD = (
    "(;GM[1]FF[4]SZ[9]KM[6.5]PB[Lee]PW[<b>Cho</b>]RE[B+R];B[ee]C[A <i>centre</i>];W[ce]"
    "(;B[ec];W[eg])(;B[cc]LB[aa:A];W[gg];B[gc]))(;SZ[13]PB[Second];B[dd])"
)


class Running:
    """A server that answers in a thread of its own."""

    def __init__(self, file: OpenedFile | None = None, linger: float = 20) -> None:
        self.listener = listen(0)
        self.port = self.listener.getsockname()[1]
        self.network = FirstPoint()
        self.board = BoardServer(Engine(self.network), Access(), OpenPages(linger), self.port, file)
        self.address = f"http://127.0.0.1:{self.port}/"
        config = uvicorn.Config(make_app(self.board), log_level="error", lifespan="off", ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.listener]}, daemon=True
        )
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.listener.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    running = Running()
    warm_up(running.network)  # whatever has to be compiled, before a page waits for it
    yield running
    running.stop()


def is_fault(line: ConsoleMessage) -> bool:
    """Whether a line of the console is about a fault; browsers note every refused move, too."""
    return line.type == "error" and "status of 422" not in line.text


def visit(browser: Browser, served: Running, address: str = "", **settings: Any) -> Page:
    """A new visitor's page, ready to be used; `leave` it in the end."""
    context = browser.new_context(**({"viewport": DESKTOP, "locale": "en-GB"} | settings))
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if is_fault(line) else None)
    page.goto(address or f"{served.address}#token={served.board.access.token}")
    page.locator("body[data-ready]").wait_for()
    page.errors = errors  # type: ignore[attr-defined]
    return page


def leave(page: Page) -> None:
    """Close a page; whatever its scripts failed at fails the test."""
    errors = page.errors  # type: ignore[attr-defined]
    page.context.close()
    assert errors == []


@pytest.fixture
def page(browser: Browser, served: Running) -> Iterator[Page]:
    visited = visit(browser, served)
    yield visited
    leave(visited)


def start(page: Page, **choices: str) -> None:
    """Start a game by the form."""
    page.locator("#new").click()
    for name, value in ({"size": "9", "komi": "7.5", "temperature": "0"} | choices).items():
        field = page.locator(f"#new-form [name={name}]")
        if name == "komi":
            field.fill(value)
        else:
            field.select_option(value)
    page.locator("#new-form [type=submit]").click()


def shown(page: Page, number: str) -> None:
    """Wait for a position: its number, and how many there are."""
    expect(page.locator("#number")).to_have_text(number)
    expect(page.locator("#network")).to_be_enabled()


def point(page: Page, index: int) -> Any:
    return page.locator(".go-cells rect").nth(index)


def says(page: Page, index: int, words: str) -> None:
    expect(point(page, index)).to_have_attribute("aria-label", re.compile(words))


def drop(page: Page, text: str, name: str = "game.sgf") -> None:
    """Drop a file on the page."""
    data = page.evaluate_handle(
        """([text, name]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], name));
            return data;
        }""",
        [text, name],
    )
    page.dispatch_event("main", "drop", {"dataTransfer": data})


def test_a_game_is_played_passed_and_counted(page: Page, served: Running) -> None:
    start(page, rank="5k")
    shown(page, "0 / 0")
    point(page, 40).click()
    shown(page, "2 / 2")
    says(page, 40, "E5, black stone")
    says(page, 0, "A9, white stone, last move")
    assert served.network.asked  # by a player of 5 kyu, which is told 6 dan
    assert any(conditions.rank == 26 for conditions in served.network.asked)
    point(page, 0).click()
    expect(page.locator("#status")).to_have_text("There is a stone already.")
    page.locator("#undo").click()
    shown(page, "0 / 2")
    point(page, 41).click()  # another variation
    shown(page, "2 / 2")
    expect(page.locator(".tree-node")).to_have_count(5)
    page.locator("#count").click()
    expect(page.locator("#counted")).to_have_text(re.compile("wins by"))
    point(page, 0).click()
    says(page, 0, "white stone, (dead, )?last move")
    page.locator("#accept").click()
    expect(page.locator("#status")).to_have_text(re.compile("(Black|White) wins by"))
    expect(page.locator("#counting")).to_be_hidden()


def test_two_passes_end_the_game_and_begin_the_count(page: Page) -> None:
    start(page, colour="both", komi="0.5")
    point(page, 40).click()
    shown(page, "1 / 1")
    page.locator("#pass").click()
    shown(page, "2 / 2")
    expect(page.locator("#counting")).to_be_hidden()
    page.keyboard.press("p")
    expect(page.locator("#number")).to_have_text("3 / 3")
    expect(page.locator("#counted")).to_have_text("Black wins by 80.5 points.")
    page.locator("#accept").click()
    expect(page.locator("#status")).to_have_text("Black wins by 80.5 points.")


def test_rank_and_style_of_the_form_reach_the_network(page: Page, served: Running) -> None:
    before = len(served.network.asked)
    start(page, rank="15k", kind="tygem", temperature="1")
    point(page, 40).click()
    shown(page, "2 / 2")
    told = served.network.asked[before:]
    strongest = network_rank(BEST)
    judged = (strongest, strongest, 0)  # the curve, which is no player's
    asked = {(c.rank, c.opponent_rank, c.kind) for c in told} - {judged}
    assert asked == {(6, 6, int(SourceKind.TYGEM))}
    expect(page.locator("#white-player")).to_contain_text("15 kyu")


def test_dead_stones_are_marked_and_corrected(page: Page) -> None:
    wall = "".join(f"[{'abcdefghi'[k % 9]}{'abcdefghi'[k // 9]}]" for k in range(3, 81, 9))
    other = wall.replace("[d", "[f")
    drop(page, f"(;SZ[9]KM[0]AB{wall}AW{other}[aa])")
    says(page, 0, "white stone")
    page.locator("#count").click()
    says(page, 0, "white stone, dead")
    expect(page.locator("#counted")).to_have_text("A draw.")
    point(page, 0).click()
    says(page, 0, "white stone$")
    expect(page.locator("#counted")).to_have_text("White wins by 28 points.")
    point(page, 0).click()
    expect(page.locator("#counted")).to_have_text("A draw.")
    page.locator("#resume").click()
    says(page, 0, "white stone$")


def test_white_with_handicap_and_resignation(page: Page) -> None:
    start(page, colour="white", handicap="2", rules="japanese", komi="0.5")
    shown(page, "0 / 0")  # white moves first
    expect(page.locator("#white-player")).to_have_class(re.compile("to-move"))
    says(page, 24, "black stone")
    point(page, 0).click()
    shown(page, "2 / 2")
    page.locator("#resign").click()
    expect(page.locator("#status")).to_have_text(re.compile("Black wins by resignation"))


def test_the_network_begins_as_black(page: Page) -> None:
    start(page, colour="white", visits="16")
    shown(page, "1 / 1")


def test_candidates_and_heat_are_switched(page: Page) -> None:
    start(page, colour="both")
    expect(page.locator(".go-candidate")).to_have_count(0)
    page.locator("#show-candidates").check()
    expect(page.locator(".go-candidate").first).to_have_text(re.compile("A.*50%"))
    expect(page.locator("#candidates li").first).to_contain_text("A9")
    page.locator("#show-heat").check()
    expect(page.locator(".go-warm").first).to_be_attached()
    page.locator("#candidates button").nth(1).click()
    shown(page, "1 / 1")
    says(page, 1, "B9, black stone")
    page.locator("#show-heat").uncheck()
    page.locator("#show-candidates").uncheck()
    expect(page.locator(".go-warm")).to_have_count(0)
    expect(page.locator(".go-candidate")).to_have_count(0)


def test_a_network_that_takes_long_is_said_to_be_loading(browser: Browser, served: Running) -> None:
    page = visit(browser, served)
    page.clock.install()
    held: list[Route] = []
    loaded = threading.Event()
    page.route(
        "**/api/evaluate",
        lambda route: route.continue_() if loaded.is_set() else held.append(route),
    )
    drop(page, RECORD)
    shown(page, "0 / 4")
    expect(page.locator("#outlook")).to_be_empty()
    page.clock.run_for(5000)
    expect(page.locator("#outlook")).to_have_text(re.compile("The network is loading"))
    loaded.set()
    for route in held:
        route.continue_()
    page.clock.resume()
    expect(page.locator("#outlook")).to_have_text(re.compile("Black wins 75 %"))
    leave(page)


def test_a_dropped_file_its_curve_wheel_keys_and_variations(page: Page) -> None:
    drop(page, RECORD)
    shown(page, "0 / 4")
    expect(page.locator("#black-player .name")).to_have_text("Lee")
    expect(page.locator("#white-player .name")).to_have_text("<b>Cho</b>")  # text, not markup
    title = (
        "1. \u2068Lee\u2069 – \u2068<b>Cho</b>\u2069 \u2068B+R\u2069"  # none turns the rest around
    )
    expect(page.locator("#game option").first).to_have_text(title)
    expect(page.locator("#win-curve .go-curve-line")).to_have_attribute("d", re.compile("L4 "))
    box = page.locator("#win-curve").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 20)
    shown(page, "2 / 4")
    page.locator("#board").hover()
    page.mouse.wheel(0, 120)
    shown(page, "3 / 4")
    page.keyboard.press("ArrowDown")
    shown(page, "3 / 5")
    says(page, 20, "C7, black stone, last move")
    page.keyboard.press("End")
    shown(page, "5 / 5")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    shown(page, "1 / 5")
    expect(page.locator("#comment")).to_have_value("A <i>centre</i>")
    page.keyboard.press("ArrowRight")
    page.locator("#branches button").first.click()
    shown(page, "3 / 4")
    page.locator(".tree-node").last.click()
    shown(page, "5 / 5")
    page.locator("#promote").click()
    page.keyboard.press("Home")
    shown(page, "0 / 5")
    page.locator("#game").select_option("2")
    shown(page, "0 / 1")
    expect(page.locator("#black-player .name")).to_have_text("Second")


def test_what_is_saved_and_copied_is_the_game(browser: Browser, served: Running) -> None:
    page = visit(browser, served, permissions=["clipboard-read", "clipboard-write"])
    drop(page, RECORD)
    shown(page, "0 / 4")
    page.keyboard.press("ArrowRight")
    page.locator("#comment").fill("Mine ]")
    with page.expect_download() as download:
        page.locator("#save").click()
    text = Path(download.value.path()).read_text()
    assert download.value.suggested_filename == "game.sgf"
    assert "C[Mine \\]]" in text and text.count("(") == 3 and "LB[aa:A]" in text
    page.locator("#copy").click()
    expect(page.locator("#status")).to_have_text("The game is copied as SGF.")
    assert page.evaluate("navigator.clipboard.readText()") == text
    page.reload()  # harmless
    page.locator("body[data-ready]").wait_for()
    shown(page, "1 / 4")
    expect(page.locator("#comment")).to_have_value("Mine ]")
    leave(page)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no game", "There is no game in this file."),
        ("(;SZ[77])", "This game cannot be read: other size"),
        ("(;SZ[9];B[aa];W[aa];B[bb])", "2 positions were left out: white may not play A9"),
    ],
)
def test_a_bad_file_is_told(page: Page, text: str, message: str) -> None:
    start(page, colour="both")
    drop(page, text)
    expect(page.locator("#status")).to_have_text(re.compile(f"^{re.escape(message)}"))


def test_the_keyboard_alone_plays_a_game(page: Page) -> None:
    page.keyboard.press("n")
    page.locator("#new-form [name=colour]").focus()
    page.keyboard.press("w")  # white
    page.keyboard.press("Enter")
    page.locator("#new-form [name=size]").focus()
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    page.locator("#new-form [type=submit]").press("Enter")
    shown(page, "1 / 1")
    page.keyboard.press("b")
    expect(page.locator(":focus")).to_have_attribute("aria-label", "E5, empty")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    shown(page, "3 / 3")
    says(page, 39, "D5, white stone")
    page.keyboard.press("u")
    shown(page, "1 / 3")


def test_on_a_phone_nothing_is_cut_off(browser: Browser, served: Running) -> None:
    page = visit(browser, served, viewport=PHONE, has_touch=True, is_mobile=True)
    start(page, size="19", colour="both")
    shown(page, "0 / 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    box = page.locator("#board svg").bounding_box()
    assert box and box["width"] > 0.9 * PHONE["width"]
    start(page, size="19", rank="15k", colour="black")
    expect(page.locator("#white-player .name")).to_have_text("gocnn, 15 kyu")
    whole = "names => names.every(name => name.scrollWidth <= name.clientWidth)"
    assert page.locator(".player .name").evaluate_all(whole)
    start(page, size="19", colour="both")
    expect(page.locator("#white-player .name")).not_to_have_text("gocnn, 15 kyu")  # it has begun
    point(page, 60).tap()
    expect(page.locator("#status")).to_have_text("D16: tap again to play there.")
    point(page, 60).tap()
    shown(page, "1 / 1")
    leave(page)


def grave(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds serious or worse."""
    return [
        (each["id"], [node["html"][:120] for node in each["nodes"]])
        for each in Axe().run(page).response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def test_axe_finds_nothing_serious(page: Page) -> None:
    drop(page, RECORD)
    shown(page, "0 / 4")
    page.locator("#show-candidates").check()
    page.locator("#candidates li").first.wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    shown(page, "2 / 4")
    for scheme, size in (("light", DESKTOP), ("dark", DESKTOP), ("dark", PHONE), ("light", PHONE)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert grave(page) == [], (scheme, size)
    page.locator("#new").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert grave(page) == [], scheme


@pytest.mark.parametrize(
    ("locale", "tag", "words"), [("zh-CN", "zh-Hans", "新对局"), ("fr-FR", "en", "New game")]
)
def test_the_page_speaks_the_language_of_the_browser(
    browser: Browser, served: Running, locale: str, tag: str, words: str
) -> None:
    page = visit(browser, served, locale=locale)
    expect(page.locator("#new")).to_have_text(words)
    assert page.locator("html").get_attribute("lang") == tag
    for language, chosen in (("ko", "새 대국"), ("ja", "新しい対局")):
        page.locator("#language").select_option(language)
        expect(page.locator("#new")).to_have_text(chosen)
    page.reload()
    expect(page.locator("#new")).to_have_text("新しい対局")
    leave(page)


def test_the_code_signs_in_and_a_stranger_is_told(browser: Browser, served: Running) -> None:
    code = served.board.access.new_code()
    page = visit(browser, served, f"{served.address}#code={code}")
    assert page.url == served.address  # neither code nor token stays in the address
    leave(page)
    context = browser.new_context(locale="en-GB")
    stranger = context.new_page()
    stranger.goto(served.address)
    expect(stranger.locator("#banner")).to_contain_text("This page has no access")
    context.close()


def test_the_server_hears_when_the_last_page_is_closed(browser: Browser) -> None:
    running = Running(linger=0)
    first, second = visit(browser, running), visit(browser, running)
    first.close(run_before_unload=True)
    second.reload()
    second.locator("body[data-ready]").wait_for()
    leave(first)
    assert not running.board.pages.over()  # the second one is open
    second.close(run_before_unload=True)
    deadline = time.monotonic() + 10
    while not running.board.pages.over() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running.board.pages.over()
    leave(second)
    running.stop()


def test_the_file_of_the_command_line_is_shown(browser: Browser) -> None:
    running = Running(OpenedFile("my.sgf", RECORD.encode()))
    page = visit(browser, running)
    shown(page, "0 / 4")
    expect(page.locator("#game option")).to_have_count(2)
    assert not running.board.pages.over()
    errors = page.errors  # type: ignore[attr-defined]
    running.stop()
    page.locator("#new").click()
    page.locator("#new-form [type=submit]").click()
    expect(page.locator("#banner")).to_contain_text("gocnn has ended")
    errors.clear()  # that the server is gone
    leave(page)


def test_every_language_has_every_text(root: Path) -> None:
    folder = root / "gocnn/web/static"
    texts = {path.stem: json.loads(path.read_text()) for path in (folder / "lang").glob("*.json")}
    assert set(texts) == {"en", "zh", "ja", "ko"}
    for name, words in texts.items():
        assert list(words) == list(texts["en"]), name
        for key, text in words.items():
            assert text.strip() == text != "", (name, key)
            places = re.findall(r"\{\w+\}", texts["en"][key])
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(places), (name, key)
    page = (folder / "index.html").read_text()
    used = set(re.findall(r'data-(?:text|label)="([^"]+)"', page))
    used |= set(re.findall(r'\btext\("([\w-]+)"', (folder / "app.js").read_text()))
    assert used <= set(texts["en"])
