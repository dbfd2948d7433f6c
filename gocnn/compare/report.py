"""The tables, curves and boards of a comparison, as Markdown with SVG pictures."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gocnn.compare.plan import Contestant
from gocnn.compare.runs import Comparison, Result
from gocnn.evaluation.metrics import summarise
from gocnn.files import write_atomically
from gocnn.go.board import POINT_MASK, new_board, replay
from gocnn.go.coords import vertex
from gocnn.network.registry import find
from gocnn.render.diagram import Diagram
from gocnn.render.svg import to_svg
from gocnn.stats import Estimate, clustered_mean, markdown_table
from gocnn.training.curves import draw_curves

REPORT = "compare.md"
_EXAMPLES = 3
_DIVISIONS = np.floor_divide, np.remainder  # of a point by the lines: its row, its column
_TITLES = {"positions": "Equal positions", "time": "Equal time"}


def write_report(work: Comparison, contestants: Sequence[Contestant]) -> Path:
    """Write what is known so far: ``compare.md`` and its pictures.

    Returns:
        The Markdown file.
    """
    parts = []
    for mode in work.plan.modes:
        results = work.finished(contestants, mode)
        if results:
            parts += [f"## {_TITLES[mode]}\n", *_sections(work, results, mode)]
    path = work.folder / REPORT
    write_atomically(path, "\n".join(parts).encode())
    return path


def _sections(work: Comparison, results: list[Result], mode: str) -> Iterator[str]:
    yield accuracy_table(work, results) + "\n"
    logs = {
        result.contestant.label: work.run_folder(result.contestant, mode) / "log.jsonl"
        for result in results
    }
    picture = work.folder / f"curves-{mode}.svg"
    if draw_curves(logs, picture, by=mode):
        yield f"![Learning curves]({picture.name})\n"
    yield "### Local shapes moved over the board\n"
    yield shift_table(results) + "\n"
    yield "### Turned and mirrored positions\n"
    yield mirror_table(results) + "\n"
    if work.others:
        yield "### Boards of a size that was not trained on\n"
        yield other_boards_table(results) + "\n"
    for result in results[1:]:
        yield from _examples(work, results[0], result, mode)


def accuracy_table(work: Comparison, results: Sequence[Result]) -> str:
    """Top-1, top-5 and loss of each network, and the difference to the first one, by position.

    A miss is beside the move when the first choice is one of the move's neighbours.
    """
    head = ["network", "weights", "multiply-adds", "positions", "minutes"]
    head += [
        "top-1 %",
        "beside the first",
        "top-5 %",
        "loss",
        "beside the first",
        "misses beside the move %",
    ]
    rows = []
    moves = work.positions.moves(work.numbers)

    def beside(result: Result, column: str, scale: float, digits: int) -> str:
        if result is results[0]:
            return "-"
        difference = result.columns[column].astype(float) - results[0].columns[column]
        return clustered_mean(difference, work.games).text(scale, digits, "+")

    for result in results:
        row = summarise("", work.measurements(result))
        about = result.about
        rows.append(
            [
                result.contestant.label,
                f"{about['parameters']:,}",
                f"{about['multiply_adds'] / 1e6:,.1f} M",
                f"{about['positions']:,}",
                f"{about['seconds'] / 60:.1f}",
                row.top1.text(100, 2),
                beside(result, "top1", 100, 2),
                row.top5.text(100, 2),
                row.cross_entropy.text(1, 3),
                beside(result, "cross_entropy", 1, 3),
                _beside_the_move(work, result, moves),
            ]
        )
    return markdown_table(head, rows)


def _beside_the_move(work: Comparison, result: Result, moves: NDArray[np.int64]) -> str:
    lines = work.positions.size
    missed = result.columns["top1"] == 0
    choice = result.columns["choice"][missed].astype(np.int64)
    rows, columns = (np.abs(f(choice, lines) - f(moves[missed], lines)) for f in _DIVISIONS)
    near = (rows + columns == 1) & (choice < lines**2)
    return clustered_mean(near, work.games[missed]).text(100, 1) if missed.any() else "-"


def shift_table(results: Sequence[Result]) -> str:
    """How well the first choice moves with a local shape, and what top-1 it costs."""
    points = [row["points"] for row in results[0].about["shifts"]]
    head = ["network", "top-1 % where it was"]
    for shift in points[1:]:
        head += [f"moves along by {shift}, %", f"top-1 lost by {shift}, %"]
    rows = []
    for result in results:
        first, *others = result.about["shifts"] or [None]
        cells = ["-" if first is None else _estimate(first["top1"]).text(100, 1)]
        for row in others:
            cells += [_estimate(row[key]).text(100, 1) for key in ("follows", "lost")]
        rows.append([result.contestant.label, *cells])
    return markdown_table(head, rows)


def mirror_table(results: Sequence[Result]) -> str:
    """How well the first choice turns with the board."""
    head = ["network", "top-1 % as recorded", "in the other views", "same first choice, %"]
    rows = [
        [
            result.contestant.label,
            *(
                _estimate(result.about["mirrors"][key]).text(100, 1)
                for key in ("top1", "top1_others", "agrees")
            ),
        ]
        for result in results
    ]
    return markdown_table(head, rows)


def other_boards_table(results: Sequence[Result]) -> str:
    """Top-1 on boards of sizes that were not trained on; some networks take none."""
    sizes = list(results[0].about["other_boards"])
    rows = []
    for result in results:
        cells = []
        for size in sizes:
            measured = result.about["other_boards"][size]
            cells.append(
                "refused" if measured is None else _estimate(measured["top1"]).text(100, 1)
            )
        rows.append([result.contestant.label, *cells])
    return markdown_table(["network", *(f"top-1 % on {size}x{size}" for size in sizes)], rows)


def _estimate(saved: dict[str, Any]) -> Estimate:
    return Estimate(**saved)


def _examples(work: Comparison, first: Result, other: Result, mode: str) -> Iterator[str]:
    """Positions in which the first network is right and the other is sure of another move."""
    if find(first.contestant.architecture).one_size:
        return
    chosen = examples(first, other)
    if not len(chosen):
        return
    label = other.contestant.label
    yield f"### Where {label} is sure of the wrong move\n"
    for number, place in enumerate(chosen, 1):
        picture = work.folder / f"{mode}-{label}-{number}.svg"
        diagram = example_diagram(work, first, other, int(place))
        write_atomically(picture, to_svg(diagram, width=520).encode())
        yield f"![{diagram.caption}]({picture.name})\n"


def examples(first: Result, other: Result, most: int = _EXAMPLES) -> NDArray[np.int64]:
    """Which of the measured positions show best what the other network does wrong.

    In these the first network predicts the move played, the other one another move; of them, the
    ones in which both are surest.
    """
    clear = first.columns["top1"] & ~other.columns["top1"]
    sure = np.where(clear, first.columns["confidence"] * other.columns["confidence"], 0.0)
    order = np.argsort(-sure, kind="stable")[:most]
    best: NDArray[np.int64] = order[sure[order] > 0]
    return best


def example_diagram(work: Comparison, first: Result, other: Result, place: int) -> Diagram:
    """The board of one of the measured positions, with the first choices of two networks."""
    corpus, size = work.positions.corpus, work.positions.size
    record = corpus.games[work.games[place]]
    ply = int(work.plies[place])
    start = int(record["offset"]) + int(record["setup"])
    board = new_board(size)
    replay(board, corpus.entries, int(record["offset"]), start + ply)
    last = int(corpus.entries[start + ply - 1]) & POINT_MASK if ply else size**2
    choices = [int(result.columns["choice"][place]) for result in (first, other)]
    shares = [f"{100 * result.columns['confidence'][place]:.0f}%" for result in (first, other)]
    marks = [(p, letter, s) for p, letter, s in zip(choices, "ab", shares, strict=True)]
    named = [
        f"{letter} ({'pass' if p == size**2 else vertex(p, size)}): {result.contestant.label}"
        for (p, letter, _), result in zip(marks, (first, other), strict=True)
    ]
    return Diagram(
        board.stones[:-1].reshape(size, size).copy(),
        last_move=last if last < size**2 else None,
        labels={p: letter for p, letter, _ in marks if p < size**2},
        notes={p: share for p, _, share in marks if p < size**2},
        caption=f"Move {ply + 1}; {named[0]}, as played; {named[1]}",
    )
