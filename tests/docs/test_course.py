"""The course: pages and notebooks are those of the source, and all code runs from top to bottom."""

import sys
from pathlib import Path

import pytest

from scripts.course import COURSE, LANGUAGES, Chapter, chapters, files

CHAPTERS = chapters()
NAMES = [chapter.name for chapter in CHAPTERS]


@pytest.fixture
def workplace(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like the repository to the code of a chapter, and is not it."""
    (tmp_path / "data").symlink_to(root / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("chapter", CHAPTERS, ids=NAMES)
def test_pages_and_notebooks_are_those_of_the_source(chapter: Chapter) -> None:
    for path, text in files(chapter).items():
        assert path.read_text(encoding="utf-8") == text, f"{path}: run python -m scripts.course"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=NAMES)
def test_every_language_has_the_picture_and_two_exercises_with_answers(chapter: Chapter) -> None:
    for language in LANGUAGES:
        text = "\n".join(part.text for part in chapter.in_language(language))
        assert text.count(f"](pictures/{chapter.name}.svg)") == 1
        exercises, answers = text.split('<details markdown="1">')
        assert "\n2. " in exercises and "\n3. " not in exercises
        assert "\n2. " in answers and "</details>" in answers


@pytest.mark.filterwarnings("ignore")  # of the packages that run notebooks
@pytest.mark.parametrize(
    "language",
    [pytest.param(name, marks=[pytest.mark.slow] * (name != "en")) for name in LANGUAGES],
)
@pytest.mark.parametrize("name", NAMES)
def test_notebooks_run_and_draw_the_picture_that_is_shown(
    name: str, language: str, workplace: Path
) -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    folder = COURSE if language == "en" else COURSE / language
    notebook = nbformat.reads((folder / f"{name}.ipynb").read_text(encoding="utf-8"), as_version=4)
    nbformat.validate(notebook)
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(workplace)}}
    )
    client.create_kernel_manager()
    client.km.kernel_spec.argv[0] = sys.executable
    client.execute()
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == list(range(1, len(codes) + 1))
    drawn = workplace / "docs" / "course" / "pictures" / f"{name}.svg"
    shown = COURSE / "pictures" / f"{name}.svg"
    assert drawn.read_text(encoding="utf-8") == shown.read_text(encoding="utf-8")
