"""Who may talk to the server: its own page, opened by the user who started it.

The server listens on the loopback address only. Beyond that:

- Every request must name this server as its Host. A name of another site that resolves to the
  loopback address (DNS rebinding) is refused.
- A request with an Origin must come from this server's own page, so another site's scripts are
  refused, and no answer has a CORS header.
- Everything but the page's files needs the token, in a header that only a script of the page can
  send. It is no cookie: cookies go to every port of a host, so another user's server would get it.
- The program that opens the browser shows its arguments to all users of the machine. So the address
  that it opens has a code instead, which is exchanged for the token once. A second use means that
  somebody else was there first; then the token is drawn anew, which shuts both out.
"""

import hmac
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "X-Gocnn-Token"
MAX_BODY = 16 << 20  # bytes; a large collection of games has some megabytes
_CODE_LIFE = 60.0  # seconds

# Nothing is loaded from elsewhere, no markup runs scripts, and no other page may frame this one.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


class Access:
    """The token of a server, and the code that stands for it once.

    Args:
        report: called with the new token where the old one is no longer good.
        clock: seconds that only go up.
    """

    def __init__(
        self,
        report: Callable[[str], object] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._report, self._clock = report, clock
        self.token = secrets.token_urlsafe(24)
        self._code = ""
        self._code_until = 0.0
        self._used = False

    def new_code(self) -> str:
        """A code that `exchange` takes once within a minute."""
        self._code, self._used = secrets.token_urlsafe(24), False
        self._code_until = self._clock() + _CODE_LIFE
        return self._code

    def exchange(self, code: str) -> str | None:
        """The token for the code; None where the code is wrong, old, or was used before."""
        if not self._code or not _same(code, self._code):
            return None
        if self._used:
            self.token = secrets.token_urlsafe(24)
            self._code = ""
            self._report(self.token)
            return None
        if self._clock() > self._code_until:
            return None
        self._used = True
        return self.token

    def allows(self, token: str) -> bool:
        """Whether this is the token."""
        return _same(token, self.token)


def _same(given: str, kept: str) -> bool:
    """Compare in a time that does not tell how much is right."""
    return hmac.compare_digest(given.encode(), kept.encode())


class BodyTooLarge(Exception):
    """More bytes came than a request may have."""


class Guard:
    """Refuses what the module says, before the application sees it.

    Args:
        app: the application.
        access: the token.
        port: the port that the server listens on.
        is_open: whether a path needs no token.
    """

    def __init__(
        self, app: ASGIApp, *, access: Access, port: int, is_open: Callable[[str], bool]
    ) -> None:
        self._app, self._access, self._is_open = app, access, is_open
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal:
            await _refuse(send, *refusal)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, _limited(receive), sending)
        except BodyTooLarge:
            if not started:
                await _refuse(send, *_TOO_LARGE)

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        """Status, code and message; None where the request may pass."""
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return 403, "foreign-host", "this server answers to 127.0.0.1 and localhost only"
        if any(origin not in self._origins for origin in origins):
            return 403, "foreign-origin", "this server answers to its own page only"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return 403, "foreign-origin", "this server answers to its own page only"
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return 400, "bad-request", "Content-Length must be a number"
        if len(length) > 18 or int(length) > MAX_BODY:
            return _TOO_LARGE
        token = headers.get(TOKEN_HEADER, "")
        if not (self._is_open(scope["path"]) or self._access.allows(token)):
            return 401, "no-token", "open the address that gocnn board printed: it has the token"
        return None


_TOO_LARGE = 413, "too-large", f"more than {MAX_BODY >> 20} MB: open a smaller file"


def _limited(receive: Receive) -> Receive:
    """A body that ends with `BodyTooLarge` where more comes than may."""
    total = 0

    async def receiving() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MAX_BODY:
            raise BodyTooLarge
        return message

    return receiving


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    body = json.dumps({"error": message, "code": code}).encode()
    headers: dict[str, Any] = {**_HEADERS, "Content-Type": "application/json"}
    headers |= {"Content-Length": str(len(body)), "Connection": "close"}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
