"""The defaults that the help texts tell are those of the library."""

import inspect

import click
import pytest

from gocnn.cli.gtp import gtp
from gocnn.cli.match import match
from gocnn.cli.prepare import prepare
from gocnn.cli.train import train
from gocnn.corpus.prepare import prepare as prepare_corpus
from gocnn.defaults import MOVE_TIMEOUT
from gocnn.match.controller import EngineProcess
from gocnn.match.folder import MatchSettings
from gocnn.match.runner import run
from gocnn.play.style import Style
from gocnn.training.config import Hyperparameters


def default_of(function: object, name: str) -> object:
    assert callable(function)
    return inspect.signature(function).parameters[name].default


@pytest.mark.parametrize(
    ("command", "option", "library"),
    [
        (train, "batch", Hyperparameters().batch),
        (train, "rate", Hyperparameters().rate),
        (train, "cooldown", Hyperparameters().cooldown),
        (train, "teacher_share", Hyperparameters().teacher_share),
        (train, "validation", default_of(prepare_corpus, "validation")),
        (prepare, "validation", default_of(prepare_corpus, "validation")),
        (match, "board_size", MatchSettings(a="a", b="b").size),
        (match, "opening_moves", MatchSettings(a="a", b="b").opening_moves),
        (gtp, "resign", Style().resign_below),
    ],
)
def test_options_default_as_the_library_does(
    command: click.Command, option: str, library: object
) -> None:
    [parameter] = [each for each in command.params if each.name == option]
    assert parameter.type_cast_value(click.Context(command), parameter.default) == library


def test_a_match_waits_as_long_as_its_engines_do() -> None:
    [parameter] = [each for each in match.params if each.name == "move_timeout"]
    context = click.Context(match)
    assert parameter.type_cast_value(context, parameter.default) == MOVE_TIMEOUT
    assert default_of(run, "timeout") == default_of(EngineProcess.ask, "timeout") == MOVE_TIMEOUT
    assert f"{MatchSettings(a='a', b='b').komi:g}" in match.get_help(context)
