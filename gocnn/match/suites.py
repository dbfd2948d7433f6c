"""Regression suites in GNU Go's form: positions, commands, and the answers that are right.

A suite is a text file of GTP commands, one a line. A command with a number before it is a test; the
line after it says which answers pass::

    loadsgf games/incident72.sgf 255
    1 reg_genmove black
    #? [T15|T13|A16]*

The pattern in brackets is a regular expression for the whole answer, in either case; ``!`` before
it means any other answer. Behind it ``*`` marks a test that GNU Go is known to fail, and ``&`` one
that does not count. (GNU Go 3.8's documentation, "Regression testing".) Names of files are relative
to the suite.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gocnn.defaults import MOVE_TIMEOUT
from gocnn.errors import GocnnError
from gocnn.match.controller import EngineError, EngineGone, EngineProcess, split_command
from gocnn.stats import count_text, markdown_table, wilson

MOVE_COMMANDS = ("reg_genmove", "restricted_genmove", "gg_genmove")
"""Commands whose answer is a move, which any Go engine can be asked for."""

_TEST = re.compile(r"(\d+)\s+(\S.*)")
_EXPECTED = re.compile(r"#\?\s*\[(!?)(.*?)(?:\]\s*([&*]*))?")  # some lack the last bracket
# Without these, the position is another one; what else an engine does not know makes no difference.
_BEGINNINGS = frozenset(("boardsize", "clear_board", "loadsgf"))
_POSITION = _BEGINNINGS | {"play", "black", "white", "putstone", "trymove", "popgo", "undo", "komi"}
_POSITION |= {"fixed_handicap", "set_free_handicap", "place_free_handicap"}


@dataclass(frozen=True, slots=True)
class Test:
    """A question to an engine, and the answers that pass."""

    __test__ = False  # pytest takes classes of this name for its own

    number: int  # as the file has it
    command: str
    pattern: str  # a regular expression for the whole answer
    negated: bool = False  # whether every other answer passes
    known_to_fail: bool = False  # by GNU Go
    counts: bool = True

    @property
    def name(self) -> str:
        """The command without its arguments."""
        return self.command.split()[0]

    def passes(self, answer: str) -> bool:
        """Whether an answer is right."""
        matches = re.fullmatch(self.pattern, answer.strip(), re.IGNORECASE)
        return bool(matches) != self.negated


@dataclass(frozen=True, slots=True)
class Suite:
    """A file of tests."""

    path: Path
    steps: tuple[str | Test, ...]  # commands that set up, and tests, in order

    @property
    def name(self) -> str:
        """The file without its ending."""
        return self.path.stem


@dataclass(frozen=True, slots=True)
class TestResult:
    """What an engine made of a test."""

    __test__ = False

    suite: str
    test: Test
    answer: str  # or why there is none
    passed: bool | None  # None: it was not asked, or does not know the command

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        sign = "!" if self.test.negated else ""
        return {
            "suite": self.suite,
            "number": self.test.number,
            "command": self.test.command,
            "expected": f"[{sign}{self.test.pattern}]{'*' * self.test.known_to_fail}",
            "answer": self.answer,
            "passed": self.passed,
        }


def read_suite(path: Path) -> Suite:
    """Read a suite.

    Raises:
        GocnnError: when the file cannot be read, or a test or the pattern of one is not in the form
            above.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise GocnnError(f"{path}: {error.strerror}") from error
    steps: list[str | Test] = []
    asked: tuple[int, str] | None = None
    for number, line in enumerate(map(str.strip, lines), 1):
        if line.startswith("#?"):
            if asked is None:
                raise GocnnError(f"{path}, line {number}: no numbered command stands before it")
            steps.append(_read_test(f"{path}, line {number}", *asked, line))
            asked = None
            continue
        line = line.partition("#")[0].strip()
        if not line:
            continue
        if asked is not None:  # a numbered command without an answer is a command
            steps.append(asked[1])
            asked = None
        if test := _TEST.fullmatch(line):
            asked = int(test[1]), test[2]
        else:
            steps.append(line)
    return Suite(path, tuple(steps))


def _read_test(place: str, number: int, command: str, line: str) -> Test:
    expected = _EXPECTED.fullmatch(line)
    if not expected:
        raise GocnnError(f"{place}: {line!r} is not of the form #? [pattern]")
    sign, pattern, marks = expected.groups()
    try:
        re.compile(pattern)
    except re.error as error:
        raise GocnnError(f"{place}: {pattern!r} is not a regular expression: {error}") from error
    return Test(
        number,
        command,
        pattern,
        negated=bool(sign),
        known_to_fail="*" in (marks or ""),
        counts="&" not in (marks or ""),
    )


def part_of(
    suites: Sequence[Suite], part: int, parts: int, commands: Sequence[str] | None = MOVE_COMMANDS
) -> list[Suite]:
    """Suites with one part of their tests, such as the first, fifth, ninth of four parts.

    Args:
        suites: the suites; they are counted through as one, so that the parts are equally large.
        part: from 1 to `parts`.
        parts: how many there are; together they hold all tests.
        commands: as `run_suites` has them; tests of others are left out.
    """
    number = 0
    chosen = []
    for suite in suites:
        steps: list[str | Test] = []
        for step in suite.steps:
            if isinstance(step, Test):
                if not step.counts or (commands is not None and step.name not in commands):
                    continue
                number += 1
                if number % parts != part % parts:
                    continue
            steps.append(step)
        chosen.append(Suite(suite.path, tuple(steps)))
    return chosen


def run_suites(
    command: str,
    suites: Sequence[Suite],
    *,
    commands: Sequence[str] | None = MOVE_COMMANDS,
    jobs: int = 1,
    timeout: float = MOVE_TIMEOUT,
    progress: Callable[[int], object] = lambda tests: None,
) -> list[TestResult]:
    """Put the tests of some suites to an engine.

    An engine that crashes or is too slow fails the test, is started anew, and goes on with the next
    position.

    Args:
        command: the engine's command line.
        suites: the suites.
        commands: tests of these are asked; None: of all that the engine knows.
        jobs: engines at a time; each takes whole suites.
        timeout: seconds that an answer may take.
        progress: called with the number of tests done.

    Raises:
        GocnnError: when the engine does not start.
    """
    engines = [EngineProcess(split_command(command), command) for _ in range(jobs)]
    try:
        free = list(engines)
        for engine in engines:
            engine.greet(timeout)

        def run(suite: Suite) -> list[TestResult]:
            engine = free.pop()
            try:
                return list(_run(engine, suite, commands, timeout, progress))
            finally:
                free.append(engine)

        with ThreadPoolExecutor(jobs) as pool:
            return [result for part in pool.map(run, suites) for result in part]
    finally:
        for engine in engines:
            engine.close()


def _run(
    engine: EngineProcess,
    suite: Suite,
    commands: Sequence[str] | None,
    timeout: float,
    progress: Callable[[int], object],
) -> Iterator[TestResult]:
    known = frozenset(engine.ask("list_commands", timeout).split())
    obstacle = ""  # why the position is not that of the tests
    for step in suite.steps:
        name = step.split()[0] if isinstance(step, str) else step.name
        if isinstance(step, str):
            if name in _BEGINNINGS:
                obstacle = ""
            if not obstacle:
                obstacle = _set_up(engine, suite, step, timeout)
        elif step.counts:
            if name not in known or (commands is not None and name not in commands):
                result = TestResult(suite.name, step, "", None)
            elif obstacle:
                result = TestResult(suite.name, step, obstacle, None if engine.running else False)
            else:
                result = _ask(engine, suite, step, timeout)
                if not engine.running:
                    obstacle = "the engine was ended in an earlier test"
            yield result
            progress(1)


def _set_up(engine: EngineProcess, suite: Suite, command: str, timeout: float) -> str:
    """Do what a line of set-up says; the reason where it leaves another position."""
    words = command.split()
    if words[0] == "loadsgf" and len(words) > 1:
        words[1] = str(suite.path.parent.resolve() / words[1])
    if not engine.running:
        engine.start()
    try:
        engine.ask(" ".join(words), timeout)
    except EngineGone as error:
        return str(error)
    except EngineError as error:
        return str(error) if words[0] in _POSITION else ""
    return ""


def _ask(engine: EngineProcess, suite: Suite, test: Test, timeout: float) -> TestResult:
    try:
        answer = engine.ask(test.command, timeout)
    except EngineError as error:
        return TestResult(suite.name, test, str(error), False)
    return TestResult(suite.name, test, answer, test.passes(answer))


def suites_table(results: Mapping[str, Sequence[TestResult]]) -> str:
    """Markdown: tests passed by suite and in all, one column an engine.

    Only tests that every engine was asked count, so that the columns can be compared.

    Args:
        results: by engine, of the same suites.
    """
    columns = list(results.values())
    rows: dict[str, list[tuple[bool, ...]]] = {}
    for parts in zip(*columns, strict=True):
        if all(part.passed is not None for part in parts):
            rows.setdefault(parts[0].suite, []).append(tuple(bool(p.passed) for p in parts))
    lines = [_line(name, outcomes) for name, outcomes in rows.items()]
    everything = [outcome for outcomes in rows.values() for outcome in outcomes]
    if not everything:
        raise GocnnError("no test was asked: the engines know none of the commands of these suites")
    total = ["all", str(len(everything))]
    for passed in zip(*everything, strict=True):
        share = sum(passed) / len(passed)
        low, high = (100 * bound for bound in wilson(share, len(passed)))
        total.append(f"{sum(passed)}, {100 * share:.1f} % ({low:.1f} to {high:.1f})")
    left_out = len(columns[0]) - len(everything)
    table = markdown_table(["suite", "tests", *results], [*lines, total])
    return f"{table}\n\n{count_text(left_out, 'test')} left out" if left_out else table


def _line(name: str, outcomes: Sequence[tuple[bool, ...]]) -> list[str]:
    return [name, str(len(outcomes)), *(str(sum(passed)) for passed in zip(*outcomes, strict=True))]
