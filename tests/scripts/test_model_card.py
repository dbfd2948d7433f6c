"""The model card: every figure replaced by its command, every word left alone."""

import json
import re
import sys
from pathlib import Path

import pytest
import torch

from gocnn.errors import GocnnError
from gocnn.inference.weights import WeightsInfo, save_weights
from gocnn.network.registry import build
from scripts.release import model_card
from tests.support.playing import random_corpus


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """A card of all sections, untrained weights, a set of games and an example of it."""
    torch.manual_seed(0)
    settings = {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}
    passport = WeightsInfo(
        architecture="resnet", settings=settings, encoding="full-1", positions=2000, trained="not"
    )
    save_weights(tmp_path / "w", build("resnet", settings).state_dict(), passport)
    corpus = random_corpus(16, size=19, moves=60)
    corpus.save(tmp_path / "games.gocnn")
    example = {
        "set": "test",
        "game": hex(int(corpus.games["hash"][3])),
        "move": 30,
        "picture": "shape",
        "about": "A shape.",
    }
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "examples.json").write_text(json.dumps([example]), encoding="utf-8")
    sections = (f"words {n}\n<!-- begin {n} -->old<!-- end {n} -->\n" for n in model_card.SECTIONS)
    (tmp_path / "card.md").write_text("".join(sections), encoding="utf-8")
    games = tmp_path / "games.gocnn"
    return [
        *("--weights", str(tmp_path / "w"), "--on", f"test={games}", "--on", f"more={games}"),
        *("--positions", "400", "--card", str(tmp_path / "card.md")),
    ]


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    monkeypatch.setattr(sys, "argv", ["model_card", *options])
    model_card.main()


def test_every_section_is_measured_and_the_words_stay(
    options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Path(options[-1])
    run(monkeypatch, *options)
    text = card.read_text(encoding="utf-8")
    for name in model_card.SECTIONS:
        assert f"words {name}\n" in text
        assert f"begin {name} -->old<" not in text
    assert "| trained on | 2,000 positions; 0 updates of its own |" in text
    counts = re.findall(r"\| test \| (\d+) \|", text)
    assert counts == ["400"]
    assert "| all moves | 400 |" in text
    assert re.search(r"^\| 1-50( \| [\d.]+ ± [\d.]+ \(\d+\)){2} \|$", text, re.M)
    assert "![shape](card/shape.svg)" in text
    assert "A shape." in text
    assert (card.parent / "card" / "shape.svg").stat().st_size < 30_000
    run(monkeypatch, *options, "--only", "phases")
    assert card.read_text(encoding="utf-8") == text, "measured again, it is the same"


def test_what_is_wrong_is_told_in_a_line(
    options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Path(options[-1])
    with pytest.raises(SystemExit, match=r"^model_card: no section 'luck'; there are weights"):
        run(monkeypatch, *options, "--only", "luck")
    other = [option.replace("test=", "other=") for option in options]
    with pytest.raises(SystemExit, match=r"^model_card: .*names test, which no --on gives"):
        run(monkeypatch, *other, "--only", "examples")
    card.write_text("nothing", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"^model_card: the card has no section phases"):
        run(monkeypatch, *options, "--only", "phases")
    card.unlink()
    with pytest.raises(SystemExit, match=r"^model_card: .*No such file"):
        run(monkeypatch, *options, "--only", "weights")


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    card = "a <!-- begin x -->1<!-- end x --> b <!-- begin y -->2<!-- end y --> c"
    once = model_card.replaced(card, "y", "new")
    assert once.startswith("a <!-- begin x -->1<!-- end x --> b <!-- begin y -->")
    assert once.endswith("<!-- end y --> c")
    assert "2" not in once
    assert model_card.replaced(once, "y", "new") == once
    with pytest.raises(GocnnError, match="no section z"):
        model_card.replaced(card, "z", "new")


def test_the_card_of_this_repository_has_all_sections_and_pictures(root: Path) -> None:
    text = (root / "docs" / "model-card.md").read_text(encoding="utf-8")
    for name in model_card.SECTIONS:
        assert text.count(f"<!-- begin {name} -->") == text.count(f"<!-- end {name} -->") == 1
        body = text.partition(f"<!-- begin {name} -->")[2].partition("<!-- end ")[0]
        assert len(body.strip()) > 100, f"{name} was never measured"
    pictures = re.findall(r"!\[.*?\]\((.+?)\)", text)
    assert len(pictures) >= 3
    assert all((root / "docs" / name).stat().st_size < 30_000 for name in pictures)
    drawn = {path.name for path in (root / "docs" / "model-card").glob("*.svg")}
    assert drawn == {Path(name).name for name in pictures}
