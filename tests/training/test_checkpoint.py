"""Checkpoints: those of earlier formats go on, and what is none is refused by name."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from gocnn import __version__
from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.inference.weights import load_network, load_tensors, save_tensors
from gocnn.training.checkpoint import FORMAT, load_checkpoint, save_checkpoint
from gocnn.training.config import Budget, Runtime
from gocnn.training.loop import TrainingRun


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


def test_weights_and_corpus_of_the_first_formats_load(old: Path) -> None:
    network = load_network(old / "weights.safetensors")
    corpus = Corpus.open(old / "corpus.gocnn")
    assert network.info.corpus == corpus.checksum
    assert network.encoding.name == "plain-1"
    assert len(corpus) == 12


def test_the_checkpoint_that_ships_with_the_repository_can_go_on(root: Path) -> None:
    checkpoint = load_checkpoint(root / "checkpoints" / "6x96.safetensors")
    assert checkpoint.config.settings["channels"] == 96
    assert checkpoint.config.budget == Budget(seconds=checkpoint.config.budget.seconds)
    assert checkpoint.steps * checkpoint.config.hyperparameters.batch == 1_439_104


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
