"""Commands that GoGui adds to GTP 2: what it shows on its board.

After "GoGui analyze commands" and "GTP interface" of the GoGui 1.5 documentation.
"""

from collections.abc import Iterable

import numpy as np

from gocnn.go.board import BLACK, EMPTY, WHITE
from gocnn.go.ladders import find_ladders
from gocnn.go.position import colour_name
from gocnn.gtp import arguments as read
from gocnn.gtp.commands.raw_network import heatmap, judge_position, predict_view
from gocnn.gtp.commands.setup import showboard
from gocnn.gtp.input import PendingInput
from gocnn.gtp.protocol import Stream
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session
from gocnn.play.outlook import Judge

_ANALYZE = """
gfx/Policy/gocnn-policy
gfx/Candidates/gocnn-candidates
gfx/Territory/gocnn-territory
gfx/Liberties/gocnn-liberties
gfx/Ladders/gocnn-ladders
plist/Dead Stones (finished games)/final_status_list dead
plist/Black Territory (finished games)/final_status_list black_territory
plist/White Territory (finished games)/final_status_list white_territory
string/Score (finished games)/final_score
hstring/Board/gocnn-board
hstring/Heat Map/gocnn-heatmap
hstring/Network/kata-raw-nn 0
string/Rules/kata-get-rules
param/Parameters/gocnn-param
"""
_JUDGES = {
    Judge.NETWORK: "network",
    Judge.COUNT: "counted",
    Judge.PLAYOUTS: "roughly, by playouts",
}
_LISTED = 10  # candidates with a label
_WORTH_A_LABEL = 0.005  # a smaller share of the policy is left blank
_DEAD = 0.5  # a stone is marked where the other side owns its point by more
_VISIBLE = 0.001  # a smaller share of the policy gets no colour
_CONTRAST = 0.4  # of the policy's colours: 5 % gets a third of the way from wood to red
_SHADES = 24  # of the policy's colours
_WOOD, _RED = (224, 176, 96), (255, 0, 0)  # the board as GoGui paints it; a certain move


@command("gogui-analyze_commands")
def gogui_analyze_commands(_session: Session, _arguments: list[str]) -> str:
    """What GoGui's menu of analyze commands shows: type, label and command, one a line."""
    return _ANALYZE.strip()


@command("gogui-interrupt")
def gogui_interrupt(_session: Session, _arguments: list[str]) -> str:
    """Does nothing; it is there to say that `# interrupt` ends a search."""
    return ""


# -- what GoGui draws -----------------------------------------------------------------------


@command("gocnn-policy")
def gocnn_policy(session: Session, _arguments: list[str]) -> str:
    """Every likely point in the colour of its share of the policy, with the share in percent."""
    size = session.position.size
    prediction = predict_view(session)
    shares = prediction.policy[:-1]
    shades = np.where(shares < _VISIBLE, 0, np.ceil(_SHADES * shares**_CONTRAST)).astype(int)
    lines = [
        f"COLOR {_colour(shade)} {_names(np.flatnonzero(shades == shade), size)}"
        for shade in range(1, _SHADES + 1)
        if (shades == shade).any()
    ]
    likely = np.flatnonzero(shares >= _WORTH_A_LABEL).tolist()
    lines += [f"LABEL {read.vertex_name(p, size)} {round(100 * shares[p])}" for p in likely]
    return "\n".join([*lines, _format_win(session, prediction.win)])


def _colour(shade: int) -> str:
    """From GoGui's wood, which an unlikely move hardly changes, to red."""
    share = shade / _SHADES
    return "#" + "".join(
        f"{round((1 - share) * wood + share * red):02x}"
        for wood, red in zip(_WOOD, _RED, strict=True)
    )


@command("gocnn-candidates")
def gocnn_candidates(session: Session, _arguments: list[str]) -> Stream:
    """The best moves, each with its win rate in percent; the best one is circled."""
    position = session.position
    size = position.size
    conditions = session.player.conditions(position)
    for latest in session.search.analyse(position, conditions, max_moves=_LISTED):
        analysis = latest
        if (yield 0.0) is PendingInput.INTERRUPT:
            break
    lines = [
        f"LABEL {read.vertex_name(move.point, size)} {round(100 * move.win)}"
        for move in analysis.moves
        if move.point != size * size
    ]
    best = [read.vertex_name(move.point, size) for move in analysis.moves]
    if best and best[0] != "pass":
        lines.append(f"CIRCLE {best[0]}")
    return "\n".join([*lines, f"{_format_win(session, analysis.win)}; best: {' '.join(best[:5])}"])


@command("gocnn-territory")
def gocnn_territory(session: Session, _arguments: list[str]) -> str:
    """Who will own each point, and by how much the leader leads; see `judge_outlook`.

    Stones are marked as dead where the other side will own them, but not by playouts of an open
    game, which know too little of life and death.
    """
    position, size = session.position, session.position.size
    outlook = judge_position(session)
    pairs = (
        f"{read.vertex_name(point, size)} {owner:.2f}"
        for point, owner in enumerate(outlook.ownership.tolist())
    )
    lines = [f"INFLUENCE {' '.join(pairs)}"]
    dead = outlook.ownership * position.board.stones[:-1] < -_DEAD
    if dead.any() and outlook.judge is not Judge.PLAYOUTS:
        lines.append(f"MARK {_names(np.flatnonzero(dead), size)}")
    leading = outlook.lead * position.to_move
    leader = colour_name(BLACK if leading > 0 else WHITE).capitalize()
    return "\n".join(
        [*lines, f"TEXT {leader} leads by {abs(leading):.1f} ({_JUDGES[outlook.judge]})"]
    )


@command("gocnn-heatmap")
def gocnn_heatmap(session: Session, _arguments: list[str]) -> str:
    """What `heatmap` answers, under a heading: GoGui takes the blanks off the first line."""
    return f"Policy in thousandths\n{heatmap(session, []).strip(chr(10))}"


@command("gocnn-board")
def gocnn_board(session: Session, _arguments: list[str]) -> str:
    """What `showboard` answers, under a heading, likewise."""
    return f"Move {session.position.ply + 1}\n{showboard(session, []).strip(chr(10))}"


@command("gocnn-liberties")
def gocnn_liberties(session: Session, _arguments: list[str]) -> str:
    """The number of liberties on every stone; chains in atari in red."""
    board, size = session.position.board, session.position.size
    points = np.flatnonzero(board.stones[:-1] != EMPTY)
    counts = board.counts[board.head[points]]
    lines = [
        f"LABEL {read.vertex_name(int(point), size)} {count}"
        for point, count in zip(points.tolist(), counts.tolist(), strict=True)
    ]
    atari = points[counts == 1]
    if atari.size:
        lines.append(f"COLOR #ff0000 {_names(atari, size)}")
    return "\n".join([*lines, f"TEXT {np.unique(board.head[points]).size} chains"])


@command("gocnn-ladders")
def gocnn_ladders(session: Session, _arguments: list[str]) -> str:
    """For either player: moves that catch in a ladder, moves that get out, stones that are lost."""
    position = session.position
    lines = []
    marked = 0
    for colour in (BLACK, WHITE):
        for mark, points in zip(
            ("SQUARE", "TRIANGLE", "MARK"), find_ladders(position.board, colour), strict=True
        ):
            if points.size:
                lines.append(f"{mark} {_names(points, position.size)}")
                marked += points.size
    text = "square catches, triangle escapes, cross is lost" if marked else "no ladders"
    return "\n".join([*lines, f"TEXT {text}"])


def _names(points: Iterable[int], size: int) -> str:
    return " ".join(read.vertex_name(int(point), size) for point in points)


def _format_win(session: Session, win: float) -> str:
    mover = colour_name(session.position.to_move).capitalize()
    return f"TEXT {mover} to move wins {win:.1%}"
