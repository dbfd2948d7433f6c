#!/usr/bin/env python3
"""Regression suites, engine by engine: ``scripts/suites.py SUITE.tst... --engine COMMAND``.

SUITE.tst are files in the form of GNU Go's regression suites (see `gocnn.match.suites`), such as
those in the folder ``regression`` of GNU Go's source; ``data/`` has none. Each --engine is the
command line of a GTP engine. Only tests that every engine was asked count, so that the columns can
be compared. Intervals are Wilson's, of 95 %, as if the tests were independent.
"""

import argparse
import json
import sys
from pathlib import Path

from gocnn.defaults import MOVE_TIMEOUT
from gocnn.errors import GocnnError
from gocnn.match.controller import check_command
from gocnn.match.suites import MOVE_COMMANDS, Test, part_of, read_suite, run_suites, suites_table
from gocnn.progress import bar


def main() -> None:
    """Run the suites."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suites", nargs="+", type=Path)
    parser.add_argument("--engine", action="append", required=True, help="may be given again")
    parser.add_argument(
        "--commands",
        default=",".join(MOVE_COMMANDS),
        help="tests of these are asked, with commas between; all: of all that an engine knows",
    )
    parser.add_argument(
        "--part",
        default="1/1",
        metavar="I/K",
        help="every K-th test, from the I-th on, for engines that are slow (default: all)",
    )
    parser.add_argument("--jobs", type=int, default=1, help="engines at a time (default: 1)")
    parser.add_argument(
        "--move-timeout",
        type=float,
        default=MOVE_TIMEOUT,
        help="seconds that an answer may take (default: %(default)g)",
    )
    parser.add_argument("--failures", action="store_true", help="list the tests that failed")
    parser.add_argument("--json", type=Path, help="a file for all answers")
    options = parser.parse_args()
    commands = None if options.commands == "all" else options.commands.split(",")
    for engine in options.engine:
        check_command(engine)
    number, parts = _part(options.part)
    suites = part_of([read_suite(path) for path in options.suites], number, parts, commands)
    tests = sum(isinstance(step, Test) and step.counts for suite in suites for step in suite.steps)
    results = {}
    for engine in options.engine:
        with bar(engine, tests, unit="tests") as progress:
            results[engine] = run_suites(
                engine,
                suites,
                commands=commands,
                jobs=max(1, options.jobs),
                timeout=options.move_timeout,
                progress=progress.update,
            )
        if options.json:
            plain = {name: [r.as_dict() for r in part] for name, part in results.items()}
            options.json.write_text(json.dumps(plain, indent=1), encoding="utf-8")
    for engine, part in results.items() if options.failures else ():
        for result in part:
            if result.passed is False:
                answer = result.as_dict()
                print(
                    f"{engine}: {answer['suite']} {answer['number']} {answer['command']}: "
                    f"{answer['answer']}, not {answer['expected']}"
                )
    print(suites_table(results))


def _part(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts):
        return int(part), int(parts)
    raise GocnnError(f"--part {text} is not of the form 1/8, the first of eight parts")


if __name__ == "__main__":
    try:
        main()
    except GocnnError as error:
        sys.exit(f"suites: {error}")
