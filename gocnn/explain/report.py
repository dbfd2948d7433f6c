"""All that can be seen of a network, on one HTML page that needs nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from torch import nn

from gocnn.dataset.positions import Positions
from gocnn.explain.attribution import (
    first_choice,
    integrated_gradients,
    occlusion,
    saliency,
)
from gocnn.explain.fields import receptive_field
from gocnn.explain.maximise import (
    Objective,
    ascend,
    channel,
    layer_energy,
    move_logit,
    unit,
)
from gocnn.explain.pictures import (
    ascent_board,
    ascent_planes,
    attribution_board,
    deconvolved_board,
    field_board,
    filter_row,
    seen_board,
)
from gocnn.explain.probe import Probe
from gocnn.explain.responses import FilterRecord, deconvolution, outstanding, strongest_responses
from gocnn.files import write_atomically
from gocnn.go.coords import vertex
from gocnn.go.position import Position
from gocnn.progress import bar
from gocnn.render.diagram import Diagram
from gocnn.render.svg import to_svg

_FIRST_FILTERS = 24  # shown plane by plane
_STEPS = 8  # parts of the work, for the bar
_FIELD_POSITIONS = 64


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a report shows of all there is."""

    filters: int = 2  # of each layer shown
    layers: int = 5  # of those the network has, evenly spread
    positions: int = 1000  # to search for strong responses
    ascent_steps: int = 96


def write_report(
    path: Path,
    probe: Probe,
    positions: Positions,
    position: Position,
    *,
    title: str,
    source: str,
    choice: Choice | None = None,
) -> None:
    """Look at a network in every way of this package, and write what was found.

    Args:
        path: the HTML file.
        probe: the network.
        positions: where strong responses are looked for.
        position: the one whose prediction is explained.
        title: what the network is called.
        source: where the positions are from, in words.
        choice: what to show.

    Raises:
        GocnnError: when the file cannot be written.
    """
    report = _Report(probe, positions, position, choice or Choice())
    parts = [_HEAD.replace("TITLE", escape(title)), report.introduction(title, source)]
    with bar("explain", _STEPS, unit="parts") as progress:
        for part in report.parts():
            parts.append(part)
            progress.update(1)
    parts.append("</main>\n")
    write_atomically(path, "\n".join(parts).encode())


class _Report:
    """The parts of a page, one after another."""

    def __init__(
        self, probe: Probe, positions: Positions, position: Position, choice: Choice
    ) -> None:
        self.probe, self.positions, self.position = probe, positions, position
        self.choice = choice
        spread = np.linspace(0, len(probe.layers) - 1, min(choice.layers, len(probe.layers)))
        self.layers = [probe.layers[int(number)] for number in dict.fromkeys(spread.round())]

    def introduction(self, title: str, source: str) -> str:
        info = self.probe.network.info
        return (
            f"<h1>What {escape(title)} has learnt</h1>"
            f"<p>{escape(info.network)}, which sees {escape(info.encoding)}, after "
            f"{info.positions:,} positions of training. The positions on this page are from "
            f"{escape(source)}. On small boards the player to move is always black, and each board "
            "is turned as the filter saw it. Red is above zero or speaks for, blue is below zero "
            "or "
            "speaks against.</p>"
        )

    def parts(self) -> Iterator[str]:
        yield self.first_layer()
        records = strongest_responses(self.probe, self.positions, self.choice.positions)
        chosen = {layer: outstanding(records[layer], self.choice.filters) for layer in self.layers}
        yield self.strongest(chosen)
        yield self.deconvolutions(chosen)
        yield self.maximisation(chosen)
        yield self.dream()
        yield self.stones_that_mattered()
        yield self.fields()
        yield self.limits()

    def first_layer(self) -> str:
        layer = self.probe.layers[0]
        module = self.probe.module.get_submodule(layer)
        assert isinstance(module, nn.Conv2d)
        weights = module.weight.detach().float().cpu().numpy()
        strength = np.abs(weights).sum((1, 2, 3))
        order = np.argsort(-strength, kind="stable")[:_FIRST_FILTERS]
        largest = float(np.quantile(np.abs(weights), 0.995)) or 1.0
        rows = [
            f"<tr><th>{escape(name)}</th><td>{filter_row(weights[order, plane], largest)}</td></tr>"
            for plane, name in enumerate(self.probe.plane_names())
        ]
        return _section(
            "The filters of the first layer",
            f"The weights of <code>{layer}</code>, a row for each plane, a square for each of the "
            f"{len(order)} filters with the largest weights of {len(weights)}. The middle of a "
            "square "
            "is the point itself, the cells around it are its neighbours.",
            "A red cell means: something on this plane, here, raises the response. Read down a "
            "column to see what one filter looks for, for example own stones on the left and "
            "empty points on the right. Rows that are pale in all columns are planes of which the "
            "first layer makes little use. Most single filters have no name in words; that is "
            "usual, since the layers above read many of them together.",
            f'<div class="wide"><table class="filters">{"".join(rows)}</table></div>',
        )

    def strongest(self, chosen: dict[str, list[FilterRecord]]) -> str:
        parts = []
        for layer, records in chosen.items():
            side = self.probe.receptive_field(layer)
            parts.append(f"<h3><code>{layer}</code>, which sees {side} by {side} points</h3>")
            for record in records:
                parts.append(f"<p>{_about(record)}</p>")
                boards = [seen_board(self.probe, record.filter, seen) for seen in record.strongest]
                parts.append(_row(boards))
        return _section(
            "What filters answer to",
            f"For some filters of each of {len(chosen)} layers, the nine positions with the "
            "strongest "
            f"response among {min(self.choice.positions, self.positions.count):,}, each of another "
            "game, cropped to what the filter can see. The red point is the middle of what it "
            "sees. "
            "The filters shown are those whose strongest response stands out most from their "
            "others.",
            "Look for what the nine have in common around the red point: a cut, a stone in atari, "
            "a wall. When nothing is common to the eye, say so: the filter may answer to a plane "
            "that is not drawn here, such as liberties or ladders, or to a mixture.",
            "".join(parts),
        )

    def deconvolutions(self, chosen: dict[str, list[FilterRecord]]) -> str:
        parts = []
        names = self.probe.plane_names()
        for records in chosen.values():
            record = records[0]
            seen = record.strongest[0]
            signal = deconvolution(self.probe, record.filter, seen)
            parts_of = (signal * seen.planes).sum((1, 2))
            parts_of[[name.startswith("ones") for name in names]] = 0  # the same on every board
            order = np.argsort(-np.abs(parts_of), kind="stable")[:4]
            planes = ", ".join(
                f"{escape(names[plane])} ({parts_of[plane]:+.1f})"
                for plane in order
                if parts_of[plane]
            )
            board = deconvolved_board(self.probe, record.filter, seen, signal, 220)
            parts.append(
                f"<figure>{board}<figcaption>{record.filter}. Mostly: "
                f"{planes}</figcaption></figure>"
            )
        return _section(
            "One response, sent back to the board",
            "The strongest response of one filter a layer, sent back through the transposed "
            "filters "
            "to the planes (Zeiler and Fergus, 2014), times what is really there. A stone with "
            "red on it "
            "is part of what made the response.",
            "This shows which stones the response came from, in this one position. It does not "
            "show "
            "what the network would do without them; for that see the part on occlusion. Through "
            "residual blocks the signal has many ways, and with depth the picture becomes a mere "
            "shadow of all stones nearby. Then it says little.",
            f'<div class="row">{"".join(parts)}</div>',
        )

    def maximisation(self, chosen: dict[str, list[FilterRecord]]) -> str:
        middle_layer = self.layers[len(self.layers) // 2]
        record = chosen[middle_layer][0]
        side = self.probe.sides[middle_layer]
        move = first_choice(self.probe, self.position)
        known = f", and the best position above has {record.strongest[0].response:.1f}"
        aims: list[tuple[str, str, Objective]] = [
            (f"One response of {record.filter}", known, unit(record.filter, side // 2, side // 2)),
            (f"All responses of {record.filter}, on average", "", channel(record.filter)),
        ]
        if move < self.probe.size**2:
            aims.append((f"The move {vertex(move, self.probe.size)}", "", move_logit(move)))
        parts = []
        for words, known, objective in aims:
            free = ascend(self.probe, objective, regularised=False, steps=self.choice.ascent_steps)
            near = ascend(self.probe, objective, steps=self.choice.ascent_steps)
            parts.append(f"<h3>{escape(words)}</h3>")
            parts.append(
                '<div class="row">'
                f"<figure>{ascent_planes(self.probe, free)}<figcaption>Without the regulariser: "
                "own "
                f"stones red, the opponent's blue. Value {free.value:.1f}.</figcaption></figure>"
                f"<figure>{ascent_board(free)}<figcaption>The nearest legal board to that. Value "
                f"{free.board_value:.1f}.</figcaption></figure>"
                f"<figure>{ascent_planes(self.probe, near)}<figcaption>With the regulariser. Value "
                f"{near.value:.1f}.</figcaption></figure>"
                f"<figure>{ascent_board(near)}<figcaption>The best legal board on its way. Value "
                f"{near.board_value:.1f}; an empty board has {near.start_value:.1f}{known}."
                "</figcaption></figure></div>"
            )
        return _section(
            "What boards would please most",
            "The planes are changed step by step so that a response grows: once freely, and once "
            "drawn "
            "to the nearest legal board all the while.",
            "Compare the values. What is reached freely is far above what any legal board "
            "reaches: it "
            "holds planes that contradict each other, and is an answer to a question that Go "
            "never asks. "
            "The board on the right could be set up on a table. It is no good position and it is "
            "not "
            "the best possible one either: gradient ascent finds a local top.",
            "".join(parts),
        )

    def dream(self) -> str:
        layer = self.layers[len(self.layers) // 2]
        ascent = ascend(
            self.probe,
            layer_energy(layer),
            start=self.position,
            steps=self.choice.ascent_steps,
        )
        changed = int((ascent.start.stones != ascent.board.stones).sum())
        return _section(
            "A position, amplified",
            "As DeepDream does with pictures: a real position is changed so that "
            f"<code>{layer}</code> "
            "answers more strongly to whatever it answers to already. On the left the position, "
            "on the "
            f"right the best legal board found: {changed} points differ, and the response rose "
            "from "
            f"{ascent.start_value:.3g} to {ascent.board_value:.3g}.",
            "Where stones were added or taken off, the layer has found more of what it looks "
            "for. If "
            "the right board is the left one, then no legal board on the way had a stronger "
            "response. "
            "The picture shows a habit of the layer, and no good move.",
            _row([_board(ascent.start), _board(ascent.board)]),
        )

    def stones_that_mattered(self) -> str:
        move = first_choice(self.probe, self.position)
        name = "pass" if move == self.probe.size**2 else vertex(move, self.probe.size)
        shares = integrated_gradients(self.probe, self.position, move)
        names = self.probe.plane_names()
        order = np.argsort(-np.abs(shares.planes), kind="stable")[:8]
        rows = "".join(
            f"<tr><th>{escape(names[plane])}</th><td>{shares.planes[plane]:+.2f}</td></tr>"
            for plane in order
        )
        pictures = [
            ("Saliency: where the logit is sensitive", saliency(self.probe, self.position, move)),
            ("Occlusion: what is lost without a stone", occlusion(self.probe, self.position, move)),
            ("Integrated gradients: shares of the points", shares),
        ]
        figures = "".join(
            f"<figure>{attribution_board(self.position, attribution)}"
            f"<figcaption>{words}</figcaption></figure>"
            for words, attribution in pictures
        )
        return _section(
            f"Why {name}?",
            f"The network's first choice in this position is {name}, marked a. Three ways to ask "
            "which stones mattered.",
            "Saliency has no sign and is strong where small changes matter, often at empty points. "
            "Occlusion takes each stone off and asks again, by the rules: a red stone speaks for "
            "the "
            "move, a blue one against it. Integrated gradients share out the difference to the "
            "empty "
            "board, to points and also to planes, listed above. Where the three agree, believe it. "
            "Where they do not, they were asked different things.",
            f'<div class="row">{figures}</div><table><caption>Shares of the planes in the logit'
            f"</caption>{rows}</table>",
        )

    def fields(self) -> str:
        numbers = np.arange(min(_FIELD_POSITIONS, self.positions.count), dtype=np.int64)
        numbers = numbers * (self.positions.count // len(numbers))
        batch = self.positions.encode(self.probe.encoding, numbers)
        figures = []
        for layer in self.layers:
            field = receptive_field(self.probe, layer, batch.planes, batch.globals)
            figures.append(
                f"<figure>{field_board(self.probe, field)}<figcaption><code>{layer}</code>: may "
                "see "
                f"{field.theoretical} by {field.theoretical}; 95 % of the effect comes from "
                f"{field.effective} by {field.effective}</figcaption></figure>"
            )
        return _section(
            "How far a filter sees",
            "The frame is the theoretical receptive field of the middle of the board: nothing "
            "outside of "
            "it can change the response. The red is the effective one: how strongly each point "
            "does, on "
            "average over real positions.",
            "The effect falls off long before the frame ends: the middle is reached by many more "
            "ways "
            "through the filters than the rim. A ladder that runs over the board is not seen by a "
            "filter of the first layers, however well it is trained.",
            f'<div class="row">{"".join(figures)}</div>',
        )

    def limits(self) -> str:
        return _section(
            "What this page cannot tell",
            "These pictures show what responses depend on. They do not show that the network "
            "reasons as "
            "a player does.",
            "A filter with a clear picture is remembered, and a hundred unclear ones are not "
            "shown: the "
            "choice above is for the clear ones. Names that you give to filters are yours. Test "
            "them on "
            "new positions before you rely on them.",
            "",
        )


def _section(title: str, what: str, reading: str, body: str) -> str:
    return (
        f"<section><h2>{title}</h2><p>{what}</p>{body}"
        f'<p class="reading"><b>How to read it.</b> {reading}</p></section>'
    )


def _row(pictures: list[str]) -> str:
    return f'<div class="row">{"".join(f"<figure>{each}</figure>" for each in pictures)}</div>'


def _about(record: FilterRecord) -> str:
    return (
        f"Filter {record.filter.channel}: strongest {record.strongest[0].response:.2f}, on average "
        f"{record.mean:.2f} ± {record.spread:.2f}, above zero at {100 * record.active:.0f} % of "
        "points"
    )


def _board(position: Position, width: int = 330) -> str:
    return to_svg(Diagram.of(position), width=width)


_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inside TITLE</title>
<style>
body { margin: 0; background: #fff; color: #222; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; }
h2 { margin-top: 3rem; border-top: 1px solid #ccc; padding-top: 1rem; }
h3 { margin: 1.5rem 0 .25rem; font-size: 1.05rem; }
p { max-width: 46rem; margin: .5rem 0; }
.reading { background: #f3efe6; padding: .6rem .9rem; border-radius: .4rem; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; align-items: flex-start; }
.wide { overflow-x: auto; }
figure { margin: 0 0 .5rem; }
.row svg { flex: none; }
figcaption { font-size: .85rem; max-width: 14rem; color: #444; }
svg, img { display: block; max-width: 100%; height: auto; }
.planes { image-rendering: pixelated; border: 1px solid #bbb; max-width: none; }
table { border-collapse: collapse; margin: .5rem 0; }
th { text-align: left; font-weight: normal; padding: .05rem .8rem .05rem 0; white-space: nowrap; }
td { text-align: right; padding: .05rem .4rem; }
.filters th { font-size: .8rem; }
caption { text-align: left; color: #444; font-size: .85rem; }
</style></head>
<body><main>
"""
