"""What a review says in sentences."""

from gocnn.go.board import BLACK
from gocnn.go.coords import vertex
from gocnn.go.position import colour_name
from gocnn.go.ranks import UNKNOWN, rank_name
from gocnn.review.analysis import GameReview, Moment, MoveReview, match_rate, moves_of

_LETTERS = "ABCDEFGHIJ"


def letter_of(index: int) -> str:
    """The letter of a candidate by its place, from 0."""
    return _LETTERS[index]


def percent(share: float) -> str:
    """A share of 0 to 1 in percent, with a digit behind the point where it is small.

    >>> percent(0.474), percent(0.0123), percent(0.0002)
    ('47%', '1.2%', 'under 0.1%')
    """
    if 0 < share < 0.001:
        return "under 0.1%"
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"


def ordinal(place: int) -> str:
    """A place among others.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 102)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '21st', '102nd']
    """
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10)
    return f"{place}{ending or 'th'}"


def name_and_rank(review: GameReview, colour: int) -> tuple[str, str]:
    """A player's name and rank as the record writes them, each empty where it has none."""
    details, game = review.record.details, review.record.game
    name = details.black if colour == BLACK else details.white
    rank = details.properties.get("BR" if colour == BLACK else "WR", "")
    code = game.rank_of(colour)
    return name, rank or (rank_name(code) if code != UNKNOWN else "")


def player_name(review: GameReview, colour: int) -> str:
    """The name of a player with his rank, or the colour where the record names nobody."""
    name, rank = name_and_rank(review, colour)
    return " ".join(filter(None, (name or colour_name(colour), rank)))


def move_text(review: GameReview, move: MoveReview) -> str:
    """A sentence or two about a move: how likely it was, and what was expected."""
    size = review.record.game.size
    who = f"Move {move.number}, {colour_name(move.colour)} {vertex(move.point, size)}"
    if move.place == 1:
        sentence = f"{who}: as expected, {percent(move.probability)}."
    else:
        sentence = f"{who}: {percent(move.probability)}, {ordinal(move.place)} choice."
    listed = ", ".join(
        f"{letter_of(index)} {vertex(candidate.point, size)} {percent(candidate.probability)}"
        for index, candidate in enumerate(move.candidates)
    )
    whom = "" if review.advice_rank is None else f" of {rank_name(review.advice_rank)} players"
    return f"{sentence} Expected{whom}: {listed}."


def moment_text(review: GameReview, moment: Moment) -> str:
    """What a moment cost, and what was better."""
    size = review.record.game.size
    move = review.moves[moment.number - 1]
    line = " ".join(vertex(point, size) for point in moment.line)
    source = f"by a search of {review.visits} visits" if moment.searched else "by the network alone"
    turned = ", and the lead in the game" if moment.turned else ""
    return (
        f"This move cost {colour_name(move.colour)} {moment.loss:.0%} of the win rate{turned} "
        f"({source}). Better: {line}."
    )


def win_text(review: GameReview, ply: int) -> str:
    """Who is ahead after `ply` moves."""
    text = f"Black's win rate: {review.win_rates[ply]:.0%}."
    if review.leads is None:
        return text
    lead = review.leads[ply]
    return f"{text} {'Black' if lead >= 0 else 'White'} leads by {abs(lead):.1f} points."


def summary_text(review: GameReview) -> str:
    """Lines about a whole game: match rates, and the moments that decided it."""
    lines = []
    for colour in (BLACK, -BLACK):
        rate = match_rate(moves_of(review, colour))
        if rate.moves:
            lines.append(
                f"{player_name(review, colour)}: {percent(rate.matched / rate.moves)} of "
                f"{rate.moves} moves were the network's first choice, "
                f"{percent(rate.near / rate.moves)} among its first five."
            )
    size = review.record.game.size
    for moment in review.moments:
        move = review.moves[moment.number - 1]
        lines.append(
            f"Move {move.number}, {colour_name(move.colour)} {vertex(move.point, size)}: "
            f"-{moment.loss:.0%}"
        )
    return "\n".join(lines)
