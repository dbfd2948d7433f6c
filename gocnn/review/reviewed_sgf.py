"""A review as SGF that Sabaki and other editors show.

A node of a move has a comment; the candidates of the position before it as letters (LB), a triangle
on a move that is none of them (TR); the marks that editors know: BM a bad move, DO a doubtful one,
TE a good one, IT an interesting one, HO a moment that decided the game; and values from black's
side: SBKV the win rate in percent, which Sabaki draws as a graph, and V the lead where the
network answers one. What was expected in place of moments and of surprising moves is a variation.
"""

from collections.abc import Iterable

from gocnn.go.board import POINT_MASK, WHITE_BIT
from gocnn.go.coords import sgf_letters
from gocnn.review.analysis import GameReview, Mark, Moment, MoveReview, mark_of
from gocnn.review.words import letter_of, moment_text, move_text, summary_text, win_text
from gocnn.sgf.tree import GameTree, Setup, TreeNode
from gocnn.sgf.writer import sgf_tree

_PROPERTIES = {
    Mark.BAD: ("BM", "1"),
    Mark.DOUBTFUL: ("DO", ""),
    Mark.GOOD: ("TE", "1"),
    Mark.SURPRISING: ("IT", ""),
}


def reviews_as_sgf(reviews: Iterable[GameReview]) -> str:
    """Reviews as a collection, a game tree each."""
    return "".join(sgf_tree(review_tree(review)) for review in reviews)


def review_tree(review: GameReview) -> GameTree:
    """A review as a game tree: the game as it was played, and what was expected as variations."""
    record = review.record
    game, comments = record.game, record.details.comments
    nodes = [
        TreeNode(
            parent=-1,
            setup=_setup(review),
            comment=_joined(comments.get(0, ""), summary_text(review), win_text(review, 0)),
            properties=_values(review, 0),
        )
    ]
    moments = {moment.number: moment for moment in review.moments}
    before = 0  # the node of the move before
    for move in review.moves:
        moment = moments.get(move.number)
        texts = [comments.get(move.number, ""), move_text(review, move)]
        texts += [moment_text(review, moment)] if moment else []
        nodes.append(
            TreeNode(
                parent=before,
                move=(move.colour, move.point),
                comment=_joined(*texts, win_text(review, move.number)),
                properties=_values(review, move.number) | _markup(review, move),
            )
        )
        following = len(nodes) - 1
        nodes += _variation(review, move, moment, before, len(nodes))
        before = following
    return GameTree(
        size=game.size,
        komi=game.komi,
        handicap=game.handicap,
        info=dict(record.details.properties),
        nodes=nodes,
    )


def _setup(review: GameReview) -> Setup | None:
    game = review.record.game
    stones = game.entries[: game.setup].tolist()
    if not stones:
        return None
    black = tuple(entry for entry in stones if not entry & WHITE_BIT)
    white = tuple(entry & POINT_MASK for entry in stones if entry & WHITE_BIT)
    return Setup(black, white, (), game.first)


def _values(review: GameReview, ply: int) -> dict[str, list[str]]:
    values = {"SBKV": [f"{100 * review.win_rates[ply]:.2f}"]}
    if review.leads is not None:
        values["V"] = [f"{review.leads[ply]:.1f}"]
    return values


def _markup(review: GameReview, move: MoveReview) -> dict[str, list[str]]:
    size = review.record.game.size
    passing = size * size
    marks = {}
    labels = [
        f"{sgf_letters(candidate.point, size)}:{letter_of(index)}"
        for index, candidate in enumerate(move.candidates)
        if candidate.point != passing
    ]
    if labels:
        marks["LB"] = labels
    if move.point not in (passing, *(candidate.point for candidate in move.candidates)):
        marks["TR"] = [sgf_letters(move.point, size)]
    mark = mark_of(review, move.number)
    if mark in _PROPERTIES:
        name, value = _PROPERTIES[mark]
        marks[name] = [value]
    if mark in (Mark.BAD, Mark.DOUBTFUL):
        marks["HO"] = ["1"]
    return marks


def _variation(
    review: GameReview, move: MoveReview, moment: Moment | None, parent: int, index: int
) -> list[TreeNode]:
    """What was expected in place of a move, from the node of the move before on.

    Args:
        review: the game.
        move: which move.
        moment: what a search found better, if it is a moment.
        parent: index of the node of the move before.
        index: that the first node of the variation will have.
    """
    line = moment.line if moment else move.line
    if not line or line[0] == move.point:
        return []
    remark = "Better, by the search." if moment and moment.searched else "What was expected."
    colours = (move.colour, -move.colour)
    return [
        TreeNode(
            parent=index + step - 1 if step else parent,
            move=(colours[step % 2], point),
            comment="" if step else remark,
        )
        for step, point in enumerate(line)
    ]


def _joined(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)
