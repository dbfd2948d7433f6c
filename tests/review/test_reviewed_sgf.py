"""A review as SGF: read back by another reader, and by our own."""

from sgfmill import sgf as sgfmill

from gocnn.go.ranks import parse_rank
from gocnn.review.analysis import GameReview
from gocnn.review.reviewed_sgf import reviews_as_sgf
from gocnn.review.reviewer import Reviewer
from gocnn.sgf.details import Details
from gocnn.sgf.reader import Record, parse_game
from tests.support.boards import point
from tests.support.reviews import Told, blunder_at

SGF = b"(;SZ[9]KM[7]AB[aa]AW[bb]PL[B];B[ee];W[ec];B[gc];W[cg];B[gg];W[cc];B[];W[ce])"
EVIL = "<script>alert('\\]')</script> [x] ‮"


def reviewed(evaluator: Told, details: Details | None = None) -> GameReview:
    record = Record(parse_game(SGF, "game.sgf"), details or Details())
    return Reviewer(evaluator).review(record)


def nodes(text: str) -> list[sgfmill.Tree_node]:
    return list(sgfmill.Sgf_game.from_string(text).main_sequence_iter())


def test_the_game_itself_reads_back() -> None:
    review = reviewed(Told())
    game = parse_game(reviews_as_sgf([review]).encode())
    assert (game.entries == review.record.game.entries).all()
    assert (game.size, game.setup, game.komi) == (9, 2, 7.0)


def test_values_marks_and_labels_as_editors_show_them() -> None:
    review = reviewed(Told({0: "E5"}, blunder_at(5), lambda position: 2.5 * position.to_move))
    main = nodes(reviews_as_sgf([review]))
    assert main[0].get("SBKV") == "70.00"
    first, fifth, last = main[1], main[5], main[8]
    assert first.get("LB")[0] == ((4, 4), "A")
    assert not first.has_property("TR") and not first.has_property("BM")
    assert fifth.has_property("BM") and fifth.has_property("HO")
    assert fifth.get("TR") == {(2, 6)}
    assert (fifth.get("V"), last.get("SBKV")) == (2.5, "30.00")
    comment = fifth.get("C")
    assert "Move 5, black G3: 0.5%, 75th choice" in comment
    assert "This move cost black 40% of the win rate, and the lead in the game" in comment
    assert "Black's win rate: 40%. Black leads by 2.5 points." in comment


def test_what_was_expected_is_a_variation() -> None:
    review = reviewed(Told({0: "E5"}, blunder_at(5)))
    tree = sgfmill.Sgf_game.from_string(reviews_as_sgf([review]))
    parent = tree.get_main_sequence()[4]
    played, variation = parent[0], parent[1]
    assert played.get_move() == ("b", (2, 6))
    colour, place = variation.get_move()
    assert colour == "b"
    assert review.moments[0].line[0] == (8 - place[0]) * 9 + place[1]
    line = [variation]
    while len(line[-1]):
        line.append(line[-1][0])
    assert len(line) == len(review.moments[0].line)


def test_names_and_comments_are_kept_as_text() -> None:
    details = Details({"PB": EVIL, "EV": "a\\b"}, {0: EVIL, 2: "after two"})
    main = nodes(reviews_as_sgf([reviewed(Told(), details)]))
    assert main[0].get("PB") == EVIL
    assert main[0].get("EV") == "a\\b"
    assert main[0].get("C").startswith(EVIL)
    assert main[2].get("C").startswith("after two\n\nMove 2, white E7")


def test_advice_names_whose_moves_are_expected() -> None:
    record = Record(parse_game(SGF), Details())
    evaluator = Told({parse_rank("1k"): "C3"})
    review = Reviewer(evaluator, advise=parse_rank("5k")).review(record)
    assert "Expected of 1k players: A C3 61%" in nodes(reviews_as_sgf([review]))[1].get("C")
    assert review.moves[0].candidates[0].point == point("C3", 9)


def test_several_games_are_a_collection() -> None:
    text = reviews_as_sgf([reviewed(Told()), reviewed(Told())])
    assert text.count("(;GM[1]") == 2
