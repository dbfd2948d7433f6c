"""`gocnn rank`: players, what is left out, and the forms of the answer."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gocnn.cli.main import main


def _call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["rank", *map(str, arguments)])


def _sgf(names: str, size: int = 19, moves: int = 40) -> str:
    letters = "abcdefghijklmnopqrs"[:size]
    points = [f"{x}{y}" for y in letters[2::3] for x in letters[2::2]][:moves]
    played = "".join(f";{'BW'[k % 2]}[{point}]" for k, point in enumerate(points))
    return f"(;GM[1]SZ[{size}]{names}{played})"


@pytest.fixture
def games(tmp_path: Path) -> Path:
    folder = tmp_path / "games"
    folder.mkdir()
    texts = [
        _sgf("PB[Lee Chang-ho]PW[Cho]BR[5d]WR[4d]"),
        _sgf("PB[Cho]PW[CHANG HO LEE]BR[4d]WR[5d]"),
        _sgf("PB[Cho]PW[Lee Chang-ho]", size=9, moves=15),
        _sgf("PB[Cho]PW[Lee Chang-ho]", moves=20),
        "(;SZ[19]PB[Cho];B[zz])",
    ]
    (folder / "games.sgf").write_text("".join(texts))
    return folder


def test_every_player_by_name(games: Path) -> None:
    result = _call(games, "--json")
    assert result.exit_code == 0, result.output
    lee, cho = sorted(json.loads(result.stdout), key=lambda rank: rank["player"], reverse=True)
    assert (lee["player"], lee["games"], lee["recorded"]) == ("Lee Chang-ho", 2, "5d")
    assert (cho["player"], cho["games"], cho["recorded"]) == ("Cho", 2, "4d")
    for rank in (lee, cho):
        groups = rank["groups"]
        assert (
            groups.index(rank["low"]) <= groups.index(rank["group"]) <= groups.index(rank["high"])
        )
        assert sum(rank["probabilities"]) == pytest.approx(1, abs=1e-3)
    assert "3 games left out: " in result.stderr
    assert {rank["scale"] for rank in (lee, cho)} == {"kgs"}
    assert "the ranks of KGS, IGS and others" in result.stderr
    assert "from elsewhere" not in result.stderr
    for reason in ("1 not on 19x19", "1 fewer than 30 moves", "1 bad point"):
        assert reason in result.stderr


def test_the_ranks_of_another_server(games: Path) -> None:
    result = _call(games, "--json", "--scale", "fox")
    assert result.exit_code == 0, result.output
    for rank in json.loads(result.stdout):
        assert (rank["scale"], len(rank["probabilities"])) == ("fox", 11)
        assert rank["group"] in rank["groups"]
    assert "2 games of 2 from elsewhere: the ranks of Fox were learnt" in result.stderr
    (games / "games.sgf").write_text(_sgf("AP[foxwq]SO[http://www.foxwq.com]PB[A]PW[B]"))
    assert {rank["scale"] for rank in json.loads(_call(games, "--json").stdout)} == {"fox"}


def test_one_player_in_another_spelling(games: Path) -> None:
    result = _call(games, "--player", "lee changho")
    assert result.exit_code == 0, result.output
    head, line = result.stdout.splitlines()
    assert head.split() == ["player", "games", "rank", "likely", "recorded"]
    assert line.startswith("lee changho      2  ")
    assert line.endswith("5d")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--player", "Go Seigen"), "no game of Go Seigen"),
        ((), "there is no game to estimate a rank from"),
    ],
)
def test_what_has_no_rank_is_told(games: Path, arguments: tuple[str, ...], message: str) -> None:
    (games / "games.sgf").write_text(_sgf("PB[A]PW[B]", size=9, moves=15))
    result = _call(games, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_corpus_has_no_names(games: Path, tmp_path: Path) -> None:
    packed = tmp_path / "games.gocnn"
    packed.write_bytes(b"")
    result = _call(packed)
    assert result.exit_code == 2
    assert "keeps no names of players" in result.stderr
