"""The list of what ships."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import gocnn.weights.names
from gocnn.cli.main import main
from gocnn.errors import GocnnError
from gocnn.inference.catalogue import models, table
from gocnn.weights.names import resolve, shipped


def test_every_shipped_network_is_listed_with_what_it_says_of_itself() -> None:
    found = models("cpu")
    assert {model.name for model in found} == set(shipped())
    assert found[0].name == "default"
    text = table(found)
    for model in found:
        assert model.milliseconds > 0
        assert model.passport.trained in text
        assert f"{100 * model.passport.accuracy['kgs']:.1f}" in text


def test_the_commands(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["models", "--device", "cpu", "--json"])
    assert json.loads(said.output)[0]["name"] == "default"
    told = CliRunner().invoke(main, ["export", str(tmp_path / "none"), "-o", str(tmp_path / "x")])
    assert told.exit_code == 2
    assert "there is no such weights file" in told.output


def test_shipped_weights_go_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve("default") == resolve(None) == shipped()["default"]
    file = tmp_path / "mine.safetensors"
    with pytest.raises(GocnnError, match=r"no such weights file.*or a name: .*default"):
        resolve(file)
    file.touch()
    assert resolve(file) == resolve(str(file)) == file
    monkeypatch.setattr(gocnn.weights.names, "_FOLDER", tmp_path / "empty")
    with pytest.raises(GocnnError, match="install gocnn again"):
        resolve(None)
