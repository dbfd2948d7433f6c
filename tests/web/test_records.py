"""Files that are opened and saved, good and bad ones."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from gocnn.web.records import open_record, save_record
from tests.support.web import board_server, client

COLLECTION = (
    b"Two games. (;SZ[9]PB[Lee]PW[<b>Cho</b>]RU[Japanese]KM[6.5];B[ee]LB[aa:A\\]]TR[bb];W[cc])"
    b"(;SZ[13]PB[Park]RE[W+R];B[])"
)


@pytest.fixture
def page() -> TestClient:
    return client(board_server())


def opened(page: TestClient, data: bytes, number: object = 1) -> Any:
    return page.post(f"/api/open?number={number}", content=data)


def test_a_collection_is_opened_game_by_game(page: TestClient) -> None:
    first, second = opened(page, COLLECTION).json(), opened(page, COLLECTION, 2).json()
    assert first["games"] == second["games"]
    assert first["games"] == [{"PB": "Lee", "PW": "<b>Cho</b>"}, {"PB": "Park", "RE": "W+R"}]
    game = first["game"]
    assert (game["size"], game["komi"], game["rules"]) == (9, 6.5, "japanese")
    assert game["nodes"][1] == {
        "parent": 0,
        "step": [1, 40],
        "properties": {"LB": ["aa:A\\]"], "TR": ["bb"]},
        "labels": {"0": "A]"},
        "marks": {"10": "triangle"},
    }
    assert second["game"]["size"] == 13
    assert second["game"]["nodes"][1]["step"] == [1, 169]


def test_what_was_opened_is_saved_as_it_was(page: TestClient) -> None:
    game = open_record(COLLECTION, 1)["game"]
    saved = page.post("/api/save", json={"game": game}).json()["sgf"]
    again = open_record(saved.encode(), 1)["game"]
    assert again == game
    assert "RU[Japanese]" in saved and "TR[bb]" in saved
    assert "RU[Aga]" in save_record(game | {"rules": "aga"})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no-game"),
        (b"no game", "no-game"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100, "no-game"),
        (b"(;SZ[99])", "broken-game"),
        (b"(;GM[2]SZ[9])", "broken-game"),
        (b"(;SZ[9];B[aa", "broken-game"),
        (b"(;" * 100_000, "broken-game"),
        (b"(;SZ[9]AB[aa:zz])", "broken-game"),
        (b"(;SZ[" + b"9" * 10_000 + b"])", "broken-game"),
    ],
)
def test_a_file_that_is_no_game_is_refused(page: TestClient, data: bytes, code: str) -> None:
    answer = opened(page, data)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "1.5", "9" * 50, "²"])
def test_a_number_that_is_none_is_refused(page: TestClient, number: str) -> None:
    assert opened(page, COLLECTION, number).status_code == 400
    assert opened(page, COLLECTION, 3).json()["code"] == "no-game"


GOOD = {"size": 9, "komi": 7, "rules": "chinese", "handicap": 0, "nodes": [{}, {"parent": 0}]}


@pytest.mark.parametrize(
    "changes",
    [
        {"nodes": []},
        {"nodes": None},
        {"nodes": [3]},
        {"nodes": [{}, {}]},
        {"nodes": [{}, {"parent": 1}]},
        {"nodes": [{}, {"parent": -1}]},
        {"nodes": [{"step": [1]}]},
        {"nodes": [{"step": [1, 82]}]},
        {"nodes": [{"step": {"black": [81]}}]},
        {"nodes": [{"comment": 3}]},
        {"nodes": [{"properties": {"C]": ["x"]}}]},
        {"nodes": [{"properties": {"TR": ["aa];B[bb]"]}}]},
        {"nodes": [{"properties": {"TR": ["aa\\"]}}]},
        {"nodes": [{"properties": {"TR": []}}]},
        {"nodes": [{"properties": {"TR": "aa"}}]},
        {"info": {"PB": 3}},
        {"info": []},
    ],
)
def test_what_is_no_game_is_not_saved(page: TestClient, changes: dict[str, object]) -> None:
    assert page.post("/api/save", json={"game": GOOD}).status_code == 200
    answer = page.post("/api/save", json={"game": GOOD | changes})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")
