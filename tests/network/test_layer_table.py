"""The table of layers: shapes, weights, work and receptive fields, against those known by hand."""

import json

import pytest
import torch
from click.testing import CliRunner

from gocnn.cli.main import main
from gocnn.network.flops import multiply_adds
from gocnn.network.layer_table import layer_table, receptive_fields
from gocnn.network.registry import ARCHITECTURES, build, tower

INPUTS = {"planes": 5, "globals": 7}


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_the_sums_are_those_of_the_whole_network(name: str) -> None:
    settings = INPUTS | tower("2x16", name)
    rows = layer_table(name, settings)
    with torch.device("meta"):
        weights = sum(parameter.numel() for parameter in build(name, settings).parameters())
    assert sum(row.parameters for row in rows) == weights
    assert sum(row.multiply_adds for row in rows) == multiply_adds(name, settings)


def test_shapes_kernels_and_fields_of_a_lenet() -> None:
    settings = INPUTS | {"stages": 2, "channels": 8}
    rows = {row.name: row for row in layer_table("lenet-max", settings)}
    first, pool, second = (rows[name] for name in ("convs.0.conv", "pools.0", "convs.1.conv"))
    assert (first.output, first.kernel, first.stride, first.padding) == ((8, 19, 19), 5, 1, 2)
    assert (pool.kind, pool.output, pool.kernel, pool.stride) == ("max pooling", (8, 10, 10), 2, 2)
    assert first.multiply_adds == 361 * 8 * 5 * 25
    assert first.parameters_per_multiply_add == pytest.approx(1 / 361)
    # 5; one point more by pooling; the next kernel reaches two pooled points further on each side.
    assert [first.receptive_field, pool.receptive_field] == [5, 6]
    assert second.receptive_field == 6 + 4 * 2
    assert rows["pools.1"].receptive_field == 14 + 2
    dense = rows["head.hidden.0"]
    assert (dense.output, dense.parameters) == ((64,), 16 * 25 * 64 + 64)
    assert (dense.kernel, dense.receptive_field) == (None, 0)
    assert rows["read_globals"].receptive_field is None


@pytest.mark.parametrize(
    "name, layer, side",
    [
        ("resnet", "policy_out", 3 + 2 * 2 * 2 + 2),
        ("nested", "policy_out", 3 + 2 * 4 * 2 + 2),
        ("alphago", "head.points", 5),
        ("strided", "halves.1.conv", 3 + 2 + 2 * 2 + 2 * 2),
        ("global-average", "pool", 0),
        ("spatial-transformer", "head.points", 0),
        ("fully-connected", "head.hidden.0", 0),
    ],
)
def test_receptive_fields(name: str, layer: str, side: int) -> None:
    assert receptive_fields(name, INPUTS | tower("2x16", name))[layer] == side


def test_a_deep_network_sees_further_than_a_board() -> None:
    fields = receptive_fields("alphago", INPUTS | {"layers": 19, "channels": 4})
    assert fields["head.points"] == 5 + 2 * 17


def _call(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["network", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_command_lists_architectures_and_prints_weights_and_architectures() -> None:
    assert [line.split()[0] for line in _call().splitlines()] == list(ARCHITECTURES)
    rows = json.loads(_call("strided", "--network", "1x8", "--board-size", "9", "--json"))
    assert rows["settings"]["lines"] == 9
    assert rows["layers"][1]["output"] == [8, 9, 9]
    text = _call("small")
    assert "tower.5.conv2" in text
    assert text.splitlines()[-1].startswith("in all")


def test_what_is_no_network_is_refused() -> None:
    result = CliRunner().invoke(main, ["network", "vgg"])
    assert result.exit_code == 2
    assert "vgg" in result.stderr
