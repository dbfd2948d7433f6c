"""The documentation builds, with a reference page for each package, and warns of nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gocnn
from tests.conftest import ROOT

pytest.importorskip("mkdocs")
pytest.importorskip("mkdocstrings")
pytest.importorskip("material")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_every_package_has_a_page_with_its_functions(site: Path) -> None:
    packages = {path.parent.name for path in (ROOT / "gocnn").glob("*/__init__.py")}
    assert packages <= {page.stem for page in (site / "api").glob("*.html")}
    page = (site / "api" / "go.html").read_text()
    assert 'id="gocnn.go.position.Position.play"' in page
    assert "_rebuild" not in page  # private
    assert "&gt;&gt;&gt; " in page or '<span class="gp">' in page  # doctests are code


def test_the_public_names_have_links_to_their_descriptions(site: Path) -> None:
    page = (site / "api" / "index.html").read_text()
    for name in gocnn.__all__:
        if name not in ("BLACK", "WHITE", "EMPTY", "__version__"):
            assert f'#gocnn.{gocnn._MODULES[name]}.{name}"' in page, name


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        for loads in ('src="http', 'src="//', 'stylesheet" href="http', "@import"):
            assert loads not in text, page
