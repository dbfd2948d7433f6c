"""gocnn as pip installs it."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

# What pip asks of the build backend for an editable installation.
_BUILD = "import sys; from setuptools import build_meta; build_meta.build_editable(sys.argv[1])"
# Only that installation is to be found, not the one that runs this test.
_START = "import site, sys; site.addsitedir(sys.argv.pop(1)); "
_DEPENDENCIES = "sys.path += sys.argv.pop(1).split(); "
_CALLS = {
    "import": "import gocnn; print('gocnn', gocnn.__version__)",
    "module": "import runpy; runpy.run_module('gocnn', run_name='__main__', alter_sys=True)",
}


@pytest.fixture(scope="module")
def clone(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone, in a folder of its own, installed in place into the folder `site` beside it."""
    place = tmp_path_factory.mktemp("place")
    copy = place / "gocnn"
    ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
    shutil.copytree(root / "gocnn", copy / "gocnn", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, copy)
    built = subprocess.run(
        [sys.executable, "-c", _BUILD, str(place)], cwd=copy, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(next(place.glob("*.whl"))) as wheel:
        wheel.extractall(place / "site")
    return copy


@pytest.mark.parametrize("call", _CALLS)
@pytest.mark.parametrize("below", [False, True], ids=["above", "inside"])
def test_it_starts_in_the_clone_and_in_the_folder_above(
    clone: Path, call: str, below: bool
) -> None:
    """The clone is called gocnn as the package is, but it is no package."""
    site = clone.parent / "site"
    packages = " ".join(path for path in sys.path if path.endswith("site-packages"))
    words = ["-S", "-c", _START + _DEPENDENCIES + _CALLS[call], str(site), packages, "--version"]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=clone if below else clone.parent,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("gocnn ")


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built from a copy of the tree."""
    place = tmp_path_factory.mktemp("wheel")
    copy = place / "gocnn"
    shutil.copytree(root / "gocnn", copy / "gocnn", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, copy)
    build = _BUILD.replace("build_editable", "build_wheel")
    built = subprocess.run(
        [sys.executable, "-c", build, str(place)], cwd=copy, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    return next(place.glob("*.whl"))


def test_a_wheel_has_all_that_the_package_has(root: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
        metadata = archive.read(next(n for n in inside if n.endswith("METADATA"))).decode()
    files = {
        str(path.relative_to(root))
        for path in (root / "gocnn").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files - inside == set()
    assert {n.split("/")[0] for n in inside - files} == {next(iter(inside - files)).split("/")[0]}
    fields = metadata.split("\n\n")[0].splitlines()
    assert not [line for line in fields if line.startswith(("Project-URL", "Home-page"))]
    versions = {line.split(" :: ")[-1] for line in fields if "Python :: 3." in line}
    assert "3.11" in versions
