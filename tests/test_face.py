"""`import gocnn`: everything a program needs, and nothing loaded before it is used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gocnn
from gocnn.inference.weights import load_network
from gocnn.prediction import Conditions, Prediction

HEAVY = {"numpy", "torch", "numba", "sgfmill", "click", "matplotlib", "tqdm", "safetensors"}


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after some code."""
    script = f"import sys\n{code}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_loads_nothing_heavy() -> None:
    modules = loaded_by("import gocnn; dir(gocnn); gocnn.__version__; gocnn.GocnnError")
    assert not modules & HEAVY
    assert {name for name in modules if name.startswith("gocnn")} == {
        "gocnn",
        "gocnn.errors",
        "gocnn.version",
    }


def test_a_game_loads_no_network() -> None:
    modules = loaded_by("import gocnn; gocnn.load_game; gocnn.Position; gocnn.Conditions")
    assert "gocnn.sgf.reader" in modules
    assert "torch" not in modules


@pytest.mark.parametrize("name", gocnn.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(gocnn, name)
    assert name in dir(gocnn)
    if isinstance(value, type) or callable(value):
        assert value.__doc__
        assert value.__name__ == name


def test_type_checkers_see_what_programs_get() -> None:
    tree = ast.parse(Path(gocnn.__file__).read_text())
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.name: f"{node.module}".removeprefix("gocnn.")
        for node in block.body
        if isinstance(node, ast.ImportFrom) and f"{node.module}".startswith("gocnn.")
        for alias in node.names
    }
    assert seen == gocnn._MODULES
    assert set(gocnn.__all__) == {*seen, "__version__"}


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="module 'gocnn' has no attribute 'Positron'"):
        _ = gocnn.Positron


def test_what_a_position_tells_of_its_game() -> None:
    position, rank = gocnn.Position.from_moves("B D4 B Q16 W C3", komi=0.5), gocnn.parse_rank("1d")
    assert Conditions.of(position, rank=rank) == Conditions(rank=rank, komi=0.5, handicap=2)


def test_every_position_of_a_game(root: Path) -> None:
    game = gocnn.load_game(root / "data/gnugo-19x19.sgf", 3)
    positions = list(game.positions())
    assert len(positions) == len(game) + 1
    for ply in (0, 1, 30, len(game)):
        position = game.position(ply)
        assert (positions[ply].stones == position.stones).all()
        assert positions[ply].to_move == position.to_move
        assert positions[ply].handicap == position.handicap == 4
        assert positions[ply].ply == ply


def test_a_whole_game_is_predicted_as_position_by_position(root: Path) -> None:
    game = gocnn.load_game(root / "data/gnugo-9x9.sgf", 2)
    predictor = gocnn.Predictor("small", device="cpu")
    predictor.network = load_network("small", predictor.device).module  # float32 rounds alike
    rank = gocnn.parse_rank("1d")
    batches: list[int] = []
    together = _counting(predictor, batches).predict_game(game, rank=rank)
    assert batches == [len(game) + 1]
    for ply in (0, 5, len(game)):
        given = Conditions(rank=rank, opponent_rank=rank, komi=game.komi)
        alone = predictor(game.position(ply), given)
        assert together[ply].policy == pytest.approx(alone.policy, abs=1e-5)
        assert together[ply].win == pytest.approx(alone.win, abs=1e-5)


def _counting(predictor: gocnn.Predictor, batches: list[int]) -> gocnn.Predictor:
    predict = predictor.predict

    def counted(positions: list[gocnn.Position], conditions: list[Conditions]) -> list[Prediction]:
        batches.append(len(positions))
        return predict(positions, conditions)

    predictor.predict = counted  # type: ignore[method-assign, assignment]
    return predictor


def test_errors_of_the_user_are_no_value_errors() -> None:
    """So that ``except ValueError`` around a calculation hides none of them."""
    assert gocnn.GocnnError.__bases__ == (Exception,)
    assert issubclass(gocnn.IllegalMove, gocnn.GocnnError)
