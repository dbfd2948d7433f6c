"""Commands that say how to count and what may be repeated, in KGS's and KataGo's words."""

import json
from typing import Any, NamedTuple

from gocnn.go.rules import RULESETS, Ruleset
from gocnn.gtp import arguments as read
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session

_SUPERKO = {"SIMPLE": False, "POSITIONAL": True, "SITUATIONAL": True}  # by KataGo's name of it
_BONUSES = ("0", "N", "N-1")  # by `Ruleset.handicap`
_FIXED = {"suicide": False, "hasButton": False}  # what is not to be had otherwise
_FREE = ("tax", "friendlyPassOk")  # follows from the rest, or does not matter here
_NAMED = {  # by name: rules, and whether positional superko holds
    "chinese": ("chinese", False),
    "chinese-ogs": ("chinese", True),
    "chinese-kgs": ("chinese", True),
    "japanese": ("japanese", False),
    "korean": ("japanese", False),
    "aga": ("aga", True),
    "bga": ("aga", True),
    "new-zealand": ("tromp-taylor", True),
    "new_zealand": ("tromp-taylor", True),
    "tromp-taylor": ("tromp-taylor", True),
}


class _Rules(NamedTuple):
    counting: Ruleset
    superko: bool


@command("kgs-rules")
def kgs_rules(session: Session, arguments: list[str]) -> str:
    """Count as KGS does; all of its rules but the Japanese forbid to repeat a position."""
    read.expect(arguments, 1)
    name = arguments[0].lower()
    if name not in ("japanese", "chinese", "aga", "new_zealand"):
        raise CommandError(read.SYNTAX)
    _follow(session, _named("chinese-kgs" if name == "chinese" else name))
    return ""


@command("kata-get-rules")
def kata_get_rules(session: Session, _arguments: list[str]) -> str:
    """The rules as KataGo writes them, in JSON."""
    counting = session.player.style.rules
    return json.dumps(
        {
            "friendlyPassOk": True,
            "hasButton": False,
            "ko": "POSITIONAL" if session.superko else "SIMPLE",
            "scoring": "TERRITORY" if counting.territory else "AREA",
            "suicide": False,
            "tax": "SEKI" if counting.territory else "NONE",
            "whiteHandicapBonus": _BONUSES[counting.handicap],
        }
    )


@command("kata-set-rules")
def kata_set_rules(session: Session, arguments: list[str]) -> str:
    """Rules by a name, or as `kata-get-rules` writes them."""
    text = " ".join(arguments)
    rules = _Rules(session.player.style.rules, session.superko)
    if text.startswith("{"):
        try:
            pairs = json.loads(text)
        except (ValueError, RecursionError):
            raise CommandError(read.SYNTAX) from None
        for key, value in pairs.items():
            rules = _changed(rules, key, value)
    else:
        rules = _named(text.lower())
    _follow(session, rules)
    return ""


@command("kata-set-rule")
def kata_set_rule(session: Session, arguments: list[str]) -> str:
    """One of the rules of `kata-get-rules`: its name and its value."""
    read.expect(arguments, 2)
    key, text = arguments
    value = {"true": True, "false": False}.get(text.lower(), text)
    _follow(session, _changed(_Rules(session.player.style.rules, session.superko), key, value))
    return ""


def _named(name: str) -> _Rules:
    if name not in _NAMED:
        raise CommandError(f"unknown rules: try {', '.join(_NAMED)}")
    counting, superko = _NAMED[name]
    return _Rules(RULESETS[counting], superko)


def _changed(rules: _Rules, key: str, value: Any) -> _Rules:
    """Rules with one of KataGo's fields changed.

    Raises:
        CommandError: when the field or its value is unknown here.
    """
    counting, text = rules.counting, str(value).upper()
    if key == "ko" and text in _SUPERKO:
        return rules._replace(superko=_SUPERKO[text])
    if key == "scoring" and text in ("AREA", "TERRITORY"):
        return rules._replace(counting=_counting(text == "TERRITORY", counting.handicap))
    if key == "whiteHandicapBonus" and text in _BONUSES:
        return rules._replace(counting=_counting(counting.territory, _BONUSES.index(text)))
    if key in _FREE or (key in _FIXED and value is _FIXED[key]):
        return rules
    raise CommandError(f"unsupported rule: {key} {value}")


def _counting(territory: bool, handicap: int) -> Ruleset:
    for known in RULESETS.values():
        if (known.territory, known.handicap) == (territory, handicap):
            return known
    return Ruleset(name="custom", territory=territory, handicap=handicap)


def _follow(session: Session, rules: _Rules) -> None:
    session.change_style(rules=rules.counting)
    session.set_superko(rules.superko)
