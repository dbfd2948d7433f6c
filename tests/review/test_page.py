"""The page of a review: what is in it, and what strangers cannot make of it."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from gocnn.go.board import BLACK
from gocnn.review.page import review_data, review_page
from gocnn.review.reviewer import Reviewer
from gocnn.review.typical import TypicalBand, typical_bands, typical_index
from gocnn.sgf.details import Details
from gocnn.sgf.reader import Record, parse_game
from tests.support.reviews import Told, blunder_at

SGF = b"(;SZ[9]KM[7]BR[5k]WR[4k];B[ee];W[ec];B[gc];W[cg];B[gg];W[cc];B[];W[ce])"
CAPTURE = b"(;SZ[9]AW[aa];B[ab];W[ee];B[ba])"
EVIL = "</script><script>window.ran=1</script>{{data}}&<!--\u2028\ud800'\"\u202egnp"


def page_of(details: Details | None = None, sgf: bytes = SGF, games: int = 1) -> str:
    record = Record(parse_game(sgf), details or Details())
    return review_page([Reviewer(Told(win=blunder_at(5))).review(record)] * games)


class Scripts(HTMLParser):
    """The scripts, the styles and the policy of a page, as a browser parts them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self.policy, self._open = "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        assert not any(name.startswith("on") or name == "src" for name in given)
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        if tag in self.texts:
            self._open = tag
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = "" if tag == self._open else self._open

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open][-1] += data


def test_the_policy_lets_these_texts_run_and_no_others() -> None:
    found = Scripts(page_of())
    data, script = found.texts["script"]
    assert json.loads(data)["games"]
    for name, text in (("script-src", script), ("style-src", found.texts["style"][0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in found.policy
    assert found.policy.startswith("default-src 'none';")
    assert "unsafe" not in found.policy


def test_what_a_record_holds_stays_data() -> None:
    details = Details({"PB": EVIL, "PW": EVIL, "EV": EVIL, "RE": EVIL}, {0: EVIL, 3: EVIL})
    page = page_of(details)
    found = Scripts(page)
    assert len(found.texts["script"]) == 2
    assert found.texts["title"] == [f"Review: {EVIL} \u2013 {EVIL}"]
    assert "<" not in found.texts["script"][0]
    game = json.loads(found.texts["script"][0])["games"][0]
    assert game["black"]["name"] == game["comments"]["3"] == EVIL
    assert page.encode("utf-8", "replace")


def test_nothing_is_loaded_from_elsewhere() -> None:
    addresses = set(re.findall(r"https?://[^\s\"'<>`)]+", page_of()))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a namespace, never fetched


def test_captured_stones_are_named() -> None:
    record = Record(parse_game(CAPTURE), Details())
    game = review_data([Reviewer(Told()).review(record)])["games"][0]
    assert [move["taken"] for move in game["moves"]] == [[], [], [0]]
    assert game["setup"] == [[-1, 0]]


def test_players_of_several_games_are_summed_up() -> None:
    record = Record(parse_game(SGF), Details({"PB": "Ann", "PW": "Bob"}))
    turned = Record(parse_game(SGF), Details({"PB": "Bob"}))
    reviewer = Reviewer(Told({0: "E5"}))
    data = review_data([reviewer.review(record), reviewer.review(turned)])
    totals = {player["name"]: (player["games"], *player["rate"][:2]) for player in data["players"]}
    assert totals == {"Bob": (2, 7, 1), "Ann": (1, 3, 1)}


def test_what_was_measured_of_ranks_reads_back() -> None:
    bands = typical_bands()
    assert "Fox 5k-3k" in [band.label for band in bands]
    for band in bands:
        assert set(band.rates) == {"all", "opening", "middle game", "endgame"}
        for rates in band.rates.values():
            assert 0.2 < rates["top1"][0] < rates["top5"][0] < 1
    assert review_data([])["typical"][0]["positions"] >= 300


@pytest.mark.parametrize(
    ("sgf", "colour", "label"),
    [
        (b"(;SZ[19]PC[Fox]BR[4k];B[aa])", 1, "Fox 5k-3k"),
        (b"(;SZ[19]PC[KGS]WR[4k];B[aa])", -1, "KGS 4k-3k"),
        (b"(;SZ[19]WR[25k];B[aa])", -1, "KGS 20k and weaker"),
        (b"(;SZ[19]BR[9p];B[aa])", 1, "professionals"),
        (b"(;SZ[19];B[aa])", 1, None),
        (b"(;SZ[9]PC[KGS]WR[4k];B[aa])", -1, None),
    ],
)
def test_a_player_is_held_against_the_ranks_of_his_server(
    sgf: bytes, colour: int, label: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: dict[str, dict[str, Any]] = {"all": {"top1": [0.4, 0.01], "top5": [0.7, 0.01]}}
    bands = [("fox", 16, 18), ("kgs", 1, 1), ("kgs", 17, 18), ("pro", 30, 30)]
    measured = tuple(TypicalBand(*band, 1000, rates) for band in bands)
    monkeypatch.setattr("gocnn.review.typical.typical_bands", lambda: measured)
    index = typical_index(parse_game(sgf), BLACK if colour > 0 else -BLACK)
    assert (None if index is None else measured[index].label) == label
