"""Weights keep their passport, and what does not fit is refused by name."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from gocnn.errors import GocnnError
from gocnn.features.encoding import FULL
from gocnn.files import write_atomically
from gocnn.inference.weights import (
    WeightsInfo,
    load_network,
    load_tensors,
    save_tensors,
    save_weights,
)
from gocnn.network.registry import build

SETTINGS = {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}
INFO = WeightsInfo(
    architecture="resnet",
    settings=SETTINGS,
    encoding="full-1",
    positions=1234,
    steps=10,
    corpus="abc",
    accuracy={"validation": 0.25},
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "w.safetensors"
    save_weights(path, build("resnet", SETTINGS).state_dict(), INFO)
    return path


def test_what_was_saved_is_loaded(saved: Path) -> None:
    loaded = load_network(saved)
    network = loaded.module
    assert loaded.info == INFO
    assert loaded.encoding is FULL
    assert not network.training
    tensors, _ = load_tensors(saved)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, tensors[name])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GocnnError, match=r"none\.safetensors: there is no such weights file"):
        load_network(tmp_path / "none.safetensors")


@pytest.mark.parametrize("content", [b"", b"not weights", b"\xff" * 5000])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(GocnnError, match=r"w\.safetensors: not a weights file"):
        load_network(path)


def test_a_truncated_file_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-100])
    with pytest.raises(GocnnError, match="cut short"):
        load_network(saved)


def test_tensors_without_a_passport_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"x": torch.zeros(2)}, path)
    with pytest.raises(GocnnError, match="no passport"):
        load_network(path)


# what the passport says, and what the refusal names
MISMATCHES = [
    ({"encoding": "full-9"}, "unknown encoding 'full-9'"),
    ({"architecture": "mlp"}, "unknown architecture 'mlp'"),
    ({"settings": SETTINGS | {"channels": 8}}, "do not fit its passport"),
    ({"settings": SETTINGS | {"depth": 8}}, "does not take"),
    ({"format": 99}, "update gocnn"),
]


@pytest.mark.parametrize(("change", "message"), MISMATCHES)
def test_a_mismatch_is_refused_by_name(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "w.safetensors"
    passport = WeightsInfo(**(vars_of(INFO) | change))  # type: ignore[arg-type]
    save_weights(path, build("resnet", SETTINGS).state_dict(), passport)
    with pytest.raises(GocnnError, match=message):
        load_network(path)


def vars_of(passport: WeightsInfo) -> dict[str, object]:
    return dict(vars(passport))


def test_a_newer_passport_may_say_more(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_tensors(path, build("resnet", SETTINGS).state_dict(), vars_of(INFO) | {"new": 1})
    assert load_network(path).info == INFO


def test_a_failed_write_leaves_the_old_file(saved: Path) -> None:
    before = saved.read_bytes()
    folder = saved.parent / "x"
    with pytest.raises(GocnnError, match="cannot write"):
        write_atomically(folder / "w.safetensors", b"data")
    saved.parent.joinpath("d").mkdir()
    with pytest.raises(GocnnError, match="untouched"):
        write_atomically(saved.parent / "d", b"data")
    assert saved.read_bytes() == before
    assert not list(saved.parent.glob(".*part"))


ODD: list[object] = [
    None,
    True,
    -1.5,
    float("nan"),
    1e999,
    10**30,
    "\udcff",
    "x",
    [],
    [1],
    {},
    {"a": []},
]


@pytest.mark.parametrize("name", [f.name for f in fields(WeightsInfo)])
def test_any_value_in_any_field_is_read_or_refused_in_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "w.safetensors"
    state = build("resnet", SETTINGS).state_dict()
    for value in ODD:
        save_tensors(path, state, vars_of(INFO) | {name: value})
        try:
            info = load_network(path).info
        except GocnnError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error)
        else:
            assert isinstance(getattr(info, name), type(getattr(INFO, name)) | int)


SETTINGS_OF_ENEMIES = [
    {"blocks": 10**9}, {"channels": 4000, "blocks": 4000}, {"channels": -1}, {"channels": 0},
    {"planes": "x"}, {"blocks": 1.5}, {"channels": None}, {"globals": 10**30}, {"blocks": [1]},
]  # fmt: skip


@pytest.mark.parametrize("change", SETTINGS_OF_ENEMIES)
def test_settings_of_no_network_are_refused_before_they_take_memory(
    tmp_path: Path, change: dict[str, object]
) -> None:
    path = tmp_path / "w.safetensors"
    passport = vars_of(INFO) | {"settings": SETTINGS | change}
    save_tensors(path, build("resnet", SETTINGS).state_dict(), passport)
    with pytest.raises(GocnnError, match=r"w\.safetensors: "):
        load_network(path)
    for name in SETTINGS:
        less = {key: value for key, value in SETTINGS.items() if key != name}
        save_tensors(
            path, build("resnet", SETTINGS).state_dict(), vars_of(INFO) | {"settings": less}
        )
        with pytest.raises(GocnnError, match=r"w\.safetensors: "):
            load_network(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_tensors_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    path = tmp_path / "w.safetensors"
    state = build("resnet", SETTINGS).state_dict()
    next(iter(state.values())).view(-1)[3] = value
    save_weights(path, state, INFO)
    with pytest.raises(GocnnError, match="NaN or infinity"):
        load_network(path)


def test_every_flipped_byte_is_noticed(saved: Path) -> None:
    data = saved.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    places = np.linspace(header, len(data) - 1, 12, dtype=int).tolist()  # tensors
    places += [data.index(text) for text in (b"1234", b"abc", b"0.25", b"resnet", b"MIT")]
    for place in places:
        saved.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(GocnnError, match=r"w\.safetensors: "):
            load_network(saved)


def test_a_file_from_before_there_were_checksums_is_read(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    metadata = {key: json.dumps(value) for key, value in vars_of(INFO).items()}
    save_file(build("resnet", SETTINGS).state_dict(), path, metadata)
    assert load_network(path).info == INFO


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 5000, "{", "\ud800"])
def test_metadata_that_are_no_json_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "w.safetensors"
    metadata = {key: json.dumps(value) for key, value in vars_of(INFO).items()}
    metadata["corpus"] = text if text != "\ud800" else "\x00"
    save_file(build("resnet", SETTINGS).state_dict(), path, metadata)
    with pytest.raises(GocnnError, match="not a weights file"):
        load_network(path)
