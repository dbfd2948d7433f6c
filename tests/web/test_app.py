"""What the page asks for, and what comes back; wrong questions get an answer, too."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from gocnn import __version__
from gocnn.web.app import OpenedFile
from gocnn.web.boards import MAX_STEPS, OBJECTIONS
from tests.support.web import FirstPoint, board_server, client, game

PLAYER = {"game": "a", "rank": "5k", "visits": 1, "kind": "unknown", "temperature": 0}


@pytest.fixture
def network() -> FirstPoint:
    return FirstPoint()


@pytest.fixture
def page(network: FirstPoint) -> TestClient:
    return client(board_server(network))


def ask(page: TestClient, name: str, **fields: object) -> Any:
    answer = page.post(f"/api/{name}", json=fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_there_is_to_choose_from(page: TestClient) -> None:
    info = page.get("/api/info").json()
    assert info["version"] == __version__
    assert info["rules"] == ["chinese", "japanese", "aga", "tromp-taylor"]
    assert info["kinds"] == ["unknown", "kgs", "tygem", "fox", "pro"]
    assert info["handicaps"]["19"][0] == [288, 72]  # two stones: D4, Q16
    assert [len(points) for points in info["handicaps"]["8"]] == [2, 3, 4]
    assert info["file"] is None


def test_boards_follow_the_rules(page: TestClient) -> None:
    # White takes the stone in the corner.
    answer = ask(page, "boards", game=game(5, [1, 0], [-1, 1], [1, 24], [-1, 5]))
    boards = answer["boards"]
    assert [board["stones"].count("X") for board in boards] == [0, 1, 1, 2, 1]
    assert boards[-1] == {
        "stones": ".O..." + "O...." + "." * 14 + "X",
        "ko": None,
        "prisoners": [0, 1],
        "to_move": 1,
        "passes": 0,
    }


def test_a_set_up_adds_removes_and_says_who_moves(page: TestClient) -> None:
    setup = {"black": [0, 1], "white": [24], "empty": [12], "to_move": -1}
    boards = ask(page, "boards", game=game(5, [1, 12], setup))["boards"]
    assert boards[2]["stones"] == "XX" + "." * 22 + "O"
    assert boards[2]["to_move"] == -1


KO = [[1, 1], [-1, 2], [1, 5], [-1, 8], [1, 11], [-1, 12], [1, 7], [-1, 6]]  # white has just taken


@pytest.mark.parametrize(
    ("steps", "colour", "point", "code"),
    [
        ([[1, 3]], -1, 3, "taken"),
        (KO, 1, 7, "ko"),
        ([[1, 1], [-1, 20], [1, 5]], -1, 0, "suicide"),
    ],
)
def test_an_illegal_move_says_why(
    page: TestClient, steps: list[list[int]], colour: int, point: int, code: str
) -> None:
    answer = page.post(
        "/api/play", json={"game": game(5, *steps), "colour": colour, "point": point}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "may not play" in answer.json()["error"]


def test_superko_holds_by_the_rules_that_have_it(page: TestClient) -> None:
    # Sending two returning one, on 2 x 2 by 3: here simply a ko retaken after two passes.
    steps = [*KO, [1, 25], [-1, 25]]
    move = {"colour": 1, "point": 7}
    assert ask(page, "play", game=game(5, *steps), **move)["board"]["stones"][6] == "."
    answer = page.post("/api/play", json={"game": game(5, *steps, rules="aga"), **move})
    assert answer.json()["code"] == "superko"


def test_every_objection_of_the_rules_has_a_code() -> None:
    assert set(OBJECTIONS.values()) == {"taken", "ko", "suicide", "superko"}


def test_a_move_of_the_network(page: TestClient, network: FirstPoint) -> None:
    answer = ask(page, "genmove", game=game(9, [1, 40]), player=PLAYER)
    assert answer["colour"] == -1 and answer["point"] == 0
    assert answer["board"]["stones"][0] == "O" and answer["board"]["to_move"] == 1
    told = network.asked[-1]
    assert (told.rank, told.komi, told.handicap) == (26, 7.5, 0)  # 5k is told 6d
    ask(page, "genmove", game=game(9, handicap=2), player=PLAYER | {"kind": "fox"})
    assert (network.asked[-1].handicap, network.asked[-1].kind) == (2, 3)


def test_a_search_plays_a_legal_move(page: TestClient) -> None:
    for _ in range(2):  # also with a tree that is kept
        answer = ask(page, "genmove", game=game(5), player=PLAYER | {"visits": 20})
        assert 0 <= answer["point"] <= 25


def test_without_a_number_the_rank_says_how_far_to_look(
    page: TestClient, network: FirstPoint
) -> None:
    for rank, searches in (("5k", False), ("1d", True), ("best", True)):
        before = len(network.asked)
        ask(page, "genmove", game=game(9), player=PLAYER | {"rank": rank, "visits": None})
        assert (len(network.asked) > before + 1) == searches


def test_a_lost_game_is_resigned_where_that_is_allowed() -> None:
    page = client(board_server(FirstPoint(win=0.001)))
    black = [column + 9 * row for row in range(9) for column in (0, 2, 4, 6)]
    setup = {"black": black, "white": [8], "to_move": -1}
    steps: list[object] = [setup]
    points = []
    for _ in range(5):
        answer = ask(page, "genmove", game=game(9, *steps), player=PLAYER)
        points.append(answer["point"])
        if answer["point"] == "resign":
            break
        steps += [[-1, answer["point"]], [1, 81]]
    assert points[-1] == "resign" and len(points) == 4
    kept = ask(page, "genmove", game=game(9, *steps), player=PLAYER | {"resign": False})
    assert kept["point"] != "resign"


def test_candidates_heat_and_the_view_of_black(page: TestClient) -> None:
    answer = ask(page, "analyse", game=game(9, [1, 40]), rank="3d", top=3)
    assert answer["candidates"] == [
        {"point": 0, "probability": 0.5},
        {"point": 1, "probability": 0.25},
        {"point": 2, "probability": 0.125},
    ]
    assert len(answer["heat"]) == 81 and answer["heat"][:2] == [0.5, 0.25]
    assert answer["win"] == 0.25  # white to move has 75 %
    assert ask(page, "analyse", game=game(9), rank="any")["win"] == 0.75
    assert ask(page, "analyse", game=game(9), rank="any", colour=-1)["win"] == 0.25


def test_the_win_rate_after_each_move(page: TestClient) -> None:
    answer = ask(page, "evaluate", game=game(9, [1, 40], [-1, 41], [1, 42]), after=[3, 0, 1])
    assert answer["after"] == [0, 1, 3]
    assert [value["win"] for value in answer["values"]] == [0.75, 0.25, 0.25]
    assert all(value["lead"] is None for value in answer["values"])  # too early for playouts
    setup = {"black": list(range(3, 81, 9)), "white": [*range(5, 81, 9), *range(6, 81, 9)]}
    late = ask(page, "evaluate", game=game(9, setup, komi=0.5), after=[1])["values"]
    assert -20 < late[0]["lead"] < 0  # white is to the right of a wall of its own
    assert ask(page, "evaluate", game=game(9), after=[])["values"] == []


def test_the_lead_that_a_network_tells_is_turned_to_black() -> None:
    page = client(board_server(FirstPoint(win=0.75, lead=4.5)))
    values = ask(page, "evaluate", game=game(9, [1, 40]), after=[0, 1])["values"]
    assert values == [{"win": 0.75, "lead": 4.5}, {"win": 0.25, "lead": -4.5}]


def test_a_count_finds_the_dead_and_takes_corrections(page: TestClient) -> None:
    setup = {"black": list(range(3, 81, 9)), "white": [*range(5, 81, 9), 0]}
    answer = ask(page, "count", game=game(9, setup, komi=0))
    assert answer["dead"] == [0]  # a lone stone in black's area
    assert answer["result"] == "0" and answer["owner"][0] == 1
    alive = ask(page, "count", game=game(9, setup, komi=0), dead=answer["dead"], toggle=0)
    assert alive["dead"] == []
    assert alive["margin"] == -27 + 0 - 1 + 1 - 1  # black's area is nobody's, but for its wall
    both = ask(page, "count", game=game(9, setup, komi=0), dead=[0], toggle=3)
    assert set(both["dead"]) == {0, *range(3, 81, 9)}  # the whole chain
    empty = ask(page, "count", game=game(9, setup, komi=0), dead=[0, 1], toggle=2)
    assert empty["dead"] == [0]  # neither is an empty point


def test_the_file_of_the_command_line() -> None:
    page = client(board_server(file=OpenedFile("a.sgf", b"(;SZ[9])")))
    assert page.get("/api/info").json()["file"] == "a.sgf"
    assert page.get("/api/file").content == b"(;SZ[9])"
    assert client(board_server()).get("/api/file").json()["code"] == "not-found"


WRONG: list[tuple[str, object]] = [
    ("boards", {}),
    ("boards", {"game": []}),
    ("boards", {"game": "x"}),
    *(("boards", {"game": game(9, step)}) for step in (
        1, None, "x", [], [1], [1, 2, 3], [2, 3], [0, 3], [True, 3], [1, 82], [1, -1], [1, 1.5],
        [1, "3"], [1, None], [[1], 3], {"black": 3}, {"black": [81]}, {"black": [[0]]},
        {"to_move": 0}, {"black": ["0"]}, {"white": [0, 1, 2], "black": [True]},
    )),
    *(("boards", {"game": game() | {key: value}}) for key, value in (
        ("size", 1), ("size", 26), ("size", "9"), ("size", None), ("size", 9.0), ("komi", "7"),
        ("komi", 1e9), ("komi", None), ("komi", True), ("rules", "none"), ("rules", 3),
        ("rules", "x" * 10_000), ("handicap", -1), ("handicap", 1000), ("steps", {}),
        ("steps", None), ("steps", [[1, 81]] * (MAX_STEPS + 1)), ("komi", 10**400),
    )),
    ("play", {"game": game(), "colour": 1}),
    ("play", {"game": game(), "colour": 1, "point": 82}),
    ("genmove", {"game": game()}),
    *(("genmove", {"game": game(), "player": PLAYER | {key: value}}) for key, value in (
        ("rank", "40x"), ("rank", None), ("visits", 0), ("visits", 10**9), ("kind", "x"),
        ("temperature", -1), ("temperature", "hot"), ("game", None), ("game", "x" * 1000),
    )),
    ("analyse", {"game": game(), "top": 0}),
    ("analyse", {"game": game(), "rank": 3}),
    ("evaluate", {"game": game()}),
    ("evaluate", {"game": game(), "after": [1]}),
    ("evaluate", {"game": game(), "after": list(range(100))}),
    ("count", {"game": game(), "dead": [81]}),
    ("count", {"game": game(), "toggle": 81}),
    ("ping", {}),
    ("session", {}),
    ("session", {"code": 3}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fields"), WRONG)
def test_a_wrong_field_gets_an_answer_that_names_it(
    page: TestClient, name: str, fields: object
) -> None:
    answer = page.post(f"/api/{name}", json=fields)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"] and answer.json()["code"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"3", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"game": NaN}',
     b'{"game": ' + b"9" * 5000 + b"}", b'{"a":' * 50_000, b"{}" + b"\0"],
)  # fmt: skip
def test_what_is_no_json_gets_an_answer(page: TestClient, body: bytes) -> None:
    answer = page.post("/api/boards", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad-request"


def test_a_form_of_another_page_gets_no_answer(page: TestClient) -> None:
    """Forms cannot send JSON's content type, nor the token."""
    body = json.dumps({"game": game()})
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = page.post("/api/boards", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 415


def test_wrong_methods_and_addresses_get_json(page: TestClient) -> None:
    assert page.get("/api/boards").json()["code"] == "wrong-method"
    assert page.delete("/").json()["code"] == "wrong-method"
    assert page.post("/api/nothing", json={}).json()["code"] == "not-found"


def test_a_fault_of_ours_gets_an_answer_too() -> None:
    class Broken(FirstPoint):
        def __call__(self, *_: object) -> Any:
            raise ZeroDivisionError

    page = client(board_server(Broken()), faults=False)
    answer = page.post("/api/analyse", json={"game": game(), "rank": "any"})
    assert (answer.status_code, answer.json()["code"]) == (500, "fault")
    assert "Error" not in answer.text


def test_an_engine_that_was_stopped_answers_no_more() -> None:
    server = board_server()
    server.engine.stop()
    answer = client(server).post("/api/genmove", json={"game": game(), "player": PLAYER})
    assert (answer.status_code, answer.json()["code"]) == (503, "ended")
