r"""Measure the networks that ship, and write the figures into docs/model-card.md.

From the root of the repository, in its environment:

    python -m scripts.release.model_card --on test/kgs=kgs.gocnn --on test/pro=pro.gocnn \
        --on test/tygem-9d=tygem-9d.gocnn --on test/gtl-reviews=gtl-reviews.gocnn

It replaces what stands between the markers of the card, section by section, and draws its example
positions anew. Situations are measured on the first set. ``--only SECTION,...`` leaves the other
sections as they are. The text of the card is its authors': read it again when the figures have
changed.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.evaluation.weaknesses import Case
from gocnn.files import write_atomically
from gocnn.weights.names import shipped
from scripts.release import card_tables as tables
from scripts.release.card_tables import Network, Work
from scripts.release.ship import parse_named

CARD = Path(__file__).parents[2] / "docs" / "model-card.md"


@dataclass(frozen=True)
class Example:
    """A position of the card, as `docs/model-card/examples.json` names it."""

    set: str
    game: str  # fingerprint of the game, in hexadecimal
    move: int  # that is to be played, from 1
    picture: str  # name of the file
    about: str  # in words, true whatever the network says


def examples(work: Work) -> str:
    """The positions of `examples.json`, measured and drawn anew."""
    file = work.folder / "examples.json"
    wanted = [Example(**entry) for entry in json.loads(file.read_text(encoding="utf-8"))]
    texts = []
    for example in wanted:
        games = work.sets.get(example.set)
        if games is None:
            raise GocnnError(f"{file}: names {example.set}, which no --on gives")
        numbers = np.flatnonzero(games.games["hash"] == int(example.game, 16))
        if len(numbers) != 1:
            raise GocnnError(f"{example.set}: the game of {example.picture} is not in there")
        one = work.network.measure(Positions(games, numbers), np.array([example.move - 1]))
        case = Case.of(games, one, 0)
        path = work.folder / f"{example.picture}.svg"
        write_atomically(path, case.svg().encode())
        texts.append(
            f"![{example.picture}]({work.folder.name}/{path.name})\n\n{case}. {example.about}"
        )
    return "\n\n".join(texts)


SECTIONS: dict[str, Callable[[Work], str]] = {
    "weights": tables.about_weights,
    "accuracy": tables.accuracy,
    "phases": tables.phases,
    "ranks": tables.ranks,
    "value": tables.value,
    "win-rates": tables.win_rates,
    "calibration": tables.calibration,
    "situations": tables.by_situation,
    "examples": examples,
    "told": tables.told,
}


def replaced(card: str, section: str, text: str) -> str:
    """The card with the text of a section replaced.

    Raises:
        GocnnError: when the card has no such section.
    """
    begin, end = f"<!-- begin {section} -->", f"<!-- end {section} -->"
    before, marker, rest = card.partition(begin)
    _, closed, after = rest.partition(end)
    if not (marker and closed):
        raise GocnnError(f"the card has no section {section}: it needs {begin} and {end}")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def main() -> None:
    """Read the options, measure, write each section as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    ours = ",".join(sorted(shipped(), key=lambda name: name != "default"))
    parser.add_argument("--weights", default=ours, help="names or files; the first most of all")
    parser.add_argument("--on", type=parse_named, action="append", required=True)
    parser.add_argument("--positions", type=int, default=20_000, help="of each set, at most")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections with commas between")
    parser.add_argument("--card", type=Path, default=CARD)
    options = parser.parse_args()
    card: Path = options.card
    try:
        networks = {name: Network.load(name) for name in options.weights.split(",")}
        sets = {name: Corpus.open(path) for name, path in options.on}
        work = Work(networks, sets, options.positions, card.with_suffix(""))
        for section in options.only.split(","):
            if section not in SECTIONS:
                raise GocnnError(f"no section {section!r}; there are {', '.join(SECTIONS)}")
            table = SECTIONS[section](work)  # first: the card may be edited meanwhile
            text = replaced(card.read_text(encoding="utf-8"), section, table)
            write_atomically(card, text.encode())
            print(f"{card}: {section}", file=sys.stderr)
    except (GocnnError, OSError) as error:
        sys.exit(f"model_card: {error}")


if __name__ == "__main__":
    main()
