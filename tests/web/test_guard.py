"""Attacks on the server: from other sites, and from other users of the machine."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from gocnn.web.app import BoardServer
from gocnn.web.files import static_files
from gocnn.web.guard import MAX_BODY, TOKEN_HEADER, Access
from tests.support.web import PORT, board_server, client, game

LOCAL = f"127.0.0.1:{PORT}"


@pytest.fixture
def server() -> BoardServer:
    return board_server()


@pytest.fixture
def stranger(server: BoardServer) -> TestClient:
    """Somebody who can reach the port, and has no token."""
    return client(server, token=False, faults=False)


@pytest.fixture
def friend(server: BoardServer) -> TestClient:
    return client(server, faults=False)


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1",
     f"127.0.0.1.evil.example:{PORT}", f"{LOCAL}@evil.example", f"[::1]:{PORT}", "",
     f"0.0.0.0:{PORT}"],
)  # fmt: skip
def test_a_foreign_host_is_refused(friend: TestClient, host: str) -> None:
    """A site whose name resolves to the loopback address gets nothing, even with the token."""
    for path in ("/", "/static/board.js", "/api/info"):
        answer = friend.get(path, headers={"Host": host})
        assert answer.status_code == 403, path
        assert answer.json()["code"] == "foreign-host"


def test_two_hosts_are_refused(friend: TestClient) -> None:
    answer = friend.get("/api/info", headers=[("Host", LOCAL), ("Host", "evil.example")])
    assert answer.status_code in (400, 403)


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://" + LOCAL, "http://127.0.0.1", "http://127.0.0.1:1",
     f"http://{LOCAL}.evil.example", f"HTTP://{LOCAL}/", ""],
)  # fmt: skip
def test_a_foreign_origin_is_refused(friend: TestClient, origin: str) -> None:
    answer = friend.post("/api/boards", json={"game": game()}, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign-origin")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_what_another_site_asks_a_browser_for_is_refused(friend: TestClient, site: str) -> None:
    answer = friend.get("/static/board.js", headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 403


def test_no_answer_may_be_read_by_another_site(friend: TestClient) -> None:
    preflight = friend.options(
        "/api/boards",
        headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
    )
    answers = [preflight, friend.get("/"), friend.post("/api/boards", json={"game": game()})]
    assert preflight.status_code == 403
    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("token", [None, "", "x", "0" * 32, "ä"])
def test_without_the_token_there_is_no_answer(stranger: TestClient, token: str | None) -> None:
    headers = {} if token is None else {TOKEN_HEADER.encode(): token.encode()}
    paths = ("/api/info", "/api/file", "/api/genmove", "/api/nothing", "/nothing", "/api/ping")
    for method, path in [(method, path) for path in paths for method in ("GET", "POST")]:
        answer = stranger.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "no-token"), path


def test_the_token_is_in_no_file_and_no_cookie(server: BoardServer, friend: TestClient) -> None:
    for path in static_files():
        answer = friend.get(path)
        assert answer.status_code == 200
        assert server.access.token not in answer.text
        assert "set-cookie" not in answer.headers


def test_the_code_is_good_for_the_token_once(server: BoardServer, stranger: TestClient) -> None:
    first = server.access.token
    code = server.access.new_code()
    assert stranger.post("/api/session", json={"code": "wrong"}).status_code == 401
    assert stranger.post("/api/session", json={"code": code}).json() == {"token": first}
    # Somebody was there before: both are shut out.
    assert stranger.post("/api/session", json={"code": code}).status_code == 401
    assert server.access.token != first
    late = stranger.get("/api/info", headers={TOKEN_HEADER: first})
    assert late.status_code == 401
    assert stranger.post("/api/session", json={"code": code}).status_code == 401


def test_a_code_grows_old_and_a_theft_is_told() -> None:
    now = [0.0]
    told: list[str] = []
    access = Access(told.append, lambda: now[0])
    assert access.exchange("") is None
    code = access.new_code()
    now[0] = 61.0
    assert access.exchange(code) is None
    code = access.new_code()
    assert access.exchange(code) == access.token
    assert access.exchange(code) is None
    assert told == [access.token]


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/%2e%2e/app.py",
     "/static//etc/passwd", "/..%5c..%5capp.py", "/static/lang/../../app.py", "/static/%00",
     "/static/", "//evil.example/"],
)  # fmt: skip
def test_no_path_leads_out_of_the_files(friend: TestClient, path: str) -> None:
    answer = friend.get(f"http://{LOCAL}{path}")
    assert answer.status_code in (401, 404)
    assert set(answer.json()) == {"error", "code"}


def test_a_body_that_is_too_large_is_refused(friend: TestClient) -> None:
    told = friend.post("/api/boards", content=b"{" + b" " * MAX_BODY + b"}")
    assert (told.status_code, told.json()["code"]) == (413, "too-large")

    def pieces() -> Iterator[bytes]:  # sent in chunks, without a length
        for _ in range(MAX_BODY // (1 << 20) + 2):
            yield b" " * (1 << 20)

    untold = friend.post(
        "/api/boards", content=pieces(), headers={"Content-Type": "application/json"}
    )
    assert (untold.status_code, untold.json()["code"]) == (413, "too-large")


def test_every_answer_says_what_a_browser_may_do_with_it(friend: TestClient) -> None:
    for answer in (friend.get("/"), friend.get("/nothing"), friend.post("/api/boards")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
