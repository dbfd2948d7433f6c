"""Looking inside: against filters and networks whose answer is known, and one whole page."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

from gocnn.cli.main import main
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.explain.attribution import first_choice, integrated_gradients, occlusion, saliency
from gocnn.explain.fields import receptive_field
from gocnn.explain.games import own_games
from gocnn.explain.legal import nearest_position, planes_of
from gocnn.explain.maximise import ascend, channel, layer_energy, move_logit, unit
from gocnn.explain.probe import Filter, Probe
from gocnn.explain.responses import deconvolution, outstanding, strongest_responses
from gocnn.features.encoding import FULL
from gocnn.go.board import BLACK
from gocnn.go.position import Position
from gocnn.inference.weights import LoadedNetwork, WeightsInfo, save_weights
from gocnn.network.registry import build
from tests.support.playing import random_corpus

LINES = 9
SETTINGS = {"planes": 34, "globals": 77, "blocks": 1, "channels": 8}
OWN, OTHER = 0, 1  # planes


def _network(name: str = "resnet", **settings: int) -> LoadedNetwork:
    torch.manual_seed(0)
    wanted = (SETTINGS if name == "resnet" else {"planes": 34, "globals": 77}) | settings
    module = build(name, wanted)
    for parameter in module.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.2)
    info = WeightsInfo(architecture=name, settings=wanted, encoding="full-1", positions=5)
    return LoadedNetwork(module.eval(), FULL, info, torch.device("cpu"))


@pytest.fixture(scope="module")
def probe() -> Probe:
    """A network whose first filter answers to an own stone with an opponent's stone to its left."""
    network = _network()
    stem = network.module.get_submodule("stem")
    assert isinstance(stem, nn.Conv2d)
    with torch.no_grad():
        stem.weight[0] = 0
        stem.weight[0, OWN, 1, 1] = 1
        stem.weight[0, OTHER, 1, 0] = 1
    return Probe(network, LINES)


@pytest.fixture(scope="module")
def positions() -> Positions:
    corpus = random_corpus(20, moves=40)
    return Positions(corpus, np.arange(len(corpus)), passes=False)


@pytest.fixture
def position() -> Position:
    return Position.from_moves("E5 D5 F5 E4 C3 G7 D4", LINES)


def test_the_strongest_responses_show_what_the_filter_looks_for(
    probe: Probe, positions: Positions
) -> None:
    record = strongest_responses(probe, positions, 100)["stem"][0]
    assert len(record.strongest) == 9
    assert len({seen.game for seen in record.strongest}) == 9
    for seen in record.strongest:
        stones = probe.stones(seen.planes)
        assert stones[seen.row, seen.column] == 1
        assert stones[seen.row, seen.column - 1] == -1
    responses = [seen.response for seen in record.strongest]
    assert responses == sorted(responses, reverse=True)
    assert record.strongest[0].response > record.mean + record.spread
    assert 0 < record.active < 1


def test_outstanding_filters_come_first(probe: Probe, positions: Positions) -> None:
    records = strongest_responses(probe, positions, 60)["stem"]
    peaks = [record.peak for record in outstanding(records, 4)]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] == max(record.peak for record in records)


def test_deconvolution_of_a_first_filter_is_the_filter(probe: Probe, positions: Positions) -> None:
    record = strongest_responses(probe, positions, 60)["stem"][0]
    seen = record.strongest[0]
    signal = deconvolution(probe, record.filter, seen)
    assert signal.shape == (34, LINES, LINES)
    assert (np.argwhere(np.abs(signal) > 1e-6) == [
        [OWN, seen.row, seen.column],
        [OTHER, seen.row, seen.column - 1],
    ]).all()  # fmt: skip


def test_deconvolution_rectifies_the_signal_on_its_way() -> None:
    """Where a filter reads another one with a negative weight, nothing passes back."""
    network = _network("alphago", layers=3, channels=2)
    first, second = (
        network.module.get_submodule(name) for name in ("tower.first.conv", "tower.others.0.conv")
    )
    assert isinstance(first, nn.Conv2d) and isinstance(second, nn.Conv2d)
    with torch.no_grad():
        first.weight.zero_()
        second.weight.zero_()
        first.weight[0, OWN, 2, 2] = 1
        first.weight[1, OTHER, 2, 2] = 1
        second.weight[0, 0, 1, 1] = 1
        second.weight[0, 1, 1, 0] = -0.25  # beside it an opponent's stone speaks against
    probe = Probe(network, LINES)
    corpus = random_corpus(4, moves=30)
    found = strongest_responses(probe, Positions(corpus, np.arange(4), passes=False), 40)
    record = found["tower.others.0.conv"][0]
    signal = deconvolution(probe, record.filter, record.strongest[0])
    assert (signal[OWN] > 0).sum() == 1
    assert not signal[OTHER].any()


def test_ascent_grows_what_it_is_asked_for(probe: Probe) -> None:
    found = Filter("stem", 0)
    free = ascend(probe, unit(found, 4, 4), regularised=False, steps=20)
    assert free.planes[OWN, 4, 4] > 0.9 and free.planes[OTHER, 4, 3] > 0.9
    near = ascend(probe, unit(found, 4, 4), steps=40)
    stones = near.board.stones
    assert (stones[4, 4], stones[4, 3]) == (BLACK, -BLACK)
    assert near.board_value > near.start_value
    assert near.distance < free.distance or free.distance == 0
    for objective in (channel(found), move_logit(40)):
        end = ascend(probe, objective, regularised=False, steps=10)
        assert end.value > end.start_value


def test_a_dream_begins_with_the_position(probe: Probe, position: Position) -> None:
    found = ascend(probe, layer_energy("stem"), start=position, steps=12)
    assert (found.start.stones == position.stones * position.to_move).all()
    assert found.board_value >= found.start_value


def test_the_nearest_position_is_legal_and_of_a_real_one_itself(
    probe: Probe, position: Position
) -> None:
    planes = planes_of(probe, position)
    assert (nearest_position(probe, planes[0]).stones == position.stones * position.to_move).all()
    full = torch.zeros(34, LINES, LINES)
    full[OWN] = 1  # a board without a liberty
    assert not nearest_position(probe, full).stones.any()
    full[OWN, 0, 0] = 0
    assert nearest_position(probe, full).stones.sum() == LINES**2 - 1


class _Counts(nn.Module):
    """Likes the point 40 the more the more own stones there are, the more so near the corner."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(34, 2, 1, bias=False)
        with torch.no_grad():
            self.conv.weight.zero_()
            self.conv.weight[0, OWN] = 1

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> "object":
        from gocnn.network.output import Output

        own = self.conv(planes_BCHW)[:, 0]
        weight = torch.ones(LINES, LINES)
        weight[0, 0] = 3
        logits = own.new_zeros(len(own), LINES**2 + 1)
        logits[:, 40] = (own * weight).sum((1, 2))
        return Output(logits, globals_BG[:, 0] * 0)


@pytest.fixture
def counting() -> Probe:
    info = WeightsInfo(architecture="resnet", settings=SETTINGS, encoding="full-1")
    return Probe(LoadedNetwork(_Counts(), FULL, info, torch.device("cpu")), LINES)


def test_attributions_name_the_stones_that_count(counting: Probe) -> None:
    position = Position.from_moves("A9 D5 F5 E4 C3 G7", LINES)  # black, with A9, is to move
    own = position.stones == BLACK
    assert first_choice(counting, position) == 40
    share = 1 - 1 / (LINES**2 + 1)  # a logit less the mean of all
    shares = integrated_gradients(counting, position, 40)
    assert shares.points == pytest.approx(np.where(own, 1, 0) * share * _weight(), abs=1e-4)
    assert shares.planes[OWN] == pytest.approx(5 * share, abs=1e-3)
    assert np.abs(np.delete(shares.planes, OWN)).max() < 1e-6
    covered = occlusion(counting, position, 40)
    assert (covered.points[own] > 0).all()
    assert covered.points[0, 0] == covered.points.max()
    assert np.abs(covered.points[~own]).max() < 1e-6
    assert saliency(counting, position, 40).points == pytest.approx(share * _weight(), abs=1e-4)


def _weight() -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    weight = np.ones((LINES, LINES))
    weight[0, 0] = 3
    return weight


def test_fields_grow_with_depth(probe: Probe, positions: Positions) -> None:
    batch = positions.encode(FULL, np.arange(16, dtype=np.int64))
    first, later = (
        receptive_field(probe, layer, batch.planes, batch.globals)
        for layer in ("stem", "tower.0.conv2")
    )
    assert (first.theoretical, later.theoretical) == (3, 7)
    assert not first.effect[:3].any() and first.effect[4, 4] > 0
    assert not later.effect[0].any() and later.effect[1].any()
    assert first.effective <= 3 <= later.effective <= 7


def test_own_games_are_legal_and_differ(probe: Probe) -> None:
    corpus = own_games(probe, games=3, moves=20)
    assert len(corpus) == 3
    assert len({corpus.game(number).entries.tobytes() for number in range(3)}) == 3
    assert corpus.game(0).position().ply == 20


def test_a_network_without_a_convolution_has_nothing_to_show() -> None:
    network = _network("fully-connected", layers=1, width=4, lines=LINES)
    with pytest.raises(GocnnError, match="fully-connected networks have no filters to look at"):
        Probe(network, LINES)


@pytest.mark.parametrize("name", ["resnet", "lenet-max"])
def test_the_page_shows_everything_and_needs_nothing(name: str, tmp_path: Path) -> None:
    settings = {} if name == "resnet" else {"stages": 1, "channels": 4, "lines": LINES}
    network = _network(name, **settings)
    path, page = tmp_path / "w.safetensors", tmp_path / "page.html"
    save_weights(path, network.module.state_dict(), network.info)
    arguments = [str(path), "-o", str(page), "--board-size", "9", "--positions", "40"]
    arguments += ["--filters", "1", "--layers", "2", "--steps", "4"]
    result = CliRunner().invoke(main, ["explain", *arguments])
    assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    assert len(re.findall("<h2>", text)) == 8
    assert text.count('class="reading"') == 8
    assert "own stones" in text and "&lt;" not in text
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)
    assert "nan" not in re.sub(r"base64,[^\"]*", "", text).lower().replace("finance", "")


def test_wrong_options_are_refused(tmp_path: Path) -> None:
    for arguments, message in (
        (["default", "-o", str(tmp_path / "x.txt")], "name it with .html"),
        (["default", "-o", str(tmp_path / "x.html"), "--move", "3"], "--record"),
    ):
        result = CliRunner().invoke(main, ["explain", *arguments])
        assert result.exit_code == 2
        assert message in result.stderr
