"""`gocnn review` from end to end, with the shipped network on short games."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gocnn.cli.main import main
from gocnn.errors import GocnnError
from gocnn.review.analysis import GameReview
from gocnn.review.reviewer import Progress, Reviewer
from gocnn.sgf.reader import Record, load_game

GAME = "(;GM[1]SZ[9]KM[7]PB[Ann]PW[Bob]BR[5k]WR[4k];B[ee];W[ec];B[gc];W[cg];B[gg])"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["review", *map(str, arguments)])


@pytest.fixture
def game(tmp_path: Path) -> Path:
    path = tmp_path / "game.sgf"
    path.write_text(GAME)
    return path


def test_a_game_becomes_a_record(game: Path, tmp_path: Path) -> None:
    out = tmp_path / "reviewed.sgf"
    result = run(game, "-o", out, "--for", "5k", "--visits", "4")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{out}\n"
    assert "Expected of 1k players" in out.read_text()
    assert (load_game(out).entries == load_game(game).entries).all()


def test_a_game_becomes_a_page(game: Path, tmp_path: Path) -> None:
    page, record = tmp_path / "review.html", tmp_path / "reviewed.sgf"
    result = run(game, "-o", page, "-o", record, "--visits", "1")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{page}\n{record}\n"
    assert "<title>Review: Ann – Bob</title>" in page.read_text(encoding="utf-8")
    assert record.read_text().startswith("(;GM[1]")


def test_the_page_tells_the_rank_that_the_moves_speak_of(root: Path, tmp_path: Path) -> None:
    page, game = tmp_path / "review.html", root / "data" / "gnugo-19x19-test.sgf"
    one = tmp_path / "one.sgf"
    first = game.read_text().split("\n(;")[0]
    one.write_text(first.replace("PB[GNU", "PB[Ann").replace("PW[GNU", "PW[Bob"))
    assert run(one, "-o", page, "--visits", "1").exit_code == 0
    data = page.read_text(encoding="utf-8").split('id="data">')[1].split("</script>")[0]
    ranks = json.loads(data)["ranks"]
    command = CliRunner().invoke(main, ["rank", str(one), "--json"])
    expected = [(r["player"], r["group"], r["low"], r["high"]) for r in json.loads(command.stdout)]
    assert [(r["player"], r["group"], r["low"], r["high"]) for r in ranks] == expected
    assert len(ranks) == 2


def test_broken_games_among_others_are_told(game: Path, tmp_path: Path) -> None:
    game.write_text(GAME + "(;SZ[9];B[aa];W[aa])")
    out = tmp_path / "reviewed.sgf"
    result = run(game, "-o", out, "--visits", "1")
    assert result.exit_code == 0
    assert "left out" in result.stderr and "game.sgf#2: illegal move" in result.stderr


def test_ctrl_c_writes_the_games_that_are_done(
    game: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    game.write_text(GAME * 3)
    out = tmp_path / "reviewed.sgf"
    review, seen = Reviewer.review, list[Record]()

    def interrupted(self: Reviewer, record: Record, progress: Progress) -> GameReview:
        seen.append(record)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return review(self, record, progress)

    monkeypatch.setattr(Reviewer, "review", interrupted)
    result = run(game, "-o", out, "--visits", "1")
    assert result.exit_code == 130
    assert "stopped after 2 of 3 games" in result.stderr
    assert out.read_text().count("(;GM[1]") == 2


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("review.pdf", "ends in"),
        ("nowhere/review.sgf", "there is no folder"),
        ("game.sgf", "is the game itself"),
    ],
)
def test_outputs_are_checked_before_any_work(
    game: Path, tmp_path: Path, output: str, said: str
) -> None:
    result = run(game, "-o", tmp_path / output)
    assert isinstance(result.exception, GocnnError) or result.exit_code == 2
    assert said in (str(result.exception) + result.output)
    assert game.read_text() == GAME


def test_what_cannot_be_reviewed_is_named(tmp_path: Path, game: Path) -> None:
    broken = tmp_path / "broken.sgf"
    broken.write_text("(;SZ[9];B[aa];W[aa])")
    for arguments, said in (
        ([broken, "-o", tmp_path / "r.sgf"], "broken.sgf: illegal move"),
        ([tmp_path / "none.sgf", "-o", tmp_path / "r.sgf"], "none.sgf"),
        ([game, "-o", tmp_path / "r.sgf", "--for", "any"], "advice is for a rank"),
        ([game, "-o", tmp_path / "r.sgf", "--for", "5x"], "is not a rank"),
    ):
        result = run(*arguments)
        assert result.exit_code != 0
        assert said in (str(result.exception) + result.output)
    assert not (tmp_path / "r.sgf").exists()
