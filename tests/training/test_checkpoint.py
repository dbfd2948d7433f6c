"""Checkpoints: those of earlier formats go on, and what is none is refused by name."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from gocnn import __version__
from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.inference.weights import load_network, load_tensors, save_tensors
from gocnn.training.checkpoint import FORMAT, load_checkpoint, save_checkpoint
from gocnn.training.config import Budget, Runtime
from gocnn.training.loop import TrainingRun
from tests.support.windows import ON_LINUX, open_files_stay


@pytest.fixture
def old(root: Path) -> Path:
    """The folder of a run that an earlier gocnn stopped after 4 of 8 updates of 16 positions."""
    return root / "tests" / "data" / "format-1"


def test_a_run_of_format_1_goes_on(old: Path, tmp_path: Path) -> None:
    shutil.copy(old / "checkpoint.safetensors", tmp_path)
    corpus = Corpus.open(old / "corpus.gocnn")
    run = TrainingRun.resume(corpus, tmp_path, Runtime(device="cpu"))
    before = load_tensors(old / "checkpoint.safetensors")[0]
    now = run.trainer.state()
    assert before.keys() == now.keys()
    assert all(torch.equal(before[name], now[name]) for name in before)
    assert run.trainer.steps == 4
    assert run.train()
    assert run.trainer.steps == 8
    again = load_checkpoint(run.checkpoint_path)
    assert again.steps == 8
    assert again.config == run.config
    assert again.validations[0]["steps"] == 1


@ON_LINUX
def test_what_was_read_can_be_replaced_where_no_open_file_can(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    shutil.copy(old / "checkpoint.safetensors", path)
    with open_files_stay():
        checkpoint = load_checkpoint(path)
        save_checkpoint(path, checkpoint)
    assert load_checkpoint(path).steps == checkpoint.steps


def test_weights_and_corpus_of_the_first_formats_load(old: Path) -> None:
    network = load_network(old / "weights.safetensors")
    corpus = Corpus.open(old / "corpus.gocnn")
    assert network.info.corpus == corpus.checksum
    assert network.encoding.name == "plain-1"
    assert len(corpus) == 12


def test_the_checkpoint_that_ships_with_the_repository_can_go_on(root: Path) -> None:
    path = root / "checkpoints" / "6x96.safetensors"
    checkpoint = load_checkpoint(path)
    assert checkpoint.config.settings["channels"] == 96
    assert checkpoint.config.budget == Budget(seconds=checkpoint.config.budget.seconds)
    assert checkpoint.steps * checkpoint.config.hyperparameters.batch == 5_335_040
    assert checkpoint.cooldown_start is None
    assert checkpoint.corpus in (path.parent / "README.md").read_text(encoding="utf-8")


def test_what_was_saved_is_loaded(old: Path, tmp_path: Path) -> None:
    checkpoint = load_checkpoint(old / "checkpoint.safetensors")
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, checkpoint)
    again = load_checkpoint(path)
    assert again.config == checkpoint.config
    assert again.validations == checkpoint.validations
    assert all(torch.equal(checkpoint.tensors[k], v) for k, v in again.tensors.items())
    metadata = load_tensors(path)[1]
    assert (metadata["checkpoint_format"], metadata["gocnn"]) == (FORMAT, __version__)


def test_a_newer_format_is_refused_by_name(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, load_checkpoint(old / "checkpoint.safetensors"))
    tensors, metadata = load_tensors(path)
    save_tensors(path, tensors, metadata | {"checkpoint_format": FORMAT + 1, "gocnn": "9.0"})
    message = (
        rf"checkpoint\.safetensors: a checkpoint of format {FORMAT + 1}, written by gocnn 9\.0; "
        rf"this is {__version__}, format {FORMAT}: update gocnn"
    )
    with pytest.raises(GocnnError, match=message):
        load_checkpoint(path)


def test_a_foreign_file_is_refused_by_name(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_tensors(path, {"x": torch.zeros(2)}, {"something": json.dumps("else")})
    with pytest.raises(GocnnError, match=r"x\.safetensors: not a checkpoint of gocnn"):
        load_checkpoint(path)
    shutil.copy(old / "weights.safetensors", path)
    with pytest.raises(GocnnError, match=r"x\.safetensors: holds weights.* --init"):
        load_checkpoint(path)
    with pytest.raises(GocnnError, match="no run to resume"):
        load_checkpoint(tmp_path / "none.safetensors")


ODD: list[Any] = [None, True, -1, float("nan"), 10**30, "x", [1], {"a": 1}]


def test_any_value_in_any_field_is_read_or_refused_in_one_line(old: Path, tmp_path: Path) -> None:
    corpus = Corpus.open(old / "corpus.gocnn")
    shutil.copy(old / "checkpoint.safetensors", tmp_path / "checkpoint.safetensors")
    checkpoint = load_checkpoint(tmp_path / "checkpoint.safetensors")
    path = tmp_path / "x.safetensors"
    save_checkpoint(path, checkpoint)
    _, good = load_tensors(path)
    few = dict(list(checkpoint.tensors.items())[:1])
    config = good["config"]
    damaged = [good | {name: odd} for name in good for odd in ODD]
    damaged += [good | {"config": config | {name: odd}} for name in config for odd in ODD]
    parts = [(part, name) for part in ("budget", "hyperparameters") for name in config[part]]
    damaged += [
        good | {"config": config | {part: config[part] | {name: odd}}}
        for part, name in parts
        for odd in ODD
    ]
    damaged += [{k: v for k, v in good.items() if k != name} for name in good]
    refused = 0
    for metadata in damaged:
        save_tensors(path, few, metadata)
        try:
            load_checkpoint(path)
        except GocnnError as error:
            refused += 1
            assert str(error).startswith(str(path)) and "\n" not in str(error)
    assert refused > len(damaged) // 2
    assert len(corpus) > 0


def test_a_flipped_byte_and_tensors_that_are_no_numbers_are_noticed(
    old: Path, tmp_path: Path
) -> None:
    checkpoint = load_checkpoint(old / "checkpoint.safetensors")
    path = tmp_path / "x.safetensors"
    save_checkpoint(path, checkpoint)
    data = path.read_bytes()
    for place in (len(data) - 1, len(data) // 2, data.index(b"seconds") + 12):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(GocnnError, match=r"x\.safetensors: "):
            load_checkpoint(path)
    name = next(name for name, t in checkpoint.tensors.items() if t.is_floating_point())
    checkpoint.tensors[name].view(-1)[0] = torch.nan
    save_checkpoint(path, checkpoint)
    with pytest.raises(GocnnError, match="NaN or infinity"):
        load_checkpoint(path)
