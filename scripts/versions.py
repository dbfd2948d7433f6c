"""Runs tests with the oldest and the newest versions of Python and of the packages.

    python -m scripts.versions                      # all corners of the Pythons that are here
    python -m scripts.versions 3.11-oldest --tests tests/go tests/sgf
    python -m scripts.versions 3.11-newest --pin torch==2.13.0
    python -m scripts.versions 3.11-newest --slow --tests tests/test_commands.py  # every command
    python -m scripts.versions 3.13-newest --without torch captum --tests tests/go tests/sgf

A corner is a Python with the lowest versions that pyproject.toml admits, or with the newest ones.
It gets an environment of its own outside of the clone and the built wheel, not the clone: the tests
run in a copy without the package. Those of `FAST` are run unless others are named.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gocnn.stats import markdown_table

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
FAST = (
    "tests/go", "tests/sgf", "tests/corpus", "tests/features", "tests/network", "tests/play",
    "tests/render", "tests/training/test_checkpoint.py", "tests/gtp/test_protocol.py",
    "tests/test_portability.py",
)  # fmt: skip
SHOWN = ("torch", "numpy", "numba", "safetensors", "click")  # packages whose versions are told
FOR_TESTS = ("pytest", "hypothesis", "httpx2", "playwright", "setuptools")
_COUNT = re.compile(r"(\d+) (passed|failed|errors?)")
_VERSIONS = (
    "import json, importlib.metadata as m, sys\n"
    "own = {'Python': sys.version.split()[0]}\n"
    "print(json.dumps(own | {name: m.version(name) for name in sys.argv[1:]}))"
)


@dataclass
class Outcome:
    """What came of a corner."""

    corner: str
    versions: dict[str, str] = field(default_factory=dict)
    said: str = ""  # the closing line of the tests, or the step that failed
    failed: list[str] = field(default_factory=list)  # tests

    @property
    def well(self) -> bool:
        """Whether tests ran and all passed."""
        kinds = {kind for _, kind in _COUNT.findall(self.said)}
        return kinds == {"passed"}


def find_python(version: str) -> str | None:
    """A Python that runs: on the path, or one of pyenv's."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places = [shutil.which(f"python{version}"), *home.glob(f"versions/{version}.*/bin/python")]
    for place in filter(None, places):
        asked = [str(place), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        if said.strip() == version:
            return str(place)
    return None


def lowest(requirements: Sequence[str]) -> list[str]:
    """Constraints that hold packages at their lowest versions.

    >>> lowest(["numpy>=2.0", "safetensors>=0.4.5"])
    ['numpy==2.0.*', 'safetensors==0.4.5.*']
    """
    return [f"{name}=={bound}.*" for name, bound in (r.split(">=") for r in requirements)]


def build(folder: Path) -> Path:
    """The wheel of the clone as it is, and beside it, in `tree`, what the tests need."""
    tree, ignored = folder / "tree", shutil.ignore_patterns("__pycache__")
    for name in ("gocnn", "tests", "data", "scripts", "docs", "checkpoints"):
        shutil.copytree(ROOT / name, tree / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(tree)]
    subprocess.run(pip, check=True)
    for name in ("gocnn", "build"):  # so that the tests import what is installed
        shutil.rmtree(tree / name, ignore_errors=True)
    return next(folder.glob("gocnn-*.whl"))


def try_corner(corner: str, wheel: Path, options: argparse.Namespace) -> Outcome:
    """Make an environment, install, and run tests; what stood there is made anew."""
    version, _, end = corner.partition("-")
    python = find_python(version)
    if python is None:
        return Outcome(corner, said="no such Python here")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    held = options.pin + (lowest(project["dependencies"]) if end == "oldest" else [])
    wanted = [r for r in project["dependencies"] if r.split(">=")[0] not in options.without]
    place = wheel.parent / corner
    constraints = wheel.parent / f"{corner}.txt"
    constraints.write_text("\n".join(held), encoding="utf-8")
    own = str(place / ("Scripts" if os.name == "nt" else "bin") / "python")
    links = [word for link in options.find_links for word in ("--find-links", link)]
    install = [own, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile"]
    steps = (
        [python, "-m", "venv", "--clear", str(place)],
        [*install, "--no-deps", str(wheel)],
        [*install, "--prefer-binary", *links, "-c", str(constraints), *wanted, *FOR_TESTS],
    )  # fmt: skip
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            return Outcome(corner, said=f"not installed: {' '.join(last)}")
    shown = [name for name in SHOWN if name not in options.without]
    ask = [own, "-c", _VERSIONS, *shown]
    told = subprocess.run(ask, capture_output=True, text=True, check=True)
    outcome = Outcome(corner, json.loads(told.stdout))
    # What is compiled at its first import may warn: sgfmill has an odd escape in a docstring.
    escape = "ignore:invalid escape:DeprecationWarning"  # what Python 3.11 calls it
    quiet = ["-p", "no:cacheprovider", "-W", "ignore::SyntaxWarning", "-W", escape]
    ignored = "--ignore=tests/test_jit.py"  # it edits a copy of the package in the clone
    slow = ["--slow"] if options.slow else []
    pytest = [own, "-m", "pytest", "-q", "-rfE", ignored, *quiet, *slow, *options.tests]
    done = subprocess.run(
        pytest, cwd=wheel.parent / "tree", capture_output=True, text=True, check=False
    )
    (wheel.parent / f"{corner}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    lines = done.stdout.strip().splitlines() or ["pytest said nothing"]
    outcome.said = lines[-1].strip("= ")
    outcome.failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return outcome


def main() -> int:
    """Try the corners, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("corners", nargs="*", help="such as 3.11-oldest; all by default")
    parser.add_argument("--tests", nargs="+", default=list(FAST), help="instead of the fast ones")
    parser.add_argument("--slow", action="store_true", help="run the slow tests among them, too")
    parser.add_argument("--pin", nargs="+", default=[], help="such as torch==2.13.0")
    parser.add_argument("--without", nargs="+", default=[], help="packages to do without")
    parser.add_argument("--find-links", nargs="+", default=[], help="folders with wheels, for pip")
    parser.add_argument("--keep", type=Path, help="a folder for wheel, environments and logs")
    options = parser.parse_args()
    missing = [version for version in PYTHONS if find_python(version) is None]
    corners = options.corners or [
        f"{v}-{end}" for v in PYTHONS if v not in missing for end in ("oldest", "newest")
    ]
    outcomes = []
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = (options.keep or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder / "tree", ignore_errors=True)
        wheel = build(folder)
        for corner in corners:
            outcomes.append(try_corner(corner, wheel, options))
            print(f"{corner}: {outcomes[-1].said}", *outcomes[-1].failed, sep="\n  ", flush=True)
    rows = [
        [o.corner, *(o.versions.get(n, "-") for n in ("Python", *SHOWN)), o.said] for o in outcomes
    ]
    print(markdown_table(["corner", "Python", *SHOWN, "tests"], rows))
    print(f"tests: {' '.join(options.tests)}")
    print(f"Pythons that are not here: {', '.join(missing) or 'none'}")
    return int(not all(outcome.well for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
