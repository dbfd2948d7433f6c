"""Regression suites: their form, engines that fail, and our own positions, which gocnn passes."""

from pathlib import Path

import pytest

from gocnn.errors import GocnnError
from gocnn.match.suites import Test as Case
from gocnn.match.suites import TestResult as Result
from gocnn.match.suites import part_of, read_suite, run_suites, suites_table
from gocnn.sgf.writer import sgf
from tests.support.boards import SEKI, board
from tests.support.puppets import puppet

SUITE = """
# a remark
clear_board
1 genmove black   # a remark
#? [D4|E5]
2 genmove black
#? [!pass]*
7 cputime
play black A1
3 genmove white
#? [Q16]&
4 reading black
#? [1 (A1|B2)]
5 genmove black
#? [PASS
"""


def _suite(folder: Path, text: str = SUITE) -> Path:
    path = folder / "own.tst"
    path.write_text(text)
    return path


def test_a_suite_is_read(tmp_path: Path) -> None:
    suite = read_suite(_suite(tmp_path))
    assert suite.name == "own"
    assert suite.steps == (
        "clear_board",
        Case(1, "genmove black", "D4|E5"),
        Case(2, "genmove black", "pass", negated=True, known_to_fail=True),
        "cputime",
        "play black A1",
        Case(3, "genmove white", "Q16", counts=False),
        Case(4, "reading black", "1 (A1|B2)"),
        Case(5, "genmove black", "PASS"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#? [A1]", "line 1: no numbered command stands before it"),
        ("1 genmove b\n#? A1", "line 2: '#[?] A1' is not of the form"),
        ("1 genmove b\n#? [(A1]", "line 2: '[(]A1' is not a regular expression"),
    ],
)
def test_what_is_no_suite_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(GocnnError, match=f"own.tst, {message}"):
        read_suite(_suite(tmp_path, text))
    with pytest.raises(GocnnError, match=r"none.tst: No such file"):
        read_suite(tmp_path / "none.tst")


@pytest.mark.parametrize(
    ("answer", "passes"), [("d4", True), ("E5 ", True), ("D44", False), ("pass", False)]
)
def test_the_whole_answer_counts(answer: str, passes: bool) -> None:
    assert Case(1, "genmove b", "D4|E5").passes(answer) is passes
    assert Case(1, "genmove b", "D4|E5", negated=True).passes(answer) is not passes


def _passed(results: list[Result]) -> list[tuple[int, bool | None]]:
    return [(result.test.number, result.passed) for result in results]


def test_only_what_an_engine_knows_is_asked(tmp_path: Path) -> None:
    suite = read_suite(_suite(tmp_path))
    done: list[int] = []
    results = run_suites(
        puppet("E5 pass D4"), [suite], commands=("genmove", "reading"), progress=done.append
    )
    assert _passed(results) == [(1, True), (2, False), (4, None), (5, False)]
    assert sum(done) == 4
    assert _passed(run_suites(puppet("E5"), [suite], commands=("reading",)))[0] == (1, None)


def test_parts_share_the_tests_that_are_asked(tmp_path: Path) -> None:
    suites = [read_suite(_suite(tmp_path))] * 2
    parts = [part_of(suites, part, 3, ("genmove",)) for part in (1, 2, 3)]
    numbers = [
        [[step.number for step in suite.steps if isinstance(step, Case)] for suite in part]
        for part in parts
    ]
    assert numbers == [[[1], [1]], [[2], [2]], [[5], [5]]]
    setup = [step for step in suites[0].steps if isinstance(step, str)]
    assert [step for step in parts[0][1].steps if isinstance(step, str)] == setup


@pytest.mark.parametrize("order", ["die", "hang", "babble"])
def test_an_engine_that_fails_goes_on_with_the_next_position(tmp_path: Path, order: str) -> None:
    text = (
        "clear_board\n1 genmove b\n#? [A1]\n2 genmove b\n#? [B1]\nclear_board\n3 genmove w\n#? [C1]"
    )
    suites = [read_suite(_suite(tmp_path, text))]
    engine = puppet(f"{order} C1")
    results = run_suites(engine, suites, commands=("genmove",), timeout=2)
    assert _passed(results) == [(1, False), (2, False), (3, False)]
    assert "ended in an earlier test" in results[1].answer


def test_a_position_that_cannot_be_set_up_is_left_out(tmp_path: Path) -> None:
    text = "loadsgf no.sgf\n1 genmove b\n#? [A1]\nclear_board\n2 genmove b\n#? [B1]\nlevel no.sgf"
    suites = [read_suite(_suite(tmp_path, text))]
    refused = f"no.sgf {tmp_path.resolve() / 'no.sgf'}"
    results = run_suites(puppet("B1", refused=refused), suites, commands=("genmove",))
    assert _passed(results) == [(1, None), (2, True)]
    assert "cannot do that" in results[0].answer


def test_the_table_compares_what_all_were_asked(tmp_path: Path) -> None:
    one, two = (Case(number, "genmove b", "A1") for number in (1, 2))
    table = suites_table(
        {
            "first": [Result("own", one, "A1", True), Result("own", two, "A1", True)],
            "second": [Result("own", one, "B1", False), Result("own", two, "", None)],
        }
    )
    assert "| own | 1 | 1 | 0 |" in table
    assert "| all | 1 | 1, 100.0 % (" in table
    assert table.endswith("1 test left out")
    with pytest.raises(GocnnError, match="no test was asked"):
        suites_table({"first": [Result("own", one, "", None)]})


ONE_LEFT = "/".join([". X X X O O ."] * 3 + [". X X . O O ."] + [". X X X O O ."] * 3)
ATARI = """
    . . . . . . . . .
    . . . . . . . . .
    . . X . . . X . .
    . . . O O O O . .
    . . O X X X X O .
    . . . O O O . . .
    . . X . . . X . .
    . . . . . . . . .
    . . . . . . . . .
"""
THREE_IN_THE_CORNER = """
    . . . X O . O
    X X X X O O O
    O O O O O . O
    O . O O O O O
    O O O . O O .
    O O O O O O O
    . O O . O O .
"""
POSITIONS = {  # diagram, komi, and what is right; behind by too much, a player would pass
    "filllib": (ONE_LEFT, 0.5, (("black", "[D4]"), ("white", "[D4]"))),
    "seki": (SEKI, 0.5, (("black", "[!A7|B6]"), ("white", "[!A7|B6]"))),
    "endgame": (ATARI, 0.5, (("black", "[G4]"), ("white", "[G4]"))),
    "life": (THREE_IN_THE_CORNER, -35.5, (("black", "[B7]"), ("white", "[B7]"))),
    "blunder": (THREE_IN_THE_CORNER, -35.5, (("black", "[!A7|C7]"),)),
}


ENGINE = "gocnn gtp --device cpu --weights small --visits 64 --seed 1"


def test_our_own_positions(tmp_path: Path) -> None:
    """Positions of the kinds that GNU Go's suites hold."""
    lines = []
    for name, (diagram, komi, tests) in POSITIONS.items():
        (tmp_path / f"{name}.sgf").write_text(sgf(board(diagram, komi=komi)))
        lines.append(f"loadsgf {name}.sgf")
        lines += [f"{len(lines)} reg_genmove {to_move}\n#? {right}" for to_move, right in tests]
    suite = read_suite(_suite(tmp_path, "\n".join(lines)))
    wrong = [
        r.as_dict()
        for r in run_suites(ENGINE, [suite], timeout=600)  # the first answer may wait for compiling
        if not r.passed
    ]
    assert wrong == []
