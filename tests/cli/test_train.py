"""`gocnn train` and `gocnn evaluate` as users call them, on files."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gocnn.cli.main import main
from gocnn.corpus.corpus import Corpus
from gocnn.corpus.prepare import open_or_prepare
from gocnn.errors import GocnnError
from gocnn.go.board import POINT_MASK, WHITE_BIT
from gocnn.go.coords import sgf_letters
from gocnn.inference.weights import load_network
from tests.support.playing import random_game

QUICK = ["--network", "1x16", "--board-size", "9", "--batch", "16", "--validation", "0.2"]


def _sgf(number: int, lines: int = 9) -> str:
    game = random_game(lines, 40, number)
    moves = "".join(
        f";{'W' if e & WHITE_BIT else 'B'}[{sgf_letters(e & POINT_MASK, lines)}]"
        for e in game.entries.tolist()
    )
    return f"(;GM[1]FF[4]SZ[{lines}]KM[6.5]RE[B+R]{moves})"


@pytest.fixture
def games(tmp_path: Path) -> Path:
    folder = tmp_path / "games"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number}.sgf").write_text(_sgf(number))
    (folder / "broken.sgf").write_text("(;GM[1]SZ[9];B[aa];W[aa])")
    return folder


def _call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_train_then_evaluate(games: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = _call("train", games, "-o", out, *QUICK, "--positions", 320)
    assert result.exit_code == 0, result.output
    assert "21 records read" in result.stderr
    assert "1 illegal move" in result.stderr
    for name in ("corpus.gocnn", "weights.safetensors", "checkpoint.safetensors", "curve.svg"):
        assert (out / name).exists(), name
    assert load_network(out / "weights.safetensors").info.positions == 320

    result = _call("evaluate", out / "weights.safetensors", games, "--board-size", 9, "--json")
    assert result.exit_code == 0, result.output
    scores = json.loads(result.stdout)
    assert scores["total"]["games"] == 20
    top1, top5 = (scores["total"][key]["mean"] for key in ("top1", "top5"))
    assert 0 <= top1 <= top5 <= 1
    result = _call("evaluate", out / "weights.safetensors", games, "--board-size", 9)
    assert f"{scores['total']['positions']:,}" in result.stdout


def test_epochs_count_the_training_games(games: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert _call("train", games, "-o", out, *QUICK, "--epochs", 0.5).exit_code == 0
    corpus = Corpus.open(out / "corpus.gocnn")
    training, _ = corpus.split(0.2)
    half = corpus.moves[training].sum() / 2
    seen = load_network(out / "weights.safetensors").info.positions
    assert half <= seen < half + 17


def test_resume_goes_on(games: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    stopped = _call("train", games, "-o", out, *QUICK, "--positions", 320, "--stop-after", "0s")
    assert stopped.exit_code == 0
    assert "--resume" in stopped.stderr
    resumed = _call("train", "-o", out, "--resume")
    assert resumed.exit_code == 0, resumed.output
    assert load_network(out / "weights.safetensors").info.positions == 320


def _stopped(*arguments: object) -> None:
    stopped = _call("train", *arguments, *QUICK, "--positions", 320, "--stop-after", "0s")
    assert stopped.exit_code == 0, stopped.output


def test_resume_needs_no_games(games: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    _stopped(games, "-o", out)
    resumed = _call("train", "--resume", "-o", out)
    assert resumed.exit_code == 0, resumed.output
    assert "records read" not in resumed.stderr
    assert load_network(out / "weights.safetensors").info.positions == 320


@pytest.mark.parametrize("name", ["c.gocnn", "c.gocnn.xz"])
def test_resume_finds_a_corpus_file_elsewhere(games: Path, tmp_path: Path, name: str) -> None:
    corpus, out = tmp_path / "elsewhere" / name, tmp_path / "runs" / "one"
    corpus.parent.mkdir()
    assert _call("prepare", games, "-o", corpus, "--board-size", 9).exit_code == 0
    _stopped(corpus, "-o", out)
    before = corpus.read_bytes()
    assert _call("train", "--resume", "-o", out).exit_code == 0
    assert load_network(out / "weights.safetensors").info.positions == 320
    # Games that are packed into the folder later replace the link, not the file.
    (out / "checkpoint.safetensors").unlink()
    _stopped(games, "-o", out)
    assert corpus.read_bytes() == before


@pytest.mark.parametrize("resume", [["--resume"], []])
def test_the_games_of_a_run_are_never_packed_over(
    games: Path, tmp_path: Path, resume: list[str]
) -> None:
    out, other = tmp_path / "run", tmp_path / "other.sgf"
    other.write_text(_sgf(77))
    _stopped(games, "-o", out)
    before = (out / "corpus.gocnn").read_bytes()
    refused = _call("train", other, "-o", out, "--board-size", 9, *resume)
    assert refused.exit_code == 2
    assert ("other games than these" if resume else "a run is here already") in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert (out / "corpus.gocnn").read_bytes() == before
    assert _call("train", "--resume", "-o", out).exit_code == 0


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (["--network", "2x16"], "--network: the run to go on with has 1x16, not 2x16"),
        (["--rate", "0.1"], "--rate: the run to go on with has 0.004, not 0.1"),
        (["--init", "default"], "--init: the run to go on with has none, not default"),
        (["--validation", "0.5"], "--validation: the run to go on with has 0.2, not 0.5"),
        (["--board-size", "9"], "--board-size selects among games that are read"),
    ],
)
def test_a_resumed_run_refuses_what_it_would_not_follow(
    games: Path, tmp_path: Path, changed: list[str], told: str
) -> None:
    out = tmp_path / "run"
    _stopped(games, "-o", out)
    refused = _call("train", "--resume", "-o", out, *changed)
    assert refused.exit_code == 2
    assert told in refused.stderr


# arguments, what the one line says
MISTAKES = [
    (["train", "nowhere"], "nowhere"),
    (["train"], "Missing argument 'GAMES...'"),
    (["train", "GAMES", "--network", "vast"], "--network vast: use tiny"),
    (["train", "GAMES", "--epochs", "1", "--positions", "5"], "one budget"),
    (["train", "GAMES", "--time-budget", "soon"], "'soon' is not a time"),
    (["train", "GAMES", "--resume"], "no run to resume"),
    (["train", "GAMES", "--board-size", "19"], "no games left"),
    (["train", "GAMES", "--batch", "0"], "Invalid value for '--batch': 0 is not in the range"),
    (["train", "GAMES", "--device", "warp"], "unknown device 'warp'"),
    (["train", "GAMES", "--encoding", "big"], "unknown encoding 'big'"),
    (["train", "GAMES", "--epochs", "nan"], "'nan' is not a finite number"),
    (["train", "GAMES", "--rate", "0"], "0.0 is not in the range x>0"),
    (["train", "GAMES", "--init", "nothing"], "nothing: there is no such weights file"),
    (["train", "GAMES", "--teacher", "nothing"], "nothing: there is no such weights file"),
    (["evaluate", "default", "GAMES", "--positions", "0"], "0 is not in the range x>=1"),
    (["evaluate", "none.safetensors", "GAMES"], "none.safetensors"),
    (["evaluate", "GAMES/0.sgf", "GAMES"], "0.sgf: not a weights file"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES)
def test_mistakes_end_in_one_line(
    games: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    called = [argument.replace("GAMES", str(games)) for argument in arguments]
    if called[0] == "train":
        called += ["-o", str(tmp_path / "run")]
        if "--board-size" not in called:
            called += ["--board-size", "9"]
    result = _call(*called)
    assert result.exit_code == 2
    *said, last = result.stderr.splitlines()
    assert message in last
    assert last.startswith("gocnn: ")
    assert not any("Traceback" in line for line in said)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--network", "vast"],
        ["--encoding", "big"],
        ["--init", "nothing"],
        ["--init", "GAMES/0.sgf"],
        ["--init", "default", "--network", "1x16"],
        ["--teacher", "nothing"],
        ["--teacher", "GAMES/0.sgf"],
        ["--rate", "0"],
        ["--device", "warp"],
        ["--epochs", "1", "--positions", "5"],
    ],
)
def test_wrong_options_are_found_before_games_are_read(
    games: Path, tmp_path: Path, wrong: list[str]
) -> None:
    out = tmp_path / "run"
    named = [word.replace("GAMES", str(games)) for word in wrong]
    result = _call("train", games, "-o", out, "--board-size", "9", *named)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1, "something was read first"
    assert not out.exists()


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_corpus_of_other_boards_is_refused(games: Path, tmp_path: Path, command: str) -> None:
    """--board-size selects among games that are read; with a corpus it would do nothing."""
    corpus = tmp_path / "nine.gocnn"
    assert _call("prepare", games, "-o", corpus, "--board-size", 9).exit_code == 0
    where = ["default"] if command == "evaluate" else ["-o", tmp_path / "run"]
    result = _call(command, *where, corpus, "--board-size", 13)
    assert result.exit_code == 2
    assert "nine.gocnn holds boards of 9 lines: --board-size selects" in result.stderr


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = _call("train", tmp_path / "empty", "-o", tmp_path / "run")
    assert result.exit_code == 2
    assert "empty" in result.stderr


def test_the_cache_is_used_until_the_games_change(games: Path, tmp_path: Path) -> None:
    cache = tmp_path / "c.gocnn"
    first, report = open_or_prepare([games], cache, size=9)
    assert report is not None
    assert report.kept == 20
    again, report = open_or_prepare([games], cache, size=9)
    assert report is None
    assert again.checksum == first.checksum
    (games / "new.sgf").write_text(_sgf(99))
    more, report = open_or_prepare([games], cache, size=9)
    assert report is not None
    assert len(more) == 21
    cache.write_bytes(cache.read_bytes()[:50])  # damaged: made anew
    mended, _ = open_or_prepare([games], cache, size=9)
    assert mended.checksum == more.checksum
    with pytest.raises(GocnnError, match="one corpus file"):
        open_or_prepare([cache, games], tmp_path / "d.gocnn", size=9)


def test_another_architecture_is_trained_measured_and_resumed(games: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    options = ("-o", out, *QUICK, "--architecture", "lenet-max", "--positions", 96)
    stopped = _call("train", games, *options, "--stop-after", "0s")
    assert stopped.exit_code == 0, stopped.output
    resumed = _call("train", "-o", out, "--resume")
    assert resumed.exit_code == 0, resumed.output
    info = load_network(out / "weights.safetensors").info
    assert info.network == "lenet-max 1x16"
    assert (info.settings["lines"], info.positions) == (9, 96)
    measured = _call("evaluate", out / "weights.safetensors", games, "--board-size", 9)
    assert measured.exit_code == 0, measured.output
    wider = ("--init", out / "weights.safetensors", "--network", "1x24", "--positions", 32)
    grown = _call("train", games, "-o", tmp_path / "2", *QUICK[2:], *wider)
    assert grown.exit_code == 0, grown.output
    for extra, message in (
        (("--network", "2x16"), "lenet-max networks can grow in width, but not in stages"),
        (("--architecture", "resnet"), "--architecture resnet: the weights of --init are of lenet"),
    ):
        arguments = ("--init", out / "weights.safetensors", *extra)
        refused = _call("train", games, "-o", tmp_path / "3", *QUICK[2:], *arguments)
        assert refused.exit_code == 2
        assert message in refused.stderr


def test_a_network_for_one_size_of_board_is_not_trained_or_asked_on_others(
    games: Path, tmp_path: Path
) -> None:
    (games / "large.sgf").write_text(_sgf(20, 13))
    arguments = ("-o", tmp_path / "run", "--network", "1x16", "--validation", 0.2)
    kind = ("--architecture", "strided", "--positions", 32, "--batch", 16)
    refused = _call("train", games, *arguments, *kind, "--board-size", "all")
    assert refused.exit_code == 2
    assert "strided networks take boards of one size, here 9x9, and the games have 9x9" in (
        refused.stderr
    )
    done = _call("train", games, "-o", tmp_path / "9", *arguments[2:], *kind, "--board-size", 9)
    assert done.exit_code == 0, done.output
    asked = _call("suggest", "--moves", "D4", "--weights", tmp_path / "9" / "weights.safetensors")
    assert asked.exit_code == 2
    assert "built for boards of 9x9 and cannot take 19x19" in asked.stderr


def test_an_unknown_architecture_is_refused(games: Path, tmp_path: Path) -> None:
    result = _call("train", games, "-o", tmp_path / "x", *QUICK, "--architecture", "vgg")
    assert result.exit_code == 2
    assert "unknown architecture 'vgg'; there are alphago" in result.stderr
