"""Make the pages, the notebooks and the pictures of the course from one source for each chapter.

``python -m scripts.course`` reads ``docs/course/source/NN-name.md``. In these, text stands behind a
line ``<!-- en -->`` or ``<!-- zh -->``, for English and Chinese, and code is shared. It writes
``docs/course/NN-name.md`` and ``docs/course/zh/NN-name.md``, a notebook beside each, and runs the
code, which draws ``docs/course/pictures/NN-name.svg``.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COURSE = ROOT / "docs" / "course"
LANGUAGES = ("en", "zh")
_PARTS = re.compile(r"<!-- (en|zh) -->\n|```python\n(.*?)```\n", re.DOTALL)


@dataclass(frozen=True)
class Part:
    """A piece of a chapter: text in one language, or code."""

    kind: str  # "en", "zh" or "code"
    text: str


@dataclass(frozen=True)
class Chapter:
    """One chapter in all languages."""

    name: str  # NN-name
    parts: tuple[Part, ...]

    @property
    def code(self) -> str:
        """All code, top to bottom."""
        return "\n".join(part.text for part in self.parts if part.kind == "code")

    def in_language(self, language: str) -> Iterator[Part]:
        """Text of that language, and the code."""
        return (part for part in self.parts if part.kind in (language, "code"))


def read_chapter(path: Path) -> Chapter:
    """A chapter from its source."""
    parts, kind, place = [], "", 0
    text = path.read_text(encoding="utf-8")
    for match in _PARTS.finditer(text):
        if kind and (between := text[place : match.start()].strip()):
            parts.append(Part(kind, between + "\n"))
        if match.group(1):
            kind = match.group(1)
        else:
            parts.append(Part("code", match.group(2)))
        place = match.end()
    if rest := text[place:].strip():
        parts.append(Part(kind, rest + "\n"))
    return Chapter(path.stem, tuple(parts))


def chapters() -> list[Chapter]:
    """All chapters, in order."""
    return [read_chapter(path) for path in sorted((COURSE / "source").glob("*.md"))]


def page(chapter: Chapter, language: str) -> str:
    """A chapter as Markdown."""
    blocks = [
        f"```python\n{part.text}```\n" if part.kind == "code" else part.text
        for part in chapter.in_language(language)
    ]
    text = "\n".join(blocks)
    return text if language == "en" else text.replace("(pictures/", "(../pictures/")


def notebook(chapter: Chapter, language: str) -> dict[str, Any]:
    """A chapter as a Jupyter notebook without outputs, for `json.dumps`."""
    up = "" if language == "en" else "../"
    cells = []
    for number, part in enumerate(chapter.in_language(language)):
        text = part.text.rstrip("\n").replace("(pictures/", f"({up}pictures/")
        cell: dict[str, Any] = {
            "cell_type": "code" if part.kind == "code" else "markdown",
            "id": f"{chapter.name}-{number}",
            "metadata": {},
            "source": text.splitlines(keepends=True),
        }
        if part.kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def files(chapter: Chapter) -> dict[Path, str]:
    """What is written for a chapter, its picture left out: contents by path."""
    made = {}
    for language in LANGUAGES:
        folder = COURSE if language == "en" else COURSE / language
        made[folder / f"{chapter.name}.md"] = page(chapter, language)
        made[folder / f"{chapter.name}.ipynb"] = (
            json.dumps(notebook(chapter, language), indent=1, ensure_ascii=False) + "\n"
        )
    return made


def run(chapter: Chapter) -> None:
    """Run the code of a chapter from the root of the repository; it draws the chapter's picture."""
    exec(compile(chapter.code, chapter.name, "exec"), {"__name__": "course"})


def main() -> None:
    """Write everything."""
    os.chdir(ROOT)
    for chapter in chapters():
        for path, text in files(chapter).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        run(chapter)
        print(chapter.name, file=sys.stderr)


if __name__ == "__main__":
    main()
