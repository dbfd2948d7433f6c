#!/usr/bin/env python3
"""How often the score is right: ``scripts/check_scores.py GAMES... [--most 600] [--wrong]``.

GAMES are SGF files, folders and archives, or one corpus file. Of each game that was counted
(RE[B+3.5] and the like) the last position is scored by playouts and compared with the recorded
result: by the rules that the record names (RU), and by each ruleset for all games, since a corpus
keeps no rules. "Off but clear" is a score other than recorded where playouts leave no chain's
fate open: most likely the players agreed on something else than the board shows. Intervals are
Wilson's, of 95 %.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from gocnn.corpus.corpus import Corpus
from gocnn.corpus.prepare import is_corpus
from gocnn.errors import GocnnError
from gocnn.go.game import UNKNOWN_RESULT, Game
from gocnn.go.rules import RULESETS
from gocnn.go.scoring import PLAYOUTS, Score, judge, score
from gocnn.sgf.archives import RecordFiles, SgfChunk
from gocnn.sgf.parser import BadRecord, MainLine
from gocnn.sgf.reader import parse_game
from gocnn.sgf.splitter import split_trees
from gocnn.stats import wilson

RECORDED = "as recorded"


@dataclass
class Tally:
    """How one ruleset fared."""

    games: int = 0
    winners: int = 0  # games with the right winner
    exact: int = 0  # games with the recorded score
    near: int = 0  # games at most a point off
    clear: int = 0  # games with another score though no chain's fate is open
    wrong: list[str] = field(default_factory=list)  # games with another score

    def add(self, game: Game, margin: float, *, clear: bool) -> None:
        """Count a game whose score was found to be this, black minus white."""
        recorded = game.winner * abs(float(game.margin or 0))
        self.games += 1
        self.winners += Score(margin).winner == game.winner
        self.exact += margin == recorded
        self.near += abs(margin - recorded) <= 1
        if margin != recorded:
            self.clear += clear
            line = f"recorded {Score(recorded)}, found {Score(margin)}, {len(game)} moves"
            self.wrong.append(f"{game.source}: {line}")

    def __str__(self) -> str:
        shares = (_share(count, self.games) for count in (self.winners, self.exact))
        rest = f"{self.near / self.games:16.1%}{self.clear / self.games:16.1%}"
        return f"{self.games:6}{''.join(f'{share:>26}' for share in shares)}{rest}"


def counted(paths: list[Path]) -> Iterator[tuple[Game, str]]:
    """The games that were counted, komi known, and the rules that their records name, or none."""
    games = from_records(paths)
    if is_corpus(paths[0]):
        games = ((game, "") for game in Corpus.open(paths[0], verify=False))
    for game, rules in games:
        if game.margin is not None and game.winner != UNKNOWN_RESULT and game.komi is not None:
            yield game, rules


def from_records(paths: list[Path]) -> Iterator[tuple[Game, str]]:
    """All games in order, with the rules that they name."""
    for piece in RecordFiles(paths):
        if not isinstance(piece, SgfChunk):
            continue
        for tree in [piece.data] if piece.number else split_trees(BytesIO(piece.data)):
            try:
                game = parse_game(tree, piece.source)
                named = MainLine(tree).text("RU").decode("utf-8", "replace").strip().lower()
            except BadRecord:
                continue
            yield game, named if named in RULESETS else ""


def check(games: list[tuple[Game, str]], playouts: int) -> dict[str, Tally]:
    """Score the last position of each game under each ruleset, and under the one recorded."""
    tallies = {name: Tally() for name in (*RULESETS, RECORDED)}
    for game, recorded in games:
        position = game.position()
        verdict = judge(position, playouts=playouts)
        for name in (*RULESETS, *([RECORDED] if recorded else [])):
            rules = RULESETS[recorded if name == RECORDED else name]
            margin = score(position, verdict.owner, verdict.dead, rules, verdict.seki).margin
            tallies[name].add(game, margin, clear=not verdict.unsure.any())
    return tallies


def main() -> None:
    """Read the options, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("games", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=600, help="games to score, spread evenly")
    parser.add_argument("--playouts", type=int, default=PLAYOUTS)
    names = [*RULESETS, RECORDED]
    parser.add_argument("--wrong", choices=names, help="list the games not exact by these rules")
    options = parser.parse_args()
    try:
        games = list(counted(options.games))
    except GocnnError as error:
        sys.exit(f"check_scores: {error}")
    games = games[:: max(len(games) // options.most, 1)][: options.most]
    if not games:
        sys.exit("check_scores: no game was counted")
    start = time.process_time()
    tallies = check(games, options.playouts)
    seconds = time.process_time() - start
    print(f"{len(games)} counted games, {1000 * seconds / len(games):.0f} ms each")
    shares = f"{'right winner':>26}{'exact':>26}"
    print(f"{'rules':14}{'games':>6}{shares}{'within a point':>16}{'off but clear':>16}")
    for name, tally in tallies.items():
        if tally.games:
            print(f"{name:14}{tally}")
    if options.wrong:
        print(*tallies[options.wrong].wrong, sep="\n")


def _share(count: int, games: int) -> str:
    low, high = wilson(count / games, games)
    return f"{count / games:.1%} ({low:.1%} to {high:.1%})"


if __name__ == "__main__":
    main()
