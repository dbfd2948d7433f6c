"""A server of the board in the browser, with a network that knows what it wants."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from starlette.testclient import TestClient

from gocnn.go.position import Position
from gocnn.prediction import Conditions, Prediction
from gocnn.web.app import BoardServer, OpenedFile, make_app
from gocnn.web.engine import Engine
from gocnn.web.guard import TOKEN_HEADER, Access
from gocnn.web.pages import OpenPages

PORT = 8361


class FirstPoint:
    """Predicts the first legal points, each twice as likely as the next; notes what it is told.

    Args:
        win: what it says of every position.
        lead: likewise, of the player to move; None: it answers no lead.
    """

    def __init__(self, win: float = 0.75, lead: float | None = None) -> None:
        self.win, self.lead = win, lead
        self.asked: list[Conditions] = []

    def __call__(
        self, positions: Sequence[Position], conditions: Sequence[Conditions]
    ) -> list[Prediction]:
        self.asked += conditions
        return [self._predict(position) for position in positions]

    def _predict(self, position: Position) -> Prediction:
        policy = _policy(position)
        if self.lead is None:
            return Prediction(policy, self.win)
        owners = np.zeros(position.size**2, np.float32)
        return Prediction(policy, self.win, self.lead, 10.0, owners)


def _policy(position: Position) -> np.ndarray[Any, np.dtype[np.float32]]:
    policy = np.zeros(position.size**2 + 1, np.float32)
    legal = position.legal_points()
    policy[legal] = 0.5 ** np.arange(1, len(legal) + 1)
    policy[-1] = 1 - policy.sum()
    return policy


def board_server(network: FirstPoint | None = None, file: OpenedFile | None = None) -> BoardServer:
    """A server that answers by a network that is no network."""
    return BoardServer(Engine(network or FirstPoint()), Access(), OpenPages(), PORT, file)


def client(server: BoardServer, *, token: bool = True, faults: bool = True) -> TestClient:
    """What a page of this server is to it.

    Args:
        server: from `board_server`.
        token: whether it knows the token.
        faults: raise what the server did not foresee, rather than have it answered.
    """
    origin = f"http://127.0.0.1:{PORT}"
    headers = {"Origin": origin} | ({TOKEN_HEADER: server.access.token} if token else {})
    return TestClient(
        make_app(server), base_url=origin, headers=headers, raise_server_exceptions=faults
    )


def game(size: int = 9, *steps: object, **changes: object) -> dict[str, object]:
    """A game as a page sends it."""
    plain = {"size": size, "komi": 7.5, "rules": "chinese", "handicap": 0, "steps": list(steps)}
    return plain | changes
